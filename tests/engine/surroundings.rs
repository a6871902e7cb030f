//! What the keys of the process and of `[security]` come to, read from outside.

use crate::common::{Need, Running, Sandbox, have};
use serde_json::Value;
use std::fs;

/// A file of the payload's in /proc, whole.
fn file(running: &Running, name: &str) -> String {
    fs::read_to_string(format!("/proc/{}/{name}", running.payload()))
        .unwrap_or_else(|e| format!("{name}: {e}"))
}

/// The value behind a name at the start of a line.
fn field(running: &Running, file_name: &str, name: &str) -> String {
    let text = file(running, file_name);
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn status(name: &'static str) -> impl Fn(&Running) -> String {
    move |running| field(running, "status", name)
}

fn limit(name: &'static str) -> impl Fn(&Running) -> String {
    move |running| field(running, "limits", name)
}

fn inside(path: &'static str) -> impl Fn(&Running) -> String {
    move |running| file(running, &format!("root{path}")).trim().to_owned()
}

/// /proc/sys as the payload's namespaces have it, which only a process in them sees.
fn sysctl(name: &'static str) -> impl Fn(&Running) -> String {
    move |running| {
        let pid = running.payload();
        // A thread may go there alone.
        std::thread::scope(|scope| {
            let look = scope.spawn(|| {
                for namespace in ["net", "ipc", "uts"] {
                    let file = fs::File::open(format!("/proc/{pid}/ns/{namespace}")).expect("a namespace");
                    nix::sched::setns(file, nix::sched::CloneFlags::empty()).expect("it can be joined");
                }
                fs::read_to_string(format!("/proc/sys/{name}")).unwrap_or_else(|error| error.to_string())
            });
            look.join().expect("the thread ends").trim().to_owned()
        })
    }
}

fn nice(running: &Running) -> String {
    let stat = file(running, "stat");
    stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(16)).unwrap_or_default().to_owned()
}

type Look<'a> = Box<dyn Fn(&Running) -> String + 'a>;

/// The bits of capabilities by number, as far as this machine's root has them.
fn bits(numbers: &[u32]) -> String {
    let all = numbers.iter().fold(0_u64, |all, number| all | 1 << number);
    format!("{:016x}", all & own())
}

fn own() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("status");
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:")).expect("a set");
    u64::from_str_radix(line.trim(), 16).expect("hexadecimal")
}

/// Without CHOWN (0): DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP
/// NET_BIND_SERVICE SYS_CHROOT SETFCAP.
const WITHOUT_CHOWN: [u32; 10] = [1, 3, 4, 5, 6, 7, 8, 10, 18, 31];

