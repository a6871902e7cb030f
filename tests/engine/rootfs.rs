//! `rootfs`: what happens to changes, and what every container finds in /etc.

use crate::common::{Running, Sandbox};
use std::fs;
use std::os::unix::fs::symlink;

const FILES: [&str; 8] = ["/probe", "cat", "/etc/hosts", ",", "cat", "/etc/hostname", ",", "say"];

/// The fields of a mount point before ` - `.
#[track_caller]
fn fields<'t>(text: &'t str, point: &str) -> &'t str {
    let line = text.lines().rfind(|line| line.split(' ').nth(4) == Some(point));
    line.unwrap_or_else(|| panic!("nothing on {point}: {text}")).split_once(" - ").expect("two halves").0
}

#[test]
fn shm_size_bounds_the_memory_at_dev_shm() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let words = ["/probe", "try", "fill", "/dev/shm/f", ",", "stat", "/dev/shm/f"];
    let ended = sandbox.up(&words, "shm_size = \"1m\"").expect(0);
    assert!(
        ended.lines()[0].ends_with("ENOSPC") && ended.lines()[1].contains("\"size\":1048576"),
        "{ended:?}"
    );
    // The flag wins over the profile.
    let profile = sandbox.path("profile.toml").display().to_string();
    let arguments = ["run", "--profile", &profile, "--shm-size", "2m"];
    let ended = sandbox.run(&[&arguments[..], &words[..]].concat()).expect(0);
    assert!(ended.lines()[1].contains("\"size\":2097152"), "{ended:?}");
    let plan = sandbox.run(&["plan", "profile.toml"]).expect(0);
    assert!(plan.stdout.contains("profile.toml:4 shm_size"), "{}", plan.stdout);
}

#[test]
fn size_bounds_the_changes_of_an_overlay() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let words = ["/probe", "try", "fill", "/big", ",", "stat", "/big"];
    for source in ["./rootfs", "host"] {
        let words: Vec<&str> = if source == "host" {
            // The host has no probe at its root: bound there.
            words.iter().map(|word| if *word == "/probe" { "/srv/probe" } else { word }).collect()
        } else {
            words.to_vec()
        };
        let bind = if source == "host" { "mounts.\"/srv\" = { source = \"./rootfs\" }" } else { "" };
        let rest = format!("rootfs = {{ source = {source:?}, size = \"2m\" }}\n{bind}");
        let ended = sandbox.up(&words, &rest).expect(0);
        assert!(ended.lines()[0].ends_with("ENOSPC"), "{ended:?}");
        assert!(ended.lines()[1].contains("\"size\":2097152"), "{source}: {ended:?}");
    }
    let rest = "rootfs = { source = \"./rootfs\", size = \"64m\" }\ncgroup.memory = \"32m\"";
    sandbox.profile(&["/probe", "facts"], rest);
    let plan = sandbox.run(&["plan", "profile.toml"]).expect(0);
    let text = plan.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        text.contains("at most 64 MiB") && text.contains("rootfs.size is not below cgroup.memory"),
        "{text}"
    );
}

#[test]
fn a_writable_root_is_the_folder_itself() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.write("data/file", "");
    let rest = "rootfs = { source = \"./rootfs\", mode = \"read-write\" }\nmounts.\"/new/here\" = { source = \"./data\" }";
    let words =
        ["/probe", "try", "create", "/made", ",", "ls", "/new/here", ",", "cat", "/proc/self/mountinfo"];
    let ended = sandbox.up(&words, rest).expect(0);
    assert_eq!(ended.lines()[..2], ["create /made ok", "[\"file\"]"]);
    assert!(sandbox.rootfs().join("made").is_file(), "it stays");
    assert!(sandbox.rootfs().join("new/here").is_dir(), "targets are made where the root is writable");
    assert!(fields(&ended.stdout, "/").contains("nodev"), "{}", ended.stdout);
    // What is there by default leaves no trace in it.
    assert!(!sandbox.rootfs().join("etc").exists());
    // What was changed is there the next time.
    let ended = sandbox.up(&["/probe", "stat", "/made"], rest).expect(0);
    assert!(ended.stdout.contains("\"kind\":\"file\""), "{}", ended.stdout);
}

