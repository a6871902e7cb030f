//! The keys of the language, as data: what is known, how text given for a key is read.
//! A test compares this table with the schema, so that it can't fall behind.

use super::path::{KeyPath, Segment, Way};

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

/// Every key, `*` for any key of an identity table. The keys of a table stand behind it.
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
    ("init", Kind::Switch),
    ("hostname", Kind::Text),
    ("description", Kind::Text),
    ("domainname", Kind::Text),
    ("umask", Kind::Value),
    ("rlimits", Kind::Identity),
    ("rlimits.*", Kind::Table),
    ("rlimits.*.soft", Kind::Value),
    ("rlimits.*.hard", Kind::Value),
    ("oom_score_adj", Kind::Value),
    ("nice", Kind::Value),
    ("cpu_affinity", Kind::Text),
    ("stop_signal", Kind::Value),
    ("stop_timeout", Kind::Value),
    ("timeout", Kind::Value),
    ("masked_paths", Kind::List),
    ("read_only_paths", Kind::List),
    ("rootfs", Kind::Table),
    ("rootfs.source", Kind::Text),
    ("rootfs.mode", Kind::Text),
    ("rootfs.size", Kind::Value),
    ("rootfs.propagation", Kind::Text),
    ("rootfs.show", Kind::List),
    ("rootfs.idmap", Kind::Value),
    ("shm_size", Kind::Value),
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
    ("mounts.*.idmap", Kind::Value),
    ("devices", Kind::Identity),
    ("devices.*", Kind::Table),
    ("devices.*.source", Kind::Text),
    ("devices.*.access", Kind::Text),
    ("devices.*.optional", Kind::Switch),
    ("namespaces", Kind::Table),
    ("namespaces.mount", Kind::Text),
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
    ("security.preset", Kind::Text),
    ("security.capabilities", Kind::Identity),
    ("security.capabilities.*", Kind::Switch),
    ("security.ambient", Kind::List),
    ("security.seccomp", Kind::Table),
    ("security.seccomp.base", Kind::Text),
    ("security.seccomp.allow", Kind::List),
    ("security.seccomp.deny", Kind::List),
    ("security.seccomp.log", Kind::List),
    ("security.sysctls", Kind::Identity),
    ("security.sysctls.*", Kind::Value),
];

/// Where a row of [`KEYS`] stands among the others.
#[derive(Clone, Copy)]
struct Row {
    /// How many keys stand above it.
    depth: u8,
    /// Where its last key begins in the text.
    last: u8,
    /// The first row behind that is not below it.
    next: u8,
}

const ROWS: [Row; KEYS.len()] = {
    let mut rows = [Row { depth: 0, last: 0, next: 0 }; KEYS.len()];
    let mut row = KEYS.len();
    while row > 0 {
        row -= 1;
        let text = KEYS[row].0.as_bytes();
        let mut at = 0;
        while at < text.len() {
            if text[at] == b'.' {
                rows[row].depth += 1;
                rows[row].last = at as u8 + 1;
            }
            at += 1;
        }
        let mut next = row + 1;
        while next < KEYS.len() && rows[next].depth > rows[row].depth {
            next = rows[next].next as usize;
        }
        rows[row].next = next as u8;
    }
    rows
};

/// What the key at a path holds; nothing for a path that is no key.
pub fn kind(path: &KeyPath) -> Option<Kind> {
    position(path).map(|row| KEYS[row].1)
}

/// The position of a key in [`KEYS`], for whoever writes keys in their order.
pub fn position(path: &KeyPath) -> Option<usize> {
    let known = path.0.iter().fold(Known::Root, |known, segment| match segment {
        Segment::Key(key) => known.child(key),
        Segment::Index(_) => Known::No,
    });
    match known {
        Known::Row(row) => Some(row),
        Known::Root | Known::No => None,
    }
}

/// A place in [`KEYS`], for whoever walks values: no path is made on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// The container's own table.
    Root,
    /// The key of this row.
    Row(usize),
    /// No key.
    No,
}

impl Known {
    /// The place at the end of a way.
    pub fn of(way: Way<'_>) -> Self {
        match way {
            Way::Start => Self::Root,
            Way::Key(table, key) => Self::of(*table).child(key),
            Way::Element(..) => Self::No,
        }
    }

    /// The place of a key of the table here.
    pub fn child(self, key: &str) -> Self {
        if key.contains('.') && !matches!(self, Self::Row(row) if KEYS[row].1 == Kind::Identity) {
            return Self::No;
        }
        let (depth, mut row) = match self {
            Self::Root => (0, 0),
            Self::Row(row) => (ROWS[row].depth + 1, row + 1),
            Self::No => return Self::No,
        };
        while row < KEYS.len() && ROWS[row].depth == depth {
            let last = &KEYS[row].0[ROWS[row].last as usize..];
            if last == key || last == "*" {
                return Self::Row(row);
            }
            row = ROWS[row].next as usize;
        }
        Self::No
    }

    /// What the key holds; nothing for what is no key.
    pub fn kind(self) -> Option<Kind> {
        match self {
            Self::Root => Some(Kind::Table),
            Self::Row(row) => Some(KEYS[row].1),
            Self::No => None,
        }
    }
}

/// Whether this is a key, as a flag or `--set` would name it.
pub fn is_key(key: &str) -> bool {
    KeyPath::parse(key).is_ok_and(|path| kind(&path).is_some())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_found_where_it_stands() {
        for (row, (pattern, kind)) in KEYS.iter().enumerate() {
            let path = KeyPath::keys(pattern.split('.').map(|part| if part == "*" { "a.b" } else { part }));
            assert_eq!(position(&path), Some(row), "{pattern}: a table's keys stand right behind it");
            assert_eq!(super::kind(&path), Some(*kind), "{pattern}");
        }
        for path in ["nothing", "\"cgroup.memory\"", "cgroup.nothing", "env.A.b", "name.x", "command[0]"] {
            assert_eq!(position(&KeyPath::parse(path).unwrap()), None, "{path}");
        }
        assert_eq!(position(&KeyPath::default()), None);
    }
}
