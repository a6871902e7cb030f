//! Mounts in docker's spellings: the options behind `SOURCE:TARGET`, `--mount`, `--tmpfs`.

use super::target;
use crate::profile::choice::OptionWord;
use crate::profile::document;
use crate::profile::fault::Fault;
use crate::profile::path::quote_text;
use figment::value::{Dict, Value};

const PROPAGATIONS: [&str; 8] =
    ["private", "rprivate", "slave", "rslave", "shared", "rshared", "unbindable", "runbindable"];

/// An integer, a float, `true` or `false`; else text.
fn scalar(text: &str) -> Value {
    document::parse_value(text)
        .filter(|value| matches!(value, Value::Num(..) | Value::Bool(..)))
        .unwrap_or_else(|| Value::from(text))
}

/// A key that may be said once only.
fn once(mount: &mut Dict, key: &str, value: Value, what: &str, fault: &Refuse<'_>) -> Result<(), Fault> {
    match mount.insert(key.to_owned(), value) {
        Some(_) => Err(fault(&format!("more than one of {what}"))),
        None => Ok(()),
    }
}

type Refuse<'a> = dyn Fn(&str) -> Fault + 'a;

/// Reads the options of `SOURCE:TARGET:OPTION,…` into the mount's table.
///
/// # Errors
/// What is not known, or is said twice.
pub fn options(text: &str, mount: &mut Dict, fault: &Refuse<'_>) -> Result<(), Fault> {
    let mut words = Vec::new();
    for option in text.split(',').filter(|option| !option.is_empty()) {
        match option {
            "ro" | "readonly" => once(mount, "read_only", Value::from(true), "ro and rw", fault)?,
            "rw" => once(mount, "read_only", Value::from(false), "ro and rw", fault)?,
            "bind" => once(mount, "recursive", Value::from(false), "bind and rbind", fault)?,
            "rbind" => once(mount, "recursive", Value::from(true), "bind and rbind", fault)?,
            "z" | "Z" => {
                return Err(fault("tinydocker has no SELinux labels yet").help("remove the option `z`"));
            }
            "U" | "idmap" => {
                return Err(fault("owners are mapped by a key of the mount").help(
                    "remove the option, and write idmap = [{ container = 0, host = 100000, size = 65536 }]",
                ));
            }
            "cached" | "delegated" | "consistent" | "nocopy" => {
                let label = format!("`{option}` has no meaning for a bind on Linux");
                return Err(fault(&label).help("leave it out"));
            }
            "dev" => return Err(fault("every mount but /dev is nodev").help("leave `dev` out")),
            _ if PROPAGATIONS.contains(&option) => {
                once(mount, "propagation", Value::from(option), "the propagations", fault)?;
            }
            _ if OptionWord::ALL.iter().any(|known| known.word() == option) => words.push(option),
            _ => {
                return Err(fault(&format!("the option `{option}` is not known"))
                    .help("known options: ro, rw, rbind, bind, rslave, rshared, noexec, nosuid, noatime"));
            }
        }
    }
    if !words.is_empty() {
        mount.insert("options".into(), Value::from(words));
    }
    Ok(())
}

/// Reads docker's `type=bind,src=…,dst=…,readonly`. The source is not yet absolute.
///
/// # Errors
/// What is not known or misses its value.
pub fn docker_mount(text: &str) -> Result<(String, Dict), Fault> {
    let fault = |label: &str| {
        Fault::new("mount_entry", format!("{} is no mount", quote_text(text)), label)
            .help("write --mount type=bind,src=./site,dst=/srv,readonly or --mount type=tmpfs,dst=/tmp,tmpfs-size=64m")
    };
    let mut mount = Dict::new();
    let mut at = None;
    for field in text.split(',') {
        let (name, value) = field.split_once('=').map_or((field, None), |(name, value)| (name, Some(value)));
        let given = value.ok_or_else(|| fault(&format!("`{name}` has no value")));
        let mut set = |key: &str, value: Value| {
            mount.insert(key.to_owned(), value);
        };
        match name {
            "type" => set("type", Value::from(given?)),
            "source" | "src" => set("source", Value::from(given?)),
            "target" | "destination" | "dst" => at = Some(target(given?)?),
            "readonly" | "ro" => set("read_only", scalar(value.unwrap_or("true"))),
            "rw" => set("read_only", Value::from(false)),
            "bind-propagation" => set("propagation", Value::from(given?)),
            "bind-recursive" => match given? {
                // What lies below is as read-only as the bind, or writable with it.
                "enabled" | "readonly" => set("recursive", Value::from(true)),
                "disabled" => set("recursive", Value::from(false)),
                "writable" => {
                    return Err(fault("mounts below a read-only bind are read-only here")
                        .help("leave it out, or mount the writable ones on their own"));
                }
                other => return Err(fault(&format!("`{other}` is neither enabled nor disabled"))),
            },
            "bind-nonrecursive" => match value.unwrap_or("true") {
                "true" | "1" => set("recursive", Value::from(false)),
                "false" | "0" => set("recursive", Value::from(true)),
                other => return Err(fault(&format!("`{other}` is neither true nor false"))),
            },
            "subpath" => set("subpath", Value::from(given?)),
            "tmpfs-size" | "size" => set("size", scalar(given?)),
            "tmpfs-mode" | "mode" => set("mode", Value::from(given?)),
            "uid" => set("uid", scalar(given?)),
            "gid" => set("gid", scalar(given?)),
            "consistency" => {
                return Err(fault("`consistency` has no meaning on Linux").help("leave it out"));
            }
            "volume-driver" | "volume-opt" | "volume-nocopy" | "volume-label" | "volume-subpath" => {
                return Err(
                    fault("tinydocker has no volumes yet").help("bind a folder: type=bind,src=./data")
                );
            }
            "" => return Err(fault("a field between commas is empty")),
            _ => return Err(fault(&format!("the field `{name}` is not known"))),
        }
    }
    let at = at.ok_or_else(|| fault("the target is missing: dst=/path"))?;
    let binds = mount.contains_key("source") || mount.get("type").and_then(Value::as_str) == Some("bind");
    if !mount.contains_key("type") && !binds {
        return Err(fault("the type is missing: type=bind or type=tmpfs"));
    }
    if binds {
        // As in docker: writable unless `readonly` is said.
        mount.entry("read_only".into()).or_insert_with(|| Value::from(false));
    }
    Ok((at, mount))
}

