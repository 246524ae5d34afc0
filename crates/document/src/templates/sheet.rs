//! Contact sheets: small pictures of a sample in all languages, and what differs from other templates.

use futures_util::future::try_join_all;
use icu_locale::LanguageIdentifier;
use invoice::Invoice;
use serde::Serialize;

use super::samples;
use crate::catalog::{Catalog, Template};
use crate::compiler::Pdf;
use crate::error::RenderError;
use crate::job::{JobFile, RenderJob};
use crate::order::{PageOrder, PictureSize, SHEET_FOLDER};
use crate::priority::Priority;
use crate::renderer::Pool;

/// Most pictures of a sheet: its renderer has all of them in memory, two megabytes each.
const MAX_PICTURES: usize = 48;

/// Templates, and renderers that have loaded them.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// The templates.
    pub catalog: &'a Catalog,
    /// The renderers.
    pub pool: &'a Pool,
    /// How urgent the documents are among others of these renderers.
    pub priority: Priority,
}

/// A sample that is shown.
#[derive(Clone, Copy)]
pub struct Sample<'a> {
    /// Its path in the templates folder.
    pub path: &'a str,
    /// The request.
    pub body: &'a [u8],
    /// Whether it is shown in every language, or in its own only, as a stress sample is.
    pub in_every_language: bool,
}

impl<'a> Sample<'a> {
    /// The samples of a template, and its stress samples.
    pub fn all(catalog: &'a Catalog, template: &Template) -> Vec<Self> {
        let sample = |(path, body): (&'a str, &'a [u8]), in_every_language: bool| Self {
            path,
            body,
            in_every_language,
        };
        let samples = catalog.samples(template);
        let stress = catalog.stress_samples(template);
        let samples = samples.map(|found| sample(found, true));
        samples
            .chain(stress.map(|found| sample(found, false)))
            .collect()
    }
}

/// The sheets of one sample.
#[derive(Debug)]
pub struct Sheets {
    /// Each is a document of one page, with a picture of that page.
    pub pages: Vec<Pdf>,
    /// Number of documents that they show.
    pub documents: usize,
    /// The languages in which a page looks different.
    pub differing: Vec<String>,
    /// The languages in which the other templates do not have the document.
    pub new: Vec<String>,
}

/// Why there is no sheet.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// The sample is not a valid request.
    #[error("{0}")]
    Sample(#[from] invoice::InvalidRequest),
    /// A document cannot be rendered.
    #[error("in {language}: {source}")]
    Document {
        /// Its language.
        language: String,
        /// The reason.
        source: RenderError,
    },
    /// The sheet itself cannot be rendered.
    #[error("the sheet cannot be rendered: {0}")]
    Sheet(RenderError),
}

/// One document on a sheet.
#[derive(Serialize)]
struct Tile {
    #[serde(skip)]
    language: String,
    label: String,
    differs: bool,
    /// Whether there is nothing to compare it with.
    #[serde(skip)]
    is_new: bool,
    pictures: Vec<Picture>,
}

#[derive(Serialize)]
struct Picture {
    path: String,
    alt: String,
    #[serde(skip)]
    png: Vec<u8>,
}

/// How many sheets a sample has that is shown in every language, of the first page and compared with nothing.
pub fn count_of(template: &Template) -> usize {
    languages_of(template, &[]).len().div_ceil(MAX_PICTURES)
}

