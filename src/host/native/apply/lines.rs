//! Lines of text out of bytes, none longer than a bound.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read};

use crate::model::amounts::grouped;

/// The most bytes in a line: 16 MiB, which is more than twice what the largest batch needs.
pub const LINE_BYTES_MAX: usize = 16 << 20;

/// Bytes that are read at once.
const BUFFER_BYTES: usize = 1 << 18;

/// Why a line is not text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadText {
    /// It is longer than [`LINE_BYTES_MAX`].
    Long,
    /// It is not UTF-8.
    Encoding {
        /// The first byte that is not, counted from 1.
        byte: usize,
    },
}

impl fmt::Display for BadText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Long => {
                let greatest = grouped(LINE_BYTES_MAX as u128);
                write!(formatter, "is longer than {greatest} bytes; make more and smaller batches")
            }
            Self::Encoding { byte } => {
                write!(formatter, "is not UTF-8 from byte {} on", grouped(*byte as u128))
            }
        }
    }
}

/// Reads lines into memory that is used again for each.
pub(in crate::host::native) struct Lines<R> {
    input: BufReader<R>,
    line: Vec<u8>,
    number: u64,
}

impl<R: Read> Lines<R> {
    pub(in crate::host::native) fn new(input: R) -> Self {
        let input = BufReader::with_capacity(BUFFER_BYTES, input);
        Self { input, line: Vec::new(), number: 0 }
    }

    /// The number of the line that was read last, counted from 1.
    pub(in crate::host::native) fn number(&self) -> u64 {
        self.number
    }

    /// Whether the next line is yet to come: whoever sends it may be waiting for an answer first.
    pub(super) fn is_waiting(&self) -> bool {
        self.input.buffer().is_empty()
    }

    /// The next line without its end, or why it is not text; `None` after the last one.
    pub(in crate::host::native) fn next(&mut self) -> io::Result<Option<Result<&str, BadText>>> {
        self.line.clear();
        self.number += 1;
        // One byte more than a line and its end may have.
        let bound = LINE_BYTES_MAX as u64 + 1;
        if self.input.by_ref().take(bound).read_until(b'\n', &mut self.line)? == 0 {
            return Ok(None);
        }
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
        }
        if self.line.len() > LINE_BYTES_MAX {
            return Ok(Some(Err(BadText::Long)));
        }
        let text = std::str::from_utf8(&self.line);
        Ok(Some(text.map_err(|error| BadText::Encoding { byte: error.valid_up_to() + 1 })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_at_line_feeds_and_at_the_end() {
        let mut lines = Lines::new(&b"one\n\ntwo\r\nthree"[..]);
        for (number, expected) in [(1, "one"), (2, ""), (3, "two\r"), (4, "three")] {
            assert_eq!(lines.next().expect("bytes can be read"), Some(Ok(expected)));
            assert_eq!(lines.number(), number);
        }
        assert_eq!(lines.next().expect("bytes can be read"), None);
    }

    #[test]
    fn a_line_has_its_bound() {
        for (length, expected) in
            [(LINE_BYTES_MAX, None), (LINE_BYTES_MAX + 1, Some(BadText::Long))]
        {
            for end in ["", "\n", "\nmore"] {
                let input = " ".repeat(length) + end;
                let mut lines = Lines::new(input.as_bytes());
                let line = lines.next().expect("bytes can be read").expect("there is a line");
                assert_eq!(line.err(), expected, "{length} bytes, then {end:?}");
            }
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_counted() {
        let mut lines = Lines::new(&b"\xc3\xa4\xff\n"[..]);
        let line = lines.next().expect("bytes can be read");
        assert_eq!(line, Some(Err(BadText::Encoding { byte: 3 })));
    }
}
