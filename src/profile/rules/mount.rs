//! Rules of mounts.

use super::at;
use crate::diagnostic::Diagnostic;
use crate::profile::build::GENERATED;
use crate::profile::choice::MountKind;
use crate::profile::found::{Found, code};
use crate::profile::layer::{At, LayerData};
use crate::profile::origins::Origins;
use crate::profile::path::KeyPath;
use crate::profile::raw::RawMount;
use crate::profile::types::{Create, Propagation};
use figment::value::{Dict, Value};

/// Keys that decide the kind where `type` is not written, the surest first.
const DECIDES: [(&str, MountKind); 4] = [
    ("source", MountKind::Bind),
    ("content", MountKind::File),
    ("size", MountKind::Tmpfs),
    ("mode", MountKind::Tmpfs),
];

/// The kind of mount that a layer's table asks for, if it does.
pub fn asked_kind(mount: &Dict) -> Option<MountKind> {
    match mount.get("type").and_then(Value::as_str) {
        Some(word) => MountKind::WORDS.iter().find(|(known, _)| *known == word).map(|(_, kind)| *kind),
        // A mode alone says nothing of a mount that a lower layer has.
        None => DECIDES[..3].iter().find(|(key, _)| mount.contains_key(*key)).map(|(_, kind)| *kind),
    }
}

/// Whether a layer's table makes another kind of mount out of one of this kind.
pub fn changes_kind(mount: &Dict, below: MountKind) -> bool {
    // A size that the kind below has a use for is that one's.
    let only_size = !["type", "source", "content"].iter().any(|key| mount.contains_key(*key));
    asked_kind(mount).is_some_and(|kind| kind != below && !(only_size && below.keys().contains(&"size")))
}

/// The kind of a merged mount.
pub fn kind(mount: &RawMount) -> Option<MountKind> {
    match mount.kind {
        Some(kind) => Some(kind.0),
        None => DECIDES.iter().find(|(key, _)| mount.has(key)).map(|(_, kind)| *kind),
    }
}

/// The kinds that have a use for a key.
fn useful_for(key: &str) -> String {
    let kinds = MountKind::WORDS.iter().filter(|(_, kind)| kind.keys().contains(&key));
    let kinds: Vec<_> = kinds.map(|(word, _)| format!("type = \"{word}\"")).collect();
    kinds.join(" or ")
}

fn useless(kind: MountKind, shown: &KeyPath, key: &str) -> Diagnostic {
    let word = kind.word();
    Diagnostic::error(code("mount_kind"), format!("`{shown}`: a {word} mount has no {key}"))
        .with_help(format!("`{key}` belongs to {}; remove one of the two", useful_for(key)))
}

/// Keys of a mount that its kind has no use for, in one layer.
pub fn within(layer: &LayerData, target: &str, mount: &Dict, found: &mut Vec<Found>) {
    let Some(kind) = asked_kind(mount) else { return };
    let useless_key = |key: &&&str| !kind.keys().contains(*key) && mount.contains_key(**key);
    if !MountKind::KEYS.iter().any(|key| useless_key(&key)) {
        return;
    }
    let path = &KeyPath::keys(["mounts", target]);
    let deciding = DECIDES.iter().find(|(key, _)| mount.contains_key(*key)).map(|(key, _)| *key);
    let decided = if mount.contains_key("type") { "type" } else { deciding.unwrap_or("type") };
    for key in MountKind::KEYS.iter().filter(useless_key) {
        let shown = path.child(key);
        let diagnostic = useless(kind, &shown, key);
        let word = kind.word();
        let diagnostic = layer.label(diagnostic, &shown, At::Key, format!("not for a {word} mount"));
        let diagnostic =
            layer.label(diagnostic, &path.child(decided), At::Value, format!("makes it a {word} mount"));
        found.push(Found { path: shown, diagnostic });
    }
}

