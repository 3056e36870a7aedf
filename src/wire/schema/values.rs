//! Numbers, ids, flags and statuses.

use std::borrow::Cow;
use std::fmt::Write;

use bitflags::Flags;
use serde_json::json;
use utoipa::openapi::schema::{
    AnyOfBuilder, ArrayBuilder, Object, ObjectBuilder, SchemaType, Type,
};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{Number as Bound, PartialSchema, ToSchema};

use crate::model::amounts::{EXACT_IN_JSON_MAX, JsonU128, grouped};
use crate::model::{AccountFlags, CreateAccountStatus, CreateTransferStatus, TransferFlags};
use crate::wire::flags::public_name;
use crate::wire::rows::{Id, Status};

/// A pattern of the decimal digits of all numbers up to `greatest`, with any number of zeros before them.
fn digits_up_to(greatest: u128) -> String {
    let digits = greatest.to_string();
    let mut pattern = String::from("^0*(");
    if digits.len() > 1 {
        write!(pattern, "[0-9]{{1,{}}}|", digits.len() - 1).expect("a string takes all");
    }
    // All that agree with the greatest up to a place, have less there, and whatever they like after it.
    for (place, digit) in digits.bytes().enumerate().filter(|(_, digit)| *digit > b'0') {
        let (same, left) = (&digits[..place], digits.len() - place - 1);
        let lowest = if place == 0 { '1' } else { '0' };
        let below = char::from(digit - 1);
        if lowest <= below {
            write!(pattern, "{same}[{lowest}-{below}][0-9]{{{left}}}|")
                .expect("a string takes all");
        }
    }
    write!(pattern, "{digits})$").expect("a string takes all");
    pattern
}

fn typed(kind: Type) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::new(kind))
}

/// Integers from 0 to `greatest`. The bound is the power of two above it where that is one: a reader that knows floats
/// alone reads it exactly too.
fn integer(greatest: u128) -> Object {
    let integer = typed(Type::Integer).minimum(Some(Bound::UInt(0)));
    match greatest.checked_add(1) {
        Some(above) if above.is_power_of_two() => {
            integer.exclusive_maximum(Some(Bound::Float(above as f64))).build()
        }
        None => integer.exclusive_maximum(Some(Bound::Float(2_f64.powi(128)))).build(),
        Some(above) => integer.exclusive_maximum(Some(Bound::Float(above as f64))).build(),
    }
}

fn digits(greatest: u128) -> Object {
    typed(Type::String).pattern(Some(digits_up_to(greatest))).build()
}

fn uuid(pattern: &str) -> Object {
    typed(Type::String).pattern(Some(pattern)).build()
}

/// A UUID in its usual form, as it is read.
const UUID: &str = "^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$";

/// One of version 7, as it is written.
const UUID_V7: &str = "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$";

/// A number that is read: up to `2^BITS - 1`, in digits or as a string of digits.
pub(super) struct Number<const BITS: u32>;

impl<const BITS: u32> Number<BITS> {
    const GREATEST: u128 = u128::MAX >> (128 - BITS);
}

impl<const BITS: u32> PartialSchema for Number<BITS> {
    fn schema() -> RefOr<Schema> {
        let range = match BITS {
            16 | 32 => grouped(Self::GREATEST),
            bits => format!("2^{bits} - 1"),
        };
        let sentence = format!("A whole number, 0 to {range}, in digits or as a string of digits.");
        let any = any(&sentence).item(integer(Self::GREATEST)).item(digits(Self::GREATEST));
        any.into()
    }
}

impl<const BITS: u32> ToSchema for Number<BITS> {
    fn name() -> Cow<'static, str> {
        format!("Number{BITS}").into()
    }
}

/// A number as it stands, as in a query: up to `2^BITS - 1`.
#[derive(Debug)]
pub struct Natural<const BITS: u32>;

impl<const BITS: u32> PartialSchema for Natural<BITS> {
    fn schema() -> RefOr<Schema> {
        Schema::Object(integer(Number::<BITS>::GREATEST)).into()
    }
}

impl<const BITS: u32> ToSchema for Natural<BITS> {}

/// A version of an account in quotes, as `ETag` and `If-Match` have it.
#[derive(Debug)]
pub struct QuotedVersion;

