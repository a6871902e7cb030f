//! Users, groups and capabilities(7).

use super::abi::{self, CapData, CapHeader};
use super::raw::call;
use super::{Call, Errno, Result, check};

/// The number of CAP_KILL.
pub const KILL: u32 = 5;
/// The number of CAP_SYS_ADMIN.
pub const SYS_ADMIN: u32 = 21;

/// Drops every capability but these from the bounding set, up to the last one that
/// the kernel has.
pub fn limit_bounding_set(keep: u64) -> Result<()> {
    for number in (0..64_u32).filter(|number| keep & (1 << number) == 0) {
        // SAFETY: plain integers.
        match check(Call::CapbsetDrop, unsafe { call!(PRCTL, abi::PR_CAPBSET_DROP, number) }) {
            // Past the last one that the kernel has. One that is not held is no error.
            Err(error) if error.errno == Errno::EINVAL => break,
            result => result?,
        };
    }
    Ok(())
}

/// Sets effective and permitted. Inheritable and ambient become `ambient`, which must be
/// among them: what an execve(2) by another user than root keeps.
pub fn set_capabilities(keep: u64, ambient: u64) -> Result<()> {
    // SAFETY: plain integers.
    let cleared = unsafe { call!(PRCTL, abi::PR_CAP_AMBIENT, abi::PR_CAP_AMBIENT_CLEAR_ALL) };
    check(Call::CapAmbientClear, cleared)?;
    let header = CapHeader { version: abi::LINUX_CAPABILITY_VERSION_3, pid: 0 };
    let half = |bits: u64, ambient: u64| CapData {
        effective: bits as u32,
        permitted: bits as u32,
        inheritable: ambient as u32,
    };
    let data = [half(keep, ambient), half(keep >> 32, ambient >> 32)];
    // SAFETY: the header asks for version 3, which takes two data structures.
    check(Call::Capset, unsafe { call!(CAPSET, &raw const header, data.as_ptr()) })?;
    for number in (0..64_u32).filter(|number| ambient & (1 << number) != 0) {
        // SAFETY: plain integers.
        let raised = unsafe { call!(PRCTL, abi::PR_CAP_AMBIENT, abi::PR_CAP_AMBIENT_RAISE, number) };
        check(Call::CapAmbientRaise, raised)?;
    }
    Ok(())
}

/// Sets the supplementary groups.
pub fn set_groups(groups: &[u32]) -> Result<()> {
    // SAFETY: pointer and length are the slice's.
    check(Call::Setgroups, unsafe { call!(SETGROUPS, groups.len(), groups.as_ptr()) })?;
    Ok(())
}

/// Keeps the permitted set while the user changes from 0, then sets group and user.
pub fn set_user(uid: u32, gid: u32) -> Result<()> {
    if uid != 0 {
        // SAFETY: plain integers.
        check(Call::Setkeepcaps, unsafe { call!(PRCTL, abi::PR_SET_KEEPCAPS, 1_u32) })?;
    }
    // SAFETY: plain integers.
    check(Call::Setresgid, unsafe { call!(SETRESGID, gid, gid, gid) })?;
    // SAFETY: plain integers.
    check(Call::Setresuid, unsafe { call!(SETRESUID, uid, uid, uid) })?;
    Ok(())
}

/// umask(2)
pub fn set_umask(mask: u32) {
    // SAFETY: a plain integer; cannot fail.
    unsafe { call!(UMASK, mask) };
}
