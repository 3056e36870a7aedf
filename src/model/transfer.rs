//! Transfers: money that leaves one account and reaches another in the same instant.

use bitflags::bitflags;

bitflags! {
    /// How a transfer is to be carried out. The bits are those of the reference's wire format; none is in use yet.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct TransferFlags: u16 {}
}

/// A transfer as a caller asks for it.
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
    /// The currency, which both accounts must be kept in; not 0.
    pub ledger: u32,
    /// What kind of transfer it is, in the caller's own numbering; not 0.
    pub code: u16,
    /// How it is to be carried out.
    pub flags: TransferFlags,
}
