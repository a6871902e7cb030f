//! `run` and `up` as they are typed.

mod common;

use common::{Need, Running, Sandbox};
use nix::sys::signal::Signal;

#[test]
fn flags_behind_the_command_are_the_commands() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let rootfs = sandbox.rootfs().display().to_string();
    let said = |words: &[&str]| {
        let before = ["run", "--name", &sandbox.name, "--rootfs", &rootfs];
        sandbox.run(&[&before[..], words].concat()).expect(0).stdout
    };
    assert_eq!(said(&["/probe", "say", "--memory", "1q", "-it"]), "--memory 1q -it\n");
    assert_eq!(said(&["--", "/probe", "say", "--", "x"]), "-- x\n");
    assert_eq!(said(&["--env", "A=b", "--", "/probe", "say", "-e"]), "-e\n");
}

#[test]
fn a_container_without_a_name_gets_one_of_its_own() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let rootfs = sandbox.rootfs().display().to_string();
    let start = || {
        let mut running = Running::start(sandbox.command(&["run", "--rootfs", &rootfs, "/probe", "wait"]));
        running.until("ready");
        running
    };
    let running = [start(), start()];
    let names = sandbox.records();
    assert_eq!(names.len(), 2, "{names:?}");
    for name in &names {
        let digits = name.strip_prefix("probe-").unwrap_or_else(|| panic!("{name}"));
        assert!(digits.len() == 6 && digits.chars().all(|c| c.is_ascii_hexdigit()), "{name}");
    }
    for running in running {
        running.signal(Signal::SIGTERM);
        running.end().expect(137);
    }
    assert!(sandbox.records().is_empty());
    for name in names {
        for hierarchy in common::cgroups::hierarchies() {
            assert!(
                !hierarchy.join(format!("tinydocker-{name}")).exists(),
                "{name} in {}",
                hierarchy.display()
            );
        }
    }
}

#[test]
fn the_flags_of_the_first_day() {
    let needs = [Need::Controller("memory"), Need::Controller("cpu"), Need::Host("bash")];
    let Some(sandbox) = Sandbox::new(&needs) else { return };
    let flags = ["--memory", "256m", "--cpu-cfs-quota", "20000", "--cpu-share", "512", "--interactive"];
    let command = ["/bin/bash", "-c", "echo ready; read line; echo \"read $line\""];
    let arguments = [&["run", "--name", &sandbox.name], &flags[..], &command[..]].concat();
    let mut command = sandbox.command(&arguments);
    command.stdin(std::process::Stdio::piped());
    let mut running = Running::start(command);
    running.until("ready");
    assert_eq!(sandbox.limit("memory", "memory.limit_in_bytes", "memory.max"), "268435456");
    if common::cgroups::is_v2() {
        assert_eq!(sandbox.limit("cpu", "", "cpu.max"), "20000 100000");
        // crun's curve: half of the ordinary shares are 59 of 100.
        assert_eq!(sandbox.limit("cpu", "", "cpu.weight"), "59");
    } else {
        assert_eq!(sandbox.limit("cpu", "cpu.cfs_quota_us", ""), "20000");
        assert_eq!(sandbox.limit("cpu", "cpu.shares", ""), "512");
    }
    std::io::Write::write_all(&mut running.stdin().expect("a pipe"), b"me\n").expect("bash reads");
    assert_eq!(running.end().expect(0).stdout, "ready\nread me\n");
}

#[test]
fn mistakes_on_the_command_line_are_125_and_elsewhere_2() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    for arguments in
        [&["run", "--no-such-flag", "x"][..], &["run"], &["up", "--memory"], &["run", "--memory", "1q", "x"]]
    {
        let ended = sandbox.run(arguments).expect(125);
        assert!(ended.stdout.is_empty() && !ended.stderr.is_empty(), "{arguments:?}: {ended:?}");
    }
    for arguments in [&["--no-such-flag"][..], &["plan", "--no-such-flag", "x"], &["no-such-command"]] {
        sandbox.run(arguments).expect(2);
    }
    sandbox.run(&["up", "no-such-file.toml"]).expect(125);
    assert!(sandbox.records().is_empty(), "nothing was begun");
}

#[test]
fn state_is_kept_where_the_flag_says_before_the_variable() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let profile = sandbox.profile(&["/probe", "wait"], "").display().to_string();
    let elsewhere = sandbox.path("elsewhere");
    let arguments = ["up", &profile, "--root", &elsewhere.display().to_string()];
    let mut running = Running::start(sandbox.command(&arguments));
    running.until("ready");
    assert!(elsewhere.join("containers").join(format!("{}.json", sandbox.name)).is_file());
    assert!(!sandbox.root().exists());
}

#[test]
fn quiet_says_errors_only() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let profile = sandbox.profile(&["/probe", "wait"], "").display().to_string();
    for (flag, silent) in [("--quiet", true), ("--color=never", false)] {
        let mut running = Running::start(sandbox.command(&["up", &profile, flag]));
        running.until("ready");
        running.signal(Signal::SIGTERM);
        assert_eq!(running.end().expect(137).stderr.is_empty(), silent, "{flag}");
    }
}
