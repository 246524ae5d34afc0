//! Tokens of an identity provider: signed JWTs (RFC 7519), verified with the provider's keys (JWKS, RFC 7517).

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value;
use subtle::ConstantTimeEq as _;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::caller::Caller;
use super::code_flow::{CodeFlow, Failure, Secrets};
use super::jwks::{ALGORITHMS, Source, kind_is_for};
use super::rates::Rates;
use super::role::Role;
use super::tokens::Shop;
use crate::config::{ConfigError, HttpSettings};
use crate::text::one_line;

/// How often the keys are read again. Providers publish new keys long before they sign with them.
const INTERVAL: Duration = Duration::from_secs(300);

/// How often they are read again when they could not be, or when a token names a key that is not known.
const SOON: Duration = Duration::from_secs(10);

/// Longest time for the first try: a provider that does not answer delays the start no longer.
const AT_START: Duration = Duration::from_secs(2);

/// Longest text about the provider in the log, in characters.
const LONGEST_PROBLEM: usize = 300;

/// What is wrong with a token whose key may be a new one.
const UNKNOWN_KEY: &str = "the token is signed with a key that is not known yet";

/// An identity provider.
#[derive(Clone)]
pub struct Oidc(Arc<Provider>);

struct Provider {
    issuer: String,
    audience: String,
    /// The claim with the roles, or the path to a nested one.
    roles: String,
    source: Source,
    keys: RwLock<JwkSet>,
    rates: Rates,
    /// How people sign in to the page, if they can.
    code_flow: Option<CodeFlow>,
    /// A token names a key that is not known.
    unknown_key: Notify,
}

impl Oidc {
    /// The provider of the settings; none where none is set. Where its keys are at a URL, it need not be reachable yet.
    ///
    /// # Errors
    ///
    /// The settings are incomplete, or a file of keys cannot be used.
    pub async fn load(settings: &HttpSettings) -> Result<Option<Self>, ConfigError> {
        let set = |value: &Option<String>| value.clone().filter(|text| !text.is_empty());
        let (issuer, audience, jwks) = (
            set(&settings.oidc_issuer),
            set(&settings.oidc_audience),
            set(&settings.oidc_jwks),
        );
        let secret = settings.oidc_client_secret.as_ref();
        let has_client =
            set(&settings.oidc_client_id).is_some() || secret.is_some_and(|it| !it.is_empty());
        if issuer.is_none() && audience.is_none() && jwks.is_none() && !has_client {
            return Ok(None);
        }
        let needed = |value: Option<String>, variable, example| {
            value.ok_or_else(|| ConfigError::missing(variable, example))
        };
        let issuer = needed(
            issuer,
            "OIDC_ISSUER",
            "https://login.example.com/realms/shop",
        )?;
        let provider = Provider {
            code_flow: CodeFlow::load(settings, &issuer)?,
            issuer,
            audience: needed(audience, "OIDC_AUDIENCE", "invoice-worker")?,
            roles: settings.oidc_roles_claim.clone(),
            source: Source::new(&needed(
                jwks,
                "OIDC_JWKS",
                "https://login.example.com/realms/shop/protocol/openid-connect/certs",
            )?)?,
            keys: RwLock::new(JwkSet { keys: Vec::new() }),
            rates: Rates::new(settings.http_rate_per_second),
            unknown_key: Notify::new(),
        };
        let oidc = Self(Arc::new(provider));
        let reading = timeout(AT_START, oidc.0.source.read()).await;
        match reading.unwrap_or_else(|_elapsed| Err("does not answer".to_owned())) {
            Ok(keys) => oidc.0.replace(keys),
            Err(problem) if oidc.0.source.is_file() => {
                return Err(ConfigError {
                    variable: "OIDC_JWKS",
                    problem,
                });
            }
            Err(problem) => oidc.0.warn(&problem),
        }
        Ok(Some(oidc))
    }

