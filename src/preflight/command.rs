//! Is the command there, and can it be run?

use super::tree::{Found, Tree, Why};
use super::{Check, executable, explain, nearest};
use crate::diagnostic::Diagnostic;
use crate::profile::{Profile, User};
use std::fs::Metadata;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// As much of a program as its headers take.
const START: u64 = 8192;

/// What the search for a command came to.
enum Search {
    Runnable(PathBuf),
    NotExecutable { inside: PathBuf, why: &'static str },
    Unknown,
    Missing { why: Option<(PathBuf, Why)> },
}

pub(super) fn check(check: &mut Check<'_>) {
    let profile = check.profile;
    let command = &profile.command[0];
    match search(&check.tree, profile, command) {
        Search::Unknown => {}
        Search::Runnable(host) => interpreter(check, command, &host),
        Search::NotExecutable { inside, why } => {
            let inside = inside.display();
            let problem = Diagnostic::error(
                "tinydocker::host::command_not_executable",
                format!("the command {command} can't be executed: {inside} {why}"),
            )
            .with_help(format!("make it executable where it comes from, as chmod +x does: {inside}"));
            check.report(&["command[0]", "command"], problem, "found, but can't be executed");
        }
        Search::Missing { why } => {
            let problem = Diagnostic::error(
                "tinydocker::host::command_not_found",
                format!("the command {command} is not in the container"),
            );
            let help = help(&check.tree, profile, command, why);
            check.report(&["command[0]", "command"], problem.with_help(help), "not found");
        }
    }
}

fn search(tree: &Tree<'_>, profile: &Profile, command: &str) -> Search {
    if command.contains('/') {
        return look(tree, profile.user, &Path::new(&profile.working_dir).join(command));
    }
    let mut denied = None;
    let mut unknown = false;
    for folder in search_path(profile) {
        match look(tree, profile.user, &folder.join(command)) {
            Search::Missing { .. } => {}
            Search::Unknown => unknown = true,
            found @ Search::NotExecutable { .. } => denied = denied.or(Some(found)),
            found @ Search::Runnable(_) => return found,
        }
    }
    if unknown { Search::Unknown } else { denied.unwrap_or(Search::Missing { why: None }) }
}

/// The folders of PATH; an empty one is the working folder.
fn search_path(profile: &Profile) -> Vec<PathBuf> {
    let path = profile.env.get("PATH").map_or("", String::as_str);
    path.split(':').map(|folder| Path::new(&profile.working_dir).join(folder)).collect()
}

fn look(tree: &Tree<'_>, user: User, path: &Path) -> Search {
    match tree.find(path) {
        Found::Unknown => Search::Unknown,
        Found::Made => Search::NotExecutable { inside: path.to_owned(), why: "is a folder" },
        Found::Missing { first, why } => Search::Missing { why: Some((first, why)) },
        Found::There { host, inside, metadata } => match obstacle(&metadata, user) {
            Some(why) => Search::NotExecutable { inside, why },
            None => Search::Runnable(host),
        },
    }
}

/// Why a file can't be executed by a user without other groups.
fn obstacle(metadata: &Metadata, user: User) -> Option<&'static str> {
    if metadata.is_dir() {
        return Some("is a folder");
    }
    if !metadata.is_file() {
        return Some("is no regular file");
    }
    let (bit, why) = if user.uid == 0 {
        // CAP_DAC_OVERRIDE needs one bit, whosever it is.
        (0o111, "has no x bit")
    } else if metadata.uid() == user.uid {
        (0o100, "has no x bit for its owner, the container's user")
    } else if metadata.gid() == user.gid {
        (0o010, "has no x bit for its group, the container's")
    } else {
        (0o001, "has no x bit for others than its owner and group")
    };
    (metadata.mode() & bit == 0).then_some(why)
}

fn help(tree: &Tree<'_>, profile: &Profile, command: &str, why: Option<(PathBuf, Why)>) -> String {
    let name = command.rsplit('/').next().unwrap_or(command);
    if command.contains('/') {
        // The same name elsewhere, or a name like it in the same place.
        let elsewhere = search_path(profile)
            .into_iter()
            .map(|folder| folder.join(name))
            .find(|path| matches!(look(tree, profile.user, path), Search::Runnable(_)));
        let absent = matches!(why, Some((_, Why::Absent)));
        let reason = why.map(|(first, why)| explain(&first, &why)).unwrap_or_default();
        let path = Path::new(&profile.working_dir).join(command);
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        let near = || nearest(name, &names_in(tree, &folder)).map(|name| folder.join(name));
        return match elsewhere.or_else(near) {
            Some(path) => format!("{reason}; did you mean {}?", path.display()),
            None if absent => format!("{reason}; the path is one of the container, not of the host"),
            None => reason,
        };
    }
    let folders = search_path(profile);
    let names: Vec<String> = folders.iter().flat_map(|folder| names_in(tree, folder)).collect();
    match nearest(name, &names) {
        Some(name) => format!("did you mean {name}?"),
        None => {
            let folders: Vec<_> = folders.iter().map(|f| f.display().to_string()).collect();
            format!(
                "looked in {} of the container; write its whole path, or change env.PATH",
                folders.join(", ")
            )
        }
    }
}

/// What lies in a folder of the container.
fn names_in(tree: &Tree<'_>, folder: &Path) -> Vec<String> {
    let Found::There { host, .. } = tree.find(folder) else { return Vec::new() };
    let entries = std::fs::read_dir(host).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

/// Without its interpreter a program that is there is answered with "no such file".
fn interpreter(check: &mut Check<'_>, command: &str, host: &Path) {
    let mut start = Vec::new();
    let read = std::fs::File::open(host).and_then(|file| file.take(START).read_to_end(&mut start));
    let Some(interpreter) = read.ok().and_then(|_| executable::interpreter(&start)) else { return };
    let path = Path::new(&check.profile.working_dir).join(&interpreter);
    let (reason, what) = match check.tree.find(&path) {
        Found::Missing { first, why } => (explain(&first, &why), "not in the container"),
        Found::There { metadata, .. } => match obstacle(&metadata, check.profile.user) {
            Some(why) => (format!("{interpreter} {why}"), "not executable"),
            None => return,
        },
        Found::Made | Found::Unknown => return,
    };
    let script = start.starts_with(b"#!");
    let problem = Diagnostic::error(
        "tinydocker::host::interpreter_not_found",
        format!("the command {command} needs {interpreter}, which is {what}"),
    );
    let problem = problem.with_help(if script {
        format!("{reason}; its first line, #!{interpreter}, says so")
    } else {
        format!("{reason}; it is linked dynamically, maybe for another libc: a static build needs no linker")
    });
    check.report(&["command[0]", "command"], problem, format!("needs {interpreter}"));
}
