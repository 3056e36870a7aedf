//! The report of a run: its types, and the verification of a report from a file.
//!
//! The types of [`document`] are the only description of a report. `cargo xtask generate` writes
//! `docs/report.schema.json` and `npm/types/report.d.ts` from them; [`verify`] parses with them.

mod document;
#[cfg(test)]
mod generated;
mod verify;
mod version_3;

pub use document::{
    AccountRow, Accounts, Check, CheckValue, EndedBy, Environment, Event, Fact, Latency, Report,
};
pub use document::{
    REPORT_VERSION, ROWS_MAX, ReportEnvironment, ReportParameters, Series, Totals, WorkerTotals,
};
pub use verify::{ParseError, REPORT_BYTES_MAX, parse};
