//! What may be typed: flags as one table, commands built from it.
//!
//! clap is on the launch path, so that a command's flags are only built when that
//! command was typed ([`clap::Command::defer`]).

use crate::profile::Meaning;
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, Command};

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

/// The whole command line.
pub fn command() -> Command {
    let global = "Program";
    Command::new("tinydocker")
        .version(env!("CARGO_PKG_VERSION"))
        .about("A declarative, daemonless container launcher: TOML profile in, container out")
        .after_help(
            "Examples:\n  tinydocker run -it /bin/sh                    a shell in a container\n  \
             tinydocker new web                            write web.toml to begin with\n  \
             tinydocker check web.toml                     all that is wrong with a profile\n  \
             tinydocker plan web.toml                      what `up` would do, step by step\n  \
             tinydocker up web.toml --memory 512m          start it, with one value changed",
        )
        .max_term_width(80)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .args([
            value("root", "DIR", "Keep state below DIR [env: TINYDOCKER_ROOT]")
                .global(true)
                .help_heading(global),
            switch("quiet", "Say errors only").global(true).help_heading(global),
            choice("error-format", ["text", "json"], "text|json", "How errors are printed [default: text]")
                .global(true)
                .help_heading(global),
            choice(
                "color",
                ["auto", "always", "never"],
                "auto|always|never",
                "Colours [default: auto: on a terminal]",
            )
            .global(true)
            .help_heading(global),
        ])
        .subcommands([
            Command::new("run").about("Run a command in a container").defer(run),
            Command::new("up").about("Start the container of a profile").defer(up),
            Command::new("check").about("Say all that is wrong with profiles").defer(check),
            Command::new("config").about("Print the profile that all layers come to").defer(config),
            Command::new("plan").about("Show what `up` would do, without doing it").defer(plan),
            Command::new("info").about("Say what this host has of what profiles need").defer(info),
            Command::new("rm").about("Take away what is kept of containers").defer(rm),
            Command::new("new").about("Write a profile to begin with").defer(new),
            Command::new("schema").about("Print the JSON schema of profiles").defer(schema),
            Command::new("completions")
                .about("Print what a shell needs to complete commands")
                .defer(completions),
        ])
}

fn run(command: Command) -> Command {
    overrides(command)
        .override_usage("tinydocker run [FLAGS] [--] COMMAND [ARGUMENT…]")
        .args([value("profile", "FILE", "Start from this profile; the command replaces its own"), verbose()])
        .arg(
            Arg::new("command")
                .value_name("COMMAND")
                .help("The command and its arguments; flags behind it are its own")
                .num_args(1..)
                .trailing_var_arg(true)
                .required_unless_present("profile")
                .value_parser(clap::value_parser!(std::ffi::OsString)),
        )
        .after_help(
            "Without --profile the root file system is the host's own tree; changes to it\n\
             live in memory and are gone when the container ends.\n\n\
             Examples:\n  tinydocker run -it /bin/sh\n  \
             tinydocker run --memory 256m --cpus 0.5 -- make -j4\n  \
             tinydocker run -v ./site:/srv:ro -w /srv python3 -m http.server",
        )
}

fn up(command: Command) -> Command {
    overrides(command).override_usage("tinydocker up [FLAGS] [FILE]").args([file(), verbose()]).after_help(
        "Examples:\n  tinydocker up web.toml\n  tinydocker up web.toml --memory 512m --set cgroup.pids=64",
    )
}

fn plan(command: Command) -> Command {
    overrides(command)
        .override_usage("tinydocker plan [FLAGS] [FILE]")
        .arg(file())
        .arg(choice("format", ["text", "json"], "text|json", "How the plan is printed [default: text]"))
        .arg(switch("seccomp", "Print the filter of system calls instead, as it is loaded"))
        .after_help(
            "With --seccomp: what becomes of every call that has a name, then each instruction\n\
             of the program, from its own bytes; with --format json the instructions alone.\n\n\
             Examples:\n  tinydocker plan web.toml --format json\n  tinydocker plan web.toml --seccomp",
        )
}

fn info(command: Command) -> Command {
    command
        .override_usage("tinydocker info [FLAGS]")
        .arg(choice("format", ["text", "json"], "text|json", "How the report is printed [default: text]"))
        .after_help(
            "Kernel, cgroups and capabilities, and what the kernel can do: tried out, not\n\
             concluded from its version. Where something is missing it says which keys are\n\
             refused. The exit code is 0 whatever is missing; the JSON form has `ready`.\n\n\
             Examples:\n  tinydocker info\n  tinydocker info --format json",
        )
}

