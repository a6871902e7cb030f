//! Plans of several profiles for several hosts, on any machine and as any user.

#[path = "plans/fixtures.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod fixtures;

use fixtures::{hello, hosts, hybrid, profiles, shell, v1, v2, web};
use proptest::prelude::*;
use std::collections::BTreeSet;
use tinydocker::diagnostic::Diagnostic;
use tinydocker::host::{Cgroups, Host, Weighing};
use tinydocker::plan::{
    Connect, Enter, Join, LaunchPlan, Layer, Operation, Prepare, Provided, Secret, Slot, Step, text,
};
use tinydocker::profile::{
    Cgroup, CpuBandwidth, Id, Joined, Limit, Mount, MountSource, NamespaceMode, Network, Origins, Profile,
    Propagation, Rootfs, RootfsMode, RootfsSource, User,
};

fn plan(profile: &Profile, host: &Host) -> LaunchPlan {
    LaunchPlan::compile(profile, &Origins::default(), host).expect("a plan")
}

fn problems(profile: &Profile, host: &Host) -> Vec<Diagnostic> {
    LaunchPlan::compile(profile, &Origins::default(), host).expect_err("problems")
}

/// What is written to and read back from each file, by the file's own name.
fn limits(plan: &LaunchPlan) -> Vec<(String, String, String)> {
    let limit = |operation: &Prepare| match operation {
        Prepare::SetLimit { file, value, expect, .. } => {
            Some((file.rsplit('/').next()?.to_owned(), value.clone(), expect.clone()))
        }
        _ => None,
    };
    plan.prepared().filter_map(|(_, operation, _)| limit(operation)).collect()
}

#[test]
fn plans_are_the_golden_ones() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("plans");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for profile in profiles() {
            for (layout, host) in hosts() {
                let plan = plan(&profile, &host);
                insta::assert_snapshot!(format!("{}-{layout}.txt", profile.name), text::render(&plan));
                // The same in JSON, once where it differs in nothing but paths.
                if profile.name == "web" || layout == "hybrid" {
                    insta::assert_snapshot!(
                        format!("{}-{layout}.json", profile.name),
                        text::json(std::slice::from_ref(&plan))
                    );
                }
            }
        }
    });
}

#[test]
fn text_fits_a_terminal() {
    for profile in profiles() {
        for (_, host) in hosts() {
            let text = text::render(&plan(&profile, &host));
            let long = text.lines().filter(|line| line.chars().count() > 80 || !line.is_ascii());
            // Only a word that can't be broken.
            assert_eq!(long.filter(|line| line.trim().contains(' ')).collect::<Vec<_>>(), [""; 0]);
        }
    }
}

#[test]
fn limits_carry_what_the_kernel_answers() {
    let triple = |file: &str, value: &str, expect: &str| (file.into(), value.into(), expect.into());
    let mut profile = hello();
    profile.cgroup = Cgroup {
        memory: Some(Limit::Value((10 << 20) + 4095)),
        pids: Some(Limit::Value(64)),
        cpu: Some(CpuBandwidth { quota: Limit::Value(150_000), period: 100_000, from_cpus: true }),
        cpu_shares: Some(1024),
        ..Cgroup::default()
    };
    let all = |memory: &str| {
        vec![
            triple("memory.limit_in_bytes", memory, memory),
            triple("pids.max", "64", "64"),
            triple("cpu.cfs_period_us", "100000", "100000"),
            triple("cpu.cfs_quota_us", "150000", "150000"),
            triple("cpu.shares", "1024", "1024"),
        ]
    };
    assert_eq!(limits(&plan(&profile, &v1())), all("10485760"));
    assert_eq!(limits(&plan(&profile, &hybrid())), all("10485760"));
    let wide_pages = Host { page_size: 65536, ..v1() };
    profile.cgroup.memory = Some(Limit::Value((10 << 20) + 65535));
    assert_eq!(limits(&plan(&profile, &wide_pages)), all("10485760"));
    assert_eq!(
        limits(&plan(&profile, &v2())),
        [
            triple("memory.max", "10547200", "10547200"),
            triple("pids.max", "64", "64"),
            triple("cpu.max", "150000 100000", "150000 100000"),
            triple("cpu.weight", "100", "100"),
        ]
    );

    profile.cgroup = Cgroup {
        memory: Some(Limit::Max),
        pids: Some(Limit::Max),
        cpu: Some(CpuBandwidth { quota: Limit::Max, period: 50_000, from_cpus: false }),
        ..Cgroup::default()
    };
    assert_eq!(
        limits(&plan(&profile, &v1())),
        [
            triple("memory.limit_in_bytes", "-1", "9223372036854771712"),
            triple("pids.max", "max", "max"),
            triple("cpu.cfs_period_us", "50000", "50000"),
            triple("cpu.cfs_quota_us", "-1", "-1"),
        ]
    );
    assert_eq!(
        limits(&plan(&profile, &v2())),
        [
            triple("memory.max", "max", "max"),
            triple("pids.max", "max", "max"),
            triple("cpu.max", "max 50000", "max 50000"),
        ]
    );
    // More than a page counter holds is no limit.
    profile.cgroup = Cgroup { memory: Some(Limit::Value(i64::MAX as u64)), ..Cgroup::default() };
    let unlimited = [triple("memory.limit_in_bytes", "-1", "9223372036854771712")];
    assert_eq!(limits(&plan(&profile, &v1())), unlimited);
}

