//! The effects of calls, and the bounds of names, ledgers, lists and payments.

use super::*;

#[test]
fn successful_calls_return_their_effect() {
    let (coins, mut sessions) = open(1, &[("aaron", 1_000), ("bryan", 1_000)]);
    let (session, never) = (&mut sessions[0], Cancellation::never());
    session.set_time(1_700_000_000_000_000_000).expect("the ledger has capacity");
    let deposit = session.deposit("aaron", 50, &never).expect("the call succeeds");
    assert_eq!((deposit.from_balance, deposit.to_balance), (None, Some(1_050)));
    let withdrawal = session.withdraw("aaron", 50, &never).expect("the call succeeds");
    assert_eq!((withdrawal.from_balance, withdrawal.to_balance), (Some(1_000), None));
    let transfer = session.transfer("aaron", "bryan", 100, &never).expect("the call succeeds");
    assert_eq!((transfer.from_balance, transfer.to_balance), (Some(900), Some(1_100)));
    session.transfer("bryan", "ghost", 7, &never).expect_err("there is no ghost");

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
    let failed = &coins.history("bryan", 1)[0];
    assert_eq!((failed.from, failed.to), (bryan, None));
    assert_eq!(failed.status, "FAILED_TO_USER_NOT_FOUND");
    assert_eq!((coins.history("ghost", 10).len(), coins.history("aaron", 0).len()), (0, 0));
    let found = coins.ledger().lookup_transfers(&[deposit.id]);
    assert_eq!((found.len(), found[0].amount, found[0].timestamp), (1, 50, deposit.timestamp));
    assert_invariants(&coins);
}

#[test]
fn name_length_is_bounded() {
    let (coins, mut sessions) = open(1, &[]);
    let session = &mut sessions[0];
    let longest = "n".repeat(64);
    for name in ["a", "-", ".", "_", "A.b-c_9", &longest] {
        session.open(name, 3).expect("it is a name");
        assert_eq!(coins.balance(name), Ok(3), "{name}");
        assert_eq!(session.open(name, 3), Err(CoinsError::HolderExists));
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
        assert_eq!(session.open(name, 1), Err(CoinsError::Name(error)), "{name:?}");
        assert_eq!(coins.balance(name), Err(CoinsError::HolderNotFound), "{name:?}");
        assert_eq!(coins.history(name, 9), [], "{name:?}");
    }
    assert_eq!(
        CoinsError::Name(NameError::TooLong { bytes: 65 }).to_string(),
        "a name has 1 to 64 bytes, not 65"
    );
    let below = Err(CoinsError::CoinsMustNotBeNegative { coins: -1 });
    assert_eq!(session.open("debtor", -1), below);
    assert_eq!(coins.balance("debtor"), Err(CoinsError::HolderNotFound));
    assert_invariants(&coins);
}

#[test]
fn full_ledger_rejects_accounts() {
    let config = LedgerConfig { accounts_max: 2, ..LedgerConfig::default() };
    let (coins, mut sessions) = Coins::open(&config).expect("the configuration is valid");
    sessions[0].open("aaron", 1).expect("the ledger has capacity");
    let full = sessions[0].open("bryan", 1).expect_err("the ledger is full");
    assert_eq!(full.to_string(), "the ledger has its limit of 2 accounts");
    // A name that failed to open is an unknown user's: it can be named and has nothing.
    let refused = sessions[0].transfer("aaron", "bryan", 1, &Cancellation::never());
    let reason = Reason::RecipientNotFound;
    assert_eq!(refused, Err(CoinsError::Rejected(Rejection { kind: Kind::Transfer, reason })));
    assert_invariants(&coins);
}

#[test]
fn unknown_names_are_rejected_and_leave_no_name() {
    let (coins, mut sessions) = open(1, &[("aaron", 10)]);
    let (session, never) = (&mut sessions[0], Cancellation::never());
    let next = 65_536 + 1;
    for number in 0..70_000 {
        let rejected = session.deposit(&format!("stranger-{number}"), 1, &never);
        let reason = Reason::HolderNotFound;
        assert_eq!(rejected, Err(CoinsError::Rejected(Rejection { kind: Kind::Deposit, reason })));
    }
    let rejected = session.transfer("someone", "someone-else", 1, &never);
    let reason = Reason::SenderNotFound;
    assert_eq!(rejected, Err(CoinsError::Rejected(Rejection { kind: Kind::Transfer, reason })));
    assert_eq!((coins.recent(1)[0].from, coins.recent(1)[0].to), (None, None));
    assert_eq!((coins.id("someone"), coins.name(next)), (None, None));
    assert_eq!(session.open("someone", 5), Ok(next));
    session.transfer("someone", "aaron", 5, &never).expect("it is valid");
    assert_eq!(coins.balance("aaron"), Ok(15));
    assert_invariants(&coins);
}

