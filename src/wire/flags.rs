//! Flags: names in lists, or bits in a number.

use bitflags::Flags;
use serde_json::value::RawValue;

use super::error::{BadLine, Problem, beginning};
use super::fields::list;
use super::value::{number, word};

/// The public name of a flag: its constant's in small letters.
pub(super) fn public_name(constant: &str) -> String {
    constant.to_ascii_lowercase()
}

/// A list of names, or the number of the wire format. A number may have bits that mean nothing: what becomes of them is for
/// the rules to say, not for the text.
pub(super) fn flags<F>(value: &RawValue, greatest: F::Bits) -> Result<F, BadLine>
where
    F: Flags,
    F::Bits: TryFrom<u128> + PartialOrd,
    u128: From<F::Bits>,
{
    let text = value.get();
    if text.starts_with(|first: char| first.is_ascii_digit() || first == '"') {
        return number(value, greatest).map(F::from_bits_retain);
    }
    if !text.starts_with('[') {
        return Err(BadLine::kind("a list of names, or a number", text));
    }
    let mut flags = F::empty();
    // No name can stand twice in it, so it has as many elements as there are flags, at most.
    list(value, usize::MAX, |value| {
        let name = word(value)?;
        let found = F::FLAGS.iter().find(|flag| public_name(flag.name()) == *name);
        let Some(flag) = found else {
            let known = F::FLAGS.iter().map(|flag| public_name(flag.name())).collect();
            return Err(BadLine::new(Problem::Name { known, found: beginning(&name) }));
        };
        if flags.contains(F::from_bits_retain(flag.value().bits())) {
            return Err(BadLine::new(Problem::Repeated));
        }
        flags.insert(F::from_bits_retain(flag.value().bits()));
        Ok(())
    })?;
    Ok(flags)
}
