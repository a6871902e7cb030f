//! The harness of the tests that launch containers.
//!
//! A [`Sandbox`] is one test's own corner: a temporary folder, a state folder, a
//! container name that nobody else has. When it goes it ends what is left, and fails
//! the test if a container left anything behind: a cgroup, a record, a process, a
//! mount in the host's mount namespace.
#![allow(dead_code)] // each test file uses its part

use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

pub mod cgroups;
pub mod terminal;
pub mod tracing;

/// How long anything may take before a test gives up. Nothing waits this long unless
/// it is broken. `TINYDOCKER_TESTS_PATIENCE` multiplies it where everything is slow.
pub static PATIENCE: LazyLock<Duration> = LazyLock::new(|| {
    let factor = std::env::var("TINYDOCKER_TESTS_PATIENCE").ok();
    let factor = factor.map_or(1, |factor| factor.parse().expect("TINYDOCKER_TESTS_PATIENCE is a number"));
    Duration::from_secs(20 * factor)
});

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_tinydocker");

/// What a test needs of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Root, with the capability to make namespaces.
    Root,
    /// This controller by its name in v2, wherever it is mounted ([`cgroups`]).
    Controller(&'static str),
    /// A cgroup2 tree, with controllers or without.
    Unified,
    /// This program on the host, by name.
    Host(&'static str),
}

impl Need {
    fn missing(self) -> Option<String> {
        match self {
            Self::Root => {
                const SYS_ADMIN: u64 = 1 << 21;
                let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
                let field =
                    |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
                let effective = field("CapEff:").and_then(|bits| u64::from_str_radix(bits, 16).ok());
                let may = nix::unistd::geteuid().is_root() && effective.unwrap_or(0) & SYS_ADMIN != 0;
                (!may).then(|| "it launches containers, which takes root with CAP_SYS_ADMIN".to_owned())
            }
            Self::Controller(name) => cgroups::controller(name)
                .is_none()
                .then(|| format!("no cgroups here have the {name} controller")),
            Self::Unified => {
                cgroups::unified().is_none().then(|| "no cgroup2 tree is mounted here".to_owned())
            }
            Self::Host(name) => host_program(name).is_none().then(|| format!("this host has no {name}")),
        }
    }
}

/// Whether the machine has all of this. If not, the test says so and ends; with
/// `TINYDOCKER_TESTS_MUST_RUN=1` it fails.
pub fn have(needs: &[Need]) -> bool {
    let missing: Vec<String> = needs.iter().filter_map(|need| need.missing()).collect();
    if missing.is_empty() {
        return true;
    }
    skip(&missing.join("; "));
    false
}

/// Says why this test does not run.
///
/// # Panics
/// With `TINYDOCKER_TESTS_MUST_RUN=1`.
pub fn skip(reasons: &str) {
    assert!(
        std::env::var_os("TINYDOCKER_TESTS_MUST_RUN").is_none_or(|value| value != "1"),
        "TINYDOCKER_TESTS_MUST_RUN=1, and this test can't run: {reasons}"
    );
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    // Past the test harness's capture: a skip that nobody sees is a hole.
    let _ = writeln!(std::io::stderr(), "skipped {test}: {reasons}");
}

/// Where a program of the host is, if anywhere in PATH.
pub fn host_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// The host's mounts, as this process sees them.
pub fn mountinfo() -> String {
    fs::read_to_string("/proc/self/mountinfo").expect("mountinfo is readable")
}

/// The payload. `cargo test` builds it; with `--test NAME` it must be asked for.
pub fn probe() -> PathBuf {
    let this = std::env::current_exe().expect("the test's own path");
    let probe = this.parent().and_then(Path::parent).expect("target/…/deps").join("examples/probe");
    assert!(probe.is_file(), "{} is missing: cargo build --example probe", probe.display());
    probe
}

/// Waits until something is there.
///
/// # Panics
/// If it does not come.
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < *PATIENCE, "{what}: not within {:?}", *PATIENCE);
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// One test's own corner of the machine.
pub struct Sandbox {
    folder: tempfile::TempDir,
    /// The container's name.
    pub name: String,
    mounts: String,
}

