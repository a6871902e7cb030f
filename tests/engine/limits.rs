//! `cgroup.*`: in the kernel's files, and where it bites.

use crate::common::{Need, Running, Sandbox, hierarchy};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

const V1: [Need; 3] = [Need::ControllerV1("memory"), Need::ControllerV1("pids"), Need::ControllerV1("cpu")];

/// What a limit's file says while the container runs.
fn limit(sandbox: &Sandbox, controller: &str, file: &str) -> String {
    limit_below(sandbox, controller, "", file)
}

fn limit_below(sandbox: &Sandbox, controller: &str, parent: &str, file: &str) -> String {
    let root = hierarchy(controller).expect("a need");
    let group = root.join(parent).join(format!("tinydocker-{}", sandbox.name));
    let path = group.join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).trim().to_owned()
}

fn in_group(sandbox: &Sandbox, pid: i32, controller: &str) -> bool {
    let groups = fs::read_to_string(format!("/proc/{pid}/cgroup")).expect("the payload is alive");
    groups.lines().any(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        fields.next().is_some_and(|names| names.split(',').any(|name| name == controller))
            && fields.next() == Some(&format!("/tinydocker-{}", sandbox.name))
    })
}

#[test]
fn every_limit_stands_in_the_kernels_file() {
    let Some(sandbox) = Sandbox::new(&V1) else { return };
    let limits =
        "[cgroup]\nmemory = \"64m\"\npids = 20\ncpu_quota = 30000\ncpu_period = 50000\ncpu_shares = 512";
    let mut running = sandbox.start(&["/probe", "wait"], limits);
    running.until("ready");
    assert_eq!(limit(&sandbox, "memory", "memory.limit_in_bytes"), (64 << 20).to_string());
    assert_eq!(limit(&sandbox, "pids", "pids.max"), "20");
    assert_eq!(limit(&sandbox, "cpu", "cpu.cfs_quota_us"), "30000");
    assert_eq!(limit(&sandbox, "cpu", "cpu.cfs_period_us"), "50000");
    assert_eq!(limit(&sandbox, "cpu", "cpu.shares"), "512");
    for controller in ["memory", "pids", "cpu"] {
        assert!(in_group(&sandbox, running.payload(), controller), "{controller}");
    }
    // The tracking group, in the cgroup2 tree or with the freezer.
    assert!(["", "freezer"].iter().any(|name| in_group(&sandbox, running.payload(), name)));
}

#[test]
fn cpus_are_a_quota_of_the_period() {
    let Some(sandbox) = Sandbox::new(&V1) else { return };
    let mut running = sandbox.start(&["/probe", "wait"], "cgroup.cpus = 0.25");
    running.until("ready");
    assert_eq!(limit(&sandbox, "cpu", "cpu.cfs_quota_us"), "25000");
    assert_eq!(limit(&sandbox, "cpu", "cpu.cfs_period_us"), "100000");
}

#[test]
fn limits_come_from_flags_and_set_as_well() {
    let Some(sandbox) = Sandbox::new(&V1) else { return };
    let profile = sandbox.profile(&["/probe", "wait"], "[cgroup]\nmemory = \"64m\"\npids = 20");
    let profile = profile.display().to_string();
    let flags =
        ["--memory", "96m", "--cpu-cfs-quota", "20000", "--cpu-share", "256", "--set", "cgroup.pids=33"];
    let arguments = [&["up", &profile], &flags[..]].concat();
    let mut running = Running::start(sandbox.command(&arguments));
    running.until("ready");
    assert_eq!(limit(&sandbox, "memory", "memory.limit_in_bytes"), (96 << 20).to_string());
    assert_eq!(limit(&sandbox, "pids", "pids.max"), "33");
    assert_eq!(limit(&sandbox, "cpu", "cpu.cfs_quota_us"), "20000");
    assert_eq!(limit(&sandbox, "cpu", "cpu.shares"), "256");
}

#[test]
fn max_lifts_a_limit() {
    let Some(sandbox) = Sandbox::new(&V1) else { return };
    let mut running =
        sandbox.start(&["/probe", "wait"], "[cgroup]\nmemory = \"max\"\npids = \"max\"\ncpu_quota = \"max\"");
    running.until("ready");
    let unlimited: u64 = limit(&sandbox, "memory", "memory.limit_in_bytes").parse().expect("a number");
    assert!(unlimited > 1 << 60, "{unlimited}");
    assert_eq!(limit(&sandbox, "pids", "pids.max"), "max");
    assert_eq!(limit(&sandbox, "cpu", "cpu.cfs_quota_us"), "-1");
}

