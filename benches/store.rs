//! What keeping a ledger costs, beside a minimal loop that appends the same bytes with the same syncs.
//!
//! `cargo bench --bench store` runs it on the disk of the target folder; `-- --quick` shortens it. It
//! prints ratios and fails nothing.
//!
//! `cargo bench --bench store -- --larger-than-memory 20 512` stores 20 million transfers with 512 MiB for
//! the trail, and prints what they take.

#![cfg_attr(target_family = "wasm", allow(unused))]

#[cfg(any(target_family = "wasm", loom, shuttle))]
fn main() {}

#[cfg(not(any(target_family = "wasm", loom, shuttle)))]
#[path = "store/larger_than_memory.rs"]
mod larger_than_memory;

#[cfg(not(any(target_family = "wasm", loom, shuttle)))]
fn main() {
    let mut arguments = std::env::args().skip_while(|one| one != "--larger-than-memory").skip(1);
    let mut number = || arguments.next().and_then(|one| one.parse::<u64>().ok());
    match number() {
        Some(millions) => larger_than_memory::run(millions as usize, number().unwrap_or(512)),
        None => bench::main(),
    }
}

#[cfg(not(any(target_family = "wasm", loom, shuttle)))]
mod bench {
    use std::fs::{self, File};
    use std::io::Write;
    use std::path::{Path, PathBuf};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::thread;
    use std::time::{Duration, Instant};

    use ledgerlab::ledger::BATCH_MAX;
    use ledgerlab::{Account, Ledger, LedgerConfig, Transfer, Writer};

    const ACCOUNTS: u128 = 10_000;
    const RECORD_BYTES: usize = 128;
    /// What one commit of few records writes.
    const PAGE_BYTES: usize = 4096;
    const CALLERS: usize = 64;

    pub(crate) fn main() {
        let is_quick = std::env::args().any(|argument| argument == "--quick");
        let (batches, rounds, seconds) = if is_quick { (20, 2, 0.3) } else { (120, 5, 1.0) };
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-store");
        let mut rows: [Vec<f64>; 6] = Default::default();
        for round in 0..rounds {
            let _ = fs::remove_dir_all(&folder);
            fs::create_dir_all(&folder).expect("the folder can be made");
            let bare = bare_log(&folder, batches, BATCH_MAX * RECORD_BYTES);
            let stored = folder.join("batches");
            let durable = batches_of(&open(&stored, 1), batches, round);
            let in_memory = batches_of(&memory(1), batches, round);
            let in_flight = batches_in_flight(&open(&folder.join("in-flight"), 2), batches);
            let pages = syncs(&folder, PAGE_BYTES, seconds);
            let singles = singles(&open(&folder.join("singles"), CALLERS), seconds);
            let per_second = (batches * BATCH_MAX) as f64;
            for (row, value) in rows.iter_mut().zip([
                per_second / bare,
                per_second / durable,
                per_second / in_memory,
                per_second / in_flight,
                pages,
                singles,
            ]) {
                row.push(value);
            }
            if round + 1 == rounds {
                recovery(&stored);
            }
        }
        let [bare, durable, in_memory, in_flight, pages, singles] = rows.map(median);
        println!(
            "medians of {rounds} rounds in turn; {batches} batches of {BATCH_MAX} with callers' ids"
        );
        println!("  a bare loop, one batch a sync          {bare:>12.0} transfers/s");
        println!("  durable, one caller                    {durable:>12.0} transfers/s");
        println!("  ratio {:.2}; at least 0.70 is wanted", durable / bare);
        println!("  in memory, one caller                  {in_memory:>12.0} transfers/s");
        println!("  deferred, two writers, synced at last  {in_flight:>12.0} transfers/s");
        println!("  ratio {:.2} of the two; at least 0.60 is wanted", in_flight / in_memory);
        println!("  a bare loop of syncs, {PAGE_BYTES} bytes each    {pages:>12.0} syncs/s");
        println!("  durable singles, {CALLERS} callers             {singles:>12.0} transfers/s");
        println!(
            "  ratio {:.2} to {CALLERS} a sync; at least 0.80 is wanted",
            singles / (pages * CALLERS as f64)
        );
        let _ = fs::remove_dir_all(&folder);
    }

    fn median(mut values: Vec<f64>) -> f64 {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    }

    fn config(writers: usize) -> LedgerConfig {
        LedgerConfig { writers, trail_bytes: 4 << 30, ..LedgerConfig::default() }
    }

    fn open(folder: &PathBuf, writers: usize) -> Arc<Ledger> {
        prepared(Ledger::open_with(folder, &config(writers)).expect("the folder is new"))
    }

