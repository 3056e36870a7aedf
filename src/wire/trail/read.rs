//! Reads a trail from NDJSON.

use std::fmt;
use std::sync::Arc;

use bitflags::Flags;

use super::layout::{
    self, ENTRY_NAMES, EXTENSION_NAMES, HEAD, Layout, Meaning, NamedField, OLD_NAMES,
};
use crate::model::amounts::grouped;
use crate::model::{AccountFlags, CreateAccountStatus, CreateTransferStatus, TransferFlags};
use crate::trail::{ENTRY_BYTES, Entry, EntryFlags, EntryKind, Trail, TrailFull};
use crate::wire::error::{ParseError, ParseErrorKind, beginning};
use crate::wire::fields::{JsonValue, object, whole};
use crate::wire::flags::flags;
use crate::wire::value::{id, number, word};

/// The maximum number of writers of a trail, as many as a ledger's ids can distinguish.
const WRITERS_MAX: u16 = 256;

/// Why a line cannot be read as the next entry of a trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrailParseError {
    /// The number of the line, from 1.
    pub line: u64,
    /// The reason.
    pub kind: TrailParseErrorKind,
}

/// The reason why a line cannot be read as the next entry of a trail.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrailParseErrorKind {
    /// The line is not an entry.
    Entry(ParseError),
    /// The entry is not the next one of its writer: a line is missing, repeated or out of order.
    Position {
        /// The writer.
        writer: usize,
        /// The position of the next record.
        expected: u64,
        /// The position in the line.
        found: u64,
    },
    /// There is not enough memory for the records.
    Full {
        /// The memory, in bytes.
        budget_bytes: u64,
    },
}

impl fmt::Display for TrailParseError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}", grouped(self.line.into()))?;
        match &self.kind {
            TrailParseErrorKind::Entry(why) => {
                let colon = if why.field().is_empty() { "" } else { ":" };
                write!(formatter, "{colon} {why}")
            }
            TrailParseErrorKind::Position { writer, expected, found } => write!(
                formatter,
                ": found record {} of writer {writer}, but record {} is next; a line is missing, repeated or \
                 out of order",
                grouped((*found).into()),
                grouped((*expected).into()),
            ),
            TrailParseErrorKind::Full { budget_bytes } => write!(
                formatter,
                ": the trail so far has used up its {} MiB ({ENTRY_BYTES} bytes a record)",
                budget_bytes >> 20,
            ),
        }
    }
}

impl std::error::Error for TrailParseError {}

/// Reads a trail line by line, as [`write_trail`](super::write_trail) writes it.
///
/// The lines of one writer must be complete and in order. Lines of different writers may be mixed.
#[derive(Debug)]
pub struct TrailReader {
    segments: Vec<Vec<Entry>>,
    lines: u64,
    entries: u64,
    records_left: u64,
    budget_bytes: u64,
}

impl TrailReader {
    /// Creates a reader of at most `budget_bytes` bytes of records, 128 each.
    pub fn new(budget_bytes: u64) -> Self {
        let records_left = budget_bytes / ENTRY_BYTES;
        Self { segments: Vec::new(), lines: 0, entries: 0, records_left, budget_bytes }
    }

    /// Reads the next line. A blank line is counted and skipped.
    ///
    /// # Errors
    /// [`TrailParseError`]; the reader cannot be used any more.
    pub fn line(&mut self, text: &str) -> Result<(), TrailParseError> {
        self.lines += 1;
        let line = self.lines;
        self.read_line(text).map_err(|kind| TrailParseError { line, kind })
    }

    fn read_line(&mut self, text: &str) -> Result<(), TrailParseErrorKind> {
        if text.trim_ascii().is_empty() {
            return Ok(());
        }
        let TrailLine { writer, position: found, entry, extension } =
            TrailLine::parse(text).map_err(TrailParseErrorKind::Entry)?;
        if self.segments.len() <= writer {
            self.segments.resize_with(writer + 1, Vec::new);
        }
        let segment = &mut self.segments[writer];
        let expected = segment.len() as u64;
        if found != expected {
            return Err(TrailParseErrorKind::Position { writer, expected, found });
        }
        let full = TrailParseErrorKind::Full { budget_bytes: self.budget_bytes };
        let records = 1 + u64::from(extension.is_some());
        self.records_left = self.records_left.checked_sub(records).ok_or_else(|| full.clone())?;
        segment.try_reserve(2).map_err(|_| full)?;
        segment.push(entry);
        segment.extend(extension);
        self.entries += 1;
        Ok(())
    }

    /// The number of entries read so far.
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// Returns the trail, with at least `writers` writers, because writers without entries have no line.
    ///
    /// # Errors
    /// [`TrailFull`] if the system is out of memory.
    pub fn end(mut self, writers: usize) -> Result<Arc<Trail>, TrailFull> {
        let writers = writers.min(WRITERS_MAX.into()).max(self.segments.len());
        self.segments.resize_with(writers, Vec::new);
        Trail::of(self.segments)
    }
}

/// What a line of a trail has.
pub(crate) struct TrailLine {
    pub(crate) writer: usize,
    pub(crate) position: u64,
    pub(crate) entry: Entry,
    pub(crate) extension: Option<Entry>,
}

/// The values of an object, in the order of a list of names.
struct FieldValues<'a> {
    names: &'static [&'static str],
    values: Vec<Option<JsonValue<'a>>>,
}

