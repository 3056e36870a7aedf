//! What a ledger is opened with.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::refusal::Refusal;
use crate::api::{Role, Service, ServiceConfig, TokenHash, User, Users};
use crate::book::{BookConfig, IdSeed};
use crate::host::random_seed;
use crate::host::web::clock::now_ns;
use crate::model::CreateTransferStatus;

/// What JavaScript asks for. It has checked kinds; ranges are checked by what has them.
#[derive(Deserialize)]
struct Options {
    tellers: usize,
    accounts_max: u64,
    trail_bytes: u64,
    /// Those of the demonstration, where there are neither users nor holders.
    users: Option<Vec<Row>>,
    holders: Vec<Holder>,
}

#[derive(Deserialize)]
struct Row {
    name: String,
    token: String,
    role: Role,
    coins: i64,
}

#[derive(Deserialize)]
struct Holder {
    name: String,
    coins: i64,
}

/// Opens what a text asks for.
pub(super) fn open(text: &str) -> Result<Arc<Service>, Refusal> {
    let options: Options = serde_json::from_str(text).map_err(Refusal::unreadable)?;
    let seed = random_seed().unwrap_or_else(|_| now_ns());
    let book = BookConfig {
        accounts_max: options.accounts_max,
        trail_bytes: options.trail_bytes,
        id_seed: IdSeed(seed as u32),
        ..BookConfig::default()
    };
    let config = ServiceConfig { tellers: options.tellers, book };
    let users = match options.users {
        None => Users::demo(),
        Some(rows) if rows.is_empty() => Users::nobody(),
        Some(rows) => Users::new(rows.into_iter().map(Row::user).collect())?,
    };
    let service = Service::open(config, users, now_ns)?;
    let mut teller = service.teller()?;
    for Holder { name, coins } in options.holders {
        teller.open(&name, coins)?;
    }
    drop(teller);
    Ok(service)
}

impl Row {
    fn user(self) -> User {
        let Self { name, token, role, coins } = self;
        User { name, role, token: TokenHash::of(&token), coins }
    }
}

/// What the opening of a ledger answers.
pub(super) fn opened(ledger: u32) -> String {
    #[derive(Serialize)]
    struct Opened {
        ledger: u32,
        statuses: Vec<&'static str>,
    }
    let statuses = CreateTransferStatus::ALL.iter().map(|status| status.name()).collect();
    serde_json::to_string(&Opened { ledger, statuses }).expect("texts serialize")
}
