//! Cgroups: one tracking group for every container, and one group in each v1
//! hierarchy whose controllers limit something.
//!
//! Groups lie flat below their hierarchy's mount point, so that nothing shared with
//! other containers has to be made or left behind; in the cgroup2 tree below the
//! launcher's own group, if that was handed to it; or below `cgroup.parent` there.

use super::Context;
use super::limits::{self, Setting, Text, Wanted};
use crate::diagnostic::Diagnostic;
use crate::host::{Hierarchy, Host, LEAF, Layout, Unified};
use crate::plan::{Enter, Join, Origin, Prepare, Slot, Step};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The operations, and how PID 1 gets into what they make.
#[derive(Default)]
pub(super) struct Groups {
    /// What must be there before PID 1 is.
    pub(super) first: Vec<Step<Prepare>>,
    /// What can be done while it begins.
    pub(super) supplied: Vec<Step<Prepare>>,
    /// The group that it is born in.
    pub(super) into_group: Option<Slot>,
    /// The groups that it joins by itself.
    pub(super) join: Vec<Joined>,
}

/// A v1 group that PID 1 joins.
pub(super) struct Joined {
    pub(super) slot: Slot,
    path: String,
    origin: Origin,
}

impl Joined {
    pub(super) fn step(&self) -> Step<Enter> {
        let operation = Enter::JoinGroup { group: self.slot.clone(), path: self.path.clone() };
        Step { operation, origin: self.origin.clone() }
    }
}

impl Groups {
    /// The hierarchies with a group of the container's, as it may see them: v1 controllers,
    /// or none for cgroup2, by a folder's name; a pure v2 host's has no folder.
    pub(super) fn hierarchies(&self, host: &Host) -> BTreeMap<String, Vec<String>> {
        let of = |step: &Step<Prepare>| {
            let Prepare::MakeGroup { path, join, .. } = &step.operation else { return None };
            if *join == Join::Clone {
                let name = if host.cgroups.layout() == Layout::V2 { "" } else { "unified" };
                return Some((name.to_owned(), Vec::new()));
            }
            let below = |hierarchy: &&Hierarchy| {
                path.strip_prefix(hierarchy.path.as_str()).is_some_and(|rest| rest.starts_with('/'))
            };
            let hierarchy = host.cgroups.hierarchies.iter().find(below)?;
            Some((hierarchy.controllers.join(","), hierarchy.controllers.clone()))
        };
        self.first.iter().chain(&self.supplied).filter_map(of).collect()
    }
}

impl Groups {
    fn join(&mut self, slot: &Slot, path: &str, origin: &Origin) {
        self.join.push(Joined { slot: slot.clone(), path: path.to_owned(), origin: origin.clone() });
    }

    /// A group in a v1 hierarchy that these keys want one in.
    fn supply(&mut self, context: &Context<'_>, keys: &[&str], hierarchy: &Hierarchy) -> Slot {
        let slot = Slot::group(&hierarchy.controllers.join(","));
        let group = make(context, &slot, hierarchy.controllers.clone(), &hierarchy.path, Join::Tasks);
        let group = context.step(keys, group);
        self.join(&slot, &group_path(context, &hierarchy.path), &group.origin);
        self.supplied.push(group);
        if let Some(operation) = inherit_cpuset(context, &Place::V1(hierarchy), &slot) {
            self.supplied.push(context.step(keys, operation));
        }
        slot
    }
}

/// Where a controller's files are.
enum Place<'a> {
    V1(&'a Hierarchy),
    V2(&'a Unified),
}

impl<'a> Place<'a> {
    /// The folder that groups are made in: the mount point, or a group of ours.
    fn base(&self) -> &'a str {
        match self {
            Self::V1(hierarchy) => &hierarchy.path,
            Self::V2(unified) => unified.base(),
        }
    }
}

