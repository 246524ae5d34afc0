//! Reading of files that others can replace at any time: regular files only, of bounded size, never waiting for a writer.

use std::fs::{self, File, FileType};
use std::io::{self, Read as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// Opens a file to read it. Anything but a regular file is refused, and is never waited for: a FIFO without a writer would
/// block the opening for ever.
///
/// # Errors
///
/// It cannot be opened, or is a folder, FIFO, device or socket.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    // Opening some devices has an effect, so the kind is looked at before as well as after.
    refuse_special(fs::metadata(path)?.file_type())?;
    let file = File::options()
        .read(true)
        .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
        .open(path)?;
    refuse_special(file.metadata()?.file_type())?;
    Ok(file)
}

/// Where an open file is, links followed. Unlike the path that it was opened with, this cannot be replaced meanwhile.
///
/// # Errors
///
/// `/proc` is not mounted.
pub(crate) fn place(file: &File) -> io::Result<PathBuf> {
    fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

/// The content of a file of at most so many bytes.
///
/// # Errors
///
/// It cannot be read, or is larger.
pub(crate) fn content(file: &File, max_bytes: u64) -> io::Result<Vec<u8>> {
    let too_large = |bytes: u64| {
        io::Error::other(format!(
            "has {bytes} bytes or more, expected at most {max_bytes}"
        ))
    };
    let size = file.metadata()?.len();
    if size > max_bytes {
        return Err(too_large(size));
    }
    let mut content = Vec::with_capacity(size.try_into().unwrap_or_default());
    // It may grow while it is read.
    file.take(max_bytes + 1).read_to_end(&mut content)?;
    match u64::try_from(content.len()) {
        Ok(bytes) if bytes > max_bytes => Err(too_large(bytes)),
        Ok(_) | Err(_) => Ok(content),
    }
}

fn refuse_special(kind: FileType) -> io::Result<()> {
    let name = if kind.is_file() {
        return Ok(());
    } else if kind.is_dir() {
        "a folder"
    } else if kind.is_fifo() {
        "a FIFO"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    };
    Err(io::Error::other(format!(
        "is {name}, expected a regular file"
    )))
}
