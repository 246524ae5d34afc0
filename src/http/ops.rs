//! The page: a third way in, over the use cases that API and command line call, for people with a browser.
//!
//! It is HTML from the server, and works without scripts: links, forms that are answered with a redirect, and addresses that are
//! the whole state of a list. A visitor has a session, which a cookie names; the API never looks at cookies, and the page never
//! at bearer tokens. What goes wrong is a [`Problem`](super::Problem) as in the API, shown as a page by [`answer::as_html`].
//!
//! A page is a handler with its template in `html/`; `base.html` has what all pages share, and `parts.html` what they are
//! made of.

mod activity;
pub mod answer;
mod assets;
mod attempt;
mod changes;
pub mod chart;
pub mod code;
mod cookie;
pub mod diff;
mod erasures;
mod export;
mod filter;
mod followed;
pub mod form;
pub mod given;
mod indent;
mod invoice;
mod invoices;
pub mod layout;
mod letters;
pub mod notice;
mod oidc;
mod overview;
mod pictures;
mod repairs;
mod replays;
mod secret;
mod session;
mod sheets;
pub mod show;
mod sign_in;
pub mod state;
mod templates;
mod test_invoice;
mod trial;
pub mod visitor;

use axum::Router;
use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};

pub use self::state::{Ops, Settings};

use super::layers;

/// The page of an invoice.
const INVOICE: &str = "/invoices/{platform}/{shop}/{order}/{package}/{sequence}";

/// The routes of the page.
pub(super) fn router(ops: Ops) -> Router {
    pages()
        .route_layer(from_fn_with_state(ops.clone(), visitor::visit))
        // Below this point no session is needed.
        .route("/sign-in", get(sign_in::show).post(sign_in::sign_in))
        .route("/sign-in/oidc", get(oidc::to_form).post(oidc::start))
        .route("/sign-in/oidc/done", get(oidc::done))
        .route("/assets/{name}", get(assets::asset))
        .route("/favicon.ico", get(assets::no_icon))
        .layer(from_fn(answer::as_html))
        .with_state(ops)
}

/// The pages, each with its actions.
fn pages() -> Router<Ops> {
    Router::new()
        .route("/", get(overview::show))
        .route("/repairs", get(repairs::list))
        .route("/repairs/new", get(repairs::form).post(repairs::create))
        .route("/repairs/{id}", get(repairs::show))
        .route("/repairs/{id}/letters/{letter}", get(repairs::letter))
        .route("/repairs/{id}/apply", post(repairs::apply))
        .route("/repairs/{id}/approve", post(repairs::approve))
        .route("/repairs/{id}/cancel", post(repairs::cancel))
        .route("/repairs/{id}/resume", post(repairs::resume))
        .route("/changes", get(changes::list))
        .route("/dead-letters", get(letters::list))
        .route(
            "/dead-letters/discard",
            get(letters::confirm_discard).post(letters::discard),
        )
        .route("/dead-letters/{id}", get(letters::show_letter))
        .route("/dead-letters/{id}/discard", post(letters::discard_one))
        .route(
            "/dead-letters/{id}/edit",
            get(letters::form).post(letters::edit),
        )
        .route("/dead-letters/{id}/edits", get(letters::edits))
        .route("/dead-letters/{id}/edits/{edit}", get(letters::show_edit))
        .route("/dead-letters/{id}/preview", post(letters::preview))
        .route("/dead-letters/{id}/replay", post(letters::replay_one))
        .route("/replays", get(replays::list))
        .route("/replays/new", get(replays::plan).post(replays::create))
        .route("/replays/{id}", get(replays::show))
        .route("/replays/{id}/cancel", post(replays::cancel))
        .route("/replays/{id}/resume", post(replays::resume))
        .route("/export", get(export::form))
        .route("/export/zip", get(export::download))
        .route("/erasures", get(erasures::list))
        .route("/erasures/new", get(erasures::form).post(erasures::create))
        .route("/erasures/plan", post(erasures::plan))
        .route("/erasures/{id}", get(erasures::show_one))
        .route("/erasures/{id}/cancel", post(erasures::cancel))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/invoices", get(invoices::list))
        .route(INVOICE, get(invoice::show))
        .route(&format!("{INVOICE}/document"), get(invoice::document))
        .route(&format!("{INVOICE}/xml"), get(invoice::xml))
        .route("/templates", get(templates::list))
        .route("/templates/try", get(trial::form).post(trial::run))
        .route("/templates/{digest}/{sample}", get(templates::sample))
        .route("/templates/{digest}/{sample}/sheet", get(sheets::sheet))
        .route(
            "/test-invoice",
            get(test_invoice::form).post(test_invoice::request),
        )
        .route("/test-invoice/{order}", get(followed::show))
}

/// What is found under no path: a page for browsers, and a problem for programs.
pub(super) async fn not_found(headers: HeaderMap) -> Response {
    let problem = layers::not_found().await;
    let accepts = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    if accepts.is_some_and(|types| types.contains("text/html")) {
        answer::problem(problem.into_response(), None, None)
    } else {
        problem.into_response()
    }
}
