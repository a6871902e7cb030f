//! What is no TOML: one problem for each place, though toml may stumble on behind it.

use super::document::{self, Document};
use super::found::code;
use super::path::{quote_key, quote_text};
use crate::diagnostic::{Diagnostic, SourceId};
use figment::value::Value;
use std::ops::Range;

/// The problems, and the lines that no further conclusion should be drawn from.
pub struct Syntax {
    /// One for each place.
    pub problems: Vec<Diagnostic>,
    /// Byte ranges that can't be trusted.
    pub doubtful: Vec<Range<usize>>,
}

/// Turns toml's errors into problems.
pub fn problems(text: &str, errors: &[toml::de::Error], document: &Document, source: SourceId) -> Syntax {
    let mut errors: Vec<(Range<usize>, &str)> =
        errors.iter().map(|error| (error.span().unwrap_or(0..0), error.message())).collect();
    errors.sort_by_key(|(span, _)| span.start);
    let mut syntax = Syntax { problems: Vec::new(), doubtful: Vec::new() };
    // An array that is never closed swallows the lines behind it, and toml complains about
    // those; the bracket is the one thing to say.
    let unclosed = errors
        .iter()
        .filter(|(_, message)| {
            message.starts_with("unclosed array") || message.starts_with("unclosed inline table")
        })
        .filter_map(|(span, _)| document.container_ending_at(span.start))
        .min_by_key(|span| span.start);
    for (span, message) in errors {
        if let Some(open) = unclosed.as_ref().filter(|open| open.start <= span.start) {
            let (what, close) =
                if text[open.start..].starts_with('{') { ("table", '}') } else { ("array", ']') };
            let diagnostic =
                Diagnostic::error(code("syntax"), format!("not TOML: this {what} is never closed"))
                    .with_label(source, open.start..open.start + 1, "opened here")
                    .with_help(format!("close it with `{close}`"));
            syntax.problems.push(diagnostic);
            // Whatever follows was read as a part of it.
            syntax.doubtful.push(line_around(text, open).start..text.len());
            break;
        }
        let line = line_around(text, &span);
        let duplicate = message == "duplicate key" || message.starts_with("cannot extend value of type");
        let last = syntax.doubtful.last_mut();
        // Behind an error toml stumbles on, from line to line, until it finds its feet.
        if let Some(last) = last.filter(|last| line.start <= last.end + 1) {
            last.end = last.end.max(line.end);
            if !duplicate {
                continue;
            }
        } else {
            syntax.doubtful.push(if duplicate { span.clone() } else { line });
        }
        syntax.problems.push(problem(text, span, message, document, source));
    }
    syntax
}

fn line_around(text: &str, span: &Range<usize>) -> Range<usize> {
    let end = span.end.min(text.len());
    let start = text.as_bytes()[..span.start.min(text.len())]
        .iter()
        .rposition(|b| *b == b'\n')
        .map_or(0, |at| at + 1);
    let end = text.as_bytes()[end..].iter().position(|b| *b == b'\n').map_or(text.len(), |at| end + at);
    start..end
}

fn problem(
    text: &str,
    span: Range<usize>,
    message: &str,
    document: &Document,
    source: SourceId,
) -> Diagnostic {
    let key = text.get(span.clone()).unwrap_or_default();
    if (message == "duplicate key" || message.starts_with("cannot extend value of type"))
        && let Some(both) = both_forms(text, key, &span, source)
    {
        return both;
    }
    if message == "duplicate key" {
        let first = first_of(text, key, &span, document);
        let diagnostic = Diagnostic::error(code("duplicate_key"), format!("`{key}` is defined twice"))
            .with_label(source, span, "defined again here");
        let diagnostic = match first {
            Some(first) => diagnostic.with_label(source, first, "first defined here"),
            None => diagnostic,
        };
        return diagnostic.with_help("remove one of the two");
    }
    let (message, expected) = message.split_once(", expected ").unwrap_or((message, ""));
    let no_value = message == "string values must be quoted" && span.is_empty();
    let message = if no_value { "a value is missing" } else { message };
    let label = match (message, expected) {
        ("a value is missing", _) => "a value belongs here".to_owned(),
        ("string values must be quoted", _) => "text needs quotes".to_owned(),
        ("key with no value", _) => "`=` and a value are missing".to_owned(),
        (_, "") => "here".to_owned(),
        (_, expected) => format!("expected {expected}"),
    };
    let help = match message {
        "string values must be quoted" => unquoted(text, &span),
        "invalid unquoted key" if text.get(span.clone()) == Some(":") => yaml(text, &span),
        _ => None,
    };
    let mut diagnostic = Diagnostic::error(code("syntax"), format!("not TOML: {message}"));
    diagnostic.help = help;
    diagnostic.with_label(source, span, label)
}

