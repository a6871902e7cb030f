//! Files, folders and descriptors.

use super::bare::abi::{self, AT_FDCWD};
pub use super::bare::file::*;
use super::call::check;
use super::{Call, Errno, Error, Result};
use std::ffi::CStr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

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

/// What the kernel has logged and still has, a line a record, kmsg(4); EPERM for whoever
/// may not read it.
pub fn read_kernel_log() -> Result<Vec<u8>> {
    let flags = abi::O_RDONLY | abi::O_NONBLOCK | abi::O_NOCTTY;
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

/// Opens a folder of the host for reading, so that it can be locked.
pub fn open_folder(path: &CStr) -> Result<OwnedFd> {
    open_at(AT_FDCWD, path, abi::O_RDONLY | abi::O_DIRECTORY | abi::O_NOFOLLOW)
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
    open_at(AT_FDCWD, path, abi::O_RDWR | abi::O_NOFOLLOW)
}

/// Opens a file of the host for reading.
pub fn open_read(path: &CStr) -> Result<OwnedFd> {
    open_at(AT_FDCWD, path, abi::O_RDONLY)
}

/// Opens a file of the host for writing; it must exist.
pub fn open_write(path: &CStr) -> Result<OwnedFd> {
    open_at(AT_FDCWD, path, abi::O_WRONLY)
}

/// mkdir(2) of a path of the host.
pub fn make_host_folder(path: &CStr, mode: u32) -> Result<()> {
    // SAFETY: `path` is a C string.
    check(Call::Mkdir, unsafe { libc::mkdirat(libc::AT_FDCWD, path.as_ptr(), mode) })?;
    Ok(())
}

/// rmdir(2) of a path of the host.
pub fn remove_host_folder(path: &CStr) -> Result<()> {
    // SAFETY: `path` is a C string.
    check(Call::Rmdir, unsafe { libc::unlinkat(libc::AT_FDCWD, path.as_ptr(), libc::AT_REMOVEDIR) })?;
    Ok(())
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

// statfs(2), linux/magic.h
const CGROUP_SUPER_MAGIC: u32 = 0x0027_e0eb;
const CGROUP2_SUPER_MAGIC: u32 = 0x6367_7270;

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