fn rm(command: Command) -> Command {
    command
        .override_usage("tinydocker rm [FLAGS] NAME…")
        .arg(
            Arg::new("name")
                .value_name("NAME")
                .help("The container's name")
                .required(true)
                .num_args(1..)
                .action(ArgAction::Append),
        )
        .after_help(
            "Only rootfs.mode = \"persistent\" keeps something. A container that runs is refused.\n\n\
             Example:\n  tinydocker rm shell",
        )
}

fn config(command: Command) -> Command {
    overrides(command)
        .override_usage("tinydocker config [FLAGS] [FILE]")
        .arg(file())
        .arg(switch("origins", "Say of each value where it comes from and what it hides"))
        .arg(choice("format", ["toml", "json"], "toml|json", "How the profile is printed [default: toml]"))
        .after_help(
            "Variables, variants, extended files and short spellings are resolved; what is\n\
             built-in stands there as comments. What is printed is a profile again. Variables\n\
             of env files and of your environment are written out: mind where you keep it.\n\n\
             Example:\n  tinydocker config web.toml --memory 1g --origins",
        )
}

fn check(command: Command) -> Command {
    choices(command)
        .override_usage("tinydocker check [FLAGS] [FILE]…")
        .arg(file().action(ArgAction::Append).num_args(0..))
        .arg(switch("no-host", "Check the language only, not what this machine has"))
        .arg(switch("fragment", "The file is there to be extended: required keys may be missing"))
        .arg(choice("format", ["text", "json"], "text|json", "How the report is printed [default: text]"))
        .arg(
            value("explain", "CODE", "Explain a code of a report; `list` lists all codes")
                .conflicts_with_all(["file", "no-host", "fragment"]),
        )
        .after_help(
            "All problems of all files come in one report, sorted by place. The text report\n\
             goes to standard error, the JSON one (--format json) to standard output.\n\
             Exit code: 0 without problems, 1 with problems, 125 if a file can't be read.\n\n\
             Examples:\n  tinydocker check web.toml db.toml\n  tinydocker check --explain size_unit",
        )
}

fn new(command: Command) -> Command {
    command
        .override_usage("tinydocker new [FLAGS] [NAME]")
        .arg(
            Arg::new("name")
                .value_name("NAME")
                .help("Name of the container; without it tinydocker.toml gets the folder's"),
        )
        .arg(switch("stdout", "Print the profile (so does the name `-`)"))
        .after_help(
            "The profile runs /bin/sh on the host's own tree. Every other key stands in it as\n\
             a comment, with its default. A file that is there already is left as it is.\n\n\
             Examples:\n  tinydocker new                 write tinydocker.toml, which `up` reads\n  \
             tinydocker new web             write web.toml\n  \
             tinydocker new --stdout web    print it",
        )
}

fn schema(command: Command) -> Command {
    command.override_usage("tinydocker schema [FLAGS]").after_help(
        "Editors check and complete profiles with it, if the first line of a profile\n\
         names it: #:schema ./tinydocker.schema.json\n\n\
         Example:\n  tinydocker schema > tinydocker.schema.json",
    )
}

fn completions(command: Command) -> Command {
    command
        .override_usage("tinydocker completions [FLAGS] SHELL")
        .arg(
            Arg::new("shell")
                .value_name("SHELL")
                .help("The shell")
                .required(true)
                .value_parser(clap::value_parser!(clap_complete::Shell)),
        )
        .after_help(
            "Examples:\n  source <(tinydocker completions bash)    in ~/.bashrc\n  \
             tinydocker completions zsh > ~/.zfunc/_tinydocker\n  \
             tinydocker completions fish > ~/.config/fish/completions/tinydocker.fish",
        )
}

fn overrides(command: Command) -> Command {
    choices(
        command.args(FLAGS.iter().map(arg)).args([
            value("set", "KEY=VALUE", "Set any key of the profile: --set cgroup.pids=64")
                .action(ArgAction::Append)
                .help_heading("Any key"),
            value("unset", "KEY", "Take away what the profile gives a key")
                .action(ArgAction::Append)
                .help_heading("Any key"),
        ]),
    )
}

/// What chooses among the parts of a file.
fn choices(command: Command) -> Command {
    let heading = "Profile";
    command.args([
        value("var", "NAME=VALUE", "Give a variable of [vars] a value")
            .action(ArgAction::Append)
            .help_heading(heading),
        value("variant", "NAME", "Put [variants.NAME] above the profile's own keys")
            .action(ArgAction::Append)
            .help_heading(heading),
        value("only", "NAME", "Of several containers take this one").help_heading(heading),
    ])
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
        .value_parser(clap::value_parser!(std::ffi::OsString))
}

fn verbose() -> Arg {
    choice("verbose", ["text", "json"], "text|json", "Say of each operation when it is done, and its time")
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
