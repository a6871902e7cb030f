//! The file system that the container sees.

use super::{Context, mounts};
use crate::diagnostic::Diagnostic;
use crate::plan::{Enter, Prepare, Propagation, Slot, Step, defaults};
use crate::profile::{Limit, RootfsMode, RootfsSource, built_in_place};
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
    mounts::compile(context, &mut sources, &mut attach);
    Root { sources, mounts: Mounts { attach, protect: protect(context) } }
}

const ROOTFS: [&str; 2] = ["rootfs.source", "rootfs"];
const ROOTFS_MODE: [&str; 3] = ["rootfs.mode", "rootfs.source", "rootfs"];

fn open_rootfs(context: &mut Context<'_>) -> Step<Prepare> {
    let (source, recursive) = match &context.profile.rootfs.source {
        RootfsSource::Host => ("/".to_owned(), false),
        // A layer of an overlay is one file system, whatever is mounted in it.
        RootfsSource::Folder(folder) => (text(context, folder, &ROOTFS), context.profile.rootfs.is_bare()),
    };
    let open = Prepare::OpenTree {
        slot: Slot::rootfs(),
        source,
        recursive,
        subpath: None,
        // What is shared is so among the container's own namespaces, and later.
        propagation: match context.profile.rootfs.propagation {
            Propagation::SlaveTree => Propagation::SlaveTree,
            _ => Propagation::Private,
        },
        optional: false,
    };
    context.step(&ROOTFS, open)
}

fn mount_root(context: &mut Context<'_>) -> Step<Enter> {
    let profile = context.profile;
    if profile.rootfs.is_bare() {
        let read_only = profile.rootfs.mode == RootfsMode::ReadOnly;
        return context.step(&ROOTFS_MODE, Enter::MountTree { tree: Slot::rootfs(), read_only });
    }
    let page = context.host.page_size;
    let size = overlay_size(context);
    let hide = match profile.rootfs.source {
        RootfsSource::Host => defaults::hidden_of_host(),
        RootfsSource::Folder(_) => std::collections::BTreeMap::new(),
    };
    let overlay = Enter::MountOverlay { lower: Slot::rootfs(), size: size / page * page, hide };
    context.step(&ROOTFS_MODE, overlay)
}

/// Bound of the changes: the user's, or half of the memory that they are charged to.
fn overlay_size(context: &mut Context<'_>) -> u64 {
    let memory = match context.profile.cgroup.memory {
        Some(Limit::Value(memory)) => Some(memory),
        Some(Limit::Max) | None => None,
    };
    match (context.profile.rootfs.size, memory) {
        (Some(size), Some(memory)) if size >= memory => {
            context.notes.push(
                "rootfs.size is not below cgroup.memory: changes that fill the memory end the command before \
                 they fill the overlay"
                    .to_owned(),
            );
            size
        }
        (Some(size), _) => size,
        (None, Some(memory)) => defaults::OVERLAY_SIZE.min(memory / 2),
        (None, None) => defaults::OVERLAY_SIZE,
    }
}

/// What is done about the root's propagation once it is the root: pivot_root(2) wants
/// nothing shared before.
pub(super) fn propagation(context: &Context<'_>) -> Option<Step<Enter>> {
    let propagation = context.profile.rootfs.propagation;
    matches!(propagation, Propagation::SharedTree | Propagation::Unbindable)
        .then(|| context.step(&["rootfs.propagation"], Enter::SetRootPropagation { propagation }))
}

fn protect(context: &mut Context<'_>) -> Vec<Step<Enter>> {
    let profile = context.profile;
    let mut spared = Vec::new();
    // What the user mounted there was asked for.
    let mut unless_mounted = |paths: &'static [&'static str]| -> Vec<String> {
        let (mounted, paths): (Vec<&'static str>, Vec<&'static str>) = paths.iter().partition(|path| {
            let mut written =
                profile.mounts.iter().filter(|(target, mount)| built_in_place(target, mount).is_none());
            written.any(|(target, _)| Path::new(target).starts_with(path))
        });
        spared.extend(mounted);
        paths.into_iter().map(str::to_owned).collect()
    };
    let mut steps = Vec::new();
    for (key, written, built_in, hide) in [
        ("masked_paths", &profile.security.masked_paths, &defaults::MASKED_PATHS[..], true),
        ("read_only_paths", &profile.security.read_only_paths, &defaults::READ_ONLY_PATHS, false),
    ] {
        let operation = |paths, skip_missing| match hide {
            true => Enter::MaskPaths { paths, skip_missing },
            false => Enter::ProtectPaths { paths, skip_missing },
        };
        match written {
            Some(paths) if paths != built_in || context.origin(&[key]).is_written() => {
                // One by one: each has a place of its own, and must be there. A preset
                // may leave none.
                for (index, path) in paths.iter().enumerate() {
                    let element = format!("{key}[{index}]");
                    steps.push(context.step(&[&element], operation(vec![path.clone()], false)));
                }
            }
            _ => {
                let paths = unless_mounted(built_in);
                if !paths.is_empty() {
                    steps.push(context.ours(key, operation(paths, true)));
                }
            }
        }
    }
    if profile.rootfs.mode == RootfsMode::ReadOnly && !profile.rootfs.is_bare() {
        steps.push(context.step(&["rootfs.mode"], Enter::ProtectRoot));
    }
    for path in spared {
        context
            .notes
            .push(format!("{path} is neither masked nor protected, since a mount of yours lies there"));
    }
    steps
}

pub(super) fn text(context: &mut Context<'_>, path: &Path, keys: &[&str]) -> String {
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
