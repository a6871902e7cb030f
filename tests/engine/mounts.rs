//! `mounts`: every kind and option, as the payload and the host see them.

use crate::common::{Sandbox, mountinfo};
use std::fs;
use std::os::unix::fs::MetadataExt;

/// The fields before ` - ` and the file system of a mount point, from mountinfo.
fn mount<'t>(text: &'t str, point: &str) -> (&'t str, &'t str) {
    let line = text.lines().rfind(|line| line.split(' ').nth(4) == Some(point));
    line.unwrap_or_else(|| panic!("nothing on {point}: {text}")).split_once(" - ").expect("two halves")
}

#[track_caller]
fn has(text: &str, point: &str, wanted: &[&str]) {
    let (fields, _) = mount(text, point);
    let options: Vec<&str> = fields.split(' ').nth(5).unwrap_or("").split(',').collect();
    assert!(wanted.iter().all(|option| options.contains(option)), "{point}: {fields}");
}

#[test]
fn options_are_those_of_the_mount() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.write("data/file", "");
    let rest = r#"[mounts]
"/a" = { source = "./data", options = ["noexec", "noatime", "nosymfollow"] }
"/b" = { source = "./data", options = ["suid", "nodiratime"] }
"/c" = { type = "tmpfs", options = ["exec", "strictatime"], uid = 1000, gid = 7, mode = "0700" }
"/dev/shm" = { size = "1m" }"#;
    let words = [
        "/probe",
        "stat",
        "/c",
        ",",
        "try",
        "fill",
        "/dev/shm/f",
        ",",
        "stat",
        "/dev/shm/f",
        ",",
        "cat",
        "/proc/self/mountinfo",
    ];
    let ended = sandbox.up(&words, rest).expect(0);
    let text = &ended.stdout;
    has(text, "/a", &["ro", "nosuid", "nodev", "noexec", "noatime", "nosymfollow"]);
    has(text, "/b", &["ro", "nodev", "nodiratime"]);
    assert!(!mount(text, "/b").0.contains("nosuid"), "{text}");
    has(text, "/c", &["rw", "nosuid", "nodev"]);
    assert!(!mount(text, "/c").0.contains("relatime") && !mount(text, "/c").0.contains("noexec"), "{text}");
    // The built-in entry's other values stay.
    has(text, "/dev/shm", &["rw", "nosuid", "nodev", "noexec"]);
    let lines = ended.lines();
    assert!(
        lines[0].contains("\"owner\":[1000,7]") && lines[0].contains("\"mode\":\"0700\""),
        "{}",
        lines[0]
    );
    assert!(lines[2].contains("\"size\":1048576"), "{}", lines[2]);
}

#[test]
fn what_every_container_gets_can_be_switched_off() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let rest = "[mounts]\n\"/dev/shm\" = false\n\"/dev/mqueue\" = false\n\"/sys\" = false";
    let words = [
        "/probe",
        "ls",
        "/dev/shm",
        ",",
        "ls",
        "/dev/mqueue",
        ",",
        "ls",
        "/sys",
        ",",
        "cat",
        "/proc/self/mountinfo",
    ];
    let ended = sandbox.up(&words, rest).expect(0);
    assert_eq!(ended.lines()[..3], ["ls /dev/shm ENOENT", "ls /dev/mqueue ENOENT", "ls /sys ENOENT"]);
    assert!(![" - sysfs ", " - mqueue "].iter().any(|name| ended.stdout.contains(name)), "{}", ended.stdout);
    sandbox.profile(&words, "mounts.\"/dev\" = false");
    let problem = sandbox.run(&["up", "profile.toml", "--error-format", "json"]).expect(125).diagnostic();
    assert_eq!(problem["code"], "tinydocker::plan::dev_is_ours", "{problem:#}");
    // All that is inherited goes, and what the layer itself writes is there.
    let rest = "[mounts]\n\"*\" = false\n\"/dev\" = { type = \"dev\" }\n\"/proc\" = { type = \"proc\" }";
    let ended = sandbox.up(&["/probe", "cat", "/proc/self/mountinfo"], rest).expect(0);
    assert!(
        ![" - sysfs ", " - mqueue ", " - devpts "].iter().any(|name| ended.stdout.contains(name)),
        "{}",
        ended.stdout
    );
}

