//! `tinydocker check --explain CODE`: why a code is reported, and what to do.

use super::{ExitCode, Format, Settings, report};
use crate::diagnostic::render::wrap;
use crate::diagnostic::{Diagnostic, Sources};
use crate::profile::CommandLine;
use catalogue::{CATALOGUE, Entry, Kind};
use std::io::Write;

mod catalogue;

/// The value that lists all codes.
pub const LIST: &str = "list";

/// Prints the entries that `wanted` means: a whole code, its last parts, or `list`. Two
/// modules may end a code alike; then both are printed.
pub fn execute(wanted: &str, format: Format, argv: &[String], settings: &Settings) -> ExitCode {
    let found: Vec<&Entry> = if wanted == LIST { CATALOGUE.iter().collect() } else { find(wanted).collect() };
    if found.is_empty() {
        let (problem, sources) = unknown(wanted, argv);
        report(&[problem], &sources, settings);
        return ExitCode::Usage;
    }
    let columns = settings.columns(std::io::stdout());
    let text = match format {
        Format::Json => json(&found),
        Format::Text if wanted == LIST => list(&found, columns),
        Format::Text => found.iter().map(|entry| explain(entry, columns)).collect::<Vec<_>>().join("\n"),
    };
    match std::io::stdout().write_all(text.as_bytes()) {
        // `check --explain list | head` has read what it wanted.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => ExitCode::Launcher,
        _ => ExitCode::Success,
    }
}

/// The line that leads from a report to the explanations, for people who read one.
pub fn pointer(diagnostics: &[Diagnostic], columns: usize) -> Option<String> {
    let mut names: Vec<&str> = diagnostics.iter().map(|it| short(it.code)).collect();
    let first = *names.first()?;
    names.sort_unstable();
    names.dedup();
    let lead = if names.len() == 1 { "for more:" } else { "for more on each, such as:" };
    let command = format!("tinydocker check --explain {first}");
    let line = lead.len() + 1 + command.len();
    Some(if line <= columns { format!("{lead} {command}\n") } else { format!("{lead}\n  {command}\n") })
}

/// The shortest end of a code that no other code has.
fn short(code: &str) -> &str {
    let last = code.rsplit("::").next().unwrap_or(code);
    let module = code.strip_prefix("tinydocker::").unwrap_or(code);
    if find(last).count() == 1 { last } else { module }
}

fn find(wanted: &str) -> impl Iterator<Item = &'static Entry> + '_ {
    CATALOGUE.iter().filter(move |entry| {
        entry.code.strip_suffix(wanted).is_some_and(|before| before.is_empty() || before.ends_with("::"))
    })
}

fn unknown(wanted: &str, argv: &[String]) -> (Diagnostic, Sources) {
    let line = CommandLine::new(argv);
    let mut sources = Sources::default();
    let source = sources.add("command line", line.text.as_str());
    let name = wanted.rsplit("::").next().unwrap_or_default();
    let names = CATALOGUE.iter().filter_map(|entry| entry.code.rsplit("::").next());
    let near = crate::profile::nearest(name, names);
    let help = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
    // The argument stands alone or behind `=`, so its text is the last there is.
    let start = line.text.rfind(wanted).filter(|_| !wanted.is_empty());
    let span = start.map_or(0..line.text.len(), |start| start..start + wanted.len());
    let problem =
        Diagnostic::error("tinydocker::usage::unknown_code", format!("no code is called \"{wanted}\""))
            .with_label(source, span, "no code of tinydocker")
            .with_help(format!("{help}`tinydocker check --explain {LIST}` lists all codes"));
    (problem, sources)
}

fn json(entries: &[&Entry]) -> String {
    let mut text =
        serde_json::to_string_pretty(&serde_json::json!({ "codes": entries })).expect("plain data");
    text.push('\n');
    text
}

/// One code a line, its cause's first sentence below.
fn list(entries: &[&Entry], columns: usize) -> String {
    let mut text = String::new();
    for entry in entries {
        let first = entry.cause.split_inclusive(['.', ':']).next().unwrap_or(&entry.cause);
        let first = first.trim_end_matches([':', '.']);
        text += &format!("{}\n{}", entry.code, indented(first, columns));
    }
    text
}