#[test]
fn a_container_without_limits_has_the_tracking_group_only() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let mut running = sandbox.start(&["/probe", "wait"], "");
    running.until("ready");
    let groups = sandbox.groups();
    assert_eq!(groups.len(), 1, "{groups:?}");
    let processes = fs::read_to_string(groups[0].join("cgroup.procs")).expect("a group");
    assert_eq!(processes.trim(), running.payload().to_string());
}

#[test]
fn a_fork_above_the_limit_is_refused() {
    let Some(sandbox) = Sandbox::new(&V1) else { return };
    let ended = sandbox.up(&["/probe", "fork", "50"], "cgroup.pids = 8").expect(0);
    assert_eq!(ended.stdout.trim(), "forked 7, then EAGAIN", "PID 1 is the eighth");
    sandbox.up(&["/probe", "fork", "50"], "cgroup.pids = 64").expect(0);
}

#[test]
fn memory_above_the_limit_is_named() {
    let Some(sandbox) = Sandbox::new(&V1) else { return };
    let eat = |bytes: &str| sandbox.up(&["/probe", "eat", bytes], "[cgroup]\nmemory = \"24m\"");
    assert_eq!(eat("8388608").expect(0).stdout, "ate 8388608\n");
    let ended = eat("67108864").expect(137);
    assert_eq!(ended.stdout, "");
    let message = &ended.stderr;
    for part in ["out of memory", "cgroup.memory", "24 MiB", "profile.toml:5"] {
        assert!(message.contains(part), "{part} is not in {message}");
    }
}

#[test]
fn a_quota_bites() {
    let Some(sandbox) = Sandbox::new(&V1) else { return };
    let share = |rest: &str| {
        let value = sandbox.up(&["/probe", "spin", "600"], rest).expect(0).value();
        value["used"].as_f64().expect("a number") / value["passed"].as_f64().expect("a number")
    };
    let limited = share("cgroup.cpus = 0.2");
    assert!(limited < 0.35, "a fifth of a core was asked for, {limited:.2} given");
}

const ALL_V1: [Need; 5] = [
    Need::ControllerV1("memory"),
    Need::ControllerV1("pids"),
    Need::ControllerV1("cpu"),
    Need::ControllerV1("cpuset"),
    Need::ControllerV1("blkio"),
];

/// A whole disk of this machine that the sandbox's folder lies on, or any: its numbers.
fn disk() -> String {
    let disks = fs::read_dir("/sys/block").expect("sysfs").filter_map(Result::ok);
    let numbers = disks.filter_map(|disk| fs::read_to_string(disk.path().join("dev")).ok());
    numbers.map(|numbers| numbers.trim().to_owned()).min().expect("a machine has a disk")
}

/// The last of the cores that this process may use, as the kernel lists them.
fn last_core() -> String {
    let online = fs::read_to_string("/sys/devices/system/cpu/online").expect("sysfs");
    online.trim().rsplit([',', '-']).next().expect("a core").to_owned()
}

