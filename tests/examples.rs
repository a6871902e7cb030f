//! Every example runs, and does what its comment says.

mod common;

use common::terminal::OnTerminal;
use common::{Need, Running, Sandbox, eventually};
use nix::sys::signal::Signal;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};

fn example(name: &str) -> String {
    folder().join(name).display().to_string()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

#[test]
fn each_example_has_a_test_here_and_names_its_schema() {
    let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    let entries = fs::read_dir(folder()).expect("examples").filter_map(Result::ok).map(name);
    let mut profiles: Vec<String> = entries.filter(|name| name.ends_with(".toml")).collect();
    profiles.sort();
    assert_eq!(
        profiles,
        ["app.toml", "build.toml", "hardened.toml", "hello.toml", "limits.toml", "shell.toml", "web.toml",]
    );
    for profile in profiles {
        let text = fs::read_to_string(folder().join(&profile)).expect("an example");
        let schema = text.lines().next().and_then(|line| line.strip_prefix("#:schema "));
        let schema = schema.unwrap_or_else(|| panic!("{profile} names no schema on its first line"));
        assert!(folder().join(schema).is_file(), "{schema}");
    }
}

#[test]
fn app() {
    let Some(sandbox) = Sandbox::new(&[Need::Controller("memory"), Need::Controller("pids")]) else {
        return;
    };
    let profile = example("app.toml");
    let says = |more: &[&str]| {
        let only = ["up", &profile, "--set", "containers.worker.hostname=h"];
        let ended = sandbox.run(&[&only[..], more].concat()).expect(0);
        assert_eq!(ended.stderr, "");
        ended.stdout
    };
    assert_eq!(says(&["--only", "worker"]), "good day from app-worker, C.UTF-8, info\n");
    let more = ["--only", "worker", "--variant", "debug", "--var", "greeting=hi"];
    assert_eq!(says(&more), "hi from app-worker, C.UTF-8, debug\n");
    assert_eq!(says(&["--only", "clock"]).trim_end().len(), "00:00".len());
    let ended = sandbox.run(&["up", &profile]).expect(125);
    assert!(ended.stderr.contains("--only clock"), "{}", ended.stderr);
}

#[test]
fn build() {
    let needs = [Need::Host("cc"), Need::Controller("memory"), Need::Controller("pids")];
    let Some(sandbox) = Sandbox::new(&needs) else { return };
    let profile = example("build.toml");
    let out = sandbox.path("out");
    let set = format!("mounts.\"/out\".source={}", out.display());
    let up = |more: &[&str]| {
        sandbox.run(&[&["up", &profile, "--name", &sandbox.name, "--set", &set], more].concat())
    };
    up(&[]).expect(0);
    let volume = format!("{}:/out:ro", out.display());
    let ended = sandbox.run(&["run", "--name", &sandbox.name, "-v", &volume, "/out/hello"]).expect(0);
    assert_eq!(ended.stdout, "built in a sandbox\n");
    // The sources stay as they are, and nothing else of the host is changed.
    let touch = ["--set", r#"command=["/bin/sh", "-c", "touch /src/x || touch /usr/x || touch /tmp/x"]"#];
    let ended = up(&touch).expect(0);
    assert_eq!(ended.stderr.matches("Read-only file system").count(), 2, "{}", ended.stderr);
}

#[test]
fn hardened() {
    let needs = ["memory", "pids", "cpu"].map(Need::Controller);
    let Some(sandbox) = Sandbox::new(&needs) else { return };
    let ended = sandbox.run(&["up", &example("hardened.toml"), "--name", &sandbox.name]).expect(0);
    let says = [
        "CapBnd:\t0000000000000000",
        "NoNewPrivs:\t1",
        "Seccomp:\t2",
        "/tmp can be written",
        "and nothing else",
    ];
    assert_eq!(ended.lines(), says, "{}", ended.stderr);
    assert_eq!(ended.stderr, "");
}

#[test]
fn limits() {
    let needs = ["memory", "pids", "cpu", "cpuset"].map(Need::Controller);
    let Some(sandbox) = Sandbox::new(&needs) else { return };
    let arguments = ["up", &example("limits.toml"), "--name", &sandbox.name];
    let mut running = Running::start(sandbox.command(&arguments));
    assert_eq!([running.line(), running.line()], ["256", "500"]);
    for (controller, v1, v2, value) in [
        ("memory", "memory.limit_in_bytes", "memory.max", "134217728"),
        ("pids", "pids.max", "pids.max", "32"),
        ("cpuset", "cpuset.cpus", "cpuset.cpus", "0"),
    ] {
        assert_eq!(sandbox.limit(controller, v1, v2), value, "{controller}");
    }
    let quota = sandbox.limit("cpu", "cpu.cfs_quota_us", "cpu.max");
    assert_eq!(quota.split(' ').next(), Some("50000"));
    let limits = running.payload_file("limits");
    let stack = limits.lines().find(|line| line.starts_with("Max stack size")).expect("a limit");
    let stack: Vec<&str> = stack.split_whitespace().collect();
    assert_eq!(stack[3..5], ["8388608", "67108864"]);
    running.signal(Signal::SIGTERM);
    running.end().expect(137);
}

#[test]
fn hello() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let ended = sandbox.run(&["up", &example("hello.toml"), "--name", &sandbox.name]).expect(0);
    assert_eq!(ended.stdout, format!("hello from {}, process 1\n", sandbox.name));
    assert_eq!(ended.stderr, "");
}

#[test]
fn shell() {
    let Some(sandbox) = Sandbox::new(&[Need::Controller("memory"), Need::Controller("pids")]) else {
        return;
    };
    let arguments = ["up", &example("shell.toml"), "--name", &sandbox.name, "-e", "PS1=ready> "];
    let mut shell = OnTerminal::start(sandbox.command(&arguments), 24, 80);
    shell.expect("ready> ");
    shell.send("echo I am $$ of $(hostname)\n");
    shell.expect(&format!("I am 1 of {}\r\n", sandbox.name));
    // It can break nothing.
    shell.send("rm -rf /usr/share/doc && ls -d /usr/share/doc; echo done $?\n");
    shell.expect("done 2\r\n");
    assert!(fs::exists("/usr/share/doc").expect("/usr"));
    shell.send("exit 7\n");
    assert_eq!(shell.end().code(), Some(7));
}

#[test]
fn web() {
    let needs = [Need::Host("python3"), Need::Controller("memory"), Need::Controller("pids")];
    let Some(sandbox) = Sandbox::new(&needs) else { return };
    // A port that nobody has: the example's own may be taken on this machine.
    let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
    let command =
        format!("command=[\"python3\", \"-m\", \"http.server\", \"--bind\", \"127.0.0.1\", \"{port}\"]");
    let profile = example("web.toml");
    let arguments = ["up", &profile, "--name", &sandbox.name, "--set", &command];
    let running = Running::start(sandbox.command(&arguments));
    let fetch = |path: &str| {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        answer.split_once("\r\n\r\n").map(|(head, body)| (head.to_owned(), body.to_owned()))
    };
    let (head, body) = eventually("an answer over HTTP", || fetch("/"));
    assert!(head.starts_with("HTTP/1.0 200"), "{head}");
    assert_eq!(body, fs::read_to_string(folder().join("site/index.html")).expect("the site"));
    let (head, _) = fetch("/none").expect("an answer");
    assert!(head.starts_with("HTTP/1.0 404"), "{head}");

    let limit = sandbox.limit("memory", "memory.limit_in_bytes", "memory.max");
    assert_eq!(limit, (128 << 20).to_string());
    let status = running.payload_file("status");
    assert!(status.contains("Uid:\t65534\t65534\t65534\t65534"), "{status}");
    let mounts = running.payload_file("mountinfo");
    let site = mounts.lines().find(|line| line.contains(" /srv ")).expect("a mount");
    assert!(site.contains(" ro,nosuid,nodev"), "{site}");

    running.signal(Signal::SIGTERM);
    running.end().expect(137);
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "nobody serves any more");
}
