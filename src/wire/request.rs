//! The bodies of requests. One declaration of each makes both its parser and its JSON Schema.

use utoipa::ToSchema;

use super::error::{ParseError, ParseErrorKind};
use super::field_types::{EventId, FieldType, Integer, ReadId, flag_list};
use super::fields::{self, JsonValue, list, whole};
use crate::model::{Account, AccountFilter, AccountFilterFlags, AccountFlags, QueryFilter};
use crate::model::{QueryFilterFlags, RESULTS_MAX, TransferAttempt, TransferFlags};

/// The maximum number of events or ids in one request, as in a message of TigerBeetle.
pub const EVENTS_MAX: usize = RESULTS_MAX as usize;

/// Events to be created, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch<T> {
    /// The events.
    pub events: Vec<T>,
    /// The indices of the events that request a new id.
    pub unnamed: Vec<usize>,
}

/// An event that was read, with its id separate.
#[derive(Default)]
pub(super) struct Event<T> {
    id: EventId,
    record: T,
}

/// An element of a batch.
pub(crate) trait Record: Default {
    fn id_mut(&mut self) -> &mut u128;
}

impl Record for Account {
    fn id_mut(&mut self) -> &mut u128 {
        &mut self.id
    }
}

impl Record for TransferAttempt {
    fn id_mut(&mut self) -> &mut u128 {
        &mut self.transfer.id
    }
}

