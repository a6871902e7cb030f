//! What reaches a container from beside it: a socket that is shared, the launcher, and
//! what an earlier run of its own has left.

use crate::common::{Need, Running, Sandbox};
use std::fs;
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixListener;

/// Somebody outside hands over a folder by a socket that lies on a shared bind. Nothing can
/// take it back: whoever has the descriptor reads and writes there, by the rights of the
/// files, whatever the container's own mounts say. SECURITY.md says so.
#[test]
fn a_folder_of_the_host_handed_over_by_a_socket() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.write("outside/inner/file", "the host's\n");
    fs::create_dir(sandbox.path("shared")).expect("a folder");
    let listener = UnixListener::bind(sandbox.path("shared/socket")).expect("a socket");
    let folder = fs::File::open(sandbox.path("outside/inner")).expect("a folder");
    let give = std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("the payload connects");
        let rights = [folder.as_raw_fd()];
        let rights = [nix::sys::socket::ControlMessage::ScmRights(&rights)];
        let bytes = [std::io::IoSlice::new(b"x")];
        let none = nix::sys::socket::MsgFlags::empty();
        nix::sys::socket::sendmsg::<()>(stream.as_raw_fd(), &bytes, &rights, none, None).expect("it is sent");
    });
    let rest = "mounts.\"/shared\" = { source = \"./shared\" }";
    let words = ["/probe", "receive", "/shared/socket", "file", "../../outside/inner/file", "new"];
    let ended = sandbox.up(&words, rest).expect(0);
    give.join().expect("it was given");
    // The read-only bind does not keep anybody from connecting.
    let expected =
        ["read file ok", "read ../../outside/inner/file ok", "create new ok", "mount over it EPERM"];
    assert_eq!(ended.lines(), expected, "{ended:?}");
    assert!(sandbox.path("outside/inner/new").exists(), "it really is the host's folder");
}

/// What the launcher holds: its record, its end of init's socket, its memory.
#[test]
fn reaching_the_launcher() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    // Of its own pid namespace PID 1 is the command, or an init that can't be looked into.
    let ended = sandbox.up(&["/probe", "ls", "/proc/1/fd"], "").expect(0);
    assert_eq!(ended.stdout.trim(), "[\"0\",\"1\",\"2\",\"3\"]", "3 is the folder that is read: {ended:?}");
    let words = ["/probe", "ls", "/proc/1/fd", ",", "try", "read", "/proc/1/mem", ",", "ls", "/proc/1/root"];
    let ended = sandbox.up(&words, "init = true").expect(0);
    let lines = ended.lines();
    // It has closed all; the numbers would be no secret, what they lead to is.
    assert_eq!(lines.first(), Some(&"[]"), "{ended:?}");
    assert!(lines.len() == 3 && lines[1..].iter().all(|line| line.ends_with("EACCES")), "{ended:?}");
    // With the host's processes in sight the launcher is one of them.
    let rest = "namespaces.pid = \"host\"";
    let profile = sandbox.profile(&["/probe", "parent"], rest).display().to_string();
    let ended = Running::start(sandbox.command(&["up", &profile])).end().expect(0);
    let lines = ended.lines();
    assert_eq!(lines.len(), 6, "{ended:?}");
    for line in &lines {
        assert!(line.ends_with(" EACCES") || line.ends_with(" EPERM"), "{ended:?}");
    }
    // Nor does a path lead to the record.
    let record = sandbox.root().display().to_string();
    let answer = sandbox.up(&["/probe", "try", "list", &record], "").expect(0);
    assert!(answer.stdout.trim().ends_with("ENOENT"), "{answer:?}");
}

