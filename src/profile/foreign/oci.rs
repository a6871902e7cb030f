//! The OCI runtime specification's config.json, and Kubernetes' words for the same.

use super::Answer::{Key, NotYet, Otherwise};
use super::Convert::*;
use super::{Family, Row};

/// The names.
pub const NAMES: Family = Family {
    from: "OCI's",
    rows: &[
        Row("oci_version", Otherwise("leave it out: profiles have no version")),
        Row("process.args", Key("command", Command)),
        Row("process.command_line", Otherwise("leave it out: it is Windows'")),
        Row("process.cwd cwd", Key("working_dir", Same)),
        Row("process.env", Key("env", Env)),
        Row("process.terminal terminal", Key("tty", Same)),
        Row("process.console_size", Otherwise("leave it out: the terminal has your terminal's size")),
        Row("process.user", Key("user", User)),
        Row("process.rlimits", Key("rlimits", Rlimits)),
        Row(
            "process.no_new_privileges process.no_new_privs no_new_privs no_new_privileges",
            Key("security.no_new_privileges", Same),
        ),
        Row("security.no_new_privs", Key("security.no_new_privileges", Same)),
        Row("process.oom_score_adj", Key("oom_score_adj", Same)),
        Row(
            "process.apparmor_profile apparmor_profile apparmor",
            NotYet("tinydocker does not use AppArmor yet"),
        ),
        Row(
            "process.selinux_label selinux_label process_label linux.mount_label",
            NotYet("tinydocker does not use SELinux yet"),
        ),
        Row("process.capabilities.bounding capabilities.bounding", Key("security.capabilities", CapsOnly)),
        Row("process.capabilities.ambient capabilities.ambient", Key("security.ambient", CapsList)),
        Row(
            "process.capabilities.effective process.capabilities.permitted process.capabilities.inheritable capabilities.effective capabilities.permitted capabilities.inheritable",
            Otherwise("leave it out: it follows from security.capabilities"),
        ),
        Row("process.io_priority process.scheduler", NotYet("scheduling can't be set but for `nice`")),
        Row("process.exec_cpu_affinity", Key("cpu_affinity", No)),
        Row("root root_dir root_path root.path", Key("rootfs", Same)),
        Row("root.readonly", Key("rootfs.mode", ReadOnlyRoot)),
        Row("mounts.*.fstype", Key("mounts.*.type", Same)),
        Row("linux.resources.memory.limit", Key("cgroup.memory", Size)),
        Row("linux.resources.memory.reservation", Key("cgroup.memory_low", Size)),
        Row(
            "linux.resources.memory.swap",
            Otherwise(
                "OCI counts memory and swap together; the swap alone is cgroup.swap, such as cgroup.swap = \"512m\"",
            ),
        ),
        Row(
            "linux.resources.memory.swappiness linux.resources.memory.kernel linux.resources.memory.disable_oom_killer",
            NotYet(
                "of the memory there is a bound, guarantees and the swap: cgroup.memory, memory_low, swap",
            ),
        ),
        Row("linux.resources.cpu.shares", Key("cgroup.cpu_shares", Number)),
        Row("linux.resources.cpu.quota", Key("cgroup.cpu_quota", Limit)),
        Row("linux.resources.cpu.period", Key("cgroup.cpu_period", Number)),
        Row("linux.resources.cpu.burst", Key("cgroup.cpu_burst", Number)),
        Row("linux.resources.cpu.idle", Key("cgroup.cpu_idle", No)),
        Row("linux.resources.cpu.cpus", Key("cgroup.cpuset_cpus", Same)),
        Row("linux.resources.cpu.mems", Key("cgroup.cpuset_mems", Same)),
        Row("linux.resources.pids.limit", Key("cgroup.pids", Limit)),
        Row("linux.resources.block_io.weight", Key("cgroup.io_weight", Number)),
        Row("linux.resources.devices", Key("devices", No)),
        Row(
            "linux.resources.hugepage_limits linux.resources.network linux.resources.rdma",
            NotYet("of limits there are memory, swap, CPU, processes and disks"),
        ),
        Row(
            "linux.resources.unified",
            Otherwise(
                "write the keys of [cgroup]: memory for memory.max, pids for pids.max, cpus for cpu.max",
            ),
        ),
        Row("linux.cgroups_path", Key("cgroup.parent", No)),
        Row("linux.devices", Key("devices", No)),
        Row("linux.masked_paths", Key("masked_paths", Same)),
        Row("linux.readonly_paths readonly_paths", Key("read_only_paths", Same)),
        Row("linux.sysctl", Key("security.sysctls", Sysctls)),
        Row("linux.seccomp seccomp_profile seccomp", Key("security.seccomp", Same)),
        Row(
            "linux.namespaces",
            Otherwise(
                "every namespace is private without asking; one to share is namespaces.pid = \"host\" and the like",
            ),
        ),
        Row("linux.uid_mappings uid_mappings uid_map id_mappings", Key("namespaces.uid_map", IdMap)),
        Row("linux.gid_mappings gid_mappings gid_map", Key("namespaces.gid_map", No)),
        Row("linux.rootfs_propagation", Key("rootfs.propagation", Same)),
        Row("linux.intel_rdt linux.personality", NotYet("there is no key for it")),
        Row("domain_name", Key("domainname", Same)),
        Row(
            "hooks.prestart hooks.create_runtime hooks.create_container hooks.start_container hooks.poststart hooks.poststop",
            Key("hooks", No),
        ),
        // Kubernetes.
        Row(
            "allow_privilege_escalation security.allow_privilege_escalation",
            Key("security.no_new_privileges", Inverted),
        ),
        Row("security_context.run_as_user run_as_user", Key("user", Same)),
        Row(
            "security_context.privileged",
            Otherwise(
                "there is no such thing, on purpose; security.preset = \"unconfined\" is the nearest, and opens the whole host to root inside",
            ),
        ),
        // The kernel's files.
        Row(
            "cgroup.memory.max memory_max_usage memory_limit_in_bytes cgroup.memory_limit_in_bytes cgroup.limit cgroup.max cgroup.memory_bytes",
            Key("cgroup.memory", Size),
        ),
        Row("cgroup.memory.high", Key("cgroup.memory_high", Size)),
        Row("cgroup.memory.low", Key("cgroup.memory_low", Size)),
        Row("cgroup.memory.min", Key("cgroup.memory_min", Size)),
        Row("cgroup.memory.swap.max", Key("cgroup.swap", Size)),
        Row("cgroup.pids.max", Key("cgroup.pids", Limit)),
        Row("cgroup.cpu.max cpu_max cgroup.cpu_max", Key("cgroup.cpu_quota", CpuMax)),
        Row("cgroup.cpu.weight", Key("cgroup.cpu_weight", Number)),
        Row("cpu_cfs_quota_us cgroup.cpu_cfs_quota_us", Key("cgroup.cpu_quota", Limit)),
        Row("cpu_cfs_period_us cgroup.cpu_cfs_period_us", Key("cgroup.cpu_period", Number)),
        Row("namespaces.mnt", Key("namespaces.mount", Same)),
    ],
};
