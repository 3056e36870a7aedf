//! Authentication: the token of a request, or the ticket of one for an event stream.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};

use super::query::QueryParameters;
use crate::api::service::Service;
use crate::api::users::{User, Users};

/// Who sent a request. A host that asks before the router does leaves it in the extensions of the
/// request, so that a token is hashed once.
#[derive(Clone, Debug)]
pub struct Authentication {
    users: Arc<Users>,
    position: Option<usize>,
}

impl Authentication {
    /// The user whose token the request has; `None` if it has no valid one.
    pub fn user(&self) -> Option<&User> {
        self.position.map(|position| &self.users.all()[position])
    }

    /// Returns that of a request, which the host may have found already.
    pub(super) fn of(service: &Service, request: &Request) -> Self {
        let known = request.extensions().get::<Self>().cloned();
        known.unwrap_or_else(|| service.authenticate(request.headers(), request.uri()))
    }

    /// The same for the head of a request.
    pub(super) fn of_parts(service: &Service, parts: &Parts) -> Self {
        let known = parts.extensions.get::<Self>().cloned();
        known.unwrap_or_else(|| service.authenticate(&parts.headers, &parts.uri))
    }
}

impl Service {
    /// Finds out who sent a request with these headers and address. A ticket in the address is used up.
    pub fn authenticate(&self, headers: &HeaderMap, uri: &Uri) -> Authentication {
        let users = self.users();
        let position = match headers.contains_key(header::AUTHORIZATION) {
            true => token(headers).and_then(|token| users.position_holding(token)),
            false => self.redeem_ticket(uri).and_then(|user| users.position(&user)),
        };
        Authentication { users, position }
    }

    /// Uses up the ticket of a request for an event stream. Returns the name of its user.
    fn redeem_ticket(&self, uri: &Uri) -> Option<String> {
        let run = uri.path().strip_prefix("/v1/runs/")?.strip_suffix("/events")?;
        let query = QueryParameters::read(uri).ok().filter(|_| !run.contains('/'))?;
        self.tickets().redeem(query.get("ticket")?, self.now_ns())
    }
}

/// Returns the token of a request, as `Bearer <token>` or, as in GoLedger, by itself.
fn token(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok()?;
    if values.next().is_some() {
        return None;
    }
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Some(token.trim_start()),
        _ => Some(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::service::ServiceConfig;

    #[test]
    fn token_is_read_in_both_forms_but_not_twice() {
        let service = Service::open(ServiceConfig::default(), Users::demo(), || 1);
        let service = service.expect("it can be opened");
        for (values, name) in [
            (&["1"][..], Some("aaron")),
            (&["Bearer 1"], Some("aaron")),
            (&["bearer  2"], Some("bryan")),
            (&["Basic 1"], None),
            (&["1", "2"], None),
            (&[""], None),
            (&["Bearer"], None),
            (&[], None),
            (&["\u{e4}"], None),
        ] {
            let mut headers = HeaderMap::new();
            for value in values {
                let value = value.as_bytes().try_into().expect("it can be a header");
                headers.append(header::AUTHORIZATION, value);
            }
            let found = service.authenticate(&headers, &Uri::from_static("/"));
            assert_eq!(found.user().map(|user| user.name.as_str()), name, "{values:?}");
        }
    }
}
