//! The filter of the trail, for HTTP, the npm package, the page and the command line.

use utoipa::IntoParams;

use super::error::ParseError;
use super::field_types::{FieldType, Integer, KindName, ReadId, StatusName, Switch, WriterNumber};
use super::fields::{JsonValue, whole};
use super::request::object;
use super::schema::Natural;
use crate::model::RESULTS_MAX;
use crate::trail::TrailFilter;

/// A filter of the trail, and the maximum number of entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrailQuery {
    /// The filter, with the limit of one page.
    pub filter: TrailFilter,
    /// The maximum number of entries, on several pages if necessary; `None` for all.
    pub limit: Option<u64>,
}

object! {
    fields #[param(inline)]
    /// Selects entries of the trail. An absent field imposes no restriction.
    #[derive(IntoParams)]
    #[into_params(parameter_in = Query)]
    pub struct TrailQueryObject => query: TrailQuery {
        /// Only attempts that concern this account.
        #[param(required = false)]
        account_id: ReadId => query.filter.account_id,
        /// Only attempts with this id.
        #[param(required = false)]
        id: ReadId => query.filter.id,
        /// Only attempts with this status: `created`, `exceeds_credits`, `expired` and so on, or its number.
        #[param(required = false, example = "created")]
        status: StatusName => query.filter.status,
        /// Only attempts of this kind.
        #[param(required = false)]
        kind: KindName => query.filter.kind,
        /// Only attempts of this writer, from 0.
        #[param(required = false, example = 0)]
        writer: WriterNumber => query.filter.writer,
        /// The earliest timestamp, in nanoseconds.
        #[param(required = false, value_type = Natural<64>)]
        timestamp_min: Integer<64> => query.filter.period.timestamp_min,
        /// The latest timestamp, in nanoseconds.
        #[param(required = false, value_type = Natural<64>)]
        timestamp_max: Integer<64> => query.filter.period.timestamp_max,
        /// Only entries after the one with this timestamp.
        #[param(required = false, value_type = Natural<64>)]
        after: Integer<64> => query.filter.after,
        /// The maximum number of entries; by default all.
        #[param(required = false, value_type = Natural<64>, example = 100)]
        limit: Integer<64> => query.limit,
        /// Whether the latest entries come first.
        #[param(required = false)]
        reversed: Switch => query.filter.reversed,
    }
}

impl TrailQuery {
    /// Reads an object in JSON.
    ///
    /// # Errors
    /// [`ParseError`] naming the first invalid field.
    pub fn read(text: &str) -> Result<Self, ParseError> {
        TrailQueryObject::read(&whole(text)?)
    }

    /// Reads names and values in text, as from a query string or a command line.
    ///
    /// # Errors
    /// [`ParseError`] naming the first invalid one.
    #[cfg(feature = "laboratory")]
    pub fn from_pairs<'a>(
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, ParseError> {
        use serde::Serializer;
        let mut text = Vec::new();
        let written = serde_json::Serializer::new(&mut text).collect_map(pairs);
        written.expect("names and values in text are valid JSON");
        Self::read(std::str::from_utf8(&text).expect("JSON is UTF-8"))
    }

    /// Returns the filter of the first page, limited to the requested entries and to the size of a page.
    pub fn first_page(&self) -> TrailFilter {
        let limit = self.limit.map_or(RESULTS_MAX, |limit| limit.try_into().unwrap_or(u32::MAX));
        TrailFilter { limit, ..self.filter }
    }
}

#[cfg(all(test, feature = "laboratory"))]
mod tests {
    use super::*;

    #[test]
    fn json_and_text_pairs_give_same_query() {
        let json = r#"{"account_id":7,"id":"018bcfe5-687b-7000-8000-000000000001","status":"created",
            "kind":"transfer","writer":2,"timestamp_min":"5","timestamp_max":6,"after":8,"limit":9,"reversed":true}"#;
        let pairs = [
            ("account_id", "7"),
            ("id", "018bcfe5-687b-7000-8000-000000000001"),
            ("status", "created"),
            ("kind", "transfer"),
            ("writer", "2"),
            ("timestamp_min", "5"),
            ("timestamp_max", "6"),
            ("after", "8"),
            ("limit", "9"),
            ("reversed", "true"),
        ];
        let query = TrailQuery::read(json).expect("it is a filter");
        assert_eq!(TrailQuery::from_pairs(pairs), Ok(query));
        let filter = query.first_page();
        assert_eq!((filter.account_id, filter.writer, filter.after), (Some(7), Some(2), Some(8)));
        assert_eq!((filter.period.timestamp_min, filter.period.timestamp_max), (5, 6));
        assert_eq!((filter.limit, filter.reversed), (9, true));
        assert_eq!(TrailQuery::read("{}").map(|query| query.first_page().limit), Ok(RESULTS_MAX));
    }

    #[test]
    fn invalid_field_is_named_with_value() {
        for (pair, sentence) in [
            (("kind", "extension"), "kind must be one of account, transfer, expiry, not extension"),
            (("status", "lost"), "status must be the name of a status, not \"lost\""),
            (("writer", "4294967296"), "writer must be at most 4294967295, not \"4294967296\""),
            (("reversed", "1"), "reversed must be true or false, not \"1\""),
        ] {
            let error = TrailQuery::from_pairs([pair]).expect_err("it is invalid").to_string();
            assert_eq!(error, sentence);
        }
    }
}
