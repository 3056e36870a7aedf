//! Rejections: the reason, GoLedger's message for it, and the status of the audit row.

use std::fmt;

use super::names::NameError;
use crate::ledger::LedgerError;
use crate::model::CreateTransferStatus;

/// The kind of a call, and of a row of the history.
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
    /// The name in an audit row.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deposit => "DEPOSIT",
            Self::Withdrawal => "WITHDRAWAL",
            Self::Transfer => "TRANSFER",
        }
    }
}

/// Why a call was rejected, in the order of the checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Reason {
    /// The caller cancelled it before it began.
    Cancelled,
    /// Its deadline passed before it began.
    DeadlineExceeded,
    /// The amount must be 1 to 2^63 - 1 coins.
    AmountMustBePositive,
    /// Sender and recipient are the same.
    SelfTransfer,
    /// No holder has this name.
    HolderNotFound,
    /// No holder has the name of the sender.
    SenderNotFound,
    /// No holder has the name of the recipient.
    RecipientNotFound,
    /// The holder does not have enough coins.
    InsufficientFunds,
    /// A holder would have more than 2^63 - 1 coins.
    BalanceTooLarge,
    /// A status of the ledger that these calls do not cause.
    Other(CreateTransferStatus),
}

impl Reason {
    /// Returns the reason for a status of the ledger; `None` if the call succeeded.
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

    /// The status in the audit row.
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

/// A call that was rejected. Its text is GoLedger's message for that call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The kind of call.
    pub kind: Kind,
    /// The reason.
    pub reason: Reason,
}

impl Rejection {
    /// The status in the audit row.
    pub const fn status(self) -> &'static str {
        self.reason.status()
    }
}

impl fmt::Display for Rejection {
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

impl std::error::Error for Rejection {}

/// A rejection that is not in the ledger's trail.
#[derive(Clone, Copy, Debug)]
pub(super) struct UnrecordedRejection {
    pub(super) id: u128,
    pub(super) kind: Kind,
    pub(super) from: u128,
    pub(super) to: u128,
    pub(super) amount: i64,
    pub(super) timestamp: u64,
    pub(super) reason: Reason,
}

/// Why a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CoinsError {
    /// The call was rejected, and the history has a row for it.
    Rejected(Rejection),
    /// No holder has this name. Only a balance query fails with this. There is no row.
    HolderNotFound,
    /// The name is invalid. There is no row.
    Name(NameError),
    /// An account with this name already exists. There is no row.
    HolderExists,
    /// The initial balance of a holder must be 0 to 2^63 - 1 coins. There is no row.
    CoinsMustNotBeNegative {
        /// The number that was requested.
        coins: i64,
    },
    /// A fee must be 0 to 10,000 basis points, which is the whole amount. There is no row.
    FeeTooLarge {
        /// The number that was requested.
        basis_points: u16,
    },
    /// The id stands for unknown names, so no account can have it. There is no row.
    IdReserved {
        /// The id that was requested.
        id: u128,
    },
    /// The ledger cannot take another attempt. Nothing has changed, and there is no row.
    Ledger(LedgerError),
}

impl fmt::Display for CoinsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(rejection) => rejection.fmt(formatter),
            Self::HolderNotFound => write!(formatter, "user not found"),
            Self::Name(error) => error.fmt(formatter),
            Self::HolderExists => write!(formatter, "the user already exists; choose another name"),
            Self::CoinsMustNotBeNegative { coins } => {
                write!(
                    formatter,
                    "the initial balance of a holder must be at least 0 coins, not {coins}"
                )
            }
            Self::FeeTooLarge { basis_points } => write!(
                formatter,
                "a fee must be at most 10000 basis points, which is the whole amount, not {basis_points}"
            ),
            Self::IdReserved { id } => {
                write!(formatter, "the id {id} stands for unknown users; choose another id")
            }
            Self::Ledger(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for CoinsError {}

impl From<Rejection> for CoinsError {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
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
