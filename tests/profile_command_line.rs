//! The program's own command line, from outside: exit codes, streams, suggestions.

use std::path::Path;
use std::process::{Command, Output, Stdio};

struct Run {
    code: i32,
    out: String,
    err: String,
}

fn run_in(folder: &Path, args: &[&str], stdin: &str) -> Run {
    use std::io::Write;
    let mut child = Command::new(env!("CARGO_BIN_EXE_tinydocker"))
        .args(args)
        .current_dir(folder)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that reads no input may be gone already.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    Run {
        code: status.code().unwrap(),
        out: String::from_utf8(stdout).unwrap(),
        err: String::from_utf8(stderr).unwrap(),
    }
}

fn run(args: &[&str]) -> Run {
    run_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/profiles"), args, "")
}

#[test]
fn check_answers_by_exit_code() {
    let good = run(&["check", "--no-host", "good/smallest.toml"]);
    assert_eq!((good.code, good.err.as_str()), (0, "no problems in good/smallest.toml\n"));
    assert_eq!(run(&["check", "--no-host", "--quiet", "good/smallest.toml"]).err, "");
    assert_eq!(run(&["check", "--no-host", "bad/user_name_space.toml"]).code, 1);
    let unread = run(&["check", "--no-host", "bad/nothing.toml", "bad/user_name_space.toml"]);
    assert_eq!(unread.code, 125);
    assert!(unread.err.contains("can't read bad/nothing.toml: there is no such file"), "{}", unread.err);
    assert!(unread.err.contains("web server"), "{}", unread.err);
    let unnamed = run(&["check", "--no-host"]);
    assert!(unnamed.err.contains("can't read tinydocker.toml"), "{}", unnamed.err);
}

#[test]
fn check_puts_all_files_into_one_report() {
    let all = run(&[
        "check",
        "--no-host",
        "bad/user_name_space.toml",
        "good/smallest.toml",
        "bad/cgroup_pids_zero.toml",
    ]);
    assert!(
        all.err.ends_with("2 problems in bad/user_name_space.toml and bad/cgroup_pids_zero.toml\n"),
        "{}",
        all.err
    );
    assert!(!all.err.contains('\u{1b}'));
}

#[test]
fn check_reads_standard_input_and_the_default_file() {
    let folder = tempfile::tempdir().unwrap();
    let read =
        run_in(folder.path(), &["check", "--no-host", "-"], "command = 'x'\nrootfs = 'host'\nuser = 'm e'\n");
    assert!(read.err.contains("[stdin:3:8]"), "{}", read.err);
    std::fs::write(folder.path().join("tinydocker.toml"), "command = 'x'\nrootfs = 'host'\n").unwrap();
    assert_eq!(run_in(folder.path(), &["check", "--no-host"], "").code, 0);
    std::fs::write(folder.path().join("bytes.toml"), b"# \xff\n").unwrap();
    let bytes = run_in(folder.path(), &["check", "bytes.toml"], "");
    assert!(bytes.code == 125 && bytes.err.contains("line 1 is no UTF-8"), "{}", bytes.err);
}

#[test]
fn json_is_one_object_with_places() {
    let json = run(&["check", "--no-host", "--format", "json", "bad/user_name_space.toml"]);
    assert_eq!((json.code, json.err.as_str()), (1, ""));
    let report: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    let label = &report["diagnostics"][0]["labels"][0];
    assert_eq!(label["file"], "bad/user_name_space.toml");
    assert_eq!((label["line"].as_u64(), label["column"].as_u64()), (Some(3), Some(8)));
    assert_eq!((label["end_line"].as_u64(), label["end_column"].as_u64()), (Some(3), Some(20)));
    let none = run(&["check", "--no-host", "--format=json", "good/smallest.toml"]);
    assert_eq!((none.code, none.out.as_str()), (0, "{\n  \"diagnostics\": []\n}\n"));
    let usage = run(&["--error-format", "json", "up", "--gpus", "all"]);
    let report: serde_json::Value = serde_json::from_str(&usage.err).unwrap();
    assert_eq!(report["diagnostics"][0]["code"], "tinydocker::usage::unknown_flag");
    assert_eq!(report["diagnostics"][0]["labels"][0]["file"], "command line");
}

/// The flags of docker, podman, bubblewrap and nsjail are answered from the table of
/// other programs' names.
#[test]
fn other_programs_flags_are_answered() {
    for (args, expected) in [
        (&["--gpus", "all"][..], "devices"),
        (&["-P"], "listens on the host's own ports"),
        (&["--rm"], "leave it out: nothing is left"),
        (&["-l", "a=b"], "labels = { a = \"b\" }"),
        (&["--mem-limit=1g"], "write --memory 1g"),
        (&["--cgroup_mem_max", "268435456"], "write --memory 268435456"),
        (&["--cgroup_pids_max", "-1"], "write --pids-limit max"),
        (&["--cwd", "/srv"], "write --workdir /srv"),
        (&["--chdir", "/my folder"], "write --workdir '/my folder'"),
        (&["--nano-cpus", "500000000"], "write --cpus 0.5"),
        (&["--setenv", "A", "b"], "write --env NAME[=VALUE]"),
        (&["--tmpfsmount", "/tmp"], "write --set 'mounts.\"/tmp\"={ type = \"tmpfs\" }'"),
        (&["--ro-bind", "/etc/ssl", "/etc/ssl"], "write --volume /etc/ssl:/etc/ssl:ro"),
        (&["--bind", "/a", "/b"], "write --volume /a:/b:rw"),
        (&["--unshare-all"], "leave it out: every namespace is private"),
        (&["--share-net"], "--network host"),
        (&["--die-with-parent"], "always ends with its launcher"),
        (&["--new-session"], "a session of its own"),
        (&["--proc", "/proc"], "/proc is mounted without asking"),
        (&["--dev-bind", "/dev/fuse"], "devices"),
        (&["--as-pid-1"], "the command is PID 1"),
        (&["--disable-no-new-privs"], "write --no-new-privileges=false"),
        (&["--terminal"], "write --tty"),
        (&["--file", "a.toml"], "name the file without a flag"),
        (&["--dry-run"], "`tinydocker plan` shows"),
    ] {
        let run = run(&[&["run"], args, &["sh"]].concat());
        let said = run.err.replace("\n        ", " ");
        assert!(run.code == 125 && said.contains(expected), "{args:?}\n{}", run.err);
        assert!(run.err.contains("unknown_flag"), "{args:?}\n{}", run.err);
    }
}

