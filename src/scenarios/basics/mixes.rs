//! The six mixes, after GoLedger's tests of the same names.
//!
//! GoLedger's calls have no deadline, and its tests know the final balances. So these presets have a long
//! deadline.

use super::scenario::{Basics, PARAMETERS};
use super::workload::Account::{First, Second};
use super::workload::Step::{Deposit, Read, ReadAny, ReadBoth, Transfer, TransferAny, Withdraw};
use crate::scenarios::{Description, Preset};

/// The values of a preset with GoLedger's numbers.
const fn goledger_values(
    accounts: u64,
    operations: u64,
    first_coins: u64,
    second_coins: u64,
) -> [(&'static str, u64); 6] {
    [
        ("accounts", accounts),
        ("operations", operations),
        ("first_coins", first_coins),
        ("second_coins", second_coins),
        ("deadline_ms", 60_000),
        ("trail_mib", 64),
    ]
}

/// Concurrent deposits.
pub(in crate::scenarios) static DEPOSITS: Basics = Basics {
    description: &Description {
        name: "deposits",
        title: "Deposits",
        description: "All workers deposit into the same accounts at once. No deposit is lost.",
        parameters: PARAMETERS,
        presets: &[
            Preset::scale("Two million deposits into a thousand accounts.", &[]),
            Preset::goledger(
                "An account of 100 coins and three deposits of 10 at once: 130 coins.",
                &goledger_values(2, 3, 100, 0),
            ),
        ],
        events: &[],
    },
    mix: &[Deposit(First, 10)],
};

/// Concurrent deposits and withdrawals.
pub(in crate::scenarios) static MIXED: Basics = Basics {
    description: &Description {
        name: "mixed",
        title: "Deposits and withdrawals",
        description: "Deposits and withdrawals on the same accounts at once. A withdrawal of more than the balance is refused.",
        parameters: PARAMETERS,
        presets: &[
            Preset::scale("Two million deposits and withdrawals on a thousand accounts.", &[]),
            Preset::goledger(
                "An account of 200 coins, three deposits of 20 and two withdrawals of 30 at once: 200 coins.",
                &goledger_values(2, 5, 200, 0),
            ),
        ],
        events: &[],
    },
    mix: &[
        Deposit(First, 20),
        Withdraw(First, 30),
        Deposit(First, 20),
        Withdraw(First, 30),
        Deposit(First, 20),
    ],
};

/// Concurrent transfers in both directions.
pub(in crate::scenarios) static TRANSFERS: Basics = Basics {
    description: &Description {
        name: "transfers",
        title: "Transfers",
        description: "Pairs of accounts pay each other in both directions at once. Each pair keeps its total.",
        parameters: PARAMETERS,
        presets: &[
            Preset::scale("Two million transfers in five hundred pairs of accounts.", &[]),
            Preset::goledger(
                "Accounts of 300 and 200 coins, two transfers of 50 one way and two of 25 back at once: 250 coins each.",
                &goledger_values(2, 4, 300, 200),
            ),
        ],
        events: &[],
    },
    mix: &[Transfer(First, 50), Transfer(Second, 25), Transfer(First, 50), Transfer(Second, 25)],
};

/// Concurrent readers and writers.
pub(in crate::scenarios) static READERS: Basics = Basics {
    description: &Description {
        name: "readers",
        title: "Readers and writers",
        description: "Workers read balances while others change them. No reader waits, and none sees a balance that never existed.",
        parameters: PARAMETERS,
        presets: &[
            Preset::scale("Two million reads and writes on a thousand accounts.", &[]),
            Preset::goledger(
                "Two accounts of 150 coins, four writes and five reads of both at once: 140 and 190 coins.",
                &goledger_values(2, 9, 150, 150),
            ),
        ],
        events: &[],
    },
    mix: &[
        Deposit(First, 25),
        ReadBoth,
        Withdraw(First, 20),
        ReadBoth,
        Transfer(First, 40),
        ReadBoth,
        Deposit(First, 25),
        ReadBoth,
        ReadBoth,
    ],
};

/// All kinds of operation in turn.
pub(in crate::scenarios) static PERFORMANCE: Basics = Basics {
    description: &Description {
        name: "performance",
        title: "Basic performance",
        description: "A deposit, a withdrawal, a transfer and a read in turn: the simplest benchmark.",
        parameters: PARAMETERS,
        presets: &[
            Preset::scale("Two million operations on a thousand accounts.", &[]),
            Preset::goledger(
                "Two accounts of 1,000 coins and forty operations: 2,000 coins in total.",
                &goledger_values(2, 40, 1_000, 1_000),
            ),
        ],
        events: &[],
    },
    mix: &[Deposit(First, 1), Withdraw(Second, 1), Transfer(First, 2), Read(First)],
};

/// Many reads, few transfers.
pub(in crate::scenarios) static HIGH_VOLUME: Basics = Basics {
    description: &Description {
        name: "high-volume",
        title: "High volume",
        description: "Four reads for each transfer, on random accounts.",
        parameters: PARAMETERS,
        presets: &[
            Preset::scale("Two million operations on a thousand accounts.", &[]),
            Preset::goledger(
                "Five accounts of 1,000 coins, eighty reads and twenty transfers at once: 5,000 coins in total.",
                &goledger_values(5, 100, 1_000, 1_000),
            ),
        ],
        events: &[],
    },
    mix: &[ReadAny, ReadAny, TransferAny(10), ReadAny, ReadAny],
};
