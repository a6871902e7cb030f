//! The `"host"` rootfs over several file systems, what it hides and shows; overlays and
//! cgroups as mounts.

use crate::common::{Ended, Need, Running, Sandbox, cgroups};
use std::fs;

/// What mountinfo says of a mount point: its options, and the kind of file system.
fn mount(text: &str, point: &str) -> Option<(String, String)> {
    let line = text.lines().rfind(|line| line.split(' ').nth(4) == Some(point))?;
    let (fields, filesystem) = line.split_once(" - ").expect("two halves");
    Some((fields.split(' ').nth(5)?.to_owned(), filesystem.split(' ').next()?.to_owned()))
}

/// A sandbox whose `disk` is mounted on /opt and `memory` on /srv, in a mount namespace of
/// the test's own: what shows there is another mount than the root's.
struct Host {
    sandbox: Sandbox,
    word: String,
}

impl Host {
    fn new() -> Option<Self> {
        let sandbox = Sandbox::new(&[])?;
        sandbox.write("disk/file", "on a disk\n");
        let probe = sandbox.path("disk/probe");
        fs::copy(crate::common::probe(), &probe).expect("a copy");
        let word = format!("mounts={}:/opt,/srv", sandbox.path("disk").display());
        Some(Self { sandbox, word })
    }

    fn call(&self, command: &str, words: &[&str], rest: &str) -> Ended {
        self.sandbox.profile(words, rest);
        Running::start(self.sandbox.command_under(&[&self.word], &[command, "profile.toml"])).end()
    }
}

#[test]
fn every_disk_of_the_host_is_shown_below_an_overlay() {
    let Some(host) = Host::new() else { return };
    let words = [
        "/opt/probe",
        "cat",
        "/opt/file",
        ",",
        "try",
        "create",
        "/opt/new",
        ",",
        "ls",
        "/srv",
        ",",
        "cat",
        "/proc/self/mountinfo",
    ];
    let ended = host.call("up", &words, "rootfs = { source = \"host\", size = \"4m\" }").expect(0);
    assert_eq!(ended.lines()[..3], ["on a disk", "create /opt/new ok", "[]"], "{ended:?}");
    assert_eq!(mount(&ended.stdout, "/opt").expect("a mount").1, "overlay");
    assert!(!host.sandbox.path("disk/new").exists(), "the host is not written");
    assert_eq!(mount(&ended.stdout, "/srv"), None);
    let plan = host.call("plan", &words, "rootfs = \"host\"").expect(0);
    let text = plan.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("over the opened tree on /opt") && text.contains("/srv (tmpfs)"), "{text}");
    // All of them share one bound.
    let fill = ["/opt/probe", "try", "fill", "/opt/a", ",", "try", "fill", "/usr/b", ",", "stat", "/usr/b"];
    let ended = host.call("up", &fill, "rootfs = { source = \"host\", size = \"2m\" }").expect(0);
    assert!(ended.lines()[0].ends_with("ENOSPC") && ended.lines()[1].ends_with("ENOSPC"), "{ended:?}");
    assert!(ended.lines()[2].contains("\"size\":0"), "{ended:?}");
    // Read-only is all of it.
    let words = ["/opt/probe", "try", "create", "/opt/new", ",", "try", "create", "/usr/new"];
    let ended = host.call("up", &words, "rootfs = { source = \"host\", mode = \"read-only\" }").expect(0);
    assert_eq!(ended.lines(), ["create /opt/new EROFS", "create /usr/new EROFS"]);
    let ended = host.call("check", &words, "rootfs = \"host\"");
    assert_eq!(ended.code(), 0, "{ended:?}");
}

#[test]
fn what_is_hidden_can_be_shown() {
    let Some(host) = Host::new() else { return };
    host.sandbox.write("secret/note", "mine\n");
    let folder = host.sandbox.path("secret").display().to_string();
    let file = host.sandbox.path("secret/note").display().to_string();
    let words = |target: &str| {
        let words = ["/opt/probe", "cat", &file, ",", "try", "create", target, ",", "ls", "/srv"];
        words.map(str::to_owned)
    };
    let new = format!("{folder}/new");
    let words = words(&new);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    // The sandbox lies in /tmp.
    let ended = host.call("up", &words, "rootfs = \"host\"").expect(0);
    assert_eq!(ended.lines()[0], format!("cat {file} ENOENT"));
    let ended =
        host.call("up", &words, &format!("rootfs = {{ source = \"host\", show = [{folder:?}] }}")).expect(0);
    assert_eq!(ended.lines()[..2], ["mine".to_owned(), format!("create {new} ok")], "{ended:?}");
    assert!(!host.sandbox.path("secret/new").exists());
    // A single file, which can't be written.
    let write = ["/opt/probe", "cat", &file, ",", "try", "open-to-write", &file, ",", "ls", &folder];
    let show = format!("rootfs = {{ source = \"host\", show = [{file:?}] }}");
    let ended = host.call("up", &write, &show).expect(0);
    assert_eq!(
        ended.lines(),
        ["mine".to_owned(), format!("open-to-write {file} EROFS"), "[\"note\"]".into()]
    );
    assert_eq!(host.call("check", &write, &show).code(), 0);
    // What was left out since it is memory.
    let ended = host.call("up", &words, "rootfs = { source = \"host\", show = [\"/srv\"] }").expect(0);
    assert_eq!(ended.lines()[2], "[]");
    // A folder and a file of the list itself.
    let look = ["/opt/probe", "stat", "/etc/shadow"];
    let ended = host.call("up", &look, "rootfs = \"host\"").expect(0);
    assert!(ended.stdout.contains("ENOENT"), "{ended:?}");
    if fs::metadata("/etc/shadow").is_ok() {
        let ended =
            host.call("up", &look, "rootfs = { source = \"host\", show = [\"/etc/shadow\"] }").expect(0);
        assert!(ended.stdout.contains("\"kind\":\"file\""), "{ended:?}");
    }
    for (path, code) in [("/usr", "plan::not_hidden"), ("/tmp/none/such", "host::shown_missing")] {
        host.sandbox.profile(&look, &format!("rootfs = {{ source = \"host\", show = [{path:?}] }}"));
        let ended = host.sandbox.run(&["up", "profile.toml", "--error-format", "json"]).expect(125);
        assert_eq!(ended.diagnostic()["code"], format!("tinydocker::{code}"), "{path}");
    }
}

