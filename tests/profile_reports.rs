//! Every refusal of the language, as a person and as a program reads it; and what good
//! profiles come to. `TINYDOCKER_BLESS=1 cargo test` writes the expected files anew.

use std::path::{Path, PathBuf};
use tinydocker::diagnostic::{json, render};
use tinydocker::profile::{CODES, Environment, File, Loaded, Problems, Reader, Request, load};

fn profiles(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/profiles").join(kind);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    files
}

fn load_file(path: &Path) -> Result<Loaded, Problems> {
    load(&Request {
        file: Some(File {
            name: path.file_name().unwrap().to_str().unwrap().into(),
            text: std::fs::read_to_string(path).unwrap(),
            folder: "/profiles".into(),
            stem: path.file_stem().unwrap().to_str().unwrap().into(),
        }),
        // Files that profiles name lie beside them.
        reader: Reader::new({
            let folder = path.parent().unwrap().to_owned();
            move |file| {
                let name = file.strip_prefix("/profiles").map_err(|_| "there is no such file")?;
                std::fs::read_to_string(folder.join("files").join(name))
                    .map_err(|_| "there is no such file".to_owned())
            }
        }),
        environment: Environment::new([("LANG".to_owned(), "C".to_owned())]),
        home: Some("/home/me".into()),
        working_folder: "/work".into(),
        ..Request::default()
    })
}

/// Compares with the file beside, or writes it.
fn expect(path: &Path, actual: &str, failures: &mut Vec<String>) {
    if std::env::var_os("TINYDOCKER_BLESS").is_some() {
        std::fs::write(path, actual).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    if expected != actual {
        failures.push(format!("{}\n--- expected\n{expected}\n--- actual\n{actual}", path.display()));
    }
}

#[test]
fn bad_profiles_are_refused_with_these_reports() {
    let files = profiles("bad");
    assert!(files.len() >= 220, "{}", files.len());
    let mut failures = Vec::new();
    for path in files {
        let several = path.file_name().unwrap().to_str().unwrap().starts_with("several_");
        match load_file(&path) {
            Ok(_) => failures.push(format!("{} was accepted", path.display())),
            Err(Problems { diagnostics, sources }) => {
                for diagnostic in &diagnostics {
                    assert!(CODES.contains(&diagnostic.code), "{}", diagnostic.code);
                    let primary = diagnostic.labels.iter().filter(|label| label.primary).count();
                    assert_eq!(primary, usize::from(!diagnostic.labels.is_empty()), "{}", path.display());
                }
                // A case is about one code, unless it is about reports of several.
                let mut codes: Vec<&str> = diagnostics.iter().map(|it| it.code).collect();
                codes.sort_unstable();
                codes.dedup();
                if (codes.len() > 1) != several {
                    failures.push(format!("{} has the codes {codes:?}", path.display()));
                }
                let report = render::report(&diagnostics, &sources, render::Options::default());
                expect(&path.with_extension("stderr"), &report, &mut failures);
                expect(&path.with_extension("json"), &json::report(&diagnostics, &sources), &mut failures);
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn good_profiles_come_to_this() {
    let mut failures = Vec::new();
    for path in profiles("good") {
        match load_file(&path) {
            Ok(loaded) => {
                let text = format!("{:#?}\n", loaded.first().profile);
                expect(&path.with_extension("profile"), &text, &mut failures);
            }
            Err(Problems { diagnostics, sources }) => {
                failures.push(render::report(&diagnostics, &sources, render::Options::default()));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// Other programs' files, translated into TOML with their names left in: one report has
/// an answer for every one of them.
#[test]
fn other_programs_files_are_answered_key_by_key() {
    let files = profiles("foreign");
    assert_eq!(files.len(), 3);
    let mut failures = Vec::new();
    for path in files {
        let Err(Problems { diagnostics, sources }) = load_file(&path) else { panic!("{}", path.display()) };
        let report = render::report(&diagnostics, &sources, render::Options::default());
        expect(&path.with_extension("stderr"), &report, &mut failures);
        assert!(diagnostics.len() >= 15, "{report}");
        for diagnostic in &diagnostics {
            assert!(diagnostic.help.is_some(), "{}", diagnostic.message);
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn ascii_reports_are_ascii_and_plain_ones_have_no_escapes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/profiles/bad/cgroup_memory_unit.toml");
    let Err(Problems { diagnostics, sources }) = load_file(&path) else { panic!("accepted") };
    let options = render::Options { unicode: false, ..render::Options::default() };
    assert!(render::report(&diagnostics, &sources, options).is_ascii());
    let colored = render::Options { color: true, ..render::Options::default() };
    assert!(render::report(&diagnostics, &sources, colored).contains('\u{1b}'));
    assert!(!render::report(&diagnostics, &sources, render::Options::default()).contains('\u{1b}'));
}

#[test]
fn the_schema_in_the_tree_is_the_programs() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/profile.schema.json");
    let mut failures = Vec::new();
    expect(&path, &tinydocker::profile::schema::text(), &mut failures);
    assert!(failures.is_empty(), "run TINYDOCKER_BLESS=1 cargo test\n{}", failures.join("\n"));
}
