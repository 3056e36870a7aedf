//! Lines of JSON to a trail.

use std::fmt;
use std::sync::Arc;

use bitflags::Flags;
use serde_json::value::RawValue;

use super::form::{self, ENTRY_NAMES, EXTENSION_NAMES, Field, Form, HEAD, Meaning};
use crate::model::amounts::grouped;
use crate::model::{AccountFlags, CreateAccountStatus, CreateTransferStatus, TransferFlags};
use crate::trail::{ENTRY_BYTES, Entry, EntryKind, Marks, Trail, TrailFull};
use crate::wire::error::{ParseError, ParseErrorKind, beginning};
use crate::wire::fields::{object, whole};
use crate::wire::flags::flags;
use crate::wire::value::{id, number, word};

/// The most writers that a trail in text may have: as many as the ids of a ledger tell apart.
const WRITERS_MAX: u16 = 256;

/// Why lines are no trail.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrailParseError {
    /// The line is no entry.
    Line {
        /// Which line, counted from 1.
        line: u64,
        /// Which field is wrong, and why.
        why: ParseError,
    },
    /// The entry is not the next one of its writer: a line is missing, or there twice, or out of order.
    Place {
        /// Which line, counted from 1.
        line: u64,
        /// The writer.
        writer: usize,
        /// The place that comes next.
        expected: u64,
        /// The place that the line says.
        found: u64,
    },
    /// There are more records than there is memory for them.
    Full {
        /// Which line, counted from 1.
        line: u64,
        /// The memory, in bytes.
        budget_bytes: u64,
    },
}

impl fmt::Display for TrailParseError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { line, why } if why.field().is_empty() => {
                write!(formatter, "line {} {why}", grouped((*line).into()))
            }
            Self::Line { line, why } => {
                write!(formatter, "line {}: {why}", grouped((*line).into()))
            }
            Self::Place { line, writer, expected, found } => write!(
                formatter,
                "line {}: record {} of writer {writer} stands where record {} belongs; a line is missing, there \
                 twice or out of order",
                grouped((*line).into()),
                grouped((*found).into()),
                grouped((*expected).into()),
            ),
            Self::Full { line, budget_bytes } => write!(
                formatter,
                "line {}: the trail so far has used up its {} MiB ({ENTRY_BYTES} bytes a record)",
                grouped((*line).into()),
                budget_bytes >> 20,
            ),
        }
    }
}

impl std::error::Error for TrailParseError {}

/// Reads a trail line by line, each as [`write_trail`](super::write_trail) wrote it.
///
/// The lines of one writer are in order of their places, none left out; those of several may be mixed as they like.
#[derive(Debug)]
pub struct TrailReader {
    segments: Vec<Vec<Entry>>,
    lines: u64,
    entries: u64,
    records_left: u64,
    budget_bytes: u64,
}

impl TrailReader {
    /// A reader of at most so many bytes of records, 128 each.
    pub fn new(budget_bytes: u64) -> Self {
        let records_left = budget_bytes / ENTRY_BYTES;
        Self { segments: Vec::new(), lines: 0, entries: 0, records_left, budget_bytes }
    }

    /// Reads the next line. One without anything in it is counted and passed over.
    ///
    /// # Errors
    /// [`TrailParseError`]; the reader is of no use then.
    pub fn line(&mut self, text: &str) -> Result<(), TrailParseError> {
        self.lines += 1;
        let line = self.lines;
        if text.trim_ascii().is_empty() {
            return Ok(());
        }
        let Read { writer, place: found, entry, extension } =
            read(text).map_err(|why| TrailParseError::Line { line, why })?;
        if self.segments.len() <= writer {
            self.segments.resize_with(writer + 1, Vec::new);
        }
        let segment = &mut self.segments[writer];
        let expected = segment.len() as u64;
        if found != expected {
            return Err(TrailParseError::Place { line, writer, expected, found });
        }
        let full = TrailParseError::Full { line, budget_bytes: self.budget_bytes };
        let records = 1 + u64::from(extension.is_some());
        self.records_left = self.records_left.checked_sub(records).ok_or_else(|| full.clone())?;
        segment.try_reserve(2).map_err(|_| full)?;
        segment.push(entry);
        segment.extend(extension);
        self.entries += 1;
        Ok(())
    }

    /// How many entries it has read.
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// The trail that was read, of at least so many writers: those that wrote nothing have left no line.
    ///
    /// # Errors
    /// When the system's memory is used up.
    pub fn end(mut self, writers: usize) -> Result<Arc<Trail>, TrailFull> {
        let writers = writers.min(WRITERS_MAX.into()).max(self.segments.len());
        self.segments.resize_with(writers, Vec::new);
        Trail::of(self.segments)
    }
}

