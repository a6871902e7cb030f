//! What the caller needs in order to launch at all.

use super::Context;
use crate::diagnostic::Diagnostic;
use crate::profile::Network;

/// Capabilities that a launch uses, and what for.
const NEEDED: [(&str, &str); 6] = [
    ("CAP_SYS_ADMIN", "make namespaces and mounts"),
    ("CAP_MKNOD", "make the nodes in /dev"),
    ("CAP_SETUID", "change to the container's user"),
    ("CAP_SETGID", "change to the container's group"),
    ("CAP_SETPCAP", "take capabilities away"),
    ("CAP_NET_ADMIN", "bring up loopback"),
];

pub(super) fn check(context: &mut Context<'_>) {
    let host = context.host;
    if host.uid != 0 {
        let message = format!("this version launches containers as root only, and you are user {}", host.uid);
        context.problems.push(
            Diagnostic::error("tinydocker::host::not_root", message)
                .with_help("run the same command with sudo; launching as another user is not built yet"),
        );
        return;
    }
    let missing: Vec<_> = NEEDED
        .into_iter()
        .filter(|&(name, _)| !host.has(name))
        .filter(|&(name, _)| name != "CAP_NET_ADMIN" || context.profile.network == Network::None)
        .collect();
    if missing.is_empty() {
        return;
    }
    let names: Vec<_> = missing.iter().map(|(name, _)| *name).collect();
    let uses: Vec<_> = missing.iter().map(|(name, use_)| format!("{name} to {use_}")).collect();
    context.problems.push(
        Diagnostic::error(
            "tinydocker::host::capability_missing",
            format!("root lacks {} here, so nothing can be launched", names.join(", ")),
        )
        .with_help(format!(
            "a launch needs {}; inside another container, start that one with them",
            uses.join(", ")
        )),
    );
}
