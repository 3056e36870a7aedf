//! Content that is the same for every request: the document, its page, and the page's stylesheet.

use std::borrow::Cow;

use axum::Extension;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Marks a response whose content depends on its path alone, in its extensions. A host may compress such
/// content once and store it.
#[derive(Clone, Copy, Debug)]
pub struct StaticContent;

/// A text with its entity tag.
pub(super) struct StaticText {
    media_type: &'static str,
    text: Cow<'static, str>,
    /// Weak, because a host may compress the text.
    tag: String,
}

impl StaticText {
    /// Creates a text of this media type.
    pub(super) fn new(media_type: &'static str, text: impl Into<Cow<'static, str>>) -> Self {
        let text = text.into();
        let hash = blake3::hash(text.as_bytes()).to_hex();
        Self { media_type, tag: format!("W/\"{}\"", &hash[..16]), text }
    }

    /// Returns the response to a request with these headers: the text, or 304 if the client has it.
    pub(super) fn response(&'static self, headers: &HeaderMap) -> Response {
        let tag = HeaderValue::from_str(&self.tag).expect("digits can be a header");
        let described: [(HeaderName, HeaderValue); 3] = [
            (header::CONTENT_TYPE, HeaderValue::from_static(self.media_type)),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
            (header::ETAG, tag),
        ];
        match self.is_stored_by(headers) {
            true => (StatusCode::NOT_MODIFIED, Extension(StaticContent), described).into_response(),
            false => (Extension(StaticContent), described, &*self.text).into_response(),
        }
    }

    /// Whether `If-None-Match` has the tag. Tags are compared weakly (RFC 9110, 13.1.2).
    fn is_stored_by(&self, headers: &HeaderMap) -> bool {
        let opaque = self.tag.trim_start_matches("W/");
        let lists = headers.get_all(header::IF_NONE_MATCH).iter();
        let mut tags = lists.flat_map(|list| list.as_bytes().split(|byte| *byte == b','));
        tags.any(|tag| {
            let tag = tag.trim_ascii();
            tag == b"*" || tag.strip_prefix(b"W/").unwrap_or(tag) == opaque.as_bytes()
        })
    }
}
