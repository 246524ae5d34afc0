//! Names and characters of a font file, without its outlines.
//!
//! A collection of Chinese, Japanese and Korean fonts has twenty megabytes; names and characters take less than one. Only
//! that part is read, so that the start is quick, and so that a renderer that never needs these fonts stays small.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use typst::text::FontInfo;

use crate::regular;

/// The tables that are read (OpenType 1.9): limits, names, weight and width, characters, axes.
const TABLES: [&[u8; 4]; 8] = [
    b"OS/2", b"cmap", b"fvar", b"head", b"hhea", b"maxp", b"name", b"post",
];

/// Largest table that is read, so that a corrupt length does not allocate gigabytes.
const MAX_TABLE_BYTES: u32 = 16 << 20;

/// Most faces of a collection that are read.
const MAX_FACES: u32 = 256;

/// A font, in a file or in memory.
pub(crate) trait Source {
    /// Fills the buffer with the bytes from this offset on.
    ///
    /// # Errors
    ///
    /// They cannot be read, or there are fewer.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;
}

impl Source for File {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.read_exact_at(buffer, offset)
    }
}

impl Source for [u8] {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let from = usize::try_from(offset).ok();
        let bytes = from.and_then(|from| self.get(from..)?.get(..buffer.len()));
        buffer.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

/// The faces of a file. Faces that cannot be parsed are left out.
///
/// # Errors
///
/// The file cannot be read, or is shorter than its tables.
pub(crate) fn faces(path: &Path) -> io::Result<Vec<(u32, FontInfo)>> {
    faces_in(&regular::open(path)?)
}

/// The faces of a font, the same in a file and in memory.
///
/// # Errors
///
/// It cannot be read, or is shorter than its tables.
pub(crate) fn faces_in(font: &(impl Source + ?Sized)) -> io::Result<Vec<(u32, FontInfo)>> {
    let mut faces = Vec::new();
    for (index, offset) in (0..).zip(offsets(font)?) {
        let infos = tables(font, offset)?;
        faces.extend(FontInfo::new(&infos, 0).map(|info| (index, info)));
    }
    Ok(faces)
}

/// The offset of each face. A collection lists them; any other file is one face.
fn offsets(file: &(impl Source + ?Sized)) -> io::Result<Vec<u64>> {
    if read::<4>(file, 0)? != *b"ttcf" {
        return Ok(vec![0]);
    }
    let count = u32::from_be_bytes(read(file, 8)?).min(MAX_FACES);
    (0..u64::from(count))
        .map(|index| Ok(u32::from_be_bytes(read(file, 12 + 4 * index)?).into()))
        .collect()
}

/// A font file with only the tables in [`TABLES`] of one face.
fn tables(file: &(impl Source + ?Sized), offset: u64) -> io::Result<Vec<u8>> {
    let version: [u8; 4] = read(file, offset)?;
    let count = u16::from_be_bytes(read(file, offset + 4)?);
    let mut found: Vec<([u8; 4], Vec<u8>)> = Vec::new();
    for index in 0..u64::from(count) {
        let record: [u8; 16] = read(file, offset + 12 + 16 * index)?;
        let [a, b, c, d, _, _, _, _, rest @ ..] = record;
        let [e, f, g, h, i, j, k, l] = rest;
        let (start, length) = (
            u32::from_be_bytes([e, f, g, h]),
            u32::from_be_bytes([i, j, k, l]),
        );
        let is_new = found.iter().all(|(tag, _)| *tag != [a, b, c, d]);
        if is_new && TABLES.contains(&&[a, b, c, d]) && length <= MAX_TABLE_BYTES {
            let mut content = vec![0; length as usize];
            file.read_at(&mut content, start.into())?;
            found.push(([a, b, c, d], content));
        }
    }
    let mut font = Vec::new();
    font.extend(version);
    font.extend(u16::try_from(found.len()).unwrap_or(0).to_be_bytes());
    font.extend([0; 6]); // values for a binary search, which the parser does not use
    let mut start = 12 + 16 * found.len();
    for (tag, content) in &found {
        font.extend(tag);
        font.extend([0; 4]); // checksum
        font.extend(u32::try_from(start).unwrap_or(u32::MAX).to_be_bytes());
        font.extend(u32::try_from(content.len()).unwrap_or(0).to_be_bytes());
        start += content.len().next_multiple_of(4);
    }
    for (_, content) in &found {
        font.extend(content);
        font.resize(font.len().next_multiple_of(4), 0);
    }
    Ok(font)
}

fn read<const N: usize>(file: &(impl Source + ?Sized), offset: u64) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    file.read_at(&mut bytes, offset)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_few_tables_have_the_same_content_as_the_whole_file() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates/fonts");
        for name in [
            "NotoSans-Bold.ttf",
            "NotoSansThai-Regular.ttf",
            "NotoEmoji-Regular.ttf",
        ] {
            let path = folder.join(name);
            let whole = std::fs::read(&path).expect("the font");
            let expected: Vec<(u32, FontInfo)> = (0..).zip(FontInfo::iter(&whole)).collect();
            assert_eq!(faces(&path).expect("read"), expected, "{name}");
            assert_eq!(faces_in(&*whole).expect("read"), expected, "{name}");
            assert_eq!(expected.len(), 1, "{name}");
        }
    }

    #[test]
    fn a_collection_has_several_faces_and_garbage_none() {
        let folder = tempfile::TempDir::new().expect("a temporary folder");
        let fonts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates/fonts");
        let one = std::fs::read(fonts.join("NotoSansHebrew-Regular.ttf")).expect("the font");
        // The same face twice, behind the header of a collection. The offsets of its tables count from the file's start.
        let header = 20_u32;
        let mut collection = b"ttcf\0\x01\0\0\0\0\0\x02".to_vec();
        collection.extend(header.to_be_bytes());
        collection.extend(header.to_be_bytes());
        let mut moved = one.clone();
        let count = u16::from_be_bytes([one[4], one[5]]);
        for index in 0..usize::from(count) {
            let place = 12 + 16 * index + 8;
            let start: [u8; 4] = moved[place..place + 4].try_into().expect("four bytes");
            let start = u32::from_be_bytes(start) + header;
            moved[place..place + 4].copy_from_slice(&start.to_be_bytes());
        }
        collection.extend(moved);
        let path = folder.path().join("a.ttc");
        std::fs::write(&path, &collection).expect("written");
        let found = faces(&path).expect("read");
        assert_eq!(found.len(), 2);
        assert!(
            found
                .iter()
                .all(|(_, info)| info.family == "Noto Sans Hebrew")
        );

        assert_eq!(faces_in(&*collection).expect("read"), found);
        assert!(faces_in(&collection[..collection.len() / 2]).is_err());

        std::fs::write(&path, b"not a font at all").expect("written");
        assert!(faces(&path).map_or(true, |faces| faces.is_empty()));
    }
}