#[test]
fn controllers_that_are_mounted_together_get_one_group() {
    let groups = |host: &Host| -> Vec<(String, Join)> {
        let group = |operation: &Prepare| match operation {
            Prepare::MakeGroup { path, join, .. } => Some((path.clone(), *join)),
            _ => None,
        };
        plan(&web(), host).prepared().filter_map(|(_, operation, _)| group(operation)).collect()
    };
    let at = |path: &str, join| (format!("/sys/fs/cgroup/{path}tinydocker-web"), join);
    assert_eq!(
        groups(&v1()),
        [
            at("freezer/", Join::Tasks),
            at("memory/", Join::Tasks),
            at("pids/", Join::Tasks),
            at("cpu,cpuacct/", Join::Tasks)
        ]
    );
    assert_eq!(groups(&v2()), [at("", Join::Clone)]);
    // The freezer may carry a limit's controller: then they share a group.
    let mut host = v1();
    host.cgroups.hierarchies.retain(|h| h.controllers != ["pids"]);
    host.cgroups.hierarchies[2].controllers.push("pids".into());
    assert_eq!(groups(&host).len(), 3);
    // A hybrid host may leave controllers to cgroup2.
    let mut host = hybrid();
    host.cgroups.hierarchies.retain(|h| h.controllers != ["pids"]);
    host.cgroups.unified.as_mut().unwrap().controllers.push("pids".into());
    assert_eq!(groups(&host).len(), 3);
    let plan = plan(&web(), &host);
    let enabled =
        |o: &Prepare| matches!(o, Prepare::EnableControllers { controllers, .. } if controllers == &["pids"]);
    assert!(plan.prepare.iter().any(|step| enabled(&step.operation)));
}

#[test]
fn groups_lie_in_the_group_that_was_handed_over() {
    const OWN: &str = "/sys/fs/cgroup/system.slice/web.service";
    let mut host = v2();
    host.cgroups.unified.as_mut().unwrap().delegated = Some(OWN.into());
    let mut profile = web();
    profile.cgroup.parent = Some("a".into());
    let groups = |profile: &Profile, host: &Host| -> Vec<String> {
        let plan = plan(profile, host);
        let ours = |o: &Prepare| {
            use Prepare::{EnableControllers, LeaveGroup, MakeGroup};
            matches!(o, LeaveGroup { .. } | EnableControllers { .. } | MakeGroup { .. })
        };
        plan.prepared()
            .map(|(_, operation, _)| operation)
            .filter(|o| ours(o))
            .map(Prepare::describe)
            .collect()
    };
    assert_eq!(
        groups(&profile, &host),
        [
            format!(
                "make the cgroup {OWN}/a/tinydocker-web, and those above it that are missing (holds every \
                 process of the container; PID 1 is born in it)"
            ),
            format!(
                "move this launcher from {OWN} to {OWN}/tinydocker-launchers: a group with processes of its \
                 own can't limit those below"
            ),
            format!("let groups below {OWN} use memory, pids, cpu"),
            format!("let groups below {OWN}/a use memory, pids, cpu"),
        ]
    );
    // Without limits nobody has to make room.
    let none = Profile { cgroup: Cgroup::default(), ..profile.clone() };
    assert_eq!(groups(&none, &host).len(), 1);
    // What was not handed on can't be used.
    host.cgroups.unified.as_mut().unwrap().controllers.retain(|name| name != "pids");
    let problems = LaunchPlan::compile(&profile, &Origins::default(), &host).expect_err("no pids");
    let says = format!("the cgroup {OWN}, which was handed to this launcher, has no pids controller");
    assert!(problems[0].message.starts_with(&says), "{problems:#?}");
    // v1's hierarchies are handed to nobody.
    let mut host = hybrid();
    host.cgroups.unified.as_mut().unwrap().delegated = Some("/sys/fs/cgroup/unified/x.scope".into());
    let lines = groups(&profile, &host);
    assert!(lines[0].contains("/unified/x.scope/a/tinydocker-web"), "{lines:#?}");
    assert!(lines[1..].iter().all(|line| !line.contains("x.scope")), "{lines:#?}");
}

