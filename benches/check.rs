//! The benchmark of the front end: from TOML to all that is wrong, or to a plan; against an empty
//! static Rust program, interleaved in one run.
//!
//! ```text
//! cargo bench --bench check                      # the table (any user; a minute)
//! cargo bench --bench check -- --rounds 1000
//! cargo bench --bench check -- --keep            # leaves the profiles, and says where
//! ```
//! `TINYDOCKER_BIN` names a ready binary instead of the release (musl) build, which is built here
//! otherwise.
//!
//! - A row is the time of a process from `posix_spawn` to the end of `waitpid`, measured as in the
//!   launch benchmark; every round runs every row once, in a new order each time. The JSON rows
//!   write their report to /dev/null.
//! - The empty program is `fn main() {}`, built here for the same target with the same options.
//! - Before anything is timed, every row must answer with the exit code that its profile deserves,
//!   and the one with mistakes with as many as were made.
//! - The lower table is measured in this process, by calling the library: this is the plain
//!   target's C library and allocator, so that it says where time goes, and no more.
//! - Times are reported, never asserted.

// posix_spawn has no wrapper in std.
#![allow(unsafe_code)]

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::io::{self, IsTerminal, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

use tinydocker::host::Host;
use tinydocker::plan::LaunchPlan;
use tinydocker::profile::{File, Loaded, Problems, Request, load};

mod runner;

use runner::{
    Launch, Result, SEED, Streams, manifest_folder, ours, read_afresh, show, shuffle, wait, words, wrapped,
};

fn main() -> ExitCode {
    // `cargo test --all-targets` starts benchmarks too, without this argument.
    if !std::env::args().any(|argument| argument == "--bench") {
        println!("check: run by `cargo bench --bench check`; nothing done");
        return ExitCode::SUCCESS;
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("check: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// What the command line asks for.
struct Options {
    rounds: usize,
    keep: bool,
}

fn options() -> Result<Options> {
    let mut options = Options { rounds: 300, keep: false };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--bench" => {}
            "--keep" => options.keep = true,
            "--rounds" => {
                let number = arguments.next().and_then(|text| text.parse().ok());
                options.rounds = number.filter(|&n| n > 0).ok_or("--rounds needs a number")?;
            }
            other => return Err(format!("unknown argument {other}; known: --rounds N, --keep")),
        }
    }
    Ok(options)
}

/// One row of the upper table.
struct Row {
    name: &'static str,
    line: Vec<OsString>,
    /// The exit code that is right.
    code: i32,
    /// Times the empty program, at most: the budget of DESIGN.md.
    budget: Option<f64>,
    /// Every how many rounds it is run: long ones need fewer.
    every: usize,
    /// Lines of the profile, for the table of times per line.
    lines: usize,
}

fn run() -> Result<()> {
    let options = options()?;
    let folder = std::env::temp_dir().join(format!("tinydocker-check-{}", std::process::id()));
    let result = measured(&options, &folder);
    if options.keep {
        println!("the profiles stay in {}", folder.display());
    } else if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|e| format!("{} stays: {e}", folder.display()))?;
    }
    result
}

fn measured(options: &Options, folder: &Path) -> Result<()> {
    let release = ours("TINYDOCKER_BIN", true)?;
    let failed = |e: io::Error| format!("preparing: {e}");
    let (empty, program) = prepare(folder, &release).map_err(failed)?;
    let rows = rows(folder, &empty, &program).map_err(failed)?;
    std::env::set_current_dir(folder).map_err(failed)?;
    prove(&rows)?;
    let times = time(&rows, options.rounds)?;
    report(&rows, &times, options.rounds);
    in_process(folder)?;
    println!();
    wrapped("the empty program: `fn main() {}`, same target and options, built in this run");
    wrapped(
        "profiles: [vars], [defaults], containers of 27 lines with command, env, mounts (short and \
         table), cgroup, security, comments, blank lines, `${…}`; rootfs and sources exist",
    );
    if let Some(path) = std::env::var_os("TINYDOCKER_BIN") {
        wrapped(&format!("NOT BUILT HERE: TINYDOCKER_BIN={}", show(&path)));
    }
    Ok(())
}

// ---- what is measured ----

