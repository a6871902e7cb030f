//! Every key of the language, read back from outside: one row for each, with the value
//! without it beside it. A key without a row fails.
//!
//! `cargo test --test engine read_back -- --nocapture` prints the table.

use crate::common::cgroups::{controller, is_v2};
use crate::common::{Running, Sandbox, is_alive};
use nix::sys::signal::Signal;
use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tinydocker::profile::keys::KEYS;
use tinydocker::seccomp::{Arch, calls};

/// A container that runs, or why it does not.
struct Seen<'a> {
    sandbox: &'a Sandbox,
    running: Running,
    /// What it printed before `ready`.
    said: Vec<String>,
}

type Look = Box<dyn Fn(&Seen<'_>) -> String>;

struct Row {
    key: &'static str,
    /// The profile without the key, and what is added to it.
    base: String,
    written: String,
    /// Where it is read.
    from: &'static str,
    look: Look,
    value: String,
    /// The value where this host may refuse the key, too.
    or: Option<&'static str>,
}

impl Seen<'_> {
    fn pid(&self) -> i32 {
        self.running.payload()
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{name}", self.pid())).unwrap_or_else(|error| error.to_string())
    }

    /// A path in the container, by its root.
    fn path(&self, path: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{path}", self.pid()))
    }

    /// Options and optional fields, and type, of what is mounted there.
    fn mount(&self, point: &str) -> (String, String) {
        let text = self.file("mountinfo");
        let line = text.lines().rfind(|line| line.split(' ').nth(4) == Some(point)).unwrap_or_default();
        let (left, right) = line.split_once(" - ").unwrap_or_default();
        let kind = right.split(' ').next().filter(|kind| !kind.is_empty()).unwrap_or("nothing");
        (left.split(' ').skip(5).collect::<Vec<_>>().join(" "), kind.to_owned())
    }
}

fn field(file: &'static str, name: &'static str) -> Look {
    Box::new(move |seen| {
        let text = seen.file(file);
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    })
}

fn env(name: &'static str) -> Look {
    Box::new(move |seen| {
        let text = seen.file("environ");
        text.split('\0')
            .find_map(|it| it.strip_prefix(name)?.strip_prefix('='))
            .unwrap_or("nothing")
            .to_owned()
    })
}

fn kernel(name: &'static str) -> Look {
    Box::new(move |seen| {
        let pid = seen.pid();
        // A thread may go into the namespaces alone.
        let look = std::thread::spawn(move || {
            for kind in ["net", "ipc", "uts"] {
                let file = fs::File::open(format!("/proc/{pid}/ns/{kind}")).expect("a namespace");
                nix::sched::setns(file, nix::sched::CloneFlags::empty()).expect("it can be joined");
            }
            fs::read_to_string(format!("/proc/sys/{name}")).unwrap_or_else(|error| error.to_string())
        });
        look.join().expect("the thread ends").trim().to_owned()
    })
}

fn namespace(kind: &'static str) -> Look {
    Box::new(move |seen| {
        let link = |pid: &str| fs::read_link(format!("/proc/{pid}/ns/{kind}")).expect("a namespace");
        let same = link(&seen.pid().to_string()) == link("self");
        if same { "the host's" } else { "its own" }.to_owned()
    })
}

fn text(path: &'static str) -> Look {
    Box::new(move |seen| fs::read_to_string(seen.path(path)).unwrap_or_else(|_| "nothing".into()))
}

fn stat(path: &'static str, what: fn(&fs::Metadata) -> String) -> Look {
    Box::new(move |seen| {
        fs::symlink_metadata(seen.path(path)).map_or_else(|_| "nothing".into(), |it| what(&it))
    })
}

fn size(path: &'static str) -> Look {
    Box::new(move |seen| {
        let room = nix::sys::statvfs::statvfs(&seen.path(path)).expect("a file system");
        (room.blocks() * room.fragment_size()).to_string()
    })
}

fn option(point: &'static str, name: &'static str) -> Look {
    Box::new(move |seen| {
        let (options, _) = seen.mount(point);
        let has = options.split([' ', ',']).any(|option| option == name);
        if has { name.to_owned() } else { format!("not {name}") }
    })
}

fn after_a_while() -> Look {
    Box::new(|seen| {
        let (pid, start) = (seen.pid(), Instant::now());
        while is_alive(pid) && start.elapsed() < Duration::from_secs(2) {
            std::thread::sleep(Duration::from_millis(5));
        }
        if is_alive(pid) { "it runs" } else { "it has ended" }.to_owned()
    })
}