#[test]
fn every_key_is_seen_from_outside() {
    let with = |more: &[u32]| bits(&[&WITHOUT_CHOWN[..], more].concat());
    let all = || format!("{:016x}", own());
    let user = "user = \"1000:1000\"\n";
    let table: Vec<(String, Vec<(Look<'_>, String)>)> = vec![
        ("umask = \"0027\"".into(), vec![(Box::new(status("Umask:")), "0027".into())]),
        ("umask = 0o077".into(), vec![(Box::new(status("Umask:")), "0077".into())]),
        (String::new(), vec![(Box::new(status("Umask:")), "0022".into())]),
        (
            "[rlimits]\nRLIMIT_NOFILE = 100\ncore = { soft = 4096, hard = \"unlimited\" }\nfsize = 65536".into(),
            vec![
                (Box::new(limit("Max open files")), "100 100 files".into()),
                (Box::new(limit("Max core file size")), "4096 unlimited bytes".into()),
                (Box::new(limit("Max file size")), "65536 65536 bytes".into()),
            ],
        ),
        // So few that init itself could not work with it.
        ("rlimits.nofile = 3".into(), vec![(Box::new(limit("Max open files")), "3 3 files".into())]),
        ("oom_score_adj = 321".into(), vec![(Box::new(|r: &Running| file(r, "oom_score_adj").trim().to_owned()), "321".into())]),
        ("nice = 7".into(), vec![(Box::new(nice), "7".into())]),
        ("nice = -3".into(), vec![(Box::new(nice), "-3".into())]),
        ("cpu_affinity = \"0\"".into(), vec![(Box::new(status("Cpus_allowed_list:")), "0".into())]),
        ("domainname = \"example.org\"".into(), vec![(Box::new(sysctl("kernel/domainname")), "example.org".into())]),
        (
            "[security.sysctls]\nnet.ipv4.ip_forward = 1\n\"net.ipv4.ping_group_range\" = \"0 1000\"\n\
             kernel.shmmax = 1234567\nfs.mqueue.msg_max = 20\n\"net/ipv4/conf/lo/forwarding\" = 1"
                .into(),
            vec![
                (Box::new(sysctl("net/ipv4/ip_forward")), "1".into()),
                (Box::new(sysctl("net/ipv4/ping_group_range")), "0\t1000".into()),
                (Box::new(sysctl("kernel/shmmax")), "1234567".into()),
                (Box::new(sysctl("fs/mqueue/msg_max")), "20".into()),
            ],
        ),
        (
            "security.capabilities = { NET_ADMIN = true, chown = false }".into(),
            vec![(Box::new(status("CapEff:")), with(&[12])), (Box::new(status("CapBnd:")), with(&[12]))],
        ),
        (
            "security.capabilities = { add = [\"CAP_NET_RAW\"], drop = [\"CHOWN\"] }".into(),
            vec![(Box::new(status("CapEff:")), with(&[13]))],
        ),
        (
            "[security.capabilities]\n\"*\" = false\nKILL = true".into(),
            vec![(Box::new(status("CapEff:")), bits(&[5])), (Box::new(status("CapBnd:")), bits(&[5]))],
        ),
        (
            format!("{user}security.ambient = [\"NET_BIND_SERVICE\"]"),
            vec![
                (Box::new(status("CapEff:")), bits(&[10])),
                (Box::new(status("CapPrm:")), bits(&[10])),
                (Box::new(status("CapInh:")), bits(&[10])),
                (Box::new(status("CapAmb:")), bits(&[10])),
                (Box::new(status("CapBnd:")), bits(&[&WITHOUT_CHOWN[..], &[0]].concat())),
            ],
        ),
        (user.into(), vec![(Box::new(status("CapAmb:")), bits(&[])), (Box::new(status("CapEff:")), bits(&[]))]),
        (
            "security.preset = \"unconfined\"".into(),
            vec![
                (Box::new(status("CapEff:")), all()),
                (Box::new(status("CapBnd:")), all()),
                (Box::new(status("NoNewPrivs:")), "0".into()),
                (Box::new(masked), "".into()),
            ],
        ),
        (
            "[security]\npreset = \"unconfined\"\nno_new_privileges = true\ncapabilities = { \"*\" = false, CHOWN = true }".into(),
            vec![(Box::new(status("CapEff:")), bits(&[0])), (Box::new(status("NoNewPrivs:")), "1".into())],
        ),
        (
            "security.preset = \"default\"".into(),
            vec![(Box::new(status("CapEff:")), with(&[0])), (Box::new(status("NoNewPrivs:")), "1".into())],
        ),
        ("masked_paths = [\"/proc/version\"]".into(), vec![(Box::new(inside("/proc/version")), String::new()), (Box::new(masked), "/proc/version".into())]),
        ("masked_paths = false".into(), vec![(Box::new(masked), "".into())]),
        (
            "security.capabilities = { add = [\"ALL\"], drop = [\"CHOWN\"] }".into(),
            vec![(Box::new(status("CapEff:")), format!("{:016x}", own() & !1))],
        ),
        ("read_only_paths = [\"/dev\"]".into(), vec![(Box::new(read_only), "/dev".into())]),
    ];
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    for (rest, looks) in table {
        let mut running = sandbox.start(&["/probe", "wait"], &rest);
        running.until("ready");
        for (index, (look, expected)) in looks.iter().enumerate() {
            assert_eq!(&look(&running), expected, "{rest}: look {index}");
        }
        running.signal(nix::sys::signal::Signal::SIGKILL);
        running.end();
        sandbox.run(&["run", "--name", "sweep", "--rootfs", "rootfs", "/probe", "say", "x"]).expect(0);
    }
}

/// The files that are covered by /dev/null.
fn masked(running: &Running) -> String {
    let mounts = file(running, "mountinfo");
    let covered = mounts.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split(' ').collect();
        (fields.get(3) == Some(&"/null")).then(|| fields[4].to_owned())
    });
    covered.collect::<Vec<_>>().join(" ")
}

