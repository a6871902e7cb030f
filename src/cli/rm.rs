//! `tinydocker rm`: take away what is kept of containers.

use super::args::Given;
use super::{ExitCode, Settings, report};
use crate::diagnostic::{Diagnostic, Sources};
use crate::engine::remove::{RemoveError, remove};
use crate::profile::name_problem;
use crate::store::Store;
use clap::ArgMatches;
use std::io::Write;

/// Removes the changes of each and prints their names; one that can't be removed does not keep the others.
pub fn execute(matches: &ArgMatches, settings: &Settings) -> ExitCode {
    let store = Store::new(settings.root.as_deref());
    let names = matches.values::<String>("name").into_iter().flatten();
    let problems: Vec<Diagnostic> = names
        .filter_map(|name| {
            let problem = one(&store, name);
            if problem.is_none() && !settings.quiet {
                // As docker does it. Nobody is left to be told that the output is closed.
                let _ = writeln!(std::io::stdout(), "{name}");
            }
            problem
        })
        .collect();
    report(&problems, &Sources::default(), settings);
    if problems.is_empty() { ExitCode::Success } else { ExitCode::Problems }
}

fn one(store: &Store, name: &str) -> Option<Diagnostic> {
    const NOTHING: &str = "tinydocker::cli::nothing_kept";
    const REMOVE: &str = "tinydocker::cli::not_removed";
    if let Some(problem) = name_problem(name) {
        let message = format!("{name:?} is no container's name: {problem}");
        return Some(Diagnostic::error(NOTHING, message).with_help("write the `name` of its profile"));
    }
    match remove(store, name) {
        Ok(true) => None,
        Ok(false) => {
            let message = format!("nothing is kept of a container {name}");
            let help =
                "only rootfs.mode = \"persistent\" keeps something; with another --root it lies elsewhere";
            Some(Diagnostic::error(NOTHING, message).with_help(help))
        }
        Err(RemoveError::Busy(pid)) => {
            let by = pid.map_or_else(String::new, |pid| format!(" (pid {pid})"));
            let message = format!("the container {name} runs{by}");
            Some(
                Diagnostic::error(REMOVE, message)
                    .with_help("end it first: Ctrl-C, or a signal to that process"),
            )
        }
        Err(RemoveError::Left(failures)) => {
            let left: Vec<_> = failures.iter().map(|it| format!("{}: {}", it.path, it.reason)).collect();
            let message = format!("what a killed launcher has left of {name} can't be removed");
            Some(Diagnostic::error(REMOVE, message).with_help(left.join("\n")))
        }
        Err(RemoveError::Failed(why)) => {
            let message = format!("what is kept of {name} can't be removed: {why}");
            let help = "nothing of it is used any more; the same command goes on where this one stopped";
            Some(Diagnostic::error(REMOVE, message).with_help(help))
        }
    }
}
