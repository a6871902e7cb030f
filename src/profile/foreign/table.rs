//! The names, grouped by what they are about.

use super::Answer::{Key, NotYet, Otherwise};
use super::Convert::{
    Add, Drop, Duration, Inverted, Limit, No, Number, ReadOnlyRoot, Same, Size, Tmpfs, Volumes,
};
use super::{Answer, Foreign};

const fn of(names: &'static [&'static str], from: &'static str, answer: Answer) -> Foreign {
    Foreign { names, table: "", from, answer }
}

const fn within(
    table: &'static str,
    names: &'static [&'static str],
    from: &'static str,
    answer: Answer,
) -> Foreign {
    Foreign { names, table, from, answer }
}

/// Every name that is answered.
pub const FOREIGN: &[Foreign] = &[
    // The process.
    of(&["container_name", "ContainerName"], "docker's", Key("name", Same)),
    of(
        &["image", "from"],
        "docker's",
        NotYet("tinydocker has no images yet; unpack one into a folder and write rootfs = \"./folder\""),
    ),
    of(
        &["build", "dockerfile", "context"],
        "compose's",
        NotYet("tinydocker builds no images; write rootfs = \"./folder\" for an unpacked one"),
    ),
    of(&["pull", "pull_policy", "platform"], "docker's", NotYet("tinydocker has no images yet")),
    of(&["cmd", "args", "exec"], "docker's and OCI's", Key("command", Same)),
    of(
        &["workdir", "work_dir", "working_directory", "cwd", "chdir"],
        "docker's, systemd's and OCI's",
        Key("working_dir", Same),
    ),
    of(&["environment", "envs", "env_vars", "envar", "setenv"], "compose's", Key("env", Same)),
    of(&["environment_file"], "systemd's and Quadlet's", Key("env_file", Same)),
    of(&["keep_env"], "nsjail's", Key("pass_env", No)),
    of(&["terminal"], "OCI's", Key("tty", Same)),
    of(&["stdin_open", "stdin", "attach_stdin"], "compose's", Key("interactive", Same)),
    of(&["uid"], "a number of", Key("user", Same)),
    of(
        &["group_add", "additional_gids", "supplementary_groups"],
        "docker's, OCI's and systemd's",
        Key("groups", Same),
    ),
    of(
        &["gid", "group"],
        "OCI's and systemd's",
        Otherwise("the primary group stands in `user`: user = \"web:video\" or \"1000:44\""),
    ),
    of(&["domain_name"], "another", Key("domainname", Same)),
    of(&["host_name", "host"], "another", Key("hostname", Same)),
    of(&["init", "run_init"], "docker's", NotYet("tinydocker has no init process yet: the command is PID 1")),
    of(&["kill_signal"], "systemd's", Key("stop_signal", Same)),
    of(&["stop_grace_period", "timeout_stop_sec"], "compose's and systemd's", Key("stop_timeout", Duration)),
    of(&["time_limit", "runtime_max_sec"], "nsjail's and systemd's", Key("timeout", Duration)),
    of(&["restart", "restart_policy"], "docker's", NotYet("tinydocker restarts nothing yet")),
    of(&["healthcheck", "health_cmd"], "docker's", NotYet("tinydocker has no health checks yet")),
    of(
        &["depends_on", "links", "requires"],
        "compose's",
        NotYet("one profile is one container so far; there is nothing to depend on"),
    ),
    of(
        &["services", "containers", "version"],
        "compose's",
        NotYet("one profile is one container so far; its keys stand at the top of the file"),
    ),
    of(&["labels", "label", "annotations"], "docker's and OCI's", NotYet("tinydocker has no labels yet")),
    of(
        &["logging", "log_driver", "log_opt"],
        "docker's",
        NotYet("a container in the foreground writes to your terminal; there are no logs yet"),
    ),
    of(&["detach", "daemonize"], "docker's", NotYet("tinydocker runs in the foreground only so far")),
    of(&["ulimits", "ulimit", "rlimit"], "docker's", Key("rlimits", Same)),
    of(&["extends", "include", "profiles"], "compose's", NotYet("profiles can't build on each other yet")),
    of(
        &["secrets", "configs"],
        "compose's",
        NotYet("tinydocker has no secrets yet; a file can be mounted: mounts = [\"./secret:/run/secret\"]"),
    ),
    of(
        &["process"],
        "OCI's",
        Otherwise(
            "there is no [process]: `command`, `env`, `working_dir`, `user`, `tty` stand at the top of the file",
        ),
    ),
    of(&["oom_score_adjust"], "systemd's", Key("oom_score_adj", Same)),
    // Files.
    of(
        &["root", "chroot", "root_dir", "root_directory", "root_path"],
        "OCI's and nsjail's",
        Key("rootfs", Same),
    ),
    of(
        &["read_only", "readonly", "read_only_root_filesystem", "readonly_rootfs"],
        "docker's",
        Key("rootfs.mode", ReadOnlyRoot),
    ),
    of(&["volumes", "volume", "binds", "bind", "bind_mounts"], "docker's", Key("mounts", Volumes)),
    of(&["mount"], "nsjail's and OCI's", Key("mounts", No)),
    of(&["tmpfs", "tmpfs_mounts"], "docker's", Key("mounts", Tmpfs)),
    of(&["volumes_from"], "docker's", NotYet("tinydocker has no volumes yet; mount the folders themselves")),
    of(
        &["devices", "device", "device_cgroup_rules", "gpus"],
        "docker's",
        NotYet("tinydocker passes no devices on yet; /dev has null, zero, full, random, urandom and tty"),
    ),
    of(&["shm_size", "ipc_shm_size"], "docker's", NotYet("the size of /dev/shm can't be set yet")),
    of(&["readonly_paths"], "OCI's", Key("read_only_paths", Same)),
    // Namespaces.
    of(&["pid", "pid_mode"], "docker's", Key("namespaces.pid", Same)),
    of(&["ipc", "ipc_mode"], "docker's", Key("namespaces.ipc", Same)),
    of(&["uts", "uts_mode"], "docker's", Key("namespaces.uts", Same)),
    of(&["cgroupns", "cgroupns_mode", "cgroup_ns"], "docker's", Key("namespaces.cgroup", Same)),
    of(
        &["userns", "userns_mode", "user_ns", "uid_map", "gid_map", "id_mappings"],
        "docker's",
        NotYet("tinydocker has no user namespaces yet"),
    ),
    of(&["clone_newnet"], "nsjail's", Key("network", No)),
    of(&["clone_newpid"], "nsjail's", Key("namespaces.pid", No)),
    of(&["clone_newipc"], "nsjail's", Key("namespaces.ipc", No)),
    of(&["clone_newuts"], "nsjail's", Key("namespaces.uts", No)),
    of(&["clone_newcgroup"], "nsjail's", Key("namespaces.cgroup", No)),
    of(&["clone_newuser"], "nsjail's", NotYet("tinydocker has no user namespaces yet")),
    within("namespaces", &["net", "network"], "the kernel's", Key("network", No)),
    within("namespaces", &["user"], "the kernel's", NotYet("tinydocker has no user namespaces yet")),
    within(
        "namespaces",
        &["mount", "mnt"],
        "the kernel's",
        Otherwise("the mount namespace is always private: the root file system is mounted in it"),
    ),
    within("namespaces", &["time"], "the kernel's", NotYet("tinydocker has no time namespaces yet")),
    // The network.
    of(&["network_mode", "networks", "net"], "docker's", Key("network", Same)),
    of(
        &["ports", "publish", "port", "publish_port", "expose"],
        "docker's",
        NotYet(
            "tinydocker publishes no ports yet; with network = \"host\" the container listens on the host's own",
        ),
    ),
    of(&["dns", "dns_search", "dns_opt"], "docker's", NotYet("name servers can't be set yet")),
    of(&["extra_hosts", "add_host", "hosts"], "docker's", NotYet("entries of /etc/hosts can't be set yet")),
    of(
        &["mac_address", "ip", "ip6", "ipv4_address"],
        "docker's",
        NotYet("tinydocker has no network with addresses yet"),
    ),
    // Limits.
    of(
        &["mem_limit", "memory_limit", "memory_max", "cgroup_mem_max", "mem"],
        "docker's, systemd's and nsjail's",
        Key("cgroup.memory", Size),
    ),
    of(&["mem_reservation", "memory_reservation"], "docker's", Key("cgroup.memory_low", Size)),
    of(&["memory_high"], "systemd's", Key("cgroup.memory_high", Size)),
    of(&["memory_low"], "systemd's", Key("cgroup.memory_low", Size)),
    of(&["memory_min"], "systemd's", Key("cgroup.memory_min", Size)),
    of(&["memory_swap_max"], "systemd's", Key("cgroup.swap", Size)),
    of(
        &["memory_swap", "memswap_limit"],
        "docker's",
        Otherwise("docker counts memory and swap together; write the swap alone: cgroup.swap = \"512m\""),
    ),
    of(
        &["mem_swappiness", "memory_swappiness"],
        "docker's",
        NotYet("how eagerly memory is swapped can't be set yet"),
    ),
    of(
        &["pids_limit", "tasks_max", "pids_max", "cgroup_pids_max"],
        "docker's and systemd's",
        Key("cgroup.pids", Limit),
    ),
    of(&["cpu_count", "nano_cpus", "cpu"], "docker's", Key("cgroup.cpus", Number)),
    of(&["cpu_cfs_quota", "cpu_cfs_quota_us", "cfs_quota"], "docker's", Key("cgroup.cpu_quota", Number)),
    of(&["cpu_cfs_period", "cpu_cfs_period_us", "cfs_period"], "docker's", Key("cgroup.cpu_period", Number)),
    of(&["cpu_share", "shares"], "docker's", Key("cgroup.cpu_shares", Number)),
    of(&["cpu_weight"], "cgroup v2's", Key("cgroup.cpu_weight", Number)),
    of(
        &["cpu_percent"],
        "docker's (Windows)",
        Otherwise("write the number of cores: cgroup.cpus = 0.5 is 50 % of one"),
    ),
    of(&["cpuset", "cpuset_cpus", "allowed_cpus"], "docker's and systemd's", Key("cgroup.cpuset_cpus", Same)),
    of(&["cpuset_mems", "allowed_memory_nodes"], "docker's and systemd's", Key("cgroup.cpuset_mems", Same)),
    of(&["blkio_weight", "io_weight"], "docker's and systemd's", Key("cgroup.io_weight", Number)),
    of(
        &["blkio_config", "weight_device", "blkio_weight_device"],
        "compose's",
        Otherwise(
            "write cgroup.io_weight = 100, and [cgroup.io.\"/dev/sda\"] with read_bps = \"10m\" and the like",
        ),
    ),
    of(
        &[
            "device_read_bps",
            "device_write_bps",
            "device_read_iops",
            "device_write_iops",
            "io_read_bandwidth_max",
            "io_write_bandwidth_max",
        ],
        "docker's and systemd's",
        Otherwise("write [cgroup.io.\"/dev/sda\"] with read_bps, write_bps, read_iops or write_iops"),
    ),
    of(&["cgroup_parent", "slice"], "docker's", Key("cgroup.parent", Same)),
    of(
        &["deploy"],
        "compose's",
        Otherwise("limits stand under [cgroup]: cpus, memory, pids; tinydocker deploys nothing"),
    ),
    of(
        &["resources", "limits", "linux"],
        "compose's and OCI's",
        Otherwise("limits stand under [cgroup]: memory, pids, cpus, cpu_quota, cpu_period, cpu_shares"),
    ),
    within(
        "cgroup",
        &["limit", "memory_bytes", "max", "memory_limit_in_bytes"],
        "the kernel's",
        Key("cgroup.memory", Size),
    ),
    // Privileges.
    of(
        &["privileged"],
        "docker's",
        Otherwise(
            "there is no such key, on purpose; security.preset = \"unconfined\" gives every capability that you have, masks nothing and lets setuid programs work: root inside can then reach the whole host. Better say what the container needs, such as security.capabilities.NET_ADMIN = true",
        ),
    ),
    of(&["cap_add", "add_capability"], "docker's and Quadlet's", Key("security.capabilities", Add)),
    of(&["cap_drop", "drop_capability"], "docker's and Quadlet's", Key("security.capabilities", Drop)),
    of(&["capabilities"], "OCI's", Key("security.capabilities", No)),
    of(
        &["security_opt"],
        "docker's",
        Otherwise(
            "write security.no_new_privileges = true or false; masked_paths and security.capabilities say the rest; profiles of seccomp and AppArmor can't be chosen yet",
        ),
    ),
    of(
        &["no_new_privs", "no_new_privileges"],
        "OCI's and systemd's",
        Key("security.no_new_privileges", Same),
    ),
    within("security", &["no_new_privs"], "the kernel's", Key("security.no_new_privileges", Same)),
    within(
        "security",
        &["allow_privilege_escalation"],
        "Kubernetes'",
        Key("security.no_new_privileges", Inverted),
    ),
    of(
        &["allow_privilege_escalation", "disable_no_new_privs"],
        "Kubernetes' and nsjail's",
        Key("security.no_new_privileges", Inverted),
    ),
    of(
        &["seccomp", "seccomp_profile", "seccomp_string"],
        "OCI's",
        NotYet("the system call filter can't be chosen yet"),
    ),
    of(
        &["apparmor", "apparmor_profile", "selinux_label", "process_label"],
        "OCI's",
        NotYet("AppArmor and SELinux are not used yet"),
    ),
    of(&["sysctls", "sysctl"], "docker's", Key("security.sysctls", Same)),
    of(&["hooks"], "OCI's", NotYet("tinydocker has no hooks yet")),
    // Mounts.
    within(
        "mounts",
        &["idmap", "id_map", "u", "uidmap"],
        "OCI's",
        NotYet("tinydocker maps no ids of mounts yet"),
    ),
    within(
        "mounts",
        &["volume"],
        "compose's",
        NotYet("tinydocker has no volumes yet; bind a folder: source = \"./data\""),
    ),
    within(
        "mounts",
        &["secret"],
        "compose's",
        NotYet("tinydocker has no secrets yet; a file can be written here: content = \"…\""),
    ),
    within("mounts", &["bind_propagation"], "docker's", Key("mounts.*.propagation", No)),
    within(
        "mounts",
        &["create_host_path"],
        "compose's",
        Otherwise("write create = \"dir\" to have a missing source made"),
    ),
    within(
        "mounts",
        &["target", "destination", "dst"],
        "docker's",
        Otherwise("the target is the table's own key: [mounts.\"/srv\"]"),
    ),
];
