//! Readers of bytes that others wrote take anything: profiles of system calls, and what
//! launcher and init say to each other.

use proptest::prelude::*;
use tinydocker::init::orders::{Field, Head, Order, Reader};
use tinydocker::plan::LaunchPlan;
use tinydocker::seccomp::{Arch, Facts, compile::compile, oci};

const PROFILES: [&str; 2] =
    [include_str!("profiles/every_feature.json"), include_str!("profiles/own_architecture_only.json")];

/// Reads a profile, compiles what could be read; every problem has a place in the text.
fn read(text: &str) {
    match oci::read(text) {
        Ok(document) => {
            for native in [Arch::X86_64, Arch::Aarch64] {
                let facts = Facts { native, capabilities: &["CAP_CHOWN".to_owned()], kernel: "6.1.0-x" };
                let _ = compile(&document.rules(&facts));
            }
        }
        Err(problems) => {
            assert!(!problems.is_empty());
            for problem in problems {
                assert!(text.get(problem.span.clone()).is_some(), "{problem:?}");
                assert!(!problem.message.is_empty());
            }
        }
    }
}

/// What an edit puts in.
const PIECES: [&str; 24] = [
    "\"",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "null",
    "true",
    "-1",
    "1e9",
    "18446744073709551616",
    "\\",
    "é",
    "\u{0}",
    "0",
    "\"SCMP_ACT_NOTIFY\"",
    "\"listenerPath\": 1",
    "\"mkdirr\"",
    "\"args\": [{}]",
    "\"names\": null",
    "\"op\"",
    "\n",
    "",
];

fn edited(text: &str, edits: &[(usize, usize, usize)]) -> String {
    let mut text = text.to_owned();
    for (at, length, piece) in edits {
        let mut start = at % (text.len() + 1);
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        let mut end = (start + length % 12).min(text.len());
        while !text.is_char_boundary(end) {
            end += 1;
        }
        text.replace_range(start..end, PIECES[piece % PIECES.len()]);
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn edited_profiles_are_read_or_refused_at_a_place(
        which in 0..PROFILES.len(),
        edits in proptest::collection::vec(any::<(usize, usize, usize)>(), 0..4),
    ) {
        read(&edited(PROFILES[which], &edits));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(?s).{0,200}") {
        read(&text);
    }

    #[test]
    fn any_bytes_are_a_plan_or_not(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut reader = Reader(&bytes);
        let _ = Head::take(&mut reader);
        while Order::take(&mut reader).is_some() {}
        let _ = serde_json::from_slice::<LaunchPlan>(&bytes);
        let _ = serde_json::from_slice::<tinydocker::store::Record>(&bytes);
    }
}

#[test]
fn mistakes_are_shown_where_they_are() {
    let of = |text: &str| -> Vec<(String, String)> {
        let problems = oci::read(text).expect_err(text);
        problems.into_iter().map(|it| (text[it.span].to_owned(), it.message)).collect()
    };
    let one = |rule: &str| of(&format!(r#"{{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{rule}] }}"#));
    for (rule, at, message) in [
        (
            r#"{ "names": ["mkdirr"], "action": "SCMP_ACT_ALLOW" }"#,
            "\"mkdirr\"",
            "\"mkdirr\" is no system call",
        ),
        (
            r#"{ "names": ["mkdir"], "action": "SCMP_ACT_NOTIFY" }"#,
            "\"SCMP_ACT_NOTIFY\"",
            "\"SCMP_ACT_NOTIFY\" can't be had",
        ),
        (r#"{ "names": ["mkdir"], "action": "ALLOW" }"#, "\"ALLOW\"", "\"ALLOW\" is no action"),
        (
            r#"{ "names": ["mkdir"], "action": "SCMP_ACT_ALLOW", "errnoRet": 1 }"#,
            "1",
            "SCMP_ACT_ALLOW has no errno",
        ),
        (
            r#"{ "names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 5000 }"#,
            "5000",
            "5000 is no errno",
        ),
        (
            r#"{ "names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 2, "errno": "EPERM" }"#,
            "\"EPERM\"",
            "EPERM is 1, and the number beside it is 2",
        ),
        (
            r#"{ "names": ["mkdir"], "action": "SCMP_ACT_ALLOW", "arg": [] }"#,
            "\"arg\"",
            "unknown member \"arg\"",
        ),
        (
            r#"{ "names": ["mkdir"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 6, "op": "SCMP_CMP_EQ" }] }"#,
            "6",
            "there is no argument 6",
        ),
        (
            r#"{ "names": ["mkdir"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 0, "op": "EQ" }] }"#,
            "\"EQ\"",
            "\"EQ\" is no comparison",
        ),
        (
            r#"{ "names": ["mkdir"], "action": "SCMP_ACT_ALLOW", "includes": { "caps": ["ADMIN"] } }"#,
            "\"ADMIN\"",
            "\"ADMIN\" is no capability",
        ),
        (
            r#"{ "names": ["mkdir"], "action": "SCMP_ACT_ALLOW", "includes": { "arches": ["x86_64"] } }"#,
            "\"x86_64\"",
            "\"x86_64\" is no architecture",
        ),
        (
            r#"{ "names": ["mkdir"], "action": "SCMP_ACT_ALLOW", "includes": { "minKernel": "4" } }"#,
            "\"4\"",
            "\"4\" is no kernel version",
        ),
        (r#"{ "names": "mkdir", "action": "SCMP_ACT_ALLOW" }"#, "\"mkdir\"", "expected an array, found text"),
        (r#"{ "action": "SCMP_ACT_ALLOW" }"#, r#"{ "action": "SCMP_ACT_ALLOW" }"#, "\"names\" is missing"),
        (r#"{ "names": ["mkdir"] }"#, r#"{ "names": ["mkdir"] }"#, "\"action\" is missing"),
    ] {
        assert_eq!(one(rule), [(at.to_owned(), message.to_owned())], "{rule}");
    }
    assert_eq!(of("{}"), [("{".to_owned(), "\"defaultAction\" is missing".to_owned())]);
    assert_eq!(of("[]"), [("[]".to_owned(), "expected an object, found an array".to_owned())]);
    assert_eq!(
        of(r#"{ "ociVersion": "1.0", "linux": {} }"#)[0].1,
        "this is a container's whole configuration"
    );
    let listener = of(r#"{ "defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/x" }"#);
    assert_eq!(listener, [("\"/x\"".to_owned(), "\"listenerPath\" can't be had".to_owned())]);
    let both = r#"{ "defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86"], "archMap": [{ "architecture": "SCMP_ARCH_X86_64" }] }"#;
    assert_eq!(of(both)[0].1, "\"archMap\" and \"architectures\" exclude each other");
    assert_eq!(of(r#"{ "defaultAction": "SCMP_ACT_ALLOW", "flags": ["X"] }"#)[0].1, "\"X\" is no flag");
}
