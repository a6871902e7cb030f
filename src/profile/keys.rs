//! The keys of the language, as data: what is known, how text given for a key is read.
//! A test compares this table with the schema, so that it can't fall behind.

use super::path::{KeyPath, Segment};

/// What a key holds, once short spellings are spelled out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text. A value that arrives as text (from `--set`, say) is taken as it stands.
    Text,
    /// `true` or `false`, so that `false` is a value and removes nothing.
    Switch,
    /// A number, a size, a word or whatever the key's own form reads. A value that
    /// arrives as text is read as TOML, else as it stands.
    Value,
    /// An array; a higher layer's replaces the lower one's.
    List,
    /// A table with fixed keys.
    Table,
    /// A table whose keys name things; layers merge entry by entry.
    Identity,
}

impl Kind {
    /// Whether it is one of the two kinds of tables.
    pub fn is_table(self) -> bool {
        matches!(self, Self::Table | Self::Identity)
    }
}

/// Every key, `*` for any key of an identity table.
pub const KEYS: &[(&str, Kind)] = &[
    ("name", Kind::Text),
    ("command", Kind::List),
    ("entrypoint", Kind::List),
    ("working_dir", Kind::Text),
    ("user", Kind::Value),
    ("groups", Kind::List),
    ("env", Kind::Identity),
    ("env.*", Kind::Text),
    ("env_file", Kind::List),
    ("pass_env", Kind::List),
    ("tty", Kind::Switch),
    ("interactive", Kind::Switch),
    ("hostname", Kind::Text),
    ("rootfs", Kind::Table),
    ("rootfs.source", Kind::Text),
    ("rootfs.mode", Kind::Text),
    ("mounts", Kind::Identity),
    ("mounts.*", Kind::Table),
    ("mounts.*.type", Kind::Text),
    ("mounts.*.source", Kind::Text),
    ("mounts.*.subpath", Kind::Text),
    ("mounts.*.read_only", Kind::Switch),
    ("mounts.*.recursive", Kind::Switch),
    ("mounts.*.options", Kind::List),
    ("mounts.*.propagation", Kind::Text),
    ("mounts.*.optional", Kind::Switch),
    ("mounts.*.create", Kind::Text),
    ("mounts.*.content", Kind::Text),
    ("mounts.*.size", Kind::Value),
    ("mounts.*.mode", Kind::Value),
    ("mounts.*.uid", Kind::Value),
    ("mounts.*.gid", Kind::Value),
    ("namespaces", Kind::Table),
    ("namespaces.pid", Kind::Text),
    ("namespaces.ipc", Kind::Text),
    ("namespaces.uts", Kind::Text),
    ("namespaces.cgroup", Kind::Text),
    ("network", Kind::Text),
    ("cgroup", Kind::Table),
    ("cgroup.memory", Kind::Value),
    ("cgroup.memory_high", Kind::Value),
    ("cgroup.memory_low", Kind::Value),
    ("cgroup.memory_min", Kind::Value),
    ("cgroup.swap", Kind::Value),
    ("cgroup.pids", Kind::Value),
    ("cgroup.cpus", Kind::Value),
    ("cgroup.cpu_quota", Kind::Value),
    ("cgroup.cpu_period", Kind::Value),
    ("cgroup.cpu_shares", Kind::Value),
    ("cgroup.cpu_weight", Kind::Value),
    ("cgroup.cpu_burst", Kind::Value),
    ("cgroup.cpu_idle", Kind::Switch),
    ("cgroup.cpuset_cpus", Kind::Text),
    ("cgroup.cpuset_mems", Kind::Text),
    ("cgroup.io_weight", Kind::Value),
    ("cgroup.io", Kind::Identity),
    ("cgroup.io.*", Kind::Table),
    ("cgroup.io.*.read_bps", Kind::Value),
    ("cgroup.io.*.write_bps", Kind::Value),
    ("cgroup.io.*.read_iops", Kind::Value),
    ("cgroup.io.*.write_iops", Kind::Value),
    ("cgroup.parent", Kind::Text),
    ("security", Kind::Table),
    ("security.no_new_privileges", Kind::Switch),
];

/// What the key at a path holds; nothing for a path that is no key.
pub fn kind(path: &KeyPath) -> Option<Kind> {
    KEYS.iter().find(|(pattern, _)| matches(pattern, path)).map(|(_, kind)| *kind)
}

/// The position of a key in [`KEYS`], for whoever writes keys in their order.
pub fn position(path: &KeyPath) -> Option<usize> {
    KEYS.iter().position(|(pattern, _)| matches(pattern, path))
}

/// Whether text for the key at a path is taken as it stands.
pub fn takes_text(path: &KeyPath) -> bool {
    kind(path) == Some(Kind::Text)
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
    path.0.is_empty() || kind(path).is_some_and(Kind::is_table)
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
