//! How many requests without a valid token a client may send a second.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::connections::group;

/// The number of seconds of unused requests that a client may make up for at once.
const BURST_SECONDS: u64 = 10;

/// The maximum number of clients whose requests are counted apart. Further ones are counted together.
const CLIENTS_MAX: usize = 65_536;

const NS: u64 = 1_000_000_000;

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
    /// When the rested ones may be removed next: at most once a second, because it takes long.
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
        let now_ns = u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX);
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

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn client(number: u32) -> IpAddr {
        Ipv4Addr::from(number).into()
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
