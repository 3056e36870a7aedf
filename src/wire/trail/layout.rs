//! The names of the fields of a record, by the kind of the record.

use std::sync::LazyLock;

use crate::trail::{Entry, EntryKind};

/// What a field of a record contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Nothing: a ledger leaves it 0.
    Unused,
    /// An id.
    Id,
    /// A number.
    Number,
    /// The name of a status.
    Status,
    /// Names of flags.
    Flags,
    /// Names of an entry's flags.
    EntryFlags,
}

/// A field of a record with its public name.
#[derive(Clone, Copy, Debug)]
pub(super) struct NamedField {
    pub(super) field: EntryField,
    pub(super) name: &'static str,
    pub(super) meaning: Meaning,
}

/// The fields of one kind of record.
pub(super) type Layout = [NamedField; FIELDS];

const fn field(field: EntryField, name: &'static str, meaning: Meaning) -> NamedField {
    NamedField { field, name, meaning }
}

use EntryField as F;
use Meaning::{Id, Number, Unused};

/// Declares the fields of [`Entry`] without its kind, in the order of a layout, and what they
/// contain in the entry of a transfer.
macro_rules! entry_fields {
    ($($Field:ident $field:ident $Number:ty => $Meaning:ident,)+) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum EntryField { $($Field,)+ }

        impl EntryField {
            pub(super) fn get(self, entry: &Entry) -> u128 {
                match self { $(Self::$Field => entry.$field.into(),)+ }
            }

            /// Sets the field to a number of at most [`EntryField::max`].
            pub(super) fn set(self, entry: &mut Entry, number: u128) {
                debug_assert!(number <= self.max());
                match self { $(Self::$Field => entry.$field = number as $Number,)+ }
            }

            /// The largest number that the field holds.
            pub(super) fn max(self) -> u128 {
                match self { $(Self::$Field => <$Number>::MAX.into(),)+ }
            }
        }

        /// The number of fields.
        const FIELDS: usize = [$(EntryField::$Field),+].len();

        /// The attempt of a transfer, which uses every field under its own name.
        const TRANSFER: Layout =
            [$(field(EntryField::$Field, stringify!($field), Meaning::$Meaning),)+];
    };
}

entry_fields! {
    Status status u16 => Status,
    Timestamp timestamp u64 => Number,
    Id id u128 => Id,
    DebitAccountId debit_account_id u128 => Id,
    CreditAccountId credit_account_id u128 => Id,
    Amount amount u128 => Number,
    DebitVersion debit_version u64 => Number,
    CreditVersion credit_version u64 => Number,
    UserData64 user_data_64 u64 => Number,
    UserData32 user_data_32 u32 => Number,
    Timeout timeout u32 => Number,
    Ledger ledger u32 => Number,
    Code code u16 => Number,
    Flags flags u16 => Flags,
    EntryFlags entry_flags u8 => EntryFlags,
}

/// The layout of records that use some fields as a transfer does, and others under other names.
const fn layout(same: &[EntryField], renamed: &[NamedField]) -> Layout {
    let mut layout = TRANSFER;
    let mut index = 0;
    while index < FIELDS {
        layout[index].meaning = Unused;
        index += 1;
    }
    index = 0;
    while index < same.len() {
        layout[same[index] as usize] = TRANSFER[same[index] as usize];
        index += 1;
    }
    index = 0;
    while index < renamed.len() {
        layout[renamed[index].field as usize] = renamed[index];
        index += 1;
    }
    layout
}

/// The attempt of an account.
const ACCOUNT: Layout = layout(
    &[
        F::Status,
        F::Timestamp,
        F::Id,
        F::UserData64,
        F::UserData32,
        F::Ledger,
        F::Code,
        F::Flags,
        F::EntryFlags,
    ],
    &[field(F::DebitAccountId, "user_data_128", Number)],
);

