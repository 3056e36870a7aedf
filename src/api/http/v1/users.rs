//! Users: listing, adding and removing them, their tokens, and their deposits and withdrawals.
//!
//! A token is in one response, to the request that made it. It is not stored, so these requests take no
//! idempotency key: an operator who has lost the response rotates the token.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::{Caller, Operator, Reader};
use crate::api::http::extract::{JsonBody, check_names, path_parameter, shown};
use crate::api::http::idempotency::IdempotencyKey;
use crate::api::http::json::Json;
use crate::api::http::ledger_calls::{CoinsCall, CoinsCallError};
use crate::api::http::openapi::{QueryProblems, RoleProblems};
use crate::api::http::problem::Problem;
use crate::api::http::query::QueryParameters;
#[cfg(not(target_family = "wasm"))]
use crate::api::http::reads::{self, Extent};
use crate::api::service::Service;
use crate::api::user_changes::UserChangeError;
use crate::api::users::{Role, Token, User, UsersError};
use crate::coins::{COINS_MAX, CoinsError, Kind, Reason};
#[cfg(not(target_family = "wasm"))]
use crate::ledger::Cancellation;
use crate::model::RESULTS_MAX;
use crate::model::amounts::{JsonU64, JsonU128};
use crate::wire::ReadU64;

/// A user, without tokens.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = User)]
pub(super) struct UserRow {
    name: String,
    role: Role,
    account_id: JsonU128,
    /// Whether the previous token is accepted beside the current one.
    has_old_token: bool,
}

impl UserRow {
    fn new(caller: &Caller, user: &User) -> Self {
        let account_id = caller.service.account_id(&user.name);
        let (name, role) = (user.name.clone(), user.role);
        let has_old_token = user.old_token.is_some();
        Self { name, role, account_id: JsonU128(account_id), has_old_token }
    }
}

/// A page of users, in the order of their names.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Users)]
pub(super) struct UserRows {
    users: Vec<UserRow>,
    /// The value of `after` for the next page. Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<String>,
}

/// Lists the users in the order of their names. For auditors and operators.
#[utoipa::path(
    get,
    path = "/v1/users",
    operation_id = "list_users",
    params(
        ("after" = inline(Option<String>), Query, description = "Only users whose names follow this one: `next` of the page before."),
        ("limit" = inline(Option<u32>), Query, description = "The maximum number of users, 1 to 8,189. The default is 1,000.", minimum = 1, maximum = 8189),
    ),
    responses(
        (status = 200, description = "The users.", body = UserRows),
        RoleProblems,
        QueryProblems,
    ),
)]
pub(super) async fn list(Reader(caller): Reader, uri: Uri) -> Result<Json<UserRows>, Problem> {
    let parameters = QueryParameters::read(&uri)?;
    check_names(&parameters, &["after", "limit"])?;
    let text = parameters.get("limit").unwrap_or("1000");
    let limit = text.parse().ok().filter(|limit| (1..=RESULTS_MAX as usize).contains(limit));
    let limit = limit.ok_or_else(|| {
        let detail = format!("limit must be 1 to {RESULTS_MAX}, not {}", shown(text));
        Problem::bad_filter(detail).about("limit")
    })?;
    let list = caller.service.users();
    let mut found = list.following(parameters.get("after").unwrap_or_default());
    let users: Vec<_> =
        found.by_ref().take(limit).map(|user| UserRow::new(&caller, user)).collect();
    let last = users.last().map(|user| user.name.clone());
    let next = last.filter(|_| found.next().is_some());
    Ok(Json(UserRows { users, next }))
}

/// A user to add.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AddUserRequest {
    /// The name of the user and of the account.
    #[schema(pattern = "^[A-Za-z0-9_.-]{1,64}$")]
    name: String,
    role: Role,
    /// The initial balance of the account, up to 2^63 - 1 coins. The default is 0.
    #[serde(default)]
    coins: ReadU64,
    /// Whether the user may get the account of a removed user of the same name, with the balance that it has.
    #[serde(default)]
    reuse_account: bool,
}

/// A user after a change.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangedUser {
    user: UserRow,
    /// The new token. This is the only response that contains it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    token: Option<String>,
    /// Whether the change is in the users' file. Without a file it is in memory only, and a restart forgets it.
    stored: bool,
}

/// The result of a change without a user.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredChange {
    /// Whether the change is in the users' file. Without a file it is in memory only, and a restart forgets it.
    stored: bool,
}

