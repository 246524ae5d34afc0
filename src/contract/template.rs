//! Templates, as `templates list --json` and the API list them.

use document::Catalog;
use serde::Serialize;
use utoipa::ToSchema;

/// The templates and brands of a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TemplateList {
    pub(crate) templates: Vec<ListedTemplate>,
    pub(crate) brands: Vec<ListedBrand>,
}

/// A template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ListedTemplate {
    /// As requests name it.
    pub(crate) name: String,
    /// Below the templates folder.
    pub(crate) folder: String,
    /// As the template declares it, else the first digits of its digest.
    pub(crate) version: String,
    /// Of its files, hexadecimal.
    pub(crate) digest: String,
    pub(crate) description: Option<String>,
    /// Tags of BCP 47.
    pub(crate) languages: Vec<String>,
    /// Paths below the templates folder.
    pub(crate) samples: Vec<String>,
}

/// A brand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ListedBrand {
    pub(crate) name: String,
    /// Of its files, hexadecimal.
    pub(crate) digest: Option<String>,
}

impl TemplateList {
    /// Those of this folder.
    pub fn of(catalog: &Catalog) -> Self {
        let templates = catalog.templates().map(|template| ListedTemplate {
            name: template.name.clone(),
            folder: template.folder.clone(),
            version: template.version(),
            digest: template.digest.to_string(),
            description: template.description.clone(),
            languages: template.languages.iter().map(ToString::to_string).collect(),
            samples: catalog
                .samples(template)
                .map(|(path, _)| path.to_owned())
                .collect(),
        });
        let brands = catalog.brands();
        let named = brands.names().map(|name| ListedBrand {
            name: name.to_owned(),
            digest: brands.named(name).digest.map(|digest| digest.to_string()),
        });
        Self {
            templates: templates.collect(),
            brands: named.collect(),
        }
    }
}

/// The font families that templates can name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FontList {
    /// In the order in which a document looks for a character.
    pub families: Vec<ListedFamily>,
    /// Languages whose letters are in no font, as tags of BCP 47.
    pub languages_without_font: Vec<String>,
}

/// A font family.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ListedFamily {
    /// As a template names it.
    pub name: String,
    /// The languages whose letters it has, as tags of BCP 47, without those that inherit from another one.
    pub languages: Vec<String>,
    /// Its fonts.
    pub faces: Vec<ListedFace>,
}

/// A font of a family.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ListedFace {
    /// Its file.
    pub file: String,
    /// From 100 to 900; 400 is regular, 700 bold.
    pub weight: u16,
    /// `normal`, `italic` or `oblique`.
    pub style: String,
}

impl FontList {
    /// Those of this folder, and of `FONTS_DIR`.
    pub fn of(catalog: &Catalog) -> Self {
        let missing = catalog.without_font().into_iter();
        let families = catalog.font_families().into_iter();
        Self {
            families: families
                .map(|family| ListedFamily {
                    name: family.name,
                    languages: family.languages,
                    faces: (family.faces.into_iter())
                        .map(|face| ListedFace {
                            file: face.file,
                            weight: face.weight,
                            style: face.style.to_owned(),
                        })
                        .collect(),
                })
                .collect(),
            languages_without_font: missing.map(|font| font.language.clone()).collect(),
        }
    }
}
