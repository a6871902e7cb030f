//! `info`: what it says of this machine against what /proc and the kernel say, and what it
//! says of six hosts that are written down. `TINYDOCKER_BLESS=1 cargo test --test info`
//! writes the latter anew.

mod common;
#[path = "plans/fixtures.rs"]
#[allow(dead_code)] // each test file uses its part
mod fixtures;

use common::{Ended, Need, PROGRAM, Running, Sandbox, have};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use tinydocker::cli::info::{Look, Report, render, simplest};
use tinydocker::host::features::{FEATURES, Finding, State};
use tinydocker::host::{Hierarchy, Host, Survey};
use tinydocker::plan::LaunchPlan;
use tinydocker::profile::{File, Request, load};

fn end(mut command: Command) -> Ended {
    command.env_remove("COLUMNS").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Running::start(command).end()
}

fn info(arguments: &[&str]) -> Ended {
    let mut command = Command::new(PROGRAM);
    command.arg("info").args(arguments).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    end(command)
}

fn json() -> Value {
    serde_json::from_str(&info(&["--format", "json"]).expect(0).stdout).expect("JSON")
}

fn proc(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default().trim().to_owned()
}

fn feature<'a>(report: &'a Value, name: &str) -> &'a Value {
    let features = report["features"].as_array().expect("features");
    features.iter().find(|it| it["name"] == name).unwrap_or_else(|| panic!("no feature {name}"))
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().expect("a list").iter().map(|it| it.as_str().expect("text")).collect()
}

#[test]
fn kernel_and_caller_are_those_of_proc() {
    let report = json();
    assert_eq!(report["version"], 1);
    assert_eq!(report["kernel"]["release"], proc("/proc/sys/kernel/osrelease"));
    assert_eq!(report["kernel"]["architecture"], std::env::consts::ARCH);
    assert_eq!(report["caller"]["uid"], nix::unistd::geteuid().as_raw());
    // This test's children have the same capabilities, unless they are another user's.
    let status = proc("/proc/self/status");
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let permitted = field("CapPrm:").and_then(|bits| u64::from_str_radix(bits, 16).ok()).expect("CapPrm");
    let (has, lacks) = (texts(&report["caller"]["capabilities"]), texts(&report["caller"]["lacks"]));
    assert_eq!(has.len() as u32, (permitted & ((1 << 41) - 1)).count_ones());
    assert_eq!(has.contains(&"CAP_SYS_ADMIN"), permitted >> 21 & 1 == 1);
    assert_eq!(has.len() + lacks.len(), 41);
    for (name, value) in report["sysctls"].as_object().expect("sysctls") {
        let file = proc(&format!("/proc/sys/{}", name.replace('.', "/")));
        assert_eq!(value.as_u64(), file.parse().ok(), "{name}: {file}");
    }
    assert!(report["sysctls"]["user.max_user_namespaces"].is_u64());
}

#[test]
fn each_controller_is_where_the_kernel_has_it() {
    use nix::sys::statfs::{CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, statfs};
    let before = common::mountinfo();
    let report = json();
    assert_eq!(before, common::mountinfo(), "it mounts nothing on the host");
    let own = proc("/proc/self/cgroup");
    let mut usable = 0;
    for controller in report["cgroups"]["controllers"].as_array().expect("controllers") {
        let name = controller["name"].as_str().expect("a name");
        let v1 = if name == "io" { "blkio" } else { name };
        let Some(path) = controller["path"].as_str() else {
            let listed = own
                .lines()
                .any(|line| line.split(':').nth(1).is_some_and(|it| it.split(',').any(|it| it == v1)));
            assert!(controller["why"].is_string() && !controller["usable"].as_bool().unwrap());
            assert!(!listed, "{name} is bound to a v1 hierarchy:\n{own}");
            continue;
        };
        let kind = statfs(path).expect("its file system").filesystem_type();
        let line = if controller["version"] == 1 {
            assert_eq!(kind, CGROUP_SUPER_MAGIC, "{name}");
            own.lines().find(|line| line.split(':').nth(1).is_some_and(|it| it.split(',').any(|it| it == v1)))
        } else {
            assert_eq!(kind, CGROUP2_SUPER_MAGIC, "{name}");
            assert!(proc(&format!("{path}/cgroup.controllers")).split(' ').any(|it| it == name), "{name}");
            own.lines().find(|line| line.starts_with("0::"))
        };
        let group = line.and_then(|line| line.splitn(3, ':').nth(2));
        assert_eq!(controller["own_group"].as_str(), group, "{name}");
        // Whether a group can be made is what making one says.
        let made = fs::create_dir(format!("{path}/tinydocker-info-{}", std::process::id()));
        assert_eq!(controller["usable"], made.is_ok(), "{name}: {made:?}");
        if made.is_ok() {
            fs::remove_dir(format!("{path}/tinydocker-info-{}", std::process::id())).expect("the group goes");
            usable += 1;
        }
    }
    let layout = report["cgroups"]["layout"].as_str().expect("a layout");
    let is_v2 = |path: &str| statfs(path).is_ok_and(|it| it.filesystem_type() == CGROUP2_SUPER_MAGIC);
    match layout {
        "v2" => assert!(is_v2("/sys/fs/cgroup")),
        "hybrid" => assert!(is_v2(report["cgroups"]["unified"]["path"].as_str().expect("a path"))),
        other => assert!(["v1", "none"].contains(&other) && report["cgroups"]["unified"].is_null()),
    }
    if nix::unistd::geteuid().is_root() && layout != "none" {
        assert!(usable > 0, "{report}");
    }
}

