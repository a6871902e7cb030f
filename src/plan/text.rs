//! The plan as text: what `tinydocker plan` prints.

use super::{LaunchPlan, Layer, Origin, Phase};
use crate::diagnostic::render::{width, wrap};
use crate::seccomp::{listing, rules};

/// Columns of a line, if nobody says otherwise.
const WIDTH: usize = 80;

/// Lines that are longer are hard to read, however wide the terminal is.
const WIDEST: usize = 120;

/// Columns before a description.
const INDENT: usize = 6;

/// The plan for people, in lines of 80 columns: [`render_in`].
pub fn render(plan: &LaunchPlan) -> String {
    render_in(plan, WIDTH)
}

/// The plan for people: phases as headings, operations numbered through all of them,
/// each with the place that asked for it and a sentence about what it does. Lines have
/// at most `columns` columns, from 40 to 120; only a single long word exceeds them.
pub fn render_in(plan: &LaunchPlan, columns: usize) -> String {
    let columns = columns.clamp(crate::diagnostic::render::NARROWEST, WIDEST);
    let mut text = String::new();
    let count = plan.operations().count();
    let end = if plan.notes.is_empty() { "." } else { "; notes at the end." };
    push_wrapped(&mut text, columns, "", "", &format!("Plan of {}: {count} operations{end}", plan.name));
    if let Some(description) = &plan.description {
        // Anything may stand in it.
        let words: String = description.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        push_wrapped(&mut text, columns, "  ", "  ", &words);
    }
    let mut phase = None;
    for numbered in plan.operations() {
        let operation = numbered.operation;
        if phase != Some(operation.phase()) {
            phase = Some(operation.phase());
            text.push('\n');
            push_wrapped(&mut text, columns, "", "  ", heading(operation.phase()));
        }
        let title = format!("{:>4}  {}", numbered.number, operation.name());
        push_between(&mut text, columns, &title, &origin(numbered.origin));
        let hang = " ".repeat(INDENT);
        push_wrapped(&mut text, columns, &hang, &hang, &operation.describe());
    }
    if !plan.notes.is_empty() {
        text += "\nNotes\n";
        for note in &plan.notes {
            push_wrapped(&mut text, columns, "- ", "  ", note);
        }
    }
    text
}

/// The filter that a plan loads, for people: what it decides for every call that has a
/// name, then every instruction. Read from the program's own bytes. Lines have at most
/// `columns` columns, as those of [`render_in`].
pub fn filter_in(plan: &LaunchPlan, columns: usize) -> String {
    let columns = columns.clamp(crate::diagnostic::render::NARROWEST, WIDEST);
    let mut text = String::new();
    let name = &plan.name;
    let Some((filter, from)) = plan.filter() else {
        push_wrapped(&mut text, columns, "", "", &format!("{name} has no filter: every call is allowed."));
        for note in &plan.notes {
            push_wrapped(&mut text, columns, "- ", "  ", note);
        }
        return text;
    };
    let program = filter.program.instructions();
    let head = format!("Filter of {name}: {} instructions", program.len());
    if width(&head) <= columns {
        push_between(&mut text, columns, &head, &origin(from));
    } else {
        push_wrapped(&mut text, columns, "", "  ", &head);
        push_wrapped(&mut text, columns, "  ", "  ", &origin(from));
    }
    // A file's name may hold anything.
    let named: String = filter.from.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
    push_wrapped(&mut text, columns, "  ", "  ", &format!("from {named}"));
    for flag in rules::flag_names(filter.flags) {
        push_wrapped(&mut text, columns, "  ", "  ", &format!("with {flag}"));
    }
    for (arch, paragraphs) in listing::decisions(&program) {
        text.push('\n');
        push_wrapped(&mut text, columns, "", "  ", &arch);
        for words in paragraphs {
            push_wrapped(&mut text, columns, "  ", "    ", &words);
        }
    }
    text += "\nInstructions\n";
    for line in listing::listing(&program).lines() {
        let words = line.trim_start();
        let hang = " ".repeat((line.len() - words.len() + 4).min(columns / 2));
        push_wrapped(&mut text, columns, &line[..line.len() - words.len()], &hang, words);
    }
    text
}

