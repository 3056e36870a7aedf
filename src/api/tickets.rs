//! Tickets: each opens one event stream in place of a token.
//!
//! A browser's `EventSource` cannot send the header `Authorization`, and a token in a URL would be in
//! histories and logs. A ticket can, because it is worthless after its first use or half a minute.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use super::users::{Token, TokenHash};

/// The time in seconds in which a ticket must be used.
pub(super) const TICKET_SECONDS: u32 = 30;

/// The maximum number of unused tickets of a user.
const TICKETS_OF_USER_MAX: usize = 16;

/// The maximum number of unused tickets.
const TICKETS_MAX: usize = 4_096;

/// The same in nanoseconds.
const TICKET_NS: u64 = TICKET_SECONDS as u64 * 1_000_000_000;

/// Why a ticket cannot be issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TicketError {
    /// The host does not issue tickets.
    Off,
    /// There are too many unused ones. One expires after this time at the latest.
    TooMany { retry_after_ns: u64 },
}

#[derive(Debug)]
struct Ticket {
    user: String,
    expires_at_ns: u64,
}

/// The unused tickets of a service. By default it issues none.
#[derive(Debug, Default)]
pub(super) struct Tickets {
    are_issued: AtomicBool,
    unused: Mutex<HashMap<[u8; 32], Ticket>>,
}

impl Tickets {
    /// Begins to issue tickets.
    pub(super) fn allow(&self) {
        self.are_issued.store(true, Ordering::Relaxed);
    }

    /// Issues a ticket with this random text to a user.
    ///
    /// # Errors
    /// [`TicketError`] when tickets are off, or the user or all users have too many unused ones.
    pub(super) fn issue(&self, ticket: &Token, user: &str, now_ns: u64) -> Result<(), TicketError> {
        if !self.are_issued.load(Ordering::Relaxed) {
            return Err(TicketError::Off);
        }
        let mut unused = self.unused.lock().unwrap_or_else(PoisonError::into_inner);
        unused.retain(|_, ticket| ticket.expires_at_ns > now_ns);
        let of_user = unused.values().filter(|ticket| ticket.user == user).count();
        if of_user >= TICKETS_OF_USER_MAX || unused.len() >= TICKETS_MAX {
            return Err(TicketError::TooMany { retry_after_ns: TICKET_NS });
        }
        let expires_at_ns = now_ns.saturating_add(TICKET_NS);
        unused.insert(ticket.hash().key(), Ticket { user: user.to_owned(), expires_at_ns });
        Ok(())
    }

    /// Uses a ticket up. Returns the name of its user.
    pub(super) fn redeem(&self, text: &str, now_ns: u64) -> Option<String> {
        if !self.are_issued.load(Ordering::Relaxed) {
            return None;
        }
        let mut unused = self.unused.lock().unwrap_or_else(PoisonError::into_inner);
        let ticket = unused.remove(&TokenHash::of(text).key())?;
        (ticket.expires_at_ns > now_ns).then_some(ticket.user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticket_is_used_once_and_in_time() {
        let tickets = Tickets::default();
        let [one, late] = [0, 1].map(|_| Token::random().expect("randomness"));
        assert_eq!(tickets.issue(&one, "olga", 0), Err(TicketError::Off));
        tickets.allow();
        for ticket in [&one, &late] {
            assert_eq!(tickets.issue(ticket, "olga", 0), Ok(()));
        }
        let in_time = TICKET_NS - 1;
        assert_eq!(tickets.redeem("olga", in_time), None);
        assert_eq!(tickets.redeem(one.reveal(), in_time).as_deref(), Some("olga"));
        assert_eq!(tickets.redeem(one.reveal(), in_time), None, "it was used");
        assert_eq!(tickets.redeem(late.reveal(), in_time + 1), None, "it has expired");
    }

    #[test]
    fn unused_tickets_are_limited() {
        let tickets = Tickets::default();
        tickets.allow();
        let issue =
            |user: &str, now_ns| tickets.issue(&Token::random().expect("randomness"), user, now_ns);
        let full = Err(TicketError::TooMany { retry_after_ns: TICKET_NS });
        for user in 0..TICKETS_MAX / TICKETS_OF_USER_MAX {
            let user = user.to_string();
            for _ in 0..TICKETS_OF_USER_MAX {
                issue(&user, 0).expect("there is room");
            }
            assert_eq!(issue(&user, 0), full);
        }
        assert_eq!(issue("another", 0), full);
        assert!(issue("another", TICKET_NS).is_ok(), "the others have expired");
    }
}
