//! The accounts of a run's ledger: searched, sorted, their balances spread out, and one of them over time.

use std::cmp::{Ordering, Reverse};

use serde::{Deserialize, Serialize};

use super::report_builder::account_row;
use super::{Run, balance};
use crate::model::AccountState;
use crate::model::amounts::JsonU128;
use crate::scenarios::CheckValue;
use crate::scenarios::report::AccountRow;

/// The most accounts that are answered at once.
const LINES_MAX: usize = 1_000;

/// The most bars of a spread, and points of a history.
const BARS_MAX: u64 = 1_000;
const POINTS_MAX: usize = 10_000;

/// By what accounts are sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountOrder {
    /// The order in which they were opened.
    #[default]
    Place,
    /// Their names, as texts.
    Name,
    /// What they have.
    Balance,
    /// What pending transfers hold of it.
    Pending,
    /// How often they have changed.
    Changes,
}

/// Which accounts are asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct AccountQuery {
    /// Part of a name, whatever its case, or an id; nothing for all.
    pub text: String,
    /// By what they are sorted.
    pub order: AccountOrder,
    /// The greatest first.
    pub descending: bool,
    /// How many are left out at the beginning.
    pub first: usize,
    /// How many are wanted, at most 1,000.
    pub limit: usize,
}

/// One account.
#[derive(Clone, Debug, Serialize)]
pub struct AccountLine {
    /// As in reports.
    #[serde(flatten)]
    pub row: AccountRow,
    /// Credits less debits.
    pub balance: CheckValue,
    /// How often it has changed.
    pub changes: u64,
}

/// Some of the accounts that match.
#[derive(Clone, Debug, Serialize)]
pub struct AccountLines {
    /// How many match.
    pub found: usize,
    /// Those that were wanted.
    pub rows: Vec<AccountLine>,
}

/// Accounts whose balance is more than that of the bar before, and at most this one's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bar {
    /// The greatest balance.
    pub up_to: CheckValue,
    /// How many there are.
    pub accounts: u64,
}

/// How the balances of all accounts but `@world`'s are spread.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// How many there are.
    pub accounts: u64,
    /// The least balance.
    pub minimum: CheckValue,
    /// Half of them have no more.
    pub median: CheckValue,
    /// The greatest balance.
    pub maximum: CheckValue,
    /// Bars of one width, as far as whole coins have it, from the least to the greatest; none where there is no account.
    pub bars: Vec<Bar>,
}

/// The balance of one account over time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct History {
    /// Transfers and expiries that concerned it.
    pub transfers: u64,
    /// When those were that are told, in the order of the trail.
    pub timestamps: Vec<JsonU128>,
    /// Credits less debits after each.
    pub balances: Vec<CheckValue>,
    /// Debits that were held after each.
    pub pending: Vec<CheckValue>,
}

/// Lets every second one go.
fn thin_out<T>(points: &mut Vec<T>) {
    let mut stays = false;
    points.retain(|_| {
        stays = !stays;
        stays
    });
}

impl Run {
    /// The accounts that match a query, as they are when they are reached.
    pub fn find_accounts(&self, query: &AccountQuery) -> AccountLines {
        let text = query.text.trim().to_lowercase();
        let id: Option<u128> = text.parse().ok();
        let matches = |state: &AccountState| {
            text.is_empty()
                || id == Some(state.id)
                || self.layout.call(state.id).to_lowercase().contains(&text)
        };
        let mut found: Vec<AccountState> = self.ledger.accounts().filter(matches).collect();
        let order = |one: &AccountState, other: &AccountState| -> Ordering {
            match query.order {
                AccountOrder::Place | AccountOrder::Name => Ordering::Equal,
                AccountOrder::Balance => balance(one).cmp(&balance(other)),
                AccountOrder::Pending => one.debits_pending.cmp(&other.debits_pending),
                AccountOrder::Changes => one.version.cmp(&other.version),
            }
        };
        // Stable, so that what is equal stays in the order in which it was opened, whichever comes first.
        match (query.order, query.descending) {
            (AccountOrder::Place, true) => found.reverse(),
            (AccountOrder::Place, false) => {}
            // Each name is made once.
            (AccountOrder::Name, false) => found.sort_by_cached_key(|one| self.layout.call(one.id)),
            (AccountOrder::Name, true) => {
                found.sort_by_cached_key(|one| Reverse(self.layout.call(one.id)));
            }
            (_, true) => found.sort_by(|one, other| order(other, one)),
            (_, false) => found.sort_by(order),
        }
        let wanted = found.iter().skip(query.first).take(query.limit.min(LINES_MAX));
        let rows = wanted.map(|state| AccountLine {
            row: account_row(&self.layout, state),
            balance: CheckValue::signed(balance(state)),
            changes: state.version,
        });
        AccountLines { found: found.len(), rows: rows.collect() }
    }

