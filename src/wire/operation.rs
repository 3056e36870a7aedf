//! A line of text to an operation.

use serde_json::value::RawValue;

use super::EVENTS_MAX;
use super::error::{BadLine, Problem, beginning};
use super::fields::{list, object, whole};
use super::records::{account, account_filter, query_filter, transfer};
use super::value::{id, number, word};
use crate::model::{Account, AccountFilter, QueryFilter, TIMESTAMP_MAX, TransferAttempt};

/// Events to be created, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch<T> {
    /// The events.
    pub events: Vec<T>,
    /// Places of the events whose id is yet to be made.
    pub unnamed: Vec<usize>,
}

/// What a line asks a ledger for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// `create_accounts`
    CreateAccounts(Batch<Account>),
    /// `create_transfers`
    CreateTransfers(Batch<TransferAttempt>),
    /// `lookup_accounts`
    LookupAccounts(Vec<u128>),
    /// `lookup_transfers`
    LookupTransfers(Vec<u128>),
    /// `get_account_transfers`
    GetAccountTransfers(AccountFilter),
    /// `get_account_balances`
    GetAccountBalances(AccountFilter),
    /// `query_accounts`
    QueryAccounts(QueryFilter),
    /// `query_transfers`
    QueryTransfers(QueryFilter),
    /// `tick`: time moves on.
    Tick {
        /// By how much: 2^64 - 1 at most.
        nanoseconds: u64,
    },
}

const OPERATIONS: &[&str] = &[
    "create_accounts",
    "create_transfers",
    "lookup_accounts",
    "lookup_transfers",
    "get_account_transfers",
    "get_account_balances",
    "query_accounts",
    "query_transfers",
    "tick",
];

/// All fields of lines; `op` says which of the others belong to it.
const FIELDS: &[&str] = &["op", EVENTS, IDS, FILTER, NANOSECONDS, SECONDS];
const EVENTS: &str = "events";
const IDS: &str = "ids";
const FILTER: &str = "filter";
const NANOSECONDS: &str = "nanoseconds";
const SECONDS: &str = "seconds";

const EVENTS_MEANING: &str = "a list of what is to be created";
const IDS_MEANING: &str = "a list of the ids to be looked up";
const FILTER_MEANING: &str = "an object that says what is asked for";

const NANOSECONDS_PER_SECOND: u64 = 1_000_000_000;

/// Reads one line.
///
/// # Errors
/// [`BadLine`] naming the first field that is wrong.
pub fn read(line: &str) -> Result<Operation, BadLine> {
    let fields = Fields::read(line)?;
    let named = fields.get("op").ok_or_else(|| missing("op", "what is to be done"))?;
    let operation = word(named).map_err(|bad| bad.within("op"))?;
    read_fields(&operation, &fields)
}

/// Reads what belongs to an operation whose name is known from elsewhere, such as a path: a line without `op`.
///
/// # Errors
/// [`BadLine`] naming the first field that is wrong.
pub fn read_body(operation: &str, body: &str) -> Result<Operation, BadLine> {
    let fields = Fields::read(body)?;
    if fields.get("op").is_some() {
        let known = &FIELDS[1..];
        return Err(BadLine::new(Problem::Unknown { known }).within("op"));
    }
    read_fields(operation, &fields)
}

/// Reads the only field of an object.
fn only_field<'a>(
    body: &'a str,
    name: &'static [&'static str; 1],
    meaning: &'static str,
) -> Result<&'a RawValue, BadLine> {
    let mut found = None;
    object(whole(body)?, name, |_, value| {
        found = Some(value);
        Ok(())
    })?;
    found.ok_or_else(|| missing(name[0], meaning))
}

/// Reads the body of `create_accounts`.
///
/// # Errors
/// [`BadLine`] naming the first field that is wrong.
pub fn read_accounts(body: &str) -> Result<Batch<Account>, BadLine> {
    batch(only_field(body, &[EVENTS], EVENTS_MEANING)?, account)
}

/// Reads the body of `create_transfers`.
///
/// # Errors
/// [`BadLine`] naming the first field that is wrong.
pub fn read_transfers(body: &str) -> Result<Batch<TransferAttempt>, BadLine> {
    batch(only_field(body, &[EVENTS], EVENTS_MEANING)?, transfer)
}

