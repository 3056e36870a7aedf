//! Random scripts.

use ledgerlab::model::{
    Account, AccountFilter, AccountFilterFlags, AccountFlags, ExpectedVersions,
};
use ledgerlab::model::{Period, QueryFilter, QueryFilterFlags, Transfer, TransferAttempt};
use ledgerlab::model::{TransferFlags as F, UserData};
use proptest::collection::vec;
use proptest::prelude::*;

use super::script::{Script, Step};

const SECOND: u64 = 1_000_000_000;

/// A time after which the longest timeout passes the maximum timestamp.
const AGES: u64 = 5_000_000_000 * SECOND;

/// Few ids, so that events interact.
fn account_id() -> impl Strategy<Value = u128> {
    prop_oneof![60 => 1..6_u128, 2 => Just(9_u128), 1 => Just(0_u128), 1 => Just(u128::MAX)]
}

/// Usually two different accounts that exist.
fn two_accounts() -> impl Strategy<Value = (u128, u128)> {
    let different = (1..6_u128, 1..5_u128).prop_map(|(from, on)| (from, (from + on - 1) % 5 + 1));
    prop_oneof![9 => different, 1 => (account_id(), account_id())]
}

fn transfer_id() -> impl Strategy<Value = u128> {
    prop_oneof![60 => 1..100_u128, 1 => Just(0_u128), 1 => Just(u128::MAX)]
}

/// Stands for an unused id.
const FRESH: u128 = 1_000;

fn event_id() -> impl Strategy<Value = u128> {
    prop_oneof![9 => Just(FRESH), 1 => transfer_id()]
}

fn amount() -> impl Strategy<Value = u128> {
    prop_oneof![
        30 => 0..20_u128,
        1 => Just(1 << 64),
        2 => Just(1 << 127),
        1 => Just(u128::MAX - 1),
        2 => Just(u128::MAX),
    ]
}

/// Usually zero, otherwise one of a few values.
fn user_data() -> impl Strategy<Value = UserData> {
    let rarely = || prop_oneof![5 => Just(0_u32), 1 => 1..3_u32];
    (rarely(), rarely(), rarely()).prop_map(|(a, b, c)| UserData {
        user_data_128: a.into(),
        user_data_64: b.into(),
        user_data_32: c,
    })
}

fn ledger() -> impl Strategy<Value = u32> {
    prop_oneof![90 => Just(1_u32), 3 => Just(2_u32), 1 => Just(0_u32)]
}

fn code() -> impl Strategy<Value = u16> {
    prop_oneof![60 => Just(1_u16), 3 => Just(2_u16), 1 => Just(0_u16)]
}

/// A timestamp before or after what has been done by then.
fn moment() -> impl Strategy<Value = u64> {
    prop_oneof![
        10 => 1..120_u64,
        6 => (1..4_u64, 0..60_u64).prop_map(|(seconds, rest)| seconds * SECOND + rest),
        1 => Just(0_u64),
        1 => Just(i64::MAX as u64),
        1 => Just(1_u64 << 63),
    ]
}

fn any_account() -> impl Strategy<Value = Account> {
    let flags = prop_oneof![
        6 => Just(0_u16),
        3 => Just(1 << 1),
        2 => Just(1 << 2),
        4 => Just(1 << 3),
        2 => Just(1 << 1 | 1 << 3),
        1 => Just(1 << 5),
        1 => 0..1_u16 << 7,
    ];
    let linked = prop::bool::weighted(0.15);
    let odd = prop_oneof![9 => Just(0_u8), 1 => 1..7_u8];
    (account_id(), flags, linked, user_data(), ledger(), code(), odd).prop_map(
        |(id, flags, linked, user_data, ledger, code, odd)| {
            let flags = AccountFlags::from_bits_retain(flags | u16::from(linked));
            let odd_is = |number| u128::from(odd == number);
            Account {
                id,
                debits_pending: odd_is(1),
                debits_posted: odd_is(2),
                credits_pending: odd_is(3),
                credits_posted: odd_is(4),
                reserved: odd_is(5) as u32,
                timestamp: odd_is(6) as u64,
                user_data,
                ledger,
                code,
                flags,
            }
        },
    )
}

