//! Checked raw values → [`Profile`], with everything filled in that nobody wrote.

use super::built_in::{self, Given};
use super::lexical::{CallName, CoveredPath, MemoryLimit, fit_name, name_problem};
use super::preset::{Filled, Preset};
use super::raw::{Raw, RawCgroup, RawDevice, RawIo, RawRlimit, RawSeccomp};
use super::types::{
    Cgroup, CpuBandwidth, Device, IoRates, Limit, Mount, MountSource, NamespaceMode, Namespaces, Network,
    Process, Profile, Propagation, Rlimit, Rootfs, RootfsMode, RootfsSource, Seccomp, SeccompBase, Security,
    User,
};
use std::collections::BTreeMap;

pub(super) mod mount;

pub use mount::{GENERATED, built_in_mounts, built_in_place, generated_mounts};

/// The kernel's period, and the one that `cpus` counts in.
const PERIOD: u64 = 100_000;

/// A name for a container that `run` makes: the command's last part and a number.
pub fn run_name(command: &str, number: u32) -> String {
    let base = fit_name(command.rsplit('/').next().unwrap_or_default());
    let base = if name_problem(&base).is_some() { "run" } else { &base };
    let base = base[..base.len().min(56)].trim_end_matches(['-', '_']);
    format!("{base}-{:06x}", number & 0xff_ffff)
}

/// Fills the profile in. `filled` and `given` say what the built-in layer was given, `name`
/// is the container's full name, `host` the one that its host name is made of.
pub fn build(
    raw: Raw,
    filled: Filled,
    given: &Given,
    name: &str,
    host: &str,
    file: Option<SeccompFile>,
) -> Profile {
    let process = process(&raw);
    let security = security(&raw, filled, file);
    let user = raw.user.map_or_else(User::default, |user| user.0);
    let mut env: BTreeMap<String, String> =
        raw.env.unwrap_or_default().into_iter().map(|(name, value)| (name.0, value.0)).collect();
    built_in::add_env(&mut env, given);
    // Where a user by name is at home is found out in the container.
    if let Some(uid) = user.uid.number() {
        env.entry("HOME".into()).or_insert_with(|| if uid == 0 { "/root" } else { "/" }.into());
    }
    let rootfs = raw.rootfs.unwrap_or_default();
    let source = rootfs.source.map(|source| source.0).unwrap_or_default();
    let namespaces = raw.namespaces.unwrap_or_default();
    let mode =
        |namespace: Option<super::choice::Namespace>| namespace.map_or(NamespaceMode::Private, |it| it.0);
    let mount = mode(namespaces.mount);
    let own_mounts = mount == NamespaceMode::Private;
    let hostname = raw.hostname.map_or_else(|| host_name(host), |hostname| hostname.0);
    let mut mounts: BTreeMap<_, _> = raw
        .mounts
        .unwrap_or_default()
        .into_iter()
        .filter_map(|(target, it)| {
            let mount = mount::mount(&target, it, &hostname)?;
            Some((target, mount))
        })
        .collect();
    if own_mounts {
        built_in::add_mounts(&mut mounts, given, &hostname);
    } else {
        // Without any that is written (rules::namespaces), what is left are built-in ones.
        mounts.clear();
    }
    if let (Some(bound), Some(Mount { source: MountSource::Tmpfs { size, .. }, .. })) =
        (raw.shm_size, mounts.get_mut("/dev/shm"))
    {
        *size = Some(bound.0 & !4095);
    }
    Profile {
        process,
        hostname,
        name: name.to_owned(),
        command: raw
            .entrypoint
            .unwrap_or_default()
            .into_iter()
            .chain(raw.command.unwrap_or_default())
            .map(|word| word.0)
            .collect(),
        working_dir: raw.working_dir.map_or_else(|| "/".into(), |path| path.0),
        user,
        groups: raw.groups.unwrap_or_default().into_iter().map(|group| group.0).collect(),
        env,
        tty: raw.tty.is_some_and(|tty| tty.0),
        interactive: raw.interactive.is_some_and(|interactive| interactive.0),
        rootfs: Rootfs {
            source: match source {
                _ if !own_mounts => RootfsSource::OfNamespace,
                source if source == "host" => RootfsSource::Host,
                source => RootfsSource::Folder(source.into()),
            },
            mode: rootfs.mode.map_or(RootfsMode::Overlay, |mode| mode.0),
            size: rootfs.size.map(|size| size.0 & !4095),
            propagation: rootfs.propagation.map_or(Propagation::Private, |it| it.0),
            idmap: rootfs.idmap.map(|maps| maps.0).unwrap_or_default(),
            show: rootfs.show.into_iter().flatten().map(|path| path.0).collect(),
        },
        mounts,
        devices: raw.devices.into_iter().flatten().map(|(target, it)| device(target, it)).collect(),
        namespaces: Namespaces {
            mount,
            pid: mode(namespaces.pid),
            ipc: mode(namespaces.ipc),
            uts: mode(namespaces.uts),
            cgroup: mode(namespaces.cgroup),
        },
        network: raw.network.map_or(Network::None, |network| network.0),
        cgroup: cgroup(raw.cgroup.unwrap_or_default()),
        security,
    }
}

