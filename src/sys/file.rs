//! Files, folders and descriptors.

use super::call::check;
use super::{Call, Errno, Error, Result};
use std::ffi::CStr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// Opens a path below `root` as that root's own processes would see it: symbolic
/// links can't lead out (openat2(2), RESOLVE_IN_ROOT). Magic links are refused by a flag
/// of their own: that RESOLVE_IN_ROOT refuses them too is a limit of today's kernels, which
/// openat2(2) says not to count on.
/// The descriptor is an O_PATH one.
pub fn open_in_root(root: BorrowedFd<'_>, path: &CStr) -> Result<OwnedFd> {
    open_how(root, path, libc::O_PATH, 0, libc::RESOLVE_IN_ROOT | libc::RESOLVE_NO_MAGICLINKS)
}

/// Like [`open_in_root`], for reading a regular file. Whatever else lies there can make
/// nobody wait: not a pipe without a writer, not a device.
///
/// # Errors
/// EINVAL of fstat(2), EISDIR for a folder: it is no regular file.
pub fn open_regular_in_root(root: BorrowedFd<'_>, path: &CStr) -> Result<OwnedFd> {
    let flags = libc::O_RDONLY | libc::O_NONBLOCK | libc::O_NOCTTY;
    regular(open_how(root, path, flags, 0, libc::RESOLVE_IN_ROOT | libc::RESOLVE_NO_MAGICLINKS)?)
}

/// Like [`open_regular_in_root`], of the host; not through any symbolic link.
pub fn open_regular(path: &CStr) -> Result<OwnedFd> {
    let flags = libc::O_RDONLY | libc::O_NONBLOCK | libc::O_NOCTTY;
    let root = open_path(c"/")?;
    regular(open_how(root.as_fd(), path, flags, 0, libc::RESOLVE_NO_SYMLINKS)?)
}

fn regular(file: OwnedFd) -> Result<OwnedFd> {
    let stat = stat(file.as_fd())?;
    match (stat.is_regular, stat.is_folder) {
        (true, _) => Ok(file),
        (false, true) => Err(Error::new(Call::Fstat, Errno::EISDIR)),
        (false, false) => Err(Error::new(Call::Fstat, Errno::EINVAL)),
    }
}

/// Reads a file to its end.
///
/// # Errors
/// EFBIG if there are more than `most` bytes.
pub fn read_all(file: BorrowedFd<'_>, most: u64) -> Result<Vec<u8>> {
    let too_large = Error::new(Call::Read, Errno::EFBIG);
    if stat(file)?.size > most {
        return Err(too_large);
    }
    let mut bytes = Vec::new();
    let mut chunk = [0; 16 * 1024];
    loop {
        match read(file, &mut chunk) {
            Ok(0) => return Ok(bytes),
            // A file may grow, or lie about its size.
            Ok(length) if (bytes.len() + length) as u64 > most => return Err(too_large),
            Ok(length) => bytes.extend_from_slice(&chunk[..length]),
            Err(error) if error.errno == Errno::EINTR => {}
            Err(error) => return Err(error),
        }
    }
}

/// Whether programs on the mount that holds this file can't be executed.
pub fn is_noexec(file: BorrowedFd<'_>) -> Result<bool> {
    // SAFETY: `statvfs` is plain integers, for which zero is valid.
    let mut filesystem: libc::statvfs = unsafe { std::mem::zeroed() };
    // SAFETY: `filesystem` is ours to fill.
    check(Call::Fstatvfs, unsafe { libc::fstatvfs(file.as_raw_fd(), &raw mut filesystem) })?;
    Ok(filesystem.f_flag & libc::ST_NOEXEC != 0)
}

/// Like [`open_in_root`], for reading and writing a device or file.
pub fn open_in_root_rw(root: BorrowedFd<'_>, path: &CStr) -> Result<OwnedFd> {
    open_how(
        root,
        path,
        libc::O_RDWR | libc::O_NOCTTY,
        0,
        libc::RESOLVE_IN_ROOT | libc::RESOLVE_NO_MAGICLINKS,
    )
}

