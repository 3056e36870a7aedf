//! Account cells in append-only chunks: a cell never moves, so it can be found without a lock.

use std::sync::OnceLock;

use super::BookError;
use crate::model::AccountState;
use crate::sync::{AtomicU64, Latched, Ordering, update};

/// Cells in the first chunk; each further chunk is as large as all before it together.
const FIRST_CHUNK: u64 = 1024;

/// Chunks that are enough for [`ACCOUNTS_MAX`].
const CHUNKS: usize = 17;

/// The most accounts that one book can hold: about 134 million.
pub const ACCOUNTS_MAX: u64 = FIRST_CHUNK * ((1 << CHUNKS) - 1);

/// What one account takes in memory, latch and all.
pub(super) type Cell = Latched<AccountState>;

#[cfg(not(loom))]
const _: () = assert!(size_of::<Cell>() == 128, "a cell is two cache lines");

/// The cells, numbered in order of creation from 0.
#[derive(Debug)]
pub(super) struct Accounts {
    chunks: [OnceLock<Box<[Cell]>>; CHUNKS],
    len: AtomicU64,
    accounts_max: u64,
}

impl Accounts {
    pub(super) fn new(accounts_max: u64) -> Self {
        Self { chunks: [const { OnceLock::new() }; CHUNKS], len: AtomicU64::new(0), accounts_max }
    }

    /// How many cells have been taken. The last of them may not be filled in yet.
    pub(super) fn len(&self) -> u64 {
        self.len.load(Ordering::Acquire)
    }

    /// Takes the next free cell, or says that none is left.
    pub(super) fn take(&self) -> Result<u64, BookError> {
        let number = update(&self.len, |len| (len < self.accounts_max).then_some(len + 1))
            .map_err(|_| BookError::AccountsFull { accounts_max: self.accounts_max })?;
        let (chunk, _) = place(number);
        self.chunks[chunk].get_or_init(|| {
            let cells = FIRST_CHUNK << chunk;
            (0..cells).map(|_| Latched::new(AccountState::default(), 0)).collect()
        });
        Ok(number)
    }

    /// Whether so many more accounts have places.
    pub(super) fn check_room(&self, accounts: u64) -> Result<(), BookError> {
        if accounts > self.accounts_max - self.len() {
            return Err(BookError::AccountsFull { accounts_max: self.accounts_max });
        }
        Ok(())
    }

    /// The account of a number that was taken, as it is.
    pub(super) fn read(&self, number: u64) -> AccountState {
        *self.cell(number).hold_unhurried()
    }

    /// The cell of a number that was taken.
    #[inline]
    pub(super) fn cell(&self, number: u64) -> &Cell {
        let (chunk, offset) = place(number);
        let cells =
            self.chunks[chunk].get().expect("a chunk is there before its numbers are known");
        &cells[offset]
    }
}

/// Which chunk a number is in, and where.
#[inline]
fn place(number: u64) -> (usize, usize) {
    let shifted = number + FIRST_CHUNK;
    let chunk = shifted.ilog2() - FIRST_CHUNK.ilog2();
    (chunk as usize, (shifted - (FIRST_CHUNK << chunk)) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fill_chunk_after_chunk() {
        assert_eq!(place(0), (0, 0));
        assert_eq!(place(1023), (0, 1023));
        assert_eq!(place(1024), (1, 0));
        assert_eq!(place(3071), (1, 2047));
        assert_eq!(place(3072), (2, 0));
        assert_eq!(place(ACCOUNTS_MAX - 1), (CHUNKS - 1, (1 << (CHUNKS - 1)) * 1024 - 1));
    }

    #[test]
    fn the_last_cell_is_followed_by_an_error() {
        let accounts = Accounts::new(2);
        assert_eq!((accounts.take(), accounts.take()), (Ok(0), Ok(1)));
        assert_eq!(accounts.take(), Err(BookError::AccountsFull { accounts_max: 2 }));
        assert_eq!(accounts.len(), 2);
    }
}