fn device(target: String, raw: RawDevice) -> (String, Device) {
    let device = Device {
        source: raw.source.map_or_else(|| target.clone(), |source| source.0),
        access: raw.access.map_or_else(|| "rwm".into(), |access| access.0),
        optional: raw.optional.is_some_and(|it| it.0),
    };
    (target, device)
}

fn process(raw: &Raw) -> Process {
    let rlimit =
        |limit: &RawRlimit| -> Option<Rlimit> { Some(Rlimit { soft: limit.soft?.0, hard: limit.hard?.0 }) };
    let rlimits = raw.rlimits.iter().flatten();
    Process {
        description: raw.description.as_ref().map(|text| text.0.clone()),
        init: raw.init.is_some_and(|init| init.0),
        domainname: raw.domainname.as_ref().map(|name| name.0.clone()),
        umask: raw.umask.map(|mask| mask.0),
        rlimits: rlimits.filter_map(|(name, limit)| Some((name.clone(), rlimit(limit)?))).collect(),
        oom_score_adj: raw.oom_score_adj.map(|it| it.0),
        nice: raw.nice.map(|it| it.0),
        cpu_affinity: raw.cpu_affinity.as_ref().map(|cpus| cpus.0.clone()),
        stop_signal: raw.stop_signal.map(|signal| signal.0),
        stop_timeout: raw.stop_timeout.map(|it| it.0),
        timeout: raw.timeout.map(|it| it.0),
    }
}

/// A profile of system calls that was read: its path, as it is shown, and what it says.
pub type SeccompFile = (String, crate::seccomp::oci::Document);

fn seccomp(raw: RawSeccomp, file: Option<SeccompFile>) -> Seccomp {
    let names = |names: Option<Vec<CallName>>| names.into_iter().flatten().map(|name| name.0).collect();
    let base = match (raw.base.as_ref().map(|base| base.0.as_str()), file) {
        (_, Some((path, document))) => SeccompBase::File { path, document: Box::new(document) },
        (Some("unconfined"), None) => SeccompBase::Unconfined,
        _ => SeccompBase::Default,
    };
    Seccomp { base, allow: names(raw.allow), deny: names(raw.deny), log: names(raw.log) }
}

