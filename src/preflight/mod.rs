//! The host's part of `check`: what a profile names is there on this machine.
//!
//! Whether this host *can* do what the profile asks (controllers, capabilities) is
//! answered by the compiler of plans; here is what only the file system knows.

mod accounts;
mod binfmt;
mod command;
mod executable;
mod namespaces;
mod program;
mod tree;

use crate::diagnostic::Diagnostic;
use crate::host::{Host, OLDEST};
use crate::plan::{Origin, mount_key, mount_that_holds};
use crate::profile::{
    self, Create, Limit, MountSource, NamespaceMode, Origins, Profile, Rootfs, RootfsMode, RootfsSource,
};
use std::path::{Path, PathBuf};
pub use tree::Seen;
use tree::{Found, Tree, Why};

/// Looks for everything that the profile names on the host and in its rootfs: the
/// rootfs, the sources of binds, namespaces by path, the working directory, users and groups by name, the
/// command and all that it needs to be executed. Reads only; what it finds may of course
/// change before a launch.
pub fn check(profile: &Profile, origins: &Origins, host: &Host) -> Vec<Diagnostic> {
    check_beside(profile, origins, host, &Seen::default())
}

/// The same, after other containers: what was `seen` for them is not read again.
pub fn check_beside(profile: &Profile, origins: &Origins, host: &Host, seen: &Seen) -> Vec<Diagnostic> {
    let mut check =
        Check { profile, origins, tree: Tree::new(profile, host, seen), who: None, problems: Vec::new() };
    let can_look_into_rootfs = rootfs(&mut check);
    sources(&mut check);
    cpus(&mut check, host);
    namespaces::check(&mut check);
    // In a rootfs that is missing everything is missing: one problem, not five.
    if can_look_into_rootfs {
        targets(&mut check);
        working_dir(&mut check);
        check.who = accounts::check(&mut check);
        command::check(&mut check);
    }
    check.problems
}

/// A warning if the kernel is older than those that are tested. Whether it can do what a
/// profile asks is tried out all the same, key by key.
pub fn kernel(host: &Host) -> Option<Diagnostic> {
    let (major, minor) = OLDEST;
    crate::host::is_old(&host.kernel).then(|| {
        Diagnostic::warning(
            "tinydocker::host::kernel_old",
            format!("this kernel, {}, is older than {major}.{minor}, the oldest that is tested", host.kernel),
        )
        .with_help("profiles may work all the same; `tinydocker info` says what is missing")
    })
}

struct Check<'a> {
    profile: &'a Profile,
    origins: &'a Origins,
    tree: Tree<'a>,
    /// Who the command runs as; none if that is not known.
    who: Option<accounts::Who>,
    problems: Vec<Diagnostic>,
}

impl Check<'_> {
    /// Points a problem at the first of these keys that somebody wrote.
    fn report(&mut self, keys: &[&str], problem: Diagnostic, label: impl Into<String>) {
        let origin = Origin::of_any(self.origins, keys);
        self.add(origin.blame(problem, label));
    }

    /// Adds a problem. It may quote a file of the rootfs, so that control characters
    /// are taken out: they are for no terminal.
    fn add(&mut self, mut problem: Diagnostic) {
        let texts = problem.labels.iter_mut().map(|label| &mut label.text);
        for text in texts.chain([&mut problem.message]).chain(&mut problem.help) {
            if text.contains(char::is_control) {
                *text = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
            }
        }
        self.problems.push(problem);
    }
}

/// Whether there is a rootfs whose content can be looked into.
fn rootfs(check: &mut Check<'_>) -> bool {
    let folder = match &check.profile.rootfs.source {
        RootfsSource::Host => return true,
        // The host's own is looked into; whose may be joined at launch is not known.
        RootfsSource::OfNamespace => return check.profile.namespaces.mount == NamespaceMode::Host,
        RootfsSource::Folder(folder) => folder,
    };
    let shown = folder.display();
    let (code, message, help, label) = match check.tree.seen.metadata(folder) {
        Ok(metadata) if metadata.is_dir() => return true,
        Ok(_) => (
            "tinydocker::host::rootfs_not_folder",
            format!("the rootfs {shown} is no folder"),
            "rootfs is a folder that holds a whole file system, or \"host\"; unpack an archive first"
                .to_owned(),
            "no folder",
        ),
        Err(error) => (
            "tinydocker::host::rootfs_missing",
            format!("the rootfs {shown} can't be used: {}", io_error(&error)),
            format!("{}; rootfs = \"host\" uses this machine's own tree", nearest_existing(folder)),
            "does not exist here",
        ),
    };
    check.report(&["rootfs.source", "rootfs"], Diagnostic::error(code, message).with_help(help), label);
    false
}

