//! Short spellings → the one long form, for one layer, before layers merge.
//!
//! After this `command` is an array, `env`, `rootfs` and `mounts` are tables, targets
//! are normalised and the paths of the host are absolute. Values of a wrong type are
//! left alone: `check` refuses them with their place.

mod io;

pub use io::device;

use super::fault::Fault;
use super::form::{Form, Scalar};
use super::found::Found;
use super::layer::{At, LayerData, Moved, at};
use super::lexical::{VariableName, idmap};
use super::path::{KeyPath, quote_text};
use super::words;
use figment::value::{Dict, Tag, Value};
use std::path::Path;

mod mounts;

pub use mounts::{docker_mount, docker_tmpfs};

/// What relative paths of a layer are relative to.
#[derive(Debug, Clone, Copy)]
pub struct Base<'a> {
    /// The folder of the file, or the working folder for the command line. Absolute.
    pub folder: &'a Path,
    /// The caller's home, for `~/`.
    pub home: Option<&'a Path>,
}

/// Desugars the whole layer.
pub fn desugar(layer: &mut LayerData, base: Base<'_>, found: &mut Vec<Found>) {
    env(layer, found);
    rootfs(layer, base, found);
    mounts(layer, base, found);
    io::devices(layer, base, found);
    id_maps(layer, found);
    seccomp(layer, base, found);
    super::named::normalise(layer, found);
}

/// Splits commands that were written as one string. Done before interpolation, so that
/// a value is never split.
pub fn commands(layer: &mut LayerData, found: &mut Vec<Found>) {
    for key in ["command", "entrypoint"] {
        let Some(Value::String(tag, text)) = layer.values.get(key) else { continue };
        let path = KeyPath::keys([key]);
        match words::split(text) {
            Ok(words) => {
                let words = words.into_iter().map(|word| Value::String(*tag, word)).collect();
                layer.moved.push(Moved { canonical: path.clone(), written: path, whole: true });
                layer.values.insert(key.into(), Value::Array(Tag::Default, words));
            }
            Err(fault) => {
                found.push(Found::fault(layer, &path, At::Value, &fault));
                layer.values.remove(key);
            }
        }
    }
}

fn env(layer: &mut LayerData, found: &mut Vec<Found>) {
    if !matches!(layer.values.get("env"), Some(Value::Array(..))) {
        return;
    }
    let Some(Value::Array(tag, entries)) = layer.values.remove("env") else { return };
    let env = KeyPath::keys(["env"]);
    let mut table = Dict::new();
    for (index, entry) in entries.into_iter().enumerate() {
        let written = env.element(index);
        let result = match entry.as_str() {
            Some(text) => variable(text),
            None => Err(Fault::new("type", "expected text such as \"NAME=value\"", "expected text")),
        };
        match result {
            Ok((name, value)) => {
                let canonical = env.child(&name);
                if table.insert(name.clone(), Value::String(tag, value)).is_some() {
                    found.push(duplicate(
                        layer,
                        &canonical,
                        &written,
                        &env.child(&name),
                        "duplicate_variable",
                    ));
                    continue;
                }
                layer.moved.push(Moved { canonical, written, whole: true });
            }
            Err(fault) => found.push(Found::fault(layer, &written, At::Value, &fault)),
        }
    }
    layer.values.insert("env".into(), Value::Dict(tag, table));
}

/// Reads `NAME=value`.
///
/// # Errors
/// No `=`, or no name.
pub fn variable(text: &str) -> Result<(String, String), Fault> {
    let Some((name, value)) = text.split_once('=') else {
        return Err(Fault::new("env_entry", format!("{} has no value", quote_text(text)), "`=` is missing")
            .help(format!(
                "write {}; to pass it on from your environment write pass_env = [{}]",
                quote_text(&format!("{text}=value")),
                quote_text(text)
            )));
    };
    let VariableName(name) = VariableName::read(Scalar::Text(name))?;
    Ok((name, value.to_owned()))
}

/// The second of two entries with one identity.
pub fn duplicate(
    layer: &LayerData,
    first: &KeyPath,
    second: &KeyPath,
    shown: &KeyPath,
    code: &'static str,
) -> Found {
    let diagnostic =
        crate::diagnostic::Diagnostic::error(super::found::code(code), format!("`{shown}` is given twice"));
    let diagnostic = layer.label(diagnostic, second, At::Key, "given again here");
    let diagnostic = layer.label(diagnostic, first, At::Key, "first given here");
    Found { path: second.clone(), diagnostic: diagnostic.with_help("remove one of the two") }
}

