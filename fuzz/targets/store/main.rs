//! Any files are opened or refused with a sentence. What is opened can be read, replayed, written, closed and opened again.
//!
//! `cargo xtask fuzz --minutes 10` runs it. The first byte of an input says whether the rest is a log as it is, or a
//! [recipe] whose hashes are made right, so that what is behind them is reached.
#![no_main]

mod recipe;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use ledgerlab::ledger::{Ledger, LedgerConfig};
use ledgerlab::store::simulated_disk::SimulatedDisk;
use ledgerlab::store::{Committer, NoteKind, Step, back_up, repair};
use ledgerlab::{
    Account, AccountFilter, AccountFilterFlags, AccountFlags, EntryKind, OpenError, Transfer, TransferFlags,
};
use libfuzzer_sys::fuzz_target;

const HEAD: &str = "ledger.head";

fn config(writers: usize) -> LedgerConfig {
    // Two chunks of trail for each writer, and little memory for ids.
    LedgerConfig {
        writers,
        accounts_max: 4_096,
        trail_bytes: 4 << 20,
        transfer_ids_bytes: 1 << 20,
        ..LedgerConfig::default()
    }
}

type Opened = (Arc<Ledger>, Committer<SimulatedDisk>);

fn open(disk: &SimulatedDisk) -> Result<Opened, OpenError> {
    Ledger::open_files(disk.clone(), &config(1))
}

/// Commits everything and closes the store.
fn close((ledger, mut committer): Opened) {
    while committer.step() == Step::Committed {}
    committer.close();
    ledger.store().expect("it has one").close().expect("the disk works");
}

/// Returns the files of a new ledger with this many segments.
fn new_store(segments: usize) -> SimulatedDisk {
    thread_local! {
        static NEW: RefCell<BTreeMap<usize, SimulatedDisk>> = const { RefCell::new(BTreeMap::new()) };
    }
    NEW.with_borrow_mut(|stores| {
        let new = || {
            let disk = SimulatedDisk::new();
            close(Ledger::open_files(disk.clone(), &config(segments)).expect("it is new"));
            disk
        };
        stores.entry(segments).or_insert_with(new).copy()
    })
}

fuzz_target!(init: {
    if let Some(folder) = std::env::var_os("LEDGERLAB_WRITE_SEEDS") {
        write_seeds(folder.as_ref());
        std::process::exit(0);
    }
}, |input: &[u8]| {
    let Some((&first, rest)) = input.split_first() else { return };
    let disk = new_store(1 + usize::from(first >> 1) % 4);
    let head = disk.contents(HEAD).expect("every store has one");
    match first & 1 {
        0 => {
            let ledger_id = head[16..32].try_into().expect("sixteen bytes");
            for (at, log) in recipe::logs(rest, ledger_id).into_iter().enumerate() {
                disk.replace(&format!("{:08}.log", at + 1), log);
            }
            disk.forge();
        }
        _ => {
            let (of_head, log) = rest.split_at(rest.len().min(usize::from(first >> 3)));
            if !of_head.is_empty() {
                disk.replace(HEAD, [of_head, &head[of_head.len()..]].concat());
            }
            disk.replace("00000001.log", log.to_vec());
        }
    }
    check(&disk);
});

/// Opens what is on a disk.
fn check(disk: &SimulatedDisk) {
    let opened = match open(disk) {
        Ok(opened) => opened,
        Err(error) => {
            assert!(error.to_string().len() > 10);
            return;
        }
    };
    let agrees = use_ledger(&opened.0);
    let accounts: Vec<_> = opened.0.accounts().collect();
    close(opened);
    // What was opened once is whole: it has a backup, nothing to repair, and opens again as the same.
    let backup = SimulatedDisk::new();
    back_up(&disk.copy(), &backup).expect("it was opened");
    let repaired = repair(&disk.copy(), &backup).expect("it was opened");
    assert!(repaired.replaced.is_empty(), "{repaired:?}");
    for disk in [disk, &backup] {
        let again = open(&disk.copy()).expect("it was opened before");
        assert!(again.0.accounts().eq(accounts.iter().copied()));
        if agrees {
            again.0.verify().unwrap_or_else(|divergence| panic!("{divergence}"));
        }
    }
}

