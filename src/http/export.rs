//! `/v1/export`: the documents of a period, as a ZIP for accountants.

mod query;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LOCATION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use futures_util::{Stream, stream};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::api::Api;
use super::auth::{Caller, Reader};
use super::failures::{database, storage};
use super::problem::{Code, Problem};
use super::query::Query;
use crate::export::{Chunk, Chunks, Export, ExportError, Exported, Had, channel};
pub(crate) use query::ExportQuery;

/// The most documents of one export. What the index needs of each is in memory, about a hundred bytes.
const MOST: u64 = 100_000;

/// How long a failing call to the database or the bucket is repeated: a client that waits would give up.
const PATIENCE: Duration = Duration::from_secs(10);

/// When a client that was refused should try again: another export is running.
const RETRY_AFTER: Duration = Duration::from_secs(30);

/// Export documents for accountants
///
/// A ZIP of the documents and their e-invoices, with `index.csv`, `totals.csv` by currency, tax category and rate, and
/// `SHA256SUMS`; on request with booking batches for DATEV. Each file is compared with the recorded SHA-256 before it is sent.
/// `errors.csv` is there if a document could not be exported or booked, and `INCOMPLETE.txt` if something is missing of one. The ZIP is
/// sent while it is made: one that ends early has no directory, and every program refuses it. A client goes on with such a one by
/// `resumeAt` and `resumeSha256`. One export runs at a time, of 100000 documents at most.
#[utoipa::path(
    get,
    path = "/v1/export",
    operation_id = "exportInvoices",
    tag = "invoices",
    security(("token" = ["read"])),
    params(ExportQuery),
    responses(
        (
            status = 200, description = "The ZIP; with `resumeAt`, what is behind those bytes of it", body = super::openapi::Zip,
            content_type = "application/zip",
            headers(
                ("Content-Disposition" = String, description = "A file name"),
                ("Content-Location" = String, description = "The address of this export, with the moment where it ends"),
            ),
        ),
        (status = 409, description = "`state_conflict`: the export does not begin with the bytes that the client has"),
        (status = 503, description = "`overloaded`: another export is running; or a server is not available"),
    ),
)]
pub(super) async fn download(
    State(api): State<Api>,
    Reader(caller): Reader,
    Query(query): Query<ExportQuery>,
) -> Result<Response, Problem> {
    let had = query.had()?;
    let query = query.with_end();
    let export = export(&api, &caller, &query)?;
    let running = Running::start(&api, export, had)?;
    let mut answer = running.answer().await?;
    if let Ok(address) = HeaderValue::from_str(&query.address()) {
        answer.headers_mut().insert(CONTENT_LOCATION, address);
    }
    Ok(answer)
}

/// The same for the page.
///
/// # Errors
///
/// A parameter is not valid, another export is running, or the first document cannot be read.
pub(crate) async fn zip(
    api: &Api,
    caller: &Caller,
    query: &ExportQuery,
) -> Result<Response, Problem> {
    let export = export(api, caller, query)?;
    Running::start(api, export, None)?.answer().await
}

fn export(api: &Api, caller: &Caller, query: &ExportQuery) -> Result<Export, Problem> {
    Ok(Export {
        database: api.database.clone(),
        storage: api.storage.clone(),
        selection: query.selection(caller)?,
        datev: query.datev()?,
        patience: PATIENCE,
        most: Some(MOST),
        stop: CancellationToken::new(),
    })
}

/// An export in work: what it sends, and its end.
struct Running {
    chunks: Chunks,
    ended: tokio::task::JoinHandle<Option<Exported>>,
    is_resumed: bool,
}

