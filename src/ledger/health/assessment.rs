//! The assessment of each component by its figures.

use super::components::*;
use super::state::ReplayRun;
use crate::model::amounts::grouped;

/// Describes a window. Contention is load, so it is a figure and never ill health: every attempt that
/// waits or is decided again ends with its own result.
pub(super) fn latches(figures: LatchFigures) -> Component<LatchFigures> {
    let LatchFigures { operations, waits, conflicts, .. } = figures;
    let [operations, waits, conflicts] =
        [operations, waits, conflicts].map(|number| grouped(number.into()));
    let message = format!(
        "{waits} waits for latches and {conflicts} conflicts in {operations} operations since the last sample"
    );
    Component { status: HealthStatus::Healthy, message, figures }
}

/// Assesses the number of accounts.
pub(super) fn accounts(used: u64, limit: u64) -> Component<AccountsFigures> {
    let (status, side) = by_share(used, limit);
    let count = |number: u64| grouped(number.into());
    let message = format!("{} of {} accounts are open, {side}", count(used), count(limit));
    Component { status, message, figures: AccountsFigures { used, limit } }
}

/// Assesses the last run of serial replay.
pub(super) fn replay(run: Option<&ReplayRun>, started_ns: u64) -> Component<ReplayFigures> {
    let ran_at_ns = run.map_or(0, |run| run.at_ns.saturating_sub(started_ns));
    let (status, result, entries, message) = match run.map(|run| &run.result) {
        None => {
            let message = "serial replay has not run".to_owned();
            (HealthStatus::Healthy, ReplayResult::NotRun, 0, message)
        }
        Some(Ok(entries)) => {
            let count = grouped((*entries).into());
            let message = format!("serial replay agreed on {count} entries");
            (HealthStatus::Healthy, ReplayResult::Agreed, *entries, message)
        }
        Some(Err(divergence)) => {
            let message = format!("serial replay disagrees: {divergence}");
            (HealthStatus::Unhealthy, ReplayResult::Diverged, 0, message)
        }
    };
    Component { status, message, figures: ReplayFigures { result, entries, ran_at_ns } }
}

/// Assesses the store.
pub(super) fn store(state: &StoreState) -> Component<StoreFigures> {
    let (status, attached, message) = match state {
        StoreState::NotAttached => (
            HealthStatus::Healthy,
            false,
            "no store is attached; the ledger is in memory only".into(),
        ),
        StoreState::Working { log_bytes } => {
            let message = format!("the store works; its log has {} MiB", mebibytes(*log_bytes));
            (HealthStatus::Healthy, true, message)
        }
        #[cfg(all(feature = "store", not(target_family = "wasm")))]
        StoreState::Damaged { message } => (
            HealthStatus::Unhealthy,
            true,
            format!(
                "{message}. Attempts go on with what is in memory and in the scratch file, but the ledger does not open again \
                 like this: stop it, and replace what is lost with `ledgerlab repair FOLDER --from BACKUP`"
            ),
        ),
        #[cfg(all(feature = "store", not(target_family = "wasm")))]
        StoreState::Moved { message } => (
            HealthStatus::Unhealthy,
            true,
            format!(
                "{message}. Attempts go on in the file that is open, and end where the next one begins: put the folder back, or \
                 stop the ledger"
            ),
        ),
        #[cfg(all(feature = "store", not(target_family = "wasm")))]
        StoreState::ScratchDamaged { message } => (
            HealthStatus::Unhealthy,
            true,
            format!(
                "{message}. What is read of these older entries can be wrong, also when an old pending transfer is posted. \
                 The log has them: stop the ledger and open it again, after a look at the disk"
            ),
        ),
        #[cfg(all(feature = "store", not(target_family = "wasm")))]
        StoreState::Waiting { seconds } => (
            HealthStatus::Degraded,
            true,
            format!(
                "a commit has taken {} s so far: the disk is slow, or does not answer. Calls wait for it, and nothing is lost",
                grouped((*seconds).into())
            ),
        ),
        StoreState::NoSpace => (
            HealthStatus::Unhealthy,
            true,
            "the disk has no space, so attempts are refused until it has".into(),
        ),
        StoreState::Closed => {
            (HealthStatus::Unhealthy, true, "the store is closed, so attempts are refused".into())
        }
        StoreState::Failed { message } => (
            HealthStatus::Unhealthy,
            true,
            format!("the store has failed, so attempts are refused: {message}"),
        ),
    };
    Component { status, message, figures: StoreFigures { attached } }
}

