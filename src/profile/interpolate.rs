//! `${…}` in the text values of a file.
//!
//! Only `${` starts an interpolation and `$${` is a literal `${`; every other `$` stands
//! for itself. There is no nesting: a default ends at the first `}`. Keys, flags, the
//! environment and env files are taken as they stand.

use super::document;
use super::fault::Fault;
use super::found::{Found, code};
use super::keys;
use super::layer::{At, LayerData};
use super::path::{KeyPath, Way, quote_text};
use super::unknown::nearest;
use super::vars::{self, Vars};
use crate::diagnostic::Diagnostic;
use figment::value::{Dict, Tag, Value};
use std::cell::Cell;

/// What an interpolation can name.
pub struct Scope<'a> {
    /// The file's variables.
    pub vars: &'a Vars,
    /// The caller's environment.
    pub environment: &'a dyn Fn(&str) -> Option<String>,
    /// The container's full name; none where it is being found out.
    pub name: Option<&'a str>,
    /// Set once something asked for the name.
    pub named: &'a Cell<bool>,
    /// The file's folder.
    pub folder: &'a str,
}

/// What says what may stand between the braces.
const FORMS: &str = "known: ${name} and ${name:-default} for [vars], ${env:NAME}, ${env:NAME:-default}, \
                     ${self.name}, ${self.dir}; for the text itself write $${";

/// Interpolates all text of a layer. `text` is the file's.
pub fn interpolate(layer: &mut LayerData, text: &str, scope: &Scope<'_>, found: &mut Vec<Found>) {
    let mut values = std::mem::take(&mut layer.values);
    let mut failed = Vec::new();
    table(&mut values, Way::Start, scope, &mut failed);
    layer.values = values;
    for (path, token, fault) in failed {
        found.push(at_token(layer, text, &path, &token, &fault));
    }
}

type Failed = Vec<(KeyPath, String, Fault)>;

fn table(values: &mut Dict, way: Way<'_>, scope: &Scope<'_>, failed: &mut Failed) {
    for (key, value) in values.iter_mut() {
        walk(value, Way::Key(&way, key), scope, failed);
    }
}

fn walk(value: &mut Value, way: Way<'_>, scope: &Scope<'_>, failed: &mut Failed) {
    match value {
        Value::Dict(_, dict) => table(dict, way, scope, failed),
        Value::Array(_, array) => {
            for (index, element) in array.iter_mut().enumerate() {
                walk(element, Way::Element(&way, index), scope, failed);
            }
        }
        Value::String(tag, text) if start(text).is_some() => match expand(text, scope) {
            Ok(Expanded::Text(text)) => *value = Value::String(*tag, text),
            Ok(Expanded::Whole(whole)) => *value = typed(way, whole, *tag),
            // What the text would have been is not known; the value is taken for right.
            Err((token, fault)) => failed.push((way.path(), token, fault)),
        },
        _ => {}
    }
}

/// A value that is one interpolation has its key's type.
fn typed(way: Way<'_>, value: Value, tag: Tag) -> Value {
    let as_text = keys::Known::of(way).kind().is_none_or(|kind| kind == keys::Kind::Text);
    match value {
        Value::String(_, text) if as_text => Value::String(tag, text),
        Value::String(_, text) => document::parse_value(&text).unwrap_or(Value::String(tag, text)),
        other if as_text => Value::String(tag, vars::text(&other)),
        other => other,
    }
}

/// One text, if all it names has a value.
pub fn text(text: &str, scope: &Scope<'_>) -> Option<String> {
    match expand(text, scope).ok()? {
        Expanded::Text(text) => Some(text),
        Expanded::Whole(value) => Some(vars::text(&value)),
    }
}

/// Where the first `${` is.
fn start(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut from = 0;
    loop {
        let at = from + bytes[from..].iter().position(|byte| *byte == b'$')?;
        if bytes.get(at + 1) == Some(&b'{') {
            return Some(at);
        }
        from = at + 1;
    }
}

enum Expanded {
    Text(String),
    /// The text was one interpolation and nothing else.
    Whole(Value),
}

fn expand(text: &str, scope: &Scope<'_>) -> Result<Expanded, (String, Fault)> {
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some(at) = start(rest) {
        if rest[..at].ends_with('$') {
            out.push_str(&rest[..at - 1]);
            out.push_str("${");
            rest = &rest[at + 2..];
            continue;
        }
        out.push_str(&rest[..at]);
        let Some(end) = rest[at..].find('}') else {
            let fault = Fault::new("interpolation", "a `${` has no `}`", "never closed")
                .help("close it, or write $${ for the text itself");
            return Err((rest[at..].to_owned(), fault));
        };
        let token = &rest[at..=at + end];
        let value = resolve(&token[2..token.len() - 1], scope).map_err(|fault| (token.to_owned(), fault))?;
        if token.len() == text.len() {
            return Ok(Expanded::Whole(value));
        }
        match &value {
            Value::String(_, text) => out.push_str(text),
            value => out.push_str(&vars::text(value)),
        }
        rest = &rest[at + end + 1..];
    }
    out.push_str(rest);
    Ok(Expanded::Text(out))
}

