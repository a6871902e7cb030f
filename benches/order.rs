//! Not a benchmark: it records which functions a launch and a check call, in the order of their
//! first call, and writes them down for the linker (`.cargo/launch-order.ld`).
//!
//! ```text
//! cargo bench --bench order                # records and writes (root; a few minutes)
//! cargo bench --bench order -- --compare   # only says how many of the names are still there
//! ```
//! A program of several megabytes of which a launch needs one is otherwise mapped almost whole,
//! sixteen pages at a time. Code that is called one after the other lies side by side by this list;
//! a name that is not there any more, or a function that is not in it, costs a few microseconds
//! and nothing else. What compilers put into names for themselves is left open, so that the list
//! stays good for other versions of them.
//!
//! It works as a debugger does: a breakpoint on every function of a release build that has its
//! symbols, each taken away when it is hit, through every clone and exec.

// ptrace(2) has no safe wrapper in std.
#![allow(unsafe_code)]

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::{CString, OsString};
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// What went wrong, in words.
type Result<T> = std::result::Result<T, String>;

/// Where the list lies in the package.
const LIST: &str = ".cargo/launch-order.ld";

fn main() -> ExitCode {
    // `cargo test --all-targets` starts benchmarks too, without this argument.
    if !std::env::args().any(|argument| argument == "--bench") {
        println!("order: run by `cargo bench --bench order`; nothing done");
        return ExitCode::SUCCESS;
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("order: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let compare = std::env::args().any(|argument| argument == "--compare");
    let program = program()?;
    let bytes = fs::read(&program).map_err(|e| format!("{}: {e}", program.display()))?;
    let functions = functions(&bytes).ok_or("the program is no ELF file with symbols")?;
    let list = manifest_folder()?.join(LIST);
    if compare {
        let text = fs::read_to_string(&list).map_err(|e| format!("{}: {e}", list.display()))?;
        let names: HashSet<String> = functions.values().map(|name| open(name)).collect();
        let listed: Vec<&str> = text.lines().filter_map(pattern).collect();
        let there = listed.iter().filter(|name| names.contains(**name)).count();
        println!("{there} of {} names in {LIST} are in the program", listed.len());
        return Ok(());
    }
    let folder = std::env::temp_dir().join(format!("tinydocker-order-{}", std::process::id()));
    let recorded = record(&folder, &program, &functions);
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|e| format!("{} stays: {e}", folder.display()))?;
    }
    let names = recorded?;
    let mut text = String::from(HEAD);
    let mut seen = HashSet::new();
    for name in names.iter().map(|name| open(name)) {
        if seen.insert(name.clone()) {
            text += &format!("    *(.text.{name})\n");
        }
    }
    text += TAIL;
    fs::write(&list, text).map_err(|e| format!("{}: {e}", list.display()))?;
    println!("{} functions of {} written to {LIST}", names.len(), functions.len());
    Ok(())
}

const HEAD: &str = "\
/* The functions of a launch, in the order of their first call: `cargo bench --bench order` writes
   this file, see there. */
SECTIONS
{
  .text.launch :
  {
";

const TAIL: &str = "  }
}
INSERT BEFORE .text;
";

/// The name in a line of the list.
fn pattern(line: &str) -> Option<&str> {
    line.trim().strip_prefix("*(.text.")?.strip_suffix(')')
}

/// A symbol's name with a wildcard for what compilers vary: hashes of crates and of functions.
fn open(name: &str) -> String {
    // Legacy names end so: `17h0123456789abcdefE`.
    if let Some(at) = name.rfind("17h")
        && name.starts_with("_ZN")
        && name[at + 3..].bytes().take_while(u8::is_ascii_hexdigit).count() >= 16
    {
        return format!("{}17h*", &name[..at]);
    }
    // Others have crates as `Cs` and 64 bits to the base of 62, or `C` for a crate without.
    let mut open = String::new();
    let mut rest = name;
    while let Some(at) = rest.find("Cs") {
        let (before, hash) = rest.split_at(at + 2);
        let length = hash.bytes().take_while(u8::is_ascii_alphanumeric).count();
        open += before;
        if hash[length..].starts_with('_') && (8..=12).contains(&length) {
            open.push('*');
            rest = &hash[length..];
        } else {
            rest = hash;
        }
    }
    open + rest
}

/// The package's folder: cargo says it at run time too.
fn manifest_folder() -> Result<PathBuf> {
    std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).ok_or("run by `cargo bench`".into())
}

