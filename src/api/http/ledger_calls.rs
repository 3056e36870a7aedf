//! What endpoints ask of the ledger: of the embedded one, or of an engine elsewhere. Each call is here once for both.

use std::collections::{HashMap, HashSet};

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::json::Json;
use super::problem::Problem;
use super::reads::{self, Extent};
use super::request_key::KeyOfRequest;
use super::v1::Caller;
use crate::api::quotas::{Requester, SessionError};
use crate::api::remote::{NewIds, RemoteLedger};
use crate::api::service::Service;
use crate::coins::{CoinsError, EngineCoinsError, Funds, Kind, Receipt, WORLD};
use crate::engine::{Capability, EngineError, Found, Query};
use crate::ledger::{Cancellation, Ledger};
use crate::model::{Account, CreateAccountStatus, CreateTransferStatus, ExpectedVersions};
use crate::model::{AccountFlags, Outcome, Transfer, TransferAttempt, TransferFlags};
use crate::wire::{self, Balances, Batch, Results, Transfers};

/// The maximum number of ids of a look-up that takes less time than passing it to another thread.
const SHORT_LOOK_UP_IDS: usize = 64;

/// The time after which an engine that was not asked may be asked again.
const RETRY_AFTER_NS: u64 = 1_000_000_000;

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        use EngineError as E;
        let (status, code) = match &error {
            E::OutcomeUnknown { .. } => (StatusCode::GATEWAY_TIMEOUT, "outcome_unknown"),
            E::NoAnswer { .. } => (StatusCode::GATEWAY_TIMEOUT, "engine_no_answer"),
            E::Unreachable { .. } => (StatusCode::SERVICE_UNAVAILABLE, "engine_unreachable"),
            E::Busy { .. } => (StatusCode::SERVICE_UNAVAILABLE, "engine_busy"),
            E::TooManyEvents { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "batch_too_large"),
            E::NotSupported { .. } => (StatusCode::NOT_IMPLEMENTED, "not_supported_by_engine"),
            E::Unsendable(_) => (StatusCode::UNPROCESSABLE_ENTITY, "not_supported_by_engine"),
            E::ClientEnded(_) | E::NotUnderstood(_) => (StatusCode::BAD_GATEWAY, "engine_failed"),
            E::Ledger(error) => return (*error).into(),
            E::Interrupted(interrupted) => return (*interrupted).into(),
        };
        let problem = Self::new(status, code, error.to_string());
        match error {
            E::Unreachable { .. } | E::Busy { .. } => problem.retry_after_ns(RETRY_AFTER_NS),
            _ => problem,
        }
    }
}

impl From<EngineCoinsError> for Problem {
    fn from(error: EngineCoinsError) -> Self {
        match error {
            EngineCoinsError::Coins(error) => error.into(),
            EngineCoinsError::Engine(error) => error.into(),
            EngineCoinsError::NameTooLong { .. } => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_name", error.to_string())
                    .about("name")
            }
            _ => Self::new(StatusCode::CONFLICT, "account_exists", error.to_string()),
        }
    }
}

/// A call of coins, with names.
#[derive(Clone, Copy, Debug)]
pub(super) struct CoinsCall<'a> {
    pub(super) kind: Kind,
    /// The holder whose coins are moved; for a deposit, who gets them.
    pub(super) holder: &'a str,
    /// For a transfer, who gets them.
    pub(super) to: &'a str,
    pub(super) amount: i64,
}

/// Why a call of coins failed.
#[derive(Debug)]
pub(super) enum CoinsCallError {
    /// A quota does not suffice, or the ledger cannot take the attempt.
    Session(SessionError),
    /// It was rejected.
    Coins(CoinsError),
    /// An engine elsewhere did not execute it, or the outcome is unknown.
    Problem(Problem),
}

impl From<CoinsCallError> for Problem {
    fn from(error: CoinsCallError) -> Self {
        match error {
            CoinsCallError::Session(error) => error.into(),
            CoinsCallError::Coins(error) => error.into(),
            CoinsCallError::Problem(problem) => problem,
        }
    }
}

