//! The lowest layer: what the program itself gives every container.
//!
//! Few profiles say anything about these values, so that they stand in a container's
//! lowest layer only where a higher one does ([`fill`]). The others are known anyway, and
//! [`super::build`] adds them: they need not be merged.

use super::build::mount;
use super::layer::LayerData;
use super::types::Mount;
use figment::value::{Dict, Tag, Value};
use std::collections::BTreeMap;

/// Variables of the command.
const ENV: [(&str, &str); 2] =
    [("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"), ("container", "tinydocker")];

/// Which built-in values the lowest layer was given, by table and key. One that it was
/// given and that is gone after the layers were merged was taken away by somebody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given(Vec<(&'static str, &'static str)>);

impl Given {
    /// Whether the lowest layer was given this one.
    pub fn has(&self, table: &str, key: &str) -> bool {
        self.0.contains(&(table, key))
    }
}

/// The tables that have built-in entries.
const TABLES: [&str; 3] = ["env", "mounts", "security"];

/// The keys of the built-in entries of a table.
fn keys(table: &str) -> impl Iterator<Item = &'static str> + '_ {
    let env = ENV.iter().map(|(name, _)| *name).filter(move |_| table == "env");
    let mounts = mount::built_in_targets().filter(move |_| table == "mounts");
    env.chain(mounts).chain(Some("no_new_privileges").filter(|_| table == "security"))
}

fn value(table: &str, key: &str) -> Value {
    match table {
        "env" => Value::from(ENV.iter().find(|(name, _)| *name == key).map_or("", |(_, text)| text)),
        "mounts" => mount::built_in(key),
        _ => Value::from(true),
    }
}

fn insert(values: &mut Dict, table: &str, key: &str) {
    let entries = values.entry(table.to_owned()).or_insert_with(|| Value::Dict(Tag::Default, Dict::new()));
    if let Value::Dict(_, entries) = entries {
        entries.insert(key.to_owned(), value(table, key));
    }
}

/// Gives the lowest layer the built-in values that a higher one says something about.
pub fn fill(layers: &mut [LayerData]) -> Given {
    let mut given = Given::default();
    let Some((built_in, above)) = layers.split_first_mut() else { return given };
    for table in TABLES {
        for layer in above.iter() {
            if layer.removals.is_empty() && !layer.values.contains_key(table) {
                continue;
            }
            let written = layer.values.get(table).and_then(Value::as_dict);
            // Who takes something away says something about it, too.
            let taken = |key: &str| {
                let mut paths = layer.removals.iter().map(|removal| &removal.path);
                paths.any(|path| path.key(0) == Some(table) && path.key(1).is_none_or(|it| it == key))
            };
            for key in keys(table) {
                let touched = written.is_some_and(|written| written.contains_key(key)) || taken(key);
                if touched && !given.has(table, key) {
                    insert(&mut built_in.values, table, key);
                    given.0.push((table, key));
                }
            }
        }
    }
    given
}

/// Adds the values that [`fill`] did not give to merged ones.
pub fn complete(merged: &mut Dict, given: &Given) {
    for table in TABLES {
        for key in keys(table).filter(|key| !given.has(table, key)) {
            let there = merged.get(table).and_then(Value::as_dict).is_some_and(|it| it.contains_key(key));
            if !there {
                insert(merged, table, key);
            }
        }
    }
}

/// Adds the variables that [`fill`] did not give.
pub fn add_env(env: &mut BTreeMap<String, String>, given: &Given) {
    for (name, text) in ENV.iter().filter(|(name, _)| !given.has("env", name)) {
        env.insert((*name).to_owned(), (*text).to_owned());
    }
}

/// Adds the mounts that [`fill`] did not give.
pub fn add_mounts(mounts: &mut BTreeMap<String, Mount>, given: &Given, hostname: &str) {
    for target in mount::built_in_targets().filter(|target| !given.has("mounts", target)) {
        mounts.insert(target.to_owned(), mount::built_in_mount(target, hostname));
    }
}
