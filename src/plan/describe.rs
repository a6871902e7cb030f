//! What each operation does and why, for people who want to know what a container
//! is made of.

use super::{
    Atime, Attributes, Connect, Enter, Hide, Id, IdMap, Join, Joined, KernelFilesystem, Namespace, Prepare,
    Propagation, Provided, Secret, Spawn, Started,
};
use crate::seccomp::Filter;
use crate::seccomp::rules::{FLAG_LOG, FLAG_SPEC_ALLOW};
use std::collections::BTreeMap;

impl Prepare {
    /// What the operation does and why, in a sentence or two.
    pub fn describe(&self) -> String {
        match self {
            Self::WriteRecord { name } => {
                format!("claim the name {name}, and note this plan so that all of it can be undone")
            }
            Self::OpenNamespace { namespace, of, .. } => {
                let name = namespace.name();
                let whose = match of {
                    Joined::Path(path) => format!("at {}", word(path)),
                    Joined::Container(container) => {
                        format!("of the container {container}, which must be running")
                    }
                };
                format!("open the {name} namespace {whose}: this container lives in it, too")
            }
            Self::MakeNetwork { .. } => {
                "make a network namespace, in which lo is the only interface".to_owned()
            }
            Self::MakeGroup { controllers, path, join, parents, .. } => {
                let use_ = if controllers.is_empty() {
                    "holds every process of the container".to_owned()
                } else {
                    format!("limits {}", controllers.join(", "))
                };
                let how = match join {
                    Join::Tasks => "joined through its tasks file",
                    Join::Clone => "PID 1 is born in it",
                };
                let above = if parents.is_empty() { "" } else { ", and those above it that are missing" };
                format!("make the cgroup {}{above} ({use_}; {how})", word(path))
            }
            Self::InheritCpuset { paths, .. } => {
                format!(
                    "give {} the cores and memory nodes of the group above where there are none",
                    list(paths)
                )
            }
            Self::LeaveGroup { group, leaf } => format!(
                "move this launcher from {} to {}: a group with processes of its own can't limit those below",
                word(group),
                word(leaf)
            ),
            Self::EnableControllers { path, controllers } => {
                format!("let groups below {} use {}", word(path), controllers.join(", "))
            }
            Self::SetLimit { file, value, expect, .. } => {
                let what = limit(file.rsplit('/').next().unwrap_or(file), value);
                let read = if value == expect { String::new() } else { format!(" (reads back as {expect})") };
                format!("{what}: write {value} to {}{read}", word(file))
            }
            Self::AllowDevices { path, rules, .. } | Self::FilterDevices { path, rules, .. } => {
                let rules: Vec<_> = rules.iter().map(ToString::to_string).collect();
                let how = if matches!(self, Self::FilterDevices { .. }) {
                    ", by a program of the kernel's"
                } else {
                    ""
                };
                format!("allow the processes in {} these devices only{how}: {}", word(path), rules.join(", "))
            }
            Self::MakeInit { .. } => {
                "put init, a small program of its own, into a file in memory that nobody can change"
                    .to_owned()
            }
            Self::OpenTree { source, recursive, subpath, propagation, optional, idmap, .. } => {
                let part = subpath.as_ref().map_or(String::new(), |part| format!("{} in ", word(part)));
                let below = if *recursive { ", with the mounts below it" } else { "" };
                let lacks = if *optional { ", if it is there" } else { "" };
                let crosses = match propagation {
                    Propagation::Private | Propagation::Unbindable => "",
                    Propagation::Slave | Propagation::SlaveTree => {
                        "; the host's later mounts in it show inside"
                    }
                    Propagation::Shared | Propagation::SharedTree => {
                        "; later mounts in it show on both sides, the host's and the container's"
                    }
                };
                let owners: Vec<_> = idmap.iter().map(owners).collect();
                let owners =
                    if owners.is_empty() { String::new() } else { format!("; {}", owners.join(", ")) };
                format!(
                    "open {part}{}{below}{lacks}; it is attached only inside{crosses}{owners}",
                    word(source)
                )
            }
            Self::OpenChanges { name, .. } => {
                format!("open the folder that keeps the changes of {name}, until `tinydocker rm {name}`")
            }
            Self::MakeSource { path, folder } => {
                let what = if *folder { "folder" } else { "empty file" };
                format!("make the {what} {} if it is missing; it stays when the container ends", word(path))
            }
        }
    }
}

