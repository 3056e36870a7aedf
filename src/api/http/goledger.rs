//! GoLedger's endpoints: its paths, parameters and JSON keys.
//!
//! All parameters are in the query. `username` and the header `Authorization` identify the user, and
//! `Code` is the HTTP status. GoLedger rejects every request with 400; here the status depends on the
//! reason.
//!
//! Numbers are JSON numbers, as GoLedger's are. A JSON number is exact for every reader only up to
//! 2^53 - 1, so a call whose answer would have a larger one is refused before it changes anything.

use std::sync::Arc;

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::{IntoParams, IntoResponses, ToSchema};

use super::auth::Authentication;
use super::endpoints::Endpoint;
use super::extract::shown;
use super::goledger_history::{HistoryBody, HistoryPage, HistoryParameters};
use super::idempotency::IdempotencyKey;
use super::problem::{BEARER, Problem, whole_seconds};
use super::query::{QueryError, QueryParameters};
use super::reads::{self, Extent};
use crate::api::http::json::Json;
use crate::api::http::ledger_calls::{CoinsCall, CoinsCallError};
use crate::api::http::request_key::KeyOfRequest;
use crate::api::quotas::{Requester, SessionError};
use crate::api::service::Service;
use crate::api::users::{Role, User};
use crate::coins::{COINS_MAX, CoinsError, CoinsHealth, Funds, Kind, Reason, Receipt};
use crate::ledger::{Cancellation, HealthStatus};
use crate::model::amounts::EXACT_IN_JSON_MAX;

super::endpoints::endpoints! {
    "GoLedger": [
        self::balance,
        self::history,
        self::add,
        self::withdraw,
        self::transfer,
        self::health,
    ]
}

/// GoLedger's endpoints, and each with a slash at the end of its path, which the document does not list.
pub(super) fn endpoints_with_slash() -> impl Iterator<Item = Endpoint> {
    endpoints()
        .into_iter()
        .flat_map(|(path, methods)| [(format!("{path}/"), methods.clone()), (path, methods)])
}

/// The user of a request.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "`Call` reads what it describes")]
struct UserParameter {
    /// The name of the user who has the token.
    #[param(pattern = "^[A-Za-z0-9_.-]{1,64}$", example = "aaron")]
    username: String,
}

/// The amount of a request.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "`Call` reads what it describes")]
struct AmountParameter {
    /// A whole number of coins, 1 to 2^63 - 1.
    #[param(minimum = 1, example = 100)]
    amount: i64,
}

/// The two users of a transfer.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "`transfer` reads what it describes")]
struct TransferParameters {
    /// The sender: the user of the request.
    #[param(pattern = "^[A-Za-z0-9_.-]{1,64}$", example = "aaron")]
    from: String,
    /// The recipient.
    #[param(pattern = "^[A-Za-z0-9_.-]{1,64}$", example = "bryan")]
    to: String,
}

/// An error in GoLedger's format.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[schema(as = Refused, example = json!({"Code": 401, "Message": "Invalid username or token"}))]
struct ErrorBody {
    /// The HTTP status.
    code: u16,
    /// The reason.
    message: String,
}

/// The errors of every call of a user.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "`Call` returns what it describes")]
enum CallErrors {
    /// The query is not UTF-8, or has a parameter twice.
    #[response(status = 400)]
    Query(ErrorBody),
    /// No user with this name has this token.
    #[response(status = 401)]
    Token(ErrorBody),
    /// The ledger is kept by an engine that lacks what the call needs.
    #[response(status = 501)]
    NotSupported(ErrorBody),
    /// The ledger is kept by an engine that has failed.
    #[response(status = 502)]
    EngineFailed(ErrorBody),
    /// The ledger is kept by an engine that did not answer in time. A call that moves coins may still take effect: repeat it with
    /// the same Idempotency-Key, or look the transfer up.
    #[response(status = 504)]
    NoAnswer(ErrorBody),
}

