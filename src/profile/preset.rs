//! What a container may do without asking: the built-in lists, and the presets that
//! take their place.
//!
//! The lists are long and few profiles touch them, so that they become values of the
//! built-in layer only where a layer says something about them ([`fill`]); a profile
//! that doesn't has none of these keys, and the compiler of plans takes the lists.

use super::layer::{LayerData, at, cut};
use super::path::KeyPath;
use figment::value::{Dict, Tag, Value};

/// The capabilities of a container whose profile says nothing.
pub const CAPABILITIES: [&str; 11] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_NET_BIND_SERVICE",
    "CAP_SETFCAP",
    "CAP_SETGID",
    "CAP_SETPCAP",
    "CAP_SETUID",
    "CAP_SYS_CHROOT",
];

/// Files and folders of the kernel that tell or change too much about the host.
pub const MASKED_PATHS: [&str; 12] = [
    "/proc/acpi",
    "/proc/asound",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/interrupts",
    "/sys/firmware",
    "/sys/devices/virtual/powercap",
];

/// Files and folders of the kernel that may be read, not written.
pub const READ_ONLY_PATHS: [&str; 5] =
    ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/// A named set of privileges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// What a container has that says nothing.
    Default,
    /// Everything that the launcher has.
    Unconfined,
}

/// The words of `security.preset`.
pub const WORDS: [(&str, Preset); 2] = [("default", Preset::Default), ("unconfined", Preset::Unconfined)];

fn table(entries: impl IntoIterator<Item = (String, Value)>) -> Value {
    Value::Dict(Tag::Default, entries.into_iter().collect())
}

fn list(texts: &[&str]) -> Value {
    Value::Array(Tag::Default, texts.iter().map(|text| Value::from(*text)).collect())
}

/// The values of a preset, in the shape of a layer.
pub fn values(preset: Preset) -> Dict {
    let default = preset == Preset::Default;
    let capabilities = if default {
        let name = |name: &&str| name.trim_start_matches("CAP_").to_owned();
        table(CAPABILITIES.iter().map(|full| (name(full), Value::from(true))))
    } else {
        table([("*".to_owned(), Value::from(true))])
    };
    let mut security = vec![
        ("capabilities".to_owned(), capabilities),
        ("no_new_privileges".to_owned(), Value::from(default)),
    ];
    if !default {
        let filter = table([("base".to_owned(), Value::from("unconfined"))]);
        security.push(("seccomp".to_owned(), filter));
    }
    let security = table(security);
    let paths = |paths: &[&str]| list(if default { paths } else { &[] });
    Dict::from([
        ("security".to_owned(), security),
        ("masked_paths".to_owned(), paths(&MASKED_PATHS)),
        ("read_only_paths".to_owned(), paths(&READ_ONLY_PATHS)),
    ])
}

/// Which of the lists the built-in layer has been given. One that it was given and that
/// is gone after the layers were merged was taken away by somebody.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Filled {
    /// `security.capabilities`
    pub capabilities: bool,
    /// `masked_paths`
    pub masked_paths: bool,
    /// `read_only_paths`
    pub read_only_paths: bool,
}

/// Gives the lowest layer, the built-in one, what the chosen preset says, whichever
/// layer chose it; without one the default lists, as far as a layer touches them.
pub fn fill(layers: &mut [LayerData]) -> Filled {
    let Some((built_in, above)) = layers.split_first_mut() else { return Filled::default() };
    let written = |keys: &[&str]| above.iter().rev().find_map(|layer| at(&layer.values, keys));
    // Who takes something away says something about it, too.
    let touched = |keys: &[&str]| {
        let below = |path: &KeyPath| keys.iter().enumerate().all(|(depth, key)| path.key(depth) == Some(key));
        let removes = |layer: &LayerData| layer.removals.iter().any(|it| below(&it.path));
        above.iter().any(|layer| at(&layer.values, keys).is_some() || removes(layer))
    };
    let chosen = written(&["security", "preset"]).and_then(|word| {
        let text = word.as_str()?;
        WORDS.iter().find(|(word, _)| *word == text).map(|(_, preset)| *preset)
    });
    // The default one says what the lists say anyway.
    let preset = chosen.is_some_and(|chosen| chosen != Preset::Default);
    let filled = Filled {
        capabilities: preset || touched(&["security", "capabilities"]) || touched(&["security", "ambient"]),
        masked_paths: preset || touched(&["masked_paths"]),
        read_only_paths: preset || touched(&["read_only_paths"]),
    };
    if filled == Filled::default() {
        return filled;
    }
    let mut values = values(chosen.unwrap_or(Preset::Default));
    for (wanted, keys) in [
        (filled.capabilities, &["security", "capabilities"][..]),
        (filled.masked_paths, &["masked_paths"]),
        (filled.read_only_paths, &["read_only_paths"]),
    ] {
        if !wanted {
            cut(&mut values, &KeyPath::keys(keys.iter().copied()));
        }
    }
    lay_over(&mut built_in.values, values);
    filled
}

/// Puts values over others, tables key by key.
fn lay_over(below: &mut Dict, above: Dict) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(Value::Dict(_, below)), Value::Dict(_, above)) => lay_over(below, above),
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::layer::Places;
    use crate::profile::origin::Layer;

    fn layers(upper: Dict) -> Vec<LayerData> {
        let mut layers = vec![
            LayerData::new(Layer::BuiltIn, Places::BuiltIn),
            LayerData::new(Layer::Set, Places::BuiltIn),
        ];
        layers[1].values = upper;
        layers
    }

    #[test]
    fn what_nobody_mentions_is_not_filled_in() {
        let mut layers = layers(Dict::from([("name".to_owned(), Value::from("web"))]));
        assert_eq!(fill(&mut layers), Filled::default());
        assert!(layers[0].values.is_empty());
    }

    #[test]
    fn only_what_is_touched_is_filled_in() {
        let mut layers = layers(Dict::from([("masked_paths".to_owned(), list(&["/proc/x"]))]));
        assert_eq!(fill(&mut layers), Filled { masked_paths: true, ..Filled::default() });
        assert_eq!(layers[0].values["masked_paths"].as_array().unwrap().len(), MASKED_PATHS.len());
        assert!(!layers[0].values.contains_key("read_only_paths"));
    }

    #[test]
    fn a_preset_fills_everything_in() {
        let security = table([("preset".to_owned(), Value::from("unconfined"))]);
        let mut layers = layers(Dict::from([("security".to_owned(), security)]));
        let all = Filled { capabilities: true, masked_paths: true, read_only_paths: true };
        assert_eq!(fill(&mut layers), all);
        let values = &layers[0].values;
        let get = |keys: &[&str]| crate::profile::layer::get(values, &KeyPath::keys(keys.iter().copied()));
        assert_eq!(get(&["security", "capabilities", "*"]).unwrap().to_bool(), Some(true));
        assert_eq!(get(&["security", "seccomp", "base"]).unwrap().as_str(), Some("unconfined"));
        assert_eq!(get(&["security", "no_new_privileges"]).unwrap().to_bool(), Some(false));
        assert_eq!(get(&["masked_paths"]).unwrap().as_array().unwrap().len(), 0);
    }
}