#[test]
fn each_key_stands_in_its_file() {
    let Some(sandbox) = Sandbox::new(&ALL_V1) else { return };
    let (disk, core) = (disk(), last_core());
    let io = |key: &str, value: &str| format!("io.\"{disk}\".{key} = {value}");
    let line = |value: &str| format!("{disk} {value}");
    let unlimited = (i64::MAX as u64 / 4096 * 4096).to_string();
    // Lines below [cgroup], controller, file, what it says.
    let table: Vec<(String, &str, &str, String)> = vec![
        ("memory_low = \"20m\"".into(), "memory", "memory.soft_limit_in_bytes", (20 << 20).to_string()),
        (
            "memory = \"64m\"\nswap = \"32m\"".into(),
            "memory",
            "memory.memsw.limit_in_bytes",
            (96 << 20).to_string(),
        ),
        (
            "memory = \"64m\"\nswap = 0".into(),
            "memory",
            "memory.memsw.limit_in_bytes",
            (64 << 20).to_string(),
        ),
        ("swap = \"max\"".into(), "memory", "memory.memsw.limit_in_bytes", unlimited),
        ("cpus = 0.5\ncpu_burst = 20000".into(), "cpu", "cpu.cfs_burst_us", "20000".into()),
        ("cpu_idle = true".into(), "cpu", "cpu.idle", "1".into()),
        ("cpu_idle = false\ncpu_shares = 300".into(), "cpu", "cpu.shares", "300".into()),
        (format!("cpuset_cpus = \"{core},{core}\""), "cpuset", "cpuset.cpus", core.clone()),
        ("cpuset_mems = \"0\"".into(), "cpuset", "cpuset.mems", "0".into()),
        (io("read_bps", "\"10m\""), "blkio", "blkio.throttle.read_bps_device", line("10485760")),
        (io("write_bps", "5000"), "blkio", "blkio.throttle.write_bps_device", line("5000")),
        (io("read_iops", "100"), "blkio", "blkio.throttle.read_iops_device", line("100")),
        (io("write_iops", "4294967294"), "blkio", "blkio.throttle.write_iops_device", line("4294967294")),
    ];
    for (lines, controller, file, expected) in table {
        let mut running = sandbox.start(&["/probe", "wait"], &format!("[cgroup]\n{lines}"));
        running.until("ready");
        assert_eq!(limit(&sandbox, controller, file), expected, "{lines}");
        assert!(in_group(&sandbox, running.payload(), controller), "{lines}");
        if controller == "cpuset" {
            let allowed = running.payload_file("status");
            let field = if file == "cpuset.cpus" { "Cpus_allowed_list:\t" } else { "Mems_allowed_list:\t" };
            assert!(allowed.contains(&format!("{field}{expected}\n")), "{allowed}");
        }
        drop(running);
        assert_eq!(sandbox.left(), Vec::<String>::new(), "{lines}");
    }
}

#[test]
fn a_path_stands_for_its_disk() {
    let Some(sandbox) = Sandbox::new(&ALL_V1) else { return };
    let device = fs::metadata(sandbox.rootfs()).expect("our folder").dev();
    let (major, minor) = (nix::sys::stat::major(device), nix::sys::stat::minor(device));
    sandbox.profile(&["/probe", "wait"], "cgroup.io.\"./rootfs\".read_iops = 77");
    if major == 0 {
        // A test's folder on btrfs or tmpfs: then that is what must be said.
        let problem = sandbox.run(&["up", "profile.toml", "--error-format", "json"]).expect(125).diagnostic();
        assert_eq!(problem["code"], "tinydocker::host::disk_missing", "{problem:#}");
        return;
    }
    let mut running = Running::start(sandbox.command(&["up", "profile.toml"]));
    running.until("ready");
    let partition = PathBuf::from(format!("/sys/dev/block/{major}:{minor}"));
    let partition = partition.canonicalize().expect("a block device");
    let whole =
        if partition.join("partition").exists() { partition.parent().expect("a disk") } else { &partition };
    let numbers = fs::read_to_string(whole.join("dev")).expect("a disk has numbers");
    assert_eq!(limit(&sandbox, "blkio", "blkio.throttle.read_iops_device"), format!("{} 77", numbers.trim()));
}

#[test]
fn what_this_layout_can_not_give_is_refused_at_its_place() {
    let Some(sandbox) = Sandbox::new(&ALL_V1) else { return };
    for (line, code, remedy) in [
        ("memory_high = \"64m\"", "limit_unsupported", "`memory`"),
        ("memory_min = \"64m\"", "limit_unsupported", "`memory_low`"),
        ("swap = \"64m\"", "limit_unsupported", "`memory`"),
        ("cpu_weight = 100", "limit_unsupported", "cpu_shares = 1024"),
        ("cpuset_cpus = \"8191\"", "core_missing", "cores here"),
        ("cpuset_mems = \"0,1023\"", "core_missing", "memory nodes here"),
        ("io.\"/dev/null\".read_bps = 1", "disk_missing", "lsblk"),
        ("io.\"/no/such\".read_bps = 1", "disk_missing", "lsblk"),
        ("io.\"/proc\".read_bps = 1", "disk_missing", "/dev/sda"),
    ] {
        sandbox.profile(&["/probe", "wait"], &format!("[cgroup]\n{line}"));
        let problem = sandbox.run(&["up", "profile.toml", "--error-format", "json"]).expect(125).diagnostic();
        assert_eq!(problem["code"], format!("tinydocker::host::{code}"), "{problem:#}");
        assert_eq!(problem["labels"][0]["line"], 5, "{problem:#}");
        assert!(problem["help"].as_str().is_some_and(|help| help.contains(remedy)), "{problem:#}");
        // `check` finds it, too.
        let checked = sandbox.run(&["check", "profile.toml"]).expect(1);
        assert!(checked.stderr.contains(code), "{}", checked.stderr);
    }
}