#[test]
fn what_shares_a_hierarchy_with_cpuset_gets_cores_to_run_on() {
    let mut host = v1();
    host.cgroups.hierarchies[0].controllers.push("cpuset".into());
    let mut profile = hello();
    profile.cgroup = Cgroup { cpu_shares: Some(512), parent: Some("a/b".into()), ..Cgroup::default() };
    let plan = plan(&profile, &host);
    let inherits: Vec<_> = plan
        .prepared()
        .filter_map(|(_, operation, _)| match operation {
            Prepare::InheritCpuset { paths, .. } => Some(paths.as_slice()),
            _ => None,
        })
        .collect();
    let at = |group: &str| format!("/sys/fs/cgroup/cpu,cpuacct/{group}");
    assert_eq!(inherits, [[at("a"), at("a/b"), at("a/b/tinydocker-hello")]]);
    // And so does the group that holds all processes.
    let mut host = v1();
    host.cgroups.hierarchies[2].controllers.push("cpuset".into());
    let plan = LaunchPlan::compile(&hello(), &Origins::default(), &host).expect("a plan");
    let inherits = plan.prepare.iter().filter_map(|step| match &step.operation {
        Prepare::InheritCpuset { paths, .. } => Some(paths.len()),
        _ => None,
    });
    assert_eq!(inherits.collect::<Vec<_>>(), [1]);
}

#[test]
fn weights_of_io_go_to_whoever_weighs() {
    let io = |weight, host: Host, weighing: Weighing| {
        let mut profile = hello();
        profile.cgroup = Cgroup { io_weight: Some(weight), ..Cgroup::default() };
        let mut host = host;
        host.cgroups.hierarchies.iter_mut().for_each(|h| h.controllers.push("blkio".into()));
        host.resources.weighing = Some(weighing);
        LaunchPlan::compile(&profile, &Origins::default(), &host).map(|plan| limits(&plan).remove(0))
    };
    let none = Weighing::default();
    let bfq = Weighing { bfq: true, cost: false };
    let cost = Weighing { bfq: false, cost: true };
    let triple = |file: &str, value: &str, expect: &str| (file.into(), value.into(), expect.into());
    assert_eq!(io(50, v1(), bfq), Ok(triple("blkio.bfq.weight", "50", "50")));
    assert_eq!(io(50, v2(), bfq), Ok(triple("io.bfq.weight", "50", "default 50")));
    assert_eq!(io(5000, v2(), cost), Ok(triple("io.weight", "5000", "default 5000")));
    for (weight, host, weighing) in
        [(50, v1(), none), (50, v1(), cost), (1001, v1(), bfq), (50, v2(), none), (1001, v2(), bfq)]
    {
        let problems = io(weight, host, weighing).expect_err("nobody weighs that");
        assert_eq!(problems[0].code, "tinydocker::host::limit_unsupported");
    }
}

