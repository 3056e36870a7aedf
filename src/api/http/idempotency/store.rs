//! Idempotency keys and the responses that are stored under them, within a memory budget.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::key_notes::KeyNote;
use super::stored_response::{Hash, StoredResponse};
use crate::ledger::Ledger;
use crate::store::NoteKind;

/// The time that a key is stored after its request, in nanoseconds: a day.
pub(super) const STORED_NS: u64 = 24 * 60 * 60 * 1_000_000_000;

/// The inverse of the part of the budget that a user's keys may take.
const USER_SHARE: usize = 4;

/// The bytes that are counted for each key in addition to its response: the entries of the maps and the
/// headers.
pub(super) const KEY_BYTES: usize = 320;

/// The state of a key when a request claims it.
#[derive(Debug)]
pub(super) enum Claim {
    /// The request is the first. [`IdempotencyStore::complete`] or [`IdempotencyStore::release`] must follow.
    First,
    /// The request was answered before.
    Answered(StoredResponse),
    /// The key was used for another request.
    Reused,
    /// The first request is in progress, or failed with an unknown outcome.
    InProgress,
    /// The user's share of the budget is used up. It has capacity again after this time.
    UserFull { retry_after_ns: u64 },
    /// The budget is used up. It has capacity again after this time.
    Full { retry_after_ns: u64 },
}

/// All keys. A key is stored for exactly a day.
#[derive(Debug)]
pub(super) struct IdempotencyStore {
    /// The ledger in whose store keys are noted, if it has one.
    noted_by: Option<Arc<Ledger>>,
    /// The memory budget of all keys and responses in bytes.
    bytes_max: usize,
    bytes: usize,
    keys: HashMap<Hash, KeyState>,
    /// The keys in the order of their claims.
    order: BTreeMap<u64, Hash>,
    users: HashMap<Box<str>, UserKeys>,
    next_sequence: u64,
}

#[derive(Debug)]
struct KeyState {
    sequence: u64,
    user: Box<str>,
    request: Hash,
    claimed_at_ns: u64,
    /// The number of bytes counted against the budget: first the reservation, then the actual size.
    bytes: usize,
    /// `None` while the request is in progress.
    response: Option<StoredResponse>,
}

/// The keys of one user.
#[derive(Debug, Default)]
struct UserKeys {
    bytes: usize,
    /// The sequence numbers of the claims, oldest first.
    sequences: VecDeque<u64>,
}

impl IdempotencyStore {
    fn new(bytes_max: usize) -> Self {
        Self {
            noted_by: None,
            bytes_max,
            bytes: 0,
            keys: HashMap::new(),
            order: BTreeMap::new(),
            users: HashMap::new(),
            next_sequence: 0,
        }
    }

    /// Claims a user's key for a request, and reserves bytes for its response.
    pub(super) fn claim(
        &mut self,
        key: Hash,
        user: &str,
        request: Hash,
        response_bytes: usize,
        now_ns: u64,
    ) -> Claim {
        self.remove_expired(now_ns);
        if let Some(state) = self.keys.get(&key) {
            return match &state.response {
                _ if state.request != request => Claim::Reused,
                Some(response) => Claim::Answered(response.clone()),
                None => Claim::InProgress,
            };
        }
        let bytes = KEY_BYTES + response_bytes;
        let own_bytes = self.users.get(user).map_or(0, |own| own.bytes);
        if own_bytes + bytes > self.bytes_max / USER_SHARE {
            let oldest = self.users.get(user).and_then(|own| own.sequences.front().copied());
            return Claim::UserFull { retry_after_ns: self.remaining_ns(oldest, now_ns) };
        }
        if self.bytes + bytes > self.bytes_max {
            let oldest = self.order.keys().next().copied();
            return Claim::Full { retry_after_ns: self.remaining_ns(oldest, now_ns) };
        }
        self.note(|| KeyNote::Claimed { key, user: user.into(), request, claimed_at_ns: now_ns });
        self.insert(key, user.into(), request, bytes, now_ns);
        Claim::First
    }

    /// Notes something of a key in the ledger's store.
    fn note(&self, note: impl FnOnce() -> KeyNote) {
        if let Some(store) = self.noted_by.as_ref().and_then(|ledger| ledger.store()) {
            let note = note();
            let (kind, bytes) = note.encode();
            match note {
                // What it tells of must be on the disk with it.
                KeyNote::Answered { .. } => store.note_after(store.mark(), kind, &bytes),
                _ => store.note(kind, &bytes),
            }
        }
    }

    fn insert(&mut self, key: Hash, user: Box<str>, request: Hash, bytes: usize, now_ns: u64) {
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        let own = self.users.entry(user.clone()).or_default();
        own.bytes += bytes;
        own.sequences.push_back(sequence);
        self.bytes += bytes;
        self.order.insert(sequence, key);
        let claimed_at_ns = now_ns;
        let state = KeyState { sequence, user, request, claimed_at_ns, bytes, response: None };
        self.keys.insert(key, state);
    }

