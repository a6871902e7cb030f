//! `tty` and `interactive`: the container's terminal is a real one, and the caller's
//! is given back as it was.

mod common;

use common::terminal::OnTerminal;
use common::{Need, Running, Sandbox, eventually, kill};
use nix::sys::signal::Signal;
use std::os::unix::process::ExitStatusExt;

const TTY: &str = "tty = true\ninteractive = true";

/// `up` of this command with a terminal, on a terminal.
fn up(sandbox: &Sandbox, command: &[&str], rest: &str) -> OnTerminal {
    let profile = sandbox.profile(command, rest).display().to_string();
    OnTerminal::start(sandbox.command(&["up", &profile]), 31, 97)
}

/// A shell of the host's, in its own tree, with a prompt that nothing else prints.
fn shell(sandbox: &Sandbox) -> OnTerminal {
    let flags =
        ["--memory", "256m", "--cpu-cfs-quota", "20000", "--cpu-share", "512", "--tty", "--interactive"];
    let rest = [
        "--name",
        &sandbox.name,
        "-e",
        "PS1=ready> ",
        "-e",
        "HISTFILE=",
        "/bin/bash",
        "--norc",
        "--noprofile",
    ];
    let mut shell = OnTerminal::start(sandbox.command(&[&["run"], &flags[..], &rest[..]].concat()), 31, 97);
    shell.expect("ready> ");
    shell
}

const SHELL: [Need; 3] = [Need::Host("bash"), Need::Controller("memory"), Need::Controller("cpu")];

#[test]
fn a_shell_has_job_control() {
    let Some(sandbox) = Sandbox::new(&SHELL) else { return };
    let mut shell = shell(&sandbox);
    controls_jobs(&mut shell);
    assert_eq!(shell.end().code(), Some(3));
}

/// Stops a job, lists it, takes it up again and interrupts it; then the shell exits with 3.
fn controls_jobs(shell: &mut OnTerminal) {
    assert!(!shell.text().contains("no job control"), "{}", shell.text());
    // What is typed is echoed: the quotes keep the echo from being taken for the output.
    // The job says when it goes on: the shell sends SIGCONT after it gave the terminal away, and
    // a ^C that comes before that is the shell's. It starts no program: one that is stopped between
    // vfork(2) and its exec keeps the one that started it from stopping.
    shell.send("sh -c 'trap \"echo conti\"\"nued\" CONT; echo ru\"\"nning; while :; do read line; done'\n");
    shell.expect("running\r\n");
    shell.send("\u{1a}");
    shell.expect("Stopped");
    shell.expect("ready> ");
    shell.send("jobs\n");
    shell.expect("[1]+");
    shell.expect("ready> ");
    shell.send("fg\n");
    shell.expect("continued\r\n");
    shell.send("\u{3}");
    shell.expect("ready> ");
    shell.send("echo code $?\n");
    shell.expect("code 130\r\n");
    shell.send("exit 3\n");
}

#[test]
fn a_shell_sees_the_terminals_size_and_itself_as_the_first_process() {
    let Some(sandbox) = Sandbox::new(&[&SHELL[..], &[Need::Host("stty"), Need::Host("ps")]].concat()) else {
        return;
    };
    let mut shell = shell(&sandbox);
    shell.send("stty size; tty; echo pid $$\n");
    shell.expect("31 97\r\n");
    shell.expect("/dev/");
    shell.expect("pid 1\r\n");
    shell.send("ps -eo pid= | wc -l\n");
    // The shell, ps and wc.
    shell.expect("3\r\n");
    shell.send("exit\n");
    assert_eq!(shell.end().code(), Some(0));
}

#[test]
fn all_three_standard_descriptors_are_the_containers_terminal() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let mut up = up(&sandbox, &["/probe", "tty", ",", "stat", "/dev/console"], TTY);
    assert_eq!(up.end().code(), Some(0));
    up.expect(r#""controlling":true"#);
    up.expect(r#""name":"/dev/pts/0""#);
    up.expect(r#""size":[31,97]"#);
    up.expect(r#""terminals":[true,true,true]"#);
    up.expect(r#""kind":"device""#);
}

#[test]
fn another_user_can_open_its_terminal_again() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let rest = format!("{TTY}\nuser = \"1000:1000\"");
    let words = ["/probe", "try", "open-to-write", "/dev/tty", ",", "try", "open-to-write", "/dev/pts/0"];
    let mut up = up(&sandbox, &words, &rest);
    up.expect("open-to-write /dev/tty ok");
    up.expect("open-to-write /dev/pts/0 ok");
    assert_eq!(up.end().code(), Some(0));
}

#[test]
fn a_new_size_arrives() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    for rest in [TTY, "tty = true"] {
        let mut up = up(&sandbox, &["/probe", "sizes"], rest);
        up.expect("size Some((31, 97))");
        up.resize(50, 120);
        up.expect("size Some((50, 120))");
        kill(up.pid(), Signal::SIGTERM).expect("the launcher is alive");
        assert_eq!(up.end().code(), Some(137));
    }
}

#[test]
fn the_terminal_is_given_back_after_the_commands_end() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let mut up = up(&sandbox, &["/probe", "line", ",", "exit", "4"], TTY);
    up.expect("ready");
    assert!(up.is_raw());
    up.send("typed\n");
    up.expect("line of 6: typed");
    assert_eq!(up.end().code(), Some(4));
    assert!(!up.is_raw());
}

#[test]
fn the_terminal_is_given_back_as_it_was() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let signals = [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT];
    for signal in signals {
        let mut up = up(&sandbox, &["/probe", "say", "on", ",", "wait"], TTY);
        // Whatever it was: here without echo, which is no default.
        up.expect("ready");
        let raw = up.settings();
        kill(up.pid(), signal).expect("the launcher is alive");
        assert_eq!(up.end().code(), Some(137), "{signal}: {}", up.text());
        assert!(!up.is_raw(), "{signal}");
        assert_ne!(up.settings(), raw, "{signal}");
    }
}

