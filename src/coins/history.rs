//! The history: GoLedger's audit rows, read backwards from the end of the trail.

use std::fmt;
use std::str::FromStr;

use super::coin_ledger::{Coins, codes};
use super::rejection::{Kind, Reason, UnrecordedRejection};
use crate::ledger::{Cancellation, Interrupted};
use crate::model::{CreateTransferStatus, RESULTS_MAX, TIMESTAMP_MAX};
use crate::sync::WaitForever;
use crate::trail::{EntryKind, EntryRef, TrailFilter};

/// The maximum number of rejections that each session stores because the ledger has no status for them:
/// the latest 1,000, as many rows as GoLedger stores.
pub const UNRECORDED_MAX: usize = 1_000;

/// The minimum number of entries of a read, not all of which are rows.
const ENTRIES_MIN: usize = 64;

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
    /// cursor of the next page if there is one, as [`Ledger::select_entries`](crate::Ledger::select_entries)
    /// finds them: in time proportional to the page.
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
        let rows = self.rows(id, None, limit, &Cancellation::never());
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
        cancellation: &Cancellation<'_>,
    ) -> Result<PlacedRows<'_>, Interrupted> {
        let concerns = |from: u128, to: u128| id.is_none_or(|id| from == id || to == id);
        let precedes = |cursor: HistoryCursor| before.is_none_or(|before| cursor < before);
        let unrecorded = self.unrecorded_rows(concerns).into_iter();
        let mut rows: Vec<_> = unrecorded.map(|row| (row.cursor(true), row)).collect();
        rows.retain(|(cursor, _)| precedes(*cursor));
        let mut filter = TrailFilter {
            account_id: id,
            kind: Some(EntryKind::Transfer),
            after: before.map(|before| before.timestamp.saturating_add(1).min(TIMESTAMP_MAX)),
            reversed: true,
            ..TrailFilter::default()
        };
        let mut wanted = limit;
        while wanted > 0 {
            filter.limit = wanted.clamp(ENTRIES_MIN, RESULTS_MAX as usize) as u32;
            let page = self.ledger.select_entries(&filter, cancellation)?;
            for recorded in page.entries {
                let entry = recorded.entry;
                // What resolves a pending transfer is no row of an account that it does not name.
                if wanted == 0 || !concerns(entry.debit_account_id, entry.credit_account_id) {
                    continue;
                }
                let row = self.row(&recorded).map(|row| (row.cursor(false), row));
                if let Some(row) = row.filter(|(cursor, _)| precedes(*cursor)) {
                    rows.push(row);
                    wanted -= 1;
                }
            }
            filter.after = page.next;
            if page.next.is_none() {
                break;
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

    fn row(&self, recorded: &EntryRef<'_>) -> Option<HistoryRow<'_>> {
        let entry = recorded.entry;
        let kind = match entry.code {
            codes::DEPOSIT => Kind::Deposit,
            codes::WITHDRAWAL => Kind::Withdrawal,
            codes::TRANSFER | codes::PAYMENT | codes::SETTLEMENT => Kind::Transfer,
            _ => return None,
        };
        let status = self.status(recorded)?;
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

    /// Returns the status of a transfer; for one that failed because of the other one of a payment, the
    /// status of that one.
    fn status(&self, recorded: &EntryRef<'_>) -> Option<CreateTransferStatus> {
        let status = recorded.entry.transfer_status()?;
        if status != CreateTransferStatus::LinkedEventFailed {
            return Some(status);
        }
        // The two transfers of a payment are adjacent.
        let is_first = recorded.entry.code == codes::PAYMENT;
        let position = recorded.position;
        let other = if is_first { position + 1 } else { position.checked_sub(1)? };
        let log = self.ledger.trail().segments().nth(recorded.writer)?;
        log.get(other)?.transfer_status()
    }
}
