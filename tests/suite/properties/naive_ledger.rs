//! The whole model in minimal form: lists with linear search, and a full copy to restore when a
//! chain fails. It shares only the names of fields and flags with the ledger.

mod queries;

use std::collections::BTreeSet;

use ledgerlab::model::{Account, AccountFilter, AccountFlags as AF, QueryFilter};
use ledgerlab::model::{Transfer, TransferAttempt};
use ledgerlab::model::{TransferFlags as F, UserData};

const MAX: u128 = u128::MAX;
const TIME_MAX: u64 = i64::MAX as u64;

/// A status and a timestamp.
pub type NaiveOutcome = (&'static str, u64);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    NeverHeld,
    Held,
    Posted,
    Voided,
    Expired,
}

#[derive(Clone, Debug, Default)]
pub struct NaiveLedger {
    /// Accounts in order of creation, with their versions.
    pub accounts: Vec<(Account, u64)>,
    transfers: Vec<(Transfer, Fate)>,
    consumed: BTreeSet<u128>,
    /// An account's sums after a transfer.
    balances: Vec<(u128, u64, [u128; 4])>,
    now: u64,
    last: u64,
}

/// Returns a status if a condition holds.
macro_rules! refuse {
    ($($condition:expr => $status:literal,)+) => {
        $(if $condition { return Err($status); })+
    };
}

fn or(own: u128, pending_data: u128) -> u128 {
    if own == 0 { pending_data } else { own }
}

pub fn sums(account: &Account) -> [u128; 4] {
    [account.debits_pending, account.debits_posted, account.credits_pending, account.credits_posted]
}

impl NaiveLedger {
    pub fn time(&self) -> u64 {
        self.now.max(self.last)
    }

    fn next(&mut self) -> u64 {
        self.last = self.time() + 1;
        self.last
    }

    /// Advances the clock. Each expiry has a timestamp of its own.
    pub fn set_time(&mut self, now: u64) {
        self.now = self.now.max(now);
        while let Some(at) = self.next_due() {
            let held = self.transfers[at].0;
            self.next();
            self.transfers[at].1 = Fate::Expired;
            self.let_go(&held, true);
            self.account_mut(held.debit_account_id).1 += 1;
            self.account_mut(held.credit_account_id).1 += 1;
        }
    }

    fn next_due(&self) -> Option<usize> {
        let due = |at: &usize| {
            let (transfer, fate) = &self.transfers[*at];
            *fate == Fate::Held && expiry(transfer).is_some_and(|expiry| expiry <= self.now)
        };
        (0..self.transfers.len()).filter(due).min_by_key(|at| expiry(&self.transfers[*at].0))
    }

    fn account(&self, id: u128) -> Option<&Account> {
        self.accounts.iter().map(|(account, _)| account).find(|account| account.id == id)
    }

    fn account_mut(&mut self, id: u128) -> &mut (Account, u64) {
        self.accounts.iter_mut().find(|(account, _)| account.id == id).expect("it was found")
    }

    fn version(&self, id: u128) -> u64 {
        self.accounts
            .iter()
            .find(|(account, _)| account.id == id)
            .map_or(0, |(_, version)| *version)
    }

    fn transfer(&self, id: u128) -> Option<(Transfer, Fate)> {
        self.transfers.iter().find(|(transfer, _)| transfer.id == id).copied()
    }

    /// Releases the pending amounts of a transfer, and reopens what it closed.
    fn let_go(&mut self, held: &Transfer, reopen: bool) {
        let debit = &mut self.account_mut(held.debit_account_id).0;
        debit.debits_pending -= held.amount;
        debit.flags.set(
            AF::CLOSED,
            debit.flags.contains(AF::CLOSED) && !(reopen && held.flags.contains(F::CLOSING_DEBIT)),
        );
        let credit = &mut self.account_mut(held.credit_account_id).0;
        credit.credits_pending -= held.amount;
        credit.flags.set(
            AF::CLOSED,
            credit.flags.contains(AF::CLOSED)
                && !(reopen && held.flags.contains(F::CLOSING_CREDIT)),
        );
    }

    pub fn create_accounts(&mut self, batch: &[Account]) -> Vec<NaiveOutcome> {
        let linked = |account: &Account| account.flags.contains(AF::LINKED);
        let imported = |account: &Account| account.flags.contains(AF::IMPORTED);
        self.create(batch, linked, imported, |naive, account, now| {
            naive.create_account(account, now)
        })
    }

