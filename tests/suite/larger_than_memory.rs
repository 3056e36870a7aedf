//! Stored ledgers whose trails are larger than the memory for them.
#![cfg(target_os = "linux")]

use std::sync::Arc;
use std::time::Duration;

use ledgerlab::ledger::{BATCH_MAX, LedgerError};
use ledgerlab::model::{AccountFilter, AccountFilterFlags, AccountState, Period};
use ledgerlab::trail::{CHUNK_ENTRIES, ENTRY_BYTES, replay};
use ledgerlab::{
    Account, AccountFlags, CreateTransferStatus, Ledger, LedgerConfig, Transfer, Writer,
};

use crate::common::program::Folder;

/// The least memory of two writers: 5 MiB.
const WINDOW_BYTES: u64 = 10 * CHUNK_ENTRIES * ENTRY_BYTES;
const ACCOUNTS: u128 = 16;
const PENDING: u128 = 1_000;

fn open(folder: &Folder) -> Arc<Ledger> {
    let config = LedgerConfig { writers: 2, trail_bytes: WINDOW_BYTES, ..LedgerConfig::default() };
    Ledger::open_with(folder.file("ledger"), &config).expect("it is a ledger, or new")
}

fn prepared(folder: &Folder) -> (Arc<Ledger>, Writer) {
    let ledger = open(folder);
    let mut writer = ledger.writer().expect("it is free");
    writer.set_deferred(true);
    let accounts: Vec<Account> =
        (1..=ACCOUNTS).map(|id| Account::new(id, 1, 1).with_flags(AccountFlags::HISTORY)).collect();
    writer.create_accounts(&accounts).expect("there is room");
    (ledger, writer)
}

/// The transfer of a number. Account 1 has every sixteenth.
fn transfer(number: u128) -> Transfer {
    let debit = number % ACCOUNTS + 1;
    Transfer::new(debit, debit % ACCOUNTS + 1, number % 1_000 + 1).with_id(number << 32 | 7)
}

fn create(
    writer: &mut Writer,
    transfers: impl Iterator<Item = Transfer>,
    expected: CreateTransferStatus,
) {
    let transfers: Vec<Transfer> = transfers.collect();
    for batch in transfers.chunks(BATCH_MAX) {
        for outcome in writer.create_transfers(batch).expect("the disk has space") {
            assert_eq!(outcome.status, expected);
        }
    }
}

fn resident(ledger: &Ledger) -> u64 {
    ledger.trail().used_bytes() - ledger.trail().spilled_bytes()
}

/// What readers find of a ledger.
#[derive(Debug, PartialEq)]
struct Found {
    accounts: Vec<AccountState>,
    /// The newest transfers of account 1, newest first.
    newest: Vec<Transfer>,
    /// Those before the middle, newest first, and those after it, oldest first.
    middle: [Vec<Transfer>; 2],
    first: Vec<Transfer>,
    entries: u64,
}

fn found(ledger: &Ledger, middle: u64) -> Found {
    let history = |flags, timestamp_min, timestamp_max| {
        ledger.get_account_transfers(&AccountFilter {
            account_id: 1,
            limit: 500,
            period: Period { timestamp_min, timestamp_max },
            flags: AccountFilterFlags::DEBITS | flags,
            ..AccountFilter::default()
        })
    };
    Found {
        accounts: ledger.accounts().collect(),
        newest: history(AccountFilterFlags::REVERSED, 0, 0),
        middle: [
            history(AccountFilterFlags::REVERSED, 0, middle),
            history(AccountFilterFlags::default(), middle, 0),
        ],
        first: ledger
            .lookup_transfers(&(0..100).map(|number| transfer(number).id).collect::<Vec<_>>()),
        entries: ledger.trail().entries(),
    }
}

