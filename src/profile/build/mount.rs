//! Mounts: those that every container gets, and the checked form of all.

use crate::profile::choice::MountKind;
use crate::profile::raw::RawMount;
use crate::profile::rules;
use crate::profile::types::{Bind, Create, Generated, Mount, MountOption, MountSource, Propagation};
use figment::value::{Dict, Tag, Value};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Targets of the built-in layer with their types, in the order in which they are mounted:
/// /sys is last, since it shows the network namespace, which takes its time.
const BUILT_IN: [(&str, MountKind); 9] = [
    ("/proc", MountKind::Proc),
    ("/dev", MountKind::Dev),
    ("/dev/pts", MountKind::Devpts),
    ("/dev/shm", MountKind::Tmpfs),
    ("/dev/mqueue", MountKind::Mqueue),
    ("/etc/hosts", MountKind::Generated),
    ("/etc/hostname", MountKind::Generated),
    ("/etc/resolv.conf", MountKind::Generated),
    ("/sys", MountKind::Sysfs),
];

/// Where files are made for every container.
pub const GENERATED: [&str; 3] = ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf"];

/// What is made for a target, if something is, in a container of this host name.
fn generated(target: &str, hostname: &str) -> Option<Generated> {
    Some(match target {
        "/etc/hosts" => {
            // As Debian does it: a name of the machine's own that no network is needed for.
            let short = match hostname.split_once('.') {
                Some((first, _)) => format!(" {first}"),
                None => String::new(),
            };
            Generated::Hosts(format!(
                "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n127.0.1.1\t{hostname}{short}\n"
            ))
        }
        "/etc/hostname" => Generated::Hostname(format!("{hostname}\n")),
        "/etc/resolv.conf" => Generated::ResolvConf,
        _ => return None,
    })
}

/// Bound of /dev/shm, as in docker: `"64m"`.
const SHM_SIZE: u64 = 64 << 20;

/// The place of a mount among those that every container gets, if it is one of them: the
/// same kind of mount on the same target.
pub fn built_in_place(target: &str, mount: &Mount) -> Option<usize> {
    let place = BUILT_IN.iter().position(|(known, _)| *known == target)?;
    let same = match BUILT_IN[place].1 {
        MountKind::Tmpfs => matches!(mount.source, MountSource::Tmpfs { .. }),
        MountKind::Generated => matches!(mount.source, MountSource::Generated(_)),
        _ => mount.is_kernel(),
    };
    same.then_some(place)
}

/// The targets of the mounts that every container gets, in the order of mounting.
pub fn built_in_targets() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(target, _)| *target)
}

/// The table of one of them.
pub fn built_in(target: &str) -> Value {
    let mut table = Dict::new();
    if let Some((_, kind)) = BUILT_IN.iter().find(|(known, _)| *known == target) {
        table.insert("type".into(), Value::from(kind.word()));
        if *kind == MountKind::Tmpfs {
            table.insert("size".into(), Value::from("64m"));
            table.insert("options".into(), Value::from(vec![MountOption::Noexec.word()]));
        }
    }
    Value::Dict(Tag::Default, table)
}

/// The checked form of one of them, in a container of this host name.
pub fn built_in_mount(target: &str, hostname: &str) -> Mount {
    if let Some(generated) = generated(target, hostname) {
        return Mount { source: MountSource::Generated(generated), read_only: true, options: Vec::new() };
    }
    let kind = BUILT_IN.iter().find(|(known, _)| *known == target).map(|(_, kind)| *kind);
    let (source, read_only, options) = match kind {
        Some(MountKind::Proc) => (MountSource::Proc, false, Vec::new()),
        Some(MountKind::Sysfs) => (MountSource::Sysfs, true, Vec::new()),
        Some(MountKind::Dev) => (MountSource::Dev { size: None }, false, Vec::new()),
        Some(MountKind::Devpts) => (MountSource::Devpts, false, Vec::new()),
        Some(MountKind::Mqueue) => (MountSource::Mqueue, false, Vec::new()),
        _ => (
            MountSource::Tmpfs { size: Some(SHM_SIZE), mode: 0o1777, uid: 0, gid: 0 },
            false,
            vec![MountOption::Noexec],
        ),
    };
    Mount { source, read_only, options }
}

/// The mounts of a profile that says nothing of them, but for the generated ones.
pub fn built_in_mounts() -> BTreeMap<String, Mount> {
    let mounts = BUILT_IN.iter().filter(|(_, kind)| *kind != MountKind::Generated);
    mounts.map(|(target, _)| ((*target).to_owned(), built_in_mount(target, ""))).collect()
}

/// The files that every container of this host name gets, as mounts.
pub fn generated_mounts(hostname: &str) -> BTreeMap<String, Mount> {
    GENERATED.into_iter().map(|target| (target.to_owned(), built_in_mount(target, hostname))).collect()
}

/// The checked form of one mount; nothing for what the rules refuse.
pub fn mount(target: &str, raw: RawMount, hostname: &str) -> Option<Mount> {
    let kind = rules::kind(&raw).unwrap_or(MountKind::Bind);
    let (uid, gid) = (raw.uid.map_or(0, |id| id.0), raw.gid.map_or(0, |id| id.0));
    let size = raw.size.map(|size| size.0 & !4095);
    let source = match kind {
        MountKind::Bind => MountSource::Bind(Bind {
            source: raw.source.map(|source| PathBuf::from(source.0)).unwrap_or_default(),
            subpath: raw.subpath.map(|subpath| subpath.0),
            recursive: raw.recursive.is_none_or(|it| it.0),
            propagation: raw.propagation.map_or(Propagation::Private, |it| it.0),
            optional: raw.optional.is_some_and(|it| it.0),
            create: raw.create.map_or(Create::No, |it| it.0),
            idmap: raw.idmap.map(|maps| maps.0).unwrap_or_default(),
        }),
        MountKind::Tmpfs => {
            MountSource::Tmpfs { size, mode: raw.mode.map_or(0o1777, |mode| mode.0), uid, gid }
        }
        MountKind::File => MountSource::File {
            content: raw.content.map(|content| content.0).unwrap_or_default(),
            mode: raw.mode.map_or(0o644, |mode| mode.0),
            uid,
            gid,
        },
        MountKind::Proc => MountSource::Proc,
        MountKind::Sysfs => MountSource::Sysfs,
        MountKind::Dev => MountSource::Dev { size },
        MountKind::Devpts => MountSource::Devpts,
        MountKind::Mqueue => MountSource::Mqueue,
        MountKind::Overlay => MountSource::Overlay {
            source: raw.source.map(|source| PathBuf::from(source.0)).unwrap_or_default(),
            size,
        },
        MountKind::Cgroup => MountSource::Cgroup,
        MountKind::Generated => MountSource::Generated(generated(target, hostname)?),
    };
    let protected = matches!(
        kind,
        MountKind::Bind | MountKind::File | MountKind::Sysfs | MountKind::Generated | MountKind::Cgroup
    );
    Some(Mount {
        source,
        read_only: raw.read_only.map_or(protected, |it| it.0),
        options: raw.options.unwrap_or_default().into_iter().map(|option| option.0).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[test]
    fn the_built_in_layer_comes_to_the_built_in_mounts() {
        for target in built_in_targets() {
            let raw = RawMount::deserialize(&built_in(target)).unwrap();
            assert_eq!(mount(target, raw, "a.b"), Some(built_in_mount(target, "a.b")), "{target}");
        }
    }
}
