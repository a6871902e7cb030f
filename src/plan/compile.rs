//! Profile + Host → LaunchPlan.

use super::LaunchPlan;
use crate::diagnostic::Diagnostic;
use crate::host::Host;
use crate::profile::{Origins, Profile};

pub(super) fn compile(_: &Profile, _: &Origins, _: &Host) -> Result<LaunchPlan, Vec<Diagnostic>> {
    Err(Vec::new())
}
