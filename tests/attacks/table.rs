//! SECURITY.md lists every attack that is tried here, and nothing that is not.

use std::collections::BTreeSet;
use std::process::Command;

const TEXT: &str = include_str!("../../SECURITY.md");

/// The tests of this binary but for this one.
fn tests() -> BTreeSet<String> {
    let this = std::env::current_exe().expect("the test's own path");
    let said = Command::new(this).arg("--list").output().expect("it lists its tests");
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    let names = text.lines().filter_map(|line| line.strip_suffix(": test"));
    names.filter(|name| !name.starts_with("table::")).map(str::to_owned).collect()
}

/// The rows of the table of attacks: all four cells.
fn rows() -> Vec<Vec<String>> {
    let table = TEXT.lines().skip_while(|line| !line.starts_with("| attack |")).skip(2);
    let rows = table.take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
}

#[test]
fn every_row_has_its_tests_and_every_test_a_row() {
    let mut named = BTreeSet::new();
    for row in rows() {
        assert_eq!(row.len(), 4, "{row:?}");
        assert!(row.iter().all(|cell| !cell.is_empty()), "an empty cell: {row:?}");
        named.extend(row[3].split(", ").map(|name| name.trim_matches('`').to_owned()));
    }
    assert!(named.len() > 20, "the table was found: {named:?}");
    assert_eq!(named, tests(), "SECURITY.md at the left, the tests at the right");
}

#[test]
fn a_test_of_a_published_attack_is_in_its_row() {
    for row in rows() {
        for name in row[3].split(", ").filter_map(|name| name.split("cve_").nth(1)) {
            let number: Vec<&str> = name.split('_').take(2).collect();
            assert!(row[0].contains(&number.join("-")), "{row:?}");
        }
    }
}
