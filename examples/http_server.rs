//! The ledger's HTTP router in an axum server of your own, beside a route of your own.
//!
//! `cargo run --example http_server`
//!
//! It listens on a free port of the loopback interface, sends itself two requests, and ends.

#[cfg(any(target_family = "wasm", loom, shuttle))]
fn main() {}

#[cfg(not(any(target_family = "wasm", loom, shuttle)))]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    use std::time::Instant;

    use axum::routing::get;
    use ledgerlab::api::{Service, ServiceConfig, Users, router};
    use tokio::net::TcpListener;

    // The demo's users are aaron and bryan, with 1,000 coins each. Their tokens are public.
    // The ledger reads no clock, so the service gets one: nanoseconds since the start.
    let start = Instant::now();
    let clock = move || start.elapsed().as_nanos() as u64;
    let service = Service::open(ServiceConfig::default(), Users::demo(), clock)?;

    let routes = router(service).route("/hello", get(|| async { "hello" }));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = tokio::spawn(async move { axum::serve(listener, routes).await });

    assert!(request(address, "GET /hello").await?.ends_with("hello"));
    let balance = request(address, "GET /account/coins?username=aaron").await?;
    println!("{balance}");
    assert!(balance.starts_with("HTTP/1.1 200 "));

    server.abort();
    Ok(())
}

/// Sends a request as aaron and returns the whole response.
#[cfg(not(any(target_family = "wasm", loom, shuttle)))]
async fn request(address: std::net::SocketAddr, line: &str) -> std::io::Result<String> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let mut stream = tokio::net::TcpStream::connect(address).await?;
    let head = format!("{line} HTTP/1.1\r\nhost: {address}\r\nauthorization: 1\r\n");
    stream.write_all(format!("{head}connection: close\r\n\r\n").as_bytes()).await?;
    let mut response = String::new();
    stream.read_to_string(&mut response).await?;
    Ok(response)
}
