//! TLS of the server: certificates, their renewal, and clients that do not keep to the protocol.

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::rustls::{ProtocolVersion, version};

use crate::harness::http::{Client, exchange};
use crate::harness::{Authority, Options, Serve, ServerFiles, World, eventually};

/// The status of a call by a client that trusts this authority only.
async fn call(authority: &Authority, serve: &Serve) -> io::Result<u16> {
    let mut stream = authority.connect(serve.address()).await?;
    let answer = exchange(&mut stream, &head(serve, "/v1/templates")).await;
    Ok(answer.status)
}

/// The head of a call under the name of the certificate.
fn head(serve: &Serve, path: &str) -> Vec<u8> {
    let client = Client::new(serve.address()).header("Host", "localhost");
    client.head("GET", path, 0)
}

async fn serve(files: &ServerFiles, world: &World) -> Serve {
    serve_with(files, world, &[]).await
}

async fn serve_with(files: &ServerFiles, world: &World, variables: &[(&str, &str)]) -> Serve {
    let text = |path: &PathBuf| path.to_str().expect("UTF-8").to_owned();
    let (certificate, key) = (text(&files.certificate), text(&files.key));
    let files = [
        ("HTTP_TLS_CERT_FILE", certificate.as_str()),
        ("HTTP_TLS_KEY_FILE", key.as_str()),
    ];
    world.serve_with(&[&files[..], variables].concat()).await
}

