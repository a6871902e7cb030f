//! Signals: blocking, signalfd(2), dispositions.

use super::call::check;
use super::{Call, Result, file};
use std::os::fd::{AsFd, FromRawFd, OwnedFd};

#[allow(missing_docs)]
pub mod number {
    pub const HUP: i32 = libc::SIGHUP;
    pub const INT: i32 = libc::SIGINT;
    pub const QUIT: i32 = libc::SIGQUIT;
    pub const KILL: i32 = libc::SIGKILL;
    pub const TERM: i32 = libc::SIGTERM;
    pub const CHLD: i32 = libc::SIGCHLD;
    pub const STOP: i32 = libc::SIGSTOP;
    pub const TSTP: i32 = libc::SIGTSTP;
    pub const WINCH: i32 = libc::SIGWINCH;
    pub const USR1: i32 = libc::SIGUSR1;
    pub const SYS: i32 = libc::SIGSYS;
}

/// The signals that have names, signal(7). Real-time ones are counted from
/// [`REAL_TIME`].
pub const NAMES: [(&str, i32); 33] = [
    ("SIGHUP", libc::SIGHUP),
    ("SIGINT", libc::SIGINT),
    ("SIGQUIT", libc::SIGQUIT),
    ("SIGILL", libc::SIGILL),
    ("SIGTRAP", libc::SIGTRAP),
    ("SIGABRT", libc::SIGABRT),
    ("SIGBUS", libc::SIGBUS),
    ("SIGFPE", libc::SIGFPE),
    ("SIGKILL", libc::SIGKILL),
    ("SIGUSR1", libc::SIGUSR1),
    ("SIGSEGV", libc::SIGSEGV),
    ("SIGUSR2", libc::SIGUSR2),
    ("SIGPIPE", libc::SIGPIPE),
    ("SIGALRM", libc::SIGALRM),
    ("SIGTERM", libc::SIGTERM),
    ("SIGSTKFLT", libc::SIGSTKFLT),
    ("SIGCHLD", libc::SIGCHLD),
    ("SIGCONT", libc::SIGCONT),
    ("SIGSTOP", libc::SIGSTOP),
    ("SIGTSTP", libc::SIGTSTP),
    ("SIGTTIN", libc::SIGTTIN),
    ("SIGTTOU", libc::SIGTTOU),
    ("SIGURG", libc::SIGURG),
    ("SIGXCPU", libc::SIGXCPU),
    ("SIGXFSZ", libc::SIGXFSZ),
    ("SIGVTALRM", libc::SIGVTALRM),
    ("SIGPROF", libc::SIGPROF),
    ("SIGWINCH", libc::SIGWINCH),
    ("SIGIO", libc::SIGIO),
    ("SIGPWR", libc::SIGPWR),
    ("SIGSYS", libc::SIGSYS),
    // Other words for two of them.
    ("SIGPOLL", libc::SIGIO),
    ("SIGIOT", libc::SIGABRT),
];

/// SIGRTMIN and SIGRTMAX as glibc counts, which is what a payload means by
/// `SIGRTMIN+3` (musl keeps one number more to itself).
pub const REAL_TIME: (i32, i32) = (34, 64);

/// What the launcher takes from the signalfd: everything that a process can be sent
/// on purpose. Not among them: faults of our own, SIGKILL and SIGSTOP, SIGPIPE (Rust
/// ignores it), SIGCHLD (pidfds tell), SIGCONT, and the terminal's stop signals,
/// which stop the launcher as the shell's user expects, unless `with_stop`.
fn forwarded(with_stop: bool) -> Vec<i32> {
    let stops = [libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU];
    let others = [
        libc::SIGHUP,
        libc::SIGINT,
        libc::SIGQUIT,
        libc::SIGTERM,
        libc::SIGUSR1,
        libc::SIGUSR2,
        libc::SIGALRM,
        libc::SIGVTALRM,
        libc::SIGPROF,
        libc::SIGWINCH,
        libc::SIGURG,
        libc::SIGIO,
        libc::SIGPWR,
    ];
    let real_time = libc::SIGRTMIN()..=libc::SIGRTMAX();
    let stops = if with_stop { &stops[..] } else { &[] };
    others.iter().chain(stops).copied().chain(real_time).collect()
}

/// A signal that arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrived {
    /// Its number.
    pub signal: i32,
    /// Who sent it, 0 for the kernel (a terminal's Ctrl-C).
    pub sender: i32,
}

/// Signals of this process, as a descriptor. Blocks them from being made on.
#[derive(Debug)]
pub struct Signals(OwnedFd);

