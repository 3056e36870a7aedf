//! Errors in the request for a run.

use std::fmt;

/// Why a request for a run is not valid: one sentence with the requested and the accepted values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestError(pub String);

impl RequestError {
    /// Returns the error of an unknown name. `kind` is `scenario`, `preset` or `parameter`.
    pub(super) fn unknown<'a>(
        kind: &str,
        name: &str,
        known: impl Iterator<Item = &'a str>,
    ) -> Self {
        let known = known.collect::<Vec<_>>().join(", ");
        Self(format!("there is no {kind} {name:?}; known {kind}s: {known}"))
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for RequestError {}
