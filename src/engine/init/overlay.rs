//! Overlays: the root's, those of the host's other file systems, and those of `mounts`.

use super::mounts::{flags, tmpfs_of};
use super::{At, Done, Init, c_text, hide_path};
use crate::plan::{Attributes, Hide, Slot};
use crate::sys::{self, Call, Errno, file, mount, mount::Flags};
use std::collections::BTreeMap;
use std::ffi::CString;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// A folder that a path's changes go to: a path with `%` for `/`, so that it is one name.
fn name_of(target: &str) -> sys::Result<CString> {
    c_text(&target.replace('%', "%25").replace('/', "%"))
}

/// What holds the changes of overlays, attached below the old root; the lower layers are
/// attached inside it, because kernels before 6.15 make no overlay of detached mounts. All
/// of this goes with the old root.
pub(super) fn holder(size: u64) -> sys::Result<OwnedFd> {
    let holder = tmpfs_of((0, 0), Some(size), 0o755, Flags::NONE)?;
    mount::attach_aside(holder.as_fd())?;
    Ok(holder)
}

/// An overlay of a tree, its changes in the holder.
fn overlay(
    holder: BorrowedFd<'_>,
    target: &str,
    lower: &OwnedFd,
    hide: &BTreeMap<String, Hide>,
    flags: Flags,
) -> Result<OwnedFd, super::Failed> {
    let name = name_of(target)?;
    // What is kept was made by an earlier launch, and its root may have been changed.
    make_folder(holder, &name, 0o700)?;
    let folder = file::open_subfolder(holder, &name)?;
    for name in [c"lower", c"work"] {
        make_folder(folder.as_fd(), name, 0o755)?;
    }
    let new = make_folder(folder.as_fd(), c"upper", 0o755)?;
    let top = file::open_subfolder(folder.as_fd(), c"upper")?;
    if new {
        file::set_owner_and_mode(top.as_fd(), &file::stat(lower.as_fd())?)?;
    }
    for (path, how) in hide {
        hide_path(lower.as_fd(), top.as_fd(), path, *how).at(path)?;
    }
    let below = file::open_entry(folder.as_fd(), c"lower")?;
    mount::attach(lower.as_fd(), below.as_fd())?;
    file::change_folder(folder.as_fd())?;
    let options = [(c"lowerdir", c"lower"), (c"upperdir", c"upper"), (c"workdir", c"work")];
    Ok(mount::new_filesystem(c"overlay", &options, flags)?)
}

/// Makes a folder that may be there from an earlier launch: whether it was not.
fn make_folder(parent: BorrowedFd<'_>, name: &std::ffi::CStr, mode: u32) -> sys::Result<bool> {
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
            Some(kept) => {
                let kept = self.slots.take(kept, Call::MoveMount)?;
                mount::attach_aside(kept.as_fd())?;
                kept
            }
            None => holder(size)?,
        };
        let root = overlay(holder.as_fd(), "/", &lower, hide, Flags::NODEV)?;
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
        let own = size.map(holder).transpose().at(target)?;
        let shared = self.changes.as_ref();
        let Some(holder) = own.as_ref().or(shared) else {
            return Err(sys::Error::new(Call::MoveMount, Errno::EINVAL)).at(target);
        };
        let made = overlay(holder.as_fd(), target, &lower, hide, flags(attributes)).map_err(|failed| {
            super::Failed { path: failed.path.or_else(|| Some(target.to_owned())), ..failed }
        })?;
        if size.is_none() {
            let copy = made.try_clone().map_err(|error| sys::Error::from_io(Call::Dup, &error)).at(target)?;
            self.layers.push(copy);
        }
        self.attach(made, target, true)
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
