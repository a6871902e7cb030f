//! The mount calls that work on descriptors: open_tree(2), move_mount(2),
//! mount_setattr(2), fsopen(2), fsconfig(2), fsmount(2), pivot_root(2).

use super::abi::{self, MountAttr};
use super::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use super::raw::call;
use super::{Call, Result, check};
use core::ffi::CStr;
use core::ptr::null;

/// Attributes of a mount, in the terms of mount_setattr(2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flags(pub u32);

#[allow(missing_docs)]
impl Flags {
    pub const NONE: Self = Self(0);
    pub const READ_ONLY: Self = Self(abi::MOUNT_ATTR_RDONLY);
    pub const NOSUID: Self = Self(abi::MOUNT_ATTR_NOSUID);
    pub const NODEV: Self = Self(abi::MOUNT_ATTR_NODEV);
    pub const NOEXEC: Self = Self(abi::MOUNT_ATTR_NOEXEC);
    pub const NODIRATIME: Self = Self(abi::MOUNT_ATTR_NODIRATIME);
    pub const NOSYMFOLLOW: Self = Self(abi::MOUNT_ATTR_NOSYMFOLLOW);
    pub const NOATIME: Self = Self(abi::MOUNT_ATTR_NOATIME);
    /// Zero, so that it only says something where [`Flags::ATIME`] is cleared.
    pub const RELATIME: Self = Self(abi::MOUNT_ATTR_RELATIME);
    pub const STRICTATIME: Self = Self(abi::MOUNT_ATTR_STRICTATIME);
    /// All bits of the way in which access times are kept.
    pub const ATIME: Self = Self(abi::MOUNT_ATTR__ATIME);

    /// Both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// `self` but for the others.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// `self` if `condition`, else none.
    #[must_use]
    pub const fn when(self, condition: bool) -> Self {
        if condition { self } else { Self::NONE }
    }
}

