//! The baseline: a server of the same library that does nothing, in a process of its own.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use axum::Router;
use axum::routing::post;

/// The option that makes this program the idle server.
pub(crate) const OPTION: &str = "--idle-server";

/// Answers every transfer with an empty response until the process ends.
pub(crate) fn serve() {
    let runtime = tokio::runtime::Runtime::new().expect("there are threads");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        println!("{}", listener.local_addr().expect("an address"));
        let router = Router::new().route("/account/coins/transfer", post(|| async {}));
        axum::serve(listener, router).await.expect("it serves");
    });
}

/// The server's process. Dropping it ends the process.
pub(crate) struct IdleServer {
    child: Child,
    pub(crate) address: String,
}

impl IdleServer {
    pub(crate) fn start() -> Self {
        let program = std::env::current_exe().expect("this program has a path");
        let mut command = Command::new(program);
        let mut child = command.arg(OPTION).stdout(Stdio::piped()).spawn().expect("it starts");
        let output = child.stdout.take().expect("it is piped");
        let line = BufReader::new(output).lines().next().expect("it prints its address");
        Self { child, address: line.expect("it is text") }
    }
}

impl Drop for IdleServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
