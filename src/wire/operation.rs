//! Reads a line of text as an operation.

use super::error::{ParseError, ParseErrorKind, beginning};
use super::fields::{JsonValue, object, whole};
use super::request::{
    AccountFilterBody, Batch, Body, CreateAccountsBody, CreateTransfersBody, LookupBody,
    QueryFilterBody,
};
use super::value::{number, word};
use crate::model::{Account, AccountFilter, QueryFilter, TIMESTAMP_MAX, TransferAttempt};

/// An operation on a ledger.
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
    /// `tick`: the ledger's time advances.
    Tick {
        /// The number of nanoseconds, at most 2^64 - 1.
        nanoseconds: u64,
    },
}

use Operation as O;

/// How an operation is read.
enum Reader {
    /// From a body, the only field besides `op`.
    Body {
        fields: &'static [&'static str; 2],
        read: fn(&JsonValue<'_>) -> Content,
        meaning: &'static str,
    },
    /// From a duration.
    Tick,
}

/// An operation that was read, or why it cannot be read.
type Content = Result<Operation, ParseError>;

macro_rules! body {
    ($Body:ty => $operation:expr) => {
        Reader::Body {
            fields: &<$Body>::LINE_FIELDS,
            read: |value| <$Body>::content(value).map($operation),
            meaning: <$Body>::MEANING,
        }
    };
}

/// The operations by name.
static OPERATIONS: [(&str, Reader); 9] = [
    ("create_accounts", body!(CreateAccountsBody => O::CreateAccounts)),
    ("create_transfers", body!(CreateTransfersBody => O::CreateTransfers)),
    ("lookup_accounts", body!(LookupBody => O::LookupAccounts)),
    ("lookup_transfers", body!(LookupBody => O::LookupTransfers)),
    ("get_account_transfers", body!(AccountFilterBody => O::GetAccountTransfers)),
    ("get_account_balances", body!(AccountFilterBody => O::GetAccountBalances)),
    ("query_accounts", body!(QueryFilterBody => O::QueryAccounts)),
    ("query_transfers", body!(QueryFilterBody => O::QueryTransfers)),
    ("tick", Reader::Tick),
];

/// The fields of a line. The operation determines which ones are valid besides `op`.
const NAMES: &[&str] = &["op", "events", "ids", "filter", "nanoseconds", "seconds"];
const NANOSECONDS_PER_SECOND: u64 = 1_000_000_000;

/// Reads a line.
///
/// # Errors
/// [`ParseError`] naming the first invalid field.
pub fn read(line: &str) -> Result<Operation, ParseError> {
    let mut fields = Fields::default();
    let mut content = None;
    object(&whole(line)?, NAMES, &mut |index, value| {
        // If the operation comes first, as usual, its body is read in the same pass.
        if let Some(Reader::Body { fields: [_, body], read, .. }) = fields.reader
            && *body == NAMES[index]
        {
            content = Some(read(value)?);
        }
        if index == 0 {
            fields.reader = reader(value).ok();
        }
        fields.values[index] = Some(value.clone());
        Ok(())
    })?;
    let name = fields.get("op").ok_or_else(|| missing("op", "the name of the operation"))?;
    match reader(name).map_err(|error| error.within("op"))? {
        Reader::Tick => Ok(O::Tick { nanoseconds: fields.nanoseconds()? }),
        Reader::Body { fields: names, read, meaning } => {
            fields.only(*names)?;
            let body = || fields.get(names[1]).ok_or_else(|| missing(names[1], meaning));
            let read = || read(body()?).map_err(|error| error.within(names[1]));
            content.map_or_else(read, Ok)
        }
    }
}

