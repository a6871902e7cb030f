//! Records on disk: one folder, one lock, one container.
//!
//! `<root>/containers/<name>/record.json` is written before the first effect and
//! removed after the last undo. The folder is locked (flock(2)) as long as its
//! launcher lives, so that a folder whose lock is free is what a killed launcher has
//! left. Folders are 0700, records 0600, secrets in them `***`.

use crate::plan::LaunchPlan;
use crate::sys::{self, Call, Errno, file};
use serde::{Deserialize, Serialize};
use std::ffi::{CString, OsStr};
use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Where records are kept unless `--root` or `TINYDOCKER_ROOT` says otherwise.
pub const DEFAULT_ROOT: &str = "/run/tinydocker";

const RECORD: &str = "record.json";

/// What another process needs to undo a launch.
#[derive(Debug, Serialize, Deserialize)]
pub struct Record<P = LaunchPlan> {
    /// [`crate::plan::VERSION`] of the program that wrote it.
    pub version: u32,
    /// /proc/sys/kernel/random/boot_id: what lived in the kernel of another boot is gone.
    pub boot_id: String,
    /// The launcher.
    pub pid: u32,
    /// The plan. Every undo follows from it.
    pub plan: P,
}

/// The folder that holds the records.
#[derive(Debug, Clone)]
pub struct Store {
    containers: PathBuf,
}

/// A container's folder, locked by this process.
#[derive(Debug)]
pub struct Held {
    path: PathBuf,
    _lock: OwnedFd,
}

/// Why a container's folder could not be made.
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
    /// The folder, to be removed after the undos.
    pub held: Held,
    /// What its record says.
    pub record: Found,
}

/// A record as a repair finds it.
#[derive(Debug)]
pub enum Found {
    /// The launcher was killed before the record was whole, or after its last undo:
    /// nothing but the folder is there.
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
        Self { containers: root.unwrap_or(Path::new(DEFAULT_ROOT)).join("containers") }
    }

    /// Makes, locks and fills the folder of a container under a temporary name, then
    /// renames it: a reader sees it whole or not at all.
    ///
    /// # Errors
    /// [`CreateError::Busy`] if the name runs, [`CreateError::Stale`] if it did.
    pub fn create(&self, plan: &LaunchPlan) -> Result<Held, CreateError> {
        // A sweep may take the folder for a leftover in the moment before it is locked.
        const TRIES: usize = 16;
        for _ in 1..TRIES {
            match self.try_create(plan) {
                Err(CreateError::System(error, _)) if error.errno == Errno::ENOENT => {}
                result => return result,
            }
        }
        self.try_create(plan)
    }

    fn try_create(&self, plan: &LaunchPlan) -> Result<Held, CreateError> {
        let system = |path: &Path| {
            let path = path.to_owned();
            move |error| CreateError::System(error, path)
        };
        let temporary = self.containers.join(format!(".{}.{}", plan.name, std::process::id()));
        let made = c_path(&temporary);
        match file::make_host_folder(&made, 0o700) {
            Err(error) if error.errno == Errno::ENOENT => {
                fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.containers).map_err(
                    |error| {
                        CreateError::System(sys::Error::from_io(Call::Mkdir, &error), self.containers.clone())
                    },
                )?;
                file::make_host_folder(&made, 0o700).map_err(system(&temporary))?;
            }
            // Left by a killed launcher whose process id has come round again.
            Err(error) if error.errno == Errno::EEXIST => {}
            result => result.map_err(system(&temporary))?,
        }
        let lock = file::open_folder(&made).map_err(system(&temporary))?;
        if !file::try_lock(lock.as_fd()).map_err(system(&temporary))? {
            return Err(system(&temporary)(sys::Error::new(Call::Flock, Errno::ENOENT)));
        }
        let mut held = Held { path: temporary, _lock: lock };
        let record = Record { version: plan.version, boot_id: boot_id(), pid: std::process::id(), plan };
        if let Err(error) = held.write(&record) {
            let path = held.path.join(RECORD);
            let _ = held.remove();
            return Err(CreateError::System(sys::Error::from_io(Call::Write, &error), path));
        }
        let path = self.containers.join(&plan.name);
        match file::rename_new(&made, &c_path(&path)) {
            Ok(()) => {
                held.path = path;
                Ok(held)
            }
            Err(error) => {
                let _ = held.remove();
                if error.errno != Errno::EEXIST {
                    return Err(CreateError::System(error, path));
                }
                Err(self.take(&path).map_or_else(|| CreateError::Busy(pid_of(&path)), CreateError::Stale))
            }
        }
    }

    /// What killed launchers have left, each locked by us while the caller undoes it.
    /// `own` is the caller's container, whose lock need not be tried.
    pub fn leftovers<'a>(&'a self, own: &'a str) -> impl Iterator<Item = Leftover> + 'a {
        let entries = fs::read_dir(&self.containers).into_iter().flatten().filter_map(Result::ok);
        let others = entries.filter(move |entry| entry.file_name() != own);
        others.filter_map(|entry| self.take(&entry.path()))
    }

    /// Locks the folder if nobody else has, and reads its record.
    fn take(&self, path: &Path) -> Option<Leftover> {
        let name = c_path(path);
        let lock = file::open_folder(&name).ok()?;
        if !file::try_lock(lock.as_fd()).ok()? {
            return None;
        }
        // The name may lead to another folder by now; then the lock is of no use.
        let now = file::open_folder(&name).ok()?;
        let same = file::stat(lock.as_fd()).ok()?.identity == file::stat(now.as_fd()).ok()?.identity;
        let held = Held { path: path.to_owned(), _lock: lock };
        same.then(|| {
            let whole = path.file_name().is_some_and(|name| !name.as_bytes().starts_with(b"."));
            let record = match fs::read(path.join(RECORD)) {
                Ok(bytes) if whole => serde_json::from_slice(&bytes)
                    .map_or_else(|error| Found::Unreadable(error.to_string()), Found::Whole),
                _ => Found::Nothing,
            };
            Leftover { held, record }
        })
    }
}

impl Held {
    fn write(&self, record: &impl Serialize) -> io::Result<()> {
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let bytes = serde_json::to_vec(record)?;
        io::Write::write_all(&mut options.open(self.path.join(RECORD))?, &bytes)
    }

    /// The folder's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the record and the folder; the lock ends with `self`. Files that do
    /// not exist are no error.
    ///
    /// # Errors
    /// What could not be removed is still there.
    pub fn remove(self) -> io::Result<()> {
        let gone = |result: io::Result<()>| match result {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            result => result,
        };
        gone(fs::remove_file(self.path.join(RECORD)))?;
        gone(fs::remove_dir(&self.path))
    }
}

fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned()).unwrap_or_default()
}

fn pid_of(path: &Path) -> Option<u32> {
    #[derive(Deserialize)]
    struct Pid {
        pid: u32,
    }
    let bytes = fs::read(path.join(OsStr::new(RECORD))).ok()?;
    serde_json::from_slice::<Pid>(&bytes).ok().map(|record| record.pid)
}
