//! The sign-in of people at the identity provider: the authorization code flow of OpenID Connect, with PKCE (RFC 7636).

use std::sync::{Arc, PoisonError, RwLock};

use axum::http::{HeaderValue, StatusCode, Uri};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use invoice::Sha256Digest;
use serde::Deserialize;
use url::form_urlencoded;

use super::discovery::{self, Endpoints};
use super::provider_client::{ProviderClient, is_safe};
use crate::config::{ConfigError, HttpSettings, MaskedSecret};

/// Where the provider sends browsers back to.
const DONE: &str = "/sign-in/oidc/done";

/// Where it sends them after it has signed them out.
const SIGNED_OUT: &str = "/sign-in";

/// The secrets of one sign-in.
pub(crate) struct Secrets {
    /// Comes back with the browser.
    pub(crate) state: String,
    /// Comes back in the ID token.
    pub(crate) nonce: String,
    /// Proves to the provider that the code is exchanged by the one who asked for it.
    pub(crate) verifier: String,
}

/// Why a sign-in ends without a visitor. None of it has a token or a text of the provider.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The provider cannot be asked, or does not answer as it should; the text is for the log.
    Unavailable(String),
    /// The provider does not exchange the code: it was used, or its time is over.
    Code,
    /// The ID token is not valid; the text is for the log.
    Token(&'static str),
}

/// This program as a client of the provider.
pub(crate) struct CodeFlow {
    issuer: String,
    description: Uri,
    client_id: String,
    client_secret: Option<MaskedSecret>,
    public_url: String,
    client: ProviderClient,
    /// Kept once they were read.
    endpoints: RwLock<Option<Arc<Endpoints>>>,
}

impl CodeFlow {
    /// The client of the settings; none where it has no name.
    ///
    /// # Errors
    ///
    /// The settings are incomplete.
    pub(super) fn load(settings: &HttpSettings, issuer: &str) -> Result<Option<Self>, ConfigError> {
        let client_secret = settings.oidc_client_secret.clone();
        let client_secret = client_secret.filter(|secret| !secret.is_empty());
        let Some(client_id) = settings.oidc_client_id.clone().filter(|id| !id.is_empty()) else {
            return match client_secret {
                Some(_) => Err(ConfigError::missing(
                    "OIDC_CLIENT_ID",
                    "invoice-worker-page",
                )),
                None => Ok(None),
            };
        };
        let public_url = settings.http_public_url.clone().ok_or_else(|| {
            let example = "https://invoices.example.com";
            let mut missing = ConfigError::missing("HTTP_PUBLIC_URL", example);
            missing.problem += "; the identity provider sends browsers back there";
            missing
        })?;
        let description = discovery::address(issuer).parse::<Uri>().ok();
        let description =
            description.filter(|url| is_safe(url.scheme_str().unwrap_or_default(), url.host()));
        let description = description.ok_or_else(|| ConfigError {
            variable: "OIDC_ISSUER",
            problem: "must be a URL that begins with https:// where OIDC_CLIENT_ID is set"
                .to_owned(),
        })?;
        Ok(Some(Self {
            issuer: issuer.to_owned(),
            description,
            client_id,
            client_secret,
            public_url,
            client: ProviderClient::new()?,
            endpoints: RwLock::default(),
        }))
    }

    /// The audience of its ID tokens.
    pub(crate) fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The issuer, as the provider may name it when it sends a browser back.
    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The address at the provider where a browser signs in.
    ///
    /// # Errors
    ///
    /// The provider cannot be asked for it.
    pub(crate) async fn authorization(&self, secrets: &Secrets) -> Result<String, Failure> {
        let mut url = self.endpoints().await?.authorization.clone();
        let challenge = Sha256Digest::of(secrets.verifier.as_bytes());
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(challenge.as_bytes());
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.client_id)
            .append_pair("redirect_uri", &self.return_url())
            .append_pair("scope", "openid")
            .append_pair("state", &secrets.state)
            .append_pair("nonce", &secrets.nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        Ok(url.into())
    }

    /// The address at the provider where a browser signs out there too; none where there is no such address, or where the
    /// provider cannot be asked for it.
    ///
    /// The ID token is not kept for this (`id_token_hint`), so the provider may ask whether the visitor really wants to.
    pub(crate) async fn end_of_session(&self) -> Option<String> {
        let endpoints = self.endpoints().await.ok()?;
        let mut url = endpoints.end_session.clone()?;
        url.query_pairs_mut()
            .append_pair("client_id", &self.client_id)
            .append_pair(
                "post_logout_redirect_uri",
                &format!("{}{SIGNED_OUT}", self.public_url),
            );
        Some(url.into())
    }

