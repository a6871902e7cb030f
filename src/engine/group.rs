//! One cgroup: made, limited, emptied, removed.

use crate::plan::Join;
use crate::sys::{self, Call, Errno, file, process, signal};
use std::ffi::{CStr, CString};
use std::fs;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long a group may take to become empty after its processes were killed.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often a parent may go away between being made and being used.
const RACES: usize = 20;

/// What [`make`] returns: the descriptor by which PID 1 joins, and the lock of the
/// tracking group, held as long as the launcher lives: a repair that finds it taken
/// knows that the groups are not those of the record in its hand.
pub(super) struct Made {
    pub join: OwnedFd,
    pub lock: Option<OwnedFd>,
}

fn c_path(path: &str) -> sys::Result<CString> {
    CString::new(path).map_err(|_| sys::Error::new(Call::Open, Errno::EINVAL))
}

/// A folder can't be locked; of the files in it every version has this one.
fn lock_file(path: &str) -> sys::Result<CString> {
    c_path(&format!("{path}/cgroup.procs"))
}

/// Makes the group's folder, with those of its parents that are missing, and opens what
/// PID 1 joins it by. Leaves nothing on failure.
pub(super) fn make(path: &str, parents: &[String], join: Join, tracking: bool) -> sys::Result<Made> {
    let folder = c_path(path)?;
    make_folders(&folder, parents).inspect_err(|_| remove_parents(parents))?;
    let opened = (|| {
        let lock = tracking.then(|| file::open_write(&lock_file(path)?)).transpose()?;
        if let Some(lock) = &lock {
            file::try_lock(lock.as_fd())?;
        }
        let join = match join {
            Join::Tasks => file::open_write(&c_path(&format!("{path}/tasks"))?)?,
            Join::Clone => file::open_folder(&folder)?,
        };
        Ok(Made { join, lock })
    })();
    if opened.is_err() {
        // The first error is the one to report; a new, empty group can be removed.
        let _ = file::remove_host_folder(&folder);
        remove_parents(parents);
    }
    opened
}

/// Marks a group as one that was made for containers, by the very call that makes it.
/// The bit means nothing in a folder that only root can write to.
const STICKY: u32 = 0o1000;

fn make_folders(folder: &CStr, parents: &[String]) -> sys::Result<()> {
    for _ in 0..RACES {
        for parent in parents {
            match file::make_host_folder(&c_path(parent)?, STICKY | 0o755) {
                Err(error) if !matches!(error.errno, Errno::EEXIST | Errno::ENOENT) => return Err(error),
                _ => {}
            }
        }
        match file::make_host_folder(folder, 0o755) {
            // The last other container in a parent has just ended, and taken it along.
            Err(error) if error.errno == Errno::ENOENT && !parents.is_empty() => {}
            result => return result,
        }
    }
    file::make_host_folder(folder, 0o755)
}

/// Removes the parents that were made for containers and have none in them any more. One
/// that is in use stays for whoever uses it.
fn remove_parents(parents: &[String]) {
    for parent in parents.iter().rev() {
        let marked = fs::metadata(parent).is_ok_and(|it| it.permissions().mode() & STICKY != 0);
        if !marked || c_path(parent).and_then(|path| file::remove_host_folder(&path)).is_err() {
            return;
        }
    }
}

/// Copies cores and memory nodes down, into groups that have none.
///
/// # Errors
/// The error, and the file it is about.
pub(super) fn inherit_cpuset(paths: &[String]) -> Result<(), (sys::Error, String)> {
    for path in paths {
        let Some((above, _)) = path.rsplit_once('/') else { continue };
        for name in ["cpuset.cpus", "cpuset.mems"] {
            let read = |folder: &str| {
                let file = format!("{folder}/{name}");
                fs::read_to_string(&file).map_err(|error| (sys::Error::from_io(Call::Read, &error), file))
            };
            if !read(path)?.trim().is_empty() {
                continue;
            }
            let value = read(above)?;
            let file = format!("{path}/{name}");
            c_path(&file)
                .and_then(|file| file::open_write(&file))
                .and_then(|open| file::write_once(open.as_fd(), value.trim().as_bytes()))
                .map_err(|error| (error, file))?;
        }
    }
    Ok(())
}

