//! The commands that stand beside the language: explanations, completions, new profiles,
//! help.

mod common;

use common::{Ended, Need, PROGRAM, Running, have};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs the program in a folder.
fn run(folder: &Path, arguments: &[&str]) -> Ended {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).current_dir(folder);
    end(command)
}

fn end(mut command: Command) -> Ended {
    command.env_remove("COLUMNS").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Running::start(command).end()
}

fn folder() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("My App ").tempdir().expect("a folder")
}

#[test]
fn a_code_is_explained_by_its_name_or_its_last_part() {
    let folder = folder();
    let explain = |code: &str| run(folder.path(), &["check", "--explain", code]).expect(0).stdout;
    let text = explain("tinydocker::profile::size_unit");
    assert!(text.starts_with("tinydocker::profile::size_unit\n"), "{text}");
    assert!(text.contains("memory = \"256q\"") && text.contains("memory = \"256m\""), "{text}");
    assert_eq!(text, explain("size_unit"));
    assert_eq!(text, explain("profile::size_unit"));
    let both = explain("command_not_found");
    assert!(both.contains("tinydocker::host::c") && both.contains("tinydocker::engine::c"), "{both}");
    let list = explain("list");
    assert!(list.lines().filter(|line| line.starts_with("tinydocker::")).count() > 60, "{list}");
    assert!(list.lines().all(|line| line.chars().count() <= 80), "{list}");
}

#[test]
fn explanations_are_data_too_and_unknown_codes_are_refused() {
    let folder = folder();
    let json = run(folder.path(), &["check", "--format", "json", "--explain", "size_unit"]).expect(0).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["codes"][0]["code"], "tinydocker::profile::size_unit");
    assert_eq!(json["codes"][0]["example"]["kind"], "profile");
    assert_eq!(json["codes"].as_array().expect("an array").len(), 1);
    let ended = run(folder.path(), &["check", "--explain", "size_unti"]).expect(2);
    assert!(ended.stderr.contains("did you mean `size_unit`?"), "{}", ended.stderr);
    assert!(ended.stderr.contains("[command line:1:28]"), "{}", ended.stderr);
    run(folder.path(), &["check", "--explain", ""]).expect(2);
    let ended = run(folder.path(), &["check", "--explain", "size_unit", "web.toml"]).expect(2);
    assert!(ended.stderr.contains("goes with nothing else"), "{}", ended.stderr);
}

#[test]
fn a_report_leads_to_the_explanation_on_a_terminal_only() {
    let folder = folder();
    fs::write(folder.path().join("a.toml"), "command = [\"a\"]\nrootfs = 1\n").expect("a profile");
    let piped = run(folder.path(), &["check", "--no-host", "a.toml"]).expect(1);
    assert!(!piped.stderr.contains("--explain"), "{}", piped.stderr);
    for (quiet, expected) in [(false, 1), (true, 0)] {
        let mut command = Command::new(PROGRAM);
        command.args(["check", "--no-host", "a.toml"]).args(quiet.then_some("--quiet"));
        command.current_dir(folder.path());
        let mut terminal = common::terminal::OnTerminal::start(command, 24, 80);
        terminal.expect(if quiet { "1 problem in a.toml" } else { "--explain type" });
        assert_eq!(terminal.end().code(), Some(1));
        let text = terminal.text();
        assert_eq!(text.matches("tinydocker check --explain type").count(), expected, "{text}");
    }
}