impl Signals {
    /// Blocks and collects the signals that a launcher forwards. `SIGCHLD` gets its
    /// default disposition: ignored by whoever started us, waitid would answer ECHILD.
    pub fn collect(with_stop: bool) -> Result<Self> {
        // SAFETY: SIG_DFL is a valid disposition.
        unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
        // SAFETY: `sigset_t` is plain data; the calls below fill it in.
        let mut set: libc::sigset_t = unsafe { std::mem::zeroed() };
        // SAFETY: `set` is ours.
        unsafe { libc::sigemptyset(&raw mut set) };
        for signal in forwarded(with_stop) {
            // SAFETY: as above.
            unsafe { libc::sigaddset(&raw mut set, signal) };
        }
        // SAFETY: `set` is initialised; the old mask is not asked for.
        check(Call::Sigprocmask, unsafe {
            libc::sigprocmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut())
        })?;
        // SAFETY: as above.
        let fd = check(Call::Signalfd, unsafe {
            libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK)
        })?;
        // SAFETY: just made, ours alone.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(fd as i32) }))
    }

    /// The next signal that has arrived, if any.
    pub fn next(&self) -> Option<Arrived> {
        let mut buffer = [0; size_of::<libc::signalfd_siginfo>()];
        let read = file::read(self.0.as_fd(), &mut buffer).ok()?;
        if read != buffer.len() {
            return None;
        }
        // SAFETY: the kernel has filled in a whole `signalfd_siginfo`, plain data.
        let info: libc::signalfd_siginfo = unsafe { std::ptr::read_unaligned(buffer.as_ptr().cast()) };
        Some(Arrived { signal: info.ssi_signo.cast_signed(), sender: info.ssi_pid.cast_signed() })
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Whether this is a stop signal of the terminal's.
pub fn is_stop(signal: i32) -> bool {
    [libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU].contains(&signal)
}

/// Whether the text of /proc/PID/syscall says that the process sits in
/// rt_sigtimedwait(2).
pub fn is_sigtimedwait(syscall: &str) -> bool {
    let number = syscall.split_whitespace().next().and_then(|n| n.parse::<i64>().ok());
    number == Some(libc::SYS_rt_sigtimedwait)
}

/// `SIGTERM` and so on; `signal 35` for those without a name.
pub fn name(signal: i32) -> String {
    let known = NAMES.iter().find(|(_, number)| *number == signal);
    known.map_or_else(|| format!("signal {signal}"), |(name, _)| (*name).to_owned())
}

/// What /proc/PID/status says about a process's handling of signals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handling {
    caught: u64,
    blocked: u64,
    ignored: u64,
}

impl Handling {
    /// Reads the masks from the text of /proc/PID/status.
    pub fn parse(status: &str) -> Option<Self> {
        let mask = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key))?;
            u64::from_str_radix(line.trim(), 16).ok()
        };
        Some(Self { caught: mask("SigCgt:")?, blocked: mask("SigBlk:")?, ignored: mask("SigIgn:")? })
    }

    /// Whether the process does something about this signal by itself: a handler, a
    /// mask for signalfd or sigwait, or that it is ignored on purpose. PID 1 of a pid
    /// namespace is not even stopped by a signal that it does nothing about.
    pub fn handles(self, signal: i32) -> bool {
        self.takes(signal) || Self::has(self.ignored, signal)
    }

    /// Whether the process could act on this signal: it has a handler, or a mask for
    /// signalfd or sigwait. One that is ignored will never end it.
    pub fn takes(self, signal: i32) -> bool {
        Self::has(self.caught | self.blocked, signal)
    }

    /// Whether an ordinary process, not PID 1 of a namespace, is ended by this signal or
    /// does something about it.
    pub fn heeds(self, signal: i32) -> bool {
        let harmless = [
            libc::SIGCHLD,
            libc::SIGCONT,
            libc::SIGURG,
            libc::SIGWINCH,
            libc::SIGSTOP,
            libc::SIGTSTP,
            libc::SIGTTIN,
            libc::SIGTTOU,
        ];
        self.takes(signal) || !Self::has(self.ignored, signal) && !harmless.contains(&signal)
    }

    fn has(mask: u64, signal: i32) -> bool {
        (1..=64).contains(&signal) && mask & (1 << (signal - 1)) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_c_librarys() {
        for signal in nix::sys::signal::Signal::iterator() {
            assert_eq!(name(signal as i32), signal.as_str());
        }
        assert_eq!(name(37), "signal 37");
    }

    #[test]
    fn status_tells_what_is_handled() {
        let status =
            "Name:\tx\nSigBlk:\t0000000000000001\nSigIgn:\t0000000000000004\nSigCgt:\t0000000000004000\n";
        let handling = Handling::parse(status).unwrap();
        assert!(handling.handles(libc::SIGTERM));
        assert!(handling.handles(libc::SIGHUP));
        assert!(handling.handles(libc::SIGQUIT));
        assert!(!handling.handles(libc::SIGINT));
        assert!(handling.takes(libc::SIGTERM) && handling.takes(libc::SIGHUP));
        assert!(!handling.takes(libc::SIGQUIT) && !handling.takes(0) && !handling.takes(65));
        assert!(handling.heeds(libc::SIGTERM) && handling.heeds(libc::SIGUSR1));
        assert!(!handling.heeds(libc::SIGQUIT) && !handling.heeds(libc::SIGWINCH));
        assert_eq!(Handling::parse("Name:\tx\n"), None);
    }
}