/// Why groups below another can't be limited.
#[derive(Debug)]
pub(super) enum NotLimiting {
    /// Processes are in the other itself, by name and number.
    Occupied(Vec<String>),
    /// A call failed.
    System(sys::Error),
}

impl From<sys::Error> for NotLimiting {
    fn from(error: sys::Error) -> Self {
        Self::System(error)
    }
}

/// Adds controllers to `cgroup.subtree_control` of a v2 folder.
///
/// A group with processes of its own is refused before anything is written. Of memory and
/// io the kernel says EBUSY by itself; of cpu, cpuset and pids it takes the word, makes the
/// group one of threads, and then no process can be put below it any more.
pub(super) fn enable_controllers(path: &str, controllers: &[String]) -> Result<(), NotLimiting> {
    // The root is free of the rule, and has no type.
    if Path::new(path).join("cgroup.type").exists() {
        let inside = processes(path)?;
        if !inside.is_empty() {
            return Err(NotLimiting::Occupied(inside.into_iter().map(named).collect()));
        }
    }
    let wanted: Vec<String> = controllers.iter().map(|c| format!("+{c}")).collect();
    let control = file::open_write(&c_path(&format!("{path}/cgroup.subtree_control"))?)?;
    Ok(file::write_once(control.as_fd(), wanted.join(" ").as_bytes())?)
}

/// Moves this process from its own group to a leaf of that.
pub(super) fn leave(group: &str, leaf: &str) -> Result<(), NotLimiting> {
    let own = std::process::id().cast_signed();
    let others: Vec<i32> = processes(group)?.into_iter().filter(|pid| *pid != own).collect();
    if !others.is_empty() {
        return Err(NotLimiting::Occupied(others.into_iter().map(named).collect()));
    }
    match file::make_host_folder(&c_path(leaf)?, 0o755) {
        Err(error) if error.errno != Errno::EEXIST => return Err(error.into()),
        _ => {}
    }
    let processes = file::open_write(&c_path(&format!("{leaf}/cgroup.procs"))?)?;
    Ok(file::write_once(processes.as_fd(), b"0")?)
}

/// The processes of a group, but for those of the groups below it. One that this pid
/// namespace does not show is 0.
fn processes(path: &str) -> sys::Result<Vec<i32>> {
    let text = fs::read_to_string(Path::new(path).join("cgroup.procs"))
        .map_err(|error| sys::Error::from_io(Call::Read, &error))?;
    Ok(text.lines().filter_map(|pid| pid.parse().ok()).collect())
}

/// `sleep (4711)`
fn named(pid: i32) -> String {
    match fs::read_to_string(format!("/proc/{pid}/comm")) {
        Ok(name) => format!("{} ({pid})", name.trim_end()),
        Err(_) if pid == 0 => "one of another pid namespace".to_owned(),
        Err(_) => pid.to_string(),
    }
}

/// Thaws a v1 group and those below it: SIGKILL does not end what stands still there.
pub(super) fn thaw(path: &str) {
    // Who is not frozen, or not in v1, has nothing to thaw.
    let _ = fs::write(Path::new(path).join("freezer.state"), "THAWED");
    for entry in fs::read_dir(path).into_iter().flatten().filter_map(Result::ok) {
        if entry.file_type().is_ok_and(|kind| kind.is_dir())
            && let Some(below) = entry.path().to_str()
        {
            thaw(below);
        }
    }
}

/// Writes a limit and reads it back; with `line`, the line that begins with that word.
///
/// Returns what the kernel answers if that is not `expect`.
pub(super) fn set_limit(
    path: &str,
    value: &str,
    expect: &str,
    line: Option<&str>,
) -> sys::Result<Option<String>> {
    let limit = file::open_read_write(&c_path(path)?)?;
    file::write_once(limit.as_fd(), value.as_bytes())?;
    let answer = file::read_again(limit.as_fd())?;
    let answer = match line {
        Some(word) => answer.lines().find(|line| line.split(' ').next() == Some(word)).unwrap_or("nothing"),
        None => &answer,
    };
    let answer = answer.trim();
    Ok((answer != expect).then(|| answer.to_owned()))
}