/// The errors of every call that moves coins.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "`Call::session` returns what it describes")]
enum CapacityErrors {
    /// A quota of the user is used up: attempts a second, or the share of the trail. Or the user's idempotency keys use up the user's share.
    #[response(status = 429, headers(("Retry-After" = u64, description = "Seconds until the request may be sent again.")))]
    Quota(ErrorBody),
    /// The ledger is full, or the server is at one of its limits.
    #[response(status = 503)]
    Ledger(ErrorBody),
}

/// An error: its status and GoLedger's message.
#[derive(Debug)]
pub(super) struct GoLedgerError {
    status: StatusCode,
    message: String,
    /// The header `Retry-After`, in seconds.
    retry_after_s: Option<u64>,
}

impl GoLedgerError {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), retry_after_s: None }
    }
}

impl IntoResponse for GoLedgerError {
    fn into_response(self) -> Response {
        let Self { status, message, retry_after_s } = self;
        let body = Json(ErrorBody { code: status.as_u16(), message });
        let mut response = (status, body).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, BEARER);
        }
        if let Some(seconds) = retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl From<QueryError> for GoLedgerError {
    fn from(error: QueryError) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error.message)
    }
}

impl From<Problem> for GoLedgerError {
    fn from(problem: Problem) -> Self {
        let retry_after_s = problem.retry_after_s();
        let mut message = problem.detail().to_owned();
        if let [id] = problem.ids()[..] {
            message += &format!("; the id of the transfer is {id}");
        }
        Self { retry_after_s, ..Self::new(problem.status(), message) }
    }
}

impl From<SessionError> for GoLedgerError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Quota(quota) => Self {
                retry_after_s: Some(whole_seconds(quota.retry_after_ns())),
                ..Self::new(StatusCode::TOO_MANY_REQUESTS, quota.to_string())
            },
            error => Self::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
        }
    }
}

