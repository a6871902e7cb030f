//! The file system that the container sees.

use super::Context;
use crate::diagnostic::Diagnostic;
use crate::plan::{Attributes, Enter, KernelFilesystem, Prepare, Slot, Step, defaults, mount_key};
use crate::profile::{Limit, Mount, Profile, RootfsMode, RootfsSource};
use std::path::Path;

/// What the launcher opens, and what init does with it.
pub(super) struct Root {
    /// The rootfs first, then the sources of binds.
    pub(super) sources: Vec<Step<Prepare>>,
    pub(super) mounts: Mounts,
}

/// The part of the enter phase that makes the file system.
pub(super) struct Mounts {
    /// From the root to the last mount of the user's.
    pub(super) attach: Vec<Step<Enter>>,
    /// What is taken away again just before the pivot.
    pub(super) protect: Vec<Step<Enter>>,
}

impl Root {
    /// What init inherits.
    pub(super) fn slots(&self) -> Vec<Slot> {
        let slot = |step: &Step<Prepare>| match &step.operation {
            Prepare::OpenTree { slot, .. } => Some(slot.clone()),
            _ => None,
        };
        self.sources.iter().filter_map(slot).collect()
    }
}

pub(super) fn compile(context: &mut Context<'_>) -> Root {
    let mut sources = vec![open_rootfs(context)];
    let mut attach = vec![mount_root(context)];
    attach.extend(kernel_mounts(context));
    // By depth, then by name, so that a mount never covers one made before it.
    let profile = context.profile;
    let mut mounts: Vec<_> = profile.mounts.iter().collect();
    mounts.sort_by_key(|(target, _)| target.split('/').filter(|c| !c.is_empty()).count());
    for (target, mount) in mounts {
        attach.push(user_mount(context, target, mount, &mut sources));
    }
    Root { sources, mounts: Mounts { attach, protect: protect(context) } }
}

/// The root is used as it stands: no layer above it that could hold mount points.
fn is_bare(profile: &Profile) -> bool {
    profile.rootfs.mode == RootfsMode::ReadOnly && profile.rootfs.source != RootfsSource::Host
}

/// Whether a missing target may be made: not in a folder of the host that is
/// attached or used as it stands.
fn may_make(profile: &Profile, target: &str) -> bool {
    match mount_that_holds(profile, target) {
        Some((_, Mount::Bind { .. })) => false,
        Some((_, Mount::Tmpfs { read_only, .. })) => !read_only,
        None => !is_bare(profile),
    }
}

/// The deepest mount of the profile above a target, with its own target.
pub fn mount_that_holds<'p>(profile: &'p Profile, target: &str) -> Option<(&'p str, &'p Mount)> {
    let others = profile.mounts.iter().filter(|(other, _)| *other != target);
    let above = others.filter(|(other, _)| Path::new(target).starts_with(other));
    above.max_by_key(|(other, _)| other.len()).map(|(other, mount)| (other.as_str(), mount))
}

const ROOTFS: [&str; 2] = ["rootfs.source", "rootfs"];
const ROOTFS_MODE: [&str; 3] = ["rootfs.mode", "rootfs.source", "rootfs"];

fn open_rootfs(context: &mut Context<'_>) -> Step<Prepare> {
    let (source, recursive) = match &context.profile.rootfs.source {
        RootfsSource::Host => ("/".to_owned(), false),
        // A layer of an overlay is one file system, whatever is mounted in it.
        RootfsSource::Folder(folder) => (text(context, folder, &ROOTFS), is_bare(context.profile)),
    };
    context.step(&ROOTFS, Prepare::OpenTree { slot: Slot::rootfs(), source, recursive })
}

fn mount_root(context: &Context<'_>) -> Step<Enter> {
    let profile = context.profile;
    if is_bare(profile) {
        return context.step(&ROOTFS_MODE, Enter::MountTree { tree: Slot::rootfs() });
    }
    let page = context.host.page_size;
    let size = match profile.cgroup.memory {
        Some(Limit::Value(memory)) => defaults::OVERLAY_SIZE.min(memory / 2),
        Some(Limit::Max) | None => defaults::OVERLAY_SIZE,
    };
    let hide = match profile.rootfs.source {
        RootfsSource::Host => defaults::hidden_of_host(),
        RootfsSource::Folder(_) => std::collections::BTreeMap::new(),
    };
    let overlay = Enter::MountOverlay { lower: Slot::rootfs(), size: size / page * page, hide };
    context.step(&ROOTFS_MODE, overlay)
}

/// /proc, /sys and /dev. A mount of the user's takes the place of one of ours.
fn kernel_mounts(context: &mut Context<'_>) -> Vec<Step<Enter>> {
    let profile = context.profile;
    let ours = |target: &str| !profile.mounts.contains_key(target);
    let read_only = Attributes { read_only: true, ..defaults::DATA };
    let kernel = |filesystem, target: &str, attributes| {
        let operation = Enter::MountKernel { filesystem, target: target.to_owned(), attributes };
        context.ours(mount_key(target), operation)
    };
    let tmpfs = |target: &str, size, mode, attributes| {
        let operation = Enter::MountTmpfs { target: target.to_owned(), size: Some(size), mode, attributes };
        context.ours(mount_key(target), operation)
    };
    let mut steps = Vec::new();
    if ours("/proc") {
        steps.push(kernel(KernelFilesystem::Proc, "/proc", defaults::DATA));
    }
    if ours("/sys") {
        steps.push(kernel(KernelFilesystem::Sysfs, "/sys", read_only));
    }
    let attributes = Attributes { nodev: false, ..defaults::DATA };
    steps.push(tmpfs("/dev", defaults::DEV_SIZE, 0o755, attributes));
    steps.push(context.ours("devices", Enter::MakeDevices { devices: defaults::devices() }));
    steps.push(context.ours(mount_key("/dev"), Enter::MakeLinks { links: defaults::links() }));
    if ours("/dev/pts") {
        let operation = Enter::MountDevpts { target: "/dev/pts".to_owned() };
        steps.push(context.ours(mount_key("/dev/pts"), operation));
    }
    if ours("/dev/shm") {
        steps.push(tmpfs("/dev/shm", defaults::SHM_SIZE, 0o1777, defaults::DATA));
    }
    if ours("/dev/mqueue") {
        steps.push(kernel(KernelFilesystem::Mqueue, "/dev/mqueue", defaults::DATA));
    }
    dev_is_ours(context);
    terminal_needs_devpts(context);
    steps
}

