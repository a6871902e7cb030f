//! What clap refuses, as a problem with a place and a remedy.

use super::args::{FLAGS, Flag};
use crate::diagnostic::{Diagnostic, Sources};
use crate::profile::foreign;
use crate::profile::{KeyPath, Typed};
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

/// docker's short flags, and the flags that are no key's name anywhere. All others are
/// answered from the lists of [`foreign`].
const FOREIGN_FLAGS: &[(&str, Said)] = &[
    ("-d", Said::As("detach")),
    ("-p", Said::As("publish")),
    ("-P", Said::As("publish_all")),
    ("-l", Said::As("label")),
    ("-h", Said::As("hostname")),
    ("-a", Said::As("attach")),
    ("-f", Said::This("name the file without a flag: tinydocker up web.toml")),
    ("--file", Said::This("name the file without a flag: tinydocker up web.toml")),
    ("--config", Said::This("name the file without a flag: tinydocker up web.toml")),
    ("--bundle", Said::This("name the file without a flag: tinydocker up web.toml")),
    ("--dry-run", Said::This("`tinydocker plan` shows what would be done")),
    ("--help-all", Said::This("`tinydocker run --help` names every flag")),
];

/// What there is to say about a flag.
enum Said {
    /// What there is to say about this word.
    As(&'static str),
    /// A sentence.
    This(&'static str),
}

/// The commands of docker and others.
const FOREIGN_COMMANDS: &[(&str, &str)] = &[
    ("start", "`tinydocker up FILE` starts a profile"),
    ("init", "`tinydocker new` writes a profile to begin with"),
    ("completion", "`tinydocker completions SHELL` prints what a shell needs"),
    ("create", "`tinydocker up FILE` starts a profile; nothing is made beforehand"),
    ("exec", "tinydocker can't enter a running container yet"),
    ("ps", "tinydocker lists no containers yet; they end with their launcher"),
    ("ls", "tinydocker lists no containers yet; they end with their launcher"),
    ("stop", "Ctrl-C ends a container; it runs in the foreground"),
    ("kill", "Ctrl-C ends a container; it runs in the foreground"),
    ("down", "nothing is left of a container that has ended"),
    ("logs", "a container in the foreground writes to your terminal; there are no logs yet"),
    ("pull", "tinydocker has no images yet"),
    ("images", "tinydocker has no images yet"),
    ("build", "tinydocker builds no images"),
    ("validate", "`tinydocker check FILE` says all that is wrong with a profile"),
    ("lint", "`tinydocker check FILE` says all that is wrong with a profile"),
    ("compose", "one profile is one container so far: `tinydocker up FILE`"),
];

/// Our own.
const COMMANDS: [&str; 10] =
    ["run", "up", "check", "config", "plan", "info", "rm", "new", "schema", "completions"];

/// What is wrong with a command line that clap refused.
pub fn problem(error: &Error, argv: &[String]) -> (Diagnostic, Sources) {
    let mut sources = Sources::default();
    let line = crate::profile::CommandLine::new(argv);
    let source = sources.add("command line", line.text.as_str());
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => texts.first().cloned(),
        _ => None,
    };
    let argument = context(ContextKind::InvalidArg);
    let value = context(ContextKind::InvalidValue);
    // clap writes `--memory <SIZE>`; the name is what was typed.
    let name = argument
        .as_deref()
        .map(|argument| argument.split([' ', '=', '<', '[']).next().unwrap_or(argument).to_owned());
    let (last, message, label, help) = match error.kind() {
        ErrorKind::UnknownArgument => {
            let name = name.clone().unwrap_or_default();
            let what = if name.starts_with('-') { "flag" } else { "argument" };
            let said = foreign_flag(&name, &behind(argv, &name));
            let label = if said.is_some() { "no flag of tinydocker" } else { "not known here" };
            ("unknown_flag", format!("unknown {what} `{name}`"), label, said.or_else(|| near_flag(&name)))
        }
        ErrorKind::InvalidSubcommand => {
            let name = context(ContextKind::InvalidSubcommand).unwrap_or_default();
            let said =
                FOREIGN_COMMANDS.iter().find(|(known, _)| *known == name).map(|(_, help)| (*help).to_owned());
            let near = crate::profile::nearest(&name, COMMANDS.into_iter());
            let near = near.map(|near| format!("did you mean `{near}`?"));
            let help = said.or(near).or_else(|| Some(format!("commands: {}", COMMANDS.join(", "))));
            ("unknown_command", format!("unknown command `{name}`"), "no command of tinydocker", help)
        }
        ErrorKind::InvalidValue if value.as_deref().unwrap_or_default().is_empty() => {
            let name = name.clone().unwrap_or_default();
            ("missing_value", format!("`{name}` needs a value"), "a value belongs behind this", None)
        }
        ErrorKind::InvalidValue => {
            let valid = match error.get(ContextKind::ValidValue) {
                Some(ContextValue::Strings(valid)) => Some(format!("known: {}", valid.join(", "))),
                _ => None,
            };
            let (name, value) = (name.clone().unwrap_or_default(), value.clone().unwrap_or_default());
            ("value", format!("`{name}` can't be \"{value}\""), "not a value of this flag", valid)
        }
        ErrorKind::NoEquals | ErrorKind::TooManyValues => {
            let name = name.clone().unwrap_or_default();
            (
                "value",
                format!("`{name}` takes its value behind `=`"),
                "here",
                Some(format!("write {name}=false")),
            )
        }
        ErrorKind::MissingRequiredArgument
            if context(ContextKind::InvalidArg).is_some_and(|it| it == "<SHELL>") =>
        {
            let help = "write one: bash, zsh, fish, elvish, powershell";
            ("missing_value", "no shell is named".into(), "a shell is missing behind this", Some(help.into()))
        }
        ErrorKind::MissingRequiredArgument => {
            let help = "write it behind the flags: tinydocker run -it /bin/sh";
            (
                "missing_command",
                "no command to run".into(),
                "a command is missing behind this",
                Some(help.into()),
            )
        }
        ErrorKind::MissingSubcommand => {
            let help = format!("commands: {}; see tinydocker --help", COMMANDS.join(", "));
            ("missing_command", "no command given".into(), "a command is missing behind this", Some(help))
        }
        ErrorKind::ArgumentConflict
            if error
                .get(ContextKind::PriorArg)
                .is_some_and(|it| it.to_string() != argument.as_deref().unwrap_or_default()) =>
        {
            let name = name.clone().unwrap_or_default();
            let prior = error.get(ContextKind::PriorArg).map(ToString::to_string).unwrap_or_default();
            (
                "value",
                format!("`{name}` goes with nothing else"),
                "given here",
                Some(format!("leave out this, or {prior}")),
            )
        }
        ErrorKind::ArgumentConflict => {
            let name = name.clone().unwrap_or_default();
            ("value", format!("`{name}` can be given once only"), "given again", None)
        }
        _ => {
            let text = error.to_string();
            let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
            ("invalid", first, "not understood", None)
        }
    };
    let token =
        value.filter(|value| !value.is_empty()).or(name).or_else(|| context(ContextKind::InvalidSubcommand));
    let place = token.and_then(|token| find(argv, &token));
    let span = match (&place, last) {
        (Some(typed), _) => line.span(Some(typed)),
        // What is missing is missing behind the last word.
        (None, "missing_command" | "missing_value") => {
            let last = argv.len().saturating_sub(1);
            let bytes = 0..argv.get(last).map_or(0, String::len);
            line.span(Some(&Typed { argument: last, bytes, last }))
        }
        (None, _) => 0..line.text.len(),
    };
    let mut diagnostic = Diagnostic::error(code(last), message).with_label(source, span, label);
    diagnostic.help = help;
    (diagnostic, sources)
}

fn code(last: &str) -> &'static str {
    match last {
        "unknown_flag" => "tinydocker::usage::unknown_flag",
        "unknown_command" => "tinydocker::usage::unknown_command",
        "missing_value" => "tinydocker::usage::missing_value",
        "missing_command" => "tinydocker::usage::missing_command",
        "value" => "tinydocker::usage::value",
        _ => "tinydocker::usage::invalid",
    }
}

