//! Quotas of users: attempts a second, and a share of the trail.
//!
//! They are checked before the ledger is asked, so a refused attempt leaves no entry. Operators have
//! none.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::users::Role;
use crate::ledger::{BATCH_MAX, LedgerError};
use crate::trail::ENTRY_BYTES;

/// The number of seconds of unused attempts that a user may make up for at once.
const BURST_SECONDS: u64 = 10;

/// The maximum number of records that one attempt writes: an entry and its extension.
const RECORDS_MAX: u64 = 2;

/// When a user whose share of the trail is used up may try again. The trail frees no memory while the
/// server runs, so only an operator can change it.
const SHARE_RETRY_NS: u64 = 3_600 * NS;

const NS: u64 = 1_000_000_000;

/// What one user may take of the ledger. By default there are no limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotas {
    /// The attempts that a user may make a second; 0 for no limit. A user who made fewer may make up to
    /// ten times as many at once, and at least one batch of the greatest size.
    pub attempts_per_second: u64,
    /// The part of the trail that a user's attempts may take, in percent. 100 is no limit. Where older entries
    /// are moved to the disk, it is a part of what the disk had for the trail when the ledger was opened.
    pub trail_percent: u64,
}

impl Default for Quotas {
    fn default() -> Self {
        Self { attempts_per_second: 0, trail_percent: 100 }
    }
}

/// Who asks for a change of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requester<'a> {
    /// An operator, or the program that opened the service: has no quotas, and may use the reserve of
    /// the trail.
    Trusted,
    /// A user with this name.
    User(&'a str),
}

impl<'a> Requester<'a> {
    /// Returns the requester for a user with this name and role.
    pub fn of(name: &'a str, role: Role) -> Self {
        match role {
            Role::Operator => Self::Trusted,
            Role::User | Role::Auditor => Self::User(name),
        }
    }
}

/// Why a user may not make an attempt now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuotaError {
    /// The user makes too many attempts a second.
    Rate {
        /// The attempts that a user may make a second.
        attempts_per_second: u64,
        /// When they would be accepted, if the user made no others.
        retry_after_ns: u64,
    },
    /// The user's attempts have taken the user's share of the trail.
    Share {
        /// The share, in percent.
        trail_percent: u64,
        /// The share, in bytes.
        bytes: u64,
    },
}

impl QuotaError {
    /// Returns the code for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Rate { .. } => "too_many_attempts",
            Self::Share { .. } => "trail_share_full",
        }
    }

    /// Returns after how many nanoseconds the user may try again.
    pub fn retry_after_ns(self) -> u64 {
        match self {
            Self::Rate { retry_after_ns, .. } => retry_after_ns,
            Self::Share { .. } => SHARE_RETRY_NS,
        }
    }
}

impl fmt::Display for QuotaError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rate { attempts_per_second, .. } => write!(
                formatter,
                "a user may make {attempts_per_second} attempts a second; wait, or send fewer"
            ),
            Self::Share { trail_percent, bytes } => write!(
                formatter,
                "this user's attempts have taken the user's share of the trail, {trail_percent} % or {bytes} bytes; \
                 ask an operator for a higher --trail-share"
            ),
        }
    }
}

impl std::error::Error for QuotaError {}

/// Why a change of the ledger cannot be attempted. Nothing has changed when it is returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionError {
    /// A quota of the user does not suffice.
    Quota(QuotaError),
    /// The ledger cannot take the attempt.
    Ledger(LedgerError),
}

