//! The certificate authorities that TLS connections trust.

use tokio_rustls::rustls::RootCertStore;

use crate::config::ConfigError;

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
