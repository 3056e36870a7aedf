//! GoLedger's small scenarios, and what many threads at once must not break.

use super::*;

/// Runs each closure on a thread and a teller of its own, all at once.
fn at_once(tellers: &mut [Teller], work: &[&(dyn Fn(&mut Teller) + Sync)]) {
    assert_eq!(tellers.len(), work.len());
    let barrier = Barrier::new(work.len());
    std::thread::scope(|threads| {
        for (teller, work) in tellers.iter_mut().zip(work) {
            let barrier = &barrier;
            threads.spawn(move || {
                barrier.wait();
                work(teller);
            });
        }
    });
}

/// Calls whose answer is checked: they cannot be refused in any order.
fn deposit(name: &'static str, amount: i64) -> impl Fn(&mut Teller) + Sync {
    move |teller| {
        teller.deposit(name, amount, &Interrupt::never()).expect("it is sound");
    }
}

fn withdraw(name: &'static str, amount: i64) -> impl Fn(&mut Teller) + Sync {
    move |teller| {
        teller.withdraw(name, amount, &Interrupt::never()).expect("it is sound");
    }
}

fn transfer(from: &'static str, to: &'static str, amount: i64) -> impl Fn(&mut Teller) + Sync {
    move |teller| {
        teller.transfer(from, to, amount, &Interrupt::never()).expect("it is sound");
    }
}

#[test]
fn concurrent_deposits() {
    for _ in 0..50 {
        let (coins, mut tellers) = open(3, &[("aaron", 100)]);
        let ten = deposit("aaron", 10);
        at_once(&mut tellers, &[&ten, &ten, &ten]);
        assert_eq!((coins.balance("aaron"), coins.history("aaron", 9).len()), (Ok(130), 4));
        sound(&coins);
    }
}

#[test]
fn mixed_deposits_and_withdrawals() {
    for _ in 0..50 {
        let (coins, mut tellers) = open(5, &[("aaron", 200)]);
        let (more, less) = (deposit("aaron", 20), withdraw("aaron", 30));
        at_once(&mut tellers, &[&more, &less, &more, &less, &more]);
        assert_eq!(coins.balance("aaron"), Ok(200));
        sound(&coins);
    }
}

#[test]
fn concurrent_transfers() {
    for _ in 0..50 {
        let (coins, mut tellers) = open(4, &[("aaron", 300), ("bryan", 200)]);
        let (there, back) = (transfer("aaron", "bryan", 50), transfer("bryan", "aaron", 25));
        at_once(&mut tellers, &[&there, &back, &there, &back]);
        assert_eq!((coins.balance("aaron"), coins.balance("bryan")), (Ok(250), Ok(250)));
        sound(&coins);
    }
}

#[test]
fn read_write_concurrency() {
    for _ in 0..50 {
        let (coins, mut tellers) = open(9, &[("aaron", 150), ("bryan", 150)]);
        let (more, less) = (deposit("aaron", 25), withdraw("aaron", 20));
        let over = transfer("aaron", "bryan", 40);
        let read = |teller: &mut Teller| {
            let aaron = teller.balance("aaron").expect("he is there");
            let bryan = teller.balance("bryan").expect("he is there");
            assert!((90..=200).contains(&aaron) && [150, 190].contains(&bryan), "{aaron} {bryan}");
        };
        at_once(&mut tellers, &[&more, &read, &more, &read, &less, &read, &over, &read, &read]);
        assert_eq!((coins.balance("aaron"), coins.balance("bryan")), (Ok(140), Ok(190)));
        sound(&coins);
    }
}

#[test]
fn a_bank_run_leaves_nobody_below_zero() {
    let (coins, mut tellers) = open(5, &[("bank", 500_000), ("customer", 10_000)]);
    let all = |teller: &mut Teller| {
        let balance = teller.balance("customer").expect("he is there");
        // Somebody else may have been quicker.
        let _ = teller.withdraw("customer", balance, &Interrupt::never());
    };
    at_once(&mut tellers, &[&all, &all, &all, &all, &all]);
    assert_eq!((coins.balance("customer"), coins.balance("bank")), (Ok(0), Ok(500_000)));
    assert_eq!(coins.history("customer", 99).len(), 6);
    sound(&coins);
}