/// A key that has its short form and its table in one file: which table to write.
fn both_forms(text: &str, key: &str, table: &Range<usize>, source: SourceId) -> Option<Diagnostic> {
    let (name_at, value) = short_form(text, key, table.start)?;
    let line = text.get(line_around(text, table))?.trim();
    let header = line.starts_with('[');
    if !header && !line.contains('.') {
        return None;
    }
    let table_name = match line.strip_prefix('[').and_then(|line| line.find(key)) {
        Some(at) => format!("[{}]", &line[1..=at + key.len()]),
        None => format!("[{key}]"),
    };
    let help = match (key, document::parse_value(value)) {
        ("rootfs", Some(Value::String(_, path))) => {
            format!("write the folder into the table: {table_name} with source = {}", quote_text(&path))
        }
        ("mounts", Some(Value::Array(_, mounts))) => {
            let first = mounts.first().and_then(Value::as_str).unwrap_or("./a:/b");
            let mut parts = first.split(':');
            let (from, to) = (parts.next().unwrap_or_default(), parts.next().unwrap_or("/b"));
            let below = table_name.trim_end_matches(']');
            format!("write tables only: {below}.{}] with source = {}", quote_text(to), quote_text(from))
        }
        ("env", Some(Value::Array(_, variables))) => {
            let first = variables.first().and_then(Value::as_str).unwrap_or("NAME=value");
            let (name, value) = first.split_once('=').unwrap_or((first, ""));
            format!("write the table only: {table_name} with {} = {}", quote_key(name), quote_text(value))
        }
        _ => "keep one of the two".to_owned(),
    };
    let message = format!("`{key}` has two forms in one file, a short one and a table");
    Some(
        Diagnostic::error(code("duplicate_key"), message)
            .with_label(source, table.clone(), "the table")
            .with_label(source, name_at, "the short form")
            .with_help(help),
    )
}

/// The nearest `key = value` before an offset that stands on a line of its own: the key's
/// span and the value's text.
fn short_form<'t>(text: &'t str, key: &str, before: usize) -> Option<(Range<usize>, &'t str)> {
    let mut end = before;
    while let Some(start) = text.get(..end)?.rfind('\n').map(|at| at + 1).or((end > 0).then_some(0)) {
        let line = &text[start..end];
        let trimmed = line.trim_start();
        if let Some(rest) = trimmed.strip_prefix(key).map(str::trim_start)
            && let Some(value) = rest.strip_prefix('=')
        {
            let at = start + line.len() - trimmed.len();
            return Some((at..at + key.len(), value.trim()));
        }
        if start == 0 {
            return None;
        }
        end = start - 1;
    }
    None
}

/// YAML's `key: value` as TOML.
fn yaml(text: &str, span: &Range<usize>) -> Option<String> {
    let (key, value) = text.get(line_around(text, span))?.trim().split_once(':')?;
    let plain = !value.trim().is_empty() && !value.contains(['"', '\'', '[', '{', '#']);
    Some(if plain {
        format!("this looks like YAML; in TOML write {key} = \"{}\"", value.trim())
    } else {
        "this looks like YAML; TOML writes key = value".to_owned()
    })
}

/// The line with quotes around its value.
fn unquoted(text: &str, span: &Range<usize>) -> Option<String> {
    let line = text.get(line_around(text, span))?.trim();
    let (key, value) = line.split_once('=')?;
    let value = value.split('#').next()?.trim();
    let plain = !value.is_empty() && !value.contains(['"', '\'', '[', '{']);
    plain.then(|| format!("write {} = \"{value}\"", key.trim()))
}

/// Where a key that is defined twice was defined first: the nearest key of that name
/// before it, in the table or as a header.
fn first_of(text: &str, key: &str, again: &Range<usize>, document: &Document) -> Option<Range<usize>> {
    let name = key.trim_matches(['"', '\'']);
    let known = document.keys_named(name).into_iter().rfind(|span| span.end <= again.start);
    let line = text.get(line_around(text, again))?;
    if line.trim_start().starts_with('[') {
        // toml keeps the last header of a table; the first stands in the text only.
        let header = line.trim();
        let at = text.get(..again.start)?.find(header)?;
        let inside = header.find(key)?;
        return Some(at + inside..at + inside + key.len()).filter(|span| span.end <= again.start);
    }
    known
}
