//! The payload of the engine's tests: a static program that says what it sees and
//! does what it is told, so that no test depends on the host's /bin.
//!
//! `probe COMMAND ARGUMENT… , COMMAND ARGUMENT…` does one command after the other.
//! `probe under WORD… -- PROGRAM ARGUMENT…` runs a program as an odd caller would:
//! with signals ignored or blocked, another umask, open descriptors, shared mounts,
//! in a group.
#![allow(unsafe_code)]
// Rust's own start would ignore SIGPIPE and catch SIGSEGV: what the launcher leaves
// could not be seen any more.
#![no_main]

use nix::errno::Errno;
use nix::sys::signal::Signal;
use serde_json::{Map, Value, json};
use std::ffi::CString;
use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::os::unix::process::CommandExt;
use std::sync::atomic::{AtomicI32, Ordering};

#[path = "probe/attack.rs"]
mod attack;

#[unsafe(no_mangle)]
extern "C" fn main(count: libc::c_int, arguments: *const *const libc::c_char) -> libc::c_int {
    let count = usize::try_from(count).unwrap_or_default();
    // SAFETY: what the C library calls `main` with: `count` C strings.
    let text = |index| unsafe { std::ffi::CStr::from_ptr(*arguments.add(index)) };
    let words: Vec<String> = (1..count).map(|index| text(index).to_string_lossy().into_owned()).collect();
    obey(&words);
    0
}

fn obey(words: &[String]) {
    if words.first().is_some_and(|word| word == "under") {
        under(&words[1..]);
    }
    for command in words.split(|word| word == ",") {
        let rest: Vec<&str> = command.iter().map(String::as_str).collect();
        match rest.split_first() {
            Some((&name, rest)) => run(name, rest),
            None => say("nothing to do"),
        }
    }
}

fn say(line: impl std::fmt::Display) {
    let mut out = io::stdout().lock();
    // A reader that has gone is the test's business.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn number<T: std::str::FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("probe: `{text}` is no number"))
}

fn signal(name: &str) -> Signal {
    format!("SIG{name}").parse().unwrap_or_else(|_| panic!("probe: no signal `{name}`"))
}

fn run(name: &str, rest: &[&str]) {
    match (name, rest) {
        ("facts", []) => say(facts()),
        ("tty", []) => say(tty()),
        ("say", words) => say(words.join(" ")),
        ("cat", paths) => paths.iter().for_each(|path| match fs::read(path) {
            Ok(bytes) => {
                let mut out = io::stdout().lock();
                out.write_all(&bytes).and_then(|()| out.flush()).expect("standard output takes it");
            }
            Err(error) => say(format!("cat {path} {}", errno(&error))),
        }),
        ("ls", [path]) => match fs::read_dir(path) {
            Ok(entries) => {
                let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
                let mut names: Vec<String> = entries.filter_map(Result::ok).map(name).collect();
                names.sort();
                say(json!(names));
            }
            Err(error) => say(format!("ls {path} {}", errno(&error))),
        },
        ("stat", [path]) => say(stat(path)),
        ("try", [what, path]) => {
            let answer = attempt(what, path).map_or_else(|error| errno(&error), |()| "ok".to_owned());
            say(format!("{what} {path} {answer}"));
        }
        ("wait", []) => {
            say("ready");
            pause();
        }
        ("exit", [code]) => std::process::exit(number(code)),
        ("abort", []) => std::process::abort(),
        ("catch", [code, names @ ..]) => catch(number(code), names),
        ("fork", [count]) => fork_many(number(count)),
        ("child", [name, rest @ ..]) => child(name, rest),
        ("daemon", []) => daemon(),
        ("orphans", [count]) => orphans(number(count)),
        ("zombies", []) => say(zombies()),
        ("kill", [pid, name]) => {
            let pid = nix::unistd::Pid::from_raw(number(pid));
            nix::sys::signal::kill(pid, signal(name)).expect("a process to send it to");
        }
        ("eat", [bytes]) => {
            let mut memory = vec![0_u8; number(bytes)];
            memory.iter_mut().step_by(4096).for_each(|byte| *byte = 1);
            say(format!("ate {}", std::hint::black_box(memory).len()));
        }
        ("spin", [milliseconds]) => spin(number(milliseconds)),
        ("copy", []) => {
            let copied = io::copy(&mut io::stdin().lock(), &mut io::stdout().lock());
            say(format!("eof after {}", copied.expect("standard input and output")));
        }
        ("line", []) => {
            say("ready");
            let mut line = String::new();
            let read = io::stdin().read_line(&mut line).expect("standard input");
            say(format!("line of {read}: {}", line.trim_end()));
        }
        ("lines", [count]) => {
            let mut out = io::BufWriter::new(io::stdout().lock());
            for index in 0..number::<u32>(count) {
                writeln!(out, "line {index:08}").expect("standard output takes it");
            }
        }
        ("length", []) => {
            let arguments: usize = arguments().iter().map(String::len).sum();
            let variables: usize = std::env::vars().map(|(name, value)| name.len() + value.len()).sum();
            say(json!({ "arguments": arguments, "variables": variables }));
        }
        ("sizes", []) => sizes(),
        ("push", []) => attack::push(),
        ("spy", [milliseconds]) => attack::spy(number(milliseconds)),
        ("search", [pid, backwards]) => say(format!("search {}", attack::search(pid, backwards))),
        ("chains", [count]) => attack::chains(count),
        ("receive", [socket, paths @ ..]) => attack::receive(socket, paths),
        ("parent", []) => attack::parent(),
        ("link", [says, path]) => attack::link(says, path),
        ("xattr", [name, path]) => attack::attribute(name, path),
        ("whiteout", [path]) => attack::whiteout(path),
        ("bomb", []) => attack::bomb(),
        ("key", [name]) => say(find_key(name)),
        ("call", [number, rest @ ..]) => say(format!("call {number} {}", call(number, rest))),
        ("call32", [number, rest @ ..]) => say(format!("call32 {number} {}", call32(number, rest))),
        _ => panic!("probe: unknown command: {name} {rest:?}"),
    }
}