impl fmt::Display for SessionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quota(error) => error.fmt(formatter),
            Self::Ledger(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for SessionError {}

impl From<QuotaError> for SessionError {
    fn from(error: QuotaError) -> Self {
        Self::Quota(error)
    }
}

impl From<LedgerError> for SessionError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

/// What a user has taken so far.
#[derive(Debug, Default)]
struct Usage {
    /// When the user could make the greatest number of attempts at once again.
    rested_at_ns: u64,
    /// The records of the user's attempts and of the expiries that can follow them, with those that are reserved for
    /// attempts in progress.
    records: u64,
}

/// The quotas and what each user has taken. It has an entry for each user who made an attempt.
#[derive(Debug)]
pub(super) struct QuotaTable {
    quotas: Quotas,
    records_max: u64,
    users: Mutex<HashMap<Box<str>, Usage>>,
}

impl QuotaTable {
    /// Creates a table for a trail of this size.
    pub(super) fn new(quotas: Quotas, trail_bytes: u64) -> Self {
        let share = u128::from(trail_bytes) * u128::from(quotas.trail_percent) / 100;
        let records_max = match quotas.trail_percent {
            100.. => u64::MAX,
            _ => u64::try_from(share).unwrap_or(u64::MAX) / ENTRY_BYTES,
        };
        Self { quotas, records_max, users: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Box<str>, Usage>> {
        // Each change is a single step, so a panic leaves the value valid.
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what `attempts` attempts at `now_ns` need from the quotas of a user. `expiries` of them can be pending
    /// transfers that expire: the trail leaves a record for each, which others cannot use.
    ///
    /// # Errors
    /// [`QuotaError`] when a quota does not suffice. Nothing was taken then.
    pub(super) fn take(
        &self,
        user: &str,
        attempts: u64,
        expiries: u64,
        now_ns: u64,
    ) -> Result<Charge<'_>, QuotaError> {
        let Quotas { attempts_per_second, trail_percent } = self.quotas;
        let mut users = self.lock();
        if !users.contains_key(user) {
            users.insert(user.into(), Usage::default());
        }
        let usage = users.get_mut(user).expect("it was added");
        let reserved = attempts * RECORDS_MAX + expiries;
        let records = usage.records.saturating_add(reserved);
        if records > self.records_max {
            let bytes = self.records_max * ENTRY_BYTES;
            return Err(QuotaError::Share { trail_percent, bytes });
        }
        if attempts_per_second > 0 {
            let span_ns = |attempts: u64| {
                let span = u128::from(attempts) * u128::from(NS) / u128::from(attempts_per_second);
                u64::try_from(span).unwrap_or(u64::MAX)
            };
            let burst = (attempts_per_second * BURST_SECONDS).max(BATCH_MAX as u64);
            let rested_at_ns = usage.rested_at_ns.max(now_ns).saturating_add(span_ns(attempts));
            let retry_after_ns = (rested_at_ns - now_ns).saturating_sub(span_ns(burst));
            if retry_after_ns > 0 {
                return Err(QuotaError::Rate { attempts_per_second, retry_after_ns });
            }
            usage.rested_at_ns = rested_at_ns;
        }
        usage.records = records;
        Ok(Charge { table: self, user: user.into(), reserved })
    }
}

/// Records of the trail that a user's quota has reserved for attempts in progress.
#[derive(Debug)]
pub(super) struct Charge<'a> {
    table: &'a QuotaTable,
    user: Box<str>,
    reserved: u64,
}

impl Charge<'_> {
    /// Gives back what the attempts neither wrote nor left for their expiries.
    pub(super) fn settle(&self, written: u64) {
        if let Some(usage) = self.table.lock().get_mut(&self.user) {
            usage.records -= self.reserved.saturating_sub(written);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(attempts_per_second: u64, trail_percent: u64) -> QuotaTable {
        QuotaTable::new(Quotas { attempts_per_second, trail_percent }, 100 * ENTRY_BYTES)
    }

    #[test]
    fn attempts_are_limited_by_rate_and_burst() {
        let table = table(1_000, 100);
        let take = |user, attempts, now_ns| table.take(user, attempts, 0, now_ns).map(drop);
        let refused =
            |retry_after_ns| Err(QuotaError::Rate { attempts_per_second: 1_000, retry_after_ns });
        assert_eq!(take("a", 10_000, 5 * NS), Ok(()));
        assert_eq!(take("a", 1, 5 * NS), refused(NS / 1_000));
        assert_eq!(take("b", 1, 5 * NS), Ok(()), "another user has another quota");
        assert_eq!(take("a", 1, 5 * NS + NS / 1_000 - 1), refused(1), "one nanosecond too early");
        assert_eq!(take("a", 1, 5 * NS + NS / 1_000), Ok(()));
        assert_eq!(take("a", 500, 6 * NS), Ok(()), "a refused attempt costs nothing");
        assert_eq!(take("a", 500, 6 * NS), refused(NS / 1_000));
        assert_eq!(take("a", 10_001, 1_000 * NS), refused(NS / 1_000), "rest does not add up");
    }

    #[test]
    fn largest_batch_fits_any_rate() {
        let table = table(1, 100);
        assert!(table.take("a", BATCH_MAX as u64, 0, NS).is_ok());
        assert_eq!(
            table.take("a", 1, 0, NS).map(drop),
            Err(QuotaError::Rate { attempts_per_second: 1, retry_after_ns: NS })
        );
    }

    #[test]
    fn share_of_the_trail_is_exact() {
        // A quarter of a hundred records.
        let table = table(0, 25);
        let full = Err(QuotaError::Share { trail_percent: 25, bytes: 25 * ENTRY_BYTES });
        for _ in 0..23 {
            table.take("a", 1, 0, 0).expect("there is a record for its extension").settle(1);
        }
        table.take("a", 1, 0, 0).expect("two records are left").settle(2);
        assert_eq!(table.take("a", 1, 0, 0).map(drop), full);
        table.take("b", 12, 0, 0).expect("another user has another share").settle(0);
        assert!(table.take("b", 12, 0, 0).is_ok(), "what was not written was given back");
        assert_eq!(table.take("b", 1, 0, 0).map(drop), full, "attempts in progress count");
        let hold = table.take("c", 12, 1, 0).expect("25 records are there");
        hold.settle(2);
        assert_eq!(table.take("c", 12, 0, 0).map(drop), full, "an expiry to come counts");
    }

    #[test]
    fn without_quotas_there_is_no_limit() {
        let table = QuotaTable::new(Quotas::default(), ENTRY_BYTES);
        for _ in 0..100 {
            assert!(table.take("a", 1 << 40, 0, 0).is_ok());
        }
    }
}
