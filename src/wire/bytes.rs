//! Transfers as bytes: TigerBeetle's `Transfer` struct, little-endian, one after the other.
//!
//! | bytes | field | bytes | field |
//! |---|---|---|---|
//! | 0 to 15 | `id` | 96 to 103 | `user_data_64` |
//! | 16 to 31 | `debit_account_id` | 104 to 107 | `user_data_32` |
//! | 32 to 47 | `credit_account_id` | 108 to 111 | `timeout` |
//! | 48 to 63 | `amount` | 112 to 115 | `ledger` |
//! | 64 to 79 | `pending_id` | 116 to 117 | `code` |
//! | 80 to 95 | `user_data_128` | 118 to 119 | `flags` |
//! | | | 120 to 127 | `timestamp` |
//!
//! The outcome of each is 16 bytes: its timestamp in the first 8, the number of its status in the next
//! 4, which is the index of its name in [`CreateTransferStatus::ALL`], and 4 that are 0.

use std::fmt;

use super::operate::create_each;
use crate::ledger::{BATCH_MAX, Cancellation, LedgerError, TransferOutcome, Writer};
use crate::model::{CreateTransferStatus, Transfer, TransferAttempt, TransferFlags, UserData};

/// The number of bytes of a transfer.
pub const TRANSFER_BYTES: usize = 128;

/// The number of bytes of an outcome.
pub const OUTCOME_BYTES: usize = 16;

/// Why a batch of bytes was not attempted. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BatchBytesError {
    /// The bytes end within a transfer.
    Length {
        /// The number of bytes.
        found: usize,
    },
    /// The ledger cannot take the batch.
    Ledger(LedgerError),
}

