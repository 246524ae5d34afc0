//! What the pages need: the API's parts, who may sign in, and the settings of sessions.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRef;
use invoice::content::envelope_max;
use tokio::sync::Semaphore;

use super::pictures::Pictures;
use crate::config::HttpSettings;
use crate::http::api::Api;
use crate::http::auth::{Access, Rates};
use crate::http::body;

/// Wrong tokens a minute of each address. A token cannot be found by trying; this keeps who tries from filling the log.
const WRONG_TOKENS: u32 = 5;

/// Forms of `/sign-in` that are read at once: they come from visitors that are not known yet.
const SIGN_INS: usize = 32;

/// Sign-ins that ask the identity provider at once: anyone can begin one.
const EXCHANGES: usize = 16;

/// Sign-ins at the identity provider that each network may begin a minute, and ways back that have the provider asked for a token. All
/// visitors may have the network of one proxy, so these are more than a person needs.
const OF_NETWORK: u32 = 30;

/// The fields of a form other than a request, in bytes.
const OTHER_FIELDS: usize = 64 << 10;

/// Largest forms in memory at once. It is not the memory of the API, so that no visitor takes that from those who request invoices.
const LARGEST_FORMS: usize = 4;

/// Calls for contact sheets at once: one is made, and the others wait for it or for their turn.
const SHEETS: usize = 4;

/// What the pages need.
#[derive(Clone)]
pub struct Ops(Arc<Parts>);

struct Parts {
    api: Api,
    access: Access,
    settings: Settings,
    wrong_tokens: Rates,
    sign_ins: Semaphore,
    form_max_bytes: usize,
    forms: Arc<Semaphore>,
    exchanges: Semaphore,
    starts: Rates,
    ways_back: Rates,
    pictures: Pictures,
    sheets: Pictures,
    sheet_calls: Semaphore,
}

/// How long visitors stay signed in, and how browsers reach the page.
#[derive(Clone, Debug)]
pub struct Settings {
    /// After so long without a call a session has ended.
    pub idle: Duration,
    /// After so long every session has ended.
    pub longest: Duration,
    /// Whether browsers come over TLS, so that cookies are for TLS only.
    pub is_secure: bool,
    /// The origin that browsers know, where it is not the one that the server sees.
    pub origin: Option<String>,
}

impl Settings {
    /// Those of a server that has TLS itself, or has not.
    pub fn new(settings: &HttpSettings, has_tls: bool) -> Self {
        let origin = settings.http_public_url.clone();
        let is_https = |origin: &String| origin.starts_with("https://");
        Self {
            idle: Duration::from_secs(u64::from(settings.session_idle_minutes) * 60),
            longest: Duration::from_secs(u64::from(settings.session_hours) * 3_600),
            is_secure: has_tls || origin.as_ref().is_some_and(is_https),
            origin,
        }
    }
}

impl Ops {
    /// The pages over these parts.
    pub fn new(api: Api, access: Access, settings: &Settings) -> Self {
        // Each byte of a request may take three in a form.
        let form_max_bytes = envelope_max(api.request_limits.max_bytes) * 3 + OTHER_FIELDS;
        let rates = |count| Rates::per_minute(NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN));
        Self(Arc::new(Parts {
            api,
            access,
            settings: settings.clone(),
            wrong_tokens: rates(WRONG_TOKENS),
            sign_ins: Semaphore::new(SIGN_INS),
            form_max_bytes,
            forms: body::memory(LARGEST_FORMS * form_max_bytes),
            exchanges: Semaphore::new(EXCHANGES),
            starts: rates(OF_NETWORK),
            ways_back: rates(OF_NETWORK),
            pictures: Pictures::default(),
            sheets: Pictures::default(),
            sheet_calls: Semaphore::new(SHEETS),
        }))
    }

    pub(super) fn api(&self) -> &Api {
        &self.0.api
    }

    pub(super) fn access(&self) -> &Access {
        &self.0.access
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// The size of the largest form, in bytes.
    pub(super) fn form_max_bytes(&self) -> usize {
        self.0.form_max_bytes
    }

    /// Counts the memory for forms.
    pub(super) fn forms(&self) -> &Arc<Semaphore> {
        &self.0.forms
    }

    /// Pictures of samples.
    pub(super) fn pictures(&self) -> &Pictures {
        &self.0.pictures
    }

    /// Contact sheets of samples.
    pub(super) fn sheets(&self) -> &Pictures {
        &self.0.sheets
    }

    /// Counts the calls for contact sheets.
    pub(super) fn sheet_calls(&self) -> &Semaphore {
        &self.0.sheet_calls
    }

    /// Counts the forms of `/sign-in` that are read.
    pub(super) fn sign_ins(&self) -> &Semaphore {
        &self.0.sign_ins
    }

    /// Counts the sign-ins that ask the identity provider.
    pub(super) fn exchanges(&self) -> &Semaphore {
        &self.0.exchanges
    }

    /// Counts the sign-ins that begin at the identity provider, by network.
    pub(super) fn starts(&self) -> &Rates {
        &self.0.starts
    }

    /// Counts the ways back from the identity provider that have it asked for a token, by network.
    pub(super) fn ways_back(&self) -> &Rates {
        &self.0.ways_back
    }

    /// Counts wrong tokens by address.
    pub(super) fn wrong_tokens(&self) -> &Rates {
        &self.0.wrong_tokens
    }
}

/// Handlers that need the parts of the API only take those.
impl FromRef<Ops> for Api {
    fn from_ref(ops: &Ops) -> Self {
        ops.api().clone()
    }
}
