//! A PDF as the renderer writes it: one cross-reference table, and objects that are not packed.

use super::dictionary::Dictionary;
use super::error::EmbedError;
use super::tokens;

/// A PDF, with what an update needs of it.
pub(super) struct PdfFile<'a> {
    pub(super) bytes: &'a [u8],
    /// Where the cross-reference table begins.
    pub(super) table: usize,
    /// Where each object begins.
    offsets: Vec<Option<usize>>,
    /// The number of the catalogue.
    pub(super) catalog: u32,
    /// The reference to the document information, as the trailer has it.
    pub(super) information: Option<&'a str>,
    /// The two parts of the file's identifier, where it has one.
    pub(super) identifier: Vec<&'a str>,
}

impl<'a> PdfFile<'a> {
    /// The PDF in these bytes.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, EmbedError> {
        if !bytes.starts_with(b"%PDF-") {
            return Err(EmbedError::Unexpected("header"));
        }
        let no_table = EmbedError::Unexpected("cross-reference table");
        let table = start_of_table(bytes).ok_or(no_table.clone())?;
        let (offsets, trailer) = entries(bytes, table).ok_or(no_table)?;
        let no_trailer = EmbedError::Unexpected("trailer");
        let (trailer, _) = tokens::value(trailer).ok_or(no_trailer.clone())?;
        let trailer = Dictionary::parse(trailer).ok_or(no_trailer)?;
        if trailer.get("Prev").is_some() {
            // An update is there already, which only this program makes.
            return Err(EmbedError::NotAlone);
        }
        if trailer.get("Encrypt").is_some() {
            return Err(EmbedError::Unexpected("plain content"));
        }
        let catalog = trailer
            .reference("Root")
            .ok_or(EmbedError::Unexpected("catalogue"))?;
        let identifier = trailer.read("ID").and_then(|id| {
            let inside = id.strip_prefix('[')?.strip_suffix(']')?;
            tokens::values(inside.as_bytes())
        });
        Ok(Self {
            bytes,
            table,
            offsets,
            catalog,
            information: trailer.read("Info"),
            identifier: identifier.unwrap_or_default(),
        })
    }

    /// The number behind the last object.
    pub(super) fn size(&self) -> u32 {
        u32::try_from(self.offsets.len()).unwrap_or(u32::MAX)
    }

    /// The dictionary that is this object.
    pub(super) fn dictionary(&self, number: u32) -> Result<Dictionary<'a>, EmbedError> {
        let (value, _) = self.object(number)?;
        Dictionary::parse(value).ok_or(EmbedError::Unexpected("dictionary"))
    }

    /// The value itself, or the object that it refers to.
    pub(super) fn resolved<'b>(&self, value: &'b str) -> Result<&'b str, EmbedError>
    where
        'a: 'b,
    {
        match tokens::reference(value) {
            Some(number) => Ok(self.object(number)?.0),
            None => Ok(value),
        }
    }

    /// The values of an array, which may be an object of its own.
    pub(super) fn array<'b>(&self, value: &'b str) -> Result<Vec<&'b str>, EmbedError>
    where
        'a: 'b,
    {
        let inside = self
            .resolved(value)?
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        inside
            .and_then(|inside| tokens::values(inside.as_bytes()))
            .ok_or(EmbedError::Unexpected("array"))
    }

    /// The content of a stream that has no filter.
    pub(super) fn plain_stream(&self, number: u32) -> Result<&'a [u8], EmbedError> {
        let no_stream = EmbedError::Unexpected("plain stream");
        let (dictionary, rest) = self.object(number)?;
        let dictionary = Dictionary::parse(dictionary).ok_or(no_stream.clone())?;
        if dictionary.get("Filter").is_some() {
            return Err(no_stream);
        }
        let length = dictionary
            .get("Length")
            .and_then(|length| length.parse::<usize>().ok());
        let content = tokens::trimmed(rest).strip_prefix(b"stream");
        let content = content.and_then(|content| {
            content
                .strip_prefix(b"\r\n")
                .or_else(|| content.strip_prefix(b"\n"))
        });
        match (content, length) {
            (Some(content), Some(length)) => content.get(..length).ok_or(no_stream),
            (_, _) => Err(no_stream),
        }
    }

    /// The value of an object, and what is behind it.
    fn object(&self, number: u32) -> Result<(&'a str, &'a [u8]), EmbedError> {
        let no_object = || EmbedError::Unexpected("object that its table names");
        let index = usize::try_from(number).map_err(|_| no_object())?;
        let offset = self.offsets.get(index).copied().flatten();
        let bytes = offset
            .and_then(|offset| self.bytes.get(offset..))
            .ok_or_else(no_object)?;
        let head = format!("{number} 0 obj");
        let content = bytes.strip_prefix(head.as_bytes()).ok_or_else(no_object)?;
        tokens::value(content).ok_or_else(no_object)
    }
}

/// What the last `startxref` says.
fn start_of_table(bytes: &[u8]) -> Option<usize> {
    const KEYWORD: &[u8] = b"startxref";
    let mut windows = bytes.windows(KEYWORD.len());
    let at = windows.rposition(|window| window == KEYWORD)?;
    let (offset, _) = tokens::value(&bytes[at + KEYWORD.len()..])?;
    offset.parse().ok()
}

/// The entries of the table at this offset, and the bytes of the trailer.
fn entries(bytes: &[u8], table: usize) -> Option<(Vec<Option<usize>>, &[u8])> {
    let mut rest = bytes.get(table..)?.strip_prefix(b"xref")?;
    let mut offsets = Vec::new();
    loop {
        let (first, behind) = tokens::value(rest)?;
        if first == "trailer" {
            return Some((offsets, behind));
        }
        let (count, behind) = tokens::value(behind)?;
        let count: usize = count.parse().ok()?;
        rest = behind;
        for _ in 0..count {
            let (offset, behind) = tokens::value(rest)?;
            let (_generation, behind) = tokens::value(behind)?;
            let (kind, behind) = tokens::value(behind)?;
            // The renderer writes one section, from zero on; an update has more, and is refused for its trailer.
            let offset = offset.parse().ok().filter(|_| kind == "n");
            offsets.push(offset);
            rest = behind;
        }
    }
}
