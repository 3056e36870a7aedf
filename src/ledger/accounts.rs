//! Account cells in append-only chunks: a cell never moves, so it can be found without a lock.

use std::sync::OnceLock;

use super::LedgerError;
use super::cell::Cell;
use super::concurrency::{AccountRef, WaitForGraph};
use crate::model::{AccountState, UserData};
use crate::sync::{AtomicU64, Latch, Ordering, Prefetcher, update};

/// Cells in the first chunk; each further chunk is as large as all before it together.
const FIRST_CHUNK: u64 = if cfg!(any(loom, shuttle)) { 4 } else { 1024 };

/// Cells that take 1 MiB, the fast_path size of a processor's own second cache.
const CACHED: u64 = 8_192;

/// Chunks that are enough for [`ACCOUNTS_MAX`].
const CHUNKS: usize = 17;

/// The most accounts that one ledger can hold: about 134 million.
pub const ACCOUNTS_MAX: u64 = FIRST_CHUNK * ((1 << CHUNKS) - 1);

/// What the owner of an account keeps with it: written once, before anybody knows the account's number.
#[derive(Debug, Default)]
struct Kept {
    user_data_128: [AtomicU64; 2],
    user_data_64: AtomicU64,
    user_data_32: AtomicU64,
}

/// The cells, numbered in order of creation from 0.
#[derive(Debug)]
pub(super) struct Accounts {
    chunks: [OnceLock<Box<[Cell]>>; CHUNKS],
    /// In the same places, for chunks in which somebody keeps something.
    kept: [OnceLock<Box<[Kept]>>; CHUNKS],
    len: AtomicU64,
    accounts_max: u64,
    /// What the protocol `global-lock` holds.
    whole: Latch,
    /// What writers say of themselves under the protocol `unordered-locks`.
    wait_for_graph: WaitForGraph,
}

impl Accounts {
    pub(super) fn new(accounts_max: u64, writers: usize) -> Self {
        Self {
            chunks: [const { OnceLock::new() }; CHUNKS],
            kept: [const { OnceLock::new() }; CHUNKS],
            len: AtomicU64::new(0),
            accounts_max,
            whole: Latch::new(0),
            wait_for_graph: WaitForGraph::new(writers),
        }
    }

    /// How many cells have been taken. The last of them may not be filled in yet.
    pub(super) fn len(&self) -> u64 {
        self.len.load(Ordering::Acquire)
    }

    /// Whether there are more cells than a processor's own cache holds, so that looking at one is likely to wait for memory.
    #[inline(always)]
    pub(super) fn exceed_a_cache(&self) -> bool {
        self.len.load(Ordering::Relaxed) > CACHED
    }

    /// How many there may be.
    pub(super) fn limit(&self) -> u64 {
        self.accounts_max
    }

    /// The latch of the ledger as a whole.
    pub(super) fn whole(&self) -> &Latch {
        &self.whole
    }

    /// What the writers say of themselves while they wait.
    pub(super) fn wait_for_graph(&self) -> &WaitForGraph {
        &self.wait_for_graph
    }

