//! The parameters of a query string.

use axum::extract::Query;
use axum::http::Uri;
use percent_encoding::percent_decode_str;

/// The maximum number of parameters of a request.
const PARAMETERS_MAX: usize = 64;

/// The decoded parameters of a request, each with a different name.
#[derive(Debug, Default)]
pub(super) struct QueryParameters(Vec<(String, String)>);

/// Why a query string cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct QueryError {
    /// The name of the parameter; empty if the query as a whole is invalid.
    pub(super) field: String,
    /// The description of the error.
    pub(super) message: String,
}

impl QueryError {
    fn new(field: &str, message: impl Into<String>) -> Self {
        Self { field: field.to_owned(), message: message.into() }
    }
}

impl QueryParameters {
    /// Reads `a=1&b=2`. Unlike axum's extractor, it rejects text that is not UTF-8, which axum decodes with replacement
    /// characters, and repeated parameters, which are ambiguous.
    pub(super) fn read(uri: &Uri) -> Result<Self, QueryError> {
        let not_utf8 = || QueryError::new("", "a query must be UTF-8, percent-encoded");
        let text = uri.query().unwrap_or_default();
        percent_decode_str(text).decode_utf8().map_err(|_| not_utf8())?;
        let Query(all) =
            Query::<Vec<(String, String)>>::try_from_uri(uri).map_err(|_| not_utf8())?;
        if all.len() > PARAMETERS_MAX {
            let message = format!("a query has at most {PARAMETERS_MAX} parameters");
            return Err(QueryError::new("", message));
        }
        for (index, (name, _)) in all.iter().enumerate() {
            if all[..index].iter().any(|(earlier, _)| earlier == name) {
                return Err(QueryError::new(name, format!("{name} must be given once")));
            }
        }
        Ok(Self(all))
    }

    /// The value of a parameter.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.pairs().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// The names and values of all parameters.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<QueryParameters, QueryError> {
        QueryParameters::read(&format!("/?{query}").parse().expect("it is a path"))
    }

    #[test]
    fn parameters_are_decoded_and_must_not_repeat() {
        let query = read("a=1&b=x%20y+z&c&=d&%C3%A4=%26").expect("it can be read");
        assert_eq!(query.get("a"), Some("1"));
        assert_eq!(query.get("b"), Some("x y z"));
        assert_eq!((query.get("c"), query.get("")), (Some(""), Some("d")));
        assert_eq!(query.get("ä"), Some("&"));
        assert_eq!(query.get("e"), None);
        assert_eq!(query.pairs().count(), 5);
        let error = read("a=1&%61=2").expect_err("it is given twice");
        assert_eq!((error.field.as_str(), error.message.as_str()), ("a", "a must be given once"));
        assert!(read("a=%FF").is_err());
        let many: Vec<_> = (0..=PARAMETERS_MAX).map(|number| format!("p{number}=1")).collect();
        assert!(read(&many.join("&")).is_err());
        assert!(read(&many[1..].join("&")).is_ok());
    }
}
