//! A service whose ledger is stored: what it has answered is there after a crash.

use std::sync::Arc;

use axum::Router;
use ledgerlab::api::{Service, ServiceConfig, StoredLedger, Users, router};
use ledgerlab::ledger::{Ledger, LedgerConfig};
use ledgerlab::store::simulated_disk::{Fault, SimulatedDisk};
use ledgerlab::store::{Committer, Step};

use super::client::{Answer, ask, send};

const AARON: [(&str, &str); 1] = [("authorization", "1")];

struct Host {
    disk: SimulatedDisk,
    service: Arc<Service>,
    router: Router,
    committer: Committer<SimulatedDisk>,
}

impl Host {
    fn open(disk: &SimulatedDisk, now_ns: u64) -> Self {
        let config = ServiceConfig {
            sessions: 2,
            ledger: LedgerConfig { writers: 2, ..LedgerConfig::default() },
            ..ServiceConfig::default()
        };
        let stored = StoredLedger::open_files(disk.clone(), &config.ledger);
        let (stored, committer) = stored.expect("the disk works");
        let service = Service::open_stored(config, stored, Users::demo(), move || now_ns);
        let service = service.expect("the users are valid");
        let router = router(Arc::clone(&service));
        Self { disk: disk.clone(), service, router, committer }
    }

    /// Sends a request, and commits when its response is waiting for the disk.
    async fn ask(&mut self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let answer = ask(&self.router, method, path, headers);
        tokio::pin!(answer);
        loop {
            tokio::select! {
                biased;
                answer = &mut answer => return answer,
                () = tokio::task::yield_now() => drop(self.committer.step()),
            }
        }
    }

    async fn balance(&mut self) -> serde_json::Value {
        let answer = self.ask("GET", "/account/coins?username=aaron", &AARON).await;
        answer.body["Balance"].clone()
    }
}

#[tokio::test]
async fn answered_payment_is_there_after_a_crash() {
    let mut host = Host::open(&SimulatedDisk::new(), 5_000_000_000);
    let paid = host.ask("POST", "/account/coins/add?username=aaron&amount=25", &AARON).await;
    assert_eq!(paid.status, 200, "{}", paid.text);
    // Not answered, and so not there: nothing was committed since.
    let transfer = r#"{"events":[{"id":"new","debit_account_id":"65536","credit_account_id":"65537","amount":"100","ledger":1,"code":18}]}"#;
    let headers = [
        ("authorization", "operator"),
        ("content-type", "application/json"),
        ("prefer", "respond-async"),
    ];
    let fast = send(&host.router, "POST", "/v1/transfers", &headers, transfer).await;
    assert_eq!((fast.status.as_u16(), fast.header("preference-applied")), (200, "respond-async"));

    // The clock of the second machine is behind.
    let mut host = Host::open(&host.disk.crash(1), 2_000_000_000);
    assert_eq!(host.balance().await, 1_025);
    assert!(host.service.now_ns() >= 5_000_000_000);
    let history = host.ask("GET", "/account/coins/history?username=aaron", &AARON).await;
    assert!(history.text.contains("\"aaron\""), "{}", history.text);
    host.service.coins().ledger().verify().expect("serial replay agrees");
}

#[tokio::test]
async fn no_response_before_it_is_on_the_disk() {
    let mut host = Host::open(&SimulatedDisk::new(), 1);
    while host.committer.step() != Step::Idle {}
    let add = "/account/coins/add?username=aaron&amount=25";
    let router = host.router.clone();
    let payment = tokio::spawn(async move { ask(&router, "POST", add, &AARON).await });
    let router = host.router.clone();
    while host.service.coins().balance("aaron") != Ok(1_025) {
        tokio::task::yield_now().await;
    }
    // It is decided, and a read that shows it waits as well.
    let read =
        tokio::spawn(
            async move { ask(&router, "GET", "/account/coins?username=aaron", &AARON).await },
        );
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(!payment.is_finished() && !read.is_finished());
    // Probes do not wait.
    for path in ["/livez", "/readyz", "/system/health", "/metrics"] {
        assert_eq!(ask(&host.router, "GET", path, &AARON).await.status, 200, "{path}");
    }
    assert_eq!(host.committer.step(), Step::Committed);
    assert_eq!(payment.await.expect("it ends").status, 200);
    assert!(read.await.expect("it ends").text.contains("1025"));
}

