//! Deciding units.
//!
//! A unit is decided on a [`View`] of a ledger, which it does not change. The result is an outcome
//! for each event, and the [`Changes`] to make. So the same code decides for a serial ledger and
//! for one that many threads share: the first makes the changes at once, the second while the
//! unit's accounts are locked.

use super::UserData;
use super::account_rules::{account_is_well_formed, create_account};
use super::timestamp::ImportBounds;
use super::transfer_rules::{create_plain_transfer, create_transfer, stored_transfer};
use super::transfer_rules::{transfer_exists, transfer_is_consistent, transfer_is_well_formed};
use super::two_phase::{matches_pending, resolve, stored_resolution, voids};
use super::unit::{BatchPosition, Changes, CreatedTransfer, Event, Map, Outcome, TransferAttempt};
use super::{Account, AccountFlags, AccountState, CreateAccountStatus, CreateTransferStatus};
use super::{ExpectedVersions, KnownTransfer, Resolution, Transfer, TransferFlags, TransferState};

/// What the rules read of a ledger.
pub trait View {
    /// Returns the current state of the account with this id.
    fn account(&self, id: u128) -> Option<AccountState>;
    /// Returns the user data of the account with this id.
    fn user_data(&self, id: u128) -> UserData;
    /// Returns the state of a transfer id that the unit names.
    fn transfer(&self, id: u128) -> Option<KnownTransfer>;
    /// Returns the pending transfer that an existing one, whose id the unit names, posted or voided.
    fn pending_of(&self, existing: &Transfer) -> Option<Transfer>;
    /// Returns the bounds that an imported account's timestamp is checked against.
    fn account_import_bounds(&self, timestamp: u64) -> ImportBounds;
    /// Returns the bounds that an imported transfer's timestamp is checked against.
    fn transfer_import_bounds(&self, timestamp: u64) -> ImportBounds;
}

/// A view that includes the changes of the unit's earlier events.
///
/// It does not know the type of the view, so the rules are compiled once for all views. What is
/// decided most often, a transfer that is a unit of its own, needs no view: [`decide_alone`].
struct Overlay<'a> {
    view: &'a dyn View,
    changes: Changes,
    /// The indices of new accounts and transfers in `changes`, by id.
    opened: Map<u128, usize>,
    created: Map<u128, usize>,
}

impl<'a> Overlay<'a> {
    fn new(view: &'a dyn View) -> Self {
        let changes = Changes::default();
        Self { view, changes, opened: Map::default(), created: Map::default() }
    }

    fn account(&self, id: u128) -> Option<AccountState> {
        self.changes.accounts.get(&id).copied().or_else(|| self.view.account(id))
    }

    fn whole_account(&self, id: u128) -> Option<Account> {
        match self.opened.get(&id) {
            Some(&at) => {
                let (state, user_data) = self.changes.opened[at];
                Some(state.to_account(user_data))
            }
            None => self.view.account(id).map(|state| state.to_account(self.view.user_data(id))),
        }
    }

    fn transfer(&self, id: u128) -> Option<KnownTransfer> {
        if let Some(&at) = self.created.get(&id) {
            return Some(KnownTransfer::Created(self.changes.transfers[at].state));
        }
        match (self.view.transfer(id)?, self.changes.resolutions.get(&id)) {
            (KnownTransfer::Created(state), Some(&resolution)) => {
                let resolution = Some(resolution);
                Some(KnownTransfer::Created(TransferState { resolution, ..state }))
            }
            (known, _) => Some(known),
        }
    }

    fn pending_of(&self, existing: &Transfer) -> Option<Transfer> {
        match self.created.contains_key(&existing.id) {
            true => self.transfer(existing.pending_id)?.created(),
            false => self.view.pending_of(existing),
        }
    }

    fn resolve(&mut self, id: u128, resolution: Resolution) {
        match self.created.get(&id) {
            Some(&at) => self.changes.transfers[at].state.resolution = Some(resolution),
            None => {
                self.changes.resolutions.insert(id, resolution);
            }
        }
    }

