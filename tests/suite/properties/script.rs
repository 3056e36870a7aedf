//! Scripts of operations as newline-delimited JSON, which `ledgerlab apply` replays.

use std::fmt;

use ledgerlab::model::{Account, AccountFilter, QueryFilter, Transfer, TransferAttempt};

/// One operation.
#[derive(Clone, PartialEq)]
pub enum Step {
    CreateAccounts(Vec<Account>),
    CreateTransfers(Vec<TransferAttempt>),
    /// A transfer with a generated id.
    Pay(Transfer),
    LookupAccounts(Vec<u128>),
    LookupTransfers(Vec<u128>),
    GetAccountTransfers(AccountFilter),
    GetAccountBalances(AccountFilter),
    QueryAccounts(QueryFilter),
    QueryTransfers(QueryFilter),
    Tick(u64),
}

/// A sequence of operations. A failed test prints its `Debug`: one line of JSON per operation.
#[derive(Clone)]
pub struct Script(pub Vec<Step>);

impl fmt::Debug for Script {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "the lines below, which `ledgerlab apply --verify` replays:")?;
        self.0.iter().try_for_each(|step| writeln!(formatter, "{}", step.line()))
    }
}

/// Formats the fields that are not 0.
fn fields(named: &[(&str, u128)]) -> String {
    let given = named.iter().filter(|(_, value)| *value != 0);
    given.map(|(name, value)| format!("\"{name}\":{value}")).collect::<Vec<_>>().join(",")
}

fn object(named: &[(&str, u128)]) -> String {
    format!("{{{}}}", fields(named))
}

fn account(account: &Account) -> String {
    object(&[
        ("id", account.id),
        ("debits_pending", account.debits_pending),
        ("debits_posted", account.debits_posted),
        ("credits_pending", account.credits_pending),
        ("credits_posted", account.credits_posted),
        ("user_data_128", account.user_data.user_data_128),
        ("user_data_64", account.user_data.user_data_64.into()),
        ("user_data_32", account.user_data.user_data_32.into()),
        ("reserved", account.reserved.into()),
        ("ledger", account.ledger.into()),
        ("code", account.code.into()),
        ("flags", account.flags.bits().into()),
        ("timestamp", account.timestamp.into()),
    ])
}

fn transfer(one: &TransferAttempt, new: bool) -> String {
    let TransferAttempt { transfer, versions } = one;
    let mut text = fields(&[
        ("id", transfer.id),
        ("debit_account_id", transfer.debit_account_id),
        ("credit_account_id", transfer.credit_account_id),
        ("amount", transfer.amount),
        ("pending_id", transfer.pending_id),
        ("user_data_128", transfer.user_data.user_data_128),
        ("user_data_64", transfer.user_data.user_data_64.into()),
        ("user_data_32", transfer.user_data.user_data_32.into()),
        ("timeout", transfer.timeout.into()),
        ("ledger", transfer.ledger.into()),
        ("code", transfer.code.into()),
        ("flags", transfer.flags.bits().into()),
        ("timestamp", transfer.timestamp.into()),
    ]);
    let expected = [
        ("\"id\":\"new\"", new.then_some(None)),
        ("\"expected_debit_version\":", versions.debit.map(Some)),
        ("\"expected_credit_version\":", versions.credit.map(Some)),
    ];
    for (name, value) in expected {
        let Some(value) = value else { continue };
        let comma = if text.is_empty() { "" } else { "," };
        let value = value.map_or(String::new(), |value| value.to_string());
        text = format!("{text}{comma}{name}{value}");
    }
    format!("{{{text}}}")
}

fn account_filter(filter: &AccountFilter) -> String {
    object(&[
        ("account_id", filter.account_id),
        ("user_data_128", filter.user_data.user_data_128),
        ("user_data_64", filter.user_data.user_data_64.into()),
        ("user_data_32", filter.user_data.user_data_32.into()),
        ("code", filter.code.into()),
        ("timestamp_min", filter.period.timestamp_min.into()),
        ("timestamp_max", filter.period.timestamp_max.into()),
        ("limit", filter.limit.into()),
        ("flags", filter.flags.bits().into()),
    ])
}

fn query_filter(filter: &QueryFilter) -> String {
    object(&[
        ("user_data_128", filter.user_data.user_data_128),
        ("user_data_64", filter.user_data.user_data_64.into()),
        ("user_data_32", filter.user_data.user_data_32.into()),
        ("ledger", filter.ledger.into()),
        ("code", filter.code.into()),
        ("timestamp_min", filter.period.timestamp_min.into()),
        ("timestamp_max", filter.period.timestamp_max.into()),
        ("limit", filter.limit.into()),
        ("flags", filter.flags.bits().into()),
    ])
}

fn join(texts: impl Iterator<Item = String>) -> String {
    format!("[{}]", texts.collect::<Vec<_>>().join(","))
}

impl Step {
    /// Formats the operation as one line.
    pub fn line(&self) -> String {
        let ids = |ids: &[u128]| join(ids.iter().map(u128::to_string));
        let (op, field, value) = match self {
            Self::CreateAccounts(batch) => {
                ("create_accounts", "events", join(batch.iter().map(account)))
            }
            Self::CreateTransfers(batch) => {
                let events = batch.iter().map(|one| transfer(one, false));
                ("create_transfers", "events", join(events))
            }
            Self::Pay(requested) => {
                let one = TransferAttempt { transfer: *requested, ..TransferAttempt::default() };
                ("create_transfers", "events", join(std::iter::once(transfer(&one, true))))
            }
            Self::LookupAccounts(list) => ("lookup_accounts", "ids", ids(list)),
            Self::LookupTransfers(list) => ("lookup_transfers", "ids", ids(list)),
            Self::GetAccountTransfers(filter) => {
                ("get_account_transfers", "filter", account_filter(filter))
            }
            Self::GetAccountBalances(filter) => {
                ("get_account_balances", "filter", account_filter(filter))
            }
            Self::QueryAccounts(filter) => ("query_accounts", "filter", query_filter(filter)),
            Self::QueryTransfers(filter) => ("query_transfers", "filter", query_filter(filter)),
            Self::Tick(nanoseconds) => ("tick", "nanoseconds", nanoseconds.to_string()),
        };
        format!("{{\"op\":\"{op}\",\"{field}\":{value}}}")
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.line())
    }
}
