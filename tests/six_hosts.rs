//! What every good profile comes to on six hosts: root and another user, each where
//! cgroups are v1, hybrid and v2. `TINYDOCKER_BLESS=1 cargo test` writes the expected
//! files anew, one for each profile and host, a line an operation.

#[path = "plans/fixtures.rs"]
#[allow(dead_code)] // each test file uses its part
mod fixtures;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use tinydocker::diagnostic::render;
use tinydocker::host::{Hierarchy, Host};
use tinydocker::plan::{LaunchPlan, Layer};
use tinydocker::profile::{Container, File, Loaded, Request, load};

fn folder(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(below)
}

/// The good profiles, by name.
fn profiles() -> Vec<(String, Loaded)> {
    let entries = std::fs::read_dir(folder("profiles/good")).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let loaded = load(&Request {
                file: Some(File {
                    name: path.file_name().unwrap().to_str().unwrap().into(),
                    text: std::fs::read_to_string(&path).unwrap(),
                    folder: "/profiles".into(),
                    stem: stem.clone(),
                }),
                home: Some("/home/me".into()),
                working_folder: "/work".into(),
                ..Request::default()
            });
            (stem, loaded.unwrap_or_else(|problems| panic!("{:#?}", problems.diagnostics)))
        })
        .collect()
}

/// Each container of the good profiles, with a name for its files.
fn containers() -> Vec<(String, Loaded, usize)> {
    let each = |(name, loaded): (String, Loaded)| {
        let keys: Vec<Option<String>> =
            loaded.containers.iter().map(|container| container.key.clone()).collect();
        let named = keys.into_iter().enumerate().map(move |(index, key)| {
            let name = key.map_or_else(|| name.clone(), |key| format!("{name}-{key}"));
            (name, loaded.clone(), index)
        });
        named.collect::<Vec<_>>()
    };
    profiles().into_iter().flat_map(each).collect()
}

/// The six hosts, with all that profiles ask about: four cores, a memory node, disks.
fn hosts() -> Vec<(String, Host)> {
    let mut hosts = Vec::new();
    for (layout, mut host) in fixtures::hosts() {
        if !host.cgroups.hierarchies.is_empty() {
            host.cgroups.hierarchies.extend(["cpuset", "blkio"].map(|name| Hierarchy {
                path: format!("/sys/fs/cgroup/{name}"),
                controllers: vec![name.to_owned()],
            }));
        }
        let user = Host { uid: 1000, capabilities: 0, ..host.clone() };
        hosts.push((layout.to_owned(), host));
        hosts.push((format!("rootless-{layout}"), user));
    }
    hosts
}

/// The plan, or why there is none.
fn compiled(loaded: &Loaded, container: &Container, host: &Host) -> String {
    let plan = match LaunchPlan::compile(&container.profile, &container.origins, host) {
        Ok(plan) => plan,
        Err(problems) => return render::report(&problems, &loaded.sources, render::Options::default()),
    };
    let mut text = String::new();
    let mut phase = None;
    for numbered in plan.operations() {
        let operation = numbered.operation;
        if phase.replace(operation.phase()) != Some(operation.phase()) {
            let _ = writeln!(text, "{}", operation.phase().name().to_uppercase());
        }
        let origin = numbered.origin;
        let place = match (&origin.place, origin.layer) {
            (_, Layer::BuiltIn) => String::new(),
            (Some(place), _) => format!(":{}", place.line),
            (None, layer) => format!(":{layer:?}"),
        };
        let _ = writeln!(text, "{} [{}{place}] {}", operation.name(), origin.key, operation.describe());
    }
    for note in &plan.notes {
        let _ = writeln!(text, "NOTE {note}");
    }
    text
}

#[test]
fn every_good_profile_comes_to_this_on_six_hosts() {
    let golden = folder("plans/hosts");
    let bless = std::env::var_os("TINYDOCKER_BLESS").is_some();
    let mut expected_files = BTreeSet::new();
    let mut failures = Vec::new();
    for (name, loaded, index) in containers() {
        let container = &loaded.containers[index];
        for (layout, host) in hosts() {
            let host = Host { resources: fixtures::resources(&container.profile), ..host };
            let actual = compiled(&loaded, container, &host);
            let path = golden.join(format!("{name}.{layout}.txt"));
            if bless {
                std::fs::create_dir_all(&golden).unwrap();
                std::fs::write(&path, &actual).unwrap();
            }
            let expected = std::fs::read_to_string(&path).unwrap_or_default();
            if expected != actual {
                failures.push(format!("{}\n--- expected\n{expected}\n--- actual\n{actual}", path.display()));
            }
            expected_files.insert(path);
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    // A file that no profile and host come to would be compared with nothing.
    for entry in std::fs::read_dir(&golden).unwrap() {
        let path = entry.unwrap().path();
        if !expected_files.contains(&path) {
            assert!(bless, "{} belongs to no profile", path.display());
            std::fs::remove_file(path).unwrap();
        }
    }
    assert!(expected_files.len() >= 42, "{} files", expected_files.len());
}

#[test]
fn who_is_not_root_is_refused_and_told_what_to_do() {
    for (name, loaded, index) in containers() {
        let container = &loaded.containers[index];
        for (layout, host) in hosts().into_iter().filter(|(_, host)| host.uid != 0) {
            let host = Host { resources: fixtures::resources(&container.profile), ..host };
            let text = compiled(&loaded, container, &host);
            assert!(text.contains("tinydocker::host::not_root"), "{name} on {layout}: {text}");
            assert!(text.contains("sudo"), "{name} on {layout}: {text}");
        }
    }
}
