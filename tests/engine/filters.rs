//! The filter of system calls, as the kernel shows it and as a payload meets it.

use crate::common::{Ended, Sandbox};
use std::fs;
use tinydocker::seccomp::{Arch, calls};

/// The words for the probe to make a call by name.
fn call(name: &str, arguments: &str) -> Vec<String> {
    let number = calls::number(name, Arch::NATIVE).expect("a call of this machine").to_string();
    let arguments = arguments.split_ascii_whitespace().map(str::to_owned);
    ["call".to_owned(), number].into_iter().chain(arguments).collect()
}

/// Runs the calls in one container: what came of each.
fn answers(sandbox: &Sandbox, wanted: &[(&str, &str)], rest: &str) -> Vec<String> {
    let mut words = vec!["/probe".to_owned()];
    for (position, (name, arguments)) in wanted.iter().enumerate() {
        if position > 0 {
            words.push(",".to_owned());
        }
        words.extend(call(name, arguments));
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ended = sandbox.up(&words, rest).expect(0);
    let answer = |line: &str| line.rsplit(' ').next().unwrap_or_default().to_owned();
    ended.stdout.lines().map(answer).collect()
}

fn status(sandbox: &Sandbox, rest: &str, field: &str) -> String {
    let status = sandbox.up(&["/probe", "facts"], rest).expect(0).value()["status"].clone();
    status[field].as_str().unwrap_or_default().to_owned()
}

#[test]
fn every_container_has_the_default_filter() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    assert_eq!(status(&sandbox, "", "Seccomp"), "2");
    assert_eq!(status(&sandbox, "", "Seccomp_filters"), "1");
    assert_eq!(status(&sandbox, "user = \"1000:1000\"", "Seccomp"), "2");
    for unconfined in ["security.seccomp = \"unconfined\"", "security.preset = \"unconfined\""] {
        assert_eq!(status(&sandbox, unconfined, "Seccomp"), "0", "{unconfined}");
    }
    let back = "[security]\npreset = \"unconfined\"\nseccomp = \"default\"";
    assert_eq!(status(&sandbox, back, "Seccomp"), "2");
}

#[test]
fn without_no_new_privileges_the_filter_is_loaded_and_nothing_else_gained() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    for user in ["", "user = \"1000:1000\"\n", "user = \"1000:1000\"\nsecurity.ambient = [\"CHOWN\"]\n"] {
        let of = |rest: &str, field: &str| status(&sandbox, &format!("{user}{rest}"), field);
        let without = "security.no_new_privileges = false";
        assert_eq!(of(without, "Seccomp"), "2", "{user}");
        assert_eq!(of(without, "NoNewPrivs"), "0", "{user}");
        for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
            assert_eq!(of(without, set), of("", set), "{user} {set}");
        }
    }
}

const NEW_NAMESPACE: &str = "131089"; // CLONE_NEWNS | SIGCHLD

#[test]
fn what_the_default_refuses_fails_and_the_capability_lets_it_pass() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let refused = [
        ("keyctl", "0 -3 1"),
        ("unshare", "268435456"),
        ("mount", "0 0 0 0 0"),
        ("clone", NEW_NAMESPACE),
        ("clone3", "0 0"),
        ("personality", "262144"),
        ("bpf", "0 0 0"),
        ("io_uring_setup", "0 0"),
        ("socket", "16 3 9"),
        ("socket", "38 5 0"),
        ("socket", "40 1 0"),
        ("kexec_load", "0 0 0 0"),
    ];
    let answers_now = answers(&sandbox, &refused, "");
    let expected = [
        "EPERM",
        "EPERM",
        "EPERM",
        "EPERM",
        "ENOSYS",
        "EPERM",
        "EPERM",
        "ENOSYS",
        "EINVAL",
        "EAFNOSUPPORT",
        "EAFNOSUPPORT",
        "EPERM",
    ];
    assert_eq!(answers_now, expected);
    let allowed = [("personality", "4294967295"), ("socket", "1 1 0"), ("getpid", ""), ("personality", "0")];
    assert_eq!(answers(&sandbox, &allowed, ""), ["ok"; 4]);
    // Past the filter the kernel has other words for these arguments.
    let rest = "security.capabilities = { SYS_ADMIN = true }";
    let past = [("mount", "0 0 0 0 0"), ("clone3", "0 0"), ("setns", "-1 0"), ("unshare", "1024")];
    assert_eq!(answers(&sandbox, &past, rest), ["EFAULT", "EINVAL", "EBADF", "ok"]);
}