/// Adds a user, and opens the user's account. For operators.
///
/// The response has the user's token, which is not stored and cannot be shown again.
#[utoipa::path(
    post,
    path = "/v1/users",
    operation_id = "add_user",
    request_body(content = AddUserRequest, example = json!({"name": "olga", "role": "user", "coins": "100"})),
    responses(
        (status = 201, description = "The user and the token.", body = ChangedUser),
        (status = 409, description = "The name is in use, the account of a removed user has it, or there are too many users.", body = Problem, content_type = "application/problem+json"),
        RoleProblems,
    ),
)]
pub(super) async fn add(
    Operator(caller): Operator,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let AddUserRequest { name, role, coins: ReadU64(coins), reuse_account } = parse(&body)?;
    let coins = i64::try_from(coins).map_err(|_| {
        let detail = format!("coins must be at most {COINS_MAX}, not {coins}");
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_body", detail).about("coins")
    })?;
    let token = random_token()?;
    let user = User { name, role, token: token.hash(), old_token: None, coins };
    let adder = caller.clone();
    let added = change_users(&caller, move |service| {
        let stored = service.add_user(user.clone(), reuse_account)?;
        let user = UserRow::new(&adder, &user);
        Ok(ChangedUser { user, token: Some(token.reveal().to_owned()), stored })
    });
    Ok((StatusCode::CREATED, Json(added.await?)).into_response())
}

/// Changes the users. If a remote engine keeps the ledger, it is waited for, by this change or by one before, and so not on a thread
/// that passes its answers on.
async fn change_users<T: Send + 'static>(
    caller: &Caller,
    change: impl FnOnce(&Service) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    #[cfg(not(target_family = "wasm"))]
    if caller.service.remote().is_some() {
        let change = |service: &Service, _: &Cancellation<'_>| change(service);
        return reads::read(&caller.service, &caller.name, Extent::Part, Box::new(change)).await;
    }
    change(&caller.service)
}

/// Removes a user. The user's tokens are rejected from then on. For operators.
///
/// The account stays in the ledger with its balance, which an operator can withdraw.
#[utoipa::path(
    delete,
    path = "/v1/users/{name}",
    operation_id = "remove_user",
    params(("name" = String, Path, description = "The user's name.", example = "olga")),
    responses(
        (status = 200, description = "The user was removed.", body = StoredChange),
        (status = 409, description = "The user is the only operator.", body = Problem, content_type = "application/problem+json"),
        RoleProblems,
    ),
)]
pub(super) async fn remove(
    Operator(caller): Operator,
    PathName(name): PathName,
) -> Result<Json<StoredChange>, Problem> {
    let stored = change_users(&caller, move |service| Ok(service.remove_user(&name)?)).await?;
    Ok(Json(StoredChange { stored }))
}

/// Gives a user a new token. The previous one is accepted as well, until it is removed or the token is
/// rotated again. For operators.
///
/// The response has the token, which is not stored and cannot be shown again.
#[utoipa::path(
    post,
    path = "/v1/users/{name}/token",
    operation_id = "rotate_token",
    params(("name" = String, Path, description = "The user's name.", example = "olga")),
    responses(
        (status = 200, description = "The user and the new token.", body = ChangedUser),
        RoleProblems,
    ),
)]
pub(super) async fn rotate_token(
    Operator(caller): Operator,
    PathName(name): PathName,
) -> Result<Json<ChangedUser>, Problem> {
    let token = random_token()?;
    let (changed_name, hash) = (name.clone(), token.hash());
    let rotate = move |service: &Service| Ok(service.rotate_token(&changed_name, hash)?);
    let stored = change_users(&caller, rotate).await?;
    changed(&caller, name, Some(token), stored)
}

/// Removes the previous token of a user, so that only the current one is accepted. For operators.
#[utoipa::path(
    delete,
    path = "/v1/users/{name}/token/old",
    operation_id = "remove_old_token",
    params(("name" = String, Path, description = "The user's name.", example = "olga")),
    responses(
        (status = 200, description = "The user.", body = ChangedUser),
        RoleProblems,
    ),
)]
pub(super) async fn remove_old_token(
    Operator(caller): Operator,
    PathName(name): PathName,
) -> Result<Json<ChangedUser>, Problem> {
    let changed_name = name.clone();
    let remove = move |service: &Service| Ok(service.remove_old_token(&changed_name)?);
    let stored = change_users(&caller, remove).await?;
    changed(&caller, name, None, stored)
}

fn changed(
    caller: &Caller,
    name: String,
    token: Option<Token>,
    stored: bool,
) -> Result<Json<ChangedUser>, Problem> {
    let users = caller.service.users();
    // Another operator may have removed the user since.
    let position = users.position(&name).ok_or(UserChangeError::NotFound { name })?;
    let user = UserRow::new(caller, &users.all()[position]);
    let token = token.map(|token| token.reveal().to_owned());
    Ok(Json(ChangedUser { user, token, stored }))
}

/// An amount to deposit or to withdraw.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AmountRequest {
    /// A number of coins, 1 to 2^63 - 1.
    amount: ReadU64,
}

/// A deposit or a withdrawal.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BalanceReceipt {
    /// The id of the transfer.
    id: JsonU128,
    /// When it was created, in nanoseconds.
    timestamp: JsonU64,
    /// The balance of the user's account after it. Absent if a remote engine did not say it after it moved the coins.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    balance: Option<JsonU128>,
}

