//! A transfer taken back: what an account was before a transfer, by what it is after it.
//!
//! The rules go forward only. A snapshot of a ledger whose writers go on goes back, from what was read of an account to
//! what it was at the snapshot's timestamp.

use super::{AccountState, Transfer, TransferFlags};

/// Which side of a transfer an account is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Its debits have grown, or were held.
    Debit,
    /// Its credits have grown, or were held.
    Credit,
}

impl AccountState {
    /// Takes back a transfer that was created, as it was carried out. `held` is the pending one that it posted or voided.
    ///
    /// A state that the transfer is not part of may come out as anything; it never panics.
    pub fn take_back(&mut self, side: Side, transfer: &Transfer, held: Option<&Transfer>) {
        match held {
            Some(held) => {
                self.hold_again(side, held);
                if !transfer.flags.contains(TransferFlags::VOID_PENDING_TRANSFER) {
                    let (_, posted) = self.sums(side);
                    *posted = posted.wrapping_sub(transfer.amount);
                }
            }
            None => {
                let (pending, posted) = self.sums(side);
                let holds = transfer.flags.contains(TransferFlags::PENDING);
                let sum = if holds { pending } else { posted };
                *sum = sum.wrapping_sub(transfer.amount);
                if transfer.flags.contains(closing(side)) {
                    self.set_closed(false);
                }
                self.version = self.version.wrapping_sub(1);
            }
        }
    }

    /// Takes back the end of a pending transfer, whose time was up.
    pub fn take_back_expiry(&mut self, side: Side, held: &Transfer) {
        self.hold_again(side, held);
    }

    /// Holds what a pending transfer held before it was resolved, and closes what it had closed.
    fn hold_again(&mut self, side: Side, held: &Transfer) {
        let (pending, _) = self.sums(side);
        *pending = pending.wrapping_add(held.amount);
        if held.flags.contains(closing(side)) {
            self.set_closed(true);
        }
        self.version = self.version.wrapping_sub(1);
    }

    fn sums(&mut self, side: Side) -> (&mut u128, &mut u128) {
        match side {
            Side::Debit => (&mut self.debits_pending, &mut self.debits_posted),
            Side::Credit => (&mut self.credits_pending, &mut self.credits_posted),
        }
    }
}

/// The flag of a transfer that closes the account on this side.
fn closing(side: Side) -> TransferFlags {
    match side {
        Side::Debit => TransferFlags::CLOSING_DEBIT,
        Side::Credit => TransferFlags::CLOSING_CREDIT,
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
    fn every_kind_of_transfer_is_taken_back() {
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
        for asked in [
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
            let attempt = TransferAttempt { transfer: asked, ..TransferAttempt::default() };
            let decided = ledger.create_transfers(&[attempt]);
            assert_eq!(decided[0].status.name(), "created", "{asked:?}");
            let made = ledger.lookup_transfers(&[asked.id])[0];
            let held = ledger.lookup_transfers(&[asked.pending_id]).first().copied();
            for before in before {
                let side =
                    if made.debit_account_id == before.id { Side::Debit } else { Side::Credit };
                let mut after = state(&ledger, before.id);
                assert_ne!(after, before, "{asked:?}");
                after.take_back(side, &made, held.as_ref());
                assert_eq!(after, before, "{asked:?}");
            }
        }
    }

    #[test]
    fn an_expiry_is_taken_back() {
        let mut ledger = SerialLedger::default();
        let account = Account { id: 1, ledger: 1, code: 1, ..Account::default() };
        ledger.create_accounts(&[account, Account { id: 2, ..account }]);
        let held = Transfer {
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
        ledger.create_transfers(&[TransferAttempt { transfer: held, ..Default::default() }]);
        let before = [1, 2].map(|id| state(&ledger, id));
        ledger.set_time(2_000_000_000);
        for (before, side) in before.into_iter().zip([Side::Debit, Side::Credit]) {
            let mut after = state(&ledger, before.id);
            assert_ne!(after, before);
            after.take_back_expiry(side, &held);
            assert_eq!(after, before);
        }
    }
}
