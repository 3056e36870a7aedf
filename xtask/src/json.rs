//! JSON: as much as it takes to read what tools report and to write down what was found.

use std::fmt::{self, Write};

/// A value of JSON. Numbers are doubles; objects keep their order.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    pub fn text(text: impl Into<String>) -> Json {
        Json::Text(text.into())
    }

    pub fn object<const N: usize>(members: [(&str, Json); N]) -> Json {
        Json::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// Reads a whole text.
    pub fn read(text: &str) -> Result<Json, String> {
        let mut reader = Reader { bytes: text.as_bytes(), at: 0 };
        let value = reader.value(0)?;
        reader.skip_blanks();
        if reader.at < text.len() { Err(reader.wrong("the end")) } else { Ok(value) }
    }

    /// The member of this name; nothing where there is none.
    pub fn get(&self, name: &str) -> &Json {
        let Json::Object(members) = self else { return &Json::Null };
        members.iter().find(|(its, _)| its == name).map_or(&Json::Null, |(_, value)| value)
    }

    pub fn as_text(&self) -> Option<&str> {
        if let Json::Text(text) = self { Some(text) } else { None }
    }

    pub fn as_number(&self) -> Option<f64> {
        if let Json::Number(number) = self { Some(*number) } else { None }
    }

    /// The values of a list; none where it is no list.
    pub fn items(&self) -> &[Json] {
        if let Json::List(items) = self { items } else { &[] }
    }

    fn write(&self, output: &mut String, depth: usize) {
        match self {
            Json::Null => output.push_str("null"),
            Json::Bool(value) => output.push_str(if *value { "true" } else { "false" }),
            Json::Number(number) if number.is_finite() => {
                let _ = write!(output, "{number}");
            }
            Json::Number(_) => output.push_str("null"),
            Json::Text(text) => quote(text, output),
            Json::List(items) => {
                // Plain values stand in one line: a list of figures is read along, not down.
                let plain =
                    items.iter().all(|item| !matches!(item, Json::List(_) | Json::Object(_)));
                let depth = if plain { None } else { Some(depth + 1) };
                write_all(output, ['[', ']'], depth, items, |item, output, depth| {
                    item.write(output, depth);
                });
            }
            Json::Object(members) => {
                let depth = Some(depth + 1);
                write_all(output, ['{', '}'], depth, members, |(name, value), output, depth| {
                    quote(name, output);
                    output.push_str(": ");
                    value.write(output, depth);
                });
            }
        }
    }
}

impl fmt::Display for Json {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut output = String::new();
        self.write(&mut output, 0);
        formatter.write_str(&output)
    }
}

/// Writes the parts of a list or an object, each on a line of its own where a depth is given.
fn write_all<T>(
    output: &mut String,
    [open, close]: [char; 2],
    depth: Option<usize>,
    parts: &[T],
    mut write_one: impl FnMut(&T, &mut String, usize),
) {
    let line = |output: &mut String, depth: usize| {
        output.push('\n');
        output.push_str(&"  ".repeat(depth));
    };
    output.push(open);
    for (place, part) in parts.iter().enumerate() {
        if place > 0 {
            output.push_str(if depth.is_some() { "," } else { ", " });
        }
        if let Some(depth) = depth {
            line(output, depth);
        }
        write_one(part, output, depth.unwrap_or(0));
    }
    if let Some(depth) = depth.filter(|_| !parts.is_empty()) {
        line(output, depth - 1);
    }
    output.push(close);
}

fn quote(text: &str, output: &mut String) {
    output.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => output.extend(['\\', character]),
            '\n' => output.push_str("\\n"),
            control if control.is_control() => {
                let _ = write!(output, "\\u{:04x}", u32::from(control));
            }
            other => output.push(other),
        }
    }
    output.push('"');
}

