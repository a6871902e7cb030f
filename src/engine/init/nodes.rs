//! Nodes of the host's devices.

use super::{At, Done, Init, c_text};
use crate::sys::file;
use std::os::fd::AsFd;

impl Init {
    /// Makes a node in /dev, with the folders above it. Its owner and mode are the host's:
    /// that somebody may open the device is not decided here.
    pub(super) fn make_node(
        &self,
        path: &str,
        block: bool,
        numbers: (u32, u32),
        mode: u32,
        owner: (u32, u32),
    ) -> Done {
        let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
        let (parent, name) = (self.folder(above)?, c_text(name)?);
        let make = if block { file::make_block_device } else { file::make_device };
        make(parent.as_fd(), &name, mode, numbers).at(path)?;
        file::set_entry_owner_and_mode(parent.as_fd(), &name, owner, mode).at(path)
    }
}
