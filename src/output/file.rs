//! Output files, which are there as a whole or not at all.

use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process;

/// A file that is written under another name in the same folder, and gets its own name when it is complete.
///
/// A command that fails or is killed leaves what was there before. Dropped unfinished, the file is removed; a killed process
/// leaves a hidden file (`.invoice-worker-PID-N.tmp`). Only a regular file is replaced: into a device or a pipe, such as
/// `/dev/null`, the bytes go at once.
#[derive(Debug)]
pub struct OutputFile {
    file: File,
    replaces: Option<Replaces>,
}

#[derive(Debug)]
struct Replaces {
    temporary: Temporary,
    target: PathBuf,
}

impl OutputFile {
    /// Begins a file that will be found at this path, with the permissions of the umask.
    ///
    /// # Errors
    ///
    /// Where the file or its folder cannot be written.
    pub fn create(path: &Path) -> io::Result<Self> {
        Self::create_with_mode(path, 0o666)
    }

    /// Begins a file with personal data: no other user may read it. One that is replaced keeps its permissions.
    ///
    /// # Errors
    ///
    /// Where the file or its folder cannot be written.
    pub fn create_private(path: &Path) -> io::Result<Self> {
        Self::create_with_mode(path, 0o600)
    }

    fn create_with_mode(path: &Path, mode: u32) -> io::Result<Self> {
        let Some(target) = replaceable(path)? else {
            let file = File::create(path)?;
            return Ok(Self {
                file,
                replaces: None,
            });
        };
        let create = |path: &Path| {
            let mut options = File::options();
            options.write(true).create_new(true).mode(mode).open(path)
        };
        let (temporary, file) = Temporary::in_folder_of(&target, create)?;
        if let Ok(metadata) = fs::metadata(&target) {
            file.set_permissions(metadata.permissions())?;
        }
        Ok(Self {
            file,
            replaces: Some(Replaces { temporary, target }),
        })
    }

    /// Gives the complete file its name.
    ///
    /// # Errors
    ///
    /// Where the system refuses the name; the file that was there before is unchanged then.
    pub fn finish(mut self) -> io::Result<()> {
        self.file.flush()?;
        match self.replaces {
            Some(Replaces { temporary, target }) => temporary.rename(&target),
            None => Ok(()),
        }
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Writes a whole file; see [`OutputFile`].
///
/// # Errors
///
/// Where the file or its folder cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OutputFile::create(path)?;
    file.write_all(bytes)?;
    file.finish()
}

/// Makes a folder that is there with all its files or not at all: `fill` gets a hidden folder beside it, which is renamed
/// afterwards.
///
/// # Errors
///
/// Those of `fill`, and where the folder cannot be made; [`ErrorKind::AlreadyExists`] where it is there and not empty.
pub fn create_folder(path: &Path, fill: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    let (temporary, ()) = Temporary::in_folder_of(path, |path| fs::create_dir(path))?;
    fill(&temporary.path)?;
    temporary.rename(path)
}

/// Creates a folder for personal data, and those above it that are missing: no other user may read them. One that is there
/// keeps its permissions.
///
/// # Errors
///
/// Where a folder cannot be created.
pub fn create_private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// The path of the file that is to be replaced, behind links; none where there is something else than a regular file.
fn replaceable(path: &Path) -> io::Result<Option<PathBuf>> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Some(path.to_owned())),
        Err(error) => Err(error),
        Ok(_) if path.is_file() => {
            // A file that may not be written is not replaced either.
            File::options().write(true).open(path)?;
            fs::canonicalize(path).map(Some)
        }
        Ok(_) => Ok(None),
    }
}

/// A file or folder under a temporary name; removed on drop unless it was renamed.
#[derive(Debug)]
struct Temporary {
    path: PathBuf,
    is_renamed: bool,
}

impl Temporary {
    /// Makes it beside a path: a rename is atomic within one file system only. Its name begins with a full stop, so that
    /// neither a worker nor `render --watch` takes it for a file of the templates.
    fn in_folder_of<T>(
        path: &Path,
        make: impl Fn(&Path) -> io::Result<T>,
    ) -> io::Result<(Self, T)> {
        let mut number = 0_u32;
        loop {
            let name = format!(".invoice-worker-{}-{number}.tmp", process::id());
            let path = path.with_file_name(name);
            match make(&path) {
                // Of a killed process, or of one with the same number in another container.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
                made => {
                    let temporary = Self {
                        path,
                        is_renamed: false,
                    };
                    return made.map(|made| (temporary, made));
                }
            }
        }
    }

    fn rename(mut self, target: &Path) -> io::Result<()> {
        fs::rename(&self.path, target)?;
        self.is_renamed = true;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if self.is_renamed {
            return;
        }
        // A failure leaves a hidden file; the error that led here is the one to report.
        if self.path.is_dir() {
            fs::remove_dir_all(&self.path).ok();
        } else {
            fs::remove_file(&self.path).ok();
        }
    }
}

#[cfg(test)]
mod tests;
