//! What may be typed: flags as one table, commands built from it.
//!
//! clap is on the launch path, and takes longer to be told of sixty flags than to find out that
//! none was typed. For a command line it is told of those only that can be meant by it; if it
//! refuses that line it is asked again, with all of them, for the reason.

use crate::profile::Meaning;
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

/// A flag that sets a key of the profile.
#[derive(Debug)]
pub struct Flag {
    /// Its long name, which is its id as well.
    pub long: &'static str,
    /// Other spellings of the long name.
    pub aliases: &'static [&'static str],
    /// Its short name.
    pub short: Option<char>,
    /// What its value is called in the help; a switch has none.
    pub value: Option<&'static str>,
    /// What it means.
    pub meaning: Meaning,
    /// The heading in the help.
    pub heading: &'static str,
    /// The line in the help.
    pub help: &'static str,
}

const fn flag(
    long: &'static str,
    value: Option<&'static str>,
    meaning: Meaning,
    heading: &'static str,
    help: &'static str,
) -> Flag {
    Flag { long, aliases: &[], short: None, value, meaning, heading, help }
}

const fn rate(long: &'static str, key: &'static str, help: &'static str) -> Flag {
    flag(long, Some("DEVICE:RATE"), Meaning::DeviceRate(key), LIMITS, help)
}

impl Flag {
    const fn short(mut self, short: char) -> Self {
        self.short = Some(short);
        self
    }
    const fn alias(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }
}

const PROCESS: &str = "Process";
const FILES: &str = "Files";
const LIMITS: &str = "Limits";
const ISOLATION: &str = "Isolation";

