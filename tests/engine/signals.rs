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

/// The profile's own way of stopping, and how long a test waited for the end.
fn stop(words: &[&str], rest: &str, signal: Signal) -> Option<(crate::common::Ended, std::time::Duration)> {
    let sandbox = Sandbox::new(&[])?;
    let mut running = sandbox.start(words, rest);
    running.until("ready");
    let start = std::time::Instant::now();
    running.signal(signal);
    Some((running.end(), start.elapsed()))
}

#[test]
fn the_stop_signal_takes_the_place_of_sigterm() {
    for (rest, got) in [
        ("stop_signal = \"SIGUSR1\"", "got SIGUSR1"),
        ("stop_signal = \"quit\"", "got SIGQUIT"),
        ("stop_signal = 12", "got SIGUSR2"),
    ] {
        let words = ["/probe", "catch", "7", "USR1", "QUIT", "USR2", "TERM"];
        let Some(sandbox) = Sandbox::new(&[]) else { return };
        let mut running = sandbox.start(&words, rest);
        running.until("ready");
        running.signal(Signal::SIGTERM);
        assert_eq!(running.line(), got);
        // It lives on; what the stop signal does not end, SIGKILL ends.
        running.signal(Signal::SIGINT);
        let ended = running.end().expect(137);
        assert!(ended.stderr.contains("another Ctrl-C"), "{}", ended.stderr);
    }
}

#[test]
fn a_stop_signal_that_nobody_handles_is_sigkill_at_once() {
    let Some((ended, took)) =
        stop(&["/probe", "catch", "7", "TERM"], "stop_signal = \"USR1\"", Signal::SIGTERM)
    else {
        return;
    };
    let ended = ended.expect(137);
    assert!(ended.stderr.contains("does not handle SIGUSR1"), "{}", ended.stderr);
    assert!(took.as_secs() < 5, "{took:?}");
}

#[test]
fn patience_ends_after_stop_timeout() {
    // USR1 is caught and ends nothing.
    let rest = "stop_signal = \"USR1\"\nstop_timeout = \"300ms\"";
    let Some((ended, took)) = stop(&["/probe", "catch", "7", "USR1", "TERM"], rest, Signal::SIGTERM) else {
        return;
    };
    let ended = ended.expect(137);
    assert!(ended.stderr.contains("did not end within 0.3 s of SIGUSR1"), "{}", ended.stderr);
    assert!(took.as_millis() >= 300, "{took:?}");
}

#[test]
fn patience_ends_for_every_process_in_the_hosts_pid_namespace_too() {
    let rest = "stop_signal = \"USR1\"\nstop_timeout = \"300ms\"\nnamespaces.pid = \"host\"";
    let Some((ended, _)) = stop(&["/probe", "daemon", ",", "catch", "7", "USR1"], rest, Signal::SIGTERM)
    else {
        return;
    };
    // That nothing is left of the daemon is what the sandbox looks for when it goes.
    ended.expect(137);
}

#[test]
fn a_second_ctrl_c_kills() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let mut running = sandbox.start(&["/probe", "catch", "7", "INT", "TERM"], "");
    running.until("ready");
    running.signal(Signal::SIGINT);
    assert_eq!(running.line(), "got SIGINT");
    running.signal(Signal::SIGINT);
    let ended = running.end().expect(137);
    assert!(ended.stderr.contains("another Ctrl-C"), "{}", ended.stderr);
}

#[test]
fn a_command_that_takes_too_long_is_stopped() {
    for (words, rest, how) in [
        (&["/probe", "catch", "7", "TERM"][..], "", "exited with 7"),
        (&["/probe", "wait"], "", "ended by SIGKILL"),
        (
            &["/probe", "catch", "7", "USR1"],
            "stop_signal = \"USR1\"\nstop_timeout = \"100ms\"",
            "ended by SIGKILL",
        ),
        (&["/probe", "wait"], "namespaces.pid = \"host\"", "ended by SIGTERM"),
    ] {
        let Some(sandbox) = Sandbox::new(&[]) else { return };
        let start = std::time::Instant::now();
        let ended = sandbox.up(words, &format!("timeout = \"300ms\"\n{rest}")).expect(124);
        assert!(start.elapsed().as_millis() >= 300, "{:?}", start.elapsed());
        let line = ended.stderr.lines().last().unwrap_or_default();
        assert!(
            line.contains("stopped after its timeout")
                && line.contains("profile.toml:4)")
                && line.contains(how),
            "{}",
            ended.stderr
        );
    }
}

#[test]
fn a_command_that_ends_in_time_has_its_own_exit_code() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.up(&["/probe", "exit", "3"], "timeout = \"1h\"").expect(3);
}
