//! Every name, and what is said about it: tests/profiles/foreign/names.txt has a line for
//! each, `NAME = VALUE`, and below it the help. `TINYDOCKER_BLESS=1` writes the help anew.

use super::*;
use crate::profile::document::parse_value;
use crate::profile::{File, Request, load};
use std::collections::BTreeSet;
use std::path::Path;

/// The names, with the path and the value of each.
fn names() -> Vec<(String, KeyPath, Value)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/profiles/foreign/names.txt");
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with(['#', ' ']) && !line.is_empty());
    lines
        .map(|line| {
            let (name, value) = line.split_once(" = ").unwrap_or_else(|| panic!("{line}"));
            let path = KeyPath::parse(name).unwrap_or_else(|_| panic!("{line}"));
            (line.to_owned(), path, parse_value(value).unwrap_or_else(|| panic!("{line}")))
        })
        .collect()
}

/// All names of the table, one by one.
fn table() -> impl Iterator<Item = (&'static str, &'static Row)> {
    rows().flat_map(|(_, row)| row.0.split_whitespace().map(move |name| (name, row)))
}

/// The keys of another machine: one that has all that is planned.
fn help(path: &KeyPath, value: &Value) -> String {
    let hit = find(path).unwrap_or_else(|| panic!("{path} is not found"));
    let table = path.parent();
    hit.help_if(Some(value), Place { table: &table, top: "the file" }, &|_| true)
}

#[test]
fn every_name_has_this_answer() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/profiles/foreign/names.txt");
    let text = std::fs::read_to_string(&file).unwrap();
    let mut answers = names().into_iter();
    let mut actual = String::new();
    for line in text.lines().filter(|line| !line.starts_with(' ')) {
        actual.push_str(line);
        actual.push('\n');
        if !line.starts_with('#') && !line.is_empty() {
            let (_, path, value) = answers.next().unwrap();
            actual.push_str(&format!("    {}\n", help(&path, &value)));
        }
    }
    if std::env::var_os("TINYDOCKER_BLESS").is_some() {
        std::fs::write(&file, &actual).unwrap();
        return;
    }
    let different: Vec<_> = text.lines().zip(actual.lines()).filter(|(one, other)| one != other).collect();
    assert!(text == actual, "expected, and actual: {different:#?}");
}

