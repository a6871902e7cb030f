//! A command that is hostile.

use crate::common::{Need, Sandbox};
use nix::sys::signal::Signal;
use std::fs;
use tinydocker::seccomp::{Arch, calls};

fn number(name: &str) -> String {
    calls::number(name, Arch::NATIVE).expect("a call of this machine").to_string()
}

#[test]
fn cve_2022_0492_release_agent() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let (unshare, mount) = (number("unshare"), number("mount"));
    // CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWCGROUP
    let words = [
        "/probe",
        "call",
        &unshare,
        "302120960",
        ",",
        "call",
        &mount,
        "0",
        "0",
        "0",
        "0",
        "0",
        ",",
        "try",
        "mkdir",
        "/sys/fs/cgroup/x",
        ",",
        "wait",
    ];
    let mut running = sandbox.start(&words, "");
    assert!(running.line().ends_with(" EPERM"));
    assert!(running.line().ends_with(" EPERM"));
    let answer = running.line();
    assert!(!answer.ends_with(" ok"), "{answer}");
    running.until("ready");
    fn agents(folder: std::path::PathBuf, found: &mut Vec<std::path::PathBuf>) {
        for entry in fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
            if entry.file_name() == "release_agent" {
                found.push(entry.path());
            }
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                agents(entry.path(), found);
            }
        }
    }
    let mut found = Vec::new();
    agents(format!("/proc/{}/root/sys/fs/cgroup", running.payload()).into(), &mut found);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn remounting_and_uncovering() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.write("data/file", "");
    let mut words = vec!["/probe"];
    let tries = [
        ("remount-writable", "/"),
        ("remount-writable", "/proc/sys"),
        ("remount-writable", "/data"),
        ("unprotect", "/data"),
        ("umount", "/proc/keys"),
        ("umount", "/proc/sys"),
        ("mount", "/proc"),
        ("mknod", "/node"),
    ];
    for (what, path) in tries {
        words.extend(["try", what, path, ","]);
    }
    words.extend(["try", "create", "/data/new"]);
    let rest = "mounts.\"/data\" = { source = \"./data\" }";
    let ended = sandbox.up(&words, rest).expect(0);
    for (line, (what, path)) in ended.lines().iter().zip(tries) {
        assert_eq!(*line, format!("{what} {path} EPERM"), "{ended:?}");
    }
    assert_eq!(ended.lines().last(), Some(&"create /data/new EROFS"));
    // With CAP_SYS_ADMIN it works, as SECURITY.md says: these are real attempts.
    let rest = format!("{rest}\nsecurity.preset = \"unconfined\"");
    let words = ["/probe", "try", "unprotect", "/data", ",", "try", "create", "/data/new"];
    assert_eq!(sandbox.up(&words, &rest).expect(0).lines(), ["unprotect /data ok", "create /data/new ok"]);
}

#[test]
fn tracing_and_killing_init() {
    const SEIZE: &str = "16902";
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let ptrace = number("ptrace");
    let words = [
        "/probe", "call", &ptrace, SEIZE, "1", ",", "kill", "1", "KILL", ",", "kill", "1", "STOP", ",",
        "exit", "7",
    ];
    let ended = sandbox.up(&words, "init = true").expect(7);
    assert!(ended.stdout.trim().ends_with(" EPERM"), "{ended:?}");
}

#[test]
fn forking_without_end() {
    let Some(sandbox) = Sandbox::new(&[Need::Controller("pids")]) else { return };
    for rest in ["", "cgroup.pids = 40", "init = true", "namespaces.pid = \"host\""] {
        // The command ends, and what it has left goes on forking.
        sandbox.up(&["/probe", "chains", "4"], rest).expect(0);
        assert_eq!(sandbox.left(), Vec::<String>::new(), "{rest}");
        let mut running = sandbox.start(&["/probe", "chains", "4", ",", "wait"], rest);
        running.until("ready");
        running.signal(Signal::SIGTERM);
        running.end();
        assert_eq!(sandbox.left(), Vec::<String>::new(), "{rest}");
    }
    let ended = sandbox.up(&["/probe", "fork", "500"], "cgroup.pids = 40").expect(0);
    assert!(ended.stdout.trim().ends_with("then EAGAIN"), "{ended:?}");
}

#[test]
fn filling_what_can_be_written() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let rest = "rootfs = { source = \"./rootfs\", size = \"2m\" }\nshm_size = \"1m\"\nmounts.\"/tmp\" = { type = \"tmpfs\", size = \"1m\" }";
    let mut words = vec!["/probe"];
    let files = ["/file", "/dev/shm/file", "/dev/file", "/tmp/file"];
    for file in files {
        words.extend(["try", "fill", file, ","]);
    }
    words.extend(["say", "done"]);
    let ended = sandbox.up(&words, rest).expect(0);
    let expected = files.map(|file| format!("fill {file} ENOSPC"));
    assert_eq!(ended.lines()[..4], expected);
    assert_eq!(
        fs::read_dir(sandbox.rootfs()).expect("the rootfs").count(),
        1,
        "nothing of it is on the disk"
    );
}
