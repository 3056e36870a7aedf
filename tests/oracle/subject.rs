//! The ledgers that are tested with the tables.

use ledgerlab::ledger::{Cancellation, Writer};
use ledgerlab::model::{Account, AccountBalances, AccountFilter, QueryFilter};
use ledgerlab::model::{SerialLedger, Transfer, TransferAttempt};
use ledgerlab::trail::replay;

/// The calls that the tables make.
pub trait Subject {
    fn time(&self) -> u64;
    fn set_time(&mut self, now_ns: u64);
    fn set_balances(&mut self, id: u128, sums: [u128; 4]);
    fn create_accounts(&mut self, batch: &[Account]) -> Vec<(&'static str, u64)>;
    fn create_transfers(&mut self, batch: &[TransferAttempt]) -> Vec<(&'static str, u64)>;
    fn lookup_accounts(&self, ids: &[u128]) -> Vec<Account>;
    fn lookup_transfers(&self, ids: &[u128]) -> Vec<Transfer>;
    fn get_account_transfers(&self, filter: &AccountFilter) -> Vec<Transfer>;
    fn get_account_balances(&self, filter: &AccountFilter) -> Vec<(u64, [u128; 4])>;
    fn query_accounts(&self, filter: &QueryFilter) -> Vec<Account>;
    fn query_transfers(&self, filter: &QueryFilter) -> Vec<Transfer>;
    /// Verifies by serial replay, independently of the rows.
    fn verify(&self) -> Result<(), String>;
}

/// Returns an account's four sums.
pub fn sums(account: &Account) -> [u128; 4] {
    [account.debits_pending, account.debits_posted, account.credits_pending, account.credits_posted]
}

fn balances(row: &AccountBalances) -> (u64, [u128; 4]) {
    let sums = [row.debits_pending, row.debits_posted, row.credits_pending, row.credits_posted];
    (row.timestamp, sums)
}

impl Subject for SerialLedger {
    fn time(&self) -> u64 {
        SerialLedger::time(self)
    }

    fn set_time(&mut self, now_ns: u64) {
        SerialLedger::set_time(self, now_ns);
    }

    fn set_balances(&mut self, id: u128, sums: [u128; 4]) {
        SerialLedger::set_balances(self, id, sums);
    }

    fn create_accounts(&mut self, batch: &[Account]) -> Vec<(&'static str, u64)> {
        let decided = SerialLedger::create_accounts(self, batch);
        decided.into_iter().map(|one| (one.status.name(), one.timestamp)).collect()
    }

    fn create_transfers(&mut self, batch: &[TransferAttempt]) -> Vec<(&'static str, u64)> {
        let decided = SerialLedger::create_transfers(self, batch);
        decided.into_iter().map(|one| (one.status.name(), one.timestamp)).collect()
    }

    fn lookup_accounts(&self, ids: &[u128]) -> Vec<Account> {
        SerialLedger::lookup_accounts(self, ids)
    }

    fn lookup_transfers(&self, ids: &[u128]) -> Vec<Transfer> {
        SerialLedger::lookup_transfers(self, ids)
    }

    fn get_account_transfers(&self, filter: &AccountFilter) -> Vec<Transfer> {
        SerialLedger::get_account_transfers(self, filter)
    }

    fn get_account_balances(&self, filter: &AccountFilter) -> Vec<(u64, [u128; 4])> {
        SerialLedger::get_account_balances(self, filter).iter().map(balances).collect()
    }

    fn query_accounts(&self, filter: &QueryFilter) -> Vec<Account> {
        SerialLedger::query_accounts(self, filter)
    }

    fn query_transfers(&self, filter: &QueryFilter) -> Vec<Transfer> {
        SerialLedger::query_transfers(self, filter)
    }

    fn verify(&self) -> Result<(), String> {
        Ok(())
    }
}

/// The shared ledger with one writer.
impl Subject for Writer {
    fn time(&self) -> u64 {
        Writer::time(self)
    }

    fn set_time(&mut self, now_ns: u64) {
        Writer::set_time(self, now_ns).expect("there is room");
    }

    fn set_balances(&mut self, id: u128, sums: [u128; 4]) {
        self.ledger().set_balances(id, sums);
    }

    fn create_accounts(&mut self, batch: &[Account]) -> Vec<(&'static str, u64)> {
        let decided = Writer::create_accounts(self, batch).expect("there is room");
        decided.into_iter().map(|one| (one.status.name(), one.timestamp)).collect()
    }

    fn create_transfers(&mut self, batch: &[TransferAttempt]) -> Vec<(&'static str, u64)> {
        let decided = Writer::create_transfers_with(self, batch, &Cancellation::never());
        let decided = decided.expect("there is room");
        decided.into_iter().map(|one| (one.status.name(), one.timestamp)).collect()
    }

    fn lookup_accounts(&self, ids: &[u128]) -> Vec<Account> {
        self.ledger().lookup_accounts(ids)
    }

    fn lookup_transfers(&self, ids: &[u128]) -> Vec<Transfer> {
        self.ledger().lookup_transfers(ids)
    }

    fn get_account_transfers(&self, filter: &AccountFilter) -> Vec<Transfer> {
        self.ledger().get_account_transfers(filter)
    }

    fn get_account_balances(&self, filter: &AccountFilter) -> Vec<(u64, [u128; 4])> {
        self.ledger().get_account_balances(filter).iter().map(balances).collect()
    }

    fn query_accounts(&self, filter: &QueryFilter) -> Vec<Account> {
        self.ledger().query_accounts(filter)
    }

    fn query_transfers(&self, filter: &QueryFilter) -> Vec<Transfer> {
        self.ledger().query_transfers(filter)
    }

    fn verify(&self) -> Result<(), String> {
        let ledger = self.ledger();
        let result = replay::verify(ledger.trail(), ledger.accounts(), |_| {});
        result.map(drop).map_err(|divergence| divergence.to_string())
    }
}
