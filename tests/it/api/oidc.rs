//! Tokens of an identity provider, which the tests sign themselves.

mod claims;
mod provider;
mod settings;

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rcgen::KeyPair;
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::harness::{Serve, World};

const ISSUER: &str = "https://login.example.com/realms/shop";
const AUDIENCE: &str = "invoice-worker";

/// A key of the provider.
pub(crate) struct Key {
    id: String,
    algorithm: Algorithm,
    private: EncodingKey,
    public: Value,
}

impl Key {
    pub(crate) fn new(id: &str) -> Self {
        let pair = KeyPair::generate().expect("a key");
        let private = EncodingKey::from_ec_der(&pair.serialize_der());
        Self::of(id, Algorithm::ES256, private)
    }

    fn rsa(id: &str) -> Self {
        Self::rsa_for(id, Algorithm::RS256)
    }

    /// A key of RSA for one of its algorithms.
    fn rsa_for(id: &str, algorithm: Algorithm) -> Self {
        let pair = KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).expect("a key");
        // The key itself comes after the head of PKCS #8.
        let private = EncodingKey::from_rsa_der(&pair.serialize_der()[26..]);
        Self::of(id, algorithm, private)
    }

    fn p384(id: &str) -> Self {
        let pair = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).expect("a key");
        let private = EncodingKey::from_ec_der(&pair.serialize_der());
        Self::of(id, Algorithm::ES384, private)
    }

    fn ed25519(id: &str) -> Self {
        let pair = KeyPair::generate_for(&rcgen::PKCS_ED25519).expect("a key");
        let seed = &pair.serialize_der()[16..48];
        // PKCS #8 without the public key (RFC 8410, 10.3).
        let head = [
            0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22,
            0x04, 0x20,
        ];
        let private = EncodingKey::from_ed_der(&[&head, seed].concat());
        Self::of(id, Algorithm::EdDSA, private)
    }

    fn of(id: &str, algorithm: Algorithm, private: EncodingKey) -> Self {
        let public = Jwk::from_encoding_key(&private, algorithm).expect("a public key");
        let mut public = serde_json::to_value(public).expect("JSON");
        public["kid"] = json!(id);
        public["use"] = json!("sig");
        Self {
            id: id.to_owned(),
            algorithm,
            private,
            public,
        }
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        let mut header = Header::new(self.algorithm);
        header.kid = Some(self.id.clone());
        encode(&header, claims, &self.private).expect("a token")
    }
}

/// The claims of a good token, with others beside or instead of them; null leaves one out.
fn claims(others: Value) -> Value {
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let mut claims = json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "exp": now + 600, "roles": ["read"] });
    let members = claims.as_object_mut().expect("an object");
    for (name, value) in others.as_object().expect("an object") {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    claims
}

pub(crate) fn set_of(keys: &[&Key]) -> String {
    let keys: Vec<&Value> = keys.iter().map(|key| &key.public).collect();
    json!({ "keys": keys }).to_string()
}

/// Starts a server that accepts tokens of the provider whose keys are there.
async fn serve(world: &World, jwks: &str, more: &[(&str, &str)]) -> Serve {
    let provider = [
        ("OIDC_ISSUER", ISSUER),
        ("OIDC_AUDIENCE", AUDIENCE),
        ("OIDC_JWKS", jwks),
    ];
    world.serve_with(&[&provider, more].concat()).await
}

/// Writes the keys to a file.
fn file_of(world: &World, keys: &str) -> String {
    let file = world.path("jwks.json");
    std::fs::write(&file, keys).expect("a file");
    file.to_str().expect("UTF-8").to_owned()
}
