//! Folders of the rootfs are exchanged with links while the container starts, by a
//! process that shares them.
#![allow(unsafe_code)]

use crate::common::{Running, Sandbox};
use std::ffi::CString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How often a container is started against it.
const LAUNCHES: usize = 25;

/// Exchanges two names for as long as it lives.
struct Swapper {
    stop: Arc<AtomicBool>,
    count: Arc<AtomicU64>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Swapper {
    fn new(one: &Path, other: &Path) -> Self {
        let name = |path: &Path| CString::new(path.as_os_str().as_bytes()).expect("no null");
        let (one, other) = (name(one), name(other));
        let (stop, count) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (stops, counts) = (Arc::clone(&stop), Arc::clone(&count));
        let exchange = move || {
            let (here, flags) = (libc::AT_FDCWD, libc::RENAME_EXCHANGE);
            // musl has no function for it, and nix none without one.
            // SAFETY: the call reads two strings, which live on.
            let done = unsafe {
                libc::syscall(libc::SYS_renameat2, here, one.as_ptr(), here, other.as_ptr(), flags)
            };
            done == 0
        };
        let thread = std::thread::spawn(move || {
            while !stops.load(Ordering::Relaxed) {
                if exchange() {
                    counts.fetch_add(1, Ordering::Relaxed);
                }
                // Long enough for several steps of init's to see one state.
                std::thread::sleep(std::time::Duration::from_micros(50));
            }
        });
        Self { stop, count, thread: Some(thread) }
    }
}

impl Drop for Swapper {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the thread ends");
        }
        assert!(self.count.load(Ordering::Relaxed) > 20, "names were exchanged");
    }
}

/// A rootfs whose folder `name` is exchanged with a link to `leads_to`.
fn prepare(sandbox: &Sandbox, name: &str, leads_to: &Path) {
    for folder in ["dev", "proc", "sys", "etc", "srv"] {
        fs::create_dir_all(sandbox.rootfs().join(folder)).expect("a folder");
    }
    symlink(leads_to, sandbox.rootfs().join("swap")).expect("a link");
    assert!(sandbox.rootfs().join(name).is_dir());
}

fn outside(sandbox: &Sandbox) -> std::path::PathBuf {
    for file in ["null", "sysrq-trigger", "kcore", "console", "hosts", "self/oom_score_adj"] {
        sandbox.write(&format!("outside/{file}"), "the host's\n");
    }
    for folder in ["sys/kernel", "bus", "fs", "irq", "firmware", "pts", "shm"] {
        fs::create_dir_all(sandbox.path("outside").join(folder)).expect("a folder");
    }
    sandbox.path("outside")
}

/// Everything below, with what is in it.
fn listing(folder: &Path) -> Vec<String> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").filter_map(Result::ok) {
        let path = entry.path();
        let text = if path.is_dir() { String::new() } else { fs::read_to_string(&path).expect("a file") };
        all.push(format!("{} {text}", path.display()));
        if path.is_dir() {
            all.extend(listing(&path));
        }
    }
    all.sort();
    all
}

/// The mounts on a file system of this type that is mounted whole: their last names.
pub fn covered(mountinfo: &str, kind: &str) -> Vec<(String, String)> {
    let lines: Vec<Vec<&str>> = mountinfo.lines().map(|line| line.split(' ').collect()).collect();
    let kind_of = |fields: &Vec<&str>| {
        fields.iter().position(|field| *field == "-").map_or(String::new(), |at| fields[at + 1].to_owned())
    };
    let whole = lines.iter().find(|fields| fields[3] == "/" && kind_of(fields) == kind);
    let Some(whole) = whole else { return Vec::new() };
    let on_it = lines.iter().filter(|fields| fields[1] == whole[0]);
    let name = |point: &str| point.rsplit('/').next().unwrap_or_default().to_owned();
    on_it.map(|fields| (name(fields[4]), fields[5].to_owned())).collect()
}