/// A map of owners in words.
fn owners(map: &IdMap) -> String {
    let last = |first: u32| u64::from(first) + u64::from(map.size) - 1;
    let IdMap { container, host, .. } = *map;
    format!("owners {host} to {} are {container} to {} inside", last(host), last(container))
}

/// A limit in words.
fn limit(file: &str, value: &str) -> String {
    let some = |what: &str| format!("limit {what}");
    let none = |what: &str| format!("lift any limit of {what}");
    match file {
        "memory.limit_in_bytes" | "memory.max" => match value.parse() {
            Ok(count) => some(&format!("memory to {}", bytes(count))),
            Err(_) => none("memory"),
        },
        "pids.max" if value == "max" => none("the number of tasks"),
        "pids.max" => some(&format!("the number of tasks to {value}")),
        "cpu.cfs_period_us" => format!("count CPU time in periods of {value} us"),
        "cpu.cfs_quota_us" if value == "-1" => none("CPU time"),
        "cpu.cfs_quota_us" => some(&format!("CPU time to {value} us in each period")),
        "cpu.max" => match value.split_once(' ') {
            Some(("max", _)) | None => none("CPU time"),
            Some((quota, period)) => some(&format!("CPU time to {quota} us in every {period} us")),
        },
        "cpu.shares" | "cpu.weight" => "set the share of a busy CPU".to_owned(),
        "memory.high" => amount("slow the container down above", "memory", value),
        "memory.low" | "memory.soft_limit_in_bytes" => amount("try to leave it", "memory", value),
        "memory.min" => amount("guarantee it", "memory", value),
        "memory.swap.max" => amount("limit swap to", "", value),
        "memory.memsw.limit_in_bytes" => amount("limit memory and swap together to", "", value),
        "cpu.cfs_burst_us" | "cpu.max.burst" => format!("let it save up {value} us of CPU time"),
        "cpu.idle" if value == "1" => "run it only when nothing else wants the CPU".to_owned(),
        "cpu.idle" => "let it take part in the CPU like others".to_owned(),
        "cpuset.cpus" => format!("keep to these cores: {value}"),
        "cpuset.mems" => format!("keep to these memory nodes: {value}"),
        "io.weight" | "io.bfq.weight" | "blkio.bfq.weight" => "set the share of a busy disk".to_owned(),
        "io.max" => some("the I/O of a disk"),
        file if file.starts_with("blkio.throttle.") => some("the I/O of a disk"),
        file => format!("set {file}"),
    }
}

/// `what` and a number of bytes, or no bound of them.
fn amount(what: &str, of: &str, value: &str) -> String {
    let of = if of.is_empty() { String::new() } else { format!(" of {of}") };
    match value.parse() {
        Ok(count) => format!("{what} {}{of}", bytes(count)),
        Err(_) => format!("{what} any amount{of}"),
    }
}

impl Spawn {
    /// What the operation does and why, in a sentence or two.
    pub fn describe(&self) -> String {
        let mut text = "clone a child".to_owned();
        if !self.namespaces.is_empty() {
            text += &format!(" with namespaces of its own: {}", kinds(&self.namespaces));
        }
        if let Some(group) = &self.into_group {
            text += &format!("; it is born in the {} group", group.0.trim_start_matches("group:"));
        }
        if !self.enters.is_empty() {
            let s = if self.enters.len() == 1 { "" } else { "s" };
            let names: Vec<_> = self.enters.keys().map(|namespace| namespace.name()).collect();
            text += &format!("; it enters the namespace{s} that others live in: {}", names.join(", "));
        }
        text + "; it becomes init and does the rest from inside"
    }
}

/// Their names.
fn kinds(namespaces: &[Namespace]) -> String {
    namespaces.iter().map(|namespace| namespace.name()).collect::<Vec<_>>().join(", ")
}

impl Namespace {
    /// The name, as in the plan's JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mount => "mount",
            Self::Pid => "pid",
            Self::Ipc => "ipc",
            Self::Uts => "uts",
            Self::Net => "net",
            Self::Cgroup => "cgroup",
        }
    }
}

impl Connect {
    /// What the operation does and why, in a sentence or two.
    pub fn describe(&self) -> String {
        match self {
            Self::Prepare(operation) => operation.describe(),
            Self::BringUpLoopback { .. } => "bring up lo in the network that was made".to_owned(),
            Self::AttachTerminal { raw: true } => {
                "join your terminal to the container's: keys go in as they are typed, output and window size \
                 follow"
                    .to_owned()
            }
            Self::AttachTerminal { raw: false } => {
                "show the container's terminal on yours; keys stay out".to_owned()
            }
        }
    }
}

