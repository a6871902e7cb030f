//! The JSON schema of a profile, made from the raw structs and their documentation.

use super::choice::{
    CreateWord, MountType, Namespace, NetworkWord, OptionWord, PropagationWord, RootfsModeWord,
};
use super::lexical::{
    ByteRate, ContainerPath, CountLimit, Cpus, EnvValue, GroupId, GroupPath, HostName, HostPath, Id,
    MemoryLimit, Micros, Mode, Name, NumberList, OperationRate, QuotaLimit, Shares, Size, Subpath, Switch,
    Text, UserId, VariableName, Weight,
};
use super::raw::{Raw, RawMount, RawRootfs};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;
use std::borrow::Cow;

/// The schema as JSON text, as `tinydocker schema` prints it.
pub fn text() -> String {
    let mut schema = schemars::SchemaGenerator::default().into_root_schema_for::<Raw>().to_value();
    strip_null(&mut schema);
    // schemars takes every key with a schema of its own for required.
    schema["required"] = serde_json::json!(["command", "rootfs"]);
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

/// TOML has no null: schemars' `Option` means that the key may be absent.
fn strip_null(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if let Some(Value::Array(types)) = object.get_mut("type") {
                types.retain(|kind| kind != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    object.insert("type".into(), only);
                }
            }
            if let Some(Value::Array(any)) = object.get_mut("anyOf") {
                any.retain(|schema| schema.get("type") != Some(&Value::from("null")));
                if any.len() == 1
                    && let Value::Object(only) = any.remove(0)
                {
                    object.remove("anyOf");
                    object.extend(only);
                }
            }
            if let Some(Value::Array(values)) = object.get_mut("enum") {
                values.retain(|value| !value.is_null());
            }
            object.values_mut().for_each(strip_null);
        }
        Value::Array(values) => values.iter_mut().for_each(strip_null),
        _ => {}
    }
}

/// An array of text, or a string.
pub(super) fn command(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "anyOf": [
        { "type": "array", "items": { "type": "string" }, "minItems": 1 },
        { "type": "string", "minLength": 1 },
    ]})
}

/// A text, or an array of it.
pub(super) fn texts(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "anyOf": [
        { "type": "string", "minLength": 1 },
        { "type": "array", "items": { "type": "string", "minLength": 1 } },
    ]})
}

/// A table of text, or an array of `NAME=value`.
pub(super) fn env(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "anyOf": [
        { "type": "object", "propertyNames": { "pattern": "^[^=]+$" }, "additionalProperties": { "type": "string" } },
        { "type": "array", "items": { "type": "string", "pattern": "^[^=]+=" } },
    ]})
}

/// A folder, `"host"`, or a table.
pub(super) fn rootfs(generator: &mut SchemaGenerator) -> Schema {
    let table = generator.subschema_for::<RawRootfs>();
    json_schema!({ "anyOf": [{ "type": "string", "minLength": 1 }, table] })
}

/// A table by target, or an array of `SOURCE:TARGET`.
pub(super) fn mounts(generator: &mut SchemaGenerator) -> Schema {
    let mount = generator.subschema_for::<RawMount>();
    json_schema!({ "anyOf": [
        { "type": "object", "propertyNames": { "pattern": "^/" }, "additionalProperties": mount },
        { "type": "array", "items": { "type": "string", "pattern": "^(/|\\./|\\.\\./|~/|\\.:|\\.\\.:|~:)[^:]*:?/[^:]*(:[a-z,]*)?$" } },
    ]})
}