fn rootfs(layer: &mut LayerData, base: Base<'_>, found: &mut Vec<Found>) {
    if !layer.values.contains_key("rootfs") {
        return;
    }
    let path = KeyPath::keys(["rootfs"]);
    if let Some(Value::String(tag, text)) = layer.values.get("rootfs") {
        let table = Dict::from([("source".to_owned(), Value::String(*tag, text.clone()))]);
        layer.values.insert("rootfs".into(), Value::Dict(Tag::Default, table));
        layer.moved.push(Moved { canonical: path.clone(), written: path.clone(), whole: true });
        layer.replaces.push(path.clone());
    }
    let Some(Value::Dict(_, table)) = layer.values.get_mut("rootfs") else { return };
    let Some(Value::String(_, source)) = table.get_mut("source") else { return };
    if source == "host" {
        return;
    }
    match host_path(source, base) {
        Ok(absolute) => *source = absolute,
        Err(fault) => {
            table.remove("source");
            found.push(Found::fault(layer, &path.child("source"), At::Value, &fault));
        }
    }
}

/// Maps of ids as text, which merges as one value.
fn id_maps(layer: &mut LayerData, found: &mut Vec<Found>) {
    let mut paths = Vec::new();
    if at(&layer.values, &["rootfs", "idmap"]).is_some() {
        paths.push(KeyPath::keys(["rootfs", "idmap"]));
    }
    if let Some(Value::Dict(_, mounts)) = layer.values.get("mounts") {
        let has_map = |mount: &Value| mount.as_dict().is_some_and(|mount| mount.contains_key("idmap"));
        let mapped = mounts.iter().filter(|(_, mount)| has_map(mount));
        paths.extend(mapped.map(|(target, _)| KeyPath::keys(["mounts", target, "idmap"])));
    }
    for path in paths {
        let Some(Value::Array(tag, maps)) = layer.get(&path) else { continue };
        if maps.is_empty() {
            continue;
        }
        let (tag, maps) = (*tag, idmap::text(maps));
        super::layer::cut(&mut layer.values, &path);
        match maps {
            Ok(text) => {
                let (Some(last), parent) = (path.last_key(), path.parent()) else { continue };
                if let Some(Value::Dict(_, table)) = super::layer::get_mut(&mut layer.values, &parent) {
                    table.insert(last.to_owned(), Value::String(tag, text));
                }
                layer.moved.push(Moved { canonical: path.clone(), written: path, whole: true });
            }
            Err((index, fault)) => found.push(Found::fault(layer, &path.element(index), At::Value, &fault)),
        }
    }
}

/// A text is the base alone; one that is no word is a path.
fn seccomp(layer: &mut LayerData, base: Base<'_>, found: &mut Vec<Found>) {
    let Some(Value::Dict(_, security)) = layer.values.get_mut("security") else { return };
    let Some(value) = security.get_mut("seccomp") else { return };
    let path = KeyPath::keys(["security", "seccomp"]);
    if let Value::String(tag, text) = value {
        let table = Dict::from([("base".to_owned(), Value::String(*tag, std::mem::take(text)))]);
        *value = Value::Dict(Tag::Default, table);
        layer.moved.push(Moved { canonical: path.clone(), written: path.clone(), whole: true });
        layer.replaces.push(path.clone());
    }
    let Value::Dict(_, table) = value else { return };
    let Some(Value::String(_, source)) = table.get_mut("base") else { return };
    let fault = match source.as_str() {
        "default" | "unconfined" => return,
        "RuntimeDefault" | "runtime/default" | "builtin" => {
            Fault::new("choice", format!("{} is no profile", quote_text(source)), "another tool's word")
                .help("write \"default\"")
        }
        "Unconfined" | "none" | "disabled" | "off" => {
            Fault::new("choice", format!("{} is no profile", quote_text(source)), "another tool's word")
                .help("write \"unconfined\"")
        }
        _ => match host_path(source, base) {
            Ok(absolute) => {
                *source = absolute;
                return;
            }
            Err(fault) => fault,
        },
    };
    table.remove("base");
    found.push(Found::fault(layer, &path.child("base"), At::Value, &fault));
}

/// Whether a path has no empty part, none that begins with a dot, and no `/` at its end, as
/// nearly all have not: such a path is normalised.
fn is_plain(path: &str) -> bool {
    let next = path.bytes().skip(1).map(Some).chain([None]);
    !path.bytes().zip(next).any(|(byte, next)| byte == b'/' && matches!(next, None | Some(b'/' | b'.')))
}

