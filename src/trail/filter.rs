//! Filters of the trail, which select entries page by page.
//!
//! ```
//! use ledgerlab::{Account, Ledger, StatusFilter, TrailFilter};
//!
//! let ledger = Ledger::in_memory();
//! let mut writer = ledger.writer()?;
//! for id in 1..=3 {
//!     writer.create_account(&Account::new(id, 1, 1))?;
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

use super::audit_trail::Trail;
use super::entry::EntryKind;
use super::merge::EntryRef;
use super::scan::collect_matches;
use crate::model::{CreateAccountStatus, CreateTransferStatus, Period, RESULTS_MAX};
use crate::model::{TIMESTAMP_MAX, TransferFlags};
use crate::sync::{Interrupted, WaitForever, WaitPolicy};

/// Selects entries of a trail. A field that is `None` matches every entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrailFilter {
    /// Attempts to create this account or to transfer from or to it, and the posts, voids and
    /// expiries of its pending transfers.
    pub account_id: Option<u128>,
    /// Attempts with this id of an account or a transfer, and the transfer's expiry.
    pub id: Option<u128>,
    /// Attempts with this status.
    pub status: Option<StatusFilter>,
    /// Attempts of this kind. Not extensions, which come with their entries.
    pub kind: Option<EntryKind>,
    /// Attempts by this writer, from 0.
    pub writer: Option<usize>,
    /// Entries with timestamps in this period.
    pub period: Period,
    /// The timestamp of the last entry of the previous page: [`Page::next`]. Timestamps are unique,
    /// so the next page continues exactly there, even if entries are written in between.
    pub after: Option<u64>,
    /// The maximum number of entries of a page, 1 to 8,189.
    pub limit: u32,
    /// Whether the latest entry comes first.
    pub reversed: bool,
}

impl TrailFilter {
    /// The kinds that a filter can select.
    pub const KINDS: [EntryKind; 3] = [EntryKind::Account, EntryKind::Transfer, EntryKind::Expiry];

    /// Returns the kind with this name.
    ///
    /// # Errors
    /// [`FilterError::Kind`] when no kind of [`Self::KINDS`] has this name.
    pub fn kind_named(name: &str) -> Result<EntryKind, FilterError> {
        let known = Self::KINDS.into_iter().find(|kind| kind.name() == name);
        known.ok_or(FilterError::Kind)
    }
}

/// Selects entries by status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusFilter {
    account: Option<u16>,
    transfer: Option<u16>,
    expiry: bool,
}

impl StatusFilter {
    /// Selects the statuses with this name, of accounts and of transfers. `expired` is the status of
    /// an expiry.
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

    /// Selects the statuses of this number, of accounts and of transfers, known or not. Together
    /// with a kind it finds entries of a later version, or altered ones.
    pub fn numbered(number: u16) -> Self {
        Self { account: Some(number), transfer: Some(number), expiry: false }
    }

    fn matches(self, recorded: &EntryRef<'_>) -> bool {
        let status = Some(recorded.entry.status);
        match recorded.entry.kind {
            EntryKind::Account => status == self.account,
            EntryKind::Transfer => status == self.transfer,
            EntryKind::Expiry => self.expiry,
            EntryKind::Extension => false,
        }
    }
}

/// The status of a transfer that was created.
const CREATED: u16 = CreateTransferStatus::Created as u16;

/// Characters of a name that an error shows.
const SHOWN_MAX: usize = 48;

/// Why a filter is invalid.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FilterError {
    /// The kind is not one of [`TrailFilter::KINDS`].
    Kind,
    /// No status has this name.
    Status {
        /// The name, or its beginning.
        found: String,
    },
    /// The trail has no such writer.
    Writer {
        /// The number of the writer.
        found: usize,
        /// The number of writers of the trail.
        writers: usize,
    },
    /// The account id is 0 or 2^128 - 1.
    Account {
        /// The id.
        found: u128,
    },
    /// A timestamp exceeds 2^63 - 1.
    Timestamp {
        /// The name of the field.
        field: &'static str,
        /// Its value.
        found: u64,
    },
    /// The period ends before it begins.
    Period {
        /// Its start.
        timestamp_min: u64,
        /// Its end.
        timestamp_max: u64,
    },
    /// The limit is not 1 to 8,189.
    Limit {
        /// The limit.
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
                write!(formatter, "status must be the name of a status, not {found:?}")
            }
            Self::Writer { found, writers } => {
                write!(formatter, "writer must be below {writers}, not {found}")
            }
            Self::Account { found } => {
                write!(formatter, "account_id must be 1 to 2^128 - 2, not {found}")
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

/// A page of the entries that a filter selects.
#[derive(Clone, Debug)]
pub struct Page<'a> {
    /// The entries, in order of timestamps, or reversed.
    pub entries: Vec<EntryRef<'a>>,
    /// The value of [`TrailFilter::after`] for the next page. `None` on the last page.
    pub next: Option<u64>,
}

impl<'a> Page<'a> {
    /// Returns the page of the first `limit` of these entries. One more shows that there is a next
    /// page.
    pub(crate) fn of(mut entries: Vec<EntryRef<'a>>, limit: u32) -> Self {
        let more = entries.len() > limit as usize;
        entries.truncate(limit as usize);
        let last = entries.last().map(|recorded| recorded.entry.timestamp);
        Self { entries, next: last.filter(|_| more) }
    }
}

impl TrailFilter {
    /// Checks that the filter is valid for a trail of `writers` writers.
    ///
    /// # Errors
    /// The first [`FilterError`] in it.
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

