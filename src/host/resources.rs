//! What only some profiles need to know of a machine: its cores, its memory nodes, its
//! disks, the launcher's own limits. Read when a profile asks for it, and then only
//! what it asks for.

use crate::profile::Numbers;
use crate::sys::{file, limits};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Error;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

/// What a profile's limits need to know, beyond what every launch does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// v1 names of controllers that few profiles use, such as `cpuset`.
    pub controllers: Vec<&'static str>,
    /// Which cores are online.
    pub cores: bool,
    /// Which memory nodes are online.
    pub nodes: bool,
    /// Whether anything weighs block I/O.
    pub weighing: bool,
    /// Disks, by path or `MAJOR:MINOR`.
    pub disks: Vec<String>,
    /// Resource limits whose hard value is the launcher's to give, by name.
    pub hard_limits: Vec<String>,
    /// The launcher's own OOM score adjustment.
    pub oom_score_adj: bool,
    /// The launcher's own nice value.
    pub nice: bool,
    /// Whether there is an /etc/resolv.conf.
    pub resolv_conf: bool,
    /// Devices, by path.
    pub devices: Vec<String>,
    /// What is mounted where.
    pub mounts: bool,
    /// Paths of which it matters whether they are folders.
    pub paths: Vec<String>,
}

impl Needs {
    /// What either of them needs.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.controllers.extend(other.controllers);
        self.disks.extend(other.disks);
        self.devices.extend(other.devices);
        self.paths.extend(other.paths);
        self.hard_limits.extend(other.hard_limits);
        Self {
            cores: self.cores || other.cores,
            nodes: self.nodes || other.nodes,
            weighing: self.weighing || other.weighing,
            oom_score_adj: self.oom_score_adj || other.oom_score_adj,
            nice: self.nice || other.nice,
            resolv_conf: self.resolv_conf || other.resolv_conf,
            mounts: self.mounts || other.mounts,
            ..self
        }
    }

    /// Whether nothing is needed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The answers to [`Needs`]; nothing where nothing was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resources {
    /// Cores that are online.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cores: Option<Numbers>,
    /// Memory nodes that are online.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nodes: Option<Numbers>,
    /// What weighs block I/O.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weighing: Option<Weighing>,
    /// By path or `MAJOR:MINOR` as the profile names them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub disks: BTreeMap<String, Disk>,
    /// The launcher's own hard limits by name; none is no limit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hard_limits: BTreeMap<String, Option<u64>>,
    /// The launcher's own, −1000…1000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oom_score_adj: Option<i32>,
    /// The launcher's own, −20…19.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nice: Option<i32>,
    /// Whether /etc/resolv.conf leads to a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolv_conf: Option<bool>,
    /// By path as the profile names them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub devices: BTreeMap<String, Node>,
    /// What is mounted below `/`, as far as nothing covers it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mounts: Vec<HostMount>,
    /// Whether there is a folder, by path; none if nothing is there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub paths: BTreeMap<String, Option<bool>>,
}

/// A mount of the host's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostMount {
    /// Where it is mounted.
    pub point: String,
    /// The kind of file system, as mountinfo names it.
    pub filesystem: String,
    /// A folder is mounted, and no file.
    pub folder: bool,
}

impl HostMount {
    /// Whether file systems of this kind lie on disks and can be the lower layer of an
    /// overlay.
    pub fn lies_on_disk(&self) -> bool {
        const DISK: [&str; 14] = [
            "ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "bcachefs", "jfs", "nilfs2", "reiserfs", "zfs",
            "squashfs", "erofs", "iso9660",
        ];
        DISK.contains(&self.filesystem.as_str())
    }
}

/// What lies at the path of a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Node {
    /// A device.
    Device {
        /// A block device, else a character device.
        block: bool,
        /// Major and minor number.
        numbers: (u32, u32),
        /// Permission bits.
        mode: u32,
        /// Owner and group.
        owner: (u32, u32),
    },
    /// Nothing, or nothing that can be looked at.
    Missing,
    /// Something else, with its article.
    Other(String),
}

/// What weighs block I/O; without either, weights are numbers that nobody reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weighing {
    /// A disk is scheduled by BFQ.
    pub bfq: bool,
    /// The cost model of cgroup v2 is on for a disk (`io.cost.qos`, `enable=1`).
    pub cost: bool,
}

