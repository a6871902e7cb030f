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
    rootfs: Rootfs {
        source: Host,
        mode: Overlay,
    },
    mounts: {
        "/a": Tmpfs {
            size: Some(
                65536,
            ),
            mode: 1023,
            read_only: false,
        },
        "/b": Tmpfs {
            size: Some(
                262144,
            ),
            mode: 1023,
            read_only: false,
        },
        "/c": Tmpfs {
            size: Some(
                268435456,
            ),
            mode: 1023,
            read_only: false,
        },
        "/d": Tmpfs {
            size: Some(
                1610612736,
            ),
            mode: 1023,
            read_only: false,
        },
        "/e": Tmpfs {
            size: Some(
                2199023255552,
            ),
            mode: 1023,
            read_only: false,
        },
        "/f": Tmpfs {
            size: Some(
                4096,
            ),
            mode: 1023,
            read_only: false,
        },
    },
    namespaces: Namespaces {
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
    },
}
