//! One name, one container.

use crate::common::{Running, Sandbox, eventually, is_alive, kill};
use nix::sys::signal::Signal;

#[test]
fn two_containers_run_side_by_side() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let profile = sandbox.profile(&["/probe", "wait"], "cgroup.pids = 5").display().to_string();
    let start = |suffix: &str| {
        let name = format!("{}-{suffix}", sandbox.name);
        let mut running = Running::start(sandbox.command(&["up", &profile, "--name", &name]));
        running.until("ready");
        running
    };
    let (one, two) = (start("one"), start("two"));
    assert_ne!(one.payload(), two.payload());
    assert_eq!(sandbox.records().len(), 2);
    for running in [one, two] {
        running.signal(Signal::SIGTERM);
        running.end().expect(137);
    }
}

#[test]
fn a_name_that_runs_is_refused_with_its_pid() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let mut running = sandbox.start(&["/probe", "wait"], "");
    running.until("ready");
    let second = sandbox.run(&["up", "profile.toml", "--error-format", "json"]).expect(125);
    let problem = second.diagnostic();
    assert_eq!(problem["code"], "tinydocker::engine::name_in_use");
    assert!(problem["message"].as_str().is_some_and(|m| m.contains(&running.pid().to_string())), "{problem}");
    assert_eq!(problem["labels"][0]["line"], 1, "{problem:#}");
    // The first one is none the worse.
    kill(running.payload(), Signal::SIGKILL).expect("the payload is alive");
    running.end().expect(137);
}

#[test]
fn a_killed_launcher_takes_its_container_along() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    // A user other than root: the change of user must not lose the signal of the parent's death.
    for user in ["0:0", "1000:1000"] {
        let mut running = sandbox.start(&["/probe", "wait"], &format!("user = {user:?}\ncgroup.pids = 9"));
        running.until("ready");
        let payload = running.payload();
        running.signal(Signal::SIGKILL);
        running.end();
        eventually("the payload's end", || (!is_alive(payload)).then_some(()));
        // The record stays for the next command; the same name works at once.
        assert_eq!(sandbox.records(), [sandbox.name.as_str()]);
        sandbox.up(&["/probe", "say", "again"], "").expect(0);
        assert!(sandbox.records().is_empty());
    }
}

#[test]
fn the_next_container_of_another_name_cleans_up() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let mut running = sandbox.start(&["/probe", "wait"], "cgroup.pids = 9");
    running.until("ready");
    running.signal(Signal::SIGKILL);
    running.end();
    assert!(!sandbox.groups().is_empty());
    let other = format!("{}-other", sandbox.name);
    let rootfs = sandbox.rootfs().display().to_string();
    sandbox.run(&["run", "--name", &other, "--rootfs", &rootfs, "/probe", "say", "hello"]).expect(0);
    assert_eq!(sandbox.left(), Vec::<String>::new());
}

#[test]
fn a_sweep_leaves_running_containers_alone() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let mut running = sandbox.start(&["/probe", "catch", "5", "TERM"], "");
    running.until("ready");
    let other = format!("{}-other", sandbox.name);
    let rootfs = sandbox.rootfs().display().to_string();
    sandbox.run(&["run", "--name", &other, "--rootfs", &rootfs, "/probe", "say", "hello"]).expect(0);
    running.signal(Signal::SIGTERM);
    let ended = running.end().expect(5);
    assert_eq!(ended.stdout, "ready\ngot SIGTERM\n");
}

#[test]
fn another_state_folder_can_not_take_a_running_containers_groups() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let mut running = sandbox.start(&["/probe", "wait"], "");
    running.until("ready");
    let elsewhere = sandbox.path("elsewhere").display().to_string();
    let arguments = ["up", "profile.toml", "--root", &elsewhere, "--error-format", "json"];
    let problem = sandbox.run(&arguments).expect(125).diagnostic();
    assert_eq!(problem["operation"], "make_group", "{problem:#}");
    assert_eq!(problem["errno"], "EEXIST");
    // And the first container still has its group, with its process in it.
    let groups = sandbox.groups();
    assert_eq!(groups.len(), 1);
    let inside = std::fs::read_to_string(groups[0].join("cgroup.procs")).expect("a group");
    assert_eq!(inside.trim(), running.payload().to_string());
}

#[test]
fn records_keep_secrets_and_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let mut running = sandbox.start(&["/probe", "facts", ",", "wait"], "env.DB_PASSWORD = \"hunter2\"");
    let facts = running.line();
    assert!(facts.contains("hunter2"), "the payload gets the value");
    running.until("ready");
    let record = sandbox.record(&sandbox.name);
    let folder = record.parent().expect("a folder").to_owned();
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).expect("a record").permissions().mode() & 0o7777;
    assert_eq!((mode(&folder), mode(&record)), (0o700, 0o600));
    let text = std::fs::read_to_string(record).expect("a record");
    assert!(text.contains("make_group") && !text.contains("hunter2"), "{text}");
    // Neither does the launcher show it to whoever may read its arguments.
    let line = std::fs::read(format!("/proc/{}/cmdline", running.pid())).expect("a launcher");
    assert!(!String::from_utf8_lossy(&line).contains("hunter2"));
}
