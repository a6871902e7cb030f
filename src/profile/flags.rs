//! The command line as layers: flags and `--set`.

mod swap;

pub use swap::swap_total;

use super::desugar::{self, Base};
use super::document;
use super::fault::Fault;
use super::found::Found;
use super::keys;
use super::layer::{At, LayerData, Moved, Places, Removal};
use super::lexical::{capability, device, sysctl};
use super::load::Typing;
use super::named;
use super::origin::Layer;
use super::path::{KeyPath, Segment, quote_text};
use super::words;
use crate::diagnostic::SourceId;
use figment::value::{Dict, Tag, Value};
use std::ops::Range;

/// A flag that was given, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlagValue {
    /// What the flag means.
    pub meaning: Meaning,
    /// Its value as typed; empty for the command.
    pub text: String,
    /// Where it was typed.
    pub typed: Option<Typed>,
}

/// A `--set KEY=VALUE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetValue {
    /// `KEY=VALUE`
    pub text: String,
    /// Where it was typed.
    pub typed: Option<Typed>,
}

/// What a flag means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// The value of a key, read as that key's type.
    Key(&'static str),
    /// A limit for which docker writes −1 for `"max"`.
    Limit(&'static str),
    /// `true` or `false` for a key.
    Switch(&'static str),
    /// One more element of an array, behind those that lower layers gave.
    Add(&'static str),
    /// The command, word by word.
    Command(Vec<String>),
    /// `NAME=value`
    Env,
    /// A file of `NAME=value` lines, besides those of other such flags.
    EnvFile,
    /// `SOURCE:TARGET[:ro]`, writable unless `ro`.
    Volume,
    /// docker's list of `key=value`.
    Mount,
    /// `TARGET[:size=…,mode=…]`
    Tmpfs,
    /// `no-new-privileges[=true|false]`
    SecurityOption,
    /// The root is read-only.
    ReadOnly,
    /// docker's bound of memory and swap together; see `swap_total`.
    SwapTotal,
    /// `DEVICE:RATE`, for this key of `cgroup.io`.
    DeviceRate(&'static str),
    /// `NAME=SOFT[:HARD]`
    Ulimit,
    /// `NAME=VALUE` of a kernel parameter.
    Sysctl,
    /// `SOURCE[:TARGET][:ACCESS]`
    Device,
    /// A capability that is given (`true`) or taken away.
    Capability(bool),
    /// A duration for a key, for which docker writes seconds.
    Seconds(&'static str),
}

impl Meaning {
    /// The key that the flag gives a value, if it is always the same one.
    pub fn key(&self) -> Option<&'static str> {
        match self {
            Self::Key(key) | Self::Limit(key) | Self::Switch(key) | Self::Add(key) | Self::Seconds(key) => {
                Some(key)
            }
            Self::Ulimit => Some("rlimits"),
            Self::Sysctl => Some("security.sysctls"),
            Self::Device => Some("devices"),
            Self::Capability(_) => Some("security.capabilities"),
            Self::Command(_) => Some("command"),
            Self::Env => Some("env"),
            Self::EnvFile => Some("env_file"),
            Self::Volume => Some("mounts"),
            Self::SecurityOption => Some("security.no_new_privileges"),
            Self::ReadOnly => Some("rootfs.mode"),
            Self::SwapTotal => Some("cgroup.swap"),
            Self::Mount | Self::Tmpfs | Self::DeviceRate(_) => None,
        }
    }
}

impl Meaning {
    /// Whether the flag takes the key's value as it stands: a scalar, a switch, or one mount.
    pub fn takes(&self, key: &str) -> bool {
        match self {
            Self::Key(known) | Self::Limit(known) | Self::Switch(known) => *known == key,
            Self::Volume => key == "mounts",
            _ => false,
        }
    }
}

/// Where something was typed: bytes of one argument, up to the end of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    /// Index of the argument.
    pub argument: usize,
    /// Bytes of it.
    pub bytes: Range<usize>,
    /// Index of the last argument that belongs to it; `argument` for a single one.
    pub last: usize,
}

/// The whole command line as a shell would take it, and where each argument begins.
#[derive(Debug, Clone, Default)]
pub struct CommandLine {
    /// The text.
    pub text: String,
    arguments: Vec<(Range<usize>, Inside)>,
}

/// How an argument's bytes map to the text's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    /// Byte by byte, from this offset of the argument's text.
    Exact(usize),
    /// Not at all: quotes in quotes.
    Whole,
}

/// Columns of a line of the command line before it is continued on the next.
const LINE: usize = 70;

impl CommandLine {
    /// The command line of these arguments.
    pub fn new(argv: &[String]) -> Self {
        let mut line = Self::default();
        let mut column = 0;
        for argument in argv {
            let quoted = words::quote(argument);
            // Long lines are continued as one would in a shell, so that reports fit.
            if column + quoted.len() > LINE && column > 0 {
                line.text.push_str(" \\\n  ");
                column = 2;
            } else if column > 0 {
                line.text.push(' ');
                column += 1;
            }
            column += quoted.len();
            let start = line.text.len();
            line.text.push_str(&quoted);
            let inside = match (words::is_plain(argument), argument.contains('\'')) {
                (true, _) => Inside::Exact(0),
                (false, false) => Inside::Exact(1),
                (false, true) => Inside::Whole,
            };
            line.arguments.push((start..line.text.len(), inside));
        }
        line
    }

    /// The span in the text of something that was typed; the whole line if unknown.
    pub fn span(&self, typed: Option<&Typed>) -> Range<usize> {
        let known = typed.and_then(|typed| {
            let (argument, inside) = self.arguments.get(typed.argument)?;
            let (last, _) = self.arguments.get(typed.last)?;
            let whole = typed.last != typed.argument;
            Some(match inside {
                Inside::Exact(skip) if !whole => {
                    argument.start + skip + typed.bytes.start..argument.start + skip + typed.bytes.end
                }
                _ => argument.start..last.end,
            })
        });
        known.unwrap_or(0..self.text.len())
    }
}

/// A value of the command line, ready for its layer.
type Entry = (KeyPath, Value);

/// The layer of the flags.
pub fn flags(
    flags: &[FlagValue],
    line: &CommandLine,
    source: SourceId,
    base: Base<'_>,
    environment: &dyn Fn(&str) -> Option<String>,
    found: &mut Vec<Found>,
) -> LayerData {
    let mut layer = LayerData::new(Layer::Flag, Places::Typed(source, Vec::new()));
    for flag in flags {
        let span = line.span(flag.typed.as_ref());
        match entries(flag, base, environment) {
            // Its value comes when all layers are there; its place is known.
            Ok(_) if flag.meaning == Meaning::SwapTotal => {
                remember(&mut layer, KeyPath::keys(["cgroup", "swap"]), span);
            }
            Ok(entries) => {
                for (path, value) in entries {
                    if let Meaning::Add(_) = flag.meaning
                        && !layer.adds.contains(&path)
                    {
                        layer.adds.push(path.clone());
                    }
                    if matches!(flag.meaning, Meaning::EnvFile | Meaning::Add(_)) {
                        append(&mut layer, path, value, span.clone());
                    } else {
                        insert(&mut layer, path, value, span.clone());
                    }
                }
            }
            Err((path, fault)) => {
                remember(&mut layer, path.clone(), span);
                found.push(Found::fault(&layer, &path, At::Value, &fault));
            }
        }
    }
    layer
}

/// A `--set` or `--unset` that was understood.
#[derive(Debug, Clone)]
pub struct Assignment {
    /// The container of `containers.NAME.…`.
    pub container: Option<String>,
    /// The key.
    pub path: KeyPath,
    /// The value; none for `--unset`.
    pub value: Option<Value>,
    /// Where it was typed.
    pub span: Range<usize>,
}

/// What the `--set`s and `--unset`s say.
pub fn assignments(
    sets: &[SetValue],
    unsets: &[Typing],
    line: &CommandLine,
    source: SourceId,
    found: &mut Vec<Found>,
) -> Vec<Assignment> {
    let mut all = Vec::with_capacity(sets.len());
    let set = sets.iter().map(|set| (&set.typed, assignment(&set.text)));
    let unset = unsets.iter().map(|it| (&it.typed, unset(&it.text)));
    for (typed, result) in set.chain(unset) {
        let span = line.span(typed.as_ref());
        match result {
            Ok((container, path, value)) => all.push(Assignment { container, path, value, span }),
            Err(fault) => {
                let mut layer = LayerData::new(Layer::Set, Places::Typed(source, Vec::new()));
                let path = KeyPath::default();
                remember(&mut layer, path.clone(), span);
                let mut problem = Found::fault(&layer, &path, At::Value, &fault);
                problem.diagnostic.message = fault.message;
                found.push(problem);
            }
        }
    }
    all
}

/// The layer of the `--set`s and `--unset`s of one container.
pub fn sets(assignments: &[&Assignment], source: SourceId) -> LayerData {
    let mut layer = LayerData::new(Layer::Set, Places::Typed(source, Vec::new()));
    for Assignment { path, value, span, .. } in assignments {
        match value {
            Some(value) => insert(&mut layer, path.clone(), value.clone(), span.clone()),
            None => {
                layer.removals.push(Removal { path: path.clone(), all: false });
                remember(&mut layer, path.clone(), span.clone());
            }
        }
    }
    layer
}

fn entries(
    flag: &FlagValue,
    base: Base<'_>,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Entry>, (KeyPath, Fault)> {
    let text = flag.text.as_str();
    let path = |key: &str| KeyPath::keys(key.split('.'));
    let tag = Tag::Default;
    Ok(match &flag.meaning {
        Meaning::Add(key) => {
            let element = scalar(text).unwrap_or_else(|| Value::from(text));
            vec![(path(key), Value::Array(tag, vec![element]))]
        }
        Meaning::Key(key) => vec![(path(key), typed_value(&path(key), text, scalar))],
        Meaning::Limit(key) if text == "-1" => vec![(path(key), Value::from("max"))],
        Meaning::Limit(key) => vec![(path(key), typed_value(&path(key), text, scalar))],
        Meaning::Switch(key) => vec![(path(key), scalar(text).unwrap_or_else(|| Value::from(text)))],
        Meaning::Command(words) => {
            let words = words.iter().map(|word| Value::String(tag, word.clone())).collect();
            vec![(path("command"), Value::Array(tag, words))]
        }
        Meaning::Env => {
            let (name, value) = variable(text, environment).map_err(|fault| (path("env"), fault))?;
            vec![(path("env").child(&name), Value::from(value))]
        }
        Meaning::EnvFile => vec![(path("env_file"), Value::from(vec![text.to_owned()]))],
        Meaning::Volume => {
            let (target, mut mount) =
                desugar::short_mount(text, base).map_err(|fault| (path("mounts"), fault))?;
            // As in docker: writable unless `ro` is said.
            mount.entry("read_only".into()).or_insert_with(|| Value::from(false));
            vec![(path("mounts").child(&target), Value::Dict(tag, mount))]
        }
        Meaning::Mount => {
            let (target, mount) = desugar::docker_mount(text).map_err(|fault| (path("mounts"), fault))?;
            vec![(path("mounts").child(&target), Value::Dict(tag, mount))]
        }
        Meaning::Tmpfs => {
            let (target, mount) = desugar::docker_tmpfs(text).map_err(|fault| (path("mounts"), fault))?;
            vec![(path("mounts").child(&target), Value::Dict(tag, mount))]
        }
        Meaning::SecurityOption => {
            security_option(text).map_err(|fault| (path("security.no_new_privileges"), fault))?
        }
        // It takes the memory's bound to know what is meant, which any layer may have.
        Meaning::SwapTotal => Vec::new(),
        Meaning::DeviceRate(key) => {
            let io = path("cgroup.io");
            let (device, rate) = text.rsplit_once(':').ok_or_else(|| {
                let fault =
                    Fault::new("io_device", format!("{} is no rate", quote_text(text)), "not DEVICE:RATE");
                (io.clone(), fault.help("write the disk and its bound, such as /dev/sda:10m"))
            })?;
            let device = desugar::device(device, base).map_err(|fault| (io.clone(), fault))?;
            let path = io.child(&device).child(key);
            vec![(path.clone(), typed_value(&path, rate, scalar))]
        }
        Meaning::Ulimit => {
            let (name, value) = named::ulimit(text).map_err(|fault| (path("rlimits"), fault))?;
            vec![(path("rlimits").child(&name), value)]
        }
        Meaning::Sysctl => {
            let path = path("security.sysctls");
            let (name, value) = sysctl_setting(text).map_err(|fault| (path.clone(), fault))?;
            vec![(path.child(&name), Value::from(value))]
        }
        Meaning::Device => {
            let (target, source, access) = device::short(text).map_err(|fault| (path("devices"), fault))?;
            let device = path("devices").child(&target);
            let mut entries = vec![(device.child("source"), Value::from(source))];
            entries.extend(access.map(|access| (device.child("access"), Value::from(access))));
            entries
        }
        Meaning::Capability(given) => {
            let path = path("security.capabilities");
            let name = capability::key(text).map_err(|fault| (path.clone(), fault))?;
            vec![(path.child(&name), Value::from(*given))]
        }
        // As in docker.
        Meaning::Seconds(key) if text.parse::<u64>().is_ok() => {
            vec![(path(key), Value::from(format!("{text}s")))]
        }
        Meaning::Seconds(key) => vec![(path(key), Value::from(text))],
        Meaning::ReadOnly => match scalar(text).and_then(|value| value.to_bool()) {
            Some(true) => vec![(path("rootfs.mode"), Value::from("read-only"))],
            Some(false) => vec![(path("rootfs.mode"), Value::from("overlay"))],
            None => vec![(path("rootfs.mode"), Value::from(text))],
        },
    })
}

/// `NAME=value`, or `NAME` to pass the caller's own on.
fn variable(text: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<(String, String), Fault> {
    if text.contains('=') || text.is_empty() {
        return desugar::variable(text);
    }
    let value = environment(text).ok_or_else(|| {
        Fault::new("env_entry", format!("your environment has no {} to pass on", quote_text(text)), "not set")
            .help(format!("set it, or write its value: -e {text}=value"))
    })?;
    Ok((text.to_owned(), value))
}

/// An integer, a float, `true` or `false`.
fn scalar(text: &str) -> Option<Value> {
    document::parse_value(text).filter(|value| matches!(value, Value::Num(..) | Value::Bool(..)))
}

pub(super) fn typed_value(path: &KeyPath, text: &str, read: fn(&str) -> Option<Value>) -> Value {
    if keys::takes_text(path) {
        return Value::from(text);
    }
    read(text).unwrap_or_else(|| Value::from(text))
}

/// What an assignment says: the container, the key, the value.
type Said = (Option<String>, KeyPath, Option<Value>);

fn assignment(text: &str) -> Result<Said, Fault> {
    let help = "write --set KEY=VALUE, such as --set cgroup.memory=1g or --set 'env.LANG=C'";
    let fault =
        |label: &str| Fault::new("set", format!("{} sets nothing", quote_text(text)), label).help(help);
    let mut quote = None;
    let equals = text.char_indices().find(|(_, c)| match (quote, *c) {
        (None, '=') => true,
        (None, '"' | '\'') => {
            quote = Some(*c);
            false
        }
        (Some(open), c) if open == c => {
            quote = None;
            false
        }
        _ => false,
    });
    let (at, _) = equals.ok_or_else(|| fault("`=` is missing"))?;
    let (container, path) = key(&text[..at], fault)?;
    let value = typed_value(&path, &text[at + 1..], document::parse_value);
    Ok((container, path, Some(value)))
}

fn unset(text: &str) -> Result<Said, Fault> {
    let fault = |label: &str| {
        Fault::new("set", format!("{} is no key", quote_text(text)), label)
            .help("write --unset KEY, such as --unset cgroup.memory")
    };
    let (container, path) = key(text, fault)?;
    Ok((container, path, None))
}

/// Reads a key, and the container before it.
fn key(text: &str, fault: impl Fn(&str) -> Fault) -> Result<(Option<String>, KeyPath), Fault> {
    let path = KeyPath::parse(text.trim_end())
        .map_err(|(_, problem)| fault(&format!("{text:?} is no key: {problem}")))?;
    if let Some(index) = path.0.iter().find_map(|segment| match segment {
        Segment::Index(index) => Some(index),
        Segment::Key(_) => None,
    }) {
        return Err(fault("an element of an array can't be set")
            .help(format!("set the whole array, without [{index}]")));
    }
    match (path.key(0), path.key(1), path.key(2)) {
        (Some("containers"), Some(container), Some(_)) => {
            Ok((Some(container.to_owned()), KeyPath(path.0[2..].to_vec())))
        }
        (Some("containers"), ..) => {
            Err(fault("a container's key is missing").help("write --set containers.NAME.KEY=VALUE"))
        }
        _ => Ok((None, path)),
    }
}

/// Reads `NAME=VALUE`.
fn sysctl_setting(text: &str) -> Result<(String, String), Fault> {
    let Some((name, value)) = text.split_once('=') else {
        let fault = Fault::new("sysctl", format!("{} sets nothing", quote_text(text)), "`=` is missing");
        return Err(fault.help("write --sysctl net.ipv4.ip_forward=1"));
    };
    Ok((sysctl::name(name.trim())?, value.trim().to_owned()))
}

fn security_option(text: &str) -> Result<Vec<Entry>, Fault> {
    const KNOWN: &str = "known options: no-new-privileges[=true|false], seccomp=unconfined, seccomp=FILE, systempaths=unconfined";
    let (name, value) = text.split_once(['=', ':']).unwrap_or((text, "true"));
    let fault = |label: &str| Fault::new("choice", format!("{} can't be had", quote_text(text)), label);
    let no_new_privileges = |value| (KeyPath::keys(["security", "no_new_privileges"]), Value::from(value));
    let seccomp = |value: &str| (KeyPath::keys(["security", "seccomp"]), Value::from(value));
    match (name, value) {
        ("no-new-privileges", "true") => Ok(vec![no_new_privileges(true)]),
        ("no-new-privileges", "false") => Ok(vec![no_new_privileges(false)]),
        ("no-new-privileges", _) => Err(fault("expected true or false")),
        ("systempaths", "unconfined") => {
            let none = || Value::Array(Tag::Default, Vec::new());
            let keys = ["masked_paths", "read_only_paths"];
            Ok(keys.map(|key| (KeyPath::keys([key]), none())).into())
        }
        // `builtin` is docker's word for its own.
        ("seccomp", "builtin") => Ok(vec![seccomp("default")]),
        ("seccomp", value) if value.is_empty() || text == "seccomp" => {
            Err(fault("a file is missing").help(KNOWN))
        }
        ("seccomp", value) => Ok(vec![seccomp(value)]),
        ("apparmor" | "label" | "proc-opts", _) => {
            Err(fault("tinydocker has no such option yet").help(KNOWN))
        }
        _ => Err(fault("not a known option").help(KNOWN)),
    }
}

pub(super) fn remember(layer: &mut LayerData, path: KeyPath, span: Range<usize>) {
    if let Places::Typed(_, entries) = &mut layer.places {
        entries.push((path, span));
    }
}

/// Puts a value into the layer; what was typed later wins.
pub(super) fn insert(layer: &mut LayerData, path: KeyPath, value: Value, span: Range<usize>) {
    // A table over text merges with what the text is short for.
    for (short, long) in
        [(KeyPath::keys(["rootfs"]), "source"), (KeyPath::keys(["security", "seccomp"]), "base")]
    {
        if path.0.len() > short.0.len()
            && path.starts_with(&short)
            && let Some(value) = super::layer::get_mut(&mut layer.values, &short)
            && matches!(value, Value::String(..))
        {
            *value = Value::Dict(Tag::Default, Dict::from([(long.to_owned(), value.clone())]));
            layer.replaces.push(short.clone());
            layer.moved.push(Moved { canonical: short.child(long), written: short, whole: true });
        }
    }
    let keys: Vec<&str> = (0..path.0.len()).filter_map(|depth| path.key(depth)).collect();
    let Some((last, between)) = keys.split_last() else { return };
    let mut table = &mut layer.values;
    for key in between {
        let entry = table.entry((*key).to_owned()).or_insert_with(|| Value::from(Dict::new()));
        if entry.as_dict().is_none() {
            *entry = Value::from(Dict::new());
        }
        let Value::Dict(_, dict) = entry else { return };
        table = dict;
    }
    table.insert((*last).to_owned(), value);
    remember(layer, path, span);
}

/// Puts elements behind those that the layer has.
fn append(layer: &mut LayerData, path: KeyPath, value: Value, span: Range<usize>) {
    let (Value::Array(_, more), Some(key)) = (value, path.last_key()) else { return };
    let entry = layer.values.entry(key.to_owned()).or_insert_with(|| Value::from(Vec::<Value>::new()));
    let Value::Array(_, elements) = entry else { return };
    let first = elements.len();
    elements.extend(more);
    for index in first..elements.len() {
        if let Places::Typed(_, typed) = &mut layer.places {
            typed.push((path.element(index), span.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_quoted_arguments() {
        let argv: Vec<String> = ["tinydocker", "-eA=b c", "it's", "x"].map(String::from).into();
        let line = CommandLine::new(&argv);
        assert_eq!(line.text, r"tinydocker '-eA=b c' 'it'\''s' x");
        let at = |argument, bytes, last| &line.text[line.span(Some(&Typed { argument, bytes, last }))];
        assert_eq!(at(1, 2..7, 1), "A=b c");
        assert_eq!(at(2, 0..4, 2), r"'it'\''s'");
        assert_eq!(at(2, 0..4, 3), r"'it'\''s' x");
        assert_eq!(line.span(None), 0..line.text.len());
    }

    #[test]
    fn assignments() {
        let (_, path, value) = assignment(r#"mounts."/a=b".read_only=false"#).unwrap();
        assert_eq!(path, KeyPath::keys(["mounts", "/a=b", "read_only"]));
        assert_eq!(value.unwrap().to_bool(), Some(false));
        let value = |text| assignment(text).unwrap().2.unwrap();
        assert_eq!(value("env.V=1.10").as_str(), Some("1.10"));
        assert_eq!(value("cgroup.memory=1g").as_str(), Some("1g"));
        assert_eq!(value("cgroup.pids=64").to_i128(), Some(64));
        assert!(value("command=['a']").as_array().is_some());
        let (container, path, _) = assignment("containers.web.cgroup.pids=1").unwrap();
        assert_eq!((container.as_deref(), path.to_string().as_str()), (Some("web"), "cgroup.pids"));
        assert!(unset("cgroup.memory").unwrap().2.is_none());
        for bad in ["", "=", "name", "a..b=1", "command[0]=x", "containers.web=1"] {
            assert_eq!(assignment(bad).unwrap_err().code, "set", "{bad}");
        }
    }
}
