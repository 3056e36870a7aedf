//! The directory maps the names of holders to the ids of their accounts, and back.
//!
//! Names are never removed, and each is added together with its account. A name without an account
//! has no id, so a misspelt name never resolves to an account.
//!
//! # Protocol
//! All readers can read a table of numbers without a lock. A name's number is stored last (release),
//! so a reader that sees it (acquire) sees the name. Names are added under one latch. A table that
//! is half full is followed by one of twice its size. A reader of the older table may miss a name
//! added since, so a name is only known to be absent under the latch.

use std::fmt;
use std::hash::BuildHasher;
use std::sync::OnceLock;

use foldhash::quality::FixedState;

use crate::sync::{AtomicU64, Latched, Ordering};

/// The longest name, in bytes.
pub const NAME_BYTES_MAX: usize = 64;

/// The id of the first name. Lower ids are used for the `@world` accounts and for unknown names.
const FIRST_ID: u128 = 1 << 16;

/// The number of names in the first chunk, a power of two. The first table has twice as many slots.
const FIRST_CHUNK: u64 = 256;

/// The least number that no name has.
#[cfg(feature = "store")]
const NUMBERS_MAX: u64 = FIRST_CHUNK << (STEPS - 2);

/// The maximum number of name chunks, and of tables. Each is twice as large as the one before.
const STEPS: usize = 32;

/// Why a holder cannot have a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameError {
    /// A name has at least one byte.
    Empty,
    /// A name has 64 bytes at most.
    TooLong {
        /// The number of bytes.
        bytes: usize,
    },
    /// Names that begin with `@` are reserved for the ledger.
    Reserved,
    /// A name is made of ASCII letters, digits, `_`, `.` and `-`.
    Character {
        /// The first other character.
        character: char,
    },
}

impl fmt::Display for NameError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(formatter, "a name has 1 to {NAME_BYTES_MAX} bytes, not 0"),
            Self::TooLong { bytes } => {
                write!(formatter, "a name has 1 to {NAME_BYTES_MAX} bytes, not {bytes}")
            }
            Self::Reserved => {
                write!(
                    formatter,
                    "names that begin with @ are reserved for the ledger; choose another one"
                )
            }
            Self::Character { character } => write!(
                formatter,
                "a name consists of letters (A to Z, a to z), digits, _, . and -; {character:?} is not allowed"
            ),
        }
    }
}

impl std::error::Error for NameError {}

/// Checks that a holder can have this name.
///
/// # Errors
/// [`NameError`] with the reason.
pub fn check_name(name: &str) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    if name.len() > NAME_BYTES_MAX {
        return Err(NameError::TooLong { bytes: name.len() });
    }
    if name.starts_with('@') {
        return Err(NameError::Reserved);
    }
    let is_allowed =
        |character: char| character.is_ascii_alphanumeric() || "_.-".contains(character);
    match name.chars().find(|&character| !is_allowed(character)) {
        Some(character) => Err(NameError::Character { character }),
        None => Ok(()),
    }
}

type Chunk = Box<[OnceLock<Box<str>>]>;

/// The directory. See the [module](self).
#[derive(Debug)]
pub(super) struct Directory {
    /// Names by number, the first [`FIRST_CHUNK`] of them in the first chunk.
    names: [OnceLock<Chunk>; STEPS],
    /// Numbers plus one by hash; 0 for a free slot.
    tables: [OnceLock<Box<[AtomicU64]>>; STEPS],
    /// The index of the table in use.
    current: AtomicU64,
    /// The number of the next name.
    next: Latched<u64>,
    hasher: FixedState,
}

impl Directory {
    /// Creates an empty directory. `seed` keeps callers from choosing names whose
    /// hashes collide.
    pub(super) fn new(seed: u64) -> Self {
        let directory = Self {
            names: [const { OnceLock::new() }; STEPS],
            tables: [const { OnceLock::new() }; STEPS],
            current: AtomicU64::new(0),
            next: Latched::new(0, 0),
            hasher: FixedState::with_seed(seed),
        };
        directory.table_of(0);
        directory
    }

    /// Returns the id of a name, if it has one. Finding a known name takes no lock.
    pub(super) fn find(&self, name: &str) -> Option<u128> {
        let hash = self.hasher.hash_one(name);
        let found = self.find_number(name, hash).or_else(|| {
            let _next = self.next.lock();
            self.find_number(name, hash)
        });
        found.map(id_of)
    }

    /// Adds a name whose account `create` creates with the id that it is given. `create` returns
    /// `false` if another account has that id, and is then called again with the next one. Returns
    /// the id of the name; `None` if the name is there already.
    ///
    /// # Errors
    /// The error of `create`. In that case the name is not added.
    pub(super) fn add_with<E>(
        &self,
        name: &str,
        mut create: impl FnMut(u128) -> Result<bool, E>,
    ) -> Result<Option<u128>, E> {
        let hash = self.hasher.hash_one(name);
        let mut next = self.next.lock();
        if self.find_number(name, hash).is_some() {
            return Ok(None);
        }
        while !create(id_of(*next))? {
            *next += 1;
        }
        self.add(name, hash, *next);
        *next += 1;
        Ok(Some(id_of(*next - 1)))
    }

