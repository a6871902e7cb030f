//! Values in other programs' spellings → values in ours, as TOML.

use crate::profile::choice::{Namespace, NetworkWord};
use crate::profile::form::{Form, Scalar};
use crate::profile::path::{quote_key, quote_text};
use crate::profile::words;
use figment::value::Value;

mod lists;
mod mounts;

/// How a value is carried over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
pub enum Convert {
    /// It means the same.
    Same,
    /// It has to be written anew.
    No,
    /// `true` and `false` change places.
    Inverted,
    /// A number of bytes or a size; −1 and `infinity` are `"max"`.
    Size,
    /// A number, even if it is written as text.
    Number,
    /// −1 and `infinity` are `"max"`.
    Limit,
    /// Billionths of a core.
    Nano,
    /// Thousandths of a core.
    Milli,
    /// µs, or systemd's percent of a core.
    Quota,
    /// cgroup v2's `QUOTA PERIOD`.
    CpuMax,
    /// Seconds, or time with units.
    Duration,
    /// A command; systemd's prefixes are none of it.
    Command,
    /// A table of a command's parts: nsjail's `path` and `arg`.
    ExecBin,
    /// Variables: a table, a list of `A=b`, or systemd's words.
    Env,
    /// Files of variables; systemd's `-` is no part of the name.
    EnvFile,
    /// Names, as a list or as words.
    Names,
    /// OCI's `{ uid, gid, additionalGids }`.
    User,
    /// `read_only = true` of the root, or systemd's `ProtectSystem = "strict"`.
    ReadOnlyRoot,
    /// `SOURCE:TARGET[:OPTIONS]`, writable unless `ro`; or compose's, OCI's and nsjail's
    /// tables; or docker's `type=…,src=…`.
    Volumes,
    /// The same, read-only.
    ReadOnlyBinds,
    /// fstab's columns, as LXC has them.
    FsTab,
    /// Targets of tmpfs.
    Tmpfs,
    /// `/dev/fuse:/dev/fuse:rwm`, or systemd's `/dev/fuse rw`.
    Devices,
    /// One limit: a number, `SOFT:HARD`, or a table of both.
    Rlimit,
    /// The same, in MiB.
    RlimitMib,
    /// Limits by name: a table, a list of `NAME=SOFT:HARD`, or OCI's tables.
    Rlimits,
    /// Capabilities that are added.
    CapsAdd,
    /// Capabilities that are dropped.
    CapsDrop,
    /// All capabilities that there are; with systemd's `~` those that are not.
    CapsOnly,
    /// Capabilities as a list.
    CapsList,
    /// A table, nested or not, or a list of `name=value`.
    Sysctls,
    /// docker's list of `no-new-privileges`, `seccomp=…`.
    SecurityOptions,
    /// `name:address`.
    Hosts,
    /// `8080:80`, or compose's tables.
    Ports,
    /// A table of texts, or a list of `A=b`.
    Texts,
    /// `none`, `host`, `container:NAME`.
    Network,
    /// `private`, `host`, `container:NAME`.
    Namespace,
    /// The file of a namespace.
    NamespacePath,
    /// `true` is `"private"`.
    Private,
    /// `true` is no network but loopback.
    PrivateNetwork,
    /// LXC's lines, OCI's or nsjail's tables of ids.
    IdMap,
    /// `/dev/sda 10M`, `/dev/sda:1mb`, or compose's `{ path, rate }`.
    Io,
}

/// What to write.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Converted {
    /// Keys, and their values as TOML.
    pub sets: Vec<(String, String)>,
    /// What else to say: phrases.
    pub notes: Vec<String>,
}

impl Converted {
    fn one(key: &str, value: String) -> Self {
        Self { sets: vec![(key.to_owned(), value)], notes: Vec::new() }
    }

    fn note(mut self, note: &str) -> Self {
        if !self.notes.iter().any(|known| known == note) {
            self.notes.push(note.to_owned());
        }
        self
    }
}

impl Convert {
    /// Whether it takes a table whose keys have dots.
    pub fn nests(self) -> bool {
        self == Self::Sysctls
    }
}

