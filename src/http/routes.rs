//! The routes of the API.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::api::Api;
use super::auth::Access;
use super::{
    activity, changes, dead_letters, documents, erasures, export, health, invoices, layers, legacy,
    openapi, ops, preview, repairs, replays, status, templates,
};
use crate::observe::Observed;

/// All routes, with their limits.
pub fn router(api: Api, access: Access, page: &ops::Settings, observed: Arc<Observed>) -> Router {
    let is_local = access.is_open();
    let (described, document) = described().split_for_parts();
    let document = openapi::complete(document);
    let probes = health::router_for(observed, access.clone())
        .method_not_allowed_fallback(layers::method_not_allowed);
    let page = ops::router(ops::Ops::new(api.clone(), access.clone(), page));
    let router = described
        .layer(from_fn_with_state(access, layers::identify))
        // Below this point no token is needed.
        .merge(openapi::router(document))
        .with_state(api)
        // A visitor of the page has a session instead of a token.
        .merge(page)
        .fallback(ops::not_found)
        .method_not_allowed_fallback(layers::method_not_allowed);
    layers::around(router, probes, is_local)
}

/// The whole description, for the file in `docs`.
pub fn document() -> Value {
    openapi::complete(described().into_openapi())
}

/// The routes, with their description.
pub(super) fn described() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(openapi::head())
        .routes(routes!(invoices::submit, invoices::list))
        .routes(routes!(invoices::show))
        .routes(routes!(documents::open))
        .routes(routes!(documents::request))
        .routes(routes!(documents::xml))
        .routes(routes!(export::download))
        .routes(routes!(preview::validate))
        .routes(routes!(preview::preview))
        .routes(routes!(templates::list))
        .routes(routes!(templates::fonts))
        .routes(routes!(legacy::get_pdf))
        .routes(routes!(dead_letters::list))
        .routes(routes!(dead_letters::groups))
        .routes(routes!(dead_letters::discard))
        .routes(routes!(dead_letters::edit_all))
        .routes(routes!(dead_letters::import))
        .routes(routes!(repairs::proposals))
        .routes(routes!(dead_letters::show))
        .routes(routes!(dead_letters::request, dead_letters::edit))
        .routes(routes!(dead_letters::history))
        .routes(routes!(dead_letters::show_edit))
        .routes(routes!(repairs::create, repairs::list))
        .routes(routes!(repairs::show))
        .routes(routes!(repairs::letters))
        .routes(routes!(repairs::apply))
        .routes(routes!(repairs::approve))
        .routes(routes!(repairs::cancel))
        .routes(routes!(repairs::resume))
        .routes(routes!(replays::create, replays::list))
        .routes(routes!(replays::show))
        .routes(routes!(replays::cancel))
        .routes(routes!(replays::resume))
        .routes(routes!(erasures::create, erasures::list))
        .routes(routes!(erasures::show))
        .routes(routes!(erasures::cancel))
        .routes(routes!(changes::list))
        .routes(routes!(status::show))
        .routes(routes!(activity::show))
}
