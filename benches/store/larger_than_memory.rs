//! A stored ledger whose trail is larger than the memory for it: what it takes, and how fast it is at the end.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ledgerlab::ledger::BATCH_MAX;
use ledgerlab::{
    Account, AccountFilter, AccountFilterFlags, Ledger, LedgerConfig, Transfer, Writer,
};

const ACCOUNTS: u128 = 10_000;
/// Batches between two lines.
const LINE_BATCHES: usize = 610;
/// Look-ups and histories that are timed.
const SAMPLES: usize = 1_000;

pub(crate) fn run(millions: usize, trail_mib: u64) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-store-larger");
    let _ = fs::remove_dir_all(&folder);
    let config =
        LedgerConfig { writers: 1, trail_bytes: trail_mib << 20, ..LedgerConfig::default() };
    let ledger = Ledger::open_with(&folder, &config).expect("the folder is new");
    let mut writer = ledger.writer().expect("it is free");
    let accounts: Vec<Account> = (1..=ACCOUNTS).map(|id| Account::new(id, 1, 1)).collect();
    for batch in accounts.chunks(BATCH_MAX) {
        writer.create_accounts(batch).expect("there is room");
    }
    writer.set_deferred(true);
    let batches = (millions * 1_000_000).div_ceil(BATCH_MAX);
    println!("{} transfers with callers' ids, {trail_mib} MiB for the trail", batches * BATCH_MAX);
    let (sample, seconds) = write(&ledger, &mut writer, batches);
    println!("  {:.0} transfers/s in all", (batches * BATCH_MAX) as f64 / seconds);
    print_memory(&ledger, "at the end");
    print_reads(&ledger, &sample);
    drop(writer);
    drop(ledger);
    let began = Instant::now();
    let ledger = Ledger::open_with(&folder, &config).expect("it was closed");
    println!("  opened again in {:.1} s", began.elapsed().as_secs_f64());
    print_memory(&ledger, "after it was opened again");
    print_reads(&ledger, &sample);
    drop(ledger);
    let _ = fs::remove_dir_all(&folder);
}

/// Writes batches of random transfers. Returns some of their ids and the time in seconds.
fn write(ledger: &Arc<Ledger>, writer: &mut Writer, batches: usize) -> (Vec<u128>, f64) {
    let mut random = 1_u128;
    let mut next = || {
        random = random.wrapping_mul(0xda94_2042_e4dd_58b5_2360_ed05_1fc6_5da5).wrapping_add(1);
        random
    };
    let mut sample = Vec::new();
    let (mut slowest, mut line, began) = (Duration::ZERO, Instant::now(), Instant::now());
    for number in 1..=batches {
        let one = |_| {
            let (id, debit) = (next(), (next() >> 64) % ACCOUNTS);
            Transfer::new(debit + 1, (debit + 7) % ACCOUNTS + 1, 5).with_id(id | 1)
        };
        let batch: Vec<Transfer> = (0..BATCH_MAX).map(one).collect();
        if number % (batches / SAMPLES).max(1) == 0 {
            sample.push(batch[number % BATCH_MAX].id);
        }
        let called = Instant::now();
        writer.create_transfers(&batch).expect("the disk has space");
        slowest = slowest.max(called.elapsed());
        if number % LINE_BATCHES == 0 {
            let speed = (LINE_BATCHES * BATCH_MAX) as f64 / line.elapsed().as_secs_f64();
            println!(
                "  {:>6.1} M  {speed:>9.0} transfers/s, slowest batch {:>6.1} ms, {} MiB moved to the disk",
                (number * BATCH_MAX) as f64 / 1e6,
                slowest.as_secs_f64() * 1e3,
                ledger.trail().spilled_bytes() >> 20,
            );
            (line, slowest) = (Instant::now(), Duration::ZERO);
        }
    }
    writer.sync().expect("the disk works");
    (sample, began.elapsed().as_secs_f64())
}

fn print_memory(ledger: &Ledger, when: &str) {
    let trail = ledger.trail();
    let (used, spilled) = (trail.used_bytes(), trail.spilled_bytes());
    println!(
        "  {when}: the trail has {} MiB, {} MiB of them in memory",
        used >> 20,
        (used - spilled) >> 20
    );
    // Linux has it.
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    for line in status.lines().filter(|line| line.starts_with("VmRSS") || line.starts_with("Rss")) {
        println!("    {line}");
    }
}

fn print_reads(ledger: &Ledger, sample: &[u128]) {
    let times = |mut read: Box<dyn FnMut(usize) + '_>| {
        let mut all: Vec<Duration> = (0..SAMPLES)
            .map(|number| {
                let began = Instant::now();
                read(number);
                began.elapsed()
            })
            .collect();
        all.sort_unstable();
        let [median, most] =
            [SAMPLES / 2, SAMPLES * 99 / 100].map(|at| all[at].as_secs_f64() * 1e6);
        format!("median {median:.1} us, 99th percentile {most:.1} us")
    };
    let history = |number: usize| {
        let filter = AccountFilter {
            account_id: number as u128 * 10 % ACCOUNTS + 1,
            limit: 100,
            flags: AccountFilterFlags::DEBITS
                | AccountFilterFlags::CREDITS
                | AccountFilterFlags::REVERSED,
            ..AccountFilter::default()
        };
        assert_eq!(ledger.get_account_transfers(&filter).len(), 100);
    };
    let look_up = |number: usize| {
        assert_eq!(ledger.lookup_transfers(&[sample[number % sample.len()]]).len(), 1);
    };
    println!("  newest 100 of an account: {}", times(Box::new(history)));
    println!("  a transfer by its id:     {}", times(Box::new(look_up)));
}
