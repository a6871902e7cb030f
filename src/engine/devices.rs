//! Which devices the processes of a group may use.

use crate::plan::DeviceRule;
use crate::sys::{self, Call, bpf, file};
use std::ffi::CString;
use std::fs;
use std::os::fd::{AsFd, BorrowedFd};

/// Forbids a v1 group every device and allows it those of the rules, in its files.
///
/// Returns what should be read back and what is, if they differ.
///
/// # Errors
/// The error, and the file it is about.
pub(super) fn allow(
    path: &str,
    rules: &[DeviceRule],
) -> Result<Option<(String, String)>, (sys::Error, String)> {
    let mut lines: Vec<String> = rules.iter().map(ToString::to_string).collect();
    let write = |name: &str, lines: &[String]| {
        let file = format!("{path}/{name}");
        let opened = CString::new(file.as_str())
            .map_err(|_| sys::Error::new(Call::Open, sys::Errno::EINVAL))
            .and_then(|file| file::open_write(&file));
        // One rule a write(2).
        opened
            .and_then(|open| {
                lines.iter().try_for_each(|line| file::write_once(open.as_fd(), line.as_bytes()))
            })
            .map_err(|error| (error, file))
    };
    write("devices.deny", &["a".to_owned()])?;
    write("devices.allow", &lines)?;
    let file = format!("{path}/devices.list");
    let answer =
        fs::read_to_string(&file).map_err(|error| (sys::Error::from_io(Call::Read, &error), file))?;
    let mut answer: Vec<&str> = answer.lines().collect();
    answer.sort_unstable();
    lines.sort_unstable();
    lines.dedup();
    Ok((answer != lines).then(|| (lines.join(", "), answer.join(", "))))
}

/// The same for a v2 group, which has no file for it.
pub(super) fn filter(group: BorrowedFd<'_>, rules: &[DeviceRule]) -> sys::Result<()> {
    let allowed = |rule: &DeviceRule| bpf::Allowed {
        block: rule.block,
        major: rule.major,
        minor: rule.minor,
        make: rule.access.contains('m'),
        read: rule.access.contains('r'),
        write: rule.access.contains('w'),
    };
    bpf::allow_devices(group, &rules.iter().map(allowed).collect::<Vec<_>>())
}
