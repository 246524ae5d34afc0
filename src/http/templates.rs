//! `/v1/templates`: the templates in use.

use axum::Json;
use axum::extract::State;
use document::Catalog;

use super::api::Api;
use super::auth::{Caller, Looker};
use crate::contract::{FontList, TemplateList};

/// List templates
///
/// Those that this process has loaded, with their versions, languages and samples.
#[utoipa::path(
    get,
    path = "/v1/templates",
    operation_id = "listTemplates",
    security(("token" = ["look"])),
    tag = "templates",
    responses((status = 200, description = "The templates and brands", body = TemplateList)),
)]
pub(super) async fn list(State(api): State<Api>, Looker(caller): Looker) -> Json<TemplateList> {
    Json(seen_by(&caller, &api.templates.current().catalog))
}

/// The templates, and the brands but for those of shops that the caller may not see.
pub(super) fn seen_by(caller: &Caller, catalog: &Catalog) -> TemplateList {
    let mut list = TemplateList::of(catalog);
    // Brands of all shops of a platform have no slash in their names.
    list.brands.retain(|brand| {
        let of_shop = brand.name.split_once('/');
        of_shop.is_none_or(|(platform, shop)| caller.may_see_shop(platform, shop).is_ok())
    });
    list
}

/// List fonts
///
/// The font families that templates can name, with the languages whose letters they have.
#[utoipa::path(
    get,
    path = "/v1/fonts",
    operation_id = "listFonts",
    security(("token" = ["look"])),
    tag = "templates",
    responses((status = 200, description = "The font families", body = FontList)),
)]
pub(super) async fn fonts(State(api): State<Api>, Looker(_caller): Looker) -> Json<FontList> {
    Json(FontList::of(&api.templates.current().catalog))
}
