//! The launch benchmark: `tinydocker up` of a static `true` against bwrap, crun, runc and a floor
//! program that makes the same bare system calls, interleaved in one run.
//!
//! ```text
//! cargo bench --bench launch                     # the tables (root; a minute)
//! cargo bench --bench launch -- --rounds 1000
//! cargo bench --bench launch -- --syscalls       # our system calls, by process (strace)
//! ```
//! `TINYDOCKER_BIN` and `TINYDOCKER_PLAIN_BIN` name ready binaries instead of the release (musl)
//! and the plain build, which are built here otherwise.
//!
//! - One launch is timed from `posix_spawn` to the end of `waitpid`, from this single-threaded
//!   process, which shares no memory with the child; standard streams are `/dev/null`.
//! - Every round runs every contestant once, in a new order each time, so that what one leaves to
//!   the kernel (a dying network namespace) falls on all others alike.
//! - Before anything is timed, ours and the floor must *prove* that limits, namespaces and
//!   capabilities are in force: their payload says what it finds and tries what it must not be
//!   able to do, while its groups and namespaces are read from outside. A failed proof ends the run.
//!   The peers are asked the same, for the table that says how equal the comparison is.
//! - In the same rounds each is launched with 500 more mounts around it too, in a mount namespace
//!   made once before the loop: the host never sees them (`crowd.rs`).
//! - Then a hundred at once, each contestant for itself, in turns (`crowd.rs`); and ours alone, for
//!   each operation's share (`operations.rs`).
//! - Times are reported, never asserted.
//!
//! Our side runs in the host's mount namespace as it is. crun refuses hybrid cgroup hosts whose
//! cgroup2 tree has controllers; there, and only for crun, a mount namespace made once before the
//! loop leaves `/sys/fs/cgroup/unified` out. It is entered and left outside of the timed window.

// posix_spawn, setns and signals have no safe wrapper in std, and the launcher's own are private.
#![allow(unsafe_code)]

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{CString, OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

mod crowd;
mod operations;
mod runner;

use runner::{
    Launch, Result, SEED, Streams, manifest_folder, ours, read_afresh, show, shuffle, wait, words, wrapped,
};

const MEMORY: u64 = 256 << 20;
const PIDS: u64 = 64;
/// CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE SYS_CHROOT SETFCAP
const CAPABILITIES: [(&str, u32); 11] = [
    ("CAP_CHOWN", 0),
    ("CAP_DAC_OVERRIDE", 1),
    ("CAP_FOWNER", 3),
    ("CAP_FSETID", 4),
    ("CAP_KILL", 5),
    ("CAP_SETGID", 6),
    ("CAP_SETUID", 7),
    ("CAP_SETPCAP", 8),
    ("CAP_NET_BIND_SERVICE", 10),
    ("CAP_SYS_CHROOT", 18),
    ("CAP_SETFCAP", 31),
];
const MASKED: [&str; 12] = [
    "/proc/acpi",
    "/proc/asound",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/interrupts",
    "/sys/firmware",
    "/sys/devices/virtual/powercap",
];
const READ_ONLY: [&str; 5] = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];
const NAMESPACES: [&str; 6] = ["mnt", "pid", "ipc", "uts", "cgroup", "net"];

/// Set by Ctrl-C; loops look at it, so that everything made is removed on the way out.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

fn main() -> ExitCode {
    // `cargo test --all-targets` starts benchmarks too, without this argument: a timed run has no
    // place there.
    if !std::env::args().any(|argument| argument == "--bench") {
        println!("launch: run by `cargo bench --bench launch`; nothing done");
        return ExitCode::SUCCESS;
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("launch: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// What the command line asks for.
struct Options {
    rounds: usize,
    syscalls: bool,
}

fn options() -> Result<Options> {
    let mut options = Options { rounds: 300, syscalls: false };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--bench" => {}
            "--syscalls" => options.syscalls = true,
            "--rounds" => {
                let number = arguments.next().and_then(|text| text.parse().ok());
                options.rounds = number.filter(|&n| n > 0).ok_or("--rounds needs a number")?;
            }
            other => {
                return Err(format!("unknown argument {other}; known: --rounds N, --syscalls"));
            }
        }
    }
    Ok(options)
}

fn run() -> Result<()> {
    let options = options()?;
    // SAFETY: a plain getter.
    if unsafe { libc::geteuid() } != 0 {
        return Err("needs root: the compared launch is the one as root".into());
    }
    // No SA_RESTART: a wait that Ctrl-C interrupts shall look at the flag.
    // SAFETY: a zeroed action is a valid one, and the handler only stores a flag.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = interrupted as *const () as usize;
        libc::sigaction(libc::SIGINT, &action, ptr::null_mut());
        libc::sigaction(libc::SIGTERM, &action, ptr::null_mut());
    }
    let release = ours("TINYDOCKER_BIN", true)?;
    if options.syscalls {
        let bench = Bench::new(&release)?;
        return syscalls(&bench, &release);
    }
    let plain = ours("TINYDOCKER_PLAIN_BIN", false)?;
    let missing = install_peers();
    let bench = Bench::new(&release)?;
    let installed = |e: io::Error| format!("can't install: {e}");
    let release = bench.install(&release, "release").map_err(installed)?;
    let plain = bench.install(&plain, "plain").map_err(installed)?;
    let peers = ["bwrap", "crun", "runc"].into_iter().filter_map(find);
    let own = [release.clone(), plain.clone(), bench.folder.join("floor"), bench.rootfs.join("true")];
    for program in own.into_iter().chain(peers) {
        read_afresh(&program).map_err(|e| format!("{}: {e}", program.display()))?;
    }
    let (contestants, mut notes) = contestants(&bench, release.clone(), plain, &missing)?;
    notes.push("every program's file is read from the disk once before timing, as after a boot".into());

    let mut facts = Vec::new();
    for contestant in &contestants {
        let before = leftovers();
        let found = prove(&bench, contestant);
        interruption()?;
        let found = match found {
            Ok(found) => found,
            Err(e) if contestant.ours => return Err(format!("{}: {e}", contestant.name)),
            Err(e) => {
                notes.push(format!("{} does not run here and is left out: {e}", contestant.name));
                facts.push(None);
                continue;
            }
        };
        if contestant.ours || contestant.floor() {
            if contestant.name == "floor with filter" && !found.filtered() {
                return Err(format!("{}: its payload has no filter", contestant.name));
            }
            let left: Vec<String> = leftovers().difference(&before).cloned().collect();
            for (what, list) in [("NOT IN FORCE", found.broken()), ("LEFT BEHIND after its end", left)] {
                if !list.is_empty() {
                    return Err(format!("{}: {what}:\n  {}", contestant.name, list.join("\n  ")));
                }
            }
        }
        facts.push(Some(found));
    }
    let running: Vec<usize> = (0..contestants.len()).filter(|&i| facts[i].is_some()).collect();
    // In the same rounds on the host as it is and with many mounts on it.
    let places = [false, true];
    let entries: Vec<(usize, bool)> =
        places.iter().flat_map(|&crowded| running.iter().map(move |&i| (i, crowded))).collect();
    let times = time(&bench, &contestants, &entries, options.rounds)?;
    let of = |crowded: bool| -> Vec<Vec<f64>> {
        let mut by_contestant = vec![Vec::new(); contestants.len()];
        for (list, (i, place)) in times.iter().zip(&entries) {
            if *place == crowded {
                by_contestant[*i].clone_from(list);
            }
        }
        by_contestant
    };
    let (alone, crowded) = (of(false), of(true));
    report(&bench, &contestants, &facts, &alone, options.rounds);
    crowd::report_mounts(&contestants, &alone, &crowded);
    crowd::side_by_side(&bench, &contestants, &running)?;
    operations::table(&bench, &release, options.rounds)?;
    remarks(&contestants, &facts, &notes);
    Ok(())
}

