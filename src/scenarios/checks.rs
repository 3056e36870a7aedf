//! What is looked at after every run, whatever ended it.

use super::findings::Evidence;
use super::report::{Check, Figure};

/// Computes what is checked of every run. `progress` is told how many entries the referee has replayed.
pub(super) fn compute(evidence: &Evidence<'_>, progress: impl FnMut(u64)) -> Vec<Check> {
    vec![conservation(evidence), limits(evidence), entries(evidence), referee(evidence, progress)]
}

/// Money in all accounts is the money that was issued, and what `@world` owes is the same.
fn conservation(evidence: &Evidence<'_>) -> Check {
    let (mut debits, mut credits) = (Some(0_u128), Some(0_u128));
    let (mut held, mut owed, mut accounts) = (Some(0_i128), Some(0_i128), 0);
    let add = |sum: Option<i128>, balance: Option<i128>| sum?.checked_add(balance?);
    for account in evidence.book.accounts() {
        debits = debits.and_then(|sum| sum.checked_add(account.debits_posted));
        credits = credits.and_then(|sum| sum.checked_add(account.credits_posted));
        match evidence.cast.is_world(account.id) {
            true => owed = add(owed, account.balance().map(|balance| -balance)),
            false => held = add(held, account.balance()),
        }
        accounts += 1;
    }
    // What the set-up gave out, and what the workers saw come and go since.
    let issued = evidence.issued + evidence.tally.issued();
    let passed = held == Some(issued) && owed == held && debits == credits && debits.is_some();
    Check {
        name: "conservation",
        title: "Conservation",
        sentence: "Coins in all accounts, against the coins that came from outside; all debits equal all credits.",
        expected: Figure::signed(issued),
        found: held
            .map_or_else(|| Figure::Text("more than can be counted".to_owned()), Figure::signed),
        looked_at: accounts,
        unit: "accounts",
        passed,
    }
}

/// No account has spent more than it had.
fn limits(evidence: &Evidence<'_>) -> Check {
    let (mut accounts, mut below) = (0, 0_i128);
    for account in evidence.book.accounts() {
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
fn entries(evidence: &Evidence<'_>) -> Check {
    let expected = evidence.setup_entries + evidence.tally.attempts();
    let found = evidence.entries;
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
fn referee(evidence: &Evidence<'_>, mut progress: impl FnMut(u64)) -> Check {
    let mut replayed = 0;
    let verdict = evidence.book.judge(evidence.ended_ns, |entries| {
        replayed = entries;
        progress(entries);
    });
    let (found, looked_at, passed) = match verdict {
        Ok(entries) => (Figure::Text("identical".to_owned()), entries, true),
        Err(divergence) => (Figure::Text(divergence.to_string()), replayed, false),
    };
    Check {
        name: "referee",
        title: "Referee: equal to a serial run",
        sentence: "Every entry decided again, one by one in order of timestamps, and the balances at the end.",
        expected: Figure::Text("identical".to_owned()),
        found,
        looked_at,
        unit: "entries replayed",
        passed: passed && looked_at == evidence.entries,
    }
}