fn explain(entry: &Entry, columns: usize) -> String {
    let mut text = format!("{}\n\n{}", entry.code, indented(&entry.cause, columns));
    if let Some(example) = &entry.example {
        let prompt = if example.kind == Kind::CommandLine { "$ " } else { "" };
        // Not wrapped: it is there to be copied.
        let block = |text: &str| text.lines().map(|line| format!("    {prompt}{line}\n")).collect::<String>();
        text += &format!("\nWrong:\n{}\nRight:\n{}", block(&example.wrong), block(&example.right));
    }
    text += &format!("\nWhat to do:\n{}", indented(&entry.remedy, columns));
    text
}

fn indented(text: &str, columns: usize) -> String {
    wrap(text, columns.saturating_sub(2)).lines().map(|line| format!("  {line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{self, File, Request, load};
    use std::collections::BTreeSet;
    use std::path::Path;

    const HERE: &str = "src/cli/explain/catalogue.toml";

    /// What no file can say: flags, the environment, and the rule of last resort.
    const ELSEWHERE: [&str; 6] = [
        "tinydocker::profile::swap_total",
        "tinydocker::profile::set",
        "tinydocker::profile::only",
        "tinydocker::profile::variant",
        "tinydocker::profile::environment",
        "tinydocker::profile::invalid",
    ];

    /// The codes that the sources write, and the lists that the modules publish.
    fn codes() -> BTreeSet<String> {
        fn visit(folder: &Path, found: &mut BTreeSet<String>) {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    visit(&path, found);
                } else if !path.ends_with(HERE) {
                    let text = std::fs::read_to_string(&path).expect("a source");
                    for part in text.split("\"tinydocker::").skip(1) {
                        let code = part.split('"').next().unwrap_or_default();
                        if code.contains("::")
                            && !code.ends_with("::")
                            && code.chars().all(|c| c.is_ascii_alphanumeric() || "_:".contains(c))
                        {
                            found.insert(format!("tinydocker::{code}"));
                        }
                    }
                }
            }
        }
        let mut found = BTreeSet::new();
        visit(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
        assert!(found.len() > 50, "{found:?}");
        found
    }

    #[test]
    fn every_code_has_an_entry_and_every_entry_a_code() {
        let used = codes();
        let listed: BTreeSet<String> = CATALOGUE.iter().map(|entry| entry.code.clone()).collect();
        assert_eq!(listed.len(), CATALOGUE.len(), "a code has two entries in {HERE}");
        let missing: Vec<_> = used.difference(&listed).collect();
        assert!(
            missing.is_empty(),
            "codes without an explanation: {missing:?}\nfor each add an [[entry]] to {HERE}, with code, \
             cause, remedy, and example = \"profile\" with what is wrong and right"
        );
        let gone: Vec<_> = listed.difference(&used).collect();
        assert!(gone.is_empty(), "no source reports these; remove their entries from {HERE}: {gone:?}");
    }

    #[test]
    fn every_code_of_the_language_has_a_bad_profile() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/profiles/bad");
        let mut reports = String::new();
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|extension| extension == "json") {
                reports += &std::fs::read_to_string(&path).expect("a report");
            }
        }
        for code in profile::CODES.iter().filter(|code| !ELSEWHERE.contains(code)) {
            assert!(
                reports.contains(&format!("\"{code}\"")),
                "no case reports {code}: write tests/profiles/bad/NAME.toml that has just this mistake, then \
                 TINYDOCKER_BLESS=1 cargo test --test profile_reports"
            );
        }
    }

    /// The codes that a profile's text is refused with.
    fn refused(text: &str) -> Vec<&'static str> {
        let file =
            File { name: "web.toml".into(), text: text.into(), folder: "/work".into(), stem: "web".into() };
        let request = Request {
            file: Some(file),
            home: Some("/home/me".into()),
            working_folder: "/work".into(),
            ..Request::default()
        };
        load(&request).err().map_or_else(Vec::new, |it| it.diagnostics.iter().map(|it| it.code).collect())
    }

    #[test]
    fn examples_of_profiles_are_right_and_wrong() {
        for entry in CATALOGUE.iter() {
            let Some(example) = entry.example.as_ref().filter(|example| example.kind == Kind::Profile) else {
                let language = profile::CODES.contains(&entry.code.as_str());
                assert!(
                    !language || ELSEWHERE.contains(&entry.code.as_str()),
                    "{HERE}: {} needs example = \"profile\", wrong and right",
                    entry.code
                );
                continue;
            };
            // What only a host or the kernel refuses is right as language.
            let expected = if profile::CODES.contains(&entry.code.as_str()) {
                vec![entry.code.as_str()]
            } else {
                vec![]
            };
            assert_eq!(
                refused(&example.wrong),
                expected,
                "{HERE}: {}, wrong:\n{}",
                entry.code,
                example.wrong
            );
            assert_eq!(refused(&example.right), [""; 0], "{HERE}: {}, right:\n{}", entry.code, example.right);
            assert_ne!(example.wrong, example.right, "{HERE}: {}", entry.code);
        }
    }

    #[test]
    fn examples_of_command_lines_are_right_and_wrong() {
        for entry in CATALOGUE.iter() {
            let Some(example) = entry.example.as_ref().filter(|example| example.kind == Kind::CommandLine)
            else {
                continue;
            };
            let parse = |line: &str| {
                let line = line.rsplit("| ").next().unwrap_or(line).trim_start_matches("sudo ");
                let line = &line[line.find("tinydocker ").expect("a call of the program")..];
                let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
                assert_eq!(words[0], "tinydocker", "{line}");
                (super::super::args::command().try_get_matches_from(&words), words)
            };
            let (right, _) = parse(&example.right);
            assert!(
                right.is_ok(),
                "{HERE}: {}, right: {}\n{}",
                entry.code,
                example.right,
                right.unwrap_err()
            );
            let (wrong, words) = parse(&example.wrong);
            // What clap refuses has a code of this family; the rest is refused later.
            if let Err(error) = wrong {
                let (problem, _) = super::super::usage::problem(&error, &words);
                assert_eq!(problem.code, entry.code, "{HERE}: {}", example.wrong);
            } else {
                let later = ["unknown_code", "name", "no_utf8"];
                let family = entry.code.strip_prefix("tinydocker::usage::");
                assert!(
                    family.is_none_or(|last| later.contains(&last)),
                    "{HERE}: {} is accepted",
                    example.wrong
                );
            }
        }
    }

    #[test]
    fn codes_are_found_by_their_ends() {
        let found = |wanted| find(wanted).map(|entry| entry.code.as_str()).collect::<Vec<_>>();
        assert_eq!(found("tinydocker::profile::size_unit"), ["tinydocker::profile::size_unit"]);
        assert_eq!(found("profile::size_unit"), ["tinydocker::profile::size_unit"]);
        assert_eq!(found("size_unit"), ["tinydocker::profile::size_unit"]);
        assert_eq!(found("unit"), [""; 0]);
        assert_eq!(found("command_not_found").len(), 2);
        assert_eq!(found(""), [""; 0]);
        assert_eq!(short("tinydocker::profile::size_unit"), "size_unit");
        assert_eq!(short("tinydocker::host::command_not_found"), "host::command_not_found");
        assert_eq!(found(LIST), [""; 0], "`list` is no code's end");
        for entry in CATALOGUE.iter() {
            assert_eq!(found(short(&entry.code)), [entry.code.as_str()]);
        }
    }

    #[test]
    fn what_is_said_fits_on_a_terminal() {
        for columns in [40, 80] {
            for entry in CATALOGUE.iter() {
                for line in
                    indented(&entry.cause, columns).lines().chain(indented(&entry.remedy, columns).lines())
                {
                    assert!(line.chars().count() <= columns, "{}: {line}", entry.code);
                }
            }
        }
        for entry in CATALOGUE.iter() {
            for line in explain(entry, 80).lines() {
                assert!(line.chars().count() <= 80, "{}: {line}", entry.code);
            }
            assert!(entry.cause.ends_with('.') && entry.remedy.ends_with('.'), "{}", entry.code);
        }
    }
}
