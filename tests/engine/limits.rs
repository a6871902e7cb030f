//! `cgroup.*`: in the kernel's files, and where it bites.

use crate::common::{Need, Sandbox, hierarchy};
use std::fs;

const V1: [Need; 3] = [Need::ControllerV1("memory"), Need::ControllerV1("pids"), Need::ControllerV1("cpu")];

/// What a limit's file says while the container runs.
fn limit(sandbox: &Sandbox, controller: &str, file: &str) -> String {
    let group = hierarchy(controller).expect("a need").join(format!("tinydocker-{}", sandbox.name));
    let path = group.join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).trim().to_owned()
}

fn in_group(sandbox: &Sandbox, pid: i32, controller: &str) -> bool {
    let groups = fs::read_to_string(format!("/proc/{pid}/cgroup")).expect("the payload is alive");
    groups.lines().any(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        fields.next().is_some_and(|names| names.split(',').any(|name| name == controller))
            && fields.next() == Some(&format!("/tinydocker-{}", sandbox.name))
    })
}

#[test]
fn every_limit_stands_in_the_kernels_file() {
    let Some(sandbox) = Sandbox::new(&V1) else { return };
    let limits =
        "[cgroup]\nmemory = \"64m\"\npids = 20\ncpu_quota = 30000\ncpu_period = 50000\ncpu_shares = 512";
    let mut running = sandbox.start(&["/probe", "wait"], limits);
    running.until("ready");
    assert_eq!(limit(&sandbox, "memory", "memory.limit_in_bytes"), (64 << 20).to_string());
    assert_eq!(limit(&sandbox, "pids", "pids.max"), "20");
    assert_eq!(limit(&sandbox, "cpu", "cpu.cfs_quota_us"), "30000");
    assert_eq!(limit(&sandbox, "cpu", "cpu.cfs_period_us"), "50000");
    assert_eq!(limit(&sandbox, "cpu", "cpu.shares"), "512");
    for controller in ["memory", "pids", "cpu"] {
        assert!(in_group(&sandbox, running.payload(), controller), "{controller}");
    }
    // The tracking group, in the cgroup2 tree or with the freezer.
    assert!(["", "freezer"].iter().any(|name| in_group(&sandbox, running.payload(), name)));
}

#[test]
fn cpus_are_a_quota_of_the_period() {
    let Some(sandbox) = Sandbox::new(&V1) else { return };
    let mut running = sandbox.start(&["/probe", "wait"], "cgroup.cpus = 0.25");
    running.until("ready");
    assert_eq!(limit(&sandbox, "cpu", "cpu.cfs_quota_us"), "25000");
    assert_eq!(limit(&sandbox, "cpu", "cpu.cfs_period_us"), "100000");
}

#[test]
fn limits_come_from_flags_and_set_as_well() {
    let Some(sandbox) = Sandbox::new(&V1) else { return };
    let profile = sandbox.profile(&["/probe", "wait"], "[cgroup]\nmemory = \"64m\"\npids = 20");
    let profile = profile.display().to_string();
    let flags =
        ["--memory", "96m", "--cpu-cfs-quota", "20000", "--cpu-share", "256", "--set", "cgroup.pids=33"];
    let arguments = [&["up", &profile], &flags[..]].concat();
    let mut running = crate::common::Running::start(sandbox.command(&arguments));
    running.until("ready");
    assert_eq!(limit(&sandbox, "memory", "memory.limit_in_bytes"), (96 << 20).to_string());
    assert_eq!(limit(&sandbox, "pids", "pids.max"), "33");
    assert_eq!(limit(&sandbox, "cpu", "cpu.cfs_quota_us"), "20000");
    assert_eq!(limit(&sandbox, "cpu", "cpu.shares"), "256");
}

#[test]
fn max_lifts_a_limit() {
    let Some(sandbox) = Sandbox::new(&V1) else { return };
    let mut running =
        sandbox.start(&["/probe", "wait"], "[cgroup]\nmemory = \"max\"\npids = \"max\"\ncpu_quota = \"max\"");
    running.until("ready");
    let unlimited: u64 = limit(&sandbox, "memory", "memory.limit_in_bytes").parse().expect("a number");
    assert!(unlimited > 1 << 60, "{unlimited}");
    assert_eq!(limit(&sandbox, "pids", "pids.max"), "max");
    assert_eq!(limit(&sandbox, "cpu", "cpu.cfs_quota_us"), "-1");
}

#[test]
fn a_container_without_limits_has_the_tracking_group_only() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let mut running = sandbox.start(&["/probe", "wait"], "");
    running.until("ready");
    let groups = sandbox.groups();
    assert_eq!(groups.len(), 1, "{groups:?}");
    let processes = fs::read_to_string(groups[0].join("cgroup.procs")).expect("a group");
    assert_eq!(processes.trim(), running.payload().to_string());
}

#[test]
fn a_fork_above_the_limit_is_refused() {
    let Some(sandbox) = Sandbox::new(&V1) else { return };
    let ended = sandbox.up(&["/probe", "fork", "50"], "cgroup.pids = 8").expect(0);
    assert_eq!(ended.stdout.trim(), "forked 7, then EAGAIN", "PID 1 is the eighth");
    sandbox.up(&["/probe", "fork", "50"], "cgroup.pids = 64").expect(0);
}

#[test]
fn memory_above_the_limit_is_named() {
    let Some(sandbox) = Sandbox::new(&V1) else { return };
    let eat = |bytes: &str| sandbox.up(&["/probe", "eat", bytes], "[cgroup]\nmemory = \"24m\"");
    assert_eq!(eat("8388608").expect(0).stdout, "ate 8388608\n");
    let ended = eat("67108864").expect(137);
    assert_eq!(ended.stdout, "");
    let message = &ended.stderr;
    for part in ["out of memory", "cgroup.memory", "24 MiB", "profile.toml:5"] {
        assert!(message.contains(part), "{part} is not in {message}");
    }
}

#[test]
fn a_quota_bites() {
    let Some(sandbox) = Sandbox::new(&V1) else { return };
    let share = |rest: &str| {
        let value = sandbox.up(&["/probe", "spin", "600"], rest).expect(0).value();
        value["used"].as_f64().expect("a number") / value["passed"].as_f64().expect("a number")
    };
    let limited = share("cgroup.cpus = 0.2");
    assert!(limited < 0.35, "a fifth of a core was asked for, {limited:.2} given");
}
