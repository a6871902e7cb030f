//! Where the time of a launch goes: what `--verbose=json` says of each operation.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Seek;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::time::Instant;

use serde_json::Value;

use crate::runner::{Launch, Result, Streams, wait, words};
use crate::{Bench, interruption};

/// What is measured, in the order in which it happens.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Row {
    Operation(u64, String, String),
    InitBegan,
}

/// Prints the median of each operation's share, and of what lies between and around them.
pub fn table(bench: &Bench, release: &Path, rounds: usize) -> Result<()> {
    const WARM_UP: usize = 5;
    let path = bench.run.join("events");
    let file = File::create(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let streams = Streams::with_errors_to(file.as_raw_fd());
    let line = words([release.as_os_str(), "up".as_ref(), "bench.toml".as_ref(), "--verbose=json".as_ref()]);
    let launch = Launch::new(line)?;
    let mut shares: BTreeMap<Row, Vec<f64>> = BTreeMap::new();
    let mut phases: BTreeMap<u64, String> = BTreeMap::new();
    let mut around: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    bench.enter(false).map_err(|e| format!("setns: {e}"))?;
    for round in 0..rounds + WARM_UP {
        file.set_len(0).map_err(|e| e.to_string())?;
        // The children write where this one stands.
        (&file).rewind().map_err(|e| e.to_string())?;
        let start = Instant::now();
        let pid = launch.spawn(&streams).map_err(|e| e.to_string())?;
        let code = wait(pid);
        let took = start.elapsed().as_secs_f64() * 1e6;
        interruption()?;
        let text = fs::read_to_string(&path).map_err(|e| e.to_string())?;
        if code != 0 {
            return Err(format!("up --verbose=json ended with {code}: {text}"));
        }
        if round < WARM_UP {
            continue;
        }
        let (mut sum, mut known) = (0.0, 0.0);
        for line in text.lines() {
            let event: Value = serde_json::from_str(line).map_err(|e| format!("{e}: {line}"))?;
            let us = |key: &str| event[key].as_f64().unwrap_or(f64::NAN);
            let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
            match event["event"].as_str() {
                Some("operation") => {
                    let number = event["number"].as_u64().unwrap_or_default();
                    let about = event["path"].as_str().map_or_else(|| text("key"), str::to_owned);
                    phases.insert(number, text("phase"));
                    let row = Row::Operation(number, text("operation"), about);
                    shares.entry(row).or_default().push(us("share_us"));
                    sum += us("share_us");
                }
                Some("init_began") => {
                    shares.entry(Row::InitBegan).or_default().push(us("us"));
                    sum += us("us");
                }
                Some(kind @ ("running" | "ended" | "undone")) => {
                    known += us("us");
                    let name = match kind {
                        "running" => {
                            around.entry("between").or_default().push(us("us") - sum);
                            continue;
                        }
                        "ended" => "ended",
                        _ => "undone",
                    };
                    around.entry(name).or_default().push(us("us"));
                }
                _ => {}
            }
        }
        around.entry("before").or_default().push(took - known);
        around.entry("all").or_default().push(took);
    }
    print(&shares, &phases, &around, rounds);
    Ok(())
}

fn print(
    shares: &BTreeMap<Row, Vec<f64>>,
    phases: &BTreeMap<u64, String>,
    around: &BTreeMap<&str, Vec<f64>>,
    rounds: usize,
) {
    println!();
    println!("Each operation's share of a launch (release build, `up --verbose=json`, {rounds}");
    println!("launches)                                                      median µs   p10");
    let row = |left: &str, about: &str, list: &[f64]| {
        let mut list = list.to_vec();
        list.sort_by(f64::total_cmp);
        let at = |index: usize| list.get(index).copied().unwrap_or(f64::NAN);
        let mut about = about.to_owned();
        while about.chars().count() > 36 {
            about.remove(0);
        }
        println!("{left:<28} {about:<36} {:>7.1} {:>6.1}", at(list.len() / 2), at(list.len() / 10));
    };
    let of = |name: &str| around.get(name).map_or(&[][..], Vec::as_slice);
    row("      (start, profile, plan, exit)", "", of("before"));
    let mut init = false;
    for (key, list) in shares {
        let Row::Operation(number, name, about) = key else { continue };
        if !init && phases.get(number).is_some_and(|phase| phase == "enter") {
            init = true;
            row("      (init is executed)", "", shares.get(&Row::InitBegan).map_or(&[][..], Vec::as_slice));
        }
        row(&format!("{number:>4}  {name}"), about, list);
    }
    row("      (between: telling, waiting)", "", of("between"));
    row("      (the command, its end)", "", of("ended"));
    row("      (what was made is removed)", "", of("undone"));
    row("      all", "", of("all"));
}
