//! A TOML text: the table that toml read, kept for its spans, and the same as values.

use super::path::{KeyPath, Segment};
use figment::value::{Dict, Num, Tag, Value};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A parsed TOML text.
#[derive(Debug, Clone)]
pub struct Document {
    table: Spanned<DeTable<'static>>,
}

/// What [`Document::parse`] found.
#[derive(Debug)]
pub struct Parsed {
    /// The table, for its spans.
    pub document: Document,
    /// The values.
    pub values: Dict,
    /// What was left out of `values`.
    pub unusable: Vec<Unusable>,
    /// What is no TOML.
    pub errors: Vec<toml::de::Error>,
}

/// Where a key and its value stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// The key; an array's element has none.
    pub key: Option<Range<usize>>,
    /// The value; for a table under a header, the header.
    pub value: Range<usize>,
    /// Whether the value is a table under a header or of dotted keys, so that `key` is
    /// the better place to show.
    pub spread: bool,
}

/// A value that TOML can write and a profile can't hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    /// Where it stands.
    pub path: KeyPath,
    /// What it is: `a date`, `an integer beyond 64 bits`.
    pub what: &'static str,
}

impl Document {
    /// Reads a text; table and values hold whatever could be read.
    pub fn parse(text: &str) -> Parsed {
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut unusable = Vec::new();
        let values = table_values(table.get_ref(), Way::Start, &mut unusable);
        Parsed { document: Self { table: into_static(table) }, values, unusable, errors }
    }

    /// Where the value at a path stands.
    pub fn locate(&self, path: &KeyPath) -> Option<Spot> {
        let mut table = Some(self.table.get_ref());
        let mut array = None;
        let mut found = None;
        for segment in &path.0 {
            let (key, value) = match segment {
                Segment::Key(name) => {
                    let (key, value) = table?.get_key_value(name.as_str())?;
                    (Some(key.span()), value)
                }
                Segment::Index(index) => {
                    let array: &toml::de::DeArray<'static> = array?;
                    (None, array.get(*index)?)
                }
            };
            table = value.get_ref().as_table();
            array = value.get_ref().as_array();
            found = Some((key, value));
        }
        let (key, value) = found?;
        let is_table = value.get_ref().is_table();
        // An inline table's span begins with its brace, behind the key.
        let spread = is_table && key.as_ref().is_some_and(|key| value.span().start <= key.start);
        Some(Spot { key, value: value.span(), spread })
    }

    /// The key that stands first in the text; nothing at its start for an empty text.
    pub fn first_key(&self) -> Range<usize> {
        self.table.get_ref().keys().map(Spanned::span).min_by_key(|span| span.start).unwrap_or(0..0)
    }

    /// The outermost array or inline table that ends at an offset.
    pub fn container_ending_at(&self, end: usize) -> Option<Range<usize>> {
        fn search(value: &Spanned<DeValue<'static>>, end: usize) -> Option<Range<usize>> {
            let span = value.span();
            match value.get_ref() {
                DeValue::Array(_) if span.end == end => Some(span),
                DeValue::Array(array) => array.iter().find_map(|value| search(value, end)),
                // A table under a header has the header's span.
                DeValue::Table(_) if span.end == end => Some(span),
                DeValue::Table(table) => table.iter().find_map(|(_, value)| search(value, end)),
                _ => None,
            }
        }
        self.table.get_ref().iter().find_map(|(_, value)| search(value, end))
    }

    /// Where keys of this name stand anywhere in the text, in the order of the text.
    pub fn keys_named(&self, name: &str) -> Vec<Range<usize>> {
        fn collect(table: &DeTable<'static>, name: &str, into: &mut Vec<Range<usize>>) {
            for (key, value) in table.iter() {
                if key.get_ref() == name {
                    into.push(key.span());
                }
                if let Some(table) = value.get_ref().as_table() {
                    collect(table, name, into);
                }
            }
        }
        let mut keys = Vec::new();
        collect(self.table.get_ref(), name, &mut keys);
        keys.sort_by_key(|span| span.start);
        keys
    }
}

/// Reads one value, as it stands behind `=`.
pub fn parse_value(text: &str) -> Option<Value> {
    let value = DeValue::parse(text).ok()?;
    scalar_or_nested(value.get_ref(), Way::Start, &mut Vec::new())
}

