//! TLS of a client: the one provider, and the certificate authorities that connections trust.

use std::sync::Arc;

use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::config::ConfigError;

/// How to connect to a server with TLS. This blocks on files.
///
/// # Errors
///
/// Those of [`authorities`].
pub fn client() -> Result<ClientConfig, ConfigError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ConfigError {
            variable: "SSL_CERT_FILE",
            problem: format!("cannot be used: {error}"),
        })?;
    Ok(builder
        .with_root_certificates(authorities()?)
        .with_no_client_auth())
}

/// Reads the authorities of the system, or those that `SSL_CERT_FILE` and `SSL_CERT_DIR` name. This blocks on files.
///
/// # Errors
///
/// Where there is none that can be used: the S3 client would panic without one, also for a plain `http://` endpoint.
pub fn authorities() -> Result<RootCertStore, ConfigError> {
    let found = rustls_native_certs::load_native_certs();
    let mut store = RootCertStore::empty();
    // Systems contain certificates that no library can parse; those are left out.
    let (usable, _) = store.add_parsable_certificates(found.certs);
    if usable > 0 {
        return Ok(store);
    }
    let reason = found
        .errors
        .first()
        .map_or_else(|| "the system has none".into(), ToString::to_string);
    Err(ConfigError {
        variable: "SSL_CERT_FILE",
        problem: format!(
            "gives no certificate authority for TLS ({reason}); install the package ca-certificates, \
             or name a file with PEM certificates"
        ),
    })
}
