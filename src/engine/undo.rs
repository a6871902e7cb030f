//! The way back: every undo is idempotent and follows from the plan alone, so that
//! any process with the record can do it.

use super::group;
use crate::plan::Prepare;
use crate::store::{Found, Leftover, Store};

/// An undo that failed: what is still there, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoFailure {
    /// The path that could not be removed.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// Undoes one operation of the prepare phase but the record, which goes last.
pub(super) fn undo(operation: &Prepare) -> Result<(), UndoFailure> {
    match operation {
        Prepare::MakeGroup { path, parents, .. } => group::remove(path, parents)
            .map_err(|error| UndoFailure { path: path.clone(), reason: error.to_string() }),
        // See `Prepare::has_undo`.
        Prepare::WriteRecord { .. }
        | Prepare::OpenNamespace { .. }
        | Prepare::MakeNetwork { .. }
        | Prepare::LeaveGroup { .. }
        | Prepare::EnableControllers { .. }
        | Prepare::InheritCpuset { .. }
        | Prepare::SetLimit { .. }
        | Prepare::AllowDevices { .. }
        | Prepare::FilterDevices { .. }
        | Prepare::MakeInit { .. }
        | Prepare::OpenTree { .. }
        | Prepare::OpenChanges { .. }
        | Prepare::MakeSource { .. } => Ok(()),
    }
}

/// Undoes what a killed launcher has left; its record goes last, and stays if
/// something else did.
pub(super) fn repair(leftover: Leftover) -> Vec<UndoFailure> {
    let mut failures = Vec::new();
    match &leftover.record {
        Found::Nothing => {}
        Found::Whole(record) if groups_are_anothers(&record.journal) => {}
        Found::Whole(record) => {
            failures.extend(record.journal.iter().rev().filter_map(|operation| undo(operation).err()));
        }
        Found::Unreadable(reason) => failures.push(UndoFailure {
            path: leftover.held.path().display().to_string(),
            reason: format!("its record can't be read: {reason}"),
        }),
    }
    if failures.is_empty() {
        let path = leftover.held.path().display().to_string();
        if let Err(error) = leftover.held.remove() {
            failures.push(UndoFailure { path, reason: error.to_string() });
        }
    }
    failures
}

/// Undoes what all killed launchers of this store have left, but for the container
/// `own`, which is the caller's.
pub fn sweep(store: &Store, own: &str) -> Vec<UndoFailure> {
    store.leftovers(own).flat_map(repair).collect()
}

/// A launcher with another state folder may run a container of the same name. It
/// holds the lock of the tracking group, which is the first to be made: so the dead
/// launcher never got past that operation, and none of the groups are its own.
fn groups_are_anothers(journal: &[Prepare]) -> bool {
    let first = journal.iter().find_map(|operation| match operation {
        Prepare::MakeGroup { path, .. } => Some(path),
        _ => None,
    });
    first.is_some_and(|path| group::is_locked(path))
}