impl<'a> FieldValues<'a> {
    fn new(value: &JsonValue<'a>, names: &'static [&'static str]) -> Result<Self, ParseError> {
        let mut values = vec![None; names.len()];
        object(value, names, &mut |index, value| {
            let renamed = OLD_NAMES.iter().find(|(old, _)| *old == names[index]);
            let name = renamed.map_or(names[index], |(_, new)| *new);
            let index = names.iter().position(|known| *known == name);
            match values[index.expect("it has all present names")].replace(value.clone()) {
                None => Ok(()),
                Some(_) => Err(ParseError::new(ParseErrorKind::Repeated)),
            }
        })?;
        Ok(Self { names, values })
    }

    /// Removes and returns the value of a field.
    fn take(&mut self, name: &str) -> Option<JsonValue<'a>> {
        let index = self.names.iter().position(|known| *known == name)?;
        self.values[index].take()
    }

    fn take_number(&mut self, name: &'static str, max: u64) -> Result<u64, ParseError> {
        match self.take(name) {
            Some(value) => number(&value, max).map_err(|error| error.within(name)),
            None => {
                let meaning = "the writer of the entry and its position";
                Err(ParseError::new(ParseErrorKind::Missing { meaning }).within(name))
            }
        }
    }

    /// Reads the fields of a layout into a record. A field of another layout is an error.
    fn record(&mut self, layout: &'static Layout, mut record: Entry) -> Result<Entry, ParseError> {
        for field in layout {
            if let Some(value) = self.take(field.name) {
                let number = field_number(field, record.kind, &value);
                field.field.set(&mut record, number.map_err(|error| error.within(field.name))?);
            }
        }
        match self.values.iter().position(Option::is_some) {
            None => Ok(record),
            Some(index) => {
                let kind = ParseErrorKind::Unknown { known: self.names };
                Err(ParseError::new(kind).within(self.names[index]))
            }
        }
    }
}

impl TrailLine {
    /// Reads a line that is not blank.
    pub(crate) fn parse(text: &str) -> Result<Self, ParseError> {
        let mut found = FieldValues::new(&whole(text)?, &ENTRY_NAMES)?;
        let [writer, position, kind, extension] = HEAD;
        let writer = found.take_number(writer, u64::from(WRITERS_MAX) - 1)? as usize;
        let position = found.take_number(position, u64::MAX)?;
        let kind = match found.take(kind) {
            Some(value) => read_kind(&value).map_err(|error| error.within(kind))?,
            None => {
                let meaning = "the kind of attempt";
                return Err(ParseError::new(ParseErrorKind::Missing { meaning }).within(kind));
            }
        };
        let extension_value = found.take(extension);
        let entry = found.record(layout::of_entry(kind), Entry { kind, ..Entry::default() })?;
        let read_extension = |value: JsonValue<'_>| {
            // Its timestamp is the entry's by default.
            let timestamp = entry.timestamp;
            let record = Entry { kind: EntryKind::Extension, timestamp, ..Entry::default() };
            FieldValues::new(&value, &EXTENSION_NAMES)?.record(layout::of_extension(kind), record)
        };
        let extension = extension_value
            .map(read_extension)
            .transpose()
            .map_err(|error| error.within(extension))?;
        Ok(Self { writer, position, entry, extension })
    }
}

fn read_kind(value: &JsonValue<'_>) -> Result<EntryKind, ParseError> {
    let name = word(value)?;
    EntryKind::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
        let known = EntryKind::ALL.map(|kind| kind.name().to_owned()).to_vec();
        ParseError::new(ParseErrorKind::Name { known, found: beginning(&name) })
    })
}

/// Reads the number of a field of a record.
fn field_number(
    field: &NamedField,
    kind: EntryKind,
    value: &JsonValue<'_>,
) -> Result<u128, ParseError> {
    let max = field.field.max();
    match field.meaning {
        Meaning::Id => id(value),
        Meaning::Unused | Meaning::Number => number(value, max),
        Meaning::Status => status(kind, value),
        Meaning::EntryFlags => flags::<EntryFlags>(value, u8::MAX).map(|flags| flags.bits().into()),
        Meaning::Flags if kind == EntryKind::Account => bits::<AccountFlags>(value),
        Meaning::Flags => bits::<TransferFlags>(value),
    }
}

fn bits<F: Flags<Bits = u16>>(value: &JsonValue<'_>) -> Result<u128, ParseError> {
    flags::<F>(value, u16::MAX).map(|flags| flags.bits().into())
}

/// Reads a status: its name, or its number if it has none.
fn status(kind: EntryKind, value: &JsonValue<'_>) -> Result<u128, ParseError> {
    if value.get().starts_with(|first: char| first.is_ascii_digit()) {
        return number(value, u16::MAX).map(u128::from);
    }
    let name = word(value)?;
    let account = |name: &str| {
        CreateAccountStatus::ALL.iter().find(|known| known.name() == name).map(|s| *s as u16)
    };
    let transfer = |name: &str| {
        CreateTransferStatus::ALL.iter().find(|known| known.name() == name).map(|s| *s as u16)
    };
    let found = match kind {
        EntryKind::Account => account(&name),
        EntryKind::Transfer => transfer(&name),
        EntryKind::Expiry => (name == "expired").then_some(0),
        EntryKind::Extension => None,
    };
    let expected = "the name of a status of its kind, or a number";
    found.map(u128::from).ok_or_else(|| ParseError::wrong_type(expected, value.get()))
}
