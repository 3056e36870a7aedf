//! Inputs of the target: a log in few bytes, without what only repeats or follows.
//!
//! Blocks get their numbers, places and hashes when the files are made, so a mutation of an input reaches the code
//! behind the hashes. A block is
//!
//! | bytes | field |
//! |---|---|
//! | 1 | flags: 1 the next block belongs to the same commit, 2 it begins a new file, 4 its header is wrong by one record, 8 by one byte of notes |
//! | 1 | runs |
//! | 2 | bytes of notes |
//! | 4 each | runs: writer (1), position of the first record (2), records (1) |
//! | … | notes |
//! | 128 each | records |
//!
//! Where the input ends, zeros follow.

/// Bytes of a header, of a record, and of a page.
const HEADER: usize = 128;
const RECORD: usize = 128;
const PAGE: usize = 4096;

const HEADER_MAGIC: &[u8; 8] = b"LDGRBLCK";

struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn u16(&mut self) -> u16 {
        u16::from_le_bytes([self.byte(), self.byte()])
    }

    fn take(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.byte()).collect()
    }
}

/// Returns the contents of the log files that an input describes. Their hashes are wrong.
pub fn logs(input: &[u8], ledger_id: [u8; 16]) -> Vec<Vec<u8>> {
    let mut input = Input(input);
    let mut logs = vec![Vec::new()];
    let mut number = 0_u64;
    while !input.0.is_empty() && number < 200 {
        let (flags, runs) = (input.byte(), input.byte() % 9);
        let notes = usize::from(input.u16() % 2048);
        let mut body = Vec::new();
        let mut records = 0;
        for _ in 0..runs {
            let (writer, first, count) = (input.byte(), input.u16(), input.byte() % 64);
            records += u64::from(count);
            body.extend_from_slice(&u32::from(writer).to_le_bytes());
            body.extend_from_slice(&[0; 4]);
            body.extend_from_slice(&u64::from(first).to_le_bytes());
            body.extend_from_slice(&u64::from(count).to_le_bytes());
        }
        body.extend(input.take(notes));
        body.extend(input.take(records as usize * RECORD));
        if flags & 2 != 0 && !logs.last().expect("there is one").is_empty() {
            logs.push(Vec::new());
        }
        number += 1;
        let file = logs.len() as u64;
        let log = logs.last_mut().expect("there is one");
        let (more_records, more_notes) = (u64::from(flags & 4 != 0), u32::from(flags & 8 != 0));
        let mut block = Vec::with_capacity(HEADER + body.len() + 32);
        block.extend_from_slice(HEADER_MAGIC);
        block.extend_from_slice(&1_u32.to_le_bytes());
        block.extend_from_slice(&u32::from(flags & 1).to_le_bytes());
        block.extend_from_slice(&ledger_id);
        for field in [number, file, log.len() as u64, number - 1, records + more_records] {
            block.extend_from_slice(&field.to_le_bytes());
        }
        block.extend_from_slice(&u32::from(runs).to_le_bytes());
        block.extend_from_slice(&(notes as u32 + more_notes).to_le_bytes());
        block.resize(HEADER, 0);
        block.extend(body);
        block.resize((block.len() + 32).next_multiple_of(PAGE), 0);
        log.extend(block);
    }
    logs
}

/// Returns the input that describes a log file, as far as its blocks are small enough.
pub fn describe(log: &[u8]) -> Vec<u8> {
    let mut input = Vec::new();
    let mut rest = log;
    let number = |block: &[u8], at: usize| u32::from_le_bytes(block[at..at + 4].try_into().expect("four bytes"));
    while rest.len() >= HEADER && rest[..8] == *HEADER_MAGIC {
        let [records, runs, notes] = [64, 72, 76].map(|at| number(rest, at) as usize);
        let body = &rest[HEADER..];
        input.extend_from_slice(&[rest[12], runs as u8]);
        input.extend_from_slice(&(notes as u16).to_le_bytes());
        for run in body[..24 * runs].chunks(24) {
            input.extend_from_slice(&[run[0], run[8], run[9], run[16]]);
        }
        let contents = notes + records * RECORD;
        input.extend_from_slice(&body[24 * runs..][..contents]);
        let length = HEADER + 24 * runs + contents + 32;
        rest = &rest[length.next_multiple_of(PAGE).min(rest.len())..];
    }
    input
}
