//! Examples of rules that interact.

use super::*;

#[test]
fn post_and_void_inherit_omitted_fields() {
    for mut bank in banks() {
        let own = data(70, 80, 90);
        for (id, user_data) in [(20, own), (21, own), (22, own), (23, UserData::default())] {
            let held = Transfer { user_data, code: 5, timeout: 60, ..hold(id, 1, 2, 10) };
            bank.done(held);
        }
        bank.done(post(30, 20, MAX));
        bank.done(void(31, 21));
        bank.done(Transfer { user_data: data(0, 81, 0), ..post(32, 22, 4) });
        bank.done(Transfer { user_data: data(71, 0, 91), ..post(33, 23, 0) });
        let found = [30, 31, 32, 33].map(|id| bank.found(id));
        assert_eq!(found.map(|one| one.amount), [10, 10, 4, 0], "what was moved or let go");
        assert_eq!(
            found.map(|one| one.user_data),
            [own, own, data(70, 81, 90), data(71, 0, 91)],
            "each field that is 0 comes from the hold"
        );
        for one in found {
            let accounts = (one.debit_account_id, one.credit_account_id);
            assert_eq!((accounts, one.ledger, one.code), ((1, 2), 1, 5), "{}", bank.name);
            assert_eq!(one.timeout, 0, "the timeout stays with the hold");
            assert_eq!(one.pending_id, one.id - 10);
        }
        assert_eq!(bank.sums(1), [0, 14, 0, 0]);
        assert_eq!(bank.sums(2), [0, 0, 0, 14]);
        // A retry may repeat or omit the fields that the post inherited.
        assert_eq!(bank.one(post(30, 20, MAX)), "exists");
        assert_eq!(bank.one(post(30, 20, 10)), "exists");
        assert_eq!(bank.one(post(30, 20, 9)), "exists_with_different_amount");
        assert_eq!(bank.one(Transfer { user_data: own, code: 5, ..void(31, 21) }), "exists");
        bank.subject.verify().expect("a replay agrees");
    }
}

#[test]
fn closing_transfer_closes_and_its_void_reopens() {
    for mut bank in banks() {
        bank.done(with(F::CLOSING_DEBIT | F::CLOSING_CREDIT, hold(20, 1, 2, 3)));
        assert!(bank.is_closed(1) && bank.is_closed(2) && !bank.is_closed(3));
        assert_eq!(bank.one(post(21, 20, 3)), "debit_account_already_closed");
        assert_eq!(bank.one(hold(22, 3, 2, 1)), "credit_account_already_closed");
        bank.done(void(23, 20));
        assert!(!bank.is_closed(1) && !bank.is_closed(2));
        bank.done(pay(24, 1, 2, 1));
        // So does expiry.
        bank.done(with(F::CLOSING_DEBIT, Transfer { timeout: 1, ..hold(25, 1, 2, 3) }));
        assert!(bank.is_closed(1));
        bank.subject.set_time(bank.subject.time() + SECOND);
        assert!(!bank.is_closed(1), "{}", bank.name);
        // An account that was created closed cannot be reopened. A retry may or may not set the
        // flag.
        bank.open(&[Account { flags: AF::CLOSED, ..common::account(50) }]);
        assert_eq!(bank.one(pay(26, 1, 50, 1)), "credit_account_already_closed");
        assert_eq!(bank.subject.create_accounts(&[common::account(50)])[0].0, "exists");
        assert_eq!(bank.sums(1), [0, 1, 0, 0]);
        bank.subject.verify().expect("a replay agrees");
    }
}

#[test]
fn pending_transfer_expires_at_its_nanosecond() {
    for mut bank in banks() {
        bank.subject.set_time(1_000);
        // At 1,001 and 1,002.
        bank.done(Transfer { timeout: 2, ..hold(20, 1, 2, 7) });
        bank.done(Transfer { timeout: 2, ..hold(21, 1, 2, 9) });
        let due = 1_001 + 2 * SECOND;
        assert_eq!(bank.found(20).timestamp, 1_001);
        bank.subject.set_time(due - 2);
        assert_eq!(bank.sums(1), [16, 0, 0, 0]);
        // The event's own timestamp is the nanosecond before.
        bank.done(post(30, 21, 1));
        assert_eq!(bank.found(30).timestamp, due - 1);
        // Now it is that nanosecond, although the clock did not advance.
        assert_eq!(bank.one(post(31, 20, 1)), "pending_transfer_expired");
        bank.subject.set_time(due);
        assert_eq!((bank.sums(1), bank.sums(2)), ([0, 1, 0, 0], [0, 0, 0, 1]), "{}", bank.name);
        assert_eq!(bank.one(void(32, 20)), "pending_transfer_expired");
        assert_eq!(bank.one(void(33, 21)), "pending_transfer_already_posted");
        bank.subject.verify().expect("a replay agrees");
    }
}

#[test]
fn balancing_transfer_moves_the_available_amount() {
    for mut bank in banks() {
        bank.done(pay(20, 1, 4, 100));
        bank.done(hold(21, 4, 2, 30));
        bank.done(with(F::BALANCING_DEBIT, pay(22, 4, 2, MAX)));
        assert_eq!((bank.found(22).amount, bank.sums(4)), (70, [30, 70, 0, 100]));
        // Nothing is left, so the transfer moves nothing. It is still created.
        bank.done(with(F::BALANCING_DEBIT, pay(23, 4, 2, 5)));
        assert_eq!(bank.found(23).amount, 0);
        bank.done(pay(24, 3, 1, 40));
        bank.done(with(F::BALANCING_CREDIT, pay(25, 2, 3, 25)));
        assert_eq!(bank.found(25).amount, 25, "the requested amount is the maximum");
        bank.done(with(F::BALANCING_DEBIT | F::BALANCING_CREDIT, hold(26, 2, 3, MAX)));
        assert_eq!((bank.found(26).amount, bank.sums(3)), (15, [0, 40, 15, 25]));
        // A retry that could have moved the same amount exists; another differs.
        assert_eq!(bank.one(with(F::BALANCING_DEBIT, pay(22, 4, 2, 71))), "exists");
        let less = with(F::BALANCING_DEBIT, pay(22, 4, 2, 69));
        assert_eq!(bank.one(less), "exists_with_different_amount");
        bank.subject.verify().expect("a replay agrees");
    }
}

