//! What the command might inherit of whoever called the launcher.
#![allow(unsafe_code)]

use crate::common::terminal::OnTerminal;
use crate::common::{Need, Running, Sandbox, probe};
use std::ffi::CString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

#[test]
fn cve_2024_21626_a_working_folder_through_the_callers_descriptors() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let outside = sandbox.path("");
    let descriptor = format!("descriptor={}", outside.display());
    symlink("/proc/self/fd/17", sandbox.rootfs().join("link")).expect("a link");
    let up = |rest: &str| {
        let profile = sandbox.profile(&["/probe", "facts"], rest).display().to_string();
        Running::start(sandbox.command_under(&[&descriptor], &["up", &profile])).end()
    };
    for folder in
        ["/proc/self/fd/3", "/proc/self/fd/17", "/proc/self/fd/200", "/proc/self/fd/17/rootfs", "/link"]
    {
        up(&format!("working_dir = {folder:?}")).expect(125);
    }
    let facts = up("").expect(0).value();
    let open = facts["descriptors"].as_object().expect("descriptors");
    assert!(open.keys().all(|number| ["0", "1", "2"].contains(&number.as_str())), "{open:?}");
    assert!(
        open.values().all(|leads_to| !leads_to.as_str().is_some_and(|to| to.starts_with("socket:"))),
        "{open:?}"
    );
}

/// A file that gives CAP_CHOWN to whoever may inherit it, capabilities(7).
fn inheriting(path: &std::path::Path) {
    const REVISION_2_EFFECTIVE: u32 = 0x0200_0001;
    let value: Vec<u8> =
        [REVISION_2_EFFECTIVE, 0, 1, 0, 0].iter().flat_map(|word| word.to_le_bytes()).collect();
    let path = CString::new(path.as_os_str().as_bytes()).expect("no null");
    // SAFETY: C strings, and a value of the length that is given.
    let done = unsafe {
        libc::setxattr(path.as_ptr(), c"security.capability".as_ptr(), value.as_ptr().cast(), value.len(), 0)
    };
    assert_eq!(done, 0, "{}", std::io::Error::last_os_error());
}

/// `setpriv` with an inheritable set that is not empty.
fn inheritable(sandbox: &Sandbox, arguments: &[&str]) -> Command {
    let like = sandbox.command(arguments);
    let mut under = Command::new("setpriv");
    under.args(["--inh-caps", "+chown,+sys_chroot", "--"]).arg(like.get_program()).args(arguments);
    under.current_dir(sandbox.path(""));
    under.envs(like.get_envs().filter_map(|(name, value)| Some((name, value?))));
    under.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    under
}

#[test]
fn cve_2022_24769_inheritable_capabilities_of_the_caller() {
    let Some(sandbox) = Sandbox::new(&[Need::Host("setpriv")]) else { return };
    inheriting(&sandbox.rootfs().join("probe"));
    let rest = "user = \"1000:1000\"\nsecurity.no_new_privileges = false";
    let effective = |rest: &str| {
        let profile = sandbox.profile(&["/probe", "facts"], rest).display().to_string();
        let status =
            Running::start(inheritable(&sandbox, &["up", &profile])).end().expect(0).value()["status"]
                .clone();
        (status["CapInh"].clone(), status["CapEff"].clone())
    };
    let none = serde_json::Value::from("0000000000000000");
    assert_eq!(effective(rest), (none.clone(), none));
    // What is asked for is inherited: this file does give it then.
    let one = serde_json::Value::from("0000000000000001");
    assert_eq!(effective(&format!("{rest}\nsecurity.ambient = [\"CHOWN\"]")), (one.clone(), one));
}

#[test]
fn cve_2022_29162_added_capabilities_are_not_inheritable() {
    let Some(sandbox) = Sandbox::new(&[Need::Host("setpriv")]) else { return };
    sandbox.profile(&["/probe", "facts"], "");
    let arguments = ["run", "--profile", "profile.toml", "--cap-add", "SYS_CHROOT", "/probe", "facts"];
    let status = Running::start(inheritable(&sandbox, &arguments)).end().expect(0).value()["status"].clone();
    assert_eq!(
        (&status["CapInh"], &status["CapAmb"]),
        (&"0000000000000000".into(), &"0000000000000000".into())
    );
}

