//! HTTP of a client that has a URL and no keys.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Status and body of a GET of an `http://` URL.
pub(crate) async fn get(url: &str) -> (u16, Vec<u8>) {
    let rest = url.strip_prefix("http://").expect("an http URL");
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let mut stream = TcpStream::connect(host).await.expect("a connection");
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream
        .write_all(request.as_bytes())
        .await
        .expect("the request is sent");
    let mut reply = Vec::new();
    stream
        .read_to_end(&mut reply)
        .await
        .expect("the reply arrives");
    let end = b"\r\n\r\n";
    let head = reply.windows(end.len()).position(|window| window == end);
    let head = head.expect("the reply has a head");
    let status = String::from_utf8_lossy(&reply[..head]);
    let status = status.split(' ').nth(1).and_then(|code| code.parse().ok());
    (
        status.expect("a status"),
        reply[head + end.len()..].to_vec(),
    )
}
