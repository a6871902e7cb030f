//! Where a container's groups lie, and that they go whatever is in them.

use crate::common::cgroups::{controller, hand_over, is_in, is_v2, read, unified};
use crate::common::{Need, Running, Sandbox, eventually, is_alive};
use nix::sys::signal::Signal;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

const NEEDS: [Need; 3] = [Need::Controller("memory"), Need::Controller("pids"), Need::Controller("cpuset")];

fn root(name: &str) -> PathBuf {
    controller(name).expect("a need").root
}

#[test]
fn a_parent_is_made_and_goes_with_its_last_container() {
    let Some(sandbox) = Sandbox::new(&NEEDS) else { return };
    let parent = format!("tinydocker-{}-a/tinydocker-{}-b", sandbox.name, sandbox.name);
    let rest = format!("[cgroup]\nparent = \"/{parent}/\"\npids = 20\ncpuset_mems = \"0\"");
    let mut running = sandbox.start(&["/probe", "wait"], &rest);
    running.until("ready");
    assert_eq!(read(&sandbox.group_below("pids", &parent), "pids.max"), "20");
    let cpuset = sandbox.group_below("cpuset", &parent);
    assert_eq!(read(&cpuset, "cpuset.mems"), "0");
    let of_root = |v1, v2| read(&root("cpuset"), if is_v2() { v2 } else { v1 });
    let cores = read(&cpuset, if is_v2() { "cpuset.cpus.effective" } else { "cpuset.cpus" });
    assert_eq!(cores, of_root("cpuset.cpus", "cpuset.cpus.effective"));
    let own = format!("/{parent}/tinydocker-{}", sandbox.name);
    let everywhere = ["pids", "cpuset"].iter().chain(unified().is_some().then_some(&""));
    for name in everywhere {
        assert!(is_in(running.payload(), name, &own), "{}", running.payload_file("cgroup"));
    }

    // Another container below it keeps it.
    let name = format!("{}-other", sandbox.name);
    let rootfs = sandbox.rootfs().display().to_string();
    let before = ["run", "--name", &name, "--rootfs", &rootfs];
    let limits = ["--cgroup-parent", &parent, "--pids-limit", "9"];
    let mut other =
        Running::start(sandbox.command(&[&before[..], &limits[..], &["/probe", "wait"]].concat()));
    other.until("ready");
    drop(running);
    assert_eq!(read(&root("pids").join(&parent).join(format!("tinydocker-{name}")), "pids.max"), "9");
    let still_there = root("cpuset").join(&parent).exists();
    assert_eq!(still_there, is_v2(), "it goes where nobody uses it any more, and stays where it is used");
    drop(other);
    assert_eq!(sandbox.left(), Vec::<String>::new());
}

#[test]
fn a_parent_that_was_there_stays() {
    let Some(sandbox) = Sandbox::new(&NEEDS) else { return };
    let parent = format!("tinydocker-{}-theirs", sandbox.name);
    let pids = root("pids").join(&parent);
    fs::create_dir(&pids).expect("a group");
    let mode = fs::metadata(&pids).expect("a group").mode();
    let ended =
        sandbox.up(&["/probe", "say", "hello"], &format!("[cgroup]\nparent = \"{parent}\"\npids = 20"));
    let still = fs::metadata(&pids).map(|it| it.mode());
    let left = sandbox.groups();
    fs::remove_dir(&pids).expect("it is still there, and empty");
    ended.expect(0);
    assert_eq!(still.ok(), Some(mode));
    assert_eq!(left, [pids], "in the other hierarchies it was made, and is gone");
}

#[test]
fn containers_come_and_go_in_one_parent_at_once() {
    let Some(sandbox) = Sandbox::new(&[Need::Controller("pids")]) else { return };
    let parent = format!("tinydocker-{}-p", sandbox.name);
    let rootfs = sandbox.rootfs().display().to_string();
    let runs = |lane: u32| {
        for _ in 0..12 {
            let name = format!("{}-{lane}", sandbox.name);
            let limits = ["--cgroup-parent", &parent, "--pids-limit", "20"];
            let arguments =
                [&["run", "--name", &name, "--rootfs", &rootfs], &limits[..], &["/probe", "say", "hello"]]
                    .concat();
            sandbox.run(&arguments).expect(0);
        }
    };
    std::thread::scope(|scope| {
        for lane in 0..3 {
            scope.spawn(move || runs(lane));
        }
    });
}

