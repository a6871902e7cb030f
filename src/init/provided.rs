//! Files that every container gets, such as /etc/hosts. They are defaults: where a root
//! has no room for one it is left out.

use super::orders::Text;
use super::overlay::Holder;
use super::{At, Done, Failed, Init, text};
use crate::sys::bare::fd::{AsFd, OwnedFd};
use crate::sys::bare::mount::{self, Flags};
use crate::sys::bare::{Errno, Result, file};

/// Bound of the file system that holds all of them, and the empty folder that hides others.
const SIZE: Text<'static> = c"1048576";

/// What says that a root has no room for a file: its folder is missing, or is none, or
/// its links lead in a circle.
const NO_ROOM: [Errno; 4] = [Errno::ENOENT, Errno::ENOTDIR, Errno::ELOOP, Errno::EXDEV];

impl<'a> Init<'a> {
    /// Mounts such a file.
    pub(super) fn provide_file(
        &mut self,
        target: Text<'a>,
        tree: OwnedFd,
        (flags, clear): (Flags, Flags),
        make_target: bool,
    ) -> Done<'a> {
        let Some(point) = self.room_for(target, make_target)? else { return Ok(()) };
        mount::change_flags(tree.as_fd(), false, flags, clear).at(target)?;
        mount::attach(tree.as_fd(), point.as_fd()).at(target)
    }

    /// A new file with this text.
    pub(super) fn file_in_memory(&mut self, name: Text<'a>, content: &[u8]) -> Result<OwnedFd> {
        let holder = self.small()?;
        let made = file::create_file(holder.as_fd(), name)?;
        file::write_once(made.as_fd(), content)?;
        drop(made);
        holder.clone_entry(name)
    }

    /// The one file system for everything small.
    pub(super) fn small(&mut self) -> Result<&Holder> {
        match &mut self.small {
            Some(small) => Ok(small),
            none => Ok(none.insert(Holder::in_memory(SIZE)?)),
        }
    }

    /// The file of the root that is covered; nothing if there is none and none may be made.
    fn room_for(
        &self,
        target: Text<'a>,
        make_target: bool,
    ) -> core::result::Result<Option<OwnedFd>, Failed<'a>> {
        let find = || match file::open_in_root(self.root()?, target) {
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
    fn make_file(&self, target: Text<'a>) -> Done<'a> {
        let (above, name) = text::split(target);
        let parent = self.folder(text::joined(&[above])?)?;
        match file::create_file(parent.as_fd(), name) {
            Err(error) if error.errno == Errno::EEXIST => {
                file::remove_entry(parent.as_fd(), name).at(target)?;
                file::create_file(parent.as_fd(), name).at(target)?;
            }
            result => {
                result.at(target)?;
            }
        }
        Ok(())
    }
}
