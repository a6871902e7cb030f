//! One file of profiles: its text, its shape and its file-level keys.

use super::document::{Document, Unusable};
use super::fault::Fault;
use super::found::{Found, code};
use super::gather::Table;
use super::keys;
use super::layer::{At, LayerData, Places, get};
use super::origin::Layer;
use super::path::KeyPath;
use super::vars::Vars;
use super::{syntax, unknown};
use crate::diagnostic::{Diagnostic, SourceId, Sources};
use figment::value::{Dict, Value};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// The keys of a file that are none of a container's. `extends` belongs to a container,
/// but says where its layers come from instead of being in one.
pub const FILE_KEYS: [&str; 5] = ["vars", "defaults", "containers", "variants", "extends"];

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

/// How a file holds containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// The file is one container: its keys stand at the root.
    Single,
    /// The file has `[containers.<name>]`.
    Several,
}

/// A file that was read.
pub struct Parsed {
    /// As the user named it.
    pub name: String,
    /// Its absolute path, if it has one.
    pub path: Option<PathBuf>,
    /// Its text among the sources.
    pub source: SourceId,
    /// The table, for spans.
    pub document: Arc<Document>,
    /// All values.
    pub values: Dict,
    /// Where values stand that no profile can hold.
    pub unusable: Vec<Unusable>,
    /// Bytes that no conclusion should be drawn from.
    pub doubtful: Vec<Range<usize>>,
    /// Whether the text is no TOML, so that nothing is known to be missing.
    pub broken: bool,
    /// What relative paths in it are relative to.
    pub folder: PathBuf,
    /// Its name without extension.
    pub stem: String,
    /// Whether its text has `${`.
    pub interpolates: bool,
    /// Whether some container extends another, perhaps one of this file.
    pub extends: bool,
    /// Whether its text may have keys such as `x-note`.
    pub extended: bool,
    /// Its variables.
    pub vars: Vars,
}

impl Parsed {
    /// Reads a file's text. What is no TOML, and values of no use, go to `problems`.
    pub fn read(file: &File, sources: &mut Sources, problems: &mut Vec<Diagnostic>) -> Self {
        let parsed = Document::parse(&file.text);
        let source = sources.add(file.name.as_str(), file.text.as_str());
        let mut doubtful = Vec::new();
        let broken = !parsed.errors.is_empty();
        if broken {
            let syntax = syntax::problems(&file.text, &parsed.errors, &parsed.document, source);
            problems.extend(syntax.problems);
            doubtful = syntax.doubtful;
        }
        let this = Self {
            name: file.name.clone(),
            path: None,
            source,
            document: Arc::new(parsed.document),
            values: parsed.values,
            unusable: parsed.unusable,
            doubtful,
            broken,
            folder: file.folder.clone(),
            stem: file.stem.clone(),
            interpolates: file.text.contains("${"),
            extends: true,
            extended: file.text.contains("x-"),
            vars: Vars::default(),
        };
        let root = this.layer(Layer::File, KeyPath::default());
        problems.extend(this.unusable.iter().map(|it| refuse(&root, it).diagnostic));
        this
    }

    /// A layer without values whose keys stand in a table of this file.
    pub fn layer(&self, layer: Layer, table: KeyPath) -> LayerData {
        let mut data = LayerData::new(layer, Places::Document(self.source, Arc::clone(&self.document)));
        data.prefix = table;
        data
    }

    /// The values of a table. A container's own table is asked for once, and given away,
    /// unless other containers may extend it.
    pub fn own_values(&mut self, table: &Table) -> Dict {
        if table.layer == Layer::File && table.path.0.len() == 2 && !self.extends {
            let Some(Value::Dict(_, containers)) = self.values.get_mut("containers") else {
                return Dict::new();
            };
            let own = table.path.last_key().and_then(|key| containers.get_mut(key));
            return match own {
                Some(Value::Dict(_, own)) => std::mem::take(own),
                _ => Dict::new(),
            };
        }
        self.table(&table.path).cloned().unwrap_or_default()
    }

    /// The table at a path.
    pub fn table(&self, path: &KeyPath) -> Option<&Dict> {
        if path.0.is_empty() { Some(&self.values) } else { get(&self.values, path)?.as_dict() }
    }

    /// The shape.
    pub fn shape(&self) -> Shape {
        if self.values.contains_key("containers") { Shape::Several } else { Shape::Single }
    }

    /// The names of the containers of a file with several.
    pub fn containers(&self) -> Vec<&str> {
        self.names("containers")
    }

