//! Which system call a filter killed a process for. wait(2) tells the signal only; the
//! call is in the kernel's audit record, as far as the kernel writes one and the log can
//! be read.

use crate::seccomp::{Arch, calls};
use crate::sys::file;
use std::time::Duration;

/// The name of the call that the process with this id, as the host counts, was killed
/// for.
pub(super) fn call_of(pid: i32) -> Option<String> {
    // A thread of the kernel writes it, a moment later.
    for _ in 0..20 {
        let log = file::read_kernel_log().ok()?;
        if let Some(call) = find(&String::from_utf8_lossy(&log), pid) {
            return Some(call);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    None
}

/// The last record of AUDIT_SECCOMP (1326) that is about the process.
fn find(log: &str, pid: i32) -> Option<String> {
    let record = log.lines().rev().find(|line| {
        line.contains("type=1326 ")
            && field(line, "pid") == Some(&pid.to_string())
            && field(line, "sig") == Some("31")
    })?;
    let audit = u32::from_str_radix(field(record, "arch")?, 16).ok()?;
    let number: u32 = field(record, "syscall")?.parse().ok()?;
    let arch = Arch::ALL.into_iter().find(|arch| arch.audit() == audit)?;
    let arch = if arch == Arch::X86_64 && number >= calls::X32_BIT { Arch::X32 } else { arch };
    Some(
        calls::name(number, arch)
            .map_or_else(|| format!("number {number} of {}", arch.name()), str::to_owned),
    )
}

/// What stands behind ` NAME=`. The command's name, which may hold anything, comes in
/// quotes or as hexadecimal digits behind the fields that are asked for.
fn field<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    line.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_is_found_and_read() {
        let record = |pid: i32, arch: &str, number: u32| {
            format!(
                "5,1,2,-;audit: type=1326 audit(1.0:1): auid=0 uid=0 gid=0 ses=1 subj=? pid={pid} comm=\"x\" exe=\"/x\" \
                 sig=31 arch={arch} syscall={number} compat=0 ip=0x1 code=0x80000000\n"
            )
        };
        let log = record(7, "c000003e", 83)
            + &record(8, "40000003", 39)
            + &record(9, "c000003e", 9999)
            + "6,1,1,-;x\n";
        assert_eq!(find(&log, 7).as_deref(), Some("mkdir"));
        assert_eq!(find(&log, 8).as_deref(), Some("mkdir"));
        assert_eq!(find(&log, 9).as_deref(), Some("number 9999 of x86_64"));
        assert_eq!(find(&log, 1), None);
        assert_eq!(find("", 1), None);
    }
}
