Profile {
    name: "smallest",
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
    hostname: "smallest",
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