impl Enter {
    /// What the operation does and why, in a sentence or two.
    pub fn describe(&self) -> String {
        match self {
            Self::DieWithLauncher => "ask for SIGKILL when the launcher dies".to_owned(),
            Self::HideInit => {
                "let nobody look into init: processes of others see it until the command runs".to_owned()
            }
            Self::Receive { slots } if slots.is_empty() => {
                "wait until the launcher has done what it had to".to_owned()
            }
            Self::Receive { slots } => {
                let names: Vec<_> = slots.iter().map(|slot| word(&slot.0)).collect();
                format!("wait for what the launcher hands over: {}", names.join(", "))
            }
            Self::JoinGroup { path, .. } => format!("join the cgroup {}", word(path)),
            Self::EnterNetwork { .. } => "enter the network namespace that was made".to_owned(),
            Self::Unshare { namespaces } if *namespaces == [Namespace::Cgroup] => {
                "take a cgroup namespace: the groups joined above look like the root of all".to_owned()
            }
            Self::Unshare { namespaces } => format!("take namespaces of its own: {}", kinds(namespaces)),
            Self::StayInit { kill, adopt, .. } => stay(*kill, *adopt),
            Self::AwaitInit => {
                "wait until that init has given up its privileges and descriptors, and passes signals on"
                    .to_owned()
            }
            Self::IsolateMounts => {
                "cut the mounts off from the host's: none made below shows there".to_owned()
            }
            Self::TakeRoot => {
                "take the root of the mount namespace, which is not the container's own: nothing is mounted"
                    .to_owned()
            }
            Self::MountOverlay { changes: Some(_), hide, .. } => format!(
                "lay the kept changes over the opened tree: that is the root; changes stay when the container \
                 ends{}",
                hidden(hide, "")
            ),
            Self::MountOverlay { size, hide, .. } => overlay(*size, hide),
            Self::OverlayFolder { target, size: None, hide, .. } => {
                format!(
                    "lay an overlay over the opened tree on {}, its changes with the root's{}",
                    word(target),
                    hidden(hide, target)
                )
            }
            Self::OverlayFolder { target, size: Some(size), attributes, .. } => format!(
                "lay an empty folder in memory over the opened tree on {}; changes (at most {}) live there and end \
                 with the container ({})",
                word(target),
                bytes(*size),
                attributes.list()
            ),
            Self::MountCgroups { target, hierarchies, attributes } => {
                let names: Vec<&str> =
                    hierarchies.keys().map(String::as_str).filter(|name| !name.is_empty()).collect();
                let below = if names.is_empty() { String::new() } else { format!(" ({})", names.join(" ")) };
                format!("show the container's own groups{below} on {} ({})", word(target), attributes.list())
            }
            Self::MountTree { read_only: true, .. } => {
                "the opened folder becomes the root, read-only".to_owned()
            }
            Self::MountTree { read_only: false, .. } => {
                "the opened folder itself becomes the root: what is changed in it stays changed".to_owned()
            }
            Self::MountKernel { filesystem, target, attributes } => {
                let what = match filesystem {
                    KernelFilesystem::Proc => "processes, as seen from inside",
                    KernelFilesystem::Sysfs => "the kernel's view of devices",
                    KernelFilesystem::Mqueue => "POSIX message queues",
                };
                format!("mount {} on {} ({}): {what}", filesystem.name(), word(target), attributes.list())
            }
            Self::MountTmpfs { target, size, mode, owner, attributes } => {
                let bound = size.map_or("half of the memory".to_owned(), bytes);
                let mut list = format!("mode {mode:04o}{}", owned(*owner));
                if *attributes != Attributes::default() {
                    list += &format!(",{}", attributes.list());
                }
                format!("mount an empty folder in memory on {} (at most {bound}; {list})", word(target))
            }
            Self::MountFile { target, content, mode, owner, attributes } => {
                let length = content.reveal().len() as u64;
                let owner = owned(*owner);
                let list = attributes.list();
                format!(
                    "mount a file of {} in memory on {} (mode {mode:04o}{owner},{list})",
                    bytes(length),
                    word(target)
                )
            }
            Self::ProvideFile { target, content, attributes, make_target } => {
                let what = match content {
                    Provided::Text(text) => format!("a file of {} in memory", bytes(text.len() as u64)),
                    Provided::Tree(_) => "the opened file".to_owned(),
                };
                let lacks = if *make_target { "" } else { ", unless the root lacks it and can't be written" };
                format!("provide {what} as {}{lacks} ({})", word(target), attributes.list())
            }
            Self::SetRootPropagation { propagation: Propagation::Unbindable } => {
                "keep the root from being bound".to_owned()
            }
            Self::SetRootPropagation { .. } => {
                "share every mount with the namespaces that the container makes".to_owned()
            }
            Self::MountDevpts { target, .. } if target == "/dev/pts" => {
                format!("mount terminals of its own on {}, and link /dev/ptmx to them", word(target))
            }
            Self::MountDevpts { target, attributes } => {
                format!("mount terminals of its own on {} ({})", word(target), attributes.list())
            }
            Self::MakeDevices { devices } => format!("make the devices {}", keys(devices)),
            Self::MakeNode { path, block, numbers: (major, minor), mode, owner } => {
                let kind = if *block { "block" } else { "character" };
                let owner = owned(*owner);
                format!("make the {kind} device {major}:{minor} as {} (mode {mode:04o}{owner})", word(path))
            }
            Self::MakeLinks { links } => format!("link {} to where they lead", keys(links)),
            Self::AttachTree { target, attributes, make_target, optional, unbindable, .. } => {
                let make = if *make_target { ", which is made if it is missing" } else { "" };
                let lacks = if *optional { ", unless the source was missing" } else { "" };
                let mut list = attributes.list();
                if *unbindable {
                    list += ",unbindable";
                }
                format!("attach the opened source on {}{make}{lacks} ({list})", word(target))
            }
            Self::OpenTerminal { console: true } => {
                "open a terminal in the container's devpts, show it as /dev/console, hand its other end out"
                    .to_owned()
            }
            Self::OpenTerminal { console: false } => {
                "open a terminal in the root's devpts, hand its other end out".to_owned()
            }
            Self::SetHostname { name } => format!("set the host name to {name}"),
            Self::SetDomainname { name } => format!("set the NIS domain name to {name}"),
            Self::SetSysctl { path, value } => {
                format!("write {} to {}, which is the container's own", word(value), word(path))
            }
            Self::SetOomScore { value } => {
                let when = match value {
                    -1000 => "never",
                    ..0 => "later than others",
                    0 => "as others",
                    _ => "sooner than others",
                };
                format!("be killed for want of memory {when} (oom_score_adj {value})")
            }
            Self::SetAffinity { cpus } => {
                let cpus: Vec<_> = cpus.iter().map(u32::to_string).collect();
                format!("run on these processors only: {}", cpus.join(" "))
            }
            Self::SetNice { value } => format!("take the nice value {value}: -20 comes first, 19 last"),
            Self::SetRlimit { name, soft, hard } => {
                let shown = |limit: &Option<u64>| limit.map_or("unlimited".to_owned(), |n| n.to_string());
                format!("limit {name} of each process to {} (at most {})", shown(soft), shown(hard))
            }
            Self::SetUmask { mask } => format!("set the umask to {mask:04o}"),
            Self::AwaitConnect => "wait until the launcher has connected what it has to".to_owned(),
            Self::MaskPaths { paths, skip_missing } => {
                format!("hide {}{}", list(paths), missing(*skip_missing))
            }
            Self::ProtectPaths { paths, skip_missing } => {
                format!("make read-only: {}{}", list(paths), missing(*skip_missing))
            }
            Self::ProtectRoot => {
                "make the root read-only, now that everything in it has been made".to_owned()
            }
            Self::PivotRoot => {
                "turn to the new root and let go of the host's: it can't be reached again".to_owned()
            }
            Self::NewSession { terminal, input } => session(*terminal, *input).to_owned(),
            Self::NewKeyring => "take an empty session keyring: your keys stay yours".to_owned(),
            Self::ChangeDirectory { path } => format!("change to the folder {}", word(path)),
            Self::LimitCapabilities { keep } => {
                format!("give up for good every capability but {}", capabilities(keep))
            }
            Self::SetGroups { groups } if groups.is_empty() => {
                "leave every supplementary group of yours".to_owned()
            }
            Self::SetGroups { groups } => {
                let groups: Vec<_> = groups.iter().map(id).collect();
                format!("leave every supplementary group of yours; join {}", groups.join(", "))
            }
            Self::SetUser { uid, gid, umask, home } => {
                let gid = gid.as_ref().map_or_else(|| "the user's group there".to_owned(), group);
                let home = if *home { "; HOME is the user's there" } else { "" };
                format!("become {}, {gid} (umask {umask:04o}){home}", user(uid))
            }
            Self::SetCapabilities { keep, until_exec, .. } if keep.is_empty() => {
                format!("keep no capability{}", admin(*until_exec))
            }
            Self::SetCapabilities { keep, if_root, ambient, until_exec } => {
                let if_root = if *if_root && *keep != *ambient {
                    format!(", or {} if that user is not 0", capabilities(ambient))
                } else {
                    String::new()
                };
                let over = match ambient.as_slice() {
                    [] => String::new(),
                    _ if ambient == keep => "; they stay over every exec".to_owned(),
                    _ => format!("; over every exec stay {}", capabilities(ambient)),
                };
                format!("keep the capabilities {}{if_root}{over}{}", capabilities(keep), admin(*until_exec))
            }
            Self::ResetSignals => "give every signal its default meaning, and block none".to_owned(),
            Self::NoNewPrivileges => "forbid gaining privileges, through setuid programs too".to_owned(),
            Self::LoadFilter { filter } => load_filter(filter),
            Self::Exec { command, env } => exec(command, env),
        }
    }
}

