//! The way from one node of a cluster to another one: a proxy, and a port mapper that says where it is.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::faults::servers::PrivateServer;
use crate::proxy::{Mode, Proxy};

/// The connections that one node opens to another one. Must be there before the first of them.
pub(super) struct Link {
    ends: [usize; 2],
    proxy: Proxy,
    /// Dropping it ends the port mapper.
    _port_mapper: JoinSet<()>,
}

impl Link {
    /// At the address where `scripts/local/rabbitmq` expects it.
    pub(super) async fn new(from: usize, to: (usize, &PrivateServer), port_mapper: u16) -> Self {
        let (to, server) = to;
        let octet = |node: usize| u8::try_from(node + 1).expect("few nodes");
        let address = Ipv4Addr::new(127, 1, octet(from), octet(to));
        let node = (Ipv4Addr::LOCALHOST, server.port("DISTRIBUTION_PORT"));
        let proxy = Proxy::start_at((address, 0).into(), vec![node.into()]);
        let listener = TcpListener::bind((address, port_mapper)).await;
        let listener = listener.expect("an address of its own");
        let real = (Ipv4Addr::LOCALHOST, port_mapper).into();
        let mut serving = JoinSet::new();
        serving.spawn(serve(listener, real, proxy.address().port()));
        Self {
            ends: [from, to],
            proxy,
            _port_mapper: serving,
        }
    }

    pub(super) fn is_at(&self, node: usize) -> bool {
        self.ends.contains(&node)
    }

    pub(super) fn set(&self, mode: Mode) {
        self.proxy.set(mode);
    }
}

async fn serve(listener: TcpListener, real: SocketAddr, port: u16) {
    loop {
        if let Ok((client, _)) = listener.accept().await {
            // The node asks again.
            answer(client, real, port).await.ok();
        }
    }
}

/// Asks the real port mapper, and replaces the port in what it answers. (erts, "Distribution Protocol".)
async fn answer(mut client: TcpStream, real: SocketAddr, port: u16) -> io::Result<()> {
    const PORT2_RESP: u8 = 119;
    let length = client.read_u16().await?;
    let mut request = vec![0; length.into()];
    client.read_exact(&mut request).await?;
    let mut mapper = TcpStream::connect(real).await?;
    mapper.write_u16(length).await?;
    mapper.write_all(&request).await?;
    let mut reply = Vec::new();
    mapper.read_to_end(&mut reply).await?;
    if let [PORT2_RESP, 0, high, low, ..] = &mut reply[..] {
        [*high, *low] = port.to_be_bytes();
    }
    client.write_all(&reply).await
}
