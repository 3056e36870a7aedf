//! Idempotency keys and the responses that are stored under them, within bounds.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::http::{HeaderName, HeaderValue, StatusCode};

/// How long a response is stored: a day.
pub(super) const STORED_NS: u64 = 24 * 60 * 60 * 1_000_000_000;

/// The most responses of one user. With one more, the user's oldest is evicted.
pub(super) const USER_RESPONSES_MAX: usize = 1_000;

/// The most bytes of one user's responses. With more, the user's oldest are evicted.
pub(super) const USER_BYTES_MAX: usize = 8 << 20;

/// The most responses of all users. With one more, the oldest of all is evicted.
pub(super) const TOTAL_RESPONSES_MAX: usize = 100_000;

/// The most bytes of all responses. With more, the oldest of all are evicted.
pub(super) const TOTAL_BYTES_MAX: usize = 256 << 20;

/// The most requests with a key in progress. They are never evicted, so one more is rejected.
pub(super) const IN_PROGRESS_MAX: usize = 10_000;

/// The BLAKE3 hash of a user and a key, or of a request.
pub(super) type Hash = [u8; 32];

/// A response that can be replayed.
#[derive(Clone, Debug)]
pub(super) struct StoredResponse {
    pub(super) status: StatusCode,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Bytes,
}

/// The state of a key when a request claims it.
#[derive(Debug)]
pub(super) enum Claim {
    /// The request is the first. [`IdempotencyStore::complete`] or [`IdempotencyStore::release`] must follow.
    First,
    /// The request was answered before.
    Answered(StoredResponse),
    /// The key was used for another request.
    Reused,
    /// The first request is in progress, or failed so that its outcome is not known.
    InProgress,
    /// There are too many requests in progress.
    Full,
}

/// All keys.
#[derive(Debug, Default)]
pub(super) struct IdempotencyStore {
    all: HashMap<Hash, KeyState>,
    /// The keys with a response, in the order of their sequence numbers.
    order: BTreeMap<u64, Hash>,
    users: HashMap<Box<str>, UserKeys>,
    bytes: usize,
    next_sequence: u64,
}

#[derive(Debug)]
struct KeyState {
    request: Hash,
    /// `None` while the request is in progress.
    completed: Option<Completed>,
}

#[derive(Debug)]
struct Completed {
    user: Box<str>,
    at_ns: u64,
    response: StoredResponse,
}

/// The sequence numbers of one user's responses, the oldest first.
#[derive(Debug, Default)]
struct UserKeys {
    sequences: VecDeque<u64>,
    bytes: usize,
}

impl IdempotencyStore {
    /// Claims a key for a request, at `now_ns`.
    pub(super) fn claim(&mut self, key: Hash, request: Hash, now_ns: u64) -> Claim {
        self.evict_expired(now_ns);
        if let Some(entry) = self.all.get(&key) {
            return match &entry.completed {
                _ if entry.request != request => Claim::Reused,
                Some(completed) => Claim::Answered(completed.response.clone()),
                None => Claim::InProgress,
            };
        }
        if self.count_in_progress() >= IN_PROGRESS_MAX {
            return Claim::Full;
        }
        self.all.insert(key, KeyState { request, completed: None });
        Claim::First
    }

    /// Stores the response to the request that has claimed the key.
    pub(super) fn complete(
        &mut self,
        key: Hash,
        user: &str,
        response: StoredResponse,
        now_ns: u64,
    ) {
        let Some(entry) = self.all.get_mut(&key) else { return };
        let bytes = response.body.len();
        entry.completed = Some(Completed { user: user.into(), at_ns: now_ns, response });
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        self.order.insert(sequence, key);
        self.bytes += bytes;
        let own = self.users.entry(user.into()).or_default();
        own.sequences.push_back(sequence);
        own.bytes += bytes;
        while let Some(own) = self.users.get(user)
            && (own.sequences.len() > USER_RESPONSES_MAX || own.bytes > USER_BYTES_MAX)
        {
            self.evict(own.sequences[0]);
        }
        while self.order.len() > TOTAL_RESPONSES_MAX || self.bytes > TOTAL_BYTES_MAX {
            self.evict_oldest();
        }
    }

    /// Releases a key whose request did nothing.
    pub(super) fn release(&mut self, key: Hash) {
        self.all.remove(&key);
    }

    /// The number of requests in progress.
    pub(super) fn count_in_progress(&self) -> usize {
        self.all.len() - self.order.len()
    }

    fn evict_expired(&mut self, now_ns: u64) {
        while let Some(key) = self.order.values().next()
            && let Some(completed) = self.all.get(key).and_then(|state| state.completed.as_ref())
            && now_ns.saturating_sub(completed.at_ns) > STORED_NS
        {
            self.evict_oldest();
        }
    }

    fn evict_oldest(&mut self) {
        if let Some((&sequence, _)) = self.order.first_key_value() {
            self.evict(sequence);
        }
    }

    /// Evicts the response with this sequence number, which is its user's oldest.
    fn evict(&mut self, sequence: u64) {
        let Some(key) = self.order.remove(&sequence) else { return };
        let Some(KeyState { completed: Some(completed), .. }) = self.all.remove(&key) else {
            return;
        };
        let bytes = completed.response.body.len();
        self.bytes -= bytes;
        if let Some(own) = self.users.get_mut(&completed.user) {
            debug_assert_eq!(own.sequences.front(), Some(&sequence));
            own.sequences.pop_front();
            own.bytes -= bytes;
            if own.sequences.is_empty() {
                self.users.remove(&completed.user);
            }
        }
    }
}

