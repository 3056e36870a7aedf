//! The bodies of answers, handed out in pieces that JavaScript can take one by one.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Mutex;

use axum::body::{Body, Bytes, HttpBody};
use wasm_bindgen::JsError;

use super::kept::{Kept, lock};

/// The most bodies that are open at the same time.
const BODIES_MAX: usize = 256;

/// The most bytes of a piece: what a frame of a body has more is kept for the next one.
const PIECE_BYTES_MAX: usize = 256 << 10;

/// What stands at a body's number.
enum Slot {
    /// It is being made, or somebody takes a piece of it.
    Busy,
    Open(Pieces),
}

static BODIES: Mutex<Kept<Slot>> = Mutex::new(Kept::new());

/// A number for a body that is about to be made; it is free again unless the body comes.
pub(super) struct Place(u32);

impl Place {
    /// Gets one before anything is done, so that nothing is done whose answer there is no place for.
    ///
    /// # Errors
    /// A sentence, when there are as many as there can be.
    pub(super) fn reserve() -> Result<Self, JsError> {
        let mut bodies = lock(&BODIES);
        if bodies.len() == BODIES_MAX {
            let text = format!("{BODIES_MAX} bodies of answers are open, which are the most");
            return Err(JsError::new(&(text + "; read them to their end or close them")));
        }
        Ok(Self(bodies.keep(Slot::Busy)))
    }

    /// Keeps the body here, and its number.
    pub(super) fn keep(self, body: Body) -> u32 {
        let number = self.0;
        put_back(number, Pieces { body, left: Bytes::new() });
        std::mem::forget(self);
        number
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        close(self.0);
    }
}

/// A body that is handed out.
struct Pieces {
    body: Body,
    /// The rest of the frame that is being handed out.
    left: Bytes,
}

impl Pieces {
    async fn next(&mut self) -> Result<Option<Bytes>, axum::Error> {
        while self.left.is_empty() {
            let frame = poll_fn(|context| Pin::new(&mut self.body).poll_frame(context)).await;
            let Some(frame) = frame else { return Ok(None) };
            // A frame that is no data has trailers, which nobody here sends.
            self.left = frame?.into_data().unwrap_or_default();
        }
        let length = self.left.len().min(PIECE_BYTES_MAX);
        Ok(Some(self.left.split_to(length)))
    }
}

/// The next piece of a body, or nothing at its end.
///
/// # Errors
/// A sentence, when there is no such body, when somebody is just reading it, or when it breaks off.
pub(super) async fn next(number: u32) -> Result<Option<Bytes>, JsError> {
    let mut pieces = borrow(number)?;
    let piece = pieces.next().await;
    match &piece {
        Ok(Some(_)) => put_back(number, pieces),
        Ok(None) | Err(_) => close(number),
    }
    piece.map_err(|error| JsError::new(&format!("the body {number} broke off: {error}")))
}

/// Lets go of a body.
pub(super) fn close(number: u32) {
    let slot = lock(&BODIES).take(number);
    drop(slot);
}

fn borrow(number: u32) -> Result<Pieces, JsError> {
    let mut bodies = lock(&BODIES);
    let Some(slot) = bodies.find_mut(number) else {
        let text = format!("there is no body {number}; it was read to its end or closed");
        return Err(JsError::new(&text));
    };
    match std::mem::replace(slot, Slot::Busy) {
        Slot::Open(pieces) => Ok(pieces),
        Slot::Busy => Err(JsError::new(&format!("somebody else reads the body {number}"))),
    }
}

/// Where it was closed meanwhile, it is not put back.
fn put_back(number: u32, pieces: Pieces) {
    if let Some(slot) = lock(&BODIES).find_mut(number) {
        *slot = Slot::Open(pieces);
    }
}
