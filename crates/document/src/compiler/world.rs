//! What a template can read: the files in memory, the fonts, and one request. There is no file system, no package and no clock.

use std::collections::HashMap;

use serde::Deserialize;
use typst::diag::{FileError, FileResult, PackageError};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt as _, World};

use crate::attached;
use crate::catalog::may_read;
use crate::files::Files;
use crate::fonts::{Fonts, LazyFont};
use crate::job::{JobFile, Order};
use crate::order::{LOGO_TRIAL, SHEET};

/// The path of the view, which a template reads as its data.
pub(super) const REQUEST_PATH: &str = "/request.json";

/// The folder of the sources that import a template and call it. The templates folder has no such folder.
pub(super) const MAIN_FOLDER: &str = "/.main/";

/// The source of contact sheets.
const SHEET_SOURCE: &str = include_str!("sheet.typ");
/// The error of a template that imports a package.
pub(super) const NO_PACKAGES: &str =
    "packages cannot be imported; copy the package's files into lib/, and import them from there";

/// The compiler's words for a name that a file does not define.
const UNRESOLVED_IMPORT: &str = "unresolved import";

/// Everything that all documents share; built once.
pub(super) struct SharedWorld {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<LazyFont>,
    sources: HashMap<FileId, Source>,
    files: HashMap<FileId, Bytes>,
    /// The sources to start from, by template: of a document without attached files, and of one with them.
    mains: HashMap<String, [Mains; 2]>,
    view: FileId,
}

impl SharedWorld {
    /// A world of all files of a templates folder, its folders that are templates, and the fonts.
    pub(super) fn new<'a>(
        contents: &Files,
        templates: impl Iterator<Item = &'a str>,
        fonts: &Fonts,
    ) -> Self {
        let mut sources = HashMap::new();
        let mut files = HashMap::new();
        for (path, content) in contents {
            let id = file_id(path);
            if path.ends_with(".typ") {
                sources.insert(
                    id,
                    Source::new(id, String::from_utf8_lossy(content).into_owned()),
                );
            } else if !Fonts::is_font(path) {
                files.insert(id, Bytes::new(content.clone()));
            }
        }
        let mut mains = HashMap::new();
        for name in templates {
            // The source is constant, so that typst memoises the evaluated template; only the file of the request differs.
            let mut mains_with = |attaching: &str, folder: &str| {
                let mut main = |one_page: bool| {
                    let id = file_id(&format!("{MAIN_FOLDER}{name}/{folder}{one_page}.typ"));
                    let text = main_source(name, attaching, one_page);
                    sources.insert(id, Source::new(id, text));
                    id
                };
                let (one_page, pages) = (main(true), main(false));
                Mains { one_page, pages }
            };
            let plain = mains_with("", "");
            let attaching = mains_with(&attaching(), "attaching/");
            mains.insert(name.to_owned(), [plain, attaching]);
        }
        let trial = file_id(&format!("{MAIN_FOLDER}logo.typ"));
        let text = format!(
            "#let data = json(\"{REQUEST_PATH}\")\n\
             #set document(title: \"Logo\", date: datetime(year: 2000, month: 1, day: 1))\n\
             #set text(lang: \"en\", font: data.fonts)\n\
             #image(data.logo, alt: \"Logo\", width: 40mm)\n"
        );
        sources.insert(trial, Source::new(trial, text));
        let sheet = file_id(&format!("{MAIN_FOLDER}sheet.typ"));
        sources.insert(sheet, Source::new(sheet, SHEET_SOURCE.to_owned()));
        for (name, main) in [(LOGO_TRIAL, trial), (SHEET, sheet)] {
            let (one_page, pages) = (main, main);
            mains.insert(name.to_owned(), [Mains { one_page, pages }; 2]);
        }
        Self {
            library: LazyHash::new(Library::default()),
            book: LazyHash::new(fonts.book()),
            fonts: fonts.lazy(contents),
            sources,
            files,
            mains,
            view: file_id(REQUEST_PATH),
        }
    }

    /// The world of one document; `None` if the template does not exist.
    pub(super) fn with_job<'a>(
        &'a self,
        order: &'a Order,
        view: Vec<u8>,
        files: Vec<JobFile>,
    ) -> Option<RequestWorld<'a>> {
        let [plain, attaching] = self.mains.get(&order.template)?;
        let is_attaching = files.iter().any(|file| file.path == attached::LIST_PATH);
        let mains = if is_attaching { attaching } else { plain };
        let files = files.into_iter();
        Some(RequestWorld {
            shared: self,
            template: &order.template,
            logo: order.logo.as_deref(),
            mains,
            one_page: order.may_be_one_page,
            is_attaching,
            view: Bytes::new(view),
            files: files
                .map(|file| (file_id(&file.path), Bytes::new(file.bytes)))
                .collect(),
        })
    }
}