extern "C" fn interrupted(_: i32) {
    INTERRUPTED.store(true, Ordering::Relaxed);
}

fn interruption() -> Result<()> {
    if INTERRUPTED.load(Ordering::Relaxed) { Err("interrupted".into()) } else { Ok(()) }
}

// ---- what is compared ----

/// Installs missing peers where apt is there, and gives those that are still missing.
fn install_peers() -> Vec<&'static str> {
    const PEERS: [(&str, &str); 3] = [("bwrap", "bubblewrap"), ("crun", "crun"), ("runc", "runc")];
    let missing = || PEERS.into_iter().filter(|(name, _)| version(name).is_none()).collect::<Vec<_>>();
    let packages: Vec<&str> = missing().into_iter().map(|(_, package)| package).collect();
    if !packages.is_empty() {
        let apt = |arguments: &[&str]| {
            let mut command = Command::new("apt-get");
            command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
            command.stdin(Stdio::null()).stdout(Stdio::null());
            command.status().is_ok_and(|status| status.success())
        };
        let install = [&["install", "-y", "-qq"], &packages[..]].concat();
        // A package list that is too old or empty is worth one refresh.
        if !apt(&install) && apt(&["update", "-qq"]) {
            apt(&install);
        }
    }
    missing().into_iter().map(|(name, _)| name).collect()
}

/// The first line of `NAME --version`, or nothing if it does not run.
fn version(name: &str) -> Option<String> {
    let output = Command::new(name).arg("--version").stderr(Stdio::null()).output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).lines().next()?.to_string())
}

/// What the payload is asked for.
#[derive(Clone, Copy, PartialEq)]
enum Job {
    True,
    Probe,
    /// Touches more memory than the limit.
    Eat,
}

impl Job {
    const ALL: [Job; 3] = [Job::True, Job::Probe, Job::Eat];

    fn command(self) -> &'static [&'static str] {
        match self {
            Job::True => &["/true"],
            Job::Probe => &["/true", "probe"],
            Job::Eat => &["/true", "eat", "320"],
        }
    }

    /// The name of its bundle folder and profile. The timed one is `bench.toml`.
    fn name(self) -> &'static str {
        match self {
            Job::True => "bench",
            Job::Probe => "probe",
            Job::Eat => "eat",
        }
    }
}

/// An argument vector for a job, element 0 a path.
type Line = Box<dyn Fn(Job) -> Vec<OsString>>;

/// One row of the table.
struct Contestant {
    name: &'static str,
    line: Line,
    /// Runs in the mount namespace without the cgroup2 tree.
    without_unified: bool,
    /// Ours over this, at most: the budget of DESIGN.md.
    budget: Option<f64>,
    /// Must run: the others are left out where they do not.
    ours: bool,
}

/// Everything that is compared here, and notes about what is missing or unlike.
fn contestants(
    bench: &Bench,
    release: PathBuf,
    plain: PathBuf,
    missing: &[&str],
) -> Result<(Vec<Contestant>, Vec<String>)> {
    let mut all = Vec::new();
    let mut notes: Vec<String> =
        missing.iter().map(|name| format!("{name} is missing and could not be installed")).collect();
    for variable in ["TINYDOCKER_BIN", "TINYDOCKER_PLAIN_BIN"] {
        if let Some(path) = std::env::var_os(variable) {
            notes.push(format!("NOT BUILT HERE: {variable}={}", show(&path)));
        }
    }
    for (name, binary) in [("tinydocker release", release), ("tinydocker plain", plain)] {
        let line = move |job: Job| words([binary.as_os_str(), "up".as_ref(), profile(job).as_ref()]);
        all.push(Contestant { ours: true, ..Contestant::new(name, line) });
    }
    let floors = [
        ("floor with filter", "filter", Some(1.25)),
        ("floor, no filter", "clone", None),
        ("floor, re-exec", "reexec", None),
    ];
    for (name, mode, budget) in floors {
        let line = bench.floor_line(mode);
        all.push(Contestant { budget, ..Contestant::new(name, line) });
    }

    if let Some(bwrap) = find("bwrap") {
        let number = version("bwrap").unwrap_or_default();
        let overlay = has_overlay(&number);
        notes.push(format!(
            "{number}: root is {}; user namespace too (--unshare-all); no sysfs, no limits",
            if overlay { "an overlay" } else { "a bind (no overlay before 0.11)" }
        ));
        for (name, alike, budget) in [("bwrap", true, Some(0.75)), ("bwrap, fewest options", false, None)] {
            let options = bwrap_options(&bench.rootfs, alike, overlay);
            let bwrap = bwrap.clone();
            let line = move |job: Job| {
                let fixed = std::iter::once(bwrap.as_os_str()).chain(options.iter().map(|o| o.as_ref()));
                words(fixed.chain(job.command().iter().map(OsStr::new)))
            };
            all.push(Contestant { budget, ..Contestant::new(name, line) });
        }
    }
    let without_unified = bench.without_unified.is_some();
    let runtimes = [("crun", "crun", 0.42), ("crun, no limits", "crun", 0.0), ("runc", "runc", 0.16)];
    for (name, program, budget) in runtimes {
        let Some(path) = find(program) else { continue };
        let (state, folder) = (bench.run.join(program), bench.folder.clone());
        let disabled = budget == 0.0;
        let id = format!("{}-{program}", bench.name);
        let line = move |job: Job| {
            let suffix = if disabled { "nolimit" } else { program };
            let bundle = folder.join(format!("{}-{suffix}", job.name()));
            let mut line = words([path.as_os_str(), "--root".as_ref(), state.as_os_str()]);
            if program == "crun" {
                let manager = if disabled { "disabled" } else { "cgroupfs" };
                line.extend(words(["--cgroup-manager", manager]));
            }
            line.extend(words(["run".as_ref(), "--bundle".as_ref(), bundle.as_os_str(), id.as_ref()]));
            line
        };
        all.push(Contestant {
            budget: Some(budget).filter(|&b| b > 0.0),
            without_unified: without_unified && program == "crun",
            ..Contestant::new(name, line)
        });
        if !disabled {
            notes.push(format!(
                "{}: root is the folder itself (an OCI runtime is handed its root)",
                version(program).unwrap_or_default()
            ));
        }
    }
    if without_unified && find("crun").is_some() {
        notes.push(
            "crun refuses this hybrid host: it runs in a mount namespace made once before the \
             loop, in which the cgroup2 tree is left out and all v1 hierarchies are as they are. \
             That spares crun one group and costs it nothing; runc and ours see the host as it is"
                .into(),
        );
    }
    if find("crun").is_some() {
        notes.push("crun, no limits: --cgroup-manager=disabled; says what joining groups costs it".into());
    }
    let payload = bench.rootfs.join("true");
    let line = move |_: Job| vec![payload.clone().into_os_string()];
    all.push(Contestant::new("true, no container", line));
    Ok((all, notes))
}