fn arguments_of(rest: &[&str]) -> [libc::c_long; 6] {
    let mut all = [0; 6];
    all.iter_mut().zip(rest).for_each(|(slot, text)| *slot = number(text));
    all
}

/// A system call by its number: `ok` or the errno.
fn call(code: &str, rest: &[&str]) -> String {
    let [a, b, c, d, e, f] = arguments_of(rest);
    // SAFETY: the tests ask for calls that change nothing here.
    let result = unsafe { libc::syscall(number(code), a, b, c, d, e, f) };
    if result == -1 { format!("{:?}", Errno::last()) } else { "ok".to_owned() }
}

/// The same by the way of 32-bit programs.
#[cfg(target_arch = "x86_64")]
fn call32(code: &str, rest: &[&str]) -> String {
    let [b, c, d, ..] = arguments_of(rest);
    let mut result: i64 = number(code);
    // SAFETY: as above; rbx, which the compiler keeps, is put back.
    unsafe {
        std::arch::asm!("xchg {b:r}, rbx", "int 0x80", "xchg {b:r}, rbx", b = inout(reg) b => _,
            inout("rax") result, in("rcx") c, in("rdx") d, lateout("r8") _, lateout("r9") _,
            lateout("r10") _, lateout("r11") _);
    }
    let result = result as i32;
    if (-4095..0).contains(&result) { format!("{:?}", Errno::from_raw(-result)) } else { "ok".to_owned() }
}

#[cfg(not(target_arch = "x86_64"))]
fn call32(_: &str, _: &[&str]) -> String {
    "none here".to_owned()
}

fn pause() -> ! {
    loop {
        nix::unistd::pause();
    }
}

fn errno(error: &io::Error) -> String {
    error.raw_os_error().map_or_else(|| error.to_string(), |raw| format!("{:?}", Errno::from_raw(raw)))
}

fn arguments() -> Vec<String> {
    let line = fs::read("/proc/self/cmdline").unwrap_or_default();
    let words = line.strip_suffix(b"\0").unwrap_or(&line).split(|byte| *byte == 0);
    words.map(|word| String::from_utf8_lossy(word).into_owned()).collect()
}

