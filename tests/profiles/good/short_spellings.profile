Profile {
    name: "short_spellings",
    command: [
        "sh",
        "-c",
        "echo \"$HOME\"",
    ],
    working_dir: "/",
    user: User {
        uid: Number(
            1000,
        ),
        gid: Some(
            Number(
                1000,
            ),
        ),
    },
    groups: [],
    env: {
        "A": "b=c",
        "EMPTY": "",
        "HOME": "/",
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "container": "tinydocker",
    },
    tty: false,
    interactive: false,
    hostname: "short-spellings",
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
            "/home/me/root",
        ),
        mode: Overlay,
        size: None,
        propagation: Private,
        show: [],
        idmap: [],
    },
    mounts: {
        "/data": Mount {
            source: Bind(
                Bind {
                    source: "/profiles/../data",
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
                    "short-spellings\n",
                ),
            ),
            read_only: true,
            options: [],
        },
        "/etc/hosts": Mount {
            source: Bind(
                Bind {
                    source: "/etc/hosts",
                    subpath: None,
                    recursive: true,
                    propagation: Private,
                    optional: false,
                    create: No,
                    idmap: [],
                },
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
                    source: "/profiles/site",
                    subpath: None,
                    recursive: true,
                    propagation: Private,
                    optional: false,
                    create: No,
                    idmap: [],
                },
            ),
            read_only: true,
            options: [],
        },
        "/sys": Mount {
            source: Sysfs,
            read_only: true,
            options: [],
        },
        "/x": Mount {
            source: Bind(
                Bind {
                    source: "/home/me/x",
                    subpath: None,
                    recursive: true,
                    propagation: Private,
                    optional: false,
                    create: No,
                    idmap: [],
                },
            ),
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
