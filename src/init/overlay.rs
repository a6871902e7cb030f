//! Overlays: the root's, those of the host's other file systems, and those of `mounts`.

use super::mounts::tmpfs;
use super::orders::{List, Slot, Text};
use super::{At, Done, Failed, Init};
use crate::sys::bare::fd::{AsFd, BorrowedFd, OwnedFd};
use crate::sys::bare::mount::{self, Flags};
use crate::sys::bare::{Call, Errno, Error, Result, file};
use core::ffi::CStr;

/// A file system out of the container's reach that holds what shows in it: changes of overlays,
/// single files. It is attached below the old root, and goes with it: kernels before 6.15 make
/// no overlay of detached mounts and clone none, and any kernel takes its time when the last
/// descriptor of a detached one is closed.
pub(super) struct Holder(OwnedFd);

impl Holder {
    /// A new one, in memory, of so many bytes.
    pub(super) fn in_memory(size: &CStr) -> Result<Self> {
        Self::attached(tmpfs(size, Flags::NONE)?)
    }

    /// A detached mount of whatever kind.
    fn attached(mount: OwnedFd) -> Result<Self> {
        mount::attach_aside(mount.as_fd())?;
        Ok(Self(mount))
    }

    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }

    /// A file or folder of it as a mount of its own.
    pub(super) fn clone_entry(&self, name: &CStr) -> Result<OwnedFd> {
        let entry = file::open_entry(self.as_fd(), name)?;
        mount::clone_of(entry.as_fd(), false)
    }
}

/// What does not show, by path below the root: of a folder what is in it, else a file.
type Hidden<'a> = List<'a, (Text<'a>, bool)>;

/// An overlay of a tree, its changes in a folder of the holder.
fn overlay<'a>(
    holder: &Holder,
    name: &CStr,
    lower: &OwnedFd,
    hide: Hidden<'a>,
    flags: Flags,
) -> core::result::Result<OwnedFd, Failed<'a>> {
    // What is kept was made by an earlier launch, and its root may have been changed.
    make_folder(holder.as_fd(), name, 0o700)?;
    let folder = file::open_subfolder(holder.as_fd(), name)?;
    make_folder(folder.as_fd(), c"work", 0o755)?;
    let new = make_folder(folder.as_fd(), c"upper", 0o755)?;
    let top = file::open_subfolder(folder.as_fd(), c"upper")?;
    if new {
        file::set_owner_and_mode(top.as_fd(), &file::stat(lower.as_fd())?)?;
    }
    for (path, contents) in hide.iter() {
        hide_path(lower.as_fd(), top.as_fd(), path, contents).at(path)?;
    }
    make_folder(folder.as_fd(), c"lower", 0o755)?;
    let below = file::open_entry(folder.as_fd(), c"lower")?;
    mount::attach(lower.as_fd(), below.as_fd())?;
    file::change_folder(folder.as_fd())?;
    let options = [(c"lowerdir", c"lower"), (c"upperdir", c"upper"), (c"workdir", c"work")];
    Ok(mount::new_filesystem(c"overlay", &options, flags)?)
}

/// Makes a folder that may be there from an earlier launch: whether it was not.
fn make_folder(parent: BorrowedFd<'_>, name: &CStr, mode: u32) -> Result<bool> {
    match file::make_folder(parent, name, mode) {
        Err(error) if error.errno == Errno::EEXIST => Ok(false),
        result => result.map(|()| true),
    }
}

/// Prepares the upper layer so that a path of the lower one does not show. Folders on
/// the way get the lower ones' owner and mode, since theirs would hide those.
fn hide_path(lower: BorrowedFd<'_>, upper: BorrowedFd<'_>, path: &CStr, contents: bool) -> Result<()> {
    let mut below: Option<OwnedFd> = None;
    let mut above: Option<OwnedFd> = None;
    let mut components = path.to_bytes().split(|byte| *byte == b'/').filter(|c| !c.is_empty()).peekable();
    while let Some(component) = components.next() {
        let name = super::text::joined(&[component])?;
        let entry = match file::open_entry(below.as_ref().map_or(lower, AsFd::as_fd), name) {
            Err(error) if [Errno::ENOENT, Errno::ENOTDIR].contains(&error.errno) => return Ok(()),
            result => result?,
        };
        let stat = file::stat(entry.as_fd())?;
        let last = components.peek().is_none();
        let parent = above.as_ref().map_or(upper, AsFd::as_fd);
        if last && !contents {
            if stat.is_folder {
                return Ok(());
            }
            return match file::make_device(parent, name, 0, (0, 0)) {
                // Hidden by an earlier launch, or the container has one of its own by now.
                Err(error) if error.errno == Errno::EEXIST => Ok(()),
                result => result,
            };
        }
        if !stat.is_folder {
            // A symbolic link: its target is hidden under its own name.
            return Ok(());
        }
        let made = make_folder(parent, name, 0o755)?;
        let folder = match file::open_subfolder(parent, name) {
            // The container has taken it away, or put something else there.
            Err(error) if !made && [Errno::ENOTDIR, Errno::ELOOP].contains(&error.errno) => return Ok(()),
            result => result?,
        };
        if made {
            file::set_owner_and_mode(folder.as_fd(), &stat)?;
        }
        if last {
            file::make_opaque(folder.as_fd())?;
        }
        below = Some(entry);
        above = Some(folder);
    }
    Ok(())
}

impl<'a> Init<'a> {
    pub(super) fn mount_overlay(
        &mut self,
        lower: Slot,
        changes: Option<Slot>,
        size: &CStr,
        hide: Hidden<'a>,
    ) -> Done<'a> {
        let lower = self.take(lower, Call::MoveMount)?;
        let holder = match changes {
            Some(kept) => Holder::attached(self.take(kept, Call::MoveMount)?)?,
            None => Holder::in_memory(size)?,
        };
        let root = overlay(&holder, c"%", &lower, hide, Flags::NODEV)?;
        self.changes = Some(holder);
        self.set_root(root)
    }

    /// One more overlay: with a size it has a holder of its own, else it shares the root's.
    pub(super) fn overlay_folder(
        &mut self,
        lower: Slot,
        (target, name): (Text<'a>, Text<'a>),
        size: Option<Text<'a>>,
        hide: Hidden<'a>,
        flags: Flags,
    ) -> Done<'a> {
        let lower = self.take(lower, Call::MoveMount)?;
        let own = size.map(Holder::in_memory).transpose().at(target)?;
        let Some(holder) = own.as_ref().or(self.changes.as_ref()) else {
            return Err(Error::new(Call::MoveMount, Errno::EINVAL)).at(target);
        };
        let made = overlay(holder, name, &lower, hide, flags)
            .map_err(|failed| Failed { path: failed.path.or(Some(target)), ..failed })?;
        self.attach(made.as_fd(), target, true)?;
        if size.is_none() {
            self.layers.fill(self.layer_count, made);
            self.layer_count += 1;
        }
        Ok(())
    }

    /// Turns the root and the layers of the host's other file systems read-only.
    pub(super) fn protect_root(&self) -> Done<'a> {
        mount::set_flags(self.root()?, false, Flags::READ_ONLY)?;
        for layer in (0..self.layer_count).filter_map(|layer| self.layers.get(layer)) {
            mount::set_flags(layer, false, Flags::READ_ONLY)?;
        }
        Ok(())
    }
}
