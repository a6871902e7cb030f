Profile {
    name: "sizes",
    command: [
        "/bin/true",
    ],
    working_dir: "/",
    user: User {
        uid: Number(
            0,
        ),
        gid: Some(
            Number(
                0,
            ),
        ),
    },
    groups: [],
    env: {
        "HOME": "/root",
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "container": "tinydocker",
    },
    tty: false,
    interactive: false,
    hostname: "sizes",
    process: Process {
        description: None,
        init: false,
        domainname: None,
        umask: None,
        rlimits: {},
        oom_score_adj: None,
        nice: None,
        cpu_affinity: None,
        stop_signal: None,
        stop_timeout: None,
        timeout: None,
    },
    rootfs: Rootfs {
        source: Host,
        mode: Overlay,
        size: None,
        propagation: Private,
        show: [],
        idmap: [],
    },
    mounts: {
        "/a": Mount {
            source: Tmpfs {
                size: Some(
                    65536,
                ),
                mode: 1023,
                uid: 0,
                gid: 0,
            },
            read_only: false,
            options: [],
        },
        "/b": Mount {
            source: Tmpfs {
                size: Some(
                    262144,
                ),
                mode: 1023,
                uid: 0,
                gid: 0,
            },
            read_only: false,
            options: [],
        },
        "/c": Mount {
            source: Tmpfs {
                size: Some(
                    268435456,
                ),
                mode: 1023,
                uid: 0,
                gid: 0,
            },
            read_only: false,
            options: [],
        },
        "/d": Mount {
            source: Tmpfs {
                size: Some(
                    1610612736,
                ),
                mode: 1023,
                uid: 0,
                gid: 0,
            },
            read_only: false,
            options: [],
        },
        "/dev": Mount {
            source: Dev {
                size: None,
            },
            read_only: false,
            options: [],
        },
        "/dev/mqueue": Mount {
            source: Mqueue,
            read_only: false,
            options: [],
        },
        "/dev/pts": Mount {
            source: Devpts,
            read_only: false,
            options: [],
        },
        "/dev/shm": Mount {
            source: Tmpfs {
                size: Some(
                    67108864,
                ),
                mode: 1023,
                uid: 0,
                gid: 0,
            },
            read_only: false,
            options: [
                Noexec,
            ],
        },
        "/e": Mount {
            source: Tmpfs {
                size: Some(
                    2199023255552,
                ),
                mode: 1023,
                uid: 0,
                gid: 0,
            },
            read_only: false,
            options: [],
        },
        "/etc/hostname": Mount {
            source: Generated(
                Hostname(
                    "sizes\n",
                ),
            ),
            read_only: true,
            options: [],
        },
        "/etc/hosts": Mount {
            source: Generated(
                Hosts(
                    "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n127.0.1.1\tsizes\n",
                ),
            ),
            read_only: true,
            options: [],
        },
        "/etc/resolv.conf": Mount {
            source: Generated(
                ResolvConf,
            ),
            read_only: true,
            options: [],
        },
        "/f": Mount {
            source: Tmpfs {
                size: Some(
                    4096,
                ),
                mode: 1023,
                uid: 0,
                gid: 0,
            },
            read_only: false,
            options: [],
        },
        "/proc": Mount {
            source: Proc,
            read_only: false,
            options: [],
        },
        "/sys": Mount {
            source: Sysfs,
            read_only: true,
            options: [],
        },
    },
    devices: {},
    namespaces: Namespaces {
        mount: Private,
        pid: Private,
        ipc: Private,
        uts: Private,
        cgroup: Private,
    },
    network: None,
    cgroup: Cgroup {
        memory: None,
        memory_high: None,
        memory_low: None,
        memory_min: None,
        swap: None,
        pids: None,
        cpu: None,
        cpu_weight: None,
        cpu_shares: None,
        cpu_burst: None,
        cpu_idle: None,
        cpuset_cpus: None,
        cpuset_mems: None,
        io_weight: None,
        io: {},
        parent: None,
    },
    security: Security {
        no_new_privileges: true,
        preset: Default,
        capabilities: None,
        ambient: [],
        seccomp: Seccomp {
            base: Default,
            allow: [],
            deny: [],
            log: [],
        },
        sysctls: {},
        masked_paths: None,
        read_only_paths: None,
    },
}
