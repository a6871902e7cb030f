//! File systems of a bounded size that a payload may have filled. They go with its mount
//! namespace, so that they are held until it is known how it ended.

use crate::plan::LaunchPlan;
use crate::sys::file;
use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, OwnedFd};

/// Less than this is nothing: who wants to write more has met ENOSPC.
const NOTHING: u64 = 16 * 1024;

/// A file system that is full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Full {
    /// Where it is mounted in the container.
    pub target: String,
    /// Its bound in bytes; none for the host's disk.
    pub size: Option<u64>,
    /// It has bytes left, but can't hold one more file.
    pub files: bool,
}

/// What outlives the command, by descriptors that init sends. The launcher could open it
/// below /proc/PID only as long as that process is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Keep {
    /// The root.
    pub root: bool,
    /// The mount namespace, and with it all mounts below the root.
    pub namespace: bool,
}

/// What is held meanwhile.
#[derive(Default)]
pub(super) struct Kept {
    wanted: Keep,
    /// The container's root.
    pub(super) root: Option<OwnedFd>,
    /// Its mount namespace: without it the mounts below the root would go with the last
    /// process.
    pub(super) namespace: Option<OwnedFd>,
}

impl Kept {
    /// What must be kept for this plan.
    pub(super) fn of(plan: &LaunchPlan) -> Self {
        let namespace = plan.bounded().any(|it| it.target != "/");
        let root = plan.bounded().next().is_some();
        Self { wanted: Keep { root, namespace }, ..Self::default() }
    }

    /// What init is to send.
    pub(super) fn wanted(&self) -> Keep {
        self.wanted
    }

    /// Those of the plan's file systems that are full.
    pub(super) fn full(&self, plan: &LaunchPlan) -> Vec<Full> {
        let full = plan.bounded().filter_map(|bounded| {
            let room = self.room(bounded.target)?;
            // Whatever else the payload has mounted or moved there says nothing about ours.
            let ours = bounded.size.is_none_or(|size| size == room.size);
            let none = room.free < NOTHING.min(room.size);
            (ours && (none || room.no_files)).then(|| Full {
                target: bounded.target.to_owned(),
                size: bounded.size,
                files: !none,
            })
        });
        full.collect()
    }

    fn room(&self, target: &str) -> Option<file::Room> {
        const ROOT: &CStr = c"/";
        let root = self.root.as_ref()?.as_fd();
        let path = CString::new(target).ok()?;
        if path.as_c_str() == ROOT {
            return file::room(root).ok();
        }
        let mount = file::open_in_root(root, &path).ok()?;
        file::room(mount.as_fd()).ok()
    }
}