impl Sandbox {
    /// A corner with a root file system that holds the probe and nothing else; none if
    /// the machine lacks something. Root is always needed.
    pub fn new(needs: &[Need]) -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        if !have(&[&[Need::Root], needs].concat()) {
            return None;
        }
        let folder =
            tempfile::Builder::new().prefix("tinydocker-test.").tempdir().expect("a temporary folder");
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let sandbox =
            Self { folder, name: format!("test-{}-{count}", std::process::id()), mounts: mountinfo() };
        fs::create_dir(sandbox.rootfs()).expect("a folder for the rootfs");
        fs::copy(probe(), sandbox.rootfs().join("probe")).expect("a copy of the probe");
        Some(sandbox)
    }

    /// A path in the temporary folder.
    pub fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    /// The folder that becomes the container's root.
    pub fn rootfs(&self) -> PathBuf {
        self.path("rootfs")
    }

    /// The state folder.
    pub fn root(&self) -> PathBuf {
        self.path("state")
    }

    /// The container's record.
    pub fn record(&self, name: &str) -> PathBuf {
        self.root().join("containers").join(format!("{name}.json"))
    }

    /// Writes a file below the temporary folder, with the folders above it.
    pub fn write(&self, below: &str, text: &str) -> PathBuf {
        let path = self.path(below);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("folders can be made");
        fs::write(&path, text).expect("a file can be written");
        path
    }

    /// A profile: name, command and rootfs on the lines 1, 2 and 3, the rest from line 4.
    pub fn profile(&self, command: &[&str], rest: &str) -> PathBuf {
        let words: Vec<String> = command.iter().map(|word| format!("{word:?}")).collect();
        let name = &self.name;
        let has = |key: &str| rest.lines().any(|line| line.starts_with(key));
        let rootfs = if has("rootfs") || has("namespaces.mount") {
            "# rootfs: below, or none"
        } else {
            "rootfs = \"./rootfs\""
        };
        self.write(
            "profile.toml",
            &format!("name = \"{name}\"\ncommand = [{}]\n{rootfs}\n{rest}\n", words.join(", ")),
        )
    }

    /// The program with these arguments, this corner's state folder and no input.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        self.prepare(&mut command);
        command.args(arguments);
        command
    }

    /// `probe under … --` the program: called by an odd caller.
    pub fn command_under(&self, words: &[&str], arguments: &[&str]) -> Command {
        let mut command = Command::new(probe());
        self.prepare(&mut command);
        command.arg("under").args(words).arg("--").arg(PROGRAM).args(arguments);
        command
    }

    pub fn prepare(&self, command: &mut Command) {
        command
            .current_dir(self.folder.path())
            .env("TINYDOCKER_ROOT", self.root())
            .env("NO_COLOR", "1")
            .env_remove("TINYDOCKER_FAULT")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
    }

    /// `up` of a profile made of this command and these lines, to its end.
    pub fn up(&self, command: &[&str], rest: &str) -> Ended {
        let profile = self.profile(command, rest);
        self.run(&["up", &profile.display().to_string()])
    }

    /// The program with these arguments, to its end.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        Running::start(self.command(arguments)).end()
    }

    /// `up` of a profile made of this command and these lines, under way.
    pub fn start(&self, command: &[&str], rest: &str) -> Running {
        let profile = self.profile(command, rest);
        Running::start(self.command(&["up", &profile.display().to_string()]))
    }

    /// The container's groups that exist, in any hierarchy; those below others first.
    pub fn groups(&self) -> Vec<PathBuf> {
        fn below(path: PathBuf, into: &mut Vec<fs::DirEntry>) {
            for entry in fs::read_dir(path).into_iter().flatten().filter_map(Result::ok) {
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    below(entry.path(), into);
                    into.push(entry);
                }
            }
        }
        let mut all = Vec::new();
        cgroups::hierarchies().into_iter().for_each(|path| below(path, &mut all));
        let prefix = format!("tinydocker-{}", self.name);
        let ours = |entry: &fs::DirEntry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            name == prefix || name.starts_with(&format!("{prefix}-"))
        };
        all.into_iter().filter(ours).map(|entry| entry.path()).collect()
    }

    /// The records that exist.
    pub fn records(&self) -> Vec<String> {
        let entries = fs::read_dir(self.root().join("containers")).into_iter().flatten();
        let name = |entry: fs::DirEntry| {
            let file = entry.file_name().to_string_lossy().into_owned();
            file.strip_suffix(".json").map(str::to_owned).unwrap_or(file)
        };
        entries.filter_map(Result::ok).map(name).collect()
    }

    /// Launchers of this corner that are still alive: their command line names it.
    pub fn launchers(&self) -> Vec<i32> {
        let mark = self.folder.path().display().to_string();
        let number = |entry: fs::DirEntry| entry.file_name().to_str()?.parse::<i32>().ok();
        let processes = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok).filter_map(number);
        let marked = |pid: &i32| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            String::from_utf8_lossy(&environment)
                .split('\0')
                .any(|line| line.strip_prefix("TINYDOCKER_ROOT=").is_some_and(|root| root.starts_with(&mark)))
        };
        processes.filter(marked).collect()
    }

    /// All that a container of this corner has left; empty if all is well.
    pub fn left(&self) -> Vec<String> {
        let mut left: Vec<String> = Vec::new();
        left.extend(self.groups().iter().map(|group| format!("the cgroup {}", group.display())));
        left.extend(self.records().iter().map(|record| format!("the record {record}")));
        left.extend(self.launchers().iter().map(|pid| format!("the process {pid}")));
        let mounts = mountinfo();
        if mounts != self.mounts {
            let new = mounts.lines().filter(|line| !self.mounts.lines().any(|old| old == *line));
            let gone = self.mounts.lines().filter(|line| !mounts.lines().any(|now| now == *line));
            left.extend(new.map(|line| format!("a mount on the host: {line}")));
            left.extend(gone.map(|line| format!("a mount of the host that has gone: {line}")));
        }
        left
    }

    fn clean(&self) {
        for group in self.groups() {
            let processes = fs::read_to_string(group.join("cgroup.procs")).unwrap_or_default();
            for pid in processes.lines().filter_map(|pid| pid.parse().ok()).filter(|pid| *pid > 1) {
                let _ = kill(pid, nix::sys::signal::Signal::SIGKILL);
            }
            let start = Instant::now();
            while fs::remove_dir(&group).is_err() && group.exists() && start.elapsed() < *PATIENCE {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let left = self.left();
        self.clean();
        if !std::thread::panicking() {
            assert!(left.is_empty(), "{} left behind: {left:#?}", self.name);
        }
    }
}

/// Sends a signal to a process.
pub fn kill(pid: i32, signal: nix::sys::signal::Signal) -> nix::Result<()> {
    assert!(pid > 1, "only single processes are sent signals");
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), signal)
}

