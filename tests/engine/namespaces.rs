//! `namespaces.*`, `network`, `hostname`: links in /proc, and what lies behind them.

use crate::common::{Running, Sandbox, is_alive};
use std::fs;

const KEYS: [(&str, &str, &str); 5] = [
    ("pid", "pid", "namespaces.pid"),
    ("ipc", "ipc", "namespaces.ipc"),
    ("uts", "uts", "namespaces.uts"),
    ("cgroup", "cgroup", "namespaces.cgroup"),
    ("net", "none", "network"),
];

/// The namespace of the payload and the one of this test.
fn links(running: &Running, kind: &str) -> (String, String) {
    let link = |pid: &str| {
        let link = fs::read_link(format!("/proc/{pid}/ns/{kind}")).expect("a namespace");
        link.to_string_lossy().into_owned()
    };
    (link(&running.payload().to_string()), link("self"))
}

#[test]
fn every_namespace_is_private_unless_asked() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let mut running = sandbox.start(&["/probe", "wait"], "");
    running.until("ready");
    for kind in ["mnt", "pid", "ipc", "uts", "net", "cgroup"] {
        let (inside, outside) = links(&running, kind);
        assert_ne!(inside, outside, "{kind}");
    }
    // Root's own: a user namespace comes with a later version.
    let (inside, outside) = links(&running, "user");
    assert_eq!(inside, outside);
}

#[test]
fn each_namespace_can_be_the_hosts() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    for (kind, _, key) in KEYS {
        let mut running = sandbox.start(&["/probe", "wait"], &format!("{key} = \"host\""));
        running.until("ready");
        for (other, ..) in KEYS {
            let (inside, outside) = links(&running, other);
            assert_eq!(inside == outside, other == kind, "{other} with {key} = \"host\"");
        }
        running.signal(nix::sys::signal::Signal::SIGKILL);
        running.end();
    }
    // What the killed launchers have left is the next one's to clear away.
    sandbox.up(&["/probe", "say", "done"], "").expect(0);
}

#[test]
fn proc_shows_the_container_only() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let ended = sandbox.up(&["/probe", "facts", ",", "ls", "/proc"], "").expect(0);
    let values = ended.values();
    assert_eq!(values[0]["pid"], 1);
    let names = values[1].as_array().expect("a list").iter().filter_map(|name| name.as_str());
    let processes: Vec<&str> = names.filter(|name| name.parse::<u32>().is_ok()).collect();
    assert_eq!(processes, ["1"]);
}

#[test]
fn proc_of_the_hosts_pid_namespace_shows_the_host() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let this = std::process::id().to_string();
    let ended = sandbox.up(&["/probe", "facts", ",", "ls", "/proc"], "namespaces.pid = \"host\"").expect(0);
    let values = ended.values();
    assert_ne!(values[0]["pid"], 1);
    assert!(values[1].as_array().expect("a list").iter().any(|name| name == this.as_str()));
}

#[test]
fn the_hostname_is_the_containers_own() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let host = nix::unistd::gethostname().expect("a host has a name");
    let inside = |rest: &str| sandbox.up(&["/probe", "facts"], rest).expect(0).value()["hostname"].clone();
    assert_eq!(inside("hostname = \"box.example\""), "box.example");
    assert_eq!(inside(""), sandbox.name.as_str());
    assert_eq!(inside("namespaces.uts = \"host\""), host.to_string_lossy().as_ref());
    assert_eq!(nix::unistd::gethostname().expect("a name"), host, "the host keeps its name");
}

#[test]
fn network_none_has_loopback_and_nothing_else() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let words = [
        "/probe",
        "cat",
        "/proc/self/net/dev",
        ",",
        "try",
        "bind",
        "127.0.0.1:7",
        ",",
        "try",
        "connect",
        &address,
    ];
    let ended = sandbox.up(&words, "").expect(0);
    let lines = ended.lines();
    let devices: Vec<&str> =
        lines.iter().filter_map(|line| line.split_once(':')).map(|(name, _)| name.trim()).collect();
    assert_eq!(devices.first(), Some(&"lo"));
    assert!(!lines.iter().any(|line| line.trim_start().starts_with("eth")), "{lines:?}");
    assert!(
        lines.contains(&"try bind 127.0.0.1:7 ok") || lines.contains(&"bind 127.0.0.1:7 ok"),
        "{lines:?}"
    );
    assert!(lines.contains(&format!("connect {address} ECONNREFUSED").as_str()), "{lines:?}");

    let ended = sandbox.up(&["/probe", "try", "connect", &address], "network = \"host\"").expect(0);
    assert_eq!(ended.stdout.trim(), format!("connect {address} ok"));
}

#[test]
fn the_cgroup_namespace_hides_where_the_container_lies() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let groups = |rest: &str| sandbox.up(&["/probe", "cat", "/proc/self/cgroup"], rest).expect(0).stdout;
    let private = groups("cgroup.pids = 50");
    assert!(!private.contains("tinydocker"), "{private}");
    let host = groups("namespaces.cgroup = \"host\"\ncgroup.pids = 50");
    assert!(host.contains(&format!("/tinydocker-{}", sandbox.name)), "{host}");
}

#[test]
fn what_outlives_the_command_in_the_hosts_pid_namespace_is_ended() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let ended = sandbox.up(&["/probe", "daemon"], "namespaces.pid = \"host\"").expect(0);
    let daemon = ended.stdout.trim().strip_prefix("daemon ").expect("a process id").parse();
    assert!(!is_alive(daemon.expect("a number")));
}
