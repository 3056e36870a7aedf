//! A record as bytes, the same on every host, and its tag.

use super::account_change::PreviousChanges;
use super::entry::{Entry, EntryKind};

/// Bytes of one record: every field in the order in which [`Entry`] declares it, little-endian,
/// without padding.
pub(crate) const RECORD_BYTES: usize = 128;

/// Bytes of a record without its links, which a seal leaves out.
pub(super) const SEALED_BYTES: usize = 116;

impl Entry {
    /// Writes the bytes of the record.
    pub(crate) fn encode(&self, bytes: &mut [u8; RECORD_BYTES]) {
        let (sealed, links) = bytes.split_first_chunk_mut().expect("it is shorter");
        encode(self, sealed);
        links.copy_from_slice(&self.previous.to_bytes());
    }

    /// Returns the record that these bytes are. `None` if its kind is unknown.
    pub(crate) fn decode(bytes: &[u8; RECORD_BYTES]) -> Option<Self> {
        fn at<const N: usize>(bytes: &[u8; RECORD_BYTES], offset: usize) -> [u8; N] {
            *bytes[offset..].first_chunk().expect("it is within the record")
        }
        let u128_at = |offset| u128::from_le_bytes(at(bytes, offset));
        let u64_at = |offset| u64::from_le_bytes(at(bytes, offset));
        let u32_at = |offset| u32::from_le_bytes(at(bytes, offset));
        let u16_at = |offset| u16::from_le_bytes(at(bytes, offset));
        Some(Self {
            id: u128_at(0),
            debit_account_id: u128_at(16),
            credit_account_id: u128_at(32),
            amount: u128_at(48),
            timestamp: u64_at(64),
            debit_version: u64_at(72),
            credit_version: u64_at(80),
            user_data_64: u64_at(88),
            user_data_32: u32_at(96),
            timeout: u32_at(100),
            ledger: u32_at(104),
            code: u16_at(108),
            flags: u16_at(110),
            status: u16_at(112),
            kind: EntryKind::ALL.get(usize::from(bytes[114])).copied()?,
            entry_flags: bytes[115],
            previous: PreviousChanges::from_bytes(at(bytes, 116)),
        })
    }
}

/// Writes the bytes of a record without its links.
#[inline]
pub(super) fn encode(entry: &Entry, bytes: &mut [u8; SEALED_BYTES]) {
    bytes[0..16].copy_from_slice(&entry.id.to_le_bytes());
    bytes[16..32].copy_from_slice(&entry.debit_account_id.to_le_bytes());
    bytes[32..48].copy_from_slice(&entry.credit_account_id.to_le_bytes());
    bytes[48..64].copy_from_slice(&entry.amount.to_le_bytes());
    bytes[64..72].copy_from_slice(&entry.timestamp.to_le_bytes());
    bytes[72..80].copy_from_slice(&entry.debit_version.to_le_bytes());
    bytes[80..88].copy_from_slice(&entry.credit_version.to_le_bytes());
    bytes[88..96].copy_from_slice(&entry.user_data_64.to_le_bytes());
    bytes[96..100].copy_from_slice(&entry.user_data_32.to_le_bytes());
    bytes[100..104].copy_from_slice(&entry.timeout.to_le_bytes());
    bytes[104..108].copy_from_slice(&entry.ledger.to_le_bytes());
    bytes[108..110].copy_from_slice(&entry.code.to_le_bytes());
    bytes[110..112].copy_from_slice(&entry.flags.to_le_bytes());
    bytes[112..114].copy_from_slice(&entry.status.to_le_bytes());
    bytes[114] = entry.kind as u8;
    bytes[115] = entry.entry_flags;
}

/// The maximum odd number below 2^64 divided by the golden ratio. Its bits have no pattern.
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

/// Returns 32 bits that distinguish a record from others, to find the altered one in a block.
///
/// A tag proves nothing: with any function, two records with the same tag can be found. The block's
/// hash is the proof; the tag only locates. So the function is a fast mix. Each step is reversible,
/// so two records that differ in one word never give the same 64 bits, of which the tag is the
/// upper half.
#[inline]
pub(super) fn tag(bytes: &[u8; SEALED_BYTES]) -> u32 {
    let (words, rest) = bytes.as_chunks::<8>();
    let mix = |state: u64, word: u64| {
        let state = (state ^ word).wrapping_mul(MULTIPLIER);
        state ^ state >> 32
    };
    let state = words.iter().fold(MULTIPLIER, |state, word| mix(state, u64::from_le_bytes(*word)));
    let last = rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
    (mix(state, last).wrapping_mul(MULTIPLIER) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Side;
    use crate::trail::AccountChange;

    fn bytes(entry: &Entry) -> [u8; SEALED_BYTES] {
        let mut bytes = [0xff; SEALED_BYTES];
        encode(entry, &mut bytes);
        bytes
    }

    #[test]
    fn fields_are_encoded_as_the_format_says() {
        let entry = Entry {
            id: 0x0f0e_0d0c_0b0a_0908_0706_0504_0302_0100,
            debit_account_id: 0x1f1e_1d1c_1b1a_1918_1716_1514_1312_1110,
            credit_account_id: 0x2f2e_2d2c_2b2a_2928_2726_2524_2322_2120,
            amount: 0x3f3e_3d3c_3b3a_3938_3736_3534_3332_3130,
            timestamp: 0x4746_4544_4342_4140,
            debit_version: 0x4f4e_4d4c_4b4a_4948,
            credit_version: 0x5756_5554_5352_5150,
            user_data_64: 0x5f5e_5d5c_5b5a_5958,
            user_data_32: 0x6362_6160,
            timeout: 0x6766_6564,
            ledger: 0x6b6a_6968,
            code: 0x6d6c,
            flags: 0x6f6e,
            status: 0x7170,
            kind: EntryKind::Expiry,
            entry_flags: 0x73,
            previous: PreviousChanges::of(
                AccountChange::at(1, 2, Side::Credit),
                AccountChange::at(3, 4, Side::Debit),
            ),
        };
        let mut expected: [u8; SEALED_BYTES] = std::array::from_fn(|position| position as u8);
        expected[114] = 2;
        assert_eq!(bytes(&entry), expected);
        let mut record = [0; RECORD_BYTES];
        entry.encode(&mut record);
        assert_eq!(record[..SEALED_BYTES], expected);
        assert_eq!(Entry::decode(&record), Some(entry));
        record[114] = 4;
        assert_eq!(Entry::decode(&record), None);
    }

    #[test]
    fn every_bit_of_a_record_changes_its_tag() {
        let record = bytes(&Entry { id: 7, amount: 5, timestamp: 1, ..Entry::default() });
        for bit in 0..SEALED_BYTES * 8 {
            let mut other = record;
            other[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(tag(&record), tag(&other), "bit {bit}");
        }
    }
}
