//! The accounts of a scenario: their ids, names and initial coins.

use serde::Serialize;

use super::{OperationContext, codes};
use crate::ledger::{LedgerError, Writer};
use crate::model::{Account, AccountFlags, CreateAccountStatus};

/// A group of accounts that play the same part in a scenario.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Role {
    /// The start of the accounts' names: `trader` makes `trader_1`.
    pub name: &'static str,
    /// The number of accounts.
    pub count: u64,
    /// The coins that each account starts with.
    pub coins: u64,
    /// Whether the only account of the role has no number in its name.
    pub alone: bool,
    /// Whether the accounts may be overdrawn.
    #[serde(skip)]
    pub overdraft: bool,
}

impl Role {
    /// Accounts numbered from 1 that can only spend what they have.
    pub const fn new(name: &'static str, count: u64, coins: u64) -> Self {
        Self { name, count, coins, alone: false, overdraft: false }
    }

    /// One account that has the role's name.
    pub const fn single(name: &'static str, coins: u64) -> Self {
        Self { alone: true, ..Self::new(name, 1, coins) }
    }
}

/// All accounts of a scenario, with consecutive ids: first the `@world` accounts, which issue all money, then the
/// roles.
///
/// A role is named by its index in the list that the layout was created with.
#[derive(Clone, Debug, Serialize)]
pub struct AccountLayout {
    worlds: u64,
    roles: Vec<Role>,
}

impl AccountLayout {
    /// The id of the `@world` account that issues the initial coins.
    pub const WORLD_ID: u128 = 1;

    /// One `@world` account and these roles. No money enters or leaves during the run.
    pub fn new(roles: Vec<Role>) -> Self {
        Self { worlds: 1, roles }
    }

    /// The layout of a ledger whose accounts are known by their ids only.
    #[cfg(feature = "reader")]
    pub fn unknown() -> Self {
        Self { worlds: 0, roles: Vec::new() }
    }

    /// Adds a `@world` account for each worker, so that deposits and withdrawals do not contend for one account.
    pub fn with_worlds(workers: u64, roles: Vec<Role>) -> Self {
        Self { worlds: 1 + workers, roles }
    }

    /// The number of accounts, `@world` accounts included.
    pub fn account_count(&self) -> u64 {
        self.worlds + self.roles.iter().map(|role| role.count).sum::<u64>()
    }

    /// The coins that all accounts of a role start with.
    pub fn initial_coins_of(&self, role: usize) -> i128 {
        let Role { count, coins, .. } = self.roles[role];
        i128::from(count) * i128::from(coins)
    }

    /// The coins that all accounts start with.
    pub fn initial_coins(&self) -> i128 {
        (0..self.roles.len()).map(|role| self.initial_coins_of(role)).sum()
    }

    /// The id of account `number` (from 0) of a role.
    pub fn id(&self, role: usize, number: u64) -> u128 {
        let before: u64 = self.roles[..role].iter().map(|role| role.count).sum();
        Self::WORLD_ID + u128::from(self.worlds) + u128::from(before) + u128::from(number)
    }

    /// The ids of all accounts of a role.
    pub fn ids(&self, role: usize) -> std::ops::Range<u128> {
        self.id(role, 0)..self.id(role, self.roles[role].count)
    }

    /// The `@world` account of a worker (from 0): its own, or the one that all share.
    pub fn world(&self, worker: u64) -> u128 {
        let own = if worker + 1 < self.worlds { worker + 1 } else { 0 };
        Self::WORLD_ID + u128::from(own)
    }

    /// Whether this is the id of a `@world` account, which owes what the other accounts hold.
    pub fn is_world(&self, id: u128) -> bool {
        (Self::WORLD_ID..Self::WORLD_ID + u128::from(self.worlds)).contains(&id)
    }

    /// The name of an account.
    pub fn name(&self, id: u128) -> Option<String> {
        let mut number = u64::try_from(id.checked_sub(Self::WORLD_ID)?).ok()?;
        if number < self.worlds {
            return Some(match number {
                0 => "@world".to_owned(),
                _ => format!("@world_{number}"),
            });
        }
        number -= self.worlds;
        for role in &self.roles {
            if number < role.count {
                return Some(match role.alone && role.count == 1 {
                    true => role.name.to_owned(),
                    false => format!("{}_{}", role.name, number + 1),
                });
            }
            number -= role.count;
        }
        None
    }

    /// The name of an account, or the id where no account has it.
    pub fn name_or_id(&self, id: u128) -> String {
        self.name(id).unwrap_or_else(|| id.to_string())
    }

    /// Creates all accounts and issues their coins. Stops early when the run is cancelled.
    pub(super) fn create_accounts(
        &self,
        context: &mut OperationContext<'_>,
    ) -> Result<(), LedgerError> {
        for number in 0..self.worlds {
            let id = Self::WORLD_ID + u128::from(number);
            create_account(context.writer(), id, codes::WORLD, AccountFlags::empty())?;
        }
        for (index, role) in self.roles.iter().enumerate() {
            let (code, flags) = match role.overdraft {
                true => (codes::OVERDRAFT, AccountFlags::empty()),
                false => (codes::HOLDER, AccountFlags::DEBITS_MUST_NOT_EXCEED_CREDITS),
            };
            for id in self.ids(index) {
                create_account(context.writer(), id, code, flags)?;
                if context.issue(id, role.coins, codes::ISSUE)?.is_interruption() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

fn create_account(
    writer: &mut Writer,
    id: u128,
    code: u16,
    flags: AccountFlags,
) -> Result<(), LedgerError> {
    let account = Account { id, ledger: codes::COINS, code, flags, ..Account::default() };
    let outcome = writer.create_account(&account)?;
    assert_eq!(outcome.status, CreateAccountStatus::Created, "the ledger is new and the id unused");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(layout: &AccountLayout, ids: std::ops::Range<u128>) -> Vec<String> {
        ids.map(|id| layout.name(id).unwrap_or_else(|| "none".to_owned())).collect()
    }

    #[test]
    fn ids_and_names_follow_the_roles() {
        let layout =
            AccountLayout::new(vec![Role::new("exchange", 2, 5), Role::new("trader", 3, 5)]);
        assert_eq!(layout.account_count(), 6);
        assert_eq!(names(&layout, 0..4), ["none", "@world", "exchange_1", "exchange_2"]);
        assert_eq!(names(&layout, 4..8), ["trader_1", "trader_2", "trader_3", "none"]);
        assert_eq!(layout.name(layout.id(1, 2)).as_deref(), Some("trader_3"));
        assert_eq!((layout.world(0), layout.world(7)), (1, 1), "all workers share one");
    }

    #[test]
    fn each_worker_has_its_own_world_account() {
        let layout = AccountLayout::with_worlds(
            2,
            vec![Role::single("bank", 5), Role::new("customer", 1, 5)],
        );
        assert_eq!(names(&layout, 1..4), ["@world", "@world_1", "@world_2"]);
        assert_eq!(names(&layout, 4..7), ["bank", "customer_1", "none"]);
        assert_eq!((layout.world(0), layout.world(1), layout.id(0, 0)), (2, 3, 4));
        let worlds: Vec<_> = (0..6).filter(|id| layout.is_world(*id)).collect();
        assert_eq!(worlds, [1, 2, 3]);
    }
}