#[test]
fn files_of_etc_say_what_the_container_is_called() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let hosts =
        "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n127.0.1.1\tbox.example box\n";
    let ended = sandbox.up(&FILES, "hostname = \"box.example\"").expect(0);
    assert_eq!(ended.stdout, format!("{hosts}box.example\n\n"));
    assert!(!sandbox.rootfs().join("etc").exists(), "made in the overlay only");
    // Whatever the root is like, and never in the source.
    sandbox.write("rootfs/etc/hosts", "theirs\n");
    sandbox.write("rootfs/etc/hostname", "theirs\n");
    for mode in ["overlay", "read-only", "read-write"] {
        let rest =
            format!("rootfs = {{ source = \"./rootfs\", mode = {mode:?} }}\nhostname = \"box.example\"");
        for folder in ["dev", "proc", "sys"] {
            fs::create_dir_all(sandbox.rootfs().join(folder)).expect("a folder");
        }
        let ended = sandbox.up(&FILES, &rest).expect(0);
        assert_eq!(ended.stdout, format!("{hosts}box.example\n\n"), "{mode}");
        assert_eq!(fs::read_to_string(sandbox.rootfs().join("etc/hosts")).expect("a file"), "theirs\n");
    }
    let off = "[mounts]\n\"/etc/hosts\" = false\n\"/etc/hostname\" = { content = \"mine\\n\" }";
    let ended = sandbox.up(&FILES, off).expect(0);
    assert_eq!(ended.stdout, "theirs\nmine\n\n");
    // The host's name is not the container's to tell.
    let ended = sandbox.up(&FILES, "namespaces.uts = \"host\"").expect(0);
    assert!(ended.stdout.ends_with("ip6-loopback\ntheirs\n\n"), "{}", ended.stdout);
    // Written to, it is the container's own.
    let rest = "mounts.\"/etc/hosts\".read_only = false";
    let words =
        ["/probe", "try", "open-to-write", "/etc/hosts", ",", "try", "open-to-write", "/etc/hostname"];
    let ended = sandbox.up(&words, rest).expect(0);
    assert_eq!(ended.lines(), ["open-to-write /etc/hosts ok", "open-to-write /etc/hostname EROFS"]);
}

#[test]
fn a_root_without_room_for_files_of_etc_does_without() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    for folder in ["dev", "proc", "sys"] {
        fs::create_dir_all(sandbox.rootfs().join(folder)).expect("a folder");
    }
    let words = ["/probe", "cat", "/etc/hosts", ",", "ls", "/etc/hosts"];
    for mode in ["read-only", "read-write"] {
        let rest = format!("rootfs = {{ source = \"./rootfs\", mode = {mode:?} }}");
        let ended = sandbox.up(&words, &rest).expect(0);
        assert_eq!(ended.lines(), ["cat /etc/hosts ENOENT", "ls /etc/hosts ENOENT"], "{mode}");
        assert!(!sandbox.rootfs().join("etc").exists(), "{mode}");
    }
    // A folder, a file in the way, a circle.
    let hosts = sandbox.rootfs().join("etc/hosts");
    fs::create_dir_all(&hosts).expect("a folder");
    assert_eq!(sandbox.up(&words, "").expect(0).lines()[1], "[]");
    fs::remove_dir_all(sandbox.rootfs().join("etc")).expect("ours");
    fs::write(sandbox.rootfs().join("etc"), "").expect("a file");
    assert_eq!(sandbox.up(&words, "").expect(0).lines()[0], "cat /etc/hosts ENOTDIR");
    fs::remove_file(sandbox.rootfs().join("etc")).expect("ours");
    symlink("etc", sandbox.rootfs().join("etc")).expect("a link");
    assert_eq!(sandbox.up(&words, "").expect(0).lines()[0], "cat /etc/hosts ELOOP");
}

#[test]
fn links_in_etc_lead_nowhere_outside() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let outside = sandbox.path("outside");
    fs::create_dir(&outside).expect("a folder");
    fs::write(outside.join("hosts"), "the host's\n").expect("a file");
    symlink(&outside, sandbox.rootfs().join("etc")).expect("a link");
    let ended = sandbox.up(&["/probe", "say", "up"], "");
    assert!([0, 125].contains(&ended.code()), "{ended:?}");
    assert_eq!(fs::read_to_string(outside.join("hosts")).expect("there"), "the host's\n");
    assert_eq!(fs::read_dir(&outside).expect("a folder").count(), 1);
    // A link of the file itself that leads nowhere is replaced in the overlay.
    fs::remove_file(sandbox.rootfs().join("etc")).expect("ours");
    fs::create_dir(sandbox.rootfs().join("etc")).expect("a folder");
    symlink("/run/none", sandbox.rootfs().join("etc/hosts")).expect("a link");
    let ended = sandbox.up(&["/probe", "cat", "/etc/hosts"], "").expect(0);
    assert!(ended.stdout.starts_with("127.0.0.1\tlocalhost\n"), "{}", ended.stdout);
    assert!(sandbox.rootfs().join("etc/hosts").is_symlink(), "the source is as it was");
}

