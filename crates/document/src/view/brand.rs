//! The brand of the shop.

use serde::Serialize;

use crate::catalog::brand::Brand;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BrandView<'a> {
    accent: Option<&'a str>,
    /// The colour behind the total.
    tint: Option<String>,
    logo: Option<&'a str>,
    logo_alt: Option<&'a str>,
    logo_ratio: Option<f64>,
    /// The lines of the footer in one string.
    footer: Option<String>,
}

impl<'a> BrandView<'a> {
    pub(super) fn new(brand: &'a Brand) -> Self {
        Self {
            accent: brand.accent.as_deref(),
            tint: brand.tint(),
            logo: brand.logo.as_deref(),
            logo_alt: brand.logo_alt.as_deref(),
            logo_ratio: brand.logo_ratio,
            footer: brand
                .footer
                .as_ref()
                .map(|footer| footer.lines().join("\n")),
        }
    }
}

/// The families of fonts of a document: the brand's own goes before the others.
pub(super) fn fonts<'a>(brand: &'a Brand, families: Vec<&'a str>) -> Vec<&'a str> {
    let Some(own) = brand.font.as_deref() else {
        return families;
    };
    let others = families.into_iter().filter(|family| *family != own);
    std::iter::once(own).chain(others).collect()
}
