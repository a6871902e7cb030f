//! `tinydocker plan`: what `up` would do, without doing it.

use super::{ExitCode, Format, Settings, report};
use crate::diagnostic::Diagnostic;
use crate::host::Host;
use crate::plan::{LaunchPlan, text};
use crate::profile::Loaded;
use std::io::Write;

/// Prints what `up` would do on this machine.
pub fn execute(loaded: Loaded, format: Format, settings: &Settings) -> ExitCode {
    let host = match Host::probe() {
        Ok(host) => host,
        Err(error) => {
            let problem = Diagnostic::error("tinydocker::host::unreadable", error.to_string())
                .with_help("a plan is made for a machine: /proc and /sys must be mounted");
            report(&[problem], &loaded.sources, settings);
            return ExitCode::Problems;
        }
    };
    report(&loaded.warnings, &loaded.sources, settings);
    let plan = match LaunchPlan::compile(&loaded.profile, &loaded.origins, &host) {
        Ok(plan) => plan,
        Err(problems) => {
            report(&problems, &loaded.sources, settings);
            return ExitCode::Problems;
        }
    };
    let text = match format {
        Format::Text => text::render(&plan),
        Format::Json => text::json(&plan),
    };
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::Success,
        // `plan … | head` has read what it wanted.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::Success,
        Err(_) => ExitCode::Problems,
    }
}
