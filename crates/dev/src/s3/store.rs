//! Buckets are folders, objects are files named by the digest of their key.
//!
//! Invariants: a file with the name of an object is complete, verified and on the disk, because it gets that name only
//! then; and one server at a time holds the folder, because a start sweeps the temporaries of earlier servers.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use invoice_worker::output::file::create_private_folder;
use s3s::path::check_bucket_name;
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use super::checksum::hex;
use super::error::StoreError;
use super::object::{ObjectFile, ObjectHeader};
use super::temporary::Temporary;

/// No bucket has a name like this: those start with a letter or a digit.
const LOCK_FILE: &str = ".lock";

/// A server that was dropped releases its folder when its last file operation ends, a moment after the drop.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);

/// The folder of a server. All its operations block.
#[derive(Debug)]
pub(super) struct Store {
    root: PathBuf,
    puts: AtomicU64,
    /// Held while an object is replaced or deleted, so that it stays the one that a condition was about.
    replacing: Mutex<()>,
    /// Held, not read: closing it releases the lock.
    _lock: File,
}

/// What a put does when the key is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum IfTaken {
    Replace,
    Refuse,
    /// Replaces the object with this entity tag. A key that is free stays so.
    ReplaceThis(String),
}

impl Store {
    /// Takes the folder, creating it when it is missing.
    pub(super) fn open(root: &Path) -> Result<Store, StoreError> {
        let deadline = Instant::now() + LOCK_PATIENCE;
        let path = root.join(LOCK_FILE);
        // Objects hold personal data: no other user may read them.
        create_private_folder(root).map_err(StoreError::file("create", root))?;
        let mut options = File::options();
        options.write(true).create(true).truncate(true).mode(0o600);
        let lock = options
            .open(&path)
            .map_err(StoreError::file("create", &path))?;
        loop {
            match lock.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                    sleep(Duration::from_millis(10))
                }
                Err(error) => {
                    return Err(StoreError::file("lock (is it served already?)", &path)(
                        error.into(),
                    ));
                }
            }
        }
        let store = Store {
            root: root.to_owned(),
            puts: AtomicU64::new(0),
            replacing: Mutex::default(),
            _lock: lock,
        };
        for (bucket, _created) in store.buckets()? {
            let folder = store.folder(&bucket)?;
            Temporary::sweep(&folder).map_err(StoreError::file("sweep", &folder))?;
        }
        Ok(store)
    }

    pub(super) fn create_bucket(&self, bucket: &str) -> Result<(), StoreError> {
        let folder = self.folder(bucket)?;
        match DirBuilder::new().mode(0o700).create(&folder) {
            Ok(()) => sync_folder(&self.root),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                Err(StoreError::BucketExists(bucket.to_owned()))
            }
            Err(error) => Err(StoreError::file("create", &folder)(error)),
        }
    }

    pub(super) fn delete_bucket(&self, bucket: &str) -> Result<(), StoreError> {
        let folder = self.folder(bucket)?;
        match fs::remove_dir(&folder) {
            Ok(()) => sync_folder(&self.root),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(StoreError::NoSuchBucket(bucket.to_owned()))
            }
            Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => {
                Err(StoreError::BucketNotEmpty(bucket.to_owned()))
            }
            Err(error) => Err(StoreError::file("remove", &folder)(error)),
        }
    }

    /// Fails unless the bucket exists.
    pub(super) fn find_bucket(&self, bucket: &str) -> Result<(), StoreError> {
        let folder = self.folder(bucket)?;
        if fs::exists(&folder).map_err(StoreError::file("look for", &folder))? {
            Ok(())
        } else {
            Err(StoreError::NoSuchBucket(bucket.to_owned()))
        }
    }

    /// Names and times of creation, by name.
    pub(super) fn buckets(&self) -> Result<Vec<(String, OffsetDateTime)>, StoreError> {
        let list = || -> io::Result<Vec<(String, OffsetDateTime)>> {
            let mut buckets = Vec::new();
            for entry in fs::read_dir(&self.root)? {
                let entry = entry?;
                let name = entry.file_name().to_string_lossy().into_owned();
                let about = entry.metadata()?;
                if about.is_dir() && check_bucket_name(&name) {
                    // Not every file system keeps the time of creation.
                    buckets.push((name, about.created().or_else(|_| about.modified())?.into()));
                }
            }
            buckets.sort();
            Ok(buckets)
        };
        list().map_err(StoreError::file("list", &self.root))
    }

    /// Stores an object; when this returns, it is on the disk.
    pub(super) fn put(
        &self,
        bucket: &str,
        header: &ObjectHeader,
        body: &[u8],
        if_taken: IfTaken,
    ) -> Result<(), StoreError> {
        let folder = self.folder(bucket)?;
        let target = folder.join(object_name(&header.key));
        // The winner may not have synced yet, and the loser is about to rely on the object.
        let taken = || match sync_folder(&folder) {
            Ok(()) => StoreError::KeyExists {
                bucket: bucket.to_owned(),
                key: header.key.clone(),
            },
            Err(error) => error,
        };
        // Saves a write when a request comes again. Only the link below decides.
        if if_taken == IfTaken::Refuse && target.exists() {
            return Err(taken());
        }

        let number = self.puts.fetch_add(1, Ordering::Relaxed);
        let (temporary, file) = match Temporary::create(&folder, number) {
            Ok(created) => created,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(StoreError::NoSuchBucket(bucket.to_owned()));
            }
            Err(error) => return Err(StoreError::file("create a file in", &folder)(error)),
        };
        header
            .write(body, &file)
            .map_err(StoreError::file("write a file in", &folder))?;
        file.sync_data()
            .map_err(StoreError::file("sync a file in", &folder))?;
        let named = match if_taken {
            IfTaken::Refuse => temporary.link(&target),
            IfTaken::Replace => {
                let _alone = self.replacing();
                temporary.replace(&target)
            }
            IfTaken::ReplaceThis(etag) => {
                let _alone = self.replacing();
                if self.get(bucket, &header.key)?.header.etag != etag {
                    return Err(StoreError::Changed {
                        bucket: bucket.to_owned(),
                        key: header.key.clone(),
                    });
                }
                temporary.replace(&target)
            }
        };
        match named {
            Ok(()) => sync_folder(&folder),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(taken()),
            Err(error) => Err(StoreError::file("give a file its name", &target)(error)),
        }
    }

    pub(super) fn get(&self, bucket: &str, key: &str) -> Result<ObjectFile, StoreError> {
        let path = self.folder(bucket)?.join(object_name(key));
        match ObjectFile::open(&path) {
            Ok(object) => Ok(object),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.find_bucket(bucket)?;
                Err(StoreError::NoSuchKey {
                    bucket: bucket.to_owned(),
                    key: key.to_owned(),
                })
            }
            Err(error) => Err(StoreError::file("read", &path)(error)),
        }
    }

    /// Deletes an object. That it was not there is no failure, as in S3.
    pub(super) fn delete(&self, bucket: &str, key: &str) -> Result<(), StoreError> {
        let folder = self.folder(bucket)?;
        let path = folder.join(object_name(key));
        let _alone = self.replacing();
        match fs::remove_file(&path) {
            Ok(()) => sync_folder(&folder),
            Err(error) if error.kind() == ErrorKind::NotFound => self.find_bucket(bucket),
            Err(error) => Err(StoreError::file("remove", &path)(error)),
        }
    }

    /// The objects whose key starts with `prefix`, by key. Reads the header of every object of the bucket.
    pub(super) fn objects(
        &self,
        bucket: &str,
        prefix: &str,
    ) -> Result<Vec<ObjectHeader>, StoreError> {
        self.find_bucket(bucket)?;
        let folder = self.folder(bucket)?;
        let list = || -> io::Result<Vec<ObjectHeader>> {
            let mut objects = Vec::new();
            for entry in fs::read_dir(&folder)? {
                let entry = entry?;
                if entry.file_name().len() != OBJECT_NAME_LENGTH {
                    continue;
                }
                match ObjectFile::open(&entry.path()) {
                    Ok(object) if object.header.key.starts_with(prefix) => {
                        objects.push(object.header)
                    }
                    Ok(_) => {}
                    // Deleted since the folder was read.
                    Err(error) if error.kind() == ErrorKind::NotFound => {}
                    Err(error) => return Err(error),
                }
            }
            objects.sort_by(|one, other| one.key.cmp(&other.key));
            Ok(objects)
        };
        list().map_err(StoreError::file("list", &folder))
    }

    fn replacing(&self) -> MutexGuard<'_, ()> {
        self.replacing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn folder(&self, bucket: &str) -> Result<PathBuf, StoreError> {
        // The protocol checks names too; a name that leads out of the folder must not get here by any other way.
        if check_bucket_name(bucket) {
            Ok(self.root.join(bucket))
        } else {
            Err(StoreError::NoSuchBucket(bucket.to_owned()))
        }
    }
}

/// Hexadecimal digits of a SHA-256. Temporaries have shorter names.
const OBJECT_NAME_LENGTH: usize = 64;

/// A key can be longer than a file name may be and can hold what a file name cannot; its digest is neither.
fn object_name(key: &str) -> String {
    hex(&Sha256::digest(key))
}

/// A new name survives a power cut only when its folder is on the disk too.
fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(StoreError::file("sync", folder))
}
