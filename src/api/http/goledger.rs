//! GoLedger's endpoints: its paths, parameters and JSON keys, with statuses that say what happened.
//!
//! Parameters come from the query alone, `username` and the header `Authorization` say who asks, and `Code` is the HTTP
//! status. GoLedger answers 400 to whatever it refuses; here the status says why.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::idempotency::IdempotencyKey;
use super::query::{BadQuery, Query};
use super::{Role, Service, User, auth};
use crate::coins::{COINS_MAX, CoinsError, CoinsHealth, Reason};
use crate::ledger::{Cancellation, HealthStatus, LedgerError};

type Shared = State<Arc<Service>>;

/// Each path also with a slash at its end, as GoLedger takes it. The document has those without.
pub(super) fn routes() -> OpenApiRouter<Arc<Service>> {
    let all =
        [routes!(balance), routes!(add), routes!(withdraw), routes!(transfer), routes!(health)];
    all.into_iter().fold(OpenApiRouter::new(), |router, (schemas, paths, methods)| {
        let slashed: Vec<_> = paths.paths.keys().map(|path| format!("{path}/")).collect();
        let router = router.routes((schemas, paths, methods.clone()));
        slashed.iter().fold(router, |router, path| router.route(path, methods.clone()))
    })
}

/// Who asks.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it is described here, and read by `Call`")]
struct Named {
    /// The name of the user whose token it is.
    #[param(pattern = "^[A-Za-z0-9_.-]{1,64}$", example = "aaron")]
    username: String,
}

/// How much.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it is described here, and read by `Call`")]
struct Coins {
    /// Whole coins, 1 to 2^63 - 1.
    #[param(minimum = 1, example = 100)]
    amount: i64,
}

/// From whom to whom.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it is described here, and read by `transfer`")]
struct Parties {
    /// Who pays: the one who asks.
    #[param(pattern = "^[A-Za-z0-9_.-]{1,64}$", example = "aaron")]
    from: String,
    /// Who is paid.
    #[param(pattern = "^[A-Za-z0-9_.-]{1,64}$", example = "bryan")]
    to: String,
}

/// A refusal in GoLedger's form.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[schema(example = json!({"Code": 401, "Message": "Invalid username or token"}))]
struct Refused {
    /// The HTTP status.
    code: u16,
    /// Why.
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

impl From<LedgerError> for Refusal {
    fn from(error: LedgerError) -> Self {
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
            CoinsError::Ledger(_) => StatusCode::SERVICE_UNAVAILABLE,
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
        let user = auth::named(service.users(), headers, query.get("username"));
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

/// What the user has.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Balance {
    /// The HTTP status: 200.
    code: u16,
    balance: i64,
}

/// The coins that a user has.
#[utoipa::path(
    get,
    path = "/account/coins",
    tag = "GoLedger",
    operation_id = "coins_balance",
    security(("token" = []), ("bare_token" = [])),
    params(Named),
    responses(
        (status = 200, description = "They are there.", body = Balance),
        (status = 400, description = "The query is no UTF-8, or names a parameter twice.", body = Refused),
        (status = 401, description = "Nobody of this name has this token.", body = Refused),
    ),
)]
async fn balance(
    State(service): Shared,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Json<Balance>, Refusal> {
    let call = Call::new(&service, &headers, &uri)?;
    let balance = service.coins().balance(&call.user.name)?;
    Ok(Json(Balance { code: 200, balance }))
}

/// What the user has after a deposit.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Added {
    /// The HTTP status: 200.
    code: u16,
    message: &'static str,
    balance: i64,
}

/// Deposits coins that come from nowhere: for operators, in the demo for everybody.
#[utoipa::path(
    post,
    path = "/account/coins/add",
    tag = "GoLedger",
    operation_id = "coins_add",
    security(("token" = []), ("bare_token" = [])),
    params(Named, Coins, IdempotencyKey),
    responses(
        (status = 200, description = "They were deposited.", body = Added),
        (status = 400, description = "The query is no UTF-8, or names a parameter twice.", body = Refused),
        (status = 401, description = "Nobody of this name has this token.", body = Refused),
        (status = 403, description = "The role of the user does not go so far.", body = Refused),
        (status = 409, description = "The user would have more than 2^63 - 1 coins.", body = Refused),
        (status = 422, description = "The amount is none.", body = Refused),
        (status = 503, description = "The ledger takes no more, or the server is at one of its limits.", body = Refused),
    ),
)]
async fn add(State(service): Shared, headers: HeaderMap, uri: Uri) -> Result<Json<Added>, Refusal> {
    let call = Call::new(&service, &headers, &uri)?;
    call.may_issue(&service)?;
    let amount = call.amount()?;
    let receipt = service.session()?.deposit(&call.user.name, amount, &Cancellation::never())?;
    let message = "Your coin balance has been updated.";
    Ok(Json(Added { code: 200, message, balance: receipt.to_balance.unwrap_or_default() }))
}