/// The changes that are kept were made by a command that was hostile.
#[test]
fn an_earlier_run_has_prepared_the_changes_that_are_kept() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.write("outside/file", "the host's");
    for folder in ["srv", "etc", "data"] {
        fs::create_dir(sandbox.rootfs().join(folder)).expect("a folder");
    }
    sandbox.write("rootfs/data/secret", "lower");
    let outside = sandbox.path("outside").display().to_string();
    let kept = "rootfs = { source = \"./rootfs\", mode = \"persistent\" }";
    let words = [
        "/probe",
        "try",
        "rmdir",
        "/srv",
        ",",
        "link",
        &outside,
        "/srv",
        ",",
        "try",
        "rmdir",
        "/etc",
        ",",
        "link",
        &outside,
        "/etc",
        ",",
        "xattr",
        "trusted.overlay.redirect",
        "/data",
        ",",
        "xattr",
        "trusted.overlay.opaque",
        "/data",
        ",",
        "xattr",
        "user.overlay.redirect",
        "/data",
        ",",
        "whiteout",
        "/none",
    ];
    // /etc is not empty: the container's own files are bound there.
    let first = sandbox.up(&words, &format!("{kept}\nmounts.\"/etc/hosts\" = false\nmounts.\"/etc/hostname\" = false\nmounts.\"/etc/resolv.conf\" = false")).expect(0);
    let lines = first.lines();
    assert!(lines.contains(&"rmdir /srv ok") && lines.contains(&"link /srv ok"), "{first:?}");
    for name in ["trusted.overlay.redirect", "trusted.overlay.opaque"] {
        assert!(lines.contains(&format!("xattr {name} EPERM").as_str()), "{first:?}");
    }
    // A device 0:0 is what an upper layer calls deleted; mknod(2) lets anybody make one.
    let before = fs::metadata(sandbox.path("outside/file")).expect("a file").mtime_nsec();
    for rest in [
        "mounts.\"/srv/new\" = { type = \"tmpfs\" }",
        "mounts.\"/srv/file\" = { content = \"mine\" }",
        "working_dir = \"/srv\"",
        "masked_paths = [\"/srv/file\"]",
        "read_only_paths = [\"/srv\"]",
        "",
    ] {
        let ended = sandbox.up(&["/probe", "cat", "/data/secret"], &format!("{kept}\n{rest}"));
        assert!([0, 125].contains(&ended.code()), "{rest}: {ended:?}");
        if ended.code() == 0 {
            assert_eq!(ended.stdout, "lower", "{rest}");
        }
        assert_eq!(fs::read_to_string(sandbox.path("outside/file")).expect("a file"), "the host's");
        assert_eq!(fs::read_dir(sandbox.path("outside")).expect("a folder").count(), 1, "{rest}");
        let after = fs::metadata(sandbox.path("outside/file")).expect("a file").mtime_nsec();
        assert_eq!(before, after, "{rest}");
    }
    // The layer itself is exchanged with links by whoever could write there, which is root
    // alone: even so the launch follows none.
    let kept_in = sandbox.root().join("data/containers").join(&sandbox.name).join("%");
    for part in ["upper", "work", "lower"] {
        let (real, aside) = (kept_in.join(part), kept_in.join("aside"));
        fs::rename(&real, &aside).expect("it is there");
        std::os::unix::fs::symlink(sandbox.path("outside"), &real).expect("a link");
        let ended = sandbox.up(&["/probe", "try", "create", "/written"], kept);
        assert_eq!(ended.code(), 125, "{part}: {ended:?}");
        assert_eq!(fs::read_dir(sandbox.path("outside")).expect("a folder").count(), 1, "{part}");
        fs::remove_file(&real).expect("the link");
        fs::rename(&aside, &real).expect("it is back");
    }
    sandbox.run(&["rm", &sandbox.name]).expect(0);
    assert_eq!(fs::read_to_string(sandbox.path("outside/file")).expect("a file"), "the host's");
}

/// Each child forks on: the bound holds, and nothing of it outlives the container.
#[test]
fn forking_that_grows() {
    let Some(sandbox) = Sandbox::new(&[Need::Controller("pids")]) else { return };
    for rest in
        ["cgroup.pids = 60", "cgroup.pids = 60\ninit = true", "cgroup.pids = 60\nnamespaces.pid = \"host\""]
    {
        let mut running = sandbox.start(&["/probe", "bomb"], rest);
        running.until("ready");
        let count = || {
            let groups = sandbox.groups();
            let most = groups.iter().map(|group| {
                fs::read_to_string(group.join("cgroup.procs")).unwrap_or_default().lines().count()
            });
            most.max().unwrap_or(0)
        };
        crate::common::eventually("it grows up to its bound", || (count() >= 55).then_some(()));
        for _ in 0..50 {
            assert!(count() <= 60, "{rest}: {}", count());
        }
        running.signal(nix::sys::signal::Signal::SIGTERM);
        running.end();
        assert_eq!(sandbox.left(), Vec::<String>::new(), "{rest}");
    }
}
