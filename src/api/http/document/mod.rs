//! Generates the OpenAPI document from the endpoints, in a test: each declares its parameters and responses
//! with `#[utoipa::path(…)]`, and this module adds what all endpoints share.

mod problems;

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Components, HeaderBuilder, OpenApi, RefOr};
use utoipa::{IntoResponses, OpenApi as _};
use utoipa_axum::router::OpenApiRouter;

use super::endpoints::operations;
use super::problem::Problem;
use super::{engine_needs, goledger, idempotency, router, v1};
use crate::generated::assert_current;
use problems::{
    BodyProblems, EngineProblems, HostProblems, IdProblems, KeyProblems, NameProblems, RunProblems,
};

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
        (name = "Users", description = "Users, their tokens, and their deposits and withdrawals. For operators."),
        (name = "Trail", description = "The record of every attempt, snapshots of the ledger, and verification."),
        (name = "Runs", description = "Scenarios: workloads on a separate ledger, which is checked at the end."),
        (name = "Service", description = "The service itself."),
    ),
    components(schemas(Problem)),
)]
struct Contract;

/// Adds the security schemes, and to each endpoint the parts that follow from its path and parameters.
fn complete(mut document: OpenApi) -> OpenApi {
    let components = document.components.get_or_insert_with(Components::new);
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A user's token."))
        .build();
    components.add_security_scheme("token", SecurityScheme::Http(bearer));
    let bare =
        ApiKeyValue::with_description("authorization", "The token by itself, as in GoLedger.");
    components.add_security_scheme("bare_token", SecurityScheme::ApiKey(ApiKey::Header(bare)));
    let ticket = ApiKeyValue::with_description(
        "ticket",
        "A ticket of `POST /v1/tickets`, which works once.",
    );
    components.add_security_scheme("ticket", SecurityScheme::ApiKey(ApiKey::Query(ticket)));
    for (path, item) in &mut document.paths.paths {
        for operation in operations(item) {
            if path.starts_with("/v1/") {
                let schemes: &[_] =
                    if path.ends_with("/events") { &["token", "ticket"] } else { &["token"] };
                let required = schemes.iter().map(|name| SecurityRequirement::new(*name, [""; 0]));
                operation.security = Some(required.collect());
            }
            let problems = match path.split_once('{') {
                Some((_, "id}")) => IdProblems::responses(),
                Some((_, name)) if name.starts_with("name}") => NameProblems::responses(),
                Some((_, run)) if run.starts_with("run}") => RunProblems::responses(),
                _ => Problems::new(),
            };
            add_problems(operation, problems);
            if asks_engine(path) {
                add_problems(operation, EngineProblems::responses());
            }
            if let Some(need) = engine_needs::need_of(path) {
                let description = operation.description.get_or_insert_default();
                *description += &format!(
                    "\n\nNot on an engine without {need}, such as a TigerBeetle cluster: 501."
                );
            }
            complete_operation(operation);
        }
    }
    document
}

/// Whether an endpoint asks the ledger, which a remote engine may keep. GoLedger's declare their own errors.
fn asks_engine(path: &str) -> bool {
    [
        "/v1/accounts",
        "/v1/transfers",
        "/v1/users",
        "/v1/changes",
        "/v1/trail",
        "/v1/snapshot",
        "/v1/verify",
    ]
    .iter()
    .any(|start| path.starts_with(start))
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
            && status != "429"
        {
            let text = ObjectBuilder::new().schema_type(SchemaType::new(Type::String));
            let header = HeaderBuilder::new()
                .schema(Some(text.enum_values(Some(["true"]))))
                .description(Some("Present if the response is the stored one of an earlier request with the same key."));
            response.headers.insert(idempotency::REPLAYED.to_string(), header.build().into());
        }
    }
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

/// Writes JSON with a line for each element, and without indentation, which would be a fifth of what the document takes
/// in the modules. Writes whole numbers without an exponent, so that bounds such as 2^128 are exact
/// for parsers of large integers.
struct PlainDigits(PrettyFormatter<'static>);

macro_rules! as_pretty {
    ($($method:ident($($flag:ident)?),)+) => {$(
        fn $method<W: ?Sized + Write>(&mut self, writer: &mut W $(, $flag: bool)?) -> io::Result<()> {
            self.0.$method(writer $(, $flag)?)
        }
    )+};
}

impl Formatter for PlainDigits {
    as_pretty! {
        begin_array(), end_array(), begin_array_value(first), end_array_value(),
        begin_object(), end_object(), begin_object_key(first), begin_object_value(), end_object_value(),
    }

    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        if value.fract() == 0.0 { write!(writer, "{value:.0}") } else { write!(writer, "{value}") }
    }
}

#[test]
fn generated_document_is_current() {
    let endpoints = OpenApiRouter::with_openapi(Contract::openapi())
        .merge(goledger::documented())
        .merge(v1::documented())
        .merge(router::documented());
    let document = complete(endpoints.split_for_parts().1);
    let mut json = Vec::new();
    let formatter = PlainDigits(PrettyFormatter::with_indent(b""));
    document
        .serialize(&mut Serializer::with_formatter(&mut json, formatter))
        .expect("it serializes");
    json.push(b'\n');
    assert_current("docs/openapi.json", &String::from_utf8(json).expect("JSON is UTF-8"));
}