/// Reads the body of `lookup_accounts` or `lookup_transfers`.
///
/// # Errors
/// [`BadLine`] naming the first field that is wrong.
pub fn read_ids(body: &str) -> Result<Vec<u128>, BadLine> {
    ids(only_field(body, &[IDS], IDS_MEANING)?)
}

/// Reads the body of `get_account_transfers` or `get_account_balances`.
///
/// # Errors
/// [`BadLine`] naming the first field that is wrong.
pub fn read_account_filter(body: &str) -> Result<AccountFilter, BadLine> {
    filter(only_field(body, &[FILTER], FILTER_MEANING)?, account_filter)
}

/// Reads the body of `query_accounts` or `query_transfers`.
///
/// # Errors
/// [`BadLine`] naming the first field that is wrong.
pub fn read_query_filter(body: &str) -> Result<QueryFilter, BadLine> {
    filter(only_field(body, &[FILTER], FILTER_MEANING)?, query_filter)
}

fn read_fields(operation: &str, fields: &Fields<'_>) -> Result<Operation, BadLine> {
    Ok(match operation {
        "create_accounts" => Operation::CreateAccounts(batch(fields.events()?, account)?),
        "create_transfers" => Operation::CreateTransfers(batch(fields.events()?, transfer)?),
        "lookup_accounts" => Operation::LookupAccounts(ids(fields.ids()?)?),
        "lookup_transfers" => Operation::LookupTransfers(ids(fields.ids()?)?),
        "get_account_transfers" => {
            Operation::GetAccountTransfers(filter(fields.filter()?, account_filter)?)
        }
        "get_account_balances" => {
            Operation::GetAccountBalances(filter(fields.filter()?, account_filter)?)
        }
        "query_accounts" => Operation::QueryAccounts(filter(fields.filter()?, query_filter)?),
        "query_transfers" => Operation::QueryTransfers(filter(fields.filter()?, query_filter)?),
        "tick" => Operation::Tick { nanoseconds: nanoseconds(fields)? },
        unknown => {
            let known = OPERATIONS.iter().map(|&name| name.to_owned()).collect();
            let problem = Problem::Name { known, found: beginning(unknown) };
            return Err(BadLine::new(problem).within("op"));
        }
    })
}

fn missing(field: &'static str, meaning: &'static str) -> BadLine {
    BadLine::new(Problem::Missing { meaning }).within(field)
}

fn place(name: &str) -> usize {
    let found = FIELDS.iter().position(|field| *field == name);
    found.expect("only the fields of a line are asked for")
}

/// The fields of a line, by their place in [`FIELDS`].
#[derive(Default)]
struct Fields<'a>([Option<&'a RawValue>; FIELDS.len()]);

impl<'a> Fields<'a> {
    fn read(line: &'a str) -> Result<Self, BadLine> {
        let mut fields = Self::default();
        object(whole(line)?, FIELDS, |name, value| {
            fields.0[place(name)] = Some(value);
            Ok(())
        })?;
        Ok(fields)
    }

    fn get(&self, name: &'static str) -> Option<&'a RawValue> {
        self.0[place(name)]
    }

    /// Checks that no other fields are there.
    fn only(&self, known: &'static [&'static str]) -> Result<(), BadLine> {
        let stray = |name: &&&str| self.0[place(name)].is_some() && !known.contains(name);
        match FIELDS.iter().find(stray) {
            Some(stray) => Err(BadLine::new(Problem::Unknown { known }).within(stray)),
            None => Ok(()),
        }
    }

    fn events(&self) -> Result<&'a RawValue, BadLine> {
        self.only(&["op", EVENTS])?;
        self.get(EVENTS).ok_or_else(|| missing(EVENTS, EVENTS_MEANING))
    }

    fn ids(&self) -> Result<&'a RawValue, BadLine> {
        self.only(&["op", IDS])?;
        self.get(IDS).ok_or_else(|| missing(IDS, IDS_MEANING))
    }

    fn filter(&self) -> Result<&'a RawValue, BadLine> {
        self.only(&["op", FILTER])?;
        self.get(FILTER).ok_or_else(|| missing(FILTER, FILTER_MEANING))
    }
}

