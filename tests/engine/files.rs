//! `rootfs`, `mounts`, /dev, /proc: what is there, with which flags, and what is not.

use crate::common::{Ended, Need, Sandbox};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// Mount options and file system by mount point, as the payload's mountinfo has them;
/// the last mount on a point is the one that shows.
fn mounts(text: &str) -> BTreeMap<String, (Vec<String>, String)> {
    let parse = |line: &str| {
        let (mount, filesystem) = line.split_once(" - ")?;
        let fields: Vec<&str> = mount.split(' ').collect();
        let options = fields.get(5)?.split(',').map(str::to_owned).collect();
        Some((fields[4].to_owned(), (options, filesystem.split(' ').next()?.to_owned())))
    };
    text.lines().filter_map(parse).collect()
}

fn has(options: &[String], wanted: &[&str]) -> bool {
    wanted.iter().all(|option| options.iter().any(|o| o == option))
}

#[track_caller]
fn lines(ended: &Ended, wanted: &[&str]) {
    assert_eq!(ended.lines(), wanted, "{}", ended.stderr);
}

#[test]
fn an_overlay_can_be_written_and_its_source_can_not() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let before = fs::read_dir(sandbox.rootfs()).expect("the rootfs").count();
    let words =
        ["/probe", "try", "create", "/new", ",", "try", "write", "/probe-data", ",", "try", "remove", "/old"];
    sandbox.write("rootfs/probe-data", "abc");
    sandbox.write("rootfs/old", "abc");
    let ended = sandbox.up(&words, "").expect(0);
    lines(&ended, &["create /new ok", "write /probe-data ok", "remove /old ok"]);
    assert_eq!(
        fs::read_dir(sandbox.rootfs()).expect("the rootfs").count(),
        before + 2,
        "nothing was made, not even mount points"
    );
    assert_eq!(fs::read_to_string(sandbox.path("rootfs/probe-data")).expect("still there"), "abc");
    assert_eq!(fs::read_to_string(sandbox.path("rootfs/old")).expect("still there"), "abc");
}

#[test]
fn a_read_only_root_is_read_only() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    for folder in ["proc", "sys", "dev"] {
        fs::create_dir(sandbox.rootfs().join(folder)).expect("a mount point");
    }
    let rest = "rootfs = { source = \"./rootfs\", mode = \"read-only\" }";
    let words = [
        "/probe",
        "try",
        "create",
        "/new",
        ",",
        "try",
        "create",
        "/dev/shm/new",
        ",",
        "try",
        "remount-writable",
        "/",
    ];
    let ended = sandbox.up(&words, rest).expect(0);
    lines(&ended, &["create /new EROFS", "create /dev/shm/new ok", "remount-writable / EPERM"]);
}

#[test]
fn a_read_only_root_without_mount_points_is_refused_with_its_place() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.profile(&["/probe", "facts"], "rootfs = { source = \"./rootfs\", mode = \"read-only\" }");
    let problem = sandbox.run(&["up", "profile.toml", "--error-format", "json"]).expect(125).diagnostic();
    assert_eq!(problem["operation"], "mount_kernel", "{problem:#}");
    assert_eq!(problem["path"], "/proc");
    assert_eq!(problem["errno"], "EROFS");
}

#[test]
fn the_hosts_tree_is_shown_without_what_is_private() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    // The probe lies in /tmp, which is hidden: it is mounted where it can be seen.
    let rest =
        format!("rootfs = \"host\"\nmounts = [\"{}:/probe:ro\"]", sandbox.rootfs().join("probe").display());
    let hidden = ["/root", "/home", "/tmp", "/run", "/mnt", "/media", "/var/tmp"];
    let mut words = vec!["/probe"];
    hidden.iter().for_each(|path| words.extend(["ls", path, ","]));
    words.extend([
        "try",
        "read",
        "/etc/shadow",
        ",",
        "try",
        "read",
        "/etc/passwd",
        ",",
        "try",
        "create",
        "/etc/new",
        ",",
        "try",
        "create",
        "/root/new",
    ]);
    let ended = sandbox.up(&words, &rest).expect(0);
    let lines = ended.lines();
    for (path, line) in hidden.iter().zip(&lines) {
        assert!(*line == "[]" || *line == format!("ls {path} ENOENT"), "{path}: {line}");
    }
    assert_eq!(
        lines[hidden.len()..],
        ["read /etc/shadow ENOENT", "read /etc/passwd ok", "create /etc/new ok", "create /root/new ok"]
    );
    assert!(!fs::exists("/etc/new").expect("/etc") && !fs::exists("/root/new").expect("/root"));
}