fn after_sigterm() -> Look {
    let look = after_a_while();
    Box::new(move |seen| {
        seen.running.signal(Signal::SIGTERM);
        look(seen)
    })
}

/// A file of the container's group, in v1 or v2.
fn group(name: &'static str, v1: &'static str, v2: &'static str) -> Look {
    Box::new(move |seen| {
        let Some(there) = controller(name) else { return "no controller".into() };
        let file = seen.sandbox.group(name).join(if there.v2 { v2 } else { v1 });
        fs::read_to_string(file).map_or_else(|_| "no group".into(), |text| text.trim().to_owned())
    })
}

fn call(name: &str, arguments: &str) -> String {
    let number = calls::number(name, Arch::NATIVE).expect("a call of this machine");
    let words: Vec<String> = arguments.split(' ').map(|word| format!("{word:?}")).collect();
    format!("command = [\"/probe\", \"call\", \"{number}\", {}, \",\", \"wait\"]\n", words.join(", "))
}

fn answer() -> Look {
    Box::new(|seen| seen.said.first().and_then(|line| line.rsplit(' ').next()).unwrap_or_default().to_owned())
}

/// What the row of a limit comes to here: the value, or why there is none.
fn limit(name: &str, v1: Option<String>, v2: String) -> String {
    match controller(name) {
        None => "refused: tinydocker::host::controller_missing".into(),
        Some(there) if there.v2 => v2,
        Some(_) => v1.unwrap_or_else(|| "refused: tinydocker::host::limit_unsupported".into()),
    }
}

