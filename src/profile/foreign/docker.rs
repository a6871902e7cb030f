//! docker: flags of `run`, the words of `inspect`'s JSON, Dockerfiles.

use super::Answer::{Key, NotYet, Otherwise};
use super::Convert::*;
use super::{Family, Row};

/// Of words that mean that an image is built.
pub const BUILD: &str = "tinydocker builds no images; write rootfs = \"./folder\" for an unpacked one";

const PRIVILEGED: &str = "there is no such thing, on purpose. security.preset = \"unconfined\" is the nearest: it opens every capability that you have, switches the system call filter, the masked paths and no_new_privileges off, and so lets root inside reach the whole host. Better say what is needed: security.capabilities, devices, mounts, namespaces, network";

/// The names.
pub const NAMES: Family = Family {
    from: "docker's",
    rows: &[
        Row("privileged", Otherwise(PRIVILEGED)),
        Row(
            "gpus device_requests",
            NotYet(
                "tinydocker hands on no GPUs as such; name the device: devices.\"/dev/dri/renderD128\" = \"rw\"",
            ),
        ),
        Row(
            "detach",
            NotYet(
                "tinydocker runs in the foreground only so far; a shell's `&` puts it into the background",
            ),
        ),
        Row("rm auto_remove", Otherwise("leave it out: nothing is left of a container that has ended")),
        Row("from", Key("image", Same)),
        Row("build dockerfile context", NotYet(BUILD)),
        Row("pull_policy", Key("pull", Same)),
        Row(
            "platform",
            NotYet("tinydocker takes no images of other platforms; the root file system is what it is"),
        ),
        Row("runtime isolation", Otherwise("leave it out: tinydocker is its own runtime")),
        Row("cidfile pidfile", NotYet("tinydocker writes no such file")),
        // The process.
        Row("cmd args exec run", Key("command", Command)),
        Row("workdir", Key("working_dir", Same)),
        Row("environment envs env_vars", Key("env", Env)),
        Row("env_files", Key("env_file", EnvFile)),
        Row("open_stdin attach_stdin stdin", Key("interactive", Same)),
        Row(
            "attach attach_stdout attach_stderr stdout stderr sig_proxy",
            Otherwise("leave it out: a container in the foreground is always attached"),
        ),
        Row("detach_keys", Otherwise("leave it out: nothing detaches from a container in the foreground")),
        Row("use_tty", Key("tty", Same)),
        Row("group_add", Key("groups", Names)),
        Row("host", Key("hostname", Same)),
        Row("ulimit", Key("rlimits", Rlimits)),
        Row(
            "oom_kill_disable oom_kill_disabled",
            NotYet("a container that runs out of memory is always killed; cgroup.memory is the bound"),
        ),
        Row(
            "health_cmd health_interval health_retries health_timeout health_start_period no_healthcheck",
            Key("healthcheck", No),
        ),
        Row("restart_policy", Key("restart", No)),
        Row("log_driver log_opt log_config", Key("logging", No)),
        Row("label", Key("labels", Texts)),
        Row("annotation", Key("annotations", Texts)),
        Row("link", Key("hosts", No)),
        // Files.
        Row("read_only readonly_rootfs read_only_root_filesystem", Key("rootfs.mode", ReadOnlyRoot)),
        Row("volumes volume binds bind_mounts", Key("mounts", Volumes)),
        Row("tmpfs", Key("mounts", Tmpfs)),
        Row("volumes_from", NotYet("tinydocker has no volumes yet; mount the folders themselves")),
        Row("volume_driver storage_opt", NotYet("tinydocker has no volumes and no storage drivers")),
        Row("device", Key("devices", Devices)),
        Row("device_cgroup_rule device_cgroup_rules", Key("devices", No)),
        Row("ipc_shm_size", Key("shm_size", Size)),
        // Namespaces and the network.
        Row("pid pid_mode", Key("namespaces.pid", Namespace)),
        Row("ipc ipc_mode", Key("namespaces.ipc", Namespace)),
        Row("uts uts_mode", Key("namespaces.uts", Namespace)),
        Row("cgroupns cgroupns_mode", Key("namespaces.cgroup", Namespace)),
        Row("userns userns_mode", Key("namespaces.user", Namespace)),
        Row("network_mode net", Key("network", Network)),
        Row("publish port port_bindings", Key("ports", Ports)),
        Row("publish_all publish_all_ports", Key("ports", No)),
        Row(
            "expose exposed_ports",
            Otherwise("leave it out: it opens nothing; ports that others reach stand in `ports`"),
        ),
        Row("dns_search", Key("dns.search", Names)),
        Row("dns_opt dns_option dns_options", Key("dns.options", Names)),
        Row("extra_hosts add_host", Key("hosts", Hosts)),
        Row(
            "mac_address ip ip6 link_local_ip network_alias net_alias",
            NotYet("tinydocker has no network with addresses yet; network is \"none\" or \"host\""),
        ),
        // Limits.
        Row("mem_limit memory_limit", Key("cgroup.memory", Size)),
        Row("mem_reservation memory_reservation", Key("cgroup.memory_low", Size)),
        Row(
            "memswap_limit memory_swap",
            Otherwise(
                "docker counts memory and swap together; the swap alone is cgroup.swap, such as cgroup.swap = \"512m\"",
            ),
        ),
        Row(
            "mem_swappiness memory_swappiness",
            NotYet("how eagerly memory is swapped can't be set; cgroup.swap bounds how much"),
        ),
        Row(
            "kernel_memory kernel_memory_tcp",
            Otherwise("leave it out: Linux counts the kernel's memory in cgroup.memory"),
        ),
        Row("pids_limit", Key("cgroup.pids", Limit)),
        Row("cpu_count", Key("cgroup.cpus", Number)),
        Row("nano_cpus", Key("cgroup.cpus", Nano)),
        Row("cpu_quota cpu_cfs_quota cfs_quota", Key("cgroup.cpu_quota", Quota)),
        Row("cpu_cfs_period cfs_period", Key("cgroup.cpu_period", Number)),
        Row("cpu_share", Key("cgroup.cpu_shares", Number)),
        Row("cpu_percent", Otherwise("write the number of cores: cgroup.cpus = 0.5 is 50 % of one")),
        Row(
            "cpu_rt_runtime cpu_rt_period cpu_realtime_runtime cpu_realtime_period",
            NotYet("real-time scheduling can't be set"),
        ),
        Row("cpuset", Key("cgroup.cpuset_cpus", Same)),
        Row("blkio_weight", Key("cgroup.io_weight", Number)),
        Row("blkio_weight_device", NotYet("weights are not by device; cgroup.io_weight is the container's")),
        Row("device_read_bps blkio_device_read_bps", Key("cgroup.io.*.read_bps", Io)),
        Row("device_write_bps blkio_device_write_bps", Key("cgroup.io.*.write_bps", Io)),
        Row("device_read_iops blkio_device_read_iops", Key("cgroup.io.*.read_iops", Io)),
        Row("device_write_iops blkio_device_write_iops", Key("cgroup.io.*.write_iops", Io)),
        Row("cgroup_parent", Key("cgroup.parent", Same)),
        // Privileges.
        Row("cap_add", Key("security.capabilities", CapsAdd)),
        Row("cap_drop", Key("security.capabilities", CapsDrop)),
        Row("security_opt", Key("security.no_new_privileges", SecurityOptions)),
        Row("security.seccomp_profile", Key("security.seccomp", Same)),
        Row("sysctl", Key("security.sysctls", Sysctls)),
        // In our own tables.
        Row(
            "mounts.*.target mounts.*.destination mounts.*.dst",
            Otherwise("the target is the table's own key: [mounts.\"/srv\"]"),
        ),
        Row("mounts.*.src", Key("mounts.*.source", Same)),
        Row("mounts.*.ro", Key("mounts.*.read_only", Same)),
        Row("mounts.*.rw", Key("mounts.*.read_only", Inverted)),
        Row("mounts.*.bind_propagation", Key("mounts.*.propagation", Same)),
        Row("mounts.*.tmpfs_size", Key("mounts.*.size", Size)),
        Row("mounts.*.tmpfs_mode", Key("mounts.*.mode", Same)),
        Row("mounts.*.volume_subpath mounts.*.volume.subpath", Key("mounts.*.subpath", Same)),
        Row("security.privileged", Otherwise(PRIVILEGED)),
        Row("security.cap_add", Key("security.capabilities", CapsAdd)),
        Row("security.cap_drop", Key("security.capabilities", CapsDrop)),
        Row("namespaces.net namespaces.network", Key("network", Network)),
    ],
};
