//! A profile exactly as it was typed: every key optional, nothing filled in, short
//! spellings already spelled out. Ranges are checked here, by validator; what spans
//! several keys is in `rules`.
//!
//! The doc comments become the schema's descriptions.

use super::choice::{Namespace, NetworkWord, PresetWord, PropagationWord, RootfsModeWord};
use super::lexical::{
    Access, ByteRate, CallName, Capability, ContainerPath, CountLimit, CoveredPath, Cpus, DevicePath,
    EnvValue, GroupId, GroupPath, HostName, HostPath, IdMaps, MemoryLimit, Micros, Name, Nice, NumberList,
    OomScoreAdj, OperationRate, QuotaLimit, RlimitValue, SeccompBase, Shares, SignalNumber, Size, Span,
    Switch, SysctlValue, Text, Umask, UserId, VariableName, Weight,
};
use super::types::Limit;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use validator::{Validate, ValidateRange};

mod mount;

pub use mount::RawMount;

/// A tinydocker profile: one container.
#[derive(Debug, Clone, Default, Deserialize, Validate, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "tinydocker profile", rename = "profile")]
pub struct Raw {
    /// The container's name: `a-z`, `0-9`, `-` and `_`, at most 63 characters.
    /// Default: the file's name without its extension.
    #[schemars(example = &"web")]
    pub name: Option<Name>,

    /// The command and its arguments: an array, or one string that is split into words
    /// as a shell does it, without expansion. It becomes PID 1. Required.
    #[schemars(schema_with = "super::schema::command", example = ["/bin/sh", "-c", "echo hello"], example = &"sleep 60")]
    #[validate(length(min = 1, code = "empty", message = "the command is empty"))]
    pub command: Option<Vec<Text>>,

    /// What stands before the command: an array, or one string that is split into words.
    /// `run` with a command replaces `command` and leaves this.
    #[schemars(schema_with = "super::schema::command", example = ["/usr/bin/env"], example = &"/entrypoint.sh")]
    #[validate(length(min = 1, code = "empty", message = "the entrypoint is empty"))]
    pub entrypoint: Option<Vec<Text>>,

    /// The folder in which the command starts, an absolute path in the container. It is
    /// never made. Default: `"/"`.
    #[schemars(example = &"/srv")]
    pub working_dir: Option<ContainerPath>,

    /// Who runs the command: `"web"`, `1000`, and with a group `"web:video"`,
    /// `"1000:1000"` (any mix). Names are looked up in /etc/passwd and /etc/group of the
    /// root file system, which may give them any number: for one that you don't trust
    /// write numbers. The group is that of the user's entry for a name, and the user's
    /// number for a number, unless it is written. Default: `"0:0"`.
    #[schemars(example = &"www-data", example = 1000, example = &"1000:1000")]
    pub user: Option<UserId>,

    /// The supplementary groups, names or numbers; those that /etc/group lists the user
    /// in are not added. Default: `[]`.
    #[schemars(example = ["video", "44"])]
    #[validate(length(max = 65_536, message = "the kernel takes at most 65536 groups"))]
    pub groups: Option<Vec<GroupId>>,

    /// Environment variables: a table of text, or an array of `"NAME=value"`. `PATH`,
    /// `HOME` (of a user by name: the home in /etc/passwd), `container` and, with a
    /// terminal, `TERM` are there by default.
    #[schemars(schema_with = "super::schema::env", example = ["LANG=C.UTF-8"])]
    pub env: Option<BTreeMap<VariableName, EnvValue>>,

    /// Files of `NAME=value` lines, relative to the folder of the profile. `env` wins over
    /// them, a later file over an earlier one. Nothing in them is expanded.
    #[schemars(schema_with = "super::schema::texts", example = &"web.env")]
    #[expect(dead_code, reason = "`prepare` puts the variables into `env`; what is left is of a wrong type")]
    pub env_file: Option<Vec<Text>>,