/// Flags that set no key.
const OTHER_FLAGS: [&str; 20] = [
    "explain",
    "seccomp",
    "stdout",
    "root",
    "quiet",
    "verbose",
    "error-format",
    "color",
    "set",
    "unset",
    "var",
    "variant",
    "only",
    "profile",
    "format",
    "no-host",
    "origins",
    "fragment",
    "help",
    "version",
];

/// What was typed behind a flag, up to the next flag.
fn behind<'a>(argv: &'a [String], name: &str) -> Vec<&'a str> {
    let Some(typed) = find(argv, name) else { return Vec::new() };
    let attached = argv[typed.argument][typed.bytes.end..].strip_prefix('=');
    let next = argv[typed.argument + 1..].iter().map(String::as_str);
    let next = next.take_while(|next| !next.starts_with('-') || *next == "-1");
    attached.map_or_else(|| next.collect(), |value| vec![value])
}

/// The flag that was probably meant. (clap's own guesses are bolder: `--root` for `--foo`.)
fn near_flag(name: &str) -> Option<String> {
    let names = FLAGS.iter().map(|flag| flag.long).chain(OTHER_FLAGS);
    let near = crate::profile::nearest(name.strip_prefix("--")?, names)?;
    Some(format!("did you mean `--{near}`?"))
}

