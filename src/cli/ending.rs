//! What is said about a payload that did not end with 0: one line, which is broken on a
//! terminal that is narrower; with `--error-format json` one object,
//! `{"event":"report","container","exit_code","signal","reasons":[{"kind","text","key","file","line"}]}`.
//!
//! What ended the command comes first: its `timeout`, else the memory, else a signal, else
//! its own exit code. What else the kernel knows of follows: a limit or a file system that
//! was full is only a hint, which a command that just failed is not blamed on.

use super::{ExitCode, Format, Settings};
use crate::diagnostic::render::{NARROWEST, wrap};
use crate::engine::Outcome;
use crate::engine::full::Full;
use crate::plan::{LaunchPlan, Origin, mount_key};
use crate::profile::Origins;
use crate::sys::process::Status;
use crate::sys::signal;
use serde_json::{Value, json};
use std::io::{IsTerminal, Write};

/// One thing that is known about the end.
struct Reason {
    kind: &'static str,
    text: String,
    /// The key to change.
    origin: Option<Origin>,
}

impl Reason {
    fn new(kind: &'static str, text: String, origin: Option<&Origin>) -> Self {
        Self { kind, text, origin: origin.cloned() }
    }

    fn json(&self) -> Value {
        let place = self.origin.as_ref().and_then(|origin| origin.place.as_ref());
        json!({
            "kind": self.kind,
            "text": self.text,
            "key": self.origin.as_ref().map(|origin| &origin.key),
            "file": place.map(|place| &place.file),
            "line": place.map(|place| place.line),
        })
    }
}

/// Prints it to standard error, if there is anything to say.
pub(super) fn tell(
    plan: &LaunchPlan,
    outcome: &Outcome,
    origins: &Origins,
    code: ExitCode,
    settings: &Settings,
) {
    let reasons = reasons(plan, outcome, origins);
    if reasons.is_empty() {
        return;
    }
    let mut errors = std::io::stderr();
    let text = match settings.error_format {
        Format::Json => {
            let signal = match outcome.status {
                Status::Signaled(number) => Some(signal::name(number)),
                Status::Exited(_) => None,
            };
            let reasons: Vec<Value> = reasons.iter().map(Reason::json).collect();
            json!({
                "event": "report",
                "container": plan.name,
                "exit_code": code.code(),
                "signal": signal,
                "reasons": reasons,
            })
            .to_string()
        }
        Format::Text => {
            let texts: Vec<&str> = reasons.iter().map(|reason| reason.text.as_str()).collect();
            let line = format!("tinydocker: {}: {}", plan.name, texts.join("; "));
            if errors.is_terminal() {
                // What follows the first line stands two columns to the right.
                wrap(&line, settings.columns(&errors).max(NARROWEST) - 2).replace('\n', "\n  ")
            } else {
                line
            }
        }
    };
    // Nobody is left to be told that standard error is closed.
    let _ = errors.write_all(format!("{text}\n").as_bytes());
}

fn reasons(plan: &LaunchPlan, outcome: &Outcome, origins: &Origins) -> Vec<Reason> {
    let hints: Vec<Reason> = [memory(plan, outcome), tasks(plan, outcome)]
        .into_iter()
        .flatten()
        .chain(outcome.full.iter().map(|full| self::full(full, origins)))
        .collect();
    let out_of_memory = hints.iter().any(|hint| hint.kind == "memory");
    let first = match (&outcome.timed_out, outcome.status) {
        (Some(origin), status) => {
            let how = match status {
                Status::Exited(code) => format!("it exited with {code}"),
                Status::Signaled(number) => format!("it was ended by {}", signal::name(number)),
            };
            let text = format!("stopped after its {}{}; {how}", origin.key, place(origin));
            Some(Reason::new("timeout", text, Some(origin)))
        }
        (None, Status::Exited(code)) => {
            (!hints.is_empty()).then(|| Reason::new("exit", format!("exited with {code}"), None))
        }
        // The kernel's own signal for want of memory.
        (None, Status::Signaled(signal::number::KILL)) if out_of_memory => None,
        (None, Status::Signaled(signal::number::SYS)) => {
            Some(refused(plan, outcome).unwrap_or_else(|| ended_by(outcome, signal::number::SYS)))
        }
        (None, Status::Signaled(number)) => Some(ended_by(outcome, number)),
    };
    first.into_iter().chain(hints).collect()
}

