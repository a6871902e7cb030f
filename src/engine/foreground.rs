//! While the payload runs in the foreground: signals are passed on, and the
//! container's terminal is joined to the caller's.

use super::group;
use crate::init::ENDED_BY;
use crate::sys::clone::Child;
use crate::sys::process::{self, Status};
use crate::sys::signal::{Arrived, Handling, Signals, number};
use crate::sys::socket::{Interest, poll_until};
use crate::sys::{self, Errno, file, signal, terminal};
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

/// The container's terminal and the caller's.
#[derive(Debug)]
pub(super) struct Terminal {
    master: OwnedFd,
    /// The caller's; none if nothing is typed.
    stdin: Option<OwnedFd>,
    stdout: OwnedFd,
    /// Put back when this is dropped.
    raw: Option<terminal::Raw>,
    /// Typed, not yet taken by the container.
    typed: Vec<u8>,
    /// Printed by the container, not yet taken by the caller.
    printed: Vec<u8>,
}

const CHUNK: usize = 4096;

impl Terminal {
    /// Takes the container's master; with `raw` the caller types into it.
    pub(super) fn attach(master: OwnedFd, raw: bool) -> sys::Result<Self> {
        file::set_nonblocking(master.as_fd())?;
        let stdin = terminal::standard(0)?;
        let stdout = terminal::standard(1)?;
        let mut this =
            Self { master, stdin: None, stdout, raw: None, typed: Vec::new(), printed: Vec::new() };
        if !terminal::copy_size(stdin.as_fd(), this.master.as_fd())? {
            this.resize()?;
        }
        if raw {
            this.raw = Some(terminal::Raw::enter(stdin.as_fd())?);
            this.stdin = Some(stdin);
        }
        Ok(this)
    }

    /// The container's terminal gets the size of the caller's.
    fn resize(&self) -> sys::Result<()> {
        let from = self.stdin.as_ref().unwrap_or(&self.stdout);
        terminal::copy_size(from.as_fd(), self.master.as_fd())?;
        Ok(())
    }

    fn interests(&self) -> (Interest, Interest, Interest) {
        let stdin = Interest { read: self.stdin.is_some() && self.typed.is_empty(), write: false };
        let master = Interest { read: self.printed.is_empty(), write: !self.typed.is_empty() };
        let stdout = Interest { read: false, write: !self.printed.is_empty() };
        (stdin, master, stdout)
    }

    /// Moves what can be moved. `false` once the container's side has closed.
    fn transfer(&mut self, stdin: Interest, master: Interest, stdout: Interest) -> bool {
        let mut buffer = [0; CHUNK];
        if stdin.read
            && let Some(from) = &self.stdin
        {
            match file::read(from.as_fd(), &mut buffer) {
                Ok(0) | Err(_) => self.stdin = None,
                Ok(read) => self.typed.extend(&buffer[..read]),
            }
        }
        if master.write {
            match file::write(self.master.as_fd(), &self.typed) {
                Ok(written) => drop(self.typed.drain(..written)),
                Err(error) if error.errno == Errno::EAGAIN => {}
                Err(_) => self.typed.clear(),
            }
        }
        if stdout.write {
            match file::write(self.stdout.as_fd(), &self.printed) {
                Ok(written) => drop(self.printed.drain(..written)),
                Err(error) if error.errno == Errno::EAGAIN => {}
                // Nobody reads any more (`| head`): the container goes on.
                Err(_) => self.printed.clear(),
            }
        }
        if master.read && self.printed.is_empty() {
            match file::read(self.master.as_fd(), &mut buffer) {
                Ok(read) if read > 0 => self.printed.extend(&buffer[..read]),
                Err(error) if error.errno == Errno::EAGAIN => {}
                // EIO: the last process that had it open has closed it.
                _ => return false,
            }
        }
        true
    }

    /// What the container printed before it ended.
    fn drain(&mut self) {
        let ready = Interest { read: true, write: true };
        loop {
            let more = self.transfer(Interest::default(), Interest { read: true, write: false }, ready);
            if self.printed.is_empty() {
                return;
            }
            if !more {
                let _ = file::write(self.stdout.as_fd(), &self.printed);
                return;
            }
        }
    }

