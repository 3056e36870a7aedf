//! Objects and lists, taken apart without a copy.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::error::{BadLine, Problem, beginning};

/// Reads an object, field by field: `fields!(value, { "id" => account.id = id(field)?, ... })`, where `field` is named
/// first. A field that is not listed, or that comes twice, is an error.
macro_rules! fields {
    ($value:expr, |$field:ident| { $($name:literal => $take:expr,)+ }) => {{
        const NAMES: &[&str] = &[$($name),+];
        $crate::wire::fields::object($value, NAMES, |name, $field| {
            match name {
                $($name => $take,)+
                _ => unreachable!("only the names of the list are taken"),
            }
            Ok(())
        })
    }};
}
pub(crate) use fields;

/// The whole line as one value; it is known to be JSON from here on.
pub(crate) fn whole(line: &str) -> Result<&RawValue, BadLine> {
    serde_json::from_str(line).map_err(not_json)
}

fn not_json(error: serde_json::Error) -> BadLine {
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let place = format!(" at line {line} column {column}");
    let reason = text.strip_suffix(&place).unwrap_or(&text).to_owned();
    BadLine::new(Problem::Syntax { reason, column })
}

/// Gives every field of an object to `take`, with its name out of `names`, which are 32 at most.
pub(crate) fn object<'a>(
    value: &'a RawValue,
    names: &'static [&'static str],
    take: impl FnMut(&'static str, &'a RawValue) -> Result<(), BadLine>,
) -> Result<(), BadLine> {
    debug_assert!(names.len() <= 32);
    if !value.get().starts_with('{') {
        return Err(BadLine::kind("an object", value.get()));
    }
    let mut stopped = None;
    let visitor = Object { names, seen: 0, take, stopped: &mut stopped };
    let read = serde_json::Deserializer::from_str(value.get()).deserialize_map(visitor);
    stopped.map_or_else(|| read.map_err(not_json), Err)
}

/// Gives every element of a list of `greatest` at most to `take`.
pub(crate) fn list<'a>(
    value: &'a RawValue,
    greatest: usize,
    take: impl FnMut(&'a RawValue) -> Result<(), BadLine>,
) -> Result<(), BadLine> {
    if !value.get().starts_with('[') {
        return Err(BadLine::kind("a list", value.get()));
    }
    let mut stopped = None;
    let visitor = List { greatest, take, stopped: &mut stopped };
    let read = serde_json::Deserializer::from_str(value.get()).deserialize_seq(visitor);
    stopped.map_or_else(|| read.map_err(not_json), Err)
}

/// Ends the reading: why is kept aside, since serde would make a mere text of it.
fn stop<E: Error>(stopped: &mut Option<BadLine>, why: BadLine) -> E {
    *stopped = Some(why);
    E::custom("stopped")
}

struct Object<'s, T> {
    names: &'static [&'static str],
    /// One bit for each name that was there.
    seen: u32,
    take: T,
    stopped: &'s mut Option<BadLine>,
}

impl<'de, T> Visitor<'de> for Object<'_, T>
where
    T: FnMut(&'static str, &'de RawValue) -> Result<(), BadLine>,
{
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key_seed(NameOf(self.names))? {
            let place = match name {
                Ok(place) => place,
                Err(unknown) => {
                    let problem = Problem::Unknown { known: self.names };
                    return Err(stop(self.stopped, BadLine::new(problem).within(&unknown)));
                }
            };
            let name = self.names[place];
            if self.seen >> place & 1 == 1 {
                let twice = BadLine::new(Problem::Repeated).within(name);
                return Err(stop(self.stopped, twice));
            }
            self.seen |= 1 << place;
            let value = map.next_value()?;
            if let Err(bad) = (self.take)(name, value) {
                return Err(stop(self.stopped, bad.within(name)));
            }
        }
        Ok(())
    }
}

/// The place of a field's name in the list, or the name that is not there.
struct NameOf(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for NameOf {
    type Value = Result<usize, String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for NameOf {
    type Value = Result<usize, String>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a field")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        let place = self.0.iter().position(|known| *known == name);
        Ok(place.ok_or_else(|| beginning(name)))
    }
}

struct List<'s, T> {
    greatest: usize,
    take: T,
    stopped: &'s mut Option<BadLine>,
}

impl<'de, T: FnMut(&'de RawValue) -> Result<(), BadLine>> Visitor<'de> for List<'_, T> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut sequence: A) -> Result<(), A::Error> {
        let mut found = 0;
        while found < self.greatest {
            let Some(value) = sequence.next_element()? else { return Ok(()) };
            if let Err(bad) = (self.take)(value) {
                return Err(stop(self.stopped, bad.within(&format!("[{found}]"))));
            }
            found += 1;
        }
        while sequence.next_element::<IgnoredAny>()?.is_some() {
            found += 1;
        }
        if found > self.greatest {
            let problem = Problem::Length { greatest: self.greatest, found };
            return Err(stop(self.stopped, BadLine::new(problem)));
        }
        Ok(())
    }
}