    /// Variables to pass on from your own environment, by name or with `*`; those that
    /// are not set are left out. `env` and `env_file` win over them.
    #[schemars(schema_with = "super::schema::names", example = ["LANG", "LC_*"])]
    #[expect(dead_code, reason = "`prepare` puts the variables into `env`; what is left is of a wrong type")]
    pub pass_env: Option<Vec<Text>>,

    /// Give the command a terminal. Default: `false`.
    pub tty: Option<Switch>,

    /// Connect standard input; without it the command reads from /dev/null.
    /// Default: `false`.
    pub interactive: Option<Switch>,

    /// Put a small init above the command: it is PID 1, reaps orphans and passes signals
    /// on. For commands that start processes and don't wait for them. Default: `false`,
    /// the command itself is PID 1.
    pub init: Option<Switch>,

    /// The container's host name (RFC 1123). Default: its name, with `_` as `-`.
    #[schemars(example = &"web.example")]
    pub hostname: Option<HostName>,

    /// What the container is for; `plan` shows it.
    #[schemars(example = &"the public web server")]
    pub description: Option<Text>,

    /// NIS domain name, in the container's own UTS namespace. Default: none of its own.
    #[schemars(example = &"example.org")]
    pub domainname: Option<HostName>,

    /// Permission bits that new files don't get: `"0022"` or `0o022`. Default: `"0022"`, as
    /// in docker.
    #[schemars(example = &"0022")]
    pub umask: Option<Umask>,

    /// Resource limits of each process, by name (`nofile`, `nproc`, `core` …, see
    /// getrlimit(2)): a number in the limit's own unit, `"unlimited"`, or a table with
    /// `soft` and `hard`. Default: the launcher's own.
    #[schemars(schema_with = "super::schema::rlimits")]
    #[validate(nested)]
    pub rlimits: Option<BTreeMap<String, RawRlimit>>,

    /// How soon the command is killed for want of memory, -1000 (never) to 1000 (first).
    /// Default: the launcher's own.
    #[schemars(example = 500)]
    pub oom_score_adj: Option<OomScoreAdj>,

    /// Share of a busy processor, -20 (most) to 19 (least). Default: the launcher's own.
    #[schemars(example = 10)]
    pub nice: Option<Nice>,

    /// Processors that the command may run on, such as `"0-3,8"`. Default: the
    /// launcher's own.
    #[schemars(example = &"0-3,8")]
    pub cpu_affinity: Option<NumberList>,

    /// The signal that the command gets when tinydocker is told to stop (SIGTERM): a
    /// name with or without `SIG`, or a number. Default: `"SIGTERM"`, as in docker.
    #[schemars(example = &"SIGQUIT")]
    pub stop_signal: Option<SignalNumber>,

    /// How long the command has to end after that signal, before it is killed:
    /// `"500ms"`, `"10s"`, `"1m30s"`. Default: `"10s"`, as in docker.
    #[schemars(example = &"1m30s")]
    pub stop_timeout: Option<Span>,

    /// How long the command may run, by the clock. Then it is stopped, and the exit
    /// code is 124. Default: no end.
    #[schemars(example = &"2h")]
    pub timeout: Option<Span>,

    /// Files and folders that are covered, in place of the built-in list. Each must exist
    /// in the container. Default: what tells too much in /proc and /sys.
    #[schemars(example = ["/proc/kcore"])]
    pub masked_paths: Option<Vec<CoveredPath>>,

    /// Files and folders that can't be written, in place of the built-in list. Each must
    /// exist in the container. Default: what would change the host in /proc.
    #[schemars(example = ["/proc/sys"])]
    pub read_only_paths: Option<Vec<CoveredPath>>,

    /// The root file system: a folder, `"host"` for the host's own tree, or a table.
    /// The source is not written unless `mode` says so. Required, except for `run` without a profile.
    #[schemars(schema_with = "super::schema::rootfs", example = &"./rootfs", example = &"host")]
    #[validate(nested)]
    pub rootfs: Option<RawRootfs>,

    /// Bound of /dev/shm, such as `"256m"`, rounded down to whole pages. Default: `"64m"`,
    /// as in docker.
    #[schemars(example = &"256m", extend("minimum" = 4096))]
    #[validate(range(min = 4096, message = "/dev/shm needs at least one page of 4096 bytes"))]
    pub shm_size: Option<Size>,