/// Makes the folder: a rootfs with a command, sources of mounts, the two programs.
fn prepare(folder: &Path, release: &Path) -> io::Result<(PathBuf, PathBuf)> {
    for place in ["rootfs/srv", "rootfs/tmp", "rootfs/proc", "rootfs/sys", "rootfs/dev", "rootfs/etc"] {
        fs::create_dir_all(folder.join(place))?;
    }
    fs::create_dir_all(folder.join("site"))?;
    fs::create_dir_all(folder.join("data"))?;
    let empty = folder.join("empty");
    fs::write(folder.join("empty.rs"), "fn main() {}\n")?;
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(["--edition", "2024", "-C", "opt-level=3", "-C", "panic=abort", "-C", "strip=symbols"]);
    rustc.args(["-C", "lto=fat", "-C", "codegen-units=1"]);
    // Those of .cargo/config.toml.
    rustc.args([
        "-C",
        "linker=rust-lld",
        "-C",
        "link-arg=--pack-dyn-relocs=relr",
        "-C",
        "link-arg=--icf=all",
    ]);
    rustc.args(["--target", &format!("{}-unknown-linux-musl", std::env::consts::ARCH)]);
    rustc.arg("-o").arg(&empty).arg(folder.join("empty.rs"));
    let status = rustc.current_dir(manifest_folder().map_err(io::Error::other)?).status()?;
    if !status.success() {
        return Err(io::Error::other(format!("rustc empty.rs: {status}")));
    }
    fs::copy(&empty, folder.join("rootfs/true"))?;
    let program = folder.join("tinydocker");
    fs::copy(release, &program)?;
    read_afresh(&empty)?;
    read_afresh(&program)?;
    Ok((empty, program))
}

/// Containers of the profile that has 300 lines.
const TEN: usize = 10;
/// Mistakes in the middle profile with mistakes.
const MISTAKES: usize = 30;

fn rows(folder: &Path, empty: &Path, program: &Path) -> io::Result<Vec<Row>> {
    let profiles = [
        ("ten.toml", several(TEN)),
        ("wrong.toml", mistaken(&several(TEN))),
        ("web.toml", usual()),
        ("tiny.toml", "command = [\"/true\"]\nrootfs = \"./rootfs\"\n".to_owned()),
        ("1000.toml", several(35)),
        ("10000.toml", several(369)),
        ("variables.toml", variables(10_000)),
        ("mounts.toml", short_mounts(10_000)),
        ("wrong-1000.toml", all_wrong(1_000)),
        ("wrong-10000.toml", all_wrong(10_000)),
    ];
    let mut rows = vec![Row {
        name: "empty static Rust program",
        line: words([empty]),
        code: 0,
        budget: None,
        every: 1,
        lines: 0,
    }];
    for (file, text) in &profiles {
        fs::write(folder.join(file), text)?;
    }
    let mut add = |name, arguments: &[&str], code, budget, every| {
        let mut line = words([program]);
        line.extend(words(arguments));
        let file = arguments.last().copied().unwrap_or_default();
        let lines = profiles.iter().find(|(known, _)| *known == file).map_or(0, |(_, it)| it.lines().count());
        rows.push(Row { name, line, code, budget, every, lines });
    };
    add("--version", &["--version"], 0, None, 1);
    add("check --no-host, 2 lines", &["check", "--no-host", "tiny.toml"], 0, None, 1);
    add("check --no-host, ten containers", &["check", "--no-host", "ten.toml"], 0, Some(5.0), 1);
    add("check, ten containers", &["check", "ten.toml"], 0, Some(10.0), 1);
    add("check --no-host, 30 mistakes", &["check", "--no-host", "wrong.toml"], 1, None, 1);
    add("plan of a usual profile", &["plan", "web.toml"], 0, None, 1);
    add("check --no-host, 1000 lines", &["check", "--no-host", "1000.toml"], 0, None, 4);
    add("check --no-host, 10000 lines", &["check", "--no-host", "10000.toml"], 0, None, 20);
    add("  10000 variables", &["check", "--no-host", "variables.toml"], 0, None, 20);
    add("  10000 short mounts", &["check", "--no-host", "mounts.toml"], 0, None, 20);
    add("  1000 mistakes, JSON", &["check", "--no-host", "--format", "json", "wrong-1000.toml"], 1, None, 20);
    add(
        "  10000 mistakes, JSON",
        &["check", "--no-host", "--format", "json", "wrong-10000.toml"],
        1,
        None,
        60,
    );
    add("  10000 mistakes, text", &["check", "--no-host", "wrong-10000.toml"], 1, None, 60);
    Ok(rows)
}