/// Combinations of flags that are valid, and a few that are not.
fn transfer_flags() -> impl Strategy<Value = F> {
    prop_oneof![
        10 => Just(F::empty()),
        8 => Just(F::PENDING),
        7 => Just(F::POST_PENDING_TRANSFER),
        4 => Just(F::VOID_PENDING_TRANSFER),
        2 => Just(F::BALANCING_DEBIT),
        2 => Just(F::BALANCING_CREDIT),
        1 => Just(F::BALANCING_DEBIT | F::BALANCING_CREDIT | F::PENDING),
        2 => Just(F::PENDING | F::CLOSING_DEBIT),
        1 => Just(F::PENDING | F::CLOSING_CREDIT),
        1 => Just(F::CLOSING_DEBIT),
        1 => (0..1_u16 << 10).prop_map(F::from_bits_retain),
    ]
}

/// Boxed, because a tree of drawn values would take much of a thread's stack.
fn any_transfer() -> BoxedStrategy<TransferAttempt> {
    let terms = (event_id(), two_accounts(), amount(), transfer_id());
    let odd = prop_oneof![60 => Just(0_u64), 1 => Just(1_u64)];
    let timeout = prop_oneof![6 => Just(0_u32), 5 => 1..4_u32, 1 => Just(u32::MAX)];
    let version = || prop_oneof![20 => Just(None), 1 => (0..4_u64).prop_map(Some)];
    let linked = prop::bool::weighted(0.2);
    let rest = (user_data(), timeout, ledger(), code(), odd, version(), version());
    (terms, transfer_flags(), linked, any::<[bool; 2]>(), rest)
        .prop_map(|(terms, flags, linked, says, rest)| {
            let (id, (debit_account_id, credit_account_id), amount, pending_id) = terms;
            let (user_data, timeout, ledger, code, timestamp, debit, credit) = rest;
            let mut transfer = Transfer {
                id,
                debit_account_id,
                credit_account_id,
                amount,
                user_data,
                ledger,
                code,
                timestamp,
                flags,
                ..Transfer::default()
            };
            if transfer.resolves() {
                transfer.pending_id = pending_id;
                if !says[0] {
                    (transfer.debit_account_id, transfer.credit_account_id) = (0, 0);
                    (transfer.ledger, transfer.code) = (0, 0);
                }
                if !says[1] {
                    transfer.amount =
                        if flags.contains(F::VOID_PENDING_TRANSFER) { 0 } else { u128::MAX };
                }
            }
            if flags.contains(F::PENDING) || timeout == u32::MAX {
                transfer.timeout = timeout;
            }
            transfer.flags.set(F::LINKED, linked || flags.contains(F::LINKED));
            TransferAttempt { transfer, versions: ExpectedVersions { debit, credit } }
        })
        .boxed()
}

fn any_period() -> impl Strategy<Value = Period> {
    let bound = || prop_oneof![3 => Just(0_u64), 1 => moment()];
    (bound(), bound())
        .prop_map(|(timestamp_min, timestamp_max)| Period { timestamp_min, timestamp_max })
}

fn limit() -> impl Strategy<Value = u32> {
    prop_oneof![6 => Just(8_189_u32), 4 => 1..5_u32, 1 => Just(u32::MAX), 1 => Just(0_u32)]
}

pub fn any_account_filter() -> impl Strategy<Value = AccountFilter> {
    let flags = prop_oneof![20 => 1..8_u32, 1 => Just(0), 1 => Just(9)];
    let code = prop_oneof![4 => Just(0_u16), 1 => 1..3_u16];
    (account_id(), user_data(), code, any_period(), limit(), flags).prop_map(
        |(account_id, user_data, code, period, limit, flags)| AccountFilter {
            account_id,
            user_data,
            code,
            period,
            limit,
            flags: AccountFilterFlags::from_bits_retain(flags),
        },
    )
}

pub fn any_query_filter() -> impl Strategy<Value = QueryFilter> {
    let flags = prop_oneof![20 => 0..2_u32, 1 => Just(2)];
    let code = prop_oneof![4 => Just(0_u16), 1 => 1..3_u16];
    let ledger = prop_oneof![4 => Just(0_u32), 1 => 1..3_u32];
    (user_data(), ledger, code, any_period(), limit(), flags).prop_map(
        |(user_data, ledger, code, period, limit, flags)| QueryFilter {
            user_data,
            ledger,
            code,
            period,
            limit,
            flags: QueryFilterFlags::from_bits_retain(flags),
        },
    )
}

