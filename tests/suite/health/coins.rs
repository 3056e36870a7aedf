//! The three booleans of GoLedger's health, and what makes each of them false.

use ledgerlab::coins::{Coins, CoinsComponents, CoinsHealth};

use super::*;

const ALL: CoinsComponents = CoinsComponents { database: true, audit_log: true, performance: true };

fn coins(accounts_max: u64, chunks: u64) -> (Arc<Coins>, Vec<ledgerlab::coins::CoinsSession>) {
    let trail_bytes = chunks * CHUNK_ENTRIES * ENTRY_BYTES;
    let config = LedgerConfig { accounts_max, trail_bytes, ..LedgerConfig::default() };
    Coins::open(&config).expect("the configuration is sound")
}

#[test]
fn coins_health_has_goledgers_fields() {
    let (coins, mut sessions) = coins(100, 8);
    coins.ledger().begin(0);
    sessions[0].open("aaron", 1_000).expect("it is a new name");
    let json = serde_json::to_value(coins.health(3_600_500_000_000)).expect("it serializes");
    assert_eq!(
        json,
        serde_json::json!({
            "status": "healthy",
            "uptime_seconds": 3_600.5,
            // @world's account, the user's account, and the deposit.
            "operation_count": 3,
            "components": { "database": true, "audit_log": true, "performance": true },
        })
    );
}

#[test]
fn component_is_true_while_its_sources_are_healthy() {
    let (coins, mut sessions) = coins(3, 1);
    let session = &mut sessions[0];
    assert_eq!(coins.health(0).components, ALL);

    let mut health = coins.ledger().health(0);
    health.components.store.status = Unhealthy;
    let failing = CoinsHealth::from(&health).components;
    assert_eq!(failing, CoinsComponents { database: false, ..ALL });
    health.components.store.status = Healthy;
    health.components.latches.status = Degraded;
    let slowed = CoinsHealth::from(&health).components;
    assert_eq!(slowed, CoinsComponents { performance: false, ..ALL });

    session.open("aaron", 1_000_000).expect("it is a new name");
    session.open("bryan", 0).expect("there is room for one more");
    let full = coins.health(0);
    assert_eq!((full.status, full.components.database), (Unhealthy, false));

    while coins.ledger().trail().used_bytes() * 10 < coins.ledger().trail().budget_bytes() * 8 {
        session.transfer("aaron", "bryan", 1, &Cancellation::never()).expect("the trail has room");
    }
    let components = coins.health(0).components;
    assert_eq!(
        components,
        CoinsComponents { database: false, audit_log: false, performance: true }
    );
}
