//! An operation, done.

use super::{Batch, CreatedEvent, LookedUpAccount, Operation, Response};
use crate::ledger::{Cancellation, Ledger, LedgerError, TransferOutcome, Writer};
use crate::model::{Account, ExpectedVersions, Outcome, QueryFilter, TIMESTAMP_MAX};
use crate::model::{Transfer, TransferAttempt, TransferFlags};

/// Does what is asked for. `cancellation` may end transfers before they begin.
///
/// # Errors
/// What the ledger answered.
pub fn operate(
    writer: &mut Writer,
    operation: Operation,
    cancellation: &Cancellation<'_>,
) -> Result<Response, LedgerError> {
    let operation = match consult(writer.ledger(), operation) {
        Ok(response) => return Ok(response),
        Err(operation) => operation,
    };
    Ok(match operation {
        Operation::CreateAccounts(batch) => create_accounts(writer, batch)?,
        Operation::CreateTransfers(batch) => create_transfers(writer, batch, cancellation)?,
        Operation::Tick { nanoseconds } => {
            let time = writer.time().checked_add(nanoseconds);
            let time = time.filter(|time| *time <= TIMESTAMP_MAX);
            writer.set_time(time.ok_or(LedgerError::TimestampsExhausted)?)?;
            Response::Time(writer.time())
        }
        _ => unreachable!("all others only read"),
    })
}

/// Does what is asked for where that only reads, without a writer.
///
/// # Errors
/// The operation, where it changes the ledger.
pub fn consult(ledger: &Ledger, operation: Operation) -> Result<Response, Operation> {
    Ok(match operation {
        Operation::LookupAccounts(ids) => lookup_accounts(ledger, &ids),
        Operation::QueryAccounts(filter) => query_accounts(ledger, &filter),
        Operation::LookupTransfers(ids) => Response::Transfers(ledger.lookup_transfers(&ids)),
        Operation::QueryTransfers(filter) => Response::Transfers(ledger.query_transfers(&filter)),
        Operation::GetAccountTransfers(filter) => {
            Response::Transfers(ledger.get_account_transfers(&filter))
        }
        Operation::GetAccountBalances(filter) => {
            Response::Balances(ledger.get_account_balances(&filter))
        }
        changes => return Err(changes),
    })
}

/// Creates accounts.
///
/// # Errors
/// What the ledger answered.
pub fn create_accounts(
    writer: &mut Writer,
    mut batch: Batch<Account>,
) -> Result<Response, LedgerError> {
    name(writer, &mut batch, |account: &mut Account| &mut account.id);
    let decided = writer.create_accounts(&batch.events)?;
    let ids = batch.events.iter().map(|account| account.id);
    Ok(results(decided, |status| status.name(), ids, &batch.unnamed))
}

/// Attempts transfers. `cancellation` may end them before they begin.
///
/// # Errors
/// What the ledger answered.
pub fn create_transfers(
    writer: &mut Writer,
    mut batch: Batch<TransferAttempt>,
    cancellation: &Cancellation<'_>,
) -> Result<Response, LedgerError> {
    if is_each_by_itself(&batch) {
        let transfers: Vec<Transfer> = batch.events.iter().map(|one| one.transfer).collect();
        let mut made = Vec::with_capacity(transfers.len());
        create_each(writer, &transfers, cancellation, &mut |one| {
            let (status, timestamp) = (one.status.name(), one.timestamp);
            made.push(CreatedEvent { status, timestamp, id: Some(one.id) });
        })?;
        return Ok(Response::Results(made));
    }
    name(writer, &mut batch, |attempt: &mut TransferAttempt| &mut attempt.transfer.id);
    let decided = writer.create_transfers_with(&batch.events, cancellation)?;
    let ids = batch.events.iter().map(|attempt| attempt.transfer.id);
    Ok(results(decided, |status| status.name(), ids, &batch.unnamed))
}

/// Returns accounts with their versions.
pub fn lookup_accounts(ledger: &Ledger, ids: &[u128]) -> Response {
    accounts(ledger, ledger.lookup_accounts(ids))
}

/// Returns accounts that match a filter, with their versions.
pub fn query_accounts(ledger: &Ledger, filter: &QueryFilter) -> Response {
    accounts(ledger, ledger.query_accounts(filter))
}

/// Creates transfers, each by itself, all or none where there is no room: `told` hears the id of each and what came of it. It
/// is one function for all who ask by way of text or bytes, because the way of a transfer is long when it is inlined.
pub(super) fn create_each(
    writer: &mut Writer,
    transfers: &[Transfer],
    cancellation: &Cancellation<'_>,
    told: &mut dyn FnMut(TransferOutcome),
) -> Result<(), LedgerError> {
    // The extensions of all are counted, which few of them have.
    writer.reserve(transfers.len() as u64 * 2)?;
    writer.create_each(transfers, cancellation, told)
}

/// Whether no transfer of a batch depends on another one or brings an id: the ledger gives them ids of its own making then, and
/// needs to reserve none.
fn is_each_by_itself(batch: &Batch<TransferAttempt>) -> bool {
    let bound = TransferFlags::LINKED.union(TransferFlags::IMPORTED);
    batch.unnamed.len() == batch.events.len()
        && batch.events.iter().all(|TransferAttempt { transfer, versions }| {
            !transfer.flags.intersects(bound) && *versions == ExpectedVersions::default()
        })
}

/// Gives an id to each event that asks for one.
fn name<T>(writer: &mut Writer, batch: &mut Batch<T>, id: impl Fn(&mut T) -> &mut u128) {
    for &at in &batch.unnamed {
        *id(&mut batch.events[at]) = writer.new_id();
    }
}

/// Results in the order of their events; those that asked for an id have it.
fn results<S>(
    decided: Vec<Outcome<S>>,
    name: impl Fn(S) -> &'static str,
    ids: impl Iterator<Item = u128>,
    unnamed: &[usize],
) -> Response {
    let mut unnamed = unnamed.iter().peekable();
    let events = decided.into_iter().zip(ids).enumerate().map(|(at, (one, id))| CreatedEvent {
        status: name(one.status),
        timestamp: one.timestamp,
        id: unnamed.next_if_eq(&&at).map(|_| id),
    });
    Response::Results(events.collect())
}

fn accounts(ledger: &Ledger, found: Vec<Account>) -> Response {
    let version = |id| ledger.account(id).map_or(0, |state| state.version);
    let with_version = |account: Account| LookedUpAccount { account, version: version(account.id) };
    Response::Accounts(found.into_iter().map(with_version).collect())
}
