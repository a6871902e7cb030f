//! Are the users and groups that have names in the rootfs's own files?

use super::tree::Found;
use super::{Check, explain, nearest};
use crate::diagnostic::Diagnostic;
use crate::plan::accounts;
use crate::profile::Id;
use crate::sys::{Errno, file};
use std::ffi::CString;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Who the command runs as.
#[derive(Debug)]
pub(super) struct Who {
    pub(super) uid: u32,
    /// All groups, the primary one too.
    pub(super) gids: Vec<u32>,
}

/// One of the two files.
struct File {
    path: &'static str,
    code: &'static str,
    what: &'static str,
    content: Content,
}

enum Content {
    Known(Vec<u8>),
    /// Why nobody can look a name up in it.
    Useless(String),
    /// Not to be seen from here.
    Unknown,
}

/// Looks every name up. Nothing comes back if a number stays unknown.
pub(super) fn check(check: &mut Check<'_>) -> Option<Who> {
    let profile = check.profile;
    let named = |id: &Id| id.number().is_none();
    let (user, group) = (&profile.user.uid, profile.user.gid.as_ref());
    let in_groups = group.into_iter().chain(&profile.groups).any(named);
    let passwd = named(user).then(|| read(check, accounts::PASSWD, "tinydocker::host::user_missing", "user"));
    let groups = in_groups.then(|| read(check, accounts::GROUP, "tinydocker::host::group_missing", "group"));

    let mut own_group = None;
    let uid = number(check, user, passwd.as_ref(), &["user"], &mut |file, name| {
        let entry = accounts::user(file, name.as_bytes())?;
        own_group = Some(entry.gid);
        Some(entry.uid)
    });
    let group_number = &mut |file: &[u8], name: &str| accounts::group(file, name.as_bytes());
    let gid = match group {
        Some(gid) => number(check, gid, groups.as_ref(), &["user"], group_number),
        None => own_group,
    };
    let mut gids = vec![gid];
    for (index, gid) in profile.groups.iter().enumerate() {
        let key = format!("groups[{index}]");
        gids.push(number(check, gid, groups.as_ref(), &[&key, "groups"], group_number));
    }
    Some(Who { uid: uid?, gids: gids.into_iter().collect::<Option<_>>()? })
}

/// The number of a user or group.
fn number(
    check: &mut Check<'_>,
    id: &Id,
    file: Option<&File>,
    keys: &[&str],
    look: &mut dyn FnMut(&[u8], &str) -> Option<u32>,
) -> Option<u32> {
    let (name, file) = match (id, file) {
        (Id::Number(number), _) => return Some(*number),
        (Id::Name(name), Some(file)) => (name, file),
        (Id::Name(_), None) => return None,
    };
    let File { path, code, what, content } = file;
    let (reason, near) = match content {
        Content::Unknown => return None,
        Content::Useless(reason) => (reason.clone(), None),
        Content::Known(content) => {
            if let Some(number) = look(content, name) {
                return Some(number);
            }
            let names: Vec<String> = accounts::names(content).map(str::to_owned).collect();
            (format!("{path} of the container has no usable entry of it"), nearest(name, &names))
        }
    };
    let problem = Diagnostic::error(code, format!("the {what} {name} is not known: {reason}"));
    let help = "a number needs no entry";
    let problem = problem.with_help(match near {
        Some(near) => format!("did you mean {near}? {help}"),
        None => format!("add it to the file in the rootfs, or write its number: {help}"),
    });
    check.report(keys, problem, format!("no {what} of the root file system"));
    None
}

fn read(check: &Check<'_>, path: &'static str, code: &'static str, what: &'static str) -> File {
    let content = match check.tree.find(Path::new(path)) {
        Found::Unknown => Content::Unknown,
        Found::Made => Content::Useless(format!("{path} is a folder")),
        Found::Missing { first, why } => Content::Useless(explain(&first, &why)),
        Found::There { metadata, .. } if !metadata.is_file() => {
            Content::Useless(format!("{path} is no regular file"))
        }
        Found::There { host, .. } => content(path, &host),
    };
    File { path, code, what, content }
}

fn content(path: &str, host: &Path) -> Content {
    let Ok(host) = CString::new(host.as_os_str().as_bytes()) else { return Content::Unknown };
    let bytes = file::open_regular(&host).and_then(|it| file::read_all(it.as_fd(), accounts::LARGEST));
    match bytes {
        Ok(bytes) => Content::Known(bytes),
        Err(error) if error.errno == Errno::EFBIG => {
            Content::Useless(format!("{path} has more than {} MiB", accounts::LARGEST >> 20))
        }
        // Root will see more, at a launch.
        Err(_) => Content::Unknown,
    }
}
