//! Lists the files of `templates/`, so that they are part of the program.

use std::path::{Path, PathBuf};
use std::{env, fmt::Write as _, fs, io};

fn main() -> io::Result<()> {
    let package = env::var_os("CARGO_MANIFEST_DIR").ok_or(io::ErrorKind::NotFound)?;
    let root = fs::canonicalize(Path::new(&package).join("../../templates"))?;
    // Cargo looks at all files below it.
    println!("cargo:rerun-if-changed={}", root.display());
    let mut found = Vec::new();
    find(&root, &mut found)?;
    let mut files = Vec::new();
    for file in found {
        let name = file.strip_prefix(&root).map_err(io::Error::other)?;
        let name = name.to_str().ok_or(io::ErrorKind::InvalidFilename)?;
        files.push((format!("/{name}"), file));
    }
    // In the order of the names as texts, by which they are looked up; paths would be in another one.
    files.sort();
    let mut list = format!("static FILES: [(&str, &[u8]); {}] = [\n", files.len());
    for (name, file) in files {
        // Writing to a string cannot fail.
        writeln!(list, "    ({name:?}, include_bytes!({file:?})),").ok();
    }
    list.push_str("];\n");
    let out = env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?;
    fs::write(Path::new(&out).join("shipped.rs"), list)
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        // Hidden files and backups of editors are no part of a templates folder.
        if name.is_none_or(|name| name.starts_with('.') || name.ends_with('~')) {
            continue;
        }
        if path.is_dir() {
            find(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
