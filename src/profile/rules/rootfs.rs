//! Rules of the root file system, and of /dev/shm.

use super::{at, kind};
use crate::diagnostic::Diagnostic;
use crate::profile::choice::MountKind;
use crate::profile::found::code;
use crate::profile::origins::Origins;
use crate::profile::path::KeyPath;
use crate::profile::raw::{Raw, RawRootfs};
use crate::profile::types::{Propagation, RootfsMode};

/// What contradicts itself once all layers are merged.
pub fn contradictions(raw: &Raw, origins: &Origins, broken: &[KeyPath]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let is_broken = |key: &str| broken.iter().any(|path| path.key(0) == Some(key));
    if let Some(rootfs) = raw.rootfs.as_ref().filter(|_| !is_broken("rootfs")) {
        problems.extend(root(rootfs, origins));
    }
    if raw.shm_size.is_some() && !is_broken("mounts") {
        problems.extend(shm(raw, origins));
    }
    problems
}

fn conflict(
    origins: &Origins,
    message: &str,
    help: &str,
    (one, said): (&str, &str),
    (other, too): (&str, &str),
) -> Diagnostic {
    let diagnostic = Diagnostic::error(code("conflict"), message).with_help(help);
    let diagnostic = at(origins, diagnostic, one, said);
    if one == other || origins.span(other).is_none() {
        diagnostic
    } else {
        at(origins, diagnostic, other, too)
    }
}

fn root(rootfs: &RawRootfs, origins: &Origins) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let mode = rootfs.mode.map_or(RootfsMode::Overlay, |mode| mode.0);
    let host = rootfs.source.as_ref().is_some_and(|source| source.0 == "host");
    if host && mode == RootfsMode::ReadWrite {
        problems.push(conflict(
            origins,
            "`rootfs`: the host's own tree is never written",
            "leave the mode out: an overlay takes the changes; to write in a folder of the host, bind it",
            ("rootfs.mode", "would change the host"),
            ("rootfs.source", "is the host's tree"),
        ));
    }
    if rootfs.size.is_some() && mode != RootfsMode::Overlay {
        problems.push(conflict(
            origins,
            "`rootfs.size` bounds changes that are held in memory, and this mode holds none there",
            "remove one of the two",
            ("rootfs.size", "bounds nothing"),
            ("rootfs.mode", "not an overlay"),
        ));
    }
    if rootfs.show.is_some() && !host {
        problems.push(conflict(
            origins,
            "`rootfs.show` is about what \"host\" hides, and a folder hides nothing",
            "remove it; bind what the container shall see besides: [mounts.\"/target\"]",
            ("rootfs.show", "nothing is hidden"),
            ("rootfs.source", "a folder"),
        ));
    }
    for (index, path) in rootfs.show.iter().flatten().enumerate().filter(|_| host) {
        let ours = ["/proc", "/sys", "/dev"];
        if ours.iter().any(|above| std::path::Path::new(&path.0).starts_with(above)) {
            let key = format!("rootfs.show[{index}]");
            let said = (key.as_str(), "the container has its own");
            let message = format!("`{key}`: {} of the host is never shown", path.0);
            problems.push(conflict(
                origins,
                &message,
                "give it single devices: devices.\"/dev/fuse\" = \"rw\"",
                said,
                said,
            ));
        }
    }
    if host && rootfs.idmap.as_ref().is_some_and(|maps| !maps.0.is_empty()) {
        problems.push(conflict(
            origins,
            "`rootfs.idmap`: the host's own tree is shown with the owners that it has",
            "remove it; a folder can be mapped, and so can a bind",
            ("rootfs.idmap", "would change owners of the host's tree"),
            ("rootfs.source", "the host's tree"),
        ));
    }
    let bare = !host && mode != RootfsMode::Overlay;
    match rootfs.propagation.map(|it| it.0) {
        Some(single @ (Propagation::Slave | Propagation::Shared)) => {
            let word = if single == Propagation::Slave { "slave" } else { "shared" };
            let message = format!("`rootfs.propagation`: \"{word}\" is for one mount, and a root is a tree of them");
            let help = format!("write \"r{word}\"");
            let key = ("rootfs.propagation", "for one mount only");
            problems.push(conflict(origins, &message, &help, key, key));
        }
        Some(Propagation::SlaveTree) if !bare => problems.push(conflict(
            origins,
            "`rootfs.propagation`: an overlay is a file system of its own, in which the host mounts nothing",
            "write mode = \"read-only\" or \"read-write\" with a folder; or bind the folder with propagation = \"rslave\"",
            ("rootfs.propagation", "nothing could arrive"),
            ("rootfs.mode", "an overlay"),
        )),
        _ => {}
    }
    problems
}

fn shm(raw: &Raw, origins: &Origins) -> Option<Diagnostic> {
    const MOUNT: &str = "mounts.\"/dev/shm\"";
    let mount = raw.mounts.iter().flatten().find(|(target, _)| *target == "/dev/shm").map(|(_, mount)| mount);
    let size = format!("{MOUNT}.size");
    match mount {
        Some(mount) if kind(mount) != Some(MountKind::Tmpfs) => Some(conflict(
            origins,
            "`shm_size` bounds the memory at /dev/shm, and something else is mounted there",
            "remove one of the two",
            ("shm_size", "bounds nothing"),
            (MOUNT, "takes the place of the memory"),
        )),
        Some(_) if origins.span(&size).is_some() => Some(conflict(
            origins,
            &format!("`shm_size` and `{size}` exclude each other"),
            "keep one of the two",
            ("shm_size", "this"),
            (&size, "and this say the same thing"),
        )),
        // Nobody has said anything of the mount that everybody gets.
        None if !origins.given().has("mounts", "/dev/shm") => None,
        Some(_) => None,
        None => Some(conflict(
            origins,
            "`shm_size` bounds /dev/shm, which is switched off",
            "remove it, or what switches /dev/shm off",
            ("shm_size", "bounds nothing"),
            (MOUNT, "switched off here"),
        )),
    }
}
