//! One layer: the values that a source gave, and where each stands in it.

use super::document::{Document, Spot};
use super::origin::Layer;
use super::path::{KeyPath, Segment};
use crate::diagnostic::{Diagnostic, SourceId};
use figment::value::{Dict, Map, Value};
use figment::{Metadata, Profile, Provider};
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// The values of one layer, desugared, and the way back to their places.
#[derive(Debug, Clone)]
pub struct LayerData {
    /// Which layer this is.
    pub layer: Layer,
    /// The values by canonical path.
    pub values: Dict,
    /// Where the written values stand.
    pub places: Places,
    /// Canonical paths that were written elsewhere, such as `mounts."/srv"`, which was
    /// written as `mounts[0]`.
    pub moved: Moves,
    /// Tables that were written in their text form, which replaces whatever lower
    /// layers gave.
    pub replaces: Vec<KeyPath>,
    /// The table of the document that holds this layer's keys, such as
    /// `containers.web`; empty for a file that is one container.
    pub prefix: KeyPath,
    /// Values that stand in another text, such as the variables of an env file.
    pub elsewhere: Elsewheres,
    /// What is taken out of lower layers.
    pub removals: Vec<Removal>,
    /// Arrays of the root whose elements stand behind those of lower layers.
    pub adds: Vec<KeyPath>,
    /// By array of `adds`: how many of its elements come from lower layers, where they
    /// have the same paths. Known once it was merged.
    pub inherited: Vec<(KeyPath, usize)>,
}

/// A value that stands in another text than its layer's.
#[derive(Debug, Clone)]
pub struct Elsewhere {
    /// The path in the values.
    pub canonical: KeyPath,
    /// The text.
    pub source: SourceId,
    /// The value in it.
    pub span: Range<usize>,
}

/// A wish that lower layers' values be gone.
#[derive(Debug, Clone)]
pub struct Removal {
    /// The key; for `all` the identity table.
    pub path: KeyPath,
    /// Every entry of the table (`"*" = false`).
    pub all: bool,
}

/// A canonical path that stands elsewhere in the source.
#[derive(Debug, Clone)]
pub struct Moved {
    /// The path in the values.
    pub canonical: KeyPath,
    /// The path in the source.
    pub written: KeyPath,
    /// Whether all below `canonical` stands at `written` itself (a short spelling), and
    /// not below it.
    pub whole: bool,
}

/// What was moved, by canonical path.
#[derive(Debug, Clone, Default)]
pub struct Moves(BTreeMap<KeyPath, Moved>);

impl Moves {
    /// Adds one; it stands in for an earlier one of the same path.
    pub fn push(&mut self, moved: Moved) {
        self.0.insert(moved.canonical.clone(), moved);
    }

    /// The nearest one at or above a path.
    fn of(&self, path: &KeyPath) -> Option<&Moved> {
        if self.0.is_empty() {
            return None;
        }
        (1..=path.0.len()).rev().find_map(|length| self.0.get(&path.0[..length]))
    }
}

/// Values that stand in other texts, by canonical path.
#[derive(Debug, Clone, Default)]
pub struct Elsewheres(BTreeMap<KeyPath, Elsewhere>);

impl Elsewheres {
    /// Adds one.
    pub fn push(&mut self, there: Elsewhere) {
        self.0.insert(there.canonical.clone(), there);
    }
}

/// Where the values of a layer stand.
#[derive(Debug, Clone)]
pub enum Places {
    /// In the program.
    BuiltIn,
    /// In a TOML text.
    Document(SourceId, Arc<Document>),
    /// In the command line: each value's path and span, in the order of typing.
    Typed(SourceId, Vec<(KeyPath, Range<usize>)>),
}

/// Which part of an entry a label shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// The key.
    Key,
    /// The value; for a table under a header its header's key.
    Value,
}

impl LayerData {
    /// A layer without values.
    pub fn new(layer: Layer, places: Places) -> Self {
        Self {
            layer,
            values: Dict::new(),
            places,
            moved: Moves::default(),
            replaces: Vec::new(),
            prefix: KeyPath::default(),
            elsewhere: Elsewheres::default(),
            removals: Vec::new(),
            adds: Vec::new(),
            inherited: Vec::new(),
        }
    }

    /// Puts the elements of the lower layers' arrays before those that this layer adds.
    pub fn inherit(&mut self, lower: &[Self]) {
        for array in std::mem::take(&mut self.adds) {
            let below = lower.iter().rev().find_map(|layer| layer.get(&array)?.as_array());
            let (Some(below), Some(key)) = (below, array.key(0)) else { continue };
            let Some(Value::Array(_, elements)) = self.values.get_mut(key) else { continue };
            elements.splice(0..0, below.iter().cloned());
            if let Places::Typed(_, entries) = &mut self.places {
                for (path, _) in entries.iter_mut().filter(|(path, _)| path.starts_with(&array)) {
                    if let Some(Segment::Index(index)) = path.0.get_mut(1) {
                        *index += below.len();
                    }
                }
            }
            self.inherited.push((array, below.len()));
        }
    }

    /// Whether the value at a path is one that [`Self::inherit`] took over.
    pub fn is_inherited(&self, path: &KeyPath) -> bool {
        self.inherited.iter().any(|(array, count)| {
            path.starts_with(array)
                && matches!(path.0.get(array.0.len()), Some(Segment::Index(index)) if index < count)
        })
    }

    /// Whether this layer gave a value to a path, now that it was merged.
    pub fn gave(&self, path: &KeyPath) -> bool {
        match self.places {
            Places::Document(..) => self.spot(path).is_some(),
            Places::BuiltIn | Places::Typed(..) => self.get(path).is_some(),
        }
    }

