//! `tinydocker up` and `tinydocker run`: launch, wait, report how it ended.

use super::{ExitCode, Settings, report, verbose};
use crate::diagnostic::{Diagnostic, Sources};
use crate::engine::fault::Fault;
use crate::engine::{self, LaunchError, Options, Outcome};
use crate::host::Host;
use crate::plan::{self, LaunchPlan};
use crate::profile::{Container, Loaded};
use crate::store::Store;
use crate::sys::process::Status;
use crate::sys::{Errno, signal};
use clap::ArgMatches;
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
        notify: if settings.quiet { |_| {} } else { |line| eprintln!("tinydocker: {line}") },
    };
    match engine::launch(&plan, &options) {
        Ok(outcome) => ended(&plan, &outcome, sources, settings),
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
fn ended(plan: &LaunchPlan, outcome: &Outcome, sources: &Sources, settings: &Settings) -> ExitCode {
    if let Some(reason) = reason(plan, outcome).filter(|_| !settings.quiet) {
        eprintln!("tinydocker: {}: {reason}", plan.name);
    }
    if let Some(problem) = engine::failure::undo_diagnostic(&outcome.left) {
        report(&[problem], sources, settings);
    }
    if outcome.timed_out.is_some() {
        return ExitCode::TimedOut;
    }
    match outcome.status {
        Status::Exited(0) => ExitCode::Success,
        Status::Exited(code) => ExitCode::Payload(code),
        Status::Signaled(number) => by_signal(number),
    }
}

fn reason(plan: &LaunchPlan, outcome: &Outcome) -> Option<String> {
    if let (Some(events), Some((_, limit, origin))) = (outcome.memory, plan.memory_limit())
        && events.oom_kills > 0
    {
        let place = origin.place.as_ref().map_or_else(String::new, |p| format!(" ({}:{})", p.file, p.line));
        let limit = limit.parse().map_or_else(|_| limit.to_owned(), mebibytes);
        let peak = events.peak.map_or_else(String::new, |peak| format!(", peak {}", mebibytes(peak)));
        let killed = if events.oom_kills == 1 {
            "a process was".to_owned()
        } else {
            format!("{} processes were", events.oom_kills)
        };
        return Some(format!("out of memory: {killed} killed at {} = {limit}{place}{peak}", origin.key));
    }
    if let Some(origin) = &outcome.timed_out {
        let place = origin.place.as_ref().map_or_else(String::new, |p| format!(" ({}:{})", p.file, p.line));
        let how = match outcome.status {
            Status::Exited(code) => format!("it exited with {code}"),
            Status::Signaled(number) => format!("it was ended by {}", signal::name(number)),
        };
        return Some(format!("stopped after its {}{place}; {how}", origin.key));
    }
    let Status::Signaled(number) = outcome.status else { return None };
    let name = signal::name(number);
    if let Some(origin) = plan.filter_origin().filter(|_| number == signal::number::SYS) {
        let place = origin.place.as_ref().map_or_else(String::new, |p| format!(" ({}:{})", p.file, p.line));
        let (what, how) = match &outcome.refused {
            Some(call) => (
                format!("for the system call {call}"),
                format!("security.seccomp.allow = [\"{call}\"] lets it pass"),
            ),
            None => (
                "for a system call".to_owned(),
                "security.seccomp.allow lets calls pass by name; `dmesg` may tell which it was".to_owned(),
            ),
        };
        return Some(format!(
            "killed by {name} {what}: the filter of security.seccomp{place} says so; {how}"
        ));
    }
    Some(match outcome.forwarded {
        Some(forwarded) if forwarded.sender > 0 => format!(
            "ended by {name}, after {} from process {}",
            signal::name(forwarded.signal),
            forwarded.sender
        ),
        Some(forwarded) => {
            format!("ended by {name}, after {} from the terminal", signal::name(forwarded.signal))
        }
        None => format!("ended by {name}"),
    })
}

fn mebibytes(bytes: u64) -> String {
    const MEBIBYTE: u64 = 1 << 20;
    if bytes.is_multiple_of(MEBIBYTE) {
        format!("{} MiB", bytes / MEBIBYTE)
    } else {
        // Only shown, so a float's rounding does no harm.
        format!("{:.1} MiB", bytes as f64 / MEBIBYTE as f64)
    }
}
