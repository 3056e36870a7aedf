//! The baseline: a server of the same library that does nothing.

use std::sync::mpsc;
use std::thread;

use axum::Router;
use axum::routing::post;

/// Starts a server that returns an empty response to every transfer until the process ends.
/// Returns its address.
pub(crate) fn start() -> String {
    let (sender, address) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().expect("threads can be started");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
            sender
                .send(listener.local_addr().expect("an address").to_string())
                .expect("a receiver");
            let router = Router::new().route("/account/coins/transfer", post(|| async {}));
            axum::serve(listener, router).await.expect("it serves");
        });
    });
    address.recv().expect("the server starts")
}
