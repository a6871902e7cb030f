//! Which layer set a value, and where.

use super::built_in::{self, Given};
use super::layer::{At, LayerData, Places, get};
use super::origin::{Layer, Origin, Place};
use super::path::KeyPath;
use crate::diagnostic::{SourceId, Sources};
use figment::Figment;
use figment::value::{Dict, Tag, Value};
use std::ops::Range;

/// figment knows the tags of its values by the names of their layers, which are their
/// positions here. A figment holds all values once more, so that none is kept.
fn collect_tags(value: &Value, figment: &Figment, tags: &mut Vec<(Tag, usize)>) {
    let tag = value.tag();
    if !tags.iter().any(|(known, _)| *known == tag) {
        let position = figment.get_metadata(tag).and_then(|metadata| metadata.name.parse().ok());
        tags.extend(position.map(|position| (tag, position)));
    }
    match value {
        Value::Dict(_, table) => table.values().for_each(|value| collect_tags(value, figment, tags)),
        Value::Array(_, array) => array.iter().for_each(|value| collect_tags(value, figment, tags)),
        _ => {}
    }
}

/// The position of the layer that has a key of the root alone.
fn alone(sole: &[(String, usize)], root: &str) -> Option<usize> {
    sole.iter().find(|(key, _)| key == root).map(|(_, position)| *position)
}

/// Answers where each effective value comes from.
#[derive(Debug, Clone, Default)]
pub struct Origins {
    /// Lowest first.
    layers: Vec<LayerData>,
    /// What won; every value carries the tag of its layer.
    merged: Dict,
    /// The built-in values among them.
    given: Given,
    /// By tag: the position of the layer that it stands for.
    tags: Vec<(Tag, usize)>,
    /// The keys of the root that one layer has alone, and its position.
    sole: Vec<(String, usize)>,
    /// What the program itself had given and some layer took out.
    dropped: Vec<KeyPath>,
    sources: Sources,
}

impl Origins {
    pub(super) fn new(
        layers: Vec<LayerData>,
        merged: Dict,
        given: Given,
        figment: &Figment,
        sole: Vec<(String, usize)>,
        dropped: Vec<KeyPath>,
        sources: Sources,
    ) -> Self {
        let mut tags = Vec::with_capacity(layers.len());
        let several = merged.iter().filter(|(key, _)| alone(&sole, key).is_none());
        several.for_each(|(_, value)| collect_tags(value, figment, &mut tags));
        Self { layers, merged, given, tags, sole, dropped, sources }
    }

    /// The effective values by canonical key, the built-in ones that nobody touched
    /// included.
    pub(super) fn effective(&self) -> Dict {
        let mut values = self.merged.clone();
        built_in::complete(&mut values, &self.given);
        values
    }

    /// Which built-in values went into the merge.
    pub(super) fn given(&self) -> &Given {
        &self.given
    }

    /// The built-in entries that a layer took out and none gave again.
    pub(super) fn dropped(&self) -> impl Iterator<Item = &KeyPath> {
        self.dropped.iter().filter(|path| get(&self.merged, path).is_none())
    }

    pub(super) fn layers(&self) -> &[LayerData] {
        &self.layers
    }

    /// The origin of a canonical key path such as `cgroup.memory`. A key that no layer
    /// above built-in set is a built-in value, and so is one that does not exist.
    pub fn of(&self, key: &str) -> Origin {
        // Most keys that a plan asks for were written by nobody; those are not read.
        let table = key.split_once(['.', '[']).map_or(key, |(table, _)| table);
        if KeyPath::is_bare(table) && !self.is_written(table) {
            return Origin::built_in(key);
        }
        let Ok(path) = KeyPath::parse(key) else { return Origin::built_in(key) };
        match self.winner(&path) {
            Some(layer) => self.origin(layer, &path, key),
            None => Origin::built_in(key),
        }
    }

    /// Where lower layers gave the key another value, the highest first. What a higher
    /// layer's choice removed (`cpus` over `cpu_quota`) counts too.
    pub fn hidden(&self, key: &str) -> Vec<Origin> {
        let Ok(path) = KeyPath::parse(key) else { return Vec::new() };
        let winner = self.position(&path).unwrap_or(self.layers.len());
        self.layers[..winner]
            .iter()
            .rev()
            .filter(|layer| layer.spot(&path).is_some() || layer.gave(&path))
            .map(|layer| self.origin(layer, &path, key))
            .collect()
    }

    /// The highest layer that set a key, if a file or the command line did.
    pub(super) fn winner(&self, path: &KeyPath) -> Option<&LayerData> {
        self.layers.get(self.position(path)?)
    }

    /// Whether somebody, and not the program, wrote a key of the root or below it: a table
    /// has the tag of the highest layer that has something in it.
    fn is_written(&self, root: &str) -> bool {
        let layer = self.merged.get(root).and_then(|value| self.layers.get(self.tagged(root, value)?));
        layer.is_some_and(|layer| layer.layer != Layer::BuiltIn)
    }

    /// The position of the layer that a value below a key of the root came from.
    fn tagged(&self, root: &str, value: &Value) -> Option<usize> {
        if let Some(position) = alone(&self.sole, root) {
            return Some(position);
        }
        self.tags.iter().find(|(tag, _)| *tag == value.tag()).map(|(_, position)| *position)
    }

    /// The position of the layer that set a key.
    fn position(&self, path: &KeyPath) -> Option<usize> {
        let winner = self.tagged(path.key(0)?, get(&self.merged, path)?)?;
        if self.layers.iter().all(|layer| layer.inherited.is_empty()) {
            return Some(winner);
        }
        // An element that a layer took over stands in the layer that gave it.
        let gave = |layer: &LayerData| layer.gave(path) && !layer.is_inherited(path);
        self.layers.get(..=winner)?.iter().rposition(gave).or(Some(winner))
    }

    /// The source and span of a key's value, or of its key where it is a table.
    pub fn span(&self, key: &str) -> Option<(SourceId, Range<usize>)> {
        let path = KeyPath::parse(key).ok()?;
        self.winner(&path)?.span(&path, At::Value)
    }

    fn origin(&self, layer: &LayerData, path: &KeyPath, key: &str) -> Origin {
        let place = layer.span(path, At::Value).map(|(source, span)| {
            let (line, column) = self.sources.line_column(source, span.start);
            let file = self.sources.get(source).name.clone();
            Place { file, line, column, offset: span.start, length: span.len(), source }
        });
        let layer = if matches!(layer.places, Places::BuiltIn) { Layer::BuiltIn } else { layer.layer };
        Origin { key: key.to_owned(), layer, place }
    }
}
