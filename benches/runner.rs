//! What the benchmarks share: programs are built, started and waited for in one way.

use std::ffi::{CString, OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::ptr;

use serde_json::Value;

/// What went wrong, in words.
pub type Result<T> = std::result::Result<T, String>;

/// Builds `tinydocker` (the musl target or the plain default one) and gives its path, which cargo
/// itself names: no guess about target folders. An environment variable overrides it.
pub fn ours(variable: &str, musl: bool) -> Result<PathBuf> {
    if let Some(path) = std::env::var_os(variable) {
        return fs::canonicalize(&path).map_err(|e| format!("{variable}={}: {e}", show(&path)));
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--release", "--bin", "tinydocker", "--message-format=json"]);
    command.current_dir(manifest_folder()?).stderr(Stdio::inherit());
    if musl {
        let target = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
        let installed = Command::new("rustup").args(["target", "list", "--installed"]).output();
        // Without rustup (a distribution's toolchain) cargo says what is missing.
        if installed.is_ok_and(|o| !String::from_utf8_lossy(&o.stdout).lines().any(|l| l == target)) {
            let added = Command::new("rustup").args(["target", "add", &target]).status();
            if !added.is_ok_and(|status| status.success()) {
                return Err(format!("`rustup target add {target}` failed"));
            }
        }
        command.args(["--target", &target]);
    }
    let output = command.output().map_err(|e| format!("cargo build: {e}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let executable =
        text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()).find_map(|message| {
            let ours = message["target"]["name"] == "tinydocker";
            message["executable"].as_str().filter(|_| ours).map(PathBuf::from)
        });
    match executable {
        Some(path) if output.status.success() => Ok(path),
        _ => Err(format!("no tinydocker from cargo build ({}); see above", output.status)),
    }
}

/// Drops a file from the page cache and reads it again. Copies of one and the same program
/// were seen to differ by 7 % of a launch, for as long as they lay in the cache as they had
/// been written (in smaller pieces than what is read, it seems): that says nothing about it.
pub fn read_afresh(path: &Path) -> io::Result<()> {
    let mut file = File::open(path)?;
    file.sync_all()?;
    // SAFETY: a valid descriptor and plain integers. Pages that somebody runs stay.
    unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED) };
    io::copy(&mut file, &mut io::sink())?;
    Ok(())
}

/// The package's folder: cargo says it at run time too.
pub fn manifest_folder() -> Result<PathBuf> {
    std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).ok_or("run by `cargo bench`".into())
}

/// A prepared launch: nothing is left to allocate or look up once the clock runs.
pub struct Launch {
    line: Vec<CString>,
    pointers: Vec<*mut libc::c_char>,
    environment: [CString; 2],
}

impl Launch {
    /// For this argument vector, element 0 a path.
    pub fn new(line: Vec<OsString>) -> Result<Self> {
        let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        let environment = [path, "HOME=/root"].map(|text| CString::new(text).expect("no zero byte"));
        let line: std::result::Result<Vec<_>, _> =
            line.into_iter().map(|word| CString::new(word.as_bytes())).collect();
        let line = line.map_err(|e| e.to_string())?;
        let mut pointers: Vec<_> = line.iter().map(|word| word.as_ptr().cast_mut()).collect();
        pointers.push(ptr::null_mut());
        Ok(Launch { line, pointers, environment })
    }

    /// Starts it with standard input and what is `None` on /dev/null. `posix_spawn` is vfork-like:
    /// this process's size does not matter.
    pub fn spawn(&self, streams: &Streams) -> io::Result<libc::pid_t> {
        let environment = [
            self.environment[0].as_ptr().cast_mut(),
            self.environment[1].as_ptr().cast_mut(),
            ptr::null_mut(),
        ];
        let mut pid = 0;
        // SAFETY: null-terminated arrays of C strings that live in `self`; prepared attributes.
        let error = unsafe {
            libc::posix_spawn(
                &mut pid,
                self.line[0].as_ptr(),
                &streams.actions,
                &streams.attributes,
                self.pointers.as_ptr(),
                environment.as_ptr(),
            )
        };
        if error == 0 { Ok(pid) } else { Err(io::Error::from_raw_os_error(error)) }
    }
}

