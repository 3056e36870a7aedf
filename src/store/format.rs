//! What all files of a store have in common.

/// The version of the files' format.
pub const FORMAT_VERSION: u32 = 1;

/// The name of the file that says which ledger it is. Every store has it.
pub(super) const HEAD_NAME: &str = "ledger.head";