/// How deep lists and objects may lie in each other.
const DEPTH_MAX: usize = 64;

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn wrong(&self, expected: &str) -> String {
        format!("it is no JSON: at byte {} there should be {expected}", self.at)
    }

    fn skip_blanks(&mut self) {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }

    fn peek(&mut self) -> u8 {
        self.skip_blanks();
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    fn take(&mut self, word: &str) -> bool {
        self.skip_blanks();
        let is_next = self.bytes[self.at..].starts_with(word.as_bytes());
        self.at += if is_next { word.len() } else { 0 };
        is_next
    }

    fn value(&mut self, depth: usize) -> Result<Json, String> {
        if depth > DEPTH_MAX {
            return Err(self.wrong("less depth"));
        }
        match self.peek() {
            b'{' => {
                let mut members = Vec::new();
                self.parts(b'}', |reader| {
                    let name = reader.string()?;
                    if !reader.take(":") {
                        return Err(reader.wrong("a colon"));
                    }
                    members.push((name, reader.value(depth + 1)?));
                    Ok(())
                })?;
                Ok(Json::Object(members))
            }
            b'[' => {
                let mut items = Vec::new();
                self.parts(b']', |reader| {
                    items.push(reader.value(depth + 1)?);
                    Ok(())
                })?;
                Ok(Json::List(items))
            }
            b'"' => self.string().map(Json::Text),
            b't' if self.take("true") => Ok(Json::Bool(true)),
            b'f' if self.take("false") => Ok(Json::Bool(false)),
            b'n' if self.take("null") => Ok(Json::Null),
            _ => self.number(),
        }
    }

    /// Reads what stands between this bracket and its counterpart, separated by commas.
    fn parts(
        &mut self,
        close: u8,
        mut part: impl FnMut(&mut Self) -> Result<(), String>,
    ) -> Result<(), String> {
        self.at += 1;
        if self.peek() == close {
            self.at += 1;
            return Ok(());
        }
        loop {
            part(self)?;
            let next = self.peek();
            if next != b',' && next != close {
                return Err(self.wrong("a comma or the closing bracket"));
            }
            self.at += 1;
            if next == close {
                return Ok(());
            }
        }
    }

    fn number(&mut self) -> Result<Json, String> {
        let rest = &self.bytes[self.at..];
        let is_part = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
        let len = rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len());
        let number = std::str::from_utf8(&rest[..len]).ok().and_then(|text| text.parse().ok());
        let number = number.ok_or_else(|| self.wrong("a value"))?;
        self.at += len;
        Ok(Json::Number(number))
    }

    fn string(&mut self) -> Result<String, String> {
        if self.peek() != b'"' {
            return Err(self.wrong("a string"));
        }
        self.at += 1;
        let mut bytes = Vec::new();
        loop {
            let byte = *self.bytes.get(self.at).ok_or_else(|| self.wrong("the string's end"))?;
            self.at += 1;
            match byte {
                b'"' => break,
                b'\\' => self.escape(&mut bytes)?,
                other => bytes.push(other),
            }
        }
        String::from_utf8(bytes).map_err(|_| self.wrong("text in UTF-8 before it"))
    }

    fn escape(&mut self, bytes: &mut Vec<u8>) -> Result<(), String> {
        let letter = self.bytes.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        let character = match letter {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'"' | b'\\' | b'/' => char::from(letter),
            b'u' => {
                let first = self.four_digits()?;
                // Characters beyond the first plane are written as two halves.
                let whole = if (0xd800..0xdc00).contains(&first) && self.take("\\u") {
                    0x1_0000 + ((first - 0xd800) << 10) + (self.four_digits()? & 0x3ff)
                } else {
                    first
                };
                char::from_u32(whole).ok_or_else(|| self.wrong("a character before it"))?
            }
            _ => return Err(self.wrong("an escape before it")),
        };
        bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(())
    }

    fn four_digits(&mut self) -> Result<u32, String> {
        let digits = self.bytes.get(self.at..self.at + 4).unwrap_or_default();
        let number = std::str::from_utf8(digits).ok();
        let number = number.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        self.at += 4;
        number.filter(|_| !digits.is_empty()).ok_or_else(|| self.wrong("four digits before it"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let value = Json::object([
            ("text", Json::text("a \"b\"\\c\nd\u{1}é𝄞")),
            ("numbers", Json::List([1.0, -2.5, 1e300].map(Json::Number).into())),
            ("list", Json::List(vec![Json::object([("a", Json::Null)]), Json::List(Vec::new())])),
            ("yes", Json::Bool(true)),
            ("empty", Json::Object(Vec::new())),
        ]);
        assert_eq!(Json::read(&value.to_string()), Ok(value));
    }

    #[test]
    fn members_and_items_are_found() {
        let value = Json::read(r#" {"a": {"b": [1, "zwei", null]}, "c": "\u00e9\ud834\udd1e"} "#);
        let value = value.expect("it is JSON");
        let items = value.get("a").get("b").items();
        assert_eq!(items[0].as_number(), Some(1.0));
        assert_eq!(items[1].as_text(), Some("zwei"));
        assert_eq!(value.get("c").as_text(), Some("é𝄞"));
        assert_eq!(value.get("d").get("e"), &Json::Null);
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in ["", "{", "[1,]", "{\"a\" 1}", "\"cut", "1 2", "[1 2]", "nul", "\"\\x\""] {
            assert!(Json::read(text).is_err(), "{text}");
        }
        assert!(Json::read(&"[".repeat(100_000)).is_err());
    }
}
