//! From files, the environment, flags and `--set` to checked profiles, or to all that
//! is wrong.

use super::build::SeccompFile;
use super::desugar::Base;
use super::environment::{self, Environment};
use super::file::{File, Parsed, Shape};
use super::flags::{self, Assignment, CommandLine, FlagValue, Meaning, SetValue, Typed};
use super::found::Found;
use super::gather::{Edge, Table, Target};
use super::layer::{LayerData, Places};
use super::lexical::{fit_name, name_problem};
use super::merge;
use super::origin::Layer;
use super::origins::Origins;
use super::path::{KeyPath, quote_text};
use super::prepare::{self, Prepared, World};
use super::raw::Raw;
use super::types::Profile;
use super::unknown::nearest;
use super::vars::Vars;
use super::{build, interpolate};
use crate::diagnostic::{self, Diagnostic, SourceId, Sources};
use figment::value::{Dict, Value};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a command asks for.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The profile's file; none for `run` without one.
    pub file: Option<File>,
    /// Files whose `[defaults]` stand below every profile, the lowest first.
    pub configs: Vec<(Layer, File)>,
    /// The flags, in the order of typing.
    pub flags: Vec<FlagValue>,
    /// The `--set`s, in the order of typing.
    pub sets: Vec<SetValue>,
    /// The `--unset`s: keys.
    pub unsets: Vec<Typing>,
    /// The `--var`s: `NAME=VALUE`.
    pub vars: Vec<Typing>,
    /// The `--variant`s, the lowest first.
    pub variants: Vec<Typing>,
    /// The `--only` of a file with several containers.
    pub only: Option<Typing>,
    /// The whole command line, for labels that point into it.
    pub argv: Vec<String>,
    /// The caller's environment.
    pub environment: Environment,
    /// What relative paths of the command line are relative to; absolute.
    pub working_folder: PathBuf,
    /// The caller's home, for `~/`.
    pub home: Option<PathBuf>,
    /// `rootfs = "host"` stands below every other layer (`run` without a profile).
    pub host_rootfs: bool,
    /// Makes the name of a container that has no file to be named after.
    pub number: u32,
    /// The file is meant to be extended: required keys may be missing.
    pub fragment: bool,
    /// Reads the files that a profile names.
    pub reader: Reader,
}

/// Something that was typed behind a flag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typing {
    /// The text.
    pub text: String,
    /// Where it was typed.
    pub typed: Option<Typed>,
}

type ReadFile = dyn Fn(&Path) -> Result<String, String> + Send + Sync;

/// Reads the files that a profile names (`extends`, `env_file`). The language itself
/// knows no machine.
#[derive(Clone)]
pub struct Reader(Arc<ReadFile>);

impl Reader {
    /// Reads with this function; its error says why a file can't be read, in a phrase
    /// such as `there is no such file`.
    pub fn new(read: impl Fn(&Path) -> Result<String, String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    /// The text of a file.
    ///
    /// # Errors
    /// Why it can't be read.
    pub fn read(&self, path: &Path) -> Result<String, String> {
        (self.0)(path)
    }
}

impl Default for Reader {
    fn default() -> Self {
        Self::new(|_| Err("there is no such file".into()))
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reader")
    }
}

/// Profiles without errors.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The containers, in the order of their names; one for a file that is one
    /// container, none for a fragment.
    pub containers: Vec<Container>,
    /// The texts that origins and warnings point into.
    pub sources: Sources,
    /// What is worth saying.
    pub warnings: Vec<Diagnostic>,
}

/// One container.
#[derive(Debug, Clone)]
pub struct Container {
    /// Its key in `[containers]`; none where the file is one container.
    pub key: Option<String>,
    /// What is asked for.
    pub profile: Profile,
    /// Where each of its values comes from.
    pub origins: Origins,
}