/// A process of the test's in a group of its own, until this goes.
struct Occupied {
    group: PathBuf,
    child: std::process::Child,
}

impl Occupied {
    fn new(group: PathBuf) -> Self {
        fs::create_dir(&group).expect("a group");
        let child = std::process::Command::new("sleep").arg("1000").spawn().expect("sleep");
        fs::write(group.join("cgroup.procs"), child.id().to_string()).expect("a process can be moved");
        Self { group, child }
    }
}

impl Drop for Occupied {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir(&self.group);
    }
}

/// The rule of cgroup v2: a group with processes of its own does not limit groups below.
#[test]
fn a_parent_with_processes_of_its_own_is_refused_where_that_matters() {
    let Some(sandbox) = Sandbox::new(&[Need::Controller("pids"), Need::Host("sleep")]) else { return };
    let parent = format!("tinydocker-{}-busy", sandbox.name);
    let occupied = Occupied::new(root("pids").join(&parent));
    let rest = format!("[cgroup]\nparent = \"{parent}\"\npids = 20");
    sandbox.profile(&["/probe", "say", "hello"], &rest);
    let ended = sandbox.run(&["up", "profile.toml", "--error-format", "json"]);
    let without = sandbox.up(&["/probe", "say", "hello"], &format!("cgroup.parent = \"{parent}\""));
    let sleeper = occupied.child.id();
    drop(occupied);
    without.expect(0);
    if !is_v2() {
        ended.expect(0);
        return;
    }
    let problem = ended.expect(125).diagnostic();
    assert_eq!(problem["operation"], "enable_controllers", "{problem:#}");
    assert_eq!(problem["errno"], "EBUSY", "{problem:#}");
    assert_eq!(problem["labels"][0]["line"], 6, "{problem:#}");
    let help = problem["help"].as_str().unwrap_or_default();
    for part in ["cgroup.parent", "processes of its own", &format!("sleep ({sleeper})")] {
        assert!(help.contains(part), "{part} is not in {help}");
    }
}

/// Containers share the host's pid namespace here: nothing goes with PID 1.
const HOST_PIDS: &str = "namespaces.pid = \"host\"\ncgroup.pids = 20";

#[test]
fn what_the_command_leaves_running_goes_with_its_groups() {
    let Some(sandbox) = Sandbox::new(&[Need::Controller("pids")]) else { return };
    let ended = sandbox.up(&["/probe", "daemon", ",", "daemon"], HOST_PIDS).expect(0);
    let pids = ended.stdout.lines().map(|line| line.strip_prefix("daemon ").expect("its number"));
    let pids: Vec<i32> = pids.map(|pid| pid.parse().expect("a number")).collect();
    assert_eq!(pids.len(), 2, "{ended:?}");
    assert!(!pids.iter().any(|pid| is_alive(*pid)), "{pids:?}");
    assert_eq!(sandbox.left(), Vec::<String>::new());
}

/// The groups that hold everything of the container: the tracking group, and others.
fn groups_of(sandbox: &Sandbox) -> Vec<PathBuf> {
    let groups = sandbox.groups();
    assert!(!groups.is_empty(), "the container runs");
    groups
}

fn children(sandbox: &Sandbox, running: &Running) -> Vec<i32> {
    let group = sandbox.group("pids");
    let all = read(&group, "cgroup.procs");
    all.lines().filter_map(|pid| pid.parse().ok()).filter(|pid| *pid != running.payload()).collect()
}

#[test]
fn groups_below_the_containers_go_with_it() {
    let Some(sandbox) = Sandbox::new(&[Need::Controller("pids")]) else { return };
    let mut running = sandbox.start(&["/probe", "fork", "3", ",", "wait"], HOST_PIDS);
    running.until("ready");
    let children = children(&sandbox, &running);
    assert_eq!(children.len(), 3);
    for group in groups_of(&sandbox) {
        let deep = group.join("below/deeper");
        fs::create_dir_all(&deep).expect("groups below");
        for (child, place) in children.iter().zip([&deep, &group.join("below"), &deep]) {
            fs::write(place.join("cgroup.procs"), child.to_string()).expect("a process can be moved");
        }
    }
    running.signal(Signal::SIGKILL);
    running.end();
    // Now the next command clears up after the launcher.
    sandbox.up(&["/probe", "say", "hello"], "").expect(0);
    assert!(!children.iter().any(|pid| is_alive(*pid)), "{children:?}");
    assert_eq!(sandbox.left(), Vec::<String>::new());
}

