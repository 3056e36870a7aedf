//! Input: a file or standard input, read line by line.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use super::exit::CommandError;
use crate::model::amounts::grouped;

/// The maximum length of a line: 16 MiB, more than twice what the largest batch needs.
pub const LINE_BYTES_MAX: usize = 16 << 20;

/// The size of the read buffer.
const BUFFER_BYTES: usize = 1 << 18;

/// The reason why a line cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LineError {
    /// The line is longer than [`LINE_BYTES_MAX`].
    TooLong,
    /// The line is not UTF-8.
    InvalidUtf8 {
        /// The first invalid byte, counted from 1.
        byte: usize,
    },
}

impl fmt::Display for LineError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => {
                let limit = grouped(LINE_BYTES_MAX as u128);
                write!(formatter, "is longer than {limit} bytes; split it into smaller batches")
            }
            Self::InvalidUtf8 { byte } => {
                write!(formatter, "is not valid UTF-8 at byte {}", grouped(*byte as u128))
            }
        }
    }
}

/// Opens a file, or standard input for `-`, and skips the byte order mark of UTF-8.
pub(super) fn open(file: &Path) -> Result<Box<dyn Read>, CommandError> {
    without_mark(open_unchecked(file)?).map_err(|error| error.in_file(file))
}

/// Opens a file of any encoding, or standard input for `-`.
pub(super) fn open_unchecked(file: &Path) -> Result<Box<dyn Read>, CommandError> {
    if file.as_os_str() == "-" {
        return Ok(Box::new(io::stdin().lock()));
    }
    match File::open(file) {
        Ok(input) => Ok(Box::new(input)),
        Err(error) => {
            let message = format!("it cannot be opened: {error}");
            Err(CommandError::InvalidInput(message).in_file(file))
        }
    }
}

/// Skips the byte order mark of UTF-8, and rejects those of UTF-16.
pub(super) fn without_mark(mut input: impl Read + 'static) -> Result<Box<dyn Read>, CommandError> {
    let mut start = Vec::with_capacity(3);
    let read = input.by_ref().take(3).read_to_end(&mut start);
    read.map_err(|error| CommandError::InvalidInput(format!("it cannot be read: {error}")))?;
    match start[..] {
        [0xef, 0xbb, 0xbf] => Ok(Box::new(input)),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
            let message = "it begins with a byte order mark of UTF-16; convert it to UTF-8";
            Err(CommandError::invalid_input(message))
        }
        _ => Ok(Box::new(io::Cursor::new(start).chain(input))),
    }
}

/// Reads lines of a limited length into a reused buffer.
pub(super) struct LineReader<R> {
    input: BufReader<R>,
    line: Vec<u8>,
    number: u64,
}

impl<R: Read> LineReader<R> {
    pub(super) fn new(input: R) -> Self {
        let input = BufReader::with_capacity(BUFFER_BYTES, input);
        Self { input, line: Vec::new(), number: 0 }
    }

    /// Returns the number of the line that was read last, counted from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Returns whether the next line has not arrived yet. Its sender may be waiting for a response.
    pub(super) fn is_drained(&self) -> bool {
        self.input.buffer().is_empty()
    }

    /// Skips the rest of a line that was too long.
    pub(super) fn skip_rest(&mut self) -> io::Result<()> {
        self.input.skip_until(b'\n').map(drop)
    }

    /// Returns the next line without its line feed, or why it cannot be read; `None` after the last
    /// one.
    pub(super) fn next(&mut self) -> io::Result<Option<Result<&str, LineError>>> {
        self.line.clear();
        self.number += 1;
        // One byte more than the longest line and its line feed.
        let limit = LINE_BYTES_MAX as u64 + 1;
        if self.input.by_ref().take(limit).read_until(b'\n', &mut self.line)? == 0 {
            return Ok(None);
        }
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
        }
        if self.line.len() > LINE_BYTES_MAX {
            return Ok(Some(Err(LineError::TooLong)));
        }
        let text = std::str::from_utf8(&self.line);
        Ok(Some(text.map_err(|error| LineError::InvalidUtf8 { byte: error.valid_up_to() + 1 })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_at_line_feed_or_end_of_input() {
        let mut lines = LineReader::new(&b"one\n\ntwo\r\nthree"[..]);
        for (number, expected) in [(1, "one"), (2, ""), (3, "two\r"), (4, "three")] {
            assert_eq!(lines.next().expect("bytes can be read"), Some(Ok(expected)));
            assert_eq!(lines.number(), number);
        }
        assert_eq!(lines.next().expect("bytes can be read"), None);
    }

    #[test]
    fn mark_of_utf_8_is_skipped_and_that_of_utf_16_is_named() {
        for (bytes, rest) in [
            (&b"\xef\xbb\xbf{}"[..], &b"{}"[..]),
            (b"\xef\xbb\xbf", b""),
            (b"{}\n", b"{}\n"),
            (b"", b""),
            (b"\xef\xbb", b"\xef\xbb"),
        ] {
            let mut read = Vec::new();
            let mut input = without_mark(bytes).expect("it is not UTF-16");
            input.read_to_end(&mut read).expect("bytes can be read");
            assert_eq!(read, rest);
        }
        for bytes in [&b"\xff\xfe{\0"[..], b"\xfe\xff\0{"] {
            assert!(matches!(without_mark(bytes), Err(CommandError::InvalidInput(_))));
        }
    }

    #[test]
    fn line_above_limit_is_rejected() {
        for (length, expected) in
            [(LINE_BYTES_MAX, None), (LINE_BYTES_MAX + 1, Some(LineError::TooLong))]
        {
            for end in ["", "\n", "\nmore"] {
                let input = " ".repeat(length) + end;
                let mut lines = LineReader::new(input.as_bytes());
                let line = lines.next().expect("bytes can be read").expect("there is a line");
                assert_eq!(line.err(), expected, "{length} bytes, then {end:?}");
            }
        }
    }

    #[test]
    fn invalid_utf8_is_reported_with_its_byte() {
        let mut lines = LineReader::new(&b"\xc3\xa4\xff\n"[..]);
        let line = lines.next().expect("bytes can be read");
        assert_eq!(line, Some(Err(LineError::InvalidUtf8 { byte: 3 })));
    }
}
