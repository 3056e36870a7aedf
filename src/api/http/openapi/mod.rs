//! The contract as an OpenAPI 3.1 document. `docs/openapi.json` is generated from the endpoints, and
//! embedded here.

mod problems;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::http::{HeaderMap, Method};
use axum::response::Response;
use serde::Deserialize;
use serde::de::IgnoredAny;

#[cfg(test)]
pub(super) use problems::problems;
pub(super) use problems::response;
pub(super) use problems::{
    ActiveRunProblem, NoHostProblem, NotFoundProblem, QueryProblems, QuotaProblems, ReadProblem,
    RoleProblems, TicketProblems, TokenProblem,
};

use super::idempotency;
use super::static_content::StaticText;

/// The document.
pub(super) const DOCUMENT: &str = include_str!("../../../../docs/openapi.json");

/// What the router needs to know of the document.
#[derive(Deserialize)]
pub(super) struct Contract {
    paths: BTreeMap<String, PathItem>,
}

#[derive(Deserialize)]
struct PathItem {
    get: Option<Operation>,
    post: Option<Operation>,
    delete: Option<Operation>,
}

#[derive(Deserialize)]
struct Operation {
    #[serde(default)]
    parameters: Vec<Parameter>,
    /// The names of the security schemes that it accepts.
    #[serde(default)]
    security: Vec<BTreeMap<String, IgnoredAny>>,
}

impl Operation {
    /// Whether a query of its request can mean something.
    fn reads_query(&self) -> bool {
        self.parameters.iter().any(|parameter| parameter.place == "query")
            || self.security.iter().any(|schemes| schemes.contains_key("ticket"))
    }
}

#[derive(Deserialize)]
struct Parameter {
    name: String,
    #[serde(rename = "in")]
    place: String,
}

impl Contract {
    /// Reads the document.
    pub(super) fn read() -> Self {
        serde_json::from_str(DOCUMENT).expect("the generated document is valid")
    }

    /// The path templates of all endpoints.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.paths.keys().map(String::as_str)
    }

    /// The methods and path templates of the endpoints under `/v1` whose requests have no query.
    pub(super) fn without_query(&self) -> impl Iterator<Item = (Method, &str)> {
        let v1 = self.paths.iter().filter(|(path, _)| path.starts_with("/v1/"));
        v1.flat_map(|(path, PathItem { get, post, delete })| {
            let all = [(Method::GET, get), (Method::POST, post), (Method::DELETE, delete)];
            let found = all.into_iter().filter(|(_, operation)| {
                operation.as_ref().is_some_and(|operation| !operation.reads_query())
            });
            found.map(move |(method, _)| (method, path.as_str()))
        })
    }

    /// The paths whose POST takes an idempotency key.
    pub(super) fn keyed_paths(&self) -> impl Iterator<Item = &str> {
        let takes_key = |operation: &Operation| {
            operation.parameters.iter().any(|parameter| parameter.name == idempotency::KEY)
        };
        let keyed =
            self.paths.iter().filter(move |(_, item)| item.post.as_ref().is_some_and(takes_key));
        keyed.map(|(path, _)| path.as_str())
    }
}

/// Returns the contract as an OpenAPI 3.1 document.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "openapi",
    responses(
        (status = 200, description = "The document.", body = Object, content_type = "application/json"),
        (status = 304, description = "The client has it: `If-None-Match` has its `ETag`."),
    ),
)]
pub(super) async fn openapi_json(headers: HeaderMap) -> Response {
    static JSON: LazyLock<StaticText> =
        LazyLock::new(|| StaticText::new("application/json", DOCUMENT));
    JSON.response(&headers)
}
