//! Where a value comes from.

use crate::diagnostic::{Diagnostic, SourceId};
use crate::profile::{Origins, quote_key};
use serde::{Deserialize, Serialize};

/// The layer that set a value, lowest first. The last one that sets it wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layer {
    /// The program's own default.
    BuiltIn,
    /// `[defaults]` of /etc/tinydocker/config.toml.
    SystemConfig,
    /// `[defaults]` of tinydocker/config.toml in the user's configuration folder.
    UserConfig,
    /// The file's `[defaults]`.
    Defaults,
    /// What the container extends.
    Extends,
    /// The container's own keys in the profile that was named.
    File,
    /// A `[variants.<name>]` that was chosen.
    Variant,
    /// A variable such as `TINYDOCKER__CGROUP__MEMORY`.
    Environment,
    /// A flag such as `--memory`, or the command after the flags.
    Flag,
    /// `--set key=value`.
    Set,
}

impl Layer {
    /// What the layer is called where it has no place to name.
    pub fn name(self) -> &'static str {
        match self {
            Self::BuiltIn => "built-in",
            Self::SystemConfig | Self::UserConfig => "configuration",
            Self::Defaults => "[defaults]",
            Self::Extends => "extended",
            Self::File => "profile",
            Self::Variant => "variant",
            Self::Environment => "environment",
            Self::Flag | Self::Set => "command line",
        }
    }
}

/// The key that an operation exists for, and the place that set it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Canonical key path, such as `cgroup.memory` or `mounts."/srv".source`.
    pub key: String,
    /// The layer that won.
    pub layer: Layer,
    /// Where in that layer; none for built-in values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// A place in a source, for people (line, column) and for reports (source, span).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// File as the user named it, or `command line`.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1, in Unicode scalar values.
    pub column: u32,
    /// Byte offset of the value (of the key where there is no value).
    pub offset: usize,
    /// Length in bytes.
    pub length: usize,
    /// Index among the sources of the command that compiled the plan; meaningless
    /// in another process, so it is not written out.
    #[serde(skip, default = "no_source")]
    pub source: SourceId,
}

fn no_source() -> SourceId {
    SourceId(u32::MAX)
}

impl Origin {
    /// The origin of a default that no layer above built-in touched.
    pub fn built_in(key: impl Into<String>) -> Self {
        Self { key: key.into(), layer: Layer::BuiltIn, place: None }
    }

    /// The origin of the first of these keys that somebody wrote, else of the first.
    ///
    /// # Panics
    /// If there is no key.
    pub fn of_any(origins: &Origins, keys: &[&str]) -> Self {
        let mut each = keys.iter().map(|key| origins.of(key));
        let first = each.next().expect("an operation has a key");
        if first.is_written() {
            return first;
        }
        each.find(Self::is_written).unwrap_or(first)
    }

    /// Whether somebody wrote this value.
    pub fn is_written(&self) -> bool {
        self.layer != Layer::BuiltIn
    }

    /// Points a problem at the place of this value, if it has one.
    #[must_use]
    pub fn blame(&self, problem: Diagnostic, text: impl Into<String>) -> Diagnostic {
        match &self.place {
            Some(place) => problem.with_label(place.source, place.offset..place.offset + place.length, text),
            None => problem,
        }
    }
}

/// The canonical key of a mount, `mounts."/srv"`.
pub fn mount_key(target: &str) -> String {
    format!("mounts.{}", quote_key(target))
}