    /// Repeats a note.
    fn repeat(&mut self, note: KeyNote) {
        match note {
            KeyNote::Claimed { key, user, request, claimed_at_ns } => {
                self.remove_expired(claimed_at_ns);
                // An earlier claim has expired or was released.
                self.remove(key);
                self.insert(key, user, request, KEY_BYTES, claimed_at_ns);
            }
            KeyNote::Answered { key, response } => self.store_response(key, response),
            KeyNote::Released { key } => self.remove(key),
        }
    }

    /// Stores the response to the request that has claimed the key.
    pub(super) fn complete(&mut self, key: Hash, response: StoredResponse) {
        self.note(|| KeyNote::Answered { key, response: response.clone() });
        self.store_response(key, response);
    }

    fn store_response(&mut self, key: Hash, response: StoredResponse) {
        let Some(state) = self.keys.get_mut(&key) else { return };
        let bytes = KEY_BYTES + response.body.size();
        let reserved = std::mem::replace(&mut state.bytes, bytes);
        state.response = Some(response);
        self.bytes = self.bytes - reserved + bytes;
        if let Some(own) = self.users.get_mut(&state.user) {
            own.bytes = own.bytes - reserved + bytes;
        }
    }

    /// Removes a key whose request did nothing.
    pub(super) fn release(&mut self, key: Hash) {
        self.note(|| KeyNote::Released { key });
        self.remove(key);
    }

    fn remove(&mut self, key: Hash) {
        let Some(state) = self.keys.remove(&key) else { return };
        self.bytes -= state.bytes;
        self.order.remove(&state.sequence);
        if let Some(own) = self.users.get_mut(&state.user) {
            own.bytes -= state.bytes;
            // A user's sequence numbers ascend.
            if let Ok(index) = own.sequences.binary_search(&state.sequence) {
                own.sequences.remove(index);
            }
            if own.sequences.is_empty() {
                self.users.remove(&state.user);
            }
        }
    }

    /// The number of requests in progress.
    #[cfg(all(test, not(target_family = "wasm")))]
    pub(super) fn count_in_progress(&self) -> usize {
        self.keys.values().filter(|state| state.response.is_none()).count()
    }

    fn remove_expired(&mut self, now_ns: u64) {
        while let Some(key) = self.order.values().next().copied()
            && let Some(state) = self.keys.get(&key)
            && now_ns.saturating_sub(state.claimed_at_ns) > STORED_NS
        {
            self.remove(key);
        }
    }

    /// The time until a claim expires; a day if there is none.
    fn remaining_ns(&self, sequence: Option<u64>, now_ns: u64) -> u64 {
        let key = sequence.and_then(|sequence| self.order.get(&sequence));
        let claimed_at_ns = key.and_then(|key| self.keys.get(key)).map(|state| state.claimed_at_ns);
        STORED_NS - now_ns.saturating_sub(claimed_at_ns.unwrap_or(now_ns)).min(STORED_NS)
    }
}

/// The keys of which a store has notes. Those that have expired by the time of a later one are forgotten, so that
/// opening a ledger takes memory for the keys of a day.
#[derive(Debug)]
pub(crate) struct NotedKeys(IdempotencyStore);

impl Default for NotedKeys {
    fn default() -> Self {
        Self(IdempotencyStore::new(0))
    }
}

impl NotedKeys {
    /// Reads the next note. `None` if it has another form.
    pub(crate) fn read(&mut self, kind: NoteKind, note: &[u8]) -> Option<()> {
        self.0.repeat(KeyNote::decode(kind, note)?);
        Some(())
    }
}

/// The store of a service.
#[derive(Debug)]
pub(crate) struct SharedStore(Mutex<IdempotencyStore>);