/// Carries a value over to `key`.
pub fn convert(value: &Value, how: Convert, key: &str) -> Option<Converted> {
    let one = |value: String| Some(Converted::one(key, value));
    match how {
        Convert::No => None,
        Convert::Same => one(toml(value)?),
        Convert::Inverted => one((!value.to_bool()?).to_string()),
        Convert::Size => one(size(value)?),
        Convert::Number => one(number(value)?),
        Convert::Limit => one(limit(value)?),
        Convert::Nano => one(cores(float(value)? / 1e9)?),
        Convert::Milli => one(cores(float(value)? / 1e3)?),
        Convert::Quota => match value.as_str().and_then(|text| text.trim().strip_suffix('%')) {
            Some(percent) => {
                let cores = cores(percent.trim().parse::<f64>().ok()? / 100.0)?;
                Some(Converted::one("cgroup.cpus", cores))
            }
            None => one(limit(value)?),
        },
        Convert::CpuMax => {
            let (quota, period) = value.as_str()?.split_once(' ')?;
            let quota =
                if quota == "max" { quote_text(quota) } else { quota.parse::<u64>().ok()?.to_string() };
            let mut both = Converted::one("cgroup.cpu_quota", quota);
            both.sets.push(("cgroup.cpu_period".into(), period.trim().parse::<u64>().ok()?.to_string()));
            Some(both)
        }
        Convert::Duration => one(quote_text(&duration(value)?)),
        Convert::Command => one(command(value)?),
        Convert::ExecBin => {
            let table = value.as_dict()?;
            let mut words = vec![table.get("path")?.as_str()?.to_owned()];
            words.extend(table.get("arg").map_or(Some(Vec::new()), texts)?);
            one(list(&words))
        }
        Convert::Names => {
            let names: Vec<String> =
                texts(value)?.iter().flat_map(|text| text.split_whitespace().map(str::to_owned)).collect();
            (!names.is_empty()).then(|| Converted::one(key, list(&names)))
        }
        Convert::User => user(value, key),
        Convert::ReadOnlyRoot => {
            let strict = value.to_bool() == Some(true) || matches!(value.as_str(), Some("strict" | "full"));
            if strict { one("\"read-only\"".into()) } else { None }
        }
        Convert::Env => lists::env(value, key),
        Convert::EnvFile => {
            let files: Vec<String> =
                texts(value)?.iter().map(|file| file.trim_start_matches('-').to_owned()).collect();
            one(if files.len() == 1 { quote_text(&files[0]) } else { list(&files) })
        }
        Convert::Volumes => mounts::binds(value, false),
        Convert::ReadOnlyBinds => mounts::binds(value, true),
        Convert::FsTab => mounts::fstab(value),
        Convert::Tmpfs => mounts::tmpfs(value),
        Convert::Devices => lists::devices(value),
        Convert::Rlimit => one(lists::rlimit(value, 1)?),
        Convert::RlimitMib => one(lists::rlimit(value, 1 << 20)?),
        Convert::Rlimits => lists::rlimits(value),
        Convert::CapsAdd | Convert::CapsDrop | Convert::CapsOnly => lists::capabilities(value, how),
        Convert::CapsList => one(list(&lists::capability_names(value)?)),
        Convert::Sysctls => lists::sysctls(value, key),
        Convert::SecurityOptions => lists::security_options(value),
        Convert::Hosts => lists::hosts(value),
        Convert::Ports => lists::ports(value),
        Convert::Texts => one(lists::table(&lists::pairs(value)?)),
        Convert::Network => {
            let text = value.as_str()?;
            NetworkWord::read(Scalar::Text(text)).ok()?;
            one(quote_text(text))
        }
        Convert::Namespace => {
            let text = value.as_str()?;
            // Of the user namespace there is more to choose.
            let known = Namespace::read(Scalar::Text(text)).is_ok();
            (known || key == "namespaces.user").then(|| Converted::one(key, quote_text(text)))
        }
        Convert::NamespacePath => {
            let path = value.as_str()?.strip_prefix('-').or(value.as_str())?;
            path.starts_with('/').then(|| Converted::one(key, quote_text(&format!("path:{path}"))))
        }
        Convert::Private => one(if value.to_bool()? { "\"private\"" } else { "\"host\"" }.into()),
        Convert::PrivateNetwork => one(if value.to_bool()? { "\"none\"" } else { "\"host\"" }.into()),
        Convert::IdMap => lists::id_map(value, key),
        Convert::Io => lists::io(value, key),
    }
}

