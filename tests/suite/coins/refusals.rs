//! A row per rejection, and the precedence of rejections.

use super::*;

/// One call that is rejected.
struct Refused {
    words: &'static str,
    call: fn(&mut CoinsSession, &Cancellation<'_>) -> Result<(), CoinsError>,
    cancelled: bool,
    reason: Reason,
    status: &'static str,
    sentence: &'static str,
}

/// Makes each call on a new ledger, where aaron has 1,000 coins, bryan 50, and midas the maximum
/// balance.
fn check_table(kind: Kind, table: &[Refused]) {
    for Refused { words, call, cancelled, reason, status, sentence } in table {
        let (coins, mut sessions) =
            open(1, &[("aaron", 1_000), ("bryan", 50), ("midas", COINS_MAX)]);
        let flag = AtomicU64::new(u64::from(*cancelled));
        let before = coins.recent(100).len();
        let records = coins.ledger().trail().len();
        let answer = call(&mut sessions[0], &Cancellation::never().with_flag(&flag));
        let refusal = Rejection { kind, reason: *reason };
        assert_eq!(answer, Err(CoinsError::Rejected(refusal)), "{words}");
        assert_eq!(refusal.to_string(), *sentence, "{words}");
        assert_eq!(refusal.status(), *status, "{words}");
        let rows = coins.recent(100);
        assert_eq!(rows.len(), before + 1, "{words}: one row for an attempt");
        assert_eq!((rows[0].kind, rows[0].status), (kind, *status), "{words}");
        let kept = rows[0].amount <= 0 || *reason == Reason::BalanceTooLarge;
        assert_eq!(coins.ledger().trail().len() - records, u64::from(!kept), "{words}");
        for (name, balance) in [("aaron", 1_000), ("bryan", 50), ("midas", COINS_MAX)] {
            assert_eq!(coins.balance(name), Ok(balance), "{words}");
        }
        sound(&coins);
    }
}

#[test]
fn deposit_checks_follow_their_order() {
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
    check_table(
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
fn withdrawal_checks_follow_their_order() {
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
    check_table(
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
fn transfer_checks_follow_their_order() {
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
    check_table(
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
