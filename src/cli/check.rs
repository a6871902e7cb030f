//! `tinydocker check`: all problems of all files in one report.

use super::args::Given;
use super::{ExitCode, Format, Settings, input, report};
use crate::diagnostic::{self, Diagnostic, Sources, json, render};
use crate::host::Host;
use crate::plan::{self, LaunchPlan};
use crate::preflight;
use crate::profile::{self, Container, Origins, Profile};
use clap::ArgMatches;
use std::ffi::OsString;
use std::io::Write;

/// Runs the command.
pub fn execute(matches: &ArgMatches, argv: &[String], settings: &Settings) -> ExitCode {
    let format = super::format(matches);
    if let Some(code) = matches.text("explain") {
        return super::explain::execute(code, format, argv, settings);
    }
    let host = !matches.has("no-host");
    let files: Vec<Option<&OsString>> = match matches.values::<OsString>("file") {
        Some(files) if files.len() > 0 => files.map(Some).collect(),
        _ => vec![None],
    };
    let request = match input::request(matches, argv, "check") {
        Ok(request) => request,
        Err(problem) => return answer(format, &[*problem], &Sources::default(), settings, true),
    };
    let host = host.then(Host::probe);
    let seen = preflight::Seen::default();
    let mut sources = Sources::default();
    let mut problems = Vec::new();
    let mut blind = false;
    let host = host.and_then(|host| {
        host.map_err(|error| {
            blind = true;
            problems.push(unreadable(&error));
        })
        .ok()
    });
    problems.extend(host.as_ref().and_then(preflight::kernel));
    for name in files {
        let file = match input::read(name.map(OsString::as_os_str), &request.working_folder) {
            Ok(file) => file,
            Err(problem) => {
                blind = true;
                problems.push(*problem);
                continue;
            }
        };
        let fragment = matches.has("fragment");
        let request = profile::Request { file: Some(file), fragment, ..request.clone() };
        let mut look = |host: &Host, Container { profile, origins, .. }: Container| {
            host_part(&profile, &origins, host, &seen, &mut problems);
        };
        let mut look = host.as_ref().map(|host| |container| look(host, container));
        let look = look.as_mut().map(|look| look as &mut dyn FnMut(Container));
        let loaded = profile::load_each(std::mem::take(&mut sources), &request, look);
        match loaded {
            Ok((texts, warnings)) => {
                sources = texts;
                problems.extend(warnings);
            }
            Err(found) => {
                sources = found.sources;
                problems.extend(found.diagnostics);
            }
        }
    }
    diagnostic::sort(&mut problems);
    problems.dedup();
    answer(format, &problems, &sources, settings, blind)
}

fn host_part(
    profile: &Profile,
    origins: &Origins,
    host: &Host,
    seen: &preflight::Seen,
    problems: &mut Vec<Diagnostic>,
) {
    let needs = plan::needs(profile);
    // Most profiles need no more than what is known.
    let more = (!needs.is_empty()).then(|| Host::probe_for(&needs)).transpose();
    let known = more.as_ref().ok().and_then(Option::as_ref).unwrap_or(host);
    problems.extend(preflight::check_beside(profile, origins, known, seen));
    match more {
        Ok(_) => problems.extend(LaunchPlan::problems(profile, origins, known)),
        Err(ref error) => problems.push(unreadable(error)),
    }
}

fn unreadable(error: &std::io::Error) -> Diagnostic {
    Diagnostic::error("tinydocker::host::unreadable", format!("can't read this machine's facts: {error}"))
        .with_help("--no-host checks the language only")
}

/// Prints the report; the JSON one is the command's output, even of no problems.
fn answer(
    format: Format,
    problems: &[Diagnostic],
    sources: &Sources,
    settings: &Settings,
    blind: bool,
) -> ExitCode {
    if format == Format::Json {
        let written = std::io::stdout().write_all(json::report(problems, sources).as_bytes());
        if written.is_err() {
            return ExitCode::Launcher;
        }
    } else {
        report(problems, sources, settings);
        if problems.is_empty() && !settings.quiet && settings.error_format == Format::Text {
            // One write, not one for the line and one for its end.
            let _ = std::io::stderr().write_all(format!("{}\n", no_problems(sources)).as_bytes());
        }
    }
    match (blind, problems.iter().any(Diagnostic::is_error)) {
        (true, _) => ExitCode::Launcher,
        (false, true) => ExitCode::Problems,
        (false, false) => ExitCode::Success,
    }
}

fn no_problems(sources: &Sources) -> String {
    let names: Vec<&str> = sources.iter().map(|source| source.name.as_str()).collect();
    debug_assert!(render::count(&[], sources).is_none());
    match names.as_slice() {
        [only] => format!("no problems in {only}"),
        more => format!("no problems in {} files", more.len()),
    }
}
