//! The JSON Schemas of numbers, ids and flags.

use std::fmt::Write;

use bitflags::Flags;
use utoipa::openapi::schema::{
    AnyOfBuilder, ArrayBuilder, Object, ObjectBuilder, SchemaType, Type,
};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{Number, PartialSchema, ToSchema};

use super::flags::public_name;
use crate::model::amounts::{JsonU64, JsonU128};

/// A hyphenated UUID in requests.
pub(super) const UUID: &str =
    "^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$";

/// Implements the JSON Schema of a type with the value of an expression.
macro_rules! json_schema {
    ($Type:ty, $schema:expr) => {
        impl utoipa::PartialSchema for $Type {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $schema.into()
            }
        }

        impl utoipa::ToSchema for $Type {}
    };
}
pub(super) use json_schema;

/// Returns the largest number of `bits` bits.
pub(super) const fn integer_max(bits: u32) -> u128 {
    u128::MAX >> (128 - bits)
}

/// Returns a pattern of the decimal digits of all numbers up to `max`, with any number of leading zeros.
fn digits_up_to(max: u128) -> String {
    let digits = max.to_string();
    let mut pattern = String::from("^0*(");
    if digits.len() > 1 {
        write!(pattern, "[0-9]{{1,{}}}|", digits.len() - 1)
            .expect("writing to a string cannot fail");
    }
    // One alternative for each digit of `max`: equal before it, smaller at it, anything after it.
    for (index, digit) in digits.bytes().enumerate().filter(|(_, digit)| *digit > b'0') {
        let (same, left) = (&digits[..index], digits.len() - index - 1);
        let lowest = if index == 0 { '1' } else { '0' };
        let below = char::from(digit - 1);
        if lowest <= below {
            write!(pattern, "{same}[{lowest}-{below}][0-9]{{{left}}}|")
                .expect("writing to a string cannot fail");
        }
    }
    write!(pattern, "{digits})$").expect("writing to a string cannot fail");
    pattern
}

pub(super) fn typed(kind: Type) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::new(kind))
}

pub(super) fn any(sentence: &str) -> AnyOfBuilder {
    AnyOfBuilder::new().description(Some(sentence))
}

/// Returns the schema of integers from 0 to `max`. The exclusive bound is `max` + 1, a power of two, which floats represent
/// exactly.
pub(super) fn integer(max: u128) -> Object {
    let bound = max.checked_add(1).map_or(2_f64.powi(128), |above| above as f64);
    let integer = typed(Type::Integer).minimum(Some(Number::UInt(0)));
    integer.exclusive_maximum(Some(Number::Float(bound))).build()
}

pub(super) fn digits(max: u128) -> Object {
    pattern(&digits_up_to(max))
}

pub(super) fn pattern(pattern: &str) -> Object {
    typed(Type::String).pattern(Some(pattern)).build()
}

/// Returns the schema of a list of names of flags, each at most once.
pub(super) fn flag_names<F: Flags>() -> Schema {
    let known = F::FLAGS.iter().map(|flag| public_name(flag.name()));
    let name = typed(Type::String).enum_values(Some(known)).build();
    Schema::Array(ArrayBuilder::new().items(name).unique_items(true).build())
}

/// A number in plain digits up to `2^BITS - 1`, as in a query string.
#[derive(Debug)]
pub struct Natural<const BITS: u32>;

impl<const BITS: u32> PartialSchema for Natural<BITS> {
    fn schema() -> RefOr<Schema> {
        Schema::Object(integer(integer_max(BITS))).into()
    }
}

impl<const BITS: u32> ToSchema for Natural<BITS> {}

/// The value of `If-Match`: `*`, or a list of entity tags in quotes.
#[derive(Debug)]
pub struct EntityTags;

json_schema! { EntityTags, Schema::Object(pattern("^(\\*|(W/)?\"[!#-~]*\"(, *(W/)?\"[!#-~]*\")*)$")) }

/// Returns the schema of numbers in responses: strings of digits without leading zeros.
fn canonical_digits(bits: u32) -> ObjectBuilder {
    let digits_max = integer_max(bits).to_string().len();
    typed(Type::String)
        .description(Some(format!("A whole number, 0 to 2^{bits} - 1, as a string of digits.")))
        .pattern(Some(format!("^(0|[1-9][0-9]{{0,{}}})$", digits_max - 1)))
}

json_schema! { JsonU64, canonical_digits(64) }
json_schema! { JsonU128, canonical_digits(128) }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digit_patterns_end_at_maximum() {
        for (max, pattern) in [
            (7_u128, "^0*([1-6][0-9]{0}|7)$"),
            (
                65_535,
                "^0*([0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]{1}|6553[0-4][0-9]{0}|65535)$",
            ),
        ] {
            assert_eq!(digits_up_to(max), pattern);
        }
    }
}