/// A release build that has its symbols, in a target folder of its own.
fn program() -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let folder = manifest_folder()?;
    let target = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    let place = folder.join("target/order");
    let mut command = Command::new(cargo);
    command.args(["build", "--release", "--bin", "tinydocker", "--target", &target]);
    command.env("CARGO_PROFILE_RELEASE_STRIP", "none").env("CARGO_TARGET_DIR", &place);
    command.current_dir(&folder);
    match command.status() {
        Ok(status) if status.success() => Ok(place.join(target).join("release/tinydocker")),
        Ok(status) => Err(format!("cargo build: {status}")),
        Err(e) => Err(format!("cargo build: {e}")),
    }
}

// ---- what there is to be called ----

/// The functions of an ELF file by their addresses, ELF-64 and little-endian.
fn functions(bytes: &[u8]) -> Option<BTreeMap<u64, String>> {
    let half = |at: usize| Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    let word = |at: usize| Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    let long = |at: usize| Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    if !bytes.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let (sections, size, count) = (long(0x28)? as usize, half(0x3a)? as usize, half(0x3c)? as usize);
    let section = |index: usize| sections + index * size;
    // SHT_SYMTAB
    let table = (0..count).map(section).find(|at| word(at + 4) == Some(2))?;
    let names = section(word(table + 0x28)? as usize);
    let (first, length, names) =
        (long(table + 0x18)? as usize, long(table + 0x20)? as usize, long(names + 0x18)? as usize);
    let mut found = BTreeMap::new();
    for at in (first..first + length).step_by(24) {
        // STT_FUNC with a size
        if bytes.get(at + 4)? & 0xf != 2 || long(at + 16)? == 0 {
            continue;
        }
        let name = bytes.get(names + word(at)? as usize..)?;
        let name = name.split(|byte| *byte == 0).next()?;
        found.insert(long(at + 8)?, String::from_utf8_lossy(name).into_owned());
    }
    (!found.is_empty()).then_some(found)
}

// ---- what is called ----

/// Runs what the list is for and notes every function at its first call.
fn record(folder: &Path, program: &Path, functions: &BTreeMap<u64, String>) -> Result<Vec<String>> {
    prepare(folder).map_err(|e| format!("preparing: {e}"))?;
    let examples = manifest_folder()?.join("examples");
    let mut names = Vec::new();
    let mut seen = HashSet::new();
    let mount = format!("{}:/data", folder.join("data").display());
    for (place, line) in [
        (folder, &["up", "bench.toml"][..]),
        (folder, &["run", "-m", "64m", "--rootfs", "rootfs", "-v", &mount, "-e", "A=b", "/true"]),
        (folder, &["up", "web.toml"]),
        (&examples, &["check", "--no-host", "app.toml"]),
        (&examples, &["check", "app.toml"]),
        (&examples, &["check", "web.toml"]),
        (&examples, &["plan", "web.toml"]),
    ] {
        let command: Vec<OsString> =
            std::iter::once(program.into()).chain(line.iter().map(OsString::from)).collect();
        let failed = |e: io::Error| format!("{}: {e}", line.join(" "));
        let mut tracer = Tracer::new(program, functions).map_err(failed)?;
        let code = tracer.run(place, &command).map_err(failed)?;
        if code != 0 {
            return Err(format!("{} ended with {code}", line.join(" ")));
        }
        println!("{:>5} functions: {}", tracer.called.len(), line.join(" "));
        names.extend(tracer.called.into_iter().filter(|name| seen.insert(name.clone())));
    }
    Ok(names)
}

