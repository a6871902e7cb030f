//! The plan as text: what `tinydocker plan` prints.

use super::{LaunchPlan, Layer, Origin, Phase};

/// Columns of a line, at most; only a single long word exceeds them.
const WIDTH: usize = 80;

/// Columns before a description.
const INDENT: usize = 6;

/// The plan for people: phases as headings, operations numbered through all of them,
/// each with the place that asked for it and a sentence about what it does.
pub fn render(plan: &LaunchPlan) -> String {
    let mut text = String::new();
    let count = plan.operations().count();
    let end = if plan.notes.is_empty() { ".\n" } else { "; notes at the end.\n" };
    text += &format!("Plan of {}: {count} operations{end}", plan.name);
    let mut phase = None;
    for numbered in plan.operations() {
        let operation = numbered.operation;
        if phase != Some(operation.phase()) {
            phase = Some(operation.phase());
            text += &format!("\n{}\n", heading(operation.phase()));
        }
        let title = format!("{:>4}  {}", numbered.number, operation.name());
        push_between(&mut text, &title, &origin(numbered.origin));
        push_wrapped(&mut text, "", &operation.describe());
    }
    if !plan.notes.is_empty() {
        text += "\nNotes\n";
        for note in &plan.notes {
            push_wrapped(&mut text, "- ", note);
        }
    }
    text
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
        Phase::Connect => "CONNECT, on the host, while that process waits",
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

/// `left` and `right` at the two ends of a line, or of two lines.
fn push_between(text: &mut String, left: &str, right: &str) {
    let (left_width, right_width) = (left.chars().count(), right.chars().count());
    if left_width + 2 + right_width <= WIDTH {
        *text += &format!("{left}{}{right}\n", " ".repeat(WIDTH - left_width - right_width));
    } else {
        *text += &format!("{left}\n{}{right}\n", " ".repeat(INDENT));
    }
}

/// Paragraph of `words` with a hanging indent.
fn push_wrapped(text: &mut String, bullet: &str, words: &str) {
    let hang = " ".repeat(if bullet.is_empty() { INDENT } else { bullet.len() });
    let mut line = if bullet.is_empty() { hang.clone() } else { bullet.to_owned() };
    let mut width = line.len();
    let mut empty = true;
    for word in words.split(' ') {
        let length = word.chars().count();
        if !empty && width + 1 + length > WIDTH {
            *text += &line;
            text.push('\n');
            line.clone_from(&hang);
            (width, empty) = (hang.len(), true);
        }
        if !empty {
            line.push(' ');
            width += 1;
        }
        line += word;
        (width, empty) = (width + length, false);
    }
    *text += &line;
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_wrapped_at_words() {
        let mut text = String::new();
        push_wrapped(&mut text, "", &"word ".repeat(40));
        assert!(text.lines().all(|l| l.len() <= WIDTH && l.starts_with("      word")), "{text}");
        let long = "x".repeat(100);
        let mut text = String::new();
        push_wrapped(&mut text, "- ", &format!("a {long} b"));
        assert_eq!(text, format!("- a\n  {long}\n  b\n"));
    }

    #[test]
    fn an_origin_that_does_not_fit_stands_below() {
        let mut text = String::new();
        push_between(&mut text, "   1  write_record", &"k".repeat(70));
        assert_eq!(text, format!("   1  write_record\n      {}\n", "k".repeat(70)));
    }
}
