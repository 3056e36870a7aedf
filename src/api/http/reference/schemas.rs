//! Renders schemas in words.

use maud::{Markup, html};
use serde_json::Value;

/// The maximum length of a pattern that is shown. The description explains longer ones.
const PATTERN_LENGTH_MAX: usize = 90;

/// The maximum number of names that are shown; a longer list is collapsed.
const NAMES_SHOWN_MAX: usize = 12;

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

pub(super) fn list(value: &Value) -> impl Iterator<Item = &Value> + Clone {
    value.as_array().map(Vec::as_slice).unwrap_or_default().iter()
}

/// Renders a sentence, with the parts between backticks as code.
pub(super) fn described(sentence: &str) -> Markup {
    html! {
        @for (index, part) in sentence.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// Renders all schemas.
pub(super) fn section(schemas: &Value) -> Markup {
    html! {
        section #Schemas {
            h2 { "Schemas" }
            @for (name, schema) in schemas.as_object().into_iter().flatten() {
                article id={ "schema-" (name) } {
                    h3 { a href={ "#schema-" (name) } { code { (name) } } }
                    p { (described(text(&schema["description"]))) }
                    (one(schema))
                }
            }
        }
    }
}

fn one(schema: &Value) -> Markup {
    html! {
        @if schema["properties"].is_object() {
            (properties(schema))
        } @else if schema["allOf"].is_array() {
            @for part in list(&schema["allOf"]) {
                @if part["properties"].is_object() { (properties(part)) } @else { p { "All of " (linked(part)) ", and:" } }
            }
        } @else {
            p.soft { (in_words(schema)) }
        }
    }
}

fn properties(schema: &Value) -> Markup {
    let is_required = |name: &str| list(&schema["required"]).any(|required| required == name);
    html! {
        dl {
            @for (name, property) in schema["properties"].as_object().into_iter().flatten() {
                dt {
                    code { (name) }
                    @if is_required(name) { span.soft { " always present" } }
                }
                dd {
                    @if property["description"].is_string() {
                        p { (described(text(&property["description"]))) }
                    }
                    p.soft { (linked(property)) }
                }
            }
        }
    }
}

/// Renders a schema in words, with links to named schemas.
pub(super) fn linked(schema: &Value) -> Markup {
    match text(&schema["$ref"]).strip_prefix("#/components/schemas/") {
        Some(name) => html! { a href={ "#schema-" (name) } { (name) } },
        None => in_words(schema),
    }
}

fn in_words(schema: &Value) -> Markup {
    for choice in ["anyOf", "oneOf", "allOf"] {
        if schema[choice].is_array() {
            let between = if choice == "allOf" { " and " } else { ", or " };
            return html! {
                @for (index, part) in list(&schema[choice]).enumerate() {
                    @if index > 0 { (between) }
                    (linked(part))
                }
            };
        }
    }
    if schema["enum"].is_array() {
        return names(list(&schema["enum"]).map(text).collect());
    }
    match text(&schema["type"]) {
        "array" => html! {
            "a list of " (linked(&schema["items"]))
            @if let Some(most) = schema["maxItems"].as_u64() { ", " (most) " at most" }
        },
        "integer" | "number" => number(schema),
        "string" => html! {
            "a string"
            @if let Some(pattern) = schema["pattern"].as_str().filter(|text| text.len() <= PATTERN_LENGTH_MAX) {
                " like " code { (pattern) }
            }
        },
        "boolean" => html! { code { "true" } " or " code { "false" } },
        "null" => html! { code { "null" } },
        "object" => html! { "an object" },
        _ => {
            // A list of types, such as string or null.
            let kinds: Vec<&str> = list(&schema["type"]).map(text).collect();
            html! { @if kinds.is_empty() { "anything" } @else { (kinds.join(" or ")) } }
        }
    }
}

fn names(names: Vec<&str>) -> Markup {
    let all = html! {
        @for (index, name) in names.iter().enumerate() {
            @if index > 0 { ", " }
            code { (name) }
        }
    };
    match names.len() {
        1..=NAMES_SHOWN_MAX => all,
        count => html! { details { summary { "one of " (count) " names" } (all) } },
    }
}

/// Renders the bounds of a number. Powers of two are written as such.
fn number(schema: &Value) -> Markup {
    let below = schema["exclusiveMaximum"].as_f64().map(|bound| match bound.log2() {
        power if power.fract() == 0.0 && power > 31.0 => format!("2^{power} - 1"),
        _ => (bound - 1.0).to_string(),
    });
    let most = below.or_else(|| schema["maximum"].as_f64().map(|bound| bound.to_string()));
    let least = schema["minimum"].as_f64();
    html! {
        @if schema["type"] == "integer" { "a whole number" } @else { "a number" }
        @if let Some(least) = least { ", " (least) }
        @if let Some(most) = most { " to " (most) } @else if least.is_some() { " or more" }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn schemas_are_rendered_in_words() {
        for (schema, words) in [
            (
                json!({"type": "integer", "minimum": 0, "exclusiveMaximum": 65536.0}),
                "a whole number, 0 to 65535",
            ),
            (
                json!({"type": "integer", "exclusiveMaximum": 18446744073709551616.0}),
                "a whole number to 2^64 - 1",
            ),
            (
                json!({"type": "array", "items": {"$ref": "#/components/schemas/A"}, "maxItems": 3}),
                "a list of <a href=\"#schema-A\">A</a>, 3 at most",
            ),
            (
                json!({"anyOf": [{"type": "string"}, {"type": "null"}]}),
                "a string, or <code>null</code>",
            ),
            (json!({"type": "string", "pattern": "^<$"}), "a string like <code>^&lt;$</code>"),
            (json!({"enum": ["a", "b"]}), "<code>a</code>, <code>b</code>"),
        ] {
            assert_eq!(linked(&schema).into_string(), words);
        }
        assert_eq!(described("a `b` <").into_string(), "a <code>b</code> &lt;");
    }
}
