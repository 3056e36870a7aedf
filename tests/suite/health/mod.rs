//! Health: every state of every component, reached by its real cause.

mod coins;
mod latches;
mod runs;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::common::{account, limited, open, pay, transfer};
use ledgerlab::ledger::HealthStatus::{Degraded, Healthy, Unhealthy};
use ledgerlab::ledger::health::{MESSAGE_BYTES_MAX, ReplayResult};
use ledgerlab::ledger::{
    Cancellation, Health, HealthStatus, Ledger, LedgerConfig, LedgerError, Writer,
};
use ledgerlab::model::{Transfer, TransferAttempt, TransferFlags, UserData};
use ledgerlab::store::Step;
use ledgerlab::store::simulated_disk::{Fault, SimulatedDisk};
use ledgerlab::trail::{CHUNK_ENTRIES, ENTRY_BYTES};

/// Returns a configuration with a trail of this many chunks.
fn ledger_of(writers: usize, chunks: u64, accounts_max: u64) -> (Arc<Ledger>, Vec<Writer>) {
    let trail_bytes = chunks * CHUNK_ENTRIES * ENTRY_BYTES;
    let config = LedgerConfig { writers, accounts_max, trail_bytes, ..LedgerConfig::default() };
    Ledger::with_writers(&config).expect("the configuration is sound")
}

/// Asserts the components that are not healthy, and that the ledger has the worst of their states.
fn troubles(health: &Health) -> Vec<(&'static str, HealthStatus)> {
    let parts = health.components.parts();
    let worst = parts.iter().map(|(_, status, _)| *status).max();
    assert_eq!(Some(health.status), worst, "{health:?}");
    let all = parts.into_iter().filter(|(_, status, _)| *status != Healthy);
    for (_, _, sentence) in all.clone() {
        assert!(health.message.contains(sentence), "{}", health.message);
    }
    all.map(|(name, status, _)| (name, status)).collect()
}

#[test]
fn fresh_ledger_is_healthy() {
    let (ledger, _writers) = ledger_of(1, 8, 100);
    let health = ledger.health(5_000);
    assert_eq!(troubles(&health), []);
    assert_eq!(health.message, "every component is within its limits");
    assert_eq!((health.uptime_ns, health.operations), (0, 0));
    let sentences = health.components.parts().map(|(_, _, sentence)| sentence);
    assert_eq!(
        sentences,
        [
            "0 of 100 accounts are open, below 80 %",
            "the trail uses 0 of its 4 MiB, below 80 %",
            "0 waits for latches and 0 conflicts in 0 operations since the last sample",
            "serial replay has not run",
            "no store is attached; the ledger is in memory only",
        ]
    );
}

#[test]
fn uptime_counts_from_the_first_reading() {
    let (ledger, _writers) = ledger_of(1, 1, 10);
    ledger.begin(1_000);
    ledger.begin(10);
    assert_eq!(ledger.health(4_000).uptime_ns, 3_000);
    assert_eq!(ledger.health(500).uptime_ns, 0, "a clock that goes back is no error");

    let (ledger, mut writers) = ledger_of(1, 1, 10);
    writers[0].set_time(7_000).expect("the trail has room");
    writers[0].set_time(8_000).expect("the trail has room");
    assert_eq!(ledger.health(9_000).uptime_ns, 2_000);

    let (ledger, _writers) = ledger_of(1, 1, 10);
    assert_eq!(ledger.health(0).uptime_ns, 0);
    assert_eq!(ledger.health(60).uptime_ns, 60, "zero is a time like any other");
}

#[test]
fn account_usage_rises_to_its_limit() {
    let (ledger, mut writers) = ledger_of(1, 8, 10);
    let writer = &mut writers[0];
    let accounts: Vec<_> = (1..=10).map(account).collect();
    open(writer, &accounts[..7]);
    assert_eq!(troubles(&ledger.health(0)), []);
    open(writer, &accounts[7..8]);
    let health = ledger.health(0);
    assert_eq!(troubles(&health), [("accounts", Degraded)]);
    assert_eq!(health.message, "8 of 10 accounts are open, at or above 80 %");
    open(writer, &accounts[8..]);
    let health = ledger.health(0);
    assert_eq!(troubles(&health), [("accounts", Unhealthy)]);
    assert_eq!(health.message, "10 of 10 accounts are open, at the limit");
    assert_eq!((health.components.accounts.figures.used, health.operations), (10, 10));
}

