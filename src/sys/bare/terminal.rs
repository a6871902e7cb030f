//! A container's own terminal.

use super::abi;
use super::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd};
use super::raw::call;
use super::{Call, Errno, Error, Result, check, file};
use core::ffi::CStr;

/// What makes terminals, in a root.
pub const MULTIPLEXER: &CStr = c"/dev/pts/ptmx";

/// Opens the terminal multiplexer of a root's devpts: ENODEV if something else is there.
pub fn open_multiplexer(root: BorrowedFd<'_>) -> Result<OwnedFd> {
    // Not opened before it is known to be of a devpts: to open a pipe could wait.
    let found = file::open_in_root(root, MULTIPLEXER)?;
    if file::filesystem(found.as_fd())? != abi::DEVPTS_SUPER_MAGIC {
        return Err(Error::new(Call::OpenInRoot, Errno::ENODEV));
    }
    file::open_in_root_rw(root, MULTIPLEXER)
}

/// Opens a new terminal of the devpts that `ptmx` belongs to: its slave side, as
/// TIOCGPTPEER gives it (no path of the container is trusted).
pub fn open_peer(ptmx: BorrowedFd<'_>) -> Result<OwnedFd> {
    let unlock = 0_i32;
    // SAFETY: the ioctl reads one int.
    check(Call::TerminalUnlock, unsafe { call!(IOCTL, ptmx, abi::TIOCSPTLCK, &raw const unlock) })?;
    let flags = abi::O_RDWR | abi::O_NOCTTY | abi::O_CLOEXEC;
    // SAFETY: plain integers.
    let slave = check(Call::TerminalPeer, unsafe { call!(IOCTL, ptmx, abi::TIOCGPTPEER, flags) })?;
    // SAFETY: just opened, ours alone.
    Ok(unsafe { OwnedFd::from_raw_fd(slave as i32) })
}

/// Makes this the controlling terminal of the session.
pub fn control(terminal: BorrowedFd<'_>) -> Result<()> {
    // SAFETY: plain integers; 0 steals nobody's terminal.
    check(Call::TerminalControl, unsafe { call!(IOCTL, terminal, abi::TIOCSCTTY, 0) })?;
    Ok(())
}
