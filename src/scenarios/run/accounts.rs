//! Queries of a run's accounts: search, distribution of balances, and the history of one account.

use serde::{Deserialize, Serialize};

use super::assemble::account_row;
use super::state::{Run, balance};
use crate::model::AccountState;
use crate::model::amounts::JsonU64;
use crate::scenarios::{AccountRow, CheckValue};

/// The maximum number of accounts in one result.
const LINES_MAX: usize = 1_000;

/// The maximum number of buckets of a distribution, and points of a history.
const BUCKETS_MAX: u64 = 1_000;
const POINTS_MAX: usize = 10_000;

/// The sort key of accounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountOrder {
    /// The order of creation.
    #[default]
    Place,
    /// The name.
    Name,
    /// The balance.
    Balance,
    /// The pending debits.
    Pending,
    /// The number of changes.
    Changes,
}

/// A query for accounts.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct AccountQuery {
    /// A part of a name in any case, or an id; empty for all accounts.
    pub text: String,
    /// The sort key.
    pub order: AccountOrder,
    /// Whether the greatest comes first.
    pub descending: bool,
    /// The number of accounts to skip.
    pub first: usize,
    /// The number of accounts to return, at most 1,000.
    pub limit: usize,
}

/// An account in the result of a query.
#[derive(Clone, Debug, Serialize)]
pub struct AccountLine {
    /// The account as in reports.
    #[serde(flatten)]
    pub row: AccountRow,
    /// Credits minus debits.
    pub balance: CheckValue,
    /// The number of changes.
    pub changes: u64,
}

/// The result of a query.
#[derive(Clone, Debug, Serialize)]
pub struct AccountLines {
    /// The number of matching accounts.
    pub found: usize,
    /// The requested part of them.
    pub rows: Vec<AccountLine>,
}

/// Accounts whose balances are above the limit of the previous bucket and at most the limit of this one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BalanceBucket {
    /// The limit.
    pub up_to: CheckValue,
    /// The number of accounts.
    pub accounts: u64,
}

/// The distribution of the balances of all accounts except the `@world` accounts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BalanceDistribution {
    /// The number of accounts.
    pub accounts: u64,
    /// The least balance.
    pub minimum: CheckValue,
    /// The median balance.
    pub median: CheckValue,
    /// The maximum balance.
    pub maximum: CheckValue,
    /// Buckets of equal width in whole coins, from the least to the greatest balance; none without accounts.
    pub bars: Vec<BalanceBucket>,
}

/// The balance of one account over time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct History {
    /// The number of transfers and expiries of the account.
    pub transfers: u64,
    /// The timestamps of the points, in the order of the trail.
    pub timestamps: Vec<JsonU64>,
    /// Credits less debits after each.
    pub balances: Vec<CheckValue>,
    /// Pending debits after each.
    pub pending: Vec<CheckValue>,
}

/// Removes every second point.
fn thin_out<T>(points: &mut Vec<T>) {
    let mut is_kept = false;
    points.retain(|_| {
        is_kept = !is_kept;
        is_kept
    });
}

impl Run {
    /// Finds the accounts that match a query. Each is read at a moment of its own.
    pub fn find_accounts(&self, query: &AccountQuery) -> AccountLines {
        let text = query.text.trim().to_lowercase();
        let id: Option<u128> = text.parse().ok();
        let matches = |state: &AccountState| {
            text.is_empty()
                || id == Some(state.id)
                || self.layout.name_or_id(state.id).to_lowercase().contains(&text)
        };
        let mut found: Vec<AccountState> = self.ledger.accounts().filter(matches).collect();
        // Before and after the stable sort, so that equal accounts stay in the order of creation.
        if query.descending {
            found.reverse();
        }
        match query.order {
            AccountOrder::Place => found.sort_by_key(|state| state.id),
            AccountOrder::Name => {
                found.sort_by_cached_key(|state| self.layout.name_or_id(state.id));
            }
            AccountOrder::Balance => found.sort_by_key(balance),
            AccountOrder::Pending => found.sort_by_key(|state| state.debits_pending),
            AccountOrder::Changes => found.sort_by_key(|state| state.version),
        }
        if query.descending {
            found.reverse();
        }
        let page = found.iter().skip(query.first).take(query.limit.min(LINES_MAX));
        let rows = page.map(|state| AccountLine {
            row: account_row(&self.layout, state),
            balance: CheckValue::signed(balance(state)),
            changes: state.version,
        });
        AccountLines { found: found.len(), rows: rows.collect() }
    }

    /// Computes the distribution of balances in at most `buckets` buckets.
    pub fn balance_distribution(&self, buckets: u64) -> BalanceDistribution {
        let holders = self.ledger.accounts().filter(|state| !self.layout.is_world(state.id));
        let mut balances: Vec<i128> = holders.map(|state| balance(&state)).collect();
        balances.sort_unstable();
        let (Some(&minimum), Some(&maximum)) = (balances.first(), balances.last()) else {
            let none = CheckValue::Number(0);
            let [minimum, median, maximum] = [none.clone(), none.clone(), none];
            let bars = Vec::new();
            return BalanceDistribution { accounts: 0, minimum, median, maximum, bars };
        };
        let count = i128::from(buckets.clamp(1, BUCKETS_MAX));
        // Wide enough to include the greatest balance, and at least one coin.
        let width = ((maximum - minimum) / count + 1).max(1);
        let limits = (1..=count).map(|bucket| minimum + width * bucket - 1);
        let mut counted = 0;
        let mut buckets = Vec::new();
        for limit in limits {
            let included = balances.partition_point(|balance| *balance <= limit);
            buckets.push(BalanceBucket {
                up_to: CheckValue::signed(limit.min(maximum)),
                accounts: (included - counted) as u64,
            });
            counted = included;
            if limit >= maximum {
                break;
            }
        }
        BalanceDistribution {
            accounts: balances.len() as u64,
            minimum: CheckValue::signed(minimum),
            median: CheckValue::signed(balances[(balances.len() - 1) / 2]),
            maximum: CheckValue::signed(maximum),
            bars: buckets,
        }
    }

    /// Computes the balance of an account over time in at most `points` points, the last one included; `None` where the
    /// account does not exist. It takes time proportional to the changes of the account.
    pub fn history(&self, id: u128, points: usize) -> Option<History> {
        let points = points.clamp(1, POINTS_MAX);
        let mut history = History::default();
        let mut sampled: Vec<(u64, i128, u128)> = Vec::new();
        let mut interval = 1;
        // The newest comes first and is always sampled.
        let exists = self.ledger.follow_account(id, |balances| {
            let signed = |sum| i128::try_from(sum).unwrap_or(i128::MAX);
            let balance = signed(balances.credits_posted) - signed(balances.debits_posted);
            if history.transfers % interval == 0 {
                sampled.push((balances.timestamp, balance, balances.debits_pending));
            }
            history.transfers += 1;
            // Too many points: half of them go, and half of those to come.
            if sampled.len() > 2 * points {
                thin_out(&mut sampled);
                interval *= 2;
            }
        });
        while sampled.len() > points {
            thin_out(&mut sampled);
        }
        for (timestamp, balance, pending) in sampled.into_iter().rev() {
            history.timestamps.push(JsonU64(timestamp));
            history.balances.push(CheckValue::signed(balance));
            history.pending.push(CheckValue::Number(pending));
        }
        exists.then_some(history)
    }
}
