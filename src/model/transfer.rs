//! Transfers: money that leaves one account and reaches another in the same instant.

use bitflags::bitflags;

use super::UserData;

bitflags! {
    /// How a transfer is to be carried out. The bits are those of the reference's wire format.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct TransferFlags: u16 {
        /// It is carried out together with the next one of the batch, or not at all.
        const LINKED = 1 << 0;
        /// The amount is held on both sides until it is posted or voided.
        const PENDING = 1 << 1;
        /// What a pending transfer holds is moved, all of it or a part.
        const POST_PENDING_TRANSFER = 1 << 2;
        /// What a pending transfer holds is let go.
        const VOID_PENDING_TRANSFER = 1 << 3;
        /// The amount is lowered to what the debit account has.
        const BALANCING_DEBIT = 1 << 4;
        /// The amount is lowered to what the credit account lacks.
        const BALANCING_CREDIT = 1 << 5;
        /// The debit account is closed.
        const CLOSING_DEBIT = 1 << 6;
        /// The credit account is closed.
        const CLOSING_CREDIT = 1 << 7;
        /// It brings its own timestamp, from the past.
        const IMPORTED = 1 << 8;
    }
}

/// A transfer: as a caller asks for it, and, with the amount that was moved and its timestamp, as a lookup answers it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Transfer {
    /// Its name: neither 0 nor 2^128 - 1.
    pub id: u128,
    /// The account whose debits grow.
    pub debit_account_id: u128,
    /// The account whose credits grow; another one.
    pub credit_account_id: u128,
    /// How much, in the smallest unit of the ledger's currency. 0 is allowed.
    pub amount: u128,
    /// The pending transfer that this one posts or voids; else 0.
    pub pending_id: u128,
    /// The caller's own.
    pub user_data: UserData,
    /// After how many seconds a pending transfer is void by itself; 0 for never.
    pub timeout: u32,
    /// The currency, which both accounts must be kept in; not 0.
    pub ledger: u32,
    /// What kind of transfer it is, in the caller's own numbering; not 0.
    pub code: u16,
    /// How it is to be carried out.
    pub flags: TransferFlags,
    /// When it was created, in nanoseconds; 0 when asked for, unless it is imported.
    pub timestamp: u64,
}

impl Transfer {
    /// Whether it posts or voids a pending transfer.
    #[inline]
    pub fn resolves(&self) -> bool {
        let either =
            TransferFlags::POST_PENDING_TRANSFER.union(TransferFlags::VOID_PENDING_TRANSFER);
        self.flags.intersects(either)
    }

    /// When a pending transfer is void by itself, in nanoseconds; never where it has no timeout.
    pub fn expires_at(&self) -> Option<u64> {
        let seconds = u64::from(self.timeout);
        let timed = self.flags.contains(TransferFlags::PENDING) && seconds > 0;
        timed.then(|| self.timestamp.saturating_add(seconds.saturating_mul(1_000_000_000)))
    }
}

/// What became of a pending transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// Its amount is held.
    Pending,
    /// It was moved, all or a part.
    Posted,
    /// It was let go.
    Voided,
    /// Its time was up.
    Expired,
}

/// A transfer that was created, and where it is pending, what has become of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransferState {
    /// As it was carried out.
    pub transfer: Transfer,
    /// `None` for a transfer that was never pending.
    pub resolution: Option<Resolution>,
}

/// What a ledger knows of an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownTransfer {
    /// It was created.
    Created(TransferState),
    /// It was refused for a reason that passes, and shall not succeed by a retry.
    Failed,
}
