//! Entries to lines of JSON.

use std::io::{self, Write};

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::form::{self, Form, Meaning, Slot};
use super::value::Value;
use crate::model::amounts::JsonU128;
use crate::trail::{Entry, EntryRef};

/// Writes entries as lines of JSON, one by one, and answers how many. See [`super`] for their form.
///
/// It writes in small pieces: give it a buffer.
///
/// # Errors
/// What `output` answers.
pub fn write_trail<'a>(
    entries: impl IntoIterator<Item = EntryRef<'a>>,
    mut output: impl Write,
) -> io::Result<u64> {
    let mut written = 0;
    for recorded in entries {
        serde_json::to_writer(&mut output, &Line(recorded))?;
        output.write_all(b"\n")?;
        written += 1;
    }
    Ok(written)
}

/// An entry with its extension, as one object.
struct Line<'a>(EntryRef<'a>);

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let EntryRef { writer, position, entry, extension } = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("writer", &writer)?;
        map.serialize_entry("position", &JsonU128(position.into()))?;
        map.serialize_entry("kind", entry.kind.name())?;
        for field in form::of_entry(entry.kind) {
            if field.meaning != Meaning::Nothing || field.slot.get(entry) != 0 {
                map.serialize_entry(field.name, &Value::of(field, entry))?;
            }
        }
        if let Some(extension) = extension {
            let extension = Extension { extension, entry, form: form::of_extension(entry.kind) };
            map.serialize_entry("extension", &extension)?;
        }
        map.end()
    }
}

/// An extension: only what it says beyond what absent fields say.
struct Extension<'a> {
    extension: &'a Entry,
    entry: &'a Entry,
    form: &'static Form,
}

impl Serialize for Extension<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for field in self.form {
            let its_entrys = field.slot == Slot::Timestamp;
            let absent = if its_entrys { field.slot.get(self.entry) } else { 0 };
            if field.slot.get(self.extension) != absent {
                map.serialize_entry(field.name, &Value::of(field, self.extension))?;
            }
        }
        map.end()
    }
}