/// A file of several containers: 27 lines each, below a head of 30.
fn several(containers: usize) -> String {
    let mut text = String::from(
        r#"# The shop: what it consists of, and what each part may use.
name = "shop"

[vars]
# What is deployed, and where from.
release = "2026.11"
domain = "example.org"
data = "./data"
level = { default = "info", choices = ["debug", "info", "warn"] }

# What every container has unless it says otherwise.
[defaults]
rootfs = "./rootfs"
user = "1000:1000"
network = "none"

[defaults.env]
LANG = "C.UTF-8"
TZ = "UTC"
RELEASE = "${release}"
LOG_LEVEL = "${level}"

[defaults.cgroup]
memory = "256m"
pids = 64

[defaults.security]
no_new_privileges = true

# ---- the containers ----
"#,
    );
    for number in 0..containers {
        let port = 8000 + number;
        let write = write!(
            text,
            r#"
# Part {number}: answers on {port}, writes to its own folder.
[containers.part-{number}]
command = ["/true", "--listen", "127.0.0.1:{port}", "--name", "${{self.name}}", "--verbose"]
hostname = "part-{number}.${{domain}}"
working_dir = "/srv"
"#
        );
        // A table of mounts takes as many lines as an array and a longer env.
        let write = write.and_then(|()| {
            if number % 2 == 0 {
                write!(
                    text,
                    r#"mounts = [
    "./site:/srv:ro",
    "${{data}}:/var/lib/part",
    "./site:/usr/share/part:ro",
]
interactive = false

[containers.part-{number}.env]
DATABASE = "postgres://db.${{domain}}:5432/part"
CACHE = "redis://cache.${{domain}}:6379/{number}"
PORT = "{port}"
GREETING = "hello from ${{self.name}}, release ${{release}}"
"#
                )
            } else {
                write!(
                    text,
                    r#"
[containers.part-{number}.env]
DATABASE = "postgres://db.${{domain}}:5432/part"
PORT = "{port}"

[containers.part-{number}.mounts."/srv"]
source = "${{data}}"
read_only = false

[containers.part-{number}.mounts."/tmp"]
size = "64m"
"#
                )
            }
        });
        let write = write.and_then(|()| {
            write!(
                text,
                r#"
[containers.part-{number}.cgroup]
memory = "{}m"    # more than most
cpus = 0.5
pids = 128

[containers.part-{number}.namespaces]
uts = "private"
"#,
                512 + number
            )
        });
        write.expect("text");
    }
    text
}

/// A profile as most people have one.
fn usual() -> String {
    r#"# A web server that answers on loopback.
name = "web"
command = ["/true", "--listen", "127.0.0.1:8080"]
rootfs = "./rootfs"
working_dir = "/srv"
user = "1000:1000"
mounts = ["./site:/srv:ro", "./data:/var/lib/web"]

[env]
LANG = "C.UTF-8"
LOG_LEVEL = "info"
DATABASE = "postgres://db.example.org:5432/web"

[cgroup]
memory = "256m"
cpus = 0.5
pids = 64
"#
    .to_owned()
}

/// The same with [`MISTAKES`] mistakes of several kinds, three a container.
fn mistaken(text: &str) -> String {
    text.replace("hostname =", "hostnmae =")
        .replace("pids = 128", "pids = 0")
        .replace("cpus = 0.5", "cpus = \"half\"")
}

fn variables(count: usize) -> String {
    let mut text = String::from("command = [\"/true\"]\nrootfs = \"./rootfs\"\n[env]\n");
    for number in 0..count {
        writeln!(text, "NAME_{number} = \"value {number} of ${{self.name}}\"").expect("text");
    }
    text
}

fn short_mounts(count: usize) -> String {
    let mut text = String::from("command = [\"/true\"]\nrootfs = \"./rootfs\"\nmounts = [\n");
    for number in 0..count {
        writeln!(text, "    \"./site:/srv/{number}:ro\",").expect("text");
    }
    text + "]\n"
}

/// A wrong value or an unknown key on each line.
fn all_wrong(count: usize) -> String {
    let mut text = String::from("command = [\"/true\"]\nrootfs = \"./rootfs\"\n[env]\n");
    for number in 0..count {
        writeln!(text, "NAME_{number} = {}", ["[1]", "1979-05-27", "{ a = 1 }"][number % 3]).expect("text");
    }
    text
}

/// Runs every row once and compares its answer with what it should be.
fn prove(rows: &[Row]) -> Result<()> {
    for row in rows {
        let output = Command::new(&row.line[0]).args(&row.line[1..]).output();
        let output = output.map_err(|e| format!("{}: {e}", row.name))?;
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.code() != Some(row.code) {
            return Err(format!("{}: ended with {}, not {}:\n{said}", row.name, output.status, row.code));
        }
        let count = format!("{MISTAKES} problems in wrong.toml");
        if row.name.ends_with("30 mistakes") && !said.contains(&count) {
            return Err(format!("{}: not {count}:\n{said}", row.name));
        }
    }
    Ok(())
}