/// The flags of `run`, `up`, `plan` and `check`, in docker's spellings.
pub static FLAGS: [Flag; 47] = [
    flag("name", Some("NAME"), Meaning::Key("name"), PROCESS, "Name of the container"),
    flag("tty", None, Meaning::Switch("tty"), PROCESS, "Give the command a terminal").short('t'),
    flag("interactive", None, Meaning::Switch("interactive"), PROCESS, "Connect standard input").short('i'),
    flag("init", None, Meaning::Switch("init"), PROCESS, "Put a small init above the command"),
    flag("env", Some("NAME[=VALUE]"), Meaning::Env, PROCESS, "Set an environment variable, or pass yours on")
        .short('e'),
    flag("env-file", Some("FILE"), Meaning::EnvFile, PROCESS, "Read environment variables from a file"),
    flag(
        "entrypoint",
        Some("COMMAND"),
        Meaning::Key("entrypoint"),
        PROCESS,
        "What stands before the command",
    ),
    flag("workdir", Some("PATH"), Meaning::Key("working_dir"), PROCESS, "Folder to start in").short('w'),
    flag("user", Some("USER[:GROUP]"), Meaning::Key("user"), PROCESS, "Who runs the command").short('u'),
    flag("group-add", Some("GROUP"), Meaning::Add("groups"), PROCESS, "Add a supplementary group"),
    flag("hostname", Some("NAME"), Meaning::Key("hostname"), PROCESS, "Host name of the container"),
    flag(
        "ulimit",
        Some("NAME=SOFT[:HARD]"),
        Meaning::Ulimit,
        PROCESS,
        "Limit of each process: nofile=1024:2048",
    ),
    flag(
        "stop-signal",
        Some("SIGNAL"),
        Meaning::Key("stop_signal"),
        PROCESS,
        "What the command gets on SIGTERM",
    ),
    flag(
        "stop-timeout",
        Some("TIME"),
        Meaning::Seconds("stop_timeout"),
        PROCESS,
        "How long it then has: 10s, 1m30s",
    ),
    flag("rootfs", Some("DIR|host"), Meaning::Key("rootfs.source"), FILES, "Root file system"),
    flag("read-only", None, Meaning::ReadOnly, FILES, "Make the root file system read-only"),
    flag("volume", Some("SRC:DST[:OPT,…]"), Meaning::Volume, FILES, "Bind a file or folder of the host")
        .short('v'),
    flag("mount", Some("SPEC"), Meaning::Mount, FILES, "Mount: type=bind|tmpfs,src=…,dst=…[,readonly]"),
    flag("tmpfs", Some("DST[:OPTIONS]"), Meaning::Tmpfs, FILES, "Mount memory: size=64m,mode=1777,uid=1000"),
    flag("shm-size", Some("SIZE"), Meaning::Key("shm_size"), FILES, "Bound of /dev/shm: 256m"),
    flag("device", Some("SRC[:DST][:rwm]"), Meaning::Device, FILES, "Give the container a device"),
    flag("memory", Some("SIZE"), Meaning::Limit("cgroup.memory"), LIMITS, "Bound of the memory: 256m, 1.5g")
        .short('m'),
    flag(
        "memory-reservation",
        Some("SIZE"),
        Meaning::Limit("cgroup.memory_low"),
        LIMITS,
        "Memory that is left to it while others have some",
    ),
    flag(
        "memory-swap",
        Some("SIZE"),
        Meaning::SwapTotal,
        LIMITS,
        "Bound of memory and swap together; -1: any swap",
    ),
    flag("pids-limit", Some("N"), Meaning::Limit("cgroup.pids"), LIMITS, "Bound of the number of processes"),
    flag("cpus", Some("N"), Meaning::Key("cgroup.cpus"), LIMITS, "CPU time in cores: 1.5"),
    flag(
        "cpu-quota",
        Some("µS"),
        Meaning::Limit("cgroup.cpu_quota"),
        LIMITS,
        "CPU time in µs of every period",
    )
    .alias(&["cpu-cfs-quota"]),
    flag("cpu-period", Some("µS"), Meaning::Key("cgroup.cpu_period"), LIMITS, "Length of the period in µs")
        .alias(&["cpu-cfs-period"]),
    flag(
        "cpu-shares",
        Some("N"),
        Meaning::Key("cgroup.cpu_shares"),
        LIMITS,
        "Share of the CPU time; ordinary is 1024",
    )
    .alias(&["cpu-share"]),
    flag(
        "cpuset-cpus",
        Some("LIST"),
        Meaning::Key("cgroup.cpuset_cpus"),
        LIMITS,
        "Cores that it may run on: 0-3,8",
    ),
    flag(
        "cpuset-mems",
        Some("LIST"),
        Meaning::Key("cgroup.cpuset_mems"),
        LIMITS,
        "Memory nodes that it may use: 0",
    ),
    flag(
        "blkio-weight",
        Some("N"),
        Meaning::Key("cgroup.io_weight"),
        LIMITS,
        "Share of the block I/O; ordinary is 100",
    ),
    rate("device-read-bps", "read_bps", "Bytes read in a second: /dev/sda:10m"),
    rate("device-write-bps", "write_bps", "Bytes written in a second: /dev/sda:10m"),
    rate("device-read-iops", "read_iops", "Reads in a second: /dev/sda:1000"),
    rate("device-write-iops", "write_iops", "Writes in a second: /dev/sda:1000"),
    flag(
        "cgroup-parent",
        Some("GROUP"),
        Meaning::Key("cgroup.parent"),
        LIMITS,
        "Group to stand below: web.slice",
    ),
    flag(
        "network",
        Some("MODE"),
        Meaning::Key("network"),
        ISOLATION,
        "The network: none, host, container:NAME, path:FILE",
    )
    .alias(&["net"]),
    flag(
        "pid",
        Some("MODE"),
        Meaning::Key("namespaces.pid"),
        ISOLATION,
        "PID namespace: private, host, container:NAME, path:FILE",
    ),
    flag(
        "ipc",
        Some("MODE"),
        Meaning::Key("namespaces.ipc"),
        ISOLATION,
        "IPC namespace: private, host, container:NAME, path:FILE",
    ),
    flag(
        "uts",
        Some("MODE"),
        Meaning::Key("namespaces.uts"),
        ISOLATION,
        "Host name namespace: private, host, container:NAME, path:FILE",
    ),
    flag(
        "cgroupns",
        Some("MODE"),
        Meaning::Key("namespaces.cgroup"),
        ISOLATION,
        "Cgroup namespace: private, host, container:NAME, path:FILE",
    ),
    flag("cap-add", Some("NAME"), Meaning::Capability(true), ISOLATION, "Give a capability: NET_ADMIN, ALL"),
    flag(
        "cap-drop",
        Some("NAME"),
        Meaning::Capability(false),
        ISOLATION,
        "Take a capability away: CHOWN, ALL",
    ),
    flag(
        "sysctl",
        Some("NAME=VALUE"),
        Meaning::Sysctl,
        ISOLATION,
        "Kernel parameter of the container's own namespaces",
    ),
    flag(
        "security-opt",
        Some("OPTION"),
        Meaning::SecurityOption,
        ISOLATION,
        "no-new-privileges[=true|false], systempaths=unconfined",
    ),
    flag(
        "no-new-privileges",
        None,
        Meaning::Switch("security.no_new_privileges"),
        ISOLATION,
        "Refuse new privileges (the default)",
    ),
];

