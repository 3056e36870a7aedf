//! Reads JSON objects and lists without copying their values.
//!
//! [`whole`] checks once that a text is JSON, with serde_json. After that a cursor moves over the text and passes each byte
//! once; it need not check the grammar again.

use std::borrow::Cow;
use std::cell::Cell;

use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::error::{ParseError, ParseErrorKind, beginning};

/// Reads an object into a variable, field by field:
/// `fields!(value, account: Account, |field| { id => account.id = id(field)?, ... })`.
/// A field that is not listed, or that is given twice, is an error.
#[cfg(target_family = "wasm")]
macro_rules! fields {
    ($value:expr, $target:ident: $Target:ty, |$field:ident| { $($name:ident => $read:expr,)+ }) => {{
        const NAMES: &[&str] = &[$(stringify!($name)),+];
        let readers: [fn(&mut $Target, &$crate::wire::fields::JsonValue<'_>) -> Result<(), $crate::wire::ParseError>; _] = [
            $(|$target, $field| { $read; Ok(()) },)+
        ];
        $crate::wire::fields::object($value, NAMES, &mut |index, field| readers[index](&mut $target, field))
    }};
}
#[cfg(target_family = "wasm")]
pub(crate) use fields;

/// What [`object`] calls for each field, with the index of the field's name.
type OnField<'r, 'a> = &'r mut dyn FnMut(usize, &JsonValue<'a>) -> Result<(), ParseError>;

/// What [`list`] calls for each element.
type OnElement<'r, 'a> = &'r mut dyn FnMut(&JsonValue<'a>) -> Result<(), ParseError>;

/// A value within a text that is JSON.
#[derive(Clone, Debug)]
pub struct JsonValue<'a> {
    /// The text from the first byte of the value on.
    text: &'a str,
    /// The number of bytes of the value; 0 until its end is found, when it is read or passed.
    length: Cell<usize>,
}

impl<'a> From<&'a RawValue> for JsonValue<'a> {
    fn from(value: &'a RawValue) -> Self {
        let text = value.get();
        Self { text, length: Cell::new(text.len()) }
    }
}

impl<'a> JsonValue<'a> {
    /// Returns the text of the value.
    pub fn get(&self) -> &'a str {
        &self.text[..self.length()]
    }

    /// Returns the content of a string; `None` for other values, and for a string with an unpaired surrogate.
    pub(crate) fn string(&self) -> Option<Cow<'a, str>> {
        if self.first() != Some(b'"') {
            return None;
        }
        let text = self.get();
        let quoted = &text[1..text.len() - 1];
        match quoted.contains('\\') {
            true => unescaped(text).ok().map(Cow::Owned),
            false => Some(Cow::Borrowed(quoted)),
        }
    }

    /// Returns the digits of a number that has nothing else, plain or in a string.
    #[inline]
    pub(super) fn digits(&self) -> Option<&'a [u8]> {
        let text = self.text.as_bytes();
        let quote = usize::from(self.first() == Some(b'"'));
        let mut rest = &text[quote..];
        while let [b'0'..=b'9', others @ ..] = rest {
            rest = others;
        }
        let end = text.len() - rest.len();
        let ends = match text.get(end) {
            Some(b'"') => quote == 1,
            Some(b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r') | None => quote == 0,
            Some(_) => false,
        };
        if end == quote || !ends {
            return None;
        }
        self.length.set(end + quote);
        Some(&text[quote..end])
    }

    pub(super) fn first(&self) -> Option<u8> {
        self.text.bytes().next()
    }

    fn length(&self) -> usize {
        if self.length.get() == 0 {
            self.length.set(length(self.text.as_bytes()));
        }
        self.length.get()
    }
}

/// Returns the number of bytes of the value that a text begins with.
fn length(text: &[u8]) -> usize {
    match text.first() {
        Some(b'"') => string_length(text),
        Some(b'{' | b'[') => {
            let (mut at, mut depth) = (0, 0_usize);
            while let Some(byte) = text.get(at) {
                match byte {
                    b'"' => at += string_length(&text[at..]) - 1,
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth -= 1,
                    _ => {}
                }
                at += 1;
                if depth == 0 {
                    break;
                }
            }
            at
        }
        _ => {
            let ends =
                |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r');
            text.iter().position(ends).unwrap_or(text.len())
        }
    }
}

/// Returns the number of bytes of the string that a text begins with, with its quotes.
fn string_length(text: &[u8]) -> usize {
    let mut at = 1;
    loop {
        match text.get(at) {
            Some(b'"') | None => return (at + 1).min(text.len()),
            Some(b'\\') => at += 2,
            Some(_) => at += 1,
        }
    }
}

