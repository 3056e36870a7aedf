//! The laboratory's scenarios: loads that drive a ledger from many threads, and the checks that follow every run.
//!
//! A scenario says which parameters it has, who takes part, and what each worker asks for. All else is the same
//! for all: [`Run`] drives it on any host, [`Counters`] show it live, [`Report`] tells what came of it.
#![forbid(unsafe_code)]

mod account_layout;
mod bank_run;
mod basics;
mod check_results;
mod checks;
pub mod common;
mod compliance;
mod concurrency;
mod counters;
mod deadlock;
mod description;
mod distribution;
mod events;
mod hft;
mod latency;
mod operation_context;
mod parameters;
mod payments;
mod preallocation;
mod random;
mod rate_limiter;
pub mod report;
mod request_error;
mod run;
mod smallbank;
mod tally;
mod value;
mod work_error;

use crate::ledger::LedgerError;

pub use account_layout::{AccountLayout, COINS, Role, codes};
pub use check_results::{CheckInput, CheckResults, Remembered, WorkerObservations};
pub use concurrency::{Protocol, open_ledger};
pub use counters::{Counters, CountersLayout, Header, LAYOUT, PerWorker, Phase};
pub use description::{Catalogue, Description, EventKind, Preset};
pub use distribution::{AccountDistribution, Amounts};
pub use events::EVENTS_MAX;
pub use latency::LatencySample;
pub use operation_context::{OperationContext, of_coins};
pub use parameters::{Choice, Parameter, Parameters, VALUE_MAX, Values};
pub use random::Random;
pub use report::{
    AccountRow, Accounts, Check, CheckValue, EndedBy, Environment, Event, Fact, Latency, Report,
};
pub use report::{
    REPORT_VERSION, ROWS_MAX, ReportEnvironment, ReportParameters, Series, Totals, WorkerTotals,
};
pub use request_error::RequestError;
pub use run::{AccountLine, AccountLines, AccountOrder, AccountQuery, Bar, History, Spread};
pub use run::{ManualTransfer, ManualTransferError, Request, Run, Sample, Waits};
pub use tally::Tally;
pub use value::Value;
pub use work_error::WorkError;

/// RequestService scenario. Adding one is its file and its line here.
pub static ALL: &[&dyn Scenario] = &[
    &hft::TradingFloor,
    &bank_run::BankRun,
    &payments::Payments,
    &deadlock::Ring,
    &compliance::Compliance,
    &smallbank::SmallBank,
    &basics::DEPOSITS,
    &basics::MIXED,
    &basics::TRANSFERS,
    &basics::READERS,
    &basics::PERFORMANCE,
    &basics::HIGH_VOLUME,
];

/// A load that drives a ledger.
pub trait Scenario: Sync {
    /// What people read about it.
    fn description(&self) -> &'static Description;

    /// What must hold between parameters, beyond what each takes.
    ///
    /// # Errors
    /// A description that names the values.
    fn accept(&self, _parameters: &Parameters) -> Result<(), RequestError> {
        Ok(())
    }

    /// Who takes part.
    fn layout(&self, parameters: &Parameters) -> AccountLayout;

    /// How many records of the trail one operation writes, as a rule: memory for them is got before the run begins.
    fn records_per_operation(&self) -> u64 {
        1
    }

    /// The load of one worker: the same for the same parameters and the same worker on every host.
    fn workload(&self, parameters: &Parameters, worker: u64) -> Box<dyn Workload>;

    /// What it says of a run that is over, beyond what is checked of all.
    fn judge(&self, _evidence: &CheckInput<'_>) -> CheckResults {
        CheckResults::default()
    }
}

/// What one worker asks for.
pub trait Workload: Send {
    /// Does so many operations at `context`, each counted there.
    ///
    /// # Errors
    /// When the ledger cannot take any more; what was done until then stands.
    fn batch(
        &mut self,
        context: &mut OperationContext<'_>,
        operations: u64,
    ) -> Result<(), LedgerError>;

    /// What it remembers of what it did, when all is done.
    fn observations(self: Box<Self>) -> WorkerObservations {
        WorkerObservations::default()
    }
}

/// The scenario of this name.
///
/// # Errors
/// [`RequestError::Scenario`], listing those there are.
pub fn find(name: &str) -> Result<&'static dyn Scenario, RequestError> {
    ALL.iter().copied().find(|scenario| scenario.description().name == name).ok_or_else(|| {
        let known = ALL.iter().map(|scenario| scenario.description().name).collect();
        RequestError::Scenario { name: name.to_owned(), known }
    })
}
