//! The history: rows of the audit trail, read backwards from the trail's end.

use super::{Coins, Kind, Reason, codes};
use crate::model::CreateTransferStatus;
use crate::sync::Log;
use crate::trail::{Entry, EntryKind};

/// How many refusals each session keeps that the ledger has no words for: the latest 1,000, as many
/// rows as GoLedger keeps.
pub const KEPT_MAX: usize = 1_000;

/// What became of a deposit, a withdrawal or a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// The attempt: a UUID of version 7.
    pub id: u128,
    /// What was attempted.
    pub kind: Kind,
    /// Whom the coins come from; none where nobody can have the name that was given.
    pub from: Option<&'a str>,
    /// Whom the coins go to; none where nobody can have the name that was given.
    pub to: Option<&'a str>,
    /// How many coins, as it was asked for.
    pub amount: i64,
    /// When, in nanoseconds of the ledger's time.
    pub timestamp: u64,
    /// `SUCCESS`, or `FAILED_` and why.
    pub status: &'static str,
}

/// A refusal that is not in the ledger's trail.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    pub(super) id: u128,
    pub(super) kind: Kind,
    pub(super) from: u128,
    pub(super) to: u128,
    pub(super) amount: i64,
    pub(super) timestamp: u64,
    pub(super) reason: Reason,
}

impl Coins {
    /// Takes down a refusal that is not in the trail, in place of the oldest one where there are
    /// enough.
    pub(super) fn keep(&self, session: usize, kept: Kept) {
        let mut list = self.drawers[session].kept.lock();
        if list.len() == KEPT_MAX {
            list.pop_front();
        }
        list.push_back(kept);
    }

    /// The latest rows of one id, or of all, the latest first.
    pub(super) fn rows(&self, id: Option<u128>, limit: usize) -> Vec<Row<'_>> {
        let concerns = |from: u128, to: u128| id.is_none_or(|id| from == id || to == id);
        let mut rows = self.kept_rows(concerns);
        let mut tails: Vec<_> = self.ledger.trail().segments().map(Tail::new).collect();
        let mut found = 0;
        while found < limit {
            let latest = tails.iter_mut().max_by_key(|tail| tail.timestamp());
            let Some((entry, status)) = latest.and_then(Tail::take) else { break };
            if !concerns(entry.debit_account_id, entry.credit_account_id) {
                continue;
            }
            if let Some(row) = self.row(&entry, status) {
                rows.push(row);
                found += 1;
            }
        }
        // Stable: what was kept first comes after what was kept later, at one time.
        rows.sort_by_key(|row| std::cmp::Reverse(row.timestamp));
        rows.truncate(limit);
        rows
    }

    fn kept_rows(&self, concerns: impl Fn(u128, u128) -> bool) -> Vec<Row<'_>> {
        let mut rows = Vec::new();
        for drawer in &self.drawers {
            let list = drawer.kept.lock();
            let wanted = list.iter().rev().filter(|kept| concerns(kept.from, kept.to));
            rows.extend(wanted.map(|kept| Row {
                id: kept.id,
                kind: kept.kind,
                from: self.name(kept.from),
                to: self.name(kept.to),
                amount: kept.amount,
                timestamp: kept.timestamp,
                status: kept.reason.status(),
            }));
        }
        rows
    }

    fn row(&self, entry: &Entry, status: CreateTransferStatus) -> Option<Row<'_>> {
        let kind = match entry.code {
            codes::DEPOSIT => Kind::Deposit,
            codes::WITHDRAWAL => Kind::Withdrawal,
            codes::TRANSFER | codes::PAYMENT | codes::SETTLEMENT => Kind::Transfer,
            _ => return None,
        };
        Some(Row {
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

/// A segment that is read from its end.
struct Tail<'a> {
    log: &'a Log<Entry>,
    len: u64,
}

impl<'a> Tail<'a> {
    fn new(log: &'a Log<Entry>) -> Self {
        Self { log, len: log.len() }
    }

    /// The timestamp of the entry that comes next; none at the beginning of the segment.
    fn timestamp(&self) -> Option<u64> {
        self.log.get(self.len.checked_sub(1)?).map(|entry| entry.timestamp)
    }

    /// The next transfer, and why it was refused; none at the beginning of the segment.
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
        // The two transfers of a payment stand side by side.
        let other = if entry.code == codes::PAYMENT { self.len + 1 } else { self.len - 1 };
        Some((entry, self.log.get(other)?.transfer_status()?))
    }
}
