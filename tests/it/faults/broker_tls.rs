//! Connections to the broker with TLS.

use std::fs;
use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use super::impatient;
use super::servers::PrivateServer;
use crate::harness::{Options, World, samples};

#[tokio::test(flavor = "multi_thread")]
async fn tls_to_the_broker_trusts_the_authorities_of_ssl_cert_file_and_no_others() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    write_certificates(folder.path());
    let rabbitmq = PrivateServer::rabbitmq_with_tls(folder.path()).await;
    let world = World::new(Options {
        amqp_url: Some(rabbitmq.url.clone()),
        ..impatient()
    })
    .await;
    let port = rabbitmq.port("AMQPS_PORT");
    let url = |host: &str| format!("amqps://guest:guest@{host}:{port}/%2f");
    let check = async |url: String, authorities: String| {
        let check = world.program(&["check"]);
        let variables = [("AMQP_URL", url), ("SSL_CERT_FILE", authorities)];
        check.envs(variables).run().await
    };

    for (host, authority, reason) in [
        ("localhost", "other-ca.pem", "UnknownIssuer"),
        // The certificate is for localhost only.
        ("127.0.0.1", "ca.pem", "not valid for name"),
    ] {
        let refused = check(url(host), file(authority)).await;
        assert_eq!(refused.code, 1, "{refused:#?}");
        let broker = refused.stdout.lines().next().expect("a line");
        let start = format!("TLS handshake with {host} failed: invalid peer certificate");
        assert!(
            broker.contains(&start) && broker.contains(reason),
            "{broker}"
        );
    }
    let missing = check(url("localhost"), file("no-such-file.pem")).await;
    assert_eq!(missing.code, 2, "{missing:#?}");
    let problem = "SSL_CERT_FILE (the environment) gives no certificate authority for TLS";
    assert!(missing.stderr.contains(problem), "{missing:#?}");

    let trusting = [
        ("AMQP_URL", &*url("localhost")),
        ("SSL_CERT_FILE", &*file("ca.pem")),
    ];
    let mut worker = world.worker(&trusting).await;
    world.publish_many(samples::many(20)).await;
    world.assert_settled(20, 0).await;
    worker.stop().await;
    world.assert_settled(20, 0).await;
}

/// An authority, another one, and a certificate for `localhost` from the first.
pub(crate) fn write_certificates(folder: &Path) {
    let authority = |name: &str| {
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let certificate = parameters.self_signed(&key).expect("a certificate");
        (certificate.pem(), Issuer::new(parameters, key))
    };
    let (trusted, issuer) = authority("authority of this test");
    let (other, _) = authority("another authority");
    let key = KeyPair::generate().expect("a key");
    let server = CertificateParams::new(["localhost".to_owned()]).expect("a name");
    let server = server.signed_by(&key, &issuer).expect("a certificate");
    for (name, content) in [
        ("ca.pem", trusted),
        ("other-ca.pem", other),
        ("server.pem", server.pem()),
        ("key.pem", key.serialize_pem()),
    ] {
        fs::write(folder.join(name), content).expect("a file");
    }
}
