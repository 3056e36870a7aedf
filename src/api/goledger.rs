//! GoLedger's endpoints: its paths, parameters and JSON keys, with statuses that say what happened.
//!
//! Parameters come from the query alone, `username` and the header `Authorization` say who asks, and `Code` is the HTTP
//! status. GoLedger answers 400 to whatever it refuses; here the status says why.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;

use super::query::{BadQuery, Query};
use super::{Role, Service, User, caller};
use crate::book::{BookError, HealthStatus, Interrupt};
use crate::coins::{COINS_MAX, CoinsError, Reason};

type Shared = State<Arc<Service>>;

/// Each path also with a slash at its end, as GoLedger takes it.
pub(super) fn routes() -> Router<Arc<Service>> {
    let both = |router: Router<Arc<Service>>, path: &str, method| {
        router.route(path, Clone::clone(&method)).route(&format!("{path}/"), method)
    };
    let router = both(Router::new(), "/account/coins", get(balance));
    let router = both(router, "/account/coins/add", post(add));
    let router = both(router, "/account/coins/withdraw", post(withdraw));
    let router = both(router, "/account/coins/transfer", post(transfer));
    both(router, "/system/health", get(health))
}

/// A refusal in GoLedger's form.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Refused {
    code: u16,
    message: String,
}

/// A refusal on its way: its status and GoLedger's sentence.
#[derive(Debug)]
struct Refusal(StatusCode, String);

impl Refusal {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self(status, message.into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self(status, message) = self;
        (status, Json(Refused { code: status.as_u16(), message })).into_response()
    }
}

impl From<BadQuery> for Refusal {
    fn from(bad: BadQuery) -> Self {
        Self::new(StatusCode::BAD_REQUEST, bad.sentence)
    }
}

impl From<BookError> for Refusal {
    fn from(error: BookError) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
    }
}

impl From<CoinsError> for Refusal {
    fn from(error: CoinsError) -> Self {
        let status = match error {
            CoinsError::Refused(refusal) => match refusal.reason {
                Reason::AmountMustBePositive | Reason::SelfTransfer => {
                    StatusCode::UNPROCESSABLE_ENTITY
                }
                Reason::HolderNotFound | Reason::SenderNotFound | Reason::RecipientNotFound => {
                    StatusCode::NOT_FOUND
                }
                Reason::Cancelled | Reason::DeadlineExceeded => StatusCode::SERVICE_UNAVAILABLE,
                _ => StatusCode::CONFLICT,
            },
            CoinsError::HolderNotFound => StatusCode::NOT_FOUND,
            CoinsError::Book(_) => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self::new(status, error.to_string())
    }
}

/// A request that is known to come from a user.
struct Call<'a> {
    user: &'a User,
    query: Query,
}

impl<'a> Call<'a> {
    fn new(service: &'a Service, headers: &HeaderMap, uri: &Uri) -> Result<Self, Refusal> {
        let query = Query::read(uri.query().unwrap_or_default())?;
        let user = caller::named(service.users(), headers, query.get("username"));
        let unknown = || Refusal::new(StatusCode::UNAUTHORIZED, "Invalid username or token");
        Ok(Self { user: user.ok_or_else(unknown)?, query })
    }

    /// The amount; its bounds are the coins' own. GoLedger's own sentence where there is none that could be one.
    fn amount(&self) -> Result<i64, Refusal> {
        let text = self.query.get("amount").unwrap_or_default();
        let whole = text.parse::<i64>();
        whole.map_err(|_| {
            let shown: String = text.chars().take(40).collect();
            Refusal::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                format!("amount must be a whole number of coins, 1 to {COINS_MAX}, not {shown:?}"),
            )
        })
    }

    /// Coins that come from nowhere or go there are an operator's, or everybody's where all is for show.
    fn may_issue(&self, service: &Service) -> Result<(), Refusal> {
        if service.users().are_public() || self.user.role == Role::Operator {
            return Ok(());
        }
        let role = self.user.role.name();
        let sentence = format!("deposits and withdrawals are for the role operator, not {role}");
        Err(Refusal::new(StatusCode::FORBIDDEN, sentence))
    }

    /// An auditor reads and moves nothing.
    fn may_move(&self) -> Result<(), Refusal> {
        match self.user.role {
            Role::Auditor => {
                Err(Refusal::new(StatusCode::FORBIDDEN, "the role auditor reads and moves nothing"))
            }
            Role::User | Role::Operator => Ok(()),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Balance {
    code: u16,
    balance: i64,
}

async fn balance(
    State(service): Shared,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Json<Balance>, Refusal> {
    let call = Call::new(&service, &headers, &uri)?;
    let balance = service.coins().balance(&call.user.name)?;
    Ok(Json(Balance { code: 200, balance }))
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Added {
    code: u16,
    message: &'static str,
    balance: i64,
}

async fn add(State(service): Shared, headers: HeaderMap, uri: Uri) -> Result<Json<Added>, Refusal> {
    let call = Call::new(&service, &headers, &uri)?;
    call.may_issue(&service)?;
    let amount = call.amount()?;
    let receipt = service.teller()?.deposit(&call.user.name, amount, &Interrupt::never())?;
    let message = "Your coin balance has been updated.";
    Ok(Json(Added { code: 200, message, balance: receipt.to_balance.unwrap_or_default() }))
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Withdrawn {
    code: u16,
    message: String,
    amount: i64,
    balance: i64,
}

async fn withdraw(
    State(service): Shared,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Json<Withdrawn>, Refusal> {
    let call = Call::new(&service, &headers, &uri)?;
    call.may_issue(&service)?;
    let amount = call.amount()?;
    let receipt = service.teller()?.withdraw(&call.user.name, amount, &Interrupt::never())?;
    let balance = receipt.from_balance.unwrap_or_default();
    // What it was before this withdrawal: others may have moved coins since the customer last looked.
    let before = i128::from(balance) + i128::from(amount);
    let message = format!(
        "You have successfully withdrawn {amount}. Your original coin balance was {before}, now it is {balance}"
    );
    Ok(Json(Withdrawn { code: 200, message, amount, balance }))
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Transferred {
    code: u16,
    message: String,
    from_balance: i64,
    to_balance: i64,
}

async fn transfer(
    State(service): Shared,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Json<Transferred>, Refusal> {
    let call = Call::new(&service, &headers, &uri)?;
    call.may_move()?;
    let amount = call.amount()?;
    let from = call.query.get("from").unwrap_or_default();
    let to = call.query.get("to").unwrap_or_default();
    if amount <= 0 {
        // Through the coins, so that it leaves its row.
        service.teller()?.transfer(&call.user.name, to, amount, &Interrupt::never())?;
    }
    if from != call.user.name {
        let sentence = "cannot transfer from another user's account";
        return Err(Refusal::new(StatusCode::FORBIDDEN, sentence));
    }
    let receipt = service.teller()?.transfer(from, to, amount, &Interrupt::never())?;
    let from_balance = receipt.from_balance.unwrap_or_default();
    let message = format!(
        "You have successfully transferred {amount} to {to}. Your current balance is {from_balance}"
    );
    let to_balance = receipt.to_balance.unwrap_or_default();
    Ok(Json(Transferred { code: 200, message, from_balance, to_balance }))
}

async fn health(State(service): Shared) -> Response {
    let health = service.coins().health(service.now_ns());
    let status = match health.status {
        HealthStatus::Unhealthy => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::OK,
    };
    (status, Json(health)).into_response()
}
