//! The client of a request: its user, and its address, also behind a proxy.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::HeaderMap;

use crate::api::Role;

/// The user of a request, in its extensions.
#[derive(Clone, Debug)]
pub(super) struct RequestUser {
    pub(super) name: Arc<str>,
    pub(super) role: Role,
}

/// The header in which a proxy lists the addresses of those that it forwards for.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Returns the address of the client of a request from `peer`. `X-Forwarded-For` counts only as far as
/// trusted proxies have written it: the last address that is not one of theirs.
pub(super) fn client_address(trusted: &[IpAddr], peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let mut client = peer;
    let lists = headers.get_all(FORWARDED_FOR).iter().rev();
    let addresses = lists.flat_map(|list| list.as_bytes().rsplit(|byte| *byte == b','));
    for text in addresses {
        if !trusted.contains(&client) {
            break;
        }
        let text = str::from_utf8(text).unwrap_or_default().trim();
        match text.parse::<IpAddr>() {
            Ok(address) => client = address.to_canonical(),
            Err(_) => break,
        }
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_trusted_proxies_wrote_counts() {
        let address = |text: &str| text.parse::<IpAddr>().expect("an address");
        let trusted = [address("127.0.0.1"), address("10.0.0.1")];
        for (peer, lists, client) in [
            ("192.0.2.1", &["198.51.100.1"][..], "192.0.2.1"),
            ("127.0.0.1", &[], "127.0.0.1"),
            ("127.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["203.0.113.9, 198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["203.0.113.9", "198.51.100.1, 10.0.0.1"], "198.51.100.1"),
            ("127.0.0.1", &["198.51.100.1, unknown"], "127.0.0.1"),
            ("127.0.0.1", &["2001:db8::1"], "2001:db8::1"),
        ] {
            let mut headers = HeaderMap::new();
            for list in lists {
                headers.append(FORWARDED_FOR, list.parse().expect("it can be a header"));
            }
            let found = client_address(&trusted, address(peer), &headers);
            assert_eq!(found, address(client), "{peer} {lists:?}");
        }
    }
}
