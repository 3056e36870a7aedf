//! Units: an event by itself, or a chain of linked events, decided together and carried out all or not at all.
//!
//! A unit is decided on a [`View`] of a ledger, which it does not change, and answers with [`Changes`] to be made. So the
//! same decision serves a ledger for one thread and one that many threads share: the one makes the changes at once, the
//! other while it holds what the unit touches.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::two_phase::{kept as kept_resolution, matches_pending, resolve, voids};
use super::{Account, AccountFlags, AccountState, CreateAccountStatus, CreateTransferStatus};
use super::{ExpectedVersions, KnownTransfer, Past, Resolution, Transfer, TransferFlags};
use super::{TransferState, UserData, account_is_well_formed, create_account, create_transfer};
use super::{rules, transfer_exists, transfer_is_consistent, transfer_is_well_formed};

type Map<K, V> = HashMap<K, V, FixedState>;

/// What the rules see of a ledger.
pub trait View {
    /// The account of this id as it is.
    fn account(&self, id: u128) -> Option<AccountState>;
    /// What its owner keeps with the account of this id.
    fn user_data(&self, id: u128) -> UserData;
    /// What is known of a transfer's id.
    fn transfer(&self, id: u128) -> Option<KnownTransfer>;
    /// The greatest timestamp of any account, 0 without one; and whether a transfer has `timestamp`.
    fn past_of_accounts(&self, timestamp: u64) -> Past;
    /// The greatest timestamp of any transfer, 0 without one; and whether an account has `timestamp`.
    fn past_of_transfers(&self, timestamp: u64) -> Past;
}

/// An attempt to create a transfer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransferAttempt {
    /// What is asked for.
    pub transfer: Transfer,
    /// What must hold of the accounts besides.
    pub versions: ExpectedVersions,
}

/// What one event of a unit came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome<S> {
    /// Its status.
    pub status: S,
    /// When it was created; for `exists` when the first one was; else its place in time.
    pub timestamp: u64,
    /// Versions of the debit and the credit account after it, where they were looked at.
    pub versions: (u64, u64),
}

/// A transfer that is new, and its accounts right after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreatedTransfer {
    /// What is kept of it.
    pub state: TransferState,
    /// The debit account.
    pub debit: AccountState,
    /// The credit account.
    pub credit: AccountState,
}

/// What a unit does to a ledger when it is carried out.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Accounts that are new, with what their owners keep with them, in order.
    pub opened: Vec<(AccountState, UserData)>,
    /// New states of accounts that were there, by id.
    pub accounts: Map<u128, AccountState>,
    /// Transfers that are new, in order.
    pub transfers: Vec<CreatedTransfer>,
    /// What became of pending transfers that were there, by id.
    pub resolutions: Map<u128, Resolution>,
    /// Ids that were refused for a reason that passes. They stay burnt even when the chain is not carried out.
    pub failed: Vec<u128>,
}

impl Changes {
    /// Nothing but the burnt ids.
    fn undone(self) -> Self {
        Self { failed: self.failed, ..Self::default() }
    }
}

/// How the events of a unit lie in their batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Whether the batch began with an imported event.
    pub imported: bool,
    /// Whether the unit's last event is the batch's.
    pub last: bool,
}

/// An event of a batch, as far as its place in the batch is concerned.
pub trait Event {
    /// Whether it happens together with the next one, or not at all.
    fn is_linked(&self) -> bool;
    /// Whether it brings its own timestamp.
    fn is_imported(&self) -> bool;
}

impl Event for Account {
    fn is_linked(&self) -> bool {
        self.flags.contains(AccountFlags::LINKED)
    }

    fn is_imported(&self) -> bool {
        self.flags.contains(AccountFlags::IMPORTED)
    }
}

impl Event for TransferAttempt {
    fn is_linked(&self) -> bool {
        self.transfer.flags.contains(TransferFlags::LINKED)
    }

    fn is_imported(&self) -> bool {
        self.transfer.flags.contains(TransferFlags::IMPORTED)
    }
}

/// The units of a batch, in order.
pub fn units<E: Event>(batch: &[E]) -> impl Iterator<Item = (&[E], Place)> {
    let imported = batch.first().is_some_and(Event::is_imported);
    let mut rest = batch;
    std::iter::from_fn(move || {
        let chain = rest.iter().take_while(|event| event.is_linked()).count();
        let (unit, after) = rest.split_at((chain + 1).min(rest.len()));
        rest = after;
        let place = Place { imported, last: rest.is_empty() };
        (!unit.is_empty()).then_some((unit, place))
    })
}

/// A view with the changes of the unit's earlier events laid over it.
struct Overlay<'a, V> {
    view: &'a V,
    changes: Changes,
    opened: Map<u128, usize>,
    created: Map<u128, usize>,
}