fn sources(check: &mut Check<'_>) {
    let profile = check.profile;
    for (target, mount) in &profile.mounts {
        if let MountSource::Overlay { source, .. } = &mount.source {
            lower_layer(check, target, source);
        }
        let Some(bind) = mount.as_bind() else { continue };
        let source = &bind.whole_path();
        let may_be_missing = bind.optional || bind.create != Create::No && bind.subpath.is_none();
        let keys = || {
            let key = mount_key(target);
            // A subpath that is missing in a source that is there is its own fault.
            let subpath = bind.subpath.is_some() && bind.source.exists();
            [if subpath { format!("{key}.subpath") } else { format!("{key}.source") }, key]
        };
        let shown = source.display();
        match check.tree.seen.metadata(source) {
            Err(_) if may_be_missing => {}
            Err(error) => {
                let problem = Diagnostic::error(
                    "tinydocker::host::source_missing",
                    format!(
                        "the source {shown} of the mount on {target} can't be used: {}",
                        io_error(&error)
                    ),
                )
                .with_help(nearest_existing(source));
                check.report(&keys().each_ref().map(String::as_str), problem, "does not exist here");
            }
            Ok(metadata) => {
                if let Some(kind) = special(&metadata) {
                    let problem = Diagnostic::error(
                        "tinydocker::host::source_is_device",
                        format!("the source {shown} of the mount on {target} is a {kind}"),
                    )
                    .with_help(format!(
                        "mounts are nodev, so it could not be opened inside; write it under `devices`: devices.{} = {{ source = {}, access = \"rw\" }}",
                        profile::quote_key(if target.starts_with("/dev/") { target } else { "/dev/name" }),
                        profile::quote_text(&shown.to_string()),
                    ));
                    check.report(&keys().each_ref().map(String::as_str), problem, format!("a {kind}"));
                }
            }
        }
    }
}

/// The lower layer of an overlay is a folder.
fn lower_layer(check: &mut Check<'_>, target: &str, source: &Path) {
    let key = mount_key(target);
    let keys = [format!("{key}.source"), key];
    let keys = keys.each_ref().map(String::as_str);
    let shown = source.display();
    let (why, help, label) = match check.tree.seen.metadata(source) {
        Ok(metadata) if metadata.is_dir() => return,
        Ok(_) => (
            "it is no folder".to_owned(),
            "an overlay lies over a folder; bind single files".to_owned(),
            "no folder",
        ),
        Err(error) => (io_error(&error), nearest_existing(source), "does not exist here"),
    };
    let message = format!("the source {shown} of the mount on {target} can't be used: {why}");
    let problem = Diagnostic::error("tinydocker::host::source_missing", message).with_help(help);
    check.report(&keys, problem, label);
}

fn special(metadata: &std::fs::Metadata) -> Option<&'static str> {
    use std::os::unix::fs::FileTypeExt;
    let kind = metadata.file_type();
    if kind.is_char_device() {
        Some("character device")
    } else if kind.is_block_device() {
        Some("block device")
    } else {
        None
    }
}

/// Targets are made in overlays and in memory, never in a folder of the host.
fn targets(check: &mut Check<'_>) {
    let profile = check.profile;
    let bare = match &profile.rootfs {
        Rootfs { mode: RootfsMode::ReadOnly, source: RootfsSource::Folder(folder), .. } => Some(folder),
        _ => None,
    };
    for (target, mount) in &profile.mounts {
        // A default that finds no room is left out.
        if matches!(mount.source, MountSource::Generated(_)) {
            continue;
        }
        let above = mount_that_holds(profile, target);
        let (folder, at, what) = match (above.map(|(at, mount)| (at, mount.as_bind())), bare) {
            (Some((at, Some(bind))), _) => (bind.whole_path(), at, "the mount above it"),
            (None, Some(folder)) => (folder.clone(), "/", "the rootfs"),
            _ => continue,
        };
        let rest = Path::new(target).strip_prefix(at).unwrap_or(Path::new(""));
        let wanted = folder.join(rest);
        // What is missing itself is reported already.
        let seen = check.tree.seen;
        if !seen.exists(&folder) || seen.link_metadata(&wanted).is_ok() {
            continue;
        }
        let problem = Diagnostic::error(
            "tinydocker::host::target_missing",
            format!("{what}, {}, has no {} to mount {target} on", folder.display(), rest.display()),
        );
        let overlay = if at == "/" { ", or write rootfs.mode = \"overlay\"" } else { "" };
        let problem = problem.with_help(format!(
            "nothing is made in a folder of the host; make it yourself: mkdir -p {}{overlay}",
            wanted.display()
        ));
        let key = mount_key(target);
        let keys = [key.as_str(), &format!("{key}.source"), "rootfs.mode", "rootfs.source", "rootfs"];
        check.report(&keys, problem, format!("needs {}", wanted.display()));
    }
}

