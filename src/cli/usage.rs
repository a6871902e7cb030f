//! What clap refuses, as a problem with a place and a remedy.

use super::args::FLAGS;
use crate::diagnostic::{Diagnostic, Sources};
use crate::profile::foreign::{self, Answer};
use crate::profile::{KeyPath, Typed};
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

/// The flags of docker, podman, bwrap and others that no key answers for.
const FOREIGN_FLAGS: &[(&str, &str)] = &[
    (
        "--privileged",
        "there is no such flag, on purpose; --set security.preset=unconfined gives every capability that you have, masks nothing and lets setuid programs work: root inside can then reach the whole host. Better say what the command needs, such as --cap-add NET_ADMIN",
    ),
    ("--gpus", "tinydocker passes no devices on yet"),
    ("--device", "tinydocker passes no devices on yet"),
    ("-d", "tinydocker runs in the foreground only so far; a shell's `&` puts it into the background"),
    ("--detach", "tinydocker runs in the foreground only so far; a shell's `&` puts it into the background"),
    ("-p", "tinydocker publishes no ports yet; with --network host the command listens on the host's own"),
    (
        "--publish",
        "tinydocker publishes no ports yet; with --network host the command listens on the host's own",
    ),
    ("-P", "tinydocker publishes no ports yet; with --network host the command listens on the host's own"),
    (
        "--publish-all",
        "tinydocker publishes no ports yet; with --network host the command listens on the host's own",
    ),
    (
        "--expose",
        "tinydocker publishes no ports yet; with --network host the command listens on the host's own",
    ),
    ("--rm", "leave it out: nothing is left of a container that has ended"),
    ("--image", "tinydocker has no images yet; --rootfs ./folder takes an unpacked one"),
    ("--shm-size", "the size of /dev/shm can't be set yet"),
    ("--init", "tinydocker has no init process yet: the command is PID 1"),
    ("--restart", "tinydocker restarts nothing yet"),
    ("--dns", "name servers can't be set yet"),
    ("--add-host", "entries of /etc/hosts can't be set yet"),
    ("--userns", "tinydocker has no user namespaces yet"),
    ("--label", "tinydocker has no labels yet"),
    ("-l", "tinydocker has no labels yet"),
    ("--volumes-from", "tinydocker has no volumes yet"),
    ("--log-driver", "a container in the foreground writes to your terminal; there are no logs yet"),
    ("-f", "name the file without a flag: tinydocker up web.toml"),
    ("--file", "name the file without a flag: tinydocker up web.toml"),
    ("--bind", "write --volume SRC:DST, or --volume SRC:DST:ro"),
    ("--ro-bind", "write --volume SRC:DST:ro"),
    ("--proc", "leave it out: /proc is mounted without asking"),
    ("--dev", "leave it out: /dev is made without asking"),
    ("--unshare-all", "leave it out: every namespace is private without asking"),
    ("--unshare-net", "leave it out: the network is private without asking"),
    ("--unshare-pid", "leave it out: the PID namespace is private without asking"),
    ("--share-net", "write --network host"),
    ("--chdir", "write --workdir PATH"),
    ("--setenv", "write --env NAME=VALUE"),
    ("--die-with-parent", "leave it out: a container always ends with its launcher"),
    ("--dry-run", "`tinydocker plan` shows what would be done"),
];

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
    ("rm", "nothing is left of a container that has ended"),
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
const COMMANDS: [&str; 8] = ["run", "up", "check", "config", "plan", "new", "schema", "completions"];

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
            let said = foreign_flag(&name);
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
const OTHER_FLAGS: [&str; 18] = [
    "explain",
    "stdout",
    "root",
    "quiet",
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

/// The flag that was probably meant. (clap's own guesses are bolder: `--root` for `--foo`.)
fn near_flag(name: &str) -> Option<String> {
    let names = FLAGS.iter().map(|flag| flag.long).chain(OTHER_FLAGS);
    let near = crate::profile::nearest(name.strip_prefix("--")?, names)?;
    Some(format!("did you mean `--{near}`?"))
}

/// What to say about another program's flag.
fn foreign_flag(name: &str) -> Option<String> {
    if let Some((_, help)) = FOREIGN_FLAGS.iter().find(|(known, _)| *known == name) {
        return Some((*help).to_owned());
    }
    // Words of files are typed as flags, too: --mem-limit, --cwd.
    let word = name.strip_prefix("--")?;
    // A key that has no flag.
    let key = word.replace('-', "_");
    if crate::profile::is_key(&key) {
        return Some(format!("write --set {key}=VALUE"));
    }
    let entry = foreign::find(&KeyPath::default(), word)?;
    Some(match entry.answer {
        Answer::Key(key, _) => {
            let flag = FLAGS.iter().find(|flag| flag.meaning.key() == Some(key));
            flag.map_or_else(|| format!("write --set {key}=VALUE"), |flag| format!("write --{}", flag.long))
        }
        Answer::NotYet(text) | Answer::Otherwise(text) => text.to_owned(),
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
