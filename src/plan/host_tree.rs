//! What a `"host"` rootfs shows of the host: its file systems, and what is hidden in them.

use super::{Hide, defaults};
use crate::host::HostMount;
use std::collections::BTreeMap;
use std::path::Path;

/// Folders that are the container's own, whatever the host has mounted in them.
const OURS: [&str; 3] = ["/proc", "/sys", "/dev"];

/// What is shown, and what is not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostTree {
    /// What is hidden in `/` itself.
    pub hide: BTreeMap<String, Hide>,
    /// File systems below `/`, each with what is hidden in it by path below its root; in
    /// the order in which they are mounted.
    pub layers: Vec<(String, BTreeMap<String, Hide>)>,
    /// Paths that lie in none of these and are shown all the same.
    pub shown: Vec<String>,
    /// Mount points that are left out, with their file systems.
    pub left_out: Vec<(String, String)>,
    /// Paths that were to be shown and are not hidden.
    pub not_hidden: Vec<String>,
}

fn lies_in(path: &str, above: &str) -> bool {
    Path::new(path).starts_with(above)
}

/// Sorts out the host's mounts. `show` are paths that are hidden by default, `mounts` the
/// host's without `/`.
pub fn host_tree(show: &[String], mounts: &[HostMount]) -> HostTree {
    let mut tree = HostTree { hide: defaults::hidden_of_host(), ..HostTree::default() };
    let wanted = |path: &str| show.iter().any(|shown| shown == path);
    let by_default = tree.hide.clone();
    tree.hide.retain(|path, _| !wanted(path));
    let hidden = |all: &BTreeMap<String, Hide>, path: &str| all.keys().any(|above| lies_in(path, above));
    let mut layers: Vec<&HostMount> = Vec::new();
    for mount in mounts {
        if OURS.iter().any(|ours| lies_in(&mount.point, ours)) {
            continue;
        }
        let disk = mount.folder && mount.lies_on_disk();
        if disk && !hidden(&tree.hide, &mount.point) {
            layers.push(mount);
        } else {
            tree.left_out.push((mount.point.clone(), mount.filesystem.clone()));
        }
    }
    layers.sort_by_key(|mount| (mount.point.split('/').count(), mount.point.clone()));
    // The deepest mount that holds a path: whether it is shown.
    let is_shown = |path: &str| {
        let holder =
            mounts.iter().filter(|mount| lies_in(path, &mount.point)).max_by_key(|mount| mount.point.len());
        holder.is_none_or(|holder| layers.iter().any(|layer| layer.point == holder.point))
    };
    for path in show {
        if !hidden(&by_default, path) && is_shown(path) {
            tree.not_hidden.push(path.clone());
        } else if hidden(&tree.hide, path) || !is_shown(path) {
            tree.shown.push(path.clone());
        }
    }
    tree.shown.sort();
    tree.layers = layers.iter().map(|mount| (mount.point.clone(), BTreeMap::new())).collect();
    // What is hidden in a file system of its own is hidden there.
    for (path, how) in std::mem::take(&mut tree.hide) {
        let holder = tree.layers.iter_mut().filter(|(point, _)| path != *point && lies_in(&path, point));
        match holder.max_by_key(|(point, _)| point.len()) {
            Some((point, hide)) => {
                let below = path[point.len()..].to_owned();
                hide.insert(below, how);
            }
            None => {
                tree.hide.insert(path, how);
            }
        }
    }
    tree
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mount(point: &str, filesystem: &str) -> HostMount {
        HostMount { point: point.into(), filesystem: filesystem.into(), folder: true }
    }

    #[test]
    fn disks_are_layers_and_others_left_out() {
        let mounts = [
            mount("/var", "xfs"),
            mount("/usr", "ext4"),
            mount("/home", "ext4"),
            mount("/run", "tmpfs"),
            mount("/proc", "proc"),
            mount("/data", "nfs4"),
            mount("/boot/efi", "vfat"),
        ];
        let tree = host_tree(&[], &mounts);
        let layers: Vec<_> = tree.layers.iter().map(|(point, _)| point.as_str()).collect();
        assert_eq!(layers, ["/usr", "/var"]);
        assert_eq!(tree.layers[1].1.keys().collect::<Vec<_>>(), ["/lib/tinydocker", "/tmp"]);
        let left: Vec<_> = tree.left_out.iter().map(|(point, _)| point.as_str()).collect();
        assert_eq!(left, ["/home", "/run", "/data", "/boot/efi"]);
        assert!(tree.hide.contains_key("/home") && !tree.hide.contains_key("/var/tmp"));
    }

    #[test]
    fn what_is_shown_comes_back() {
        let mounts = [mount("/home", "ext4"), mount("/run", "tmpfs"), mount("/mnt/disk", "ext4")];
        let show =
            ["/home", "/root", "/run/user", "/mnt/disk", "/etc/shadow", "/tmp/a", "/etc"].map(str::to_owned);
        let tree = host_tree(&show, &mounts);
        assert_eq!(tree.layers.len(), 1, "/home is a layer again");
        assert!(!tree.hide.contains_key("/root") && !tree.hide.contains_key("/etc/shadow"));
        assert_eq!(tree.shown, ["/mnt/disk", "/run/user", "/tmp/a"]);
        assert_eq!(tree.not_hidden, ["/etc"]);
    }
}
