//! A TOML text: the values that toml read, and where each stands.

use super::path::{KeyPath, Segment, Way};
use figment::value::{Dict, Num, Tag, Value};
use std::ops::Range;
use toml::de::{DeArray, DeTable, DeValue};

/// A parsed TOML text: where everything in it stands. The values live in the layers.
#[derive(Debug, Clone)]
pub struct Document {
    /// The nodes of a table stand side by side, sorted by key; those of an array, in its
    /// order. The root's come first.
    nodes: Vec<Node>,
    /// How many the root has.
    root: u32,
}

/// A key and its value, or an element of an array.
#[derive(Debug, Clone)]
struct Node {
    /// The key as it is read; none for an element.
    name: Option<Box<str>>,
    key: (u32, u32),
    value: (u32, u32),
    holds: Holds,
}

/// What a value holds: the position of the first node in it, and their number.
#[derive(Debug, Clone, Copy)]
enum Holds {
    Nothing,
    Table(u32, u32),
    Array(u32, u32),
}

/// What [`Document::parse`] found.
#[derive(Debug)]
pub struct Parsed {
    /// The places.
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
        let mut reader = Reader::default();
        let (root, values) = reader.table(table.into_inner(), Way::Start);
        let document = Self { nodes: reader.nodes, root: root.end };
        Parsed { document, values, unusable: reader.unusable, errors }
    }

    fn root(&self) -> &[Node] {
        &self.nodes[..self.root as usize]
    }

    /// What is in a table or an array.
    fn inside(&self, node: &Node) -> &[Node] {
        match node.holds {
            Holds::Nothing => &[],
            Holds::Table(first, count) | Holds::Array(first, count) => {
                &self.nodes[first as usize..(first + count) as usize]
            }
        }
    }

    /// Where the value at a path below a table stands.
    pub fn locate(&self, below: &KeyPath, path: &KeyPath) -> Option<Spot> {
        let mut table = Some(self.root());
        let mut array = None;
        let mut found = None;
        for segment in below.0.iter().chain(&path.0) {
            let node = match segment {
                Segment::Key(name) => {
                    let table: &[Node] = table?;
                    let at = table.binary_search_by(|node| node.name.as_deref().cmp(&Some(name)));
                    &table[at.ok()?]
                }
                Segment::Index(index) => {
                    let array: &[Node] = array?;
                    array.get(*index)?
                }
            };
            table = matches!(node.holds, Holds::Table(..)).then(|| self.inside(node));
            array = matches!(node.holds, Holds::Array(..)).then(|| self.inside(node));
            found = Some(node);
        }
        let node = found?;
        let key = node.name.is_some().then(|| range(node.key));
        // An inline table's span begins with its brace, behind the key.
        let is_table = matches!(node.holds, Holds::Table(..));
        let spread = is_table && key.as_ref().is_some_and(|key| range(node.value).start <= key.start);
        Some(Spot { key, value: range(node.value), spread })
    }

    /// The key that stands first in the text; nothing at its start for an empty text.
    pub fn first_key(&self) -> Range<usize> {
        self.root().iter().map(|node| range(node.key)).min_by_key(|span| span.start).unwrap_or(0..0)
    }

    /// The outermost array or inline table that ends at an offset.
    pub fn container_ending_at(&self, end: usize) -> Option<Range<usize>> {
        fn search(document: &Document, nodes: &[Node], end: usize) -> Option<Range<usize>> {
            nodes.iter().find_map(|node| match node.holds {
                Holds::Nothing => None,
                // A table under a header has the header's span.
                _ if node.value.1 as usize == end => Some(range(node.value)),
                _ => search(document, document.inside(node), end),
            })
        }
        search(self, self.root(), end)
    }

    /// Where keys of this name stand anywhere in the text outside of arrays, in the order of
    /// the text.
    pub fn keys_named(&self, name: &str) -> Vec<Range<usize>> {
        fn collect(document: &Document, nodes: &[Node], name: &str, into: &mut Vec<Range<usize>>) {
            for node in nodes {
                if node.name.as_deref() == Some(name) {
                    into.push(range(node.key));
                }
                if matches!(node.holds, Holds::Table(..)) {
                    collect(document, document.inside(node), name, into);
                }
            }
        }
        let mut keys = Vec::new();
        collect(self, self.root(), name, &mut keys);
        keys.sort_by_key(|span| span.start);
        keys
    }
}

fn range((start, end): (u32, u32)) -> Range<usize> {
    start as usize..end as usize
}

/// A span in half the space; no profile is that long.
fn short(span: Range<usize>) -> (u32, u32) {
    let short = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    (short(span.start), short(span.end))
}

/// Reads one value, as it stands behind `=`.
pub fn parse_value(text: &str) -> Option<Value> {
    Reader::default().value(DeValue::parse(text).ok()?.into_inner(), Way::Start).1
}

