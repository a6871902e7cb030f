//! What reports look like on terminals of several kinds, and that they stay inside.

use proptest::prelude::*;
use std::path::{Path, PathBuf};
use tinydocker::diagnostic::render::{Options, report, width};
use tinydocker::diagnostic::{Diagnostic, SourceId, Sources};
use tinydocker::profile::{File, Problems, Request, load};

const CODE: &str = "tinydocker::profile::size_unit";

/// A source, the words in it that get labels, and their texts.
fn problem(name: &str, text: &str, labels: &[(&str, &str)]) -> (Diagnostic, Sources) {
    let mut sources = Sources::default();
    let source = sources.add(name, text);
    let mut diagnostic = Diagnostic::error(CODE, "`cgroup.memory`: \"1q\" is no size").with_help(
        "known units: k, m, g, t, also KB, MB, GB, TB and KiB, MiB, GiB, TiB; all are powers of 1024",
    );
    for (word, label) in labels {
        let start = text.find(word).unwrap_or_else(|| panic!("{word} is in the text"));
        diagnostic = diagnostic.with_label(source, start..start + word.len(), *label);
    }
    (diagnostic, sources)
}

fn scenes() -> Vec<(&'static str, (Diagnostic, Sources))> {
    let long = format!(
        "command = [{}\"last\"]\nrootfs = {{ source = \"host\" }}\n",
        (0..125).map(|n| format!("\"{n:04}\", ")).collect::<String>()
    );
    let middle = long.replace("\"0060\"", "\"here\"");
    let wide =
        "[env]\nGREETING = \"漢字テスト 👩‍💻 e\u{301}\"\nA = [\"漢字テスト 👩‍💻 e\u{301}\", \"1q\"] # 漢字\n";
    let text = "the first word is a flag of another program, and what it would do is written below the key \
                `security`, one line for each of them";
    let both = long.replace("\"0003\"", "\"one\"").replace("\"0120\"", "\"two\"");
    vec![
        (
            "short",
            problem(
                "web.toml",
                "[cgroup]\nmemory = \"1q\"\npids = 5\n",
                &[("\"1q\"", "the unit `q` is not known")],
            ),
        ),
        (
            "two-distant",
            problem(
                "web.toml",
                &format!("[cgroup]\ncpus = 1.5\n{}cpu_quota = 20000\n", "# more\n".repeat(20)),
                &[("1.5", "this"), ("20000", "and this say the same thing")],
            ),
        ),
        ("long-line-end", problem("web.toml", &long, &[("\"last\"", "there is no such thing")])),
        ("long-line-middle", problem("web.toml", &middle, &[("\"here\"", "there is no such thing")])),
        (
            "long-line-two",
            problem("web.toml", &both, &[("\"one\"", "first given here"), ("\"two\"", "given again here")]),
        ),
        ("wide", problem("web.toml", wide, &[("\"1q\"", "the unit `q` is not known")])),
        (
            "tabs",
            problem(
                "web.toml",
                "[cgroup]\n\tmemory\t=\t\"1q\" # a\n",
                &[("\"1q\"", "the unit `q` is not known")],
            ),
        ),
        ("long-label", problem("web.toml", "[cgroup]\n  memory = \"1q\"\n", &[("\"1q\"", text)])),
        (
            "long-label-far-right",
            problem(
                "web.toml",
                "limits = { cgroup = { pids = 512, cpus = 1.5, memory = \"1q\" } }\n",
                &[("\"1q\"", text)],
            ),
        ),
        (
            "long-underline",
            problem("web.toml", &long, &[(long.lines().next().expect("a line"), "all of this")]),
        ),
        ("long-path", {
            let path =
                "/srv/some/where/far/down/in/a/tree/of/folders/that/nobody/has/visited/in/years/profile.toml";
            let (mut diagnostic, sources) =
                problem(path, "[cgroup]\nmemory = \"1q\"\n", &[("\"1q\"", "not known")]);
            diagnostic.message = format!("can't read {path}: permission denied");
            (diagnostic, sources)
        }),
        (
            "acts-on-terminals",
            problem("a\u{1b}[2J.toml", "a = \"\u{1b}[31m\u{202e}1q\u{7}\"\n", &[("1q", "\u{1b}[0mbell")]),
        ),
        (
            "several-lines",
            problem(
                "web.toml",
                "command = [\n  \"a\",\n  \"b\"\nrootfs = 1\n",
                &[("[\n  \"a\",\n  \"b\"", text)],
            ),
        ),
    ]
}

/// Colours as words, for reading.
fn readable(text: &str) -> String {
    text.replace('\u{1b}', "^[")
}

#[test]
fn reports_look_like_this() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("reports");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for (name, (diagnostic, sources)) in scenes() {
        let render = |columns, unicode, color| {
            let options = Options { color, unicode, width: columns };
            let text = report(std::slice::from_ref(&diagnostic), &sources, options);
            let ruler = if unicode { "─" } else { "-" }.repeat(columns);
            format!("{columns} columns\n{ruler}\n{}\n", readable(&text))
        };
        let text = [(80, true, false), (40, true, false), (40, false, false), (80, true, true)]
            .map(|(columns, unicode, color)| render(columns, unicode, color))
            .concat();
        settings.bind(|| insta::assert_snapshot!(name, text));
    }
}

