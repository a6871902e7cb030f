//! What is mounted into the root: what every container gets, and what the user asked for.

use super::Context;
use super::root::{default_overlay_size, text};
use crate::diagnostic::Diagnostic;
use crate::host::Needs;
use crate::plan::{
    Atime, Attributes, Clear, Enter, KernelFilesystem, Prepare, Propagation, Provided, Secret, Slot, Step,
    defaults, mount_key,
};
use crate::profile::{
    Bind, Create, Generated, Mount, MountOption, MountSource, NamespaceMode, Network, Profile, RootfsMode,
    built_in_place,
};
use std::collections::BTreeMap;
use std::path::Path;

/// Adds what the launcher opens to `sources`, and what init mounts to `attach`: first the
/// mounts of the built-in layer in their order, then the others by depth and name, so that a
/// mount never covers one made before it. The files of the built-in layer are among those others
/// if there are any.
pub(super) fn compile(
    context: &mut Context<'_>,
    sources: &mut Vec<Step<Prepare>>,
    attach: &mut Vec<Step<Enter>>,
) {
    let profile = context.profile;
    let only_ours = profile.mounts.iter().all(|(target, mount)| built_in_place(target, mount).is_some());
    let mut mounts: Vec<_> = profile
        .mounts
        .iter()
        .map(|(target, mount)| {
            let depth = target.split('/').filter(|c| !c.is_empty()).count();
            let first = built_in_place(target, mount)
                .filter(|_| only_ours || !matches!(mount.source, MountSource::Generated(_)));
            (first.unwrap_or(usize::MAX), depth, target.as_str(), mount)
        })
        .collect();
    mounts.sort_unstable_by_key(|(place, depth, target, _)| (*place, *depth, *target));
    for (_, _, target, mount) in mounts {
        one(context, target, mount, sources, attach);
    }
    dev_is_ours(context);
    terminal_needs_devpts(context);
    nothing_below_shared(context);
}

fn one(
    context: &mut Context<'_>,
    target: &str,
    mount: &Mount,
    sources: &mut Vec<Step<Prepare>>,
    attach: &mut Vec<Step<Enter>>,
) {
    let key = mount_key(target);
    let attributes = attributes(mount);
    let page = context.host.page_size;
    let rounded = |size: u64| size / page * page;
    let kernel = |filesystem| Enter::MountKernel { filesystem, target: target.to_owned(), attributes };
    let tmpfs =
        |size, mode, owner| Enter::MountTmpfs { target: target.to_owned(), size, mode, owner, attributes };
    let operation = match &mount.source {
        MountSource::Bind(bind) => return attach.push(self::bind(context, target, mount, bind, sources)),
        MountSource::Tmpfs { size, mode, uid, gid } => tmpfs(size.map(rounded), *mode, (*uid, *gid)),
        MountSource::File { content, mode, uid, gid } => Enter::MountFile {
            target: target.to_owned(),
            content: secret(target, content),
            mode: *mode,
            owner: (*uid, *gid),
            attributes,
        },
        MountSource::Generated(what) => {
            let Some(content) = provided(context, target, what, sources) else { return };
            let make_target = !context.profile.rootfs.is_bare() && may_make(context.profile, target);
            Enter::ProvideFile { target: target.to_owned(), content, attributes, make_target }
        }
        MountSource::Overlay { source, size } => {
            let source = text(context, source, &[&format!("{key}.source"), &key]);
            let lower = Slot::source(target);
            let open = Prepare::OpenTree {
                slot: lower.clone(),
                source,
                // A layer of an overlay is one file system, whatever is mounted in it.
                recursive: false,
                subpath: None,
                propagation: Propagation::Private,
                optional: false,
                idmap: Vec::new(),
            };
            sources.push(context.step(&[&format!("{key}.source"), &key], open));
            let size = size.map_or_else(|| default_overlay_size(context), rounded);
            let target = target.to_owned();
            Enter::OverlayFolder { lower, target, size: Some(size), hide: BTreeMap::new(), attributes }
        }
        MountSource::Cgroup => {
            let hierarchies = context.hierarchies.clone();
            Enter::MountCgroups { target: target.to_owned(), hierarchies, attributes }
        }
        MountSource::Proc => kernel(KernelFilesystem::Proc),
        MountSource::Sysfs => kernel(KernelFilesystem::Sysfs),
        MountSource::Mqueue => kernel(KernelFilesystem::Mqueue),
        MountSource::Devpts => Enter::MountDevpts { target: target.to_owned(), attributes },
        MountSource::Dev { size } => {
            let size = size.map_or(defaults::DEV_SIZE, rounded);
            attach.push(context.step(&[&key], tmpfs(Some(size), 0o755, (0, 0))));
            attach.push(context.ours("devices", Enter::MakeDevices { devices: defaults::devices() }));
            let links = Enter::MakeLinks { links: defaults::links() };
            attach.push(context.step(&[&key, &format!("{key}.type")], links));
            let nodes = super::devices::nodes(context);
            return attach.extend(nodes);
        }
    };
    let bound = if target == "/dev/shm" { "shm_size" } else { key.as_str() };
    attach.push(context.step(&[&key, bound, &format!("{key}.type")], operation));
}

