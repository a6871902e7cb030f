//! Which layer set a value, and where.

use crate::plan::Origin;

/// Answers where each effective value comes from.
#[derive(Debug, Clone, Default)]
pub struct Origins {}

impl Origins {
    /// The origin of a canonical key path such as `cgroup.memory`. A key that no layer
    /// above built-in set is a built-in value, and so is one that does not exist.
    pub fn of(&self, key: &str) -> Origin {
        Origin::built_in(key)
    }
}
