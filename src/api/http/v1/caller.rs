//! The caller of `/v1`, and what each role may do.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;

use crate::api::http::auth;
use crate::api::http::problem::Problem;
use crate::api::service::Service;
use crate::api::users::Role;

/// A user who has presented a token.
#[derive(Clone, Debug)]
pub(in crate::api) struct Caller {
    pub(in crate::api) name: String,
    pub(in crate::api) role: Role,
    /// The id of the account with this name.
    pub(in crate::api) account_id: u128,
}

impl FromRequestParts<Arc<Service>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Self, Problem> {
        let user = auth::holding(service.users(), &parts.headers).ok_or_else(|| {
            let detail =
                "the header Authorization must be `Bearer ` and a token that is known here";
            Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail).about("Authorization")
        })?;
        let account_id = service.coins().id(&user.name).unwrap_or_default();
        Ok(Self { name: user.name.clone(), role: user.role, account_id })
    }
}

impl Caller {
    /// Checks that the caller has this role.
    pub(in crate::api) fn must_be(&self, role: Role) -> Result<(), Problem> {
        if self.role == role {
            return Ok(());
        }
        Err(forbidden(format!("this is for the role {}, not {}", role.name(), self.role.name())))
    }

    /// Checks that the caller may read everything.
    pub(in crate::api) fn must_read_everything(&self) -> Result<(), Problem> {
        if self.role.reads_everything() {
            return Ok(());
        }
        Err(forbidden("this shows everybody's money: it is for the roles auditor and operator"))
    }

    /// Whether the caller may see this account.
    pub(in crate::api) fn sees(&self, account_id: u128) -> bool {
        self.role.reads_everything() || account_id == self.account_id
    }

    /// Checks that the caller may see this account.
    pub(in crate::api) fn must_see(&self, account_id: u128, field: &str) -> Result<(), Problem> {
        if self.sees(account_id) {
            return Ok(());
        }
        let own = self.account_id;
        let detail = format!("a user can see only the user's own account, {own}, not {account_id}");
        Err(forbidden(detail).about(field))
    }
}

/// The problem of a caller whose role does not allow something.
pub(in crate::api) fn forbidden(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "forbidden", detail)
}
