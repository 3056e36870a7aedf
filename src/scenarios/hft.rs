//! High-frequency trading: traders and exchanges trade coins as fast as the workers can.
//!
//! After GoLedger's `TestHighFrequencyTradingScenario`: three traders pay one exchange 100 to 1,099 coins per trade. At
//! scale there are trades in both directions, so that no side runs out of coins, and many exchanges, so that workers do
//! not all contend for one.

use super::common::{self, amount_max, amount_min, coins};
use super::transfer_workload::TransferWorkload;
use super::{
    AccountDistribution, AccountLayout, AmountDistribution, Description, Parameter, Parameters,
    Preset, Random, RequestError, Role, Scenario, Workload, codes, coin_transfer,
};

/// The scenario `hft`.
#[derive(Debug)]
pub(super) struct TradingFloor;

static DESCRIPTION: Description = Description {
    name: "hft",
    title: "Trading floor",
    description: "Traders and exchanges trade as fast as the workers can. A trade without enough coins is refused.",
    parameters: &[
        common::WORKERS,
        common::CONCURRENCY,
        Parameter::number("accounts", "Traders", "", (1, 1_000_000), 1_000)
            .describe("Traders, each with one account. Fewer traders mean more contention."),
        Parameter::number("exchanges", "Exchanges", "", (1, 10_000), 16).describe(
            "Every trade is between a trader and one of these. With a single exchange all \
             workers contend for it.",
        ),
        common::OPERATIONS,
        common::DURATION_S,
        common::RATE_PER_S,
        common::SEED,
        common::DEADLINE_MS,
        Parameter::number("sells_percent", "Sells", "%", (0, 100), 50).describe(
            "Share of trades in which the exchange pays the trader. With 0 the traders run \
             out of coins.",
        ),
        common::HOT_PERCENT,
        common::HOT_ACCOUNTS,
        amount_min("Smallest trade", 0, 100),
        amount_max("Largest trade", 0, 1_099),
        coins("trader_coins", "Coins per trader", 0, 10_000)
            .describe("Initial coins of each trader."),
        coins("exchange_coins", "Coins per exchange", 0, 1_000_000)
            .describe("Initial coins of each exchange."),
        common::BATCH,
        common::TRAIL_MIB,
    ],
    presets: &[
        Preset::scale(
            "A thousand traders on all processors: two million trades or ten seconds.",
            &[],
        ),
        Preset::watch(
            "A thousand traders and 250,000 trades per second, for eight seconds.",
            &[("rate_per_s", 250_000)],
        ),
        Preset::goledger(
            "Three traders, one exchange and fifty trades at once: 1,300,000 coins in total.",
            &[
                ("accounts", 3),
                ("exchanges", 1),
                ("operations", 50),
                ("sells_percent", 0),
                ("trader_coins", 100_000),
                ("trail_mib", 64),
            ],
        ),
    ],
    events: &[],
};

/// Roles of the layout.
const EXCHANGE: usize = 0;
const TRADER: usize = 1;

impl Scenario for TradingFloor {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn validate(&self, parameters: &Parameters) -> Result<(), RequestError> {
        AmountDistribution::validate(parameters)
    }

    fn layout(&self, parameters: &Parameters) -> AccountLayout {
        let role =
            |name, count, coins| Role::new(name, parameters.get(count), parameters.get(coins));
        AccountLayout::new(vec![
            role("exchange", "exchanges", "exchange_coins"),
            role("trader", "accounts", "trader_coins"),
        ])
    }

    fn workload(&self, parameters: &Parameters, worker: u64) -> Box<dyn Workload> {
        let layout = self.layout(parameters);
        let (first_exchange, first_trader) = (layout.id(EXCHANGE, 0), layout.id(TRADER, 0));
        let traders = AccountDistribution::of(parameters, parameters.get("accounts"));
        let amounts = AmountDistribution::of(parameters);
        let [exchanges, sells_percent, seed] =
            ["exchanges", "sells_percent", "seed"].map(|name| parameters.get(name));
        let mut random = Random::new(seed, worker);
        Box::new(TransferWorkload::new(parameters, move || {
            let trader = first_trader + u128::from(traders.draw(&mut random));
            let exchange = first_exchange + u128::from(random.below(exchanges));
            let amount = amounts.draw(&mut random);
            let (code, from, to) = match random.below(100) < sells_percent {
                true => (codes::SELL, exchange, trader),
                false => (codes::BUY, trader, exchange),
            };
            coin_transfer(from, to, amount, code)
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::scenarios::Value;

    #[test]
    fn minimum_above_the_maximum_is_rejected_with_both_values() {
        let amounts = [("amount_min", 9), ("amount_max", 8)];
        let requested = amounts.map(|(name, coins)| (name.to_owned(), Value::Number(coins)));
        let parameters = Parameters::resolve(
            DESCRIPTION.parameters,
            &DESCRIPTION.presets[0],
            &BTreeMap::from(requested),
            2,
        )
        .expect("the values are valid");
        let error =
            TradingFloor.validate(&parameters).expect_err("the minimum is above the maximum");
        assert_eq!(error.to_string(), "amount_min must be at most amount_max (8), not 9");
    }
}
