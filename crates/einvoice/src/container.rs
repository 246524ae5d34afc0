//! The hybrid: a PDF that carries its e-invoice (Factur-X 1.0, ZUGFeRD 2; ISO 19005-3).
//!
//! One incremental update is appended to the PDF of the renderer, whose bytes stay as they are. So conformance, tags, language,
//! title and author stay, too. The update has the XML as an embedded file, the catalogue that names it, and the metadata with
//! the properties of Factur-X.

mod carrier;
mod dictionary;
mod error;
mod extracted;
mod file;
mod name_tree;
mod tokens;
mod update;
mod xmp;

use invoice::Invoice;
use invoice::Sha256Digest;
use time::Date;

use self::carrier::Carrier;
use self::dictionary::Dictionary;
pub use self::error::EmbedError;
pub use self::extracted::extracted;
use self::file::PdfFile;
use self::update::Update;
use crate::e_invoice::EInvoice;

/// The PDF with its e-invoice. The file has the issue date as its date, so the same PDF and e-invoice always give the same bytes.
///
/// # Errors
///
/// [`EmbedError`], which only a PDF of another program causes.
pub fn embed(pdf: &[u8], invoice: &Invoice, e_invoice: &EInvoice) -> Result<Vec<u8>, EmbedError> {
    if !e_invoice.is_embedded() {
        return Err(EmbedError::NoContainer);
    }
    let carrier = Carrier::of(e_invoice.profile).ok_or(EmbedError::NoContainer)?;
    let file = PdfFile::read(pdf)?;
    let catalog = file.dictionary(file.catalog)?;
    let metadata = catalog
        .reference("Metadata")
        .ok_or(EmbedError::Unexpected("metadata"))?;
    let packet = xmp::edited(file.plain_stream(metadata)?, &carrier)?;

    let mut update = Update::of(&file);
    let content = update.allocate();
    let specification = update.allocate();
    let names = name_tree::with_file(&file, &catalog, carrier.file_name, specification)?;
    let associated = associated_files(&file, &catalog, specification)?;
    update.stream(
        content,
        &embedded_file(&e_invoice.xml, invoice.issue_date),
        &update::deflated(&e_invoice.xml),
    );
    update.object(specification, &file_specification(&carrier, content));
    let catalog = catalog.with("Names", names).with("AF", associated);
    update.object(file.catalog, &catalog.to_string());
    update.stream(metadata, "/Type/Metadata/Subtype/XML", packet.as_bytes());
    Ok(update.finish(&identifier(&file, e_invoice.sha256)))
}

/// The dictionary of the embedded file, without its brackets.
fn embedded_file(xml: &[u8], day: Date) -> String {
    let (year, month, day) = day.to_calendar_date();
    format!(
        "/Type/EmbeddedFile/Subtype/text#2Fxml/Params<</Size {}/ModDate(D:{year:04}{:02}{day:02}000000Z)>>/Filter/FlateDecode",
        xml.len(),
        u8::from(month)
    )
}

fn file_specification(carrier: &Carrier, content: u32) -> String {
    let Carrier {
        file_name,
        description,
        level: _,
    } = carrier;
    format!(
        "<</Type/Filespec/F({file_name})/UF({file_name})/Desc({description})/AFRelationship/Alternative/EF<</F {content} 0 R/UF \
         {content} 0 R>>>>"
    )
}

/// The files that belong to the document, with one more.
fn associated_files(
    file: &PdfFile<'_>,
    catalog: &Dictionary<'_>,
    specification: u32,
) -> Result<String, EmbedError> {
    let files = match catalog.get("AF") {
        Some(files) => file.array(files)?.join(" "),
        None => String::new(),
    };
    let separator = if files.is_empty() { "" } else { " " };
    Ok(format!("[{files}{separator}{specification} 0 R]"))
}

/// The identifier of the file: that of the document as it was, and one of this version.
fn identifier(file: &PdfFile<'_>, xml: Sha256Digest) -> String {
    let mut seed = file.identifier.join(" ").into_bytes();
    seed.extend_from_slice(xml.as_bytes());
    let digest = Sha256Digest::of(&seed);
    let version: String = digest.as_bytes()[..16]
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    match file.identifier.first() {
        Some(document) => format!("[{document}<{version}>]"),
        None => format!("[<{version}><{version}>]"),
    }
}
