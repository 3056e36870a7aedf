//! Transfers per second, beside a bare loop that does only what no ledger can leave out.
//!
//! `cargo bench --bench transfers` measures both with 1 and 2 threads over 2, 1,000 and 1,000,000 accounts, and prints their
//! ratio. The bare loop takes two latches, checks, changes two sums and writes a record of 64 bytes: the ceiling.
//! Figures are of the machine they were measured on; the ratio is what to look at.
#![allow(missing_docs, reason = "Criterion's macros make public items")]

#[cfg(target_family = "wasm")]
fn main() {}

#[cfg(not(target_family = "wasm"))]
mod bare;

#[cfg(not(target_family = "wasm"))]
mod native {
    use std::collections::BTreeMap;
    use std::sync::{Barrier, Mutex};
    use std::time::{Duration, Instant};

    use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
    use ledgerlab::book::{Book, BookConfig, Interrupt, Writer};
    use ledgerlab::model::{Account, AccountFlags, Transfer};
    use ledgerlab::scenarios::Random;

    use super::bare::BareLoop;

    /// Transfers of each thread in one measured round.
    const TRANSFERS: u64 = 500_000;

    const THREADS: [usize; 2] = [1, 2];
    const ACCOUNTS: [u64; 3] = [2, 1_000, 1_000_000];

    /// Nanoseconds of each round, by what was measured, threads and accounts.
    type Rounds = Mutex<BTreeMap<(&'static str, usize, u64), Vec<f64>>>;

    static ROUNDS: Rounds = Mutex::new(BTreeMap::new());

    pub(super) fn main() {
        let mut criterion = Criterion::default()
            .configure_from_args()
            .sample_size(10)
            .warm_up_time(Duration::from_millis(500))
            .measurement_time(Duration::from_secs(2));
        for accounts in ACCOUNTS {
            let mut group = criterion.benchmark_group(format!("{accounts} accounts"));
            group.sampling_mode(SamplingMode::Flat);
            for threads in THREADS {
                group.throughput(Throughput::Elements(threads as u64 * TRANSFERS));
                for (name, round) in
                    [("bare loop", bare_round as fn(usize, u64) -> Duration), ("book", book_round)]
                {
                    group.bench_function(BenchmarkId::new(name, threads), |bencher| {
                        bencher.iter_custom(|rounds| {
                            (0..rounds).map(|_| keep(name, threads, accounts, round)).sum()
                        });
                    });
                }
            }
            group.finish();
        }
        criterion.final_summary();
        print_ratios();
    }

    fn keep(
        name: &'static str,
        threads: usize,
        accounts: u64,
        round: fn(usize, u64) -> Duration,
    ) -> Duration {
        let took = round(threads, accounts);
        let mut rounds = ROUNDS.lock().expect("no round panicked");
        rounds.entry((name, threads, accounts)).or_default().push(took.as_nanos() as f64);
        took
    }

    /// The time in which every thread ran `body`, from a common start to the last end.
    fn timed<T: Send>(parts: Vec<T>, body: impl Fn(usize, T) + Sync) -> Duration {
        let barrier = Barrier::new(parts.len() + 1);
        std::thread::scope(|scope| {
            let threads: Vec<_> = parts
                .into_iter()
                .enumerate()
                .map(|(number, part)| {
                    let (barrier, body) = (&barrier, &body);
                    scope.spawn(move || {
                        barrier.wait();
                        body(number, part);
                        Instant::now()
                    })
                })
                .collect();
            barrier.wait();
            let start = Instant::now();
            let ends = threads.into_iter().map(|thread| thread.join().expect("no round panics"));
            ends.max().expect("there is a thread").saturating_duration_since(start)
        })
    }

    /// Two different accounts, numbered from 0.
    fn pair(random: &mut Random, accounts: u64) -> (u64, u64) {
        let debit = random.below(accounts);
        let credit = (debit + 1 + random.below(accounts - 1)) % accounts;
        (debit, credit)
    }

    fn bare_round(threads: usize, accounts: u64) -> Duration {
        let bare = BareLoop::new(accounts);
        let records: Vec<_> = (0..threads).map(|_| vec![[1_u64; 8]; TRANSFERS as usize]).collect();
        timed(records, |number, mut records| {
            let mut random = Random::new(1, number as u64);
            for record in &mut records {
                let (debit, credit) = pair(&mut random, accounts);
                bare.transfer(debit, credit, 1 + random.below(9), record);
            }
            std::hint::black_box(records);
        })
    }

    fn book_round(threads: usize, accounts: u64) -> Duration {
        let (_book, mut writers) = open(threads, accounts);
        writers.truncate(threads);
        timed(writers, |number, mut writer| {
            let mut random = Random::new(1, number as u64);
            let interrupt = Interrupt::never();
            for _ in 0..TRANSFERS {
                let (debit, credit) = pair(&mut random, accounts);
                let transfer = Transfer {
                    debit_account_id: 1 + u128::from(debit),
                    credit_account_id: 1 + u128::from(credit),
                    amount: (1 + random.below(9)).into(),
                    ledger: 1,
                    code: 1,
                    ..Transfer::default()
                };
                let outcome = writer.create_transfer(&transfer, &interrupt);
                std::hint::black_box(outcome.expect("there is room"));
            }
        })
    }

    /// A book whose accounts all have a limit and enough coins, so that the check is made and holds.
    fn open(threads: usize, accounts: u64) -> (std::sync::Arc<Book>, Vec<Writer>) {
        let config = BookConfig {
            writers: threads + 1,
            accounts_max: accounts + 1,
            trail_bytes: 2 << 30,
            ..BookConfig::default()
        };
        let (book, mut writers) = Book::open(&config).expect("the configuration is in its bounds");
        let setup = &mut writers[threads];
        let world = 1 + u128::from(accounts);
        let account = |id, flags| Account { id, ledger: 1, code: 1, flags, ..Account::default() };
        setup.create_account(&account(world, AccountFlags::empty())).expect("there is room");
        let interrupt = Interrupt::never();
        for id in 1..world {
            let limited = account(id, AccountFlags::DEBITS_MUST_NOT_EXCEED_CREDITS);
            setup.create_account(&limited).expect("there is room");
            let gift = Transfer {
                debit_account_id: world,
                credit_account_id: id,
                amount: 1 << 40,
                ledger: 1,
                code: 1,
                ..Transfer::default()
            };
            setup.create_transfer(&gift, &interrupt).expect("there is room");
        }
        (book, writers)
    }

    fn print_ratios() {
        let rounds = ROUNDS.lock().expect("no round panicked");
        let rate = |name, threads: usize, accounts| {
            let mut all = rounds.get(&(name, threads, accounts))?.clone();
            all.sort_by(f64::total_cmp);
            let transfers = threads as f64 * TRANSFERS as f64;
            Some(transfers * 1e3 / all[all.len() / 2])
        };
        println!("\nMedian, millions of transfers per second; the book's trail is kept whole\n");
        println!(
            "{:>10} {:>8} {:>10} {:>10} {:>7}",
            "accounts", "threads", "bare loop", "book", "ratio"
        );
        for accounts in ACCOUNTS {
            for threads in THREADS {
                let bare = rate("bare loop", threads, accounts);
                let (Some(bare), Some(book)) = (bare, rate("book", threads, accounts)) else {
                    continue;
                };
                let ratio = book / bare;
                println!("{accounts:>10} {threads:>8} {bare:>10.1} {book:>10.1} {ratio:>7.2}");
            }
        }
    }
}

#[cfg(not(target_family = "wasm"))]
fn main() {
    native::main();
}
