//! Wiring of the API.

use std::sync::Arc;

use document::LiveTemplates;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::usable::refuse_wrong_login;
use super::{App, Service};
use crate::broker::Publisher;
use crate::config::ConfigError;
use crate::dead_letters::keep_searchable;
use crate::http::auth::Oidc;
use crate::http::auth::tokens_file::{self, TokensFile};
use crate::http::{Access, Api, Ending, Server, Tls, api, ops, routes};
use crate::observe::BrokerWatch;
use crate::readiness;
use crate::requests::intake::Intake;

/// The server of the API before it answers.
pub struct Front {
    server: Server,
    tls: Option<Tls>,
    access: Access,
    tokens_file: Option<TokensFile>,
}

impl App {
    /// The server of the API, bound to its address, with those who may call it.
    ///
    /// # Errors
    ///
    /// The address, the certificate or the tokens cannot be used, or other machines can reach the address and nothing says who
    /// may call.
    pub async fn front(&self) -> anyhow::Result<Front> {
        let settings = &self.settings.http;
        let (access, tokens_file) = self.access().await?;
        let address = settings.api_address();
        let tls = Tls::load(settings)?;
        let server = Server::bind(address).await?.with_tls(tls.clone());
        if access.is_open() {
            warn!(
                event = "http_without_tokens",
                address = %server.address(),
                "there are no tokens: everyone on this machine may call the API, and no other machine"
            );
        }
        Ok(Front {
            server,
            tls,
            access,
            tokens_file,
        })
    }

    /// Checks the settings of the API, and binds no address. Where the process is not `serve`, no other machine is kept from it.
    ///
    /// # Errors
    ///
    /// Those of [`front`](Self::front) that are about settings.
    pub async fn check_api(&self, is_serve: bool) -> anyhow::Result<()> {
        let settings = &self.settings.http;
        if is_serve {
            self.access().await?;
        } else {
            tokens_file::load(settings)?;
            Oidc::load(settings).await?;
        }
        Tls::load(settings)?;
        Ok(())
    }

    /// Who may call the API.
    async fn access(&self) -> anyhow::Result<(Access, Option<TokensFile>)> {
        let settings = &self.settings.http;
        let address = settings.api_address();
        let loaded = tokens_file::load(settings)?;
        let access = Access::new(loaded.tokens, Oidc::load(settings).await?);
        if access.is_open() && !address.ip().is_loopback() {
            let problem = format!(
                "is {address}, which other machines can reach, and there are no tokens: set HTTP_TOKENS, HTTP_TOKENS_FILE or \
                 OIDC_ISSUER, or an address of this machine only such as 127.0.0.1:8080"
            );
            let variable = "HTTP_ADDR";
            return Err(ConfigError { variable, problem }.into());
        }
        Ok((access, loaded.file))
    }

    /// Answers calls of the API, runs replays and erasures, and works on repairs.
    pub async fn api(
        &self,
        front: Front,
        templates: Arc<LiveTemplates>,
    ) -> anyhow::Result<Vec<Service>> {
        let database = self.database_when_needed().await?;
        refuse_wrong_login(database).await?;
        let publisher = || anyhow::Ok(Publisher::new(self.endpoint()?, self.topology()));
        let (intake, batches) = Intake::new(
            self.topology().exchange,
            [publisher()?, publisher()?],
            self.readiness.clone(),
        );
        let status = Arc::new(self.status_look().await?);
        let parts = api::Parts::new(
            database.clone(),
            self.storage().await?.clone(),
            intake,
            Arc::clone(&templates),
            Arc::clone(&status),
            self.settings.worker.concurrency(),
            self.request_limits()?,
        )
        .with_approval_of_repairs(self.settings.repairs.repair_needs_approval);
        let Front {
            server,
            tls,
            access,
            tokens_file,
        } = front;
        let page = ops::Settings::new(&self.settings.http, tls.is_some());
        let mut services = following(&access, tokens_file, tls);

        // Calls are answered first, then what they have published is confirmed.
        let answered = CancellationToken::new();
        let published = answered.clone();
        services.push(Service::new(async move |_| {
            batches.run(&published).await;
            Ok(())
        }));
        let observed = self
            .observed(readiness::while_working, BrokerWatch::FromTimeToTime)
            .await?;
        let readiness = self.readiness.clone();
        let ending = Ending::within(self.settings.worker.shutdown_grace());
        let stopping = parts.stopping().clone();
        services.push(Service::new(async move |stop| {
            stop.cancelled().await;
            stopping.cancel();
            Ok(())
        }));
        services.push(Service::new(async move |stop| {
            let router = routes::router(Api::new(parts), access, &page, Arc::clone(&observed));
            readiness.serving();
            let serving = async {
                server.run(router, &stop, ending).await;
                answered.cancel();
            };
            // It can be asked for its state until the last call is answered.
            tokio::join!(serving, observed.keep(&answered));
            status.close().await;
            Ok(())
        }));
        services.push(self.replays().await?);
        let database = database.clone();
        services.push(Service::new(async move |stop| {
            keep_searchable(&database, &stop).await;
            Ok(())
        }));
        services.push(self.repairs(templates).await?);
        services.push(self.erasures().await?);
        Ok(services)
    }
}

/// What keeps tokens, keys and the certificate up to date.
fn following(access: &Access, tokens_file: Option<TokensFile>, tls: Option<Tls>) -> Vec<Service> {
    let mut services = Vec::new();
    if let Some(file) = tokens_file {
        let access = access.clone();
        services.push(Service::new(async move |stop| {
            tokens_file::follow(file, &access, &stop).await;
            Ok(())
        }));
    }
    if let Some(provider) = access.provider().cloned() {
        services.push(Service::new(async move |stop| {
            provider.follow(&stop).await;
            Ok(())
        }));
    }
    if let Some(tls) = tls {
        services.push(Service::new(async move |stop| {
            tls.follow(&stop).await;
            Ok(())
        }));
    }
    services
}
