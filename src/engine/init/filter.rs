//! Loads the filter of system calls: the last thing before execve(2), so that of all
//! that init does the filter need only allow that.

use crate::seccomp::Filter;
use crate::sys::{self, credentials, filter};

/// What loading takes without no_new_privileges: CAP_SYS_ADMIN.
pub(super) const NEEDED: u64 = 1 << credentials::SYS_ADMIN;

/// Loads it.
pub(super) fn load(wanted: &Filter) -> sys::Result<()> {
    filter::load(wanted.program.bytes(), wanted.flags)
}