impl Running {
    /// Begins it, if no other one is running.
    fn start(api: &Api, export: Export, had: Option<Had>) -> Result<Self, Problem> {
        let slot = Arc::clone(api.exports()).try_acquire_owned();
        let slot = slot.map_err(|_| {
            let detail = "another export is running: try again when it has ended";
            Problem::new(Code::Overloaded, detail).retry_after(RETRY_AFTER)
        })?;
        let is_resumed = had.is_some();
        let (destination, sender, chunks) = channel(had);
        let ended = tokio::spawn(async move {
            let _slot = slot;
            match export.run(destination, |_| {}).await {
                Ok(exported) => {
                    report(exported);
                    Some(exported)
                }
                Err(error) => {
                    sender.send(Err(error)).await.ok();
                    None
                }
            }
        });
        Ok(Self {
            chunks,
            ended,
            is_resumed,
        })
    }

    /// Nothing is answered before the first document was read, and what the client has was compared: so what is not available is a
    /// problem and not half a ZIP.
    async fn answer(mut self) -> Result<Response, Problem> {
        let body = match self.chunks.recv().await {
            Some(Ok(first)) => Body::from_stream(self.stream(first)),
            Some(Err(error)) => return Err(problem(&error)),
            // The client has all of it.
            None if self.is_resumed && self.is_complete().await => Body::empty(),
            None => {
                let detail = "the export has ended without a byte";
                return Err(Problem::new(Code::Internal, detail));
            }
        };
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static("application/zip")),
            (
                CONTENT_DISPOSITION,
                HeaderValue::from_static("attachment; filename=\"invoices.zip\""),
            ),
            // A range has a last byte, which is known when the last document was read.
            (ACCEPT_RANGES, HeaderValue::from_static("none")),
        ];
        Ok((headers, body).into_response())
    }

    /// Whether it was completed. It is asked once, when there are no further chunks.
    async fn is_complete(&mut self) -> bool {
        matches!((&mut self.ended).await, Ok(Some(_)))
    }

    /// The rest of the ZIP. An error closes the connection before the end of the body, so that the client notices.
    fn stream(self, first: Bytes) -> impl Stream<Item = Chunk> {
        stream::unfold((Some(first), Some(self)), async |(first, running)| {
            let mut running = running?;
            if let Some(first) = first {
                return Some((Ok(first), (None, Some(running))));
            }
            let error = match running.chunks.recv().await {
                Some(Ok(chunk)) => return Some((Ok(chunk), (None, Some(running)))),
                Some(Err(error)) => error,
                None if running.is_complete().await => return None,
                None => io::Error::other("the export has ended early").into(),
            };
            let cause: &(dyn std::error::Error + 'static) = &error;
            warn!(
                event = "http_export_cut",
                error = cause,
                "an export was cut off: it failed after its first document"
            );
            Some((Err(error), (None, None)))
        })
    }
}

/// Logs that an export lacks something: its client finds in `errors.csv` what.
fn report(exported: Exported) {
    let Exported {
        documents,
        incomplete,
        ..
    } = exported;
    if incomplete > 0 {
        warn!(
            event = "http_export_incomplete",
            documents, incomplete, "something is missing of documents of an export"
        );
    }
}

fn problem(error: &ExportError) -> Problem {
    match error {
        ExportError::Database(error) => database(error),
        ExportError::Storage(error) => storage(error),
        ExportError::TooMany { most } => {
            let detail = format!(
                "more than {most} documents are selected: give a shorter time with since and until, or a shop"
            );
            Problem::new(Code::ParameterInvalid, detail)
        }
        ExportError::OtherBytes { bytes } => {
            let detail = format!(
                "the export does not begin with the {bytes} bytes that the client has: a parameter is another one, or a document was \
                 recorded late, erased or repaired in between. Begin anew"
            );
            Problem::new(Code::StateConflict, detail)
        }
        // Those of a file, and of a client that is gone.
        ExportError::Write(_)
        | ExportError::ReaderGone
        | ExportError::Stopped
        | ExportError::OtherOptions { .. }
        | ExportError::InUse(_) => Problem::new(Code::Internal, error.to_string()),
    }
}