impl Contestant {
    fn new(name: &'static str, line: impl Fn(Job) -> Vec<OsString> + 'static) -> Self {
        let line = Box::new(line);
        Contestant { name, line, without_unified: false, budget: None, ours: false }
    }

    fn floor(&self) -> bool {
        self.name.starts_with("floor")
    }

    /// Whether it makes containers at all (the bare `true` does not).
    fn contains(&self) -> bool {
        self.name != "true, no container"
    }
}

fn profile(job: Job) -> String {
    format!("{}.toml", job.name())
}

/// A program's path, looked up once: no peer is charged for a search.
fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// `--overlay-src` came with bubblewrap 0.11.
fn has_overlay(version: &str) -> bool {
    let mut numbers = version.split([' ', '.']).filter_map(|part| part.parse::<u32>().ok());
    (numbers.next(), numbers.next()) >= (Some(0), Some(11))
}

/// bwrap's options: the settings of ours as far as it has them, or the fewest that make a container.
fn bwrap_options(rootfs: &Path, alike: bool, overlay: bool) -> Vec<OsString> {
    let mut options = words(["--unshare-all"]);
    let root = if alike && overlay {
        words(["--overlay-src".as_ref(), rootfs.as_os_str(), "--tmp-overlay".as_ref(), "/".as_ref()])
    } else {
        words(["--bind".as_ref(), rootfs.as_os_str(), "/".as_ref()])
    };
    options.extend(root);
    options.extend(words(["--proc", "/proc", "--dev", "/dev"]));
    if alike {
        options.extend(words(["--tmpfs", "/dev/shm", "--mqueue", "/dev/mqueue", "--hostname", "bench"]));
        options.extend(words(["--as-pid-1", "--new-session", "--die-with-parent", "--cap-drop", "ALL"]));
        for (name, _) in CAPABILITIES {
            options.extend(words(["--cap-add", name]));
        }
        // Its --proc already makes four of the read-only paths so.
        for path in MASKED.into_iter().filter(|path| path.starts_with("/proc/")) {
            match fs::metadata(path) {
                Ok(found) if found.is_dir() => options.extend(words(["--tmpfs", path])),
                Ok(_) => options.extend(words(["--ro-bind", "/dev/null", path])),
                Err(_) => {}
            }
        }
    }
    options
}

// ---- what is made for it, and removed ----

/// The temporary folders, groups and namespaces of this run; dropping it removes them.
struct Bench {
    name: String,
    /// Rootfs, profiles, bundles, programs.
    folder: PathBuf,
    rootfs: PathBuf,
    /// Records and states, below /run where launchers keep them.
    run: PathBuf,
    groups: Groups,
    host: OwnedFd,
    without_unified: Option<OwnedFd>,
    /// Like the two before, with [`crowd::MOUNTS`] mounts more.
    crowded: Option<OwnedFd>,
    crowded_without_unified: Option<OwnedFd>,
}

/// Where groups are made: the layout and a parent group of ours in each hierarchy.
struct Groups {
    layout: &'static str,
    tracking: PathBuf,
    memory: PathBuf,
    pids: PathBuf,
}

impl Bench {
    fn new(release: &Path) -> Result<Self> {
        let name = format!("tinydocker-bench-{}", std::process::id());
        let folder = std::env::temp_dir().join(&name);
        let groups = Groups::find(&name)?;
        let host = OwnedFd::from(File::open("/proc/self/ns/mnt").map_err(|e| e.to_string())?);
        let bench = Bench {
            rootfs: folder.join("rootfs"),
            run: Path::new("/run").join(&name),
            without_unified: None,
            crowded: None,
            crowded_without_unified: None,
            name,
            folder,
            groups,
            host,
        };
        // From here on, dropping removes what was made.
        let made = bench.made(release).map_err(|e| format!("preparing: {e}"));
        interruption()?;
        made
    }

    fn made(mut self, release: &Path) -> io::Result<Self> {
        for place in ["proc", "sys", "dev", "tmp"] {
            fs::create_dir_all(self.rootfs.join(place))?;
        }
        fs::set_permissions(&self.folder, fs::Permissions::from_mode(0o755))?;
        for place in ["floor", "crun", "runc"] {
            fs::create_dir_all(self.run.join(place))?;
        }
        for job in Job::ALL {
            let command: Vec<String> = job.command().iter().map(|word| format!("{word:?}")).collect();
            let text = format!(
                "name = \"bench\"\ncommand = [{}]\n\n[rootfs]\nsource = \"./rootfs\"\n\n\
                 [cgroup]\nmemory = \"256m\"\npids = {PIDS}\n",
                command.join(", ")
            );
            fs::write(self.folder.join(profile(job)), text)?;
            for (suffix, limits) in [("crun", true), ("runc", true), ("nolimit", false)] {
                let bundle = self.folder.join(format!("{}-{suffix}", job.name()));
                fs::create_dir_all(&bundle)?;
                let group = limits.then(|| format!("/{}/{suffix}", self.name));
                let config = oci_config(&self.rootfs, job, group);
                fs::write(bundle.join("config.json"), config.to_string())?;
            }
        }
        self.freestanding("payload", &self.rootfs.join("true"))?;
        fs::write(self.folder.join("filter"), self.filter(release)?)?;
        self.freestanding("floor", &self.folder.join("floor"))?;
        self.groups.make()?;
        // crun accepts a hybrid host only if its cgroup2 tree has no controllers.
        let controllers = self.groups.tracking.with_file_name("cgroup.controllers");
        let controllers = fs::read_to_string(controllers).unwrap_or_default();
        if self.groups.layout == "hybrid" && !controllers.trim().is_empty() {
            self.without_unified = Some(self.hide_unified()?);
        }
        self.crowded = Some(crowd::namespace(&self, false)?);
        if self.without_unified.is_some() {
            self.crowded_without_unified = Some(crowd::namespace(&self, true)?);
        }
        Ok(self)
    }

