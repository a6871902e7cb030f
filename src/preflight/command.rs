//! Is the command there, and can it be run?

use super::program::{Judge, Refusal, Verdict};
use super::tree::{Found, Tree, Why};
use super::{Check, explain, nearest};
use crate::diagnostic::Diagnostic;
use crate::plan::Origin;
use std::path::{Path, PathBuf};

const KEYS: [&str; 2] = ["command[0]", "command"];

pub(super) fn check(check: &mut Check<'_>) {
    let command = &check.profile.command[0];
    let judge =
        Judge { tree: &check.tree, profile: check.profile, who: check.who.as_ref(), through_env: false };
    match judge.search(command) {
        Verdict::Unknown | Verdict::Runs => {}
        Verdict::Refused(refusal) => refused(check, command, *refusal),
        Verdict::Missing(why) => {
            let problem = Diagnostic::error(
                "tinydocker::host::command_not_found",
                format!("the command {command} is not in the container"),
            );
            let help = help(judge, command, why);
            check.report(&KEYS, problem.with_help(help), "not found");
        }
    }
}

fn refused(check: &mut Check<'_>, command: &str, refusal: Refusal) {
    let Refusal { severity, code, message, help, label, mount, .. } = refusal;
    let problem = Diagnostic::error(code, format!("the command {command} {message}")).with_help(help);
    let problem = Diagnostic { severity, ..problem };
    let problem = Origin::of_any(check.origins, &KEYS).blame(problem, label);
    match mount {
        Some(key) => {
            let keys = [format!("{key}.source"), key];
            let keys = keys.each_ref().map(String::as_str);
            check.report(&keys, problem, "noexec on the host");
        }
        None => check.add(problem),
    }
}

fn help(judge: Judge<'_>, command: &str, why: Option<(PathBuf, Why)>) -> String {
    let name = command.rsplit('/').next().unwrap_or(command);
    let runs = |path: &PathBuf| matches!(judge.judge(path), Verdict::Runs);
    if command.contains('/') {
        // The same name elsewhere, or a name like it in the same place.
        let elsewhere = judge.search_path().into_iter().map(|folder| folder.join(name)).find(runs);
        let absent = matches!(why, Some((_, Why::Absent)));
        let reason = why.map(|(first, why)| explain(&first, &why)).unwrap_or_default();
        let path = judge.absolute(command);
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        let near = || nearest(name, &names_in(judge.tree, &folder)).map(|name| folder.join(name));
        return match elsewhere.or_else(near) {
            Some(path) => format!("{reason}; did you mean {}?", path.display()),
            None if absent => format!("{reason}; the path is one of the container, not of the host"),
            None => reason,
        };
    }
    let folders = judge.search_path();
    let names: Vec<String> = folders.iter().flat_map(|folder| names_in(judge.tree, folder)).collect();
    let near = nearest(name, &names).and_then(|name| {
        let found = folders.iter().map(|folder| folder.join(&name));
        found.into_iter().find(runs)
    });
    match near {
        Some(path) => format!("did you mean {}?", path.display()),
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