/// Reads docker's `/run:rw,size=64m,mode=1777`.
///
/// # Errors
/// What is not known.
pub fn docker_tmpfs(text: &str) -> Result<(String, Dict), Fault> {
    let fault = |label: &str| {
        Fault::new("mount_entry", format!("{} is no tmpfs", quote_text(text)), label)
            .help("write --tmpfs /run or --tmpfs /run:size=64m,mode=1777")
    };
    let (at, options) = text.split_once(':').unwrap_or((text, ""));
    let mut mount = Dict::from([("type".to_owned(), Value::from("tmpfs"))]);
    let mut words = Vec::new();
    for option in options.split(',').filter(|option| !option.is_empty()) {
        match (option, option.split_once('=')) {
            (_, Some((key @ ("size" | "uid" | "gid"), value))) => {
                mount.insert(key.to_owned(), scalar(value));
            }
            (_, Some(("mode", mode))) => {
                mount.insert("mode".into(), Value::from(mode));
            }
            ("ro", None) => {
                mount.insert("read_only".into(), Value::from(true));
            }
            ("rw", None) => {
                mount.insert("read_only".into(), Value::from(false));
            }
            (_, None) if OptionWord::ALL.iter().any(|known| known.word() == option) => words.push(option),
            _ => return Err(fault(&format!("the option `{option}` is not known"))),
        }
    }
    if !words.is_empty() {
        mount.insert("options".into(), Value::from(words));
    }
    Ok((target(at)?, mount))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dockers_mounts() {
        let (target, mount) = docker_mount("type=bind,src=./a,dst=/b/,readonly").unwrap();
        assert_eq!((target.as_str(), mount["read_only"].to_bool()), ("/b", Some(true)));
        let (_, mount) = docker_mount("type=bind,src=./a,dst=/b").unwrap();
        assert_eq!(mount["read_only"].to_bool(), Some(false));
        let (_, mount) =
            docker_mount("type=bind,src=a,dst=/b,bind-propagation=rslave,bind-recursive=disabled").unwrap();
        assert_eq!(mount["propagation"].as_str(), Some("rslave"));
        assert_eq!(mount["recursive"].to_bool(), Some(false));
        let (_, mount) = docker_tmpfs("/run:size=64m,mode=755,nosuid,uid=3").unwrap();
        assert_eq!((mount["mode"].as_str(), mount["uid"].to_i128()), (Some("755"), Some(3)));
        assert_eq!(mount["options"].as_array().map(<[_]>::len), Some(1));
        for bad in [
            "",
            "type=bind",
            "dst=/a",
            "type=bind,src=a,dst=b",
            "type=bind,wat=1,dst=/a",
            "src,dst=/a",
            "src=a,dst=/a,consistency=cached",
            "src=a,dst=/a,bind-recursive=writable",
        ] {
            assert!(docker_mount(bad).is_err(), "{bad}");
        }
        assert!(docker_tmpfs("/run:huge=1").is_err());
    }

    #[test]
    fn options_of_short_mounts() {
        let read = |text: &str| {
            let mut mount = Dict::new();
            options(text, &mut mount, &|label| Fault::new("mount_entry", "", label)).map(|()| mount)
        };
        let mount = read("ro,rslave,noexec,bind").unwrap();
        assert_eq!(mount["propagation"].as_str(), Some("rslave"));
        assert_eq!(mount["recursive"].to_bool(), Some(false));
        assert_eq!(mount["options"].as_array().map(<[_]>::len), Some(1));
        for bad in ["ro,rw", "shared,slave", "z", "cached", "dev", "what", "bind,rbind"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
