//! The server of the provider's keys: found late, renewed, away, and behind TLS.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::{Key, claims, serve, set_of};
use crate::harness::{Authority, Entry, Options, Serve, World, closed_port, eventually};

/// The provider's server of keys.
struct Provider {
    address: SocketAddr,
    keys: Arc<Mutex<String>>,
    asked: Arc<AtomicUsize>,
}

impl Provider {
    async fn start(keys: String) -> Self {
        Self::start_with(keys, None).await
    }

    /// The same with TLS, where there is an authority.
    async fn start_with(keys: String, tls: Option<&Authority>) -> Self {
        let listener = TcpListener::bind(anywhere()).await.expect("a port");
        Self::start_at(listener, keys, tls)
    }

    /// The same at this address.
    fn start_at(listener: TcpListener, keys: String, tls: Option<&Authority>) -> Self {
        let tls = tls.map(|authority| TlsAcceptor::from(Arc::new(authority.server_config())));
        let provider = Self {
            address: listener.local_addr().expect("an address"),
            keys: Arc::new(Mutex::new(keys)),
            asked: Arc::default(),
        };
        let (keys, asked) = (Arc::clone(&provider.keys), Arc::clone(&provider.asked));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                asked.fetch_add(1, Ordering::Relaxed);
                let keys = keys.lock().expect("the keys").clone();
                match &tls {
                    None => answer(stream, &keys).await,
                    Some(tls) => {
                        // A client that does not trust the authority ends the handshake.
                        if let Ok(stream) = tls.accept(stream).await {
                            answer(stream, &keys).await;
                        }
                    }
                }
            }
        });
        provider
    }

    fn url(&self) -> String {
        format!("http://{}/certs", self.address)
    }

    fn publish(&self, keys: String) {
        *self.keys.lock().expect("the keys") = keys;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

/// Answers the first request of a connection; nothing is a server that fails.
async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, keys: &str) {
    let status = if keys.is_empty() {
        "503 Away"
    } else {
        "200 OK"
    };
    let length = keys.len();
    let answer =
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{keys}");
    // Whatever the request is, the answer is the same.
    let _ = stream.read(&mut [0; 4_096]).await.unwrap_or(0);
    stream.write_all(answer.as_bytes()).await.ok();
    stream.shutdown().await.ok();
}

fn anywhere() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// Waits until a token is accepted.
async fn is_accepted(serve: &Serve, token: &str) {
    eventually("a token that is accepted", async || {
        let answer = serve.client_with(token).get("/v1/templates").await;
        if answer.status == 200 {
            Ok(())
        } else {
            answer.is_problem(401, "unauthorized");
            Err(answer)
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_keys_are_found_and_invented_ones_do_not_bother_the_provider() {
    let world = World::new(Options::sqlite()).await;
    let (old, new, never) = (Key::new("old"), Key::rsa("new"), Key::new("never"));
    let provider = Provider::start(set_of(&[&old])).await;
    let serve = serve(&world, &provider.url(), &[]).await;
    let of = |key: &Key| key.sign(&claims(json!({})));
    let status = async |token: &str| serve.client_with(token).get("/v1/templates").await.status;
    assert_eq!((status(&of(&old)).await, provider.asked()), (200, 1));
    for _ in 0..100 {
        assert_eq!(status(&of(&never)).await, 401);
    }
    assert!(provider.asked() <= 2, "{}", provider.asked());

    // The provider fails, then it has sent something else: the keys before stay in use.
    for keys in [
        String::new(),
        "<html>".to_owned(),
        r#"{"keys":[]}"#.to_owned(),
    ] {
        let before = serve.events("oidc_keys_unavailable").len();
        provider.publish(keys);
        eventually("a warning", async || {
            assert_eq!(status(&of(&never)).await, 401);
            let seen = serve.events("oidc_keys_unavailable").len();
            if seen > before { Ok(()) } else { Err(seen) }
        })
        .await;
        assert_eq!(status(&of(&old)).await, 200);
    }
    provider.publish(set_of(&[&old, &new]));
    is_accepted(&serve, &of(&new)).await;
    assert_eq!(status(&of(&old)).await, 200);
    // One that is withdrawn is refused once the keys are read again.
    provider.publish(set_of(&[&new]));
    eventually("the end of a key", async || {
        assert_eq!(status(&of(&never)).await, 401);
        let status = status(&of(&old)).await;
        if status == 401 { Ok(()) } else { Err(status) }
    })
    .await;
    assert_eq!(status(&of(&new)).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_starts_while_the_provider_is_away() {
    let world = World::new(Options::sqlite()).await;
    let key = Key::new("a");
    let token = key.sign(&claims(json!({})));
    let (port, address) = closed_port();
    let serve = serve(&world, &format!("http://{address}/certs"), &[]).await;
    assert_eq!(serve.events("oidc_keys_unavailable").len(), 1);
    let refused = serve.client_with(&token).get("/v1/templates").await;
    refused.is_problem(401, "unauthorized");
    serve
        .client()
        .get("/v1/templates")
        .await
        .is_problem(401, "unauthorized");
    let listener = port.listen(16).expect("a listener");
    let _provider = Provider::start_at(listener, set_of(&[&key]), None);
    is_accepted(&serve, &token).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_does_not_answer_does_not_delay_the_start() {
    let world = World::new(Options::sqlite()).await;
    let silent = std::net::TcpListener::bind(anywhere()).expect("a port");
    let address = silent.local_addr().expect("an address");
    let serve = serve(&world, &format!("http://{address}/certs"), &[]).await;
    // The limit of the first try has ended it. That of other calls, which is longer, has other words.
    let events = serve.events("oidc_keys_unavailable");
    let is_cut = |entry: &Entry| entry.field_contains("problem", "does not answer");
    assert!(events.first().is_some_and(is_cut), "{events:#?}");
    assert_eq!(serve.client().get("/healthz").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_read_over_tls_from_a_provider_whose_authority_is_trusted_only() {
    let world = World::new(Options::sqlite()).await;
    let key = Key::new("a");
    let (authority, other) = (Authority::new(), Authority::new());
    let provider = Provider::start_with(set_of(&[&key]), Some(&authority)).await;
    let url = format!("https://localhost:{}/certs", provider.address.port());
    let token = key.sign(&claims(json!({})));
    let trusted = authority.write_own(&world, "ca.pem");
    let trusting = serve(&world, &url, &[("SSL_CERT_FILE", &trusted)]).await;
    assert!(trusting.events("oidc_keys_unavailable").is_empty());
    trusting
        .client_with(&token)
        .get("/v1/templates")
        .await
        .is(200);

    let untrusted = other.write_own(&world, "other.pem");
    let refusing = serve(&world, &url, &[("SSL_CERT_FILE", &untrusted)]).await;
    let events = refusing.events("oidc_keys_unavailable");
    let named = |entry: &&Entry| entry.field_contains("problem", "certificate");
    assert_eq!(events.iter().filter(named).count(), 1, "{events:#?}");
    let refused = refusing.client_with(&token).get("/v1/templates").await;
    refused.is_problem(401, "unauthorized");
}