    /// Compiles one of the freestanding programs beside this file.
    fn freestanding(&self, name: &str, to: &Path) -> io::Result<()> {
        let folder = manifest_folder().map_err(io::Error::other)?.join("benches");
        let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        rustc.args(["--edition", "2024", "-C", "opt-level=2", "-C", "panic=abort", "-C", "strip=symbols"]);
        rustc.args(["-C", "relocation-model=static", "-C", "target-feature=+crt-static"]);
        rustc.args(["-C", "link-arg=-nostartfiles", "-C", "link-arg=-nostdlib"]);
        rustc.args(["-C", "link-arg=-static", "-C", "link-arg=-no-pie"]);
        rustc.args(["-C", "link-arg=-Wl,--build-id=none,-z,norelro"]);
        rustc.env("FLOOR_FILTER", self.folder.join("filter"));
        rustc.arg("-o").arg(to).arg(folder.join(format!("{name}.rs")));
        match rustc.status()? {
            status if status.success() => Ok(()),
            status => Err(io::Error::other(format!("rustc {name}.rs: {status}"))),
        }
    }

    /// The program of the filter that ours loads, as its plan has it.
    fn filter(&self, release: &Path) -> io::Result<Vec<u8>> {
        let mut plan = Command::new(release);
        plan.args(["plan", "--format", "json", "bench.toml"]).current_dir(&self.folder);
        let output = plan.stderr(Stdio::inherit()).output()?;
        let plan: Value = serde_json::from_slice(&output.stdout)?;
        let filter = plan["enter"]
            .as_array()
            .into_iter()
            .flatten()
            .find_map(|step| step["operation"]["load_filter"]["filter"]["program"].as_str());
        let text = filter.ok_or_else(|| io::Error::other("the plan loads no filter"))?;
        let byte = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
        let bytes: Option<Vec<u8>> = (0..text.len()).step_by(2).map(byte).collect();
        bytes.ok_or_else(|| io::Error::other("the plan's filter is not hexadecimal"))
    }

    /// Copies a program to where it is measured, as an installer would.
    fn install(&self, program: &Path, name: &str) -> io::Result<PathBuf> {
        let folder = self.folder.join(name);
        fs::create_dir(&folder)?;
        let installed = folder.join("tinydocker");
        fs::copy(program, &installed)?;
        Ok(installed)
    }

    /// A mount namespace like the host's, without the cgroup2 tree of a hybrid layout.
    fn hide_unified(&self) -> io::Result<OwnedFd> {
        let unified = self.groups.tracking.parent().expect("a group below the mount point");
        let unified = CString::new(unified.as_os_str().as_bytes())?;
        // SAFETY: valid C strings; this process has one thread, so it may change its namespace,
        // and the host's is entered again whatever happened in between.
        let hidden = unsafe {
            let private = libc::MS_REC | libc::MS_PRIVATE;
            checked(libc::unshare(libc::CLONE_NEWNS)).and_then(|()| {
                checked(libc::mount(ptr::null(), c"/".as_ptr(), ptr::null(), private, ptr::null()))?;
                checked(libc::umount2(unified.as_ptr(), libc::MNT_DETACH))?;
                File::open("/proc/self/ns/mnt")
            })
        };
        self.enter(false)?;
        Ok(hidden?.into())
    }

    /// Puts this process into the namespace of the next contestant, and into our folder there.
    fn enter(&self, without_unified: bool) -> io::Result<()> {
        self.enter_place(without_unified, false)
    }

    /// The same, with many mounts around it if that is asked for.
    fn enter_place(&self, without_unified: bool, crowded: bool) -> io::Result<()> {
        let namespace = match (without_unified, crowded) {
            (false, false) => None,
            (false, true) => self.crowded.as_ref(),
            (true, false) => self.without_unified.as_ref(),
            (true, true) => self.crowded_without_unified.as_ref(),
        };
        let descriptor = namespace.unwrap_or(&self.host).as_raw_fd();
        // SAFETY: a valid descriptor and a single-threaded process.
        checked(unsafe { libc::setns(descriptor, libc::CLONE_NEWNS) })?;
        std::env::set_current_dir(&self.folder)
    }

    /// The floor's argument vector (see `floor.rs`).
    fn floor_line(&self, mode: &'static str) -> impl Fn(Job) -> Vec<OsString> + 'static {
        let groups = [&self.groups.tracking, &self.groups.memory, &self.groups.pids];
        let mut fixed = words([self.folder.join("floor").as_os_str(), mode.as_ref()]);
        fixed.push(self.groups.layout.into());
        fixed.extend(words([self.run.join("floor"), self.rootfs.clone()]));
        fixed.extend(words(groups));
        move |job| [fixed.clone(), words(job.command())].concat()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = self.enter(false);
        let _ = std::env::set_current_dir("/");
        self.groups.remove(&self.name);
        for folder in [&self.folder, &self.run] {
            if folder.exists()
                && let Err(e) = fs::remove_dir_all(folder)
            {
                eprintln!("launch: {} stays: {e}", folder.display());
            }
        }
    }
}

impl Groups {
    /// Finds the hierarchies by this process's own mount table.
    fn find(name: &str) -> Result<Self> {
        let mut v2 = None;
        let mut v1 = BTreeMap::new();
        for mount in cgroup_mounts() {
            match mount.controllers {
                None => v2 = v2.or(Some(mount.point)),
                Some(list) => {
                    for controller in list {
                        v1.entry(controller).or_insert_with(|| mount.point.clone());
                    }
                }
            }
        }
        let layout = match (&v2, v1.contains_key("memory")) {
            (Some(_), true) => "hybrid",
            (Some(_), false) => "v2",
            (None, _) => "v1",
        };
        let of = |controller: &str| {
            let point = if layout == "v2" { v2.as_ref() } else { v1.get(controller) };
            let point = point.ok_or(format!("no cgroup hierarchy for {controller}"))?;
            Ok::<_, String>(point.join(name))
        };
        let tracking = match &v2 {
            Some(point) => point.join(name),
            None => of("freezer")?,
        };
        Ok(Groups { layout, tracking, memory: of("memory")?, pids: of("pids")? })
    }

    /// Makes the parents; on v2 their children get the two controllers.
    fn make(&self) -> io::Result<()> {
        for group in BTreeSet::from([&self.tracking, &self.memory, &self.pids]) {
            fs::create_dir_all(group)?;
        }
        if self.layout == "v2" {
            let root = self.tracking.parent().expect("a group below the mount point");
            for group in [root, &self.tracking] {
                fs::write(group.join("cgroup.subtree_control"), "+memory +pids")?;
            }
        }
        Ok(())
    }

