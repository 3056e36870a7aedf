//! Request counts: atomic counters without a lock.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{MatchedPath, Request};
use axum::http::StatusCode;
use axum::response::Response;

use super::text::MetricsText;
use crate::api::service::Service;

/// The methods with separate counts. All others are `other`.
const METHODS: [&str; 4] = ["GET", "HEAD", "POST", "other"];

/// The statuses with separate counts. All others are `other`. `given_up` counts requests that the host
/// stopped waiting for.
const STATUSES: [&str; 25] = [
    "200", "201", "202", "204", "304", "400", "401", "403", "404", "405", "408", "409", "412",
    "413", "415", "421", "422", "429", "500", "501", "502", "503", "504", "other", "given_up",
];

/// The index of `given_up`.
const GIVEN_UP: usize = STATUSES.len() - 1;

/// The upper bounds of the duration buckets, in nanoseconds. There is one more beyond the last.
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

/// The label of all paths without a route, so that requests cannot add labels.
const NO_ROUTE: &str = "none";

#[derive(Debug)]
pub(crate) struct RequestCounts {
    /// The indices of routes.
    indices: HashMap<String, usize>,
    routes: Box<[RouteCounts]>,
    in_flight: AtomicU64,
}

#[derive(Debug)]
struct RouteCounts {
    route: String,
    answered: [[AtomicU64; STATUSES.len()]; METHODS.len()],
    durations: [AtomicU64; BOUNDS_NS.len() + 1],
    sum_ns: AtomicU64,
}

impl RequestCounts {
    /// Creates the counts of these routes.
    pub(crate) fn new<'a>(routes: impl Iterator<Item = &'a str>) -> Self {
        let routes: Vec<String> =
            std::iter::once(NO_ROUTE).chain(routes).map(str::to_owned).collect();
        let indices = routes.iter().enumerate().map(|(index, route)| (route.clone(), index));
        Self {
            indices: indices.collect(),
            routes: routes.into_iter().map(RouteCounts::new).collect(),
            in_flight: AtomicU64::new(0),
        }
    }

    fn index_of(&self, request: &Request) -> usize {
        let route = request.extensions().get::<MatchedPath>().map_or(NO_ROUTE, MatchedPath::as_str);
        let route = if route.len() > 1 { route.strip_suffix('/').unwrap_or(route) } else { route };
        self.indices.get(route).copied().unwrap_or(0)
    }

    pub(super) fn write(&self, text: &mut MetricsText) {
        text.family("http_requests_total", "counter", "Requests by route, method and status.");
        for RouteCounts { route, answered, .. } in &self.routes {
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
            "The time from a request's arrival at the router to the head of its response.",
        );
        for route in &self.routes {
            route.write_durations(name, text);
        }
        text.family("http_requests_in_flight", "gauge", "Requests in progress.");
        text.sample("http_requests_in_flight", &[], self.in_flight.load(Ordering::Relaxed));
    }
}

impl RouteCounts {
    fn new(route: String) -> Self {
        Self {
            route,
            answered: Default::default(),
            durations: Default::default(),
            sum_ns: AtomicU64::new(0),
        }
    }

    fn write_durations(&self, name: &str, text: &mut MetricsText) {
        // Read once, so that the buckets and their sum are consistent.
        let durations = self.durations.each_ref().map(|count| count.load(Ordering::Relaxed));
        if durations.iter().all(|count| *count == 0) {
            return;
        }
        let route = ("route", self.route.as_str());
        let mut total = 0;
        for (index, count) in durations.iter().enumerate() {
            total += count;
            let bound =
                BOUNDS_NS.get(index).map_or("+Inf".to_owned(), |bound| seconds(*bound).to_string());
            text.sample(&format!("{name}_bucket"), &[route, ("le", &bound)], total);
        }
        let sum = seconds(self.sum_ns.load(Ordering::Relaxed));
        text.sample(&format!("{name}_sum"), &[route], sum);
        text.sample(&format!("{name}_count"), &[route], total);
    }
}

pub(super) fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e9
}

/// Counts requests to a service.
pub(crate) struct RequestCounter {
    pub(crate) service: Arc<Service>,
    pub(crate) requests: Arc<RequestCounts>,
}

/// A request in progress. It is counted when this is dropped; without a response, as given up.
pub(crate) struct ActiveRequest {
    counter: Arc<RequestCounter>,
    /// The index of its route.
    route: usize,
    method: usize,
    began_ns: u64,
    status: usize,
}

impl ActiveRequest {
    /// Counts a request as in flight and starts timing it.
    pub(crate) fn begin(counter: &Arc<RequestCounter>, request: &Request) -> Self {
        counter.requests.in_flight.fetch_add(1, Ordering::Relaxed);
        Self {
            counter: Arc::clone(counter),
            route: counter.requests.index_of(request),
            method: position(&METHODS, request.method().as_str()).unwrap_or(METHODS.len() - 1),
            began_ns: counter.service.now_ns(),
            status: GIVEN_UP,
        }
    }

    pub(crate) fn record_response(&mut self, response: &Response) {
        self.status = status_index(response.status());
    }
}

impl Drop for ActiveRequest {
    fn drop(&mut self) {
        let durations = self.counter.service.now_ns().saturating_sub(self.began_ns);
        let bucket = BOUNDS_NS.partition_point(|bound| *bound < durations);
        let requests = &self.counter.requests;
        let route = &requests.routes[self.route];
        route.durations[bucket].fetch_add(1, Ordering::Relaxed);
        route.sum_ns.fetch_add(durations, Ordering::Relaxed);
        route.answered[self.method][self.status].fetch_add(1, Ordering::Relaxed);
        requests.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

fn position(known: &[&str], found: &str) -> Option<usize> {
    known.iter().position(|name| *name == found)
}

fn status_index(status: StatusCode) -> usize {
    position(&STATUSES, status.as_str()).unwrap_or(GIVEN_UP - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A new status in the document needs a label of its own.
    #[test]
    fn each_documented_status_has_a_label() {
        let document: serde_json::Value =
            serde_json::from_str(crate::api::http::openapi::DOCUMENT).expect("it is JSON");
        let paths = document["paths"].as_object().expect("an object");
        let operations =
            paths.values().flat_map(|item| item.as_object().expect("an object").values());
        let responses = operations.filter_map(|operation| operation["responses"].as_object());
        let mut statuses = 0;
        for status in responses.flat_map(|responses| responses.keys()) {
            assert!(STATUSES.contains(&status.as_str()), "{status} is counted as other");
            statuses += 1;
        }
        assert!(statuses > 100, "{statuses}");
    }
}
