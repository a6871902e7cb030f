//! The filter of system calls that is in force in a process, as the kernel keeps it.
#![allow(unsafe_code)]

use nix::errno::Errno;
use std::time::Instant;

/// PTRACE_SECCOMP_GET_FILTER, which libc does not name.
const GET_FILTER: Request = 0x420c;

/// An instruction, struct sock_filter: code, jt, jf, k.
pub type Instruction = (u16, u8, u8, u32);

/// C libraries differ in it.
#[cfg(target_env = "musl")]
type Request = libc::c_int;
#[cfg(not(target_env = "musl"))]
type Request = libc::c_uint;

fn request(what: Request, pid: i32, address: usize, data: *mut libc::sock_filter) -> Result<i64, Errno> {
    // SAFETY: the only request that writes gets a buffer of the length that it asked for.
    let result = unsafe { libc::ptrace(what, pid, address, data) };
    if result < 0 { Err(Errno::last()) } else { Ok(result) }
}

/// The filters of a process, the newest first: read by a tracer that has every privilege,
/// which lets go of it again. The kernel keeps what was given to it, before it makes its
/// own program of it.
///
/// # Errors
/// What the kernel says; EINVAL without CONFIG_CHECKPOINT_RESTORE.
///
/// # Panics
/// If the process is not there.
pub fn filters(pid: i32) -> Result<Vec<Vec<Instruction>>, Errno> {
    let nothing = std::ptr::null_mut();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
    if status.lines().any(|line| line == "Seccomp:\t0") {
        // The kernel answers as if it could not tell.
        return Ok(Vec::new());
    }
    request(libc::PTRACE_SEIZE, pid, 0, nothing)?;
    let read = request(libc::PTRACE_INTERRUPT, pid, 0, nothing).and_then(|_| {
        stopped(pid);
        let mut all = Vec::new();
        loop {
            match request(GET_FILTER, pid, all.len(), nothing) {
                Ok(count) => all.push(one(pid, all.len(), usize::try_from(count).expect("a length"))?),
                Err(Errno::ENOENT) => return Ok(all),
                Err(error) => return Err(error),
            }
        }
    });
    request(libc::PTRACE_DETACH, pid, 0, nothing)?;
    read
}

fn one(pid: i32, index: usize, count: usize) -> Result<Vec<Instruction>, Errno> {
    let empty = libc::sock_filter { code: 0, jt: 0, jf: 0, k: 0 };
    let mut instructions = vec![empty; count];
    request(GET_FILTER, pid, index, instructions.as_mut_ptr())?;
    Ok(instructions.iter().map(|it| (it.code, it.jt, it.jf, it.k)).collect())
}

fn stopped(pid: i32) {
    let start = Instant::now();
    loop {
        let mut status = 0;
        // SAFETY: the status is ours.
        let who = unsafe { libc::waitpid(pid, &raw mut status, libc::__WALL | libc::WNOHANG) };
        if who == pid && libc::WIFSTOPPED(status) {
            return;
        }
        assert!(who >= 0 && start.elapsed() < *super::PATIENCE, "{pid} does not stop: {who} {status:#x}");
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
}
