//! systemd's service units, and systemd-nspawn's files.

use super::Answer::{Key, NotYet, Otherwise};
use super::Convert::*;
use super::{Family, Row};

/// The names.
pub const NAMES: Family = Family {
    from: "systemd's",
    rows: &[
        // The process.
        Row("exec_start", Key("command", Command)),
        Row(
            "exec_start_pre exec_start_post exec_stop exec_stop_post exec_reload exec_condition",
            Key("hooks", No),
        ),
        Row("working_directory", Key("working_dir", Same)),
        Row("environment_file", Key("env_file", EnvFile)),
        Row("pass_environment", Key("pass_env", Names)),
        Row(
            "unset_environment",
            Otherwise(
                "write env.NAME = false for a variable that lower layers set; nothing of yours is passed on but what pass_env names",
            ),
        ),
        Row("group", Otherwise("the primary group stands in `user`: user = \"web:video\" or \"1000:44\"")),
        Row("supplementary_groups", Key("groups", Names)),
        Row("dynamic_user", Otherwise("write a number: user = 64000")),
        Row("standard_input tty_path", Otherwise("write interactive = true, and tty = true for a terminal")),
        Row("standard_output standard_error syslog_identifier log_rate_limit_burst", Key("logging", No)),
        Row("kill_signal", Key("stop_signal", Same)),
        Row(
            "kill_mode send_sigkill final_kill_signal",
            Otherwise("leave it out: a container always ends as a whole"),
        ),
        Row("timeout_stop_sec timeout_sec", Key("stop_timeout", Duration)),
        Row(
            "timeout_start_sec",
            Otherwise("leave it out: a container has started as soon as its command runs"),
        ),
        Row("runtime_max_sec", Key("timeout", Duration)),
        Row(
            "restart_sec restart_steps restart_max_delay_sec start_limit_burst start_limit_interval_sec",
            Key("restart", No),
        ),
        Row("watchdog_sec", Key("healthcheck", No)),
        Row("service.type", Otherwise("leave it out: a container has started as soon as its command runs")),
        Row("remain_after_exit oneshot", Otherwise("leave it out: a container ends with its command")),
        Row("oom_score_adjust", Key("oom_score_adj", Same)),
        Row(
            "oom_policy",
            Otherwise(
                "leave it out: a container that runs out of memory is killed as a whole or in part by the kernel",
            ),
        ),
        Row(
            "cpu_scheduling_policy cpu_scheduling_priority io_scheduling_class io_scheduling_priority",
            NotYet("scheduling can't be set but for `nice`"),
        ),
        Row("limit_nofile", Key("rlimits.nofile", Rlimit)),
        Row("limit_nproc", Key("rlimits.nproc", Rlimit)),
        Row("limit_core", Key("rlimits.core", Rlimit)),
        Row("limit_as", Key("rlimits.as", Rlimit)),
        Row("limit_cpu", Key("rlimits.cpu", Rlimit)),
        Row("limit_fsize", Key("rlimits.fsize", Rlimit)),
        Row("limit_memlock", Key("rlimits.memlock", Rlimit)),
        Row("limit_stack", Key("rlimits.stack", Rlimit)),
        Row("limit_data", Key("rlimits.data", Rlimit)),
        Row("limit_rtprio", Key("rlimits.rtprio", Rlimit)),
        Row("limit_nice", Key("rlimits.nice", Rlimit)),
        Row("limit_sigpending", Key("rlimits.sigpending", Rlimit)),
        Row("limit_msgqueue", Key("rlimits.msgqueue", Rlimit)),
        // Limits.
        Row("memory_max", Key("cgroup.memory", Size)),
        Row("memory_high", Key("cgroup.memory_high", Size)),
        Row("memory_low", Key("cgroup.memory_low", Size)),
        Row("memory_min", Key("cgroup.memory_min", Size)),
        Row("memory_swap_max", Key("cgroup.swap", Size)),
        Row("memory_zswap_max", NotYet("zswap has no bound of its own; cgroup.swap bounds the swap")),
        Row("cpu_quota_period_sec", Key("cgroup.cpu_period", No)),
        Row("startup_cpu_weight", Key("cgroup.cpu_weight", Number)),
        Row("cpu_weight", Key("cgroup.cpu_weight", Number)),
        Row("tasks_max pids_max", Key("cgroup.pids", Limit)),
        Row("io_weight", Key("cgroup.io_weight", Number)),
        Row(
            "io_device_weight io_device_latency_target_sec",
            NotYet("weights are not by device; cgroup.io_weight is the container's"),
        ),
        Row("io_read_bandwidth_max", Key("cgroup.io.*.read_bps", Io)),
        Row("io_write_bandwidth_max", Key("cgroup.io.*.write_bps", Io)),
        Row("io_read_iops_max", Key("cgroup.io.*.read_iops", Io)),
        Row("io_write_iops_max", Key("cgroup.io.*.write_iops", Io)),
        Row("allowed_cpus", Key("cgroup.cpuset_cpus", Same)),
        Row("allowed_memory_nodes", Key("cgroup.cpuset_mems", Same)),
        Row(
            "memory_accounting cpu_accounting tasks_accounting io_accounting",
            Otherwise("leave it out: what is limited is counted"),
        ),
        Row("slice", Key("cgroup.parent", Same)),
        Row("delegate", NotYet("a container's cgroups are read-only inside")),
        // Privileges.
        Row("capability_bounding_set", Key("security.capabilities", CapsOnly)),
        Row("ambient_capabilities", Key("security.ambient", CapsList)),
        Row(
            "system_call_filter system_call_architectures system_call_error_number",
            Key("security.seccomp", No),
        ),
        Row(
            "restrict_address_families restrict_namespaces restrict_realtime restrict_suid_sgid lock_personality memory_deny_write_execute",
            Key("security.seccomp", No),
        ),
        Row("secure_bits keyring_mode", NotYet("there is no key for it")),
        Row("service.user exec.user", Key("user", Same)),
        Row(
            "service.group",
            Otherwise("the primary group stands in `user`: user = \"web:video\" or \"1000:44\""),
        ),
        Row("umask_mode", Key("umask", Same)),
        // Files.
        Row("root_directory", Key("rootfs", Same)),
        Row("root_image", NotYet("tinydocker mounts no disk images; mount it and write rootfs = \"/mnt\"")),
        Row("protect_system", Key("rootfs.mode", ReadOnlyRoot)),
        Row(
            "protect_home private_mounts",
            Otherwise(
                "leave it out: a container sees what its root file system and `mounts` hold, and of the host's tree no homes",
            ),
        ),
        Row("read_only_directories", Key("read_only_paths", Names)),
        Row("read_write_paths", Key("mounts", No)),
        Row("inaccessible_paths inaccessible_directories", Key("masked_paths", Names)),
        Row("bind_paths", Key("mounts", Volumes)),
        Row("bind_read_only_paths", Key("mounts", ReadOnlyBinds)),
        Row("temporary_file_system", Key("mounts", Tmpfs)),
        Row(
            "private_tmp",
            Otherwise(
                "leave it out: /tmp is the container's own; in memory it is mounts.\"/tmp\" with type = \"tmpfs\"",
            ),
        ),
        Row("private_devices", Otherwise("leave it out: /dev is the container's own")),
        Row("device_allow", Key("devices", Devices)),
        Row("device_policy", Otherwise("leave it out: a container has the devices that `devices` names")),
        Row(
            "runtime_directory state_directory cache_directory logs_directory configuration_directory",
            Key("mounts", No),
        ),
        Row("load_credential set_credential", Key("secrets", No)),
        Row(
            "protect_kernel_tunables protect_kernel_modules protect_kernel_logs protect_control_groups protect_clock protect_proc",
            Otherwise("leave it out: the container can't reach it unless it is given to it"),
        ),
        // Namespaces.
        Row("private_network", Key("network", PrivateNetwork)),
        Row("private_users", Key("namespaces.user", No)),
        Row("private_ipc", Key("namespaces.ipc", Private)),
        Row("private_pids", Key("namespaces.pid", Private)),
        Row("protect_hostname", Key("namespaces.uts", Private)),
        Row(
            "network_namespace_path join_namespace ipc_namespace_path",
            NotYet("tinydocker joins no namespace by path yet"),
        ),
        Row("ip_address_allow ip_address_deny", Key("egress", No)),
        // The unit.
        Row("requires wants after before binds_to part_of upholds", Key("depends_on", No)),
        Row(
            "wanted_by required_by also alias documentation condition_path_exists default_dependencies",
            Otherwise(
                "leave it out: nothing starts a profile but `tinydocker up`, or a unit of yours that calls it",
            ),
        ),
        Row("unit.description", Key("description", Same)),
        // systemd-nspawn.
        Row(
            "boot",
            Otherwise(
                "leave it out: the command is PID 1; for a whole system write command = [\"/sbin/init\"]",
            ),
        ),
        Row("process_two", Key("init", Same)),
        Row("ephemeral", Otherwise("leave it out: changes to the root never outlive the container")),
        Row("parameters", Key("command", Command)),
        Row("files.bind", Key("mounts", Volumes)),
        Row("files.bind_read_only bind_read_only bind_ro", Key("mounts", ReadOnlyBinds)),
        Row("files.temporary_file_system", Key("mounts", Tmpfs)),
        Row("files.read_only", Key("rootfs.mode", ReadOnlyRoot)),
        Row(
            "files.overlay overlay_read_only",
            NotYet("tinydocker has no overlay mounts yet; the root file system is one"),
        ),
        Row(
            "virtual_ethernet virtual_ethernet_extra",
            NotYet("tinydocker has no network with addresses yet; network is \"none\" or \"host\""),
        ),
        Row("link_journal resolv_conf notify_ready", Otherwise("leave it out: there is nothing of the kind")),
        Row("drop_capabilities", Key("security.capabilities", CapsDrop)),
    ],
};