#[test]
fn features_are_those_that_the_system_shows_elsewhere() {
    if !have(&[Need::Root]) {
        return;
    }
    let report = json();
    assert_eq!(report["features"].as_array().expect("features").len(), FEATURES.len());
    let filesystems = proc("/proc/filesystems");
    for (name, filesystem) in [("overlay", "overlay"), ("mqueue", "mqueue"), ("devpts", "devpts")] {
        if filesystems.lines().any(|line| line.split('\t').nth(1) == Some(filesystem)) {
            assert_eq!(feature(&report, name)["state"], "ok", "{}", feature(&report, name));
        } else {
            assert_eq!(feature(&report, name)["state"], "missing");
        }
    }
    for (name, file) in [
        ("user_namespaces", "user"),
        ("pid_namespace", "pid"),
        ("ipc_namespace", "ipc"),
        ("uts_namespace", "uts"),
        ("cgroup_namespace", "cgroup"),
        ("network_namespace", "net"),
        ("mount_namespace", "mnt"),
    ] {
        let there = Path::new("/proc/self/ns").join(file).exists();
        assert_eq!(feature(&report, name)["state"] == "missing", !there, "{name}");
    }
    let actions = proc("/proc/sys/kernel/seccomp/actions_avail");
    assert_eq!(feature(&report, "seccomp_filter")["state"] == "ok", actions.contains("allow"));
    for name in ["newuidmap", "newgidmap", "pasta"] {
        let found = common::host_program(name).map(|path| path.display().to_string());
        assert_eq!(feature(&report, name)["state"] == "ok", found.is_some(), "{name}");
        assert_eq!(feature(&report, name)["detail"].as_str() == found.as_deref(), found.is_some());
    }
    for (name, path) in [("tun", "/dev/net/tun"), ("fuse", "/dev/fuse")] {
        let opened = fs::File::options().read(true).write(true).open(path).is_ok();
        assert_eq!(feature(&report, name)["state"] == "ok", opened, "{name}");
    }
}

/// What it promises is what happens: an engine that launches, where it says `ready`.
#[test]
fn a_host_that_is_ready_launches() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let report = json();
    assert_eq!(report["ready"], true, "{report}");
    assert_eq!(report["problems"], Value::Array(Vec::new()));
    sandbox.up(&["/probe", "exit", "0"], "").expect(0);
    let text = info(&[]).expect(0).stdout;
    assert!(text.starts_with("ok: "), "{text}");
}

#[test]
fn another_user_is_told_what_is_closed_to_it() {
    if !have(&[Need::Root]) {
        return;
    }
    // A copy, since that user may not be able to reach the program.
    let folder = tempfile::Builder::new().prefix("tinydocker-info.").tempdir().expect("a folder");
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(folder.path(), open).expect("a folder for all");
    let program = folder.path().join("tinydocker");
    fs::copy(PROGRAM, &program).expect("a copy");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(&program);
        command.arg("info").args(arguments).uid(65534).gid(65534).current_dir("/");
        end(command).expect(0).stdout
    };
    let report: Value = serde_json::from_str(&run(&["--format", "json"])).expect("JSON");
    assert_eq!((&report["ready"], &report["caller"]["uid"]), (&Value::from(false), &Value::from(65534)));
    assert_eq!(report["caller"]["capabilities"], Value::Array(Vec::new()));
    let codes: Vec<&Value> =
        report["problems"].as_array().expect("problems").iter().map(|it| &it["code"]).collect();
    assert!(codes.contains(&&Value::from("tinydocker::host::not_root")), "{codes:?}");
    for name in ["mount_namespace", "overlay", "mount_api"] {
        let feature = feature(&report, name);
        assert_eq!(feature["state"], "refused", "{feature}");
        assert!(feature["detail"].as_str().is_some_and(|it| it.contains("EPERM")), "{feature}");
    }
    assert_eq!(feature(&report, "openat2")["state"], "ok");
    for controller in report["cgroups"]["controllers"].as_array().expect("controllers") {
        assert_eq!(controller["usable"], false, "{controller}");
        assert!(controller["why"].is_string(), "{controller}");
    }
    let text = run(&[]);
    assert!(text.starts_with("nothing can be launched here\n  error   "), "{text}");
    assert!(text.contains("not for you") && text.contains("sudo"), "{text}");
}

