//! What the launcher opens on the host for the container, as detached mounts.

use crate::plan::{IdMap, Propagation};
use crate::sys::{self, Call, Errno, Error, file, mount, user_namespace};
use std::ffi::CString;
use std::fs::{self, OpenOptions};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// A file or folder of the host that is to be opened.
pub(super) struct Source<'a> {
    /// Absolute path.
    pub source: &'a str,
    /// The part of it that is meant.
    pub subpath: Option<&'a str>,
    /// With the mounts below it.
    pub recursive: bool,
}

impl Source<'_> {
    /// The whole path, for reports.
    pub(super) fn path(&self) -> String {
        match self.subpath {
            Some(part) => format!("{}/{part}", self.source),
            None => self.source.to_owned(),
        }
    }

    /// Clones the mount, and lets nothing cross the border but what `propagation` says.
    ///
    /// # Errors
    /// ENODEV from fstat(2) for a device node, which no bind shows; EINVAL from
    /// mount_setattr(2) if a mount that shares no events with anything is to pass them on.
    pub(super) fn open(&self, propagation: Propagation) -> sys::Result<OwnedFd> {
        let path = c_path(self.source)?;
        let tree = match self.subpath {
            None if !propagation.crosses() => mount::open_tree(None, &path, self.recursive)?,
            part => {
                let mut found = file::open_path(&path)?;
                if let Some(part) = part {
                    found = file::open_beneath(found.as_fd(), &c_path(part)?)?;
                }
                if propagation.crosses() && !in_peer_group(found.as_fd())? {
                    return Err(Error::new(Call::MountSetattr, Errno::EINVAL));
                }
                mount::open_tree(Some(found.as_fd()), c"", self.recursive)?
            }
        };
        match propagation {
            Propagation::Private | Propagation::Unbindable => {
                mount::set_private(tree.as_fd(), self.recursive, mount::Flags::NONE)?;
            }
            Propagation::Slave | Propagation::SlaveTree => mount::set_slave(tree.as_fd(), self.recursive)?,
            // A clone is in the peer group of what it was cloned from.
            Propagation::Shared | Propagation::SharedTree => {}
        }
        if file::stat(tree.as_fd())?.is_device {
            return Err(Error::new(Call::Fstat, Errno::ENODEV));
        }
        Ok(tree)
    }
}

/// Whether the mount that a path lies in shares events with others: its line in
/// proc_pid_mountinfo(5) has a peer group.
fn in_peer_group(path: BorrowedFd<'_>) -> sys::Result<bool> {
    let read = |file: &str| fs::read(file).map_err(|error| Error::from_io(Call::Read, &error));
    let number = path.as_raw_fd();
    let info = read(&format!("/proc/self/fdinfo/{number}"))?;
    let info = String::from_utf8_lossy(&info);
    let id = info.lines().find_map(|line| line.strip_prefix("mnt_id:")).map(str::trim);
    let table = read("/proc/self/mountinfo")?;
    let table = String::from_utf8_lossy(&table);
    let line = table.lines().find(|line| line.split(' ').next() == id);
    let fields = line.and_then(|line| line.split_once(" - ")).map_or("", |(fields, _)| fields);
    Ok(fields.split(' ').any(|field| field.starts_with("shared:")))
}

/// Maps the owners of a tree's files: what the file system says is inside of the map, and
/// what the container sees outside.
pub(super) fn map_owners(tree: BorrowedFd<'_>, recursive: bool, maps: &[IdMap]) -> sys::Result<()> {
    if maps.is_empty() {
        return Ok(());
    }
    let lines: String =
        maps.iter().map(|map| format!("{} {} {}\n", map.host, map.container, map.size)).collect();
    let namespace = user_namespace::with_map(&lines)?;
    mount::set_idmap(tree, recursive, namespace.as_fd())
}

/// Makes a missing source, with the folders above it.
pub(super) fn make(path: &str, folder: bool) -> sys::Result<()> {
    let path = Path::new(path);
    let parent = if folder { path } else { path.parent().unwrap_or(Path::new("/")) };
    if path.exists() {
        return Ok(());
    }
    fs::create_dir_all(parent).map_err(|error| Error::from_io(Call::Mkdir, &error))?;
    if !folder {
        let made = OpenOptions::new().write(true).create_new(true).mode(0o644).open(path);
        made.map_err(|error| Error::from_io(Call::Open, &error))?;
    }
    Ok(())
}

fn c_path(path: &str) -> sys::Result<CString> {
    CString::new(path).map_err(|_| Error::new(Call::OpenTree, Errno::EINVAL))
}
