//! One table of a file → one layer: interpolated, spelled out, checked.

use super::desugar::{self, Base};
use super::env_file;
use super::environment::{self, Environment};
use super::fault::Fault;
use super::file::{FILE_KEYS, Parsed, Shape, is_extension};
use super::found::{Found, code};
use super::gather::Table;
use super::interpolate::{self, Scope};
use super::keys::{self, Kind};
use super::layer::{At, Elsewhere, LayerData};
use super::origin::Layer;
use super::path::{KeyPath, quote_text};
use super::{check, removal, rules};
use crate::diagnostic::{Diagnostic, Sources};
use figment::value::{Dict, Value};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A layer and what is wrong with it.
#[derive(Clone)]
pub struct Prepared {
    /// The values that are right.
    pub layer: LayerData,
    /// The problems of the others.
    pub found: Vec<Found>,
    /// Whether the container's name is in it, so that another container's would differ.
    pub named: bool,
}

/// What preparing a layer needs besides its own text.
pub struct World<'a> {
    /// The caller's environment.
    pub environment: &'a Environment,
    /// The caller's home, for `~/`.
    pub home: Option<&'a Path>,
    /// Reads other files.
    pub read: &'a dyn Fn(&Path) -> Result<String, String>,
    /// Where the texts of env files go.
    pub sources: &'a mut Sources,
}

/// Prepares the layer of a table of a file, which has these values.
pub fn table(
    file: &Parsed,
    table: &Table,
    values: Dict,
    name: Option<&str>,
    world: &mut World<'_>,
) -> Prepared {
    let mut data = file.layer(table.layer, table.path.clone());
    let mut found = Vec::new();
    data.values = values;
    file_keys(&mut data, file, &mut found);
    if file.extended {
        strip_extensions(&mut data.values, &KeyPath::default());
    }
    let base = Base { folder: &file.folder, home: world.home };
    let named = Cell::new(false);
    if file.interpolates {
        // The words of a command are split first: a value never splits.
        desugar::commands(&mut data, &mut found);
        let environment = |name: &str| world.environment.get(name);
        let folder = file.folder.to_string_lossy();
        let scope =
            Scope { vars: &file.vars, environment: &environment, name, named: &named, folder: &folder };
        let text = world.sources.shared(file.source);
        interpolate::interpolate(&mut data, &text.text, &scope, &mut found);
    }
    let failed = found.len();
    finish(&mut data, base, &mut found, world);
    if !found.is_empty() {
        found = trusted(file, &data, found, failed);
    }
    Prepared { layer: data, found, named: named.get() }
}

/// The problems that say something. A value that could not be made out (those of the
/// problems before `failed`) has no others, nor has what stands in for a date.
fn trusted(file: &Parsed, data: &LayerData, mut found: Vec<Found>, failed: usize) -> Vec<Found> {
    let rest = found.split_off(failed);
    let doubted: BTreeSet<&KeyPath> = found.iter().map(|bad| &bad.path).collect();
    let unusable: BTreeSet<&KeyPath> = file.unusable.iter().map(|it| &it.path).collect();
    let within = |bad: &BTreeSet<&KeyPath>, path: &KeyPath| {
        !bad.is_empty() && (1..=path.0.len()).any(|length| bad.contains(&path.0[..length]))
    };
    let rest: Vec<Found> = rest
        .into_iter()
        .filter(|it| {
            let written = data.written(&it.path);
            !within(&doubted, &written) && !within(&unusable, &data.prefix.join(&written))
        })
        .collect();
    found.extend(rest);
    found.retain(|it| !file.doubts(&it.diagnostic));
    found
}

/// The keys that are not the layer's own.
fn file_keys(layer: &mut LayerData, file: &Parsed, found: &mut Vec<Found>) {
    if layer.prefix.0.is_empty() {
        layer.values.retain(|key, _| !FILE_KEYS.contains(&key.as_str()));
    } else if matches!(layer.layer, Layer::File | Layer::Extends) {
        layer.values.remove("extends");
    } else if layer.values.contains_key("extends") {
        let fault = Fault::new("extends", "only a container extends another", "not here")
            .help("write it above, among the container's own keys");
        found.push(Found::fault(layer, &KeyPath::keys(["extends"]), At::Key, &fault));
        layer.values.remove("extends");
    }
    if layer.layer == Layer::Extends {
        // What is extended is a container of its own; its name stays with it.
        layer.values.remove("name");
    } else if !layer.prefix.0.is_empty()
        && layer.values.contains_key("name")
        && (file.shape() == Shape::Several || layer.layer != Layer::Variant)
    {
        let fault = Fault::new("shape", "a container's name is the key of its table", "not here")
            .help("rename the table: [containers.<name>]; `name` at the top names the project");
        found.push(Found::fault(layer, &KeyPath::keys(["name"]), At::Key, &fault));
        layer.values.remove("name");
    }
}

