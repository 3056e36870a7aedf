//! Rolling back transfers: from an account's state after a transfer to the state before it.
//!
//! The rules only go forward. A snapshot of a ledger whose writers run rolls each account back to
//! the snapshot's timestamp.

use super::{AccountState, Transfer, TransferFlags};

/// The side of a transfer that an account is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The debit account.
    Debit,
    /// The credit account.
    Credit,
}

impl AccountState {
    /// Rolls back a transfer. `resolved` is the pending transfer that it posted or voided.
    ///
    /// If the state does not include the transfer, the result is meaningless, but it never panics.
    pub fn roll_back(&mut self, side: Side, transfer: &Transfer, resolved: Option<&Transfer>) {
        match resolved {
            Some(resolved) => {
                self.roll_back_resolution(side, resolved);
                if !transfer.flags.contains(TransferFlags::VOID_PENDING_TRANSFER) {
                    let (_, posted) = self.sums(side);
                    *posted = posted.wrapping_sub(transfer.amount);
                }
            }
            None => {
                let (pending, posted) = self.sums(side);
                let is_pending = transfer.flags.contains(TransferFlags::PENDING);
                let sum = if is_pending { pending } else { posted };
                *sum = sum.wrapping_sub(transfer.amount);
                if transfer.flags.contains(side.closing()) {
                    self.set_closed(false);
                }
                self.version = self.version.wrapping_sub(1);
            }
        }
    }

    /// Rolls back the resolution of a pending transfer, such as its expiry: restores the pending
    /// amount, and closes the account if the transfer had closed it.
    pub fn roll_back_resolution(&mut self, side: Side, pending: &Transfer) {
        let (sum, _) = self.sums(side);
        *sum = sum.wrapping_add(pending.amount);
        if pending.flags.contains(side.closing()) {
            self.set_closed(true);
        }
        self.version = self.version.wrapping_sub(1);
    }

    /// Subtracts the sums of `other`. From nothing, a transfer rolls back to the negative of what it adds;
    /// subtracting that applies the transfer.
    pub(crate) fn subtract_sums(&mut self, other: &Self) {
        let subtract = |sum: &mut u128, other: u128| *sum = sum.wrapping_sub(other);
        subtract(&mut self.debits_pending, other.debits_pending);
        subtract(&mut self.debits_posted, other.debits_posted);
        subtract(&mut self.credits_pending, other.credits_pending);
        subtract(&mut self.credits_posted, other.credits_posted);
    }

    pub(super) fn sums(&mut self, side: Side) -> (&mut u128, &mut u128) {
        match side {
            Side::Debit => (&mut self.debits_pending, &mut self.debits_posted),
            Side::Credit => (&mut self.credits_pending, &mut self.credits_posted),
        }
    }
}

impl Side {
    /// Returns the flag of a transfer that closes the account on this side.
    pub(super) fn closing(self) -> TransferFlags {
        match self {
            Self::Debit => TransferFlags::CLOSING_DEBIT,
            Self::Credit => TransferFlags::CLOSING_CREDIT,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Account, AccountFlags, SerialLedger, TransferAttempt};

    fn state(ledger: &SerialLedger, id: u128) -> AccountState {
        *ledger.account_states().iter().find(|state| state.id == id).expect("it was opened")
    }

    #[test]
    fn every_kind_of_transfer_rolls_back() {
        use TransferFlags as F;
        let mut ledger = SerialLedger::default();
        let account = Account { id: 1, ledger: 1, code: 1, ..Account::default() };
        ledger.create_accounts(&[
            account,
            Account { id: 2, flags: AccountFlags::HISTORY, ..account },
        ]);
        let to = |id, amount, flags| Transfer {
            id,
            debit_account_id: 1,
            credit_account_id: 2,
            amount,
            ledger: 1,
            code: 1,
            flags,
            ..Transfer::default()
        };
        let ends = |id, pending_id, amount, flags| Transfer { pending_id, ..to(id, amount, flags) };
        let closes = F::PENDING | F::CLOSING_DEBIT | F::CLOSING_CREDIT;
        for requested in [
            to(10, 90, F::empty()),
            Transfer { timeout: 1, ..to(11, 50, F::PENDING) },
            to(12, 40, F::PENDING),
            ends(13, 11, 20, F::POST_PENDING_TRANSFER),
            ends(14, 12, 0, F::VOID_PENDING_TRANSFER),
            Transfer {
                debit_account_id: 2,
                credit_account_id: 1,
                ..to(15, 500, F::BALANCING_DEBIT)
            },
            to(16, 7, closes),
            ends(17, 16, 0, F::VOID_PENDING_TRANSFER),
        ] {
            let before = [1, 2].map(|id| state(&ledger, id));
            let attempt = TransferAttempt { transfer: requested, ..TransferAttempt::default() };
            let outcomes = ledger.create_transfers(&[attempt]);
            assert_eq!(outcomes[0].status.name(), "created", "{requested:?}");
            let created = ledger.lookup_transfers(&[requested.id])[0];
            let pending = ledger.lookup_transfers(&[requested.pending_id]).first().copied();
            for before in before {
                let side =
                    if created.debit_account_id == before.id { Side::Debit } else { Side::Credit };
                let mut after = state(&ledger, before.id);
                assert_ne!(after, before, "{requested:?}");
                let mut again = before;
                assert_eq!(again.redo(side, &created, pending.as_ref()), Some(()));
                assert_eq!(again, after, "{requested:?}");
                after.roll_back(side, &created, pending.as_ref());
                assert_eq!(after, before, "{requested:?}");
            }
        }
    }

    #[test]
    fn expiry_rolls_back() {
        let mut ledger = SerialLedger::default();
        let account = Account { id: 1, ledger: 1, code: 1, ..Account::default() };
        ledger.create_accounts(&[account, Account { id: 2, ..account }]);
        let pending = Transfer {
            id: 9,
            debit_account_id: 1,
            credit_account_id: 2,
            amount: 5,
            timeout: 1,
            ledger: 1,
            code: 1,
            flags: TransferFlags::PENDING | TransferFlags::CLOSING_CREDIT,
            ..Transfer::default()
        };
        ledger.create_transfers(&[TransferAttempt { transfer: pending, ..Default::default() }]);
        let before = [1, 2].map(|id| state(&ledger, id));
        ledger.set_time(2_000_000_000);
        for (before, side) in before.into_iter().zip([Side::Debit, Side::Credit]) {
            let mut after = state(&ledger, before.id);
            assert_ne!(after, before);
            let mut again = before;
            assert_eq!(again.redo_expiry(side, &pending), Some(()));
            assert_eq!(again, after);
            after.roll_back_resolution(side, &pending);
            assert_eq!(after, before);
        }
    }
}
