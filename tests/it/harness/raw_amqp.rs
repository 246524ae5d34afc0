//! A publisher that writes AMQP frames itself, for messages that no client library would send.

use std::io;

use lapin::uri::AMQPUri;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A connection with one channel, on which publications are confirmed.
pub(crate) struct RawPublisher(TcpStream);

const METHOD: u8 = 1;
const HEADER: u8 = 2;
const BODY: u8 = 3;

impl RawPublisher {
    pub(crate) async fn connect(url: &str) -> Self {
        let connected = Self::try_connect(url).await;
        connected.expect("the broker can be reached")
    }

    pub(crate) async fn try_connect(url: &str) -> io::Result<Self> {
        let uri: AMQPUri = url.parse().expect("an AMQP URL");
        let authority = uri.authority;
        let stream = TcpStream::connect((authority.host.as_str(), authority.port)).await;
        let mut raw = Self(stream?);
        raw.0.write_all(b"AMQP\x00\x00\x09\x01").await?;

        let login = authority.userinfo;
        let login = format!("\0{}\0{}", login.username, login.password);
        let locale = short(b"en_US");
        raw.expect(10, 10).await?;
        let start = [long(b""), short(b"PLAIN"), long(login.as_bytes()), locale].concat();
        raw.call(0, (10, 11), &start).await?;
        // What the broker proposes, but for the heartbeat.
        let mut tune = raw.expect(10, 30).await?;
        tune.truncate(6);
        raw.call(0, (10, 31), &[tune, vec![0, 0]].concat()).await?;
        let vhost = [short(uri.vhost.as_bytes()), vec![0, 0]].concat();
        raw.call(0, (10, 40), &vhost).await?;
        raw.expect(10, 41).await?;
        raw.call(1, (20, 10), &[0]).await?;
        raw.expect(20, 11).await?;
        raw.call(1, (85, 10), &[0]).await?;
        raw.expect(85, 11).await?;
        Ok(raw)
    }

    /// Publishes and waits for the confirm.
    pub(crate) async fn publish(
        &mut self,
        exchange: &str,
        routing_key: &[u8],
        properties: &[u8],
        body: &[u8],
    ) {
        let published = self.try_publish(exchange, routing_key, properties, body);
        published.await.expect("published and confirmed");
    }

    pub(crate) async fn try_publish(
        &mut self,
        exchange: &str,
        routing_key: &[u8],
        properties: &[u8],
        body: &[u8],
    ) -> io::Result<()> {
        let route = [short(exchange.as_bytes()), short(routing_key)].concat();
        let publish = [vec![0, 0], route, vec![0]].concat();
        self.call(1, (60, 40), &publish).await?;
        let length = u64::try_from(body.len()).expect("short").to_be_bytes();
        let header = [&[0, 60, 0, 0][..], &length, properties].concat();
        self.send(HEADER, 1, &header).await?;
        self.send(BODY, 1, body).await?;
        self.expect(60, 80).await.map(drop)
    }

    async fn call(&mut self, channel: u8, method: (u8, u8), arguments: &[u8]) -> io::Result<()> {
        let payload = [&[0, method.0, 0, method.1][..], arguments].concat();
        self.send(METHOD, channel, &payload).await
    }

    async fn send(&mut self, kind: u8, channel: u8, payload: &[u8]) -> io::Result<()> {
        let frame = [&[kind, 0, channel][..], &long(payload), &[0xce]].concat();
        self.0.write_all(&frame).await
    }

    /// Waits for this method, and answers its arguments.
    async fn expect(&mut self, class: u8, method: u8) -> io::Result<Vec<u8>> {
        let mut head = [0; 7];
        self.0.read_exact(&mut head).await?;
        let size = u32::from_be_bytes([head[3], head[4], head[5], head[6]]);
        let mut payload = vec![0; size as usize + 1];
        self.0.read_exact(&mut payload).await?;
        if payload[..4] != [0, class, 0, method] {
            let text = String::from_utf8_lossy(&payload);
            return Err(io::Error::other(format!(
                "expected {class}.{method}: {text}"
            )));
        }
        payload.drain(..4);
        Ok(payload)
    }
}

/// A short string.
pub(crate) fn short(text: &[u8]) -> Vec<u8> {
    let length = u8::try_from(text.len()).expect("short");
    [&[length][..], text].concat()
}

/// A long string, a table or an array.
pub(crate) fn long(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).expect("short").to_be_bytes();
    [&length[..], bytes].concat()
}