/// Whether another launcher, of another state folder, has this tracking group.
pub(super) fn is_locked(path: &str) -> bool {
    let lock = lock_file(path).and_then(|file| file::open_write(&file));
    lock.is_ok_and(|lock| matches!(file::try_lock(lock.as_fd()), Ok(false)))
}

/// Kills whatever is in the group and removes it with the groups below it, and then the
/// parents that were made for it. A group that does not exist is no error.
pub(super) fn remove(path: &str, parents: &[String]) -> sys::Result<()> {
    remove_group(path).inspect(|()| remove_parents(parents))
}

fn remove_group(path: &str) -> sys::Result<()> {
    let folder = c_path(path)?;
    let started = Instant::now();
    let mut pause = Duration::from_micros(50);
    loop {
        match file::remove_host_folder(&folder) {
            Err(error) if error.errno == Errno::EBUSY && started.elapsed() < PATIENCE => {
                kill(path);
                remove_below(path);
                // Killed processes leave the group when they have been reaped.
                std::thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(20));
            }
            Err(error) if error.errno == Errno::ENOENT => return Ok(()),
            result => return result,
        }
    }
}

fn remove_below(path: &str) {
    for entry in fs::read_dir(path).into_iter().flatten().filter_map(Result::ok) {
        if entry.file_type().is_ok_and(|kind| kind.is_dir())
            && let Some(below) = entry.path().to_str()
        {
            kill(below);
            remove_below(below);
            let _ = fs::remove_dir(below);
        }
    }
}

/// SIGKILL for every process of a group and of those below it. Failures show in the
/// removal that follows.
fn kill(path: &str) {
    if fs::write(Path::new(path).join("cgroup.kill"), "1").is_ok() {
        return;
    }
    // v1: what forks faster than it is read stands still while the group is frozen;
    // SIGKILL acts when it is thawed.
    let freezer = Path::new(path).join("freezer.state");
    let frozen = fs::write(&freezer, "FROZEN").is_ok();
    let processes = fs::read_to_string(Path::new(path).join("cgroup.procs")).unwrap_or_default();
    // One that has ended meanwhile is no error.
    processes
        .lines()
        .filter_map(|pid| pid.parse().ok())
        .for_each(|pid| process::kill(pid, signal::number::KILL));
    if frozen {
        let _ = fs::write(&freezer, "THAWED");
    }
}

/// What the kernel knows about memory after a payload has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryEvents {
    /// Processes that the OOM killer ended for want of memory in this group.
    pub oom_kills: u64,
    /// Most bytes ever charged.
    pub peak: Option<u64>,
}

/// Reads the OOM counter and the peak of a memory group, v1 or v2.
pub(super) fn memory_events(path: &str) -> Option<MemoryEvents> {
    let read = |name: &str| fs::read_to_string(Path::new(path).join(name)).ok();
    let events = read("memory.events").or_else(|| read("memory.oom_control"))?;
    let peak = read("memory.peak").or_else(|| read("memory.max_usage_in_bytes"));
    Some(MemoryEvents { oom_kills: oom_kills(&events)?, peak: peak.and_then(|p| p.trim().parse().ok()) })
}

/// How often a group's limit of tasks has refused one, v1 or v2.
pub(super) fn refused_tasks(path: &str) -> Option<u64> {
    count(&fs::read_to_string(Path::new(path).join("pids.events")).ok()?, "max ")
}

fn oom_kills(events: &str) -> Option<u64> {
    count(events, "oom_kill ")
}

fn count(events: &str, name: &str) -> Option<u64> {
    events.lines().find_map(|line| line.strip_prefix(name))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oom_counter_is_found_in_both_versions() {
        assert_eq!(oom_kills("oom_kill_disable 0\nunder_oom 0\noom_kill 3\n"), Some(3));
        assert_eq!(oom_kills("low 0\nhigh 0\nmax 9\noom 1\noom_kill 1\noom_group_kill 0\n"), Some(1));
        assert_eq!(oom_kills("low 0\n"), None);
    }

    #[test]
    fn removing_what_is_not_there_is_no_error() {
        assert_eq!(remove("/sys/fs/cgroup/none/such/group", &["/sys/fs/cgroup/none".into()]), Ok(()));
    }
}
