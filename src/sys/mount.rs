//! The mount calls that work on descriptors: open_tree(2), move_mount(2),
//! mount_setattr(2), fsopen(2), fsconfig(2), fsmount(2), pivot_root(2).

use super::call::check;
use super::{Call, Result};
use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// Attributes of a mount, in the terms of mount_setattr(2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flags(u64);

#[allow(missing_docs)]
impl Flags {
    pub const NONE: Self = Self(0);
    pub const READ_ONLY: Self = Self(libc::MOUNT_ATTR_RDONLY);
    pub const NOSUID: Self = Self(libc::MOUNT_ATTR_NOSUID);
    pub const NODEV: Self = Self(libc::MOUNT_ATTR_NODEV);
    pub const NOEXEC: Self = Self(libc::MOUNT_ATTR_NOEXEC);
    pub const NODIRATIME: Self = Self(libc::MOUNT_ATTR_NODIRATIME);
    pub const NOSYMFOLLOW: Self = Self(libc::MOUNT_ATTR_NOSYMFOLLOW);
    pub const NOATIME: Self = Self(libc::MOUNT_ATTR_NOATIME);
    /// Zero, so that it only says something where [`Flags::ATIME`] is cleared.
    pub const RELATIME: Self = Self(libc::MOUNT_ATTR_RELATIME);
    pub const STRICTATIME: Self = Self(libc::MOUNT_ATTR_STRICTATIME);
    /// All bits of the way in which access times are kept.
    pub const ATIME: Self = Self(libc::MOUNT_ATTR__ATIME);

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

fn owned(call: Call, result: libc::c_long) -> Result<OwnedFd> {
    let fd = check(call, result)?;
    // SAFETY: the kernel has just made this descriptor, and it is ours alone.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

fn at(folder: Option<BorrowedFd<'_>>) -> i32 {
    folder.map_or(libc::AT_FDCWD, |fd| fd.as_raw_fd())
}

/// Clones the mount at `path` (below `folder`, or the descriptor itself if `path` is
/// empty) as a detached one.
pub fn open_tree(folder: Option<BorrowedFd<'_>>, path: &CStr, recursive: bool) -> Result<OwnedFd> {
    let flags = libc::OPEN_TREE_CLONE
        | libc::OPEN_TREE_CLOEXEC
        | if recursive { libc::AT_RECURSIVE.cast_unsigned() } else { 0 }
        | if path.is_empty() { libc::AT_EMPTY_PATH.cast_unsigned() } else { 0 };
    // SAFETY: `path` is a C string; the call keeps no pointer.
    owned(Call::OpenTree, unsafe { libc::syscall(libc::SYS_open_tree, at(folder), path.as_ptr(), flags) })
}

fn setattr(mount: BorrowedFd<'_>, recursive: bool, set: u64, clear: u64, propagation: u64) -> Result<()> {
    let attr = libc::mount_attr { attr_set: set, attr_clr: clear, propagation, userns_fd: 0 };
    set_attributes(Call::MountSetattr, mount, recursive, attr)
}

fn set_attributes(call: Call, mount: BorrowedFd<'_>, recursive: bool, attr: libc::mount_attr) -> Result<()> {
    let flags = libc::AT_EMPTY_PATH | if recursive { libc::AT_RECURSIVE } else { 0 };
    // SAFETY: `attr` has the size that is given; the call keeps no pointer.
    check(call, unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount.as_raw_fd(),
            c"".as_ptr(),
            flags,
            &raw const attr,
            size_of::<libc::mount_attr>(),
        )
    })?;
    Ok(())
}

/// Maps the owners of files in a mount, or in all mounts of a tree, as a user namespace
/// does.
pub fn set_idmap(mount: BorrowedFd<'_>, recursive: bool, namespace: BorrowedFd<'_>) -> Result<()> {
    let attr = libc::mount_attr {
        attr_set: libc::MOUNT_ATTR_IDMAP,
        attr_clr: 0,
        propagation: 0,
        userns_fd: namespace.as_raw_fd() as u64,
    };
    set_attributes(Call::MountIdmap, mount, recursive, attr)
}