/// Options with a value that are no keys, for whoever reads the command line again.
pub const VALUED: [&str; 10] =
    ["set", "unset", "var", "variant", "only", "profile", "format", "root", "error-format", "color"];

/// Options that can't be together, and so refer to one another: who is there wants the other
/// one there, too.
const REFERENCES: [(&str, &str); 3] = [("verbose", "quiet"), ("explain", "no-host"), ("explain", "fragment")];

/// Makes an option of this name.
type MakeOption = fn(&'static str) -> Arg;

/// What of the commands is built: all, or what this command line can mean.
#[derive(Debug, Clone, Copy)]
struct Wanted<'a>(Option<&'a [OsString]>);

impl Wanted<'_> {
    fn is_all(self) -> bool {
        self.0.is_none()
    }

    fn command(self, name: &str) -> bool {
        self.0.is_none_or(|line| line.iter().any(|word| word == name))
    }

    fn option(self, long: &str) -> bool {
        let referred = REFERENCES.iter().any(|(by, to)| *to == long && self.flag(by, &[], None));
        referred || self.flag(long, &[], None)
    }

    /// Wherever it stands: what is built and not meant does no harm.
    fn flag(self, long: &str, aliases: &[&str], short: Option<char>) -> bool {
        let Some(line) = self.0 else { return true };
        let of = |word: &OsString| match word.as_bytes() {
            [b'-', b'-', name @ ..] => {
                std::iter::once(&long).chain(aliases).any(|known| name.starts_with(known.as_bytes()))
            }
            [b'-', letters @ ..] => short.is_some_and(|short| letters.contains(&(short as u8))),
            _ => false,
        };
        line.iter().any(of)
    }

    /// The options that are wanted.
    fn options<const N: usize>(self, options: [(&'static str, MakeOption); N]) -> Vec<Arg> {
        let wanted = options.into_iter().filter(|(name, _)| self.option(name));
        wanted.map(|(name, make)| make(name)).collect()
    }

    /// What only the help has.
    fn help(self, command: Command, usage: &'static str, after: &'static str) -> Command {
        if self.is_all() { command.override_usage(usage).after_help(after) } else { command }
    }
}

/// The values that clap has, of arguments that it may not have been told of.
pub trait Given {
    /// The value of an option, if it was given.
    fn text(&self, name: &str) -> Option<&str>;
    /// Whether a switch was given.
    fn has(&self, name: &str) -> bool;
    /// All values of an option or of the words behind the options.
    fn values<T: Clone + Send + Sync + 'static>(&self, name: &str) -> Option<clap::parser::ValuesRef<'_, T>>;
}

impl Given for ArgMatches {
    fn text(&self, name: &str) -> Option<&str> {
        self.try_get_one::<String>(name).ok().flatten().map(String::as_str)
    }

    fn has(&self, name: &str) -> bool {
        self.try_get_one::<bool>(name).ok().flatten().is_some_and(|given| *given)
    }

    fn values<T: Clone + Send + Sync + 'static>(&self, name: &str) -> Option<clap::parser::ValuesRef<'_, T>> {
        self.try_get_many(name).ok().flatten()
    }
}

/// What clap makes of a command line, the program's name first.
///
/// # Errors
/// Why it refuses it, or the help that was asked for.
pub fn parse(line: &[OsString]) -> Result<ArgMatches, Box<clap::Error>> {
    // The process ends with it; taking it apart would cost a launch a tenth of clap's time.
    let mut quick = std::mem::ManuallyDrop::new(build(Wanted(Some(line))));
    match quick.try_get_matches_from_mut(line) {
        Ok(matches) => Ok(matches),
        Err(_) => command().try_get_matches_from(line).map_err(Box::new),
    }
}

/// The whole command line.
pub fn command() -> Command {
    build(Wanted(None))
}

fn build(wanted: Wanted<'_>) -> Command {
    let mut command = Command::new("tinydocker")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true);
    if wanted.is_all() {
        command = command
            .about("A declarative, daemonless container launcher: TOML profile in, container out")
            .after_help(
                "Examples:\n  tinydocker run -it /bin/sh                    a shell in a container\n  \
                 tinydocker new web                            write web.toml to begin with\n  \
                 tinydocker check web.toml                     all that is wrong with a profile\n  \
                 tinydocker plan web.toml                      what `up` would do, step by step\n  \
                 tinydocker up web.toml --memory 512m          start it, with one value changed",
            )
            .max_term_width(80);
    }
    let options = wanted.options([
        ("root", |name| value(name, "DIR", "Keep state below DIR [env: TINYDOCKER_ROOT]")),
        ("quiet", |name| switch(name, "Say errors only")),
        ("error-format", |name| {
            choice(name, ["text", "json"], "text|json", "How errors are printed [default: text]")
        }),
        ("color", |name| {
            let words = ["auto", "always", "never"];
            choice(name, words, "auto|always|never", "Colours [default: auto: on a terminal]")
        }),
    ]);
    command = command.args(options.into_iter().map(|option| option.global(true).help_heading("Program")));
    type Build = fn(Command, Wanted<'_>) -> Command;
    let commands: [(&str, &str, Build); 10] = [
        ("run", "Run a command in a container", run),
        ("up", "Start the container of a profile", up),
        ("check", "Say all that is wrong with profiles", check),
        ("config", "Print the profile that all layers come to", config),
        ("plan", "Show what `up` would do, without doing it", plan),
        ("info", "Say what this host has of what profiles need", info),
        ("rm", "Take away what is kept of containers", rm),
        ("new", "Write a profile to begin with", new),
        ("schema", "Print the JSON schema of profiles", schema),
        ("completions", "Print what a shell needs to complete commands", completions),
    ];
    for (name, about, build) in commands {
        if wanted.command(name) {
            command = command.subcommand(build(Command::new(name).about(about), wanted));
        }
    }
    command
}

fn run(command: Command, wanted: Wanted<'_>) -> Command {
    // The command refers to it.
    let profile = value("profile", "FILE", "Start from this profile; the command replaces its own");
    let command = overrides(command, wanted).arg(profile).args(wanted.options([("verbose", verbose)])).arg(
        Arg::new("command")
            .value_name("COMMAND")
            .help("The command and its arguments; flags behind it are its own")
            .num_args(1..)
            .trailing_var_arg(true)
            .required_unless_present("profile")
            .value_parser(clap::value_parser!(OsString)),
    );
    wanted.help(
        command,
        "tinydocker run [FLAGS] [--] COMMAND [ARGUMENT…]",
        "Without --profile the root file system is the host's own tree; changes to it\n\
         live in memory and are gone when the container ends.\n\n\
         Examples:\n  tinydocker run -it /bin/sh\n  \
         tinydocker run --memory 256m --cpus 0.5 -- make -j4\n  \
         tinydocker run -v ./site:/srv:ro -w /srv python3 -m http.server",
    )
}

fn up(command: Command, wanted: Wanted<'_>) -> Command {
    let command = overrides(command, wanted).arg(file()).args(wanted.options([("verbose", verbose)]));
    wanted.help(
        command,
        "tinydocker up [FLAGS] [FILE]",
        "Examples:\n  tinydocker up web.toml\n  tinydocker up web.toml --memory 512m --set cgroup.pids=64",
    )
}

fn plan(command: Command, wanted: Wanted<'_>) -> Command {
    let command = overrides(command, wanted).arg(file()).args(wanted.options([
        ("format", |name| {
            choice(name, ["text", "json"], "text|json", "How the plan is printed [default: text]")
        }),
        ("seccomp", |name| switch(name, "Print the filter of system calls instead, as it is loaded")),
    ]));
    wanted.help(
        command,
        "tinydocker plan [FLAGS] [FILE]",
        "With --seccomp: what becomes of every call that has a name, then each instruction\n\
         of the program, from its own bytes; with --format json the instructions alone.\n\n\
         Examples:\n  tinydocker plan web.toml --format json\n  tinydocker plan web.toml --seccomp",
    )
}

fn info(command: Command, wanted: Wanted<'_>) -> Command {
    let command = command.args(wanted.options([("format", |name| {
        choice(name, ["text", "json"], "text|json", "How the report is printed [default: text]")
    })]));
    wanted.help(
        command,
        "tinydocker info [FLAGS]",
        "Kernel, cgroups and capabilities, and what the kernel can do: tried out, not\n\
         concluded from its version. Where something is missing it says which keys are\n\
         refused. The exit code is 0 whatever is missing; the JSON form has `ready`.\n\n\
         Examples:\n  tinydocker info\n  tinydocker info --format json",
    )
}

fn rm(command: Command, wanted: Wanted<'_>) -> Command {
    let command = command.arg(
        Arg::new("name")
            .value_name("NAME")
            .help("The container's name")
            .required(true)
            .num_args(1..)
            .action(ArgAction::Append),
    );
    wanted.help(
        command,
        "tinydocker rm [FLAGS] NAME…",
        "Only rootfs.mode = \"persistent\" keeps something. A container that runs is refused.\n\n\
         Example:\n  tinydocker rm shell",
    )
}

fn config(command: Command, wanted: Wanted<'_>) -> Command {
    let command = overrides(command, wanted).arg(file()).args(wanted.options([
        ("origins", |name| switch(name, "Say of each value where it comes from and what it hides")),
        ("format", |name| {
            choice(name, ["toml", "json"], "toml|json", "How the profile is printed [default: toml]")
        }),
    ]));
    wanted.help(
        command,
        "tinydocker config [FLAGS] [FILE]",
        "Variables, variants, extended files and short spellings are resolved; what is\n\
         built-in stands there as comments. What is printed is a profile again. Variables\n\
         of env files and of your environment are written out: mind where you keep it.\n\n\
         Example:\n  tinydocker config web.toml --memory 1g --origins",
    )
}

fn check(command: Command, wanted: Wanted<'_>) -> Command {
    let command =
        choices(command, wanted).arg(file().action(ArgAction::Append).num_args(0..)).args(wanted.options([
            ("no-host", |name| switch(name, "Check the language only, not what this machine has")),
            ("fragment", |name| {
                switch(name, "The file is there to be extended: required keys may be missing")
            }),
            ("format", |name| {
                choice(name, ["text", "json"], "text|json", "How the report is printed [default: text]")
            }),
            ("explain", |name| {
                value(name, "CODE", "Explain a code of a report; `list` lists all codes")
                    .conflicts_with_all(["file", "no-host", "fragment"])
            }),
        ]));
    wanted.help(
        command,
        "tinydocker check [FLAGS] [FILE]…",
        "All problems of all files come in one report, sorted by place. The text report\n\
         goes to standard error, the JSON one (--format json) to standard output.\n\
         Exit code: 0 without problems, 1 with problems, 125 if a file can't be read.\n\n\
         Examples:\n  tinydocker check web.toml db.toml\n  tinydocker check --explain size_unit",
    )
}

fn new(command: Command, wanted: Wanted<'_>) -> Command {
    let command = command
        .arg(
            Arg::new("name")
                .value_name("NAME")
                .help("Name of the container; without it tinydocker.toml gets the folder's"),
        )
        .args(wanted.options([("stdout", |name| switch(name, "Print the profile (so does the name `-`)"))]));
    wanted.help(
        command,
        "tinydocker new [FLAGS] [NAME]",
        "The profile runs /bin/sh on the host's own tree. Every other key stands in it as\n\
         a comment, with its default. A file that is there already is left as it is.\n\n\
         Examples:\n  tinydocker new                 write tinydocker.toml, which `up` reads\n  \
         tinydocker new web             write web.toml\n  \
         tinydocker new --stdout web    print it",
    )
}

fn schema(command: Command, wanted: Wanted<'_>) -> Command {
    wanted.help(
        command,
        "tinydocker schema [FLAGS]",
        "Editors check and complete profiles with it, if the first line of a profile\n\
         names it: #:schema ./tinydocker.schema.json\n\n\
         Example:\n  tinydocker schema > tinydocker.schema.json",
    )
}

fn completions(command: Command, wanted: Wanted<'_>) -> Command {
    let command = command.arg(
        Arg::new("shell")
            .value_name("SHELL")
            .help("The shell")
            .required(true)
            .value_parser(clap::value_parser!(clap_complete::Shell)),
    );
    wanted.help(
        command,
        "tinydocker completions [FLAGS] SHELL",
        "Examples:\n  source <(tinydocker completions bash)    in ~/.bashrc\n  \
         tinydocker completions zsh > ~/.zfunc/_tinydocker\n  \
         tinydocker completions fish > ~/.config/fish/completions/tinydocker.fish",
    )
}

fn overrides(command: Command, wanted: Wanted<'_>) -> Command {
    let flags = FLAGS.iter().filter(|flag| wanted.flag(flag.long, flag.aliases, flag.short));
    let command = command.args(flags.map(arg)).args(wanted.options([
        ("set", |name| {
            value(name, "KEY=VALUE", "Set any key of the profile: --set cgroup.pids=64")
                .action(ArgAction::Append)
                .help_heading("Any key")
        }),
        ("unset", |name| {
            value(name, "KEY", "Take away what the profile gives a key")
                .action(ArgAction::Append)
                .help_heading("Any key")
        }),
    ]));
    choices(command, wanted)
}

/// What chooses among the parts of a file.
fn choices(command: Command, wanted: Wanted<'_>) -> Command {
    let options = wanted.options([
        ("var", |name| {
            value(name, "NAME=VALUE", "Give a variable of [vars] a value").action(ArgAction::Append)
        }),
        ("variant", |name| {
            value(name, "NAME", "Put [variants.NAME] above the profile's own keys").action(ArgAction::Append)
        }),
        ("only", |name| value(name, "NAME", "Of several containers take this one")),
    ]);
    command.args(options.into_iter().map(|option| option.help_heading("Profile")))
}

fn arg(flag: &'static Flag) -> Arg {
    let arg = Arg::new(flag.long)
        .long(flag.long)
        .aliases(flag.aliases)
        .help(flag.help)
        .help_heading(flag.heading)
        .action(ArgAction::Append);
    let arg = match flag.short {
        Some(short) => arg.short(short),
        None => arg,
    };
    match flag.value {
        Some(name) => arg.value_name(name).allow_negative_numbers(true),
        // As in docker, `--tty=false` takes back what a profile says.
        None => arg
            .value_name("BOOL")
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .hide_possible_values(true),
    }
}

fn file() -> Arg {
    Arg::new("file")
        .value_name("FILE")
        .help("The profile; `-` is standard input [default: tinydocker.toml]")
        .value_parser(clap::value_parser!(OsString))
}

fn verbose(name: &'static str) -> Arg {
    choice(name, ["text", "json"], "text|json", "Say of each operation when it is done, and its time")
        .num_args(0..=1)
        .require_equals(true)
        .default_missing_value("text")
        .conflicts_with("quiet")
        .help_heading("Program")
}

fn value(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help)
}

