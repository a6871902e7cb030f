//! The filter that `plan --seccomp` prints is the one that is in force.

use crate::common::{Sandbox, skip, tracing};
use nix::errno::Errno;
use serde_json::Value;
use std::fs;
use tracing::Instruction;

fn printed(sandbox: &Sandbox) -> Value {
    let said = sandbox.run(&["plan", "profile.toml", "--seccomp", "--format", "json"]).expect(0).stdout;
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
}

fn instructions(filter: &Value) -> Vec<Instruction> {
    let one = |it: &Value| {
        let number = |name: &str| it[name].as_u64().unwrap_or_else(|| panic!("{name} in {it}"));
        assert_eq!(it.as_object().map(serde_json::Map::len), Some(4), "{it}");
        (
            u16::try_from(number("code")).expect("code"),
            u8::try_from(number("jt")).expect("jt"),
            u8::try_from(number("jf")).expect("jf"),
            u32::try_from(number("k")).expect("k"),
        )
    };
    filter["instructions"].as_array().expect("instructions").iter().map(one).collect()
}

/// The filters in force in a payload that waits; none if this kernel does not tell.
fn in_force(sandbox: &Sandbox, rest: &str) -> Option<Vec<Vec<Instruction>>> {
    let mut running = sandbox.start(&["/probe", "wait"], rest);
    assert_eq!(running.line(), "ready");
    let found = tracing::filters(running.payload());
    drop(running);
    match found {
        Ok(filters) => Some(filters),
        Err(error @ (Errno::EINVAL | Errno::EIO | Errno::EMEDIUMTYPE)) => {
            skip(&format!("this kernel does not show filters: {error} (CONFIG_CHECKPOINT_RESTORE)"));
            None
        }
        Err(error) => panic!("the filter can't be read: {error}"),
    }
}

const DOCKERS: &str = r#"{ "defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_LOG"],
    "syscalls": [
        { "names": ["mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 30 },
        { "names": ["personality"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95,
          "args": [{ "index": 0, "value": 255, "valueTwo": 7, "op": "SCMP_CMP_MASKED_EQ" }] }
    ] }"#;

#[test]
fn the_filter_that_is_printed_is_in_force() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    fs::write(sandbox.path("filter.json"), DOCKERS).expect("a profile");
    let mut seen: Vec<Vec<Instruction>> = Vec::new();
    for rest in [
        "",
        "security.capabilities = { SYS_ADMIN = true }",
        "[security.seccomp]\nbase = \"default\"\nallow = [\"keyctl\"]\ndeny = [\"mkdir\"]\nlog = [\"getppid\"]",
        "[security.seccomp]\nbase = \"unconfined\"\ndeny = [\"mkdirat\"]",
        "security.seccomp = \"filter.json\"",
    ] {
        let Some(filters) = in_force(&sandbox, rest) else { return };
        let printed = printed(&sandbox);
        assert_eq!(printed["name"], sandbox.name);
        let expected = instructions(&printed["filter"]);
        assert!(expected.len() > 5 && !seen.contains(&expected), "{rest}: each is another one");
        assert!(filters == [expected.as_slice()], "{rest}: another filter is in force");
        seen.push(expected);
    }
    // An init of ours stays above the command and has none: SECURITY.md says why.
    let Some(filters) = in_force(&sandbox, "init = true") else { return };
    assert!(filters.is_empty(), "PID 1 has no filter");
    let Some(filters) = in_force(&sandbox, "security.seccomp = \"unconfined\"") else { return };
    assert!(filters.is_empty() && printed(&sandbox)["filter"].is_null());
}

#[test]
fn the_filter_is_printed_for_people_too() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let seccomp = "security.seccomp = { deny = [\"mkdirat\"], log = [\"getppid\"] }";
    sandbox.profile(&["/probe"], seccomp);
    let count = instructions(&printed(&sandbox)["filter"]).len();
    for columns in [40, 60, 80, 120] {
        // As long as a name may be that still fits into a line.
        let name = "n".repeat(36);
        let mut command = sandbox.command(&["plan", "profile.toml", "--seccomp", "--name", &name]);
        command.env("COLUMNS", columns.to_string());
        let text = crate::common::Running::start(command).end().expect(0).stdout;
        let words: Vec<&str> = text.split_whitespace().take(5).collect();
        assert_eq!(words.join(" "), format!("Filter of {name}: {count} instructions"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= columns), "{columns}: {text}");
        // In the order of the program, none left out.
        let (_, listed) = text.split_once("\nInstructions\n").expect("instructions");
        let number = |line: &str| line.get(..5)?.trim_start().parse::<usize>().ok();
        assert_eq!(listed.lines().filter_map(number).collect::<Vec<_>>(), (0..count).collect::<Vec<_>>());
    }
    let text = sandbox.run(&["plan", "profile.toml", "--seccomp"]).expect(0).stdout;
    let logged = text.lines().filter(|line| line.trim_start().starts_with("allow and log: ")).count();
    assert!(logged > 0 && text.contains("allow and log: getppid\n"), "{text}");
    assert!(text.contains("profile.toml:4 security.seccomp"), "{text}");
    sandbox.profile(&["/probe"], "security.seccomp = \"unconfined\"");
    let text = sandbox.run(&["plan", "profile.toml", "--seccomp"]).expect(0).stdout;
    assert_eq!(text, format!("{} has no filter: every call is allowed.\n", sandbox.name));
}