    /// Returns whether the filter can select entries that change accounts: transfers that were created
    /// and expiries; and whether it can select others.
    pub(crate) fn selects_changes_and_others(&self) -> (bool, bool) {
        let of_kind = |kind| self.kind.is_none_or(|only| only == kind);
        let of_status = |of: fn(StatusFilter) -> bool| self.status.is_none_or(of);
        let created = |status: StatusFilter| status.transfer == Some(CREATED);
        let rejected = |status: StatusFilter| status.transfer.is_some_and(|one| one != CREATED);
        let [transfer, expiry] = [EntryKind::Transfer, EntryKind::Expiry].map(of_kind);
        let changes = transfer && of_status(created) || expiry && of_status(|one| one.expiry);
        let accounts = of_kind(EntryKind::Account) && of_status(|one| one.account.is_some());
        (changes, transfer && of_status(rejected) || accounts)
    }

    /// Returns whether an entry matches, apart from its timestamp. `is_pending` returns
    /// whether an id is that of a pending transfer of the account.
    pub(crate) fn matches(
        &self,
        recorded: &EntryRef<'_>,
        is_pending: &impl Fn(u128) -> bool,
    ) -> bool {
        let entry = recorded.entry;
        self.writer.is_none_or(|writer| writer == recorded.writer)
            && self.kind.is_none_or(|kind| kind == entry.kind)
            && self.id.is_none_or(|id| id == entry.id)
            && self.status.is_none_or(|status| status.matches(recorded))
            && self.account_id.is_none_or(|id| concerns(recorded, id, is_pending))
    }

    /// Returns the range of timestamps of all matching entries: the first one, and the one after
    /// the last.
    pub(crate) fn bounds(&self, trail: &Trail) -> (u64, u64) {
        let Period { timestamp_min, timestamp_max } = self.period;
        let mut from = timestamp_min;
        let mut to = if timestamp_max == 0 { u64::MAX } else { timestamp_max + 1 };
        match self.after {
            Some(after) if self.reversed => to = to.min(after),
            Some(after) => from = from.max(after + 1),
            None => {}
        }
        // An id that encodes its entry's position is on no entry before that one.
        let positional = self.id.and_then(|id| trail.find_by_id(id)).filter(EntryRef::is_plain);
        if let Some(recorded) = positional {
            from = from.max(recorded.entry.timestamp);
        }
        (from, to)
    }
}

/// Ids of pending transfers of an account.
type PendingIds = HashSet<u128, FixedState>;

/// Returns whether an attempt concerns an account.
fn concerns(recorded: &EntryRef<'_>, account: u128, is_pending: &impl Fn(u128) -> bool) -> bool {
    let entry = recorded.entry;
    match entry.kind {
        EntryKind::Account => entry.id == account,
        EntryKind::Transfer => {
            let named = entry.debit_account_id == account || entry.credit_account_id == account;
            // A post or a void may omit its accounts.
            named || recorded.extension.is_some_and(|extension| is_pending(extension.id))
        }
        EntryKind::Expiry => is_pending(entry.id),
        EntryKind::Extension => false,
    }
}

impl Trail {
    /// Returns one page of the entries that match a filter.
    ///
    /// It reads the entries published when it was called; writers may run meanwhile. An entry with
    /// a timestamp below the page's last one may follow from a slower writer, so pages are complete
    /// only once the writers have stopped. Period and cursor are found by binary search, and an id
    /// that encodes its position directly. Everything else is scanned until the page is full, and a
    /// filter by account scans all pending transfers first.
    ///
    /// # Errors
    /// [`FilterError`] for an invalid filter.
    pub fn select(&self, filter: &TrailFilter) -> Result<Page<'_>, FilterError> {
        filter.check(self.segments().len())?;
        let pending = filter.account_id.map(|id| self.pending_ids_of(id)).unwrap_or_default();
        let is_pending = |id| pending.contains(&id);
        Ok(WaitForever::finish(self.page_with(filter, is_pending, &WaitForever)))
    }

    /// Returns one page for a valid filter, unless `policy` ends the scan. It stores no more than
    /// the page. `is_pending` returns whether an id is that of a pending transfer of the filter's
    /// account.
    pub(crate) fn page_with(
        &self,
        filter: &TrailFilter,
        is_pending: impl Fn(u128) -> bool,
        policy: &impl WaitPolicy,
    ) -> Result<Page<'_>, Interrupted> {
        let entries = self.entries_in(filter.writer, filter.bounds(self), filter.reversed);
        let find = |recorded: EntryRef<'_>| filter.matches(&recorded, &is_pending);
        let find = |recorded| Some(recorded).filter(|recorded| find(*recorded));
        // One more than the page has, to know whether it is the last one.
        let entries = collect_matches(entries, filter.limit as usize + 1, policy, find)?;
        Ok(Page::of(entries, filter.limit))
    }

    /// Returns the ids of all attempts at pending transfers of an account.
    fn pending_ids_of(&self, account: u128) -> PendingIds {
        let flag = TransferFlags::PENDING.bits();
        let mut pending = PendingIds::default();
        for log in self.segments() {
            let attempts = log.chunks(0, log.len()).flatten().filter(|entry| {
                entry.kind == EntryKind::Transfer
                    && entry.flags & flag != 0
                    && (entry.debit_account_id == account || entry.credit_account_id == account)
            });
            pending.extend(attempts.map(|entry| entry.id));
        }
        pending
    }
}
