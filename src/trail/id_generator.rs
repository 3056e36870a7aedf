//! The ids that the ledger generates for transfers: version 7 UUIDs, unique across writers without
//! a shared word.
//!
//! Bits, from the top:
//!
//! | bits | what |
//! |---|---|
//! | 48 | milliseconds of the ledger's time |
//! | 4 | version |
//! | 12 | position of the entry in its writer's segment, upper part |
//! | 2 | variant |
//! | 28 | position, lower part |
//! | 8 | number of the writer |
//! | 1 | set if the position is that of the entry |
//! | 25 | seed of the ledger; of a stored one, another for each opening after the first |
//!
//! So the ids of one writer ascend, no two writers generate the same id, and an id encodes the
//! position of its entry. Ids that are handed out before their entry is written have a counter instead of a
//! position. Layout after [RFC 9562](https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-7),
//! section 5.7.

/// Distinguishes the ids of one ledger from those of others. Only the low 25 bits are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdSeed(pub u32);

/// Bits of a position in an id. A segment of 2^40 records has 128 TiB.
const POSITION_BITS: u32 = 40;

const SEED_BITS: u32 = 25;

/// Set in an id whose position is that of its entry.
const HAS_POSITION: u128 = 1 << SEED_BITS;

/// Generates the ids of one writer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IdGenerator {
    /// Time, version, variant, writer and seed: the bits that do not change within a millisecond.
    base: u128,
    /// The number of ids handed out before their entry was written.
    standalone: u64,
    /// The earliest time in an id, in milliseconds of the ledger's time.
    earliest_ms: u64,
}

impl IdGenerator {
    pub(crate) fn new(writer: usize, seed: IdSeed) -> Self {
        let version = 7_u128 << 76;
        let variant = 0b10_u128 << 62;
        let writer = (writer as u128 & 0xff) << 26;
        Self { base: version | variant | writer | seed_bits(seed), standalone: 0, earliest_ms: 0 }
    }

    /// Sets the time, in nanoseconds of the ledger's time.
    pub(crate) fn set_time(&mut self, now_ns: u64) {
        let milliseconds = (now_ns / 1_000_000).max(self.earliest_ms);
        let milliseconds = u128::from(milliseconds & ((1 << 48) - 1));
        self.base = self.base & (u128::MAX >> 48) | milliseconds << 80;
    }

    /// Goes on at a time after a ledger was opened again. Its ids have a later time than those of the openings
    /// before, of which a crash can have lost the entries. So none is generated twice while the clock does not go back. If it
    /// does, the seed distinguishes them, which is another for each opening: one of 2^25, and the millisecond and the position
    /// would have to be the same as well.
    pub(crate) fn resume(&mut self, now_ns: u64, openings: u64) {
        self.earliest_ms = (now_ns / 1_000_000).saturating_add(openings);
        self.set_time(now_ns);
    }

    /// Returns the id of the transfer whose entry is at `position` of the writer's segment.
    #[inline]
    pub(crate) fn id_at(&self, position: u64) -> u128 {
        self.base | position_bits(position) | HAS_POSITION
    }

    /// Returns an id that does not encode the position of its entry.
    pub(crate) fn next_standalone(&mut self) -> u128 {
        let id = self.base | position_bits(self.standalone);
        self.standalone += 1;
        id
    }
}

fn seed_bits(seed: IdSeed) -> u128 {
    u128::from(seed.0) & (HAS_POSITION - 1)
}

/// Returns the bits of a position or count from 0 to 2^40 - 1.
#[inline]
fn position_bits(count: u64) -> u128 {
    debug_assert!(count < 1 << POSITION_BITS);
    u128::from(count >> 28 & 0xfff) << 64 | u128::from(count & 0xfff_ffff) << 34
}

/// Returns whether an id has the form of those that a ledger of this seed generates for plain
/// transfers.
#[inline]
pub(crate) fn has_seed(id: u128, seed: IdSeed) -> bool {
    id & (HAS_POSITION - 1) == seed_bits(seed) && position_in_id(id).is_some()
}

/// Returns the writer and the position in an id. A version 7 UUID from another source can also
/// have them.
#[inline]
pub(crate) fn position_in_id(id: u128) -> Option<(usize, u64)> {
    let (version, variant) = (id >> 76 & 0xf, id >> 62 & 0b11);
    if version != 7 || variant != 0b10 || id & HAS_POSITION == 0 {
        return None;
    }
    let (high, low) = (id >> 64 & 0xfff, id >> 34 & 0xfff_ffff);
    Some(((id >> 26 & 0xff) as usize, (high << 28 | low) as u64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::{Uuid, Variant, Version};

    #[test]
    fn openings_never_generate_the_same_id() {
        let mut ids = std::collections::HashSet::new();
        // Each opening loses what it has generated. Some have no clock, and some one that stands still.
        for openings in 0..10_000 {
            let mut generator = IdGenerator::new(3, IdSeed(7));
            generator.resume(5_000_000, openings);
            if openings % 3 == 0 {
                generator.set_time(5_000_000);
            }
            for _ in 0..3 {
                assert!(ids.insert(generator.next_standalone()), "opening {openings}");
            }
            assert!((0..3).all(|position| ids.insert(generator.id_at(position))));
        }
        let mut generator = IdGenerator::new(3, IdSeed(7));
        generator.resume(5_000_000, 2);
        generator.set_time(9_000_000);
        assert_eq!(generator.id_at(0) >> 80, 9, "the time has passed");
    }

    #[test]
    fn ids_are_ascending_uuids_of_version_seven() {
        let mut ids = IdGenerator::new(3, IdSeed(0x1ff_ffff));
        ids.set_time(1_700_000_000_123_456_789);
        let positions = [0, 1, (1 << 28) - 1, 1 << 28, (1 << 40) - 1];
        let ids_at = positions.map(|position| ids.id_at(position));
        assert!(ids_at.is_sorted());
        for (position, id) in positions.into_iter().zip(ids_at) {
            assert_eq!(position_in_id(id), Some((3, position)));
        }
        assert_eq!(
            (position_in_id(0), position_in_id(7), position_in_id(u128::MAX)),
            (None, None, None)
        );
        for id in ids_at {
            let uuid = Uuid::from_u128(id);
            assert_eq!(uuid.get_version(), Some(Version::SortRand));
            assert_eq!(uuid.get_variant(), Variant::RFC4122);
            let (seconds, nanoseconds) = uuid.get_timestamp().expect("version 7 has one").to_unix();
            assert_eq!((seconds, nanoseconds), (1_700_000_000, 123_000_000));
        }
        ids.set_time(1_700_000_000_124_000_000);
        assert!(ids.id_at(0) > ids_at[4]);
        let standalone = [ids.next_standalone(), ids.next_standalone()];
        assert!(standalone.is_sorted() && standalone.map(position_in_id) == [None, None]);
        assert!(has_seed(ids.id_at(0), IdSeed(0x1ff_ffff)) && !has_seed(ids.id_at(0), IdSeed(1)));
    }

    #[test]
    fn writers_and_seeds_have_different_ids() {
        let id = |writer, seed| IdGenerator::new(writer, IdSeed(seed)).id_at(9);
        let all = [id(0, 0), id(255, 0), id(0, 1), id(0, (1 << 25) - 1)];
        for (position, first) in all.iter().enumerate() {
            assert!(!all[position + 1..].contains(first));
        }
    }
}
