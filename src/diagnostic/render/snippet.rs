//! What miette is shown in place of the sources: the same lines with the same numbers,
//! each cut to a window around its labels where it is wider than the terminal.
//!
//! miette prints a source line as it is, however long, and a label's text in one line.
//! So this makes a text of its own for a diagnostic, in which tabs are spaces, characters
//! that act on terminals are marks, and what does not fit is `…`; labels are moved into
//! it and their texts broken into lines. Lines and columns in headers are the true ones.

use super::Options;
use super::words::{self, visible, width, wrap};
use crate::diagnostic::{Diagnostic, Label, SourceId, Sources};
use miette::{LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use std::ops::Range;
use unicode_width::UnicodeWidthChar;

/// miette's tab stops.
const TAB: usize = 4;

/// A label over more lines than this is shown on its first one.
const MOST_LINES: usize = 6;

/// Columns that the text of a label gets at least, if it needs them; two fifths of wide
/// terminals.
const LABEL: usize = 18;

/// Columns from a label's bar to its text: `╰── `.
const ELBOW: usize = 4;

/// The lines of one diagnostic, as miette is to show them.
pub struct Snippets {
    pages: Vec<Page>,
    labels: Vec<Shown>,
}

/// The lines of one source. Offsets of miette's are `base` and the offset in `text`.
struct Page {
    name: String,
    base: usize,
    text: String,
    /// The line that the text begins with, from 0: what stands before the first label's
    /// neighbour is left out, and what stands behind the last one's.
    first: usize,
}

/// A label in the text that is shown.
struct Shown {
    /// Offsets of miette's.
    span: Range<usize>,
    text: String,
    primary: bool,
    /// The true place, from 0.
    line: usize,
    column: usize,
}

/// A label in its source: line (from 0) and byte in that line, of start and end.
struct Target {
    index: usize,
    start: (usize, usize),
    end: (usize, usize),
}

impl Snippets {
    /// Lays the diagnostic's lines out for the width of `options`.
    pub fn new(diagnostic: &Diagnostic, sources: &Sources, options: Options) -> Self {
        let mut ids: Vec<SourceId> = diagnostic.labels.iter().map(|label| label.source).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut snippets = Self { pages: Vec::new(), labels: Vec::new() };
        let mut base = 0;
        for id in ids {
            let labels: Vec<(usize, &Label)> =
                diagnostic.labels.iter().enumerate().filter(|(_, label)| label.source == id).collect();
            let length = snippets.page(id, &labels, sources, options, base);
            base += length + 1;
        }
        // miette colours labels in the order in which it is given them.
        snippets.labels.sort_by_key(|label| !label.primary);
        snippets
    }

    /// The labels for miette.
    pub fn labels(&self) -> impl Iterator<Item = LabeledSpan> + '_ {
        self.labels.iter().map(|label| {
            let text = (!label.text.is_empty()).then(|| label.text.clone());
            let span = (label.span.start, label.span.len());
            if label.primary {
                LabeledSpan::new_primary_with_span(text, span)
            } else {
                LabeledSpan::new_with_span(text, span)
            }
        })
    }

    /// Adds a source's page and its labels; returns the bytes of the page.
    fn page(
        &mut self,
        id: SourceId,
        labels: &[(usize, &Label)],
        sources: &Sources,
        options: Options,
        base: usize,
    ) -> usize {
        let source = sources.get(id);
        let lines = Lines { text: &source.text, starts: sources.line_starts(id) };
        let targets: Vec<Target> =
            labels.iter().enumerate().map(|(index, (_, label))| lines.target(index, &label.span)).collect();
        let last = targets.iter().map(|target| target.end.0).max().unwrap_or(0);
        let gutters = targets.iter().filter(|target| target.start.0 != target.end.0).count();
        let gutter = if gutters == 0 { 0 } else { gutters + 3 };
        // ` 12 │ `, for the line behind the last label, too.
        let number = (last + 2).min(lines.len()).to_string().len();
        let columns = options.width.saturating_sub(number + 4 + gutter).max(LABEL);

        let mut text = String::new();
        let mut spans: Vec<(Range<usize>, usize)> = vec![(0..0, 0); targets.len()];
        let first = targets.iter().map(|target| target.start.0).min().unwrap_or(0).saturating_sub(1);
        for number in first..lines.len().min(last + 2) {
            let bytes = lines.bytes(number);
            let near = |target: &Target| target.start.0 <= number + 1 && number <= target.end.0 + 1;
            if targets.iter().any(near) {
                let here: Vec<&Target> =
                    targets.iter().filter(|it| it.start.0 == number || it.end.0 == number).collect();
                let line = Line::new(&source.text[bytes.clone()], options.unicode);
                let wanted: Vec<Wanted> = here
                    .iter()
                    .map(|target| {
                        let text = &labels[target.index].1.text;
                        line.wanted(target, number, text, columns)
                    })
                    .collect();
                let windows = windows(&line, &wanted, columns, mark(options.unicode));
                let (shown, starts) = line.cut(&windows, mark(options.unicode));
                for (target, wanted) in here.iter().zip(&wanted) {
                    let (span, room) = &mut spans[target.index];
                    let first = text.len() + starts[wanted.cells.start];
                    let end = text.len() + starts[wanted.cells.end].max(starts[wanted.cells.start]);
                    if target.start.0 == number {
                        span.start = first;
                        let column = width(&shown[..first - text.len()]);
                        let until = width(&shown[..end - text.len()]).max(column + 1);
                        *room = columns.saturating_sub(usize::midpoint(column, until) + ELBOW);
                    }
                    if target.end.0 == number {
                        span.end = end;
                        if target.end.1 > bytes.len() {
                            span.end += 1; // the line's end itself
                        }
                    }
                    if target.start.0 != target.end.0 {
                        *room = columns.saturating_sub(3);
                    }
                }
                text.push_str(&shown);
            }
            if number + 1 < lines.len() {
                text.push('\n');
            }
        }
        for (((_, label), target), (span, room)) in labels.iter().zip(&targets).zip(spans) {
            let end = span.end.clamp(span.start, text.len().max(span.start));
            let place = sources.line_column(id, label.span.start);
            self.labels.push(Shown {
                span: base + span.start..base + end,
                text: wrap(
                    &words::shorten(&words::shown(&label.text, options.unicode), options.unicode),
                    room.max(8),
                ),
                primary: label.primary,
                line: place.0 as usize - 1,
                column: place.1 as usize - 1,
            });
            debug_assert_eq!(target.start.0, place.0 as usize - 1);
        }
        let name = words::shown(&source.name, options.unicode).replace('\n', "?");
        let length = text.len();
        self.pages.push(Page { name, base, text, first });
        length
    }
}

