//! Other programs' names of things: what they are called here, with the value that was
//! written carried over where it means the same.
//!
//! | module | what it holds |
//! |---|---|
//! | `docker.txt`, `compose.txt`, `oci.txt` … | the names, by whose they are; `names` reads them |
//! | `convert` and below | values in their spellings → values in ours |
//! | `ours` | the form of each key that an answer names, and the keys that are still to come |

use super::keys;
use super::path::{KeyPath, Segment, quote_key};
use figment::value::{Dict, Tag, Value};

mod convert;
mod names;
mod ours;

pub use convert::Convert;

/// Names that mean the same, with white space between them, and the answer to them.
///
/// A name is a path from the container's own table. Capitals, `-` and `_` make no
/// difference; `*` is any key, `**` at the end any keys.
#[derive(Debug)]
pub struct Row(pub &'static str, pub Answer);

/// What there is to say about a foreign name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The same thing under another name, which need not be a key yet; `*` and `**`
    /// stand for what they stand for in the name.
    Key(&'static str, Convert),
    /// There is no such thing yet; a sentence.
    NotYet(&'static str),
    /// It is done otherwise; a sentence.
    Otherwise(&'static str),
}

/// Tables of other programs whose keys are a container's: those below are looked up as if
/// they stood at the top; and whose they are. `*` is any key.
const SECTIONS: &[(&str, &str)] = &[
    ("services.*", "compose's"),
    ("container", "Quadlet's"),
    ("pod", "Quadlet's"),
    ("service", "systemd's"),
    ("unit", "systemd's"),
    ("install", "systemd's"),
    ("exec", "systemd's"),
    ("files", "systemd's"),
    ("host_config", "docker's"),
    ("config", "docker's"),
    ("process", "OCI's"),
    ("linux", "OCI's"),
];

/// A name that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Whose word it is.
    pub from: &'static str,
    /// What to say.
    pub answer: Answer,
    /// The names of the row.
    names: &'static str,
    /// What `*` or `**` of the name stands for.
    star: Vec<String>,
    /// Keys that were written within the last one, in quotes, and belong to the value.
    rest: Vec<String>,
    /// Whether it is a key of ours in another program's table.
    moved: Option<&'static str>,
}

/// Finds the name at a path, seen from the container's own table.
pub fn find(path: &KeyPath) -> Option<Hit> {
    let words = flat(path)?;
    if let Some(hit) = exact(&words).or_else(|| planned(&words)) {
        return Some(hit);
    }
    if let Some((inner, from)) = below_section(&words) {
        let mut hit = exact(inner).or_else(|| planned(inner)).or_else(|| own(&words, inner))?;
        if !hit.from.is_empty() {
            hit.from = from;
        }
        return Some(hit);
    }
    exact(below_ours(path, &words)?)
}

/// Whether there are answers to what may stand in the table at a path.
pub fn has_inside(path: &KeyPath) -> bool {
    let Some(words) = flat(path) else { return false };
    let begins = |pattern: &str, words: &[String]| {
        let parts: Vec<&str> = pattern.split('.').collect();
        let any = parts.last() == Some(&"**") && words.len() >= parts.len();
        (any || parts.len() > words.len()) && parts.iter().zip(words).all(|(part, word)| same(part, word))
    };
    let named = |words: &[String]| {
        rows().any(|(_, Row(names, _))| names.split_whitespace().any(|name| begins(name, words)))
    };
    SECTIONS.iter().any(|(section, _)| begins(section, &words) || fits(section, &words).is_some())
        || named(&words)
        || below_section(&words).is_some_and(|(inner, _)| named(inner))
}

/// Whether a path is a whole container's table in another program's file.
pub fn is_container(path: &KeyPath) -> bool {
    flat(path).is_some_and(|words| fits("services.*", &words).is_some())
}

/// Every name that is answered, and whose it is.
fn rows() -> impl Iterator<Item = (&'static str, &'static Row)> {
    names::ROWS.iter().map(|(from, row)| (*from, row))
}

/// The keys of a path; a key such as `"memory.max"` counts as two.
fn flat(path: &KeyPath) -> Option<Vec<String>> {
    let mut words = Vec::with_capacity(path.0.len());
    for segment in &path.0 {
        let Segment::Key(key) = segment else { return None };
        if key.contains('/') || key.starts_with('.') || key.ends_with('.') {
            words.push(key.clone());
        } else {
            words.extend(key.split('.').map(str::to_owned));
        }
    }
    Some(words)
}

/// `memLimit`, `mem-limit`, `MEM_LIMIT` → `memlimit`.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '-' | '_')).map(|c| c.to_ascii_lowercase()).collect()
}

fn same(part: &str, word: &str) -> bool {
    matches!(part, "*" | "**") || plain(part) == plain(word)
}

/// What the stars of a pattern stand for, if it fits.
fn fits(pattern: &str, words: &[String]) -> Option<Vec<String>> {
    let parts: Vec<&str> = pattern.split('.').collect();
    let tail = parts.last() == Some(&"**");
    let fixed = parts.len() - usize::from(tail);
    let long = if tail { words.len() > fixed } else { words.len() == fixed };
    if !long || !parts[..fixed].iter().zip(words).all(|(part, word)| same(part, word)) {
        return None;
    }
    if tail {
        return Some(vec![words[fixed..].join(".")]);
    }
    Some(parts.iter().zip(words).filter(|(part, _)| **part == "*").map(|(_, word)| word.clone()).collect())
}

/// The row that has the whole path; or, of quoted keys, its longest beginning.
fn exact(words: &[String]) -> Option<Hit> {
    (1..=words.len()).rev().find_map(|length| {
        rows().find_map(|(from, Row(names, answer))| {
            // Only a table's own key takes what is below it, and only if it takes tables.
            let whole = length == words.len() || matches!(answer, Answer::Key(_, convert) if convert.nests());
            let star =
                names.split_whitespace().find_map(|name| fits(name, &words[..length])).filter(|_| whole)?;
            Some(Hit { from, answer: *answer, names, star, rest: words[length..].to_vec(), moved: None })
        })
    })
}

/// A key of ours that is still to come.
fn planned(words: &[String]) -> Option<Hit> {
    let key = ours::KEYS.iter().find(|ours| fits(ours.key, words).is_some())?.key;
    let known = KeyPath::parse(key).is_ok_and(|path| keys::kind(&path).is_some());
    let hit = |key| Hit {
        from: "",
        answer: Answer::Key(key, Convert::Same),
        names: "",
        star: fits(key, words).unwrap_or_default(),
        rest: Vec::new(),
        moved: None,
    };
    (!known).then(|| hit(key))
}

/// The keys below a section, and whose it is.
fn below_section(words: &[String]) -> Option<(&[String], &'static str)> {
    SECTIONS.iter().find_map(|(section, from)| {
        let length = section.split('.').count();
        let inside = words.len() > length && fits(section, &words[..length]).is_some();
        inside.then(|| (&words[length..], *from))
    })
}

/// A word of the container's own in one of our tables: `[cgroup] mem_limit`.
fn below_ours<'w>(path: &KeyPath, words: &'w [String]) -> Option<&'w [String]> {
    (path.0.len() > 1
        && keys::kind(&path.parent()) == Some(keys::Kind::Table)
        && path.key(0) != Some("mounts"))
    .then(|| &words[words.len() - 1..])
}

