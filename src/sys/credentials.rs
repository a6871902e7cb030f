//! Users, groups and capabilities(7).

use super::call::check;
use super::{Call, Errno, Result};

/// Names by number: `NAMES[21]` is `CAP_SYS_ADMIN`.
pub const NAMES: [&str; 41] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
];

/// The number of CAP_SYS_ADMIN.
pub const SYS_ADMIN: u32 = 21;

/// Bit n is capability n.
pub fn capability_bit(name: &str) -> Option<u64> {
    NAMES.iter().position(|known| *known == name).map(|number| 1 << number)
}

/// Drops every capability but these from the bounding set, up to the last one that
/// the kernel has.
pub fn limit_bounding_set(keep: u64) -> Result<()> {
    for number in (0..64).filter(|number| keep & (1 << number) == 0) {
        // SAFETY: plain integers.
        match check(Call::CapbsetDrop, unsafe { libc::prctl(libc::PR_CAPBSET_DROP, number, 0, 0, 0) }) {
            // Past the last one that the kernel has. One that is not held is no error.
            Err(error) if error.errno == Errno::EINVAL => break,
            result => result?,
        };
    }
    Ok(())
}

/// _LINUX_CAPABILITY_VERSION_3
const VERSION: u32 = 0x2008_0522;

#[repr(C)]
struct Header {
    version: u32,
    pid: i32,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Data {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

/// The permitted set of this process.
pub fn permitted() -> Result<u64> {
    let header = Header { version: VERSION, pid: 0 };
    let mut data = [Data { effective: 0, permitted: 0, inheritable: 0 }; 2];
    // SAFETY: the header asks for version 3, which fills in two data structures.
    check(Call::Capget, unsafe { libc::syscall(libc::SYS_capget, &raw const header, data.as_mut_ptr()) })?;
    Ok(u64::from(data[0].permitted) | u64::from(data[1].permitted) << 32)
}

/// Sets effective and permitted. Inheritable and ambient become `ambient`, which must be
/// among them: what an execve(2) by another user than root keeps.
pub fn set_capabilities(keep: u64, ambient: u64) -> Result<()> {
    // SAFETY: plain integers.
    check(Call::CapAmbientClear, unsafe {
        libc::prctl(libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    })?;
    let header = Header { version: VERSION, pid: 0 };
    let half = |bits: u64, ambient: u64| Data {
        effective: bits as u32,
        permitted: bits as u32,
        inheritable: ambient as u32,
    };
    let data = [half(keep, ambient), half(keep >> 32, ambient >> 32)];
    // SAFETY: the header asks for version 3, which takes two data structures.
    check(Call::Capset, unsafe { libc::syscall(libc::SYS_capset, &raw const header, data.as_ptr()) })?;
    for number in (0..64).filter(|number| ambient & (1 << number) != 0) {
        // SAFETY: plain integers.
        check(Call::CapAmbientRaise, unsafe {
            libc::prctl(libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_RAISE, number, 0, 0)
        })?;
    }
    Ok(())
}

/// Sets the supplementary groups.
pub fn set_groups(groups: &[u32]) -> Result<()> {
    // The plain system calls: libc's wrappers would look for other threads.
    // SAFETY: pointer and length are the slice's.
    check(Call::Setgroups, unsafe { libc::syscall(libc::SYS_setgroups, groups.len(), groups.as_ptr()) })?;
    Ok(())
}

/// Keeps the permitted set while the user changes from 0, then sets group and user.
pub fn set_user(uid: u32, gid: u32) -> Result<()> {
    if uid != 0 {
        // SAFETY: plain integers.
        check(Call::Setkeepcaps, unsafe { libc::prctl(libc::PR_SET_KEEPCAPS, 1, 0, 0, 0) })?;
    }
    // SAFETY: plain integers.
    check(Call::Setresgid, unsafe { libc::syscall(libc::SYS_setresgid, gid, gid, gid) })?;
    // SAFETY: plain integers.
    check(Call::Setresuid, unsafe { libc::syscall(libc::SYS_setresuid, uid, uid, uid) })?;
    Ok(())
}

/// umask(2)
pub fn set_umask(mask: u32) {
    // SAFETY: cannot fail.
    unsafe { libc::umask(mask) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capability_numbers_are_the_kernels() {
        assert_eq!(capability_bit("CAP_CHOWN"), Some(1));
        assert_eq!(capability_bit("CAP_SYS_ADMIN"), Some(1 << 21));
        assert_eq!(capability_bit("CAP_CHECKPOINT_RESTORE"), Some(1 << 40));
        assert_eq!(capability_bit("chown"), None);
    }
}
