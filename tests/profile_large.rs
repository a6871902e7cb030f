//! Profiles that are far larger than anybody's: as many problems are found as there are,
//! each at its place. (What that takes per line is in `cargo bench --bench check`; were it
//! more with each line, nobody would wait for these tests.)

use std::fmt::Write;
use std::path::PathBuf;
use tinydocker::profile::{File, Loaded, Problems, Request, load};

const MANY: usize = 10_000;

fn loaded(text: &str) -> Result<Loaded, Problems> {
    let file = File {
        name: "large.toml".into(),
        text: text.to_owned(),
        folder: PathBuf::from("/p"),
        stem: "large".into(),
    };
    load(&Request { file: Some(file), working_folder: PathBuf::from("/p"), ..Request::default() })
}

/// A profile with a line for each number below its first three.
fn profile(head: &str, line: impl Fn(usize) -> String, end: &str) -> String {
    lines(MANY, head, line, end)
}

fn lines(count: usize, head: &str, line: impl Fn(usize) -> String, end: &str) -> String {
    let mut text = format!("rootfs = \"host\"\n{head}\n");
    for number in 0..count {
        writeln!(text, "{}", line(number)).unwrap();
    }
    text + end
}

/// Every line below the first two is wrong, and is the place of one problem with this code.
fn every_line_is_wrong(text: &str, code: &str) {
    wrong_lines(MANY, text, code);
}

fn wrong_lines(count: usize, text: &str, code: &str) {
    let found = loaded(text).expect_err("all is wrong");
    assert_eq!(found.diagnostics.len(), count);
    for (number, problem) in found.diagnostics.iter().enumerate() {
        assert_eq!(problem.code, format!("tinydocker::profile::{code}"), "{}", problem.message);
        let label = problem.labels.first().expect("a place");
        let (line, _) = found.sources.line_column(label.source, label.span.start);
        assert_eq!(line as usize, number + 3 + usize::from(text.contains("\n[")), "{}", problem.message);
    }
}

#[test]
fn wrong_entries_of_a_table() {
    let head = "command = [\"/bin/true\"]\n[env]";
    every_line_is_wrong(&profile(head, |number| format!("N{number} = [1]"), ""), "type");
    every_line_is_wrong(&profile(head, |number| format!("\"{number} x=\" = \"\""), ""), "env_name");
}

#[test]
fn wrong_elements_of_an_array() {
    every_line_is_wrong(&profile("command = [\"/bin/true\",", |_| "1,".into(), "]"), "type");
    let mounts = "command = [\"/bin/true\"]\nmounts = [";
    let text = profile(mounts, |number| format!("\"site:/srv/{number}\","), "]");
    let found = loaded(&text).expect_err("all is wrong");
    assert_eq!(found.diagnostics.len(), MANY);
}

#[test]
fn unknown_keys() {
    // Each is compared with all words that are known: fewer say as much.
    let head = "command = [\"/bin/true\"]\n[cgroup]";
    let text = lines(1_000, head, |number| format!("zzz{number} = 1"), "");
    wrong_lines(1_000, &text, "unknown_key");
}

#[test]
fn undefined_variables() {
    let head = "command = [\"/bin/true\"]\n[env]";
    let text = profile(head, |number| format!("N{number} = \"${{none{number}}}\""), "");
    every_line_is_wrong(&text, "undefined_variable");
}

#[test]
fn right_ones() {
    let head = "command = [\"/bin/true\"]\nmounts = [";
    let loaded = loaded(&profile(head, |number| format!("\"./site:/srv/{number}\","), "]")).unwrap();
    let container = loaded.first();
    let written = container.profile.mounts.keys().filter(|target| target.starts_with("/srv/"));
    assert_eq!(written.count(), MANY);
    let place = container.origins.of("mounts.\"/srv/9999\".source").place.expect("it was written");
    assert_eq!(place.line as usize, MANY + 3);
}
