//! `"path:…"` and `"container:…"`: links in /proc of two containers, and what is refused.

use crate::common::{PATIENCE, Running, Sandbox, eventually, is_alive};
use nix::sys::signal::Signal;
use serde_json::Value;
use std::fs;
use std::os::fd::AsRawFd;
use std::time::Instant;

/// The kind in /proc, and the key.
const KEYS: [(&str, &str); 5] = [
    ("pid", "namespaces.pid"),
    ("ipc", "namespaces.ipc"),
    ("uts", "namespaces.uts"),
    ("cgroup", "namespaces.cgroup"),
    ("net", "network"),
];

/// A container beside the sandbox's own, whose command runs by now.
struct Other {
    running: Running,
    name: String,
    payload: i32,
}

fn other(sandbox: &Sandbox) -> Other {
    let name = format!("{}-db", sandbox.name);
    let rest = "rootfs = \"./rootfs\"\nhostname = \"db.example\"\ncgroup.pids = 50\n";
    sandbox.write("db.toml", &format!("name = {name:?}\ncommand = [\"/probe\", \"wait\"]\n{rest}"));
    let mut running = Running::start(sandbox.command(&["up", "db.toml"]));
    running.until("ready");
    let payload = running.payload();
    Other { running, name, payload }
}

impl Other {
    /// The two spellings that lead to a namespace of it.
    fn spellings(&self, kind: &str) -> [String; 2] {
        [format!("path:/proc/{}/ns/{kind}", self.payload), format!("container:{}", self.name)]
    }
}

fn link(pid: impl std::fmt::Display, kind: &str) -> String {
    let path = format!("/proc/{pid}/ns/{kind}");
    fs::read_link(&path).unwrap_or_else(|error| panic!("{path}: {error}")).to_string_lossy().into_owned()
}

#[test]
fn each_namespace_can_be_anothers() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let other = other(&sandbox);
    for (joined, key) in KEYS {
        for value in other.spellings(joined) {
            let mut running = sandbox.start(&["/probe", "wait"], &format!("{key} = {value:?}"));
            running.until("ready");
            for (kind, _) in KEYS {
                let (inside, there) = (link(running.payload(), kind), link(other.payload, kind));
                assert_eq!(inside == there, kind == joined, "{kind} with {key} = {value:?}");
                assert_ne!(inside, link("self", kind), "{kind} with {key} = {value:?}");
            }
            assert_ne!(link(running.payload(), "mnt"), link(other.payload, "mnt"));
            // The launcher stays at home, and so do its other children.
            for kind in ["pid", "pid_for_children", "ipc", "uts", "net", "cgroup"] {
                let home = link("self", kind);
                assert_eq!(link(running.pid(), kind), home, "the launcher's {kind} with {key} = {value:?}");
            }
        }
    }
}

#[test]
fn all_namespaces_can_be_anothers_at_once() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let other = other(&sandbox);
    for init in [false, true] {
        for spelling in [0, 1] {
            let lines = KEYS.map(|(kind, key)| format!("{key} = {:?}", other.spellings(kind)[spelling]));
            let rest = format!("init = {init}\ncgroup.pids = 20\n{}", lines.join("\n"));
            let mut running =
                sandbox.start(&["/probe", "facts", ",", "cat", "/proc/self/net/dev", ",", "wait"], &rest);
            let facts: Value = serde_json::from_str(&running.line()).expect("facts");
            assert_eq!(facts["hostname"], "db.example");
            assert_ne!(facts["pid"], 1);
            running.until("ready");
            for (kind, _) in KEYS {
                assert_eq!(link(running.payload(), kind), link(other.payload, kind), "{kind}");
            }
            // Its groups are its own all the same.
            let groups = |pid| fs::read_to_string(format!("/proc/{pid}/cgroup")).expect("groups");
            assert!(groups(running.payload()).contains(&format!("/tinydocker-{}\n", sandbox.name)));
            assert!(groups(other.payload).contains(&format!("/tinydocker-{}\n", other.name)));
            running.signal(Signal::SIGTERM);
            running.end().expect(143);
            assert!(is_alive(other.payload), "the other one goes on");
        }
    }
}

#[test]
fn flags_join_too() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let other = other(&sandbox);
    sandbox.profile(&["/probe", "wait"], "");
    let value = other.spellings("")[1].clone();
    let flags = ["--pid", "--ipc", "--uts", "--cgroupns", "--network"];
    let arguments: Vec<&str> =
        ["up", "profile.toml"].into_iter().chain(flags.into_iter().flat_map(|flag| [flag, &value])).collect();
    let mut running = Running::start(sandbox.command(&arguments));
    running.until("ready");
    for (kind, _) in KEYS {
        assert_eq!(link(running.payload(), kind), link(other.payload, kind), "{kind}");
    }
}