impl From<CoinsError> for GoLedgerError {
    fn from(error: CoinsError) -> Self {
        let status = match error {
            CoinsError::Rejected(rejection) => match rejection.reason {
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
            CoinsError::Ledger(_) => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self::new(status, error.to_string())
    }
}

impl From<CoinsCallError> for GoLedgerError {
    fn from(error: CoinsCallError) -> Self {
        match error {
            CoinsCallError::Session(error) => error.into(),
            CoinsCallError::Coins(error) => error.into(),
            #[cfg(not(target_family = "wasm"))]
            CoinsCallError::Problem(problem) => problem.into(),
        }
    }
}

/// A request of an authenticated user.
struct Call {
    service: Arc<Service>,
    user: User,
    query: QueryParameters,
    key: Option<KeyOfRequest>,
}

impl FromRequestParts<Arc<Service>> for Call {
    type Rejection = GoLedgerError;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Self, GoLedgerError> {
        let query = QueryParameters::read(&parts.uri)?;
        let authentication = Authentication::of_parts(service, parts);
        let name = query.get("username");
        let user = authentication.user().filter(|user| Some(user.name.as_str()) == name);
        let unknown = || GoLedgerError::new(StatusCode::UNAUTHORIZED, "Invalid username or token");
        let user = user.ok_or_else(unknown)?.clone();
        let key = parts.extensions.get::<KeyOfRequest>().copied();
        Ok(Self { service: Arc::clone(service), user, query, key })
    }
}

impl Call {
    /// Parses the amount. The coins check its bounds.
    fn amount(&self) -> Result<i64, GoLedgerError> {
        let text = self.query.get("amount").unwrap_or_default();
        text.parse().map_err(|_| {
            let shown = shown(text);
            let message =
                format!("amount must be a whole number of coins, 1 to {COINS_MAX}, not {shown}");
            GoLedgerError::new(StatusCode::UNPROCESSABLE_ENTITY, message)
        })
    }

    /// Moves coins of the user.
    async fn move_coins(
        &self,
        kind: Kind,
        to: &str,
        amount: i64,
    ) -> Result<Receipt, CoinsCallError> {
        let User { name, role, .. } = &self.user;
        let call = CoinsCall { kind, holder: name, to, amount };
        self.service.move_coins(Requester::of(name, *role), self.key, call).await
    }

    /// Checks that the user may issue and redeem coins: an operator, or any user of the demo.
    fn may_issue(&self) -> Result<(), GoLedgerError> {
        if self.service.users().are_public() || self.user.role == Role::Operator {
            return Ok(());
        }
        let role = self.user.role.name();
        let message = format!("deposits and withdrawals are for the operator role, not {role}");
        Err(GoLedgerError::new(StatusCode::FORBIDDEN, message))
    }

    /// Checks that the user may transfer coins, which an auditor may not.
    fn may_move(&self) -> Result<(), GoLedgerError> {
        match self.user.role {
            Role::Auditor => Err(GoLedgerError::new(
                StatusCode::FORBIDDEN,
                "the auditor role may not transfer coins",
            )),
            Role::User | Role::Operator => Ok(()),
        }
    }
}

/// A number of coins that a JSON number has exactly; `None` if it is above 2^53 - 1.
fn exact(coins: u128) -> Option<u64> {
    (coins <= EXACT_IN_JSON_MAX).then_some(coins as u64)
}

impl Call {
    /// Checks that the answer to a call can contain these coins of a user.
    fn check_exact(&self, name: &str, coins: u128) -> Result<(), GoLedgerError> {
        if exact(coins).is_some() {
            return Ok(());
        }
        let id = self.service.account_id(name);
        let message = format!(
            "coins_not_exact_in_json: the answer would have more than {EXACT_IN_JSON_MAX} coins of {name}, and \
             JSON numbers are not exact above; use GET /v1/accounts/{id} to read and POST /v1/transfers to transfer"
        );
        Err(GoLedgerError::new(StatusCode::CONFLICT, message))
    }

    /// The balance of the user after a call that has moved coins, and the part that can be spent. `None` if a remote engine does not
    /// say it: the coins were moved nevertheless, so this is no error.
    async fn funds_after(&self) -> [Option<u128>; 2] {
        let funds = self.service.funds(&self.user.name).await.ok();
        [funds.map(|funds| funds.balance), funds.map(|funds| funds.available)]
    }

    /// The balance of a name; 0 if no user has it.
    async fn balance_of(&self, name: &str) -> Result<u128, GoLedgerError> {
        match self.service.funds(name).await {
            Ok(funds) => Ok(funds.balance),
            Err(CoinsCallError::Coins(_)) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    /// Checks that the answer can contain the balance of a user after a credit. A credit that exceeds the
    /// balance limit is left to the session, which rejects it.
    async fn check_credit(&self, name: &str, amount: i64) -> Result<(), GoLedgerError> {
        let balance = self.balance_of(name).await?;
        let after = balance.saturating_add(u128::try_from(amount).unwrap_or_default());
        if after > COINS_MAX as u128 { Ok(()) } else { self.check_exact(name, after) }
    }

    /// Checks that the answer can contain what a user has after a debit, and the debited amount. A debit
    /// of more coins than the user has is left to the session, which rejects it.
    async fn check_debit(&self, name: &str, amount: i64) -> Result<(), GoLedgerError> {
        let balance = self.balance_of(name).await?;
        let amount = u128::try_from(amount).unwrap_or_default();
        match balance.checked_sub(amount) {
            Some(after) => self.check_exact(name, after.max(amount)),
            None => Ok(()),
        }
    }
}

/// The balance of a user.
#[derive(Serialize, ToSchema)]
#[schema(as = Balance)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct BalanceBody {
    /// The HTTP status: 200.
    code: u16,
    /// The coins of the user.
    balance: u64,
    /// The balance less the user's pending transfers: the coins that the user can spend.
    available: u64,
}

/// Returns the balance of a user.
#[utoipa::path(
    get,
    path = "/account/coins",
    operation_id = "coins_balance",
    security(("token" = []), ("bare_token" = [])),
    params(UserParameter),
    responses(
        (status = 200, description = "The balance.", body = BalanceBody),
        CallErrors,
        (status = 409, description = "The balance is above 2^53 - 1. `GET /v1/accounts/{id}` returns it exactly.", body = ErrorBody),
    ),
)]
async fn balance(call: Call) -> Result<Json<BalanceBody>, GoLedgerError> {
    let Funds { balance, available } = call.service.funds(&call.user.name).await?;
    call.check_exact(&call.user.name, balance)?;
    Ok(Json(BalanceBody { code: 200, balance: balance as u64, available: available as u64 }))
}

/// Returns the deposits, withdrawals and transfers of a user, the latest first, with those that were rejected.
///
/// It has the calls on this path and the transfers of `/v1` with the codes 16 to 20; `/v1/trail` has everything.
#[utoipa::path(
    get,
    path = "/account/coins/history",
    operation_id = "coins_history",
    security(("token" = []), ("bare_token" = [])),
    params(UserParameter, HistoryParameters),
    responses(
        (status = 200, description = "A page of the history.", body = HistoryBody),
        CallErrors,
        (status = 422, description = "`limit` or `before` is invalid.", body = ErrorBody),
        (status = 429, description = "The user has reached the limit of long reads at the same time.", body = ErrorBody),
        (status = 503, description = "The server is at one of its limits.", body = ErrorBody),
    ),
)]
async fn history(call: Call) -> Result<Response, GoLedgerError> {
    let page = HistoryPage::read(&call.query)
        .map_err(|why| GoLedgerError::new(StatusCode::UNPROCESSABLE_ENTITY, why))?;
    let name = call.user.name.clone();
    let read = move |service: &Service, cancellation: &Cancellation<'_>| {
        Ok(Json(HistoryBody::read(service.coins(), &name, page, cancellation)?).into_response())
    };
    Ok(reads::read(&call.service, &call.user.name, Extent::Part, Box::new(read)).await?)
}

