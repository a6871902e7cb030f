//! Namespaces that others live in.

use super::Context;
use crate::diagnostic::Diagnostic;
use crate::plan::{Joined, Namespace, Prepare, Slot, Step};
use crate::profile::{self, MountSource, NamespaceMode, Network, Profile};
use std::collections::BTreeMap;

/// What is joined: how it is opened, and what the child enters.
#[derive(Default)]
pub(super) struct Joins {
    pub(super) open: Vec<Step<Prepare>>,
    pub(super) enters: BTreeMap<Namespace, Slot>,
}

/// The namespaces of others that a profile joins: which, the key that says so, and whose.
pub fn joined(profile: &Profile) -> impl Iterator<Item = (Namespace, &'static str, &profile::Joined)> {
    let chosen = &profile.namespaces;
    let modes = [
        (Namespace::Mount, "namespaces.mount", &chosen.mount),
        (Namespace::Pid, "namespaces.pid", &chosen.pid),
        (Namespace::Ipc, "namespaces.ipc", &chosen.ipc),
        (Namespace::Uts, "namespaces.uts", &chosen.uts),
        (Namespace::Cgroup, "namespaces.cgroup", &chosen.cgroup),
    ];
    let joined = modes.into_iter().filter_map(|(namespace, key, mode)| match mode {
        NamespaceMode::Joined(of) => Some((namespace, key, of)),
        NamespaceMode::Private | NamespaceMode::Host => None,
    });
    let network = match &profile.network {
        Network::Joined(of) => Some((Namespace::Net, "network", of)),
        Network::None | Network::Host => None,
    };
    joined.chain(network)
}

pub(super) fn compile(context: &mut Context<'_>) -> Joins {
    let profile = context.profile;
    let mut joins = Joins::default();
    for (namespace, key, of) in joined(profile) {
        join(context, &mut joins, namespace, of, key);
    }
    if let NamespaceMode::Joined(_) = profile.namespaces.ipc
        && matches!(profile.mounts.get("/dev/shm"), Some(mount) if matches!(mount.source, MountSource::Tmpfs { .. }))
    {
        context.notes.push("/dev/shm is the container's own: no IPC namespace holds it".to_owned());
    }
    if let Network::Joined(_) = profile.network
        && profile.mounts.contains_key("/etc/resolv.conf")
    {
        let note = "/etc/resolv.conf is left as the root has it: which servers the network has that is joined is not known";
        context.notes.push(note.to_owned());
    }
    of_mounts(context);
    joins
}

/// What follows from a mount namespace that is not the container's own, and may surprise.
fn of_mounts(context: &mut Context<'_>) {
    let chosen = &context.profile.namespaces;
    let whose = match chosen.mount {
        NamespaceMode::Private => return,
        NamespaceMode::Host => {
            "the host's mounts: the command sees all files of the host, and may change them"
        }
        NamespaceMode::Joined(_) => "the mounts of others: the command sees their files",
    };
    context.notes.push(format!("{whose}; nothing is covered or read-only that is not so for them"));
    if chosen.pid != chosen.mount {
        let note = "/proc is that of those mounts: it shows the processes of their pid namespace, not the container's";
        context.notes.push(note.to_owned());
    }
}

fn join(context: &mut Context<'_>, joins: &mut Joins, namespace: Namespace, of: &profile::Joined, key: &str) {
    let of = match of {
        profile::Joined::Path(path) => Joined::Path(path.clone()),
        profile::Joined::Container(name) => {
            if *name == context.profile.name {
                let message =
                    format!("the container {name} can't join its own {} namespace", namespace.name());
                let problem = Diagnostic::error("tinydocker::plan::joins_itself", message)
                    .with_help("remove it: the container has one of its own; or name another container");
                context.problems.push(context.origin(&[key]).blame(problem, "its own name"));
                return;
            }
            Joined::Container(name.clone())
        }
    };
    let slot = Slot::namespace(namespace);
    joins.open.push(context.step(&[key], Prepare::OpenNamespace { slot: slot.clone(), namespace, of }));
    joins.enters.insert(namespace, slot);
}