#[test]
fn what_a_host_lacks_is_said_once_for_each_key() {
    let codes = |profile: &Profile, host: &Host| -> Vec<String> {
        problems(profile, host).into_iter().map(|p| format!("{}: {}", p.code, p.message)).collect()
    };
    let user = Host { uid: 1000, capabilities: 0, ..hybrid() };
    assert_eq!(
        codes(&hello(), &user),
        ["tinydocker::host::not_root: this version launches containers as root only, and you are user 1000"]
    );
    let weak = Host { capabilities: 0x1ff_ffff_ffff & !(1 << 21) & !(1 << 12), ..hybrid() };
    assert_eq!(
        codes(&hello(), &weak),
        [
            "tinydocker::host::capability_missing: root lacks CAP_SYS_ADMIN, CAP_NET_ADMIN here, so nothing can \
          be launched"
        ]
    );
    let without_net = Host { capabilities: 0x1ff_ffff_ffff & !(1 << 12), ..hybrid() };
    plan(&shell(), &without_net);
    let bare = fixtures::host(Cgroups::default());
    assert_eq!(
        codes(&hello(), &bare),
        ["tinydocker::host::no_cgroups: no cgroup file system is mounted on this host"]
    );
    let mut without_cpu = v1();
    without_cpu.cgroups.hierarchies.remove(0);
    assert_eq!(
        codes(&web(), &without_cpu),
        [
            "tinydocker::host::controller_missing: this host's cgroups have no cpu controller, which \
             cgroup.cpus needs",
            "tinydocker::host::controller_missing: this host's cgroups have no cpu controller, which \
             cgroup.cpu_shares needs",
        ]
    );
    let mut without_freezer = v1();
    without_freezer.cgroups.hierarchies.retain(|h| h.controllers != ["freezer"]);
    assert_eq!(problems(&hello(), &without_freezer)[0].code, "tinydocker::host::no_cgroups");
    let mut many = hello();
    many.cgroup.pids = Some(Limit::Value(5_000_000));
    assert_eq!(problems(&many, &v2())[0].code, "tinydocker::host::limit_too_large");
}

#[test]
fn a_default_that_can_t_be_had_is_a_note() {
    let weak = Host { capabilities: 0x1ff_ffff_ffff & !(1 << 31), ..hybrid() };
    let plan = plan(&hello(), &weak);
    assert_eq!(plan.notes, ["the launcher itself lacks CAP_SETFCAP, so the container does"]);
    assert!(
        text::render(&plan)
            .ends_with("\nNotes\n- the launcher itself lacks CAP_SETFCAP, so the container does\n")
    );
    assert!(!text::json(std::slice::from_ref(&plan)).contains("CAP_SETFCAP\""));
}

#[test]
fn a_terminal_needs_devpts() {
    let mut profile = shell();
    let tmpfs = Mount::tmpfs(None, 0o755, false);
    profile.mounts.insert("/dev/pts".into(), tmpfs.clone());
    assert_eq!(problems(&profile, &v1())[0].code, "tinydocker::plan::terminal_without_devpts");
    profile.tty = false;
    plan(&profile, &v1());
    profile.mounts.insert("/dev".into(), tmpfs);
    assert_eq!(problems(&profile, &v1())[0].code, "tinydocker::plan::dev_is_ours");
}

#[test]
fn a_mount_of_the_user_s_takes_the_place_of_ours() {
    let mut profile = hello();
    let tmpfs = Mount::tmpfs(Some(1 << 20), 0o1777, false);
    for target in ["/dev/shm", "/sys/firmware/x"] {
        profile.mounts.insert(target.into(), tmpfs.clone());
    }
    let plan = plan(&profile, &v2());
    let shm = |o: &Enter| matches!(o, Enter::MountTmpfs { target, .. } if target == "/dev/shm");
    assert_eq!(plan.enter.iter().filter(|s| shm(&s.operation)).count(), 1);
    let masks =
        |o: &Enter| matches!(o, Enter::MaskPaths { paths, .. } if paths.iter().any(|p| p == "/sys/firmware"));
    assert!(!plan.enter.iter().any(|s| masks(&s.operation)));
    assert_eq!(
        plan.notes,
        ["/sys/firmware is neither masked nor protected, since a mount of yours lies there"]
    );
}