impl Started {
    /// What the operation does and why, in a sentence or two.
    pub fn describe(&self) -> String {
        match self {
            Self::StopWith { signal, patience: 0 } => {
                format!("when told to stop: send {}, and SIGKILL at once", signal_name(*signal))
            }
            Self::StopWith { signal, patience } => format!(
                "when told to stop: send {}, and SIGKILL after {}",
                signal_name(*signal),
                seconds(*patience)
            ),
            Self::EndAfter { milliseconds } => {
                format!("stop the command when it has run for {}", seconds(*milliseconds))
            }
            Self::Sweep => "while it runs, clear away what killed launchers have left".to_owned(),
        }
    }
}

fn overlay(size: u64, hide: &BTreeMap<String, Hide>) -> String {
    format!(
        "lay an empty folder in memory over the opened tree: that is the root; changes (at most {}) live there \
         and end with the container{}",
        bytes(size),
        hidden(hide, "")
    )
}

/// What an overlay on a path hides.
fn hidden(hide: &BTreeMap<String, Hide>, at: &str) -> String {
    let of = |wanted: Hide| -> Vec<_> {
        let these = hide.iter().filter(|&(_, hide)| *hide == wanted);
        these.map(|(path, _)| word(&format!("{at}{path}"))).collect()
    };
    let (folders, files) = (of(Hide::Contents), of(Hide::File));
    let mut text = String::new();
    if !folders.is_empty() {
        text += &format!("; shown empty: {}", folders.join(" "));
    }
    if !files.is_empty() {
        text += &format!("; hidden: {}", files.join(" "));
    }
    text
}

