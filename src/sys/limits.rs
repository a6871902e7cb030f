//! What a process has for itself and hands on: resource limits by name, and the nice value.

use super::bare::abi::Rlimit;
use super::bare::limits::UNLIMITED;
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

/// The number of a resource of [`RLIMITS`].
///
/// # Errors
/// EINVAL: it is none.
pub fn resource(name: &str) -> Result<u32> {
    let known = RLIMITS.iter().find(|(known, _)| *known == name);
    known.map(|(_, number)| *number).ok_or(Error::new(Call::Prlimit, Errno::EINVAL))
}

/// Soft and hard limit of this process for a resource of [`RLIMITS`]; none is no limit.
pub fn rlimit(name: &str) -> Result<(Option<u64>, Option<u64>)> {
    let mut limit = Rlimit::default();
    // SAFETY: a null pointer for the new limit, and `limit` is ours to fill.
    check(Call::Prlimit, unsafe {
        libc::syscall(libc::SYS_prlimit64, 0, resource(name)?, std::ptr::null::<Rlimit>(), &raw mut limit)
    })?;
    let bound = |value| (value != UNLIMITED).then_some(value);
    Ok((bound(limit.rlim_cur), bound(limit.rlim_max)))
}

/// The nice value of this process, −20…19.
pub fn nice() -> Result<i32> {
    // The plain call answers 20 − nice, so that −1 is always an error.
    // SAFETY: plain integers.
    let answer =
        check(Call::Getpriority, unsafe { libc::syscall(libc::SYS_getpriority, libc::PRIO_PROCESS, 0) })?;
    Ok(20 - answer as i32)
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
}
