//! The file system that the container sees.

use super::{Context, mounts};
use crate::diagnostic::Diagnostic;
use crate::host::Needs;
use crate::plan::host_tree::{HostTree, host_tree};
use crate::plan::{Attributes, Enter, Hide, Prepare, Propagation, Slot, Step, defaults};
use crate::profile::{Limit, Profile, RootfsMode, RootfsSource, built_in_place};
use std::collections::BTreeMap;
use std::path::Path;

/// What the launcher opens, and what init does with it.
pub(super) struct Root {
    /// What init begins with: the rootfs, and what keeps its changes.
    pub(super) first: Vec<Step<Prepare>>,
    /// Other file systems of the host, and the sources of binds.
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

/// The slots that these operations fill with something to mount.
pub(super) fn slots(sources: &[Step<Prepare>]) -> impl Iterator<Item = &Slot> {
    sources.iter().filter_map(|step| match &step.operation {
        Prepare::OpenTree { slot, .. } | Prepare::OpenChanges { slot, .. } => Some(slot),
        _ => None,
    })
}

pub(super) fn compile(context: &mut Context<'_>) -> Root {
    if !context.has_own_mounts() {
        let mounts = Mounts { attach: Vec::new(), protect: Vec::new() };
        return Root { first: Vec::new(), sources: Vec::new(), mounts };
    }
    let mut first = vec![open_rootfs(context)];
    let mut sources = Vec::new();
    let tree = match context.profile.rootfs.source {
        RootfsSource::Host => host_tree(&context.profile.rootfs.show, &context.host.resources.mounts),
        RootfsSource::Folder(_) | RootfsSource::OfNamespace => HostTree::default(),
    };
    first.extend(open_changes(context));
    let mut attach = vec![mount_root(context, tree.hide.clone())];
    layers(context, tree, &mut sources, &mut attach);
    mounts::compile(context, &mut sources, &mut attach);
    Root { first, sources, mounts: Mounts { attach, protect: protect(context) } }
}

const ROOTFS: [&str; 2] = ["rootfs.source", "rootfs"];
const ROOTFS_MODE: [&str; 3] = ["rootfs.mode", "rootfs.source", "rootfs"];

fn open_rootfs(context: &mut Context<'_>) -> Step<Prepare> {
    let (source, recursive) = match &context.profile.rootfs.source {
        RootfsSource::Host | RootfsSource::OfNamespace => ("/".to_owned(), false),
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
        idmap: context.profile.rootfs.idmap.clone(),
    };
    context.step(&ROOTFS, open)
}

/// Changes are kept by the name, so that it must not be one that comes about by itself.
fn open_changes(context: &mut Context<'_>) -> Option<Step<Prepare>> {
    if context.profile.rootfs.mode != RootfsMode::Persistent {
        return None;
    }
    if !context.origin(&["name"]).is_written() {
        let problem = Diagnostic::error(
            "tinydocker::plan::persistent_without_name",
            "the changes of a persistent root are kept by the container's name, and none is written",
        )
        .with_help(
            "write name = \"…\" (--name), so that they are found again when the file is called otherwise",
        );
        context.problems.push(context.origin(&ROOTFS_MODE).blame(problem, "keeps changes by `name`"));
    }
    let name = context.profile.name.clone();
    context.notes.push(format!("the changes of {name} stay on disk until `tinydocker rm {name}`"));
    Some(context.step(&ROOTFS_MODE, Prepare::OpenChanges { slot: Slot::changes(), name }))
}

fn mount_root(context: &mut Context<'_>, hide: BTreeMap<String, Hide>) -> Step<Enter> {
    let profile = context.profile;
    if profile.rootfs.is_bare() {
        let read_only = profile.rootfs.mode == RootfsMode::ReadOnly;
        return context.step(&ROOTFS_MODE, Enter::MountTree { tree: Slot::rootfs(), read_only });
    }
    let page = context.host.page_size;
    let size = overlay_size(context);
    let changes = (profile.rootfs.mode == RootfsMode::Persistent).then(Slot::changes);
    let overlay = Enter::MountOverlay { lower: Slot::rootfs(), changes, size: size / page * page, hide };
    context.step(&ROOTFS_MODE, overlay)
}

/// The host's other file systems, and what lies in none of them and is shown all the same.
fn layers(
    context: &mut Context<'_>,
    tree: HostTree,
    sources: &mut Vec<Step<Prepare>>,
    attach: &mut Vec<Step<Enter>>,
) {
    const NODEV: Attributes = Attributes { nosuid: false, ..defaults::USER_MOUNT };
    let open = |slot: &Slot, path: &str| Prepare::OpenTree {
        slot: slot.clone(),
        source: path.to_owned(),
        recursive: false,
        subpath: None,
        propagation: Propagation::Private,
        optional: false,
        idmap: Vec::new(),
    };
    let layer = |path: &str, hide| {
        let slot = Slot::layer(path);
        let overlay = Enter::OverlayFolder {
            lower: slot.clone(),
            target: path.to_owned(),
            size: None,
            hide,
            attributes: NODEV,
        };
        (open(&slot, path), overlay)
    };
    for (point, hide) in tree.layers {
        let (open, overlay) = layer(&point, hide);
        sources.push(context.step(&ROOTFS, open));
        attach.push(context.step(&ROOTFS, overlay));
    }
    let show = &context.profile.rootfs.show;
    let origin = |path: &str| {
        let index = show.iter().position(|shown| shown == path).unwrap_or_default();
        format!("rootfs.show[{index}]")
    };
    for path in tree.not_hidden {
        let problem = Diagnostic::error(
            "tinydocker::plan::not_hidden",
            format!("{path} is not hidden: a \"host\" rootfs shows it by default"),
        )
        .with_help("leave it out; `tinydocker plan` tells what is hidden");
        context.problems.push(context.origin(&[&origin(&path)]).blame(problem, "is shown anyway"));
    }
    for path in show {
        let key = origin(path);
        let folder = match context.host.resources.paths.get(path) {
            Some(None) => {
                let problem = Diagnostic::error(
                    "tinydocker::host::shown_missing",
                    format!("this host has no {path}, which rootfs.show names"),
                )
                .with_help("name a path that is there, or leave it out");
                context.problems.push(context.origin(&[&key]).blame(problem, "does not exist here"));
                continue;
            }
            Some(Some(folder)) => *folder,
            None => true,
        };
        if !tree.shown.contains(path) {
            continue;
        }
        if folder {
            let (open, overlay) = layer(path, BTreeMap::new());
            sources.push(context.step(&[&key], open));
            attach.push(context.step(&[&key], overlay));
            continue;
        }
        let slot = Slot::layer(path);
        sources.push(context.step(&[&key], open(&slot, path)));
        let bind = Enter::AttachTree {
            tree: slot,
            target: path.clone(),
            attributes: Attributes { read_only: true, ..NODEV },
            recursive: false,
            make_target: true,
            optional: false,
            unbindable: false,
        };
        attach.push(context.step(&[&key], bind));
    }
    if !tree.left_out.is_empty() {
        let left: Vec<_> = tree.left_out.iter().map(|(point, kind)| format!("{point} ({kind})")).collect();
        context.notes.push(format!("of the host's mounts these are left out: {}", left.join(", ")));
    }
}

/// What must be known of the host's tree.
pub(super) fn needs(profile: &Profile, needs: &mut Needs) {
    needs.mounts = profile.rootfs.source == RootfsSource::Host;
    needs.paths.clone_from(&profile.rootfs.show);
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
        (None, _) => default_overlay_size(context),
    }
}

/// Bound of the changes of an overlay of which nothing is said.
pub(super) fn default_overlay_size(context: &Context<'_>) -> u64 {
    let page = context.host.page_size;
    let size = match context.profile.cgroup.memory {
        Some(Limit::Value(memory)) => defaults::OVERLAY_SIZE.min(memory / 2),
        Some(Limit::Max) | None => defaults::OVERLAY_SIZE,
    };
    size / page * page
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
