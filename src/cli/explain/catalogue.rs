//! Every code of the program: why it is reported, an example, and what to do.
//!
//! Pure data, in the order in which the codes are listed to people. A new code gets its
//! entry here; tests of `cli::explain` say which one is missing, load the examples of the
//! profile language, and let clap read those of the command line.

/// What there is to say about a code.
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub struct Entry {
    /// The whole code.
    pub code: &'static str,
    /// What it means that this is reported.
    pub cause: &'static str,
    /// What is wrong, and what it should be; `null` where nothing short would show it.
    pub example: Option<Example>,
    /// What to do.
    pub remedy: &'static str,
}

/// Something wrong and the same mended.
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub struct Example {
    /// What the two are.
    pub kind: Kind,
    /// What is reported with the code.
    pub wrong: &'static str,
    /// What is not.
    pub right: &'static str,
}

/// What an example is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A whole profile.
    Profile,
    /// A command line.
    CommandLine,
}

const fn entry(code: &'static str, cause: &'static str, remedy: &'static str) -> Entry {
    Entry { code, cause, example: None, remedy }
}

impl Entry {
    const fn profile(mut self, wrong: &'static str, right: &'static str) -> Self {
        self.example = Some(Example { kind: Kind::Profile, wrong, right });
        self
    }

    const fn command_line(mut self, wrong: &'static str, right: &'static str) -> Self {
        self.example = Some(Example { kind: Kind::CommandLine, wrong, right });
        self
    }
}

