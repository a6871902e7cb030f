//! Lists and tables: variables, limits, capabilities, sysctls, devices, hosts, ports, ids.

use super::{Convert, Converted, list, text, texts, toml};
use crate::profile::path::{quote_key, quote_text};
use crate::profile::words;
use figment::value::{Dict, Value};

/// `{ a = "b" }` or `["a=b"]`.
pub fn pairs(value: &Value) -> Option<Vec<(String, String)>> {
    match value {
        Value::Dict(_, table) => {
            table.iter().map(|(name, value)| Some((name.clone(), text(value)?))).collect()
        }
        value => texts(value)?
            .iter()
            .map(|entry| entry.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())))
            .collect(),
    }
}

/// A table of texts.
pub fn table(pairs: &[(String, String)]) -> String {
    let entries: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{} = {}", quote_key(name), quote_text(value))).collect();
    format!("{{ {} }}", entries.join(", "))
}

/// Variables; those without a value are passed on.
pub fn env(value: &Value, key: &str) -> Option<Converted> {
    let mut set = Vec::new();
    let mut passed = Vec::new();
    match value {
        Value::Dict(..) => set = pairs(value)?,
        Value::String(_, line) => {
            // systemd has several in one line.
            for word in words::split(line).ok()? {
                let (name, value) = word.split_once('=')?;
                set.push((name.to_owned(), value.to_owned()));
            }
        }
        value => {
            for entry in texts(value)? {
                match entry.split_once('=') {
                    Some((name, value)) => set.push((name.to_owned(), value.to_owned())),
                    None => passed.push(entry),
                }
            }
        }
    }
    let mut all = Converted::default();
    if !set.is_empty() {
        all.sets.push((key.to_owned(), table(&set)));
    }
    if !passed.is_empty() {
        all.sets.push(("pass_env".into(), list(&passed)));
    }
    (!all.sets.is_empty()).then_some(all)
}

/// Devices, each with what may be done to it.
pub fn devices(value: &Value) -> Option<Converted> {
    let mut entries = Vec::new();
    for entry in texts(value)? {
        let parts: Vec<&str> = entry.split([':', ' ']).collect();
        let is_access = |text: &str| !text.is_empty() && text.chars().all(|c| "rwm".contains(c));
        let (source, target, access) = match parts[..] {
            [path] => (path, path, "rwm"),
            [path, access] if is_access(access) => (path, path, access),
            [source, target] => (source, target, "rwm"),
            [source, target, access] if is_access(access) => (source, target, access),
            _ => return None,
        };
        if !source.starts_with('/') || !target.starts_with('/') {
            return None;
        }
        entries.push(if source == target {
            format!("{} = {}", quote_text(target), quote_text(access))
        } else {
            let (source, access) = (quote_text(source), quote_text(access));
            format!("{} = {{ source = {source}, access = {access} }}", quote_text(target))
        });
    }
    Some(Converted::one("devices", format!("{{ {} }}", entries.join(", "))))
}

/// One resource limit, in units of so many bytes (or whatever it counts).
pub fn rlimit(value: &Value, unit: u64) -> Option<String> {
    let one = |text: &str| match text {
        "-1" | "infinity" | "unlimited" | "inf" | "INF" | "max" => Some("\"unlimited\"".to_owned()),
        text => match text.parse::<u64>() {
            Ok(number) => number.checked_mul(unit).map(|number| number.to_string()),
            Err(_) => crate::profile::parse_size(text).ok().map(|bytes| bytes.to_string()),
        },
    };
    let (soft, hard) = match value {
        Value::Dict(_, table) => {
            let get = |name: &str| {
                let found = table.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
                found.and_then(|(_, value)| one(&text(value)?))
            };
            (get("soft")?, get("hard")?)
        }
        value => {
            let text = text(value)?;
            match text.split_once(':') {
                Some((soft, hard)) => (one(soft)?, one(hard)?),
                None => return one(&text),
            }
        }
    };
    Some(if soft == hard { soft } else { format!("{{ soft = {soft}, hard = {hard} }}") })
}

/// Limits by name.
pub fn rlimits(value: &Value) -> Option<Converted> {
    let name = |name: &str| {
        let lower = name.to_ascii_lowercase();
        lower.strip_prefix("rlimit_").map_or(lower.clone(), str::to_owned)
    };
    let mut all = Vec::new();
    match value {
        Value::Dict(_, table) => {
            for (key, value) in table {
                all.push((name(key), rlimit(value, 1)?));
            }
        }
        Value::Array(_, list) => {
            for entry in list {
                match entry {
                    Value::Dict(_, table) => {
                        let kind = table.iter().find(|(key, _)| matches!(key.as_str(), "type" | "Name"))?;
                        all.push((name(kind.1.as_str()?), rlimit(entry, 1)?));
                    }
                    entry => all.push(named(entry.as_str()?, name)?),
                }
            }
        }
        value => all.push(named(value.as_str()?, name)?),
    }
    let sets = all.into_iter().map(|(name, value)| (format!("rlimits.{name}"), value)).collect();
    Some(Converted { sets, notes: Vec::new() })
}

