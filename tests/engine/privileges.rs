//! `user`, `security.*` and what every container gets without asking.

use crate::common::{Running, Sandbox};
use std::fs;
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
fn the_program_itself_can_not_be_written_from_inside() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    // /proc/self/exe is init when it is executed: the command is then this program.
    nix::unistd::mkfifo(&sandbox.rootfs().join("profile"), nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    let running = sandbox.start(&["/proc/self/exe", "check", "/profile"], "");
    let exe = crate::common::eventually("this program as payload", || {
        let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", running.pid())).ok()?;
        let pid = children.split_whitespace().next()?.to_owned();
        let line = fs::read_to_string(format!("/proc/{pid}/cmdline")).ok()?;
        line.starts_with("/proc/self/exe").then(|| format!("/proc/{pid}/exe"))
    });
    // With O_TRUNC the mount is asked before the file, which is busy while it runs.
    let error = fs::OpenOptions::new()
        .write(true)
        .truncate(true)
        .open(&exe)
        .expect_err("the program was opened for writing");
    assert_eq!(error.raw_os_error(), Some(nix::errno::Errno::EROFS as i32), "{error}");
    running.signal(nix::sys::signal::Signal::SIGKILL);
    running.end();
    sandbox.up(&["/probe", "say", "done"], "").expect(0);
}
