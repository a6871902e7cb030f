//! The limits of a profile: which file of which controller says what, in both versions
//! of cgroups, before it is known where the controllers lie.

mod cpu;
mod disks;
mod memory;

use super::Context;
use crate::diagnostic::Diagnostic;
use crate::host::Needs;
use crate::profile::{Limit, Profile};
use std::borrow::Cow;

/// The kernel's PID_MAX_LIMIT on 64-bit machines; pids.max takes no more.
const MOST_TASKS: u64 = 4 << 20;

/// A limit before it is known where its controller lies.
pub(super) struct Wanted {
    /// Its name in cgroup v2.
    pub(super) controller: &'static str,
    /// The key that asked, and others that may have.
    pub(super) keys: Vec<Cow<'static, str>>,
    pub(super) v1: Setting,
    pub(super) v2: Setting,
}

/// What a version of cgroups has for a limit.
pub(super) enum Setting {
    /// A file to write.
    File(Text),
    /// Nothing: another limit's file says it as well.
    Nothing,
    /// Nothing that does what was asked.
    Refused {
        /// Why.
        message: String,
        /// At the place.
        label: String,
        /// What to write instead.
        help: String,
    },
}

/// What is written, and what the kernel answers.
pub(super) struct Text {
    pub(super) file: &'static str,
    pub(super) value: String,
    pub(super) expect: String,
    /// First word of the line that answers, if the file has several.
    pub(super) line: Option<String>,
}

impl Setting {
    fn same(file: &'static str, value: impl ToString) -> Self {
        let value = value.to_string();
        Self::File(Text { file, expect: value.clone(), value, line: None })
    }

    fn refused(message: impl Into<String>, label: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Refused { message: message.into(), label: label.into(), help: help.into() }
    }
}

impl Wanted {
    fn new(controller: &'static str, key: &'static str, v1: Setting, v2: Setting) -> Self {
        Self { controller, keys: vec![key.into()], v1, v2 }
    }

    /// The controller's name in cgroup v1.
    pub(super) fn v1_controller(&self) -> &'static str {
        if self.controller == "io" { "blkio" } else { self.controller }
    }
}

/// The limits of the profile, in the order in which they are written.
pub(super) fn wanted(context: &mut Context<'_>) -> Vec<Wanted> {
    let cgroup = &context.profile.cgroup;
    let mut wanted = memory::wanted(cgroup, context.host.page_size);
    wanted.extend(cgroup.pids.map(|limit| pids(context, limit)));
    wanted.extend(cpu::wanted(cgroup));
    wanted.extend(cpu::cpuset(context));
    wanted.extend(cgroup.io_weight.map(|weight| disks::weight(weight, context.host.resources.weighing)));
    wanted.extend(disks::rates(context));
    wanted
}

/// What has to be read of a machine before a plan for this profile can be compiled.
pub fn needs(profile: &Profile) -> Needs {
    let cgroup = &profile.cgroup;
    let mut needs = Needs {
        cores: cgroup.cpuset_cpus.is_some(),
        nodes: cgroup.cpuset_mems.is_some(),
        weighing: cgroup.io_weight.is_some(),
        disks: cgroup.io.keys().cloned().collect(),
        ..Needs::default()
    };
    if needs.cores || needs.nodes {
        needs.controllers.push("cpuset");
    }
    if needs.weighing || !needs.disks.is_empty() {
        needs.controllers.push("blkio");
    }
    super::root::needs(profile, &mut needs);
    super::mounts::needs(profile, &mut needs);
    super::devices::needs(profile, &mut needs);
    super::surroundings::needs(profile, &mut needs);
    needs
}

fn pids(context: &mut Context<'_>, limit: Limit) -> Wanted {
    let text = match limit {
        Limit::Value(tasks) => {
            if tasks > MOST_TASKS {
                let problem = Diagnostic::error(
                    "tinydocker::host::limit_too_large",
                    format!("cgroup.pids is {tasks}, and the kernel takes at most {MOST_TASKS}"),
                )
                .with_help("write \"max\" for no limit");
                let problem = context.origin(&["cgroup.pids"]).blame(problem, "too large");
                context.problems.push(problem);
            }
            tasks.to_string()
        }
        Limit::Max => "max".to_owned(),
    };
    Wanted::new("pids", "cgroup.pids", Setting::same("pids.max", &text), Setting::same("pids.max", &text))
}