    /// The names of the variants.
    pub fn variants(&self) -> Vec<&str> {
        self.names("variants")
    }

    fn names(&self, table: &str) -> Vec<&str> {
        let table = self.values.get(table).and_then(Value::as_dict);
        table
            .into_iter()
            .flatten()
            .map(|(name, _)| name.as_str())
            .filter(|name| !is_extension(name))
            .collect()
    }

    /// Whether a problem's place can't be trusted.
    pub fn doubts(&self, diagnostic: &Diagnostic) -> bool {
        diagnostic.labels.iter().filter(|label| label.source == self.source).any(|label| {
            // The ranges are in the order of the text.
            let first = self.doubtful.partition_point(|range| range.end < label.span.start);
            self.doubtful.get(first).is_some_and(|range| range.start <= label.span.end)
        })
    }

    /// What is wrong with the file-level keys.
    pub fn check_shape(&self, found: &mut Vec<Found>) {
        let root = self.layer(Layer::File, KeyPath::default());
        for key in ["vars", "defaults", "containers", "variants"] {
            self.check_table(&root, key, found);
        }
        match self.shape() {
            Shape::Single => {
                if self.values.contains_key("defaults") {
                    let fault = Fault::new(
                        "shape",
                        "a file that is one container has no defaults",
                        "of use to [containers.<name>] only",
                    )
                    .help(
                        "write the keys at the root; defaults of all profiles are in tinydocker/config.toml",
                    );
                    found.push(Found::fault(&root, &KeyPath::keys(["defaults"]), At::Key, &fault));
                }
            }
            Shape::Several => self.check_several(&root, found),
        }
    }

    fn check_several(&self, root: &LayerData, found: &mut Vec<Found>) {
        let containers = KeyPath::keys(["containers"]);
        for key in self.values.keys().filter(|key| !is_extension(key)) {
            let path = KeyPath::keys([key.as_str()]);
            if ["name", "description"].contains(&key.as_str())
                || FILE_KEYS.contains(&key.as_str()) && key != "extends"
            {
                continue;
            }
            if keys::kind(&path).is_none() && key != "extends" {
                found.extend(unknown::keys(root, self.values.get(key), &path));
                continue;
            }
            let first = self.containers().first().map_or_else(|| "web".to_owned(), |name| (*name).to_owned());
            let diagnostic = Diagnostic::error(
                code("shape"),
                format!("`{key}` is a container's key, and this file has several containers"),
            );
            let diagnostic = root.label(diagnostic, &path, At::Key, "belongs to which container?");
            let diagnostic = root.label(diagnostic, &containers, At::Key, "makes it a file of several");
            let help = format!("move it below [containers.{first}], or below [defaults] for all of them");
            found.push(Found { path, diagnostic: diagnostic.with_help(help) });
        }
        if self.containers().is_empty()
            && self.values.get("containers").is_some_and(|it| it.as_dict().is_some())
        {
            let fault = Fault::new("shape", "there is no container in it", "empty")
                .help("write [containers.web] with command and rootfs");
            found.push(Found::fault(root, &containers, At::Key, &fault));
        }
    }

    /// A file-level table whose entries are tables (except those of `vars`).
    fn check_table(&self, root: &LayerData, key: &str, found: &mut Vec<Found>) {
        let Some(value) = self.values.get(key) else { return };
        let path = KeyPath::keys([key]);
        let expected =
            |what: &str| Fault::new("type", format!("expected {what}"), format!("expected {what}"));
        let Some(table) = value.as_dict() else {
            found.push(Found::fault(root, &path, At::Value, &expected("a table")));
            return;
        };
        if ["vars", "defaults"].contains(&key) {
            return;
        }
        for (name, value) in table {
            if value.as_dict().is_none() && !is_extension(name) {
                let fault = expected("a table").help(format!("write [{key}.{name}] with the keys below it"));
                found.push(Found::fault(root, &path.child(name), At::Value, &fault));
            }
        }
    }
}

/// Whether a key is one that everybody may use as they like.
pub fn is_extension(key: &str) -> bool {
    key.starts_with("x-")
}

fn refuse(layer: &LayerData, unusable: &Unusable) -> Found {
    let fault = Fault::new("type", format!("no key takes {}", unusable.what), unusable.what);
    let help =
        if unusable.what == "a date" { "for text write it in quotes" } else { "write a smaller number" };
    Found::fault(layer, &unusable.path, At::Value, &fault.help(help))
}