#[test]
fn settings_of_the_callers_own_survive() {
    use nix::sys::termios::LocalFlags;
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let profile = sandbox.profile(&["/probe", "line"], TTY).display().to_string();
    // The caller's terminal does not echo before the launcher starts.
    let mut command = std::process::Command::new("/bin/sh");
    let launch = sandbox.command(&["up", &profile]);
    command.args(["-c", "stty -echo; \"$0\" up \"$1\"; echo ended $?", common::PROGRAM, &profile]);
    command
        .envs(launch.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .current_dir(sandbox.path(""));
    let mut up = OnTerminal::start(command, 24, 80);
    up.expect("ready");
    up.send("typed\n");
    up.expect("ended 0");
    up.end();
    assert!(!up.settings().local_flags.contains(LocalFlags::ECHO));
    assert!(up.settings().local_flags.contains(LocalFlags::ICANON));
}

#[test]
fn the_terminal_is_given_back_when_the_payload_is_killed() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let mut up = up(&sandbox, &["/probe", "wait"], TTY);
    up.expect("ready");
    let children =
        std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", up.pid())).expect("a launcher");
    kill(children.trim().parse().expect("one child"), Signal::SIGKILL).expect("the payload is alive");
    assert_eq!(up.end().code(), Some(137));
    assert!(!up.is_raw());
    // The message starts its line: the terminal was given back before it was printed.
    up.expect("\r\ntinydocker: ");
    up.expect("ended by SIGKILL");
}

#[test]
fn the_terminal_is_given_back_when_any_operation_fails() {
    if !cfg!(debug_assertions) {
        return;
    }
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let profile = sandbox.profile(&["/probe", "wait"], TTY).display().to_string();
    let plan = sandbox.run(&["plan", &profile, "--format", "json"]).expect(0);
    let plan: serde_json::Value = serde_json::from_str(&plan.stdout).expect("a plan");
    let count = |phase: &str| plan[phase].as_array().map_or(1, Vec::len);
    let all: usize = ["prepare", "spawn", "connect", "enter", "started"].into_iter().map(count).sum();
    for number in 1..=all {
        let mut command = sandbox.command(&["up", &profile]);
        command.env("TINYDOCKER_FAULT", format!("fail:{number}"));
        let mut up = OnTerminal::start(command, 24, 80);
        assert!([125, 126].contains(&up.end().code().expect("an exit")), "operation {number}: {}", up.text());
        assert!(!up.is_raw(), "operation {number}");
        assert_eq!(sandbox.left(), Vec::<String>::new(), "operation {number}");
    }
}

#[test]
fn a_stopped_launcher_leaves_the_terminal_usable() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let mut up = up(&sandbox, &["/probe", "line"], TTY);
    up.expect("ready");
    let state = |pid: i32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("a launcher");
        stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next()).expect("a state")
    };
    kill(up.pid(), Signal::SIGTSTP).expect("the launcher is alive");
    eventually("a stopped launcher", || (state(up.pid()) == 'T').then_some(()));
    assert!(!up.is_raw());
    up.resize(40, 100);
    kill(up.pid(), Signal::SIGCONT).expect("the launcher is there");
    up.until_raw();
    up.send("on\n");
    up.expect("line of 3: on");
    assert_eq!(up.end().code(), Some(0));
}

#[test]
fn a_terminal_that_is_only_watched() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let mut up = up(&sandbox, &["/probe", "tty", ",", "facts", ",", "wait"], "tty = true");
    up.expect(r#""terminals":[false,true,true]"#);
    up.expect(r#""0":"/dev/null""#);
    up.expect("ready");
    assert!(!up.is_raw(), "nothing is typed into the container: the caller's keys are the caller's");
    // Ctrl-C is the terminal's signal to the launcher then, which passes it on.
    up.send("\u{3}");
    assert_eq!(up.end().code(), Some(137));
    up.expect("from the terminal");
}

#[test]
fn a_terminal_without_a_terminal_outside() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let ended = sandbox.up(&["/probe", "tty"], "tty = true").expect(0);
    assert_eq!(ended.value()["terminals"], serde_json::json!([false, true, true]));
}

