//! The shipped templates: designs, texts, words, brands and fonts, as parts of the program.
//!
//! They are in the pages of the executable, which its renderer processes share: nothing is copied when a process starts, and
//! no file is read or sent.

use crate::files::Files;

// `static FILES: [(&str, &[u8]); N]`: paths as templates name them, sorted, and contents. Written by `build.rs`.
include!(concat!(env!("OUT_DIR"), "/shipped.rs"));

/// All files, as a templates folder would have them.
pub(crate) fn files() -> Files {
    let files = FILES.iter();
    let files = files.map(|(path, content)| ((*path).to_owned(), (*content).into()));
    files.collect()
}

/// The content of the file at this path.
pub(crate) fn content(path: &str) -> Option<&'static [u8]> {
    let index = FILES.binary_search_by_key(&path, |(path, _)| path).ok()?;
    Some(FILES[index].1)
}

/// Paths below the folder and contents of all files, to write them out.
pub fn all() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    let files = FILES.iter();
    files.map(|(path, content)| (path.trim_start_matches('/'), *content))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::path::Path;

    use super::*;
    use crate::catalog::Catalog;
    use crate::source::TemplateSource;

    #[test]
    fn the_program_has_the_templates_of_the_repository_with_the_same_digests() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates");
        let folder = Catalog::load(&folder).expect("the templates folder");
        let shipped = Catalog::load_from(&TemplateSource::default()).expect("the shipped ones");
        assert_eq!(shipped.digest(), folder.digest());
        let digests = |catalog: &Catalog| {
            let templates = catalog.templates();
            let digests = templates.map(|template| (template.folder.clone(), template.digest));
            digests.collect::<Vec<_>>()
        };
        assert_eq!(digests(&shipped), digests(&folder));
        assert!(digests(&shipped).len() >= 4, "the shipped designs");
        let brands = |catalog: &Catalog| catalog.brands().all().collect::<Vec<_>>();
        assert_eq!(brands(&shipped), brands(&folder));
        assert!(brands(&shipped).iter().all(|brand| brand.digest.is_some()));
        assert_eq!(shipped.files(), folder.files());
    }

    #[test]
    fn each_file_is_found_by_its_path_and_not_copied() {
        for (path, content) in files() {
            let Cow::Borrowed(content) = content else {
                panic!("{path} is copied");
            };
            let found = super::content(&path).expect(&path);
            assert_eq!(found.as_ptr(), content.as_ptr(), "{path}");
        }
        assert_eq!(content("/lib"), None);
    }
}
