//! A network that is far away: a TCP proxy that hands everything on a fixed time later.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::Context as _;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// Starts a proxy before the server of this URL, and answers the URL with the proxy's address in it. What the server
/// says arrives `delay` later; so each round trip takes that much longer, and as many are under way as before.
pub(super) async fn before(url: &str, delay: Duration) -> anyhow::Result<String> {
    let (scheme, rest) = url.split_once("://").context("a URL without a scheme")?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (login, host) = match authority.rsplit_once('@') {
        Some((login, host)) => (format!("{login}@"), host),
        None => (String::new(), authority),
    };
    let upstream: SocketAddr = host
        .replace("localhost", "127.0.0.1")
        .parse()
        .with_context(|| format!("{host} is not an address with a port"))?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            // How a connection ends is the clients' business.
            tokio::spawn(async move { serve(client, upstream, delay).await.ok() });
        }
    });
    Ok(format!("{scheme}://{login}{address}{path}"))
}

async fn serve(client: TcpStream, upstream: SocketAddr, delay: Duration) -> anyhow::Result<()> {
    let server = TcpStream::connect(upstream).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::try_join!(
        forward(from_client, to_server, Duration::ZERO),
        forward(from_server, to_client, delay)
    )?;
    Ok(())
}

/// Hands on what it reads, each piece `delay` after it came, while it goes on reading.
async fn forward(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    delay: Duration,
) -> anyhow::Result<()> {
    let (sender, mut pieces) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let reading = async move {
        let mut buffer = vec![0; 64 << 10];
        loop {
            let length = from.read(&mut buffer).await?;
            if length == 0
                || sender
                    .send((Instant::now() + delay, buffer[..length].to_vec()))
                    .is_err()
            {
                return anyhow::Ok(());
            }
        }
    };
    let writing = async move {
        while let Some((moment, piece)) = pieces.recv().await {
            sleep_until(moment).await;
            to.write_all(&piece).await?;
        }
        to.shutdown().await?;
        anyhow::Ok(())
    };
    tokio::try_join!(reading, writing)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_comes_later_and_whole() -> anyhow::Result<()> {
        let echo = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("postgres://me@{}/invoices", echo.local_addr()?);
        tokio::spawn(async move {
            let (mut stream, _) = echo.accept().await?;
            let mut text = [0; 5];
            stream.read_exact(&mut text).await?;
            stream.write_all(&text).await
        });
        let delayed = before(&url, Duration::from_millis(60)).await?;
        let address = delayed
            .strip_prefix("postgres://me@")
            .and_then(|rest| rest.strip_suffix("/invoices"))
            .context("the same URL with another address")?;
        let started = Instant::now();
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(b"hello").await?;
        let mut text = [0; 5];
        stream.read_exact(&mut text).await?;
        assert_eq!(&text, b"hello");
        assert!(started.elapsed() >= Duration::from_millis(60));
        Ok(())
    }
}
