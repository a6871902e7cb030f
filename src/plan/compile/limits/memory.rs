//! Memory and swap.

use super::{Setting, Text, Wanted};
use crate::profile::{Cgroup, Limit};

/// Memory first: what bounds memory and swap together may not be below it.
pub(super) fn wanted(cgroup: &Cgroup, page: u64) -> Vec<Wanted> {
    let mut wanted = Vec::new();
    let memory = |key, limit: Option<Limit>, v1: fn(Limit, u64) -> Setting, v2: &'static str| {
        let limit = limit?;
        Some(Wanted::new("memory", key, v1(limit, page), Setting::same(v2, of_v2(limit, page))))
    };
    wanted.extend(memory("cgroup.memory", cgroup.memory, bound, "memory.max"));
    wanted.extend(cgroup.swap.map(|limit| swap(limit, cgroup.memory, page)));
    wanted.extend(memory("cgroup.memory_high", cgroup.memory_high, no_high, "memory.high"));
    wanted.extend(memory("cgroup.memory_low", cgroup.memory_low, soft_limit, "memory.low"));
    wanted.extend(memory("cgroup.memory_min", cgroup.memory_min, no_min, "memory.min"));
    wanted
}

/// Page counters round down, and call what exceeds them unlimited: v1 shows that as
/// the largest multiple of a page (mm/page_counter.c, `PAGE_COUNTER_MAX`).
fn most(page: u64) -> u64 {
    i64::MAX as u64 / page * page
}

fn of_v1(file: &'static str, limit: Limit, page: u64) -> Setting {
    match limit {
        Limit::Value(bytes) if bytes < most(page) => Setting::same(file, bytes / page * page),
        _ => Setting::File(Text { file, value: "-1".into(), expect: most(page).to_string(), line: None }),
    }
}

fn of_v2(limit: Limit, page: u64) -> String {
    match limit {
        Limit::Value(bytes) if bytes < most(page) => (bytes / page * page).to_string(),
        _ => "max".into(),
    }
}

fn bound(limit: Limit, page: u64) -> Setting {
    of_v1("memory.limit_in_bytes", limit, page)
}

fn soft_limit(limit: Limit, page: u64) -> Setting {
    of_v1("memory.soft_limit_in_bytes", limit, page)
}

fn no_high(_: Limit, _: u64) -> Setting {
    Setting::refused(
        "cgroup v1, which has the memory controller here, can't slow a container down by its memory",
        "needs cgroup v2",
        "remove `memory_high`; `memory` is the bound itself, and is there in both versions",
    )
}

fn no_min(_: Limit, _: u64) -> Setting {
    Setting::refused(
        "cgroup v1, which has the memory controller here, can't guarantee memory",
        "needs cgroup v2",
        "write `memory_low`: v1 tries to keep that much, as its soft limit",
    )
}

/// v1 bounds the sum of memory and swap.
fn swap(swap: Limit, memory: Option<Limit>, page: u64) -> Wanted {
    const FILE: &str = "memory.memsw.limit_in_bytes";
    let refused = |message: &str, label: &str| {
        Setting::refused(message, label, "write `memory` as a size, or swap = \"max\"")
    };
    let v1 = match (swap, memory) {
        (Limit::Max, _) => of_v1(FILE, Limit::Max, page),
        (Limit::Value(swap), Some(Limit::Value(memory))) => {
            let sum = (memory / page * page).saturating_add(swap / page * page);
            of_v1(FILE, Limit::Value(sum), page)
        }
        (Limit::Value(_), None) => refused(
            "cgroup v1 bounds memory and swap together, and no bound of memory is written",
            "needs `memory`",
        ),
        (Limit::Value(_), Some(Limit::Max)) => refused(
            "cgroup v1 bounds memory and swap together, and memory is without bound",
            "needs a bound of memory",
        ),
    };
    let v2 = Setting::same("memory.swap.max", of_v2(swap, page));
    Wanted::new("memory", "cgroup.swap", v1, v2)
}
