//! A TCP proxy inside the test process, in front of any server: the network, with a switch for each way it fails.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the proxy does with connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Forwards everything.
    Pass,
    /// Closes new connections at once, and cuts the existing ones: a server that is down.
    Refuse,
    /// Forwards nothing and answers nothing, on new and existing connections; they go on when it is lifted. A
    /// partition, or a server that hangs.
    Stall,
    /// Forwards nothing on the connections that are there, for good; new ones pass. A firewall that has forgotten them.
    Forget,
    /// Cuts existing connections and answers the first request of new ones with these bytes, without a server.
    Answer(&'static [u8]),
    /// Forwards so many bytes more of each connection and direction, and then nothing: a network that dies in the middle
    /// of a body.
    Choke {
        /// From clients.
        requests: usize,
        /// To clients.
        replies: usize,
    },
    /// Forwards so many bytes more of the replies on each connection, and then three bytes a second.
    Trickle {
        /// To clients.
        replies: usize,
    },
    /// Forwards what the client sends, and closes as soon as the server answers: the call was done, and the client does not learn it.
    LoseReplies,
}

/// Stands at an address of its own, which clients get instead of the server's.
pub(crate) struct Proxy {
    address: SocketAddr,
    servers: Servers,
    accepted: Arc<AtomicUsize>,
    /// Dropping it ends the proxy and cuts its connections.
    mode: watch::Sender<Mode>,
}

/// Those that a proxy forwards to: the first one that accepts a connection gets it.
type Servers = Arc<Mutex<Vec<SocketAddr>>>;

impl Proxy {
    /// Starts at a free port with [`Mode::Pass`]. It runs on a thread of its own, so that a test that blocks does not stall
    /// it.
    pub(crate) fn start(servers: Vec<SocketAddr>) -> Self {
        Self::start_at((Ipv4Addr::LOCALHOST, 0).into(), servers)
    }

    /// Starts at this address.
    pub(crate) fn start_at(address: SocketAddr, servers: Vec<SocketAddr>) -> Self {
        let listener = std::net::TcpListener::bind(address).expect("a free port");
        listener
            .set_nonblocking(true)
            .expect("a non-blocking socket");
        let address = listener.local_addr().expect("an address");
        let (mode, receiver) = watch::channel(Mode::Pass);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let accepted = Arc::<AtomicUsize>::default();
        let counter = Arc::clone(&accepted);
        let servers = Arc::new(Mutex::new(servers));
        let current = Arc::clone(&servers);
        let run = move || runtime.block_on(accept(listener, &current, receiver, &counter));
        thread::Builder::new()
            .name("proxy".into())
            .spawn(run)
            .expect("a thread");
        Self {
            address,
            servers,
            accepted,
            mode,
        }
    }

    /// A proxy in front of the server of a URL, and the URL with the proxy's address in it.
    pub(crate) fn before(url: &str) -> (Self, String) {
        Self::before_all(&[url])
    }

    /// The same for several servers, which differ in their addresses only: a load balancer that prefers the first.
    pub(crate) fn before_all(urls: &[&str]) -> (Self, String) {
        let proxy = Self::start(urls.iter().map(|url| server_of(url)).collect());
        let (before, _, after) = parts(urls.first().expect("a server"));
        let url = format!("{before}{}{after}", proxy.address);
        (proxy, url)
    }

    /// Moves the address to another server: from now on new connections lead to the one of this URL.
    pub(crate) fn lead_to(&self, url: &str) {
        *locked(&self.servers) = vec![server_of(url)];
    }

    /// Changes what happens to connections, the existing ones included.
    pub(crate) fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections there were so far.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }
}

/// What is before the host of a URL, the host with its port, and what is behind.
fn parts(url: &str) -> (&str, &str, &str) {
    let start = url.find("://").expect("a scheme") + 3;
    let end = url[start..]
        .find(['/', '?'])
        .map_or(url.len(), |end| start + end);
    let host = url[start..end]
        .rfind('@')
        .map_or(start, |at| start + at + 1);
    (&url[..host], &url[host..end], &url[end..])
}

fn server_of(url: &str) -> SocketAddr {
    let host = parts(url).1.replace("localhost", "127.0.0.1");
    host.parse().expect("an address with a port")
}

fn locked(servers: &Mutex<Vec<SocketAddr>>) -> MutexGuard<'_, Vec<SocketAddr>> {
    servers.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Until the proxy is dropped.
