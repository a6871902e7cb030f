//! The one line about a payload that did not end with 0.

use crate::common::terminal::OnTerminal;
use crate::common::{Ended, Need, Running, Sandbox};
use serde_json::Value;
use tinydocker::seccomp::{Arch, calls};

const INIT: &str = "init = true\n";

/// What is said behind the container's name, on one line.
fn line(sandbox: &Sandbox, ended: &Ended) -> String {
    let prefix = format!("tinydocker: {}: ", sandbox.name);
    let all: Vec<&str> = ended.stderr.lines().filter_map(|line| line.strip_prefix(&prefix)).collect();
    assert_eq!(all.len(), 1, "{}", ended.stderr);
    all[0].to_owned()
}

#[test]
fn below_an_init_a_signal_is_told_from_an_exit_code() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let ended = sandbox.up(&["/probe", "abort"], INIT).expect(134);
    assert_eq!(line(&sandbox, &ended), "ended by SIGABRT");
    for (code, words) in [
        (134, &["/probe", "exit", "134"][..]),
        // The name of PID 1 is what tells, and nobody else can change it.
        (137, &["/probe", "try", "write", "/proc/1/comm", ",", "exit", "137"]),
    ] {
        let ended = sandbox.up(words, INIT).expect(code);
        assert_eq!(ended.stderr, "", "an exit code of its own");
        assert!(!ended.stdout.contains("ok"), "{}", ended.stdout);
    }
    for namespace in ["private", "host"] {
        let rest = format!("{INIT}namespaces.pid = \"{namespace}\"");
        let mut running = sandbox.start(&["/probe", "wait"], &rest);
        running.until("ready");
        running.signal(nix::sys::signal::Signal::SIGHUP);
        let ended = running.end().expect(129);
        let said = format!("ended by SIGHUP, after SIGHUP from process {}", std::process::id());
        assert_eq!(line(&sandbox, &ended), said);
    }
}

#[test]
fn below_an_init_a_filter_that_killed_is_named_too() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let json = r#"{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        { "names": ["mkdirat"], "action": "SCMP_ACT_KILL_PROCESS" } ] }"#;
    sandbox.write("filter.json", json);
    let number = calls::number("mkdirat", Arch::NATIVE).expect("a call of this machine").to_string();
    let words = ["/probe", "call", &number, "-1", "0", "0"];
    for init in ["", INIT] {
        let ended = sandbox.up(&words, &format!("security.seccomp = \"./filter.json\"\n{init}")).expect(159);
        let said = line(&sandbox, &ended);
        assert!(said.starts_with("killed by SIGSYS for "), "{said}");
        assert!(said.contains("security.seccomp (") && said.contains("profile.toml:4)"), "{said}");
        // The log may be closed to us, or the kernel write none.
        let named = said.contains("the system call mkdirat") && said.contains("allow = [\"mkdirat\"]");
        assert!(named || said.contains("`dmesg` may tell"), "{said}");
        println!("{said}");
    }
}

#[test]
fn a_root_that_is_full_is_named_with_its_bound() {
    let Some(sandbox) = Sandbox::new(&[Need::Controller("memory")]) else { return };
    let fill = ["/probe", "try", "fill", "/file", ",", "exit", "3"];
    let bound = "rootfs = { source = \"./rootfs\", size = \"1m\" }";
    for init in ["", INIT] {
        let ended = sandbox.up(&fill, &format!("{bound}\n{init}")).expect(3);
        assert_eq!(ended.stdout, "fill /file ENOSPC\n");
        let said = line(&sandbox, &ended);
        assert!(said.starts_with("exited with 3; its root is full: rootfs.size = 1 MiB ("), "{said}");
        assert!(said.ends_with("profile.toml:4)"), "{said}");
    }
    // Nothing is said where nothing failed, or nothing is full.
    assert_eq!(sandbox.up(&fill[..4], bound).expect(0).stderr, "");
    assert_eq!(sandbox.up(&["/probe", "exit", "3"], bound).expect(3).stderr, "");
    // The default is half of the memory.
    let ended = sandbox.up(&fill, "cgroup.memory = \"24m\"").expect(3);
    let expected = "exited with 3; its root is full: rootfs.size is 12 MiB where nothing is written";
    assert_eq!(line(&sandbox, &ended), expected);
}

#[test]
fn a_disk_that_is_full_is_named_with_the_mode() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let fill = ["/probe", "try", "fill", "/file", ",", "exit", "3"];
    let profile = sandbox.profile(&fill, "rootfs = { source = \"./rootfs\", mode = \"persistent\" }");
    let disk = sandbox.path("disk");
    std::fs::create_dir(&disk).expect("a folder");
    let disk = disk.display().to_string();
    let small = format!("small={disk}");
    let arguments = ["up", &profile.display().to_string(), "--root", &disk];
    let ended = Running::start(sandbox.command_under(&[&small], &arguments)).end().expect(3);
    let said = line(&sandbox, &ended);
    let expected = "exited with 3; its root is full: its changes are kept on the host's disk, rootfs.mode (";
    assert!(said.starts_with(expected) && said.ends_with("profile.toml:4)"), "{said}");
}

#[test]
fn a_mount_that_is_full_is_named_with_its_bound() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    for (target, rest, says) in [
        ("/t", "mounts.\"/t\" = { type = \"tmpfs\", size = \"64k\" }", "mounts.\"/t\".size = 64 KiB"),
        ("/dev/shm", "shm_size = \"1m\"", "shm_size = 1 MiB"),
        (
            "/o",
            "mounts.\"/o\" = { type = \"overlay\", source = \"./rootfs\", size = \"1m\" }",
            "mounts.\"/o\".size = 1 MiB",
        ),
    ] {
        let file = format!("{target}/file");
        let ended = sandbox.up(&["/probe", "try", "fill", &file, ",", "exit", "3"], rest).expect(3);
        let said = line(&sandbox, &ended);
        assert!(said.starts_with(&format!("exited with 3; {target} is full: {says} (")), "{said}");
        assert!(said.ends_with("profile.toml:4)"), "{said}");
    }
}