impl PartialSchema for QuotedVersion {
    fn schema() -> RefOr<Schema> {
        let digits = digits_up_to(Number::<64>::GREATEST);
        let digits = digits.trim_start_matches('^').trim_end_matches('$');
        let quoted = typed(Type::String).pattern(Some(format!("^\"{digits}\"$")));
        Schema::Object(quoted.build()).into()
    }
}

impl ToSchema for QuotedVersion {}

fn any(sentence: &str) -> AnyOfBuilder {
    AnyOfBuilder::new().description(Some(sentence))
}

/// An id that is read.
#[derive(Debug)]
pub struct ReadId;

impl PartialSchema for ReadId {
    fn schema() -> RefOr<Schema> {
        read_id("An id: a whole number, 0 to 2^128 - 1, in digits or as a string of digits, or a UUID as text.")
            .into()
    }
}

impl ToSchema for ReadId {}

fn read_id(sentence: &str) -> AnyOfBuilder {
    any(sentence).item(integer(u128::MAX)).item(digits(u128::MAX)).item(uuid(UUID))
}

/// The id of an event: as any, or asked for.
pub(super) struct EventId;

impl PartialSchema for EventId {
    fn schema() -> RefOr<Schema> {
        let new = typed(Type::String).enum_values(Some(["new"])).build();
        read_id("An id as any other, or the word `new`: the answer then has one that was made.")
            .item(new)
            .into()
    }
}

impl ToSchema for EventId {}

/// Numbers above 2^53 - 1 as they are written.
fn above_exact() -> Object {
    typed(Type::String).pattern(Some("^[1-9][0-9]{15,38}$")).build()
}

impl PartialSchema for JsonU128 {
    fn schema() -> RefOr<Schema> {
        any("A whole number, 0 to 2^128 - 1: as a number up to 2^53 - 1, which every reader of JSON takes exactly, above as a string of digits.")
        .item(integer(EXACT_IN_JSON_MAX))
        .item(above_exact())
        .into()
    }
}

impl ToSchema for JsonU128 {}

impl PartialSchema for Id {
    fn schema() -> RefOr<Schema> {
        any("An id: a UUID of version 7 as text; every other one as a number up to 2^53 - 1, above as a string of digits.")
        .item(integer(EXACT_IN_JSON_MAX))
        .item(above_exact())
        .item(uuid(UUID_V7))
        .into()
    }
}

impl ToSchema for Id {}

impl PartialSchema for Status {
    fn schema() -> RefOr<Schema> {
        let accounts = CreateAccountStatus::ALL.iter().map(|status| status.name());
        let transfers = CreateTransferStatus::ALL.iter().map(|status| status.name());
        let mut names: Vec<&str> = accounts.collect();
        names.extend(
            transfers.filter(|name| {
                !CreateAccountStatus::ALL.iter().any(|status| status.name() == *name)
            }),
        );
        let sentence = "What became of an event: `created`, `exists`, or why it was refused.";
        typed(Type::String).description(Some(sentence)).enum_values(Some(names)).into()
    }
}

impl ToSchema for Status {}

/// Names of flags, each once.
fn names<F: Flags>() -> Schema {
    let known = F::FLAGS.iter().map(|flag| public_name(flag.name()));
    let name = typed(Type::String).enum_values(Some(known)).build();
    Schema::Array(ArrayBuilder::new().items(name).unique_items(true).build())
}

/// Flags of accounts as they are written.
pub(in crate::wire) fn account_flags() -> Schema {
    names::<AccountFlags>()
}

/// Flags of transfers as they are written.
pub(in crate::wire) fn transfer_flags() -> Schema {
    names::<TransferFlags>()
}

/// Flags as they are read: names, or the number of the reference's wire format.
pub(super) fn read_flags<F: Flags>(bits: u32) -> Schema {
    let greatest = u128::MAX >> (128 - bits);
    let sentence = "A list of names, or the number of the reference's wire format; a bit that has no name is for the rules to refuse.";
    let any = any(sentence).item(names::<F>()).item(integer(greatest)).item(digits(greatest));
    Schema::AnyOf(any.examples([json!([])]).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_digits_end_where_the_number_does() {
        for (greatest, pattern) in [
            (7_u128, "^0*([1-6][0-9]{0}|7)$"),
            (
                65_535,
                "^0*([0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]{1}|6553[0-4][0-9]{0}|65535)$",
            ),
        ] {
            assert_eq!(digits_up_to(greatest), pattern);
        }
    }
}