/// Takes the keys `x-…` out of the tables with fixed keys.
fn strip_extensions(values: &mut Dict, path: &KeyPath) {
    let fixed = path.0.is_empty() || keys::kind(path) == Some(Kind::Table);
    values.retain(|key, _| !fixed || !is_extension(key));
    for (key, value) in values.iter_mut() {
        if let Value::Dict(_, table) = value {
            strip_extensions(table, &path.child(key));
        }
    }
}

/// Spells the layer out and checks it.
pub fn finish(layer: &mut LayerData, base: Base<'_>, found: &mut Vec<Found>, world: &mut World<'_>) {
    desugar::commands(layer, found);
    desugar::desugar(layer, base, found);
    env_files(layer, base, found, world);
    pass_env(layer, found, world.environment);
    removal::collect(layer, found);
    check::check(layer, found);
    rules::within(layer, found);
}

/// The elements of a key that takes one text or an array; nothing for another type,
/// which `check` refuses.
fn texts(layer: &LayerData, key: &str) -> Option<Vec<(KeyPath, String)>> {
    let value = layer.values.get(key)?;
    let path = KeyPath::keys([key]);
    match value {
        Value::String(_, text) => Some(vec![(path, text.clone())]),
        Value::Array(_, elements) => elements
            .iter()
            .enumerate()
            .map(|(index, element)| Some((path.element(index), element.as_str()?.to_owned())))
            .collect(),
        _ => None,
    }
}

/// Puts a variable into `env` unless one of that name is there.
fn add(layer: &mut LayerData, name: &str, value: &str) -> bool {
    let env = layer.values.entry("env".into()).or_insert_with(|| Value::from(Dict::new()));
    let Value::Dict(_, env) = env else { return false };
    if env.contains_key(name) {
        return false;
    }
    env.insert(name.to_owned(), Value::from(value));
    true
}

/// Reads `env_file`: a later file over an earlier one, `env` over all of them.
fn env_files(layer: &mut LayerData, base: Base<'_>, found: &mut Vec<Found>, world: &mut World<'_>) {
    let Some(files) = texts(layer, "env_file") else { return };
    layer.values.remove("env_file");
    for (written, text) in files.into_iter().rev() {
        let path = match desugar::host_path(&text, base) {
            Ok(path) if !text.is_empty() => PathBuf::from(path),
            Ok(_) => {
                let fault = Fault::new("path_empty", "a path can't be empty", "a path belongs here");
                found.push(Found::fault(layer, &written, At::Value, &fault));
                continue;
            }
            Err(fault) => {
                found.push(Found::fault(layer, &written, At::Value, &fault));
                continue;
            }
        };
        let content = match (world.read)(&path) {
            Ok(content) => content,
            Err(why) => {
                let message = format!("can't read {}: {why}", quote_text(&text));
                let fault = Fault::new("env_file", message, why);
                found.push(Found::fault(layer, &written, At::Value, &fault));
                continue;
            }
        };
        let (variables, wrong) = env_file::parse(&content);
        let source = world.sources.add(text.as_str(), content.as_str());
        for (span, fault) in wrong {
            let mut diagnostic = Diagnostic::error(code(fault.code), format!("{text}: {}", fault.message));
            diagnostic.help = fault.help;
            let diagnostic = diagnostic.with_label(source, span, fault.label);
            found.push(Found { path: KeyPath::keys(["env"]), diagnostic });
        }
        for variable in variables {
            if add(layer, &variable.name, &variable.value) {
                let canonical = KeyPath::keys(["env", &variable.name]);
                layer.elsewhere.push(Elsewhere { canonical, source, span: variable.value_at });
            }
        }
    }
}

/// Passes the caller's variables on; one that is not set is left out.
fn pass_env(layer: &mut LayerData, found: &mut Vec<Found>, environment: &Environment) {
    let Some(patterns) = texts(layer, "pass_env") else { return };
    layer.values.remove("pass_env");
    for (written, pattern) in patterns {
        if pattern.is_empty() || pattern.contains(['=', '\0', '?', '[']) {
            let fault = Fault::new(
                "env_name",
                format!("{} is no name of a variable", quote_text(&pattern)),
                match pattern.chars().next() {
                    None => "a name is missing",
                    _ if pattern.contains('=') => "a value has no place here",
                    _ => "`*` is the only wildcard",
                },
            )
            .help("write names such as \"LANG\", or \"LC_*\" for all that begin so; values go into [env]");
            found.push(Found::fault(layer, &written, At::Value, &fault));
            continue;
        }
        for (name, value) in environment.sorted() {
            if environment::fits(&pattern, name) && add(layer, name, value) {
                let canonical = KeyPath::keys(["env", name]);
                if let Some((source, span)) = layer.span(&written, At::Value) {
                    layer.elsewhere.push(Elsewhere { canonical, source, span });
                }
            }
        }
    }
}
