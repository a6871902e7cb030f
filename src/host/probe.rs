//! Reads the machine: the mount table and what the kernel tells without a file. This
//! is on the path of every launch, so nothing is read that a launch doesn't need.

use super::{Cgroups, Hierarchy, Host, LEAF, Needs, Unified, mountinfo, resources};
use crate::sys::{credentials, file, machine};
use std::fs::File;
use std::io::{Error, ErrorKind, Read};

/// Controllers that any plan may write to, beside those of [`Needs`]; if v1 carries all
/// of them, nobody asks for those of a cgroup2 tree beside it.
const LIMIT_CONTROLLERS: [&str; 3] = ["memory", "pids", "cpu"];

const OWN_GROUPS: &str = "/proc/self/cgroup";

pub(super) fn probe(needs: &Needs) -> std::io::Result<Host> {
    let mut buffer = Vec::with_capacity(8192);
    read(OWN_GROUPS, &mut buffer)?;
    let own = String::from_utf8_lossy(&buffer).into_owned();
    let mut cgroups = match conventional(needs, &own) {
        Some(cgroups) => cgroups,
        None => parse("/proc/self/mountinfo", &mut buffer, |t| Some(mountinfo::cgroups(t)))?,
    };
    if let Some(unified) = &mut cgroups.unified {
        unified.delegated = delegated(&unified.path, &own);
    }
    controllers_of_unified(needs, &mut cgroups, &mut buffer)?;
    Ok(Host {
        kernel: machine::kernel_release().map_err(Error::other)?,
        uid: machine::effective_uid(),
        capabilities: credentials::permitted().map_err(Error::other)?,
        page_size: machine::page_size(),
        cpus: machine::cpus().map_err(Error::other)?,
        seccomp: machine::has_seccomp_filters(),
        term: std::env::var("TERM").ok().filter(|t| !t.is_empty()),
        resources: resources::read(needs, cgroups.unified.as_ref().map(|unified| unified.path.as_str()))?,
        cgroups,
    })
}

/// Looks where systemd and cgroupfs-mount put cgroups. The mount table says it too,
/// but the kernel writes that anew for every reader, a microsecond or more a mount.
///
/// Nothing unless all that a plan may need is found and each is its hierarchy's root.
fn conventional(needs: &Needs, own: &str) -> Option<Cgroups> {
    const BASE: &str = "/sys/fs/cgroup";
    let is_root = |path: &str, version| file::cgroup_root(path) == Some(version);
    if is_root(BASE, 2) {
        return Some(Cgroups { hierarchies: Vec::new(), unified: Some(Unified::at(BASE.to_owned())) });
    }
    let unified = format!("{BASE}/unified");
    let mut found = Cgroups::default();
    if is_root(&unified, 2) {
        found.unified = Some(Unified::at(unified));
    }
    for line in own.lines() {
        let set = line.split(':').nth(1)?;
        let controllers: Vec<String> = set.split(',').map(str::to_owned).collect();
        if !controllers.iter().any(|c| limits(needs).any(|limit| limit == c) || c == "freezer") {
            continue;
        }
        // systemd names the folder after all controllers, others after one.
        let names = std::iter::once(set).chain(controllers.iter().map(String::as_str));
        let path = names.map(|name| format!("{BASE}/{name}")).find(|path| is_root(path, 1))?;
        found.hierarchies.push(Hierarchy { path, controllers });
    }
    let limits = limits(needs).all(|c| found.hierarchy(c).is_some());
    let tracking = found.unified.is_some() || found.hierarchy("freezer").is_some();
    (limits && tracking).then_some(found)
}

/// v1 names of the controllers that the plan at hand may write to.
fn limits(needs: &Needs) -> impl Iterator<Item = &str> {
    LIMIT_CONTROLLERS.into_iter().chain(needs.controllers.iter().copied())
}

fn controllers_of_unified(needs: &Needs, cgroups: &mut Cgroups, buffer: &mut Vec<u8>) -> std::io::Result<()> {
    let bound_to_v1 = limits(needs).all(|c| cgroups.hierarchy(c).is_some());
    let Some(unified) = cgroups.unified.as_mut().filter(|_| !bound_to_v1) else { return Ok(()) };
    let path = format!("{}/cgroup.controllers", unified.base());
    unified.controllers =
        parse(&path, buffer, |t| Some(t.split_ascii_whitespace().map(str::to_owned).collect()))?;
    Ok(())
}

/// The caller's own group in the cgroup2 tree, if it was handed to the caller: by systemd's
/// mark, on root's groups or on a user's.
pub(super) fn delegated(root: &str, own: &str) -> Option<String> {
    let path = own.lines().find_map(|line| line.strip_prefix("0::"))?;
    // A launcher has moved to the leaf before this one was started by it.
    let path = path.strip_suffix(LEAF).and_then(|path| path.strip_suffix('/')).unwrap_or(path);
    // The root is nobody's, and `/..` lies outside of what this process can see.
    if path.len() <= 1 || path.starts_with("/..") {
        return None;
    }
    let folder = format!("{}{path}", root.trim_end_matches('/'));
    [c"trusted.delegate", c"user.delegate"].iter().any(|mark| file::has_mark(&folder, mark)).then_some(folder)
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

pub(super) fn not_understood(path: &str) -> Error {
    Error::new(ErrorKind::InvalidData, format!("{path} is not in the form that proc(5) describes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_can_be_read() {
        let host = Host::probe().expect("every Linux has these files");
        assert!(host.cpus > 0);
        assert!(host.page_size.is_power_of_two());
        assert!(host.kernel.starts_with(|c: char| c.is_ascii_digit()));
    }

    #[test]
    fn the_short_way_finds_what_the_mount_table_says() {
        let mut buffer = Vec::new();
        read("/proc/self/mountinfo", &mut buffer).unwrap();
        let table = mountinfo::cgroups(&String::from_utf8_lossy(&buffer));
        // Nothing is an answer too: then the table is read.
        let needs = Needs { controllers: vec!["cpuset", "blkio"], ..Needs::default() };
        read(OWN_GROUPS, &mut buffer).unwrap();
        let Some(found) = conventional(&needs, &String::from_utf8_lossy(&buffer)) else { return };
        assert_eq!(found.unified, table.unified);
        for hierarchy in &found.hierarchies {
            assert_eq!(table.hierarchy(&hierarchy.controllers[0]), Some(hierarchy));
        }
    }

    #[test]
    fn a_file_that_is_missing_is_named() {
        let error = read("/proc/self/no-such-file", &mut Vec::new()).unwrap_err();
        assert!(error.to_string().starts_with("/proc/self/no-such-file can't be read: "), "{error}");
    }
}
