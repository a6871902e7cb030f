//! The keys of the language, as data: what is known, how text given for a key is read.
//! A test compares this table with the schema, so that it can't fall behind.

use super::path::{KeyPath, Segment};

/// How a value that arrives as text (from `--set` or a flag) is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// As it stands.
    Text,
    /// As TOML, else as it stands.
    Toml,
}

/// Every key, `*` for any key of an identity table.
pub const KEYS: &[(&str, Reading)] = &[
    ("name", Reading::Text),
    ("command", Reading::Toml),
    ("working_dir", Reading::Text),
    ("user", Reading::Toml),
    ("env", Reading::Toml),
    ("env.*", Reading::Text),
    ("tty", Reading::Toml),
    ("interactive", Reading::Toml),
    ("hostname", Reading::Text),
    ("rootfs", Reading::Toml),
    ("rootfs.source", Reading::Text),
    ("rootfs.mode", Reading::Text),
    ("mounts", Reading::Toml),
    ("mounts.*", Reading::Toml),
    ("mounts.*.type", Reading::Text),
    ("mounts.*.source", Reading::Text),
    ("mounts.*.read_only", Reading::Toml),
    ("mounts.*.size", Reading::Toml),
    ("mounts.*.mode", Reading::Toml),
    ("namespaces", Reading::Toml),
    ("namespaces.pid", Reading::Text),
    ("namespaces.ipc", Reading::Text),
    ("namespaces.uts", Reading::Text),
    ("namespaces.cgroup", Reading::Text),
    ("network", Reading::Text),
    ("cgroup", Reading::Toml),
    ("cgroup.memory", Reading::Toml),
    ("cgroup.pids", Reading::Toml),
    ("cgroup.cpus", Reading::Toml),
    ("cgroup.cpu_quota", Reading::Toml),
    ("cgroup.cpu_period", Reading::Toml),
    ("cgroup.cpu_shares", Reading::Toml),
    ("security", Reading::Toml),
    ("security.no_new_privileges", Reading::Toml),
];

/// The entry of [`KEYS`] that a path matches.
pub fn reading(path: &KeyPath) -> Option<Reading> {
    KEYS.iter().find(|(pattern, _)| matches(pattern, path)).map(|(_, reading)| *reading)
}

fn matches(pattern: &str, path: &KeyPath) -> bool {
    let mut parts = pattern.split('.');
    let mut segments = path.0.iter();
    loop {
        match (parts.next(), segments.next()) {
            (None, None) => return true,
            (Some("*"), Some(Segment::Key(_))) => {}
            (Some(part), Some(Segment::Key(key))) if part == key => {}
            _ => return false,
        }
    }
}

/// The names of the keys of the table at a path; empty for identity tables and scalars.
pub fn children(table: &KeyPath) -> Vec<&'static str> {
    KEYS.iter()
        .filter_map(|(pattern, _)| {
            let (parent, last) = pattern.rsplit_once('.').unwrap_or(("", pattern));
            let fits = if parent.is_empty() { table.0.is_empty() } else { matches(parent, table) };
            (fits && last != "*").then_some(last)
        })
        .collect()
}

/// Whether the value at a path is a table of ours, and not a single value.
pub fn is_table(path: &KeyPath) -> bool {
    !children(path).is_empty() || path.0.len() == 1 && matches!(path.key(0), Some("env" | "mounts"))
}

/// Full paths of the keys with this last name, outside the table at `elsewhere`.
pub fn same_name(name: &str, elsewhere: &KeyPath) -> Vec<&'static str> {
    KEYS.iter()
        .map(|(pattern, _)| *pattern)
        .filter(|pattern| {
            let (parent, last) = pattern.rsplit_once('.').unwrap_or(("", pattern));
            last == name
                && if parent.is_empty() { !elsewhere.0.is_empty() } else { !matches(parent, elsewhere) }
        })
        .collect()
}