/// Takes what toml read apart: places here, values there.
#[derive(Default)]
struct Reader {
    nodes: Vec<Node>,
    unusable: Vec<Unusable>,
}

impl Reader {
    fn place(&self) -> u32 {
        u32::try_from(self.nodes.len()).expect("fewer than 2^32 keys")
    }

    fn table(&mut self, table: DeTable<'_>, way: Way<'_>) -> (Range<u32>, Dict) {
        let first = self.place();
        let mut entries = Vec::with_capacity(table.len());
        for (key, value) in table {
            let (key_at, value_at) = (short(key.span()), short(value.span()));
            let key = key.into_inner().into_owned();
            let name = Some(key.as_str().into());
            self.nodes.push(Node { name, key: key_at, value: value_at, holds: Holds::Nothing });
            entries.push((key, value.into_inner()));
        }
        let end = self.place();
        debug_assert!(self.nodes[first as usize..].is_sorted_by(|one, next| one.name < next.name));
        let entry = |(at, (key, value)): (usize, (String, DeValue<'_>))| {
            let (holds, value) = self.value(value, Way::Key(&way, &key));
            self.nodes[at].holds = holds;
            Some((key, value?))
        };
        let values = (first as usize..).zip(entries).filter_map(entry).collect();
        (first..end, values)
    }

    fn array(&mut self, array: DeArray<'_>, way: Way<'_>) -> (Range<u32>, Vec<Value>) {
        let first = self.place();
        let mut elements = Vec::with_capacity(array.len());
        for element in array {
            let value = short(element.span());
            self.nodes.push(Node { name: None, key: (0, 0), value, holds: Holds::Nothing });
            elements.push(element.into_inner());
        }
        let end = self.place();
        let element = |(index, element)| {
            let (holds, value) = self.value(element, Way::Element(&way, index));
            self.nodes[first as usize + index].holds = holds;
            // Holes would shift the elements behind them.
            value.unwrap_or_else(|| Value::from(""))
        };
        (first..end, elements.into_iter().enumerate().map(element).collect())
    }

    fn value(&mut self, value: DeValue<'_>, way: Way<'_>) -> (Holds, Option<Value>) {
        let tag = Tag::Default;
        let read = match value {
            DeValue::Table(table) => {
                let (inside, values) = self.table(table, way);
                let holds = Holds::Table(inside.start, inside.end - inside.start);
                return (holds, Some(Value::Dict(tag, values)));
            }
            DeValue::Array(array) => {
                let (inside, values) = self.array(array, way);
                let holds = Holds::Array(inside.start, inside.end - inside.start);
                return (holds, Some(Value::Array(tag, values)));
            }
            DeValue::String(text) => Ok(Value::String(tag, text.into_owned())),
            DeValue::Boolean(value) => Ok(Value::Bool(tag, value)),
            DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
                // How a number was written matters for modes; see `form::Scalar`.
                Ok(number) => Ok(match u32::try_from(number) {
                    Ok(octal) if integer.radix() == 8 => Value::Num(tag, Num::U32(octal)),
                    _ => Value::Num(tag, Num::I64(number)),
                }),
                Err(_) => Err("an integer beyond 64 bits"),
            },
            DeValue::Float(float) => match float.as_str().parse() {
                Ok(number) => Ok(Value::Num(tag, Num::F64(number))),
                Err(_) => Err("a float that can't be read"),
            },
            DeValue::Datetime(_) => Err("a date"),
        };
        let read = read.map_err(|what| self.unusable.push(Unusable { path: way.path(), what }));
        (Holds::Nothing, read.ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value_text<'a>(text: &'a str, path: &str) -> &'a str {
        let Parsed { document, errors, .. } = Document::parse(text);
        assert!(errors.is_empty());
        &text[document.locate(&KeyPath::default(), &KeyPath::parse(path).unwrap()).unwrap().value]
    }

    #[test]
    fn spans_are_exact_with_tabs_wide_characters_crlf_and_a_byte_order_mark() {
        let text = "\u{feff}# é漢字\r\nname\t=\t\"漢字\" # x\r\n[cgroup]\r\n\tmemory = '1m'\r\nx = [1, { y = 2 }]\r\n";
        assert_eq!(value_text(text, "name"), "\"漢字\"");
        assert_eq!(value_text(text, "cgroup.memory"), "'1m'");
        assert_eq!(value_text(text, "cgroup.x[1].y"), "2");
        assert_eq!(value_text(text, "cgroup"), "[cgroup]");
        let document = Document::parse(text).document;
        let locate = |key| document.locate(&KeyPath::default(), &KeyPath::keys([key]));
        assert!(locate("cgroup").unwrap().spread);
        assert!(locate("nothing").is_none());
        let below = document.locate(&KeyPath::keys(["cgroup"]), &KeyPath::keys(["memory"]));
        assert_eq!(&text[below.unwrap().value], "'1m'");
    }
}
