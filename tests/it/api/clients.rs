//! Clients that are slow, silent or many. None keeps another one waiting.

use std::time::{Duration, Instant};

use invoice_worker::database::DeadLetterStatus;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use sea_orm::{ConnectionTrait as _, TransactionTrait as _};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

use super::operators::world_with;
use crate::dead_letters::archived;
use crate::harness::http::{self, exchange};
use crate::harness::{Options, World, eventually, peak_kib, waits_for_a_lock};

async fn connect(address: std::net::SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.expect("a connection")
}

/// Waits until the server has closed a connection; answers what it has sent.
async fn is_closed(stream: &mut TcpStream, within: Duration) -> Option<http::Answer> {
    let read = timeout(within, http::read(stream)).await;
    read.expect("the server closes the connection")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_never_ends_is_answered_with_408_and_its_connection_is_closed() {
    let world = World::new(Options::default()).await;
    let serve = world.serve().await;
    let client = serve
        .client()
        .header("Content-Type", "application/json")
        .header("Connection", "keep-alive");
    // A byte now and then: each is in time, the body is not.
    let dripping = async {
        let mut stream = connect(serve.address()).await;
        let head = client.head("POST", "/v1/invoices", 1_000);
        stream.write_all(&head).await.expect("the head is sent");
        let (mut reader, mut writer) = stream.split();
        let drip = async {
            while writer.write_all(b" ").await.is_ok() {
                sleep(Duration::from_millis(500)).await;
            }
            std::future::pending::<()>().await;
        };
        let mut reply = Vec::new();
        let read = reader.read_to_end(&mut reply);
        tokio::select! {
            () = drip => {}
            ended = timeout(Duration::from_secs(40), read) => {
                ended.expect("the connection is closed").ok();
            }
        }
        let reply = String::from_utf8_lossy(&reply).into_owned();
        assert!(reply.starts_with("HTTP/1.1 408 "), "{reply}");
        assert!(reply.contains("\"code\":\"body_timeout\""), "{reply}");
    };
    // One of chunks, without a length: its size has an end.
    let endless = async {
        let mut stream = connect(serve.address()).await;
        let mut head = client.head("POST", "/v1/validate", 0);
        head.truncate(head.len() - 2);
        head.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
        stream.write_all(&head).await.expect("the head is sent");
        let chunk = [
            format!("{:x}\r\n", 1 << 16).into_bytes(),
            vec![b' '; 1 << 16],
            b"\r\n".to_vec(),
        ]
        .concat();
        let mut sent = 0_usize;
        while stream.write_all(&chunk).await.is_ok() {
            sent += chunk.len();
            assert!(sent < 64 << 20, "the server reads on and on");
        }
        if let Some(answer) = is_closed(&mut stream, Duration::from_secs(5)).await {
            answer.is_problem(413, "request_too_large");
        }
    };
    // A length that is not kept.
    let short = async {
        let mut stream = connect(serve.address()).await;
        let head = client.head("POST", "/v1/invoices", 1_000);
        stream.write_all(&head).await.expect("the head is sent");
        stream.shutdown().await.expect("the end is sent");
        if let Some(answer) = is_closed(&mut stream, Duration::from_secs(5)).await {
            answer.is_problem(400, "body_unreadable");
        }
    };
    // A head that does not end.
    let headless = async {
        let mut stream = connect(serve.address()).await;
        let started = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ";
        stream.write_all(started).await.expect("it is sent");
        let closed = is_closed(&mut stream, Duration::from_secs(30)).await;
        assert!(closed.is_none_or(|answer| answer.status == 408));
    };
    tokio::join!(dripping, endless, short, headless);
    assert!(
        peak_kib(serve.pid()) < 400 << 10,
        "{} KiB",
        peak_kib(serve.pid())
    );
    assert_eq!(serve.client().get("/v1/templates").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_connections_keep_nobody_out() {
    let world = World::new(Options::default()).await;
    let serve = world.serve().await;
    let client = serve.client();
    // As many as this process may have, with some left for everything else.
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(u64::MAX).min(11_000);
    let raised = Rlimit {
        current: Some(most),
        ..limit
    };
    setrlimit(Resource::Nofile, raised).expect("the limit can be raised");
    let count = usize::try_from(most)
        .expect("a count")
        .saturating_sub(500)
        .min(10_000);
    assert!(
        count > 2_000,
        "this machine permits {count} connections only"
    );

    let mut silent = Vec::with_capacity(count);
    let mut slowest = Duration::ZERO;
    for number in 0..count {
        silent.push(connect(serve.address()).await);
        if number % 500 == 0 {
            let started = Instant::now();
            assert_eq!(client.get("/v1/templates").await.status, 200, "{number}");
            slowest = slowest.max(started.elapsed());
        }
    }
    let started = Instant::now();
    client.get("/v1/invoices").await.is(200);
    slowest = slowest.max(started.elapsed());
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
    assert!(serve.events("http_accept_failed").is_empty());
    assert!(
        peak_kib(serve.pid()) < 400 << 10,
        "{} KiB",
        peak_kib(serve.pid())
    );
    drop(silent);
    client.get("/v1/invoices").await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_reads_nothing_is_given_up_and_others_are_answered_meanwhile() {
    let world = World::new(Options::default()).await;
    let serve = world.serve().await;
    let client = serve.client().header("Connection", "keep-alive");
    let call = client.head("GET", "/openapi.json", 0);
    let mut slow = Vec::new();
    for _ in 0..50 {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket
            .set_recv_buffer_size(4 << 10)
            .expect("a small buffer");
        let mut stream = socket.connect(serve.address()).await.expect("a connection");
        // More answers than buffers hold.
        for _ in 0..100 {
            if timeout(Duration::from_millis(50), stream.write_all(&call))
                .await
                .is_err()
            {
                break;
            }
        }
        slow.push(stream);
    }
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(38) {
        let called = Instant::now();
        assert_eq!(serve.client().get("/v1/templates").await.status, 200);
        assert!(called.elapsed() < Duration::from_secs(5));
        sleep(Duration::from_secs(1)).await;
    }
    // What is buffered comes, and then the end, and not all answers.
    for mut stream in slow {
        let mut reply = Vec::new();
        let ended = timeout(Duration::from_secs(10), stream.read_to_end(&mut reply)).await;
        ended.expect("the server has closed the connection").ok();
        assert!(reply.len() < 50 << 20);
    }
    assert!(
        peak_kib(serve.pid()) < 400 << 10,
        "{} KiB",
        peak_kib(serve.pid())
    );
}

/// A page in a browser of this machine reaches the server under a name that its owner chooses.
#[tokio::test(flavor = "multi_thread")]
async fn without_tokens_only_names_of_this_machine_are_answered() {
    let world = World::new(Options::default()).await;
    let serve = world.serve().await;
    let client = serve.client();
    assert_eq!(serve.events("http_without_tokens").len(), 1);
    let port = serve.address().port();
    for host in [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:80",
        "10.0.0.1",
        "",
        "[::2]:80",
        "0.0.0.0",
    ] {
        let client = client.clone().header("Host", host);
        for path in [
            "/v1/invoices",
            "/v1/templates",
            "/openapi.json",
            "/docs",
            "/nothing",
        ] {
            client.get(path).await.is_problem(403, "forbidden");
        }
    }
    for host in [
        &*format!("127.0.0.1:{port}"),
        &*format!("localhost:{port}"),
        "localhost",
        "[::1]",
        "LOCALHOST",
    ] {
        let client = client.clone().header("Host", host);
        assert_eq!(client.get("/v1/templates").await.status, 200, "{host}");
    }
    // The name in the first line counts for more than the header.
    let request = "GET http://evil.example/v1/templates HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let refused = exchange(&mut connect(serve.address()).await, request.as_bytes()).await;
    refused.is_problem(403, "forbidden");
    let request = "GET /v1/templates HTTP/1.0\r\n\r\n";
    let refused = exchange(&mut connect(serve.address()).await, request.as_bytes()).await;
    refused.is_problem(403, "forbidden");
}

/// The page for people needs nothing from elsewhere, and no script.
#[tokio::test(flavor = "multi_thread")]
async fn the_description_is_served_as_a_document_and_as_a_page() {
    let world = World::new(Options::default()).await;
    let serve = world.serve().await;
    let client = serve.client();
    let document: Value = client.get("/openapi.json").await.is(200);
    assert_eq!(document["openapi"], "3.1.0");
    let page = client.get("/docs").await;
    assert_eq!(
        (page.status, page.header("content-type")),
        (200, Some("text/html; charset=utf-8"))
    );
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(
        policy.starts_with("default-src 'none'; style-src 'self'"),
        "{policy}"
    );
    let html = String::from_utf8(page.body).expect("UTF-8");
    assert!(
        html.contains("/v1/invoices") && !html.contains("<script") && !html.contains("http://"),
        "{html}"
    );
    assert_eq!(client.get("/docs/style.css").await.status, 200);
    let root = client.get("/").await;
    assert_eq!(root.status, 200, "{root:?}");
    root.shows(&["href=\"/docs\""]);
    assert_eq!(client.call("HEAD", "/openapi.json", b"").await.status, 200);
    assert_eq!(client.get("/healthz").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_discard_goes_on_when_its_client_goes_away() {
    let (world, archive) = world_with(Options::default(), 3).await;
    let serve = world.serve().await;
    let url = &world.variables["DATABASE_URL"];
    let database = sea_orm::Database::connect(url.as_str()).await;
    let database = database.expect("the database can be reached");
    let lock = database.begin().await.expect("a transaction");
    // Permits to read.
    let locked = lock.execute_unprepared("LOCK TABLE dead_letter IN EXCLUSIVE MODE");
    locked.await.expect("a free table");

    let client = serve.client();
    let calling = tokio::spawn(async move {
        let body = json!({ "reason": "sold twice", "targets": { "all": true } });
        client.post("/v1/dead-letters/discard", &body).await
    });
    waits_for_a_lock(&database).await;
    calling.abort();
    calling.await.expect_err("no answer");
    // By the time that the server has answered these, it has noticed.
    for _ in 0..20 {
        serve.client().get("/v1/changes").await.is(200);
    }
    lock.rollback().await.expect("an unlocked table");
    eventually("discarded dead letters", async || {
        let rows = archived(&archive).await;
        let mut statuses = rows.iter().map(|row| row.status);
        if statuses.all(|status| status == DeadLetterStatus::Discarded) {
            Ok(())
        } else {
            Err(rows)
        }
    })
    .await;
    let changes = serve.client().get("/v1/changes").await.is(200);
    assert_eq!(changes["items"][0]["counts"], json!({ "discarded": 3 }));
}