impl<'a, V: View> Overlay<'a, V> {
    fn new(view: &'a V) -> Self {
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
                Some(state.with(user_data))
            }
            None => self.view.account(id).map(|state| state.with(self.view.user_data(id))),
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

    fn resolve(&mut self, id: u128, resolution: Resolution) {
        match self.created.get(&id) {
            Some(&at) => self.changes.transfers[at].state.resolution = Some(resolution),
            None => {
                self.changes.resolutions.insert(id, resolution);
            }
        }
    }

    fn past_of_accounts(&self, timestamp: u64) -> Past {
        let past = self.view.past_of_accounts(timestamp);
        let new = self.changes.opened.iter().map(|(state, _)| state.timestamp).max();
        Past { last: past.last.max(new.unwrap_or(0)), ..past }
    }

    fn past_of_transfers(&self, timestamp: u64) -> Past {
        let past = self.view.past_of_transfers(timestamp);
        let new = self.changes.transfers.last().map(|created| created.state.transfer.timestamp);
        Past { last: past.last.max(new.unwrap_or(0)), ..past }
    }
}

/// Decides a unit of accounts. `now` gives each event its place in time, in order.
pub fn decide_accounts<V: View>(
    view: &V,
    accounts: &[Account],
    place: Place,
    now: impl FnMut() -> u64,
) -> (Vec<Outcome<CreateAccountStatus>>, Changes) {
    decide(view, accounts, place, decide_account, now)
}

/// Decides a unit of transfers. `now` gives each event its place in time, in order.
pub fn decide_transfers<V: View>(
    view: &V,
    attempts: &[TransferAttempt],
    place: Place,
    now: impl FnMut() -> u64,
) -> (Vec<Outcome<CreateTransferStatus>>, Changes) {
    decide(view, attempts, place, decide_transfer, now)
}

/// The statuses that an event gets from its chain and batch, whatever it asks for.
trait PlaceStatus: Copy + PartialEq {
    const CREATED: Self;
    const CHAIN_FAILED: Self;
    const CHAIN_OPEN: Self;
    const IMPORTED_EXPECTED: Self;
    const IMPORTED_NOT_EXPECTED: Self;
}

macro_rules! place_status {
    ($($status:ident),+) => {
        $(impl PlaceStatus for $status {
            const CREATED: Self = Self::Created;
            const CHAIN_FAILED: Self = Self::LinkedEventFailed;
            const CHAIN_OPEN: Self = Self::LinkedEventChainOpen;
            const IMPORTED_EXPECTED: Self = Self::ImportedEventExpected;
            const IMPORTED_NOT_EXPECTED: Self = Self::ImportedEventNotExpected;
        })+
    };
}

place_status!(CreateAccountStatus, CreateTransferStatus);

