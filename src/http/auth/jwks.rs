//! Where the keys of an identity provider are: a file or a URL.

use std::path::PathBuf;

use axum::http::Uri;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

use super::provider_client::{ProviderClient, is_safe};
use crate::config::ConfigError;

/// Where keys are.
pub(super) enum Source {
    File(PathBuf),
    Url(Uri, Box<ProviderClient>),
}

impl Source {
    /// A path, or an `https` URL. `http` would let anyone on the way choose the keys; it is accepted for this machine only.
    ///
    /// # Errors
    ///
    /// The URL is not one of these.
    pub(super) fn new(text: &str) -> Result<Self, ConfigError> {
        let Some((scheme, _)) = text.split_once("://") else {
            return Ok(Self::File(text.into()));
        };
        let wrong = |problem: &str| ConfigError {
            variable: "OIDC_JWKS",
            problem: problem.to_owned(),
        };
        let url: Uri = text
            .parse()
            .map_err(|_| wrong("is neither a path nor a URL like https://HOST/PATH"))?;
        if !is_safe(scheme, url.host()) {
            return Err(wrong("must be a path, or a URL that begins with https://"));
        }
        Ok(Self::Url(url, Box::new(ProviderClient::new()?)))
    }

    pub(super) fn is_file(&self) -> bool {
        matches!(self, Self::File(_))
    }

    /// Reads the keys; the error is the rest of a sentence.
    pub(super) async fn read(&self) -> Result<JwkSet, String> {
        let bytes = match self {
            Self::File(path) => tokio::fs::read(path)
                .await
                .map_err(|error| format!("is {}, which cannot be read: {error}", path.display()))?
                .into(),
            Self::Url(url, client) => {
                let fetched = client.get(url).await;
                fetched.map_err(|problem| format!("is {url}, which cannot be read: {problem}"))?
            }
        };
        parse(&bytes)
    }
}

#[derive(Deserialize)]
struct Published {
    keys: Vec<Value>,
}

/// The keys that can verify signatures. Keys of kinds that are not known are left out, as RFC 7517 (section 5) asks for, and so
/// are those for encryption, which many providers publish beside them, and of curves that no accepted algorithm uses.
fn parse(bytes: &[u8]) -> Result<JwkSet, String> {
    let published: Published = serde_json::from_slice(bytes)
        .map_err(|error| format!("has no set of keys (JWKS): {error}"))?;
    let keys = published.keys.into_iter();
    let keys = keys.filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
    let keys: Vec<Jwk> = keys
        .filter(|key| key.common.public_key_use != Some(PublicKeyUse::Encryption))
        .filter(|key| verifies(&key.algorithm))
        .filter(|key| DecodingKey::from_jwk(key).is_ok())
        .collect();
    if keys.is_empty() {
        let problem = "has no key that can verify signatures: of RSA, or of the curves P-256, P-384 and Ed25519";
        return Err(problem.to_owned());
    }
    Ok(JwkSet { keys })
}

/// Signatures that a private key makes. One that the verifier could make itself proves nothing.
pub(super) const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// Whether there is an accepted algorithm for keys of this kind.
fn verifies(kind: &AlgorithmParameters) -> bool {
    ALGORITHMS
        .iter()
        .any(|algorithm| kind_is_for(kind, *algorithm))
}

/// Whether keys of this kind verify signatures of this accepted algorithm.
pub(super) fn kind_is_for(kind: &AlgorithmParameters, algorithm: Algorithm) -> bool {
    let curve = match kind {
        AlgorithmParameters::RSA(_) => None,
        AlgorithmParameters::EllipticCurve(key) => Some(&key.curve),
        AlgorithmParameters::OctetKeyPair(key) => Some(&key.curve),
        // What is signed with a shared secret, the verifier could have signed itself. Other kinds are not known.
        AlgorithmParameters::OctetKey(_) | AlgorithmParameters::Other(_) | _ => return false,
    };
    let needed = match algorithm {
        Algorithm::RS256
        | Algorithm::RS384
        | Algorithm::RS512
        | Algorithm::PS256
        | Algorithm::PS384
        | Algorithm::PS512 => None,
        Algorithm::ES256 => Some(&EllipticCurve::P256),
        Algorithm::ES384 => Some(&EllipticCurve::P384),
        Algorithm::EdDSA => Some(&EllipticCurve::Ed25519),
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 | _ => return false,
    };
    curve == needed
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_that_cannot_verify_signatures_do_not_spoil_the_others() {
        let curve = |id: &str, used_for: &str| {
            json!({
                "kty": "EC", "crv": "P-256", "kid": id, "use": used_for,
                "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
            })
        };
        let of_a_later_time =
            json!({ "kty": "AKP", "kid": "later", "alg": "ML-DSA-65", "pub": "AAAA" });
        let keys = [
            of_a_later_time.clone(),
            curve("b", "enc"),
            curve("a", "sig"),
        ];
        let parsed = parse(json!({ "keys": keys }).to_string().as_bytes()).expect("a key");
        let ids = parsed.keys.iter().map(|key| key.common.key_id.as_deref());
        assert_eq!(ids.collect::<Vec<_>>(), [Some("a")]);
        for (text, expected) in [
            (json!({ "keys": [] }).to_string(), "no key that can verify"),
            (
                json!({ "keys": [of_a_later_time] }).to_string(),
                "no key that can verify",
            ),
            (json!([]).to_string(), "no set of keys"),
            ("<html>".to_owned(), "no set of keys"),
        ] {
            let problem = parse(text.as_bytes()).expect_err("no key");
            assert!(problem.contains(expected), "{problem}");
        }
    }
}
