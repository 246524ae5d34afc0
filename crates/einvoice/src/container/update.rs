//! An incremental update (ISO 32000-1, 7.5.6): objects behind a PDF, whose bytes stay a prefix.

use std::io::Write as _;

use super::file::PdfFile;

/// The PDF with the objects that were appended so far.
pub(super) struct Update<'a> {
    file: &'a PdfFile<'a>,
    out: Vec<u8>,
    /// The number of the next new object.
    next: u32,
    /// Numbers and offsets of the objects.
    objects: Vec<(u32, usize)>,
}

impl<'a> Update<'a> {
    /// An update of this PDF, with nothing in it.
    pub(super) fn of(file: &'a PdfFile<'a>) -> Self {
        let mut out = Vec::with_capacity(file.bytes.len() + (64 << 10));
        out.extend_from_slice(file.bytes);
        if !out.ends_with(b"\n") {
            out.push(b'\n');
        }
        Self {
            file,
            out,
            next: file.size(),
            objects: Vec::new(),
        }
    }

    /// The number of a new object.
    pub(super) fn allocate(&mut self) -> u32 {
        let number = self.next;
        self.next += 1;
        number
    }

    /// Appends an object with this value.
    pub(super) fn object(&mut self, number: u32, value: &str) {
        self.begin(number);
        self.out.extend_from_slice(value.as_bytes());
        self.out.extend_from_slice(b"\nendobj\n");
    }

    /// Appends a stream with these entries in its dictionary.
    pub(super) fn stream(&mut self, number: u32, entries: &str, content: &[u8]) {
        self.begin(number);
        let head = format!("<<{entries}/Length {}>>\nstream\n", content.len());
        self.out.extend_from_slice(head.as_bytes());
        self.out.extend_from_slice(content);
        self.out.extend_from_slice(b"\nendstream\nendobj\n");
    }

    /// The PDF with its update. `identifier` is the new one of the file.
    pub(super) fn finish(mut self, identifier: &str) -> Vec<u8> {
        self.objects.sort_unstable();
        let table = self.out.len();
        let mut text = String::from("xref\n");
        for run in self.objects.chunk_by(|(a, _), (b, _)| a + 1 == *b) {
            text.push_str(&format!("{} {}\n", run[0].0, run.len()));
            for (_, offset) in run {
                text.push_str(&format!("{offset:010} 00000 n \n"));
            }
        }
        let information = match self.file.information {
            Some(reference) => format!("/Info {reference}"),
            None => String::new(),
        };
        text.push_str(&format!(
            "trailer\n<</Size {}/Root {} 0 R{information}/ID{identifier}/Prev {}>>\nstartxref\n{table}\n%%EOF\n",
            self.next, self.file.catalog, self.file.table
        ));
        self.out.extend_from_slice(text.as_bytes());
        self.out
    }

    fn begin(&mut self, number: u32) {
        self.objects.push((number, self.out.len()));
        self.out
            .extend_from_slice(format!("{number} 0 obj\n").as_bytes());
    }
}

/// The content of a stream with the filter `FlateDecode`.
pub(super) fn deflated(content: &[u8]) -> Vec<u8> {
    let level = flate2::Compression::default();
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), level);
    // Writing into memory does not fail.
    let written = encoder.write_all(content);
    debug_assert!(written.is_ok());
    encoder.finish().unwrap_or_default()
}