    /// What is mounted into the container: a table keyed by the target, or an array of
    /// `"SOURCE:TARGET"`, `"SOURCE:TARGET:ro"`, `"SOURCE:TARGET:rw"`.
    #[schemars(schema_with = "super::schema::mounts", example = ["./site:/srv:ro"])]
    #[validate(nested)]
    pub mounts: Option<BTreeMap<String, RawMount>>,

    /// Devices of the host that the container may use, by their path in /dev: what may be
    /// done with each, `r` (read), `w` (write) and `m` (make a node, which takes the
    /// capability MKNOD as well), or a table. No other device but /dev/null and its like
    /// can be opened.
    #[schemars(schema_with = "super::schema::devices")]
    #[validate(nested)]
    pub devices: Option<BTreeMap<String, RawDevice>>,

    /// Which namespaces the container has to itself.
    #[validate(nested)]
    pub namespaces: Option<RawNamespaces>,

    /// `"none"` (loopback only), `"host"` (the host's network), `"container:NAME"` (that of a
    /// container that runs) or `"path:/…"` (that of a namespace of the host, such as
    /// `/run/netns/blue`). Default: `"none"`.
    #[schemars(example = &"none")]
    pub network: Option<NetworkWord>,

    /// Limits.
    #[validate(nested)]
    pub cgroup: Option<RawCgroup>,

    /// Privileges.
    #[validate(nested)]
    pub security: Option<RawSecurity>,
}

/// The root file system.
#[derive(Debug, Clone, Default, Deserialize, Validate, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "rootfs")]
pub struct RawRootfs {
    /// A folder, absolute or relative to the folder of the profile (`~/` is your home),
    /// or `"host"` for the host's own tree.
    #[schemars(example = &"./rootfs", example = &"host")]
    pub source: Option<HostPath>,
    /// `"overlay"`: changes live in memory until the container ends. `"read-only"`:
    /// there are none. `"read-write"`: they go to the folder itself, which stays changed;
    /// not for `"host"`. `"persistent"`: they are kept on disk by the container's `name`,
    /// which must be written, until `tinydocker rm NAME` takes them away.
    /// Default: `"overlay"`.
    #[schemars(example = &"overlay")]
    pub mode: Option<RootfsModeWord>,
    /// Bound of the changes that an overlay holds in memory, such as `"256m"`, rounded
    /// down to whole pages. They count as the container's memory. Default: half of
    /// `cgroup.memory`, at most `"1g"`.
    #[schemars(example = &"256m", extend("minimum" = 4096))]
    #[validate(range(min = 4096, message = "an overlay needs at least one page of 4096 bytes"))]
    pub size: Option<Size>,
    /// Paths of the host that `"host"` hides by default, such as `"/home/me/src"`, and that
    /// are to be seen: folders below an overlay like the rest, single files read-only.
    /// Default: `[]`.
    #[schemars(example = ["/home/me/src"])]
    pub show: Option<Vec<CoveredPath>>,
    /// Owners of files on the host and who they are inside, where the file system can do it:
    /// `container` is the id inside, `host` the one on disk, `size` how many. Others show as
    /// 65534. `"off"` leaves owners as they are. Default: `"off"`.
    #[schemars(extend("examples" = [[{ "container": 0, "host": 100_000, "size": 65_536 }]]))]
    pub idmap: Option<IdMaps>,
    /// Which mounts made later show across the root's border. `"private"` or
    /// `"rprivate"`: none. `"rslave"`: those that the host makes in the folder show inside
    /// (modes `"read-only"` and `"read-write"`). `"rshared"`: every mount of the container
    /// is shared with mount namespaces that it makes itself. `"unbindable"`: the root can't
    /// be bound. Default: `"private"`.
    #[schemars(example = &"rslave")]
    pub propagation: Option<PropagationWord>,
}

