//! `init`: PID 1 is tinydocker's own, which reaps orphans and passes signals on.

use crate::common::{Running, Sandbox, eventually, is_alive, kill};
use nix::sys::signal::Signal;
use std::fs;
use std::time::Instant;

const INIT: &str = "init = true";

/// The command below PID 1, by the number that the host knows it by.
fn command(running: &Running) -> i32 {
    let one = running.payload();
    let children = fs::read_to_string(format!("/proc/{one}/task/{one}/children")).expect("PID 1 lives");
    children.split_whitespace().next().expect("a command").parse().expect("a process id")
}

fn field(status: &str, name: &str) -> String {
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.unwrap_or_else(|| panic!("no {name} in {status}")).trim().to_owned()
}

#[test]
fn pid_1_is_an_init_and_the_command_is_below_it() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let mut running = sandbox.start(&["/probe", "facts", ",", "wait"], INIT);
    let facts: serde_json::Value = serde_json::from_str(&running.line()).expect("facts");
    running.until("ready");
    assert_eq!((&facts["pid"], &facts["status"]["PPid"]), (&2.into(), &"1".into()), "{facts:#}");
    assert_eq!(running.payload_file("comm").trim(), "tinydocker-init");
    let words = running.payload_file("cmdline");
    assert!(words.starts_with("tinydocker-init\0"), "{words:?}");
    let name = fs::read_to_string(format!("/proc/{}/comm", command(&running))).expect("the command");
    assert_eq!(name.trim(), "probe");
    // All of one container: no namespace and no group apart.
    for kind in ["mnt", "pid", "ipc", "uts", "net", "cgroup"] {
        let link = |pid: i32| fs::read_link(format!("/proc/{pid}/ns/{kind}")).expect("a namespace");
        assert_eq!(link(running.payload()), link(command(&running)), "{kind}");
    }
    let groups = |pid: i32| fs::read_to_string(format!("/proc/{pid}/cgroup")).expect("its groups");
    assert_eq!(groups(running.payload()), groups(command(&running)));
    assert!(groups(running.payload()).contains(&sandbox.name));
}

#[test]
fn pid_1_has_no_privileges_no_descriptors_and_nothing_to_tell() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    for (rest, kept) in [("", 0), ("user = \"1000:1000\"", 1 << 5)] {
        let rest = format!("{INIT}\n{rest}\nenv.TOKEN_OF_MINE = \"hunter2hunter2\"");
        let mut running = sandbox.start(&["/probe", "wait"], &rest);
        running.until("ready");
        let one = running.payload();
        let entries = fs::read_dir(format!("/proc/{one}/fd")).expect("descriptors").count();
        assert_eq!(entries, 0, "descriptors of PID 1");
        assert_eq!(running.payload_file("environ"), "");
        let status = running.payload_file("status");
        for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
            let bits = u64::from_str_radix(&field(&status, set), 16).expect("bits");
            let expected = if ["CapInh", "CapAmb"].contains(&set) { 0 } else { kept };
            assert_eq!(bits, expected, "{set} with {rest}");
        }
        assert_eq!(field(&status, "NoNewPrivs"), "1");
        assert_eq!(field(&status, "Groups"), "");
        // A session of its own, without a terminal; the container's root and no other.
        let stat = running.payload_file("stat");
        let fields: Vec<&str> = stat.rsplit_once(") ").expect("stat").1.split(' ').collect();
        assert_eq!((fields[3], fields[4]), (one.to_string().as_str(), "0"), "session and terminal: {stat}");
        let place = |pid: i32, name: &str| {
            let metadata = fs::metadata(format!("/proc/{pid}/{name}")).expect("a folder");
            use std::os::unix::fs::MetadataExt;
            (metadata.dev(), metadata.ino())
        };
        assert_eq!(place(one, "cwd"), place(one, "root"));
        assert_eq!(place(one, "root"), place(command(&running), "root"));
        // What the launcher said is not in its memory.
        let maps = running.payload_file("maps");
        let mut memory = fs::File::open(format!("/proc/{one}/mem")).expect("root may look");
        let mut read = 0;
        for line in maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|it| it.starts_with('r'))) {
            let (from, to) = line.split(' ').next().and_then(|it| it.split_once('-')).expect("a range");
            let [from, to] = [from, to].map(|text| u64::from_str_radix(text, 16).expect("an address"));
            let mut bytes = vec![0; usize::try_from(to - from).expect("small")];
            use std::io::{Read, Seek};
            memory.seek(std::io::SeekFrom::Start(from)).expect("seek");
            if memory.read_exact(&mut bytes).is_ok() {
                read += bytes.len();
                for secret in [&b"hunter2hunter2"[..], b"TOKEN_OF_MINE"] {
                    assert!(!bytes.windows(secret.len()).any(|part| part == secret), "a secret in {line}");
                }
            }
        }
        assert!(read > 100_000, "memory was read");
        let rollup = running.payload_file("smaps_rollup");
        let anonymous: u64 = field(&rollup, "Pss_Anon").trim_end_matches(" kB").parse().expect("kB");
        println!("PID 1: {anonymous} kB of its own");
        assert!(anonymous < 2048, "{rollup}");
    }
}

