//! Account cells in append-only chunks. A cell never moves, so it is found without a lock.

use std::sync::OnceLock;

use super::cell::Cell;
use super::error::LedgerError;
use super::limits::{CHUNKS, FIRST_CHUNK_CELLS};
use super::wait_for_graph::WaitForGraph;
use crate::model::{AccountState, UserData};
use crate::sync::{AtomicU64, Latch, Ordering, Prefetcher, update};

/// Cells that take 1 MiB, the usual size of a processor's second-level cache.
const CACHED_CELLS: u64 = 8_192;

/// One account that an attempt accesses.
#[derive(Clone, Copy, Debug)]
pub(super) struct AccountRef<'a> {
    pub(super) number: u64,
    pub(super) cell: &'a Cell,
}

/// The user data of an account. Written once, before the account's number is published.
#[derive(Debug, Default)]
struct UserDataCell([AtomicU64; 4]);

impl UserDataCell {
    fn store(&self, UserData { user_data_128, user_data_64, user_data_32 }: UserData) {
        let high = (user_data_128 >> 64) as u64;
        let words = [user_data_128 as u64, high, user_data_64, user_data_32.into()];
        for (word, value) in self.0.iter().zip(words) {
            word.store(value, Ordering::Relaxed);
        }
    }

    fn load(&self) -> UserData {
        let [low, high, user_data_64, word_32] =
            self.0.each_ref().map(|word| word.load(Ordering::Relaxed));
        let user_data_128 = u128::from(high) << 64 | u128::from(low);
        UserData { user_data_128, user_data_64, user_data_32: word_32 as u32 }
    }
}

/// The cells, numbered in order of creation from 0.
#[derive(Debug)]
pub(super) struct Accounts {
    chunks: [OnceLock<Box<[Cell]>>; CHUNKS],
    /// User data at the same positions, for chunks in which an account has some.
    user_data_cells: [OnceLock<Box<[UserDataCell]>>; CHUNKS],
    len: AtomicU64,
    /// The maximum number of accounts.
    pub(super) accounts_max: u64,
    /// The latch of the `global-lock` protocol.
    pub(super) global_latch: Latch,
    /// What writers wait for under the `unordered-locks` protocol.
    pub(super) wait_for_graph: WaitForGraph,
}

impl Accounts {
    pub(super) fn new(accounts_max: u64, writers: usize) -> Self {
        Self {
            chunks: [const { OnceLock::new() }; CHUNKS],
            user_data_cells: [const { OnceLock::new() }; CHUNKS],
            len: AtomicU64::new(0),
            accounts_max,
            global_latch: Latch::new(0),
            wait_for_graph: WaitForGraph::new(writers),
        }
    }

    /// Returns the number of cells that are taken. The last ones can still be empty.
    pub(super) fn len(&self) -> u64 {
        self.len.load(Ordering::Acquire)
    }

    /// Returns whether the cells exceed a processor's own cache, so that an access is likely to
    /// wait for memory.
    #[inline(always)]
    pub(super) fn exceed_cache(&self) -> bool {
        self.len.load(Ordering::Relaxed) > CACHED_CELLS
    }

    /// Takes the next free cell, writes an account to it as of `timestamp`, and returns its number.
    ///
    /// # Errors
    /// [`LedgerError::AccountsFull`] when no cell is left.
    pub(super) fn open(
        &self,
        state: &AccountState,
        user_data: UserData,
        timestamp: u64,
    ) -> Result<u64, LedgerError> {
        let number = update(&self.len, |len| (len < self.accounts_max).then_some(len + 1))
            .map_err(|_| LedgerError::AccountsFull { accounts_max: self.accounts_max })?;
        let (chunk, offset) = locate(number);
        let cells = (FIRST_CHUNK_CELLS << chunk) as usize;
        let chunk_of_cells =
            self.chunks[chunk].get_or_init(|| (0..cells).map(|_| Cell::empty()).collect());
        if user_data != UserData::default() {
            let user_data_cells = self.user_data_cells[chunk]
                .get_or_init(|| (0..cells).map(|_| UserDataCell::default()).collect());
            user_data_cells[offset].store(user_data);
        }
        chunk_of_cells[offset].open(state, timestamp);
        Ok(number)
    }

