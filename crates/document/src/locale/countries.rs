//! Names of countries in the languages of the texts.

use std::collections::HashMap;
use std::sync::LazyLock;

struct Names {
    /// Columns by language.
    languages: HashMap<&'static str, usize>,
    /// Rows by code of ISO 3166-1.
    countries: HashMap<&'static str, Vec<&'static str>>,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let mut rows = include_str!("countries.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let mut columns = line.split('\t');
            (columns.next().unwrap_or_default(), columns)
        });
    let languages = rows.next().into_iter().flat_map(|(_, columns)| columns);
    let languages = languages.enumerate().map(|(index, tag)| (tag, index));
    Names {
        languages: languages.collect(),
        countries: rows
            .map(|(code, columns)| (code, columns.collect()))
            .collect(),
    }
});

/// The country's name for readers of these locales, the nearest first. A language without the name has the English one. A code
/// that is not in the table is its own name.
pub(crate) fn name<'a>(code: &'a str, locales: &[String]) -> &'a str {
    // Kosovo has this code in the list of EN 16931, and XK in the table.
    let code = if code == "1A" { "XK" } else { code };
    let languages = locales.iter().map(String::as_str).chain(["en"]);
    let mut named = languages.filter_map(|language| {
        let column = *NAMES.languages.get(language)?;
        NAMES.countries.get(code)?.get(column).copied()
    });
    named.find(|name| !name.is_empty()).unwrap_or(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::parents;

    #[test]
    fn a_country_has_its_name_in_the_readers_language() {
        for (locale, code, expected) in [
            ("de-AT", "GB", "Vereinigtes Königreich"),
            ("pt-PT", "DE", "Alemanha"),
            ("pt-PT", "VN", "Vietname"),
            ("pt-BR", "VN", "Vietnã"),
            ("zh-CN", "DE", "德国"),
            ("zh-TW", "DE", "德國"),
            ("zh-TW", "IT", "義大利"),
            ("zh-HK", "IT", "意大利"),
            ("zh-MO", "IT", "意大利"),
            ("ar-AE", "DE", "ألمانيا"),
            ("ms-MY", "DE", "Jerman"),
            ("fil-PH", "JP", "Japan"),
            ("tlh", "DE", "Germany"),
            ("en-US", "HK", "Hong Kong"),
            ("de-DE", "1A", "Kosovo"),
            ("en-US", "ZZ", "ZZ"),
        ] {
            let locales = parents(&locale.parse().expect("a locale"));
            assert_eq!(name(code, &locales), expected, "{locale}");
        }
    }
}