/// Returns how the operation of this name is read.
fn reader(name: &JsonValue<'_>) -> Result<&'static Reader, ParseError> {
    let name = word(name)?;
    match OPERATIONS.iter().find(|(known, _)| *known == name) {
        Some((_, reader)) => Ok(reader),
        None => {
            let known = OPERATIONS.iter().map(|(name, _)| (*name).to_owned()).collect();
            let kind = ParseErrorKind::Name { known, found: beginning(&name) };
            Err(ParseError::new(kind))
        }
    }
}

fn missing(field: &str, meaning: &'static str) -> ParseError {
    ParseError::new(ParseErrorKind::Missing { meaning }).within(field)
}

/// The fields of a line.
#[derive(Default)]
struct Fields<'a> {
    /// In the order of [`NAMES`].
    values: [Option<JsonValue<'a>>; NAMES.len()],
    /// How the operation is read, once it is known.
    reader: Option<&'static Reader>,
}

impl<'a> Fields<'a> {
    fn get(&self, name: &str) -> Option<&JsonValue<'a>> {
        let index = NAMES.iter().position(|known| *known == name)?;
        self.values[index].as_ref()
    }

    /// Checks that there are no other fields.
    fn only(&self, known: &'static [&'static str]) -> Result<(), ParseError> {
        let is_unknown = |name: &&&str| self.get(name).is_some() && !known.contains(name);
        match NAMES.iter().find(is_unknown) {
            Some(name) => Err(ParseError::new(ParseErrorKind::Unknown { known }).within(name)),
            None => Ok(()),
        }
    }

    /// Reads the duration of a tick: the sum of nanoseconds and seconds, at least one of which is given.
    fn nanoseconds(&self) -> Result<u64, ParseError> {
        self.only(&["op", "nanoseconds", "seconds"])?;
        let (nanoseconds, seconds) = (self.get("nanoseconds"), self.get("seconds"));
        if nanoseconds.or(seconds).is_none() {
            return Err(missing("seconds", "the duration, here or in nanoseconds"));
        }
        let read = |name, value: Option<&JsonValue<'_>>, max: u64| match value {
            Some(value) => number(value, max).map_err(|error| error.within(name)),
            None => Ok(0),
        };
        let seconds = read("seconds", seconds, TIMESTAMP_MAX / NANOSECONDS_PER_SECOND)?;
        let nanoseconds = read("nanoseconds", nanoseconds, TIMESTAMP_MAX)?;
        Ok(nanoseconds + seconds * NANOSECONDS_PER_SECOND)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AccountFilterFlags, AccountFlags, ExpectedVersions, Period};
    use crate::model::{QueryFilterFlags, Transfer, TransferFlags, UserData};
    use crate::wire::request::EVENTS_MAX;

    /// Gives each field a different value, so that no field can be mistaken for another.
    #[test]
    fn fields_are_read_into_matching_fields() {
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
    fn flag_names_and_numbers_are_equivalent() {
        let flags = |text: &str| {
            let line = format!(r#"{{"op":"create_transfers","events":[{{"flags":{text}}}]}}"#);
            match read(&line) {
                Ok(Operation::CreateTransfers(batch)) => Ok(batch.events[0].transfer.flags.bits()),
                Ok(other) => panic!("{other:?}"),
                Err(error) => Err(error.to_string()),
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
        assert_eq!(flags("65535"), Ok(65_535), "the rules of the model reject bits without a name");
        let error = "events[0].flags[1] is given twice".to_owned();
        assert_eq!(flags(r#"["linked","linked"]"#), Err(error));
        let error = flags(r#"["Linked"]"#).expect_err("names are in lower case");
        assert!(error.ends_with("closing_credit, imported, not Linked"), "{error}");
    }

    #[test]
    fn batch_length_is_bounded() {
        for (list, element) in [("events", "{}"), ("ids", "0")] {
            let operation = if list == "ids" { "lookup_transfers" } else { "create_transfers" };
            let line = |count| {
                let elements = vec![element; count].join(",");
                read(&format!(r#"{{"op":"{operation}","{list}":[{elements}]}}"#))
            };
            assert!(line(EVENTS_MAX).is_ok());
            let error = line(EVENTS_MAX + 1).expect_err("one too many");
            let kind = ParseErrorKind::Length { max: EVENTS_MAX, found: EVENTS_MAX + 1 };
            assert_eq!((error.field(), error.kind()), (list, &kind));
        }
    }
}
