//! Payments: a customer pays a merchant through a processor, who keeps a fee. Either both transfers are
//! created or neither.

use super::balance_limit::BalanceChange;
use super::coin_ledger::{LEDGER, codes};
use super::rejection::{CoinsError, Kind, Reason, Rejection};
use super::session::CoinsSession;
use crate::ledger::{Cancellation, TransferOutcome};
use crate::model::{CreateTransferStatus, Transfer, TransferAttempt, TransferFlags};

/// 100 percent in basis points.
const BASIS_POINTS_MAX: u16 = 10_000;

/// The part of a payment that the processor keeps, in basis points: hundredths of a percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fee(u16);

impl Fee {
    /// GoLedger's fee: one coin of a hundred.
    pub const GOLEDGER: Self = Self(100);

    /// Creates a fee in basis points.
    ///
    /// # Errors
    /// [`CoinsError::FeeTooLarge`] if it is more than the whole amount.
    pub fn basis_points(basis_points: u16) -> Result<Self, CoinsError> {
        if basis_points > BASIS_POINTS_MAX {
            return Err(CoinsError::FeeTooLarge { basis_points });
        }
        Ok(Self(basis_points))
    }

    /// Returns the fee of an amount, rounded down to whole coins.
    pub fn of(self, amount: u64) -> u64 {
        let fee = u128::from(amount) * u128::from(self.0) / u128::from(BASIS_POINTS_MAX);
        u64::try_from(fee).expect("a fee is at most the amount")
    }
}

/// A payment that succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaymentReceipt {
    /// The id of the transfer from the customer to the processor.
    pub payment_id: u128,
    /// The id of the transfer from the processor to the merchant.
    pub settlement_id: u128,
    /// The fee that the processor kept.
    pub fee: i64,
    /// The amount that the merchant received.
    pub rest: i64,
    /// The ledger's time of the first transfer, in nanoseconds.
    pub timestamp: u64,
}

impl CoinsSession {
    /// Pays a merchant through a processor, who keeps a fee. The two transfers are a linked chain: either
    /// both are created or neither. Each adds a row to the history. They are checked one after the
    /// other, then against the balance limit.
    ///
    /// # Errors
    /// [`CoinsError::Rejected`] with the reason of the transfer that failed, and [`CoinsError::Ledger`]
    /// if the trail is full.
    pub fn pay(
        &mut self,
        customer: &str,
        processor: &str,
        merchant: &str,
        amount: i64,
        fee: Fee,
        cancellation: &Cancellation<'_>,
    ) -> Result<PaymentReceipt, CoinsError> {
        let (from, by) = self.both(customer, processor);
        let to = match merchant {
            same if same == customer => from,
            same if same == processor => by,
            other => self.id(other, 1),
        };
        if amount <= 0 {
            let cancelled = cancellation.is_cancelled();
            let reason = if cancelled { Reason::Cancelled } else { Reason::AmountMustBePositive };
            return Err(self.reject_both([from, by, to], amount, amount, reason));
        }
        let fee = fee.of(amount as u64);
        let rest = amount as u64 - fee;
        let credited = [(by, fee), (to, rest)];
        // A customer who is also the merchant does not gain coins.
        let credits = if to == from { &credited[..1] } else { &credited[..] };
        let change = BalanceChange { debit: Some((from, amount as u64)), credits };
        let chain = [
            linked_transfer(self.writer.new_id(), (from, by), amount as u64, codes::PAYMENT),
            linked_transfer(self.writer.new_id(), (by, to), rest, codes::SETTLEMENT),
        ];
        let Self { coins, writer, number } = self;
        let mut pay = || writer.create_transfers_with(&chain, cancellation);
        let to_others = from != by && by != to;
        let outcomes = if to_others && !cancellation.is_cancelled() {
            coins.within_balance_limit(*number, change, &mut pay)
        } else {
            Some(pay())
        };
        let Some(outcomes) = outcomes else {
            let reason = Reason::BalanceTooLarge;
            return Err(self.reject_both([from, by, to], amount, rest as i64, reason));
        };
        let outcomes = outcomes?;
        if let Some(reason) = rejection_reason(&outcomes) {
            return Err(Rejection { kind: Kind::Transfer, reason }.into());
        }
        Ok(PaymentReceipt {
            payment_id: chain[0].transfer.id,
            settlement_id: chain[1].transfer.id,
            fee: fee as i64,
            rest: rest as i64,
            timestamp: outcomes[0].timestamp,
        })
    }

    /// Rejects both transfers of a payment that did not reach the ledger.
    fn reject_both(
        &mut self,
        ids: [u128; 3],
        amount: i64,
        rest: i64,
        reason: Reason,
    ) -> CoinsError {
        let [from, by, to] = ids;
        let error = self.reject(Kind::Transfer, from, by, amount, reason);
        self.reject(Kind::Transfer, by, to, rest, reason);
        error
    }
}

/// Returns the reason of the transfer that broke the chain; `None` if both were created.
fn rejection_reason(outcomes: &[TransferOutcome]) -> Option<Reason> {
    let mut reasons =
        outcomes.iter().filter_map(|outcome| Reason::of(Kind::Transfer, outcome.status));
    let first = reasons.next()?;
    let broken_elsewhere = first == Reason::Other(CreateTransferStatus::LinkedEventFailed);
    if broken_elsewhere { reasons.next() } else { Some(first) }
}

fn linked_transfer(id: u128, (from, to): (u128, u128), amount: u64, code: u16) -> TransferAttempt {
    let linked = code == codes::PAYMENT;
    TransferAttempt {
        transfer: Transfer {
            id,
            debit_account_id: from,
            credit_account_id: to,
            amount: amount.into(),
            ledger: LEDGER,
            code,
            flags: if linked { TransferFlags::LINKED } else { TransferFlags::empty() },
            ..Transfer::default()
        },
        ..TransferAttempt::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fee_is_rounded_down_and_never_exceeds_amount() {
        for (basis_points, amount, fee) in [
            (100, 99, 0),
            (100, 100, 1),
            (100, 199, 1),
            (100, 549, 5),
            (0, u64::MAX, 0),
            (10_000, u64::MAX, u64::MAX),
            (1, 9_999, 0),
            (9_999, 10_000, 9_999),
        ] {
            let of = Fee::basis_points(basis_points).expect("it is a part").of(amount);
            assert_eq!(of, fee, "{basis_points} of {amount}");
        }
        let too_large = Err(CoinsError::FeeTooLarge { basis_points: 10_001 });
        assert_eq!(Fee::basis_points(10_001), too_large);
        assert_eq!(Fee::GOLEDGER, Fee::basis_points(100).expect("it is a part"));
    }
}