#[test]
fn one_disk_under_two_names_is_refused() {
    let Some(sandbox) = Sandbox::new(&[Need::ControllerV1("blkio")]) else { return };
    let numbers = disk();
    let name = fs::canonicalize(format!("/sys/dev/block/{numbers}")).expect("sysfs");
    let node = Path::new("/dev").join(name.file_name().expect("a name"));
    let node = node.display();
    let rest = format!("[cgroup]\nio.\"{node}\".read_bps = 1\nio.\"{numbers}\".write_bps = 1");
    sandbox.profile(&["/probe", "wait"], &rest);
    let problem = sandbox.run(&["up", "profile.toml", "--error-format", "json"]).expect(125).diagnostic();
    assert_eq!(problem["code"], "tinydocker::host::disk_twice", "{problem:#}");
    assert_eq!(problem["labels"].as_array().map(Vec::len), Some(2), "{problem:#}");
}

#[test]
fn a_weight_of_io_needs_a_scheduler_that_weighs() {
    let Some(sandbox) = Sandbox::new(&[Need::ControllerV1("blkio")]) else { return };
    sandbox.profile(&["/probe", "wait"], "cgroup.io_weight = 200");
    // The launcher is shown disks of our making; the group and its file are the kernel's.
    let up = |scheduler: &str| {
        let file = sandbox.write("block/disk/queue/scheduler", scheduler);
        let block = file.ancestors().nth(3).expect("the folder block").display().to_string();
        let binds = format!("binds={block}:/sys/block");
        Running::start(
            sandbox
                .command_under(&["shared-mounts", &binds], &["up", "profile.toml", "--error-format", "json"]),
        )
    };
    let problem = up("none [mq-deadline] bfq\n").end().expect(125).diagnostic();
    assert_eq!(problem["code"], "tinydocker::host::limit_unsupported", "{problem:#}");
    assert!(problem["help"].as_str().is_some_and(|help| help.contains("echo bfq")), "{problem:#}");
    let mut running = up("none mq-deadline [bfq]\n");
    running.until("ready");
    assert_eq!(limit(&sandbox, "blkio", "blkio.bfq.weight"), "200");
}

#[test]
fn a_parent_is_made_and_goes_with_its_last_container() {
    let Some(sandbox) = Sandbox::new(&ALL_V1) else { return };
    let parent = format!("tinydocker-{}-a/tinydocker-{}-b", sandbox.name, sandbox.name);
    let rest = format!("[cgroup]\nparent = \"/{parent}/\"\npids = 20\ncpuset_mems = \"0\"");
    let mut running = sandbox.start(&["/probe", "wait"], &rest);
    running.until("ready");
    assert_eq!(limit_below(&sandbox, "pids", &parent, "pids.max"), "20");
    assert_eq!(limit_below(&sandbox, "cpuset", &parent, "cpuset.mems"), "0");
    let cpuset = hierarchy("cpuset").expect("a need");
    let of_root = fs::read_to_string(cpuset.join("cpuset.cpus")).expect("a root");
    assert_eq!(limit_below(&sandbox, "cpuset", &parent, "cpuset.cpus"), of_root.trim());
    let groups = fs::read_to_string(format!("/proc/{}/cgroup", running.payload())).expect("alive");
    let own = format!(":/{parent}/tinydocker-{}", sandbox.name);
    assert_eq!(groups.lines().filter(|line| line.ends_with(&own)).count(), 3, "{groups}");

    // Another container below it keeps it.
    let name = format!("{}-other", sandbox.name);
    let rootfs = sandbox.rootfs().display().to_string();
    let arguments = [
        "run",
        "--name",
        &name,
        "--rootfs",
        &rootfs,
        "--cgroup-parent",
        &parent,
        "--pids-limit",
        "9",
        "/probe",
        "wait",
    ];
    let mut other = Running::start(sandbox.command(&arguments));
    other.until("ready");
    drop(running);
    let pids = hierarchy("pids").expect("a need").join(&parent);
    let limit =
        fs::read_to_string(pids.join(format!("tinydocker-{name}/pids.max"))).expect("the other runs on");
    assert_eq!(limit.trim(), "9");
    assert!(!cpuset.join(&parent).exists(), "nobody uses it here any more");
    drop(other);
    assert_eq!(sandbox.left(), Vec::<String>::new());
}