/// A key of ours in another program's table.
fn own(words: &[String], inner: &[String]) -> Option<Hit> {
    let [word] = inner else { return None };
    if words.len() == inner.len()
        || keys::kind(&KeyPath::keys(words[..words.len() - 1].iter().map(String::as_str))).is_some()
    {
        return None;
    }
    let top = keys::children(&KeyPath::default()).into_iter().find(|key| plain(key) == plain(word));
    let key = top.or_else(|| {
        let snake = word.to_lowercase();
        keys::same_name(&snake, &KeyPath::keys(["-"])).into_iter().find(|key| !key.contains('*'))
    })?;
    Some(Hit {
        from: "",
        answer: Answer::Key(key, Convert::Same),
        names: "",
        star: Vec::new(),
        rest: Vec::new(),
        moved: Some(key),
    })
}

/// From where an answer is read.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The table with the foreign name, seen from the container's own.
    pub table: &'a KeyPath,
    /// What the container's own table is called: `the file`, `[containers.web]`.
    pub top: &'a str,
}

impl Hit {
    /// Whether whoever writes this word has said what `key` is for, so that `key` need
    /// not be reported as missing as well.
    pub fn stands_for(&self, key: &str) -> bool {
        match self.answer {
            Answer::Key(ours, _) => {
                ours == key || key == "rootfs" && matches!(ours, "image" | "rootfs.source")
            }
            Answer::NotYet(_) | Answer::Otherwise(_) => self.names.split(' ').any(|name| match key {
                "rootfs" => matches!(name, "build" | "services"),
                "command" => name == "services",
                _ => false,
            }),
        }
    }