    /// Removes our parents from every hierarchy (crun and runc make them in all), with what is left
    /// in them: only processes of this run can be in there.
    fn remove(&self, name: &str) {
        for mount in cgroup_mounts() {
            let mut groups = below(&mount.point.join(name));
            groups.reverse();
            for group in groups {
                for attempt in 0..100 {
                    let listed = fs::read_to_string(group.join("cgroup.procs")).unwrap_or_default();
                    for pid in listed.lines().filter_map(|line| line.parse().ok()) {
                        kill(pid, libc::SIGKILL);
                    }
                    match fs::remove_dir(&group) {
                        Err(e) if e.raw_os_error() == Some(libc::EBUSY) && attempt < 99 => {
                            std::thread::sleep(Duration::from_millis(10));
                        }
                        Err(e) => {
                            eprintln!("launch: {} stays: {e}", group.display());
                            break;
                        }
                        Ok(()) => break,
                    }
                }
            }
        }
    }
}

/// One mounted cgroup hierarchy.
struct CgroupMount {
    point: PathBuf,
    /// The path inside the hierarchy that is mounted there.
    root: String,
    /// v1 controllers; nothing for cgroup2.
    controllers: Option<Vec<String>>,
}

fn cgroup_mounts() -> Vec<CgroupMount> {
    let table = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let mut mounts = Vec::new();
    for line in table.lines() {
        let Some((left, right)) = line.split_once(" - ") else {
            continue;
        };
        let (left, right): (Vec<&str>, Vec<&str>) = (left.split(' ').collect(), right.split(' ').collect());
        let controllers = match right[0] {
            "cgroup" => Some(right[2].split(',').map(str::to_string).collect()),
            "cgroup2" => None,
            _ => continue,
        };
        mounts.push(CgroupMount { point: left[4].into(), root: left[3].to_string(), controllers });
    }
    mounts
}

/// A folder and all folders below it, parents first; none if it is not there.
fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else {
        return found;
    };
    found.push(folder.to_path_buf());
    for entry in entries.flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.extend(below(&entry.path()));
        }
    }
    found
}

/// What a launch must not leave: its groups, its record, a mount on the host, a namespaced process
/// is not possible (the launcher waits for PID 1, whose end ends the namespace).
fn leftovers() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for mount in cgroup_mounts() {
        let groups = below(&mount.point).into_iter().map(|group| group.display().to_string());
        found.extend(groups.filter(|group| group.ends_with("/c-bench") || group.ends_with("/c-floor")));
    }
    if let Ok(entries) = fs::read_dir("/run/tinydocker/containers") {
        found.extend(entries.flatten().map(|entry| entry.path().display().to_string()));
    }
    let table = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    // Without the ids, which are given anew.
    found.extend(table.lines().filter_map(|line| line.splitn(3, ' ').nth(2)).map(|m| format!("mount {m}")));
    found
}

/// The bundle's `config.json`: ours in OCI's words.
fn oci_config(rootfs: &Path, job: Job, group: Option<String>) -> Value {
    let names: Vec<&str> = CAPABILITIES.iter().map(|(name, _)| *name).collect();
    let mount = |target: &str, kind: &str, options: &str| {
        let options: Vec<&str> = options.split(',').collect();
        json!({"destination": target, "type": kind, "source": kind, "options": options})
    };
    let namespaces = ["pid", "network", "ipc", "uts", "mount", "cgroup"].map(|kind| json!({"type": kind}));
    let mut config = json!({
        "ociVersion": "1.0.2",
        "process": {
            "terminal": false,
            "user": {"uid": 0, "gid": 0},
            "args": job.command(),
            "env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root"],
            "cwd": "/",
            "capabilities": {"bounding": names, "effective": names, "permitted": names},
            "noNewPrivileges": true,
        },
        "root": {"path": rootfs, "readonly": false},
        "hostname": "bench",
        "mounts": [
            mount("/proc", "proc", "nosuid,nodev,noexec"),
            mount("/dev", "tmpfs", "nosuid,noexec,mode=755,size=65536k"),
            mount("/dev/pts", "devpts", "nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5"),
            mount("/dev/shm", "tmpfs", "nosuid,noexec,nodev,mode=1777,size=65536k"),
            mount("/dev/mqueue", "mqueue", "nosuid,noexec,nodev"),
            mount("/sys", "sysfs", "nosuid,noexec,nodev,ro"),
        ],
        "linux": {"namespaces": namespaces, "maskedPaths": MASKED, "readonlyPaths": READ_ONLY},
    });
    if let Some(group) = group {
        config["linux"]["cgroupsPath"] = group.into();
        config["linux"]["resources"] = json!({"memory": {"limit": MEMORY}, "pids": {"limit": PIDS}});
    }
    config
}

// ---- launching ----

fn checked(result: i32) -> io::Result<()> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// The rounds: milliseconds of every launch, by entry: a contestant, and whether many mounts are
/// around it.
fn time(
    bench: &Bench,
    all: &[Contestant],
    entries: &[(usize, bool)],
    rounds: usize,
) -> Result<Vec<Vec<f64>>> {
    const WARM_UP: usize = 5;
    let launches: Result<Vec<Launch>> = all.iter().map(|c| Launch::new((c.line)(Job::True))).collect();
    let launches = launches?;
    let streams = Streams::new(None, false);
    let mut times = vec![Vec::with_capacity(rounds); entries.len()];
    let mut order: Vec<usize> = (0..entries.len()).collect();
    let mut random = SEED;
    for round in 0..rounds + WARM_UP {
        shuffle(&mut order, &mut random);
        for &entry in &order {
            let (i, crowded) = entries[entry];
            let place = bench.enter_place(all[i].without_unified, crowded);
            place.map_err(|e| format!("setns: {e}"))?;
            let start = Instant::now();
            let pid = launches[i].spawn(&streams).map_err(|e| format!("{}: {e}", all[i].name))?;
            let code = wait(pid);
            let took = start.elapsed();
            interruption()?;
            if code != 0 {
                return Err(format!("{} ended with {code} in round {round}", all[i].name));
            }
            if round >= WARM_UP {
                times[entry].push(took.as_secs_f64() * 1e3);
            }
        }
        if io::IsTerminal::is_terminal(&io::stderr()) {
            eprint!("\rround {} of {rounds} ", (round + 1).saturating_sub(WARM_UP));
            let _ = io::stderr().flush();
        }
    }
    if io::IsTerminal::is_terminal(&io::stderr()) {
        eprint!("\r                      \r");
    }
    bench.enter(false).map_err(|e| format!("setns: {e}"))?;
    for list in &mut times {
        list.sort_by(f64::total_cmp);
    }
    Ok(times)
}

// ---- proof ----

/// What a payload found, and what was seen of it from outside.
#[derive(Default)]
struct Facts {
    /// The payload's own words, `key` to values.
    said: BTreeMap<String, Vec<String>>,
    /// Namespaces that differ from the host's, as seen from outside.
    private: Vec<String>,
    memory: Option<u64>,
    pids: Option<u64>,
    /// The payload's pid on the host while it waited.
    payload: Option<libc::pid_t>,
    /// What became of the payload that touched more memory than allowed; nothing if not tried.
    eaten: Option<i32>,
}

