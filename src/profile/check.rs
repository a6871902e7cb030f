//! All problems of one layer's values: deserialize, note the error, cut that value out,
//! again, until it passes; then the ranges on what is left.

use super::fault::Fault;
use super::found::{Found, code};
use super::keys::{self, Known};
use super::layer::{At, LayerData, cut, get};
use super::path::{KeyPath, Segment, Way};
use super::raw::Raw;
use super::unknown;
use crate::diagnostic::Diagnostic;
use figment::error::{Actual, Kind};
use figment::value::{Dict, Tag, Value};
use serde::Deserialize;
use validator::{Validate, ValidationErrors, ValidationErrorsKind};

/// serde takes an array for a struct, field by field; a profile's tables are tables.
fn arrays_for_tables(layer: &mut LayerData, found: &mut Vec<Found>) {
    fn any(table: &Dict) -> bool {
        table.values().any(|value| match value {
            Value::Array(..) => true,
            Value::Dict(_, table) => any(table),
            _ => false,
        })
    }
    fn collect(table: &Dict, way: Way<'_>, known: Known, paths: &mut Vec<KeyPath>) {
        for (key, value) in table {
            match value {
                Value::Array(..) if known.child(key).kind().is_some_and(keys::Kind::is_table) => {
                    paths.push(Way::Key(&way, key).path());
                }
                Value::Dict(_, table) if any(table) => {
                    collect(table, Way::Key(&way, key), known.child(key), paths)
                }
                _ => {}
            }
        }
    }
    let mut paths = Vec::new();
    collect(&layer.values, Way::Start, Known::Root, &mut paths);
    for path in paths {
        found.push(problem(layer, &path, Kind::InvalidType(Actual::Seq, "a table".into())));
        cut(&mut layer.values, &path);
    }
}

/// Checks a desugared layer. Values with problems are cut out of it, so that what is
/// left can be merged and checked on.
pub fn check(layer: &mut LayerData, found: &mut Vec<Found>) {
    arrays_for_tables(layer, found);
    let raw = match read(&mut layer.values) {
        Ok(raw) => raw,
        Err(_) => {
            one_by_one(layer, found);
            // What is left passes, as each of its parts did.
            let rest = std::mem::take(&mut layer.values);
            layer.values = sift(layer, rest, None, found);
            let Ok(raw) = read(&mut layer.values) else { return };
            raw
        }
    };
    ranges(layer, &raw, found);
}

/// Deserializing borrows a value; the table goes into one and comes back.
fn read(values: &mut Dict) -> Result<Raw, (KeyPath, Kind)> {
    let value = Value::Dict(Tag::Default, std::mem::take(values));
    let result = Raw::deserialize(&value).map_err(|error| (typed_path(&value, &error.path), error.kind));
    *values = value.into_dict().unwrap_or_default();
    result
}

/// Finds all that does not deserialize. It stops at the first error, so that each key, and
/// each entry of a table of many, is read by itself: the time that many errors take is
/// that of many keys.
fn one_by_one(layer: &mut LayerData, found: &mut Vec<Found>) {
    for (key, value) in std::mem::take(&mut layer.values) {
        let kind = Known::Root.child(&key).kind();
        match value {
            Value::Dict(tag, entries) if kind == Some(keys::Kind::Identity) => {
                let mut sound = Dict::new();
                for (name, entry) in entries {
                    let table = Value::Dict(tag, Dict::from([(name, entry)]));
                    let part = sift(layer, Dict::from([(key.clone(), table)]), None, found);
                    sound.extend(part.into_values().filter_map(Value::into_dict).flatten());
                }
                layer.values.insert(key, Value::Dict(tag, sound));
            }
            Value::Array(tag, elements) if kind == Some(keys::Kind::List) => {
                let mut sound = Vec::with_capacity(elements.len());
                for (index, element) in elements.into_iter().enumerate() {
                    let array = Value::Array(tag, vec![element]);
                    let part = sift(layer, Dict::from([(key.clone(), array)]), Some(index), found);
                    sound.extend(part.into_values().filter_map(Value::into_array).flatten());
                }
                layer.values.insert(key, Value::Array(tag, sound));
            }
            value => {
                let part = sift(layer, Dict::from([(key, value)]), None, found);
                layer.values.extend(part);
            }
        }
    }
}