#[test]
fn processes_of_both_are_seen_in_a_pid_namespace_that_is_joined() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let other = other(&sandbox);
    let rest = format!("namespaces.pid = {:?}", other.spellings("pid")[1]);
    let ended = sandbox.up(&["/probe", "cat", "/proc/1/cmdline", ",", "try", "signal", "1"], &rest).expect(0);
    assert_eq!(ended.stdout, "/probe\0wait\0signal 1 ok\n");
}

#[test]
fn the_network_that_is_joined_is_the_same() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.write("db.toml", "");
    let name = format!("{}-db", sandbox.name);
    let own = "[security.sysctls]\n\"net.ipv4.ip_local_port_range\" = \"40000 40100\"\n";
    sandbox.write(
        "db.toml",
        &format!("name = {name:?}\ncommand = [\"/probe\", \"wait\"]\nrootfs = \"./rootfs\"\n{own}"),
    );
    let mut db = Running::start(sandbox.command(&["up", "db.toml"]));
    db.until("ready");
    let words =
        ["/probe", "cat", "/proc/sys/net/ipv4/ip_local_port_range", ",", "try", "bind", "127.0.0.1:7"];
    let joined = format!("network = \"container:{name}\"");
    let ended = sandbox.up(&words, &joined).expect(0);
    assert_eq!(ended.lines(), ["40000\t40100", "bind 127.0.0.1:7 ok"]);
    let apart = sandbox.up(&words, "").expect(0);
    assert_ne!(apart.lines()[0], ended.lines()[0]);
}

#[test]
fn names_of_a_host_that_is_joined_are_not_made_up() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let other = other(&sandbox);
    fs::create_dir(sandbox.rootfs().join("etc")).expect("a folder");
    let words = ["/probe", "cat", "/etc/hosts", ",", "try", "read", "/etc/hostname"];
    let ended = sandbox.up(&words, &format!("namespaces.uts = {:?}", other.spellings("uts")[0])).expect(0);
    assert!(!ended.stdout.contains("127.0.1.1"), "{}", ended.stdout);
    assert!(ended.stdout.ends_with("read /etc/hostname ENOENT\n"), "{}", ended.stdout);
}

#[test]
fn what_outlives_the_command_in_a_pid_namespace_that_is_joined_is_ended() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let other = other(&sandbox);
    for init in [false, true] {
        let rest = format!("init = {init}\nnamespaces.pid = {:?}", other.spellings("pid")[1]);
        let mut running = sandbox.start(&["/probe", "daemon", ",", "orphans", "3", ",", "wait"], &rest);
        running.until("ready");
        let group = fs::read_to_string(format!("/proc/{}/cgroup", running.payload())).expect("groups");
        let mine = group.lines().find(|line| line.contains(&sandbox.name)).expect("a group").to_owned();
        let members = || {
            let entries = fs::read_dir("/proc").expect("/proc").filter_map(Result::ok);
            let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
            let inside = |pid: &i32| {
                fs::read_to_string(format!("/proc/{pid}/cgroup"))
                    .is_ok_and(|it| it.lines().any(|it| it == mine))
            };
            numbers.filter(inside).collect::<Vec<_>>()
        };
        if init {
            // Orphans are reaped by our own init, not by the other container's command.
            let one = running.payload();
            eventually("two children", || {
                let children = fs::read_to_string(format!("/proc/{one}/task/{one}/children")).ok()?;
                (children.split_whitespace().count() == 1).then_some(())
            });
        }
        let before = members();
        assert!(before.len() >= 2, "the command and its daemon: {before:?}");
        running.signal(Signal::SIGTERM);
        running.end().expect(143);
        assert!(!before.iter().any(|pid| is_alive(*pid)), "{before:?}");
        assert!(is_alive(other.payload));
    }
}

#[test]
fn a_container_ends_with_the_pid_namespace_that_it_lives_in() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let other = other(&sandbox);
    let rest = format!("namespaces.pid = {:?}", other.spellings("pid")[1]);
    let mut running = sandbox.start(&["/probe", "wait"], &rest);
    running.until("ready");
    other.running.signal(Signal::SIGTERM);
    other.running.end();
    running.end().expect(137);
}