impl Loaded {
    /// The container of a file that has one.
    ///
    /// # Panics
    /// If there is none.
    pub fn first(&self) -> &Container {
        self.containers.first().expect("a file that is no fragment has a container")
    }
}

/// Everything that is wrong, in the order of the text.
#[derive(Debug, Clone)]
pub struct Problems {
    /// At least one error.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that they point into.
    pub sources: Sources,
}

/// Loads profiles.
///
/// # Errors
/// All problems of all layers.
pub fn load(request: &Request) -> Result<Loaded, Problems> {
    let mut containers = Vec::new();
    let (sources, warnings) = load_each(Sources::default(), request, Some(&mut |it| containers.push(it)))?;
    Ok(Loaded { containers, sources, warnings })
}

/// Loads profiles for whom one container at a time is enough: its memory serves the next
/// one again. `each` gets every container in which nothing is wrong, even if something is
/// elsewhere in the file; without it none is made, and all is checked the same. The texts
/// are added to `sources`, and come back with what is worth saying.
///
/// # Errors
/// All problems of all layers.
pub fn load_each(
    sources: Sources,
    request: &Request,
    each: Option<&mut dyn FnMut(Container)>,
) -> Result<(Sources, Vec<Diagnostic>), Problems> {
    let mut loader = Loader {
        request,
        sources,
        files: Vec::new(),
        problems: Vec::new(),
        line: None,
        circles: Vec::new(),
        lost: 0,
        prepared: Vec::new(),
        declared: BTreeSet::new(),
        filters: BTreeMap::new(),
    };
    loader.run(each);
    let Loader { mut problems, sources, .. } = loader;
    if problems.iter().any(Diagnostic::is_error) {
        diagnostic::sort(&mut problems);
        return Err(Problems { diagnostics: problems, sources });
    }
    Ok((sources, problems))
}

/// What has been read so far.
pub(super) struct Loader<'a> {
    pub(super) request: &'a Request,
    sources: Sources,
    pub(super) files: Vec<Parsed>,
    pub(super) problems: Vec<Diagnostic>,
    /// The command line as text, once something points into it.
    line: Option<(SourceId, CommandLine)>,
    /// The circles of `extends` that were reported.
    pub(super) circles: Vec<Vec<Edge>>,
    /// How many `extends` led nowhere.
    pub(super) lost: usize,
    /// Layers that are the same for every container.
    prepared: Vec<(Table, Prepared)>,
    /// The names of all variables of all files.
    declared: BTreeSet<String>,
    /// The profiles of system calls that were read, by path; none for one with problems.
    filters: BTreeMap<String, Option<crate::seccomp::oci::Document>>,
}

/// What was typed for one container.
struct Overrides {
    environment: Option<LayerData>,
    flags: Option<LayerData>,
    sets: Option<LayerData>,
}

