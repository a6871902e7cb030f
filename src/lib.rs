//! `tinydocker` is a compiler for containers: a TOML profile goes in, a launch
//! plan comes out, a small engine executes it. There is no daemon.
//!
//! # Code map
//!
//! Modules depend downwards only, in this order:
//!
//! | module | what it is | effects |
//! |---|---|---|
//! | [`cli`] | argv → one thin file a command → [`cli::ExitCode`] | all, by calling the rest |
//! | [`engine`] | [`plan::LaunchPlan`] → running container: launcher, undo | the kernel, through [`sys`] |
//! | [`init`] | the program that a container begins with, by the launcher's orders | the kernel, through [`sys::bare`] |
//! | [`store`] | records on disk, their locks, repair | files under the state folder |
//! | [`preflight`] | is what a profile names there on this host? For `check` | reads only |
//! | [`plan`] | [`profile::Profile`] + [`host::Host`] → [`plan::LaunchPlan`] | none |
//! | [`host`] | this machine's facts, as a value | reads only, in [`host::Host::probe`] |
//! | [`profile`] | TOML, flags, `--set` → [`profile::Profile`], with the origin of each value | reads the named files |
//! | [`seccomp`] | profiles of system calls, the built-in one too → the kernel's filter programs | none |
//! | [`diagnostic`] | a problem, its places, and how it is printed | none |
//! | [`sys`] | the one door to the kernel | system calls |
//!
//! # Invariants
//!
//! * `nix` and `libc` are named in `sys` only, and `unsafe` code exists there only
//!   (tests/architecture.rs).
//! * `profile` and `plan` make no system call; a plan can be compiled for any
//!   [`host::Host`] on any machine (tests/plan.rs compiles for six).
//! * The plan that is printed is the plan that is executed: one value, and
//!   [`engine`] consults neither profile nor host (tests/architecture.rs).
//! * Every operation carries an [`plan::Origin`]; a failure is reported there
//!   (tests/faults.rs fails every operation of a plan, one by one).
//! * No mount is attached in the host's mount namespace (tests/faults.rs compares
//!   the host's mountinfo before, during and after).
//! * Between `clone3` and `execveat` the child makes raw system calls only
//!   (tests/architecture.rs reads its machine code).
//! * Nothing is left behind after a failure or after `kill -9` of the launcher at
//!   any operation, once the next command has run (tests/faults.rs).

#![warn(rustdoc::broken_intra_doc_links)]

pub mod cli;
pub mod diagnostic;
pub mod engine;
pub mod host;
pub mod init;
pub mod plan;
pub mod preflight;
pub mod profile;
pub mod seccomp;
pub mod store;
#[allow(unsafe_code)]
pub mod sys;