/// Whether a batch has imports, and their timestamps: one each, and a few without.
fn imports(len: usize) -> impl Strategy<Value = Option<Vec<Option<u64>>>> {
    let at = prop_oneof![12 => moment().prop_map(Some), 1 => Just(None)];
    prop_oneof![9 => Just(None), 1 => vec(at, len).prop_map(Some)]
}

/// Whether the last event of a batch may leave its chain open.
fn may_stay_open() -> impl Strategy<Value = bool> {
    prop::bool::weighted(0.05)
}

fn accounts() -> impl Strategy<Value = Step> {
    let batch = vec(any_account(), 1..6);
    let drawn = batch.prop_flat_map(|batch| (imports(batch.len()), may_stay_open(), Just(batch)));
    drawn.prop_map(|(imports, open, mut batch)| {
        for (account, at) in batch.iter_mut().zip(imports.into_iter().flatten()) {
            if let Some(at) = at {
                account.flags |= AccountFlags::IMPORTED;
                account.timestamp = at;
            }
        }
        let last = batch.last_mut().expect("a batch has one at least");
        last.flags.set(AccountFlags::LINKED, open);
        Step::CreateAccounts(batch)
    })
}

fn transfers() -> impl Strategy<Value = Step> {
    let batch = vec(any_transfer(), 1..8);
    let drawn = batch.prop_flat_map(|batch| (imports(batch.len()), may_stay_open(), Just(batch)));
    drawn.prop_map(|(imports, open, mut batch)| {
        for (one, at) in batch.iter_mut().zip(imports.into_iter().flatten()) {
            if let Some(at) = at {
                one.transfer.flags |= F::IMPORTED;
                one.transfer.timestamp = at;
            }
        }
        let last = batch.last_mut().expect("a batch has one at least");
        last.transfer.flags.set(F::LINKED, open);
        Step::CreateTransfers(batch)
    })
}

fn any_payment() -> impl Strategy<Value = Step> {
    (two_accounts(), amount(), ledger(), code()).prop_map(
        |((debit_account_id, credit_account_id), amount, ledger, code)| {
            let requested = Transfer { debit_account_id, credit_account_id, ..Transfer::default() };
            Step::Pay(Transfer { amount, ledger, code, ..requested })
        },
    )
}

fn tick() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => 1..100_u64,
        2 => (1..4_u64, 0..8_u64).prop_map(|(seconds, less)| seconds * SECOND - less),
        2 => (1..4_u64).prop_map(|seconds| seconds * SECOND),
        1 => Just(AGES),
    ]
    .prop_map(Step::Tick)
}

/// A step, or an earlier one with one thing changed.
#[derive(Clone, Debug)]
enum Drawn {
    New(Step),
    Again { which: prop::sample::Index, change: u8 },
}

fn changed(step: &Step, change: u8) -> Step {
    let mut step = step.clone();
    match &mut step {
        Step::CreateAccounts(batch) => batch.iter_mut().for_each(|one| match change {
            0 => one.user_data.user_data_128 ^= 1,
            1 => one.user_data.user_data_64 ^= 1,
            2 => one.user_data.user_data_32 ^= 1,
            3 => one.ledger ^= 3,
            4 => one.code ^= 3,
            5 => one.flags ^= AccountFlags::HISTORY,
            6 => one.flags ^= AccountFlags::CLOSED,
            _ => {}
        }),
        Step::CreateTransfers(batch) => {
            batch.iter_mut().for_each(|TransferAttempt { transfer, .. }| match change {
                0 => transfer.user_data.user_data_128 ^= 1,
                1 => transfer.user_data.user_data_64 ^= 1,
                2 => transfer.user_data.user_data_32 ^= 1,
                3 => transfer.ledger ^= 3,
                4 => transfer.code ^= 3,
                5 => transfer.flags ^= F::PENDING,
                6 => transfer.amount ^= 1,
                7 => transfer.timeout ^= 1,
                8 => transfer.debit_account_id ^= 1,
                9 => transfer.credit_account_id ^= 1,
                10 => transfer.pending_id ^= 1,
                _ => {}
            })
        }
        _ => {}
    }
    step
}

/// The earlier steps, which later ones can refer to.
#[derive(Default)]
struct Sofar {
    ids: u128,
    holds: Vec<Transfer>,
    ages: bool,
}

