//! The accounts of a scenario: who takes part, under which id and name, with how much.

use serde::Serialize;

use super::OperationContext;
use crate::ledger::{LedgerError, Writer};
use crate::model::{Account, AccountFlags, CreateAccountStatus};

/// The currency of all scenarios: GoLedger's coins.
pub const COINS: u32 = 1;

/// Kinds of account and of transfer.
pub mod codes {
    /// An account from which money comes; only such a one may owe without a limit.
    pub const WORLD: u16 = 1;
    /// An account that can only spend what it has.
    pub const HOLDER: u16 = 2;
    /// An account that may be overdrawn.
    pub const OVERDRAFT: u16 = 3;

    /// A transfer of money to an account at the start.
    pub const ISSUE: u16 = 1;
    /// A trader buys: money goes to the exchange.
    pub const BUY: u16 = 2;
    /// A trader sells: money comes from the exchange.
    pub const SELL: u16 = 3;
    /// Money comes from outside. From here on as [`coins::codes`](crate::coins::codes) has them.
    pub const DEPOSIT: u16 = 16;
    /// Money goes outside.
    pub const WITHDRAWAL: u16 = 17;
    /// Money goes from one holder to another.
    pub const TRANSFER: u16 = 18;
    /// Money goes from a customer to a processor.
    pub const PAYMENT: u16 = 19;
    /// The processor passes on what is not its fee.
    pub const SETTLEMENT: u16 = 20;
}

/// One kind of account in a scenario.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Role {
    /// What its accounts are called, before the number: `trader` makes `trader_1`.
    pub name: &'static str,
    /// How many there are.
    pub count: u64,
    /// Coins that each is given at the start.
    pub coins: u64,
    /// Whether one that is the only one of its role goes without a number.
    pub alone: bool,
    /// Whether it may be overdrawn.
    #[serde(skip)]
    pub overdraft: bool,
}

impl Role {
    /// So many accounts, numbered from 1, that can only spend what they have.
    pub const fn new(name: &'static str, count: u64, coins: u64) -> Self {
        Self { name, count, coins, alone: false, overdraft: false }
    }

    /// One account, whose name is the role's.
    pub const fn one(name: &'static str, coins: u64) -> Self {
        Self { alone: true, ..Self::new(name, 1, coins) }
    }
}

/// All accounts of a scenario: those of `@world`, from which all money comes, and the roles after them, numbered through.
#[derive(Clone, Debug, Serialize)]
pub struct AccountLayout {
    worlds: u64,
    roles: Vec<Role>,
}

impl AccountLayout {
    /// The id of the `@world` that gives out the money at the start.
    pub const WORLD_ID: u128 = 1;

    /// `@world`, and these: no money comes or goes while the run goes on.
    pub fn new(roles: Vec<Role>) -> Self {
        Self { worlds: 1, roles }
    }

    /// Besides, a `@world` for each worker, so that deposits and withdrawals do not all meet at one account.
    pub fn with_worlds(workers: u64, roles: Vec<Role>) -> Self {
        Self { worlds: 1 + workers, roles }
    }

    /// How many accounts there are, those of `@world` among them.
    pub fn size(&self) -> u64 {
        self.worlds + self.roles.iter().map(|role| role.count).sum::<u64>()
    }

    /// Coins that all accounts of the role at `place` are given at the start.
    pub fn given(&self, place: usize) -> i128 {
        let Role { count, coins, .. } = self.roles[place];
        i128::from(count) * i128::from(coins)
    }

    /// Coins that all are given at the start.
    pub fn coins(&self) -> i128 {
        (0..self.roles.len()).map(|place| self.given(place)).sum()
    }

    /// The id of account `number` (from 0) of the role at `place`.
    pub fn id(&self, place: usize, number: u64) -> u128 {
        let before: u64 = self.roles[..place].iter().map(|role| role.count).sum();
        Self::WORLD_ID + u128::from(self.worlds) + u128::from(before) + u128::from(number)
    }

    /// The ids of all accounts of the role at `place`.
    pub fn ids(&self, place: usize) -> std::ops::Range<u128> {
        self.id(place, 0)..self.id(place, self.roles[place].count)
    }

