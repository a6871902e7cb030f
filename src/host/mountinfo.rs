//! proc_pid_mountinfo(5), as far as it concerns containers.

use super::{Cgroups, Hierarchy, Unified};
use std::borrow::Cow;

/// v1 controllers that the kernel can name in a hierarchy's options. Other words
/// there are options of the mount (`xattr`, `noprefix`, `release_agent=`, `name=`).
const CONTROLLERS: [&str; 15] = [
    "cpu",
    "cpuacct",
    "cpuset",
    "memory",
    "devices",
    "freezer",
    "net_cls",
    "net_prio",
    "blkio",
    "perf_event",
    "hugetlb",
    "pids",
    "rdma",
    "misc",
    "debug",
];

/// A line of mountinfo.
pub(super) struct Line<'a> {
    id: &'a str,
    parent: &'a str,
    /// Path of the mounted folder within its file system.
    root: &'a str,
    /// Mount point, unescaped.
    pub(super) point: Cow<'a, str>,
    filesystem: &'a str,
    options: &'a str,
}

impl<'a> Line<'a> {
    /// `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`,
    /// with any number of fields before the `-`.
    fn parse(line: &'a str) -> Option<Self> {
        let (mount, filesystem) = line.split_once(" - ")?;
        let mut mount = mount.split(' ');
        let (id, parent) = (mount.next()?, mount.next()?);
        let (root, point) = (mount.nth(1)?, mount.next()?);
        let mut filesystem = filesystem.split(' ');
        Some(Self {
            id,
            parent,
            root,
            point: unescape(point),
            filesystem: filesystem.next()?,
            options: filesystem.nth(1).unwrap_or(""),
        })
    }
}

/// Where everything is mounted.
pub(crate) fn points(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    lines(text).map(|line| line.point)
}

/// Point and file system of each mount that can be reached, but for that of `/`.
pub(super) fn below_root(text: &str) -> Vec<(String, String)> {
    let mut mounts: Vec<Line<'_>> = Vec::new();
    for line in lines(text) {
        uncover(&mut mounts, &line);
        mounts.push(line);
    }
    let below = mounts.iter().filter(|mount| mount.point != "/");
    below.map(|mount| (mount.point.to_string(), mount.filesystem.to_owned())).collect()
}

/// A mount on a mount's own point, or on a folder above it in the same parent, covers it.
fn uncover(mounts: &mut Vec<Line<'_>>, line: &Line<'_>) {
    mounts.retain(|m| {
        let on_top = line.parent == m.id && line.point == m.point;
        let above = line.parent == m.parent && lies_in(&m.point, &line.point);
        !on_top && !above
    });
}

/// All lines of a mountinfo file that follow its form.
fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    text.lines().filter_map(Line::parse)
}

/// Space, tab, newline and backslash are written as `\040` and the like.
fn unescape(field: &str) -> Cow<'_, str> {
    if !field.contains('\\') {
        return Cow::Borrowed(field);
    }
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = tail.first_chunk::<3>().filter(|_| first == b'\\').and_then(|digits| {
            let value = digits.iter().try_fold(0u32, |value, digit| {
                (b'0'..=b'7').contains(digit).then(|| value * 8 + u32::from(digit - b'0'))
            })?;
            u8::try_from(value).ok()
        });
        match escaped {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[3..];
            }
            None => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

/// Whether `path` is `above` or lies below it.
fn lies_in(path: &str, above: &str) -> bool {
    above == "/" || path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Where cgroup file systems can be reached: of several mounts of a hierarchy the
/// first that shows its root, or else the first; none that another mount covers.
pub(super) fn cgroups(text: &str) -> Cgroups {
    let mut mounts: Vec<Line<'_>> = Vec::new();
    for line in lines(text) {
        uncover(&mut mounts, &line);
        if matches!(line.filesystem, "cgroup" | "cgroup2") {
            mounts.push(line);
        }
    }
    // Stable: mountinfo's order within each half.
    mounts.sort_by_key(|m| m.root != "/");
    let mut found = Cgroups::default();
    for mount in &mounts {
        if mount.filesystem == "cgroup2" {
            if found.unified.is_none() {
                found.unified = Some(Unified::at(mount.point.to_string()));
            }
            continue;
        }
        let controllers: Vec<String> =
            mount.options.split(',').filter(|o| CONTROLLERS.contains(o)).map(str::to_owned).collect();
        let known = controllers.first().is_none_or(|c| found.hierarchy(c).is_some());
        // A named hierarchy such as `name=systemd` has no controllers.
        if !known {
            found.hierarchies.push(Hierarchy { path: mount.point.to_string(), controllers });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hierarchy(path: &str, controllers: &[&str]) -> Hierarchy {
        Hierarchy { path: path.into(), controllers: controllers.iter().map(|&c| c.into()).collect() }
    }

    const HYBRID: &str = "\
23 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate
";

    #[test]
    fn a_hybrid_host() {
        let found = cgroups(HYBRID);
        assert_eq!(
            found.hierarchies,
            [
                hierarchy("/sys/fs/cgroup/cpu,cpuacct", &["cpu", "cpuacct"]),
                hierarchy("/sys/fs/cgroup/memory", &["memory"]),
            ]
        );
        assert_eq!(found.unified.map(|u| u.path).as_deref(), Some("/sys/fs/cgroup/unified"));
        assert_eq!(cgroups(HYBRID).layout(), super::super::Layout::Hybrid);
    }

    #[test]
    fn a_v2_host() {
        let found = cgroups("30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n");
        assert_eq!(found.layout(), super::super::Layout::V2);
        assert_eq!(cgroups("").layout(), super::super::Layout::None);
    }

    #[test]
    fn a_mount_that_another_covers_is_not_found() {
        // cgroup2 over the tmpfs that carries the v1 hierarchies.
        let over = format!("{HYBRID}50 31 0:40 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
        let found = cgroups(&over);
        assert_eq!(found.hierarchies, []);
        assert_eq!(found.unified.map(|u| u.path).as_deref(), Some("/sys/fs/cgroup"));
        let masked = format!("{HYBRID}50 35 0:40 / /sys/fs/cgroup/memory ro - tmpfs tmpfs rw\n");
        assert_eq!(cgroups(&masked).hierarchy("memory"), None);
    }

    #[test]
    fn the_mount_of_the_root_is_preferred() {
        let text = "\
60 23 0:32 /docker/1 /var/lib/x/memory rw - cgroup cgroup rw,memory
61 23 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
62 23 0:32 / /elsewhere rw - cgroup cgroup rw,memory
";
        assert_eq!(cgroups(text).hierarchies, [hierarchy("/sys/fs/cgroup/memory", &["memory"])]);
    }

    #[test]
    fn escapes_are_undone() {
        assert_eq!(unescape(r"/a\040b\011c\134d"), "/a b\tc\\d");
        assert_eq!(unescape(r"/a\04"), r"/a\04");
        assert_eq!(unescape(r"/a\999"), r"/a\999");
        let found = cgroups("60 23 0:32 / /my\\040groups rw - cgroup cgroup rw,memory\n");
        assert_eq!(found.hierarchies, [hierarchy("/my groups", &["memory"])]);
    }

    #[test]
    fn lines_of_another_form_are_skipped() {
        assert_eq!(
            cgroups("nonsense\n1 2 3\n- cgroup cgroup rw,memory\n\n").layout(),
            super::super::Layout::None
        );
    }
}