impl SourceCode for Snippets {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let page = self
            .pages
            .iter()
            .find(|page| (page.base..=page.base + page.text.len()).contains(&span.offset()))
            .ok_or(MietteError::OutOfBounds)?;
        let (start, end) = (span.offset() - page.base, span.offset() - page.base + span.len());
        if end > page.text.len() {
            return Err(MietteError::OutOfBounds);
        }
        let alone = lines_before == 0 && lines_after == 0;
        let (first, last) = if alone {
            (start, end)
        } else {
            (line_start(&page.text, start, lines_before), line_end(&page.text, end, lines_after))
        };
        let exact = self.labels.iter().filter(|it| alone && it.span.start == span.offset());
        let (line, column) = exact.min_by_key(|it| it.span.len().abs_diff(span.len())).map_or_else(
            || (page.first + page.text[..first].matches('\n').count(), 0),
            |it| (it.line, it.column),
        );
        let data = &page.text[first..last.max(first)];
        // (miette's own `SourceCode` for text counts lines from the start of the file,
        // which glues distant labels together.)
        Ok(Box::new(MietteSpanContents::new_named(
            page.name.clone(),
            data.as_bytes(),
            (page.base + first, data.len()).into(),
            line,
            column,
            data.lines().count().max(1),
        )))
    }
}

/// What stands for what is left out.
fn mark(unicode: bool) -> &'static str {
    if unicode { "…" } else { "..." }
}

/// A text by lines.
struct Lines<'a> {
    text: &'a str,
    starts: &'a [usize],
}