#[test]
fn what_every_container_gets_can_be_switched_off() {
    let targets = |profile: &Profile| -> Vec<String> {
        let target = |operation: &Enter| match operation {
            Enter::MountKernel { target, .. }
            | Enter::MountTmpfs { target, .. }
            | Enter::MountDevpts { target, .. } => Some(target.clone()),
            _ => None,
        };
        plan(profile, &v2()).enter.iter().filter_map(|step| target(&step.operation)).collect()
    };
    let all = ["/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/sys"];
    assert_eq!(targets(&hello()), all);
    for gone in all.into_iter().filter(|target| *target != "/dev") {
        let mut profile = hello();
        profile.mounts.remove(gone);
        let rest: Vec<_> = all.into_iter().filter(|target| *target != gone).collect();
        assert_eq!(targets(&profile), rest);
    }
    let mut profile = hello();
    profile.mounts.remove("/dev");
    assert_eq!(problems(&profile, &v2())[0].code, "tinydocker::plan::dev_is_ours");
    profile = shell();
    profile.mounts.remove("/dev/pts");
    assert_eq!(problems(&profile, &v2())[0].code, "tinydocker::plan::terminal_without_devpts");
}

#[test]
fn nothing_is_mounted_in_what_the_host_shares() {
    let mut profile = hello();
    let mut shared = Mount::bind("/data", false);
    if let MountSource::Bind(bind) = &mut shared.source {
        bind.propagation = Propagation::SharedTree;
    }
    profile.mounts.insert("/srv".into(), shared);
    plan(&profile, &v2());
    profile.mounts.insert("/srv/cache".into(), Mount::tmpfs(None, 0o755, false));
    assert_eq!(problems(&profile, &v2())[0].code, "tinydocker::plan::mount_below_shared");
}

#[test]
fn secrets_are_shown_to_init_only() {
    let mut profile = hello();
    profile.env.insert("GITHUB_TOKEN".into(), "hunter2".into());
    let plan = plan(&profile, &v2());
    for shown in [text::render(&plan), text::json(std::slice::from_ref(&plan)), format!("{plan:?}")] {
        assert!(!shown.contains("hunter2") && shown.contains("***"), "{shown}");
    }
    let Some(Enter::Exec { env, .. }) = plan.enter.last().map(|step| &step.operation) else {
        panic!("no exec");
    };
    assert_eq!(env["GITHUB_TOKEN"].reveal(), "hunter2");
}

#[test]
fn the_terminal_s_type_is_the_caller_s_unless_written() {
    let term = |profile: &Profile, host: &Host| match &plan(profile, host).enter.last().unwrap().operation {
        Enter::Exec { env, .. } => env.get("TERM").map(|term| term.reveal().to_owned()),
        _ => None,
    };
    assert_eq!(term(&hello(), &v1()), None);
    assert_eq!(term(&shell(), &v1()).as_deref(), Some("screen-256color"));
    assert_eq!(term(&shell(), &Host { term: None, ..v1() }).as_deref(), Some("xterm"));
    let mut profile = shell();
    profile.env.insert("TERM".into(), "dumb".into());
    assert_eq!(term(&profile, &v1()).as_deref(), Some("dumb"));
}

