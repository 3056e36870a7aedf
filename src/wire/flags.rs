//! Reads flags: a list of names, or a number of bits.

use bitflags::Flags;

use super::error::{ParseError, ParseErrorKind, beginning};
use super::fields::{JsonValue, list};
use super::value::{number, word};

/// Returns the public name of a flag: the constant's name in lower case.
pub(super) fn public_name(constant: &str) -> String {
    constant.to_ascii_lowercase()
}

/// Reads a list of names, or the number of TigerBeetle's wire format. A number may have bits without a name; the rules of
/// the model reject those.
pub(super) fn flags<F>(value: &JsonValue<'_>, max: F::Bits) -> Result<F, ParseError>
where
    F: Flags,
    F::Bits: TryFrom<u128> + PartialOrd,
    u128: From<F::Bits>,
{
    let text = value.get();
    if text.starts_with(|first: char| first.is_ascii_digit() || first == '"') {
        return number(value, max).map(F::from_bits_retain);
    }
    if !text.starts_with('[') {
        return Err(ParseError::wrong_type("a list of names, or a number", text));
    }
    let mut flags = F::empty();
    // Each name may occur once, which bounds the list.
    list(value, usize::MAX, &mut |value| {
        let name = word(value)?;
        let is_lower = !name.bytes().any(|byte| byte.is_ascii_uppercase());
        let found =
            F::FLAGS.iter().find(|flag| is_lower && flag.name().eq_ignore_ascii_case(&name));
        let Some(flag) = found else {
            let known = F::FLAGS.iter().map(|flag| public_name(flag.name())).collect();
            return Err(ParseError::new(ParseErrorKind::Name { known, found: beginning(&name) }));
        };
        if flags.contains(F::from_bits_retain(flag.value().bits())) {
            return Err(ParseError::new(ParseErrorKind::Repeated));
        }
        flags.insert(F::from_bits_retain(flag.value().bits()));
        Ok(())
    })?;
    Ok(flags)
}
