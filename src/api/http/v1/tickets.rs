//! Tickets for event streams.

use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::Reader;
use super::users::random_token;
use crate::api::http::json::Json;
use crate::api::http::openapi::{RoleProblems, TicketProblems};
use crate::api::http::problem::Problem;
use crate::api::tickets::{TICKET_SECONDS, TicketError};

/// A ticket for one event stream.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Ticket)]
pub(super) struct IssuedTicket {
    /// The value of the parameter `ticket` of `/v1/runs/{run}/events`, 64 hexadecimal digits.
    ticket: String,
    /// The seconds in which it must be used.
    expires_in_s: u32,
}

/// Issues a ticket, which opens one event stream in place of the token. For auditors and operators.
///
/// `EventSource` in a browser cannot send a token. A ticket is in the URL, works once, and expires after 30 seconds. After a
/// lost connection, a client gets a new one. Servers issue tickets only with `--cors-origin`.
#[utoipa::path(
    post,
    path = "/v1/tickets",
    operation_id = "issue_ticket",
    responses(
        (status = 201, description = "The ticket.", body = IssuedTicket),
        RoleProblems,
        TicketProblems,
    ),
)]
pub(super) async fn issue(
    Reader(caller): Reader,
) -> Result<(StatusCode, Json<IssuedTicket>), Problem> {
    let service = &caller.service;
    let ticket = random_token()?;
    let issued = service.tickets().issue(&ticket, &caller.name, service.now_ns());
    issued.map_err(|error| match error {
        TicketError::Off => {
            let detail = "this host issues no tickets; `ledgerlab serve` does with --cors-origin";
            Problem::new(StatusCode::NOT_IMPLEMENTED, "no_tickets_here", detail)
        }
        TicketError::TooMany { retry_after_ns } => {
            let detail =
                format!("there are too many unused tickets; they expire after {TICKET_SECONDS} s");
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_tickets", detail)
                .retry_after_ns(retry_after_ns)
        }
    })?;
    let ticket = ticket.reveal().to_owned();
    Ok((StatusCode::CREATED, Json(IssuedTicket { ticket, expires_in_s: TICKET_SECONDS })))
}