#[test]
fn it_fits_and_is_readable_in_a_pipe() {
    for columns in [40, 60, 80, 120] {
        let mut command = Command::new(PROGRAM);
        command.arg("info").env("COLUMNS", columns.to_string());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let text = Running::start(command).end().expect(0).stdout;
        for line in text.lines() {
            let alone = line.split_whitespace().count() <= 2;
            assert!(line.chars().count() <= columns || alone, "{columns}: {line}");
            assert!(!line.ends_with(' '), "{line:?}");
        }
    }
    let colored = |set: &[(&str, &str)], flags: &[&str]| {
        let mut command = Command::new(PROGRAM);
        command.arg("info").args(flags).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
        command.envs(set.iter().copied());
        end(command).expect(0).stdout.contains('\u{1b}')
    };
    assert!(!colored(&[], &[]), "a pipe");
    assert!(
        colored(&[("CLICOLOR_FORCE", "1")], &[]) && colored(&[("NO_COLOR", "1")], &["--color", "always"])
    );
    assert!(!colored(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], &[]));
    // Colours change nothing else.
    let plain = info(&[]).expect(0).stdout;
    let painted = info(&["--color", "always"]).expect(0).stdout;
    let mut stripped = painted.clone();
    for code in ["0", "1", "31", "32", "33"] {
        stripped = stripped.replace(&format!("\u{1b}[{code}m"), "");
    }
    assert_eq!(stripped, plain);
}

/// setarch(8) makes uname(2) say 2.6: the kernel says so, and not this program.
#[test]
fn an_old_kernel_is_warned_of_by_info_and_check_and_nothing_else_changes() {
    if !have(&[Need::Host("setarch")]) {
        return;
    }
    let folder = tempfile::Builder::new().prefix("tinydocker-info.").tempdir().expect("a folder");
    fs::write(folder.path().join("a.toml"), "command = [\"/bin/true\"]\nrootfs = \"host\"\n")
        .expect("a file");
    fs::write(folder.path().join("b.toml"), "command = [\"/bin/true\"]\nrootfs = \"host\"\n")
        .expect("a file");
    let old = |arguments: &[&str]| {
        let mut command = Command::new("setarch");
        command.arg("--uname-2.6").arg(PROGRAM).args(arguments).current_dir(folder.path());
        end(command)
    };
    let report: Value =
        serde_json::from_str(&old(&["info", "--format", "json"]).expect(0).stdout).expect("JSON");
    assert!(report["kernel"]["release"].as_str().is_some_and(|it| it.starts_with("2.6.")), "{report}");
    assert_eq!(report["kernel"]["old"], true);
    let new = json();
    assert_eq!((&new["kernel"]["old"], &new["features"]), (&Value::from(false), &report["features"]));
    assert_eq!(new["ready"], report["ready"], "a version alone keeps nothing from being launched");
    let codes: Vec<&str> = report["problems"]
        .as_array()
        .expect("problems")
        .iter()
        .filter(|it| it["severity"] == "warning")
        .filter_map(|it| it["code"].as_str())
        .collect();
    assert_eq!(codes, ["tinydocker::host::kernel_old"]);
    assert!(old(&["info"]).expect(0).stdout.contains("is older than 6.1"));

    let checked = old(&["check", "a.toml", "b.toml", "--format", "json"]);
    let diagnostics: Value = serde_json::from_str(&checked.stdout).expect("JSON");
    let about = diagnostics["diagnostics"].as_array().expect("a list").iter();
    assert_eq!(about.filter(|it| it["code"] == "tinydocker::host::kernel_old").count(), 1, "{diagnostics}");
    let unaware = old(&["check", "a.toml", "--no-host"]).expect(0);
    assert!(!unaware.stderr.contains("older"), "{}", unaware.stderr);
}

