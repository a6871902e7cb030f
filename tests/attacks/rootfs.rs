//! A rootfs whose names lead somewhere else.

use crate::common::Sandbox;
use crate::swaps::covered;
use std::fs;
use std::os::unix::fs::symlink;

#[test]
fn cve_2023_27561_proc_and_sys_are_links_and_covered_all_the_same() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    for name in ["proc", "sys"] {
        let folder = sandbox.rootfs().join(format!("other/{name}"));
        fs::create_dir_all(&folder).expect("a folder");
        symlink(format!("other/{name}"), sandbox.rootfs().join(name)).expect("a link");
    }
    let mut running = sandbox
        .start(&["/probe", "try", "open-to-write", "/other/proc/sys/kernel/hostname", ",", "wait"], "");
    let answer = running.line();
    assert!(answer.ends_with(" EROFS"), "{answer}");
    running.until("ready");
    let mounts = running.payload_file("mountinfo");
    assert!(
        covered(&mounts, "proc").iter().any(|(name, options)| name == "sys" && options.starts_with("ro"))
    );
    assert!(covered(&mounts, "proc").iter().any(|(name, _)| name == "keys"), "{mounts}");
}

#[test]
fn links_out_of_the_rootfs_write_nothing_outside() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let outside = sandbox.path("outside");
    fs::create_dir(&outside).expect("a folder");
    fs::write(outside.join("file"), "the host's").expect("a file");
    for (name, rest) in [
        ("proc", ""),
        ("sys", ""),
        ("dev", "tty = false"),
        ("etc", ""),
        ("target", "mounts.\"/target/new\" = { type = \"tmpfs\" }"),
        ("target", "mounts.\"/target/file\" = { content = \"mine\" }"),
        ("target", "masked_paths = [\"/target/file\"]"),
        ("target", "read_only_paths = [\"/target\"]"),
        ("target", "working_dir = \"/target\""),
    ] {
        for mode in ["overlay", "read-write"] {
            for folder in ["proc", "sys", "dev", "etc"] {
                let _ = fs::create_dir(sandbox.rootfs().join(folder));
            }
            let link = sandbox.rootfs().join(name);
            let _ = fs::remove_dir_all(&link);
            symlink(&outside, &link).expect("a link");
            let rest = format!("rootfs = {{ source = \"./rootfs\", mode = {mode:?} }}\n{rest}");
            let ended = sandbox.up(&["/probe", "facts"], &rest);
            assert!([0, 125].contains(&ended.code()), "{name} {mode}: {ended:?}");
            if ended.code() == 0 {
                assert_ne!(ended.value()["working_dir"], outside.display().to_string());
            }
            assert_eq!(fs::read_dir(&outside).expect("a folder").count(), 1, "{name} {mode}");
            assert_eq!(fs::read_to_string(outside.join("file")).expect("a file"), "the host's");
            fs::remove_file(&link).expect("the link");
        }
    }
}

#[test]
fn cve_2019_16884_a_false_proc_is_not_written_to() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.write("false/self/oom_score_adj", "false\n");
    let rest = "oom_score_adj = 500\nmounts.\"/proc\" = { source = \"./false\", read_only = false }";
    sandbox.profile(&["/probe", "facts"], rest);
    let problem = sandbox.run(&["up", "profile.toml", "--error-format", "json"]).expect(125).diagnostic();
    assert_eq!(
        (&problem["operation"], &problem["errno"]),
        (&"set_oom_score".into(), &"EXDEV".into()),
        "{problem:#}"
    );
    let text = fs::read_to_string(sandbox.path("false/self/oom_score_adj")).expect("a file");
    assert_eq!(text, "false\n");
}

#[test]
fn cve_2025_31133_a_false_null_masks_nothing() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    // What lies in /proc is masked before anything of the user's is mounted, so that it is the
    // command's own input that meets the file.
    for (masked, operation, errno) in
        [("/sys/kernel/uevent_seqnum", "mask_paths", "ENODEV"), ("/proc/keys", "new_session", "EROFS")]
    {
        let rest = format!("mounts.\"/dev/null\" = {{ content = \"\" }}\nmasked_paths = [{masked:?}]");
        sandbox.profile(&["/probe", "facts"], &rest);
        let problem = sandbox.run(&["up", "profile.toml", "--error-format", "json"]).expect(125).diagnostic();
        assert_eq!((&problem["operation"], &problem["errno"]), (&operation.into(), &errno.into()));
    }
    let rest =
        "interactive = true\nmounts.\"/dev/null\" = { content = \"\" }\nmasked_paths = [\"/proc/keys\"]";
    let answer = sandbox.up(&["/probe", "stat", "/proc/keys"], rest).expect(0).value();
    assert_eq!((&answer["kind"], &answer["device"]), (&"device".into(), &serde_json::json!([1, 3])));
    // A /dev of the rootfs' own is covered, whatever it leads to.
    fs::create_dir(sandbox.rootfs().join("dev")).expect("a folder");
    symlink("/proc/sys/kernel/core_pattern", sandbox.rootfs().join("dev/null")).expect("a link");
    let answer = sandbox.up(&["/probe", "stat", "/dev/null"], "").expect(0).value();
    assert_eq!((&answer["kind"], &answer["device"]), (&"device".into(), &serde_json::json!([1, 3])));
}

#[test]
fn a_working_folder_through_descriptors_of_init() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    symlink("/proc/self/fd/4", sandbox.rootfs().join("link")).expect("a link");
    let numbers = (3..12).chain(60..80);
    let paths = numbers
        .map(|number| format!("/proc/self/fd/{number}"))
        .chain(["/link".to_owned(), "/proc/1/root".to_owned()]);
    for path in paths {
        sandbox.profile(&["/probe", "facts"], &format!("working_dir = {path:?}"));
        let problem = sandbox.run(&["up", "profile.toml", "--error-format", "json"]).expect(125).diagnostic();
        assert_eq!(problem["operation"], "change_directory", "{path}: {problem:#}");
        // Today's kernels follow no magic link where a lookup has a root (EXDEV), and
        // openat2(2) says that this may change: ELOOP is the answer to our own flag.
        if path == "/proc/1/root" {
            assert_eq!(problem["errno"], "ELOOP", "{problem:#}");
        }
    }
}

#[test]
fn cve_2025_52565_console_is_a_link_of_the_rootfs() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    fs::create_dir(sandbox.rootfs().join("dev")).expect("a folder");
    let outside = sandbox.write("outside", "the host's");
    for leads_to in ["/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern", &outside.display().to_string()] {
        for name in ["console", "pts", "ptmx"] {
            let link = sandbox.rootfs().join("dev").join(name);
            symlink(leads_to, &link).expect("a link");
            for mode in ["overlay", "read-write"] {
                let rest = format!("rootfs = {{ source = \"./rootfs\", mode = {mode:?} }}\ntty = true");
                let mut running = sandbox.start(&["/probe", "wait"], &rest);
                // A terminal's line feed begins a line, too.
                assert_eq!(running.line().trim_end(), "ready");
                let mounts = running.payload_file("mountinfo");
                let terminal = mounts.lines().filter(|line| line.contains(" - devpts "));
                let points: Vec<&str> = terminal.filter_map(|line| line.split(' ').nth(4)).collect();
                assert_eq!(points, ["/dev/pts", "/dev/console"], "{name} {leads_to} {mode}");
                assert!(covered(&mounts, "proc").iter().any(|(name, _)| name == "sys"), "{mounts}");
            }
            fs::remove_file(&link).expect("the link");
        }
    }
    assert_eq!(fs::read_to_string(outside).expect("a file"), "the host's");
}
