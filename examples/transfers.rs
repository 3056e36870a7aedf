//! Accounts and transfers: an account without overdraft, a rejected transfer, a chain, and the
//! verification at the end.
//!
//! `cargo run --example transfers`

use ledgerlab::{Account, AccountFlags, CreateTransferStatus, Ledger, Transfer};

/// The bank's own account, which issues the money.
const BANK: u128 = 1;
const AARON: u128 = 2;
const BRYAN: u128 = 3;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let ledger = Ledger::in_memory();
    let mut writer = ledger.writer()?;

    // Ledger 1 is the currency; transfers stay within one. The code is our own number for the kind
    // of account.
    let customer =
        |id| Account::new(id, 1, 20).with_flags(AccountFlags::DEBITS_MUST_NOT_EXCEED_CREDITS);
    writer.create_accounts(&[Account::new(BANK, 1, 10), customer(AARON), customer(BRYAN)])?;

    // The debit account pays, the credit account receives. Amounts are in the smallest unit, such
    // as cents.
    let deposit = writer.create_transfer(&Transfer::new(BANK, AARON, 10_000))?;
    assert_eq!(deposit.status, CreateTransferStatus::Created);
    println!("the deposit is transfer {:032x}", deposit.id);

    // A rejection is an outcome, not an error: it is recorded like any other attempt.
    let too_much = writer.create_transfer(&Transfer::new(AARON, BRYAN, 10_001))?;
    println!("a payment of more than the balance: {}", too_much.status);
    assert_eq!(too_much.status, CreateTransferStatus::ExceedsCredits);

    // Linked transfers are created together or not at all: the payment, and a fee of 1 %.
    let chain = [Transfer::new(AARON, BRYAN, 5_000).linked(), Transfer::new(AARON, BANK, 50)];
    for outcome in writer.create_transfers(&chain)? {
        assert_eq!(outcome.status, CreateTransferStatus::Created);
    }

    for account in ledger.lookup_accounts(&[AARON, BRYAN]) {
        println!("account {}: {}", account.id, account.credits_posted - account.debits_posted);
    }

    // Every attempt left one entry in the trail. Serial replay decides them again and compares
    // everything.
    println!("{} entries equal a serial run", ledger.verify()?);
    Ok(())
}
