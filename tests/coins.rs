//! GoLedger's calls by tables, one row per refusal and order of precedence, and its small scenarios with real threads.
#![cfg(not(target_family = "wasm"))]

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier};

use ledgerlab::book::{BookConfig, Interrupt};
use ledgerlab::coins::{COINS_MAX, Coins, CoinsError, Fee, KEPT_MAX, Kind, NameError, Reason};
use ledgerlab::coins::{Refusal, STRANGERS_MAX, Teller, WORLD, world_id};
use ledgerlab::trail::Referee;

const TRANSFER_FAILED: &str =
    "transfer failed: user not found, insufficient funds, or invalid parameters";

fn open(tellers: usize, holders: &[(&str, i64)]) -> (Arc<Coins>, Vec<Teller>) {
    let config = BookConfig { writers: tellers, trail_bytes: 256 << 20, ..BookConfig::default() };
    let (coins, mut tellers) = Coins::open(&config).expect("the configuration is sound");
    for &(name, amount) in holders {
        tellers[0].open(name, amount).expect("it is a new name");
    }
    (coins, tellers)
}

/// All that must be true once nobody works any more.
fn sound(coins: &Coins) {
    let book = coins.book();
    Referee::judge(book.trail(), book.accounts(), |_| {}).expect("it is equal to a serial run");
    assert_eq!(coins.issued(), coins.held());
    assert!(book.accounts().all(|account| account.keeps_its_limits()));
}