#[test]
fn an_overlay_leaves_its_source_alone() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.write("data/file", "lower\n");
    let words = [
        "/probe",
        "cat",
        "/over/file",
        ",",
        "try",
        "write",
        "/over/file",
        ",",
        "try",
        "fill",
        "/over/big",
        ",",
        "stat",
        "/over/big",
        ",",
        "cat",
        "/proc/self/mountinfo",
    ];
    let rest = "[mounts]\n\"/over\" = { type = \"overlay\", source = \"./data\", size = \"1m\" }\n\"/over/below\" = { type = \"tmpfs\" }\n\"/ro\" = { type = \"overlay\", source = \"./data\", read_only = true }";
    for mode in ["overlay", "read-only"] {
        for folder in ["dev", "proc", "sys", "over", "ro"] {
            fs::create_dir_all(sandbox.rootfs().join(folder)).expect("a folder");
        }
        let rest = format!("rootfs = {{ source = \"./rootfs\", mode = {mode:?} }}\n{rest}");
        let ended = sandbox.up(&words, &rest).expect(0);
        let lines = ended.lines();
        assert_eq!(lines[..2], ["lower", "write /over/file ok"], "{mode}");
        assert!(lines[2].ends_with("ENOSPC"), "{mode}: {ended:?}");
        let (options, filesystem) = mount(&ended.stdout, "/over").expect("a mount");
        assert_eq!(filesystem, "overlay");
        assert!(
            options.contains("nosuid") && options.contains("nodev") && options.starts_with("rw"),
            "{options}"
        );
        assert!(mount(&ended.stdout, "/ro").expect("a mount").0.starts_with("ro"));
        assert_eq!(fs::read_to_string(sandbox.path("data/file")).expect("there"), "lower\n");
        assert_eq!(fs::read_dir(sandbox.path("data")).expect("there").count(), 1, "{mode}");
    }
    sandbox.profile(&["/probe", "facts"], "mounts.\"/over\" = { type = \"overlay\", source = \"./none\" }");
    let ended = sandbox.run(&["check", "profile.toml"]).expect(1);
    assert!(ended.stdout.contains("none") || ended.stderr.contains("none"), "{ended:?}");
}

#[test]
fn a_container_sees_no_groups_but_its_own() {
    let needs = [Need::Controller("memory"), Need::Controller("pids")];
    let Some(sandbox) = Sandbox::new(&needs) else { return };
    // One tree, or a folder for each hierarchy.
    let (folder, limit) =
        if cgroups::is_v2() { ("", "memory.max") } else { ("/memory", "memory.limit_in_bytes") };
    let at = |name: &str| format!("/sys/fs/cgroup{folder}/{name}");
    let (limit, processes, agent) = (at(limit), at("cgroup.procs"), at("release_agent"));
    let words = [
        "/probe",
        "ls",
        "/sys/fs/cgroup",
        ",",
        "cat",
        &limit,
        ",",
        "cat",
        &processes,
        ",",
        "try",
        "open-to-write",
        &limit,
        ",",
        "stat",
        &agent,
        ",",
        "ls",
        &at(""),
        ",",
        "cat",
        "/proc/self/mountinfo",
    ];
    let rest = "cgroup.memory = \"64m\"\ncgroup.pids = 20\nmounts.\"/sys/fs/cgroup\" = { type = \"cgroup\" }";
    let ended = sandbox.up(&words, rest).expect(0);
    let lines = ended.lines();
    if !cgroups::is_v2() {
        let tracking = if cgroups::unified().is_some() { "unified" } else { "freezer" };
        let mut names = ["memory", "pids", tracking];
        names.sort_unstable();
        assert_eq!(lines[0], format!("{names:?}").replace(", ", ","), "{ended:?}");
    }
    assert_eq!(lines[1..3], ["67108864", "1"], "the limit and PID 1 of its own group");
    assert_eq!(lines[3], format!("open-to-write {limit} EROFS"));
    assert_eq!(lines[4], r#"{"error":"ENOENT"}"#, "no release_agent");
    assert!(!lines[5].contains("tinydocker") && lines[5].contains("cgroup.procs"), "{}", lines[5]);
    let (options, _) = mount(&ended.stdout, &format!("/sys/fs/cgroup{folder}")).expect("a mount");
    for wanted in ["ro", "nosuid", "nodev", "noexec"] {
        assert!(options.split(',').any(|option| option == wanted), "{options}");
    }
    assert!(!ended.stdout.contains("/../"), "{}", ended.stdout);
}