/// The filters of plans as JSON, one object a plan and an array for several, as [`json`]:
/// `name`, and `filter` with [`listing::json`]'s fields or null.
pub fn filters_json(plans: &[LaunchPlan]) -> String {
    let one = |plan: &LaunchPlan| {
        let name = serde_json::Value::from(plan.name.as_str());
        let filter = plan.filter().map_or_else(|| "null".to_owned(), |(filter, _)| listing::json(filter));
        format!("{{\n\"name\": {name},\n\"filter\": {filter}\n}}")
    };
    match plans {
        [plan] => one(plan) + "\n",
        plans => format!("[{}]\n", plans.iter().map(one).collect::<Vec<_>>().join(",\n")),
    }
}

/// One plan as a JSON object, several as an array, and a newline.
///
/// # Panics
/// Never: a plan's keys are text.
pub fn json(plans: &[LaunchPlan]) -> String {
    let text = match plans {
        [plan] => serde_json::to_string_pretty(plan),
        plans => serde_json::to_string_pretty(plans),
    };
    let mut text = text.expect("a plan's keys are text");
    text.push('\n');
    text
}

fn heading(phase: Phase) -> &'static str {
    match phase {
        Phase::Prepare => "PREPARE, on the host: there is no process yet",
        Phase::Spawn => "SPAWN: the process that becomes the container",
        Phase::Connect => "CONNECT, on the host, while that process begins or waits",
        Phase::Enter => "ENTER, inside, by that process: from the host's view to the container's",
        Phase::Started => "STARTED, on the host: the command runs",
    }
}

/// The place that set the value and its key: `web.toml:7 cgroup.memory`.
fn origin(origin: &Origin) -> String {
    let place = match (&origin.place, origin.layer) {
        (_, Layer::BuiltIn) => "built-in".to_owned(),
        (Some(place), Layer::Flag | Layer::Set | Layer::Environment) => place.file.clone(),
        (Some(place), _) => format!("{}:{}", place.file, place.line),
        (None, layer) => layer.name().to_owned(),
    };
    // A file's name may hold anything.
    let place: String = place.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
    format!("{place} {}", origin.key)
}

/// `left` and `right` at the two ends of a line, or of two lines. Where that is too
/// narrow as well, the key stands below its place.
fn push_between(text: &mut String, columns: usize, left: &str, right: &str) {
    let (left_width, right_width) = (width(left), width(right));
    if left_width + 2 + right_width <= columns {
        *text += &format!("{left}{}{right}\n", " ".repeat(columns - left_width - right_width));
    } else {
        *text += &format!("{left}\n");
        let hang = " ".repeat(INDENT);
        push_wrapped(text, columns, &hang, &hang, right);
    }
}

/// Paragraph of `words`: its first line behind `first`, the others behind `hang`.
fn push_wrapped(text: &mut String, columns: usize, first: &str, hang: &str, words: &str) {
    for (index, line) in wrap(words, columns - hang.len()).lines().enumerate() {
        *text += &format!("{}{line}\n", if index == 0 { first } else { hang });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_wrapped_at_words() {
        let mut text = String::new();
        push_wrapped(&mut text, WIDTH, "      ", "      ", &"word ".repeat(40));
        assert!(text.lines().all(|l| l.len() <= WIDTH && l.starts_with("      word")), "{text}");
        let long = "x".repeat(100);
        let mut text = String::new();
        push_wrapped(&mut text, WIDTH, "- ", "  ", &format!("a {long} b"));
        assert_eq!(text, format!("- a\n  {long}\n  b\n"));
    }

    #[test]
    fn an_origin_that_does_not_fit_stands_below() {
        let mut text = String::new();
        push_between(&mut text, WIDTH, "   1  write_record", &"k".repeat(70));
        assert_eq!(text, format!("   1  write_record\n      {}\n", "k".repeat(70)));
    }
}
