//! The effective profile: what all layers come to, as a profile again.
//!
//! Values of layers above built-in are written out; what is built-in stands there as
//! comments. Short spellings are spelled out, `extends`, variants, variables, env files
//! and passed variables are resolved. Reading the text again gives the same containers.

use super::keys;
use super::load::{Container, Loaded};
use super::origin::{Layer, Origin};
use super::origins::Origins;
use super::path::{KeyPath, quote_key, quote_text};
use figment::value::{Dict, Num, Value};
use serde_json::json;
use std::fmt::Write;

/// Columns that a comment behind a value may reach.
const WIDTH: usize = 80;

/// The profile as TOML 1.0, with the origin of every value if `origins`.
pub fn toml(loaded: &Loaded, origins: bool) -> String {
    let mut out = String::new();
    for (position, container) in loaded.containers.iter().enumerate() {
        let prefix = container.key.as_deref().map(|key| KeyPath::keys(["containers", key]));
        match &prefix {
            Some(prefix) if position == 0 => {
                let project = container.profile.name.strip_suffix(prefix.last_key().unwrap_or_default());
                let project = project.and_then(|name| name.strip_suffix('-')).unwrap_or_default();
                let _ = writeln!(out, "name = {}", quote_text(project));
            }
            _ => {}
        }
        Writer { container, prefix: prefix.unwrap_or_default(), origins, out: &mut out }.container();
    }
    out
}

/// The profile as JSON: in the shape of the file; with `origins` an object of `profile`
/// and `origins`, the latter by key path.
///
/// # Panics
/// Never: the keys are text.
pub fn json(loaded: &Loaded, origins: bool) -> String {
    let one = |container: &Container| {
        let mut values = json_table(&container.origins.effective());
        for path in container.origins.dropped() {
            let mut table = &mut values;
            for segment in &path.0 {
                if let super::path::Segment::Key(key) = segment {
                    table = &mut table[key.as_str()];
                }
            }
            *table = json!(false);
        }
        values
    };
    let profile = match loaded.containers.as_slice() {
        [container] if container.key.is_none() => {
            let mut values = one(container);
            values["name"] = json!(container.profile.name);
            values
        }
        containers => {
            let tables: serde_json::Map<String, serde_json::Value> = containers
                .iter()
                .filter_map(|container| Some((container.key.clone()?, one(container))))
                .collect();
            json!({ "containers": tables })
        }
    };
    let value = if origins {
        let mut all = serde_json::Map::new();
        for container in &loaded.containers {
            let prefix = container.key.as_deref().map(|key| KeyPath::keys(["containers", key]));
            let prefix = prefix.unwrap_or_default();
            for path in leaves(&container.origins.effective()) {
                let key = path.to_string();
                let mut origin = json!(container.origins.of(&key));
                origin["hides"] = json!(container.origins.hidden(&key));
                all.insert(prefix.join(&path).to_string(), origin);
            }
        }
        json!({ "profile": profile, "origins": all })
    } else {
        profile
    };
    let mut text = serde_json::to_string_pretty(&value).expect("keys are text");
    text.push('\n');
    text
}

fn json_table(table: &Dict) -> serde_json::Value {
    table.iter().map(|(key, value)| (key.clone(), json_value(value))).collect()
}

fn json_value(value: &Value) -> serde_json::Value {
    match value {
        Value::String(_, text) => json!(text),
        Value::Bool(_, value) => json!(value),
        Value::Num(_, Num::F64(number)) => json!(number),
        Value::Num(_, number) => {
            number.to_i128().and_then(|it| i64::try_from(it).ok()).map_or(json!(null), |it| json!(it))
        }
        Value::Array(_, array) => array.iter().map(json_value).collect(),
        Value::Dict(_, table) => json_table(table),
        Value::Char(..) | Value::Empty(..) => json!(null),
    }
}

/// Text whose `${` stays what it is when it is read again.
fn escape(text: &str) -> String {
    text.replace("${", "$${")
}

/// The paths of all values that are no tables.
fn leaves(table: &Dict) -> Vec<KeyPath> {
    fn collect(table: &Dict, path: &KeyPath, into: &mut Vec<KeyPath>) {
        for (key, value) in table {
            match value {
                Value::Dict(_, table) => collect(table, &path.child(key), into),
                _ => into.push(path.child(key)),
            }
        }
    }
    let mut paths = Vec::new();
    collect(table, &KeyPath::default(), &mut paths);
    paths
}

struct Writer<'a> {
    container: &'a Container,
    prefix: KeyPath,
    origins: bool,
    out: &'a mut String,
}

