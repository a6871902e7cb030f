//! Capabilities: which of them the command has, as far as the caller has them itself.

use super::Context;
use crate::diagnostic::Diagnostic;
use crate::host::capabilities::NAMES;
use crate::plan::{Enter, Step, defaults};
use std::collections::BTreeSet;

const KEY: &str = "security.capabilities";

/// The sets of the command, names such as `CAP_CHOWN`.
pub(super) struct Capabilities {
    /// The bounding set, and all that root has.
    pub(super) kept: Vec<String>,
    ambient: Vec<String>,
}

pub(super) fn compile(context: &mut Context<'_>) -> Capabilities {
    let security = &context.profile.security;
    let ambient: Vec<String> = security.ambient.iter().map(|name| format!("CAP_{name}")).collect();
    let Some(entries) = &security.capabilities else {
        return Capabilities { kept: as_far_as_there(context, &defaults::CAPABILITIES), ambient };
    };
    let all = entries.get("*") == Some(&true);
    let mut wanted: BTreeSet<&str> = if all { NAMES.into_iter().collect() } else { BTreeSet::new() };
    let mut missing = Vec::new();
    for (name, given) in entries.iter().filter(|(name, _)| *name != "*") {
        let Some(full) = NAMES.into_iter().find(|full| full.strip_prefix("CAP_") == Some(name)) else {
            continue;
        };
        if !given {
            wanted.remove(full);
            continue;
        }
        wanted.insert(full);
        let origin = context.origin(&[&format!("{KEY}.{name}")]);
        if origin.is_written() && !context.host.has(full) {
            missing.push((full, origin));
        }
    }
    for (full, origin) in missing {
        let problem = Diagnostic::error(
            "tinydocker::host::capability_missing",
            format!("{full} can't be given away: the launcher lacks it itself"),
        )
        .with_help("run tinydocker with it; inside another container, start that one with it");
        context.problems.push(origin.blame(problem, "not among the launcher's own"));
        wanted.remove(full);
    }
    let wanted: Vec<&str> = wanted.into_iter().collect();
    let kept = as_far_as_there(context, &wanted);
    for (index, name) in ambient.iter().enumerate().filter(|(_, name)| !kept.contains(name)) {
        let origin = context.origin(&[&format!("security.ambient[{index}]")]);
        let problem = Diagnostic::error(
            "tinydocker::host::capability_missing",
            format!("{name} can't be kept: the launcher lacks it itself"),
        )
        .with_help("run tinydocker with it; inside another container, start that one with it");
        context.problems.push(origin.blame(problem, "not among the launcher's own"));
    }
    Capabilities { kept, ambient }
}

/// Those that the caller has; the others are noted.
fn as_far_as_there(context: &mut Context<'_>, names: &[&str]) -> Vec<String> {
    let (kept, missing): (Vec<&str>, Vec<&str>) = names.iter().partition(|name| context.host.has(name));
    if !missing.is_empty() {
        context
            .notes
            .push(format!("the launcher itself lacks {}, so the container does", missing.join(", ")));
    }
    kept.into_iter().map(str::to_owned).collect()
}

impl Capabilities {
    fn step(context: &Context<'_>, operation: Enter) -> Step<Enter> {
        if context.profile.security.capabilities.is_none() {
            return context.ours(KEY, operation);
        }
        context.step(&[KEY, "security.ambient", "security.preset"], operation)
    }

    pub(super) fn limit(&self, context: &Context<'_>) -> Step<Enter> {
        Self::step(context, Enter::LimitCapabilities { keep: self.kept.clone() })
    }

    /// For root all of them; exec clears those of any other user but the ambient ones.
    /// What number a name has is known inside. With `until_exec` CAP_SYS_ADMIN is kept on
    /// top, which loading a filter takes without no_new_privileges.
    pub(super) fn set(&self, context: &Context<'_>, uid: Option<u32>, until_exec: bool) -> Step<Enter> {
        let may_be_root = uid.is_none_or(|uid| uid == 0);
        let keep = if may_be_root { self.kept.clone() } else { self.ambient.clone() };
        let ambient = self.ambient.clone();
        Self::step(context, Enter::SetCapabilities { keep, if_root: uid.is_none(), ambient, until_exec })
    }
}