#[cfg(target_arch = "x86_64")]
#[test]
fn calls_of_32_bits_are_filtered_too() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let of = |name: &str| calls::number(name, Arch::X86).expect("a call").to_string();
    let (mount, getpid, mkdir, socketcall) = (of("mount"), of("getpid"), of("mkdir"), of("socketcall"));
    let words = [
        "/probe",
        "call32",
        &getpid,
        ",",
        "call32",
        &mount,
        ",",
        "call32",
        &mkdir,
        ",",
        "call32",
        &socketcall,
        "1",
        "0",
    ];
    let answers = |rest: &str| -> Vec<String> {
        let ended = sandbox.up(&words, rest).expect(0);
        ended.stdout.lines().map(|line| line.rsplit(' ').next().unwrap_or_default().to_owned()).collect()
    };
    if answers("security.seccomp = \"unconfined\"")[0] == "ENOSYS" {
        // This kernel was built without them.
        return;
    }
    assert_eq!(answers(""), ["ok", "EPERM", "EFAULT", "EFAULT"]);
    let denied = answers("security.seccomp.deny = [\"mkdir\", \"socket\"]");
    assert_eq!(denied, ["ok", "EPERM", "EPERM", "EPERM"], "the common entry of sockets is no way round");
    let without = answers("security.seccomp.deny = [\"socketcall\"]");
    assert_eq!(without, ["ok", "EPERM", "EFAULT", "EPERM"], "as SECURITY.md advises");
}

#[test]
fn lists_are_exceptions_to_the_base() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let wanted = [("mkdirat", "-1 0 0"), ("keyctl", "0 -3 1"), ("getppid", "")];
    assert_eq!(answers(&sandbox, &wanted, ""), ["EFAULT", "EPERM", "ok"]);
    let rest =
        "[security.seccomp]\nallow = [\"keyctl\"]\ndeny = [\"mkdir\", \"mkdirat\"]\nlog = [\"getppid\"]";
    assert_eq!(answers(&sandbox, &wanted, rest), ["EPERM", "ok", "ok"]);
    let rest = "[security.seccomp]\nbase = \"unconfined\"\ndeny = [\"mkdirat\"]";
    assert_eq!(answers(&sandbox, &wanted, rest), ["EPERM", "ok", "ok"]);
}

fn with_profile(sandbox: &Sandbox, json: &str) -> String {
    let path = sandbox.rootfs().with_file_name("filter.json");
    fs::write(&path, json).expect("a profile");
    format!("security.seccomp = {:?}", path.display().to_string())
}

#[test]
fn a_docker_profile_is_in_force() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let rest = with_profile(
        &sandbox,
        r#"{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
            { "names": ["mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 30 },
            { "names": ["personality"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95,
              "args": [{ "index": 0, "value": 255, "valueTwo": 7, "op": "SCMP_CMP_MASKED_EQ" }] }
        ] }"#,
    );
    let wanted =
        [("mkdirat", "-1 0 0"), ("personality", "519"), ("personality", "4294967295"), ("keyctl", "0 -3 1")];
    assert_eq!(answers(&sandbox, &wanted, &rest), ["EROFS", "EOPNOTSUPP", "ok", "ok"]);
}

/// Init still tells what it has to with a filter that leaves hardly anything.
#[test]
fn a_filter_need_not_allow_what_init_does() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let rest = with_profile(
        &sandbox,
        r#"{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
            { "names": ["sendmsg", "sendto", "close_range", "capset", "prctl", "seccomp"], "action": "SCMP_ACT_ERRNO" }
        ] }"#,
    );
    sandbox.up(&["/probe", "say", "done"], &rest).expect(0);
    sandbox.up(&["/probe", "say", "done"], &format!("{rest}\nsecurity.no_new_privileges = false")).expect(0);
    sandbox.up(&["/no-such-command"], &rest).expect(127);
}

fn said(ended: &Ended) -> &str {
    &ended.stderr
}

#[test]
fn a_killed_command_is_reported_with_the_key() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let rest = with_profile(
        &sandbox,
        r#"{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
            { "names": ["mkdirat"], "action": "SCMP_ACT_KILL_PROCESS" }
        ] }"#,
    );
    let words = call("mkdirat", "-1 0 0");
    let words: Vec<&str> = std::iter::once("/probe").chain(words.iter().map(String::as_str)).collect();
    let ended = sandbox.up(&words, &rest).expect(159);
    assert!(said(&ended).contains("killed by SIGSYS"), "{}", said(&ended));
    assert!(said(&ended).contains("security.seccomp"), "{}", said(&ended));
    // The log may be closed to us, or be read by somebody else.
    let named = said(&ended).contains("the system call mkdirat");
    assert!(named || said(&ended).contains("`dmesg` may tell"), "{}", said(&ended));
}