    /// The path in the source of a canonical path.
    pub fn written<'p>(&'p self, path: &'p KeyPath) -> Cow<'p, KeyPath> {
        match self.moved.of(path) {
            None => Cow::Borrowed(path),
            Some(moved) if moved.whole => Cow::Borrowed(&moved.written),
            Some(moved) => {
                let mut written = moved.written.clone();
                written.0.extend_from_slice(&path.0[moved.canonical.0.len()..]);
                Cow::Owned(written)
            }
        }
    }

    /// Where the value at a canonical path stands, if the source has it.
    pub fn spot(&self, path: &KeyPath) -> Option<(SourceId, Spot)> {
        if let Some(there) = self.elsewhere.0.get(path) {
            return Some((there.source, Spot { key: None, value: there.span.clone(), spread: false }));
        }
        let written = self.written(path);
        match &self.places {
            Places::BuiltIn => None,
            Places::Document(source, document) => Some((*source, document.locate(&self.prefix, &written)?)),
            Places::Typed(source, entries) => {
                let value = entries
                    .iter()
                    .rev()
                    .find(|(typed, _)| written.starts_with(typed) || typed.starts_with(&written))
                    .map(|(_, span)| span.clone())?;
                Some((*source, Spot { key: None, value, spread: false }))
            }
        }
    }

    /// The span to show for a path, or for the nearest table around it.
    pub fn span(&self, path: &KeyPath, at: At) -> Option<(SourceId, Range<usize>)> {
        let mut path = Cow::Borrowed(path);
        loop {
            if let Some((source, spot)) = self.spot(&path) {
                let span = match (at, spot.key) {
                    (At::Key, Some(key)) => key,
                    (At::Value, Some(key)) if spot.spread => key,
                    _ => spot.value,
                };
                return Some((source, span));
            }
            if path.0.is_empty() {
                return None;
            }
            path.to_mut().0.pop();
        }
    }

    /// Adds a label at a path of this layer.
    pub fn label(
        &self,
        diagnostic: Diagnostic,
        path: &KeyPath,
        at: At,
        text: impl Into<String>,
    ) -> Diagnostic {
        match (self.span(path, at), &self.places) {
            (Some((source, span)), _) => diagnostic.with_label(source, span, text),
            (None, Places::Document(source, _) | Places::Typed(source, _)) => {
                diagnostic.with_label(*source, 0..0, text)
            }
            (None, Places::BuiltIn) => diagnostic,
        }
    }

    /// Its values for the merge. What stands in a document is found there again, so that the
    /// values are given away; those of other layers are copied.
    pub fn give(&mut self) -> Dict {
        match self.places {
            Places::Document(..) => std::mem::take(&mut self.values),
            Places::BuiltIn | Places::Typed(..) => self.values.clone(),
        }
    }

    /// The value at a canonical path.
    pub fn get(&self, path: &KeyPath) -> Option<&Value> {
        get(&self.values, path)
    }
}

/// The value at a path of keys.
pub fn at<'v>(values: &'v Dict, keys: &[&str]) -> Option<&'v Value> {
    let (first, rest) = keys.split_first()?;
    rest.iter().try_fold(values.get(*first)?, |value, key| value.as_dict()?.get(*key))
}

/// The value at a path.
pub fn get<'v>(values: &'v Dict, path: &KeyPath) -> Option<&'v Value> {
    let mut segments = path.0.iter();
    let Segment::Key(first) = segments.next()? else { return None };
    segments.try_fold(values.get(first)?, |value, segment| match segment {
        Segment::Key(key) => value.as_dict()?.get(key),
        Segment::Index(index) => value.as_array()?.get(*index),
    })
}

/// The value at a path, to be changed.
pub fn get_mut<'v>(values: &'v mut Dict, path: &KeyPath) -> Option<&'v mut Value> {
    use super::path::Segment;
    let (Segment::Key(first), rest) = path.0.split_first()? else { return None };
    rest.iter().try_fold(values.get_mut(first)?, |value, segment| match (segment, value) {
        (Segment::Key(key), Value::Dict(_, dict)) => dict.get_mut(key),
        (Segment::Index(index), Value::Array(_, array)) => array.get_mut(*index),
        _ => None,
    })
}

/// Takes the value at a path out. An array keeps its length, so that the indices behind
/// stay right: something stands in for its element.
pub fn cut(values: &mut Dict, path: &KeyPath) -> Option<Value> {
    use super::path::Segment;
    let (Segment::Key(first), rest) = path.0.split_first()? else { return None };
    if rest.is_empty() {
        return values.remove(first);
    }
    let (last, between) = rest.split_last()?;
    let table = between.iter().try_fold(values.get_mut(first)?, |value, segment| match (segment, value) {
        (Segment::Key(key), Value::Dict(_, dict)) => dict.get_mut(key),
        (Segment::Index(index), Value::Array(_, array)) => array.get_mut(*index),
        _ => None,
    })?;
    match (last, table) {
        (Segment::Key(key), Value::Dict(_, dict)) => dict.remove(key),
        (Segment::Index(index), Value::Array(_, array)) => {
            // The others keep their places. What stands in passes as a word and as a group.
            array.get_mut(*index).map(|element| std::mem::replace(element, Value::from("0")))
        }
        _ => None,
    }
}

/// What of a layer figment merges. The layer's position is its name there: a container can
/// have many layers of one sort.
pub struct Provided {
    /// The values, until figment has taken them.
    values: Cell<Dict>,
    position: usize,
}

impl Provided {
    /// Values of the layer at a position, the lowest first.
    pub fn new(values: Dict, position: usize) -> Self {
        Self { values: Cell::new(values), position }
    }
}

impl Provider for Provided {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.position.to_string())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Profile::Default.collect(self.values.take()))
    }
}
