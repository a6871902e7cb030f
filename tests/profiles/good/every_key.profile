Profile {
    name: "web-1",
    command: [
        "python3",
        "-m",
        "http.server",
    ],
    working_dir: "/srv",
    user: User {
        uid: Number(
            1000,
        ),
        gid: Some(
            Number(
                100,
            ),
        ),
    },
    groups: [
        Name(
            "video",
        ),
    ],
    env: {
        "EMPTY": "",
        "HOME": "/",
        "LANG": "C.UTF-8",
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "container": "tinydocker",
    },
    tty: false,
    interactive: true,
    hostname: "web.example",
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
        source: Folder(
            "/profiles/root",
        ),
        mode: ReadOnly,
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
                    "web.example\n",
                ),
            ),
            read_only: true,
            options: [],
        },
        "/etc/hosts": Mount {
            source: Generated(
                Hosts(
                    "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n127.0.1.1\tweb.example web\n",
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
        "/srv": Mount {
            source: Bind(
                Bind {
                    source: "/profiles/../site",
                    subpath: None,
                    recursive: true,
                    propagation: Private,
                    optional: false,
                    create: No,
                    idmap: [],
                },
            ),
            read_only: false,
            options: [],
        },
        "/sys": Mount {
            source: Sysfs,
            read_only: true,
            options: [],
        },
        "/tmp": Mount {
            source: Tmpfs {
                size: Some(
                    67108864,
                ),
                mode: 1023,
                uid: 0,
                gid: 0,
            },
            read_only: false,
            options: [],
        },
    },
    devices: {
        "/dev/fuse": Device {
            source: "/dev/fuse",
            access: "rwm",
            optional: false,
        },
        "/dev/modem": Device {
            source: "/dev/ttyUSB0",
            access: "rw",
            optional: true,
        },
    },
    namespaces: Namespaces {
        mount: Private,
        pid: Private,
        ipc: Host,
        uts: Private,
        cgroup: Host,
    },
    network: Host,
    cgroup: Cgroup {
        memory: Some(
            Value(
                1610612736,
            ),
        ),
        memory_high: None,
        memory_low: None,
        memory_min: None,
        swap: None,
        pids: Some(
            Max,
        ),
        cpu: Some(
            CpuBandwidth {
                quota: Value(
                    20000,
                ),
                period: 50000,
                from_cpus: false,
            },
        ),
        cpu_weight: None,
        cpu_shares: Some(
            512,
        ),
        cpu_burst: None,
        cpu_idle: None,
        cpuset_cpus: None,
        cpuset_mems: None,
        io_weight: None,
        io: {},
        parent: None,
    },
    security: Security {
        no_new_privileges: false,
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