/// The store of a service.
#[derive(Debug, Default)]
pub(crate) struct SharedStore(Mutex<IdempotencyStore>);

impl SharedStore {
    pub(super) fn lock(&self) -> MutexGuard<'_, IdempotencyStore> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(number: usize) -> Hash {
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&number.to_le_bytes());
        hash
    }

    fn response(bytes: usize) -> StoredResponse {
        StoredResponse { status: StatusCode::OK, headers: Vec::new(), body: vec![0; bytes].into() }
    }

    fn complete(store: &mut IdempotencyStore, key: usize, user: &str, bytes: usize, now_ns: u64) {
        assert!(matches!(store.claim(hash(key), hash(0), now_ns), Claim::First), "{key}");
        store.complete(hash(key), user, response(bytes), now_ns);
    }

    /// Whether the key still has its response. A key without one is claimed and released.
    fn is_stored(store: &mut IdempotencyStore, key: usize, now_ns: u64) -> bool {
        match store.claim(hash(key), hash(0), now_ns) {
            Claim::Answered(_) => true,
            Claim::First => {
                store.release(hash(key));
                false
            }
            other => panic!("{key}: {other:?}"),
        }
    }

    #[test]
    fn claimed_key_belongs_to_one_request() {
        let mut store = IdempotencyStore::default();
        assert!(matches!(store.claim(hash(1), hash(7), 0), Claim::First));
        assert!(matches!(store.claim(hash(1), hash(7), 0), Claim::InProgress));
        assert!(matches!(store.claim(hash(1), hash(8), 0), Claim::Reused));
        store.complete(hash(1), "a", response(3), 0);
        let Claim::Answered(again) = store.claim(hash(1), hash(7), 0) else {
            panic!("it is stored")
        };
        assert_eq!((again.status, again.body.len()), (StatusCode::OK, 3));
        assert!(matches!(store.claim(hash(1), hash(8), 0), Claim::Reused));
        assert!(matches!(store.claim(hash(2), hash(7), 0), Claim::First));
        store.release(hash(2));
        assert!(matches!(store.claim(hash(2), hash(8), 0), Claim::First));
    }

    #[test]
    fn user_evicts_only_own_oldest() {
        let mut store = IdempotencyStore::default();
        complete(&mut store, 1, "b", 1, 0);
        for key in 0..=USER_RESPONSES_MAX {
            complete(&mut store, 10 + key, "a", 1, 0);
        }
        let found = [1, 10, 11, 10 + USER_RESPONSES_MAX].map(|key| is_stored(&mut store, key, 0));
        assert_eq!(found, [true, false, true, true]);
        // By bytes, too. The newest is evicted itself if it alone is too large.
        complete(&mut store, 2, "b", USER_BYTES_MAX, 0);
        assert_eq!([1, 2].map(|key| is_stored(&mut store, key, 0)), [false, true]);
        complete(&mut store, 3, "b", USER_BYTES_MAX + 1, 0);
        assert_eq!([2, 3].map(|key| is_stored(&mut store, key, 0)), [false, false]);
        assert_eq!((store.bytes, store.order.len()), (USER_RESPONSES_MAX, USER_RESPONSES_MAX));
        assert!(!store.users.contains_key("b"));
    }

    #[test]
    fn total_responses_are_bounded() {
        let mut store = IdempotencyStore::default();
        for key in 0..=TOTAL_RESPONSES_MAX {
            complete(&mut store, key, &(key % 200).to_string(), 0, 0);
        }
        assert_eq!(
            (store.all.len(), store.order.len()),
            (TOTAL_RESPONSES_MAX, TOTAL_RESPONSES_MAX)
        );
        assert_eq!([0, 1].map(|key| is_stored(&mut store, key, 0)), [false, true]);
        let large = USER_BYTES_MAX;
        for key in 0..=TOTAL_BYTES_MAX / large {
            complete(&mut store, TOTAL_RESPONSES_MAX + 1 + key, &format!("large {key}"), large, 0);
        }
        assert_eq!(store.bytes, TOTAL_BYTES_MAX);
        assert!(
            !is_stored(&mut store, TOTAL_RESPONSES_MAX + 1, 0)
                && is_stored(&mut store, TOTAL_RESPONSES_MAX + 2, 0)
        );
    }

    #[test]
    fn response_expires_after_one_day_but_active_request_never() {
        let mut store = IdempotencyStore::default();
        complete(&mut store, 1, "a", 1, 5);
        assert!(matches!(store.claim(hash(2), hash(0), 5), Claim::First));
        assert!(is_stored(&mut store, 1, 5 + STORED_NS));
        assert!(!is_stored(&mut store, 1, 6 + STORED_NS));
        assert!(matches!(store.claim(hash(2), hash(0), u64::MAX), Claim::InProgress));
        for key in 3..IN_PROGRESS_MAX + 2 {
            assert!(matches!(store.claim(hash(key), hash(0), 9), Claim::First));
        }
        assert!(matches!(store.claim(hash(1), hash(0), 9), Claim::Full));
    }
}