fn decide<V: View, E: Event, S: PlaceStatus>(
    view: &V,
    events: &[E],
    place: Place,
    mut decide_one: impl FnMut(&mut Overlay<'_, V>, &E, u64) -> Outcome<S>,
    mut now: impl FnMut() -> u64,
) -> (Vec<Outcome<S>>, Changes) {
    let mut overlay = Overlay::new(view);
    let mut decided: Vec<Outcome<S>> = Vec::with_capacity(events.len());
    let mut broken = false;
    for (at, event) in events.iter().enumerate() {
        let now = now();
        let by_place = if event.is_linked() && at + 1 == events.len() && place.last {
            Some(S::CHAIN_OPEN)
        } else if broken {
            Some(S::CHAIN_FAILED)
        } else if place.imported && !event.is_imported() {
            Some(S::IMPORTED_EXPECTED)
        } else if !place.imported && event.is_imported() {
            Some(S::IMPORTED_NOT_EXPECTED)
        } else {
            None
        };
        let one = match by_place {
            Some(status) => Outcome { status, timestamp: now, versions: (0, 0) },
            None => decide_one(&mut overlay, event, now),
        };
        decided.push(one);
        if one.status != S::CREATED && !broken {
            broken = true;
            // What came before it in the chain does not happen.
            for earlier in &mut decided[..at] {
                earlier.status = S::CHAIN_FAILED;
            }
        }
    }
    let changes = if broken { overlay.changes.undone() } else { overlay.changes };
    (decided, changes)
}

fn decide_account<V: View>(
    overlay: &mut Overlay<'_, V>,
    account: &Account,
    now: u64,
) -> Outcome<CreateAccountStatus> {
    let refused = |status| Outcome { status, timestamp: now, versions: (0, 0) };
    if let Err(status) = account_is_well_formed(account, now) {
        return refused(status);
    }
    let existing = overlay.whole_account(account.id);
    let imported = account.flags.contains(AccountFlags::IMPORTED);
    let past = if imported { overlay.past_of_accounts(account.timestamp) } else { Past::default() };
    let status = create_account(account, existing.as_ref(), past);
    if status != CreateAccountStatus::Created {
        let timestamp = match (status, existing) {
            (CreateAccountStatus::Exists, Some(existing)) => existing.timestamp,
            _ => now,
        };
        return Outcome { status, timestamp, versions: (0, 0) };
    }
    let timestamp = if imported { account.timestamp } else { now };
    let state = AccountState::opened(account, timestamp);
    overlay.opened.insert(account.id, overlay.changes.opened.len());
    overlay.changes.opened.push((state, account.user_data));
    Outcome { status, timestamp, versions: (0, 0) }
}

fn decide_transfer<V: View>(
    overlay: &mut Overlay<'_, V>,
    attempt: &TransferAttempt,
    now: u64,
) -> Outcome<CreateTransferStatus> {
    let mut decided =
        Outcome { status: CreateTransferStatus::Created, timestamp: now, versions: (0, 0) };
    if let Err(status) = try_transfer(overlay, attempt, &mut decided) {
        decided.status = status;
        if status.is_transient() {
            overlay.changes.failed.push(attempt.transfer.id);
        }
    }
    decided
}

/// One early return per status; `decided` brings the place in time, and takes the timestamp and versions.
fn try_transfer<V: View>(
    overlay: &mut Overlay<'_, V>,
    attempt: &TransferAttempt,
    decided: &mut Outcome<CreateTransferStatus>,
) -> Result<(), CreateTransferStatus> {
    use CreateTransferStatus as S;
    let (transfer, now) = (&attempt.transfer, decided.timestamp);
    transfer_is_well_formed(transfer, now)?;
    match overlay.transfer(transfer.id) {
        Some(KnownTransfer::Created(existing)) => {
            let pending = match overlay.transfer(existing.transfer.pending_id) {
                Some(KnownTransfer::Created(pending)) => Some(pending.transfer),
                _ => None,
            };
            let status = transfer_exists(transfer, &existing.transfer, pending.as_ref());
            if status == S::Exists {
                decided.timestamp = existing.transfer.timestamp;
            }
            return Err(status);
        }
        Some(KnownTransfer::Failed) => return Err(S::IdAlreadyFailed),
        None => {}
    }
    transfer_is_consistent(transfer)?;
    let imported = transfer.flags.contains(TransferFlags::IMPORTED);
    let timestamp = if imported { transfer.timestamp } else { now };
    let past = if imported { overlay.past_of_transfers(timestamp) } else { Past::default() };
    let (state, (debit, credit)) = if transfer.resolves() {
        let Some(KnownTransfer::Created(pending)) = overlay.transfer(transfer.pending_id) else {
            return Err(S::PendingTransferNotFound);
        };
        let amount = matches_pending(transfer, &pending, now)?;
        let held = &pending.transfer;
        let ((), accounts) = with_accounts(overlay, held, decided, |debit, credit| {
            resolve(transfer, held, amount, attempt.versions, past, debit, credit)
        })?;
        let resolution = if voids(transfer) { Resolution::Voided } else { Resolution::Posted };
        overlay.resolve(held.id, resolution);
        (kept_resolution(transfer, held, amount, timestamp), accounts)
    } else {
        let (amount, accounts) = with_accounts(overlay, transfer, decided, |debit, credit| {
            create_transfer(transfer, timestamp, attempt.versions, past, debit, credit)
        })?;
        (rules::kept(transfer, amount, timestamp), accounts)
    };
    decided.timestamp = timestamp;
    overlay.created.insert(transfer.id, overlay.changes.transfers.len());
    overlay.changes.transfers.push(CreatedTransfer { state, debit, credit });
    Ok(())
}

/// Finds the two accounts that `named` names, lays what `change` does to them over the view, and answers them.
fn with_accounts<V: View, R>(
    overlay: &mut Overlay<'_, V>,
    named: &Transfer,
    decided: &mut Outcome<CreateTransferStatus>,
    change: impl FnOnce(&mut AccountState, &mut AccountState) -> Result<R, CreateTransferStatus>,
) -> Result<(R, (AccountState, AccountState)), CreateTransferStatus> {
    let debit = overlay.account(named.debit_account_id);
    let mut debit = debit.ok_or(CreateTransferStatus::DebitAccountNotFound)?;
    let credit = overlay.account(named.credit_account_id);
    let mut credit = credit.ok_or(CreateTransferStatus::CreditAccountNotFound)?;
    let changed = change(&mut debit, &mut credit);
    decided.versions = (debit.version, credit.version);
    let answer = changed?;
    overlay.changes.accounts.insert(debit.id, debit);
    overlay.changes.accounts.insert(credit.id, credit);
    Ok((answer, (debit, credit)))
}
