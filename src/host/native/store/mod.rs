//! `ledgerlab inspect`, `export`, `import`, `backup`, `restore` and `repair`: the tools of a ledger stored in a
//! folder. `verify` reads one, too.
//!
//! All but `import`, `restore` and `repair` only read the folder, and work while a server has it open.

mod backup;
mod export;
mod import;
mod inspect;
mod read;

pub(crate) use backup::{BackupOptions, RepairOptions, RestoreOptions, backup, repair, restore};
pub(crate) use export::{ExportOptions, export};
pub(crate) use import::{ImportOptions, import};
pub(crate) use inspect::{InspectOptions, inspect};
pub(crate) use read::{open_failure, verify};