    fn account_import_bounds(&self, timestamp: u64) -> ImportBounds {
        let bounds = self.view.account_import_bounds(timestamp);
        let new = self.changes.opened.iter().map(|(state, _)| state.timestamp).max();
        ImportBounds { last: bounds.last.max(new.unwrap_or(0)), ..bounds }
    }

    fn transfer_import_bounds(&self, timestamp: u64) -> ImportBounds {
        let bounds = self.view.transfer_import_bounds(timestamp);
        let new = self.changes.transfers.last().map(|created| created.state.transfer.timestamp);
        ImportBounds { last: bounds.last.max(new.unwrap_or(0)), ..bounds }
    }
}

/// Decides a unit of accounts. `now` returns the timestamp of each event, in order.
pub fn decide_accounts<V: View>(
    view: &V,
    accounts: &[Account],
    batch_position: BatchPosition,
    mut now: impl FnMut() -> u64,
) -> (Vec<Outcome<CreateAccountStatus>>, Changes) {
    decide(view, accounts, batch_position, decide_account, &mut now)
}

/// Decides a unit of transfers. `now` returns the timestamp of each event, in order.
pub fn decide_transfers<V: View>(
    view: &V,
    attempts: &[TransferAttempt],
    batch_position: BatchPosition,
    mut now: impl FnMut() -> u64,
) -> (Vec<Outcome<CreateTransferStatus>>, Changes) {
    decide(view, attempts, batch_position, decide_transfer, &mut now)
}

/// The statuses that an event gets because of its chain or batch.
trait BatchStatus: Copy + PartialEq {
    const CREATED: Self;
    const CHAIN_FAILED: Self;
    const CHAIN_OPEN: Self;
    const IMPORTED_EXPECTED: Self;
    const IMPORTED_NOT_EXPECTED: Self;
}

macro_rules! batch_status {
    ($($status:ident),+) => {
        $(impl BatchStatus for $status {
            const CREATED: Self = Self::Created;
            const CHAIN_FAILED: Self = Self::LinkedEventFailed;
            const CHAIN_OPEN: Self = Self::LinkedEventChainOpen;
            const IMPORTED_EXPECTED: Self = Self::ImportedEventExpected;
            const IMPORTED_NOT_EXPECTED: Self = Self::ImportedEventNotExpected;
        })+
    };
}

batch_status!(CreateAccountStatus, CreateTransferStatus);

