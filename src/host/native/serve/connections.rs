//! The open connections, and which of them makes way for a newcomer when there are too many.
//!
//! A connection without a valid token yet makes way first: the one whose client has not taken
//! anything for the longest time. Then one without an active request, of a user with more than a
//! quarter of all connections. So neither many sockets nor one user can keep others out.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::api::HostMetric;

/// The time after its acceptance in which a connection cannot make way: long enough to send a request
/// with a token.
const GRACE: Duration = Duration::from_secs(1);

/// The maximum number of connections, and of those of one peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ConnectionLimits {
    pub(super) all: usize,
    /// For each address; for IPv6 for each network of 64 bits.
    pub(super) per_peer: usize,
    /// Whether the limit per peer also holds for loopback addresses.
    pub(super) includes_loopback: bool,
}

/// The limit that keeps a newcomer out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TooMany {
    /// That of all connections.
    Connections,
    /// That of one peer.
    OfPeer,
}

/// An open connection.
#[derive(Debug)]
pub(super) struct Connection {
    /// The address of the client, or of the proxy that it uses.
    pub(super) peer: IpAddr,
    /// The address that the client connected to.
    pub(super) local: IpAddr,
    /// The first user who sent a request over it.
    user: OnceLock<Arc<str>>,
    active_requests: AtomicUsize,
    accepted_at: u64,
    /// When the client last took bytes of a response; at first, when it was accepted.
    progress_at: AtomicU64,
    evicted: Notify,
}

impl Connection {
    pub(super) fn authenticate(&self, user: &Arc<str>) {
        if self.user.get().is_none() {
            let _ = self.user.set(Arc::clone(user));
        }
    }

    pub(super) fn begin_request(&self) {
        self.active_requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn end_request(&self) {
        self.active_requests.fetch_sub(1, Ordering::Relaxed);
    }

    /// The number of requests in progress.
    pub(super) fn count_requests(&self) -> usize {
        self.active_requests.load(Ordering::Relaxed)
    }

    /// Waits until the connection has to make way.
    pub(super) async fn evicted(&self) {
        self.evicted.notified().await;
    }
}

#[derive(Debug, Default)]
struct Open {
    next: u64,
    all: HashMap<u64, Arc<Connection>>,
    by_peer: HashMap<IpAddr, usize>,
}

/// See the module documentation.
#[derive(Debug)]
pub(super) struct Connections {
    limits: ConnectionLimits,
    exempt: Vec<IpAddr>,
    began: Instant,
    open: Mutex<Open>,
    evictions: AtomicU64,
    rejections: AtomicU64,
}

/// An admitted connection. It counts until this is dropped or it has made way.
#[derive(Debug)]
pub(super) struct Admitted {
    pub(super) connection: Arc<Connection>,
    number: u64,
    connections: Arc<Connections>,
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.connections.lock().remove(self.number);
    }
}

