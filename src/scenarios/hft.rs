//! High-frequency trading: traders and exchanges trade coins as fast as the workers can.
//!
//! After GoLedger's `TestHighFrequencyTradingScenario`: three traders pay one exchange 100 to 1,099 coins per trade. At
//! scale there are trades in both directions, so that no side runs out of coins, and many exchanges, so that workers do
//! not all contend for one.

use super::account_layout::{AccountLayout, Role};
use super::codes;
use super::common::{self, coins};
use super::description::{Description, Preset};
use super::distribution::{AccountDistribution, AmountDistribution};
use super::operation_context::{OperationContext, coin_transfer};
use super::parameter::Parameter;
use super::parameters::Parameters;
use super::random::Random;
use super::request_error::RequestError;
use super::scenario::{Scenario, Workload};
use crate::ledger::LedgerError;
use crate::model::Transfer;

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
        Parameter::number(
            "accounts",
            "Traders",
            "",
            (1, 1_000_000),
            1_000,
            "Traders, each with one account. Fewer traders mean more contention.",
        ),
        Parameter::number(
            "exchanges",
            "Exchanges",
            "",
            (1, 10_000),
            16,
            "Every trade is between a trader and one of these. With a single exchange all workers contend for it.",
        ),
        common::OPERATIONS,
        common::DURATION_S,
        common::RATE_PER_S,
        common::SEED,
        common::DEADLINE_MS,
        Parameter::number(
            "sells_percent",
            "Sells",
            "%",
            (0, 100),
            50,
            "Share of trades in which the exchange pays the trader. With 0 the traders run out of coins.",
        ),
        common::HOT_PERCENT,
        common::HOT_ACCOUNTS,
        coins(
            "amount_min",
            "Smallest trade",
            0,
            100,
            "Least amount. Amounts are uniformly distributed.",
        ),
        coins(
            "amount_max",
            "Largest trade",
            0,
            1_099,
            "Greatest amount. Amounts are uniformly distributed.",
        ),
        coins("trader_coins", "Coins per trader", 0, 10_000, "Initial coins of each trader."),
        coins(
            "exchange_coins",
            "Coins per exchange",
            0,
            1_000_000,
            "Initial coins of each exchange.",
        ),
        common::BATCH,
        common::TRAIL_MIB,
    ],
    presets: &[
        Preset::scale(
            "A thousand traders on all processors: two million trades or ten seconds.",
            &[],
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
        Box::new(Trades {
            random: Random::new(parameters.get("seed"), worker),
            first_exchange: layout.id(EXCHANGE, 0),
            exchanges: parameters.get("exchanges"),
            first_trader: layout.id(TRADER, 0),
            traders: AccountDistribution::of(parameters, parameters.get("accounts")),
            amounts: AmountDistribution::of(parameters),
            sells_percent: parameters.get("sells_percent"),
            transfers: Vec::with_capacity(parameters.get("batch") as usize),
        })
    }
}

/// The trades of one worker.
struct Trades {
    random: Random,
    first_exchange: u128,
    exchanges: u64,
    first_trader: u128,
    traders: AccountDistribution,
    amounts: AmountDistribution,
    sells_percent: u64,
    /// The current batch. It is kept to reuse its memory.
    transfers: Vec<Transfer>,
}

impl Workload for Trades {
    fn run_batch(
        &mut self,
        context: &mut OperationContext<'_>,
        operations: u64,
    ) -> Result<(), LedgerError> {
        self.transfers.clear();
        for _ in 0..operations {
            let trader = self.first_trader + u128::from(self.traders.draw(&mut self.random));
            let exchange = self.first_exchange + u128::from(self.random.below(self.exchanges));
            let amount = self.amounts.draw(&mut self.random);
            let (code, from, to) = match self.random.below(100) < self.sells_percent {
                true => (codes::SELL, exchange, trader),
                false => (codes::BUY, trader, exchange),
            };
            self.transfers.push(coin_transfer(from, to, amount, code));
        }
        context.transfer_each(&self.transfers)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::scenarios::Value;

    #[test]
    fn a_minimum_above_the_maximum_is_refused_with_both_values() {
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
