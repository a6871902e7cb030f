//! From a file, flags and `--set` to one profile, or to all that is wrong.

use super::build;
use super::check;
use super::desugar::{self, Base};
use super::document::{Document, Unusable};
use super::fault::Fault;
use super::flags::{self, CommandLine, FlagValue, SetValue};
use super::found::Found;
use super::layer::{At, LayerData, Places};
use super::lexical::{fit_name, name_problem};
use super::origin::Layer;
use super::origins::Origins;
use super::path::{KeyPath, quote_text};
use super::raw::Raw;
use super::rules;
use super::syntax;
use super::types::Profile;
use crate::diagnostic::{self, Diagnostic, SourceId, Sources};
use figment::Figment;
use figment::value::{Dict, Tag, Value};
use serde::Deserialize;
use std::ops::Range;
use std::path::PathBuf;

/// What a command asks for.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The profile's file; none for `run` without one.
    pub file: Option<File>,
    /// The flags, in the order of typing.
    pub flags: Vec<FlagValue>,
    /// The `--set`s, in the order of typing.
    pub sets: Vec<SetValue>,
    /// The whole command line, for labels that point into it.
    pub argv: Vec<String>,
    /// What relative paths of the command line are relative to; absolute.
    pub working_folder: PathBuf,
    /// The caller's home, for `~/`.
    pub home: Option<PathBuf>,
    /// `rootfs = "host"` stands below every other layer (`run` without a profile).
    pub host_rootfs: bool,
    /// Makes the name of a container that has no file to be named after.
    pub number: u32,
}

/// A profile's text.
#[derive(Debug, Clone)]
pub struct File {
    /// As the user named it, or `stdin`.
    pub name: String,
    /// What is in it.
    pub text: String,
    /// What relative paths in it are relative to; absolute.
    pub folder: PathBuf,
    /// The container's name unless the file says otherwise.
    pub stem: String,
}

/// A profile without errors.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The profile.
    pub profile: Profile,
    /// Where each of its values comes from.
    pub origins: Origins,
    /// The texts that origins and warnings point into.
    pub sources: Sources,
    /// What is worth saying.
    pub warnings: Vec<Diagnostic>,
}

/// Everything that is wrong, in the order of the text.
#[derive(Debug, Clone)]
pub struct Problems {
    /// At least one error.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that they point into.
    pub sources: Sources,
}

/// Loads a profile.
///
/// # Errors
/// All problems of all layers.
pub fn load(request: &Request) -> Result<Loaded, Problems> {
    load_into(Sources::default(), request)
}

/// Loads a profile beside others: its texts are added to `sources`.
///
/// # Errors
/// All problems of all layers.
pub fn load_into(mut sources: Sources, request: &Request) -> Result<Loaded, Problems> {
    let mut state = State::default();
    state.layers.push(built_in(request));
    if let Some(file) = &request.file {
        state.file(file, request, &mut sources);
    }
    if !request.flags.is_empty() || !request.sets.is_empty() || request.file.is_none() {
        state.command_line(request, &mut sources);
    }
    state.merge(request, sources)
}

fn built_in(request: &Request) -> LayerData {
    let mut layer = LayerData::new(Layer::BuiltIn, Places::BuiltIn);
    layer.values = build::built_in(request.host_rootfs);
    layer
}

#[derive(Default)]
struct State {
    layers: Vec<LayerData>,
    found: Vec<Found>,
    /// Problems that no key has.
    other: Vec<Diagnostic>,
    /// Whether something could not be read at all, so that nothing is known to be
    /// missing.
    unreadable: bool,
}

impl State {
    fn file(&mut self, file: &File, request: &Request, sources: &mut Sources) {
        let parsed = Document::parse(&file.text);
        let source = sources.add(file.name.as_str(), file.text.as_str());
        let mut doubtful = Vec::new();
        if !parsed.errors.is_empty() {
            let syntax = syntax::problems(&file.text, &parsed.errors, &parsed.document, source);
            self.other.extend(syntax.problems);
            doubtful = syntax.doubtful;
            self.unreadable = true;
        }
        let mut layer = LayerData::new(Layer::File, Places::Document(source, parsed.document));
        layer.values = parsed.values;
        let base = Base { folder: &file.folder, home: request.home.as_deref() };
        let unusable = parsed.unusable.iter().map(|it| refuse(&layer, it)).collect::<Vec<_>>();
        let found = finish(&mut layer, base, unusable);
        self.found
            .extend(found.into_iter().filter(|found| !is_doubtful(&found.diagnostic, source, &doubtful)));
        self.layers.push(layer);
    }

