//! Reads single values: numbers, ids and strings.

use std::borrow::Cow;

use serde_json::value::RawValue;
use uuid::Uuid;

use super::error::ParseError;

const NUMBER: &str = "a whole number, as a JSON number or a string of digits";
const ID: &str = "an id: a whole number (as a JSON number or a string of digits) or a UUID as text";

/// The number of characters in a hyphenated UUID.
const UUID_LENGTH: usize = 36;

/// Reads a number of at most `max`.
pub(crate) fn number<T>(value: &RawValue, max: T) -> Result<T, ParseError>
where
    T: TryFrom<u128> + PartialOrd + Copy,
    u128: From<T>,
{
    let wide = wide_number(value, &string(value), NUMBER)?;
    match T::try_from(wide) {
        Ok(number) if number <= max => Ok(number),
        _ => Err(ParseError::too_large(max.into(), value.get())),
    }
}

/// Reads a number of 128 bits, or a hyphenated UUID.
pub(crate) fn id(value: &RawValue) -> Result<u128, ParseError> {
    let string = string(value);
    match string.as_deref().and_then(uuid) {
        Some(id) => Ok(id),
        None => wide_number(value, &string, ID),
    }
}

/// Parses an id without quotes: decimal digits, or a hyphenated UUID.
#[cfg(feature = "laboratory")]
pub(crate) fn id_in_text(text: &str) -> Option<u128> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { uuid(text) }
}

/// Parses a hyphenated UUID.
fn uuid(text: &str) -> Option<u128> {
    let uuid = (text.len() == UUID_LENGTH).then(|| Uuid::try_parse(text))?;
    uuid.ok().map(|uuid| uuid.as_u128())
}

/// Reads an id; `None` for the word `new`.
pub(super) fn id_or_new(value: &RawValue) -> Result<Option<u128>, ParseError> {
    if value.get() == "\"new\"" { Ok(None) } else { id(value).map(Some) }
}

/// Reads a string.
pub(crate) fn word(value: &RawValue) -> Result<Cow<'_, str>, ParseError> {
    string(value).ok_or_else(|| ParseError::wrong_type("a string", value.get()))
}

/// Parses digits, plain or in a string. A JSON parser that reads large numbers as floats would round them.
fn wide_number(
    value: &RawValue,
    string: &Option<Cow<'_, str>>,
    expected: &'static str,
) -> Result<u128, ParseError> {
    let digits = string.as_deref().unwrap_or(value.get());
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ParseError::wrong_type(expected, value.get()));
    }
    digits.parse().map_err(|_| ParseError::too_large(u128::MAX, value.get()))
}

/// The content of a string; `None` for other values, and for a string with an unpaired surrogate.
fn string(value: &RawValue) -> Option<Cow<'_, str>> {
    let text = value.get();
    let quoted = text.strip_prefix('"')?.strip_suffix('"')?;
    if quoted.contains('\\') {
        return serde_json::from_str(text).ok().map(Cow::Owned);
    }
    Some(Cow::Borrowed(quoted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> &RawValue {
        serde_json::from_str(text).expect("it is JSON")
    }

    #[test]
    fn numbers_are_exact_within_field_bounds() {
        for (text, expected) in [
            ("0", Some(0)),
            ("\"0\"", Some(0)),
            ("\"007\"", Some(7)),
            ("\"\\u0037\"", Some(7)),
            ("9007199254740993", Some((1 << 53) + 1)),
            ("18446744073709551616", Some(1 << 64)),
            ("170141183460469231731687303715884105728", Some(1 << 127)),
            ("340282366920938463463374607431768211455", Some(u128::MAX)),
            ("\"340282366920938463463374607431768211455\"", Some(u128::MAX)),
            ("340282366920938463463374607431768211456", None),
            ("-0", None),
            ("-1", None),
            ("1.0", None),
            ("1e3", None),
            ("\"\"", None),
            ("\" 1\"", None),
            ("\"+1\"", None),
            ("\"1_000\"", None),
            ("\"٣\"", None),
            ("null", None),
            ("true", None),
            ("[1]", None),
            ("{}", None),
        ] {
            assert_eq!(number(raw(text), u128::MAX).ok(), expected, "{text}");
        }
        assert_eq!(number(raw("65535"), u16::MAX), Ok(65_535));
        assert_eq!(number(raw("65536"), u16::MAX), Err(ParseError::too_large(65_535, "65536")));
        assert_eq!(number(raw("8"), 7_u64), Err(ParseError::too_large(7, "8")));
    }

    #[test]
    fn ids_are_numbers_or_hyphenated_uuids() {
        let uuid = 0x6ba7_b810_9dad_11d1_80b4_00c0_4fd4_30c8;
        for (text, expected) in [
            ("\"6ba7b810-9dad-11d1-80b4-00c04fd430c8\"", Some(uuid)),
            ("\"6BA7B810-9DAD-11D1-80B4-00C04FD430C8\"", Some(uuid)),
            ("\"ffffffff-ffff-ffff-ffff-ffffffffffff\"", Some(u128::MAX)),
            ("\"10000000000000000000000000000000\"", Some(10_u128.pow(31))),
            ("\"100000000000000000000000000000000000\"", Some(10_u128.pow(35))),
            ("7", Some(7)),
            ("\"7\"", Some(7)),
            ("\"+7\"", None),
            ("\"\"", None),
            ("\"6ba7b8109dad11d180b400c04fd430c8\"", None),
            ("\"{6ba7b810-9dad-11d1-80b4-00c04fd430c8}\"", None),
            ("\"6ba7b810-9dad-11d1-80b4-00c04fd430cg\"", None),
            ("\"new\"", None),
        ] {
            assert_eq!(id(raw(text)).ok(), expected, "{text}");
            #[cfg(feature = "laboratory")]
            assert_eq!(id_in_text(text.trim_matches('"')), expected, "{text}");
        }
        assert_eq!(id_or_new(raw("\"new\"")), Ok(None));
        assert_eq!(id_or_new(raw("3")), Ok(Some(3)));
    }
}