#[test]
fn the_program_can_not_be_written_through_pid_1() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let rest = format!("{INIT}\nsecurity.preset = \"unconfined\"");
    let ended = sandbox.up(&["/probe", "try", "open-to-write", "/proc/1/exe"], &rest).expect(0);
    let answer = ended.stdout.trim();
    assert!(["EROFS", "ETXTBSY"].iter().any(|errno| answer.ends_with(errno)), "{answer}");
    // With the capabilities that a container has it can't even be looked at.
    let ended = sandbox.up(&["/probe", "try", "read", "/proc/1/mem"], INIT).expect(0);
    assert_eq!(ended.stdout.trim(), "read /proc/1/mem EACCES");
}

#[test]
fn orphans_are_reaped() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let words = ["/probe", "orphans", "20", ",", "zombies"];
    let left = |rest: &str| sandbox.up(&words, rest).expect(0).lines().last().map(|line| (*line).to_owned());
    assert_eq!(left("").as_deref(), Some("20"), "this command reaps nobody");
    assert_eq!(left(INIT).as_deref(), Some("0"));
}

#[test]
fn orphans_are_reaped_in_the_hosts_pid_namespace() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let rest = format!("{INIT}\nnamespaces.pid = \"host\"");
    let mut running = sandbox.start(&["/probe", "daemon", ",", "orphans", "3", ",", "wait"], &rest);
    running.until("ready");
    let (one, command) = (running.payload(), command(&running));
    eventually("no zombies", || {
        let children = fs::read_to_string(format!("/proc/{one}/task/{one}/children")).ok()?;
        (children.split_whitespace().collect::<Vec<_>>() == [command.to_string()]).then_some(())
    });
    running.signal(Signal::SIGTERM);
    running.end().expect(143);
}

#[test]
fn every_exit_code_comes_through() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    for code in [0, 1, 42, 125, 126, 127, 130, 255] {
        let ended = sandbox.up(&["/probe", "exit", &code.to_string()], INIT).expect(code);
        assert_eq!(ended.stderr, "");
    }
    sandbox.up(&["/probe", "abort"], INIT).expect(134);
    for command in ["/none", "/"] {
        sandbox.profile(&[command], INIT);
        let code = if command == "/none" { 127 } else { 126 };
        let problem =
            sandbox.run(&["up", "profile.toml", "--error-format", "json"]).expect(code).diagnostic();
        assert_eq!(problem["operation"], "exec", "{problem:#}");
    }
}

