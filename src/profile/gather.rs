//! Which tables of which files make a container: `extends`, defaults, variants.

use super::fault::Fault;
use super::file::{File, Parsed, Shape};
use super::found::{Found, code};
use super::layer::At;
use super::load::{Loader, Typing};
use super::origin::Layer;
use super::path::{KeyPath, quote_text};
use super::unknown::nearest;
use crate::diagnostic::Diagnostic;
use figment::value::Value;
use std::path::{Path, PathBuf};

/// A table of a file, by the file's position among those that were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The file.
    pub file: usize,
    /// The table in it.
    pub path: KeyPath,
    /// The layer that it makes.
    pub layer: Layer,
}

/// A container and the tables of files that make it, the lowest first.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its key in `[containers]`; none where the file is one container.
    pub key: Option<String>,
    /// The tables.
    pub tables: Vec<Table>,
    /// Something that it extends could not be found: nothing is known to be missing.
    pub incomplete: bool,
}

/// An `extends` on the way to a table: where it stands.
pub(super) type Edge = (usize, KeyPath, KeyPath);

impl Loader<'_> {
    /// The containers of the main file.
    pub(super) fn targets(&mut self, main: Option<usize>, configs: &[(usize, Layer)]) -> Vec<Target> {
        let mut below = Vec::new();
        for (file, layer) in configs {
            let path = KeyPath::keys(["defaults"]);
            below.push(Table { file: *file, path, layer: *layer });
        }
        let Some(main) = main else {
            return vec![Target { key: None, tables: below, incomplete: false }];
        };
        let variants = self.chosen_variants(main);
        match self.files[main].shape() {
            Shape::Single => {
                let mut tables = below;
                let lost = self.lost;
                self.extend(main, &KeyPath::default(), Layer::File, &mut Vec::new(), &mut tables);
                for variant in &variants {
                    let path = KeyPath::keys(["variants", variant]);
                    tables.push(Table { file: main, path, layer: Layer::Variant });
                }
                vec![Target { key: None, tables, incomplete: self.lost > lost }]
            }
            Shape::Several => {
                let keys: Vec<String> =
                    self.files[main].containers().into_iter().map(str::to_owned).collect();
                let all: Vec<String> = self.files[main].variants().into_iter().map(str::to_owned).collect();
                for variant in &all {
                    self.check_variant(main, variant, &keys);
                }
                let mut targets = Vec::new();
                for key in keys {
                    let path = KeyPath::keys(["containers", &key]);
                    if self.files[main].table(&path).is_none() {
                        continue;
                    }
                    let mut tables = below.clone();
                    let add = |path: KeyPath, layer, tables: &mut Vec<Table>, files: &[Parsed]| {
                        if files[main].table(&path).is_some() {
                            tables.push(Table { file: main, path, layer });
                        }
                    };
                    add(KeyPath::keys(["defaults"]), Layer::Defaults, &mut tables, &self.files);
                    for variant in &variants {
                        let path = KeyPath::keys(["variants", variant, "defaults"]);
                        add(path, Layer::Variant, &mut tables, &self.files);
                    }
                    let lost = self.lost;
                    self.extend(main, &path, Layer::File, &mut Vec::new(), &mut tables);
                    let incomplete = self.lost > lost;
                    for variant in &variants {
                        let path = KeyPath::keys(["variants", variant, "containers", &key]);
                        add(path, Layer::Variant, &mut tables, &self.files);
                    }
                    targets.push(Target { key: Some(key), tables, incomplete });
                }
                targets
            }
        }
    }

    /// The tables of variants that were not chosen: they are checked all the same.
    pub(super) fn idle_variants(&self, main: usize) -> Vec<Table> {
        let file = &self.files[main];
        let chosen: Vec<&str> = self.request.variants.iter().map(|it| it.text.as_str()).collect();
        let mut tables = Vec::new();
        for variant in file.variants().into_iter().filter(|name| !chosen.contains(name)) {
            let root = KeyPath::keys(["variants", variant]);
            let mut paths = Vec::new();
            match file.shape() {
                Shape::Single => paths.push(root),
                Shape::Several => {
                    paths.push(root.child("defaults"));
                    let containers = root.child("containers");
                    let names = file.table(&containers).into_iter().flatten().map(|(name, _)| name);
                    paths.extend(names.map(|name| containers.child(name)));
                }
            }
            let there = paths.into_iter().filter(|path| file.table(path).is_some());
            tables.extend(there.map(|path| Table { file: main, path, layer: Layer::Variant }));
        }
        tables
    }

    fn chosen_variants(&mut self, main: usize) -> Vec<String> {
        let known: Vec<String> = self.files[main].variants().into_iter().map(str::to_owned).collect();
        let mut chosen = Vec::new();
        for wanted in &self.request.variants {
            if known.contains(&wanted.text) {
                chosen.push(wanted.text.clone());
                continue;
            }
            let message = format!("there is no variant {}", quote_text(&wanted.text));
            let help = match nearest(&wanted.text, known.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None if known.is_empty() => {
                    format!("the file declares none; write [variants.{}]", wanted.text)
                }
                None => format!("its variants: {}", known.join(", ")),
            };
            self.typed_problem(wanted, "variant", message, "not in the file", help);
        }
        chosen
    }

    /// In a file of several a variant has `defaults` and `containers` only.
    fn check_variant(&mut self, main: usize, variant: &str, containers: &[String]) {
        let file = &self.files[main];
        let path = KeyPath::keys(["variants", variant]);
        let Some(table) = file.table(&path) else { return };
        let layer = file.layer(Layer::Variant, path.clone());
        let mut found = Vec::new();
        for key in table.keys().filter(|key| !super::file::is_extension(key)) {
            if key != "defaults" && key != "containers" {
                let fault = Fault::new(
                    "shape",
                    "a variant of several containers has [defaults] and [containers.<name>] only",
                    "for which container?",
                )
                .help(format!(
                    "write [variants.{variant}.containers.<name>], or [variants.{variant}.defaults]"
                ));
                found.push(Found::fault(&layer, &KeyPath::keys([key.as_str()]), At::Key, &fault));
            }
        }
        let inner = file.table(&path.child("containers"));
        for key in inner.into_iter().flatten().map(|(key, _)| key).filter(|key| !containers.contains(key)) {
            let near = nearest(key, containers.iter().map(String::as_str));
            let fault = Fault::new(
                "shape",
                format!("the file has no container {}", quote_text(key)),
                "not in [containers]",
            );
            let fault = match near {
                Some(near) => fault.help(format!("did you mean `{near}`?")),
                None => fault.help(format!("its containers: {}", containers.join(", "))),
            };
            found.push(Found::fault(&layer, &KeyPath::keys(["containers", key]), At::Key, &fault));
        }
        self.problems.extend(found.into_iter().map(|found| found.diagnostic));
    }

    /// Adds what a container extends, and then the container itself.
    fn extend(
        &mut self,
        file: usize,
        table: &KeyPath,
        layer: Layer,
        chain: &mut Vec<Edge>,
        tables: &mut Vec<Table>,
    ) {
        for (written, text) in self.extended(file, table) {
            chain.push((file, table.clone(), written.clone()));
            if let Some((file, table)) = self.resolve(&text, chain) {
                let circle = chain.iter().position(|(at, path, _)| (*at, path) == (file, &table));
                match circle {
                    Some(start) => self.circle(&chain[start..]),
                    None => self.extend(file, &table, Layer::Extends, chain, tables),
                }
            }
            chain.pop();
        }
        tables.push(Table { file, path: table.clone(), layer });
    }

    /// The targets of a table's `extends`, and where each stands.
    fn extended(&mut self, file: usize, table: &KeyPath) -> Vec<(KeyPath, String)> {
        let parsed = &self.files[file];
        let path = KeyPath::keys(["extends"]);
        let value = parsed.table(table).and_then(|table| table.get("extends"));
        let targets = match value {
            None => return Vec::new(),
            Some(Value::String(_, text)) => Some(vec![(path.clone(), text.clone())]),
            Some(Value::Array(_, list)) if !list.is_empty() => list
                .iter()
                .enumerate()
                .map(|(index, text)| Some((path.element(index), text.as_str()?.to_owned())))
                .collect(),
            Some(_) => None,
        };
        targets.unwrap_or_else(|| {
            let fault = Fault::new("type", "expected text, or an array of it", "expected text")
                .help("write extends = \"base.toml\", \"base.toml#web\" or \"#web\"");
            let layer = parsed.layer(Layer::File, table.clone());
            self.lost += 1;
            self.problems.push(Found::fault(&layer, &path, At::Value, &fault).diagnostic);
            Vec::new()
        })
    }

    /// Finds the table that `"FILE"`, `"FILE#NAME"` or `"#NAME"` means.
    fn resolve(&mut self, text: &str, chain: &[Edge]) -> Option<(usize, KeyPath)> {
        let (from, ..) = *chain.last()?;
        let (name, fragment) = text.split_once('#').map_or((text, None), |(name, part)| (name, Some(part)));
        let file = if name.is_empty() {
            if fragment.is_none() {
                let help = "write \"base.toml\", \"base.toml#web\" or \"#web\"";
                self.edge_problem(chain, "it names nothing", "empty", Some(help.into()));
                return None;
            }
            from
        } else {
            self.open_extended(name, chain)?
        };
        let parsed = &self.files[file];
        let known: Vec<String> = parsed.containers().into_iter().map(str::to_owned).collect();
        match (parsed.shape(), fragment) {
            (Shape::Single, None) => Some((file, KeyPath::default())),
            (Shape::Single, Some(_)) if parsed.broken => {
                self.lost += 1;
                None
            }
            (Shape::Single, Some(part)) => {
                let message = format!("the file has no [containers], so no {}", quote_text(part));
                let help = (!name.is_empty()).then(|| format!("write extends = {}", quote_text(name)));
                self.edge_problem(chain, &message, "the file is one container", help);
                None
            }
            (Shape::Several, Some(part)) if known.iter().any(|name| name == part) => {
                Some((file, KeyPath::keys(["containers", part])))
            }
            (Shape::Several, Some(part)) => {
                let help = match nearest(part, known.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean {}?", quote_text(&format!("{name}#{near}"))),
                    None => format!("its containers: {}", known.join(", ")),
                };
                let message = format!("there is no container {}", quote_text(part));
                self.edge_problem(chain, &message, "no container of this name", Some(help));
                None
            }
            (Shape::Several, None) => {
                let first = known.first().map_or("web", String::as_str);
                let help = format!("name one: {}", quote_text(&format!("{name}#{first}")));
                self.edge_problem(chain, "the file has several containers", "which one?", Some(help));
                None
            }
        }
    }

    fn open_extended(&mut self, name: &str, chain: &[Edge]) -> Option<usize> {
        let (from, ..) = *chain.last()?;
        let shown = match self.files[from].name.rsplit_once('/') {
            Some((folder, _)) if !name.starts_with(['/', '~']) => format!("{folder}/{name}"),
            _ => name.to_owned(),
        };
        let base =
            super::desugar::Base { folder: &self.files[from].folder, home: self.request.home.as_deref() };
        let path = match super::desugar::host_path(name, base) {
            Ok(path) => PathBuf::from(path),
            Err(fault) => {
                self.edge_problem(chain, &fault.message, &fault.label, fault.help);
                return None;
            }
        };
        if let Some(known) = self.files.iter().position(|file| file.path.as_deref() == Some(path.as_path())) {
            return Some(known);
        }
        match self.request.reader.read(&path) {
            Ok(text) => {
                let file = File {
                    name: shown,
                    text,
                    folder: path.parent().map_or_else(PathBuf::new, Path::to_owned),
                    stem: String::new(),
                };
                Some(self.open(&file, Some(path)))
            }
            Err(why) => {
                let message = format!("can't read {}: {why}", quote_text(name));
                self.edge_problem(chain, &message, &why, None);
                None
            }
        }
    }

    /// A problem of the last `extends` of a chain, with the way that led to it.
    fn edge_problem(&mut self, chain: &[Edge], message: &str, label: &str, help: Option<String>) {
        self.lost += 1;
        let mut diagnostic = Diagnostic::error(code("extends"), format!("`extends`: {message}"));
        diagnostic.help = help;
        for (position, (file, table, written)) in chain.iter().rev().enumerate() {
            let layer = self.files[*file].layer(Layer::File, table.clone());
            let text = if position == 0 { label } else { "extended from here" };
            diagnostic = layer.label(diagnostic, written, At::Value, text);
        }
        self.problems.push(diagnostic);
    }

    /// A circle is met from each of its containers; it is said once.
    fn circle(&mut self, chain: &[Edge]) {
        self.lost += 1;
        let mut edges = chain.to_vec();
        edges.sort();
        if self.circles.contains(&edges) {
            return;
        }
        self.circles.push(edges);
        let name = |(file, table, _): &Edge| {
            let file = &self.files[*file].name;
            table.last_key().map_or_else(|| file.clone(), |key| format!("{file}#{key}"))
        };
        let mut names: Vec<String> = chain.iter().map(name).collect();
        names.extend(names.first().cloned());
        let mut diagnostic =
            Diagnostic::error(code("extends"), format!("`extends` goes in a circle: {}", names.join(" → ")))
                .with_help("remove one of these");
        for (position, (file, table, written)) in chain.iter().enumerate() {
            let layer = self.files[*file].layer(Layer::File, table.clone());
            let text = if position + 1 == chain.len() { "closes the circle" } else { "then this" };
            diagnostic = layer.label(diagnostic, written, At::Value, text);
        }
        self.problems.push(diagnostic);
    }

    /// A problem of something that was typed on the command line.
    pub(super) fn typed_problem(
        &mut self,
        typing: &Typing,
        last: &str,
        message: String,
        label: &str,
        help: String,
    ) {
        let (source, span) = self.typed_place(typing);
        let diagnostic = Diagnostic::error(code(last), message).with_label(source, span, label);
        self.problems.push(diagnostic.with_help(help));
    }
}