/// The source that a document is compiled from. `attaching` is for documents with attached files only, so that others are
/// compiled as if there were none.
fn main_source(template: &str, attaching: &str, one_page: bool) -> String {
    format!(
        "#import \"/{template}/main.typ\": render\n\
         #let data = json(\"{REQUEST_PATH}\")\n\
         {attaching}\
         #render(data + (onePage: {one_page}))\n"
    )
}

/// Attaches the files of the document. A file in a PDF/A-3 has a date: the document's, which a template may set, too.
fn attaching() -> String {
    format!(
        "#let (year, month, day) = data.document.issued\n\
         #set document(date: datetime(year: year, month: month, day: day))\n\
         #for file in json(\"{}\") {{\n  \
         let (path, name, mime-type, relationship, description) = file\n  \
         pdf.attach(name, read(path, encoding: none), mime-type: mime-type, relationship: relationship, \
         description: description)\n}}\n",
        attached::LIST_PATH
    )
}

/// The main sources of one template: for a document of one page, and for a longer one.
#[derive(Clone, Copy)]
struct Mains {
    one_page: FileId,
    pages: FileId,
}

fn file_id(path: &str) -> FileId {
    // Only paths with a backslash are not valid. The path that replaces them is never found.
    let path = VirtualPath::new(path).or_else(|_| VirtualPath::new("/invalid"));
    #[expect(clippy::unwrap_used, reason = "a constant that is a valid path")]
    let path = path.unwrap();
    RootedPath::new(VirtualRoot::Project, path).intern()
}

pub(super) struct RequestWorld<'a> {
    shared: &'a SharedWorld,
    template: &'a str,
    /// The logo of the document's brand. The logos of other brands cannot be read.
    logo: Option<&'a str>,
    mains: &'a Mains,
    one_page: bool,
    is_attaching: bool,
    view: Bytes,
    /// The files of this document, which are few.
    files: Vec<(FileId, Bytes)>,
}

impl RequestWorld<'_> {
    /// The same world for a document of several pages.
    pub(super) fn with_pages(self) -> Self {
        Self {
            one_page: false,
            ..self
        }
    }

    /// The date that files in this document have where the template sets none: the document's. A file in a PDF/A-3 needs one.
    pub(super) fn date_of_files(&self) -> Option<Datetime> {
        #[derive(Deserialize)]
        struct Dated {
            document: Issued,
        }
        #[derive(Deserialize)]
        struct Parts {
            year: i32,
            month: u8,
            day: u8,
        }
        #[derive(Deserialize)]
        struct Issued {
            issued: Parts,
        }
        if !self.is_attaching {
            return None;
        }
        let dated: Dated = serde_json::from_slice(&self.view).ok()?;
        let Parts { year, month, day } = dated.document.issued;
        Datetime::from_ymd(year, month, day)
    }

    /// The logo of the document's brand, if it is an SVG, which may have letters and links. The trial of a logo names it itself.
    pub(super) fn svg_logo(&self) -> Option<&str> {
        let logo = self.logo.filter(|logo| logo.ends_with(".svg"))?;
        (!self.template.starts_with('/')).then(|| logo.trim_start_matches('/'))
    }

    /// A message about the source that imports the template and calls it, in words about the template: no person has written
    /// that source.
    pub(super) fn message_of_call(&self, message: &str) -> String {
        // A document of the program's own has no template.
        if self.template.starts_with('/') {
            return message.to_owned();
        }
        let main = format!("{}/main.typ", self.template);
        if message == UNRESOLVED_IMPORT {
            return format!("{main} has no function `render`: expected `#let render(data) = ...`");
        }
        format!("{message}, where `render(data)` of {main} is called")
    }

    fn check(&self, id: FileId) -> FileResult<()> {
        let root = id.get().root();
        let path = id.get().vpath().get_with_slash();
        if *root != VirtualRoot::Project {
            return Err(FileError::Package(PackageError::Other(Some(
                NO_PACKAGES.into(),
            ))));
        }
        let allowed = id == self.main() || may_read(self.template, path) || self.logo == Some(path);
        if allowed { Ok(()) } else { Err(not_found(id)) }
    }
}

fn not_found(id: FileId) -> FileError {
    FileError::NotFound(id.get().vpath().get_with_slash().into())
}

impl World for RequestWorld<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &self.shared.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.shared.book
    }

    fn main(&self) -> FileId {
        if self.one_page {
            self.mains.one_page
        } else {
            self.mains.pages
        }
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        self.check(id)?;
        self.shared
            .sources
            .get(&id)
            .cloned()
            .ok_or_else(|| not_found(id))
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.shared.view {
            return Ok(self.view.clone());
        }
        if let Some((_, bytes)) = self.files.iter().find(|(own, _)| *own == id) {
            return Ok(bytes.clone());
        }
        self.check(id)?;
        self.shared
            .files
            .get(&id)
            .cloned()
            .ok_or_else(|| not_found(id))
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.shared.fonts.get(index)?.get()
    }

    /// There is no clock: a document's date is that of its request, so that the same request gives the same bytes.
    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}