fn stay(kill: bool, adopt: bool) -> String {
    let first = if adopt { "stay above the command and take over its orphans" } else { "stay PID 1" };
    let may = if kill { "may signal any process, and nothing else" } else { "has no privileges" };
    format!(
        "{first}: init once more, which {may}, reaps what has ended and passes signals on; a new process \
         does the rest"
    )
}

fn session(terminal: bool, input: bool) -> &'static str {
    match (terminal, input) {
        (true, true) => "start a session; its terminal is standard input, output and error",
        (true, false) => "start a session; its terminal is standard output and error, input is /dev/null",
        (false, true) => "start a session, out of reach of your terminal; standard input stays yours",
        (false, false) => "start a session, out of reach of your terminal; standard input is /dev/null",
    }
}

fn exec(command: &[String], env: &BTreeMap<String, Secret>) -> String {
    let command: Vec<_> = command.iter().map(|w| word(w)).collect();
    let mut text = format!("run {}", command.join(" "));
    if !env.is_empty() {
        let env: Vec<_> = env.iter().map(|(name, value)| format!("{name}={}", word(value.shown()))).collect();
        text += &format!(" with {}", env.join(" "));
    }
    text
}

fn user(id: &Id) -> String {
    match id {
        Id::Number(number) => format!("user {number}"),
        Id::Name(name) => format!("the user {} of /etc/passwd", word(name)),
    }
}