/// Everything about this process that needs no argument.
fn facts() -> Value {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let status: Map<String, Value> = status
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(key, value)| (key.to_owned(), json!(value.trim())))
        .collect();
    let descriptors: Vec<String> = fs::read_dir("/proc/self/fd")
        .map(|entries| entries.filter_map(Result::ok).map(|e| e.file_name().to_string_lossy().into_owned()))
        .map(Iterator::collect)
        .unwrap_or_default();
    // The folder that was just read is closed by now.
    let open = |number: String| {
        let leads_to = fs::read_link(format!("/proc/self/fd/{number}")).ok()?;
        Some((number, json!(leads_to.to_string_lossy())))
    };
    json!({
        "pid": std::process::id(),
        "session": nix::unistd::getsid(None).map_or(0, nix::unistd::Pid::as_raw),
        "working_dir": std::env::current_dir().unwrap_or_default(),
        "hostname": nix::unistd::gethostname().unwrap_or_default().to_string_lossy(),
        "argv": arguments(),
        "env": std::env::vars().collect::<std::collections::BTreeMap<_, _>>(),
        "descriptors": descriptors.into_iter().filter_map(open).collect::<Map<_, _>>(),
        "status": status,
    })
}

fn window() -> Option<(u16, u16)> {
    // SAFETY: `winsize` is plain integers, which the ioctl fills in.
    let (result, size) = unsafe {
        let mut size: libc::winsize = std::mem::zeroed();
        (libc::ioctl(1, libc::TIOCGWINSZ, &raw mut size), size)
    };
    (result == 0).then_some((size.ws_row, size.ws_col))
}

fn tty() -> Value {
    // SAFETY: plain integers.
    let terminal = |number| unsafe { libc::isatty(number) } == 1;
    json!({
        "terminals": [terminal(0), terminal(1), terminal(2)],
        "size": window(),
        "controlling": fs::File::open("/dev/tty").is_ok(),
        "name": fs::read_link("/proc/self/fd/1").unwrap_or_default(),
    })
}

/// Prints the window's size, now and whenever it changes.
fn sizes() {
    let mut change = nix::sys::signal::SigSet::empty();
    change.add(Signal::SIGWINCH);
    // Blocked and waited for: none is lost, and none comes while something is printed.
    change.thread_block().expect("signals can be blocked");
    say(format!("size {:?}", window()));
    loop {
        change.wait().expect("a signal can be waited for");
        say(format!("size {:?}", window()));
    }
}

fn stat(path: &str) -> Value {
    match fs::symlink_metadata(path) {
        Err(error) => json!({ "error": errno(&error) }),
        Ok(found) => {
            let kind = found.file_type();
            let kind = if kind.is_dir() {
                "folder"
            } else if kind.is_symlink() {
                "link"
            } else if kind.is_char_device() {
                "device"
            } else {
                "file"
            };
            json!({
                "kind": kind,
                "mode": format!("{:04o}", found.mode() & 0o7777),
                "owner": [found.uid(), found.gid()],
                "device": [nix::sys::stat::major(found.rdev()), nix::sys::stat::minor(found.rdev())],
                "size": found.len(),
                "target": fs::read_link(path).ok(),
            })
        }
    }
}

