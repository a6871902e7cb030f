//! `--verbose`: every operation of the plan is told when it is done, with its time.

mod common;

use common::terminal::OnTerminal;
use common::{Ended, Need, Running, Sandbox};
use serde_json::Value;
use std::time::Instant;

const REST: &str =
    "hostname = \"box\"\nenv.SECRET = \"hunter2\"\ntimeout = \"1h\"\n[cgroup]\nmemory = \"64m\"";

/// Number, phase and name of each operation of the profile's plan.
fn planned(sandbox: &Sandbox) -> Vec<(usize, String, String)> {
    let plan = sandbox.run(&["plan", "profile.toml", "--format", "json"]).expect(0).stdout;
    let plan: Value = serde_json::from_str(&plan).expect("a plan is JSON");
    let mut all = Vec::new();
    for phase in ["prepare", "spawn", "connect", "enter", "started"] {
        let one = std::slice::from_ref(&plan[phase]);
        for step in plan[phase].as_array().map_or(one, Vec::as_slice) {
            let name = match &step["operation"] {
                _ if phase == "spawn" => "spawn".to_owned(),
                Value::String(name) => name.clone(),
                operation => operation.as_object().and_then(|it| it.keys().next()).expect("a name").clone(),
            };
            all.push((all.len() + 1, phase.to_owned(), name));
        }
    }
    all
}

fn events(ended: &Ended) -> Vec<Value> {
    let lines = ended.stderr.lines().filter(|line| line.starts_with("{\"") && line.contains("\"event\""));
    lines.map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

fn of<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["event"] == kind).collect()
}

fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or_else(|| panic!("{key} in {value}"))
}

#[test]
fn every_operation_is_told_once_and_the_times_fit_into_the_time_that_passed() {
    let Some(sandbox) = Sandbox::new(&[Need::Controller("memory")]) else { return };
    sandbox.profile(&["/probe", "say", "hello"], REST);
    let planned = planned(&sandbox);
    for init in ["--init=false", "--init"] {
        // Init that stays takes two operations more, and there the paths are masked in one.
        let expected = if init == "--init" { planned.len() + 1 } else { planned.len() };
        let begun = Instant::now();
        let ended = sandbox.run(&["up", "profile.toml", init, "--verbose=json"]).expect(0);
        let wall = begun.elapsed().as_secs_f64() * 1e6;
        assert_eq!(ended.stdout, "hello\n");
        assert!(!ended.stderr.contains("hunter2"), "{}", ended.stderr);
        let events = events(&ended);
        assert_eq!(events.len(), ended.stderr.lines().count(), "nothing but events: {}", ended.stderr);
        let operations = of(&events, "operation");
        let mut numbers: Vec<u64> = operations.iter().filter_map(|it| it["number"].as_u64()).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=expected as u64).collect::<Vec<_>>());
        if init != "--init" {
            for (number, phase, name) in &planned {
                let told = operations.iter().find(|it| it["number"] == *number).expect("it was told");
                assert_eq!(
                    (&told["phase"], &told["operation"]),
                    (&Value::from(&**phase), &Value::from(&**name))
                );
            }
        }
        let mut sum = 0.0;
        for told in &operations {
            let (start, end, share) =
                (number(told, "start_us"), number(told, "end_us"), number(told, "share_us"));
            assert!(start <= end && share <= end - start + 0.002, "{told}");
            assert_eq!(told["failed"], false);
            sum += share;
        }
        let took = |kind: &str| match of(&events, kind)[..] {
            [one] => number(one, "us"),
            ref more => panic!("{kind}: {more:?}"),
        };
        // Making namespaces and mounts takes more than no time.
        assert!(sum > 50.0 && sum + took("init_began") <= took("running"), "{sum} {events:?}");
        assert!(took("running") + took("ended") + took("undone") <= wall, "{wall} {events:?}");
        // Init does one after the other.
        let inside: Vec<&&Value> = operations.iter().filter(|it| it["phase"] == "enter").collect();
        assert!(inside.windows(2).all(|two| number(two[0], "end_us") <= number(two[1], "start_us") + 0.002));
        assert_eq!(of(&events, "stopped").len(), 0);
    }
}