/// Returns the content of a string that is written with escapes. Deserializing a `String` would add
/// the code for all other values, as in the sentences of their errors.
///
/// # Errors
/// [`ParseErrorKind::Syntax`] for an unpaired surrogate, like serde_json.
#[cold]
fn unescaped(text: &str) -> Result<String, ParseError> {
    let error = |reason: &str, column| {
        ParseError::new(ParseErrorKind::Syntax { reason: reason.to_owned(), column })
    };
    let mut content = String::with_capacity(text.len());
    let mut at = 1;
    while let Some(letter) = text[at..text.len() - 1].chars().next() {
        at += letter.len_utf8();
        if letter != '\\' {
            content.push(letter);
            continue;
        }
        at += 1;
        content.push(match text.as_bytes()[at - 1] {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = code_unit(text, &mut at);
                let mut units = [first, 0];
                if matches!(first, 0xd800..=0xdbff) {
                    for expected in [b'\\', b'u'] {
                        at += 1;
                        if text.as_bytes()[at - 1] != expected {
                            return Err(error("unexpected end of hex escape", at));
                        }
                    }
                    units[1] = code_unit(text, &mut at);
                }
                match char::decode_utf16(units).next() {
                    Some(Ok(letter)) => letter,
                    _ => return Err(error("lone leading surrogate in hex escape", at)),
                }
            }
            itself => char::from(itself),
        });
    }
    Ok(content)
}

/// Reads the four hexadecimal digits at a position, and moves it past them.
fn code_unit(text: &str, at: &mut usize) -> u16 {
    let digits = text[*at..*at + 4].chars().filter_map(|digit| digit.to_digit(16));
    *at += 4;
    digits.fold(0, |unit, digit| unit << 4 | digit as u16)
}

/// The values directly within an object or a list: of an object, names and values in turn.
struct Parts<'v, 'a> {
    container: &'v JsonValue<'a>,
    at: usize,
}

impl<'v, 'a> Parts<'v, 'a> {
    fn of(container: &'v JsonValue<'a>) -> Self {
        Self { container, at: 1 }
    }

    /// Returns the next value. [`Parts::pass`] must be called before the one after it.
    #[inline]
    fn next(&mut self) -> Option<JsonValue<'a>> {
        let text = self.container.text;
        loop {
            match text.as_bytes().get(self.at) {
                // In a text that is JSON, a comma or a colon says no more than white space.
                Some(b' ' | b'\t' | b'\n' | b'\r' | b',' | b':') => self.at += 1,
                Some(b'}' | b']') | None => {
                    self.container.length.set((self.at + 1).min(text.len()));
                    return None;
                }
                Some(_) => return Some(JsonValue { text: &text[self.at..], length: Cell::new(0) }),
            }
        }
    }

    #[inline]
    fn pass(&mut self, value: &JsonValue<'a>) {
        self.at += value.length();
    }
}

/// Reads a text as one value, and checks that it is JSON.
pub(crate) fn whole(text: &str) -> Result<JsonValue<'_>, ParseError> {
    serde_json::from_str::<IgnoredAny>(text).map_err(|error| not_json(&error))?;
    let text = text.trim_matches([' ', '\t', '\n', '\r']);
    Ok(JsonValue { text, length: Cell::new(text.len()) })
}

#[cold]
fn not_json(error: &serde_json::Error) -> ParseError {
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let position = format!(" at line {line} column {column}");
    let reason = text.strip_suffix(&position).unwrap_or(&text).to_owned();
    ParseError::new(ParseErrorKind::Syntax { reason, column })
}

/// Reads an object whose fields have the given names, at most 32.
pub(crate) fn object<'a>(
    value: &JsonValue<'a>,
    names: &'static [&'static str],
    on_field: OnField<'_, 'a>,
) -> Result<(), ParseError> {
    debug_assert!(names.len() <= 32);
    if value.first() != Some(b'{') {
        return Err(ParseError::wrong_type("an object", value.get()));
    }
    let mut parts = Parts::of(value);
    // One bit for each name that was read.
    let (mut seen, mut next) = (0_u32, 0);
    while let Some(name) = parts.next() {
        let index = index_of(&name, names, next, parts.at)?;
        parts.pass(&name);
        let name = names[index];
        if seen >> index & 1 == 1 {
            return Err(ParseError::new(ParseErrorKind::Repeated).within(name));
        }
        seen |= 1 << index;
        next = index + 1;
        let Some(field) = parts.next() else { break };
        on_field(index, &field).map_err(|error| error.within(name))?;
        parts.pass(&field);
    }
    Ok(())
}

/// Returns the index of a field's name. It is searched from `next` on, because fields often come in order. `offset` is the
/// position of the name in its object.
#[inline]
fn index_of(
    name: &JsonValue<'_>,
    names: &'static [&'static str],
    next: usize,
    offset: usize,
) -> Result<usize, ParseError> {
    let text = &name.text.as_bytes()[1..];
    // Most names have different lengths.
    let is_name =
        |known: &str| text.get(known.len()) == Some(&b'"') && text.starts_with(known.as_bytes());
    let (before, after) = names.split_at(next);
    let found = match after.iter().position(|known| is_name(known)) {
        Some(index) => Some(next + index),
        None => before.iter().position(|known| is_name(known)),
    };
    let Some(index) = found else { return unusual_index_of(name, names, offset) };
    name.length.set(names[index].len() + 2);
    Ok(index)
}

