//! The contract as an OpenAPI 3.1 document, generated from the endpoints.
//!
//! Each endpoint declares its parameters and responses with `#[utoipa::path(…)]`. One list,
//! `routes!(…)`, makes both the router and the document. This module adds what all endpoints share.

mod problems;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::{Extension, body::Bytes};
use serde::Serialize;
use utoipa::IntoResponses;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Components, HeaderBuilder, OpenApi, PathItem, RefOr};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

pub(super) use problems::{
    ActiveRunProblem, NoHostProblem, NotFoundProblem, QueryProblems, RoleProblems, TokenProblem,
};

use super::idempotency;
use super::problem::Problem;
use problems::{BodyProblems, HostProblems, IdProblems, KeyProblems, RunProblems};

/// The parts of the document that are not endpoints.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "ledgerlab",
        description = "An exact double-entry ledger over HTTP. Amounts are whole numbers up to 2^128 - 1. Under `/v1`, \
            fields of 64 or 128 bits are written as strings of digits, whatever their value; requests may contain numbers \
            or strings. Ids are read as digits or as hyphenated UUIDs, and written as digits. A body has at most 8,388,608 bytes, \
            and a batch at most 8,189 events. Errors are `application/problem+json` (RFC 9457), and on GoLedger's paths \
            objects with `Code` and `Message`. GoLedger's paths may also end with a slash. Each GET endpoint also \
            accepts HEAD.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    tags(
        (name = "GoLedger", description = "GoLedger's endpoints, with its parameters in the query and its `Code` in the response."),
        (name = "Accounts", description = "Accounts and their balances."),
        (name = "Transfers", description = "Transfers between accounts: single, linked, and in two phases."),
        (name = "Trail", description = "The record of every attempt, snapshots of the ledger, and verification."),
        (name = "Runs", description = "Scenarios: workloads on a separate ledger, which is checked at the end."),
        (name = "Service", description = "The service itself."),
    ),
    components(schemas(Problem)),
)]
pub(super) struct Contract;

/// Returns a router of endpoints that share a tag.
pub(super) fn tagged<S: Clone + Send + Sync + 'static>(
    tag: &str,
    routes: impl IntoIterator<Item = UtoipaMethodRouter<S>>,
) -> OpenApiRouter<S> {
    routes.into_iter().fold(OpenApiRouter::new(), |router, (schemas, mut paths, methods)| {
        for operation in paths.paths.values_mut().flat_map(operations) {
            operation.tags = Some(vec![tag.to_owned()]);
        }
        router.routes((schemas, paths, methods))
    })
}

/// Adds the security schemes, and to each endpoint the parts that follow from its path and parameters.
pub(super) fn complete(mut document: OpenApi) -> OpenApi {
    let components = document.components.get_or_insert_with(Components::new);
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A user's token."))
        .build();
    components.add_security_scheme("token", SecurityScheme::Http(bearer));
    let bare =
        ApiKeyValue::with_description("authorization", "The token by itself, as in GoLedger.");
    components.add_security_scheme("bare_token", SecurityScheme::ApiKey(ApiKey::Header(bare)));
    for (path, item) in &mut document.paths.paths {
        for operation in operations(item) {
            if path.starts_with("/v1/") {
                operation.security = Some(vec![SecurityRequirement::new("token", [""; 0])]);
            }
            let problems = match path.split_once('{') {
                Some((_, "id}")) => IdProblems::responses(),
                Some((_, run)) if run.starts_with("run}") => RunProblems::responses(),
                _ => Problems::new(),
            };
            add_problems(operation, problems);
            complete_operation(operation);
        }
    }
    document
}

fn complete_operation(operation: &mut Operation) {
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        body.description.get_or_insert_with(|| "At most 8,388,608 bytes.".to_owned());
        add_problems(operation, BodyProblems::responses());
    }
    if takes_key(operation) {
        add_problems(operation, KeyProblems::responses());
        add_replay_header(operation);
    }
    add_problems(operation, HostProblems::responses());
}

/// The paths whose POST takes an idempotency key.
pub(super) fn keyed_paths(document: &OpenApi) -> BTreeSet<String> {
    let paths = document.paths.paths.iter();
    let keyed = paths.filter(|(_, item)| item.post.as_ref().is_some_and(takes_key));
    keyed.map(|(path, _)| path.clone()).collect()
}

fn takes_key(operation: &Operation) -> bool {
    operation.parameters.iter().flatten().any(
        |parameter| matches!(parameter, RefOr::T(parameter) if parameter.name == idempotency::KEY),
    )
}

/// Adds the header of a replayed response to all responses that are stored.
fn add_replay_header(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response
            && !status.starts_with('5')
        {
            let text = ObjectBuilder::new().schema_type(SchemaType::new(Type::String));
            let header = HeaderBuilder::new()
                .schema(Some(text.enum_values(Some(["true"]))))
                .description(Some("Present if the response is the stored one of an earlier request with the same key."));
            response.headers.insert(idempotency::REPLAYED.to_string(), header.build().into());
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post].into_iter().flatten()
}

/// Problems by status.
type Problems = BTreeMap<String, RefOr<utoipa::openapi::Response>>;

/// Adds problems to the responses of an operation with the same status.
fn add_problems(operation: &mut Operation, problems: Problems) {
    for (status, problem) in problems {
        let responses = &mut operation.responses.responses;
        match (responses.get_mut(&status), problem) {
            (Some(RefOr::T(response)), RefOr::T(problem)) => {
                response.description += " ";
                response.description += &problem.description;
                for (media_type, content) in problem.content {
                    response.content.entry(media_type).or_insert(content);
                }
            }
            (_, problem) => drop(responses.insert(status, problem)),
        }
    }
}

/// The document in JSON, published once the router is complete.
#[derive(Debug, Default)]
pub(super) struct PublishedDocument(OnceLock<Bytes>);

impl PublishedDocument {
    /// Publishes the document, once the router is complete.
    pub(super) fn publish(&self, document: &OpenApi) {
        let mut json = Vec::new();
        let mut serializer = serde_json::Serializer::with_formatter(&mut json, PlainDigits);
        document.serialize(&mut serializer).expect("a document serializes");
        self.0.get_or_init(|| json.into());
    }
}

/// Writes whole numbers without an exponent, so that bounds such as 2^128 are exact for parsers of large integers.
struct PlainDigits;

impl serde_json::ser::Formatter for PlainDigits {
    fn write_f64<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
        value: f64,
    ) -> std::io::Result<()> {
        if value.fract() == 0.0 { write!(writer, "{value:.0}") } else { write!(writer, "{value}") }
    }
}

/// Returns the contract as an OpenAPI 3.1 document.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "openapi",
    responses((status = 200, description = "The document.", body = Object, content_type = "application/json")),
)]
pub(super) async fn openapi_json(
    Extension(document): Extension<Arc<PublishedDocument>>,
) -> Response {
    let json = document.0.get().expect("the router has published it");
    ([(header::CONTENT_TYPE, "application/json")], json.clone()).into_response()
}
