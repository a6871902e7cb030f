//! The launch plan: what will happen, in order, as data.
//!
//! A plan is compiled from a [`crate::profile::Profile`] and a [`crate::host::Host`]
//! without any system call. `plan` prints it and `up` executes it: the same value.

use crate::diagnostic::Diagnostic;
use crate::host::Host;
use crate::profile::{Origins, Profile};
use crate::seccomp::Filter;
use serde::{Deserialize, Serialize};

pub mod accounts;
mod compile;
pub mod defaults;
mod describe;
pub mod host_tree;
mod names;
mod numbering;
mod operation;
mod secret;
pub mod text;
mod weight;

pub use crate::profile::{Id, Layer, Origin, Place, mount_key};
pub use compile::{joined, mount_that_holds, needs};
pub use numbering::{Bounded, Numbered, Operation, Phase};
pub use operation::*;
pub use secret::Secret;

/// Version of the plan's and the record's JSON. Raised when a reader of the old one
/// could undo the wrong thing.
pub const VERSION: u32 = 1;

/// Every code of problems that no host could solve. They are stable: tools may rely on
/// them.
pub const CODES: &[&str] = &[
    "tinydocker::plan::dev_is_ours",
    "tinydocker::plan::device_below_mount",
    "tinydocker::plan::filter_forbids_exec",
    "tinydocker::plan::filter_too_long",
    "tinydocker::plan::joins_itself",
    "tinydocker::plan::mount_below_shared",
    "tinydocker::plan::not_hidden",
    "tinydocker::plan::path_not_utf8",
    "tinydocker::plan::persistent_without_name",
    "tinydocker::plan::terminal_without_devpts",
];

/// An ordered list of operations in five phases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaunchPlan {
    /// [`VERSION`]
    pub version: u32,
    /// The container's name.
    pub name: String,
    /// What the container is for, in the user's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// On the host, before there is a child.
    pub prepare: Vec<Step<Prepare>>,
    /// The clone.
    pub spawn: Step<Spawn>,
    /// On the host, while init begins or waits.
    pub connect: Vec<Step<Connect>>,
    /// Inside, by init.
    pub enter: Vec<Step<Enter>>,
    /// After the payload has started.
    pub started: Vec<Step<Started>>,
    /// Defaults that this host can't give and that were left out, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl LaunchPlan {
    /// Compiles a checked profile for a host. Pure.
    ///
    /// # Errors
    /// One diagnostic for each thing that the user wrote and this host can't do, on
    /// the place that wrote it.
    pub fn compile(profile: &Profile, origins: &Origins, host: &Host) -> Result<Self, Vec<Diagnostic>> {
        compile::compile(profile, origins, host, true)
    }

    /// What [`Self::compile`] would refuse. Nobody reads the plan, so that nothing in it is
    /// traced to its key unless there is a problem to be shown.
    pub fn problems(profile: &Profile, origins: &Origins, host: &Host) -> Vec<Diagnostic> {
        match compile::compile(profile, origins, host, false) {
            Ok(_) => Vec::new(),
            Err(_) => compile::compile(profile, origins, host, true).err().unwrap_or_default(),
        }
    }

    /// The filter of system calls that init loads, and who asked for it.
    pub fn filter(&self) -> Option<(&Filter, &Origin)> {
        self.enter.iter().find_map(|step| match &step.operation {
            Enter::LoadFilter { filter } => Some((filter, &step.origin)),
            _ => None,
        })
    }
}
