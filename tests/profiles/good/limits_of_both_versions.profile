Profile {
    name: "limits_of_both_versions",
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
    hostname: "limits-of-both-versions",
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
        "/etc/hostname": Mount {
            source: Generated(
                Hostname(
                    "limits-of-both-versions\n",
                ),
            ),
            read_only: true,
            options: [],
        },
        "/etc/hosts": Mount {
            source: Generated(
                Hosts(
                    "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n127.0.1.1\tlimits-of-both-versions\n",
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
        memory: Some(
            Value(
                268435456,
            ),
        ),
        memory_high: None,
        memory_low: Some(
            Value(
                67108864,
            ),
        ),
        memory_min: None,
        swap: Some(
            Value(
                0,
            ),
        ),
        pids: None,
        cpu: Some(
            CpuBandwidth {
                quota: Value(
                    20000,
                ),
                period: 100000,
                from_cpus: false,
            },
        ),
        cpu_weight: None,
        cpu_shares: Some(
            512,
        ),
        cpu_burst: Some(
            10000,
        ),
        cpu_idle: None,
        cpuset_cpus: Some(
            Numbers(
                [
                    (
                        1,
                        1,
                    ),
                ],
            ),
        ),
        cpuset_mems: None,
        io_weight: None,
        io: {
            "/dev/sda": IoRates {
                read_bps: Some(
                    10485760,
                ),
                write_bps: None,
                read_iops: None,
                write_iops: Some(
                    500,
                ),
            },
        },
        parent: Some(
            "web.slice",
        ),
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