/// The result of a deposit.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Added {
    /// The HTTP status: 200.
    code: u16,
    message: &'static str,
    /// The coins of the user. `null` if a concurrent call has raised them above 2^53 - 1, or a remote engine did not say it after it moved the coins.
    balance: Option<u64>,
    /// The balance less the user's pending transfers: the coins that the user can spend.
    available: Option<u64>,
}

/// Issues coins to a user. For operators; in the demo, for all users.
#[utoipa::path(
    post,
    path = "/account/coins/add",
    operation_id = "coins_add",
    security(("token" = []), ("bare_token" = [])),
    params(UserParameter, AmountParameter, IdempotencyKey),
    responses(
        (status = 200, description = "The coins were deposited.", body = Added),
        CallErrors,
        (status = 403, description = "The role of the user does not allow it.", body = ErrorBody),
        (status = 409, description = "The user would have more than 2^53 - 1 coins, which this call cannot answer exactly; `POST /v1/transfers` can.", body = ErrorBody),
        (status = 422, description = "The amount is invalid.", body = ErrorBody),
        CapacityErrors,
    ),
)]
async fn add(call: Call) -> Result<Json<Added>, GoLedgerError> {
    call.may_issue()?;
    let amount = call.amount()?;
    call.check_credit(&call.user.name, amount).await?;
    call.move_coins(Kind::Deposit, "", amount).await?;
    let [balance, available] = call.funds_after().await.map(|coins| coins.and_then(exact));
    let message = "Your coin balance has been updated.";
    Ok(Json(Added { code: 200, message, balance, available }))
}

/// The result of a withdrawal.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Withdrawn {
    /// The HTTP status: 200.
    code: u16,
    message: String,
    amount: i64,
    /// The coins of the user. `null` if a concurrent call has raised them above 2^53 - 1, or a remote engine did not say it after it moved the coins.
    balance: Option<u64>,
    /// The balance less the user's pending transfers: the coins that the user can spend.
    available: Option<u64>,
}

