//! A program in memory, memfd_create(2).

use super::call::check;
use super::{Call, Errno, Error, Result, file};
use std::ffi::CStr;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

/// Since Linux 6.3: the file may be executed, whatever the default of vm.memfd_noexec is.
const MFD_EXEC: u32 = 0x10;

/// A file in memory with this content, which nobody can change any more and which can be
/// executed. Only its descriptor leads to it.
///
/// # Errors
/// EACCES: this host executes nothing of the kind (vm.memfd_noexec is 2).
pub fn sealed_program(name: &CStr, content: &[u8]) -> Result<OwnedFd> {
    let flags = libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING;
    let made = match create(name, flags | MFD_EXEC) {
        // A kernel that has not heard of it, and executes any.
        Err(error) if error.errno == Errno::EINVAL => create(name, flags)?,
        result => result?,
    };
    if file::write(made.as_fd(), content)? != content.len() {
        return Err(Error::new(Call::Write, Errno::ENOSPC));
    }
    let seals = libc::F_SEAL_SEAL | libc::F_SEAL_SHRINK | libc::F_SEAL_GROW | libc::F_SEAL_WRITE;
    // SAFETY: plain integers.
    check(Call::Seal, unsafe { libc::fcntl(made.as_raw_fd(), libc::F_ADD_SEALS, seals) })?;
    Ok(made)
}

fn create(name: &CStr, flags: u32) -> Result<OwnedFd> {
    // SAFETY: `name` is a C string.
    let made = check(Call::MemfdCreate, unsafe { libc::memfd_create(name.as_ptr(), flags) })?;
    // SAFETY: just made, ours alone.
    Ok(unsafe { OwnedFd::from_raw_fd(made as i32) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_stays_as_it_is() {
        let sealed = sealed_program(c"x", b"#!/bin/true\n").unwrap();
        assert_eq!(file::write(sealed.as_fd(), b"more").unwrap_err().errno, Errno::EPERM);
        let path = format!("/proc/self/fd/{}", sealed.as_raw_fd());
        assert_eq!(std::fs::read(&path).unwrap(), b"#!/bin/true\n");
        for attempt in [std::fs::OpenOptions::new().write(true), std::fs::OpenOptions::new().append(true)] {
            let opened = attempt.open(&path).and_then(|mut file| std::io::Write::write_all(&mut file, b"x"));
            assert!(opened.is_err());
        }
        assert!(std::fs::File::create(&path).is_err(), "it can't be emptied");
    }
}