#[test]
fn the_hosts_tree_can_be_read_only() {
    let Some(sandbox) = Sandbox::new(&[Need::Host("true")]) else { return };
    let name = format!("{}-host", sandbox.name);
    let run = |words: &[&str]| sandbox.run(&[&["run", "--name", &name, "--read-only"], words].concat());
    run(&["true"]).expect(0);
    let probe = format!("{}:/srv/probe:ro", sandbox.rootfs().join("probe").display());
    if fs::exists("/srv").expect("/") {
        sandbox.write("probe-is-a-file", "");
        run(&["-v", &probe, "/srv/probe", "try", "create", "/srv/new"]).expect(0);
    }
}

#[test]
fn binds_are_read_only_unless_asked_and_keep_out_setuid_and_devices() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.write("data/file", "from outside");
    let rest = "[mounts.\"/ro\"]\nsource = \"./data\"\n[mounts.\"/rw/deep\"]\nsource = \"./data\"\nread_only = false\n\
                [mounts.\"/one\"]\nsource = \"./data/file\"";
    let words = [
        "/probe",
        "cat",
        "/ro/file",
        ",",
        "say",
        ",",
        "try",
        "create",
        "/ro/new",
        ",",
        "try",
        "create",
        "/rw/deep/new",
        ",",
        "try",
        "write",
        "/one",
        ",",
        "cat",
        "/proc/self/mountinfo",
    ];
    let ended = sandbox.up(&words, rest).expect(0);
    let lines = ended.lines();
    assert_eq!(
        lines[..4],
        ["from outside", "create /ro/new EROFS", "create /rw/deep/new ok", "write /one EROFS"]
    );
    assert!(fs::exists(sandbox.path("data/new")).expect("the source"), "a writable bind writes the source");
    let mounts = mounts(&ended.stdout);
    assert!(has(&mounts["/ro"].0, &["ro", "nosuid", "nodev"]), "{mounts:?}");
    assert!(has(&mounts["/rw/deep"].0, &["rw", "nosuid", "nodev"]), "{mounts:?}");
    assert!(has(&mounts["/one"].0, &["ro", "nosuid", "nodev"]), "{mounts:?}");
    assert!(!fs::exists(sandbox.path("rootfs/ro")).expect("the rootfs"), "targets are made in the overlay");
}

#[test]
fn a_bind_takes_the_mounts_below_its_source_along_read_only() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    // /dev of the host has mounts below it (/dev/pts at least).
    let words = ["/probe", "cat", "/proc/self/mountinfo", ",", "try", "create", "/host-dev/shm/new"];
    let ended = sandbox.up(&words, "mounts = [\"/dev:/host-dev:ro\"]").expect(0);
    let mounts = mounts(&ended.stdout);
    let below: Vec<_> = mounts.iter().filter(|(point, _)| point.starts_with("/host-dev/")).collect();
    assert!(!below.is_empty(), "{mounts:?}");
    for (point, (options, _)) in below {
        assert!(has(options, &["ro", "nosuid", "nodev"]), "{point}: {options:?}");
    }
    assert!(
        ended.stdout.ends_with("create /host-dev/shm/new EROFS\n") || !fs::exists("/dev/shm").expect("/dev"),
        "{}",
        ended.stdout
    );
}

#[test]
fn a_tmpfs_has_its_size_and_mode() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let rest = "[mounts.\"/cache\"]\ntype = \"tmpfs\"\nsize = \"1m\"\nmode = \"0750\"\n\
                [mounts.\"/sealed\"]\ntype = \"tmpfs\"\nread_only = true";
    let words = [
        "/probe",
        "stat",
        "/cache",
        ",",
        "try",
        "fill",
        "/cache/file",
        ",",
        "stat",
        "/cache/file",
        ",",
        "try",
        "create",
        "/sealed/file",
        ",",
        "cat",
        "/proc/self/mountinfo",
    ];
    let ended = sandbox.up(&words, rest).expect(0);
    let lines = ended.lines();
    assert!(lines[0].contains("\"mode\":\"0750\""), "{}", lines[0]);
    assert_eq!(lines[1], "fill /cache/file ENOSPC");
    assert!(lines[2].contains("\"size\":1048576"), "{}", lines[2]);
    assert_eq!(lines[3], "create /sealed/file EROFS");
    let mounts = mounts(&ended.stdout);
    assert_eq!(mounts["/cache"].1, "tmpfs");
    assert!(has(&mounts["/cache"].0, &["rw", "nosuid", "nodev"]), "{mounts:?}");
    assert!(has(&mounts["/sealed"].0, &["ro"]), "{mounts:?}");
}

#[test]
fn a_mount_inside_a_mount_shows() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.write("outer/inner/hidden", "");
    sandbox.write("inner/shown", "");
    let rest = "mounts = [\"./inner:/m/inner\", \"./outer:/m\"]";
    lines(&sandbox.up(&["/probe", "ls", "/m/inner"], rest).expect(0), &["[\"shown\"]"]);
}