impl Writer<'_> {
    fn container(&mut self) {
        if self.prefix.0.is_empty() {
            let name = &self.container.profile.name;
            let path = KeyPath::keys(["name"]);
            if self.container.origins.of("name").is_written() {
                self.line(&path, &quote_text(name));
            } else {
                let text = if self.origins { "  # the file's name" } else { "" };
                let _ = writeln!(self.out, "name = {}{text}", quote_text(name));
            }
        } else {
            let _ = writeln!(self.out, "\n[{}]", self.prefix);
        }
        let mut merged = self.container.origins.effective();
        merged.remove("name");
        self.table(&merged, &KeyPath::default());
    }

    fn table(&mut self, table: &Dict, path: &KeyPath) {
        let mut keys: Vec<&String> = table.keys().collect();
        keys.sort_by_key(|key| (rank(&path.child(key)), (*key).clone()));
        for key in keys.iter().filter(|key| !matches!(table[**key], Value::Dict(..))) {
            let path = path.child(key);
            let text = value_text(&table[*key]);
            if self.origin(&path).layer == Layer::BuiltIn {
                let _ = writeln!(self.out, "# {} = {text}", quote_key(key));
            } else {
                self.line(&path, &text);
            }
        }
        let dropped: Vec<KeyPath> =
            self.container.origins.dropped().filter(|gone| gone.parent() == *path).cloned().collect();
        for path in dropped {
            let _ = writeln!(self.out, "{} = false", quote_key(path.last_key().unwrap_or_default()));
        }
        let mut tables: Vec<(KeyPath, Dict)> = Vec::new();
        for key in keys {
            if let Value::Dict(_, table) = &table[key] {
                tables.push((path.child(key), table.clone()));
            }
        }
        // A table of which nothing is left but what was taken out.
        for gone in self.container.origins.dropped() {
            let parent = gone.parent();
            if parent.parent() == *path
                && !parent.0.is_empty()
                && !tables.iter().any(|(known, _)| *known == parent)
            {
                tables.push((parent, Dict::new()));
            }
        }
        tables.sort_by_key(|(path, _)| (rank(path), path.clone()));
        for (path, table) in tables {
            self.header(&path, &table);
            self.table(&table, &path);
        }
    }

    /// The header of a table; one that holds nothing but built-in values is a comment
    /// like them.
    fn header(&mut self, path: &KeyPath, table: &Dict) {
        let full = self.prefix.join(path);
        let dropped = self.container.origins.dropped().any(|gone| gone.starts_with(path));
        let written =
            dropped || leaves(table).iter().any(|leaf| self.origin(&path.join(leaf)).layer != Layer::BuiltIn);
        // Written and empty: it was asked for.
        let written = written || table.is_empty();
        let own = table.values().any(|value| !matches!(value, Value::Dict(..)))
            || self.container.origins.dropped().any(|gone| gone.parent() == *path);
        if own || table.is_empty() {
            let _ = writeln!(self.out, "\n{}[{full}]", if written { "" } else { "# " });
        }
    }

    fn origin(&self, path: &KeyPath) -> Origin {
        self.container.origins.of(&path.to_string())
    }

    fn line(&mut self, path: &KeyPath, value: &str) {
        let line = format!("{} = {value}", quote_key(path.last_key().unwrap_or_default()));
        if !self.origins {
            let _ = writeln!(self.out, "{line}");
            return;
        }
        let comment = comment(&self.container.origins, path);
        if line.chars().count() + 4 + comment.chars().count() <= WIDTH {
            let _ = writeln!(self.out, "{line}  # {comment}");
        } else {
            let _ = writeln!(self.out, "# {comment}\n{line}");
        }
    }
}

/// Where a value comes from and what it hides.
fn comment(origins: &Origins, path: &KeyPath) -> String {
    let key = path.to_string();
    let mut text = place(&origins.of(&key));
    let hidden: Vec<String> = origins.hidden(&key).iter().map(place).collect();
    if !hidden.is_empty() {
        let _ = write!(text, ", hides {}", hidden.join(", "));
    }
    // A file's name may hold anything.
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// `web.toml:7`, `command line`, `built-in`.
fn place(origin: &Origin) -> String {
    match (&origin.place, origin.layer) {
        (Some(place), Layer::Flag | Layer::Set | Layer::Environment) => {
            format!("{}:{}", place.file, place.column)
        }
        (Some(place), _) => format!("{}:{}", place.file, place.line),
        (None, layer) => layer.name().to_owned(),
    }
}

/// The position of a key in the language.
fn rank(path: &KeyPath) -> usize {
    keys::position(path).unwrap_or(usize::MAX)
}

/// A value as TOML on one line.
fn value_text(value: &Value) -> String {
    match value {
        Value::String(_, text) => quote_text(&escape(text)),
        Value::Bool(_, value) => value.to_string(),
        Value::Num(_, Num::U32(octal)) => format!("0o{octal:o}"),
        Value::Num(_, Num::F64(number)) if number.is_finite() => format!("{number:?}"),
        Value::Num(_, Num::F64(number)) => number.to_string().to_lowercase(),
        Value::Num(_, number) => number.to_i128().map_or_else(|| "0".to_owned(), |number| number.to_string()),
        Value::Array(_, array) => {
            let elements: Vec<String> = array.iter().map(value_text).collect();
            format!("[{}]", elements.join(", "))
        }
        Value::Dict(_, table) => {
            let entries: Vec<String> = table
                .iter()
                .map(|(key, value)| format!("{} = {}", quote_key(key), value_text(value)))
                .collect();
            format!("{{ {} }}", entries.join(", "))
        }
        Value::Char(_, c) => quote_text(&c.to_string()),
        Value::Empty(..) => "\"\"".to_owned(),
    }
}