/// Checks what holds for every plan.
fn check(plan: &LaunchPlan) -> Result<(), TestCaseError> {
    let execs = plan.enter.iter().filter(|s| matches!(s.operation, Enter::Exec { .. })).count();
    prop_assert_eq!(execs, 1);
    prop_assert!(matches!(plan.enter.last().unwrap().operation, Enter::Exec { .. }), "exec is the last");
    // A network namespace is gone by itself.
    let lasts = |step: &&Step<Prepare>| !matches!(step.operation, Prepare::MakeNetwork { .. });
    let first = plan.prepare.iter().find(lasts).map(|step| &step.operation);
    prop_assert!(matches!(first, Some(Prepare::WriteRecord { .. })), "the record is the first");

    // Slots are made once, before they are used, and every one is used.
    let mut made = BTreeSet::new();
    let mut used = BTreeSet::new();
    let mut handed = BTreeSet::new();
    let mut mounted = BTreeSet::new();
    for (index, numbered) in plan.operations().enumerate() {
        prop_assert_eq!(numbered.number, index + 1);
        prop_assert!(!numbered.origin.key.is_empty());
        prop_assert!(!numbered.operation.describe().is_empty());
        let needs: Vec<&Slot> = match numbered.operation {
            Operation::Prepare(Prepare::SetLimit { group, .. } | Prepare::InheritCpuset { group, .. })
            | Operation::Connect(Connect::Prepare(
                Prepare::SetLimit { group, .. } | Prepare::InheritCpuset { group, .. },
            )) => vec![group],
            Operation::Spawn(spawn) => {
                let into = spawn.into_group.iter();
                let enters = spawn.enters.values();
                handed.extend(spawn.inherit.iter().cloned());
                into.chain(enters).chain([&spawn.program]).chain(&spawn.inherit).collect()
            }
            Operation::Enter(Enter::Receive { slots }) => {
                handed.extend(slots.iter().cloned());
                slots.iter().collect()
            }
            Operation::Enter(
                Enter::JoinGroup { group: slot, .. }
                | Enter::EnterNetwork { network: slot }
                | Enter::MountOverlay { lower: slot, .. }
                | Enter::OverlayFolder { lower: slot, .. }
                | Enter::ProvideFile { content: Provided::Tree(slot), .. }
                | Enter::StayInit { program: slot, .. }
                | Enter::MountTree { tree: slot, .. }
                | Enter::AttachTree { tree: slot, .. },
            ) => {
                prop_assert!(handed.contains(slot), "{} is used before init has it", slot.0);
                vec![slot]
            }
            _ => vec![],
        };
        for slot in needs {
            prop_assert!(made.contains(slot), "{} is used before it is made", slot.0);
            used.insert(slot.clone());
        }
        match numbered.operation {
            Operation::Prepare(operation) | Operation::Connect(Connect::Prepare(operation)) => {
                match operation {
                    Prepare::MakeGroup { slot, .. }
                    | Prepare::MakeNetwork { slot, .. }
                    | Prepare::OpenNamespace { slot, .. }
                    | Prepare::MakeInit { slot }
                    | Prepare::OpenChanges { slot, .. }
                    | Prepare::OpenTree { slot, .. } => {
                        prop_assert!(made.insert(slot.clone()), "{} is made twice", slot.0);
                    }
                    _ => {}
                }
            }
            // No mount covers one that was made before it.
            Operation::Enter(
                Enter::MountKernel { target, .. }
                | Enter::MountTmpfs { target, .. }
                | Enter::MountFile { target, .. }
                | Enter::MountDevpts { target, .. }
                | Enter::AttachTree { target, .. },
            ) => {
                let below = format!("{target}/");
                prop_assert!(
                    !mounted.iter().any(|m: &String| m.starts_with(&below) || m == target),
                    "{}",
                    target
                );
                mounted.insert(target.clone());
            }
            _ => {}
        }
    }
    prop_assert_eq!(made, used);

    // JSON holds everything but secrets.
    let json = text::json(std::slice::from_ref(plan));
    let read: LaunchPlan = serde_json::from_str(&json).unwrap();
    prop_assert_eq!(text::json(std::slice::from_ref(&read)), json);
    prop_assert_eq!(text::render(&read), text::render(plan));

    // Names are those of JSON.
    let value: serde_json::Value = serde_json::to_value(plan).unwrap();
    for (phase, names) in [
        ("prepare", plan.prepare.iter().map(|s| s.operation.name()).collect::<Vec<_>>()),
        ("connect", plan.connect.iter().map(|s| s.operation.name()).collect()),
        ("enter", plan.enter.iter().map(|s| s.operation.name()).collect()),
        ("started", plan.started.iter().map(|s| s.operation.name()).collect()),
    ] {
        for (step, name) in value[phase].as_array().unwrap().iter().zip(names) {
            let operation = &step["operation"];
            let written = operation.as_str().or_else(|| operation.as_object()?.keys().next().map(|k| &**k));
            prop_assert_eq!(written, Some(name));
        }
    }
    Ok(())
}

fn limit(least: u64, most: u64) -> impl Strategy<Value = Option<Limit>> {
    prop_oneof![Just(None), Just(Some(Limit::Max)), (least..=most).prop_map(|v| Some(Limit::Value(v)))]
}

prop_compose! {
    fn any_mount()(bind: bool, read_only: bool, size in proptest::option::of(1u64..1 << 30)) -> Mount {
        if bind {
            Mount::bind("/data", read_only)
        } else {
            Mount::tmpfs(size, 0o755, read_only)
        }
    }
}

