//! `If-Match`, as RFC 9110 defines it: `*`, or a list of entity tags in quotes. A weak tag never matches.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};

use super::problem::Problem;

/// The condition of `If-Match`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum IfMatch {
    /// `*`: any version.
    Any,
    /// One of these versions. Tags that no account can have are left out, so there may be none.
    Versions(Vec<u64>),
}

impl IfMatch {
    /// Reads the header; `None` if the request has none.
    pub(super) fn read(headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        let mut values = headers.get_all(header::IF_MATCH).iter().map(HeaderValue::as_bytes);
        let Some(first) = values.next() else { return Ok(None) };
        // Several headers are one list.
        let all = values.fold(first.to_vec(), |all, value| [&all, &b","[..], value].concat());
        let condition = match all.trim_ascii() {
            b"*" => Some(Self::Any),
            tags => versions(tags).map(Self::Versions),
        };
        condition.map(Some).ok_or_else(|| {
            let detail =
                "If-Match must be * or a list of entity tags in quotes, such as \"7\", as in ETag";
            Problem::new(StatusCode::BAD_REQUEST, "bad_if_match", detail).about("If-Match")
        })
    }
}

/// Returns the versions in a list of entity tags; `None` if it is malformed or empty.
fn versions(mut rest: &[u8]) -> Option<Vec<u64>> {
    let (mut versions, mut tags) = (Vec::new(), 0);
    loop {
        // A list may have empty elements.
        while let [b' ' | b'\t' | b',', after @ ..] = rest {
            rest = after;
        }
        if rest.is_empty() {
            return (tags > 0).then_some(versions);
        }
        let is_weak = rest.starts_with(b"W/");
        rest = rest.strip_prefix(b"W/").unwrap_or(rest).strip_prefix(b"\"")?;
        let length = rest.iter().position(|byte| *byte == b'"')?;
        let tag = &rest[..length];
        if !tag.iter().all(|byte| matches!(byte, 0x21..=0x7e | 0x80..)) {
            return None;
        }
        tags += 1;
        let version = std::str::from_utf8(tag).ok().and_then(|tag| tag.parse::<u64>().ok());
        // `"07"` is another tag than `"7"`.
        let version = version.filter(|version| version.to_string().as_bytes() == tag);
        versions.extend(version.filter(|_| !is_weak));
        rest = rest[length + 1..].trim_ascii_start();
        if !matches!(rest, [] | [b',', ..]) {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Option<Option<IfMatch>> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::IF_MATCH, value.parse().expect("it can be a header"));
        }
        IfMatch::read(&headers).ok()
    }

    #[test]
    fn conditions_are_read_as_rfc_9110_defines_them() {
        let versions = |versions: &[u64]| Some(Some(IfMatch::Versions(versions.to_vec())));
        assert_eq!(read(&[]), Some(None));
        for value in ["*", " * "] {
            assert_eq!(read(&[value]), Some(Some(IfMatch::Any)), "{value}");
        }
        assert_eq!(read(&["\"7\""]), versions(&[7]));
        assert_eq!(read(&["\"7\", \"8\",\t\"18446744073709551615\""]), versions(&[7, 8, u64::MAX]));
        assert_eq!(read(&["\"7\"", "\"8\""]), versions(&[7, 8]), "two headers are one list");
        assert_eq!(read(&[",\"7\",,"]), versions(&[7]), "empty elements are ignored");
        assert_eq!(read(&["W/\"7\""]), versions(&[]), "a weak tag never matches");
        assert_eq!(read(&["W/\"7\", \"8\""]), versions(&[8]));
        for other in ["\"\"", "\"x\"", "\"07\"", "\"+7\"", "\"7,8\"", "\"18446744073709551616\""] {
            assert_eq!(read(&[other]), versions(&[]), "{other} is a tag that no account has");
        }
        for bad in [
            "",
            ",",
            "7",
            "\"7",
            "7\"",
            "\"7\" \"8\"",
            "w/\"7\"",
            "*, \"7\"",
            "\"7\", *",
            "\"a b\"",
        ] {
            assert_eq!(read(&[bad]), None, "{bad}");
        }
    }
}