fn into_static(table: Spanned<DeTable<'_>>) -> Spanned<DeTable<'static>> {
    let span = table.span();
    let entries = table.into_inner().into_iter().map(|(key, value)| (static_key(key), static_value(value)));
    Spanned::new(span, entries.collect())
}

fn static_key(key: Spanned<toml::de::DeString<'_>>) -> Spanned<toml::de::DeString<'static>> {
    let span = key.span();
    Spanned::new(span, std::borrow::Cow::Owned(key.into_inner().into_owned()))
}

fn static_value(value: Spanned<DeValue<'_>>) -> Spanned<DeValue<'static>> {
    let span = value.span();
    let value = match value.into_inner() {
        DeValue::Table(table) => DeValue::Table(into_static(Spanned::new(0..0, table)).into_inner()),
        DeValue::Array(array) => DeValue::Array(array.into_iter().map(static_value).collect()),
        // Only the spans of scalars are wanted: their values live in the layers.
        _ => DeValue::Boolean(false),
    };
    Spanned::new(span, value)
}

/// The way to a value; it becomes a path only for a value that is refused.
#[derive(Clone, Copy)]
enum Way<'w> {
    Start,
    Key(&'w Way<'w>, &'w str),
    Element(&'w Way<'w>, usize),
}

impl Way<'_> {
    fn path(self) -> KeyPath {
        match self {
            Self::Start => KeyPath::default(),
            Self::Key(table, key) => table.path().child(key),
            Self::Element(array, index) => array.path().element(index),
        }
    }
}

fn table_values(table: &DeTable<'_>, way: Way<'_>, unusable: &mut Vec<Unusable>) -> Dict {
    let mut dict = Dict::new();
    for (key, value) in table.iter() {
        let way = Way::Key(&way, key.get_ref());
        if let Some(value) = scalar_or_nested(value.get_ref(), way, unusable) {
            dict.insert(key.get_ref().to_string(), value);
        }
    }
    dict
}

fn scalar_or_nested(value: &DeValue<'_>, way: Way<'_>, unusable: &mut Vec<Unusable>) -> Option<Value> {
    let mut refuse = |what| {
        unusable.push(Unusable { path: way.path(), what });
        None
    };
    let tag = Tag::Default;
    Some(match value {
        DeValue::String(text) => Value::String(tag, text.to_string()),
        DeValue::Boolean(value) => Value::Bool(tag, *value),
        DeValue::Integer(integer) => {
            let Ok(number) = i64::from_str_radix(integer.as_str(), integer.radix()) else {
                return refuse("an integer beyond 64 bits");
            };
            match u32::try_from(number) {
                // How a number was written matters for modes; see `form::Scalar`.
                Ok(octal) if integer.radix() == 8 => Value::Num(tag, Num::U32(octal)),
                _ => Value::Num(tag, Num::I64(number)),
            }
        }
        DeValue::Float(float) => match float.as_str().parse() {
            Ok(number) => Value::Num(tag, Num::F64(number)),
            Err(_) => return refuse("a float that can't be read"),
        },
        DeValue::Datetime(_) => return refuse("a date"),
        DeValue::Array(array) => {
            let values = array.iter().enumerate().map(|(index, value)| {
                // Holes would shift the elements behind them.
                scalar_or_nested(value.get_ref(), Way::Element(&way, index), unusable)
                    .unwrap_or_else(|| Value::from(""))
            });
            Value::Array(tag, values.collect())
        }
        DeValue::Table(table) => Value::Dict(tag, table_values(table, way, unusable)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value_text<'a>(text: &'a str, path: &str) -> &'a str {
        let Parsed { document, errors, .. } = Document::parse(text);
        assert!(errors.is_empty());
        &text[document.locate(&KeyPath::parse(path).unwrap()).unwrap().value]
    }

    #[test]
    fn spans_are_exact_with_tabs_wide_characters_crlf_and_a_byte_order_mark() {
        let text = "\u{feff}# é漢字\r\nname\t=\t\"漢字\" # x\r\n[cgroup]\r\n\tmemory = '1m'\r\nx = [1, { y = 2 }]\r\n";
        assert_eq!(value_text(text, "name"), "\"漢字\"");
        assert_eq!(value_text(text, "cgroup.memory"), "'1m'");
        assert_eq!(value_text(text, "cgroup.x[1].y"), "2");
        assert_eq!(value_text(text, "cgroup"), "[cgroup]");
        let document = Document::parse(text).document;
        assert!(document.locate(&KeyPath::keys(["cgroup"])).unwrap().spread);
        assert!(document.locate(&KeyPath::keys(["nothing"])).is_none());
    }
}
