//! Files, folders and descriptors.

use super::abi::{self, OpenHow};
use super::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use super::raw::call;
use super::{Call, Errno, Error, Result, check};
use core::ffi::CStr;

/// As that root's own processes see a path: symbolic links can't lead out (openat2(2),
/// RESOLVE_IN_ROOT). Magic links are refused by a flag of their own: that RESOLVE_IN_ROOT refuses
/// them too is a limit of today's kernels, which openat2(2) says not to count on.
const IN_ROOT: u32 = abi::RESOLVE_IN_ROOT | abi::RESOLVE_NO_MAGICLINKS;

/// Opens a path below `root` as that root's own processes would see it: neither symbolic nor
/// magic links can lead out. The descriptor is an O_PATH one.
pub fn open_in_root(root: BorrowedFd<'_>, path: &CStr) -> Result<OwnedFd> {
    open_how(root, path, abi::O_PATH, 0, IN_ROOT)
}

/// Like [`open_in_root`], for reading a regular file. Whatever else lies there can make
/// nobody wait: not a pipe without a writer, not a device.
///
/// # Errors
/// EINVAL of fstat(2), EISDIR for a folder: it is no regular file.
pub fn open_regular_in_root(root: BorrowedFd<'_>, path: &CStr) -> Result<OwnedFd> {
    let flags = abi::O_RDONLY | abi::O_NONBLOCK | abi::O_NOCTTY;
    regular(open_how(root, path, flags, 0, IN_ROOT)?)
}

/// Like [`open_regular_in_root`], of the host; not through any symbolic link.
pub fn open_regular(path: &CStr) -> Result<OwnedFd> {
    let flags = abi::O_RDONLY | abi::O_NONBLOCK | abi::O_NOCTTY;
    let root = open_path(c"/")?;
    regular(open_how(root.as_fd(), path, flags, 0, abi::RESOLVE_NO_SYMLINKS)?)
}

fn regular(file: OwnedFd) -> Result<OwnedFd> {
    let stat = stat(file.as_fd())?;
    match (stat.is_regular, stat.is_folder) {
        (true, _) => Ok(file),
        (false, true) => Err(Error::new(Call::Fstat, Errno::EISDIR)),
        (false, false) => Err(Error::new(Call::Fstat, Errno::EINVAL)),
    }
}

/// Like [`open_in_root`], for reading and writing a device or file.
pub fn open_in_root_rw(root: BorrowedFd<'_>, path: &CStr) -> Result<OwnedFd> {
    open_how(root, path, abi::O_RDWR | abi::O_NOCTTY, 0, IN_ROOT)
}

/// Opens a path below `folder` as O_PATH; nothing on the way, no link either, may lead
/// out of it (openat2(2), RESOLVE_BENEATH; EXDEV if something does).
pub fn open_beneath(folder: BorrowedFd<'_>, path: &CStr) -> Result<OwnedFd> {
    open_how(folder, path, abi::O_PATH, 0, abi::RESOLVE_BENEATH | abi::RESOLVE_NO_MAGICLINKS)
}

/// Like [`open_in_root`], for writing to a file of proc(5): EXDEV if the path leads to
/// a file of any other file system.
pub fn open_proc_in_root(root: BorrowedFd<'_>, path: &CStr) -> Result<OwnedFd> {
    // Not opened before it is known to be a file of proc: to open a pipe could wait.
    let found = open_how(root, path, abi::O_PATH, 0, IN_ROOT)?;
    if filesystem(found.as_fd())? != abi::PROC_SUPER_MAGIC {
        return Err(Error::new(Call::OpenInRoot, Errno::EXDEV));
    }
    open_how(root, path, abi::O_WRONLY | abi::O_NOCTTY, 0, IN_ROOT)
}

/// The magic number of a file's file system, statfs(2); an O_PATH descriptor will do.
pub fn filesystem(file: BorrowedFd<'_>) -> Result<u32> {
    let mut filesystem = abi::Statfs::default();
    // SAFETY: `filesystem` is ours to fill.
    check(Call::Fstatfs, unsafe { call!(FSTATFS, file, &raw mut filesystem) })?;
    // The kernel extends some of these numbers by a sign, all fit in 32 bits.
    Ok(filesystem.f_type as u32)
}