async fn has_logged(serve: &Serve, event: &str, times: usize) {
    eventually(event, async || {
        let seen = serve.events(event).len();
        if seen >= times { Ok(()) } else { Err(seen) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewed_certificate_is_used_and_a_broken_one_is_not() {
    let world = World::new(Options::sqlite()).await;
    let (old, new) = (Authority::new(), Authority::new());
    let files = old.write(&world);
    let serve = serve(&files, &world).await;
    assert_eq!(call(&old, &serve).await.expect("TLS"), 200);
    call(&new, &serve)
        .await
        .expect_err("the authority is another one");

    // The certificate alone does not fit to the key of the old one.
    std::fs::write(&files.certificate, &new.server).expect("a file");
    has_logged(&serve, "http_certificate_refused", 1).await;
    assert_eq!(call(&old, &serve).await.expect("TLS"), 200);
    std::fs::write(&files.key, &new.key).expect("a file");
    has_logged(&serve, "http_certificate_reloaded", 1).await;
    assert_eq!(call(&new, &serve).await.expect("TLS"), 200);
    call(&old, &serve)
        .await
        .expect_err("the certificate was renewed");

    std::fs::write(&files.certificate, "no certificate").expect("a file");
    has_logged(&serve, "http_certificate_refused", 2).await;
    assert_eq!(call(&new, &serve).await.expect("TLS"), 200);
    std::fs::remove_file(&files.key).expect("a file");
    has_logged(&serve, "http_certificate_refused", 3).await;
    assert_eq!(call(&new, &serve).await.expect("TLS"), 200);
    assert_eq!(serve.events("http_certificate_reloaded").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_do_not_speak_tls_or_do_not_finish_keep_no_other_waiting() {
    let world = World::new(Options::sqlite()).await;
    let authority = Authority::new();
    let serve = serve(&authority.write(&world), &world).await;
    // More than there is room for, and half of them have begun a handshake.
    let mut silent = Vec::new();
    for number in 0..200 {
        let mut stream = TcpStream::connect(serve.address())
            .await
            .expect("a connection");
        if number % 2 == 0 {
            // The head of a record, which says that more bytes follow.
            stream
                .write_all(&[0x16, 3, 1, 2, 0, 1])
                .await
                .expect("bytes are sent");
        }
        silent.push(stream);
    }
    for bytes in [
        &b"GET /v1/templates HTTP/1.1\r\nHost: localhost\r\n\r\n"[..],
        b"\0\0\0\0",
        &[0xff; 5_000],
    ] {
        let mut plain = TcpStream::connect(serve.address())
            .await
            .expect("a connection");
        plain.write_all(bytes).await.ok();
        let mut answer = Vec::new();
        let ended = timeout(Duration::from_secs(15), plain.read_to_end(&mut answer)).await;
        ended.expect("the server ends the connection").ok();
        assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    }
    let started = Instant::now();
    assert_eq!(call(&authority, &serve).await.expect("TLS"), 200);
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
    for mut stream in silent {
        let mut answer = Vec::new();
        let ended = timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
        ended.expect("the server ends the connection").ok();
    }
    assert_eq!(call(&authority, &serve).await.expect("TLS"), 200);
    assert!(
        serve
            .complaints()
            .iter()
            .all(|entry| entry.is("http_without_tokens"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_cannot_be_used_end_the_start_with_2() {
    let world = World::new(Options::sqlite()).await;
    let authority = Authority::new();
    authority.write(&world);
    std::fs::write(world.path("other.pem"), Authority::new().key).expect("a file");
    std::fs::write(world.path("empty.pem"), "").expect("a file");
    let path = |name: &str| match name {
        "" => String::new(),
        name => world.path(name).to_str().expect("UTF-8").to_owned(),
    };
    for (certificate, key, expected) in [
        ("server.pem", "", "HTTP_TLS_KEY_FILE is not set"),
        ("", "key.pem", "HTTP_TLS_CERT_FILE is not set"),
        (
            "missing.pem",
            "key.pem",
            "HTTP_TLS_CERT_FILE (the environment) is /",
        ),
        (
            "server.pem",
            "missing.pem",
            "HTTP_TLS_KEY_FILE (the environment) is /",
        ),
        (
            "empty.pem",
            "key.pem",
            "HTTP_TLS_CERT_FILE (the environment) and HTTP_TLS_KEY_FILE cannot be used: there is no certificate",
        ),
        ("key.pem", "key.pem", "there is no certificate"),
        (
            "server.pem",
            "empty.pem",
            "HTTP_TLS_CERT_FILE (the environment) and HTTP_TLS_KEY_FILE cannot be used",
        ),
        (
            "server.pem",
            "server.pem",
            "HTTP_TLS_CERT_FILE (the environment) and HTTP_TLS_KEY_FILE cannot be used",
        ),
        (
            "server.pem",
            "other.pem",
            "HTTP_TLS_CERT_FILE (the environment) and HTTP_TLS_KEY_FILE cannot be used",
        ),
    ] {
        let finished = world
            .program(&["serve"])
            .envs([
                ("HTTP_ADDR", "127.0.0.1:0"),
                ("HTTP_TLS_CERT_FILE", &*path(certificate)),
                ("HTTP_TLS_KEY_FILE", &*path(key)),
            ])
            .run()
            .await;
        let case = format!("{certificate:?} {key:?}: {finished:#?}");
        assert_eq!(finished.code, 2, "{case}");
        assert!(finished.stderr.contains(expected), "{case}");
        assert!(!finished.stderr.contains("PRIVATE KEY"), "{case}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_of_both_versions_are_answered_and_are_sent_to_tls_from_then_on() {
    let world = World::new(Options::sqlite()).await;
    let authority = Authority::new();
    let with_tls = serve(&authority.write(&world), &world).await;
    for (versions, expected) in [
        ([&version::TLS12], ProtocolVersion::TLSv1_2),
        ([&version::TLS13], ProtocolVersion::TLSv1_3),
    ] {
        for (path, status) in [
            ("/v1/templates", 200),
            ("/v1/nothing", 404),
            ("/healthz", 200),
            ("/openapi.json", 200),
        ] {
            let connected = authority.connect_with(with_tls.address(), &versions);
            let mut stream = connected.await.expect("TLS");
            let answer = exchange(&mut stream, &head(&with_tls, path)).await;
            assert_eq!(answer.status, status, "{answer:?}");
            let only_tls = answer.header("strict-transport-security");
            assert_eq!(only_tls, Some("max-age=31536000"), "{answer:?}");
            let used = stream.get_ref().1.protocol_version();
            assert_eq!(used, Some(expected));
        }
    }
    // Taken back.
    let taken_back = [("HTTP_HSTS_SECONDS", "0")];
    let taken_back = serve_with(&authority.write(&world), &world, &taken_back).await;
    let mut stream = authority.connect(taken_back.address()).await.expect("TLS");
    let answer = exchange(&mut stream, &head(&taken_back, "/v1/nothing")).await;
    let only_tls = answer.header("strict-transport-security");
    assert_eq!(only_tls, Some("max-age=0"), "{answer:?}");
    // Without TLS the header must not be sent (RFC 6797, 7.2).
    let plain = world.serve().await;
    let answer = plain.client().get("/v1/templates").await;
    assert_eq!(answer.header("strict-transport-security"), None);
}

/// `health` asks at an address, for which the certificate is not.
#[tokio::test(flavor = "multi_thread")]
async fn the_health_command_asks_over_tls_and_accepts_the_certificate_of_the_settings_only() {
    let world = World::new(Options::sqlite()).await;
    let (authority, other) = (Authority::new(), Authority::new());
    let files = authority.write(&world);
    let with_tls = serve(&files, &world).await;
    let plain = world.serve().await;
    std::fs::write(world.path("other.pem"), &other.server).expect("a file");
    std::fs::write(world.path("other-key.pem"), &other.key).expect("a file");
    std::fs::write(world.path("broken.pem"), "no certificate").expect("a file");
    let asked = async |serve: &Serve, certificate: &str, key: &str| {
        let file = |name: &str| match name {
            "" => String::new(),
            name => world.path(name).to_str().expect("UTF-8").to_owned(),
        };
        let address = serve.address().to_string();
        let health = world.program(&["health"]).envs([
            ("HTTP_ADDR", address),
            ("HTTP_TLS_CERT_FILE", file(certificate)),
            ("HTTP_TLS_KEY_FILE", file(key)),
        ]);
        health.run().await
    };
    eventually("a server that is ready", async || {
        let health = asked(&with_tls, "server.pem", "key.pem").await;
        if health.code == 0 {
            Ok(())
        } else {
            Err(health)
        }
    })
    .await;
    let ready = asked(&with_tls, "server.pem", "key.pem").await;
    assert!(ready.stdout.contains("\"components\""), "{ready:#?}");
    let foreign = asked(&with_tls, "other.pem", "other-key.pem").await;
    assert_eq!(foreign.code, 1, "{foreign:#?}");
    let problem = "another certificate than HTTP_TLS_CERT_FILE";
    assert!(foreign.stderr.contains(problem), "{foreign:#?}");
    // A renewal that went wrong: the server goes on with the certificate before, and must not be restarted for it.
    let broken = asked(&with_tls, "broken.pem", "key.pem").await;
    assert_eq!(broken.code, 0, "{broken:#?}");
    assert!(broken.stderr.contains("is not compared"), "{broken:#?}");
    // The key is not needed, and whatever it is, certificates are compared.
    for key in ["", "missing.pem", "broken.pem"] {
        let health = asked(&with_tls, "server.pem", key).await;
        assert_eq!(health.code, 0, "{key}: {health:#?}");
        assert!(!health.stderr.contains("is not compared"), "{health:#?}");
        let foreign = asked(&with_tls, "other.pem", key).await;
        assert_eq!(foreign.code, 1, "{key}: {foreign:#?}");
        assert!(foreign.stderr.contains(problem), "{foreign:#?}");
    }
    for (certificate, problem) in [
        ("missing.pem", "HTTP_TLS_CERT_FILE is /"),
        ("", "HTTP_TLS_CERT_FILE is not set"),
    ] {
        let unreadable = asked(&with_tls, certificate, "key.pem").await;
        assert_eq!(unreadable.code, 1, "{unreadable:#?}");
        assert!(unreadable.stderr.contains(problem), "{unreadable:#?}");
    }
    // The variables of the API beside a process that has no TLS, as a worker's.
    let without = asked(&plain, "server.pem", "key.pem").await;
    assert_eq!(without.code, 0, "{without:#?}");
    let unset = asked(&with_tls, "", "").await;
    assert_eq!(unset.code, 1, "{unset:#?}");
}