#[test]
fn the_overlay_is_bounded_by_half_the_memory() {
    let Some(sandbox) = Sandbox::new(&[Need::Controller("memory")]) else { return };
    let words = ["/probe", "try", "fill", "/file", ",", "stat", "/file"];
    let ended = sandbox.up(&words, "cgroup.memory = \"32m\"").expect(0);
    assert_eq!(ended.lines()[0], "fill /file ENOSPC");
    let size: u64 = serde_json::from_str::<serde_json::Value>(ended.lines()[1]).expect("JSON")["size"]
        .as_u64()
        .expect("a size");
    assert!((8 << 20..=16 << 20).contains(&size), "{size}");
}

#[test]
fn a_missing_source_is_an_error_on_its_line() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.profile(&["/probe", "facts"], "env.A = \"b\"\nmounts = [\"./none:/srv\"]");
    let problem = sandbox.run(&["up", "profile.toml", "--error-format", "json"]).expect(125).diagnostic();
    assert_eq!(problem["operation"], "open_tree", "{problem:#}");
    assert_eq!(problem["errno"], "ENOENT");
    assert_eq!(problem["path"], sandbox.path("none").display().to_string());
    assert_eq!(problem["labels"][0]["line"], 5, "{problem:#}");
    assert!(!sandbox.path("none").exists(), "a source is never made");
}

#[test]
fn a_file_can_not_be_mounted_on_a_folder() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.write("file", "");
    fs::create_dir(sandbox.rootfs().join("folder")).expect("a folder");
    sandbox.profile(&["/probe", "facts"], "mounts = [\"./file:/folder\"]");
    let problem = sandbox.run(&["up", "profile.toml", "--error-format", "json"]).expect(125).diagnostic();
    assert_eq!(problem["operation"], "attach_tree", "{problem:#}");
    assert_eq!(problem["path"], "/folder");
    assert_eq!(problem["labels"][0]["line"], 4);
}

#[test]
fn links_of_the_rootfs_lead_nowhere_outside() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let outside = sandbox.path("outside");
    fs::create_dir(&outside).expect("a folder");
    sandbox.write("data/file", "data");
    for (link, target) in
        [("absolute", outside.as_path()), ("up", std::path::Path::new("../../../../../../outside"))]
    {
        std::os::unix::fs::symlink(target, sandbox.rootfs().join(link)).expect("a link");
    }
    let rest = "mounts = [\"./data:/absolute/a\", \"./data:/up/b\"]";
    let ended = sandbox.up(&["/probe", "ls", "/absolute/a", ",", "ls", "/up/b"], rest);
    // Inside, the links lead to folders that do not exist there; they may be made or
    // refused, but outside nothing may appear.
    assert!([0, 125].contains(&ended.code()), "{ended:?}");
    assert_eq!(fs::read_dir(&outside).expect("a folder").count(), 0);
    for entry in fs::read_dir(sandbox.rootfs()).expect("the rootfs") {
        let name = entry.expect("an entry").file_name();
        assert!(["probe", "absolute", "up"].iter().any(|known| name == *known), "{name:?}");
    }
}

#[test]
fn a_rootfs_whose_proc_is_a_link_is_mounted_on_where_it_leads_inside() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let outside = sandbox.path("outside");
    fs::create_dir(&outside).expect("a folder");
    std::os::unix::fs::symlink(&outside, sandbox.rootfs().join("proc")).expect("a link");
    sandbox.profile(&["/probe", "facts"], "");
    let ended = sandbox.run(&["up", "profile.toml", "--error-format", "json"]).expect(125);
    let problem = ended.diagnostic();
    assert_eq!(problem["operation"], "mount_kernel", "{problem:#}");
    assert_eq!(problem["path"], "/proc");
    assert_eq!(fs::read_dir(&outside).expect("a folder").count(), 0);
}