/// Things that a container may or may not do.
fn attempt(what: &str, path: &str) -> io::Result<()> {
    let c_path = CString::new(path)?;
    let none = None::<&str>;
    let mount = nix::mount::mount::<str, str, str, str>;
    match what {
        "read" => fs::File::open(path)?.read(&mut [0]).map(drop),
        "write" => fs::OpenOptions::new().write(true).open(path)?.write_all(b"x"),
        "open-to-write" => fs::OpenOptions::new().write(true).open(path).map(drop),
        "create" => fs::OpenOptions::new().write(true).create_new(true).mode(0o666).open(path).map(drop),
        "fill" => {
            let mut file = fs::File::create(path)?;
            loop {
                file.write_all(&[0; 65536])?;
            }
        }
        "mkdir" => fs::create_dir(path),
        "remove" => fs::remove_file(path),
        "rmdir" => fs::remove_dir(path),
        "list" => fs::read_dir(path).map(drop),
        "chown" => std::os::unix::fs::chown(path, Some(7), Some(7)),
        "chroot" => std::os::unix::fs::chroot(path),
        "mknod" => {
            let kind = nix::sys::stat::SFlag::S_IFCHR;
            let mode = nix::sys::stat::Mode::from_bits_truncate(0o600);
            Ok(nix::sys::stat::mknod(path, kind, mode, nix::sys::stat::makedev(1, 3))?)
        }
        "mount" => Ok(mount(Some("none"), path, Some("tmpfs"), nix::mount::MsFlags::empty(), none)?),
        "remount-writable" => {
            let flags = nix::mount::MsFlags::MS_REMOUNT | nix::mount::MsFlags::MS_BIND;
            Ok(mount(none, path, none, flags, none)?)
        }
        "unprotect" => attack::unprotect(&c_path),
        "umount" => Ok(nix::mount::umount(path)?),
        "execute" => {
            // SAFETY: C strings; the arrays end with null.
            unsafe { libc::execv(c_path.as_ptr(), [c_path.as_ptr(), std::ptr::null()].as_ptr()) };
            Err(io::Error::last_os_error())
        }
        "sethostname" => Ok(nix::unistd::sethostname(path)?),
        "connect" => std::net::TcpStream::connect(path).map(drop),
        "bind" => {
            let listener = std::net::TcpListener::bind(path)?;
            std::net::TcpStream::connect(listener.local_addr()?).map(drop)
        }
        "signal" => Ok(nix::sys::signal::kill(nix::unistd::Pid::from_raw(number(path)), None)?),
        _ => panic!("probe: can't try `{what}`"),
    }
}

static CAUGHT: AtomicI32 = AtomicI32::new(0);

/// Prints every signal that arrives; SIGTERM ends it with this code.
fn catch(code: i32, names: &[&str]) {
    extern "C" fn note(number: libc::c_int) {
        CAUGHT.store(number, Ordering::SeqCst);
    }
    let signals: Vec<Signal> = names.iter().map(|name| signal(name)).collect();
    let mut all = nix::sys::signal::SigSet::empty();
    signals.iter().for_each(|signal| all.add(*signal));
    all.thread_block().expect("signals can be blocked");
    for signal in signals {
        // SAFETY: the handler stores an integer, nothing else.
        unsafe { libc::signal(signal as libc::c_int, note as *const () as libc::sighandler_t) };
    }
    say("ready");
    loop {
        // SAFETY: an empty mask; the signals are blocked but while this waits, so that
        // none comes between two looks.
        unsafe {
            let mut none: libc::sigset_t = std::mem::zeroed();
            libc::sigemptyset(&raw mut none);
            libc::sigsuspend(&raw const none);
        }
        let caught = CAUGHT.swap(0, Ordering::SeqCst);
        if let Ok(signal) = Signal::try_from(caught) {
            say(format!("got {signal}"));
            if signal == Signal::SIGTERM {
                std::process::exit(code);
            }
        }
    }
}

/// Children that only wait. They end with PID 1.
fn fork_many(count: u32) {
    for made in 0..count {
        // SAFETY: this program has one thread.
        match unsafe { nix::unistd::fork() } {
            Ok(nix::unistd::ForkResult::Child) => pause(),
            Ok(nix::unistd::ForkResult::Parent { .. }) => {}
            Err(error) => return say(format!("forked {made}, then {error:?}")),
        }
    }
    say(format!("forked {count}"));
}

/// Does a command in a process of its own, and says how that ended.
fn child(name: &str, rest: &[&str]) {
    // SAFETY: this program has one thread.
    match unsafe { nix::unistd::fork() }.expect("fork") {
        nix::unistd::ForkResult::Child => {
            run(name, rest);
            std::process::exit(0)
        }
        nix::unistd::ForkResult::Parent { child } => {
            say(format!(
                "{:?}",
                nix::sys::wait::waitpid(child, None).map(|status| status.pid() == Some(child))
            ));
        }
    }
}

/// Leaves a process behind that no session and no parent binds.
fn daemon() {
    // SAFETY: this program has one thread.
    match unsafe { nix::unistd::fork() }.expect("fork") {
        nix::unistd::ForkResult::Child => {
            nix::unistd::setsid().expect("setsid");
            pause();
        }
        nix::unistd::ForkResult::Parent { child } => say(format!("daemon {child}")),
    }
}

