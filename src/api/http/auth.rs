//! Authentication: the token of a request.

use std::sync::Arc;

use axum::http::{HeaderMap, header};

use crate::api::service::Service;
use crate::api::users::{User, Users};

impl Service {
    /// Returns the name of the user whose token a request with these headers has.
    pub fn caller(&self, headers: &HeaderMap) -> Option<Arc<str>> {
        holding(&self.users(), headers).map(|user| user.name.as_str().into())
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

/// Returns the user with this name, if the request has the user's token.
pub(super) fn named<'a>(
    users: &'a Users,
    headers: &HeaderMap,
    name: Option<&str>,
) -> Option<&'a User> {
    users.named(name?, token(headers)?)
}

/// Returns the user whose token the request has.
pub(super) fn holding<'a>(users: &'a Users, headers: &HeaderMap) -> Option<&'a User> {
    users.holding(token(headers)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_is_read_in_both_forms_but_not_twice() {
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
            let users = Users::demo();
            let held = holding(&users, &headers).map(|user| user.name.as_str());
            assert_eq!(held, name, "{values:?}");
            let named = named(&users, &headers, Some("aaron"));
            assert_eq!(named.is_some(), name == Some("aaron"), "{values:?}");
        }
    }
}
