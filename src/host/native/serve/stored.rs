//! The stored ledger of the server.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::api::{Service, ServiceClock, ServiceConfig, StoredLedger, Users};
use crate::host::native::exit::CommandError;
use crate::host::native::store::open_failure;
use crate::ledger::LedgerConfig;
use crate::model::amounts::grouped;
use crate::store::{ReadOnlyFolder, StoreStatus};

/// Opens the ledger that is stored in a folder. Returns it with lines about what was there.
pub(super) fn open(
    folder: &Path,
    config: ServiceConfig,
    users: Users,
    clock: impl ServiceClock + 'static,
) -> Result<(Arc<Service>, String), CommandError> {
    let invalid = |why: String| CommandError::InvalidInput(why).in_file(folder);
    let ledger = LedgerConfig { writers: config.sessions, ..config.ledger };
    let started = Instant::now();
    let stored =
        StoredLedger::open(folder, &ledger).map_err(|error| invalid(open_failure(&error)))?;
    let (contents, seconds) = (stored.contents().clone(), started.elapsed().as_secs_f64());
    let sessions = stored.ledger().trail().segments().len();
    let entries = stored.ledger().trail().entries();
    let config = ServiceConfig { sessions, ledger, ..config };
    let service = Service::open_stored(config, stored, users, clock);
    let service = service.map_err(|error| invalid(error.to_string()))?;
    let mut opened = format!(
        "Opened the ledger in {}: {} entries, {} MiB, in {seconds:.1} s.\n",
        folder.display(),
        grouped(entries.into()),
        contents.bytes.div_ceil(1 << 20),
    );
    if let Some(torn) = &contents.torn {
        opened += &format!(
            "What was being written when the server stopped was cut off; it was never acknowledged: {torn}.\n"
        );
    }
    Ok((service, opened))
}

/// Starts to read the log of a stored ledger again from time to time, unless the period is 0.
pub(super) fn start_scrubber(
    service: &Service,
    folder: &Path,
    period_s: u64,
) -> Result<(), CommandError> {
    let Some(store) = service.coins().ledger().store().filter(|_| period_s > 0) else {
        return Ok(());
    };
    let started = store.start_scrubber(ReadOnlyFolder::new(folder), Duration::from_secs(period_s));
    started.map_err(|why| CommandError::invalid_input(why).in_file(folder))
}

/// Logs what becomes of the store and of the file for older entries, if there are any.
pub(super) async fn log_status(service: Arc<Service>) {
    let ledger = service.coins().ledger();
    let Some(store) = ledger.store() else { return };
    let mut last = StoreStatus::Working;
    let mut lost = 0;
    let mut scratch_lost = 0;
    let mut is_moved = false;
    let mut spilled_before = true;
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let failure = ledger.trail().spill_failure();
        match (&failure, spilled_before) {
            (Some(why), true) => {
                tracing::error!(
                    why,
                    "the disk takes no older entries of the trail, so attempts are refused"
                );
            }
            (None, false) => tracing::info!("the disk takes older entries of the trail again"),
            _ => {}
        }
        spilled_before = failure.is_none();
        let (named, count) = store.damage();
        if count > lost {
            let first = named.first().map(ToString::to_string);
            tracing::error!(
                blocks = count,
                first,
                "the disk has lost blocks of the log; stop the server, and repair the folder from a backup"
            );
        }
        lost = count;
        let (named, count) = store.scratch_damage();
        if count > scratch_lost {
            let first = named.first().map(ToString::to_string);
            tracing::error!(
                chunks = count,
                first,
                "the disk has lost older entries of the trail in the scratch file; restart the server, which reads the log again"
            );
        }
        scratch_lost = count;
        let problem = store.folder_problem().filter(|_| store.status() == StoreStatus::Working);
        if let Some(why) = problem.as_ref().filter(|_| !is_moved) {
            tracing::error!(
                why,
                "the store is not where it was; put its folder back, or stop the server"
            );
        }
        is_moved = problem.is_some();
        let status = store.status();
        if status == std::mem::replace(&mut last, status) {
            continue;
        }
        match status {
            StoreStatus::Working => tracing::info!("the disk has space again"),
            StoreStatus::NoSpace => {
                tracing::error!("the disk has no space, so attempts are refused")
            }
            StoreStatus::Failed => {
                let why = store.failure().unwrap_or_default();
                tracing::error!(
                    why,
                    "the store has failed, so nothing more is attempted; restart the server"
                );
            }
            StoreStatus::Closed => return,
        }
    }
}