fn rows(sandbox: &Sandbox) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut row = |key, base: &str, written: &str, from, look: Look, value: &str| {
        let (base, written, value) = (base.to_owned(), written.to_owned(), value.to_owned());
        rows.push(Row { key, base, written, from, look, value, or: None });
    };
    let numbers = |it: &fs::Metadata| {
        format!("{}:{}", nix::sys::stat::major(it.rdev()), nix::sys::stat::minor(it.rdev()))
    };
    let owner = |it: &fs::Metadata| format!("{}:{}", it.uid(), it.gid());
    let name = format!("{}-b", sandbox.name);
    row(
        "name",
        "",
        &format!("name = {name:?}"),
        "/proc/PID/cgroup",
        Box::new(|seen| {
            let text = seen.file("cgroup");
            let group = text.lines().find_map(|line| line.rsplit_once("/tinydocker-")).map(|(_, name)| name);
            group.unwrap_or_default().split('/').next().unwrap_or_default().to_owned()
        }),
        &name,
    );
    let words: Look = Box::new(|seen| seen.file("cmdline").replace('\0', " ").trim_end().to_owned());
    row(
        "command",
        "",
        "command = [\"/probe\", \"say\", \"a\", \",\", \"wait\"]",
        "cmdline",
        words,
        "/probe say a , wait",
    );
    let words: Look = Box::new(|seen| seen.file("cmdline").replace('\0', " ").trim_end().to_owned());
    row(
        "entrypoint",
        "",
        "command = [\"wait\"]\nentrypoint = [\"/probe\", \"say\", \"e\", \",\"]",
        "cmdline",
        words,
        "/probe say e , wait",
    );
    row(
        "working_dir",
        "",
        "working_dir = \"/sub\"",
        "cwd",
        Box::new(|seen| {
            fs::read_link(format!("/proc/{}/cwd", seen.pid())).expect("a folder").display().to_string()
        }),
        "/sub",
    );
    row(
        "user",
        "",
        "user = \"1000:1001\"",
        "status, Uid and Gid",
        Box::new(|seen| field("status", "Uid:")(seen) + " " + &field("status", "Gid:")(seen)),
        "1000 1000 1000 1000 1001 1001 1001 1001",
    );
    row("groups", "", "groups = [5, 6]", "status, Groups", field("status", "Groups:"), "5 6");
    row("env.*", "", "env.A = \"b\"", "environ", env("A"), "b");
    row("env_file", "", "env_file = \"./my.env\"", "environ", env("FROM_FILE"), "yes");
    row("pass_env", "", "pass_env = [\"OF_THE_CALLER\"]", "environ", env("OF_THE_CALLER"), "passed");
    row(
        "tty",
        "",
        "tty = true",
        "fd/1",
        Box::new(|seen| {
            let link =
                fs::read_link(format!("/proc/{}/fd/1", seen.pid())).expect("output").display().to_string();
            link.split([':', '0']).next().unwrap_or_default().to_owned()
        }),
        "/dev/pts/",
    );
    row(
        "interactive",
        "",
        "interactive = true",
        "fd/0",
        Box::new(|seen| {
            let link =
                fs::read_link(format!("/proc/{}/fd/0", seen.pid())).expect("input").display().to_string();
            link.split(':').next().unwrap_or_default().to_owned()
        }),
        "pipe",
    );
    row(
        "init",
        "",
        "init = true",
        "comm of PID 1",
        Box::new(|seen| seen.file("comm").trim().into()),
        "tinydocker-init",
    );
    row(
        "hostname",
        "",
        "hostname = \"box\"",
        "kernel.hostname in its namespace",
        kernel("kernel/hostname"),
        "box",
    );
    row(
        "description",
        "",
        "description = \"words\"",
        "plan --format json: no kernel knows of it",
        Box::new(|seen| {
            let text = seen.sandbox.run(&["plan", "profile.toml", "--format", "json"]).expect(0).stdout;
            let plan: serde_json::Value = serde_json::from_str(&text).expect("JSON");
            if plan["description"] == "words" { "words" } else { "nothing" }.to_owned()
        }),
        "words",
    );
    row(
        "domainname",
        "",
        "domainname = \"example.org\"",
        "kernel.domainname in its namespace",
        kernel("kernel/domainname"),
        "example.org",
    );
    row("umask", "", "umask = \"0027\"", "status, Umask", field("status", "Umask:"), "0027");
    let limits = "rlimits.nofile = { soft = 100, hard = 200 }";
    for (key, at, value) in [("rlimits.*.soft", 0, "100"), ("rlimits.*.hard", 1, "200")] {
        row(
            key,
            "",
            limits,
            "limits, Max open files",
            Box::new(move |seen| {
                field("limits", "Max open files")(seen).split(' ').nth(at).unwrap_or_default().to_owned()
            }),
            value,
        );
    }
    row(
        "oom_score_adj",
        "",
        "oom_score_adj = 321",
        "oom_score_adj",
        Box::new(|seen| seen.file("oom_score_adj").trim().into()),
        "321",
    );
    row(
        "nice",
        "",
        "nice = 7",
        "stat, field 19",
        Box::new(|seen| {
            let stat = seen.file("stat");
            stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(16)).unwrap_or_default().to_owned()
        }),
        "7",
    );
    row(
        "cpu_affinity",
        "",
        "cpu_affinity = \"0\"",
        "status, Cpus_allowed_list",
        field("status", "Cpus_allowed_list:"),
        "0",
    );
    let catch = "command = [\"/probe\", \"catch\", \"7\", \"USR1\"]\n";
    row(
        "stop_signal",
        catch,
        "stop_timeout = \"7d\"\nstop_signal = \"USR1\"",
        "after SIGTERM to the launcher",
        after_sigterm(),
        "it runs",
    );
    let patient = format!("{catch}stop_signal = \"USR1\"\n");
    row(
        "stop_timeout",
        &patient,
        "stop_timeout = \"100ms\"",
        "after SIGTERM to the launcher",
        after_sigterm(),
        "it has ended",
    );
    row("timeout", "", "timeout = \"300ms\"", "the process, 2 s later", after_a_while(), "it has ended");
    row(
        "masked_paths",
        "",
        "masked_paths = [\"/proc/version\"]",
        "the file below root",
        Box::new(|seen| {
            format!("{:?}", fs::read(seen.path("/proc/version")).map(|text| text.is_empty()).ok())
        }),
        "Some(true)",
    );
    row("read_only_paths", "", "read_only_paths = [\"/sub\"]", "mountinfo", option("/sub", "ro"), "ro");
    let root = "rootfs.source = \"./rootfs\"\n";
    row("rootfs.source", "", "rootfs.source = \"./other\"", "a file below root", text("/marker"), "other");
    row(
        "rootfs.mode",
        root,
        "rootfs.mode = \"read-write\"",
        "mountinfo, whether / is an overlay",
        Box::new(|seen| (seen.mount("/").1 == "overlay").to_string()),
        "false",
    );
    row("rootfs.size", root, "rootfs.size = \"1m\"", "statfs of root", size("/"), "1048576");
    row(
        "rootfs.propagation",
        root,
        "rootfs.propagation = \"unbindable\"",
        "mountinfo",
        option("/", "unbindable"),
        "unbindable",
    );
    let host =
        "command = [\"/srv/probe\", \"wait\"]\nmounts.\"/srv\" = \"./rootfs\"\nrootfs.source = \"host\"\n";
    let host = host.replace("\"./rootfs\"\n", "{ source = \"./rootfs\" }\n");
    let note = sandbox.path("secret/note").display().to_string();
    let show = format!("rootfs.show = [{:?}]", sandbox.path("secret"));
    row(
        "rootfs.show",
        &host,
        &show,
        "a file below root",
        Box::new(move |seen| seen.path(&note).exists().to_string()),
        "true",
    );
    row(
        "rootfs.idmap",
        root,
        "rootfs.idmap = [{ container = 7, host = 0, size = 1 }]",
        "stat of a file below root",
        stat("/probe", owner),
        "7:7",
    );
    row("shm_size", "", "shm_size = \"1m\"", "statfs of /dev/shm", size("/dev/shm"), "1048576");
    row(
        "mounts.*.type",
        "",
        "mounts.\"/t\".type = \"tmpfs\"",
        "mountinfo",
        Box::new(|seen| seen.mount("/t").1),
        "tmpfs",
    );
    let data = "mounts.\"/d\".source = \"./data\"\n";
    row("mounts.*.source", "", data, "a file below it", text("/d/file"), "data");
    row(
        "mounts.*.subpath",
        data,
        "mounts.\"/d\".subpath = \"sub\"",
        "a file below it",
        text("/d/file"),
        "sub",
    );
    row("mounts.*.read_only", data, "mounts.\"/d\".read_only = false", "mountinfo", option("/d", "rw"), "rw");
    row(
        "mounts.*.recursive",
        "mounts.\"/d\".source = \"/dev\"\n",
        "mounts.\"/d\".recursive = false",
        "mountinfo, mounts below",
        Box::new(|seen| seen.file("mountinfo").contains(" /d/").to_string()),
        "false",
    );
    row(
        "mounts.*.options",
        data,
        "mounts.\"/d\".options = [\"noexec\"]",
        "mountinfo",
        option("/d", "noexec"),
        "noexec",
    );
    row(
        "mounts.*.propagation",
        data,
        "mounts.\"/d\".propagation = \"unbindable\"",
        "mountinfo",
        option("/d", "unbindable"),
        "unbindable",
    );
    let missing = "mounts.\"/d\".source = \"./missing\"\n";
    row(
        "mounts.*.optional",
        missing,
        "mounts.\"/d\".optional = true",
        "mountinfo",
        Box::new(|seen| seen.mount("/d").1),
        "nothing",
    );
    row(
        "mounts.*.create",
        missing,
        "mounts.\"/d\".create = \"dir\"",
        "the folder on the host",
        Box::new(|seen| seen.sandbox.path("missing").is_dir().to_string()),
        "true",
    );
    row(
        "mounts.*.content",
        "",
        "mounts.\"/f\" = { type = \"file\", content = \"hello\" }",
        "the file",
        text("/f"),
        "hello",
    );
    let memory = "mounts.\"/t\".type = \"tmpfs\"\n";
    row("mounts.*.size", memory, "mounts.\"/t\".size = \"64k\"", "statfs", size("/t"), "65536");
    row(
        "mounts.*.mode",
        memory,
        "mounts.\"/t\".mode = \"0710\"",
        "stat",
        stat("/t", |it| format!("{:04o}", it.mode() & 0o7777)),
        "0710",
    );
    row("mounts.*.uid", memory, "mounts.\"/t\".uid = 7", "stat", stat("/t", |it| it.uid().to_string()), "7");
    row("mounts.*.gid", memory, "mounts.\"/t\".gid = 8", "stat", stat("/t", |it| it.gid().to_string()), "8");
    row(
        "mounts.*.idmap",
        data,
        "mounts.\"/d\".idmap = [{ container = 7, host = 0, size = 1 }]",
        "stat of a file below it",
        stat("/d/file", owner),
        "7:7",
    );
    row(
        "devices.*.source",
        "",
        "devices.\"/dev/x\".source = \"/dev/kmsg\"",
        "stat of the node",
        stat("/dev/x", numbers),
        "1:11",
    );
    let device = "command = [\"/probe\", \"try\", \"open-to-write\", \"/dev/x\", \",\", \"wait\"]\ndevices.\"/dev/x\".source = \"/dev/kmsg\"\n";
    row(
        "devices.*.access",
        device,
        "devices.\"/dev/x\".access = \"r\"",
        "opened to write",
        answer(),
        "EPERM",
    );
    row(
        "devices.*.optional",
        "devices.\"/dev/x\".source = \"/dev/none\"\n",
        "devices.\"/dev/x\".optional = true",
        "stat of the node",
        stat("/dev/x", numbers),
        "nothing",
    );
    for (key, kind) in [("pid", "pid"), ("ipc", "ipc"), ("uts", "uts"), ("cgroup", "cgroup")] {
        let full = KEYS.iter().map(|(name, _)| *name).find(|name| *name == format!("namespaces.{key}"));
        row(
            full.expect("a key"),
            "",
            &format!("namespaces.{key} = \"host\""),
            "ns",
            namespace(kind),
            "the host's",
        );
    }
    let command = format!("command = [{:?}, \"wait\"]", sandbox.rootfs().join("probe"));
    row(
        "namespaces.mount",
        "",
        &format!("{command}\nnamespaces.mount = \"host\""),
        "ns",
        namespace("mnt"),
        "the host's",
    );
    row("network", "", "network = \"host\"", "ns/net", namespace("net"), "the host's");
    let mib = |count: u64| (count << 20).to_string();
    let mut bound = |key: &'static str,
                     base: &str,
                     value: &str,
                     name: &'static str,
                     (v1, one): (&'static str, Option<String>),
                     (v2, two): (&'static str, String)| {
        let from = match controller(name) {
            Some(there) if there.v2 => v2,
            Some(_) if one.is_some() => v1,
            _ => "the report",
        };
        row(key, base, &format!("{key} = {value}"), from, group(name, v1, v2), &limit(name, one, two));
    };
    let m64 = "cgroup.memory = \"64m\"\n";
    bound(
        "cgroup.memory",
        "",
        "\"64m\"",
        "memory",
        ("memory.limit_in_bytes", Some(mib(64))),
        ("memory.max", mib(64)),
    );
    bound("cgroup.memory_high", "", "\"64m\"", "memory", ("", None), ("memory.high", mib(64)));
    bound(
        "cgroup.memory_low",
        "",
        "\"20m\"",
        "memory",
        ("memory.soft_limit_in_bytes", Some(mib(20))),
        ("memory.low", mib(20)),
    );
    bound("cgroup.memory_min", "", "\"16m\"", "memory", ("", None), ("memory.min", mib(16)));
    bound(
        "cgroup.swap",
        m64,
        "\"32m\"",
        "memory",
        ("memory.memsw.limit_in_bytes", Some(mib(96))),
        ("memory.swap.max", mib(32)),
    );
    bound("cgroup.pids", "", "20", "pids", ("pids.max", Some("20".into())), ("pids.max", "20".into()));
    bound(
        "cgroup.cpus",
        "",
        "0.25",
        "cpu",
        ("cpu.cfs_quota_us", Some("25000".into())),
        ("cpu.max", "25000 100000".into()),
    );
    bound(
        "cgroup.cpu_quota",
        "",
        "30000",
        "cpu",
        ("cpu.cfs_quota_us", Some("30000".into())),
        ("cpu.max", "30000 100000".into()),
    );
    bound(
        "cgroup.cpu_period",
        "cgroup.cpu_quota = 30000\n",
        "50000",
        "cpu",
        ("cpu.cfs_period_us", Some("50000".into())),
        ("cpu.max", "30000 50000".into()),
    );
    bound(
        "cgroup.cpu_shares",
        "",
        "512",
        "cpu",
        ("cpu.shares", Some("512".into())),
        ("cpu.weight", "59".into()),
    );
    bound("cgroup.cpu_weight", "", "300", "cpu", ("", None), ("cpu.weight", "300".into()));
    bound(
        "cgroup.cpu_burst",
        "cgroup.cpus = 0.5\n",
        "20000",
        "cpu",
        ("cpu.cfs_burst_us", Some("20000".into())),
        ("cpu.max.burst", "20000".into()),
    );
    bound("cgroup.cpu_idle", "", "true", "cpu", ("cpu.idle", Some("1".into())), ("cpu.idle", "1".into()));
    bound(
        "cgroup.cpuset_cpus",
        "",
        "\"0\"",
        "cpuset",
        ("cpuset.cpus", Some("0".into())),
        ("cpuset.cpus", "0".into()),
    );
    bound(
        "cgroup.cpuset_mems",
        "",
        "\"0\"",
        "cpuset",
        ("cpuset.mems", Some("0".into())),
        ("cpuset.mems", "0".into()),
    );
    bound(
        "cgroup.io_weight",
        "",
        "200",
        "io",
        ("blkio.bfq.weight", Some("200".into())),
        ("io.bfq.weight", "default 200".into()),
    );
    let disks = fs::read_dir("/sys/block").expect("sysfs").filter_map(Result::ok);
    let disk =
        disks.filter_map(|disk| fs::read_to_string(disk.path().join("dev")).ok()).min().expect("a disk");
    let disk = disk.trim();
    for (key, v1, v2) in [
        ("read_bps", "blkio.throttle.read_bps_device", "rbps=4096 wbps=max riops=max wiops=max"),
        ("write_bps", "blkio.throttle.write_bps_device", "rbps=max wbps=4096 riops=max wiops=max"),
        ("read_iops", "blkio.throttle.read_iops_device", "rbps=max wbps=max riops=4096 wiops=max"),
        ("write_iops", "blkio.throttle.write_iops_device", "rbps=max wbps=max riops=max wiops=4096"),
    ] {
        let full = KEYS.iter().map(|(name, _)| *name).find(|name| *name == format!("cgroup.io.*.{key}"));
        let value = limit("io", Some(format!("{disk} 4096")), format!("{disk} {v2}"));
        let from = if controller("io").is_some_and(|io| io.v2) { "io.max" } else { v1 };
        row(
            full.expect("a key"),
            "",
            &format!("cgroup.io.\"{disk}\".{key} = 4096"),
            from,
            group("io", v1, "io.max"),
            &value,
        );
    }
    row(
        "cgroup.parent",
        "",
        &format!("cgroup.parent = \"{}-p\"", sandbox.name),
        "/proc/PID/cgroup",
        Box::new(|seen| {
            seen.file("cgroup").contains(&format!("/{}-p/tinydocker-", seen.sandbox.name)).to_string()
        }),
        "true",
    );
    row(
        "security.no_new_privileges",
        "",
        "security.no_new_privileges = false",
        "status, NoNewPrivs",
        field("status", "NoNewPrivs:"),
        "0",
    );
    row(
        "security.preset",
        "",
        "security.preset = \"unconfined\"",
        "status, Seccomp",
        field("status", "Seccomp:"),
        "0",
    );
    row(
        "security.capabilities.*",
        "",
        "security.capabilities = { \"*\" = false, KILL = true }",
        "status, CapBnd",
        field("status", "CapBnd:"),
        "0000000000000020",
    );
    row(
        "security.ambient",
        "user = \"1000:1000\"\n",
        "security.ambient = [\"CHOWN\"]",
        "status, CapAmb",
        field("status", "CapAmb:"),
        "0000000000000001",
    );
    row(
        "security.seccomp.base",
        "",
        "security.seccomp.base = \"unconfined\"",
        "status, Seccomp",
        field("status", "Seccomp:"),
        "0",
    );
    let (keyctl, mkdirat) = (call("keyctl", "0 -3 1"), call("mkdirat", "-1 0 0"));
    row(
        "security.seccomp.allow",
        &keyctl,
        "security.seccomp.allow = [\"keyctl\"]",
        "the call",
        answer(),
        "ok",
    );
    row(
        "security.seccomp.deny",
        &mkdirat,
        "security.seccomp.deny = [\"mkdirat\"]",
        "the call",
        answer(),
        "EPERM",
    );
    row(
        "security.seccomp.log",
        &keyctl,
        "security.seccomp.log = [\"keyctl\"]",
        "the call, which it allows",
        answer(),
        "ok",
    );
    row(
        "security.sysctls.*",
        "",
        "security.sysctls.net.ipv4.ip_default_ttl = 33",
        "net.ipv4.ip_default_ttl in its namespace",
        kernel("net/ipv4/ip_default_ttl"),
        "33",
    );
    for row in &mut rows {
        row.or = match row.key {
            // Nothing here may weigh, and not every file system maps owners.
            "cgroup.io_weight" => Some("refused: tinydocker::host::limit_unsupported"),
            "rootfs.idmap" | "mounts.*.idmap" => Some("refused: tinydocker::engine::"),
            _ => None,
        };
    }
    rows
}

