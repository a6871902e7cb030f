//! The report for people.

use super::data::{Feature, Report};
use crate::diagnostic::render::{NARROWEST, width, wrap};
use crate::host::features::State;
use crate::host::{Controller, Layout};

/// Lines that are longer are hard to read, however wide the terminal is.
const WIDEST: usize = 120;

/// How the report looks.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Columns of a line, from 40 to 120; only a single long word exceeds them.
    pub columns: usize,
    /// With colours.
    pub color: bool,
}

const RED: &str = "31";
const GREEN: &str = "32";
const YELLOW: &str = "33";
const BOLD: &str = "1";

/// The report in lines: first whether all is well and what is missing, then everything.
pub fn render(report: &Report, look: Look) -> String {
    let mut out =
        Out { text: String::new(), columns: look.columns.clamp(NARROWEST, WIDEST), color: look.color };
    verdict(report, &mut out);
    machine(report, &mut out);
    groups(report, &mut out);
    features(report, &mut out);
    sysctls(report, &mut out);
    out.text
}

struct Out {
    text: String,
    columns: usize,
    color: bool,
}

impl Out {
    fn paint(&self, code: &str, words: &str) -> String {
        if self.color { format!("\u{1b}[{code}m{words}\u{1b}[0m") } else { words.to_owned() }
    }

    fn heading(&mut self, words: &str) {
        let words = self.paint(BOLD, words);
        self.text += &format!("\n{words}\n");
    }

    /// A paragraph behind `indent` spaces.
    fn paragraph(&mut self, indent: usize, words: &str) {
        let space = " ".repeat(indent);
        for line in wrap(&visible(words), self.columns - indent).lines() {
            self.text += &format!("{space}{line}\n");
        }
    }

    /// Cells of these widths and a text, which hangs behind them where there is room, and
    /// stands below them where there is not. A cell may have a colour.
    fn row(&mut self, cells: &[(&str, usize, Option<&str>)], words: &str) {
        self.text += "  ";
        let mut hang = 2;
        for (cell, columns, color) in cells {
            let cell = visible(cell);
            let space = " ".repeat(columns.saturating_sub(width(&cell)));
            hang += width(&cell).max(*columns) + 1;
            let cell = color.map_or_else(|| cell.clone(), |color| self.paint(color, &cell));
            self.text += &format!("{cell}{space} ");
        }
        let least = 24;
        if hang + least > self.columns {
            while self.text.ends_with(' ') {
                self.text.pop();
            }
            self.text.push('\n');
            return self.paragraph(6, words);
        }
        for (index, line) in wrap(&visible(words), self.columns - hang).lines().enumerate() {
            let space = if index == 0 { String::new() } else { " ".repeat(hang) };
            self.text += &format!("{space}{line}\n");
        }
    }
}

