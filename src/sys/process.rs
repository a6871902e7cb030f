//! Processes: waiting, signals by pidfd, exec, prctl.

use super::call::check;
use super::{Call, Errno, Error, Result};
use std::ffi::{CStr, CString};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// exit(3) with this code.
    Exited(u8),
    /// Ended by this signal.
    Signaled(i32),
}

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

/// Sends SIGKILL to a process of a group that is being emptied, by number: it may
/// have ended, which is no error.
pub fn kill_by_number(pid: i32) {
    if pid > 0 {
        // SAFETY: plain integers; positive, so that no process group is meant.
        unsafe { libc::kill(pid, libc::SIGKILL) };
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

/// unshare(2) of the cgroup namespace.
pub fn unshare_cgroup() -> Result<()> {
    // SAFETY: plain integer; this process is single-threaded.
    check(Call::Unshare, unsafe { libc::unshare(libc::CLONE_NEWCGROUP) })?;
    Ok(())
}

/// chdir(2) to the root folder.
pub fn change_to_root() -> Result<()> {
    // SAFETY: a C string.
    check(Call::Chdir, unsafe { libc::chdir(c"/".as_ptr()) })?;
    Ok(())
}

/// PR_SET_CHILD_SUBREAPER: orphans below this process become its children.
pub fn adopt_orphans() -> Result<()> {
    // SAFETY: plain integers.
    check(Call::Subreaper, unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) })?;
    Ok(())
}

/// PR_SET_DUMPABLE off: nobody without CAP_SYS_PTRACE looks into this process.
pub fn set_undumpable() -> Result<()> {
    // SAFETY: plain integers.
    check(Call::Dumpable, unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0) })?;
    Ok(())
}

/// fork(2): the child's number, or nothing in the child. Only for processes of one thread.
pub fn fork() -> Result<Option<i32>> {
    // SAFETY: this process has one thread, so that no lock is held by another.
    let pid = check(Call::Fork, unsafe { libc::fork() })?;
    Ok((pid != 0).then_some(pid as i32))
}

/// execveat(2) of a descriptor, with an empty environment. Returns only on failure.
pub fn execute_descriptor(program: BorrowedFd<'_>, arguments: &[&CStr]) -> Error {
    let mut pointers: Vec<*const libc::c_char> = arguments.iter().map(|text| text.as_ptr()).collect();
    pointers.push(std::ptr::null());
    let environment = [std::ptr::null::<libc::c_char>()];
    // SAFETY: both arrays end with null, and their strings outlive the call.
    unsafe {
        libc::syscall(
            libc::SYS_execveat,
            program.as_raw_fd(),
            c"".as_ptr(),
            pointers.as_ptr(),
            environment.as_ptr(),
            libc::AT_EMPTY_PATH,
        )
    };
    Error::last(Call::Execveat)
}

/// Reaps one child that has ended, whichever it is: its number, and how it ended.
pub fn reap() -> Option<(i32, Status)> {
    // SAFETY: `siginfo_t` is plain data, for which zero is valid.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    let how = libc::WEXITED | libc::WNOHANG | libc::__WALL;
    // SAFETY: `info` is ours to fill.
    check(Call::Waitid, unsafe { libc::waitid(libc::P_ALL, 0, &raw mut info, how) }).ok()?;
    // SAFETY: waitid fills these fields, with zero if nothing has ended.
    let (pid, status) = unsafe { (info.si_pid(), info.si_status()) };
    let status = match info.si_code {
        libc::CLD_EXITED => Status::Exited(status as u8),
        _ => Status::Signaled(status),
    };
    (pid > 0).then_some((pid, status))
}

/// Sends a signal to a child of this process that has not been reaped.
pub fn kill(pid: i32, signal: i32) {
    if pid > 0 {
        // SAFETY: plain integers; positive, so that no process group is meant.
        unsafe { libc::kill(pid, signal) };
    }
}

/// sethostname(2)
pub fn set_hostname(name: &str) -> Result<()> {
    // SAFETY: pointer and length are the text's.
    check(Call::Sethostname, unsafe { libc::sethostname(name.as_ptr().cast(), name.len()) })?;
    Ok(())
}

