//! Errors in words, and those of the C library.

use super::bare::{Call, Errno, Error, Result};
use std::fmt;

impl Errno {
    /// The calling thread's errno.
    pub(super) fn last() -> Self {
        Self(nix::errno::Errno::last_raw())
    }

    /// `EACCES` and so on.
    pub fn name(self) -> String {
        format!("{:?}", nix::errno::Errno::from_raw(self.0))
    }

    /// `permission denied` and so on, in lower case.
    pub fn text(self) -> String {
        let text = nix::errno::Errno::from_raw(self.0).desc();
        let mut chars = text.chars();
        chars.next().map_or_else(String::new, |c| c.to_lowercase().chain(chars).collect())
    }
}

impl Error {
    /// The error of a call that has just returned −1.
    pub(super) fn last(call: Call) -> Self {
        Self { call, errno: Errno::last() }
    }

    /// What std's file functions returned.
    pub fn from_io(call: Call, error: &std::io::Error) -> Self {
        Self { call, errno: Errno(error.raw_os_error().unwrap_or(libc::EIO)) }
    }

    pub(super) fn from_nix(call: Call) -> impl FnOnce(nix::errno::Errno) -> Self {
        move |errno| Self { call, errno: Errno(errno as i32) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.call.name(), self.errno.text(), self.errno.name())
    }
}

impl std::error::Error for Error {}

/// −1 with errno, as libc's wrappers return it, → [`Result`].
pub(super) fn check(call: Call, result: impl Into<i64>) -> Result<i64> {
    match result.into() {
        -1 => Err(Error::last(call)),
        value => Ok(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_read_well() {
        let error = Error::new(Call::MountSetattr, Errno::EACCES);
        assert_eq!(error.to_string(), "mount_setattr: permission denied (EACCES)");
    }
}