/// What to say about another program's flag; `values` is what was typed behind it.
fn foreign_flag(name: &str, values: &[&str]) -> Option<String> {
    let word = match FOREIGN_FLAGS.iter().find(|(known, _)| *known == name) {
        Some((_, Said::This(text))) => return Some((*text).to_owned()),
        Some((_, Said::As(word))) => word,
        None => name.strip_prefix("--")?,
    };
    // Words of files are typed as flags, too: --mem-limit, --cwd.
    let path = KeyPath::keys([word]);
    let hit = foreign::find(&path);
    let key = match &hit {
        Some(hit) => hit.key(),
        // A key that has no flag.
        None => Some(word.replace('-', "_")).filter(|key| foreign::exists(key)),
    };
    let place = foreign::Place { table: &KeyPath::default(), top: "the command line" };
    // bubblewrap's `--bind SRC DST`.
    let given = match values {
        [source, target, ..] if key.as_deref() == Some("mounts") && target.starts_with('/') => {
            Some(format!("{source}:{target}"))
        }
        values => values.first().map(|value| (*value).to_owned()),
    };
    // A bare flag switches on.
    let given = match given {
        _ if key.as_deref().is_some_and(foreign::is_switch) => {
            Some((given.as_deref() != Some("false")).into())
        }
        given => given.map(figment::value::Value::from),
    };
    let Some(key) = key.filter(|key| foreign::exists(key)) else {
        return Some(hit?.help(given.as_ref(), place));
    };
    let converted = hit.and_then(|hit| hit.converted(given.as_ref()));
    let set = converted.and_then(|it| <[_; 1]>::try_from(it.sets).ok()).map(|[set]| set);
    let quote = crate::profile::quote_word;
    Some(match set {
        // One key and its value, by the key's flag if it has one.
        Some((key, value)) => {
            let flag = FLAGS.iter().find(|flag| flag.meaning.takes(&key));
            match (flag, foreign::plain_text(&value)) {
                (Some(Flag { long, value: None, .. }), _) if value == "true" => format!("write --{long}"),
                (Some(Flag { long, value: None, .. }), _) => format!("write --{long}={value}"),
                (Some(flag), Some(text)) => format!("write --{} {}", flag.long, quote(&text)),
                _ => format!("write --set {}", quote(&format!("{key}={value}"))),
            }
        }
        None => match FLAGS.iter().find(|flag| flag.meaning.key() == Some(&key)) {
            Some(Flag { long, value: Some(value), .. }) => format!("write --{long} {value}"),
            Some(flag) => format!("write --{}", flag.long),
            None => format!("write --set {key}=VALUE"),
        },
    })
}

/// The argument that is, or begins with, what clap complains about.
fn find(argv: &[String], token: &str) -> Option<Typed> {
    let exact = argv.iter().skip(1).position(|argument| argument == token);
    if let Some(index) = exact {
        return Some(Typed { argument: index + 1, bytes: 0..token.len(), last: index + 1 });
    }
    let with_value = argv.iter().skip(1).position(|argument| {
        argument.strip_prefix(token).is_some_and(|rest| rest.starts_with('='))
            || argument.strip_suffix(token).is_some_and(|rest| rest.ends_with('='))
    });
    if let Some(index) = with_value {
        let argument = &argv[index + 1];
        let start = if argument.starts_with(token) { 0 } else { argument.len() - token.len() };
        return Some(Typed { argument: index + 1, bytes: start..start + token.len(), last: index + 1 });
    }
    // `-x` of `-itx`.
    let short = token.strip_prefix('-').filter(|short| short.chars().count() == 1)?;
    let index = argv
        .iter()
        .skip(1)
        .position(|it| it.starts_with('-') && !it.starts_with("--") && it.contains(short))?;
    let start = argv[index + 1].find(short)?;
    Some(Typed { argument: index + 1, bytes: start..start + short.len(), last: index + 1 })
}
