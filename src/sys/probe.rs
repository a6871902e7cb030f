//! What the kernel can do, tried out: on things of this process's own, in a child that is
//! there for nothing else, or with arguments that are refused once they are understood.

use super::call::check;
use super::{Call, Errno, Error, Result, clone, process, socket};
use std::os::fd::AsFd;

/// Does something in a child of this process that then ends, and whatever it has changed
/// for itself with it. Only for processes of one thread.
///
/// # Errors
/// What `attempt` says; EPIPE of recvmsg if the child died of it.
pub fn in_child(attempt: impl FnOnce() -> Result<()>) -> Result<()> {
    let (ours, theirs) = socket::pair()?;
    let Some(child) = process::fork()? else {
        let (call, errno) =
            attempt().map_or_else(|error| (error.call as i32 + 1, error.errno.0), |()| (0, 0));
        let mut bytes = [0; 8];
        bytes[..4].copy_from_slice(&call.to_le_bytes());
        bytes[4..].copy_from_slice(&errno.to_le_bytes());
        // If this fails the parent reads nothing, which says as much.
        let _ = socket::send(theirs.as_fd(), &bytes);
        process::exit(0);
    };
    drop(theirs);
    let mut bytes = [0; 8];
    let answer = socket::receive(ours.as_fd(), &mut bytes);
    // SAFETY: a null status is not written to.
    unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) };
    let number = |at: usize| i32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    match (answer?.0, number(0)) {
        (8, 0) => Ok(()),
        (8, call) => match u8::try_from(call - 1).ok().and_then(Call::from_number) {
            Some(call) => Err(Error::new(call, Errno(number(4)))),
            None => Err(Error::new(Call::Recvmsg, Errno::EINVAL)),
        },
        _ => Err(Error::new(Call::Recvmsg, Errno::EPIPE)),
    }
}

/// clone3(2) with a pidfd and cleared signal handlers: makes a child that ends at once.
pub fn clone3() -> Result<()> {
    let mut pidfd: i32 = -1;
    let mut arguments = arguments();
    arguments.flags = u64::from(libc::CLONE_PIDFD.cast_unsigned()) | clone::CLONE_CLEAR_SIGHAND;
    arguments.pidfd = (&raw mut pidfd) as u64;
    call_clone3(&arguments)?;
    // SAFETY: the kernel has just made this descriptor for us.
    drop(unsafe { <std::os::fd::OwnedFd as std::os::fd::FromRawFd>::from_raw_fd(pidfd) });
    Ok(())
}

/// Whether clone3(2) can put a child in a group of the cgroup2 tree. It is given a
/// descriptor that is none, which only a kernel that looks for a group refuses as such.
pub fn clone3_into_group() -> Result<()> {
    let mut arguments = arguments();
    arguments.flags = clone::CLONE_INTO_CGROUP;
    arguments.cgroup = i32::MAX as u64;
    match call_clone3(&arguments) {
        Err(error) if error.errno == Errno::EBADF => Ok(()),
        Err(error) => Err(error),
        // It has looked for nothing.
        Ok(()) => Err(Error::new(Call::Clone3, Errno::EINVAL)),
    }
}

fn arguments() -> libc::clone_args {
    // SAFETY: `clone_args` is plain integers, for which zero is valid.
    let mut arguments: libc::clone_args = unsafe { std::mem::zeroed() };
    arguments.exit_signal = u64::from(libc::SIGCHLD.cast_unsigned());
    arguments
}

/// Like fork(2): without a stack the child goes on here, and ends.
fn call_clone3(arguments: &libc::clone_args) -> Result<()> {
    // SAFETY: the arguments have the size that is given; this process has one thread.
    let child = check(Call::Clone3, unsafe {
        libc::syscall(libc::SYS_clone3, std::ptr::from_ref(arguments), size_of::<libc::clone_args>())
    })?;
    if child == 0 {
        process::exit(0);
    }
    // SAFETY: a null status is not written to.
    unsafe { libc::waitpid(child as i32, std::ptr::null_mut(), 0) };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_s_answer_arrives() {
        assert_eq!(in_child(|| Ok(())), Ok(()));
        let error = Error::new(Call::Unshare, Errno::ENOSPC);
        assert_eq!(in_child(|| Err(error)), Err(error));
        let died = in_child(|| process::exit(3));
        assert_eq!(died, Err(Error::new(Call::Recvmsg, Errno::EPIPE)));
    }

    #[test]
    fn this_kernel_has_what_every_launch_uses() {
        assert_eq!(clone3(), Ok(()));
        assert_eq!(clone3_into_group(), Ok(()));
    }
}