#[tokio::test]
async fn failed_disk_answers_outcome_unknown_and_takes_nothing_more() {
    let mut host = Host::open(&SimulatedDisk::new(), 1);
    while host.committer.step() != Step::Idle {}
    host.disk.inject(host.disk.operations() + 1, Fault::Fails);
    let path = "/account/coins/add?username=aaron&amount=25";
    let answer = host.ask("POST", path, &AARON).await;
    assert_eq!(answer.status, 503, "{}", answer.text);
    assert!(answer.text.contains("outcome is unknown"), "{}", answer.text);
    let answer = host.ask("POST", path, &AARON).await;
    assert!(answer.text.contains("nothing more is attempted"), "{}", answer.text);
    let ready = ask(&host.router, "GET", "/readyz", &[]).await;
    assert_eq!(ready.status, 503);
    assert!(ready.text.contains("store_failed"), "{}", ready.text);
    assert_eq!(ask(&host.router, "GET", "/livez", &[]).await.status, 200);
    assert!(host.service.close_store().expect_err("it failed").contains("cannot be"));
}

#[tokio::test]
async fn idempotency_key_holds_after_a_crash() {
    let keyed = [AARON[0], ("idempotency-key", "one")];
    let mut host = Host::open(&SimulatedDisk::new(), 1);
    let path = "/account/coins/add?username=aaron&amount=25";
    let first = host.ask("POST", path, &keyed).await;
    assert_eq!(first.status, 200);
    let refused = [AARON[0], ("idempotency-key", "two")];
    let too_much = "/account/coins/withdraw?username=aaron&amount=5000";
    let rejected = host.ask("POST", too_much, &refused).await;
    assert_eq!(rejected.status, 409);

    let mut host = Host::open(&host.disk.crash(2), 2);
    let again = host.ask("POST", path, &keyed).await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (first.status, "true"));
    assert_eq!(again.text, first.text);
    let again = host.ask("POST", too_much, &refused).await;
    assert_eq!((again.status, &again.text), (rejected.status, &rejected.text));
    assert_eq!(host.balance().await, 1_025);
    let other = host.ask("POST", "/account/coins/add?username=aaron&amount=26", &keyed).await;
    assert_eq!(other.status, 422);
    // A day later the key is forgotten.
    let mut host = Host::open(&host.disk.crash(3), 25 * 60 * 60 * 1_000_000_000);
    let later = host.ask("POST", path, &keyed).await;
    assert_eq!((later.status.as_u16(), later.header("idempotency-replayed")), (200, ""));
    assert_eq!(host.balance().await, 1_050);
}

/// Whatever moment the machine stops at: the demo users are there with their coins, once.
#[tokio::test]
async fn opening_is_completed_wherever_it_was_interrupted() {
    let operations = {
        let mut host = Host::open(&SimulatedDisk::new(), 1);
        while host.committer.step() != Step::Idle {}
        host.disk.operations()
    };
    for operation in 0..=operations {
        for seed in 0..4 {
            let disk = SimulatedDisk::new();
            disk.inject(operation, Fault::Crash);
            let config = LedgerConfig { writers: 2, ..LedgerConfig::default() };
            if let Ok((stored, mut committer)) = StoredLedger::open_files(disk.clone(), &config) {
                let config =
                    ServiceConfig { sessions: 2, ledger: config, ..ServiceConfig::default() };
                let service = Service::open_stored(config, stored, Users::demo(), || 1);
                let service = service.expect("attempts do not wait for the disk");
                // The notes and the entries of one user at a time.
                while committer.step() == Step::Committed {}
                drop(service);
            }
            let mut host = Host::open(&disk.crash(seed), 2);
            assert_eq!(host.balance().await, 1_000, "stopped before operation {operation}");
            assert_eq!(host.service.coins().held(), host.service.coins().issued());
            let ledger: &Ledger = host.service.coins().ledger();
            ledger.verify().expect("serial replay agrees");
        }
    }
}
