//! `false` and `"*" = false`: what a layer takes out of the layers below it.

use super::fault::Fault;
use super::found::Found;
use super::keys::{self, Kind, Known};
use super::layer::{At, LayerData, Removal, cut, get};
use super::origin::Layer;
use super::path::{KeyPath, Way};
use figment::value::{Dict, Value};

/// Collects a layer's removals and takes them out of its values. Done once short
/// spellings are spelled out, so that the keys are canonical.
pub fn collect(layer: &mut LayerData, found: &mut Vec<Found>) {
    let mut state = State::default();
    if !removes(&layer.values) {
        return;
    }
    walk(&mut layer.values, Way::Start, Known::Root, &mut state);
    for path in state.star {
        let fault = Fault::new("removal", "`\"*\"` can only be false", "expected false")
            .help("\"*\" = false drops every entry that lower layers gave");
        found.push(Found::fault(layer, &path, At::Value, &fault));
    }
    layer.removals.append(&mut state.removals);
}

#[derive(Default)]
struct State {
    removals: Vec<Removal>,
    star: Vec<KeyPath>,
}

/// Whether there may be a removal in a table: most have none, and need no closer look.
fn removes(values: &Dict) -> bool {
    values.iter().any(|(key, value)| match value {
        Value::Bool(_, false) => true,
        Value::Dict(_, table) => key == "*" || removes(table),
        _ => key == "*",
    })
}

fn walk(values: &mut Dict, way: Way<'_>, known: Known, state: &mut State) {
    values.retain(|key, value| match value {
        // All capabilities at once.
        Value::Bool(_, true) if key == "*" && known.child(key).kind() == Some(Kind::Switch) => true,
        value if key == "*" && known.kind() == Some(Kind::Identity) => {
            if value.to_bool() == Some(false) {
                state.removals.push(Removal { path: way.path(), all: true });
            } else {
                state.star.push(Way::Key(&way, key).path());
            }
            false
        }
        Value::Bool(_, false) => {
            let removes = known.child(key).kind().is_some_and(|kind| kind != Kind::Switch);
            if removes {
                state.removals.push(Removal { path: Way::Key(&way, key).path(), all: false });
            }
            !removes
        }
        Value::Dict(_, table) if !table.is_empty() => {
            if !removes(table) {
                return true;
            }
            walk(table, Way::Key(&way, key), known.child(key), state);
            // Of what only removes, no empty table is left to merge.
            !table.is_empty()
        }
        _ => true,
    });
}

/// Takes a layer's removals out of the layers below it. What the program itself had given
/// is added to `dropped`.
pub fn apply(lower: &mut [LayerData], upper: &LayerData, dropped: &mut Vec<KeyPath>, found: &mut Vec<Found>) {
    for removal in &upper.removals {
        let mut any = false;
        for layer in lower.iter_mut() {
            let Some(gone) = cut(&mut layer.values, &removal.path) else { continue };
            match gone {
                Value::Dict(_, table) if removal.all => {
                    any |= !table.is_empty();
                    if layer.layer == Layer::BuiltIn {
                        dropped.extend(table.keys().map(|key| removal.path.child(key)));
                    }
                }
                _ => {
                    any = true;
                    if layer.layer == Layer::BuiltIn {
                        dropped.push(removal.path.clone());
                    }
                }
            }
        }
        if !any {
            found.push(nothing(upper, removal));
        }
    }
    for path in emptied(&upper.values) {
        // Built-in entries are inherited by everybody; an empty table means no ill to them.
        let inherited = lower.iter().skip(1).any(|layer| {
            get(&layer.values, &path).and_then(Value::as_dict).is_some_and(|table| !table.is_empty())
        });
        if inherited {
            let fault =
                Fault::new("removal", "empty, yet lower layers have entries", "adds and removes nothing")
                    .help(
                        "to drop the inherited entries write \"*\" = false in this table; else leave it out",
                    );
            found.push(Found::fault(upper, &path, At::Value, &fault));
        }
    }
}

/// The identity tables that a layer writes without entries.
fn emptied(values: &Dict) -> Vec<KeyPath> {
    fn any(values: &Dict) -> bool {
        values.values().any(|value| matches!(value, Value::Dict(_, table) if table.is_empty() || any(table)))
    }
    fn collect(values: &Dict, way: Way<'_>, known: Known, into: &mut Vec<KeyPath>) {
        for (key, value) in values {
            let Value::Dict(_, table) = value else { continue };
            let (way, known) = (Way::Key(&way, key), known.child(key));
            if !table.is_empty() {
                collect(table, way, known, into);
            } else if known.kind() == Some(Kind::Identity) {
                into.push(way.path());
            }
        }
    }
    let mut paths = Vec::new();
    if any(values) {
        collect(values, Way::Start, Known::Root, &mut paths);
    }
    paths
}

fn nothing(layer: &LayerData, removal: &Removal) -> Found {
    let path = if removal.all { removal.path.child("*") } else { removal.path.clone() };
    let fault = Fault::new("removal", "there is nothing to remove", "no lower layer gives it a value");
    let fault = match keys::kind(&path) {
        Some(Kind::Text) if !removal.all => fault.help("for the text write \"false\" in quotes"),
        _ => fault.help("leave it out"),
    };
    Found::fault(layer, &path, At::Value, &fault)
}