/// Which namespaces the container has to itself: `"private"`; or it shares those of others:
/// `"host"`, `"container:NAME"` of a container that runs, `"path:/proc/PID/ns/…"` of any
/// process. The network has a key of its own, `network`.
#[derive(Debug, Clone, Default, Deserialize, Validate, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "namespaces")]
pub struct RawNamespaces {
    /// Mounts. `"host"`: the command sees the host's whole tree as it is, and may write
    /// there; of others: it sees theirs. Nothing is mounted or covered then, so that
    /// `rootfs`, `mounts`, `devices`, `shm_size`, `masked_paths` and `read_only_paths` are
    /// for `"private"` only. Default: `"private"`.
    #[schemars(example = &"private", example = &"host")]
    pub mount: Option<Namespace>,
    /// Processes. Default: `"private"`.
    #[schemars(example = &"private", example = &"host")]
    pub pid: Option<Namespace>,
    /// System V IPC and POSIX message queues; /dev/shm is the container's own in any case.
    /// Default: `"private"`.
    #[schemars(example = &"private", example = &"host")]
    pub ipc: Option<Namespace>,
    /// Host name. Default: `"private"`.
    #[schemars(example = &"private", example = &"host")]
    pub uts: Option<Namespace>,
    /// The view of the cgroup tree. Default: `"private"`.
    #[schemars(example = &"private", example = &"host")]
    pub cgroup: Option<Namespace>,
}

/// Limits. Each is read back after it was set.
#[derive(Debug, Clone, Default, Deserialize, Validate, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "cgroup")]
pub struct RawCgroup {
    /// Bound of the memory, such as `"256m"` or `"1.5g"` (units are powers of 1024),
    /// at least 6 MiB, rounded down to whole pages; `"max"` for no bound.
    #[schemars(example = &"256m", extend("minimum" = 6_291_456))]
    #[validate(range(min = 6_291_456, message = "a container needs at least 6 MiB of memory"))]
    pub memory: Option<MemoryLimit>,
    /// Memory above which the container is slowed down and has to give memory back, or
    /// `"max"`; below `memory`. Needs cgroup v2.
    #[schemars(example = &"200m", extend("minimum" = 6_291_456))]
    #[validate(range(min = 6_291_456, message = "a container needs at least 6 MiB of memory"))]
    pub memory_high: Option<MemoryLimit>,
    /// Memory that is not taken from the container while others have some to give, at
    /// most `memory`. On cgroup v1 its soft limit. It protects as far as the groups
    /// above, of `parent`, are protected too.
    #[schemars(example = &"64m")]
    pub memory_low: Option<MemoryLimit>,
    /// Memory that is never taken from the container, at most `memory`. Needs cgroup v2.
    #[schemars(example = &"32m")]
    pub memory_min: Option<MemoryLimit>,
    /// Bound of the swap alone, beside the memory; 0 for none, `"max"` for no bound. On
    /// cgroup v1 it needs `memory`.
    #[schemars(example = &"512m")]
    pub swap: Option<MemoryLimit>,
    /// Bound of the number of processes and threads, or `"max"`.
    #[schemars(example = 100)]
    #[validate(range(min = 1, max = 4_194_304, message = "the number of processes is from 1 to 4194304"))]
    pub pids: Option<CountLimit>,
    /// CPU time in cores, at least 0.01. Excludes `cpu_quota` and `cpu_period`.
    #[schemars(example = 1.5)]
    pub cpus: Option<Cpus>,
    /// CPU time in µs of every `cpu_period`, at least 1000, or `"max"`.
    #[schemars(example = 20000)]
    #[validate(range(
        min = 1000,
        max = 17_592_186_044_415_u64,
        message = "the kernel's smallest quota is 1000 µs"
    ))]
    pub cpu_quota: Option<QuotaLimit>,
    /// Length in µs of the period in which `cpu_quota` counts, 1000 to 1000000.
    /// Default: `100000`.
    #[schemars(example = 100_000)]
    #[validate(range(min = 1000, max = 1_000_000, message = "a CPU period is from 1000 to 1000000 µs"))]
    pub cpu_period: Option<Micros>,
    /// Share of the CPU time when there is not enough for all, 2 to 262144; a container
    /// without it has 1024.
    #[schemars(example = 512)]
    #[validate(range(min = 2, max = 262_144, message = "CPU shares are from 2 to 262144"))]
    pub cpu_shares: Option<Shares>,
    /// The same as a weight of cgroup v2, 1 to 10000; a container without it has 100.
    /// Excludes `cpu_shares`, which is for v1 as well.
    #[schemars(example = 50)]
    #[validate(range(min = 1, max = 10_000, message = "a CPU weight is from 1 to 10000"))]
    pub cpu_weight: Option<Weight>,
    /// CPU time in µs that may be saved up from periods that did not use all of theirs,
    /// at most the quota. Needs `cpus` or `cpu_quota`. Default: `0`.
    #[schemars(example = 10_000)]
    pub cpu_burst: Option<Micros>,
    /// Run only when nothing else wants the CPU (SCHED_IDLE). Excludes a share or
    /// weight. Default: `false`.
    pub cpu_idle: Option<Switch>,
    /// Cores that the container may run on, such as `"0-3,8"`. Default: all.
    #[schemars(example = &"0-3,8")]
    pub cpuset_cpus: Option<NumberList>,
    /// Memory nodes that the container may take memory from, such as `"0"`. Default: all.
    #[schemars(example = &"0")]
    pub cpuset_mems: Option<NumberList>,
    /// Share of the block I/O when there is not enough for all, 1 to 10000 (to 1000 under
    /// the BFQ scheduler, which cgroup v1 needs); a container without it has 100.
    #[schemars(example = 50)]
    #[validate(range(min = 1, max = 10_000, message = "an I/O weight is from 1 to 10000"))]
    pub io_weight: Option<Weight>,
    /// Bounds of block I/O by device: a disk such as `"/dev/sda"`, its numbers such as
    /// `"8:0"`, or any path, which stands for the disk it lies on.
    #[schemars(schema_with = "super::schema::io", extend("examples" = [{ "/dev/sda": { "read_bps": "10m" } }]))]
    #[validate(nested)]
    pub io: Option<BTreeMap<String, RawIo>>,
    /// The group below which the container's groups are made, from the root of the tree:
    /// `"web.slice"`, `"apps/web"`. It is made where it is missing, and goes with the
    /// last container in it if it was made. Default: the root of the tree. In cgroup v2
    /// that is the launcher's own group where it was handed over (`Delegate=yes` of systemd).
    #[schemars(example = &"web.slice")]
    pub parent: Option<GroupPath>,
}