#[test]
fn ledger_of_twenty_windows_is_as_any_other_and_opens_again() {
    let folder = Folder::new("larger-than-memory");
    let (ledger, mut writer) = prepared(&folder);
    let pending = |number: u128| Transfer::new(3, 4, 10).with_id(number << 64 | 1).pending(0);
    create(&mut writer, (1..=PENDING).map(pending), CreateTransferStatus::Created);
    let count = u128::from(20 * WINDOW_BYTES / ENTRY_BYTES);
    create(&mut writer, (0..count).map(transfer), CreateTransferStatus::Created);
    let spilled = ledger.trail().spilled_bytes();
    assert!(spilled >= 19 * WINDOW_BYTES && resident(&ledger) <= WINDOW_BYTES, "{spilled}");

    // What is on the disk is still used: duplicates, and pending transfers that are resolved now.
    create(&mut writer, (0..10_000).map(transfer), CreateTransferStatus::Exists);
    let other = transfer(5).with_amount(9_999);
    create(&mut writer, [other].into_iter(), CreateTransferStatus::ExistsWithDifferentAmount);
    let resolve = |number: u128| {
        let id = number << 64 | 1;
        let resolving =
            if number.is_multiple_of(2) { Transfer::post(id) } else { Transfer::void(id) };
        resolving.with_id(number << 64 | 2)
    };
    create(&mut writer, (1..=PENDING).map(resolve), CreateTransferStatus::Created);
    let again = |number: u128| Transfer::post(number << 64 | 1).with_id(number << 64 | 3);
    create(
        &mut writer,
        (1..=PENDING).filter(|number| number.is_multiple_of(2)).map(again),
        CreateTransferStatus::PendingTransferAlreadyPosted,
    );

    let of_account_1: Vec<u128> = (0..count).filter(|number| number % ACCOUNTS == 0).collect();
    let ids = |transfers: &[Transfer]| transfers.iter().map(|one| one.id >> 32).collect::<Vec<_>>();
    let half = of_account_1.len() / 2;
    let middle = ledger.lookup_transfers(&[transfer(of_account_1[half]).id])[0].timestamp;
    let before = found(&ledger, middle);
    let newest: Vec<u128> = of_account_1.iter().rev().take(500).copied().collect();
    assert_eq!(ids(&before.newest), newest);
    let until: Vec<u128> = of_account_1[..=half].iter().rev().take(500).copied().collect();
    assert_eq!(ids(&before.middle[0]), until);
    assert_eq!(ids(&before.middle[1]), of_account_1[half..][..500]);
    assert_eq!(before.first.len(), 100);
    assert!(
        before.first.iter().zip(0..).all(|(found, number)| found.amount == transfer(number).amount)
    );
    replay::verify(ledger.trail(), ledger.accounts(), |_| {}).expect("a serial run is equal");

    // The file has no name, so nothing but the store is in the folder.
    let mut names: Vec<_> = std::fs::read_dir(folder.file("ledger"))
        .expect("it is there")
        .map(|entry| entry.expect("it is there").file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["00000001.log", "ledger.head", "ledger.lock"]);
    drop(writer);
    drop(ledger);

    let ledger = open(&folder);
    assert!(
        resident(&ledger) <= WINDOW_BYTES && ledger.trail().spilled_bytes() >= 19 * WINDOW_BYTES
    );
    assert_eq!(found(&ledger, middle), before);
    ledger.verify().expect("a serial run is equal");
    let mut writer = ledger.writer().expect("it is free");
    writer.set_deferred(true);
    create(&mut writer, (count - 100..count).map(transfer), CreateTransferStatus::Exists);
    create(&mut writer, (count..count + 50_000).map(transfer), CreateTransferStatus::Created);
    ledger.verify().expect("a serial run is equal");
}