/// Whether a process lives: it is there, and not waiting to be reaped by its parent.
pub fn is_alive(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

/// A launcher under way, ended when it goes out of sight.
pub struct Running {
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
    errors: Receiver<Vec<u8>>,
}

impl Running {
    /// Starts a command whose output and errors are pipes.
    pub fn start(mut command: Command) -> Self {
        let mut child = command.spawn().expect("the program can be started");
        let (sender, lines) = channel();
        if let Some(stdout) = child.stdout.take() {
            std::thread::spawn(move || {
                let mut reader = BufReader::new(stdout);
                let mut line = Vec::new();
                while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                    let text = String::from_utf8_lossy(&line).into_owned();
                    if sender.send(text).is_err() {
                        return;
                    }
                    line.clear();
                }
            });
        }
        let (sender, errors) = channel();
        if let Some(mut stderr) = child.stderr.take() {
            std::thread::spawn(move || {
                let mut buffer = [0; 4096];
                while let Ok(read) = stderr.read(&mut buffer) {
                    if read == 0 || sender.send(buffer[..read].to_vec()).is_err() {
                        return;
                    }
                }
            });
        }
        Self { child, lines, seen: Vec::new(), errors }
    }

    /// The launcher's process id.
    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).expect("process ids are small")
    }

    /// PID 1 of the container, by the number that the host knows it by.
    pub fn payload(&self) -> i32 {
        let pid = self.pid();
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        let mut children = children.split_whitespace();
        let payload = children.next().unwrap_or_else(|| panic!("the launcher {pid} has no child"));
        payload.parse().expect("a process id")
    }

    /// A file of the payload's in /proc.
    pub fn payload_file(&self, name: &str) -> String {
        let path = format!("/proc/{}/{name}", self.payload());
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The next line of output.
    ///
    /// # Panics
    /// If none comes.
    pub fn line(&mut self) -> String {
        match self.lines.recv_timeout(*PATIENCE) {
            Ok(line) => {
                self.seen.push(line.clone());
                line.trim_end_matches('\n').to_owned()
            }
            Err(RecvTimeoutError::Timeout) => panic!("no line within {:?} after {:?}", *PATIENCE, self.seen),
            Err(RecvTimeoutError::Disconnected) => {
                let _ = self.child.kill();
                let errors: Vec<u8> = self.errors.try_iter().flatten().collect();
                panic!("output ended after {:?}; errors: {}", self.seen, String::from_utf8_lossy(&errors))
            }
        }
    }

    /// The next line of output; nothing if it has ended.
    ///
    /// # Panics
    /// If neither comes.
    pub fn next_line(&mut self) -> Option<String> {
        match self.lines.recv_timeout(*PATIENCE) {
            Ok(line) => {
                self.seen.push(line.clone());
                Some(line.trim_end_matches('\n').to_owned())
            }
            Err(RecvTimeoutError::Timeout) => panic!("no line within {:?}", *PATIENCE),
            Err(RecvTimeoutError::Disconnected) => None,
        }
    }

    /// Reads until this very line comes.
    pub fn until(&mut self, wanted: &str) -> &mut Self {
        while self.line() != wanted {}
        self
    }

    /// Sends the launcher a signal.
    pub fn signal(&self, signal: nix::sys::signal::Signal) {
        kill(self.pid(), signal).expect("the launcher is alive");
    }

    /// What the launcher reads from, if it is a pipe.
    pub fn stdin(&mut self) -> Option<ChildStdin> {
        self.child.stdin.take()
    }

    /// Waits for the end.
    pub fn end(mut self) -> Ended {
        let status = self.wait();
        let mut errors = Vec::new();
        if status.signal().is_some() {
            // What a killed launcher has left may hold its output open.
            self.seen.extend(self.lines.try_iter());
            errors.extend(self.errors.try_iter().flatten());
        } else {
            // To the end: all that has these open is gone, or the test has found a leak.
            let ended = |error| assert_eq!(error, RecvTimeoutError::Disconnected, "output is held open");
            loop {
                match self.lines.recv_timeout(*PATIENCE) {
                    Ok(line) => self.seen.push(line),
                    Err(error) => break ended(error),
                }
            }
            loop {
                match self.errors.recv_timeout(*PATIENCE) {
                    Ok(part) => errors.extend(part),
                    Err(error) => break ended(error),
                }
            }
        }
        Ended { status, stdout: self.seen.concat(), stderr: String::from_utf8_lossy(&errors).into_owned() }
    }

    fn wait(&mut self) -> ExitStatus {
        let child = &mut self.child;
        eventually("the launcher's end", || child.try_wait().expect("a child can be waited for"))
    }
}

