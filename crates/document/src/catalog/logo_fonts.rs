//! Font families that the letters of a logo ask for. Those that no file has are drawn in another font, without an error.

use std::collections::BTreeSet;

/// Families that stand for whatever font there is (CSS Fonts, section 2.1.3), and words of CSS.
const GENERIC: [&str; 9] = [
    "",
    "cursive",
    "fantasy",
    "inherit",
    "initial",
    "monospace",
    "sans-serif",
    "serif",
    "system-ui",
];

/// The families that an SVG names before any other that exists.
pub(super) fn missing(svg: &str, exists: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let lists = svg.split("font-family").skip(1).filter_map(list);
    let first = lists.filter_map(|list| {
        let names: Vec<&str> = list.split(',').map(unquoted).collect();
        let known = names.iter().any(|name| exists(name));
        let named = names
            .iter()
            .find(|name| !GENERIC.contains(&name.to_lowercase().as_str()));
        named.filter(|_| !known).map(|name| (*name).to_owned())
    });
    first.collect()
}

/// What follows the name of the property: of an attribute, up to its quotation mark; of a style, up to the end of the
/// declaration.
fn list(rest: &str) -> Option<&str> {
    let rest = rest.trim_start();
    if let Some(value) = rest.strip_prefix('=') {
        let value = value.trim_start();
        let mark = value
            .chars()
            .next()
            .filter(|mark| matches!(mark, '"' | '\''))?;
        return value[1..].split(mark).next();
    }
    rest.strip_prefix(':')?.split([';', '}', '<', '>']).next()
}

fn unquoted(name: &str) -> &str {
    let name = name.trim();
    let name = name.strip_prefix("&quot;").unwrap_or(name);
    let name = name.strip_suffix("&quot;").unwrap_or(name);
    name.trim_matches(['"', '\'', ' '])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_found_in_attributes_and_styles() {
        let exists = |name: &str| name == "Noto Sans";
        for (svg, expected) in [
            (r#"<text font-family="Noto Sans">A</text>"#, &[][..]),
            (r#"<text font-family="'Inter', 'Noto Sans'">A</text>"#, &[]),
            (
                r#"<text font-family='"Inter", sans-serif'>A</text>"#,
                &["Inter"],
            ),
            (
                r#"<text font-family = "&quot;Inter&quot;">A</text>"#,
                &["Inter"],
            ),
            (
                r#"<text style="font-family:Inter Tight, Arial;fill:red">A</text>"#,
                &["Inter Tight"],
            ),
            (
                "<style>.a { font-family: 'Futura' } .b{font-family:Noto Sans}</style>",
                &["Futura"],
            ),
            (r#"<text font-family="sans-serif">A</text>"#, &[]),
            ("<path/>", &[]),
        ] {
            let found: Vec<String> = missing(svg, exists).into_iter().collect();
            assert_eq!(found, expected, "{svg}");
        }
    }
}