/// The child's standard streams and signals, prepared for `posix_spawn`.
pub struct Streams {
    actions: libc::posix_spawn_file_actions_t,
    attributes: libc::posix_spawnattr_t,
}

impl Streams {
    /// Output goes to the descriptor, or to /dev/null; errors likewise, or where ours go.
    pub fn new(output: Option<i32>, errors: bool) -> Self {
        let null = c"/dev/null".as_ptr();
        // SAFETY: both objects are initialised before use and the paths are static. They stay where
        // they are built up to the move, which glibc and musl allow (plain data and heap pointers).
        unsafe {
            let mut streams: Streams = std::mem::zeroed();
            libc::posix_spawn_file_actions_init(&mut streams.actions);
            libc::posix_spawn_file_actions_addopen(&mut streams.actions, 0, null, libc::O_RDONLY, 0);
            match output {
                Some(pipe) => libc::posix_spawn_file_actions_adddup2(&mut streams.actions, pipe, 1),
                None => {
                    libc::posix_spawn_file_actions_addopen(&mut streams.actions, 1, null, libc::O_WRONLY, 0)
                }
            };
            if !errors {
                libc::posix_spawn_file_actions_addopen(&mut streams.actions, 2, null, libc::O_WRONLY, 0);
            }
            libc::posix_spawnattr_init(&mut streams.attributes);
            // Rust's runtime ignores SIGPIPE, which a child would inherit.
            let mut pipe: libc::sigset_t = std::mem::zeroed();
            libc::sigaddset(&mut pipe, libc::SIGPIPE);
            libc::posix_spawnattr_setsigdefault(&mut streams.attributes, &pipe);
            libc::posix_spawnattr_setflags(&mut streams.attributes, libc::POSIX_SPAWN_SETSIGDEF as _);
            streams
        }
    }
}

impl Streams {
    /// Errors go to the descriptor, output to /dev/null.
    #[allow(dead_code)] // one of the benchmarks uses it
    pub fn with_errors_to(errors: i32) -> Self {
        let mut streams = Self::new(None, true);
        // SAFETY: initialised by `new`.
        unsafe { libc::posix_spawn_file_actions_adddup2(&mut streams.actions, errors, 2) };
        streams
    }
}

impl Drop for Streams {
    fn drop(&mut self) {
        // SAFETY: initialised in `new`, used no more.
        unsafe {
            libc::posix_spawn_file_actions_destroy(&mut self.actions);
            libc::posix_spawnattr_destroy(&mut self.attributes);
        }
    }
}

/// Waits for a child to its end; gives its exit code, 128 + signal when killed.
pub fn wait(pid: libc::pid_t) -> i32 {
    let mut status = 0;
    // SAFETY: `status` outlives the call. Ctrl-C interrupts the wait, not the duty to reap: the
    // child gets the signal too, as it is in the terminal's group like us.
    while unsafe { libc::waitpid(pid, &mut status, 0) } < 0 {
        if io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
            return -1;
        }
    }
    if libc::WIFEXITED(status) { libc::WEXITSTATUS(status) } else { 128 + libc::WTERMSIG(status) }
}

/// Prints a note as an item, within 80 columns.
pub fn wrapped(note: &str) {
    let mut line = String::from("-");
    for word in note.split_whitespace() {
        if line.len() + 1 + word.len() > 80 {
            println!("{line}");
            line = String::from(" ");
        }
        line.push(' ');
        line.push_str(word);
    }
    println!("{line}");
}

/// A path as text.
pub fn show(text: &OsStr) -> String {
    text.to_string_lossy().into_owned()
}

/// Where the orders of a run begin: they are the same in every run.
pub const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// A new order of the contestants (xorshift).
pub fn shuffle(order: &mut [usize], random: &mut u64) {
    for i in (1..order.len()).rev() {
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        order.swap(i, (*random % (i as u64 + 1)) as usize);
    }
}

/// An argument vector.
pub fn words<T: AsRef<OsStr>>(all: impl IntoIterator<Item = T>) -> Vec<OsString> {
    all.into_iter().map(|word| word.as_ref().to_os_string()).collect()
}
