//! A network namespace, made by a thread beside the launcher.
//!
//! The kernel takes longer for it than for all other namespaces together, and for a launch
//! that takes its turn it is the longest single wait. Nothing depends on it before init has its
//! orders, so that on a second processor it costs nothing.

use crate::plan::Slot;
use crate::sys::clone::Namespace;
use crate::sys::{self, Call, Errno, namespace, network};
use std::os::fd::OwnedFd;
use std::thread::{self, JoinHandle};

/// Ample for a few system calls.
const STACK: usize = 64 * 1024;

/// A namespace in the making.
#[derive(Debug)]
pub(super) struct Beside {
    slot: Slot,
    thread: JoinHandle<sys::Result<OwnedFd>>,
}

impl Beside {
    /// Begins to make a network namespace for a slot.
    ///
    /// # Errors
    /// There can be no further thread.
    pub(super) fn begin(slot: Slot) -> sys::Result<Self> {
        let thread = thread::Builder::new().stack_size(STACK).spawn(make);
        let thread = thread.map_err(|error| sys::Error::from_io(Call::Thread, &error))?;
        Ok(Self { slot, thread })
    }

    /// Waits until it is made.
    ///
    /// # Errors
    /// It could not be.
    pub(super) fn end(self) -> sys::Result<(Slot, OwnedFd)> {
        // A panic of the thread's would be a bug; a launcher without namespace goes no further.
        let made = self.thread.join().unwrap_or(Err(sys::Error::new(Call::Unshare, Errno::EINVAL)));
        made.map(|namespace| (self.slot, namespace))
    }
}

fn make() -> sys::Result<OwnedFd> {
    namespace::unshare_network()?;
    network::bring_up_loopback()?;
    namespace::open(c"/proc/thread-self/ns/net", Namespace::Net).map_err(|refused| refused.error())
}
