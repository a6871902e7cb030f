//! Block I/O.

use super::{Setting, Text, Wanted};
use crate::diagnostic::Diagnostic;
use crate::host::{Disk, Weighing};
use crate::plan::compile::Context;
use crate::profile::{IoRates, quote_key};
use std::collections::BTreeMap;

/// The largest weight that BFQ knows.
const MOST_OF_BFQ: u64 = 1000;

/// Weights act under a scheduler that knows them only, and are numbers that nobody reads
/// without.
pub(super) fn weight(weight: u64, weighing: Option<Weighing>) -> Wanted {
    let weighing = weighing.unwrap_or_default();
    let bfq = |file, line: Option<&str>| {
        if !weighing.bfq {
            Setting::refused(
                "no disk of this host weighs I/O, so a weight would have no effect",
                "needs the BFQ scheduler",
                "choose BFQ for the disk: echo bfq > /sys/block/sda/queue/scheduler; or bound the rates with `io`",
            )
        } else if weight > MOST_OF_BFQ {
            Setting::refused(
                format!("BFQ, which weighs I/O on this host, knows weights up to {MOST_OF_BFQ}"),
                "too large for BFQ",
                format!("write at most {MOST_OF_BFQ}; ordinary is 100"),
            )
        } else {
            let (value, line) = (weight.to_string(), line.map(str::to_owned));
            let expect = line.as_ref().map_or_else(|| value.clone(), |line| format!("{line} {value}"));
            Setting::File(Text { file, value, expect, line })
        }
    };
    let v2 = if weighing.cost {
        let (value, expect) = (weight.to_string(), format!("default {weight}"));
        Setting::File(Text { file: "io.weight", value, expect, line: Some("default".into()) })
    } else {
        bfq("io.bfq.weight", Some("default"))
    };
    Wanted::new("io", "cgroup.io_weight", bfq("blkio.bfq.weight", None), v2)
}

/// The four rates of a disk: key, v1's file, v2's word.
const RATES: [(&str, &str, &str); 4] = [
    ("read_bps", "blkio.throttle.read_bps_device", "rbps"),
    ("write_bps", "blkio.throttle.write_bps_device", "wbps"),
    ("read_iops", "blkio.throttle.read_iops_device", "riops"),
    ("write_iops", "blkio.throttle.write_iops_device", "wiops"),
];

/// The smallest rate that `io.max` takes.
const LEAST_OF_V2: u64 = 2;

/// The bounds of all disks.
pub(super) fn rates(context: &mut Context<'_>) -> Vec<Wanted> {
    let profile = context.profile;
    let mut wanted = Vec::new();
    let mut named: BTreeMap<(u32, u32), &str> = BTreeMap::new();
    for (name, rates) in &profile.cgroup.io {
        let key = format!("cgroup.io.{}", quote_key(name));
        let (major, minor) = match context.host.resources.disks.get(name) {
            Some(Disk::Whole(major, minor)) => (*major, *minor),
            Some(Disk::None(why, help)) => {
                let problem = Diagnostic::error("tinydocker::host::disk_missing", why.clone());
                let problem = problem.with_help(help.clone());
                let problem = context.origin(&[&key]).blame(problem, "no disk");
                context.problems.push(problem);
                continue;
            }
            None => {
                let problem = Diagnostic::error(
                    "tinydocker::host::disk_missing",
                    format!("{name} was not looked for on this host"),
                );
                let problem = context.origin(&[&key]).blame(problem, "no disk is known");
                context.problems.push(problem);
                continue;
            }
        };
        if let Some(other) = named.insert((major, minor), name) {
            let problem = Diagnostic::error(
                "tinydocker::host::disk_twice",
                format!("{other} and {name} are one disk, {major}:{minor}"),
            )
            .with_help("write the limits of a disk under one of its names");
            let problem = context.origin(&[&key]).blame(problem, "this one");
            let other = format!("cgroup.io.{}", quote_key(other));
            let problem = context.origin(&[&other]).blame(problem, "and this one");
            context.problems.push(problem);
            continue;
        }
        wanted.extend(disk(&key, &format!("{major}:{minor}"), rates));
    }
    wanted
}

/// v1 has a file for each of the four, v2 one for all.
fn disk(key: &str, disk: &str, rates: &IoRates) -> Vec<Wanted> {
    let values = [rates.read_bps, rates.write_bps, rates.read_iops, rates.write_iops];
    let mut now = ["max".to_owned(), "max".to_owned(), "max".to_owned(), "max".to_owned()];
    let mut wanted = Vec::new();
    for (index, (name, v1, word)) in RATES.into_iter().enumerate() {
        let Some(value) = values[index] else { continue };
        now[index] = value.to_string();
        let all: Vec<String> =
            RATES.iter().zip(&now).map(|((_, _, word), value)| format!("{word}={value}")).collect();
        let text = |file, value: String, expect| {
            Setting::File(Text { file, value, expect, line: Some(disk.to_owned()) })
        };
        let line = format!("{disk} {value}");
        // blkcg's tg_set_limit(): 1 is what its parser has for "nothing was written".
        let v2 = if value < LEAST_OF_V2 {
            Setting::refused(
                format!("cgroup v2, which has the io controller here, takes no rate below {LEAST_OF_V2}"),
                "too small for cgroup v2",
                format!("write at least {LEAST_OF_V2}"),
            )
        } else {
            text("io.max", format!("{disk} {word}={value}"), format!("{disk} {}", all.join(" ")))
        };
        wanted.push(Wanted {
            controller: "io",
            keys: vec![format!("{key}.{name}").into()],
            v1: text(v1, line.clone(), line),
            v2,
        });
    }
    wanted
}
