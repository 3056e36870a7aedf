//! What each field of a record is called, by the kind of the record.

use std::sync::LazyLock;

use crate::trail::{Entry, EntryKind};

/// A field of [`Entry`], its kind excepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    Status,
    Timestamp,
    Id,
    DebitAccountId,
    CreditAccountId,
    Amount,
    DebitVersion,
    CreditVersion,
    UserData64,
    UserData32,
    Timeout,
    Ledger,
    Code,
    Flags,
    EntryFlags,
}

impl Slot {
    pub(super) fn get(self, entry: &Entry) -> u128 {
        match self {
            Self::Status => entry.status.into(),
            Self::Timestamp => entry.timestamp.into(),
            Self::Id => entry.id,
            Self::DebitAccountId => entry.debit_account_id,
            Self::CreditAccountId => entry.credit_account_id,
            Self::Amount => entry.amount,
            Self::DebitVersion => entry.debit_version.into(),
            Self::CreditVersion => entry.credit_version.into(),
            Self::UserData64 => entry.user_data_64.into(),
            Self::UserData32 => entry.user_data_32.into(),
            Self::Timeout => entry.timeout.into(),
            Self::Ledger => entry.ledger.into(),
            Self::Code => entry.code.into(),
            Self::Flags => entry.flags.into(),
            Self::EntryFlags => entry.entry_flags.into(),
        }
    }

    /// Sets the field to a number of at most [`Slot::greatest`].
    pub(super) fn set(self, entry: &mut Entry, number: u128) {
        debug_assert!(number <= self.greatest());
        match self {
            Self::Status => entry.status = number as u16,
            Self::Timestamp => entry.timestamp = number as u64,
            Self::Id => entry.id = number,
            Self::DebitAccountId => entry.debit_account_id = number,
            Self::CreditAccountId => entry.credit_account_id = number,
            Self::Amount => entry.amount = number,
            Self::DebitVersion => entry.debit_version = number as u64,
            Self::CreditVersion => entry.credit_version = number as u64,
            Self::UserData64 => entry.user_data_64 = number as u64,
            Self::UserData32 => entry.user_data_32 = number as u32,
            Self::Timeout => entry.timeout = number as u32,
            Self::Ledger => entry.ledger = number as u32,
            Self::Code => entry.code = number as u16,
            Self::Flags => entry.flags = number as u16,
            Self::EntryFlags => entry.entry_flags = number as u8,
        }
    }

    /// The greatest number that the field holds.
    pub(super) fn greatest(self) -> u128 {
        match self {
            Self::Id | Self::DebitAccountId | Self::CreditAccountId | Self::Amount => u128::MAX,
            Self::Timestamp | Self::DebitVersion | Self::CreditVersion | Self::UserData64 => {
                u64::MAX.into()
            }
            Self::UserData32 | Self::Timeout | Self::Ledger => u32::MAX.into(),
            Self::Status | Self::Code | Self::Flags => u16::MAX.into(),
            Self::EntryFlags => u8::MAX.into(),
        }
    }
}

/// What a field of a record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Something that a ledger has not written: it is 0.
    Nothing,
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

/// A field of a record under its public name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) slot: Slot,
    pub(super) name: &'static str,
    pub(super) meaning: Meaning,
}

/// The fields of one kind of record.
pub(super) type Form = [Field; 15];

const fn field(slot: Slot, name: &'static str, meaning: Meaning) -> Field {
    Field { slot, name, meaning }
}

use Meaning as M;
use Slot as S;

/// A transfer that was asked for.
const TRANSFER: Form = [
    field(S::Status, "status", M::Status),
    field(S::Timestamp, "timestamp", M::Number),
    field(S::Id, "id", M::Id),
    field(S::DebitAccountId, "debit_account_id", M::Id),
    field(S::CreditAccountId, "credit_account_id", M::Id),
    field(S::Amount, "amount", M::Number),
    field(S::DebitVersion, "debit_version", M::Number),
    field(S::CreditVersion, "credit_version", M::Number),
    field(S::UserData64, "user_data_64", M::Number),
    field(S::UserData32, "user_data_32", M::Number),
    field(S::Timeout, "timeout", M::Number),
    field(S::Ledger, "ledger", M::Number),
    field(S::Code, "code", M::Number),
    field(S::Flags, "flags", M::Flags),
    field(S::EntryFlags, "entry_flags", M::EntryFlags),
];

/// An account that was asked for.
const ACCOUNT: Form = [
    field(S::Status, "status", M::Status),
    field(S::Timestamp, "timestamp", M::Number),
    field(S::Id, "id", M::Id),
    field(S::DebitAccountId, "user_data_128", M::Number),
    field(S::CreditAccountId, "credit_account_id", M::Nothing),
    field(S::Amount, "amount", M::Nothing),
    field(S::DebitVersion, "debit_version", M::Nothing),
    field(S::CreditVersion, "credit_version", M::Nothing),
    field(S::UserData64, "user_data_64", M::Number),
    field(S::UserData32, "user_data_32", M::Number),
    field(S::Timeout, "timeout", M::Nothing),
    field(S::Ledger, "ledger", M::Number),
    field(S::Code, "code", M::Number),
    field(S::Flags, "flags", M::Flags),
    field(S::EntryFlags, "entry_flags", M::EntryFlags),
];

