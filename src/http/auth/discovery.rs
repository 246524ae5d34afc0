//! Where an identity provider is asked, as it publishes it itself (OpenID Connect Discovery 1.0).

use axum::http::Uri;
use serde::Deserialize;
use url::Url;

use super::provider_client::is_safe;

/// The addresses of a provider.
#[derive(Debug)]
pub(super) struct Endpoints {
    /// Where browsers are sent to sign in.
    pub(super) authorization: Url,
    /// Where a code is exchanged.
    pub(super) token: Uri,
    /// Where browsers are sent to sign out, if there is such an address.
    pub(super) end_session: Option<Url>,
}

#[derive(Deserialize)]
struct Published {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    end_session_endpoint: Option<String>,
    code_challenge_methods_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

/// The address of the document. A slash at the end of the issuer is not part of it (section 4).
pub(super) fn address(issuer: &str) -> String {
    let issuer = issuer.trim_end_matches('/');
    format!("{issuer}/.well-known/openid-configuration")
}

/// Reads the document of this issuer; the error is the rest of a sentence. The document of another issuer would have codes sent
/// to that one (section 4.3).
pub(super) fn parse(bytes: &[u8], issuer: &str, has_secret: bool) -> Result<Endpoints, String> {
    let published: Published = serde_json::from_slice(bytes)
        .map_err(|error| format!("is no description of a provider: {error}"))?;
    if published.issuer != issuer {
        return Err("is of another issuer than OIDC_ISSUER".to_owned());
    }
    // A list that is left out says nothing about PKCE, and means client_secret_basic (section 3).
    let lacks = |list: &Option<Vec<String>>, method: &str| {
        list.as_ref()
            .is_some_and(|list| !list.iter().any(|it| it == method))
    };
    if lacks(&published.code_challenge_methods_supported, "S256") {
        return Err("says that the provider does not support PKCE with S256".to_owned());
    }
    let methods = &published.token_endpoint_auth_methods_supported;
    if has_secret && lacks(methods, "client_secret_basic") {
        return Err("says that the provider does not accept client_secret_basic".to_owned());
    }
    let authorization = endpoint("authorization_endpoint", &published.authorization_endpoint)?;
    let token = endpoint("token_endpoint", &published.token_endpoint)?;
    let end_session = published.end_session_endpoint.as_deref();
    let end_session = end_session.map(|text| endpoint("end_session_endpoint", text));
    Ok(Endpoints {
        authorization,
        token: token
            .as_str()
            .parse()
            .map_err(|_| "has a token_endpoint that is not an address".to_owned())?,
        end_session: end_session.transpose()?,
    })
}

fn endpoint(name: &str, text: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok();
    let url = url.filter(|url| is_safe(url.scheme(), url.host_str()) && url.fragment().is_none());
    url.ok_or_else(|| format!("has a {name} that is not an https address"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ISSUER: &str = "https://login.example.com/realms/shop";

    fn document(others: &Value) -> String {
        let mut document = json!({
            "issuer": ISSUER,
            "authorization_endpoint": format!("{ISSUER}/auth?tenant=a"),
            "token_endpoint": format!("{ISSUER}/token"),
        });
        for (name, value) in others.as_object().expect("an object") {
            document[name] = value.clone();
        }
        document.to_string()
    }

    #[test]
    fn the_document_of_an_issuer_has_its_addresses() {
        for (issuer, expected) in [
            (ISSUER, format!("{ISSUER}/.well-known/openid-configuration")),
            (
                "https://a.example/",
                "https://a.example/.well-known/openid-configuration".to_owned(),
            ),
        ] {
            assert_eq!(address(issuer), expected);
        }
        let found = parse(document(&json!({})).as_bytes(), ISSUER, true).expect("endpoints");
        assert_eq!(
            found.authorization.as_str(),
            format!("{ISSUER}/auth?tenant=a")
        );
        assert_eq!(found.token.to_string(), format!("{ISSUER}/token"));
        assert_eq!(found.end_session, None);
        let local = json!({ "end_session_endpoint": "http://127.0.0.1:8080/out" });
        let found = parse(document(&local).as_bytes(), ISSUER, true).expect("endpoints");
        assert!(found.end_session.is_some());
    }

    #[test]
    fn a_document_that_cannot_be_used_is_refused() {
        for (others, expected) in [
            (json!({ "issuer": format!("{ISSUER}/") }), "another issuer"),
            (json!({ "issuer": null }), "no description"),
            (
                json!({ "authorization_endpoint": "http://login.example.com/auth" }),
                "authorization_endpoint",
            ),
            (
                json!({ "authorization_endpoint": "javascript:alert(1)" }),
                "authorization_endpoint",
            ),
            (
                json!({ "token_endpoint": "http://127.0.0.1@login.example.com/token" }),
                "token_endpoint",
            ),
            (json!({ "token_endpoint": "/token" }), "token_endpoint"),
            (
                json!({ "end_session_endpoint": "http://login.example.com/out" }),
                "end_session_endpoint",
            ),
            (
                json!({ "code_challenge_methods_supported": ["plain"] }),
                "S256",
            ),
            (
                json!({ "token_endpoint_auth_methods_supported": ["private_key_jwt"] }),
                "client_secret_basic",
            ),
        ] {
            let problem = parse(document(&others).as_bytes(), ISSUER, true).expect_err("refused");
            assert!(problem.contains(expected), "{others}: {problem}");
        }
        let public = json!({ "token_endpoint_auth_methods_supported": ["none"] });
        assert!(parse(document(&public).as_bytes(), ISSUER, false).is_ok());
    }
}