#[test]
fn others_namespaces_stay_while_somebody_lives_there() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let other = other(&sandbox);
    let rest = format!("network = {0:?}\nnamespaces.ipc = {0:?}", other.spellings("")[1]);
    let mut running = sandbox.start(&["/probe", "wait"], &rest);
    running.until("ready");
    other.running.signal(Signal::SIGTERM);
    other.running.end();
    assert!(is_alive(running.payload()));
}

// ---- What is refused.

fn problem(sandbox: &Sandbox, rest: &str) -> Value {
    sandbox.profile(&["/probe", "say", "hello"], rest);
    let ended = sandbox.run(&["up", "profile.toml", "--error-format", "json"]).expect(125);
    assert_eq!(ended.stdout, "", "nothing has run");
    ended.diagnostic()
}

#[track_caller]
fn assert_problem(problem: &Value, code: &str, line: u64, message: &str, help: &str) {
    assert_eq!(problem["code"], format!("tinydocker::{code}"), "{problem:#}");
    assert_eq!(problem["labels"][0]["line"], line, "{problem:#}");
    assert!(problem["message"].as_str().expect("a message").contains(message), "{problem:#}");
    assert!(problem["help"].as_str().expect("a remedy").contains(help), "{problem:#}");
}

#[test]
fn what_is_no_such_namespace_is_refused() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let failed = "engine::operation_failed";
    let found = problem(&sandbox, "network = \"path:/run/netns/test-none\"");
    assert_problem(&found, failed, 4, "/run/netns/test-none", "ls /run/netns");
    assert_eq!((&found["syscall"], &found["errno"]), (&"openat".into(), &"ENOENT".into()), "{found:#}");
    let found = problem(&sandbox, "\nnamespaces.ipc = \"path:/proc/4194305/ns/ipc\"");
    assert_problem(&found, failed, 5, "/proc/4194305/ns/ipc", "no process has this number");

    let kind = "engine::another_namespace";
    for (joined, key) in KEYS {
        let wrong = if joined == "uts" { "user" } else { "uts" };
        let found = problem(&sandbox, &format!("{key} = \"path:/proc/self/ns/{wrong}\""));
        let says = format!("{wrong}, not {joined}");
        assert_problem(&found, kind, 4, &says, &format!("path:/proc/123/ns/{joined}"));
        assert_eq!(found["operation"], "open_namespace", "{found:#}");
    }
    // A pipe that nobody writes to makes nobody wait.
    let fifo = sandbox.path("fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    for path in [fifo.display().to_string(), "/proc/self/stat".into(), "/".into(), "/dev/null".into()] {
        let found = problem(&sandbox, &format!("namespaces.uts = \"path:{path}\""));
        assert_problem(&found, "engine::not_a_namespace", 4, "is no namespace", "/proc/123/ns/net");
    }
}

#[test]
fn check_looks_at_paths_too() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    for (value, code) in [
        ("/proc/4194305/ns/ipc", "namespace_missing"),
        ("/proc/self/stat", "not_a_namespace"),
        ("/proc/self/ns/uts", "another_namespace"),
    ] {
        sandbox.profile(&["/probe", "say", "hello"], &format!("namespaces.ipc = \"path:{value}\""));
        let ended = sandbox.run(&["check", "profile.toml", "--error-format", "json"]).expect(1);
        assert_problem(&ended.diagnostic(), &format!("host::{code}"), 4, value, "/proc/123/ns/");
    }
    sandbox.profile(&["/probe", "say", "hello"], "namespaces.ipc = \"path:/proc/self/ns/ipc\"");
    sandbox.run(&["check", "profile.toml"]).expect(0);
}

const NOT_RUNNING: &str = "engine::container_not_running";

#[test]
fn a_container_that_does_not_run_can_not_be_joined() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let found = problem(&sandbox, "network = \"container:none\"");
    assert_problem(&found, NOT_RUNNING, 4, "no container `none` runs", "no container runs");

    let other = other(&sandbox);
    let near = format!("namespaces.pid = \"container:{}-bd\"", sandbox.name);
    let found = problem(&sandbox, &near);
    assert_problem(
        &found,
        NOT_RUNNING,
        4,
        "-bd` runs",
        &format!("did you mean \"container:{}\"", other.name),
    );
    let found = problem(&sandbox, "namespaces.uts = \"container:quite-different\"");
    assert_problem(&found, NOT_RUNNING, 4, "quite-different", &format!("these run: {}", other.name));

    // Killed, and not cleared away yet. Its record says who it was.
    other.running.signal(Signal::SIGKILL);
    let (name, payload) = (other.name.clone(), other.payload);
    other.running.end();
    eventually("its end", || (!is_alive(payload)).then_some(()));
    let found = problem(&sandbox, &format!("namespaces.ipc = \"container:{name}\""));
    assert_problem(&found, NOT_RUNNING, 4, "has ended", "start it first");
    // A failed launch has swept it away.
    let found = problem(&sandbox, &format!("namespaces.ipc = \"container:{name}\""));
    assert_problem(&found, NOT_RUNNING, 4, "no container", "no container runs");
}