#[test]
fn payments_at_once_keep_every_coin() {
    const EACH: i64 = 500;
    let names = ["customer_a", "customer_b", "customer_c"];
    let mut holders = names.map(|name| (name, 5_000)).to_vec();
    holders.extend([("payment_processor", 0), ("merchant_1", 50_000), ("merchant_2", 50_000)]);
    let (coins, mut tellers) = open(4, &holders);
    let pay = |teller: &mut Teller| {
        for number in 0..EACH {
            let customer = names[(number % 3) as usize];
            let merchant = if number % 2 == 0 { "merchant_1" } else { "merchant_2" };
            let amount = 50 + number * 37 % 500;
            let never = Interrupt::never();
            let paid =
                teller.pay(customer, "payment_processor", merchant, amount, Fee::GOLEDGER, &never);
            if let Err(error) = paid {
                let reason = Reason::InsufficientFunds;
                let refusal = Refusal { kind: Kind::Transfer, reason };
                assert_eq!(error, CoinsError::Refused(refusal));
            }
        }
    };
    at_once(&mut tellers, &[&pay, &pay, &pay, &pay]);
    assert_eq!(coins.held(), 115_000);
    let rows = coins.history("payment_processor", usize::MAX);
    assert_eq!(rows.len() as i64, 4 * EACH * 2);
    let paid = rows.iter().filter(|row| row.status == "SUCCESS").count();
    assert!(paid > 0 && paid < rows.len(), "{paid}: no limit was tried");
    sound(&coins);
}

#[test]
fn deposits_to_different_holders_share_no_account() {
    const EACH: usize = 20_000;
    let (coins, mut tellers) = open(2, &[("aaron", 0), ("bryan", 0)]);
    let many = |name: &'static str| {
        move |teller: &mut Teller| {
            for _ in 0..EACH {
                teller.deposit(name, 1, &Interrupt::never()).expect("it is sound");
            }
        }
    };
    at_once(&mut tellers, &[&many("aaron"), &many("bryan")]);
    let mut touched = [BTreeSet::new(), BTreeSet::new()];
    let mut deposits = 0;
    for recorded in coins.book().trail().in_order().filter(|one| one.is_plain()) {
        let (from, to) = (recorded.entry.debit_account_id, recorded.entry.credit_account_id);
        touched[recorded.writer].extend([from, to]);
        assert_eq!(from, world_id(recorded.writer));
        deposits += 1;
    }
    assert_eq!(deposits, 2 * EACH);
    assert!(touched[0].is_disjoint(&touched[1]), "{touched:?}");
    assert_eq!(tellers.iter().map(Teller::waits).sum::<u64>(), 0, "nobody waited for anybody");
    assert_eq!((coins.balance("aaron"), coins.balance("bryan")), (Ok(20_000), Ok(20_000)));
    sound(&coins);
}

/// Gifts great and small to one holder near the ceiling: GoLedger's balance went below zero here.
#[test]
fn nobody_ever_has_more_than_he_may() {
    const GREAT: i64 = 1 << 61;
    let (coins, mut tellers) = open(4, &[("midas", 0), ("croesus", COINS_MAX)]);
    let refused = AtomicU64::new(0);
    let give = |teller: &mut Teller| {
        let never = Interrupt::never();
        for attempt in 0..20_000_i64 {
            let amount = if attempt % 3 == 0 { GREAT + attempt } else { 1 << 52 };
            let given = match attempt % 4 {
                0 => teller.transfer("croesus", "midas", amount, &never),
                1 => teller.withdraw("midas", amount / 3, &never),
                _ => teller.deposit("midas", amount, &never),
            };
            if let Err(CoinsError::Refused(Refusal { reason: Reason::BalanceTooLarge, .. })) = given
            {
                refused.fetch_add(1, Ordering::Relaxed);
            }
            // A balance out of its range would stop the program here.
            assert!(teller.balance("midas").expect("he is there") >= 0);
        }
    };
    at_once(&mut tellers, &[&give, &give, &give, &give]);
    assert!(refused.into_inner() > 0, "the ceiling was never reached");
    sound(&coins);
    let midas = coins.balance("midas").expect("he is there");
    if midas < COINS_MAX {
        let rest = COINS_MAX - midas;
        tellers[0].deposit("midas", rest, &Interrupt::never()).expect("it fits exactly");
    }
    assert_eq!(coins.balance("midas"), Ok(COINS_MAX));
    let one_more = tellers[0].deposit("midas", 1, &Interrupt::never());
    let reason = Reason::BalanceTooLarge;
    assert_eq!(one_more, Err(CoinsError::Refused(Refusal { kind: Kind::Deposit, reason })));
    sound(&coins);
}

#[test]
fn a_name_is_opened_once_by_many_at_a_time() {
    let (coins, mut tellers) = open(4, &[]);
    let opened = AtomicU64::new(0);
    let race = |teller: &mut Teller| {
        for number in 0..500 {
            let name = format!("holder-{number}");
            match teller.open(&name, 1) {
                Ok(_) => opened.fetch_add(1, Ordering::Relaxed),
                Err(error) => {
                    assert_eq!(error, CoinsError::HolderExists);
                    0
                }
            };
            assert!(teller.deposit(&name, 2, &Interrupt::never()).is_ok(), "{name}");
        }
    };
    at_once(&mut tellers, &[&race, &race, &race, &race]);
    assert_eq!(opened.into_inner(), 500);
    assert_eq!(coins.held(), 500 * (1 + 4 * 2));
    sound(&coins);
}
