//! What limits say about each other.

use super::at;
use crate::diagnostic::Diagnostic;
use crate::profile::found::code;
use crate::profile::lexical::MemoryLimit;
use crate::profile::origins::Origins;
use crate::profile::path::KeyPath;
use crate::profile::raw::{Raw, RawCgroup};
use crate::profile::types::Limit;

/// Limits that contradict each other, or have no effect beside another.
pub fn contradictions(raw: &Raw, origins: &Origins, broken: &[KeyPath]) -> Vec<Diagnostic> {
    let Some(cgroup) = &raw.cgroup else { return Vec::new() };
    let mut problems = memory(cgroup, origins);
    problems.extend(idle(cgroup, origins));
    problems.extend(burst(cgroup, origins, broken));
    for (device, rates) in cgroup.io.iter().flatten() {
        let path = KeyPath::keys(["cgroup", "io", device]);
        let none = rates.read_bps.is_none()
            && rates.write_bps.is_none()
            && rates.read_iops.is_none()
            && rates.write_iops.is_none();
        if none && !broken.iter().any(|broken| broken.starts_with(&path)) {
            let problem = Diagnostic::error(code("missing_key"), format!("`{path}` says no limit")).with_help(
                "write one or more of read_bps = \"10m\", write_bps = \"10m\", read_iops = 1000, write_iops = 1000",
            );
            problems.push(at(origins, problem, &path.to_string(), "no rate in this table"));
        }
    }
    problems
}

fn conflict(
    origins: &Origins,
    message: String,
    (key, text): (&str, &str),
    (other, why): (&str, &str),
) -> Diagnostic {
    let diagnostic = at(origins, Diagnostic::error(code("conflict"), message), key, text);
    at(origins, diagnostic, other, why)
}

/// A guarantee or a brake above the bound itself.
fn memory(cgroup: &RawCgroup, origins: &Origins) -> Vec<Diagnostic> {
    let bytes = |limit: Option<MemoryLimit>| match limit?.0 {
        Limit::Value(bytes) => Some(bytes),
        Limit::Max => None,
    };
    let Some(bound) = bytes(cgroup.memory) else { return Vec::new() };
    let each = [
        (
            "memory_high",
            cgroup.memory_high,
            "would never act",
            "write less than `memory`, or remove one of the two",
        ),
        ("memory_low", cgroup.memory_low, "more than there may be", "write at most `memory`"),
        ("memory_min", cgroup.memory_min, "more than there may be", "write at most `memory`"),
    ];
    each.into_iter()
        .filter(|(_, limit, ..)| bytes(*limit).is_some_and(|bytes| bytes > bound))
        .map(|(name, _, label, help)| {
            let key = format!("cgroup.{name}");
            let message = format!("`{key}` is above `cgroup.memory`");
            conflict(origins, message, (&key, label), ("cgroup.memory", "the bound")).with_help(help)
        })
        .collect()
}

/// The kernel gives idle groups the smallest weight, and refuses to change it.
fn idle(cgroup: &RawCgroup, origins: &Origins) -> Option<Diagnostic> {
    let share = if cgroup.cpu_weight.is_some() {
        "cgroup.cpu_weight"
    } else if cgroup.cpu_shares.is_some() {
        "cgroup.cpu_shares"
    } else {
        return None;
    };
    cgroup.cpu_idle.filter(|idle| idle.0).map(|_| {
        let message = format!("`cgroup.cpu_idle` and `{share}` exclude each other");
        conflict(
            origins,
            message,
            ("cgroup.cpu_idle", "only when nothing else runs"),
            (share, "a share beside others"),
        )
        .with_help("remove one of the two")
    })
}

/// What is saved up is quota.
fn burst(cgroup: &RawCgroup, origins: &Origins, broken: &[KeyPath]) -> Option<Diagnostic> {
    let burst = cgroup.cpu_burst.filter(|burst| burst.0 > 0)?.0;
    let is_broken = |key| broken.contains(&KeyPath::keys(["cgroup", key]));
    let (key, quota) = match (cgroup.cpus, cgroup.cpu_quota.map(|quota| quota.0)) {
        (Some(cpus), _) => ("cgroup.cpus", Limit::Value(cpus.0)),
        (None, Some(quota)) => ("cgroup.cpu_quota", quota),
        (None, None) if is_broken("cpus") || is_broken("cpu_quota") => return None,
        (None, None) => {
            let message = "`cgroup.cpu_burst` without a quota saves nothing up";
            let problem = at(
                origins,
                Diagnostic::error(code("conflict"), message),
                "cgroup.cpu_burst",
                "needs `cpus` or `cpu_quota`",
            );
            return Some(problem.with_help("write `cpus`, such as cpus = 0.5, or `cpu_quota`"));
        }
    };
    match quota {
        Limit::Max => Some(
            conflict(
                origins,
                "`cgroup.cpu_burst` without a quota saves nothing up".into(),
                ("cgroup.cpu_burst", "part of the quota"),
                (key, "there is none"),
            )
            .with_help("write a quota, or remove `cpu_burst`"),
        ),
        Limit::Value(quota) if burst > quota => Some(
            conflict(
                origins,
                format!("`cgroup.cpu_burst` is above the quota of {quota} µs"),
                ("cgroup.cpu_burst", "more than the quota"),
                (key, "the quota"),
            )
            .with_help(format!("write at most {quota}")),
        ),
        Limit::Value(_) => None,
    }
}