/// A path of the host, absolute and without `.`; `..` stays, since it depends on links.
pub fn host_path(text: &str, base: Base<'_>) -> Result<String, Fault> {
    if text.is_empty() || text.contains('\0') {
        // The lexical form has the words for it.
        return Ok(text.to_owned());
    }
    let home = text.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let (above, below) = match (home, base.home) {
        (Some(rest), Some(home)) => (home, rest),
        (Some(_), None) => {
            return Err(Fault::new("path_home", "`~` is your home, and HOME is not set", "HOME is not set")
                .help("write the path without `~`"));
        }
        (None, _) if text.starts_with('~') => {
            return Err(Fault::new(
                "path_home",
                "the home of another user is not looked up",
                "`~/` is your own home",
            )
            .help("write the path without `~`, or `./~…` for a folder of that name"));
        }
        (None, _) if text.starts_with('/') => (Path::new(""), text),
        (None, _) => (base.folder, text),
    };
    let above = above.to_str().ok_or_else(|| {
        Fault::new(
            "path_relative",
            "the folder it is relative to has a name that is no UTF-8",
            "relative path",
        )
        .help("write an absolute path")
    })?;
    let mut clean = String::with_capacity(above.len() + 1 + below.len());
    let short = below.strip_prefix("./").unwrap_or(below);
    if is_plain(above)
        && is_plain(short)
        && !short.is_empty()
        && !short.starts_with('.')
        && short.starts_with('/') == above.is_empty()
    {
        clean.push_str(above);
        if !above.is_empty() {
            clean.push('/');
        }
        clean.push_str(short);
        return Ok(clean);
    }
    for part in above.split('/').chain(below.split('/')).filter(|part| !part.is_empty() && *part != ".") {
        clean.push('/');
        clean.push_str(part);
    }
    if clean.is_empty() {
        clean.push('/');
    }
    Ok(clean)
}

fn mounts(layer: &mut LayerData, base: Base<'_>, found: &mut Vec<Found>) {
    match layer.values.remove("mounts") {
        Some(Value::Array(tag, entries)) => short_mounts(layer, tag, entries, base, found),
        Some(Value::Dict(tag, entries)) => long_mounts(layer, tag, entries, base, found),
        Some(other) => {
            layer.values.insert("mounts".into(), other);
        }
        None => {}
    }
}

fn short_mounts(
    layer: &mut LayerData,
    tag: Tag,
    entries: Vec<Value>,
    base: Base<'_>,
    found: &mut Vec<Found>,
) {
    let mounts = KeyPath::keys(["mounts"]);
    let mut table = Dict::new();
    for (index, entry) in entries.into_iter().enumerate() {
        let written = mounts.element(index);
        let result = match &entry {
            Value::String(_, text) => short_mount(text, base),
            Value::Dict(..) => Err(Fault::new("type", "expected text such as \"./site:/srv:ro\"", "a table")
                .help(match super::foreign::mounts(&entry) {
                    Some(value) => {
                        format!("write {value}, or [mounts.\"/target\"] with the target as its key")
                    }
                    None => "a table is written [mounts.\"/target\"], with the target as its key".into(),
                })),
            _ => Err(Fault::new("type", "expected text such as \"./site:/srv:ro\"", "expected text")),
        };
        match result {
            Ok((target, mount)) => {
                let canonical = mounts.child(&target);
                if table.contains_key(&target) {
                    found.push(duplicate(layer, &canonical, &written, &canonical, "duplicate_mount"));
                    continue;
                }
                table.insert(target, Value::Dict(tag, mount));
                layer.moved.push(Moved { canonical, written, whole: true });
            }
            Err(fault) => found.push(Found::fault(layer, &written, At::Value, &fault)),
        }
    }
    layer.values.insert("mounts".into(), Value::Dict(tag, table));
}

