//! Hashes in 64 hexadecimal digits.

use std::fmt;
use std::str::FromStr;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A BLAKE3 hash of 256 bits. Source: [the
/// specification](https://github.com/BLAKE3-team/BLAKE3-specs).
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

/// A text that is not 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestError {
    /// Its number of characters.
    pub characters: usize,
}

impl fmt::Display for DigestError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let characters = self.characters;
        write!(
            formatter,
            "a hash has 64 hexadecimal digits; this text of {characters} characters is not a hash"
        )
    }
}

impl std::error::Error for DigestError {}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Digest({self})")
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let error = || DigestError { characters: text.chars().count() };
        let mut digest = Self::default();
        if text.len() != 2 * digest.0.len() {
            return Err(error());
        }
        for (byte, digits) in digest.0.iter_mut().zip(text.as_bytes().as_chunks::<2>().0) {
            *byte = hex_byte(*digits).ok_or_else(error)?;
        }
        Ok(digest)
    }
}

/// Returns the byte of two hexadecimal digits of either case.
pub(super) fn hex_byte(digits: [u8; 2]) -> Option<u8> {
    let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
    Some((high? << 4 | low?) as u8)
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_is_exactly_64_digits() {
        let digest = Digest(std::array::from_fn(|position| position as u8 * 8 + 1));
        let text = digest.to_string();
        assert!(text.starts_with("0109111921") && text.len() == 64, "{text}");
        assert_eq!(text.parse(), Ok(digest));
        assert_eq!(text.to_uppercase().parse(), Ok(digest));
        let with = |character: &str| format!("{character}{}", &text[character.len()..]);
        for (bad, characters) in [
            (String::new(), 0),
            (text[1..].to_owned(), 63),
            (text.clone() + "0", 65),
            (with("g"), 64),
            (with("+"), 64),
            (with("é"), 63),
        ] {
            assert_eq!(bad.parse::<Digest>(), Err(DigestError { characters }), "{bad}");
        }
    }
}