#[test]
fn a_new_profile_passes_check_as_it_is_and_with_every_line_in_force() {
    if !have(&[Need::Root]) {
        return;
    }
    let folder = folder();
    let wrote = run(folder.path(), &["new", "web"]).expect(0);
    assert!(wrote.stderr.contains("tinydocker up web.toml"), "{}", wrote.stderr);
    let checked = run(folder.path(), &["check", "web.toml"]).expect(0);
    assert_eq!(checked.stderr, "no problems in web.toml\n");
    let text = fs::read_to_string(folder.path().join("web.toml")).expect("the profile");
    assert!(text.starts_with("#:schema ") && text.contains("\nname = \"web\"\n"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 90), "{text}");

    let key = |line: &str| {
        let rest = line.strip_prefix("# ")?;
        let word = rest.split(' ').next().unwrap_or_default();
        let assigns = word.chars().all(|c| c.is_ascii_lowercase() || c == '_') || word == "GREETING";
        let is_key = rest.starts_with('[') || assigns && rest[word.len()..].starts_with(" = ");
        is_key.then(|| rest.to_owned())
    };
    let lines: Vec<String> = text.lines().map(|line| key(line).unwrap_or_else(|| line.to_owned())).collect();
    let full = lines.join("\n") + "\n";
    fs::write(folder.path().join("full.toml"), &full).expect("a profile");
    let checked = run(folder.path(), &["check", "--no-host", "full.toml"]);
    assert_eq!((checked.code(), checked.stderr.as_str()), (0, "no problems in full.toml\n"), "{full}");
    for wanted in
        ["[cgroup]", "cpu_shares = 1024", "[mounts.\"/srv\"]", "network = \"none\"", "user = \"0:0\""]
    {
        assert!(full.lines().any(|line| line == wanted), "{wanted} in\n{full}");
    }
    // Every key of the language is at least named.
    let schema = run(folder.path(), &["schema"]).expect(0).stdout;
    let schema: serde_json::Value = serde_json::from_str(&schema).expect("JSON");
    for key in schema["properties"].as_object().expect("keys").keys() {
        // Files of several containers have keys of their own, which a first profile has not.
        let file = ["containers", "defaults", "variants", "vars", "extends"].contains(&key.as_str());
        let named = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == key);
        assert!(file || named, "add {key} to src/cli/new/template.toml");
    }
    // TOML 1.0 has no line breaks in inline tables.
    assert!(!full.lines().any(|line| line.trim_end().ends_with('{')), "{full}");
}

#[test]
fn new_without_a_name_takes_the_folders_and_overwrites_nothing() {
    let folder = folder();
    let inside = folder.path().join("My App_");
    fs::create_dir(&inside).expect("a folder");
    run(&inside, &["new"]).expect(0);
    let file = inside.join("tinydocker.toml");
    let text = fs::read_to_string(&file).expect("the profile");
    assert!(text.contains("\nname = \"my-app\"\n"), "{text}");
    run(&inside, &["check", "--no-host"]).expect(0);

    fs::write(&file, "mine").expect("a file");
    let ended = run(&inside, &["new"]).expect(1);
    assert!(ended.stderr.contains("rm tinydocker.toml"), "{}", ended.stderr);
    assert_eq!(fs::read_to_string(&file).expect("the file"), "mine");
    std::os::unix::fs::symlink("elsewhere", inside.join("web.toml")).expect("a link");
    let ended = run(&inside, &["new", "web"]).expect(1);
    assert!(ended.stderr.contains("tinydocker::cli::file_exists"), "{}", ended.stderr);
    assert!(!inside.join("elsewhere").exists(), "a link is not followed");

    let printed = run(&inside, &["new", "--stdout", "db"]).expect(0).stdout;
    assert!(printed.contains("name = \"db\"") && !inside.join("db.toml").exists());
    assert_eq!(run(&inside, &["new", "-"]).expect(0).stdout, text);
    for (name, help) in [
        ("Web", "tinydocker new web"),
        ("web.toml", "write `tinydocker new web`"),
        ("../a", "is not allowed"),
    ] {
        let ended = run(&inside, &["new", name]).expect(2);
        assert!(ended.stderr.contains(help), "{name}: {}", ended.stderr);
    }
}