/// Deposits coins from `@world` into the account of a user. For operators.
#[utoipa::path(
    post,
    path = "/v1/users/{name}/deposits",
    params(
        ("name" = String, Path, description = "The user's name.", example = "aaron"),
        IdempotencyKey,
    ),
    request_body(content = AmountRequest, example = json!({"amount": "50"})),
    responses(
        (status = 200, description = "The coins were deposited.", body = BalanceReceipt),
        (status = 409, description = "The user would have more than 2^63 - 1 coins.", body = Problem, content_type = "application/problem+json"),
        RoleProblems,
    ),
)]
pub(super) async fn deposit(
    Operator(caller): Operator,
    PathName(name): PathName,
    JsonBody(body): JsonBody,
) -> Result<Json<BalanceReceipt>, Problem> {
    change_balance(&caller, &name, &body, Kind::Deposit).await
}

/// Withdraws coins of a user's account to `@world`. For operators.
#[utoipa::path(
    post,
    path = "/v1/users/{name}/withdrawals",
    params(
        ("name" = String, Path, description = "The user's name.", example = "aaron"),
        IdempotencyKey,
    ),
    request_body(content = AmountRequest, example = json!({"amount": "50"})),
    responses(
        (status = 200, description = "The coins were withdrawn.", body = BalanceReceipt),
        (status = 409, description = "The user does not have enough coins.", body = Problem, content_type = "application/problem+json"),
        RoleProblems,
    ),
)]
pub(super) async fn withdraw(
    Operator(caller): Operator,
    PathName(name): PathName,
    JsonBody(body): JsonBody,
) -> Result<Json<BalanceReceipt>, Problem> {
    change_balance(&caller, &name, &body, Kind::Withdrawal).await
}

async fn change_balance(
    caller: &Caller,
    name: &str,
    body: &[u8],
    kind: Kind,
) -> Result<Json<BalanceReceipt>, Problem> {
    let call = CoinsCall { kind, holder: name, to: name, amount: amount(body)? };
    let moved = caller.service.move_coins(caller.requester(), caller.key, call).await;
    let receipt = moved.map_err(|error| match error {
        CoinsCallError::Coins(error) => rejected(error),
        error => error.into(),
    })?;
    // `@world`, on the other side, has none.
    let balance = receipt.from_balance.or(receipt.to_balance);
    Ok(Json(BalanceReceipt {
        id: JsonU128(receipt.id),
        timestamp: JsonU64(receipt.timestamp),
        balance: balance.map(JsonU128),
    }))
}

fn amount(body: &[u8]) -> Result<i64, Problem> {
    let AmountRequest { amount: ReadU64(amount) } = parse(body)?;
    let positive = i64::try_from(amount).ok().filter(|amount| *amount > 0);
    positive.ok_or_else(|| {
        let detail = format!("amount must be 1 to {COINS_MAX} coins, not {amount}");
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_body", detail).about("amount")
    })
}

fn rejected(error: CoinsError) -> Problem {
    let CoinsError::Rejected(rejection) = &error else { return error.into() };
    let (status, code) = match rejection.reason {
        Reason::HolderNotFound => (StatusCode::NOT_FOUND, "not_found"),
        Reason::InsufficientFunds => (StatusCode::CONFLICT, "insufficient_funds"),
        Reason::BalanceTooLarge => (StatusCode::CONFLICT, "balance_too_large"),
        _ => (StatusCode::CONFLICT, "rejected"),
    };
    Problem::new(status, code, error.to_string())
}

pub(super) fn random_token() -> Result<Token, Problem> {
    Ok(Token::random()?)
}

/// Parses a body that serde reads.
fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| {
        let status = match error.is_data() {
            true => StatusCode::UNPROCESSABLE_ENTITY,
            false => StatusCode::BAD_REQUEST,
        };
        Problem::new(status, "bad_body", error.to_string())
    })
}

/// The name of a user in a path.
pub(super) struct PathName(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for PathName {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        path_parameter(parts, state, "name").await.map(Self)
    }
}

impl From<UserChangeError> for Problem {
    fn from(error: UserChangeError) -> Self {
        use UserChangeError as E;
        let (status, code, field) = match &error {
            E::Users(UsersError::SameName { .. }) => (StatusCode::CONFLICT, "user_exists", "name"),
            E::Users(UsersError::TooMany { .. }) => (StatusCode::CONFLICT, "too_many_users", ""),
            E::Users(UsersError::Name { error, .. }) => {
                let (status, code) = (StatusCode::UNPROCESSABLE_ENTITY, "bad_name");
                return Self::new(status, code, error.to_string()).about("name");
            }
            E::Users(_) => (StatusCode::UNPROCESSABLE_ENTITY, "bad_user", ""),
            E::AccountExists { .. } => (StatusCode::CONFLICT, "account_exists", "name"),
            E::LastOperator { .. } => (StatusCode::CONFLICT, "last_operator", "name"),
            E::NotFound { .. } | E::NoOldToken { .. } => {
                (StatusCode::NOT_FOUND, "not_found", "name")
            }
            E::Store(_) => (StatusCode::SERVICE_UNAVAILABLE, "users_not_stored", ""),
            E::Account { error, .. } => return (*error).into(),
            #[cfg(not(target_family = "wasm"))]
            E::EngineAccount { error, .. } => return error.clone().into(),
        };
        Self::new(status, code, error.to_string()).about(field)
    }
}
