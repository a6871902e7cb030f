//! Other programs' names of things: what they are called here, with the value that was
//! written carried over where it means the same.

use super::path::{KeyPath, quote_key, quote_text};
use figment::value::Value;

/// A key of another program.
#[derive(Debug, PartialEq, Eq)]
pub struct Foreign {
    /// Its names, in the spelling of keys (`mem_limit`); `-` and capitals match too.
    pub names: &'static [&'static str],
    /// The table in which the name is foreign; empty for the root.
    pub table: &'static str,
    /// Whose word it is.
    pub from: &'static str,
    /// What to say.
    pub answer: Answer,
}

/// What there is to say about a foreign name.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// The same thing under another name.
    Key(&'static str, Convert),
    /// There is no such thing yet; a sentence.
    NotYet(&'static str),
    /// It is done otherwise; a sentence.
    Otherwise(&'static str),
}

/// How the value is carried over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Convert {
    /// It means the same.
    Same,
    /// `true` and `false` change places.
    Inverted,
    /// A number of bytes or a size.
    Size,
    /// A number, even if it is written as text.
    Number,
    /// −1 is `"max"`.
    Limit,
    /// `read_only = true` of the root.
    ReadOnlyRoot,
    /// A list of `SOURCE:TARGET`.
    Volumes,
    /// One target, or several, of tmpfs.
    Tmpfs,
    /// A list of names to add.
    Add,
    /// A list of names to drop.
    Drop,
    /// A number of seconds, or a duration.
    Duration,
    /// The value has to be written anew.
    No,
}

mod table;
pub use table::FOREIGN;

/// The entry for a name in a table.
pub fn find(parent: &KeyPath, name: &str) -> Option<&'static Foreign> {
    let plain = plain(name);
    // Every mount's table is one kind of table.
    let parent = match parent.key(0) {
        Some("mounts") => "mounts".to_owned(),
        _ => parent.to_string(),
    };
    let fits = |entry: &&Foreign| entry.names.iter().any(|known| self::plain(known) == plain);
    FOREIGN
        .iter()
        .filter(fits)
        .find(|entry| entry.table == parent)
        .or_else(|| FOREIGN.iter().filter(fits).find(|entry| entry.table.is_empty()))
}

/// `memLimit`, `mem-limit`, `MEM_LIMIT` → `memlimit`.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect()
}

impl Foreign {
    /// Whether whoever writes this word has said what `key` is for, so that `key` need
    /// not be reported as missing as well.
    pub fn stands_for(&self, key: &str) -> bool {
        match self.answer {
            Answer::Key(ours, _) => ours == key,
            _ => match key {
                "rootfs" => ["image", "build", "services"].iter().any(|name| self.names.contains(name)),
                "command" => ["process", "services"].iter().any(|name| self.names.contains(name)),
                _ => false,
            },
        }
    }

    /// The label beside the key.
    pub fn label(&self) -> String {
        match self.answer {
            Answer::Key(ours, _) => format!("{} name for `{ours}`", self.from),
            Answer::NotYet(_) => format!("{} word; there is no such key yet", self.from),
            Answer::Otherwise(_) => format!("{} word", self.from),
        }
    }

    /// What to do, with the value that was written.
    pub fn help(&self, value: Option<&Value>) -> String {
        match self.answer {
            Answer::Key(ours, convert) => match value.and_then(|value| converted(value, convert)) {
                Some(value) => format!("write {ours} = {value}"),
                None if convert == Convert::Volumes => {
                    "write mounts = [\"./site:/srv:ro\"], or a table [mounts.\"/srv\"]".into()
                }
                None if convert == Convert::Tmpfs => {
                    "write [mounts.\"/target\"] with type = \"tmpfs\"".into()
                }
                None => format!("write `{ours}` instead"),
            },
            Answer::NotYet(text) | Answer::Otherwise(text) => text.to_owned(),
        }
    }
}

