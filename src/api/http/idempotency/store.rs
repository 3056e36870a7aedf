//! Keys, and the answers that were given under them: in bounds.

use std::collections::{BTreeMap, HashMap, VecDeque};

use axum::body::Bytes;
use axum::http::{HeaderName, HeaderValue, StatusCode};

/// How long an answer is kept: a day.
pub(super) const KEPT_NS: u64 = 24 * 60 * 60 * 1_000_000_000;

/// The most answers of one user that are kept; with one more, the user's oldest is forgotten.
pub(super) const OF_ONE_USER_MAX: usize = 1_000;

/// The most bytes of one user's answers; with more, the user's oldest are forgotten. That is room for eight of the largest.
pub(super) const BYTES_OF_ONE_USER_MAX: usize = 8 << 20;

/// The most answers of all users; with one more, the oldest of all is forgotten.
pub(super) const OF_ALL_MAX: usize = 100_000;

/// The most bytes of all answers; with more, the oldest of all are forgotten.
pub(super) const BYTES_OF_ALL_MAX: usize = 256 << 20;

/// The most requests with a key that are under way. They are never forgotten, so one more is turned away.
pub(super) const UNDER_WAY_MAX: usize = 10_000;

/// What stands for a user and a key, and what for a request: BLAKE3 of them.
pub(super) type Hash = [u8; 32];

/// An answer, to be given again.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Bytes,
}

/// What becomes of a request with a key.
#[derive(Debug)]
pub(super) enum Claim {
    /// It is the first one: it must be followed by [`IdempotencyStore::keep`] or [`IdempotencyStore::let_go`].
    First,
    /// It was answered before.
    Answered(Answer),
    /// The key was used for another request.
    Other,
    /// The first one is under way, or failed so that nobody knows what came of it.
    UnderWay,
    /// There are too many under way.
    NoRoom,
}

/// All keys that are known.
#[derive(Debug, Default)]
pub(super) struct IdempotencyStore {
    all: HashMap<Hash, Entry>,
    /// Those with an answer, the oldest first.
    order: BTreeMap<u64, Hash>,
    of_users: HashMap<Box<str>, OfUser>,
    bytes: usize,
    next_place: u64,
}

#[derive(Debug)]
struct Entry {
    request: Hash,
    /// Nothing while the request is under way.
    done: Option<Done>,
}

#[derive(Debug)]
struct Done {
    user: Box<str>,
    at_ns: u64,
    answer: Answer,
}

/// The answers of one user: their places, the oldest first.
#[derive(Debug, Default)]
struct OfUser {
    places: VecDeque<u64>,
    bytes: usize,
}

impl IdempotencyStore {
    /// Claims a key for a request, at `now_ns`.
    pub(super) fn claim(&mut self, key: Hash, request: Hash, now_ns: u64) -> Claim {
        self.forget_older(now_ns);
        if let Some(entry) = self.all.get(&key) {
            return match &entry.done {
                _ if entry.request != request => Claim::Other,
                Some(done) => Claim::Answered(done.answer.clone()),
                None => Claim::UnderWay,
            };
        }
        if self.count_under_way() >= UNDER_WAY_MAX {
            return Claim::NoRoom;
        }
        self.all.insert(key, Entry { request, done: None });
        Claim::First
    }

    /// Keeps the answer to the request that has claimed the key.
    pub(super) fn keep(&mut self, key: Hash, user: &str, answer: Answer, now_ns: u64) {
        let Some(entry) = self.all.get_mut(&key) else { return };
        let bytes = answer.body.len();
        entry.done = Some(Done { user: user.into(), at_ns: now_ns, answer });
        let place = self.next_place;
        self.next_place += 1;
        self.order.insert(place, key);
        self.bytes += bytes;
        let own = self.of_users.entry(user.into()).or_default();
        own.places.push_back(place);
        own.bytes += bytes;
        while let Some(own) = self.of_users.get(user)
            && (own.places.len() > OF_ONE_USER_MAX || own.bytes > BYTES_OF_ONE_USER_MAX)
        {
            self.forget(own.places[0]);
        }
        while self.order.len() > OF_ALL_MAX || self.bytes > BYTES_OF_ALL_MAX {
            self.forget_oldest();
        }
    }

    /// Lets a key go whose request has come to nothing.
    pub(super) fn let_go(&mut self, key: Hash) {
        self.all.remove(&key);
    }

    /// How many are claimed and have no answer yet.
    pub(super) fn count_under_way(&self) -> usize {
        self.all.len() - self.order.len()
    }