/// What the kernel has logged and still has, a line a record, kmsg(4); EPERM for whoever
/// may not read it.
pub fn read_kernel_log() -> Result<Vec<u8>> {
    let flags = libc::O_RDONLY | libc::O_NONBLOCK | libc::O_NOCTTY;
    let root = open_path(c"/")?;
    let log = open_how(root.as_fd(), c"/dev/kmsg", flags, 0, 0)?;
    let mut records = Vec::new();
    // The kernel's longest record.
    let mut record = vec![0; 8192];
    loop {
        match read(log.as_fd(), &mut record) {
            Ok(0) => return Ok(records),
            Ok(length) => records.extend_from_slice(&record[..length]),
            // Overwritten meanwhile: the next one is read.
            Err(error) if error.errno == Errno::EPIPE => {}
            Err(error) if error.errno == Errno::EAGAIN => return Ok(records),
            Err(error) => return Err(error),
        }
    }
}

/// Opens a path below `folder` as O_PATH; nothing on the way, no link either, may lead
/// out of it (openat2(2), RESOLVE_BENEATH; EXDEV if something does).
pub fn open_beneath(folder: BorrowedFd<'_>, path: &CStr) -> Result<OwnedFd> {
    open_how(folder, path, libc::O_PATH, 0, libc::RESOLVE_BENEATH | libc::RESOLVE_NO_MAGICLINKS)
}

/// Like [`open_in_root`], for writing to a file of proc(5): EXDEV if the path leads to
/// a file of any other file system.
pub fn open_proc_in_root(root: BorrowedFd<'_>, path: &CStr) -> Result<OwnedFd> {
    let resolve = libc::RESOLVE_IN_ROOT | libc::RESOLVE_NO_MAGICLINKS;
    // Not opened before it is known to be a file of proc: to open a pipe could wait.
    let found = open_how(root, path, libc::O_PATH, 0, resolve)?;
    // SAFETY: `statfs` is plain integers, for which zero is valid.
    let mut filesystem: libc::statfs = unsafe { std::mem::zeroed() };
    // SAFETY: `filesystem` is ours to fill.
    check(Call::Fstatfs, unsafe { libc::fstatfs(found.as_raw_fd(), &raw mut filesystem) })?;
    // The type of f_type differs between C libraries, the magic numbers fit in 32 bits.
    if filesystem.f_type as u32 != PROC_SUPER_MAGIC {
        return Err(Error::new(Call::OpenInRoot, Errno::EXDEV));
    }
    open_how(root, path, libc::O_WRONLY | libc::O_NOCTTY, 0, resolve)
}

/// How full a file system is, statfs(2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Bytes in all.
    pub size: u64,
    /// Bytes that are left for users without privileges.
    pub free: u64,
    /// There can't be one more file.
    pub no_files: bool,
}

/// How full the file system of a file is; an O_PATH descriptor will do.
pub fn room(file: BorrowedFd<'_>) -> Result<Room> {
    // SAFETY: `statfs` is plain integers, for which zero is valid.
    let mut filesystem: libc::statfs = unsafe { std::mem::zeroed() };
    // SAFETY: `filesystem` is ours to fill.
    check(Call::Fstatfs, unsafe { libc::fstatfs(file.as_raw_fd(), &raw mut filesystem) })?;
    let block = filesystem.f_bsize as u64;
    Ok(Room {
        size: filesystem.f_blocks.saturating_mul(block),
        free: filesystem.f_bavail.saturating_mul(block),
        // Some file systems make them as they are needed, and count none.
        no_files: filesystem.f_files > 0 && filesystem.f_ffree == 0,
    })
}

// statfs(2), linux/magic.h
const PROC_SUPER_MAGIC: u32 = 0x9fa0;

/// Makes an empty file `name` in the folder `parent`; it must not exist.
pub fn create_file(parent: BorrowedFd<'_>, name: &CStr) -> Result<OwnedFd> {
    let flags = libc::O_CREAT | libc::O_EXCL | libc::O_WRONLY | libc::O_NOFOLLOW;
    open_how(parent, name, flags, 0o644, 0)
}

/// Opens `path` of the host.
pub fn open_path(path: &CStr) -> Result<OwnedFd> {
    open_at(None, path, libc::O_PATH)
}

/// Opens a folder of the host for reading, so that it can be locked.
pub fn open_folder(path: &CStr) -> Result<OwnedFd> {
    open_at(None, path, libc::O_RDONLY | libc::O_DIRECTORY | libc::O_NOFOLLOW)
}