impl Lines<'_> {
    fn len(&self) -> usize {
        self.starts.len()
    }

    /// The bytes of a line (from 0), without its end and without a byte order mark.
    fn bytes(&self, number: usize) -> Range<usize> {
        let end = self.starts.get(number + 1).map_or(self.text.len(), |next| next - 1);
        let line = &self.text[self.starts[number]..end];
        let mark = if number == 0 && line.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        self.starts[number] + mark..end - usize::from(line.ends_with('\r'))
    }

    /// Where a label stands.
    fn target(&self, index: usize, span: &Range<usize>) -> Target {
        let place = |offset: usize| {
            let line = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
            (line, offset.saturating_sub(self.bytes(line).start))
        };
        let start = place(span.start.min(self.text.len()));
        let mut end = place(span.end.min(self.text.len()).max(span.start.min(self.text.len())));
        if end.0 > start.0 && end.1 == 0 {
            // Up to the end of a line, and not into the next one.
            end = (end.0 - 1, self.bytes(end.0 - 1).len() + 1);
        }
        if end.0 - start.0 >= MOST_LINES {
            end = (start.0, self.bytes(start.0).len());
        }
        let start = (start.0, start.1.min(self.bytes(start.0).len()));
        Target { index, start, end }
    }
}

/// One place on a terminal: a character and the marks that sit on it.
struct Cell {
    /// Its first byte in the source's line.
    at: usize,
    text: String,
    width: usize,
}

/// A line of a source, in cells.
struct Line {
    cells: Vec<Cell>,
}

/// What a line must show.
struct Wanted {
    /// The label's cells; empty between two.
    cells: Range<usize>,
    /// Columns that its text needs beside the elbow.
    text: usize,
}

impl Line {
    fn new(text: &str, unicode: bool) -> Self {
        let mut cells: Vec<Cell> = Vec::new();
        let mut column = 0;
        let mut joined = false;
        for (at, c) in text.char_indices() {
            let (shown, width) = if c == '\t' {
                let width = TAB - column % TAB;
                (" ".repeat(width), width)
            } else {
                let c = visible(c, unicode);
                (c.to_string(), c.width().unwrap_or(0))
            };
            column += width;
            match cells.last_mut() {
                // A combining mark, or what a joiner joins.
                Some(cell) if width == 0 || joined => {
                    cell.text.push_str(&shown);
                    cell.width += width;
                }
                _ => cells.push(Cell { at, text: shown, width }),
            }
            joined = c == '\u{200d}';
        }
        Self { cells }
    }

    /// Index of the first cell at or behind a byte.
    fn cell(&self, byte: usize) -> usize {
        self.cells.partition_point(|cell| cell.at < byte)
    }

    fn columns(&self, cells: Range<usize>) -> usize {
        self.cells[cells].iter().map(|cell| cell.width).sum()
    }

    /// The part of a label that is in this line.
    fn wanted(&self, target: &Target, number: usize, text: &str, columns: usize) -> Wanted {
        // The cell that holds the byte, which may be inside of it.
        let holds = |byte: usize| {
            let cell = self.cell(byte + 1).saturating_sub(1);
            if self.cells.get(cell).is_some_and(|it| it.at <= byte) { cell } else { self.cell(byte) }
        };
        let end_of_line = self.cells.last().map_or(0, |cell| cell.at + cell.text.len());
        let start = |byte: usize| if byte >= end_of_line { self.cells.len() } else { holds(byte) };
        let longest = text.split(' ').map(width).max().unwrap_or(0);
        let need = width(text).min(LABEL.max(columns * 2 / 5).max(longest.min(2 * LABEL)));
        let several = target.start.0 != target.end.0;
        let cells = if !several {
            let first = start(target.start.1);
            first..self.cell(target.end.1).max(first)
        } else if target.start.0 == number {
            let first = start(target.start.1);
            first..(first + 1).min(self.cells.len())
        } else {
            let end = self.cell(target.end.1);
            end.saturating_sub(1)..end
        };
        Wanted { cells, text: if several || text.is_empty() { 0 } else { need } }
    }

    /// The windows joined, and for each cell (and the line's end) where it begins there.
    fn cut(&self, windows: &[Range<usize>], mark: &str) -> (String, Vec<usize>) {
        let mut text = String::new();
        let mut starts = Vec::with_capacity(self.cells.len() + 1);
        let mut hidden = false;
        for (index, cell) in self.cells.iter().enumerate() {
            if windows.iter().any(|window| window.contains(&index)) {
                starts.push(text.len());
                text.push_str(&cell.text);
                hidden = false;
            } else {
                // A label that ends in what is hidden ends before the mark.
                if !hidden {
                    starts.push(text.len());
                    text.push_str(mark);
                    hidden = true;
                } else {
                    starts.push(text.len() - mark.len());
                }
            }
        }
        starts.push(text.len());
        (text, starts)
    }
}