/// Cuts out whatever does not deserialize. `only` is the position of the only element of
/// an array among those that it was taken from.
fn sift(layer: &LayerData, mut part: Dict, only: Option<usize>, found: &mut Vec<Found>) -> Dict {
    let mut gone = Vec::new();
    while let Err((path, kind)) = read(&mut part) {
        let mut shown = path.clone();
        let element = element(&path);
        if let Some((list, index)) = &element {
            shown = list.element(first_index(&gone, list, *index));
        }
        if let (Some(Segment::Index(index)), Some(only)) = (shown.0.get_mut(1), only) {
            *index = only;
        }
        let value = get(&part, &path);
        match kind {
            Kind::UnknownField(..) => found.extend(unknown::keys(layer, value, &shown)),
            kind => found.push(problem(layer, &shown, kind)),
        }
        if let Some((list, index)) = element {
            if let Some(Value::Array(_, elements)) = super::layer::get_mut(&mut part, &list) {
                elements.remove(index);
            }
            let written = first_index(&gone, &list, index);
            gone.push((list, written));
        } else if cut(&mut part, &path).is_none() {
            // Never by any error of ours; an endless loop would be worse than a gap.
            part.clear();
        }
    }
    part
}

/// The list and the index of a path to an element. Not of the command: its words keep
/// their places, and what stands in for a bad one is a word.
fn element(path: &KeyPath) -> Option<(KeyPath, usize)> {
    match path.0.last() {
        Some(Segment::Index(index)) if !matches!(path.key(0), Some("command" | "entrypoint")) => {
            Some((path.parent(), *index))
        }
        _ => None,
    }
}

/// The index that an element of a list had before others were taken out.
fn first_index(gone: &[(KeyPath, usize)], list: &KeyPath, index: usize) -> usize {
    let mut before: Vec<usize> = gone.iter().filter(|(of, _)| of == list).map(|(_, index)| *index).collect();
    before.sort_unstable();
    before.into_iter().fold(index, |index, gone| if gone <= index { index + 1 } else { index })
}

/// figment's path of text → keys and indices.
fn typed_path(value: &Value, path: &[String]) -> KeyPath {
    let mut value = Some(value);
    let mut segments = Vec::with_capacity(path.len());
    for part in path {
        let array = value.and_then(Value::as_array);
        match (array, part.parse::<usize>()) {
            (Some(array), Ok(index)) => {
                value = array.get(index);
                segments.push(Segment::Index(index));
            }
            _ => {
                value = value.and_then(Value::as_dict).and_then(|dict| dict.get(part));
                segments.push(Segment::Key(part.clone()));
            }
        }
    }
    KeyPath(segments)
}

fn problem(layer: &LayerData, path: &KeyPath, kind: Kind) -> Found {
    match kind {
        Kind::Message(text) => {
            let Some((code, message, label, help)) = Fault::decode(&text) else {
                return Found::fault(layer, path, At::Value, &Fault::new("invalid", text, "not understood"));
            };
            let fault =
                Fault { code: "", message: message.into(), label: label.into(), help: help.map(Into::into) };
            let at = if code == "env_name" { At::Key } else { At::Value };
            let mut found = Found::fault(layer, path, at, &fault);
            found.diagnostic.code = super::found::code(code);
            found
        }
        Kind::InvalidType(actual, expected) => {
            let expected = if path.0.len() == 1 && path.key(0) == Some("rootfs") {
                "a folder, \"host\" or a table"
            } else if path.0.len() == 2 && path.key(1) == Some("seccomp") {
                "\"default\", \"unconfined\", a path or a table"
            } else if keys::is_table(path) {
                "a table"
            } else if path.0.len() == 1 && path.key(0) == Some("groups") {
                "an array of groups such as [\"video\", 44]"
            } else if matches!(path.key(0), Some("masked_paths" | "read_only_paths" | "security"))
                && keys::kind(path) == Some(keys::Kind::List)
            {
                "an array of text"
            } else if keys::kind(path) == Some(keys::Kind::List) {
                "an array of text, or a string"
            } else {
                &expected
            };
            let message = format!("expected {expected}, found {}", describe(&actual));
            let mut fault = Fault::new("type", message, super::form::expected_label(expected));
            if is_mount(path) {
                fault = fault.help("write source = \"./folder\" in this table, or use the short form: mounts = [\"./folder:/target\"]");
            }
            if path.0.len() <= 2 && path.key(0) == Some("devices") {
                fault = fault.help("write what may be done with each: devices = { \"/dev/fuse\" = \"rw\" }");
            }
            if path.starts_with(&KeyPath::keys(["cgroup", "io"])) && path.0.len() <= 3 {
                fault = fault
                    .help("write a table for each disk: [cgroup.io.\"/dev/sda\"] with read_bps = \"10m\"");
            }
            Found::fault(layer, path, At::Value, &fault)
        }
        other => {
            Found::fault(layer, path, At::Value, &Fault::new("invalid", other.to_string(), "not understood"))
        }
    }
}