#[test]
fn a_parent_that_was_there_stays() {
    let Some(sandbox) = Sandbox::new(&ALL_V1) else { return };
    let parent = format!("tinydocker-{}-theirs", sandbox.name);
    let pids = hierarchy("pids").expect("a need").join(&parent);
    fs::create_dir(&pids).expect("a group");
    let mode = fs::metadata(&pids).expect("a group").mode();
    let ended =
        sandbox.up(&["/probe", "say", "hello"], &format!("[cgroup]\nparent = \"{parent}\"\npids = 20"));
    let still = fs::metadata(&pids).map(|it| it.mode());
    let left = sandbox.groups();
    fs::remove_dir(&pids).expect("it is still there, and empty");
    ended.expect(0);
    assert_eq!(still.ok(), Some(mode));
    assert_eq!(left, [pids], "in the other hierarchies it was made, and is gone");
}

#[test]
fn containers_come_and_go_in_one_parent_at_once() {
    let Some(sandbox) = Sandbox::new(&[Need::ControllerV1("pids")]) else { return };
    let parent = format!("tinydocker-{}-p", sandbox.name);
    let rootfs = sandbox.rootfs().display().to_string();
    let runs = |lane: u32| {
        for _ in 0..12 {
            let name = format!("{}-{lane}", sandbox.name);
            let limits = ["--cgroup-parent", &parent, "--pids-limit", "20"];
            let arguments =
                [&["run", "--name", &name, "--rootfs", &rootfs], &limits[..], &["/probe", "say", "hello"]]
                    .concat();
            sandbox.run(&arguments).expect(0);
        }
    };
    std::thread::scope(|scope| {
        for lane in 0..3 {
            scope.spawn(move || runs(lane));
        }
    });
}

#[test]
fn dockers_flags_of_limits() {
    let Some(sandbox) = Sandbox::new(&ALL_V1) else { return };
    let (disk, core) = (disk(), last_core());
    let profile = sandbox.profile(&["/probe", "wait"], "cgroup.memory = \"64m\"");
    let profile = profile.display().to_string();
    let rate = |rate: &str| format!("{disk}:{rate}");
    let (bytes, reads) = (rate("1mb"), rate("50"));
    let flags = [
        "--memory-swap=96m",
        "--memory-reservation=32m",
        "--cpuset-cpus",
        &core,
        "--cpuset-mems=0",
        "--device-write-bps",
        &bytes,
        "--device-read-iops",
        &reads,
    ];
    let mut running = Running::start(sandbox.command(&[&["up", &profile], &flags[..]].concat()));
    running.until("ready");
    for (controller, file, expected) in [
        ("memory", "memory.memsw.limit_in_bytes", (96 << 20).to_string()),
        ("memory", "memory.soft_limit_in_bytes", (32 << 20).to_string()),
        ("cpuset", "cpuset.cpus", core.clone()),
        ("cpuset", "cpuset.mems", "0".into()),
        ("blkio", "blkio.throttle.write_bps_device", format!("{disk} 1048576")),
        ("blkio", "blkio.throttle.read_iops_device", format!("{disk} 50")),
    ] {
        assert_eq!(limit(&sandbox, controller, file), expected, "{file}");
    }
    drop(running);
    // The bound may come from above the flags, and must be there.
    let memory = ["up", &profile, "--memory-swap=96m", "--set", "cgroup.memory=96m"];
    let mut running = Running::start(sandbox.command(&memory));
    running.until("ready");
    assert_eq!(limit(&sandbox, "memory", "memory.memsw.limit_in_bytes"), (96 << 20).to_string());
    drop(running);
    let rootfs = sandbox.rootfs().display().to_string();
    for (flags, part) in [
        (&["--memory-swap", "1g"][..], "needs --memory"),
        (&["--memory", "1g", "--memory-swap", "512m"], "less than the memory alone"),
        (&["--device-read-bps", "/dev/sda"], "not DEVICE:RATE"),
    ] {
        let arguments = [&["run", "--rootfs", &rootfs], flags, &["/probe"]].concat();
        let ended = sandbox.run(&arguments).expect(125);
        assert!(ended.stderr.contains(part), "{}", ended.stderr);
    }
}
