//! nsjail's configuration and flags, and firejail's few that are the same.

use super::Answer::{Key, NotYet, Otherwise};
use super::Convert::*;
use super::{Family, Row};

/// The names.
pub const NAMES: Family = Family {
    from: "nsjail's",
    rows: &[
        Row(
            "mode",
            Otherwise("leave it out: a container is one command, run once; the root's mode is rootfs.mode"),
        ),
        Row("exec_bin", Key("command", ExecBin)),
        Row("exec_fd execute_fd", NotYet("the command is found by its path")),
        Row("envar", Key("env", Env)),
        Row("keep_env", Key("pass_env", No)),
        Row("time_limit", Key("timeout", Duration)),
        Row(
            "daemon daemonize",
            NotYet(
                "tinydocker runs in the foreground only so far; a shell's `&` puts it into the background",
            ),
        ),
        Row("skip_setsid", Otherwise("leave it out: the command always has a session of its own")),
        Row(
            "silent pass_fd log_fd log_file log_level",
            Otherwise("leave it out: standard input, output and error are passed on, nothing else"),
        ),
        Row("max_conns max_conns_per_ip bindhost listen", NotYet("tinydocker listens on no port")),
        Row("max_cpus", Key("cgroup.cpus", Number)),
        Row("chroot chroot_dir", Key("rootfs", Same)),
        Row(
            "is_root_rw",
            Otherwise("leave it out: changes are kept in memory unless rootfs.mode is \"read-only\""),
        ),
        Row(
            "mount_proc no_mount_proc disable_proc",
            Otherwise("leave it out: /proc is mounted without asking"),
        ),
        Row("tmpfsmount", Key("mounts", Tmpfs)),
        Row("bindmount", Key("mounts", Volumes)),
        Row("bindmount_ro", Key("mounts", ReadOnlyBinds)),
        Row("clone_newnet", Key("network", PrivateNetwork)),
        Row("clone_newpid", Key("namespaces.pid", Private)),
        Row("clone_newipc", Key("namespaces.ipc", Private)),
        Row("clone_newuts", Key("namespaces.uts", Private)),
        Row("clone_newcgroup", Key("namespaces.cgroup", Private)),
        Row("clone_newns", Otherwise("leave it out: the mount namespace is always private")),
        Row("clone_newuser", Key("namespaces.user", No)),
        Row("clone_newtime", Key("namespaces.time", Private)),
        Row("disable_clone_newnet", Key("network", No)),
        Row("newuidmap newgidmap", Key("namespaces.gid_map", No)),
        Row("keep_caps", Key("security.preset", No)),
        Row("cap", Key("security.capabilities", CapsOnly)),
        Row("disable_no_new_privs", Key("security.no_new_privileges", Inverted)),
        Row("seccomp_string seccomp_policy seccomp_policy_file seccomp_log", Key("security.seccomp", No)),
        Row("rlimit_as", Key("rlimits.as", RlimitMib)),
        Row("rlimit_core", Key("rlimits.core", RlimitMib)),
        Row("rlimit_fsize", Key("rlimits.fsize", RlimitMib)),
        Row("rlimit_stack", Key("rlimits.stack", RlimitMib)),
        Row("rlimit_cpu", Key("rlimits.cpu", Rlimit)),
        Row("rlimit_nofile", Key("rlimits.nofile", Rlimit)),
        Row("rlimit_nproc", Key("rlimits.nproc", Rlimit)),
        Row("disable_rl", Otherwise("leave it out: limits are inherited unless `rlimits` says otherwise")),
        Row("nice_level", Key("nice", Same)),
        Row("cgroup_mem_max", Key("cgroup.memory", Size)),
        Row("cgroup_mem_swap_max", Key("cgroup.swap", Size)),
        Row(
            "cgroup_mem_memsw_max",
            Otherwise(
                "it counts memory and swap together; the swap alone is cgroup.swap, such as cgroup.swap = \"512m\"",
            ),
        ),
        Row("cgroup_pids_max", Key("cgroup.pids", Limit)),
        Row("cgroup_cpu_ms_per_sec", Key("cgroup.cpus", Milli)),
        Row(
            "cgroup_mem_parent cgroup_pids_parent cgroup_cpu_parent cgroupv2_mount cgroup_mem_mount",
            Key("cgroup.parent", No),
        ),
        Row(
            "use_cgroupv2 detect_cgroupv2",
            Otherwise("leave it out: limits are set where this host has them"),
        ),
        Row(
            "macvlan_iface macvlan_vs_ip iface_no_lo iface_own user_net",
            NotYet("tinydocker has no network with addresses yet; network is \"none\" or \"host\""),
        ),
    ],
};
