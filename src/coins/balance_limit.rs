//! The balance limit: no holder ever has more than 2^63 - 1 coins. Crediting coins takes no lock
//! shared between sessions.
//!
//! The ledger has no such limit, so a session checks the balance before it credits an account. Other
//! sessions may credit the same account between the check and the credit.
//!
//! # Protocol
//! Each session has a latch and holds it from its check to the end of its credit. A credit
//! is *small* if it is at most 2^53 coins and the check finds that the account would not have more
//! than 2^62 coins after it. Any number of small credits may be in progress. Each session has at most
//! one, so after the last check that found 2^62 or less there are at most [`WRITERS_MAX`] credits of
//! 2^53, and 2^62 + 2^61 is still below the limit. Before any other credit a session takes the
//! latches of all sessions, in ascending order. No other session credits then, so the check is exact.
//! Debits take no latch; they only lower what a check has found.
//!
//! So only credits of more than 2^53 coins, or to an account near half of the limit, wait for others.

use super::coin_ledger::{COINS_MAX, Coins, Funds};
use crate::ledger::WRITERS_MAX;

/// The largest small credit.
const SMALL_MAX: u64 = 1 << 53;

/// The largest balance that a small credit may leave, according to its session's check.
const SMALL_BALANCE_MAX: u64 = 1 << 62;

const _: () = assert!(SMALL_BALANCE_MAX + WRITERS_MAX as u64 * SMALL_MAX < COINS_MAX as u64);

/// The balances that an attempt changes if it succeeds.
#[derive(Clone, Copy, Debug)]
pub(super) struct BalanceChange<'a> {
    /// The debited account and the amount; `None` for `@world`, which has no limit.
    pub(super) debit: Option<(u128, u64)>,
    /// The credited accounts and the amounts.
    pub(super) credits: &'a [(u128, u64)],
}

impl Coins {
    /// Calls `attempt`, unless an account would have too many coins after it; then it returns
    /// `None`.
    ///
    /// An attempt that the ledger rejects in any case is always made, so that the ledger records the
    /// reason.
    pub(super) fn within_balance_limit<R>(
        &self,
        session: usize,
        change: BalanceChange<'_>,
        attempt: impl FnOnce() -> R,
    ) -> Option<R> {
        let latch = self.sessions[session].credit_latch.lock();
        if change.credits.iter().all(|&(id, amount)| self.is_small(id, amount)) {
            return Some(attempt());
        }
        drop(latch);
        let _latches: Vec<_> =
            self.sessions.iter().map(|session| session.credit_latch.lock()).collect();
        let fits = change.credits.iter().all(|&(id, amount)| {
            let after = |coins: u128| coins.saturating_add(amount.into());
            self.balance_at(id).is_none_or(|coins| after(coins) <= COINS_MAX as u128)
        });
        (fits || self.is_rejected_anyway(change)).then(attempt)
    }

    fn is_small(&self, id: u128, amount: u64) -> bool {
        // An account that does not exist has no coins, and is empty when it is opened.
        let left = u128::from(SMALL_BALANCE_MAX.saturating_sub(amount));
        amount <= SMALL_MAX && self.balance_at(id).unwrap_or(0) <= left
    }

    /// Whether an account does not exist or does not have the coins. While no session credits, this
    /// does not change.
    fn is_rejected_anyway(&self, change: BalanceChange<'_>) -> bool {
        let lacks = |(id, amount): (u128, u64)| {
            self.balance_at(id).is_none_or(|coins| coins < amount.into())
        };
        let absent = |&(id, _): &(u128, u64)| self.balance_at(id).is_none();
        change.debit.is_some_and(lacks) || change.credits.iter().any(absent)
    }

    fn balance_at(&self, id: u128) -> Option<u128> {
        self.ledger.account(id).map(|state| Funds::of(&state).balance)
    }

    /// A holder's balance; `None` for `@world` and for accounts that do not exist.
    pub(super) fn holder_balance(&self, id: u128) -> Option<u128> {
        self.names.name(id).and_then(|_| self.balance_at(id))
    }
}
