//! A latch per account, taken in ascending order of the accounts' numbers.
//!
//! # Protocol
//! An attempt takes the latches of all accounts that it touches before it reads any of them, the account of the
//! lower number first, and frees them after its last write. Since everybody climbs in the same direction, whoever holds the
//! highest number of a group that waits for each other waits for nobody: there is no deadlock. Since all latches
//! are held from the first read to the last write, attempts that share an account happen one after the other (strict
//! two-phase locking), and a timestamp taken in between, later than all that the accounts have seen, is a serial order.

use crate::book::accounts::{Accounts, Cell};
use crate::model::AccountState;
use crate::sync::{Held, Interrupted, Patience};

/// Holds two different accounts, given and returned as debit and credit.
///
/// # Errors
/// What `patience` answered while waiting; nothing is held then.
#[inline]
pub(crate) fn hold_both<'a>(
    accounts: &'a Accounts,
    debit: u64,
    credit: u64,
    patience: &impl Patience,
) -> Result<(Held<'a, AccountState>, Held<'a, AccountState>), Interrupted> {
    debug_assert_ne!(debit, credit, "an account cannot be held twice");
    let (debit_cell, credit_cell): (&Cell, &Cell) = (accounts.cell(debit), accounts.cell(credit));
    if debit < credit {
        let held_debit = debit_cell.hold(patience)?;
        let held_credit = credit_cell.hold(patience)?;
        Ok((held_debit, held_credit))
    } else {
        let held_credit = credit_cell.hold(patience)?;
        let held_debit = debit_cell.hold(patience)?;
        Ok((held_debit, held_credit))
    }
}