/// setdomainname(2)
pub fn set_domainname(name: &str) -> Result<()> {
    // SAFETY: pointer and length are the text's.
    check(Call::Setdomainname, unsafe { libc::setdomainname(name.as_ptr().cast(), name.len()) })?;
    Ok(())
}

/// setsid(2)
pub fn new_session() -> Result<()> {
    // SAFETY: no arguments.
    check(Call::Setsid, unsafe { libc::setsid() })?;
    Ok(())
}

/// SIGKILL for this process when the thread that made it dies.
pub fn die_with_parent() -> Result<()> {
    // SAFETY: plain integers.
    check(Call::Pdeathsig, unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0) })?;
    Ok(())
}

/// The name that ps(1) shows, at most 15 bytes.
pub fn set_name(name: &CStr) {
    // SAFETY: a C string. The name is cosmetic, so a failure is of no interest.
    unsafe { libc::prctl(libc::PR_SET_NAME, name.as_ptr(), 0, 0, 0) };
}

/// PR_SET_NO_NEW_PRIVS
pub fn no_new_privileges() -> Result<()> {
    // SAFETY: plain integers.
    check(Call::NoNewPrivs, unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) })?;
    Ok(())
}

/// A new, empty session keyring. A kernel without keyrings has nothing to hide.
pub fn new_session_keyring() -> Result<()> {
    match join_new_keyring() {
        Err(error) if error.errno != Errno::ENOSYS => Err(error),
        _ => Ok(()),
    }
}

/// The same, and ENOSYS where the kernel has no keyrings.
pub fn join_new_keyring() -> Result<()> {
    // SAFETY: a null name asks for an anonymous keyring.
    check(Call::Keyctl, unsafe {
        libc::syscall(libc::SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, std::ptr::null::<libc::c_char>())
    })?;
    Ok(())
}

const KEYCTL_JOIN_SESSION_KEYRING: libc::c_int = 1;

/// Arguments for [`execute`], made before the last messages are sent so that nothing
/// can fail between those and the exec.
#[derive(Debug)]
pub struct Program {
    paths: Vec<CString>,
    arguments: Vec<CString>,
    environment: Vec<CString>,
}

impl Program {
    /// The paths are tried in order, as execvp(3) does it with PATH.
    pub fn new(paths: Vec<CString>, arguments: Vec<CString>, environment: Vec<CString>) -> Self {
        Self { paths, arguments, environment }
    }
}

/// execve(2). Returns only on failure: with the errno and the path that it is about.
pub fn execute(program: &Program) -> (Error, CString) {
    let pointers = |strings: &[CString]| -> Vec<*const libc::c_char> {
        strings.iter().map(|s| s.as_ptr()).chain([std::ptr::null()]).collect()
    };
    let arguments = pointers(&program.arguments);
    let environment = pointers(&program.environment);
    let mut worst = (Errno::ENOENT, CString::default());
    for path in &program.paths {
        // SAFETY: the arrays end with null and their strings live in `program`.
        unsafe { libc::execve(path.as_ptr(), arguments.as_ptr(), environment.as_ptr()) };
        match Errno::last() {
            // Found, but its interpreter is not: that is worth more than a path without a file.
            Errno::ENOENT if worst.0 == Errno::ENOENT && exists(path) && !exists(&worst.1) => {
                worst.1.clone_from(path);
            }
            Errno::ENOENT | Errno::ENOTDIR if worst.1.is_empty() => worst.1 = path.clone(),
            Errno::ENOENT | Errno::ENOTDIR => {}
            // Found, but not executable: a later folder may have a better one.
            Errno::EACCES => worst = (Errno::EACCES, path.clone()),
            errno => return (Error::new(Call::Execve, errno), path.clone()),
        }
    }
    (Error::new(Call::Execve, worst.0), worst.1)
}

/// Whether a path leads to anything: tells a missing interpreter from a missing command.
pub fn exists(path: &CStr) -> bool {
    // SAFETY: a C string.
    unsafe { libc::access(path.as_ptr(), libc::F_OK) == 0 }
}

/// Ends this process at once, without destructors.
pub fn exit_now(code: i32) -> ! {
    // SAFETY: never returns.
    unsafe { libc::_exit(code) }
}
