//! Ledgers that were stored by each released version of the format, which must open.

use std::fs;
use std::path::{Path, PathBuf};

use ledgerlab::store::FORMAT_VERSION;
use ledgerlab::{
    Account, AccountFlags, CreateTransferStatus, Ledger, LedgerConfig, Transfer, TransferFlags,
};

use crate::common::program::Folder;

fn stored(version: u32) -> PathBuf {
    let folder = format!("tests/suite/common/stored_ledgers/version-{version}");
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
}

fn config() -> LedgerConfig {
    LedgerConfig { writers: 2, trail_bytes: 8 << 20, ..LedgerConfig::default() }
}

/// Writes the ledger of the current version. The folder of a released version never changes.
#[test]
#[ignore = "it writes the folder that the other test reads"]
fn write_the_ledger_of_this_version() {
    let folder = stored(FORMAT_VERSION);
    assert!(!folder.exists(), "a released version never changes: {}", folder.display());
    let ledger = Ledger::open_with(&folder, &config()).expect("it is new");
    let mut writers = [ledger.writer().expect("free"), ledger.writer().expect("free")];
    writers[0].set_time(1_000_000_000).expect("nothing is due");
    let limited = Account::new(2, 1, 1).with_flags(AccountFlags::DEBITS_MUST_NOT_EXCEED_CREDITS);
    writers[0].create_accounts(&[Account::new(1, 1, 1), limited]).expect("there is room");
    let hold = Transfer::new(2, 1, 40).with_id(12).pending(60);
    let chain = [Transfer::new(1, 2, 7).with_id(13).linked(), Transfer::new(2, 1, 3).with_id(14)];
    writers[1].create_transfer(&Transfer::new(1, 2, 100).with_id(11)).expect("there is room");
    writers[0].create_transfer(&hold).expect("there is room");
    writers[1].create_transfers(&chain).expect("there is room");
    let balancing =
        Transfer::new(2, 1, 1_000).with_id(15).with_flags(TransferFlags::BALANCING_DEBIT);
    writers[0].create_transfer(&balancing).expect("there is room");
    writers[1].create_transfer(&Transfer::new(2, 1, 1)).expect("there is room");
    writers[1].create_transfer(&Transfer::void(12).with_id(16)).expect("there is room");
    writers[0].create_transfer(&hold.with_id(17).with_amount(5)).expect("there is room");
}

#[test]
fn ledger_of_every_released_version_opens() {
    for version in 1..=FORMAT_VERSION {
        let copy = Folder::new(&format!("stored-version-{version}"));
        for file in fs::read_dir(stored(version)).expect("it is part of the repository") {
            let file = file.expect("it can be read");
            let name = file.file_name().into_string().expect("it is text");
            fs::copy(file.path(), copy.file(&name)).expect("there is space");
        }
        let ledger = Ledger::open_with(copy.file("."), &config()).expect("every version opens");
        assert_eq!(ledger.verify().expect("serial replay agrees"), 10, "version {version}");
        let accounts = ledger.lookup_accounts(&[1, 2]);
        // 100 + 7 - 3 - 64 (balanced beside a hold of 40), and the hold was voided.
        assert_eq!((accounts[1].credits_posted, accounts[1].debits_posted), (107, 67));
        assert_eq!((accounts[1].debits_pending, accounts[0].credits_pending), (5, 5));
        let mut writer = ledger.writer().expect("it is free");
        let again = writer.create_transfer(&Transfer::new(1, 2, 100).with_id(11));
        assert_eq!(again.expect("there is room").status, CreateTransferStatus::Exists);
        // The hold of 60 s expires in its time.
        writer.set_time(62_000_000_000).expect("there is room");
        assert_eq!(ledger.lookup_accounts(&[2])[0].debits_pending, 0);
    }
}