    /// The launcher itself is being stopped: its terminal must be usable meanwhile.
    fn stop(&mut self) -> sys::Result<()> {
        if let Some(raw) = &self.raw {
            raw.restore()?;
        }
        process::raise(number::STOP);
        if let Some(raw) = &self.raw {
            raw.again()?;
        }
        self.resize()
    }
}

/// What [`Forward::until_end`] needs to know.
pub(super) struct Forward<'a> {
    pub(super) child: &'a Child,
    pub(super) signals: &'a Signals,
    /// The payload is PID 1 of a namespace of its own: the kernel drops signals that
    /// it has no handler for.
    pub(super) pid_one: bool,
    /// The v1 group that may be frozen.
    pub(super) freezer: Option<&'a str>,
    /// The command, if an init of ours stands above it: what it does about a signal is
    /// judged, and to it PID 1 passes the signal on.
    pub(super) under_init: Option<i32>,
    /// How it is stopped.
    pub(super) stop: Stop,
    pub(super) notify: fn(&str),
}

/// How a payload is stopped, and when without being asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stop {
    /// What it gets when the launcher is told to stop.
    pub(super) signal: i32,
    /// How long it then has.
    pub(super) patience: Duration,
    /// When its time is up.
    pub(super) end: Option<Instant>,
}

/// How a payload ended.
pub(super) struct Ended {
    pub(super) status: Status,
    /// The signal that was passed on, if it ended the payload.
    pub(super) forwarded: Option<Arrived>,
    /// Its time was up, and that is why it was stopped.
    pub(super) timed_out: bool,
}

/// What has been asked of the payload so far.
#[derive(Default)]
struct Asked {
    /// A Ctrl-C has been passed on.
    interrupted: bool,
    /// It was told to stop, and is killed at this time.
    kill_at: Option<Instant>,
    /// It was told to stop, or killed: there is nothing more to ask for politely.
    stopping: bool,
    timed_out: bool,
}