/// Names of groups and mounts may hold anything.
fn visible(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

fn verdict(report: &Report, out: &mut Out) {
    let first = if report.ready {
        out.paint(GREEN, "ok: containers can be launched here")
    } else {
        out.paint(RED, "nothing can be launched here")
    };
    out.text += &format!("{first}\n");
    for problem in &report.problems {
        let (color, mark) = if problem.severity == "error" { (RED, "error") } else { (YELLOW, "warning") };
        let help = problem.help.as_ref().map_or_else(String::new, |help| format!("; {help}"));
        out.row(&[(mark, 7, Some(color))], &format!("{}{help}", problem.message));
    }
    for (state, words) in
        [(State::Missing, "not here"), (State::Refused, "not for you"), (State::Unknown, "not known")]
    {
        let names: Vec<&str> =
            report.features.iter().filter(|it| it.state == state).map(|it| it.name).collect();
        if !names.is_empty() {
            out.row(&[(words, 11, None)], &names.join(", "));
        }
    }
    let closed: Vec<&str> = report
        .cgroups
        .controllers
        .iter()
        .filter(|it| !it.usable && !it.keys.is_empty())
        .map(|it| it.name.as_str())
        .collect();
    if !closed.is_empty() {
        out.row(&[("no limits", 11, None)], &format!("by the controllers {}", closed.join(", ")));
    }
}

fn machine(report: &Report, out: &mut Out) {
    out.heading("Host");
    let kernel = &report.kernel;
    let tested = if kernel.old {
        format!("older than {}, the oldest that is tested", kernel.tested_from)
    } else {
        format!("tested from {} on", kernel.tested_from)
    };
    out.row(&[("kernel", 12, None)], &format!("{} {}, {tested}", kernel.release, kernel.architecture));
    out.row(&[("processors", 12, None)], &format!("{}, pages of {} bytes", report.cpus, report.page_size));
    let caller = &report.caller;
    let who = if caller.uid == 0 { "root".to_owned() } else { format!("user {}", caller.uid) };
    let (has, lacks) = (caller.capabilities.len(), caller.lacks.len());
    let capabilities = match (has, lacks) {
        (_, 0) => format!("with all {has} capabilities"),
        (0, _) => "without capabilities".to_owned(),
        _ if has < lacks => format!("with {has} capabilities: {}", caller.capabilities.join(", ")),
        _ => format!("with {has} capabilities; not with {}", caller.lacks.join(", ")),
    };
    out.row(&[("you", 12, None)], &format!("{who}, {capabilities}"));
    out.row(&[("tinydocker", 12, None)], &report.program);
}

fn groups(report: &Report, out: &mut Out) {
    let cgroups = &report.cgroups;
    out.heading(match cgroups.layout {
        Layout::V1 => "Cgroups: v1",
        Layout::Hybrid => "Cgroups: hybrid",
        Layout::V2 => "Cgroups: v2",
        Layout::None => "Cgroups: none are mounted",
    });
    match &cgroups.unified {
        None => {}
        Some(tree) => {
            let own = tree.own_group.as_deref().unwrap_or("unknown");
            let delegated = if tree.delegated {
                "which was handed to you: groups are made in it"
            } else {
                "which is not delegated: groups are made at the root"
            };
            let closed = tree.why.as_ref().map_or_else(String::new, |why| format!("; {why}"));
            let words = format!("{}; your own group is {own}, {delegated}{closed}", tree.path);
            out.row(&[("cgroup2 tree", 12, None)], &words);
        }
    }
    for controller in &cgroups.controllers {
        let (color, mark) = if controller.usable { (GREEN, "ok") } else { (RED, "no") };
        out.row(&[(mark, 2, Some(color)), (&controller.name, 9, None)], &about(controller));
    }
}

fn about(controller: &Controller) -> String {
    let mut words = Vec::new();
    if let (Some(version), Some(path)) = (controller.version, &controller.path) {
        words.push(format!("v{version} at {path}"));
    }
    if !controller.with.is_empty() {
        words.push(format!("with {}", controller.with.join(", ")));
    }
    words.extend(controller.why.clone());
    // That of the cgroup2 tree is said above.
    if controller.version == Some(1)
        && let Some(own) = &controller.own_group
    {
        words.push(format!("own group {own}"));
    }
    let mut text = words.join(", ");
    if !controller.usable && !controller.keys.is_empty() {
        text += &format!("; refused: {}", controller.keys.join(", "));
    } else if controller.keys.is_empty() {
        text += "; no key needs it";
    }
    text
}

fn features(report: &Report, out: &mut Out) {
    out.heading("Features, each tried out");
    for feature in &report.features {
        let (color, mark) = match feature.state {
            State::Ok => (GREEN, "ok"),
            State::Missing => (RED, "missing"),
            State::Refused => (RED, "refused"),
            State::Unknown => (YELLOW, "unknown"),
        };
        out.row(&[(mark, 7, Some(color)), (feature.name, 18, None)], &words(feature));
    }
}

fn words(feature: &Feature) -> String {
    let detail = feature.detail.as_deref();
    match (feature.state, detail) {
        (State::Ok, None) => feature.what.to_owned(),
        (State::Ok, Some(detail)) => format!("{} ({detail})", feature.what),
        (_, Some(detail)) => format!("{}: {detail}; without it: {}", feature.what, feature.without),
        (_, None) => format!("{}; without it: {}", feature.what, feature.without),
    }
}

fn sysctls(report: &Report, out: &mut Out) {
    out.heading("Bounds (sysctl)");
    for (name, value) in &report.sysctls {
        let value = value.map_or_else(|| "not in this kernel".to_owned(), |value| value.to_string());
        out.row(&[(name, 44, None)], &value);
    }
}
