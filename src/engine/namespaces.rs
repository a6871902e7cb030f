//! Namespaces that others live in: whose a container joins.

use crate::plan::{Joined, Namespace};
use crate::store::{NotRunning, Store};
use crate::sys::namespace::{self, Refused};
use crate::sys::{self, Call, Errno, process};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ffi::CString;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

/// Why a namespace can't be joined, where the kernel's word alone would mislead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The path leads to some other file.
    NotANamespace,
    /// It leads to a namespace of another kind.
    Another {
        /// Its kind.
        found: &'static str,
        /// The one that is wanted.
        wanted: Namespace,
    },
    /// The container does not run.
    Container(NotRunning),
}

/// What went wrong, and on which path or with which container.
pub(super) struct Failed {
    pub(super) error: sys::Error,
    pub(super) path: String,
    pub(super) why: Option<Refusal>,
}

/// The containers that are joined, once they are found: all that is joined of one is of
/// the same run of it.
#[derive(Debug, Default)]
pub(super) struct Others(BTreeMap<String, Leader>);

/// The first process of a container.
#[derive(Debug)]
struct Leader {
    pid: i32,
    handle: OwnedFd,
}

impl Others {
    /// Opens the namespace.
    ///
    /// `own` is the name of the container that joins it.
    pub(super) fn open(
        &mut self,
        wanted: Namespace,
        of: &Joined,
        store: &Store,
        own: &str,
    ) -> Result<OwnedFd, Failed> {
        match of {
            Joined::Path(path) => at(wanted, path),
            Joined::Container(name) => self.of_container(wanted, name, || find(name, store, own)),
        }
    }

    fn of_container(
        &mut self,
        wanted: Namespace,
        name: &str,
        find: impl FnOnce() -> Result<Leader, NotRunning>,
    ) -> Result<OwnedFd, Failed> {
        let refused = |why| Failed {
            error: sys::Error::new(Call::Open, Errno::ENOENT),
            path: name.to_owned(),
            why: Some(Refusal::Container(why)),
        };
        let leader = match self.0.entry(name.to_owned()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(find().map_err(refused)?),
        };
        let found = at(wanted, &format!("/proc/{}/ns/{}", leader.pid, file_name(wanted)));
        // Only if it still has its number now, the file was its own.
        if !process::is_there(leader.handle.as_fd()) {
            return Err(refused(NotRunning::Ended));
        }
        match found {
            // It waits to be reaped: its namespaces have left it.
            Err(Failed { error, why: None, .. }) if error.errno == Errno::ENOENT => {
                Err(refused(NotRunning::Ended))
            }
            found => found,
        }
    }
}

/// How long a container that is just being started is waited for. Its command may well run before
/// its launcher has said so.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

fn find(name: &str, store: &Store, own: &str) -> Result<Leader, NotRunning> {
    let start = Instant::now();
    let first = loop {
        match store.running(name, own) {
            Err(NotRunning::Starting) if start.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(2));
            }
            result => break result?,
        }
    };
    let handle = process::open(first.pid).map_err(|_| NotRunning::Ended)?;
    // Its number may be another's by now; the handle is of whoever has it.
    match process::start_of(first.pid) {
        Ok(start) if start == first.start => Ok(Leader { pid: first.pid, handle }),
        _ => Err(NotRunning::Ended),
    }
}

/// The file's name in /proc/PID/ns.
fn file_name(namespace: Namespace) -> &'static str {
    match namespace {
        Namespace::Mount => "mnt",
        other => other.name(),
    }
}

fn at(wanted: Namespace, path: &str) -> Result<OwnedFd, Failed> {
    let failed = |error, why| Failed { error, path: path.to_owned(), why };
    let name = CString::new(path).map_err(|_| failed(sys::Error::new(Call::Open, Errno::EINVAL), None))?;
    namespace::open(&name, wanted).map_err(|refused| {
        let why = match refused {
            Refused::System(_) => None,
            Refused::NotANamespace => Some(Refusal::NotANamespace),
            Refused::Another(found) => Some(Refusal::Another { found, wanted }),
        };
        failed(refused.error(), why)
    })
}
