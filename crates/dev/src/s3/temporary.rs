//! Files on their way to becoming objects.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// No object has a name like this: those are hexadecimal digits only.
const PREFIX: &str = ".put-";

/// A file that is removed on drop unless it became an object.
///
/// It lies in the folder of its bucket, because a rename is atomic only within one file system, and because the folder
/// of a bucket with a put under way then is not empty and cannot be deleted.
#[derive(Debug)]
pub(super) struct Temporary {
    path: PathBuf,
    renamed: bool,
}

impl Temporary {
    /// Creates the empty file. `number` must be unique among the puts of one server.
    pub(super) fn create(folder: &Path, number: u64) -> io::Result<(Temporary, File)> {
        let path = folder.join(format!("{PREFIX}{number}"));
        let file = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        Ok((
            Temporary {
                path,
                renamed: false,
            },
            file,
        ))
    }

    /// Becomes `target`, in the place of whatever was there.
    pub(super) fn replace(mut self, target: &Path) -> io::Result<()> {
        fs::rename(&self.path, target)?;
        self.renamed = true;
        Ok(())
    }

    /// Becomes `target`, or fails with [`io::ErrorKind::AlreadyExists`].
    ///
    /// A rename would replace, and asking first would leave a gap between the question and the rename; a link is made
    /// by exactly one of those who try.
    pub(super) fn link(self, target: &Path) -> io::Result<()> {
        fs::hard_link(&self.path, target)
    }

    /// Removes what a server that was killed left in the folder of a bucket.
    pub(super) fn sweep(folder: &Path) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(PREFIX) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if self.renamed {
            return;
        }
        if let Err(error) = fs::remove_file(&self.path) {
            // The next start sweeps it.
            tracing::warn!(path = %self.path.display(), %error, "could not remove a temporary file");
        }
    }
}