/// Adds attributes to a mount, or to all mounts of a tree.
pub fn set_flags(mount: BorrowedFd<'_>, recursive: bool, flags: Flags) -> Result<()> {
    setattr(mount, recursive, flags.0, 0, 0)
}

/// Adds attributes to a mount, or to all mounts of a tree, and takes others away.
pub fn change_flags(mount: BorrowedFd<'_>, recursive: bool, add: Flags, clear: Flags) -> Result<()> {
    setattr(mount, recursive, add.0, clear.0, 0)
}

/// Makes a tree a slave: the host's new mounts in it arrive, nothing goes back.
pub fn set_slave(mount: BorrowedFd<'_>, recursive: bool) -> Result<()> {
    setattr(mount, recursive, 0, 0, libc::MS_SLAVE)
}

/// Makes a tree shared: mounts in it show in the namespaces that are made from this one.
pub fn set_shared(mount: BorrowedFd<'_>) -> Result<()> {
    setattr(mount, true, 0, 0, libc::MS_SHARED)
}

/// Makes a mount private, and refuses that it is bound again.
pub fn set_unbindable(mount: BorrowedFd<'_>) -> Result<()> {
    setattr(mount, false, 0, 0, libc::MS_UNBINDABLE)
}

/// Makes a tree private: no event crosses its border in either direction. A clone of
/// a shared mount would otherwise stay in its peer group, and what init mounts in it
/// would show on the host. `flags` are set in the same call.
pub fn set_private(mount: BorrowedFd<'_>, recursive: bool, flags: Flags) -> Result<()> {
    setattr(mount, recursive, flags.0, 0, libc::MS_PRIVATE)
}

/// Makes every mount of this namespace a slave: the host's new mounts still arrive,
/// nothing goes back.
pub fn make_all_slave() -> Result<()> {
    let attr = libc::mount_attr { attr_set: 0, attr_clr: 0, propagation: libc::MS_SLAVE, userns_fd: 0 };
    // SAFETY: as in `setattr`.
    check(Call::MountSetattr, unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            c"/".as_ptr(),
            libc::AT_RECURSIVE,
            &raw const attr,
            size_of::<libc::mount_attr>(),
        )
    })?;
    Ok(())
}

/// Attaches a detached mount on the file or folder behind `target`.
pub fn attach(mount: BorrowedFd<'_>, target: BorrowedFd<'_>) -> Result<()> {
    move_mount(mount, target.as_raw_fd(), c"", libc::MOVE_MOUNT_T_EMPTY_PATH)
}

/// Attaches a detached mount on top of this process's `/`, which needs no folder.
pub fn attach_on_root(mount: BorrowedFd<'_>) -> Result<()> {
    move_mount(mount, libc::AT_FDCWD, c"/", 0)
}

/// Attaches a detached mount on this process's /proc, which every host has and init
/// does not look at any more. Not on `/`: what is stacked there when the old root is
/// detached after pivot_root(2) would be detached in its place.
pub fn attach_aside(mount: BorrowedFd<'_>) -> Result<()> {
    move_mount(mount, libc::AT_FDCWD, c"/proc", 0)
}

/// The same for the mount of a file.
///
/// # Errors
/// As [`attach`].
pub fn attach_file_aside(mount: BorrowedFd<'_>) -> Result<()> {
    move_mount(mount, libc::AT_FDCWD, c"/proc/version", 0)
}

fn move_mount(mount: BorrowedFd<'_>, target: i32, path: &CStr, flags: libc::c_uint) -> Result<()> {
    // SAFETY: the paths are C strings; the call keeps no pointer.
    check(Call::MoveMount, unsafe {
        libc::syscall(
            libc::SYS_move_mount,
            mount.as_raw_fd(),
            c"".as_ptr(),
            target,
            path.as_ptr(),
            libc::MOVE_MOUNT_F_EMPTY_PATH | flags,
        )
    })?;
    Ok(())
}

