//! `health`: asks another process of this program whether it is ready. The image has no other program that could.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::config::{ConfigError, Settings};
use crate::http::tls::Own;
use crate::output::{self, note};

/// Longest wait for the answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Longest answer.
const ANSWER_MAX: u64 = 64 << 10;

pub(super) async fn run(settings: &Settings) -> anyhow::Result<()> {
    let address = settings.http.http_addr;
    let address = address.ok_or_else(|| ConfigError::missing("HTTP_ADDR", "127.0.0.1:9100"))?;
    let address = reachable(address);
    let own = Own::of(&settings.http)?;
    if let Some(problem) = own.problem() {
        note(format_args!(
            "the certificate of the server is not compared: {problem}"
        ));
    }
    let answer = timeout(PATIENCE, ask(address, &own)).await;
    let answer = answer
        .with_context(|| format!("no answer from {address} within {} s", PATIENCE.as_secs()))?
        .with_context(|| format!("no answer from {address}"))?;
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .with_context(|| format!("{address} does not answer in HTTP"))?;
    writeln!(output::stdout(), "{body}")?;
    let status = head.split(' ').nth(1).unwrap_or_default();
    ensure!(status == "200", "not ready: status {status}");
    Ok(())
}

/// Where a process that listens at this address can be reached from this machine.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        IpAddr::V4(_) | IpAddr::V6(_) => {}
    }
    address
}

async fn ask(address: SocketAddr, own: &Own) -> std::io::Result<String> {
    let mut stream = own.connect(address).await?;
    let request = format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.take(ANSWER_MAX).read_to_string(&mut answer).await?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_listens_everywhere_is_asked_at_this_machine() {
        for (listens, asked) in [
            ("0.0.0.0:9100", "127.0.0.1:9100"),
            ("[::]:9100", "[::1]:9100"),
            ("10.0.0.1:9100", "10.0.0.1:9100"),
        ] {
            let listens = listens.parse().expect("an address");
            assert_eq!(reachable(listens).to_string(), asked);
        }
    }
}
