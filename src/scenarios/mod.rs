//! The laboratory's scenarios: loads that drive a book from many threads, and the checks that follow every run.
//!
//! A scenario says which parameters it has, who takes part, and what each worker asks for. All else is the same
//! for all: [`Run`] drives it on any host, [`Counters`] show it live, [`Report`] tells what came of it.
#![forbid(unsafe_code)]

mod bank_run;
mod basics;
mod cast;
mod checks;
pub mod common;
mod compliance;
mod counters;
mod deadlock;
mod description;
mod desk;
mod events;
mod findings;
mod hft;
mod isolation;
mod latency;
mod pace;
mod parameters;
mod payments;
mod pick;
mod random;
mod report;
mod request_error;
mod room;
mod run;
mod smallbank;
mod tally;
mod value;
mod work_error;

use crate::book::BookError;

pub use cast::{COINS, Cast, Role, codes};
pub use counters::{Counters, CountersLayout, Header, LAYOUT, PerWorker, Phase};
pub use description::{Catalogue, Description, EventKind, Preset};
pub use desk::{Desk, of_coins};
pub use events::{EVENTS_MAX, Event};
pub use findings::{Evidence, Fact, Findings, Remembered, Witness};
pub use isolation::{Strategy, open_book};
pub use latency::{Latency, LatencyLook};
pub use parameters::{Choice, Parameter, Parameters, VALUE_MAX, Values};
pub use pick::{Amounts, Pick};
pub use random::Random;
pub use report::{
    AccountRow, Accounts, Check, EndedBy, Environment, Figure, Report, Series, Totals,
};
pub use report::{REPORT_VERSION, ROWS_MAX, ReportEnvironment, WorkerTotals};
pub use request_error::RequestError;
pub use run::{AccountLine, AccountLines, AccountOrder, AccountQuery, Bar, History, Spread};
pub use run::{HandError, Look, Moved, Request, Run, Waits};
pub use tally::Tally;
pub use value::Value;
pub use work_error::WorkError;

/// Every scenario. Adding one is its file and its line here.
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

/// A load that drives a book.
pub trait Scenario: Sync {
    /// What people read about it.
    fn description(&self) -> &'static Description;

    /// What must hold between parameters, beyond what each takes.
    ///
    /// # Errors
    /// A sentence that names the values.
    fn accept(&self, _parameters: &Parameters) -> Result<(), RequestError> {
        Ok(())
    }

    /// Who takes part.
    fn cast(&self, parameters: &Parameters) -> Cast;

    /// How many records of the trail one operation writes, as a rule: memory for them is got before the run begins.
    fn records_per_operation(&self) -> u64 {
        1
    }

    /// The load of one worker: the same for the same parameters and the same worker on every host.
    fn load(&self, parameters: &Parameters, worker: u64) -> Box<dyn Load>;

    /// What it says of a run that is over, beyond what is checked of all.
    fn judge(&self, _evidence: &Evidence<'_>) -> Findings {
        Findings::default()
    }
}

/// What one worker asks for.
pub trait Load: Send {
    /// Does so many operations at `desk`, each counted there.
    ///
    /// # Errors
    /// When the book cannot take any more; what was done until then stands.
    fn batch(&mut self, desk: &mut Desk<'_>, operations: u64) -> Result<(), BookError>;

    /// What it remembers of what it did, when all is done.
    fn witness(self: Box<Self>) -> Witness {
        Witness::default()
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
