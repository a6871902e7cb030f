//! Namespaces that others live in: the files that they are, and how to enter them.

use super::call::check;
use super::clone::Namespace;
use super::{Call, Errno, Error, Result, file};
use std::ffi::CStr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

// linux/magic.h, linux/nsfs.h
const NSFS_MAGIC: u32 = 0x6e73_6673;
const NS_GET_NSTYPE: u32 = 0xb703;

/// Why a file is not the namespace that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// A call failed.
    System(Error),
    /// It is some other file.
    NotANamespace,
    /// It is one of another kind, such as `user`.
    Another(&'static str),
}

impl Refused {
    /// The call that failed or that found it out.
    pub fn error(self) -> Error {
        match self {
            Self::System(error) => error,
            Self::NotANamespace => Error::new(Call::Fstatfs, Errno::EINVAL),
            Self::Another(_) => Error::new(Call::NamespaceKind, Errno::EINVAL),
        }
    }
}

/// Opens the file that a namespace is, and asks the kernel whether it is one of this kind.
/// What is entered later is this descriptor, whatever the path leads to by then. No other
/// file makes anybody wait: not a pipe without a writer, not a device.
///
/// # Errors
/// There is none, or it is not what is wanted.
pub fn open(path: &CStr, wanted: Namespace) -> std::result::Result<OwnedFd, Refused> {
    let file = open_file(path).map_err(Refused::System)?;
    if file::filesystem(file.as_fd()).map_err(Refused::System)? != NSFS_MAGIC {
        return Err(Refused::NotANamespace);
    }
    match kind(file.as_fd()).map_err(Refused::System)? {
        flag if flag == wanted.flag() => Ok(file),
        flag => Err(Refused::Another(name(flag))),
    }
}

fn open_file(path: &CStr) -> Result<OwnedFd> {
    let flags = libc::O_RDONLY | libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_CLOEXEC;
    // SAFETY: `path` is a C string.
    let fd = check(Call::Open, unsafe { libc::open(path.as_ptr(), flags) })?;
    // SAFETY: just opened, ours alone.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

/// The flag of clone(2) for what a namespace is, ioctl_nsfs(2).
fn kind(file: BorrowedFd<'_>) -> Result<i32> {
    // SAFETY: the ioctl takes no argument.
    let flag = check(Call::NamespaceKind, unsafe { libc::ioctl(file.as_raw_fd(), NS_GET_NSTYPE as _) })?;
    Ok(flag as i32)
}

fn name(flag: i32) -> &'static str {
    match flag {
        libc::CLONE_NEWNS => "mount",
        libc::CLONE_NEWPID => "pid",
        libc::CLONE_NEWIPC => "ipc",
        libc::CLONE_NEWUTS => "uts",
        libc::CLONE_NEWNET => "net",
        libc::CLONE_NEWCGROUP => "cgroup",
        libc::CLONE_NEWUSER => "user",
        libc::CLONE_NEWTIME => "time",
        _ => "different",
    }
}

/// While it lasts, the children of this thread are born in a pid namespace of others.
#[derive(Debug)]
pub struct BornIn {
    home: Option<OwnedFd>,
}

impl BornIn {
    /// Enters a pid namespace with the children to come, setns(2).
    ///
    /// # Errors
    /// EINVAL: it is neither this process's own nor below it.
    pub fn enter(namespace: BorrowedFd<'_>) -> Result<Self> {
        let home = open_file(c"/proc/self/ns/pid")?;
        children_in(namespace)?;
        Ok(Self { home: Some(home) })
    }

    /// Children are born at home again.
    ///
    /// # Errors
    /// They still are not.
    pub fn leave(mut self) -> Result<()> {
        self.home.take().map_or(Ok(()), |home| children_in(home.as_fd()))
    }
}

impl Drop for BornIn {
    fn drop(&mut self) {
        if let Some(home) = self.home.take() {
            // Only on the way out of a failure, which is what is reported.
            let _ = children_in(home.as_fd());
        }
    }
}

fn children_in(namespace: BorrowedFd<'_>) -> Result<()> {
    // SAFETY: plain integers.
    check(Call::Setns, unsafe { libc::setns(namespace.as_raw_fd(), libc::CLONE_NEWPID) })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_is_known_by_its_kind() {
        assert!(open(c"/proc/self/ns/uts", Namespace::Uts).is_ok());
        assert_eq!(open(c"/proc/self/ns/user", Namespace::Uts).unwrap_err(), Refused::Another("user"));
        assert_eq!(open(c"/proc/self/stat", Namespace::Uts).unwrap_err(), Refused::NotANamespace);
        assert_eq!(open(c"/dev/null", Namespace::Uts).unwrap_err(), Refused::NotANamespace);
        let missing = open(c"/proc/self/ns/none", Namespace::Uts).unwrap_err();
        assert_eq!(missing, Refused::System(Error::new(Call::Open, Errno::ENOENT)));
    }
}
