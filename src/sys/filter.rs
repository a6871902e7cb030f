//! Filters of system calls, seccomp(2).

use super::call::check;
use super::{Call, Errno, Error, Result};

const SECCOMP_SET_MODE_FILTER: libc::c_long = 1;

/// Loads a program for this thread: 8 bytes an instruction, least significant byte first,
/// as both architectures have it in memory. Needs no_new_privileges or CAP_SYS_ADMIN.
///
/// # Errors
/// EINVAL for a program that the kernel refuses, EACCES without the privilege.
pub fn load(program: &[u8], flags: u32) -> Result<()> {
    let invalid = || Error::new(Call::Seccomp, Errno::EINVAL);
    // Aligned as the kernel's structure is.
    let mut instructions: Vec<libc::sock_filter> = program
        .chunks_exact(8)
        .map(|bytes| libc::sock_filter {
            code: u16::from_le_bytes([bytes[0], bytes[1]]),
            jt: bytes[2],
            jf: bytes[3],
            k: u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]),
        })
        .collect();
    let len = u16::try_from(instructions.len()).map_err(|_| invalid())?;
    let program = libc::sock_fprog { len, filter: instructions.as_mut_ptr() };
    // SAFETY: the program is ours, and the kernel copies it.
    check(Call::Seccomp, unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            SECCOMP_SET_MODE_FILTER,
            libc::c_long::from(flags),
            &raw const program,
        )
    })?;
    Ok(())
}
