//! The byte stream to the broker: TCP, and TLS over it for `amqps://`.
//!
//! lapin's own TLS also links key stores and certificate formats that this program does not need: some forty crates. So
//! TLS is done here, with the library that the S3 and SQL clients use, and lapin gets the finished stream.

use std::io;
use std::sync::Arc;

use lapin::uri::{AMQPScheme, AMQPUri};
use tokio::net::TcpStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_util::either::Either;

use crate::trust;

/// A stream with or without TLS.
pub(super) type Stream = Either<TcpStream, TlsStream<TcpStream>>;

/// Connects to the host of the URL, with TLS where the scheme asks for it.
///
/// # Errors
///
/// What the operating system says; for TLS [`io::ErrorKind::InvalidData`] with the reason, a certificate that is not
/// trusted for example.
pub(super) async fn open(uri: &AMQPUri) -> io::Result<Stream> {
    let host = uri.authority.host.as_str();
    // The brackets of an IPv6 address belong to the URL, not to the address.
    let host = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    let stream = TcpStream::connect((host, uri.authority.port)).await?;
    match uri.scheme {
        AMQPScheme::AMQP => Ok(Either::Left(stream)),
        AMQPScheme::AMQPS => {
            let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
            // This reads files, for each connection: a new certificate authority needs no restart.
            let configuration = tokio::task::spawn_blocking(trust::client)
                .await?
                .map_err(io::Error::other)?;
            let connector = TlsConnector::from(Arc::new(configuration));
            let stream = connector.connect(name, stream).await.map_err(|error| {
                let text = format!("TLS handshake with {host} failed: {error}");
                io::Error::new(error.kind(), text)
            })?;
            Ok(Either::Right(stream))
        }
    }
}
