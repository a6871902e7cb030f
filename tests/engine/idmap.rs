//! `idmap`: owners of files as they are on disk and inside.

use crate::common::Sandbox;
use std::fs;
use std::os::unix::fs::{MetadataExt, chown};

/// Whether the kernel maps owners on the file system of the sandbox (on 6.1 not on tmpfs,
/// which a virtual machine may have): what the launcher says of it otherwise.
fn refused(ended: &crate::common::Ended) -> bool {
    let text = &ended.stderr;
    let cannot = ended.code() == 125 && text.contains("MOUNT_ATTR_IDMAP");
    assert!(!cannot || text.contains("can't map owners"), "{text}");
    cannot
}

#[test]
fn owners_of_a_bind_are_mapped_both_ways() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.write("data/theirs", "");
    sandbox.write("data/other", "");
    chown(sandbox.path("data"), Some(100_000), Some(100_000)).expect("root may");
    chown(sandbox.path("data/theirs"), Some(100_007), Some(100_008)).expect("root may");
    let rest = "[mounts.\"/data\"]\nsource = \"./data\"\nread_only = false\nidmap = [{ container = 0, host = 100000, size = 1000 }]";
    let words =
        ["/probe", "stat", "/data/theirs", ",", "stat", "/data/other", ",", "try", "create", "/data/new"];
    let ended = sandbox.up(&words, rest);
    if refused(&ended) {
        return;
    }
    let ended = ended.expect(0);
    let lines = ended.lines();
    assert!(lines[0].contains("\"owner\":[7,8]"), "{ended:?}");
    assert!(lines[1].contains("\"owner\":[65534,65534]"), "who is not mapped is nobody: {ended:?}");
    assert_eq!(lines[2], "create /data/new ok");
    let made = fs::metadata(sandbox.path("data/new")).expect("made");
    assert_eq!((made.uid(), made.gid()), (100_000, 100_000), "on disk it is the host's id");
    let plan = sandbox.run(&["plan", "profile.toml"]).expect(0).stdout;
    let plan = plan.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(plan.contains("owners 100000 to 100999 are 0 to 999 inside"), "{plan}");
    // As text, and switched off.
    let rest = "mounts.\"/data\" = { source = \"./data\", idmap = \"5:100007:1,6:100008:1\" }";
    let ended = sandbox.up(&words[..3], rest).expect(0);
    assert!(ended.stdout.contains("\"owner\":[5,6]"), "{ended:?}");
    let rest = "mounts.\"/data\" = { source = \"./data\", idmap = \"off\" }";
    let ended = sandbox.up(&words[..3], rest).expect(0);
    assert!(ended.stdout.contains("\"owner\":[100007,100008]"), "{ended:?}");
}

#[test]
fn owners_of_a_root_are_mapped() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.write("rootfs/theirs", "");
    chown(sandbox.rootfs().join("theirs"), Some(100_000), Some(100_000)).expect("root may");
    let rest = "rootfs = { source = \"./rootfs\", idmap = [{ container = 0, host = 100000, size = 1 }, { container = 1, host = 0, size = 1 }] }";
    let ended = sandbox
        .up(&["/probe", "stat", "/theirs", ",", "stat", "/probe", ",", "try", "write", "/theirs"], rest);
    if refused(&ended) {
        return;
    }
    let ended = ended.expect(0);
    let lines = ended.lines();
    assert!(lines[0].contains("\"owner\":[0,0]") && lines[1].contains("\"owner\":[1,1]"), "{ended:?}");
    assert_eq!(lines[2], "write /theirs ok");
    let theirs = fs::metadata(sandbox.rootfs().join("theirs")).expect("there");
    assert_eq!((theirs.uid(), theirs.len()), (100_000, 0), "the source is as it was");
}

#[test]
fn what_can_not_be_mapped_is_an_error() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.profile(
        &["/probe", "facts"],
        "mounts.\"/p\" = { source = \"/proc\", recursive = false, idmap = \"0:1000:1\" }",
    );
    let problem = sandbox.run(&["up", "profile.toml", "--error-format", "json"]).expect(125).diagnostic();
    assert_eq!(
        (&problem["operation"], &problem["errno"]),
        (&"open_tree".into(), &"EINVAL".into()),
        "{problem:#}"
    );
    assert_eq!(problem["labels"][0]["line"], 4, "{problem:#}");
    assert!(problem["help"].as_str().expect("a help").contains("idmap"), "{problem:#}");
}