#[test]
fn a_container_can_not_join_itself() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    for (kind, key) in KEYS {
        let found = problem(&sandbox, &format!("{key} = \"container:{}\"", sandbox.name));
        let says = format!("can't join its own {kind} namespace");
        assert_problem(&found, "plan::joins_itself", 4, &says, "name another container");
    }
}

/// A record of a container that this test holds the lock of.
fn pretend(sandbox: &Sandbox, second_line: &str) -> (String, fs::File) {
    let name = format!("{}-pretended", sandbox.name);
    let path = sandbox.record(&name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    let record = format!("{{\"version\":1,\"boot_id\":\"x\",\"pid\":1,\"journal\":[]}}{second_line}");
    fs::write(&path, record).expect("a record");
    let file = fs::OpenOptions::new().read(true).write(true).open(&path).expect("a record");
    // Of the whole file.
    let lock = libc::flock {
        l_type: libc::F_WRLCK as _,
        l_whence: libc::SEEK_SET as _,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    nix::fcntl::fcntl(&file, nix::fcntl::FcntlArg::F_SETLK(&lock)).expect("a lock");
    (name, file)
}

#[test]
fn the_process_in_a_record_must_be_the_same() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let own = std::process::id();
    let start = start_of(own);
    let ended = [
        // Its number has come round again.
        format!("\n{{\"pid\":{own},\"start\":{}}}\n", start - 1),
        // Nobody has it.
        format!("\n{{\"pid\":4194305,\"start\":{start}}}\n"),
    ];
    let starting = [String::new(), "\n{\"pid\":12".into()];
    let cases = ended
        .map(|line| (line, "has ended"))
        .into_iter()
        .chain(starting.map(|line| (line, "has not started")));
    for (line, says) in cases {
        let (name, file) = pretend(&sandbox, &line);
        let found = problem(&sandbox, &format!("network = \"container:{name}\""));
        assert_problem(&found, NOT_RUNNING, 4, says, "start");
        fs::remove_file(sandbox.record(&name)).expect("our record");
        drop(file);
    }
    let (name, _file) = pretend(&sandbox, "\n{\"pid\":\"x\"}\n");
    let found = problem(&sandbox, &format!("network = \"container:{name}\""));
    assert_problem(&found, NOT_RUNNING, 4, "can't be read", "another version");
    fs::remove_file(sandbox.record(&name)).expect("our record");
    // What all of this pretends to be works.
    let (name, _file) = pretend(&sandbox, &format!("\n{{\"pid\":{own},\"start\":{start}}}\n"));
    let mut running = sandbox.start(&["/probe", "wait"], &format!("network = \"container:{name}\""));
    running.until("ready");
    assert_eq!(link(running.payload(), "net"), link("self", "net"));
    drop(running);
    fs::remove_file(sandbox.record(&name)).expect("our record");
}

/// Field 22 of proc_pid_stat(5).
fn start_of(pid: impl std::fmt::Display) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("a process");
    let mut rest = stat.rsplit_once(") ").expect("a name").1.split(' ');
    rest.nth(19).and_then(|start| start.parse().ok()).expect("a number")
}

#[test]
fn the_record_has_the_first_process_and_its_start() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    for rest in ["", "init = true", "namespaces.pid = \"host\"", "tty = true"] {
        let mut running = sandbox.start(&["/probe", "wait"], rest);
        while running.line().trim_end() != "ready" {}
        let payload = running.payload();
        // It is added while the command begins.
        let (first, second) = eventually("the second line", || {
            let record = fs::read_to_string(sandbox.record(&sandbox.name)).expect("a record");
            let (first, second) = record.split_once('\n')?;
            second.ends_with('\n').then(|| (first.to_owned(), second.to_owned()))
        });
        let first: Value = serde_json::from_str(&first).expect("the record");
        assert_eq!(first["pid"], running.pid());
        let second: Value = serde_json::from_str(&second).expect("the first process");
        assert_eq!(second, serde_json::json!({ "pid": payload, "start": start_of(payload) }), "{rest}");
    }
    // A repair reads such a record as well.
    let mut running = sandbox.start(&["/probe", "wait"], "");
    running.until("ready");
    running.signal(Signal::SIGKILL);
    running.end();
    assert_eq!(sandbox.records().len(), 1);
    sandbox.up(&["/probe", "say", "done"], "").expect(0);
}

