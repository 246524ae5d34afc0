//! Names of attached files, as they are in the PDF.

use icu_normalizer::ComposingNormalizer;
use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

use crate::model::FileType;

/// Longest name, in characters; the longest one that file systems take has 255 bytes, and a letter has up to four.
const MAX_CHARS: usize = 60;

/// A name without a path, without characters that a file system refuses or a shell takes for its own, with the extension of the
/// type, and unlike those that are `taken`: a reader saves the file under it.
pub(super) fn safe_name(name: &str, file_type: FileType, taken: &[&str]) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let (stem, extension) = split(last, file_type);
    let stem: String = stem.chars().map(safe).collect();
    let stem = stem.trim_matches([' ', '.', '-', '~']);
    let stem = if stem.is_empty() { "file" } else { stem };
    // Names of devices, with any extension, on Windows.
    let stem = if is_device(stem) {
        format!("file-{stem}")
    } else {
        stem.to_owned()
    };
    let stem: String = stem.chars().take(MAX_CHARS).collect();
    let is_free = |name: &str| {
        let name = comparable(name);
        taken.iter().all(|other| comparable(other) != name)
    };
    let first = format!("{stem}.{extension}");
    if is_free(&first) {
        return first;
    }
    let mut others = (2_usize..).map(|number| format!("{stem} ({number}).{extension}"));
    others.find(|name| is_free(name)).unwrap_or(first)
}

/// The name before the extension, and the extension. One that is not of the type is a part of the name.
fn split(name: &str, file_type: FileType) -> (&str, &'static str) {
    let mut extensions = file_type.extensions().iter();
    let usual = file_type.extensions().first().copied().unwrap_or_default();
    let given = name.trim_end().rsplit_once('.');
    let known = given.and_then(|(stem, given)| {
        let known = extensions.find(|known| known.eq_ignore_ascii_case(given))?;
        Some((stem, *known))
    });
    known.unwrap_or((name, usual))
}

fn safe(c: char) -> char {
    let reserved = matches!(
        c,
        '<' | '>' | ':' | '"' | '|' | '?' | '*' | '$' | '`' | ';' | '&' | '\''
    );
    if reserved || is_invisible(c) { '_' } else { c }
}

/// Characters without a shape. Marks of direction would show another extension than the true one, and others two names as one.
fn is_invisible(c: char) -> bool {
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        || matches!(
            category,
            GeneralCategory::Control
                | GeneralCategory::Format
                | GeneralCategory::LineSeparator
                | GeneralCategory::ParagraphSeparator
        )
}

/// File systems that ignore case or composition take two such names for one.
fn comparable(name: &str) -> String {
    let composing = ComposingNormalizer::new_nfc();
    composing
        .normalize_iter(name.to_lowercase().chars())
        .collect()
}

fn is_device(stem: &str) -> bool {
    let base = stem
        .split('.')
        .next()
        .unwrap_or_default()
        .to_ascii_uppercase();
    let numbered = |name: &str| {
        let number = base.strip_prefix(name);
        // Windows takes the superscript digits of Latin-1 as well.
        number.is_some_and(|number| {
            matches!(number, "¹" | "²" | "³") || matches!(number.as_bytes(), [b'1'..=b'9'])
        })
    };
    matches!(base.as_str(), "CON" | "PRN" | "AUX" | "NUL") || numbered("COM") || numbered("LPT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_safe_and_has_the_extension_of_its_type() {
        for (name, file_type, expected) in [
            (
                "Stundenzettel Mai.pdf",
                FileType::Pdf,
                "Stundenzettel Mai.pdf",
            ),
            ("../../etc/passwd", FileType::Csv, "passwd.csv"),
            ("C:\\temp\\a.PDF", FileType::Pdf, "a.pdf"),
            ("photo.jpeg", FileType::Jpeg, "photo.jpeg"),
            ("photo.jpeg", FileType::Png, "photo.jpeg.png"),
            ("invoice.exe", FileType::Pdf, "invoice.exe.pdf"),
            (".hidden", FileType::Pdf, "hidden.pdf"),
            ("..", FileType::Pdf, "file.pdf"),
            ("con.pdf", FileType::Pdf, "file-con.pdf"),
            ("a\u{202e}fdp.exe", FileType::Pdf, "a_fdp.exe.pdf"),
            ("a\u{61c}\u{2028}\u{2029}b.pdf", FileType::Pdf, "a___b.pdf"),
            (
                "a\u{fff9}\u{fffb}\u{e0041}\u{ad}b.pdf",
                FileType::Pdf,
                "a____b.pdf",
            ),
            ("com\u{b9}.pdf", FileType::Pdf, "file-com\u{b9}.pdf"),
            ("LPT\u{b3}.x.pdf", FileType::Pdf, "file-LPT\u{b3}.x.pdf"),
            ("com\u{2074}.pdf", FileType::Pdf, "com\u{2074}.pdf"),
            ("a:b*c?.ods", FileType::Ods, "a_b_c_.ods"),
            ("-rf.csv", FileType::Csv, "rf.csv"),
            ("发票明细.xlsx", FileType::Xlsx, "发票明细.xlsx"),
        ] {
            assert_eq!(safe_name(name, file_type, &[]), expected);
        }
        let long = safe_name(&"ä".repeat(255), FileType::Pdf, &[]);
        assert!(long.len() < 255, "{long}");
    }

    #[test]
    fn no_two_files_have_one_name() {
        let taken = ["A.pdf", "a (2).pdf"];
        assert_eq!(safe_name("x/a.pdf", FileType::Pdf, &taken), "a (3).pdf");
        let taken = ["Ma\u{308}rz.pdf"];
        assert_eq!(
            safe_name("m\u{e4}rz.pdf", FileType::Pdf, &taken),
            "m\u{e4}rz (2).pdf"
        );
    }
}
