//! A value of a parameter, as a request brings it.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use serde::de::{self, Deserialize, Deserializer, Visitor};

/// What a request asks for: in JSON a whole number, or the name of a choice as a string.
///
/// Whether the parameter takes it is found where it is chosen, so that the refusal can say what it does take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// A number.
    Number(u64),
    /// The name of a choice, or any other text.
    Name(String),
}

impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(formatter),
            Self::Name(name) => write!(formatter, "{name:?}"),
        }
    }
}

/// Digits are a number, everything else is a name.
impl FromStr for Value {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(text.parse().map_or_else(|_| Self::Name(text.to_owned()), Self::Number))
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

/// Reads by hand: serde's own untagged enums would not say what is expected.
struct Reader;

impl Visitor<'_> for Reader {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a whole number or the name of a choice")
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number))
    }

    /// JavaScript's whole numbers arrive with a sign.
    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Value, E> {
        let unsigned = u64::try_from(number);
        unsigned
            .map(Value::Number)
            .map_err(|_| E::invalid_value(de::Unexpected::Signed(number), &self))
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Value, E> {
        Ok(Value::Name(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_texts_are_read_alike() {
        let number = Value::Number(7);
        let name = |text: &str| Value::Name(text.to_owned());
        for (json, text, value) in [
            ("7", "7", number),
            ("18446744073709551615", "18446744073709551615", Value::Number(u64::MAX)),
            ("\"ordered\"", "ordered-locks", name("ordered-locks")),
            ("\"\"", "", name("")),
        ] {
            assert_eq!(serde_json::from_str::<Value>(json).expect("it can be read"), value);
            assert_eq!(text.parse(), Ok(value));
        }
        // In JSON only what has no quotes is a number; past 64 bits a text is none either.
        assert_eq!(serde_json::from_str::<Value>("\"7\"").expect("it can be read"), name("7"));
        assert_eq!("18446744073709551616".parse(), Ok(name("18446744073709551616")));
    }

    #[test]
    fn what_is_neither_is_refused_with_what_is_expected() {
        for (json, found) in [
            ("-1", "invalid value: integer `-1`"),
            ("1.5", "invalid type: floating point `1.5`"),
            ("null", "invalid type: null"),
            ("[7]", "invalid type: sequence"),
            ("true", "invalid type: boolean `true`"),
        ] {
            let error = serde_json::from_str::<Value>(json).expect_err(json).to_string();
            let description = format!("{found}, expected a whole number or the name of a choice");
            assert!(error.starts_with(&description), "{error}");
        }
    }
}
