//! `--verbose`: every operation of a launch when it is done, with its time, on standard
//! error.
//!
//! The JSON form is a line an event, each an object with `event` and times in
//! microseconds:
//!
//! | `event` | what has happened | fields |
//! |---|---|---|
//! | `operation` | an operation of the plan is done or has failed | `number`, `phase`, `operation`, `key`, `path` or null, `start_us` and `end_us` since the launch began, `share_us`, `failed` |
//! | `init_began` | the new process has begun its first operation | `us` since the clone |
//! | `running` | the command runs | `us` since the launch began |
//! | `ended` | the command has ended | `us` that it ran |
//! | `undone` | what was made is removed | `us` that it took |
//! | `stopped` | the launch has failed | `us` since it began, `operations` in the plan, `done` of them |
//!
//! Launcher and init work at the same time; `share_us` is the part of an operation's time
//! in which nothing else was counted, so that all shares add up to less than has passed.

use super::args::Given;
use super::{Format, Settings};
use crate::diagnostic::render::{NARROWEST, width};
use crate::engine::timing::{Event, Watch};
use crate::plan::{Connect, LaunchPlan, Operation};
use clap::ArgMatches;
use serde_json::{Value, json};
use std::cell::Cell;
use std::io::{IsTerminal, Write};
use std::time::Duration;

/// Wider lines would part what belongs together.
const WIDEST: usize = 120;

/// Columns of an operation's name.
const NAME: usize = 20;

/// Who tells, if `--verbose` was given.
pub fn watch(matches: &ArgMatches, settings: &Settings) -> Option<Watch> {
    let format = match matches.text("verbose")? {
        "json" => Format::Json,
        _ => Format::Text,
    };
    let options = settings.render_options();
    let lines = Lines {
        columns: options.width.clamp(NARROWEST, WIDEST),
        micro: if options.unicode { "µs" } else { "us" },
        more: if options.unicode { "…" } else { "~" },
        terminal: std::io::stderr().is_terminal(),
        raw: Cell::new(false),
        done: Cell::new(0),
        failed: Cell::new(false),
    };
    Some(Watch::new(move |plan, event| {
        let line = match format {
            Format::Json => lines.json(plan, event),
            Format::Text => lines.text(plan, event),
        };
        // One write a line; nobody is left to be told that standard error is closed.
        let _ = std::io::stderr().write_all(line.as_bytes());
    }))
}

struct Lines {
    columns: usize,
    micro: &'static str,
    more: &'static str,
    /// Standard error is a terminal.
    terminal: bool,
    /// The terminal has been handed to the command: a line feed is only that.
    raw: Cell<bool>,
    /// Operations that have been done.
    done: Cell<usize>,
    /// One of them has failed.
    failed: Cell<bool>,
}

impl Lines {
    fn note(&self, plan: &LaunchPlan, event: Event) {
        match event {
            Event::Operation { failed: true, .. } => self.failed.set(true),
            Event::Operation { number, .. } => {
                self.done.set(self.done.get() + 1);
                let attach = Operation::Connect(&Connect::AttachTerminal { raw: true });
                if operation(plan, number).is_some_and(|(operation, _)| operation == attach) {
                    self.raw.set(self.terminal);
                }
            }
            Event::Undone(_) | Event::Stopped(_) => self.raw.set(false),
            Event::InitBegan(_) | Event::Running(_) | Event::Ended(_) => {}
        }
    }

    fn text(&self, plan: &LaunchPlan, event: Event) -> String {
        let first = self.done.get() == 0 && !self.failed.get();
        self.note(plan, event);
        let mut lines = Vec::new();
        let count = plan.operations().count();
        if first && matches!(event, Event::Operation { .. }) {
            lines.push(format!("tinydocker: {}: {count} operations", plan.name));
        }
        lines.push(match event {
            Event::Operation { number, share, failed, .. } => {
                let (name, about) = operation(plan, number)
                    .map_or(("", ""), |(operation, key)| (operation.name(), operation.path().unwrap_or(key)));
                let left = format!("{number:>4}  {name:<NAME$} ");
                let about =
                    if name == "load_filter" { "(in force from exec on, counted there)" } else { about };
                self.row(
                    &left,
                    about,
                    &format!("{}{}", if failed { "failed " } else { "" }, self.time(share)),
                )
            }
            Event::InitBegan(time) => self.row("      (init begins)", "", &self.time(time)),
            Event::Running(time) => self.row("      the command runs, after", "", &self.time(time)),
            Event::Ended(time) => self.row("      the command has ended, after", "", &self.time(time)),
            Event::Undone(time) => self.row("      what was made is removed", "", &self.time(time)),
            Event::Stopped(time) => {
                let left =
                    format!("      stopped: {} of {count} operations were done, after", self.done.get());
                self.row(&left, "", &self.time(time))
            }
        });
        let end = if self.raw.get() { "\r\n" } else { "\n" };
        lines.into_iter().map(|line| line + end).collect()
    }

    /// Left, middle and right, the middle without its own middle where it is too long.
    fn row(&self, left: &str, middle: &str, right: &str) -> String {
        let room = self.columns.saturating_sub(width(left) + width(right) + 1);
        let mut middle: String = middle.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
        if width(&middle) > room {
            // The end of a path says more than its beginning.
            while width(&middle) + 1 > room && !middle.is_empty() {
                middle.remove(0);
            }
            middle.insert_str(0, if room > 0 { self.more } else { "" });
        }
        let space = room.saturating_sub(width(&middle)) + 1;
        format!("{left}{middle}{}{right}", " ".repeat(space))
    }

    fn time(&self, time: Duration) -> String {
        format!("{} {}", time.as_micros(), self.micro)
    }

    fn json(&self, plan: &LaunchPlan, event: Event) -> String {
        self.note(plan, event);
        let value: Value = match event {
            Event::Operation { number, start, end, share, failed } => {
                let found = operation(plan, number);
                json!({
                    "event": "operation",
                    "number": number,
                    "phase": found.map(|(operation, _)| operation.phase().name()),
                    "operation": found.map(|(operation, _)| operation.name()),
                    "key": found.map(|(_, key)| key),
                    "path": found.and_then(|(operation, _)| operation.path()),
                    "start_us": micros(start),
                    "end_us": micros(end),
                    "share_us": micros(share),
                    "failed": failed,
                })
            }
            Event::InitBegan(time) => json!({ "event": "init_began", "us": micros(time) }),
            Event::Running(time) => json!({ "event": "running", "us": micros(time) }),
            Event::Ended(time) => json!({ "event": "ended", "us": micros(time) }),
            Event::Undone(time) => json!({ "event": "undone", "us": micros(time) }),
            Event::Stopped(time) => json!({
                "event": "stopped",
                "us": micros(time),
                "operations": plan.operations().count(),
                "done": self.done.get(),
            }),
        };
        let end = if self.raw.get() { "\r\n" } else { "\n" };
        format!("{value}{end}")
    }
}

fn operation(plan: &LaunchPlan, number: usize) -> Option<(Operation<'_>, &str)> {
    let numbered = plan.operations().nth(number.checked_sub(1)?)?;
    Some((numbered.operation, numbered.origin.key.as_str()))
}

/// Microseconds; the kernel's clock counts thousandths of them.
fn micros(time: Duration) -> f64 {
    time.as_nanos() as f64 / 1000.0
}
