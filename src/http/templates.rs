//! `/v1/templates`: the templates in use.

use axum::Json;
use axum::extract::State;

use super::api::Api;
use super::auth::Reader;
use crate::contract::{FontList, TemplateList};

/// List templates
///
/// Those that this process has loaded, with their versions, languages and samples.
#[utoipa::path(
    get,
    path = "/v1/templates",
    operation_id = "listTemplates",
    security(("token" = ["read"])),
    tag = "templates",
    responses((status = 200, description = "The templates and brands", body = TemplateList)),
)]
pub(super) async fn list(State(api): State<Api>, Reader(_caller): Reader) -> Json<TemplateList> {
    Json(TemplateList::of(&api.templates.current().catalog))
}

/// List fonts
///
/// The font families that templates can name, with the languages whose letters they have.
#[utoipa::path(
    get,
    path = "/v1/fonts",
    operation_id = "listFonts",
    security(("token" = ["read"])),
    tag = "templates",
    responses((status = 200, description = "The font families", body = FontList)),
)]
pub(super) async fn fonts(State(api): State<Api>, Reader(_caller): Reader) -> Json<FontList> {
    Json(FontList::of(&api.templates.current().catalog))
}