/// Processes whose parent has ended before them, and that end at once; until all have.
fn orphans(count: u32) {
    use nix::unistd::{ForkResult, fork, getpid, getppid};
    for _ in 0..count {
        // SAFETY: this program has one thread.
        match unsafe { fork() }.expect("fork") {
            ForkResult::Child => {
                let parent = getpid();
                // SAFETY: as above.
                if unsafe { fork() }.expect("fork").is_child() {
                    // Not before its parent has.
                    while getppid() == parent {
                        std::thread::sleep(std::time::Duration::from_millis(1));
                    }
                }
                std::process::exit(0)
            }
            ForkResult::Parent { child } => drop(nix::sys::wait::waitpid(child, None)),
        }
    }
    say("orphaned");
}

/// How many processes have ended and are not reaped, once all others but this and PID 1
/// are gone.
fn zombies() -> usize {
    let states = || -> Vec<(i32, char)> {
        let entries = fs::read_dir("/proc").expect("/proc").filter_map(Result::ok);
        let state = |entry: fs::DirEntry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            Some((pid, stat.rsplit_once(") ")?.1.chars().next()?))
        };
        entries.filter_map(state).collect()
    };
    let own = i32::try_from(std::process::id()).expect("small");
    let mut found = states();
    for _ in 0..200 {
        let others = |(pid, state): &&(i32, char)| *pid != 1 && *pid != own && *state != 'Z';
        if !found.iter().any(|it| others(&it)) {
            // Whoever reaps has had no time yet.
            std::thread::sleep(std::time::Duration::from_millis(20));
            found = states();
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
        found = states();
    }
    found.iter().filter(|(_, state)| *state == 'Z').count()
}

/// Works until this much time has passed, and says how much of it was given.
fn spin(milliseconds: u64) {
    let start = std::time::Instant::now();
    while start.elapsed().as_millis() < u128::from(milliseconds) {
        std::hint::black_box((0..10_000).sum::<u64>());
    }
    // SAFETY: `timespec` is plain integers, which the call fills in.
    let used = unsafe {
        let mut time: libc::timespec = std::mem::zeroed();
        libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time);
        time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    };
    say(json!({ "used": used, "passed": start.elapsed().as_millis() as u64 }));
}

/// Looks for a key in the session's keyring.
fn find_key(name: &str) -> String {
    const KEYCTL_SEARCH: libc::c_int = 10;
    const SESSION: libc::c_int = -3;
    let name = CString::new(name).expect("no null in a key's name");
    // SAFETY: C strings.
    let key = unsafe {
        libc::syscall(libc::SYS_keyctl, KEYCTL_SEARCH, SESSION, c"user".as_ptr(), name.as_ptr(), 0)
    };
    if key < 0 { errno(&io::Error::last_os_error()) } else { "found".to_owned() }
}

