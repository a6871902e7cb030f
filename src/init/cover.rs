//! Paths that the container must not see, or not write to.

use super::orders::{List, Text};
use super::{At, Done, Failed, Init};
use crate::sys::bare::fd::{AsFd, OwnedFd};
use crate::sys::bare::mount::{self, Flags};
use crate::sys::bare::{Call, Errno, Error, Result, file};

/// Of the empty folder that covers others.
const EMPTY: Flags = Flags::READ_ONLY.and(Flags::NOSUID).and(Flags::NODEV).and(Flags::NOEXEC);

impl<'a> Init<'a> {
    /// Covers paths: files with /dev/null, folders with an empty one.
    pub(super) fn mask(&mut self, paths: List<'a, Text<'a>>, skip_missing: bool) -> Done<'a> {
        // One empty folder serves all folders, one device all files.
        let (mut empty, mut null) = (None, None);
        for path in paths.iter() {
            let Some(target) = self.find(path, skip_missing)? else { continue };
            let is_folder = file::stat(target.as_fd()).at(path)?.is_folder;
            let first: &mut Option<OwnedFd> = if is_folder { &mut empty } else { &mut null };
            let cover = match first {
                Some(first) => mount::clone_of(first.as_fd(), false).at(path)?,
                None if is_folder => self.empty_folder().at(path)?,
                None => mount::clone_of(self.null_device()?.as_fd(), false).at(path)?,
            };
            mount::attach(cover.as_fd(), target.as_fd()).at(path)?;
            if first.is_none() {
                *first = Some(cover);
            }
        }
        Ok(())
    }

    /// Makes paths read-only.
    pub(super) fn protect(&self, paths: List<'a, Text<'a>>, skip_missing: bool) -> Done<'a> {
        for path in paths.iter() {
            let Some(target) = self.find(path, skip_missing)? else { continue };
            let tree = mount::clone_of(target.as_fd(), true).at(path)?;
            mount::set_flags(tree.as_fd(), true, Flags::READ_ONLY).at(path)?;
            mount::attach(tree.as_fd(), target.as_fd()).at(path)?;
        }
        Ok(())
    }

    /// Resolves a path to be covered; nothing if it is missing and may be.
    fn find(&self, path: Text<'a>, skip_missing: bool) -> core::result::Result<Option<OwnedFd>, Failed<'a>> {
        let (base, rest) = self.base(path)?;
        match file::open_in_root(base, rest) {
            Err(error) if skip_missing && [Errno::ENOENT, Errno::ENOTDIR].contains(&error.errno) => Ok(None),
            result => Ok(Some(result.at(path)?)),
        }
    }

    /// A read-only mount of an empty folder.
    fn empty_folder(&mut self) -> Result<OwnedFd> {
        const NAME: Text<'static> = c"empty";
        let holder = self.small()?;
        match file::make_folder(holder.as_fd(), NAME, 0o755) {
            Err(error) if error.errno != Errno::EEXIST => return Err(error),
            _ => {}
        }
        let empty = holder.clone_entry(NAME)?;
        mount::set_flags(empty.as_fd(), false, EMPTY)?;
        Ok(empty)
    }

    /// The container's /dev/null, which must be the real one: a mount of the user's
    /// may have put something else there (CVE-2025-31133 is about trusting it).
    fn null_device(&self) -> core::result::Result<OwnedFd, Failed<'a>> {
        const NULL: Text<'static> = c"/dev/null";
        let null = file::open_in_root(self.root()?, NULL).at(NULL)?;
        match file::stat(null.as_fd()).at(NULL)?.character_device {
            Some((1, 3)) => Ok(null),
            _ => Err(Error::new(Call::Fstat, Errno::ENODEV)).at(NULL),
        }
    }
}
