//! Transfers: money that moves from one account to another.

use bitflags::bitflags;

use super::UserData;

bitflags! {
    /// How a transfer is carried out. The bits are those of TigerBeetle's wire format.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct TransferFlags: u16 {
        /// It is created together with the next transfer of the batch, or not at all.
        const LINKED = 1 << 0;
        /// The amount is pending on both accounts until it is posted, voided or expires.
        const PENDING = 1 << 1;
        /// It posts a pending transfer: moves the whole amount or a part of it.
        const POST_PENDING_TRANSFER = 1 << 2;
        /// It voids a pending transfer: releases the amount.
        const VOID_PENDING_TRANSFER = 1 << 3;
        /// The amount is reduced to the balance of the debit account.
        const BALANCING_DEBIT = 1 << 4;
        /// The amount is reduced to the negative balance of the credit account.
        const BALANCING_CREDIT = 1 << 5;
        /// It closes the debit account.
        const CLOSING_DEBIT = 1 << 6;
        /// It closes the credit account.
        const CLOSING_CREDIT = 1 << 7;
        /// It is imported: it has a timestamp from the past.
        const IMPORTED = 1 << 8;
    }
}

/// A transfer, as a caller requests it, and with the amount that was moved and its timestamp as a
/// look-up returns it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Transfer {
    /// The id. It cannot be 2^128 - 1. Where a request has 0, the ledger may generate one, see
    /// [`Writer`](crate::Writer).
    pub id: u128,
    /// The account whose debits increase.
    pub debit_account_id: u128,
    /// The account whose credits increase. Not the debit account.
    pub credit_account_id: u128,
    /// The amount in the smallest unit of the ledger's currency. 0 is allowed.
    pub amount: u128,
    /// The id of the pending transfer that this one posts or voids. 0 for any other transfer.
    pub pending_id: u128,
    /// The caller's data.
    pub user_data: UserData,
    /// Seconds after which a pending transfer expires. 0 for never.
    pub timeout: u32,
    /// The ledger, that of both accounts. Not 0.
    pub ledger: u32,
    /// The kind of transfer, in the caller's numbering. Not 0.
    pub code: u16,
    /// How it is carried out.
    pub flags: TransferFlags,
    /// When it was created, in nanoseconds. 0 in a request, unless it is imported.
    pub timestamp: u64,
}

impl Transfer {
    /// Returns a request for a transfer in ledger 1 with code 1. Without [`Transfer::with_id`], the
    /// ledger generates its id.
    pub const fn new(debit_account_id: u128, credit_account_id: u128, amount: u128) -> Self {
        Self {
            id: 0,
            debit_account_id,
            credit_account_id,
            amount,
            pending_id: 0,
            user_data: UserData { user_data_128: 0, user_data_64: 0, user_data_32: 0 },
            timeout: 0,
            ledger: 1,
            code: 1,
            flags: TransferFlags::empty(),
            timestamp: 0,
        }
    }

    /// Returns a request to post a pending transfer: to move its whole amount, or less with
    /// [`Transfer::with_amount`].
    pub const fn post(pending_id: u128) -> Self {
        let flags = TransferFlags::POST_PENDING_TRANSFER;
        Self { pending_id, flags, ledger: 0, code: 0, ..Self::new(0, 0, u128::MAX) }
    }

    /// Returns a request to void a pending transfer: to release its amount.
    pub const fn void(pending_id: u128) -> Self {
        let flags = TransferFlags::VOID_PENDING_TRANSFER;
        Self { pending_id, flags, ledger: 0, code: 0, ..Self::new(0, 0, 0) }
    }

    /// Sets the id, so that a retry cannot create the transfer twice.
    pub const fn with_id(self, id: u128) -> Self {
        Self { id, ..self }
    }

    /// Sets the amount.
    pub const fn with_amount(self, amount: u128) -> Self {
        Self { amount, ..self }
    }

    /// Sets the ledger, that of both accounts.
    pub const fn with_ledger(self, ledger: u32) -> Self {
        Self { ledger, ..self }
    }

    /// Sets the code: the kind of transfer, in the caller's numbering.
    pub const fn with_code(self, code: u16) -> Self {
        Self { code, ..self }
    }

    /// Sets the caller's data.
    pub const fn with_user_data(self, user_data: UserData) -> Self {
        Self { user_data, ..self }
    }

    /// Adds flags to those that are set.
    pub const fn with_flags(self, flags: TransferFlags) -> Self {
        Self { flags: self.flags.union(flags), ..self }
    }

    /// Makes the transfer pending, until it is posted, voided, or expires after `timeout` seconds.
    /// 0 for no timeout.
    pub const fn pending(self, timeout: u32) -> Self {
        Self { timeout, ..self.with_flags(TransferFlags::PENDING) }
    }

    /// Links the transfer to the next one of its batch: both are created or neither is.
    pub const fn linked(self) -> Self {
        self.with_flags(TransferFlags::LINKED)
    }

    /// Returns whether it posts or voids a pending transfer.
    #[inline]
    pub fn resolves(&self) -> bool {
        let either =
            TransferFlags::POST_PENDING_TRANSFER.union(TransferFlags::VOID_PENDING_TRANSFER);
        self.flags.intersects(either)
    }

    /// Returns whether its amount is reduced to what an account allows.
    #[inline]
    pub fn is_balancing(&self) -> bool {
        let either = TransferFlags::BALANCING_DEBIT.union(TransferFlags::BALANCING_CREDIT);
        self.flags.intersects(either)
    }

    /// Returns when a pending transfer expires, in nanoseconds. `None` without a timeout.
    pub fn expires_at(&self) -> Option<u64> {
        let seconds = u64::from(self.timeout);
        let timed = self.flags.contains(TransferFlags::PENDING) && seconds > 0;
        timed.then(|| self.timestamp.saturating_add(seconds.saturating_mul(1_000_000_000)))
    }
}

/// The resolution of a pending transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// It is not resolved: its amount is pending.
    Pending,
    /// The whole amount or a part was moved.
    Posted,
    /// The amount was released by a void.
    Voided,
    /// The amount was released by its timeout.
    Expired,
}

/// A created transfer, and its resolution if it was pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransferState {
    /// The transfer, with the amount that was moved.
    pub transfer: Transfer,
    /// The resolution. `None` if it was never pending.
    pub resolution: Option<Resolution>,
}

/// The state of a transfer id that has been used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownTransfer {
    /// A transfer with this id was created.
    Created(TransferState),
    /// An attempt with this id failed for a transient reason. A retry fails, too.
    Failed,
}

impl KnownTransfer {
    /// Returns the transfer, with the amount that was moved, if it was created.
    pub fn created(self) -> Option<Transfer> {
        match self {
            Self::Created(state) => Some(state.transfer),
            Self::Failed => None,
        }
    }
}
