//! CPU time, and which cores and memory nodes.

use super::{Setting, Wanted};
use crate::diagnostic::Diagnostic;
use crate::plan::compile::Context;
use crate::plan::weight::{shares_of_weight, weight_of_shares};
use crate::profile::{Cgroup, CpuBandwidth, Limit, Numbers};

/// The quota comes before what may be saved up of it.
pub(super) fn wanted(cgroup: &Cgroup) -> Vec<Wanted> {
    let mut wanted: Vec<Wanted> = cgroup.cpu.into_iter().flat_map(bandwidth).collect();
    wanted.extend(cgroup.cpu_burst.map(|burst| {
        let v1 = Setting::same("cpu.cfs_burst_us", burst);
        Wanted::new("cpu", "cgroup.cpu_burst", v1, Setting::same("cpu.max.burst", burst))
    }));
    wanted.extend(cgroup.cpu_weight.map(weight));
    wanted.extend(cgroup.cpu_shares.map(|shares| {
        let v2 = Setting::same("cpu.weight", weight_of_shares(shares));
        Wanted::new("cpu", "cgroup.cpu_shares", Setting::same("cpu.shares", shares), v2)
    }));
    wanted.extend(cgroup.cpu_idle.map(|idle| {
        let idle = || Setting::same("cpu.idle", u8::from(idle));
        Wanted::new("cpu", "cgroup.cpu_idle", idle(), idle())
    }));
    wanted
}

/// v1 has a file each for period and quota, v2 one for both.
fn bandwidth(cpu: CpuBandwidth) -> [Wanted; 2] {
    let keys = |first: &'static str, second: &'static str| {
        if cpu.from_cpus { vec!["cgroup.cpus".into()] } else { vec![first.into(), second.into()] }
    };
    let (v1_quota, v2_quota) = match cpu.quota {
        Limit::Value(quota) => (quota.to_string(), quota.to_string()),
        Limit::Max => ("-1".to_owned(), "max".to_owned()),
    };
    [
        Wanted {
            controller: "cpu",
            keys: keys("cgroup.cpu_period", "cgroup.cpu_quota"),
            v1: Setting::same("cpu.cfs_period_us", cpu.period),
            v2: Setting::Nothing,
        },
        Wanted {
            controller: "cpu",
            keys: keys("cgroup.cpu_quota", "cgroup.cpu_period"),
            v1: Setting::same("cpu.cfs_quota_us", v1_quota),
            v2: Setting::same("cpu.max", format!("{v2_quota} {}", cpu.period)),
        },
    ]
}

fn weight(weight: u64) -> Wanted {
    let v1 = Setting::refused(
        "cgroup v1, which has the cpu controller here, has shares and no weights",
        "needs cgroup v2",
        format!("write cpu_shares = {}, which is the same in both versions", shares_of_weight(weight)),
    );
    Wanted::new("cpu", "cgroup.cpu_weight", v1, Setting::same("cpu.weight", weight))
}

/// Cores and memory nodes, if this host has them all.
pub(super) fn cpuset(context: &mut Context<'_>) -> Vec<Wanted> {
    let cgroup = &context.profile.cgroup;
    let resources = &context.host.resources;
    let each = [
        ("cgroup.cpuset_cpus", "cpuset.cpus", &cgroup.cpuset_cpus, &resources.cores, "core"),
        ("cgroup.cpuset_mems", "cpuset.mems", &cgroup.cpuset_mems, &resources.nodes, "memory node"),
    ];
    let mut wanted = Vec::new();
    for (key, file, asked, there, what) in each {
        let Some(asked) = asked else { continue };
        if let Some(there) = there {
            lacking(context, key, asked, there, what);
        }
        let list = || Setting::same(file, asked);
        wanted.push(Wanted::new("cpuset", key, list(), list()));
    }
    wanted
}

fn lacking(context: &mut Context<'_>, key: &'static str, asked: &Numbers, there: &Numbers, what: &str) {
    let lacks = asked.without(there);
    if lacks.is_empty() {
        return;
    }
    let problem = Diagnostic::error(
        "tinydocker::host::core_missing",
        format!("this host has no {what} {lacks}, which {key} names"),
    )
    .with_help(format!("{what}s here: {there}"));
    let problem = context.origin(&[key]).blame(problem, format!("{lacks} is not online here"));
    context.problems.push(problem);
}
