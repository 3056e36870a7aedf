//! Reads single values: numbers, ids and strings.

use std::borrow::Cow;

use uuid::Uuid;

use super::error::ParseError;
use super::fields::JsonValue;

const NUMBER: &str = "a whole number, as a JSON number or a string of digits";
const ID: &str = "an id: a whole number (as a JSON number or a string of digits) or a UUID as text";

/// The number of characters in a hyphenated UUID.
const UUID_LENGTH: usize = 36;

/// Reads a number of at most `max`.
pub(crate) fn number<T>(value: &JsonValue<'_>, max: T) -> Result<T, ParseError>
where
    T: TryFrom<u128> + PartialOrd + Copy,
    u128: From<T>,
{
    let wide = match value.digits() {
        Some(digits) => wide_number(value, digits)?,
        None => unusual_number(value, NUMBER)?,
    };
    match T::try_from(wide) {
        Ok(number) if number <= max => Ok(number),
        _ => Err(ParseError::too_large(max.into(), value.get())),
    }
}

/// Reads a number of 128 bits, or a hyphenated UUID.
pub(crate) fn id(value: &JsonValue<'_>) -> Result<u128, ParseError> {
    if let Some(digits) = value.digits() {
        return wide_number(value, digits);
    }
    match value.string().as_deref().and_then(uuid) {
        Some(id) => Ok(id),
        None => unusual_number(value, ID),
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
pub(super) fn id_or_new(value: &JsonValue<'_>) -> Result<Option<u128>, ParseError> {
    if value.get() == "\"new\"" { Ok(None) } else { id(value).map(Some) }
}

/// Reads a string.
pub(crate) fn word<'a>(value: &JsonValue<'a>) -> Result<Cow<'a, str>, ParseError> {
    value.string().ok_or_else(|| ParseError::wrong_type("a string", value.get()))
}

/// Parses the digits of a value. A JSON parser that reads large numbers as floats would round them.
fn wide_number(value: &JsonValue<'_>, digits: &[u8]) -> Result<u128, ParseError> {
    number_of_digits(digits).ok_or_else(|| ParseError::too_large(u128::MAX, value.get()))
}

/// Parses digits that are written with escapes, or says why there are none.
#[cold]
fn unusual_number(value: &JsonValue<'_>, expected: &'static str) -> Result<u128, ParseError> {
    match value.string() {
        Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            wide_number(value, digits.as_bytes())
        }
        _ => Err(ParseError::wrong_type(expected, value.get())),
    }
}

/// The most digits that always fit into 64 bits.
const CHUNK_DIGITS: usize = 19;

/// Returns the number of decimal digits; `None` above 2^128 - 1. It multiplies 128 bits once per chunk of digits, where
/// `str::parse` does so for each digit.
fn number_of_digits(digits: &[u8]) -> Option<u128> {
    // It cannot overflow, which need not be checked for each digit.
    let small = |digits: &[u8]| {
        let digits = digits.iter().map(|digit| u64::from(digit & 0xf));
        digits.fold(0_u64, |number, digit| number.wrapping_mul(10).wrapping_add(digit))
    };
    let (first, chunks) = digits.as_rchunks::<CHUNK_DIGITS>();
    chunks.iter().try_fold(u128::from(small(first)), |number, chunk| {
        let number = number.checked_mul(10_u128.pow(CHUNK_DIGITS as u32))?;
        number.checked_add(small(chunk).into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::fields::whole;

    fn raw(text: &str) -> JsonValue<'_> {
        whole(text).expect("it is JSON")
    }

    #[test]
    fn numbers_are_exact_within_field_bounds() {
        for (text, expected) in [
            ("0", Some(0)),
            ("\"0\"", Some(0)),
            ("\"007\"", Some(7)),
            ("\"\\u0037\"", Some(7)),
            ("\"00000000000000000000000000000000000000000000000000000000000000007\"", Some(7)),
            ("9999999999999999999", Some(9_999_999_999_999_999_999)),
            ("10000000000000000000", Some(10_000_000_000_000_000_000)),
            ("99999999999999999999999999999999999999", Some(10_u128.pow(38) - 1)),
            ("1000000000000000000000000000000000000000", None),
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
            assert_eq!(number(&raw(text), u128::MAX).ok(), expected, "{text}");
        }
        assert_eq!(number(&raw("65535"), u16::MAX), Ok(65_535));
        assert_eq!(number(&raw("65536"), u16::MAX), Err(ParseError::too_large(65_535, "65536")));
        assert_eq!(number(&raw("8"), 7_u64), Err(ParseError::too_large(7, "8")));
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
            assert_eq!(id(&raw(text)).ok(), expected, "{text}");
            #[cfg(feature = "laboratory")]
            assert_eq!(id_in_text(text.trim_matches('"')), expected, "{text}");
        }
        assert_eq!(id_or_new(&raw("\"new\"")), Ok(None));
        assert_eq!(id_or_new(&raw("3")), Ok(Some(3)));
    }
}
