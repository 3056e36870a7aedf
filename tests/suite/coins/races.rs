//! GoLedger's small scenarios, and invariants under contention.

use super::*;

/// Runs each closure at once, on a thread and a session of its own.
fn at_once(sessions: &mut [CoinsSession], work: &[&(dyn Fn(&mut CoinsSession) + Sync)]) {
    assert_eq!(sessions.len(), work.len());
    let barrier = Barrier::new(work.len());
    std::thread::scope(|threads| {
        for (session, work) in sessions.iter_mut().zip(work) {
            let barrier = &barrier;
            threads.spawn(move || {
                barrier.wait();
                work(session);
            });
        }
    });
}

/// Calls that cannot be rejected in any order.
fn deposit(name: &'static str, amount: i64) -> impl Fn(&mut CoinsSession) + Sync {
    move |session| {
        session.deposit(name, amount, &Cancellation::never()).expect("the call succeeds");
    }
}

fn withdraw(name: &'static str, amount: i64) -> impl Fn(&mut CoinsSession) + Sync {
    move |session| {
        session.withdraw(name, amount, &Cancellation::never()).expect("the call succeeds");
    }
}

fn transfer(
    from: &'static str,
    to: &'static str,
    amount: i64,
) -> impl Fn(&mut CoinsSession) + Sync {
    move |session| {
        session.transfer(from, to, amount, &Cancellation::never()).expect("the call succeeds");
    }
}

#[test]
fn concurrent_deposits() {
    for _ in 0..50 {
        let (coins, mut sessions) = open(3, &[("aaron", 100)]);
        let ten = deposit("aaron", 10);
        at_once(&mut sessions, &[&ten, &ten, &ten]);
        assert_eq!((coins.balance("aaron"), coins.history("aaron", 9).len()), (Ok(130), 4));
        assert_invariants(&coins);
    }
}

#[test]
fn mixed_deposits_and_withdrawals() {
    for _ in 0..50 {
        let (coins, mut sessions) = open(5, &[("aaron", 200)]);
        let (more, less) = (deposit("aaron", 20), withdraw("aaron", 30));
        at_once(&mut sessions, &[&more, &less, &more, &less, &more]);
        assert_eq!(coins.balance("aaron"), Ok(200));
        assert_invariants(&coins);
    }
}

#[test]
fn concurrent_transfers() {
    for _ in 0..50 {
        let (coins, mut sessions) = open(4, &[("aaron", 300), ("bryan", 200)]);
        let (there, back) = (transfer("aaron", "bryan", 50), transfer("bryan", "aaron", 25));
        at_once(&mut sessions, &[&there, &back, &there, &back]);
        assert_eq!((coins.balance("aaron"), coins.balance("bryan")), (Ok(250), Ok(250)));
        assert_invariants(&coins);
    }
}

#[test]
fn read_write_concurrency() {
    for _ in 0..50 {
        let (coins, mut sessions) = open(9, &[("aaron", 150), ("bryan", 150)]);
        let (more, less) = (deposit("aaron", 25), withdraw("aaron", 20));
        let over = transfer("aaron", "bryan", 40);
        let read = |session: &mut CoinsSession| {
            let aaron = session.balance("aaron").expect("he is there");
            let bryan = session.balance("bryan").expect("he is there");
            assert!((90..=200).contains(&aaron) && [150, 190].contains(&bryan), "{aaron} {bryan}");
        };
        at_once(&mut sessions, &[&more, &read, &more, &read, &less, &read, &over, &read, &read]);
        assert_eq!((coins.balance("aaron"), coins.balance("bryan")), (Ok(140), Ok(190)));
        assert_invariants(&coins);
    }
}

#[test]
fn bank_run_never_overdraws() {
    let (coins, mut sessions) = open(5, &[("bank", 500_000), ("customer", 10_000)]);
    let all = |session: &mut CoinsSession| {
        let balance = session.balance("customer").expect("he is there");
        // Another thread may have opened it first.
        let _ = session.withdraw("customer", balance as i64, &Cancellation::never());
    };
    at_once(&mut sessions, &[&all, &all, &all, &all, &all]);
    assert_eq!((coins.balance("customer"), coins.balance("bank")), (Ok(0), Ok(500_000)));
    assert_eq!(coins.history("customer", 99).len(), 6);
    assert_invariants(&coins);
}

