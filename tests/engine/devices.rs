//! `devices`: nodes, and who may open what.

use crate::common::{Need, Running, Sandbox, cgroups};
use nix::sys::stat::{Mode, SFlag, makedev, mknod};
use std::fs;

/// The kernel's log, which is none of the devices that every container has.
const KMSG: (u64, u64) = (1, 11);

/// A node of the host's, in the sandbox.
fn node(sandbox: &Sandbox, name: &str, mode: u32) -> String {
    let path = sandbox.path(name);
    mknod(&path, SFlag::S_IFCHR, Mode::from_bits_truncate(mode), makedev(KMSG.0, KMSG.1)).expect("a node");
    std::os::unix::fs::chown(&path, Some(0), Some(44)).expect("a group");
    path.display().to_string()
}

const TRY: [&str; 12] = [
    "/probe",
    "stat",
    "/dev/net/log",
    ",",
    "try",
    "open-to-write",
    "/dev/net/log",
    ",",
    "try",
    "read",
    "/dev/net/log",
    ",",
];

/// The name in probe's words that opens what every container has.
const REST: [&str; 3] = ["try", "write", "/dev/null"];

fn up(sandbox: &Sandbox, rest: &str, under: Option<&str>) -> crate::common::Ended {
    let words = [&TRY[..], &REST[..]].concat();
    sandbox.profile(&words, rest);
    let command = match under {
        Some(word) => sandbox.command_under(&[word], &["up", "profile.toml"]),
        None => sandbox.command(&["up", "profile.toml"]),
    };
    Running::start(command).end().expect(0)
}

#[track_caller]
fn bounded(sandbox: &Sandbox, source: &str, under: Option<&str>) {
    let rest =
        |access: &str| format!("devices.\"/dev/net/log\" = {{ source = {source:?}, access = {access:?} }}");
    let ended = up(sandbox, &rest("w"), under);
    let lines = ended.lines();
    assert!(
        lines[0].contains("\"device\":[1,11],\"kind\":\"device\",\"mode\":\"0640\",\"owner\":[0,44]"),
        "{ended:?}"
    );
    assert_eq!(
        lines[1..],
        ["open-to-write /dev/net/log ok", "read /dev/net/log EPERM", "write /dev/null ok"]
    );
    // Read-only, as the host's log is read without waiting.
    let ended = up(sandbox, &rest("rm"), under);
    assert_eq!(ended.lines()[1], "open-to-write /dev/net/log EPERM", "{ended:?}");
}

#[test]
fn a_device_can_be_used_as_far_as_it_was_given() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let source = node(&sandbox, "log", 0o640);
    bounded(&sandbox, &source, None);
    assert_eq!(sandbox.left(), Vec::<String>::new());
}

#[test]
fn cgroup_v2_bounds_devices_by_a_program() {
    let Some(sandbox) = Sandbox::new(&[Need::Unified]) else { return };
    let source = node(&sandbox, "log", 0o640);
    // A v1 controller would be used: in the launcher's mount namespace it is taken away.
    let under = cgroups::controller("devices").map(|v1| format!("without={}", v1.root.display()));
    bounded(&sandbox, &source, under.as_deref());
    let command = match &under {
        Some(word) => sandbox.command_under(&[word], &["plan", "profile.toml"]),
        None => sandbox.command(&["plan", "profile.toml"]),
    };
    let plan = Running::start(command).end().expect(0).stdout;
    assert!(plan.contains("filter_devices") && !plan.contains("allow_devices"), "{plan}");
}

#[test]
fn the_kernel_s_list_is_the_plan_s() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    // cgroup v2 has no list; what its program does is tested above.
    let Some(v1) = cgroups::controller("devices") else { return };
    let source = node(&sandbox, "log", 0o640);
    let rest = format!("devices.\"/dev/log\" = {{ source = {source:?}, access = \"r\" }}");
    let mut running = sandbox.start(&["/probe", "wait"], &rest);
    running.until("ready");
    let group = v1.root.join(format!("tinydocker-{}", sandbox.name));
    let list = fs::read_to_string(group.join("devices.list")).expect("a list");
    let mut lines: Vec<&str> = list.lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "c 136:* rwm",
            "c 1:11 rm",
            "c 1:3 rwm",
            "c 1:5 rwm",
            "c 1:7 rwm",
            "c 1:8 rwm",
            "c 1:9 rwm",
            "c 5:0 rwm",
            "c 5:1 rwm",
            "c 5:2 rwm"
        ]
    );
    let inside = fs::read_to_string(group.join("cgroup.procs")).expect("processes");
    assert_eq!(inside.trim(), running.payload().to_string());
}

#[test]
fn who_makes_nodes_opens_those_of_the_list_only() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let words = ["/probe", "try", "mknod", "/dev/made", ",", "try", "write", "/dev/made"];
    let ended = sandbox.up(&words, "security.capabilities = { MKNOD = true }").expect(0);
    assert_eq!(ended.lines(), ["mknod /dev/made ok", "write /dev/made ok"]);
    // No key asks for it: no group is made.
    let plan = sandbox.profile(&words, "").display().to_string();
    let plan = sandbox.run(&["plan", &plan]).expect(0).stdout;
    assert!(!plan.contains("allow_devices") && !plan.contains("group:devices"), "{plan}");
}

#[test]
fn the_flag_is_docker_s() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let source = node(&sandbox, "log", 0o600);
    let rootfs = sandbox.rootfs().display().to_string();
    let device = format!("{source}:/dev/net/log:w");
    let arguments = ["run", "--name", &sandbox.name, "--rootfs", &rootfs, "--device", &device, "/probe"];
    let words = ["try", "open-to-write", "/dev/net/log", ",", "try", "read", "/dev/net/log"];
    let ended = sandbox.run(&[&arguments[..], &words[..]].concat()).expect(0);
    assert_eq!(ended.lines(), ["open-to-write /dev/net/log ok", "read /dev/net/log EPERM"]);
}

#[test]
fn devices_that_are_not_there() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let problem = |rest: &str| {
        sandbox.profile(&["/probe", "ls", "/dev/x"], rest);
        sandbox.run(&["up", "profile.toml", "--error-format", "json"]).expect(125).diagnostic()
    };
    let found = problem("devices.\"/dev/x\" = \"rw\"");
    assert_eq!(
        (&found["code"], &found["labels"][0]["line"]),
        (&"tinydocker::host::device_missing".into(), &4.into())
    );
    let found = problem("devices.\"/dev/x\" = { source = \"/etc\" }");
    assert_eq!(found["code"], "tinydocker::host::not_a_device", "{found:#}");
    let found = problem(
        "devices.\"/dev/x/y\" = { source = \"/dev/null\" }\nmounts.\"/dev/x\" = { type = \"tmpfs\" }",
    );
    assert_eq!(found["code"], "tinydocker::plan::device_below_mount", "{found:#}");
    let ended = sandbox.up(&["/probe", "ls", "/dev/x"], "devices.\"/dev/x\" = { optional = true }").expect(0);
    assert_eq!(ended.lines(), ["ls /dev/x ENOENT"]);
}

#[test]
fn a_bind_of_a_device_is_told_of_devices() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.profile(&["/probe", "facts"], "mounts = [\"/dev/null:/n\"]");
    for command in ["up", "check"] {
        let ended = sandbox.run(&[command, "profile.toml"]);
        assert!(ended.stderr.contains("`devices`") || ended.stdout.contains("`devices`"), "{ended:?}");
    }
}