prop_compose! {
    fn any_profile()(
        flags: [bool; 9],
        joins in 0u8..8,
        uid in 0u32..3,
        memory in limit(6 << 20, u64::MAX),
        pids in limit(1, 4 << 20),
        quota in limit(1000, 1 << 40),
        cpu_shares in proptest::option::of(2u64..=262_144),
        mounts in proptest::collection::btree_map("(/(dev|proc|sys|a|b\"|shm|pts)){1,3}", any_mount(), 0..5),
    ) -> Profile {
        let mode = |private: bool| if private { NamespaceMode::Private } else { NamespaceMode::Host };
        let folder = RootfsSource::Folder("/srv/root".into());
        let mut profile = hello();
        profile.tty = flags[0];
        profile.interactive = flags[1];
        profile.user = User::numbers(uid, uid);
        profile.rootfs = Rootfs::new(
            if flags[2] { RootfsSource::Host } else { folder },
            if flags[3] { RootfsMode::Overlay } else { RootfsMode::ReadOnly },
        );
        profile.namespaces.pid = mode(flags[4]);
        profile.namespaces.ipc = mode(flags[4]);
        profile.namespaces.uts = mode(flags[5]);
        profile.namespaces.cgroup = mode(flags[6]);
        profile.network = if flags[7] { Network::None } else { Network::Host };
        if joins & 1 != 0 {
            profile.namespaces.pid = NamespaceMode::Joined(Joined::Container("db".into()));
            profile.namespaces.cgroup = NamespaceMode::Joined(Joined::Path("/proc/1/ns/cgroup".into()));
        }
        if joins & 2 != 0 {
            profile.network = Network::Joined(Joined::Path("/run/netns/blue".into()));
        }
        if joins & 4 != 0 {
            profile.namespaces.ipc = NamespaceMode::Joined(Joined::Container("db".into()));
            profile.namespaces.uts = NamespaceMode::Joined(Joined::Container("db".into()));
        }
        profile.security.no_new_privileges = flags[8];
        let cpu = quota.map(|quota| CpuBandwidth { quota, period: 100_000, from_cpus: flags[0] });
        profile.cgroup = Cgroup { memory, pids, cpu, cpu_shares, ..Cgroup::default() };
        profile.mounts.extend(mounts);
        profile
    }
}

#[test]
fn names_are_left_to_init() {
    let mut profile = hello();
    profile.user = User { uid: Id::Name("web".into()), gid: None };
    profile.groups = vec![Id::Number(44), Id::Name("audio".into())];
    profile.env.remove("HOME");
    let plan = plan(&profile, &v2());
    let text = text::render(&plan);
    for part in [
        "join 44, audio of /etc/group",
        "become the user web of /etc/passwd, the user's group there (umask 0022); HOME",
        "or none if that user is not 0",
    ] {
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(part), "no {part:?} in\n{text}");
    }
    // The JSON of names and numbers reads back as the same plan.
    let json = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<LaunchPlan>(&json).unwrap(), plan);
    // A HOME of the profile's own stays.
    profile.env.insert("HOME".into(), "/x".into());
    let home = LaunchPlan::compile(&profile, &Origins::default(), &v2()).unwrap();
    let set = |step: &Enter| matches!(step, Enter::SetUser { home: false, .. });
    assert!(home.enter.iter().any(|step| set(&step.operation)));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_plan_holds_together(profile in any_profile()) {
        for (_, host) in hosts() {
            match LaunchPlan::compile(&profile, &Origins::default(), &host) {
                Ok(plan) => check(&plan)?,
                Err(problems) => {
                    for problem in problems {
                        let code = problem.code.rsplit("::").next().unwrap();
                        prop_assert!(["terminal_without_devpts", "dev_is_ours"].contains(&code), "{}", code);
                    }
                }
            }
        }
    }
}

#[test]
fn the_fixtures_hold_together() {
    for profile in profiles() {
        for (_, host) in hosts() {
            let plan = plan(&profile, &host);
            check(&plan).unwrap();
            assert!(plan.operations().all(|n| n.origin.layer == Layer::BuiltIn));
        }
    }
    assert_eq!(Secret::hidden("x").shown(), "***");
}