/// Makes a record, for this user only, and opens it for writing; it must not exist.
pub fn open_record(path: &CStr) -> Result<OwnedFd> {
    let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_EXCL | libc::O_CLOEXEC;
    // SAFETY: `path` is a C string.
    let fd = check(Call::Open, unsafe { libc::open(path.as_ptr(), flags, 0o600) })?;
    // SAFETY: just opened, ours alone.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

/// Opens a record for reading and for its lock, not following a symbolic link.
pub fn open_read_write(path: &CStr) -> Result<OwnedFd> {
    open_at(None, path, libc::O_RDWR | libc::O_NOFOLLOW)
}

/// Opens a file of the host for writing; it must exist.
pub fn open_write(path: &CStr) -> Result<OwnedFd> {
    open_at(None, path, libc::O_WRONLY)
}

fn open_at(folder: Option<BorrowedFd<'_>>, path: &CStr, flags: i32) -> Result<OwnedFd> {
    let folder = folder.map_or(libc::AT_FDCWD, |fd| fd.as_raw_fd());
    // SAFETY: `path` is a C string.
    let fd = check(Call::Open, unsafe { libc::openat(folder, path.as_ptr(), flags | libc::O_CLOEXEC) })?;
    // SAFETY: just opened, ours alone.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

fn open_how(folder: BorrowedFd<'_>, path: &CStr, flags: i32, mode: u64, resolve: u64) -> Result<OwnedFd> {
    // SAFETY: `open_how` is plain integers, for which zero is valid.
    let mut how: libc::open_how = unsafe { std::mem::zeroed() };
    how.flags = u64::from((flags | libc::O_CLOEXEC).cast_unsigned());
    how.mode = mode;
    how.resolve = resolve;
    loop {
        // SAFETY: `how` has the size that is given; the call keeps no pointer.
        let result = check(Call::OpenInRoot, unsafe {
            libc::syscall(
                libc::SYS_openat2,
                folder.as_raw_fd(),
                path.as_ptr(),
                &raw const how,
                size_of::<libc::open_how>(),
            )
        });
        match result {
            // SAFETY: just opened, ours alone.
            Ok(fd) => return Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) }),
            // A rename somewhere on the system raced with `..`: openat2(2), EAGAIN.
            Err(error) if error.errno == Errno::EAGAIN => {}
            Err(error) => return Err(error),
        }
    }
}

/// Opens the entry `name` of a folder as O_PATH, not following a symbolic link.
pub fn open_entry(folder: BorrowedFd<'_>, name: &CStr) -> Result<OwnedFd> {
    open_at(Some(folder), name, libc::O_PATH | libc::O_NOFOLLOW)
}

/// mkdirat(2); the umask applies.
pub fn make_folder(parent: BorrowedFd<'_>, name: &CStr, mode: u32) -> Result<()> {
    // SAFETY: `name` is a C string.
    check(Call::Mkdir, unsafe { libc::mkdirat(parent.as_raw_fd(), name.as_ptr(), mode) })?;
    Ok(())
}

/// mkdir(2) of a path of the host.
pub fn make_host_folder(path: &CStr, mode: u32) -> Result<()> {
    // SAFETY: `path` is a C string.
    check(Call::Mkdir, unsafe { libc::mkdirat(libc::AT_FDCWD, path.as_ptr(), mode) })?;
    Ok(())
}

/// Removes a file or link of a folder, unlinkat(2).
pub fn remove_entry(parent: BorrowedFd<'_>, name: &CStr) -> Result<()> {
    // SAFETY: `name` is a C string.
    check(Call::Unlink, unsafe { libc::unlinkat(parent.as_raw_fd(), name.as_ptr(), 0) })?;
    Ok(())
}

/// rmdir(2) of a path of the host.
pub fn remove_host_folder(path: &CStr) -> Result<()> {
    // SAFETY: `path` is a C string.
    check(Call::Rmdir, unsafe { libc::unlinkat(libc::AT_FDCWD, path.as_ptr(), libc::AT_REMOVEDIR) })?;
    Ok(())
}

/// A character device; `(0, 0)` is overlayfs' whiteout.
pub fn make_device(parent: BorrowedFd<'_>, name: &CStr, mode: u32, numbers: (u32, u32)) -> Result<()> {
    make_node(parent, name, libc::S_IFCHR | mode, numbers)
}

/// A block device.
pub fn make_block_device(parent: BorrowedFd<'_>, name: &CStr, mode: u32, numbers: (u32, u32)) -> Result<()> {
    make_node(parent, name, libc::S_IFBLK | mode, numbers)
}