#[test]
fn one_that_is_being_started_is_waited_for() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let other = other(&sandbox);
    let record = sandbox.record(&other.name);
    let whole = eventually("the second line", || {
        let text = fs::read_to_string(&record).ok()?;
        (text.ends_with('\n') && text.lines().count() == 2).then_some(text)
    });
    let first = whole.split_inclusive('\n').next().expect("a line");
    let write = |text: &str| {
        // The file that its launcher has locked.
        let mut file = fs::OpenOptions::new().write(true).truncate(true).open(&record).expect("the record");
        std::io::Write::write_all(&mut file, text.as_bytes()).expect("it can be written");
    };
    write(first);
    let profile = sandbox.profile(&["/probe", "wait"], &format!("network = \"container:{}\"", other.name));
    let up = ["up", &profile.display().to_string(), "--error-format", "json"];
    let found = Running::start(sandbox.command(&up)).end().expect(125).diagnostic();
    assert_problem(&found, "engine::container_not_running", 4, &other.name, "it was waited for");
    let mut running = Running::start(sandbox.command(&up));
    std::thread::sleep(std::time::Duration::from_millis(200));
    write(&whole);
    running.until("ready");
    assert_eq!(link(running.payload(), "net"), link(other.payload, "net"));
    drop(running);
    other.running.signal(Signal::SIGTERM);
    other.running.end();
}

#[test]
fn a_pid_namespace_above_the_launchers_own_can_not_be_joined() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let above = format!("namespaces.pid = \"path:/proc/{}/ns/pid\"", std::process::id());
    sandbox.profile(&["/probe", "say", "hello"], &above);
    let arguments = ["up", "profile.toml", "--error-format", "json"];
    let found = Running::start(sandbox.command_under(&["pids"], &arguments)).end().expect(125).diagnostic();
    assert_problem(&found, "engine::operation_failed", 4, "/ns/pid", "or lies below");
    let operation = (&found["operation"], &found["syscall"], &found["errno"]);
    assert_eq!(operation, (&"open_namespace".into(), &"setns".into(), &"EINVAL".into()), "{found:#}");
    // Its own is no other: it can be named.
    sandbox.profile(&["/probe", "say", "hello"], "namespaces.pid = \"path:/proc/self/ns/pid\"");
    let ended = Running::start(sandbox.command_under(&["pids"], &arguments)).end().expect(0);
    assert_eq!(ended.stdout, "hello\n");
}

#[test]
fn nobody_is_born_in_a_pid_namespace_whose_first_process_has_ended() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let other = other(&sandbox);
    // What holds it keeps the namespace, but not its PID 1.
    let held = fs::File::open(format!("/proc/{}/ns/pid", other.payload)).expect("a namespace");
    let net = fs::File::open(format!("/proc/{}/ns/net", other.payload)).expect("a namespace");
    other.running.signal(Signal::SIGTERM);
    other.running.end();
    let path = |file: &fs::File| format!("\"path:/proc/{}/fd/{}\"", std::process::id(), file.as_raw_fd());
    let found = problem(&sandbox, &format!("namespaces.pid = {}", path(&held)));
    assert_eq!((&found["operation"], &found["errno"]), (&"spawn".into(), &"ENOMEM".into()), "{found:#}");
    assert!(found["help"].as_str().is_some_and(|help| help.contains("PID 1")), "{found:#}");
    // A network goes on without anybody.
    let mut running = sandbox.start(&["/probe", "wait"], &format!("network = {}", path(&net)));
    running.until("ready");
    let there = fs::read_link(format!("/proc/self/fd/{}", net.as_raw_fd())).expect("a namespace");
    assert_eq!(link(running.payload(), "net"), there.to_string_lossy());
}

