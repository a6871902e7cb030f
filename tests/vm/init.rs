//! The first process of the virtual machine that the engine's tests run in: makes the
//! initramfs a root that can be pivoted, mounts what a host has, runs the jobs, says how
//! each of them ended, and switches the machine off. See `main.rs` beside it.
#![allow(unsafe_code)]

use nix::mount::{MsFlags, mount};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ffi::CString;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What the runner has left in `/vm/jobs`.
#[derive(Deserialize)]
struct Jobs {
    /// Modules to load, in this order: paths, with their arguments.
    modules: Vec<(String, String)>,
    /// The machine is switched off after this many seconds, whatever is still running.
    seconds: u64,
    jobs: Vec<Job>,
}

#[derive(Deserialize)]
struct Job {
    name: String,
    program: String,
    arguments: Vec<String>,
    environment: BTreeMap<String, String>,
    folder: String,
}

fn main() {
    let outcome = std::panic::catch_unwind(run);
    tell(&format!("end {}", if matches!(outcome, Ok(true)) { 0 } else { 1 }));
    power_off();
}

/// A line for the runner.
fn tell(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "@@ {line}").and_then(|()| out.flush());
}

fn power_off() -> ! {
    // SAFETY: no pointers; the calls end the machine.
    unsafe {
        libc::sync();
        libc::reboot(libc::LINUX_REBOOT_CMD_POWER_OFF);
    }
    loop {
        std::thread::park();
    }
}

fn run() -> bool {
    leave_rootfs();
    mount_host();
    let jobs: Jobs = serde_json::from_str(&fs::read_to_string("/vm/jobs").expect("jobs")).expect("jobs");
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(jobs.seconds));
        tell("late");
        power_off();
    });
    for (path, arguments) in &jobs.modules {
        load(path, arguments);
    }
    mount_disk();
    let line = fs::read_to_string("/proc/cmdline").expect("the kernel's command line");
    let layout = line.split_whitespace().find_map(|word| word.strip_prefix("cgroups="));
    mount_cgroups(layout.expect("cgroups=v1, hybrid or v2"));
    loopback_up();
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").expect("a kernel");
    tell(&format!("booted {}", release.trim()));
    let mut all = true;
    for job in &jobs.jobs {
        all &= work(job);
    }
    all
}

/// pivot_root(2) is EINVAL below the kernel's own rootfs. A bind of it that was moved over
/// it is a mount like any other.
fn leave_rootfs() {
    let none = None::<&str>;
    fs::create_dir("/.root").expect("an empty folder");
    mount(Some("/"), "/.root", none, MsFlags::MS_BIND, none).expect("a bind of the root");
    std::env::set_current_dir("/.root").expect("a folder");
    mount(Some("."), "/", none, MsFlags::MS_MOVE, none).expect("a move over the root");
    std::os::unix::fs::chroot(".").expect("chroot");
    std::env::set_current_dir("/").expect("a folder");
    fs::remove_dir("/.root").expect("our folder");
}

fn filesystem(kind: &str, point: &str, options: &str) {
    fs::create_dir_all(point).unwrap_or_else(|error| panic!("{point}: {error}"));
    let flags = MsFlags::MS_NOSUID
        | if ["/dev", "/dev/pts"].contains(&point) { MsFlags::empty() } else { MsFlags::MS_NODEV };
    mount(Some(kind), point, Some(kind), flags, Some(options))
        .unwrap_or_else(|error| panic!("{kind} on {point}: {error}"));
}

fn mount_host() {
    for (kind, point, options) in [
        ("proc", "/proc", ""),
        ("sysfs", "/sys", ""),
        ("devtmpfs", "/dev", "mode=755"),
        ("devpts", "/dev/pts", "gid=5,mode=620,ptmxmode=666"),
        ("tmpfs", "/dev/shm", "mode=1777"),
        ("mqueue", "/dev/mqueue", ""),
        ("tmpfs", "/run", "mode=755"),
    ] {
        filesystem(kind, point, options);
    }
    for (name, leads_to) in
        [("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")]
    {
        symlink(leads_to, Path::new("/dev").join(name)).expect("a link in /dev");
    }
}