/// A short value as TOML.
pub(super) fn toml(value: &Value) -> Option<String> {
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

/// One text or several, numbers as text.
fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Array(_, list) => list.iter().map(text).collect(),
        value => Some(vec![text(value)?]),
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(_, text) => Some(text.clone()),
        Value::Bool(..) | Value::Num(..) => toml(value),
        _ => None,
    }
}

fn list(words: &[String]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| quote_text(word)).collect();
    format!("[{}]", quoted.join(", "))
}

fn is_endless(value: &Value) -> bool {
    value.to_i128() == Some(-1)
        || matches!(value.as_str(), Some("-1" | "infinity" | "max" | "unlimited" | "unconfined"))
}

fn size(value: &Value) -> Option<String> {
    if is_endless(value) {
        return Some("\"max\"".into());
    }
    match value {
        Value::String(_, text) => crate::profile::lexical::parse_size(text).ok().map(|_| quote_text(text)),
        other => other.to_i128().filter(|bytes| *bytes >= 0).map(|bytes| bytes.to_string()),
    }
}

fn float(value: &Value) -> Option<f64> {
    match value {
        Value::String(_, text) => text.trim().parse().ok(),
        Value::Num(_, number) => number.to_f64().or_else(|| toml(value)?.parse().ok()),
        _ => None,
    }
}

fn number(value: &Value) -> Option<String> {
    match value {
        Value::String(_, text) => text.parse::<f64>().ok().map(|_| text.clone()),
        Value::Num(..) => toml(value),
        _ => None,
    }
}

fn cores(cores: f64) -> Option<String> {
    let rounded = (cores * 1000.0).round() / 1000.0;
    (0.01..1e6).contains(&rounded).then(|| rounded.to_string())
}

fn limit(value: &Value) -> Option<String> {
    if is_endless(value) {
        return Some("\"max\"".into());
    }
    match value {
        Value::String(_, text) => text.parse::<u64>().ok().map(|count| count.to_string()),
        other => other.to_i128().filter(|count| *count >= 0).map(|count| count.to_string()),
    }
}

/// `90`, `1m30s`, `5min 20s`, `1h` → text of ours.
fn duration(value: &Value) -> Option<String> {
    let Some(text) = value.as_str() else {
        return value.to_i128().filter(|seconds| *seconds >= 0).map(|seconds| format!("{seconds}s"));
    };
    let mut rest = text.trim();
    let mut ours = String::new();
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, behind) = rest.split_at(digits);
        let behind = behind.trim_start();
        let letters = behind.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(letters);
        let unit = match unit {
            "" | "s" | "sec" | "second" | "seconds" => "s",
            "ms" | "msec" => "ms",
            "m" | "min" | "minute" | "minutes" => "m",
            "h" | "hr" | "hour" | "hours" => "h",
            "d" | "day" | "days" => "d",
            _ => return None,
        };
        ours.push_str(&format!("{}{unit}", number.parse::<u32>().ok()?));
        rest = behind.trim_start();
    }
    (!ours.is_empty()).then_some(ours)
}

/// systemd's marks before a command are none of its words.
fn command(value: &Value) -> Option<String> {
    match value {
        Value::String(_, text) => {
            let bare = text.trim_start_matches(['-', '@', ':', '+', '!']);
            words::split(bare).ok().filter(|words| !words.is_empty()).map(|_| quote_text(bare))
        }
        Value::Array(_, list) if !list.is_empty() => {
            list.iter().all(|word| word.as_str().is_some()).then(|| toml(value)).flatten()
        }
        _ => None,
    }
}

fn user(value: &Value, key: &str) -> Option<Converted> {
    let table = value.as_dict()?;
    let id = |name: &str| table.get(name).and_then(Value::to_i128);
    let (uid, gid) = (id("uid")?, id("gid"));
    let mut all =
        Converted::one(key, gid.map_or_else(|| uid.to_string(), |gid| quote_text(&format!("{uid}:{gid}"))));
    if let Some(groups) = table.get("additionalGids").filter(|groups| groups.as_array().is_some()) {
        all.sets.push(("groups".into(), toml(groups)?));
    }
    if let Some(umask) = table.get("umask").and_then(Value::to_i128) {
        all.sets.push(("umask".into(), quote_text(&format!("{umask:04o}"))));
    }
    Some(all)
}
