//! What surrounds the command where the profile says something about it: how it is
//! treated beside others, its limits, the kernel's parameters, how it is stopped.

use super::Context;
use crate::diagnostic::Diagnostic;
use crate::host::Needs;
use crate::plan::{Enter, Origin, Started, Step, defaults};
use crate::profile::{Limit, Profile, sysctl_path};
use std::time::Duration;

/// OOM score, processors and nice value, in this order; each a file or a call that is
/// out of reach once privileges are gone.
pub(super) fn scheduling(context: &mut Context<'_>) -> Vec<Step<Enter>> {
    let process = &context.profile.process;
    let resources = &context.host.resources;
    let mut steps = Vec::new();
    let mut problems = Vec::new();
    if let Some(value) = process.oom_score_adj {
        let step = context.step(&["oom_score_adj"], Enter::SetOomScore { value });
        let own = resources.oom_score_adj.unwrap_or(value);
        if value < own && !context.host.has("CAP_SYS_RESOURCE") {
            let message = format!("oom_score_adj = {value} takes CAP_SYS_RESOURCE, which the launcher lacks");
            let problem = Diagnostic::error("tinydocker::host::oom_score_adj_too_low", message)
                .with_help(format!("the launcher's own is {own}: write that or more"));
            problems.push(step.origin.blame(problem, format!("less than the launcher's own {own}")));
        }
        steps.push(step);
    }
    if let Some(cpus) = &process.cpu_affinity {
        let step = context.step(&["cpu_affinity"], Enter::SetAffinity { cpus: cpus.iter().collect() });
        if let Some(online) = &resources.cores {
            let missing = cpus.without(online);
            if !missing.is_empty() {
                let problem = Diagnostic::error(
                    "tinydocker::host::core_missing",
                    format!("cpu_affinity names {missing}, and this host's processors are {online}"),
                )
                .with_help("leave out what this host lacks");
                problems.push(step.origin.blame(problem, format!("{missing} is not there")));
            }
        }
        steps.push(step);
    }
    if let Some(value) = process.nice {
        let step = context.step(&["nice"], Enter::SetNice { value });
        let own = resources.nice.unwrap_or(value);
        if value < own && !context.host.has("CAP_SYS_NICE") {
            let message = format!("nice = {value} takes CAP_SYS_NICE, which the launcher lacks");
            let problem = Diagnostic::error("tinydocker::host::nice_too_low", message)
                .with_help(format!("the launcher's own is {own}: write that or more"));
            problems.push(step.origin.blame(problem, format!("less than the launcher's own {own}")));
        }
        steps.push(step);
    }
    context.problems.extend(problems);
    steps
}

/// What has to be known of the launcher for that.
pub(super) fn needs(profile: &Profile, needs: &mut Needs) {
    let process = &profile.process;
    needs.hard_limits.extend(process.rlimits.keys().cloned());
    needs.oom_score_adj |= process.oom_score_adj.is_some();
    needs.nice |= process.nice.is_some();
    needs.cores |= process.cpu_affinity.is_some();
}

/// Resource limits, after everything that they could be in the way of.
pub(super) fn rlimits(context: &mut Context<'_>) -> Vec<Step<Enter>> {
    let mut steps = Vec::new();
    let mut problems = Vec::new();
    let bound = |limit| match limit {
        Limit::Max => None,
        Limit::Value(value) => Some(value),
    };
    for (name, limit) in &context.profile.process.rlimits {
        let (soft, hard) = (bound(limit.soft), bound(limit.hard));
        let key = format!("rlimits.{name}");
        let set = Enter::SetRlimit { name: name.clone(), soft, hard };
        let own = context.host.resources.hard_limits.get(name);
        if let Some(Some(own)) = own
            && hard.is_none_or(|hard| hard > *own)
            && !context.host.has("CAP_SYS_RESOURCE")
        {
            let message = format!("`{key}` is above the launcher's own hard limit of {own}");
            let problem = Diagnostic::error("tinydocker::host::rlimit_too_high", message).with_help(format!(
                "write {own} or less; to raise a limit takes CAP_SYS_RESOURCE, which the launcher lacks"
            ));
            let hard = format!("{key}.hard");
            let origin = Origin::of_any(context.origins, &[&hard, &key]);
            problems.push(origin.blame(problem, format!("more than {own}")));
        }
        steps.push(context.step(&[&key], set));
    }
    context.problems.extend(problems);
    steps
}

/// Parameters of the container's own namespaces, while /proc/sys can be written.
pub(super) fn sysctls(context: &Context<'_>) -> Vec<Step<Enter>> {
    let written = context.profile.security.sysctls.iter();
    let step = |(name, value): (&String, &String)| {
        let key = format!("security.sysctls.{}", crate::profile::quote_key(name));
        let path = format!("/proc/sys/{}", sysctl_path(name));
        context.step(&[&key], Enter::SetSysctl { path, value: value.clone() })
    };
    written.map(step).collect()
}

/// How the launcher ends the command.
pub(super) fn stopping(context: &Context<'_>) -> Vec<Step<Started>> {
    let process = &context.profile.process;
    let mut steps = Vec::new();
    if process.stop_signal.is_some() || process.stop_timeout.is_some() {
        let signal = process.stop_signal.unwrap_or(defaults::STOP_SIGNAL);
        let patience = milliseconds(process.stop_timeout.unwrap_or(defaults::STOP_TIMEOUT));
        steps.push(context.step(&["stop_signal", "stop_timeout"], Started::StopWith { signal, patience }));
    }
    if let Some(timeout) = process.timeout {
        steps.push(context.step(&["timeout"], Started::EndAfter { milliseconds: milliseconds(timeout) }));
    }
    steps
}

/// The language has nothing longer than 100 years.
fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
