//! README.md tells the truth: every block of it is executed, and what it shows as
//! output is compared with what is printed.

mod common;

use common::terminal::OnTerminal;
use common::{Ended, Need, PROGRAM, Running, Sandbox};
use std::fs;
use std::path::Path;
use std::process::Command;

const NEEDS: [Need; 5] = [
    Need::Host("python3"),
    Need::Host("ps"),
    Need::Controller("memory"),
    Need::Controller("cpu"),
    Need::Controller("pids"),
];

fn project(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The fenced blocks: language and text.
fn blocks() -> Vec<(String, String)> {
    let readme = project("README.md");
    let mut blocks = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in readme.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(language)) => open = Some((language.trim().to_owned(), String::new())),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some((_, text)), None) => *text += &format!("{line}\n"),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block of README.md is not closed");
    assert!(blocks.len() >= 4, "README.md has blocks");
    blocks
}

fn of(language: &str) -> Vec<String> {
    blocks().into_iter().filter(|(name, _)| name == language).map(|(_, text)| text).collect()
}

#[test]
fn every_block_is_of_a_kind_that_is_tested_here() {
    for (language, text) in blocks() {
        assert!(["sh", "console", "toml"].contains(&language.as_str()), "```{language}\n{text}");
    }
}

/// A folder like a clone of the project, and a lock: the names of the README's
/// containers are not this test's own.
fn clone(sandbox: &Sandbox) -> fs::File {
    let copy = |from: &Path, to: &str| {
        let done = Command::new("cp").arg("-r").arg(from).arg(sandbox.path(to)).status();
        assert!(done.is_ok_and(|status| status.success()), "{}", from.display());
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    copy(&root.join("examples"), "examples");
    copy(&root.join("schema"), "schema");
    let lock =
        fs::File::create(std::env::temp_dir().join("tinydocker-readme-test.lock")).expect("a lock's file");
    lock.lock().expect("a lock");
    lock
}

/// Runs a line of the README with a shell, the program in PATH.
fn run(sandbox: &Sandbox, line: &str) -> Ended {
    let like = sandbox.command(&[]);
    let mut command = Command::new("/bin/sh");
    command.args(["-c", line]).current_dir(sandbox.path(""));
    command.envs(like.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let folder = Path::new(PROGRAM).parent().expect("a folder").display().to_string();
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{folder}:{path}")).env("COLUMNS", "80");
    command.stdin(std::process::Stdio::null());
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    Running::start(command).end()
}

#[test]
fn commands_run() {
    let Some(sandbox) = Sandbox::new(&NEEDS) else { return };
    let _lock = clone(&sandbox);
    let ci = project(".ci/run");
    let mut count = 0;
    for line in of("sh").iter().flat_map(|block| block.lines()).filter(|line| !line.trim().is_empty()) {
        let line = line.split(" #").next().expect("a first part").trim();
        if let Some(arguments) = line.strip_prefix("cargo run -- ") {
            // What cargo would build is there already.
            run(&sandbox, &format!("tinydocker {arguments}")).expect(0);
        } else if line.starts_with("tinydocker ") {
            let ended = run(&sandbox, line).expect(0);
            assert!(
                line.contains(" check ") || line.contains(" new ") || !ended.stdout.is_empty(),
                "`{line}` prints something"
            );
        } else {
            // These build the project: `.ci/run` does it, with the same words.
            let words: Vec<&str> = line.split(' ').collect();
            let release = "x86_64-unknown-linux-musl";
            assert!(["cargo", "rustup"].contains(&words[0]), "`{line}` is tested nowhere");
            assert!(ci.contains(&words[..2].join(" ")), ".ci/run does not run `{line}`");
            assert!(!line.contains("--target") || line.contains(release) && ci.contains(release), "{line}");
        }
        count += 1;
    }
    assert!(count > 5);
}

#[test]
fn profiles_are_right() {
    let Some(sandbox) = Sandbox::new(&NEEDS) else { return };
    let _lock = clone(&sandbox);
    let profiles = of("toml");
    assert!(!profiles.is_empty());
    for (index, text) in profiles.iter().enumerate() {
        // Beside the examples, whose files it names.
        let file = format!("examples/readme-{index}.toml");
        sandbox.write(&file, text);
        let ended = run(&sandbox, &format!("tinydocker check {file}")).expect(0);
        assert_eq!(ended.stderr, format!("no problems in {file}\n"), "{text}");
    }
}

/// Columns whose values differ from run to run are left out: user, pid, parent, command.
fn processes(lines: &[&str]) -> Vec<String> {
    let columns = |line: &&str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        format!("{} {} {} {}", fields[0], fields[1], fields[2], fields[7..].join(" "))
    };
    lines.iter().map(columns).collect()
}

#[test]
fn output_is_as_shown() {
    let Some(sandbox) = Sandbox::new(&NEEDS) else { return };
    let _lock = clone(&sandbox);
    let blocks = of("console");
    assert!(!blocks.is_empty());
    for block in blocks {
        let mut lines = block.lines();
        let command = lines.next().and_then(|line| line.strip_prefix("$ ")).expect("a command first");
        let shown: Vec<&str> = lines.collect();
        match shown.first().and_then(|line| line.strip_prefix("# ")) {
            Some(typed) => {
                let arguments: Vec<&str> = command.split(' ').skip(1).collect();
                let mut shell = OnTerminal::start(sandbox.command(&arguments), 24, 80);
                shell.expect("# ");
                shell.send(&format!("{typed}\n"));
                shell.expect(&format!("{typed}\r\n"));
                shell.expect("\n# ");
                let text = shell.text().replace('\r', "");
                let printed = text.split_once(&format!("{typed}\n")).expect("the echo").1;
                let printed: Vec<&str> = printed.lines().take(shown.len() - 1).collect();
                assert_eq!(processes(&printed), processes(&shown[1..]), "{command}");
                shell.send("exit\n");
                assert_eq!(shell.end().code(), Some(0));
            }
            None => {
                let ended = run(&sandbox, command);
                let printed = format!("{}{}", ended.stdout, ended.stderr);
                assert_eq!(printed.trim_end(), shown.join("\n").trim_end(), "{command}");
            }
        }
    }
}
