//! What is wrong with a line.

use std::fmt;

use crate::model::amounts::grouped;

/// Characters of a value that an error repeats.
const SHOWN_MAX: usize = 48;

/// A line that is no operation: which of its fields is wrong, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    field: String,
    problem: Problem,
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// The line is not JSON.
    Syntax {
        /// What the reader expected.
        reason: String,
        /// Where it was, counted from 1.
        column: usize,
    },
    /// The field is not one of those that belong here.
    Unknown {
        /// Those that do.
        known: &'static [&'static str],
    },
    /// The field is there for the second time.
    Repeated,
    /// The field is not there.
    Missing {
        /// What it says when it is there.
        meaning: &'static str,
    },
    /// The value is not of the kind that belongs here.
    Kind {
        /// What belongs here.
        expected: &'static str,
        /// The value, or its beginning.
        found: String,
    },
    /// The number is too great.
    Range {
        /// The greatest that the field takes.
        greatest: u128,
        /// The value, or its beginning.
        found: String,
    },
    /// The name is not one of those that can stand here.
    Name {
        /// Those that can.
        known: Vec<String>,
        /// The name, or its beginning.
        found: String,
    },
    /// The list is too long.
    Length {
        /// The most elements that it may have.
        greatest: usize,
        /// How many it has.
        found: usize,
    },
}

impl BadLine {
    pub(super) fn new(problem: Problem) -> Self {
        Self { field: String::new(), problem }
    }

    pub(super) fn kind(expected: &'static str, found: &str) -> Self {
        Self::new(Problem::Kind { expected, found: beginning(found) })
    }

    pub(super) fn range(greatest: u128, found: &str) -> Self {
        Self::new(Problem::Range { greatest, found: beginning(found) })
    }

    /// The same, as a part of `field`.
    #[cold]
    pub(super) fn within(mut self, field: &str) -> Self {
        let dot = if self.field.is_empty() || self.field.starts_with('[') { "" } else { "." };
        self.field.insert_str(0, dot);
        self.field.insert_str(0, &beginning(field));
        self
    }

    /// Where it is, for example `events[2].amount`; empty when the line as a whole is wrong.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// What is wrong with it.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }
}

impl std::error::Error for BadLine {}

impl fmt::Display for BadLine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.field.is_empty() {
            write!(formatter, "{} ", self.field)?;
        }
        match &self.problem {
            Problem::Syntax { reason, column } => {
                write!(formatter, "is not JSON: {reason} at column {column}")
            }
            Problem::Unknown { known } => {
                write!(formatter, "is no field here; the fields are {}", known.join(", "))
            }
            Problem::Repeated => write!(formatter, "is there twice"),
            Problem::Missing { meaning } => write!(formatter, "is missing: {meaning}"),
            Problem::Kind { expected, found } => {
                write!(formatter, "must be {expected}, not {found}")
            }
            Problem::Range { greatest, found } => {
                write!(formatter, "must be at most {greatest}, not {found}")
            }
            Problem::Name { known, found } => {
                write!(formatter, "must be one of {}, not {found}", known.join(", "))
            }
            Problem::Length { greatest, found } => write!(
                formatter,
                "may have {} elements at most, not {}",
                grouped(*greatest as u128),
                grouped(*found as u128),
            ),
        }
    }
}

/// As much of a text as an error repeats, without what would move a terminal's cursor.
pub(super) fn beginning(text: &str) -> String {
    let visible = |letter: char| if letter.is_control() { '\u{fffd}' } else { letter };
    let mut shown: String = text.chars().take(SHOWN_MAX).map(visible).collect();
    if text.chars().nth(SHOWN_MAX).is_some() {
        shown.push('…');
    }
    shown
}
