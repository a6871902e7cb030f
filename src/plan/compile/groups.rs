//! Cgroups: one tracking group for every container, and one group in each v1
//! hierarchy whose controllers limit something.
//!
//! Groups lie flat below their hierarchy's mount point, so that nothing shared with
//! other containers has to be made or left behind.

use super::Context;
use crate::diagnostic::Diagnostic;
use crate::host::{Hierarchy, Unified};
use crate::plan::weight::weight_of_shares;
use crate::plan::{Join, Prepare, Slot, Step};
use crate::profile::{CpuBandwidth, Limit};

/// The kernel's PID_MAX_LIMIT on 64-bit machines; pids.max takes no more.
const MOST_TASKS: u64 = 4 << 20;

/// The operations, and how PID 1 gets into what they make.
pub(super) struct Groups {
    pub(super) steps: Vec<Step<Prepare>>,
    pub(super) into_group: Option<Slot>,
    pub(super) join: Vec<Slot>,
}

/// A limit before it is known where its controller lies.
struct Wanted {
    controller: &'static str,
    /// The key that asked, and others that may have.
    keys: Vec<&'static str>,
    v1: (&'static str, Text),
    /// Absent where v2 has nothing to write.
    v2: Option<(&'static str, Text)>,
}

/// What is written and what the kernel answers.
struct Text {
    value: String,
    expect: String,
}

impl Text {
    fn same(value: impl ToString) -> Self {
        let value = value.to_string();
        Self { expect: value.clone(), value }
    }
}

/// Where a controller's files are.
enum Place<'a> {
    V1(&'a Hierarchy),
    V2(&'a Unified),
}

pub(super) fn compile(context: &mut Context<'_>) -> Groups {
    let mut groups = Groups { steps: Vec::new(), into_group: None, join: Vec::new() };
    let host = context.host;
    let wanted = wanted(context);
    let Some(tracking) = tracking(context) else { return groups };
    let tracking_path = match tracking {
        Place::V1(hierarchy) => group_path(context, &hierarchy.path),
        Place::V2(unified) => group_path(context, &unified.path),
    };

    let mut placed = Vec::new();
    for wanted in wanted {
        let v1 = host.cgroups.hierarchy(wanted.controller).map(Place::V1);
        let v2 = || {
            let unified = host.cgroups.unified.as_ref()?;
            unified.controllers.iter().any(|c| c == wanted.controller).then_some(Place::V2(unified))
        };
        match v1.or_else(v2) {
            Some(place) => placed.push((wanted, place)),
            None => missing_controller(context, &wanted),
        }
    }

    let join = if matches!(tracking, Place::V1(_)) { Join::Tasks } else { Join::Clone };
    let slot = Slot::group("tracking");
    groups.steps.push(context.ours(
        "cgroup.tracking",
        Prepare::MakeGroup { slot: slot.clone(), controllers: Vec::new(), path: tracking_path.clone(), join },
    ));
    match join {
        Join::Clone => groups.into_group = Some(slot.clone()),
        Join::Tasks => groups.join.push(slot.clone()),
    }

    enable_controllers(context, &placed, &mut groups.steps);
    let mut made = vec![(tracking_path, slot.clone())];
    let mut limits = Vec::new();
    for (wanted, place) in placed {
        let (folder, file_and_text) = match place {
            Place::V1(hierarchy) => (group_path(context, &hierarchy.path), Some(wanted.v1)),
            Place::V2(unified) => (group_path(context, &unified.path), wanted.v2),
        };
        let Some((file, text)) = file_and_text else { continue };
        let group = match (made.iter().find(|(path, _)| *path == folder), &place) {
            (Some((_, slot)), _) => slot.clone(),
            (None, Place::V2(_)) => unreachable!("the tracking group lies in the cgroup2 tree"),
            (None, Place::V1(hierarchy)) => {
                let slot = Slot::group(&hierarchy.controllers.join(","));
                let group = Prepare::MakeGroup {
                    slot: slot.clone(),
                    controllers: hierarchy.controllers.clone(),
                    path: folder.clone(),
                    join: Join::Tasks,
                };
                groups.steps.push(context.step(&wanted.keys, group));
                groups.join.push(slot.clone());
                made.push((folder.clone(), slot.clone()));
                slot
            }
        };
        let limit = Prepare::SetLimit {
            group,
            file: format!("{folder}/{file}"),
            value: text.value,
            expect: text.expect,
        };
        limits.push(context.step(&wanted.keys, limit));
    }
    groups.steps.extend(limits);
    groups
}

fn group_path(context: &Context<'_>, mount_point: &str) -> String {
    format!("{}/tinydocker-{}", mount_point.trim_end_matches('/'), context.profile.name)
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
    let origin = context.origin(&wanted.keys);
    let controller = wanted.controller;
    // One problem for each key: quota and period may both be of one.
    let cgroups = &context.host.cgroups;
    let mut mounted: Vec<&str> =
        cgroups.hierarchies.iter().flat_map(|h| &h.controllers).map(String::as_str).collect();
    mounted.extend(cgroups.unified.iter().flat_map(|u| &u.controllers).map(String::as_str));
    let there = if mounted.is_empty() { "none".to_owned() } else { mounted.join(", ") };
    let problem = Diagnostic::error(
        "tinydocker::host::controller_missing",
        format!("this host's cgroups have no {controller} controller, which {} needs", origin.key),
    )
    .with_help(format!(
        "controllers here: {there}; /proc/cgroups says whether the kernel has {controller} and whether it is \
         enabled (the kernel's command line can switch it on or off)"
    ));
    let problem = origin.blame(problem, format!("needs the {controller} controller"));
    if !context.problems.contains(&problem) {
        context.problems.push(problem);
    }
}

fn enable_controllers(context: &Context<'_>, placed: &[(Wanted, Place<'_>)], steps: &mut Vec<Step<Prepare>>) {
    let in_v2 = || {
        placed.iter().filter_map(|(wanted, place)| match place {
            Place::V2(unified) if wanted.v2.is_some() => Some((wanted, unified)),
            _ => None,
        })
    };
    let Some((first, unified)) = in_v2().next() else { return };
    let mut controllers: Vec<String> = Vec::new();
    for (wanted, _) in in_v2() {
        if !controllers.iter().any(|c| c == wanted.controller) {
            controllers.push(wanted.controller.to_owned());
        }
    }
    let operation = Prepare::EnableControllers { path: unified.path.clone(), controllers };
    steps.push(context.step(&first.keys, operation));
}

/// The limits of the profile, in the order in which they are written.
fn wanted(context: &mut Context<'_>) -> Vec<Wanted> {
    let cgroup = context.profile.cgroup;
    let mut wanted = Vec::new();
    wanted.extend(cgroup.memory.map(|limit| memory(limit, context.host.page_size)));
    wanted.extend(cgroup.pids.map(|limit| pids(context, limit)));
    wanted.extend(cgroup.cpu.into_iter().flat_map(bandwidth));
    wanted.extend(cgroup.cpu_shares.map(shares));
    wanted
}

/// Page counters round down, and call what exceeds them unlimited: v1 shows that as
/// the largest multiple of a page (mm/page_counter.c, `PAGE_COUNTER_MAX`).
fn memory(limit: Limit, page: u64) -> Wanted {
    let most = i64::MAX as u64 / page * page;
    let (v1, v2) = match limit {
        Limit::Value(bytes) if bytes < most => {
            let rounded = bytes / page * page;
            (Text::same(rounded), Text::same(rounded))
        }
        _ => (Text { value: "-1".into(), expect: most.to_string() }, Text::same("max")),
    };
    Wanted {
        controller: "memory",
        keys: vec!["cgroup.memory"],
        v1: ("memory.limit_in_bytes", v1),
        v2: Some(("memory.max", v2)),
    }
}

fn pids(context: &mut Context<'_>, limit: Limit) -> Wanted {
    let text = match limit {
        Limit::Value(tasks) => {
            if tasks > MOST_TASKS {
                let problem = Diagnostic::error(
                    "tinydocker::host::limit_too_large",
                    format!("cgroup.pids is {tasks}, and the kernel takes at most {MOST_TASKS}"),
                )
                .with_help("write \"max\" for no limit");
                let problem = context.origin(&["cgroup.pids"]).blame(problem, "too large");
                context.problems.push(problem);
            }
            tasks.to_string()
        }
        Limit::Max => "max".to_owned(),
    };
    Wanted {
        controller: "pids",
        keys: vec!["cgroup.pids"],
        v1: ("pids.max", Text::same(&text)),
        v2: Some(("pids.max", Text::same(&text))),
    }
}

/// v1 has a file each for period and quota, v2 one for both.
fn bandwidth(cpu: CpuBandwidth) -> [Wanted; 2] {
    let keys = |first: &'static str, second: &'static str| {
        if cpu.from_cpus { vec!["cgroup.cpus"] } else { vec![first, second] }
    };
    let (v1_quota, v2_quota) = match cpu.quota {
        Limit::Value(quota) => (quota.to_string(), quota.to_string()),
        Limit::Max => ("-1".to_owned(), "max".to_owned()),
    };
    [
        Wanted {
            controller: "cpu",
            keys: keys("cgroup.cpu_period", "cgroup.cpu_quota"),
            v1: ("cpu.cfs_period_us", Text::same(cpu.period)),
            v2: None,
        },
        Wanted {
            controller: "cpu",
            keys: keys("cgroup.cpu_quota", "cgroup.cpu_period"),
            v1: ("cpu.cfs_quota_us", Text::same(v1_quota)),
            v2: Some(("cpu.max", Text::same(format!("{v2_quota} {}", cpu.period)))),
        },
    ]
}

fn shares(shares: u64) -> Wanted {
    Wanted {
        controller: "cpu",
        keys: vec!["cgroup.cpu_shares"],
        v1: ("cpu.shares", Text::same(shares)),
        v2: Some(("cpu.weight", Text::same(weight_of_shares(shares)))),
    }
}
