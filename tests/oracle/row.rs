//! Parses one row of a table.

use std::collections::HashMap;

use ledgerlab::model::{Account, AccountFilter, AccountFilterFlags, AccountFlags, Period};
use ledgerlab::model::{QueryFilter, QueryFilterFlags, Transfer, TransferFlags, UserData};

/// A row: its kind, then its columns.
#[derive(Clone, Debug)]
pub struct Row {
    words: Vec<String>,
    text: String,
}

impl Row {
    pub fn new(words: &[String]) -> Self {
        Self { words: words.to_vec(), text: words.join(" ") }
    }

    pub fn kind(&self) -> &str {
        &self.words[0]
    }

    /// Returns the row as written.
    pub fn text(&self) -> &'static str {
        // Leaked: there are few tables, and they live as long as the test.
        self.text.clone().leak()
    }

    /// Returns a column.
    pub fn word(&self, at: usize) -> &str {
        self.words.get(at + 1).map_or("_", String::as_str)
    }

    pub fn last(&self) -> &'static str {
        self.words.last().expect("a row has words").clone().leak()
    }

    fn is_set(&self, at: usize) -> bool {
        self.word(at) != "_"
    }

    /// Parses a number of 128 bits: `_` is 0, `A7` is 7, `-1` is the maximum minus one.
    pub fn number(&self, at: usize) -> u128 {
        self.bits(at, u128::MAX)
    }

    /// Parses a number whose maximum is `greatest`.
    fn bits(&self, at: usize, greatest: u128) -> u128 {
        let word = self.word(at);
        if word == "_" {
            return 0;
        }
        let digits = word.trim_start_matches(|letter: char| letter.is_ascii_uppercase());
        match digits.strip_prefix('-') {
            Some(below) => greatest - below.parse::<u128>().expect("digits follow the sign"),
            None => {
                digits.parse().unwrap_or_else(|_| panic!("{word} in {} is no number", self.text))
            }
        }
    }

    fn user_data(&self, at: usize) -> UserData {
        UserData {
            user_data_128: self.number(at),
            user_data_64: self.bits(at + 1, u64::MAX.into()) as u64,
            user_data_32: self.bits(at + 2, u32::MAX.into()) as u32,
        }
    }

    /// `account`: id, four sums, user data, reserved, ledger, code, six flags, flags padding, timestamp, status.
    pub fn account(&self) -> Account {
        let flags =
            (0..6).filter(|&flag| self.is_set(11 + flag)).fold(0, |bits, flag| bits | 1 << flag);
        let padding = self.bits(17, 0x3ff) as u16;
        Account {
            id: self.number(0),
            debits_pending: self.number(1),
            debits_posted: self.number(2),
            credits_pending: self.number(3),
            credits_posted: self.number(4),
            user_data: self.user_data(5),
            reserved: self.bits(8, 1) as u32,
            ledger: self.bits(9, u32::MAX.into()) as u32,
            code: self.bits(10, u16::MAX.into()) as u16,
            flags: AccountFlags::from_bits_retain(flags | padding << 6),
            timestamp: self.bits(18, u64::MAX.into()) as u64,
        }
    }

    /// `transfer`: id, accounts, amount, pending id, user data, timeout, ledger, code, nine flags, padding,
    /// timestamp, status.
    pub fn transfer(&self) -> Transfer {
        // The order of the columns differs from the flags' own: imported precedes the two closing
        // flags.
        let bits = [0, 1, 2, 3, 4, 5, 8, 6, 7];
        let set = bits.iter().enumerate().filter(|(column, _)| self.is_set(11 + column));
        let flags: u16 = set.fold(0, |flags, (_, bit)| flags | 1 << bit);
        let padding = self.bits(20, 0x7f) as u16;
        Transfer {
            id: self.number(0),
            debit_account_id: self.number(1),
            credit_account_id: self.number(2),
            amount: self.number(3),
            pending_id: self.number(4),
            user_data: self.user_data(5),
            timeout: self.bits(8, u32::MAX.into()) as u32,
            ledger: self.bits(9, u32::MAX.into()) as u32,
            code: self.bits(10, u16::MAX.into()) as u16,
            flags: TransferFlags::from_bits_retain(flags | padding << 9),
            timestamp: self.bits(21, u64::MAX.into()) as u64,
        }
    }

    /// A column that names something by id and means its timestamp. A number that is no id means
    /// itself.
    fn time(
        &self,
        at: usize,
        times: &HashMap<(&'static str, u128), u64>,
        kind: &'static str,
    ) -> u64 {
        if !self.is_set(at) {
            return 0;
        }
        if self.word(at).trim_start_matches(char::is_alphabetic).starts_with('-') {
            return self.bits(at, u64::MAX.into()) as u64;
        }
        let id = self.number(at);
        *times
            .get(&(kind, id))
            .unwrap_or_else(|| panic!("{}: {kind} {id} was not created", self.text))
    }

    pub fn account_filter(&self, times: &HashMap<(&'static str, u128), u64>) -> AccountFilter {
        let mut flags = AccountFilterFlags::empty();
        flags.set(AccountFilterFlags::DEBITS, self.is_set(8));
        flags.set(AccountFilterFlags::CREDITS, self.is_set(9));
        flags.set(AccountFilterFlags::REVERSED, self.is_set(10));
        AccountFilter {
            account_id: self.number(0),
            user_data: self.user_data(1),
            code: self.bits(4, u16::MAX.into()) as u16,
            period: Period {
                timestamp_min: self.time(5, times, "transfer"),
                timestamp_max: self.time(6, times, "transfer"),
            },
            limit: self.bits(7, u32::MAX.into()) as u32,
            flags,
        }
    }

    pub fn query_filter(
        &self,
        times: &HashMap<(&'static str, u128), u64>,
        kind: &'static str,
    ) -> QueryFilter {
        let mut flags = QueryFilterFlags::empty();
        flags.set(QueryFilterFlags::REVERSED, self.is_set(8));
        QueryFilter {
            user_data: self.user_data(0),
            ledger: self.bits(3, u32::MAX.into()) as u32,
            code: self.bits(4, u16::MAX.into()) as u16,
            period: Period {
                timestamp_min: self.time(5, times, kind),
                timestamp_max: self.time(6, times, kind),
            },
            limit: self.bits(7, u32::MAX.into()) as u32,
            flags,
        }
    }
}