/// A rootfs with a command that does nothing, and profiles.
fn prepare(folder: &Path) -> io::Result<()> {
    for place in ["rootfs/proc", "rootfs/sys", "rootfs/dev", "rootfs/tmp", "data", "site"] {
        fs::create_dir_all(folder.join(place))?;
    }
    let rest = "[rootfs]\nsource = \"./rootfs\"\n[cgroup]\nmemory = \"256m\"\npids = 64\n";
    fs::write(folder.join("bench.toml"), format!("command = [\"/true\"]\n{rest}"))?;
    let more = "user = \"1000:1000\"\nmounts = [\"./site:/srv:ro\"]\nworking_dir = \"/srv\"\nenv.A = \"b\"\n";
    fs::write(folder.join("web.toml"), format!("command = [\"/true\"]\n{more}{rest}cpus = 0.5\n"))?;
    fs::write(folder.join("true.rs"), "fn main() {}\n")?;
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(["--target", &format!("{}-unknown-linux-musl", std::env::consts::ARCH)]);
    rustc.arg("-o").arg(folder.join("rootfs/true")).arg(folder.join("true.rs"));
    match rustc.status()? {
        status if status.success() => Ok(()),
        status => Err(io::Error::other(format!("rustc: {status}"))),
    }
}

/// What stands where a breakpoint is.
const BREAKPOINT: u8 = 0xcc;

/// Follows a program and all that comes of it.
struct Tracer<'a> {
    functions: &'a BTreeMap<u64, String>,
    /// The first byte of every function, by its address in the file.
    first_bytes: BTreeMap<u64, u8>,
    /// The device and the number of the program's file: init's has another path.
    file: (u64, u64),
    /// Where each process has the program, if it is that program.
    bases: HashMap<i32, Option<u64>>,
    /// The functions called so far.
    called: Vec<String>,
}

impl<'a> Tracer<'a> {
    fn new(program: &Path, functions: &'a BTreeMap<u64, String>) -> io::Result<Self> {
        let found = fs::metadata(program)?;
        Ok(Self {
            functions,
            first_bytes: BTreeMap::new(),
            file: (found.dev(), found.ino()),
            bases: HashMap::new(),
            called: Vec::new(),
        })
    }

