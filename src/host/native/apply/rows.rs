//! Rows of CSV, read one by one into reused buffers.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read};

use csv_core::ReadRecordResult;

use crate::model::amounts::grouped;
use crate::wire::ParseError;

/// The maximum number of bytes in the cells of a row: 1 MiB.
const ROW_BYTES_MAX: usize = 1 << 20;

/// The maximum number of cells of a row.
const CELLS_MAX: usize = 1_024;

/// The size of the read buffer.
const BUFFER_BYTES: usize = 1 << 18;

/// Why a row of CSV is not a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RowError {
    /// The row is longer than 1 MiB or has more than 1,024 cells. What follows it cannot be read.
    TooLong,
    /// The number of cells is not that of the header.
    Cells {
        /// The cells of the header.
        expected: usize,
        /// The cells of the row.
        found: usize,
    },
    /// A cell is not UTF-8.
    InvalidUtf8 {
        /// The number of the cell, counted from 1.
        cell: usize,
    },
    /// A cell has no valid value for its field.
    Value(ParseError),
}

impl fmt::Display for RowError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => {
                let (bytes, cells) = (grouped(ROW_BYTES_MAX as u128), grouped(CELLS_MAX as u128));
                write!(
                    formatter,
                    " begins a row of more than {bytes} bytes or {cells} cells; a quotation mark may not be closed"
                )
            }
            Self::Cells { expected, found } => {
                let plural = if *found == 1 { "" } else { "s" };
                write!(formatter, " has {found} cell{plural}, but the header has {expected}")
            }
            Self::InvalidUtf8 { cell } => write!(
                formatter,
                " is not valid UTF-8 in cell {cell}; --encoding names the encoding of the file"
            ),
            Self::Value(why) => write!(formatter, ": {why}"),
        }
    }
}

/// Reads rows. Quotation marks are those of RFC 4180. Blank lines are skipped.
pub(super) struct RowReader<R> {
    input: BufReader<R>,
    parser: csv_core::Reader,
    /// The cells of the row, one after the other.
    text: Vec<u8>,
    /// The end of each cell.
    ends: Vec<usize>,
    cells: usize,
    line: u64,
}

impl<R: Read> RowReader<R> {
    pub(super) fn new(input: R, delimiter: u8) -> Self {
        Self {
            input: BufReader::with_capacity(BUFFER_BYTES, input),
            parser: csv_core::ReaderBuilder::new().delimiter(delimiter).build(),
            text: vec![0; 1 << 12],
            ends: vec![0; 1 << 5],
            cells: 0,
            line: 0,
        }
    }

    /// Returns the line on which the row begins that was read last, counted from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Returns the number of cells of the row.
    pub(super) fn len(&self) -> usize {
        self.cells
    }

    /// Returns a cell of the row.
    pub(super) fn cell(&self, index: usize) -> Result<&str, RowError> {
        let start = index.checked_sub(1).map_or(0, |previous| self.ends[previous]);
        let text = std::str::from_utf8(&self.text[start..self.ends[index]]);
        text.map_err(|_| RowError::InvalidUtf8 { cell: index + 1 })
    }

    /// Reads the next row. Returns whether there is one, or why it cannot be read.
    pub(super) fn next(&mut self) -> io::Result<Result<bool, RowError>> {
        self.skip_blank_lines()?;
        self.line = self.parser.line();
        let mut length = 0;
        self.cells = 0;
        loop {
            let input = self.input.fill_buf()?;
            let (text, ends) = (&mut self.text[length..], &mut self.ends[self.cells..]);
            let (result, read, written, ended) = self.parser.read_record(input, text, ends);
            self.input.consume(read);
            length += written;
            self.cells += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if self.text.len() < ROW_BYTES_MAX => {
                    self.text.resize(2 * self.text.len(), 0);
                }
                ReadRecordResult::OutputEndsFull if self.ends.len() < CELLS_MAX => {
                    self.ends.resize(2 * self.ends.len(), 0);
                }
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    return Ok(Err(RowError::TooLong));
                }
                ReadRecordResult::Record => return Ok(Ok(true)),
                ReadRecordResult::End => return Ok(Ok(false)),
            }
        }
    }

    /// Skips line ends before a row. The parser would skip them too, but count them as lines of the row.
    fn skip_blank_lines(&mut self) -> io::Result<()> {
        while let Some(end @ (b'\n' | b'\r')) = self.input.fill_buf()?.first() {
            self.parser.set_line(self.parser.line() + u64::from(*end == b'\n'));
            self.input.consume(1);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the rows with their lines.
    fn rows(input: impl Read) -> Vec<(u64, Vec<String>)> {
        let mut reader = RowReader::new(input, b',');
        let mut rows = Vec::new();
        while reader.next().expect("bytes can be read").expect("it is short") {
            let cells = (0..reader.len()).map(|cell| reader.cell(cell).map(str::to_owned));
            rows.push((reader.line(), cells.collect::<Result<_, _>>().expect("it is UTF-8")));
        }
        rows
    }

    #[test]
    fn rows_have_the_line_on_which_they_begin() {
        let text = "a,b\r\n\r\n\n\"1\r\n2\",\"say \"\"x\"\", \"\n,\r\n3,4";
        let expected =
            [(1, ["a", "b"]), (4, ["1\r\n2", "say \"x\", "]), (6, ["", ""]), (7, ["3", "4"])];
        let expected = expected.map(|(line, cells)| (line, cells.map(str::to_owned).to_vec()));
        assert_eq!(rows(text.as_bytes()), expected);
        // The same if the bytes arrive in any pieces.
        for first in 0..text.len() {
            let pieces = text.as_bytes()[..first].chain(&text.as_bytes()[first..]);
            assert_eq!(rows(pieces), expected, "{first} bytes first");
        }
    }

    #[test]
    fn row_above_the_limits_is_rejected() {
        let long = "x".repeat(ROW_BYTES_MAX);
        assert_eq!(rows(long.as_bytes())[0].1[0].len(), ROW_BYTES_MAX);
        let cells = ",".repeat(CELLS_MAX - 1);
        assert_eq!(rows(cells.as_bytes())[0].1.len(), CELLS_MAX);
        for text in [long + "x", cells + ",", "\"".to_owned() + &"1,2\n".repeat(ROW_BYTES_MAX)] {
            let mut reader = RowReader::new(text.as_bytes(), b',');
            assert_eq!(reader.next().expect("bytes can be read"), Err(RowError::TooLong));
        }
    }
}
