//! What goes wrong is reported where it was asked for, and nothing is left behind.
//!
//! Every operation of a plan is failed, and the launcher is killed with SIGKILL at
//! every operation; once with the mounts of this machine as they are and once with all
//! of them shared, as systemd has them. `--nocapture` prints the tables.

mod common;

use common::{Need, Running, Sandbox, eventually, is_alive, mountinfo, probe};
use serde_json::Value;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

const NEEDS: [Need; 3] = [Need::Controller("memory"), Need::Controller("pids"), Need::Controller("cpuset")];

/// Set for the second run, with shared mounts.
const SHARED: &str = "TINYDOCKER_TESTS_SHARED_MOUNTS";

/// Lines 4 and on of a profile that asks for something in every part of a plan. The user
/// is not root, so that the change of user clears the signal of the parent's death.
const REST: &str = r#"working_dir = "/srv"
user = "1000:1000"
hostname = "box"
network = "none"
shm_size = "1m"
rootfs = { source = "./rootfs", mode = "persistent", propagation = "rshared" }
env.A = "b"
domainname = "example.org"
umask = "0027"
oom_score_adj = 10
nice = 1
cpu_affinity = "0"
stop_signal = "SIGQUIT"
timeout = "1h"
masked_paths = ["/proc/version"]
read_only_paths = ["/proc/sys"]
rlimits = { nofile = 100, core = { soft = 0, hard = 0 } }
[security]
no_new_privileges = true
capabilities = { NET_BIND_SERVICE = true, CHOWN = false }
ambient = ["NET_BIND_SERVICE"]
seccomp = { deny = ["mkdir"] }
sysctls."net.ipv4.ip_forward" = 1
[cgroup]
memory = "64m"
pids = 20
cpus = 0.5
cpu_shares = 512
cpuset_cpus = "0"
parent = "tinydocker-NAME-above/tinydocker-NAME-web"
[mounts]
"/srv" = { source = "./data", idmap = [{ container = 1000, host = 0, size = 1 }] }
"/srv/cache" = { type = "tmpfs", size = "1m" }
"/etc/motd" = { content = "hello" }
"/new" = { source = "./new", create = "dir" }
"/over" = { type = "overlay", source = "./data", size = "1m" }
"/groups" = { type = "cgroup" }
"/none" = { source = "./none", optional = true }
[devices]
"/dev/extra" = { source = "/dev/null", access = "rw" }
[namespaces]
cgroup = "private""#;

/// An init above the command makes one process more to fail in, and to be rid of.
const TERMINAL: &str = "tty = true\ninit = true\n";

fn rest(sandbox: &Sandbox, terminal: bool) -> String {
    format!("{}{REST}", if terminal { TERMINAL } else { "" }).replace("NAME", &sandbox.name)
}

/// An operation as `plan --format json` has it.
struct Operation {
    number: usize,
    name: String,
    key: String,
    place: Option<Value>,
}

/// The sandbox with a profile whose plan has an operation of every kind.
fn sandbox(terminal: bool) -> Option<Sandbox> {
    if !cfg!(debug_assertions) {
        eprintln!("skipped: a release build has no faults");
        return None;
    }
    let sandbox = Sandbox::new(&NEEDS)?;
    sandbox.write("data/cache/file", "");
    sandbox.profile(&["/probe", "say", "hello"], &rest(&sandbox, terminal));
    Some(sandbox)
}

