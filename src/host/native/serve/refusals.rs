//! Logs refused requests, without a line for each of them.
//!
//! 401, 403 and 429 are logged with caller and client: the first one at once, and the number of further
//! ones every [`PERIOD`]. A ledger that is full is logged when it begins to refuse requests, and when it
//! has refused none for a period.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::Response;

use crate::api::ProblemCode;

/// The time between two lines about the same caller, client and status.
pub(super) const PERIOD: Duration = Duration::from_secs(10);

/// The maximum number of callers and clients that are logged in a period. Others are counted together.
const CALLERS_MAX: usize = 64;

/// The codes of a ledger without capacity.
const FULL_CODES: [&str; 4] =
    ["trail_full", "accounts_full", "transfer_ids_full", "ledger_refused"];

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Refused {
    status: StatusCode,
    client: IpAddr,
    user: Option<Arc<str>>,
}

#[derive(Debug, Default)]
struct Counts {
    /// How many were refused since the last line.
    callers: HashMap<Refused, u64>,
    others: u64,
    /// How many a full ledger refused in all, and in this period.
    full: HashMap<&'static str, (u64, u64)>,
}

/// See the module documentation.
#[derive(Debug, Default)]
pub(super) struct RefusalLog(Mutex<Counts>);

impl RefusalLog {
    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Logs or counts a response if it refuses its request.
    pub(super) fn record(&self, response: &Response, client: IpAddr, user: Option<&Arc<str>>) {
        let status = response.status();
        let code = response.extensions().get::<ProblemCode>().map_or("", |code| code.0);
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => {
                self.record_caller(Refused { status, client, user: user.cloned() }, code);
            }
            _ => {
                if let Some(code) = FULL_CODES.into_iter().find(|full| *full == code) {
                    self.record_full(code);
                }
            }
        }
    }

    fn record_caller(&self, refused: Refused, code: &str) {
        let mut counts = self.lock();
        if let Some(count) = counts.callers.get_mut(&refused) {
            *count += 1;
        } else if counts.callers.len() >= CALLERS_MAX {
            counts.others += 1;
        } else {
            let Refused { status, client, user } = &refused;
            let (status, user) = (status.as_u16(), user.as_deref().unwrap_or_default());
            tracing::warn!(status, code, user, %client, "a request was refused");
            counts.callers.insert(refused, 0);
        }
    }

    fn record_full(&self, code: &'static str) {
        let mut counts = self.lock();
        let (all, recent) = counts.full.entry(code).or_default();
        if *all == 0 {
            tracing::error!(code, "the ledger refuses requests");
        }
        (*all, *recent) = (*all + 1, *recent + 1);
    }

    /// Logs what was counted in a period, which ends.
    pub(super) fn end_period(&self) {
        let mut counts = self.lock();
        // A caller is kept while its requests are refused, so that it gets one line in each period.
        counts.callers.retain(|Refused { status, client, user }, count| {
            let (status, user) = (status.as_u16(), user.as_deref().unwrap_or_default());
            if *count > 0 {
                tracing::warn!(count, status, user, %client, "more requests were refused");
            }
            std::mem::take(count) > 0
        });
        if std::mem::take(&mut counts.others) > 0 {
            tracing::warn!("requests of many other callers were refused");
        }
        counts.full.retain(|code, (all, recent)| {
            if *recent == 0 {
                tracing::info!(count = all, code, "the ledger no longer refuses requests");
            }
            std::mem::take(recent) > 0
        });
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::net::Ipv4Addr;

    use axum::response::IntoResponse;
    use tracing_subscriber::fmt::MakeWriter;

    use super::*;
    use crate::api::Problem;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("no panic").extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Lines {
        type Writer = Self;

        fn make_writer(&'a self) -> Self {
            self.clone()
        }
    }

    impl Lines {
        fn take(&self) -> Vec<String> {
            let bytes = std::mem::take(&mut *self.0.lock().expect("no panic"));
            String::from_utf8(bytes).expect("it is text").lines().map(str::to_owned).collect()
        }
    }

    #[test]
    fn refusals_are_logged_once_and_then_counted() {
        let lines = Lines::default();
        let subscriber = tracing_subscriber::fmt().with_writer(lines.clone()).with_ansi(false);
        let _guard = tracing::subscriber::set_default(subscriber.finish());
        let log = RefusalLog::default();
        let client = |number| IpAddr::V4(Ipv4Addr::new(192, 0, 2, number));
        let olga = Arc::from("olga");
        let refuse = |status, code, number| {
            let response = Problem::new(status, code, "a detail").into_response();
            log.record(&response, client(number), (number == 1).then_some(&olga));
        };
        (0..1_000).for_each(|_| refuse(StatusCode::FORBIDDEN, "forbidden", 1));
        (0..1_000).for_each(|_| refuse(StatusCode::SERVICE_UNAVAILABLE, "trail_full", 2));
        refuse(StatusCode::NOT_FOUND, "not_found", 3);
        let found = lines.take();
        assert_eq!(found.len(), 2, "{found:?}");
        for part in ["403", "forbidden", "olga", "192.0.2.1"] {
            assert!(found[0].contains(part), "{part}: {found:?}");
        }
        assert!(found[1].contains("ERROR") && found[1].contains("trail_full"), "{found:?}");
        log.end_period();
        let found = lines.take();
        assert!(found.len() == 1 && found[0].contains("count=999"), "{found:?}");
        log.end_period();
        let found = lines.take();
        assert!(found.len() == 1 && found[0].contains("count=1000"), "{found:?}");
        (0..=255).for_each(|number| refuse(StatusCode::UNAUTHORIZED, "unauthorized", number));
        assert_eq!(lines.take().len(), CALLERS_MAX);
        log.end_period();
        assert_eq!(lines.take().len(), 1);
    }
}