#[test]
fn a_file_has_its_content_mode_and_owner() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let rest = r#"[mounts]
"/etc/motd" = { content = "hello\n" }
"/etc/key" = { type = "file", content = "k", mode = "0400", uid = 1000, gid = 7, read_only = false }
"/etc/empty" = { content = "" }"#;
    let words = [
        "/probe",
        "cat",
        "/etc/motd",
        ",",
        "stat",
        "/etc/key",
        ",",
        "try",
        "write",
        "/etc/motd",
        ",",
        "try",
        "write",
        "/etc/key",
        ",",
        "stat",
        "/etc/empty",
        ",",
        "cat",
        "/proc/self/mountinfo",
    ];
    let ended = sandbox.up(&words, rest).expect(0);
    let lines = ended.lines();
    assert_eq!(lines[0], "hello");
    assert!(
        lines[1].contains("\"mode\":\"0400\"") && lines[1].contains("\"owner\":[1000,7]"),
        "{}",
        lines[1]
    );
    assert_eq!(lines[2..4], ["write /etc/motd EROFS", "write /etc/key ok"]);
    assert!(lines[4].contains("\"size\":0"), "{}", lines[4]);
    has(&ended.stdout, "/etc/motd", &["ro", "nosuid", "nodev"]);
    assert!(!sandbox.path("rootfs/etc").exists(), "targets are made in the overlay");
}

#[test]
fn a_bind_may_leave_out_the_mounts_below_its_source() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let words = ["/probe", "cat", "/proc/self/mountinfo"];
    let rest = "mounts.\"/d\" = { source = \"/dev\", recursive = false }";
    let ended = sandbox.up(&words, rest).expect(0);
    assert!(ended.stdout.lines().any(|line| line.split(' ').nth(4) == Some("/d")));
    assert!(!ended.stdout.contains(" /d/"), "{}", ended.stdout);
}

#[test]
fn an_optional_source_that_is_missing_is_left_out() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.write("data/file", "there");
    let rest = "[mounts]\n\"/no\" = { source = \"./none\", optional = true }\n\"/yes\" = { source = \"./data\", optional = true }";
    let ended = sandbox.up(&["/probe", "ls", "/no", ",", "ls", "/yes"], rest).expect(0);
    assert_eq!(ended.lines(), ["ls /no ENOENT", "[\"file\"]"]);
    let plan = sandbox.run(&["plan", "profile.toml"]).expect(0);
    let plan = plan.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(plan.contains("/no is left out if") && plan.contains("is missing at launch"), "{plan}");
}

#[test]
fn a_missing_source_is_made_where_that_is_asked_for() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let rest = "[mounts]\n\"/d\" = { source = \"./new/data\", create = \"dir\", read_only = false }\n\"/f\" = { source = \"./new/file\", create = \"file\" }";
    let words = ["/probe", "try", "create", "/d/x", ",", "stat", "/f"];
    let ended = sandbox.up(&words, rest).expect(0);
    assert_eq!(ended.lines()[0], "create /d/x ok");
    assert!(ended.lines()[1].contains("\"kind\":\"file\""), "{}", ended.stdout);
    assert!(sandbox.path("new/data/x").is_file() && sandbox.path("new/file").is_file(), "they stay");
    let made = fs::metadata(sandbox.path("new/data")).expect("made");
    assert_eq!((made.mode() & 0o7777, made.uid()), (0o755, 0));
    // What is there is used as it is.
    sandbox.up(&["/probe", "ls", "/d"], rest).expect(0);
}

#[test]
fn a_subpath_never_leads_out_of_its_source() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.write("data/in/file", "");
    sandbox.write("outside/secret", "");
    std::os::unix::fs::symlink("../outside", sandbox.path("data/out")).expect("a link");
    std::os::unix::fs::symlink("in", sandbox.path("data/link")).expect("a link");
    let rest = |part: &str| format!("mounts.\"/d\" = {{ source = \"./data\", subpath = {part:?} }}");
    for part in ["in", "link"] {
        let ended = sandbox.up(&["/probe", "ls", "/d"], &rest(part)).expect(0);
        assert_eq!(ended.lines(), ["[\"file\"]"], "{part}");
    }
    for (part, errno) in [("out", "EXDEV"), ("none", "ENOENT")] {
        sandbox.profile(&["/probe", "ls", "/d"], &rest(part));
        let problem = sandbox.run(&["up", "profile.toml", "--error-format", "json"]).expect(125).diagnostic();
        assert_eq!(problem["operation"], "open_tree", "{problem:#}");
        assert_eq!(problem["errno"], errno, "{problem:#}");
        assert_eq!(problem["labels"][0]["line"], 4, "{problem:#}");
    }
}

