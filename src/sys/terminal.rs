//! Terminals: the container's own, and the caller's in raw mode.

use super::call::check;
use super::{Call, Error, Result, file};
use nix::sys::termios::{SetArg, Termios, cfmakeraw, tcgetattr, tcsetattr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// Opens a new terminal of the devpts that `ptmx` belongs to: its slave side, as
/// TIOCGPTPEER gives it (no path of the container is trusted).
pub fn open_peer(ptmx: BorrowedFd<'_>) -> Result<OwnedFd> {
    let unlock: libc::c_int = 0;
    // SAFETY: the ioctl reads one int.
    check(Call::TerminalUnlock, unsafe {
        libc::ioctl(ptmx.as_raw_fd(), libc::TIOCSPTLCK, &raw const unlock)
    })?;
    let flags = libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC;
    // SAFETY: plain integers.
    let slave =
        check(Call::TerminalPeer, unsafe { libc::ioctl(ptmx.as_raw_fd(), libc::TIOCGPTPEER as _, flags) })?;
    // SAFETY: just opened, ours alone.
    Ok(unsafe { OwnedFd::from_raw_fd(slave as i32) })
}

/// Makes this the controlling terminal of the session.
pub fn control(terminal: BorrowedFd<'_>) -> Result<()> {
    // SAFETY: plain integers; 0 steals nobody's terminal.
    check(Call::TerminalControl, unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCSCTTY as _, 0) })?;
    Ok(())
}

/// Copies the window size of one terminal to another; nothing if the first is none.
pub fn copy_size(from: BorrowedFd<'_>, to: BorrowedFd<'_>) -> Result<bool> {
    // SAFETY: `winsize` is plain integers.
    let mut size: libc::winsize = unsafe { std::mem::zeroed() };
    // SAFETY: the ioctl fills in `size`.
    if unsafe { libc::ioctl(from.as_raw_fd(), libc::TIOCGWINSZ, &raw mut size) } != 0 {
        return Ok(false);
    }
    // SAFETY: the ioctl reads `size`.
    check(Call::TerminalSize, unsafe { libc::ioctl(to.as_raw_fd(), libc::TIOCSWINSZ, &raw const size) })?;
    Ok(true)
}

/// Number of columns of a terminal, if it is one and knows it.
pub fn columns(terminal: BorrowedFd<'_>) -> Option<u16> {
    // SAFETY: `winsize` is plain integers.
    let mut size: libc::winsize = unsafe { std::mem::zeroed() };
    // SAFETY: the ioctl fills in `size`.
    let result = unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCGWINSZ, &raw mut size) };
    (result == 0 && size.ws_col > 0).then_some(size.ws_col)
}

/// A terminal in raw mode, put back when this is dropped, panics included.
#[derive(Debug)]
pub struct Raw {
    terminal: OwnedFd,
    before: Termios,
}

impl Raw {
    /// Turns a terminal raw.
    pub fn enter(terminal: BorrowedFd<'_>) -> Result<Self> {
        let terminal = terminal.try_clone_to_owned().map_err(|error| Error::from_io(Call::Dup, &error))?;
        let before = tcgetattr(&terminal).map_err(Error::from_nix(Call::TcGetAttr))?;
        let raw = Self { terminal, before };
        raw.restore_on_panic();
        raw.again()?;
        Ok(raw)
    }

    /// A release build aborts on a panic, so that nothing is dropped: the message that
    /// the hook prints, and the shell after it, need a terminal as it was.
    fn restore_on_panic(&self) {
        let terminal = self.terminal.as_raw_fd();
        let before = std::sync::Mutex::new(self.before.clone());
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            // SAFETY: a number only: if the terminal was closed by now, nothing happens.
            let terminal = unsafe { BorrowedFd::borrow_raw(terminal) };
            if let Ok(before) = before.lock() {
                let _ = tcsetattr(terminal, SetArg::TCSADRAIN, &before);
            }
            previous(info);
        }));
    }

    /// Raw once more, after [`Raw::restore`].
    pub fn again(&self) -> Result<()> {
        let mut attributes = self.before.clone();
        cfmakeraw(&mut attributes);
        tcsetattr(&self.terminal, SetArg::TCSANOW, &attributes).map_err(Error::from_nix(Call::TcSetAttr))
    }

    /// As it was. Output that is under way is written first.
    pub fn restore(&self) -> Result<()> {
        tcsetattr(&self.terminal, SetArg::TCSADRAIN, &self.before).map_err(Error::from_nix(Call::TcSetAttr))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // A terminal that has gone needs no restoring.
        let _ = self.restore();
    }
}

/// The standard descriptors as the caller gave them, for what forwards them.
pub fn standard(number: i32) -> Result<OwnedFd> {
    let fd = match number {
        0 => std::io::stdin().as_fd().try_clone_to_owned(),
        1 => std::io::stdout().as_fd().try_clone_to_owned(),
        _ => std::io::stderr().as_fd().try_clone_to_owned(),
    };
    fd.map_err(|error| Error::from_io(Call::Dup, &error))
}

/// Opens the terminal multiplexer of a container's devpts.
pub fn open_multiplexer(root: BorrowedFd<'_>) -> Result<OwnedFd> {
    file::open_in_root_rw(root, c"/dev/pts/ptmx")
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::termios::LocalFlags;

    #[test]
    fn a_panic_puts_the_terminal_back_without_any_drop() {
        let pty = nix::pty::openpty(None, None).unwrap();
        let cooked = || tcgetattr(&pty.slave).unwrap().local_flags.contains(LocalFlags::ICANON);
        let raw = Raw::enter(pty.slave.as_fd()).unwrap();
        assert!(!cooked());
        let panicked = std::panic::catch_unwind(|| panic!("on purpose, for the test"));
        assert!(panicked.is_err());
        assert!(cooked(), "the hook restores, not the drop");
        std::mem::forget(raw);
    }
}