    /// Our key, if there is one that is meant.
    pub fn key(&self) -> Option<String> {
        match self.answer {
            Answer::Key(ours, _) => Some(self.starred(ours)),
            _ => None,
        }
    }

    fn starred(&self, key: &str) -> String {
        let mut star = self.star.iter();
        let parts = key.split('.').map(|part| match part {
            "*" | "**" => star.next().map_or_else(|| part.to_owned(), |word| quote_key(word)),
            part => part.to_owned(),
        });
        parts.collect::<Vec<_>>().join(".")
    }

    /// The label beside the key.
    pub fn label(&self) -> String {
        match (self.answer, self.moved) {
            (_, Some(key)) => format!("`{key}` stands elsewhere here"),
            (Answer::Key(..), _) if self.from.is_empty() => "there is no such key yet".into(),
            (Answer::Key(ours, _), _) if !exists(&self.starred(ours)) => {
                format!("{} word; there is no such key yet", self.from)
            }
            (Answer::Key(ours, _), _) => format!("{} name for `{}`", self.from, shown(&self.starred(ours))),
            (Answer::NotYet(_), _) => format!("{} word; there is no such key yet", self.from),
            (Answer::Otherwise(_), _) => format!("{} word", self.from),
        }
    }

    /// What to write, as `key = value`, and what else to say about it.
    pub fn converted(&self, value: Option<&Value>) -> Option<convert::Converted> {
        let Answer::Key(_, convert) = self.answer else { return None };
        let key = self.key()?;
        let mut value = value?.clone();
        for word in self.rest.iter().rev() {
            value = Value::Dict(Tag::Default, Dict::from([(word.clone(), value)]));
        }
        convert::convert(&value, convert, &key)
    }

    /// What to do, with the value that was written.
    pub fn help(&self, value: Option<&Value>, place: Place<'_>) -> String {
        self.help_if(value, place, &exists)
    }

    /// As [`Hit::help`], with the keys that exist according to somebody else.
    fn help_if(&self, value: Option<&Value>, place: Place<'_>, exists: &dyn Fn(&str) -> bool) -> String {
        let ours = match self.answer {
            Answer::NotYet(text) | Answer::Otherwise(text) => return honest(text, exists),
            Answer::Key(ours, _) => ours,
        };
        let key = self.starred(ours);
        let Some(converted) = self.converted(value) else {
            let form = ours::form(ours).filter(|_| self.star.is_empty());
            let example =
                form.map_or_else(|| shown(&key), |form| format!("{} = {form}", place.relative(&key)));
            return if exists(&key) {
                format!("the key is `{}`: write it like {example}", shown(&key))
            } else {
                not_yet(ours, &format!("that would be like {example}"))
            };
        };
        let all: Vec<String> =
            converted.sets.iter().map(|(key, value)| format!("{} = {value}", place.relative(key))).collect();
        let mut help = match converted.sets.iter().find(|(key, _)| !exists(key)) {
            None if all.is_empty() => String::new(),
            None => {
                let outside = converted.sets.iter().any(|(key, _)| place.is_outside(key));
                let where_ = if outside { format!(" at the top of {}", place.top) } else { String::new() };
                format!("write {}{where_}", all.join(" and "))
            }
            // It is named as it will be.
            Some(_) if self.from.is_empty() && self.moved.is_none() => not_yet(ours, ""),
            Some((missing, _)) => not_yet(missing, &format!("that would be {}", all.join(" and "))),
        };
        for note in &converted.notes {
            if !help.is_empty() {
                help.push_str("; ");
            }
            help.push_str(note);
        }
        help
    }
}

