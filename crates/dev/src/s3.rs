//! An S3 server over a folder, for `demo`, `dev` and the tests.
//!
//! The protocol and the signatures are those of the `s3s` crate; what is stored, and how it survives a crash, is
//! decided here. It knows the operations that the worker and a person looking at its results need: buckets are created,
//! found, listed and deleted; objects are put (also with `If-None-Match: *` or `If-Match`), read in whole or in part, deleted and
//! listed. Every other operation, and every option that would change the meaning of a supported one, is answered with
//! `NotImplemented` instead of being ignored.
//!
//! Requests are signed in their header or presigned, and presigned URLs expire. There is no TLS and no limit on the
//! number of connections: this server is for one machine, not for the Internet.

mod answer;
mod behaviour;
mod checksum;
mod error;
mod listing;
mod object;
mod serve;
mod service;
mod store;
mod supported;
mod temporary;

#[cfg(test)]
mod tests;

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use s3s::auth::{SecretKey, SimpleAuth};
use s3s::service::S3ServiceBuilder;
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio_util::sync::CancellationToken;

pub use behaviour::{Behaviour, Conditions};
use service::Service;
use store::Store;

/// How long [`S3Server::stop`] waits for requests under way: long for a put of a document, short for a person.
const GRACE_PERIOD: Duration = Duration::from_secs(5);

/// An S3 server over a folder, for `demo`, `dev` and tests.
///
/// It addresses buckets by path (`http://host:port/bucket/key`), so clients need `force_path_style`. Dropping it stops
/// it at once and cuts requests under way; what was confirmed to a client stays stored.
#[derive(Debug)]
pub struct S3Server {
    address: SocketAddr,
    stopping: CancellationToken,
    task: JoinHandle<()>,
}

/// The one pair of keys that the server accepts.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Names the key in a request; not a secret.
    pub access_key_id: String,
    /// Signs the request.
    pub secret_access_key: SecretString,
}

impl S3Server {
    /// Serves `data` on `listen` (port 0 picks a free one).
    ///
    /// The folder is created when it is missing, and what an earlier server stored there is served again.
    ///
    /// # Errors
    /// Fails when the folder cannot be used, when another server holds it, or when the address is taken.
    pub async fn start(
        data: &Path,
        listen: SocketAddr,
        credentials: Credentials,
    ) -> io::Result<S3Server> {
        Self::start_as(data, listen, credentials, Behaviour::default()).await
    }

    /// The same of a server that is unlike S3 in this, for tests.
    ///
    /// # Errors
    /// Those of [`start`](Self::start).
    pub async fn start_as(
        data: &Path,
        listen: SocketAddr,
        credentials: Credentials,
        behaviour: Behaviour,
    ) -> io::Result<S3Server> {
        let folder = data.to_owned();
        let store = spawn_blocking(move || Store::open(&folder)).await??;
        let listener = TcpListener::bind(listen).await.map_err(|error| {
            io::Error::new(error.kind(), format!("listen on {listen}: {error}"))
        })?;
        let address = listener.local_addr()?;

        let mut builder = S3ServiceBuilder::new(Service::new(Arc::new(store), behaviour));
        let secret = SecretKey::from(credentials.secret_access_key.expose_secret());
        builder.set_auth(SimpleAuth::from_single(credentials.access_key_id, secret));

        let stopping = CancellationToken::new();
        let task = tokio::spawn(serve::serve(listener, builder.build(), stopping.clone()));
        Ok(S3Server {
            address,
            stopping,
            task,
        })
    }

    /// The URL for clients, for example `http://127.0.0.1:9000`.
    pub fn endpoint(&self) -> String {
        let mut address = self.address;
        // Listening on every interface is no address that a client could call.
        match address {
            SocketAddr::V4(v4) if v4.ip().is_unspecified() => {
                address.set_ip(Ipv4Addr::LOCALHOST.into())
            }
            SocketAddr::V6(v6) if v6.ip().is_unspecified() => {
                address.set_ip(Ipv6Addr::LOCALHOST.into())
            }
            SocketAddr::V4(_) | SocketAddr::V6(_) => {}
        }
        format!("http://{address}")
    }

    /// Accepts no more connections and waits, for at most five seconds, until the requests under way are answered.
    pub async fn stop(mut self) {
        self.stopping.cancel();
        // What is still running after the grace period ends with the drop of `self`.
        if tokio::time::timeout(GRACE_PERIOD, &mut self.task)
            .await
            .is_err()
        {
            tracing::warn!("the S3 server stopped with requests under way");
        }
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}
