//! Single mounts: file systems, files in memory, trees of the host's, hierarchies of cgroups.

use super::orders::{List, Owner, Slot, Text};
use super::overlay::Holder;
use super::{At, Done, Failed, Init};
use crate::sys::bare::fd::{AsFd, BorrowedFd, OwnedFd};
use crate::sys::bare::mount::{self, Filesystem, Flags};
use crate::sys::bare::{Call, Result, file};
use core::ffi::CStr;

/// A hierarchy's path, its name below the folder of all, and its controllers.
type Hierarchy<'a> = (Text<'a>, Text<'a>, List<'a, Text<'a>>);

/// A tmpfs that root owns, of so many bytes.
pub(super) fn tmpfs(size: &CStr, flags: Flags) -> Result<OwnedFd> {
    mount::new_filesystem(c"tmpfs", &[(c"mode", c"755"), (c"size", size)], flags)
}

impl<'a> Init<'a> {
    pub(super) fn mount_filesystem(
        &mut self,
        filesystem: Text<'a>,
        target: Text<'a>,
        options: List<'a, (Text<'a>, Text<'a>)>,
        flags: Flags,
    ) -> core::result::Result<OwnedFd, Failed<'a>> {
        let new = Filesystem::open(filesystem).at(target)?;
        for (key, value) in options.iter() {
            new.set(key, value).at(target)?;
        }
        let mount = new.mount(flags).at(target)?;
        self.attach(mount.as_fd(), target, true)?;
        Ok(mount)
    }

    /// The file lies in a tmpfs of its own that nothing else reaches.
    pub(super) fn mount_file(
        &self,
        target: Text<'a>,
        content: &[u8],
        size: &CStr,
        (mode, owner): (u32, Owner),
        (flags, clear): (Flags, Flags),
    ) -> Done<'a> {
        let holder = Holder::in_memory(size).at(target)?;
        let made = file::create_file(holder.as_fd(), c"file").at(target)?;
        if !content.is_empty() {
            file::write_once(made.as_fd(), content).at(target)?;
        }
        file::set_mode_and_owner(made.as_fd(), mode, owner).at(target)?;
        drop(made);
        let tree = holder.clone_entry(c"file").at(target)?;
        mount::change_flags(tree.as_fd(), false, flags, clear).at(target)?;
        self.attach(tree.as_fd(), target, true)
    }

    /// Mounts the hierarchies that the container has a group in. In a cgroup namespace the
    /// root of such a mount is that group. One that is called "" is the target itself.
    pub(super) fn mount_cgroups(
        &self,
        target: Text<'a>,
        hierarchies: List<'a, Hierarchy<'a>>,
        flags: Flags,
    ) -> Done<'a> {
        let new = |controllers: List<'a, Text<'a>>| {
            let new = Filesystem::open(if controllers.is_empty() { c"cgroup2" } else { c"cgroup" })?;
            for controller in controllers.iter() {
                new.set_flag(controller)?;
            }
            new.mount(flags)
        };
        if let Some((_, _, controllers)) = hierarchies.iter().find(|(_, name, _)| name.is_empty()) {
            return self.attach(new(controllers).at(target)?.as_fd(), target, true);
        }
        let folder = tmpfs(c"4096", flags.without(Flags::READ_ONLY)).at(target)?;
        for (_, name, _) in hierarchies.iter() {
            file::make_folder(folder.as_fd(), name, 0o755).at(target)?;
        }
        mount::set_flags(folder.as_fd(), false, flags).at(target)?;
        self.attach(folder.as_fd(), target, true)?;
        for (path, _, controllers) in hierarchies.iter() {
            self.attach(new(controllers).at(path)?.as_fd(), path, false)?;
        }
        Ok(())
    }

    pub(super) fn mount_tree(&mut self, tree: Slot, flags: Flags) -> Done<'a> {
        let tree = self.take(tree, Call::MoveMount)?;
        mount::set_flags(tree.as_fd(), true, flags)?;
        self.set_root(tree)
    }

    pub(super) fn set_root(&mut self, root: OwnedFd) -> Done<'a> {
        mount::attach_on_root(root.as_fd())?;
        self.root = Some(root);
        Ok(())
    }

    /// Nothing is mounted: the root is that of the mount namespace, which others have made. What
    /// is written to proc goes to one that nobody else reaches.
    pub(super) fn take_root(&mut self) -> Done<'a> {
        const PROC: Text<'static> = c"/proc";
        let flags = Flags::NOSUID.and(Flags::NODEV).and(Flags::NOEXEC);
        self.bases.add(PROC, mount::new_filesystem(c"proc", &[], flags).at(PROC)?);
        self.root = Some(file::open_path(c"/")?);
        Ok(())
    }

    pub(super) fn attach_tree(
        &mut self,
        tree: BorrowedFd<'_>,
        target: Text<'a>,
        recursive: bool,
        (flags, clear): (Flags, Flags),
        (make_target, unbindable): (bool, bool),
    ) -> Done<'a> {
        mount::change_flags(tree, recursive, flags, clear).at(target)?;
        if unbindable {
            mount::set_unbindable(tree).at(target)?;
        }
        self.attach(tree, target, make_target)
    }
}