impl Loader<'_> {
    fn run(&mut self, mut each: Option<&mut dyn FnMut(Container)>) {
        let request = self.request;
        let main = request.file.as_ref().map(|file| {
            let name = Path::new(&file.name).file_name();
            self.open(file, name.map(|name| file.folder.join(name)))
        });
        let configs: Vec<(usize, Layer)> =
            request.configs.iter().map(|(layer, file)| (self.open_config(file), *layer)).collect();
        if let Some(main) = main {
            let mut found = Vec::new();
            self.files[main].check_shape(&mut found);
            found.retain(|found| !self.files[main].doubts(&found.diagnostic));
            self.problems.extend(found.into_iter().map(|found| found.diagnostic));
        }
        let mut targets = self.targets(main, &configs);
        let project = main.map(|main| self.project(main));
        let extends = targets.iter().flat_map(|target| &target.tables).any(|it| it.layer == Layer::Extends);
        self.files.iter_mut().for_each(|file| file.extends = extends);
        self.choose(&mut targets, main);
        self.undeclared_vars();
        let overrides = self.overrides(&targets, main);
        for (target, overrides) in targets.iter().zip(overrides) {
            let name = self.full_name(target, project.as_deref(), &overrides);
            let container = self.container(target, &name, overrides, each.is_some());
            if let (Some(container), Some(each)) = (container, each.as_mut()) {
                each(container);
            }
        }
        for table in main.map(|main| self.idle_variants(main)).unwrap_or_default() {
            let prepared = self.prepare(&table, Some("name"));
            self.problems.extend(prepared.found.into_iter().map(|found| found.diagnostic));
        }
        self.dedup();
    }

    /// What is found in a layer that many containers share is said once.
    fn dedup(&mut self) {
        let mut seen = BTreeSet::new();
        self.problems.retain(|problem| {
            let place = problem.labels.first().map(|it| (it.source, it.span.start, it.span.end));
            seen.insert((problem.code, place, problem.message.clone()))
        });
    }

    /// Reads a file's text.
    pub(super) fn open(&mut self, file: &File, path: Option<PathBuf>) -> usize {
        let mut parsed = Parsed::read(file, &mut self.sources, &mut self.problems);
        parsed.path = path;
        let table = KeyPath::keys(["vars"]);
        if let Some(values) = parsed.table(&table).filter(|values| !values.is_empty()) {
            let mut layer = parsed.layer(Layer::File, table.clone());
            layer.values.clone_from(values);
            let given = |name: &str| {
                let typed = self.request.vars.iter().rev().find_map(|it| it.text.split_once('='));
                let all = self.request.vars.iter().rev().filter_map(|it| it.text.split_once('='));
                typed
                    .and(all.into_iter().find(|(known, _)| *known == name))
                    .map(|(_, value)| value.to_owned())
            };
            let mut found = Vec::new();
            let vars = Vars::read(&layer, given, |name| self.request.environment.get(name), &mut found);
            found.retain(|found| !parsed.doubts(&found.diagnostic));
            self.declared.extend(vars.names().map(str::to_owned));
            self.problems.extend(found.into_iter().map(|found| found.diagnostic));
            parsed.vars = vars;
        }
        self.files.push(parsed);
        self.files.len() - 1
    }

    /// A file of defaults has `[defaults]` and `[vars]` only.
    fn open_config(&mut self, file: &File) -> usize {
        let index = self.open(file, None);
        let parsed = &self.files[index];
        let root = parsed.layer(Layer::File, KeyPath::default());
        let foreign =
            |key: &&String| !["defaults", "vars"].contains(&key.as_str()) && !super::file::is_extension(key);
        for key in parsed.values.keys().filter(foreign) {
            let fault = super::fault::Fault::new(
                "shape",
                "a configuration file has [defaults] and [vars] only",
                "not here",
            )
            .help(format!("for a default of every container write it below [defaults]: {key} = …"));
            let path = KeyPath::keys([key.as_str()]);
            self.problems.push(Found::fault(&root, &path, super::layer::At::Key, &fault).diagnostic);
        }
        index
    }

    /// The place of something that was typed.
    pub(super) fn typed_place(&mut self, typing: &Typing) -> (SourceId, Range<usize>) {
        let (source, line) = self.command_line();
        (source, line.span(typing.typed.as_ref()))
    }

    fn command_line(&mut self) -> (SourceId, &CommandLine) {
        let (source, line) = self.line.get_or_insert_with(|| {
            let line = CommandLine::new(&self.request.argv);
            (self.sources.add("command line", line.text.as_str()), line)
        });
        (*source, line)
    }

    fn base(&self) -> Base<'_> {
        Base { folder: &self.request.working_folder, home: self.request.home.as_deref() }
    }

    /// Keeps the container that `--only` names.
    fn choose(&mut self, targets: &mut Vec<Target>, main: Option<usize>) {
        let Some(only) = &self.request.only else { return };
        let keys: Vec<String> = targets.iter().filter_map(|target| target.key.clone()).collect();
        if keys.contains(&only.text) {
            targets.retain(|target| target.key.as_deref() == Some(only.text.as_str()));
            return;
        }
        if main.is_some_and(|main| self.files[main].broken) {
            return;
        }
        let (message, label, help) = if keys.is_empty() {
            let help = "leave out --only; it chooses among [containers.<name>]";
            ("the file is one container".to_owned(), "nothing to choose", help.to_owned())
        } else {
            let help = match nearest(&only.text, keys.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("its containers: {}", keys.join(", ")),
            };
            (format!("there is no container {}", quote_text(&only.text)), "not in the file", help)
        };
        self.typed_problem(only, "only", message, label, help);
    }

    /// `--var`s that no file declares.
    fn undeclared_vars(&mut self) {
        for var in &self.request.vars {
            let Some((name, _)) = var.text.split_once('=') else {
                let message = format!("{} gives no variable a value", quote_text(&var.text));
                self.typed_problem(var, "vars", message, "`=` is missing", "write --var NAME=VALUE".into());
                continue;
            };
            if self.declared.contains(name) {
                continue;
            }
            let help = match nearest(name, self.declared.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None if self.declared.is_empty() => {
                    format!("no file declares variables; write [vars] with {name} = \"…\" in the profile")
                }
                None => {
                    let names: Vec<&str> = self.declared.iter().map(String::as_str).collect();
                    format!("declared are: {}", names.join(", "))
                }
            };
            let message = format!("there is no variable `{name}`");
            self.typed_problem(var, "vars", message, "in no file's [vars]", help);
        }
    }

    /// The layers above the files, for each container.
    fn overrides(&mut self, targets: &[Target], main: Option<usize>) -> Vec<Overrides> {
        let request = self.request;
        let several = main.is_some_and(|main| self.files[main].shape() == Shape::Several);
        let mut found = Vec::new();
        let mut environment = environment::layer(&request.environment, &mut self.sources, &mut found);
        let typed = !request.flags.is_empty()
            || !request.sets.is_empty()
            || !request.unsets.is_empty()
            || request.file.is_none();
        let (mut flag_layer, mut assignments) = (None, Vec::new());
        if typed {
            let (source, _) = self.command_line();
            let line = self.line.as_ref().map(|(_, line)| line.clone()).unwrap_or_default();
            assignments = flags::assignments(&request.sets, &request.unsets, &line, source, &mut found);
            let get = |name: &str| request.environment.get(name);
            flag_layer = Some(flags::flags(&request.flags, &line, source, self.base(), &get, &mut found));
        }
        if several && request.only.is_none() {
            self.for_one_only(environment.as_ref(), flag_layer.as_ref(), &assignments);
            environment = None;
            flag_layer = None;
        }
        self.unknown_targets(&mut assignments, targets, several);
        self.problems.extend(found.into_iter().map(|found| found.diagnostic));
        let source = self.line.as_ref().map(|(source, _)| *source);
        let mut all = Vec::with_capacity(targets.len());
        for target in targets {
            let mine: Vec<&Assignment> = assignments
                .iter()
                .filter(|it| it.container.is_none() || it.container == target.key)
                .collect();
            let sets = source.filter(|_| !mine.is_empty()).map(|source| flags::sets(&mine, source));
            all.push(Overrides { environment: environment.clone(), flags: flag_layer.clone(), sets });
        }
        all
    }

    /// Flags and variables that don't say for which of several containers they are.
    fn for_one_only(
        &mut self,
        environment: Option<&LayerData>,
        flags: Option<&LayerData>,
        assignments: &[Assignment],
    ) {
        let mut spans: Vec<(SourceId, Range<usize>, String)> = Vec::new();
        for layer in [environment, flags].into_iter().flatten() {
            if let Places::Typed(source, typed) = &layer.places {
                spans.extend(typed.iter().map(|(path, span)| (*source, span.clone(), path.to_string())));
            }
        }
        let source = self.line.as_ref().map(|(source, _)| *source);
        for it in assignments.iter().filter(|it| it.container.is_none()) {
            spans.extend(source.map(|source| (source, it.span.clone(), it.path.to_string())));
        }
        for (source, span, key) in spans {
            let diagnostic = Diagnostic::error(
                super::found::code("only"),
                format!("`{key}` is a container's key, and the file has several containers"),
            )
            .with_label(source, span, "for which one?")
            .with_help(format!("add --only NAME, or write --set containers.NAME.{key}=VALUE"));
            self.problems.push(diagnostic);
        }
    }

    /// `--set containers.NAME.…` of containers that the file doesn't have.
    fn unknown_targets(&mut self, assignments: &mut Vec<Assignment>, targets: &[Target], several: bool) {
        let keys: Vec<&str> = targets.iter().filter_map(|target| target.key.as_deref()).collect();
        let all = match self.files.first() {
            Some(file) if several => file.containers(),
            _ => Vec::new(),
        };
        let source = self.line.as_ref().map(|(source, _)| *source);
        let mut problems = Vec::new();
        assignments.retain(|it| {
            let Some(container) = it.container.as_deref() else { return true };
            if keys.contains(&container) || all.contains(&container) {
                return true;
            }
            let mut diagnostic = Diagnostic::error(
                super::found::code("only"),
                if several {
                    format!("there is no container {}", quote_text(container))
                } else {
                    "the file is one container".to_owned()
                },
            );
            if let Some(source) = source {
                diagnostic = diagnostic.with_label(source, it.span.clone(), "not in the file");
            }
            problems.push(match nearest(container, all.iter().copied()) {
                Some(near) => diagnostic.with_help(format!("did you mean `{near}`?")),
                None if several => diagnostic.with_help(format!("its containers: {}", all.join(", "))),
                None => diagnostic.with_help(format!("write --set {}=VALUE", it.path)),
            });
            false
        });
        self.problems.extend(problems);
    }

    /// The name before the containers' own in a file of several.
    fn project(&mut self, main: usize) -> String {
        let file = &self.files[main];
        if file.shape() == Shape::Single {
            return String::new();
        }
        let path = KeyPath::keys(["name"]);
        let root = file.layer(Layer::File, KeyPath::default());
        let name = match file.values.get("name") {
            Some(Value::String(_, name)) => name.clone(),
            Some(_) => {
                let fault = super::fault::Fault::new("type", "expected text", "expected text");
                self.problems.push(Found::fault(&root, &path, super::layer::At::Value, &fault).diagnostic);
                return "project".into();
            }
            None => file.stem.clone(),
        };
        if let Err(fault) = super::lexical::read_name(&name) {
            self.problems.extend(match file.values.contains_key("name") {
                true => Some(Found::fault(&root, &path, super::layer::At::Value, &fault).diagnostic),
                false => self.stem_problem(),
            });
        }
        for key in file.containers() {
            let path = KeyPath::keys(["containers", key]);
            let full = format!("{name}-{key}");
            let fault = match super::lexical::read_name(key) {
                Err(fault) => fault,
                Ok(_) if full.len() > 63 => super::fault::Fault::new(
                    "name",
                    format!("the full name {} is too long", quote_text(&full)),
                    format!("{} characters; at most 63", full.len()),
                )
                .help("shorten it, or the file's `name`"),
                Ok(_) => continue,
            };
            self.problems.push(Found::fault(&root, &path, super::layer::At::Key, &fault).diagnostic);
        }
        name
    }

    /// The container's full name, as far as it can be told before its layers are read.
    fn full_name(&self, target: &Target, project: Option<&str>, overrides: &Overrides) -> String {
        if let (Some(project), Some(key)) = (project, &target.key) {
            return format!("{project}-{key}");
        }
        let typed = [&overrides.sets, &overrides.flags, &overrides.environment];
        let from = |values: &Dict| values.get("name").and_then(Value::as_str).map(str::to_owned);
        let typed = typed.into_iter().flatten().find_map(|layer| from(&layer.values));
        let written =
            target.tables.iter().rev().filter(|table| table.layer != Layer::Extends).find_map(|table| {
                let file = &self.files[table.file];
                let text = from(file.table(&table.path)?)?;
                let environment = |name: &str| self.request.environment.get(name);
                let folder = file.folder.to_string_lossy();
                let scope = interpolate::Scope {
                    vars: &file.vars,
                    environment: &environment,
                    name: None,
                    named: &Cell::new(false),
                    folder: &folder,
                };
                interpolate::text(&text, &scope)
            });
        typed.or(written).unwrap_or_else(|| self.default_name(""))
    }

    fn command_typed(&self) -> Option<&Vec<String>> {
        self.request.flags.iter().find_map(|flag| match &flag.meaning {
            Meaning::Command(words) => Some(words),
            _ => None,
        })
    }

    /// The name of a container whose profile gives it none.
    fn default_name(&self, command: &str) -> String {
        match (&self.request.file, self.command_typed()) {
            (Some(file), None) => file.stem.clone(),
            (_, Some(words)) => {
                build::run_name(words.first().map_or("", String::as_str), self.request.number)
            }
            (None, None) => build::run_name(command, self.request.number),
        }
    }

    fn stem_problem(&self) -> Option<Diagnostic> {
        let file = self.request.file.as_ref()?;
        if self.command_typed().is_some() {
            return None;
        }
        let problem = name_problem(&file.stem)?;
        let fitted = fit_name(&file.stem);
        let example = if name_problem(&fitted).is_none() { fitted } else { "web".to_owned() };
        let stem = quote_text(&file.stem);
        let message = format!("{} has no name: {stem} can't name a container ({problem})", file.name);
        Some(
            Diagnostic::error(super::found::code("name"), message)
                .with_help(format!("write name = {} at the top of the file", quote_text(&example))),
        )
    }

    /// The layer of a table; made once where it is the same for every container.
    fn prepare(&mut self, table: &Table, name: Option<&str>) -> Prepared {
        if let Some((_, prepared)) = self.prepared.iter().find(|(known, _)| known == table) {
            return prepared.clone();
        }
        let values = self.files[table.file].own_values(table);
        let file = &self.files[table.file];
        let read = |path: &Path| self.request.reader.read(path);
        let mut world = World {
            environment: &self.request.environment,
            home: self.request.home.as_deref(),
            read: &read,
            sources: &mut self.sources,
        };
        let prepared = prepare::table(file, table, values, name, &mut world);
        let shared =
            matches!(table.layer, Layer::Defaults | Layer::SystemConfig | Layer::UserConfig | Layer::Extends)
                || table.layer == Layer::Variant && table.path.last_key() == Some("defaults");
        if shared && !prepared.named {
            self.prepared.push((table.clone(), prepared.clone()));
        }
        prepared
    }

    /// The profile of system calls that a container names, if it names one; nothing if it
    /// can't be had.
    fn seccomp_file(&mut self, raw: &Raw, origins: &Origins) -> Option<Option<SeccompFile>> {
        const KEYS: [&str; 2] = ["security.seccomp.base", "security.seccomp"];
        let filter = raw.security.as_ref().and_then(|security| security.seccomp.as_ref());
        let path = match filter.and_then(|filter| filter.base.as_ref()) {
            Some(base) if !["default", "unconfined"].contains(&base.0.as_str()) => &base.0,
            _ => return Some(None),
        };
        let below = Path::new(path).strip_prefix(&self.request.working_folder).ok();
        let shown = below.map_or_else(|| path.clone(), |below| below.to_string_lossy().into_owned());
        if let Some(known) = self.filters.get(path) {
            return known.clone().map(|document| Some((shown, document)));
        }
        let document = match self.request.reader.read(Path::new(path)) {
            Err(why) => {
                let message = format!("`security.seccomp`: can't read {}: {why}", quote_text(&shown));
                let diagnostic = Diagnostic::error(super::found::code("seccomp_file"), message).with_help(
                    "write the path of an OCI or docker profile of system calls, or \"default\", or \"unconfined\"",
                );
                let place = KEYS.into_iter().find_map(|key| origins.span(key));
                self.problems.push(match place {
                    Some((source, span)) => diagnostic.with_label(source, span, why),
                    None => diagnostic,
                });
                None
            }
            Ok(text) => match crate::seccomp::oci::read(&text) {
                Ok(document) => Some(document),
                Err(problems) => {
                    let source = self.sources.add(shown.as_str(), text);
                    for problem in problems {
                        let message = format!("{shown}: {}", problem.message);
                        let mut diagnostic = Diagnostic::error(super::found::code("seccomp_file"), message)
                            .with_label(source, problem.span, problem.label);
                        diagnostic.help = problem.help;
                        self.problems.push(diagnostic);
                    }
                    None
                }
            },
        };
        self.filters.insert(path.clone(), document.clone());
        document.map(|document| Some((shown, document)))
    }

    /// Checks a container, and makes it if it is wanted and nothing is wrong.
    fn container(
        &mut self,
        target: &Target,
        name: &str,
        overrides: Overrides,
        wanted: bool,
    ) -> Option<Container> {
        let mut built_in = LayerData::new(Layer::BuiltIn, Places::BuiltIn);
        if self.request.host_rootfs {
            let source = Dict::from([("source".to_owned(), Value::from("host"))]);
            built_in.values.insert("rootfs".into(), Value::from(source));
        }
        let mut layers = vec![Prepared { layer: built_in, found: Vec::new(), named: false }];
        for table in &target.tables {
            layers.push(self.prepare(table, Some(name)));
        }
        let folder = self.request.working_folder.clone();
        let home = self.request.home.clone();
        let base = Base { folder: &folder, home: home.as_deref() };
        let read = |path: &Path| self.request.reader.read(path);
        for mut layer in [overrides.environment, overrides.flags, overrides.sets].into_iter().flatten() {
            let mut found = Vec::new();
            let mut world = World {
                environment: &self.request.environment,
                home: home.as_deref(),
                read: &read,
                sources: &mut self.sources,
            };
            prepare::finish(&mut layer, base, &mut found, &mut world);
            layers.push(Prepared { layer, found, named: false });
        }
        if let Some((_, line)) = &self.line {
            flags::swap_total(&self.request.flags, line, &mut layers);
        }
        let broken = target.incomplete || target.tables.iter().any(|table| self.files[table.file].broken);
        let settings = merge::Settings { sources: &self.sources, fragment: self.request.fragment || broken };
        let merged = merge::merge(layers, &settings);
        let sound = merged.problems.is_empty() && !broken;
        self.problems.extend(merged.problems);
        if merged.raw.name.is_none() && target.key.is_none() && !merged.name_is_broken && !broken {
            self.problems.extend(self.stem_problem());
        }
        if !sound || self.request.fragment {
            return None;
        }
        let filter = self.seccomp_file(&merged.raw, &merged.origins)?;
        if !wanted {
            return None;
        }
        let command = merged.raw.command.as_ref().and_then(|command| command.first());
        let command = command.map_or("", |word| &word.0).to_owned();
        let name = match &target.key {
            Some(_) => name.to_owned(),
            None => {
                merged.raw.name.as_ref().map_or_else(|| self.default_name(&command), |name| name.0.clone())
            }
        };
        let host = target.key.as_deref().unwrap_or(&name);
        let given = merged.origins.given();
        let profile = build::build(merged.raw, merged.filled, given, &name, host, filter);
        Some(Container { key: target.key.clone(), profile, origins: merged.origins })
    }
}
