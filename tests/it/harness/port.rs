//! Ports at which nothing listens.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpSocket;

/// A port that refuses connections, and that no other program gets meanwhile: it is bound, and nothing listens there before
/// [`TcpSocket::listen`]. It is free when the socket is dropped.
pub(crate) fn closed_port() -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::new_v4().expect("a socket");
    let anywhere = (Ipv4Addr::LOCALHOST, 0).into();
    socket.bind(anywhere).expect("a free port");
    let address = socket.local_addr().expect("an address");
    (socket, address)
}
