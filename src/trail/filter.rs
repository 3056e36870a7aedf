//! Filters: which entries of a trail are asked for, page by page.
//!
//! ```
//! use ledgerlab::ledger::{Ledger, LedgerConfig};
//! use ledgerlab::model::Account;
//! use ledgerlab::trail::{StatusFilter, TrailFilter};
//!
//! let (ledger, mut writers) = Ledger::open(&LedgerConfig::default())?;
//! for id in 1..=3 {
//!     writers[0].create_account(&Account { id, ledger: 1, code: 1, ..Account::default() })?;
//! }
//! let status = Some(StatusFilter::named("created")?);
//! let filter = TrailFilter { status, limit: 2, ..TrailFilter::default() };
//! let page = ledger.trail().select(&filter)?;
//! assert_eq!(page.entries.len(), 2);
//! let rest = ledger.trail().select(&TrailFilter { after: page.next, ..filter })?;
//! assert_eq!((rest.entries[0].entry.id, rest.next), (3, None));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::collections::HashSet;
use std::fmt;

use foldhash::fast::FixedState;

use super::{EntryKind, InOrder, Recorded, Trail, backward::Backward};
use crate::model::{CreateAccountStatus, CreateTransferStatus, Period, RESULTS_MAX};
use crate::model::{TIMESTAMP_MAX, TransferFlags};

/// Which entries are asked for. What is `None` does not matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrailFilter {
    /// Attempts that concern this account: to create it, to transfer from it or to it, to post or void what such a
    /// transfer holds, and the expiry of that.
    pub account_id: Option<u128>,
    /// Attempts of this id, an account's or a transfer's, and the expiry of it.
    pub id: Option<u128>,
    /// Attempts that ended so.
    pub status: Option<StatusFilter>,
    /// Attempts of this kind. An extension is no attempt: it comes with its entry.
    pub kind: Option<EntryKind>,
    /// Attempts by this writer, from 0.
    pub writer: Option<usize>,
    /// Attempts of this time, by their entries' timestamps.
    pub period: Period,
    /// The timestamp of the last entry of the page before: [`Page::next`]. Timestamps are unique, so it says exactly
    /// where to go on, and it stays right whatever is written meanwhile.
    pub after: Option<u64>,
    /// The most entries of one page, 1 to 8,189.
    pub limit: u32,
    /// The latest first.
    pub reversed: bool,
}

impl TrailFilter {
    /// The kinds that can be asked for: an extension is none, for it comes with its entry.
    pub const KINDS: [EntryKind; 3] = [EntryKind::Account, EntryKind::Transfer, EntryKind::Expiry];

    /// The kind of this public name.
    ///
    /// # Errors
    /// [`FilterError::Kind`] when no kind that can be asked for has this name.
    pub fn kind_named(name: &str) -> Result<EntryKind, FilterError> {
        let known = Self::KINDS.into_iter().find(|kind| kind.name() == name);
        known.ok_or(FilterError::Kind)
    }
}

/// How an attempt ended, by name or by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusFilter {
    account: Option<u16>,
    transfer: Option<u16>,
    expiry: bool,
}

impl StatusFilter {
    /// The status of this public name, of accounts and of transfers; `expired` is that of an expiry.
    ///
    /// # Errors
    /// [`FilterError::Status`] when no status has this name.
    pub fn named(name: &str) -> Result<Self, FilterError> {
        let account = CreateAccountStatus::ALL.iter().find(|status| status.name() == name);
        let transfer = CreateTransferStatus::ALL.iter().find(|status| status.name() == name);
        let filter = Self {
            account: account.map(|status| *status as u16),
            transfer: transfer.map(|status| *status as u16),
            expiry: name == "expired",
        };
        if filter.account.is_none() && filter.transfer.is_none() && !filter.expiry {
            return Err(FilterError::Status { found: name.chars().take(SHOWN_MAX).collect() });
        }
        Ok(filter)
    }

    /// The statuses of this number, of accounts and of transfers, whether there is one or not: with a kind beside it,
    /// it finds what was written by a later version or by nobody.
    pub fn numbered(number: u16) -> Self {
        Self { account: Some(number), transfer: Some(number), expiry: false }
    }

