//! The history of a user in GoLedger's words, page by page.

use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::extract::shown;
use super::query::QueryParameters;
use crate::coins::{Coins, HistoryCursor, HistoryRow};
use crate::ledger::{Cancellation, Interrupted};

/// The maximum number of rows of a page.
const ROWS_MAX: usize = 1_000;

/// The parameters of a page.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "`HistoryPage` reads what it describes")]
pub(super) struct HistoryParameters {
    /// The maximum number of rows, 1 to 1,000. The default is 100.
    #[param(minimum = 1, maximum = 1000, required = false, nullable = false)]
    limit: u32,
    /// Only older rows: `Next` of the page before.
    #[param(pattern = "^[0-9]+-[01]-[0-9]+$", required = false, nullable = false)]
    before: String,
}

/// The page that a request asks for.
pub(super) struct HistoryPage {
    limit: usize,
    before: Option<HistoryCursor>,
}

impl HistoryPage {
    /// Reads the parameters. An error is the reason why one is invalid.
    pub(super) fn read(query: &QueryParameters) -> Result<Self, String> {
        let text = query.get("limit").unwrap_or("100");
        let limit = text.parse().ok().filter(|limit| (1..=ROWS_MAX).contains(limit));
        let limit =
            limit.ok_or_else(|| format!("limit must be 1 to {ROWS_MAX}, not {}", shown(text)))?;
        let cursor = |text: &str| {
            let wrong =
                format!("before must be `Next` of an earlier response, not {}", shown(text));
            text.parse().map_err(|()| wrong)
        };
        Ok(Self { limit, before: query.get("before").map(cursor).transpose()? })
    }
}

/// A page of the history, the latest row first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[schema(as = History)]
pub(super) struct HistoryBody {
    /// The HTTP status: 200.
    code: u16,
    transactions: Vec<Transaction>,
    /// The value of `before` for the next page. `null` on the last page.
    next: Option<String>,
}

/// A deposit, a withdrawal or a transfer, accepted or rejected.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Transaction {
    #[schema(format = "uuid")]
    id: String,
    #[schema(pattern = "^(DEPOSIT|WITHDRAWAL|TRANSFER)$")]
    r#type: &'static str,
    /// The sender. `null` if the name was unknown.
    from: Option<String>,
    /// The recipient. `null` if the name was unknown.
    to: Option<String>,
    amount: i64,
    /// The time in UTC, to the nanosecond.
    #[schema(format = DateTime)]
    timestamp: String,
    /// `SUCCESS`, or `FAILED_` and the reason.
    status: &'static str,
}

impl HistoryBody {
    /// Reads a page of the history of a user.
    pub(super) fn read(
        coins: &Coins,
        name: &str,
        page: HistoryPage,
        cancellation: &Cancellation<'_>,
    ) -> Result<Self, Interrupted> {
        let (rows, next) = coins.history_page(name, page.before, page.limit, cancellation)?;
        let transactions = rows.iter().map(Transaction::of).collect();
        Ok(Self { code: 200, transactions, next: next.map(|next| next.to_string()) })
    }
}

impl Transaction {
    fn of(row: &HistoryRow<'_>) -> Self {
        Self {
            id: Uuid::from_u128(row.id).to_string(),
            r#type: row.kind.name(),
            from: row.from.map(str::to_owned),
            to: row.to.map(str::to_owned),
            amount: row.amount,
            timestamp: rfc_3339(row.timestamp),
            status: row.status,
        }
    }
}

/// Returns a time in nanoseconds since 1970 as RFC 3339 writes it.
fn rfc_3339(ns: u64) -> String {
    let (seconds, ns) = (ns / 1_000_000_000, ns % 1_000_000_000);
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // The era of 400 years, and the years that begin in March, so that a leap day is the last one.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, later) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = era * 400 + year + later;
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ns:09}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_dates_of_the_gregorian_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00"),
            (951_782_399, "2000-02-28T23:59:59"),
            (951_782_400, "2000-02-29T00:00:00"),
            (951_868_800, "2000-03-01T00:00:00"),
            (1_700_000_000, "2023-11-14T22:13:20"),
            (1_798_761_599, "2026-12-31T23:59:59"),
            (4_107_542_400, "2100-03-01T00:00:00"),
        ] {
            assert_eq!(rfc_3339(seconds * 1_000_000_000 + 7), format!("{text}.000000007Z"));
        }
    }
}
