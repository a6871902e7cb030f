//! What a process is and becomes.

use super::abi;
use super::fd::BorrowedFd;
use super::raw::call;
use super::{Call, Errno, Error, Result, check, memory};
use core::ffi::CStr;
use core::marker::PhantomData;
use core::ptr::null;

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// exit(3) with this code.
    Exited(u8),
    /// Ended by this signal.
    Signaled(i32),
}

/// unshare(2) of the namespaces of these flags. Only for processes of one thread.
pub fn unshare(flags: u32) -> Result<()> {
    // SAFETY: a plain integer.
    check(Call::Unshare, unsafe { call!(UNSHARE, flags) })?;
    Ok(())
}

/// setns(2) into a network namespace.
///
/// # Errors
/// EINVAL: it is one of another kind.
pub fn enter_network(namespace: BorrowedFd<'_>) -> Result<()> {
    // SAFETY: plain integers.
    check(Call::Setns, unsafe { call!(SETNS, namespace, abi::CLONE_NEWNET) })?;
    Ok(())
}

/// chdir(2) to the root folder.
pub fn change_to_root() -> Result<()> {
    // SAFETY: a C string.
    check(Call::Chdir, unsafe { call!(CHDIR, c"/") })?;
    Ok(())
}

/// PR_SET_CHILD_SUBREAPER: orphans below this process become its children.
pub fn adopt_orphans() -> Result<()> {
    control(Call::Subreaper, abi::PR_SET_CHILD_SUBREAPER, 1)
}

/// PR_SET_DUMPABLE off: nobody without CAP_SYS_PTRACE looks into this process.
pub fn set_undumpable() -> Result<()> {
    control(Call::Dumpable, abi::PR_SET_DUMPABLE, 0)
}

/// SIGKILL for this process when the thread that made it dies.
pub fn die_with_parent() -> Result<()> {
    control(Call::Pdeathsig, abi::PR_SET_PDEATHSIG, abi::SIGKILL)
}

/// PR_SET_NO_NEW_PRIVS
pub fn no_new_privileges() -> Result<()> {
    control(Call::NoNewPrivs, abi::PR_SET_NO_NEW_PRIVS, 1)
}

/// prctl(2) with one number.
fn control(call: Call, what: u32, value: u32) -> Result<()> {
    // SAFETY: plain integers.
    check(call, unsafe { call!(PRCTL, what, value) })?;
    Ok(())
}

/// The name that ps(1) shows, at most 15 bytes.
pub fn set_name(name: &CStr) {
    // SAFETY: a C string. The name is cosmetic, so a failure is of no interest.
    unsafe { call!(PRCTL, abi::PR_SET_NAME, name) };
}

/// fork(2): the child's number, or nothing in the child. Only for processes of one thread.
pub fn fork() -> Result<Option<i32>> {
    // SAFETY: a copy of this process on a copy of its stack.
    let pid = check(Call::Fork, unsafe { call!(CLONE, abi::SIGCHLD) })?;
    Ok((pid != 0).then_some(pid as i32))
}

/// Texts as execve(2) takes them: their addresses, and a null at the end.
#[derive(Debug)]
pub struct Strings<'a> {
    addresses: &'a [usize],
    of: PhantomData<&'a CStr>,
}

impl<'a> Strings<'a> {
    /// Of these texts, at most so many.
    ///
    /// # Errors
    /// ENOMEM
    pub fn new(texts: impl Iterator<Item = &'a CStr>, most: usize) -> Result<Self> {
        let addresses = memory::filled(most + 1, 0)?;
        for (address, text) in addresses[..most].iter_mut().zip(texts) {
            *address = text.as_ptr().expose_provenance();
        }
        Ok(Self { addresses, of: PhantomData })
    }
}

/// execve(2). Returns only on failure.
pub fn execute(path: &CStr, arguments: &Strings<'_>, environment: &Strings<'_>) -> Errno {
    let (arguments, environment) = (arguments.addresses.as_ptr(), environment.addresses.as_ptr());
    // SAFETY: both arrays end with null, and the texts are alive.
    let answer = unsafe { call!(EXECVE, path, arguments, environment) };
    Errno(answer.wrapping_neg() as i32)
}

/// execveat(2) of a descriptor, with an empty environment. Returns only on failure.
pub fn execute_descriptor(program: BorrowedFd<'_>, arguments: &Strings<'_>) -> Error {
    let none = [0_usize];
    let arguments = arguments.addresses.as_ptr();
    // SAFETY: both arrays end with null, and the texts are alive.
    let answer = unsafe { call!(EXECVEAT, program, c"", arguments, none.as_ptr(), abi::AT_EMPTY_PATH) };
    Error::new(Call::Execveat, Errno(answer.wrapping_neg() as i32))
}

/// Reaps one child that has ended, whichever it is: its number, and how it ended.
pub fn reap() -> Option<(i32, Status)> {
    let mut status = 0_i32;
    // SAFETY: `status` is ours to fill; what the child has used is not asked for.
    let pid = unsafe { call!(WAIT4, -1, &raw mut status, abi::WNOHANG | abi::__WALL, null::<u8>()) };
    let status = match status & 0x7f {
        0 => Status::Exited((status >> 8) as u8),
        signal => Status::Signaled(signal),
    };
    i32::try_from(pid).ok().filter(|pid| *pid > 0).map(|pid| (pid, status))
}

/// Sends a signal to a process by its number, as to a child that has not been reaped. One that
/// has ended is no error.
pub fn kill(pid: i32, signal: i32) {
    if pid > 0 {
        // SAFETY: plain integers; positive, so that no process group is meant.
        unsafe { call!(KILL, pid, signal) };
    }
}

/// sethostname(2)
pub fn set_hostname(name: &[u8]) -> Result<()> {
    // SAFETY: pointer and length are the text's.
    check(Call::Sethostname, unsafe { call!(SETHOSTNAME, name.as_ptr(), name.len()) })?;
    Ok(())
}

/// setdomainname(2)
pub fn set_domainname(name: &[u8]) -> Result<()> {
    // SAFETY: pointer and length are the text's.
    check(Call::Setdomainname, unsafe { call!(SETDOMAINNAME, name.as_ptr(), name.len()) })?;
    Ok(())
}

/// setsid(2)
pub fn new_session() -> Result<()> {
    // SAFETY: no arguments.
    check(Call::Setsid, unsafe { call!(SETSID) })?;
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
    let joined = unsafe { call!(KEYCTL, abi::KEYCTL_JOIN_SESSION_KEYRING, null::<u8>()) };
    check(Call::Keyctl, joined)?;
    Ok(())
}

/// Nanoseconds of the monotonic clock, the same in every process of this boot.
pub fn now() -> u64 {
    let mut time = abi::Timespec::default();
    // SAFETY: `time` is ours to fill; the clock exists everywhere.
    unsafe { call!(CLOCK_GETTIME, abi::CLOCK_MONOTONIC, &raw mut time) };
    time.tv_sec.cast_unsigned() * 1_000_000_000 + time.tv_nsec.cast_unsigned()
}

/// Ends this process at once, without destructors.
pub fn exit(code: i32) -> ! {
    loop {
        // SAFETY: never returns.
        unsafe { call!(EXIT_GROUP, code) };
    }
}