async fn accept(
    listener: std::net::TcpListener,
    servers: &Servers,
    mut mode: watch::Receiver<Mode>,
    accepted: &AtomicUsize,
) {
    let listener = TcpListener::from_std(listener).expect("a listener");
    loop {
        tokio::select! {
            connection = listener.accept() => if let Ok((client, _)) = connection {
                accepted.fetch_add(1, Ordering::Relaxed);
                // How a connection ends is the clients' business.
                let connection = serve(client, Arc::clone(servers), mode.clone());
                tokio::spawn(async move { connection.await.ok() });
            },
            changed = mode.changed() => if changed.is_err() {
                return;
            },
        }
    }
}

async fn serve(
    client: TcpStream,
    servers: Servers,
    mut mode: watch::Receiver<Mode>,
) -> io::Result<()> {
    let is_new = *mode.borrow() == Mode::Forget;
    match lifted(&mut mode, is_new).await? {
        Mode::Refuse => return Ok(()),
        Mode::Answer(bytes) => return answer(client, bytes).await,
        Mode::Pass | Mode::LoseReplies | Mode::Stall | Mode::Forget => {}
        Mode::Choke { .. } | Mode::Trickle { .. } => {}
    }
    let servers = locked(&servers).clone();
    // Tried in their order.
    let server = TcpStream::connect(&servers[..]).await?;
    // As the server itself would: small frames that wait for an acknowledgement take 40 ms each.
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let mut cutting = mode.clone();
    tokio::select! {
        _ = cutting.wait_for(|mode| matches!(mode, Mode::Refuse | Mode::Answer(_))) => Ok(()),
        ended = forward(from_client, to_server, mode.clone(), is_new, false) => ended,
        ended = forward(from_server, to_client, mode, is_new, true) => ended,
    }
}

async fn forward(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut mode: watch::Receiver<Mode>,
    is_new: bool,
    replies: bool,
) -> io::Result<()> {
    let mut buffer = vec![0; 64 << 10];
    let mut passed = 0;
    loop {
        lifted(&mut mode, is_new).await?;
        let length = from.read(&mut buffer).await?;
        // Not only before reading: the read may have waited for longer than the mode lasted.
        let now = lifted(&mut mode, is_new).await?;
        if length == 0 || (replies && now == Mode::LoseReplies) {
            return Ok(());
        }
        let mut bytes = &buffer[..length];
        if let Mode::Choke {
            requests: from_client,
            replies: from_server,
        } = now
        {
            let all = if replies { from_server } else { from_client };
            let (first, rest) = bytes.split_at(length.min(all - passed));
            to.write_all(first).await?;
            passed += first.len();
            bytes = rest;
            if passed == all {
                let over = mode.wait_for(|mode| !matches!(mode, Mode::Choke { .. }));
                over.await.map_err(|_| io::ErrorKind::ConnectionAborted)?;
                passed = 0;
            }
        } else if let (Mode::Trickle { replies }, true) = (now, replies) {
            let (first, rest) = bytes.split_at(length.min(replies.saturating_sub(passed)));
            to.write_all(first).await?;
            passed += first.len();
            bytes = trickle(&mut to, rest, &mut mode).await?;
        } else {
            passed = 0;
        }
        to.write_all(bytes).await?;
    }
}

/// Forwards a byte three times a second while the mode lasts; returns what is left.
async fn trickle<'a>(
    to: &mut OwnedWriteHalf,
    mut bytes: &'a [u8],
    mode: &mut watch::Receiver<Mode>,
) -> io::Result<&'a [u8]> {
    loop {
        let now = *mode.borrow_and_update();
        let (Mode::Trickle { .. }, [first, rest @ ..]) = (now, bytes) else {
            break;
        };
        to.write_all(&[*first]).await?;
        bytes = rest;
        let lasts = tokio::time::timeout(Duration::from_millis(333), mode.changed());
        if let Ok(Err(_proxy_dropped)) = lasts.await {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
    }
    Ok(bytes)
}

/// The mode, once it is not [`Mode::Stall`], nor [`Mode::Forget`] for a connection that was there before.
async fn lifted(mode: &mut watch::Receiver<Mode>, is_new: bool) -> io::Result<Mode> {
    let lifts = |mode: &Mode| *mode != Mode::Stall && (is_new || *mode != Mode::Forget);
    match mode.wait_for(lifts).await {
        Ok(mode) => Ok(*mode),
        Err(_proxy_dropped) => Err(io::ErrorKind::ConnectionAborted.into()),
    }
}

async fn answer(mut client: TcpStream, bytes: &[u8]) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        if client.read_buf(&mut head).await? == 0 {
            return Ok(());
        }
    }
    client.write_all(bytes).await?;
    client.shutdown().await?;
    // Closing with unread bytes resets the connection, and the answer with it.
    let mut rest = vec![0; 64 << 10];
    while client.read(&mut rest).await? > 0 {}
    Ok(())
}