#[test]
fn signals_are_passed_on_by_pid_1() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let names = ["TERM", "HUP", "INT", "QUIT", "USR1", "USR2", "WINCH", "CONT", "ALRM", "PIPE", "TSTP"];
    let words = [&["/probe", "catch", "7"][..], &names].concat();
    let mut running = sandbox.start(&words, INIT);
    running.until("ready");
    for signal in [
        Signal::SIGHUP,
        Signal::SIGQUIT,
        Signal::SIGUSR1,
        Signal::SIGUSR2,
        Signal::SIGWINCH,
        Signal::SIGCONT,
        Signal::SIGALRM,
        Signal::SIGPIPE,
        Signal::SIGTSTP,
    ] {
        // Whoever sends it: here the host, to PID 1 itself.
        kill(running.payload(), signal).expect("PID 1 lives");
        assert_eq!(running.line(), format!("got {signal}"));
    }
    running.signal(Signal::SIGINT);
    assert_eq!(running.line(), "got SIGINT");
    running.signal(Signal::SIGTERM);
    let ended = running.end().expect(7);
    assert!(ended.stdout.ends_with("got SIGTERM\n") && !ended.stderr.contains("SIGKILL"), "{}", ended.stderr);
}

#[test]
fn a_command_of_another_user_gets_signals_too() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let mut running =
        sandbox.start(&["/probe", "catch", "7", "TERM"], &format!("{INIT}\nuser = \"1000:1000\""));
    running.until("ready");
    running.signal(Signal::SIGTERM);
    assert!(running.end().expect(7).stdout.ends_with("got SIGTERM\n"));
}

#[test]
fn what_pid_1_is_sent_from_inside_reaches_the_command() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let words = ["/probe", "kill", "1", "TERM", ",", "wait"];
    sandbox.up(&words, INIT).expect(143);
}

#[test]
fn a_command_that_handles_nothing_is_ended_by_the_signal_itself() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    for (signal, code) in [(Signal::SIGTERM, 143), (Signal::SIGINT, 130), (Signal::SIGHUP, 129)] {
        let mut running = sandbox.start(&["/probe", "wait"], INIT);
        running.until("ready");
        let start = Instant::now();
        running.signal(signal);
        let ended = running.end().expect(code);
        assert!(start.elapsed().as_secs() < 5 && !ended.stderr.contains("SIGKILL"), "{}", ended.stderr);
    }
}

#[test]
fn a_command_that_would_not_notice_the_stop_signal_is_killed_at_once() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let mut running = sandbox.start(&["/probe", "wait"], &format!("{INIT}\nstop_signal = \"WINCH\""));
    running.until("ready");
    let start = Instant::now();
    running.signal(Signal::SIGTERM);
    let ended = running.end().expect(137);
    assert!(ended.stderr.contains("does not handle SIGWINCH"), "{}", ended.stderr);
    assert!(start.elapsed().as_secs() < 5);
}

#[test]
fn everything_ends_with_the_command_and_with_the_launcher() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    for pid in ["private", "host"] {
        let rest = format!("{INIT}\nnamespaces.pid = \"{pid}\"");
        sandbox.up(&["/probe", "daemon", ",", "fork", "5"], &rest).expect(0);
        assert_eq!(sandbox.groups().len(), 0, "all that was left over has ended");

        let mut running = sandbox.start(&["/probe", "daemon", ",", "wait"], &rest);
        running.until("ready");
        let (one, command) = (running.payload(), command(&running));
        running.signal(Signal::SIGKILL);
        running.end();
        eventually("the end of both", || (!is_alive(one) && !is_alive(command)).then_some(()));
        sandbox.up(&["/probe", "say", "done"], INIT).expect(0);
    }
}

#[test]
fn the_flag_asks_for_it_too() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.profile(&["/probe", "facts"], "");
    let pid = |arguments: &[&str]| sandbox.run(arguments).expect(0).value()["pid"].clone();
    assert_eq!(pid(&["up", "profile.toml", "--init"]), 2);
    assert_eq!(pid(&["up", "profile.toml"]), 1);
    sandbox.profile(&["/probe", "facts"], INIT);
    assert_eq!(pid(&["up", "profile.toml", "--init=false"]), 1);
}