/// Redeems coins of a user. For operators; in the demo, for all users.
#[utoipa::path(
    post,
    path = "/account/coins/withdraw",
    operation_id = "coins_withdraw",
    security(("token" = []), ("bare_token" = [])),
    params(UserParameter, AmountParameter, IdempotencyKey),
    responses(
        (status = 200, description = "The coins were withdrawn.", body = Withdrawn),
        CallErrors,
        (status = 403, description = "The role of the user does not allow it.", body = ErrorBody),
        (status = 409, description = "The user does not have enough coins, or the amount or the balance is above 2^53 - 1, which this call cannot answer exactly; `POST /v1/transfers` can.", body = ErrorBody),
        (status = 422, description = "The amount is invalid.", body = ErrorBody),
        CapacityErrors,
    ),
)]
async fn withdraw(call: Call) -> Result<Json<Withdrawn>, GoLedgerError> {
    call.may_issue()?;
    let amount = call.amount()?;
    call.check_debit(&call.user.name, amount).await?;
    call.move_coins(Kind::Withdrawal, "", amount).await?;
    let [balance, available] = call.funds_after().await;
    let mut message = format!("You have successfully withdrawn {amount}.");
    if let Some(balance) = balance {
        // The balance right before this withdrawal, which may differ from what the client saw last.
        let before = balance.saturating_add(amount as u128);
        message += &format!(" Your original coin balance was {before}, now it is {balance}");
    }
    let (balance, available) = (balance.and_then(exact), available.and_then(exact));
    Ok(Json(Withdrawn { code: 200, message, amount, balance, available }))
}

/// The result of a transfer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Transferred {
    /// The HTTP status: 200.
    code: u16,
    message: String,
    /// The caller's balance. `null` if a concurrent call has raised it above 2^53 - 1, or a remote engine did not say it after it moved the coins.
    from_balance: Option<u64>,
    /// The recipient's balance. `null` if the caller may not see it: a user can, in the demo only.
    to_balance: Option<u64>,
}

/// Transfers the user's own coins to another user.
#[utoipa::path(
    post,
    path = "/account/coins/transfer",
    operation_id = "coins_transfer",
    security(("token" = []), ("bare_token" = [])),
    params(UserParameter, AmountParameter, TransferParameters, IdempotencyKey),
    responses(
        (status = 200, description = "The coins were transferred.", body = Transferred),
        CallErrors,
        (status = 403, description = "`from` is another user, or the user is an auditor.", body = ErrorBody),
        (status = 404, description = "No user `to` has an account.", body = ErrorBody),
        (status = 409, description = "The user does not have enough coins, or the recipient would have more than 2^63 - 1, or a balance in the answer would be above 2^53 - 1, which this call cannot answer exactly; `POST /v1/transfers` can.", body = ErrorBody),
        (status = 422, description = "The amount is invalid, or both users are the same.", body = ErrorBody),
        CapacityErrors,
    ),
)]
async fn transfer(call: Call) -> Result<Json<Transferred>, GoLedgerError> {
    call.may_move()?;
    let amount = call.amount()?;
    let from = call.query.get("from").unwrap_or_default();
    let to = call.query.get("to").unwrap_or_default();
    if amount <= 0 {
        // The session rejects it, and adds a row to the history.
        call.move_coins(Kind::Transfer, to, amount).await?;
    }
    if from != call.user.name {
        let message = "cannot transfer from another user's account";
        return Err(GoLedgerError::new(StatusCode::FORBIDDEN, message));
    }
    let sees_all = call.user.role.reads_everything() || call.service.users().are_public();
    if from != to {
        call.check_debit(from, amount).await?;
        if sees_all {
            call.check_credit(to, amount).await?;
        }
    }
    let receipt = call.move_coins(Kind::Transfer, to, amount).await?;
    let mut message = format!("You have successfully transferred {amount} to {to}.");
    if let Some(balance) = receipt.from_balance {
        message += &format!(" Your current balance is {balance}");
    }
    let from_balance = receipt.from_balance.and_then(exact);
    let to_balance = receipt.to_balance.filter(|_| sees_all).and_then(exact);
    Ok(Json(Transferred { code: 200, message, from_balance, to_balance }))
}

/// Returns the health of the service in GoLedger's format.
#[utoipa::path(
    get,
    path = "/system/health",
    operation_id = "system_health",
    responses(
        (status = 200, description = "The service is healthy or degraded.", body = CoinsHealth),
        (status = 503, description = "The service is unhealthy, or at one of its limits.", body = CoinsHealth),
    ),
)]
async fn health(State(service): State<Arc<Service>>) -> Response {
    let health = service.coins_health();
    let status = match health.status {
        HealthStatus::Unhealthy => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::OK,
    };
    (status, Json(health)).into_response()
}