/// A launch needs the real /dev/null, and a mount of the user's would be `nodev`.
fn dev_is_ours(context: &mut Context<'_>) {
    if !context.profile.mounts.contains_key("/dev") {
        return;
    }
    let problem = Diagnostic::error(
        "tinydocker::plan::dev_is_ours",
        "nothing can be mounted on /dev: a container gets a /dev of its own, with the devices that are safe",
    )
    .with_help("mount single files or folders below /dev, such as /dev/shm");
    blame_mount(context, "/dev", problem, "takes the place of /dev");
}

fn blame_mount(context: &mut Context<'_>, target: &str, problem: Diagnostic, label: &str) {
    let key = mount_key(target);
    let origin = context.origin(&[&key, &format!("{key}.source"), &format!("{key}.type")]);
    context.problems.push(origin.blame(problem, label));
}

/// The terminal is opened in the container's own devpts; one of the user's mounts may
/// have taken its place.
fn terminal_needs_devpts(context: &mut Context<'_>) {
    const TARGET: &str = "/dev/pts";
    if !context.profile.tty || !context.profile.mounts.contains_key(TARGET) {
        return;
    }
    let problem = Diagnostic::error(
        "tinydocker::plan::terminal_without_devpts",
        format!("tty needs the container's own {TARGET}, and a mount takes its place"),
    )
    .with_help(format!("remove the mount on {TARGET}, or tty"));
    let problem = context.origin(&["tty"]).blame(problem, "asks for a terminal");
    blame_mount(context, TARGET, problem, "takes the place of the terminals");
}

fn user_mount(
    context: &mut Context<'_>,
    target: &str,
    mount: &Mount,
    sources: &mut Vec<Step<Prepare>>,
) -> Step<Enter> {
    let key = mount_key(target);
    let of = |field: &str| format!("{key}.{field}");
    match mount {
        Mount::Bind { source, read_only } => {
            let keys = [of("source"), key.clone()];
            let keys = keys.each_ref().map(String::as_str);
            let tree = Slot::source(target);
            let source = text(context, source, &keys);
            let open = Prepare::OpenTree { slot: tree.clone(), source, recursive: true };
            sources.push(context.step(&keys, open));
            let attach = Enter::AttachTree {
                tree,
                target: target.to_owned(),
                attributes: Attributes { read_only: *read_only, ..defaults::USER_MOUNT },
                recursive: true,
                make_target: may_make(context.profile, target),
            };
            context.step(&[&key, keys[0]], attach)
        }
        Mount::Tmpfs { size, mode, read_only } => {
            let page = context.host.page_size;
            let tmpfs = Enter::MountTmpfs {
                target: target.to_owned(),
                size: size.map(|size| size / page * page),
                mode: *mode,
                attributes: Attributes { read_only: *read_only, ..defaults::USER_MOUNT },
            };
            context.step(&[&key, &of("type")], tmpfs)
        }
    }
}

fn protect(context: &mut Context<'_>) -> Vec<Step<Enter>> {
    let profile = context.profile;
    let mut spared = Vec::new();
    // What the user mounted there was asked for.
    let mut unless_mounted = |paths: &'static [&'static str]| -> Vec<String> {
        let (mounted, paths): (Vec<&'static str>, Vec<&'static str>) = paths
            .iter()
            .partition(|path| profile.mounts.keys().any(|target| Path::new(target).starts_with(path)));
        spared.extend(mounted);
        paths.into_iter().map(str::to_owned).collect()
    };
    let masked = unless_mounted(&defaults::MASKED_PATHS);
    let read_only = unless_mounted(&defaults::READ_ONLY_PATHS);
    let mut steps = Vec::new();
    if !masked.is_empty() {
        let operation = Enter::MaskPaths { paths: masked, skip_missing: true };
        steps.push(context.ours("masked_paths", operation));
    }
    if !read_only.is_empty() {
        let operation = Enter::ProtectPaths { paths: read_only, skip_missing: true };
        steps.push(context.ours("read_only_paths", operation));
    }
    if profile.rootfs.mode == RootfsMode::ReadOnly && !is_bare(profile) {
        steps.push(context.step(&["rootfs.mode"], Enter::ProtectRoot));
    }
    for path in spared {
        context
            .notes
            .push(format!("{path} is neither masked nor protected, since a mount of yours lies there"));
    }
    steps
}

fn text(context: &mut Context<'_>, path: &Path, keys: &[&str]) -> String {
    let text = path.to_string_lossy();
    if path.to_str().is_none() {
        let origin = context.origin(keys);
        let problem = Diagnostic::error(
            "tinydocker::plan::path_not_utf8",
            format!("the path {text} is not UTF-8, and a plan is text"),
        )
        .with_help("rename the folder, or link to it from a path that is UTF-8");
        context.problems.push(origin.blame(problem, "leads to a name that is not UTF-8"));
    }
    text.into_owned()
}
