//! A process that answers the HTTP API.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::{Deref, DerefMut};
use std::path::Path;

use super::http::Client;
use super::poll::eventually;
use super::worker::WorkerProcess;

/// A running `invoice-worker serve`; as a process it is like a worker.
pub(crate) struct Serve {
    process: WorkerProcess,
    address: SocketAddr,
}

impl Serve {
    /// Starts one and waits until it listens.
    pub(super) async fn start(
        program: &Path,
        folder: &Path,
        environment: BTreeMap<String, String>,
    ) -> Self {
        let mut process = WorkerProcess::start_as("serve", program, folder, environment);
        let address = eventually("the API's address", async || {
            let ended = process.ended();
            assert!(ended.is_none(), "serve ended: {ended:?}\n{}", process.log());
            let events = process.events("http_listening");
            let address = events.first().and_then(|event| event["address"].as_str());
            address
                .and_then(|address| address.parse().ok())
                .ok_or("it does not listen")
        })
        .await;
        Self { process, address }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of one of its pages.
    pub(crate) fn page(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A client without a token.
    pub(crate) fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// A client with this token.
    pub(crate) fn client_with(&self, token: &str) -> Client {
        Client::new(self.address).header("Authorization", &format!("Bearer {token}"))
    }
}

impl Deref for Serve {
    type Target = WorkerProcess;

    fn deref(&self) -> &WorkerProcess {
        &self.process
    }
}

impl DerefMut for Serve {
    fn deref_mut(&mut self) -> &mut WorkerProcess {
        &mut self.process
    }
}