fn operations(sandbox: &Sandbox) -> Vec<Operation> {
    let plan = sandbox.run(&["plan", "profile.toml", "--format", "json"]).expect(0);
    let plan: Value = serde_json::from_str(&plan.stdout).expect("a plan is JSON");
    let mut steps: Vec<(String, &Value)> = Vec::new();
    for phase in ["prepare", "spawn", "connect", "enter", "started"] {
        let one = std::slice::from_ref(&plan[phase]);
        for step in plan[phase].as_array().map_or(one, Vec::as_slice) {
            // A unit variant is a text, any other a table with one key; `spawn` is alone.
            let name = match &step["operation"] {
                _ if phase == "spawn" => phase.to_owned(),
                Value::String(name) => name.clone(),
                operation => operation.as_object().and_then(|o| o.keys().next()).expect("a name").clone(),
            };
            steps.push((name, &step["origin"]));
        }
    }
    assert!(steps.len() > 30, "a plan that tests something");
    let operation = |(index, (name, origin)): (usize, (String, &Value))| Operation {
        number: index + 1,
        name,
        key: origin["key"].as_str().expect("a key").to_owned(),
        place: origin.get("place").cloned(),
    };
    steps.into_iter().enumerate().map(operation).collect()
}

fn up_with(sandbox: &Sandbox, fault: &str) -> common::Ended {
    let mut command = sandbox.command(&["up", "profile.toml", "--error-format", "json"]);
    command.env("TINYDOCKER_FAULT", fault);
    Running::start(command).end()
}

/// `run` of another name, which has nothing to do with the container that was killed.
fn run_another(sandbox: &Sandbox) {
    let name = format!("{}-other", sandbox.name);
    let rootfs = sandbox.rootfs().display().to_string();
    let arguments = ["run", "--name", &name, "--rootfs", &rootfs, "/probe", "say", "hello"];
    let ended = sandbox.run(&arguments).expect(0);
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("hello\n", ""));
}

fn print(title: &str, table: &str) {
    let mounts = if std::env::var_os(SHARED).is_some() { ", all mounts shared" } else { "" };
    println!("\n{title}{mounts}\n{table}");
}

fn fail_every_operation(terminal: bool) {
    let Some(sandbox) = sandbox(terminal) else { return };
    let mut table = String::new();
    for Operation { number, name, key, place } in operations(&sandbox) {
        let ended = up_with(&sandbox, &format!("fail:{number}"));
        let code = if name == "exec" { 126 } else { 125 };
        let problem = ended.clone().expect(code).diagnostic();
        let at = format!("operation {number}, {name}: {problem:#}");
        assert_eq!(problem["operation"], name.as_str(), "{at}");
        assert_eq!(problem["errno"], "EIO", "{at}");
        let label = &problem["labels"][0];
        match &place {
            Some(place) => {
                assert_eq!(label["file"], place["file"], "{at}");
                assert_eq!(
                    (&label["line"], &label["column"], &label["length"]),
                    (&place["line"], &place["column"], &place["length"]),
                    "{at}"
                );
                assert_eq!(label["primary"], true, "{at}");
            }
            None => {
                assert_eq!(problem["labels"], serde_json::json!([]), "{at}");
                let help = problem["help"].as_str().unwrap_or_default();
                assert!(help.contains(&format!("operation {number} ")) && help.contains(&key), "{at}");
            }
        }
        // A payload that was on its way out may have said its line already.
        let started = ["stop_with", "end_after", "sweep"].contains(&name.as_str());
        assert!(started || ended.stdout.is_empty(), "{at}: {}", ended.stdout);
        assert_eq!(sandbox.left(), Vec::<String>::new(), "{at}");
        let place = place
            .map_or_else(|| "built-in".to_owned(), |p| format!("profile.toml:{}:{}", p["line"], p["column"]));
        let _ = writeln!(table, "{number:>4}  {name:<20} {key:<26} {place:<20} exit {code}, nothing left");
    }
    let title = if terminal { "fail, with a terminal" } else { "fail, without a terminal" };
    print(title, &table);
}

#[test]
fn an_operation_that_fails_is_named_at_its_place() {
    fail_every_operation(false);
}

#[test]
fn an_operation_that_fails_is_named_at_its_place_with_a_terminal() {
    fail_every_operation(true);
}