fn switch(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}

/// An option with one of some words. Whoever reads it knows the default: a value that
/// clap fills in is made and copied on the way of every launch, for nobody.
fn choice<const N: usize>(
    name: &'static str,
    choices: [&'static str; N],
    shown: &'static str,
    help: &'static str,
) -> Arg {
    value(name, shown, help).value_parser(PossibleValuesParser::new(choices)).hide_possible_values(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(words: &[&str]) -> Vec<OsString> {
        std::iter::once(&"tinydocker").chain(words).map(OsString::from).collect()
    }

    /// Everything that can be asked of what clap found.
    fn found(matches: &ArgMatches) -> Vec<String> {
        let (name, inner) = matches.subcommand().expect("a subcommand");
        let options = command();
        let options = options.find_subcommand(name).expect("a subcommand");
        let of = |arg: &Arg| {
            let id = arg.get_id().as_str();
            if matches!(arg.get_action(), ArgAction::SetTrue) {
                return format!("{id}={}", inner.has(id));
            }
            if let Some(values) = inner.try_get_raw(id).ok().flatten() {
                let indices: Vec<usize> = inner.indices_of(id).into_iter().flatten().collect();
                return format!("{id}={:?}@{indices:?}", values.collect::<Vec<_>>());
            }
            format!("{id}=none")
        };
        let all = options.get_arguments().map(of).collect::<Vec<_>>();
        [vec![name.to_owned()], all].concat()
    }

    #[test]
    fn what_is_not_built_is_not_missed() {
        let mut lines: Vec<Vec<OsString>> = [
            &["up"][..],
            &["up", "web.toml", "--memory", "1g", "--quiet"],
            &["--quiet", "--root", "/x", "up", "--error-format=json"],
            &["up", "--verbose"],
            &["up", "--verbose=json", "a.toml"],
            &["run", "-itm256m", "-e", "A=b", "-e=C=d", "--tty=false", "/bin/ls", "-l", "--memory", "x"],
            &["run", "--profile", "x.toml"],
            &["run", "--memory-swap", "-1", "--memory", "1g", "--", "--quiet"],
            &["run", "--cpu-share", "512", "--net=host", "true"],
            &["check", "--explain", "size_unit"],
            &["check", "a.toml", "b.toml", "--no-host", "--var", "a=b", "--only", "web"],
            &["plan", "--seccomp", "--format", "json", "--set", "a=1", "--set", "b=2", "--unset", "c"],
            &["config", "--origins", "--variant", "debug"],
            &["info", "--format=json"],
            &["rm", "a", "b"],
            &["new", "--stdout", "web"],
            &["schema"],
            &["completions", "zsh"],
        ]
        .map(line)
        .to_vec();
        for flag in &FLAGS {
            let value = flag.value.map_or("true", |_| "7");
            lines.push(line(&["up", &format!("--{}={value}", flag.long)]));
            lines.extend(flag.aliases.iter().map(|alias| line(&["plan", &format!("--{alias}={value}")])));
            lines.extend(flag.short.map(|short| line(&["config", &format!("-{short}={value}")])));
        }
        for line in lines {
            let quick = build(Wanted(Some(&line))).try_get_matches_from(&line);
            let quick = quick.unwrap_or_else(|error| panic!("{line:?}: {error}"));
            let whole = command().try_get_matches_from(&line).expect("the same");
            assert_eq!(found(&quick), found(&whole), "{line:?}");
        }
    }

    #[test]
    fn who_is_refused_is_told_of_everything() {
        for words in [
            &["up", "--memmory", "1g"][..],
            &["up", "--verbose", "--quiet"],
            &["run"],
            &["check", "--explain", "x", "--no-host"],
            &["plan", "--format", "yaml"],
            &["upp"],
            &["--help"],
            &["run", "--help"],
            &[],
        ] {
            let line = line(words);
            let refused = parse(&line).expect_err("refused");
            let whole = command().try_get_matches_from(&line).expect_err("refused");
            assert_eq!(refused.to_string(), whole.to_string(), "{line:?}");
        }
    }
}