fn make_node(parent: BorrowedFd<'_>, name: &CStr, mode: u32, (major, minor): (u32, u32)) -> Result<()> {
    let device = libc::makedev(major, minor);
    // SAFETY: `name` is a C string.
    check(Call::Mknod, unsafe { libc::mknodat(parent.as_raw_fd(), name.as_ptr(), mode, device) })?;
    Ok(())
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
    check(Call::Fchown, unsafe {
        libc::fchownat(parent.as_raw_fd(), name.as_ptr(), uid, gid, libc::AT_SYMLINK_NOFOLLOW)
    })?;
    // SAFETY: as above.
    check(Call::Fchmod, unsafe { libc::fchmodat(parent.as_raw_fd(), name.as_ptr(), mode, 0) })?;
    Ok(())
}

/// symlinkat(2)
pub fn make_link(parent: BorrowedFd<'_>, name: &CStr, says: &CStr) -> Result<()> {
    // SAFETY: both are C strings.
    check(Call::Symlink, unsafe { libc::symlinkat(says.as_ptr(), parent.as_raw_fd(), name.as_ptr()) })?;
    Ok(())
}

/// Marks a folder of an upper layer as opaque: what lies below it is hidden.
pub fn make_opaque(folder: BorrowedFd<'_>) -> Result<()> {
    let name = c"trusted.overlay.opaque";
    // SAFETY: name and value are alive, and the length is the value's.
    check(Call::Setxattr, unsafe {
        libc::fsetxattr(folder.as_raw_fd(), name.as_ptr(), c"y".as_ptr().cast(), 1, 0)
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

/// Which version of cgroups the file system at `path` is of, if `path` is the root of
/// a hierarchy (kernfs gives that inode number 1).
pub fn cgroup_root(path: &str) -> Option<u8> {
    let path = std::ffi::CString::new(path).ok()?;
    // SAFETY: `statfs` is plain integers, for which zero is valid.
    let mut filesystem: libc::statfs = unsafe { std::mem::zeroed() };
    // SAFETY: a C string, and `filesystem` is ours to fill.
    if unsafe { libc::statfs(path.as_ptr(), &raw mut filesystem) } != 0 {
        return None;
    }
    // The type of f_type differs between C libraries, the magic numbers fit in 32 bits.
    let version = match filesystem.f_type as u32 {
        CGROUP_SUPER_MAGIC => 1,
        CGROUP2_SUPER_MAGIC => 2,
        _ => return None,
    };
    // SAFETY: `stat` is plain integers, for which zero is valid.
    let mut stat: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: a C string, and `stat` is ours to fill.
    let known = unsafe { libc::stat(path.as_ptr(), &raw mut stat) } == 0;
    (known && stat.st_ino == 1).then_some(version)
}

/// Whether entries can be made in a folder by this process's effective user: by its mode,
/// and by whether its file system is mounted for writing.
pub fn may_write_in(folder: &CStr) -> Result<()> {
    // SAFETY: a C string.
    check(Call::Access, unsafe {
        libc::faccessat(libc::AT_FDCWD, folder.as_ptr(), libc::W_OK | libc::X_OK, libc::AT_EACCESS)
    })?;
    Ok(())
}

/// Whether a file carries this extended attribute with the value `1`.
pub fn has_mark(path: &str, name: &CStr) -> bool {
    let Ok(path) = std::ffi::CString::new(path) else { return false };
    let mut value = [0_u8; 1];
    // SAFETY: C strings, and a buffer of one byte that is ours to fill.
    let length =
        unsafe { libc::getxattr(path.as_ptr(), name.as_ptr(), value.as_mut_ptr().cast(), value.len()) };
    length == 1 && value == *b"1"
}

/// Major and minor number of a device, makedev(3).
pub fn device_numbers(device: u64) -> (u32, u32) {
    (libc::major(device), libc::minor(device))
}

// statfs(2), linux/magic.h
const CGROUP_SUPER_MAGIC: u32 = 0x0027_e0eb;
const CGROUP2_SUPER_MAGIC: u32 = 0x6367_7270;

/// fstat(2)
pub fn stat(fd: BorrowedFd<'_>) -> Result<Stat> {
    // SAFETY: `stat` is plain integers, for which zero is valid.
    let mut stat: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: `stat` is ours to fill.
    check(Call::Fstat, unsafe { libc::fstat(fd.as_raw_fd(), &raw mut stat) })?;
    let kind = stat.st_mode & libc::S_IFMT;
    Ok(Stat {
        identity: (stat.st_dev, stat.st_ino),
        mode: stat.st_mode & 0o7777,
        uid: stat.st_uid,
        gid: stat.st_gid,
        is_folder: kind == libc::S_IFDIR,
        is_regular: kind == libc::S_IFREG,
        size: u64::try_from(stat.st_size).unwrap_or_default(),
        character_device: (kind == libc::S_IFCHR)
            .then(|| (libc::major(stat.st_rdev), libc::minor(stat.st_rdev))),
        is_device: kind == libc::S_IFCHR || kind == libc::S_IFBLK,
    })
}

/// Sets owner and mode of a folder that was opened for reading.
pub fn set_owner_and_mode(fd: BorrowedFd<'_>, stat: &Stat) -> Result<()> {
    // SAFETY: plain integers.
    check(Call::Fchown, unsafe { libc::fchown(fd.as_raw_fd(), stat.uid, stat.gid) })?;
    // SAFETY: plain integers.
    check(Call::Fchown, unsafe { libc::fchmod(fd.as_raw_fd(), stat.mode) })?;
    Ok(())
}

/// Sets owner, group and mode of a file that was opened for writing.
pub fn set_mode_and_owner(fd: BorrowedFd<'_>, mode: u32, (uid, gid): (u32, u32)) -> Result<()> {
    // SAFETY: plain integers.
    check(Call::Fchown, unsafe { libc::fchown(fd.as_raw_fd(), uid, gid) })?;
    // SAFETY: plain integers. Last, since a change of owner takes setuid bits away.
    check(Call::Fchown, unsafe { libc::fchmod(fd.as_raw_fd(), mode) })?;
    Ok(())
}

/// Gives a descriptor's file to a user; the group stays.
pub fn set_owner(fd: BorrowedFd<'_>, uid: u32) -> Result<()> {
    // SAFETY: plain integers; −1 leaves the group.
    check(Call::Fchown, unsafe { libc::fchown(fd.as_raw_fd(), uid, u32::MAX) })?;
    Ok(())
}

/// Opens a folder below another for reading, not following a symbolic link.
pub fn open_subfolder(parent: BorrowedFd<'_>, name: &CStr) -> Result<OwnedFd> {
    open_at(Some(parent), name, libc::O_RDONLY | libc::O_DIRECTORY | libc::O_NOFOLLOW)
}

/// Whether another process holds the lock of a file, F_GETLK of fcntl(2).
pub fn is_locked(fd: BorrowedFd<'_>) -> Result<bool> {
    // SAFETY: `flock` is plain integers, for which zero is valid.
    let mut lock: libc::flock = unsafe { std::mem::zeroed() };
    lock.l_type = libc::F_WRLCK as _;
    // SAFETY: `lock` is ours to fill.
    check(Call::Lock, unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETLK, &raw mut lock) })?;
    Ok(lock.l_type != libc::F_UNLCK as i16)
}

/// Takes the exclusive lock of a file that was opened for writing, without waiting:
/// `false` if another process holds it.
///
/// This is fcntl(2)'s F_SETLK, not flock(2): it belongs to the process, so that a child
/// which has not executed yet does not hold it on after its parent was killed. Beware
/// that closing *any* descriptor of the same file gives it up.
pub fn try_lock(fd: BorrowedFd<'_>) -> Result<bool> {
    // SAFETY: `flock` is plain integers, for which zero is valid: the whole file.
    let mut lock: libc::flock = unsafe { std::mem::zeroed() };
    lock.l_type = libc::F_WRLCK as i16;
    lock.l_whence = libc::SEEK_SET as i16;
    // SAFETY: the call reads `lock`.
    match check(Call::Lock, unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETLK, &raw const lock) }) {
        Ok(_) => Ok(true),
        Err(error) if [Errno::EAGAIN, Errno::EACCES].contains(&error.errno) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Writes the whole text in one write(2), as cgroup files want it.
pub fn write_once(fd: BorrowedFd<'_>, text: &[u8]) -> Result<()> {
    // SAFETY: pointer and length are the slice's.
    let written =
        check(Call::Write, unsafe { libc::write(fd.as_raw_fd(), text.as_ptr().cast(), text.len()) as i64 })?;
    if written as usize == text.len() { Ok(()) } else { Err(Error::new(Call::Write, Errno::EIO)) }
}

/// read(2)
pub fn read(fd: BorrowedFd<'_>, buffer: &mut [u8]) -> Result<usize> {
    // SAFETY: pointer and length are the slice's.
    let read = check(Call::Read, unsafe {
        libc::read(fd.as_raw_fd(), buffer.as_mut_ptr().cast(), buffer.len()) as i64
    })?;
    Ok(read as usize)
}

/// What is in a file of the kernel's, from its beginning, wherever the descriptor stands.
pub fn read_again(file: BorrowedFd<'_>) -> Result<String> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        // SAFETY: pointer and length are the chunk's.
        let read = check(Call::Read, unsafe {
            libc::pread(file.as_raw_fd(), chunk.as_mut_ptr().cast(), chunk.len(), bytes.len() as libc::off_t)
                as i64
        })?;
        if read == 0 {
            return Ok(String::from_utf8_lossy(&bytes).into_owned());
        }
        bytes.extend_from_slice(&chunk[..read as usize]);
    }
}

