//! All samples in all languages pass.

use std::path::Path;

use super::mismatches;
use crate::catalog::{Catalog, Template};
use crate::compiler::Compiler;
use crate::files::Files;
use crate::templates::samples;

/// A folder with fonts for Chinese, Japanese and Korean, where there is one.
fn further_fonts() -> Option<&'static Path> {
    let folder = Path::new("/usr/share/fonts/opentype/noto");
    folder.is_dir().then_some(folder)
}

#[test]
fn every_sample_of_every_template_passes_in_every_language() {
    let catalog = Catalog::shipped_with(Files::new(), further_fonts());
    let compiler = Compiler::new(&catalog);
    let mut documents = 0;
    let mut faults = Vec::new();
    for template in catalog.templates() {
        let all = catalog.samples(template).map(|sample| (sample, true));
        let stress = catalog
            .stress_samples(template)
            .map(|sample| (sample, false));
        for ((path, body), in_every_language) in all.chain(stress) {
            let mut invoice = samples::read(template, body).expect("a sample");
            let mut locales = vec![invoice.locale.clone()];
            if in_every_language {
                locales.extend(languages(template));
            }
            for locale in locales {
                invoice.locale = locale;
                documents += 1;
                let found = mismatches(&catalog, &compiler, &invoice).expect("a document");
                if !found.is_empty() {
                    faults.push(format!("{path} in {}: {found:#?}", invoice.locale));
                }
            }
        }
    }
    assert!(documents > 400, "{documents}");
    assert!(
        faults.is_empty(),
        "{} of {documents}: {}",
        faults.len(),
        faults.join("\n")
    );
}

/// Those whose letters are in a font.
pub(super) fn languages(
    template: &Template,
) -> impl Iterator<Item = icu_locale::LanguageIdentifier> {
    let has_font = |language: &&String| {
        let mut without = template.without_font.iter();
        !without.any(|missing| missing.language == **language)
    };
    let languages = template.languages.iter().filter(has_font);
    languages.filter_map(|language| language.parse().ok())
}
