//! `[vars]`: what a file's `${name}` stands for.

use super::fault::Fault;
use super::form::Scalar;
use super::found::Found;
use super::layer::{At, LayerData};
use super::lexical::Switch;
use super::path::{KeyPath, quote_text};
use super::unknown::nearest;
use crate::profile::form::Form;
use figment::value::{Dict, Num, Value};
use std::collections::BTreeMap;

/// The variables of one file.
#[derive(Debug, Clone, Default)]
pub struct Vars(BTreeMap<String, Option<Value>>);

/// The keys of a variable that is written as a table.
const KEYS: [&str; 5] = ["default", "required", "choices", "env", "description"];

impl Vars {
    /// A variable's value; the outer option says whether it was declared, the inner one
    /// whether it has a value.
    pub fn get(&self, name: &str) -> Option<Option<&Value>> {
        self.0.get(name).map(Option::as_ref)
    }

    /// The names that were declared.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Reads the table. `given` answers for `--var`, `environment` for variables of the
    /// caller's environment.
    pub fn read(
        layer: &LayerData,
        given: impl Fn(&str) -> Option<String>,
        environment: impl Fn(&str) -> Option<String>,
        found: &mut Vec<Found>,
    ) -> Self {
        let mut vars = BTreeMap::new();
        for (name, definition) in &layer.values {
            let path = KeyPath::keys([name.as_str()]);
            if !KeyPath::is_bare(name) {
                let fault = Fault::new("vars", format!("{} can't name a variable", quote_text(name)), "")
                    .help("names of variables are made of letters, digits, `-` and `_`");
                found.push(problem(layer, &path, At::Key, fault));
                continue;
            }
            let mut reader = Reader { layer, name, found, sound: true };
            let value = reader.value(&path, definition, &given, &environment);
            vars.insert(name.clone(), value);
        }
        Self(vars)
    }
}

/// A variable's value as the text that stands in for `${name}`.
pub fn text(value: &Value) -> String {
    match value {
        Value::String(_, text) => text.clone(),
        Value::Bool(_, value) => value.to_string(),
        Value::Num(_, Num::F64(number)) => number.to_string(),
        Value::Num(_, Num::U32(number)) => number.to_string(),
        Value::Num(_, number) => number.to_i128().map_or_else(String::new, |number| number.to_string()),
        _ => String::new(),
    }
}

fn is_plain(value: &Value) -> bool {
    matches!(value, Value::String(..) | Value::Bool(..) | Value::Num(..))
}

fn problem(layer: &LayerData, path: &KeyPath, at: At, fault: Fault) -> Found {
    let mut problem = Found::fault(layer, path, at, &fault);
    problem.diagnostic.message = format!("`vars.{path}`: {}", fault.message);
    problem.path = KeyPath::keys(["vars"]).join(path);
    problem
}

struct Reader<'a> {
    layer: &'a LayerData,
    name: &'a str,
    found: &'a mut Vec<Found>,
    sound: bool,
}

