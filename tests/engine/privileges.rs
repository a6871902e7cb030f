//! `user`, `security.*` and what every container gets without asking.

use crate::common::{Running, Sandbox};
use std::fs;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{PermissionsExt, chown};

/// CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE
/// SYS_CHROOT SETFCAP, by capability(7)'s numbers.
const DEFAULT: u64 =
    1 << 0 | 1 << 1 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 8 | 1 << 10 | 1 << 18 | 1 << 31;

#[test]
fn all_five_capability_sets_are_the_default_ones() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let sets = |rest: &str| {
        let facts = sandbox.up(&["/probe", "facts"], rest).expect(0).value();
        ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"].map(|name| {
            let bits = facts["status"][name].as_str().expect("a set");
            u64::from_str_radix(bits, 16).expect("hexadecimal")
        })
    };
    // Those that this machine gives its root; all of them, on most.
    let own = fs::read_to_string("/proc/self/status").expect("status");
    let own = own.lines().find_map(|line| line.strip_prefix("CapEff:")).expect("a set");
    let all = DEFAULT & u64::from_str_radix(own.trim(), 16).expect("hexadecimal");
    assert_eq!(sets(""), [0, all, all, all, 0]);
    assert_eq!(sets("user = \"1000:1000\""), [0, 0, 0, all, 0]);
}

#[test]
fn the_user_is_the_profiles() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let status = |rest: &str| sandbox.up(&["/probe", "facts"], rest).expect(0).value()["status"].clone();
    let root = status("");
    assert_eq!(
        (&root["Uid"], &root["Gid"], &root["Groups"]),
        (&"0\t0\t0\t0".into(), &"0\t0\t0\t0".into(), &"".into())
    );
    let user = status("user = \"1000:1001\"");
    assert_eq!(user["Uid"], "1000\t1000\t1000\t1000");
    assert_eq!(user["Gid"], "1001\t1001\t1001\t1001");
    assert_eq!(user["Groups"], "");
}

const PASSWD: &str = "root:x:0:0::/root:/bin/sh\nbad:x:minus:1::/:\nweb:x:4242:4243::/srv/www:\n\
                      top:x:0:7::/top:\nall:x:4294967295:4294967295::/:\n";
const GROUP: &str = "root:x:0:\nvideo:x:44:web\naudio:x:29:web\n";

#[test]
fn users_and_groups_by_name_are_the_containers_own() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.write("rootfs/etc/passwd", PASSWD);
    sandbox.write("rootfs/etc/group", GROUP);
    let facts = |rest: &str| {
        let facts = sandbox.up(&["/probe", "facts"], rest).expect(0).value();
        let fields = ["Uid", "Gid", "Groups", "CapEff"].map(|name| facts["status"][name].clone());
        (fields.map(|field| field.as_str().expect("text").to_owned()), facts["env"]["HOME"].clone())
    };
    let expect = |rest: &str, uid: u32, gid: u32, groups: &str, home: &str| {
        let ([uids, gids, others, effective], at_home) = facts(rest);
        let four = |id: u32| [id.to_string(), id.to_string(), id.to_string(), id.to_string()].join("\t");
        assert_eq!((uids, gids, others.as_str()), (four(uid), four(gid), groups), "{rest}");
        assert_eq!(at_home, home, "{rest}");
        assert_eq!(effective == "0000000000000000", uid != 0, "{rest}: {effective}");
    };
    // The groups of /etc/group that list the user are not added.
    expect("user = \"web\"", 4242, 4243, "", "/srv/www");
    expect("user = \"web:audio\"", 4242, 29, "", "/srv/www");
    expect("user = \"web:5\"\nenv.HOME = \"/x\"", 4242, 5, "", "/x");
    expect("user = \"7:video\"", 7, 44, "", "/");
    expect("user = \"top\"", 0, 7, "", "/top");
    expect("groups = [\"video\", 100, 44, \"29\"]", 0, 0, "29 44 100", "/root");
    expect("user = \"web\"\ngroups = [\"audio\"]", 4242, 4243, "29", "/srv/www");
    let profile = sandbox.profile(&["/probe", "facts"], "groups = [\"video\"]").display().to_string();
    let flags = ["up", &profile, "--group-add", "audio", "--group-add=5", "-u", "web"];
    let status = sandbox.run(&flags).expect(0).value()["status"].clone();
    assert_eq!((&status["Groups"], &status["Uid"]), (&"5 29 44".into(), &"4242\t4242\t4242\t4242".into()));
}