    fn forget_older(&mut self, now_ns: u64) {
        while let Some(key) = self.order.values().next()
            && let Some(done) = self.all.get(key).and_then(|entry| entry.done.as_ref())
            && now_ns.saturating_sub(done.at_ns) > KEPT_NS
        {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((&place, _)) = self.order.first_key_value() {
            self.forget(place);
        }
    }

    /// Forgets the answer at this place, which is its user's oldest.
    fn forget(&mut self, place: u64) {
        let Some(key) = self.order.remove(&place) else { return };
        let Some(Entry { done: Some(done), .. }) = self.all.remove(&key) else { return };
        let bytes = done.answer.body.len();
        self.bytes -= bytes;
        if let Some(own) = self.of_users.get_mut(&done.user) {
            debug_assert_eq!(own.places.front(), Some(&place));
            own.places.pop_front();
            own.bytes -= bytes;
            if own.places.is_empty() {
                self.of_users.remove(&done.user);
            }
        }
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

    fn answer(bytes: usize) -> Answer {
        Answer { status: StatusCode::OK, headers: Vec::new(), body: vec![0; bytes].into() }
    }

    fn done(kept: &mut IdempotencyStore, key: usize, user: &str, bytes: usize, now_ns: u64) {
        assert!(matches!(kept.claim(hash(key), hash(0), now_ns), Claim::First), "{key}");
        kept.keep(hash(key), user, answer(bytes), now_ns);
    }

    /// Whether the key still has its answer. One that has none is claimed and let go.
    fn is_kept(kept: &mut IdempotencyStore, key: usize, now_ns: u64) -> bool {
        match kept.claim(hash(key), hash(0), now_ns) {
            Claim::Answered(_) => true,
            Claim::First => {
                kept.let_go(hash(key));
                false
            }
            other => panic!("{key}: {other:?}"),
        }
    }

    #[test]
    fn a_key_is_for_one_request_from_its_claim_on() {
        let mut kept = IdempotencyStore::default();
        assert!(matches!(kept.claim(hash(1), hash(7), 0), Claim::First));
        assert!(matches!(kept.claim(hash(1), hash(7), 0), Claim::UnderWay));
        assert!(matches!(kept.claim(hash(1), hash(8), 0), Claim::Other));
        kept.keep(hash(1), "a", answer(3), 0);
        let Claim::Answered(again) = kept.claim(hash(1), hash(7), 0) else { panic!("it is kept") };
        assert_eq!((again.status, again.body.len()), (StatusCode::OK, 3));
        assert!(matches!(kept.claim(hash(1), hash(8), 0), Claim::Other));
        assert!(matches!(kept.claim(hash(2), hash(7), 0), Claim::First));
        kept.let_go(hash(2));
        assert!(matches!(kept.claim(hash(2), hash(8), 0), Claim::First));
    }

    #[test]
    fn a_user_forgets_the_users_own_oldest() {
        let mut kept = IdempotencyStore::default();
        done(&mut kept, 1, "b", 1, 0);
        for key in 0..=OF_ONE_USER_MAX {
            done(&mut kept, 10 + key, "a", 1, 0);
        }
        let found = [1, 10, 11, 10 + OF_ONE_USER_MAX].map(|key| is_kept(&mut kept, key, 0));
        assert_eq!(found, [true, false, true, true]);
        // By their bytes too; and the newest is forgotten itself where it alone is too large.
        done(&mut kept, 2, "b", BYTES_OF_ONE_USER_MAX, 0);
        assert_eq!([1, 2].map(|key| is_kept(&mut kept, key, 0)), [false, true]);
        done(&mut kept, 3, "b", BYTES_OF_ONE_USER_MAX + 1, 0);
        assert_eq!([2, 3].map(|key| is_kept(&mut kept, key, 0)), [false, false]);
        assert_eq!((kept.bytes, kept.order.len()), (OF_ONE_USER_MAX, OF_ONE_USER_MAX));
        assert!(!kept.of_users.contains_key("b"));
    }

    #[test]
    fn what_all_have_together_is_bounded() {
        let mut kept = IdempotencyStore::default();
        for key in 0..=OF_ALL_MAX {
            done(&mut kept, key, &(key % 200).to_string(), 0, 0);
        }
        assert_eq!((kept.all.len(), kept.order.len()), (OF_ALL_MAX, OF_ALL_MAX));
        assert_eq!([0, 1].map(|key| is_kept(&mut kept, key, 0)), [false, true]);
        let large = BYTES_OF_ONE_USER_MAX;
        for key in 0..=BYTES_OF_ALL_MAX / large {
            done(&mut kept, OF_ALL_MAX + 1 + key, &format!("large {key}"), large, 0);
        }
        assert_eq!(kept.bytes, BYTES_OF_ALL_MAX);
        assert!(!is_kept(&mut kept, OF_ALL_MAX + 1, 0) && is_kept(&mut kept, OF_ALL_MAX + 2, 0));
    }

    #[test]
    fn an_answer_is_forgotten_after_a_day_and_a_request_under_way_never() {
        let mut kept = IdempotencyStore::default();
        done(&mut kept, 1, "a", 1, 5);
        assert!(matches!(kept.claim(hash(2), hash(0), 5), Claim::First));
        assert!(is_kept(&mut kept, 1, 5 + KEPT_NS));
        assert!(!is_kept(&mut kept, 1, 6 + KEPT_NS));
        assert!(matches!(kept.claim(hash(2), hash(0), u64::MAX), Claim::UnderWay));
        for key in 3..UNDER_WAY_MAX + 2 {
            assert!(matches!(kept.claim(hash(key), hash(0), 9), Claim::First));
        }
        assert!(matches!(kept.claim(hash(1), hash(0), 9), Claim::NoRoom));
    }
}
