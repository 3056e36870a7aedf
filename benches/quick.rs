#![allow(missing_docs)]
mod bare;
use bare::BareLoop;
use ledgerlab::book::*;
use ledgerlab::model::*;
use ledgerlab::scenarios::Random;
use std::sync::Barrier;
use std::time::{Duration, Instant};
const N: usize = 1_000_000;
const B: usize = 256;
fn timed<T: Send>(parts: Vec<T>, body: impl Fn(usize, T) + Sync) -> Duration {
    let barrier = Barrier::new(parts.len() + 1);
    std::thread::scope(|scope| {
        let threads: Vec<_> = parts
            .into_iter()
            .enumerate()
            .map(|(n, part)| {
                let (barrier, body) = (&barrier, &body);
                scope.spawn(move || {
                    barrier.wait();
                    body(n, part);
                    Instant::now()
                })
            })
            .collect();
        barrier.wait();
        let start = Instant::now();
        threads
            .into_iter()
            .map(|t| t.join().unwrap())
            .max()
            .unwrap()
            .saturating_duration_since(start)
    })
}
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Shared,
    Own,
    Hot,
}
fn pair(random: &mut Random, shape: Shape, me: u64, of: u64, accounts: u64) -> (u64, u64) {
    match shape {
        Shape::Shared => {
            let d = random.below(accounts);
            (d, (d + 1 + random.below(accounts - 1)) % accounts)
        }
        Shape::Own => {
            let part = accounts / of;
            let d = random.below(part);
            (me * part + d, me * part + (d + 1 + random.below(part - 1)) % part)
        }
        Shape::Hot => {
            let o = 1 + random.below(accounts - 1);
            if random.below(2) == 0 { (0, o) } else { (o, 0) }
        }
    }
}
fn bare(threads: usize, accounts: u64, shape: Shape) -> Duration {
    let bare = BareLoop::new(accounts);
    let records: Vec<_> = (0..threads).map(|_| vec![[1_u64; 8]; N]).collect();
    timed(records, |number, mut records| {
        let mut random = Random::new(1, number as u64);
        for chunk in records.chunks_mut(B) {
            let asked: Vec<(u64, u64, u64)> = chunk
                .iter()
                .map(|_| {
                    let (d, c) = pair(&mut random, shape, number as u64, 2, accounts);
                    (d, c, 1 + random.below(9))
                })
                .collect();
            for (record, (d, c, a)) in chunk.iter_mut().zip(asked) {
                bare.transfer(d, c, a, record);
            }
        }
        std::hint::black_box(records);
    })
}
fn book(threads: usize, accounts: u64, shape: Shape, each: bool, isolation: Isolation) -> Duration {
    let config = BookConfig {
        writers: threads + 1,
        accounts_max: accounts + 1,
        trail_bytes: 4 << 30,
        isolation,
        ..BookConfig::default()
    };
    let (_book, mut writers) = Book::open(&config).unwrap();
    {
        let setup = &mut writers[threads];
        let world = 1 + u128::from(accounts);
        let account = |id, flags| Account { id, ledger: 1, code: 1, flags, ..Account::default() };
        setup.create_account(&account(world, AccountFlags::empty())).unwrap();
        for id in 1..world {
            setup
                .create_account(&account(id, AccountFlags::DEBITS_MUST_NOT_EXCEED_CREDITS))
                .unwrap();
            setup
                .create_transfer(
                    &Transfer {
                        debit_account_id: world,
                        credit_account_id: id,
                        amount: 1 << 40,
                        ledger: 1,
                        code: 1,
                        ..Transfer::default()
                    },
                    &Interrupt::never(),
                )
                .unwrap();
        }
    }
    writers.truncate(threads);
    for w in &mut writers {
        w.reserve(N as u64).unwrap();
    }
    timed(writers, |number, mut writer| {
        let mut random = Random::new(1, number as u64);
        let interrupt = Interrupt::never();
        let mut batch = Vec::with_capacity(B);
        let mut outcomes = Vec::with_capacity(B);
        for _ in 0..N / B {
            batch.clear();
            for _ in 0..B {
                let (d, c) = pair(&mut random, shape, number as u64, 2, accounts);
                batch.push(Transfer {
                    debit_account_id: 1 + u128::from(d),
                    credit_account_id: 1 + u128::from(c),
                    amount: (1 + random.below(9)).into(),
                    ledger: 1,
                    code: 1,
                    ..Transfer::default()
                });
            }
            if each {
                outcomes.clear();
                writer.create_each(&batch, &interrupt, |o| outcomes.push(o)).unwrap();
            } else {
                for t in &batch {
                    outcomes.clear();
                    outcomes.push(writer.create_transfer(t, &interrupt).unwrap());
                }
            }
            std::hint::black_box(&outcomes);
        }
    })
}
fn main() {
    if std::env::args().any(|a| a == "prof100k") {
        let d = book(1, 100_000, Shape::Shared, true, Isolation::Ordered);
        println!("{:.1} M/s", N as f64 / d.as_secs_f64() / 1e6);
        return;
    }
    if std::env::args().any(|a| a == "prof") {
        let d = book(1, 1000, Shape::Shared, true, Isolation::Ordered);
        println!("{:.1} M/s", N as f64 / d.as_secs_f64() / 1e6);
        return;
    }
    if std::env::args().any(|a| a == "profone") {
        let d = book(1, 1000, Shape::Shared, false, Isolation::Ordered);
        println!("{:.1} M/s", N as f64 / d.as_secs_f64() / 1e6);
        return;
    }
    if std::env::args().any(|a| a == "profbare") {
        let d = bare(1, 1000, Shape::Shared);
        println!("{:.1} M/s", N as f64 / d.as_secs_f64() / 1e6);
        return;
    }
    let full = std::env::args().any(|a| a == "full");
    let rate = |t: usize, mut d: Vec<Duration>| {
        d.sort();
        t as f64 * N as f64 / d[d.len() / 2].as_secs_f64() / 1e6
    };
    let mut cases = vec![(1, 1000, Shape::Shared), (2, 1000, Shape::Shared)];
    if full {
        cases.extend([
            (1, 1000, Shape::Own),
            (2, 1000, Shape::Own),
            (1, 100_000, Shape::Shared),
            (2, 100_000, Shape::Shared),
            (1, 1001, Shape::Hot),
            (2, 1001, Shape::Hot),
            (2, 1_000_000, Shape::Shared),
        ]);
    }
    for (t, a, s) in cases {
        let (mut x, mut y, mut z) = (vec![], vec![], vec![]);
        for _ in 0..5 {
            x.push(bare(t, a, s));
            y.push(book(t, a, s, false, Isolation::Ordered));
            z.push(book(t, a, s, true, Isolation::Ordered));
        }
        let (x, y, z) = (rate(t, x), rate(t, y), rate(t, z));
        println!(
            "{} t{t} a{a}: bare {x:.1} one {y:.1} ({:.2}) each {z:.1} ({:.2})",
            match s {
                Shape::Shared => "shared",
                Shape::Own => "own",
                Shape::Hot => "hot",
            },
            y / x,
            z / x
        );
    }
}