impl Reader<'_> {
    fn refuse(&mut self, path: &KeyPath, at: At, fault: Fault) {
        self.sound = false;
        self.found.push(problem(self.layer, path, at, fault));
    }

    fn value(
        &mut self,
        path: &KeyPath,
        definition: &Value,
        given: &impl Fn(&str) -> Option<String>,
        environment: &impl Fn(&str) -> Option<String>,
    ) -> Option<Value> {
        let empty = Dict::new();
        let table = match definition {
            Value::Dict(_, table) => table,
            plain if is_plain(plain) => {
                self.plain(path, plain);
                let given = given(self.name).map(Value::from);
                return Some(given.unwrap_or_else(|| plain.clone()));
            }
            _ => {
                let fault = Fault::new("vars", "a variable is text, a number, true or false", "not an array")
                    .help("for a choice of values write { default = \"a\", choices = [\"a\", \"b\"] }");
                self.refuse(path, At::Value, fault);
                &empty
            }
        };
        for key in table.keys().filter(|key| !KEYS.contains(&key.as_str())) {
            let near = nearest(key, KEYS.into_iter());
            let label = near.map_or("not known here".to_owned(), |near| format!("did you mean `{near}`?"));
            let fault = Fault::new("unknown_key", format!("a variable has no key `{key}`"), label)
                .help(format!("known keys: {}", KEYS.join(", ")));
            self.refuse(&path.child(key), At::Key, fault);
        }
        let default = table.get("default");
        if let Some(default) = default {
            self.plain(&path.child("default"), default);
        }
        let required = table.get("required").and_then(|value| self.switch(&path.child("required"), value));
        let choices = table.get("choices").map(|value| self.choices(&path.child("choices"), value));
        let from_environment = match table.get("env") {
            Some(Value::String(_, variable)) => environment(variable).map(Value::from),
            Some(_) => {
                let fault = Fault::new("type", "expected the name of a variable", "expected text");
                self.refuse(&path.child("env"), At::Value, fault);
                None
            }
            None => None,
        };
        if let Some(description) = table.get("description").filter(|value| value.as_str().is_none()) {
            let _ = description;
            let fault = Fault::new("type", "expected text", "expected text");
            self.refuse(&path.child("description"), At::Value, fault);
        }
        if !self.sound {
            // One report is enough: its uses are taken for right.
            return Some(Value::from(""));
        }
        let value = given(self.name).map(Value::from).or(from_environment).or_else(|| default.cloned());
        if value.is_none() && required == Some(true) {
            let fault = Fault::new("vars", "a value is required, and none was given", "required")
                .help(format!("give it with --var {}=VALUE", self.name));
            self.refuse(path, At::Key, fault);
            return Some(Value::from(""));
        }
        if let (Some(value), Some(choices)) = (&value, &choices)
            && !choices.contains(&text(value))
        {
            let fault = Fault::new(
                "vars",
                format!("{} is none of its choices", quote_text(&text(value))),
                format!("the choices are {}", choices.join(", ")),
            );
            let near = nearest(&text(value), choices.iter().map(String::as_str)).map(quote_text);
            let fault = match near {
                Some(near) => fault.help(format!("did you mean {near}?")),
                None => fault,
            };
            self.refuse(&path.child("choices"), At::Value, fault);
        }
        value
    }

    fn plain(&mut self, path: &KeyPath, value: &Value) {
        if !is_plain(value) {
            let fault = Fault::new("vars", "a default is text, a number, true or false", "not a plain value");
            self.refuse(path, At::Value, fault);
        } else if value.as_str().is_some_and(|text| text.contains("${")) {
            let fault =
                Fault::new("vars", "a default is taken as it stands, without `${…}`", "`${` in a default")
                    .help("for a variable of the environment write { env = \"NAME\" }; there is no nesting");
            self.refuse(path, At::Value, fault);
        }
    }

    fn switch(&mut self, path: &KeyPath, value: &Value) -> Option<bool> {
        let scalar = match value {
            Value::Bool(_, value) => Scalar::Bool(*value),
            Value::String(_, text) => Scalar::Text(text),
            other => Scalar::Integer(other.to_i128().unwrap_or(-1)),
        };
        match Switch::read(scalar) {
            Ok(switch) => Some(switch.0),
            Err(fault) => {
                self.refuse(path, At::Value, fault);
                None
            }
        }
    }

    fn choices(&mut self, path: &KeyPath, value: &Value) -> Vec<String> {
        match value {
            Value::Array(_, list) if !list.is_empty() && list.iter().all(is_plain) => {
                list.iter().map(text).collect()
            }
            _ => {
                let fault = Fault::new("vars", "choices are an array of plain values", "expected an array")
                    .help("write choices = [\"a\", \"b\"]");
                self.refuse(path, At::Value, fault);
                Vec::new()
            }
        }
    }
}
