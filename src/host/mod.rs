//! This machine's facts, as a value.
//!
//! [`Host::probe`] is the one place that reads the machine; everything else takes a
//! [`Host`], so that v1, hybrid and v2 hosts are golden tests on any machine.

use serde::{Deserialize, Serialize};

pub mod capabilities;
pub mod features;
pub(crate) mod mountinfo;
mod probe;
mod resources;
mod survey;

pub use resources::{Disk, HostMount, Needs, Node, Resources, Weighing};
pub use survey::{Controller, OLDEST, Survey, is_old};

/// Every code of problems with this machine. They are stable: tools may rely on them.
pub const CODES: &[&str] = &[
    "tinydocker::host::unreadable",
    "tinydocker::host::stdin_not_a_terminal",
    "tinydocker::host::kernel_old",
    "tinydocker::host::not_root",
    "tinydocker::host::capability_missing",
    "tinydocker::host::rlimit_too_high",
    "tinydocker::host::oom_score_adj_too_low",
    "tinydocker::host::nice_too_low",
    "tinydocker::host::no_cgroups",
    "tinydocker::host::no_seccomp",
    "tinydocker::host::controller_missing",
    "tinydocker::host::limit_too_large",
    "tinydocker::host::limit_unsupported",
    "tinydocker::host::core_missing",
    "tinydocker::host::disk_missing",
    "tinydocker::host::disk_twice",
    "tinydocker::host::device_missing",
    "tinydocker::host::shown_missing",
    "tinydocker::host::not_a_device",
    "tinydocker::host::rootfs_missing",
    "tinydocker::host::rootfs_not_folder",
    "tinydocker::host::source_missing",
    "tinydocker::host::source_is_device",
    "tinydocker::host::namespace_missing",
    "tinydocker::host::not_a_namespace",
    "tinydocker::host::another_namespace",
    "tinydocker::host::target_missing",
    "tinydocker::host::working_dir_missing",
    "tinydocker::host::command_not_found",
    "tinydocker::host::command_not_executable",
    "tinydocker::host::interpreter_not_found",
    "tinydocker::host::line_ends",
    "tinydocker::host::noexec",
    "tinydocker::host::not_a_program",
    "tinydocker::host::wrong_architecture",
    "tinydocker::host::user_missing",
    "tinydocker::host::group_missing",
    "tinydocker::host::more_cpu_than_there_is",
];

/// What a plan is compiled for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// Kernel release as uname(2) gives it, such as `6.1.0-25-amd64`.
    pub kernel: String,
    /// Effective user id of the caller.
    pub uid: u32,
    /// The caller's permitted capabilities, bit n = capability n of capabilities(7).
    pub capabilities: u64,
    /// Bytes of a page.
    pub page_size: u64,
    /// Number of processors that the caller may run on.
    pub cpus: u32,
    /// Whether the kernel has filters of system calls, seccomp(2).
    #[serde(default = "yes")]
    pub seccomp: bool,
    /// The caller's `TERM`, if it has one.
    pub term: Option<String>,
    /// Where cgroup file systems are mounted.
    pub cgroups: Cgroups,
    /// What the profile at hand asked about beyond that.
    #[serde(default)]
    pub resources: Resources,
}

fn yes() -> bool {
    true
}

/// The cgroup file systems of a host, cgroups(7).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cgroups {
    /// v1 hierarchies with controllers, in the order of mountinfo.
    pub hierarchies: Vec<Hierarchy>,
    /// The cgroup2 file system.
    pub unified: Option<Unified>,
}

/// A mounted v1 hierarchy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hierarchy {
    /// Mount point.
    pub path: String,
    /// Controllers, such as `["cpu", "cpuacct"]` when they are mounted together.
    pub controllers: Vec<String>,
}

/// The mounted cgroup2 file system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unified {
    /// Mount point.
    pub path: String,
    /// What its root's `cgroup.controllers` lists; empty on hybrid hosts, where the
    /// controllers are bound to v1. Where a group was handed to the caller, that one's.
    pub controllers: Vec<String>,
    /// The folder of the caller's own group, if that was handed to it: it carries the mark
    /// that systemd sets for `Delegate=yes` (`trusted.delegate`, `user.delegate`). Groups
    /// are then made below it and nowhere else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegated: Option<String>,
}

/// Name of the leaf that launchers move to in a group that was handed to them.
pub const LEAF: &str = "tinydocker-launchers";

/// The three ways in which hosts mount cgroups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// v1 hierarchies only.
    V1,
    /// v1 hierarchies with the controllers, and a cgroup2 tree.
    Hybrid,
    /// cgroup2 only.
    V2,
    /// No cgroup file system is mounted.
    None,
}

impl Cgroups {
    /// Which of the three layouts this is.
    pub fn layout(&self) -> Layout {
        match (self.hierarchies.is_empty(), &self.unified) {
            (true, None) => Layout::None,
            (true, Some(_)) => Layout::V2,
            (false, None) => Layout::V1,
            (false, Some(_)) => Layout::Hybrid,
        }
    }

    /// The v1 hierarchy that carries a controller.
    pub fn hierarchy(&self, controller: &str) -> Option<&Hierarchy> {
        self.hierarchies.iter().find(|h| h.controllers.iter().any(|c| c == controller))
    }
}

impl Unified {
    /// The tree at this mount point, of which no more is known.
    pub(crate) fn at(path: String) -> Self {
        Self { path, controllers: Vec::new(), delegated: None }
    }

    /// The folder that containers' groups lie in.
    pub fn base(&self) -> &str {
        self.delegated.as_deref().unwrap_or(&self.path)
    }
}

impl Host {
    /// Whether the caller has a capability, such as `CAP_SYS_ADMIN`.
    pub fn has(&self, capability: &str) -> bool {
        capabilities::number(capability).is_some_and(|n| self.capabilities >> n & 1 == 1)
    }

    /// Reads what every launch needs to know of this machine.
    ///
    /// # Errors
    /// Names the file of /proc that could not be read.
    pub fn probe() -> std::io::Result<Self> {
        Self::probe_for(&Needs::default())
    }

    /// Reads that, and what a profile needs besides ([`crate::plan::needs`]).
    ///
    /// # Errors
    /// Names the file of /proc or /sys that could not be read.
    pub fn probe_for(needs: &Needs) -> std::io::Result<Self> {
        probe::probe(needs)
    }
}
