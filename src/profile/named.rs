//! Tables whose keys have several spellings: resource limits, capabilities, sysctls.
//! Like the targets of mounts they are normalised before layers merge.

use super::desugar::duplicate;
use super::fault::Fault;
use super::form::{Form, Scalar};
use super::found::Found;
use super::layer::{At, LayerData, Moved, at, cut};
use super::lexical::{RlimitValue, capability, device, rlimit, sysctl};
use super::path::{KeyPath, quote_text};
use figment::value::{Dict, Num, Tag, Value};

/// Normalises the three tables of a layer.
pub fn normalise(layer: &mut LayerData, found: &mut Vec<Found>) {
    rlimits(layer, found);
    capabilities(layer, found);
    sysctls(layer, found);
    devices(layer, found);
}

/// One text says what may be done with a device.
fn devices(layer: &mut LayerData, found: &mut Vec<Found>) {
    let normal = |key: &str| device::target(key).is_ok_and(|path| path == key);
    rename(layer, found, &["devices"], "duplicate_node", normal, |table, written, key, value| {
        let name = if key == "*" { Ok(key.to_owned()) } else { device::target(key) };
        match &value {
            Value::String(..) => {
                let long = Dict::from([("access".to_owned(), value)]);
                table.put(name, written, At::Key, Value::Dict(Tag::Default, long), true);
            }
            _ => table.put(name, written, At::Key, value, false),
        }
    });
}

/// A table under way: entries by their normal name, and where they were written.
struct Renamed<'l> {
    layer: &'l mut LayerData,
    found: &'l mut Vec<Found>,
    path: KeyPath,
    table: Dict,
    duplicate: &'static str,
}

impl Renamed<'_> {
    fn put(&mut self, name: Result<String, Fault>, written: KeyPath, at: At, value: Value, whole: bool) {
        let name = match name {
            Ok(name) => name,
            Err(fault) => return self.found.push(Found::fault(self.layer, &written, at, &fault)),
        };
        let canonical = self.path.child(&name);
        if self.table.contains_key(&name) {
            self.found.push(duplicate(self.layer, &canonical, &written, &canonical, self.duplicate));
            return;
        }
        if whole || canonical != written {
            self.layer.moved.push(Moved { canonical, written, whole });
        }
        self.table.insert(name, value);
    }
}

