//! Other programs' names of things: what they are called here, with the value that was
//! written carried over where it means the same.
//!
//! | module | what it holds |
//! |---|---|
//! | `docker`, `compose`, `oci`, `quadlet`, `systemd`, `lxc`, `nsjail`, `bubblewrap` | the names, by whose they are |
//! | `convert` and below | values in their spellings → values in ours |
//! | `ours` | the form of each key that an answer names, and the keys that are still to come |

use super::keys;
use super::path::{KeyPath, Segment, quote_key};
use figment::value::{Dict, Tag, Value};

mod bubblewrap;
mod compose;
mod convert;
mod docker;
mod lxc;
mod nsjail;
mod oci;
mod ours;
mod quadlet;
mod systemd;

pub use convert::Convert;

/// The names of one program.
#[derive(Debug)]
pub struct Family {
    /// Whose they are: "compose's".
    pub from: &'static str,
    /// The names and what there is to say.
    pub rows: &'static [Row],
}

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

/// Every name that is answered.
pub const FOREIGN: &[Family] = &[
    docker::NAMES,
    compose::NAMES,
    oci::NAMES,
    quadlet::NAMES,
    systemd::NAMES,
    lxc::NAMES,
    nsjail::NAMES,
    bubblewrap::NAMES,
];

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

fn rows() -> impl Iterator<Item = (&'static str, &'static Row)> {
    FOREIGN.iter().flat_map(|family| family.rows.iter().map(|row| (family.from, row)))
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
            Some(Hit { from, answer: *answer, star, rest: words[length..].to_vec(), moved: None })
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
            Answer::NotYet(text) | Answer::Otherwise(text) => match key {
                "rootfs" => [docker::BUILD, compose::SERVICES].contains(&text),
                "command" => text == compose::SERVICES,
                _ => false,
            },
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
mod tests;