#[test]
fn dev_has_its_nodes_links_and_terminals() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let nodes =
        [("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0)];
    let paths: Vec<String> = nodes.iter().map(|(name, ..)| format!("/dev/{name}")).collect();
    let mut words = vec!["/probe", "ls", "/dev"];
    paths.iter().for_each(|path| words.extend([",", "stat", path]));
    words.extend([
        ",",
        "stat",
        "/dev/ptmx",
        ",",
        "stat",
        "/dev/fd",
        ",",
        "ls",
        "/dev/pts",
        ",",
        "try",
        "write",
        "/dev/null",
        ",",
        "try",
        "write",
        "/dev/full",
        ",",
        "try",
        "create",
        "/dev/new",
    ]);
    let ended = sandbox.up(&words, "").expect(0);
    let all = ended.lines();
    assert_eq!(
        all[0],
        r#"["fd","full","mqueue","null","ptmx","pts","random","shm","stderr","stdin","stdout","tty","urandom","zero"]"#
    );
    for ((name, major, minor), line) in nodes.iter().zip(&all[1..]) {
        let node: serde_json::Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(node["device"], serde_json::json!([major, minor]), "{name}");
        assert_eq!(node["mode"], "0666", "{name}");
    }
    let rest = &all[1 + nodes.len()..];
    assert!(rest[0].contains("\"target\":\"pts/ptmx\""), "{}", rest[0]);
    assert!(rest[1].contains("\"target\":\"/proc/self/fd\""), "{}", rest[1]);
    assert_eq!(
        rest[2..],
        ["[\"ptmx\"]", "write /dev/null ok", "write /dev/full ENOSPC", "create /dev/new ok"]
    );
}

#[test]
fn kernel_files_are_masked_or_read_only() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let words = [
        "/probe",
        "cat",
        "/proc/keys",
        "/proc/interrupts",
        "/proc/timer_list",
        ",",
        "say",
        "end",
        ",",
        "try",
        "open-to-write",
        "/proc/sys/kernel/hostname",
        ",",
        "try",
        "open-to-write",
        "/proc/irq/default_smp_affinity",
        ",",
        "try",
        "mkdir",
        "/sys/new",
        ",",
        "try",
        "remount-writable",
        "/proc/sys",
        ",",
        "try",
        "umount",
        "/proc/keys",
        ",",
        "cat",
        "/proc/self/mountinfo",
    ];
    let ended = sandbox.up(&words, "").expect(0);
    let lines: Vec<&str> = ended.lines().into_iter().filter(|line| !line.contains("ENOENT")).collect();
    assert_eq!(
        lines[..6],
        [
            "end",
            "open-to-write /proc/sys/kernel/hostname EROFS",
            "open-to-write /proc/irq/default_smp_affinity EROFS",
            "mkdir /sys/new EROFS",
            "remount-writable /proc/sys EPERM",
            "umount /proc/keys EPERM",
        ]
    );
    let mounts = mounts(&ended.stdout);
    assert!(has(&mounts["/proc"].0, &["rw", "nosuid", "nodev", "noexec"]), "{mounts:?}");
    assert!(has(&mounts["/sys"].0, &["ro", "nosuid", "nodev", "noexec"]), "{mounts:?}");
    assert!(has(&mounts["/dev"].0, &["nosuid", "noexec"]), "{mounts:?}");
    assert!(has(&mounts["/proc/sys"].0, &["ro"]), "{mounts:?}");
    if fs::exists("/sys/firmware").expect("/sys") {
        assert_eq!(mounts["/sys/firmware"].1, "tmpfs");
    }
}

#[test]
fn nothing_of_the_hosts_mounts_can_be_seen() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let ended = sandbox.up(&["/probe", "cat", "/proc/self/mountinfo"], "").expect(0);
    let text = &ended.stdout;
    assert!(!text.contains("cgroup") && !text.contains("old"), "{text}");
    let points: Vec<String> = mounts(text).into_keys().collect();
    for point in &points {
        let known = ["/", "/proc", "/sys", "/dev", "/etc/hosts", "/etc/hostname"].iter().any(|p| point == p)
            || ["/proc/", "/sys/", "/dev/"].iter().any(|p| point.starts_with(p));
        assert!(known, "{point} in {text}");
    }
    // Mount events of the host do not come in, and none go out.
    assert!(!text.contains("shared:"), "{text}");
}

#[test]
fn a_missing_working_folder_is_an_error_on_its_line() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    fs::create_dir(sandbox.rootfs().join("there")).expect("a folder");
    let ended = sandbox.up(&["/probe", "facts"], "working_dir = \"/there\"").expect(0);
    assert_eq!(ended.value()["working_dir"], "/there");
    sandbox.profile(&["/probe", "facts"], "working_dir = \"/not/there\"");
    let problem = sandbox.run(&["up", "profile.toml", "--error-format", "json"]).expect(125).diagnostic();
    assert_eq!(problem["operation"], "change_directory", "{problem:#}");
    assert_eq!(problem["errno"], "ENOENT");
    assert_eq!(problem["labels"][0]["line"], 4);
}

#[test]
fn the_roots_owner_and_mode_are_the_sources() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    fs::set_permissions(sandbox.rootfs(), fs::Permissions::from_mode(0o751)).expect("a mode");
    let value = sandbox.up(&["/probe", "stat", "/"], "").expect(0).value();
    assert_eq!((&value["mode"], &value["kind"]), (&"0751".into(), &"folder".into()));
}
