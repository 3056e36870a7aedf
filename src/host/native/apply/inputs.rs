//! The inputs of the command.

use std::io::Read;
use std::path::Path;

use super::csv::TransferRows;

/// Something that was opened, and its file.
pub(super) struct Input<'a, T> {
    pub(super) file: &'a Path,
    pub(super) content: T,
}

/// The inputs, in the order in which they are applied.
pub(super) struct Inputs<'a> {
    pub(super) operations: Option<Input<'a, Box<dyn Read>>>,
    pub(super) transfers: Option<Input<'a, TransferRows<Box<dyn Read>>>>,
}
