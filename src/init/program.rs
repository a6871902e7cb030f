//! Init as a program: what it is made of. `build.rs` compiles this file; in the library the same
//! modules have the same paths.

#![no_std]
#![no_main]
// The library uses, tests and documents the rest of these files.
#![allow(dead_code)]

#[path = "../plan"]
mod plan {
    pub mod accounts;
}

#[path = "../sys"]
mod sys {
    pub mod bare;
}

#[path = "mod.rs"]
mod init;

// Where `sys::bare::start` goes on.
use init::main;
