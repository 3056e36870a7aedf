//! The value of a parameter in a request.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::{Serialize, Serializer};

/// A requested value: a whole number, or the name of a choice. It is written as a string, and a
/// number is also read from a JSON number.
///
/// It is checked against its parameter later, so that the error can name the accepted values.
#[derive(Clone, Debug, PartialEq, Eq)]
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

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => serializer.collect_str(number),
            Self::Name(name) => serializer.serialize_str(name),
        }
    }
}

/// Digits are a number; everything else is a name.
impl FromStr for Value {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(text.parse().map_or_else(|_| Self::Name(text.to_owned()), Self::Number))
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

/// A visitor, because serde's untagged enums do not report what they expect.
struct ValueVisitor;

impl Visitor<'_> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a whole number or the name of a choice")
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number))
    }

    /// JavaScript's whole numbers arrive as signed integers.
    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Value, E> {
        let invalid = |_| E::invalid_value(de::Unexpected::Signed(number), &self);
        u64::try_from(number).map(Value::Number).map_err(invalid)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        text.parse().map_err(|never| match never {})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_text_give_the_same_values() {
        let number = Value::Number(7);
        let name = |text: &str| Value::Name(text.to_owned());
        for (json, text, value) in [
            ("7", "7", number),
            ("18446744073709551615", "18446744073709551615", Value::Number(u64::MAX)),
            ("\"ordered-locks\"", "ordered-locks", name("ordered-locks")),
            ("\"\"", "", name("")),
        ] {
            assert_eq!(serde_json::from_str::<Value>(json).expect("it can be read"), value);
            assert_eq!(text.parse(), Ok(value));
        }
        // What is written is a string, and is read as the same value.
        assert_eq!(serde_json::to_string(&Value::Number(7)).expect("it serializes"), "\"7\"");
        assert_eq!(
            serde_json::from_str::<Value>("\"7\"").expect("it can be read"),
            Value::Number(7)
        );
        // A text of more than 64 bits is a name.
        assert_eq!("18446744073709551616".parse(), Ok(name("18446744073709551616")));
    }

    #[test]
    fn other_types_are_rejected_with_the_expected_ones() {
        for (json, found) in [
            ("-1", "invalid value: integer `-1`"),
            ("1.5", "invalid type: floating point `1.5`"),
            ("null", "invalid type: null"),
            ("[7]", "invalid type: sequence"),
            ("true", "invalid type: boolean `true`"),
        ] {
            let error = serde_json::from_str::<Value>(json).expect_err(json).to_string();
            let message = format!("{found}, expected a whole number or the name of a choice");
            assert!(error.starts_with(&message), "{error}");
        }
    }
}