fn resolve(inside: &str, scope: &Scope<'_>) -> Result<Value, Fault> {
    // Most are plain names.
    if let Some(Some(value)) = scope.vars.get(inside) {
        return Ok(value.clone());
    }
    let (name, default) = match inside.strip_prefix("env:") {
        Some(rest) => rest.split_once(":-").map_or((rest, None), |(name, default)| (name, Some(default))),
        None => inside.split_once(":-").map_or((inside, None), |(name, default)| (name, Some(default))),
    };
    let default = default.map(Value::from);
    let empty = |value: &Value| value.as_str() == Some("");
    if !KeyPath::is_bare(name) && !name.starts_with("self.") || name.is_empty() {
        let shown = format!("${{{inside}}}");
        return Err(
            Fault::new("interpolation", format!("{shown} is no interpolation"), "not understood").help(FORMS)
        );
    }
    if inside.starts_with("env:") {
        let value = (scope.environment)(name).map(Value::from);
        return value.filter(|value| default.is_none() || !empty(value)).or(default).ok_or_else(|| {
            Fault::new("undefined_variable", format!("the environment has no `{name}`"), "not set")
                .help(format!("set it, or give a default: ${{env:{name}:-default}}"))
        });
    }
    if let Some(part) = name.strip_prefix("self.") {
        let value = match part {
            "name" => {
                scope.named.set(true);
                scope.name.ok_or_else(|| {
                    Fault::new("interpolation", "a name can't be made of itself", "the name is this value")
                        .help("write the name out")
                })?
            }
            "dir" => scope.folder,
            _ => {
                return Err(Fault::new("interpolation", format!("`self` has no `{part}`"), "not known")
                    .help("known: ${self.name}, the container's name, and ${self.dir}, this file's folder"));
            }
        };
        return Ok(Value::from(value));
    }
    match (scope.vars.get(name), default) {
        (Some(Some(value)), None) => Ok(value.clone()),
        (Some(Some(value)), Some(default)) => Ok(if empty(value) { default } else { value.clone() }),
        (_, Some(default)) if scope.vars.get(name).is_some() => Ok(default),
        (Some(None), _) => {
            Err(Fault::new("undefined_variable", format!("the variable `{name}` has no value"), "no value")
                .help(format!("give it with --var {name}=VALUE, or a default in [vars]")))
        }
        (None, _) => Err(undeclared(name, scope)),
    }
}

fn undeclared(name: &str, scope: &Scope<'_>) -> Fault {
    let fault = Fault::new(
        "undefined_variable",
        format!("there is no variable `{name}`"),
        "not declared in this file's [vars]",
    );
    if let Some(near) = nearest(name, scope.vars.names()) {
        return fault.help(format!("did you mean ${{{near}}}?"));
    }
    if ["name", "dir"].contains(&name) {
        return fault.help(format!("did you mean ${{self.{name}}}?"));
    }
    if (scope.environment)(name).is_some() || name.chars().all(|c| c.is_ascii_uppercase() || c == '_') {
        return fault.help(format!("for a variable of the environment write ${{env:{name}}}"));
    }
    fault.help(format!("declare it: [vars] with {name} = {}", quote_text("value")))
}

/// The problem of one `${…}`, shown at itself where the text holds it as it was read.
fn at_token(layer: &LayerData, text: &str, path: &KeyPath, token: &str, fault: &Fault) -> Found {
    let mut diagnostic = Diagnostic::error(code(fault.code), format!("`{path}`: {}", fault.message));
    diagnostic.help.clone_from(&fault.help);
    let mut diagnostic = layer.label(diagnostic, path, At::Value, &*fault.label);
    if let Some(label) = diagnostic.labels.first_mut() {
        let raw = text.get(label.span.clone()).unwrap_or_default();
        if let Some(at) = raw.find(token) {
            let start = label.span.start + at;
            label.span = start..start + token.len();
        }
    }
    Found { path: path.clone(), diagnostic }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(input: &str) -> Result<String, String> {
        let environment = |name: &str| (name == "HOME").then(|| "/home/me".to_owned());
        let vars = Vars::default();
        let scope = Scope {
            vars: &vars,
            environment: &environment,
            name: Some("web"),
            named: &Cell::new(false),
            folder: "/p",
        };
        match expand(input, &scope) {
            Ok(Expanded::Text(text)) => Ok(text),
            Ok(Expanded::Whole(value)) => Ok(vars::text(&value)),
            Err((token, fault)) => Err(format!("{token}: {}", fault.code)),
        }
    }

    #[test]
    fn only_dollar_and_brace_start_an_interpolation() {
        for (input, output) in [
            ("plain", "plain"),
            ("$HOME $$ $", "$HOME $$ $"),
            ("$${HOME}", "${HOME}"),
            ("a$${b${self.name}", "a${bweb"),
            ("${env:HOME}/x", "/home/me/x"),
            ("${env:NOT:-a}", "a"),
            ("${env:NOT:-}", ""),
            ("${env:NOT:-a}b}", "ab}"),
            ("${self.dir}-${self.name}", "/p-web"),
        ] {
            assert_eq!(expanded(input).as_deref(), Ok(output), "{input}");
        }
        for (input, wrong) in [
            ("${", "${: interpolation"),
            ("${}", "${}: interpolation"),
            ("x${a b}", "${a b}: interpolation"),
            ("${A:?no}", "${A:?no}: interpolation"),
            ("${self.nam}", "${self.nam}: interpolation"),
            ("${nothing}", "${nothing}: undefined_variable"),
            ("${env:NOT}", "${env:NOT}: undefined_variable"),
        ] {
            assert_eq!(expanded(input), Err(wrong.to_owned()), "{input}");
        }
    }
}