fn is_mount(path: &KeyPath) -> bool {
    path.0.len() == 2 && path.key(0) == Some("mounts")
}

fn describe(actual: &Actual) -> String {
    match actual {
        Actual::Bool(value) => value.to_string(),
        Actual::Unsigned(number) => format!("the integer {number}"),
        Actual::Signed(number) => format!("the integer {number}"),
        Actual::Float(number) => format!("the float {number}"),
        Actual::Str(_) | Actual::Char(_) => "text".into(),
        Actual::Seq => "an array".into(),
        Actual::Map => "a table".into(),
        other => other.to_string(),
    }
}

/// What validator says of the raw values.
fn ranges(layer: &mut LayerData, raw: &Raw, found: &mut Vec<Found>) {
    let Err(errors) = raw.validate() else { return };
    let mut paths = Vec::new();
    collect(&layer.values, &errors, &KeyPath::default(), &mut paths);
    paths.sort_by(|a, b| a.0.cmp(&b.0));
    for (path, error) in paths {
        let message = error.message.as_deref().unwrap_or("out of range").to_owned();
        let number = |name: &str| error.params.get(name).and_then(serde_json::Value::as_u64);
        let (last, label) = match (error.code.as_ref(), number("min"), number("max")) {
            ("range", Some(min), Some(_)) if path.last_key() == Some("cpu_quota") => {
                ("range", format!("at least {min}, or \"max\""))
            }
            ("range", Some(min), Some(max)) => ("range", format!("from {min} to {max}")),
            ("range", Some(min), None) if min == 6 << 20 => ("range", "less than 6 MiB".into()),
            ("range", Some(min), None) => ("range", format!("at least {min}")),
            (_, _, _) if error.code == "empty" => ("empty", "a program belongs here".into()),
            _ => ("range", "out of range".into()),
        };
        let mut diagnostic = Diagnostic::error(code(last), format!("`{path}`: {message}"));
        diagnostic.help = help(&path);
        let diagnostic = layer.label(diagnostic, &path, At::Value, label);
        cut(&mut layer.values, &path);
        found.push(Found { path, diagnostic });
    }
}

fn help(path: &KeyPath) -> Option<String> {
    let text = match path.last_key()? {
        "memory" | "memory_high" => "a number without a unit counts bytes; did you mean \"…m\" or \"…g\"?",
        "command" => "write command = [\"/bin/sh\"], for example",
        "cpu_quota" => "for a share of a core it is easier to write `cpus`, such as cpus = 0.2",
        "cpu_weight" => "to set shares, in which 1024 is ordinary, write `cpu_shares`",
        "pids" => "for no limit write \"max\"",
        "size" | "shm_size" => "a number without a unit counts bytes; did you mean \"…m\"?",
        _ => return None,
    };
    Some(text.into())
}

fn collect<'e>(
    values: &Dict,
    errors: &'e ValidationErrors,
    path: &KeyPath,
    into: &mut Vec<(KeyPath, &'e validator::ValidationError)>,
) {
    for (field, kind) in errors.errors() {
        // Rust's names; only `kind` differs, and it has no range.
        let path = path.child(field);
        match kind {
            ValidationErrorsKind::Field(errors) => {
                into.extend(errors.iter().map(|error| (path.clone(), error)));
            }
            ValidationErrorsKind::Struct(errors) => collect(values, errors, &path, into),
            ValidationErrorsKind::List(entries) => {
                // Entries of a map come by position, and both maps are sorted.
                let table = get(values, &path).and_then(Value::as_dict);
                let keys: Vec<&String> = table.into_iter().flat_map(Dict::keys).collect();
                for (position, errors) in entries {
                    let key = keys.get(*position).map_or("", |key| key.as_str());
                    collect(values, errors, &path.child(key), into);
                }
            }
        }
    }
}
