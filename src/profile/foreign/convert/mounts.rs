//! Mounts, in whatever way they are written.

use super::{Converted, list, text, texts, toml};
use crate::profile::path::quote_text;
use figment::value::{Dict, Value};

const FOLDERS: &str = "tinydocker has no named volumes yet, so the name is a folder beside the file";
const LEFT_OUT: &str = "left out: ";

/// What is known of one mount.
#[derive(Default)]
struct Mount {
    kind: String,
    source: Option<String>,
    target: String,
    read_only: bool,
    size: Option<String>,
    mode: Option<String>,
    /// Options that mean nothing here.
    lost: Vec<String>,
}

impl Mount {
    /// The table's entry in the long form.
    fn entry(&self) -> (String, String) {
        let mut keys = Vec::new();
        match &self.source {
            Some(source) if self.kind != "tmpfs" => {
                keys.push(format!("source = {}", quote_text(source)));
                if !self.read_only {
                    keys.push("read_only = false".into());
                }
            }
            _ => {
                keys.push("type = \"tmpfs\"".into());
                keys.extend(self.size.iter().map(|size| format!("size = {size}")));
                keys.extend(self.mode.iter().map(|mode| format!("mode = {}", quote_text(mode))));
                if self.read_only {
                    keys.push("read_only = true".into());
                }
            }
        }
        (format!("mounts.{}", quote_text(&self.target)), format!("{{ {} }}", keys.join(", ")))
    }

    /// The short form, where there is one.
    fn short(&self) -> Option<String> {
        let source = self.source.as_ref().filter(|_| self.kind != "tmpfs")?;
        let options = if self.read_only { ":ro" } else { ":rw" };
        (!source.contains(':') && !self.target.contains(':'))
            .then(|| format!("{source}:{}{options}", self.target))
    }

    /// Whether it is a file system that is there without asking.
    fn is_built_in(&self) -> bool {
        matches!(self.kind.as_str(), "proc" | "sysfs" | "devpts" | "mqueue" | "cgroup" | "cgroup2")
            || self.kind == "tmpfs" && matches!(self.target.as_str(), "/dev" | "/dev/shm")
    }

    fn option(&mut self, option: &str) {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        match name {
            "ro" | "readonly" => self.read_only = value.is_empty() || value == "true" || value == "1",
            "rw" => self.read_only = false,
            "size" | "tmpfs-size" => self.size = super::size(&Value::from(value)),
            "mode" | "tmpfs-mode" => self.mode = Some(octal(value)),
            // What every mount here has, or what binding is in other words.
            "nosuid" | "nodev" | "bind" | "rbind" | "rprivate" | "private" | "strictatime" | "relatime"
            | "defaults" | "0" | "" => {}
            _ => self.lost.push(option.to_owned()),
        }
    }
}

/// `755` → `0755`.
fn octal(mode: &str) -> String {
    if mode.len() == 3 { format!("0{mode}") } else { mode.to_owned() }
}

/// A source that can be bound: a bare word is docker's volume.
fn source(text: &str, named: &mut bool) -> String {
    let path = text.strip_prefix('-').unwrap_or(text);
    if ["/", "./", "../", "~/"].iter().any(|start| path.starts_with(start)) || path == "." || path == ".." {
        return path.to_owned();
    }
    *named = true;
    format!("./{path}")
}

/// Volumes and binds.
pub fn binds(value: &Value, read_only: bool) -> Option<Converted> {
    let mut named = false;
    let entries: Vec<&Value> = match value {
        Value::Array(_, list) => list.iter().collect(),
        value => vec![value],
    };
    let mut mounts = Vec::with_capacity(entries.len());
    for entry in entries {
        mounts.push(match entry {
            Value::Dict(_, table) => long(table, &mut named)?,
            entry => {
                let entry = entry.as_str()?;
                let fields = entry.split(',').any(|field| {
                    ["type=", "src=", "source=", "dst=", "target=", "destination="]
                        .iter()
                        .any(|start| field.starts_with(start))
                });
                if fields { spec(entry, &mut named)? } else { short(entry, read_only, &mut named)? }
            }
        });
    }
    written(&mounts, named)
}

fn short(entry: &str, read_only: bool, named: &mut bool) -> Option<Mount> {
    let parts: Vec<&str> = entry.split(':').collect();
    let (from, target, options) = match parts[..] {
        // systemd and nspawn bind a path to itself.
        [path] if path.starts_with('/') => (path, path, ""),
        [from, target] => (from, target, ""),
        [from, target, options] => (from, target, options),
        _ => return None,
    };
    let target = if target.is_empty() { from } else { target };
    if from.is_empty() || !target.starts_with('/') {
        return None;
    }
    let mut mount =
        Mount { source: Some(source(from, named)), target: target.to_owned(), read_only, ..Mount::default() };
    options.split(',').for_each(|option| mount.option(option));
    Some(mount)
}