    /// Takes the next free cell and puts an account into it, as of `timestamp`. Its number.
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
        let (chunk, offset) = place(number);
        let cells = (FIRST_CHUNK << chunk) as usize;
        let chunk_of_cells =
            self.chunks[chunk].get_or_init(|| (0..cells).map(|_| Cell::empty()).collect());
        if user_data != UserData::default() {
            let kept =
                self.kept[chunk].get_or_init(|| (0..cells).map(|_| Kept::default()).collect());
            let Kept { user_data_128, user_data_64, user_data_32 } = &kept[offset];
            let [low, high] = user_data_128;
            low.store(user_data.user_data_128 as u64, Ordering::Relaxed);
            high.store((user_data.user_data_128 >> 64) as u64, Ordering::Relaxed);
            user_data_64.store(user_data.user_data_64, Ordering::Relaxed);
            user_data_32.store(user_data.user_data_32.into(), Ordering::Relaxed);
        }
        chunk_of_cells[offset].open(state, timestamp);
        Ok(number)
    }

    /// Whether so many more accounts have places.
    pub(super) fn check_room(&self, accounts: u64) -> Result<(), LedgerError> {
        if accounts > self.accounts_max - self.len() {
            return Err(LedgerError::AccountsFull { accounts_max: self.accounts_max });
        }
        Ok(())
    }

    /// The account of a number that was taken, as it is.
    pub(super) fn read(&self, number: u64) -> AccountState {
        self.cell(number).map_or_else(AccountState::default, |cell| cell.read_unhurried().0)
    }

    /// What its owner keeps with the account of this number.
    pub(super) fn user_data(&self, number: u64) -> UserData {
        let (chunk, offset) = place(number);
        let Some(kept) = self.kept[chunk].get() else { return UserData::default() };
        let Kept { user_data_128: [low, high], user_data_64, user_data_32 } = &kept[offset];
        let load = |word: &AtomicU64| word.load(Ordering::Relaxed);
        UserData {
            user_data_128: u128::from(load(high)) << 64 | u128::from(load(low)),
            user_data_64: load(user_data_64),
            user_data_32: load(user_data_32) as u32,
        }
    }

    /// Says that both lines of a cell will be looked at, if there is one of this number, and the first one written.
    #[inline(always)]
    pub(super) fn expect(&self, number: u64, outlook: &mut Prefetcher) {
        let (chunk, offset) = place(number);
        let cells = self.chunks.get(chunk).and_then(OnceLock::get);
        if let Some(cell) = cells.and_then(|cells| cells.get(offset)) {
            outlook.will_write(cell.latch());
            outlook.will_read(cell.second_line());
        }
    }

    /// The id of an account that the index knows.
    #[inline(always)]
    pub(super) fn id(&self, number: u64) -> u128 {
        self.touch(number).cell.id()
    }

    /// The cell of a number; `None` while the cell is only about to be made.
    #[inline(always)]
    pub(super) fn cell(&self, number: u64) -> Option<&Cell> {
        let (chunk, offset) = place(number);
        self.chunks[chunk].get().map(|cells| &cells[offset])
    }

    /// The account of a number that the index knows.
    #[inline(always)]
    pub(super) fn touch(&self, number: u64) -> AccountRef<'_> {
        let cell = self.cell(number).expect("an account is there before its number is known");
        AccountRef { number, cell }
    }
}

/// Which chunk a number is in, and where.
#[inline(always)]
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
        let first = FIRST_CHUNK;
        assert_eq!(place(0), (0, 0));
        assert_eq!(place(first - 1), (0, first as usize - 1));
        assert_eq!(place(first), (1, 0));
        assert_eq!(place(first * 3 - 1), (1, first as usize * 2 - 1));
        assert_eq!(place(first * 3), (2, 0));
        assert_eq!(place(ACCOUNTS_MAX - 1), (CHUNKS - 1, (first << (CHUNKS - 1)) as usize - 1));
    }

    #[test]
    fn the_last_cell_is_followed_by_an_error() {
        let accounts = Accounts::new(2, 1);
        let state = |id| AccountState { id, ledger: 1, code: 1, ..AccountState::default() };
        let kept = UserData { user_data_128: 7 << 70, user_data_64: 8, user_data_32: 9 };
        assert_eq!(accounts.open(&state(5), UserData::default(), 1), Ok(0));
        assert_eq!(accounts.open(&state(6), kept, 2), Ok(1));
        let full = LedgerError::AccountsFull { accounts_max: 2 };
        assert_eq!(accounts.open(&state(7), UserData::default(), 3), Err(full));
        assert_eq!(accounts.check_room(1), Err(full));
        assert_eq!(accounts.len(), 2);
        assert_eq!((accounts.read(0), accounts.read(1)), (state(5), state(6)));
        assert_eq!((accounts.user_data(0), accounts.user_data(1)), (UserData::default(), kept));
    }
}