/// The disk that a path or a pair of numbers stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disk {
    /// A whole disk, which can be limited: major and minor number.
    Whole(u32, u32),
    /// Why there is none, and what to write instead.
    None(String, String),
}

/// Reads what is asked for. `unified` is the mount point of the cgroup2 tree.
///
/// # Errors
/// A file of /sys can't be read.
pub(super) fn read(needs: &Needs, unified: Option<&str>) -> std::io::Result<Resources> {
    Ok(Resources {
        cores: needs.cores.then(|| online("/sys/devices/system/cpu/online")).transpose()?,
        nodes: needs.nodes.then(nodes).transpose()?,
        weighing: needs.weighing.then(|| Weighing { bfq: uses_bfq(), cost: uses_cost(unified) }),
        disks: needs.disks.iter().map(|name| (name.clone(), disk(name))).collect(),
        hard_limits: needs.hard_limits.iter().map(|name| hard_limit(name)).collect::<Result<_, _>>()?,
        oom_score_adj: needs.oom_score_adj.then(oom_score_adj).transpose()?,
        nice: needs.nice.then(|| limits::nice().map_err(Error::other)).transpose()?,
        resolv_conf: needs.resolv_conf.then(|| Path::new("/etc/resolv.conf").is_file()),
        devices: needs.devices.iter().map(|path| (path.clone(), node(path))).collect(),
        mounts: if needs.mounts { mounts()? } else { Vec::new() },
        paths: needs.paths.iter().map(|path| (path.clone(), is_folder(path))).collect(),
    })
}

fn is_folder(path: &str) -> Option<bool> {
    std::fs::metadata(path).ok().map(|metadata| metadata.is_dir())
}

fn mounts() -> std::io::Result<Vec<HostMount>> {
    const PATH: &str = "/proc/self/mountinfo";
    let bytes = std::fs::read(PATH)
        .map_err(|error| Error::new(error.kind(), format!("{PATH} can't be read: {error}")))?;
    let mounts = super::mountinfo::below_root(&String::from_utf8_lossy(&bytes));
    let mount = |(point, filesystem): (String, String)| {
        // What can't be looked at, such as the mount of a server that has gone, is nothing
        // to build on; a network's is not even asked.
        let mount = HostMount { point, filesystem, folder: false };
        let folder = mount.lies_on_disk() && is_folder(&mount.point) == Some(true);
        HostMount { folder, ..mount }
    };
    Ok(mounts.into_iter().map(mount).collect())
}

fn node(path: &str) -> Node {
    let Ok(metadata) = std::fs::metadata(path) else { return Node::Missing };
    let kind = metadata.file_type();
    match () {
        () if kind.is_block_device() || kind.is_char_device() => Node::Device {
            block: kind.is_block_device(),
            numbers: file::device_numbers(metadata.rdev()),
            mode: metadata.mode() & 0o777,
            owner: (metadata.uid(), metadata.gid()),
        },
        () if kind.is_dir() => Node::Other("a folder".into()),
        () => Node::Other("a file".into()),
    }
}

fn hard_limit(name: &str) -> std::io::Result<(String, Option<u64>)> {
    let (_, hard) = limits::rlimit(name).map_err(Error::other)?;
    Ok((name.to_owned(), hard))
}

fn oom_score_adj() -> std::io::Result<i32> {
    const PATH: &str = "/proc/self/oom_score_adj";
    let text = std::fs::read_to_string(PATH)
        .map_err(|error| Error::new(error.kind(), format!("{PATH} can't be read: {error}")))?;
    text.trim().parse().map_err(|_| super::probe::not_understood(PATH))
}

fn online(path: &str) -> std::io::Result<Numbers> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| std::io::Error::new(error.kind(), format!("{path} can't be read: {error}")))?;
    Numbers::parse(&text).ok_or_else(|| super::probe::not_understood(path))
}

/// A kernel without NUMA has one node and no folder for it.
fn nodes() -> std::io::Result<Numbers> {
    match online("/sys/devices/system/node/online") {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Numbers::new(vec![(0, 0)])),
        result => result,
    }
}

fn uses_bfq() -> bool {
    let disks = std::fs::read_dir("/sys/block").into_iter().flatten().flatten();
    let schedulers =
        disks.filter_map(|disk| std::fs::read_to_string(disk.path().join("queue/scheduler")).ok());
    schedulers.into_iter().any(|text| text.split_whitespace().any(|word| word == "[bfq]"))
}