#[test]
fn trail_usage_rises_to_its_budget() {
    let (ledger, mut writers) = ledger_of(1, 10, 10);
    let writer = &mut writers[0];
    open(writer, &[account(1), account(2)]);
    for _ in 2..8 * CHUNK_ENTRIES - 1 {
        pay(writer, 1, 2, 1);
    }
    assert_eq!(troubles(&ledger.health(0)), []);
    pay(writer, 1, 2, 1);
    let health = ledger.health(0);
    assert_eq!(troubles(&health), [("trail", Degraded)]);
    assert_eq!(health.message, "the trail uses 4 of its 5 MiB, at or above 80 %");
    while writer.create_transfer(&transfer(1, 2, 1)).is_ok() {}
    let health = ledger.health(0);
    assert_eq!(troubles(&health), [("trail", Unhealthy)]);
    assert_eq!(health.message, "the trail has used up its 5 MiB, so attempts are rejected");
    assert_eq!(health.operations, 10 * CHUNK_ENTRIES);
}

/// Reserved memory is not used memory: only an attempt without memory makes the ledger unhealthy.
#[test]
fn excess_reservation_is_harmless() {
    let (ledger, mut writers) = ledger_of(1, 2, 10);
    let error = writers[0].reserve(3 * CHUNK_ENTRIES).expect_err("there are two chunks");
    assert!(matches!(error, LedgerError::TrailFull(_)));
    assert_eq!((ledger.trail().left_bytes(), ledger.trail().used_bytes()), (0, 0));
    assert_eq!(troubles(&ledger.health(0)), []);
    // A batch reserves all there is and finds that it is not enough.
    let batch = vec![TransferAttempt::default(); 2 * CHUNK_ENTRIES as usize - 3];
    let error = writers[0].create_transfers_with(&batch, &Cancellation::never());
    assert!(matches!(error, Err(LedgerError::TrailFull(_))));
    assert_eq!(troubles(&ledger.health(0)), [("trail", Unhealthy)]);
}

#[test]
fn replay_result_is_stored_with_its_time() {
    let (ledger, mut writers) = ledger_of(1, 8, 10);
    ledger.begin(1_000);
    let replay_figures = |ledger: &Ledger| {
        let replay = ledger.health(9_000).components.replay;
        (replay.figures.result, replay.figures.entries, replay.figures.ran_at_ns)
    };
    assert_eq!(replay_figures(&ledger), (ReplayResult::NotRun, 0, 0));
    open(&mut writers[0], &[account(1), account(2)]);
    assert_eq!(ledger.verify_with(3_000, |_| {}), Ok(2));
    assert_eq!(replay_figures(&ledger), (ReplayResult::Agreed, 2, 2_000));
    pay(&mut writers[0], 1, 2, 1);
    assert_eq!(
        replay_figures(&ledger),
        (ReplayResult::Agreed, 2, 2_000),
        "the third entry is not verified yet"
    );
    assert_eq!(ledger.verify_with(4_000, |_| {}), Ok(3));
    let health = ledger.health(9_000);
    assert_eq!(replay_figures(&ledger), (ReplayResult::Agreed, 3, 3_000));
    assert_eq!(health.components.replay.message, "serial replay agreed on 3 entries");

    // A balance without an entry in the trail.
    ledger.set_balances(1, [0, 0, 0, 50]);
    ledger.verify_with(5_000, |_| {}).expect_err("no entry has these credits");
    let health = ledger.health(9_000);
    assert_eq!(troubles(&health), [("replay", Unhealthy)]);
    assert_eq!(replay_figures(&ledger), (ReplayResult::Diverged, 0, 4_000));
    assert!(health.message.starts_with("serial replay disagrees: account "), "{}", health.message);
    assert!(health.message.contains("credits 50"), "{}", health.message);
}

/// A replay of a growing trail returns its result, but health does not store it.
#[test]
fn replay_disturbed_by_writers_is_discarded() {
    let (ledger, mut writers) = ledger_of(1, 8, 10);
    open(&mut writers[0], &[account(1), account(2)]);
    let result = ledger.verify_with(0, |_| pay(&mut writers[0], 1, 2, 1));
    result.expect_err("the balances are of one transfer more");
    assert_eq!(ledger.health(0).components.replay.figures.result, ReplayResult::NotRun);
}

