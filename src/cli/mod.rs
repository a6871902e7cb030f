//! argv → one command → exit code.

use crate::diagnostic::{self, Diagnostic, Sources};
use crate::profile::{self, Loaded, Problems};
use args::Given;
use clap::ArgMatches;
use std::ffi::OsString;
use std::io::{IsTerminal, Write};

mod args;
mod check;
mod command_line;
mod completions;
mod config;
mod ending;
mod explain;
pub mod info;
mod input;
mod new;
pub mod plan;
mod rm;
mod settings;
pub mod up;
mod usage;
mod verbose;

pub use settings::{Color, Format, Settings};

/// What the program answers to its caller. One documented enum: the payload's own
/// code passes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitCode {
    /// 0: done; no problems.
    Success,
    /// 1: problems found (`check`; warnings alone are 0), a command failed.
    Problems,
    /// 2: usage (under `run` and `up`: 125).
    Usage,
    /// 124: `timeout` was reached.
    TimedOut,
    /// 125: the launcher failed; under `check`: it could not look.
    Launcher,
    /// 126: the command was found but is not executable.
    NotExecutable,
    /// 127: the command was not found.
    NotFound,
    /// What the payload returned, or 128 + n when signal n ended it.
    Payload(u8),
}

impl ExitCode {
    /// The number for exit(3).
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Problems => 1,
            Self::Usage => 2,
            Self::TimedOut => 124,
            Self::Launcher => 125,
            Self::NotExecutable => 126,
            Self::NotFound => 127,
            Self::Payload(code) => code,
        }
    }
}

/// Runs the command that `args` (with the program's name first) ask for.
pub fn main(args: Vec<OsString>) -> ExitCode {
    let matches = match args::parse(&args) {
        Ok(matches) => matches,
        Err(error) => return refused(&error, &args),
    };
    let settings = Settings::from_matches(&matches);
    let argv = typed(&args);
    match matches.subcommand() {
        Some(("check", matches)) => check::execute(matches, &argv, &settings),
        Some(("new", matches)) => new::execute(matches, &settings),
        Some(("info", matches)) => info::execute(matches, &settings),
        Some(("rm", matches)) => rm::execute(matches, &settings),
        Some(("schema", _)) => schema(),
        Some(("completions", matches)) => completions::execute(matches),
        Some(("up", matches)) => match load(matches, &argv, "up") {
            Ok(loaded) => up::execute(loaded, matches, &settings),
            Err(problems) => failed(&problems, &settings, ExitCode::Launcher),
        },
        Some(("run", matches)) => match load(matches, &argv, "run") {
            Ok(loaded) => up::execute(loaded, matches, &settings),
            Err(problems) => failed(&problems, &settings, ExitCode::Launcher),
        },
        Some(("config", matches)) => match load(matches, &argv, "config") {
            Ok(loaded) => config::execute(&loaded, matches, &settings),
            Err(problems) => failed(&problems, &settings, ExitCode::Problems),
        },
        Some(("plan", matches)) => match load(matches, &argv, "plan") {
            Ok(loaded) => plan::execute(loaded, matches, &settings),
            Err(problems) => failed(&problems, &settings, ExitCode::Problems),
        },
        _ => ExitCode::Usage,
    }
}

/// Prints problems to standard error, as `--error-format` wants them. Warnings alone are
/// left out under `--quiet`.
pub fn report(diagnostics: &[Diagnostic], sources: &Sources, settings: &Settings) {
    let errors = diagnostics.iter().any(Diagnostic::is_error);
    if diagnostics.is_empty() || !errors && settings.quiet {
        return;
    }
    let mut text = match settings.error_format {
        Format::Json => diagnostic::json::report(diagnostics, sources),
        Format::Text => diagnostic::render::report(diagnostics, sources, settings.render_options()),
    };
    if settings.error_format == Format::Text && !settings.quiet && std::io::stderr().is_terminal() {
        text.extend(explain::pointer(diagnostics, settings.columns(std::io::stderr())));
    }
    // Nobody is left to be told that standard error is closed.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

fn failed(problems: &Problems, settings: &Settings, code: ExitCode) -> ExitCode {
    report(&problems.diagnostics, &problems.sources, settings);
    code
}

/// The value of `--format`.
fn format(matches: &ArgMatches) -> Format {
    match matches.text("format") {
        Some("json") => Format::Json,
        _ => Format::Text,
    }
}

/// Loads the profile that `up`, `run` or `plan` was given.
fn load(matches: &ArgMatches, argv: &[String], subcommand: &str) -> Result<Loaded, Box<Problems>> {
    let unread = |problem: Box<Diagnostic>| {
        Box::new(Problems { diagnostics: vec![*problem], sources: Sources::default() })
    };
    let mut request = input::request(matches, argv, subcommand).map_err(unread)?;
    let file = if subcommand == "run" {
        if let Some(words) = matches.values::<OsString>("command") {
            let words = input::words(words).map_err(unread)?;
            request.flags.push(command_line::payload(words, argv));
        }
        request.number = input::any_number();
        matches.text("profile").map(OsString::from)
    } else {
        Some(matches.get_one::<OsString>("file").cloned().unwrap_or_else(|| input::DEFAULT_FILE.into()))
    };
    request.host_rootfs = file.is_none();
    if let Some(name) = file {
        let named = matches.try_get_one::<OsString>("file").ok().flatten().is_some() || subcommand == "run";
        let name = named.then_some(name.as_os_str());
        request.file = Some(input::read(name, &request.working_folder).map_err(unread)?);
    }
    profile::load(&request).map_err(Box::new)
}

/// The command line as text for labels. The program goes by its name: a long path would
/// push what matters out of sight.
fn typed(args: &[OsString]) -> Vec<String> {
    let mut argv: Vec<String> = args.iter().map(|argument| argument.to_string_lossy().into_owned()).collect();
    if let Some(program) = argv.first_mut() {
        *program = program.rsplit('/').next().unwrap_or_default().to_owned();
    }
    argv
}

fn schema() -> ExitCode {
    match std::io::stdout().write_all(profile::schema::text().as_bytes()) {
        Ok(()) => ExitCode::Success,
        Err(_) => ExitCode::Launcher,
    }
}

/// Help and version are printed; anything else is a usage error.
fn refused(error: &clap::Error, args: &[OsString]) -> ExitCode {
    use clap::error::ErrorKind;
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        let _ = error.print();
        return ExitCode::Success;
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = error.print();
        return ExitCode::Usage;
    }
    let argv = typed(args);
    let (problem, sources) = usage::problem(error, &argv);
    report(&[problem], &sources, &Settings::guess(args));
    // docker's convention: 2 could be the payload's own code.
    let launches = argv.iter().skip(1).find(|argument| !argument.starts_with('-'));
    if launches.is_some_and(|command| command == "run" || command == "up") {
        ExitCode::Launcher
    } else {
        ExitCode::Usage
    }
}
