//! Response bodies that JavaScript reads chunk by chunk.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Mutex;

use axum::body::{Body, Bytes, HttpBody};

use super::call_error::CallError;
use super::handle_table::{HandleTable, lock};

/// The maximum number of open bodies.
const BODIES_MAX: usize = 256;

/// The maximum size of a chunk in bytes. The rest of a longer frame is returned in the next chunk.
const CHUNK_BYTES_MAX: usize = 256 << 10;

/// The state of a body's number.
enum BodySlot {
    /// The body is not stored yet, or another call is reading it.
    Busy,
    Open(BodyStream),
}

static BODIES: Mutex<HandleTable<BodySlot>> = Mutex::new(HandleTable::new());

/// The number of a body that does not exist yet. It is freed unless the body is stored.
pub(super) struct BodyReservation(u32);

impl BodyReservation {
    /// Reserves a number before a request is handled, so that no request is handled whose response cannot be stored.
    pub(super) fn new() -> Result<Self, CallError> {
        let mut bodies = lock(&BODIES);
        if bodies.len() == BODIES_MAX {
            return Err(CallError::refused(format!(
                "{BODIES_MAX} response bodies are open, which are the most; read them to their end or close them"
            )));
        }
        Ok(Self(bodies.insert(BodySlot::Busy)))
    }

    /// Stores the body and returns its number.
    pub(super) fn store(self, body: Body) -> u32 {
        let number = self.0;
        put_back(number, BodyStream { body, rest: Bytes::new() });
        std::mem::forget(self);
        number
    }
}

impl Drop for BodyReservation {
    fn drop(&mut self) {
        close(self.0);
    }
}

/// A body that is being read.
struct BodyStream {
    body: Body,
    /// The rest of the current frame.
    rest: Bytes,
}

impl BodyStream {
    async fn next_chunk(&mut self) -> Result<Option<Bytes>, axum::Error> {
        while self.rest.is_empty() {
            let frame = poll_fn(|context| Pin::new(&mut self.body).poll_frame(context)).await;
            let Some(frame) = frame else { return Ok(None) };
            // Only trailers are not data, and the router sends none.
            self.rest = frame?.into_data().unwrap_or_default();
        }
        let length = self.rest.len().min(CHUNK_BYTES_MAX);
        Ok(Some(self.rest.split_to(length)))
    }
}

/// Returns the next chunk of a body, or nothing at its end.
pub(super) async fn next_chunk(number: u32) -> Result<Option<Bytes>, CallError> {
    let mut stream = take(number)?;
    let chunk = stream.next_chunk().await;
    match &chunk {
        Ok(Some(_)) => put_back(number, stream),
        Ok(None) | Err(_) => close(number),
    }
    chunk.map_err(|error| CallError::refused(format!("the body {number} broke off: {error}")))
}

/// Closes a body.
pub(super) fn close(number: u32) {
    let slot = lock(&BODIES).remove(number);
    drop(slot);
}

fn take(number: u32) -> Result<BodyStream, CallError> {
    let mut bodies = lock(&BODIES);
    let Some(slot) = bodies.get_mut(number) else {
        let message = format!("there is no body {number}; it was read to its end or closed");
        return Err(CallError::refused(message));
    };
    match std::mem::replace(slot, BodySlot::Busy) {
        BodySlot::Open(stream) => Ok(stream),
        BodySlot::Busy => {
            Err(CallError::refused(format!("another call is reading the body {number}")))
        }
    }
}

/// Puts a stream back, unless the body has been closed.
fn put_back(number: u32, stream: BodyStream) {
    if let Some(slot) = lock(&BODIES).get_mut(number) {
        *slot = BodySlot::Open(stream);
    }
}