    /// Adds a name that an account had when the ledger was closed. The numbers of such names ascend.
    /// Returns whether it could have this name.
    #[cfg(feature = "store")]
    pub(super) fn restore(&self, name: &str, id: u128) -> bool {
        let number = id.checked_sub(FIRST_ID).and_then(|number| u64::try_from(number).ok());
        let mut next = self.next.lock();
        let hash = self.hasher.hash_one(name);
        let Some(number) = number.filter(|number| *number >= *next && *number < NUMBERS_MAX) else {
            return false;
        };
        if check_name(name).is_err() || self.find_number(name, hash).is_some() {
            return false;
        }
        self.add(name, hash, number);
        *next = number + 1;
        true
    }

    pub(super) fn name(&self, id: u128) -> Option<&str> {
        let number = u64::try_from(id.checked_sub(FIRST_ID)?).ok()?;
        self.name_at(number)
    }

    fn find_number(&self, name: &str, hash: u64) -> Option<u64> {
        let table = self.tables[self.current.load(Ordering::Acquire) as usize].get()?;
        let mask = table.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            // A table has free slots, so the search ends.
            match table[at].load(Ordering::Acquire) {
                0 => return None,
                number if self.name_at(number - 1) == Some(name) => return Some(number - 1),
                _ => at = (at + 1) & mask,
            }
        }
    }

    fn name_at(&self, number: u64) -> Option<&str> {
        let (chunk, offset) = chunk_of(number);
        self.names.get(chunk)?.get()?[offset].get().map(|name| &**name)
    }

    /// Adds a new name. The caller holds the latch.
    fn add(&self, name: &str, hash: u64, number: u64) {
        let (chunk, offset) = chunk_of(number);
        let len = FIRST_CHUNK << chunk;
        let names = self.names[chunk].get_or_init(|| (0..len).map(|_| OnceLock::new()).collect());
        names[offset].set(name.into()).expect("a number is given once");
        let mut step = self.current.load(Ordering::Relaxed) as usize;
        if (number + 1) * 2 > self.table_of(step).len() as u64 {
            // Numbers that were skipped can make it more than one step.
            while (number + 1) * 2 > self.table_of(step).len() as u64 {
                step += 1;
            }
            let table = self.table_of(step);
            for older in 0..number {
                // A number that was skipped has no name.
                if let Some(name) = self.name_at(older) {
                    insert(table, self.hasher.hash_one(name), older);
                }
            }
            insert(table, hash, number);
            self.current.store(step as u64, Ordering::Release);
        } else {
            insert(self.table_of(step), hash, number);
        }
    }

    fn table_of(&self, step: usize) -> &[AtomicU64] {
        let len = (FIRST_CHUNK * 2) << step;
        self.tables[step].get_or_init(|| (0..len).map(|_| AtomicU64::new(0)).collect())
    }
}

fn insert(table: &[AtomicU64], hash: u64, number: u64) {
    let mask = table.len() - 1;
    let mut at = hash as usize & mask;
    while table[at].load(Ordering::Relaxed) != 0 {
        at = (at + 1) & mask;
    }
    table[at].store(number + 1, Ordering::Release);
}

fn id_of(number: u64) -> u128 {
    FIRST_ID + u128::from(number)
}

/// Returns the chunk of a number, and its offset there.
fn chunk_of(number: u64) -> (usize, usize) {
    let shifted = number.saturating_add(FIRST_CHUNK);
    let chunk = shifted.ilog2() - FIRST_CHUNK.ilog2();
    (chunk as usize, (shifted - (FIRST_CHUNK << chunk)) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(directory: &Directory, name: &str) -> Option<u128> {
        let Ok(id) = directory.add_with(name, |_| Ok::<_, ()>(true)) else { panic!("no error") };
        id
    }

    #[test]
    fn names_are_found_after_table_growth() {
        let directory = Directory::new(7);
        for number in 0..5_000_u32 {
            let name = format!("holder-{number}");
            assert_eq!(directory.find(&name), None);
            assert_eq!(add(&directory, &name), Some(id_of(number.into())));
        }
        for number in 0..5_000_u32 {
            let name = format!("holder-{number}");
            let id = directory.find(&name).expect("it was added");
            assert_eq!((id, directory.name(id)), (id_of(number.into()), Some(&*name)));
        }
        assert_eq!((directory.find("nobody"), directory.name(1)), (None, None));
        assert_eq!((directory.name(id_of(5_000)), directory.name(u128::MAX)), (None, None));
    }

    #[test]
    fn ids_of_other_accounts_are_skipped_and_errors_add_nothing() {
        let directory = Directory::new(7);
        let is_free = |id: u128| Ok::<_, ()>(id.is_multiple_of(3));
        for number in 0..1_000 {
            let id = directory.add_with(&number.to_string(), is_free);
            assert_eq!(id, Ok(Some(id_of(2 + 3 * number))));
        }
        assert_eq!(directory.find("999"), Some(id_of(2_999)));
        assert_eq!(directory.name(id_of(2_998)), None);
        assert_eq!(directory.add_with("999", is_free), Ok(None));
        assert_eq!(directory.add_with("new", |_| Err("full")), Err("full"));
        assert_eq!(directory.find("new"), None);
        assert_eq!(directory.add_with("new", is_free), Ok(Some(id_of(3_002))));
    }
}
