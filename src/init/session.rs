//! The command's terminal and its standard descriptors.

use super::orders::{Text, message};
use super::{At, Done, Init};
use crate::sys::bare::fd::AsFd;
use crate::sys::bare::{file, mount, process, socket, terminal};

impl<'a> Init<'a> {
    pub(super) fn open_terminal(&mut self, console: bool) -> Done<'a> {
        const CONSOLE: Text<'static> = c"/dev/console";
        let master = terminal::open_multiplexer(self.root()?).at(terminal::MULTIPLEXER)?;
        let slave = terminal::open_peer(master.as_fd())?;
        if console {
            let shown = mount::clone_of(slave.as_fd(), false).at(CONSOLE)?;
            self.attach(shown.as_fd(), CONSOLE, true)?;
        }
        socket::send_descriptor(self.socket.as_fd(), message::TERMINAL, master.as_fd())?;
        self.terminal = Some(slave);
        Ok(())
    }

    pub(super) fn new_session(&self, terminal: bool, input: bool) -> Done<'a> {
        process::new_session()?;
        if let Some(slave) = self.terminal.as_ref().filter(|_| terminal) {
            terminal::control(slave.as_fd())?;
            for number in if input { 0..=2 } else { 1..=2 } {
                file::duplicate_onto(slave.as_fd(), number)?;
            }
        }
        if !input {
            const NULL: Text<'static> = c"/dev/null";
            let null = file::open_in_root_rw(self.root()?, NULL).at(NULL)?;
            file::duplicate_onto(null.as_fd(), 0)?;
        }
        Ok(())
    }
}
