//! Single mounts of init's: their attributes, files in memory, terminals.

use super::overlay::Holder;
use super::{At, Done, Init, c_text};
use crate::plan::{Atime, Attributes};
use crate::sys::{self, file, mount, mount::Flags};
use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// The attributes of a new mount.
pub(super) fn flags(attributes: Attributes) -> Flags {
    Flags::READ_ONLY
        .when(attributes.read_only)
        .and(Flags::NOSUID.when(attributes.nosuid))
        .and(Flags::NODEV.when(attributes.nodev))
        .and(Flags::NOEXEC.when(attributes.noexec))
        .and(Flags::NODIRATIME.when(attributes.nodiratime))
        .and(Flags::NOSYMFOLLOW.when(attributes.nosymfollow))
        .and(match attributes.atime {
            Some(Atime::Noatime) => Flags::NOATIME,
            Some(Atime::Strictatime) => Flags::STRICTATIME,
            Some(Atime::Relatime) | None => Flags::RELATIME,
        })
}

/// Gives an opened tree its attributes; what it brought along stays unless they say
/// otherwise.
pub(super) fn restrict(tree: BorrowedFd<'_>, recursive: bool, attributes: Attributes) -> sys::Result<()> {
    let clear = Flags::ATIME
        .when(attributes.atime.is_some())
        .and(Flags::NOSUID.when(attributes.clear.nosuid))
        .and(Flags::NOEXEC.when(attributes.clear.noexec));
    mount::change_flags(tree, recursive, flags(attributes), clear)
}

/// A tmpfs whose root has an owner.
pub(super) fn tmpfs_of(
    (uid, gid): (u32, u32),
    size: Option<u64>,
    mode: u32,
    flags: Flags,
) -> sys::Result<OwnedFd> {
    let number = |name: &'static CStr, number: u64| Ok((name, c_text(&number.to_string())?));
    let mut options = vec![(c"mode", c_text(&format!("{mode:o}"))?)];
    if let Some(size) = size {
        options.push(number(c"size", size)?);
    }
    if (uid, gid) != (0, 0) {
        options.push(number(c"uid", uid.into())?);
        options.push(number(c"gid", gid.into())?);
    }
    let options: Vec<_> = options.iter().map(|(name, value)| (*name, value.as_c_str())).collect();
    mount::new_filesystem(c"tmpfs", &options, flags)
}

impl Init {
    /// The file lies in a tmpfs of its own that nothing else reaches.
    pub(super) fn mount_file(
        &self,
        target: &str,
        content: &str,
        mode: u32,
        owner: (u32, u32),
        attributes: Attributes,
    ) -> Done {
        // Room for the content, and for the folder itself.
        let size = (content.len() as u64).div_ceil(PAGE) * PAGE + PAGE;
        let holder = Holder::in_memory(size).at(target)?;
        let made = file::create_file(holder.as_fd(), c"file").at(target)?;
        if !content.is_empty() {
            file::write_once(made.as_fd(), content.as_bytes()).at(target)?;
        }
        file::set_mode_and_owner(made.as_fd(), mode, owner).at(target)?;
        drop(made);
        let tree = holder.clone_entry(c"file").at(target)?;
        restrict(tree.as_fd(), false, attributes).at(target)?;
        self.attach(tree.as_fd(), target, true)
    }

    pub(super) fn mount_devpts(&self, target: &str, attributes: Attributes) -> Done {
        // gid 5 is `tty` everywhere; the group is what write(1) relies on.
        let options = [(c"ptmxmode", c"0666"), (c"mode", c"0620"), (c"gid", c"5")];
        let mount = mount::new_filesystem(c"devpts", &options, flags(attributes)).at(target)?;
        self.attach(mount.as_fd(), target, true)?;
        if target != "/dev/pts" {
            return Ok(());
        }
        let (parent, _) = self.parent(target)?;
        file::make_link(parent.as_fd(), c"ptmx", c"pts/ptmx").at("/dev/ptmx")
    }
}

/// The largest page that a kernel of ours may have.
const PAGE: u64 = 64 << 10;
