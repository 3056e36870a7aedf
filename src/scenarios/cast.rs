//! The accounts of a scenario: who takes part, under which id and name, with how much.

use super::Desk;
use crate::book::{BookError, Writer};
use crate::model::{Account, AccountFlags, CreateAccountStatus, Transfer};

/// The currency of all scenarios: GoLedger's coins.
pub const COINS: u32 = 1;

/// Kinds of account and of transfer.
pub mod codes {
    /// The account from which all money comes; the only one that may owe.
    pub const WORLD: u16 = 1;
    /// An account that can only spend what it has.
    pub const HOLDER: u16 = 2;
    /// A transfer of money to an account at the start.
    pub const ISSUE: u16 = 1;
    /// A trader buys: money goes to the exchange.
    pub const BUY: u16 = 2;
    /// A trader sells: money comes from the exchange.
    pub const SELL: u16 = 3;
}

/// One kind of account in a scenario.
#[derive(Clone, Copy, Debug)]
pub struct Role {
    /// What its accounts are called, before the number: `trader` makes `trader_1`.
    pub name: &'static str,
    /// How many there are.
    pub count: u64,
    /// Coins that each is given at the start.
    pub coins: u64,
}

/// All accounts of a scenario: `@world`, from which all money comes, and the roles after it, numbered through.
#[derive(Clone, Debug)]
pub struct Cast {
    roles: Vec<Role>,
}

impl Cast {
    /// The id of `@world`.
    pub const WORLD_ID: u128 = 1;

    /// `@world`, and these.
    pub fn new(roles: Vec<Role>) -> Self {
        Self { roles }
    }

    /// How many accounts there are, `@world` among them.
    pub fn size(&self) -> u64 {
        1 + self.roles.iter().map(|role| role.count).sum::<u64>()
    }

    /// The id of account `number` (from 0) of the role at `place`.
    pub fn id(&self, place: usize, number: u64) -> u128 {
        let before: u64 = self.roles[..place].iter().map(|role| role.count).sum();
        Self::WORLD_ID + 1 + u128::from(before) + u128::from(number)
    }

    /// What people call the account of this id.
    pub fn name(&self, id: u128) -> Option<String> {
        if id == Self::WORLD_ID {
            return Some("@world".to_owned());
        }
        let mut number = u64::try_from(id.checked_sub(Self::WORLD_ID + 1)?).ok()?;
        for role in &self.roles {
            if number < role.count {
                return Some(format!("{}_{}", role.name, number + 1));
            }
            number -= role.count;
        }
        None
    }

    /// Opens all accounts and gives out the coins. Once the run is cancelled it stops.
    ///
    /// The coins that were given out.
    pub(super) fn open(&self, desk: &mut Desk<'_>) -> Result<u128, BookError> {
        open_account(desk.writer(), Self::WORLD_ID, codes::WORLD, AccountFlags::empty())?;
        let mut issued = 0;
        for (place, role) in self.roles.iter().enumerate() {
            for number in 0..role.count {
                let id = self.id(place, number);
                let flags = AccountFlags::DEBITS_MUST_NOT_EXCEED_CREDITS;
                open_account(desk.writer(), id, codes::HOLDER, flags)?;
                let status = desk.transfer(&Transfer {
                    debit_account_id: Self::WORLD_ID,
                    credit_account_id: id,
                    amount: role.coins.into(),
                    ledger: COINS,
                    code: codes::ISSUE,
                    ..Transfer::default()
                })?;
                if status.is_interruption() {
                    return Ok(issued);
                }
                issued += u128::from(role.coins);
            }
        }
        Ok(issued)
    }
}

fn open_account(
    writer: &mut Writer,
    id: u128,
    code: u16,
    flags: AccountFlags,
) -> Result<(), BookError> {
    let account = Account { id, ledger: COINS, code, flags, ..Account::default() };
    let outcome = writer.create_account(&account)?;
    assert_eq!(
        outcome.status,
        CreateAccountStatus::Created,
        "the book was empty, ids are distinct"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_names_follow_the_roles() {
        let role = |name, count| Role { name, count, coins: 5 };
        let cast = Cast::new(vec![role("exchange", 2), role("trader", 3)]);
        assert_eq!(cast.size(), 6);
        let names: Vec<_> = (0..8).map(|id| cast.name(id)).collect();
        let name = |text: &str| Some(text.to_owned());
        assert_eq!(names[..3], [None, name("@world"), name("exchange_1")]);
        assert_eq!(names[3..6], [name("exchange_2"), name("trader_1"), name("trader_2")]);
        assert_eq!(names[6..], [name("trader_3"), None]);
        assert_eq!(cast.name(cast.id(1, 2)), name("trader_3"));
    }
}
