//! User namespaces that nobody lives in: the maps of ids that mounts take, and whether
//! they can be made.

use super::call::check;
use super::{Call, Errno, Error, Result};
use std::fs::{self, File};
use std::os::fd::{AsRawFd, OwnedFd};

/// Whether a user namespace can be made: this process goes into one, so that only a child
/// that is there to try may ask.
pub fn enter_own() -> Result<()> {
    // SAFETY: a plain integer; this process is single-threaded.
    check(Call::Unshare, unsafe { libc::unshare(libc::CLONE_NEWUSER) })?;
    Ok(())
}

/// A user namespace with this map of users and groups, lines of user_namespaces(7).
pub fn with_map(lines: &str) -> Result<OwnedFd> {
    let (ours, theirs) = super::socket::pair()?;
    // SAFETY: the launcher has one thread; the child makes system calls only, and ends by
    // `_exit`.
    let child = check(Call::Fork, unsafe { libc::fork() })? as i32;
    if child == 0 {
        // SAFETY: plain integers, and one byte of its own stack.
        unsafe {
            libc::close(ours.as_raw_fd());
            let mut byte = u8::from(libc::unshare(libc::CLONE_NEWUSER) == 0);
            libc::write(theirs.as_raw_fd(), (&raw const byte).cast(), 1);
            // Until the launcher has what it wants, or is gone.
            libc::read(theirs.as_raw_fd(), (&raw mut byte).cast(), 1);
            libc::_exit(0);
        }
    }
    drop(theirs);
    let made = (|| {
        let mut byte = [0];
        let (read, _) = super::socket::receive(std::os::fd::AsFd::as_fd(&ours), &mut byte)?;
        if read != 1 || byte != [1] {
            return Err(Error::new(Call::Unshare, Errno::EPERM));
        }
        for file in ["uid_map", "gid_map"] {
            fs::write(format!("/proc/{child}/{file}"), lines)
                .map_err(|error| Error::from_io(Call::Write, &error))?;
        }
        let namespace = File::open(format!("/proc/{child}/ns/user"));
        namespace.map(OwnedFd::from).map_err(|error| Error::from_io(Call::Open, &error))
    })();
    drop(ours);
    // SAFETY: a null status is not written to. It ends as soon as the socket closes.
    unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) };
    made
}
