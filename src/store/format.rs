//! What all files of a store have in common.

/// The version of the files' format.
pub const FORMAT_VERSION: u32 = 1;

/// The name of the file that says which ledger it is. Every store has it.
pub(crate) const HEAD_NAME: &str = "ledger.head";

/// The name of the file that says that a copy of a store is not complete.
pub(crate) const INCOMPLETE_NAME: &str = "ledger.incomplete";