pub(super) fn compile(context: &mut Context<'_>) -> Groups {
    let mut groups = Groups::default();
    let host = context.host;
    let wanted = limits::wanted(context);
    let Some(tracking) = tracking(context) else { return groups };
    let tracking_path = group_path(context, tracking.base());

    let mut placed = Vec::new();
    for wanted in wanted {
        let v1 = host.cgroups.hierarchy(wanted.v1_controller()).map(Place::V1);
        let v2 = || {
            let unified = host.cgroups.unified.as_ref()?;
            unified.controllers.iter().any(|c| c == wanted.controller).then_some(Place::V2(unified))
        };
        let Some(place) = v1.or_else(v2) else {
            missing_controller(context, &wanted);
            continue;
        };
        let setting = match place {
            Place::V1(_) => wanted.v1,
            Place::V2(_) => wanted.v2,
        };
        match setting {
            Setting::File(text) => {
                placed.push(Placed { controller: wanted.controller, keys: wanted.keys, text, place })
            }
            Setting::Nothing => {}
            Setting::Refused { message, label, help } => {
                let origin = origin(context, &wanted.keys);
                let problem = Diagnostic::error(
                    "tinydocker::host::limit_unsupported",
                    format!("{} can't be had here: {message}", origin.key),
                );
                context.problems.push(origin.blame(problem.with_help(help), label));
            }
        }
    }

    let join = if matches!(tracking, Place::V1(_)) { Join::Tasks } else { Join::Clone };
    let slot = Slot::group("tracking");
    let made_first = make(context, &slot, Vec::new(), tracking.base(), join);
    let made_first = context.ours("cgroup.tracking", made_first);
    match join {
        Join::Clone => groups.into_group = Some(slot.clone()),
        Join::Tasks => groups.join(&slot, &tracking_path, &made_first.origin),
    }
    groups.first.push(made_first);
    if let Some(inherit) = inherit_cpuset(context, &tracking, &slot) {
        groups.first.push(context.ours("cgroup.tracking", inherit));
    }

    // Before there is anybody in the group: of those that are, the kernel would have to count
    // anew, which takes it milliseconds.
    enable_controllers(context, &placed, &mut groups.first);
    let mut made = vec![(tracking_path, slot.clone())];
    let mut limits = Vec::new();
    for Placed { keys, text, place, .. } in placed {
        let folder = group_path(context, place.base());
        let group = match (made.iter().find(|(path, _)| *path == folder), &place) {
            (Some((_, slot)), _) => slot.clone(),
            (None, Place::V2(_)) => unreachable!("the tracking group lies in the cgroup2 tree"),
            (None, Place::V1(hierarchy)) => {
                let slot = groups.supply(context, &texts(&keys), hierarchy);
                made.push((folder.clone(), slot.clone()));
                slot
            }
        };
        let limit = Prepare::SetLimit {
            group,
            file: format!("{folder}/{}", text.file),
            value: text.value,
            expect: text.expect,
            line: text.line,
        };
        limits.push(step(context, &keys, limit));
    }
    groups.supplied.extend(limits);
    if super::devices::are_bounded(context.profile) {
        devices(context, &made, &mut groups);
    }
    groups
}

/// Bounds which devices may be used: by the files of v1's controller where it is mounted,
/// else by a program on the tracking group.
fn devices(context: &mut Context<'_>, made: &[(String, Slot)], groups: &mut Groups) {
    let host = context.host;
    let key = super::devices::asked_by(context.profile);
    let keys = [key.as_str(), "security.capabilities", "security.preset"];
    let rules = super::devices::rules(context);
    match (host.cgroups.hierarchy("devices"), &groups.into_group) {
        (Some(hierarchy), _) => {
            let path = group_path(context, &hierarchy.path);
            let group = match made.iter().find(|(known, _)| *known == path) {
                Some((_, slot)) => slot.clone(),
                None => groups.supply(context, &keys, hierarchy),
            };
            groups.supplied.push(context.step(&keys, Prepare::AllowDevices { group, path, rules }));
        }
        (None, Some(group)) => {
            let path = made.first().map(|(path, _)| path.clone()).unwrap_or_default();
            let filter = Prepare::FilterDevices { group: group.clone(), path, rules };
            groups.first.push(context.step(&keys, filter));
        }
        (None, None) if context.profile.devices.is_empty() => {
            context.notes.push(
                "this host has nothing that could bound which devices a container with MKNOD opens: neither \
                 a cgroup2 tree nor the v1 controller devices"
                    .to_owned(),
            );
        }
        (None, None) => {
            let problem = Diagnostic::error(
                "tinydocker::host::controller_missing",
                "this host can't bound which devices are used: it mounts neither a cgroup2 tree nor the v1 \
                 controller devices",
            )
            .with_help("mount one: mkdir -p /sys/fs/cgroup/devices && mount -t cgroup -o devices none /sys/fs/cgroup/devices");
            let problem = context.origin(&keys).blame(problem, "asks for devices");
            context.problems.push(problem);
        }
    }
}

/// A limit, and where its file is.
struct Placed<'a> {
    controller: &'static str,
    keys: Vec<Cow<'static, str>>,
    text: Text,
    place: Place<'a>,
}

fn origin(context: &Context<'_>, keys: &[Cow<'static, str>]) -> Origin {
    context.origin(&texts(keys))
}

fn step(context: &Context<'_>, keys: &[Cow<'static, str>], operation: Prepare) -> Step<Prepare> {
    context.step(&texts(keys), operation)
}

