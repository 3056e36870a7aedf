//! The history: GoLedger's audit rows, read backwards from the end of the trail.

use std::fmt;
use std::str::FromStr;

use super::coin_ledger::{Coins, codes};
use super::rejection::{Kind, Reason, UnrecordedRejection};
use crate::ledger::{Cancellation, Interrupted};
use crate::model::CreateTransferStatus;
use crate::sync::{Log, WaitForever, WaitPolicy};
use crate::trail::{CHECK_ITEMS, Entry, EntryKind, first_not_before};

/// The maximum number of rejections that each session stores because the ledger has no status for them:
/// the latest 1,000, as many rows as GoLedger stores.
pub const UNRECORDED_MAX: usize = 1_000;

/// The outcome of a deposit, a withdrawal or a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryRow<'a> {
    /// The id of the attempt: a version 7 UUID.
    pub id: u128,
    /// The kind of attempt.
    pub kind: Kind,
    /// The sender; `None` if the name was unknown.
    pub from: Option<&'a str>,
    /// The recipient; `None` if the name was unknown.
    pub to: Option<&'a str>,
    /// The amount that was requested.
    pub amount: i64,
    /// The ledger's time, in nanoseconds.
    pub timestamp: u64,
    /// `SUCCESS`, or `FAILED_` and the reason.
    pub status: &'static str,
}

/// A position in the history, after which older rows follow. Its text is `timestamp-recorded-id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HistoryCursor {
    timestamp: u64,
    /// Of rows with one timestamp, those that are not in the trail are the latest. An entry of the trail
    /// has a timestamp of its own; they have the time of their session.
    is_unrecorded: bool,
    /// The ids of a session ascend.
    id: u128,
}

impl fmt::Display for HistoryCursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}-{}", self.timestamp, u8::from(!self.is_unrecorded), self.id)
    }
}

impl FromStr for HistoryCursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.splitn(3, '-');
        let mut part = || parts.next().ok_or(());
        let timestamp = part()?.parse().map_err(drop)?;
        let is_unrecorded = part()? == "0";
        Ok(Self { timestamp, is_unrecorded, id: part()?.parse().map_err(drop)? })
    }
}

impl HistoryRow<'_> {
    fn cursor(&self, is_unrecorded: bool) -> HistoryCursor {
        HistoryCursor { timestamp: self.timestamp, is_unrecorded, id: self.id }
    }
}

/// Rows with their positions.
type PlacedRows<'a> = Vec<(HistoryCursor, HistoryRow<'a>)>;

