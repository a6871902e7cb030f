//! The JSON schema of a profile, made from the raw structs and their documentation.
//!
//! This file has the forms of values; `relax` says what else a key takes in a file and
//! brings it into the form that editors understand, `shape` adds what is no container's.

mod document;
mod relax;
mod shape;

use super::choice::{
    CreateWord, MountType, Namespace, NetworkWord, OptionWord, PresetWord, PropagationWord, RootfsModeWord,
};
use super::lexical::{
    Access, ByteRate, CallName, Capability, ContainerPath, CountLimit, CoveredPath, Cpus, DevicePath,
    EnvValue, GroupId, GroupPath, HostName, HostPath, Id, IdMaps, MemoryLimit, Micros, Mode, Name, Nice,
    NumberList, OomScoreAdj, OperationRate, QuotaLimit, RlimitValue, SeccompBase, Shares, SignalNumber, Size,
    Span, Subpath, Switch, SysctlValue, Text, Umask, UserId, VariableName, Weight,
};
use super::raw::{Raw, RawDevice, RawIo, RawMount, RawRlimit, RawRootfs, RawSeccomp};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};
use std::borrow::Cow;

/// The schema as JSON text, as `tinydocker schema` prints it.
pub fn text() -> String {
    let mut container = SchemaGenerator::default().into_root_schema_for::<Raw>().to_value();
    strip_null(&mut container);
    let title = container["title"].take();
    let mut definitions = container["$defs"].take();
    // schemars takes every key with a schema of its own for required.
    for table in definitions.as_object_mut().into_iter().flat_map(|tables| tables.values_mut()) {
        table.as_object_mut().and_then(|table| table.remove("required"));
    }
    let mut keys = container["properties"].take();
    relax::inline(&mut keys, &definitions);
    let keys = keys.as_object_mut().map(std::mem::take).unwrap_or_default();
    let keys = keys.into_iter().map(|(key, schema)| (key, relax::key(schema))).collect();
    let mut text = serde_json::to_string_pretty(&shape::file(&title, keys)).unwrap_or_default();
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

/// Names of variables, with `*` for any text.
pub(super) fn names(_: &mut SchemaGenerator) -> Schema {
    const NAME: &str = "^[^=?\\[]+$";
    json_schema!({ "anyOf": [
        { "type": "string", "pattern": NAME },
        { "type": "array", "items": { "type": "string", "pattern": NAME } },
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
    json_schema!({ "anyOf": [{ "type": "string", "pattern": HOST_PATH }, table] })
}

/// A table by target, or an array of `SOURCE:TARGET`.
pub(super) fn mounts(generator: &mut SchemaGenerator) -> Schema {
    let mount = generator.subschema_for::<RawMount>();
    // The root itself; a path with `..`.
    let no_target = "^/+(\\./+)*\\.?$|/\\.\\.(/|$)";
    json_schema!({ "anyOf": [
        {
            "type": "object",
            "propertyNames": { "pattern": "^/", "not": { "pattern": no_target } },
            "additionalProperties": mount,
        },
        { "type": "array", "items": {
            "type": "string",
            "pattern": "^(/|\\./|\\.\\./|~/|\\.:|\\.\\.:|~:)[^:]*:?/[^:]*(:,*(ro|readonly|rw)?,*)?$",
        } },
    ]})
}

/// A table by device.
pub(super) fn io(generator: &mut SchemaGenerator) -> Schema {
    let rates = generator.subschema_for::<RawIo>();
    json_schema!({
        "type": "object",
        "propertyNames": { "pattern": "^([/.]|~/|~$|[0-9]+:[0-9]+$)" },
        "additionalProperties": rates,
    })
}

/// A path that may begin with `~/`, but not with another user's home.
const HOST_PATH: &str = "^([^~]|~$|~/)";
/// A table by name: one bound, or soft and hard.
pub(super) fn rlimits(generator: &mut SchemaGenerator) -> Schema {
    let table = generator.subschema_for::<RawRlimit>();
    json_schema!({
        "type": "object",
        "propertyNames": { "pattern": "^([Rr][Ll][Ii][Mm][Ii][Tt]_)?[A-Za-z]+$" },
        "additionalProperties": {
            "description": "One bound for both, or `{ soft, hard }`.",
            "anyOf": [{ "type": "integer", "minimum": 0 }, { "const": "unlimited" }, table],
        },
        "examples": [{ "nofile": 1024, "core": "unlimited", "nproc": { "soft": 100, "hard": 200 } }],
    })
}

/// A table by path: an access, or a table.
pub(super) fn devices(generator: &mut SchemaGenerator) -> Schema {
    let table = generator.subschema_for::<RawDevice>();
    json_schema!({
        "type": "object",
        "propertyNames": { "pattern": "^/(\\.?/)*dev/", "not": { "pattern": "/\\.\\.(/|$)" } },
        "additionalProperties": {
            "description": "What may be done with it, such as `\"rw\"`, or `{ source, access, optional }`.",
            "anyOf": [{ "type": "string", "pattern": "^[rwm]{1,3}$" }, table],
        },
        "examples": [{ "/dev/fuse": "rwm", "/dev/modem": { "source": "/dev/ttyUSB0", "access": "rw" } }],
    })
}

/// A table by name, or lists to add and to drop.
pub(super) fn capabilities(_: &mut SchemaGenerator) -> Schema {
    let list = json!({ "type": "array", "items": { "type": "string", "pattern": "^([A-Za-z_]+|\\*)$" } });
    json_schema!({
        "type": "object",
        "propertyNames": { "pattern": "^[A-Za-z_]+$" },
        "patternProperties": { "^(add|drop)$": list, "^\\*$": { "type": "boolean" } },
        "additionalProperties": {
            "type": "boolean", "description": "Whether the container has this capability.",
        },
        "examples": [{ "NET_ADMIN": true, "CHOWN": false }, { "add": ["NET_ADMIN"], "drop": ["CHOWN"] }],
    })
}

/// A word, a path, or a table.
pub(super) fn seccomp(generator: &mut SchemaGenerator) -> Schema {
    let table = generator.subschema_for::<RawSeccomp>();
    json_schema!({ "anyOf": [{ "type": "string", "minLength": 1, "pattern": HOST_PATH }, table] })
}

/// A table by name; what lies between dots may be a table as well.
pub(super) fn sysctls(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "propertyNames": { "pattern": "^(net|kernel|fs)([./][^.]|$)" },
        "additionalProperties": {
            "description": "What the parameter is set to; or a table, of the next part of its name.",
            "anyOf": [{ "type": "integer" }, { "type": "string", "minLength": 1 }, { "type": "object" }],
        },
        "examples": [{ "net.ipv4.ip_forward": 1 }],
    })
}

/// A namespace that others live in.
const JOINED: &str = "^(path:/.*|container:[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?)$";

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
    HostPath => { "type": "string", "pattern": HOST_PATH },
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
    // No name at all; `..`; the mount point.
    GroupPath => { "type": "string", "not": { "pattern": "^(\\.?/)*\\.?$|(^|/)\\.\\.(/|$)|^/sys/fs/cgroup" } },
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
    Namespace => { "anyOf": [
        { "enum": ["private", "host"] }, { "type": "string", "pattern": JOINED },
    ]},
    NetworkWord => { "anyOf": [
        { "enum": ["none", "host"] }, { "type": "string", "pattern": JOINED },
    ]},
    RootfsModeWord => { "enum": ["overlay", "read-only", "read-write", "persistent"] },
    MountType => { "enum": ["bind", "tmpfs", "file", "proc", "sysfs", "dev", "devpts", "mqueue", "generated", "overlay", "cgroup"] },
    PropagationWord => { "enum": ["private", "rprivate", "slave", "rslave", "shared", "rshared", "unbindable"] },
    CreateWord => { "enum": ["no", "dir", "file"] },
    OptionWord => { "enum": [
        "nosuid", "suid", "nodev", "noexec", "exec", "noatime", "relatime", "strictatime", "nodiratime", "nosymfollow",
    ]},
    DevicePath => { "type": "string", "pattern": "^/" },
    IdMaps => { "anyOf": [
        { "type": "string", "pattern": "^(off|[0-9]+:[0-9]+:[0-9]+(,[0-9]+:[0-9]+:[0-9]+)*)$" },
        { "type": "array", "minItems": 1, "items": {
            "type": "object",
            "required": ["container", "host", "size"],
            "properties": {
                "container": { "type": "integer", "minimum": 0, "description": "The first id inside." },
                "host": { "type": "integer", "minimum": 0, "description": "The first id on disk." },
                "size": { "type": "integer", "minimum": 1, "description": "How many ids." },
            },
            "additionalProperties": false,
        } },
    ]},
    Access => { "type": "string", "pattern": "^[rwm]{1,3}$" },
    Subpath => { "type": "string", "pattern": "^[^/]" },
    Id => { "type": "integer", "minimum": 0, "maximum": 4_294_967_294_u64 },
    PresetWord => { "enum": ["default", "unconfined"] },
    CoveredPath => { "type": "string", "pattern": "^/.*[^/]" },
    Umask => { "anyOf": [
        { "type": "string", "pattern": "^(0o)?0*[0-7]{1,3}$" },
        { "type": "integer", "minimum": 0, "maximum": 511 },
    ]},
    RlimitValue => { "anyOf": [{ "type": "integer", "minimum": 0 }, { "const": "unlimited" }] },
    OomScoreAdj => { "type": "integer", "minimum": -1000, "maximum": 1000 },
    Nice => { "type": "integer", "minimum": -20, "maximum": 19 },
    SignalNumber => { "anyOf": [
        { "type": "integer", "minimum": 1, "maximum": 64 },
        { "type": "string", "pattern": "^[A-Za-z0-9]+([+-][0-9]+)?$" },
    ]},
    Span => { "type": "string", "minLength": 2, "pattern": "^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$" },
    CallName => { "type": "string", "pattern": "^[a-z0-9_]+$" },
    SeccompBase => { "type": "string", "minLength": 1, "pattern": HOST_PATH },
    Capability => { "type": "string", "pattern": "^[A-Za-z_]+$" },
    SysctlValue => { "anyOf": [{ "type": "integer" }, { "type": "string" }] },
}

#[cfg(test)]
mod tests;