fn texts<'k>(keys: &'k [Cow<'static, str>]) -> Vec<&'k str> {
    keys.iter().map(|key| &**key).collect()
}

fn make(context: &Context<'_>, slot: &Slot, controllers: Vec<String>, point: &str, join: Join) -> Prepare {
    Prepare::MakeGroup {
        slot: slot.clone(),
        controllers,
        path: group_path(context, point),
        join,
        parents: parents(context, point),
    }
}

/// Nothing can join a v1 cpuset group without cores and memory nodes, whatever else its
/// hierarchy is used for.
fn inherit_cpuset(context: &Context<'_>, place: &Place<'_>, group: &Slot) -> Option<Prepare> {
    let Place::V1(hierarchy) = place else { return None };
    if !hierarchy.controllers.iter().any(|controller| controller == "cpuset") {
        return None;
    }
    let mut paths = parents(context, &hierarchy.path);
    paths.push(group_path(context, &hierarchy.path));
    Some(Prepare::InheritCpuset { group: group.clone(), paths })
}

/// The groups that `cgroup.parent` names, the outermost first.
fn parents(context: &Context<'_>, mount_point: &str) -> Vec<String> {
    let mut path = mount_point.trim_end_matches('/').to_owned();
    let names = context.profile.cgroup.parent.iter().flat_map(|parent| parent.split('/'));
    names
        .map(|name| {
            path = format!("{path}/{name}");
            path.clone()
        })
        .collect()
}

fn group_path(context: &Context<'_>, mount_point: &str) -> String {
    let point = mount_point.trim_end_matches('/');
    let below =
        context.profile.cgroup.parent.as_ref().map_or_else(String::new, |parent| format!("/{parent}"));
    format!("{point}{below}/tinydocker-{}", context.profile.name)
}

/// Where the group lies that holds every process of the container: in the cgroup2
/// tree, which any process can be in, or else with the freezer.
fn tracking<'h>(context: &mut Context<'h>) -> Option<Place<'h>> {
    let cgroups = &context.host.cgroups;
    if let Some(unified) = &cgroups.unified {
        return Some(Place::V2(unified));
    }
    if let Some(freezer) = cgroups.hierarchy("freezer") {
        return Some(Place::V1(freezer));
    }
    let problem = if cgroups.hierarchies.is_empty() {
        Diagnostic::error("tinydocker::host::no_cgroups", "no cgroup file system is mounted on this host")
            .with_help("mount one: mount -t cgroup2 cgroup2 /sys/fs/cgroup")
    } else {
        Diagnostic::error(
            "tinydocker::host::no_cgroups",
            "this host mounts neither a cgroup2 tree nor the v1 freezer, one of which holds a container's \
             processes together",
        )
        .with_help(
            "mount a cgroup2 tree beside the v1 hierarchies: mkdir /sys/fs/cgroup/unified && mount -t cgroup2 \
             cgroup2 /sys/fs/cgroup/unified",
        )
    };
    context.problems.push(problem);
    None
}

fn missing_controller(context: &mut Context<'_>, wanted: &Wanted) {
    let origin = origin(context, &wanted.keys);
    let layout = context.host.cgroups.layout();
    let v1 = matches!(layout, Layout::V1 | Layout::Hybrid);
    let controller = if v1 { wanted.v1_controller() } else { wanted.controller };
    // One problem for each key: quota and period may both be of one.
    let cgroups = &context.host.cgroups;
    let mut mounted: Vec<&str> =
        cgroups.hierarchies.iter().flat_map(|h| &h.controllers).map(String::as_str).collect();
    mounted.extend(cgroups.unified.iter().flat_map(|u| &u.controllers).map(String::as_str));
    let there = if mounted.is_empty() { "none".to_owned() } else { mounted.join(", ") };
    let own = cgroups.unified.as_ref().and_then(|unified| unified.delegated.as_ref());
    let (whose, remedy) = match own {
        None => (
            "this host's cgroups have".to_owned(),
            format!(
                "/proc/cgroups says whether the kernel has {controller} and whether it is enabled (the kernel's \
                 command line can switch it on or off)"
            ),
        ),
        Some(own) => (
            format!("the cgroup {own}, which was handed to this launcher, has"),
            "the groups above it hand down no others: with systemd, `Delegate=yes` of the unit does"
                .to_owned(),
        ),
    };
    let problem = Diagnostic::error(
        "tinydocker::host::controller_missing",
        format!("{whose} no {controller} controller, which {} needs", origin.key),
    )
    .with_help(format!("controllers here: {there}; {remedy}"));
    let problem = origin.blame(problem, format!("needs the {controller} controller"));
    if !context.problems.contains(&problem) {
        context.problems.push(problem);
    }
}

fn enable_controllers(context: &Context<'_>, placed: &[Placed<'_>], steps: &mut Vec<Step<Prepare>>) {
    let in_v2 = || {
        placed.iter().filter_map(|placed| match placed.place {
            Place::V2(unified) => Some((placed, unified)),
            Place::V1(_) => None,
        })
    };
    let Some((first, unified)) = in_v2().next() else { return };
    let mut controllers: Vec<String> = Vec::new();
    for (placed, _) in in_v2() {
        if !controllers.iter().any(|c| c == placed.controller) {
            controllers.push(placed.controller.to_owned());
        }
    }
    if let Some(group) = &unified.delegated {
        let leaf = format!("{}/{LEAF}", group.trim_end_matches('/'));
        let operation = Prepare::LeaveGroup { group: group.clone(), leaf };
        steps.push(step(context, &first.keys, operation));
    }
    let mut paths = vec![unified.base().to_owned()];
    paths.extend(parents(context, unified.base()));
    for path in paths {
        let operation = Prepare::EnableControllers { path, controllers: controllers.clone() };
        steps.push(step(context, &first.keys, operation));
    }
}