impl Service {
    /// The id of the account with this name; 0 if there is none.
    pub(super) fn account_id(&self, name: &str) -> u128 {
        match self.remote() {
            Some(_) => crate::coins::engine_account_id(name),
            None => self.coins().id(name).unwrap_or_default(),
        }
    }

    /// Whether an account issues coins.
    pub(super) fn is_world(&self, id: u128) -> bool {
        match self.remote() {
            Some(remote) => remote.coins().is_world(id),
            None => self.coins().name(id) == Some(WORLD),
        }
    }

    /// Checks that the ledger has a capability, which the embedded one always has.
    ///
    /// # Errors
    /// The problem that the engine does not have it.
    pub(super) fn must_have(&self, capability: Capability) -> Result<(), Problem> {
        let Some(remote) = self.remote() else { return Ok(()) };
        if remote.engine().capabilities().contains(capability) {
            return Ok(());
        }
        Err(EngineError::NotSupported { engine: remote.engine().name(), capability }.into())
    }

    /// Looks transfers up.
    ///
    /// # Errors
    /// The problem of an engine that does not answer.
    pub(super) async fn lookup_transfers(&self, ids: &[u128]) -> Result<Vec<Transfer>, Problem> {
        match self.remote() {
            None => Ok(self.current_ledger().lookup_transfers(ids)),
            Some(_) if ids.is_empty() => Ok(Vec::new()),
            Some(remote) => {
                Ok(remote.engine().find(Query::LookupTransfers(ids.to_vec())).await?.transfers())
            }
        }
    }

    /// Returns what the holder of a name has.
    ///
    /// # Errors
    /// The reason why it is not known.
    pub(super) async fn funds(&self, name: &str) -> Result<Funds, CoinsCallError> {
        let Some(remote) = self.remote() else {
            return self.coins().funds(name).map_err(CoinsCallError::Coins);
        };
        let found = remote.coins().funds(name).await;
        let found = found.map_err(|error| CoinsCallError::Problem(error.into()))?;
        found.ok_or(CoinsCallError::Coins(CoinsError::HolderNotFound))
    }

    /// Moves coins for a requester. An engine elsewhere gets the id that belongs to the key, if there is one.
    ///
    /// # Errors
    /// The reason why they were not moved, or that this is unknown.
    pub(super) async fn move_coins(
        &self,
        requester: Requester<'_>,
        key: Option<KeyOfRequest>,
        call: CoinsCall<'_>,
    ) -> Result<Receipt, CoinsCallError> {
        let CoinsCall { kind, holder, to, amount } = call;
        let Some(remote) = self.remote() else {
            let never = Cancellation::never();
            let mut session = self.session_for(requester, 1, 0).map_err(CoinsCallError::Session)?;
            let moved = match kind {
                Kind::Deposit => session.deposit(holder, amount, &never),
                Kind::Withdrawal => session.withdraw(holder, amount, &never),
                Kind::Transfer => session.transfer(holder, to, amount, &never),
            };
            return moved.map_err(CoinsCallError::Coins);
        };
        self.charge(requester, 1).map_err(CoinsCallError::Session)?;
        let id = self.new_ids(key.as_ref()).id(0).map_err(no_randomness);
        let id = id.map_err(CoinsCallError::Problem)?;
        remote.count(1);
        let coins = remote.coins();
        let moved = match kind {
            Kind::Deposit => coins.deposit(id, holder, amount).await,
            Kind::Withdrawal => coins.withdraw(id, holder, amount).await,
            Kind::Transfer => coins.transfer(id, holder, to, amount).await,
        };
        moved.map_err(|error| match error {
            EngineCoinsError::Coins(error) => CoinsCallError::Coins(error),
            error => CoinsCallError::Problem(Problem::from(error).of_ids(&[id])),
        })
    }

    fn new_ids<'a>(&self, key: Option<&'a KeyOfRequest>) -> NewIds<'a> {
        key.map_or(NewIds::Random(self.now_ns()), |key| NewIds::OfKey(&key.0))
    }
}

