//! `rootfs.mode = "persistent"`: changes that are kept, and taken away.

use crate::common::Sandbox;
use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};

const KEPT: &str = "rootfs = { source = \"./rootfs\", mode = \"persistent\" }";

#[test]
fn the_second_launch_sees_what_the_first_has_changed() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.write("rootfs/theirs", "lower");
    let words =
        ["/probe", "try", "create", "/made", ",", "try", "remove", "/theirs", ",", "try", "chown", "/"];
    let ended = sandbox.up(&words, KEPT).expect(0);
    assert_eq!(ended.lines(), ["create /made ok", "remove /theirs ok", "chown / ok"]);
    assert!(
        !sandbox.rootfs().join("made").exists() && sandbox.rootfs().join("theirs").exists(),
        "the source is as it was"
    );
    let look = ["/probe", "stat", "/made", ",", "stat", "/theirs", ",", "stat", "/"];
    let ended = sandbox.up(&look, KEPT).expect(0);
    let lines = ended.lines();
    assert!(lines[0].contains("\"kind\":\"file\"") && lines[1].contains("ENOENT"), "{ended:?}");
    assert!(lines[2].contains("\"owner\":[7,7]"), "{ended:?}");
    let folder = sandbox.root().join("data/containers");
    for path in [&folder, &folder.join(&sandbox.name)] {
        assert_eq!(
            fs::metadata(path).expect("a folder").permissions().mode() & 0o777,
            0o700,
            "{}",
            path.display()
        );
    }
    assert!(sandbox.left().is_empty(), "{:?}", sandbox.left());
    // Another name starts with the source.
    let other = format!("{}-other", sandbox.name);
    let profile = sandbox.profile(&look, KEPT).display().to_string();
    let ended = sandbox.run(&["up", &profile, "--name", &other]).expect(0);
    assert!(ended.lines()[0].contains("ENOENT"), "{ended:?}");
    let removed = sandbox.run(&["rm", &sandbox.name, &other]).expect(0);
    assert_eq!(removed.stdout, format!("{}\n{other}\n", sandbox.name));
    let ended = sandbox.up(&look, KEPT).expect(0);
    assert!(ended.lines()[0].contains("ENOENT"), "gone: {ended:?}");
    let quiet = sandbox.run(&["rm", "--quiet", &sandbox.name]).expect(0);
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));
    let again = sandbox.run(&["rm", "--quiet", &sandbox.name]).expect(1);
    assert!(again.stdout.is_empty() && again.stderr.contains("nothing_kept"), "errors are said: {again:?}");
}

#[test]
fn the_host_s_tree_can_have_changes_too() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let rest =
        "rootfs = { source = \"host\", mode = \"persistent\" }\nmounts.\"/srv\" = { source = \"./rootfs\" }";
    let words = [
        "/srv/probe",
        "try",
        "create",
        "/usr/made-by-test",
        ",",
        "ls",
        "/root",
        ",",
        "try",
        "create",
        "/root/mine",
    ];
    let ended = sandbox.up(&words, rest).expect(0);
    assert_eq!(ended.lines(), ["create /usr/made-by-test ok", "[]", "create /root/mine ok"]);
    let ended = sandbox.up(&words, rest).expect(0);
    assert_eq!(
        ended.lines(),
        ["create /usr/made-by-test EEXIST", "[\"mine\"]", "create /root/mine EEXIST"],
        "what was hidden stays so, what was made there too"
    );
}

#[test]
fn what_runs_is_not_removed() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let mut running = sandbox.start(&["/probe", "wait"], KEPT);
    running.until("ready");
    let ended = sandbox.run(&["rm", &sandbox.name, "--error-format", "json"]).expect(1);
    let problem = ended.diagnostic();
    assert_eq!(problem["code"], "tinydocker::cli::not_removed", "{problem:#}");
    let pid = running.pid().to_string();
    assert!(problem["message"].as_str().expect("a message").contains(&pid), "{problem:#}");
    assert!(sandbox.root().join("data/containers").join(&sandbox.name).exists());
    // Nor does the name run twice.
    let profile = sandbox.path("profile.toml").display().to_string();
    let ended = sandbox.run(&["up", &profile, "--error-format", "json"]).expect(125);
    assert_eq!(ended.diagnostic()["code"], "tinydocker::engine::name_in_use");
    drop(running);
    sandbox.run(&["rm", &sandbox.name]).expect(0);
    let problem = sandbox.run(&["rm", &sandbox.name, "--error-format", "json"]).expect(1).diagnostic();
    assert_eq!(problem["code"], "tinydocker::cli::nothing_kept", "{problem:#}");
    for name in ["../x", "", "."] {
        let ended = sandbox.run(&["rm", "--error-format", "json", "--", name]).expect(1);
        assert_eq!(ended.diagnostic()["code"], "tinydocker::cli::nothing_kept", "{name:?}");
    }
}

#[test]
fn a_removal_that_was_interrupted_is_finished() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let removed = sandbox.root().join("data/containers").join(format!(".{}.removed", sandbox.name));
    let half = || {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(removed.join("%/upper")).expect("a folder");
        fs::write(removed.join("%/upper/old"), "").expect("a file");
    };
    half();
    sandbox.up(&["/probe", "say", "on"], KEPT).expect(0);
    assert!(!removed.exists(), "a launch finishes it");
    half();
    sandbox.run(&["rm", &sandbox.name]).expect(0);
    assert!(!removed.exists() && !sandbox.root().join("data/containers").join(&sandbox.name).exists());
}

#[test]
fn a_name_must_be_written() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let profile = sandbox.write("plain.toml", &format!("command = [\"/probe\", \"facts\"]\n{KEPT}\n"));
    let profile = profile.display().to_string();
    for command in ["up", "check"] {
        let ended = sandbox.run(&[command, &profile, "--error-format", "json"]);
        let text = format!("{}{}", ended.stdout, ended.stderr);
        assert!(text.contains("tinydocker::plan::persistent_without_name"), "{ended:?}");
    }
    let plan = sandbox.run(&["plan", &profile, "--name", "kept"]).expect(0).stdout;
    assert!(plan.contains("tinydocker rm kept"), "{plan}");
}