/// `nofile=1024:2048`
fn named(entry: &str, name: impl Fn(&str) -> String) -> Option<(String, String)> {
    let (key, value) = entry.split_once('=')?;
    Some((name(key), rlimit(&Value::from(value), 1)?))
}

/// The names of capabilities: in capitals, without `CAP_`.
pub fn capability_names(value: &Value) -> Option<Vec<String>> {
    let names: Vec<String> = texts(value)?
        .iter()
        .flat_map(|text| text.split_whitespace())
        .map(|name| {
            let upper = name.to_ascii_uppercase();
            upper.strip_prefix("CAP_").map_or(upper.clone(), str::to_owned)
        })
        .collect();
    let sane =
        |name: &String| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    names.iter().all(sane).then_some(names)
}

/// Entries of `security.capabilities`.
pub fn capabilities(value: &Value, how: Convert) -> Option<Converted> {
    let mut names = texts(value)?;
    let mut how = how;
    if let Some(first) = names.first_mut().filter(|first| first.starts_with('~')) {
        first.remove(0);
        how = Convert::CapsDrop;
    }
    let names = capability_names(&Value::from(names))?;
    let all = names.iter().any(|name| name == "ALL");
    let star = || ("\"*\"".to_owned(), false);
    let entries: Vec<(String, bool)> = match how {
        Convert::CapsDrop if all => vec![star()],
        Convert::CapsDrop => names.into_iter().map(|name| (name, false)).collect(),
        // There is no word for all of them but the preset.
        _ if all => return None,
        Convert::CapsAdd => names.into_iter().map(|name| (name, true)).collect(),
        _ => std::iter::once(star()).chain(names.into_iter().map(|name| (name, true))).collect(),
    };
    // A few as keys of their own: what is added and what is dropped go together then.
    if entries.len() <= 3 {
        let key = |name: &str| format!("security.capabilities.{name}");
        let sets = entries.iter().map(|(name, on)| (key(name), on.to_string())).collect();
        return Some(Converted { sets, notes: Vec::new() });
    }
    let entries: Vec<String> = entries.iter().map(|(name, on)| format!("{name} = {on}")).collect();
    Some(Converted::one("security.capabilities", format!("{{ {} }}", entries.join(", "))))
}

/// sysctls: nested tables are joined with `.`.
pub fn sysctls(value: &Value, key: &str) -> Option<Converted> {
    fn join(table: &Dict, before: &str, into: &mut Vec<(String, String)>) -> Option<()> {
        for (name, value) in table {
            let name = if before.is_empty() { name.clone() } else { format!("{before}.{name}") };
            match value {
                Value::Dict(_, table) => join(table, &name, into)?,
                value => into.push((name, toml(value)?)),
            }
        }
        Some(())
    }
    let mut all = Vec::new();
    match value {
        Value::Dict(_, table) => join(table, "", &mut all)?,
        value => {
            for text in texts(value)? {
                for word in words::split(&text).ok()? {
                    let (name, value) = word.split_once('=')?;
                    let number = value.parse::<i64>().ok().map(|number| number.to_string());
                    all.push((name.to_owned(), number.unwrap_or_else(|| quote_text(value))));
                }
            }
        }
    }
    let entries: Vec<String> =
        all.iter().map(|(name, value)| format!("{} = {value}", quote_key(name))).collect();
    (!entries.is_empty()).then(|| Converted::one(key, format!("{{ {} }}", entries.join(", "))))
}

/// docker's `security_opt`.
pub fn security_options(value: &Value) -> Option<Converted> {
    let mut all = Converted::default();
    for option in texts(value)? {
        let (name, value) = option.split_once([':', '=']).unwrap_or((&option, "true"));
        match (name, value) {
            ("no-new-privileges", "true" | "false") => {
                all.sets.push(("security.no_new_privileges".into(), value.to_owned()));
            }
            ("seccomp", "builtin") => {}
            ("seccomp", value) => all.sets.push(("security.seccomp".into(), quote_text(value))),
            ("systempaths", "unconfined") => {
                all.sets.push(("masked_paths".into(), "[]".into()));
                all.sets.push(("read_only_paths".into(), "[]".into()));
            }
            ("apparmor" | "label", _) => {
                all = all.note("tinydocker uses neither AppArmor nor SELinux yet");
            }
            _ => return None,
        }
    }
    Some(all)
}

