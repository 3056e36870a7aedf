//! Applying recorded transfers again: from an account's state before a transfer to the state after it.
//!
//! The rules decide whether a transfer is created. Recovery reads transfers that were, and only repeats
//! what they did. It is the inverse of [`AccountState::roll_back`].

use super::{AccountState, Side, Transfer, TransferFlags};

impl AccountState {
    /// Applies a transfer that was created. `resolved` is the pending transfer that it posted or voided.
    /// `None` if a sum would leave its range, which no transfer that was created does.
    pub(crate) fn redo(
        &mut self,
        side: Side,
        transfer: &Transfer,
        resolved: Option<&Transfer>,
    ) -> Option<()> {
        let Some(resolved) = resolved else {
            let (pending, posted) = self.sums(side);
            let is_pending = transfer.flags.contains(TransferFlags::PENDING);
            let sum = if is_pending { pending } else { posted };
            *sum = sum.checked_add(transfer.amount)?;
            if transfer.flags.contains(side.closing()) {
                self.set_closed(true);
            }
            self.increment_version();
            return Some(());
        };
        let voids = transfer.flags.contains(TransferFlags::VOID_PENDING_TRANSFER);
        if !voids {
            let (_, posted) = self.sums(side);
            *posted = posted.checked_add(transfer.amount)?;
        }
        self.redo_release(side, resolved, voids)
    }

    /// Applies the expiry of a pending transfer.
    pub(crate) fn redo_expiry(&mut self, side: Side, pending: &Transfer) -> Option<()> {
        self.redo_release(side, pending, true)
    }

    fn redo_release(&mut self, side: Side, pending: &Transfer, reopens: bool) -> Option<()> {
        let (sum, _) = self.sums(side);
        *sum = sum.checked_sub(pending.amount)?;
        if reopens && pending.flags.contains(side.closing()) {
            self.set_closed(false);
        }
        self.increment_version();
        Some(())
    }
}
