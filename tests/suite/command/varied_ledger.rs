//! A ledger in a folder with something of everything: for the tools that must lose nothing of it.

use std::sync::Arc;

use ledgerlab::ledger::LedgerConfig;
use ledgerlab::model::UserData;
use ledgerlab::{Account, AccountFlags, Ledger, Transfer, TransferFlags};

const SECOND_NS: u64 = 1_000_000_000;

/// The time at which it begins: 2023-11-14T22:13:20Z.
pub(super) const BEGIN_NS: u64 = 1_700_000_000 * SECOND_NS;

/// The config of a ledger with this many writers.
pub(super) fn config(writers: usize) -> LedgerConfig {
    LedgerConfig { writers, trail_bytes: 64 << 20, ..LedgerConfig::default() }
}

fn user_data(user_data_128: u128) -> UserData {
    UserData { user_data_128, user_data_64: 6, ..UserData::default() }
}

/// Makes a ledger of three writers, of which the last one writes nothing, and closes its store.
pub(super) fn create(path: &str) -> Arc<Ledger> {
    let ledger = Ledger::open_with(path, &config(3)).expect("it is new");
    let mut writers: Vec<_> = (0..2).map(|_| ledger.writer().expect("it is free")).collect();
    writers.iter_mut().for_each(|writer| writer.set_time(BEGIN_NS).expect("nothing expires"));
    let limited = AccountFlags::DEBITS_MUST_NOT_EXCEED_CREDITS;
    let accounts = [
        Account::new(1, 1, 1),
        Account { user_data: user_data(u128::MAX), ..Account::new(2, 1, 7) },
        Account::new(3, 1, 1).with_flags(limited),
        Account::new(4, 1, 1).with_flags(AccountFlags::HISTORY),
        // Refused: it exists with another code.
        Account::new(1, 1, 2),
    ];
    writers[0].create_accounts(&accounts).expect("there is room");
    for round in 0..40_u64 {
        let id = 1_000 + 20 * u128::from(round);
        let now = BEGIN_NS + round * SECOND_NS;
        let writer = &mut writers[(round % 2) as usize];
        writer.set_time(now).expect("there is room");
        let pending = Transfer { flags: TransferFlags::PENDING, ..Transfer::new(1, 2, 9) };
        let linked = |transfer: Transfer| Transfer { flags: TransferFlags::LINKED, ..transfer };
        let balancing = TransferFlags::BALANCING_DEBIT;
        let batch = [
            Transfer::new(1, 2, u128::from(round)),
            Transfer { user_data: user_data(5), ..Transfer::new(2, 4, 3).with_id(id) },
            // One that stays pending, one that expires, one that is posted in part and one that is voided.
            pending.with_id(id + 1),
            Transfer { timeout: 3, ..pending.with_id(id + 2) },
            pending.with_id(id + 3),
            Transfer::post(id + 3).with_amount(4).with_id(id + 4),
            Transfer { timeout: 1_000_000, ..pending.with_id(id + 5) },
            Transfer::void(id + 5).with_id(id + 6),
            // Refused: the account has no credits at first, and the id is used.
            Transfer::new(3, 1, 1_000).with_id(id + 7),
            Transfer::new(1, 2, 1).with_id(id),
            linked(Transfer::new(1, 2, 1).with_id(id + 8)),
            linked(Transfer::new(1, 99, 1).with_id(id + 9)),
            Transfer::new(1, 2, 1).with_id(id + 10),
            linked(Transfer::new(2, 1, 1).with_id(id + 11)),
            Transfer::new(1, 3, 1).with_id(id + 12),
            Transfer { flags: balancing, ..Transfer::new(3, 1, u128::MAX).with_id(id + 13) },
            // It stays pending to the end, with a timeout.
            Transfer { timeout: 100_000, ..pending.with_id(id + 14) },
        ];
        writer.create_transfers(&batch).expect("there is room");
    }
    ledger.store().expect("it has one").close().expect("the disk works");
    ledger
}
