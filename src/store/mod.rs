//! Records on disk: one file, one lock, one container.
//!
//! `<root>/containers/<name>.json` is written before the first effect and removed
//! after the last undo. It is locked (fcntl(2), F_SETLK) as long as its launcher lives, so that
//! a record whose lock is free is what a killed launcher has left. The folder is 0700,
//! records are 0600, and nothing of the environment stands in them.
//!
//! Once a container is complete, its first process stands on a second line: what others
//! want to join is found by it ([`Store::running`]).

use crate::plan::{LaunchPlan, Prepare};
use crate::profile::nearest;
use crate::sys::{self, Call, Errno, file};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::ffi::CString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// Where data is kept that outlives a boot, unless `--root` or `TINYDOCKER_ROOT` says
/// otherwise: then it is in the folder `data` there.
pub const DEFAULT_DATA: &str = "/var/lib/tinydocker";

/// Where records are kept unless `--root` or `TINYDOCKER_ROOT` says otherwise.
pub const DEFAULT_ROOT: &str = "/run/tinydocker";

const SUFFIX: &str = ".json";

/// What another process needs to undo a launch.
#[derive(Debug, Serialize, Deserialize)]
pub struct Record<O = Vec<Prepare>> {
    /// [`crate::plan::VERSION`] of the program that wrote it.
    pub version: u32,
    /// /proc/sys/kernel/random/boot_id: what lived in the kernel of another boot is gone.
    pub boot_id: String,
    /// The launcher.
    pub pid: u32,
    /// The operations that have an undo, in the plan's order. Every undo follows from
    /// its operation.
    pub journal: O,
}

/// The first process of a container, told by its start from others that get its number later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct First {
    /// Its number where the launcher lives.
    pub pid: i32,
    /// In clock ticks since the boot, [`crate::sys::process::start_of`].
    pub start: u64,
}

/// Why there is no running container of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotRunning {
    /// Nobody has the name.
    Unknown {
        /// The running container whose name comes near, if one does.
        near: Option<String>,
        /// Running containers, sorted.
        running: Vec<String>,
    },
    /// Its command has not begun.
    Starting,
    /// Its launcher was killed, or it is just ending.
    Ended,
    /// The record says nothing to this version of the program.
    Unreadable(String),
}

/// The folder that holds the records.
#[derive(Debug, Clone)]
pub struct Store {
    containers: PathBuf,
    /// Changes that are kept, a folder for each container.
    changes: PathBuf,
}

/// A container's record, locked by this process.
#[derive(Debug)]
pub struct Held {
    path: PathBuf,
    lock: OwnedFd,
}

/// Why a container's record could not be made.
#[derive(Debug)]
pub enum CreateError {
    /// A live launcher holds the name; its pid if the record could be read.
    Busy(Option<u32>),
    /// A killed launcher left this; undo it and try again.
    Stale(Leftover),
    /// A system call failed on this path.
    System(sys::Error, PathBuf),
}

/// What a killed launcher has left, locked by this process until it is dropped.
#[derive(Debug)]
pub struct Leftover {
    /// The record's file, to be removed after the undos.
    pub held: Held,
    /// What it says.
    pub record: Found,
}

/// A record as a repair finds it.
#[derive(Debug)]
pub enum Found {
    /// The launcher was killed before the record was whole: nothing but the file is there.
    Nothing,
    /// What to undo.
    Whole(Box<Record>),
    /// It is there but says nothing to this version of the program.
    Unreadable(String),
}

fn c_path(path: &Path) -> CString {
    // Names are checked and roots are absolute paths from argv or the environment,
    // neither of which can hold a null byte.
    CString::new(path.as_os_str().as_bytes()).unwrap_or_default()
}

impl Store {
    /// The store below this root. Nothing is made yet.
    pub fn new(root: Option<&Path>) -> Self {
        let data = root.map_or_else(|| PathBuf::from(DEFAULT_DATA), |root| root.join("data"));
        let containers = root.unwrap_or(Path::new(DEFAULT_ROOT)).join("containers");
        Self { containers, changes: data.join("containers") }
    }

