//! `command`, `env`, `interactive`: what the command starts with, and how it ends.

use crate::common::{Running, Sandbox, probe};
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

#[test]
fn every_exit_code_comes_back() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    for code in [0, 1, 2, 42, 124, 125, 126, 127, 128, 130, 137, 254, 255] {
        let ended = sandbox.up(&["/probe", "exit", &code.to_string()], "").expect(code);
        assert_eq!(ended.stderr, "", "nothing to say about a command that ends by itself");
    }
}

#[test]
fn a_signal_that_ends_the_command_is_named() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let ended = sandbox.up(&["/probe", "abort"], "namespaces.pid = \"host\"").expect(134);
    assert!(ended.stderr.contains("SIGABRT"), "{}", ended.stderr);
}

#[test]
fn a_command_that_is_not_there_is_127() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    for command in ["/none", "none", "/probe/none"] {
        sandbox.profile(&[command], "env.PATH = \"/bin:/\"");
        let problem = sandbox.run(&["up", "profile.toml", "--error-format", "json"]).expect(127).diagnostic();
        assert_eq!(problem["operation"], "exec", "{problem:#}");
        assert_eq!(problem["labels"][0]["line"], 2);
    }
}

#[test]
fn a_command_that_can_not_be_executed_is_126() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    sandbox.write("rootfs/text", "no program");
    fs::create_dir(sandbox.rootfs().join("folder")).expect("a folder");
    let script = sandbox.write("rootfs/script", "#!/none/sh\n");
    fs::set_permissions(script, fs::Permissions::from_mode(0o755)).expect("a mode");
    let garbage = sandbox.write("rootfs/garbage", "\u{1}\u{2}\u{3}\u{4}garbage");
    fs::set_permissions(garbage, fs::Permissions::from_mode(0o755)).expect("a mode");
    let code = |command: &str| {
        sandbox.profile(&[command], "");
        let problem = sandbox.run(&["up", "profile.toml", "--error-format", "json"]).expect(126).diagnostic();
        assert_eq!(problem["labels"][0]["line"], 2, "{problem:#}");
        problem["code"].as_str().expect("a code").to_owned()
    };
    assert_eq!(code("/text"), "tinydocker::engine::command_not_executable");
    assert_eq!(code("/folder"), "tinydocker::engine::command_not_executable");
    assert_eq!(code("/garbage"), "tinydocker::engine::command_not_executable");
    assert_eq!(code("/script"), "tinydocker::engine::interpreter_not_found");
    sandbox.profile(&["script"], "env.PATH = \"/none:/folder:/\"");
    let problem = sandbox.run(&["up", "profile.toml", "--error-format", "json"]).expect(126).diagnostic();
    assert_eq!(problem["code"], "tinydocker::engine::interpreter_not_found", "{problem:#}");
    assert_eq!(problem["path"], "//script");
}

#[test]
fn a_bare_name_is_looked_for_in_the_containers_path() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let ended = sandbox.up(&["probe", "say", "found"], "env.PATH = \"/none:/\"").expect(0);
    assert_eq!(ended.stdout, "found\n");
    // Not the caller's PATH: there is a probe in it.
    let profile = sandbox.profile(&["probe", "say", "found"], "").display().to_string();
    let mut command = sandbox.command(&["up", &profile]);
    command.env("PATH", "/");
    Running::start(command).end().expect(127);
}

#[test]
fn the_environment_is_the_profiles_and_nothing_of_the_callers() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let profile = sandbox.profile(&["/probe", "facts"], "[env]\nGREETING = \"hello world\"\nEMPTY = \"\"");
    let mut command = sandbox.command(&["up", &profile.display().to_string()]);
    command.env("SECRET_OF_THE_CALLER", "x").env("LD_PRELOAD", "/none");
    let facts = Running::start(command).end().expect(0).value();
    let env = facts["env"].as_object().expect("a table");
    assert_eq!(env.keys().collect::<Vec<_>>(), ["EMPTY", "GREETING", "HOME", "PATH", "container"]);
    assert_eq!(env["GREETING"], "hello world");
    assert_eq!(env["container"], "tinydocker");
    assert_eq!(facts["argv"], serde_json::json!(["/probe", "facts"]));
}

#[test]
fn the_command_is_the_first_process_in_a_session_of_its_own() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let facts = sandbox.up(&["/probe", "facts"], "").expect(0).value();
    assert_eq!((&facts["pid"], &facts["session"]), (&1.into(), &1.into()));
    assert_eq!(facts["status"]["Threads"], "1");
}

