//! Processes: waiting, and signals by pidfd.

pub use super::bare::process::{Status, exit, join_new_keyring, kill};
use super::call::check;
use super::{Call, Errno, Error, Result};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// Reaps a child that has ended or waits until it does.
pub fn wait(pidfd: BorrowedFd<'_>) -> Result<Status> {
    wait_how(pidfd, libc::WEXITED)
}

/// Like [`wait`], but the child keeps its number, and what /proc says of it.
pub fn wait_unreaped(pidfd: BorrowedFd<'_>) -> Result<Status> {
    wait_how(pidfd, libc::WEXITED | libc::WNOWAIT)
}

fn wait_how(pidfd: BorrowedFd<'_>, how: i32) -> Result<Status> {
    loop {
        // SAFETY: `siginfo_t` is plain data, for which zero is valid.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        // SAFETY: `info` is ours to fill.
        let result = check(Call::Waitid, unsafe {
            libc::waitid(libc::P_PIDFD, pidfd.as_raw_fd().cast_unsigned(), &raw mut info, how)
        });
        match result {
            Err(error) if error.errno == Errno::EINTR => continue,
            result => result?,
        };
        // SAFETY: waitid with WEXITED has filled in the SIGCHLD fields.
        let status = unsafe { info.si_status() };
        return Ok(match info.si_code {
            libc::CLD_EXITED => Status::Exited(status as u8),
            _ => Status::Signaled(status),
        });
    }
}

/// pidfd_open(2): a handle of the process that has this number now.
///
/// # Errors
/// ESRCH: there is none.
pub fn open(pid: i32) -> Result<OwnedFd> {
    // SAFETY: plain integers.
    let fd = check(Call::PidfdOpen, unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) })?;
    // SAFETY: just opened, ours alone; close-on-exec as all pidfds are.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

/// Whether a process has its number still: it runs, or waits to be reaped.
pub fn is_there(pidfd: BorrowedFd<'_>) -> bool {
    let none = std::ptr::null::<libc::siginfo_t>();
    // SAFETY: signal 0 is sent to nobody, and no siginfo is passed.
    unsafe { libc::syscall(libc::SYS_pidfd_send_signal, pidfd.as_raw_fd(), 0, none, 0) == 0 }
}

/// When a process was started, in clock ticks since the boot: with its number it names one
/// process of this boot. proc_pid_stat(5)
///
/// # Errors
/// ENOENT: there is none.
pub fn start_of(pid: i32) -> Result<u64> {
    let stat = std::fs::read(format!("/proc/{pid}/stat")).map_err(|e| Error::from_io(Call::Read, &e))?;
    // The name, in parentheses, may hold anything; field 3 comes after the last one.
    let stat = String::from_utf8_lossy(&stat);
    let field = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(19)?.parse().ok());
    field.ok_or(Error::new(Call::Read, Errno::EINVAL))
}

/// pidfd_send_signal(2). A process that has ended is no error.
pub fn signal(pidfd: BorrowedFd<'_>, signal: i32) -> Result<()> {
    // SAFETY: no siginfo is passed.
    let result = check(Call::PidfdSendSignal, unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            pidfd.as_raw_fd(),
            signal,
            std::ptr::null::<libc::siginfo_t>(),
            0,
        )
    });
    match result {
        Err(error) if error.errno != Errno::ESRCH => Err(error),
        _ => Ok(()),
    }
}

/// Sends a signal to this very process.
pub fn raise(signal: i32) {
    // SAFETY: plain integers.
    unsafe { libc::kill(libc::getpid(), signal) };
}

/// unshare(2) of one namespace; of that of pids, what the next child will be in.
pub fn unshare(namespace: super::clone::Namespace) -> Result<()> {
    // SAFETY: a plain integer; this process is single-threaded.
    check(Call::Unshare, unsafe { libc::unshare(namespace.flag()) })?;
    Ok(())
}

/// fork(2): the child's number, or nothing in the child. Only for processes of one thread.
pub fn fork() -> Result<Option<i32>> {
    // SAFETY: this process has one thread, so that no lock is held by another.
    let pid = check(Call::Fork, unsafe { libc::fork() })?;
    Ok((pid != 0).then_some(pid as i32))
}
