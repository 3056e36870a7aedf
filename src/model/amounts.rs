//! Amounts, ids and other numbers of 64 or 128 bits in text. In JSON they are strings of digits,
//! whatever their value: a JSON number is exact only up to 2^53 - 1, and a field has one type.

use std::fmt;

use serde::{Serialize, Serializer};

/// The maximum whole number that every JSON reader reads exactly: 2^53 - 1.
pub const EXACT_IN_JSON_MAX: u128 = (1 << 53) - 1;

macro_rules! json_numbers {
    ($($(#[$meta:meta])* $Name:ident($Number:ty),)+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $Name(pub $Number);

        impl From<$Number> for $Name {
            fn from(number: $Number) -> Self {
                Self(number)
            }
        }

        impl fmt::Display for $Name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }

        impl Serialize for $Name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(itoa::Buffer::new().format(self.0))
            }
        }
    )+};
}

json_numbers! {
    /// A number of 64 bits that is a string of digits in JSON.
    JsonU64(u64),
    /// A number of 128 bits that is a string of digits in JSON.
    JsonU128(u128),
}

/// Formats a number with a comma between groups of three digits.
pub fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3 + 1);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_strings_whatever_their_value() {
        let text = |number| serde_json::to_string(&JsonU128(number)).expect("a number serializes");
        assert_eq!(text(0), "\"0\"");
        assert_eq!(text((1 << 53) - 1), "\"9007199254740991\"");
        assert_eq!(text(1 << 53), "\"9007199254740992\"");
        assert_eq!(text(u128::MAX), "\"340282366920938463463374607431768211455\"");
        let text = serde_json::to_string(&JsonU64(u64::MAX)).expect("a number serializes");
        assert_eq!(text, "\"18446744073709551615\"");
    }

    #[test]
    fn digits_are_grouped_from_the_right() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")]
        {
            assert_eq!(grouped(number), text);
        }
    }
}
