//! High-frequency trading: traders and exchanges swap coins as fast as the workers can.
//!
//! After GoLedger's `TestHighFrequencyTradingScenario`: three traders pay one exchange, 100 to 1,099 coins a time.
//! At scale trade goes both ways, so that it never ends, over enough exchanges that they do not all meet at one.

use super::common::{self, coins};
use super::{
    AccountDistribution, AccountLayout, Amounts, Description, OperationContext, Parameter,
    Parameters, Preset, Random, Workload,
};
use super::{RequestError, Role, Scenario, codes, of_coins};
use crate::ledger::LedgerError;
use crate::model::Transfer;

/// The scenario `hft`.
#[derive(Debug)]
pub(super) struct TradingFloor;

static DESCRIPTION: Description = Description {
    name: "hft",
    title: "Trading floor",
    description: "Traders and exchanges swap coins as fast as the workers can; a trader who is out of coins is refused.",
    parameters: &[
        common::WORKERS,
        common::CONCURRENCY,
        Parameter::number(
            "accounts",
            "Traders",
            "",
            (1, 1_000_000),
            1_000,
            "Traders on the floor, each with an account. Fewer traders meet more often.",
        ),
        Parameter::number(
            "exchanges",
            "Exchanges",
            "",
            (1, 10_000),
            16,
            "RequestService trade is between a trader and one of these. With one exchange all workers wait for it.",
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
        coins("amount_min", "Smallest trade", 0, 100, "Amounts are drawn evenly from this one on."),
        coins("amount_max", "Largest trade", 0, 1_099, "Amounts are drawn evenly up to this one."),
        coins("trader_coins", "Coins per trader", 0, 10_000, "What every trader starts with."),
        coins(
            "exchange_coins",
            "Coins per exchange",
            0,
            1_000_000,
            "What every exchange starts with.",
        ),
        common::BATCH,
        common::TRAIL_MIB,
    ],
    presets: &[
        Preset::scale(
            "A thousand traders, two million trades or ten seconds, on all processors.",
            &[],
        ),
        Preset::goledger(
            "Three traders, one exchange, fifty trades at once: 1,300,000 coins in all.",
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

/// Places of the roles in the layout.
const EXCHANGE: usize = 0;
const TRADER: usize = 1;

impl Scenario for TradingFloor {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn accept(&self, parameters: &Parameters) -> Result<(), RequestError> {
        Amounts::accept(parameters)
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
            amounts: Amounts::of(parameters),
            sells_percent: parameters.get("sells_percent"),
            asked: Vec::with_capacity(parameters.get("batch") as usize),
        })
    }
}

/// One worker's trades.
struct Trades {
    random: Random,
    first_exchange: u128,
    exchanges: u64,
    first_trader: u128,
    traders: AccountDistribution,
    amounts: Amounts,
    sells_percent: u64,
    /// The batch that is asked for, kept so that its memory is used again.
    asked: Vec<Transfer>,
}

impl Workload for Trades {
    fn batch(
        &mut self,
        context: &mut OperationContext<'_>,
        operations: u64,
    ) -> Result<(), LedgerError> {
        self.asked.clear();
        for _ in 0..operations {
            let trader = self.first_trader + u128::from(self.traders.one(&mut self.random));
            let exchange = self.first_exchange + u128::from(self.random.below(self.exchanges));
            let amount = self.amounts.one(&mut self.random);
            let (code, from, to) = match self.random.below(100) < self.sells_percent {
                true => (codes::SELL, exchange, trader),
                false => (codes::BUY, trader, exchange),
            };
            self.asked.push(of_coins(from, to, amount, code));
        }
        context.transfer_each(&self.asked)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::scenarios::Value;

    #[test]
    fn amounts_that_cross_are_refused_with_both_values() {
        let amounts = [("amount_min", 9), ("amount_max", 8)];
        let chosen = amounts.map(|(name, coins)| (name.to_owned(), Value::Number(coins)));
        let parameters = Parameters::choose(
            DESCRIPTION.parameters,
            &DESCRIPTION.presets[0],
            &BTreeMap::from(chosen),
            2,
        )
        .expect("each is within its bounds");
        let error = TradingFloor.accept(&parameters).expect_err("they cross");
        assert_eq!(error.to_string(), "amount_min must be at most amount_max (8), not 9");
    }
}