#[test]
fn signal_masks_and_dispositions_of_the_caller() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let profile = sandbox.profile(&["/probe", "facts"], "").display().to_string();
    let under = ["ignore=USR1", "ignore=CHLD", "ignore=PIPE", "block=USR2", "block=TERM"];
    let status =
        Running::start(sandbox.command_under(&under, &["up", &profile])).end().expect(0).value()["status"]
            .clone();
    for set in ["SigBlk", "SigIgn", "SigCgt"] {
        assert_eq!(status[set], "0000000000000000", "{set}");
    }
}

#[test]
fn the_session_keyring_of_the_caller() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let rest = "security.preset = \"unconfined\"";
    let profile = sandbox.profile(&["/probe", "key", "tinydocker-attack"], rest).display().to_string();
    let ended =
        Running::start(sandbox.command_under(&["key=tinydocker-attack"], &["up", &profile])).end().expect(0);
    assert_eq!(ended.stdout.trim(), "ENOKEY");
}

#[test]
fn the_environment_of_the_caller_is_nowhere_in_pid_1() {
    const MARK: &str = "attack-mark-of-the-caller-7431";
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let backwards: String = MARK.chars().rev().collect();
    let rest = "init = true\nsecurity.preset = \"unconfined\"";
    let profile =
        sandbox.profile(&["/probe", "search", "1", &backwards, ",", "facts"], rest).display().to_string();
    let mut command = sandbox.command(&["up", &profile]);
    command.env("MARK_OF_THE_CALLER", MARK);
    let ended = Running::start(command).end().expect(0);
    assert_eq!(ended.lines()[0], "search not found");
    assert!(!ended.stdout.contains("MARK_OF_THE_CALLER"));
    // The launcher itself has it, where the container can see that.
    let rest = "namespaces.pid = \"host\"\nsecurity.preset = \"unconfined\"";
    let profile = sandbox.profile(&["/probe", "line", ",", "facts"], rest).display().to_string();
    let mut command = sandbox.command(&["up", &profile, "--interactive"]);
    command.env("MARK_OF_THE_CALLER", MARK).stdin(Stdio::piped());
    let mut running = Running::start(command);
    running.until("ready");
    let said = Command::new(probe())
        .args(["search", &running.pid().to_string(), &backwards])
        .output()
        .expect("the probe");
    assert_eq!(String::from_utf8_lossy(&said.stdout).trim(), "search found");
    drop(running.stdin());
    running.end().expect(0);
}

#[test]
fn cve_2017_5226_typing_into_the_callers_terminal() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let profile =
        sandbox.profile(&["/probe", "push", ",", "say", "done"], "interactive = true").display().to_string();
    let mut terminal = OnTerminal::start(sandbox.command(&["up", &profile]), 24, 80);
    terminal.expect("done");
    let text = terminal.text();
    assert_eq!(text.lines().filter(|line| line.starts_with("push ")).count(), 3, "{text}");
    assert!(!text.lines().any(|line| line.starts_with("push ") && line.contains(" ok")), "{text}");
    terminal.end();
    // Who sits at a terminal may.
    let mut command = Command::new(probe());
    command.args(["push", ",", "say", "done"]);
    let mut terminal = OnTerminal::start(command, 24, 80);
    terminal.expect("push 0 ok");
    terminal.expect("done");
    terminal.end();
}

#[test]
fn asking_the_callers_console() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let profile =
        sandbox.profile(&["/probe", "push", ",", "facts"], "interactive = true").display().to_string();
    let mut command = sandbox.command(&["up", &profile]);
    if let Ok(console) = fs::File::open("/dev/tty1") {
        command.stdin(console);
    }
    let ended = Running::start(command).end().expect(0);
    assert!(!ended.lines()[..3].iter().any(|line| line.contains("ok")), "{ended:?}");
    let facts: serde_json::Value = serde_json::from_str(ended.lines()[3]).expect("facts");
    assert_eq!(facts["session"], 1, "a session of its own: the kernel asks for that");
}
