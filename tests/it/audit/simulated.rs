//! Very many rows against a listing that is made up: the audit needs the same memory for any number of them.
//! `make audit-drill` runs it with 1,000,000 rows, `make test` with few.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::drill::setting;
use super::report::audit_with;
use crate::harness::{Options, World};

/// What an audit may take at its peak, for any number of rows. The program of a development build alone takes half of it.
const MAX_MEMORY_KIB: u64 = 96 << 10;

/// Objects of a page.
const PAGE: usize = 1_000;

/// The bucket that is made up: one object for each row, but for the faults.
struct Simulated {
    rows: usize,
    /// One row in so many has each of the faults.
    step: usize,
}

impl Simulated {
    /// In the order of their numbers.
    fn key(row: usize) -> String {
        format!(
            "invoices/sim/s{:03}/{:04}/1/1.pdf",
            row / 10_000,
            row % 10_000
        )
    }

    fn row_of(key: &str) -> usize {
        let parts: Vec<&str> = key.split('/').collect();
        let number = |part: &str| {
            part.trim_start_matches('s')
                .parse::<usize>()
                .expect("a key")
        };
        number(parts[2]) * 10_000 + number(parts[3])
    }

    fn is_missing(&self, row: usize) -> bool {
        row % self.step == 1
    }

    fn size(&self, row: usize) -> usize {
        if row % self.step == 2 { 40 } else { 50_000 }
    }

    /// An object that no row has, behind that of this row.
    fn has_stranger(&self, row: usize) -> bool {
        row % self.step == 3
    }

    /// Keys and sizes behind this key.
    fn objects(&self, after: &str) -> Vec<(String, usize)> {
        let first = if after.starts_with("invoices/sim/") {
            Self::row_of(after)
        } else {
            0
        };
        let mut objects = Vec::new();
        for row in first..self.rows {
            let key = Self::key(row);
            if !self.is_missing(row) {
                objects.push((key.clone(), self.size(row)));
            }
            if self.has_stranger(row) {
                objects.push((key.replace("1.pdf", "2.pdf"), 10));
            }
            if objects.len() > PAGE + 2 {
                break;
            }
        }
        objects.retain(|(key, _)| key.as_str() > after);
        objects
    }

    fn listing(&self, after: &str) -> String {
        let mut objects = self.objects(after);
        let is_truncated = objects.len() > PAGE;
        objects.truncate(PAGE);
        let mut xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListBucketResult><IsTruncated>{is_truncated}</IsTruncated>"
        );
        for (key, size) in objects {
            xml.push_str(&format!(
                "<Contents><Key>{key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>\
                 <Size>{size}</Size></Contents>"
            ));
        }
        xml.push_str("</ListBucketResult>");
        xml
    }

    /// The answer to a request: `GET /bucket?list-type=2&...` or `HEAD /bucket/key`.
    fn answer(&self, request: &str) -> String {
        let path = request.split(' ').nth(1).unwrap_or_default();
        if request.starts_with("GET ") {
            let (_, query) = path.split_once('?').unwrap_or_default();
            let after = query
                .split('&')
                .find_map(|pair| pair.strip_prefix("start-after="));
            let after = after.unwrap_or_default().replace("%2F", "/");
            let xml = self.listing(&after);
            let length = xml.len();
            return format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: {length}\r\n\r\n{xml}"
            );
        }
        let key = path.split('?').next().unwrap_or_default();
        let key = key.split_once("invoices/").map_or("", |(_, key)| key);
        let key = format!("invoices/{key}");
        let row = Self::row_of(&key);
        if key.ends_with("/1.pdf") && self.is_missing(row) {
            return "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned();
        }
        let size = self.size(row);
        format!("HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Length: {size}\r\n\r\n")
    }

    async fn serve(self: Arc<Self>, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        loop {
            let mut request = String::new();
            while !request.ends_with("\r\n\r\n") {
                if stream.read_line(&mut request).await? == 0 {
                    return Ok(());
                }
            }
            let answer = self.answer(&request);
            stream.write_all(answer.as_bytes()).await?;
        }
    }

    async fn start(self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let simulated = Arc::new(self);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = Arc::clone(&simulated).serve(stream);
                tokio::spawn(serving);
            }
        });
        address
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_number_of_rows_is_compared_in_bounded_memory() {
    let rows = setting("AUDIT_ROWS", 20_000);
    let step = rows / 5;
    let world = World::new(Options::default()).await;
    let digest = "0".repeat(64);
    world
        .execute(&format!(
            "INSERT INTO sales_invoice (id, platform, shop_id, order_id, package_id, sequence_number, status, object_key,
                sha256, size_bytes, request, request_digest, attempts, created_at, updated_at, generated_at)
            SELECT gen_random_uuid(), 'sim', 's' || lpad((n / 10000)::text, 3, '0'), lpad((n % 10000)::text, 4, '0'), '1',
                '1', 'generated', 'invoices/sim/s' || lpad((n / 10000)::text, 3, '0') || '/' ||
                lpad((n % 10000)::text, 4, '0') || '/1/1.pdf',
                '{digest}', 50000, repeat('x', 1500), '{digest}', 1, now(), now(), now()
            FROM generate_series(0, {rows} - 1) n"
        ))
        .await;
    world.execute("ANALYZE sales_invoice").await;
    let address = Simulated { rows, step }.start().await;
    let endpoint = format!("http://{address}");
    let variables = [("AWS_ENDPOINT_URL_S3", endpoint.as_str())];
    let arguments = ["--quick", "--min-age", "0s"];
    let report = audit_with(&world, &variables, &arguments).await;
    println!(
        "audit of {rows} rows: {:?}, {} MiB, found {:?}",
        report.took,
        report.peak_kib >> 10,
        report.counts()
    );
    assert_eq!(report.code, 3, "{}", report.stderr);
    let faults = [
        ("object_cut", 5),
        ("object_missing", 5),
        ("object_unknown", 5),
    ];
    assert_eq!(report.counts(), faults.into(), "{}", report.stderr);
    assert_eq!(report.summary["rows"], rows);
    assert_eq!(report.summary["objects"], rows);
    assert!(
        report.peak_kib > 0 && report.peak_kib < MAX_MEMORY_KIB,
        "{} KiB",
        report.peak_kib
    );
}
