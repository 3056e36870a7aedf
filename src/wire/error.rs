//! The errors of requests that cannot be read.

use std::fmt;

use crate::model::amounts::grouped;

/// The maximum number of characters of a value that an error quotes.
const SHOWN_MAX: usize = 48;

/// Why a request cannot be read: the invalid field, and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    field: String,
    kind: ParseErrorKind,
}

/// Why a field is invalid.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// The text is not JSON.
    Syntax {
        /// What the JSON parser expected.
        reason: String,
        /// The column, counted from 1.
        column: usize,
    },
    /// The field is unknown.
    Unknown {
        /// The names of the known fields.
        known: &'static [&'static str],
    },
    /// The field is given twice.
    Repeated,
    /// A required field is missing.
    Missing {
        /// The meaning of the field.
        meaning: &'static str,
    },
    /// The value has the wrong type.
    Type {
        /// The expected type.
        expected: &'static str,
        /// The beginning of the value.
        found: String,
    },
    /// The number is too large.
    Range {
        /// The largest valid number.
        max: u128,
        /// The beginning of the value.
        found: String,
    },
    /// The name is not valid for the field.
    Name {
        /// The valid names.
        known: Vec<String>,
        /// The beginning of the name.
        found: String,
    },
    /// The list is too long.
    Length {
        /// The largest number of elements.
        max: usize,
        /// The number of elements found.
        found: usize,
    },
}

impl ParseError {
    pub(super) fn new(kind: ParseErrorKind) -> Self {
        Self { field: String::new(), kind }
    }

    pub(super) fn wrong_type(expected: &'static str, found: &str) -> Self {
        Self::new(ParseErrorKind::Type { expected, found: beginning(found) })
    }

    pub(super) fn too_large(max: u128, found: &str) -> Self {
        Self::new(ParseErrorKind::Range { max, found: beginning(found) })
    }

    /// Returns the same error with `field` before the path of its field.
    #[cold]
    pub(super) fn within(mut self, field: &str) -> Self {
        let dot = if self.field.is_empty() || self.field.starts_with('[') { "" } else { "." };
        self.field.insert_str(0, dot);
        self.field.insert_str(0, &beginning(field));
        self
    }

    /// Returns the same error for a text that begins after `offset` bytes of what is read.
    pub(super) fn after(mut self, offset: usize) -> Self {
        if let ParseErrorKind::Syntax { column, .. } = &mut self.kind {
            *column += offset;
        }
        self
    }

    /// The path of the field, for example `events[2].amount`. It is empty if the text as a whole is invalid.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// The reason.
    pub fn kind(&self) -> &ParseErrorKind {
        &self.kind
    }
}

impl std::error::Error for ParseError {}

impl fmt::Display for ParseError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.field.is_empty() {
            write!(formatter, "{} ", self.field)?;
        }
        match &self.kind {
            ParseErrorKind::Syntax { reason, column } => {
                write!(formatter, "is not JSON: {reason} at column {column}")
            }
            ParseErrorKind::Unknown { known } => {
                write!(formatter, "is unknown; the fields are {}", known.join(", "))
            }
            ParseErrorKind::Repeated => write!(formatter, "is given twice"),
            ParseErrorKind::Missing { meaning } => write!(formatter, "is missing: {meaning}"),
            ParseErrorKind::Type { expected, found } => {
                write!(formatter, "must be {expected}, not {found}")
            }
            ParseErrorKind::Range { max, found } => {
                write!(formatter, "must be at most {max}, not {found}")
            }
            ParseErrorKind::Name { known, found } => {
                write!(formatter, "must be one of {}, not {found}", known.join(", "))
            }
            ParseErrorKind::Length { max, found } => write!(
                formatter,
                "may have at most {} elements, not {}",
                grouped(*max as u128),
                grouped(*found as u128),
            ),
        }
    }
}

/// Returns the beginning of a text for an error, without characters that would move a terminal's cursor.
pub(super) fn beginning(text: &str) -> String {
    let visible = |letter: char| if letter.is_control() { '\u{fffd}' } else { letter };
    let mut shown: String = text.chars().take(SHOWN_MAX).map(visible).collect();
    if text.chars().nth(SHOWN_MAX).is_some() {
        shown.push('…');
    }
    shown
}