/// Reads the value of one field into an object.
pub(super) type FieldReader<T> = fn(&mut T, &JsonValue<'_>) -> Result<(), ParseError>;

/// Declares an object: its fields, their types, and the variables that they are read into. The first
/// attribute applies to every field.
macro_rules! object {
    (fields #[$every:meta] $(#[$meta:meta])* $vis:vis struct $name:ident => $target:ident: $Value:ty {
        $($(#[$field_meta:meta])* $field:ident: $Type:ty => $place:expr,)+
    }) => {
        $(#[$meta])*
        #[expect(dead_code, reason = "its fields describe what is read into the target")]
        $vis struct $name { $($(#[$field_meta])* #[$every] $field: $Type,)+ }

        impl $name {
            /// The names of the fields.
            const NAMES: &'static [&'static str] = &[$(stringify!($field)),+];
            /// For each field, how its value is read.
            const READERS: &'static [$crate::wire::request::FieldReader<$Value>] = &[
                $(|$target, field| { $place = <$Type as FieldType>::read(field)?.into(); Ok(()) },)+
            ];
        }

        impl FieldType for $name {
            type Value = $Value;

            fn read(value: &JsonValue<'_>) -> Result<$Value, ParseError> {
                let mut $target = <$Value>::default();
                $crate::wire::fields::object(value, Self::NAMES, &mut |index, field| {
                    Self::READERS[index](&mut $target, field)
                })?;
                Ok($target)
            }
        }
    };
}

pub(super) use object;

object! {
    fields #[schema(required = false)]
    /// An account to create. An absent field is 0.
    #[derive(ToSchema)]
    #[serde(deny_unknown_fields)]
    pub(super) struct AccountEvent => event: Event<Account> {
        /// The account's id.
        id: EventId => event.id,
        /// Must be 0.
        debits_pending: Integer<128> => event.record.debits_pending,
        /// Must be 0.
        debits_posted: Integer<128> => event.record.debits_posted,
        /// Must be 0.
        credits_pending: Integer<128> => event.record.credits_pending,
        /// Must be 0.
        credits_posted: Integer<128> => event.record.credits_posted,
        /// Any value that the caller chooses.
        user_data_128: ReadId => event.record.user_data.user_data_128,
        /// Any value that the caller chooses.
        user_data_64: Integer<64> => event.record.user_data.user_data_64,
        /// Any value that the caller chooses.
        user_data_32: Integer<32> => event.record.user_data.user_data_32,
        /// Must be 0.
        reserved: Integer<32> => event.record.reserved,
        /// The ledger. Transfers connect accounts of the same ledger. Not 0.
        ledger: Integer<32> => event.record.ledger,
        /// The kind of account. Not 0.
        code: Integer<16> => event.record.code,
        /// The account's properties.
        #[schema(schema_with = flag_list::<AccountFlags>)]
        flags: AccountFlags => event.record.flags,
        /// For an `imported` account: when it was created, in nanoseconds. Otherwise 0.
        timestamp: Integer<64> => event.record.timestamp,
    }
}

object! {
    fields #[schema(required = false)]
    /// A transfer to create. An absent field is 0.
    #[derive(ToSchema)]
    #[serde(deny_unknown_fields)]
    pub(super) struct TransferEvent => event: Event<TransferAttempt> {
        /// The transfer's id.
        id: EventId => event.id,
        /// The account to debit.
        debit_account_id: ReadId => event.record.transfer.debit_account_id,
        /// The account to credit.
        credit_account_id: ReadId => event.record.transfer.credit_account_id,
        /// The amount.
        amount: Integer<128> => event.record.transfer.amount,
        /// The pending transfer to post or void.
        pending_id: ReadId => event.record.transfer.pending_id,
        /// Any value that the caller chooses.
        user_data_128: ReadId => event.record.transfer.user_data.user_data_128,
        /// Any value that the caller chooses.
        user_data_64: Integer<64> => event.record.transfer.user_data.user_data_64,
        /// Any value that the caller chooses.
        user_data_32: Integer<32> => event.record.transfer.user_data.user_data_32,
        /// For a pending transfer: the number of seconds after which it expires; 0 for never.
        timeout: Integer<32> => event.record.transfer.timeout,
        /// The ledger of both accounts.
        ledger: Integer<32> => event.record.transfer.ledger,
        /// The kind of transfer.
        code: Integer<16> => event.record.transfer.code,
        /// The transfer's properties.
        #[schema(schema_with = flag_list::<TransferFlags>)]
        flags: TransferFlags => event.record.transfer.flags,
        /// For an `imported` transfer: when it was created, in nanoseconds. Otherwise 0.
        timestamp: Integer<64> => event.record.transfer.timestamp,
        /// The version that the debit account must have.
        expected_debit_version: Integer<64> => event.record.versions.debit,
        /// The version that the credit account must have.
        expected_credit_version: Integer<64> => event.record.versions.credit,
    }
}

object! {
    fields #[schema(required = false)]
    /// Selects transfers or balances of an account. An absent field is 0.
    #[derive(ToSchema)]
    #[schema(as = AccountFilter)]
    #[serde(deny_unknown_fields)]
    pub(super) struct AccountFilterObject => filter: AccountFilter {
        /// The account.
        account_id: ReadId => filter.account_id,
        /// Only results with this value; 0 for any.
        user_data_128: ReadId => filter.user_data.user_data_128,
        /// Only results with this value; 0 for any.
        user_data_64: Integer<64> => filter.user_data.user_data_64,
        /// Only results with this value; 0 for any.
        user_data_32: Integer<32> => filter.user_data.user_data_32,
        /// Only results of this kind; 0 for any.
        code: Integer<16> => filter.code,
        /// The earliest timestamp, in nanoseconds; 0 for any.
        timestamp_min: Integer<64> => filter.period.timestamp_min,
        /// The latest timestamp, in nanoseconds; 0 for any.
        timestamp_max: Integer<64> => filter.period.timestamp_max,
        /// The maximum number of results, at least 1. At most 8,189 are returned. With 0 the result is empty.
        limit: Integer<32> => filter.limit,
        /// The side of the account, and the order.
        #[schema(schema_with = flag_list::<AccountFilterFlags>)]
        flags: AccountFilterFlags => filter.flags,
    }
}

object! {
    fields #[schema(required = false)]
    /// Selects accounts or transfers. An absent field is 0.
    #[derive(ToSchema)]
    #[schema(as = QueryFilter)]
    #[serde(deny_unknown_fields)]
    pub(super) struct QueryFilterObject => filter: QueryFilter {
        /// Only results with this value; 0 for any.
        user_data_128: ReadId => filter.user_data.user_data_128,
        /// Only results with this value; 0 for any.
        user_data_64: Integer<64> => filter.user_data.user_data_64,
        /// Only results with this value; 0 for any.
        user_data_32: Integer<32> => filter.user_data.user_data_32,
        /// Only results of this ledger; 0 for any.
        ledger: Integer<32> => filter.ledger,
        /// Only results of this kind; 0 for any.
        code: Integer<16> => filter.code,
        /// The earliest timestamp, in nanoseconds; 0 for any.
        timestamp_min: Integer<64> => filter.period.timestamp_min,
        /// The latest timestamp, in nanoseconds; 0 for any.
        timestamp_max: Integer<64> => filter.period.timestamp_max,
        /// The maximum number of results, at least 1. At most 8,189 are returned. With 0 the result is empty.
        limit: Integer<32> => filter.limit,
        /// The order.
        #[schema(schema_with = flag_list::<QueryFilterFlags>)]
        flags: QueryFilterFlags => filter.flags,
    }
}

/// A body with one field.
pub trait Body {
    /// The type of the content.
    type Content;

    /// The fields of a line: `op`, and the name of the field.
    const LINE_FIELDS: [&'static str; 2];
    /// The description of the field in the error for a missing one.
    const MEANING: &'static str;

    /// Reads the value of the field.
    ///
    /// # Errors
    /// [`ParseError`] naming the first invalid field within it.
    fn content(value: &JsonValue<'_>) -> Result<Self::Content, ParseError>;
}

/// Reads a body.
///
/// # Errors
/// [`ParseError`] naming the first invalid field.
pub fn read_body<B: Body>(text: &str) -> Result<B::Content, ParseError> {
    let mut content = None;
    fields::object(&whole(text)?, const { &[B::LINE_FIELDS[1]] }, &mut |_, value| {
        content = Some(B::content(value)?);
        Ok(())
    })?;
    let missing = || ParseError::new(ParseErrorKind::Missing { meaning: B::MEANING });
    content.ok_or_else(|| missing().within(B::LINE_FIELDS[1]))
}

/// Declares a body: its field, the description of the field, and the function that reads its value.
macro_rules! body {
    ($(#[$meta:meta])* struct $name:ident => $Content:ty {
        $(#[$field_meta:meta])* $field:ident: $Type:ty => $meaning:literal, $read:expr,
    }) => {
        $(#[$meta])*
        #[derive(ToSchema)]
        #[serde(deny_unknown_fields)]
        #[expect(dead_code, reason = "its field describes what is read into the content")]
        pub struct $name { $(#[$field_meta])* $field: $Type }

        impl Body for $name {
            type Content = $Content;
            const LINE_FIELDS: [&'static str; 2] = ["op", stringify!($field)];
            const MEANING: &'static str = $meaning;

            fn content(value: &JsonValue<'_>) -> Result<$Content, ParseError> {
                $read(value)
            }
        }
    };
}

body! {
    /// Accounts to create, in order: at most 8,189.
    struct CreateAccountsBody => Batch<Account> {
        /// The accounts. A chain of `linked` accounts is created as a whole or not at all.
        #[schema(max_items = 8189)]
        events: Vec<AccountEvent> => "the events to create", batch::<AccountEvent, _>,
    }
}

body! {
    /// Transfers to create, in order: at most 8,189.
    struct CreateTransfersBody => Batch<TransferAttempt> {
        /// The transfers. A chain of `linked` transfers is created as a whole or not at all.
        #[schema(max_items = 8189)]
        events: Vec<TransferEvent> => "the events to create", batch::<TransferEvent, _>,
    }
}

body! {
    /// Ids to look up: at most 8,189.
    struct LookupBody => Vec<u128> {
        /// The ids. The response omits those that do not exist.
        #[schema(max_items = 8189)]
        ids: Vec<ReadId> => "the ids to look up", ids,
    }
}

body! {
    /// Selects transfers or balances of an account.
    struct AccountFilterBody => AccountFilter {
        filter: AccountFilterObject => "which results to return", AccountFilterObject::read,
    }
}

body! {
    /// Selects accounts or transfers.
    struct QueryFilterBody => QueryFilter {
        filter: QueryFilterObject => "which results to return", QueryFilterObject::read,
    }
}

/// Reads the events of a batch.
fn batch<E: FieldType<Value = Event<R>>, R: Record>(
    value: &JsonValue<'_>,
) -> Result<Batch<R>, ParseError> {
    let mut batch = Batch { events: Vec::new(), unnamed: Vec::new() };
    list(value, EVENTS_MAX, &mut |value| {
        push(&mut batch, E::read(value)?);
        Ok(())
    })?;
    Ok(batch)
}

/// The names of a transfer's fields.
#[cfg(all(feature = "cli", not(target_family = "wasm")))]
pub(crate) const TRANSFER_FIELDS: &[&str] = TransferEvent::NAMES;

/// Reads a transfer whose fields come separately, by their index in [`TRANSFER_FIELDS`], and adds it to a batch.
#[cfg(all(feature = "cli", not(target_family = "wasm")))]
pub(crate) fn push_transfer<'a>(
    batch: &mut Batch<TransferAttempt>,
    fields: impl Iterator<Item = Result<(usize, JsonValue<'a>), ParseError>>,
) -> Result<(), ParseError> {
    let mut event = Event::default();
    for field in fields {
        let (index, value) = field?;
        let read = TransferEvent::READERS[index](&mut event, &value);
        read.map_err(|error| error.within(TRANSFER_FIELDS[index]))?;
    }
    push(batch, event);
    Ok(())
}

fn push<R: Record>(batch: &mut Batch<R>, event: Event<R>) {
    let Event { id, mut record } = event;
    match id {
        EventId::Given(id) => *record.id_mut() = id,
        EventId::New => batch.unnamed.push(batch.events.len()),
    }
    batch.events.push(record);
}

fn ids(value: &JsonValue<'_>) -> Result<Vec<u128>, ParseError> {
    let mut ids = Vec::new();
    list(value, EVENTS_MAX, &mut |value| {
        ids.push(ReadId::read(value)?);
        Ok(())
    })?;
    Ok(ids)
}
