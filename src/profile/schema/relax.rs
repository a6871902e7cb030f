//! What a key takes in a file besides its own kind of value: `false`, which removes what
//! is inherited, and text with `${…}`, which stands for any value.
//!
//! The form follows from how editors read a schema (Taplo is the one for TOML: Even
//! Better TOML, Helix, Zed). It offers one key for each object that it meets below
//! `properties`, `$ref`, `anyOf` and the like, with that object's description; it does not
//! look into `if`, `then`, `else` and `not`; it reads draft 7, where what stands beside a
//! `$ref` is ignored. So
//!
//! - alternatives of different types become one object with an array of types;
//! - a table keeps its keys in the open, and says what else it may be in an `else`, so
//!   that an unknown key is reported at itself;
//! - a scalar is an `anyOf` of its own schema and one that is not offered;
//! - nothing stands beside a `$ref`.

use super::document;
use serde_json::{Map, Value, json};

/// Text in which something is interpolated.
const INTERPOLATED: &str = "\\$\\{[^}]*\\}";

/// What says something to people and nothing to validators.
const ANNOTATIONS: [&str; 4] = ["title", "description", "default", "examples"];

/// Replaces each `$ref` to a definition by what it defines, of which what stands beside
/// the `$ref` is no part.
pub fn inline(schema: &mut Value, definitions: &Value) {
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        let name = target.rsplit('/').next().unwrap_or_default();
        let mut whole = definitions.get(name).cloned().unwrap_or_default();
        if let (Some(whole), Some(beside)) = (whole.as_object_mut(), schema.as_object_mut()) {
            beside.remove("$ref");
            whole.append(beside);
        }
        *schema = whole;
    }
    match schema {
        Value::Object(object) => object.values_mut().for_each(|value| inline(value, definitions)),
        Value::Array(values) => values.iter_mut().for_each(|value| inline(value, definitions)),
        _ => {}
    }
}

/// The schema of a key's value as a file may have it.
pub fn key(schema: Value) -> Value {
    let (mut notes, plain) = split(schema);
    document::complete(&mut notes, &plain);
    match flatten(plain) {
        Ok(plain) if plain.contains_key("properties") || is_type(&plain, "object") => table(plain, notes),
        Ok(plain) => {
            let mut own = notes.clone();
            own.extend(nested(plain, &notes));
            scalar(vec![Value::Object(own)], notes)
        }
        Err(mut branches) => {
            // Nothing offers one of them twice if only the first is described.
            for branch in &mut branches {
                *branch = Value::Object(nested(split(branch.take()).1, &notes));
            }
            if let Some(Value::Object(first)) = branches.first_mut() {
                first.extend(notes.clone());
            }
            scalar(branches, notes)
        }
    }
}

/// Any of the branches, or nothing, or interpolated. The notes are for readers that look
/// at the key itself; Taplo, which looks at the branches too, is told to leave them out.
fn scalar(mut branches: Vec<Value>, notes: Map<String, Value>) -> Value {
    let switch = branches.iter().any(|branch| branch.get("type") == Some(&json!("boolean")));
    branches.push(if switch {
        // An `anyOf` of something that always holds hides an object from completion.
        json!({ "type": "string", "pattern": INTERPOLATED, "anyOf": [true] })
    } else {
        json!({
            "type": ["string", "boolean"], "pattern": INTERPOLATED, "not": { "const": true }, "anyOf": [true],
        })
    });
    let mut schema = notes;
    if schema.contains_key("description") {
        schema.insert("x-taplo".into(), json!({ "docs": { "main": "" } }));
    }
    schema.insert("anyOf".into(), Value::Array(branches));
    Value::Object(schema)
}

fn table(plain: Map<String, Value>, notes: Map<String, Value>) -> Value {
    let mut schema = nested(plain, &notes);
    schema.extend(notes);
    let mut types = match schema.remove("type") {
        Some(Value::Array(types)) => types,
        Some(one) => vec![one],
        None => vec![json!("object")],
    };
    types.push(json!("boolean"));
    let mut rest = Map::new();
    // A pattern of the short text form would refuse the interpolated one.
    for keyword in ["pattern", "minLength", "maxLength", "enum", "const"] {
        rest.extend(schema.remove(keyword).map(|value| (keyword.to_owned(), value)));
    }
    rest.insert("type".into(), types.into());
    rest.insert("not".into(), json!({ "const": true }));
    schema.insert("if".into(), interpolated());
    schema.insert("else".into(), Value::Object(rest));
    Value::Object(schema)
}

/// The schema of text in which something is interpolated.
pub fn interpolated() -> Value {
    json!({ "type": "string", "pattern": INTERPOLATED })
}

/// The schema of a value that is written: neither removed nor only known later.
pub fn given() -> Value {
    json!({ "not": { "anyOf": [{ "const": false }, interpolated()] } })
}

/// The schema of a value that is not written, as far as can be told.
pub fn absent() -> Value {
    json!({ "anyOf": [{ "const": false }, interpolated()] })
}

/// The schema of a table with these keys and no others but `x-…`.
pub fn closed(schema: &mut Map<String, Value>) {
    schema.insert("additionalProperties".into(), json!(false));
    schema.insert("patternProperties".into(), json!({ "^x-": true }));
}