/// Makes an empty file `name` in the folder `parent`; it must not exist.
pub fn create_file(parent: BorrowedFd<'_>, name: &CStr) -> Result<OwnedFd> {
    let flags = abi::O_CREAT | abi::O_EXCL | abi::O_WRONLY | abi::O_NOFOLLOW;
    open_how(parent, name, flags, 0o644, 0)
}

/// Opens `path` of the host.
pub fn open_path(path: &CStr) -> Result<OwnedFd> {
    open_at(abi::AT_FDCWD, path, abi::O_PATH)
}

/// Opens the entry `name` of a folder as O_PATH, not following a symbolic link.
pub fn open_entry(folder: BorrowedFd<'_>, name: &CStr) -> Result<OwnedFd> {
    open_at(folder.as_raw_fd(), name, abi::O_PATH | abi::O_NOFOLLOW)
}

/// Opens a folder below another for reading, not following a symbolic link.
pub fn open_subfolder(parent: BorrowedFd<'_>, name: &CStr) -> Result<OwnedFd> {
    open_at(parent.as_raw_fd(), name, abi::O_RDONLY | abi::O_DIRECTORY | abi::O_NOFOLLOW)
}

/// Opens a path with these flags and close-on-exec. `folder` is a descriptor's number or
/// [`abi::AT_FDCWD`].
pub(crate) fn open_at(folder: i32, path: &CStr, flags: u32) -> Result<OwnedFd> {
    // SAFETY: `path` is a C string.
    let fd = check(Call::Open, unsafe { call!(OPENAT, folder, path, flags | abi::O_CLOEXEC) })?;
    // SAFETY: just opened, ours alone.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

/// openat2(2)
pub(crate) fn open_how(
    folder: BorrowedFd<'_>,
    path: &CStr,
    flags: u32,
    mode: u64,
    resolve: u32,
) -> Result<OwnedFd> {
    let how = OpenHow { flags: u64::from(flags | abi::O_CLOEXEC), mode, resolve: resolve.into() };
    loop {
        // SAFETY: `how` has the size that is given; the call keeps no pointer.
        let answer = unsafe { call!(OPENAT2, folder, path, &raw const how, size_of::<OpenHow>()) };
        match check(Call::OpenInRoot, answer) {
            // SAFETY: just opened, ours alone.
            Ok(fd) => return Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) }),
            // A rename somewhere on the system raced with `..`: openat2(2), EAGAIN.
            Err(error) if error.errno == Errno::EAGAIN => {}
            Err(error) => return Err(error),
        }
    }
}

/// mkdirat(2); the umask applies.
pub fn make_folder(parent: BorrowedFd<'_>, name: &CStr, mode: u32) -> Result<()> {
    // SAFETY: `name` is a C string.
    check(Call::Mkdir, unsafe { call!(MKDIRAT, parent, name, mode) })?;
    Ok(())
}

/// Removes a file or link of a folder, unlinkat(2).
pub fn remove_entry(parent: BorrowedFd<'_>, name: &CStr) -> Result<()> {
    // SAFETY: `name` is a C string.
    check(Call::Unlink, unsafe { call!(UNLINKAT, parent, name, 0) })?;
    Ok(())
}

/// A character device; `(0, 0)` is overlayfs' whiteout.
pub fn make_device(parent: BorrowedFd<'_>, name: &CStr, mode: u32, numbers: (u32, u32)) -> Result<()> {
    make_node(parent, name, abi::S_IFCHR | mode, numbers)
}

/// A block device.
pub fn make_block_device(parent: BorrowedFd<'_>, name: &CStr, mode: u32, numbers: (u32, u32)) -> Result<()> {
    make_node(parent, name, abi::S_IFBLK | mode, numbers)
}

fn make_node(parent: BorrowedFd<'_>, name: &CStr, mode: u32, (major, minor): (u32, u32)) -> Result<()> {
    // What the kernel takes has 32 bits: 12 of the major number, 20 of the minor one.
    let device = (minor & 0xff) | (major & 0xfff) << 8 | (minor & !0xff) << 12;
    // SAFETY: `name` is a C string.
    check(Call::Mknod, unsafe { call!(MKNODAT, parent, name, mode, device) })?;
    Ok(())
}

