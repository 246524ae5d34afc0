//! The HTTP client of the exporter, with the TLS that all connections of this program have.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use opentelemetry_http::hyper::HyperClient;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};

use crate::config::ConfigError;
use crate::trust;

/// Sends requests, and remembers why the last one failed: the exporter says only that it did.
#[derive(Clone, Debug)]
pub(super) struct Client {
    inner: Inner,
    problem: Problem,
}

/// Why the last request failed.
#[derive(Clone, Debug, Default)]
pub(super) struct Problem(Arc<Mutex<Option<String>>>);

#[derive(Clone, Debug)]
enum Inner {
    Plain(HyperClient<HttpConnector>),
    Tls(HyperClient<HttpsConnector<HttpConnector>>),
}

impl Client {
    /// A client for this URL; certificate authorities are only read where it needs them.
    pub(super) fn new(url: &str, timeout: Duration) -> Result<Self, ConfigError> {
        let inner = if url.starts_with("https:") {
            let connector = HttpsConnectorBuilder::new()
                .with_tls_config(trust::client()?)
                .https_only()
                .enable_http1()
                .build();
            Inner::Tls(HyperClient::new(connector, timeout, None))
        } else {
            Inner::Plain(HyperClient::new(HttpConnector::new(), timeout, None))
        };
        Ok(Self {
            inner,
            problem: Problem::default(),
        })
    }

    pub(super) fn problem(&self) -> Problem {
        self.problem.clone()
    }
}

impl Problem {
    pub(super) fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, problem: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(problem);
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        self.problem.take();
        let response = match &self.inner {
            Inner::Plain(client) => client.send_bytes(request).await,
            Inner::Tls(client) => client.send_bytes(request).await,
        };
        if let Err(error) = &response {
            self.problem.put(with_causes(error.as_ref()));
        }
        response
    }
}

fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
