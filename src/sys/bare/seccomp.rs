//! Filters of system calls, seccomp(2).

use super::abi::{SECCOMP_SET_MODE_FILTER, SockFprog};
use super::raw::call;
use super::{Call, Errno, Error, Result, check};

/// Bytes of an instruction, struct sock_filter.
const INSTRUCTION: usize = 8;

/// Loads a program for this thread: 8 bytes an instruction, least significant byte first,
/// as both architectures have it in memory. Needs no_new_privileges or CAP_SYS_ADMIN.
///
/// # Errors
/// EINVAL for a program that the kernel refuses, EACCES without the privilege.
pub fn load(program: &[u8], flags: u32) -> Result<()> {
    let len = u16::try_from(program.len() / INSTRUCTION);
    let len = len.map_err(|_| Error::new(Call::Seccomp, Errno::EINVAL))?;
    let program = SockFprog { len, filter: program.as_ptr() };
    // SAFETY: the kernel copies the program, for which any address will do.
    check(Call::Seccomp, unsafe { call!(SECCOMP, SECCOMP_SET_MODE_FILTER, flags, &raw const program) })?;
    Ok(())
}