fn working_dir(check: &mut Check<'_>) {
    let folder = check.profile.working_dir.as_str();
    let (message, help) = match check.tree.find(Path::new(folder)) {
        Found::There { metadata, .. } if !metadata.is_dir() => (
            format!("the working directory {folder} is no folder"),
            "name a folder of the container".to_owned(),
        ),
        Found::Missing { first, why } => (
            format!("the working directory {folder} is not in the container"),
            format!(
                "{}; it is never made: mount something there, or make it in the rootfs",
                explain(&first, &why)
            ),
        ),
        Found::There { .. } | Found::Made | Found::Unknown => return,
    };
    let problem = Diagnostic::error("tinydocker::host::working_dir_missing", message).with_help(help);
    check.report(&["working_dir"], problem, "not a folder of the container");
}

fn cpus(check: &mut Check<'_>, host: &Host) {
    let Some(cpu) = check.profile.cgroup.cpu else { return };
    let Limit::Value(quota) = cpu.quota else { return };
    if quota <= cpu.period.saturating_mul(u64::from(host.cpus)) {
        return;
    }
    let keys: &[&str] =
        if cpu.from_cpus { &["cgroup.cpus"] } else { &["cgroup.cpu_quota", "cgroup.cpu_period"] };
    let problem = Diagnostic::warning(
        "tinydocker::host::more_cpu_than_there_is",
        format!("the CPU limit never acts: this host has {} processors", host.cpus),
    )
    .with_help(format!("a limit of {} or more is no limit here", host.cpus));
    check.report(keys, problem, "more than there is");
}

/// Why a path of the container is missing, as the first half of a help.
fn explain(first: &Path, why: &Why) -> String {
    let first = first.display();
    match why {
        Why::Absent => format!("{first} does not exist in the container"),
        Why::Hidden(path) => {
            format!("rootfs = \"host\" hides what the host has in {path}; mount {first} to show it")
        }
        Why::OtherFilesystem(point) => {
            let point = point.display();
            format!(
                "{point} is a file system of its own on the host, which the rootfs leaves out; mount {point}"
            )
        }
        Why::NotFolder => format!("{first} is no folder"),
        Why::Loop => format!("the links at {first} lead to each other"),
        Why::Unreadable(error) => format!("{first} can't be looked at ({error})"),
    }
}

fn io_error(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "it does not exist".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        std::io::ErrorKind::NotADirectory => "a part of the path is no folder".to_owned(),
        _ => error.to_string(),
    }
}

/// Where the way to a missing path of the host ends, and what it may have meant.
fn nearest_existing(path: &Path) -> String {
    let Some(parent) = path.ancestors().skip(1).find(|p| p.exists()) else {
        return "write a path that exists on this host".to_owned();
    };
    let missing = path.strip_prefix(parent).ok().and_then(|rest| rest.iter().next());
    let names: Vec<String> = std::fs::read_dir(parent)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    let near = missing.and_then(|m| nearest(&m.to_string_lossy(), &names));
    let parent_shown = parent.display();
    match near {
        Some(name) => {
            let meant: PathBuf = parent.join(name);
            format!("the nearest folder that exists is {parent_shown}; did you mean {}?", meant.display())
        }
        None => format!("the nearest folder that exists is {parent_shown}"),
    }
}

/// The name that was meant, if it is not the wrong one itself (a link to nothing).
fn nearest(wrong: &str, names: &[String]) -> Option<String> {
    let others = names.iter().map(String::as_str).filter(|name| *name != wrong);
    profile::nearest(wrong, others).map(str::to_owned)
}
