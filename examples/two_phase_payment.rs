//! A payment in two phases: the amount is reserved when the order is placed, and moved when it is
//! shipped.
//!
//! `cargo run --example two_phase_payment`

use ledgerlab::{Account, AccountFlags, CreateTransferStatus, Ledger, Transfer};

const BANK: u128 = 1;
const CUSTOMER: u128 = 2;
const SHOP: u128 = 3;

/// Nanoseconds of a second.
const SECOND: u64 = 1_000_000_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let ledger = Ledger::in_memory();
    let mut writer = ledger.writer()?;
    let no_overdraft = AccountFlags::DEBITS_MUST_NOT_EXCEED_CREDITS;
    writer.create_accounts(&[
        Account::new(BANK, 1, 1),
        Account::new(CUSTOMER, 1, 1).with_flags(no_overdraft),
        Account::new(SHOP, 1, 1),
    ])?;
    writer.create_transfer(&Transfer::new(BANK, CUSTOMER, 100))?;

    // The ledger reads no clock: its host sets the time. Here the first order is placed at one
    // second.
    writer.set_time(SECOND)?;

    // Phase 1: 80 are pending. They still belong to the customer, who cannot spend them twice.
    let order = writer.create_transfer(&Transfer::new(CUSTOMER, SHOP, 80).pending(3_600))?;
    let spent_twice = writer.create_transfer(&Transfer::new(CUSTOMER, SHOP, 21))?;
    assert_eq!(spent_twice.status, CreateTransferStatus::ExceedsCredits);

    // Phase 2: a part is out of stock, so 60 are posted and the other 20 are released.
    let shipped = writer.create_transfer(&Transfer::post(order.id).with_amount(60))?;
    assert_eq!(shipped.status, CreateTransferStatus::Created);

    // A pending transfer is resolved once.
    let cancelled = writer.create_transfer(&Transfer::void(order.id))?;
    assert_eq!(cancelled.status, CreateTransferStatus::PendingTransferAlreadyPosted);

    // A pending transfer that is not resolved in time expires.
    writer.create_transfer(&Transfer::new(CUSTOMER, SHOP, 40).pending(30))?;
    writer.set_time(32 * SECOND)?;

    let customer = ledger.account(CUSTOMER).expect("it was created");
    println!("the customer has {:?} left, {} pending", customer.balance(), customer.debits_pending);
    assert_eq!((customer.balance(), customer.debits_pending), (Some(40), 0));
    println!("{} entries equal a serial run", ledger.verify()?);
    Ok(())
}
