//! A file system in memory that fails where it is told to: for tests.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use super::{Access, Disk, DiskFile};

/// What happens at the chosen effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The process ends before it (and so after the one before).
    KillBefore,
    /// The process ends in the middle of it (half of an append).
    KillWithin,
    /// It fails and was not done.
    NotDone,
    /// It fails and was done.
    DoneThough,
    /// The disk is full: half of an append is done, and it fails.
    Full,
}

#[derive(Default)]
struct State {
    files: BTreeMap<usize, File>,
    names: BTreeMap<PathBuf, usize>,
    durable_names: BTreeMap<PathBuf, usize>,
    locked: bool,
    effects: u64,
    fault: Option<(u64, Fault)>,
    killed: bool,
    next: usize,
}

#[derive(Default, Clone)]
struct File {
    bytes: Vec<u8>,
    durable: Vec<u8>,
}

/// The disk; clones share it.
#[derive(Clone, Default)]
pub(crate) struct MemoryDisk(Arc<Mutex<State>>);

struct Handle {
    disk: MemoryDisk,
    file: usize,
}

struct Lock(MemoryDisk);

impl Drop for Lock {
    fn drop(&mut self) {
        self.0.state().locked = false;
    }
}

fn error(text: &str) -> io::Error {
    io::Error::other(text.to_owned())
}

impl MemoryDisk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// From now on, the n-th effect (from 0) meets this fault.
    pub(crate) fn fail_at(&self, n: u64, fault: Fault) {
        let mut state = self.state();
        (state.effects, state.fault) = (0, Some((n, fault)));
    }

    /// How many effects there were since the fault was set.
    pub(crate) fn effects(&self) -> u64 {
        self.state().effects
    }

    /// A new process: no fault, no lock held by the old one.
    pub(crate) fn restart(&self) {
        let mut state = self.state();
        (state.fault, state.killed, state.locked) = (None, false, false);
    }

    /// The machine lost power: only what was made durable is there.
    pub(crate) fn lose_power(&self) {
        let mut state = self.state();
        state.names = state.durable_names.clone();
        for file in state.files.values_mut() {
            file.bytes = file.durable.clone();
        }
    }

    pub(crate) fn names(&self) -> Vec<PathBuf> {
        self.state().names.keys().cloned().collect()
    }

    pub(crate) fn bytes(&self, path: &Path) -> Vec<u8> {
        let state = self.state();
        state.files[&state.names[path]].bytes.clone()
    }

    /// Changes a file behind everybody's back.
    pub(crate) fn tamper(&self, path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.state();
        let file = state.names[path];
        change(&mut state.files.get_mut(&file).unwrap().bytes);
    }

    pub(crate) fn delete(&self, path: &Path) {
        self.state().names.remove(path);
    }

    /// One effect: done wholly, in part or not, as the fault says.
    fn effect<T: Default>(
        &self,
        done: impl FnOnce(&mut State, bool) -> io::Result<T>,
    ) -> io::Result<T> {
        let mut state = self.state();
        if state.killed {
            return Err(error("killed"));
        }
        let n = state.effects;
        state.effects += 1;
        let Some((_, fault)) = state.fault.filter(|(at, _)| *at == n) else {
            return done(&mut state, false);
        };
        if fault == Fault::DoneThough {
            done(&mut state, false)?;
        } else if matches!(fault, Fault::KillWithin | Fault::Full) {
            let _ = done(&mut state, true);
        }
        state.killed = matches!(fault, Fault::KillBefore | Fault::KillWithin);
        if fault == Fault::Full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Err(error("the fault that was asked for"))
    }
}

impl Disk for MemoryDisk {
    fn open(&self, path: &Path, access: Access) -> io::Result<Box<dyn DiskFile>> {
        let known = self.state().names.get(path).copied();
        let file = match (access, known) {
            (Access::Read, None) => return Err(io::ErrorKind::NotFound.into()),
            (Access::Read | Access::Append, Some(file)) => file,
            (Access::Append, None) | (Access::Create { .. }, _) => self.effect(|state, half| {
                if !half {
                    let file = state.next;
                    state.next += 1;
                    state.files.insert(file, File::default());
                    state.names.insert(path.to_owned(), file);
                }
                Ok(state.next.saturating_sub(1))
            })?,
        };
        let disk = self.clone();
        Ok(Box::new(Handle { disk, file }))
    }

    fn create_dir(&self, _path: &Path) -> io::Result<()> {
        Ok(())
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let state = self.state();
        let below = state.names.keys().filter_map(|path| {
            let first = path.strip_prefix(dir).ok()?.components().next()?;
            Some(first.as_os_str().to_string_lossy().into_owned())
        });
        let mut names: Vec<String> = below.collect();
        names.dedup();
        Ok(names)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.effect(|state, half| {
            if !half {
                let file = state.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
                state.names.insert(to.to_owned(), file);
            }
            Ok(())
        })
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        if !self.state().names.contains_key(path) {
            return Err(io::ErrorKind::NotFound.into());
        }
        self.effect(|state, half| {
            if !half {
                state.names.remove(path);
            }
            Ok(())
        })
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.effect(|state, half| {
            if !half {
                let inside = |path: &Path| path.parent() == Some(dir);
                state.durable_names.retain(|path, _| !inside(path));
                let now = state.names.iter().filter(|(path, _)| inside(path));
                let now: Vec<_> = now.map(|(path, file)| (path.clone(), *file)).collect();
                state.durable_names.extend(now);
            }
            Ok(())
        })
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Send + Sync>>> {
        if std::mem::replace(&mut self.state().locked, true) {
            return Ok(None);
        }
        let lock = Lock(self.clone());
        self.open(path, Access::Append)?;
        Ok(Some(Box::new(lock)))
    }
}

impl Handle {
    fn change(&self, change: impl FnOnce(&mut File, bool)) -> io::Result<()> {
        self.disk.effect(|state, half| {
            let file = state.files.get_mut(&self.file);
            change(file.ok_or(io::ErrorKind::NotFound)?, half);
            Ok(())
        })
    }
}

impl DiskFile for Handle {
    fn size(&self) -> io::Result<u64> {
        Ok(self.disk.state().files[&self.file].bytes.len() as u64)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let state = self.disk.state();
        let bytes = &state.files[&self.file].bytes;
        let rest = bytes.get(offset as usize..).unwrap_or_default();
        let n = rest.len().min(buffer.len());
        buffer[..n].copy_from_slice(&rest[..n]);
        Ok(n)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.change(|file, half| {
            let n = if half { bytes.len() / 2 } else { bytes.len() };
            file.bytes.extend_from_slice(&bytes[..n]);
        })
    }

    fn truncate(&mut self, size: u64) -> io::Result<()> {
        self.change(|file, half| {
            if !half {
                file.bytes.truncate(size as usize);
            }
        })
    }

    fn sync(&mut self) -> io::Result<()> {
        self.change(|file, half| {
            if !half {
                file.durable.clone_from(&file.bytes);
            }
        })
    }
}
