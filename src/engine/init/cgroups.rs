//! The container's own groups, for it to look at.

use super::mounts::{flags, tmpfs_of};
use super::{At, Done, Init, c_text};
use crate::plan::Attributes;
use crate::sys::{file, mount, mount::Flags};
use std::collections::BTreeMap;
use std::os::fd::AsFd;

impl Init {
    /// Mounts the hierarchies that the container has a group in. In a cgroup namespace the
    /// root of such a mount is that group. One that is called "" is the target itself.
    pub(super) fn mount_cgroups(
        &self,
        target: &str,
        hierarchies: &BTreeMap<String, Vec<String>>,
        attributes: Attributes,
    ) -> Done {
        let of = |controllers: &[String]| {
            let controllers = controllers.iter().map(|name| c_text(name)).collect::<Result<Vec<_>, _>>()?;
            mount::new_cgroup(&controllers, flags(attributes))
        };
        if let Some(controllers) = hierarchies.get("") {
            return self.attach(of(controllers).at(target)?.as_fd(), target, true);
        }
        let folder =
            tmpfs_of((0, 0), Some(4096), 0o755, flags(attributes).without(Flags::READ_ONLY)).at(target)?;
        for name in hierarchies.keys() {
            file::make_folder(folder.as_fd(), &c_text(name)?, 0o755).at(target)?;
        }
        mount::set_flags(folder.as_fd(), false, flags(attributes)).at(target)?;
        self.attach(folder.as_fd(), target, true)?;
        for (name, controllers) in hierarchies {
            let path = format!("{target}/{name}");
            self.attach(of(controllers).at(&path)?.as_fd(), &path, false)?;
        }
        Ok(())
    }
}
