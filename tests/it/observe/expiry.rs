//! When the certificate and the tokens of the API end, in a scrape.

use std::io;
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::{scrape_by, value};
use crate::api::tokens::entry;
use crate::harness::http::{Client, exchange};
use crate::harness::{Options, Serve, World, eventually};

const CERTIFICATE: &str = "invoice_worker_http_certificate_expiry_timestamp_seconds";
const TOKEN: &str = "invoice_worker_http_token_expiry_timestamp_seconds";

const READ: &str = "read-token-0123456789-0123456789";

/// A certificate for `localhost` that no authority has signed, and its key.
struct SelfSigned {
    certificate: CertificateDer<'static>,
    pem: String,
    key: String,
}

impl SelfSigned {
    fn until(ends: OffsetDateTime) -> Self {
        let mut parameters = CertificateParams::new(["localhost".to_owned()]).expect("a name");
        parameters.not_after = ends;
        let key = KeyPair::generate().expect("a key");
        let certificate = parameters.self_signed(&key).expect("a certificate");
        Self {
            certificate: certificate.der().clone(),
            pem: certificate.pem(),
            key: key.serialize_pem(),
        }
    }

    /// A scrape by a client that trusts this certificate only.
    async fn scrape(&self, serve: &Serve) -> io::Result<String> {
        let mut trusted = RootCertStore::empty();
        trusted
            .add(self.certificate.clone())
            .expect("a certificate");
        let provider = Arc::new(aws_lc_rs::default_provider());
        let configuration = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(trusted)
            .with_no_client_auth();
        let stream = TcpStream::connect(serve.address()).await?;
        let connector = TlsConnector::from(Arc::new(configuration));
        let name = "localhost".try_into().expect("a name");
        let mut stream = connector.connect(name, stream).await?;
        let client = Client::new(serve.address()).header("Host", "localhost");
        let answer = exchange(&mut stream, &client.head("GET", "/metrics", 0)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        Ok(String::from_utf8(answer.body).expect("UTF-8"))
    }
}

fn seconds(moment: OffsetDateTime) -> Option<f64> {
    Some(moment.unix_timestamp() as f64)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_the_certificate_in_use_is_shown_and_follows_its_renewal() {
    let world = World::new(Options::sqlite()).await;
    // Moments from 2050 on have another form in a certificate.
    let (early, late) = (
        datetime!(2049-05-06 07:08:09 UTC),
        datetime!(2051-02-03 04:05:06 UTC),
    );
    let (old, new) = (SelfSigned::until(early), SelfSigned::until(late));
    let (certificate, key) = (world.path("server.pem"), world.path("key.pem"));
    std::fs::write(&certificate, &old.pem).expect("a file");
    std::fs::write(&key, &old.key).expect("a file");
    let serve = world
        .serve_with(&[
            ("HTTP_TLS_CERT_FILE", certificate.to_str().expect("UTF-8")),
            ("HTTP_TLS_KEY_FILE", key.to_str().expect("UTF-8")),
        ])
        .await;
    let text = old.scrape(&serve).await.expect("TLS");
    assert_eq!(value(&text, CERTIFICATE), seconds(early), "{text}");
    assert_eq!(value(&text, TOKEN), None, "there are no tokens: {text}");

    // What comes behind it in the file ends earlier, and is not the server's own.
    std::fs::write(&certificate, [&*new.pem, &*old.pem].concat()).expect("a file");
    std::fs::write(&key, &new.key).expect("a file");
    eventually("the end of the renewed certificate", async || {
        match new.scrape(&serve).await {
            Ok(text) if value(&text, CERTIFICATE) == seconds(late) => Ok(()),
            Ok(text) => Err(text),
            Err(error) => Err(error.to_string()),
        }
    })
    .await;

    // Files that cannot be used change nothing.
    let before = serve.events("http_certificate_refused").len();
    std::fs::write(&certificate, &old.pem).expect("a file");
    eventually("a refusal", async || {
        let refused = serve.events("http_certificate_refused").len();
        if refused > before {
            Ok(())
        } else {
            Err(refused)
        }
    })
    .await;
    let text = new.scrape(&serve).await.expect("TLS");
    assert_eq!(value(&text, CERTIFICATE), seconds(late), "{text}");

    let plain = world.serve().await;
    let plain = scrape_by(&plain.client()).await;
    assert_eq!(value(&plain, CERTIFICATE), None, "{plain}");
    assert_eq!(value(&plain, TOKEN), None, "{plain}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_token_to_end_is_shown_without_its_name_and_follows_the_file() {
    let world = World::new(Options::sqlite()).await;
    let now = OffsetDateTime::now_utc();
    let (ended, first, second) = (
        now - Duration::hours(1),
        now + Duration::days(1),
        now + Duration::days(2),
    );
    let until = |moment: OffsetDateTime| {
        let moment = moment.format(&Rfc3339).expect("a time");
        json!({ "expires": moment })
    };
    let of_name = |name: &str, more: &Value| {
        let token = format!("{name}-0123456789-0123456789");
        entry(name, &token, &["look"], more)
    };
    let reader = entry("a-token-that-stays", READ, &["read"], &json!({}));
    let ended = of_name("a-token-that-has-ended", &until(ended));
    let early = of_name("the-first-token-to-end", &until(first));
    let late = of_name("the-second-token-to-end", &until(second));
    let file = world.path("tokens.json");
    let write = |entries: &[&Value]| {
        // The file is whole at every moment.
        let new = world.path("tokens.new");
        std::fs::write(&new, json!(entries).to_string()).expect("a file");
        std::fs::rename(&new, &file).expect("a file");
    };

    write(&[&reader, &late, &ended, &early]);
    let path = file.to_str().expect("UTF-8");
    let serve = world.serve_with(&[("HTTP_TOKENS_FILE", path)]).await;
    let client = serve.client_with(READ);
    let text = scrape_by(&client).await;
    assert_eq!(value(&text, TOKEN), seconds(first), "{text}");
    assert_eq!(value(&text, CERTIFICATE), None, "there is no TLS: {text}");
    for name in ["a-token", "the-first-token", "the-second-token"] {
        assert!(!text.contains(name), "{name}: {text}");
    }
    let becomes = async |expected: Option<f64>| {
        eventually(&format!("{TOKEN} {expected:?}"), async || {
            let text = scrape_by(&client).await;
            if value(&text, TOKEN) == expected {
                Ok(())
            } else {
                Err(text)
            }
        })
        .await;
    };
    write(&[&reader, &late, &ended]);
    becomes(seconds(second)).await;
    write(&[&reader, &ended]);
    becomes(None).await;
    write(&[&reader, &early]);
    becomes(seconds(first)).await;

    // A list that is no file.
    let list = json!([reader, late]).to_string();
    let serve = world.serve_with(&[("HTTP_TOKENS", &list)]).await;
    let text = scrape_by(&serve.client_with(READ)).await;
    assert_eq!(value(&text, TOKEN), seconds(second), "{text}");
}
