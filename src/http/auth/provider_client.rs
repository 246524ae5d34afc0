//! The HTTP client for an identity provider: bounded in time and size, without redirects.

use std::time::Duration;

use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderValue, Request, StatusCode, Uri};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::time::timeout;

use crate::config::ConfigError;
use crate::trust;

/// Longest time for an answer.
const LONGEST: Duration = Duration::from_secs(10);

/// Largest answer, in bytes.
const MAX_BYTES: usize = 1 << 20;

/// The client.
pub(super) struct ProviderClient(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

impl ProviderClient {
    /// A client that trusts the authorities of the system, or those of `SSL_CERT_FILE`.
    ///
    /// # Errors
    ///
    /// There are none.
    pub(super) fn new() -> Result<Self, ConfigError> {
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(trust::client()?)
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self(Client::builder(TokioExecutor::new()).build(connector)))
    }

    /// The body of a successful answer; the error is the rest of a sentence.
    pub(super) async fn get(&self, url: &Uri) -> Result<Bytes, String> {
        let request = Request::get(url).header(ACCEPT, "application/json");
        match self.send(request.body(Full::default())).await? {
            (status, body) if status.is_success() => Ok(body),
            (status, _) => Err(format!("the server answers {status}")),
        }
    }

    /// Sends a form; answers the status and the body, also those of a failure.
    pub(super) async fn post_form(
        &self,
        url: &Uri,
        authorization: Option<HeaderValue>,
        form: String,
    ) -> Result<(StatusCode, Bytes), String> {
        let mut request = Request::post(url)
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        self.send(request.body(Full::from(form))).await
    }

    async fn send(
        &self,
        request: Result<Request<Full<Bytes>>, axum::http::Error>,
    ) -> Result<(StatusCode, Bytes), String> {
        let request = request.map_err(|error| error.to_string())?;
        let exchange = async {
            let answer = self.0.request(request).await;
            let answer = answer.map_err(|error| format!("{:#}", anyhow::Error::from(error)))?;
            let status = answer.status();
            let body = Limited::new(answer.into_body(), MAX_BYTES).collect().await;
            let body = body.map_err(|error| error.to_string())?;
            Ok((status, body.to_bytes()))
        };
        let exchanged = timeout(LONGEST, exchange).await;
        exchanged
            .unwrap_or_else(|_elapsed| Err(format!("no answer within {} s", LONGEST.as_secs())))
    }
}

/// Whether an address may be asked: with `http` anyone on the way could choose the answer, so that is for this machine only.
pub(super) fn is_safe(scheme: &str, host: Option<&str>) -> bool {
    match (scheme, host) {
        ("https", Some(_)) => true,
        ("http", Some(host)) => matches!(host, "127.0.0.1" | "[::1]" | "localhost"),
        _ => false,
    }
}
