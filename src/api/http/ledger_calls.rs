//! What endpoints ask of the ledger: of the embedded one here, or of a remote engine by `engine_calls.rs`.

use axum::response::{IntoResponse, Response};

use super::json::Json;
use super::problem::Problem;
use super::request_key::KeyOfRequest;
use super::v1::Caller;
use crate::api::quotas::{Requester, SessionError};
use crate::api::service::Service;
use crate::coins::{CoinsError, Funds, Kind, Receipt, WORLD};
use crate::engine::{Capability, Found, Query};
use crate::ledger::{Cancellation, Ledger};
use crate::model::{Account, Transfer, TransferAttempt};
use crate::wire::{self, Balances, Batch, Results, Transfers};

/// The maximum number of ids of a look-up that takes less time than passing it to another thread.
const SHORT_LOOK_UP_IDS: usize = 64;

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
    /// A remote engine did not execute it, or the outcome is unknown.
    #[cfg(not(target_family = "wasm"))]
    Problem(Problem),
}

impl From<CoinsCallError> for Problem {
    fn from(error: CoinsCallError) -> Self {
        match error {
            CoinsCallError::Session(error) => error.into(),
            CoinsCallError::Coins(error) => error.into(),
            #[cfg(not(target_family = "wasm"))]
            CoinsCallError::Problem(problem) => problem,
        }
    }
}

impl Service {
    /// The id of the account with this name; 0 if there is none.
    pub(super) fn account_id(&self, name: &str) -> u128 {
        #[cfg(not(target_family = "wasm"))]
        if self.remote().is_some() {
            return crate::coins::engine_account_id(name);
        }
        self.coins().id(name).unwrap_or_default()
    }

    /// Whether an account issues coins.
    pub(super) fn is_world(&self, id: u128) -> bool {
        #[cfg(not(target_family = "wasm"))]
        if let Some(remote) = self.remote() {
            return remote.coins().is_world(id);
        }
        self.coins().name(id) == Some(WORLD)
    }

    /// Checks that the ledger has a capability, which the embedded one always has.
    ///
    /// # Errors
    /// The problem that the engine does not have it.
    pub(super) fn must_have(&self, capability: Capability) -> Result<(), Problem> {
        #[cfg(not(target_family = "wasm"))]
        if let Some(remote) = self.remote()
            && !remote.engine().capabilities().contains(capability)
        {
            let engine = remote.engine().name();
            return Err(crate::engine::EngineError::NotSupported { engine, capability }.into());
        }
        let _ = capability;
        Ok(())
    }

    /// Looks transfers up.
    ///
    /// # Errors
    /// The problem of an engine that does not answer.
    pub(super) async fn lookup_transfers(&self, ids: &[u128]) -> Result<Vec<Transfer>, Problem> {
        #[cfg(not(target_family = "wasm"))]
        if let Some(remote) = self.remote() {
            return remote.lookup_transfers(ids).await;
        }
        Ok(self.current_ledger().lookup_transfers(ids))
    }

    /// Returns what the holder of a name has.
    ///
    /// # Errors
    /// The reason why it is not known.
    pub(super) async fn funds(&self, name: &str) -> Result<Funds, CoinsCallError> {
        #[cfg(not(target_family = "wasm"))]
        if let Some(remote) = self.remote() {
            return remote.funds(name).await;
        }
        self.coins().funds(name).map_err(CoinsCallError::Coins)
    }

    /// Moves coins for a requester. A remote engine gets the id that belongs to the key, if there is one.
    ///
    /// # Errors
    /// The reason why they were not moved, or that this is unknown.
    pub(super) async fn move_coins(
        &self,
        requester: Requester<'_>,
        key: Option<KeyOfRequest>,
        call: CoinsCall<'_>,
    ) -> Result<Receipt, CoinsCallError> {
        #[cfg(not(target_family = "wasm"))]
        if let Some(remote) = self.remote() {
            return self.move_coins_on(remote, requester, key, call).await;
        }
        let _ = key;
        let CoinsCall { kind, holder, to, amount } = call;
        let never = Cancellation::never();
        let mut session = self.session_for(requester, 1, 0).map_err(CoinsCallError::Session)?;
        let moved = match kind {
            Kind::Deposit => session.deposit(holder, amount, &never),
            Kind::Withdrawal => session.withdraw(holder, amount, &never),
            Kind::Transfer => session.transfer(holder, to, amount, &never),
        };
        moved.map_err(CoinsCallError::Coins)
    }
}

impl Caller {
    /// Creates accounts.
    ///
    /// # Errors
    /// The problem, after which none was created unless the outcome is unknown.
    pub(super) async fn create_accounts(&self, batch: Batch<Account>) -> Result<Results, Problem> {
        #[cfg(not(target_family = "wasm"))]
        if let Some(remote) = self.service.remote() {
            return self.create_accounts_on(remote, batch).await;
        }
        Ok(self.service.create_accounts(batch)?)
    }

    /// Creates transfers.
    ///
    /// # Errors
    /// The problem, after which none was attempted unless the outcome is unknown.
    pub(super) async fn create_transfers(
        &self,
        batch: Batch<TransferAttempt>,
    ) -> Result<Results, Problem> {
        #[cfg(not(target_family = "wasm"))]
        if let Some(remote) = self.service.remote() {
            return self.create_transfers_on(remote, batch).await;
        }
        Ok(self.service.create_transfers(self.requester(), batch)?)
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
        #[cfg(not(target_family = "wasm"))]
        if let Some(remote) = self.service.remote() {
            return self.find_on(remote, query, is_short).await;
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
        #[cfg(not(target_family = "wasm"))]
        if let Some(remote) = self.service.remote() {
            return self.find_account_on(remote, id).await;
        }
        let accounts = wire::lookup_accounts(self.service.current_ledger(), &[id]);
        Ok(accounts.accounts.into_iter().next())
    }

    /// Returns what was found as a response, without transfers that the caller may not see.
    pub(super) fn rows(&self, ledger: Option<&Ledger>, found: Found) -> wire::Response {
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
