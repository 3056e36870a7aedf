//! Reads JSON objects and lists without copying their values.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::error::{ParseError, ParseErrorKind, beginning};

/// Reads an object into a variable, field by field:
/// `fields!(value, account: Account, |field| { id => account.id = id(field)?, ... })`.
/// A field that is not listed, or that is given twice, is an error.
macro_rules! fields {
    ($value:expr, $target:ident: $Target:ty, |$field:ident| { $($name:ident => $read:expr,)+ }) => {{
        const NAMES: &[&str] = &[$(stringify!($name)),+];
        let readers: [fn(&mut $Target, &serde_json::value::RawValue) -> Result<(), $crate::wire::ParseError>; _] = [
            $(|$target, $field| { $read; Ok(()) },)+
        ];
        $crate::wire::fields::object($value, NAMES, &mut |index, field| readers[index](&mut $target, field))
    }};
}
pub(crate) use fields;

/// What [`object`] calls for each field, with the index of the field's name.
type OnField<'r, 'a> = &'r mut dyn FnMut(usize, &'a RawValue) -> Result<(), ParseError>;

/// What [`list`] calls for each element.
type OnElement<'r, 'a> = &'r mut dyn FnMut(&'a RawValue) -> Result<(), ParseError>;

/// Reads a text as one value, and checks that it is JSON.
pub(crate) fn whole(text: &str) -> Result<&RawValue, ParseError> {
    serde_json::from_str(text).map_err(not_json)
}

fn not_json(error: serde_json::Error) -> ParseError {
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let position = format!(" at line {line} column {column}");
    let reason = text.strip_suffix(&position).unwrap_or(&text).to_owned();
    ParseError::new(ParseErrorKind::Syntax { reason, column })
}

/// Reads an object whose fields have the given names, at most 32.
pub(crate) fn object<'a>(
    value: &'a RawValue,
    names: &'static [&'static str],
    on_field: OnField<'_, 'a>,
) -> Result<(), ParseError> {
    debug_assert!(names.len() <= 32);
    if !value.get().starts_with('{') {
        return Err(ParseError::wrong_type("an object", value.get()));
    }
    let mut error = None;
    let visitor = ObjectVisitor { names, seen: 0, on_field, error: &mut error };
    let read = serde_json::Deserializer::from_str(value.get()).deserialize_map(visitor);
    error.map_or_else(|| read.map_err(not_json), Err)
}

/// Reads a list of at most `max` elements.
pub(crate) fn list<'a>(
    value: &'a RawValue,
    max: usize,
    on_element: OnElement<'_, 'a>,
) -> Result<(), ParseError> {
    if !value.get().starts_with('[') {
        return Err(ParseError::wrong_type("a list", value.get()));
    }
    let mut error = None;
    let visitor = ListVisitor { max, on_element, error: &mut error };
    let read = serde_json::Deserializer::from_str(value.get()).deserialize_seq(visitor);
    error.map_or_else(|| read.map_err(not_json), Err)
}

/// Stops reading. The error is stored separately because serde keeps only its text.
fn stop<E: Error>(error: &mut Option<ParseError>, why: ParseError) -> E {
    *error = Some(why);
    E::custom("stopped")
}

struct ObjectVisitor<'s, 'de> {
    names: &'static [&'static str],
    /// One bit for each name that was read.
    seen: u32,
    on_field: OnField<'s, 'de>,
    error: &'s mut Option<ParseError>,
}

impl<'de> Visitor<'de> for ObjectVisitor<'_, 'de> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key_seed(NameSeed(self.names))? {
            let index = match name {
                Ok(index) => index,
                Err(unknown) => {
                    let kind = ParseErrorKind::Unknown { known: self.names };
                    return Err(stop(self.error, ParseError::new(kind).within(&unknown)));
                }
            };
            let name = self.names[index];
            if self.seen >> index & 1 == 1 {
                let repeated = ParseError::new(ParseErrorKind::Repeated).within(name);
                return Err(stop(self.error, repeated));
            }
            self.seen |= 1 << index;
            let value = map.next_value()?;
            if let Err(error) = (self.on_field)(index, value) {
                return Err(stop(self.error, error.within(name)));
            }
        }
        Ok(())
    }
}

/// Reads the name of a field. Returns its index in the list, or the name itself if it is not in the list.
struct NameSeed(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for NameSeed {
    type Value = Result<usize, String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for NameSeed {
    type Value = Result<usize, String>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a field")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        let index = self.0.iter().position(|known| *known == name);
        Ok(index.ok_or_else(|| beginning(name)))
    }
}

struct ListVisitor<'s, 'de> {
    max: usize,
    on_element: OnElement<'s, 'de>,
    error: &'s mut Option<ParseError>,
}

impl<'de> Visitor<'de> for ListVisitor<'_, 'de> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<(), A::Error> {
        let mut found = 0;
        while found < self.max {
            let Some(value) = sequence.next_element()? else { return Ok(()) };
            if let Err(error) = (self.on_element)(value) {
                return Err(stop(self.error, error.within(&format!("[{found}]"))));
            }
            found += 1;
        }
        while sequence.next_element::<IgnoredAny>()?.is_some() {
            found += 1;
        }
        if found > self.max {
            let kind = ParseErrorKind::Length { max: self.max, found };
            return Err(stop(self.error, ParseError::new(kind)));
        }
        Ok(())
    }
}