    /// Runs a command, the program's path first, until all of it has ended: its exit code.
    fn run(&mut self, folder: &Path, line: &[OsString]) -> io::Result<i32> {
        let line: Vec<CString> =
            line.iter().map(|word| CString::new(word.as_bytes()).expect("no zero byte")).collect();
        let mut pointers: Vec<*const libc::c_char> = line.iter().map(|word| word.as_ptr()).collect();
        pointers.push(std::ptr::null());
        let folder = CString::new(folder.as_os_str().as_bytes())?;
        let null = c"/dev/null".as_ptr();
        // SAFETY: this process has one thread; the child makes plain system calls on memory that
        // was made before, until its exec or end.
        let first = unsafe { libc::fork() };
        if first == 0 {
            // SAFETY: as above.
            unsafe {
                libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0);
                libc::chdir(folder.as_ptr());
                let null = libc::open(null, libc::O_RDWR);
                libc::dup2(null, 0);
                libc::dup2(null, 1);
                libc::dup2(null, 2);
                libc::execv(pointers[0], pointers.as_ptr());
                libc::_exit(127);
            }
        }
        checked(first.into())?;
        // The exec stops it.
        self.wait(first)?;
        let options = libc::PTRACE_O_EXITKILL
            | libc::PTRACE_O_TRACECLONE
            | libc::PTRACE_O_TRACEFORK
            | libc::PTRACE_O_TRACEVFORK
            | libc::PTRACE_O_TRACEEXEC;
        // SAFETY: the process is stopped and ours.
        checked(unsafe { libc::ptrace(libc::PTRACE_SETOPTIONS, first, 0, options as usize) })?;
        self.begins(first)?;
        self.go_on(first, 0)?;
        let mut code = -1;
        loop {
            let (pid, status) = match self.wait(-1) {
                Err(error) if error.raw_os_error() == Some(libc::ECHILD) => return Ok(code),
                result => result?,
            };
            if libc::WIFEXITED(status) || libc::WIFSIGNALED(status) {
                self.bases.remove(&pid);
                if pid == first {
                    code = libc::WEXITSTATUS(status);
                }
                continue;
            }
            let signal = libc::WSTOPSIG(status);
            let event = status >> 16;
            let deliver = match signal {
                _ if event == libc::PTRACE_EVENT_EXEC => self.begins(pid).map(|()| 0)?,
                _ if event != 0 => 0,
                libc::SIGTRAP if self.hit(pid)? => 0,
                // A new process or thread stops first.
                libc::SIGSTOP if !self.bases.contains_key(&pid) => self.joins(pid).map(|()| 0)?,
                signal => signal,
            };
            self.go_on(pid, deliver)?;
        }
    }

    fn wait(&self, pid: i32) -> io::Result<(i32, i32)> {
        let mut status = 0;
        // SAFETY: the status is ours.
        let who = unsafe { libc::waitpid(pid, &raw mut status, libc::__WALL) };
        checked(who.into()).map(|_| (who, status))
    }

    /// A process that was killed meanwhile goes on by itself.
    fn go_on(&self, pid: i32, signal: i32) -> io::Result<()> {
        // SAFETY: the process is stopped and ours.
        match checked(unsafe { libc::ptrace(libc::PTRACE_CONT, pid, 0, signal as usize) }) {
            Err(error) if error.raw_os_error() != Some(libc::ESRCH) => Err(error),
            _ => Ok(()),
        }
    }

    /// A process has executed something: if it is the program, all of it is yet to be called.
    fn begins(&mut self, pid: i32) -> io::Result<()> {
        let base = self.base(pid)?;
        self.bases.insert(pid, base);
        let Some(base) = base else { return Ok(()) };
        let memory = File::options().read(true).write(true).open(format!("/proc/{pid}/mem"))?;
        for address in self.functions.keys() {
            let mut byte = [0];
            memory.read_exact_at(&mut byte, base + address)?;
            self.first_bytes.entry(*address).or_insert(byte[0]);
            memory.write_all_at(&[BREAKPOINT], base + address)?;
        }
        Ok(())
    }

    /// A new process has its memory from who made it, breakpoints and all.
    fn joins(&mut self, pid: i32) -> io::Result<()> {
        let base = self.base(pid)?;
        self.bases.insert(pid, base);
        Ok(())
    }

    /// Where the program is in the memory of a process.
    fn base(&self, pid: i32) -> io::Result<Option<u64>> {
        let maps = fs::read_to_string(format!("/proc/{pid}/maps"))?;
        let own = |line: &&str| {
            let mut fields = line.split_ascii_whitespace().skip(3);
            let device = fields.next().and_then(|device| device.split_once(':'));
            let number = |text: &str| u32::from_str_radix(text, 16).ok();
            let device =
                device.and_then(|(major, minor)| Some(libc::makedev(number(major)?, number(minor)?)));
            let inode = fields.next().and_then(|inode| inode.parse::<u64>().ok());
            device.zip(inode) == Some(self.file)
        };
        let line = maps.lines().find(own);
        Ok(line.and_then(|line| u64::from_str_radix(line.split('-').next()?, 16).ok()))
    }

    /// Whether a process stands behind a breakpoint: then it is taken away, and called is what
    /// it stood on.
    fn hit(&mut self, pid: i32) -> io::Result<bool> {
        let Some(Some(base)) = self.bases.get(&pid).copied() else { return Ok(false) };
        // SAFETY: plain integers, for which zero is valid; the process is stopped and ours.
        let mut registers: libc::user_regs_struct = unsafe { std::mem::zeroed() };
        // SAFETY: as above, and `registers` is ours.
        checked(unsafe { libc::ptrace(libc::PTRACE_GETREGS, pid, 0, &raw mut registers) })?;
        let address = registers.rip.wrapping_sub(1);
        let Some(first) = self.first_bytes.get(&address.wrapping_sub(base)) else { return Ok(false) };
        let memory = File::options().write(true).open(format!("/proc/{pid}/mem"))?;
        memory.write_all_at(&[*first], address)?;
        registers.rip = address;
        // SAFETY: as above.
        checked(unsafe { libc::ptrace(libc::PTRACE_SETREGS, pid, 0, &raw const registers) })?;
        let name = &self.functions[&(address - base)];
        if !self.called.contains(name) {
            self.called.push(name.clone());
        }
        Ok(true)
    }
}

fn checked(result: libc::c_long) -> io::Result<libc::c_long> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}
