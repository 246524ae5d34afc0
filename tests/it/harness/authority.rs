//! A certificate authority of a test, and what it signs.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{
    ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion, version,
};

use super::World;

/// An authority with a certificate for `localhost`.
pub(crate) struct Authority {
    certificate: CertificateDer<'static>,
    pem: String,
    /// The certificate for `localhost`, and its key, in PEM.
    pub(crate) server: String,
    pub(crate) key: String,
}

/// The files of a server's certificate.
pub(crate) struct ServerFiles {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut parameters = CertificateParams::default();
        parameters
            .distinguished_name
            .push(DnType::CommonName, "authority of this test");
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let certificate = parameters.self_signed(&key).expect("a certificate");
        let issuer = Issuer::new(parameters, key);
        let key = KeyPair::generate().expect("a key");
        let server = CertificateParams::new(["localhost".to_owned()]).expect("a name");
        let server = server.signed_by(&key, &issuer).expect("a certificate");
        Self {
            certificate: certificate.der().clone(),
            pem: certificate.pem(),
            server: server.pem(),
            key: key.serialize_pem(),
        }
    }

    /// Writes the certificate for `localhost` and its key.
    pub(crate) fn write(&self, world: &World) -> ServerFiles {
        let files = ServerFiles {
            certificate: world.path("server.pem"),
            key: world.path("key.pem"),
        };
        std::fs::write(&files.certificate, &self.server).expect("a file");
        std::fs::write(&files.key, &self.key).expect("a file");
        files
    }

    /// Writes the certificate of the authority itself; answers its path.
    pub(crate) fn write_own(&self, world: &World, name: &str) -> String {
        let file = world.path(name);
        std::fs::write(&file, &self.pem).expect("a file");
        file.to_str().expect("UTF-8").to_owned()
    }

    /// The TLS of a server in the test.
    pub(crate) fn server_config(&self) -> ServerConfig {
        let chain = CertificateDer::from_pem_slice(self.server.as_bytes()).expect("a certificate");
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes()).expect("a key");
        ServerConfig::builder_with_provider(aws_lc_rs::default_provider().into())
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![chain], key)
            .expect("a certificate")
    }

    /// A connection of a client that trusts this authority only.
    pub(crate) async fn connect(&self, address: SocketAddr) -> io::Result<TlsStream<TcpStream>> {
        let versions = [&version::TLS13, &version::TLS12];
        self.connect_with(address, &versions).await
    }

    /// The same with these versions of the protocol.
    pub(crate) async fn connect_with(
        &self,
        address: SocketAddr,
        versions: &[&'static SupportedProtocolVersion],
    ) -> io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).expect("an authority");
        let configuration =
            ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
                .with_protocol_versions(versions)
                .expect("protocol versions")
                .with_root_certificates(roots)
                .with_no_client_auth();
        let stream = TcpStream::connect(address).await?;
        let name = "localhost".try_into().expect("a name");
        let connector = TlsConnector::from(Arc::new(configuration));
        connector.connect(name, stream).await
    }
}
