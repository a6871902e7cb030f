//! Signals to the launcher reach the command; what it does not handle ends it.

use crate::common::{Running, Sandbox, kill};
use nix::sys::signal::Signal;

#[test]
fn signals_are_passed_on() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let mut running =
        sandbox.start(&["/probe", "catch", "7", "TERM", "HUP", "INT", "QUIT", "USR1", "USR2", "WINCH"], "");
    running.until("ready");
    for signal in
        [Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGUSR1, Signal::SIGUSR2, Signal::SIGWINCH]
    {
        running.signal(signal);
        assert_eq!(running.line(), format!("got {signal}"));
    }
    running.signal(Signal::SIGTERM);
    let ended = running.end().expect(7);
    assert!(ended.stdout.ends_with("got SIGTERM\n"));
    assert!(!ended.stderr.contains("SIGKILL"), "{}", ended.stderr);
}

#[test]
fn a_command_that_does_not_handle_a_signal_is_ended_at_once() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, Signal::SIGQUIT] {
        let mut running = sandbox.start(&["/probe", "wait"], "");
        running.until("ready");
        running.signal(signal);
        let ended = running.end().expect(137);
        let says = format!("does not handle {signal}");
        assert!(ended.stderr.contains(&says) && ended.stderr.contains("SIGKILL"), "{}", ended.stderr);
        assert!(
            ended.stderr.contains(&format!("process {}", std::process::id())),
            "who sent it: {}",
            ended.stderr
        );
    }
}

#[test]
fn in_the_hosts_pid_namespace_signals_have_their_usual_meaning() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let mut running = sandbox.start(&["/probe", "wait"], "namespaces.pid = \"host\"");
    running.until("ready");
    running.signal(Signal::SIGTERM);
    let ended = running.end().expect(143);
    assert!(ended.stderr.contains("ended by SIGTERM"), "{}", ended.stderr);
}

#[test]
fn other_signals_that_nobody_handles_do_no_harm() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let mut running = sandbox.start(&["/probe", "catch", "3", "TERM"], "");
    running.until("ready");
    running.signal(Signal::SIGUSR1);
    running.signal(Signal::SIGWINCH);
    running.signal(Signal::SIGTERM);
    running.end().expect(3);
}

#[test]
fn a_command_killed_from_outside_is_reported() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let mut running = sandbox.start(&["/probe", "wait"], "");
    running.until("ready");
    kill(running.payload(), Signal::SIGKILL).expect("the payload is alive");
    let ended = running.end().expect(137);
    assert!(
        ended.stderr.contains("ended by SIGKILL") && !ended.stderr.contains("memory"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_caller_that_blocks_or_ignores_signals_can_still_end_the_container() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    for odd in ["ignore=TERM", "block=TERM"] {
        let profile = sandbox.profile(&["/probe", "catch", "9", "TERM"], "").display().to_string();
        let mut running = Running::start(sandbox.command_under(&[odd], &["up", &profile]));
        running.until("ready");
        running.signal(Signal::SIGTERM);
        running.end().expect(9);
    }
}
