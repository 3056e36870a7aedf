//! The options of a ledger, and how it is opened with them.

use std::sync::Arc;

use crate::api::{Role, Service, ServiceConfig, TokenHash, USERS_MAX, User, Users};
use crate::coins::COINS_MAX;
use crate::host::random_seed;
use crate::host::web::call_error::CallError;
use crate::host::web::clock::{WebClock, now_ns};
use crate::ledger::{IdSeed, LedgerConfig};
use crate::model::CreateTransferStatus;
use crate::wire::ParseError;
use crate::wire::fields::{JsonValue, fields, list, whole};
use crate::wire::value::{number, word};

/// The maximum number of named accounts that a ledger is opened with.
const HOLDERS_MAX: usize = 1 << 20;

/// The options. JavaScript has checked their types; their ranges are checked where they are used.
#[derive(Default)]
struct Options {
    sessions: usize,
    accounts_max: u64,
    trail_bytes: u64,
    users: Vec<User>,
    holders: Vec<(String, i64)>,
}

fn read(text: &str) -> Result<Options, ParseError> {
    let mut options = Options::default();
    fields!(&whole(text)?, options: Options, |field| {
        sessions => options.sessions = number(field, u64::from(u32::MAX))? as usize,
        accounts_max => options.accounts_max = number(field, u64::MAX)?,
        trail_bytes => options.trail_bytes = number(field, u64::MAX)?,
        users => list(field, USERS_MAX, &mut |value| {
            options.users.push(user(value)?);
            Ok(())
        })?,
        holders => list(field, HOLDERS_MAX, &mut |value| {
            let User { name, coins, .. } = user(value)?;
            options.holders.push((name, coins));
            Ok(())
        })?,
    })?;
    Ok(options)
}

/// Reads a user. A holder has only a name and coins.
fn user(value: &JsonValue<'_>) -> Result<User, ParseError> {
    let mut user = User {
        name: String::new(),
        role: Role::User,
        token: TokenHash::of(""),
        old_token: None,
        coins: 0,
    };
    fields!(value, user: User, |field| {
        name => user.name = word(field)?.into_owned(),
        token => user.token = TokenHash::of(&word(field)?),
        role => user.role = Role::named(&word(field)?).unwrap_or(Role::User),
        coins => user.coins = number(field, COINS_MAX as u64)? as i64,
    })?;
    Ok(user)
}

/// Returns the size of a service with these options.
fn service_config(options: &Options) -> ServiceConfig {
    let seed = random_seed().unwrap_or_else(|_| now_ns());
    let ledger = LedgerConfig {
        accounts_max: options.accounts_max,
        trail_bytes: options.trail_bytes,
        id_seed: IdSeed(seed as u32),
        ..LedgerConfig::default()
    };
    ServiceConfig {
        sessions: options.sessions,
        ledger,
        idempotency_bytes: 16 << 20,
        ..ServiceConfig::default()
    }
}

/// Opens a ledger.
pub(super) fn open(options: &str) -> Result<Arc<Service>, CallError> {
    let options = read(options)?;
    let config = service_config(&options);
    let users = if options.users.is_empty() { Users::none() } else { Users::new(options.users)? };
    let service = Service::open(config, users, WebClock)?;
    let mut session = service.session()?;
    for (name, coins) in options.holders {
        session.open(&name, coins)?;
    }
    drop(session);
    Ok(service)
}

/// Returns the size of a stored ledger's service. It has a writer for each session.
#[cfg(all(feature = "store", not(feature = "http")))]
pub(in crate::host::web) fn stored_config(options: &str) -> Result<ServiceConfig, CallError> {
    let config = service_config(&read(options)?);
    let ledger = LedgerConfig { writers: config.sessions, ..config.ledger };
    Ok(ServiceConfig { ledger, ..config })
}

/// Opens the service of a stored ledger, and the accounts that do not exist yet.
#[cfg(all(feature = "store", not(feature = "http")))]
pub(in crate::host::web) fn open_stored(
    options: &str,
    config: ServiceConfig,
    stored: crate::api::StoredLedger,
) -> Result<Arc<Service>, CallError> {
    let options = read(options)?;
    let service = Service::open_stored(config, stored, Users::none(), WebClock)?;
    let mut session = service.session()?;
    for (name, coins) in options.holders {
        session.open_or_complete(&name, coins)?;
    }
    drop(session);
    Ok(service)
}

/// Returns the result of opening a ledger in JSON.
pub(in crate::host::web) fn opened(ledger: u32) -> String {
    let statuses: Vec<&str> =
        CreateTransferStatus::ALL.iter().map(|status| status.name()).collect();
    format!("{{\"ledger\":{ledger},\"statuses\":[\"{}\"]}}", statuses.join("\",\""))
}