/// A key without its quoted parts' trouble: as TOML writes it.
fn shown(key: &str) -> String {
    key.replace("**", "…").replace('*', "…")
}

/// The mounts of a table or text of another program's, as keys of ours.
pub fn mounts(value: &Value) -> Option<String> {
    let (key, value) = convert::convert(value, Convert::Volumes, "mounts")?.sets.into_iter().next()?;
    Some(format!("{key} = {value}"))
}

/// Whether there is such a key; `*` is any.
pub fn exists(key: &str) -> bool {
    let path = KeyPath::parse(&key.replace("**", "x").replace('*', "x"));
    path.is_ok_and(|path| keys::kind(&path).is_some())
}

/// The text or number of a TOML scalar, or of an array of one, as it is typed behind a flag.
pub fn plain_text(toml: &str) -> Option<String> {
    match super::document::parse_value(toml)? {
        Value::String(_, text) => Some(text),
        Value::Num(..) => Some(toml.to_owned()),
        Value::Array(_, list) if list.len() == 1 => list[0].as_str().map(str::to_owned),
        _ => None,
    }
}

/// A sentence, and which of the keys in it are still to come.
fn honest(text: &str, exists: &dyn Fn(&str) -> bool) -> String {
    let mut missing: Vec<&str> = Vec::new();
    for word in text.split(|c: char| !c.is_ascii_lowercase() && !matches!(c, '_' | '.' | '`' | '*')) {
        let quoted = word.starts_with('`');
        let word = word.trim_end_matches('.').trim_matches('`');
        // A word alone may be English.
        let named = quoted || word.contains('.');
        if named
            && ours::KEYS.iter().any(|ours| ours.key == word)
            && !exists(word)
            && !missing.contains(&word)
        {
            missing.push(word);
        }
    }
    match missing.as_slice() {
        [] => text.to_owned(),
        missing => format!("{text}; tinydocker has no {} yet", missing.join(", ")),
    }
}

/// Whether a key is `true` or `false`.
pub fn is_switch(key: &str) -> bool {
    KeyPath::parse(key).is_ok_and(|path| keys::kind(&path) == Some(keys::Kind::Switch))
}

/// That a key is still to come, and what to do meanwhile.
fn not_yet(key: &str, would_be: &str) -> String {
    let mut text = would_be.to_owned();
    if !text.is_empty() {
        text.push_str("; ");
    }
    text.push_str("tinydocker has no such key yet");
    if let Some(meanwhile) = ours::meanwhile(key) {
        text.push_str(": ");
        text.push_str(meanwhile);
    }
    text
}

impl Place<'_> {
    /// Whether an answer is read in another program's table, where our key is of no use.
    fn is_outside(&self, key: &str) -> bool {
        let key = KeyPath::parse(key).unwrap_or_default();
        !self.table.0.is_empty() && !self.holds(&key) && !is_container(self.table)
    }

    fn holds(&self, key: &KeyPath) -> bool {
        key.starts_with(self.table) && key.0.len() > self.table.0.len()
    }

    /// A key as it is written in the table of the answer.
    fn relative(&self, key: &str) -> String {
        match KeyPath::parse(key) {
            Ok(path) if self.holds(&path) => KeyPath(path.0[self.table.0.len()..].to_vec()).to_string(),
            _ => key.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
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
        let different: Vec<_> =
            text.lines().zip(actual.lines()).filter(|(one, other)| one != other).collect();
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
        let file =
            File { name: "web.toml".into(), text: text.clone(), folder: "/p".into(), stem: "web".into() };
        let reader = crate::profile::Reader::new(|path| {
            let json = path.extension().is_some_and(|extension| extension == "json");
            Ok(if json { r#"{ "defaultAction": "SCMP_ACT_ALLOW" }"#.to_owned() } else { String::new() })
        });
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
        for path in
            ["wibble", "mounts.\"/srv\".mem_limit", "cgroup.wibble", "services.web.wibble", "lxc.wibble"]
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
}
