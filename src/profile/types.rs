//! The checked form of a profile. Every value here is valid and every default
//! filled in: after this nobody asks "is it set?".

mod mount;

pub use super::preset::Preset;
pub use mount::{Bind, Create, Generated, IdMap, Mount, MountOption, MountSource, Propagation};

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

pub use super::account::{Id, User};

/// One container, as asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// `[a-z0-9][a-z0-9_-]*`, at most 63.
    pub name: String,
    /// The command and its arguments; never empty.
    pub command: Vec<String>,
    /// Absolute path in the container.
    pub working_dir: String,
    /// Who runs the command.
    pub user: User,
    /// The supplementary groups.
    pub groups: Vec<Id>,
    /// The environment, defaults included; without `HOME` if that of a user by name is
    /// not known yet.
    pub env: BTreeMap<String, String>,
    /// Give the command a terminal.
    pub tty: bool,
    /// Connect standard input.
    pub interactive: bool,
    /// RFC 1123 host name.
    pub hostname: String,
    /// What surrounds the command, where something was asked for.
    pub process: Process,
    /// The root file system.
    pub rootfs: Rootfs,
    /// By normalised absolute target; those of the built-in layer too.
    pub mounts: BTreeMap<String, Mount>,
    /// By absolute path below /dev.
    pub devices: BTreeMap<String, Device>,
    /// Private, the host's or others'.
    pub namespaces: Namespaces,
    /// The network.
    pub network: Network,
    /// Limits.
    pub cgroup: Cgroup,
    /// Privileges.
    pub security: Security,
}

/// A device of the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Absolute path on the host.
    pub source: String,
    /// Some of `rwm`, in this order.
    pub access: String,
    /// Left out where there is none.
    pub optional: bool,
}

/// The root file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rootfs {
    /// What is below.
    pub source: RootfsSource,
    /// What happens to changes.
    pub mode: RootfsMode,
    /// Bound of an overlay's changes in bytes, a multiple of the page size; none is the
    /// default.
    pub size: Option<u64>,
    /// What crosses the root's border.
    pub propagation: Propagation,
    /// Absolute paths of the host that `Host` would hide.
    pub show: Vec<String>,
    /// Who owners of files are inside; empty for who they are.
    pub idmap: Vec<IdMap>,
}

impl Rootfs {
    /// A source with nothing else said.
    pub fn new(source: RootfsSource, mode: RootfsMode) -> Self {
        Self {
            source,
            mode,
            size: None,
            propagation: Propagation::Private,
            show: Vec::new(),
            idmap: Vec::new(),
        }
    }

    /// The source becomes the root as it stands: no layer above it that could hold mount
    /// points.
    pub fn is_bare(&self) -> bool {
        match self.mode {
            _ if self.source == RootfsSource::OfNamespace => true,
            RootfsMode::Overlay | RootfsMode::Persistent => false,
            RootfsMode::ReadOnly => self.source != RootfsSource::Host,
            RootfsMode::ReadWrite => true,
        }
    }
}

/// What the root file system shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RootfsSource {
    /// The host's own tree, what is private in it hidden.
    Host,
    /// A folder; absolute (relative paths were joined to the file's folder).
    Folder(PathBuf),
    /// What the mount namespace has, which is not the container's own.
    OfNamespace,
}

/// What happens to changes of the root file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RootfsMode {
    /// They live in a tmpfs until the container ends.
    Overlay,
    /// There are none.
    ReadOnly,
    /// They go to the folder itself.
    ReadWrite,
    /// They are kept with the container, by its name.
    Persistent,
}

/// Where a namespace comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamespaceMode {
    /// A new one.
    Private,
    /// The host's.
    Host,
    /// One that others live in.
    Joined(Joined),
}

/// Whose namespace is joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Joined {
    /// The one behind this file of the host: an absolute path such as `/proc/123/ns/ipc`.
    Path(String),
    /// The one of the container of this name, which must be running.
    Container(String),
}

