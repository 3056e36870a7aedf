//! GoLedger's words for it: the three booleans, and what makes each of them false.

use ledgerlab::book::health::StoreState;
use ledgerlab::coins::{Coins, CoinsComponents, CoinsHealth};

use super::*;

const ALL: CoinsComponents = CoinsComponents { database: true, audit_log: true, performance: true };

fn coins(accounts_max: u64, chunks: u64) -> (Arc<Coins>, Vec<ledgerlab::coins::Teller>) {
    let trail_bytes = chunks * CHUNK_ENTRIES * ENTRY_BYTES;
    let config = BookConfig { accounts_max, trail_bytes, ..BookConfig::default() };
    Coins::open(&config).expect("the configuration is sound")
}

#[test]
fn it_has_goledgers_fields() {
    let (coins, mut tellers) = coins(100, 8);
    coins.book().begin(0);
    tellers[0].open("aaron", 1_000).expect("it is a new name");
    let json = serde_json::to_value(coins.health(3_600_500_000_000)).expect("it serializes");
    assert_eq!(
        json,
        serde_json::json!({
            "status": "healthy",
            "uptime_seconds": 3_600.5,
            // The account of @world, the holder's, and the deposit.
            "operation_count": 3,
            "components": { "database": true, "audit_log": true, "performance": true },
        })
    );
}

#[test]
fn a_component_is_true_while_all_that_it_stands_for_is_healthy() {
    let (coins, mut tellers) = coins(3, 1);
    let teller = &mut tellers[0];
    assert_eq!(coins.health(0).components, ALL);

    coins.book().note_store(StoreState::Failing { sentence: "the disk is full".to_owned() });
    let failing = coins.health(0);
    assert_eq!(failing.status, Unhealthy);
    assert_eq!(failing.components, CoinsComponents { database: false, ..ALL });
    coins.book().note_store(StoreState::NotAttached);
    assert_eq!(coins.health(0).components, ALL);

    let mut health = coins.book().health(0);
    health.components.latches.status = Degraded;
    let slowed = CoinsHealth::from(&health).components;
    assert_eq!(slowed, CoinsComponents { performance: false, ..ALL });

    teller.open("aaron", 1_000_000).expect("it is a new name");
    teller.open("bryan", 0).expect("there is room for one more");
    let full = coins.health(0);
    assert_eq!((full.status, full.components.database), (Unhealthy, false));

    while coins.book().trail().used_bytes() * 10 < coins.book().trail().budget_bytes() * 8 {
        teller.transfer("aaron", "bryan", 1, &Interrupt::never()).expect("there is room");
    }
    let components = coins.health(0).components;
    assert_eq!(
        components,
        CoinsComponents { database: false, audit_log: false, performance: true }
    );
}
