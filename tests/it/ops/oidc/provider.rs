//! An identity provider: it answers over HTTP, keeps codes, and checks clients, redirects and PKCE as real ones do.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use invoice::digest::Sha256Digest;
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::{Url, form_urlencoded};

use super::{CLIENT, SECRET};
use crate::api::oidc::{Key, set_of};
use crate::harness::http::Client;

/// The provider.
pub(super) struct Provider {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

/// What it knows, and how it behaves.
pub(super) struct State {
    issuer: String,
    /// What ID tokens are signed with.
    pub(super) key: Key,
    /// The keys that it publishes.
    pub(super) keys: String,
    /// Claims beside or instead of the usual ones; null leaves one out.
    pub(super) claims: Value,
    /// Members of its description, in the same way.
    pub(super) description: Value,
    /// The secret of the client; none for a public one.
    pub(super) secret: Option<&'static str>,
    /// Whether every answer is a failure.
    pub(super) is_away: bool,
    /// Whether it exchanges a code again and again.
    pub(super) is_forgetful: bool,
    grants: HashMap<String, Grant>,
    used: HashSet<String>,
    /// The ID tokens that it has issued.
    pub(super) issued: Vec<String>,
    /// How many times it was asked for its description or for a token.
    pub(super) asked: usize,
}

struct Grant {
    redirect_uri: String,
    challenge: String,
    nonce: String,
}

type Fields = HashMap<String, String>;

impl Provider {
    pub(super) async fn start() -> Self {
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = TcpListener::bind(anywhere).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let key = Key::new("a");
        let state = Arc::new(Mutex::new(State {
            issuer: format!("http://{address}/realms/shop"),
            keys: set_of(&[&key]),
            key,
            claims: json!({}),
            description: json!({}),
            secret: Some(SECRET),
            is_away: false,
            is_forgetful: false,
            grants: HashMap::new(),
            used: HashSet::new(),
            issued: Vec::new(),
            asked: 0,
        }));
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { address, state }
    }

    pub(super) fn issuer(&self) -> String {
        self.state().issuer.clone()
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("the state")
    }

    /// A browser whose visitor has an account here.
    pub(super) fn client(&self) -> Client {
        Client::new(self.address)
    }
}

/// Answers the one request of a connection.
async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let Some((head, body)) = read(&mut stream).await else {
        return;
    };
    let answer = state.lock().expect("the state").answer(&head, &body);
    stream.write_all(answer.as_bytes()).await.ok();
    stream.shutdown().await.ok();
}

/// The head and the body of a request.
async fn read(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut request = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&request);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = header(head, "content-length").and_then(|it| it.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Some((head.to_owned(), body.to_owned()));
            }
        }
        let mut part = [0; 4_096];
        match stream.read(&mut part).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => request.extend_from_slice(&part[..count]),
        }
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    let mut found = lines.filter(|(other, _)| other.eq_ignore_ascii_case(name));
    found.next().map(|(_, value)| value)
}

fn fields(text: &str) -> Fields {
    form_urlencoded::parse(text.as_bytes())
        .into_owned()
        .collect()
}

fn answer(status: &str, more: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{more}\r\n{body}"
    )
}

fn merged(mut object: Value, others: &Value) -> Value {
    let members = object.as_object_mut().expect("an object");
    for (name, value) in others.as_object().expect("an object") {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    object
}

impl State {
    fn answer(&mut self, head: &str, body: &str) -> String {
        let mut words = head.split(' ');
        let (method, target) = (
            words.next().unwrap_or_default(),
            words.next().unwrap_or_default(),
        );
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let path = path.strip_prefix("/realms/shop").unwrap_or_default();
        self.asked += usize::from(!["/certs", "/auth"].contains(&path));
        match (method, path) {
            _ if self.is_away => answer("503 Away", "", ""),
            ("GET", "/.well-known/openid-configuration") => {
                answer("200 OK", "", &self.described().to_string())
            }
            ("GET", "/certs") => answer("200 OK", "", &self.keys),
            ("GET", "/auth") => self.authorize(&fields(query)),
            ("POST", "/token") => match self.exchange(head, &fields(body)) {
                Ok(token) => {
                    let answered = json!({ "access_token": "opaque", "token_type": "Bearer", "id_token": token });
                    answer("200 OK", "", &answered.to_string())
                }
                Err(error) => {
                    let refused = json!({ "error": error, "error_description": "<b>no</b>" });
                    answer("400 Bad Request", "", &refused.to_string())
                }
            },
            _ => answer("404 Not Found", "", ""),
        }
    }

    fn described(&self) -> Value {
        let issuer = &self.issuer;
        let usual = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/auth"),
            "token_endpoint": format!("{issuer}/token"),
            "end_session_endpoint": format!("{issuer}/logout"),
            "jwks_uri": format!("{issuer}/certs"),
            "code_challenge_methods_supported": ["plain", "S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        });
        merged(usual, &self.description)
    }

    /// The visitor signs in at once.
    fn authorize(&mut self, given: &Fields) -> String {
        let text = |name: &str| given.get(name).cloned().unwrap_or_default();
        let expected = [
            ("response_type", "code"),
            ("client_id", CLIENT),
            ("scope", "openid"),
            ("code_challenge_method", "S256"),
        ];
        for (name, value) in expected {
            assert_eq!(text(name), value, "{name}");
        }
        let code = format!("code-{}-+&%", self.grants.len());
        let redirect_uri = text("redirect_uri");
        let mut back = Url::parse(&redirect_uri).expect("an address");
        back.query_pairs_mut()
            .append_pair("code", &code)
            .append_pair("state", &text("state"))
            .append_pair("session_state", "7")
            .append_pair("iss", &self.issuer);
        let grant = Grant {
            redirect_uri,
            challenge: text("code_challenge"),
            nonce: text("nonce"),
        };
        self.grants.insert(code, grant);
        answer("302 Found", &format!("Location: {back}\r\n"), "")
    }

    fn exchange(&mut self, head: &str, given: &Fields) -> Result<String, &'static str> {
        let text = |name: &str| given.get(name).map_or("", String::as_str);
        if text("grant_type") != "authorization_code" {
            return Err("unsupported_grant_type");
        }
        let authorization = header(head, "authorization");
        let is_client = match self.secret {
            Some(secret) => {
                let pair = BASE64_STANDARD.encode(format!("{CLIENT}:{secret}"));
                authorization == Some(&*format!("Basic {pair}")) && text("client_id").is_empty()
            }
            None => authorization.is_none() && text("client_id") == CLIENT,
        };
        if !is_client {
            return Err("invalid_client");
        }
        let grant = self.grants.get(text("code")).ok_or("invalid_grant")?;
        let challenge = Sha256Digest::of(text("code_verifier").as_bytes());
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(challenge.as_bytes());
        let fits = challenge == grant.challenge && text("redirect_uri") == grant.redirect_uri;
        let is_new = self.used.insert(text("code").to_owned());
        if !fits || !(is_new || self.is_forgetful) {
            return Err("invalid_grant");
        }
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let usual = json!({
            "iss": self.issuer, "aud": CLIENT, "sub": "alice", "iat": now, "exp": now + 300, "nonce": grant.nonce,
            "roles": ["read"],
        });
        let token = self.key.sign(&merged(usual, &self.claims));
        self.issued.push(token.clone());
        Ok(token)
    }
}
