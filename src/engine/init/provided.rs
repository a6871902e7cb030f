//! Files that every container gets, such as /etc/hosts. They are defaults: where a root
//! has no room for one it is left out.

use super::mounts::restrict;
use super::overlay::Holder;
use super::{At, Done, Failed, Init, c_text};
use crate::plan::{Attributes, Provided};
use crate::sys::{self, Call, Errno, file, mount};
use std::os::fd::{AsFd, OwnedFd};

/// Bound of the file system that holds all of them, and the empty folder that hides others.
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

    fn file_in_memory(&mut self, target: &str, text: &str) -> sys::Result<OwnedFd> {
        let holder = self.small()?;
        let name = c_text(target.rsplit('/').next().unwrap_or(target))?;
        let made = file::create_file(holder.as_fd(), &name)?;
        file::write_once(made.as_fd(), text.as_bytes())?;
        drop(made);
        holder.clone_entry(&name)
    }

    /// The one file system for everything small.
    pub(super) fn small(&mut self) -> sys::Result<&Holder> {
        match &mut self.small {
            Some(small) => Ok(small),
            none => Ok(none.insert(Holder::in_memory(SIZE)?)),
        }
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
        let (above, name) = target.rsplit_once('/').unwrap_or(("", target));
        let (parent, name) = (self.folder(above)?, c_text(name)?);
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
