//! The server: accepts connections within limits, and stops in order.
//!
//! Nothing that a client does, or leaves undone, keeps others waiting: connections are counted, and each step of a request has a
//! time limit.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::{CONNECTION, STRICT_TRANSPORT_SECURITY};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;
use tracing::{debug, info, warn};

use super::connections::{Place, Places};
use super::tls::Tls;
use super::watched::Watched;
use crate::config::ConfigError;

/// Connections at once. For one more, one without a request is closed; where all have one, it is refused with the status 503.
const MAX_CONNECTIONS: usize = 1_024;

/// Longest time from a connection, or from the answer before, to the end of a request's headers.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);

/// Longest time in which a client accepts no byte of an answer.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// Largest headers of a request, in bytes.
const MAX_HEAD: usize = 32 << 10;

/// How long accepting pauses when the process has no file descriptors left.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(200);

/// The answer to a connection that is one too many.
const REFUSAL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    content-type: application/problem+json\r\ncontent-length: 166\r\nretry-after: 1\r\nconnection: close\r\n\r\n\
    {\"type\":\"urn:invoice-worker:problem:overloaded\",\"title\":\"Too many requests at once\",\"status\":503,\
    \"code\":\"overloaded\",\"detail\":\"too many connections; try again later\"}";

/// How a server ends after it was asked to stop.
#[derive(Clone, Copy, Debug)]
pub struct Ending {
    /// For so long it accepts connections and answers calls as before, so that who watches its readiness sends no more of them
    /// before they are refused.
    pub accepting: Duration,
    /// Requests in work are finished within this time after it.
    pub grace: Duration,
}

/// Longest time in which a server that is asked to stop accepts connections.
const LONGEST_ACCEPTING: Duration = Duration::from_secs(2);

impl Ending {
    /// Accepts for a moment, and finishes within `grace` in all.
    pub fn within(grace: Duration) -> Self {
        let accepting = LONGEST_ACCEPTING.min(grace / 2);
        Self {
            accepting,
            grace: grace - accepting,
        }
    }

    /// Accepts nothing more, and finishes within `grace`.
    pub fn at_once(grace: Duration) -> Self {
        let accepting = Duration::ZERO;
        Self { accepting, grace }
    }
}

/// A server that is bound to its address.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<Tls>,
}

impl Server {
    /// Binds to an address.
    ///
    /// # Errors
    ///
    /// It is in use, or not one of this machine.
    pub async fn bind(address: SocketAddr) -> Result<Self, ConfigError> {
        let bound = async {
            let listener = TcpListener::bind(address).await?;
            let address = listener.local_addr()?;
            Ok(Self {
                listener,
                address,
                tls: None,
            })
        };
        bound.await.map_err(|error: std::io::Error| ConfigError {
            variable: "HTTP_ADDR",
            problem: format!("is {address}, which cannot be used: {error}"),
        })
    }

    /// The address; its port is a free one where 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same with TLS.
    pub fn with_tls(self, tls: Option<Tls>) -> Self {
        Self { tls, ..self }
    }