/// Reads all of a ledger and attempts something on it. Returns whether serial replay agrees with it. If it does not, somebody has
/// forged entries that no ledger decides, and replay names one.
fn use_ledger(ledger: &Arc<Ledger>) -> bool {
    let verified = ledger.verify().map_err(|divergence| assert!(divergence.to_string().len() > 10));
    let ids: Vec<u128> = ledger.accounts().map(|account| account.id).collect();
    assert_eq!(ledger.lookup_accounts(&ids).len(), ids.len());
    let flags = AccountFilterFlags::DEBITS | AccountFilterFlags::CREDITS;
    let mut entries = ledger.trail().in_order();
    let has_expiries = entries.any(|recorded| recorded.entry.kind == EntryKind::Expiry);
    for &account_id in ids.iter().take(8) {
        let filter = AccountFilter { account_id, limit: 8_000, flags, ..AccountFilter::default() };
        let oldest_first = ledger.get_account_transfers(&filter);
        let reversed = AccountFilter { flags: flags | AccountFilterFlags::REVERSED, ..filter };
        let mut newest_first = ledger.get_account_transfers(&reversed);
        let _ = ledger.get_account_balances(&filter);
        let version = ledger.account(account_id).expect("it was listed").version;
        if !has_expiries {
            // Each change of an account is a transfer of its history.
            assert_eq!(version, newest_first.len() as u64);
        }
        newest_first.reverse();
        if verified.is_ok() {
            assert_eq!(oldest_first, newest_first);
            let ids: Vec<u128> = oldest_first.iter().map(|transfer| transfer.id).collect();
            assert_eq!(ledger.lookup_transfers(&ids), oldest_first);
        }
    }
    let Ok(mut writer) = ledger.writer() else { return verified.is_ok() };
    writer.set_deferred(true);
    let _ = writer.set_time(ledger.trail().last_timestamp().saturating_add(5_000_000_000));
    let _ = writer.create_accounts(&[Account::new(1, 1, 1), Account::new(2, 1, 1)]);
    let _ = writer.create_transfers(&[Transfer::new(1, 2, 7), Transfer::new(2, 1, 1).with_id(77)]);
    ledger.store().expect("it has one").note(NoteKind::Name, b"0123456789abcdef a name");
    let again = ledger.verify();
    assert_eq!(verified.is_ok(), again.is_ok() && verified.is_ok(), "{again:?}");
    verified.is_ok()
}

/// Writes inputs made of real ledgers.
fn write_seeds(folder: &std::path::Path) {
    std::fs::create_dir_all(folder).expect("it can be made");
    for seed in 0..24_u32 {
        let writers = 1 + seed as usize % 3;
        let disk = SimulatedDisk::new();
        let (ledger, mut committer) = Ledger::open_files(disk.clone(), &config(writers)).expect("it is new");
        let mut writers: Vec<_> = (0..writers).map(|_| ledger.writer().expect("it is free")).collect();
        for step in 0..=seed / 2 {
            let at = (seed + step) as usize % writers.len();
            let writer = &mut writers[at];
            writer.set_deferred(true);
            let id = 100 + 10 * u128::from(step);
            let pending = Transfer { flags: TransferFlags::PENDING, ..Transfer::new(1, 2, 9) };
            let linked = |transfer: Transfer| Transfer { flags: TransferFlags::LINKED, ..transfer };
            let done = match (seed + step * 5) % 7 {
                _ if step == 0 => {
                    let limited = AccountFlags::DEBITS_MUST_NOT_EXCEED_CREDITS | AccountFlags::HISTORY;
                    let third = Account::new(3, 1, 1).with_flags(limited);
                    writer.create_accounts(&[Account::new(1, 1, 1), Account::new(2, 1, 1), third]).map(drop)
                }
                0 => writer.create_transfer(&Transfer::new(1, 2, 5)).map(drop),
                1 => writer.create_transfers(&[Transfer { timeout: 2, ..pending.with_id(id) }]).map(drop),
                2 => writer.create_transfers(&[pending.with_id(id), Transfer::void(id).with_id(id + 1)]).map(drop),
                3 => {
                    let post = Transfer::post(id).with_amount(4).with_id(id + 1);
                    writer.create_transfers(&[pending.with_id(id), post]).map(drop)
                }
                4 => writer
                    .create_transfers(&[linked(Transfer::new(1, 2, 1).with_id(id)), Transfer::new(2, 1, 1)])
                    .map(drop),
                5 => writer.create_transfer(&Transfer::new(3, 1, 99).with_id(id)).map(drop),
                _ => writer.set_time(3_000_000_000 * u64::from(step)),
            };
            done.expect("there is room");
            if step % 3 == 1 {
                ledger.store().expect("it has one").note(NoteKind::Name, b"0123456789abcdefaaron");
            }
            if step % 2 == 0 {
                committer.step();
            }
        }
        drop(writers);
        let segments = ledger.trail().segments().len() as u8;
        close((ledger, committer));
        let log = disk.contents("00000001.log").expect("it is there");
        let forged = [vec![(segments - 1) << 1], recipe::describe(&log)].concat();
        std::fs::write(folder.join(format!("recipe-{seed}")), forged).expect("it can be written");
        if seed < 4 {
            let as_it_is = [vec![(segments - 1) << 1 | 1], log].concat();
            std::fs::write(folder.join(format!("files-{seed}")), as_it_is).expect("it can be written");
        }
    }
}
