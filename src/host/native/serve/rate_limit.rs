//! How many requests without a valid token a client may send a second, and how many are handled a second.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::connections::group;

/// The number of seconds of unused requests that a client may make up for at once.
const BURST_SECONDS: u64 = 10;

/// The maximum number of clients whose requests are counted apart. Further ones are counted together.
const CLIENTS_MAX: usize = 65_536;

const NS: u64 = 1_000_000_000;

fn elapsed_ns(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// The requests of each client: of an IPv4 address, or an IPv6 network of 64 bits.
#[derive(Debug)]
pub(super) struct RateLimit {
    /// 0 for no limit.
    per_second: u64,
    began: Instant,
    clients: Mutex<Clients>,
}

#[derive(Debug, Default)]
struct Clients {
    /// When each client could send the greatest number of requests at once again. Those beyond
    /// [`CLIENTS_MAX`] are `None` together.
    rested_at_ns: HashMap<Option<IpAddr>, u64>,
    /// When those that have rested may be removed the next time: at most once a second, because it takes long.
    removal_at_ns: u64,
}

impl RateLimit {
    /// Creates a limit of this many requests a second; 0 for none.
    pub(super) fn new(per_second: u64) -> Self {
        Self { per_second, began: Instant::now(), clients: Mutex::default() }
    }

    /// The requests that a client may send a second.
    pub(super) fn per_second(&self) -> u64 {
        self.per_second
    }

    /// Counts a request of a client. Returns whether the client may send it.
    pub(super) fn take(&self, client: IpAddr) -> bool {
        let now_ns = elapsed_ns(self.began);
        self.per_second == 0 || self.take_at(client, now_ns)
    }

    fn take_at(&self, client: IpAddr, now_ns: u64) -> bool {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let Clients { rested_at_ns, removal_at_ns } = &mut *clients;
        let mut client = Some(group(client));
        if rested_at_ns.len() >= CLIENTS_MAX && !rested_at_ns.contains_key(&client) {
            if now_ns >= *removal_at_ns {
                rested_at_ns.retain(|_, rested_at_ns| *rested_at_ns > now_ns);
                *removal_at_ns = now_ns + NS;
            }
            client = client.filter(|_| rested_at_ns.len() < CLIENTS_MAX);
        }
        let rested_at_ns = rested_at_ns.entry(client).or_default();
        let next = (*rested_at_ns).max(now_ns).saturating_add(NS / self.per_second);
        let is_allowed = next - now_ns <= BURST_SECONDS * NS;
        if is_allowed {
            *rested_at_ns = next;
        }
        is_allowed
    }
}

/// Requests without a valid token that are handled a second, of all clients together: a tenth of a processor's time.
pub(super) const HANDLED_PER_SECOND: u64 = 2_000;

/// Those that are handled at once after a pause.
const HANDLED_AT_ONCE: u64 = 64;

/// The longest wait for a turn. Requests that would wait longer are refused, so a burst is over soon.
const WAIT_MAX_NS: u64 = 2 * NS;

/// Spreads the requests without a valid token of all clients over time, so that however many addresses they come from,
/// most of the processors is left to users and probes.
#[derive(Debug)]
pub(super) struct Pace {
    began: Instant,
    /// When the next one has its turn, after `began`.
    next_at_ns: AtomicU64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { began: Instant::now(), next_at_ns: AtomicU64::new(0) }
    }
}

impl Pace {
    /// Returns the time until a request has its turn. `None` if that is too long, and then it has none.
    pub(super) fn wait(&self) -> Option<Duration> {
        let now_ns = elapsed_ns(self.began);
        self.wait_at(now_ns).map(Duration::from_nanos)
    }

    fn wait_at(&self, now_ns: u64) -> Option<u64> {
        const PERIOD_NS: u64 = NS / HANDLED_PER_SECOND;
        let earliest_ns = now_ns.saturating_sub((HANDLED_AT_ONCE - 1) * PERIOD_NS);
        let after = |next_ns: u64| {
            let turn_ns = next_ns.max(earliest_ns);
            (turn_ns <= now_ns.saturating_add(WAIT_MAX_NS))
                .then(|| turn_ns.saturating_add(PERIOD_NS))
        };
        let next_ns = self.next_at_ns.fetch_update(Ordering::Relaxed, Ordering::Relaxed, after);
        Some(next_ns.ok()?.max(earliest_ns).saturating_sub(now_ns))
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn client(number: u32) -> IpAddr {
        Ipv4Addr::from(number).into()
    }

    #[test]
    fn requests_have_their_turns_in_order() {
        let pace = Pace::default();
        let at = 10 * NS;
        let wait_at = |now_ns| pace.wait_at(now_ns).expect("few are waiting");
        let waits: Vec<u64> = (0..HANDLED_AT_ONCE + 3).map(|_| wait_at(at)).collect();
        let (at_once, later) = waits.split_at(HANDLED_AT_ONCE as usize);
        assert!(at_once.iter().all(|&wait| wait == 0), "{at_once:?}");
        assert_eq!(later, [500_000, 1_000_000, 1_500_000]);
        assert_eq!(wait_at(at + NS / 2_000), 1_500_000, "the next one, half a millisecond later");
        let waits = (0..HANDLED_AT_ONCE).map(|_| wait_at(at + NS)).sum::<u64>();
        assert_eq!(waits, 0, "a second later all have had their turns");
        assert_eq!(wait_at(at + NS), 500_000);
    }

    #[test]
    fn burst_is_over_soon() {
        let pace = Pace::default();
        let taken = (0..1_000_000).filter(|_| pace.wait_at(NS).is_some()).count() as u64;
        assert_eq!(taken, HANDLED_AT_ONCE + 2 * HANDLED_PER_SECOND);
        assert_eq!(pace.wait_at(NS), None);
        assert_eq!(
            pace.wait_at(4 * NS),
            Some(0),
            "those that were refused have left nothing behind"
        );
    }

    #[test]
    fn each_client_has_a_rate_and_a_burst() {
        let limit = RateLimit::new(2);
        let take = |number, now_ns| limit.take_at(client(number), now_ns);
        for _ in 0..20 {
            assert!(take(1, NS));
        }
        assert!(!take(1, NS), "ten seconds of requests are sent");
        assert!(take(2, NS), "another client has its own");
        assert!(!take(1, NS + NS / 2 - 1));
        assert!(take(1, NS + NS / 2));
        assert!(!take(1, NS + NS / 2), "a refused request costs nothing, and one is allowed again");
        assert!(RateLimit::new(0).take(client(1)));
    }

    #[test]
    fn number_of_clients_is_limited() {
        let limit = RateLimit::new(1);
        for number in 0..CLIENTS_MAX as u32 {
            assert!(limit.take_at(client(number), 0));
        }
        for number in 0..10 {
            assert!(limit.take_at(client(CLIENTS_MAX as u32 + number), 0));
        }
        assert!(!limit.take_at(client(CLIENTS_MAX as u32 + 10), 0), "further ones share a rate");
        assert!(limit.take_at(client(7), 0), "a known one does not");
        let count = || limit.clients.lock().expect("no panic").rested_at_ns.len();
        assert_eq!(count(), CLIENTS_MAX + 1);
        assert!(limit.take_at(client(CLIENTS_MAX as u32 + 10), 100 * NS));
        assert!(count() < 3, "rested ones are forgotten");
    }
}