    fn memory(writers: usize) -> Arc<Ledger> {
        prepared(Ledger::with_config(&config(writers)).expect("the configuration is valid"))
    }

    fn prepared(ledger: Arc<Ledger>) -> Arc<Ledger> {
        let accounts: Vec<Account> = (1..=ACCOUNTS).map(|id| Account::new(id, 1, 1)).collect();
        let mut writer = ledger.writer().expect("it is free");
        for batch in accounts.chunks(BATCH_MAX) {
            writer.create_accounts(batch).expect("there is room");
        }
        ledger
    }

    /// Returns transfers with random ids between random accounts.
    fn batch(random: &mut u128) -> Vec<Transfer> {
        let mut next = || {
            *random =
                random.wrapping_mul(0xda94_2042_e4dd_58b5_2360_ed05_1fc6_5da5).wrapping_add(1);
            *random
        };
        let one = |_| {
            let (id, debit) = (next(), (next() >> 64) % ACCOUNTS);
            Transfer::new(debit + 1, (debit + 7) % ACCOUNTS + 1, 5).with_id(id | 1)
        };
        (0..BATCH_MAX).map(one).collect()
    }

    fn batches_of(ledger: &Arc<Ledger>, batches: usize, seed: u32) -> f64 {
        let mut writer = ledger.writer().expect("it is free");
        let mut random = u128::from(seed) << 90 | 1;
        let began = Instant::now();
        for _ in 0..batches {
            let batch = batch(&mut random);
            writer.create_transfers(&batch).expect("there is room");
        }
        began.elapsed().as_secs_f64()
    }

    fn batches_in_flight(ledger: &Arc<Ledger>, batches: usize) -> f64 {
        let began = Instant::now();
        let work = |number: u128| {
            let mut writer: Writer = ledger.writer().expect("it is free");
            writer.set_deferred(true);
            let mut random = number << 90 | 3;
            for _ in 0..batches / 2 {
                let batch = batch(&mut random);
                writer.create_transfers(&batch).expect("there is room");
            }
            writer.sync().expect("the disk works");
        };
        thread::scope(|scope| (0..2).for_each(|number| drop(scope.spawn(move || work(number)))));
        began.elapsed().as_secs_f64()
    }

    fn bare_log(folder: &Path, batches: usize, bytes: usize) -> f64 {
        let mut file = File::create(folder.join("bare")).expect("the file can be made");
        let block = vec![7; bytes];
        let began = Instant::now();
        for _ in 0..batches {
            file.write_all(&block).expect("there is space");
            file.sync_data().expect("the disk works");
        }
        began.elapsed().as_secs_f64()
    }

    fn syncs(folder: &Path, bytes: usize, seconds: f64) -> f64 {
        let mut file = File::create(folder.join("pages")).expect("the file can be made");
        let (page, began, mut count) = (vec![7; bytes], Instant::now(), 0);
        while began.elapsed().as_secs_f64() < seconds {
            file.write_all(&page).expect("there is space");
            file.sync_data().expect("the disk works");
            count += 1;
        }
        f64::from(count) / began.elapsed().as_secs_f64()
    }

    /// Returns the durable single transfers a second of many concurrent callers.
    fn singles(ledger: &Arc<Ledger>, seconds: f64) -> f64 {
        let done = AtomicU64::new(0);
        let end = Instant::now() + Duration::from_secs_f64(seconds);
        thread::scope(|scope| {
            for number in 0..CALLERS as u128 {
                let (ledger, done) = (Arc::clone(ledger), &done);
                scope.spawn(move || {
                    let mut writer = ledger.writer().expect("it is free");
                    let mut id = number << 64;
                    while Instant::now() < end {
                        id += 1;
                        let transfer = Transfer::new(1 + number, 2 + number, 1).with_id(id);
                        writer.create_transfer(&transfer).expect("there is room");
                        done.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        done.into_inner() as f64 / seconds
    }

    fn recovery(folder: &PathBuf) {
        let began = Instant::now();
        let ledger = Ledger::open_with(folder, &config(1)).expect("it was closed");
        let seconds = began.elapsed().as_secs_f64();
        let entries = ledger.trail().entries();
        let bytes = ledger.store().map_or(0, |store| store.log_bytes());
        println!(
            "recovery: {entries} entries in {seconds:.2} s, {:.1} M/s; 10 M/s is wanted",
            entries as f64 / seconds / 1e6
        );
        println!(
            "  {:.1} bytes on the disk an entry; at most 140 is wanted",
            bytes as f64 / entries as f64
        );
    }
}
