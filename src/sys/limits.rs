//! What a process has for itself and hands on: resource limits, nice value, the
//! processors it may run on.

use super::call::check;
use super::{Call, Errno, Error, Result};

/// Resource limits by name, and their numbers: getrlimit(2).
#[allow(clippy::unnecessary_cast)] // the constants' type differs between C libraries
pub const RLIMITS: [(&str, u32); 16] = [
    ("as", libc::RLIMIT_AS as u32),
    ("core", libc::RLIMIT_CORE as u32),
    ("cpu", libc::RLIMIT_CPU as u32),
    ("data", libc::RLIMIT_DATA as u32),
    ("fsize", libc::RLIMIT_FSIZE as u32),
    ("locks", libc::RLIMIT_LOCKS as u32),
    ("memlock", libc::RLIMIT_MEMLOCK as u32),
    ("msgqueue", libc::RLIMIT_MSGQUEUE as u32),
    ("nice", libc::RLIMIT_NICE as u32),
    ("nofile", libc::RLIMIT_NOFILE as u32),
    ("nproc", libc::RLIMIT_NPROC as u32),
    ("rss", libc::RLIMIT_RSS as u32),
    ("rtprio", libc::RLIMIT_RTPRIO as u32),
    ("rttime", libc::RLIMIT_RTTIME as u32),
    ("sigpending", libc::RLIMIT_SIGPENDING as u32),
    ("stack", libc::RLIMIT_STACK as u32),
];

/// The kernel's struct rlimit64. Of libc's, the sizes differ between architectures.
#[repr(C)]
#[derive(Default)]
struct Limit {
    soft: u64,
    hard: u64,
}

/// RLIM64_INFINITY
const UNLIMITED: u64 = u64::MAX;

fn resource(name: &str) -> Result<u32> {
    let known = RLIMITS.iter().find(|(known, _)| *known == name);
    known.map(|(_, number)| *number).ok_or(Error::new(Call::Prlimit, Errno::EINVAL))
}

/// Soft and hard limit of this process for a resource of [`RLIMITS`]; none is no limit.
pub fn rlimit(name: &str) -> Result<(Option<u64>, Option<u64>)> {
    let mut limit = Limit::default();
    // SAFETY: a null pointer for the new limit, and `limit` is ours to fill.
    check(Call::Prlimit, unsafe {
        libc::syscall(libc::SYS_prlimit64, 0, resource(name)?, std::ptr::null::<Limit>(), &raw mut limit)
    })?;
    let bound = |value| (value != UNLIMITED).then_some(value);
    Ok((bound(limit.soft), bound(limit.hard)))
}

/// Sets the limits of this process for a resource of [`RLIMITS`]; none is no limit.
pub fn set_rlimit(name: &str, soft: Option<u64>, hard: Option<u64>) -> Result<()> {
    let limit = Limit { soft: soft.unwrap_or(UNLIMITED), hard: hard.unwrap_or(UNLIMITED) };
    // SAFETY: the call reads `limit`; the old one is not asked for.
    check(Call::Prlimit, unsafe {
        libc::syscall(
            libc::SYS_prlimit64,
            0,
            resource(name)?,
            &raw const limit,
            std::ptr::null_mut::<Limit>(),
        )
    })?;
    Ok(())
}

/// The nice value of this process, −20…19.
pub fn nice() -> Result<i32> {
    // The plain call answers 20 − nice, so that −1 is always an error.
    // SAFETY: plain integers.
    let answer =
        check(Call::Getpriority, unsafe { libc::syscall(libc::SYS_getpriority, libc::PRIO_PROCESS, 0) })?;
    Ok(20 - answer as i32)
}

/// Sets the nice value of this process.
pub fn set_nice(nice: i32) -> Result<()> {
    // SAFETY: plain integers.
    check(Call::Setpriority, unsafe { libc::syscall(libc::SYS_setpriority, libc::PRIO_PROCESS, 0, nice) })?;
    Ok(())
}

/// Words of a processor mask: 8192 is the kernel's NR_CPUS at most.
pub(super) const MASK: usize = 128;

/// Makes this process run on these processors only. The kernel leaves out, without a
/// word, those that the process's cpuset lacks: that is EINVAL here.
pub fn set_affinity(cpus: &[u32]) -> Result<()> {
    let mut wanted = [0_u64; MASK];
    for cpu in cpus {
        let word = wanted.get_mut(*cpu as usize / 64).ok_or(Error::new(Call::SetAffinity, Errno::EINVAL))?;
        *word |= 1 << (cpu % 64);
    }
    // SAFETY: pointer and length are the array's.
    check(Call::SetAffinity, unsafe {
        libc::syscall(libc::SYS_sched_setaffinity, 0, size_of_val(&wanted), wanted.as_ptr())
    })?;
    let mut got = [0_u64; MASK];
    // SAFETY: pointer and length are the array's.
    check(Call::Affinity, unsafe {
        libc::syscall(libc::SYS_sched_getaffinity, 0, size_of_val(&got), got.as_mut_ptr())
    })?;
    if got == wanted { Ok(()) } else { Err(Error::new(Call::SetAffinity, Errno::EINVAL)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_agree_with_proc() {
        let text = std::fs::read_to_string("/proc/self/limits").unwrap();
        let line = text.lines().find(|line| line.starts_with("Max open files")).unwrap();
        let (soft, hard) = rlimit("nofile").unwrap();
        let shown = |limit: Option<u64>| limit.map_or("unlimited".into(), |n| n.to_string());
        let fields: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(fields[3..5], [shown(soft), shown(hard)]);
        assert!(RLIMITS.iter().all(|(name, _)| rlimit(name).is_ok()));
        assert_eq!(rlimit("none").unwrap_err().errno, Errno::EINVAL);
        assert!(RLIMITS.is_sorted());
    }

    #[test]
    fn the_nice_value_agrees_with_proc() {
        let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
        assert_eq!(nice().unwrap().to_string(), fields[16]);
    }

    #[test]
    fn a_processor_that_is_not_there_is_refused() {
        assert_eq!(set_affinity(&[8191]).unwrap_err().errno, Errno::EINVAL);
        assert_eq!(set_affinity(&[1 << 20]).unwrap_err().errno, Errno::EINVAL);
    }
}