    /// The ID token for a code, not verified yet.
    pub(super) async fn exchange(&self, code: &str, verifier: &str) -> Result<String, Failure> {
        let exchanged = self.ask_for_token(code, verifier).await;
        if let Err(Failure::Unavailable(_)) = exchanged {
            // It may have moved.
            *self
                .endpoints
                .write()
                .unwrap_or_else(PoisonError::into_inner) = None;
        }
        exchanged
    }

    async fn ask_for_token(&self, code: &str, verifier: &str) -> Result<String, Failure> {
        #[derive(Deserialize)]
        struct Exchanged {
            id_token: String,
        }
        let endpoints = self.endpoints().await?;
        let secret = self.client_secret.as_ref();
        let authorization = secret.map(|secret| basic(&self.client_id, secret));
        let form = self.token_form(code, verifier);
        let url = &endpoints.token;
        let answer = self.client.post_form(url, authorization, form);
        let unavailable = |problem: &str| {
            Failure::Unavailable(format!("{url} does not exchange the code: {problem}"))
        };
        let (status, body) = answer.await.map_err(|problem| unavailable(&problem))?;
        if !status.is_success() {
            return Err(match refusal(&body) {
                "invalid_grant" => Failure::Code,
                problem => unavailable(&format!("{status}, {problem}")),
            });
        }
        let exchanged: Result<Exchanged, _> = serde_json::from_slice(&body);
        match exchanged {
            Ok(exchanged) if status == StatusCode::OK => Ok(exchanged.id_token),
            Ok(_) | Err(_) => Err(unavailable("its answer has no ID token")),
        }
    }

    /// A client without a secret says who it is in the form.
    fn token_form(&self, code: &str, verifier: &str) -> String {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", &self.return_url())
            .append_pair("code_verifier", verifier);
        if self.client_secret.is_none() {
            form.append_pair("client_id", &self.client_id);
        }
        form.finish()
    }

    /// The addresses of the provider. They are read when they are needed first, and kept; a failure is not kept.
    async fn endpoints(&self) -> Result<Arc<Endpoints>, Failure> {
        let known = self.endpoints.read();
        let known = known.unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known {
            return Ok(known);
        }
        let read = match self.client.get(&self.description).await {
            Ok(bytes) => discovery::parse(&bytes, &self.issuer, self.client_secret.is_some()),
            Err(problem) => Err(format!("cannot be read: {problem}")),
        };
        let url = &self.description;
        let read = read.map_err(|problem| Failure::Unavailable(format!("{url} {problem}")))?;
        let read = Arc::new(read);
        let mut kept = self
            .endpoints
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *kept = Some(Arc::clone(&read));
        Ok(read)
    }

    fn return_url(&self) -> String {
        format!("{}{DONE}", self.public_url)
    }
}

/// Name and secret are encoded as fields of forms are, before they are joined (RFC 6749, 2.3.1).
fn basic(client_id: &str, secret: &MaskedSecret) -> HeaderValue {
    let encoded =
        |text: &str| -> String { form_urlencoded::byte_serialize(text.as_bytes()).collect() };
    let pair = format!("{}:{}", encoded(client_id), encoded(secret.expose()));
    let text = format!("Basic {}", BASE64_STANDARD.encode(pair));
    // Base64 can stand in a header.
    let mut value = HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

/// The error of a token request: one of those that exist (RFC 6749, 5.2). Other texts could be anything.
fn refusal(body: &[u8]) -> &'static str {
    #[derive(Deserialize)]
    struct Refused {
        error: String,
    }
    const ERRORS: [&str; 6] = [
        "invalid_grant",
        "invalid_client",
        "invalid_request",
        "invalid_scope",
        "unauthorized_client",
        "unsupported_grant_type",
    ];
    let refused = serde_json::from_slice::<Refused>(body).ok();
    let known = refused.and_then(|it| ERRORS.into_iter().find(|known| *known == it.error));
    known.unwrap_or("an unknown error")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_and_secret_of_a_client_are_encoded_before_they_are_joined() {
        let header = basic("a:b", &MaskedSecret::from("c d%\u{e9}"));
        let encoded = header.to_str().expect("a text").strip_prefix("Basic ");
        let pair = BASE64_STANDARD.decode(encoded.expect("Basic"));
        let pair = String::from_utf8(pair.expect("base64")).expect("UTF-8");
        assert_eq!(pair, "a%3Ab:c+d%25%C3%A9");
        assert!(header.is_sensitive());
    }

    #[test]
    fn texts_of_a_refusal_are_those_of_the_standard() {
        for (body, expected) in [
            (r#"{"error":"invalid_grant"}"#, "invalid_grant"),
            (
                r#"{"error":"invalid_client","error_description":"x"}"#,
                "invalid_client",
            ),
            (r#"{"error":"<script>"}"#, "an unknown error"),
            ("<html>", "an unknown error"),
        ] {
            assert_eq!(refusal(body.as_bytes()), expected, "{body}");
        }
    }
}
