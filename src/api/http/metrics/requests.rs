//! What is counted of requests: one atomic word for each thing, and no lock.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{MatchedPath, Request};
use axum::http::StatusCode;
use axum::response::Response;

use super::text::Text;
use crate::api::Service;

/// Methods that are told apart; all others are `other`.
const METHODS: [&str; 4] = ["GET", "HEAD", "POST", "other"];

/// Statuses that are told apart. `other` stands for all others, and `given_up` for requests that had no answer when the
/// host stopped waiting for one.
const STATUSES: [&str; 16] = [
    "200", "400", "401", "403", "404", "405", "408", "409", "412", "413", "422", "429", "500",
    "503", "other", "given_up",
];

/// The place of `given_up`.
const GIVEN_UP: usize = STATUSES.len() - 1;

/// Upper bounds of the durations' buckets, in nanoseconds; beyond the last there is one more.
const BOUNDS_NS: [u64; 10] = [
    100_000,
    500_000,
    1_000_000,
    5_000_000,
    10_000_000,
    50_000_000,
    100_000_000,
    500_000_000,
    1_000_000_000,
    5_000_000_000,
];

/// What stands for paths that are no routes, so that their number does not matter.
const NO_ROUTE: &str = "none";

/// Counts of requests.
#[derive(Debug)]
pub(in crate::api) struct Requests {
    /// Where a route's counts are.
    places: HashMap<String, usize>,
    routes: Box<[OfRoute]>,
    in_flight: AtomicU64,
}

#[derive(Debug)]
struct OfRoute {
    route: String,
    answered: [[AtomicU64; STATUSES.len()]; METHODS.len()],
    lasted: [AtomicU64; BOUNDS_NS.len() + 1],
    sum_ns: AtomicU64,
}

impl Requests {
    /// None yet, to these routes.
    pub(in crate::api) fn new(routes: impl Iterator<Item = String>) -> Self {
        let routes: Vec<String> = std::iter::once(NO_ROUTE.to_owned()).chain(routes).collect();
        let places = routes.iter().enumerate().map(|(place, route)| (route.clone(), place));
        Self {
            places: places.collect(),
            routes: routes.into_iter().map(OfRoute::new).collect(),
            in_flight: AtomicU64::new(0),
        }
    }

    fn place_of(&self, request: &Request) -> usize {
        let route = request.extensions().get::<MatchedPath>().map_or(NO_ROUTE, MatchedPath::as_str);
        let route = if route.len() > 1 { route.strip_suffix('/').unwrap_or(route) } else { route };
        self.places.get(route).copied().unwrap_or(0)
    }

    pub(super) fn write(&self, text: &mut Text) {
        text.family("http_requests_total", "counter", "Requests that were answered, or given up.");
        for OfRoute { route, answered, .. } in &self.routes {
            for (method, answered) in METHODS.iter().zip(answered) {
                for (status, count) in STATUSES.iter().zip(answered) {
                    let count = count.load(Ordering::Relaxed);
                    if count > 0 {
                        let labels =
                            [("route", route.as_str()), ("method", method), ("status", status)];
                        text.sample("http_requests_total", &labels, count);
                    }
                }
            }
        }
        let name = "http_request_duration_seconds";
        text.family(
            name,
            "histogram",
            "From a request's arrival at the router to the head of its answer.",
        );
        for route in &self.routes {
            route.write_durations(name, text);
        }
        text.family("http_requests_in_flight", "gauge", "Requests that are being answered now.");
        text.sample("http_requests_in_flight", &[], self.in_flight.load(Ordering::Relaxed));
    }
}

impl OfRoute {
    fn new(route: String) -> Self {
        Self {
            route,
            answered: Default::default(),
            lasted: Default::default(),
            sum_ns: AtomicU64::new(0),
        }
    }

    fn write_durations(&self, name: &str, text: &mut Text) {
        // Read once, so that the buckets and their sum say the same, whatever is counted meanwhile.
        let lasted = self.lasted.each_ref().map(|count| count.load(Ordering::Relaxed));
        if lasted.iter().all(|count| *count == 0) {
            return;
        }
        let route = ("route", self.route.as_str());
        let mut up_to = 0;
        for (place, count) in lasted.iter().enumerate() {
            up_to += count;
            let bound =
                BOUNDS_NS.get(place).map_or("+Inf".to_owned(), |bound| seconds(*bound).to_string());
            text.sample(&format!("{name}_bucket"), &[route, ("le", &bound)], up_to);
        }
        let sum = seconds(self.sum_ns.load(Ordering::Relaxed));
        text.sample(&format!("{name}_sum"), &[route], sum);
        text.sample(&format!("{name}_count"), &[route], up_to);
    }
}

pub(super) fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e9
}

/// What requests are counted by.
pub(in crate::api) struct Counting {
    pub(in crate::api) service: Arc<Service>,
    pub(in crate::api) requests: Arc<Requests>,
}

/// A request under way, counted when it ends. Dropped without an answer, it was given up.
pub(in crate::api) struct UnderWay {
    counting: Arc<Counting>,
    /// The place of its route.
    route: usize,
    method: usize,
    began_ns: u64,
    status: usize,
}

impl UnderWay {
    /// It begins.
    pub(in crate::api) fn begin(counting: &Arc<Counting>, request: &Request) -> Self {
        counting.requests.in_flight.fetch_add(1, Ordering::Relaxed);
        Self {
            counting: Arc::clone(counting),
            route: counting.requests.place_of(request),
            method: place(&METHODS, request.method().as_str()).unwrap_or(METHODS.len() - 1),
            began_ns: counting.service.now_ns(),
            status: GIVEN_UP,
        }
    }

    /// It has its answer.
    pub(in crate::api) fn answered(&mut self, response: &Response) {
        self.status = status(response.status());
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let lasted = self.counting.service.now_ns().saturating_sub(self.began_ns);
        let bucket = BOUNDS_NS.partition_point(|bound| *bound < lasted);
        let requests = &self.counting.requests;
        let route = &requests.routes[self.route];
        route.lasted[bucket].fetch_add(1, Ordering::Relaxed);
        route.sum_ns.fetch_add(lasted, Ordering::Relaxed);
        route.answered[self.method][self.status].fetch_add(1, Ordering::Relaxed);
        requests.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

fn place(known: &[&str], found: &str) -> Option<usize> {
    known.iter().position(|name| *name == found)
}

fn status(status: StatusCode) -> usize {
    place(&STATUSES, status.as_str()).unwrap_or(GIVEN_UP - 1)
}