    fn matches(self, recorded: &Recorded<'_>) -> bool {
        let status = Some(recorded.entry.status);
        match recorded.entry.kind {
            EntryKind::Account => status == self.account,
            EntryKind::Transfer => status == self.transfer,
            EntryKind::Expiry => self.expiry,
            EntryKind::Extension => false,
        }
    }
}

/// Characters of a name that an error repeats.
const SHOWN_MAX: usize = 48;

/// A filter that is out of its bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FilterError {
    /// No entry of its own has this kind.
    Kind,
    /// There is no such status.
    Status {
        /// What was asked for, or its beginning.
        found: String,
    },
    /// There is no such writer.
    Writer {
        /// Which was asked for.
        found: usize,
        /// How many there are.
        writers: usize,
    },
    /// An account is not 0 and not 2^128 - 1.
    Account {
        /// Which was asked for.
        found: u128,
    },
    /// A bound on time is beyond all time.
    Timestamp {
        /// Which field.
        field: &'static str,
        /// What it says.
        found: u64,
    },
    /// The time ends before it begins.
    Period {
        /// Where it begins.
        timestamp_min: u64,
        /// Where it ends.
        timestamp_max: u64,
    },
    /// A page has at least one entry, and not more than are given at once.
    Limit {
        /// How many were asked for.
        found: u32,
    },
}

impl fmt::Display for FilterError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind => formatter.write_str(
                "kind must be account, transfer or expiry; an extension comes with its entry",
            ),
            Self::Status { found } => {
                write!(formatter, "status must be the name of a status, and {found:?} is none")
            }
            Self::Writer { found, writers } => {
                write!(formatter, "writer must be below {writers}, not {found}")
            }
            Self::Account { found } => {
                write!(formatter, "account_id must not be 0 or 2^128 - 1, as {found} is")
            }
            Self::Timestamp { field, found } => {
                write!(formatter, "{field} must be at most {TIMESTAMP_MAX}, not {found}")
            }
            Self::Period { timestamp_min, timestamp_max } => write!(
                formatter,
                "timestamp_min must be at most timestamp_max ({timestamp_max}), not {timestamp_min}"
            ),
            Self::Limit { found } => {
                write!(formatter, "limit must be 1 to {RESULTS_MAX}, not {found}")
            }
        }
    }
}

impl std::error::Error for FilterError {}

/// Some of the entries that a filter asks for.
#[derive(Clone, Debug)]
pub struct Page<'a> {
    /// The entries, in order of their timestamps, or against it.
    pub entries: Vec<Recorded<'a>>,
    /// What to put into [`TrailFilter::after`] for the next page; `None` when there was no more.
    pub next: Option<u64>,
}

impl TrailFilter {
    /// Checks that it is within its bounds, for a trail of so many writers.
    ///
    /// # Errors
    /// The first bound that it passes.
    pub fn check(&self, writers: usize) -> Result<(), FilterError> {
        let Period { timestamp_min, timestamp_max } = self.period;
        if let Some(found) = self.account_id.filter(|id| matches!(*id, 0 | u128::MAX)) {
            return Err(FilterError::Account { found });
        }
        if self.kind == Some(EntryKind::Extension) {
            return Err(FilterError::Kind);
        }
        if let Some(found) = self.writer.filter(|writer| *writer >= writers) {
            return Err(FilterError::Writer { found, writers });
        }
        let times = [
            ("timestamp_min", timestamp_min),
            ("timestamp_max", timestamp_max),
            ("after", self.after.unwrap_or(0)),
        ];
        if let Some((field, found)) = times.into_iter().find(|(_, time)| *time > TIMESTAMP_MAX) {
            return Err(FilterError::Timestamp { field, found });
        }
        if timestamp_max != 0 && timestamp_min > timestamp_max {
            return Err(FilterError::Period { timestamp_min, timestamp_max });
        }
        if self.limit == 0 || self.limit > RESULTS_MAX {
            return Err(FilterError::Limit { found: self.limit });
        }
        Ok(())
    }

    /// Whether an entry is asked for, apart from its time and writer. `held` are the transfers that hold, or held, money
    /// of the account.
    fn matches(&self, recorded: &Recorded<'_>, held: &Held) -> bool {
        let entry = recorded.entry;
        self.kind.is_none_or(|kind| kind == entry.kind)
            && self.id.is_none_or(|id| id == entry.id)
            && self.status.is_none_or(|status| status.matches(recorded))
            && self.account_id.is_none_or(|id| concerns(recorded, id, held))
    }

