//! Rules of namespaces that are not the container's own: what is set in one is set for all
//! who live there.

use super::{at, kind};
use crate::diagnostic::Diagnostic;
use crate::profile::choice::{MountKind, Namespace};
use crate::profile::found::code;
use crate::profile::layer::At;
use crate::profile::lexical::sysctl;
use crate::profile::origins::Origins;
use crate::profile::path::{KeyPath, quote_key};
use crate::profile::raw::{Raw, RawNamespaces};
use crate::profile::types::{NamespaceMode, Network};

const RESOLV_CONF: &str = "/etc/resolv.conf";

/// What contradicts itself once all layers are merged.
pub fn contradictions(raw: &Raw, origins: &Origins) -> Vec<Diagnostic> {
    let mut problems = mounts(raw, origins);
    if let Some(uts) = mode(raw, |namespaces| namespaces.uts.as_ref()) {
        problems.extend(raw.hostname.as_ref().and_then(|_| name(origins, uts, "hostname")));
        problems.extend(raw.domainname.as_ref().and_then(|_| name(origins, uts, "domainname")));
    }
    problems.extend(sysctls(raw, origins));
    problems.extend(groups(raw, origins));
    problems.extend(resolv_conf(raw, origins));
    problems
}

fn mode<'r>(
    raw: &'r Raw,
    which: impl Fn(&'r RawNamespaces) -> Option<&'r Namespace>,
) -> Option<&'r NamespaceMode> {
    raw.namespaces.as_ref().and_then(which).map(|namespace| &namespace.0)
}

/// Whether the container has a mount namespace of its own.
pub fn has_own_mounts(raw: &Raw) -> bool {
    mode(raw, |namespaces| namespaces.mount.as_ref()).is_none_or(|mode| *mode == NamespaceMode::Private)
}

/// In a mount namespace of others whatever is mounted would be mounted for them.
fn mounts(raw: &Raw, origins: &Origins) -> Vec<Diagnostic> {
    let whose = match mode(raw, |namespaces| namespaces.mount.as_ref()) {
        None | Some(NamespaceMode::Private) => return Vec::new(),
        Some(NamespaceMode::Host) => "the host's mount namespace",
        Some(NamespaceMode::Joined(_)) => "a mount namespace that is joined",
    };
    let entries = |table: &'static str, names: Vec<&String>| -> Vec<String> {
        names.into_iter().map(|name| KeyPath::keys([table, name]).to_string()).collect()
    };
    let mut keys = Vec::new();
    keys.extend(raw.rootfs.as_ref().map(|_| "rootfs".to_owned()));
    keys.extend(entries("mounts", raw.mounts.iter().flatten().map(|(name, _)| name).collect()));
    keys.extend(entries("devices", raw.devices.iter().flatten().map(|(name, _)| name).collect()));
    keys.extend(raw.shm_size.as_ref().map(|_| "shm_size".to_owned()));
    for (key, paths) in [("masked_paths", &raw.masked_paths), ("read_only_paths", &raw.read_only_paths)] {
        // To cover nothing is what happens.
        keys.extend(paths.as_ref().filter(|paths| !paths.is_empty()).map(|_| key.to_owned()));
    }
    let problem = |key: String| {
        // What no layer above the built-in one has said is no wish.
        let place = ["", ".source", ".type"].into_iter().map(|end| format!("{key}{end}"));
        let place = place.into_iter().find(|place| origins.span(place).is_some())?;
        let diagnostic = conflict(format!("`{key}` has no place in {whose}: nothing is mounted there"));
        let diagnostic = at(origins, diagnostic, &place, "would be mounted for others too");
        let diagnostic = at(origins, diagnostic, "namespaces.mount", "others live there");
        Some(diagnostic.with_help(
            "remove one of the two: a root and mounts take a namespace of the container's own, \"private\"",
        ))
    };
    let mut problems: Vec<_> = keys.into_iter().filter_map(problem).collect();
    problems.extend(kept_mounts(origins, whose));
    problems
}

/// Built-in mounts that somebody takes out by name: what others have mounted there stays. That
/// `"*"` drops what lower layers gave is so.
fn kept_mounts(origins: &Origins, whose: &str) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for layer in origins.layers() {
        let named = layer.removals.iter().filter(|it| !it.all && it.path.key(0) == Some("mounts"));
        for path in named.map(|it| &it.path).filter(|path| origins.dropped().any(|gone| gone == *path)) {
            let message = format!("`{path}` can't be taken out of {whose}: what is mounted there stays");
            let diagnostic = layer.label(conflict(message), path, At::Value, "stays mounted for others");
            let diagnostic = at(origins, diagnostic, "namespaces.mount", "others live there");
            problems.push(diagnostic.with_help("leave it out"));
        }
    }
    problems
}