impl Caller {
    /// Creates accounts.
    ///
    /// # Errors
    /// The problem, after which none was created unless the outcome is unknown.
    pub(super) async fn create_accounts(
        &self,
        mut batch: Batch<Account>,
    ) -> Result<Results, Problem> {
        let Some(remote) = self.service.remote() else {
            return Ok(self.service.create_accounts(batch)?);
        };
        self.service.new_ids(self.key.as_ref()).assign(&mut batch).map_err(no_randomness)?;
        let ids: Vec<u128> = batch.events.iter().map(|event| event.id).collect();
        let linked: Vec<bool> =
            batch.events.iter().map(|event| event.flags.contains(AccountFlags::LINKED)).collect();
        let is_linked = |index: usize| linked[index] || index > 0 && linked[index - 1];
        let unnamed = batch.unnamed;
        let created = remote.create_accounts(batch.events).await;
        let mut outcomes = created.map_err(|error| unknown_ids(error, &ids, &unnamed))?;
        if self.key.is_some() {
            for &index in &unnamed {
                let status = &mut outcomes[index].status;
                // The id belongs to the key, so this very request has created it before.
                if *status == CreateAccountStatus::Exists && !is_linked(index) {
                    *status = CreateAccountStatus::Created;
                }
            }
        }
        Ok(wire::results(outcomes, |status| status.name(), &unnamed))
    }

    /// Creates transfers.
    ///
    /// # Errors
    /// The problem, after which none was attempted unless the outcome is unknown.
    pub(super) async fn create_transfers(
        &self,
        mut batch: Batch<TransferAttempt>,
    ) -> Result<Results, Problem> {
        let service = &self.service;
        let Some(remote) = service.remote() else {
            return Ok(service.create_transfers(self.requester(), batch)?);
        };
        if batch.events.iter().any(|event| event.versions != ExpectedVersions::default()) {
            service.must_have(Capability::Versions)?;
        }
        service.charge(self.requester(), batch.events.len())?;
        service.new_ids(self.key.as_ref()).assign(&mut batch).map_err(no_randomness)?;
        let ids: Vec<u128> = batch.events.iter().map(|event| event.transfer.id).collect();
        let is_linked =
            |event: &TransferAttempt| event.transfer.flags.contains(TransferFlags::LINKED);
        let is_linked: Vec<bool> = batch.events.iter().map(is_linked).collect();
        let unnamed = batch.unnamed;
        let created = remote.create_transfers(batch.events).await;
        let mut outcomes = created.map_err(|error| unknown_ids(error, &ids, &unnamed))?;
        let resolved = self.resolve_repeated(&is_linked, &unnamed, &mut outcomes).await;
        resolved.map_err(|error| unknown_ids(error, &ids, &unnamed))?;
        Ok(wire::results(outcomes, |status| status.name(), &unnamed))
    }

    /// Reports what this very request has created before as `created`: transfers with ids that belong to the request's key. A chain that
    /// exists was rejected now, because `exists` breaks a chain; it counts as created if all of it is there.
    ///
    /// # Errors
    /// The unknown outcome of a chain that cannot be looked up.
    async fn resolve_repeated(
        &self,
        is_linked: &[bool],
        unnamed: &[usize],
        outcomes: &mut [Outcome<CreateTransferStatus>],
    ) -> Result<(), EngineError> {
        use CreateTransferStatus as S;
        if self.key.is_none() {
            return Ok(());
        }
        let own: HashSet<usize> = unnamed.iter().copied().collect();
        let mut start = 0;
        while start < outcomes.len() {
            let linked = is_linked[start..].iter().take_while(|linked| **linked).count();
            let end = (start + linked + 1).min(outcomes.len());
            let chain = start..end;
            start = end;
            let exists = |index: usize| own.contains(&index) && outcomes[index].status == S::Exists;
            if !chain.clone().any(exists) {
                continue;
            }
            if chain.len() == 1 {
                outcomes[chain.start].status = S::Created;
                continue;
            }
            let ids: Vec<u128> = chain.clone().map(|index| outcomes[index].id).collect();
            let Some(remote) = self.service.remote() else { continue };
            let found = remote.engine().find(Query::LookupTransfers(ids.clone())).await;
            let found =
                found.map_err(|error| EngineError::OutcomeUnknown { why: error.to_string() })?;
            let found: HashMap<u128, u64> =
                found.transfers().iter().map(|one| (one.id, one.timestamp)).collect();
            if ids.iter().all(|id| found.contains_key(id)) {
                for index in chain {
                    let outcome = &mut outcomes[index];
                    outcome.status = if own.contains(&index) { S::Created } else { S::Exists };
                    outcome.timestamp = found[&outcome.id];
                }
            }
        }
        Ok(())
    }

