//! Batches of the greatest size with ids of the caller's own, in JSON.

use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use ledgerlab::ledger::{BATCH_MAX, Cancellation, Ledger, LedgerConfig};
use ledgerlab::model::Account;
use ledgerlab::scenarios::Random;
use ledgerlab::wire::{CreateTransfersBody, create_transfers, read_body};

use crate::client::Server;
use crate::rows::{OPERATOR, Plan, account_id, median, server};

const CONNECTIONS: usize = 4;
/// The batches of each connection, and of the thread in this process.
const BATCHES: usize = 32;

/// Returns bodies with random ids. Bodies of different streams have different ids.
fn bodies(debit: u128, credit: u128, stream: u64) -> Vec<String> {
    let mut random = Random::new(1, stream);
    let mut id =
        || (u128::from(random.below(1 << 60)) << 64) + u128::from(random.below(1 << 63)) + 1;
    let mut event = || {
        format!(
            r#"{{"id":"{}","debit_account_id":{debit},"credit_account_id":{credit},"amount":1,"ledger":1,"code":1}}"#,
            id()
        )
    };
    let mut body = || {
        let events: Vec<_> = (0..BATCH_MAX).map(|_| event()).collect();
        format!(r#"{{"events":[{}]}}"#, events.join(","))
    };
    (0..BATCHES).map(|_| body()).collect()
}

/// Measures batches over HTTP, and the same in this process with and without reading them.
pub(crate) fn measure(plan: &Plan) {
    let server = server();
    let (aaron, bryan) = (account_id(&server, "1"), account_id(&server, "2"));
    let rounds: Vec<[f64; 3]> = (0..plan.rounds as u64)
        .map(|round| {
            let [read, done] = in_process();
            [over_http(&server, aaron, bryan, round), read, done]
        })
        .collect();
    let result = server.ask("POST", "/v1/verify", &OPERATOR).json();
    assert_eq!(result["identical"], true, "{result}");
    let of = |figure: fn(&[f64; 3]) -> f64| median(rounds.iter().map(figure).collect());
    println!(
        "\nBatches of {BATCH_MAX} transfers in JSON with ids of the caller's own, medians of {} rounds in turn",
        rounds.len()
    );
    println!(
        "  {:>9.0} transfers/s over {CONNECTIONS} connections; serial replay agrees",
        of(|[http, ..]| *http)
    );
    println!("  {:>9.0} transfers/s on one thread in this process", of(|[_, read, _]| *read));
    println!("  {:>9.0} transfers/s on it without reading the bodies", of(|[.., done]| *done));
    let ratio = of(|[http, _, done]| http / done);
    println!("  ratio {ratio:.2} of the first to the last; at least 0.25 is required");
}

/// Returns transfers per second of all connections.
fn over_http(server: &Server, debit: u128, credit: u128, round: u64) -> f64 {
    let gate = Barrier::new(CONNECTIONS + 1);
    let first_stream = round * CONNECTIONS as u64;
    let send = |stream: u64| {
        let (bodies, mut connection) = (bodies(debit, credit, stream), server.connect());
        gate.wait();
        for body in bodies {
            let answer = connection.ask("POST", "/v1/transfers", &OPERATOR, body.as_bytes());
            assert_eq!(answer.status, 200, "{answer:?}");
        }
    };
    let seconds = thread::scope(|scope| {
        let senders: Vec<_> = (first_stream..first_stream + CONNECTIONS as u64)
            .map(|stream| scope.spawn(move || send(stream)))
            .collect();
        gate.wait();
        let began = Instant::now();
        senders.into_iter().for_each(|sender| sender.join().expect("every batch is answered"));
        began.elapsed().as_secs_f64()
    });
    (CONNECTIONS * BATCHES * BATCH_MAX) as f64 / seconds
}

/// Returns transfers per second on one thread without a network, with and without reading the bodies.
fn in_process() -> [f64; 2] {
    [true, false].map(|with_reading| {
        let config = LedgerConfig { trail_bytes: 1 << 30, ..LedgerConfig::default() };
        let (_ledger, mut writers) = Ledger::with_writers(&config).expect("it can be opened");
        let writer = &mut writers[0];
        for id in [1, 2] {
            writer.create_account(&Account::new(id, 1, 1)).expect("the trail has memory");
        }
        let bodies = bodies(1, 2, 0);
        let read = |body: &String| read_body::<CreateTransfersBody>(body).expect("it is a batch");
        let mut batches: Vec<_> = match with_reading {
            true => Vec::new(),
            false => bodies.iter().rev().map(read).collect(),
        };
        let began = Instant::now();
        for body in &bodies {
            let batch = batches.pop().unwrap_or_else(|| read(body));
            create_transfers(writer, batch, &Cancellation::never()).expect("the trail has memory");
        }
        (BATCHES * BATCH_MAX) as f64 / began.elapsed().as_secs_f64()
    })
}
