//! A connection to a server of this program on the same machine, for `invoice-worker health`.
//!
//! The certificate is for the name by which other machines know the server, and its authority need not be one that this machine
//! trusts. The check is at an address of its own machine, sends no token, and reads whether the server is ready. So it verifies
//! neither name nor authority: the server has to show the very certificate of the settings, and to have its key.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::{
    WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use tokio_util::either::Either;

use super::read_one;
use crate::config::HttpSettings;

/// How to reach the server of these settings.
pub struct Own {
    /// None where the settings say nothing of TLS.
    connector: Option<TlsConnector>,
    problem: Option<&'static str>,
}

impl Own {
    /// For the server of these settings; the key is not needed. A running server keeps its previous certificate when the files
    /// become unusable, and that one is not known here. So there is one exception: any certificate is accepted while the file
    /// can be read and has no certificate, as after a renewal that went wrong.
    ///
    /// # Errors
    ///
    /// The file of the certificate cannot be read, or only that of the key is set.
    pub fn of(settings: &HttpSettings) -> io::Result<Self> {
        let Some(file) = certificate_file(settings)? else {
            return Ok(Self {
                connector: None,
                problem: None,
            });
        };
        let content = read_one(file)
            .map_err(|problem| io::Error::other(format!("HTTP_TLS_CERT_FILE is {problem}")))?;
        // The server's own certificate comes before those that sign it.
        let expected = CertificateDer::from_pem_slice(&content).ok();
        let problem = expected
            .is_none()
            .then_some("HTTP_TLS_CERT_FILE has no certificate in PEM");
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = SameCertificate {
            expected,
            algorithms: provider.signature_verification_algorithms,
        };
        let configuration = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        Ok(Self {
            connector: Some(TlsConnector::from(Arc::new(configuration))),
            problem,
        })
    }

    /// Why the server's certificate is not compared with that of the settings, where it is not.
    pub fn problem(&self) -> Option<&str> {
        self.problem
    }

    /// Connects, with TLS if the server has it. A worker has none, also where the variables of the API are set.
    ///
    /// # Errors
    ///
    /// What the operating system says, or what is wrong with the handshake.
    pub async fn connect(
        &self,
        address: SocketAddr,
    ) -> io::Result<Either<TcpStream, TlsStream<TcpStream>>> {
        let stream = TcpStream::connect(address).await?;
        let Some(connector) = &self.connector else {
            return Ok(Either::Left(stream));
        };
        let name = ServerName::from(address.ip());
        match connector.connect(name, stream).await {
            Ok(stream) => Ok(Either::Right(stream)),
            Err(error) if has_no_tls(&error) => TcpStream::connect(address).await.map(Either::Left),
            Err(error) => Err(error),
        }
    }
}

/// The file of the certificate; none where the settings say nothing of TLS.
fn certificate_file(settings: &HttpSettings) -> io::Result<Option<&Path>> {
    let set = |file| Option::as_deref(file).filter(|file: &&Path| !file.as_os_str().is_empty());
    let certificate = set(&settings.http_tls_cert_file);
    if certificate.is_none() && set(&settings.http_tls_key_file).is_some() {
        let problem = "HTTP_TLS_CERT_FILE is not set, and HTTP_TLS_KEY_FILE is; set both for TLS";
        return Err(io::Error::other(problem));
    }
    Ok(certificate)
}

/// Whether the server has answered with something else than TLS.
fn has_no_tls(error: &io::Error) -> bool {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref());
    matches!(cause, Some(Error::InvalidMessage(_)))
}

/// Accepts one certificate only, or any where none is known.
#[derive(Debug)]
struct SameCertificate {
    expected: Option<CertificateDer<'static>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for SameCertificate {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _authorities: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.expected.as_ref().is_some_and(|it| it != certificate) {
            let problem = "the server has another certificate than HTTP_TLS_CERT_FILE; it uses a renewed one within seconds";
            return Err(Error::General(problem.to_owned()));
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
