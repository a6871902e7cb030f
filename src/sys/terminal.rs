//! The caller's terminal.

use super::call::check;
use super::{Call, Error, Result};
use nix::sys::termios::{SetArg, Termios, cfmakeraw, tcgetattr, tcsetattr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

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
