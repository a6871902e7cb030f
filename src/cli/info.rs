//! `tinydocker info`: what this host has of what profiles need, and what it means where
//! something is missing.

use super::{ExitCode, Format, Settings, report};
use crate::diagnostic::{Diagnostic, Sources};
use crate::host::{Host, Survey};
use crate::plan;
use crate::profile::{self, File, Loaded, Request};
use clap::ArgMatches;
use std::io::{ErrorKind, Write};

mod data;
mod text;

pub use data::{Report, VERSION};
pub use text::{Look, render};

/// Prints the report.
pub fn execute(matches: &ArgMatches, settings: &Settings) -> ExitCode {
    let survey = match look() {
        Ok(survey) => survey,
        Err(error) => {
            let message = format!("can't read this machine's facts: {error}");
            let problem = Diagnostic::error("tinydocker::host::unreadable", message);
            report(&[problem.with_help("are /proc and /sys mounted?")], &Sources::default(), settings);
            return ExitCode::Launcher;
        }
    };
    let found = Report::new(&survey);
    let text = match super::format(matches) {
        Format::Json => found.json(),
        Format::Text => {
            let output = std::io::stdout();
            render(&found, Look { columns: settings.columns(&output), color: settings.has_color(&output) })
        }
    };
    match std::io::stdout().write_all(text.as_bytes()) {
        // `info | head` has read what it wanted.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => ExitCode::Launcher,
        _ => ExitCode::Success,
    }
}

fn look() -> std::io::Result<Survey> {
    let mut survey = Survey::probe()?;
    if let Some(container) = simplest().containers.first() {
        survey.host.resources = Host::probe_for(&plan::needs(&container.profile))?.resources;
    }
    Ok(survey)
}

/// A profile that asks for nothing: what keeps it from being launched keeps all.
pub fn simplest() -> Loaded {
    let file = File {
        name: "(a profile that asks for nothing)".into(),
        text: "command = [\"true\"]\nrootfs = \"host\"\n".into(),
        folder: "/".into(),
        stem: "simplest".into(),
    };
    let request = Request { file: Some(file), working_folder: "/".into(), ..Request::default() };
    profile::load(&request).unwrap_or_else(|problems| panic!("{:?}", problems.diagnostics))
}
