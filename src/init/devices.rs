//! Nodes of devices, and links.

use super::orders::{Device, List, Owner, Path, Text};
use super::{At, Done, Failed, Init, text};
use crate::sys::bare::credentials::set_umask;
use crate::sys::bare::fd::{AsFd, BorrowedFd, OwnedFd};
use crate::sys::bare::file;

/// The folder that was asked for last: neighbours in a list share theirs.
#[derive(Default)]
struct Folders<'a>(Option<(Text<'a>, OwnedFd)>);

impl<'a> Folders<'a> {
    fn open(
        &mut self,
        init: &Init<'a>,
        folder: Text<'a>,
    ) -> core::result::Result<BorrowedFd<'_>, Failed<'a>> {
        let last = match self.0.take() {
            Some(last) if last.0 == folder => last,
            _ => (folder, file::open_in_root(init.root()?, folder).at(folder)?),
        };
        Ok(self.0.insert(last).1.as_fd())
    }
}

impl<'a> Init<'a> {
    pub(super) fn make_devices(&self, devices: List<'a, (Path<'a>, Device)>) -> Done<'a> {
        // A device that is open to all is so whatever the umask is.
        set_umask(0);
        let mut folders = Folders::default();
        for ((path, folder, name), numbers) in devices.iter() {
            file::make_device(folders.open(self, folder)?, name, 0o666, numbers).at(path)?;
        }
        set_umask(super::UMASK);
        Ok(())
    }

    pub(super) fn make_links(&self, links: impl Iterator<Item = (Path<'a>, Text<'a>)>) -> Done<'a> {
        let mut folders = Folders::default();
        for ((path, folder, name), says) in links {
            file::make_link(folders.open(self, folder)?, name, says).at(path)?;
        }
        Ok(())
    }

    /// Makes a node in /dev, with the folders above it. Its owner and mode are the host's:
    /// that somebody may open the device is not decided here.
    pub(super) fn make_node(
        &self,
        path: Text<'a>,
        block: bool,
        numbers: Device,
        mode: u32,
        owner: Owner,
    ) -> Done<'a> {
        let (above, name) = text::split(path);
        let parent = self.folder(text::joined(&[above])?)?;
        let make = if block { file::make_block_device } else { file::make_device };
        make(parent.as_fd(), name, mode, numbers).at(path)?;
        file::set_entry_owner_and_mode(parent.as_fd(), name, owner, mode).at(path)
    }
}