/// The lines that reach beyond a width without being one word that can't be broken.
fn too_wide(text: &str, columns: usize) -> Vec<&str> {
    text.lines()
        .filter(|line| width(line) > columns)
        .filter(|line| {
            // `╭─[PATH:LINE:COLUMN]`
            let header = line.trim_start().starts_with("╭─[") || line.trim_start().starts_with(",-[");
            let words: Vec<&str> = line.split(' ').filter(|word| width(word) > columns / 2).collect();
            // The word, and at most a mark or bar before it.
            let alone = line.trim().split(' ').filter(|word| word.chars().any(char::is_alphanumeric)).count();
            let count = line.contains("problem");
            !(header
                || count
                || words.len() == 1 && (alone == 1 || line.starts_with("  help: ") && alone == 2))
        })
        .collect()
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for (name, (diagnostic, sources)) in scenes() {
        for columns in [40, 60, 80, 120] {
            for unicode in [true, false] {
                let options = Options { color: false, unicode, width: columns };
                let text = report(std::slice::from_ref(&diagnostic), &sources, options);
                assert_eq!(too_wide(&text, columns), [""; 0], "{name} at {columns}:\n{text}");
                let plain = text.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}');
                assert!(plain, "{name}: characters that act on a terminal\n{text}");
            }
        }
    }
}

fn bad_profiles() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/profiles/bad");
    let files = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let files: Vec<_> = files.filter(|path| path.extension().is_some_and(|it| it == "toml")).collect();
    assert!(files.len() >= 60);
    files
}

fn problems(name: &str, text: &str) -> Option<Problems> {
    let file = File { name: name.into(), text: text.into(), folder: "/profiles".into(), stem: "bad".into() };
    load(&Request { file: Some(file), working_folder: "/work".into(), ..Request::default() }).err()
}

#[test]
fn no_line_of_any_refusal_is_wider_than_the_terminal() {
    for path in bad_profiles() {
        let text = std::fs::read_to_string(&path).expect("a profile");
        let name = path.file_name().expect("a name").to_string_lossy();
        let Some(Problems { diagnostics, sources }) = problems(&name, &text) else { continue };
        for columns in [40, 60, 80, 120] {
            let text = report(&diagnostics, &sources, Options { width: columns, ..Options::default() });
            assert_eq!(too_wide(&text, columns), [""; 0], "{name} at {columns}:\n{text}");
        }
    }
}

/// The character that each label's bar or arrow stands below.
fn pointed_at(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let is_under = |line: &str| line.contains(" · ") && line.chars().any(|c| "┬▲".contains(c));
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate().filter(|(_, line)| is_under(line)) {
        let above = lines[index - 1];
        for (column, c) in line.chars().enumerate() {
            if "─┬▲".contains(c) {
                let mut at = 0;
                let hit = above.chars().find(|it| {
                    at += width(&it.to_string());
                    at > column
                });
                found.extend(hit.map(String::from));
            }
        }
    }
    found
}

proptest! {
    /// Whatever stands in a line and however wide the terminal is: the report fits, and
    /// what is underlined is (the beginning of) what the label means.
    #[test]
    fn underlines_stay_below_their_words(
        before in "[a-z \t漢é👩]{0,200}", after in "[a-z \t漢é]{0,200}", columns in 40_usize..130,
        label in "[a-z ]{0,60}", word in "[X-Z]{1,12}",
    ) {
        let line = format!("{before}{word}{after}\nnext");
        let mut sources = Sources::default();
        let source: SourceId = sources.add("a", line.as_str());
        let diagnostic = Diagnostic::error(CODE, "m").with_label(source, before.len()..before.len() + word.len(), format!("l{label}"));
        let text = report(&[diagnostic], &sources, Options { width: columns, ..Options::default() });
        prop_assert!(too_wide(&text, columns).is_empty(), "{}", text);
        prop_assert_eq!(pointed_at(&text).concat(), word, "{}", text);
        let column = before.chars().count() + 1;
        let header = format!("╭─[a:1:{column}]");
        prop_assert!(text.contains(&header), "{}", text);
    }

    /// No place in a text, however wrong, makes rendering fail.
    #[test]
    fn any_label_anywhere_renders(
        text in "([a-z漢\t\r\n\u{feff}\u{301}]|\r\n){0,80}", one in 0_usize..90, two in 0_usize..90, length in 0_usize..40,
        columns in 0_usize..100,
    ) {
        let mut sources = Sources::default();
        let source = sources.add("a", text.as_str());
        let place = |at: usize| {
            let floor = |mut at: usize| { at = at.min(text.len()); while !text.is_char_boundary(at) { at -= 1 } at };
            floor(at)..floor(at + length)
        };
        let diagnostic = Diagnostic::error(CODE, "message").with_label(source, place(one), "first").with_label(source, place(two), "second");
        let shown = report(&[diagnostic], &sources, Options { width: columns, ..Options::default() });
        prop_assert!(shown.contains("╭─[a:"), "{}", shown);
        prop_assert!(!shown.contains('\r'));
    }
}
