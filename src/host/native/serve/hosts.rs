//! Which names of this server requests may have in `Host`. It ends DNS rebinding, by which a page of
//! another site reaches a server on this machine.

use std::net::IpAddr;
use std::str::FromStr;

use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, Uri, Version, header};

use crate::api::Problem;

/// A name of this server, without a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HostName(String);

impl FromStr for HostName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let authority = text.parse::<Authority>();
        let name = authority.ok().filter(|name| name.host() == text && !text.is_empty());
        let invalid = || format!("it must be a name or an address without a port, not {text:?}");
        name.map(|name| Self(name.host().to_ascii_lowercase())).ok_or_else(invalid)
    }
}

/// Checks that a request has exactly one `Host` (in HTTP/1.0 at most one), and that it names this server: `localhost`, the address
/// that the client connected to, or an allowed name, each with any port.
///
/// # Errors
/// The problem of the request.
pub(super) fn check(
    allowed: &[HostName],
    local: IpAddr,
    (version, uri, headers): (Version, &Uri, &HeaderMap),
) -> Result<(), Problem> {
    let bad =
        |detail: &str| Problem::new(StatusCode::BAD_REQUEST, "bad_host", detail).about("Host");
    let mut hosts = headers.get_all(header::HOST).iter();
    let Some(host) = hosts.next() else {
        // Browsers do not use HTTP/1.0.
        return match version {
            Version::HTTP_10 => Ok(()),
            _ => Err(bad("the header Host is missing")),
        };
    };
    if hosts.next().is_some() {
        return Err(bad("the header Host must be given once"));
    }
    let host = host.to_str().ok().and_then(|host| host.parse::<Authority>().ok());
    let host = host.filter(|host| !host.as_str().contains('@') && has_valid_port(host));
    let host =
        host.ok_or_else(|| bad("the header Host must be a name or an address, and a port"))?;
    // A request line may also have a host. It then has precedence over the header.
    for host in [Some(&host), uri.authority()].into_iter().flatten() {
        if !is_allowed(allowed, local, host.host()) {
            let name: String = host.host().chars().take(100).collect();
            let detail = format!("this server has no name {name:?}; --allowed-host adds one");
            return Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, "host_not_allowed", detail)
                .about("Host"));
        }
    }
    Ok(())
}

/// Whether what follows the name is a port, or nothing.
fn has_valid_port(host: &Authority) -> bool {
    matches!(&host.as_str()[host.host().len()..], "" | ":") || host.port_u16().is_some()
}

fn is_allowed(allowed: &[HostName], local: IpAddr, host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost")
        || address.is_ok_and(|address| address.to_canonical() == local || address.is_loopback())
        || allowed.iter().any(|HostName(name)| name.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_server_are_allowed() {
        let allowed = ["Ledger.example".parse().expect("a name")];
        let local = "192.0.2.1".parse().expect("an address");
        for (uri, hosts, status) in [
            ("/", &["localhost"][..], 0),
            ("/", &["localhost:"], 0),
            ("/", &["localhost:evil"], 400),
            ("/", &["localhost:65536"], 400),
            ("/", &["[::1]evil"], 400),
            ("/", &["LOCALHOST:3000"], 0),
            ("/", &["127.0.0.1:3000"], 0),
            ("/", &["[::1]:3000"], 0),
            ("/", &["192.0.2.1"], 0),
            ("/", &["ledger.EXAMPLE:443"], 0),
            ("http://localhost/", &["localhost"], 0),
            ("/", &["evil.example"], 421),
            ("/", &["localhost.evil.example"], 421),
            ("/", &["192.0.2.2"], 421),
            ("http://evil.example/", &["localhost"], 421),
            ("/", &[], 400),
            ("/", &[""], 400),
            ("/", &["localhost", "localhost"], 400),
            ("/", &["evil@localhost"], 400),
            ("/", &["local host"], 400),
        ] {
            let mut headers = HeaderMap::new();
            for host in hosts {
                headers.append(header::HOST, host.parse().expect("it can be a header"));
            }
            let uri = Uri::from_static(uri);
            let found = check(&allowed, local, (Version::HTTP_11, &uri, &headers));
            let found = found.map_or_else(|problem| problem.status().as_u16(), |()| 0);
            assert_eq!(found, status, "{uri} {hosts:?}");
        }
        for wrong in ["", "a:1", "a/b", "http://a", "a@b"] {
            assert!(wrong.parse::<HostName>().is_err(), "{wrong}");
        }
        assert!("[::1]".parse::<HostName>().is_ok());
    }
}
