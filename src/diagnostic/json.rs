//! Problems for programs: one object, whose form is part of the interface.

use super::{Diagnostic, Label, Severity, Sources};
use serde::Serialize;

#[derive(Serialize)]
struct Report<'a> {
    diagnostics: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    code: &'a str,
    severity: Severity,
    message: &'a str,
    help: Option<&'a str>,
    labels: Vec<Place<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    syscall: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    errno: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    offset: usize,
    length: usize,
    text: &'a str,
    primary: bool,
}

/// The report: `{"diagnostics": […]}`. Lines and columns are from 1, columns in Unicode
/// scalar values, offset and length in bytes.
pub fn report(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let entries = diagnostics.iter().map(|diagnostic| {
        let failure = diagnostic.failure.as_ref();
        Entry {
            code: diagnostic.code,
            severity: diagnostic.severity,
            message: &diagnostic.message,
            help: diagnostic.help.as_deref(),
            labels: diagnostic.labels.iter().map(|label| place(label, sources)).collect(),
            operation: failure.map(|failure| failure.operation.as_str()),
            syscall: failure.map(|failure| failure.syscall.as_str()),
            errno: failure.map(|failure| failure.errno.as_str()),
            path: failure.and_then(|failure| failure.path.as_deref()),
        }
    });
    let report = Report { diagnostics: entries.collect() };
    let mut text = serde_json::to_string_pretty(&report).expect("a report has text keys only");
    text.push('\n');
    text
}

fn place<'a>(label: &'a Label, sources: &'a Sources) -> Place<'a> {
    let (line, column) = sources.line_column(label.source, label.span.start);
    let (end_line, end_column) = sources.line_column(label.source, label.span.end);
    Place {
        file: &sources.get(label.source).name,
        line,
        column,
        end_line,
        end_column,
        offset: label.span.start,
        length: label.span.len(),
        text: &label.text,
        primary: label.primary,
    }
}