#[test]
fn usage_errors_suggest() {
    for (args, code, expected) in [
        (&["chek"][..], 2, "did you mean `check`?"),
        (&["ps"], 2, "lists no containers yet"),
        (&["check", "--formt", "json"], 2, "did you mean `--format`?"),
        (&["check", "--format", "yaml"], 2, "known: text, json"),
        (&["run"], 125, "a command is missing"),
        (&["run", "-it"], 125, "no command to run"),
        (&["run", "--privileged", "sh"], 125, "there is no such thing, on purpose"),
        (&["run", "-d", "sh"], 125, "foreground only"),
        (&["run", "-itd", "sh"], 125, "foreground only"),
        (&["run", "-p", "80:80", "sh"], 125, "ports"),
        (&["run", "--mem-limit", "1g", "sh"], 125, "write --memory 1g"),
        (&["run", "--memroy", "1g", "sh"], 125, "did you mean `--memory`?"),
        (&["run", "--memory"], 125, "`--memory` needs a value"),
        (&["up", "a.toml", "b.toml"], 125, "b.toml"),
        (&["up", "bad/nothing.toml"], 125, "there is no such file"),
        (&["up", "good"], 125, "it is a folder"),
        (&["--colour", "never", "run", "sh"], 2, "did you mean `--color`?"),
    ] {
        let run = run(args);
        assert_eq!(run.code, code, "{args:?}\n{}", run.err);
        assert!(run.err.contains(expected), "{args:?}\n{}", run.err);
    }
}

#[test]
fn flags_are_refused_where_they_were_typed() {
    for (args, expected) in [
        (&["run", "--memory", "12q", "sh"][..], "[command line:1:25]"),
        (&["run", "-m12q", "sh"], "[command line:1:18]"),
        (&["run", "-it", "--memory=12q", "sh"], "[command line:1:29]"),
        (&["run", "--cpu-share", "1", "sh"], "[command line:1:28]"),
        (&["run", "-v", "a:/b", "sh"], "a bare word is no path"),
        (&["run", "-e", "NO_SUCH_VARIABLE", "sh"], "not set"),
        (&["run", "--tty=maybe", "sh"], "[command line:1:22]"),
        (&["run", "--set", "nmae=x", "sh"], "did you mean `name`?"),
        (&["run", "--security-opt", "apparmor=unconfined", "sh"], "no such option"),
        (&["run", "--security-opt", "seccomp", "sh"], "a file is missing"),
        (&["run", "--mount", "type=volume,dst=/a", "sh"], "no volumes yet"),
        (&["run", "--network", "bridge", "sh"], "no bridge yet"),
        (&["run", "--hostname", "a_b", "--uts", "host", "sh"], "`_` is not allowed"),
    ] {
        let run = run(args);
        assert_eq!(run.code, 125, "{args:?}\n{}", run.err);
        assert!(run.err.contains(expected), "{args:?}\n{}", run.err);
    }
}

#[test]
fn colours_and_characters_follow_the_settings() {
    let colored = run(&["--color", "always", "check", "--no-host", "bad/user_name_space.toml"]);
    assert!(colored.err.contains('\u{1b}'));
    let narrow = Command::new(env!("CARGO_BIN_EXE_tinydocker"))
        .args(["check", "--no-host", "bad/unknown_key.toml"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/profiles"))
        .env_clear()
        .env("COLUMNS", "50")
        .env("LANG", "C")
        .output()
        .unwrap();
    let text = String::from_utf8(narrow.stderr).unwrap();
    assert!(text.is_ascii(), "{text}");
    assert!(text.lines().all(|line| line.len() <= 52), "{text}");
}

#[test]
fn help_is_short_and_has_examples() {
    for args in
        [&["--help"][..], &["run", "--help"], &["up", "--help"], &["check", "--help"], &["plan", "--help"]]
    {
        let help = run(args);
        assert_eq!(help.code, 0);
        assert!(help.out.contains("Example"), "{args:?}");
        assert!(help.out.lines().all(|line| line.chars().count() <= 100), "{}", help.out);
    }
    assert_eq!(run(&[]).code, 2);
    let schema: serde_json::Value = serde_json::from_str(&run(&["schema"]).out).unwrap();
    assert!(schema["properties"]["cgroup"].is_object());
}
