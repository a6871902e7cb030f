//! Users and groups by name, looked up in the container's own files.

use super::init::{At, Failed};
use crate::plan::{Id, accounts};
use crate::sys::{self, Call, Errno, file};
use std::collections::BTreeSet;
use std::ffi::CString;
use std::os::fd::{AsFd, BorrowedFd};

/// Who a user is.
pub(super) struct User {
    pub(super) uid: u32,
    pub(super) gid: u32,
    /// Known for a user by name.
    pub(super) home: Option<String>,
}

/// The numbers of a user and its group. No file is read for numbers.
pub(super) fn user(root: BorrowedFd<'_>, uid: &Id, gid: Option<&Id>) -> Result<User, Failed> {
    let (uid, own_group, home) = match uid {
        Id::Number(uid) => (*uid, None, None),
        Id::Name(name) => {
            let passwd = read(root, accounts::PASSWD)?;
            let entry = accounts::user(&passwd, name).ok_or_else(|| not_found(Call::FindUser, name))?;
            (entry.uid, Some(entry.gid), Some(entry.home))
        }
    };
    let gid = match gid {
        Some(Id::Number(gid)) => *gid,
        Some(gid @ Id::Name(_)) => group(&read(root, accounts::GROUP)?, gid)?,
        // A number without a group is its own (the language fills it in).
        None => own_group.unwrap_or(uid),
    };
    Ok(User { uid, gid, home })
}

/// The numbers of groups, each once.
pub(super) fn groups(root: BorrowedFd<'_>, groups: &[Id]) -> Result<Vec<u32>, Failed> {
    let named = groups.iter().any(|gid| gid.number().is_none());
    let file = if named { read(root, accounts::GROUP)? } else { Vec::new() };
    let numbers: BTreeSet<u32> = groups.iter().map(|gid| group(&file, gid)).collect::<Result<_, _>>()?;
    Ok(numbers.into_iter().collect())
}

fn group(file: &[u8], gid: &Id) -> Result<u32, Failed> {
    match gid {
        Id::Number(gid) => Ok(*gid),
        Id::Name(name) => accounts::group(file, name).ok_or_else(|| not_found(Call::FindGroup, name)),
    }
}

fn read(root: BorrowedFd<'_>, path: &str) -> Result<Vec<u8>, Failed> {
    let c_path = CString::new(path).unwrap_or_default();
    let file = file::open_regular_in_root(root, &c_path).at(path)?;
    file::read_all(file.as_fd(), accounts::LARGEST).at(path)
}

fn not_found(call: Call, name: &str) -> Failed {
    Failed { error: sys::Error::new(call, Errno::ENOENT), path: Some(name.to_owned()), operation: None }
}