impl Connections {
    /// Creates an empty table. The peers in `exempt` have no limit of their own.
    pub(super) fn new(limits: ConnectionLimits, exempt: Vec<IpAddr>) -> Arc<Self> {
        Arc::new(Self {
            limits,
            exempt,
            began: Instant::now(),
            open: Mutex::default(),
            evictions: AtomicU64::new(0),
            rejections: AtomicU64::new(0),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_ms(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }

    /// Records that the client of a connection took bytes of a response.
    pub(super) fn record_progress(&self, connection: &Connection) {
        connection.progress_at.store(self.now_ms(), Ordering::Relaxed);
    }

    /// Admits a connection. If there are too many, another one makes way.
    ///
    /// # Errors
    /// The limit, if none makes way.
    pub(super) fn admit(
        self: &Arc<Self>,
        peer: IpAddr,
        local: IpAddr,
    ) -> Result<Admitted, TooMany> {
        self.admit_at(self.now_ms(), peer, local)
    }

    fn admit_at(
        self: &Arc<Self>,
        now_ms: u64,
        peer: IpAddr,
        local: IpAddr,
    ) -> Result<Admitted, TooMany> {
        let (peer, local) = (peer.to_canonical(), local.to_canonical());
        let mut open = self.lock();
        let made_way = if self.has_peer_limit(peer) && open.of_peer(peer) >= self.limits.per_peer {
            let group = group(peer);
            open.evict(now_ms, self.limits.all, |other| self::group(other.peer) == group)
                .ok_or(TooMany::OfPeer)
        } else if open.all.len() >= self.limits.all {
            open.evict(now_ms, self.limits.all, |_| true).ok_or(TooMany::Connections)
        } else {
            Ok(false)
        };
        match made_way {
            Ok(evicted) => self.evictions.fetch_add(evicted.into(), Ordering::Relaxed),
            Err(_) => self.rejections.fetch_add(1, Ordering::Relaxed),
        };
        made_way?;
        let connection = Arc::new(Connection {
            peer,
            local,
            user: OnceLock::new(),
            active_requests: AtomicUsize::new(0),
            accepted_at: now_ms,
            progress_at: AtomicU64::new(now_ms),
            evicted: Notify::new(),
        });
        let number = open.insert(Arc::clone(&connection));
        Ok(Admitted { connection, number, connections: Arc::clone(self) })
    }

    fn has_peer_limit(&self, peer: IpAddr) -> bool {
        (self.limits.includes_loopback || !peer.is_loopback()) && !self.exempt.contains(&peer)
    }

    /// Returns the metrics of connections.
    pub(super) fn metrics(&self) -> [HostMetric; 3] {
        let open = self.lock().all.len() as u64;
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        [
            HostMetric::gauge("connections", "Open connections.", open),
            HostMetric::counter(
                "connections_evicted_total",
                "Connections that were closed because others needed their place.",
                count(&self.evictions),
            ),
            HostMetric::counter(
                "connections_rejected_total",
                "Connections that were rejected because there were too many.",
                count(&self.rejections),
            ),
        ]
    }
}

impl Open {
    fn of_peer(&self, peer: IpAddr) -> usize {
        self.by_peer.get(&group(peer)).copied().unwrap_or_default()
    }

    fn insert(&mut self, connection: Arc<Connection>) -> u64 {
        let number = self.next;
        self.next += 1;
        *self.by_peer.entry(group(connection.peer)).or_default() += 1;
        self.all.insert(number, connection);
        number
    }

    fn remove(&mut self, number: u64) -> Option<Arc<Connection>> {
        let connection = self.all.remove(&number)?;
        let group = group(connection.peer);
        if let Some(count) = self.by_peer.get_mut(&group) {
            *count -= 1;
            if *count == 0 {
                self.by_peer.remove(&group);
            }
        }
        Some(connection)
    }

    /// Removes a connection that makes way, of those to which `applies`. Returns `None` if none does.
    fn evict(
        &mut self,
        now_ms: u64,
        limit: usize,
        applies: impl Fn(&Connection) -> bool,
    ) -> Option<bool> {
        let too_many = self.users_with_too_many(limit);
        let rank = |connection: &Connection| {
            let since = connection.progress_at.load(Ordering::Relaxed);
            let age = now_ms.saturating_sub(connection.accepted_at);
            let is_young = age < GRACE.as_millis() as u64;
            let is_busy = connection.count_requests() > 0;
            if is_young || is_busy || !applies(connection) {
                return None;
            }
            match connection.user.get() {
                None => Some((false, since)),
                Some(user) => too_many.contains(user).then_some((true, since)),
            }
        };
        let ranked =
            self.all.iter().filter_map(|(number, connection)| Some((rank(connection)?, *number)));
        let (_, number) = ranked.min()?;
        self.remove(number)?.evicted.notify_one();
        Some(true)
    }

    /// Returns the users who have more than a quarter of all connections. There are at most three.
    fn users_with_too_many(&self, limit: usize) -> Vec<Arc<str>> {
        let mut counts: HashMap<&Arc<str>, usize> = HashMap::new();
        for user in self.all.values().filter_map(|connection| connection.user.get()) {
            *counts.entry(user).or_default() += 1;
        }
        let counts = counts.into_iter().filter(|(_, count)| *count > (limit / 4).max(1));
        counts.map(|(user, _)| Arc::clone(user)).collect()
    }
}

/// Returns what counts as one peer: an IPv4 address, or an IPv6 network of 64 bits.
pub(super) fn group(peer: IpAddr) -> IpAddr {
    match peer {
        IpAddr::V4(_) => peer,
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const LIMITS: ConnectionLimits =
        ConnectionLimits { all: 4, per_peer: 3, includes_loopback: false };

    fn peer(number: u8) -> IpAddr {
        Ipv4Addr::new(192, 0, 2, number).into()
    }

    fn is_open(admitted: &Admitted) -> bool {
        admitted.connections.lock().all.contains_key(&admitted.number)
    }

    #[test]
    fn unauthenticated_connection_without_progress_makes_way_first() {
        let table = Connections::new(LIMITS, Vec::new());
        let admit = |now_ms, number| table.admit_at(now_ms, peer(number), LOCAL);
        let open: Vec<_> = (0..4).map(|number| admit(0, number).expect("there is room")).collect();
        open[0].connection.authenticate(&"olga".into());
        // A client that takes bytes all the time makes way too, but last.
        open[1].connection.progress_at.store(8_999, Ordering::Relaxed);
        open[2].connection.progress_at.store(50, Ordering::Relaxed);
        let are_open = || open.iter().map(is_open).collect::<Vec<_>>();
        assert_eq!(admit(999, 9).map(drop), Err(TooMany::Connections), "all are young");
        let first = admit(9_000, 9).expect("one makes way");
        assert_eq!(are_open(), [true, true, true, false]);
        let _second = admit(9_000, 9).expect("one makes way");
        assert_eq!(are_open(), [true, true, false, false]);
        open[1].connection.begin_request();
        assert_eq!(admit(9_000, 9).map(drop), Err(TooMany::Connections), "an active request stays");
        open[1].connection.end_request();
        let _third = admit(9_000, 9).expect("one makes way");
        assert_eq!(are_open(), [true, false, false, false]);
        drop(first);
        let _fourth = admit(9_000, 9).expect("a place is free");
        assert_eq!(are_open(), [true, false, false, false]);
    }

    #[test]
    fn user_with_too_many_connections_makes_way() {
        let table = Connections::new(LIMITS, Vec::new());
        let admit = |now_ms, number| table.admit_at(now_ms, peer(number), LOCAL);
        let open: Vec<_> = (0..4).map(|number| admit(0, number).expect("there is room")).collect();
        for (admitted, user) in open.iter().zip(["olga", "paul", "paul", "rita"]) {
            admitted.connection.authenticate(&user.into());
        }
        let _newcomer = admit(5_000, 9).expect("one of paul's makes way");
        assert_eq!(open.iter().map(is_open).filter(|open| *open).count(), 3);
        assert!(is_open(&open[0]) && is_open(&open[3]));
        assert_eq!(admit(5_500, 9).map(drop), Err(TooMany::Connections), "paul has one left");
    }

    #[test]
    fn peer_has_its_own_limit() {
        let table = Connections::new(ConnectionLimits { all: 100, ..LIMITS }, vec![peer(7)]);
        let mut open = Vec::new();
        let mut take = |peer: &str| {
            let peer = peer.parse().expect("an address");
            let admitted = table.admit_at(0, peer, LOCAL);
            admitted.map(|admitted| open.push(admitted))
        };
        for (address, limited) in [
            ("192.0.2.1", true),
            ("2001:db8::1", true),
            ("127.0.0.1", false),
            ("::1", false),
            ("192.0.2.7", false),
        ] {
            for _ in 0..3 {
                assert_eq!(take(address), Ok(()), "{address}");
            }
            let expected = if limited { Err(TooMany::OfPeer) } else { Ok(()) };
            assert_eq!(take(address), expected, "{address}");
        }
        assert_eq!(take("2001:db8::2"), Err(TooMany::OfPeer), "it is the same network");
        assert_eq!(take("::ffff:192.0.2.1"), Err(TooMany::OfPeer), "it is the same address");
        open.clear();
        assert!(table.lock().by_peer.is_empty());
    }
}
