//! Files of the repository that are generated from types and endpoints.

use std::path::Path;

/// With this variable set, the tests write the files instead of comparing them.
const WRITE_VARIABLE: &str = "LEDGERLAB_GENERATE";

/// Asserts that a generated file has this text.
pub(crate) fn assert_current(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os(WRITE_VARIABLE).is_some() {
        std::fs::write(&path, text).expect("the file can be written");
        return;
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == text, "{file} is stale; `cargo xtask generate` writes it");
}
