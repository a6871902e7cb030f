//! `tinydocker up` and `tinydocker run`.

use super::{ExitCode, Settings};
use crate::profile::Loaded;

/// Launches the profile and waits for it.
pub fn execute(_loaded: Loaded, _settings: &Settings) -> ExitCode {
    ExitCode::Launcher
}
