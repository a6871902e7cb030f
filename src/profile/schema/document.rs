//! What the documentation of a key says, for machines: its default and examples.

use serde_json::{Map, Value, json};

/// What a documentation says before a default.
const DEFAULT: &str = "Default: `";

/// The default that a description states as a value of TOML: "Default: `\"0:0\"`.". None
/// where it depends, and is said in words.
pub fn default(description: &str) -> Option<Value> {
    let text = description.split_whitespace().collect::<Vec<_>>().join(" ");
    let (_, rest) = text.split_once(DEFAULT)?;
    let (value, after) = rest.split_once('`')?;
    let whole = after == "." || after.starts_with(". ");
    let table: toml::Table = toml::from_str(&format!("value = {value}")).ok().filter(|_| whole)?;
    serde_json::to_value(&table["value"]).ok()
}

/// Fills in what follows from the rest: the default from the description, examples of
/// words and switches.
pub fn complete(notes: &mut Map<String, Value>, schema: &Map<String, Value>) {
    let description = notes.get("description").and_then(Value::as_str).unwrap_or_default();
    if let Some(default) = default(description) {
        notes.insert("default".into(), default);
    }
    if notes.contains_key("examples") {
        return;
    }
    if let Some(words) = schema.get("enum") {
        notes.insert("examples".into(), words.clone());
    } else if schema.get("type") == Some(&json!("boolean")) {
        notes.insert("examples".into(), json!([true, false]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_values_of_toml() {
        assert_eq!(default("It is.\nDefault:\n`\"a b\"`."), Some(json!("a b")));
        assert_eq!(default("Default: `[]`. More."), Some(json!([])));
        assert_eq!(default("Default: `100000`."), Some(json!(100_000)));
        for words in ["Default: `true` for binds.", "Default: the name.", "None.", "Default: `/`."] {
            assert_eq!(default(words), None, "{words}");
        }
    }
}