/// The tests' folders lie on a disk, as on most machines: not all is the same in memory.
fn mount_disk() {
    const DISK: &str = "/dev/nullb1";
    let arguments = ["-q", "-t", "ext4", "-O", "^has_journal", DISK];
    let made = Command::new("/sbin/mke2fs").args(arguments).status().expect("mke2fs");
    assert!(made.success(), "{made}");
    let none = None::<&str>;
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    fs::create_dir("/.disk").expect("an empty folder");
    mount(Some(DISK), "/.disk", Some("ext4"), flags, none).expect("a disk");
    // The project itself may lie in /tmp.
    for entry in fs::read_dir("/tmp").expect("/tmp") {
        let entry = entry.expect("an entry");
        let shown = Path::new("/.disk").join(entry.file_name());
        fs::create_dir(&shown).expect("a folder on the disk");
        mount(Some(&entry.path()), &shown, none, MsFlags::MS_BIND, none).expect("a bind on the disk");
    }
    mount(Some("/.disk"), "/tmp", none, MsFlags::MS_MOVE, none).expect("a disk on /tmp");
    fs::remove_dir("/.disk").expect("our folder");
    fs::set_permissions("/tmp", fs::Permissions::from_mode(0o1777)).expect("our folder");
}

/// One layout, as systemd mounts it.
fn mount_cgroups(layout: &str) {
    const BASE: &str = "/sys/fs/cgroup";
    if layout == "v2" {
        return filesystem("cgroup2", BASE, "");
    }
    filesystem("tmpfs", BASE, "mode=755");
    let kernel = fs::read_to_string("/proc/cgroups").expect("a kernel with cgroups");
    let has = |name: &str| kernel.lines().any(|line| line.split('\t').next() == Some(name));
    // Two of them are mounted together, and lie under the name of both.
    for set in ["cpu,cpuacct", "cpuset", "memory", "blkio", "pids", "freezer", "devices", "net_cls,net_prio"]
    {
        if set.split(',').all(has) {
            filesystem("cgroup", &format!("{BASE}/{set}"), set);
        }
    }
    if layout == "hybrid" {
        filesystem("cgroup2", &format!("{BASE}/unified"), "");
    }
}

fn load(path: &str, arguments: &str) {
    let file = fs::File::open(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let arguments = CString::new(arguments).expect("no null");
    // SAFETY: a C string; the call keeps no pointer.
    let result = unsafe { libc::syscall(libc::SYS_finit_module, file.as_raw_fd(), arguments.as_ptr(), 0) };
    assert!(result == 0, "{path}: {}", std::io::Error::last_os_error());
}

fn loopback_up() {
    // SAFETY: plain integers and a zeroed structure that the ioctls fill in.
    unsafe {
        let socket = libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0);
        let mut request: libc::ifreq = std::mem::zeroed();
        request.ifr_name[..2].copy_from_slice(&[b'l' as libc::c_char, b'o' as libc::c_char]);
        request.ifr_ifru.ifru_flags = libc::IFF_UP as libc::c_short;
        let result = libc::ioctl(socket, libc::SIOCSIFFLAGS as _, &raw const request);
        assert!(result == 0, "lo: {}", std::io::Error::last_os_error());
        libc::close(socket);
    }
}

/// Runs a job to its end; its output goes to the console line by line.
fn work(job: &Job) -> bool {
    let start = Instant::now();
    tell(&format!("start {}", job.name));
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let mut command = Command::new(&job.program);
    command
        .args(&job.arguments)
        .env_clear()
        .envs(&job.environment)
        .current_dir(&job.folder)
        .stdin(Stdio::null())
        .stdout(writer.try_clone().expect("a descriptor"))
        .stderr(writer);
    let child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            tell(&format!("{}: {error}", job.program));
            return false;
        }
    };
    // The pipe's own ends are closed with the command.
    drop(command);
    // What outlives its test may hold the pipe open: the job's end counts, not the pipe's.
    let copier = std::thread::spawn(move || copy(reader));
    let code = reap_until(child.id());
    let waited = Instant::now();
    while !copier.is_finished() && waited.elapsed() < Duration::from_secs(2) {
        std::thread::sleep(Duration::from_millis(5));
    }
    tell(&format!("exit {} {code} {:.1}", job.name, start.elapsed().as_secs_f64()));
    code == 0
}

/// Reaps whoever ends, as PID 1 of a host does, until it is this child: its exit code. What
/// killed launchers leave is reaped by nobody else, and a pid namespace ends only when all
/// who were born in it have been reaped.
fn reap_until(child: u32) -> i32 {
    use nix::sys::wait::{WaitStatus, wait};
    let is_it = |pid: nix::unistd::Pid| u32::try_from(pid.as_raw()) == Ok(child);
    loop {
        match wait() {
            Ok(WaitStatus::Exited(pid, code)) if is_it(pid) => return code,
            Ok(WaitStatus::Signaled(pid, ..)) if is_it(pid) => return -1,
            Ok(_) | Err(nix::Error::EINTR) => {}
            Err(error) => panic!("no child to wait for: {error}"),
        }
    }
}

fn copy(reader: impl Read) {
    let mut reader = BufReader::new(reader);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(&line).and_then(|()| out.flush());
        line.clear();
    }
}