#[test]
fn lines_are_aligned() {
    let Some(sandbox) = Sandbox::new(&[Need::Controller("memory")]) else { return };
    sandbox.profile(&["/probe", "say", "hello"], REST);
    let planned = planned(&sandbox);
    for columns in [60, 80, 100] {
        let mut command = sandbox.command(&["up", "profile.toml", "--verbose"]);
        command.env("COLUMNS", columns.to_string()).env_remove("LC_ALL").env("LANG", "C.UTF-8");
        let ended = Running::start(command).end().expect(0);
        let lines: Vec<&str> = ended.stderr.lines().collect();
        assert_eq!(lines[0], format!("tinydocker: {}: {} operations", sandbox.name, planned.len()));
        for line in &lines[1..] {
            assert!(line.chars().count() == columns && line.ends_with(" µs"), "{columns}: {line}");
        }
        for (number, _, name) in &planned {
            let begins = format!("{number:>4}  {name} ");
            assert_eq!(lines.iter().filter(|line| line.starts_with(&begins)).count(), 1, "{begins}");
        }
        assert_eq!(lines.len(), planned.len() + 5, "{lines:#?}");
    }
    let quiet = sandbox.run(&["up", "profile.toml"]).expect(0);
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("hello\n", ""));
}

#[test]
fn a_failure_shows_how_far_it_came() {
    if !cfg!(debug_assertions) {
        eprintln!("skipped: a release build has no faults");
        return;
    }
    let Some(sandbox) = Sandbox::new(&[Need::Controller("memory")]) else { return };
    sandbox.profile(&["/probe", "say", "hello"], REST);
    for (at, phase, name) in planned(&sandbox) {
        let mut command =
            sandbox.command(&["up", "profile.toml", "--verbose=json", "--error-format", "json"]);
        command.env("TINYDOCKER_FAULT", format!("fail:{at}"));
        let ended = Running::start(command).end().expect(if name == "exec" { 126 } else { 125 });
        let events = events(&ended);
        let operations = of(&events, "operation");
        let failed: Vec<&&Value> = operations.iter().filter(|it| it["failed"] == true).collect();
        assert_eq!(failed.len(), 1, "{at} {name}: {}", ended.stderr);
        assert_eq!((&failed[0]["number"], &failed[0]["operation"]), (&at.into(), &name.clone().into()));
        let done: Vec<usize> = operations
            .iter()
            .filter(|it| it["failed"] == false)
            .filter_map(|it| it["number"].as_u64())
            .map(|number| usize::try_from(number).expect("small"))
            .collect();
        // What stands before it is done; what is done on the host while the command is loaded
        // may be done too.
        assert!((1..at).all(|before| done.contains(&before) || phase == "started"), "{at}: {done:?}");
        assert!(done.iter().all(|number| *number < at || name == "exec"), "{at}: {done:?}");
        let stopped = of(&events, "stopped");
        assert_eq!(stopped.len(), 1);
        assert_eq!(stopped[0]["done"], done.len());
        assert!(ended.stderr.contains("\"diagnostics\""), "the report comes too: {}", ended.stderr);
    }
}

#[test]
fn the_last_line_of_a_failure_says_how_far_it_came() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.profile(&["/no-such-command"], "");
    let count = planned(&sandbox).len();
    let ended = sandbox.run(&["up", "profile.toml", "--verbose"]).expect(127);
    let stopped = format!("      stopped: {} of {count} operations were done, after", count - 1);
    assert!(ended.stderr.lines().any(|line| line.starts_with(&stopped)), "{}", ended.stderr);
    let failed: Vec<&str> = ended.stderr.lines().filter(|line| line.contains(" failed ")).collect();
    assert!(matches!(failed[..], [line] if line.contains("  exec ")), "{failed:?}");
    assert!(ended.stderr.contains("command_not_found"), "{}", ended.stderr);
}

/// Once the terminal is the command's, a line feed alone does not begin a line.
#[test]
fn lines_begin_at_the_left_on_a_terminal_too() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let rootfs = sandbox.rootfs().display().to_string();
    let arguments =
        ["run", "-it", "--verbose", "--name", &sandbox.name, "--rootfs", &rootfs, "/probe", "say", "hi"];
    let mut terminal = OnTerminal::start(sandbox.command(&arguments), 24, 80);
    terminal.expect("what was made is removed");
    assert_eq!(terminal.end().code(), Some(0));
    let text = terminal.text();
    assert!(text.contains("attach_terminal"), "{text}");
    let alone = text.bytes().zip(text.bytes().skip(1)).filter(|(one, next)| *one != b'\r' && *next == b'\n');
    assert_eq!(alone.count(), 0, "{text:?}");
}

#[test]
fn it_is_typed_like_this() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.profile(&["/probe", "say", "hello"], "");
    let refused = |arguments: &[&str]| sandbox.run(arguments).expect(125).stderr;
    assert!(refused(&["up", "profile.toml", "--verbose", "--quiet"]).contains("tinydocker::usage::value"));
    assert!(refused(&["up", "profile.toml", "--verbose=xml"]).contains("tinydocker::usage::"));
    // A word behind it is not its value.
    let ended = sandbox.run(&["up", "--verbose", "profile.toml"]).expect(0);
    assert!(ended.stdout == "hello\n" && ended.stderr.contains("  exec "), "{}", ended.stderr);
}
