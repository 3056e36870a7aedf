//! Writes entries as NDJSON.

use std::io::{self, Write};

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::layout::{self, EntryField, Layout, Meaning};
use super::value::Value;
use crate::model::amounts::JsonU64;
use crate::trail::{Entry, EntryRef};

/// Writes a line of JSON for each entry, and returns the number of entries. The [module](super)
/// describes the format. It writes in small pieces, so `output` should be buffered.
///
/// # Errors
/// The error of `output`.
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

/// An entry with its extension as one object.
struct Line<'a>(EntryRef<'a>);

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let EntryRef { writer, position, entry, extension } = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("writer", &writer)?;
        map.serialize_entry("position", &JsonU64(position))?;
        map.serialize_entry("kind", entry.kind.name())?;
        for field in layout::of_entry(entry.kind) {
            if field.meaning != Meaning::Unused || field.field.get(entry) != 0 {
                map.serialize_entry(field.name, &Value::of(field, entry))?;
            }
        }
        if let Some(extension) = extension {
            let extension =
                Extension { extension, entry, layout: layout::of_extension(entry.kind) };
            map.serialize_entry("extension", &extension)?;
        }
        map.end()
    }
}

/// An extension as an object, without the fields that have their default.
struct Extension<'a> {
    extension: &'a Entry,
    entry: &'a Entry,
    layout: &'static Layout,
}

impl Serialize for Extension<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for field in self.layout {
            let is_timestamp = field.field == EntryField::Timestamp;
            let default = if is_timestamp { field.field.get(self.entry) } else { 0 };
            if field.field.get(self.extension) != default {
                map.serialize_entry(field.name, &Value::of(field, self.extension))?;
            }
        }
        map.end()
    }
}