/// The namespaces that a profile can choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespaces {
    /// mount_namespaces(7); if it is not the container's own, nothing is mounted.
    pub mount: NamespaceMode,
    /// pid_namespaces(7)
    pub pid: NamespaceMode,
    /// ipc_namespaces(7)
    pub ipc: NamespaceMode,
    /// uts_namespaces(7)
    pub uts: NamespaceMode,
    /// cgroup_namespaces(7)
    pub cgroup: NamespaceMode,
}

/// The network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Network {
    /// A new network namespace with loopback up.
    None,
    /// The host's.
    Host,
    /// One that others live in.
    Joined(Joined),
}

/// A bound, or the wish that there be none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub enum Limit {
    /// `"max"`
    Max,
    /// Bytes or a count.
    Value(u64),
}

/// Limits, in the units of the files that they are written to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cgroup {
    /// Bytes, a multiple of 4096 at this point; compile rounds to the host's page.
    pub memory: Option<Limit>,
    /// Bytes above which the container is slowed down, rounded like `memory`.
    pub memory_high: Option<Limit>,
    /// Bytes that are kept while others have memory to give, rounded like `memory`.
    pub memory_low: Option<Limit>,
    /// Bytes that are never taken away, rounded like `memory`.
    pub memory_min: Option<Limit>,
    /// Bytes of swap alone, rounded like `memory`.
    pub swap: Option<Limit>,
    /// Number of tasks.
    pub pids: Option<Limit>,
    /// Bandwidth of the CPU controller.
    pub cpu: Option<CpuBandwidth>,
    /// 1…10000
    pub cpu_weight: Option<u64>,
    /// 2…262144
    pub cpu_shares: Option<u64>,
    /// Microseconds of unused quota that may be saved up; at most the quota.
    pub cpu_burst: Option<u64>,
    /// SCHED_IDLE for the whole container.
    pub cpu_idle: Option<bool>,
    /// Cores that the container may run on.
    pub cpuset_cpus: Option<Numbers>,
    /// Memory nodes that it may take memory from.
    pub cpuset_mems: Option<Numbers>,
    /// 1…10000
    pub io_weight: Option<u64>,
    /// By device: an absolute path, or `MAJOR:MINOR`.
    pub io: BTreeMap<String, IoRates>,
    /// Group below which the container's groups are made, in every hierarchy: names
    /// joined by `/`, without one at the start.
    pub parent: Option<String>,
}

/// Bounds of one device, for every second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IoRates {
    /// Bytes.
    pub read_bps: Option<u64>,
    /// Bytes.
    pub write_bps: Option<u64>,
    /// Operations.
    pub read_iops: Option<u64>,
    /// Operations.
    pub write_iops: Option<u64>,
}

/// A set of small numbers: cores, memory nodes. Its text is the kernel's own form of
/// lists (cpuset(7), "List format"): sorted, neighbours joined, `0-3,8`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Numbers(Vec<(u32, u32)>);

impl Numbers {
    /// The numbers of these ranges, ends included; none of them runs backwards.
    pub fn new(mut ranges: Vec<(u32, u32)>) -> Self {
        ranges.sort_unstable();
        let mut joined: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match joined.last_mut() {
                Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
                _ => joined.push((first, last)),
            }
        }
        Self(joined)
    }

    /// Reads the kernel's form; nothing if it is another.
    pub fn parse(text: &str) -> Option<Self> {
        let range = |part: &str| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            Some((first.parse().ok()?, last.parse().ok()?))
        };
        let parts = text.trim().split(',').filter(|part| !part.is_empty());
        parts.map(range).collect::<Option<Vec<_>>>().map(Self::new)
    }

    /// The numbers that the other set lacks.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let has = |number: u32| other.0.iter().any(|(first, last)| (*first..=*last).contains(&number));
        let all = self.0.iter().flat_map(|(first, last)| *first..=*last);
        Self::new(all.filter(|number| !has(*number)).map(|number| (number, number)).collect())
    }

    /// Each of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.0.iter().flat_map(|(first, last)| *first..=*last)
    }

    /// Whether there is no number in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, (first, last)) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str(",")?;
            }
            if first == last { write!(f, "{first}")? } else { write!(f, "{first}-{last}")? }
        }
        Ok(())
    }
}