fn security(raw: &Raw, filled: Filled, file: Option<SeccompFile>) -> Security {
    let written = raw.security.clone().unwrap_or_default();
    // A list that was filled in and is gone was taken away.
    let paths = |filled: bool, paths: &Option<Vec<CoveredPath>>| {
        filled.then(|| paths.iter().flatten().map(|path| path.0.clone()).collect())
    };
    let capabilities = filled.capabilities.then(|| {
        let all = written.capabilities.unwrap_or_default();
        let everything = all.contains_key("*");
        let all = all.into_iter().map(|(name, switch)| (name, switch.0));
        // What is not given need not be taken away.
        all.filter(|(_, given)| *given || everything).collect()
    });
    Security {
        no_new_privileges: written.no_new_privileges.is_none_or(|it| it.0),
        preset: written.preset.map_or(Preset::Default, |preset| preset.0),
        capabilities,
        ambient: written.ambient.into_iter().flatten().map(|name| name.0).collect(),
        seccomp: seccomp(written.seccomp.unwrap_or_default(), file),
        sysctls: written.sysctls.into_iter().flatten().map(|(name, value)| (name, value.0)).collect(),
        masked_paths: paths(filled.masked_paths, &raw.masked_paths),
        read_only_paths: paths(filled.read_only_paths, &raw.read_only_paths),
    }
}

/// The name as a host name.
fn host_name(name: &str) -> String {
    let dashed: String = name.chars().map(|c| if c == '_' || c == '.' { '-' } else { c }).take(63).collect();
    dashed.trim_end_matches('-').to_owned()
}

fn cgroup(raw: RawCgroup) -> Cgroup {
    let cpu = match (raw.cpus, raw.cpu_quota, raw.cpu_period) {
        (Some(cpus), ..) => {
            Some(CpuBandwidth { quota: Limit::Value(cpus.0), period: PERIOD, from_cpus: true })
        }
        (None, None, None) => None,
        (None, quota, period) => Some(CpuBandwidth {
            quota: quota.map_or(Limit::Max, |quota| quota.0),
            period: period.map_or(PERIOD, |period| period.0),
            from_cpus: false,
        }),
    };
    Cgroup {
        memory: raw.memory.map(pages),
        memory_high: raw.memory_high.map(pages),
        memory_low: raw.memory_low.map(pages),
        memory_min: raw.memory_min.map(pages),
        swap: raw.swap.map(pages),
        pids: raw.pids.map(|limit| limit.0),
        cpu,
        cpu_weight: raw.cpu_weight.map(|weight| weight.0),
        cpu_shares: raw.cpu_shares.map(|shares| shares.0),
        cpu_burst: raw.cpu_burst.map(|burst| burst.0),
        cpu_idle: raw.cpu_idle.map(|idle| idle.0),
        cpuset_cpus: raw.cpuset_cpus.map(|list| list.0),
        cpuset_mems: raw.cpuset_mems.map(|list| list.0),
        io_weight: raw.io_weight.map(|weight| weight.0),
        io: raw.io.unwrap_or_default().into_iter().map(|(device, io)| (device, rates(&io))).collect(),
        parent: raw.parent.map(|parent| parent.0),
    }
}

fn pages(limit: MemoryLimit) -> Limit {
    match limit.0 {
        Limit::Value(bytes) => Limit::Value(bytes & !4095),
        Limit::Max => Limit::Max,
    }
}

fn rates(raw: &RawIo) -> IoRates {
    IoRates {
        read_bps: raw.read_bps.map(|rate| rate.0),
        write_bps: raw.write_bps.map(|rate| rate.0),
        read_iops: raw.read_iops.map(|rate| rate.0),
        write_iops: raw.write_iops.map(|rate| rate.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_made_by_run_fit() {
        assert_eq!(run_name("/bin/ls", 0x1234_5678), "ls-345678");
        assert_eq!(run_name("./My Tool", 1), "my-tool-000001");
        assert_eq!(run_name("[", 1), "run-000001");
        for command in ["", "/", "x".repeat(200).as_str(), "é", "a".repeat(55).as_str()] {
            let name = run_name(command, 7);
            assert_eq!(name_problem(&name), None, "{name}");
        }
    }

    #[test]
    fn host_names_fit() {
        assert_eq!(host_name("a_b"), "a-b");
        assert_eq!(host_name(&"a".repeat(80)).len(), 63);
    }
}