fn group(id: &Id) -> String {
    match id {
        Id::Number(number) => format!("group {number}"),
        Id::Name(name) => format!("the group {} of /etc/group", word(name)),
    }
}

fn id(id: &Id) -> String {
    match id {
        Id::Number(number) => number.to_string(),
        Id::Name(name) => format!("{} of /etc/group", word(name)),
    }
}

impl Attributes {
    /// As mount(8) writes them.
    fn list(self) -> String {
        let words = [
            (if self.read_only { "ro" } else { "rw" }, true),
            ("nosuid", self.nosuid),
            ("nodev", self.nodev),
            ("noexec", self.noexec),
            ("suid", self.clear.nosuid),
            ("exec", self.clear.noexec),
            ("nodiratime", self.nodiratime),
            ("nosymfollow", self.nosymfollow),
            ("noatime", self.atime == Some(Atime::Noatime)),
            ("relatime", self.atime == Some(Atime::Relatime)),
            ("strictatime", self.atime == Some(Atime::Strictatime)),
        ];
        let words: Vec<_> = words.into_iter().filter(|&(_, set)| set).map(|(word, _)| word).collect();
        words.join(",")
    }
}

/// An owner that is not root.
fn owned((uid, gid): (u32, u32)) -> String {
    if (uid, gid) == (0, 0) { String::new() } else { format!(",owner {uid}:{gid}") }
}

fn keys<V>(map: &BTreeMap<String, V>) -> String {
    let words: Vec<_> = map.keys().map(|k| word(k)).collect();
    words.join(" ")
}

fn list(paths: &[String]) -> String {
    let words: Vec<_> = paths.iter().map(|p| word(p)).collect();
    words.join(" ")
}

fn missing(skip: bool) -> &'static str {
    if skip { " (where they exist)" } else { "" }
}

fn capabilities(keep: &[String]) -> String {
    if keep.is_empty() {
        return "none".to_owned();
    }
    let words: Vec<_> = keep.iter().map(|c| c.trim_start_matches("CAP_")).collect();
    words.join(" ")
}

/// What the exec takes away again.
fn admin(until_exec: bool) -> &'static str {
    if until_exec { "; SYS_ADMIN too, until the filter is loaded: the exec takes it away" } else { "" }
}

fn load_filter(filter: &Filter) -> String {
    let mut text = format!(
        "filter system calls from here on: {} instructions, from {}; a call that it does not name: {}",
        filter.program.len(),
        filter.from,
        filter.otherwise
    );
    for (flag, meaning) in
        [(FLAG_LOG, "; the kernel logs what is refused"), (FLAG_SPEC_ALLOW, "; speculation is not held back")]
    {
        if filter.flags & flag != 0 {
            text += meaning;
        }
    }
    text
}

/// `SIGTERM`, or `signal 40`.
fn signal_name(number: i32) -> String {
    let known = crate::sys::signal::NAMES.iter().find(|(_, known)| *known == number);
    known.map_or_else(|| format!("signal {number}"), |(name, _)| (*name).to_owned())
}

/// A length of time in seconds, as exact as it is.
fn seconds(milliseconds: u64) -> String {
    match milliseconds % 1000 {
        0 => format!("{} s", milliseconds / 1000),
        _ => format!("{milliseconds} ms"),
    }
}

/// A number of bytes in the largest unit that divides it.
fn bytes(count: u64) -> String {
    for (shift, unit) in [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")] {
        if count != 0 && count.trailing_zeros() >= shift {
            return format!("{} {unit}", count >> shift);
        }
    }
    format!("{count} B")
}

/// Text of the user's, quoted where it could be taken for something else; control
/// characters never reach a terminal.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+:=@%,*~#[]^!?".contains(c);
    if !text.is_empty() && text.chars().all(plain) { text.to_owned() } else { format!("{text:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_in_the_largest_unit_that_divides_them() {
        assert_eq!(bytes(256 << 20), "256 MiB");
        assert_eq!(bytes((1 << 30) + 4096), "1048580 KiB");
        assert_eq!(bytes(1), "1 B");
        assert_eq!(bytes(0), "0 B");
    }

    #[test]
    fn control_characters_are_quoted() {
        assert_eq!(word("a\u{1b}[31mb"), r#""a\u{1b}[31mb""#);
        assert_eq!(word(""), r#""""#);
        assert_eq!(word("/srv/www"), "/srv/www");
    }
}