#[test]
fn every_name_is_in_the_file_and_every_line_of_it_has_a_name() {
    let lines: Vec<Vec<String>> = names().iter().map(|(_, path, _)| flat(path).unwrap()).collect();
    let (mut count, mut wrong) = (0, Vec::new());
    for (name, row) in table() {
        count += 1;
        let line = lines.iter().find(|words| fits(name, words).is_some());
        match line.map(|line| exact(line)) {
            None => wrong.push(format!("{name} has no line")),
            Some(hit) if hit.as_ref().map(|hit| hit.answer) != Some(row.1) => {
                wrong.push(format!("{name} has {hit:?}"));
            }
            Some(_) => {}
        }
    }
    for words in &lines {
        if !table().any(|(name, _)| fits(name, words).is_some()) {
            wrong.push(format!("{} is no name", words.join(".")));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(count, lines.len(), "a name has two lines");
    assert!(count >= 220, "{count}");
}

#[test]
fn names_are_unique_and_none_of_ours() {
    let (mut seen, mut wrong) = (BTreeSet::new(), Vec::new());
    for (name, row) in table() {
        if !seen.insert(plain(name)) {
            wrong.push(format!("{name} is there twice"));
        }
        let path = KeyPath::keys(name.split('.').map(|part| part.trim_matches('*')));
        let own = keys::kind(&path).is_some() || keys::children(&path.parent()).contains(&name);
        if own {
            wrong.push(format!("{name} is a key of ours"));
        }
        if let Answer::Key(ours, _) = row.1
            && ours::form(ours).is_none()
        {
            wrong.push(format!("{name}: {ours} is no key that is wanted"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Loads a profile of these keys; the report, if it is refused.
fn refused(sets: &[(String, String)]) -> Option<String> {
    let mut text = String::new();
    for (key, value) in [("command", "\"true\""), ("rootfs", "\"host\"")] {
        let given = sets.iter().any(|(set, _)| set == key || set.starts_with(&format!("{key}.")));
        if !given {
            text.push_str(&format!("{key} = {value}\n"));
        } else if key == "rootfs"
            && !sets.iter().any(|(set, _)| matches!(set.as_str(), "rootfs" | "rootfs.source"))
        {
            text.push_str("rootfs.source = \"host\"\n");
        }
    }
    // It goes with a quota only.
    if sets.iter().any(|(key, _)| key == "cgroup.cpu_burst") {
        text.push_str("cgroup.cpu_quota = 50000\n");
    }
    sets.iter().for_each(|(key, value)| text.push_str(&format!("{key} = {value}\n")));
    let file = File { name: "web.toml".into(), text: text.clone(), folder: "/p".into(), stem: "web".into() };
    let reader = crate::profile::Reader::new(|_| Ok(String::new()));
    let request = Request { file: Some(file), reader, ..Request::default() };
    let problems = load(&request).err()?;
    Some(format!("{text}{:#?}", problems.diagnostics))
}

#[test]
fn whatever_is_to_be_written_is_a_profile() {
    let (mut count, mut wrong) = (0, Vec::new());
    for (line, path, value) in names() {
        let Some(converted) = find(&path).and_then(|hit| hit.converted(Some(&value))) else { continue };
        // A mount of another's table is completed where it stands.
        if path.key(0) != Some("mounts") && converted.sets.iter().all(|(key, _)| exists(key)) {
            wrong.extend(refused(&converted.sets).map(|report| format!("{line}\n{report}")));
            count += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 60, "{count}");
}

#[test]
fn forms_of_keys_are_of_their_form() {
    let mut wrong = Vec::new();
    for ours in ours::KEYS.iter().filter(|ours| exists(ours.key) && !ours.key.contains('*')) {
        let mut sets = vec![(ours.key.to_owned(), ours.form.to_owned())];
        if ours.key == "cgroup.cpu_period" {
            sets.push(("cgroup.cpu_quota".into(), "50000".into()));
        }
        wrong.extend(refused(&sets));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_key_that_is_still_to_come_is_said_to_be_missing() {
    let at = KeyPath::default();
    let place = Place { table: &at, top: "the file" };
    let mut wrong = Vec::new();
    for (line, path, value) in names() {
        let hit = find(&path).unwrap();
        let Answer::Key(..) = hit.answer else { continue };
        let help = hit.help_if(Some(&value), place, &|_| false);
        let sets = hit.converted(Some(&value)).map(|converted| converted.sets.len());
        let said = sets == Some(0) || help.contains("tinydocker has no such key yet");
        if !said || help.starts_with("write ") {
            wrong.push(format!("{line}: {help}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let image = find(&KeyPath::keys(["Image"])).unwrap();
    let help = image.help_if(Some(&Value::from("nginx")), place, &|_| false);
    assert_eq!(
        help,
        "tinydocker has no such key yet: unpack one into a folder and write rootfs = \"./folder\""
    );
}

#[test]
fn spellings_and_tables_around() {
    let key = |path: &str| find(&KeyPath::parse(path).unwrap()).and_then(|hit| hit.key());
    for (path, ours) in [
        ("memLimit", "cgroup.memory"),
        ("MEM-LIMIT", "cgroup.memory"),
        ("cgroup.mem_limit", "cgroup.memory"),
        ("services.web.mem_limit", "cgroup.memory"),
        ("Service.MemoryMax", "cgroup.memory"),
        ("HostConfig.NanoCpus", "cgroup.cpus"),
        ("Container.WorkingDir", "working_dir"),
        ("Container.HostName", "hostname"),
        ("process.cwd", "working_dir"),
        ("HostConfig.Memory", "cgroup.memory"),
        ("lxc.\"cgroup2.memory.max\"", "cgroup.memory"),
        ("\"lxc.cgroup2.memory.max\"", "cgroup.memory"),
        ("cgroup.\"memory.max\"", "cgroup.memory"),
        ("\"lxc.sysctl.net.ipv4.ip_forward\"", "security.sysctls.\"net.ipv4.ip_forward\""),
        ("mounts.\"/srv.d\".src", "mounts.\"/srv.d\".source"),
    ] {
        assert_eq!(key(path).as_deref(), Some(ours), "{path}");
    }
    for path in ["wibble", "mounts.\"/srv\".mem_limit", "cgroup.wibble", "services.web.wibble", "lxc.wibble"]
    {
        assert_eq!(key(path), None, "{path}");
    }
}

#[test]
fn answers_are_relative_to_their_table() {
    let help = |path: &str, value: &str| {
        let path = KeyPath::parse(path).unwrap();
        let (table, value) = (path.parent(), parse_value(value).unwrap());
        find(&path).unwrap().help(Some(&value), Place { table: &table, top: "[containers.web]" })
    };
    assert_eq!(help("mem_limit", "1024"), "write cgroup.memory = 1024");
    assert_eq!(help("cgroup.mem_limit", "1024"), "write memory = 1024");
    assert_eq!(help("mounts.\"/srv\".src", "'./a'"), "write source = \"./a\"");
    let deep = "write cgroup.memory = \"50M\" at the top of [containers.web]";
    assert_eq!(help("deploy.resources.limits.memory", "'50M'"), deep);
}

#[test]
fn values_that_can_not_be_carried_over_show_the_form() {
    let help = |name: &str, value: &str| {
        let table = KeyPath::default();
        let hit = find(&KeyPath::keys([name])).unwrap();
        hit.help(Some(&parse_value(value).unwrap()), Place { table: &table, top: "the file" })
    };
    for (name, value, expected) in [
        ("mem_limit", "'12q'", "the key is `cgroup.memory`: write it like cgroup.memory = \"256m\""),
        ("read_only", "false", "the key is `rootfs.mode`: write it like rootfs.mode = \"read-only\""),
        ("volumes", "{ data = { } }", "the key is `mounts`: write it like mounts = [\"./site:/srv:ro\"]"),
        ("cpu_count", "[1]", "the key is `cgroup.cpus`: write it like cgroup.cpus = 0.5"),
        ("network_mode", "'service:db'", "the key is `network`: write it like network = \"host\""),
    ] {
        assert_eq!(help(name, value), expected, "{name}");
    }
}
