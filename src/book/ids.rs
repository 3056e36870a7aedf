//! Ids that the book gives to transfers: UUIDs of version 7, unique across writers without a shared word.
//!
//! Bits, from the top: 48 of milliseconds of the book's time, 4 of version, 12 and 28 of the entry's place in its
//! writer's segment, split around 2 of variant, 8 of the writer's number, 26 of the book's seed. So the ids of one writer
//! ascend, two writers never make the same one, and an id says where its entry is.
//! Layout after [RFC 9562](https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-7), section 5.7.

/// Sets the ids of one book apart from those of others; the low 26 bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdSeed(pub u32);

/// Places that fit into an id: 2^40, which is a segment of 112 TiB.
const PLACE_BITS: u32 = 40;

/// Makes the ids of one writer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ids {
    /// Time, version, variant, writer and seed: all that does not change within a millisecond.
    frame: u128,
}

impl Ids {
    pub(super) fn new(writer: usize, seed: IdSeed) -> Self {
        let version = 7_u128 << 76;
        let variant = 0b10_u128 << 62;
        let writer = (writer as u128 & 0xff) << 26;
        Self { frame: version | variant | writer | u128::from(seed.0 & ((1 << 26) - 1)) }
    }

    /// Sets the time, in nanoseconds of the book's time.
    pub(super) fn set_time(&mut self, now_ns: u64) {
        let milliseconds = u128::from(now_ns / 1_000_000) & ((1 << 48) - 1);
        self.frame = self.frame & (u128::MAX >> 48) | milliseconds << 80;
    }

    /// The id of the attempt whose entry is at `place` of the writer's segment.
    #[inline]
    pub(super) fn at(&self, place: u64) -> u128 {
        debug_assert!(place < 1 << PLACE_BITS);
        let high = u128::from(place >> 28 & 0xfff) << 64;
        let low = u128::from(place & 0xfff_ffff) << 34;
        self.frame | high | low
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::{Uuid, Variant, Version};

    #[test]
    fn ids_are_uuids_of_version_seven_that_ascend() {
        let mut ids = Ids::new(3, IdSeed(0x3ff_ffff));
        ids.set_time(1_700_000_000_123_456_789);
        let places = [0, 1, (1 << 28) - 1, 1 << 28, (1 << 40) - 1];
        let made = places.map(|place| ids.at(place));
        assert!(made.is_sorted());
        for id in made {
            let uuid = Uuid::from_u128(id);
            assert_eq!(uuid.get_version(), Some(Version::SortRand));
            assert_eq!(uuid.get_variant(), Variant::RFC4122);
            let (seconds, nanoseconds) = uuid.get_timestamp().expect("version 7 has one").to_unix();
            assert_eq!((seconds, nanoseconds), (1_700_000_000, 123_000_000));
        }
        ids.set_time(1_700_000_000_124_000_000);
        assert!(ids.at(0) > made[4]);
    }

    #[test]
    fn writers_and_seeds_set_ids_apart() {
        let id = |writer, seed| Ids::new(writer, IdSeed(seed)).at(9);
        let all = [id(0, 0), id(255, 0), id(0, 1), id(0, (1 << 26) - 1)];
        for (place, first) in all.iter().enumerate() {
            assert!(!all[place + 1..].contains(first));
        }
    }
}
