//! Real containers: what a profile asks for is seen from outside or by a payload of
//! ours, never taken from what the launcher says.

#[path = "../common/mod.rs"]
mod common;

mod devices;
mod endings;
mod files;
mod filters;
mod groups;
mod host_tree;
mod idmap;
mod init;
mod installed;
mod joins;
mod limits;
mod mounts;
mod names;
mod namespaces;
mod persistent;
mod privileges;
mod process;
mod read_back;
mod rootfs;
mod signals;
mod surroundings;