    /// The timestamps within which all lies that is asked for: the first one, and the one after the last.
    fn bounds(&self, trail: &Trail) -> (u64, u64) {
        let Period { timestamp_min, timestamp_max } = self.period;
        let mut from = timestamp_min;
        let mut to = if timestamp_max == 0 { u64::MAX } else { timestamp_max + 1 };
        match self.after {
            Some(after) if self.reversed => to = to.min(after),
            Some(after) => from = from.max(after + 1),
            None => {}
        }
        // An id that was made for the place of its entry cannot be brought before that entry is there.
        let made = self.id.and_then(|id| trail.made(id)).filter(Recorded::is_plain);
        if let Some(made) = made {
            from = from.max(made.entry.timestamp);
        }
        (from, to)
    }
}

/// Ids of transfers that hold money.
pub(super) type Held = HashSet<u128, FixedState>;

/// Whether an attempt is about an account.
fn concerns(recorded: &Recorded<'_>, account: u128, held: &Held) -> bool {
    let entry = recorded.entry;
    match entry.kind {
        EntryKind::Account => entry.id == account,
        EntryKind::Transfer => {
            let named = entry.debit_account_id == account || entry.credit_account_id == account;
            // A post or a void may leave its accounts out.
            named || recorded.extension.is_some_and(|extension| held.contains(&extension.id))
        }
        EntryKind::Expiry => held.contains(&entry.id),
        EntryKind::Extension => false,
    }
}

impl Trail {
    /// One page of the entries that a filter asks for.
    ///
    /// It reads what was published when it was called, beside writers at work. While they are, an entry may still come
    /// whose timestamp is below the last one of the page, from a writer that was behind; once they have stopped, pages are
    /// complete. Time and cursor are found by bisection, and an id that was made for its place at once; for the rest it
    /// reads until the page is full, and for an account all pending transfers besides.
    ///
    /// # Errors
    /// [`FilterError`], for a filter that is out of its bounds.
    pub fn select(&self, filter: &TrailFilter) -> Result<Page<'_>, FilterError> {
        filter.check(self.segments().len())?;
        Ok(self.page(filter, &self.held_for(filter)))
    }

    /// The transfers that hold, or held, money of the account that a filter asks for.
    pub(super) fn held_for(&self, filter: &TrailFilter) -> Held {
        filter.account_id.map(|id| self.held_of(id)).unwrap_or_default()
    }

    /// One page of what a filter within its bounds asks for.
    pub(super) fn page(&self, filter: &TrailFilter, held: &Held) -> Page<'_> {
        let (from, to) = filter.bounds(self);
        let asked = |recorded: &Recorded<'_>| filter.matches(recorded, held);
        let logs = self.segments().enumerate();
        let logs = logs.filter(|(writer, _)| filter.writer.is_none_or(|only| only == *writer));
        // One more than the page holds, to know whether it is the last one.
        let limit = filter.limit as usize;
        let mut entries: Vec<_> = if filter.reversed {
            let before = |recorded: &Recorded<'_>| recorded.entry.timestamp >= from;
            Backward::new(logs, to).take_while(before).filter(asked).take(limit + 1).collect()
        } else {
            let within = |recorded: &Recorded<'_>| recorded.entry.timestamp < to;
            InOrder::starting(logs, from).take_while(within).filter(asked).take(limit + 1).collect()
        };
        let more = entries.len() > limit;
        entries.truncate(limit);
        let last = entries.last().map(|recorded| recorded.entry.timestamp);
        Page { entries, next: last.filter(|_| more) }
    }

    /// The ids of all transfers that were to hold money of an account.
    fn held_of(&self, account: u128) -> Held {
        let pending = TransferFlags::PENDING.bits();
        let mut held = Held::default();
        for log in self.segments() {
            let (end, mut at) = (log.len(), 0);
            while at < end {
                let chunk = log.chunk_from(at, end);
                let holds = chunk.iter().filter(|entry| {
                    entry.kind == EntryKind::Transfer
                        && entry.flags & pending != 0
                        && (entry.debit_account_id == account || entry.credit_account_id == account)
                });
                held.extend(holds.map(|entry| entry.id));
                at += chunk.len() as u64;
            }
        }
        held
    }
}
