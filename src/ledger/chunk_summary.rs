//! Summaries of the trail's chunks, by which queries skip chunks that have nothing for them.
//!
//! The first reader of a chunk that is full makes its summary, in about the time of reading the
//! chunk. It takes 8 bytes where all transfers have the same terms, and at most 16 KiB of a chunk's
//! 512.

use std::sync::OnceLock;

use foldhash::fast::FixedState;
use std::hash::BuildHasher;

use crate::model::{QueryFilter, Transfer, UserData};
use crate::trail::{CHUNK_ENTRIES, Chunk, ENTRY_BYTES, EntryKind, EntryRef, Trail};

/// Chunks whose summaries are allocated together.
const GROUP_CHUNKS: usize = 64;

/// Groups that are allocated together.
const BLOCK_GROUPS: usize = 64;

/// Words of a chunk's set of terms before it is folded.
const TERM_WORDS: usize = 1024;

/// The bits of an attempt that are its offset in the chunk.
const OFFSET_BITS: u32 = 12;

const _: () = assert!(CHUNK_ENTRIES <= 1 << OFFSET_BITS, "an offset has 12 bits");

/// The maximum number of listed attempts of a chunk: one of four of its records names two accounts.
const LISTED_MAX: usize = CHUNK_ENTRIES as usize / 2;

/// The number of accounts, by hash, that the attempts of a chunk are listed by. The last one is for
/// attempts that name a pending transfer and so concern accounts that they do not name.
const ACCOUNT_HASHES: u32 = 1 << (32 - OFFSET_BITS);
const OF_PENDING_TRANSFERS: u32 = ACCOUNT_HASHES - 1;

/// What a full chunk has for queries.
#[derive(Debug)]
pub(super) struct ChunkSummary {
    /// The terms of the transfers that were created: a Bloom filter with three bits for each.
    terms: Box<[u64]>,
    /// The attempts that changed nothing, each as an account's hash and the offset in the chunk,
    /// in ascending order. `None` if there are too many.
    unchanging: Option<Box<[u32]>>,
}

/// Returns the hash of a term: the code, the ledger or user data.
fn term_hash(field: u8, value: u128) -> u64 {
    FixedState::default().hash_one((field, value))
}

fn terms(ledger: u32, code: u16, user_data: UserData) -> [u128; 5] {
    let UserData { user_data_128, user_data_64, user_data_32 } = user_data;
    [code.into(), ledger.into(), user_data_32.into(), user_data_64.into(), user_data_128]
}

/// Returns the three bits of a term in a set of so many words, a power of two.
fn term_bits(hash: u64, words: usize) -> [(usize, u64); 3] {
    [0, 16, 32].map(|shift| {
        let bit = (hash >> shift) as usize & (words * 64 - 1);
        (bit / 64, 1 << (bit % 64))
    })
}

/// Halves a set as long as at most a third of its bits are set.
fn folded(words: &mut [u64]) -> Box<[u64]> {
    let mut len = words.len();
    while len > 1 {
        let (low, high) = words[..len].split_at_mut(len / 2);
        let set: u32 = low.iter().zip(&*high).map(|(low, high)| (low | high).count_ones()).sum();
        if set as usize * 3 > low.len() * 64 {
            break;
        }
        low.iter_mut().zip(high).for_each(|(low, high)| *low |= *high);
        len /= 2;
    }
    words[..len].into()
}

fn account_hash(id: u128) -> u32 {
    FixedState::default().hash_one(id) as u32 % OF_PENDING_TRANSFERS
}