    /// The `@world` of a worker, from 0; the one for all where there is no other.
    pub fn world(&self, worker: u64) -> u128 {
        let own = if worker + 1 < self.worlds { worker + 1 } else { 0 };
        Self::WORLD_ID + u128::from(own)
    }

    /// Whether money comes from the account of this id, so that it owes what the others have.
    pub fn is_world(&self, id: u128) -> bool {
        (Self::WORLD_ID..Self::WORLD_ID + u128::from(self.worlds)).contains(&id)
    }

    /// What people call the account of this id.
    pub fn name(&self, id: u128) -> Option<String> {
        let mut number = u64::try_from(id.checked_sub(Self::WORLD_ID)?).ok()?;
        if number < self.worlds {
            return Some(if number == 0 {
                "@world".to_owned()
            } else {
                format!("@world_{number}")
            });
        }
        number -= self.worlds;
        for role in &self.roles {
            if number < role.count {
                let only = role.alone && role.count == 1;
                return Some(match only {
                    true => role.name.to_owned(),
                    false => format!("{}_{}", role.name, number + 1),
                });
            }
            number -= role.count;
        }
        None
    }

    /// The same, or the id itself where it is nobody's.
    pub fn call(&self, id: u128) -> String {
        self.name(id).unwrap_or_else(|| id.to_string())
    }

    /// Opens all accounts and gives out the coins. Once the run is cancelled it stops.
    pub(super) fn open(&self, context: &mut OperationContext<'_>) -> Result<(), LedgerError> {
        for number in 0..self.worlds {
            let id = Self::WORLD_ID + u128::from(number);
            open_account(context.writer(), id, codes::WORLD, AccountFlags::empty())?;
        }
        for (place, role) in self.roles.iter().enumerate() {
            let (code, flags) = match role.overdraft {
                true => (codes::OVERDRAFT, AccountFlags::empty()),
                false => (codes::HOLDER, AccountFlags::DEBITS_MUST_NOT_EXCEED_CREDITS),
            };
            for number in 0..role.count {
                let id = self.id(place, number);
                open_account(context.writer(), id, code, flags)?;
                if context.issue(id, role.coins)?.is_interruption() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

fn open_account(
    writer: &mut Writer,
    id: u128,
    code: u16,
    flags: AccountFlags,
) -> Result<(), LedgerError> {
    let account = Account { id, ledger: COINS, code, flags, ..Account::default() };
    let outcome = writer.create_account(&account)?;
    assert_eq!(
        outcome.status,
        CreateAccountStatus::Created,
        "the ledger was empty, ids are distinct"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(layout: &AccountLayout, ids: std::ops::Range<u128>) -> Vec<String> {
        ids.map(|id| layout.name(id).unwrap_or_else(|| "nobody".to_owned())).collect()
    }

    #[test]
    fn ids_and_names_follow_the_roles() {
        let layout =
            AccountLayout::new(vec![Role::new("exchange", 2, 5), Role::new("trader", 3, 5)]);
        assert_eq!(layout.size(), 6);
        assert_eq!(names(&layout, 0..4), ["nobody", "@world", "exchange_1", "exchange_2"]);
        assert_eq!(names(&layout, 4..8), ["trader_1", "trader_2", "trader_3", "nobody"]);
        assert_eq!(layout.name(layout.id(1, 2)).as_deref(), Some("trader_3"));
        assert_eq!((layout.world(0), layout.world(7)), (1, 1), "there is one for all");
    }

    #[test]
    fn each_worker_has_a_world_of_its_own_where_money_comes_and_goes() {
        let layout =
            AccountLayout::with_worlds(2, vec![Role::one("bank", 5), Role::new("customer", 1, 5)]);
        assert_eq!(names(&layout, 1..4), ["@world", "@world_1", "@world_2"]);
        assert_eq!(names(&layout, 4..7), ["bank", "customer_1", "nobody"]);
        assert_eq!((layout.world(0), layout.world(1), layout.id(0, 0)), (2, 3, 4));
        let worlds: Vec<_> = (0..6).filter(|id| layout.is_world(*id)).collect();
        assert_eq!(worlds, [1, 2, 3]);
    }
}