/// Takes the table at a path out, does something with each entry, and puts back what
/// came of it.
fn rename(
    layer: &mut LayerData,
    found: &mut Vec<Found>,
    path: &[&str],
    duplicate: &'static str,
    normal: impl Fn(&str) -> bool,
    each: impl Fn(&mut Renamed<'_>, KeyPath, &str, Value),
) {
    if !matches!(at(&layer.values, path), Some(Value::Dict(..))) {
        return;
    }
    let path = KeyPath::keys(path.iter().copied());
    let Some(Value::Dict(tag, entries)) = cut(&mut layer.values, &path) else { return };
    let mut renamed = Renamed { layer, found, path: path.clone(), table: Dict::new(), duplicate };
    // What is spelled as it should be comes first: a second one is then told from it.
    let (first, second): (Vec<_>, Vec<_>) = entries.into_iter().partition(|(key, _)| normal(key));
    for (key, value) in first.into_iter().chain(second) {
        let written = path.child(&key);
        each(&mut renamed, written, &key, value);
    }
    let table = renamed.table;
    put_back(&mut layer.values, &path, Value::Dict(tag, table));
}

fn put_back(values: &mut Dict, path: &KeyPath, value: Value) {
    match (path.key(0), path.key(1)) {
        (Some(table), Some(key)) => {
            if let Some(Value::Dict(_, table)) = values.get_mut(table) {
                table.insert(key.to_owned(), value);
            }
        }
        (Some(key), None) => {
            values.insert(key.to_owned(), value);
        }
        (None, _) => {}
    }
}

/// One number stands for both limits.
fn rlimits(layer: &mut LayerData, found: &mut Vec<Found>) {
    let normal = |key: &str| rlimit::name(key).is_ok_and(|name| name == key);
    rename(layer, found, &["rlimits"], "duplicate_rlimit", normal, |table, written, key, value| {
        let name = if key == "*" { Ok(key.to_owned()) } else { rlimit::name(key).map(str::to_owned) };
        let scalar = match &value {
            Value::Num(_, number) => whole(*number).map(Scalar::Integer),
            Value::String(_, text) => Some(Scalar::Text(text)),
            _ => None,
        };
        match (&name, scalar.map(RlimitValue::read), &value) {
            (Ok(_), Some(Err(fault)), _) => table.put(Err(fault), written, At::Value, value, true),
            (Ok(_), None, Value::Array(..)) => {
                let fault = Fault::new("type", "expected a number or a table, found an array", "an array");
                let fault = fault.help(format!("write {key} = {{ soft = 1024, hard = 2048 }}"));
                table.put(Err(fault), written, At::Value, value, true);
            }
            (_, Some(_), _) => {
                let value = both(&value, &value);
                table.put(name, written, At::Key, value, true);
            }
            _ => table.put(name, written, At::Key, value, false),
        }
    });
}

/// figment keeps signed and unsigned numbers apart.
fn whole(number: Num) -> Option<i128> {
    number.to_i128().or_else(|| i128::try_from(number.to_u128()?).ok())
}

/// A table with a soft and a hard limit.
pub fn both(soft: &Value, hard: &Value) -> Value {
    let entries = [("soft", soft), ("hard", hard)];
    Value::Dict(
        Tag::Default,
        entries.into_iter().map(|(key, value)| (key.to_owned(), value.clone())).collect(),
    )
}

/// `add` and `drop` are lists of names; everything else is a name itself.
fn capabilities(layer: &mut LayerData, found: &mut Vec<Found>) {
    if let Some(Value::Array(_, names)) = at(&layer.values, &["security", "capabilities"]) {
        let path = KeyPath::keys(["security", "capabilities"]);
        let names: Vec<String> = names.iter().filter_map(Value::as_str).map(quote_text).collect();
        let fault = Fault::new("type", "expected a table, found an array", "an array")
            .help(format!("write {{ add = [{}] }}, or {{ drop = […] }}", names.join(", ")));
        found.push(Found::fault(layer, &path, At::Value, &fault));
        cut(&mut layer.values, &path);
    }
    let normal = |key: &str| capability::key(key).is_ok_and(|name| name == key);
    rename(
        layer,
        found,
        &["security", "capabilities"],
        "duplicate_capability",
        normal,
        |table, written, key, value| {
            let list = match key {
                "add" => true,
                "drop" => false,
                _ => return table.put(capability::key(key), written, At::Key, value, false),
            };
            let Value::Array(_, names) = value else {
                let fault = Fault::new("type", "expected an array of names", "expected an array");
                let fault =
                    fault.help(format!("write {key} = [\"NET_ADMIN\"], or the names themselves as keys"));
                return table.found.push(Found::fault(table.layer, &written, At::Value, &fault));
            };
            for (index, name) in names.iter().enumerate() {
                let name = match name.as_str() {
                    Some(name) => capability::key(name),
                    None => Err(Fault::new("type", "expected text such as \"NET_ADMIN\"", "expected text")),
                };
                table.put(name, written.element(index), At::Value, Value::from(list), true);
            }
        },
    );
}

/// `net.ipv4.ip_forward = 1` is a table in a table in a table to TOML.
fn sysctls(layer: &mut LayerData, found: &mut Vec<Found>) {
    let normal = |key: &str| sysctl::name(key).is_ok_and(|name| name == key);
    rename(
        layer,
        found,
        &["security", "sysctls"],
        "duplicate_sysctl",
        normal,
        |table, written, key, value| {
            join(table, written, key, value);
        },
    );
}

fn join(table: &mut Renamed<'_>, written: KeyPath, key: &str, value: Value) {
    match value {
        Value::Dict(_, entries) => {
            for (below, value) in entries {
                join(table, written.child(&below), &format!("{key}.{below}"), value);
            }
        }
        value => {
            let name = if key == "*" { Ok(key.to_owned()) } else { sysctl::name(key) };
            table.put(name, written, At::Key, value, false);
        }
    }
}

/// Reads docker's `nofile=1024` or `nofile=1024:2048`.
///
/// # Errors
/// What is not of that form.
pub fn ulimit(text: &str) -> Result<(String, Value), Fault> {
    let fault = |label: &str| {
        Fault::new("rlimit", format!("{} sets no limit", quote_text(text)), label)
            .help("write --ulimit nofile=1024, or --ulimit nofile=1024:2048 for soft and hard")
    };
    let (name, value) = text.split_once('=').ok_or_else(|| fault("`=` is missing"))?;
    let name = rlimit::name(name)?;
    let (soft, hard) = value.split_once(':').unwrap_or((value, value));
    let bound = |bound: &str| -> Result<Value, Fault> {
        match bound {
            // As in docker.
            "-1" | "unlimited" => Ok(Value::from("unlimited")),
            _ => {
                let number = bound.parse::<i64>().ok().filter(|number| *number >= 0);
                number.map(Value::from).ok_or_else(|| fault("a limit is a number"))
            }
        }
    };
    Ok((name.to_owned(), both(&bound(soft)?, &bound(hard)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dockers_limits() {
        let (name, value) = ulimit("RLIMIT_NOFILE=1024:2048").unwrap();
        let table = value.as_dict().unwrap();
        assert_eq!(name, "nofile");
        assert_eq!((table["soft"].to_i128(), table["hard"].to_i128()), (Some(1024), Some(2048)));
        let (_, value) = ulimit("core=-1").unwrap();
        assert_eq!(value.as_dict().unwrap()["hard"].as_str(), Some("unlimited"));
        for bad in ["", "nofile", "nofile=", "nofile=1:2:3", "nofile=a", "files=1", "nofile=:1", "nofile=-2"]
        {
            assert_eq!(ulimit(bad).unwrap_err().code, "rlimit", "{bad}");
        }
    }
}
