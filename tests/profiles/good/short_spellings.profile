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
    rootfs: Rootfs {
        source: Folder(
            "/home/me/root",
        ),
        mode: Overlay,
    },
    mounts: {
        "/data": Bind {
            source: "/profiles/../data",
            read_only: false,
        },
        "/etc/hosts": Bind {
            source: "/etc/hosts",
            read_only: true,
        },
        "/srv": Bind {
            source: "/profiles/site",
            read_only: true,
        },
        "/x": Bind {
            source: "/home/me/x",
            read_only: true,
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
