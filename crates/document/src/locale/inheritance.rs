//! The parents of a locale, from which it inherits.

use icu_locale::fallback::LocaleFallbacker;
use icu_locale::{LanguageIdentifier, LocaleCanonicalizer};

/// The locale and its parents in CLDR, nearest first, without the root. A script that language and region imply is left out:
/// `zh-Hant-HK` is `zh-HK`. Retired names are replaced by the new ones: `iw` is `he`, `in` is `id`.
pub(crate) fn parents(locale: &LanguageIdentifier) -> Vec<String> {
    parents_of_canonical(&canonical(locale))
}

/// The same for a locale with the names of today.
pub(super) fn parents_of_canonical(locale: &LanguageIdentifier) -> Vec<String> {
    let fallbacker = LocaleFallbacker::new().for_config(Default::default());
    let mut chain = fallbacker.fallback_for(locale.into());
    let mut parents = Vec::new();
    while !chain.get().is_unknown() {
        let parent = chain.get().to_string();
        let is_macao = parent == MACAO;
        parents.push(parent);
        // CLDR names this parent for `zh-Hant-MO`. ICU drops the script before it looks parents up.
        if is_macao {
            parents.push(HONG_KONG.to_owned());
        }
        chain.step();
    }
    parents
}

/// The locale with the names of today.
pub(super) fn canonical(locale: &LanguageIdentifier) -> LanguageIdentifier {
    let mut locale = locale.clone().into();
    LocaleCanonicalizer::new_common().canonicalize(&mut locale);
    locale.id
}

/// Traditional Chinese in Macao, and its parent.
const MACAO: &str = "zh-MO";
const HONG_KONG: &str = "zh-HK";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_are_those_of_cldr_without_implied_scripts() {
        for (locale, expected) in [
            ("de-AT", &["de-AT", "de"][..]),
            ("en-GB", &["en-GB", "en-001", "en"]),
            ("es-MX", &["es-MX", "es-419", "es"]),
            ("iw", &["he"]),
            ("tl-PH", &["fil-PH", "fil"]),
            ("zh-Hans-SG", &["zh-SG", "zh"]),
            ("zh-Hans-HK", &["zh-Hans-HK", "zh"]),
            ("zh-TW", &["zh-TW", "zh-Hant"]),
            ("zh-Hant-HK", &["zh-HK", "zh-Hant"]),
            ("zh-MO", &["zh-MO", "zh-HK", "zh-Hant"]),
        ] {
            let locale = locale.parse().expect("a locale");
            assert_eq!(parents(&locale), expected, "{locale}");
        }
    }
}