#[test]
fn no_descriptor_of_the_host_comes_in() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let profile = sandbox.profile(&["/probe", "facts"], "").display().to_string();
    let command = sandbox.command_under(&["descriptor=/etc/passwd"], &["up", &profile]);
    let facts = Running::start(command).end().expect(0).value();
    let open = facts["descriptors"].as_object().expect("a table");
    assert_eq!(open.keys().collect::<Vec<_>>(), ["0", "1", "2"], "{open:?}");
    assert_eq!(open["0"], "/dev/null");
}

#[test]
fn the_callers_signals_and_umask_stay_the_callers() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let words = [
        "/probe",
        "facts",
        ",",
        "try",
        "create",
        "/new",
        ",",
        "stat",
        "/new",
        ",",
        "stat",
        "/dev/null",
        ",",
        "stat",
        "/m",
    ];
    let profile = sandbox.profile(&words, "mounts = [\"./rootfs:/m/n\"]").display().to_string();
    let odd =
        ["ignore=HUP", "ignore=PIPE", "ignore=USR1", "ignore=CHLD", "block=TERM", "block=USR2", "umask=0077"];
    let ended = Running::start(sandbox.command_under(&odd, &["up", &profile])).end().expect(0);
    let lines = ended.lines();
    let facts: serde_json::Value = serde_json::from_str(lines[0]).expect("JSON");
    for set in ["SigBlk", "SigIgn", "SigCgt"] {
        assert_eq!(facts["status"][set], "0000000000000000", "{set}");
    }
    assert_eq!(facts["status"]["Umask"], "0022");
    for (line, mode) in [(lines[2], "0644"), (lines[3], "0666"), (lines[4], "0755")] {
        assert!(line.contains(&format!("\"mode\":\"{mode}\"")), "{line}");
    }
}

#[test]
fn the_launchers_memory_does_not_show_inside() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    // Init is executed anew with an empty environment; the payload's own is the profile's.
    let profile = sandbox.profile(&["/probe", "cat", "/proc/1/environ"], "").display().to_string();
    let mut command = sandbox.command(&["up", &profile]);
    command.env("SECRET_OF_THE_CALLER", "hunter2");
    let ended = Running::start(command).end().expect(0);
    assert!(ended.stdout.contains("container=tinydocker") && !ended.stdout.contains("hunter2"), "{ended:?}");
}

#[test]
fn input_comes_through_when_interactive_and_only_then() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let copy = |rest: &str| {
        let profile = sandbox.profile(&["/probe", "copy"], rest).display().to_string();
        let mut command = sandbox.command(&["up", &profile]);
        command.stdin(Stdio::piped());
        let mut running = Running::start(command);
        let mut stdin = running.stdin().expect("a pipe");
        // The command may end without reading it.
        let _ = stdin.write_all(b"typed\n");
        drop(stdin);
        running.end().expect(0).stdout
    };
    assert_eq!(copy("interactive = true"), "typed\neof after 6\n");
    assert_eq!(copy(""), "eof after 0\n");
}

#[test]
fn large_output_comes_whole() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let ended = sandbox.up(&["/probe", "lines", "100000"], "").expect(0);
    assert_eq!(ended.lines().len(), 100_000);
    assert_eq!(ended.lines()[99_999], "line 00099999");
}

#[test]
fn long_arguments_and_environments_get_through() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let words: Vec<String> = (0..30).map(|index| format!("{index}{}", "x".repeat(8_000))).collect();
    let mut command = vec!["/probe", "length", ",", "say"];
    command.extend(words.iter().map(String::as_str));
    let variables: Vec<String> =
        (0..30).map(|index| format!("V{index} = \"{}\"", "y".repeat(8_000))).collect();
    let ended = sandbox.up(&command, &format!("[env]\n{}", variables.join("\n"))).expect(0);
    let length: serde_json::Value = serde_json::from_str(ended.lines()[0]).expect("JSON");
    assert!(length["arguments"].as_u64() > Some(240_000), "{length}");
    assert!(length["variables"].as_u64() > Some(240_000), "{length}");
}

#[test]
fn too_long_an_argument_is_reported_as_such() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let word = "x".repeat(200_000); // MAX_ARG_STRLEN is 128 KiB
    sandbox.profile(&["/probe", "say", &word], "");
    let problem = sandbox.run(&["up", "profile.toml", "--error-format", "json"]).expect(126).diagnostic();
    assert_eq!(problem["errno"], "E2BIG", "{problem:#}");
}

#[test]
fn the_payload_is_the_probe_that_was_built() {
    // Without this every other test here could pass on a stale copy.
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let outside = Command::new(probe()).args(["say", "same"]).output().expect("the probe runs outside too");
    assert_eq!(outside.stdout, sandbox.up(&["/probe", "say", "same"], "").expect(0).stdout.into_bytes());
}