/// The rounds: microseconds of every run, sorted, by row.
fn time(rows: &[Row], rounds: usize) -> Result<Vec<Vec<f64>>> {
    const WARM_UP: usize = 5;
    let launches: Result<Vec<Launch>> = rows.iter().map(|row| Launch::new(row.line.clone())).collect();
    let launches = launches?;
    let streams = Streams::new(None, false);
    let mut times = vec![Vec::with_capacity(rounds); rows.len()];
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let mut random = SEED;
    for round in 0..rounds + WARM_UP {
        shuffle(&mut order, &mut random);
        for &i in order.iter().filter(|&&i| round < WARM_UP || round % rows[i].every == 0) {
            let start = Instant::now();
            let pid = launches[i].spawn(&streams).map_err(|e| format!("{}: {e}", rows[i].name))?;
            let code = wait(pid);
            let took = start.elapsed();
            if code != rows[i].code {
                return Err(format!("{} ended with {code} in round {round}", rows[i].name));
            }
            if round >= WARM_UP {
                times[i].push(took.as_secs_f64() * 1e6);
            }
        }
        if io::stderr().is_terminal() {
            eprint!("\rround {} of {rounds} ", (round + 1).saturating_sub(WARM_UP));
            let _ = io::stderr().flush();
        }
    }
    if io::stderr().is_terminal() {
        eprint!("\r                      \r");
    }
    for list in &mut times {
        list.sort_by(f64::total_cmp);
    }
    Ok(times)
}

fn report(rows: &[Row], times: &[Vec<f64>], rounds: usize) {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("The front end, spawn to exit; {rounds} rounds, interleaved, shuffled");
    println!("kernel {}, {cores} cores", release.trim());
    println!();
    println!("                                     p10   median    it /   budget      µs a");
    println!("                                      µs       µs   empty                line");
    let p10 = |i: usize| times[i].get(times[i].len() / 10).copied().unwrap_or(f64::NAN);
    let tiny = rows.iter().position(|row| row.name.ends_with("2 lines")).map_or(0.0, p10);
    for (i, row) in rows.iter().enumerate() {
        let fast = p10(i);
        let median = times[i].get(times[i].len() / 2).copied().unwrap_or(f64::NAN);
        let ratio = fast / p10(0);
        let budget = row.budget.map_or(String::new(), |budget| {
            format!("{budget:.0} {}", if ratio <= budget { "met" } else { "missed" })
        });
        // What starting costs is no line's.
        let line = (row.lines > 2).then(|| format!("{:.2}", (fast - tiny) / row.lines as f64));
        let row = format!(
            "{:<32}{fast:>8.0} {median:>8.0} {ratio:>7.2}   {budget:<9}{:>7}",
            row.name,
            line.unwrap_or_default()
        );
        println!("{}", row.trim_end());
    }
}

// ---- in this process ----

fn request(folder: &Path, name: &str) -> Result<Request> {
    let path = folder.join(name);
    let text = fs::read_to_string(&path).map_err(|e| format!("{name}: {e}"))?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let file = File { name: name.to_owned(), text, folder: folder.to_owned(), stem };
    Ok(Request { file: Some(file), working_folder: folder.to_owned(), ..Request::default() })
}

/// The p10 of a call, in microseconds.
fn call<T>(mut work: impl FnMut() -> T) -> f64 {
    let mut times = Vec::new();
    for round in 0..220 {
        let start = Instant::now();
        let result = black_box(work());
        let took = start.elapsed();
        drop(result);
        if round >= 20 {
            times.push(took.as_secs_f64() * 1e6);
        }
    }
    times.sort_by(f64::total_cmp);
    times[times.len() / 10]
}

fn in_process(folder: &Path) -> Result<()> {
    println!();
    println!("In this process, p10 of 200, µs    toml alone  all of load    of compile");
    let host = Host::probe().map_err(|e| e.to_string());
    for name in ["web.toml", "ten.toml", "wrong.toml"] {
        let request = request(folder, name)?;
        let text = request.file.as_ref().map_or("", |file| file.text.as_str());
        let toml = call(|| toml::de::DeTable::parse_recoverable(text));
        let whole = call(|| load(&request));
        let loaded: std::result::Result<Loaded, Problems> = load(&request);
        let compile = match (&loaded, &host) {
            (Ok(loaded), Ok(host)) => {
                let all = || -> Vec<_> {
                    let each = loaded.containers.iter();
                    each.map(|it| LaunchPlan::compile(&it.profile, &it.origins, host)).collect()
                };
                format!("{:.1}", call(all))
            }
            (Ok(_), Err(error)) => error.clone(),
            (Err(_), _) => "-".into(),
        };
        println!("{name:<35}{toml:>10.1}{whole:>13.1}{compile:>14}");
    }
    Ok(())
}
