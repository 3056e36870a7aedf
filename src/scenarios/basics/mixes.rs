//! The six mixes, after GoLedger's tests of the same names.
//!
//! With its numbers nothing may be late, because the balances at the end are known: its own calls have no deadline.

use super::Step::{Deposit, Read, ReadAny, ReadBoth, Transfer, TransferAny, Withdraw};
use super::Who::{First, Second};
use super::{Basics, PARAMETERS};
use crate::scenarios::{Description, Preset};

/// Deposits at once.
pub(in crate::scenarios) static DEPOSITS: Basics = Basics {
    description: &Description {
        name: "deposits",
        title: "Deposits",
        description: "All workers deposit into the same accounts at once; not one deposit is lost.",
        parameters: PARAMETERS,
        presets: &[
            Preset::scale("Two million deposits into a thousand accounts, on all processors.", &[]),
            Preset::goledger(
                "100 coins and three deposits of 10 at once: 130.",
                &[
                    ("accounts", 2),
                    ("operations", 3),
                    ("first_coins", 100),
                    ("second_coins", 0),
                    ("deadline_ms", 60_000),
                    ("trail_mib", 64),
                ],
            ),
        ],
        events: &[],
    },
    mix: &[Deposit(First, 10)],
};

/// Deposits and withdrawals at once.
pub(in crate::scenarios) static MIXED: Basics = Basics {
    description: &Description {
        name: "mixed",
        title: "Deposits and withdrawals",
        description: "Deposits and withdrawals on the same accounts at once; who has too little is refused.",
        parameters: PARAMETERS,
        presets: &[
            Preset::scale(
                "Two million deposits and withdrawals on a thousand accounts, on all processors.",
                &[],
            ),
            Preset::goledger(
                "200 coins, three deposits of 20 and two withdrawals of 30 at once: 200.",
                &[
                    ("accounts", 2),
                    ("operations", 5),
                    ("first_coins", 200),
                    ("second_coins", 0),
                    ("deadline_ms", 60_000),
                    ("trail_mib", 64),
                ],
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

/// Transfers both ways at once.
pub(in crate::scenarios) static TRANSFERS: Basics = Basics {
    description: &Description {
        name: "transfers",
        title: "Transfers",
        description: "Pairs of accounts pay each other, both ways at once; what the one has lost the other has.",
        parameters: PARAMETERS,
        presets: &[
            Preset::scale(
                "Two million transfers between the accounts of five hundred pairs, on all processors.",
                &[],
            ),
            Preset::goledger(
                "300 and 200 coins, two transfers of 50 one way and two of 25 back at once: 250 and 250.",
                &[
                    ("accounts", 2),
                    ("operations", 4),
                    ("first_coins", 300),
                    ("second_coins", 200),
                    ("deadline_ms", 60_000),
                    ("trail_mib", 64),
                ],
            ),
        ],
        events: &[],
    },
    mix: &[Transfer(First, 50), Transfer(Second, 25), Transfer(First, 50), Transfer(Second, 25)],
};

/// Readers beside writers.
pub(in crate::scenarios) static READERS: Basics = Basics {
    description: &Description {
        name: "readers",
        title: "Readers beside writers",
        description: "Some workers read balances while others change them; no reader waits, none sees what never was.",
        parameters: PARAMETERS,
        presets: &[
            Preset::scale(
                "Two million reads and writes on a thousand accounts, on all processors.",
                &[],
            ),
            Preset::goledger(
                "150 coins each, four writers and five readers of both at once: 140 and 190.",
                &[
                    ("accounts", 2),
                    ("operations", 9),
                    ("first_coins", 150),
                    ("second_coins", 150),
                    ("deadline_ms", 60_000),
                    ("trail_mib", 64),
                ],
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

/// Forty operations of all kinds.
pub(in crate::scenarios) static PERFORMANCE: Basics = Basics {
    description: &Description {
        name: "performance",
        title: "Basic performance",
        description: "A deposit, a withdrawal, a transfer and a read in turn; the simplest measure of the whole.",
        parameters: PARAMETERS,
        presets: &[
            Preset::scale("Two million operations on a thousand accounts, on all processors.", &[]),
            Preset::goledger(
                "Two accounts of 1,000 coins and forty operations: 2,000 in all.",
                &[("accounts", 2), ("operations", 40), ("deadline_ms", 60_000), ("trail_mib", 64)],
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
        description: "Four reads for each transfer, on accounts that are chosen at random.",
        parameters: PARAMETERS,
        presets: &[
            Preset::scale("Two million operations on a thousand accounts, on all processors.", &[]),
            Preset::goledger(
                "Five accounts of 1,000 coins, eighty reads and twenty transfers at once: 5,000 in all.",
                &[("accounts", 5), ("operations", 100), ("deadline_ms", 60_000), ("trail_mib", 64)],
            ),
        ],
        events: &[],
    },
    mix: &[ReadAny, ReadAny, TransferAny(10), ReadAny, ReadAny],
};
