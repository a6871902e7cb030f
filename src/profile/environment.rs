//! The caller's environment: variables such as `TINYDOCKER__CGROUP__MEMORY` are a layer.

use super::fault::Fault;
use super::flags::{insert, typed_value};
use super::found::Found;
use super::keys::{self, Kind};
use super::layer::{At, LayerData, Places};
use super::origin::Layer;
use super::path::KeyPath;
use super::unknown::nearest;
use super::{document, flags};
use crate::diagnostic::Sources;
use std::sync::Arc;

/// What stands before and between the keys.
const BETWEEN: &str = "__";

/// The variables of the caller.
#[derive(Debug, Clone, Default)]
pub struct Environment(Arc<Vec<(String, String)>>);

impl Environment {
    /// These variables.
    pub fn new(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(Arc::new(variables.into_iter().collect()))
    }

    /// A variable's value.
    pub fn get(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }

    /// All variables, sorted by name.
    pub fn sorted(&self) -> Vec<(&str, &str)> {
        let mut all: Vec<_> = self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        all.sort_unstable();
        all
    }

    /// The names and values of the variables that set keys, sorted by name.
    fn keys(&self) -> Vec<(&str, &str)> {
        let mut keys: Vec<(&str, &str)> = self
            .0
            .iter()
            .filter(|(name, _)| name.starts_with("TINYDOCKER__"))
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        keys.sort_unstable();
        keys
    }
}

/// The layer of the environment; none if no variable sets a key.
pub fn layer(environment: &Environment, sources: &mut Sources, found: &mut Vec<Found>) -> Option<LayerData> {
    let variables = environment.keys();
    if variables.is_empty() {
        return None;
    }
    let lines: Vec<String> = variables.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
    let source = sources.add("environment", lines.concat());
    let mut layer = LayerData::new(Layer::Environment, Places::Typed(source, Vec::new()));
    let mut start = 0;
    for ((name, value), line) in variables.into_iter().zip(&lines) {
        let value_at = start + name.len() + 1..start + line.len() - 1;
        let whole = start..start + line.len() - 1;
        start += line.len();
        match path(&name["TINYDOCKER__".len()..]) {
            Ok(path) => {
                let value = typed_value(&path, value, document::parse_value);
                insert(&mut layer, path, value, value_at);
            }
            Err(fault) => {
                let path = KeyPath::default();
                flags::remember(&mut layer, path.clone(), whole);
                let mut problem = Found::fault(&layer, &path, At::Value, &fault);
                problem.diagnostic.message = fault.message;
                found.push(problem);
            }
        }
    }
    Some(layer)
}

/// The key that a variable's name (without the prefix) leads to.
fn path(name: &str) -> Result<KeyPath, Fault> {
    let mut path = KeyPath::default();
    let mut rest = name;
    loop {
        if keys::kind(&path) == Some(Kind::Identity) {
            let children = keys::kind(&path.child("*"));
            if children.is_some_and(Kind::is_table) || rest.is_empty() {
                return Err(Fault::new(
                    "environment",
                    format!("the entries of `{path}` can't be reached by a variable's name"),
                    "no variable can name it",
                )
                .help(format!("use --set '{path}.\"…\"=…'")));
            }
            return Ok(path.child(rest));
        }
        let (part, more) = rest.split_once(BETWEEN).map_or((rest, None), |(part, more)| (part, Some(more)));
        let lower = part.to_ascii_lowercase();
        let children = keys::children(&path);
        let Some(key) = children.iter().find(|key| **key == lower) else {
            let shown = path.child(&lower);
            let fault = Fault::new("environment", format!("`{shown}` is no key"), "no key of this name");
            let near = nearest(&lower, children.iter().copied());
            return Err(match near {
                Some(near) => {
                    let near = path.child(near).to_string().to_uppercase().replace('.', BETWEEN);
                    fault.help(format!("did you mean TINYDOCKER__{near}?"))
                }
                None => fault.help("two underscores stand between keys: TINYDOCKER__CGROUP__MEMORY"),
            });
        };
        path = path.child(key);
        match more {
            Some(more) => rest = more,
            None => return Ok(path),
        }
    }
}

/// A pattern of `pass_env`, with `*` for any text.
pub fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|tail| {
            (0..=tail.len()).filter(|at| tail.is_char_boundary(*at)).any(|at| fits(rest, &tail[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_keys() {
        for (name, key) in [("CGROUP__MEMORY", "cgroup.memory"), ("Name", "name"), ("ENV__A__b", "env.A__b")]
        {
            assert_eq!(path(name).unwrap().to_string(), key);
        }
        for name in ["CGROUP__MEMROY", "", "MOUNTS__SRV", "CGROUP_MEMORY", "NAME__X"] {
            assert!(path(name).is_err(), "{name}");
        }
    }

    #[test]
    fn patterns() {
        for (pattern, name, fit) in [
            ("A", "A", true),
            ("A", "AB", false),
            ("LC_*", "LC_ALL", true),
            ("*", "é", true),
            ("A*C", "ABD", false),
        ] {
            assert_eq!(fits(pattern, name), fit, "{pattern} {name}");
        }
    }
}