/// A host that is written down: everything is there but what the caller takes out.
fn survey(layout: &str, mut host: Host) -> Survey {
    let v1 = !host.cgroups.hierarchies.is_empty();
    if v1 {
        host.cgroups
            .hierarchies
            .push(Hierarchy { path: "/sys/fs/cgroup/cpuset".into(), controllers: vec!["cpuset".into()] });
    }
    host.resources = fixtures::resources(&simplest().containers[0].profile);
    let names = ["cpu", "cpuacct", "cpuset", "blkio", "memory", "pids", "freezer", "devices"];
    let root = host.uid == 0;
    let finding = |name: &str| match name {
        "mqueue" if layout == "v1" => (State::Missing, Some("fsopen: no such device (ENODEV)".to_owned())),
        "clone3_into_cgroup" if layout == "v1" => {
            (State::Missing, Some("clone3: argument list too long (E2BIG)".to_owned()))
        }
        "device_filter" if layout == "v1" => {
            (State::Unknown, Some("there is no cgroup2 tree to ask".to_owned()))
        }
        name if !root && name.ends_with("_namespace") => {
            (State::Refused, Some("unshare: operation not permitted (EPERM)".to_owned()))
        }
        "newuidmap" | "newgidmap" => (State::Ok, Some(format!("/usr/bin/{name}"))),
        "pasta" => (State::Missing, Some("not in PATH".to_owned())),
        _ => (State::Ok, None),
    };
    let features = FEATURES.iter().map(|feature| {
        let (state, detail) = finding(feature.name);
        Finding { name: feature.name.to_owned(), state, detail }
    });
    let folders = host.cgroups.hierarchies.iter().map(|it| it.path.clone());
    let folders = folders.chain(host.cgroups.unified.iter().map(|it| it.path.clone()));
    let closed = folders.map(|path| (path, "no group can be made there: permission denied".to_owned()));
    Survey {
        architecture: "x86_64".into(),
        own_groups: names
            .iter()
            .filter(|_| v1)
            .chain(&[""])
            .map(|it| ((*it).to_owned(), "/user.slice".to_owned()))
            .collect(),
        kernel_controllers: names.iter().map(|&name| (name.to_owned(), name != "blkio" || !v1)).collect(),
        closed: if root { BTreeMap::new() } else { closed.collect() },
        features: features.collect(),
        sysctls: [
            ("kernel.unprivileged_userns_clone".to_owned(), None),
            ("user.max_user_namespaces".to_owned(), Some(31_000)),
        ]
        .into(),
        host,
    }
}

fn surveys() -> Vec<(String, Survey)> {
    let mut all = Vec::new();
    for (layout, host) in fixtures::hosts() {
        let user = Host { uid: 1000, capabilities: 0, ..host.clone() };
        all.push((layout.to_owned(), survey(layout, host)));
        all.push((format!("rootless-{layout}"), survey(layout, user)));
    }
    all
}

#[test]
fn six_hosts_are_described_like_this() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/info");
    let bless = std::env::var_os("TINYDOCKER_BLESS").is_some();
    for (name, survey) in surveys() {
        let report = Report::new(&survey);
        // The program's own version is not the host's.
        let report = Report { program: "0.0.0".into(), ..report };
        let text = render(&report, Look { columns: 80, color: false });
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        for (kind, actual) in [("txt", text), ("json", report.json())] {
            let path = folder.join(format!("{name}.{kind}"));
            if bless {
                fs::write(&path, &actual).expect("a golden file");
            }
            let expected = fs::read_to_string(&path).unwrap_or_default();
            assert_eq!(expected, actual, "{}", path.display());
        }
    }
}

/// The compiler's own answer: a key of a controller that is usable gets its limit, one of
/// another is refused.
#[test]
fn controllers_are_usable_where_the_compiler_uses_them() {
    let limits = [
        ("cpu", "cpus = 1.5"),
        ("cpuset", "cpuset_cpus = \"0\""),
        ("io", "io.\"8:0\".read_bps = \"1m\""),
        ("memory", "memory = \"64m\""),
        ("pids", "pids = 5"),
    ];
    let mut refused = 0;
    for (name, mut survey) in surveys().into_iter().filter(|(name, _)| !name.starts_with("rootless")) {
        for (controller, line) in limits {
            let loaded = load(&Request {
                file: Some(File {
                    name: "a.toml".into(),
                    text: format!("command = [\"a\"]\nrootfs = \"host\"\n[cgroup]\n{line}\n"),
                    folder: "/".into(),
                    stem: "a".into(),
                }),
                working_folder: "/".into(),
                ..Request::default()
            });
            let loaded = loaded.unwrap_or_else(|problems| panic!("{:?}", problems.diagnostics));
            let container = &loaded.containers[0];
            survey.host.resources = fixtures::resources(&container.profile);
            let compiled = LaunchPlan::compile(&container.profile, &container.origins, &survey.host);
            let said =
                survey.controllers().into_iter().find(|it| it.name == controller).expect("a controller");
            assert_eq!(said.usable, compiled.is_ok(), "{name} {controller}: {compiled:?}");
            if let Err(problems) = compiled {
                assert_eq!(problems[0].code, "tinydocker::host::controller_missing");
                refused += 1;
            }
        }
    }
    assert!(refused > 0, "one of the hosts lacks one");
}