/// What is read-only below /proc and /dev.
fn read_only(running: &Running) -> String {
    let mounts = file(running, "mountinfo");
    let sealed = mounts.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split(' ').collect();
        let seal = fields.get(5)?.split(',').any(|option| option == "ro");
        let ours = ["/dev", "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];
        (seal && ours.contains(&fields[4])).then(|| fields[4].to_owned())
    });
    sealed.collect::<Vec<_>>().join(" ")
}

#[test]
fn flags_give_what_the_keys_give() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let profile = sandbox
        .profile(&["/probe", "wait"], "security.capabilities.NET_RAW = true\nrlimits.nofile = 50")
        .display()
        .to_string();
    let flags = [
        "up",
        &profile,
        "--ulimit",
        "nofile=60:70",
        "--ulimit",
        "CORE=-1",
        "--sysctl",
        "net.ipv4.ip_forward=1",
        "--cap-add",
        "net_admin",
        "--cap-drop",
        "CAP_CHOWN",
        "--security-opt",
        "systempaths=unconfined",
        "--set",
        "umask=0077",
        "--set",
        "security.sysctls.net.ipv4.ip_default_ttl=33",
    ];
    let mut running = Running::start(sandbox.command(&flags));
    running.until("ready");
    assert_eq!(limit("Max open files")(&running), "60 70 files");
    assert_eq!(limit("Max core file size")(&running), "unlimited unlimited bytes");
    assert_eq!(sysctl("net/ipv4/ip_forward")(&running), "1");
    assert_eq!(sysctl("net/ipv4/ip_default_ttl")(&running), "33");
    assert_eq!(status("CapEff:")(&running), bits(&[&WITHOUT_CHOWN[..], &[12, 13]].concat()));
    assert_eq!(status("Umask:")(&running), "0077");
    assert_eq!((masked(&running), read_only(&running)), (String::new(), String::new()));
    drop(running);

    let flags = ["up", &profile, "--cap-drop", "ALL", "--cap-add", "KILL"];
    let mut running = Running::start(sandbox.command(&flags));
    running.until("ready");
    assert_eq!(status("CapBnd:")(&running), bits(&[5]));
    drop(running);

    let flags =
        ["run", "--name", "stop", "--rootfs", "rootfs", "--stop-signal", "USR1", "--stop-timeout", "1"];
    let words = ["/probe", "catch", "7", "USR1", "TERM"];
    let mut running = Running::start(sandbox.command(&[&flags[..], &words].concat()));
    running.until("ready");
    running.signal(nix::sys::signal::Signal::SIGTERM);
    let ended = running.end().expect(137);
    assert!(ended.stderr.contains("within 1 s of SIGUSR1"), "{}", ended.stderr);
}

/// What this host can't do is refused before anything is made, at its place; and so by
/// `check`.
#[test]
fn what_the_launcher_may_not_do_is_said_at_its_place() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    // A launcher that lacks it; this machine's root may have it.
    let without = own() & !(1 << 24);
    let mut cases = vec![("cpu_affinity = \"0,8000\"", "tinydocker::host::core_missing")];
    if without == own() {
        cases.extend([
            ("rlimits.nofile = 1048577000", "tinydocker::host::rlimit_too_high"),
            ("rlimits.nofile = { soft = 1, hard = \"unlimited\" }", "tinydocker::host::rlimit_too_high"),
            ("oom_score_adj = -1000", "tinydocker::host::oom_score_adj_too_low"),
            ("security.capabilities.SYS_RESOURCE = true", "tinydocker::host::capability_missing"),
        ]);
    } else {
        have(&[Need::Root]);
    }
    for (rest, code) in cases {
        sandbox.profile(&["/probe", "say", "hello"], rest);
        for command in ["up", "check", "plan"] {
            let arguments = [command, "profile.toml"];
            let format = if command == "check" { "--format" } else { "--error-format" };
            let ended = sandbox.run(&[&arguments[..], &[format, "json"]].concat());
            let text = if command == "check" { &ended.stdout } else { &ended.stderr };
            let report: Value = serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {ended:?}"));
            let problem = &report["diagnostics"][0];
            assert_eq!(problem["code"], code, "{rest}: {command}: {report:#}");
            assert_eq!(problem["labels"][0]["line"], 4, "{rest}: {report:#}");
            assert!(problem["help"].as_str().is_some_and(|help| !help.is_empty()), "{report:#}");
        }
    }
}

