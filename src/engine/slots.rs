//! The one table that knows the descriptors behind a plan's slots.

use crate::plan::Slot;
use crate::sys::{Call, Errno, Error, Result};
use std::collections::BTreeMap;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Slot → descriptor.
#[derive(Debug, Default)]
pub(super) struct Slots(BTreeMap<Slot, OwnedFd>);

impl Slots {
    pub(super) fn fill(&mut self, slot: &Slot, descriptor: OwnedFd) {
        self.0.insert(slot.clone(), descriptor);
    }

    /// The descriptor; that an operation before filled it is a property of every
    /// plan (tests/plan.rs), so its absence is EINVAL of the call that needs it.
    pub(super) fn get(&self, slot: &Slot, call: Call) -> Result<BorrowedFd<'_>> {
        self.0.get(slot).map(AsFd::as_fd).ok_or(Error::new(call, Errno::EINVAL))
    }

    /// Whether there is a descriptor: an optional source may be missing.
    pub(super) fn has(&self, slot: &Slot) -> bool {
        self.0.contains_key(slot)
    }

    /// Closes a descriptor, if there is one.
    pub(super) fn close(&mut self, slot: &Slot) {
        self.0.remove(slot);
    }
}
