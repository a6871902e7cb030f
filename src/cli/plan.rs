//! `tinydocker plan`.

use super::{ExitCode, Format, Settings};
use crate::profile::Loaded;

/// Prints what `up` would do.
pub fn execute(_loaded: Loaded, _format: Format, _settings: &Settings) -> ExitCode {
    ExitCode::Launcher
}
