//! The one door to the kernel. `nix`, `libc` and `unsafe` are named nowhere else.
//!
//! Every function here is one system call, or a few that belong together, and fails
//! with the [`Call`] and its errno, so that a report can name both.
//!
//! What init needs of it is in [`bare`], without a C library and without std.

mod agrees;
#[cfg(any(target_env = "musl", test))]
pub mod alloc;
pub mod bare;
pub mod bpf;
mod call;
pub mod clone;
pub mod credentials;
pub mod file;
pub mod limits;
pub mod machine;
pub mod memfd;
#[cfg(all(target_arch = "x86_64", any(target_env = "musl", test)))]
mod memory;
pub mod namespace;
pub mod network;
pub mod probe;
pub mod process;
pub mod signal;
pub mod socket;
pub mod terminal;
pub mod user_namespace;

use bare::raw;
pub use bare::{Call, Errno, Error, Result, mount};
