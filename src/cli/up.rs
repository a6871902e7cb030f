//! `tinydocker up` and `tinydocker run`: launch, wait, report how it ended.

use super::{ExitCode, Format, Settings, ending, report, verbose};
use crate::diagnostic::{Diagnostic, Sources};
use crate::engine::fault::Fault;
use crate::engine::{self, LaunchError, Options, Outcome};
use crate::host::Host;
use crate::plan::{self, LaunchPlan};
use crate::profile::{Container, Loaded, Origins};
use crate::store::Store;
use crate::sys::Errno;
use crate::sys::process::Status;
use clap::ArgMatches;
use serde_json::json;
use std::io::IsTerminal;
use std::mem::ManuallyDrop;

/// Launches the profile and waits for it.
pub fn execute(loaded: Loaded, matches: &ArgMatches, settings: &Settings) -> ExitCode {
    // What lives until the process ends is not taken apart first.
    let loaded = ManuallyDrop::new(loaded);
    let Loaded { containers, sources, warnings } = &*loaded;
    report(warnings, sources, settings);
    let [Container { profile, origins, .. }] = containers.as_slice() else {
        return failed(&[several(containers)], sources, settings);
    };
    if profile.tty && profile.interactive && !std::io::stdin().is_terminal() {
        let problem = Diagnostic::error(
            "tinydocker::host::stdin_not_a_terminal",
            "tty and interactive want a terminal on standard input, and there is none",
        )
        .with_help("leave out `tty` (-t) to pipe into the command, or `interactive` (-i) to only watch it");
        let origin = origins.of("tty");
        return failed(&[origin.blame(problem, "standard input is not a terminal")], sources, settings);
    }
    let host = match Host::probe_for(&plan::needs(profile)) {
        Ok(host) => host,
        Err(error) => {
            let problem = Diagnostic::error(
                "tinydocker::host::unreadable",
                format!("can't read this machine's facts: {error}"),
            );
            return failed(&[problem.with_help("is /proc mounted?")], sources, settings);
        }
    };
    let plan = match LaunchPlan::compile(profile, origins, &host) {
        Ok(plan) => ManuallyDrop::new(plan),
        Err(problems) => return failed(&problems, sources, settings),
    };
    let options = Options {
        store: Store::new(settings.root.as_deref()),
        fault: Fault::from_environment(),
        watch: verbose::watch(matches, settings),
        notify: match settings.error_format {
            _ if settings.quiet => |_| {},
            Format::Json => |line| eprintln!("{}", json!({ "event": "notice", "text": line })),
            Format::Text => |line| eprintln!("tinydocker: {line}"),
        },
    };
    match engine::launch(&plan, &options) {
        Ok(outcome) => ended(&plan, &outcome, origins, sources, settings),
        Err(error) => {
            report(&error.diagnostics(), sources, settings);
            exit_code(&error)
        }
    }
}

/// Containers that want one another's networks and orders come up together or not at all,
/// and that is not built yet.
fn several(containers: &[Container]) -> Diagnostic {
    let names: Vec<&str> = containers.iter().filter_map(|container| container.key.as_deref()).collect();
    let first = names.first().copied().unwrap_or("NAME");
    Diagnostic::error(
        "tinydocker::cli::several",
        format!(
            "the file has several containers, and one can be started at a time so far: {}",
            names.join(", ")
        ),
    )
    .with_help(format!("choose one: --only {first}"))
}

fn failed(problems: &[Diagnostic], sources: &Sources, settings: &Settings) -> ExitCode {
    report(problems, sources, settings);
    ExitCode::Launcher
}

fn exit_code(error: &LaunchError) -> ExitCode {
    if let engine::failure::Cause::Interrupted(number) = error.cause {
        return by_signal(number);
    }
    match error.exec_errno() {
        None => ExitCode::Launcher,
        Some(Errno::ENOENT | Errno::ENOTDIR) => ExitCode::NotFound,
        Some(_) => ExitCode::NotExecutable,
    }
}

fn by_signal(number: i32) -> ExitCode {
    ExitCode::Payload(128_u8.wrapping_add(u8::try_from(number).unwrap_or_default()))
}

/// One line when the payload did not end by itself, and its exit code.
fn ended(
    plan: &LaunchPlan,
    outcome: &Outcome,
    origins: &Origins,
    sources: &Sources,
    settings: &Settings,
) -> ExitCode {
    let code = if outcome.timed_out.is_some() {
        ExitCode::TimedOut
    } else {
        match outcome.status {
            Status::Exited(0) => ExitCode::Success,
            Status::Exited(code) => ExitCode::Payload(code),
            Status::Signaled(number) => by_signal(number),
        }
    };
    if !settings.quiet {
        ending::tell(plan, outcome, origins, code, settings);
    }
    if let Some(problem) = engine::failure::undo_diagnostic(&outcome.left) {
        report(&[problem], sources, settings);
    }
    code
}