/// Runs the probing payload once and looks at it from outside while it waits; then the greedy one.
fn prove(bench: &Bench, contestant: &Contestant) -> Result<Facts> {
    let mut facts = Facts::default();
    if !contestant.contains() {
        return Ok(facts);
    }
    bench.enter(contestant.without_unified).map_err(|e| format!("setns: {e}"))?;
    let mut pipe = [0; 2];
    // SAFETY: two descriptors are written, and owned from there on.
    let (mut reader, writer) = unsafe {
        checked(libc::pipe2(pipe.as_mut_ptr(), libc::O_CLOEXEC)).map_err(|e| e.to_string())?;
        (File::from_raw_fd(pipe[0]), File::from_raw_fd(pipe[1]))
    };
    let streams = Streams::new(Some(writer.as_raw_fd()), true);
    let launch = Launch::new((contestant.line)(Job::Probe))?;
    let launcher = launch.spawn(&streams).map_err(|e| e.to_string())?;
    drop(writer);
    bench.enter(false).map_err(|e| format!("setns: {e}"))?;
    let text = read_until_ready(&mut reader);
    let seen = if text.ends_with("ready\n") { facts.look(launcher) } else { Ok(()) };
    if let Some(payload) = facts.payload {
        kill(payload, libc::SIGTERM); // which is what it waits for
    }
    let ready = text.ends_with("ready\n");
    // One that closed its output without a report is about to end by itself.
    let code = end(launcher, Duration::from_secs(if ready { 10 } else { 1 }));
    interruption()?;
    if !ready {
        return Err(format!("the probing payload did not report; exit code {code}"));
    }
    seen?;
    if code != 0 {
        return Err(format!("the probing payload reported, but the exit code is {code}, not 0"));
    }
    for line in text.lines() {
        let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (key, value) = match kind {
            "status" => rest.split_once(':').unwrap_or((rest, "")),
            "ns" | "try" | "read" => line.rsplit_once(' ').unwrap_or((line, "")),
            _ => (kind, rest),
        };
        facts.said.entry(key.to_string()).or_default().push(value.trim().to_string());
    }
    // With swap a memory limit alone does not kill: nothing to learn then.
    let swaps = fs::read_to_string("/proc/swaps").unwrap_or_default();
    if swaps.lines().count() <= 1 && facts.memory.is_some() {
        bench.enter(contestant.without_unified).map_err(|e| format!("setns: {e}"))?;
        let launch = Launch::new((contestant.line)(Job::Eat))?;
        let launcher = launch.spawn(&Streams::new(None, false)).map_err(|e| e.to_string())?;
        let start = Instant::now();
        facts.eaten = Some(end(launcher, Duration::from_secs(10)));
        bench.enter(false).map_err(|e| format!("setns: {e}"))?;
        interruption()?;
        if start.elapsed() > Duration::from_secs(10) {
            return Err("the payload that touches 320 MiB did not end in ten seconds".into());
        }
    }
    Ok(facts)
}

