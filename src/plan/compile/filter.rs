//! The filter of system calls.

use super::Context;
use crate::diagnostic::Diagnostic;
use crate::plan::{Enter, Step, defaults};
use crate::profile::{Seccomp, SeccompBase};
use crate::seccomp::{Action, Arch, Facts, Filter, Rules, compile, default};

const KEY: &str = "security.seccomp";

/// The step that loads the filter, unless every call is allowed. `kept` are the
/// capabilities that the container has.
pub(super) fn compile(context: &mut Context<'_>, kept: &[String]) -> Option<Step<Enter>> {
    let wanted = &context.profile.security.seccomp;
    let plain = wanted.allow.is_empty() && wanted.deny.is_empty() && wanted.log.is_empty();
    if wanted.base == SeccompBase::Unconfined && plain {
        return None;
    }
    let built_in = wanted.base == SeccompBase::Default && plain;
    if !context.host.seccomp {
        without_seccomp(context, built_in);
        return None;
    }
    if built_in && kept == defaults::CAPABILITIES {
        return Some(step(context, Filter::built_in()));
    }
    let facts = Facts { native: Arch::NATIVE, capabilities: kept, kernel: &context.host.kernel };
    let (rules, unknown) = rules(wanted, &facts);
    for name in unknown {
        context.notes.push(format!(
            "{name} is no system call of {}, so nothing is decided on it",
            facts.native.name()
        ));
    }
    if let Some(call) = ["execve", "exit_group"].into_iter().find(|call| !rules.may_pass(call, facts.native))
    {
        forbids_exec(context, call);
        return None;
    }
    match Filter::compile(&rules, from(wanted)) {
        Ok(filter) => Some(step(context, filter)),
        Err(length) => {
            too_long(context, length);
            None
        }
    }
}

fn step(context: &Context<'_>, filter: Filter) -> Step<Enter> {
    let origin = if context.profile.security.seccomp == Seccomp::default() {
        // The preset may have been written.
        context.origin(&[KEY])
    } else {
        context.origin(&[KEY, "security.seccomp.base", "security.preset"])
    };
    Step { operation: Enter::LoadFilter { filter }, origin }
}

/// What a container's filter decides, and the names that mean nothing here.
fn rules<'n>(wanted: &'n Seccomp, facts: &Facts<'_>) -> (Rules, Vec<&'n str>) {
    let mut rules = match &wanted.base {
        SeccompBase::Default => default::rules(facts),
        SeccompBase::Unconfined => Rules::new(Action::Allow, facts.native.family()),
        SeccompBase::File { document, .. } => document.rules(facts),
    };
    let mut unknown = Vec::new();
    let lists =
        [(&wanted.allow, Action::Allow), (&wanted.deny, Action::Errno(1)), (&wanted.log, Action::Log)];
    for (names, action) in lists {
        unknown.extend(names.iter().map(String::as_str).filter(|name| !rules.decide_on(name, action)));
    }
    (rules, unknown)
}

fn from(wanted: &Seccomp) -> String {
    let mut text = match &wanted.base {
        SeccompBase::Default => "the default profile".to_owned(),
        SeccompBase::Unconfined => "nothing".to_owned(),
        SeccompBase::File { path, .. } => path.clone(),
    };
    for (names, verb) in [(&wanted.allow, "allowing"), (&wanted.deny, "denying"), (&wanted.log, "logging")] {
        if !names.is_empty() {
            text += &format!(", {verb} {}", names.join(" "));
        }
    }
    text
}

fn without_seccomp(context: &mut Context<'_>, built_in: bool) {
    let origin = context.origin(&[KEY, "security.seccomp.base"]);
    if built_in && !origin.is_written() {
        context
            .notes
            .push("this kernel has no filters of system calls, so the container has none".to_owned());
        return;
    }
    let problem = Diagnostic::error(
        "tinydocker::host::no_seccomp",
        "this kernel has no filters of system calls (CONFIG_SECCOMP_FILTER)",
    )
    .with_help("use a kernel that has them; or write seccomp = \"unconfined\", and every call is allowed");
    context.problems.push(origin.blame(problem, "can't be loaded here"));
}

fn forbids_exec(context: &mut Context<'_>, call: &str) {
    let wanted = &context.profile.security.seccomp;
    let listed = wanted.deny.iter().position(|name| name == call);
    let element = format!("{KEY}.deny[{}]", listed.unwrap_or_default());
    let keys = [element.as_str(), "security.seccomp.base", KEY];
    let origin = context.origin(if listed.is_some() { &keys } else { &keys[1..] });
    let problem = Diagnostic::error(
        "tinydocker::plan::filter_forbids_exec",
        match call {
            "execve" => "the filter forbids execve, so the command itself could not be started".to_owned(),
            call => format!("the filter forbids {call}, so the command could never end by itself"),
        },
    )
    .with_help(format!(
        "allow {call}: a filter is in force before the command is, and can't be loaded later"
    ));
    context.problems.push(origin.blame(problem, format!("no call of {call} passes")));
}

fn too_long(context: &mut Context<'_>, length: usize) {
    let origin = context.origin(&["security.seccomp.base", KEY]);
    let problem = Diagnostic::error(
        "tinydocker::plan::filter_too_long",
        format!("the filter takes {length} instructions, and the kernel takes at most {}", compile::MAX),
    )
    .with_help("compare fewer arguments, or list fewer architectures");
    context.problems.push(origin.blame(problem, "too long"));
}
