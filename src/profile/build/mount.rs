//! Mounts: those that every container gets, and the checked form of all.

use crate::profile::choice::MountKind;
use crate::profile::raw::RawMount;
use crate::profile::rules;
use crate::profile::types::{Bind, Create, Generated, Mount, MountOption, MountSource, Propagation};
use figment::value::{Dict, Tag, Value};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Targets of the built-in layer with their types, in the order in which they are mounted.
const BUILT_IN: [(&str, MountKind); 9] = [
    ("/proc", MountKind::Proc),
    ("/sys", MountKind::Sysfs),
    ("/dev", MountKind::Dev),
    ("/dev/pts", MountKind::Devpts),
    ("/dev/shm", MountKind::Tmpfs),
    ("/dev/mqueue", MountKind::Mqueue),
    ("/etc/hosts", MountKind::Generated),
    ("/etc/hostname", MountKind::Generated),
    ("/etc/resolv.conf", MountKind::Generated),
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

/// The table `mounts` of the built-in layer.
pub fn built_in() -> Value {
    let mount = |(target, kind): (&str, MountKind)| {
        let mut table = Dict::new();
        table.insert("type".into(), Value::from(kind.word()));
        if kind == MountKind::Tmpfs {
            table.insert("size".into(), Value::from("64m"));
            table.insert("options".into(), Value::from(vec![MountOption::Noexec.word()]));
        }
        (target.to_owned(), Value::Dict(Tag::Default, table))
    };
    Value::Dict(Tag::Default, BUILT_IN.into_iter().map(mount).collect())
}

/// The mounts of a profile that says nothing of them, but for the generated ones.
pub fn built_in_mounts() -> BTreeMap<String, Mount> {
    let mounts = BUILT_IN.into_iter().filter(|(_, kind)| *kind != MountKind::Generated);
    let mount = |(target, kind): (&str, MountKind)| {
        let (source, read_only, options) = match kind {
            MountKind::Proc => (MountSource::Proc, false, Vec::new()),
            MountKind::Sysfs => (MountSource::Sysfs, true, Vec::new()),
            MountKind::Dev => (MountSource::Dev { size: None }, false, Vec::new()),
            MountKind::Devpts => (MountSource::Devpts, false, Vec::new()),
            MountKind::Mqueue => (MountSource::Mqueue, false, Vec::new()),
            MountKind::Tmpfs
            | MountKind::Bind
            | MountKind::File
            | MountKind::Generated
            | MountKind::Overlay
            | MountKind::Cgroup => (
                MountSource::Tmpfs { size: Some(SHM_SIZE), mode: 0o1777, uid: 0, gid: 0 },
                false,
                vec![MountOption::Noexec],
            ),
        };
        (target.to_owned(), Mount { source, read_only, options })
    };
    mounts.map(mount).collect()
}

/// The files that every container of this host name gets, as mounts.
pub fn generated_mounts(hostname: &str) -> BTreeMap<String, Mount> {
    let mount = |target: &str| {
        let source = MountSource::Generated(generated(target, hostname)?);
        Some((target.to_owned(), Mount { source, read_only: true, options: Vec::new() }))
    };
    GENERATED.into_iter().filter_map(mount).collect()
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
        let raw = BTreeMap::<String, RawMount>::deserialize(&built_in()).unwrap();
        let mounts: BTreeMap<_, _> = raw
            .into_iter()
            .map(|(target, raw)| (target.clone(), mount(&target, raw, "a.b").unwrap()))
            .collect();
        let expected: BTreeMap<_, _> = built_in_mounts().into_iter().chain(generated_mounts("a.b")).collect();
        assert_eq!(mounts, expected);
    }
}
