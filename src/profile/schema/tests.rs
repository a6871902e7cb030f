use super::*;
use crate::profile::{File, Loaded, Problems, Request, keys::KEYS, load};
use serde_json::json;

fn schema() -> Value {
    serde_json::from_str(&text()).expect("JSON")
}

/// Every key of a container with its schema, `*` for the entries of identity tables.
fn container_keys(schema: &Value) -> Vec<(String, Value)> {
    fn walk(schema: &Value, prefix: &str, into: &mut Vec<(String, Value)>) {
        for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            into.push((path.clone(), schema.clone()));
            walk(schema, &path, into);
        }
        if schema["additionalProperties"].is_object() {
            let path = format!("{prefix}.*");
            into.push((path.clone(), schema["additionalProperties"].clone()));
            walk(&schema["additionalProperties"], &path, into);
        }
        for branch in schema["anyOf"].as_array().into_iter().flatten() {
            walk(branch, prefix, into);
        }
    }
    let mut keys = vec![("name".to_owned(), schema["properties"]["name"].clone())];
    walk(&schema["$defs"]["container"], "", &mut keys);
    keys
}

#[test]
fn the_table_of_keys_is_the_schemas() {
    let schema = schema();
    let documented = container_keys(&schema).into_iter().map(|(key, _)| key);
    let mut documented: Vec<String> = documented.filter(|key| key != "extends").collect();
    let mut keys: Vec<String> = KEYS.iter().map(|(key, _)| (*key).to_owned()).collect();
    documented.sort();
    keys.sort();
    assert_eq!(documented, keys);
    assert!(!text().contains("\"null\""));
    // What a container's table has, the root, the defaults and the variants have.
    for table in [
        &schema["properties"],
        &schema["$defs"]["variant"]["properties"],
        &schema["$defs"]["defaults"]["properties"],
    ] {
        for key in schema["$defs"]["container"]["properties"].as_object().expect("keys").keys() {
            let root = table == &schema["properties"];
            assert_eq!(table[key].is_object(), key != "extends" || root, "{key}");
        }
    }
}

#[test]
fn every_key_is_documented() {
    fn file_keys(schema: &Value, prefix: &str, into: &mut Vec<(String, Value)>) {
        for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
            into.push((format!("{prefix}{name}"), schema.clone()));
        }
    }
    let schema = schema();
    let mut keys = container_keys(&schema);
    file_keys(&schema["properties"]["vars"]["additionalProperties"], "vars.*.", &mut keys);
    for name in ["vars", "variants", "containers"] {
        keys.push((name.into(), schema["properties"][name].clone()));
    }
    for (key, schema) in keys {
        if key != "env.*" {
            assert!(schema["description"].is_string(), "{key} has no documentation");
        }
        let table = schema["properties"].is_object() || key.ends_with(".*");
        assert!(
            table || schema["examples"].is_array(),
            "{key} has no examples: write #[schemars(example = …)]"
        );
        let description = schema["description"].as_str().unwrap_or_default();
        // What looks like a default in the documentation is one.
        let words = description.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some((_, value)) = words.split_once("Default: `") {
            let (value, after) = value.split_once('`').expect("closed");
            let whole = after == "." || after.starts_with(". ");
            assert_eq!(schema.get("default").is_some(), whole, "{key}: `{value}` is no value of TOML");
        }
    }
}

/// A profile that has what the keys with defaults need to have an effect, in dotted keys,
/// so that any of them can be added.
const BASE: &str = r#"
command = ["/bin/true"]
rootfs.source = "host"
mounts."/memory".type = "tmpfs"
mounts."/folder".source = "/"
"#;

fn loaded(text: &str) -> Result<Loaded, Problems> {
    load(&Request {
        file: Some(File { name: "a".into(), text: text.into(), folder: "/".into(), stem: "a".into() }),
        home: Some("/home/me".into()),
        working_folder: "/".into(),
        ..Request::default()
    })
}

/// The kernel's own defaults: the program sets nothing unless they are written.
const KERNELS: [(&str, &str); 2] = [("cgroup.cpu_burst", "0"), ("cgroup.cpu_idle", "false")];

/// Writing a default changes nothing.
#[test]
fn defaults_are_what_is_filled_in() {
    let schema = schema();
    let mut count = 0;
    for (key, schema) in container_keys(&schema) {
        // Scalars and arrays look alike in JSON and TOML.
        let Some(default) = schema.get("default") else { continue };
        count += 1;
        if let Some((_, kernels)) = KERNELS.iter().find(|(kernels, _)| *kernels == key) {
            assert_eq!(default.to_string(), *kernels, "{key}");
            continue;
        }
        // The mounts are of different kinds; one takes the key.
        let spellings: Vec<String> = match key.strip_prefix("mounts.*.") {
            Some(key) => ["/memory", "/folder"].map(|target| format!("mounts.{target:?}.{key}")).into(),
            None => vec![key.replace("devices.*", "devices.\"/dev/x\"")],
        };
        // Some have no effect by themselves.
        let with = match key.as_str() {
            "cgroup.cpu_period" => "cgroup.cpu_quota = 5000\n",
            _ if key.starts_with("devices.") => "devices.\"/dev/x\".source = \"/dev/null\"\n",
            _ => "",
        };
        let base = format!("{BASE}{with}");
        let plain = loaded(&base).unwrap_or_else(|_| panic!("refused: {base}"));
        let mut tried = 0;
        for key in spellings {
            let text = format!("{base}{key} = {default}\n");
            let Ok(written) = loaded(&text) else { continue };
            tried += 1;
            assert_eq!(plain.first().profile, written.first().profile, "{text}");
        }
        assert!(tried > 0, "{key} = {default} is refused");
    }
    assert!(count >= 10, "{count}");
}

#[test]
fn alternatives_become_one_schema_where_one_can_say_it() {
    let flat = relax::key(json!({ "description": "D", "anyOf": [
        { "type": "integer", "minimum": 1 }, { "const": "max" }, { "type": "string", "pattern": "^x" },
    ] }));
    assert_eq!(flat["anyOf"][0]["type"], json!(["integer", "string"]));
    assert_eq!(flat["anyOf"][0]["pattern"], "^(max)$|^x");
    assert_eq!((&flat["description"], &flat["anyOf"][0]["description"]), (&json!("D"), &json!("D")));
    // Two kinds of numbers can't be one.
    let kept = relax::key(json!({ "description": "D", "anyOf": [
        { "type": "integer", "maximum": -1 }, { "type": "integer", "minimum": 5 },
    ] }));
    assert_eq!(kept["anyOf"].as_array().map(Vec::len), Some(3));
    assert_eq!(kept["anyOf"][1]["minimum"], 5);
}
