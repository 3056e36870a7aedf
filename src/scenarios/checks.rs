//! The checks that follow every run.

use super::{Check, CheckInput, CheckValue};

/// Computes the checks. `progress` receives the number of entries that serial replay has processed.
pub(super) fn compute(input: &CheckInput<'_>, progress: impl FnMut(u64)) -> Vec<Check> {
    vec![conservation(input), limits(input), entries(input), replay(input, progress)]
}

/// Checks that all accounts together hold the issued coins, which equal what the `@world` accounts owe.
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
    // What the setup issued, and what the workers issued and withdrew since.
    let issued = input.issued + input.tally.issued;
    let passed = held == Some(issued) && owed == held && debits == credits && debits.is_some();
    let overflow = || CheckValue::Text("an overflow of 128 bits".to_owned());
    Check::new(
        [
            "conservation",
            "Conservation",
            "The coins in all accounts should equal the coins issued, and all debits should equal all credits.",
        ],
        [CheckValue::signed(issued), held.map_or_else(overflow, CheckValue::signed)],
        (accounts, "accounts"),
        passed,
    )
}

/// Checks that no account has spent more than it had.
fn limits(input: &CheckInput<'_>) -> Check {
    let (mut accounts, mut below) = (0, 0_i128);
    for account in input.ledger.accounts() {
        accounts += 1;
        below += i128::from(!account.is_within_limits());
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

/// Checks that every attempt has one entry.
fn entries(input: &CheckInput<'_>) -> Check {
    let expected = input.setup_entries + input.tally.attempts();
    let found = input.entries;
    Check::equal(
        [
            "one_entry_per_attempt",
            "One entry per attempt",
            "The number of trail entries should equal the number of attempts counted by the setup and the workers.",
        ],
        expected.into(),
        found.into(),
        (found, "entries"),
    )
}

/// Checks that everything in the trail is on the disk.
#[cfg(all(feature = "store", any(feature = "reader", not(target_family = "wasm"))))]
pub(super) fn stored(store: &crate::store::Store) -> Check {
    let mark = store.mark();
    // If it fails, less is on the disk, which is the result.
    let _ = store.wait_unless_stalled(&mark);
    let (expected, found) = (mark.records(), store.synced_records());
    Check::equal(
        [
            "stored",
            "Stored",
            "The records of the trail that the store reports as on the disk should be all of them.",
        ],
        expected.into(),
        found.into(),
        (expected, "records"),
    )
}

/// Checks that the run was equivalent to a serial one.
fn replay(input: &CheckInput<'_>, mut progress: impl FnMut(u64)) -> Check {
    let mut replayed = 0;
    let result = input.ledger.verify_with(input.ended_ns, |entries| {
        replayed = entries;
        progress(entries);
    });
    let (found, examined, passed) = match result {
        Ok(entries) => (CheckValue::Text("identical".to_owned()), entries, true),
        Err(divergence) => (CheckValue::Text(divergence.to_string()), replayed, false),
    };
    Check::new(
        [
            "replay",
            "Serial replay",
            "Every entry is decided again, one by one in order of timestamps. Statuses and final balances must be the same.",
        ],
        [CheckValue::Text("identical".to_owned()), found],
        (examined, "entries replayed"),
        passed && examined == input.entries,
    )
}
