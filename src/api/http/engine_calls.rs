//! What endpoints ask of the ledger if a remote engine keeps it.

use std::collections::{BTreeSet, HashMap, HashSet};

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::json::Json;
use super::ledger_calls::{CoinsCall, CoinsCallError};
use super::problem::Problem;
use super::reads::{self, Extent};
use super::request_key::KeyOfRequest;
use super::v1::Caller;
use crate::api::quotas::Requester;
use crate::api::remote::{NewIds, RemoteLedger};
use crate::api::service::Service;
use crate::coins::{CoinsError, EngineCoinsError, Funds, Kind, Receipt};
use crate::engine::{Capability, EngineError, Query};
use crate::model::{
    Account, AccountFlags, CreateAccountStatus, CreateTransferStatus, ExpectedVersions, Outcome,
    RESULTS_MAX, Transfer, TransferAttempt, TransferFlags, transfer_exists,
};
use crate::wire::{self, Batch, Results};

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
            E::ClientEnded(_) => (StatusCode::BAD_GATEWAY, "engine_failed"),
            E::Ledger(error) => return (*error).into(),
            E::Interrupted(interrupted) => return (*interrupted).into(),
        };
        match error {
            E::Unreachable { .. } | E::Busy { .. } => reads::busy(status, code, error.to_string()),
            _ => Self::new(status, code, error.to_string()),
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

impl RemoteLedger {
    /// Looks transfers up.
    pub(super) async fn lookup_transfers(&self, ids: &[u128]) -> Result<Vec<Transfer>, Problem> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.engine().find(Query::LookupTransfers(ids.to_vec())).await?.transfers())
    }

    /// Returns what the holder of a name has.
    pub(super) async fn funds(&self, name: &str) -> Result<Funds, CoinsCallError> {
        let found = self.coins().funds(name).await;
        let found = found.map_err(|error| CoinsCallError::Problem(error.into()))?;
        found.ok_or(CoinsCallError::Coins(CoinsError::HolderNotFound))
    }
}

