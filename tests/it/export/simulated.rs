//! Very many records, written by one statement, and the bucket that they are about: each object is made up when it is asked for.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::harness::{Options, World, samples};

/// One document in so many has the XML of an e-invoice beside it.
pub(super) const XML_EACH: usize = 10;

/// The total with tax of each document.
pub(super) const GROSS_CENTS: u64 = 27_820;

/// Stands for the number of the document in the request that all records have.
const NUMBER: &str = "@@";

/// So many documents of so many bytes, and the server that has their objects.
pub(super) struct Simulated {
    pub(super) world: World,
    endpoint: String,
}

impl Simulated {
    /// Document N is recorded N milliseconds after the beginning of the year 2026. The microsecond is that of each recorded moment.
    pub(super) async fn new(documents: usize, bytes: usize) -> Self {
        let world = World::new(Options::default()).await;
        let mut request = samples::invoice();
        request["number"] = format!("RE-{NUMBER}").into();
        request["marketplace"]["orderId"] = format!("order-{NUMBER}").into();
        let request = request.to_string().replace('\'', "''");
        world
            .execute(&format!(
                "INSERT INTO sales_invoice (id, platform, shop_id, order_id, package_id, sequence_number, status, object_key, sha256,
                    size_bytes, document_type, number, currency, gross_minor, xml_sha256, xml_object_key, request, request_digest,
                    attempts, created_at, updated_at, generated_at)
                SELECT gen_random_uuid(), 'sim', 'shop', 'order-' || n, '1', '1', 'generated', 'invoices/sim/' || n || '.pdf',
                    encode(sha256(convert_to(rpad('%PDF-1.7 ' || n || ' ', {bytes}, 'x'), 'UTF8')), 'hex'), {bytes}, 'invoice',
                    'RE-' || n, 'EUR', {GROSS_CENTS},
                    CASE WHEN n % {XML_EACH} = 0 THEN encode(sha256(convert_to('<Invoice>' || n || '</Invoice>', 'UTF8')), 'hex') END,
                    CASE WHEN n % {XML_EACH} = 0 THEN 'invoices/sim/' || n || '.xml' END,
                    replace('{request}', '{NUMBER}', n::text), repeat('0', 64), 1, at, at, at
                FROM (SELECT n, timestamptz '2026-01-01 00:00Z' + n * interval '1 millisecond' + interval '1 microsecond' AS at
                    FROM generate_series(0, {documents} - 1) n) numbered"
            ))
            .await;
        world.execute("ANALYZE sales_invoice").await;
        let address = start(bytes).await;
        Self {
            world,
            endpoint: format!("http://{address}"),
        }
    }

    /// The variables of a process that uses the bucket.
    pub(super) fn variables(&self) -> [(&str, &str); 1] {
        [("AWS_ENDPOINT_URL_S3", &self.endpoint)]
    }

    /// The moment before which the first ones of the documents were recorded; of 3,600,000 at most.
    pub(super) fn until(&self, documents: usize) -> String {
        let (seconds, millis) = (documents / 1_000, documents % 1_000);
        let (minutes, seconds) = (seconds / 60, seconds % 60);
        format!("2026-01-01T00:{minutes:02}:{seconds:02}.{millis:03}Z")
    }
}

async fn start(bytes: usize) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let filler: Arc<[u8]> = vec![b'x'; bytes].into();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let filler = Arc::clone(&filler);
            tokio::spawn(async move { serve(stream, &filler).await });
        }
    });
    address
}

async fn serve(stream: TcpStream, filler: &[u8]) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    loop {
        let mut request = String::new();
        while !request.ends_with("\r\n\r\n") {
            if stream.read_line(&mut request).await? == 0 {
                return Ok(());
            }
        }
        let (begins, rest) = object(&request, filler);
        let length = begins.len() + rest.len();
        let mut answer =
            format!("HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Length: {length}\r\n\r\n")
                .into_bytes();
        if request.starts_with("GET ") {
            answer.extend_from_slice(begins.as_bytes());
            answer.extend_from_slice(rest);
        }
        stream.write_all(&answer).await?;
    }
}

/// The object of a request as `GET /bucket/invoices/sim/17.pdf?x-id=GetObject`; nothing for questions about the bucket.
fn object<'a>(request: &str, filler: &'a [u8]) -> (String, &'a [u8]) {
    let path = request.split([' ', '?']).nth(1).unwrap_or_default();
    let name = path.split_once("/invoices/sim/").unwrap_or_default().1;
    match name.split_once('.') {
        Some((number, "pdf")) => {
            let begins = format!("%PDF-1.7 {number} ");
            let rest = &filler[begins.len()..];
            (begins, rest)
        }
        Some((number, _)) => (format!("<Invoice>{number}</Invoice>"), &[]),
        None => (String::new(), &[]),
    }
}
