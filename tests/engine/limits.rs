//! `cgroup.*`: in the kernel's files, and where it bites.

use crate::common::cgroups::{controller, is_in, is_v2, read};
use crate::common::{Need, Running, Sandbox};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

const NEEDS: [Need; 3] = [Need::Controller("memory"), Need::Controller("pids"), Need::Controller("cpu")];

/// Whether a process of the container's is in its group of a controller's hierarchy.
fn in_group(sandbox: &Sandbox, pid: i32, controller: &str) -> bool {
    is_in(pid, controller, &format!("/tinydocker-{}", sandbox.name))
}

fn memory_is(sandbox: &Sandbox, bytes: u64) {
    assert_eq!(sandbox.limit("memory", "memory.limit_in_bytes", "memory.max"), bytes.to_string());
}

fn pids_are(sandbox: &Sandbox, count: &str) {
    assert_eq!(sandbox.limit("pids", "pids.max", "pids.max"), count);
}

fn quota_is(sandbox: &Sandbox, quota: &str, period: u64) {
    if is_v2() {
        return assert_eq!(sandbox.limit("cpu", "", "cpu.max"), format!("{quota} {period}"));
    }
    let quota = if quota == "max" { "-1" } else { quota };
    assert_eq!(sandbox.limit("cpu", "cpu.cfs_quota_us", ""), quota);
    assert_eq!(sandbox.limit("cpu", "cpu.cfs_period_us", ""), period.to_string());
}

/// v2 has weights, on crun's curve.
fn shares_are(sandbox: &Sandbox, shares: u64, weight: u64) {
    let expected = if is_v2() { weight } else { shares };
    assert_eq!(sandbox.limit("cpu", "cpu.shares", "cpu.weight"), expected.to_string());
}

#[test]
fn every_limit_stands_in_the_kernels_file() {
    let Some(sandbox) = Sandbox::new(&NEEDS) else { return };
    let limits =
        "[cgroup]\nmemory = \"64m\"\npids = 20\ncpu_quota = 30000\ncpu_period = 50000\ncpu_shares = 512";
    let mut running = sandbox.start(&["/probe", "wait"], limits);
    running.until("ready");
    memory_is(&sandbox, 64 << 20);
    pids_are(&sandbox, "20");
    quota_is(&sandbox, "30000", 50000);
    shares_are(&sandbox, 512, 59);
    for controller in ["memory", "pids", "cpu"] {
        assert!(in_group(&sandbox, running.payload(), controller), "{controller}");
    }
    // The tracking group, in the cgroup2 tree or with the freezer.
    assert!(["", "freezer"].iter().any(|name| in_group(&sandbox, running.payload(), name)));
}

#[test]
fn cpus_are_a_quota_of_the_period() {
    let Some(sandbox) = Sandbox::new(&NEEDS) else { return };
    let mut running = sandbox.start(&["/probe", "wait"], "cgroup.cpus = 0.25");
    running.until("ready");
    quota_is(&sandbox, "25000", 100_000);
}

#[test]
fn limits_come_from_flags_and_set_as_well() {
    let Some(sandbox) = Sandbox::new(&NEEDS) else { return };
    let profile = sandbox.profile(&["/probe", "wait"], "[cgroup]\nmemory = \"64m\"\npids = 20");
    let profile = profile.display().to_string();
    let flags =
        ["--memory", "96m", "--cpu-cfs-quota", "20000", "--cpu-share", "256", "--set", "cgroup.pids=33"];
    let arguments = [&["up", &profile], &flags[..]].concat();
    let mut running = Running::start(sandbox.command(&arguments));
    running.until("ready");
    memory_is(&sandbox, 96 << 20);
    pids_are(&sandbox, "33");
    quota_is(&sandbox, "20000", 100_000);
    shares_are(&sandbox, 256, 35);
}

#[test]
fn max_lifts_a_limit() {
    let Some(sandbox) = Sandbox::new(&NEEDS) else { return };
    let mut running =
        sandbox.start(&["/probe", "wait"], "[cgroup]\nmemory = \"max\"\npids = \"max\"\ncpu_quota = \"max\"");
    running.until("ready");
    let unlimited = sandbox.limit("memory", "memory.limit_in_bytes", "memory.max");
    assert!(unlimited == "max" || unlimited.parse::<u64>().is_ok_and(|it| it > 1 << 60), "{unlimited}");
    pids_are(&sandbox, "max");
    quota_is(&sandbox, "max", 100_000);
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
    let Some(sandbox) = Sandbox::new(&NEEDS) else { return };
    let ended = sandbox.up(&["/probe", "fork", "50"], "cgroup.pids = 8").expect(0);
    assert_eq!(ended.stdout.trim(), "forked 7, then EAGAIN", "PID 1 is the eighth");
    sandbox.up(&["/probe", "fork", "50"], "cgroup.pids = 64").expect(0);
}