/// What only the kernel knows is reported on the line that asked for it.
#[test]
fn what_the_kernel_refuses_is_said_at_its_place() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.write("data/file", "");
    for (rest, operation, errno, line) in [
        ("\nmasked_paths = [\"/proc/version\", \"/proc/none\"]", "mask_paths", "ENOENT", 5),
        ("read_only_paths = [\"/none\"]", "protect_paths", "ENOENT", 4),
        ("security.sysctls.net.ipv4.no_such_thing = 1", "set_sysctl", "ENOENT", 4),
        ("security.sysctls.net.ipv4.ip_forward = \"yes\"", "set_sysctl", "EINVAL", 4),
        (
            "security.sysctls.net.ipv4.ip_forward = 1\nmounts.\"/proc\".source = \"./data\"",
            "set_sysctl",
            "ENOENT",
            4,
        ),
    ] {
        sandbox.profile(&["/probe", "say", "hello"], rest);
        let ended = sandbox.run(&["up", "profile.toml", "--error-format", "json"]).expect(125);
        let problem = ended.diagnostic();
        assert_eq!(problem["operation"], operation, "{rest}: {problem:#}");
        assert_eq!(problem["errno"], errno, "{rest}: {problem:#}");
        assert_eq!(problem["labels"][0]["line"], line, "{rest}: {problem:#}");
    }
}

/// A mount of the user's on /proc must not be written to in the kernel's stead.
#[test]
fn a_parameter_is_never_written_to_a_file_of_the_users() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let file = sandbox.write("data/sys/net/ipv4/ip_forward", "untouched");
    let rest = "security.sysctls.net.ipv4.ip_forward = 1\n[mounts]\n\"/proc\" = { source = \"./data\", read_only = false }";
    sandbox.profile(&["/probe", "say", "hello"], rest);
    let problem = sandbox.run(&["up", "profile.toml", "--error-format", "json"]).expect(125).diagnostic();
    assert_eq!(
        (&problem["operation"], &problem["errno"]),
        (&"set_sysctl".into(), &"EXDEV".into()),
        "{problem:#}"
    );
    assert_eq!(fs::read_to_string(file).expect("our file"), "untouched");
}

#[test]
fn a_description_stands_in_the_plan() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.profile(&["/probe", "say", "hello"], "description = \"says\\thello\"");
    let plan = sandbox.run(&["plan", "profile.toml"]).expect(0);
    assert_eq!(plan.stdout.lines().nth(1), Some("  says hello"), "{}", plan.stdout);
}

/// vm.memfd_noexec belongs to a pid namespace, so that it can be tried without touching the host's.
#[test]
fn a_host_that_executes_nothing_in_memory_is_told_of() {
    let Some(sandbox) = Sandbox::new(&[Need::Host("unshare")]) else { return };
    let profile = sandbox.profile(&["/probe", "say", "hello"], "").display().to_string();
    let up = |setting: &str| {
        let script = format!(
            "if [ -e /proc/sys/vm/memfd_noexec ]; then echo {setting} >/proc/sys/vm/memfd_noexec || exit 9; fi; \
             exec \"$0\" up \"$1\" --error-format json"
        );
        let mut command = std::process::Command::new("unshare");
        sandbox.prepare(&mut command);
        let words = ["--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", &script];
        Running::start({
            command.args(words).args([crate::common::PROGRAM, &profile]);
            command
        })
        .end()
    };
    assert_eq!(up("1").expect(0).stdout, "hello\n");
    // Linux 6.3 has brought it.
    if !std::path::Path::new("/proc/sys/vm/memfd_noexec").exists() {
        return;
    }
    let problem = up("2").expect(125).diagnostic();
    assert_eq!((&problem["operation"], &problem["errno"]), (&"make_init".into(), &"EACCES".into()));
    let help = problem["help"].as_str().expect("a help");
    assert!(help.contains("vm.memfd_noexec=1"), "{help}");
}
