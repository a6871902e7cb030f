//! Rules that span several keys, and several layers.

mod devices;
mod limits;
mod mount;
mod namespaces;
mod rootfs;

use super::found::{Found, code};
use super::layer::{At, LayerData, Places};
use super::origin::Layer;
use super::origins::Origins;
use super::path::KeyPath;
use super::raw::Raw;
use super::unknown::{Meant, meant};
use crate::diagnostic::{Diagnostic, SourceId};
use figment::value::{Dict, Value};
use std::collections::BTreeSet;

use mount::asked_kind;
pub use mount::kind;

/// Two ways of saying one thing: keys of one table that exclude each other.
pub struct Exclusive {
    /// The table.
    pub table: &'static str,
    /// One way.
    pub one: &'static [&'static str],
    /// The other.
    pub other: &'static [&'static str],
    help: &'static str,
}

/// Within one layer both ways are a contradiction; a higher layer's way removes the
/// lower one's.
pub const EXCLUSIVE: &[Exclusive] = &[
    Exclusive {
        table: "cgroup",
        one: &["cpus"],
        other: &["cpu_quota", "cpu_period"],
        help: "keep one: `cpus` counts cores, `cpu_quota` µs of every `cpu_period`",
    },
    Exclusive {
        table: "cgroup",
        one: &["cpu_weight"],
        other: &["cpu_shares"],
        help: "keep one: `cpu_weight` is cgroup v2's (ordinary is 100), `cpu_shares` both versions' (1024)",
    },
];

impl Exclusive {
    /// The keys of a side that a layer has.
    fn given(&self, layer: &LayerData, side: &[&str]) -> Vec<KeyPath> {
        let Some(there) = table(&layer.values, self.table) else { return Vec::new() };
        side.iter()
            .filter(|key| there.contains_key(**key))
            .map(|key| KeyPath::keys([self.table, key]))
            .collect()
    }
}

/// What may not stand together in one layer.
pub fn within(layer: &LayerData, found: &mut Vec<Found>) {
    for exclusive in EXCLUSIVE {
        for one in exclusive.given(layer, exclusive.one) {
            for other in exclusive.given(layer, exclusive.other) {
                found.push(excluded(layer, &one, other, exclusive.help));
            }
        }
    }
    for (target, mount) in table(&layer.values, "mounts").into_iter().flatten() {
        if let Some(mount) = mount.as_dict() {
            mount::within(layer, target, mount, found);
        }
    }
}

fn excluded(layer: &LayerData, one: &KeyPath, other: KeyPath, help: &str) -> Found {
    let message = format!("`{one}` and `{other}` exclude each other");
    let diagnostic = layer.label(Diagnostic::error(code("conflict"), message), &other, At::Value, "");
    let mut diagnostic = layer.label(diagnostic, one, At::Value, "");
    // The place that comes first is the primary one.
    diagnostic.labels.sort_by_key(|label| label.span.start);
    for (position, label) in diagnostic.labels.iter_mut().enumerate() {
        label.primary = position == 0;
        label.text = ["this", "and this say the same thing"][position.min(1)].into();
    }
    Found { path: other, diagnostic: diagnostic.with_help(help) }
}

fn table<'v>(values: &'v Dict, key: &str) -> Option<&'v Dict> {
    values.get(key).and_then(Value::as_dict)
}

/// Takes out of lower layers what a higher layer's choice excludes.
pub fn displace(lower: &mut [LayerData], upper: &LayerData) {
    let mut gone: Vec<KeyPath> = upper.replaces.clone();
    for exclusive in EXCLUSIVE {
        if !exclusive.given(upper, exclusive.one).is_empty() {
            gone.extend(exclusive.other.iter().map(|key| KeyPath::keys([exclusive.table, key])));
        } else if !exclusive.given(upper, exclusive.other).is_empty() {
            gone.extend(exclusive.one.iter().map(|key| KeyPath::keys([exclusive.table, key])));
        }
    }
    // `"*"` says something about every capability.
    if super::layer::at(&upper.values, &["security", "capabilities", "*"]).is_some() {
        gone.push(KeyPath::keys(["security", "capabilities"]));
    }
    for (target, mount) in table(&upper.values, "mounts").into_iter().flatten() {
        let Some(mount) = mount.as_dict() else { continue };
        let below = |layer: &LayerData| asked_kind(table(table(&layer.values, "mounts")?, target)?);
        let below = lower.iter().rev().find_map(below);
        if below.is_some_and(|below| mount::changes_kind(mount, below)) {
            gone.push(KeyPath::keys(["mounts", target]));
        }
    }
    for layer in lower {
        for path in &gone {
            super::layer::cut(&mut layer.values, path);
        }
    }
}

