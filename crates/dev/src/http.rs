//! A client of the API, for the demo.

use anyhow::{Context as _, ensure};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderName, LOCATION};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

/// Requests an invoice and waits for it; returns the answer.
pub(crate) async fn post(url: &str, body: String) -> anyhow::Result<Value> {
    let request = Request::post(url)
        .header(CONTENT_TYPE, "application/json")
        .header(HeaderName::from_static("prefer"), "wait=30")
        .body(Full::from(body))?;
    let answer = send(request).await?;
    let status = answer.status();
    let body = answer.into_body().collect().await?.to_bytes();
    ensure!(
        status == StatusCode::CREATED,
        "the API answered {status}: {}",
        String::from_utf8_lossy(&body)
    );
    Ok(serde_json::from_slice(&body)?)
}

/// Where the answer leads.
pub(crate) async fn location(url: &str) -> anyhow::Result<String> {
    let answer = send(empty(url)?).await?;
    let location = answer.headers().get(LOCATION);
    let location = location.with_context(|| format!("the API answered {}", answer.status()))?;
    Ok(location.to_str()?.to_owned())
}

/// Reads what is there.
pub(crate) async fn get(url: &str) -> anyhow::Result<Bytes> {
    let answer = send(empty(url)?).await?;
    let status = answer.status();
    ensure!(
        status == StatusCode::OK,
        "the object store answered {status}"
    );
    Ok(answer.into_body().collect().await?.to_bytes())
}

fn empty(url: &str) -> anyhow::Result<Request<Full<Bytes>>> {
    let request = Request::builder().method(Method::GET).uri(url);
    Ok(request.body(Full::default())?)
}

async fn send(request: Request<Full<Bytes>>) -> anyhow::Result<Response<Incoming>> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    Ok(client.request(request).await?)
}