impl SharedStore {
    /// Creates a store that takes at most this many bytes.
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self(Mutex::new(IdempotencyStore::new(bytes_max)))
    }

    /// Restores the keys that the store of `ledger` has, and notes further ones there.
    pub(crate) fn restore(&self, keys: NotedKeys, ledger: Arc<Ledger>, now_ns: u64) {
        let mut store = self.lock();
        *store = IdempotencyStore { noted_by: Some(ledger), bytes_max: store.bytes_max, ..keys.0 };
        store.remove_expired(now_ns);
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, IdempotencyStore> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::super::stored_response::StoredBody;
    use super::*;

    const HOUR_NS: u64 = STORED_NS / 24;
    /// Room for 40 keys with a response of 80 bytes; a user's share are 10.
    const BYTES_MAX: usize = 40 * (KEY_BYTES + 80);

    fn hash(number: usize) -> Hash {
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&number.to_le_bytes());
        hash
    }

    fn response(bytes: usize) -> StoredResponse {
        let body = StoredBody::Bytes(vec![0; bytes].into());
        StoredResponse { status: StatusCode::OK, headers: [].into(), body }
    }

    fn claim(store: &mut IdempotencyStore, key: usize, user: &str, now_ns: u64) -> Claim {
        store.claim(hash(key), user, hash(0), 80, now_ns)
    }

    #[test]
    fn claimed_key_belongs_to_one_request() {
        let mut store = IdempotencyStore::new(BYTES_MAX);
        let claim = |store: &mut IdempotencyStore, key, request| {
            store.claim(hash(key), "a", hash(request), 80, 0)
        };
        assert!(matches!(claim(&mut store, 1, 7), Claim::First));
        assert!(matches!(claim(&mut store, 1, 7), Claim::InProgress));
        assert!(matches!(claim(&mut store, 1, 8), Claim::Reused));
        store.complete(hash(1), response(3));
        let Claim::Answered(again) = claim(&mut store, 1, 7) else { panic!("it is stored") };
        assert_eq!((again.status, again.body.size()), (StatusCode::OK, 3));
        assert!(matches!(claim(&mut store, 1, 8), Claim::Reused));
        assert!(matches!(claim(&mut store, 2, 7), Claim::First));
        store.release(hash(2));
        assert!(matches!(claim(&mut store, 2, 8), Claim::First));
    }

    #[test]
    fn full_budget_rejects_new_keys_and_forgets_none() {
        let mut store = IdempotencyStore::new(BYTES_MAX);
        let users = ["a", "b", "c", "d"];
        for key in 0..40 {
            let user = users[key / 10];
            assert!(matches!(claim(&mut store, key, user, 0), Claim::First), "{key}");
            store.complete(hash(key), response(80));
        }
        let full = claim(&mut store, 40, "a", HOUR_NS);
        assert!(
            matches!(full, Claim::UserFull { retry_after_ns } if retry_after_ns == 23 * HOUR_NS)
        );
        let full = claim(&mut store, 40, "e", HOUR_NS);
        assert!(matches!(full, Claim::Full { retry_after_ns } if retry_after_ns == 23 * HOUR_NS));
        for key in 0..40 {
            let again = claim(&mut store, key, users[key / 10], STORED_NS);
            assert!(matches!(again, Claim::Answered(_)), "{key}");
        }
        // All keys have expired.
        assert!(matches!(claim(&mut store, 40, "a", STORED_NS + 1), Claim::First));
        assert_eq!((store.keys.len(), store.order.len(), store.users.len()), (1, 1, 1));
    }

    #[test]
    fn unused_reservations_are_returned() {
        let mut store = IdempotencyStore::new(BYTES_MAX);
        assert!(matches!(claim(&mut store, 1, "a", 0), Claim::First));
        assert_eq!(store.bytes, KEY_BYTES + 80);
        store.complete(hash(1), response(5));
        assert_eq!((store.bytes, store.users["a"].bytes), (KEY_BYTES + 5, KEY_BYTES + 5));
        assert!(matches!(claim(&mut store, 2, "a", 0), Claim::First));
        store.release(hash(2));
        assert_eq!((store.bytes, store.users["a"].bytes), (KEY_BYTES + 5, KEY_BYTES + 5));
        store.release(hash(1));
        assert_eq!((store.bytes, store.users.len()), (0, 0));
    }

    #[test]
    fn noted_keys_of_the_last_day_are_restored() {
        let mut keys = NotedKeys::default();
        let mut read = |note: KeyNote| {
            let (kind, bytes) = note.encode();
            keys.read(kind, &bytes).expect("it has the form");
        };
        for day in 0..100_u64 {
            let claim = |key: u64, hour: u64| KeyNote::Claimed {
                key: hash(key as usize),
                user: "a".into(),
                request: hash(0),
                claimed_at_ns: day * STORED_NS + hour * HOUR_NS,
            };
            for (number, hour) in [0, 8, 16].into_iter().enumerate() {
                read(claim(3 * day + number as u64, hour));
            }
            read(KeyNote::Answered { key: hash(3 * day as usize), response: response(5) });
            read(KeyNote::Released { key: hash(3 * day as usize + 1) });
        }
        assert!(keys.0.keys.len() <= 4, "{} keys are in memory", keys.0.keys.len());
        let now_ns = 99 * STORED_NS + 20 * HOUR_NS;
        let mut store = IdempotencyStore { bytes_max: BYTES_MAX, ..keys.0 };
        let bytes = store.bytes;
        assert!(matches!(claim(&mut store, 297, "a", now_ns), Claim::Answered(_)));
        assert!(matches!(claim(&mut store, 299, "a", now_ns), Claim::InProgress));
        assert!(matches!(claim(&mut store, 298, "a", now_ns), Claim::First), "it was released");
        assert!(matches!(claim(&mut store, 294, "a", now_ns), Claim::First), "it has expired");
        assert!(bytes < 3 * (KEY_BYTES + 5), "{bytes} bytes");
    }

    #[test]
    fn request_without_response_expires_after_one_day() {
        let mut store = IdempotencyStore::new(BYTES_MAX);
        assert!(matches!(claim(&mut store, 1, "a", 5), Claim::First));
        assert!(matches!(claim(&mut store, 1, "a", 5 + STORED_NS), Claim::InProgress));
        assert!(matches!(claim(&mut store, 1, "a", 6 + STORED_NS), Claim::First));
    }
}
