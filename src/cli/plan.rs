//! `tinydocker plan`: what `up` would do, without doing it; `--seccomp`: the filter of
//! system calls that it would load.

use super::args::Given;
use super::{ExitCode, Format, Settings, report};
use crate::diagnostic::Diagnostic;
use crate::host::{Host, Needs};
use crate::plan::{LaunchPlan, needs, text};
use crate::profile::{Container, Loaded};
use clap::ArgMatches;
use std::io::Write;

/// Prints what `up` would do on this machine.
pub fn execute(loaded: Loaded, matches: &ArgMatches, settings: &Settings) -> ExitCode {
    let needs = loaded.containers.iter().map(|container| needs(&container.profile));
    let host = match Host::probe_for(&needs.fold(Needs::default(), Needs::and)) {
        Ok(host) => host,
        Err(error) => {
            let problem = Diagnostic::error("tinydocker::host::unreadable", error.to_string())
                .with_help("a plan is made for a machine: /proc and /sys must be mounted");
            report(&[problem], &loaded.sources, settings);
            return ExitCode::Problems;
        }
    };
    report(&loaded.warnings, &loaded.sources, settings);
    let mut plans = Vec::with_capacity(loaded.containers.len());
    let mut problems = Vec::new();
    for Container { profile, origins, .. } in &loaded.containers {
        match LaunchPlan::compile(profile, origins, &host) {
            Ok(plan) => plans.push(plan),
            Err(more) => problems.extend(more),
        }
    }
    if !problems.is_empty() {
        crate::diagnostic::sort(&mut problems);
        problems.dedup();
        report(&problems, &loaded.sources, settings);
        return ExitCode::Problems;
    }
    let each = |one: fn(&LaunchPlan, usize) -> String| {
        let columns = settings.columns(std::io::stdout());
        plans.iter().map(|plan| one(plan, columns)).collect::<Vec<_>>().join("\n")
    };
    let text = match (matches.has("seccomp"), super::format(matches)) {
        (false, Format::Text) => each(text::render_in),
        (false, Format::Json) => text::json(&plans),
        (true, Format::Text) => each(text::filter_in),
        (true, Format::Json) => text::filters_json(&plans),
    };
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::Success,
        // `plan … | head` has read what it wanted.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::Success,
        Err(_) => ExitCode::Problems,
    }
}