/// docker's `extra_hosts`.
pub fn hosts(value: &Value) -> Option<Converted> {
    let pairs = match value {
        Value::Dict(..) => pairs(value)?,
        value => texts(value)?
            .iter()
            .map(|entry| {
                let (name, address) = entry.split_once(['=', ':'])?;
                Some((name.to_owned(), address.trim_matches(['[', ']']).to_owned()))
            })
            .collect::<Option<_>>()?,
    };
    Some(Converted::one("hosts", table(&pairs)))
}

/// Published ports.
pub fn ports(value: &Value) -> Option<Converted> {
    let entries: Vec<&Value> = match value {
        Value::Array(_, list) => list.iter().collect(),
        value => vec![value],
    };
    let mut all = Vec::new();
    for entry in entries {
        match entry {
            Value::Dict(_, table) => {
                let get = |name: &str| table.get(name).and_then(text);
                let protocol = get("protocol").filter(|it| it != "tcp").map(|it| format!("/{it}"));
                let address = get("host_ip").map(|address| format!("{address}:")).unwrap_or_default();
                let (host, inside) = (get("published")?, get("target")?);
                all.push(format!("{address}{host}:{inside}{}", protocol.unwrap_or_default()));
            }
            entry => all.push(entry.as_str().filter(|text| text.contains(':'))?.to_owned()),
        }
    }
    Some(Converted::one("ports", list(&all)))
}

/// Maps of ids: LXC's `u 0 100000 65536`, OCI's and nsjail's tables.
pub fn id_map(value: &Value, key: &str) -> Option<Converted> {
    let entry = |container: &str, host: &str, size: &str| {
        let number = |text: &str| text.parse::<u32>().ok();
        let (container, host, size) = (number(container)?, number(host)?, number(size)?);
        Some(format!("{{ container = {container}, host = {host}, size = {size} }}"))
    };
    let (mut users, mut groups) = (Vec::new(), Vec::new());
    let entries: Vec<&Value> = match value {
        Value::Array(_, list) => list.iter().collect(),
        value => vec![value],
    };
    for value in entries {
        if let Value::Dict(_, table) = value {
            let get = |names: [&str; 2]| names.iter().find_map(|name| table.get(*name)).and_then(text);
            users.push(entry(
                &get(["containerID", "inside_id"])?,
                &get(["hostID", "outside_id"])?,
                &get(["size", "count"]).unwrap_or_else(|| "1".into()),
            )?);
            continue;
        }
        let line = value.as_str()?;
        let columns: Vec<&str> = line.split([' ', ':']).filter(|column| !column.is_empty()).collect();
        match columns[..] {
            ["u", inside, outside, size] => users.push(entry(inside, outside, size)?),
            ["g", inside, outside, size] => groups.push(entry(inside, outside, size)?),
            ["b", inside, outside, size] => {
                users.push(entry(inside, outside, size)?);
                groups.push(entry(inside, outside, size)?);
            }
            [inside, outside, size] => users.push(entry(inside, outside, size)?),
            _ => return None,
        }
    }
    let mut all = Converted::default();
    for (key, maps) in [(key, users), ("namespaces.gid_map", groups)] {
        if !maps.is_empty() {
            all.sets.push((key.to_owned(), format!("[{}]", maps.join(", "))));
        }
    }
    (!all.sets.is_empty()).then_some(all)
}

/// Bounds of a disk's traffic; `key` has a `*` for the device.
pub fn io(value: &Value, key: &str) -> Option<Converted> {
    let entries: Vec<&Value> = match value {
        Value::Array(_, list) => list.iter().collect(),
        value => vec![value],
    };
    let mut all = Converted::default();
    for entry in entries {
        let (device, rate, thousands) = match entry {
            Value::Dict(_, table) => {
                let get = |name: &str| table.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
                (get("path")?.1.as_str()?.to_owned(), text(get("rate")?.1)?, false)
            }
            entry => {
                let entry = entry.as_str()?;
                let (device, rate) = entry.split_once([' ', ':'])?;
                (device.to_owned(), rate.trim().to_owned(), entry.contains(' '))
            }
        };
        let rate = match rate.parse::<u64>() {
            Ok(number) => number.to_string(),
            // Of disks systemd's K is 1000; ours is 1024, as docker's is.
            Err(_) if thousands => {
                let (number, unit) = rate.split_at(rate.len().checked_sub(1)?);
                let power = ["K", "M", "G", "T"].iter().position(|known| *known == unit)?;
                let power = 1000_u64.pow(u32::try_from(power).ok()? + 1);
                number.parse::<u64>().ok()?.checked_mul(power)?.to_string()
            }
            Err(_) if key.ends_with("iops") => return None,
            Err(_) => super::size(&Value::from(rate))?,
        };
        all.sets.push((key.replace('*', &quote_text(&device)), rate));
    }
    (!all.sets.is_empty()).then_some(all)
}
