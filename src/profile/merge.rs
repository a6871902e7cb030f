//! The layers of one container → one table, by figment, and the rules that span layers.

use super::fault::Fault;
use super::found::Found;
use super::layer::{LayerData, Places, Provided};
use super::origins::Origins;
use super::path::KeyPath;
use super::prepare::Prepared;
use super::preset::{self, Filled};
use super::raw::Raw;
use super::{built_in, removal, rules};
use crate::diagnostic::{Diagnostic, Sources};
use figment::Figment;
use figment::value::{Dict, Tag, Value};
use serde::Deserialize;

/// What merging needs to know besides the layers.
pub struct Settings<'a> {
    /// The texts that the layers point into.
    pub sources: &'a Sources,
    /// Nothing is known to be missing.
    pub fragment: bool,
}

/// A container as its layers have it together.
pub struct Merged {
    /// The values.
    pub raw: Raw,
    /// Where they come from.
    pub origins: Origins,
    /// Which lists the built-in layer was given.
    pub filled: Filled,
    /// All that is wrong.
    pub problems: Vec<Diagnostic>,
    /// Whether `name` is among that.
    pub name_is_broken: bool,
}

/// Merges the layers, the lowest first.
pub fn merge(prepared: Vec<Prepared>, settings: &Settings<'_>) -> Merged {
    let mut layers = Vec::with_capacity(prepared.len());
    let mut found: Vec<(usize, Found)> = Vec::new();
    for (position, one) in prepared.into_iter().enumerate() {
        layers.push(one.layer);
        found.extend(one.found.into_iter().map(|problem| (position, problem)));
    }
    let given = built_in::fill(&mut layers);
    let filled = preset::fill(&mut layers);
    let mut dropped = Vec::new();
    for upper in 1..layers.len() {
        let (below, above) = layers.split_at_mut(upper);
        let mut more = Vec::new();
        removal::apply(below, &above[0], &mut dropped, &mut more);
        found.extend(more.into_iter().map(|problem| (upper, problem)));
        rules::displace(below, &above[0]);
        above[0].inherit(below);
    }
    let (figment, merged, sole) = together(&mut layers);
    let value = Value::Dict(Tag::Default, merged);
    let raw = Raw::deserialize(&value);
    let merged = value.into_dict().unwrap_or_default();
    let broken: Vec<KeyPath> = found.iter().map(|(_, found)| found.path.clone()).collect();
    let mut problems: Vec<Diagnostic> =
        found.into_iter().map(|(position, found)| with_hidden(&layers, position, found)).collect();
    let origins = Origins::new(layers, merged, given, &figment, sole, dropped, settings.sources.clone());
    let raw = raw.unwrap_or_else(|error| {
        // Each layer passed on its own, so that this can only be a gap of ours.
        let fault = Fault::new("invalid", error.to_string(), "");
        problems.push(Diagnostic::error(super::found::code(fault.code), fault.message));
        Raw::default()
    });
    if !settings.fragment {
        problems.extend(rules::merged(&raw, &origins, origins.layers(), &broken));
    }
    let name_is_broken = broken.iter().any(|path| path.key(0) == Some("name"));
    Merged { raw, origins, filled, problems, name_is_broken }
}

/// Merges by figment the keys of the root that several layers have. Those that one layer has
/// alone are what they are: they come last, with that layer's position.
fn together(layers: &mut [LayerData]) -> (Figment, Dict, Vec<(String, usize)>) {
    let given: Vec<Dict> = layers.iter_mut().map(LayerData::give).collect();
    let mut keys: Vec<&str> = given.iter().flat_map(Dict::keys).map(String::as_str).collect();
    keys.sort_unstable();
    let shared = keys.windows(2).filter(|pair| pair[0] == pair[1]);
    let shared: Vec<String> = shared.map(|pair| pair[0].to_owned()).collect();
    let (mut figment, mut alone, mut sole) = (Figment::new(), Dict::new(), Vec::new());
    for (position, values) in given.into_iter().enumerate() {
        let mut several = Dict::new();
        for (key, value) in values {
            if shared.contains(&key) {
                several.insert(key, value);
            } else {
                sole.push((key.clone(), position));
                alone.insert(key, value);
            }
        }
        if !several.is_empty() {
            figment = figment.merge(Provided::new(several, position));
        }
    }
    let merged = figment::Provider::data(&figment).ok();
    let merged = merged.and_then(|mut data| data.remove(&figment::Profile::Default));
    alone.extend(merged.unwrap_or_default());
    (figment, alone, sole)
}

/// Names what a wrong value of a higher layer hides.
fn with_hidden(layers: &[LayerData], position: usize, found: Found) -> Diagnostic {
    let Found { path, mut diagnostic } = found;
    if path.0.is_empty() {
        return diagnostic;
    }
    let primary = diagnostic.labels.first().map(|label| (label.source, label.span.clone()));
    let below = layers[..position].iter().rev().filter(|layer| !matches!(layer.places, Places::BuiltIn));
    for layer in below {
        let Some((source, spot)) = layer.spot(&path) else { continue };
        if primary.as_ref().is_some_and(|place| *place != (source, spot.value.clone())) {
            let removal = diagnostic.code == super::found::code("removal");
            let text = if removal { "inherited from here" } else { "hidden by it" };
            diagnostic = diagnostic.with_label(source, spot.value, text);
        }
        break;
    }
    diagnostic
}
