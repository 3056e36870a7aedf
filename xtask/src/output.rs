//! What a command prints: kept in memory within bounds, written to a log, and free of colours.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// The most of a step's output that is kept in memory; beyond it the older half is let go.
const KEPT_BYTES: usize = 16 << 20;
/// The most of it that is written to the log.
const LOGGED_BYTES: usize = 64 << 20;

/// What a command has printed so far.
pub struct Record {
    pub text: String,
    /// The newest line that says something.
    pub newest: String,
    file: Option<File>,
    logged_bytes: usize,
}

impl Record {
    /// A log that cannot be written is no reason to stop: the text is kept in memory anyway.
    pub fn open(log: &Path) -> Record {
        if let Some(folder) = log.parent() {
            let _ = std::fs::create_dir_all(folder);
        }
        let file = File::create(log).ok();
        Record { text: String::new(), newest: String::new(), file, logged_bytes: 0 }
    }

    fn add(&mut self, line: &str) {
        let line = line.trim_end_matches(['\n', '\r']);
        // A line that rewrites itself, as progress bars do, counts as what it shows last.
        let line = &without_escapes(line.rsplit('\r').next().unwrap_or(line));
        self.text.push_str(line);
        self.text.push('\n');
        if self.text.len() > KEPT_BYTES {
            let middle = self.text.floor_char_boundary(KEPT_BYTES / 2);
            let cut = self.text[middle..].find('\n').map_or(middle, |end| middle + end + 1);
            self.text.drain(..cut);
        }
        if !line.trim().is_empty() {
            line.trim().clone_into(&mut self.newest);
        }
        if let Some(file) = &mut self.file
            && self.logged_bytes < LOGGED_BYTES
        {
            self.logged_bytes += line.len() + 1;
            let _ = writeln!(file, "{line}");
        }
    }
}

/// A line without the sequences that colour it on a terminal. An environment may ask for them
/// wherever the output goes, and numbers are to be read from it all the same.
fn without_escapes(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if character != '\x1b' {
            plain.push(character);
        } else if characters.next() == Some('[') {
            // Its parameters are followed by one letter, which ends it.
            characters.by_ref().find(|end| ('@'..='~').contains(end));
        } else {
            // The other kind that is in use, a choice of characters, is three long.
            characters.next();
        }
    }
    plain
}

/// Reads a stream to its end on a thread of its own, into the record.
pub fn read_lines(
    stream: impl Read + Send + 'static,
    record: &Arc<Mutex<Record>>,
) -> JoinHandle<()> {
    let record = Arc::clone(record);
    std::thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while matches!(stream.read_until(b'\n', &mut line), Ok(bytes) if bytes > 0) {
            let mut record = record.lock().expect("no reader panics");
            record.add(&String::from_utf8_lossy(&line));
            line.clear();
        }
    })
}

/// The end of a text.
pub fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

pub fn indent(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_rewrites_itself_counts_as_its_last() {
        let mut record = Record::open(Path::new("/nowhere/at/all.log"));
        record.add("10 %\r50 %\r100 %\r\n");
        assert_eq!(record.text, "100 %\n");
        record.add("\n");
        assert_eq!(record.newest, "100 %");
    }

    #[test]
    fn colours_are_taken_off() {
        assert_eq!(without_escapes("\x1b[34mℹ pass 3\x1b[39m"), "ℹ pass 3");
        assert_eq!(without_escapes("\x1b[1;31m-old\x1b(B\x1b[m"), "-old");
        assert_eq!(without_escapes("cut\x1b"), "cut");
        assert_eq!(without_escapes("cut\x1b[3"), "cut");
    }
}
