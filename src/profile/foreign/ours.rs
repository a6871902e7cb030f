//! The keys that answers name: the form of their values, and of those that are still to
//! come what to do meanwhile. A key that exists ([`super::keys`]) needs no `meanwhile`.

/// A key of the language.
pub struct Ours {
    /// Its path, `*` for any key.
    pub key: &'static str,
    /// A value, as TOML.
    pub form: &'static str,
    /// What to do as long as there is no such key.
    pub meanwhile: Option<&'static str>,
}

const fn key(key: &'static str, form: &'static str) -> Ours {
    Ours { key, form, meanwhile: None }
}

const fn later(key: &'static str, form: &'static str, meanwhile: &'static str) -> Ours {
    Ours { key, form, meanwhile: Some(meanwhile) }
}

/// The keys.
pub const KEYS: &[Ours] = &[
    key("name", r#""web""#),
    key("description", r#""what it is for""#),
    key("command", r#"["/bin/sh", "-c", "echo hello"]"#),
    key("entrypoint", r#"["/entrypoint.sh"]"#),
    key("working_dir", r#""/srv""#),
    key("user", r#""1000:1000""#),
    later("groups", "[44]", "the primary group stands in user = \"1000:44\""),
    key("umask", r#""0022""#),
    key("env", r#"{ LANG = "C.UTF-8" }"#),
    key("env_file", r#""web.env""#),
    key("pass_env", r#"["LANG", "LC_*"]"#),
    key("tty", "true"),
    key("interactive", "true"),
    key("init", "true"),
    key("hostname", r#""web""#),
    later("domainname", r#""example.org""#, "a full name may stand in `hostname`"),
    later("stop_signal", r#""SIGTERM""#, "it is SIGTERM"),
    key("stop_timeout", r#""10s""#),
    later("timeout", r#""1h""#, "timeout(1) before the command does it"),
    later("rlimits", "{ nofile = 1024 }", "limits of the whole container are under [cgroup]"),
    later("rlimits.*", "1024", "limits of the whole container are under [cgroup]"),
    key("oom_score_adj", "500"),
    later("nice", "10", "nice(1) before the command does it"),
    later("cpu_affinity", r#""0-3""#, "taskset(1) before the command does it"),
    later(
        "image",
        r#""docker.io/library/nginx:1.29""#,
        "unpack one into a folder and write rootfs = \"./folder\"",
    ),
    later("pull", r#""missing""#, "it fetches no images"),
    key("rootfs", r#""./folder""#),
    key("rootfs.source", r#""./folder""#),
    key("rootfs.mode", r#""read-only""#),
    key("rootfs.size", r#""1g""#),
    key("rootfs.propagation", r#""private""#),
    key("rootfs.show", r#"["/srv"]"#),
    key("rootfs.idmap", r#""off""#),
    key("masked_paths", r#"["/proc/kcore"]"#),
    key("read_only_paths", r#"["/proc/sys"]"#),
    key("mounts", r#"["./site:/srv:ro"]"#),
    key("mounts.*.type", r#""tmpfs""#),
    key("mounts.*.source", r#""./site""#),
    key("mounts.*.read_only", "true"),
    key("mounts.*.size", r#""64m""#),
    key("mounts.*.mode", r#""0755""#),
    key("mounts.*.recursive", "true"),
    key("mounts.*.options", r#"["noexec"]"#),
    key("mounts.*.propagation", r#""private""#),
    key("mounts.*.optional", "true"),
    key("mounts.*.create", r#""dir""#),
    key("mounts.*.subpath", r#""public""#),
    key("mounts.*.uid", "1000"),
    key("mounts.*.gid", "1000"),
    key("mounts.*.content", r#""text""#),
    key("mounts.*.idmap", "[{ container = 0, host = 100000, size = 65536 }]"),
    later("mounts.*.volume", r#""data""#, "bind a folder: source = \"./data\""),
    later("mounts.*.secret", r#""token""#, "bind a file: source = \"./token\""),
    key("devices", r#"{ "/dev/fuse" = "rwm" }"#),
    key("shm_size", r#""64m""#),
    key("namespaces.mount", r#""private""#),
    key("namespaces.pid", r#""host""#),
    key("namespaces.ipc", r#""host""#),
    key("namespaces.uts", r#""host""#),
    key("namespaces.cgroup", r#""host""#),
    later("namespaces.user", r#""auto""#, "ids inside are the ids outside; `user` drops root"),
    key("namespaces.time", r#""private""#),
    key("namespaces.uid_map", "[{ container = 0, host = 100000, size = 65536 }]"),
    key("namespaces.gid_map", "[{ container = 0, host = 100000, size = 65536 }]"),
    key("network", r#""host""#),
    later("ports", r#"["8080:80"]"#, "with network = \"host\" the container listens on the host's own ports"),
    later("dns", r#"{ servers = ["192.0.2.53"] }"#, "mount a file of your own at /etc/resolv.conf"),
    later("dns.servers", r#"["192.0.2.53"]"#, "mount a file of your own at /etc/resolv.conf"),
    later("dns.search", r#"["example.org"]"#, "mount a file of your own at /etc/resolv.conf"),
    later("dns.options", r#"["ndots:1"]"#, "mount a file of your own at /etc/resolv.conf"),
    later("hosts", r#"{ db = "192.0.2.7" }"#, "mount a file of your own at /etc/hosts"),
    key("egress", r#"{ default = "deny" }"#),
    key("cgroup.memory", r#""256m""#),
    key("cgroup.memory_high", r#""200m""#),
    key("cgroup.memory_low", r#""64m""#),
    key("cgroup.memory_min", r#""32m""#),
    key("cgroup.swap", r#""512m""#),
    key("cgroup.pids", "100"),
    key("cgroup.cpus", "0.5"),
    key("cgroup.cpu_quota", "50000"),
    key("cgroup.cpu_period", "100000"),
    later("cgroup.cpu_weight", "100", "write cgroup.cpu_shares, where 1024 is ordinary"),
    key("cgroup.cpu_shares", "512"),
    key("cgroup.cpu_burst", "20000"),
    key("cgroup.cpu_idle", "true"),
    key("cgroup.cpuset_cpus", r#""0-3""#),
    key("cgroup.cpuset_mems", r#""0""#),
    key("cgroup.io_weight", "100"),
    key("cgroup.io", r#"{ "/dev/sda" = { read_bps = "10m" } }"#),
    key("cgroup.io.*.read_bps", r#""10m""#),
    key("cgroup.io.*.write_bps", r#""10m""#),
    key("cgroup.io.*.read_iops", "1000"),
    key("cgroup.io.*.write_iops", "1000"),
    key("cgroup.parent", r#""/sandboxes""#),
    key("security.preset", r#""unconfined""#),
    key("security.no_new_privileges", "true"),
    later("security.capabilities", "{ NET_ADMIN = true }", "they are a small fixed set"),
    later("security.capabilities.*", "true", "they are a small fixed set"),
    later("security.ambient", r#"["NET_BIND_SERVICE"]"#, "there are none"),
    key("security.seccomp", r#""unconfined""#),
    key("security.sysctls", r#"{ "net.ipv4.ip_forward" = 1 }"#),
    key("security.sysctls.**", "1"),
    later("restart", r#""on-failure""#, "nothing is restarted"),
    later("healthcheck", r#"{ exec = ["true"] }"#, "nothing checks a container's health"),
    later("depends_on", r#"["db"]"#, "start the files one after the other"),
    later("logging", r#"{ driver = "file" }"#, "a container in the foreground writes to your terminal"),
    later("hooks", "{ }", "write a script around `tinydocker up`"),
    later("labels", r#"{ app = "web" }"#, "a comment does for people"),
    later("annotations", r#"{ app = "web" }"#, "a comment does for people"),
    later("networks", "{ front = { } }", "network is \"none\" or \"host\""),
    later("secrets", "{ token = { } }", "mount a file: mounts = [\"./token:/run/token\"]"),
];

fn entry(key: &str) -> Option<&'static Ours> {
    KEYS.iter()
        .find(|ours| super::fits(ours.key, &key.split('.').map(str::to_owned).collect::<Vec<_>>()).is_some())
}

/// What a value of the key looks like.
pub fn form(key: &str) -> Option<&'static str> {
    Some(entry(key)?.form)
}

/// What to do as long as there is no such key.
pub fn meanwhile(key: &str) -> Option<&'static str> {
    entry(key)?.meanwhile
}
