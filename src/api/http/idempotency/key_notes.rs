//! Idempotency keys as notes of a store, so that a key holds for its day whatever stops the server.
//!
//! A claim is noted before the request is executed, and the response after it. So a key whose request
//! was executed is never unknown. One that was claimed but has no response had an unknown outcome when the
//! server stopped: it stays in progress for the rest of its day.

use axum::http::{HeaderName, HeaderValue, StatusCode};

use super::stored_response::{Hash, STORED_HEADERS, StoredBody, StoredResponse};
use crate::store::{FieldReader, NoteKind};
use crate::wire::PackedResults;

/// What a store notes of a key.
#[derive(Clone, Debug)]
pub(super) enum KeyNote {
    Claimed { key: Hash, user: Box<str>, request: Hash, claimed_at_ns: u64 },
    Answered { key: Hash, response: StoredResponse },
    Released { key: Hash },
}

impl KeyNote {
    fn kind(&self) -> NoteKind {
        match self {
            Self::Claimed { .. } => NoteKind::KeyClaimed,
            Self::Answered { .. } => NoteKind::KeyAnswered,
            Self::Released { .. } => NoteKind::KeyReleased,
        }
    }

    /// Returns the kind and the bytes of the note.
    pub(super) fn encode(&self) -> (NoteKind, Vec<u8>) {
        let mut bytes = Vec::new();
        match self {
            Self::Claimed { key, user, request, claimed_at_ns } => {
                bytes.extend_from_slice(key);
                bytes.extend_from_slice(request);
                bytes.extend_from_slice(&claimed_at_ns.to_le_bytes());
                bytes.extend_from_slice(user.as_bytes());
            }
            Self::Answered { key, response: StoredResponse { status, headers, body } } => {
                bytes.extend_from_slice(key);
                bytes.extend_from_slice(&status.as_u16().to_le_bytes());
                bytes.push(headers.len() as u8);
                for (name, value) in headers {
                    let number = STORED_HEADERS.iter().position(|stored| stored == name);
                    bytes.push(number.expect("only these headers are stored") as u8);
                    bytes.extend_from_slice(&(value.len() as u16).to_le_bytes());
                    bytes.extend_from_slice(value.as_bytes());
                }
                match body {
                    StoredBody::Bytes(body) => {
                        bytes.push(0);
                        bytes.extend_from_slice(body);
                    }
                    StoredBody::Results(results) => {
                        bytes.push(1);
                        bytes.extend_from_slice(&results.to_bytes());
                    }
                }
            }
            Self::Released { key } => bytes.extend_from_slice(key),
        }
        (self.kind(), bytes)
    }

    /// Returns the note that these bytes are. `None` if they have another form.
    pub(super) fn decode(kind: NoteKind, bytes: &[u8]) -> Option<Self> {
        let mut fields = FieldReader(bytes);
        let key = fields.array()?;
        match kind {
            NoteKind::KeyClaimed => {
                let (request, claimed_at_ns) = (fields.array()?, fields.u64()?);
                let user = std::str::from_utf8(fields.0).ok()?.into();
                Some(Self::Claimed { key, user, request, claimed_at_ns })
            }
            NoteKind::KeyAnswered => {
                let status = StatusCode::from_u16(u16::from_le_bytes(fields.array()?)).ok()?;
                let [count] = fields.array()?;
                let headers = (0..count).map(|_| header(&mut fields)).collect::<Option<_>>()?;
                let body = match fields.array()? {
                    [0] => StoredBody::Bytes(fields.0.into()),
                    [1] => StoredBody::Results(PackedResults::from_bytes(fields.0)?),
                    _ => return None,
                };
                Some(Self::Answered { key, response: StoredResponse { status, headers, body } })
            }
            NoteKind::KeyReleased => fields.0.is_empty().then_some(Self::Released { key }),
            NoteKind::Name => None,
        }
    }
}

fn header(fields: &mut FieldReader<'_>) -> Option<(HeaderName, HeaderValue)> {
    let [number] = fields.array()?;
    let length = u16::from_le_bytes(fields.array()?);
    let value = fields.bytes(length.into())?;
    let name = STORED_HEADERS.get(usize::from(number))?.clone();
    Some((name, HeaderValue::from_bytes(value).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::header;

    #[test]
    fn notes_are_read_as_they_were_made() {
        let body = StoredBody::Bytes((*b"{}").into());
        let headers = [(header::ETAG, HeaderValue::from_static("\"7\""))].into();
        let response = StoredResponse { status: StatusCode::CREATED, headers, body };
        for note in [
            KeyNote::Claimed {
                key: [1; 32],
                user: "aaron".into(),
                request: [2; 32],
                claimed_at_ns: 1 << 60,
            },
            KeyNote::Answered { key: [3; 32], response },
            KeyNote::Released { key: [4; 32] },
        ] {
            let (kind, bytes) = note.encode();
            let read = KeyNote::decode(kind, &bytes).expect("it has the form");
            assert_eq!(format!("{read:?}"), format!("{note:?}"));
            assert!(KeyNote::decode(kind, &bytes[..31]).is_none());
            assert!(KeyNote::decode(NoteKind::Name, &bytes).is_none());
        }
    }
}