/// Runs a program as an odd caller. Does not return.
fn under(words: &[String]) -> ! {
    let end = words.iter().position(|word| word == "--").expect("probe under … -- PROGRAM");
    for word in &words[..end] {
        let (what, value) = word.split_once('=').unwrap_or((word, ""));
        match what {
            "ignore" => {
                // SAFETY: SIG_IGN is a valid disposition.
                unsafe { libc::signal(signal(value) as libc::c_int, libc::SIG_IGN) };
            }
            "block" => {
                let mut set = nix::sys::signal::SigSet::empty();
                set.add(signal(value));
                set.thread_block().expect("signals can be blocked");
            }
            "umask" => {
                let mask = u32::from_str_radix(value, 8).expect("an octal umask");
                nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(mask));
            }
            "descriptor" => {
                let file = fs::File::open(value).expect("a file to leak");
                for copy in [3, 17, 200] {
                    // SAFETY: plain integers; the copies are left open on purpose.
                    unsafe { libc::dup2(std::os::fd::AsRawFd::as_raw_fd(&file), copy) };
                }
                std::mem::forget(file);
            }
            "key" => {
                const KEYCTL_JOIN_SESSION_KEYRING: libc::c_int = 1;
                const SESSION: libc::c_int = -3;
                let name = CString::new(value).expect("no null in a key's name");
                // SAFETY: C strings; a null name asks for an anonymous keyring.
                let key = unsafe {
                    let null = std::ptr::null::<libc::c_char>();
                    libc::syscall(libc::SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, null);
                    let (kind, name) = (c"user".as_ptr(), name.as_ptr());
                    libc::syscall(libc::SYS_add_key, kind, name, c"secret".as_ptr(), 6_usize, SESSION)
                };
                assert!(key > 0, "add_key: {}", io::Error::last_os_error());
            }
            "mounts" => {
                use nix::mount::MsFlags;
                nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWNS).expect("unshare");
                let none = None::<&str>;
                let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
                nix::mount::mount(none, "/", none, private, none).expect("propagation can be set");
                // SOURCE:TARGET binds, TARGET alone is memory.
                for mount in value.split(',') {
                    let made = match mount.split_once(':') {
                        Some((source, target)) => {
                            nix::mount::mount(Some(source), target, none, MsFlags::MS_BIND, none)
                        }
                        None => nix::mount::mount(none, mount, Some("tmpfs"), MsFlags::empty(), none),
                    };
                    made.expect("a mount can be made");
                }
            }
            "without" => {
                use nix::mount::{MntFlags, MsFlags};
                nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWNS).expect("unshare");
                let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
                nix::mount::mount(None::<&str>, "/", None::<&str>, private, None::<&str>)
                    .expect("propagation can be set");
                nix::mount::umount2(value, MntFlags::MNT_DETACH).expect("a mount point");
            }
            "shared-mounts" => {
                use nix::mount::MsFlags;
                nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWNS).expect("unshare");
                for propagation in [MsFlags::MS_PRIVATE, MsFlags::MS_SHARED] {
                    let flags = MsFlags::MS_REC | propagation;
                    nix::mount::mount(None::<&str>, "/", None::<&str>, flags, None::<&str>)
                        .expect("propagation can be set");
                }
            }
            // PID 1 of a pid namespace of its own; /proc stays the host's.
            "pids" => {
                use nix::sys::wait::{WaitStatus, waitpid};
                nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWPID).expect("unshare");
                // SAFETY: this program has one thread.
                let forked = unsafe { nix::unistd::fork() }.expect("fork");
                if let nix::unistd::ForkResult::Parent { child } = forked {
                    match waitpid(child, None) {
                        Ok(WaitStatus::Exited(_, code)) => std::process::exit(code),
                        other => panic!("probe: {other:?}"),
                    }
                }
            }
            // Born in a cgroup of the cgroup2 tree.
            "group" => fs::write(format!("{value}/cgroup.procs"), "0").expect("a group can be joined"),
            // A folder in place of another: `binds=FROM:TO`.
            "binds" => {
                use nix::mount::{MsFlags, mount};
                let (from, to) = value.split_once(':').expect("FROM:TO");
                mount(Some(from), to, None::<&str>, MsFlags::MS_BIND, None::<&str>).expect("a bind");
            }
            // A small file system.
            "small" => {
                use nix::mount::{MsFlags, mount};
                nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWNS).expect("unshare");
                let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
                mount(None::<&str>, "/", None::<&str>, private, None::<&str>)
                    .expect("propagation can be set");
                mount(Some("none"), value, Some("tmpfs"), MsFlags::empty(), Some("size=1m"))
                    .expect("a tmpfs");
            }
            // A file system that takes no more, and one that takes nothing at all.
            "full" | "sealed" => {
                use nix::mount::{MsFlags, mount};
                let options = Some("size=4096");
                mount(Some("none"), value, Some("tmpfs"), MsFlags::empty(), options).expect("a tmpfs");
                if what == "sealed" {
                    let flags = MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY;
                    mount(Some("none"), value, Some("tmpfs"), flags, options).expect("a read-only tmpfs");
                } else {
                    fs::write(format!("{value}/file"), [0; 4096]).expect("a page for a page");
                }
            }
            _ => panic!("probe: can't run anything under `{word}`"),
        }
    }
    let error = std::process::Command::new(&words[end + 1]).args(&words[end + 2..]).exec();
    panic!("probe: {}: {error}", words[end + 1]);
}