    /// How balances are spread, in at most `bars` bars.
    pub fn spread(&self, bars: u64) -> Spread {
        let holders = self.ledger.accounts().filter(|state| !self.layout.is_world(state.id));
        let mut balances: Vec<i128> = holders.map(|state| balance(&state)).collect();
        balances.sort_unstable();
        let (Some(&minimum), Some(&maximum)) = (balances.first(), balances.last()) else {
            let none = CheckValue::Number(0);
            let [minimum, median, maximum] = [none.clone(), none.clone(), none];
            return Spread { accounts: 0, minimum, median, maximum, bars: Vec::new() };
        };
        let bars = i128::from(bars.clamp(1, BARS_MAX));
        // Wide enough for the greatest, and at least a coin.
        let width = ((maximum - minimum) / bars + 1).max(1);
        let ends = (1..=bars).map(|bar| minimum + width * bar - 1);
        let mut begun = 0;
        let mut told = Vec::new();
        for end in ends {
            let until = balances.partition_point(|balance| *balance <= end);
            told.push(Bar {
                up_to: CheckValue::signed(end.min(maximum)),
                accounts: (until - begun) as u64,
            });
            begun = until;
            if end >= maximum {
                break;
            }
        }
        Spread {
            accounts: balances.len() as u64,
            minimum: CheckValue::signed(minimum),
            median: CheckValue::signed(balances[(balances.len() - 1) / 2]),
            maximum: CheckValue::signed(maximum),
            bars: told,
        }
    }

    /// The balance of an account over time, in at most `points` points of those there are, the last one among them; none
    /// where there is no such account. It reads the whole trail.
    pub fn history(&self, id: u128, points: usize) -> Option<History> {
        let points = points.clamp(1, POINTS_MAX);
        let mut history = History::default();
        let mut kept: Vec<(u64, i128, u128)> = Vec::new();
        let mut last = None;
        let mut every = 1;
        let is_there = self.ledger.follow_account(id, |balances| {
            let signed = |sum| i128::try_from(sum).unwrap_or(i128::MAX);
            let balance = signed(balances.credits_posted) - signed(balances.debits_posted);
            let point = (balances.timestamp, balance, balances.debits_pending);
            if history.transfers % every == 0 {
                kept.push(point);
            }
            history.transfers += 1;
            last = Some(point);
            // Too many: every second one goes, and of those to come as many.
            if kept.len() > 2 * points {
                thin_out(&mut kept);
                every *= 2;
            }
        });
        while kept.len() >= points && kept.len() > 1 {
            thin_out(&mut kept);
        }
        match last {
            Some(last) if kept.last() != Some(&last) && kept.len() < points => kept.push(last),
            Some(last) => *kept.last_mut()? = last,
            None => {}
        }
        for (timestamp, balance, pending) in kept {
            history.timestamps.push(JsonU128(timestamp.into()));
            history.balances.push(CheckValue::signed(balance));
            history.pending.push(CheckValue::Number(pending));
        }
        is_there.then_some(history)
    }
}