/// Reads the events of a batch, each with `read`.
fn batch<T>(
    value: &RawValue,
    read: impl Fn(&RawValue) -> Result<(T, bool), BadLine>,
) -> Result<Batch<T>, BadLine> {
    let mut batch = Batch { events: Vec::new(), unnamed: Vec::new() };
    let read = list(value, EVENTS_MAX, |value| {
        let (event, unnamed) = read(value)?;
        if unnamed {
            batch.unnamed.push(batch.events.len());
        }
        batch.events.push(event);
        Ok(())
    });
    read.map_err(|bad| bad.within(EVENTS))?;
    Ok(batch)
}

fn ids(value: &RawValue) -> Result<Vec<u128>, BadLine> {
    let mut ids = Vec::new();
    let read = list(value, EVENTS_MAX, |value| {
        ids.push(id(value)?);
        Ok(())
    });
    read.map_err(|bad| bad.within(IDS))?;
    Ok(ids)
}

fn filter<T>(
    value: &RawValue,
    read: impl Fn(&RawValue) -> Result<T, BadLine>,
) -> Result<T, BadLine> {
    read(value).map_err(|bad| bad.within(FILTER))
}

/// How far a tick goes: nanoseconds and seconds together, one of them at least.
fn nanoseconds(fields: &Fields<'_>) -> Result<u64, BadLine> {
    fields.only(&["op", NANOSECONDS, SECONDS])?;
    if fields.get(NANOSECONDS).or(fields.get(SECONDS)).is_none() {
        return Err(missing(SECONDS, "how far time moves on, here or as nanoseconds"));
    }
    let read = |name, greatest: u64| match fields.get(name) {
        Some(value) => number(value, greatest).map_err(|bad| bad.within(name)),
        None => Ok(0),
    };
    let seconds = read(SECONDS, TIMESTAMP_MAX / NANOSECONDS_PER_SECOND)?;
    Ok(read(NANOSECONDS, TIMESTAMP_MAX)? + seconds * NANOSECONDS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AccountFilterFlags, AccountFlags, ExpectedVersions, Period};
    use crate::model::{QueryFilterFlags, Transfer, TransferFlags, UserData};

    /// RequestService field of its own value, so that none can be taken for another.
    #[test]
    fn every_field_has_its_place() {
        let account = Account {
            id: 1,
            debits_pending: 2,
            debits_posted: 3,
            credits_pending: 4,
            credits_posted: 5,
            user_data: UserData { user_data_128: 6, user_data_64: 7, user_data_32: 8 },
            reserved: 9,
            ledger: 10,
            code: 11,
            flags: AccountFlags::HISTORY | AccountFlags::LINKED,
            timestamp: 12,
        };
        let line = r#"{"op":"create_accounts","events":[{"id":1,"debits_pending":2,"debits_posted":3,
            "credits_pending":4,"credits_posted":5,"user_data_128":6,"user_data_64":7,"user_data_32":8,"reserved":9,
            "ledger":10,"code":11,"flags":["history","linked"],"timestamp":12},{},{"id":"new"}]}"#;
        let events = vec![account, Account::default(), Account::default()];
        let unnamed = vec![2];
        assert_eq!(read(line), Ok(Operation::CreateAccounts(Batch { events, unnamed })));

        let transfer = Transfer {
            id: 1,
            debit_account_id: 2,
            credit_account_id: 3,
            amount: 4,
            pending_id: 5,
            user_data: UserData { user_data_128: 6, user_data_64: 7, user_data_32: 8 },
            timeout: 9,
            ledger: 10,
            code: 11,
            flags: TransferFlags::PENDING,
            timestamp: 12,
        };
        let versions = ExpectedVersions { debit: Some(13), credit: Some(0) };
        let line = r#"{"events":[{"id":1,"debit_account_id":2,"credit_account_id":3,"amount":4,"pending_id":5,
            "user_data_128":6,"user_data_64":7,"user_data_32":8,"timeout":9,"ledger":10,"code":11,"flags":2,"timestamp":12,
            "expected_debit_version":13,"expected_credit_version":0}],"op":"create_transfers"}"#;
        let events = vec![TransferAttempt { transfer, versions }];
        let batch = Batch { events, unnamed: vec![] };
        assert_eq!(read(line), Ok(Operation::CreateTransfers(batch)));

        let user_data = UserData { user_data_128: 2, user_data_64: 3, user_data_32: 4 };
        let period = Period { timestamp_min: 6, timestamp_max: 7 };
        let flags = AccountFilterFlags::DEBITS | AccountFilterFlags::REVERSED;
        let filter = AccountFilter { account_id: 1, user_data, code: 5, period, limit: 8, flags };
        let words = r#""filter":{"account_id":1,"user_data_128":2,"user_data_64":3,"user_data_32":4,"code":5,
            "timestamp_min":6,"timestamp_max":7,"limit":8,"flags":["debits","reversed"]}}"#;
        let line = |operation: &str| format!("{{\"op\":\"{operation}\",{words}");
        let found = read(&line("get_account_transfers"));
        assert_eq!(found, Ok(Operation::GetAccountTransfers(filter)));
        let found = read(&line("get_account_balances"));
        assert_eq!(found, Ok(Operation::GetAccountBalances(filter)));

        let flags = QueryFilterFlags::REVERSED;
        let filter = QueryFilter { user_data, ledger: 1, code: 5, period, limit: 8, flags };
        let line = |operation: &str| {
            line(operation).replace("account_id", "ledger").replace("\"debits\",", "")
        };
        assert_eq!(read(&line("query_accounts")), Ok(Operation::QueryAccounts(filter)));
        assert_eq!(read(&line("query_transfers")), Ok(Operation::QueryTransfers(filter)));
    }

    #[test]
    fn lookups_and_ticks() {
        let ids = r#"{"op":"lookup_accounts","ids":[1,"2"]}"#;
        assert_eq!(read(ids), Ok(Operation::LookupAccounts(vec![1, 2])));
        let ids = r#" { "ids" : [] , "op" : "lookup_\u0074ransfers" } "#;
        assert_eq!(read(ids), Ok(Operation::LookupTransfers(vec![])));
        for (fields, nanoseconds) in [
            (r#""nanoseconds":0"#, 0),
            (r#""nanoseconds":9223372036854775807"#, TIMESTAMP_MAX),
            (r#""seconds":"3""#, 3_000_000_000),
            (r#""seconds":2,"nanoseconds":1"#, 2_000_000_001),
            (
                r#""seconds":9223372036,"nanoseconds":9223372036854775807"#,
                9_223_372_036_000_000_000 + TIMESTAMP_MAX,
            ),
        ] {
            let line = format!("{{\"op\":\"tick\",{fields}}}");
            assert_eq!(read(&line), Ok(Operation::Tick { nanoseconds }), "{line}");
        }
    }

    #[test]
    fn flags_mean_the_same_by_name_and_by_number() {
        let flags = |text: &str| {
            let line = format!(r#"{{"op":"create_transfers","events":[{{"flags":{text}}}]}}"#);
            match read(&line) {
                Ok(Operation::CreateTransfers(batch)) => Ok(batch.events[0].transfer.flags.bits()),
                Ok(other) => panic!("{other:?}"),
                Err(bad) => Err(bad.to_string()),
            }
        };
        let names = [
            "linked",
            "pending",
            "post_pending_transfer",
            "void_pending_transfer",
            "balancing_debit",
            "balancing_credit",
            "closing_debit",
            "closing_credit",
            "imported",
        ];
        for (bit, name) in names.iter().enumerate() {
            assert_eq!(flags(&format!("[\"{name}\"]")), Ok(1 << bit), "{name}");
        }
        assert_eq!(flags("[]"), Ok(0));
        assert_eq!(flags("\"3\""), Ok(3));
        assert_eq!(
            flags("65535"),
            Ok(65_535),
            "what becomes of bits without a name is for the rules"
        );
        let error = "events[0].flags[1] is there twice".to_owned();
        assert_eq!(flags(r#"["linked","linked"]"#), Err(error));
        let wrong = flags(r#"["Linked"]"#).expect_err("names are in small letters");
        assert!(wrong.ends_with("closing_credit, imported, not Linked"), "{wrong}");
    }

    #[test]
    fn a_batch_has_its_bound() {
        for (list, element) in [("events", "{}"), ("ids", "0")] {
            let operation = if list == "ids" { "lookup_transfers" } else { "create_transfers" };
            let line = |count| {
                let elements = vec![element; count].join(",");
                read(&format!(r#"{{"op":"{operation}","{list}":[{elements}]}}"#))
            };
            assert!(line(EVENTS_MAX).is_ok());
            let error = line(EVENTS_MAX + 1).expect_err("one too many");
            let problem = Problem::Length { greatest: EVENTS_MAX, found: EVENTS_MAX + 1 };
            assert_eq!((error.field(), error.problem()), (list, &problem));
        }
    }
}
