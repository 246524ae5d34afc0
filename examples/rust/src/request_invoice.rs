//! Requests an invoice, waits for its event, downloads the document and verifies it.
//!
//!     request-invoice REQUEST.json INVOICE.pdf

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use futures_util::StreamExt as _;
use http_body_util::{BodyExt as _, Empty};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use lapin::options::{
    BasicConsumeOptions, BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions,
};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties};
use order_service_example::{Event, Outcome, exchange, required, variable, wrong_usage};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest as _, Sha256};
use tokio::time::timeout;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use uuid::Uuid;

const PERSISTENT: u8 = 2;
const LONGEST_WAIT: Duration = Duration::from_secs(60);
const LONGEST_CALL: Duration = Duration::from_secs(30);

type Http = Client<HttpsConnector<HttpConnector>, Empty<&'static [u8]>>;

/// Where the servers are.
struct Settings {
    amqp_url: String,
    api_url: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [request_file, document_file] = &*arguments else {
        return wrong_usage("usage: request-invoice REQUEST.json INVOICE.pdf");
    };
    let settings =
        required("AMQP_URL", "amqp://user:password@host:5672/%2f").and_then(|amqp_url| {
            let api_url = required("API_URL", "http://127.0.0.1:8080")?;
            Ok(Settings { amqp_url, api_url })
        });
    let settings = match settings {
        Ok(settings) => settings,
        Err(problem) => return wrong_usage(&problem),
    };
    match run(&settings, request_file, document_file).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(settings: &Settings, request_file: &str, document_file: &str) -> anyhow::Result<()> {
    let body = tokio::fs::read(request_file)
        .await
        .with_context(|| request_file.to_owned())?;
    // Where the connection is lost, it may be unknown whether the request was published: the same request can be published again.
    let connection = Connection::connect(&settings.amqp_url, ConnectionProperties::default())
        .await
        .context("cannot connect to the broker")?;
    let event = request(&connection.create_channel().await?, &body).await?;
    connection.close(200, "".into()).await?;

    let subject = event.subject.as_deref().unwrap_or("this request");
    let generated = match event.outcome()? {
        Outcome::Generated(generated) => generated,
        Outcome::Failed(failed) => {
            for warning in &failed.warnings {
                println!("warning {warning}");
            }
            for error in &failed.errors {
                println!("{error}");
            }
            bail!(
                "no document for {subject}: {}: {}",
                failed.code,
                failed.detail
            );
        }
        Outcome::Unknown => bail!(
            "{subject}: an event of the type {} is not known",
            event.kind
        ),
    };
    for warning in &generated.warnings {
        println!("warning {warning}");
    }
    let document = timeout(LONGEST_CALL, download(&settings.api_url, subject))
        .await
        .context("the API or the bucket does not answer")??;
    // The digest in the event is that of the issued document.
    let digest: String = Sha256::digest(&document)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    if digest != generated.sha256 {
        bail!("{subject}: the download is not the document that was issued");
    }
    tokio::fs::write(document_file, &document)
        .await
        .with_context(|| document_file.to_owned())?;
    println!(
        "{subject}: {} page(s), {} bytes, in {document_file}",
        generated.pages,
        document.len()
    );
    Ok(())
}

/// Publishes a request, and returns the event that answers it.
async fn request(channel: &Channel, body: &[u8]) -> anyhow::Result<Event> {
    // An exclusive queue for the answers, which ends with the connection. It is there before the request is.
    let exclusive = QueueDeclareOptions {
        exclusive: true,
        ..QueueDeclareOptions::default()
    };
    let replies = channel
        .queue_declare("".into(), exclusive, FieldTable::default())
        .await?;
    let without_acknowledgements = BasicConsumeOptions {
        no_ack: true,
        ..BasicConsumeOptions::default()
    };
    let mut answers = channel
        .basic_consume(
            replies.name().clone(),
            "".into(),
            without_acknowledgements,
            FieldTable::default(),
        )
        .await?;

    let correlation_id = Uuid::new_v4().to_string();
    let properties = BasicProperties::default()
        .with_content_type("application/json".into())
        .with_delivery_mode(PERSISTENT)
        .with_message_id(Uuid::new_v4().to_string().into())
        .with_correlation_id(correlation_id.clone().into())
        .with_reply_to(replies.name().clone());
    // It must reach a queue: the broker returns it before it confirms.
    let mandatory = BasicPublishOptions {
        mandatory: true,
        ..BasicPublishOptions::default()
    };
    channel
        .confirm_select(ConfirmSelectOptions::default())
        .await?;
    let exchange = exchange();
    let confirm = channel
        .basic_publish(
            exchange.clone().into(),
            "invoice.requested".into(),
            mandatory,
            body,
            properties,
        )
        .await?
        .await?;
    match confirm {
        Confirmation::Ack(None) => {}
        Confirmation::Ack(Some(_returned)) => {
            bail!(
                "no queue takes requests from the exchange {exchange}: has a worker run on this broker?"
            )
        }
        Confirmation::Nack(_) => {
            bail!("the queue of requests is full: publish the same request again later")
        }
        Confirmation::NotRequested => bail!("the channel has no confirms"),
    }

    let answered = async {
        while let Some(answer) = answers.next().await {
            let answer = answer.context("the connection to the broker is lost")?;
            let id = answer
                .properties
                .correlation_id()
                .as_ref()
                .map(|id| id.as_str());
            if id == Some(correlation_id.as_str()) {
                return serde_json::from_slice(&answer.data).context("the answer is no event");
            }
        }
        Err(anyhow!(
            "the broker has cancelled the queue for the answers"
        ))
    };
    // Nothing is lost when the time is over: a worker processes the request when it can, and the same request gives the same
    // document.
    timeout(LONGEST_WAIT, answered)
        .await
        .map_err(|_elapsed| anyhow!("no answer within {} s", LONGEST_WAIT.as_secs()))?
}

/// Downloads a document. The API answers with a presigned URL, which needs no token and must not be sent one.
async fn download(api_url: &str, subject: &str) -> anyhow::Result<Vec<u8>> {
    let parts = subject
        .split('/')
        .map(|part| utf8_percent_encode(part, NON_ALPHANUMERIC).to_string());
    let path = parts.collect::<Vec<_>>().join("/");
    let connector = HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(aws_lc_rs::default_provider())?
        .https_or_http()
        .enable_http1()
        .build();
    let http: Http = Client::builder(TokioExecutor::new()).build(connector);

    let mut call = hyper::Request::get(format!("{api_url}/v1/invoices/{path}/document"));
    if let Some(token) = variable("API_TOKEN") {
        call = call.header("Authorization", format!("Bearer {token}"));
    }
    // This client follows no redirect.
    let answer = http
        .request(call.body(Empty::new())?)
        .await
        .context("the API cannot be reached")?;
    let status = answer.status();
    let location = answer.headers().get("Location").cloned();
    let body = answer.into_body().collect().await?.to_bytes();
    let (302, Some(location)) = (status.as_u16(), location) else {
        bail!(
            "the API has answered {status}: {}",
            String::from_utf8_lossy(&body)
        );
    };
    let call = hyper::Request::get(location.as_bytes()).body(Empty::new())?;
    let stored = http
        .request(call)
        .await
        .context("the bucket cannot be reached")?;
    if stored.status() != 200 {
        bail!("the bucket has answered {}", stored.status());
    }
    Ok(stored.into_body().collect().await?.to_bytes().into())
}
