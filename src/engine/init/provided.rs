//! Files that every container gets, such as /etc/hosts. They are defaults: where a root
//! has no room for one it is left out.

use super::mounts::{restrict, tmpfs_of};
use super::{At, Done, Failed, Init, c_text};
use crate::plan::{Attributes, Provided};
use crate::sys::{self, Call, Errno, file, mount, mount::Flags};
use std::os::fd::{AsFd, OwnedFd};

/// Bound of the file system that holds all of them.
const SIZE: u64 = 1 << 20;

/// What says that a root has no room for a file: its folder is missing, or is none, or
/// its links lead in a circle.
const NO_ROOM: [Errno; 4] = [Errno::ENOENT, Errno::ENOTDIR, Errno::ELOOP, Errno::EXDEV];

impl Init {
    pub(super) fn provide_file(
        &mut self,
        target: &str,
        content: &Provided,
        attributes: Attributes,
        make_target: bool,
    ) -> Done {
        let tree = match content {
            Provided::Tree(slot) if !self.slots.has(slot) => return Ok(()),
            Provided::Tree(slot) => self.slots.take(slot, Call::MoveMount)?,
            Provided::Text(text) => self.file_in_memory(target, text).at(target)?,
        };
        let Some(point) = self.place(target, make_target)? else { return Ok(()) };
        restrict(tree.as_fd(), false, attributes).at(target)?;
        mount::attach(tree.as_fd(), point.as_fd()).at(target)
    }

    /// A file of the one file system for all of them. It is attached below the old root,
    /// since kernels before 6.15 clone no mount that is detached, and goes with it.
    fn file_in_memory(&mut self, target: &str, text: &str) -> sys::Result<OwnedFd> {
        let holder = match &mut self.files {
            Some(holder) => holder,
            none => {
                let holder = tmpfs_of((0, 0), Some(SIZE), 0o700, Flags::NONE)?;
                mount::attach_aside(holder.as_fd())?;
                none.insert(holder)
            }
        };
        let name = c_text(target.rsplit('/').next().unwrap_or(target))?;
        let made = file::create_file(holder.as_fd(), &name)?;
        file::write_once(made.as_fd(), text.as_bytes())?;
        drop(made);
        let made = file::open_entry(holder.as_fd(), &name)?;
        mount::open_tree(Some(made.as_fd()), c"", false)
    }

    /// The file of the root that is covered; nothing if there is none and none may be made.
    fn place(&self, target: &str, make_target: bool) -> Result<Option<OwnedFd>, Failed> {
        let find = || match file::open_in_root(self.root()?, &c_text(target)?) {
            Ok(found) => Ok(Some(found)),
            Err(error) if NO_ROOM.contains(&error.errno) => Ok(None),
            Err(error) => Err(error),
        };
        let found = match find().at(target)? {
            None if make_target => {
                match self.make_file(target) {
                    Err(Failed { error, .. }) if NO_ROOM.contains(&error.errno) => return Ok(None),
                    result => result?,
                }
                find().at(target)?
            }
            found => found,
        };
        let Some(found) = found else { return Ok(None) };
        // A folder, a pipe: whoever made this root means something else by the name.
        let is_file = file::stat(found.as_fd()).at(target)?.is_regular;
        Ok(is_file.then_some(found))
    }

    /// Makes an empty file, in place of a link that leads nowhere: many systems have
    /// /etc/resolv.conf lead to /run.
    fn make_file(&self, target: &str) -> Done {
        let (folder, _) = target.rsplit_once('/').unwrap_or(("", target));
        if !folder.is_empty() {
            self.make_target(folder, true)?;
        }
        let (parent, name) = self.parent(target)?;
        match file::create_file(parent.as_fd(), &name) {
            Err(error) if error.errno == Errno::EEXIST => {
                file::remove_entry(parent.as_fd(), &name).at(target)?;
                file::create_file(parent.as_fd(), &name).at(target)?;
            }
            result => {
                result.at(target)?;
            }
        }
        Ok(())
    }
}
