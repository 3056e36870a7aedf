//! The ids of reversals.
//!
//! They are UUIDs of version 8, whose custom bits are a prefix and a hash of the reversed transfer's id
//! and the number of the attempt. So everybody who reverses a transfer uses the same ids in the same
//! order, and of all these attempts one creates the reversal.

/// The upper 48 bits of the id of a reversal: `revers` in ASCII.
const PREFIX: u128 = 0x7265_7665_7273;

/// Version 8 and the variant of RFC 9562.
const VERSION: u128 = 8 << 76 | 0b10 << 62;

const VERSION_MASK: u128 = 0xf << 76 | 0b11 << 62;

/// Returns the id of the reversal of a transfer, for the attempt of this number, from 0.
pub(super) fn reversal_id(transfer_id: u128, attempt: u32) -> u128 {
    let mut hasher = blake3::Hasher::new_derive_key("ledgerlab id of a reversal");
    hasher.update(&transfer_id.to_le_bytes()).update(&attempt.to_le_bytes());
    let mut hash = [0; 16];
    hasher.finalize_xof().fill(&mut hash);
    let custom = u128::from_le_bytes(hash) & !VERSION_MASK & (u128::MAX >> 48);
    PREFIX << 80 | VERSION | custom
}

/// Returns whether an id has the form of those of reversals.
pub(super) fn is_reversal_id(id: u128) -> bool {
    id >> 80 == PREFIX && id & VERSION_MASK == VERSION
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_reversals_are_fixed_and_recognized() {
        let ids: Vec<u128> = [(7, 0), (7, 1), (8, 0), (u128::MAX - 1, 63)]
            .map(|(id, attempt)| reversal_id(id, attempt))
            .into();
        assert!(ids.iter().all(|id| is_reversal_id(*id)));
        assert!((1..ids.len()).all(|index| !ids[..index].contains(&ids[index])));
        // A reversal must be found again by a later version of the program.
        assert_eq!(
            uuid::Uuid::from_u128(ids[0]).to_string(),
            "72657665-7273-85a5-b64e-eb251259e6d5"
        );
        for id in [0, 7, u128::MAX, PREFIX << 80, ids[0] ^ 1 << 77, ids[0] ^ 1 << 80] {
            assert!(!is_reversal_id(id), "{id:x}");
        }
    }
}
