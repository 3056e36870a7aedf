//! The ledger that the page stores: that of a run while the run writes it, and a stored one that is opened for inspection.
//! Only the worker that owns the files makes these calls, apart from [`close_run_store`].

use std::collections::BTreeMap;

use serde_json::json;
use wasm_bindgen::prelude::*;

use super::commits::{commit, set_committer};
use super::host_files::HostFiles;
use crate::host::web::call_error::CallError;
use crate::host::web::live_inspection::divergence_json;
use crate::host::web::{from_js, run_table, to_js};
use crate::ledger::{ACCOUNTS_MAX, Ledger, LedgerConfig};
use crate::scenarios::{Request, Run};
use crate::trail::{ENTRY_BYTES, Seal};

/// The budget of an opened ledger's trail beyond the bytes of its log: each writer has a chunk that is not full.
const TRAIL_BYTES_BEYOND: u64 = 256 << 20;

/// Stores the ledger of a prepared run in the worker's files, which are new. Its workers then wait for [`commit_run`].
#[wasm_bindgen]
pub fn store_run(run: u32) -> Result<(), JsValue> {
    let committer = run_table::find(run)?.ledger().store_in_files(|| Ok(HostFiles));
    set_committer(committer.map_err(CallError::refused)?);
    Ok(())
}

/// Commits for a while. Returns `true` if it shall be called again, and `false` when the store was closed.
#[wasm_bindgen]
pub fn commit_run() -> Result<bool, JsValue> {
    Ok(commit()?)
}

/// Asks [`commit_run`] to write what is left of a run's ledger and to end. Later attempts are refused.
#[wasm_bindgen]
pub fn close_run_store(run: u32) -> Result<(), JsValue> {
    if let Some(store) = run_table::find(run)?.ledger().store() {
        // The committer has not ended yet, so the result says nothing.
        let _ = store.close();
    }
    Ok(())
}

/// Opens the ledger in the worker's files, which have `bytes`, as a run for inspection, and verifies it. The files are only
/// read. `request` is that of the run that wrote it, or nothing. Returns its number and what was found, `OpenedLedgerSummary` in `www/types/ledger.d.ts`.
#[wasm_bindgen]
pub fn open_ledger_files(request: JsValue, bytes: f64) -> Result<JsValue, JsValue> {
    // Without a request that can be read, accounts have no names.
    let request: Option<Request> = from_js("the request", request).ok();
    let bytes = bytes.max(0.0) as u64;
    let config = LedgerConfig {
        writers: 1,
        // Each account has an entry.
        accounts_max: (bytes / ENTRY_BYTES).clamp(1, ACCOUNTS_MAX),
        trail_bytes: bytes.saturating_add(TRAIL_BYTES_BEYOND),
        ..LedgerConfig::default()
    };
    let read = Ledger::read_files(HostFiles, &config, None, &mut |_| {}, &mut |_, _| Ok(()));
    let (ledger, contents) = read.map_err(CallError::refused)?;
    let divergence = ledger.verify_with(0, |_| {}).err();
    let trail_hash = Seal::of(ledger.trail()).trail_hash().to_string();
    let summary = json!({
        "entries": ledger.trail().entries(),
        "accounts": ledger.accounts().count(),
        "blocks": contents.blocks,
        "was_closed": contents.was_closed,
        "torn": contents.torn.map(|torn| torn.to_string()),
        "conserved": is_conserved(&ledger),
        "trail_hash": trail_hash,
        "divergence": divergence.as_deref().map(divergence_json),
    });
    let run = run_table::insert(Run::of_ledger(request, ledger));
    to_js(&json!({ "run": run, "summary": summary }))
}

/// Returns whether debits equal credits, posted and pending, of the accounts of each ledger code.
fn is_conserved(ledger: &Ledger) -> bool {
    let mut sums: BTreeMap<u32, [Option<u128>; 4]> = BTreeMap::new();
    for account in ledger.accounts() {
        let amounts = [
            account.debits_posted,
            account.credits_posted,
            account.debits_pending,
            account.credits_pending,
        ];
        let sums = sums.entry(account.ledger).or_insert([Some(0); 4]);
        for (sum, amount) in sums.iter_mut().zip(amounts) {
            *sum = sum.and_then(|sum| sum.checked_add(amount));
        }
    }
    // Nobody can tell whether sums that overflow are equal.
    sums.values().all(|[debits, credits, pending_debits, pending_credits]| {
        debits.is_some()
            && debits == credits
            && pending_debits.is_some()
            && pending_debits == pending_credits
    })
}
