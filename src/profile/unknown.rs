//! Keys that don't exist: what was probably meant.

use super::foreign;
use super::found::{Found, code};
use super::keys;
use super::layer::{At, LayerData};
use super::path::KeyPath;
use crate::diagnostic::Diagnostic;
use figment::value::Value;

/// The word of a list that is near enough to be meant.
pub fn nearest<'a>(word: &str, words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace('-', "_");
    let wanted = plain(word);
    let allowed = (wanted.chars().count() / 3).clamp(1, 3);
    words
        .filter_map(|candidate| {
            let plain = plain(candidate);
            // Each letter more or less is a step; most words need no closer look.
            let longer = plain.chars().count().abs_diff(wanted.chars().count());
            (longer <= allowed).then(|| (strsim::damerau_levenshtein(&wanted, &plain), candidate))
        })
        .filter(|(distance, candidate)| *distance <= allowed && *distance < candidate.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Which key was meant by one that doesn't exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meant {
    /// A key of the same table, misspelt.
    Near(&'static str),
    /// A key of another table, with its full path.
    Elsewhere(&'static str),
    /// Another program's word.
    Foreign(foreign::Hit),
    /// Nothing that is known.
    Nothing,
}

/// Which key was probably meant.
pub fn meant(path: &KeyPath) -> Meant {
    let name = path.last_key().unwrap_or_default();
    let table = path.parent();
    let siblings = keys::children(&table);
    let plain = name.to_lowercase().replace('-', "_");
    let bare = |text: &str| text.replace('_', "");
    // Another case, `-` for `_` or no `_` is surer than any foreign word.
    if let Some(exact) = siblings.iter().find(|key| bare(key) == bare(&plain)) {
        return Meant::Near(exact);
    }
    if let Some(hit) = foreign::find(path) {
        return Meant::Foreign(hit);
    }
    if let Some(elsewhere) = keys::same_name(&plain, &table).first() {
        return Meant::Elsewhere(elsewhere);
    }
    if let Some(near) = nearest(name, siblings.iter().copied()) {
        return Meant::Near(near);
    }
    let others = keys::KEYS.iter().map(|(pattern, _)| *pattern);
    let last = |pattern: &'static str| pattern.rsplit('.').next().unwrap_or(pattern);
    match nearest(name, others.clone().map(last).filter(|last| *last != "*" && last.len() > 4)) {
        Some(near) => {
            others.clone().find(|pattern| last(pattern) == near).map_or(Meant::Nothing, Meant::Elsewhere)
        }
        None => Meant::Nothing,
    }
}

/// The problems of a key that doesn't exist: of another program's table, those of the keys
/// in it that have an answer of their own. `value` is what was written for it.
pub fn keys(layer: &LayerData, value: Option<&Value>, path: &KeyPath) -> Vec<Found> {
    let mut found = Vec::new();
    collect(layer, value, path, None, &mut found);
    found
}

/// `around` is what there is to say of the table around it.
fn collect(
    layer: &LayerData,
    value: Option<&Value>,
    path: &KeyPath,
    around: Option<&foreign::Hit>,
    found: &mut Vec<Found>,
) {
    let inside = value.and_then(Value::as_dict).filter(|table| !table.is_empty());
    let Some(table) = inside.filter(|_| foreign::has_inside(path)) else {
        found.push(key(layer, value, path, around));
        return;
    };
    let hit = foreign::find(path);
    // The table's own name is said only where the whole of it is to be renamed.
    if table.keys().all(|name| foreign::is_container(&path.child(name))) {
        found.push(key(layer, value, path, None));
    }
    for (name, value) in table {
        let path = path.child(name);
        let ours = foreign::is_container(&path.parent())
            && keys::children(&KeyPath::default()).contains(&name.as_str());
        if !ours && !super::file::is_extension(name) {
            collect(layer, Some(value), &path, hit.as_ref().or(around), found);
        }
    }
}

/// The problem of a key that doesn't exist.
fn key(layer: &LayerData, value: Option<&Value>, path: &KeyPath, around: Option<&foreign::Hit>) -> Found {
    let name = path.last_key().unwrap_or_default();
    let table = path.parent();
    let shown = if table.0.is_empty() { "the profile".to_owned() } else { format!("[{table}]") };
    let mut diagnostic = Diagnostic::error(code("unknown_key"), format!("unknown key `{path}`"));
    let top = if layer.prefix.0.is_empty() { "the file".to_owned() } else { format!("[{}]", layer.prefix) };
    let place = foreign::Place { table: &table, top: &top };
    let (label, help) = match (meant(path), around) {
        (Meant::Foreign(hit), _) => (hit.label(), Some(hit.help(value, place))),
        (_, Some(hit)) => {
            (format!("{} table, and no word with an answer", hit.from), Some(hit.help(None, place)))
        }
        (Meant::Near(near), _) => (format!("did you mean `{near}`?"), None),
        (Meant::Elsewhere(place), _) => elsewhere(name, place, &layer.prefix.join(&table)),
        (Meant::Nothing, _) if keys::kind(&table).is_none() && !table.0.is_empty() => {
            let help = format!(
                "[{table}] is no table here; its keys stand at the top of {top}, those that there are"
            );
            ("nothing here goes by this name".into(), Some(help))
        }
        (Meant::Nothing, _) => {
            let known = keys::children(&table);
            let help =
                if known.is_empty() { None } else { Some(format!("known keys: {}", known.join(", "))) };
            (format!("not a key of {shown}"), help)
        }
    };
    diagnostic.help = help;
    Found { path: path.clone(), diagnostic: layer.label(diagnostic, path, At::Key, label) }
}

fn elsewhere(name: &str, place: &str, table: &KeyPath) -> (String, Option<String>) {
    let (parent, last) = place.rsplit_once('.').unwrap_or(("", place));
    if parent.is_empty() {
        let label = if last == name {
            "belongs to the container itself".into()
        } else {
            format!("did you mean `{last}`?")
        };
        return (
            label,
            Some(format!("move it above the line [{table}]: a key below a header belongs to that table")),
        );
    }
    let example = if parent.starts_with("cgroup.io") { "\"/dev/sda\"" } else { "\"/target\"" };
    let parent = parent.replace('*', example);
    (format!("did you mean `{parent}.{last}`?"), Some(format!("`{last}` belongs under [{parent}]")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_keys() {
        for (typed, meant_key) in [
            ("comand", "command"),
            ("cmmand", "command"),
            ("hostnmae", "hostname"),
            ("Name", "name"),
            ("working-dir", "working_dir"),
        ] {
            assert_eq!(meant(&KeyPath::keys([typed])), Meant::Near(meant_key), "{typed}");
        }
        assert_eq!(meant(&KeyPath::keys(["cgroup", "memmory"])), Meant::Near("memory"));
        assert_eq!(meant(&KeyPath::keys(["cgroup", "command"])), Meant::Elsewhere("command"));
        assert_eq!(meant(&KeyPath::keys(["memory"])), Meant::Elsewhere("cgroup.memory"));
        assert_eq!(meant(&KeyPath::keys(["zzz"])), Meant::Nothing);
    }
}
