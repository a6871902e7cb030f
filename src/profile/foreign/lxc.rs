//! LXC's configuration: `lxc.…`, with dots as nested tables or in one quoted key.

use super::Answer::{Key, NotYet, Otherwise};
use super::Convert::*;
use super::{Family, Row};

/// The names.
pub const NAMES: Family = Family {
    from: "LXC's",
    rows: &[
        Row("lxc.uts.name lxc.utsname", Key("hostname", Same)),
        Row("lxc.rootfs.path", Key("rootfs", Same)),
        Row(
            "lxc.rootfs.options lxc.rootfs.mount lxc.rootfs.managed",
            Otherwise("leave it out: rootfs.mode says how the root is mounted"),
        ),
        Row("lxc.init.cmd lxc.execute.cmd", Key("command", Command)),
        Row("lxc.init.cwd", Key("working_dir", Same)),
        Row("lxc.init.uid", Key("user", Same)),
        Row(
            "lxc.init.gid",
            Otherwise("the primary group stands in `user`: user = \"web:video\" or \"1000:44\""),
        ),
        Row("lxc.init.groups", Key("groups", No)),
        Row("lxc.environment", Key("env", Env)),
        Row("lxc.environment.runtime lxc.environment.hooks", Key("env", No)),
        Row("lxc.signal.halt lxc.signal.stop", Key("stop_signal", Same)),
        Row(
            "lxc.signal.reboot lxc.reboot lxc.ephemeral",
            Otherwise("leave it out: a container ends with its command, and nothing is left"),
        ),
        Row("lxc.mount.entry", Key("mounts", FsTab)),
        Row("lxc.mount.fstab lxc.mount", Key("mounts", No)),
        Row(
            "lxc.mount.auto",
            Otherwise("leave it out: /proc, /sys and the cgroups are mounted without asking"),
        ),
        Row("lxc.net.*.type", Key("network", Network)),
        Row(
            "lxc.net.*.link lxc.net.*.flags lxc.net.*.name lxc.net.*.hwaddr lxc.net.*.mtu lxc.net.*.veth.pair",
            NotYet("tinydocker has no network with addresses yet; network is \"none\" or \"host\""),
        ),
        Row(
            "lxc.net.*.ipv4.address lxc.net.*.ipv4.gateway lxc.net.*.ipv6.address lxc.net.*.ipv6.gateway",
            NotYet("tinydocker has no network with addresses yet; network is \"none\" or \"host\""),
        ),
        Row("lxc.cap.drop", Key("security.capabilities", CapsDrop)),
        Row("lxc.cap.keep", Key("security.capabilities", CapsOnly)),
        Row("lxc.no_new_privs", Key("security.no_new_privileges", No)),
        Row("lxc.idmap", Key("namespaces.uid_map", IdMap)),
        Row(
            "lxc.namespace.clone lxc.namespace.keep lxc.namespace.share.*",
            Otherwise(
                "every namespace is private without asking; one to share is namespaces.pid = \"host\" and the like",
            ),
        ),
        Row("lxc.prlimit.*", Key("rlimits.*", Rlimit)),
        Row("lxc.sysctl.**", Key("security.sysctls.**", Same)),
        Row("lxc.proc.oom_score_adj", Key("oom_score_adj", Number)),
        Row(
            "lxc.apparmor.profile lxc.apparmor.allow_nesting lxc.aa_profile",
            NotYet("tinydocker does not use AppArmor yet"),
        ),
        Row("lxc.selinux.context", NotYet("tinydocker does not use SELinux yet")),
        Row("lxc.seccomp.profile", Key("security.seccomp", No)),
        Row("lxc.cgroup2.memory.max lxc.cgroup.memory.limit_in_bytes", Key("cgroup.memory", Size)),
        Row("lxc.cgroup2.memory.high", Key("cgroup.memory_high", Size)),
        Row("lxc.cgroup2.memory.low lxc.cgroup.memory.soft_limit_in_bytes", Key("cgroup.memory_low", Size)),
        Row("lxc.cgroup2.memory.swap.max", Key("cgroup.swap", Size)),
        Row(
            "lxc.cgroup.memory.memsw.limit_in_bytes",
            Otherwise(
                "it counts memory and swap together; the swap alone is cgroup.swap, such as cgroup.swap = \"512m\"",
            ),
        ),
        Row("lxc.cgroup2.pids.max lxc.cgroup.pids.max", Key("cgroup.pids", Limit)),
        Row("lxc.cgroup2.cpu.max", Key("cgroup.cpu_quota", CpuMax)),
        Row("lxc.cgroup2.cpu.weight", Key("cgroup.cpu_weight", Number)),
        Row("lxc.cgroup.cpu.shares", Key("cgroup.cpu_shares", Number)),
        Row("lxc.cgroup.cpu.cfs_quota_us", Key("cgroup.cpu_quota", Limit)),
        Row("lxc.cgroup.cpu.cfs_period_us", Key("cgroup.cpu_period", Number)),
        Row("lxc.cgroup2.cpuset.cpus lxc.cgroup.cpuset.cpus", Key("cgroup.cpuset_cpus", Same)),
        Row("lxc.cgroup2.cpuset.mems lxc.cgroup.cpuset.mems", Key("cgroup.cpuset_mems", Same)),
        Row("lxc.cgroup2.io.weight", Key("cgroup.io_weight", Number)),
        Row("lxc.cgroup2.devices.allow lxc.cgroup.devices.allow", Key("devices", No)),
        Row(
            "lxc.cgroup2.devices.deny lxc.cgroup.devices.deny",
            Otherwise("leave it out: a container has the devices that `devices` names"),
        ),
        Row("lxc.cgroup.dir lxc.cgroup.relative", Key("cgroup.parent", No)),
        Row(
            "lxc.tty.max lxc.pty.max lxc.console.path lxc.console.logfile lxc.autodev",
            Otherwise("leave it out: /dev is made without asking, with a console if tty = true"),
        ),
        Row("lxc.include", Otherwise("write extends = \"base.toml\"")),
        Row("lxc.arch", Otherwise("leave it out: the root file system is what it is")),
        Row("lxc.hook.pre-start lxc.hook.start lxc.hook.post-stop lxc.hook.mount", Key("hooks", No)),
        Row("lxc.log.file lxc.log.level", Otherwise("leave it out: problems are told on standard error")),
        Row(
            "lxc.start.auto lxc.start.delay lxc.start.order lxc.group",
            Otherwise(
                "leave it out: nothing starts a profile but `tinydocker up`, or a unit of yours that calls it",
            ),
        ),
    ],
};
