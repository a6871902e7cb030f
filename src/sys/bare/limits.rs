//! What a process has for itself and hands on: resource limits, nice value, the
//! processors it may run on.

use super::abi::{self, Rlimit};
use super::raw::call;
use super::{Call, Errno, Error, Result, check};

/// RLIM64_INFINITY
pub const UNLIMITED: u64 = u64::MAX;

/// Sets the soft and hard limit of this process for a resource, by its number;
/// [`UNLIMITED`] is none.
pub fn set_rlimit(resource: u32, soft: u64, hard: u64) -> Result<()> {
    let limit = Rlimit { rlim_cur: soft, rlim_max: hard };
    // SAFETY: the call reads `limit`; the old one is not asked for.
    check(Call::Prlimit, unsafe { call!(PRLIMIT64, 0, resource, &raw const limit, 0_usize) })?;
    Ok(())
}

/// Sets the nice value of this process.
pub fn set_nice(nice: i32) -> Result<()> {
    // SAFETY: plain integers.
    check(Call::Setpriority, unsafe { call!(SETPRIORITY, abi::PRIO_PROCESS, 0, nice) })?;
    Ok(())
}

/// Words of a processor mask: 8192 is the kernel's NR_CPUS at most.
pub const MASK: usize = 128;

/// Makes this process run on these processors only. The kernel leaves out, without a
/// word, those that the process's cpuset lacks: that is EINVAL here.
pub fn set_affinity(cpus: impl Iterator<Item = u32>) -> Result<()> {
    let mut wanted = [0_u64; MASK];
    for cpu in cpus {
        let word = wanted.get_mut(cpu as usize / 64).ok_or(Error::new(Call::SetAffinity, Errno::EINVAL))?;
        *word |= 1 << (cpu % 64);
    }
    // SAFETY: pointer and length are the array's.
    check(Call::SetAffinity, unsafe { call!(SCHED_SETAFFINITY, 0, size_of_val(&wanted), wanted.as_ptr()) })?;
    let mut got = [0_u64; MASK];
    // SAFETY: pointer and length are the array's.
    check(Call::Affinity, unsafe { call!(SCHED_GETAFFINITY, 0, size_of_val(&got), got.as_mut_ptr()) })?;
    if got == wanted { Ok(()) } else { Err(Error::new(Call::SetAffinity, Errno::EINVAL)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_processor_that_is_not_there_is_refused() {
        for cpu in [8191, 1 << 20] {
            assert_eq!(set_affinity([cpu].into_iter()).unwrap_err().errno, Errno::EINVAL);
        }
    }
}