#[test]
fn the_callers_groups_stay_the_callers() {
    let Some(sandbox) = Sandbox::new(&[crate::common::Need::Host("setpriv")]) else { return };
    let profile = sandbox.profile(&["/probe", "facts"], "").display().to_string();
    let command = sandbox.command(&[]);
    let mut under = std::process::Command::new("setpriv");
    under.args(["--groups", "44,4242", "--"]).arg(command.get_program()).args(["up", &profile]);
    for (name, value) in command.get_envs().filter_map(|(name, value)| Some((name, value?))) {
        under.env(name, value);
    }
    under.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::piped());
    under.stderr(std::process::Stdio::piped());
    assert_eq!(Running::start(under).end().expect(0).value()["status"]["Groups"], "");
}

#[test]
fn a_name_that_turns_out_not_to_be_root_executes_without_roots_capabilities() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.write("rootfs/etc/passwd", PASSWD);
    // Root enters the folder by a capability; web must not, while it still has it.
    let closed = sandbox.rootfs().join("closed");
    fs::create_dir(&closed).expect("a folder");
    fs::copy(sandbox.rootfs().join("probe"), closed.join("probe")).expect("a copy");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).expect("a mode");
    chown(&closed, Some(1), Some(1)).expect("an owner");
    sandbox.up(&["/closed/probe", "say", "x"], "user = \"top\"").expect(0);
    sandbox.up(&["/closed/probe", "say", "x"], "user = \"web\"").expect(126);
}

#[test]
fn a_name_that_is_not_there_is_told_at_its_place() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let problem = |rest: &str| {
        sandbox.profile(&["/probe", "facts"], rest);
        sandbox.run(&["up", "profile.toml", "--error-format", "json"]).expect(125).diagnostic()
    };
    let expect = |rest: &str, code: &str, operation: &str, errno: &str, line: u64| {
        let problem = problem(rest);
        assert_eq!(problem["code"], format!("tinydocker::engine::{code}"), "{problem:#}");
        assert_eq!(
            (&problem["operation"], &problem["errno"], &problem["labels"][0]["line"]),
            (&operation.into(), &errno.into(), &line.into()),
            "{problem:#}"
        );
        assert!(problem["help"].is_string(), "{problem:#}");
    };
    expect("user = \"web\"", "operation_failed", "set_user", "ENOENT", 4);
    sandbox.write("rootfs/etc/passwd", PASSWD);
    sandbox.write("rootfs/etc/group", GROUP);
    expect("user = \"bad\"", "user_missing", "set_user", "ENOENT", 4);
    // Minus one would leave the user what it was: root.
    expect("user = \"all\"", "user_missing", "set_user", "ENOENT", 4);
    expect("user = \"web:none\"", "group_missing", "set_user", "ENOENT", 4);
    expect("user = \"web\"\ngroups = [\"none\"]", "group_missing", "set_groups", "ENOENT", 5);
    // Whatever lies there, nobody waits for it, and nothing of the host's is read.
    let passwd = sandbox.rootfs().join("etc/passwd");
    let instead = |errno: &str, make: &dyn Fn(&std::path::Path)| {
        if fs::remove_file(&passwd).is_err() {
            fs::remove_dir(&passwd).expect("the last one goes");
        }
        make(&passwd);
        expect("user = \"web\"", "operation_failed", "set_user", errno, 4);
    };
    instead("EINVAL", &|path| nix::unistd::mkfifo(path, nix::sys::stat::Mode::S_IRWXU).expect("a pipe"));
    instead("EISDIR", &|path| fs::create_dir(path).expect("a folder"));
    instead("EFBIG", &|path| fs::File::create(path).and_then(|file| file.set_len(1 << 40)).expect("a file"));
    instead("EINVAL", &|path| std::os::unix::fs::symlink("/dev/zero", path).expect("a link"));
    instead("ELOOP", &|path| std::os::unix::fs::symlink("passwd", path).expect("a link"));
    let outside = sandbox.write("outside", PASSWD);
    instead("ENOENT", &|path| std::os::unix::fs::symlink(&outside, path).expect("a link"));
}