fn decide<E: Event, S: BatchStatus>(
    view: &dyn View,
    events: &[E],
    batch_position: BatchPosition,
    decide_one: fn(&mut Overlay<'_>, &E, u64) -> Outcome<S>,
    now: &mut dyn FnMut() -> u64,
) -> (Vec<Outcome<S>>, Changes) {
    let mut overlay = Overlay::new(view);
    let mut outcomes: Vec<Outcome<S>> = Vec::with_capacity(events.len());
    let mut failed = false;
    for (at, event) in events.iter().enumerate() {
        let now = now();
        let by_batch = if event.is_linked() && at + 1 == events.len() && batch_position.last {
            Some(S::CHAIN_OPEN)
        } else if failed {
            Some(S::CHAIN_FAILED)
        } else if batch_position.imported && !event.is_imported() {
            Some(S::IMPORTED_EXPECTED)
        } else if !batch_position.imported && event.is_imported() {
            Some(S::IMPORTED_NOT_EXPECTED)
        } else {
            None
        };
        let outcome = match by_batch {
            Some(status) => Outcome { id: event.id(), status, timestamp: now, versions: (0, 0) },
            None => decide_one(&mut overlay, event, now),
        };
        outcomes.push(outcome);
        if outcome.status != S::CREATED && !failed {
            failed = true;
            // The earlier events of the chain are not carried out.
            for earlier in &mut outcomes[..at] {
                earlier.status = S::CHAIN_FAILED;
            }
        }
    }
    let changes = if failed { overlay.changes.rolled_back() } else { overlay.changes };
    (outcomes, changes)
}

fn decide_account(
    overlay: &mut Overlay<'_>,
    account: &Account,
    now: u64,
) -> Outcome<CreateAccountStatus> {
    let outcome =
        |status, timestamp| Outcome { id: account.id, status, timestamp, versions: (0, 0) };
    if let Err(status) = account_is_well_formed(account, now) {
        return outcome(status, now);
    }
    let existing = overlay.whole_account(account.id);
    let imported = account.flags.contains(AccountFlags::IMPORTED);
    let bounds = match imported {
        true => overlay.account_import_bounds(account.timestamp),
        false => ImportBounds::default(),
    };
    if let Err(status) = create_account(account, existing.as_ref(), bounds) {
        return match (status, existing) {
            (CreateAccountStatus::Exists, Some(existing)) => outcome(status, existing.timestamp),
            _ => outcome(status, now),
        };
    }
    let timestamp = if imported { account.timestamp } else { now };
    let state = AccountState::opened(account, timestamp);
    overlay.opened.insert(account.id, overlay.changes.opened.len());
    overlay.changes.opened.push((state, account.user_data));
    outcome(CreateAccountStatus::Created, timestamp)
}

fn decide_transfer(
    overlay: &mut Overlay<'_>,
    attempt: &TransferAttempt,
    now: u64,
) -> Outcome<CreateTransferStatus> {
    let (id, status) = (attempt.transfer.id, CreateTransferStatus::Created);
    let mut outcome = Outcome { id, status, timestamp: now, versions: (0, 0) };
    if let Err(status) = try_transfer(overlay, attempt, &mut outcome) {
        outcome.status = status;
        if status.is_transient() {
            overlay.changes.failed.push(id);
        }
    }
    outcome
}

/// Decides a transfer. Returns the status of a rejection as the error. `outcome` has the timestamp of the
/// attempt and receives the timestamp and versions of the outcome.
fn try_transfer(
    overlay: &mut Overlay<'_>,
    attempt: &TransferAttempt,
    outcome: &mut Outcome<CreateTransferStatus>,
) -> Result<(), CreateTransferStatus> {
    use CreateTransferStatus as S;
    let (transfer, now) = (&attempt.transfer, outcome.timestamp);
    transfer_is_well_formed(transfer, now)?;
    match overlay.transfer(transfer.id) {
        Some(KnownTransfer::Created(existing)) => {
            let pending = overlay.pending_of(&existing.transfer);
            let Err(status) = transfer_exists(transfer, &existing.transfer, pending.as_ref());
            if status == S::Exists {
                outcome.timestamp = existing.transfer.timestamp;
            }
            return Err(status);
        }
        Some(KnownTransfer::Failed) => return Err(S::IdAlreadyFailed),
        None => {}
    }
    transfer_is_consistent(transfer)?;
    let imported = transfer.flags.contains(TransferFlags::IMPORTED);
    let timestamp = if imported { transfer.timestamp } else { now };
    let bounds = match imported {
        true => overlay.transfer_import_bounds(timestamp),
        false => ImportBounds::default(),
    };
    let (state, (debit, credit)) = if transfer.resolves() {
        let Some(KnownTransfer::Created(state)) = overlay.transfer(transfer.pending_id) else {
            return Err(S::PendingTransferNotFound);
        };
        let pending = &state.transfer;
        let resolved = Some((pending, matches_pending(transfer, &state, now)?));
        let (amount, accounts) = with_accounts(overlay, pending, outcome, |debit, credit| {
            change_accounts(attempt, timestamp, resolved, bounds, debit, credit)
        })?;
        let resolution = if voids(transfer) { Resolution::Voided } else { Resolution::Posted };
        overlay.resolve(pending.id, resolution);
        (stored_resolution(transfer, pending, amount, timestamp), accounts)
    } else {
        let (amount, accounts) = with_accounts(overlay, transfer, outcome, |debit, credit| {
            change_accounts(attempt, timestamp, None, bounds, debit, credit)
        })?;
        (stored_transfer(transfer, amount, timestamp), accounts)
    };
    outcome.timestamp = timestamp;
    overlay.created.insert(transfer.id, overlay.changes.transfers.len());
    overlay.changes.transfers.push(CreatedTransfer { state, debit, credit });
    Ok(())
}

/// Decides a transfer that is a unit of its own, on its two accounts. It has a new id, is well-formed and
/// consistent, and is not imported; `pending` is the state of the one that it posts or voids. Allocates
/// nothing.
///
/// `outcome` has the timestamp of the attempt, and receives the status and the versions. Returns the
/// amount of the transfer if it was created.
#[inline]
pub fn decide_alone(
    attempt: &TransferAttempt,
    pending: Option<&TransferState>,
    debit: &mut AccountState,
    credit: &mut AccountState,
    outcome: &mut Outcome<CreateTransferStatus>,
) -> Option<u128> {
    let TransferAttempt { transfer, versions } = attempt;
    if let Some(pending) = pending {
        return decide_resolution(transfer, *versions, pending, debit, credit, outcome);
    }
    let bounds = ImportBounds::default();
    let decided = change_accounts(attempt, outcome.timestamp, None, bounds, debit, credit);
    outcome.versions = (debit.version, credit.version);
    outcome.status = decided.err().unwrap_or(CreateTransferStatus::Created);
    decided.ok()
}

/// As [`decide_alone`], of a post or a void of `pending`.
#[inline(always)]
pub fn decide_resolution(
    transfer: &Transfer,
    versions: ExpectedVersions,
    pending: &TransferState,
    debit: &mut AccountState,
    credit: &mut AccountState,
    outcome: &mut Outcome<CreateTransferStatus>,
) -> Option<u128> {
    let now = outcome.timestamp;
    let decided = match matches_pending(transfer, pending, now) {
        Ok(amount) => {
            let (pending, bounds) = (&pending.transfer, ImportBounds::default());
            let changed = resolve(transfer, pending, amount, versions, bounds, debit, credit);
            outcome.versions = (debit.version, credit.version);
            changed.map(|()| amount)
        }
        Err(status) => Err(status),
    };
    outcome.status = decided.err().unwrap_or(CreateTransferStatus::Created);
    decided.ok()
}

/// Applies a transfer to its accounts. `resolved` is the pending transfer that it posts or voids, with
/// the amount. Returns the amount of the transfer.
#[inline]
fn change_accounts(
    attempt: &TransferAttempt,
    timestamp: u64,
    resolved: Option<(&Transfer, u128)>,
    bounds: ImportBounds,
    debit: &mut AccountState,
    credit: &mut AccountState,
) -> Result<u128, CreateTransferStatus> {
    let TransferAttempt { transfer, versions } = attempt;
    match resolved {
        Some((pending, amount)) => {
            resolve(transfer, pending, amount, *versions, bounds, debit, credit)?;
            Ok(amount)
        }
        None if is_plain(attempt) => create_plain_transfer(transfer, timestamp, debit, credit),
        None => create_transfer(transfer, timestamp, *versions, bounds, debit, credit),
    }
}

/// Returns whether the rules of plain transfers are those that apply.
#[inline]
fn is_plain(TransferAttempt { transfer, versions }: &TransferAttempt) -> bool {
    transfer.flags.is_empty() && transfer.timeout == 0 && *versions == ExpectedVersions::default()
}

/// Applies `change` to the two accounts that `named` names, adds them to the overlay, and returns
/// them.
fn with_accounts<R>(
    overlay: &mut Overlay<'_>,
    named: &Transfer,
    outcome: &mut Outcome<CreateTransferStatus>,
    change: impl FnOnce(&mut AccountState, &mut AccountState) -> Result<R, CreateTransferStatus>,
) -> Result<(R, (AccountState, AccountState)), CreateTransferStatus> {
    let debit = overlay.account(named.debit_account_id);
    let mut debit = debit.ok_or(CreateTransferStatus::DebitAccountNotFound)?;
    let credit = overlay.account(named.credit_account_id);
    let mut credit = credit.ok_or(CreateTransferStatus::CreditAccountNotFound)?;
    let changed = change(&mut debit, &mut credit);
    outcome.versions = (debit.version, credit.version);
    let result = changed?;
    overlay.changes.accounts.insert(debit.id, debit);
    overlay.changes.accounts.insert(credit.id, credit);
    Ok((result, (debit, credit)))
}