/// Reads a payload's report, for ten seconds at most.
fn read_until_ready(reader: &mut File) -> String {
    let (mut text, mut buffer) = (Vec::new(), [0; 4096]);
    let deadline = Instant::now() + Duration::from_secs(10);
    while !text.ends_with(b"ready\n") && !INTERRUPTED.load(Ordering::Relaxed) {
        let left = deadline.saturating_duration_since(Instant::now());
        let mut poll = libc::pollfd { fd: reader.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: one valid entry.
        if left.is_zero() || unsafe { libc::poll(&mut poll, 1, left.as_millis() as i32) } <= 0 {
            break;
        }
        match reader.read(&mut buffer) {
            Ok(len) if len > 0 => text.extend_from_slice(&buffer[..len]),
            _ => break,
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// Waits for a launcher's end and reaps it. When its time is up, its payload is killed and it is
/// asked to end; two seconds later it is killed itself.
fn end(launcher: libc::pid_t, time: Duration) -> i32 {
    let asked = Instant::now() + time;
    let killed = asked + Duration::from_secs(2);
    loop {
        // SAFETY: an owned, zeroed structure; WNOWAIT leaves the reaping to `wait`.
        let ended = unsafe {
            let mut info: libc::siginfo_t = std::mem::zeroed();
            let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
            libc::waitid(libc::P_PID, launcher as u32, &mut info, flags);
            info.si_pid() == launcher
        };
        if ended {
            return wait(launcher);
        }
        let now = Instant::now();
        let mut pause = 1;
        if now > asked || INTERRUPTED.load(Ordering::Relaxed) {
            // Not every launcher takes its container along.
            if let Some(payload) = payload_of(launcher) {
                kill(payload, libc::SIGKILL);
            }
            kill(launcher, if now > killed { libc::SIGKILL } else { libc::SIGTERM });
            pause = 50;
        }
        std::thread::sleep(Duration::from_millis(pause));
    }
}

/// Signals a process of this run: a launcher not reaped yet, or what it started.
fn kill(pid: libc::pid_t, signal: i32) {
    // SAFETY: no memory is involved.
    unsafe { libc::kill(pid, signal) };
}

impl Facts {
    /// The view from outside: the payload's namespaces beside ours, and the limits of its groups.
    fn look(&mut self, launcher: libc::pid_t) -> Result<()> {
        self.payload = payload_of(launcher);
        let payload = self.payload.ok_or("its payload is not among the launcher's descendants")?;
        for name in NAMESPACES.into_iter().chain(["user"]) {
            let link = |who: &str| fs::read_link(format!("/proc/{who}/ns/{name}")).ok();
            if link(&payload.to_string()) != link("self") {
                self.private.push(name.to_string());
            }
        }
        let list = fs::read_to_string(format!("/proc/{payload}/cgroup")).unwrap_or_default();
        for line in list.lines() {
            let mut parts = line.splitn(3, ':').skip(1);
            let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else {
                continue;
            };
            let (memory, pids) = match controllers {
                "" => ("memory.max", "pids.max"),
                _ => ("memory.limit_in_bytes", "pids.max"),
            };
            self.memory = self.memory.or_else(|| limit(controllers, path, "memory", memory, MEMORY));
            self.pids = self.pids.or_else(|| limit(controllers, path, "pids", pids, PIDS));
        }
        Ok(())
    }

    fn one(&self, key: &str) -> &str {
        self.said.get(key).and_then(|values| values.first()).map_or("", String::as_str)
    }

    fn capabilities(&self, key: &str) -> Option<u64> {
        u64::from_str_radix(self.one(key), 16).ok()
    }

    fn mounts(&self) -> &[String] {
        self.said.get("mount").map_or(&[], Vec::as_slice)
    }

    /// The root's file system: the last mount on `/` is the one in sight.
    fn root(&self) -> &str {
        let on_root = |line: &&String| line.split(' ').nth(4) == Some("/");
        let line = self.mounts().iter().rev().find(on_root);
        line.and_then(|line| line.split_once(" - ")?.1.split(' ').next()).unwrap_or("?")
    }

    /// Whether the payload had a seccomp filter.
    fn filtered(&self) -> bool {
        self.one("Seccomp") == "2"
    }

    /// Everything that the profile promises and that did not hold.
    fn broken(&self) -> Vec<String> {
        let mut broken = Vec::new();
        let mut expect = |holds: bool, what: String| {
            if !holds {
                broken.push(what);
            }
        };
        expect(self.one("pid") == "1", format!("the command is pid {}, not 1", self.one("pid")));
        for name in NAMESPACES {
            expect(self.private.iter().any(|p| p == name), format!("{name} namespace is the host's"));
        }
        let wanted = CAPABILITIES.iter().fold(0, |mask, (_, bit)| mask | 1u64 << bit);
        for (key, mask) in
            [("CapEff", wanted), ("CapPrm", wanted), ("CapBnd", wanted), ("CapInh", 0), ("CapAmb", 0)]
        {
            let text = format!("{key} is {}, not {mask:016x}", self.one(key));
            expect(self.capabilities(key) == Some(mask), text);
        }
        expect(self.one("NoNewPrivs") == "1", format!("NoNewPrivs is {:?}", self.one("NoNewPrivs")));
        expect(self.memory == Some(MEMORY), format!("memory limit is {:?}, not {MEMORY}", self.memory));
        expect(self.pids == Some(PIDS), format!("pids limit is {:?}, not {PIDS}", self.pids));
        let forks = self.one("forks");
        let below = forks.parse().is_ok_and(|n: u64| n > 0 && n < PIDS);
        expect(below, format!("{forks} forks worked under a limit of {PIDS} processes"));
        if let Some(code) = self.eaten {
            expect(code == 137, format!("touching 320 MiB ended with {code}, not 137 (killed)"));
        }
        // Errnos as the kernel gives them: EPERM, and EROFS for the read-only /proc/sys.
        for (key, errno) in [("try unshare", "-1"), ("try hostname", "-1"), ("try sysctl", "-30")] {
            expect(self.one(key) == errno, format!("`{key}` gave {}, not {errno}", self.one(key)));
        }
        expect(self.one("try write-root") == "0", "the overlay root is not writable".into());
        expect(self.root() == "overlay", format!("the root is {}, not an overlay", self.root()));
        // Empty, or refused by whatever lies on it.
        let keys = self.one("read keys");
        expect(keys == "0" || keys.starts_with('-'), "/proc/keys is not masked".into());
        let up = self.one("lo").parse().is_ok_and(|flags: i32| flags >= 0 && flags & 1 == 1);
        expect(up, format!("lo is not up: {}", self.one("lo")));
        broken
    }
}

/// The tightest limit of `controller` from a group upwards that is not above ten times what was
/// asked (a host's own limit may stand further up). Nothing where the hierarchy lacks it.
fn limit(controllers: &str, path: &str, controller: &str, file: &str, asked: u64) -> Option<u64> {
    let of = |mount: &CgroupMount| match &mount.controllers {
        None => controllers.is_empty(),
        Some(list) => list.iter().any(|c| c == controller) && controllers.split(',').any(|c| c == controller),
    };
    let mount = cgroup_mounts().into_iter().find(of)?;
    // `root` is what of the hierarchy is mounted here: "/" on a host.
    let inside = path.strip_prefix(mount.root.trim_end_matches('/')).unwrap_or(path);
    let group = mount.point.join(inside.trim_start_matches('/'));
    let levels = group.ancestors().take_while(|level| *level != mount.point);
    let values = levels.filter_map(|level| fs::read_to_string(level.join(file)).ok()?.trim().parse().ok());
    values.min().filter(|&value: &u64| value <= asked.saturating_mul(10))
}

/// The payload's pid on the host: the launcher's descendant that is PID 1 of a namespace and runs it.
fn payload_of(launcher: libc::pid_t) -> Option<libc::pid_t> {
    let mut parents = BTreeMap::new();
    let mut candidates = Vec::new();
    for entry in fs::read_dir("/proc").ok()?.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else {
            continue;
        };
        let status = fs::read_to_string(entry.path().join("status")).unwrap_or_default();
        let field = |key: &str| status.lines().find_map(|line| line.strip_prefix(key));
        if let Some(parent) = field("PPid:").and_then(|text| text.trim().parse::<i32>().ok()) {
            parents.insert(pid, parent);
        }
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        if line.starts_with(b"/true\0") {
            candidates.push(pid);
        }
    }
    candidates.into_iter().find(|&pid| {
        let mut at = pid;
        while let Some(&parent) = parents.get(&at) {
            if parent == launcher {
                return true;
            }
            at = parent;
        }
        false
    })
}

// ---- report ----

fn report(bench: &Bench, all: &[Contestant], facts: &[Option<Facts>], times: &[Vec<f64>], rounds: usize) {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default().trim().to_string();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("Launch of a static `true`, spawn to exit; {rounds} rounds, interleaved, shuffled");
    println!("kernel {}, {cores} cores, cgroup {}", read("/proc/sys/kernel/osrelease"), bench.groups.layout);
    println!();
    let p10 = |i: usize| times[i].get(times[i].len() / 10).copied();
    println!("                          p10   median  release   plain   budget of");
    println!("                           ms       ms     / it    / it   release / it, p10");
    for (i, contestant) in all.iter().enumerate() {
        let Some(fast) = p10(i) else { continue };
        let median = times[i][times[i].len() / 2];
        let ratio = |ours: usize| p10(ours).map_or(f64::NAN, |time| time / fast);
        let budget = contestant.budget.map_or(String::new(), |budget| {
            let aim = if contestant.floor() { "aim " } else { "" };
            let met = if ratio(0) <= budget { "met" } else { "missed" };
            format!("{aim}{budget:.2} {met}")
        });
        let row = format!(
            "{:<22}{fast:>7.2} {median:>8.2} {:>8.2} {:>7.2}   {budget}",
            contestant.name,
            ratio(0),
            ratio(1)
        );
        println!("{}", row.trim_end());
    }

    println!();
    println!("In force in the payload      name-   capa-   no new  memory  pids          mounts");
    println!("                             spaces  bilit.  privs.  limit   limit  root   filter");
    for (contestant, facts) in all.iter().zip(facts) {
        let Some(facts) = facts.as_ref().filter(|_| contestant.contains()) else {
            continue;
        };
        let user = if facts.private.iter().any(|name| name == "user") { "+u" } else { "" };
        let spaces = facts.private.len() - user.len() / 2;
        let capabilities = facts.capabilities("CapEff").map_or(0, u64::count_ones);
        let no_new = if facts.one("NoNewPrivs") == "1" { "yes" } else { "no" };
        let memory = facts.memory.map_or("-".into(), |bytes| format!("{}m", bytes >> 20));
        let pids = facts.pids.map_or("-".into(), |pids| pids.to_string());
        let filter = if facts.filtered() { "yes" } else { "no" };
        println!(
            "{:<29}{:<8}{capabilities:<8}{no_new:<8}{memory:<8}{pids:<6}{:<8}{:>2} {filter}",
            contestant.name,
            format!("{spaces}{user}"),
            facts.root(),
            facts.mounts().len(),
        );
    }
}

/// What is to be known of the comparison.
fn remarks(all: &[Contestant], facts: &[Option<Facts>], notes: &[String]) {
    println!();
    let filtered = |i: usize| facts[i].as_ref().is_some_and(Facts::filtered);
    if filtered(0) {
        wrapped(
            "ours installs a seccomp filter and the peers do not: unequal, against us; `floor with \
             filter` installs the very same program",
        );
    } else {
        wrapped("no seccomp filter anywhere: ours installs none yet, so the peers get none");
    }
    let ours: Vec<&str> = (0..all.len())
        .filter(|&i| facts[i].is_some() && (all[i].ours || all[i].floor()))
        .map(|i| all[i].name)
        .collect();
    let eaten = facts[0].as_ref().is_some_and(|facts| facts.eaten.is_some());
    wrapped(&format!(
        "proven before timing for {}: pid 1, six namespaces other than the host's, the eleven \
         capabilities and no others, no_new_privileges, memory and pids limits read from the groups \
         and hit (forks refused, 320 MiB {}), overlay root, masks, read-only /proc/sys, lo up, \
         nothing left behind",
        ours.join("; "),
        if eaten { "killed" } else { "not tried: there is swap" },
    ));
    wrapped(
        "floor: no libc, no TOML, no allocation, init's calls right in the cloned child (the aim is \
         against the one with ours' filter); re-exec: init is entered by execveat of its own binary, \
         where ours is a program of its own, without the filter",
    );
    for note in notes {
        wrapped(note);
    }
}

// ---- system calls ----

/// One process in a trace.
#[derive(Default)]
struct Traced {
    program: String,
    start: f64,
    end: f64,
    /// Count and seconds, by name.
    calls: BTreeMap<String, (usize, f64)>,
}

/// Prints our system calls by process, and the floor's totals beside them.
fn syscalls(bench: &Bench, release: &Path) -> Result<()> {
    if find("strace").is_none() {
        let mut install = Command::new("apt-get");
        // Where it fails, starting strace says what is missing.
        let _ = install.args(["install", "-y", "-qq", "strace"]).stdout(Stdio::null()).status();
    }
    let line = words([release.as_os_str(), "up".as_ref(), "bench.toml".as_ref()]);
    let processes = trace(bench, line)?;
    let floor = trace(bench, bench.floor_line("filter")(Job::True))?;
    let sum = |all: &[Traced]| all.iter().flat_map(|p| p.calls.values()).map(|c| c.0).sum::<usize>();
    println!(
        "System calls of one `tinydocker up`: {}; of the floor with filter: {}",
        sum(&processes),
        sum(&floor)
    );
    wrapped(
        "times are strace's: each call carries some tens of µs of tracing, so compare them with each \
         other, not with the launch table; `between` is the process's own time plus the tracing",
    );
    for (i, process) in processes.iter().enumerate() {
        let count: usize = process.calls.values().map(|c| c.0).sum();
        let inside: f64 = process.calls.values().map(|c| c.1).sum();
        let life = process.end - process.start;
        let role = if i == 0 { "launcher" } else { "child" };
        println!("\nprocess {} ({role}, last executed {}): {count} calls", i + 1, process.program);
        let us = |seconds: f64| (seconds * 1e6).round();
        println!("  life {} µs, in calls {} µs, between {} µs", us(life), us(inside), us(life - inside));
        let mut calls: Vec<_> = process.calls.iter().collect();
        calls.sort_by(|a, b| b.1.1.total_cmp(&a.1.1));
        println!("  {:<24}{:>6}{:>12}", "system call", "count", "total µs");
        for (name, (count, seconds)) in calls {
            println!("  {name:<24}{count:>6}{:>12}", us(*seconds));
        }
    }
    Ok(())
}

/// Runs a launch under strace, once for nothing and once for the answer; first process first.
fn trace(bench: &Bench, line: Vec<OsString>) -> Result<Vec<Traced>> {
    let file = bench.folder.join("trace");
    let mut text = String::new();
    for _ in 0..2 {
        let mut command = Command::new("strace");
        command.args(["-f", "-ttt", "-T", "-o"]).arg(&file).arg("--").args(&line);
        command.current_dir(&bench.folder).stdin(Stdio::null()).stdout(Stdio::null());
        let status = command.status().map_err(|e| format!("strace: {e}"))?;
        interruption()?;
        if !status.success() {
            return Err(format!("{} under strace: {status}", show(&line[0])));
        }
        text = fs::read_to_string(&file).map_err(|e| format!("strace's output: {e}"))?;
    }
    let mut found: Vec<(String, Traced)> = Vec::new();
    for line in text.lines() {
        let mut parts = line.split_whitespace();
        let (Some(pid), Some(at)) = (parts.next(), parts.next().and_then(|t| t.parse::<f64>().ok())) else {
            continue;
        };
        let index = found.iter().position(|(known, _)| known == pid).unwrap_or_else(|| {
            found.push((pid.to_string(), Traced { start: at, ..Traced::default() }));
            found.len() - 1
        });
        let process = &mut found[index].1;
        let Some(what) = parts.next() else { continue };
        // `name(args) = 0 <0.1>`, `name(args <unfinished ...>` and `<... name resumed>) = 0 <0.1>`;
        // `+++ exited` and `--- SIGCHLD` are no calls.
        let resumed = what == "<...";
        let name = if resumed { parts.next().unwrap_or("") } else { what.split('(').next().unwrap_or("") };
        let took = line.rsplit_once('<').and_then(|(_, t)| t.strip_suffix('>')?.parse::<f64>().ok());
        process.end = process.end.max(at + if resumed { 0.0 } else { took.unwrap_or(0.0) });
        if name.is_empty() || !name.starts_with(|c: char| c.is_ascii_lowercase()) {
            continue;
        }
        let entry = process.calls.entry(name.to_string()).or_default();
        entry.0 += usize::from(!resumed);
        entry.1 += took.unwrap_or(0.0);
        if name.starts_with("execve") && !resumed {
            let program = what.split('"').nth(1).filter(|program| !program.is_empty());
            process.program = program.unwrap_or("itself, by descriptor").to_string();
        }
    }
    Ok(found.into_iter().map(|(_, process)| process).collect())
}
