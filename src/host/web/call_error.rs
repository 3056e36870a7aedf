//! Why a call was rejected. An export throws it as text: a JSON object with `code`, `message` and, if
//! known, `field` and `limit`.

use std::fmt;

use serde::Serialize;
use wasm_bindgen::JsValue;

use super::services::{SERVICES_MAX, TooManyServices};
use crate::api::{ServiceError, SessionError, UsersError};
use crate::coins::{COINS_MAX, CoinsError, NAME_BYTES_MAX, NameError, Reason};
#[cfg(all(feature = "store", not(feature = "http")))]
use crate::ledger::OpenError;
use crate::ledger::{ACCOUNTS_MAX, BATCH_MAX, LedgerError, WRITERS_MAX};
use crate::model::amounts::JsonU128;
use crate::model::{RESULTS_MAX, TIMESTAMP_MAX};
#[cfg(all(feature = "store", not(feature = "http")))]
use crate::store::StoreError;
use crate::trail::FilterError;
use crate::wire::{BatchBytesError, ParseError, ParseErrorKind, TRANSFER_BYTES};

/// A code for programs, a message for people, the field and the limit.
#[derive(Debug, Serialize)]
pub(super) struct CallError {
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<JsonU128>,
}

impl CallError {
    fn new(code: &'static str, message: &dyn fmt::Display) -> Self {
        Self { code, message: message.to_string(), field: None, limit: None }
    }

    fn limit(self, limit: impl TryInto<u128>) -> Self {
        Self { limit: limit.try_into().ok().map(JsonU128), ..self }
    }

    fn about(self, field: &str) -> Self {
        Self { field: (!field.is_empty()).then(|| field.to_owned()), ..self }
    }

    pub(super) fn closed() -> Self {
        Self::new("closed", &"the ledger was closed; open another one")
    }

    #[cfg(all(feature = "store", any(feature = "reader", not(feature = "http"))))]
    pub(super) fn store_failed(failure: &str) -> Self {
        Self::new(
            "store_failed",
            &format_args!("the ledger's store has failed: {failure}; open the ledger again"),
        )
    }

    /// Creates the error of calls whose results are not on the disk because it is full.
    #[cfg(all(feature = "store", not(feature = "http")))]
    pub(super) fn unknown_without_space() -> Self {
        let message = "the disk has no space for what was decided, so its outcome is unknown: it is stored when there is \
             space again, and lost if the ledger ends before; free some space";
        Self::new("outcome_unknown", &message)
    }

    pub(super) fn unknown_call(name: &str) -> Self {
        Self::new("bad_argument", &format_args!("there is no call {name:?}"))
    }

    /// Creates an error without a specific code.
    #[cfg(feature = "http")]
    pub(super) fn refused(message: impl fmt::Display) -> Self {
        Self::new("refused", &message)
    }

    #[cfg(feature = "http")]
    pub(super) fn no_service(service: u32) -> Self {
        Self::refused(format!("there is no service {service}; it was closed or never opened"))
    }
}

impl From<CallError> for JsValue {
    fn from(error: CallError) -> Self {
        let json = serde_json::to_string(&error).expect("texts and a number serialize");
        JsValue::from_str(&json)
    }
}

impl From<LedgerError> for CallError {
    fn from(error: LedgerError) -> Self {
        let (code, field, limit) = match error {
            LedgerError::Writers { .. } => ("out_of_range", "workers", WRITERS_MAX as u64),
            LedgerError::WritersTaken { writers } => ("writers_taken", "workers", writers as u64),
            LedgerError::AccountsMax { .. } => ("out_of_range", "accountsMax", ACCOUNTS_MAX),
            LedgerError::TrailTooSmall { needed, .. } => ("out_of_range", "trailBytes", needed),
            LedgerError::AccountsFull { accounts_max } => ("accounts_full", "", accounts_max),
            LedgerError::TrailFull(full) => ("trail_full", "", full.budget_bytes),
            LedgerError::TransferIdsFull { budget_bytes } => {
                ("transfer_ids_full", "", budget_bytes)
            }
            LedgerError::BatchTooLarge { .. } => ("batch_too_large", "", BATCH_MAX as u64),
            LedgerError::TimestampsExhausted => ("timestamps_exhausted", "", TIMESTAMP_MAX),
            LedgerError::IdReserved { .. } => return Self::new("id_reserved", &error).about("id"),
            LedgerError::StoreNoSpace => return Self::new("store_no_space", &error),
            LedgerError::StoreEnded => return Self::new("store_failed", &error),
            LedgerError::OutcomeUnknown => return Self::new("outcome_unknown", &error),
        };
        Self::new(code, &error).about(field).limit(limit)
    }
}