/// The schemas inside of a flat one.
fn nested(mut schema: Map<String, Value>, notes: &Map<String, Value>) -> Map<String, Value> {
    if let Some(Value::Object(keys)) = schema.get_mut("properties") {
        keys.values_mut().for_each(|value| *value = key(value.take()));
        closed(&mut schema);
    } else if let Some(entries) = schema.get_mut("additionalProperties").filter(|it| it.is_object()) {
        *entries = key(entries.take());
        let star = "`\"*\" = false` drops every entry that lower layers gave.";
        // Where a table says more of some keys, `*` may be one of them.
        let patterns = schema.entry("patternProperties").or_insert_with(|| json!({}));
        if let Some(patterns) = patterns.as_object_mut() {
            let star = json!({ "const": false, "description": star });
            patterns.entry("^\\*$").or_insert(star);
        }
        if let Some(names) = schema.get_mut("propertyNames") {
            *names = json!({ "anyOf": [names.take(), { "const": "*" }] });
        }
    }
    if let Some(elements) = schema.get_mut("items").filter(|it| it.is_object()) {
        *elements = element(elements.take());
        describe_elements(elements, notes);
    }
    schema
}

/// Gives the elements of an array the documentation of the key: where a key holds an
/// array, Taplo explains the element instead of the key.
fn describe_elements(elements: &mut Value, notes: &Map<String, Value>) {
    if let (Some(elements), Some(description)) = (elements.as_object_mut(), notes.get("description")) {
        elements.entry("description").or_insert_with(|| description.clone());
    }
}

/// The schema of an element of an array: it can't be removed.
fn element(schema: Value) -> Value {
    let (notes, plain) = split(schema);
    let mut schema = match flatten(plain) {
        Ok(plain) => nested(plain, &notes),
        Err(mut branches) => {
            branches.push(interpolated());
            Map::from_iter([("anyOf".to_owned(), Value::Array(branches))])
        }
    };
    let text = is_type(&schema, "string");
    if let Some(pattern) = schema.get_mut("pattern") {
        *pattern = json!(format!("{}|{INTERPOLATED}", pattern.as_str().unwrap_or_default()));
    } else if schema.contains_key("enum") || !text && schema.contains_key("type") {
        schema = Map::from_iter([("anyOf".to_owned(), json!([schema, interpolated()]))]);
    }
    schema.extend(notes);
    Value::Object(schema)
}

/// Annotations, and the rest.
fn split(schema: Value) -> (Map<String, Value>, Map<String, Value>) {
    let Value::Object(object) = schema else { return (Map::new(), Map::new()) };
    object.into_iter().partition(|(keyword, _)| ANNOTATIONS.contains(&keyword.as_str()))
}

fn is_type(schema: &Map<String, Value>, wanted: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(one)) => one == wanted,
        Some(Value::Array(types)) => types.contains(&json!(wanted)),
        _ => false,
    }
}

/// One schema for alternatives of different types; the alternatives, if some are tables
/// or numbers of two kinds, which one schema can't say, or words beside other text.
fn flatten(mut schema: Map<String, Value>) -> Result<Map<String, Value>, Vec<Value>> {
    let Some(Value::Array(branches)) = schema.remove("anyOf") else { return Ok(schema) };
    let mut types: Vec<Value> = Vec::new();
    let mut flat = Map::new();
    let mut texts = Vec::new();
    for branch in &branches {
        let branch = match flatten(split(branch.clone()).1) {
            Ok(branch) => branch,
            Err(_) => return Err(branches),
        };
        match type_of(&branch) {
            Some("string") => texts.push(branch),
            Some(kind) if !types.contains(&json!(kind)) => {
                types.push(json!(kind));
                flat.extend(branch);
            }
            _ => return Err(branches),
        }
    }
    if types.is_empty() && texts.len() > 1 && texts.iter().any(|text| words(text).is_some()) {
        // An editor offers words where they stand alone, and nothing for the other forms.
        return Err(texts.into_iter().map(|text| Value::Object(offered(text))).collect());
    }
    if !texts.is_empty() {
        types.push(json!("string"));
        match texts.as_slice() {
            [only] if words(only).is_none() || types.len() == 1 => flat.extend(only.clone()),
            texts => flat.extend(any_text(texts)),
        }
    }
    let types = if types.len() == 1 { types.remove(0) } else { types.into() };
    flat.insert("type".into(), types);
    // What a field says wins over what its form says, such as a larger minimum.
    flat.extend(schema);
    Ok(flat)
}

/// A form of text among others: what is no word is not offered.
fn offered(mut text: Map<String, Value>) -> Map<String, Value> {
    if words(&text).is_none() {
        text.insert("anyOf".into(), json!([true]));
    }
    text
}

/// The one type of a schema; `const` and `enum` are of text.
fn type_of(schema: &Map<String, Value>) -> Option<&str> {
    if words(schema).is_some() {
        return Some("string");
    }
    schema.get("type").and_then(Value::as_str)
}

fn words(schema: &Map<String, Value>) -> Option<Vec<&str>> {
    match (schema.get("const"), schema.get("enum")) {
        (Some(word), _) => Some(vec![word.as_str()?]),
        (None, Some(words)) => words.as_array()?.iter().map(Value::as_str).collect(),
        (None, None) => None,
    }
}

/// Text of any of these forms.
fn any_text(forms: &[Map<String, Value>]) -> Map<String, Value> {
    let pattern = |form: &Map<String, Value>| match (words(form), form.get("pattern")) {
        (Some(words), _) => format!("^({})$", words.join("|")),
        (None, Some(pattern)) => pattern.as_str().unwrap_or_default().to_owned(),
        (None, None) if form.contains_key("minLength") => "^[\\s\\S]".to_owned(),
        (None, None) => "^".to_owned(),
    };
    let patterns: Vec<String> = forms.iter().map(pattern).collect();
    Map::from_iter([("pattern".to_owned(), json!(patterns.join("|")))])
}