/// Starts containers while `name` is exchanged: how many started, and that those have
/// all that covers kernel files.
fn race(name: &str, link_inside: bool, rest: &str) -> usize {
    let Some(sandbox) = Sandbox::new(&[]) else { return LAUNCHES };
    let outside = outside(&sandbox);
    if link_inside {
        fs::rename(&outside, sandbox.rootfs().join("decoy")).expect("the same folder inside");
        fs::create_dir(&outside).expect("a folder");
        prepare(&sandbox, name, Path::new("decoy"));
        sandbox.write(&format!("rootfs/{name}/hosts"), "");
    } else {
        prepare(&sandbox, name, &outside);
    }
    let before = listing(&outside);
    let rest = format!("rootfs = {{ source = \"./rootfs\", mode = \"read-write\" }}\n{rest}");
    let mut started = 0;
    let mut uncovered = Vec::new();
    let swapper = Swapper::new(&sandbox.rootfs().join(name), &sandbox.rootfs().join("swap"));
    for _ in 0..LAUNCHES {
        let profile = sandbox.profile(&["/probe", "line"], &rest).display().to_string();
        let mut command = sandbox.command(&["up", &profile, "--interactive"]);
        command.stdin(std::process::Stdio::piped());
        let mut running = Running::start(command);
        let ready = running.next_line();
        if ready.as_deref() == Some("ready") {
            started += 1;
            let mounts = running.payload_file("mountinfo");
            let cwd = format!("/proc/{}/cwd", running.payload());
            let identity = |path: &Path| {
                let found = fs::metadata(path).expect("a folder");
                (found.dev(), found.ino())
            };
            if identity(Path::new(&cwd)) == identity(&outside) {
                uncovered.push("its working folder is outside".to_owned());
            }
            let on_proc = covered(&mounts, "proc");
            // In the folder and where the link leads there is one that must be covered.
            let is_hosts = |point: &str| point.ends_with("/hosts") && point != "/etc/hosts";
            let mut points = mounts.lines().filter_map(|line| line.split(' ').nth(4));
            if rest.contains("/srv/hosts") && link_inside && !points.any(is_hosts) {
                uncovered.push(format!("the profile's own path is not masked: {mounts}"));
            }
            // A list of the profile's own takes the place of the built-in one.
            let built_in = !rest.contains("_paths");
            for path in ["bus", "fs", "irq", "sys", "sysrq-trigger"].into_iter().filter(|_| built_in) {
                let found = on_proc.iter().find(|(name, _)| name == path);
                if Path::new("/proc").join(path).exists()
                    && found.is_none_or(|(_, options)| !options.split(',').any(|option| option == "ro"))
                {
                    uncovered.push(format!("{path} is not protected: {on_proc:?}"));
                }
            }
            for path in ["kcore", "keys", "timer_list", "interrupts"].into_iter().filter(|_| built_in) {
                if Path::new("/proc").join(path).exists() && !on_proc.iter().any(|(name, _)| name == path) {
                    uncovered.push(format!("{path} is not masked: {on_proc:?}"));
                }
            }
            if built_in && Path::new("/sys/firmware").exists() && covered(&mounts, "sysfs").is_empty() {
                uncovered.push(format!("/sys/firmware is not masked: {mounts}"));
            }
        }
        drop(running.stdin());
        let ended = running.end();
        assert!([0, 125].contains(&ended.code()), "{ended:?}");
    }
    drop(swapper);
    assert_eq!(listing(&outside), before, "what is outside the rootfs was written");
    assert!(uncovered.is_empty(), "{} of {started}: {}", uncovered.len(), uncovered[0]);
    started
}

#[test]
fn cve_2021_30465_proc_swapped_with_a_folder_of_the_rootfs() {
    assert!(race("proc", true, "") > 0, "some get through to the command");
}

#[test]
fn cve_2019_19921_proc_swapped_with_a_link_out() {
    race("proc", false, "oom_score_adj = 500");
}

#[test]
fn cve_2025_52881_proc_swapped_while_sysctls_are_written() {
    let rest = "oom_score_adj = 500\nsecurity.sysctls.\"net.ipv4.ip_forward\" = \"1\"";
    assert!(race("proc", true, rest) > 0, "some get through to the command");
}

#[test]
fn cve_2025_31133_dev_swapped_while_masks_are_made() {
    assert!(race("dev", true, "") > 0, "some get through to the command");
    race("dev", false, "");
}

#[test]
fn cve_2025_52565_console_swapped() {
    race("dev", false, "tty = true");
}

#[test]
fn cve_2024_45310_targets_of_mounts_swapped() {
    race(
        "srv",
        false,
        "[mounts]\n\"/srv/made/deep\" = { type = \"tmpfs\" }\n\"/srv/file\" = { content = \"x\" }",
    );
}

#[test]
fn sys_and_etc_swapped() {
    assert!(race("sys", true, "") > 0, "some get through to the command");
    race("etc", false, "");
}

#[test]
fn the_working_folder_swapped() {
    race("srv", false, "working_dir = \"/srv\"");
    assert!(race("srv", true, "working_dir = \"/srv\"") > 0, "some get through to the command");
}

#[test]
fn paths_that_are_to_be_covered_swapped() {
    let rest = "masked_paths = [\"/srv/hosts\", \"/srv/bus\"]\nread_only_paths = [\"/srv\"]";
    race("srv", false, rest);
    assert!(race("srv", true, rest) > 0, "some get through to the command");
}