/// Sheets of a sample in these languages, or in all; of the first page, or of all pages. A stress sample is shown in its own
/// language, if that is one of them.
///
/// With `before`, documents that look different are shown beside what those templates render of the same sample. The page that
/// is shown is the first that differs then. The pictures are compared, of all pages.
///
/// # Errors
///
/// The sample is not valid, or a document cannot be rendered with the templates. One that cannot be rendered with the other
/// templates is shown without them.
pub async fn of_sample(
    now: Side<'_>,
    before: Option<Side<'_>>,
    template: &Template,
    sample: Sample<'_>,
    languages: &[String],
    all_pages: bool,
) -> Result<Sheets, SheetError> {
    let Sample { path, body, .. } = sample;
    let invoice = samples::read(template, body)?;
    let other = before.and_then(|side| Some((side, counterpart(side.catalog, template, body)?)));
    let shown: Vec<LanguageIdentifier> = if sample.in_every_language {
        let tags = languages_of(template, languages).into_iter();
        tags.filter_map(|tag| tag.parse().ok()).collect()
    } else {
        own_locale(template, &invoice, languages)
    };
    let documents = shown.into_iter().map(async |locale: LanguageIdentifier| {
        let language = locale.to_string();
        let language = language.as_str();
        let mut invoice = invoice.clone();
        invoice.locale = locale;
        let document = Document { side: now, invoice };
        let earlier = other.as_ref().map(|(side, invoice)| {
            let mut invoice = invoice.clone();
            invoice.locale = document.invoice.locale.clone();
            Document {
                side: *side,
                invoice,
            }
        });
        let tiles = match (before.is_some(), earlier) {
            (true, earlier) => compared(&document, earlier.as_ref(), language, all_pages).await,
            (false, _) => plain(&document, language, all_pages).await,
        };
        tiles.map_err(|source| SheetError::Document {
            language: language.to_owned(),
            source,
        })
    });
    let documents: Vec<Vec<Tile>> = try_join_all(documents).await?;
    let count = documents.iter().filter(|tiles| !tiles.is_empty()).count();
    let mut tiles: Vec<Tile> = documents.into_iter().flatten().collect();
    let differing = languages_where(&tiles, |tile| tile.differs);
    let new = languages_where(&tiles, |tile| tile.is_new);
    // What differs is looked at first.
    tiles.sort_by_key(|tile| (!tile.differs, !tile.is_new));
    let title = path.trim_start_matches('/').replace("/samples/", ": ");
    let summary = match before {
        Some(side) => format!(
            "{count} documents, {} of them different from those of {}, {} new",
            differing.len(),
            side.catalog.root().display(),
            new.len()
        ),
        None => format!("{count} documents"),
    };
    let mut pages = Vec::new();
    for tiles in parts(tiles) {
        let mut job = sheet(now.catalog, &title, &summary, tiles);
        job.priority = now.priority;
        pages.push(now.pool.render(&job).await.map_err(SheetError::Sheet)?);
    }
    Ok(Sheets {
        pages,
        documents: count,
        differing,
        new,
    })
}

/// What the other templates have and these do not: each language of each template.
pub fn lost<'a>(now: &Catalog, before: &'a Catalog) -> Vec<(&'a Template, &'a str)> {
    let mut lost = Vec::new();
    for other in before.templates() {
        let mut templates = now.templates();
        let template = templates.find(|template| template.folder == other.folder);
        let has = |language| template.is_some_and(|one| one.languages.contains(language));
        let gone = other.languages.iter().filter(|language| !has(language));
        lost.extend(gone.map(|language| (other, language.as_str())));
    }
    lost
}

/// A document that is rendered again for the picture of each page.
struct Document<'a> {
    side: Side<'a>,
    invoice: Invoice,
}

impl Document<'_> {
    async fn page(&self, page: usize) -> Result<Pdf, RenderError> {
        let mut job = RenderJob::prepare(self.side.catalog, &self.invoice)?;
        let size = PictureSize::Small;
        job.order.picture = Some(PageOrder { page, size });
        job.priority = self.side.priority;
        self.side.pool.render(&job).await
    }
}

async fn plain(
    document: &Document<'_>,
    language: &str,
    all_pages: bool,
) -> Result<Vec<Tile>, RenderError> {
    let first = document.page(1).await?;
    let pages = if all_pages { first.pages } else { 1 };
    let mut tiles = vec![tile(language, 1, first.pages, vec![first.picture])];
    for page in 2..=pages {
        let pdf = document.page(page).await?;
        tiles.push(tile(language, page, pdf.pages, vec![pdf.picture]));
    }
    Ok(tiles)
}

/// The pages that are shown, those that differ as pairs.
async fn compared(
    document: &Document<'_>,
    earlier: Option<&Document<'_>>,
    language: &str,
    all_pages: bool,
) -> Result<Vec<Tile>, RenderError> {
    let first = document.page(1).await?;
    let before = match earlier {
        Some(earlier) => earlier.page(1).await.ok(),
        None => None,
    };
    let (Some(earlier), Some(before)) = (earlier, before) else {
        let mut tiles = plain(document, language, all_pages).await?;
        for tile in &mut tiles {
            tile.label.push_str(" (new)");
            tile.is_new = true;
        }
        return Ok(tiles);
    };
    if first.bytes == before.bytes {
        return plain(document, language, all_pages).await;
    }
    let (mut tiles, mut unchanged) = (Vec::new(), None);
    let pages = first.pages.max(before.pages);
    let mut rendered = Some((first, before));
    for page in 1..=pages {
        let (now, then) = match rendered.take() {
            Some(pair) => pair,
            None => (document.page(page).await?, earlier.page(page).await?),
        };
        if now.picture != then.picture {
            let pair = vec![then.picture, now.picture];
            let mut tile = tile(language, page, pages, pair);
            tile.label.push_str(": before, now");
            tile.differs = true;
            tiles.push(tile);
            if !all_pages {
                return Ok(tiles);
            }
        } else if all_pages {
            tiles.push(tile(language, page, pages, vec![now.picture]));
        } else if page == 1 {
            unchanged = Some(tile(language, page, pages, vec![now.picture]));
        }
    }
    tiles.extend(unchanged);
    Ok(tiles)
}