macro_rules! schemas {
    ($($form:ty => $schema:tt),+ $(,)?) => {$(
        impl JsonSchema for $form {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> Cow<'static, str> {
                stringify!($form).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    )+};
}

schemas! {
    Name => { "type": "string", "pattern": "^[a-z0-9]([a-z0-9_-]*[a-z0-9])?$", "maxLength": 63 },
    Text => { "type": "string" },
    EnvValue => { "type": "string" },
    VariableName => { "type": "string" },
    Switch => { "type": "boolean" },
    ContainerPath => { "type": "string", "pattern": "^/" },
    HostPath => { "type": "string", "minLength": 1 },
    HostName => { "type": "string", "pattern": "^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$", "maxLength": 64 },
    UserId => { "anyOf": [
        { "type": "integer", "minimum": 0, "maximum": 4_294_967_294_u64 },
        { "type": "string", "pattern": "^[^-+~:/,\\s][^:/,\\s]*(:[^-+~:/,\\s][^:/,\\s]*)?$" },
    ]},
    GroupId => { "anyOf": [
        { "type": "integer", "minimum": 0, "maximum": 4_294_967_294_u64 },
        { "type": "string", "pattern": "^[^-+~:/,\\s][^:/,\\s]*$" },
    ]},
    Size => { "anyOf": [
        { "type": "integer", "minimum": 0 },
        { "type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?([bB]|[kKmMgGtT]([iI]?[bB])?)?$" },
    ]},
    MemoryLimit => { "anyOf": [
        { "type": "integer", "minimum": 0 },
        { "type": "string", "pattern": "^(max|[0-9]+(\\.[0-9]+)?([bB]|[kKmMgGtT]([iI]?[bB])?)?)$" },
    ]},
    CountLimit => { "anyOf": [{ "type": "integer", "minimum": 1, "maximum": 4_194_304 }, { "const": "max" }] },
    QuotaLimit => { "anyOf": [{ "type": "integer", "minimum": 1000 }, { "const": "max" }] },
    Micros => { "type": "integer" },
    Shares => { "type": "integer" },
    Weight => { "type": "integer" },
    NumberList => { "type": "string", "pattern": "^[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*$" },
    GroupPath => { "type": "string", "minLength": 1 },
    ByteRate => { "anyOf": [
        { "type": "integer", "minimum": 1 },
        { "type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?([bB]|[kKmMgGtT]([iI]?[bB])?)?$" },
    ]},
    OperationRate => { "type": "integer", "minimum": 1, "maximum": 4_294_967_294_u64 },
    Cpus => { "type": "number", "minimum": 0.01 },
    Mode => { "anyOf": [
        { "type": "string", "pattern": "^(0o)?[0-7]{1,5}$" },
        { "type": "integer", "minimum": 0, "maximum": 4095 },
    ]},
    Namespace => { "enum": ["private", "host"] },
    NetworkWord => { "enum": ["none", "host"] },
    RootfsModeWord => { "enum": ["overlay", "read-only"] },
    MountType => { "enum": ["bind", "tmpfs", "file", "proc", "sysfs", "dev", "devpts", "mqueue"] },
    PropagationWord => { "enum": ["private", "rprivate", "slave", "rslave", "shared", "rshared", "unbindable"] },
    CreateWord => { "enum": ["no", "dir", "file"] },
    OptionWord => { "enum": [
        "nosuid", "suid", "nodev", "noexec", "exec", "noatime", "relatime", "strictatime", "nodiratime", "nosymfollow",
    ]},
    Subpath => { "type": "string", "pattern": "^[^/]" },
    Id => { "type": "integer", "minimum": 0, "maximum": 4_294_967_294_u64 },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::keys::KEYS;

    /// The names of the properties of a schema's object, below any `anyOf` and `$ref`.
    fn properties<'s>(root: &'s Value, schema: &'s Value, prefix: &str, into: &mut Vec<String>) {
        if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
            let target = root.pointer(name.trim_start_matches('#')).expect("a definition");
            properties(root, target, prefix, into);
        }
        for schema in schema.get("anyOf").and_then(Value::as_array).into_iter().flatten() {
            properties(root, schema, prefix, into);
        }
        for (name, schema) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            into.push(path.clone());
            assert!(schema.get("description").is_some(), "{path} has no documentation");
            properties(root, schema, &path, into);
        }
        if let Some(more) = schema.get("additionalProperties").filter(|more| more.is_object()) {
            into.push(format!("{prefix}.*"));
            properties(root, more, &format!("{prefix}.*"), into);
        }
    }

    #[test]
    fn the_table_of_keys_is_the_schemas() {
        let schema: Value = serde_json::from_str(&text()).unwrap();
        let mut documented = Vec::new();
        properties(&schema, &schema, "", &mut documented);
        let mut keys: Vec<String> = KEYS.iter().map(|(key, _)| (*key).to_owned()).collect();
        documented.sort();
        keys.sort();
        assert_eq!(documented, keys);
        assert!(!text().contains("\"null\""));
    }
}
