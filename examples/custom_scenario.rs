//! A scenario of your own: its accounts, its load, and a check, run on two threads.
//!
//! `cargo run --example custom_scenario`

#[cfg(any(target_family = "wasm", loom, shuttle))]
fn main() {}

#[cfg(not(any(target_family = "wasm", loom, shuttle)))]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use std::collections::BTreeMap;

    use ledgerlab::host::native::{environment, run_on_threads};
    use ledgerlab::scenarios::{Request, Run, Value};

    let request = Request {
        scenario: "ping-pong".to_owned(),
        preset: None,
        parameters: BTreeMap::from([
            ("workers".to_owned(), Value::Number(2)),
            ("operations".to_owned(), Value::Number(10_000)),
        ]),
        environment: environment(),
    };
    let run = Run::prepare_scenario(&scenario::PingPong, request)?;
    let report = run_on_threads(&run, |_| {})?;

    // Beside the scenario's own checks, every run verifies its money, its limits and its trail.
    for check in &report.checks {
        println!("{}: {}", if check.passed { "pass" } else { "FAIL" }, check.title);
    }
    assert!(report.checks.iter().all(|check| check.passed));
    Ok(())
}

#[cfg(not(any(target_family = "wasm", loom, shuttle)))]
mod scenario {
    use ledgerlab::scenarios::{
        AccountLayout, Description, OperationContext, Parameters, Preset, Role, Scenario, Workload,
        codes, common,
    };
    use ledgerlab::{LedgerError, Transfer};

    /// Two players who pass coins to each other.
    pub(super) struct PingPong;

    static DESCRIPTION: Description = Description {
        name: "ping-pong",
        title: "Ping-pong",
        description: "Two accounts pay each other one coin at a time.",
        // The parameters that all scenarios have. One of your own is `Parameter::number(…)`.
        parameters: &common::ALL,
        presets: &[Preset::scale("As fast as the workers can.", &[])],
        events: &[],
    };

    impl Scenario for PingPong {
        fn description(&self) -> &'static Description {
            &DESCRIPTION
        }

        /// Two accounts with 100 coins each.
        fn layout(&self, _parameters: &Parameters) -> AccountLayout {
            AccountLayout::new(vec![Role::new("player", 2, 100)])
        }

        fn workload(&self, parameters: &Parameters, worker: u64) -> Box<dyn Workload> {
            let layout = self.layout(parameters);
            let players = [layout.id(0, 0), layout.id(0, 1)];
            Box::new(Rally { players, turn: worker as usize })
        }
    }

    /// The load of one worker.
    struct Rally {
        players: [u128; 2],
        turn: usize,
    }

    impl Workload for Rally {
        fn run_batch(
            &mut self,
            context: &mut OperationContext<'_>,
            operations: u64,
        ) -> Result<(), LedgerError> {
            let mut pass = |_| {
                self.turn += 1;
                let [from, to] = [self.turn % 2, (self.turn + 1) % 2].map(|at| self.players[at]);
                Transfer::new(from, to, 1).with_code(codes::TRANSFER)
            };
            let transfers: Vec<Transfer> = (0..operations).map(&mut pass).collect();
            context.transfer_each(&transfers)
        }
    }
}