impl fmt::Display for BatchBytesError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { found } => {
                write!(formatter, "a transfer has {TRANSFER_BYTES} bytes; {found} end within one")
            }
            Self::Ledger(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for BatchBytesError {}

impl From<LedgerError> for BatchBytesError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

/// Attempts the transfers of a batch and returns the outcome of each, in order. A transfer whose id is
/// 0 gets a new one.
///
/// # Errors
/// [`BatchBytesError`]; in that case nothing was attempted.
pub fn create_transfers_of_bytes(
    writer: &mut Writer,
    bytes: &[u8],
    cancellation: &Cancellation<'_>,
) -> Result<Vec<u8>, BatchBytesError> {
    let (records, []) = bytes.as_chunks::<TRANSFER_BYTES>() else {
        return Err(BatchBytesError::Length { found: bytes.len() });
    };
    if records.len() > BATCH_MAX {
        return Err(LedgerError::BatchTooLarge { len: records.len() }.into());
    }
    let transfers: Vec<Transfer> = records.iter().map(transfer).collect();
    let mut outcomes = Vec::with_capacity(records.len() * OUTCOME_BYTES);
    let mut on_outcome = |outcome: TransferOutcome| outcomes.extend(outcome_bytes(outcome));
    // Linked transfers depend on each other, and imported ones on the first of the batch.
    let dependent = TransferFlags::LINKED.union(TransferFlags::IMPORTED);
    if transfers.iter().any(|transfer| transfer.flags.intersects(dependent)) {
        let attempt = |transfer: Transfer| {
            let id = if transfer.id == 0 { writer.new_id() } else { transfer.id };
            TransferAttempt { transfer: Transfer { id, ..transfer }, ..TransferAttempt::default() }
        };
        let attempts: Vec<_> = transfers.into_iter().map(attempt).collect();
        writer.create_transfers_with(&attempts, cancellation)?.into_iter().for_each(on_outcome);
    } else {
        create_each(writer, &transfers, cancellation, &mut on_outcome)?;
    }
    Ok(outcomes)
}

fn transfer(bytes: &[u8; TRANSFER_BYTES]) -> Transfer {
    Transfer {
        id: u128::from_le_bytes(part(bytes, 0)),
        debit_account_id: u128::from_le_bytes(part(bytes, 16)),
        credit_account_id: u128::from_le_bytes(part(bytes, 32)),
        amount: u128::from_le_bytes(part(bytes, 48)),
        pending_id: u128::from_le_bytes(part(bytes, 64)),
        user_data: UserData {
            user_data_128: u128::from_le_bytes(part(bytes, 80)),
            user_data_64: u64::from_le_bytes(part(bytes, 96)),
            user_data_32: u32::from_le_bytes(part(bytes, 104)),
        },
        timeout: u32::from_le_bytes(part(bytes, 108)),
        ledger: u32::from_le_bytes(part(bytes, 112)),
        code: u16::from_le_bytes(part(bytes, 116)),
        flags: TransferFlags::from_bits_retain(u16::from_le_bytes(part(bytes, 118))),
        timestamp: u64::from_le_bytes(part(bytes, 120)),
    }
}

#[inline(always)]
fn part<const N: usize>(bytes: &[u8; TRANSFER_BYTES], from: usize) -> [u8; N] {
    bytes[from..from + N].try_into().expect("each field lies within the record")
}

#[inline(always)]
fn outcome_bytes(outcome: TransferOutcome) -> [u8; OUTCOME_BYTES] {
    let mut bytes = [0; OUTCOME_BYTES];
    bytes[..8].copy_from_slice(&outcome.timestamp.to_le_bytes());
    bytes[8..12].copy_from_slice(&u32::from(outcome.status as u16).to_le_bytes());
    bytes
}

const _: () = {
    let mut index = 0;
    while index < CreateTransferStatus::ALL.len() {
        assert!(CreateTransferStatus::ALL[index] as usize == index);
        index += 1;
    }
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Ledger, LedgerConfig};
    use crate::model::Account;

    fn record(fields: &[(usize, &[u8])]) -> [u8; TRANSFER_BYTES] {
        let mut bytes = [0; TRANSFER_BYTES];
        for (from, field) in fields {
            bytes[*from..from + field.len()].copy_from_slice(field);
        }
        bytes
    }

    /// Gives each field a different value, so that no field can be mistaken for another.
    #[test]
    fn fields_are_read_from_their_offsets() {
        let bytes: [u8; TRANSFER_BYTES] = std::array::from_fn(|index| match index {
            0 => 1,
            16 => 2,
            32 => 3,
            48 => 4,
            64 => 5,
            80 => 6,
            96 => 7,
            104 => 8,
            108 => 9,
            112 => 10,
            116 => 11,
            118 => 2,
            120 => 12,
            _ => 0,
        });
        let expected = Transfer {
            id: 1,
            debit_account_id: 2,
            credit_account_id: 3,
            amount: 4,
            pending_id: 5,
            user_data: UserData { user_data_128: 6, user_data_64: 7, user_data_32: 8 },
            timeout: 9,
            ledger: 10,
            code: 11,
            flags: TransferFlags::PENDING,
            timestamp: 12,
        };
        assert_eq!(transfer(&bytes), expected);
    }

    fn ledger_of_two() -> Writer {
        let (_, mut writers) = Ledger::with_writers(&LedgerConfig::default()).expect("a ledger");
        let mut writer = writers.remove(0);
        for id in [1, 2] {
            let account = Account { id, ledger: 1, code: 1, ..Account::default() };
            writer.create_account(&account).expect("the trail has memory");
        }
        writer
    }

    fn statuses(outcomes: &[u8]) -> Vec<&'static str> {
        let number = |outcome: &[u8]| outcome[8] as usize;
        outcomes
            .chunks(OUTCOME_BYTES)
            .map(|outcome| CreateTransferStatus::ALL[number(outcome)].name())
            .collect()
    }

    #[test]
    fn transfers_are_independent_unless_linked() {
        let mut writer = ledger_of_two();
        let valid = [(16, &[1][..]), (32, &[2]), (48, &[100]), (112, &[1]), (116, &[1])];
        let invalid = [(16, &[1][..]), (32, &[3]), (48, &[100]), (112, &[1]), (116, &[1])];
        let batch = [record(&valid), record(&invalid), record(&valid)].concat();
        let outcomes = create_transfers_of_bytes(&mut writer, &batch, &Cancellation::never());
        let expected = ["created", "credit_account_not_found", "created"];
        assert_eq!(statuses(&outcomes.expect("the trail has memory")), expected);
        assert_eq!(writer.ledger().account(1).expect("the account exists").debits_posted, 200);

        let mut first = record(&valid);
        first[118] = 1;
        let batch = [first, record(&invalid)].concat();
        let outcomes = create_transfers_of_bytes(&mut writer, &batch, &Cancellation::never());
        let expected = ["linked_event_failed", "credit_account_not_found"];
        assert_eq!(statuses(&outcomes.expect("the trail has memory")), expected);
        assert_eq!(writer.ledger().account(1).expect("the account exists").debits_posted, 200);
    }

    #[test]
    fn invalid_batch_changes_nothing() {
        let mut writer = ledger_of_two();
        let mut create =
            |bytes: &[u8]| create_transfers_of_bytes(&mut writer, bytes, &Cancellation::never());
        assert_eq!(create(&[0; 129]), Err(BatchBytesError::Length { found: 129 }));
        let len = BATCH_MAX + 1;
        let large = LedgerError::BatchTooLarge { len };
        assert_eq!(create(&vec![0; len * TRANSFER_BYTES]), Err(BatchBytesError::Ledger(large)));
        assert_eq!(create(&[]), Ok(Vec::new()));
        assert_eq!(writer.entries(), 2);
    }
}