/// What is in a file that every container gets; nothing if this one has no use for it.
fn provided(
    context: &mut Context<'_>,
    target: &str,
    what: &Generated,
    sources: &mut Vec<Step<Prepare>>,
) -> Option<Provided> {
    let own_name = context.profile.namespaces.uts == NamespaceMode::Private;
    match what {
        Generated::Hosts(text) if own_name => Some(Provided::Text(text.clone())),
        // The last line is about a name that this container does not have.
        Generated::Hosts(text) => {
            let kept = text.lines().filter(|line| !line.starts_with("127.0.1.1"));
            Some(Provided::Text(kept.map(|line| format!("{line}\n")).collect()))
        }
        Generated::Hostname(text) => own_name.then(|| Provided::Text(text.clone())),
        Generated::ResolvConf if context.profile.network != Network::Host => None,
        Generated::ResolvConf if context.host.resources.resolv_conf == Some(false) => {
            context.notes.push(format!("{target} is left as the root has it: this host has none"));
            None
        }
        Generated::ResolvConf => {
            let slot = Slot::source(target);
            let open = Prepare::OpenTree {
                slot: slot.clone(),
                // The kernel follows its links, which often lead to /run.
                source: target.to_owned(),
                recursive: false,
                subpath: None,
                propagation: Propagation::Private,
                optional: true,
                idmap: Vec::new(),
            };
            sources.push(context.step(&[&mount_key(target)], open));
            Some(Provided::Tree(slot))
        }
    }
}

/// What only the file system of the host knows about the mounts.
pub(super) fn needs(profile: &Profile, needs: &mut Needs) {
    let resolv_conf = |mount: &Mount| mount.source == MountSource::Generated(Generated::ResolvConf);
    needs.resolv_conf = profile.network == Network::Host && profile.mounts.values().any(resolv_conf);
}

fn secret(target: &str, content: &str) -> Secret {
    if defaults::looks_secret(target, content) { Secret::hidden(content) } else { Secret::open(content) }
}

fn attributes(mount: &Mount) -> Attributes {
    let mut all = match mount.source {
        MountSource::Bind(_)
        | MountSource::Tmpfs { .. }
        | MountSource::File { .. }
        | MountSource::Overlay { .. }
        | MountSource::Generated(_) => defaults::USER_MOUNT,
        MountSource::Cgroup | MountSource::Proc | MountSource::Sysfs | MountSource::Mqueue => defaults::DATA,
        MountSource::Dev { .. } | MountSource::Devpts => defaults::DEVICES,
    };
    all.read_only = mount.read_only;
    // What else is there to take away is a source's.
    let of_source = mount.as_bind().is_some();
    for option in &mount.options {
        match option {
            MountOption::Nosuid => all.nosuid = true,
            MountOption::Suid => {
                all.nosuid = false;
                all.clear = Clear { nosuid: of_source, ..all.clear };
            }
            MountOption::Nodev => all.nodev = true,
            MountOption::Noexec => all.noexec = true,
            MountOption::Exec => {
                all.noexec = false;
                all.clear = Clear { noexec: of_source, ..all.clear };
            }
            MountOption::Noatime => all.atime = Some(Atime::Noatime),
            MountOption::Relatime => all.atime = Some(Atime::Relatime),
            MountOption::Strictatime => all.atime = Some(Atime::Strictatime),
            MountOption::Nodiratime => all.nodiratime = true,
            MountOption::Nosymfollow => all.nosymfollow = true,
        }
    }
    all
}