    /// Makes, locks and fills the record of a container under a temporary name, then
    /// renames it: a reader sees it whole or not at all.
    ///
    /// # Errors
    /// [`CreateError::Busy`] if the name runs, [`CreateError::Stale`] if it did.
    pub fn create(&self, plan: &LaunchPlan) -> Result<Held, CreateError> {
        let operations = plan.prepared().map(|(_, operation, _)| operation);
        let journal: Vec<&Prepare> = operations.filter(|operation| operation.has_undo()).collect();
        self.claim(&plan.name, plan.version, &journal)
    }

    /// Takes a container's name, for what is in the journal.
    ///
    /// # Errors
    /// As [`Self::create`].
    pub fn claim(&self, name: &str, version: u32, journal: &[&Prepare]) -> Result<Held, CreateError> {
        // A sweep may take the file for a leftover in the moment before it is locked. It is then
        // removed by whoever has it, and another one is made, so that nobody waits for anybody:
        // on a busy machine a sweep may stand still for long.
        const TRIES: u32 = 16;
        for number in 1..TRIES {
            match self.try_create(name, number, version, journal) {
                Err(CreateError::System(error, _)) if error.errno == Errno::ENOENT => {}
                result => return result,
            }
        }
        self.try_create(name, TRIES, version, journal)
    }