#[cfg(all(feature = "store", not(feature = "http")))]
impl From<OpenError> for CallError {
    fn from(error: OpenError) -> Self {
        let code = match &error {
            OpenError::Store(StoreError::InUse { .. }) => "store_in_use",
            OpenError::Store(StoreError::NotAStore { .. }) => "not_a_store",
            OpenError::Store(StoreError::Version { .. }) => "store_version",
            OpenError::Store(StoreError::Damaged(_)) | OpenError::Inconsistent { .. } => {
                "store_damaged"
            }
            OpenError::Store(StoreError::Io { error, .. })
                if error.kind() == std::io::ErrorKind::StorageFull =>
            {
                "store_no_space"
            }
            OpenError::Store(_)
            | OpenError::AlreadyStored
            | OpenError::HasStore
            | OpenError::IncorrectProtocol => "store_failed",
            OpenError::Ledger(LedgerError::TrailFull(full)) => {
                let limit = full.budget_bytes;
                let message = format_args!(
                    "its entries do not fit into {limit} bytes; open it with more `trailBytes`"
                );
                return Self::new("trail_full", &message).about("trailBytes").limit(limit);
            }
            OpenError::Ledger(error) => return (*error).into(),
        };
        Self::new(code, &error)
    }
}

impl From<BatchBytesError> for CallError {
    fn from(error: BatchBytesError) -> Self {
        match error {
            BatchBytesError::Ledger(error) => error.into(),
            BatchBytesError::Length { .. } => {
                Self::new("bad_argument", &error).limit(TRANSFER_BYTES)
            }
        }
    }
}

impl From<ParseError> for CallError {
    fn from(error: ParseError) -> Self {
        let (code, limit) = match error.kind() {
            ParseErrorKind::Range { max, .. } => ("out_of_range", Some(*max)),
            ParseErrorKind::Length { max, .. } => ("batch_too_large", Some(*max as u128)),
            _ => ("bad_argument", None),
        };
        Self { limit: limit.map(JsonU128), ..Self::new(code, &error).about(error.field()) }
    }
}

impl From<FilterError> for CallError {
    fn from(error: FilterError) -> Self {
        let (field, limit) = match &error {
            FilterError::Kind => return Self::new("bad_argument", &error).about("kind"),
            FilterError::Status { .. } => return Self::new("bad_argument", &error).about("status"),
            FilterError::Writer { writers, .. } => ("writer", *writers as u64 - 1),
            FilterError::Account { .. } => {
                return Self::new("out_of_range", &error).about("account_id").limit(u128::MAX - 1);
            }
            FilterError::Timestamp { field, .. } => (*field, TIMESTAMP_MAX),
            FilterError::Period { timestamp_max, .. } => ("timestamp_min", *timestamp_max),
            FilterError::Limit { .. } => ("limit", RESULTS_MAX.into()),
        };
        Self::new("out_of_range", &error).about(field).limit(limit)
    }
}

impl From<NameError> for CallError {
    fn from(error: NameError) -> Self {
        let bad_name = Self::new("bad_name", &error).about("name");
        match error {
            NameError::Empty | NameError::TooLong { .. } => bad_name.limit(NAME_BYTES_MAX),
            _ => bad_name,
        }
    }
}

impl From<CoinsError> for CallError {
    fn from(error: CoinsError) -> Self {
        match error {
            CoinsError::Rejected(rejection) => {
                let (code, limit) = reason(rejection.reason);
                Self {
                    limit: limit.map(|limit| JsonU128(limit as u128)),
                    ..Self::new(code, &error)
                }
            }
            CoinsError::HolderNotFound => Self::new("holder_not_found", &error).about("name"),
            CoinsError::Name(error) => error.into(),
            CoinsError::HolderExists => Self::new("holder_exists", &error).about("name"),
            CoinsError::CoinsMustNotBeNegative { .. } => {
                Self::new("out_of_range", &error).about("coins").limit(0_u8)
            }
            CoinsError::FeeTooLarge { .. } => {
                Self::new("out_of_range", &error).about("feeBasisPoints").limit(10_000_u16)
            }
            CoinsError::IdReserved { .. } => Self::new("id_reserved", &error).about("id"),
            CoinsError::Ledger(error) => error.into(),
        }
    }
}

fn reason(reason: Reason) -> (&'static str, Option<i64>) {
    match reason {
        Reason::Cancelled => ("cancelled", None),
        Reason::DeadlineExceeded => ("deadline_exceeded", None),
        Reason::AmountMustBePositive => ("amount_must_be_positive", Some(1)),
        Reason::SelfTransfer => ("accounts_must_be_different", None),
        Reason::HolderNotFound => ("holder_not_found", None),
        Reason::SenderNotFound => ("sender_not_found", None),
        Reason::RecipientNotFound => ("recipient_not_found", None),
        Reason::InsufficientFunds => ("insufficient_funds", None),
        Reason::BalanceTooLarge => ("balance_too_large", Some(COINS_MAX)),
        Reason::Other(status) => (status.name(), None),
    }
}

impl From<SessionError> for CallError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Ledger(error) => error.into(),
            SessionError::Quota(quota) => Self::new(quota.code(), &quota),
        }
    }
}

impl From<ServiceError> for CallError {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Ledger(error) => error.into(),
            ServiceError::Users(error) => error.into(),
            ServiceError::Account { name, error } => {
                let inner = Self::from(error);
                Self { message: format!("the account of {name:?}: {}", inner.message), ..inner }
            }
        }
    }
}

impl From<TooManyServices> for CallError {
    fn from(error: TooManyServices) -> Self {
        Self::new("too_many_ledgers", &error).limit(SERVICES_MAX)
    }
}

impl From<UsersError> for CallError {
    fn from(error: UsersError) -> Self {
        Self::new("bad_users", &error).about("users")
    }
}