#[test]
fn concurrent_payments_conserve_money() {
    const EACH: i64 = 500;
    let names = ["customer_a", "customer_b", "customer_c"];
    let mut holders = names.map(|name| (name, 5_000)).to_vec();
    holders.extend([("payment_processor", 0), ("merchant_1", 50_000), ("merchant_2", 50_000)]);
    let (coins, mut sessions) = open(4, &holders);
    let pay = |session: &mut CoinsSession| {
        for number in 0..EACH {
            let customer = names[(number % 3) as usize];
            let merchant = if number % 2 == 0 { "merchant_1" } else { "merchant_2" };
            let amount = 50 + number * 37 % 500;
            let never = Cancellation::never();
            let paid =
                session.pay(customer, "payment_processor", merchant, amount, Fee::GOLEDGER, &never);
            if let Err(error) = paid {
                let reason = Reason::InsufficientFunds;
                let refusal = Rejection { kind: Kind::Transfer, reason };
                assert_eq!(error, CoinsError::Rejected(refusal));
            }
        }
    };
    at_once(&mut sessions, &[&pay, &pay, &pay, &pay]);
    assert_eq!(coins.held(), 115_000);
    let rows = coins.history("payment_processor", usize::MAX);
    assert_eq!(rows.len() as i64, 4 * EACH * 2);
    let paid = rows.iter().filter(|row| row.status == "SUCCESS").count();
    assert!(paid > 0 && paid < rows.len(), "{paid}: no limit was tried");
    assert_invariants(&coins);
}

#[test]
fn deposits_to_different_users_share_no_account() {
    const EACH: usize = 20_000;
    let (coins, mut sessions) = open(2, &[("aaron", 0), ("bryan", 0)]);
    let many = |name: &'static str| {
        move |session: &mut CoinsSession| {
            for _ in 0..EACH {
                session.deposit(name, 1, &Cancellation::never()).expect("the call succeeds");
            }
        }
    };
    at_once(&mut sessions, &[&many("aaron"), &many("bryan")]);
    let mut touched = [BTreeSet::new(), BTreeSet::new()];
    let mut deposits = 0;
    for recorded in coins.ledger().trail().in_order().filter(|one| one.is_plain()) {
        let (from, to) = (recorded.entry.debit_account_id, recorded.entry.credit_account_id);
        touched[recorded.writer].extend([from, to]);
        assert_eq!(from, world_id(recorded.writer));
        deposits += 1;
    }
    assert_eq!(deposits, 2 * EACH);
    assert!(touched[0].is_disjoint(&touched[1]), "{touched:?}");
    assert_eq!(sessions.iter().map(CoinsSession::waits).sum::<u64>(), 0, "no session waited");
    assert_eq!((coins.balance("aaron"), coins.balance("bryan")), (Ok(20_000), Ok(20_000)));
    assert_invariants(&coins);
}

/// Deposits large and small amounts to one user near the balance limit. GoLedger's balance became
/// negative here.
#[test]
fn balance_limit_holds_under_contention() {
    const GREAT: i64 = 1 << 61;
    let (coins, mut sessions) = open(4, &[("midas", 0), ("croesus", COINS_MAX)]);
    let refused = AtomicU64::new(0);
    let give = |session: &mut CoinsSession| {
        let never = Cancellation::never();
        for attempt in 0..20_000_i64 {
            let amount = if attempt % 3 == 0 { GREAT + attempt } else { 1 << 52 };
            let given = match attempt % 4 {
                0 => session.transfer("croesus", "midas", amount, &never),
                1 => session.withdraw("midas", amount / 3, &never),
                _ => session.deposit("midas", amount, &never),
            };
            if let Err(CoinsError::Rejected(Rejection {
                reason: Reason::BalanceTooLarge, ..
            })) = given
            {
                refused.fetch_add(1, Ordering::Relaxed);
            }
            // The limit holds at every moment.
            assert!(session.balance("midas").expect("he is there") <= COINS_MAX as u128);
        }
    };
    at_once(&mut sessions, &[&give, &give, &give, &give]);
    assert!(refused.into_inner() > 0, "the limit was never reached");
    assert_invariants(&coins);
    let midas = coins.balance("midas").expect("he is there");
    if midas < COINS_MAX as u128 {
        let rest = COINS_MAX - midas as i64;
        sessions[0].deposit("midas", rest, &Cancellation::never()).expect("it fits exactly");
    }
    assert_eq!(coins.balance("midas"), Ok(COINS_MAX as u128));
    let one_more = sessions[0].deposit("midas", 1, &Cancellation::never());
    let reason = Reason::BalanceTooLarge;
    assert_eq!(one_more, Err(CoinsError::Rejected(Rejection { kind: Kind::Deposit, reason })));
    assert_invariants(&coins);
}

#[test]
fn concurrent_opens_create_one_account() {
    let (coins, mut sessions) = open(4, &[]);
    let opened = AtomicU64::new(0);
    let race = |session: &mut CoinsSession| {
        for number in 0..500 {
            let name = format!("holder-{number}");
            match session.open(&name, 1) {
                Ok(_) => opened.fetch_add(1, Ordering::Relaxed),
                Err(error) => {
                    assert_eq!(error, CoinsError::HolderExists);
                    0
                }
            };
            assert!(session.deposit(&name, 2, &Cancellation::never()).is_ok(), "{name}");
        }
    };
    at_once(&mut sessions, &[&race, &race, &race, &race]);
    assert_eq!(opened.into_inner(), 500);
    assert_eq!(coins.held(), 500 * (1 + 4 * 2));
    assert_invariants(&coins);
}
