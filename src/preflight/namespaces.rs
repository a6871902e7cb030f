//! Namespaces that are joined by path.

use super::Check;
use crate::diagnostic::Diagnostic;
use crate::plan::joined;
use crate::profile::Joined;
use crate::sys::Errno;
use crate::sys::clone::Namespace;
use crate::sys::namespace::{self, Refused};
use std::ffi::CString;

/// What such a path leads to. Containers come and go; whether one runs is seen at launch.
pub(super) fn check(check: &mut Check<'_>) {
    for (wanted, key, of) in joined(check.profile) {
        if let Joined::Path(path) = of {
            one(check, wanted, path, key);
        }
    }
}

fn one(check: &mut Check<'_>, wanted: Namespace, path: &str, key: &str) {
    // The language refuses NUL bytes.
    let Ok(name) = CString::new(path) else { return };
    let Err(refused) = namespace::open(&name, wanted) else { return };
    let (code, message, help, label) = match refused {
        // Who may not look may not launch either, which is said elsewhere.
        Refused::System(error) if [Errno::EACCES, Errno::EPERM].contains(&error.errno) => return,
        Refused::System(error) => (
            "tinydocker::host::namespace_missing",
            format!("there is no namespace at {path}: {}", error.errno.text()),
            format!(
                "write where it is on this host, such as \"path:/proc/123/ns/{}\"; `lsns` lists namespaces by process",
                wanted.name()
            ),
            "does not exist here",
        ),
        Refused::NotANamespace => (
            "tinydocker::host::not_a_namespace",
            format!("{path} is no namespace"),
            "a namespace is a file such as /proc/123/ns/net, or a bind of one, such as /run/netns/blue"
                .to_owned(),
            "another kind of file",
        ),
        Refused::Another(found) => (
            "tinydocker::host::another_namespace",
            format!("{path} is a namespace of another kind: {found}, not {}", wanted.name()),
            format!("write the file of the {0} namespace, such as \"path:/proc/123/ns/{0}\"", wanted.name()),
            "of another kind",
        ),
    };
    check.report(&[key], Diagnostic::error(code, message).with_help(help), label);
}
