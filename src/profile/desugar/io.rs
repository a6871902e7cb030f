//! The devices of `cgroup.io`: paths made absolute, numbers in one spelling.

use super::{Base, duplicate, host_path};
use crate::profile::fault::Fault;
use crate::profile::found::Found;
use crate::profile::layer::{At, LayerData, Moved};
use crate::profile::path::{KeyPath, quote_text};
use figment::value::{Dict, Value};

/// Desugars the keys of `cgroup.io`.
pub fn devices(layer: &mut LayerData, base: Base<'_>, found: &mut Vec<Found>) {
    let Some(Value::Dict(_, cgroup)) = layer.values.get_mut("cgroup") else { return };
    let Some(Value::Dict(..)) = cgroup.get("io") else { return };
    let Some(Value::Dict(tag, entries)) = cgroup.remove("io") else { return };
    let io = KeyPath::keys(["cgroup", "io"]);
    let mut table = Dict::new();
    // What needs no other spelling comes first: its own place is the first of the two.
    let mut entries: Vec<_> = entries.into_iter().collect();
    entries.sort_by_key(|(key, _)| device(key, base).ok().as_ref() != Some(key));
    for (key, rates) in entries {
        if key == "*" {
            table.insert(key, rates);
            continue;
        }
        let written = io.child(&key);
        let device = match device(&key, base) {
            Ok(device) => device,
            Err(fault) => {
                found.push(Found::fault(layer, &written, At::Key, &fault));
                continue;
            }
        };
        let canonical = io.child(&device);
        if table.contains_key(&device) {
            found.push(duplicate(layer, &canonical, &written, &canonical, "duplicate_device"));
            continue;
        }
        if device != key {
            layer.moved.push(Moved { canonical, written, whole: false });
        }
        table.insert(device, rates);
    }
    if let Some(Value::Dict(_, cgroup)) = layer.values.get_mut("cgroup") {
        cgroup.insert("io".into(), Value::Dict(tag, table));
    }
}

/// Reads a device: its numbers, `8:0`, or a path.
///
/// # Errors
/// Neither of the two.
pub fn device(text: &str, base: Base<'_>) -> Result<String, Fault> {
    let fault = |label: &str| Fault::new("io_device", format!("{} is no device", quote_text(text)), label);
    if let Some((major, minor)) = text.split_once(':')
        && !text.contains('/')
    {
        let number = |part: &str| part.parse::<u32>().ok().filter(|_| !part.starts_with('+'));
        // dev_t has 12 bits for the one and 20 for the other.
        return match (number(major), number(minor)) {
            (Some(major), Some(minor)) if major < 1 << 12 && minor < 1 << 20 => {
                Ok(format!("{major}:{minor}"))
            }
            _ => Err(fault("not MAJOR:MINOR").help("`lsblk` shows the numbers of disks, such as \"8:0\"")),
        };
    }
    if text.is_empty() || text.contains('\0') {
        return Err(fault("a path belongs here").help("write a disk, such as [cgroup.io.\"/dev/sda\"]"));
    }
    let is_path = text.starts_with(['/', '~', '.']);
    if !is_path {
        return Err(fault("neither a path nor MAJOR:MINOR").help(format!(
            "write [cgroup.io.{}] for the disk, or {} for a path beside the profile",
            quote_text(&format!("/dev/{text}")),
            quote_text(&format!("./{text}")),
        )));
    }
    host_path(text, base)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn devices_are_paths_or_numbers() {
        let base = Base { folder: Path::new("/p"), home: Some(Path::new("/home/me")) };
        for (text, clean) in [
            ("8:0", "8:0"),
            ("008:00", "8:0"),
            ("/dev/sda", "/dev/sda"),
            ("./data", "/p/data"),
            ("~/x", "/home/me/x"),
            ("/a:b", "/a:b"),
        ] {
            assert_eq!(device(text, base).unwrap(), clean, "{text}");
        }
        for bad in ["", "sda", "8:", ":0", "a:b", "8:0:1", "4096:0", "+8:0", "/a\0"] {
            assert_eq!(device(bad, base).unwrap_err().code, "io_device", "{bad}");
        }
    }
}