/// Bounds of one device's I/O.
#[derive(Debug, Clone, Default, Deserialize, Validate, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "io")]
pub struct RawIo {
    /// Bytes read in a second, such as `"10m"`.
    #[schemars(example = &"10m")]
    pub read_bps: Option<ByteRate>,
    /// Bytes written in a second, such as `"10m"`.
    #[schemars(example = &"10m")]
    pub write_bps: Option<ByteRate>,
    /// Reads in a second.
    #[schemars(example = 1000)]
    pub read_iops: Option<OperationRate>,
    /// Writes in a second.
    #[schemars(example = 1000)]
    pub write_iops: Option<OperationRate>,
}

/// Privileges.
#[derive(Debug, Clone, Default, Deserialize, Validate, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "security")]
pub struct RawSecurity {
    /// Keep the command from gaining privileges through setuid programs and file
    /// capabilities. Default: `true`.
    pub no_new_privileges: Option<Switch>,
    /// A set of privileges that the other keys start from. `"unconfined"`: every
    /// capability that the launcher has, nothing masked or read-only, and
    /// `no_new_privileges` off. Default: `"default"`.
    #[schemars(example = &"unconfined")]
    pub preset: Option<PresetWord>,
    /// Capabilities by name, given (`true`) or taken away (`false`); `"*"` is all of
    /// them, and the single names are exceptions to it. `{ add = […], drop = […] }` is
    /// the short form. Default: eleven that most programs expect.
    #[schemars(schema_with = "super::schema::capabilities")]
    pub capabilities: Option<BTreeMap<String, Switch>>,
    /// Capabilities that a command keeps that does not run as root; each must be among
    /// `capabilities`. Default: none.
    #[schemars(example = ["NET_BIND_SERVICE"])]
    pub ambient: Option<Vec<Capability>>,
    /// Which system calls the command may make: `"default"`, `"unconfined"` for all of
    /// them, the path of an OCI or docker profile (JSON), or a table. Default:
    /// `"default"`, the profile of the field, by the container's capabilities.
    #[schemars(schema_with = "super::schema::seccomp", example = &"./seccomp.json")]
    pub seccomp: Option<RawSeccomp>,
    /// Kernel parameters of the container's own namespaces: `net.*`, `kernel.shm*`,
    /// `kernel.msg*`, `kernel.sem`, `fs.mqueue.*`. Default: the kernel's.
    #[schemars(schema_with = "super::schema::sysctls")]
    pub sysctls: Option<BTreeMap<String, SysctlValue>>,
}

