//! Key paths: `cgroup.memory`, `mounts."/srv".source`, `command[1]`.

use std::borrow::Borrow;
use std::fmt;

/// One step of a [`KeyPath`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// A key of a table.
    Key(String),
    /// An element of an array, from 0.
    Index(usize),
}

/// Where a value stands in a profile.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyPath(pub Vec<Segment>);

/// Paths are found among others by their segments: a prefix needs no path of its own.
impl Borrow<[Segment]> for KeyPath {
    fn borrow(&self) -> &[Segment] {
        &self.0
    }
}

impl Borrow<[Segment]> for &KeyPath {
    fn borrow(&self) -> &[Segment] {
        &self.0
    }
}

impl KeyPath {
    /// A path of plain keys.
    pub fn keys<'a>(keys: impl IntoIterator<Item = &'a str>) -> Self {
        Self(keys.into_iter().map(|key| Segment::Key(key.to_owned())).collect())
    }

    /// Reads a path as TOML writes dotted keys, with `[n]` for elements of arrays.
    ///
    /// # Errors
    /// The byte offset that can't be read and what was expected there.
    pub fn parse(text: &str) -> Result<Self, (usize, &'static str)> {
        let mut segments = Vec::with_capacity(3);
        let mut at = 0;
        loop {
            at += text[at..].len() - text[at..].trim_start_matches([' ', '\t']).len();
            let rest = &text[at..];
            let quote = rest.chars().next().ok_or((at, "a key is missing here"))?;
            if quote == '"' || quote == '\'' {
                let (key, length) = quoted(rest, quote).ok_or((at, "this quote is never closed"))?;
                segments.push(Segment::Key(key));
                at += length;
            } else {
                let length = rest.find(|c: char| !is_bare(c)).unwrap_or(rest.len());
                if length == 0 {
                    return Err((at, "a key is missing here"));
                }
                segments.push(Segment::Key(rest[..length].to_owned()));
                at += length;
            }
            while let Some(index) = text[at..].strip_prefix('[') {
                let end = index.find(']').ok_or((at, "this bracket is never closed"))?;
                let number = index[..end].parse().map_err(|_| (at + 1, "a number belongs here"))?;
                segments.push(Segment::Index(number));
                at += end + 2;
            }
            at += text[at..].len() - text[at..].trim_start_matches([' ', '\t']).len();
            match text[at..].chars().next() {
                None => return Ok(Self(segments)),
                Some('.') => at += 1,
                Some(_) => {
                    return Err((at, "a `.` belongs between keys; quote a key that has other characters"));
                }
            }
        }
    }

    /// This path and one key more.
    #[must_use]
    pub fn child(&self, key: &str) -> Self {
        let mut path = self.clone();
        path.0.push(Segment::Key(key.to_owned()));
        path
    }

    /// This path and another one below it.
    #[must_use]
    pub fn join(&self, below: &Self) -> Self {
        Self(self.0.iter().chain(&below.0).cloned().collect())
    }

    /// This path and an index.
    #[must_use]
    pub fn element(&self, index: usize) -> Self {
        let mut path = self.clone();
        path.0.push(Segment::Index(index));
        path
    }

    /// Whether text is a key that stands without quotes.
    pub fn is_bare(key: &str) -> bool {
        !key.is_empty() && key.chars().all(is_bare)
    }

    /// The path without its last segment; empty for an empty path.
    #[must_use]
    pub fn parent(&self) -> Self {
        Self(self.0[..self.0.len().saturating_sub(1)].to_vec())
    }

    /// The last key, if the path ends in one.
    pub fn last_key(&self) -> Option<&str> {
        match self.0.last() {
            Some(Segment::Key(key)) => Some(key),
            _ => None,
        }
    }

    /// The key at a depth, if there is one.
    pub fn key(&self, depth: usize) -> Option<&str> {
        match self.0.get(depth) {
            Some(Segment::Key(key)) => Some(key),
            _ => None,
        }
    }

    /// Whether the path begins with `other`.
    pub fn starts_with(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }
}

/// The way to a value; it becomes a path only where somebody needs one.
#[derive(Debug, Clone, Copy)]
pub enum Way<'w> {
    /// The root.
    Start,
    /// A key of the table at the end of another way.
    Key(&'w Way<'w>, &'w str),
    /// An element of the array there.
    Element(&'w Way<'w>, usize),
}

impl Way<'_> {
    /// The way as a path.
    pub fn path(self) -> KeyPath {
        match self {
            Self::Start => KeyPath::default(),
            Self::Key(table, key) => table.path().child(key),
            Self::Element(array, index) => array.path().element(index),
        }
    }
}

fn is_bare(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

/// The text of a quoted key at the start of `text`, and its length with the quotes.
fn quoted(text: &str, quote: char) -> Option<(String, usize)> {
    let mut key = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            c if c == quote => return Some((key, at + 1)),
            '\\' if quote == '"' => match chars.next()?.1 {
                'n' => key.push('\n'),
                't' => key.push('\t'),
                'r' => key.push('\r'),
                other => key.push(other),
            },
            other => key.push(other),
        }
    }
    None
}

/// A key as TOML needs it: bare where it may be, else quoted.
pub fn quote_key(key: &str) -> String {
    if KeyPath::is_bare(key) { key.to_owned() } else { quote_text(key) }
}

/// Text as a TOML basic string.
pub fn quote_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Key(key) => {
                    if position > 0 {
                        f.write_str(".")?;
                    }
                    f.write_str(&quote_key(key))?;
                }
                Segment::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_as_they_are_written() {
        for text in ["name", "cgroup.memory", r#"mounts."/srv".source"#, "command[1]", r#"env."a\"b""#] {
            assert_eq!(KeyPath::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(KeyPath::parse("a . 'b.c'").unwrap(), KeyPath::keys(["a", "b.c"]));
        assert_eq!(KeyPath::parse("").unwrap_err().0, 0);
        assert_eq!(KeyPath::parse("a.").unwrap_err().0, 2);
        assert_eq!(KeyPath::parse("mounts./srv").unwrap_err().0, 7);
        assert!(KeyPath::parse("a.\"b").is_err());
    }
}