#[test]
fn disk_that_takes_no_older_entries_refuses_by_name_and_recovers() {
    let folder = Folder::new("full-spill");
    let (ledger, mut writer) = prepared(&folder);
    ledger.trail().limit_spill_file(4 << 20);
    let mut number = 0;
    let error = loop {
        let batch: Vec<Transfer> = (number..number + 1_000).map(transfer).collect();
        match writer.create_transfers(&batch) {
            Ok(_) => number += 1_000,
            Err(error) => break error,
        }
    };
    let LedgerError::TrailFull(full) = error else { panic!("{error}") };
    assert_eq!(full.disk_error, Some(std::io::ErrorKind::StorageFull));
    assert!(error.to_string().contains("the disk does not take its older entries"), "{error}");
    assert!(ledger.trail_is_full());
    let health = ledger.health(0).components.trail;
    assert!(health.message.contains("the disk takes no more"), "{}", health.message);
    // Reads go on, and nothing of the batch was attempted.
    assert_eq!(ledger.lookup_transfers(&[transfer(3).id]).len(), 1);
    assert_eq!(ledger.lookup_transfers(&[transfer(number).id]), []);
    ledger.verify().expect("a serial run is equal");
    let batch: Vec<Transfer> = (number..number + 1_000).map(transfer).collect();
    assert_eq!(writer.create_transfers(&batch), Err(error), "the disk is still full");

    ledger.trail().limit_spill_file(u64::MAX);
    for _ in 0..1_000 {
        std::thread::sleep(Duration::from_millis(10));
        if !ledger.trail_is_full() {
            break;
        }
    }
    create(&mut writer, (number..number + 100_000).map(transfer), CreateTransferStatus::Created);
    let health = ledger.health(0).components.trail;
    assert_eq!(health.figures.spilled_bytes, ledger.trail().spilled_bytes());
    assert!(health.message.contains("of them on the disk"), "{}", health.message);
    ledger.verify().expect("a serial run is equal");
}

#[test]
fn memory_of_fewer_than_five_chunks_for_a_writer_is_refused() {
    let folder = Folder::new("small-window");
    let config =
        LedgerConfig { writers: 2, trail_bytes: WINDOW_BYTES - 1, ..LedgerConfig::default() };
    let refused = Ledger::open_with(folder.file("ledger"), &config).expect_err("it is too small");
    assert!(refused.to_string().contains("at least 5242880"), "{refused}");
}

/// A bit that flipped in the scratch file was read as it was, and nothing said so.
#[test]
fn scrubber_names_older_entries_that_the_disk_has_lost() {
    use std::os::unix::fs::FileExt;

    let folder = Folder::new("lost-spill");
    let (ledger, mut writer) = prepared(&folder);
    create(&mut writer, (0..50_000).map(transfer), CreateTransferStatus::Created);
    writer.sync().expect("the disk works");
    assert!(ledger.trail().spilled_bytes() > 0);
    let store = ledger.store().expect("it is stored");
    let files = ledgerlab::store::ReadOnlyFolder::new(folder.file("ledger"));
    store.start_scrubber(files, Duration::from_millis(1)).expect("it is a store");
    // The file has no name in the folder, and one among the files that this process has open.
    let path = folder.file("ledger");
    let is_scratch = |fd: &std::path::PathBuf| {
        std::fs::read_link(fd).is_ok_and(|target| {
            target.starts_with(&path) && target.to_string_lossy().contains("(deleted)")
        })
    };
    let open = std::fs::read_dir("/proc/self/fd").expect("Linux has it");
    let mut open = open.map(|entry| entry.expect("it is there").path());
    let scratch = open.find(is_scratch).expect("it is open");
    let file = std::fs::File::options().write(true).open(scratch).expect("it is open");
    // An amount of a transfer of the second chunk.
    file.write_all_at(b"?", (CHUNK_ENTRIES + 50) * ENTRY_BYTES + 50).expect("the disk has space");
    let began = std::time::Instant::now();
    while store.scratch_damage().1 == 0 {
        assert!(began.elapsed() < Duration::from_secs(60), "nothing was noticed");
        std::thread::sleep(Duration::from_millis(1));
    }
    let health = ledger.health(0).components.store;
    assert_eq!(health.status, ledgerlab::ledger::HealthStatus::Unhealthy);
    let expected = "the scratch file, byte 524288: the records 4096 to 8191 of writer 0 do not have their hash. What is read";
    assert!(health.message.starts_with(expected), "{}", health.message);
    assert_eq!(store.damage().1, 0, "the log has them");
    drop(writer);
    drop(ledger);
    self::open(&folder).verify().expect("it is read from the log, and a serial run is equal");
}
