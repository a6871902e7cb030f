//! Reads the machine: five small files of /proc and /sys. This is on the path of
//! every launch, so nothing is read that a launch doesn't need.

use super::{Cgroups, Host, mountinfo};
use std::fs::File;
use std::io::{Error, ErrorKind, Read};

/// Controllers that a plan may write to; if v1 carries all of them, nobody asks for
/// those of a cgroup2 tree beside it.
const LIMIT_CONTROLLERS: [&str; 3] = ["memory", "pids", "cpu"];

pub(super) fn probe() -> std::io::Result<Host> {
    let mut buffer = Vec::with_capacity(8192);
    let status = parse("/proc/self/status", &mut buffer, identity)?;
    let kernel = parse("/proc/sys/kernel/osrelease", &mut buffer, |t| Some(t.trim_end().to_owned()))?;
    let cpus = parse("/sys/devices/system/cpu/online", &mut buffer, count_list)?;
    let mut cgroups = parse("/proc/self/mountinfo", &mut buffer, |t| Some(mountinfo::cgroups(t)))?;
    controllers_of_unified(&mut cgroups, &mut buffer)?;
    read("/proc/self/auxv", &mut buffer)?;
    let page_size = page_size(&buffer).ok_or_else(|| not_understood("/proc/self/auxv"))?;
    Ok(Host {
        kernel,
        uid: status.uid,
        capabilities: status.permitted,
        page_size,
        cpus,
        term: std::env::var("TERM").ok().filter(|t| !t.is_empty()),
        cgroups,
    })
}

fn controllers_of_unified(cgroups: &mut Cgroups, buffer: &mut Vec<u8>) -> std::io::Result<()> {
    let bound_to_v1 = LIMIT_CONTROLLERS.iter().all(|c| cgroups.hierarchy(c).is_some());
    let Some(unified) = cgroups.unified.as_mut().filter(|_| !bound_to_v1) else { return Ok(()) };
    let path = format!("{}/cgroup.controllers", unified.path);
    unified.controllers =
        parse(&path, buffer, |t| Some(t.split_ascii_whitespace().map(str::to_owned).collect()))?;
    Ok(())
}

/// What /proc/self/status says about the caller.
#[derive(Debug, PartialEq, Eq)]
struct Identity {
    uid: u32,
    permitted: u64,
}

/// Effective user id and permitted capabilities, proc_pid_status(5).
fn identity(status: &str) -> Option<Identity> {
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name));
    Some(Identity {
        // Real, effective, saved, file system.
        uid: field("Uid:")?.split_ascii_whitespace().nth(1)?.parse().ok()?,
        permitted: u64::from_str_radix(field("CapPrm:")?.trim(), 16).ok()?,
    })
}

/// How many numbers a list such as `0-3,8` holds, cpuset(7) "List format".
fn count_list(list: &str) -> Option<u32> {
    list.trim().split(',').try_fold(0u32, |sum, range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        sum.checked_add(last.checked_sub(first)?.checked_add(1)?)
    })
}

/// AT_PAGESZ of getauxval(3): pairs of native words.
fn page_size(auxv: &[u8]) -> Option<u64> {
    const AT_PAGESZ: usize = 6;
    const WORD: usize = size_of::<usize>();
    auxv.chunks_exact(2 * WORD).find_map(|pair| {
        let (key, value) = pair.split_at(WORD);
        let word = |bytes: &[u8]| bytes.try_into().map(usize::from_ne_bytes).ok();
        (word(key)? == AT_PAGESZ).then(|| word(value)).flatten().and_then(|v| u64::try_from(v).ok())
    })
}

/// Reads a whole file into the buffer. Without asking for its size first: files of
/// /proc have none.
fn read(path: &str, buffer: &mut Vec<u8>) -> std::io::Result<()> {
    buffer.clear();
    let failed = |error: Error| Error::new(error.kind(), format!("{path} can't be read: {error}"));
    let mut file = File::open(path).map_err(failed)?;
    let mut chunk = [0; 4096];
    loop {
        match file.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(length) => buffer.extend_from_slice(&chunk[..length]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(failed(error)),
        }
    }
}

fn parse<T>(path: &str, buffer: &mut Vec<u8>, with: impl FnOnce(&str) -> Option<T>) -> std::io::Result<T> {
    read(path, buffer)?;
    // A mount point may be any bytes; what is not UTF-8 is of no use to a plan.
    with(&String::from_utf8_lossy(buffer)).ok_or_else(|| not_understood(path))
}

fn not_understood(path: &str) -> Error {
    Error::new(ErrorKind::InvalidData, format!("{path} is not in the form that proc(5) describes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_is_the_effective_user_and_the_permitted_set() {
        let status = "Name:\tx\nUid:\t1000\t0\t0\t0\nCapInh:\t0\nCapPrm:\t000001fffeffffff\nCapEff:\t0\n";
        assert_eq!(identity(status), Some(Identity { uid: 0, permitted: 0x1ff_feff_ffff }));
        assert_eq!(identity("Name:\tx\n"), None);
        assert_eq!(identity("Uid:\t0\nCapPrm:\tff\n"), None);
    }

    #[test]
    fn lists_are_counted() {
        assert_eq!(count_list("0\n"), Some(1));
        assert_eq!(count_list("0-3,8,10-11\n"), Some(7));
        assert_eq!(count_list("3-1"), None);
        assert_eq!(count_list(""), None);
    }

    #[test]
    fn page_size_is_found_among_the_pairs() {
        let words: [usize; 6] = [3, 17, 6, 16384, 0, 0];
        let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_ne_bytes()).collect();
        assert_eq!(page_size(&bytes), Some(16384));
        assert_eq!(page_size(&bytes[..16]), None);
    }

    #[test]
    fn this_machine_can_be_read() {
        let host = Host::probe().expect("every Linux has these files");
        assert!(host.cpus > 0);
        assert!(host.page_size.is_power_of_two());
        assert!(host.kernel.starts_with(|c: char| c.is_ascii_digit()));
    }

    #[test]
    fn a_file_that_is_missing_is_named() {
        let error = read("/proc/self/no-such-file", &mut Vec::new()).unwrap_err();
        assert!(error.to_string().starts_with("/proc/self/no-such-file can't be read: "), "{error}");
    }
}
