//! Timestamps on the command line.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::model::TIMESTAMP_MAX;

/// Parses a timestamp in nanoseconds, or a date and time of RFC 3339.
pub(super) fn parse(text: &str) -> Result<u64, String> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let nanoseconds = if is_number {
        text.parse::<i128>().map_err(|_| too_large(text))?
    } else {
        let date = OffsetDateTime::parse(text, &Rfc3339);
        let date = date.map_err(|error| {
            format!(
                "it must be nanoseconds, as in the trail, or a date and time such as 2026-11-30T18:00:00Z: {error}"
            )
        })?;
        date.unix_timestamp_nanos()
    };
    if nanoseconds < 0 {
        return Err("it is before 1970, where timestamps begin".to_owned());
    }
    let timestamp = u64::try_from(nanoseconds).ok().filter(|timestamp| *timestamp <= TIMESTAMP_MAX);
    timestamp.ok_or_else(|| too_large(text))
}

fn too_large(text: &str) -> String {
    format!("{text} is later than the last timestamp, {TIMESTAMP_MAX} ns, which is in 2262")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_nanoseconds_or_dates() {
        for (text, expected) in [
            ("0", 0),
            ("1700000000123456789", 1_700_000_000_123_456_789),
            ("1970-01-01T00:00:00Z", 0),
            ("2023-11-14T22:13:20.123456789Z", 1_700_000_000_123_456_789),
            ("2023-11-15T00:13:20+02:00", 1_700_000_000_000_000_000),
        ] {
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
        for (text, why) in [
            ("", "nanoseconds"),
            ("-1", "it must be nanoseconds"),
            ("yesterday", "such as 2026-11-30T18:00:00Z"),
            ("2023-11-14", "it must be nanoseconds"),
            ("1969-12-31T23:59:59Z", "before 1970"),
            ("9999-01-01T00:00:00Z", "later than the last timestamp"),
            ("18446744073709551616", "later than the last timestamp"),
            ("999999999999999999999999999999999999999999", "later than the last timestamp"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