/// Launches the profile and looks; what was said where it is refused.
fn observe(sandbox: &Sandbox, profile: &str, key: &str, look: &Look) -> String {
    let mut text = String::new();
    for (name, line) in [
        ("name", format!("name = {:?}\n", sandbox.name)),
        ("command", "command = [\"/probe\", \"wait\"]\n".into()),
        ("rootfs", "rootfs = \"./rootfs\"\n".into()),
    ] {
        let has = |key: &str| profile.lines().any(|line| line.starts_with(key));
        if !(has(name) || name == "rootfs" && has("namespaces.mount")) {
            text += &line;
        }
    }
    sandbox.write("profile.toml", &(text + profile + "\n"));
    let mut command = sandbox.command(&["up", "profile.toml", "--error-format", "json"]);
    command.env("OF_THE_CALLER", "passed").stdin(std::process::Stdio::piped());
    let mut running = Running::start(command);
    let mut said = Vec::new();
    loop {
        match running.next_line() {
            Some(line) if line.trim_end() == "ready" => break,
            Some(line) => said.push(line),
            None => {
                let problem = running.end().expect(125).diagnostic();
                let last = key.rsplit('.').next().unwrap_or(key);
                let code = problem["code"].as_str().expect("a code");
                assert!(
                    !code.contains("::host::") || problem.to_string().contains(last),
                    "{key} is not named: {problem:#}"
                );
                return format!("refused: {}", problem["code"].as_str().expect("a code"));
            }
        }
    }
    let seen = Seen { sandbox, running, said };
    let value = look(&seen);
    if is_alive(seen.pid_if_any()) {
        let _ = crate::common::kill(seen.pid(), Signal::SIGKILL);
    }
    let _ = seen.running.end();
    value
}

