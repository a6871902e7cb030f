//! What launcher and init tell each other over their socket pair.
//!
//! The launcher sends the orders (length, then postcard) with the descriptors that init
//! begins with, then those that it has prepared meanwhile ([`supplies`]), and one byte when
//! the connect phase is done. Init sends one-byte messages; the last of them may be
//! followed by a failure. That the socket closes after [`EXECUTING`] without a
//! failure means that execve(2) has succeeded: the socket is close-on-exec.

use crate::plan::{Enter, Slot};
use crate::sys::{self, Call, Errno};
use serde::{Deserialize, Serialize};

/// Launcher → init, before what follows is handed over: the beginning of [`supplies`].
pub(super) const SUPPLIES: u8 = b'S';
/// In [`supplies`]: a descriptor comes along.
pub(super) const THERE: u8 = b'+';
/// In [`supplies`]: there is nothing.
pub(super) const MISSING: u8 = b'-';
/// Launcher → init: the connect phase is done.
pub(super) const CONNECTED: u8 = b'C';
/// Init → launcher, with the terminal's master.
pub(super) const TERMINAL: u8 = b'T';
/// Init → launcher: everything is done but execve(2). With the root, if it is to be kept.
pub(super) const EXECUTING: u8 = b'X';
/// Init → launcher, before [`EXECUTING`], with its mount namespace.
pub(super) const NAMESPACE: u8 = b'N';
/// Init → launcher, followed by a [`Failure`] and the end.
pub(super) const FAILED: u8 = b'F';
/// Init → launcher, if times are asked for: an operation is done. Followed by [`STAMPS`]
/// bytes: its beginning and its end, nanoseconds of the monotonic clock.
pub(super) const TIMED: u8 = b'O';
/// Bytes behind [`TIMED`].
pub(super) const STAMPS: usize = 16;
/// Init → launcher in fault tests: die now.
pub(super) const KILL: u8 = b'K';

/// The message that hands over what init waits for: a byte for each slot, in their order. The
/// descriptors come along.
pub(super) fn supplies(there: &[bool]) -> Vec<u8> {
    let states = there.iter().map(|there| if *there { THERE } else { MISSING });
    std::iter::once(SUPPLIES).chain(states).collect()
}

/// Most orders have no more bytes.
pub(super) const USUAL_ORDERS: usize = 8 * 1024;

/// What init is to do.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Orders<S = Vec<Slot>, O = Vec<Enter>> {
    /// The slots of the descriptors that come along, in their order.
    pub slots: S,
    /// The plan's enter phase, without origins.
    pub operations: O,
    /// Index of the operation to fail at or to be killed before.
    pub fault: Option<(usize, bool)>,
    /// Whether init says when it has done each operation.
    pub timed: bool,
    /// What the launcher keeps to look at when the command has ended.
    pub keep: Keep,
}

/// What outlives the command, by descriptors that init sends. The launcher could open it
/// below /proc/PID only as long as that process is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Keep {
    /// The root.
    pub root: bool,
    /// The mount namespace, and with it all mounts below the root.
    pub namespace: bool,
}

/// Which operation failed, and how.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Failure {
    /// Index in the enter phase.
    pub operation: usize,
    /// The system call.
    pub call: Call,
    /// Its errno.
    pub errno: Errno,
    /// The path concerned.
    pub path: Option<String>,
}

impl Failure {
    pub(super) fn error(&self) -> sys::Error {
        sys::Error::new(self.call, self.errno)
    }
}