#[test]
fn kernel_file_systems_can_be_mounted_elsewhere() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let rest = r#"[mounts]
"/k/proc" = { type = "proc", read_only = true }
"/k/sys" = { type = "sysfs" }
"/k/pts" = { type = "devpts" }
"/k/mq" = { type = "mqueue" }"#;
    let words = ["/probe", "ls", "/k/pts", ",", "stat", "/k/ptmx", ",", "cat", "/k/proc/self/mountinfo"];
    let ended = sandbox.up(&words, rest).expect(0);
    assert_eq!(ended.lines()[..2], [r#"["ptmx"]"#, r#"{"error":"ENOENT"}"#]);
    for (point, filesystem, options) in [
        ("/k/proc", "proc ", &["ro", "nosuid", "nodev", "noexec"][..]),
        ("/k/sys", "sysfs ", &["ro", "nosuid", "nodev", "noexec"]),
        ("/k/pts", "devpts ", &["rw", "nosuid", "noexec"]),
        ("/k/mq", "mqueue ", &["rw", "nosuid", "nodev", "noexec"]),
    ] {
        has(&ended.stdout, point, options);
        assert!(mount(&ended.stdout, point).1.starts_with(filesystem), "{}", ended.stdout);
    }
}

#[test]
fn a_device_node_is_not_bound() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.profile(&["/probe", "facts"], "mounts = [\"/dev/null:/n\"]");
    let problem = sandbox.run(&["up", "profile.toml", "--error-format", "json"]).expect(125).diagnostic();
    assert_eq!((&problem["operation"], &problem["errno"]), (&"open_tree".into(), &"ENODEV".into()));
    assert!(problem["help"].as_str().expect("a help").contains("nodev"), "{problem:#}");
}

#[test]
fn targets_that_are_links_are_followed_inside_only() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let outside = sandbox.path("outside");
    fs::create_dir(&outside).expect("a folder");
    fs::create_dir(sandbox.rootfs().join("real")).expect("a folder");
    std::os::unix::fs::symlink(&outside, sandbox.rootfs().join("away")).expect("a link");
    std::os::unix::fs::symlink("/real", sandbox.rootfs().join("inside")).expect("a link");
    for kind in ["content = \"x\"", "type = \"tmpfs\"", "type = \"proc\""] {
        let rest = format!("mounts.\"/away/x\" = {{ {kind} }}\nmounts.\"/inside/x\" = {{ {kind} }}");
        let ended = sandbox.up(&["/probe", "ls", "/real"], &rest);
        assert!([0, 125].contains(&ended.code()), "{ended:?}");
        assert_eq!(fs::read_dir(&outside).expect("a folder").count(), 0, "{kind}");
        assert_eq!(fs::read_dir(sandbox.rootfs().join("real")).expect("a folder").count(), 0, "{kind}");
    }
    let ended =
        sandbox.up(&["/probe", "ls", "/real"], "mounts.\"/inside/x\" = { content = \"x\" }").expect(0);
    assert_eq!(ended.lines(), ["[\"x\"]"]);
}

#[test]
fn propagation_is_what_mountinfo_says() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.write("data/file", "");
    let words = ["/probe", "cat", "/proc/self/mountinfo"];
    let up = |propagation: &str, shared: bool| {
        let rest = format!("mounts.\"/d\" = {{ source = \"./data\", propagation = \"{propagation}\" }}");
        sandbox.profile(&words, &rest);
        let arguments = ["up", "profile.toml", "--error-format", "json"];
        let command = if shared {
            sandbox.command_under(&["shared-mounts"], &arguments)
        } else {
            sandbox.command(&arguments)
        };
        crate::common::Running::start(command).end()
    };
    for (propagation, field) in [("rslave", "master:"), ("rshared", "shared:"), ("unbindable", "unbindable")]
    {
        let ended = up(propagation, true).expect(0);
        assert!(mount(&ended.stdout, "/d").0.contains(field), "{propagation}: {}", ended.stdout);
    }
    let ended = up("private", true).expect(0);
    let fields = mount(&ended.stdout, "/d").0;
    assert!(!["master:", "shared:", "unbindable"].iter().any(|field| fields.contains(field)), "{fields}");
    // Where nothing could be passed on, nothing is pretended.
    if !mountinfo().contains("shared:") {
        let problem = up("rslave", false).expect(125).diagnostic();
        assert_eq!((&problem["operation"], &problem["errno"]), (&"open_tree".into(), &"EINVAL".into()));
        assert_eq!(problem["labels"][0]["line"], 4, "{problem:#}");
    }
}
