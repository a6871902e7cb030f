//! PID 1 above the command: init executed once more, with nothing of what the launcher said
//! in its memory, without privileges and without descriptors.

use super::orders::Slot;
use super::{Done, Init, ROLE, text};
use crate::sys::bare::fd::{AsFd, AsRawFd, BorrowedFd};
use crate::sys::bare::process::{self, Status, Strings};
use crate::sys::bare::{Call, Errno, Error, abi, credentials, file, signal, socket};
use core::ffi::CStr;

/// What PID 1 is told on its command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stay {
    /// Number of the socket by which it says that it is ready.
    ready: i32,
    /// The process that becomes the command.
    command: i32,
    /// Whether it keeps CAP_KILL.
    kill: bool,
}

impl Stay {
    /// Of the arguments behind the role.
    pub(super) fn parse(arguments: &[&CStr]) -> Option<Self> {
        let [ready, command, keeps] = arguments else { return None };
        Some(Self { ready: text::parse(ready)?, command: text::parse(command)?, kill: *keeps == KEEPS_KILL })
    }
}

const KEEPS_KILL: &CStr = c"kill";
const KEEPS_NOTHING: &CStr = c"nothing";

impl<'a> Init<'a> {
    /// Divides this process: the one that returns does the rest of the plan.
    pub(super) fn stay(&mut self, program: Slot, kill: bool, adopt: bool) -> Done<'a> {
        let program = self.take(program, Call::Execveat)?;
        let (waits, tells) = socket::pair()?;
        // The launcher's own working folder is no place for who stays: it would show the
        // host through /proc/1/cwd (CVE-2024-21626 is about such a folder).
        process::change_to_root()?;
        process::new_session()?;
        process::new_session_keyring()?;
        if adopt {
            process::adopt_orphans()?;
        }
        let Some(command) = process::fork()? else {
            process::die_with_parent()?;
            self.stays = Some(waits);
            return Ok(());
        };
        drop(waits);
        // It must not go on as if it were init; what it says is said for both.
        let error = become_first(program.as_fd(), tells.as_fd(), command, kill);
        process::kill(command, abi::SIGKILL.cast_signed());
        Err(error.into())
    }

    /// Waits for the word of PID 1; that it has died without is EPIPE.
    pub(super) fn await_init(&mut self) -> Done<'a> {
        let Some(socket) = self.stays.take() else {
            return Err(Error::new(Call::Recvmsg, Errno::EINVAL).into());
        };
        match socket::receive(socket.as_fd(), &mut [0])? {
            (1, _) => Ok(()),
            _ => Err(Error::new(Call::Recvmsg, Errno::EPIPE).into()),
        }
    }
}

/// Executes init anew, as PID 1 above the command. Returns only on failure.
fn become_first(program: BorrowedFd<'_>, tells: BorrowedFd<'_>, command: i32, kill: bool) -> Error {
    let words = || {
        file::keep_over_exec(tells)?;
        let (ready, child) = (tells.as_raw_fd().cast_unsigned(), command.cast_unsigned());
        let keeps = if kill { KEEPS_KILL } else { KEEPS_NOTHING };
        let words = [ROLE, text::number(ready)?, text::number(child)?, keeps];
        Strings::new(words.into_iter(), words.len())
    };
    match words() {
        Ok(words) => process::execute_descriptor(program, &words),
        Err(error) => error,
    }
}

/// A process that is PID 1 can't end itself by a signal, and exit(2) has 8 bits only. Which
/// of the two it was that ended the command is therefore told by the name of PID 1: nobody
/// but itself can set it, and it stays to be read until the launcher has reaped it.
pub const ENDED_BY: &str = "ended by ";

/// The life of PID 1. It ends with the command, and the kernel ends the rest.
pub(super) fn main(stay: Stay) -> ! {
    process::set_name(ROLE);
    if prepare(stay).is_none() {
        process::exit(super::FAILED);
    }
    loop {
        // What has ended before the signals were blocked is reaped as well.
        while let Some((pid, status)) = process::reap() {
            if pid == stay.command {
                end_as(status);
            }
        }
        match signal::wait_for_any() {
            Some(number) if number == abi::SIGCHLD.cast_signed() => {}
            None => {}
            // To a process that has ended but is not reaped: no harm.
            Some(number) => process::kill(stay.command, number),
        }
    }
}

fn end_as(status: Status) -> ! {
    process::exit(match status {
        Status::Exited(code) => i32::from(code),
        Status::Signaled(number) => {
            let digits = text::number(number.cast_unsigned());
            let name = digits.and_then(|digits| text::joined(&[ENDED_BY.as_bytes(), digits.to_bytes()]));
            process::set_name(name.unwrap_or_default());
            128 + number
        }
    })
}

fn prepare(stay: Stay) -> Option<()> {
    signal::block_all().ok()?;
    // While its privileges still keep others of the same pid namespace out.
    process::set_undumpable().ok()?;
    let ready = file::inherited(stay.ready)?;
    let keep = if stay.kill { 1 << credentials::KILL } else { 0 };
    credentials::limit_bounding_set(keep).ok()?;
    credentials::set_groups(&[]).ok()?;
    credentials::set_capabilities(keep, 0).ok()?;
    process::no_new_privileges().ok()?;
    // The exec has kept it; asked again, as nothing else ends this process.
    process::die_with_parent().ok()?;
    socket::send(ready.as_fd(), b"R").ok()?;
    drop(ready);
    file::close_everything().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_on_the_command_line_are_understood() {
        let stay = Stay { ready: 5, command: 2, kill: true };
        assert_eq!(Stay::parse(&[c"5", c"2", KEEPS_KILL]), Some(stay));
        assert_eq!(Stay::parse(&[c"5", c"2", KEEPS_NOTHING]), Some(Stay { kill: false, ..stay }));
        for arguments in [&[c"5"][..], &[c"5", c"x", c"kill"], &[]] {
            assert_eq!(Stay::parse(arguments), None);
        }
    }
}