/// What is missing, or contradicts itself, once all layers are merged.
pub fn merged(origins: &Origins, path: &KeyPath, mount: &RawMount) -> Vec<Diagnostic> {
    let Some(kind) = kind(mount) else {
        let diagnostic =
            Diagnostic::error(code("missing_key"), format!("`{path}` does not say what is mounted"))
                .with_help("write source = \"./folder\", or type = \"tmpfs\"");
        return vec![at(origins, diagnostic, &path.to_string(), "neither `type` nor `source`")];
    };
    let mut problems = Vec::new();
    for (key, wanted) in [("source", MountKind::Bind), ("content", MountKind::File)] {
        let wants = kind == wanted || kind == MountKind::Overlay && key == "source";
        if wants && !mount.has(key) {
            let example = if key == "source" { "\"./folder\"" } else { "\"text\"" };
            let message = format!("`{path}`: a {} mount needs a {key}", kind.word());
            let diagnostic = Diagnostic::error(code("missing_key"), message);
            let diagnostic = diagnostic.with_help(format!("write {key} = {example}"));
            problems.push(at(origins, diagnostic, &path.to_string(), &format!("`{key}` is missing")));
        }
    }
    for key in MountKind::KEYS.iter().filter(|key| !kind.keys().contains(key) && mount.has(key)) {
        let shown = path.child(key);
        let label = format!("not for a {} mount", kind.word());
        problems.push(at(origins, useless(kind, &shown, key), &shown.to_string(), &label));
    }
    problems.extend(contradictions(origins, path, mount));
    if kind == MountKind::Dev && path.last_key() != Some("/dev") {
        let diagnostic =
            Diagnostic::error(code("mount_kind"), format!("`{path}`: only /dev can be a dev mount"))
                .with_help("mount single devices' folders with type = \"tmpfs\" or \"bind\"");
        problems.push(at(origins, diagnostic, &path.child("type").to_string(), "for /dev only"));
    }
    if kind == MountKind::Cgroup && mount.read_only.is_some_and(|it| !it.0) {
        let message = format!("`{path}`: groups that the container could write would not bound it");
        let diagnostic = Diagnostic::error(code("conflict"), message).with_help("leave read_only out");
        problems.push(at(origins, diagnostic, &path.child("read_only").to_string(), "is always read-only"));
    }
    if kind == MountKind::Generated {
        problems.extend(generated(origins, path, mount));
    }
    problems
}

/// What is made is made for three files only, and one of them is the host's own.
fn generated(origins: &Origins, path: &KeyPath, mount: &RawMount) -> Option<Diagnostic> {
    let target = path.last_key().unwrap_or_default();
    if !GENERATED.contains(&target) {
        let message = format!("`{path}`: nothing is generated for {target}");
        let diagnostic = Diagnostic::error(code("mount_kind"), message).with_help(format!(
            "write content = \"…\" for a file of your own; generated are {}",
            GENERATED.join(", ")
        ));
        return Some(at(origins, diagnostic, &path.child("type").to_string(), "for files of ours only"));
    }
    let writable = mount.read_only.is_some_and(|it| !it.0);
    (writable && target == "/etc/resolv.conf").then(|| {
        let message = format!("`{path}`: it is the host's own file, which a container never writes");
        let help = "write content = \"…\" and read_only = false for a file of the container's own";
        let diagnostic = Diagnostic::error(code("conflict"), message).with_help(help);
        at(origins, diagnostic, &path.child("read_only").to_string(), "would write to the host")
    })
}

fn contradictions(origins: &Origins, path: &KeyPath, mount: &RawMount) -> Option<Diagnostic> {
    let conflict = |message: String, help: &str, one: &str, other: &str| {
        let diagnostic = Diagnostic::error(code("conflict"), format!("`{path}`: {message}")).with_help(help);
        let diagnostic = at(origins, diagnostic, &path.child(one).to_string(), "this");
        Some(if mount.has(other) {
            at(origins, diagnostic, &path.child(other).to_string(), "and this")
        } else {
            diagnostic
        })
    };
    let options = mount.options.iter().flatten();
    for (index, one) in options.clone().enumerate() {
        if let Some(other) = options.clone().skip(index + 1).find(|other| one.0.contradicts(other.0)) {
            let message = format!("the options {} and {} exclude each other", one.0.word(), other.0.word());
            return conflict(message, "keep one of the two", "options", "");
        }
    }
    if mount.optional.is_some_and(|it| it.0) && mount.create.is_some_and(|it| it.0 != Create::No) {
        let message = "a source that is made is never missing".to_owned();
        return conflict(
            message,
            "keep one: `optional` leaves the bind out, `create` makes the source",
            "optional",
            "create",
        );
    }
    let single = |it| matches!(it, Propagation::Slave | Propagation::Shared);
    if let Some(word) = mount.propagation.filter(|it| single(it.0))
        && mount.recursive.is_none_or(|it| it.0)
    {
        let word = if word.0 == Propagation::Slave { "slave" } else { "shared" };
        let message = format!("\"{word}\" is for one mount, and the bind is recursive");
        let help = format!("write propagation = \"r{word}\" for all of them, or recursive = false");
        return conflict(message, &help, "propagation", "recursive");
    }
    None
}
