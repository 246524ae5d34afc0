//! What a locale inherits from.

use icu_locale::fallback::LocaleFallbacker;
use icu_locale::{LanguageIdentifier, LocaleCanonicalizer};

/// The locale and its parents in CLDR, nearest first, without the root. Retired names count as the new ones: `iw` is
/// `he`, `in` is `id`.
pub(crate) fn parents(locale: &LanguageIdentifier) -> Vec<String> {
    let mut locale = locale.clone().into();
    LocaleCanonicalizer::new_common().canonicalize(&mut locale);
    let fallbacker = LocaleFallbacker::new().for_config(Default::default());
    let mut chain = fallbacker.fallback_for((&locale.id).into());
    let mut parents = Vec::new();
    while !chain.get().is_unknown() {
        parents.push(chain.get().to_string());
        chain.step();
    }
    parents
}