/// Major and minor number of a device, makedev(3).
pub fn device_numbers(device: u64) -> (u32, u32) {
    let major = (device >> 8 & 0xfff) | (device >> 32 & !0xfff);
    let minor = (device & 0xff) | (device >> 12 & 0xffff_ff00);
    (major as u32, minor as u32)
}

/// Sets owner and mode of an entry that is no link: fchownat(2), fchmodat(2). For what
/// must not be opened.
pub fn set_entry_owner_and_mode(
    parent: BorrowedFd<'_>,
    name: &CStr,
    (uid, gid): (u32, u32),
    mode: u32,
) -> Result<()> {
    // SAFETY: `name` is a C string.
    let owned = unsafe { call!(FCHOWNAT, parent, name, uid, gid, abi::AT_SYMLINK_NOFOLLOW) };
    check(Call::Fchown, owned)?;
    // SAFETY: as above.
    check(Call::Fchmod, unsafe { call!(FCHMODAT, parent, name, mode) })?;
    Ok(())
}

/// symlinkat(2)
pub fn make_link(parent: BorrowedFd<'_>, name: &CStr, says: &CStr) -> Result<()> {
    // SAFETY: both are C strings.
    check(Call::Symlink, unsafe { call!(SYMLINKAT, says, parent, name) })?;
    Ok(())
}

/// Marks a folder of an upper layer as opaque: what lies below it is hidden.
pub fn make_opaque(folder: BorrowedFd<'_>) -> Result<()> {
    // SAFETY: name and value are alive, and the length is the value's.
    check(Call::Setxattr, unsafe {
        call!(FSETXATTR, folder, c"trusted.overlay.opaque", b"y".as_ptr(), 1, 0)
    })?;
    Ok(())
}

/// What fstat(2) says, as far as it is asked for here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// Device and inode: two descriptors lead to one file if these are equal.
    pub identity: (u64, u64),
    /// Permission bits.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// A folder.
    pub is_folder: bool,
    /// A regular file.
    pub is_regular: bool,
    /// Bytes.
    pub size: u64,
    /// A character device's numbers.
    pub character_device: Option<(u32, u32)>,
    /// A character or block device.
    pub is_device: bool,
}

/// fstat(2)
pub fn stat(fd: BorrowedFd<'_>) -> Result<Stat> {
    let mut stat = abi::Stat::default();
    // SAFETY: `stat` is ours to fill.
    check(Call::Fstat, unsafe { call!(FSTAT, fd, &raw mut stat) })?;
    let kind = stat.st_mode & abi::S_IFMT;
    Ok(Stat {
        identity: (stat.st_dev, stat.st_ino),
        mode: stat.st_mode & 0o7777,
        uid: stat.st_uid,
        gid: stat.st_gid,
        is_folder: kind == abi::S_IFDIR,
        is_regular: kind == abi::S_IFREG,
        size: u64::try_from(stat.st_size).unwrap_or_default(),
        character_device: (kind == abi::S_IFCHR).then(|| device_numbers(stat.st_rdev)),
        is_device: kind == abi::S_IFCHR || kind == abi::S_IFBLK,
    })
}

/// Sets owner and mode of a folder that was opened for reading.
pub fn set_owner_and_mode(fd: BorrowedFd<'_>, stat: &Stat) -> Result<()> {
    set_mode_and_owner(fd, stat.mode, (stat.uid, stat.gid))
}

/// Sets owner, group and mode of a file that was opened for writing.
pub fn set_mode_and_owner(fd: BorrowedFd<'_>, mode: u32, (uid, gid): (u32, u32)) -> Result<()> {
    // SAFETY: plain integers.
    check(Call::Fchown, unsafe { call!(FCHOWN, fd, uid, gid) })?;
    // SAFETY: plain integers. Last, since a change of owner takes setuid bits away.
    check(Call::Fchmod, unsafe { call!(FCHMOD, fd, mode) })?;
    Ok(())
}