/// A container beside the sandbox's own, and a profile that joins all that it has.
fn joined(sandbox: &Sandbox) -> Running {
    let name = format!("{}-db", sandbox.name);
    let text = format!("name = {name:?}\ncommand = [\"/probe\", \"wait\"]\nrootfs = \"./rootfs\"\n");
    sandbox.write("db.toml", &text);
    let mut other = Running::start(sandbox.command(&["up", "db.toml"]));
    other.until("ready");
    let lines = ["namespaces.pid", "namespaces.ipc", "namespaces.uts", "namespaces.cgroup", "network"];
    let lines = lines.map(|key| format!("{key} = \"container:{name}\""));
    sandbox.profile(&["/probe", "say", "hello"], &lines.join("\n"));
    other
}

#[test]
fn what_joins_others_fails_and_is_killed_like_the_rest() {
    let Some(sandbox) = sandbox(false) else { return };
    let other = joined(&sandbox);
    let before = sandbox.left();
    assert!(!before.is_empty(), "the other one");
    let operations = operations(&sandbox);
    let joins = operations.iter().filter(|it| it.name == "open_namespace").count();
    assert_eq!(joins, 5);
    let mut lines = Vec::new();
    // What comes after the spawn is the same as elsewhere.
    for Operation { number, name, place, .. } in operations.into_iter().take_while(|it| it.name != "unshare")
    {
        let problem = up_with(&sandbox, &format!("fail:{number}")).expect(125).diagnostic();
        assert_eq!((&problem["operation"], &problem["errno"]), (&name.as_str().into(), &"EIO".into()));
        if name == "open_namespace" {
            let line = &problem["labels"][0]["line"];
            assert_eq!(*line, place.expect("a key asked for it")["line"], "{problem:#}");
            lines.push(line.as_u64().expect("a line"));
        }
        assert_eq!(sandbox.left(), before, "operation {number}, {name}, failed");

        let killed = up_with(&sandbox, &format!("kill:{number}"));
        assert_eq!(killed.status.signal(), Some(9), "operation {number}, {name}: {killed:?}");
        let ended = sandbox.run(&["up", "profile.toml"]).expect(0);
        assert_eq!(ended.stdout, "hello\n", "operation {number}, {name}, then the same again");
        assert_eq!(sandbox.left(), before, "operation {number}, {name}, killed, then the same again");
    }
    assert_eq!(lines, [4, 5, 6, 7, 8]);
    assert!(is_alive(other.payload()), "the other one goes on");
}

/// The processes in the groups of the sandbox.
fn processes(sandbox: &Sandbox) -> Vec<i32> {
    let inside =
        |group: std::path::PathBuf| fs::read_to_string(group.join("cgroup.procs")).unwrap_or_default();
    let mut all: Vec<i32> = Vec::new();
    sandbox
        .groups()
        .into_iter()
        .map(inside)
        .for_each(|text| all.extend(text.lines().filter_map(|l| l.parse::<i32>().ok())));
    all.sort_unstable();
    all.dedup();
    all
}

fn kill_at_every_operation(terminal: bool) {
    let Some(sandbox) = sandbox(terminal) else { return };
    let mut table = String::new();
    for Operation { number, name, .. } in operations(&sandbox) {
        let kill = || {
            let ended = up_with(&sandbox, &format!("kill:{number}"));
            assert_eq!(ended.status.signal(), Some(9), "operation {number}, {name}: {ended:?}");
            (sandbox.groups().len(), sandbox.records().len(), processes(&sandbox))
        };
        let (groups, records, alive) = kill();
        run_another(&sandbox);
        assert_eq!(sandbox.left(), Vec::<String>::new(), "operation {number}, {name}, then another run");
        assert!(!alive.iter().any(|pid| is_alive(*pid)), "operation {number}, {name}: {alive:?}");

        let (.., alive) = kill();
        let ended = sandbox.run(&["up", "profile.toml"]).expect(0);
        assert_eq!(ended.stdout.trim_end(), "hello", "operation {number}, {name}, then the same again");
        assert_eq!(sandbox.left(), Vec::<String>::new(), "operation {number}, {name}, then the same again");
        assert!(!alive.iter().any(|pid| is_alive(*pid)), "operation {number}, {name}: {alive:?}");
        let _ = writeln!(
            table,
            "{number:>4}  {name:<20} killed: {records} record, {groups} groups; after the next run: nothing; the same name again: runs"
        );
    }
    print(if terminal { "kill -9, with a terminal" } else { "kill -9, without a terminal" }, &table);
}

