//! The file system behind a small trait, so that a disk which fails at any
//! chosen write can stand in its place.
//!
//! Not here: what any file means.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::Path;

use crate::error::{CaseError, on_disk};

#[cfg(test)]
pub(crate) mod memory;

/// How a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// To read; it must exist.
    Read,
    /// To add to its end; made if absent.
    Append,
    /// To write anew; what stood there goes.
    Create {
        /// Whether only the owner may read it.
        private: bool,
    },
}

/// Names in folders, and the order in which changes to them become durable.
pub(crate) trait Disk: Send + Sync {
    fn open(&self, path: &Path, access: Access) -> io::Result<Box<dyn DiskFile>>;
    fn create_dir(&self, path: &Path) -> io::Result<()>;
    /// Names in a folder, sorted.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes renames, additions and removals in a folder durable.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
    /// The lock of a folder, or none if another process holds it.
    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Send + Sync>>>;
}

/// One open file.
pub(crate) trait DiskFile: Send + Sync {
    fn size(&self) -> io::Result<u64>;
    /// Reads what there is from `offset` on, up to the buffer's length; fewer
    /// bytes only at the end of the file.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;
    /// Hands all bytes to the operating system: a process killed afterwards
    /// has lost none of them.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    fn truncate(&mut self, size: u64) -> io::Result<()>;
    /// Makes the bytes durable: a machine that loses power keeps them.
    fn sync(&mut self) -> io::Result<()>;
}

/// All bytes of a file.
pub(crate) fn read_all(disk: &dyn Disk, path: &Path) -> Result<Vec<u8>, CaseError> {
    let read = || -> io::Result<Vec<u8>> {
        let file = disk.open(path, Access::Read)?;
        let mut bytes = vec![0; usize::try_from(file.size()?).unwrap_or(usize::MAX)];
        let n = file.read_at(0, &mut bytes)?;
        bytes.truncate(n);
        Ok(bytes)
    };
    read().map_err(on_disk("read", path))
}

/// The bytes from `offset`, up to `length` of them.
pub(crate) fn read_range(file: &dyn DiskFile, offset: u64, length: u64) -> io::Result<Vec<u8>> {
    let left = file.size()?.saturating_sub(offset).min(length);
    let mut bytes = vec![0; usize::try_from(left).unwrap_or(usize::MAX)];
    let n = file.read_at(offset, &mut bytes)?;
    bytes.truncate(n);
    Ok(bytes)
}

/// Writes `bytes` beside, makes them durable, and puts them in place in one
/// step: at any instant a reader sees the old file whole or the new one whole.
pub(crate) fn replace(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> Result<(), CaseError> {
    put(disk, path, bytes, false)
}

/// As [`replace`], and only the owner may read the file.
pub(crate) fn replace_private(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> Result<(), CaseError> {
    put(disk, path, bytes, true)
}

fn put(disk: &dyn Disk, path: &Path, bytes: &[u8], private: bool) -> Result<(), CaseError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(UNFINISHED);
    let beside = Path::new(&beside);
    let write = || -> io::Result<()> {
        let mut file = disk.open(beside, Access::Create { private })?;
        file.append(bytes)?;
        file.sync()?;
        disk.rename(beside, path)?;
        path.parent().map_or(Ok(()), |dir| disk.sync_dir(dir))
    };
    write().map_err(on_disk("write", path))
}

/// The ending of a file that is not whole yet.
pub(crate) const UNFINISHED: &str = ".tmp";

/// The operating system's own file system.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RealDisk;

struct RealFile(File);

impl Disk for RealDisk {
    fn open(&self, path: &Path, access: Access) -> io::Result<Box<dyn DiskFile>> {
        let mut how = OpenOptions::new();
        match access {
            Access::Read => how.read(true),
            Access::Append => how.read(true).append(true).create(true),
            Access::Create { private } => {
                // Removed first, so that an old file's permissions do not stay.
                match fs::remove_file(path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
                restrict(&mut how, private);
                how.read(true).append(true).create_new(true)
            }
        };
        Ok(Box::new(RealFile(how.open(path)?)))
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let mut names = fs::read_dir(dir)?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect::<io::Result<Vec<_>>>()?;
        names.sort();
        Ok(names)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    #[cfg(unix)]
    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        File::open(dir)?.sync_all()
    }

    // Elsewhere a folder cannot be opened as a file; the file system orders
    // renames by itself.
    #[cfg(not(unix))]
    fn sync_dir(&self, _dir: &Path) -> io::Result<()> {
        Ok(())
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Send + Sync>>> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Ok(None),
            Err(fs::TryLockError::Error(error)) => return Err(error),
        }
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "{}", std::process::id())?;
        Ok(Some(Box::new(file)))
    }
}

#[cfg(unix)]
fn restrict(how: &mut OpenOptions, private: bool) {
    use std::os::unix::fs::OpenOptionsExt as _;
    if private {
        how.mode(0o600);
    }
}

#[cfg(not(unix))]
fn restrict(_how: &mut OpenOptions, _private: bool) {}

impl DiskFile for RealFile {
    fn size(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn read_at(&self, mut offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
            match read_some(&self.0, offset, rest) {
                Ok(0) => break,
                Ok(n) => {
                    done += n;
                    offset += n as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn truncate(&mut self, size: u64) -> io::Result<()> {
        self.0.set_len(size)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.0.sync_data()
    }
}

#[cfg(unix)]
fn read_some(file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_some(file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}

/// A file read from a moving place, for decoders that want a stream.
pub(crate) struct Stream<F> {
    file: F,
    offset: u64,
}

impl<F: AsRef<dyn DiskFile>> Stream<F> {
    pub(crate) fn new(file: F, offset: u64) -> Self {
        Self { file, offset }
    }
}

impl<F: AsRef<dyn DiskFile>> io::Read for Stream<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.file.as_ref().read_at(self.offset, buffer)?;
        self.offset += n as u64;
        Ok(n)
    }
}

/// The process that wrote its number into a lock file.
pub(crate) fn holder_of(path: &Path) -> Option<u32> {
    let mut text = String::new();
    File::open(path)
        .ok()?
        .take(32)
        .read_to_string(&mut text)
        .ok()?;
    text.trim().parse().ok()
}
