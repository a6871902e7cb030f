//! `tinydocker config`: the profile that all layers come to.

use super::args::Given;
use super::{ExitCode, Settings, report};
use crate::profile::{Loaded, effective};
use clap::ArgMatches;
use std::io::Write;

/// Prints the effective profile.
pub fn execute(loaded: &Loaded, matches: &ArgMatches, settings: &Settings) -> ExitCode {
    report(&loaded.warnings, &loaded.sources, settings);
    let origins = matches.has("origins");
    let text = match matches.text("format") {
        Some("json") => effective::json(loaded, origins),
        _ => effective::toml(loaded, origins),
    };
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::Success,
        // `config … | head` has read what it wanted.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::Success,
        Err(_) => ExitCode::Problems,
    }
}
