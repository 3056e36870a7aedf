//! The results of a batch in a few bytes each, for storage.

use super::response::{CreatedEvent, Results, status_names};

/// Results of a batch, packed.
///
/// Each result is three variable-length numbers: the index of its status, the difference of its
/// timestamp from the previous one, and the difference of its id. Consecutive results take 3 to 5
/// bytes; one with a random id takes 22.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PackedResults {
    /// The different statuses, in order of their first use.
    statuses: Box<[&'static str]>,
    bytes: Box<[u8]>,
}

impl PackedResults {
    /// Packs results.
    pub(crate) fn pack(results: &Results) -> Self {
        let (mut statuses, mut bytes) = (Vec::new(), Vec::new());
        let (mut timestamp, mut id) = (0, 0);
        for result in &results.results {
            let status = result.status();
            let index = statuses.iter().position(|known| *known == status).unwrap_or_else(|| {
                statuses.push(status);
                statuses.len() - 1
            });
            // The lowest bit says whether there is an id.
            let has_id = result.id().is_some();
            push(&mut bytes, ((index as u128) << 1) | u128::from(has_id));
            let own = u128::from(result.timestamp());
            push(&mut bytes, difference(own, timestamp));
            timestamp = own;
            if let Some(own) = result.id() {
                push(&mut bytes, difference(own, id));
                id = own;
            }
        }
        Self { statuses: statuses.into(), bytes: bytes.into() }
    }

    /// Returns the results that were packed.
    pub(crate) fn unpack(&self) -> Results {
        let (mut rest, mut results) = (&self.bytes[..], Vec::new());
        let (mut timestamp, mut id) = (0, 0);
        while !rest.is_empty() {
            let head = take(&mut rest);
            timestamp = sum(timestamp, take(&mut rest));
            let own = (head & 1 == 1).then(|| {
                id = sum(id, take(&mut rest));
                id
            });
            let status = self.statuses[(head >> 1) as usize];
            results.push(CreatedEvent::new(status, timestamp as u64, own));
        }
        Results { results }
    }

    /// Returns the bytes that [`PackedResults::from_bytes`] reads.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        push(&mut bytes, self.statuses.len() as u128);
        for status in &self.statuses {
            push(&mut bytes, status.len() as u128);
            bytes.extend_from_slice(status.as_bytes());
        }
        bytes.extend_from_slice(&self.bytes);
        bytes
    }

    /// Returns the results of these bytes. `None` if they have another form.
    pub(crate) fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
        let known = status_names();
        let count = usize::try_from(take(&mut bytes)).ok()?;
        let mut statuses = Vec::new();
        for _ in 0..count {
            let length = usize::try_from(take(&mut bytes)).ok()?;
            let (name, rest) = bytes.split_at_checked(length)?;
            statuses.push(*known.iter().find(|known| known.as_bytes() == name)?);
            bytes = rest;
        }
        Some(Self { statuses: statuses.into(), bytes: bytes.into() })
    }

    /// The number of bytes that it takes on the heap.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len() + size_of_val(&*self.statuses)
    }
}

/// The wrapping difference of two numbers, with its sign in the lowest bit.
fn difference(number: u128, previous: u128) -> u128 {
    let difference = number.wrapping_sub(previous) as i128;
    ((difference << 1) ^ (difference >> 127)) as u128
}

/// Adds a difference to a number.
fn sum(previous: u128, difference: u128) -> u128 {
    previous.wrapping_add((difference >> 1) ^ (difference & 1).wrapping_neg())
}

/// Writes a number in groups of 7 bits, the lowest first. The highest bit says that more follow.
fn push(bytes: &mut Vec<u8>, mut number: u128) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Reads a number that [`push`] has written.
fn take(bytes: &mut &[u8]) -> u128 {
    let length =
        bytes.iter().position(|byte| byte & 0x80 == 0).map_or(bytes.len(), |last| last + 1);
    let (number, rest) = bytes.split_at(length);
    *bytes = rest;
    number.iter().rev().fold(0, |number, byte| (number << 7) | u128::from(byte & 0x7f))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_results_are_unpacked_as_they_were() {
        let ids = [None, Some(0), Some(1), Some(u128::MAX), Some(1 << 127), None, Some(7)];
        let timestamps = [0, 1, u64::MAX, 5, 6, 6, 1 << 40];
        let statuses = ["created", "exists", "created", "overflows_debits"];
        let results = ids.iter().zip(timestamps).zip(statuses.iter().cycle());
        let results = results.map(|((id, at), status)| CreatedEvent::new(status, at, *id));
        let results = Results { results: results.collect() };
        let packed = PackedResults::pack(&results);
        assert_eq!(packed.unpack(), results);
        let read = PackedResults::from_bytes(&packed.to_bytes()).expect("it has the form");
        assert_eq!(read.unpack(), results);
        assert!(PackedResults::from_bytes(&[1, 3, b'n', b'e', b'w']).is_none());
        let empty = Results { results: Vec::new() };
        assert_eq!(PackedResults::pack(&empty).unpack(), empty);
    }

    #[test]
    fn consecutive_results_take_few_bytes() {
        let result = |number: u64| {
            CreatedEvent::new("created", (1 << 60) + number, Some((1 << 100) + u128::from(number)))
        };
        let results = Results { results: (0..1_000).map(result).collect() };
        let size = PackedResults::pack(&results).size();
        assert!(size < 3_100, "{size}");
    }
}