/// The scripts of a shell, in a file.
fn script(folder: &Path, shell: &str, file: &str) {
    let text = run(folder, &["completions", shell]).expect(0).stdout;
    fs::write(folder.join(file), text).expect("a script");
}

#[test]
fn bash_completes() {
    if !have(&[Need::Host("bash")]) {
        return;
    }
    let folder = folder();
    script(folder.path(), "bash", "it.bash");
    fs::write(folder.path().join("web.toml"), "").expect("a file");
    let bash = |code: &str| {
        let mut command = Command::new("bash");
        command.args(["--norc", "-c", code]).current_dir(folder.path());
        end(command).expect(0).stdout
    };
    bash("bash -n it.bash");
    let complete = |words: &str| {
        let code = format!(
            "source ./it.bash; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}}-1)); \
             _tinydocker tinydocker \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"; echo \"${{COMPREPLY[@]}}\""
        );
        bash(&code).trim().split(' ').map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(complete("tinydocker up --pids"), ["--pids-limit"]);
    assert_eq!(complete("tinydocker run --cpu-s"), ["--cpu-shares"]);
    assert_eq!(complete("tinydocker up --network ''"), ["none", "host"]);
    assert_eq!(complete("tinydocker check --format ''"), ["text", "json"]);
    assert_eq!(complete("tinydocker ch"), ["check"]);
    assert_eq!(complete("tinydocker completions z"), ["zsh"]);
    assert_eq!(complete("tinydocker run --profile we"), ["web.toml"]);
    assert!(complete("tinydocker plan --").contains(&"--security-opt".to_owned()));
}

#[test]
fn fish_and_zsh_complete_where_they_are() {
    let folder = folder();
    script(folder.path(), "fish", "it.fish");
    script(folder.path(), "zsh", "_tinydocker");
    let fish = fs::read_to_string(folder.path().join("it.fish")).expect("a script");
    assert!(fish.contains("-l memory") && fish.contains("none\\t''"), "{fish}");
    let zsh = fs::read_to_string(folder.path().join("_tinydocker")).expect("a script");
    assert!(zsh.starts_with("#compdef tinydocker") && zsh.contains("(none host)") && zsh.contains("_files"));
    if have(&[Need::Host("fish")]) {
        let mut command = Command::new("fish");
        command.args([
            "--no-config",
            "-c",
            "source it.fish; complete -C 'tinydocker up --mem'; complete -C 'tinydocker up --network '",
        ]);
        command.current_dir(folder.path()).env("HOME", folder.path());
        let said = end(command).expect(0).stdout;
        assert!(said.contains("--memory") && said.contains("none") && said.contains("host"), "{said}");
    }
    if have(&[Need::Host("zsh")]) {
        let mut command = Command::new("zsh");
        command.args(["-f", "-n", "_tinydocker"]).current_dir(folder.path());
        end(command).expect(0);
    }
}

#[test]
fn help_fits_and_its_examples_are_understood() {
    let folder = folder();
    let commands = ["run", "up", "check", "config", "plan", "info", "rm", "new", "schema", "completions"];
    // Whoever types none is told of all, whoever mistypes one of the nearest.
    for command in commands {
        let said = run(folder.path(), &[&format!("{command}x")]).expect(2).stderr;
        assert!(said.contains(&format!("did you mean `{command}`?")), "{said}");
    }
    let first = run(folder.path(), &["--help"]).expect(0).stdout;
    let mut texts = vec![first.clone()];
    for command in commands {
        assert!(first.contains(&format!("\n  {command} ")), "{command} in\n{first}");
        let help = run(folder.path(), &[command, "--help"]).expect(0).stdout;
        assert!(help.contains("Example"), "{command} has an example\n{help}");
        texts.push(help);
    }
    let mut examples = 0;
    for text in texts {
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{line}");
            let Some(typed) = line.strip_prefix("  tinydocker ") else { continue };
            let typed = typed.split("  ").next().unwrap_or_default();
            let typed = typed.split(" > ").next().unwrap_or_default();
            let words: Vec<&str> = typed.split(' ').collect();
            if words.contains(&"[FLAGS]") || words[0] == "[OPTIONS]" {
                continue;
            }
            // Launching is for the tests of launching: here its plan is made, of a
            // profile that is there.
            let profile = "command = [\"/bin/sh\"]\nrootfs = \"host\"\n";
            for name in ["web.toml", "db.toml"] {
                fs::write(folder.path().join(name), profile).expect("a profile");
            }
            match words[0] {
                "run" => continue,
                // Understood, and there is nothing to take away.
                "rm" => {
                    run(folder.path(), &words).expect(1);
                }
                "new" => {
                    fs::remove_file(folder.path().join("web.toml")).expect("no profile");
                    let _ = fs::remove_file(folder.path().join("tinydocker.toml"));
                    run(folder.path(), &words).expect(0);
                }
                "up" => {
                    run(folder.path(), &[&["plan"], &words[1..]].concat()).expect(0);
                }
                "check" if words.len() > 1 && !words.contains(&"--explain") => {
                    run(folder.path(), &[&words[..], &["--no-host"]].concat()).expect(0);
                }
                _ => {
                    run(folder.path(), &words).expect(0);
                }
            }
            examples += 1;
        }
    }
    assert!(examples > 8, "{examples}");
}

