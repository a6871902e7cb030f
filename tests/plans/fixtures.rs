//! Profiles and hosts, as values.

use std::collections::BTreeMap;
use std::time::Duration;
use tinydocker::host::{Cgroups, Disk, Hierarchy, Host, Node, Resources, Unified, Weighing};
use tinydocker::plan::needs;
use tinydocker::profile::{
    Cgroup, CpuBandwidth, Limit, Mount, NamespaceMode, Namespaces, Network, Numbers, Preset, Process,
    Profile, Rlimit, Rootfs, RootfsMode, RootfsSource, Security, User, built_in_mounts, generated_mounts,
};

pub fn host(cgroups: Cgroups) -> Host {
    Host {
        kernel: "6.12.0".into(),
        uid: 0,
        capabilities: 0x1ff_ffff_ffff,
        page_size: 4096,
        cpus: 4,
        seccomp: true,
        term: Some("screen-256color".into()),
        cgroups,
        resources: Resources::default(),
    }
}

fn hierarchy(controllers: &str) -> Hierarchy {
    Hierarchy {
        path: format!("/sys/fs/cgroup/{controllers}"),
        controllers: controllers.split(',').map(str::to_owned).collect(),
    }
}

/// As systemd mounts v1: some controllers share a hierarchy.
pub fn v1() -> Host {
    host(Cgroups {
        hierarchies: ["cpu,cpuacct", "memory", "freezer", "pids"].map(hierarchy).into(),
        unified: None,
    })
}

/// Each controller in a hierarchy of its own, and a cgroup2 tree without any.
pub fn hybrid() -> Host {
    host(Cgroups {
        hierarchies: ["cpu", "cpuacct", "memory", "freezer", "pids"].map(hierarchy).into(),
        unified: Some(Unified {
            path: "/sys/fs/cgroup/unified".into(),
            controllers: vec![],
            delegated: None,
        }),
    })
}

pub fn v2() -> Host {
    let controllers = ["cpuset", "cpu", "io", "memory", "pids"].map(str::to_owned).into();
    host(Cgroups {
        hierarchies: vec![],
        unified: Some(Unified { path: "/sys/fs/cgroup".into(), controllers, delegated: None }),
    })
}

