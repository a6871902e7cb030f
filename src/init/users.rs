//! Who the command is: users and groups, by name from the root's own files.

use super::orders::{Id, List, Text};
use super::{At, Done, Failed, Init, text};
use crate::plan::accounts;
use crate::sys::bare::fd::{AsFd, BorrowedFd};
use crate::sys::bare::{Call, Errno, Error, credentials, file, memory};
use core::ffi::CStr;

/// [`accounts::PASSWD`], for the kernel.
const PASSWD: &CStr = c"/etc/passwd";
/// [`accounts::GROUP`], for the kernel.
const GROUP: &CStr = c"/etc/group";

type Found<'a, T> = core::result::Result<T, Failed<'a>>;

impl<'a> Init<'a> {
    pub(super) fn set_groups(&self, groups: List<'a, Id<'a>>) -> Done<'a> {
        let named = groups.iter().any(|id| matches!(id, Id::Name { .. }));
        let file = if named { self.read(GROUP)? } else { &[] };
        let numbers = memory::filled(groups.len(), 0)?;
        // Each once.
        let mut count = 0;
        for id in groups.iter() {
            let number = group(file, id)?;
            if !numbers[..count].contains(&number) {
                numbers[count] = number;
                count += 1;
            }
        }
        Ok(credentials::set_groups(&numbers[..count])?)
    }

    pub(super) fn set_user(&mut self, uid: Id<'a>, gid: Option<Id<'a>>, umask: u32, home: bool) -> Done<'a> {
        let (uid, own_group, home_of_user) = match uid {
            Id::Number { number } => (number, None, None),
            Id::Name { name } => {
                let entry = accounts::user(self.read(PASSWD)?, name.to_bytes());
                let entry = entry.ok_or_else(|| not_found(Call::FindUser, name))?;
                (entry.uid, Some(entry.gid), Some(entry.home))
            }
        };
        let gid = match gid {
            Some(Id::Number { number }) => number,
            Some(id @ Id::Name { .. }) => group(self.read(GROUP)?, id)?,
            // A number without a group is its own (the language fills it in).
            None => own_group.unwrap_or(uid),
        };
        if let Some(terminal) = &self.terminal {
            // The command may open its terminal again through /dev/tty.
            file::set_owner(terminal.as_fd(), uid)?;
        }
        credentials::set_user(uid, gid)?;
        credentials::set_umask(umask);
        if let Some(folder) = home_of_user.filter(|_| home) {
            self.home = Some(text::joined(&[b"HOME=", folder])?);
        }
        self.is_root = uid == 0;
        Ok(())
    }

    /// A file of the root's.
    fn read(&self, path: &'static CStr) -> Found<'a, &'a [u8]> {
        let file = file::open_regular_in_root(self.root()?, path).at(path)?;
        read_all(file.as_fd()).at(path)
    }
}

/// Reads a file to its end: EFBIG if that is further than it may be.
fn read_all<'a>(file: BorrowedFd<'_>) -> crate::sys::bare::Result<&'a [u8]> {
    const PAGE: usize = 4096;
    const TOO_LARGE: Error = Error::new(Call::Read, Errno::EFBIG);
    let most = accounts::LARGEST as usize;
    let size = usize::try_from(file::stat(file)?.size).ok().filter(|size| *size <= most).ok_or(TOO_LARGE)?;
    // One more, so that the end is seen.
    let mut bytes: &mut [u8] = memory::bytes((size + 1).next_multiple_of(PAGE))?;
    let mut length = 0;
    loop {
        match file::read(file, &mut bytes[length..]) {
            Ok(0) => return Ok(&bytes[..length]),
            Ok(read) => length += read,
            Err(error) if error.errno == Errno::EINTR => {}
            Err(error) => return Err(error),
        }
        if length > most {
            return Err(TOO_LARGE);
        }
        // A file may grow, or lie about its size.
        if length == bytes.len() {
            let larger: &mut [u8] = memory::bytes(2 * length)?;
            larger[..length].copy_from_slice(bytes);
            bytes = larger;
        }
    }
}

fn group<'a>(file: &[u8], id: Id<'a>) -> Found<'a, u32> {
    match id {
        Id::Number { number } => Ok(number),
        Id::Name { name } => {
            accounts::group(file, name.to_bytes()).ok_or_else(|| not_found(Call::FindGroup, name))
        }
    }
}

fn not_found(call: Call, name: Text<'_>) -> Failed<'_> {
    Failed { error: Error::new(call, Errno::ENOENT), path: Some(name), operation: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn the_files_are_those_that_check_reads() {
        assert_eq!((PASSWD.to_str(), GROUP.to_str()), (Ok(accounts::PASSWD), Ok(accounts::GROUP)));
    }

    #[test]
    fn files_are_read_to_their_end_or_refused() {
        let mut file = tempfile::tempfile().unwrap();
        let read = |file: &std::fs::File| {
            let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(file));
            read_all(std::fs::File::open(path).unwrap().as_fd())
        };
        assert_eq!(read(&file).unwrap(), b"");
        for length in [4095, 4096, 4097, 100_000] {
            file.set_len(0).unwrap();
            file.write_all(&vec![b'x'; length]).unwrap();
            std::io::Seek::rewind(&mut file).unwrap();
            assert_eq!(read(&file).unwrap(), vec![b'x'; length]);
        }
        // What proc says of its size is 0.
        let status = std::fs::File::open("/proc/self/status").unwrap();
        assert!(read_all(status.as_fd()).unwrap().starts_with(b"Name:"));
        file.set_len(accounts::LARGEST + 1).unwrap();
        assert_eq!(read(&file).unwrap_err().errno, Errno::EFBIG);
        let endless = std::fs::File::open("/dev/zero").unwrap();
        assert_eq!(read_all(endless.as_fd()).unwrap_err().errno, Errno::EFBIG);
    }
}
