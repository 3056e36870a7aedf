//! Ids that the ledger gives to transfers: UUIDs of version 7, unique across writers without a shared word.
//!
//! Bits, from the top: 48 of milliseconds of the ledger's time, 4 of version, 12 and 28 of the entry's place in its
//! writer's segment, split around 2 of variant, 8 of the writer's number, 1 that says that the place is meant, 25 of the
//! ledger's seed. So the ids of one writer ascend, two writers never make the same one, and an id says where its entry is.
//! Ids that are handed out before their entry is written count on their own, and do not say so.
//! Layout after [RFC 9562](https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-7), section 5.7.

/// Sets the ids of one ledger apart from those of others; the low 25 bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdSeed(pub u32);

/// Places that fit into an id: 2^40, which is a segment of 112 TiB.
const PLACE_BITS: u32 = 40;

const SEED_BITS: u32 = 25;

/// Says that an id's place is that of its entry.
const PLACED: u128 = 1 << SEED_BITS;

/// Makes the ids of one writer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ids {
    /// Time, version, variant, writer and seed: all that does not change within a millisecond.
    frame: u128,
    /// Ids that were handed out before their entry was written.
    loose: u64,
}

impl Ids {
    pub(crate) fn new(writer: usize, seed: IdSeed) -> Self {
        let version = 7_u128 << 76;
        let variant = 0b10_u128 << 62;
        let writer = (writer as u128 & 0xff) << 26;
        Self { frame: version | variant | writer | seed_bits(seed), loose: 0 }
    }

    /// Sets the time, in nanoseconds of the ledger's time.
    pub(crate) fn set_time(&mut self, now_ns: u64) {
        let milliseconds = u128::from(now_ns / 1_000_000) & ((1 << 48) - 1);
        self.frame = self.frame & (u128::MAX >> 48) | milliseconds << 80;
    }

    /// The id of the attempt whose entry is at `place` of the writer's segment.
    #[inline]
    pub(crate) fn at(&self, place: u64) -> u128 {
        self.frame | counted(place) | PLACED
    }

    /// An id whose entry may be anywhere.
    pub(crate) fn loose(&mut self) -> u128 {
        let id = self.frame | counted(self.loose);
        self.loose += 1;
        id
    }
}

fn seed_bits(seed: IdSeed) -> u128 {
    u128::from(seed.0) & (PLACED - 1)
}

/// The bits of a count from 0 to 2^40 - 1.
#[inline]
fn counted(count: u64) -> u128 {
    debug_assert!(count < 1 << PLACE_BITS);
    u128::from(count >> 28 & 0xfff) << 64 | u128::from(count & 0xfff_ffff) << 34
}

/// Whether an id is of the form that a ledger of this seed gives to plain transfers.
pub(crate) fn is_of(id: u128, seed: IdSeed) -> bool {
    located(id).is_some() && id & (PLACED - 1) == seed_bits(seed)
}

/// The writer and the place that an id of this form names; any id of version 7 names one, whoever made it.
#[inline]
pub(crate) fn located(id: u128) -> Option<(usize, u64)> {
    let (version, variant) = (id >> 76 & 0xf, id >> 62 & 0b11);
    if version != 7 || variant != 0b10 || id & PLACED == 0 {
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
    fn ids_are_uuids_of_version_seven_that_ascend() {
        let mut ids = Ids::new(3, IdSeed(0x1ff_ffff));
        ids.set_time(1_700_000_000_123_456_789);
        let places = [0, 1, (1 << 28) - 1, 1 << 28, (1 << 40) - 1];
        let made = places.map(|place| ids.at(place));
        assert!(made.is_sorted());
        for (place, id) in places.into_iter().zip(made) {
            assert_eq!(located(id), Some((3, place)));
        }
        assert_eq!((located(0), located(7), located(u128::MAX)), (None, None, None));
        for id in made {
            let uuid = Uuid::from_u128(id);
            assert_eq!(uuid.get_version(), Some(Version::SortRand));
            assert_eq!(uuid.get_variant(), Variant::RFC4122);
            let (seconds, nanoseconds) = uuid.get_timestamp().expect("version 7 has one").to_unix();
            assert_eq!((seconds, nanoseconds), (1_700_000_000, 123_000_000));
        }
        ids.set_time(1_700_000_000_124_000_000);
        assert!(ids.at(0) > made[4]);
        let loose = [ids.loose(), ids.loose()];
        assert!(loose.is_sorted() && loose.map(located) == [None, None]);
        assert!(is_of(ids.at(0), IdSeed(0x1ff_ffff)) && !is_of(ids.at(0), IdSeed(1)));
    }

    #[test]
    fn writers_and_seeds_set_ids_apart() {
        let id = |writer, seed| Ids::new(writer, IdSeed(seed)).at(9);
        let all = [id(0, 0), id(255, 0), id(0, 1), id(0, (1 << 25) - 1)];
        for (place, first) in all.iter().enumerate() {
            assert!(!all[place + 1..].contains(first));
        }
    }
}
