//! A ledger that is stored in a folder: a transfer that was acknowledged is there at the next start, even after a crash.
//!
//! `cargo run --example stored_ledger -- folder`

#[cfg(any(target_family = "wasm", loom, shuttle))]
fn main() {}

#[cfg(not(any(target_family = "wasm", loom, shuttle)))]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use ledgerlab::{Account, Ledger, Transfer};

    const TILL: u128 = 5_000_000_001;
    const SHOP: u128 = 5_000_000_002;

    let folder = std::env::args().nth(1).ok_or("name the folder of the ledger")?;
    let ledger = Ledger::open(folder)?;
    let mut writer = ledger.writer()?;

    // Those that exist already stay as they are.
    writer.create_accounts(&[Account::new(TILL, 840, 10), Account::new(SHOP, 840, 10)])?;
    // When this returns, the transfer is on the disk.
    let outcome = writer.create_transfer(&Transfer::new(SHOP, TILL, 100).with_ledger(840))?;
    println!("{}", outcome.status.name());

    for account in ledger.accounts() {
        println!("{} {} {}", account.id, account.debits_posted, account.credits_posted);
    }
    println!("{} entries equal a serial run", ledger.verify()?);
    Ok(())
}
