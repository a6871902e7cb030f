Profile {
    name: "names",
    command: [
        "whoami",
    ],
    working_dir: "/",
    user: User {
        uid: Name(
            "www-data",
        ),
        gid: Some(
            Name(
                "video",
            ),
        ),
    },
    groups: [
        Name(
            "audio",
        ),
        Number(
            44,
        ),
        Number(
            100,
        ),
    ],
    env: {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "container": "tinydocker",
    },
    tty: false,
    interactive: false,
    hostname: "names",
    rootfs: Rootfs {
        source: Host,
        mode: Overlay,
    },
    mounts: {},
    namespaces: Namespaces {
        pid: Private,
        ipc: Private,
        uts: Private,
        cgroup: Private,
    },
    network: None,
    cgroup: Cgroup {
        memory: None,
        pids: None,
        cpu: None,
        cpu_shares: None,
    },
    security: Security {
        no_new_privileges: true,
    },
}
