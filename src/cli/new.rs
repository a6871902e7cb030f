//! `tinydocker new`: a profile to begin with, every key explained.

use super::args::Given;
use super::{ExitCode, Settings, input, report};
use crate::diagnostic::{Diagnostic, Sources};
use crate::profile::{fit_name, name_problem};
use clap::ArgMatches;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};

/// What is written. A line that begins with `# ` and a key or a table may be uncommented,
/// and all of them together as well.
const TEMPLATE: &str = include_str!("new/template.toml");

/// Writes `NAME.toml`, or `tinydocker.toml` with the folder's name; `--stdout` prints.
pub fn execute(matches: &ArgMatches, settings: &Settings) -> ExitCode {
    let given = matches.text("name");
    let print = matches.has("stdout") || given == Some("-");
    let given = given.filter(|name| *name != "-");
    let fail = |problem: Diagnostic, code| {
        report(&[problem], &Sources::default(), settings);
        code
    };
    if let Some(problem) = given.and_then(refused) {
        return fail(problem, ExitCode::Usage);
    }
    let name = match given {
        Some(name) => name.to_owned(),
        None => match input::working_folder() {
            Ok(folder) => fit_name(&folder.file_name().unwrap_or_default().to_string_lossy()),
            Err(problem) => return fail(*problem, ExitCode::Problems),
        },
    };
    let name = if name_problem(&name).is_some() { "container".to_owned() } else { name };
    let text = text(&name);
    if print {
        return match std::io::stdout().write_all(text.as_bytes()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => ExitCode::Launcher,
            _ => ExitCode::Success,
        };
    }
    let file = given.map_or_else(|| input::DEFAULT_FILE.to_owned(), |name| format!("{name}.toml"));
    // O_EXCL: what stands there is never overwritten, not even through a symbolic link.
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&file)
        .and_then(|mut target| target.write_all(text.as_bytes()));
    match written {
        Ok(()) => {
            if !settings.quiet {
                eprintln!(
                    "wrote {file}; start it with: tinydocker up{}",
                    given.map_or(String::new(), |_| format!(" {file}"))
                );
            }
            ExitCode::Success
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let problem =
                Diagnostic::error("tinydocker::cli::file_exists", format!("{file} is there already"));
            let other = given.map_or_else(|| "name".to_owned(), |name| format!("{name}-2"));
            fail(
                problem.with_help(format!(
                    "nothing was written; remove it first (rm {file}), or choose another name: tinydocker new {other}"
                )),
                ExitCode::Problems,
            )
        }
        Err(error) => {
            let problem =
                Diagnostic::error("tinydocker::cli::unwritable", format!("can't write {file}: {error}"));
            fail(
                problem.with_help("`tinydocker new --stdout` prints the profile instead"),
                ExitCode::Problems,
            )
        }
    }
}

/// What is wrong with a name, by the rules of the language's `name`.
fn refused(name: &str) -> Option<Diagnostic> {
    let why = name_problem(name)?;
    let bare = name.strip_suffix(".toml").filter(|bare| name_problem(bare).is_none());
    let help = match bare {
        Some(bare) => format!("write `tinydocker new {bare}`: the file becomes {name} by itself"),
        None => {
            let fit = fit_name(name);
            if name_problem(&fit).is_none() {
                format!("{why}; write `tinydocker new {fit}`")
            } else {
                format!("{why}; a name has small letters, digits, `-` and `_`")
            }
        }
    };
    let message = format!("{} can't name a container", crate::profile::quote_text(name));
    Some(Diagnostic::error("tinydocker::usage::name", message).with_help(help))
}

fn text(name: &str) -> String {
    TEMPLATE.replace("{name}", name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_language() {
        assert!(refused("web").is_none() && refused("web-2_a").is_none());
        let help = |name| refused(name).and_then(|it| it.help).unwrap_or_default();
        assert!(help("Web").contains("tinydocker new web"), "{}", help("Web"));
        assert!(help("web.toml").contains("write `tinydocker new web`"), "{}", help("web.toml"));
        assert!(refused("../web").is_some() && refused("").is_some());
    }
}
