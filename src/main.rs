//! The native command `ledgerlab`. All of it is in the library's `host::native`.

#[cfg(not(target_family = "wasm"))]
fn main() -> std::process::ExitCode {
    ledgerlab::host::native::main()
}

/// In a browser there is no command line; the library's exports are used instead.
#[cfg(target_family = "wasm")]
fn main() {}
