//! The value of a field of a record, written in JSON by `Serialize` and in CSV by `Display`.

use std::fmt;

use bitflags::Flags;
use serde::{Serialize, Serializer};

use super::layout::{Meaning, NamedField};
use crate::model::amounts::JsonU128;
use crate::model::{AccountFlags, TransferFlags};
use crate::trail::{Entry, EntryFlags, EntryKind};
use crate::wire::flags::public_name;
use crate::wire::response::FlagNames;

/// The value of one field.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value {
    /// A number of a field of 64 or 128 bits.
    Wide(u128),
    /// A number of a field of at most 32 bits.
    Narrow(u128),
    Status(&'static str),
    AccountFlags(AccountFlags),
    TransferFlags(TransferFlags),
    EntryFlags(EntryFlags),
}

impl Value {
    /// Returns the value of `field` in `record`. A value without a name is a number.
    pub(super) fn of(field: &NamedField, record: &Entry) -> Self {
        let number = field.field.get(record);
        let named = match field.meaning {
            Meaning::Unused | Meaning::Id | Meaning::Number => None,
            Meaning::Status => status_name(record).map(Self::Status),
            Meaning::EntryFlags => EntryFlags::from_bits(record.entry_flags).map(Self::EntryFlags),
            Meaning::Flags if record.kind == EntryKind::Account => {
                AccountFlags::from_bits(record.flags).map(Self::AccountFlags)
            }
            Meaning::Flags => TransferFlags::from_bits(record.flags).map(Self::TransferFlags),
        };
        let is_wide = field.field.max() > u32::MAX.into();
        named.unwrap_or(if is_wide { Self::Wide(number) } else { Self::Narrow(number) })
    }
}

/// The name of a status, unless another number has the same name.
fn status_name(record: &Entry) -> Option<&'static str> {
    let is_ambiguous = record.kind == EntryKind::Expiry && record.status != 0;
    record.status_name().filter(|_| !is_ambiguous)
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::Wide(number) => JsonU128(number).serialize(serializer),
            Self::Narrow(number) => serializer.serialize_u128(number),
            Self::Status(name) => serializer.serialize_str(name),
            Self::AccountFlags(flags) => FlagNames(flags).serialize(serializer),
            Self::TransferFlags(flags) => FlagNames(flags).serialize(serializer),
            Self::EntryFlags(entry_flags) => FlagNames(entry_flags).serialize(serializer),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Wide(number) | Self::Narrow(number) => number.fmt(formatter),
            Self::Status(name) => formatter.write_str(name),
            Self::AccountFlags(flags) => words(&flags, formatter),
            Self::TransferFlags(flags) => words(&flags, formatter),
            Self::EntryFlags(entry_flags) => words(&entry_flags, formatter),
        }
    }
}

/// Writes names with a space between them.
fn words(flags: &impl Flags, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (index, (constant, _)) in flags.iter_names().enumerate() {
        let space = if index > 0 { " " } else { "" };
        write!(formatter, "{space}{}", public_name(constant))?;
    }
    Ok(())
}
