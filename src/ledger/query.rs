//! Look-ups and queries. They run beside writers and read transfers from the trail.

use super::account_changes::Found;
use super::cancellation::Cancellation;
use super::chunk_scan::{Candidates, Selection};
use super::chunk_summary::{ChunkSummary, Terms};
use super::history::results_max;
use super::shared_ledger::Ledger;
use crate::model::{Account, QueryFilter, Transfer};
use crate::sync::{Interrupted, Prefetcher, WaitForever};
use crate::trail::{EntryKind, EntryRef, Page, TrailFilter, collect_matches};

/// Ids of a look-up whose places in the table are prefetched together.
const IDS_PREFETCHED: usize = 32;

impl Ledger {
    /// Returns the accounts of these ids, in the same order. Ids without an account are left out.
    pub fn lookup_accounts(&self, ids: &[u128]) -> Vec<Account> {
        let numbers = ids.iter().filter_map(|&id| self.find(id));
        numbers.map(|number| self.whole_account(number)).collect()
    }

    fn whole_account(&self, number: u64) -> Account {
        self.accounts.read(number).to_account(self.accounts.user_data(number))
    }

    /// Returns the transfers of these ids, in the same order. Ids of no transfer are left out.
    ///
    /// Takes 1 to 2 µs for each id, whatever the number of transfers.
    pub fn lookup_transfers(&self, ids: &[u128]) -> Vec<Transfer> {
        let mut found = Vec::new();
        for group in ids.chunks(IDS_PREFETCHED) {
            let mut prefetcher = Prefetcher::default();
            group.iter().for_each(|&id| self.transfer_ids.prefetch(id, &mut prefetcher));
            found.extend(group.iter().filter_map(|&id| self.transfer(id)));
        }
        found
    }

    /// Returns the accounts that match a filter, at most [`RESULTS_MAX`]. None for an invalid
    /// filter.
    pub fn query_accounts(&self, filter: &QueryFilter) -> Vec<Account> {
        WaitForever::finish(self.query_accounts_with(filter, &Cancellation::never()))
    }

    /// Like [`Ledger::query_accounts`], unless it is cancelled.
    ///
    /// # Errors
    /// [`Interrupted`] when `cancellation` took effect. It is checked every few thousand accounts.
    pub fn query_accounts_with(
        &self,
        filter: &QueryFilter,
        cancellation: &Cancellation<'_>,
    ) -> Result<Vec<Account>, Interrupted> {
        if !filter.is_valid() {
            return Ok(Vec::new());
        }
        let all = 0..self.accounts.len();
        let find = |number| {
            let matches = |account: &Account| account.id != 0 && filter.matches_account(account);
            Some(self.whole_account(number)).filter(matches)
        };
        match filter.is_reversed() {
            false => collect_matches(all, results_max(filter.limit), cancellation, find),
            true => collect_matches(all.rev(), results_max(filter.limit), cancellation, find),
        }
    }

    /// Returns the transfers that match a filter, as [`Ledger::query_accounts`] does.
    ///
    /// Reads the period, and in it only chunks of 4,096 records that may have transfers of the wanted
    /// terms, until there are enough. It knows that by summaries, which the first query makes as it
    /// reads: the first one takes the time of reading the period, later ones 50 ns for each chunk
    /// without results.
    pub fn query_transfers(&self, filter: &QueryFilter) -> Vec<Transfer> {
        WaitForever::finish(self.query_transfers_with(filter, &Cancellation::never()))
    }

    /// Like [`Ledger::query_transfers`], unless it is cancelled.
    ///
    /// # Errors
    /// [`Interrupted`] when `cancellation` took effect. It is checked every few thousand entries.
    pub fn query_transfers_with(
        &self,
        filter: &QueryFilter,
        cancellation: &Cancellation<'_>,
    ) -> Result<Vec<Transfer>, Interrupted> {
        if !filter.is_valid() {
            return Ok(Vec::new());
        }
        let period = (filter.period.timestamp_min, self.end_of(filter.period, cancellation)?);
        let mut found = Selection::new(period, (results_max(filter.limit), filter.is_reversed()));
        let terms = Terms::of(filter);
        let candidates = |chunk: &ChunkSummary| chunk.may_have(&terms).then_some(Candidates::Every);
        let matches = |recorded: &EntryRef<'_>| {
            let transfer = recorded.created_transfer(&self.trail);
            transfer.is_some_and(|transfer| filter.matches_transfer(&transfer))
        };
        self.scan_chunks(&mut found, cancellation, &candidates, &matches)?;
        Ok(self.created_by(&found.into_entries()))
    }

    /// Returns a page of the entries that match a filter, as [`Trail::select`](crate::Trail::select)
    /// does, in memory for one page. Of the entries without accounts of their own, those belong to
    /// an account that post, void or expire a pending transfer that was created. An invalid filter
    /// matches nothing.
    ///
    /// With an account, changes are found like [`Ledger::get_account_transfers`] finds them, from
    /// `after` on. Rejected attempts change nothing, so they are found by summaries of the trail's
    /// chunks, as in [`Ledger::query_transfers`]; a filter by the status `created` and the kind
    /// `transfer` needs none of that. Without an account, everything is scanned from `after` on.
    ///
    /// # Errors
    /// [`Interrupted`] when `cancellation` took effect. It is checked every few thousand entries.
    pub fn select_entries<'a>(
        &'a self,
        filter: &TrailFilter,
        cancellation: &Cancellation<'_>,
    ) -> Result<Page<'a>, Interrupted> {
        if filter.check(self.trail.segments().len()).is_err() {
            return Ok(Page { entries: Vec::new(), next: None });
        }
        let is_pending = |id| {
            let parties = |pending: Transfer| [pending.debit_account_id, pending.credit_account_id];
            let parties = self.transfer(id).map(parties);
            parties.zip(filter.account_id).is_some_and(|(parties, id)| parties.contains(&id))
        };
        let Some(id) = filter.account_id else {
            return self.trail.page_with(filter, is_pending, cancellation);
        };
        let account = self.queried_account(id);
        let matching = |recorded: EntryRef<'a>| {
            let matches = filter.matches(&recorded, &is_pending);
            matches.then_some(recorded)
        };
        let (has_changes, has_others) = filter.selects_changes_and_others();
        // One more than the page has, to know whether it is the last one.
        let order = (filter.limit as usize + 1, filter.reversed);
        let period @ (_, to) = filter.bounds(&self.trail);
        let mut found = Selection::new(period, order);
        if has_changes {
            let changes = self.changes_in(account, period, filter.reversed, cancellation)?;
            let changes =
                changes.map(|(change, _)| matching(change).filter(|one| one.entry.timestamp < to));
            let entries = self.trail.entries_in(None, period, filter.reversed).map(matching);
            let Found { results, by_scan } =
                Self::find_in_turns(order, changes, entries, cancellation)?;
            if by_scan {
                return Ok(Page::of(results, filter.limit));
            }
            found.add(results);
        }
        if has_others {
            let candidates = |chunk: &ChunkSummary| match chunk.unchanging_of(id) {
                Some(none) if none.is_empty() => None,
                Some(offsets) => Some(Candidates::At(offsets)),
                None => Some(Candidates::Every),
            };
            let unchanging = |recorded: &EntryRef<'a>| {
                let entry = recorded.entry;
                let changes = entry.is_created_transfer() || entry.kind == EntryKind::Expiry;
                !changes && filter.matches(recorded, &is_pending)
            };
            self.scan_chunks(&mut found, cancellation, &candidates, &unchanging)?;
        }
        Ok(Page::of(found.into_entries(), filter.limit))
    }
}