    fn command_line(&mut self, request: &Request, sources: &mut Sources) {
        let line = CommandLine::new(&request.argv);
        let source = sources.add("command line", line.text.as_str());
        let base = Base { folder: &request.working_folder, home: request.home.as_deref() };
        let mut found = Vec::new();
        let mut flags = flags::flags(&request.flags, &line, source, base, &mut found);
        found = finish(&mut flags, base, found);
        self.found.append(&mut found);
        self.layers.push(flags);
        if !request.sets.is_empty() {
            let mut sets = flags::sets(&request.sets, &line, source, &mut found);
            self.found.extend(finish(&mut sets, base, found));
            self.layers.push(sets);
        }
    }

    fn merge(mut self, request: &Request, sources: Sources) -> Result<Loaded, Problems> {
        for upper in 1..self.layers.len() {
            let (below, above) = self.layers.split_at_mut(upper);
            rules::displace(below, &above[0]);
        }
        let figment = self.layers.iter().fold(Figment::new(), |figment, layer| figment.merge(layer));
        let merged: Dict = figment::Provider::data(&figment)
            .ok()
            .and_then(|mut data| data.remove(&figment::Profile::Default))
            .unwrap_or_default();
        let value = Value::Dict(Tag::Default, merged);
        let raw = Raw::deserialize(&value);
        let merged = value.into_dict().unwrap_or_default();
        let origins = Origins::new(self.layers, merged, figment, sources.clone());
        let raw = match raw {
            Ok(raw) => raw,
            Err(error) => {
                // Each layer passed on its own, so that this can only be a gap of ours.
                let fault = Fault::new("invalid", error.to_string(), "");
                self.other.push(Diagnostic::error(super::found::code(fault.code), fault.message));
                Raw::default()
            }
        };
        let broken: Vec<KeyPath> = self.found.iter().map(|found| found.path.clone()).collect();
        let mut problems = self.other;
        problems.extend(self.found.into_iter().map(|found| found.diagnostic));
        if !self.unreadable {
            problems.extend(rules::merged(&raw, &origins, origins.layers(), &broken));
            if raw.name.is_none() && !broken.iter().any(|path| path.key(0) == Some("name")) {
                problems.extend(stem_problem(request));
            }
        }
        if problems.is_empty() {
            let profile = build::build(raw.clone(), || default_name(request, &raw));
            return Ok(Loaded { profile, origins, sources, warnings: Vec::new() });
        }
        diagnostic::sort(&mut problems);
        problems.dedup();
        Err(Problems { diagnostics: problems, sources })
    }
}

/// Desugars and checks a layer's values; all of its problems come back.
fn finish(layer: &mut LayerData, base: Base<'_>, mut found: Vec<Found>) -> Vec<Found> {
    let before = found.len();
    desugar::desugar(layer, base, &mut found);
    check::check(layer, &mut found);
    rules::within(layer, &mut found);
    // What stands in for an unusable value has no problems of its own.
    let (unusable, rest) = found.split_at(before);
    let real = |it: &&Found| {
        !unusable.iter().any(|bad| !bad.path.0.is_empty() && layer.written(&it.path).starts_with(&bad.path))
    };
    let rest: Vec<Found> = rest.iter().filter(real).cloned().collect();
    found.truncate(before);
    found.extend(rest);
    found
}

fn refuse(layer: &LayerData, unusable: &Unusable) -> Found {
    let fault = Fault::new("type", format!("no key takes {}", unusable.what), unusable.what);
    let help =
        if unusable.what == "a date" { "for text write it in quotes" } else { "write a smaller number" };
    Found::fault(layer, &unusable.path, At::Value, &fault.help(help))
}

fn is_doubtful(diagnostic: &Diagnostic, source: SourceId, doubtful: &[Range<usize>]) -> bool {
    diagnostic.labels.iter().any(|label| {
        label.source == source
            && doubtful.iter().any(|range| label.span.start <= range.end && range.start <= label.span.end)
    })
}

fn default_name(request: &Request, raw: &Raw) -> String {
    match &request.file {
        Some(file)
            if request.flags.iter().all(|flag| !matches!(flag.meaning, flags::Meaning::Command(_))) =>
        {
            file.stem.clone()
        }
        _ => {
            let command = raw.command.as_ref().and_then(|command| command.first());
            build::run_name(command.map_or("", |word| &word.0), request.number)
        }
    }
}

fn stem_problem(request: &Request) -> Option<Diagnostic> {
    let file = request.file.as_ref()?;
    if request.flags.iter().any(|flag| matches!(flag.meaning, flags::Meaning::Command(_))) {
        return None;
    }
    let problem = name_problem(&file.stem)?;
    let fitted = fit_name(&file.stem);
    let example = if name_problem(&fitted).is_none() { fitted } else { "web".to_owned() };
    Some(
        Diagnostic::error(
            super::found::code("name"),
            format!(
                "{} has no name: {} can't name a container ({problem})",
                file.name,
                quote_text(&file.stem)
            ),
        )
        .with_help(format!("write name = {} at the top of the file", quote_text(&example))),
    )
}