#[test]
fn memory_above_the_limit_is_named() {
    let Some(sandbox) = Sandbox::new(&NEEDS) else { return };
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
    let Some(sandbox) = Sandbox::new(&NEEDS) else { return };
    let mut running = sandbox.start(&["/probe", "spin", "1500", ",", "wait"], "cgroup.cpus = 0.2");
    let said: serde_json::Value = serde_json::from_str(&running.line()).expect("JSON");
    running.until("ready");
    // The kernel's own count: whoever spins is held back in nearly every period. What it was
    // given says less where the machine itself is not given all of its processors.
    let stat = read(&sandbox.group("cpu"), "cpu.stat");
    let count = |name: &str| {
        let line = stat.lines().find_map(|line| line.strip_prefix(name)).expect("a counter");
        line.trim().parse::<f64>().expect("a number")
    };
    let (periods, throttled) = (count("nr_periods "), count("nr_throttled "));
    assert!(periods >= 5.0 && throttled > periods / 2.0, "{stat}");
    let share = said["used"].as_f64().expect("a number") / said["passed"].as_f64().expect("a number");
    assert!(share < 0.8, "a fifth of a core was asked for, {share:.2} given");
}

const ALL: [Need; 5] = [
    Need::Controller("memory"),
    Need::Controller("pids"),
    Need::Controller("cpu"),
    Need::Controller("cpuset"),
    Need::Controller("io"),
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

/// Lines below `[cgroup]`, a controller, its file and what that says; or with two
/// versions, the one that the controller is in.
struct Key {
    lines: String,
    controller: &'static str,
    v1: Option<(&'static str, String)>,
    v2: Option<(&'static str, String)>,
}

/// Every key but those of [`a_weight_of_io_needs_something_that_weighs`].
fn keys(disk: &str, core: &str) -> Vec<Key> {
    let mut keys = Vec::new();
    let mut key =
        |lines: &str, controller, v1: Option<(&'static str, &str)>, v2: Option<(&'static str, &str)>| {
            let owned = |(file, says): (&'static str, &str)| (file, says.to_owned());
            keys.push(Key { lines: lines.to_owned(), controller, v1: v1.map(owned), v2: v2.map(owned) });
        };
    let mib = |count: u64| (count << 20).to_string();
    let unlimited = (i64::MAX as u64 / 4096 * 4096).to_string();
    let (m16, m20, m32, m64, m96) = (mib(16), mib(20), mib(32), mib(64), mib(96));
    const MEMSW: &str = "memory.memsw.limit_in_bytes";
    const SWAP: &str = "memory.swap.max";
    key("memory = \"64m\"", "memory", Some(("memory.limit_in_bytes", &m64)), Some(("memory.max", &m64)));
    // The kernel counts pages.
    key("memory = 67108865", "memory", Some(("memory.limit_in_bytes", &m64)), Some(("memory.max", &m64)));
    key(
        "memory_low = \"20m\"",
        "memory",
        Some(("memory.soft_limit_in_bytes", &m20)),
        Some(("memory.low", &m20)),
    );
    key("memory_high = \"64m\"", "memory", None, Some(("memory.high", &m64)));
    key("memory_min = \"16m\"", "memory", None, Some(("memory.min", &m16)));
    key("memory_high = \"max\"", "memory", None, Some(("memory.high", "max")));
    key("memory = \"64m\"\nswap = \"32m\"", "memory", Some((MEMSW, &m96)), Some((SWAP, &m32)));
    key("memory = \"64m\"\nswap = 0", "memory", Some((MEMSW, &m64)), Some((SWAP, "0")));
    key("swap = \"max\"", "memory", Some((MEMSW, &unlimited)), Some((SWAP, "max")));
    key("swap = \"32m\"", "memory", None, Some((SWAP, &m32)));
    key(
        "cpus = 0.5\ncpu_burst = 20000",
        "cpu",
        Some(("cpu.cfs_burst_us", "20000")),
        Some(("cpu.max.burst", "20000")),
    );
    key("cpu_idle = true", "cpu", Some(("cpu.idle", "1")), Some(("cpu.idle", "1")));
    key("cpu_idle = false\ncpu_shares = 300", "cpu", Some(("cpu.shares", "300")), Some(("cpu.weight", "39")));
    key("cpu_weight = 1", "cpu", None, Some(("cpu.weight", "1")));
    key("cpu_weight = 10000", "cpu", None, Some(("cpu.weight", "10000")));
    for (shares, weight) in [("2", "1"), ("1024", "100"), ("262144", "10000")] {
        let shares_line = format!("cpu_shares = {shares}");
        key(&shares_line, "cpu", Some(("cpu.shares", shares)), Some(("cpu.weight", weight)));
    }
    key(
        &format!("cpuset_cpus = \"{core},{core}\""),
        "cpuset",
        Some(("cpuset.cpus", core)),
        Some(("cpuset.cpus", core)),
    );
    key("cpuset_mems = \"0\"", "cpuset", Some(("cpuset.mems", "0")), Some(("cpuset.mems", "0")));
    key("pids = 1", "pids", Some(("pids.max", "1")), Some(("pids.max", "1")));
    key("pids = 4194304", "pids", Some(("pids.max", "4194304")), Some(("pids.max", "4194304")));
    let mut io = |rates: &[(&str, &str, &str)], v1: &'static str, v2: &str| {
        let lines: Vec<String> =
            rates.iter().map(|(key, value, _)| format!("io.\"{disk}\".{key} = {value}")).collect();
        let v1 = (!v1.is_empty()).then(|| (v1, format!("{disk} {}", rates[0].2)));
        let v1 = v1.as_ref().map(|(file, says)| (*file, says.as_str()));
        key(&lines.join("\n"), "io", v1, Some(("io.max", &format!("{disk} {v2}"))));
    };
    io(
        &[("read_bps", "\"10m\"", "10485760")],
        "blkio.throttle.read_bps_device",
        "rbps=10485760 wbps=max riops=max wiops=max",
    );
    io(
        &[("write_bps", "5000", "5000")],
        "blkio.throttle.write_bps_device",
        "rbps=max wbps=5000 riops=max wiops=max",
    );
    io(
        &[("read_iops", "100", "100")],
        "blkio.throttle.read_iops_device",
        "rbps=max wbps=max riops=100 wiops=max",
    );
    io(
        &[("write_iops", "4294967294", "4294967294")],
        "blkio.throttle.write_iops_device",
        "rbps=max wbps=max riops=max wiops=4294967294",
    );
    io(
        &[
            ("write_iops", "9", "9"),
            ("read_bps", "4096", "4096"),
            ("write_bps", "2", "2"),
            ("read_iops", "7", "7"),
        ],
        "blkio.throttle.write_iops_device",
        "rbps=4096 wbps=2 riops=7 wiops=9",
    );
    keys
}

#[test]
fn each_key_stands_in_its_file() {
    let Some(sandbox) = Sandbox::new(&ALL) else { return };
    let (disk, core) = (disk(), last_core());
    let mut seen = 0;
    for Key { lines, controller: name, v1, v2 } in keys(&disk, &core) {
        let there = controller(name).expect("a need");
        // What v1 does not have is refused: `what_this_layout_can_not_give…`.
        let Some((file, expected)) = (if there.v2 { v2 } else { v1 }) else { continue };
        let mut running = sandbox.start(&["/probe", "wait"], &format!("[cgroup]\n{lines}"));
        running.until("ready");
        assert_eq!(read(&sandbox.group(name), file), expected, "{lines}");
        assert!(in_group(&sandbox, running.payload(), name), "{lines}");
        if name == "cpuset" {
            let allowed = running.payload_file("status");
            let field = if file == "cpuset.cpus" { "Cpus_allowed_list:\t" } else { "Mems_allowed_list:\t" };
            assert!(allowed.contains(&format!("{field}{expected}\n")), "{allowed}");
        }
        drop(running);
        assert_eq!(sandbox.left(), Vec::<String>::new(), "{lines}");
        seen += 1;
    }
    assert!(seen >= 15, "{seen} keys were looked at");
}

#[test]
fn a_path_stands_for_its_disk() {
    let Some(sandbox) = Sandbox::new(&ALL) else { return };
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
    let (v1, v2) = ("77", "rbps=max wbps=max riops=77 wiops=max");
    let says = if is_v2() { v2 } else { v1 };
    let limit = sandbox.limit("io", "blkio.throttle.read_iops_device", "io.max");
    assert_eq!(limit, format!("{} {says}", numbers.trim()));
}

#[test]
fn what_this_layout_can_not_give_is_refused_at_its_place() {
    let Some(sandbox) = Sandbox::new(&ALL) else { return };
    let only_in_v2 = [
        ("memory_high = \"64m\"", "limit_unsupported", "`memory`"),
        ("memory_min = \"64m\"", "limit_unsupported", "`memory_low`"),
        ("swap = \"64m\"", "limit_unsupported", "`memory`"),
        ("cpu_weight = 100", "limit_unsupported", "cpu_shares = 1024"),
    ];
    let nowhere = [
        ("cpuset_cpus = \"8191\"", "core_missing", "cores here"),
        ("cpuset_mems = \"0,1023\"", "core_missing", "memory nodes here"),
        ("io.\"/dev/null\".read_bps = 1", "disk_missing", "lsblk"),
        ("io.\"/no/such\".read_bps = 1", "disk_missing", "lsblk"),
        ("io.\"/proc\".read_bps = 1", "disk_missing", "/dev/sda"),
    ];
    let too_little = format!("io.\"{}\".read_bps = 1", disk());
    let only_in_v1 = [(too_little.as_str(), "limit_unsupported", "at least 2")];
    let of_layout = if is_v2() { &only_in_v1[..] } else { &only_in_v2[..] };
    let refused = of_layout.iter().chain(&nowhere);
    for (line, code, remedy) in refused {
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
    let Some(sandbox) = Sandbox::new(&[Need::Controller("io")]) else { return };
    let numbers = disk();
    let name = fs::canonicalize(format!("/sys/dev/block/{numbers}")).expect("sysfs");
    let node = Path::new("/dev").join(name.file_name().expect("a name"));
    let node = node.display();
    let rest = format!("[cgroup]\nio.\"{node}\".read_bps = 2\nio.\"{numbers}\".write_bps = 2");
    sandbox.profile(&["/probe", "wait"], &rest);
    let problem = sandbox.run(&["up", "profile.toml", "--error-format", "json"]).expect(125).diagnostic();
    assert_eq!(problem["code"], "tinydocker::host::disk_twice", "{problem:#}");
    assert_eq!(problem["labels"].as_array().map(Vec::len), Some(2), "{problem:#}");
}

#[test]
fn a_weight_of_io_needs_something_that_weighs() {
    let Some(sandbox) = Sandbox::new(&[Need::Controller("io")]) else { return };
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
    let answer = if is_v2() { "default 200" } else { "200" };
    assert_eq!(sandbox.limit("io", "blkio.bfq.weight", "io.bfq.weight"), answer);
    drop(running);
    // The cost model of v2 weighs as well. It is switched on for a disk by its numbers.
    let Some(unified) = controller("io").filter(|it| it.v2) else { return };
    let qos = unified.root.join("io.cost.qos");
    let set = |word: &str| fs::write(&qos, format!("{} {word}", disk())).expect("a cost model");
    set("enable=1");
    let mut running = up("none [mq-deadline]\n");
    let line = running.line();
    set("enable=0");
    assert_eq!(line, "ready");
    assert_eq!(sandbox.limit("io", "", "io.weight"), "default 200");
}

#[test]
fn dockers_flags_of_limits() {
    let Some(sandbox) = Sandbox::new(&ALL) else { return };
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
    let mib = |count: u64| (count << 20).to_string();
    let v1 = [
        ("memory", "memory.memsw.limit_in_bytes", mib(96)),
        ("memory", "memory.soft_limit_in_bytes", mib(32)),
        ("cpuset", "cpuset.cpus", core.clone()),
        ("cpuset", "cpuset.mems", "0".into()),
        ("io", "blkio.throttle.write_bps_device", format!("{disk} 1048576")),
        ("io", "blkio.throttle.read_iops_device", format!("{disk} 50")),
    ];
    let v2 = [
        ("memory", "memory.swap.max", mib(32)),
        ("memory", "memory.low", mib(32)),
        ("cpuset", "cpuset.cpus", core.clone()),
        ("cpuset", "cpuset.mems", "0".into()),
        ("io", "io.max", format!("{disk} rbps=max wbps=1048576 riops=50 wiops=max")),
    ];
    for (controller, file, expected) in if is_v2() { &v2[..] } else { &v1[..] } {
        assert_eq!(read(&sandbox.group(controller), file), *expected, "{file}");
    }
    drop(running);
    // The bound may come from above the flags, and must be there.
    let memory = ["up", &profile, "--memory-swap=96m", "--set", "cgroup.memory=96m"];
    let mut running = Running::start(sandbox.command(&memory));
    running.until("ready");
    let (both, swap) = ((96 << 20).to_string(), "0".to_owned());
    let expected = if is_v2() { swap } else { both };
    assert_eq!(sandbox.limit("memory", "memory.memsw.limit_in_bytes", "memory.swap.max"), expected);
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
