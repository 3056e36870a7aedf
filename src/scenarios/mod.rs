//! Scenarios: workloads that drive a ledger from many threads, and the checks that follow every run.
//!
//! A [`Scenario`] describes its parameters, its accounts, and the operations of each worker. Everything else is shared:
//! a [`Run`] executes a scenario on any host, [`Counters`] show its progress, and a [`Report`] holds the result.
#![forbid(unsafe_code)]

mod account_layout;
mod bank_run;
mod basics;
mod catalogue;
mod check_results;
mod checks;
pub mod codes;
pub mod common;
mod compliance;
mod concurrency;
mod counters;
mod counts;
mod deadlock;
mod description;
mod distribution;
mod event_kind;
mod events;
mod hft;
mod latency;
mod operation_context;
mod parameter;
mod parameters;
mod payments;
mod preallocation;
mod random;
mod rate_limiter;
pub mod report;
mod request_error;
mod run;
mod scenario;
mod smallbank;
mod table_enum;
mod tally;
mod transfer_workload;
mod value;
mod work_error;

pub use account_layout::{AccountLayout, Role};
pub use catalogue::{ALL, Catalogue, find};
pub use check_results::{CheckInput, CheckResults, RecordedAttempt, WorkerObservations};
pub use codes::COINS;
pub use concurrency::{Protocol, open_ledger};
pub use counters::{Counters, CountersLayout, Header, LAYOUT, PerWorker, Phase};
pub use description::{Description, Preset};
pub use distribution::{AccountDistribution, AmountDistribution};
pub use event_kind::{EVENTS_MAX, EventKind};
pub use latency::LatencySample;
pub use operation_context::{OperationContext, coin_transfer};
pub use parameter::{Choice, Parameter, VALUE_MAX, Values};
pub use parameters::Parameters;
pub use random::Random;
pub use report::{
    AccountRow, Accounts, Check, CheckValue, EndedBy, Environment, Event, Fact, Latency, Report,
};
pub use report::{
    REPORT_VERSION, ROWS_MAX, ReportEnvironment, ReportParameters, Series, Totals, WorkerTotals,
};
pub use request_error::RequestError;
pub use run::{AccountLine, AccountLines, AccountOrder, AccountQuery, History};
pub use run::{BalanceBucket, BalanceDistribution, ManualTransfer};
pub use run::{Request, Run, Sample, Waits};
pub use scenario::{Scenario, Workload};
pub use tally::Tally;
pub use value::Value;
pub use work_error::WorkError;