#[test]
fn imported_events_keep_their_timestamps() {
    for mut bank in banks() {
        bank.subject.set_time(1_000);
        let old = |id, timestamp| Account { timestamp, flags: AF::IMPORTED, ..common::account(id) };
        let opened = bank.subject.create_accounts(&[old(50, 100), old(51, 200), old(52, 200)]);
        assert_eq!(opened[0], ("created", 100));
        assert_eq!(opened[1], ("created", 200));
        assert_eq!(opened[2].0, "imported_event_timestamp_must_not_regress");
        let batch = [
            imported(200, pay(20, 50, 51, 5)),
            imported(300, pay(21, 50, 51, 5)),
            imported(250, pay(22, 50, 51, 5)),
            imported(301, hold(23, 50, 51, 5)),
            imported(302, post(24, 23, 5)),
        ];
        let moved = bank.batch(&batch);
        assert_eq!(moved[0].0, "imported_event_timestamp_must_not_regress", "an account's time");
        assert_eq!(moved[1], ("created", 300));
        assert_eq!(moved[2].0, "imported_event_timestamp_must_not_regress", "before the last");
        assert_eq!([moved[3], moved[4]], [("created", 301), ("created", 302)]);
        assert_eq!(bank.found(21).timestamp, 300);
        assert_eq!(bank.one(imported(299, pay(21, 50, 51, 5))), "exists");
        assert_eq!(bank.sums(50), [0, 10, 0, 0]);
        bank.subject.verify().expect("a replay agrees");
    }
}

#[test]
fn retry_returns_the_first_timestamp() {
    for mut bank in banks() {
        let first = bank.batch(&[pay(20, 1, 2, 5)])[0];
        bank.subject.set_time(5_000);
        assert_eq!(bank.batch(&[pay(20, 1, 2, 5)])[0], ("exists", first.1));
        assert_eq!(bank.sums(1), [0, 5, 0, 0], "it was done once");
        let opened = bank.subject.lookup_accounts(&[1])[0].timestamp;
        let again = bank.subject.create_accounts(&[common::account(1)]);
        assert_eq!(again, [("exists", opened)]);
        // Transient rejections consume the id; others do not.
        for (refused, burnt) in [
            (pay(30, 99, 2, 5), true),
            (pay(31, 1, 99, 5), true),
            (post(32, 99, 5), true),
            (pay(33, 4, 2, 5), true),
            (pay(34, 1, 5, 5), true),
            (pay(35, 1, 1, 5), false),
            (pay(36, 1, 6, 5), false),
            (post(37, 20, 5), false),
        ] {
            assert_ne!(bank.one(refused), "created");
            let retry = bank.one(pay(refused.id, 1, 2, 5));
            let expected = if burnt { "id_already_failed" } else { "created" };
            assert_eq!(retry, expected, "{} {refused:?}", bank.name);
            assert_eq!(bank.subject.lookup_transfers(&[refused.id]).len(), usize::from(!burnt));
        }
        bank.subject.verify().expect("a replay agrees");
    }
}

#[test]
fn chain_is_atomic() {
    for mut bank in banks() {
        let linked = |transfer| with(F::LINKED, transfer);
        bank.done(pay(20, 1, 4, 10));
        // Three accounts forward it; each event sees the effect of the previous one.
        let done = bank.statuses(&[
            linked(pay(21, 4, 2, 10)),
            linked(hold(22, 2, 3, 10)),
            post(23, 22, 10),
            pay(24, 1, 4, 1),
        ]);
        assert_eq!(done, ["created"; 4]);
        assert_eq!((bank.sums(2), bank.sums(3)), ([0, 10, 0, 10], [0, 0, 0, 10]));
        let before = bank.everything();
        let broken = bank.statuses(&[
            linked(pay(31, 1, 2, 5)),
            linked(void(32, 22)),
            linked(pay(33, 4, 2, 99)),
            pay(34, 1, 2, 5),
            pay(35, 4, 2, 99),
        ]);
        assert_eq!(
            broken,
            [
                "linked_event_failed",
                "pending_transfer_already_posted",
                "linked_event_failed",
                "linked_event_failed",
                "exceeds_credits",
            ]
        );
        assert_eq!(bank.everything(), before, "{}", bank.name);
        assert_eq!(bank.subject.lookup_transfers(&[31, 32, 33, 34, 35]), []);
        // Only the event with a transient rejection consumed its id.
        assert_eq!(bank.statuses(&[pay(31, 1, 2, 5), pay(34, 1, 2, 5)]), ["created"; 2]);
        assert_eq!(bank.one(pay(35, 1, 2, 5)), "id_already_failed");
        let accounts = [60, 61, 0].map(|id| Account { flags: AF::LINKED, ..common::account(id) });
        let opened = bank.subject.create_accounts(&[accounts[0], accounts[1], accounts[2]]);
        let opened: Vec<_> = opened.into_iter().map(|(status, _)| status).collect();
        assert_eq!(opened[..2], ["linked_event_failed"; 2]);
        assert_eq!(opened[2], "linked_event_chain_open");
        assert_eq!(bank.subject.lookup_accounts(&[60, 61]), []);
        bank.subject.verify().expect("a replay agrees");
    }
}