    fn try_create(
        &self,
        name: &str,
        number: u32,
        version: u32,
        journal: &[&Prepare],
    ) -> Result<Held, CreateError> {
        let temporary = self.containers.join(format!(".{name}.{}.{number}", std::process::id()));
        let made = c_path(&temporary);
        let system = |error| CreateError::System(error, temporary.clone());
        let lock = match file::open_record(&made) {
            Err(error) if error.errno == Errno::ENOENT => {
                let failed = |error| {
                    CreateError::System(sys::Error::from_io(Call::Mkdir, &error), self.containers.clone())
                };
                fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.containers).map_err(failed)?;
                file::open_record(&made)
            }
            result => result,
        };
        let lock = match lock {
            // Left by a killed launcher whose process id has come round again, for a sweep.
            Err(error) if error.errno == Errno::EEXIST => {
                return Err(system(sys::Error::new(Call::Open, Errno::ENOENT)));
            }
            result => result.map_err(system)?,
        };
        if !file::try_lock(lock.as_fd()).map_err(system)? {
            return Err(system(sys::Error::new(Call::Lock, Errno::ENOENT)));
        }
        let mut held = Held { path: temporary.clone(), lock };
        if let Err(error) = held.write(version, journal) {
            // The first error is the one to report.
            let _ = held.remove();
            return Err(system(error));
        }
        let path = self.path(name);
        match file::rename_new(&made, &c_path(&path)) {
            Ok(()) => {
                held.path = path;
                Ok(held)
            }
            Err(error) => {
                // The first error is the one to report.
                let _ = held.remove();
                if error.errno != Errno::EEXIST {
                    return Err(CreateError::System(error, path));
                }
                Err(self.take(&path).map_or_else(|| CreateError::Busy(pid_of(&path)), CreateError::Stale))
            }
        }
    }

    /// Opens the folder that keeps the changes of a container, as a clone of its mount, and
    /// makes it where it is missing. The caller holds the name.
    ///
    /// # Errors
    /// The error, and the path it is about.
    pub fn open_changes(&self, name: &str) -> Result<(OwnedFd, PathBuf), (sys::Error, PathBuf)> {
        let path = self.changes(name);
        // A removal that was interrupted is not to come back.
        self.finish_removal(name)
            .map_err(|error| (sys::Error::from_io(Call::Rmdir, &error), path.clone()))?;
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&path)
            .map_err(|error| (sys::Error::from_io(Call::Mkdir, &error), path.clone()))?;
        match sys::mount::open_tree(None, &c_path(&path), false) {
            Ok(tree) => Ok((tree, path)),
            Err(error) => Err((error, path)),
        }
    }

    /// Removes the changes of a container: whether there were any. The caller holds the
    /// name. They are renamed first, so that what is half removed is never used again.
    ///
    /// # Errors
    /// Something is still there; the next try goes on.
    pub fn remove_changes(&self, name: &str) -> io::Result<bool> {
        let was_removed = self.finish_removal(name)?;
        match fs::rename(self.changes(name), self.removed(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(was_removed),
            result => result?,
        }
        self.finish_removal(name)
    }

    /// Where the changes of a container lie.
    pub fn changes(&self, name: &str) -> PathBuf {
        self.changes.join(name)
    }

    /// Where changes lie while they are removed. No name of a container begins with a dot.
    fn removed(&self, name: &str) -> PathBuf {
        self.changes.join(format!(".{name}.removed"))
    }

    fn finish_removal(&self, name: &str) -> io::Result<bool> {
        match fs::remove_dir_all(self.removed(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            result => result.map(|()| true),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.containers.join(format!("{name}{SUFFIX}"))
    }

    /// The first process of a running container: its launcher lives, and the command has
    /// begun. `own` is the caller's container, whose record must not be opened: closing it
    /// would give up its lock.
    ///
    /// # Errors
    /// There is none.
    pub fn running(&self, name: &str, own: &str) -> Result<First, NotRunning> {
        let unknown = || {
            let running = self.all_running(own);
            let near = nearest(name, running.iter().map(String::as_str)).map(str::to_owned);
            NotRunning::Unknown { near, running }
        };
        if name == own {
            return Err(unknown());
        }
        let path = self.path(name);
        // One that ends and is started anew meanwhile has another file by then.
        for _ in 0..4 {
            let Ok(record) = file::open_read_write(&c_path(&path)) else { return Err(unknown()) };
            let mut record = File::from(record);
            if !file::is_locked(record.as_fd()).is_ok_and(|locked| locked) {
                if is_at(&path, record.as_fd()) {
                    return Err(NotRunning::Ended);
                }
                continue;
            }
            let mut bytes = Vec::new();
            record.read_to_end(&mut bytes).map_err(|error| NotRunning::Unreadable(error.to_string()))?;
            return first(&bytes);
        }
        Err(unknown())
    }

    /// The names of all running containers but the caller's own, sorted.
    fn all_running(&self, own: &str) -> Vec<String> {
        let entries = fs::read_dir(&self.containers).into_iter().flatten().filter_map(Result::ok);
        let runs = |entry: fs::DirEntry| {
            let file = entry.file_name().into_string().ok()?;
            let name = file.strip_suffix(SUFFIX).filter(|name| !name.starts_with('.') && *name != own)?;
            let record = File::from(file::open_read_write(&c_path(&entry.path())).ok()?);
            file::is_locked(record.as_fd()).is_ok_and(|locked| locked).then(|| name.to_owned())
        };
        let mut names: Vec<String> = entries.filter_map(runs).collect();
        names.sort_unstable();
        names
    }

    /// What killed launchers have left, each locked by us while the caller undoes it.
    /// `own` is the caller's container, whose lock need not be tried.
    pub fn leftovers<'a>(&'a self, own: &str) -> impl Iterator<Item = Leftover> + 'a {
        let own = self.path(own);
        let entries = fs::read_dir(&self.containers).into_iter().flatten().filter_map(Result::ok);
        let others = entries.map(|entry| entry.path()).filter(move |path| *path != own);
        others.filter_map(|path| self.take(&path))
    }

    /// Locks the record if nobody else has, and reads it.
    fn take(&self, path: &Path) -> Option<Leftover> {
        let name = c_path(path);
        let mut lock = File::from(file::open_read_write(&name).ok()?);
        if !file::try_lock(lock.as_fd()).ok()? {
            return None;
        }
        // The name may lead to another record by now; then the lock is of no use.
        is_at(path, lock.as_fd()).then(|| {
            let whole = path.file_name().is_some_and(|name| !name.as_bytes().starts_with(b"."));
            let mut bytes = Vec::new();
            let record = match lock.read_to_end(&mut bytes) {
                Ok(_) if whole => first_value(&bytes)
                    .map_or_else(|error| Found::Unreadable(error.to_string()), Found::Whole),
                Ok(_) => Found::Nothing,
                Err(error) => Found::Unreadable(error.to_string()),
            };
            let held = Held { path: path.to_owned(), lock: lock.into() };
            Leftover { held, record }
        })
    }
}