    /// Executes a read. The response has what the caller may see.
    ///
    /// # Errors
    /// The problem of the read.
    pub(super) async fn find(&self, query: Query) -> Result<Response, Problem> {
        let caller = self.clone();
        let is_short = match &query {
            Query::LookupAccounts(ids) | Query::LookupTransfers(ids) => {
                ids.len() <= SHORT_LOOK_UP_IDS
            }
            _ => false,
        };
        if let Some(remote) = self.service.remote() {
            // Until the response is there.
            let _permit = (!is_short)
                .then(|| reads::admit(&self.service, &self.name, Extent::Part))
                .transpose()?;
            let found = remote.engine().find(query).await?;
            return Ok(Json(caller.rows(None, found)).into_response());
        }
        let read = move |service: &Service, cancellation: &Cancellation<'_>| {
            let ledger = service.current_ledger();
            Ok(caller.rows(Some(ledger), query.run(ledger, cancellation)?))
        };
        if is_short {
            return Ok(Json(read(&self.service, &Cancellation::never())?).into_response());
        }
        self.read(read).await
    }

    /// Returns one account, with its version if the ledger has versions.
    ///
    /// # Errors
    /// The problem of the read.
    pub(super) async fn find_account(&self, id: u128) -> Result<Option<wire::AccountRow>, Problem> {
        let accounts = match self.service.remote() {
            None => wire::lookup_accounts(self.service.current_ledger(), &[id]),
            Some(remote) => {
                let found = remote.engine().find(Query::LookupAccounts(vec![id])).await?;
                wire::accounts_without_versions(&found.accounts())
            }
        };
        Ok(accounts.accounts.into_iter().next())
    }

    /// Returns what was found as a response, without transfers that the caller may not see.
    fn rows(&self, ledger: Option<&Ledger>, found: Found) -> wire::Response {
        match found {
            Found::Accounts(accounts) => wire::Response::Accounts(match ledger {
                Some(ledger) => wire::accounts(ledger, &accounts),
                None => wire::accounts_without_versions(&accounts),
            }),
            Found::Transfers(mut transfers) => {
                transfers.retain(|transfer| self.sees_transfer(transfer));
                wire::Response::Transfers(Transfers::from(&*transfers))
            }
            Found::Balances(balances) => wire::Response::Balances(Balances::from(&*balances)),
        }
    }
}

/// Returns the problem of a change on an engine. It names the ids that the caller does not know yet.
fn unknown_ids(error: EngineError, ids: &[u128], unnamed: &[usize]) -> Problem {
    let is_unknown = matches!(error, EngineError::OutcomeUnknown { .. });
    let problem = Problem::from(error);
    if !is_unknown {
        return problem;
    }
    let new: Vec<u128> = unnamed.iter().map(|&index| ids[index]).collect();
    problem.of_ids(&new)
}

fn no_randomness(error: getrandom::Error) -> Problem {
    let detail = format!("no random numbers are available: {error}");
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "no_randomness", detail)
}

/// Whether an engine elsewhere is unreachable, and for how long.
pub(super) fn unreachable(remote: &RemoteLedger) -> Option<Problem> {
    let since_ms = remote.unreachable_ns()? / 1_000_000;
    Some(EngineError::Unreachable { since_ms }.into())
}
