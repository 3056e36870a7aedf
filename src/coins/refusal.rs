//! Why a call is refused: the reason, GoLedger's sentence for it, and what the audit row says.

use std::fmt;

use super::names::NameError;
use crate::ledger::LedgerError;
use crate::model::CreateTransferStatus;

/// What a row of the history is about, and which call was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Coins come from `@world`.
    Deposit,
    /// Coins go back to `@world`.
    Withdrawal,
    /// Coins go from one holder to another.
    Transfer,
}

impl Kind {
    /// As an audit row says it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deposit => "DEPOSIT",
            Self::Withdrawal => "WITHDRAWAL",
            Self::Transfer => "TRANSFER",
        }
    }
}

/// Why nothing was moved, listed in the order in which it is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Reason {
    /// The caller took it back before it began.
    Cancelled,
    /// Its deadline passed before it began.
    DeadlineExceeded,
    /// An amount is 1 to 2^63 - 1 coins.
    AmountMustBePositive,
    /// Nobody pays himself.
    SelfTransfer,
    /// Nobody of this name holds coins, to give or to take.
    HolderNotFound,
    /// Nobody of this name holds coins, to send any.
    SenderNotFound,
    /// Nobody of this name holds coins, to receive any.
    RecipientNotFound,
    /// The holder does not have so many coins.
    InsufficientFunds,
    /// A holder would have more than 2^63 - 1 coins.
    BalanceTooLarge,
    /// The ledger says something that these calls do not bring about.
    Other(CreateTransferStatus),
}

impl Reason {
    /// What a status of the ledger means for a call; none where the coins have moved.
    pub(super) fn of(kind: Kind, status: CreateTransferStatus) -> Option<Self> {
        use CreateTransferStatus as S;
        Some(match status {
            S::Created => return None,
            S::Cancelled => Self::Cancelled,
            S::DeadlineExceeded => Self::DeadlineExceeded,
            S::AccountsMustBeDifferent => Self::SelfTransfer,
            S::DebitAccountNotFound if kind == Kind::Transfer => Self::SenderNotFound,
            S::CreditAccountNotFound if kind == Kind::Transfer => Self::RecipientNotFound,
            S::DebitAccountNotFound | S::CreditAccountNotFound => Self::HolderNotFound,
            S::ExceedsCredits => Self::InsufficientFunds,
            other => Self::Other(other),
        })
    }

    /// What the audit row says.
    pub const fn status(self) -> &'static str {
        match self {
            Self::Cancelled | Self::DeadlineExceeded => "FAILED_CONTEXT_CANCELLED",
            Self::AmountMustBePositive | Self::BalanceTooLarge | Self::Other(_) => {
                "FAILED_INVALID_AMOUNT"
            }
            Self::SelfTransfer => "FAILED_SELF_TRANSFER",
            Self::HolderNotFound => "FAILED_USER_NOT_FOUND",
            Self::SenderNotFound => "FAILED_FROM_USER_NOT_FOUND",
            Self::RecipientNotFound => "FAILED_TO_USER_NOT_FOUND",
            Self::InsufficientFunds => "FAILED_INSUFFICIENT_FUNDS",
        }
    }
}

/// A call that moved nothing. It reads as GoLedger's answer to that call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Which call.
    pub kind: Kind,
    /// Why.
    pub reason: Reason,
}

impl Refusal {
    /// What the audit row says.
    pub const fn status(self) -> &'static str {
        self.reason.status()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match (self.reason, self.kind) {
            (Reason::AmountMustBePositive, _) => "amount must be positive",
            (Reason::Cancelled | Reason::DeadlineExceeded, Kind::Deposit) => "deposit cancelled",
            (Reason::Cancelled | Reason::DeadlineExceeded, Kind::Withdrawal) => {
                "withdrawal cancelled"
            }
            (_, Kind::Deposit) => "user not found or invalid amount",
            (Reason::HolderNotFound, Kind::Withdrawal) => "user not found",
            (_, Kind::Withdrawal) => "insufficient funds or invalid amount",
            (_, Kind::Transfer) => {
                "transfer failed: user not found, insufficient funds, or invalid parameters"
            }
        })
    }
}

impl std::error::Error for Refusal {}

/// Why a call did not do what it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CoinsError {
    /// It was refused, and there is a row in the history that says so.
    Refused(Refusal),
    /// Nobody of this name holds coins: the answer to a question about a balance. There is no row.
    HolderNotFound,
    /// A holder cannot have this name. There is no row.
    Name(NameError),
    /// Somebody of this name holds coins already. There is no row in the history.
    HolderExists,
    /// A holder begins with 0 to 2^63 - 1 coins. There is no row.
    CoinsMustNotBeNegative {
        /// What was asked for.
        coins: i64,
    },
    /// A fee is 0 to 10,000 basis points, which is all of the amount. There is no row.
    FeeTooLarge {
        /// What was asked for.
        basis_points: u16,
    },
    /// The ledger cannot take another attempt. Nothing has changed, and there is no row.
    Ledger(LedgerError),
}

impl fmt::Display for CoinsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(formatter),
            Self::HolderNotFound => write!(formatter, "user not found"),
            Self::Name(error) => error.fmt(formatter),
            Self::HolderExists => write!(formatter, "user exists already; choose another name"),
            Self::CoinsMustNotBeNegative { coins } => {
                write!(formatter, "a holder begins with 0 coins or more, not {coins}")
            }
            Self::FeeTooLarge { basis_points } => write!(
                formatter,
                "a fee is 10000 basis points at most, which is all of the amount, not {basis_points}"
            ),
            Self::Ledger(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for CoinsError {}

impl From<Refusal> for CoinsError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<NameError> for CoinsError {
    fn from(error: NameError) -> Self {
        Self::Name(error)
    }
}

impl From<LedgerError> for CoinsError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}