#[test]
fn a_limit_of_tasks_that_was_reached_is_named() {
    let Some(sandbox) = Sandbox::new(&[Need::Controller("pids")]) else { return };
    for init in ["", INIT] {
        let rest = format!("cgroup.pids = 8\n{init}");
        let ended =
            sandbox.up(&["/probe", "fork", "50", ",", "fork", "50", ",", "exit", "3"], &rest).expect(3);
        let said = line(&sandbox, &ended);
        let start = "exited with 3; no more processes: cgroup.pids = 8 (";
        assert!(said.starts_with(start) && said.ends_with("profile.toml:4) was reached 2 times"), "{said}");
        assert_eq!(sandbox.up(&["/probe", "fork", "50"], &rest).expect(0).stderr, "");
        assert_eq!(sandbox.up(&["/probe", "exit", "3"], &rest).expect(3).stderr, "");
    }
}

/// What ended the command comes first; what else the kernel knows of follows.
#[test]
fn the_end_comes_before_what_happened_on_the_way() {
    let Some(sandbox) = Sandbox::new(&[Need::Controller("memory")]) else { return };
    let eat = ["/probe", "child", "eat", "67108864", ","];
    let limit = "cgroup.memory = \"24m\"";
    for init in ["", INIT] {
        let killed = "out of memory: a process was killed at cgroup.memory = 24 MiB (";
        let ended = sandbox.up(&[&eat[..], &["exit", "4"]].concat(), &format!("{limit}\n{init}")).expect(4);
        let said = line(&sandbox, &ended);
        assert!(said.starts_with(&format!("exited with 4; {killed}")), "{said}");
        let rest = format!("{limit}\ntimeout = \"1s\"\n{init}");
        let ended = sandbox.up(&[&eat[..], &["wait"]].concat(), &rest).expect(124);
        let said = line(&sandbox, &ended);
        assert!(said.starts_with("stopped after its timeout (") && said.contains(killed), "{said}");
        assert!(said.contains("profile.toml:4)") && said.contains("profile.toml:5)"), "{said}");
        // The command itself: nothing else ended it.
        let ended = sandbox.up(&["/probe", "eat", "67108864"], &format!("{limit}\n{init}")).expect(137);
        assert!(line(&sandbox, &ended).starts_with(killed), "{}", ended.stderr);
    }
}

#[test]
fn a_terminal_has_no_line_that_is_too_long_and_a_file_has_one() {
    let Some(sandbox) = Sandbox::new(&[Need::Controller("pids")]) else { return };
    let words = ["/probe", "fork", "50", ",", "try", "fill", "/file", ",", "exit", "3"];
    let rest = "cgroup.pids = 8\nrootfs = { source = \"./rootfs\", size = \"1m\" }";
    sandbox.profile(&words, rest);
    let ended = sandbox.run(&["up", "profile.toml"]).expect(3);
    assert!(line(&sandbox, &ended).len() > 100, "{}", ended.stderr);
    for columns in [40, 80] {
        let mut terminal = OnTerminal::start(sandbox.command(&["up", "profile.toml"]), 24, columns);
        terminal.expect("profile.toml:5)");
        assert_eq!(terminal.end().code(), Some(3));
        let text = terminal.text();
        let said: Vec<&str> = text.lines().skip_while(|line| !line.starts_with("tinydocker: ")).collect();
        assert!(said.len() > 1, "{text}");
        assert!(said.iter().all(|line| line.chars().count() <= usize::from(columns)), "{text}");
        assert!(said[1..].iter().all(|line| line.starts_with("  ")), "{text}");
    }
}

#[test]
fn programs_get_an_object() {
    let Some(sandbox) = Sandbox::new(&[Need::Controller("pids")]) else { return };
    let up = |words: &[&str], rest: &str| -> Value {
        sandbox.profile(words, rest);
        let ended = sandbox.run(&["up", "profile.toml", "--error-format", "json"]);
        assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
        let report: Value = serde_json::from_str(&ended.stderr).expect("JSON");
        assert_eq!(report["event"], "report");
        assert_eq!(report["container"], sandbox.name);
        assert_eq!(report["exit_code"], ended.code());
        report
    };
    // A PID 1 of its own namespace can't end itself by this one.
    let report = up(&["/probe", "abort"], "namespaces.pid = \"host\"");
    assert_eq!((&report["signal"], &report["reasons"][0]["kind"]), (&"SIGABRT".into(), &"signal".into()));
    let report = up(&["/probe", "fork", "50", ",", "exit", "3"], "cgroup.pids = 8");
    assert_eq!(report["signal"], Value::Null);
    assert_eq!(report["reasons"][0]["kind"], "exit");
    let reason = &report["reasons"][1];
    assert_eq!((&reason["kind"], &reason["key"]), (&"pids".into(), &"cgroup.pids".into()));
    assert_eq!((&reason["file"], &reason["line"]), (&"profile.toml".into(), &4.into()));
    // What is told meanwhile is an object, too.
    sandbox.profile(&["/probe", "wait"], "");
    let mut running = Running::start(sandbox.command(&["up", "profile.toml", "--error-format", "json"]));
    running.until("ready");
    running.signal(nix::sys::signal::Signal::SIGTERM);
    let ended = running.end().expect(137);
    let lines: Vec<Value> =
        ended.stderr.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((&lines[0]["event"], &lines[1]["event"]), (&"notice".into(), &"report".into()));
}
