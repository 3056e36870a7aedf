//! The parameters of a query string, each once.

use percent_encoding::percent_decode_str;

/// The most parameters of one request.
const PARAMETERS_MAX: usize = 64;

/// The parameters of a request, decoded.
#[derive(Debug, Default)]
pub(super) struct Query(Vec<(String, String)>);

/// Why a query cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BadQuery {
    /// The parameter, or empty where it is about the whole.
    pub(super) field: String,
    /// The whole sentence.
    pub(super) sentence: String,
}

impl Query {
    /// Reads `a=1&b=2`, as forms are encoded. A parameter that is there twice would mean two things, so it is refused.
    pub(super) fn read(text: &str) -> Result<Self, BadQuery> {
        let mut all: Vec<(String, String)> = Vec::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            if all.len() == PARAMETERS_MAX {
                let sentence = format!("a query has at most {PARAMETERS_MAX} parameters");
                return Err(BadQuery { field: String::new(), sentence });
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            if all.iter().any(|(known, _)| *known == name) {
                let sentence = format!("{name} must be given once");
                return Err(BadQuery { field: name, sentence });
            }
            all.push((name, value));
        }
        Ok(Self(all))
    }

    /// The parameter of this name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Names of all parameters.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

fn decode(text: &str) -> Result<String, BadQuery> {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().map(|text| text.into_owned()).map_err(|_| BadQuery {
        field: String::new(),
        sentence: "a query must be UTF-8, percent-encoded".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded_and_named_once() {
        let query = Query::read("a=1&b=x%20y+z&c&=d&%C3%A4=%26").expect("it can be read");
        assert_eq!(query.get("a"), Some("1"));
        assert_eq!(query.get("b"), Some("x y z"));
        assert_eq!((query.get("c"), query.get("")), (Some(""), Some("d")));
        assert_eq!(query.get("ä"), Some("&"));
        assert_eq!(query.get("e"), None);
        assert_eq!(query.names().count(), 5);
        let error = Query::read("a=1&%61=2").expect_err("it is there twice");
        assert_eq!((error.field.as_str(), error.sentence.as_str()), ("a", "a must be given once"));
        assert!(Query::read("a=%FF").is_err());
        let many: Vec<_> = (0..=PARAMETERS_MAX).map(|number| format!("p{number}=1")).collect();
        assert!(Query::read(&many.join("&")).is_err());
        assert!(Query::read(&many[1..].join("&")).is_ok());
    }
}
