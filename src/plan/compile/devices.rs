//! `devices`: the nodes in /dev, and the rules of who may open what.

use super::Context;
use crate::diagnostic::Diagnostic;
use crate::host::{Needs, Node};
use crate::plan::{DeviceRule, Enter, Step, defaults};
use crate::profile::{Device, Profile, quote_key};
use std::path::Path;

/// The key of a device.
fn key(target: &str) -> String {
    format!("devices.{}", quote_key(target))
}

/// Whether the container may make nodes of devices.
fn makes_nodes(profile: &Profile) -> bool {
    profile.security.capabilities.as_ref().is_some_and(|all| match all.get("MKNOD") {
        Some(given) => *given,
        None => all.get("*") == Some(&true),
    })
}

/// Whether devices are to be bounded: nobody can reach one that is not in /dev, unless
/// the profile says so.
pub(super) fn are_bounded(profile: &Profile) -> bool {
    !profile.devices.is_empty() || makes_nodes(profile)
}

/// What must be known of the host's devices.
pub(super) fn needs(profile: &Profile, needs: &mut Needs) {
    needs.devices = profile.devices.values().map(|device| device.source.clone()).collect();
    if are_bounded(profile) {
        needs.controllers.push("devices");
    }
}

/// The devices that are there, with their numbers; problems with the others are told by
/// [`nodes`].
fn found<'c>(context: &Context<'c>) -> impl Iterator<Item = (&'c str, &'c Device, &'c Node)> {
    let (profile, host) = (context.profile, context.host);
    profile.devices.iter().filter_map(|(target, device)| {
        Some((target.as_str(), device, host.resources.devices.get(&device.source)?))
    })
}

/// Makes the nodes that the profile names.
pub(super) fn nodes(context: &mut Context<'_>) -> Vec<Step<Enter>> {
    let mut steps = Vec::new();
    for (target, device, node) in found(context).collect::<Vec<_>>() {
        let key = key(target);
        let source = &device.source;
        let keys = [format!("{key}.source"), key];
        let keys = keys.each_ref().map(String::as_str);
        let above = super::mount_that_holds(context.profile, target).map(|(at, _)| at);
        if let Some(at) = above.filter(|at| *at != "/dev") {
            let problem = Diagnostic::error(
                "tinydocker::plan::device_below_mount",
                format!("the device {target} would lie on the mount at {at}, which is nodev"),
            )
            .with_help("devices can be opened on /dev itself only: write another path, or remove that mount");
            context.problems.push(context.origin(&keys[1..]).blame(problem, "could not be opened"));
            continue;
        }
        match node {
            Node::Device { block, numbers, mode, owner } => {
                let make = Enter::MakeNode {
                    path: target.to_owned(),
                    block: *block,
                    numbers: *numbers,
                    mode: *mode,
                    owner: *owner,
                };
                steps.push(context.step(&keys[1..], make));
            }
            Node::Missing if device.optional => {
                context.notes.push(format!("{target} is left out: this host has no {source}"));
            }
            Node::Missing => {
                let parent = Path::new(source).parent().unwrap_or(Path::new("/")).display();
                let problem = Diagnostic::error(
                    "tinydocker::host::device_missing",
                    format!("this host has no device {source}"),
                )
                .with_help(format!(
                    "look into {parent}; its module may not be loaded; optional = true leaves it out where it is missing"
                ));
                context.problems.push(context.origin(&keys).blame(problem, "does not exist here"));
            }
            Node::Other(what) => {
                let problem = Diagnostic::error(
                    "tinydocker::host::not_a_device",
                    format!("{source} is no device but {what}"),
                )
                .with_help("name a single device; files and folders are bound with `mounts`");
                context.problems.push(context.origin(&keys).blame(problem, format!("is {what}")));
            }
        }
    }
    steps
}

/// What processes of the container may do with which devices.
pub(super) fn rules(context: &Context<'_>) -> Vec<DeviceRule> {
    let mut rules = Vec::new();
    if makes_nodes(context.profile) {
        // As elsewhere: a node may be made of anything, for archives, and opened by nobody.
        for block in [false, true] {
            rules.push(DeviceRule { block, major: None, minor: None, access: "m".to_owned() });
        }
    }
    let character =
        |major, minor| DeviceRule { block: false, major: Some(major), minor, access: "rwm".to_owned() };
    rules.extend(defaults::devices().into_values().map(|(major, minor)| character(major, Some(minor))));
    // Terminals: /dev/console, /dev/ptmx, and all of devpts.
    rules.extend([character(5, Some(1)), character(5, Some(2)), character(136, None)]);
    for (_, device, node) in found(context) {
        if let Node::Device { block, numbers: (major, minor), .. } = node {
            // Init makes the node, inside the group. The command lacks MKNOD, or may make any.
            let access = if device.access.contains('m') {
                device.access.clone()
            } else {
                format!("{}m", device.access)
            };
            rules.push(DeviceRule { block: *block, major: Some(*major), minor: Some(*minor), access });
        }
    }
    rules
}

/// The key that asks for bounds.
pub(super) fn asked_by(profile: &Profile) -> String {
    match profile.devices.keys().next() {
        Some(target) => key(target),
        None => "security.capabilities.MKNOD".to_owned(),
    }
}