/// Gives a descriptor's file to a user; the group stays.
pub fn set_owner(fd: BorrowedFd<'_>, uid: u32) -> Result<()> {
    // SAFETY: plain integers; −1 leaves the group.
    check(Call::Fchown, unsafe { call!(FCHOWN, fd, uid, u32::MAX) })?;
    Ok(())
}

/// read(2)
pub fn read(fd: BorrowedFd<'_>, buffer: &mut [u8]) -> Result<usize> {
    // SAFETY: pointer and length are the slice's.
    check(Call::Read, unsafe { call!(READ, fd, buffer.as_mut_ptr(), buffer.len()) })
}

/// write(2)
pub fn write(fd: BorrowedFd<'_>, buffer: &[u8]) -> Result<usize> {
    // SAFETY: pointer and length are the slice's.
    check(Call::Write, unsafe { call!(WRITE, fd, buffer.as_ptr(), buffer.len()) })
}

/// Writes the whole text in one write(2), as cgroup files want it.
pub fn write_once(fd: BorrowedFd<'_>, text: &[u8]) -> Result<()> {
    let written = write(fd, text)?;
    if written == text.len() { Ok(()) } else { Err(Error::new(Call::Write, Errno::EIO)) }
}

/// fchdir(2); an O_PATH descriptor will do.
pub fn change_folder(folder: BorrowedFd<'_>) -> Result<()> {
    // SAFETY: a plain integer.
    check(Call::Chdir, unsafe { call!(FCHDIR, folder) })?;
    Ok(())
}

/// Whether a path leads to anything: tells a missing interpreter from a missing command.
pub fn exists(path: &CStr) -> bool {
    // SAFETY: a C string; mode 0 asks for nothing else (F_OK).
    unsafe { call!(FACCESSAT, abi::AT_FDCWD, path, 0) == 0 }
}

/// dup3(2) onto a standard descriptor; the copy survives an exec.
pub fn duplicate_onto(fd: BorrowedFd<'_>, number: i32) -> Result<()> {
    debug_assert!((0..=2).contains(&number) && fd.as_raw_fd() > 2);
    // SAFETY: only standard descriptors are replaced, which nobody owns.
    check(Call::Dup, unsafe { call!(DUP3, fd, number, 0) })?;
    Ok(())
}

/// Sets close-on-exec on every descriptor from 3.
pub fn close_on_exec_from_3() -> Result<()> {
    // SAFETY: plain integers; nothing is closed now.
    check(Call::CloseRange, unsafe { call!(CLOSE_RANGE, 3, u32::MAX, abi::CLOSE_RANGE_CLOEXEC) })?;
    Ok(())
}

/// Lets a descriptor survive the next exec.
pub fn keep_over_exec(fd: BorrowedFd<'_>) -> Result<()> {
    // SAFETY: plain integers.
    check(Call::Fcntl, unsafe { call!(FCNTL, fd, abi::F_SETFD, 0) })?;
    Ok(())
}

/// Closes every descriptor of this process, the standard ones too: the caller owns none
/// that it will use again.
pub fn close_everything() -> Result<()> {
    // SAFETY: plain integers; nothing here is used afterwards, as the caller promises.
    check(Call::CloseRange, unsafe { call!(CLOSE_RANGE, 0, u32::MAX, 0) })?;
    Ok(())
}

/// Takes over a descriptor by its number, as one that came through an exec.
///
/// Returns nothing if no such descriptor is open.
pub fn inherited(number: i32) -> Option<OwnedFd> {
    // SAFETY: F_SETFD on a number that is not open does nothing but fail. After it the
    // descriptor is known to be open, and its number came from the program before the
    // exec, so that nobody else in this one owns it.
    unsafe {
        (number > 2 && call!(FCNTL, number, abi::F_SETFD, abi::FD_CLOEXEC) == 0)
            .then(|| OwnedFd::from_raw_fd(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_numbers_are_the_c_librarys() {
        for numbers in [(1, 3), (8, 1 << 19), (0xfff, 0xf_ffff), (0, 255), (4095, 256)] {
            let device = libc::makedev(numbers.0, numbers.1);
            assert_eq!(device_numbers(device), numbers);
        }
        let null = open_path(c"/dev/null").unwrap();
        assert_eq!(stat(null.as_fd()).unwrap().character_device, Some((1, 3)));
    }
}