impl Forward<'_> {
    /// Until the payload has ended: how, and by which signal that was passed on.
    pub(super) fn until_end(&self, mut terminal: Option<&mut Terminal>) -> sys::Result<Ended> {
        let read = Interest { read: true, write: false };
        let mut last = None;
        let mut asked = Asked::default();
        loop {
            let (stdin, master, stdout) = terminal.as_ref().map_or_else(Default::default, |t| t.interests());
            let pidfd = self.child.pidfd.as_fd();
            let mut ready = vec![(pidfd, read), (self.signals.as_fd(), read)];
            if let Some(terminal) = &terminal {
                ready.push((terminal.stdin.as_ref().unwrap_or(&terminal.stdout).as_fd(), stdin));
                ready.push((terminal.master.as_fd(), master));
                ready.push((terminal.stdout.as_fd(), stdout));
            }
            poll_until(&mut ready, self.next_deadline(&asked))?;
            let answers: Vec<Interest> = ready.iter().map(|(_, interest)| *interest).collect();
            if answers[1].read {
                while let Some(arrived) = self.signals.next() {
                    match (&mut terminal, arrived.signal) {
                        (Some(terminal), number::WINCH) => terminal.resize()?,
                        (Some(terminal), signal) if signal::is_stop(signal) => terminal.stop()?,
                        _ => {
                            self.forward(arrived, &mut asked)?;
                            last = Some(arrived);
                        }
                    }
                }
            }
            if let Some(open) = &mut terminal
                && !open.transfer(answers[2], answers[3], answers[4])
            {
                // Closed by the container; how it ends is still to come.
                open.stdin = None;
                terminal = None;
            }
            if answers[0].read {
                if let Some(terminal) = &mut terminal {
                    terminal.drain();
                }
                let status = self.status()?;
                let forwarded = last.filter(|l| {
                    matches!(status, Status::Signaled(s)
                        if s == l.signal || s == number::KILL || l.signal == number::TERM && s == self.stop.signal)
                        || status == Status::Exited(128_u8.wrapping_add(l.signal as u8))
                });
                return Ok(Ended { status, forwarded, timed_out: asked.timed_out });
            }
            self.look_at_the_clock(&mut asked)?;
        }
    }

    /// How the command has ended, now that this process's child has.
    fn status(&self) -> sys::Result<Status> {
        let pidfd = self.child.pidfd.as_fd();
        if self.under_init.is_none() {
            return process::wait(pidfd);
        }
        let status = status_below(self.child.pid, process::wait_unreaped(pidfd)?);
        process::wait(pidfd)?;
        Ok(status)
    }

    fn next_deadline(&self, asked: &Asked) -> Option<Instant> {
        let end = self.stop.end.filter(|_| !asked.stopping);
        end.into_iter().chain(asked.kill_at).min()
    }

    fn look_at_the_clock(&self, asked: &mut Asked) -> sys::Result<()> {
        let Some(deadline) = self.next_deadline(asked) else { return Ok(()) };
        if Instant::now() < deadline {
            return Ok(());
        }
        if asked.kill_at.take().is_some() {
            let name = signal::name(self.stop.signal);
            let patience = self.stop.patience.as_secs_f64();
            return self.kill(&format!("the command did not end within {patience} s of {name}"));
        }
        asked.timed_out = true;
        self.stop(asked)
    }

    /// Ends the payload, and with its PID 1 all that is in its namespace; in the host's
    /// PID namespace the rest goes with the groups.
    fn kill(&self, why: &str) -> sys::Result<()> {
        (self.notify)(&format!("{why}: ended by SIGKILL"));
        self.send(number::KILL)
    }

    /// Tells the payload to stop; it is killed if it takes too long, and at once if it
    /// would not even notice.
    fn stop(&self, asked: &mut Asked) -> sys::Result<()> {
        if std::mem::replace(&mut asked.stopping, true) {
            // It knows; the clock is running.
            return Ok(());
        }
        let wanted = self.stop.signal;
        let deaf = match self.under_init {
            Some(_) => !self.handles(wanted, Handling::heeds),
            None => self.pid_one && !self.handles(wanted, Handling::takes),
        };
        if deaf && wanted != number::KILL {
            let name = signal::name(wanted);
            return self.kill(&format!("the command does not handle {name}"));
        }
        // Nobody waits for what can't be refused.
        asked.kill_at = (wanted != number::KILL).then(|| Instant::now() + self.stop.patience);
        self.send(wanted)
    }

    fn send(&self, signal: i32) -> sys::Result<()> {
        process::signal(self.child.pidfd.as_fd(), signal)?;
        if let Some(group) = self.freezer.filter(|_| signal == number::KILL) {
            group::thaw(group);
        }
        Ok(())
    }

    fn forward(&self, arrived: Arrived, asked: &mut Asked) -> sys::Result<()> {
        use number::{HUP, INT, QUIT, TERM};
        match arrived.signal {
            TERM => return self.stop(asked),
            INT if asked.interrupted || asked.stopping => {
                return self.kill("another Ctrl-C");
            }
            INT => asked.interrupted = true,
            _ => {}
        }
        let ends = [HUP, INT, QUIT].contains(&arrived.signal);
        let judged = self.pid_one && self.under_init.is_none();
        if judged && ends && !self.handles(arrived.signal, Handling::handles) {
            let name = signal::name(arrived.signal);
            return self.kill(&format!("the command does not handle {name}"));
        }
        self.send(arrived.signal)
    }

    /// Whether the command does something about a signal. In doubt: yes.
    fn handles(&self, signal: i32, by: fn(Handling, i32) -> bool) -> bool {
        let pid = self.under_init.unwrap_or(self.child.pid);
        let read = |name: &str| std::fs::read_to_string(format!("/proc/{pid}/{name}")).ok();
        let masks = read("status").and_then(|status| Handling::parse(&status));
        // tini waits in rt_sigtimedwait without any mask that would show here.
        let waits = || read("syscall").is_none_or(|call| signal::is_sigtimedwait(&call));
        masks.is_none_or(|masks| by(masks, signal)) || waits()
    }
}

/// How the command ended below a PID 1 that stays, which has ended with `status` and is not
/// reaped yet: it tells by its name if it was a signal.
fn status_below(pid: i32, status: Status) -> Status {
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    let signal = name.trim_end().strip_prefix(ENDED_BY).and_then(|number| number.parse().ok());
    match (status, signal) {
        (Status::Exited(code), Some(signal)) if i32::from(code) == 128 + signal => Status::Signaled(signal),
        _ => status,
    }
}