impl Held {
    fn write(&self, version: u32, journal: &[&Prepare]) -> sys::Result<()> {
        let record = Record { version, boot_id: boot_id(), pid: std::process::id(), journal };
        let bytes = serde_json::to_vec(&record)
            .map_err(|error| sys::Error::from_io(Call::Write, &io::Error::from(error)))?;
        file::write_once(self.lock.as_fd(), &bytes)
    }

    /// Adds the first process, once it is complete.
    ///
    /// # Errors
    /// It has ended, or the record can't be written.
    pub fn note_first(&self, pid: i32) -> sys::Result<()> {
        let first = First { pid, start: sys::process::start_of(pid)? };
        let line = serde_json::to_string(&first)
            .map_err(|error| sys::Error::from_io(Call::Write, &io::Error::from(error)))?;
        file::write_once(self.lock.as_fd(), format!("\n{line}\n").as_bytes())
    }

    /// The record's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the record; the lock ends with `self`. One that does not exist is no error.
    ///
    /// # Errors
    /// It is still there.
    pub fn remove(self) -> io::Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            result => result,
        }
    }
}

fn boot_id() -> String {
    let mut text = [0; 64];
    let read = File::open("/proc/sys/kernel/random/boot_id").and_then(|mut file| file.read(&mut text));
    String::from_utf8_lossy(&text[..read.unwrap_or_default()]).trim_end().to_owned()
}

fn pid_of(path: &Path) -> Option<u32> {
    #[derive(Deserialize)]
    struct Pid {
        pid: u32,
    }
    let bytes = fs::read(path).ok()?;
    first_value::<Pid>(&bytes).ok().map(|record| record.pid)
}

/// The record itself, without what was added to it.
fn first_value<T: DeserializeOwned>(bytes: &[u8]) -> serde_json::Result<T> {
    let mut values = serde_json::Deserializer::from_slice(bytes).into_iter();
    values.next().unwrap_or_else(|| serde_json::from_slice(bytes))
}

/// What was added to a record.
fn first(bytes: &[u8]) -> Result<First, NotRunning> {
    let mut values = serde_json::Deserializer::from_slice(bytes).into_iter::<serde_json::Value>();
    if let Some(Err(error)) = values.next() {
        return Err(NotRunning::Unreadable(error.to_string()));
    }
    match values.next() {
        Some(Ok(value)) => {
            serde_json::from_value(value).map_err(|error| NotRunning::Unreadable(error.to_string()))
        }
        // Nothing yet, or half of it.
        None | Some(Err(_)) => Err(NotRunning::Starting),
    }
}

/// Whether a path leads to this very file. It is only looked at: opening and closing it
/// once more would give up a lock on it.
fn is_at(path: &Path, file: BorrowedFd<'_>) -> bool {
    let now = fs::symlink_metadata(path).map(|now| (now.dev(), now.ino()));
    now.is_ok_and(|now| file::stat(file).is_ok_and(|file| file.identity == now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::{process, socket};

    /// A sweep that stands still with what it took for a leftover keeps nobody from a name.
    #[test]
    fn a_name_is_claimed_while_a_sweep_stands_still() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Store::new(Some(folder.path()));
        fs::create_dir_all(&store.containers).expect("a folder");
        let temporary = c_path(&store.containers.join(format!(".web.{}.1", std::process::id())));
        drop(file::open_record(&temporary).expect("a file"));
        let (ours, theirs) = socket::pair().expect("a socket");
        // Other threads may hold locks; the child makes system calls and nothing else.
        let Some(sweep) = process::fork().expect("a process") else {
            let lock = file::open_read_write(&temporary);
            let locked = lock.as_ref().is_ok_and(|lock| file::try_lock(lock.as_fd()) == Ok(true));
            let _ = socket::send(theirs.as_fd(), if locked { b"y" } else { b"n" });
            // Until it is killed.
            loop {
                std::thread::park();
            }
        };
        let mut word = [0];
        socket::receive(ours.as_fd(), &mut word).expect("a word");
        let claimed = store.claim("web", 1, &[]);
        process::kill(sweep, crate::sys::signal::number::KILL);
        assert_eq!(word, *b"y");
        claimed.expect("the name").remove().expect("it was there");
    }
}