/// One call that is refused.
struct Refused {
    words: &'static str,
    call: fn(&mut Teller, &Interrupt<'_>) -> Result<(), CoinsError>,
    cancelled: bool,
    reason: Reason,
    status: &'static str,
    sentence: &'static str,
}

/// Makes each call on a ledger of its own, where aaron has 1,000 coins, bryan 50, and midas all that one may have.
fn judge(kind: Kind, table: &[Refused]) {
    for Refused { words, call, cancelled, reason, status, sentence } in table {
        let (coins, mut tellers) =
            open(1, &[("aaron", 1_000), ("bryan", 50), ("midas", COINS_MAX)]);
        let flag = AtomicU64::new(u64::from(*cancelled));
        let before = coins.recent(100).len();
        let records = coins.book().trail().len();
        let answer = call(&mut tellers[0], &Interrupt::never().cancelled_by(&flag));
        let refusal = Refusal { kind, reason: *reason };
        assert_eq!(answer, Err(CoinsError::Refused(refusal)), "{words}");
        assert_eq!(refusal.to_string(), *sentence, "{words}");
        assert_eq!(refusal.status(), *status, "{words}");
        let rows = coins.recent(100);
        assert_eq!(rows.len(), before + 1, "{words}: one row for an attempt");
        assert_eq!((rows[0].kind, rows[0].status), (kind, *status), "{words}");
        let kept = rows[0].amount <= 0 || *reason == Reason::BalanceTooLarge;
        assert_eq!(coins.book().trail().len() - records, u64::from(!kept), "{words}");
        for (name, balance) in [("aaron", 1_000), ("bryan", 50), ("midas", COINS_MAX)] {
            assert_eq!(coins.balance(name), Ok(balance), "{words}");
        }
        sound(&coins);
    }
}

#[test]
fn deposits_are_refused_in_order() {
    let amount = "amount must be positive";
    let other = "user not found or invalid amount";
    let row = |words, call, cancelled, reason, status, sentence| Refused {
        words,
        call,
        cancelled,
        reason,
        status,
        sentence,
    };
    use Reason as R;
    judge(
        Kind::Deposit,
        &[
            row(
                "nothing",
                |t, i| t.deposit("aaron", 0, i).map(drop),
                false,
                R::AmountMustBePositive,
                "FAILED_INVALID_AMOUNT",
                amount,
            ),
            row(
                "less than nothing",
                |t, i| t.deposit("aaron", i64::MIN, i).map(drop),
                false,
                R::AmountMustBePositive,
                "FAILED_INVALID_AMOUNT",
                amount,
            ),
            row(
                "nothing to nobody",
                |t, i| t.deposit("nobody", 0, i).map(drop),
                false,
                R::AmountMustBePositive,
                "FAILED_INVALID_AMOUNT",
                amount,
            ),
            row(
                "to nobody",
                |t, i| t.deposit("nobody", 1, i).map(drop),
                false,
                R::HolderNotFound,
                "FAILED_USER_NOT_FOUND",
                other,
            ),
            row(
                "all there is to nobody",
                |t, i| t.deposit("nobody", COINS_MAX, i).map(drop),
                false,
                R::HolderNotFound,
                "FAILED_USER_NOT_FOUND",
                other,
            ),
            row(
                "to the world",
                |t, i| t.deposit(WORLD, 1, i).map(drop),
                false,
                R::HolderNotFound,
                "FAILED_USER_NOT_FOUND",
                other,
            ),
            row(
                "one coin too many",
                |t, i| t.deposit("midas", 1, i).map(drop),
                false,
                R::BalanceTooLarge,
                "FAILED_INVALID_AMOUNT",
                other,
            ),
            row(
                "all there is",
                |t, i| t.deposit("aaron", COINS_MAX, i).map(drop),
                false,
                R::BalanceTooLarge,
                "FAILED_INVALID_AMOUNT",
                other,
            ),
            row(
                "taken back",
                |t, i| t.deposit("aaron", 1, i).map(drop),
                true,
                R::Cancelled,
                "FAILED_CONTEXT_CANCELLED",
                "deposit cancelled",
            ),
            row(
                "taken back, and all else wrong",
                |t, i| t.deposit("nobody", 0, i).map(drop),
                true,
                R::Cancelled,
                "FAILED_CONTEXT_CANCELLED",
                "deposit cancelled",
            ),
            row(
                "taken back, and too much",
                |t, i| t.deposit("midas", 1, i).map(drop),
                true,
                R::Cancelled,
                "FAILED_CONTEXT_CANCELLED",
                "deposit cancelled",
            ),
        ],
    );
}

#[test]
fn withdrawals_are_refused_in_order() {
    let amount = "amount must be positive";
    let funds = "insufficient funds or invalid amount";
    let row = |words, call, cancelled, reason, status, sentence| Refused {
        words,
        call,
        cancelled,
        reason,
        status,
        sentence,
    };
    use Reason as R;
    judge(
        Kind::Withdrawal,
        &[
            row(
                "nothing",
                |t, i| t.withdraw("aaron", 0, i).map(drop),
                false,
                R::AmountMustBePositive,
                "FAILED_INVALID_AMOUNT",
                amount,
            ),
            row(
                "less than nothing",
                |t, i| t.withdraw("aaron", -1, i).map(drop),
                false,
                R::AmountMustBePositive,
                "FAILED_INVALID_AMOUNT",
                amount,
            ),
            row(
                "nothing from nobody",
                |t, i| t.withdraw("nobody", 0, i).map(drop),
                false,
                R::AmountMustBePositive,
                "FAILED_INVALID_AMOUNT",
                amount,
            ),
            row(
                "from nobody",
                |t, i| t.withdraw("nobody", 1, i).map(drop),
                false,
                R::HolderNotFound,
                "FAILED_USER_NOT_FOUND",
                "user not found",
            ),
            row(
                "from the world",
                |t, i| t.withdraw(WORLD, 1, i).map(drop),
                false,
                R::HolderNotFound,
                "FAILED_USER_NOT_FOUND",
                "user not found",
            ),
            row(
                "one coin too many",
                |t, i| t.withdraw("aaron", 1_001, i).map(drop),
                false,
                R::InsufficientFunds,
                "FAILED_INSUFFICIENT_FUNDS",
                funds,
            ),
            row(
                "all there is",
                |t, i| t.withdraw("aaron", COINS_MAX, i).map(drop),
                false,
                R::InsufficientFunds,
                "FAILED_INSUFFICIENT_FUNDS",
                funds,
            ),
            row(
                "taken back, and all else wrong",
                |t, i| t.withdraw("nobody", 0, i).map(drop),
                true,
                R::Cancelled,
                "FAILED_CONTEXT_CANCELLED",
                "withdrawal cancelled",
            ),
            row(
                "taken back, and too much",
                |t, i| t.withdraw("aaron", 1_001, i).map(drop),
                true,
                R::Cancelled,
                "FAILED_CONTEXT_CANCELLED",
                "withdrawal cancelled",
            ),
        ],
    );
}

#[test]
fn transfers_are_refused_in_order() {
    let row = |words, call, cancelled, reason, status| Refused {
        words,
        call,
        cancelled,
        reason,
        status,
        sentence: if reason == Reason::AmountMustBePositive {
            "amount must be positive"
        } else {
            TRANSFER_FAILED
        },
    };
    use Reason as R;
    judge(
        Kind::Transfer,
        &[
            row(
                "all of it wrong",
                |t, i| t.transfer("nobody", "nobody", 0, i).map(drop),
                true,
                R::Cancelled,
                "FAILED_CONTEXT_CANCELLED",
            ),
            row(
                "taken back",
                |t, i| t.transfer("aaron", "bryan", 1, i).map(drop),
                true,
                R::Cancelled,
                "FAILED_CONTEXT_CANCELLED",
            ),
            row(
                "taken back, to oneself",
                |t, i| t.transfer("aaron", "aaron", 1, i).map(drop),
                true,
                R::Cancelled,
                "FAILED_CONTEXT_CANCELLED",
            ),
            row(
                "nothing, to oneself",
                |t, i| t.transfer("nobody", "nobody", 0, i).map(drop),
                false,
                R::AmountMustBePositive,
                "FAILED_INVALID_AMOUNT",
            ),
            row(
                "less than nothing",
                |t, i| t.transfer("aaron", "bryan", -5, i).map(drop),
                false,
                R::AmountMustBePositive,
                "FAILED_INVALID_AMOUNT",
            ),
            row(
                "to oneself",
                |t, i| t.transfer("aaron", "aaron", 1, i).map(drop),
                false,
                R::SelfTransfer,
                "FAILED_SELF_TRANSFER",
            ),
            row(
                "to oneself, too much",
                |t, i| t.transfer("aaron", "aaron", 1_001, i).map(drop),
                false,
                R::SelfTransfer,
                "FAILED_SELF_TRANSFER",
            ),
            row(
                "nobody to himself",
                |t, i| t.transfer("nobody", "nobody", 1, i).map(drop),
                false,
                R::SelfTransfer,
                "FAILED_SELF_TRANSFER",
            ),
            row(
                "a name of none to itself",
                |t, i| t.transfer("", "", 1, i).map(drop),
                false,
                R::SelfTransfer,
                "FAILED_SELF_TRANSFER",
            ),
            row(
                "two that are not there",
                |t, i| t.transfer("nobody", "no-one", 1, i).map(drop),
                false,
                R::SenderNotFound,
                "FAILED_FROM_USER_NOT_FOUND",
            ),
            row(
                "two that cannot be",
                |t, i| t.transfer("", "no one", 1, i).map(drop),
                false,
                R::SenderNotFound,
                "FAILED_FROM_USER_NOT_FOUND",
            ),
            row(
                "from nobody to midas",
                |t, i| t.transfer("nobody", "midas", 1, i).map(drop),
                false,
                R::SenderNotFound,
                "FAILED_FROM_USER_NOT_FOUND",
            ),
            row(
                "to nobody, too much",
                |t, i| t.transfer("aaron", "nobody", 1_001, i).map(drop),
                false,
                R::RecipientNotFound,
                "FAILED_TO_USER_NOT_FOUND",
            ),
            row(
                "to nobody, a great deal",
                |t, i| t.transfer("aaron", "no-one", COINS_MAX, i).map(drop),
                false,
                R::RecipientNotFound,
                "FAILED_TO_USER_NOT_FOUND",
            ),
            row(
                "to the world",
                |t, i| t.transfer("aaron", WORLD, 1, i).map(drop),
                false,
                R::RecipientNotFound,
                "FAILED_TO_USER_NOT_FOUND",
            ),
            row(
                "one coin too many",
                |t, i| t.transfer("aaron", "bryan", 1_001, i).map(drop),
                false,
                R::InsufficientFunds,
                "FAILED_INSUFFICIENT_FUNDS",
            ),
            row(
                "too much, to midas",
                |t, i| t.transfer("aaron", "midas", 1_001, i).map(drop),
                false,
                R::InsufficientFunds,
                "FAILED_INSUFFICIENT_FUNDS",
            ),
            row(
                "to midas",
                |t, i| t.transfer("aaron", "midas", 1, i).map(drop),
                false,
                R::BalanceTooLarge,
                "FAILED_INVALID_AMOUNT",
            ),
        ],
    );
}

#[test]
fn calls_that_succeed_say_what_they_did() {
    let (coins, mut tellers) = open(1, &[("aaron", 1_000), ("bryan", 1_000)]);
    let (teller, never) = (&mut tellers[0], Interrupt::never());
    teller.set_time(1_700_000_000_000_000_000).expect("there is room");
    let deposit = teller.deposit("aaron", 50, &never).expect("it is sound");
    assert_eq!((deposit.from_balance, deposit.to_balance), (None, Some(1_050)));
    let withdrawal = teller.withdraw("aaron", 50, &never).expect("it is sound");
    assert_eq!((withdrawal.from_balance, withdrawal.to_balance), (Some(1_000), None));
    let transfer = teller.transfer("aaron", "bryan", 100, &never).expect("it is sound");
    assert_eq!((transfer.from_balance, transfer.to_balance), (Some(900), Some(1_100)));
    teller.transfer("bryan", "ghost", 7, &never).expect_err("there is no ghost");

    let rows: Vec<_> = coins
        .history("aaron", 10)
        .into_iter()
        .map(|row| (row.kind.name(), row.from, row.to, row.amount, row.status))
        .collect();
    let (aaron, bryan, world) = (Some("aaron"), Some("bryan"), Some("@world"));
    assert_eq!(
        rows,
        [
            ("TRANSFER", aaron, bryan, 100, "SUCCESS"),
            ("WITHDRAWAL", aaron, world, 50, "SUCCESS"),
            ("DEPOSIT", world, aaron, 50, "SUCCESS"),
            ("DEPOSIT", world, aaron, 1_000, "SUCCESS"),
        ]
    );
    let latest = coins.history("aaron", 2);
    assert_eq!((latest[0].id, latest[0].timestamp), (transfer.id, transfer.timestamp));
    assert_eq!((latest.len(), latest[1].id), (2, withdrawal.id));
    let ghost = coins.history("ghost", 10);
    assert_eq!((ghost.len(), ghost[0].status), (1, "FAILED_TO_USER_NOT_FOUND"));
    assert_eq!((ghost[0].from, ghost[0].to), (bryan, Some("ghost")));
    assert_eq!((coins.history("nobody", 10).len(), coins.history("aaron", 0).len()), (0, 0));
    let found = coins.book().lookup_transfers(&[deposit.id]);
    assert_eq!((found.len(), found[0].amount, found[0].timestamp), (1, 50, deposit.timestamp));
    sound(&coins);
}

#[test]
fn names_have_bounds() {
    let (coins, mut tellers) = open(1, &[]);
    let teller = &mut tellers[0];
    let longest = "n".repeat(64);
    for name in ["a", "-", ".", "_", "A.b-c_9", &longest] {
        teller.open(name, 3).expect("it is a name");
        assert_eq!(coins.balance(name), Ok(3), "{name}");
        assert_eq!(teller.open(name, 3), Err(CoinsError::HolderExists));
    }
    let too_long = "n".repeat(65);
    let reserved = format!("@{}", "n".repeat(63));
    for (name, error) in [
        ("", NameError::Empty),
        (&*too_long, NameError::TooLong { bytes: 65 }),
        ("@world", NameError::Reserved),
        ("@", NameError::Reserved),
        (&*reserved, NameError::Reserved),
        ("two words", NameError::Character { character: ' ' }),
        ("Jürgen", NameError::Character { character: 'ü' }),
        ("a\0", NameError::Character { character: '\0' }),
        ("a@b", NameError::Character { character: '@' }),
    ] {
        assert_eq!(teller.open(name, 1), Err(CoinsError::Name(error)), "{name:?}");
        assert_eq!(coins.balance(name), Err(CoinsError::HolderNotFound), "{name:?}");
        assert_eq!(coins.history(name, 9), [], "{name:?}");
    }
    assert_eq!(
        CoinsError::Name(NameError::TooLong { bytes: 65 }).to_string(),
        "a name has 1 to 64 bytes, not 65"
    );
    let below = Err(CoinsError::CoinsMustNotBeNegative { coins: -1 });
    assert_eq!(teller.open("debtor", -1), below);
    assert_eq!(coins.balance("debtor"), Err(CoinsError::HolderNotFound));
    sound(&coins);
}

#[test]
fn a_full_book_opens_no_account() {
    let config = BookConfig { accounts_max: 2, ..BookConfig::default() };
    let (coins, mut tellers) = Coins::open(&config).expect("the configuration is sound");
    tellers[0].open("aaron", 1).expect("there is room");
    let full = tellers[0].open("bryan", 1).expect_err("there is no room");
    assert_eq!(full.to_string(), "the book holds 2 accounts, which is all it may");
    // A name that was to be a holder's is a stranger's now: it can be named, and has nothing.
    let refused = tellers[0].transfer("aaron", "bryan", 1, &Interrupt::never());
    let reason = Reason::RecipientNotFound;
    assert_eq!(refused, Err(CoinsError::Refused(Refusal { kind: Kind::Transfer, reason })));
    sound(&coins);
}

#[test]
fn strangers_beyond_their_number_share_an_id_and_are_refused_all_the_same() {
    let (coins, mut tellers) = open(1, &[("aaron", 10)]);
    let (teller, never) = (&mut tellers[0], Interrupt::never());
    for number in 0..STRANGERS_MAX + 5 {
        let refused = teller.deposit(&format!("stranger-{number}"), 1, &never);
        let reason = Reason::HolderNotFound;
        assert_eq!(refused, Err(CoinsError::Refused(Refusal { kind: Kind::Deposit, reason })));
    }
    let refused = teller.transfer("someone", "someone-else", 1, &never);
    let reason = Reason::SenderNotFound;
    assert_eq!(refused, Err(CoinsError::Refused(Refusal { kind: Kind::Transfer, reason })));
    assert_eq!((coins.recent(1)[0].from, coins.recent(1)[0].to), (None, None));
    teller.open("someone", 5).expect("holders are not kept out by strangers");
    teller.transfer("someone", "aaron", 5, &never).expect("it is sound");
    assert_eq!(coins.balance("aaron"), Ok(15));
    sound(&coins);
}

#[test]
fn what_the_book_has_no_words_for_is_kept_in_a_bounded_list() {
    let (coins, mut tellers) = open(2, &[("aaron", 10)]);
    for attempt in 0..KEPT_MAX as i64 + 10 {
        tellers[1].deposit("aaron", -attempt, &Interrupt::never()).expect_err("not positive");
    }
    tellers[0].deposit("aaron", 0, &Interrupt::never()).expect_err("not positive");
    let rows = coins.history("aaron", 10_000);
    let refused: BTreeSet<_> = rows.iter().filter(|row| row.amount < 0).map(|row| row.id).collect();
    assert_eq!((rows.len(), refused.len()), (KEPT_MAX + 2, KEPT_MAX), "each has an id of its own");
    assert!(rows.iter().all(|row| row.amount > -(KEPT_MAX as i64 + 10)));
    assert!(rows.iter().any(|row| row.amount == -(KEPT_MAX as i64 + 9)), "the latest is there");
}

#[test]
fn a_payment_is_made_whole_or_not_at_all() {
    let open_all =
        || open(1, &[("customer", 1_000), ("processor", 0), ("merchant", 0), ("midas", COINS_MAX)]);
    let never = Interrupt::never();
    let one_percent = Fee::basis_points(100).expect("it is a part");
    let (coins, mut tellers) = open_all();
    let paid = tellers[0].pay("customer", "processor", "merchant", 199, one_percent, &never);
    let paid = paid.expect("it is sound");
    assert_eq!((paid.fee, paid.rest), (1, 198));
    let balances = ["customer", "processor", "merchant"].map(|name| coins.balance(name));
    assert_eq!(balances, [Ok(801), Ok(1), Ok(198)]);
    let rows = coins.history("processor", 9);
    assert_eq!([rows[0].id, rows[1].id], [paid.settlement_id, paid.payment_id]);
    assert!(rows.iter().all(|row| (row.kind, row.status) == (Kind::Transfer, "SUCCESS")));
    sound(&coins);

    use Reason as R;
    for (who, amount, cancelled, reason, status) in [
        (
            ["customer", "processor", "merchant"],
            1_001,
            false,
            R::InsufficientFunds,
            "FAILED_INSUFFICIENT_FUNDS",
        ),
        (
            ["ghost", "processor", "merchant"],
            1,
            false,
            R::SenderNotFound,
            "FAILED_FROM_USER_NOT_FOUND",
        ),
        (
            ["customer", "ghost", "merchant"],
            1,
            false,
            R::RecipientNotFound,
            "FAILED_TO_USER_NOT_FOUND",
        ),
        (
            ["customer", "processor", "ghost"],
            1,
            false,
            R::RecipientNotFound,
            "FAILED_TO_USER_NOT_FOUND",
        ),
        (
            ["customer", "processor", "ghost"],
            1_001,
            false,
            R::InsufficientFunds,
            "FAILED_INSUFFICIENT_FUNDS",
        ),
        (["customer", "customer", "merchant"], 1, false, R::SelfTransfer, "FAILED_SELF_TRANSFER"),
        (["customer", "processor", "processor"], 1, false, R::SelfTransfer, "FAILED_SELF_TRANSFER"),
        (
            ["customer", "processor", "merchant"],
            0,
            false,
            R::AmountMustBePositive,
            "FAILED_INVALID_AMOUNT",
        ),
        (["ghost", "ghost", "ghost"], -1, true, R::Cancelled, "FAILED_CONTEXT_CANCELLED"),
        (["customer", "processor", "merchant"], 1, true, R::Cancelled, "FAILED_CONTEXT_CANCELLED"),
        (["customer", "processor", "midas"], 1, false, R::BalanceTooLarge, "FAILED_INVALID_AMOUNT"),
        (
            ["customer", "processor", "midas"],
            1_001,
            false,
            R::InsufficientFunds,
            "FAILED_INSUFFICIENT_FUNDS",
        ),
    ] {
        let (coins, mut tellers) = open_all();
        let flag = AtomicU64::new(u64::from(cancelled));
        let interrupt = Interrupt::never().cancelled_by(&flag);
        let before = coins.recent(100).len();
        let [customer, processor, merchant] = who;
        let refused =
            tellers[0].pay(customer, processor, merchant, amount, one_percent, &interrupt);
        let refusal = Refusal { kind: Kind::Transfer, reason };
        assert_eq!(refused, Err(CoinsError::Refused(refusal)), "{who:?} {amount}");
        let rows = coins.recent(100);
        assert_eq!(rows.len(), before + 2, "{who:?} {amount}: a row for each transfer");
        assert!(rows[..2].iter().all(|row| row.status == status), "{who:?} {amount}: {rows:?}");
        let balances = ["customer", "processor", "merchant"].map(|name| coins.balance(name));
        assert_eq!(balances, [Ok(1_000), Ok(0), Ok(0)], "{who:?} {amount}");
        sound(&coins);
    }

    // All of it is the processor's, and whoever pays himself loses the fee.
    let (coins, mut tellers) = open_all();
    let all = Fee::basis_points(10_000).expect("it is a part");
    tellers[0].pay("customer", "processor", "merchant", 10, all, &never).expect("it is sound");
    tellers[0].pay("midas", "processor", "midas", 1_000, one_percent, &never).expect("it is sound");
    let balances = ["customer", "processor", "merchant", "midas"].map(|name| coins.balance(name));
    assert_eq!(balances, [Ok(990), Ok(20), Ok(0), Ok(COINS_MAX - 10)]);
    sound(&coins);
}

#[test]
fn all_but_payments_and_openings_are_plain_transfers() {
    let (coins, mut tellers) = open(1, &[("aaron", 10), ("bryan", 10)]);
    let (teller, never) = (&mut tellers[0], Interrupt::never());
    teller.deposit("aaron", 5, &never).expect("it is sound");
    teller.withdraw("aaron", 5, &never).expect("it is sound");
    teller.transfer("aaron", "bryan", 5, &never).expect("it is sound");
    teller.transfer("aaron", "nobody", 5, &never).expect_err("there is nobody");
    teller.deposit("aaron", COINS_MAX - 5, &never).expect("it is just below the ceiling");
    let plain: Vec<_> = coins.book().trail().in_order().map(|one| one.is_plain()).collect();
    // @world, then an account and its first coins, twice.
    assert_eq!(plain, [false, false, true, false, true, true, true, true, true, true]);
    sound(&coins);
}

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
        for attempt in 0..2_000_i64 {
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