#[test]
fn nothing_is_left_of_a_launcher_that_was_killed() {
    kill_at_every_operation(false);
}

#[test]
fn nothing_is_left_of_a_launcher_that_was_killed_with_a_terminal() {
    kill_at_every_operation(true);
}

#[test]
fn the_hosts_mounts_are_the_same_before_during_and_after() {
    for terminal in [false, true] {
        let Some(sandbox) = sandbox(terminal) else { return };
        let rest = rest(&sandbox, terminal);
        let before = mountinfo();
        let mut running = sandbox.start(&["/probe", "say", "on", ",", "wait"], &rest);
        while running.line().trim_end() != "ready" {}
        assert_eq!(mountinfo(), before, "during");
        let inside = running.payload_file("mountinfo");
        assert!(inside.contains(" /srv ") && inside.contains(" /srv/cache "), "{inside}");
        drop(running);
        assert_eq!(mountinfo(), before, "after");
    }
}

#[test]
fn all_of_this_holds_where_mounts_are_shared() {
    if std::env::var_os(SHARED).is_some() || !common::have(&[Need::Root]) {
        return;
    }
    let before = mountinfo();
    let this = std::env::current_exe().expect("the test's own path");
    let mut again = Command::new(probe());
    again.args(["under", "shared-mounts", "--"]).arg(this).args(["--nocapture", "--test-threads=2"]);
    let ended = again.env(SHARED, "1").output().expect("the tests can be started");
    let output = String::from_utf8_lossy(&ended.stdout);
    println!("{output}");
    assert!(ended.status.success(), "{output}{}", String::from_utf8_lossy(&ended.stderr));
    assert_eq!(mountinfo(), before);
}

#[test]
fn the_second_run_has_shared_mounts() {
    if std::env::var_os(SHARED).is_none() {
        return;
    }
    let mounts = mountinfo();
    let root = mounts.lines().find(|line| line.split(' ').nth(4) == Some("/")).expect("a root");
    assert!(root.contains(" shared:"), "{root}");
}

// ---- What goes wrong in earnest.

fn problem(sandbox: &Sandbox, rest: &str) -> Value {
    sandbox.profile(&["/probe", "say", "hello"], rest);
    sandbox.run(&["up", "profile.toml", "--error-format", "json"]).expect(125).diagnostic()
}

#[track_caller]
fn assert_problem(problem: &Value, operation: &str, errno: &str, line: Option<u64>) {
    assert_eq!(problem["operation"], operation, "{problem:#}");
    assert_eq!(problem["errno"], errno, "{problem:#}");
    assert_eq!(problem["labels"][0]["line"].as_u64(), line, "{problem:#}");
    assert!(problem["help"].as_str().is_some_and(|help| !help.is_empty()), "a next step: {problem:#}");
}

#[test]
fn a_rootfs_that_is_not_there() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    assert_problem(&problem(&sandbox, "rootfs = \"./none\""), "open_tree", "ENOENT", Some(4));
}

#[test]
fn a_target_that_can_not_be_made() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.write("data/file", "");
    let found = problem(&sandbox, "[mounts]\n\"/a\".source = \"./data\"\n\"/a/missing\".source = \"./data\"");
    assert_problem(&found, "attach_tree", "ENOENT", Some(6));
    assert!(!sandbox.path("data/missing").exists(), "a bound folder is not written");

    let found = problem(&sandbox, "[mounts]\n\"/probe/below-a-file\".source = \"./data\"");
    assert_eq!(
        (&found["operation"], &found["errno"]),
        (&"attach_tree".into(), &"ENOTDIR".into()),
        "{found:#}"
    );
    assert_eq!(found["labels"][0]["line"], 5);
}

