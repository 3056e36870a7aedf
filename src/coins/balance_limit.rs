//! The ceiling: nobody ever has more than 2^63 - 1 coins, and giving coins takes no lock that
//! sessions share.
//!
//! The ledger knows no such limit, so a session looks before it gives. Between the look and the gift
//! others give too.
//!
//! # Protocol
//! Each session has a gate of its own and holds it from its look to the end of its gift. A gift is
//! *small* when it is of 2^53 coins at most and finds that its receiver would not have more than
//! 2^62 after it. Any number of small gifts may be under way at a time: each session has one at
//! most, so beyond the last look that found 2^62 or less there come [`WRITERS_MAX`] gifts of 2^53
//! at most, and 2^62 + 2^61 is still below the ceiling. Any other gift is made while its session
//! holds the gates of all, in ascending order: nobody else gives then, and the look is exact.
//! Takings need no gate; they only lower what a look has found.
//!
//! So only gifts of more than 9,007 billion coins, or to somebody who has half of what one may
//! have, wait for others.

use super::{COINS_MAX, Coins, coins_of};
use crate::ledger::WRITERS_MAX;

/// The greatest amount of a small gift.
const SMALL_MAX: u64 = 1 << 53;

/// What the receiver of a small gift has after it, as far as its session can see.
const ROOMY_MAX: u64 = 1 << 62;

const _: () = assert!(ROOMY_MAX + WRITERS_MAX as u64 * SMALL_MAX < COINS_MAX as u64);

/// What an attempt does if it succeeds, as far as the ceiling is concerned.
#[derive(Clone, Copy, Debug)]
pub(super) struct BalanceChange<'a> {
    /// Who pays, and how much; none where it is `@world`, which has no end of coins.
    pub(super) giver: Option<(u128, u64)>,
    /// Who is richer after it, by how much.
    pub(super) receivers: &'a [(u128, u64)],
}

impl Coins {
    /// Does `give`, unless somebody would have too many coins after it: then it is not done and
    /// there is no answer.
    ///
    /// An attempt that the ledger refuses anyhow is always done, so that the ledger says why.
    pub(super) fn within_balance_limit<R>(
        &self,
        session: usize,
        gift: BalanceChange<'_>,
        give: impl FnOnce() -> R,
    ) -> Option<R> {
        let own = self.drawers[session].gate.lock();
        if gift.receivers.iter().all(|&(id, amount)| self.is_small(id, amount)) {
            return Some(give());
        }
        drop(own);
        let _all: Vec<_> = self.drawers.iter().map(|drawer| drawer.gate.lock()).collect();
        let fits = gift.receivers.iter().all(|&(id, amount)| {
            self.coins_at(id).is_none_or(|coins| amount <= COINS_MAX as u64 - coins)
        });
        (fits || self.is_refused_anyhow(gift)).then(give)
    }

    fn is_small(&self, id: u128, amount: u64) -> bool {
        // Who is not there has nothing: an account begins empty.
        amount <= SMALL_MAX && self.coins_at(id).unwrap_or(0) <= ROOMY_MAX - amount
    }

    /// Whether somebody is not there or does not have the coins. While nobody gives, neither gets
    /// better.
    fn is_refused_anyhow(&self, gift: BalanceChange<'_>) -> bool {
        let lacks = |(id, amount)| self.coins_at(id).is_none_or(|coins| coins < amount);
        let absent = |&(id, _): &(u128, u64)| self.coins_at(id).is_none();
        gift.giver.is_some_and(lacks) || gift.receivers.iter().any(absent)
    }

    /// What a holder has; none for `@world` and for who is not there.
    pub(super) fn holder_at(&self, id: u128) -> Option<i64> {
        self.names.name(id).and_then(|_| self.coins_at(id)).map(|coins| coins as i64)
    }

    fn coins_at(&self, id: u128) -> Option<u64> {
        self.ledger.account(id).map(|state| coins_of(&state) as u64)
    }
}
