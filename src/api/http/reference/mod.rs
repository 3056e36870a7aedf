//! The API reference: a page generated from the OpenAPI document. It has one stylesheet and no
//! script, so it works offline and under the strictest content security policy.

mod schemas;

use std::sync::LazyLock;

use axum::http::HeaderMap;
use axum::response::Response;
use maud::{DOCTYPE, Markup, html};
use serde_json::Value;

use super::openapi;
use super::static_content::StaticText;
use schemas::{described, linked, list, text};

static STYLE: LazyLock<StaticText> =
    LazyLock::new(|| StaticText::new("text/css; charset=utf-8", include_str!("style.css")));

/// The page in HTML, rendered at the first request.
static PAGE: LazyLock<StaticText> = LazyLock::new(|| {
    let document =
        serde_json::from_str(openapi::DOCUMENT).expect("the generated document is valid");
    StaticText::new("text/html; charset=utf-8", page(&document))
});

/// Returns the API reference as a page.
#[utoipa::path(
    get,
    path = "/reference",
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html; charset=utf-8"),
        (status = 304, description = "The client has it: `If-None-Match` has its `ETag`."),
    ),
)]
pub(super) async fn reference(headers: HeaderMap) -> Response {
    PAGE.response(&headers)
}

/// Returns the stylesheet of the page.
#[utoipa::path(
    get,
    path = "/reference/style.css",
    responses(
        (status = 200, description = "The stylesheet.", body = String, content_type = "text/css; charset=utf-8"),
        (status = 304, description = "The client has it: `If-None-Match` has its `ETag`."),
    ),
)]
pub(super) async fn style(headers: HeaderMap) -> Response {
    STYLE.response(&headers)
}

/// An operation with its path and method.
struct Endpoint<'a> {
    path: &'a str,
    method: &'a str,
    operation: &'a Value,
}

fn endpoints<'a>(document: &'a Value, tag: &'a str) -> impl Iterator<Item = Endpoint<'a>> {
    let items = document["paths"].as_object().into_iter().flatten();
    let all = items.flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flatten();
        methods.map(move |(method, operation)| Endpoint { path, method, operation })
    });
    all.filter(move |endpoint| endpoint.operation["tags"][0] == tag)
}

/// Renders the page.
fn page(document: &Value) -> String {
    let info = &document["info"];
    let tags: Vec<&Value> = list(&document["tags"]).collect();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "ledgerlab: HTTP reference" }
                link rel="stylesheet" href="/reference/style.css";
                // Without it, browsers request /favicon.ico.
                link rel="icon" href="data:,";
            }
            body {
                a.skip href="#content" { "Skip to the endpoints" }
                header {
                    h1 { "ledgerlab: HTTP reference" }
                    p { (described(text(&info["description"]))) }
                    p.soft {
                        "Version " (text(&info["version"])) ". Also as an "
                        a href="/openapi.json" { "OpenAPI " (text(&document["openapi"])) " document" } "."
                    }
                }
                nav aria-label="Contents" {
                    @for tag in &tags {
                        h2 { a href={ "#" (text(&tag["name"])) } { (text(&tag["name"])) } }
                        ul {
                            @for endpoint in endpoints(document, text(&tag["name"])) {
                                li { a href={ "#" (endpoint.id()) } { (endpoint.name()) } }
                            }
                        }
                    }
                    h2 { a href="#Schemas" { "Schemas" } }
                }
                main #content tabindex="-1" {
                    @for tag in &tags {
                        section id=(text(&tag["name"])) {
                            h2 { (text(&tag["name"])) }
                            p { (described(text(&tag["description"]))) }
                            @for endpoint in endpoints(document, text(&tag["name"])) {
                                (endpoint.article())
                            }
                        }
                    }
                    (schemas::section(&document["components"]["schemas"]))
                }
            }
        }
    };
    page.into_string()
}

impl Endpoint<'_> {
    fn id(&self) -> &str {
        text(&self.operation["operationId"])
    }

    fn name(&self) -> Markup {
        html! { span.method { (self.method.to_uppercase()) } " " code { (self.path) } }
    }

    fn article(&self) -> Markup {
        let operation = self.operation;
        html! {
            article id=(self.id()) {
                h3 { a href={ "#" (self.id()) } { (self.name()) } }
                p { (described(text(&operation["summary"]))) }
                @if operation["description"].is_string() { p { (described(text(&operation["description"]))) } }
                p.soft { (authentication(&operation["security"])) }
                @if operation["parameters"].is_array() {
                    h4 { "Parameters" }
                    dl { @for parameter in list(&operation["parameters"]) { (one_parameter(parameter)) } }
                }
                (body(&operation["requestBody"]))
                h4 { "Responses" }
                dl {
                    @for (status, response) in operation["responses"].as_object().into_iter().flatten() {
                        (answer(status, response))
                    }
                }
            }
        }
    }
}

fn authentication(security: &Value) -> Markup {
    let schemes = list(security);
    let has = |name: &str| schemes.clone().any(|scheme| scheme.get(name).is_some());
    let is_optional =
        schemes.clone().any(|scheme| scheme.as_object().is_some_and(|names| names.is_empty()));
    html! {
        @if !has("token") {
            "No authentication."
        } @else {
            "Requires the header " code { "Authorization: Bearer " i { "token" } }
            @if has("bare_token") { ", or the token by itself" }
            @if has("ticket") { ", or the parameter " code { "ticket" } " with a ticket" }
            @if is_optional { ". In the demo it is optional" }
            "."
        }
    }
}

fn one_parameter(parameter: &Value) -> Markup {
    html! {
        dt {
            code { (text(&parameter["name"])) }
            span.soft {
                " in the " (text(&parameter["in"]))
                @if parameter["required"] == true { ", required" }
            }
        }
        dd {
            p { (described(text(&parameter["description"]))) }
            p.soft { (linked(&parameter["schema"])) }
        }
    }
}

fn body(body: &Value) -> Markup {
    html! {
        @for (kind, content) in body["content"].as_object().into_iter().flatten() {
            h4 { "Body" }
            p { code { (kind) } ": " (linked(&content["schema"])) ". " (described(text(&body["description"]))) }
            (example(&content["example"]))
        }
    }
}

fn answer(status: &str, response: &Value) -> Markup {
    let contents = || response["content"].as_object().into_iter().flatten();
    html! {
        dt { code.status { (status) } }
        dd {
            p { (described(text(&response["description"]))) }
            @for (kind, content) in contents() {
                p.soft { code { (kind) } ": " (linked(&content["schema"])) }
            }
            @for (name, header) in response["headers"].as_object().into_iter().flatten() {
                p.soft { "Header " code { (name) } ": " (described(text(&header["description"]))) }
            }
            @if contents().any(|(_, content)| content["example"].is_object()) {
                details {
                    summary { "Example of " (status) }
                    @for (_, content) in contents() { (example(&content["example"])) }
                }
            }
        }
    }
}

fn example(value: &Value) -> Markup {
    html! {
        @if !value.is_null() {
            pre tabindex="0" { code { (serde_json::to_string_pretty(value).unwrap_or_default()) } }
        }
    }
}