pub fn hosts() -> [(&'static str, Host); 3] {
    [("v1", v1()), ("hybrid", hybrid()), ("v2", v2())]
}

/// What reading the machine would answer: four cores, a memory node, disks.
pub fn resources(profile: &Profile) -> Resources {
    let needs = needs(profile);
    let disks = needs.disks.iter().zip(0..).map(|(name, n)| {
        let numbers = name.split_once(':').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
        let (major, minor) = numbers.unwrap_or((259, n));
        (name.clone(), Disk::Whole(major, minor))
    });
    Resources {
        cores: needs.cores.then(|| Numbers::new(vec![(0, 3)])),
        nodes: needs.nodes.then(|| Numbers::new(vec![(0, 0)])),
        weighing: needs.weighing.then_some(Weighing { bfq: true, cost: true }),
        disks: disks.collect(),
        hard_limits: needs.hard_limits.iter().map(|name| (name.clone(), Some(524_288))).collect(),
        oom_score_adj: needs.oom_score_adj.then_some(0),
        nice: needs.nice.then_some(0),
        resolv_conf: needs.resolv_conf.then_some(true),
        devices: needs.devices.iter().zip(0..).map(|(path, n)| (path.clone(), node(n))).collect(),
        mounts: Vec::new(),
        paths: needs.paths.iter().map(|path| (path.clone(), Some(true))).collect(),
    }
}

fn node(minor: u32) -> Node {
    Node::Device { block: false, numbers: (10, minor), mode: 0o660, owner: (0, 44) }
}

/// What the built-in layer and a command give.
pub fn hello() -> Profile {
    let env = [
        ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
        ("HOME", "/root"),
        ("container", "tinydocker"),
    ];
    Profile {
        name: "hello".into(),
        command: vec!["echo".into(), "hello world".into()],
        working_dir: "/".into(),
        user: User::default(),
        groups: Vec::new(),
        env: env.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        tty: false,
        interactive: false,
        hostname: "hello".into(),
        process: Process::default(),
        rootfs: Rootfs::new(RootfsSource::Host, RootfsMode::Overlay),
        mounts: with_built_in("hello", []),
        devices: BTreeMap::new(),
        namespaces: Namespaces {
            mount: NamespaceMode::Private,
            pid: NamespaceMode::Private,
            ipc: NamespaceMode::Private,
            uts: NamespaceMode::Private,
            cgroup: NamespaceMode::Private,
        },
        network: Network::None,
        cgroup: Cgroup::default(),
        security: Security::default(),
    }
}

fn with_built_in<const N: usize>(name: &str, mounts: [(&str, Mount); N]) -> BTreeMap<String, Mount> {
    let mounts = mounts.map(|(target, mount)| (target.to_owned(), mount));
    built_in_mounts().into_iter().chain(generated_mounts(name)).chain(mounts).collect()
}

/// A service: limits, mounts, a user, a read-only root.
pub fn web() -> Profile {
    let bind = |source: &str, read_only| Mount::bind(source, read_only);
    let mut profile = Profile {
        name: "web".into(),
        command: vec!["busybox".into(), "httpd".into(), "-f".into()],
        working_dir: "/srv".into(),
        user: User::numbers(33, 33),
        hostname: "web".into(),
        rootfs: Rootfs::new(RootfsSource::Host, RootfsMode::ReadOnly),
        mounts: with_built_in(
            "web",
            [
                ("/srv/www/data", bind("/data", false)),
                ("/srv/www", bind("/home/me/site", true)),
                ("/tmp", Mount::tmpfs(Some(1 << 20), 0o1777, false)),
            ],
        ),
        cgroup: Cgroup {
            memory: Some(Limit::Value(256 << 20)),
            pids: Some(Limit::Value(64)),
            cpu: Some(CpuBandwidth { quota: Limit::Value(50_000), period: 100_000, from_cpus: true }),
            cpu_shares: Some(512),
            ..Cgroup::default()
        },
        process: Process {
            description: Some("the public web server, behind the proxy that everybody knows by now".into()),
            domainname: Some("example.org".into()),
            umask: Some(0o027),
            rlimits: [
                ("nofile".to_owned(), Rlimit { soft: Limit::Value(1024), hard: Limit::Value(2048) }),
                ("nproc".to_owned(), Rlimit { soft: Limit::Value(64), hard: Limit::Max }),
            ]
            .into(),
            oom_score_adj: Some(500),
            nice: Some(5),
            cpu_affinity: Numbers::parse("0-1"),
            init: true,
            stop_signal: Some(3),
            stop_timeout: Some(Duration::from_secs(30)),
            timeout: Some(Duration::from_secs(3600)),
        },
        security: Security {
            capabilities: Some([("NET_BIND_SERVICE".to_owned(), true), ("CHOWN".to_owned(), false)].into()),
            ambient: vec!["NET_BIND_SERVICE".into()],
            sysctls: [
                ("kernel.shmmax".to_owned(), "1048576".to_owned()),
                ("net.ipv4.ip_local_port_range".to_owned(), "1024 65000".to_owned()),
            ]
            .into(),
            masked_paths: Some(vec!["/proc/kcore".into(), "/proc/keys".into()]),
            ..Security::default()
        },
        ..hello()
    };
    profile.env.insert("DB_PASSWORD".into(), "hunter2".into());
    profile
}

/// A shell in a folder, as much of the host's as can be had.
pub fn shell() -> Profile {
    Profile {
        name: "shell".into(),
        command: vec!["/bin/sh".into()],
        tty: true,
        interactive: true,
        hostname: "shell".into(),
        rootfs: Rootfs::new(RootfsSource::Folder("/srv/alpine".into()), RootfsMode::ReadOnly),
        mounts: with_built_in("shell", [("/dev/shm", Mount::tmpfs(None, 0o1777, false))]),
        namespaces: Namespaces {
            mount: NamespaceMode::Private,
            pid: NamespaceMode::Host,
            ipc: NamespaceMode::Host,
            uts: NamespaceMode::Host,
            cgroup: NamespaceMode::Host,
        },
        network: Network::Host,
        cgroup: Cgroup {
            memory: Some(Limit::Max),
            pids: Some(Limit::Max),
            cpu: Some(CpuBandwidth { quota: Limit::Max, period: 50_000, from_cpus: false }),
            ..Cgroup::default()
        },
        process: Process { timeout: Some(Duration::from_millis(1500)), ..Process::default() },
        security: Security {
            no_new_privileges: false,
            preset: Preset::Unconfined,
            capabilities: Some([("*".to_owned(), true)].into()),
            masked_paths: Some(Vec::new()),
            read_only_paths: Some(Vec::new()),
            ..Security::default()
        },
        ..hello()
    }
}

pub fn profiles() -> [Profile; 3] {
    [hello(), web(), shell()]
}
