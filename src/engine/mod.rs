//! LaunchPlan → running container. The only stage with effects.
//!
//! | module | job |
//! |---|---|
//! | [`launcher`] | the command that was typed: prepare, spawn, connect, and the way back |
//! | `foreground` | what the launcher does while the payload runs: signals and the terminal |
//! | `orders` | the enter phase, as [`crate::init`] is told it |
//! | `group`, `slots` | cgroups; descriptors by name |
//! | [`namespaces`] | those of others that a container joins |
//! | `devices` | which devices a group may use |
//! | [`timing`] | when each operation was done, for whoever asks |
//! | [`full`] | file systems that the payload has filled |
//! | `refused` | the system call that a filter killed the payload for |
//! | [`undo`] | how every operation is undone, by the launcher itself or by the next command |
//! | [`remove`](mod@remove) | what is kept of a container, taken away |
//! | [`failure`] | what went wrong → a diagnostic on the line that asked for it |

mod devices;
pub mod failure;
pub mod fault;
mod foreground;
pub mod full;
mod group;
pub mod launcher;
pub mod namespaces;
mod orders;
mod refused;
pub mod remove;
mod slots;
mod sources;
pub mod timing;
pub mod undo;

pub use failure::LaunchError;
pub use launcher::{Options, Outcome, launch};
