//! TLS of the server: a certificate and its key from files, read again when they change.

mod own;
mod validity;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::http::HeaderValue;
use time::OffsetDateTime;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

pub use self::own::Own;

use crate::config::{ConfigError, HttpSettings};
use crate::telemetry::metrics;

/// How often the files are looked at.
const INTERVAL: Duration = Duration::from_secs(5);

/// Longest handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// The certificate in use.
#[derive(Clone)]
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    /// What was read at first. The files may change before they are watched.
    first: Arc<Files>,
    only_tls: HeaderValue,
    current: Arc<RwLock<Arc<ServerConfig>>>,
}

/// The bytes of both files.
type Files = (Vec<u8>, Vec<u8>);

impl Tls {
    /// From the files of the settings; none where none are set.
    ///
    /// # Errors
    ///
    /// Only one file is set, or a file cannot be read or used.
    pub fn load(settings: &HttpSettings) -> Result<Option<Self>, ConfigError> {
        let wrong = |variable, problem: String| ConfigError { variable, problem };
        let set = |file: &Option<PathBuf>| file.clone().filter(|file| !file.as_os_str().is_empty());
        let (certificate, key) = match (
            set(&settings.http_tls_cert_file),
            set(&settings.http_tls_key_file),
        ) {
            (Some(certificate), Some(key)) => (certificate, key),
            (None, None) => return Ok(None),
            (Some(_), None) => {
                let problem = "is not set, and HTTP_TLS_CERT_FILE is; set both for TLS";
                return Err(wrong("HTTP_TLS_KEY_FILE", problem.to_owned()));
            }
            (None, Some(_)) => {
                let problem = "is not set, and HTTP_TLS_KEY_FILE is; set both for TLS";
                return Err(wrong("HTTP_TLS_CERT_FILE", problem.to_owned()));
            }
        };
        let content = |variable, file: &Path| {
            read_one(file).map_err(|problem| wrong(variable, format!("is {problem}")))
        };
        let files = (
            content("HTTP_TLS_CERT_FILE", &certificate)?,
            content("HTTP_TLS_KEY_FILE", &key)?,
        );
        let current = configuration(&files).map_err(|error| {
            let problem = format!("and HTTP_TLS_KEY_FILE cannot be used: {error}");
            wrong("HTTP_TLS_CERT_FILE", problem)
        })?;
        metrics::certificate_in_use(ends(&files));
        Ok(Some(Self {
            certificate,
            key,
            first: Arc::new(files),
            only_tls: only_tls(settings.http_hsts_seconds)?,
            current: Arc::new(RwLock::new(Arc::new(current))),
        }))
    }

    /// The server's side of a handshake.
    ///
    /// # Errors
    ///
    /// The client does not agree, or takes too long.
    pub(super) async fn accept<S>(&self, stream: S) -> io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        match timeout(HANDSHAKE, self.acceptor().accept(stream)).await {
            Ok(result) => result,
            Err(_elapsed) => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    /// Of every answer over TLS: for so long, clients call this host with TLS only (RFC 6797). Other hosts of its domain are not
    /// for this server to decide on.
    pub(super) fn only_tls(&self) -> HeaderValue {
        self.only_tls.clone()
    }

    fn acceptor(&self) -> TlsAcceptor {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        TlsAcceptor::from(Arc::clone(&current))
    }

    /// Uses each change of the files until `stop`. Files that cannot be used change nothing.
    pub async fn follow(&self, stop: &CancellationToken) {
        let mut before: Result<Files, String> = Ok(Files::clone(&self.first));
        let mut seen = before.clone();
        loop {
            tokio::select! {
                () = sleep(INTERVAL) => {}
                () = stop.cancelled() => break,
            }
            let now = self.read().await;
            // Two files are replaced one after the other: they are used once neither changes any more.
            let is_stable = now == seen;
            seen.clone_from(&now);
            if now == before || !is_stable {
                continue;
            }
            let used = now.as_ref().map_err(Clone::clone).and_then(|files| {
                let configuration = configuration(files).map_err(|error| error.to_string())?;
                Ok((configuration, ends(files)))
            });
            match used {
                Ok((configuration, ends)) => {
                    let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
                    *current = Arc::new(configuration);
                    metrics::certificate_in_use(ends);
                    info!(event = "http_certificate_reloaded", "certificate reloaded");
                }
                Err(error) => error!(
                    event = "http_certificate_refused",
                    error, "certificate not reloaded; the one before stays in use"
                ),
            }
            before = now;
        }
    }

    async fn read(&self) -> Result<Files, String> {
        let (certificate, key) = (self.certificate.clone(), self.key.clone());
        let reading = tokio::task::spawn_blocking(move || read(&certificate, &key));
        reading.await.unwrap_or_else(|error| Err(error.to_string()))
    }
}

fn only_tls(seconds: u32) -> Result<HeaderValue, ConfigError> {
    HeaderValue::try_from(format!("max-age={seconds}")).map_err(|error| ConfigError {
        variable: "HTTP_HSTS_SECONDS",
        problem: format!("is {seconds}, which no header can have: {error}"),
    })
}

fn read(certificate: &Path, key: &Path) -> Result<Files, String> {
    Ok((read_one(certificate)?, read_one(key)?))
}

fn read_one(file: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(file)
        .map_err(|error| format!("{}, which cannot be read: {error}", file.display()))
}

fn configuration((certificate, key): &Files) -> io::Result<ServerConfig> {
    let chain = CertificateDer::pem_slice_iter(certificate).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(io::Error::other)?;
    if chain.is_empty() {
        return Err(io::Error::other("there is no certificate in PEM"));
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(io::Error::other)?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut configuration = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(io::Error::other)?;
    configuration.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(configuration)
}

/// When the server's own certificate ends, which comes before those that sign it. Those end later, or may have ended without
/// harm, where clients trust another way to an authority.
fn ends((certificate, _): &Files) -> Option<OffsetDateTime> {
    let own = CertificateDer::from_pem_slice(certificate).ok()?;
    validity::not_after(&own)
}