fn uses_cost(unified: Option<&str>) -> bool {
    let qos = unified.and_then(|path| std::fs::read_to_string(format!("{path}/io.cost.qos")).ok());
    qos.is_some_and(|text| text.split_whitespace().any(|word| word == "enable=1"))
}

/// The whole disk behind a name.
fn disk(name: &str) -> Disk {
    let numbers = name.split_once(':').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
    if let Some(numbers) = numbers {
        return named(name, numbers);
    }
    let metadata = match std::fs::metadata(name) {
        Ok(metadata) => metadata,
        Err(error) => {
            return Disk::None(
                format!("{name} can't be looked at: {error}"),
                "name a disk, such as /dev/sda, or a path that exists; `lsblk` lists disks".into(),
            );
        }
    };
    let kind = metadata.file_type();
    if kind.is_block_device() {
        return named(name, file::device_numbers(metadata.rdev()));
    }
    if kind.is_char_device() {
        return Disk::None(
            format!("{name} is a character device"),
            "only block devices can be limited; `lsblk` lists them".into(),
        );
    }
    let numbers @ (major, minor) = file::device_numbers(metadata.dev());
    if major == 0 {
        // btrfs, overlayfs, tmpfs and network file systems have numbers of their own.
        return Disk::None(
            format!("{name} lies on a file system without a disk of its own"),
            "name the disk itself, such as /dev/sda; `lsblk` lists disks and what is mounted".into(),
        );
    }
    whole_of(numbers).map_or_else(
        || {
            Disk::None(
                format!("the disk {major}:{minor} of {name} is not in /sys"),
                "is /sys mounted?".into(),
            )
        },
        |((major, minor), _)| Disk::Whole(major, minor),
    )
}

/// A disk that was named itself.
fn named(name: &str, numbers: (u32, u32)) -> Disk {
    match whole_of(numbers) {
        Some((whole, _)) if whole == numbers => Disk::Whole(whole.0, whole.1),
        Some((_, disk)) => Disk::None(
            format!("{name} is a partition, and the kernel limits whole disks"),
            format!("write /dev/{disk}"),
        ),
        None => Disk::None(
            format!("this host has no block device {}:{}", numbers.0, numbers.1),
            "`lsblk` lists disks and their numbers".into(),
        ),
    }
}

/// Numbers and name of the disk that a block device is, or is a partition of.
fn whole_of((major, minor): (u32, u32)) -> Option<((u32, u32), String)> {
    let folder = std::fs::canonicalize(format!("/sys/dev/block/{major}:{minor}")).ok()?;
    let whole: &Path = if folder.join("partition").exists() { folder.parent()? } else { &folder };
    let text = std::fs::read_to_string(whole.join("dev")).ok()?;
    let (major, minor) = text.trim().split_once(':')?;
    let name = whole.file_name()?.to_str()?.replace('!', "/");
    Some(((major.parse().ok()?, minor.parse().ok()?), name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_disk_says_why() {
        for (name, part) in [
            ("/dev/null", "character device"),
            ("/proc", "without a disk"),
            ("/no/such/path", "can't be looked at"),
            ("4095:1048575", "no block device"),
        ] {
            let Disk::None(why, _) = disk(name) else { panic!("{name} is a disk") };
            assert!(why.contains(part), "{name}: {why}");
        }
    }

    #[test]
    fn every_disk_of_this_machine_is_found_by_its_numbers() {
        for entry in std::fs::read_dir("/sys/block").into_iter().flatten().flatten() {
            let numbers = std::fs::read_to_string(entry.path().join("dev")).unwrap();
            let Disk::Whole(major, minor) = disk(numbers.trim()) else { panic!("{numbers}") };
            assert_eq!(format!("{major}:{minor}"), numbers.trim());
        }
    }

    #[test]
    fn nothing_is_read_unless_it_is_asked_for() {
        assert_eq!(read(&Needs::default(), None).unwrap(), Resources::default());
        let needs = Needs { cores: true, nodes: true, weighing: true, ..Needs::default() };
        let found = read(&needs, None).unwrap();
        assert!(!found.cores.unwrap().is_empty() && !found.nodes.unwrap().is_empty());
        assert!(found.weighing.is_some_and(|weighing| !weighing.cost));
    }
}
