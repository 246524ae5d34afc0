//! HTTP/1.1, as bytes: a client that can also send what no library would.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Status and body of a GET of an `http://` URL.
pub(crate) async fn get(url: &str) -> (u16, Vec<u8>) {
    let rest = url.strip_prefix("http://").expect("an http URL");
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let mut stream = TcpStream::connect(host).await.expect("a connection");
    let answer = exchange(&mut stream, request.as_bytes()).await;
    (answer.status, answer.body)
}

/// Sends this and reads until the server closes the connection.
pub(crate) async fn exchange(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    request: &[u8],
) -> Answer {
    // A server that refuses a body does not read it.
    stream.write_all(request).await.ok();
    read(stream).await.expect("an answer")
}

/// What the server sends until it closes the connection; none where it closes without an answer.
pub(crate) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Answer> {
    let mut reply = Vec::new();
    // A server that closes with unread bytes resets the connection; what has arrived counts.
    stream.read_to_end(&mut reply).await.ok();
    Answer::parse(&reply)
}

/// A client of one server. Each call has a connection of its own.
#[derive(Clone)]
pub(crate) struct Client {
    address: SocketAddr,
    headers: Vec<(String, String)>,
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Self {
        let headers = vec![
            ("Host".to_owned(), address.to_string()),
            ("Connection".to_owned(), "close".to_owned()),
        ];
        Self { address, headers }
    }

    /// The same with this header in each call, instead of one with the same name.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A GET.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, b"").await
    }

    /// A POST of JSON.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        let client = self.clone().header("Content-Type", "application/json");
        client.call("POST", path, body.to_string().as_bytes()).await
    }

    /// A POST of JSON that waits for so many seconds.
    pub(crate) async fn post_and_wait(&self, path: &str, body: &Value, seconds: u64) -> Answer {
        let client = self.clone().header("Prefer", &format!("wait={seconds}"));
        client.post(path, body).await
    }

    /// Any call.
    pub(crate) async fn call(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        let called = self.try_call(method, path, body).await;
        called.unwrap_or_else(|| panic!("no answer to {method} {path}"))
    }

    /// The same where the server may be gone before it answers.
    pub(crate) async fn try_call(&self, method: &str, path: &str, body: &[u8]) -> Option<Answer> {
        let mut stream = TcpStream::connect(self.address).await.ok()?;
        stream
            .write_all(&self.head(method, path, body.len()))
            .await
            .ok()?;
        stream.write_all(body).await.ok();
        read(&mut stream).await
    }

    /// The head of a call whose body has this length.
    pub(crate) fn head(&self, method: &str, path: &str, length: usize) -> Vec<u8> {
        let mut head = format!("{method} {path} HTTP/1.1\r\n");
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if length > 0 {
            head.push_str(&format!("Content-Length: {length}\r\n"));
        }
        head.push_str("\r\n");
        head.into_bytes()
    }
}

/// An answer.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Reads an answer whose body goes to the end.
    fn parse(reply: &[u8]) -> Option<Self> {
        let end = b"\r\n\r\n";
        let split = reply.windows(end.len()).position(|window| window == end)?;
        let head = String::from_utf8_lossy(&reply[..split]).into_owned();
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers = lines.filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        });
        Some(Self {
            status,
            headers: headers.collect(),
            body: reply[split + end.len()..].to_vec(),
        })
    }

    /// A header, by its name in small letters.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    }

    /// All values of a header, by its name in small letters.
    pub(crate) fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        let headers = self.headers.iter().filter(move |(other, _)| other == name);
        headers.map(|(_, value)| value.as_str())
    }

    /// The body of a page, which has these texts.
    #[track_caller]
    pub(crate) fn shows(&self, texts: &[&str]) -> String {
        let media_type = self.header("content-type");
        assert_eq!(media_type, Some("text/html; charset=utf-8"), "{self:?}");
        let html = String::from_utf8(self.body.clone()).expect("UTF-8");
        for text in texts {
            assert!(html.contains(text), "{text} is missing in {html}");
        }
        html
    }

    /// The body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The body of a success with this status, as JSON.
    #[track_caller]
    pub(crate) fn is(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/json"));
        self.json()
    }

    /// Checks that it is a problem with this status and this code; answers it.
    #[track_caller]
    pub(crate) fn is_problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        let media_type = self.header("content-type");
        assert_eq!(media_type, Some("application/problem+json"), "{self:?}");
        let problem = self.json();
        assert_eq!(problem["code"], code, "{self:?}");
        assert_eq!(problem["status"], status, "{self:?}");
        assert_eq!(
            problem["type"],
            format!("urn:invoice-worker:problem:{code}")
        );
        assert!(problem["title"].is_string() && problem["detail"].is_string());
        problem
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let body = String::from_utf8_lossy(&self.body);
        write!(f, "{} {:?}\n{body}", self.status, self.headers)
    }
}
