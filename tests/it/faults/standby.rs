//! A PostgreSQL server with a synchronous standby, which takes over: reached as users reach it, by an address that moves.

use super::servers::PrivateServer;
use crate::proxy::Proxy;

/// A server and its standby.
pub(crate) struct Replicated {
    primary: PrivateServer,
    standby: PrivateServer,
}

impl Replicated {
    pub(crate) async fn start() -> Self {
        let primary = PrivateServer::postgres().await;
        let standby = PrivateServer::postgres_standby(&primary).await;
        Self { primary, standby }
    }

    /// The server that is in use.
    pub(crate) fn primary(&self) -> &PrivateServer {
        &self.primary
    }

    /// Kills the server for good, promotes the standby and moves the address to it. Then a new standby is made.
    pub(crate) async fn fail_over(&mut self, address: &Proxy) {
        self.lose_primary(address).await;
        self.promote().await;
    }

    /// Kills the server for good and moves the address to the standby, which refuses to write until it is promoted.
    pub(crate) async fn lose_primary(&self, address: &Proxy) {
        // Only a standby that is synchronous may take over, as programs that decide this make sure: after a crash of the
        // server, what is visible there may not have reached its standby yet.
        self.standby.start().await;
        self.primary.kill().await;
        address.lead_to(&self.standby.url);
    }

    /// Promotes the standby. Then a new standby is made.
    pub(crate) async fn promote(&mut self) {
        self.standby.promote().await;
        let standby = PrivateServer::postgres_standby(&self.standby).await;
        self.primary = std::mem::replace(&mut self.standby, standby);
    }
}
