//! Problems for people: miette's graphical report, and a line that counts them.

use super::{Diagnostic, Severity, SourceId, Sources};
use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode,
    SourceSpan, SpanContents, ThemeCharacters, ThemeStyles,
};
use std::fmt;

/// How a report looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// With colours.
    pub color: bool,
    /// With box-drawing characters; else ASCII.
    pub unicode: bool,
    /// Columns of the terminal.
    pub width: usize,
}

impl Default for Options {
    /// For files and pipes: no colour, 80 columns.
    fn default() -> Self {
        Self { color: false, unicode: true, width: 80 }
    }
}

/// Renders all problems in the order given, and the line that counts them.
pub fn report(diagnostics: &[Diagnostic], sources: &Sources, options: Options) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        one(diagnostic, sources, options, &mut out);
        out.push('\n');
    }
    if let Some(count) = count(diagnostics, sources) {
        out.push_str(&count);
        out.push('\n');
    }
    out
}

/// `3 problems in web.toml`, `1 warning`; nothing for no problems.
pub fn count(diagnostics: &[Diagnostic], sources: &Sources) -> Option<String> {
    let errors = diagnostics.iter().filter(|it| it.is_error()).count();
    let warnings = diagnostics.len() - errors;
    let plural = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let mut text = match (errors, warnings) {
        (0, 0) => return None,
        (errors, 0) => plural(errors, "problem"),
        (0, warnings) => plural(warnings, "warning"),
        (errors, warnings) => format!("{} and {}", plural(errors, "problem"), plural(warnings, "warning")),
    };
    let mut places: Vec<SourceId> =
        diagnostics.iter().filter_map(|it| it.labels.first()).map(|it| it.source).collect();
    places.sort_unstable();
    places.dedup();
    match places.as_slice() {
        [] => {}
        [only] => text.push_str(&format!(" in {}", in_place(&sources.get(*only).name))),
        [one, other] => text.push_str(&format!(
            " in {} and {}",
            in_place(&sources.get(*one).name),
            in_place(&sources.get(*other).name)
        )),
        more => text.push_str(&format!(" in {} places", more.len())),
    }
    Some(text)
}

fn in_place(name: &str) -> String {
    if ["command line", "environment"].contains(&name) { format!("the {name}") } else { name.into() }
}

fn one(diagnostic: &Diagnostic, sources: &Sources, options: Options, out: &mut String) {
    let theme = GraphicalTheme {
        characters: if options.unicode { ThemeCharacters::unicode() } else { ThemeCharacters::ascii() },
        styles: if options.color { ThemeStyles::ansi() } else { ThemeStyles::none() },
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(options.width.max(40))
        .with_context_lines(1)
        .with_links(false)
        .with_wrap_lines(false)
        .without_syntax_highlighting();
    // Before the text stand `  × `, `  help: ` or spaces of the same width.
    let message = wrap(&diagnostic.message, options.width.max(40) - 4);
    let help = diagnostic.help.as_ref().map(|help| wrap(help, options.width.max(40) - 8));
    let view = View { diagnostic, message, help, sources: Texts(sources) };
    if handler.render_report(out, &view).is_err() {
        // miette fails on spans outside of their text only; the message still counts.
        out.push_str(&diagnostic.message);
        out.push('\n');
    }
}

/// Breaks text at spaces only: miette would break paths at their slashes, too.
fn wrap(text: &str, width: usize) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for (index, line) in text.lines().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        let mut column = 0;
        for word in line.split(' ') {
            let length = word.chars().count();
            if column > 0 && column + 1 + length > width {
                out.push('\n');
                column = 0;
            } else if column > 0 {
                out.push(' ');
                column += 1;
            }
            out.push_str(word);
            column += length;
        }
    }
    out
}

/// A diagnostic as miette wants it.
struct View<'a> {
    diagnostic: &'a Diagnostic,
    message: String,
    help: Option<String>,
    sources: Texts<'a>,
}

impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.diagnostic.fmt(f)
    }
}

impl fmt::Display for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for View<'_> {}

impl miette::Diagnostic for View<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.diagnostic.code))
    }
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as _)
    }
    fn source_code(&self) -> Option<&dyn SourceCode> {
        if self.diagnostic.labels.is_empty() { None } else { Some(&self.sources) }
    }
    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        if self.diagnostic.labels.is_empty() {
            return None;
        }
        Some(Box::new(self.diagnostic.labels.iter().map(|label| {
            let length = self.sources.0.get(label.source).text.len();
            let (start, end) = (label.span.start.min(length), label.span.end.min(length));
            let start = self.sources.base(label.source) + start;
            let length = end.saturating_sub(label.span.start.min(length));
            let text = (!label.text.is_empty()).then(|| label.text.clone());
            if label.primary {
                LabeledSpan::new_primary_with_span(text, (start, length))
            } else {
                LabeledSpan::new_with_span(text, (start, length))
            }
        })))
    }
}

/// All sources as one text for miette, which knows one per diagnostic only: each begins
/// where the one before ends. Spans never reach across, so each place is shown in a
/// snippet under its own file's name. (miette's own `SourceCode` for text counts lines
/// from the start of the file, which glues distant labels together.)
struct Texts<'a>(&'a Sources);

impl Texts<'_> {
    fn base(&self, id: SourceId) -> usize {
        self.0.iter().take(id.0 as usize).map(|source| source.text.len() + 1).sum()
    }
}

impl SourceCode for Texts<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let mut base = 0;
        for (index, source) in self.0.iter().enumerate() {
            let text = source.text.as_str();
            if span.offset() > base + text.len() {
                base += text.len() + 1;
                continue;
            }
            let start = span.offset() - base;
            let end = start + span.len();
            if end > text.len() {
                return Err(MietteError::OutOfBounds);
            }
            let id = SourceId(u32::try_from(index).unwrap_or(u32::MAX));
            let (first, column) = if lines_before == 0 && lines_after == 0 {
                (start, self.0.line_column(id, start).1 as usize - 1)
            } else {
                (line_start(text, start, lines_before), 0)
            };
            let last =
                if lines_before == 0 && lines_after == 0 { end } else { line_end(text, end, lines_after) };
            let line = self.0.line_column(id, first).0 as usize - 1;
            let data = &text[first..last.max(first)];
            let count = data.lines().count().max(1);
            return Ok(Box::new(MietteSpanContents::new_named(
                source.name.clone(),
                data.as_bytes(),
                (base + first, data.len()).into(),
                line,
                column,
                count,
            )));
        }
        Err(MietteError::OutOfBounds)
    }
}

/// Start of the line `back` lines before the one that holds `at`.
fn line_start(text: &str, at: usize, back: usize) -> usize {
    let mut start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    for _ in 0..back {
        if start > 0 {
            start = text[..start - 1].rfind('\n').map_or(0, |newline| newline + 1);
        }
    }
    // A byte order mark is no part of the first line.
    if start == 0 && text.starts_with('\u{feff}') { '\u{feff}'.len_utf8().min(at) } else { start }
}

/// End of the line `on` lines behind the one that holds `at`, its newline included.
fn line_end(text: &str, at: usize, on: usize) -> usize {
    let mut end = at;
    for _ in 0..=on {
        end = text[end..].find('\n').map_or(text.len(), |newline| end + newline + 1);
    }
    end
}
