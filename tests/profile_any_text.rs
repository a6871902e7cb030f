//! Nothing that can be typed makes the front end panic, and every label lies in its text.

use proptest::prelude::*;
use tinydocker::diagnostic::{Sources, json, render};
use tinydocker::profile::{File, FlagValue, Meaning, Problems, Request, SetValue, load};

fn request(text: String) -> Request {
    Request {
        file: Some(File { name: "any.toml".into(), text, folder: "/p".into(), stem: "any".into() }),
        argv: vec!["tinydocker".into(), "up".into(), "any.toml".into()],
        working_folder: "/w".into(),
        ..Request::default()
    }
}

fn examine(request: &Request) {
    match load(request) {
        Ok(loaded) => {
            for key in ["command", "cgroup.memory", "mounts", "rootfs.source", "env.PATH"] {
                let origin = loaded.first().origins.of(key);
                loaded.first().origins.hidden(key);
                if let Some(place) = origin.place {
                    assert!(place.offset + place.length <= loaded.sources.get(place.source).text.len());
                }
            }
        }
        Err(Problems { diagnostics, sources }) => {
            assert!(!diagnostics.is_empty());
            for diagnostic in &diagnostics {
                assert!(!diagnostic.message.is_empty());
                for label in &diagnostic.labels {
                    inside(&sources, label.source, label.span.clone());
                }
            }
            render::report(&diagnostics, &sources, render::Options::default());
            json::report(&diagnostics, &sources);
        }
    }
}

fn inside(sources: &Sources, source: tinydocker::diagnostic::SourceId, span: std::ops::Range<usize>) {
    let text = &sources.get(source).text;
    assert!(text.get(span.clone()).is_some(), "{span:?} of {text:?}");
}

/// Lines that are nearly profiles.
fn line() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec![
        "name",
        "command",
        "working_dir",
        "user",
        "groups",
        "env",
        "env.A",
        "tty",
        "hostname",
        "rootfs",
        "rootfs.mode",
        "mounts",
        "mounts.'/a'",
        "mounts.'/a'.type",
        "mounts.'/a/'.size",
        "mounts.b.source",
        "namespaces.uts",
        "network",
        "cgroup",
        "cgroup.memory",
        "cgroup.cpus",
        "cgroup.cpu_quota",
        "cgroup.pids",
        "image",
        "ports",
        "security.no_new_privileges",
        "security.seccomp",
        "security.seccomp.deny",
        "\"漢字\"",
        "x.y.z",
    ]);
    let value = prop::sample::select(vec![
        "1",
        "-1",
        "0",
        "1.5",
        "nan",
        "true",
        "\"host\"",
        "\"private\"",
        "\"256m\"",
        "\"1q\"",
        "[]",
        "[1]",
        "[\"./a:/b\"]",
        "[\"a\", \"./a:/b:ro\", \"./c:/b\"]",
        "[\"A=b\", \"A=c\"]",
        "{}",
        "{ source = \"a\" }",
        "'sh -c \"x'",
        "0o755",
        "2020-01-01",
        "[2020-01-01]",
        "99999999999999999999",
        "\"\"",
        "\"\\u0000\"",
        "\"漢\"",
        "x",
        "",
        "[",
        "{ a = ",
        "\"",
        "'''\n",
        "[[1]]",
        "{ a = { b = [ { c = 1 } ] } }",
        "\"~/x\"",
        "\"~x\"",
    ]);
    let header = prop::sample::select(vec![
        "[cgroup]",
        "[[mounts]]",
        "[env]",
        "[mounts.\"/a\"]",
        "[mounts.\"/a//\"]",
        "[rootfs]",
        "[",
        "[security]",
    ]);
    prop_oneof![
        8 => (key, value).prop_map(|(key, value)| format!("{key} = {value}")),
        2 => header.prop_map(str::to_owned),
        1 => ".{0,20}",
        1 => Just("# \u{feff}é\t漢字".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in "\\PC*") {
        examine(&request(text));
    }

    #[test]
    fn any_bytes_that_are_text(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        examine(&request(String::from_utf8_lossy(&bytes).into_owned()));
    }

    #[test]
    fn nearly_profiles(lines in prop::collection::vec(line(), 0..14), crlf: bool, mark: bool) {
        let text = lines.join(if crlf { "\r\n" } else { "\n" });
        examine(&request(if mark { format!("\u{feff}{text}") } else { text }));
    }

    #[test]
    fn any_set(sets in prop::collection::vec("[a-z.'\"=0-9\\[\\]{} ]{0,30}|rootfs=.{0,9}|mounts=.{0,9}", 0..4)) {
        let sets = sets.into_iter().map(|text| SetValue { text, typed: None }).collect();
        examine(&Request { sets, ..request("command = 'x'\nrootfs = 'host'\n".into()) });
    }

    #[test]
    fn any_flag(texts in prop::collection::vec(".{0,20}|/a:/b:.{0,5}|type=.{0,20}|[0-9.]{1,4}[a-z]?", 0..4)) {
        let meanings = [
            Meaning::Volume, Meaning::Mount, Meaning::Tmpfs, Meaning::Env, Meaning::SecurityOption, Meaning::ReadOnly,
            Meaning::Limit("cgroup.memory"), Meaning::Key("cgroup.cpus"), Meaning::Key("user"), Meaning::Switch("tty"),
        ];
        for meaning in meanings {
            let flags = texts.iter().map(|text| FlagValue { meaning: meaning.clone(), text: text.clone(), typed: None }).collect();
            examine(&Request { flags, ..request("command = 'x'\nrootfs = 'host'\n".into()) });
        }
    }
}
