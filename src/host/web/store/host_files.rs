//! The files of a store, by synchronous calls of JavaScript: those of a folder in Node, and those of the origin private
//! file system in browsers. Only the worker of the store calls them.

use std::io::{self, ErrorKind};
use std::sync::atomic::{AtomicBool, Ordering};

use wasm_bindgen::prelude::*;

use crate::store::{Files, StoreFile};

#[wasm_bindgen]
extern "C" {
    /// Executes an operation that takes bytes. See `npm/src/store_files.js`.
    #[wasm_bindgen(js_namespace = storeFiles)]
    fn send(operation: u32, file: u32, offset: f64, bytes: &[u8]) -> f64;

    /// Executes an operation that fills bytes, and returns how many there are.
    #[wasm_bindgen(js_namespace = storeFiles)]
    fn receive(operation: u32, file: u32, offset: f64, bytes: &mut [u8]) -> f64;
}

/// The operations, as in `npm/src/store_files.js`.
mod operation {
    pub(super) const OPEN: u32 = 0;
    pub(super) const REMOVE: u32 = 1;
    pub(super) const SYNC_FOLDER: u32 = 2;
    pub(super) const WRITE: u32 = 3;
    pub(super) const TRUNCATE: u32 = 4;
    pub(super) const SYNC: u32 = 5;
    pub(super) const CLOSE: u32 = 6;
    pub(super) const LIST: u32 = 7;
    pub(super) const READ: u32 = 8;
    pub(super) const LENGTH: u32 = 9;
    pub(super) const FAILURE: u32 = 10;
}
use operation::*;

/// What an operation returns when the disk has no space. Other failures are less.
const NO_SPACE: f64 = -1.0;

/// The maximum size of a list of names and of a message, in bytes. Each log file has a name of 13 bytes and 256 MiB.
const TEXT_BYTES_MAX: usize = 1 << 20;

/// Whether a file was opened since [`take_opened`] was called.
static OPENED: AtomicBool = AtomicBool::new(false);

/// Returns whether a file was opened since the last call.
pub(super) fn take_opened() -> bool {
    OPENED.swap(false, Ordering::Relaxed)
}

/// Returns whether a file was opened since [`take_opened`] was called.
pub(super) fn has_opened() -> bool {
    OPENED.load(Ordering::Relaxed)
}

/// Returns what an operation has returned, or why it failed.
fn checked(returned: f64) -> io::Result<u64> {
    if returned >= 0.0 {
        return Ok(returned as u64);
    }
    let kind = if returned == NO_SPACE { ErrorKind::StorageFull } else { ErrorKind::Other };
    let mut message = vec![0; TEXT_BYTES_MAX];
    let len = receive(FAILURE, 0, 0.0, &mut message) as usize;
    Err(io::Error::new(kind, String::from_utf8_lossy(&message[..len]).into_owned()))
}

/// The files of the worker's store.
#[derive(Debug)]
pub(super) struct HostFiles;

impl Files for HostFiles {
    type File = HostFile;

    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = vec![0; TEXT_BYTES_MAX];
        let len = checked(receive(LIST, 0, 0.0, &mut names))? as usize;
        let names = String::from_utf8_lossy(&names[..len]).into_owned();
        Ok(names.lines().map(str::to_owned).collect())
    }

    fn open(&self, name: &str) -> io::Result<HostFile> {
        let number = checked(send(OPEN, 0, 0.0, name.as_bytes()))?;
        OPENED.store(true, Ordering::Relaxed);
        Ok(HostFile { number: number as u32 })
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        checked(send(REMOVE, 0, 0.0, name.as_bytes())).map(drop)
    }

    fn sync_folder(&self) -> io::Result<()> {
        checked(send(SYNC_FOLDER, 0, 0.0, &[])).map(drop)
    }
}

/// A file that JavaScript knows by its number.
#[derive(Debug)]
pub(super) struct HostFile {
    number: u32,
}

impl HostFile {
    fn send(&self, operation: u32, offset: u64, bytes: &[u8]) -> io::Result<()> {
        checked(send(operation, self.number, offset as f64, bytes)).map(drop)
    }
}

impl StoreFile for HostFile {
    fn len(&self) -> io::Result<u64> {
        checked(receive(LENGTH, self.number, 0.0, &mut []))
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        checked(receive(READ, self.number, offset as f64, bytes)).map(|len| len as usize)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.send(WRITE, offset, bytes)
    }

    fn truncate(&self, len: u64) -> io::Result<()> {
        self.send(TRUNCATE, len, &[])
    }

    fn allocate(&self, _offset: u64, _len: u64) -> io::Result<()> {
        // Neither host can, so a write can find no space.
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        self.send(SYNC, 0, &[])
    }
}

impl Drop for HostFile {
    fn drop(&mut self) {
        // Nothing is written afterwards, so a failure loses nothing.
        send(CLOSE, self.number, 0.0, &[]);
    }
}