/// The end of a pending transfer by itself, and an extension without its entry, which no ledger writes.
const OTHER: Form = [
    field(S::Status, "status", M::Status),
    field(S::Timestamp, "timestamp", M::Number),
    field(S::Id, "id", M::Id),
    field(S::DebitAccountId, "debit_account_id", M::Nothing),
    field(S::CreditAccountId, "credit_account_id", M::Nothing),
    field(S::Amount, "amount", M::Nothing),
    field(S::DebitVersion, "debit_version", M::Number),
    field(S::CreditVersion, "credit_version", M::Number),
    field(S::UserData64, "user_data_64", M::Nothing),
    field(S::UserData32, "user_data_32", M::Nothing),
    field(S::Timeout, "timeout", M::Nothing),
    field(S::Ledger, "ledger", M::Nothing),
    field(S::Code, "code", M::Nothing),
    field(S::Flags, "flags", M::Nothing),
    field(S::EntryFlags, "entry_flags", M::EntryFlags),
];

/// The extension of anything but an account. Its timestamp is that of its entry.
const TRANSFER_ANNEX: Form = [
    field(S::Status, "status", M::Nothing),
    field(S::Timestamp, "timestamp", M::Nothing),
    field(S::Id, "pending_id", M::Id),
    field(S::DebitAccountId, "user_data_128", M::Number),
    field(S::CreditAccountId, "credit_account_id", M::Nothing),
    field(S::Amount, "amount", M::Nothing),
    field(S::DebitVersion, "expected_debit_version", M::Number),
    field(S::CreditVersion, "expected_credit_version", M::Number),
    field(S::UserData64, "asked_timestamp", M::Number),
    field(S::UserData32, "user_data_32", M::Nothing),
    field(S::Timeout, "timeout", M::Nothing),
    field(S::Ledger, "ledger", M::Nothing),
    field(S::Code, "code", M::Nothing),
    field(S::Flags, "flags", M::Nothing),
    field(S::EntryFlags, "expects", M::EntryFlags),
];

/// The extension of an account. Its timestamp is that of its entry.
const ACCOUNT_ANNEX: Form = [
    field(S::Status, "status", M::Nothing),
    field(S::Timestamp, "timestamp", M::Nothing),
    field(S::Id, "debits_pending", M::Number),
    field(S::DebitAccountId, "debits_posted", M::Number),
    field(S::CreditAccountId, "credits_pending", M::Number),
    field(S::Amount, "credits_posted", M::Number),
    field(S::DebitVersion, "debit_version", M::Nothing),
    field(S::CreditVersion, "credit_version", M::Nothing),
    field(S::UserData64, "asked_timestamp", M::Number),
    field(S::UserData32, "reserved", M::Number),
    field(S::Timeout, "timeout", M::Nothing),
    field(S::Ledger, "ledger", M::Nothing),
    field(S::Code, "code", M::Nothing),
    field(S::Flags, "flags", M::Nothing),
    field(S::EntryFlags, "entry_flags", M::Nothing),
];

/// The fields of a record that is an entry.
pub(super) fn of_entry(kind: EntryKind) -> &'static Form {
    match kind {
        EntryKind::Account => &ACCOUNT,
        EntryKind::Transfer => &TRANSFER,
        EntryKind::Expiry | EntryKind::Extension => &OTHER,
    }
}

/// The fields of the extension of an entry of this kind.
pub(super) fn of_extension(kind: EntryKind) -> &'static Form {
    if kind == EntryKind::Account { &ACCOUNT_ANNEX } else { &TRANSFER_ANNEX }
}

/// Where a line says which entry it is.
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
    LazyLock::new(|| names(std::iter::empty(), &[&TRANSFER_ANNEX, &ACCOUNT_ANNEX]));

fn names(first: impl Iterator<Item = &'static str>, forms: &[&Form]) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = first.collect();
    for field in forms.iter().copied().flatten() {
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
    fn a_form_names_each_slot_once() {
        for form in [&TRANSFER, &ACCOUNT, &OTHER, &TRANSFER_ANNEX, &ACCOUNT_ANNEX] {
            for (place, field) in form.iter().enumerate() {
                assert_eq!(field.slot as usize, place, "{}", field.name);
                assert!(form[..place].iter().all(|other| other.name != field.name));
            }
        }
        let names = ["account", "transfer", "expiry", "extension"];
        for (place, (kind, name)) in EntryKind::ALL.into_iter().zip(names).enumerate() {
            assert_eq!((kind as usize, kind.name()), (place, name));
        }
    }

    #[test]
    fn a_slot_gives_back_what_it_took() {
        for field in &TRANSFER {
            let mut entry = Entry::default();
            for number in [1, field.slot.greatest()] {
                field.slot.set(&mut entry, number);
                assert_eq!(field.slot.get(&entry), number, "{}", field.name);
            }
            let others = TRANSFER.iter().filter(|other| other.slot != field.slot);
            assert!(others.map(|other| other.slot.get(&entry)).all(|number| number == 0));
        }
    }
}
