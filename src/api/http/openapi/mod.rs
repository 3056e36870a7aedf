//! The contract as an OpenAPI 3.1 document, made of what stands at the endpoints.
//!
//! An endpoint says of itself what it takes and answers (`#[utoipa::path(…)]`), and one list, `routes!(…)`, makes both the
//! router and the document of it. What holds of every endpoint is added here.

mod answers;

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::{Extension, body::Bytes};
use serde::Serialize;
use utoipa::PartialSchema;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    Components, HeaderBuilder, InfoBuilder, LicenseBuilder, OpenApi, PathItem, RefOr,
    ResponseBuilder,
};

pub(super) use answers::{BadBody, BadId, BadQuery, BadRun, Guarded, NoRuns, NotFound};
pub(super) use answers::{UnderWay, Unknown};

use super::{DocsState, Problem, idempotency};

/// Tags: what endpoints are about, and a sentence on each.
const TAGS: [(&str, &str); 6] = [
    ("GoLedger", "GoLedger's calls, in its words: parameters in the query, `Code` in the answer."),
    ("Accounts", "Accounts and their balances, as the model has them."),
    ("Transfers", "Transfers between accounts: plain, in chains, and in two phases."),
    ("Trail", "The record of every attempt, the ledger at one moment, and whether both are right."),
    (
        "Runs",
        "Scenarios: loads that drive a ledger of their own, whose checks are made in the end.",
    ),
    ("Service", "About the service itself."),
];

const ABOUT: &str = "\
An exact double-entry ledger by HTTP. Amounts are whole numbers up to 2^128 - 1; what is above 2^53 - 1 goes out as a string of \
digits, and both are read. A body has at most 8,388,608 bytes, and a batch at most 8,189 events. What goes wrong is answered as \
`application/problem+json` (RFC 9457), on GoLedger's paths with `Code` and `Message`. Each path of GoLedger's also has a form \
with a slash at its end. Every GET can be asked as HEAD.";

/// What a host answers in the place of an endpoint.
const OF_HOSTS: [(u16, &str, (&str, &str)); 3] = [
    (
        408,
        "The server was told to wait no longer for a request than this one takes.",
        ("request_timeout", "a request is answered within 30 s; this one was not"),
    ),
    (
        500,
        "The server failed, and what came of the request is not known.",
        (
            "internal",
            "the server failed, and what came of the request is not known; its log says why",
        ),
    ),
    (
        503,
        "The server is at one of its limits, or the ledger takes no more.",
        (
            "too_many_requests_at_once",
            "there are 512 requests at the same time, which are the most; try again",
        ),
    ),
];

/// What an idempotency key may be answered.
const OF_KEYS: [(u16, &str, (&str, &str)); 3] = [
    (
        400,
        "The key is malformed.",
        ("bad_idempotency_key", "Idempotency-Key must have 1 to 255 characters, not 0"),
    ),
    (
        409,
        "The first request under the key is under way.",
        (
            "idempotency_key_in_use",
            "the first request under this key is under way, or failed so that what came of it is not known",
        ),
    ),
    (
        422,
        "The key was used for another request.",
        (
            "idempotency_key_reused",
            "this key was used for another request; a new request needs a new key",
        ),
    ),
];

/// The document of all endpoints, with what holds of each.
pub(super) fn complete(mut document: OpenApi) -> OpenApi {
    document.info = InfoBuilder::new()
        .title("ledgerlab")
        .description(Some(ABOUT))
        .version(env!("CARGO_PKG_VERSION"))
        .license(Some(
            LicenseBuilder::new()
                .name("MIT OR Apache-2.0")
                .identifier(Some("MIT OR Apache-2.0"))
                .build(),
        ))
        .build();
    let tag = |(name, about)| TagBuilder::new().name(name).description(Some(about)).build();
    document.tags = Some(TAGS.map(tag).into());
    let components = document.components.get_or_insert_with(Components::new);
    components.schemas.insert("Problem".to_owned(), Problem::schema());
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("The token of a user."))
        .build();
    components.add_security_scheme("token", SecurityScheme::Http(bearer));
    let bare =
        ApiKeyValue::with_description("authorization", "The token by itself, as GoLedger has it.");
    components.add_security_scheme("bare_token", SecurityScheme::ApiKey(ApiKey::Header(bare)));
    for operation in document.paths.paths.values_mut().flat_map(operations) {
        if takes_key(operation) {
            for (status, when, example) in OF_KEYS {
                may_answer(operation, status, when, example);
            }
            may_be_replayed(operation);
        }
        for (status, when, example) in OF_HOSTS {
            may_answer(operation, status, when, example);
        }
    }
    document
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

/// Every answer that is kept may be one that was given before.
fn may_be_replayed(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response
            && !status.starts_with('5')
        {
            let text = ObjectBuilder::new().schema_type(SchemaType::new(Type::String));
            let header = HeaderBuilder::new()
                .schema(Some(text.enum_values(Some(["true"]))))
                .description(Some("There where this answer was given before, under the same key."));
            response.headers.insert(idempotency::REPLAYED.to_string(), header.build().into());
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post].into_iter().flatten()
}

/// Adds that an operation may answer this problem, beside what else it answers with the same status.
fn may_answer(operation: &mut Operation, status: u16, when: &str, example: (&str, &str)) {
    let problem = answers::content(status, example);
    let new = || RefOr::T(ResponseBuilder::new().build());
    let known = operation.responses.responses.entry(status.to_string()).or_insert_with(new);
    if let RefOr::T(response) = known {
        let text = &mut response.description;
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(when);
        response.content.entry(answers::PROBLEM.to_owned()).or_insert(problem.into());
    }
}

/// The contract as it is served.
pub(super) struct Published {
    json: Bytes,
    /// For people.
    pub(super) page: Bytes,
}

impl Published {
    pub(super) fn new(document: &OpenApi) -> Self {
        let mut json = Vec::new();
        let mut serializer = serde_json::Serializer::with_formatter(&mut json, Digits);
        document.serialize(&mut serializer).expect("a document serializes");
        let value = serde_json::to_value(document).expect("a document serializes");
        Self { json: json.into(), page: super::reference::page(&value).into() }
    }
}

/// Writes whole numbers in all their digits: bounds such as 2^128 are exact then for readers that know more than floats.
struct Digits;

impl serde_json::ser::Formatter for Digits {
    fn write_f64<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
        value: f64,
    ) -> std::io::Result<()> {
        if value.fract() == 0.0 { write!(writer, "{value:.0}") } else { write!(writer, "{value}") }
    }
}

/// The contract as an OpenAPI 3.1 document: what every endpoint takes and answers.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "Service",
    operation_id = "openapi",
    responses((status = 200, description = "The document.", body = Object, content_type = "application/json")),
)]
pub(super) async fn openapi_json(Extension(shelf): Extension<Arc<DocsState>>) -> Response {
    let published = shelf.published.get().expect("it is laid there with the router");
    ([(header::CONTENT_TYPE, "application/json")], published.json.clone()).into_response()
}
