//! PID 1 above the command: this program again, with nothing of what the launcher said
//! in its memory, without privileges and without descriptors.

use super::{Done, Init, ROLE};
use crate::plan::Slot;
use crate::sys::process::Status;
use crate::sys::{Call, Errno, Error, credentials, file, process, signal, socket};
use std::ffi::{CString, OsString};
use std::os::fd::{AsFd, AsRawFd};

/// What PID 1 is told on its command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stay {
    /// Number of the socket by which it says that it is ready.
    ready: i32,
    /// The process that becomes the command.
    command: i32,
    /// Whether it keeps CAP_KILL.
    kill: bool,
}

impl Stay {
    /// Of the arguments behind the role.
    pub(super) fn parse(arguments: &[OsString]) -> Option<Self> {
        let [ready, command, kill] = arguments else { return None };
        let number = |text: &OsString| text.to_str()?.parse().ok();
        Some(Self { ready: number(ready)?, command: number(command)?, kill: kill == "kill" })
    }
}

impl Init {
    /// Divides this process: the one that returns does the rest of the plan.
    pub(super) fn stay(&mut self, program: &Slot, kill: bool, adopt: bool) -> Done {
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
        file::keep_over_exec(tells.as_fd())?;
        let word = |number: i32| CString::new(number.to_string()).unwrap_or_default();
        let (ready, child) = (word(tells.as_raw_fd()), word(command));
        let keeps = if kill { c"kill" } else { c"nothing" };
        let program = self.slots.get(program, Call::Execveat)?;
        let error = process::execute_descriptor(program, &[ROLE, &ready, &child, keeps]);
        // It must not go on as if it were init; what it says is said for both.
        process::kill_by_number(command);
        Err(error.into())
    }

    /// Waits for the word of PID 1; that it has died without is EPIPE.
    pub(super) fn await_init(&mut self) -> Done {
        let Some(socket) = self.stays.take() else {
            return Err(Error::new(Call::Recvmsg, Errno::EINVAL).into());
        };
        match socket::receive(socket.as_fd(), &mut [0])? {
            (1, _) => Ok(()),
            _ => Err(Error::new(Call::Recvmsg, Errno::EPIPE).into()),
        }
    }
}

/// A process that is PID 1 can't end itself by a signal, and exit(2) has 8 bits only. Which
/// of the two it was that ended the command is therefore told by the name of PID 1: nobody
/// but itself can set it, and it stays to be read until the launcher has reaped it.
const ENDED_BY: &str = "ended by ";

fn name_after(signal: i32) -> CString {
    CString::new(format!("{ENDED_BY}{signal}")).unwrap_or_default()
}

/// How the command ended below this PID 1, which has ended with `status` and is not reaped
/// yet.
pub(in crate::engine) fn status_below(pid: i32, status: Status) -> Status {
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    let signal = name.trim_end().strip_prefix(ENDED_BY).and_then(|number| number.parse().ok());
    match (status, signal) {
        (Status::Exited(code), Some(signal)) if i32::from(code) == 128 + signal => Status::Signaled(signal),
        _ => status,
    }
}

/// The life of PID 1. It ends with the command, and the kernel ends the rest.
pub(super) fn main(stay: Stay) -> ! {
    process::set_name(ROLE);
    if prepare(stay).is_none() {
        process::exit_now(125);
    }
    loop {
        // What has ended before the signals were blocked is reaped as well.
        while let Some((pid, status)) = process::reap() {
            if pid == stay.command {
                process::exit_now(match status {
                    Status::Exited(code) => i32::from(code),
                    Status::Signaled(number) => {
                        process::set_name(&name_after(number));
                        128 + number
                    }
                });
            }
        }
        match signal::wait_for_any() {
            Some(signal::number::CHLD) | None => {}
            // To a process that has ended but is not reaped: no harm.
            Some(number) => process::kill(stay.command, number),
        }
    }
}

fn prepare(stay: Stay) -> Option<()> {
    const KILL: u64 = 1 << 5;
    signal::block_all().ok()?;
    // While its privileges still keep others of the same pid namespace out.
    process::set_undumpable().ok()?;
    let ready = file::inherited(stay.ready)?;
    let keep = if stay.kill { KILL } else { 0 };
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
