//! Whether the bytes of a file have the form of its type. A reader opens an attached file by its type.

use crate::model::FileType;

/// How a PDF may begin: after at most this many bytes (ISO 32000-1, annex H.3.4.1).
const PDF_HEADER_WITHIN: usize = 1_024;

/// Whether these bytes begin as files of this type do. The rest is not read.
pub(super) fn has_form_of(file_type: FileType, bytes: &[u8]) -> bool {
    match file_type {
        FileType::Pdf => contains(&bytes[..bytes.len().min(PDF_HEADER_WITHIN)], b"%PDF-"),
        FileType::Png => bytes.starts_with(b"\x89PNG\r\n\x1a\n"),
        FileType::Jpeg => bytes.starts_with(b"\xff\xd8\xff"),
        FileType::Csv => is_text(bytes),
        // The names of the files in an archive are not compressed.
        FileType::Xlsx => is_archive(bytes) && contains(bytes, b"[Content_Types].xml"),
        // OpenDocument 1.2, part 3, 3.3: the first file says the type.
        FileType::Ods => {
            let first = bytes.get(30..).unwrap_or_default();
            is_archive(bytes)
                && first.starts_with(b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet")
        }
    }
}

fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Text in any character set has no control characters but those of lines and columns; UTF-16 is known by its mark.
fn is_text(bytes: &[u8]) -> bool {
    let is_control = |byte: &u8| *byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
    let is_utf16 = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    let is_other = bytes.starts_with(b"%PDF-");
    !bytes.is_empty() && !is_other && (is_utf16 || !bytes.iter().any(is_control))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ODS: &[u8] = b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x08\0\0\0\
        mimetypeapplication/vnd.oasis.opendocument.spreadsheetPK";
    const XLSX: &[u8] = b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x13\0\0\0\
        [Content_Types].xml";

    #[test]
    fn a_file_has_the_form_of_one_type() {
        let files: [(FileType, &[u8]); 7] = [
            (FileType::Pdf, b"%PDF-1.7\n"),
            (FileType::Png, b"\x89PNG\r\n\x1a\nrest"),
            (FileType::Jpeg, b"\xff\xd8\xff\xe0\0\x10JFIF"),
            (FileType::Csv, b"a;b\r\n\"\xe4\";2\n"),
            (FileType::Csv, b"\xff\xfea\0,\0b\0"),
            (FileType::Xlsx, XLSX),
            (FileType::Ods, ODS),
        ];
        for (own, bytes) in files {
            for file_type in FileType::ALL {
                let found = has_form_of(file_type, bytes);
                assert_eq!(found, file_type == own, "{own:?} as {file_type:?}");
            }
        }
        for file_type in FileType::ALL {
            assert!(!has_form_of(file_type, b""), "{file_type:?}");
            assert!(!has_form_of(file_type, b"MZ\x90\0\x03"), "{file_type:?}");
        }
    }
}