impl ChunkSummary {
    /// Returns the summary of a full chunk. `created` returns the transfer that an entry created.
    fn of(chunk: &Chunk<'_>, created: impl Fn(&EntryRef<'_>) -> Option<Transfer>) -> Self {
        let mut words = [0; TERM_WORDS];
        let mut last = [0; 5];
        let mut unchanging = Vec::new();
        for offset in 0..chunk.records.len() {
            let Some(recorded) = chunk.entry(offset) else { continue };
            let entry = recorded.entry;
            if let Some(transfer) = created(&recorded) {
                let terms = terms(transfer.ledger, transfer.code, transfer.user_data);
                for (field, (term, last)) in terms.into_iter().zip(&mut last).enumerate() {
                    if term != std::mem::replace(last, term) {
                        for (word, bit) in term_bits(term_hash(field as u8, term), TERM_WORDS) {
                            words[word] |= bit;
                        }
                    }
                }
            } else if unchanging.len() < LISTED_MAX {
                let mut add = |hash| unchanging.push(hash << OFFSET_BITS | offset as u32);
                match entry.kind {
                    EntryKind::Account => add(account_hash(entry.id)),
                    EntryKind::Transfer => {
                        add(account_hash(entry.debit_account_id));
                        add(account_hash(entry.credit_account_id));
                        if recorded.extension.is_some_and(|extension| extension.id != 0) {
                            add(OF_PENDING_TRANSFERS);
                        }
                    }
                    EntryKind::Expiry | EntryKind::Extension => {}
                }
            }
        }
        unchanging.sort_unstable();
        let listed = unchanging.len() < LISTED_MAX;
        Self { terms: folded(&mut words), unchanging: listed.then(|| unchanging.into()) }
    }

    /// Returns whether the chunk may have transfers of these terms.
    pub(super) fn may_have(&self, terms: &Terms) -> bool {
        let has = |(word, bit): (usize, u64)| self.terms[word] & bit != 0;
        terms.0.iter().flatten().all(|&hash| term_bits(hash, self.terms.len()).into_iter().all(has))
    }

    /// Returns the offsets, in ascending order, of attempts that changed nothing and may concern an
    /// account. `None` for all offsets.
    pub(super) fn unchanging_of(&self, account: u128) -> Option<Vec<usize>> {
        let all = self.unchanging.as_ref()?;
        let mut offsets = Vec::new();
        for hash in [account_hash(account), OF_PENDING_TRANSFERS] {
            let first = all.partition_point(|one| one >> OFFSET_BITS < hash);
            let own = all[first..].iter().take_while(|one| **one >> OFFSET_BITS == hash);
            offsets.extend(own.map(|one| (one & ((1 << OFFSET_BITS) - 1)) as usize));
        }
        offsets.sort_unstable();
        offsets.dedup();
        Some(offsets)
    }
}

/// The terms that a query selects, as hashes.
pub(super) struct Terms([Option<u64>; 5]);

impl Terms {
    /// Returns the terms of a filter.
    pub(super) fn of(filter: &QueryFilter) -> Self {
        let mut field = 0;
        Self(terms(filter.ledger, filter.code, filter.user_data).map(|term| {
            field += 1;
            (term != 0).then(|| term_hash(field - 1, term))
        }))
    }
}

/// The summaries of a group of chunks.
type Group = [OnceLock<ChunkSummary>; GROUP_CHUNKS];

/// Groups of a segment that are next to each other.
type Block = [OnceLock<Box<Group>>; BLOCK_GROUPS];

/// The blocks of one segment. A trail whose older records are on the disk can have millions of chunks, and
/// has few at first.
type Blocks = Box<[OnceLock<Box<Block>>]>;

/// The summaries of all chunks, made when they are needed.
#[derive(Debug)]
pub(super) struct ChunkSummaries(Box<[Blocks]>);

impl ChunkSummaries {
    /// Returns the summaries of an empty trail.
    pub(super) fn new(trail: &Trail) -> Self {
        let chunks_max = trail.bytes_max() / (CHUNK_ENTRIES * ENTRY_BYTES);
        let blocks = (chunks_max as usize).div_ceil(GROUP_CHUNKS * BLOCK_GROUPS);
        let of_segment = |_| (0..blocks).map(|_| OnceLock::new()).collect();
        Self(trail.segments().map(of_segment).collect())
    }

    /// Returns the summary of a chunk, or nothing while it is not full.
    pub(super) fn get(
        &self,
        chunk: &Chunk<'_>,
        created: impl Fn(&EntryRef<'_>) -> Option<Transfer>,
    ) -> Option<&ChunkSummary> {
        if !chunk.is_full() {
            return None;
        }
        let number = chunk.number() as usize;
        let (group, at) = (number / GROUP_CHUNKS, number % GROUP_CHUNKS);
        let block = self.0[chunk.writer][group / BLOCK_GROUPS]
            .get_or_init(|| Box::new([const { OnceLock::new() }; BLOCK_GROUPS]));
        let group = block[group % BLOCK_GROUPS]
            .get_or_init(|| Box::new([const { OnceLock::new() }; GROUP_CHUNKS]));
        Some(group[at].get_or_init(|| ChunkSummary::of(chunk, created)))
    }
}
