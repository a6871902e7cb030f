//! What is kept of a container, taken away.

use super::undo::{self, UndoFailure};
use crate::plan;
use crate::store::{CreateError, Store};
use std::io;

/// Why nothing was removed, or not all.
#[derive(Debug)]
pub enum RemoveError {
    /// It runs; its launcher, if that is known.
    Busy(Option<u32>),
    /// Its launcher was killed, and this could not be undone.
    Left(Vec<UndoFailure>),
    /// The state or data folder can't be changed.
    Failed(String),
}

/// Removes the changes that are kept of a container, under its name's lock: whether there
/// were any. What a killed launcher left of it is undone first.
///
/// # Errors
/// It runs, or something is still there; the next call goes on.
pub fn remove(store: &Store, name: &str) -> Result<bool, RemoveError> {
    for _ in 0..2 {
        let held = match store.claim(name, plan::VERSION, &[]) {
            Ok(held) => held,
            Err(CreateError::Stale(leftover)) => {
                let failures = undo::repair(leftover);
                if failures.is_empty() {
                    continue;
                }
                return Err(RemoveError::Left(failures));
            }
            Err(CreateError::Busy(pid)) => return Err(RemoveError::Busy(pid)),
            Err(CreateError::System(error, path)) => {
                return Err(RemoveError::Failed(format!("{}: {error}", path.display())));
            }
        };
        let removed = store.remove_changes(name);
        let given_up = held.remove();
        let path = store.changes(name).display().to_string();
        let failed = |error: io::Error| RemoveError::Failed(format!("{path}: {error}"));
        let removed = removed.map_err(failed)?;
        return given_up.map(|()| removed).map_err(failed);
    }
    Err(RemoveError::Busy(None))
}
