//! Overlays: the root's, those of the host's other file systems, and those of `mounts`.

use super::mounts::{flags, tmpfs_of};
use super::{At, Done, Init, c_text, hide_path};
use crate::plan::{Attributes, Hide, Slot};
use crate::sys::{self, Call, Errno, file, mount, mount::Flags};
use std::collections::BTreeMap;
use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// A folder that a path's changes go to: a path with `%` for `/`, so that it is one name.
fn name_of(target: &str) -> sys::Result<CString> {
    c_text(&target.replace('%', "%25").replace('/', "%"))
}

/// A file system out of the container's reach that holds what shows in it: changes of overlays,
/// single files. It is attached below the old root, and goes with it: kernels before 6.15 make
/// no overlay of detached mounts and clone none, and any kernel takes its time when the last
/// descriptor of a detached one is closed.
pub(super) struct Holder(OwnedFd);

impl Holder {
    /// A new one, in memory.
    pub(super) fn in_memory(size: u64) -> sys::Result<Self> {
        Self::attached(tmpfs_of((0, 0), Some(size), 0o755, Flags::NONE)?)
    }

    /// A detached mount of whatever kind.
    fn attached(mount: OwnedFd) -> sys::Result<Self> {
        mount::attach_aside(mount.as_fd())?;
        Ok(Self(mount))
    }

    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }

    /// A file or folder of it as a mount of its own.
    pub(super) fn clone_entry(&self, name: &CStr) -> sys::Result<OwnedFd> {
        let entry = file::open_entry(self.as_fd(), name)?;
        mount::open_tree(Some(entry.as_fd()), c"", false)
    }
}

/// An overlay of a tree, its changes in the holder.
fn overlay(
    holder: &Holder,
    target: &str,
    lower: &OwnedFd,
    hide: &BTreeMap<String, Hide>,
    flags: Flags,
) -> Result<OwnedFd, super::Failed> {
    let name = name_of(target)?;
    // What is kept was made by an earlier launch, and its root may have been changed.
    make_folder(holder.as_fd(), &name, 0o700)?;
    let folder = file::open_subfolder(holder.as_fd(), &name)?;
    make_folder(folder.as_fd(), c"work", 0o755)?;
    let new = make_folder(folder.as_fd(), c"upper", 0o755)?;
    let top = file::open_subfolder(folder.as_fd(), c"upper")?;
    if new {
        file::set_owner_and_mode(top.as_fd(), &file::stat(lower.as_fd())?)?;
    }
    for (path, how) in hide {
        hide_path(lower.as_fd(), top.as_fd(), path, *how).at(path)?;
    }
    make_folder(folder.as_fd(), c"lower", 0o755)?;
    let below = file::open_entry(folder.as_fd(), c"lower")?;
    mount::attach(lower.as_fd(), below.as_fd())?;
    file::change_folder(folder.as_fd())?;
    let options = [(c"lowerdir", c"lower"), (c"upperdir", c"upper"), (c"workdir", c"work")];
    Ok(mount::new_filesystem(c"overlay", &options, flags)?)
}

/// Makes a folder that may be there from an earlier launch: whether it was not.
fn make_folder(parent: BorrowedFd<'_>, name: &CStr, mode: u32) -> sys::Result<bool> {
    match file::make_folder(parent, name, mode) {
        Err(error) if error.errno == Errno::EEXIST => Ok(false),
        result => result.map(|()| true),
    }
}

impl Init {
    pub(super) fn mount_overlay(
        &mut self,
        lower: &Slot,
        changes: Option<&Slot>,
        size: u64,
        hide: &BTreeMap<String, Hide>,
    ) -> Done {
        let lower = self.slots.take(lower, Call::MoveMount)?;
        let holder = match changes {
            Some(kept) => Holder::attached(self.slots.take(kept, Call::MoveMount)?)?,
            None => Holder::in_memory(size)?,
        };
        let root = overlay(&holder, "/", &lower, hide, Flags::NODEV)?;
        self.changes = Some(holder);
        self.set_root(root)
    }

    /// One more overlay: with a size it has a holder of its own, else it shares the root's.
    pub(super) fn overlay_folder(
        &mut self,
        lower: &Slot,
        target: &str,
        size: Option<u64>,
        hide: &BTreeMap<String, Hide>,
        attributes: Attributes,
    ) -> Done {
        let lower = self.slots.take(lower, Call::MoveMount)?;
        let own = size.map(Holder::in_memory).transpose().at(target)?;
        let Some(holder) = own.as_ref().or(self.changes.as_ref()) else {
            return Err(sys::Error::new(Call::MoveMount, Errno::EINVAL)).at(target);
        };
        let made = overlay(holder, target, &lower, hide, flags(attributes)).map_err(|failed| {
            super::Failed { path: failed.path.or_else(|| Some(target.to_owned())), ..failed }
        })?;
        self.attach(made.as_fd(), target, true)?;
        if size.is_none() {
            self.layers.push(made);
        }
        Ok(())
    }

    /// Turns the root and the layers of the host's other file systems read-only.
    pub(super) fn protect_root(&self) -> Done {
        mount::set_flags(self.root()?, false, Flags::READ_ONLY)?;
        for layer in &self.layers {
            mount::set_flags(layer.as_fd(), false, Flags::READ_ONLY)?;
        }
        Ok(())
    }
}