/// One line.
struct Read {
    writer: usize,
    place: u64,
    entry: Entry,
    extension: Option<Entry>,
}

/// The values of an object, in the order of a list of names.
struct FieldValues<'a> {
    names: &'static [&'static str],
    values: Vec<Option<&'a RawValue>>,
}

impl<'a> FieldValues<'a> {
    fn new(value: &'a RawValue, names: &'static [&'static str]) -> Result<Self, ParseError> {
        let mut values = vec![None; names.len()];
        object(value, names, &mut |index, value| {
            values[index] = Some(value);
            Ok(())
        })?;
        Ok(Self { names, values })
    }

    /// Takes the value of a field; what is taken is not there any more.
    fn take(&mut self, name: &str) -> Option<&'a RawValue> {
        let place = self.names.iter().position(|known| *known == name)?;
        self.values[place].take()
    }

    fn take_number(&mut self, name: &'static str, greatest: u64) -> Result<u64, ParseError> {
        match self.take(name) {
            Some(value) => number(value, greatest).map_err(|bad| bad.within(name)),
            None => {
                let meaning = "each entry says whose it is and where";
                Err(ParseError::new(ParseErrorKind::Missing { meaning }).within(name))
            }
        }
    }

    /// Reads the fields of a form into a record. A field of another form is an error.
    fn record(&mut self, form: &'static Form, mut record: Entry) -> Result<Entry, ParseError> {
        for field in form {
            if let Some(value) = self.take(field.name) {
                let number = slot(field, record.kind, value);
                field.slot.set(&mut record, number.map_err(|bad| bad.within(field.name))?);
            }
        }
        match self.values.iter().position(Option::is_some) {
            None => Ok(record),
            Some(place) => {
                let kind = ParseErrorKind::Unknown { known: self.names };
                Err(ParseError::new(kind).within(self.names[place]))
            }
        }
    }
}

fn read(text: &str) -> Result<Read, ParseError> {
    let mut found = FieldValues::new(whole(text)?, &ENTRY_NAMES)?;
    let [writer, place, kind, extension] = HEAD;
    let writer = found.take_number(writer, u64::from(WRITERS_MAX) - 1)? as usize;
    let place = found.take_number(place, u64::MAX)?;
    let kind = match found.take(kind) {
        Some(value) => read_kind(value).map_err(|bad| bad.within(kind))?,
        None => {
            let meaning = "what was attempted";
            return Err(ParseError::new(ParseErrorKind::Missing { meaning }).within(kind));
        }
    };
    let annexed = found.take(extension);
    let entry = found.record(form::of_entry(kind), Entry { kind, ..Entry::default() })?;
    let read_extension = |value| {
        // Its timestamp is the entry's, unless it says otherwise.
        let timestamp = entry.timestamp;
        let record = Entry { kind: EntryKind::Extension, timestamp, ..Entry::default() };
        FieldValues::new(value, &EXTENSION_NAMES)?.record(form::of_extension(kind), record)
    };
    let extension = annexed.map(read_extension).transpose().map_err(|bad| bad.within(extension))?;
    Ok(Read { writer, place, entry, extension })
}

fn read_kind(value: &RawValue) -> Result<EntryKind, ParseError> {
    let name = word(value)?;
    EntryKind::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
        let known = EntryKind::ALL.map(|kind| kind.name().to_owned()).to_vec();
        ParseError::new(ParseErrorKind::Name { known, found: beginning(&name) })
    })
}

/// The number that a field of a record is to hold.
fn slot(field: &Field, kind: EntryKind, value: &RawValue) -> Result<u128, ParseError> {
    let greatest = field.slot.greatest();
    match field.meaning {
        Meaning::Id => id(value),
        Meaning::Nothing | Meaning::Number => number(value, greatest),
        Meaning::Status => status(kind, value),
        Meaning::Marks => flags::<Marks>(value, u8::MAX).map(|marks| marks.bits().into()),
        Meaning::Flags if kind == EntryKind::Account => bits::<AccountFlags>(value),
        Meaning::Flags => bits::<TransferFlags>(value),
    }
}

fn bits<F: Flags<Bits = u16>>(value: &RawValue) -> Result<u128, ParseError> {
    flags::<F>(value, u16::MAX).map(|flags| flags.bits().into())
}

/// A status by name, or by number where it has none.
fn status(kind: EntryKind, value: &RawValue) -> Result<u128, ParseError> {
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
