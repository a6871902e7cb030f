//! Places are right to the column: whatever stands before a wrong value, its label covers
//! exactly that value, and line and column are what a person counts.

use proptest::prelude::*;
use proptest::sample::select;
use tinydocker::diagnostic::json;
use tinydocker::profile::{File, Request, load};

/// A wrong value that occurs nowhere else.
const WRONG: &str = "\"77777q\"";

/// What the report says of the wrong value: file offset, length, line, column, end column.
fn place(text: &str) -> (usize, usize, usize, usize, usize) {
    let file = File { name: "a.toml".into(), text: text.into(), folder: "/p".into(), stem: "a".into() };
    let request = Request { file: Some(file), ..Request::default() };
    let problems = load(&request).expect_err("accepted");
    let report: serde_json::Value =
        serde_json::from_str(&json::report(&problems.diagnostics, &problems.sources)).unwrap();
    let all = report["diagnostics"].as_array().unwrap();
    let wrong: Vec<_> = all.iter().filter(|it| it["code"] == "tinydocker::profile::size_unit").collect();
    assert_eq!(wrong.len(), 1, "{text:.400}\n{report:#}");
    let label = &wrong[0]["labels"][0];
    let number = |key: &str| usize::try_from(label[key].as_u64().unwrap()).unwrap();
    (number("offset"), number("length"), number("line"), number("column"), number("end_column"))
}

/// The same, counted without any of our code: characters of the line before the value.
fn counted(text: &str) -> (usize, usize, usize, usize, usize) {
    let offset = text.find(WRONG).unwrap();
    let before = &text[..offset];
    let line = before.split('\n').count();
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = before[start..].trim_start_matches('\u{feff}').chars().count() + 1;
    (offset, WRONG.len(), line, column, column + WRONG.chars().count())
}

fn check(text: &str) {
    assert_eq!(place(text), counted(text), "{text:.400}");
}

/// Ways of writing the value.
const STYLES: [&str; 9] = [
    "cgroup.memory = @",
    "\tcgroup\t.\tmemory\t=\t@\t# 漢字",
    "cgroup = { memory = @ }",
    "cgroup = { pids = 3, memory = @, cpus = 1 }",
    "[cgroup]\nmemory = @",
    "[cgroup]\n\t  'memory'  =  @  # é",
    "mounts.\"/漢字\" = { type = \"tmpfs\", size = @ }",
    "mounts = { \"/é\" = { type = \"tmpfs\", size = @ } }",
    "[mounts.\"/🦀\"]\nsize = @",
];

fn lines() -> impl Strategy<Value = Vec<&'static str>> {
    let line = select(vec![
        "",
        "# comment",
        "# 漢字 🦀 e\u{301} \t tab",
        "\t\t",
        "x-a = 'ünïcödé'",
        "env.\"漢\" = \"字\"",
        "env = { A = \"é\" }",
        "x-long = \"0123456789012345678901234567890123456789012345678901234567890123456789\"",
        "x-lines = \"\"\"\none\n\t漢字\n\"\"\"",
    ]);
    proptest::collection::vec(line, 0..8)
}

proptest! {
    #[test]
    fn a_wrong_value_is_found_behind_anything(
        before in lines(),
        style in select(STYLES.to_vec()),
        mark in any::<bool>(),
        crlf in any::<bool>(),
        after in lines(),
    ) {
        // A key may stand once.
        let mut seen = Vec::new();
        let mut once = |line: &&'static str| {
            let key = line.split(['=', '.']).next().unwrap_or_default().trim();
            let new = key.is_empty() || key.starts_with('#') || !seen.contains(&key);
            seen.push(key);
            new
        };
        let before: Vec<&str> = before.into_iter().filter(|line| once(line)).collect();
        // Behind a header only comments are no other table's keys.
        let after: Vec<&str> = after.into_iter().filter(|line| !line.contains('=')).collect();
        let text = [
            "command = 'a'",
            "rootfs = 'host'",
            &before.join("\n"),
            &style.replace('@', WRONG),
            &after.join("\n"),
        ]
        .join("\n");
        let text = if crlf { text.replace('\n', "\r\n") } else { text };
        check(&if mark { format!("\u{feff}{text}") } else { text });
    }
}

#[test]
fn after_ten_thousand_keys() {
    let mut text = String::from("command = 'a'\nrootfs = 'host'\n[env]\n");
    for number in 0..10_000 {
        text.push_str(&format!("V{number} = \"{number}\"\n"));
    }
    check(&format!("{text}[cgroup]\nmemory = {WRONG}\n"));
}

#[test]
fn behind_a_thousand_columns() {
    let long = "é".repeat(1000);
    check(&format!("command = 'a'\nrootfs = 'host'\ncgroup = {{ x-note = '{long}', memory = {WRONG} }}\n"));
    let many: Vec<String> = (0..400).map(|number| format!("V{number} = '漢'")).collect();
    check(&format!(
        "command = 'a'\nrootfs = 'host'\nx-all = {{ env = {{ {} }} }}\ncgroup = {{ memory = {WRONG} }}\n",
        many.join(", ")
    ));
}

#[test]
fn in_each_of_nine_hundred_problems() {
    let mut text = String::from("command = 'a'\nrootfs = 'host'\n[mounts]\n");
    for number in 0..300 {
        text.push_str(&format!(
            "\t'/m{number}' = {{ type = 'tmpfs', size = '{number}q', mdoe = 3, x = 1 }}\n"
        ));
    }
    let file = File { name: "a.toml".into(), text: text.clone(), folder: "/p".into(), stem: "a".into() };
    let problems = load(&Request { file: Some(file), ..Request::default() }).expect_err("accepted");
    assert_eq!(problems.diagnostics.len(), 900);
    for problem in problems.diagnostics {
        let label = &problem.labels[0];
        let shown = &text[label.span.clone()];
        assert!(shown.ends_with("q'") || shown == "mdoe" || shown == "x", "{shown}");
    }
}
