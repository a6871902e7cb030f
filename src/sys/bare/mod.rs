//! System calls without a C library and without std: what the launcher shares with init, which
//! is a program of its own ([`crate::init`]) and compiles these files once more.
//!
//! Every function is one system call, or a few that belong together, by its bare number.

pub mod abi;
mod call;
pub mod credentials;
pub mod fd;
pub mod file;
pub mod limits;
pub mod memory;
pub mod mount;
pub mod process;
pub mod raw;
pub mod seccomp;
pub mod signal;
pub mod socket;
#[cfg(tinydocker_init)]
mod start;
pub mod terminal;

use call::check;
pub use call::{Call, Errno, Error, Result};