/// What is missing or contradicts itself once all layers are merged. `broken` are the
/// keys that already have a problem, `unknown` the keys that don't exist.
pub fn merged(raw: &Raw, origins: &Origins, layers: &[LayerData], broken: &[KeyPath]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let intended = |key: &str| broken.iter().any(|path| path.key(0) == Some(key) || means(path, key));
    if raw.command.is_none() && raw.entrypoint.is_none() && !intended("command") {
        problems.push(missing(
            layers,
            "command",
            "write the program to run, such as command = [\"/bin/sh\"]",
        ));
    }
    let own = namespaces::has_own_mounts(raw);
    if own && raw.rootfs.as_ref().is_none_or(|rootfs| rootfs.source.is_none()) && !intended("rootfs") {
        let help = "write rootfs = \"./folder\" for an unpacked root file system, or rootfs = \"host\" for the host's own";
        let key = if raw.rootfs.is_some() { "rootfs.source" } else { "rootfs" };
        problems.push(missing(layers, key, help));
    }
    if let Some(first) = raw.command.as_ref().and_then(|command| command.first())
        && first.0.is_empty()
    {
        let diagnostic = Diagnostic::error(code("empty"), "`command`: the program's name is empty");
        problems.push(at(origins, diagnostic, "command[0]", "a program belongs here"));
    }
    problems.extend(namespaces::contradictions(raw, origins));
    problems.extend(limits::contradictions(raw, origins, broken));
    problems.extend(devices::contradictions(raw, origins));
    problems.extend(rootfs::contradictions(raw, origins, broken));
    problems.extend(super::privilege_rules::merged(raw, origins, broken));
    let broken: BTreeSet<&KeyPath> = broken.iter().collect();
    for (target, mount) in raw.mounts.iter().flatten() {
        // What is wrong at or below it says enough.
        let path = KeyPath::keys(["mounts", target]);
        let below =
            broken.range::<KeyPath, _>(&path..).next().is_some_and(|broken| broken.starts_with(&path));
        if !below && !broken.contains(&path.0[..1]) {
            problems.extend(mount::merged(origins, &path, mount));
        }
    }
    problems
}

/// Whether a key that doesn't exist was meant to be `key`, here or in another table.
fn means(path: &KeyPath, key: &str) -> bool {
    match meant(path) {
        Meant::Near(near) => path.0.len() == 1 && near == key,
        Meant::Elsewhere(place) => place == key,
        Meant::Foreign(hit) => hit.stands_for(key),
        Meant::Nothing => false,
    }
}

/// Adds a label at the place that set a key, if anything but the program did.
pub fn at(origins: &Origins, diagnostic: Diagnostic, key: &str, text: &str) -> Diagnostic {
    let parent = key.split(['[', '.']).next().unwrap_or(key);
    match origins.span(key).or_else(|| origins.span(parent)) {
        Some((source, span)) => diagnostic.with_label(source, span, text),
        None => diagnostic,
    }
}

/// A required key that no layer has; shown at the container's own table.
fn missing(layers: &[LayerData], key: &str, help: &str) -> Diagnostic {
    let diagnostic = Diagnostic::error(code("missing_key"), format!("`{key}` is missing")).with_help(help);
    let own = layers.iter().rev().find(|layer| layer.layer == Layer::File);
    let path = KeyPath::keys(key.split('.'));
    let last = path.last_key().unwrap_or(key);
    match own {
        Some(layer) if path.0.len() > 1 && layer.spot(&path.parent()).is_some() => {
            layer.label(diagnostic, &path.parent(), At::Key, format!("`{last}` is missing here"))
        }
        Some(layer) if !layer.prefix.0.is_empty() => {
            layer.label(diagnostic, &KeyPath::default(), At::Key, format!("`{last}` is missing here"))
        }
        Some(LayerData { places: Places::Document(source, document), .. }) => {
            diagnostic.with_label(*source, document.first_key(), format!("no `{key}` in this file"))
        }
        _ => command_line(layers).map_or(diagnostic.clone(), |source| {
            diagnostic.with_label(source, 0..0, format!("no `{key}` given"))
        }),
    }
}

fn command_line(layers: &[LayerData]) -> Option<SourceId> {
    layers.iter().find_map(|layer| match &layer.places {
        Places::Typed(source, _) => Some(*source),
        _ => None,
    })
}
