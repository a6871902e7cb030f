//! Attacks, really tried: by a rootfs, by what shares its folder, by the command, and
//! those that were published against others. SECURITY.md lists every one of them.

#[path = "../common/mod.rs"]
mod common;

mod beside;
mod caller;
mod joined;
mod payload;
mod program;
mod rootfs;
mod swaps;
mod table;