/// All codes.
pub static CATALOGUE: &[Entry] = &[
    entry(
        "tinydocker::profile::syntax",
        "The file is not TOML: a quote, a bracket or a value is missing at the place shown, or the file is in another language, such as YAML.",
        "Text stands in quotes, and a key and its value are joined by `=`. A mistake further up can be what is wrong: look there, too.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
hostname = web"#,
        r#"command = ["sleep", "60"]
rootfs = "host"
hostname = "web""#,
    ),
    entry(
        "tinydocker::profile::duplicate_key",
        "A key or a table is written twice in one file. TOML allows each once, and which of the two counts would be a guess.",
        "Keep one of the two. Both places are shown.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
hostname = "web"
hostname = "db""#,
        r#"command = ["sleep", "60"]
rootfs = "host"
hostname = "web""#,
    ),
    entry(
        "tinydocker::profile::unknown_key",
        "No key has this name. It is misspelt, stands in the wrong table, or is the name that another program uses. Nothing is accepted and ignored.",
        "The label names the key that is near, or ours for the thing. `tinydocker schema` lists all keys.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
nmae = "web""#,
        r#"command = ["sleep", "60"]
rootfs = "host"
name = "web""#,
    ),
    entry(
        "tinydocker::profile::missing_key",
        "A profile needs a `command` and a `rootfs`; some tables need keys of their own.",
        r#"Write the key. `rootfs = "host"` is the host's own tree, changes to which live in memory."#,
    ).profile(
        r#"command = ["sleep", "60"]"#,
        r#"command = ["sleep", "60"]
rootfs = "host""#,
    ),
    entry(
        "tinydocker::profile::type",
        "The value is of another type than the key has: text where a number belongs, a number where text belongs, and so on.",
        "Write what the label expects. Numbers and `true`, `false` stand without quotes, text stands in quotes.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
tty = "yes""#,
        r#"command = ["sleep", "60"]
rootfs = "host"
tty = true"#,
    ),
    entry(
        "tinydocker::profile::range",
        "The value is of the right type, but smaller or larger than what can be.",
        "Choose a value within the bounds that the label names.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
[cgroup]
pids = 0"#,
        r#"command = ["sleep", "60"]
rootfs = "host"
[cgroup]
pids = 64"#,
    ),
    entry(
        "tinydocker::profile::empty",
        "Something is empty that must say something.",
        "Write a value, or remove the key if its default is meant.",
    ).profile(
        r#"command = []
rootfs = "host""#,
        r#"command = ["sleep", "60"]
rootfs = "host""#,
    ),
    entry(
        "tinydocker::profile::size",
        "The value is no size. A size is a whole number of bytes, or text of a number and a unit.",
        "Write a whole number of bytes, or a number and a unit in quotes.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
[cgroup]
memory = "lots""#,
        r#"command = ["sleep", "60"]
rootfs = "host"
[cgroup]
memory = "256m""#,
    ),
    entry(
        "tinydocker::profile::size_unit",
        "The unit of a size is not known. Units are k, m, g and t, also KB and KiB and so on; all are powers of 1024.",
        "Use one of the units.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
[cgroup]
memory = "256q""#,
        r#"command = ["sleep", "60"]
rootfs = "host"
[cgroup]
memory = "256m""#,
    ),
    entry(
        "tinydocker::profile::cpus",
        "The value is no number of cores.",
        "Write cores as a number without quotes: 0.5 is half of one core, 2 are two.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
[cgroup]
cpus = "50%""#,
        r#"command = ["sleep", "60"]
rootfs = "host"
[cgroup]
cpus = 0.5"#,
    ),
    entry(
        "tinydocker::profile::user",
        "The value does not say who runs the command.",
        r#"Write a number or a name, "nobody", and with `:` a group behind it, "nobody:video". Names are those of the root file system, not the host's."#,
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
user = "1000:""#,
        r#"command = ["sleep", "60"]
rootfs = "host"
user = "1000:1000""#,
    ),
    entry(
        "tinydocker::profile::group",
        "The value is no group: neither a number nor a name.",
        "Write each group by itself, as a number or a name of the root file system.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
groups = ["audio:video"]"#,
        r#"command = ["sleep", "60"]
rootfs = "host"
groups = ["audio", "video"]"#,
    ),
    entry(
        "tinydocker::profile::mode",
        "The value is no mode of a file. Modes are octal.",
        r#"Write octal digits in quotes, "0755", or 0o755."#,
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
[mounts."/tmp"]
type = "tmpfs"
mode = 755"#,
        r#"command = ["sleep", "60"]
rootfs = "host"
[mounts."/tmp"]
type = "tmpfs"
mode = "0755""#,
    ),
    entry(
        "tinydocker::profile::name",
        "The name can't be a container's. Names have small letters, digits, `-` and `_`, begin with a letter or digit, do not end in `-` or `_`, and have at most 63 characters.",
        "Choose a name that fits. Without `name` it is the name of the file, which must fit as well.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
name = "Web""#,
        r#"command = ["sleep", "60"]
rootfs = "host"
name = "web""#,
    ),
    entry(
        "tinydocker::profile::hostname",
        "The value is no host name: letters, digits and `-`, in parts joined by dots (RFC 1123).",
        "Replace what the label points at; `_` is usually meant to be `-`.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
hostname = "my_host""#,
        r#"command = ["sleep", "60"]
rootfs = "host"
hostname = "my-host""#,
    ),
    entry(
        "tinydocker::profile::nul",
        "The text holds a NUL byte, which no text for the kernel can.",
        r#"Remove the \u0000. Binary data belongs into a file that is mounted."#,
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
env.GREETING = "a\u0000b""#,
        r#"command = ["sleep", "60"]
rootfs = "host"
env.GREETING = "ab""#,
    ),
    entry(
        "tinydocker::profile::choice",
        "The key takes one of some words, and this is none of them.",
        "Write one of the words that the label lists.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
network = "bridge""#,
        r#"command = ["sleep", "60"]
rootfs = "host"
network = "host""#,
    ),
    entry(
        "tinydocker::profile::path_relative",
        "The path is one in the container, where no folder is the current one yet: it must begin with `/`.",
        "Write the whole path, as the command is to see it.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
working_dir = "srv""#,
        r#"command = ["sleep", "60"]
rootfs = "host"
working_dir = "/srv""#,
    ),
    entry(
        "tinydocker::profile::path_empty",
        "A path is empty.",
        "Write the path, or remove the key.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = """#,
        r#"command = ["sleep", "60"]
rootfs = "host""#,
    ),
    entry(
        "tinydocker::profile::path_home",
        "The path begins with `~` in a way that can't be resolved: only `~/`, your own home, is known, and only if HOME is set.",
        "Write the whole path. A folder whose name begins with `~` is `./~name`.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "~alice/tree""#,
        r#"command = ["sleep", "60"]
rootfs = "/home/alice/tree""#,
    ),
    entry(
        "tinydocker::profile::command_quotes",
        "A command that is one text is split into words as a shell does, and a quote in it is not closed.",
        "Close the quote, or write the words as an array, where nothing is split.",
    ).profile(
        r#"command = "sh -c 'echo hello"
rootfs = "host""#,
        r#"command = ["sh", "-c", "echo hello"]
rootfs = "host""#,
    ),
    entry(
        "tinydocker::profile::env_name",
        "The name of a variable is empty, or holds `=`.",
        "Write the name as the key and the value behind it.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
env = { "A=b" = "c" }"#,
        r#"command = ["sleep", "60"]
rootfs = "host"
env = { A = "b" }"#,
    ),
    entry(
        "tinydocker::profile::env_entry",
        "An entry of an array of variables has no `=`. To pass one on from your environment there is `pass_env`.",
        "Write NAME=value.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
env = ["HOME"]"#,
        r#"command = ["sleep", "60"]
rootfs = "host"
env = ["HOME=/root"]"#,
    ),
    entry(
        "tinydocker::profile::mount_entry",
        r#"The short form of a mount, "SOURCE:TARGET[:ro]", can't be read: a part is missing, an option is not known, or the source is a bare word."#,
        r#"A source begins with `/`, `./`, `../` or `~/`. A table [mounts."/srv"] says the same at length."#,
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
mounts = ["site:/srv"]"#,
        r#"command = ["sleep", "60"]
rootfs = "host"
mounts = ["./site:/srv"]"#,
    ),
    entry(
        "tinydocker::profile::mount_target",
        "The place of a mount in the container can't be one: it is relative, holds `..`, or is `/` itself.",
        "Write an absolute path without `..`. The root itself is `rootfs`.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
[mounts."srv"]
source = "/srv""#,
        r#"command = ["sleep", "60"]
rootfs = "host"
[mounts."/srv"]
source = "/srv""#,
    ),
    entry(
        "tinydocker::profile::subpath",
        "`subpath` names a part of a bind's source: a relative path that does not lead out of it.",
        "Write it relative and without `..`, or write another `source`.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
[mounts."/srv"]
source = "/srv"
subpath = "../etc""#,
        r#"command = ["sleep", "60"]
rootfs = "host"
[mounts."/srv"]
source = "/srv"
subpath = "www""#,
    ),
    entry(
        "tinydocker::profile::mount_kind",
        "The keys of a mount belong to different kinds. A bind has a `source`, a file a `content`, a tmpfs a `size` and a `mode`.",
        "Keep the keys of one kind.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
[mounts."/srv"]
source = "/srv"
size = "64m""#,
        r#"command = ["sleep", "60"]
rootfs = "host"
[mounts."/srv"]
type = "tmpfs"
size = "64m""#,
    ),
    entry(
        "tinydocker::profile::duplicate_mount",
        "Two mounts have the same place. `/srv`, `/srv/` and `//srv` are one place.",
        "Keep one of the two, or give one another place.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
[mounts."/srv"]
source = "/srv"
[mounts."/srv/"]
source = "/opt""#,
        r#"command = ["sleep", "60"]
rootfs = "host"
[mounts."/srv"]
source = "/srv""#,
    ),
    entry(
        "tinydocker::profile::duplicate_variable",
        "A variable is given twice in one array.",
        "Keep one of the two.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
env = ["A=b", "A=c"]"#,
        r#"command = ["sleep", "60"]
rootfs = "host"
env = ["A=c"]"#,
    ),
    entry(
        "tinydocker::profile::duration",
        "A length of time is a number with a unit, or several of them, the largest first. A bare number could be seconds or milliseconds.",
        r#"Write the unit: "500ms", "10s", "1m30s", "2h", "7d"."#,
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
stop_timeout = 10"#,
        r#"command = ["sleep", "60"]
rootfs = "host"
stop_timeout = "10s""#,
    ),
    entry(
        "tinydocker::profile::signal",
        "The name or number is no signal that this kernel has.",
        "Write a name of signal(7), with or without SIG, or a number from 1 to 64; real-time signals are counted from SIGRTMIN.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
stop_signal = "SIGTREM""#,
        r#"command = ["sleep", "60"]
rootfs = "host"
stop_signal = "SIGTERM""#,
    ),
    entry(
        "tinydocker::profile::rlimit",
        "The name is no resource limit of getrlimit(2). It may be written in any case, with or without RLIMIT_.",
        "Correct the name; the help lists those that there are.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
rlimits.nofiles = 1024"#,
        r#"command = ["sleep", "60"]
rootfs = "host"
rlimits.nofile = 1024"#,
    ),
    entry(
        "tinydocker::profile::duplicate_rlimit",
        "A resource limit is written twice in one layer: its name may be written in several ways, which all mean the same limit.",
        "Keep one of the two. Both places are shown.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
rlimits.nofile = 1024
rlimits.RLIMIT_NOFILE = 2048"#,
        r#"command = ["sleep", "60"]
rootfs = "host"
rlimits.nofile = 1024"#,
    ),
    entry(
        "tinydocker::profile::capability",
        "The name is no capability of capabilities(7). It may be written in any case, with or without CAP_.",
        r#"Correct the name. ALL, or "*", is all of them."#,
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
security.capabilities.SYS_ADMN = true"#,
        r#"command = ["sleep", "60"]
rootfs = "host"
security.capabilities.SYS_ADMIN = true"#,
    ),
    entry(
        "tinydocker::profile::duplicate_capability",
        "A capability is given and taken away, or written twice, in one layer: its name may be written in several ways, and which of the two counts would be a guess.",
        "Keep one of the two. Both places are shown.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
security.capabilities = { add = ["CHOWN"], drop = ["CAP_CHOWN"] }"#,
        r#"command = ["sleep", "60"]
rootfs = "host"
security.capabilities = { drop = ["CHOWN"] }"#,
    ),
    entry(
        "tinydocker::profile::sysctl",
        "The kernel parameter is one of the whole host, or none at all. A container sets those of its own namespaces only: net.*, kernel.shm*, kernel.msg*, kernel.sem and fs.mqueue.*.",
        "Correct the name, or set the parameter on the host with sysctl(8). The host name has the key `hostname`.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
security.sysctls."vm.swappiness" = 10"#,
        r#"command = ["sleep", "60"]
rootfs = "host"
security.sysctls."net.ipv4.ip_forward" = 1"#,
    ),
    entry(
        "tinydocker::profile::duplicate_sysctl",
        "A kernel parameter is written twice in one layer, once with its dots in quotes and once as tables, or with slashes.",
        "Keep one of the two. Both places are shown.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
[security.sysctls]
"net.ipv4.ip_forward" = 1
"net/ipv4/ip_forward" = 1"#,
        r#"command = ["sleep", "60"]
rootfs = "host"
[security.sysctls]
"net.ipv4.ip_forward" = 1"#,
    ),
    entry(
        "tinydocker::profile::conflict",
        "Two keys of one layer say different things about the same. In different layers the higher one would count; here neither is higher.",
        "Keep one. Both places are shown.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
[cgroup]
cpus = 1.5
cpu_quota = 20000"#,
        r#"command = ["sleep", "60"]
rootfs = "host"
[cgroup]
cpus = 1.5"#,
    ),
    entry(
        "tinydocker::profile::shape",
        "A file is one container, whose keys stand at its root, or several, each in a table [containers.NAME]. This file mixes the two, or has no container.",
        "Move the key into the container that it is for; what all of them share belongs into [defaults].",
    ).profile(
        r#"tty = true
[containers.web]
command = ["sleep", "60"]
rootfs = "host""#,
        r#"[containers.web]
command = ["sleep", "60"]
rootfs = "host"
tty = true"#,
    ),
    entry(
        "tinydocker::profile::extends",
        "The profile that this one extends can't be read or has no such container, or the two extend each other.",
        "Correct the path, which begins at this file's folder; `#NAME` behind it names one of several containers. A circle is broken by removing one `extends`.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
extends = "no-such-base.toml""#,
        r#"command = ["sleep", "60"]
rootfs = "host""#,
    ),
    entry(
        "tinydocker::profile::vars",
        "A variable of [vars] is declared in a way that contradicts itself, or --var gives one that there is not.",
        "Correct the declaration, or declare the variable.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
[vars]
level = { choices = ["low", "high"], default = "middle" }"#,
        r#"command = ["sleep", "60"]
rootfs = "host"
[vars]
level = { choices = ["low", "high"], default = "low" }"#,
    ),
    entry(
        "tinydocker::profile::interpolation",
        "A `${` begins something that is no interpolation, or is not closed.",
        "Write ${NAME}, ${NAME:-default}, ${env:NAME} or ${self.name}. A `${` that is meant to stay is written `$${`.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
hostname = "${name""#,
        r#"command = ["sleep", "60"]
rootfs = "host"
hostname = "${self.name}""#,
    ),
    entry(
        "tinydocker::profile::undefined_variable",
        "A `${NAME}` names a variable that [vars] does not declare, or one of your environment that is not set.",
        "Correct the name, declare it under [vars], or give a default: ${NAME:-default}.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
hostname = "${nmae}"
[vars]
name = "web""#,
        r#"command = ["sleep", "60"]
rootfs = "host"
hostname = "${name}"
[vars]
name = "web""#,
    ),
    entry(
        "tinydocker::profile::env_file",
        "An env file can't be read, or a line of it is no NAME=value.",
        "Correct the path, which begins at the profile's folder, or the line that is shown.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
env_file = "no-such-file.env""#,
        r#"command = ["sleep", "60"]
rootfs = "host"
env = { LANG = "C" }"#,
    ),
    entry(
        "tinydocker::profile::removal",
        "`false` removes what lower layers gave a key, and there is nothing to remove; or an empty array or table would remove nothing and add nothing.",
        r#"For the text write "false"; else remove the line."#,
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
env = { DEBUG = false }"#,
        r#"command = ["sleep", "60"]
rootfs = "host"
env = { DEBUG = "false" }"#,
    ),
    entry(
        "tinydocker::profile::only",
        "--only names a container that the file does not have, or the file is a single container.",
        "Write one of the names that the report lists, or leave it out.",
    ).command_line(
        "tinydocker plan --only wbe shop.toml",
        "tinydocker plan --only web shop.toml",
    ),
    entry(
        "tinydocker::profile::variant",
        "--variant names a variant that the file does not have.",
        "Write the name of one of the file's [variants.NAME] tables.",
    ).command_line(
        "tinydocker plan --variant dve web.toml",
        "tinydocker plan --variant dev web.toml",
    ),
    entry(
        "tinydocker::profile::environment",
        "A variable TINYDOCKER__… of your environment sets no key, or a key of no container.",
        "Correct the name: two underscores stand before and between keys. Keys that hold `/` or `.` are set with --set.",
    ).command_line(
        "env TINYDOCKER__CGROUP__MEMRY=1g tinydocker up web.toml",
        "env TINYDOCKER__CGROUP__MEMORY=1g tinydocker up web.toml",
    ),
    entry(
        "tinydocker::profile::cpu_list",
        "Lists of cores and memory nodes are numbers and ranges such as 0-3,8; this is none, or one of its ranges runs backwards.",
        "Write the smaller number first, with commas between the parts.",
    )
    .profile(
        "command = \"make\"\nrootfs = \"host\"\n\n[cgroup]\ncpuset_cpus = \"3-0\"\n",
        "command = \"make\"\nrootfs = \"host\"\n\n[cgroup]\ncpuset_cpus = \"0-3\"\n",
    ),
    entry(
        "tinydocker::profile::group_path",
        "The parent of a container's cgroups is a path below the root of each hierarchy, without `..`.",
        "Write it as it stands below /sys/fs/cgroup, such as \"/builds\".",
    )
    .profile(
        "command = \"make\"\nrootfs = \"host\"\n\n[cgroup]\nparent = \"../builds\"\n",
        "command = \"make\"\nrootfs = \"host\"\n\n[cgroup]\nparent = \"/builds\"\n",
    ),
    entry(
        "tinydocker::profile::io_device",
        "Rates of a disk are keyed by the disk: a device in /dev, its numbers (\"8:0\"), or a path that lies on it.",
        "Write an absolute path, or one that begins with ./ or ~/.",
    )
    .profile(
        "command = \"make\"\nrootfs = \"host\"\n\n[cgroup.io.sda]\nread_bps = \"10m\"\n",
        "command = \"make\"\nrootfs = \"host\"\n\n[cgroup.io.\"/dev/sda\"]\nread_bps = \"10m\"\n",
    ),
    entry(
        "tinydocker::profile::duplicate_device",
        "Two entries of one table mean the same device.",
        "Keep one of them, with the keys of both.",
    )
    .profile(
        "command = \"make\"\nrootfs = \"host\"\n\n[cgroup.io]\n\"/dev/sda\" = { read_bps = \"10m\" }\n\"/dev//sda\" = { write_bps = \"10m\" }\n",
        "command = \"make\"\nrootfs = \"host\"\n\n[cgroup.io]\n\"/dev/sda\" = { read_bps = \"10m\", write_bps = \"10m\" }\n",
    ),
    entry(
        "tinydocker::profile::swap_total",
        "docker's --memory-swap is memory and swap together, so that it needs a bound of the memory that is not larger.",
        "Give --memory too, or write the swap alone: --set cgroup.swap=512m.",
    )
    .command_line(
        "tinydocker run --memory 512m --memory-swap 256m make",
        "tinydocker run --memory 512m --memory-swap 1g make",
    ),
    entry(
        "tinydocker::profile::set",
        "What follows `--set` is no assignment to a key.",
        "Write KEY=VALUE. The key is the path in the profile; put the whole in quotes if your shell would take it apart.",
    ).command_line(
        "tinydocker plan --set cgroup.pids web.toml",
        "tinydocker plan --set cgroup.pids=64 web.toml",
    ),
    entry(
        "tinydocker::profile::invalid",
        "The value was refused by a rule that has no code of its own. The message is all that is known of it.",
        "Compare with `tinydocker schema`. A report about the profile that led here is welcome: each refusal ought to have a code of its own.",
    ),
    entry(
        "tinydocker::host::unreadable",
        "The facts of this machine could not be read: /proc or /sys is not mounted, or is closed to you.",
        "Run it where /proc and /sys are mounted. `check --no-host` looks at the language only.",
    ),
    entry(
        "tinydocker::host::stdin_not_a_terminal",
        "`tty` and `interactive` together want a terminal on standard input, and there is a file or a pipe.",
        "To pipe into the command leave out `tty` (-t); to only watch it leave out `interactive` (-i).",
    ).command_line(
        "echo ls | tinydocker run -it /bin/sh",
        "echo ls | tinydocker run -i /bin/sh",
    ),
    entry(
        "tinydocker::host::not_root",
        "Launching needs root so far: there are no user namespaces yet.",
        "Run it as root. `check --no-host` works as any user.",
    ).command_line(
        "tinydocker up web.toml",
        "sudo tinydocker up web.toml",
    ),
    entry(
        "tinydocker::host::capability_missing",
        "You are root, but without a capability that the launch needs; a container or a service manager may have taken it.",
        "Give the capability that the message names: a service has CapabilityBoundingSet=, a container --cap-add.",
    ),
    entry(
        "tinydocker::host::no_cgroups",
        "The profile sets limits, and no cgroup file system is mounted that could hold them.",
        "Mount cgroups (`mount -t cgroup2 none /sys/fs/cgroup`), or remove the limits.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
[cgroup]
memory = "256m""#,
        r#"command = ["sleep", "60"]
rootfs = "host""#,
    ),
    entry(
        "tinydocker::host::controller_missing",
        "The profile sets a limit whose controller this kernel does not offer, or which is switched off on its command line.",
        "Enable the controller that the message names, or remove the limit. /proc/cgroups lists the controllers.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
[cgroup]
pids = 64"#,
        r#"command = ["sleep", "60"]
rootfs = "host""#,
    ),
    entry(
        "tinydocker::host::limit_unsupported",
        "The limit exists, but not in this host's version of cgroups, or not in its kernel.",
        "Do what the help says: most have a near relative in the other version; or leave the key out.",
    ),
    entry(
        "tinydocker::host::core_missing",
        "A list of cores or memory nodes names one that this host does not have.",
        "Write those it has: `lscpu` lists them.",
    ),
    entry(
        "tinydocker::host::disk_missing",
        "What an entry of cgroup.io is keyed by is no disk here, and no path that lies on one.",
        "Name a disk of this host (`lsblk` lists them), its numbers, or a path on it.",
    ),
    entry(
        "tinydocker::host::disk_twice",
        "Two entries of cgroup.io lead to the same disk, and the kernel keeps one rate of each sort for it.",
        "Keep one of the entries, with the rates of both.",
    ),
    entry(
        "tinydocker::host::rlimit_too_high",
        "The limit is above the hard limit that the launcher has itself, and to raise it takes CAP_SYS_RESOURCE.",
        "Write the number that the help names, or less; or raise the limit of the shell or service that starts tinydocker.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
rlimits.nofile = 1048576"#,
        r#"command = ["sleep", "60"]
rootfs = "host"
rlimits.nofile = 1024"#,
    ),
    entry(
        "tinydocker::host::oom_score_adj_too_low",
        "To be killed later than the launcher itself takes CAP_SYS_RESOURCE, which it lacks.",
        "Write its own value, which the help names, or more.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
oom_score_adj = -1000"#,
        r#"command = ["sleep", "60"]
rootfs = "host"
oom_score_adj = 500"#,
    ),
    entry(
        "tinydocker::host::nice_too_low",
        "To come before the launcher itself takes CAP_SYS_NICE, which it lacks.",
        "Write its own value, which the help names, or more.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
nice = -20"#,
        r#"command = ["sleep", "60"]
rootfs = "host"
nice = 10"#,
    ),
    entry(
        "tinydocker::host::limit_too_large",
        "The limit is larger than the kernel takes.",
        r#"Choose a smaller number, or "max" for no limit."#,
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
[cgroup]
pids = 4194304"#,
        r#"command = ["sleep", "60"]
rootfs = "host"
[cgroup]
pids = "max""#,
    ),
    entry(
        "tinydocker::host::rootfs_missing",
        "The folder of the root file system does not exist, or can't be reached.",
        "Correct the path, which begins at the file's folder. The help names the nearest folder that exists.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "./alpin""#,
        r#"command = ["sleep", "60"]
rootfs = "./alpine""#,
    ),
    entry(
        "tinydocker::host::rootfs_not_folder",
        "The root file system is a file. Archives and images are not read yet.",
        "Unpack it, and name the folder.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "./alpine.tar""#,
        r#"command = ["sleep", "60"]
rootfs = "./alpine""#,
    ),
    entry(
        "tinydocker::host::source_missing",
        "What is to be mounted does not exist on this host. It is not made, since that would hide a misspelt path.",
        "Correct the path, which begins at the file's folder, or make it.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
[mounts."/srv"]
source = "./stie""#,
        r#"command = ["sleep", "60"]
rootfs = "host"
[mounts."/srv"]
source = "./site""#,
    ),
    entry(
        "tinydocker::host::source_is_device",
        "What is to be mounted is a device. Mounts are nodev, so it could not be opened inside.",
        "Remove the mount. Devices can't be passed on yet.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
[mounts."/dev/loop9"]
source = "/dev/loop9""#,
        r#"command = ["sleep", "60"]
rootfs = "host""#,
    ),
    entry(
        "tinydocker::host::target_missing",
        "The place of a mount is missing in a root that can't be written, so it can't be made.",
        r#"Make the folder in the root file system, or take mode = "overlay", where it is made in memory."#,
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = { source = "./alpine", mode = "read-only" }
[mounts."/data"]
source = "./data""#,
        r#"command = ["sleep", "60"]
rootfs = "./alpine"
[mounts."/data"]
source = "./data""#,
    ),
    entry(
        "tinydocker::host::working_dir_missing",
        "The folder to start in does not exist in the container. It is not made, since that would hide a misspelt path.",
        "Correct the path, or mount something there.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
working_dir = "/svr""#,
        r#"command = ["sleep", "60"]
rootfs = "host"
working_dir = "/srv""#,
    ),
    entry(
        "tinydocker::host::command_not_found",
        "The command is not in the container: not at its path or, for a bare name, in no folder of PATH.",
        "Correct the name, or install it in the root file system. A path that you see on the host may be hidden in the container.",
    ).profile(
        r#"command = ["slep", "60"]
rootfs = "host""#,
        r#"command = ["sleep", "60"]
rootfs = "host""#,
    ),
    entry(
        "tinydocker::host::command_not_executable",
        "The command is there, but can't be executed: it is a folder, or its mode does not allow it for the user.",
        "Name a program, or make it executable where it comes from (chmod +x).",
    ).profile(
        r#"command = ["/etc/hostname"]
rootfs = "host""#,
        r#"command = ["cat", "/etc/hostname"]
rootfs = "host""#,
    ),
    entry(
        "tinydocker::host::interpreter_not_found",
        "The command is there, but what runs it is not: the program of its first line (#!), or the loader of its C library.",
        "Install the interpreter, or use another. A program that is linked for glibc does not run in a musl root, such as Alpine's; a static one runs in both.",
    ).profile(
        r#"command = ["./start.sh"]
rootfs = "./alpine""#,
        r#"command = ["sh", "./start.sh"]
rootfs = "./alpine""#,
    ),
    entry(
        "tinydocker::host::user_missing",
        "The user is not in the /etc/passwd of the root file system, which is where names are looked up.",
        "Correct the name, add the user to the root file system, or write a number.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
user = "nobdy""#,
        r#"command = ["sleep", "60"]
rootfs = "host"
user = "nobody""#,
    ),
    entry(
        "tinydocker::host::group_missing",
        "The group is not in the /etc/group of the root file system, which is where names are looked up.",
        "Correct the name, add the group to the root file system, or write a number.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
groups = ["vidoe"]"#,
        r#"command = ["sleep", "60"]
rootfs = "host"
groups = ["video"]"#,
    ),
    entry(
        "tinydocker::host::noexec",
        "The command is there, on a mount that allows no execution.",
        "Put the program elsewhere. What is mounted noexec on the host stays so in a container.",
    ),
    entry(
        "tinydocker::host::line_ends",
        "The first line of a script ends with a carriage return, as Windows writes it, so that its interpreter has a name that no file has.",
        r#"Convert the script: `sed -i 's/\r$//' FILE`."#,
    ),
    entry(
        "tinydocker::host::not_a_program",
        "The command is a file in no format that can be executed: no ELF program, and no script with #! in its first line.",
        "For a script write its interpreter into the first line, such as #!/bin/sh, or before it in `command`.",
    ).profile(
        r#"command = ["/etc/hostname"]
rootfs = "host""#,
        r#"command = ["cat", "/etc/hostname"]
rootfs = "host""#,
    ),
    entry(
        "tinydocker::host::wrong_architecture",
        "The program is made for another processor than this machine has.",
        "Take a build for this machine (`uname -m` names its processor), or another root file system.",
    ),
    entry(
        "tinydocker::host::more_cpu_than_there_is",
        "The limit allows more processor time than this host has, so it never acts. This is a warning.",
        "Lower it, or remove it.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
[cgroup]
cpus = 4096"#,
        r#"command = ["sleep", "60"]
rootfs = "host"
[cgroup]
cpus = 2"#,
    ),
    entry(
        "tinydocker::plan::mount_below_shared",
        "A mount lies in a bind that is shared with the host (propagation = \"rshared\"): it would show on the host, and stay there.",
        "Take what the host mounts only (\"rslave\"), or mount elsewhere.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
[mounts."/srv"]
source = "/srv"
propagation = "rshared"
[mounts."/srv/cache"]
type = "tmpfs""#,
        r#"command = ["sleep", "60"]
rootfs = "host"
[mounts."/srv"]
source = "/srv"
propagation = "rslave"
[mounts."/srv/cache"]
type = "tmpfs""#,
    ),
    entry(
        "tinydocker::plan::dev_is_ours",
        "Nothing can be mounted on /dev, and it can't be switched off: a container gets a /dev of its own, with the devices that are safe.",
        "Mount single files or folders below /dev.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
[mounts."/dev"]
source = "/dev""#,
        r#"command = ["sleep", "60"]
rootfs = "host"
[mounts."/dev/shm"]
type = "tmpfs""#,
    ),
    entry(
        "tinydocker::plan::path_not_utf8",
        "A path of the profile, or the folder that it is relative to, is not UTF-8 text, so the plan could not be written down.",
        "Move the files to a path that is UTF-8.",
    ),
    entry(
        "tinydocker::plan::terminal_without_devpts",
        "The command wants a terminal, which is opened in the container's own /dev/pts, and a mount takes its place.",
        "Remove the mount, or `tty`.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
tty = true
[mounts."/dev/pts"]
source = "/dev/pts""#,
        r#"command = ["sleep", "60"]
rootfs = "host"
tty = true"#,
    ),
    entry(
        "tinydocker::engine::command_not_found",
        "The kernel found no such command in the container when it was to be executed. The exit code is 127.",
        "Correct the name, or install it. `tinydocker check` says beforehand where it was looked for.",
    ).profile(
        r#"command = ["slep", "60"]
rootfs = "host""#,
        r#"command = ["sleep", "60"]
rootfs = "host""#,
    ),
    entry(
        "tinydocker::engine::interpreter_not_found",
        "The command is there, but what runs it is not: the program of its first line (#!), or the loader of its C library. The exit code is 126.",
        "Install the interpreter, or take a static build of the program.",
    ).profile(
        r#"command = ["./start.sh"]
rootfs = "./alpine""#,
        r#"command = ["sh", "./start.sh"]
rootfs = "./alpine""#,
    ),
    entry(
        "tinydocker::engine::command_not_executable",
        "The kernel refused to execute the command; the label has its reason. The exit code is 126.",
        "EACCES: make it executable, and its folders open to the user. ENOEXEC: it is no program for this processor.",
    ).profile(
        r#"command = ["/etc/hostname"]
rootfs = "host""#,
        r#"command = ["cat", "/etc/hostname"]
rootfs = "host""#,
    ),
    entry(
        "tinydocker::engine::user_missing",
        "The user is not in the /etc/passwd of the root file system, which is where names are looked up.",
        "Correct the name, add the user to the root file system, or write a number.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
user = "nobdy""#,
        r#"command = ["sleep", "60"]
rootfs = "host"
user = "nobody""#,
    ),
    entry(
        "tinydocker::engine::group_missing",
        "The group is not in the /etc/group of the root file system, which is where names are looked up.",
        "Correct the name, add the group to the root file system, or write a number.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
groups = ["vidoe"]"#,
        r#"command = ["sleep", "60"]
rootfs = "host"
groups = ["video"]"#,
    ),
    entry(
        "tinydocker::engine::operation_failed",
        "The kernel refused an operation of the plan. The report names the operation, the system call, its errno, and the line that asked for it.",
        "The help has a hint for what is common. `tinydocker plan` shows what comes before and after the operation.",
    ),
    entry(
        "tinydocker::engine::limit_not_applied",
        "A limit was written, and reading it back gave something else. A group above may be limited further.",
        "Choose a value within what the group above has.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
[cgroup]
cpu_quota = 200000"#,
        r#"command = ["sleep", "60"]
rootfs = "host"
[cgroup]
cpu_quota = 20000"#,
    ),
    entry(
        "tinydocker::engine::name_in_use",
        "A container of this name is running.",
        "End the other one (its pid is in the message), or give this one another name.",
    ).command_line(
        "tinydocker up web.toml",
        "tinydocker up web.toml --name web-2",
    ),
    entry(
        "tinydocker::engine::repair_failed",
        "A launcher of this name was killed, and what it left can't be removed. It is listed in the message.",
        "End the processes that still use it, and start again.",
    ),
    entry(
        "tinydocker::engine::init_died",
        "The first process of the container ended before the command had started: somebody killed it, or memory ran out.",
        "Raise `cgroup.memory`; else look into dmesg.",
    ).profile(
        r#"command = ["sleep", "60"]
rootfs = "host"
[cgroup]
memory = "6m""#,
        r#"command = ["sleep", "60"]
rootfs = "host"
[cgroup]
memory = "64m""#,
    ),
    entry(
        "tinydocker::engine::interrupted",
        "A signal, such as Ctrl-C, came before the command had started. All that was made is removed.",
        "Start it again.",
    ),
    entry(
        "tinydocker::engine::launcher_failed",
        "The launcher itself could not go on: the state folder can't be written, or a resource of the host is used up.",
        "The message has the reason. --root, or TINYDOCKER_ROOT, names another state folder.",
    ),
    entry(
        "tinydocker::engine::not_undone",
        "After the end something could not be removed; it is listed in the message. The record of it is kept.",
        "The next command tries again. Until then end the processes that still use it.",
    ),
    entry(
        "tinydocker::cli::unreadable",
        "A file could not be read: it is missing, closed to you, a folder, too large, or no UTF-8 text.",
        "Correct the name. Without one it is tinydocker.toml of the working folder; `tinydocker new` writes it.",
    ).command_line(
        "tinydocker check no-such-profile.toml",
        "tinydocker check web.toml",
    ),
    entry(
        "tinydocker::cli::several",
        "The file has several containers, and one is started at a time so far.",
        "Choose one with --only. `check` and `plan` take all of them.",
    ).command_line(
        "tinydocker up shop.toml",
        "tinydocker up shop.toml --only web",
    ),
    entry(
        "tinydocker::cli::file_exists",
        "`tinydocker new` overwrites nothing, and the file is there already.",
        "Remove the file first, or choose another name. `tinydocker new --stdout` only prints.",
    ).command_line(
        "tinydocker new web",
        "tinydocker new web-2",
    ),
    entry(
        "tinydocker::cli::unwritable",
        "The new profile could not be written; the message has the reason.",
        "Go to a folder that you may write to, or use --stdout.",
    ).command_line(
        "tinydocker new web",
        "tinydocker new --stdout web",
    ),
    entry(
        "tinydocker::usage::unknown_flag",
        "There is no such flag. It is misspelt, belongs to another command or program, or stands behind the command that is run.",
        "Write the flag that the help names. `tinydocker COMMAND --help` lists all.",
    ).command_line(
        "tinydocker check --formt json",
        "tinydocker check --format json",
    ),
    entry(
        "tinydocker::usage::unknown_command",
        "There is no such command.",
        "`tinydocker --help` lists all.",
    ).command_line(
        "tinydocker chek web.toml",
        "tinydocker check web.toml",
    ),
    entry(
        "tinydocker::usage::missing_value",
        "A flag needs a value, and none is given.",
        "Write the value behind the flag.",
    ).command_line(
        "tinydocker plan web.toml --memory",
        "tinydocker plan web.toml --memory 256m",
    ),
    entry(
        "tinydocker::usage::missing_command",
        "What is to be run, or which command of tinydocker is meant, is not said.",
        "Write it behind the flags.",
    ).command_line(
        "tinydocker run -it",
        "tinydocker run -it /bin/sh",
    ),
    entry(
        "tinydocker::usage::value",
        "A flag can't have this value, or is given more often than it may be.",
        "Write one of the values that the help lists.",
    ).command_line(
        "tinydocker check --format yaml",
        "tinydocker check --format json",
    ),
    entry(
        "tinydocker::usage::no_utf8",
        "An argument is no UTF-8 text.",
        "Arguments of commands are kept in the plan as text. Put bytes into a file that is mounted.",
    ).command_line(
        r#"tinydocker run echo $'\xff'"#,
        "tinydocker run echo hello",
    ),
    entry(
        "tinydocker::usage::unknown_code",
        "`check --explain` was given a code that there is not.",
        "`tinydocker check --explain list` lists all codes.",
    ).command_line(
        "tinydocker check --explain size_unti",
        "tinydocker check --explain size_unit",
    ),
    entry(
        "tinydocker::usage::name",
        "`tinydocker new` was given a name that no container can have: small letters, digits, `-` and `_`, at most 63, without `-` or `_` at an end.",
        "Choose a name that fits, without .toml behind it.",
    ).command_line(
        "tinydocker new Web",
        "tinydocker new web",
    ),
    entry(
        "tinydocker::usage::invalid",
        "The command line can't be understood for another reason, which the message has.",
        "`tinydocker COMMAND --help` shows how the command is written.",
    ),
];