/// A page that only one of two documents has is one picture.
fn tile(language: &str, page: usize, pages: usize, pictures: Vec<Option<Vec<u8>>>) -> Tile {
    let label = if pages > 1 {
        format!("{language}, page {page} of {pages}")
    } else {
        language.to_owned()
    };
    let pictures = pictures.into_iter().flatten().map(|png| Picture {
        path: String::new(),
        alt: label.clone(),
        png,
    });
    Tile {
        language: language.to_owned(),
        pictures: pictures.collect(),
        differs: false,
        is_new: false,
        label,
    }
}

/// The same sample, as a request for the template of the same folder.
fn counterpart(catalog: &Catalog, template: &Template, body: &[u8]) -> Option<Invoice> {
    let mut templates = catalog.templates();
    let other = templates.find(|other| other.folder == template.folder)?;
    samples::read(other, body).ok()
}

/// Those of the template's languages that are asked for and have a font.
fn languages_of<'a>(template: &'a Template, wanted: &[String]) -> Vec<&'a str> {
    let languages = template.languages.iter();
    let shown = languages.filter(|language| {
        let mut without_font = template.without_font.iter();
        (wanted.is_empty() || wanted.contains(language))
            && !without_font.any(|missing| missing.language == **language)
    });
    shown.map(String::as_str).collect()
}

/// The locale of a sample, if its language is asked for and has a font.
fn own_locale(template: &Template, sample: &Invoice, wanted: &[String]) -> Vec<LanguageIdentifier> {
    let is_shown = match template.language(sample) {
        Ok(language) => wanted.is_empty() || wanted.iter().any(|tag| tag == language),
        Err(RenderError::FontMissing(_)) => false,
        // Rendering reports it.
        Err(_) => true,
    };
    let locale = is_shown.then(|| sample.locale.clone());
    locale.into_iter().collect()
}

/// The languages of such tiles, each once.
fn languages_where(tiles: &[Tile], is_meant: impl Fn(&Tile) -> bool) -> Vec<String> {
    let meant = tiles.iter().filter(|tile| is_meant(tile));
    let mut languages: Vec<String> = meant.map(|tile| tile.language.clone()).collect();
    languages.dedup();
    languages
}

/// The tiles of each sheet.
fn parts(tiles: Vec<Tile>) -> Vec<Vec<Tile>> {
    let mut parts: Vec<Vec<Tile>> = Vec::new();
    let mut pictures = 0;
    for tile in tiles {
        pictures += tile.pictures.len();
        match parts.last_mut() {
            Some(part) if pictures <= MAX_PICTURES => part.push(tile),
            Some(_) | None => {
                pictures = tile.pictures.len();
                parts.push(vec![tile]);
            }
        }
    }
    parts
}

fn sheet(catalog: &Catalog, title: &str, summary: &str, mut tiles: Vec<Tile>) -> RenderJob {
    let mut files = Vec::new();
    for picture in tiles.iter_mut().flat_map(|tile| &mut tile.pictures) {
        picture.path = format!("{SHEET_FOLDER}{}.png", files.len());
        files.push(JobFile {
            path: picture.path.clone(),
            bytes: std::mem::take(&mut picture.png),
        });
    }
    let data = serde_json::json!({ "title": title, "summary": summary, "tiles": tiles });
    RenderJob::of_sheet(catalog, data, files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_has_no_more_pictures_than_its_renderer_can_hold() {
        let tiles = |count: usize, pictures: usize| {
            let tiles =
                (0..count).map(|page| tile("de", page, 2, vec![Some(Vec::new()); pictures]));
            tiles.collect::<Vec<_>>()
        };
        let sizes = |tiles| {
            let parts = parts(tiles).into_iter();
            parts.map(|part| part.len()).collect::<Vec<_>>()
        };
        let most = MAX_PICTURES;
        assert_eq!(sizes(tiles(most, 1)), [most]);
        assert_eq!(sizes(tiles(most + 1, 1)), [most, 1]);
        assert_eq!(sizes(tiles(most, 2)), [most / 2, most / 2]);
        assert!(sizes(Vec::new()).is_empty());
    }
}