/// The file that freezes a group, with what it takes and says; none where nothing does.
fn freezer(group: &Path) -> Option<(PathBuf, &'static str)> {
    let v2 = group.join("cgroup.freeze");
    let v1 = group.join("freezer.state");
    if v2.exists() { Some((v2, "1")) } else { v1.exists().then_some((v1, "FROZEN")) }
}

fn freeze(sandbox: &Sandbox) {
    let files: Vec<_> = groups_of(sandbox).iter().filter_map(|group| freezer(group)).collect();
    assert!(!files.is_empty(), "a tracking group can be frozen in every layout");
    for (file, word) in files {
        fs::write(&file, word).expect("a group can be frozen");
        let state = file.with_file_name(if word == "1" { "cgroup.events" } else { "freezer.state" });
        let frozen = if word == "1" { "frozen 1" } else { "FROZEN" };
        eventually("frost", || fs::read_to_string(&state).ok()?.contains(frozen).then_some(()));
    }
}

#[test]
fn a_frozen_container_can_be_ended() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        let mut running = sandbox.start(&["/probe", "wait"], "");
        running.until("ready");
        let payload = running.payload();
        freeze(&sandbox);
        running.signal(signal);
        running.end();
        // A launcher that was killed leaves that to the next command.
        sandbox.up(&["/probe", "say", "hello"], "").expect(0);
        eventually("the payload's end", || (!is_alive(payload)).then_some(()));
        assert_eq!(sandbox.left(), Vec::<String>::new(), "{signal}");
    }
}

#[test]
fn a_frozen_command_is_killed_when_its_time_is_up() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let mut running = sandbox.start(&["/probe", "catch", "5", "TERM"], "stop_timeout = \"200ms\"");
    running.until("ready");
    freeze(&sandbox);
    running.signal(Signal::SIGTERM);
    let ended = running.end().expect(137);
    assert_eq!(ended.stdout, "ready\n");
    assert!(ended.stderr.contains("did not end within 0.2 s"), "{}", ended.stderr);
}

/// A group as systemd makes it for a scope or a service, until this goes.
struct Scope(PathBuf);

impl Scope {
    fn new(sandbox: &Sandbox, mark: Option<&str>) -> Self {
        let group = unified().expect("a need").join(format!("tinydocker-{}-scope", sandbox.name));
        fs::create_dir(&group).expect("a group");
        if is_v2() {
            // systemd enables all on the way to a group that it hands over.
            let control = group.with_file_name("cgroup.subtree_control");
            fs::write(control, "+memory +pids").expect("controllers can be enabled");
        }
        let scope = Self(group);
        if let Some(mark) = mark {
            hand_over(&scope.0, mark);
        }
        scope
    }

    fn leaf(&self) -> PathBuf {
        self.0.join("tinydocker-launchers")
    }

    /// The program, started in the scope; in the leaf once there is one, as by another
    /// launcher there: v2 takes no process into the scope itself any more.
    fn command(&self, sandbox: &Sandbox, arguments: &[&str]) -> std::process::Command {
        let leaf = self.leaf();
        let group = if leaf.exists() { &leaf } else { &self.0 };
        sandbox.command_under(&[&format!("group={}", group.display())], arguments)
    }

    fn up(&self, sandbox: &Sandbox) -> Running {
        Running::start(self.command(sandbox, &["up", "profile.toml", "--error-format", "json"]))
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        let _ = fs::remove_dir(self.leaf());
        let _ = fs::remove_dir(&self.0);
    }
}

const LIMITED: &str = "[cgroup]\nmemory = \"64m\"\npids = 20";

#[test]
fn a_group_that_was_handed_over_holds_the_containers() {
    let Some(sandbox) = Sandbox::new(&[Need::Unified, Need::Controller("pids"), Need::Controller("memory")])
    else {
        return;
    };
    sandbox.profile(&["/probe", "wait"], LIMITED);
    for mark in ["trusted.delegate", "user.delegate"] {
        let scope = Scope::new(&sandbox, Some(mark));
        let own = format!("/tinydocker-{0}-scope/tinydocker-{0}", sandbox.name);
        // The second finds the leaf that the first has left.
        for _ in 0..2 {
            let mut running = scope.up(&sandbox);
            running.until("ready");
            assert!(is_in(running.payload(), "", &own), "{}", running.payload_file("cgroup"));
            let group = if is_v2() {
                scope.0.join(format!("tinydocker-{}", sandbox.name))
            } else {
                sandbox.group("pids")
            };
            assert_eq!(read(&group, "pids.max"), "20");
            // The launcher makes room only where controllers are enabled.
            let launcher = if is_v2() { scope.leaf() } else { scope.0.clone() };
            assert_eq!(read(&launcher, "cgroup.procs"), running.pid().to_string());
            drop(running);
            let below = fs::read_dir(&scope.0).expect("the scope").filter_map(Result::ok);
            let left: Vec<_> = below.filter(|it| it.path().is_dir()).map(|it| it.path()).collect();
            assert!(left.iter().all(|path| *path == scope.leaf()), "{left:?}");
        }
        drop(scope);
        assert_eq!(sandbox.left(), Vec::<String>::new(), "{mark}");
    }
}