fn long_mounts(layer: &mut LayerData, tag: Tag, entries: Dict, base: Base<'_>, found: &mut Vec<Found>) {
    let mounts = KeyPath::keys(["mounts"]);
    let mut table = Dict::new();
    for (key, mut mount) in entries {
        let written = mounts.child(&key);
        if key == "*" {
            // `"*" = false` drops what is inherited; no target is called so.
            table.insert(key, mount);
            continue;
        }
        let target = match target(&key) {
            Ok(target) => target,
            Err(fault) => {
                let fault = if mount.as_dict().is_some() && !key.contains('/') && key != ".." {
                    let fault = Fault::new(
                        "mount_target",
                        format!("{} is no target", quote_text(&key)),
                        "not a path",
                    );
                    fault.help(r#"the key is the target in the container, in quotes: [mounts."/srv"]"#)
                } else {
                    fault
                };
                found.push(Found::fault(layer, &written, At::Key, &fault));
                continue;
            }
        };
        let canonical = mounts.child(&target);
        if table.contains_key(&target) {
            found.push(duplicate(layer, &canonical, &written, &canonical, "duplicate_mount"));
            continue;
        }
        if target != key {
            layer.moved.push(Moved { canonical: canonical.clone(), written: written.clone(), whole: false });
        }
        if let Value::Dict(_, mount) = &mut mount
            && let Some(Value::String(_, source)) = mount.get_mut("source")
        {
            match host_path(source, base) {
                Ok(absolute) => *source = absolute,
                Err(fault) => {
                    mount.remove("source");
                    found.push(Found::fault(layer, &written.child("source"), At::Value, &fault));
                }
            }
        }
        table.insert(target, mount);
    }
    layer.values.insert("mounts".into(), Value::Dict(tag, table));
}

/// Reads `SOURCE:TARGET[:OPTION,…]`: the target and the table that it is short for.
///
/// # Errors
/// Whatever is not of that form.
pub fn short_mount(text: &str, base: Base<'_>) -> Result<(String, Dict), Fault> {
    let fault = |label: &str| Fault::new("mount_entry", format!("{} is no mount", quote_text(text)), label);
    let parts: Vec<&str> = text.split(':').collect();
    let (source, key, options) = match parts[..] {
        [_] => {
            return Err(fault("the target is missing")
                .help(format!("write \"SOURCE:TARGET\", such as {}", quote_text(&format!("{text}:/srv")))));
        }
        [source, target] => (source, target, ""),
        [source, target, options] => (source, target, options),
        _ => {
            return Err(fault("too many `:`").help(
                "paths that contain `:` need the long form: [mounts.\"/target\"] with source = \"…\"",
            ));
        }
    };
    if source.is_empty() {
        return Err(fault("the source is missing").help("write \"SOURCE:TARGET\""));
    }
    if !["/", "./", "../", "~/"].iter().any(|start| source.starts_with(start))
        && !matches!(source, "." | ".." | "~")
    {
        return Err(fault("a bare word is no path").help(format!(
            "tinydocker has no volumes yet; for the folder write {}",
            quote_text(&format!("./{text}"))
        )));
    }
    let target = target(key)?;
    let mut mount = Dict::from([("source".to_owned(), Value::from(host_path(source, base)?))]);
    mounts::options(options, &mut mount, &fault)?;
    Ok((target, mount))
}

/// Normalises the target of a mount.
///
/// # Errors
/// A path that is relative, has `..`, or is the root itself.
pub fn target(text: &str) -> Result<String, Fault> {
    let fault = |label: &str| Fault::new("mount_target", format!("{} is no target", quote_text(text)), label);
    if text.contains('\0') {
        return Err(fault("contains a NUL byte"));
    }
    if !text.starts_with('/') {
        let help = format!("write {}", quote_text(&format!("/{}", text.trim_start_matches("./"))));
        return Err(fault("a target is an absolute path in the container").help(help));
    }
    if is_plain(text) {
        return Ok(text.to_owned());
    }
    let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.contains(&"..") {
        return Err(fault("a target can't contain `..`").help("write where it ends up"));
    }
    if parts.is_empty() {
        return Err(
            fault("nothing can be mounted over the root").help("the root file system is the key `rootfs`")
        );
    }
    Ok(format!("/{}", parts.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Base<'static> {
        Base { folder: Path::new("/p"), home: Some(Path::new("/home/me")) }
    }

    #[test]
    fn targets_are_normalised() {
        assert_eq!(target("/srv//a/./b/").unwrap(), "/srv/a/b");
        for bad in ["srv", "./srv", "/a/../b", "/", "//.", ""] {
            assert_eq!(target(bad).unwrap_err().code, "mount_target", "{bad}");
        }
    }

    #[test]
    fn paths_of_the_host_are_joined_to_the_folder() {
        for (text, path) in [
            ("a", "/p/a"),
            ("./a/./b", "/p/a/b"),
            ("../a", "/p/../a"),
            ("/a", "/a"),
            ("//a/./b//", "/a/b"),
            ("/", "/"),
            (".", "/p"),
            ("~/a", "/home/me/a"),
            ("~", "/home/me"),
        ] {
            assert_eq!(host_path(text, base()).unwrap(), path);
        }
        assert!(host_path("~root/a", base()).is_err());
        assert!(host_path("~/a", Base { home: None, ..base() }).is_err());
    }

    #[test]
    fn short_mounts() {
        let (target, mount) = short_mount("./site:/srv:ro", base()).unwrap();
        assert_eq!(target, "/srv");
        assert_eq!(mount["source"].as_str(), Some("/p/site"));
        assert_eq!(mount["read_only"].to_bool(), Some(true));
        for bad in ["site:/srv", "/a", ":/srv", "/a:/b:ro:x", "/a:/b:zz", "/a:b", "/a:/b:ro,rw", "/a:/b:z"] {
            assert!(short_mount(bad, base()).is_err(), "{bad}");
        }
    }
}