    pub fn create_transfers(&mut self, batch: &[TransferAttempt]) -> Vec<NaiveOutcome> {
        let linked = |one: &TransferAttempt| one.transfer.flags.contains(F::LINKED);
        let imported = |one: &TransferAttempt| one.transfer.flags.contains(F::IMPORTED);
        self.create(batch, linked, imported, |naive, one, now| {
            let outcome = naive.create_transfer(one, now);
            let passes = [
                "debit_account_not_found",
                "credit_account_not_found",
                "pending_transfer_not_found",
                "debit_account_already_closed",
                "credit_account_already_closed",
                "exceeds_credits",
                "exceeds_debits",
            ];
            if outcome.is_err_and(|status| passes.contains(&status)) {
                naive.consumed.insert(one.transfer.id);
            }
            outcome
        })
    }

    /// A batch of either kind, chain by chain, with a copy to restore.
    fn create<E>(
        &mut self,
        batch: &[E],
        linked: impl Fn(&E) -> bool,
        imported: impl Fn(&E) -> bool,
        one: impl Fn(&mut Self, &E, u64) -> Result<NaiveOutcome, &'static str>,
    ) -> Vec<NaiveOutcome> {
        let mut outcomes: Vec<NaiveOutcome> = Vec::new();
        let mut chain_from = 0;
        let mut broken = false;
        let mut copy = self.clone();
        for (at, event) in batch.iter().enumerate() {
            let now = self.next();
            let outcome = if linked(event) && at + 1 == batch.len() {
                Err("linked_event_chain_open")
            } else if broken {
                Err("linked_event_failed")
            } else if imported(&batch[0]) && !imported(event) {
                Err("imported_event_expected")
            } else if !imported(&batch[0]) && imported(event) {
                Err("imported_event_not_expected")
            } else {
                one(self, event, now)
            };
            outcomes.push(match outcome {
                Ok(outcome) => outcome,
                Err(status) => (status, now),
            });
            if outcomes[at].0 != "created" && !broken {
                broken = true;
                for earlier in &mut outcomes[chain_from..at] {
                    earlier.0 = "linked_event_failed";
                }
            }
            if !linked(event) || at + 1 == batch.len() {
                if broken {
                    let (last, consumed) = (self.last, std::mem::take(&mut self.consumed));
                    *self = Self { last, consumed, ..copy };
                }
                chain_from = at + 1;
                broken = false;
                copy = self.clone();
            }
        }
        outcomes
    }