fn conflict(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(code("conflict"), message)
}

/// The name of the machine, or of its domain.
fn name(origins: &Origins, uts: &NamespaceMode, key: &str) -> Option<Diagnostic> {
    let host = if key == "hostname" { "would rename the host" } else { "would rename the host's domain" };
    let (whose, effect, shares) = match uts {
        NamespaceMode::Private => return None,
        NamespaceMode::Host => ("the host's UTS namespace", host, "shares the host's name"),
        NamespaceMode::Joined(_) => {
            ("a UTS namespace that is joined", "would rename those who live there", "has their name")
        }
    };
    let diagnostic = conflict(format!("`{key}` can't be set in {whose}"));
    let diagnostic = at(origins, diagnostic, key, effect);
    let diagnostic = at(origins, diagnostic, "namespaces.uts", shares);
    Some(diagnostic.with_help("remove one of the two"))
}

/// A parameter of a namespace that is not the container's own would be somebody else's.
fn sysctls(raw: &Raw, origins: &Origins) -> Vec<Diagnostic> {
    let written = raw.security.iter().filter_map(|security| security.sysctls.as_ref()).flatten();
    let ipc = mode(raw, |namespaces| namespaces.ipc.as_ref());
    let ipc = ipc.is_some_and(|ipc| *ipc != NamespaceMode::Private);
    let net = raw.network.as_ref().is_some_and(|network| network.0 != Network::None);
    let shared = |name: &str| match sysctl::of(name) {
        sysctl::Of::Ipc if ipc => Some(("IPC", "namespaces.ipc")),
        sysctl::Of::Net if net => Some(("network", "network")),
        _ => None,
    };
    let problem = |name: &String| {
        let (what, key) = shared(name)?;
        let path = format!("security.sysctls.{}", quote_key(name));
        let message = format!("`{name}` can't be set: the container has no {what} namespace of its own");
        let diagnostic = at(origins, conflict(message), &path, "would be set for others too");
        let diagnostic = at(origins, diagnostic, key, &format!("shares the {what} namespace"));
        Some(diagnostic.with_help("remove one of the two"))
    };
    written.filter_map(|(name, _)| problem(name)).collect()
}

/// What a cgroup file system shows follows from the namespace.
fn groups(raw: &Raw, origins: &Origins) -> Vec<Diagnostic> {
    let (whose, sees) = match mode(raw, |namespaces| namespaces.cgroup.as_ref()) {
        None | Some(NamespaceMode::Private) => return Vec::new(),
        Some(NamespaceMode::Host) => ("the groups of the whole host", "sees the host's"),
        Some(NamespaceMode::Joined(_)) => ("the groups of others", "sees those of others"),
    };
    let mounts = raw.mounts.iter().flatten().filter(|(_, mount)| kind(mount) == Some(MountKind::Cgroup));
    let problem = |(target, _): (&String, _)| {
        let key = KeyPath::keys(["mounts", target]).to_string();
        let diagnostic = conflict(format!("`{key}` would show {whose}")).with_help(
            "remove one of the two: the container's own groups can be shown in a namespace of its own",
        );
        let diagnostic = at(origins, diagnostic, &format!("{key}.type"), "the container's groups");
        at(origins, diagnostic, "namespaces.cgroup", sees)
    };
    mounts.map(problem).collect()
}

/// The host's servers are of use in the host's network.
fn resolv_conf(raw: &Raw, origins: &Origins) -> Option<Diagnostic> {
    let joined = raw.network.as_ref().is_some_and(|network| matches!(network.0, Network::Joined(_)));
    let mount = raw.mounts.iter().flatten().find(|(target, _)| *target == RESOLV_CONF)?.1;
    let key = KeyPath::keys(["mounts", RESOLV_CONF]).to_string();
    let written = origins.span(&key).or_else(|| origins.span(&format!("{key}.type"))).is_some();
    if !joined || !written || kind(mount) != Some(MountKind::Generated) {
        return None;
    }
    let diagnostic = conflict(format!("`{key}`: which servers a network has that is joined is not known"))
        .with_help("bind the file that is right there: mounts.\"/etc/resolv.conf\" = { source = \"./resolv.conf\" }; the root's own stays without this key");
    let diagnostic = at(origins, diagnostic, &format!("{key}.type"), "the host's file");
    Some(at(origins, diagnostic, "network", "another network"))
}