#[test]
fn both_without_a_terminal_on_standard_input_are_an_error() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.profile(&["/probe", "wait"], TTY);
    let problem = sandbox.run(&["up", "profile.toml", "--error-format", "json"]).expect(125).diagnostic();
    assert_eq!(problem["code"], "tinydocker::host::stdin_not_a_terminal", "{problem:#}");
    assert_eq!(problem["labels"][0]["line"], 4);

    let command = sandbox.command(&["run", "-it", "/bin/true"]);
    let mut run = OnTerminal::start_without_input(command, 24, 80);
    assert_eq!(run.end().code(), Some(125), "{}", run.text());
    run.expect("stdin_not_a_terminal");
}

#[test]
fn a_flood_of_output_comes_whole() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    for rest in [TTY, "tty = true"] {
        let mut up = up(&sandbox, &["/probe", "lines", "50000"], rest);
        assert_eq!(up.end().code(), Some(0));
        up.expect("line 00049999");
        up.expect("\n");
        // A terminal that is only watched is not raw: it adds a carriage return of its own.
        let text = up.text().replace("\r\r\n", "\r\n");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 50_000);
        for (index, line) in lines.iter().enumerate() {
            assert_eq!(*line, format!("line {index:08}"));
        }
    }
}

#[test]
fn a_slow_reader_loses_nothing() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    // A pipe that is full for a while: the launcher has to wait, then print the rest.
    let profile = sandbox.profile(&["/probe", "lines", "30000"], "tty = true").display().to_string();
    let ended = Running::start(sandbox.command(&["up", &profile])).end().expect(0);
    assert_eq!(ended.lines().len(), 30_000);
    assert_eq!(ended.lines()[29_999], "line 00029999");
}

#[test]
fn a_flood_of_input_comes_whole() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let mut up = up(&sandbox, &["/probe", "say", "on", ",", "copy"], TTY);
    up.expect("on\r\n");
    // More than a terminal's line buffer and the launcher's chunk together.
    for index in 0..2_000 {
        up.send(&format!("row {index:04}\n"));
    }
    up.send("\u{4}");
    up.expect("eof after 18000");
    assert_eq!(up.end().code(), Some(0));
}

#[test]
fn the_end_of_input_reaches_the_command() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let mut up = up(&sandbox, &["/probe", "say", "on", ",", "copy"], TTY);
    up.expect("on\r\n");
    up.send("abc\n\u{4}");
    up.expect("eof after 4");
    assert_eq!(up.end().code(), Some(0));
    assert_eq!(up.end().signal(), None);
}

#[test]
fn ctrl_c_is_the_containers() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let mut up = up(&sandbox, &["/probe", "catch", "6", "INT", "QUIT", "TSTP", "TERM"], TTY);
    up.expect("ready");
    for (key, signal) in [("\u{3}", "SIGINT"), ("\u{1c}", "SIGQUIT"), ("\u{1a}", "SIGTSTP")] {
        up.send(key);
        up.expect(&format!("got {signal}"));
    }
    kill(up.pid(), Signal::SIGTERM).expect("the launcher is alive");
    assert_eq!(up.end().code(), Some(6));
}

#[test]
fn the_issues_first_lines_work() {
    let Some(sandbox) = Sandbox::new(&[Need::Host("ls")]) else { return };
    let mut run = OnTerminal::start(sandbox.command(&["run", "-it", "/bin/ls", "/"]), 24, 80);
    assert_eq!(run.end().code(), Some(0), "{}", run.text());
    run.expect("proc");
    let ended = sandbox.run(&["run", "/bin/ls", "/"]).expect(0);
    assert!(ended.lines().contains(&"proc"));
}

#[test]
fn a_shell_below_an_init_has_job_control() {
    let Some(sandbox) = Sandbox::new(&SHELL) else { return };
    let flags = ["run", "-it", "--init", "--name", &sandbox.name, "-e", "PS1=ready> ", "-e", "HISTFILE="];
    let command = ["/bin/bash", "--norc", "--noprofile"];
    let mut shell = OnTerminal::start(sandbox.command(&[&flags[..], &command].concat()), 31, 97);
    shell.expect("ready> ");
    // Session leader and foreground: session, group and the terminal's group are its own.
    shell.send("cut -d' ' -f1,5,6,8 /proc/$$/stat; echo pid $$\n");
    shell.expect("2 2 2 ");
    shell.expect("pid 2\r\n");
    shell.expect("ready> ");
    controls_jobs(&mut shell);
    assert_eq!(shell.end().code(), Some(3));
}

#[test]
fn a_terminal_in_the_mounts_of_the_host_has_a_name_there() {
    let Some(sandbox) = Sandbox::new(&[Need::Host("tty"), Need::Host("sh")]) else { return };
    let rest = format!("{TTY}\nnamespaces.mount = \"host\"");
    let mut terminal = up(&sandbox, &["/bin/sh", "-c", "tty; read line; echo got $line"], &rest);
    terminal.expect("/dev/pts/");
    terminal.send("words\n");
    terminal.expect("got words\r\n");
    assert_eq!(terminal.end().code(), Some(0));
}