    /// Answers until `stop`, and ends as `ending` says.
    pub async fn run(self, router: Router, stop: &CancellationToken, ending: Ending) {
        info!(event = "http_listening", address = %self.address, "listening");
        let places = Places::new(MAX_CONNECTIONS);
        let connections = TaskTracker::new();
        let closing = CancellationToken::new();
        let last_accepted = async {
            stop.cancelled().await;
            sleep(ending.accepting).await;
        };
        let mut last_accepted = std::pin::pin!(last_accepted);
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = &mut last_accepted => break,
            };
            let (stream, address) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    warn!(event = "http_accept_failed", %error, "a connection could not be accepted");
                    sleep(EXHAUSTED_PAUSE).await;
                    continue;
                }
            };
            let Some(place) = places.take().await else {
                // A client of TLS could not read it.
                if self.tls.is_none() {
                    refuse(&stream);
                }
                continue;
            };
            let (router, tls) = (router.clone(), self.tls.clone());
            let end = End {
                only_tls: tls.as_ref().map(Tls::only_tls),
                peer: Peer(address.ip()),
                stop: stop.clone(),
                closing: closing.clone(),
            };
            connections.spawn(async move {
                let place = Arc::new(place);
                let stream = watched(stream);
                let served = match tls {
                    None => serve(stream, router, &end, place).await,
                    Some(tls) => {
                        let accepted = tokio::select! {
                            accepted = tls.accept(stream) => accepted,
                            () = end.closing.cancelled() => return,
                            () = place.needed() => return,
                        };
                        match accepted {
                            Ok(stream) => serve(stream, router, &end, place).await,
                            Err(error) => Err(error.to_string()),
                        }
                    }
                };
                if let Err(error) = served {
                    debug!(
                        event = "http_connection_ended",
                        error, "a connection ended before its answer"
                    );
                }
            });
        }
        drop(self.listener);
        closing.cancel();
        connections.close();
        if timeout(ending.grace, connections.wait()).await.is_err() {
            warn!(
                event = "http_grace_over",
                connections = connections.len(),
                "requests are cut off: they took longer than the grace period"
            );
        }
    }
}

/// The address that a request comes from: that of the proxy, where there is one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) IpAddr);

/// What a connection knows of itself and its server: what its answers say of TLS, if it has it, and its end.
struct End {
    peer: Peer,
    only_tls: Option<HeaderValue>,
    /// The server was asked to stop: each answer is the last one of its connection.
    stop: CancellationToken,
    /// Connections without a request in work are closed.
    closing: CancellationToken,
}

/// A connection whose client has to accept what is sent.
fn watched(stream: TcpStream) -> Pin<Box<TimeoutStream<TcpStream>>> {
    // Answers are small; waiting to fill a packet would delay each.
    stream.set_nodelay(true).ok();
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE_TIMEOUT));
    Box::pin(stream)
}

/// Serves one connection to its end.
async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    router: Router,
    end: &End,
    place: Arc<Place>,
) -> Result<(), String> {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(MAX_HEAD)
        .serve_connection(
            TokioIo::new(stream),
            service_fn(|mut request| {
                let (router, in_work) = (router.clone(), place.begin());
                request.extensions_mut().insert(end.peer);
                async move {
                    let Ok(mut answer) = router.oneshot(request).await;
                    let headers = answer.headers_mut();
                    if end.stop.is_cancelled() {
                        headers.insert(CONNECTION, HeaderValue::from_static("close"));
                    }
                    if let Some(value) = &end.only_tls {
                        headers.insert(STRICT_TRANSPORT_SECURITY, value.clone());
                    }
                    Ok::<_, Infallible>(answer.map(|body| Watched::new(body, in_work)))
                }
            }),
        );
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        result = &mut connection => Some(result),
        () = end.closing.cancelled() => None,
        () = place.needed() => {
            // It may have got a request in this moment.
            if place.is_waiting() {
                return Ok(());
            }
            None
        }
    };
    let result = match ended {
        Some(result) => result,
        None => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    result.map_err(|error| error.to_string())
}

/// What fits into the buffer of a new connection is sent without waiting.
fn refuse(stream: &TcpStream) {
    stream.try_write(REFUSAL).ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_ends_within_its_grace() {
        for (grace_ms, accepting_ms) in [(0, 0), (1_000, 500), (30_000, 2_000)] {
            let grace = Duration::from_millis(grace_ms);
            let ending = Ending::within(grace);
            assert_eq!(ending.accepting, Duration::from_millis(accepting_ms));
            assert_eq!(ending.accepting + ending.grace, grace);
        }
    }

    #[test]
    fn the_refusal_is_as_long_as_it_says() {
        let text = std::str::from_utf8(REFUSAL).expect("UTF-8");
        let (head, body) = text.split_once("\r\n\r\n").expect("head and body");
        assert!(
            head.contains(&format!("\r\ncontent-length: {}\r\n", body.len())),
            "{} bytes",
            body.len()
        );
        let problem: serde_json::Value = serde_json::from_str(body).expect("JSON");
        assert_eq!(problem["code"], "overloaded");
    }
}