#[test]
fn ids_of_unknown_names_are_never_those_of_accounts() {
    let (coins, mut sessions) = open(1, &[("aaron", 10)]);
    let account = |id| Account { id, ledger: 1, code: 10, ..Account::default() };
    for id in [32_768, 32_769] {
        let error = coins.check_ids(&[account(9), account(id)]).expect_err("it is reserved");
        let text = format!("the id {id} stands for unknown users; choose another id");
        assert_eq!(error.to_string(), text);
    }
    assert_eq!(coins.check_ids(&[account(100), account(65_537), account(u128::MAX)]), Ok(()));
    // A name does not get the id of an account that is there.
    sessions[0].writer().create_account(&account(65_537)).expect("there is room");
    assert_eq!(sessions[0].open("bryan", 0), Ok(65_538));
    assert_eq!((coins.name(65_537), coins.name(65_538)), (None, Some("bryan")));
    assert_invariants(&coins);
}

#[test]
fn unrepresentable_rejections_are_stored_in_a_bounded_list() {
    let (coins, mut sessions) = open(2, &[("aaron", 10)]);
    for attempt in 0..UNRECORDED_MAX as i64 + 10 {
        sessions[1].deposit("aaron", -attempt, &Cancellation::never()).expect_err("not positive");
    }
    sessions[0].deposit("aaron", 0, &Cancellation::never()).expect_err("not positive");
    let rows = coins.history("aaron", 10_000);
    let refused: BTreeSet<_> = rows.iter().filter(|row| row.amount < 0).map(|row| row.id).collect();
    assert_eq!(
        (rows.len(), refused.len()),
        (UNRECORDED_MAX + 2, UNRECORDED_MAX),
        "each has an id of its own"
    );
    assert!(rows.iter().all(|row| row.amount > -(UNRECORDED_MAX as i64 + 10)));
    assert!(
        rows.iter().any(|row| row.amount == -(UNRECORDED_MAX as i64 + 9)),
        "the latest is there"
    );
}

#[test]
fn payment_is_atomic() {
    let open_all =
        || open(1, &[("customer", 1_000), ("processor", 0), ("merchant", 0), ("midas", COINS_MAX)]);
    let never = Cancellation::never();
    let one_percent = Fee::basis_points(100).expect("it is a part");
    let (coins, mut sessions) = open_all();
    let paid = sessions[0].pay("customer", "processor", "merchant", 199, one_percent, &never);
    let paid = paid.expect("the call succeeds");
    assert_eq!((paid.fee, paid.rest), (1, 198));
    let balances = ["customer", "processor", "merchant"].map(|name| coins.balance(name));
    assert_eq!(balances, [Ok(801), Ok(1), Ok(198)]);
    let rows = coins.history("processor", 9);
    assert_eq!([rows[0].id, rows[1].id], [paid.settlement_id, paid.payment_id]);
    assert!(rows.iter().all(|row| (row.kind, row.status) == (Kind::Transfer, "SUCCESS")));
    assert_invariants(&coins);

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
        let (coins, mut sessions) = open_all();
        let flag = AtomicU64::new(u64::from(cancelled));
        let cancellation = Cancellation::never().with_flag(&flag);
        let before = coins.recent(100).len();
        let [customer, processor, merchant] = who;
        let refused =
            sessions[0].pay(customer, processor, merchant, amount, one_percent, &cancellation);
        let refusal = Rejection { kind: Kind::Transfer, reason };
        assert_eq!(refused, Err(CoinsError::Rejected(refusal)), "{who:?} {amount}");
        let rows = coins.recent(100);
        assert_eq!(rows.len(), before + 2, "{who:?} {amount}: a row for each transfer");
        assert!(rows[..2].iter().all(|row| row.status == status), "{who:?} {amount}: {rows:?}");
        let balances = ["customer", "processor", "merchant"].map(|name| coins.balance(name));
        assert_eq!(balances, [Ok(1_000), Ok(0), Ok(0)], "{who:?} {amount}");
        assert_invariants(&coins);
    }

    // The processor holds everything. Paying itself costs only the fee.
    let (coins, mut sessions) = open_all();
    let all = Fee::basis_points(10_000).expect("it is a part");
    sessions[0]
        .pay("customer", "processor", "merchant", 10, all, &never)
        .expect("the call succeeds");
    sessions[0]
        .pay("midas", "processor", "midas", 1_000, one_percent, &never)
        .expect("the call succeeds");
    let balances = ["customer", "processor", "merchant", "midas"].map(|name| coins.balance(name));
    assert_eq!(balances, [Ok(990), Ok(20), Ok(0), Ok(COINS_MAX as u128 - 10)]);
    assert_invariants(&coins);
}

#[test]
fn simple_calls_write_plain_transfers() {
    let (coins, mut sessions) = open(1, &[("aaron", 10), ("bryan", 10)]);
    let (session, never) = (&mut sessions[0], Cancellation::never());
    session.deposit("aaron", 5, &never).expect("the call succeeds");
    session.withdraw("aaron", 5, &never).expect("the call succeeds");
    session.transfer("aaron", "bryan", 5, &never).expect("the call succeeds");
    session.transfer("aaron", "nobody", 5, &never).expect_err("there is nobody");
    session.deposit("aaron", COINS_MAX - 5, &never).expect("it is just below the limit");
    let plain: Vec<_> = coins.ledger().trail().in_order().map(|one| one.is_plain()).collect();
    // Twice: @world's account, then an account and its first deposit.
    assert_eq!(plain, [false, false, true, false, true, true, true, true, true, true]);
    assert_invariants(&coins);
}