#[test]
fn capabilities_are_real() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.write("rootfs/file", "");
    let words = [
        "/probe",
        "try",
        "chown",
        "/file",
        ",",
        "try",
        "mount",
        "/",
        ",",
        "try",
        "mknod",
        "/node",
        ",",
        "try",
        "sethostname",
        "evil",
        ",",
        "try",
        "umount",
        "/dev/shm",
        ",",
        "try",
        "chroot",
        "/",
    ];
    let ended = sandbox.up(&words, "").expect(0);
    assert_eq!(
        ended.lines(),
        [
            "chown /file ok",
            "mount / EPERM",
            "mknod /node EPERM",
            "sethostname evil EPERM",
            "umount /dev/shm EPERM",
            "chroot / ok"
        ]
    );
}

#[test]
fn no_new_privileges_is_on_unless_asked() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let status =
        |rest: &str| sandbox.up(&["/probe", "facts"], rest).expect(0).value()["status"]["NoNewPrivs"].clone();
    assert_eq!(status(""), "1");
    assert_eq!(status("security.no_new_privileges = false"), "0");
}

#[test]
fn setuid_programs_gain_nothing_unless_asked() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let setuid = sandbox.rootfs().join("setuid");
    fs::copy(sandbox.rootfs().join("probe"), &setuid).expect("a copy");
    chown(&setuid, Some(0), Some(0)).expect("an owner");
    fs::set_permissions(&setuid, fs::Permissions::from_mode(0o4755)).expect("a mode");
    let uid = |rest: &str| {
        let rest = format!("user = \"1000:1000\"\n{rest}");
        sandbox.up(&["/setuid", "facts"], &rest).expect(0).value()["status"]["Uid"].clone()
    };
    assert_eq!(uid(""), "1000\t1000\t1000\t1000");
    assert_eq!(uid("security.no_new_privileges = false"), "1000\t0\t0\t0");
}

#[test]
fn the_callers_keys_stay_the_callers() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let profile = sandbox.profile(&["/probe", "key", "tinydocker-test"], "").display().to_string();
    let ended =
        Running::start(sandbox.command_under(&["key=tinydocker-test"], &["up", &profile])).end().expect(0);
    assert_ne!(ended.stdout.trim(), "found");
    // The test can fail: outside, in the same session, the key is found.
    let mut outside = std::process::Command::new(crate::common::probe());
    outside
        .args(["under", "key=tinydocker-test", "--"])
        .arg(crate::common::probe())
        .args(["key", "tinydocker-test"]);
    let answer = outside.output().expect("the probe runs");
    assert_eq!(String::from_utf8_lossy(&answer.stdout).trim(), "found");
}

#[test]
fn the_program_of_init_can_not_be_written() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let running = sandbox.start(&["/probe", "sleep", "60"], "init = true\nsecurity.preset = \"unconfined\"");
    let exe = crate::common::eventually("init", || {
        let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", running.pid())).ok()?;
        let exe = format!("/proc/{}/exe", children.split_whitespace().next()?);
        fs::read_link(&exe).ok()?.to_string_lossy().contains("memfd:tinydocker-init").then_some(exe)
    });
    let before = fs::read(&exe).expect("the program");
    let held = fs::File::open(&exe).expect("the program");
    let error = fs::OpenOptions::new().append(true).open(&exe).expect_err("it was opened for writing");
    assert_eq!(error.raw_os_error(), Some(nix::errno::Errno::ETXTBSY as i32), "{error}");
    running.signal(nix::sys::signal::Signal::SIGKILL);
    running.end();
    // Who has kept it can't write it when nothing executes it any more, either.
    let kept = format!("/proc/self/fd/{}", held.as_raw_fd());
    let mut options = fs::OpenOptions::new();
    let mut opened = crate::common::eventually("its end", || options.write(true).open(&kept).ok());
    let written = opened.write_all(b"x").expect_err("it was written");
    let emptied = options.truncate(true).open(&kept).expect_err("it was emptied");
    for error in [written, emptied] {
        assert_eq!(error.raw_os_error(), Some(nix::errno::Errno::EPERM as i32), "{error}");
    }
    assert!(fs::read(&kept).expect("the program") == before);
    sandbox.up(&["/probe", "say", "done"], "").expect(0);
}