/// docker's `type=bind,src=./a,dst=/b,ro`.
fn spec(entry: &str, named: &mut bool) -> Option<Mount> {
    let mut mount = Mount::default();
    for field in entry.split(',') {
        match field.split_once('=') {
            Some(("type", kind)) => mount.kind = kind.to_owned(),
            Some(("src" | "source", from)) => mount.source = Some(source(from, named)),
            Some(("dst" | "target" | "destination", target)) => mount.target = target.to_owned(),
            _ => mount.option(field),
        }
    }
    complete(mount)
}

/// compose's, OCI's and nsjail's tables.
fn long(table: &Dict, named: &mut bool) -> Option<Mount> {
    let mut mount = Mount::default();
    let mut is_bind = false;
    for (key, value) in table {
        let yes = value.to_bool() == Some(true);
        match (super::super::plain(key).as_str(), value) {
            ("type" | "fstype", value) => mount.kind = value.as_str()?.to_owned(),
            ("source" | "src", value) => mount.source = Some(value.as_str()?.to_owned()),
            ("target" | "destination" | "dst", value) => mount.target = value.as_str()?.to_owned(),
            ("readonly", _) => mount.read_only = yes,
            ("rw", _) => mount.read_only = !yes,
            ("isbind", _) => is_bind = yes,
            ("options", Value::Array(..)) => {
                texts(value)?.iter().for_each(|option| mount.option(option));
            }
            ("options", _) => value.as_str()?.split(',').for_each(|option| mount.option(option)),
            ("tmpfs", Value::Dict(_, tmpfs)) => {
                mount.size = tmpfs.get("size").and_then(super::size);
                mount.mode = tmpfs.get("mode").and_then(text).map(|mode| octal(&mode));
            }
            (_, value) => mount.lost.push(format!("{key} = {}", toml(value)?)),
        }
    }
    // nsjail's mounts are read-only unless `rw` is said, as ours are.
    if is_bind && !table.contains_key("rw") {
        mount.read_only = true;
    }
    if mount.kind == "tmpfs" || mount.is_built_in() {
        mount.source = None;
    }
    let from = mount.source.take().map(|from| source(&from, named));
    mount.source = from;
    complete(mount)
}

fn complete(mount: Mount) -> Option<Mount> {
    let has_source = mount.source.is_some() || mount.kind == "tmpfs" || mount.is_built_in();
    (mount.target.starts_with('/') && has_source).then_some(mount)
}

/// LXC's `proc proc proc defaults 0 0`; the target is relative to the root.
pub fn fstab(value: &Value) -> Option<Converted> {
    let mut mounts = Vec::new();
    for line in texts(value)? {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let [from, target, kind, options, ..] = columns[..] else { return None };
        let target = format!("/{}", target.trim_start_matches('/'));
        let mut mount = Mount { kind: kind.to_owned(), target, ..Mount::default() };
        options.split(',').for_each(|option| mount.option(option));
        if mount.kind != "tmpfs" && !mount.is_built_in() {
            mount.source = Some(from.to_owned());
        }
        mounts.push(mount);
    }
    written(&mounts, false)
}

/// `/run:size=64m,mode=755`.
pub fn tmpfs(value: &Value) -> Option<Converted> {
    let mut mounts = Vec::new();
    for entry in texts(value)? {
        // systemd has several in one line.
        for entry in entry.split_whitespace() {
            let (target, options) = entry.split_once(':').unwrap_or((entry, ""));
            let mut mount = Mount { kind: "tmpfs".into(), target: target.to_owned(), ..Mount::default() };
            options.split(',').for_each(|option| mount.option(option));
            mounts.push(complete(mount)?);
        }
    }
    written(&mounts, false)
}

/// As the short form if all of them have one, else as a table.
fn written(mounts: &[Mount], named: bool) -> Option<Converted> {
    let ours: Vec<&Mount> = mounts.iter().filter(|mount| !mount.is_built_in()).collect();
    let mut all = Converted::default();
    let shorts: Option<Vec<String>> = ours.iter().map(|mount| mount.short()).collect();
    match shorts {
        _ if ours.is_empty() => {}
        Some(shorts) => all = Converted::one("mounts", list(&shorts)),
        // Keys of their own, which go together with those of other answers.
        None => all.sets = ours.iter().map(|mount| mount.entry()).collect(),
    }
    let built_in: Vec<&str> =
        mounts.iter().filter(|mount| mount.is_built_in()).map(|mount| mount.target.as_str()).collect();
    if !built_in.is_empty() {
        all = all.note(&format!("{} is there without asking", built_in.join(", ")));
    }
    let lost: Vec<&str> = ours.iter().flat_map(|mount| mount.lost.iter().map(String::as_str)).collect();
    if !lost.is_empty() {
        all = all.note(&format!("{LEFT_OUT}{}", lost.join(", ")));
    }
    if named {
        all = all.note(FOLDERS);
    }
    (!mounts.is_empty()).then_some(all)
}
