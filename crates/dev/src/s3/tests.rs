//! The server as the SDK sees it, over HTTP.

mod access;
mod checksums;
mod conditions;
mod listing;
mod objects;
mod storage;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{BehaviorVersion, Region};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use secrecy::SecretString;
use tempfile::TempDir;

use super::{Credentials, S3Server};

/// A server over a folder of its own, with one bucket.
struct Harness {
    server: S3Server,
    client: Client,
    data: TempDir,
}

const BUCKET: &str = "invoices";

impl Harness {
    async fn start() -> Harness {
        let data = tempfile::tempdir().expect("a folder");
        let server = serve(data.path()).await;
        let client = client(&server, "the right secret");
        client
            .create_bucket()
            .bucket(BUCKET)
            .send()
            .await
            .expect("a bucket");
        Harness {
            server,
            client,
            data,
        }
    }

    async fn put(&self, key: &str, body: &[u8]) {
        let put = self
            .client
            .put_object()
            .bucket(BUCKET)
            .key(key)
            .body(body.to_vec().into());
        put.send().await.expect("a put");
    }

    async fn get(&self, key: &str) -> GetObjectOutput {
        self.client
            .get_object()
            .bucket(BUCKET)
            .key(key)
            .send()
            .await
            .expect("an object")
    }

    /// The names of the files in the folder of the bucket.
    fn files(&self) -> Vec<String> {
        let entries =
            std::fs::read_dir(self.data.path().join(BUCKET)).expect("the folder of the bucket");
        let names = entries.map(|entry| entry.expect("an entry").file_name());
        names
            .map(|name| name.into_string().expect("a name"))
            .collect()
    }
}

async fn serve(data: &Path) -> S3Server {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let credentials = Credentials {
        access_key_id: "tester".to_owned(),
        secret_access_key: SecretString::from("the right secret"),
    };
    S3Server::start(data, listen, credentials)
        .await
        .expect("a server")
}

fn client(server: &S3Server, secret: &str) -> Client {
    Client::from_conf(settings(server, secret).build())
}

fn settings(server: &S3Server, secret: &str) -> aws_sdk_s3::config::Builder {
    let keys = aws_sdk_s3::config::Credentials::new("tester", secret, None, None, "test");
    aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(server.endpoint())
        .force_path_style(true)
        // A retry would hide what the server answers.
        .retry_config(RetryConfig::disabled())
        .credentials_provider(keys)
}

async fn bytes(object: GetObjectOutput) -> Vec<u8> {
    object.body.collect().await.expect("a body").to_vec()
}

/// The status and the code of a refusal. An answer to a HEAD has no body and so no code.
#[track_caller]
fn refusal<T: std::fmt::Debug, E>(result: Result<T, SdkError<E>>) -> (u16, String)
where
    E: ProvideErrorMetadata + std::fmt::Debug,
{
    let error = result.expect_err("a refusal");
    let status = error.raw_response().expect("an answer").status().as_u16();
    (status, error.code().unwrap_or_default().to_owned())
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// Asks again until `ready` says yes.
async fn eventually(what: &str, mut ready: impl AsyncFnMut() -> bool) {
    let poll = async {
        while !ready().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(20), poll).await;
    assert!(waited.is_ok(), "{what} did not happen within 20 seconds");
}