impl Sofar {
    /// Assigns ids to events, and makes most posts and voids refer to a transfer.
    fn settle(&mut self, step: &mut Step) {
        match step {
            Step::CreateTransfers(batch) => {
                batch.iter_mut().for_each(|one| self.settle_transfer(&mut one.transfer));
            }
            // One is enough: timestamps have a maximum.
            Step::Tick(nanoseconds) if *nanoseconds == AGES => {
                if self.ages {
                    *nanoseconds = SECOND;
                }
                self.ages = true;
            }
            _ => {}
        }
    }

    fn settle_transfer(&mut self, transfer: &mut Transfer) {
        if transfer.id == FRESH {
            self.ids += 1;
            transfer.id = self.ids;
        }
        if transfer.flags.contains(F::PENDING) && !transfer.resolves() {
            self.holds.push(*transfer);
        }
        let drawn = transfer.pending_id;
        if !transfer.resolves() || !(1..95).contains(&drawn) {
            return;
        }
        if self.holds.is_empty() {
            let remaining = F::LINKED | F::IMPORTED;
            transfer.flags = transfer.flags & remaining | F::PENDING;
            (transfer.debit_account_id, transfer.credit_account_id) = (1, 2);
            (transfer.pending_id, transfer.ledger, transfer.code) = (0, 1, 1);
            self.holds.push(*transfer);
            return;
        }
        // One of the latest.
        let back = drawn as usize % self.holds.len().min(5);
        let held = self.holds[self.holds.len() - 1 - back];
        transfer.pending_id = held.id;
        if transfer.debit_account_id != 0 {
            let drawn_terms = *transfer;
            transfer.debit_account_id = held.debit_account_id;
            transfer.credit_account_id = held.credit_account_id;
            transfer.ledger = held.ledger;
            transfer.code = held.code;
            match drawn / 5 % 12 {
                0 => transfer.debit_account_id = drawn_terms.debit_account_id,
                1 => transfer.credit_account_id = drawn_terms.credit_account_id,
                2 => transfer.ledger ^= 3,
                3 => transfer.code ^= 3,
                _ => {}
            }
        }
    }
}

/// The accounts that most of a script uses.
fn opening() -> impl Strategy<Value = Step> {
    let flags = prop_oneof![6 => Just(0_u16), 3 => Just(1 << 1), 2 => Just(1 << 2)];
    let history = prop::bool::weighted(0.5);
    vec((flags, history), 4..6).prop_map(|drawn| {
        let opened = drawn.into_iter().zip(1..).map(|((flags, history), id)| Account {
            id,
            ledger: 1,
            code: 1,
            flags: AccountFlags::from_bits_retain(flags | u16::from(history) << 3),
            ..Account::default()
        });
        Step::CreateAccounts(opened.collect())
    })
}

/// Scripts of at most this many operations.
pub fn scripts(len_max: usize) -> impl Strategy<Value = Script> {
    let ids = |id: BoxedStrategy<u128>| vec(id, 0..6);
    let new = prop_oneof![
        2 => accounts().boxed(),
        14 => transfers().boxed(),
        3 => any_payment().boxed(),
        1 => ids(account_id().boxed()).prop_map(Step::LookupAccounts),
        1 => ids(transfer_id().boxed()).prop_map(Step::LookupTransfers),
        2 => any_account_filter().prop_map(Step::GetAccountTransfers),
        2 => any_account_filter().prop_map(Step::GetAccountBalances),
        2 => any_query_filter().prop_map(Step::QueryAccounts),
        2 => any_query_filter().prop_map(Step::QueryTransfers),
        4 => tick(),
    ];
    let again = (any::<prop::sample::Index>(), 0..14_u8);
    let drawn = prop_oneof![
        8 => new.prop_map(Drawn::New),
        2 => again.prop_map(|(which, change)| Drawn::Again { which, change }),
    ];
    let first = prop_oneof![9 => opening(), 1 => accounts()];
    (first, vec(drawn, 1..len_max)).prop_map(|(first, drawn)| {
        let mut sofar = Sofar::default();
        let mut steps = vec![first];
        for one in drawn {
            let step = match one {
                Drawn::New(mut step) => {
                    sofar.settle(&mut step);
                    step
                }
                Drawn::Again { which, change } => {
                    let mut step = changed(which.get(&steps), change);
                    if step == Step::Tick(AGES) {
                        step = Step::Tick(SECOND);
                    }
                    step
                }
            };
            steps.push(step);
        }
        Script(steps)
    })
}
