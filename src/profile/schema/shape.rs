//! The schema of a whole file: the keys that are no container's, and its two shapes.

use super::relax::{absent, closed, given};
use crate::profile::rules::EXCLUSIVE;
use serde_json::{Map, Value, json};

/// The name of a container, or of a project.
const NAME: &str = "^[a-z0-9]([a-z0-9_-]*[a-z0-9])?$";

/// The schema of a file. `keys` has the schemas of a container's keys.
pub fn file(title: &Value, mut keys: Map<String, Value>) -> Value {
    rules(&mut keys);
    let name = keys.remove("name").unwrap_or_default();
    let refer =
        |key: &String| (key.clone(), json!({ "$ref": format!("#/$defs/container/properties/{key}") }));
    let referred: Map<String, Value> = keys.keys().map(refer).collect();
    let none: Map<String, Value> = keys.keys().map(|key| (key.clone(), json!(false))).collect();
    keys.insert("extends".into(), extends());

    let layer = |keys: Map<String, Value>, description: &str| {
        let mut schema = Map::new();
        schema.insert("type".into(), json!("object"));
        schema.insert("description".into(), json!(description));
        schema.insert("properties".into(), Value::Object(keys));
        closed(&mut schema);
        schema
    };
    let container = layer(keys, "A container: its keys.");
    let defaults = layer(
        referred.clone(),
        "What all containers of this file have unless they say otherwise; below `extends` and \
         the container's own keys. Only in a file with `[containers]`.",
    );
    let mut of_variant = referred.clone();
    of_variant.insert("name".into(), json!({ "$ref": "#/properties/name" }));
    of_variant.insert("defaults".into(), json!({ "$ref": "#/$defs/defaults" }));
    of_variant.insert("containers".into(), containers("What this variant changes in a container."));
    let variant = layer(
        of_variant,
        "What changes when this variant is chosen with `--variant`: a container's keys; in a file \
         with `[containers]` the tables `defaults` and `containers.<name>`.",
    );

    let mut root = referred;
    root.insert("extends".into(), json!({ "$ref": "#/$defs/container/properties/extends" }));
    root.insert("name".into(), name);
    root.insert("vars".into(), vars());
    root.insert("defaults".into(), json!({ "$ref": "#/$defs/defaults" }));
    root.insert(
        "containers".into(),
        containers("Several containers, by name; then no container's key stands at the root."),
    );
    root.insert("variants".into(), entries(
        "Variants of this profile, chosen with `--variant NAME`; several may be chosen, the last one wins.",
        &json!({ "$ref": "#/$defs/variant" }),
        &json!([{ "small": { "cgroup": { "memory": "64m" } } }]),
    ));

    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": {
            "container": container, "defaults": defaults, "variant": variant,
            "no_container_keys": { "properties": none }, "complete": complete(),
        },
        "title": title,
        "description": "A profile: one container, its keys at the root; or several, in `[containers.<name>]`. \
            `false` for a key that is no switch removes what is inherited; `${…}` in text stands for a \
            variable of `[vars]` or of the environment.",
        "type": "object",
        "properties": root,
        "if": { "required": ["containers"] },
        "then": several(),
        "else": single(),
    });
    if let Some(schema) = schema.as_object_mut() {
        closed(schema);
    }
    schema
}

/// A table of tables, by name.
fn entries(description: &str, entry: &Value, examples: &Value) -> Value {
    json!({
        "type": "object", "description": description, "examples": examples,
        "additionalProperties": entry, "patternProperties": { "^x-": true },
    })
}

fn containers(description: &str) -> Value {
    let example = json!([{ "web": { "command": ["/bin/sh"], "rootfs": "host" } }]);
    let mut schema = entries(description, &json!({ "$ref": "#/$defs/container" }), &example);
    schema["propertyNames"] = json!({ "pattern": format!("{NAME}|^x-"), "maxLength": 63 });
    schema
}

fn extends() -> Value {
    let description = "What this container is built on: `\"base.toml\"`, `\"base.toml#web\"` for one of \
        several containers, `\"#other\"` for one of this file; or an array of them, the last one wins. \
        Paths are relative to this file's folder.";
    json!({
        "description": description,
        "examples": ["base.toml", ["base.toml#web", "#other"]],
        "type": ["string", "array"],
        "minLength": 1,
        // Where a key holds an array, Taplo explains the element.
        "items": { "type": "string", "minLength": 1, "description": description },
        "minItems": 1,
    })
}