/// Makes a detached mount of a new file system instance with these options.
pub fn new_filesystem(name: &CStr, options: &[(&CStr, &CStr)], flags: Flags) -> Result<OwnedFd> {
    let context = open_filesystem(name)?;
    for (key, value) in options {
        config(context.as_fd(), FSCONFIG_SET_STRING, Some((key, value)))?;
    }
    mount_filesystem(context.as_fd(), flags)
}

/// A new instance of a file system, which is called like its type: that is what `mount` and
/// `df` show in their first column.
fn open_filesystem(name: &CStr) -> Result<OwnedFd> {
    // SAFETY: `name` is a C string; the call keeps no pointer.
    let context =
        owned(Call::Fsopen, unsafe { libc::syscall(libc::SYS_fsopen, name.as_ptr(), libc::FSOPEN_CLOEXEC) })?;
    config(context.as_fd(), FSCONFIG_SET_STRING, Some((c"source", name)))?;
    Ok(context)
}

fn mount_filesystem(context: BorrowedFd<'_>, flags: Flags) -> Result<OwnedFd> {
    config(context, FSCONFIG_CMD_CREATE, None)?;
    // SAFETY: plain integers.
    owned(Call::Fsmount, unsafe {
        libc::syscall(libc::SYS_fsmount, context.as_raw_fd(), libc::FSMOUNT_CLOEXEC, flags.0)
    })
}

/// Makes a detached mount of a cgroup hierarchy, of v1 with these controllers, or else of
/// cgroup2. Its root is that of the cgroup namespace.
pub fn new_cgroup(controllers: &[CString], flags: Flags) -> Result<OwnedFd> {
    let name = if controllers.is_empty() { c"cgroup2" } else { c"cgroup" };
    let context = open_filesystem(name)?;
    for controller in controllers {
        // SAFETY: a C string; a flag has no value.
        check(Call::Fsconfig, unsafe {
            libc::syscall(
                libc::SYS_fsconfig,
                context.as_raw_fd(),
                FSCONFIG_SET_FLAG,
                controller.as_ptr(),
                std::ptr::null::<libc::c_char>(),
                0,
            )
        })?;
    }
    mount_filesystem(context.as_fd(), flags)
}

// enum fsconfig_command of linux/mount.h; libc lacks it on musl.
const FSCONFIG_SET_FLAG: libc::c_uint = 0;
const FSCONFIG_SET_STRING: libc::c_uint = 1;
const FSCONFIG_CMD_CREATE: libc::c_uint = 6;

fn config(context: BorrowedFd<'_>, command: libc::c_uint, option: Option<(&CStr, &CStr)>) -> Result<()> {
    let (key, value) = option.map_or((std::ptr::null(), std::ptr::null()), |(k, v)| (k.as_ptr(), v.as_ptr()));
    // SAFETY: both are C strings or null, as the command expects; the call keeps no pointer.
    check(Call::Fsconfig, unsafe {
        libc::syscall(libc::SYS_fsconfig, context.as_raw_fd(), command, key, value, 0)
    })?;
    Ok(())
}

/// Makes the current folder the root and detaches the old one.
pub fn pivot_here() -> Result<()> {
    // SAFETY: C strings; the calls keep no pointer.
    check(Call::PivotRoot, unsafe { libc::syscall(libc::SYS_pivot_root, c".".as_ptr(), c".".as_ptr()) })?;
    // SAFETY: as above.
    check(Call::Umount, unsafe { libc::umount2(c".".as_ptr(), libc::MNT_DETACH) })?;
    // SAFETY: as above.
    check(Call::Chdir, unsafe { libc::chdir(c"/".as_ptr()) })?;
    Ok(())
}