/// The expiry of a pending transfer, and an extension without its entry, which no ledger writes.
const OTHER: Layout = layout(
    &[F::Status, F::Timestamp, F::Id, F::DebitVersion, F::CreditVersion, F::EntryFlags],
    &[],
);

/// The extension of any entry but an account's. Its timestamp is that of its entry.
const TRANSFER_EXTENSION: Layout = layout(
    &[],
    &[
        field(F::Id, "pending_id", Id),
        field(F::DebitAccountId, "user_data_128", Number),
        field(F::Amount, "moved_amount", Number),
        field(F::DebitVersion, "expected_debit_version", Number),
        field(F::CreditVersion, "expected_credit_version", Number),
        field(F::UserData64, "asked_timestamp", Number),
        field(F::EntryFlags, "expects", Meaning::EntryFlags),
    ],
);

/// The extension of an account. Its timestamp is that of its entry.
const ACCOUNT_EXTENSION: Layout = layout(
    &[],
    &[
        field(F::Id, "debits_pending", Number),
        field(F::DebitAccountId, "debits_posted", Number),
        field(F::CreditAccountId, "credits_pending", Number),
        field(F::Amount, "credits_posted", Number),
        field(F::UserData64, "asked_timestamp", Number),
        field(F::UserData32, "reserved", Number),
    ],
);

pub(super) fn of_entry(kind: EntryKind) -> &'static Layout {
    match kind {
        EntryKind::Account => &ACCOUNT,
        EntryKind::Transfer => &TRANSFER,
        EntryKind::Expiry | EntryKind::Extension => &OTHER,
    }
}

pub(super) fn of_extension(kind: EntryKind) -> &'static Layout {
    if kind == EntryKind::Account { &ACCOUNT_EXTENSION } else { &TRANSFER_EXTENSION }
}

/// The fields of a line that are not part of the record.
pub(super) const HEAD: [&str; 4] = ["writer", "position", "kind", "extension"];

/// Former names of fields, which the reader accepts, and their present names.
pub(super) const OLD_NAMES: [(&str, &str); 2] = [("place", "position"), ("marks", "entry_flags")];

/// The names of all fields of a line, with former ones at the end.
pub(super) static ENTRY_NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let mut names = names(HEAD.into_iter(), &[&TRANSFER, &ACCOUNT, &OTHER]);
    names.extend(OLD_NAMES.map(|(old, _)| old));
    names
});

/// The names of all fields of an extension.
pub(super) static EXTENSION_NAMES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| names(std::iter::empty(), &[&TRANSFER_EXTENSION, &ACCOUNT_EXTENSION]));

fn names(first: impl Iterator<Item = &'static str>, layouts: &[&Layout]) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = first.collect();
    for field in layouts.iter().copied().flatten() {
        if !names.contains(&field.name) {
            names.push(field.name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_names_each_field_once() {
        for layout in [&TRANSFER, &ACCOUNT, &OTHER, &TRANSFER_EXTENSION, &ACCOUNT_EXTENSION] {
            for (index, field) in layout.iter().enumerate() {
                assert_eq!(field.field as usize, index, "{}", field.name);
                assert!(layout[..index].iter().all(|other| other.name != field.name));
            }
        }
        let names = ["account", "transfer", "expiry", "extension"];
        for (index, (kind, name)) in EntryKind::ALL.into_iter().zip(names).enumerate() {
            assert_eq!((kind as usize, kind.name()), (index, name));
        }
    }

    #[test]
    fn field_returns_assigned_value() {
        for field in &TRANSFER {
            let mut entry = Entry::default();
            for number in [1, field.field.max()] {
                field.field.set(&mut entry, number);
                assert_eq!(field.field.get(&entry), number, "{}", field.name);
            }
            let others = TRANSFER.iter().filter(|other| other.field != field.field);
            assert!(others.map(|other| other.field.get(&entry)).all(|number| number == 0));
        }
    }
}