    /// Checks that there are cells for `accounts` more accounts.
    ///
    /// # Errors
    /// [`LedgerError::AccountsFull`] when there are not.
    pub(super) fn check_free(&self, accounts: u64) -> Result<(), LedgerError> {
        if accounts > self.accounts_max - self.len() {
            return Err(LedgerError::AccountsFull { accounts_max: self.accounts_max });
        }
        Ok(())
    }

    /// Returns the current state of the account with this number, whose cell has been taken.
    pub(super) fn read(&self, number: u64) -> AccountState {
        self.cell(number).map_or_else(AccountState::default, |cell| cell.read_waiting().0)
    }

    pub(super) fn user_data(&self, number: u64) -> UserData {
        let (chunk, offset) = locate(number);
        let cells = self.user_data_cells[chunk].get();
        cells.map(|cells| cells[offset].load()).unwrap_or_default()
    }

    /// Prefetches both cache lines of the cell of this number, if there is one: the first for
    /// writing.
    #[inline(always)]
    pub(super) fn prefetch(&self, number: u64, prefetcher: &mut Prefetcher) {
        let (chunk, offset) = locate(number);
        let cells = self.chunks.get(chunk).and_then(OnceLock::get);
        if let Some(cell) = cells.and_then(|cells| cells.get(offset)) {
            prefetcher.will_write(&cell.latch);
            prefetcher.will_read(cell.second_line());
        }
    }

    /// Returns the id of an account that is in the index.
    #[inline(always)]
    pub(super) fn id(&self, number: u64) -> u128 {
        self.get(number).cell.id()
    }

    /// Returns the cell of this number. `None` while its chunk does not exist yet.
    #[inline(always)]
    pub(super) fn cell(&self, number: u64) -> Option<&Cell> {
        let (chunk, offset) = locate(number);
        self.chunks[chunk].get().map(|cells| &cells[offset])
    }

    /// Returns the account of this number, which is in the index.
    #[inline(always)]
    pub(super) fn get(&self, number: u64) -> AccountRef<'_> {
        let cell = self.cell(number).expect("an account is written before its number is published");
        AccountRef { number, cell }
    }
}

/// Returns the chunk of a number, and the index in the chunk.
#[inline(always)]
fn locate(number: u64) -> (usize, usize) {
    let shifted = number + FIRST_CHUNK_CELLS;
    let chunk = shifted.ilog2() - FIRST_CHUNK_CELLS.ilog2();
    (chunk as usize, (shifted - (FIRST_CHUNK_CELLS << chunk)) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fill_chunk_after_chunk() {
        let first = FIRST_CHUNK_CELLS;
        assert_eq!(locate(0), (0, 0));
        assert_eq!(locate(first - 1), (0, first as usize - 1));
        assert_eq!(locate(first), (1, 0));
        assert_eq!(locate(first * 3 - 1), (1, first as usize * 2 - 1));
        assert_eq!(locate(first * 3), (2, 0));
        assert_eq!(
            locate(super::super::limits::ACCOUNTS_MAX - 1),
            (CHUNKS - 1, (first << (CHUNKS - 1)) as usize - 1)
        );
    }

    #[test]
    fn full_ledger_rejects_another_account() {
        let accounts = Accounts::new(2, 1);
        let state = |id| AccountState { id, ledger: 1, code: 1, ..AccountState::default() };
        let user_data = UserData { user_data_128: 7 << 70, user_data_64: 8, user_data_32: 9 };
        assert_eq!(accounts.open(&state(5), UserData::default(), 1), Ok(0));
        assert_eq!(accounts.open(&state(6), user_data, 2), Ok(1));
        let full = LedgerError::AccountsFull { accounts_max: 2 };
        assert_eq!(accounts.open(&state(7), UserData::default(), 3), Err(full));
        assert_eq!(accounts.check_free(1), Err(full));
        assert_eq!(accounts.len(), 2);
        assert_eq!((accounts.read(0), accounts.read(1)), (state(5), state(6)));
        assert_eq!(
            (accounts.user_data(0), accounts.user_data(1)),
            (UserData::default(), user_data)
        );
    }
}
