//! Facts that the kernel tells without a file.

pub use super::bare::process::now;
use super::call::check;
use super::{Call, Result};

/// Effective user id.
pub fn effective_uid() -> u32 {
    // SAFETY: no arguments; cannot fail.
    unsafe { libc::geteuid() }
}

/// uname(2)'s release.
pub fn kernel_release() -> Result<String> {
    Ok(text(&uname()?.release))
}

/// The kernel's architecture by uname(2): `x86_64`, `aarch64`.
pub fn architecture() -> Result<String> {
    Ok(text(&uname()?.machine))
}

fn uname() -> Result<libc::utsname> {
    // SAFETY: `utsname` is arrays of characters, for which zero is valid.
    let mut name: libc::utsname = unsafe { std::mem::zeroed() };
    // SAFETY: `name` is ours to fill.
    check(Call::Uname, unsafe { libc::uname(&raw mut name) })?;
    Ok(name)
}

fn text(field: &[libc::c_char]) -> String {
    let bytes: Vec<u8> = field.iter().take_while(|&&c| c != 0).map(|&c| c as u8).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Bytes of a page.
pub fn page_size() -> u64 {
    // SAFETY: a plain integer; the kernel always tells AT_PAGESZ.
    unsafe { libc::getauxval(libc::AT_PAGESZ) }
}

/// Whether the kernel has filters of system calls.
pub fn has_seccomp_filters() -> bool {
    const SECCOMP_GET_ACTION_AVAIL: libc::c_long = 2;
    const SECCOMP_RET_ALLOW: u32 = 0x7fff_0000;
    let action = SECCOMP_RET_ALLOW;
    // SAFETY: the action is ours to be read.
    unsafe { libc::syscall(libc::SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &raw const action) == 0 }
}

/// Processors that this process may run on, sched_getaffinity(2).
pub fn cpus() -> Result<u32> {
    // 8192 is the kernel's NR_CPUS at most.
    let mut set = [0_u64; 128];
    // SAFETY: pointer and length are the array's.
    let bytes = check(Call::Affinity, unsafe {
        libc::syscall(libc::SYS_sched_getaffinity, 0, size_of_val(&set), set.as_mut_ptr())
    })?;
    Ok(set[..bytes as usize / 8].iter().map(|word| word.count_ones()).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_agree_with_the_files() {
        let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
        assert_eq!(kernel_release().unwrap(), release.trim_end());
        assert_eq!(architecture().unwrap(), std::env::consts::ARCH);
        assert!(page_size().is_power_of_two() && page_size() >= 4096);
        assert!(cpus().unwrap() >= 1);
    }
}