#[test]
fn store_state_is_the_reported_one() {
    let (ledger, _writers) = ledger_of(1, 1, 10);
    assert!(!ledger.health(0).components.store.figures.attached);

    let disk = SimulatedDisk::new();
    let config = LedgerConfig::default();
    let (ledger, mut committer) = Ledger::open_files(disk.clone(), &config).expect("it is new");
    let health = ledger.health(0);
    assert_eq!(troubles(&health), []);
    assert!(health.components.store.figures.attached);
    let mut writer = ledger.writer().expect("it is free");
    writer.set_deferred(true);
    writer.create_account(&account(1)).expect("there is room");
    disk.inject(disk.operations(), Fault::Fails);
    assert_eq!(committer.step(), Step::Ended);
    let health = ledger.health(0);
    assert_eq!(troubles(&health), [("store", Unhealthy)]);
    assert!(health.message.ends_with("a block cannot be written: the simulated disk failed"));
    assert!(health.message.len() < MESSAGE_BYTES_MAX);
    assert_eq!(writer.create_account(&account(2)), Err(LedgerError::StoreEnded));
}

/// Samples while writers write entries with and without extensions. The number of operations never
/// decreases, and ends at the exact number. A chain is published as a whole, after its extensions
/// are counted.
#[test]
fn operations_never_fall_while_writers_run() {
    const BATCHES: u64 = 60;
    const CHAIN: u64 = 512;
    let (ledger, mut writers) = ledger_of(3, 512, 10);
    open(&mut writers[0], &[account(1), account(2), limited(3)]);
    let running = AtomicU64::new(writers.len() as u64);
    let looks = std::thread::scope(|scope| {
        for writer in &mut writers {
            let running = &running;
            scope.spawn(move || {
                for _ in 0..BATCHES {
                    let mut chain = vec![TransferAttempt::default(); CHAIN as usize];
                    for attempt in &mut chain {
                        // Each has an extension, because it sets user data.
                        let user_data = UserData { user_data_128: 9, ..UserData::default() };
                        let (id, flags) = (writer.new_id(), TransferFlags::LINKED);
                        let transfer = transfer(1, 2, 1);
                        attempt.transfer = Transfer { id, flags, user_data, ..transfer };
                    }
                    chain[CHAIN as usize - 1].transfer.flags = TransferFlags::empty();
                    writer
                        .create_transfers_with(&chain, &Cancellation::never())
                        .expect("the trail has room");
                    let plain = [transfer(2, 1, 1); 8];
                    writer
                        .create_each(&plain, &Cancellation::never(), |_| {})
                        .expect("the trail has room");
                }
                running.fetch_sub(1, Ordering::Relaxed);
            });
        }
        let (mut last, mut looks) = (0, 0);
        while running.load(Ordering::Relaxed) > 0 {
            let operations = ledger.health(looks).operations;
            assert!(operations >= last, "{operations} after {last}");
            (last, looks) = (operations, looks + 1);
        }
        looks
    });
    assert!(looks > 10, "only {looks} looks");
    let made = 3 + 3 * BATCHES * (CHAIN + 8);
    assert_eq!(
        ledger.trail().len(),
        made + 3 * BATCHES * CHAIN,
        "each of a chain has an extension"
    );
    assert_eq!(ledger.health(looks).operations, made);
    assert_eq!(ledger.trail().entries(), ledger.trail().count_entries());
}

#[test]
fn status_names_are_unique() {
    for (status, name) in [(Healthy, "healthy"), (Degraded, "degraded"), (Unhealthy, "unhealthy")] {
        assert_eq!(status.name(), name);
        assert_eq!(serde_json::to_value(status).expect("it serializes"), name);
    }
}

#[test]
fn health_serializes_as_an_object() {
    let (ledger, mut writers) = ledger_of(1, 8, 10);
    open(&mut writers[0], &[account(1)]);
    ledger.begin(0);
    let json = serde_json::to_value(ledger.health(1_500)).expect("it serializes");
    assert_eq!(
        json,
        serde_json::json!({
            "status": "healthy",
            "message": "every component is within its limits",
            "uptime_ns": "1500",
            "operations": "1",
            "components": {
                "accounts": {
                    "status": "healthy",
                    "message": "1 of 10 accounts are open, below 80 %",
                    "used": "1",
                    "limit": "10",
                },
                "trail": {
                    "status": "healthy",
                    "message": "the trail uses 0.0 of its 4 MiB, below 80 %",
                    "used_bytes": "128",
                    "budget_bytes": "4194304",
                    "spilled_bytes": "0",
                },
                "latches": {
                    "status": "healthy",
                    "message":
                        "0 waits for latches and 0 conflicts in 1 operations since the last sample",
                    "window_ns": "1500",
                    "operations": "1",
                    "waits": "0",
                    "conflicts": "0",
                },
                "replay": {
                    "status": "healthy",
                    "message": "serial replay has not run",
                    "result": "not_run",
                    "entries": "0",
                    "ran_at_ns": "0",
                },
                "store": {
                    "status": "healthy",
                    "message": "no store is attached; the ledger is in memory only",
                    "attached": false,
                },
            },
        })
    );
}
