//! The checked form of a profile. Every value here is valid and every default
//! filled in: after this nobody asks "is it set?".

use std::collections::BTreeMap;
use std::path::PathBuf;

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
    /// The root file system.
    pub rootfs: Rootfs,
    /// By normalised absolute target.
    pub mounts: BTreeMap<String, Mount>,
    /// Private or the host's.
    pub namespaces: Namespaces,
    /// The network.
    pub network: Network,
    /// Limits.
    pub cgroup: Cgroup,
    /// Privileges.
    pub security: Security,
}

/// The root file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rootfs {
    /// What is below.
    pub source: RootfsSource,
    /// What happens to changes.
    pub mode: RootfsMode,
}

/// What the root file system shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RootfsSource {
    /// The host's own tree, what is private in it hidden.
    Host,
    /// A folder; absolute (relative paths were joined to the file's folder).
    Folder(PathBuf),
}

/// What happens to changes of the root file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RootfsMode {
    /// They live in a tmpfs until the container ends.
    Overlay,
    /// There are none.
    ReadOnly,
}

/// A mount of the user's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mount {
    /// A file or folder of the host.
    Bind {
        /// Absolute path on the host.
        source: PathBuf,
        /// True unless written otherwise.
        read_only: bool,
    },
    /// Memory.
    Tmpfs {
        /// Bound in bytes, a multiple of the page size.
        size: Option<u64>,
        /// Mode of its root.
        mode: u32,
        /// False unless written otherwise.
        read_only: bool,
    },
}

/// Where a namespace comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamespaceMode {
    /// A new one.
    Private,
    /// The host's.
    Host,
}

/// The namespaces that a profile can choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Namespaces {
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// A new network namespace with loopback up.
    None,
    /// The host's.
    Host,
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cgroup {
    /// Bytes, a multiple of 4096 at this point; compile rounds to the host's page.
    pub memory: Option<Limit>,
    /// Number of tasks.
    pub pids: Option<Limit>,
    /// Bandwidth of the CPU controller.
    pub cpu: Option<CpuBandwidth>,
    /// 2…262144
    pub cpu_shares: Option<u64>,
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

/// Privileges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Security {
    /// prctl(2) PR_SET_NO_NEW_PRIVS.
    pub no_new_privileges: bool,
}
