Profile {
    name: "mounts",
    command: [
        "true",
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
    hostname: "mounts",
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
        mode: ReadWrite,
        size: None,
        propagation: Unbindable,
        show: [],
        idmap: [],
    },
    mounts: {
        "/data": Mount {
            source: Bind(
                Bind {
                    source: "/profiles/data",
                    subpath: None,
                    recursive: true,
                    propagation: Private,
                    optional: false,
                    create: Dir,
                    idmap: [],
                },
            ),
            read_only: false,
            options: [],
        },
        "/dev": Mount {
            source: Dev {
                size: Some(
                    131072,
                ),
            },
            read_only: false,
            options: [],
        },
        "/dev/mqueue": Mount {
            source: Tmpfs {
                size: None,
                mode: 1023,
                uid: 5,
                gid: 0,
            },
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
                    1073741824,
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
                    "mounts\n",
                ),
            ),
            read_only: true,
            options: [],
        },
        "/etc/hosts": Mount {
            source: Generated(
                Hosts(
                    "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n127.0.1.1\tmounts\n",
                ),
            ),
            read_only: false,
            options: [],
        },
        "/etc/motd": Mount {
            source: File {
                content: "hello\n",
                mode: 384,
                uid: 1000,
                gid: 100,
            },
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
        "/groups": Mount {
            source: Cgroup,
            read_only: true,
            options: [],
        },
        "/mapped": Mount {
            source: Bind(
                Bind {
                    source: "/profiles/mapped",
                    subpath: None,
                    recursive: true,
                    propagation: Private,
                    optional: false,
                    create: No,
                    idmap: [
                        IdMap {
                            container: 0,
                            host: 100000,
                            size: 1000,
                        },
                        IdMap {
                            container: 1000,
                            host: 1000,
                            size: 1,
                        },
                    ],
                },
            ),
            read_only: true,
            options: [],
        },
        "/mnt/mqueue": Mount {
            source: Mqueue,
            read_only: false,
            options: [],
        },
        "/mnt/proc": Mount {
            source: Proc,
            read_only: false,
            options: [],
        },
        "/mnt/pts": Mount {
            source: Devpts,
            read_only: false,
            options: [],
        },
        "/mnt/sys": Mount {
            source: Sysfs,
            read_only: false,
            options: [],
        },
        "/over": Mount {
            source: Overlay {
                source: "/profiles/over",
                size: Some(
                    33554432,
                ),
            },
            read_only: false,
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
                    subpath: Some(
                        "a/b",
                    ),
                    recursive: false,
                    propagation: Slave,
                    optional: true,
                    create: No,
                    idmap: [],
                },
            ),
            read_only: true,
            options: [
                Noexec,
                Suid,
                Noatime,
            ],
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