#[test]
fn plans_fit_on_terminals() {
    let folder = folder();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/web.toml");
    let example = example.to_string_lossy();
    for columns in [40, 60, 80, 120] {
        let mut command = Command::new(PROGRAM);
        command.args(["plan", &example]).current_dir(folder.path());
        command.stdout(Stdio::piped()).stdin(Stdio::null()).stderr(Stdio::piped());
        command.env("COLUMNS", columns.to_string());
        let text = Running::start(command).end().expect(0).stdout;
        for line in text.lines() {
            let words = line.split_whitespace().count();
            let alone = words == 1 || words == 2 && line.contains(&*example);
            assert!(line.chars().count() <= columns || alone, "{columns}: {line}");
        }
    }
}

#[test]
fn colours_are_for_those_who_want_them() {
    let folder = folder();
    fs::write(folder.path().join("a.toml"), "").expect("a profile");
    let colored = |set: &[(&str, &str)], flags: &[&str]| {
        let mut command = Command::new(PROGRAM);
        command.args(["check", "--no-host", "a.toml"]).args(flags).current_dir(folder.path());
        for name in ["NO_COLOR", "CLICOLOR_FORCE", "TERM"] {
            command.env_remove(name);
        }
        command.envs(set.iter().copied());
        end(command).stderr.contains('\u{1b}')
    };
    assert!(!colored(&[], &[]), "a pipe");
    assert!(colored(&[("CLICOLOR_FORCE", "1")], &[]));
    assert!(!colored(&[("CLICOLOR_FORCE", "0")], &[]));
    assert!(!colored(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], &[]));
    assert!(colored(&[("NO_COLOR", "1")], &["--color", "always"]));
    assert!(!colored(&[("CLICOLOR_FORCE", "1")], &["--color", "never"]));
    for (name, value, expected) in
        [("TERM", "dumb", false), ("TERM", "xterm", true), ("NO_COLOR", "1", false)]
    {
        let mut command = Command::new(PROGRAM);
        command.args(["check", "--no-host", "a.toml"]).current_dir(folder.path());
        command.env_remove("NO_COLOR").env("TERM", "xterm").env(name, value);
        let mut terminal = common::terminal::OnTerminal::start(command, 24, 40);
        terminal.expect("--explain missing_key");
        terminal.end();
        let text = terminal.text();
        assert_eq!(text.contains('\u{1b}'), expected, "{name}={value}: {text}");
        assert!(text.lines().all(|line| expected || line.trim_end().chars().count() <= 40), "{text}");
    }
}