fn converted(value: &Value, convert: Convert) -> Option<String> {
    match convert {
        Convert::No => None,
        Convert::Same => toml(value),
        Convert::Add | Convert::Drop => {
            let names = match value {
                Value::String(..) => format!("[{}]", toml(value)?),
                Value::Array(..) => toml(value)?,
                _ => return None,
            };
            let list = if convert == Convert::Add { "add" } else { "drop" };
            Some(format!("{{ {list} = {names} }}"))
        }
        Convert::Duration => match value {
            Value::Num(..) => value.to_i128().filter(|n| *n >= 0).map(|seconds| format!("\"{seconds}s\"")),
            Value::String(_, text) => {
                let scalar = super::form::Scalar::Text(text);
                <super::lexical::Span as super::form::Form>::read(scalar).ok().map(|_| quote_text(text))
            }
            _ => None,
        },
        Convert::Inverted => value.to_bool().map(|value| (!value).to_string()),
        Convert::Size => match value {
            Value::String(_, text) => super::lexical::parse_size(text).ok().map(|_| quote_text(text)),
            other => other.to_i128().filter(|bytes| *bytes >= 0).map(|bytes| bytes.to_string()),
        },
        Convert::Number => match value {
            Value::String(_, text) => text.parse::<f64>().ok().map(|_| text.clone()),
            other => toml(other),
        },
        Convert::Limit => match value {
            Value::String(_, text) if text.parse::<u64>().is_ok() => Some(text.clone()),
            other if other.to_i128() == Some(-1) => Some("\"max\"".into()),
            other => other.to_i128().filter(|count| *count >= 0).map(|count| count.to_string()),
        },
        Convert::ReadOnlyRoot => (value.to_bool() == Some(true)).then(|| "\"read-only\"".into()),
        Convert::Volumes => {
            let all: Option<Vec<String>> = match value {
                Value::String(_, text) => Some(vec![quote_text(text)]),
                Value::Array(_, list) => list.iter().map(|entry| entry.as_str().map(quote_text)).collect(),
                _ => None,
            };
            all.map(|entries| format!("[{}]", entries.join(", ")))
        }
        Convert::Tmpfs => {
            let first = match value {
                Value::String(_, text) => Some(text.as_str()),
                Value::Array(_, list) => list.first().and_then(Value::as_str),
                _ => None,
            };
            let target = first?.split(':').next()?;
            Some(format!("{{ {} = {{ type = \"tmpfs\" }} }}", quote_text(target)))
        }
    }
}

/// A short value as TOML.
fn toml(value: &Value) -> Option<String> {
    Some(match value {
        Value::String(_, text) => quote_text(text),
        Value::Bool(_, value) => value.to_string(),
        Value::Num(_, number) => match (number.to_i128(), number.to_u128(), number.to_f64()) {
            (Some(number), ..) => number.to_string(),
            (_, Some(number), _) => number.to_string(),
            (.., Some(number)) => number.to_string(),
            _ => return None,
        },
        Value::Array(_, list) => {
            let list: Option<Vec<_>> = list.iter().map(toml).collect();
            format!("[{}]", list?.join(", "))
        }
        Value::Dict(_, dict) => {
            let entries: Option<Vec<_>> = dict
                .iter()
                .map(|(key, value)| Some(format!("{} = {}", quote_key(key), toml(value)?)))
                .collect();
            format!("{{ {} }}", entries?.join(", "))
        }
        Value::Char(..) | Value::Empty(..) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::keys;

    #[test]
    fn every_name_is_found_and_is_none_of_ours() {
        for entry in FOREIGN {
            let (shown, table) = match entry.table {
                "" => (String::new(), KeyPath::default()),
                "mounts" => ("mounts.*".into(), KeyPath::keys(["mounts", "/srv"])),
                table => (table.into(), KeyPath::keys([table])),
            };
            for name in entry.names {
                assert_eq!(find(&table, name), Some(entry), "{name} in [{shown}]");
                assert!(!keys::children(&table).contains(name), "{name} is a key of [{shown}]");
            }
            if let Answer::Key(ours, _) = entry.answer {
                assert!(keys::KEYS.iter().any(|(key, _)| *key == ours), "{ours} is no key");
            }
            assert!(!entry.help(None).is_empty() && !entry.label().is_empty());
        }
    }

    #[test]
    fn values_are_carried_over() {
        let help = |name: &str, value: Value| find(&KeyPath::default(), name).unwrap().help(Some(&value));
        for (name, value, expected) in [
            ("mem_limit", Value::from("256m"), "write cgroup.memory = \"256m\""),
            ("memLimit", Value::from(1 << 28), "write cgroup.memory = 268435456"),
            ("mem_limit", Value::from("12q"), "write `cgroup.memory` instead"),
            ("pids_limit", Value::from(-1), "write cgroup.pids = \"max\""),
            ("pids-limit", Value::from("100"), "write cgroup.pids = 100"),
            ("cpu_count", Value::from("2"), "write cgroup.cpus = 2"),
            ("read_only", Value::from(true), "write rootfs.mode = \"read-only\""),
            ("read_only", Value::from(false), "write `rootfs.mode` instead"),
            ("volumes", Value::from(vec!["./a:/b"]), "write mounts = [\"./a:/b\"]"),
            ("tmpfs", Value::from("/run:size=1m"), "write mounts = { \"/run\" = { type = \"tmpfs\" } }"),
            ("disable_no_new_privs", Value::from(true), "write security.no_new_privileges = false"),
            ("cmd", Value::from(vec!["a", "b c"]), "write command = [\"a\", \"b c\"]"),
            ("stop_grace_period", Value::from("1m30s"), "write stop_timeout = \"1m30s\""),
            ("stop-grace-period", Value::from(20), "write stop_timeout = \"20s\""),
            (
                "cap_add",
                Value::from(vec!["NET_ADMIN"]),
                "write security.capabilities = { add = [\"NET_ADMIN\"] }",
            ),
            ("DropCapability", Value::from("ALL"), "write security.capabilities = { drop = [\"ALL\"] }"),
            ("WorkDir", Value::from("/srv"), "write working_dir = \"/srv\""),
        ] {
            assert_eq!(help(name, value), expected, "{name}");
        }
    }
}
