Profile {
    name: "process",
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
    hostname: "process",
    process: Process {
        description: Some(
            "everything about the process",
        ),
        init: true,
        domainname: Some(
            "example.org",
        ),
        umask: Some(
            23,
        ),
        rlimits: {
            "core": Rlimit {
                soft: Max,
                hard: Max,
            },
            "nofile": Rlimit {
                soft: Value(
                    1024,
                ),
                hard: Value(
                    1024,
                ),
            },
            "nproc": Rlimit {
                soft: Value(
                    64,
                ),
                hard: Value(
                    128,
                ),
            },
        },
        oom_score_adj: Some(
            500,
        ),
        nice: Some(
            -5,
        ),
        cpu_affinity: Some(
            Numbers(
                [
                    (
                        0,
                        1,
                    ),
                    (
                        3,
                        3,
                    ),
                ],
            ),
        ),
        stop_signal: Some(
            3,
        ),
        stop_timeout: Some(
            90s,
        ),
        timeout: Some(
            7200s,
        ),
    },
    rootfs: Rootfs {
        source: Folder(
            "/profiles/rootfs",
        ),
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
                    "process\n",
                ),
            ),
            read_only: true,
            options: [],
        },
        "/etc/hosts": Mount {
            source: Generated(
                Hosts(
                    "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n127.0.1.1\tprocess\n",
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
        capabilities: Some(
            {
                "DAC_OVERRIDE": true,
                "FOWNER": true,
                "FSETID": true,
                "KILL": true,
                "NET_ADMIN": true,
                "NET_BIND_SERVICE": true,
                "SETFCAP": true,
                "SETGID": true,
                "SETPCAP": true,
                "SETUID": true,
                "SYS_CHROOT": true,
            },
        ),
        ambient: [
            "NET_ADMIN",
        ],
        seccomp: Seccomp {
            base: Default,
            allow: [],
            deny: [],
            log: [],
        },
        sysctls: {
            "kernel.shm_rmid_forced": "1",
            "net.ipv4.ip_forward": "1",
            "net.ipv4.ping_group_range": "0 1000",
            "net/ipv4/conf/eth0.1/forwarding": "1",
        },
        masked_paths: Some(
            [
                "/proc/keys",
            ],
        ),
        read_only_paths: Some(
            [
                "/proc/sys",
            ],
        ),
    },
}