fn owned(call: Call, answer: isize) -> Result<OwnedFd> {
    let fd = check(call, answer)?;
    // SAFETY: the kernel has just made this descriptor, and it is ours alone.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

/// Clones the mount at `path` (below `folder`, or the descriptor itself if `path` is
/// empty) as a detached one.
pub fn open_tree(folder: Option<BorrowedFd<'_>>, path: &CStr, recursive: bool) -> Result<OwnedFd> {
    let folder = folder.map_or(abi::AT_FDCWD, |fd| fd.as_raw_fd());
    let flags = abi::OPEN_TREE_CLONE
        | abi::OPEN_TREE_CLOEXEC
        | if recursive { abi::AT_RECURSIVE } else { 0 }
        | if path.is_empty() { abi::AT_EMPTY_PATH } else { 0 };
    // SAFETY: `path` is a C string; the call keeps no pointer.
    owned(Call::OpenTree, unsafe { call!(OPEN_TREE, folder, path, flags) })
}

/// The mount of a file or folder as one more, detached.
pub fn clone_of(mount: BorrowedFd<'_>, recursive: bool) -> Result<OwnedFd> {
    open_tree(Some(mount), c"", recursive)
}

fn setattr(mount: BorrowedFd<'_>, recursive: bool, set: Flags, clear: Flags, propagation: u32) -> Result<()> {
    let attr = MountAttr {
        attr_set: set.0.into(),
        attr_clr: clear.0.into(),
        propagation: propagation.into(),
        userns_fd: 0,
    };
    set_attributes(Call::MountSetattr, mount, recursive, &attr)
}

fn set_attributes(call: Call, mount: BorrowedFd<'_>, recursive: bool, attr: &MountAttr) -> Result<()> {
    let flags = abi::AT_EMPTY_PATH | if recursive { abi::AT_RECURSIVE } else { 0 };
    let attr: *const MountAttr = attr;
    // SAFETY: `attr` has the size that is given; the call keeps no pointer.
    check(call, unsafe { call!(MOUNT_SETATTR, mount, c"", flags, attr, size_of::<MountAttr>()) })?;
    Ok(())
}

/// Maps the owners of files in a mount, or in all mounts of a tree, as a user namespace
/// does.
pub fn set_idmap(mount: BorrowedFd<'_>, recursive: bool, namespace: BorrowedFd<'_>) -> Result<()> {
    let attr = MountAttr {
        attr_set: abi::MOUNT_ATTR_IDMAP.into(),
        userns_fd: namespace.as_raw_fd() as u64,
        ..MountAttr::default()
    };
    set_attributes(Call::MountIdmap, mount, recursive, &attr)
}

/// Adds attributes to a mount, or to all mounts of a tree.
pub fn set_flags(mount: BorrowedFd<'_>, recursive: bool, flags: Flags) -> Result<()> {
    setattr(mount, recursive, flags, Flags::NONE, 0)
}

/// Adds attributes to a mount, or to all mounts of a tree, and takes others away.
pub fn change_flags(mount: BorrowedFd<'_>, recursive: bool, add: Flags, clear: Flags) -> Result<()> {
    setattr(mount, recursive, add, clear, 0)
}

/// Makes a tree a slave: the host's new mounts in it arrive, nothing goes back.
pub fn set_slave(mount: BorrowedFd<'_>, recursive: bool) -> Result<()> {
    setattr(mount, recursive, Flags::NONE, Flags::NONE, abi::MS_SLAVE)
}

/// Makes a tree shared: mounts in it show in the namespaces that are made from this one.
pub fn set_shared(mount: BorrowedFd<'_>) -> Result<()> {
    setattr(mount, true, Flags::NONE, Flags::NONE, abi::MS_SHARED)
}

/// Makes a mount private, and refuses that it is bound again.
pub fn set_unbindable(mount: BorrowedFd<'_>) -> Result<()> {
    setattr(mount, false, Flags::NONE, Flags::NONE, abi::MS_UNBINDABLE)
}

/// Makes a tree private: no event crosses its border in either direction. A clone of
/// a shared mount would otherwise stay in its peer group, and what init mounts in it
/// would show on the host. `flags` are set in the same call.
pub fn set_private(mount: BorrowedFd<'_>, recursive: bool, flags: Flags) -> Result<()> {
    setattr(mount, recursive, flags, Flags::NONE, abi::MS_PRIVATE)
}

/// Makes every mount of this namespace a slave: the host's new mounts still arrive,
/// nothing goes back.
pub fn make_all_slave() -> Result<()> {
    let attr = MountAttr { propagation: abi::MS_SLAVE.into(), ..MountAttr::default() };
    // SAFETY: as in `set_attributes`.
    check(Call::MountSetattr, unsafe {
        call!(MOUNT_SETATTR, abi::AT_FDCWD, c"/", abi::AT_RECURSIVE, &raw const attr, size_of::<MountAttr>())
    })?;
    Ok(())
}

/// Attaches a detached mount on the file or folder behind `target`.
pub fn attach(mount: BorrowedFd<'_>, target: BorrowedFd<'_>) -> Result<()> {
    move_mount(mount, target.as_raw_fd(), c"", abi::MOVE_MOUNT_T_EMPTY_PATH)
}

/// Attaches a detached mount on top of this process's `/`, which needs no folder.
pub fn attach_on_root(mount: BorrowedFd<'_>) -> Result<()> {
    move_mount(mount, abi::AT_FDCWD, c"/", 0)
}

/// Attaches a detached mount on this process's /proc, which every host has and init
/// does not look at any more. Not on `/`: what is stacked there when the old root is
/// detached after pivot_root(2) would be detached in its place.
pub fn attach_aside(mount: BorrowedFd<'_>) -> Result<()> {
    move_mount(mount, abi::AT_FDCWD, c"/proc", 0)
}

fn move_mount(mount: BorrowedFd<'_>, target: i32, path: &CStr, flags: u32) -> Result<()> {
    let flags = abi::MOVE_MOUNT_F_EMPTY_PATH | flags;
    // SAFETY: the paths are C strings; the call keeps no pointer.
    check(Call::MoveMount, unsafe { call!(MOVE_MOUNT, mount, c"", target, path, flags) })?;
    Ok(())
}

/// A new instance of a file system that is being made, fsopen(2). It is called like its type:
/// that is what `mount` and `df` show in their first column.
#[derive(Debug)]
pub struct Filesystem(OwnedFd);

impl Filesystem {
    /// Begins to make one of this type.
    pub fn open(name: &CStr) -> Result<Self> {
        // SAFETY: `name` is a C string; the call keeps no pointer.
        let context = owned(Call::Fsopen, unsafe { call!(FSOPEN, name, abi::FSOPEN_CLOEXEC) })?;
        let new = Self(context);
        new.set(c"source", name)?;
        Ok(new)
    }

    /// Gives it an option with a value.
    pub fn set(&self, key: &CStr, value: &CStr) -> Result<()> {
        // SAFETY: both are C strings; the call keeps no pointer.
        check(Call::Fsconfig, unsafe {
            call!(FSCONFIG, self.0.as_fd(), abi::FSCONFIG_SET_STRING, key, value)
        })?;
        Ok(())
    }

    /// Gives it an option that has none.
    pub fn set_flag(&self, key: &CStr) -> Result<()> {
        // SAFETY: a C string; a flag has no value.
        check(Call::Fsconfig, unsafe {
            call!(FSCONFIG, self.0.as_fd(), abi::FSCONFIG_SET_FLAG, key, null::<u8>())
        })?;
        Ok(())
    }

    /// Makes it: a detached mount.
    pub fn mount(self, flags: Flags) -> Result<OwnedFd> {
        let context = self.0.as_fd();
        // SAFETY: this command has neither key nor value.
        check(Call::Fsconfig, unsafe {
            call!(FSCONFIG, context, abi::FSCONFIG_CMD_CREATE, null::<u8>(), null::<u8>())
        })?;
        // SAFETY: plain integers.
        owned(Call::Fsmount, unsafe { call!(FSMOUNT, context, abi::FSMOUNT_CLOEXEC, flags.0) })
    }
}

/// Makes a detached mount of a new file system instance with these options.
pub fn new_filesystem(name: &CStr, options: &[(&CStr, &CStr)], flags: Flags) -> Result<OwnedFd> {
    let new = Filesystem::open(name)?;
    for (key, value) in options {
        new.set(key, value)?;
    }
    new.mount(flags)
}

/// Makes the current folder the root and detaches the old one.
pub fn pivot_here() -> Result<()> {
    // SAFETY: C strings; the calls keep no pointer.
    check(Call::PivotRoot, unsafe { call!(PIVOT_ROOT, c".", c".") })?;
    // SAFETY: as above.
    check(Call::Umount, unsafe { call!(UMOUNT2, c".", abi::MNT_DETACH) })?;
    super::process::change_to_root()
}
