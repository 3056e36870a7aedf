//! A row per rejection, and the precedence of rejections.

use super::*;

/// One call that is rejected.
struct RejectedCall {
    case: &'static str,
    call: fn(&mut CoinsSession, &Cancellation<'_>) -> Result<(), CoinsError>,
    cancelled: bool,
    reason: Reason,
    status: &'static str,
    sentence: &'static str,
}

/// Makes each call on a new ledger, where aaron has 1,000 coins, bryan 50, and midas the maximum
/// balance.
fn check_table(kind: Kind, table: &[RejectedCall]) {
    for RejectedCall { case, call, cancelled, reason, status, sentence } in table {
        let (coins, mut sessions) =
            open(1, &[("aaron", 1_000), ("bryan", 50), ("midas", COINS_MAX)]);
        let flag = AtomicU64::new(u64::from(*cancelled));
        let before = coins.recent(100).len();
        let records = coins.ledger().trail().len();
        let result = call(&mut sessions[0], &Cancellation::never().with_flag(&flag));
        let refusal = Rejection { kind, reason: *reason };
        assert_eq!(result, Err(CoinsError::Rejected(refusal)), "{case}");
        assert_eq!(refusal.to_string(), *sentence, "{case}");
        assert_eq!(refusal.status(), *status, "{case}");
        let rows = coins.recent(100);
        assert_eq!(rows.len(), before + 1, "{case}: one row for an attempt");
        assert_eq!((rows[0].kind, rows[0].status), (kind, *status), "{case}");
        let kept = rows[0].amount <= 0 || *reason == Reason::BalanceTooLarge;
        assert_eq!(coins.ledger().trail().len() - records, u64::from(!kept), "{case}");
        for (name, balance) in [("aaron", 1_000), ("bryan", 50), ("midas", COINS_MAX)] {
            assert_eq!(coins.balance(name), Ok(balance as u128), "{case}");
        }
        assert_invariants(&coins);
    }
}

#[test]
fn deposit_checks_follow_their_order() {
    let amount = "amount must be positive";
    let other = "user not found or invalid amount";
    let row = |case, call, cancelled, reason, status, sentence| RejectedCall {
        case,
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
                "zero",
                |t, i| t.deposit("aaron", 0, i).map(drop),
                false,
                R::AmountMustBePositive,
                "FAILED_INVALID_AMOUNT",
                amount,
            ),
            row(
                "negative amount",
                |t, i| t.deposit("aaron", i64::MIN, i).map(drop),
                false,
                R::AmountMustBePositive,
                "FAILED_INVALID_AMOUNT",
                amount,
            ),
            row(
                "zero, unknown user",
                |t, i| t.deposit("nobody", 0, i).map(drop),
                false,
                R::AmountMustBePositive,
                "FAILED_INVALID_AMOUNT",
                amount,
            ),
            row(
                "unknown user",
                |t, i| t.deposit("nobody", 1, i).map(drop),
                false,
                R::HolderNotFound,
                "FAILED_USER_NOT_FOUND",
                other,
            ),
            row(
                "maximum, unknown user",
                |t, i| t.deposit("nobody", COINS_MAX, i).map(drop),
                false,
                R::HolderNotFound,
                "FAILED_USER_NOT_FOUND",
                other,
            ),
            row(
                "to @world",
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
                "maximum",
                |t, i| t.deposit("aaron", COINS_MAX, i).map(drop),
                false,
                R::BalanceTooLarge,
                "FAILED_INVALID_AMOUNT",
                other,
            ),
            row(
                "cancelled",
                |t, i| t.deposit("aaron", 1, i).map(drop),
                true,
                R::Cancelled,
                "FAILED_CONTEXT_CANCELLED",
                "deposit cancelled",
            ),
            row(
                "cancelled, everything invalid",
                |t, i| t.deposit("nobody", 0, i).map(drop),
                true,
                R::Cancelled,
                "FAILED_CONTEXT_CANCELLED",
                "deposit cancelled",
            ),
            row(
                "cancelled, amount too large",
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
    let row = |case, call, cancelled, reason, status, sentence| RejectedCall {
        case,
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
                "zero",
                |t, i| t.withdraw("aaron", 0, i).map(drop),
                false,
                R::AmountMustBePositive,
                "FAILED_INVALID_AMOUNT",
                amount,
            ),
            row(
                "negative amount",
                |t, i| t.withdraw("aaron", -1, i).map(drop),
                false,
                R::AmountMustBePositive,
                "FAILED_INVALID_AMOUNT",
                amount,
            ),
            row(
                "zero, unknown user",
                |t, i| t.withdraw("nobody", 0, i).map(drop),
                false,
                R::AmountMustBePositive,
                "FAILED_INVALID_AMOUNT",
                amount,
            ),
            row(
                "unknown user",
                |t, i| t.withdraw("nobody", 1, i).map(drop),
                false,
                R::HolderNotFound,
                "FAILED_USER_NOT_FOUND",
                "user not found",
            ),
            row(
                "from @world",
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
                "maximum",
                |t, i| t.withdraw("aaron", COINS_MAX, i).map(drop),
                false,
                R::InsufficientFunds,
                "FAILED_INSUFFICIENT_FUNDS",
                funds,
            ),
            row(
                "cancelled, everything invalid",
                |t, i| t.withdraw("nobody", 0, i).map(drop),
                true,
                R::Cancelled,
                "FAILED_CONTEXT_CANCELLED",
                "withdrawal cancelled",
            ),
            row(
                "cancelled, amount too large",
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
    let row = |case, call, cancelled, reason, status| RejectedCall {
        case,
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
                "cancelled, everything invalid",
                |t, i| t.transfer("nobody", "nobody", 0, i).map(drop),
                true,
                R::Cancelled,
                "FAILED_CONTEXT_CANCELLED",
            ),
            row(
                "cancelled",
                |t, i| t.transfer("aaron", "bryan", 1, i).map(drop),
                true,
                R::Cancelled,
                "FAILED_CONTEXT_CANCELLED",
            ),
            row(
                "cancelled, to the same user",
                |t, i| t.transfer("aaron", "aaron", 1, i).map(drop),
                true,
                R::Cancelled,
                "FAILED_CONTEXT_CANCELLED",
            ),
            row(
                "zero, to the same user",
                |t, i| t.transfer("nobody", "nobody", 0, i).map(drop),
                false,
                R::AmountMustBePositive,
                "FAILED_INVALID_AMOUNT",
            ),
            row(
                "negative amount",
                |t, i| t.transfer("aaron", "bryan", -5, i).map(drop),
                false,
                R::AmountMustBePositive,
                "FAILED_INVALID_AMOUNT",
            ),
            row(
                "to the same user",
                |t, i| t.transfer("aaron", "aaron", 1, i).map(drop),
                false,
                R::SelfTransfer,
                "FAILED_SELF_TRANSFER",
            ),
            row(
                "to the same user, amount too large",
                |t, i| t.transfer("aaron", "aaron", 1_001, i).map(drop),
                false,
                R::SelfTransfer,
                "FAILED_SELF_TRANSFER",
            ),
            row(
                "unknown user to the same user",
                |t, i| t.transfer("nobody", "nobody", 1, i).map(drop),
                false,
                R::SelfTransfer,
                "FAILED_SELF_TRANSFER",
            ),
            row(
                "empty name to the same name",
                |t, i| t.transfer("", "", 1, i).map(drop),
                false,
                R::SelfTransfer,
                "FAILED_SELF_TRANSFER",
            ),
            row(
                "two unknown users",
                |t, i| t.transfer("nobody", "no-one", 1, i).map(drop),
                false,
                R::SenderNotFound,
                "FAILED_FROM_USER_NOT_FOUND",
            ),
            row(
                "two invalid names",
                |t, i| t.transfer("", "no one", 1, i).map(drop),
                false,
                R::SenderNotFound,
                "FAILED_FROM_USER_NOT_FOUND",
            ),
            row(
                "unknown sender, full recipient",
                |t, i| t.transfer("nobody", "midas", 1, i).map(drop),
                false,
                R::SenderNotFound,
                "FAILED_FROM_USER_NOT_FOUND",
            ),
            row(
                "unknown recipient, amount too large",
                |t, i| t.transfer("aaron", "nobody", 1_001, i).map(drop),
                false,
                R::RecipientNotFound,
                "FAILED_TO_USER_NOT_FOUND",
            ),
            row(
                "unknown recipient, maximum",
                |t, i| t.transfer("aaron", "no-one", COINS_MAX, i).map(drop),
                false,
                R::RecipientNotFound,
                "FAILED_TO_USER_NOT_FOUND",
            ),
            row(
                "to @world",
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
                "amount too large, full recipient",
                |t, i| t.transfer("aaron", "midas", 1_001, i).map(drop),
                false,
                R::InsufficientFunds,
                "FAILED_INSUFFICIENT_FUNDS",
            ),
            row(
                "full recipient",
                |t, i| t.transfer("aaron", "midas", 1, i).map(drop),
                false,
                R::BalanceTooLarge,
                "FAILED_INVALID_AMOUNT",
            ),
        ],
    );
}
