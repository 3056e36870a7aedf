//! A snapshot must equal a serial run of a prefix of the trail.

use ledgerlab::ledger::{Ledger, Snapshot};
use ledgerlab::model::TransferFlags as F;
use ledgerlab::trail::{Entry, EntryFlags, EntryKind, Replay, Trail};

/// Returns the trail's prefix up to `timestamp`. A unit is positioned at its first entry.
pub fn until(trail: &Trail, timestamp: u64) -> std::sync::Arc<Trail> {
    let cut = |entries: Vec<Entry>| {
        let (mut begins, mut length) = (true, 0);
        for entry in entries.iter().filter(|entry| entry.kind != EntryKind::Extension) {
            if begins && entry.timestamp > timestamp {
                break;
            }
            length += 1 + usize::from(entry.entry_flags().contains(EntryFlags::HAS_EXTENSION));
            begins = entry.flags & F::LINKED.bits() == 0
                || entry.entry_flags().contains(EntryFlags::LAST);
        }
        entries[..length].to_vec()
    };
    let segments =
        trail.segments().map(|log| (0..log.len()).filter_map(|at| log.get(at)).collect());
    Trail::of(segments.map(cut).collect()).expect("there is memory")
}

/// Compares a snapshot with a replay of the trail's prefix.
#[track_caller]
pub fn verify(ledger: &Ledger, snapshot: &Snapshot) {
    let (mut debits, mut credits) = ((0, 0), (0, 0));
    for state in &snapshot.accounts {
        debits = (debits.0 + state.debits_pending, debits.1 + state.debits_posted);
        credits = (credits.0 + state.credits_pending, credits.1 + state.credits_posted);
        assert!(state.is_within_limits(), "{state:?}");
    }
    assert_eq!(debits, credits, "at {}", snapshot.timestamp);
    let mut replay = Replay::default();
    replay.replay(&until(ledger.trail(), snapshot.timestamp), |_| {}).expect("it was a right run");
    replay.compare(snapshot.accounts.iter().copied()).unwrap_or_else(|divergence| {
        panic!("at {}: {divergence}", snapshot.timestamp);
    });
}
