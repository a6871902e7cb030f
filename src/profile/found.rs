//! A problem of a layer together with the key that has it.

use super::fault::Fault;
use super::layer::{At, LayerData};
use super::path::KeyPath;
use crate::diagnostic::Diagnostic;

/// Every code of this module's diagnostics. They are stable: tools may rely on them.
pub const CODES: &[&str] = &[
    "tinydocker::profile::syntax",
    "tinydocker::profile::duplicate_key",
    "tinydocker::profile::unknown_key",
    "tinydocker::profile::missing_key",
    "tinydocker::profile::type",
    "tinydocker::profile::range",
    "tinydocker::profile::empty",
    "tinydocker::profile::size",
    "tinydocker::profile::size_unit",
    "tinydocker::profile::cpus",
    "tinydocker::profile::cpu_list",
    "tinydocker::profile::group_path",
    "tinydocker::profile::io_device",
    "tinydocker::profile::duplicate_device",
    "tinydocker::profile::swap_total",
    "tinydocker::profile::user",
    "tinydocker::profile::group",
    "tinydocker::profile::mode",
    "tinydocker::profile::name",
    "tinydocker::profile::hostname",
    "tinydocker::profile::nul",
    "tinydocker::profile::choice",
    "tinydocker::profile::namespace",
    "tinydocker::profile::path_relative",
    "tinydocker::profile::path_empty",
    "tinydocker::profile::path_home",
    "tinydocker::profile::command_quotes",
    "tinydocker::profile::env_name",
    "tinydocker::profile::env_entry",
    "tinydocker::profile::mount_entry",
    "tinydocker::profile::mount_target",
    "tinydocker::profile::mount_kind",
    "tinydocker::profile::subpath",
    "tinydocker::profile::duplicate_mount",
    "tinydocker::profile::duplicate_variable",
    "tinydocker::profile::duration",
    "tinydocker::profile::signal",
    "tinydocker::profile::rlimit",
    "tinydocker::profile::duplicate_rlimit",
    "tinydocker::profile::capability",
    "tinydocker::profile::duplicate_capability",
    "tinydocker::profile::system_call",
    "tinydocker::profile::seccomp_file",
    "tinydocker::profile::sysctl",
    "tinydocker::profile::duplicate_sysctl",
    "tinydocker::profile::id_map",
    "tinydocker::profile::device",
    "tinydocker::profile::device_access",
    "tinydocker::profile::duplicate_node",
    "tinydocker::profile::conflict",
    "tinydocker::profile::set",
    "tinydocker::profile::shape",
    "tinydocker::profile::only",
    "tinydocker::profile::extends",
    "tinydocker::profile::variant",
    "tinydocker::profile::vars",
    "tinydocker::profile::interpolation",
    "tinydocker::profile::undefined_variable",
    "tinydocker::profile::env_file",
    "tinydocker::profile::environment",
    "tinydocker::profile::removal",
    "tinydocker::profile::invalid",
];

/// The full code with this last part.
pub fn code(last: &str) -> &'static str {
    CODES
        .iter()
        .find(|code| code.rsplit("::").next() == Some(last))
        .copied()
        .unwrap_or("tinydocker::profile::invalid")
}

/// A problem and the key that has it.
#[derive(Debug, Clone)]
pub struct Found {
    /// The canonical path (or the written one, while a layer is being desugared).
    pub path: KeyPath,
    /// The problem.
    pub diagnostic: Diagnostic,
}

impl Found {
    /// A fault of the value at a path: "`KEY`: message".
    pub fn fault(layer: &LayerData, path: &KeyPath, at: At, fault: &Fault) -> Self {
        let mut diagnostic = Diagnostic::error(code(fault.code), format!("`{path}`: {}", fault.message));
        diagnostic.help.clone_from(&fault.help);
        Self { path: path.clone(), diagnostic: layer.label(diagnostic, path, at, &*fault.label) }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn codes_are_unique() {
        let mut codes = super::CODES.to_vec();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), super::CODES.len());
    }
}
