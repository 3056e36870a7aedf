//! The caller of `/v1`. An endpoint takes a [`Caller`], a [`Reader`] or an [`Operator`], and so says
//! which role it needs. `policy.rs` decides which transfers a caller may create.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::api::http::auth::Authentication;
use crate::api::http::extract::shown;
use crate::api::http::json::Json;
use crate::api::http::middleware::UnexpectedQuery;
use crate::api::http::problem::Problem;
use crate::api::http::reads::{self, Extent};
use crate::api::http::request_key::KeyOfRequest;
use crate::api::quotas::Requester;
use crate::api::service::Service;
use crate::api::users::Role;
use crate::ledger::Cancellation;
use crate::model::Transfer;

/// A user who has presented a token, and the service that the request is for.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) service: Arc<Service>,
    pub(crate) name: String,
    pub(crate) role: Role,
    /// The id of the account with this name.
    pub(crate) account_id: u128,
    /// The idempotency key of the request, if it has one.
    pub(crate) key: Option<KeyOfRequest>,
}

/// A caller with the operator role.
pub(crate) struct Operator(pub(crate) Caller);

/// A caller who may read everything: an auditor or an operator.
pub(crate) struct Reader(pub(crate) Caller);

impl FromRequestParts<Arc<Service>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Self, Problem> {
        let authentication = Authentication::of_parts(service, parts);
        let user = authentication.user().ok_or_else(|| {
            let detail =
                "the header Authorization must be `Bearer ` and a token that is known here";
            Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail).about("Authorization")
        })?;
        // An ignored one, such as `dry_run`, would change what the request does.
        if parts.extensions.get::<UnexpectedQuery>().is_some() {
            let query = shown(parts.uri.query().unwrap_or_default());
            let detail = format!("this request has no query, and {query} was given");
            return Err(Problem::new(StatusCode::BAD_REQUEST, "bad_query", detail));
        }
        let account_id = service.account_id(&user.name);
        let (name, role) = (user.name.clone(), user.role);
        let key = parts.extensions.get::<KeyOfRequest>().copied();
        Ok(Self { service: Arc::clone(service), name, role, account_id, key })
    }
}

impl FromRequestParts<Arc<Service>> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, service).await?;
        match caller.role {
            Role::Operator => Ok(Self(caller)),
            role => Err(forbidden(format!("this is for the operator role, not {}", role.name()))),
        }
    }
}

impl FromRequestParts<Arc<Service>> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, service).await?;
        caller.must_read_everything()?;
        Ok(Self(caller))
    }
}

impl Caller {
    /// Executes a read that can take long, and serializes its result there.
    pub(crate) async fn read<T: Serialize + 'static>(
        &self,
        read: impl FnOnce(&Service, &Cancellation<'_>) -> Result<T, Problem> + Send + 'static,
    ) -> Result<Response, Problem> {
        let read = |service: &Service, cancellation: &Cancellation<'_>| {
            Ok(Json(read(service, cancellation)?).into_response())
        };
        reads::read(&self.service, &self.name, Extent::Part, Box::new(read)).await
    }

    /// Checks that the caller may read everything.
    pub(crate) fn must_read_everything(&self) -> Result<(), Problem> {
        if self.role.reads_everything() {
            return Ok(());
        }
        Err(forbidden(
            "this shows the money of all users: it is for the auditor and operator roles",
        ))
    }

    /// The caller as one who asks for a change of the ledger.
    pub(crate) fn requester(&self) -> Requester<'_> {
        Requester::of(&self.name, self.role)
    }

    /// Whether the caller may see this account.
    pub(crate) fn sees(&self, account_id: u128) -> bool {
        self.role.reads_everything() || account_id == self.account_id
    }

    /// Whether a transfer concerns an account that the caller may see.
    pub(crate) fn sees_transfer(&self, transfer: &Transfer) -> bool {
        self.sees(transfer.debit_account_id) || self.sees(transfer.credit_account_id)
    }

    /// Checks that the caller may see this account.
    pub(crate) fn must_see(&self, account_id: u128, field: &str) -> Result<(), Problem> {
        if self.sees(account_id) {
            return Ok(());
        }
        let own = self.account_id;
        let detail = format!("a user can see only the user's own account, {own}, not {account_id}");
        Err(forbidden(detail).about(field))
    }
}

/// The problem of a caller whose role does not allow the request.
pub(crate) fn forbidden(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "forbidden", detail)
}