    /// Reads the keys again, at an interval and when one is not known, until `stop`.
    pub async fn follow(&self, stop: &CancellationToken) {
        let mut next = Instant::now() + if self.0.has_keys() { INTERVAL } else { SOON };
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = sleep_until(next) => {}
                () = self.0.unknown_key.notified() => {}
            }
            let pause = match self.0.source.read().await {
                Ok(keys) => {
                    self.0.replace(keys);
                    INTERVAL
                }
                Err(problem) => {
                    self.0.warn(&problem);
                    SOON
                }
            };
            next = Instant::now() + pause;
            // Tokens with invented keys must not have the provider asked all the time.
            tokio::select! {
                () = stop.cancelled() => break,
                () = sleep(SOON) => {}
            }
        }
    }

    /// The caller that a token names; the error says what is wrong with it.
    pub(super) fn caller(&self, token: &str) -> Result<Caller, &'static str> {
        let claims = self.0.verified(token, &self.0.audience)?;
        self.0.caller(&claims)
    }

    /// How people sign in to the page, if they can.
    pub(crate) fn code_flow(&self) -> Option<&CodeFlow> {
        self.0.code_flow.as_ref()
    }

    /// The visitor that comes back from the provider with this code.
    ///
    /// # Errors
    ///
    /// The provider does not say who it is.
    pub(crate) async fn visitor(
        &self,
        flow: &CodeFlow,
        code: &str,
        secrets: &Secrets,
    ) -> Result<Caller, Failure> {
        let token = flow.exchange(code, &secrets.verifier).await?;
        let mut claims = self.0.verified(&token, flow.client_id());
        if claims == Err(UNKNOWN_KEY) {
            // The provider itself has sent the token, so its key is not invented.
            let keys = self.0.source.read().await.map_err(Failure::Unavailable)?;
            self.0.replace(keys);
            claims = self.0.verified(&token, flow.client_id());
        }
        let claims = claims.map_err(Failure::Token)?;
        check_id_token(&claims, flow.client_id(), &secrets.nonce).map_err(Failure::Token)?;
        self.0.caller(&claims).map_err(Failure::Token)
    }

    /// Counts a call; the error is the time after which there may be another.
    pub(super) fn count(&self, caller: &Caller) -> Result<(), Duration> {
        self.0.rates.count(caller.name())
    }
}