impl Service {
    /// Moves coins for a requester, with the id that belongs to the key, if there is one.
    pub(super) async fn move_coins_on(
        &self,
        remote: &RemoteLedger,
        requester: Requester<'_>,
        key: Option<KeyOfRequest>,
        call: CoinsCall<'_>,
    ) -> Result<Receipt, CoinsCallError> {
        let CoinsCall { kind, holder, to, amount } = call;
        self.charge(requester, 1).map_err(CoinsCallError::Session)?;
        let id = self.new_ids(key.as_ref()).id(0);
        let id = id.map_err(|error| CoinsCallError::Problem(error.into()))?;
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
    pub(super) async fn create_accounts_on(
        &self,
        remote: &RemoteLedger,
        mut batch: Batch<Account>,
    ) -> Result<Results, Problem> {
        self.service.new_ids(self.key.as_ref()).assign(&mut batch)?;
        let ids: Vec<u128> = batch.events.iter().map(|event| event.id).collect();
        let linked: Vec<bool> =
            batch.events.iter().map(|event| event.flags.contains(AccountFlags::LINKED)).collect();
        let is_linked = |index: usize| linked[index] || index > 0 && linked[index - 1];
        let unnamed = batch.unnamed;
        let created = remote.engine().create_accounts(batch.events).await;
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
    pub(super) async fn create_transfers_on(
        &self,
        remote: &RemoteLedger,
        mut batch: Batch<TransferAttempt>,
    ) -> Result<Results, Problem> {
        let service = &self.service;
        if batch.events.iter().any(|event| event.versions != ExpectedVersions::default()) {
            service.must_have(Capability::Versions)?;
        }
        service.charge(self.requester(), batch.events.len())?;
        service.new_ids(self.key.as_ref()).assign(&mut batch)?;
        let ids: Vec<u128> = batch.events.iter().map(|event| event.transfer.id).collect();
        let unnamed = batch.unnamed;
        let repeatable = self.key.is_some().then(|| batch.events.clone());
        let created = remote.create_transfers(batch.events).await;
        let mut outcomes = created.map_err(|error| unknown_ids(error, &ids, &unnamed))?;
        if let Some(events) = repeatable {
            let resolved = self.resolve_repeated(remote, &events, &unnamed, &mut outcomes).await;
            resolved.map_err(|error| unknown_ids(error, &ids, &unnamed))?;
        }
        Ok(wire::results(outcomes, |status| status.name(), &unnamed))
    }

    /// Reports what this very request has created before as `created`: transfers with ids that belong to the request's key. A chain that
    /// was executed is rejected now, because `exists` breaks a chain; it counts as created if all of it is there, and the same.
    ///
    /// # Errors
    /// The unknown outcome of chains that cannot be looked up.
    async fn resolve_repeated(
        &self,
        remote: &RemoteLedger,
        events: &[TransferAttempt],
        unnamed: &[usize],
        outcomes: &mut [Outcome<CreateTransferStatus>],
    ) -> Result<(), EngineError> {
        use CreateTransferStatus as S;
        let own: HashSet<usize> = unnamed.iter().copied().collect();
        let mut broken = Vec::new();
        let mut start = 0;
        while start < outcomes.len() {
            let is_linked =
                |event: &&TransferAttempt| event.transfer.flags.contains(TransferFlags::LINKED);
            let linked = events[start..].iter().take_while(is_linked).count();
            let chain = start..(start + linked + 1).min(outcomes.len());
            start = chain.end;
            let has_own = chain.clone().any(|index| own.contains(&index));
            let has_existing = chain.clone().any(|index| outcomes[index].status == S::Exists);
            match chain.len() {
                _ if !has_own || !has_existing => {}
                1 => outcomes[chain.start].status = S::Created,
                _ => broken.push(chain),
            }
        }
        // Those of the chains, and those that their posts and voids name.
        let named = |index: usize| [events[index].transfer.id, events[index].transfer.pending_id];
        let all: BTreeSet<u128> = broken.iter().cloned().flatten().flat_map(named).collect();
        let all: Vec<u128> = all.into_iter().filter(|id| *id != 0 && *id != u128::MAX).collect();
        let mut found = HashMap::new();
        for ids in all.chunks(RESULTS_MAX as usize) {
            let part = remote.engine().find(Query::LookupTransfers(ids.to_vec())).await;
            let part =
                part.map_err(|error| EngineError::OutcomeUnknown { why: error.to_string() })?;
            found.extend(part.transfers().into_iter().map(|transfer| (transfer.id, transfer)));
        }
        let is_there = |index: usize| {
            let wanted = &events[index].transfer;
            let pending = wanted.resolves().then(|| found.get(&wanted.pending_id)).flatten();
            found.get(&wanted.id).is_some_and(|existing| {
                let Err(status) = transfer_exists(wanted, existing, pending);
                status == S::Exists
            })
        };
        for chain in broken {
            if chain.clone().all(is_there) {
                for index in chain {
                    let outcome = &mut outcomes[index];
                    outcome.status = if own.contains(&index) { S::Created } else { S::Exists };
                    outcome.timestamp = found[&outcome.id].timestamp;
                }
            }
        }
        Ok(())
    }

    /// Executes a read.
    pub(super) async fn find_on(
        &self,
        remote: &RemoteLedger,
        query: Query,
        is_short: bool,
    ) -> Result<Response, Problem> {
        // Until the response is there.
        let _permit = (!is_short)
            .then(|| reads::admit(&self.service, &self.name, Extent::Part))
            .transpose()?;
        let found = remote.engine().find(query).await?;
        Ok(Json(self.rows(None, found)).into_response())
    }

    /// Returns one account.
    pub(super) async fn find_account_on(
        &self,
        remote: &RemoteLedger,
        id: u128,
    ) -> Result<Option<wire::AccountRow>, Problem> {
        let found = remote.engine().find(Query::LookupAccounts(vec![id])).await?;
        let accounts = wire::accounts_without_versions(&found.accounts());
        Ok(accounts.accounts.into_iter().next())
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

/// Whether a remote engine is unreachable, and for how long.
pub(super) fn unreachable(remote: &RemoteLedger) -> Option<Problem> {
    let since_ms = remote.engine().unreachable_ns()? / 1_000_000;
    Some(EngineError::Unreachable { since_ms }.into())
}