#[test]
fn resolv_conf_is_the_host_s_in_the_host_s_network() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let Ok(theirs) = fs::read_to_string("/etc/resolv.conf") else {
        let plan = sandbox.profile(&["/probe", "facts"], "network = \"host\"");
        let plan = sandbox.run(&["plan", &plan.display().to_string()]).expect(0);
        assert!(plan.stdout.contains("this host has none"), "{}", plan.stdout);
        return;
    };
    let words = ["/probe", "cat", "/etc/resolv.conf", ",", "cat", "/proc/self/mountinfo"];
    let write = ["/probe", "try", "open-to-write", "/etc/resolv.conf"];
    let ended = sandbox.up(&words, "network = \"host\"").expect(0);
    assert!(ended.stdout.starts_with(&theirs), "{}", ended.stdout);
    let options = fields(&ended.stdout, "/etc/resolv.conf").split(' ').nth(5).expect("options");
    assert!(options.split(',').any(|option| option == "ro"), "{options}");
    assert_eq!(
        sandbox.up(&write, "network = \"host\"").expect(0).lines(),
        ["open-to-write /etc/resolv.conf EROFS"]
    );
    // Without a network, or switched off, there is none.
    for rest in ["", "network = \"host\"\nmounts.\"/etc/resolv.conf\" = false"] {
        let ended = sandbox.up(&words[..3], rest).expect(0);
        assert_eq!(ended.lines(), ["cat /etc/resolv.conf ENOENT"], "{rest}");
    }
}

#[test]
fn the_root_s_propagation_is_what_mountinfo_says() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    for folder in ["dev", "proc", "sys"] {
        fs::create_dir_all(sandbox.rootfs().join(folder)).expect("a folder");
    }
    let up = |mode: &str, propagation: &str| {
        let rest =
            format!("rootfs = {{ source = \"./rootfs\", mode = {mode:?}, propagation = {propagation:?} }}");
        sandbox.profile(&["/probe", "cat", "/proc/self/mountinfo"], &rest);
        let command = sandbox.command_under(&["shared-mounts"], &["up", "profile.toml"]);
        Running::start(command).end().expect(0).stdout
    };
    for mode in ["overlay", "read-only", "read-write"] {
        let text = up(mode, "private");
        assert!(
            !["shared:", "master:"].iter().any(|word| fields(&text, "/").contains(word)),
            "{mode}: {text}"
        );
        let text = up(mode, "rshared");
        for point in ["/", "/proc", "/dev/shm"] {
            assert!(fields(&text, point).contains(" shared:"), "{mode} {point}: {text}");
        }
        assert!(!fields(&text, "/").contains("master:"), "{mode}: nothing reaches the host: {text}");
        assert!(fields(&up(mode, "unbindable"), "/").contains("unbindable"), "{mode}");
    }
    assert!(fields(&up("read-only", "rslave"), "/").contains(" master:"));
}

#[test]
fn every_mount_but_dev_is_nodev() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.write("data/file", "");
    let rest = "network = \"host\"\n[mounts]\n\"/a\" = { source = \"./data\" }\n\"/t\" = { type = \"tmpfs\" }\n\"/f\" = { content = \"x\" }\n\"/all\" = { source = \"/dev\" }";
    let ended = sandbox.up(&["/probe", "cat", "/proc/self/mountinfo"], rest).expect(0);
    let mut looked_at = 0;
    for line in ended.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let (point, options) = (words[4], words[5]);
        // /dev, its terminals, and what the masks cover with its /dev/null.
        let of_dev = ["/dev", "/dev/pts"].contains(&point) || words[3] == "/null";
        assert!(of_dev || options.split(',').any(|option| option == "nodev"), "{line}");
        looked_at += 1;
    }
    assert!(looked_at > 12, "{}", ended.stdout);
}