impl Provider {
    /// The claims of a token that is for this audience.
    fn verified(&self, token: &str, audience: &str) -> Result<Value, &'static str> {
        let header = decode_header(token).map_err(|_| "the token is not a JWT")?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err("the token is signed with an algorithm that is not accepted");
        }
        let key = self.key(header.kid.as_deref(), header.alg)?;
        let mut validation = Validation::new(header.alg);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[audience]);
        validation.validate_nbf = true;
        validation.required_spec_claims =
            HashSet::from(["exp", "iss", "aud", "sub"].map(ToOwned::to_owned));
        let verified = decode::<Value>(token, &key, &validation)
            .map_err(|_| "the token's signature, issuer, audience or time is not valid")?;
        Ok(verified.claims)
    }

    /// The caller that verified claims are about.
    fn caller(&self, claims: &Value) -> Result<Caller, &'static str> {
        let name = claims["sub"].as_str().filter(|name| is_subject(name));
        let name = name.ok_or("the token has no subject of 1 to 255 printable characters")?;
        let shops = claims.get("shops").map(shops).transpose()?;
        let roles = self.roles_in(claims);
        // Dead letters are of all shops.
        let roles = roles.filter(|role| shops.is_none() || !role.is_of_all_shops());
        // A token of the list may have the same name.
        let name = format!("oidc:{name}");
        Ok(Caller::new(&name, roles.collect(), shops))
    }

    /// The key with this id for this algorithm: keys of different kinds may have the same id (RFC 7517, 4.5), and a key that
    /// names its algorithm is for that one only (4.4).
    fn key(&self, id: Option<&str>, used: Algorithm) -> Result<DecodingKey, &'static str> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let is_meant = |key: &&Jwk| match id {
            Some(id) => key.common.key_id.as_deref() == Some(id),
            None => keys.keys.len() == 1,
        };
        let mut meant = keys.keys.iter().filter(is_meant).peekable();
        if meant.peek().is_none() {
            self.unknown_key.notify_one();
            return Err(UNKNOWN_KEY);
        }
        let fitting = meant.find(|key| is_for(key, used));
        let key =
            fitting.ok_or("the token is signed with another algorithm than its key is for")?;
        DecodingKey::from_jwk(key).map_err(|_| "the token's key cannot be used")
    }

    fn roles_in(&self, claims: &Value) -> impl Iterator<Item = Role> {
        // Some providers demand URLs as names of claims, which have dots themselves.
        let claim = claims.get(&self.roles).unwrap_or_else(|| {
            let names = self.roles.split('.');
            names.fold(claims, |claim, name| &claim[name])
        });
        let words: Vec<String> = match claim {
            Value::String(text) => text.split_whitespace().map(ToOwned::to_owned).collect(),
            Value::Array(items) => {
                let items = items.iter().filter_map(Value::as_str);
                items.map(ToOwned::to_owned).collect()
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
        };
        let roles = Role::ALL.into_iter();
        roles.filter(move |role| words.iter().any(|word| word == role.as_str()))
    }

    fn replace(&self, keys: JwkSet) {
        let count = keys.keys.len();
        let mut current = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        if *current != keys {
            info!(
                event = "oidc_keys_loaded",
                count, "keys of the identity provider loaded"
            );
            *current = keys;
        }
    }

    fn has_keys(&self) -> bool {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        !keys.keys.is_empty()
    }

    fn warn(&self, problem: &str) {
        // It may quote what the provider has sent.
        let problem = one_line(problem, LONGEST_PROBLEM);
        warn!(
            event = "oidc_keys_unavailable",
            problem, "the keys of the identity provider cannot be read; those before stay in use"
        );
    }
}

/// Checks what ID tokens have beside other tokens (OpenID Connect Core 1.0, 3.1.3.7): they are for this client, and for this
/// sign-in.
fn check_id_token(claims: &Value, client_id: &str, nonce: &str) -> Result<(), &'static str> {
    let has_others = claims["aud"].as_array().is_some_and(|all| all.len() > 1);
    match claims.get("azp") {
        Some(client) if client == client_id => {}
        None if !has_others => {}
        Some(_) | None => return Err("the ID token is for another client (`azp`)"),
    }
    let given = claims["nonce"].as_str().unwrap_or_default();
    if bool::from(given.as_bytes().ct_eq(nonce.as_bytes())) {
        Ok(())
    } else {
        Err("the ID token is of another sign-in (`nonce`)")
    }
}

/// Whether a key verifies signatures of this algorithm: the one that it names, or else those of its kind.
fn is_for(key: &Jwk, used: Algorithm) -> bool {
    match key.common.key_algorithm {
        Some(named) => Algorithm::try_from(named) == Ok(used),
        None => kind_is_for(&key.algorithm, used),
    }
}

/// Whether a name can stand in the record of changes. OpenID Connect allows 255 characters.
fn is_subject(name: &str) -> bool {
    !name.trim().is_empty() && name.len() <= 255 && !name.chars().any(char::is_control)
}

/// `platform/shopId`, as a list.
fn shops(claim: &Value) -> Result<Vec<Shop>, &'static str> {
    const FORM: &str = "the token's claim `shops` is not a list of platform/shopId";
    let items = claim.as_array().ok_or(FORM)?;
    let shop = |item: &Value| {
        let (platform, shop_id) = item.as_str()?.split_once('/')?;
        Some(Shop {
            platform: platform.to_owned(),
            shop_id: shop_id.to_owned(),
        })
    };
    items.iter().map(|item| shop(item).ok_or(FORM)).collect()
}