    fn create_account(
        &mut self,
        requested: &Account,
        now: u64,
    ) -> Result<NaiveOutcome, &'static str> {
        let imported = requested.flags.contains(AF::IMPORTED);
        refuse! {
            imported && !(1..=TIME_MAX).contains(&requested.timestamp)
                => "imported_event_timestamp_out_of_range",
            imported && requested.timestamp >= now => "imported_event_timestamp_must_not_advance",
            !imported && requested.timestamp != 0 => "timestamp_must_be_zero",
            requested.reserved != 0 => "reserved_field",
            requested.flags.bits() >= 1 << 6 => "reserved_flag",
            requested.id == 0 => "id_must_not_be_zero",
            requested.id == MAX => "id_must_not_be_int_max",
        }
        if let Some(existing) = self.account(requested.id) {
            let (own, pending_data) = (requested.user_data, existing.user_data);
            refuse! {
                requested.flags - AF::CLOSED != existing.flags - AF::CLOSED => "exists_with_different_flags",
                own.user_data_128 != pending_data.user_data_128 => "exists_with_different_user_data_128",
                own.user_data_64 != pending_data.user_data_64 => "exists_with_different_user_data_64",
                own.user_data_32 != pending_data.user_data_32 => "exists_with_different_user_data_32",
                requested.ledger != existing.ledger => "exists_with_different_ledger",
                requested.code != existing.code => "exists_with_different_code",
            }
            return Ok(("exists", existing.timestamp));
        }
        let both = AF::DEBITS_MUST_NOT_EXCEED_CREDITS | AF::CREDITS_MUST_NOT_EXCEED_DEBITS;
        let regresses = self
            .accounts
            .iter()
            .any(|(existing, _)| existing.timestamp >= requested.timestamp)
            || self.transfers.iter().any(|(existing, _)| existing.timestamp == requested.timestamp);
        refuse! {
            requested.flags.contains(both) => "flags_are_mutually_exclusive",
            requested.debits_pending != 0 => "debits_pending_must_be_zero",
            requested.debits_posted != 0 => "debits_posted_must_be_zero",
            requested.credits_pending != 0 => "credits_pending_must_be_zero",
            requested.credits_posted != 0 => "credits_posted_must_be_zero",
            requested.ledger == 0 => "ledger_must_not_be_zero",
            requested.code == 0 => "code_must_not_be_zero",
            imported && regresses => "imported_event_timestamp_must_not_regress",
        }
        let timestamp = if imported { requested.timestamp } else { now };
        self.accounts.push((Account { timestamp, ..*requested }, 0));
        Ok(("created", timestamp))
    }

    fn create_transfer(
        &mut self,
        one: &TransferAttempt,
        now: u64,
    ) -> Result<NaiveOutcome, &'static str> {
        let requested = &one.transfer;
        let is = |flag| requested.flags.intersects(flag);
        let imported = is(F::IMPORTED);
        refuse! {
            imported && !(1..=TIME_MAX).contains(&requested.timestamp)
                => "imported_event_timestamp_out_of_range",
            imported && requested.timestamp >= now => "imported_event_timestamp_must_not_advance",
            !imported && requested.timestamp != 0 => "timestamp_must_be_zero",
            requested.flags.bits() >= 1 << 9 => "reserved_flag",
            requested.id == 0 => "id_must_not_be_zero",
            requested.id == MAX => "id_must_not_be_int_max",
        }
        if let Some((existing, _)) = self.transfer(requested.id) {
            return self.retry(requested, &existing);
        }
        refuse! { self.consumed.contains(&requested.id) => "id_already_failed", }
        if is(F::POST_PENDING_TRANSFER | F::VOID_PENDING_TRANSFER) {
            self.resolve(one, now)
        } else {
            self.move_money(one, now)
        }
    }

    fn retry(
        &self,
        requested: &Transfer,
        existing: &Transfer,
    ) -> Result<NaiveOutcome, &'static str> {
        let is = |flag| requested.flags.intersects(flag);
        let held = self.transfer(existing.pending_id).map(|(held, _)| held);
        let pending_data = held.map_or(UserData::default(), |held| held.user_data);
        let left_out = |own: u128| held.is_some() && own == 0;
        let (own, stored) = (requested.user_data, existing.user_data);
        let same_amount = if is(F::VOID_PENDING_TRANSFER) {
            requested.amount == 0 || requested.amount == existing.amount
        } else if is(F::POST_PENDING_TRANSFER) && requested.amount == MAX {
            held.is_some_and(|held| existing.amount == held.amount)
        } else if is(F::BALANCING_DEBIT | F::BALANCING_CREDIT) {
            requested.amount >= existing.amount
        } else {
            requested.amount == existing.amount
        };
        refuse! {
            requested.flags != existing.flags => "exists_with_different_flags",
            requested.pending_id != existing.pending_id => "exists_with_different_pending_id",
            requested.timeout != existing.timeout => "exists_with_different_timeout",
            requested.debit_account_id != existing.debit_account_id && !left_out(requested.debit_account_id)
                => "exists_with_different_debit_account_id",
            requested.credit_account_id != existing.credit_account_id && !left_out(requested.credit_account_id)
                => "exists_with_different_credit_account_id",
            !same_amount => "exists_with_different_amount",
            or(own.user_data_128, pending_data.user_data_128) != stored.user_data_128
                => "exists_with_different_user_data_128",
            or(own.user_data_64.into(), pending_data.user_data_64.into()) != stored.user_data_64.into()
                => "exists_with_different_user_data_64",
            or(own.user_data_32.into(), pending_data.user_data_32.into()) != stored.user_data_32.into()
                => "exists_with_different_user_data_32",
            requested.ledger != existing.ledger && !left_out(requested.ledger.into())
                => "exists_with_different_ledger",
            requested.code != existing.code && !left_out(requested.code.into()) => "exists_with_different_code",
        }
        Ok(("exists", existing.timestamp))
    }

    fn resolve(&mut self, one: &TransferAttempt, now: u64) -> Result<NaiveOutcome, &'static str> {
        let requested = &one.transfer;
        let is = |flag| requested.flags.intersects(flag);
        let voids = is(F::VOID_PENDING_TRANSFER);
        let others = F::PENDING
            | F::BALANCING_DEBIT
            | F::BALANCING_CREDIT
            | F::CLOSING_DEBIT
            | F::CLOSING_CREDIT;
        refuse! {
            voids && is(F::POST_PENDING_TRANSFER) || is(others) => "flags_are_mutually_exclusive",
            requested.pending_id == 0 => "pending_id_must_not_be_zero",
            requested.pending_id == MAX => "pending_id_must_not_be_int_max",
            requested.pending_id == requested.id => "pending_id_must_be_different",
            requested.timeout != 0 => "timeout_reserved_for_pending_transfer",
        }
        let Some((held, fate)) = self.transfer(requested.pending_id) else {
            return Err("pending_transfer_not_found");
        };
        let amount = match requested.amount {
            0 if voids => held.amount,
            MAX if !voids => held.amount,
            amount => amount,
        };
        let differs = |own: u128, pending_data: u128| own != 0 && own != pending_data;
        let late = expiry(&held).is_some_and(|expiry| expiry <= now);
        refuse! {
            fate == Fate::NeverHeld => "pending_transfer_not_pending",
            differs(requested.debit_account_id, held.debit_account_id)
                => "pending_transfer_has_different_debit_account_id",
            differs(requested.credit_account_id, held.credit_account_id)
                => "pending_transfer_has_different_credit_account_id",
            differs(requested.ledger.into(), held.ledger.into())
                => "pending_transfer_has_different_ledger",
            differs(requested.code.into(), held.code.into()) => "pending_transfer_has_different_code",
            amount > held.amount => "exceeds_pending_transfer_amount",
            voids && amount < held.amount => "pending_transfer_has_different_amount",
            fate == Fate::Posted => "pending_transfer_already_posted",
            fate == Fate::Voided => "pending_transfer_already_voided",
            fate == Fate::Expired || late => "pending_transfer_expired",
        }
        self.imports(requested, held.debit_account_id, held.credit_account_id)?;
        self.closed_or_changed(one, held.debit_account_id, held.credit_account_id, voids)?;
        self.let_go(&held, voids);
        if !voids {
            self.account_mut(held.debit_account_id).0.debits_posted += amount;
            self.account_mut(held.credit_account_id).0.credits_posted += amount;
        }
        let at = self.transfers.iter().position(|(existing, _)| existing.id == held.id);
        self.transfers[at.expect("it was found")].1 =
            if voids { Fate::Voided } else { Fate::Posted };
        let (own, pending_data) = (requested.user_data, held.user_data);
        let user_data = UserData {
            user_data_128: or(own.user_data_128, pending_data.user_data_128),
            user_data_64: or(own.user_data_64.into(), pending_data.user_data_64.into()) as u64,
            user_data_32: or(own.user_data_32.into(), pending_data.user_data_32.into()) as u32,
        };
        let stored = Transfer {
            id: requested.id,
            flags: requested.flags,
            pending_id: held.id,
            amount,
            user_data,
            timeout: 0,
            ..held
        };
        Ok(self.store(stored, Fate::NeverHeld, requested, now))
    }

    fn move_money(
        &mut self,
        one: &TransferAttempt,
        now: u64,
    ) -> Result<NaiveOutcome, &'static str> {
        let requested = &one.transfer;
        let is = |flag| requested.flags.intersects(flag);
        let pending = is(F::PENDING);
        let (debit_id, credit_id) = (requested.debit_account_id, requested.credit_account_id);
        refuse! {
            debit_id == 0 => "debit_account_id_must_not_be_zero",
            debit_id == MAX => "debit_account_id_must_not_be_int_max",
            credit_id == 0 => "credit_account_id_must_not_be_zero",
            credit_id == MAX => "credit_account_id_must_not_be_int_max",
            debit_id == credit_id => "accounts_must_be_different",
            requested.pending_id != 0 => "pending_id_must_be_zero",
            !pending && requested.timeout != 0 => "timeout_reserved_for_pending_transfer",
            !pending && is(F::CLOSING_DEBIT | F::CLOSING_CREDIT)
                => "closing_transfer_must_be_pending",
            requested.ledger == 0 => "ledger_must_not_be_zero",
            requested.code == 0 => "code_must_not_be_zero",
        }
        let Some(&debit) = self.account(debit_id) else { return Err("debit_account_not_found") };
        let Some(&credit) = self.account(credit_id) else { return Err("credit_account_not_found") };
        refuse! {
            debit.ledger != credit.ledger => "accounts_must_have_the_same_ledger",
            requested.ledger != debit.ledger => "transfer_must_have_the_same_ledger_as_accounts",
        }
        self.imports(requested, debit_id, credit_id)?;
        self.closed_or_changed(one, debit_id, credit_id, false)?;
        let mut amount = requested.amount;
        if is(F::BALANCING_DEBIT) {
            let spent = debit.debits_posted + debit.debits_pending;
            amount = amount.min(debit.credits_posted.saturating_sub(spent));
        }
        if is(F::BALANCING_CREDIT) {
            let earned = credit.credits_posted + credit.credits_pending;
            amount = amount.min(credit.debits_posted.saturating_sub(earned));
        }
        let too_much = |sum: u128| sum.checked_add(amount).is_none();
        let debits = debit.debits_pending + debit.debits_posted;
        let credits = credit.credits_pending + credit.credits_posted;
        let timestamp = if is(F::IMPORTED) { requested.timestamp } else { now };
        let expires = u128::from(timestamp) + u128::from(requested.timeout) * 1_000_000_000;
        refuse! {
            pending && too_much(debit.debits_pending) => "overflows_debits_pending",
            pending && too_much(credit.credits_pending) => "overflows_credits_pending",
            too_much(debit.debits_posted) => "overflows_debits_posted",
            too_much(credit.credits_posted) => "overflows_credits_posted",
            too_much(debits) => "overflows_debits",
            too_much(credits) => "overflows_credits",
            expires > TIME_MAX.into() => "overflows_timeout",
            debit.flags.contains(AF::DEBITS_MUST_NOT_EXCEED_CREDITS)
                && debits + amount > debit.credits_posted => "exceeds_credits",
            credit.flags.contains(AF::CREDITS_MUST_NOT_EXCEED_DEBITS)
                && credits + amount > credit.debits_posted => "exceeds_debits",
        }
        let debit = &mut self.account_mut(debit_id).0;
        *(if pending { &mut debit.debits_pending } else { &mut debit.debits_posted }) += amount;
        debit.flags |= if is(F::CLOSING_DEBIT) { AF::CLOSED } else { AF::empty() };
        let credit = &mut self.account_mut(credit_id).0;
        *(if pending { &mut credit.credits_pending } else { &mut credit.credits_posted }) += amount;
        credit.flags |= if is(F::CLOSING_CREDIT) { AF::CLOSED } else { AF::empty() };
        let fate = if pending { Fate::Held } else { Fate::NeverHeld };
        Ok(self.store(Transfer { amount, ..*requested }, fate, requested, now))
    }

    fn imports(&self, requested: &Transfer, debit: u128, credit: u128) -> Result<(), &'static str> {
        if !requested.flags.contains(F::IMPORTED) {
            return Ok(());
        }
        let at = requested.timestamp;
        let opened = |id| self.account(id).expect("it was found").timestamp;
        refuse! {
            self.transfers.iter().any(|(existing, _)| existing.timestamp >= at)
                || self.accounts.iter().any(|(existing, _)| existing.timestamp == at)
                => "imported_event_timestamp_must_not_regress",
            at <= opened(debit) => "imported_event_timestamp_must_postdate_debit_account",
            at <= opened(credit) => "imported_event_timestamp_must_postdate_credit_account",
            requested.timeout != 0 => "imported_event_timeout_must_be_zero",
        }
        Ok(())
    }

    fn closed_or_changed(
        &self,
        one: &TransferAttempt,
        debit: u128,
        credit: u128,
        voids: bool,
    ) -> Result<(), &'static str> {
        let closed = |id| self.account(id).is_some_and(|one| one.flags.contains(AF::CLOSED));
        let changed = |expected: Option<u64>, id| expected.is_some_and(|v| v != self.version(id));
        refuse! {
            closed(debit) && !voids => "debit_account_already_closed",
            closed(credit) && !voids => "credit_account_already_closed",
            changed(one.versions.debit, debit) => "debit_account_version_mismatch",
            changed(one.versions.credit, credit) => "credit_account_version_mismatch",
        }
        Ok(())
    }

    /// Records a transfer whose amount has been moved.
    fn store(
        &mut self,
        stored: Transfer,
        fate: Fate,
        requested: &Transfer,
        now: u64,
    ) -> NaiveOutcome {
        let timestamp =
            if requested.flags.contains(F::IMPORTED) { requested.timestamp } else { now };
        self.transfers.push((Transfer { timestamp, ..stored }, fate));
        for id in [stored.debit_account_id, stored.credit_account_id] {
            let (account, version) = self.account_mut(id);
            *version += 1;
            let row = (id, timestamp, sums(account));
            self.balances.push(row);
        }
        ("created", timestamp)
    }
}

fn expiry(transfer: &Transfer) -> Option<u64> {
    let seconds = u64::from(transfer.timeout);
    (seconds != 0).then(|| transfer.timestamp + seconds * 1_000_000_000)
}