impl Drop for Running {
    /// Politely, so that the launcher clears up and the test sees whether it did.
    fn drop(&mut self) {
        let start = Instant::now();
        if !std::thread::panicking() && self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            self.signal(nix::sys::signal::Signal::SIGTERM);
            while self.child.try_wait().is_ok_and(|ended| ended.is_none()) && start.elapsed() < *PATIENCE {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a command printed and how it ended.
#[derive(Debug, Clone)]
pub struct Ended {
    /// As wait(2) says it.
    pub status: ExitStatus,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ended {
    /// The exit code.
    ///
    /// # Panics
    /// If a signal ended it.
    pub fn code(&self) -> i32 {
        self.status.code().unwrap_or_else(|| panic!("ended by a signal: {self:?}"))
    }

    /// Requires this exit code.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.status.code(),
            Some(code),
            "\n--- output\n{}--- errors\n{}---",
            self.stdout,
            self.stderr
        );
        self
    }

    /// The output's lines.
    pub fn lines(&self) -> Vec<&str> {
        self.stdout.lines().collect()
    }

    /// The output as JSON, one value a line.
    #[track_caller]
    pub fn values(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {self:?}"));
        self.stdout.lines().map(parse).collect()
    }

    /// The first line as JSON.
    #[track_caller]
    pub fn value(&self) -> Value {
        let mut values = self.values();
        assert!(!values.is_empty(), "no output: {self:?}");
        values.remove(0)
    }

    /// The first diagnostic of `--error-format json`.
    #[track_caller]
    pub fn diagnostic(&self) -> Value {
        let report: Value =
            serde_json::from_str(&self.stderr).unwrap_or_else(|_| panic!("no report: {self:?}"));
        let found = report["diagnostics"].as_array().unwrap_or_else(|| panic!("no diagnostics: {report}"));
        assert_eq!(found.len(), 1, "more than the one problem: {report:#}");
        found[0].clone()
    }
}
