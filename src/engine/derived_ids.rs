//! Ids of transfers that are derived from something else, so that everybody who derives them gets the same ones.
//!
//! They are UUIDs of version 8, whose custom bits are a prefix and a hash. By the prefix they are recognized: users may not choose
//! such ids, so that nobody can use up those of another.

/// Version 8 and the variant of RFC 9562.
const VERSION: u128 = 8 << 76 | 0b10 << 62;

const VERSION_MASK: u128 = 0xf << 76 | 0b11 << 62;

/// Ids that are derived for one purpose.
#[derive(Debug)]
pub(crate) struct DerivedIds {
    /// The upper 48 bits: six letters in ASCII.
    prefix: u128,
    /// The context of the hash, so that it differs from any other hash of the same bytes.
    context: &'static str,
}

/// The ids of reversals, from the id of the reversed transfer and the number of the attempt. So everybody who reverses a transfer uses the
/// same ids in the same order, and of all these attempts one creates the reversal.
pub(crate) static REVERSAL_IDS: DerivedIds =
    DerivedIds { prefix: 0x7265_7665_7273, context: "ledgerlab id of a reversal" };

/// The ids of the events of a request on a remote engine, from its idempotency key and their index. So repeating the request sends the
/// same ones, and nothing happens twice, also if the first outcome is unknown, or another server has sent it.
pub(crate) static KEYED_IDS: DerivedIds = DerivedIds {
    prefix: 0x6b65_7965_6421,
    context: "ledgerlab 2026 ids of the events of an idempotency key",
};

/// The ids of the first deposits of holders on a remote engine, from the name and the number of the attempt.
pub(crate) static FIRST_DEPOSIT_IDS: DerivedIds = DerivedIds {
    prefix: 0x6465_706f_7331,
    context: "ledgerlab 2026 ids of the first deposits of holders",
};

impl DerivedIds {
    /// Returns the id that is derived from these bytes.
    pub(crate) fn id(&self, of: &[&[u8]]) -> u128 {
        let mut hasher = blake3::Hasher::new_derive_key(self.context);
        for part in of {
            hasher.update(part);
        }
        let mut hash = [0; 16];
        hasher.finalize_xof().fill(&mut hash);
        let custom = u128::from_le_bytes(hash) & !VERSION_MASK & (u128::MAX >> 48);
        self.prefix << 80 | VERSION | custom
    }

    /// Whether an id has the form of these.
    pub(crate) fn contains(&self, id: u128) -> bool {
        id >> 80 == self.prefix && id & VERSION_MASK == VERSION
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_ids_are_fixed_and_recognized() {
        for (ids, first) in [
            (&REVERSAL_IDS, "72657665-7273-85a5-b64e-eb251259e6d5"),
            (&KEYED_IDS, "6b657965-6421-8"),
            (&FIRST_DEPOSIT_IDS, "6465706f-7331-8"),
        ] {
            let derived: Vec<u128> = [(7_u128, 0_u32), (7, 1), (8, 0), (u128::MAX - 1, 63)]
                .map(|(id, number)| ids.id(&[&id.to_le_bytes(), &number.to_le_bytes()]))
                .into();
            assert!(derived.iter().all(|id| ids.contains(*id)));
            assert!((1..derived.len()).all(|index| !derived[..index].contains(&derived[index])));
            // They must be found again by a later version of the program.
            let text = uuid::Uuid::from_u128(derived[0]).to_string();
            assert!(text.starts_with(first), "{text}");
            for id in
                [0, 7, u128::MAX, ids.prefix << 80, derived[0] ^ 1 << 77, derived[0] ^ 1 << 80]
            {
                assert!(!ids.contains(id), "{id:x}");
            }
        }
    }
}