#[test]
fn nothing_waits_for_a_container_that_ends_meanwhile() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let start = Instant::now();
    for _ in 0..5 {
        let other = other(&sandbox);
        sandbox.profile(&["/probe", "say", "hello"], &format!("network = \"container:{}\"", other.name));
        other.running.signal(Signal::SIGTERM);
        let joining = Running::start(sandbox.command(&["up", "profile.toml", "--error-format", "json"]));
        other.running.end();
        let ended = joining.end();
        match ended.code() {
            0 => assert_eq!(ended.stdout, "hello\n"),
            _ => assert_eq!(ended.diagnostic()["code"], "tinydocker::engine::container_not_running"),
        }
    }
    assert!(start.elapsed() < *PATIENCE);
}

/// Mount points and types that a process sees.
fn mounts_of(pid: impl std::fmt::Display) -> Vec<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/mountinfo")).expect("mounts");
    text.lines().map(str::to_owned).collect()
}

#[test]
fn the_mounts_can_be_anothers() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.write("rootfs/etc/passwd", "anna:x:1234:1234::/home/anna:/probe\n");
    let other = other(&sandbox);
    let before = mounts_of(other.payload);
    for spelling in other.spellings("mnt") {
        let rest = format!(
            "user = \"anna\"\noom_score_adj = 500\nsecurity.sysctls.\"net.ipv4.ip_default_ttl\" = 33\n\
             namespaces.mount = {spelling:?}"
        );
        let words = ["/probe", "cat", "/etc/hostname", ",", "cat", "/etc/passwd", ",", "wait"];
        let mut running = sandbox.start(&words, &rest);
        // The generated file of the other one, then one of its rootfs.
        assert_eq!(running.line().trim_end(), "db.example");
        assert!(running.line().starts_with("anna:"));
        running.until("ready");
        let pid = running.payload();
        assert_eq!(link(pid, "mnt"), link(other.payload, "mnt"));
        for (kind, _) in KEYS {
            assert_ne!(link(pid, kind), link(other.payload, kind), "{kind}");
            assert_ne!(link(pid, kind), link("self", kind), "{kind}");
        }
        assert_eq!(mounts_of(pid), before);
        assert_eq!(mounts_of(other.payload), before, "nothing was mounted for the other one");
        let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("a status");
        assert!(status.contains("Uid:\t1234\t1234\t1234\t1234"), "{status}");
        let score = fs::read_to_string(format!("/proc/{pid}/oom_score_adj")).expect("a score");
        assert_eq!(score.trim(), "500");
    }
}

#[test]
fn the_mounts_of_another_are_joined_with_all_else() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let other = other(&sandbox);
    let kinds = || KEYS.into_iter().chain([("mnt", "namespaces.mount")]);
    for init in [false, true] {
        let lines: Vec<_> = kinds().map(|(_, key)| format!("{key} = \"container:{}\"", other.name)).collect();
        let rest = format!("init = {init}\n{}", lines.join("\n"));
        let mut running = sandbox.start(&["/probe", "cat", "/proc/self/comm", ",", "wait"], &rest);
        assert_eq!(running.line().trim_end(), "probe", "/proc shows who looks");
        running.until("ready");
        for (kind, _) in kinds() {
            assert_eq!(link(running.payload(), kind), link(other.payload, kind), "{kind}");
        }
    }
}

#[test]
fn the_mounts_can_be_the_hosts() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let before = mounts_of("self");
    let probe = sandbox.rootfs().join("probe");
    let file = sandbox.path("written");
    let words = [probe.to_str().unwrap(), "try", "create", file.to_str().unwrap(), ",", "wait"];
    for init in [false, true] {
        let mut running = sandbox.start(&words, &format!("init = {init}\nnamespaces.mount = \"host\""));
        running.until("ready");
        assert_eq!(link(running.payload(), "mnt"), link("self", "mnt"));
        assert_ne!(link(running.payload(), "pid"), link("self", "pid"));
        assert_eq!(mounts_of("self"), before);
        drop(running);
        fs::remove_file(&file).expect("it was made on the host");
    }
}

#[test]
fn what_mounts_is_refused_where_the_mounts_are_anothers() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let probe = sandbox.rootfs().join("probe").display().to_string();
    let run = |rootfs: &[&str]| {
        let words = ["--set", "namespaces.mount=host", &probe, "say", "hello"];
        sandbox.run(&[&["run"], rootfs, &words[..]].concat())
    };
    // Built-in, for a `run` without a profile: nobody's wish.
    assert_eq!(run(&[]).expect(0).stdout, "hello\n");
    let ended = run(&["--rootfs", "host"]).expect(125);
    assert!(ended.stderr.contains("`rootfs` has no place in the host's mount namespace"), "{ended:?}");
}
