//! The types of fields in requests: how each is read, and its JSON Schema.

use std::borrow::Cow;

use bitflags::Flags;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::json;
use serde_json::value::RawValue;
use utoipa::openapi::schema::{AnyOfBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::error::{ParseError, ParseErrorKind, beginning};
use super::fields::JsonValue;
use super::flags::flags;
use super::schema::{
    UUID, any, digits, flag_names, integer, integer_max, json_schema, pattern, typed,
};
use super::value::{id, id_or_new, number, word};
use crate::model::amounts::grouped;
use crate::model::{AccountFilterFlags, AccountFlags, QueryFilterFlags, TransferFlags};
use crate::trail::{EntryKind, StatusFilter, TrailFilter};

/// The type of a field in a request.
pub(super) trait FieldType {
    /// The type of a value that was read.
    type Value;

    /// Reads a value.
    fn read(value: &JsonValue<'_>) -> Result<Self::Value, ParseError>;
}

/// A number up to `2^BITS - 1`, as a JSON number or a string of digits.
pub(super) struct Integer<const BITS: u32>;

macro_rules! integers {
    ($($bits:literal => $Number:ty,)+) => {$(
        impl FieldType for Integer<$bits> {
            type Value = $Number;

            fn read(value: &JsonValue<'_>) -> Result<$Number, ParseError> {
                number(value, <$Number>::MAX)
            }
        }
    )+};
}

integers! { 16 => u16, 32 => u32, 64 => u64, 128 => u128, }

impl<const BITS: u32> PartialSchema for Integer<BITS> {
    fn schema() -> RefOr<Schema> {
        let max = integer_max(BITS);
        let range = if BITS <= 32 { grouped(max) } else { format!("2^{BITS} - 1") };
        let sentence =
            format!("A whole number, 0 to {range}, as a JSON number or a string of digits.");
        any(&sentence).item(integer(max)).item(digits(max)).into()
    }
}

impl<const BITS: u32> ToSchema for Integer<BITS> {
    fn name() -> Cow<'static, str> {
        format!("Number{BITS}").into()
    }
}

/// A number up to 2^64 - 1 in a body that serde reads, as a JSON number or a string of digits.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadU64(pub u64);

impl<'de> Deserialize<'de> for ReadU64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = <&RawValue>::deserialize(deserializer)?;
        number(&value.into(), u64::MAX).map(Self).map_err(D::Error::custom)
    }
}

json_schema! { ReadU64, Integer::<64>::schema() }

/// An id that already exists.
#[derive(Debug)]
pub struct ReadId;

impl FieldType for ReadId {
    type Value = u128;

    fn read(value: &JsonValue<'_>) -> Result<u128, ParseError> {
        id(value)
    }
}

json_schema! {
    ReadId,
    id_schema("An id: a whole number from 0 to 2^128 - 1 (as a JSON number or a string of digits) or a UUID as text.")
}

fn id_schema(sentence: &str) -> AnyOfBuilder {
    any(sentence).item(integer(u128::MAX)).item(digits(u128::MAX)).item(pattern(UUID))
}

/// The id of an event in a request.
#[derive(Clone, Copy)]
pub(super) enum EventId {
    /// The caller has chosen the id.
    Given(u128),
    /// The ledger generates the id.
    New,
}

impl Default for EventId {
    fn default() -> Self {
        Self::Given(0)
    }
}

impl FieldType for EventId {
    type Value = Self;

    fn read(value: &JsonValue<'_>) -> Result<Self, ParseError> {
        Ok(id_or_new(value)?.map_or(Self::New, Self::Given))
    }
}

json_schema! {
    EventId,
    id_schema("An id, or the word `new`: the ledger generates an id, and the response contains it.")
        .item(typed(Type::String).enum_values(Some(["new"])).build())
}

macro_rules! flag_lists {
    ($($Flags:ty,)+) => {$(
        impl FieldType for $Flags {
            type Value = Self;

            fn read(value: &JsonValue<'_>) -> Result<Self, ParseError> {
                flags(value, <Self as Flags>::Bits::MAX)
            }
        }
    )+};
}

flag_lists! { AccountFlags, TransferFlags, AccountFilterFlags, QueryFilterFlags, }

/// Returns the schema of flags: a list of names, or the number of TigerBeetle's wire format.
pub(super) fn flag_list<F: Flags>() -> Schema {
    let max = integer_max(8 * size_of::<F::Bits>() as u32);
    let sentence = "A list of names, or the number of TigerBeetle's wire format. The model's rules reject bits without a name.";
    let any = any(sentence).item(flag_names::<F>()).item(integer(max)).item(digits(max));
    Schema::AnyOf(any.examples([json!([])]).build())
}

/// The name of a status of an entry, or its number.
pub(super) struct StatusName;

impl FieldType for StatusName {
    type Value = StatusFilter;

    fn read(value: &JsonValue<'_>) -> Result<StatusFilter, ParseError> {
        if let Ok(number) = number(value, u16::MAX) {
            return Ok(StatusFilter::numbered(number));
        }
        let named = StatusFilter::named(&word(value)?);
        named.map_err(|_| ParseError::wrong_type("the name of a status", value.get()))
    }
}

json_schema! { StatusName, typed(Type::String) }

/// The name of a kind of entry.
pub(super) struct KindName;

impl FieldType for KindName {
    type Value = EntryKind;

    fn read(value: &JsonValue<'_>) -> Result<EntryKind, ParseError> {
        let name = word(value)?;
        TrailFilter::kind_named(&name).map_err(|_| {
            let known = TrailFilter::KINDS.map(|kind| kind.name().to_owned()).to_vec();
            ParseError::new(ParseErrorKind::Name { known, found: beginning(&name) })
        })
    }
}

json_schema! {
    KindName,
    typed(Type::String).enum_values(Some(TrailFilter::KINDS.map(EntryKind::name)))
}

/// The number of a writer, from 0.
pub(super) struct WriterNumber;

impl FieldType for WriterNumber {
    type Value = usize;

    fn read(value: &JsonValue<'_>) -> Result<usize, ParseError> {
        Ok(number(value, u32::MAX)? as usize)
    }
}

json_schema! { WriterNumber, typed(Type::Integer).minimum(Some(0)).maximum(Some(254)) }

/// `true` or `false`, as a JSON boolean or as text.
pub(super) struct Switch;

impl FieldType for Switch {
    type Value = bool;

    fn read(value: &JsonValue<'_>) -> Result<bool, ParseError> {
        match value.get().trim_matches('"') {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(ParseError::wrong_type("true or false", value.get())),
        }
    }
}

json_schema! { Switch, typed(Type::Boolean) }