/// A device; the table's key is its path in the container, below /dev.
#[derive(Debug, Clone, Default, Deserialize, Validate, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "device")]
pub struct RawDevice {
    /// Where the device is on the host, an absolute path. Default: the same path.
    #[schemars(example = &"/dev/ttyUSB0")]
    pub source: Option<DevicePath>,
    /// What may be done with it: some of `r`, `w` and `m`. Default: `"rwm"`.
    #[schemars(example = &"rw")]
    pub access: Option<Access>,
    /// Leave it out where the host has no such device. Default: `false`.
    pub optional: Option<Switch>,
}

/// A filter of system calls, seccomp(2).
#[derive(Debug, Clone, Default, Deserialize, Validate, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "seccomp")]
pub struct RawSeccomp {
    /// What the other keys start from: `"default"`, `"unconfined"`, or the path of an OCI
    /// or docker profile, relative to the folder of the file. Default: `"default"`.
    #[schemars(example = &"./seccomp.json")]
    pub base: Option<SeccompBase>,
    /// System calls that are allowed, whatever their arguments are.
    #[schemars(example = ["keyctl"])]
    pub allow: Option<Vec<CallName>>,
    /// System calls that fail with EPERM, whatever their arguments are.
    #[schemars(example = ["mkdir", "mkdirat"])]
    pub deny: Option<Vec<CallName>>,
    /// System calls that are allowed and logged by the kernel, whatever their arguments
    /// are.
    #[schemars(example = ["ptrace"])]
    pub log: Option<Vec<CallName>>,
}

/// A resource limit, getrlimit(2).
#[derive(Debug, Clone, Default, Deserialize, Validate, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "rlimit")]
pub struct RawRlimit {
    /// The limit in force, or `"unlimited"`; not above `hard`.
    #[schemars(example = 1024)]
    pub soft: Option<RlimitValue>,
    /// How far a process may raise `soft` by itself, or `"unlimited"`.
    #[schemars(example = 2048)]
    pub hard: Option<RlimitValue>,
}

macro_rules! ranges {
    ($($form:ty, $value:expr);+ $(;)?) => {$(
        impl ValidateRange<u64> for $form {
            fn greater_than(&self, max: u64) -> Option<bool> {
                let value: fn(&$form) -> Option<u64> = $value;
                Some(value(self).is_some_and(|value| value > max))
            }
            fn less_than(&self, min: u64) -> Option<bool> {
                let value: fn(&$form) -> Option<u64> = $value;
                Some(value(self).is_some_and(|value| value < min))
            }
        }
    )+};
}

/// `"max"` is in every range.
fn finite(limit: Limit) -> Option<u64> {
    match limit {
        Limit::Max => None,
        Limit::Value(value) => Some(value),
    }
}

ranges! {
    MemoryLimit, |limit| finite(limit.0);
    CountLimit, |limit| finite(limit.0);
    QuotaLimit, |limit| finite(limit.0);
    Size, |size| Some(size.0);
    Micros, |micros| Some(micros.0);
    Shares, |shares| Some(shares.0);
    Weight, |weight| Some(weight.0);
}
