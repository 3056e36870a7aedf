//! `#[serde(with = "Digits::<u64>")]`: fields of 64 or 128 bits as strings of digits in JSON, whatever
//! their value. They are read from numbers, too.
//!
//! `#[serde_with::apply(u64 => #[serde(with = "Digits::<u64>")])]` gives it to all such fields of a type.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};
use serde::{Serialize, Serializer};

use super::amounts::JsonU128;

/// A type whose numbers are strings of digits in JSON.
pub trait InDigits: Sized {
    /// The type as it is in JSON.
    type Json<'a>: Serialize
    where
        Self: 'a;
    /// The type as it is read.
    type Read<'de>: Deserialize<'de>;

    /// Returns the value to write.
    fn to_json(&self) -> Self::Json<'_>;
    /// Returns the value that was read.
    fn from_json(read: Self::Read<'_>) -> Self;
}

/// How a field with numbers of 64 or 128 bits is written and read.
#[derive(Debug)]
pub struct Digits<T>(PhantomData<T>);

impl<T: InDigits> Digits<T> {
    /// Serializes numbers as strings of digits.
    ///
    /// # Errors
    /// The serializer's error.
    pub fn serialize<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        value.to_json().serialize(serializer)
    }

    /// Deserializes numbers from strings of digits, or from JSON numbers.
    ///
    /// # Errors
    /// When a value is neither.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        T::Read::deserialize(deserializer).map(T::from_json)
    }
}

/// The schema of the type without digits, which the generator of the report's schema replaces.
#[cfg(test)]
impl<T: schemars::JsonSchema> schemars::JsonSchema for Digits<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }
}

/// A number that is read from a number, or from digits without leading zeros.
#[derive(Debug)]
pub struct ReadNumber<N>(N);

impl<'de, N: TryFrom<u128>> Deserialize<'de> for ReadNumber<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor(PhantomData))
    }
}

struct NumberVisitor<N>(PhantomData<N>);

impl<N: TryFrom<u128>> Visitor<'_> for NumberVisitor<N> {
    type Value = ReadNumber<N>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = 8 * size_of::<N>();
        write!(formatter, "a whole number below 2^{bits}, as a string of digits or a JSON number")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        let invalid = |_| E::invalid_value(Unexpected::Unsigned(number), &self);
        N::try_from(number.into()).map(ReadNumber).map_err(invalid)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        let number = parse_digits(text).and_then(|number| N::try_from(number).ok());
        number.map(ReadNumber).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}

/// Returns the number of a string of digits without leading zeros.
pub fn parse_digits(text: &str) -> Option<u128> {
    let is_canonical = match text.as_bytes() {
        [b'0'] => true,
        [first, rest @ ..] => (b'1'..=b'9').contains(first) && rest.iter().all(u8::is_ascii_digit),
        [] => false,
    };
    text.parse().ok().filter(|_| is_canonical)
}

macro_rules! in_digits {
    ($($Number:ty),+) => {$(
        impl InDigits for $Number {
            type Json<'a> = JsonU128;
            type Read<'de> = ReadNumber<$Number>;

            fn to_json(&self) -> JsonU128 {
                JsonU128((*self).into())
            }

            fn from_json(read: ReadNumber<$Number>) -> Self {
                read.0
            }
        }
    )+};
}

in_digits! { u64, u128 }

impl<T: InDigits + 'static> InDigits for Vec<T> {
    type Json<'a> = Vec<T::Json<'a>>;
    type Read<'de> = Vec<T::Read<'de>>;

    fn to_json(&self) -> Self::Json<'_> {
        self.iter().map(T::to_json).collect()
    }

    fn from_json(read: Self::Read<'_>) -> Self {
        read.into_iter().map(T::from_json).collect()
    }
}

impl<T: InDigits + 'static> InDigits for BTreeMap<String, T> {
    type Json<'a> = BTreeMap<&'a str, T::Json<'a>>;
    type Read<'de> = BTreeMap<String, T::Read<'de>>;

    fn to_json(&self) -> Self::Json<'_> {
        self.iter().map(|(name, value)| (name.as_str(), value.to_json())).collect()
    }

    fn from_json(read: Self::Read<'_>) -> Self {
        read.into_iter().map(|(name, value)| (name, T::from_json(value))).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::{from_str, to_string};

    use super::*;

    #[serde_with::apply(
        u64 => #[serde(with = "Digits::<u64>")],
        u128 => #[serde(with = "Digits::<u128>")],
        Vec<u64> => #[serde(with = "Digits::<Vec<u64>>")],
        BTreeMap<String, u64> => #[serde(with = "Digits::<BTreeMap<String, u64>>")],
    )]
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Fields {
        wide: u64,
        wider: u128,
        narrow: u32,
        list: Vec<u64>,
        map: BTreeMap<String, u64>,
    }

    #[test]
    fn wide_fields_are_strings_and_are_read_in_both_forms() {
        let fields = Fields {
            wide: u64::MAX,
            wider: u128::MAX,
            narrow: 7,
            list: vec![0, 1],
            map: BTreeMap::from([("a".to_owned(), 5)]),
        };
        let json = r#"{"wide":"18446744073709551615","wider":"340282366920938463463374607431768211455","narrow":7,"list":["0","1"],"map":{"a":"5"}}"#;
        assert_eq!(to_string(&fields).expect("it serializes"), json);
        assert_eq!(from_str::<Fields>(json).expect("it can be read"), fields);
        let numbers = json.replace(r#""0","1""#, "0,1").replace(r#""5""#, "5");
        assert_eq!(from_str::<Fields>(&numbers).expect("it can be read"), fields);
    }

    #[test]
    fn other_values_are_rejected_with_the_bound() {
        for value in [
            "\"\"",
            "\"07\"",
            "\"-1\"",
            "\"+1\"",
            "\"1.0\"",
            "\" 1\"",
            "-1",
            "1.5",
            "null",
            "true",
            "\"18446744073709551616\"",
            "18446744073709551616",
            "\"٣\"",
        ] {
            let json = format!(r#"{{"wide":{value},"wider":"0","narrow":0,"list":[],"map":{{}}}}"#);
            let error = from_str::<Fields>(&json).expect_err(value).to_string();
            assert!(error.contains("a whole number below 2^64, as a string of digits"), "{error}");
        }
    }
}