/// write(2)
pub fn write(fd: BorrowedFd<'_>, buffer: &[u8]) -> Result<usize> {
    // SAFETY: pointer and length are the slice's.
    let written = check(Call::Write, unsafe {
        libc::write(fd.as_raw_fd(), buffer.as_ptr().cast(), buffer.len()) as i64
    })?;
    Ok(written as usize)
}

/// Renames within the host; the new name must not exist (RENAME_NOREPLACE).
pub fn rename_new(from: &CStr, to: &CStr) -> Result<()> {
    // SAFETY: both are C strings.
    check(Call::Rename, unsafe {
        libc::syscall(
            libc::SYS_renameat2,
            libc::AT_FDCWD,
            from.as_ptr(),
            libc::AT_FDCWD,
            to.as_ptr(),
            libc::RENAME_NOREPLACE,
        )
    })?;
    Ok(())
}

/// fchdir(2); an O_PATH descriptor will do.
pub fn change_folder(folder: BorrowedFd<'_>) -> Result<()> {
    // SAFETY: plain integer.
    check(Call::Chdir, unsafe { libc::fchdir(folder.as_raw_fd()) })?;
    Ok(())
}

/// dup2(2) onto a standard descriptor; the copy survives an exec.
pub fn duplicate_onto(fd: BorrowedFd<'_>, number: i32) -> Result<()> {
    debug_assert!((0..=2).contains(&number) && fd.as_raw_fd() > 2);
    // SAFETY: only standard descriptors are replaced, which nobody owns as an OwnedFd.
    check(Call::Dup, unsafe { libc::dup2(fd.as_raw_fd(), number) })?;
    Ok(())
}