/// CPU time of `quota` µs in every `period` µs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CpuBandwidth {
    /// Microseconds, at least 1000.
    pub quota: Limit,
    /// Microseconds, 1000…1000000.
    pub period: u64,
    /// Whether `cgroup.cpus` asked (else `cgroup.cpu_quota` or `cgroup.cpu_period`).
    pub from_cpus: bool,
}

/// What surrounds the command. Nothing is done about what is not written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Process {
    /// What the container is for, in the user's words.
    pub description: Option<String>,
    /// An init of ours above the command, which reaps orphans and passes signals on.
    pub init: bool,
    /// NIS domain name.
    pub domainname: Option<String>,
    /// umask(2), at most 0777.
    pub umask: Option<u32>,
    /// By name, such as `nofile`: getrlimit(2).
    pub rlimits: BTreeMap<String, Rlimit>,
    /// −1000…1000
    pub oom_score_adj: Option<i32>,
    /// −20…19
    pub nice: Option<i32>,
    /// Processors; never empty.
    pub cpu_affinity: Option<Numbers>,
    /// What the command gets when the launcher is told to stop: a signal's number.
    pub stop_signal: Option<i32>,
    /// How long it then has.
    pub stop_timeout: Option<Duration>,
    /// How long it may run; more than nothing.
    pub timeout: Option<Duration>,
}

/// A resource limit in its own unit; the soft one is not above the hard one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rlimit {
    /// The one in force.
    pub soft: Limit,
    /// How far a process may raise it.
    pub hard: Limit,
}

/// Privileges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Security {
    /// prctl(2) PR_SET_NO_NEW_PRIVS.
    pub no_new_privileges: bool,
    /// What the other keys start from.
    pub preset: Preset,
    /// Capabilities by name without `CAP_`, `*` for all that the launcher has: given or
    /// taken away. None for the built-in set.
    pub capabilities: Option<BTreeMap<String, bool>>,
    /// Capabilities that a command of another user than root keeps; among the above.
    pub ambient: Vec<String>,
    /// Which system calls the command may make.
    pub seccomp: Seccomp,
    /// Kernel parameters of the container's own namespaces, by name.
    pub sysctls: BTreeMap<String, String>,
    /// Absolute paths that are covered; none for the built-in list.
    pub masked_paths: Option<Vec<String>>,
    /// Absolute paths that can't be written; none for the built-in list.
    pub read_only_paths: Option<Vec<String>>,
}

/// A filter of system calls: a base, and what differs from it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seccomp {
    /// What the lists are exceptions to.
    pub base: SeccompBase,
    /// Allowed.
    pub allow: Vec<String>,
    /// Refused with EPERM.
    pub deny: Vec<String>,
    /// Allowed and logged.
    pub log: Vec<String>,
}

/// What a filter starts from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum SeccompBase {
    /// The built-in profile.
    #[default]
    Default,
    /// Every call is allowed.
    Unconfined,
    /// A profile in a file.
    File {
        /// Its path, as it is shown.
        path: String,
        /// What it says.
        document: Box<crate::seccomp::oci::Document>,
    },
}

impl Default for Security {
    fn default() -> Self {
        Self {
            no_new_privileges: true,
            preset: Preset::Default,
            capabilities: None,
            ambient: Vec::new(),
            seccomp: Seccomp::default(),
            sysctls: BTreeMap::new(),
            masked_paths: None,
            read_only_paths: None,
        }
    }
}