impl Seen<'_> {
    fn pid_if_any(&self) -> i32 {
        let pid = self.running.pid();
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        children.split_whitespace().next().and_then(|pid| pid.parse().ok()).unwrap_or_default()
    }
}

#[test]
fn every_key_is_read_back_from_outside() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    for (path, text) in [
        ("rootfs/sub/file", ""),
        ("data/file", "data"),
        ("data/sub/file", "sub"),
        ("secret/note", "mine"),
        ("my.env", "FROM_FILE=yes\n"),
        ("other/marker", "other"),
    ] {
        sandbox.write(path, text);
    }
    fs::copy(sandbox.rootfs().join("probe"), sandbox.path("other/probe")).expect("a copy");
    for path in ["data/file", "rootfs/probe"] {
        chown(sandbox.path(path), Some(0), Some(0)).expect("root may");
    }
    let rows = rows(&sandbox);
    // Tables have no effect of their own; what is in them does.
    for (key, kind) in KEYS {
        let below = format!("{key}.");
        let has = rows.iter().any(|row| row.key == *key || kind.is_table() && row.key.starts_with(&below));
        assert!(has, "{key} has no row: add one to tests/engine/read_back.rs");
    }
    println!("| key | written | read from | value | without it |\n|---|---|---|---|---|");
    let mut wrong = Vec::new();
    for row in &rows {
        let with = observe(&sandbox, &format!("{}{}", row.base, row.written), row.key, &row.look);
        let _ = fs::remove_dir(sandbox.path("missing"));
        let without = observe(&sandbox, &row.base, "", &row.look);
        let written = row
            .written
            .trim()
            .replace('\n', "; ")
            .replace(&sandbox.name, "NAME")
            .replace(&sandbox.path("").display().to_string(), "./");
        println!("| {} | `{written}` | {} | {with} | {without} |", row.key, row.from);
        let refused = row.or.is_some_and(|code| with.starts_with(code));
        if with != row.value && !refused {
            wrong.push(format!("{}: {with:?}, not {:?}", row.key, row.value));
        }
        if with == without {
            wrong.push(format!("{}: {with:?} with it and without", row.key));
        }
        let left = sandbox.left();
        assert!(left.is_empty(), "{}: {left:?}", row.key);
    }
    assert!(wrong.is_empty(), "cgroup v2: {}\n{}", is_v2(), wrong.join("\n"));
}
