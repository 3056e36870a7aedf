//! The contract as an OpenAPI 3.1 document, made of what stands at the endpoints.
//!
//! An endpoint says of itself what it takes and answers (`#[utoipa::path(…)]`), and one list, `routes!(…)`, makes both the
//! router and the document of it. What holds of every endpoint is added here.

mod answers;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::{Extension, body::Bytes};
use utoipa::PartialSchema;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    Components, InfoBuilder, LicenseBuilder, OpenApi, PathItem, RefOr, ResponseBuilder,
};

pub(super) use answers::{BadBody, BadId, BadQuery, Guarded, NotFound, Unknown};

use super::Problem;

/// Tags: what endpoints are about, and a sentence on each.
const TAGS: [(&str, &str); 5] = [
    ("GoLedger", "GoLedger's calls, in its words: parameters in the query, `Code` in the answer."),
    ("Accounts", "Accounts and their balances, as the model has them."),
    ("Transfers", "Transfers between accounts: plain, in chains, and in two phases."),
    ("Trail", "The record of every attempt, the book at one moment, and whether both are right."),
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
        "The server is at one of its limits, or the book takes no more.",
        (
            "too_many_requests_at_once",
            "there are 512 requests at the same time, which are the most; try again",
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
        for (status, when, example) in OF_HOSTS {
            may_answer(operation, status, when, example);
        }
    }
    document
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post].into_iter().flatten()
}

/// Adds that an operation may answer this problem, beside what else it answers with the same status.
fn may_answer(operation: &mut Operation, status: u16, when: &str, example: (&str, &str)) {
    let problem = answers::content(status, example);
    let known = operation.responses.responses.entry(status.to_string());
    let new = || RefOr::T(ResponseBuilder::new().description(when).build());
    if let RefOr::T(response) = known.or_insert_with(new) {
        response.content.entry(answers::PROBLEM.to_owned()).or_insert(problem.into());
    }
}

/// The contract as it is served.
#[derive(Clone)]
pub(super) struct Published {
    json: Bytes,
}

impl Published {
    pub(super) fn new(document: &OpenApi) -> Self {
        let json = serde_json::to_vec(document).expect("a document serializes");
        Self { json: json.into() }
    }
}

/// This document.
///
/// What every endpoint takes and answers, as OpenAPI 3.1.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "Service",
    operation_id = "openapi",
    responses((status = 200, description = "The document.", body = Object, content_type = "application/json")),
)]
pub(super) async fn openapi_json(Extension(published): Extension<Published>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], published.json).into_response()
}
