//! GoLedger's four calls through the coins layer: each by itself, and transfers on two threads.

use std::hint::black_box;
use std::sync::Arc;

use ledgerlab::coins::{Coins, CoinsSession};
use ledgerlab::ledger::{Cancellation, LedgerConfig};

use super::host::{Body, Host, timed};
use super::load::{Move, Moves, Pattern};

/// Holders among whom two threads transfer coins.
const HOLDERS: u64 = 1_000;

/// The initial coins of each holder.
const INITIAL_COINS: i64 = 1 << 40;

/// One call of a session, the `turn`-th.
type Call = fn(&mut CoinsSession, turn: u64);

const CALLS: [(&str, Call); 4] = [
    ("balance", |session, turn| {
        black_box(session.balance(NAMES[turn as usize % 2]).expect("the holder exists"));
    }),
    ("deposit", |session, turn| {
        let name = NAMES[turn as usize % 2];
        black_box(session.deposit(name, 10, &Cancellation::never()).expect("it succeeds"));
    }),
    ("withdraw", |session, turn| {
        let name = NAMES[turn as usize % 2];
        black_box(session.withdraw(name, 10, &Cancellation::never()).expect("it succeeds"));
    }),
    ("transfer", |session, turn| {
        let (from, to) = (NAMES[turn as usize % 2], NAMES[(turn as usize + 1) % 2]);
        black_box(session.transfer(from, to, 10, &Cancellation::never()).expect("it succeeds"));
    }),
];

/// GoLedger's two initial users.
const NAMES: [&str; 2] = ["aaron", "bryan"];

/// Reports nanoseconds of each call, and transfers per second of two threads.
pub(crate) async fn measure<H: Host>(host: &H, calls: u64, report: &mut dyn FnMut(&str, f64)) {
    for (name, call) in CALLS {
        let (_coins, mut sessions) = open(1, &NAMES.map(str::to_owned), calls);
        let mut session = sessions.pop().expect("there is one");
        let body: Body = Box::new(move || {
            for turn in 0..calls {
                call(&mut session, turn);
            }
            Box::new(session)
        });
        let seconds = timed(host, vec![body]).await;
        report(&format!("coins/{name}"), seconds * 1e9 / calls as f64);
    }
    let names: Arc<Vec<String>> = Arc::new((0..HOLDERS).map(|at| format!("user_{at}")).collect());
    let (_coins, sessions) = open(2, &names, calls);
    let body = |(thread, mut session): (usize, CoinsSession)| -> Body {
        let names = Arc::clone(&names);
        Box::new(move || {
            let mut moves = Moves::new(Pattern::Shared { accounts: HOLDERS }, thread);
            for _ in 0..calls {
                let Move { debit, credit, amount } = moves.draw();
                let (from, to) = (&names[debit as usize], &names[credit as usize]);
                let receipt = session.transfer(from, to, amount as i64, &Cancellation::never());
                black_box(receipt.expect("it succeeds"));
            }
            Box::new(session)
        })
    };
    let bodies: Vec<Body> = sessions.into_iter().enumerate().map(body).collect();
    let threads = bodies.len() as f64;
    let seconds = timed(host, bodies).await;
    report("coins/transfers-of-two", threads * calls as f64 / seconds);
}

fn open(sessions: usize, names: &[String], calls: u64) -> (Arc<Coins>, Vec<CoinsSession>) {
    let entries = sessions as u64 * (calls + 8_192) + 4 * names.len() as u64;
    let config =
        LedgerConfig { writers: sessions, trail_bytes: 128 * entries, ..LedgerConfig::default() };
    let (coins, mut sessions) =
        Coins::open(&config).expect("the configuration is within its bounds");
    for name in names {
        sessions[0].open(name, INITIAL_COINS).expect("the name is new");
    }
    (coins, sessions)
}
