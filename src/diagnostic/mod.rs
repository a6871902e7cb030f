//! A problem, the places it points to, and the sources those places lie in.
//!
//! This module knows nothing of TOML, plans or the kernel: every stage makes
//! [`Diagnostic`]s, [`render`] prints them for people and [`json`] for programs.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

pub mod json;
pub mod render;

/// How bad a problem is. Only errors make a command fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The profile is refused, or the operation failed.
    Error,
    /// Worth saying; nothing is refused.
    Warning,
}

/// One problem: what it is, where, why, and what to do about it.
///
/// `message` is a lowercase fragment fit to follow "failed: …"; the labels say what
/// is wrong *here*; `help` says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable, documented code such as `tinydocker::profile::unknown_key`.
    pub code: &'static str,
    /// Error or warning.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub message: String,
    /// The remedy.
    pub help: Option<String>,
    /// The places, the primary one first. Empty only if no source is to blame
    /// (a file that can't be read, a kernel without a feature).
    pub labels: Vec<Label>,
    /// Set when an operation of the plan failed at run time.
    pub failure: Option<Failure>,
}

/// A span of a source with the text to print beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The source that `span` indexes.
    pub source: SourceId,
    /// Byte offsets into the source's text.
    pub span: Range<usize>,
    /// What is wrong at this place; may be empty.
    pub text: String,
    /// Exactly one label of a diagnostic is the primary one.
    pub primary: bool,
}

/// What the kernel said when an operation failed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Failure {
    /// Name of the plan's operation, as `plan` prints it.
    pub operation: String,
    /// System call, such as `mount_setattr`.
    pub syscall: String,
    /// Symbolic errno, such as `EACCES`.
    pub errno: String,
    /// The path concerned, if the operation has one.
    pub path: Option<String>,
}

impl Diagnostic {
    /// An error without labels and help yet.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            help: None,
            labels: Vec::new(),
            failure: None,
        }
    }

    /// A warning without labels and help yet.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// Sets the remedy.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a place; the first one added is the primary one.
    #[must_use]
    pub fn with_label(mut self, source: SourceId, span: Range<usize>, text: impl Into<String>) -> Self {
        let primary = self.labels.is_empty();
        self.labels.push(Label { source, span, text: text.into(), primary });
        self
    }

    /// Whether this problem makes the command fail.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Index of a [`Source`] in its [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct SourceId(pub u32);

/// A text that problems can point into: a file, the command line, a `--set`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// What stands after `╭─[` and as `file` in JSON: a path as the user typed it,
    /// or `command line`, or `stdin`.
    pub name: String,
    /// The whole text.
    pub text: String,
    lines: Lines,
}

/// Where each line begins, found out once somebody asks.
#[derive(Debug, Clone, Default)]
struct Lines(OnceLock<Vec<usize>>);

/// It says nothing that the text does not.
impl PartialEq for Lines {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Lines {}

impl Source {
    fn lines(&self) -> &[usize] {
        self.lines.0.get_or_init(|| {
            let behind = self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0).chain(behind.map(|(at, _)| at + 1)).collect()
        })
    }
}

/// All sources of one command, in the order in which they were read. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Sources(Vec<Arc<Source>>);

impl Sources {
    /// Adds a source and returns its index.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> SourceId {
        self.0.push(Arc::new(Source { name: name.into(), text: text.into(), lines: Lines::default() }));
        SourceId(u32::try_from(self.0.len() - 1).expect("fewer than 2^32 sources"))
    }

    /// The source with this index.
    ///
    /// # Panics
    /// If the index is of another `Sources`.
    pub fn get(&self, id: SourceId) -> &Source {
        &self.0[id.0 as usize]
    }

    /// The source with this index, to keep.
    ///
    /// # Panics
    /// If the index is of another `Sources`.
    pub fn shared(&self, id: SourceId) -> Arc<Source> {
        Arc::clone(&self.0[id.0 as usize])
    }

    /// All sources, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Source> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// Where each line of a source begins.
    fn line_starts(&self, id: SourceId) -> &[usize] {
        self.get(id).lines()
    }

    /// Line and column (both from 1, the column in Unicode scalar values) of a byte
    /// offset; offsets behind the end count as the end.
    pub fn line_column(&self, id: SourceId, offset: usize) -> (u32, u32) {
        let text = &self.get(id).text;
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let lines = self.line_starts(id);
        let line = lines.partition_point(|start| *start <= offset);
        let start = lines[line - 1];
        // A byte order mark is no column.
        let column = text[start..offset].chars().filter(|&c| c != '\u{feff}').count() + 1;
        (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
    }
}

/// Sorts by source and place, labelless problems first, as a reader would meet them.
pub fn sort(diagnostics: &mut [Diagnostic]) {
    diagnostics.sort_by_key(|d| d.labels.first().map(|l| (l.source, l.span.start, l.span.end)));
}