/// Returns the index of a name that is written with escapes, or why there is none.
#[cold]
fn unusual_index_of(
    name: &JsonValue<'_>,
    names: &'static [&'static str],
    offset: usize,
) -> Result<usize, ParseError> {
    let name = unescaped(name.get()).map_err(|error| error.after(offset))?;
    let unknown = || ParseError::new(ParseErrorKind::Unknown { known: names });
    let found = names.iter().position(|known| **known == name);
    found.ok_or_else(|| unknown().within(&beginning(&name)))
}

/// Reads a list of at most `max` elements.
pub(crate) fn list<'a>(
    value: &JsonValue<'a>,
    max: usize,
    on_element: OnElement<'_, 'a>,
) -> Result<(), ParseError> {
    if value.first() != Some(b'[') {
        return Err(ParseError::wrong_type("a list", value.get()));
    }
    let (mut parts, mut found) = (Parts::of(value), 0);
    while let Some(element) = parts.next() {
        if found < max {
            on_element(&element).map_err(|error| error.within(&format!("[{found}]")))?;
        }
        found += 1;
        parts.pass(&element);
    }
    if found > max {
        return Err(ParseError::new(ParseErrorKind::Length { max, found }));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// Returns the text of each element of a list, and of each value of objects named `a` and `b`.
    fn parts(value: &JsonValue<'_>) -> Vec<String> {
        let mut found = Vec::new();
        let mut push = |value: &JsonValue<'_>| {
            // An even one finds its end itself, an odd one is passed.
            if found.len() % 2 == 0 {
                assert_eq!(value.get(), value.clone().get());
            }
            found.push(value.clone().get().to_owned());
            Ok(())
        };
        let read = match value.first() {
            Some(b'[') => list(value, usize::MAX, &mut push),
            _ => object(value, &["a", "b\n"], &mut |_, value| push(value)),
        };
        read.expect("it is a list or an object of these names");
        // The parts end where the value does.
        assert_eq!(value.length.get(), value.text.len());
        found
    }

    #[test]
    fn parts_have_the_ends_that_serde_json_finds() {
        let values = [
            "0",
            "-1.5e3",
            "true",
            "null",
            "\"\"",
            r#""\"""#,
            r#""\\""#,
            r#""]}[{,:""#,
            r#""ä\u00e4\\\"""#,
            "[]",
            "{}",
            r#"[[],[{"x":"]"}]]"#,
            r#"{"x":{"y":["}",2]}}"#,
            " [ ] ",
            "{ \"x\" : 1 }",
            "[\r\n\t1 , 2]",
        ];
        for first in values {
            for second in values {
                for space in ["", " ", "\r\n\t"] {
                    let text = format!("[{first}{space},{space}{second}{space}]");
                    let expected: Vec<&RawValue> = serde_json::from_str(&text).expect("it is JSON");
                    let expected: Vec<_> = expected.iter().map(|value| value.get()).collect();
                    assert_eq!(parts(&whole(&text).expect("it is JSON")), expected, "{text}");
                    let named =
                        format!("{{{space}\"b\\n\"{space}:{first},{space}\"\\u0061\":{second}}}");
                    assert_eq!(parts(&whole(&named).expect("it is JSON")), expected, "{named}");
                }
            }
        }
    }

    #[test]
    fn strings_have_the_content_that_serde_json_reads() {
        let parts = [
            "",
            "ä",
            "\u{1f600}",
            r#"\b\f\n\r\t\/\\\""#,
            r"\u0041",
            r"\u00e4",
            r"\ud83d",
            r"\ude00",
            r"\uD83D\uDE00",
            r"\ud83d\n",
            r"\ud83d\u0041",
        ];
        for first in parts {
            for second in parts {
                let text = format!("\"{first}{second}\"");
                let expected = serde_json::from_str::<String>(&text).map_err(|e| not_json(&e));
                assert_eq!(unescaped(&text), expected, "{text}");
                assert_eq!(
                    whole(&text).expect("it is JSON").string().map(Cow::into_owned),
                    expected.ok(),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn names_are_matched_as_a_whole() {
        let names = &["ab", "a", "abc"];
        let found = |text: &str| {
            let mut found = Vec::new();
            let value = whole(text).expect("it is JSON");
            object(&value, names, &mut |index, _| {
                found.push(index);
                Ok(())
            })
            .map(|()| found)
            .map_err(|error| error.to_string())
        };
        assert_eq!(found(r#"{"abc":1,"ab":{"a":1},"a":2}"#), Ok(vec![2, 0, 1]));
        let unknown = |name: &str| Err(format!("{name} is unknown; the fields are ab, a, abc"));
        for name in ["abcd", "b", "A"] {
            assert_eq!(found(&format!("{{\"a\":1,\"{name}\":1}}")), unknown(name));
        }
        assert_eq!(found(r#"{"ab":1,"\u0061b":1}"#), Err("ab is given twice".to_owned()));
        let lone = r#"{"a":1,"\ud800":1}"#;
        let error = serde_json::from_str::<HashMap<String, u8>>(lone).expect_err("no character");
        assert_eq!(found(lone), Err(not_json(&error).to_string()));
    }
}
