//! Places in the new root: how they are found, made and mounted on. The root may be hostile, and
//! somebody may change it meanwhile: everything is resolved as the container's own processes
//! would, and what was found is held by a descriptor.

use super::orders::Text;
use super::{At, Done, Failed, Init, text};
use crate::sys::bare::fd::{AsFd, BorrowedFd, OwnedFd, Table};
use crate::sys::bare::{Call, Errno, Error, Result, file, memory, mount};
use core::ffi::CStr;

/// The mounts of proc and sysfs by their targets. What lies below one is looked for from
/// there: on the way from the root a process that shares the rootfs may swap folders
/// meanwhile (CVE-2021-30465, CVE-2025-52881).
pub(super) struct Bases<'a> {
    targets: &'a mut [Text<'a>],
    mounts: Table,
    count: usize,
}

impl<'a> Bases<'a> {
    /// Room for so many.
    pub(super) fn with_places(places: usize) -> Result<Self> {
        Ok(Self { targets: memory::filled(places, c"")?, mounts: Table::with_places(places)?, count: 0 })
    }

    /// One more.
    pub(super) fn add(&mut self, target: Text<'a>, mount: OwnedFd) {
        if let Some(place) = self.targets.get_mut(self.count) {
            *place = target;
            self.mounts.fill(self.count, mount);
            self.count += 1;
        }
    }

    /// The one that a path lies in, the innermost, and what is left of the path.
    fn of<'p>(&self, path: &'p CStr) -> Option<(BorrowedFd<'_>, &'p CStr)> {
        let below = |target: &CStr| {
            let rest = path.to_bytes_with_nul().strip_prefix(target.to_bytes())?.strip_prefix(b"/")?;
            CStr::from_bytes_with_nul(rest).ok().filter(|rest| !rest.is_empty())
        };
        let found = self.targets[..self.count].iter().enumerate();
        let found = found.filter_map(|(at, target)| Some((self.mounts.get(at)?, below(target)?)));
        found.min_by_key(|(_, rest)| rest.count_bytes())
    }
}

impl<'a> Init<'a> {
    pub(super) fn root(&self) -> Result<BorrowedFd<'_>> {
        // Every plan mounts a root first (tests/plan.rs).
        self.root.as_ref().map(AsFd::as_fd).ok_or(Error::new(Call::OpenInRoot, Errno::EINVAL))
    }

    /// Where a path is to be resolved, and what is left of it: at the mount of the kernel's
    /// file system that it lies in, else at the root.
    pub(super) fn base<'p>(&self, path: &'p CStr) -> Result<(BorrowedFd<'_>, &'p CStr)> {
        match self.bases.of(path) {
            Some(found) => Ok(found),
            None => Ok((self.root()?, path)),
        }
    }

    /// Attaches a detached mount on a path of the new root, resolved as the
    /// container would; a missing target is made, a folder or a file like the mount.
    pub(super) fn attach(&self, mount: BorrowedFd<'_>, target: Text<'a>, make_target: bool) -> Done<'a> {
        let point = match file::open_in_root(self.root()?, target) {
            Err(error) if error.errno == Errno::ENOENT && make_target => {
                self.make_target(target, file::stat(mount).at(target)?.is_folder)?
            }
            result => result.at(target)?,
        };
        mount::attach(mount, point.as_fd()).at(target)
    }

    /// Makes what is missing at a path, a folder or a file, with the folders above it.
    fn make_target(&self, path: Text<'a>, folder: bool) -> core::result::Result<OwnedFd, Failed<'a>> {
        let (above, name) = text::split(path);
        let parent = self.folder(text::joined(&[above])?)?;
        if folder {
            file::make_folder(parent.as_fd(), name, 0o755).at(path)?;
        } else {
            file::create_file(parent.as_fd(), name).at(path)?;
        }
        file::open_entry(parent.as_fd(), name).at(path)
    }

    /// A folder of the new root, which is made where it is missing.
    pub(super) fn folder(&self, path: Text<'a>) -> core::result::Result<OwnedFd, Failed<'a>> {
        match file::open_in_root(self.root()?, if path.is_empty() { c"/" } else { path }) {
            Err(error) if error.errno == Errno::ENOENT && !path.is_empty() => self.make_target(path, true),
            result => result.at(path),
        }
    }

    /// Writes to a file of the container's proc.
    pub(super) fn write_proc(&self, path: Text<'a>, value: &CStr) -> Done<'a> {
        let (base, rest) = self.base(path)?;
        let file = file::open_proc_in_root(base, rest).at(path)?;
        file::write_once(file.as_fd(), value.to_bytes()).at(path)
    }

    pub(super) fn change_directory(&self, path: Text<'a>) -> Done<'a> {
        let folder = file::open_in_root(self.root()?, path).at(path)?;
        file::change_folder(folder.as_fd()).at(path)
    }
}