fn vars() -> Value {
    let plain = json!(["string", "number", "boolean"]);
    json!({
        "type": "object",
        "description": "Variables: `${name}` in this file's text stands for their values. A default, or a \
            table that says more. `--var NAME=VALUE` sets one.",
        "examples": [{ "version": "1.29", "stage": { "default": "dev", "choices": ["dev", "live"] } }],
        "propertyNames": { "pattern": "^[A-Za-z0-9_-]+$" },
        "additionalProperties": {
            "type": ["string", "number", "boolean", "object"],
            "not": { "type": "string", "pattern": "\\$\\{" },
            "description": "The variable's default; or `{ default, required, choices, env, description }`.",
            "examples": ["1.29", { "default": "dev", "choices": ["dev", "live"] }],
            "properties": {
                "default": {
                    "type": plain, "not": { "type": "string", "pattern": "\\$\\{" },
                    "description": "The value unless another is given. Taken as it stands, without `${…}`.",
                    "examples": ["dev"],
                },
                "required": {
                    "type": "boolean", "default": false, "examples": [true],
                    "description": "Whether it is an error that no value is given. Default: `false`.",
                },
                "choices": {
                    "type": "array", "items": { "type": plain }, "minItems": 1,
                    "description": "The values that it may have.", "examples": [["dev", "live"]],
                },
                "env": {
                    "type": "string", "examples": ["STAGE"],
                    "description": "A variable of your environment that gives the value, if it is set.",
                },
                "description": {
                    "type": "string", "description": "What it is for.", "examples": ["where it runs"],
                },
            },
            "additionalProperties": false,
        },
    })
}

/// A file with `[containers]`.
fn several() -> Value {
    let own_name = json!({ "name": false });
    json!({
        "allOf": [{ "$ref": "#/$defs/no_container_keys" }],
        "properties": {
            "extends": false,
            // It is not interpolated here.
            "name": { "type": "string", "pattern": NAME, "maxLength": 63 },
            "containers": { "minProperties": 1 },
            "variants": { "additionalProperties": {
                "allOf": [{ "$ref": "#/$defs/no_container_keys" }],
                "properties": own_name,
            } },
        },
        // Where nothing else could give a container its command, it has one of its own.
        "if": { "anyOf": [{ "required": ["defaults"] }, { "required": ["variants"] }] },
        "else": { "properties": { "containers": { "additionalProperties": {
            "if": { "required": ["extends"] }, "else": { "$ref": "#/$defs/complete" },
        } } } },
    })
}

/// A file that is one container.
fn single() -> Value {
    json!({
        "properties": {
            "defaults": false,
            "variants": { "additionalProperties": { "properties": { "defaults": false, "containers": false } } },
        },
        "if": { "anyOf": [{ "required": ["extends"] }, { "required": ["variants"] }] },
        "else": { "$ref": "#/$defs/complete" },
    })
}

/// A namespace that is not the container's own.
const OF_OTHERS: &str = "^(host$|path:|container:)";

/// What a container must have that nothing else in its file could give it.
fn complete() -> Value {
    // No lower layer can mend these.
    let of_uts = |key: &str| {
        json!({
            "if": {
                "required": [key, "namespaces"],
                "properties": {
                    key: given(),
                    "namespaces": { "required": ["uts"], "properties": { "uts": { "type": "string", "pattern": OF_OTHERS } } },
                },
            },
            "then": { "properties": { key: absent() } },
        })
    };
    let root = json!({
        "if": {
            "required": ["namespaces"],
            "properties": {
                "namespaces": { "required": ["mount"], "properties": { "mount": { "type": "string", "pattern": OF_OTHERS } } },
            },
        },
        "then": { "properties": { "rootfs": absent(), "shm_size": absent() } },
        "else": {
            "required": ["rootfs"],
            "properties": { "rootfs": { "if": { "type": "object" }, "then": { "required": ["source"] } } },
        },
    });
    let mut rules: Vec<Value> = ["hostname", "domainname"].map(of_uts).into();
    rules.push(root);
    json!({
        "if": { "required": ["entrypoint"] },
        "else": { "required": ["command"] },
        "allOf": rules,
    })
}

/// The rules within one table: keys that exclude each other, keys of another kind of
/// mount.
fn rules(keys: &mut Map<String, Value>) {
    for exclusive in EXCLUSIVE {
        for one in exclusive.one {
            let when = json!({ "required": [one], "properties": { *one: given() } });
            let rule = json!({ "if": when, "then": without(exclusive.other) });
            add_rule(keys.get_mut(exclusive.table), rule);
        }
    }
    let is = |kind: &str| json!({ "required": ["type"], "properties": { "type": { "const": kind } } });
    let inferred = json!({
        "required": ["source"], "properties": { "source": given() }, "not": { "required": ["type"] },
    });
    for (when, useless) in
        [(is("bind"), ["size", "mode"].as_slice()), (inferred, &["size", "mode"]), (is("tmpfs"), &["source"])]
    {
        let mount = keys.get_mut("mounts").and_then(|mounts| mounts.get_mut("additionalProperties"));
        add_rule(mount, json!({ "if": when, "then": without(useless) }));
    }
}

/// The schema of a table that doesn't give these keys values.
fn without(keys: &[&str]) -> Value {
    let keys: Map<String, Value> = keys.iter().map(|key| ((*key).to_owned(), absent())).collect();
    json!({ "properties": keys })
}

/// Adds a rule where editors don't look for keys.
fn add_rule(table: Option<&mut Value>, rule: Value) {
    let otherwise = table.and_then(|table| table.get_mut("else")).and_then(Value::as_object_mut);
    let rules = otherwise.map(|otherwise| otherwise.entry("allOf").or_insert_with(|| json!([])));
    if let Some(Value::Array(rules)) = rules {
        rules.push(rule);
    }
}
