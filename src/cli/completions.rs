//! `tinydocker completions SHELL`: what a shell needs to complete our command lines.

use super::{ExitCode, args};
use clap::builder::PossibleValuesParser;
use clap::{ArgMatches, Command, ValueHint};
use clap_complete::Shell;
use std::io::Write;

/// Words that flags may take. Their refusal is the profile's, so clap isn't told of them
/// when it reads a command line.
const WORDS: [(&str, &[&str]); 6] = [
    ("network", &["none", "host"]),
    ("pid", &["private", "host"]),
    ("ipc", &["private", "host"]),
    ("uts", &["private", "host"]),
    ("cgroupns", &["private", "host"]),
    ("security-opt", &["no-new-privileges"]),
];

/// Flags and arguments whose value is a file, a folder or a program.
const HINTS: [(&str, ValueHint); 6] = [
    ("file", ValueHint::FilePath),
    ("profile", ValueHint::FilePath),
    ("volume", ValueHint::AnyPath),
    ("rootfs", ValueHint::DirPath),
    ("root", ValueHint::DirPath),
    ("command", ValueHint::CommandWithArguments),
];

/// Prints the script of the shell that was asked for.
pub fn execute(matches: &ArgMatches) -> ExitCode {
    let Some(shell) = matches.get_one::<Shell>("shell") else { return ExitCode::Usage };
    let text = script(*shell);
    match std::io::stdout().write_all(&text) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => ExitCode::Launcher,
        _ => ExitCode::Success,
    }
}

/// The script of a shell. Commands get their flags when they are typed, so all are built
/// here first.
fn script(shell: Shell) -> Vec<u8> {
    let mut command = args::command();
    command.build();
    let names: Vec<String> = command.get_subcommands().map(|it| it.get_name().to_owned()).collect();
    let mut command = names.iter().fold(command, |command, name| command.mut_subcommand(name, hinted));
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command, "tinydocker", &mut text);
    text
}

/// A command whose values can be completed, too.
fn hinted(mut command: Command) -> Command {
    let has = |command: &Command, name: &str| command.get_arguments().any(|arg| arg.get_id() == name);
    for (name, words) in WORDS {
        if has(&command, name) {
            command = command.mut_arg(name, |arg| arg.value_parser(PossibleValuesParser::new(words)));
        }
    }
    for (name, hint) in HINTS {
        if has(&command, name) {
            command = command.mut_arg(name, |arg| arg.value_hint(hint));
        }
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shell_knows_every_flag() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::Elvish, Shell::PowerShell] {
            let text = String::from_utf8(script(shell)).expect("text");
            let flags = args::FLAGS.iter().map(|flag| flag.long);
            for word in
                flags.chain(["explain", "no-host", "seccomp", "profile", "set", "stdout", "completions"])
            {
                assert!(text.contains(word), "{shell}: {word}");
            }
        }
    }
}
