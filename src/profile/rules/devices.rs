//! Devices beside those that every container has.

use super::at;
use crate::diagnostic::Diagnostic;
use crate::profile::found::code;
use crate::profile::origins::Origins;
use crate::profile::path::KeyPath;
use crate::profile::raw::Raw;

/// Paths in /dev that are made for every container.
const TAKEN: [&str; 16] = [
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
    "/dev/tty",
    "/dev/fd",
    "/dev/stdin",
    "/dev/stdout",
    "/dev/stderr",
    "/dev/ptmx",
    "/dev/console",
    "/dev/pts",
    "/dev/shm",
    "/dev/mqueue",
    "/dev/core",
];

/// Devices in the place of others.
pub fn contradictions(raw: &Raw, origins: &Origins) -> Vec<Diagnostic> {
    let taken = |target: &str| {
        TAKEN.contains(&target)
            || ["/dev/pts/", "/dev/shm/", "/dev/mqueue/", "/dev/fd/"].iter().any(|at| target.starts_with(at))
    };
    let devices = raw.devices.iter().flatten().filter(|(target, _)| taken(target));
    let problem = |target: &String| {
        let path = KeyPath::keys(["devices", target]);
        let diagnostic =
            Diagnostic::error(code("conflict"), format!("`{path}`: {target} is there in every container"))
                .with_help("leave it out, or write another path and `source`");
        at(origins, diagnostic, &path.to_string(), "takes the place of what is there")
    };
    devices.map(|(target, _)| problem(target)).collect()
}
