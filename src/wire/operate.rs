//! The operations on a ledger, with requests and responses of the wire format.

use super::operation::Operation;
use super::request::{Batch, Record};
use super::response::{AccountRow, Accounts, Balances, CreatedEvent};
use super::response::{Response, Results, Time, Transfers};
use crate::ledger::{Cancellation, Ledger, LedgerError, TransferAccounts, TransferOutcome, Writer};
use crate::model::{Account, AccountFilter, ExpectedVersions, Outcome, QueryFilter, TIMESTAMP_MAX};
use crate::model::{Transfer, TransferAttempt, TransferFlags};

/// Executes an operation. `cancellation` may stop transfers before they begin.
///
/// # Errors
/// [`LedgerError`] if the ledger cannot execute it.
pub fn operate(
    writer: &mut Writer,
    operation: Operation,
    cancellation: &Cancellation<'_>,
) -> Result<Response, LedgerError> {
    let transfers = |found: Vec<Transfer>| Response::Transfers(Transfers::from(&*found));
    Ok(match operation {
        Operation::CreateAccounts(batch) => Response::Results(create_accounts(writer, batch)?),
        Operation::CreateTransfers(batch) => {
            Response::Results(create_transfers(writer, batch, cancellation)?)
        }
        Operation::LookupAccounts(ids) => {
            Response::Accounts(lookup_accounts(writer.ledger(), &ids))
        }
        Operation::LookupTransfers(ids) => transfers(writer.ledger().lookup_transfers(&ids)),
        Operation::GetAccountTransfers(filter) => {
            transfers(writer.ledger().get_account_transfers(&filter))
        }
        Operation::GetAccountBalances(filter) => {
            Response::Balances(get_account_balances(writer.ledger(), &filter))
        }
        Operation::QueryAccounts(filter) => {
            Response::Accounts(query_accounts(writer.ledger(), &filter))
        }
        Operation::QueryTransfers(filter) => transfers(writer.ledger().query_transfers(&filter)),
        Operation::Tick { nanoseconds } => Response::Time(tick(writer, nanoseconds)?),
    })
}

/// Creates accounts.
///
/// # Errors
/// [`LedgerError`] if the ledger cannot take them; in that case none was created.
pub fn create_accounts(
    writer: &mut Writer,
    mut batch: Batch<Account>,
) -> Result<Results, LedgerError> {
    assign_ids(writer, &mut batch);
    let outcomes = writer.create_accounts(&batch.events)?;
    Ok(results(outcomes, |status| status.name(), &batch.unnamed))
}

/// Creates transfers. `cancellation` may stop them before they begin.
///
/// # Errors
/// [`LedgerError`] if the ledger cannot take them; in that case none was attempted.
pub fn create_transfers(
    writer: &mut Writer,
    mut batch: Batch<TransferAttempt>,
    cancellation: &Cancellation<'_>,
) -> Result<Results, LedgerError> {
    if is_independent(&batch) {
        let transfers: Vec<Transfer> =
            batch.events.iter().map(|attempt| attempt.transfer).collect();
        let mut results = Vec::with_capacity(transfers.len());
        create_each(writer, &transfers, cancellation, &mut |outcome| {
            let TransferOutcome { id, status, timestamp, .. } = outcome;
            results.push(CreatedEvent::new(status.name(), timestamp, Some(id)));
        })?;
        return Ok(Results { results });
    }
    assign_ids(writer, &mut batch);
    let outcomes = writer.create_transfers_with(&batch.events, cancellation)?;
    Ok(results(outcomes, |status| status.name(), &batch.unnamed))
}

/// Returns the outcomes that a batch of transfers would have now, and the accounts of each right after
/// it. The results contain no new ids.
///
/// # Errors
/// [`LedgerError`] if the batch is too large or names a reserved id.
pub(crate) fn dry_run_transfers(
    writer: &mut Writer,
    mut batch: Batch<TransferAttempt>,
) -> Result<(Results, Vec<TransferAccounts>), LedgerError> {
    assign_ids(writer, &mut batch);
    let (outcomes, accounts) = writer.dry_run_with_accounts(&batch.events)?.into_iter().unzip();
    Ok((results(outcomes, |status| status.name(), &[]), accounts))
}

/// Creates transfers that do not depend on each other, or none if the ledger cannot take all. `on_result` is
/// called with the outcome of each. All callers share this function, because the code of a transfer is long when it is
/// inlined.
pub(super) fn create_each(
    writer: &mut Writer,
    transfers: &[Transfer],
    cancellation: &Cancellation<'_>,
    on_result: &mut dyn FnMut(TransferOutcome),
) -> Result<(), LedgerError> {
    writer.reserve_batch(transfers)?;
    writer.create_each(transfers, cancellation, on_result)
}

/// Whether the transfers of a batch are independent of each other and all request new ids. If so,
/// the ledger generates the ids without reserving them.
fn is_independent(batch: &Batch<TransferAttempt>) -> bool {
    let dependent = TransferFlags::LINKED.union(TransferFlags::IMPORTED);
    batch.unnamed.len() == batch.events.len()
        && batch.events.iter().all(|TransferAttempt { transfer, versions }| {
            !transfer.flags.intersects(dependent) && *versions == ExpectedVersions::default()
        })
}

/// Assigns an id to each event that requests one.
fn assign_ids<R: Record>(writer: &mut Writer, batch: &mut Batch<R>) {
    for &index in &batch.unnamed {
        *batch.events[index].id_mut() = writer.new_id();
    }
}

/// Returns the results in the order of the events. They contain the ids that were requested.
pub(crate) fn results<S>(
    outcomes: Vec<Outcome<S>>,
    name: impl Fn(S) -> &'static str,
    unnamed: &[usize],
) -> Results {
    let mut unnamed = unnamed.iter().peekable();
    let results = outcomes.into_iter().enumerate().map(|(index, outcome)| {
        let id = unnamed.next_if_eq(&&index).map(|_| outcome.id);
        CreatedEvent::new(name(outcome.status), outcome.timestamp, id)
    });
    Results { results: results.collect() }
}

/// Looks up accounts by id. The response omits those that do not exist.
pub fn lookup_accounts(ledger: &Ledger, ids: &[u128]) -> Accounts {
    accounts(ledger, &ledger.lookup_accounts(ids))
}

/// Finds accounts by a filter.
pub fn query_accounts(ledger: &Ledger, filter: &QueryFilter) -> Accounts {
    accounts(ledger, &ledger.query_accounts(filter))
}

/// Finds an account's balances over time.
pub fn get_account_balances(ledger: &Ledger, filter: &AccountFilter) -> Balances {
    Balances::from(&*ledger.get_account_balances(filter))
}

/// Returns accounts with their versions.
pub fn accounts(ledger: &Ledger, found: &[Account]) -> Accounts {
    let version = |id| ledger.account(id).map_or(0, |state| state.version);
    let rows = found.iter().map(|account| AccountRow::new(account, version(account.id)));
    Accounts { accounts: rows.collect() }
}

/// Returns accounts of an engine that has no versions. Each has the version 0.
#[cfg(feature = "http")]
pub(crate) fn accounts_without_versions(found: &[Account]) -> Accounts {
    Accounts { accounts: found.iter().map(|account| AccountRow::new(account, 0)).collect() }
}

fn tick(writer: &mut Writer, nanoseconds: u64) -> Result<Time, LedgerError> {
    let time = writer.time().checked_add(nanoseconds);
    let time = time.filter(|time| *time <= TIMESTAMP_MAX);
    writer.set_time(time.ok_or(LedgerError::TimestampsExhausted)?)?;
    Ok(Time { time: writer.time().into() })
}