#[test]
fn a_group_that_is_taken() {
    let Some(sandbox) = Sandbox::new(&[Need::Controller("pids")]) else { return };
    let group = sandbox.group("pids");
    fs::create_dir(&group).expect("a group");
    let found = problem(&sandbox, "cgroup.pids = 20");
    let still_there = group.exists();
    fs::remove_dir(&group).expect("an empty group can be removed");
    // In the cgroup2 tree it is the tracking group, which nobody asked for by a key.
    assert_problem(&found, "make_group", "EEXIST", (!common::cgroups::is_v2()).then_some(4));
    assert!(still_there, "what is another's stays");
}

#[test]
fn a_state_folder_that_can_not_be_written() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.profile(&["/probe", "say", "hello"], "");
    let state = sandbox.path("elsewhere");
    fs::create_dir(&state).expect("a folder");
    for (what, errno) in [("full", "ENOSPC"), ("sealed", "EROFS")] {
        let (state, word) = (state.display().to_string(), format!("{what}={}", state.display()));
        let arguments = ["up", "profile.toml", "--error-format", "json", "--root", &state];
        // In a mount namespace of its own: the tmpfs goes with it.
        let command = sandbox.command_under(&["shared-mounts", &word], &arguments);
        let found = Running::start(command).end().expect(125).diagnostic();
        assert_problem(&found, "write_record", errno, Some(1));
        assert!(found["path"].as_str().is_some_and(|path| path.starts_with(&state)), "{found:#}");
    }
}

#[test]
fn a_state_folder_that_is_a_file() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.write("state", "");
    let found = problem(&sandbox, "");
    assert_eq!(
        (&found["operation"], &found["errno"]),
        (&"write_record".into(), &"ENOTDIR".into()),
        "{found:#}"
    );
    fs::remove_file(sandbox.root()).expect("our file");
}

#[test]
fn a_record_that_says_nothing() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let record = sandbox.record(&sandbox.name);
    fs::create_dir_all(record.parent().expect("a folder")).expect("a folder");
    fs::write(&record, "{\"version\": 99}").expect("a record");
    // The same name: an error. Nobody knows what there is to undo.
    let found = problem(&sandbox, "");
    assert_eq!(found["code"], "tinydocker::engine::repair_failed", "{found:#}");
    assert!(record.exists(), "it is kept");
    // Another name: said, and not in its way.
    let name = format!("{}-other", sandbox.name);
    let rootfs = sandbox.rootfs().display().to_string();
    let ended =
        sandbox.run(&["run", "--name", &name, "--rootfs", &rootfs, "/probe", "say", "hello"]).expect(0);
    assert!(ended.stderr.contains("could not clean up"), "{}", ended.stderr);
    fs::remove_file(record).expect("our record");
}

#[test]
fn a_record_that_was_not_finished() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let containers = sandbox.root().join("containers");
    fs::create_dir_all(&containers).expect("a folder");
    fs::write(containers.join(format!(".{}.4711", sandbox.name)), "{\"versi").expect("half a record");
    sandbox.up(&["/probe", "say", "hello"], "").expect(0);
    assert!(sandbox.records().is_empty(), "{:?}", sandbox.records());
}

#[test]
fn init_that_is_killed_is_reported() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    // It waits in open(2) of a pipe, as its command does before it runs.
    nix::unistd::mkfifo(&sandbox.rootfs().join("fifo"), nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    let running = sandbox.start(&["/probe", "cat", "/fifo"], "");
    let payload = eventually("a payload", || {
        let children = format!("/proc/{0}/task/{0}/children", running.pid());
        fs::read_to_string(children).ok()?.split_whitespace().next()?.parse::<i32>().ok()
    });
    common::kill(payload, nix::sys::signal::Signal::SIGKILL).expect("a process");
    let ended = running.end();
    // Before its exec it is init's death, after it the command's.
    assert!([125, 137].contains(&ended.code()), "{ended:?}");
    assert!(ended.stderr.contains("SIGKILL"), "{}", ended.stderr);
}