fn without_positions(rows: PlacedRows<'_>) -> Vec<HistoryRow<'_>> {
    rows.into_iter().map(|(_, row)| row).collect()
}

impl Coins {
    /// Returns the latest `limit` rows of a holder, the latest first.
    pub fn history(&self, name: &str, limit: usize) -> Vec<HistoryRow<'_>> {
        match self.names.find(name) {
            Some(id) => self.latest(Some(id), limit),
            None => Vec::new(),
        }
    }

    /// Returns a page of at most `limit` rows of a holder that precede `before`, the latest first, and the
    /// cursor of the next page if there is one. It reads the trail backwards until the page is full.
    ///
    /// # Errors
    /// [`Interrupted`] when `cancellation` took effect. It is checked every few thousand entries.
    pub fn history_page(
        &self,
        name: &str,
        before: Option<HistoryCursor>,
        limit: usize,
        cancellation: &Cancellation<'_>,
    ) -> Result<(Vec<HistoryRow<'_>>, Option<HistoryCursor>), Interrupted> {
        let Some(id) = self.names.find(name) else { return Ok((Vec::new(), None)) };
        let mut rows = self.rows(Some(id), before, limit.saturating_add(1), cancellation)?;
        let has_next = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| has_next).map(|(cursor, _)| *cursor);
        Ok((without_positions(rows), next))
    }

    /// Returns the latest `limit` rows of all holders, the latest first.
    pub fn recent(&self, limit: usize) -> Vec<HistoryRow<'_>> {
        self.latest(None, limit)
    }

    fn latest(&self, id: Option<u128>, limit: usize) -> Vec<HistoryRow<'_>> {
        let rows = self.rows(id, None, limit, &WaitForever);
        without_positions(WaitForever::finish(rows))
    }

    /// Stores a rejection that is not in the trail. If there are [`UNRECORDED_MAX`], it replaces the oldest.
    pub(super) fn store_rejection(&self, session: usize, rejection: UnrecordedRejection) {
        let mut list = self.sessions[session].rejections.lock();
        if list.len() == UNRECORDED_MAX {
            list.pop_front();
        }
        list.push_back(rejection);
    }

    fn rows(
        &self,
        id: Option<u128>,
        before: Option<HistoryCursor>,
        limit: usize,
        policy: &impl WaitPolicy,
    ) -> Result<PlacedRows<'_>, Interrupted> {
        let concerns = |from: u128, to: u128| id.is_none_or(|id| from == id || to == id);
        let precedes = |cursor: HistoryCursor| before.is_none_or(|before| cursor < before);
        let unrecorded = self.unrecorded_rows(concerns).into_iter();
        let mut rows: Vec<_> = unrecorded.map(|row| (row.cursor(true), row)).collect();
        rows.retain(|(cursor, _)| precedes(*cursor));
        let end = before.map_or(u64::MAX, |before| before.timestamp.saturating_add(1));
        let segments = self.ledger.trail().segments();
        let mut tails: Vec<_> = segments.map(|log| Tail::new(log, end)).collect();
        let (mut found, mut entries_read) = (0, 0);
        while found < limit {
            if entries_read % CHECK_ITEMS == 0 {
                policy.check()?;
            }
            entries_read += 1;
            let latest = tails.iter_mut().max_by_key(|tail| tail.timestamp());
            let Some((entry, status)) = latest.and_then(Tail::take) else { break };
            if !concerns(entry.debit_account_id, entry.credit_account_id) {
                continue;
            }
            let row = self.row(&entry, status).map(|row| (row.cursor(false), row));
            if let Some(row) = row.filter(|(cursor, _)| precedes(*cursor)) {
                rows.push(row);
                found += 1;
            }
        }
        rows.sort_by_key(|(cursor, _)| std::cmp::Reverse(*cursor));
        rows.truncate(limit);
        Ok(rows)
    }

    fn unrecorded_rows(&self, concerns: impl Fn(u128, u128) -> bool) -> Vec<HistoryRow<'_>> {
        let mut rows = Vec::new();
        for session in &self.sessions {
            let list = session.rejections.lock();
            let wanted =
                list.iter().rev().filter(|rejection| concerns(rejection.from, rejection.to));
            rows.extend(wanted.map(|one| HistoryRow {
                id: one.id,
                kind: one.kind,
                from: self.name(one.from),
                to: self.name(one.to),
                amount: one.amount,
                timestamp: one.timestamp,
                status: one.reason.status(),
            }));
        }
        rows
    }

    fn row(&self, entry: &Entry, status: CreateTransferStatus) -> Option<HistoryRow<'_>> {
        let kind = match entry.code {
            codes::DEPOSIT => Kind::Deposit,
            codes::WITHDRAWAL => Kind::Withdrawal,
            codes::TRANSFER | codes::PAYMENT | codes::SETTLEMENT => Kind::Transfer,
            _ => return None,
        };
        Some(HistoryRow {
            id: entry.id,
            kind,
            from: self.name(entry.debit_account_id),
            to: self.name(entry.credit_account_id),
            amount: i64::try_from(entry.amount).ok()?,
            timestamp: entry.timestamp,
            status: Reason::of(kind, status).map_or("SUCCESS", Reason::status),
        })
    }
}

/// A segment of the trail, read from its end.
struct Tail<'a> {
    log: &'a Log<Entry>,
    len: u64,
}

impl<'a> Tail<'a> {
    /// Returns the part of a segment before a timestamp.
    fn new(log: &'a Log<Entry>, end: u64) -> Self {
        Self { log, len: first_not_before(log, end) }
    }

    /// The timestamp of the next entry; `None` at the beginning of the segment.
    fn timestamp(&self) -> Option<u64> {
        self.log.get(self.len.checked_sub(1)?).map(|entry| entry.timestamp)
    }

    /// Takes the next transfer and its status; `None` at the beginning of the segment.
    fn take(&mut self) -> Option<(Entry, CreateTransferStatus)> {
        self.len = self.len.checked_sub(1)?;
        let entry = self.log.get(self.len)?;
        if entry.kind != EntryKind::Transfer {
            return Some((Entry::default(), CreateTransferStatus::Created));
        }
        let status = entry.transfer_status()?;
        if status != CreateTransferStatus::LinkedEventFailed {
            return Some((entry, status));
        }
        // The two transfers of a payment are adjacent.
        let other = if entry.code == codes::PAYMENT { self.len + 1 } else { self.len - 1 };
        Some((entry, self.log.get(other)?.transfer_status()?))
    }
}