/// The parts of a line that are shown, in order.
#[allow(clippy::single_range_in_vec_init)] // a line in one window
fn windows(line: &Line, wanted: &[Wanted], columns: usize, mark: &str) -> Vec<Range<usize>> {
    let count = line.cells.len();
    let total = line.columns(0..count);
    let mark = width(mark);
    let tip = |it: &Wanted, from: usize| {
        let start = line.columns(from.min(it.cells.start)..it.cells.start);
        usize::midpoint(start, start + line.columns(it.cells.clone()).max(1))
    };
    // An arrow behind the last character takes a column, too.
    let behind = usize::from(wanted.iter().any(|it| it.cells.start == count));
    let texts_fit = |from: usize, lead: usize| {
        wanted.iter().all(|it| it.text == 0 || lead + tip(it, from) + ELBOW + it.text <= columns)
    };
    if total + behind <= columns && texts_fit(0, 0) {
        return vec![0..count];
    }
    if wanted.is_empty() {
        return vec![0..take(line, 0, columns.saturating_sub(mark))];
    }
    let first = wanted.iter().map(|it| it.cells.start).min().unwrap_or(0);
    let last = wanted.iter().map(|it| it.cells.end).max().unwrap_or(0);
    if line.columns(first..last) + 2 * mark < columns {
        // One window: as much before the labels as after them, and room for their texts.
        let spare = columns - 2 * mark - line.columns(first..last);
        let mut from = back(line, first, spare / 2);
        let rest = line.columns(from..count) + behind;
        if rest + mark < columns {
            from = back(line, from, columns - mark - rest);
        }
        while from < first && !texts_fit(from, if from == 0 { 0 } else { mark }) {
            from += 1;
        }
        if texts_fit(from, if from == 0 { 0 } else { mark }) {
            let lead = if from == 0 { 0 } else { mark };
            let rest = columns - lead;
            let to = if line.columns(from..count) + behind <= rest {
                count
            } else {
                take(line, from, rest - mark)
            };
            return vec![from..to.max(last)];
        }
    }
    // The labels are too far apart, or one is too long: a window for each, with the end
    // of a long one cut, and room for the last one's text.
    let mut order: Vec<&Wanted> = wanted.iter().collect();
    order.sort_by_key(|it| it.cells.start);
    let text = order.iter().map(|it| it.text).max().unwrap_or(0);
    let room = columns.saturating_sub(text + ELBOW).max(columns / 3);
    let share = (room / order.len()).saturating_sub(2 * mark).max(3);
    let mut windows: Vec<Range<usize>> = Vec::new();
    for it in order {
        let long = line.columns(it.cells.clone());
        let before = share.saturating_sub(long.max(1)).min(share / 2).max(share / 4);
        let from = back(line, it.cells.start, before);
        let to =
            take(line, it.cells.start, share - before.min(share - 1)).max((it.cells.start + 1).min(count));
        match windows.last_mut() {
            Some(window) if line.columns(window.end.min(from)..from) <= mark => {
                window.end = window.end.max(to)
            }
            _ => windows.push(from..to),
        }
    }
    windows
}

/// The cell behind as many from `from` on as fit.
fn take(line: &Line, from: usize, columns: usize) -> usize {
    let mut left = columns;
    let fits = line.cells[from..].iter().take_while(|cell| match left.checked_sub(cell.width) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    });
    from + fits.count()
}

/// The first of as many cells before `until` as fit.
fn back(line: &Line, until: usize, columns: usize) -> usize {
    let mut left = columns;
    let fits = line.cells[..until].iter().rev().take_while(|cell| match left.checked_sub(cell.width) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    });
    until - fits.count()
}

/// Start of the line `back` lines before the one that holds `at`.
fn line_start(text: &str, at: usize, back: usize) -> usize {
    let mut start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    for _ in 0..back {
        if start > 0 {
            start = text[..start - 1].rfind('\n').map_or(0, |newline| newline + 1);
        }
    }
    start
}

/// End of the line `on` lines behind the one that holds `at`, its newline included.
fn line_end(text: &str, at: usize, on: usize) -> usize {
    let mut end = at;
    for _ in 0..=on {
        end = text[end..].find('\n').map_or(text.len(), |newline| end + newline + 1);
    }
    end
}
