//! What is looked at after every run, whatever ended it.

use super::check_results::CheckInput;
use super::report::{Check, CheckValue};

/// Computes what is checked of every run. `progress` is told how many entries serial replay has replayed.
pub(super) fn compute(input: &CheckInput<'_>, progress: impl FnMut(u64)) -> Vec<Check> {
    vec![conservation(input), limits(input), entries(input), replay(input, progress)]
}

/// Money in all accounts is the money that was issued, and what `@world` owes is the same.
fn conservation(input: &CheckInput<'_>) -> Check {
    let (mut debits, mut credits) = (Some(0_u128), Some(0_u128));
    let (mut held, mut owed, mut accounts) = (Some(0_i128), Some(0_i128), 0);
    let add = |sum: Option<i128>, balance: Option<i128>| sum?.checked_add(balance?);
    for account in input.ledger.accounts() {
        debits = debits.and_then(|sum| sum.checked_add(account.debits_posted));
        credits = credits.and_then(|sum| sum.checked_add(account.credits_posted));
        match input.layout.is_world(account.id) {
            true => owed = add(owed, account.balance().map(|balance| -balance)),
            false => held = add(held, account.balance()),
        }
        accounts += 1;
    }
    // What the set-up gave out, and what the workers saw come and go since.
    let issued = input.issued + input.tally.issued();
    let passed = held == Some(issued) && owed == held && debits == credits && debits.is_some();
    let too_many = || CheckValue::Text("more than can be counted".to_owned());
    let found = held.map_or_else(too_many, CheckValue::signed);
    Check::new(
        [
            "conservation",
            "Conservation",
            "Coins in all accounts, against the coins that came from outside; all debits equal all credits.",
        ],
        [CheckValue::signed(issued), found],
        (accounts, "accounts"),
        passed,
    )
}

/// No account has spent more than it had.
fn limits(input: &CheckInput<'_>) -> Check {
    let (mut accounts, mut below) = (0, 0_i128);
    for account in input.ledger.accounts() {
        accounts += 1;
        below += i128::from(!account.keeps_its_limits());
    }
    Check::equal(
        [
            "no_account_below_its_limit",
            "No account below its limit",
            "Accounts that have spent more than they had.",
        ],
        0,
        below,
        (accounts, "accounts"),
    )
}

/// One attempt, one entry.
fn entries(input: &CheckInput<'_>) -> Check {
    let expected = input.setup_entries + input.tally.attempts();
    let found = input.entries;
    Check::equal(
        [
            "one_entry_per_attempt",
            "One entry per attempt",
            "Entries in the trail, against the attempts that the set-up and the workers counted.",
        ],
        expected.into(),
        found.into(),
        (found, "entries"),
    )
}

/// The run was equal to a serial one.
fn replay(input: &CheckInput<'_>, mut progress: impl FnMut(u64)) -> Check {
    let mut replayed = 0;
    let verdict = input.ledger.verify(input.ended_ns, |entries| {
        replayed = entries;
        progress(entries);
    });
    let (found, examined, passed) = match verdict {
        Ok(entries) => (CheckValue::Text("identical".to_owned()), entries, true),
        Err(divergence) => (CheckValue::Text(divergence.to_string()), replayed, false),
    };
    Check::new(
        [
            "replay",
            "Replay: equal to a serial run",
            "RequestService entry decided again, one by one in order of timestamps, and the balances at the end.",
        ],
        [CheckValue::Text("identical".to_owned()), found],
        (examined, "entries replayed"),
        passed && examined == input.entries,
    )
}