/// Sets close-on-exec on every descriptor from 3.
pub fn close_on_exec_from_3() -> Result<()> {
    // SAFETY: plain integers; nothing is closed now.
    check(Call::CloseRange, unsafe {
        libc::syscall(libc::SYS_close_range, 3, u32::MAX, libc::CLOSE_RANGE_CLOEXEC)
    })?;
    Ok(())
}

/// Makes reads and writes of this open file return EAGAIN instead of waiting.
pub fn set_nonblocking(fd: BorrowedFd<'_>) -> Result<()> {
    // SAFETY: plain integers.
    let flags = check(Call::Fcntl, unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFL) })?;
    // SAFETY: plain integers.
    check(Call::Fcntl, unsafe {
        libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, flags as i32 | libc::O_NONBLOCK)
    })?;
    Ok(())
}

/// Lets a descriptor survive the next exec.
pub fn keep_over_exec(fd: BorrowedFd<'_>) -> Result<()> {
    // SAFETY: plain integers.
    check(Call::Fcntl, unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFD, 0) })?;
    Ok(())
}

/// Closes every descriptor of this process, the standard ones too: the caller owns none
/// that it will use again.
pub fn close_everything() -> Result<()> {
    // SAFETY: plain integers; nothing here is used afterwards, as the caller promises.
    check(Call::CloseRange, unsafe { libc::syscall(libc::SYS_close_range, 0, u32::MAX, 0) })?;
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
        (number > 2 && libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) == 0)
            .then(|| OwnedFd::from_raw_fd(number))
    }
}