fn ended_by(outcome: &Outcome, number: i32) -> Reason {
    let name = signal::name(number);
    let text = match outcome.forwarded {
        Some(forwarded) if forwarded.sender > 0 => format!(
            "ended by {name}, after {} from process {}",
            signal::name(forwarded.signal),
            forwarded.sender
        ),
        Some(forwarded) => {
            format!("ended by {name}, after {} from the terminal", signal::name(forwarded.signal))
        }
        None => format!("ended by {name}"),
    };
    Reason::new("signal", text, None)
}

fn refused(plan: &LaunchPlan, outcome: &Outcome) -> Option<Reason> {
    let origin = plan.filter_origin()?;
    let (what, how) = match &outcome.refused {
        Some(call) => (
            format!("for the system call {call}"),
            format!("security.seccomp.allow = [\"{call}\"] lets it pass"),
        ),
        None => (
            "for a system call".to_owned(),
            "security.seccomp.allow lets calls pass by name; `dmesg` may tell which it was".to_owned(),
        ),
    };
    let name = signal::name(signal::number::SYS);
    let text =
        format!("killed by {name} {what}: the filter of security.seccomp{} says so; {how}", place(origin));
    Some(Reason::new("filter", text, Some(origin)))
}

fn memory(plan: &LaunchPlan, outcome: &Outcome) -> Option<Reason> {
    let (events, (_, limit, origin)) = (outcome.memory?, plan.memory_limit()?);
    let killed = match events.oom_kills {
        0 => return None,
        1 => "a process was".to_owned(),
        count => format!("{count} processes were"),
    };
    let limit = limit.parse().map_or_else(|_| limit.to_owned(), bytes);
    let peak = events.peak.map_or_else(String::new, |peak| format!(", peak {}", bytes(peak)));
    let text = format!("out of memory: {killed} killed at {} = {limit}{}{peak}", origin.key, place(origin));
    Some(Reason::new("memory", text, Some(origin)))
}

fn tasks(plan: &LaunchPlan, outcome: &Outcome) -> Option<Reason> {
    let (_, limit, origin) = plan.pids_limit()?;
    let times = match outcome.refused_tasks {
        0 => return None,
        1 => "once".to_owned(),
        count => format!("{count} times"),
    };
    let text = format!("no more processes: {} = {limit}{} was reached {times}", origin.key, place(origin));
    Some(Reason::new("pids", text, Some(origin)))
}

fn full(full: &Full, origins: &Origins) -> Reason {
    let what = if full.target == "/" { "its root" } else { &full.target };
    let state = if full.files { "can hold no more files" } else { "is full" };
    let mount = mount_key(&full.target);
    let keys: [&str; 2] = match (full.target.as_str(), full.size) {
        ("/", Some(_)) => ["rootfs.size", "rootfs.size"],
        ("/", None) => ["rootfs.mode", "rootfs.mode"],
        ("/dev/shm", _) => ["shm_size", "mounts.\"/dev/shm\".size"],
        _ => [&format!("{mount}.size"), &mount],
    };
    let origin = Origin::of_any(origins, &keys);
    let bound = match full.size {
        None => format!("its changes are kept on the host's disk, {}{}", origin.key, place(&origin)),
        Some(size) if origin.is_written() => format!("{} = {}{}", origin.key, bytes(size), place(&origin)),
        Some(size) => format!("{} is {} where nothing is written", origin.key, bytes(size)),
    };
    Reason::new("full", format!("{what} {state}: {bound}"), Some(&origin))
}

/// ` (web.toml:7)`, or nothing for what has no place.
fn place(origin: &Origin) -> String {
    origin.place.as_ref().map_or_else(String::new, |place| format!(" ({}:{})", place.file, place.line))
}

/// In the largest unit that leaves at least 1, with a decimal where it is not whole.
fn bytes(count: u64) -> String {
    let (unit, name) = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")]
        .into_iter()
        .find(|(unit, _)| count >= *unit)
        .unwrap_or((1, "bytes"));
    if count.is_multiple_of(unit) {
        format!("{} {name}", count / unit)
    } else {
        // Only shown, so a float's rounding does no harm.
        format!("{:.1} {name}", count as f64 / unit as f64)
    }
}
