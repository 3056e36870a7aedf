//! The listening socket.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

/// The send buffer of a connection in bytes. Without a limit the system grows it to several megabytes for
/// each client that does not read. Linux takes twice as much, for its own overhead.
const SEND_BUFFER_BYTES: u32 = 128 << 10;

/// The maximum number of connections that the system holds until they are accepted.
const BACKLOG: u32 = 1_024;

/// Listens on an address. Accepted sockets have the send buffer of the listening one.
///
/// # Errors
/// The system's error, for instance when the port is in use.
pub(super) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // As the standard library does: a port is free at once after its server has ended.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}