fn bind(
    context: &mut Context<'_>,
    target: &str,
    mount: &Mount,
    bind: &Bind,
    sources: &mut Vec<Step<Prepare>>,
) -> Step<Enter> {
    let key = mount_key(target);
    let of = |field: &str| format!("{key}.{field}");
    let keys = [of("source"), key.clone()];
    let keys = keys.each_ref().map(String::as_str);
    let source = text(context, &bind.source, &keys);
    if bind.create != Create::No {
        // Nothing is made below it: links that a container left there would be followed.
        let make = Prepare::MakeSource { path: source.clone(), folder: bind.create == Create::Dir };
        sources.push(context.step(&[&of("create")], make));
    }
    if bind.optional {
        context.notes.push(format!("{target} is left out if {source} is missing at launch"));
    }
    let tree = Slot::source(target);
    let open = Prepare::OpenTree {
        slot: tree.clone(),
        source,
        recursive: bind.recursive,
        subpath: bind.subpath.clone(),
        propagation: bind.propagation,
        optional: bind.optional,
        idmap: bind.idmap.clone(),
    };
    sources.push(context.step(&keys, open));
    let attach = Enter::AttachTree {
        tree,
        target: target.to_owned(),
        attributes: attributes(mount),
        recursive: bind.recursive,
        make_target: may_make(context.profile, target),
        optional: bind.optional,
        unbindable: bind.propagation == Propagation::Unbindable,
    };
    context.step(&[&key, keys[0]], attach)
}

/// Whether a missing target may be made: not in a folder of the host that is
/// attached or used as it stands.
fn may_make(profile: &Profile, target: &str) -> bool {
    match mount_that_holds(profile, target).map(|(_, mount)| (&mount.source, mount.read_only)) {
        Some((
            MountSource::Tmpfs { .. } | MountSource::Dev { .. } | MountSource::Overlay { .. },
            read_only,
        )) => !read_only,
        Some(_) => false,
        None => profile.rootfs.mode != RootfsMode::ReadOnly || !profile.rootfs.is_bare(),
    }
}

/// The deepest mount of the profile above a target, with its own target.
pub fn mount_that_holds<'p>(profile: &'p Profile, target: &str) -> Option<(&'p str, &'p Mount)> {
    let mut above = target;
    // Targets are absolute and normalised, and nothing is mounted on the root.
    while let Some(slash @ 1..) = above.rfind('/') {
        above = &above[..slash];
        if let Some((other, mount)) = profile.mounts.get_key_value(above) {
            return Some((other, mount));
        }
    }
    None
}

/// A launch needs the real /dev/null, and a mount of the user's would be `nodev`.
fn dev_is_ours(context: &mut Context<'_>) {
    let dev = context.profile.mounts.get("/dev");
    if dev.is_some_and(|mount| matches!(mount.source, MountSource::Dev { .. })) {
        return;
    }
    let (message, help) = if dev.is_some() {
        (
            "nothing can be mounted on /dev: a container gets a /dev of its own, with the devices that are safe",
            "mount single files or folders below /dev, such as /dev/shm",
        )
    } else {
        (
            "/dev can't be left out: the launch itself needs its /dev/null",
            r#"write mounts."/dev" = { type = "dev" }"#,
        )
    };
    let problem = Diagnostic::error("tinydocker::plan::dev_is_ours", message).with_help(help);
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
    let mount = context.profile.mounts.get(TARGET);
    if !context.profile.tty || mount.is_some_and(|mount| mount.source == MountSource::Devpts) {
        return;
    }
    let how = if mount.is_some() { "a mount takes its place" } else { "it is switched off" };
    let problem = Diagnostic::error(
        "tinydocker::plan::terminal_without_devpts",
        format!("tty needs the container's own {TARGET}, and {how}"),
    )
    .with_help(format!("remove `{}`, or tty", mount_key(TARGET)));
    let problem = context.origin(&["tty"]).blame(problem, "asks for a terminal");
    blame_mount(context, TARGET, problem, "takes the place of the terminals");
}

/// What is mounted in a shared mount shows on the host, and outlives the container.
fn nothing_below_shared(context: &mut Context<'_>) {
    let profile = context.profile;
    let shared = |mount: &Mount| mount.as_bind().is_some_and(|bind| bind.propagation.is_shared());
    if !profile.mounts.values().any(shared) {
        return;
    }
    for target in profile.mounts.keys() {
        let mut above = profile.mounts.iter().filter(|(other, mount)| *other != target && shared(mount));
        let Some((other, _)) = above.find(|(other, _)| Path::new(target).starts_with(other)) else {
            continue;
        };
        let problem = Diagnostic::error(
            "tinydocker::plan::mount_below_shared",
            format!("the mount on {target} would show on the host, since {other} is shared with it"),
        )
        .with_help(format!("write propagation = \"rslave\" for {other}, or mount elsewhere"));
        let key = mount_key(other);
        let problem = context.origin(&[&format!("{key}.propagation"), &key]).blame(problem, "shared here");
        blame_mount(context, target, problem, "would show on the host");
    }
}
