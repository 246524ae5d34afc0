//! The names of embedded files.

use super::dictionary::Dictionary;
use super::error::EmbedError;
use super::file::PdfFile;
use super::tokens;

/// The dictionary of names of the catalogue, with one file more. The files are one leaf, in the order of their names.
pub(super) fn with_file(
    file: &PdfFile<'_>,
    catalog: &Dictionary<'_>,
    name: &'static str,
    specification: u32,
) -> Result<String, EmbedError> {
    let no_names = EmbedError::Unexpected("flat tree of names");
    let names = catalog.get("Names").unwrap_or("<<>>");
    let names = file.resolved(names)?;
    let names = Dictionary::parse(names).ok_or(no_names.clone())?;
    let tree = names.get("EmbeddedFiles").unwrap_or("<<>>");
    let tree = Dictionary::parse(file.resolved(tree)?).ok_or(no_names.clone())?;
    if tree.get("Kids").is_some() {
        return Err(no_names);
    }
    let entries = match tree.get("Names") {
        Some(entries) => file.array(entries)?,
        None => Vec::new(),
    };
    let mut files = Vec::with_capacity(entries.len() / 2 + 1);
    for pair in entries.chunks(2) {
        let [key, value] = pair else {
            return Err(no_names);
        };
        let key_bytes = tokens::string(key).ok_or(no_names.clone())?;
        if key_bytes == name.as_bytes() {
            return Err(EmbedError::NotAlone);
        }
        files.push((key_bytes, format!("{key}{value}")));
    }
    files.push((
        name.as_bytes().to_vec(),
        format!("({name}){specification} 0 R"),
    ));
    files.sort();
    let files: Vec<String> = files.into_iter().map(|(_, entry)| entry).collect();
    let tree = format!("<</Names[{}]>>", files.join(" "));
    Ok(names.with("EmbeddedFiles", tree).to_string())
}
