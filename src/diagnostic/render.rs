//! Problems for people: miette's graphical report, and a line that counts them.

use super::{Diagnostic, Severity, SourceId, Sources};
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode, ThemeCharacters, ThemeStyles};
use snippet::Snippets;
use std::fmt;

mod snippet;
mod words;

pub use words::{width, wrap};

/// Reports are made for terminals of at least this many columns.
pub const NARROWEST: usize = 40;

/// How a report looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// With colours.
    pub color: bool,
    /// With box-drawing characters; else ASCII.
    pub unicode: bool,
    /// Columns of the terminal; below [`NARROWEST`] counts as that.
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
        out.push_str(&words::shown(&count, options.unicode));
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
    let options = Options { width: options.width.max(NARROWEST), ..options };
    let theme = GraphicalTheme {
        characters: if options.unicode { ThemeCharacters::unicode() } else { ThemeCharacters::ascii() },
        styles: if options.color { ThemeStyles::ansi() } else { ThemeStyles::none() },
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(options.width)
        .with_context_lines(1)
        .with_links(false)
        .with_wrap_lines(false)
        .without_syntax_highlighting();
    // Before the text stand `  × `, `  help: ` or spaces of the same width.
    let message = words::shorten(&words::shown(&diagnostic.message, options.unicode), options.unicode);
    let message = wrap(&message, options.width - 4);
    let help = diagnostic.help.as_ref();
    let help = help.map(|help| wrap(&words::shown(help, options.unicode), options.width - 8));
    let view = View { diagnostic, message, help, snippets: Snippets::new(diagnostic, sources, options) };
    if handler.render_report(out, &view).is_err() {
        // miette fails on spans outside of their text only; the message still counts.
        out.push_str(&diagnostic.message);
        out.push('\n');
    }
}

/// A diagnostic as miette wants it.
struct View<'a> {
    diagnostic: &'a Diagnostic,
    message: String,
    help: Option<String>,
    snippets: Snippets,
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
        if self.diagnostic.labels.is_empty() { None } else { Some(&self.snippets) }
    }
    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        if self.diagnostic.labels.is_empty() { None } else { Some(Box::new(self.snippets.labels())) }
    }
}