/// Assesses a trail whose older entries are moved from `memory_bytes` of memory to the disk. `failure` is
/// why they cannot be moved now.
pub(super) fn spilling_trail(
    figures: TrailFigures,
    memory_bytes: u64,
    failure: Option<String>,
) -> Component<TrailFigures> {
    let TrailFigures { used_bytes, budget_bytes, spilled_bytes } = figures;
    let [used, memory, spilled] = [used_bytes, memory_bytes, spilled_bytes].map(mebibytes);
    let (mut status, side) = by_share(used_bytes, budget_bytes);
    let mut message = format!(
        "the trail has {used} MiB, {spilled} of them on the disk and the others in {memory} MiB of memory"
    );
    if status != HealthStatus::Healthy {
        message += &format!("; its limit is {} MiB, {side}", mebibytes(budget_bytes));
    }
    if let Some(mut why) = failure {
        why.truncate(why.floor_char_boundary(MESSAGE_BYTES_MAX));
        status = HealthStatus::Unhealthy;
        message +=
            &format!("; the disk takes no more, so attempts are rejected until it does: {why}");
    }
    Component { status, message, figures }
}

/// Assesses a share of a limit. Returns the status and a phrase for the message.
pub(super) fn by_share(used: u64, limit: u64) -> (HealthStatus, String) {
    if used >= limit {
        return (HealthStatus::Unhealthy, "at the limit".to_owned());
    }
    if u128::from(used) * 100 >= u128::from(limit) * u128::from(USED_PERCENT_DEGRADED) {
        return (HealthStatus::Degraded, format!("at or above {USED_PERCENT_DEGRADED} %"));
    }
    (HealthStatus::Healthy, format!("below {USED_PERCENT_DEGRADED} %"))
}

/// Formats bytes in MiB, with one decimal digit unless it is a whole number.
pub(super) fn mebibytes(bytes: u64) -> String {
    let whole = grouped((bytes >> 20).into());
    match bytes % (1 << 20) {
        0 => whole,
        rest => format!("{whole}.{}", (rest * 10) >> 20),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use HealthStatus::{Degraded, Healthy, Unhealthy};

    #[test]
    fn shares_have_the_documented_limits() {
        for (used, limit, expected) in [
            (0, 1, Healthy),
            (799, 1_000, Healthy),
            (800, 1_000, Degraded),
            (999, 1_000, Degraded),
            (1_000, 1_000, Unhealthy),
            (u64::MAX - 1, u64::MAX, Degraded),
        ] {
            assert_eq!(by_share(used, limit).0, expected, "{used} of {limit}");
        }
    }

    #[test]
    fn contention_is_a_figure_and_not_ill_health() {
        for (operations, waits, conflicts) in [(0, 0, 0), (100, 100, 0), (1, u64::MAX, u64::MAX)] {
            let component = latches(LatchFigures { window_ns: 1, operations, waits, conflicts });
            assert_eq!(component.status, Healthy, "{}", component.message);
        }
        let figures = LatchFigures { window_ns: 1, operations: 2_000, waits: 98_785, conflicts: 5 };
        assert_eq!(
            latches(figures).message,
            "98,785 waits for latches and 5 conflicts in 2,000 operations since the last sample"
        );
    }

    #[test]
    fn bytes_are_formatted_in_mebibytes() {
        let formatted = [0, 1 << 20, 3 << 19, (2 << 30) + 1, 1_000_000].map(mebibytes);
        assert_eq!(formatted, ["0", "1", "1.5", "2,048.0", "0.9"]);
    }
}