/// What the user has after a withdrawal.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Withdrawn {
    /// The HTTP status: 200.
    code: u16,
    message: String,
    amount: i64,
    balance: i64,
}

/// Withdraws coins, which are then nowhere: for operators, in the demo for everybody.
#[utoipa::path(
    post,
    path = "/account/coins/withdraw",
    tag = "GoLedger",
    operation_id = "coins_withdraw",
    security(("token" = []), ("bare_token" = [])),
    params(Named, Coins, IdempotencyKey),
    responses(
        (status = 200, description = "They were withdrawn.", body = Withdrawn),
        (status = 400, description = "The query is no UTF-8, or names a parameter twice.", body = Refused),
        (status = 401, description = "Nobody of this name has this token.", body = Refused),
        (status = 403, description = "The role of the user does not go so far.", body = Refused),
        (status = 409, description = "The user has fewer coins.", body = Refused),
        (status = 422, description = "The amount is none.", body = Refused),
        (status = 503, description = "The ledger takes no more, or the server is at one of its limits.", body = Refused),
    ),
)]
async fn withdraw(
    State(service): Shared,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Json<Withdrawn>, Refusal> {
    let call = Call::new(&service, &headers, &uri)?;
    call.may_issue(&service)?;
    let amount = call.amount()?;
    let receipt = service.session()?.withdraw(&call.user.name, amount, &Cancellation::never())?;
    let balance = receipt.from_balance.unwrap_or_default();
    // What it was before this withdrawal: others may have moved coins since the customer last looked.
    let before = i128::from(balance) + i128::from(amount);
    let message = format!(
        "You have successfully withdrawn {amount}. Your original coin balance was {before}, now it is {balance}"
    );
    Ok(Json(Withdrawn { code: 200, message, amount, balance }))
}

/// What both have after a transfer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Transferred {
    /// The HTTP status: 200.
    code: u16,
    message: String,
    from_balance: i64,
    to_balance: i64,
}

/// Transfers the user's own coins to somebody else.
#[utoipa::path(
    post,
    path = "/account/coins/transfer",
    tag = "GoLedger",
    operation_id = "coins_transfer",
    security(("token" = []), ("bare_token" = [])),
    params(Named, Coins, Parties, IdempotencyKey),
    responses(
        (status = 200, description = "They were transferred.", body = Transferred),
        (status = 400, description = "The query is no UTF-8, or names a parameter twice.", body = Refused),
        (status = 401, description = "Nobody of this name has this token.", body = Refused),
        (status = 403, description = "The coins are another one's, or the role of the user is that of an auditor.", body = Refused),
        (status = 404, description = "Nobody of the name `to` has an account.", body = Refused),
        (status = 409, description = "The user has fewer coins, or the other one would have more than 2^63 - 1.", body = Refused),
        (status = 422, description = "The amount is none, or both are the same.", body = Refused),
        (status = 503, description = "The ledger takes no more, or the server is at one of its limits.", body = Refused),
    ),
)]
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
        service.session()?.transfer(&call.user.name, to, amount, &Cancellation::never())?;
    }
    if from != call.user.name {
        let sentence = "cannot transfer from another user's account";
        return Err(Refusal::new(StatusCode::FORBIDDEN, sentence));
    }
    let receipt = service.session()?.transfer(from, to, amount, &Cancellation::never())?;
    let from_balance = receipt.from_balance.unwrap_or_default();
    let message = format!(
        "You have successfully transferred {amount} to {to}. Your current balance is {from_balance}"
    );
    let to_balance = receipt.to_balance.unwrap_or_default();
    Ok(Json(Transferred { code: 200, message, from_balance, to_balance }))
}

/// How the service is, in GoLedger's words.
#[utoipa::path(
    get,
    path = "/system/health",
    tag = "GoLedger",
    operation_id = "system_health",
    responses(
        (status = 200, description = "It is healthy, or degraded.", body = CoinsHealth),
        (status = 503, description = "It is unhealthy, or at one of its limits.", body = CoinsHealth),
    ),
)]
async fn health(State(service): Shared) -> Response {
    let health = service.coins().health(service.now_ns());
    let status = match health.status {
        HealthStatus::Unhealthy => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::OK,
    };
    (status, Json(health)).into_response()
}