#[test]
fn a_group_that_was_not_handed_over_is_left_alone() {
    let Some(sandbox) = Sandbox::new(&[Need::Unified]) else { return };
    sandbox.profile(&["/probe", "wait"], "");
    let scope = Scope::new(&sandbox, None);
    let mut running = scope.up(&sandbox);
    running.until("ready");
    assert!(is_in(running.payload(), "", &format!("/tinydocker-{}", sandbox.name)));
    drop(running);
    drop(scope);
}

#[test]
fn others_in_a_group_that_was_handed_over_are_named() {
    let Some(sandbox) = Sandbox::new(&[Need::Unified, Need::Controller("memory"), Need::Host("sleep")])
    else {
        return;
    };
    let occupied =
        Occupied::new(unified().expect("a need").join(format!("tinydocker-{}-scope", sandbox.name)));
    hand_over(&occupied.group, "trusted.delegate");
    let up = || {
        let word = format!("group={}", occupied.group.display());
        let arguments = ["up", "profile.toml", "--error-format", "json"];
        Running::start(sandbox.command_under(&[&word], &arguments)).end()
    };
    sandbox.profile(&["/probe", "say", "hello"], "");
    let without = up();
    sandbox.profile(&["/probe", "say", "hello"], LIMITED);
    let limited = up();
    let sleeper = occupied.child.id();
    drop(occupied);
    without.expect(0);
    if !is_v2() {
        // The limits are v1's, which has no such rule.
        limited.expect(0);
        return;
    }
    let problem = limited.expect(125).diagnostic();
    assert_eq!(problem["operation"], "leave_group", "{problem:#}");
    assert_eq!(problem["labels"][0]["line"], 5, "{problem:#}");
    let help = problem["help"].as_str().unwrap_or_default();
    for part in ["Delegate=yes", &format!("in it: sleep ({sleeper})")] {
        assert!(help.contains(part), "{part} is not in {help}");
    }
}

#[test]
fn a_fault_in_a_group_that_was_handed_over_leaves_nothing_but_the_leaf() {
    if !cfg!(debug_assertions) {
        eprintln!("skipped: a release build has no faults");
        return;
    }
    let Some(sandbox) = Sandbox::new(&[Need::Unified, Need::Controller("pids"), Need::Controller("memory")])
    else {
        return;
    };
    sandbox.profile(&["/probe", "say", "hello"], LIMITED);
    let scope = Scope::new(&sandbox, Some("trusted.delegate"));
    let plan = Running::start(scope.command(&sandbox, &["plan", "profile.toml", "--format", "json"])).end();
    let plan: serde_json::Value = serde_json::from_str(&plan.expect(0).stdout).expect("a plan");
    let steps = plan["prepare"].as_array().expect("operations");
    let leaves = steps.iter().filter(|step| step["operation"].get("leave_group").is_some()).count();
    assert_eq!(leaves, usize::from(is_v2()), "{plan:#}");
    for number in 1..=steps.len() {
        for fault in ["fail", "kill"] {
            let mut command = scope.command(&sandbox, &["up", "profile.toml"]);
            command.env("TINYDOCKER_FAULT", format!("{fault}:{number}"));
            let ended = Running::start(command).end();
            assert_eq!(ended.stdout, "", "{fault}:{number}");
            // What was killed is repaired by the next of that name.
            if fault == "kill" {
                scope.up(&sandbox).end().expect(0);
            }
            assert_eq!(sandbox.groups(), [scope.0.as_path()], "{fault}:{number}");
            assert_eq!(sandbox.records(), Vec::<String>::new(), "{fault}:{number}");
        }
    }
    drop(scope);
    assert_eq!(sandbox.left(), Vec::<String>::new());
}
