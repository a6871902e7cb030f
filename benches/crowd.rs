//! Launches that are not alone: with many mounts on the host, and many of them at once.

use std::collections::BTreeMap;
use std::ffi::{CString, OsString};
use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::ptr;
use std::time::Instant;

use crate::runner::{Launch, Result, SEED, Streams, shuffle, words};
use crate::{Bench, Contestant, Job, checked, find, interruption, oci_config};

/// Mounts that a crowded host has more than this one.
pub const MOUNTS: usize = 500;

/// Launches that run side by side, and how often that is done.
const AT_ONCE: usize = 100;
const ROUNDS: usize = 5;

/// A mount namespace like the host's, or like that without the cgroup2 tree, with [`MOUNTS`]
/// mounts more: the host never sees them.
pub fn namespace(bench: &Bench, without_unified: bool) -> io::Result<OwnedFd> {
    let folder = bench.folder.join("mounts");
    let mut points = Vec::with_capacity(MOUNTS);
    for number in 0..MOUNTS {
        let point = folder.join(number.to_string());
        fs::create_dir_all(&point)?;
        points.push(CString::new(point.as_os_str().as_bytes())?);
    }
    bench.enter(without_unified)?;
    // SAFETY: valid C strings; this process has one thread, so it may change its namespace, and the
    // host's is entered again whatever happened in between.
    let crowded = unsafe {
        let private = libc::MS_REC | libc::MS_PRIVATE;
        checked(libc::unshare(libc::CLONE_NEWNS)).and_then(|()| {
            checked(libc::mount(ptr::null(), c"/".as_ptr(), ptr::null(), private, ptr::null()))?;
            for point in &points {
                checked(libc::mount(
                    point.as_ptr(),
                    point.as_ptr(),
                    ptr::null(),
                    libc::MS_BIND,
                    ptr::null(),
                ))?;
            }
            File::open("/proc/self/ns/mnt")
        })
    };
    bench.enter(false)?;
    Ok(crowded?.into())
}

/// What the mounts cost each.
pub fn report_mounts(all: &[Contestant], alone: &[Vec<f64>], crowded: &[Vec<f64>]) {
    let p10 = |list: &Vec<f64>| list.get(list.len() / 10).copied();
    println!();
    println!("The same with {MOUNTS} mounts more    p10   median     more  release");
    println!("on the host, same rounds        ms       ms  µs, p10     / it");
    let ours = p10(&crowded[0]);
    for ((contestant, alone), crowded) in all.iter().zip(alone).zip(crowded) {
        let (Some(before), Some(fast)) = (p10(alone), p10(crowded)) else { continue };
        let ratio = ours.map_or(f64::NAN, |ours| ours / fast);
        println!(
            "{:<27}{fast:>7.2} {:>8.2} {:>8.0} {ratio:>8.2}",
            contestant.name,
            crowded[crowded.len() / 2],
            (fast - before) * 1e3,
        );
    }
}

/// One that is run many times at once.
struct Crowd<'a> {
    contestant: &'a Contestant,
    launches: Vec<Launch>,
    /// Milliseconds of each round, and of every single launch.
    totals: Vec<f64>,
    each: Vec<f64>,
}

/// Starts [`AT_ONCE`] launches one right after the other and waits for all of them, on two cores.
pub fn side_by_side(bench: &Bench, all: &[Contestant], running: &[usize]) -> Result<()> {
    let names = ["tinydocker release", "tinydocker plain", "bwrap", "crun", "runc"];
    let mut crowds = Vec::new();
    for contestant in running.iter().map(|&i| &all[i]).filter(|it| names.contains(&it.name)) {
        let launches: Result<Vec<Launch>> =
            (0..AT_ONCE).map(|number| Launch::new(line(bench, contestant, number)?)).collect();
        crowds.push(Crowd { contestant, launches: launches?, totals: Vec::new(), each: Vec::new() });
    }
    let cores = two_cores().map_err(|e| format!("sched_setaffinity: {e}"))?;
    let mut order: Vec<usize> = (0..crowds.len()).collect();
    let mut random = SEED;
    let streams = Streams::new(None, true);
    let mut failed = Ok(());
    'rounds: for _ in 0..ROUNDS {
        shuffle(&mut order, &mut random);
        for &i in &order {
            failed = round(bench, &mut crowds[i], &streams);
            if failed.is_err() {
                break 'rounds;
            }
        }
    }
    set_cores(&cores).map_err(|e| format!("sched_setaffinity: {e}"))?;
    bench.enter(false).map_err(|e| format!("setns: {e}"))?;
    failed?;

    println!();
    println!("{AT_ONCE} launches at once, 2 cores,   all   a launch   latency  release");
    println!("median of {ROUNDS} rounds          ms   ms, all/{AT_ONCE}    median     / it");
    let median = |list: &[f64]| {
        let mut list = list.to_vec();
        list.sort_by(f64::total_cmp);
        list.get(list.len() / 2).copied().unwrap_or(f64::NAN)
    };
    let ours = crowds.first().map_or(f64::NAN, |crowd| median(&crowd.totals));
    for crowd in &crowds {
        let total = median(&crowd.totals);
        let ratio = ours / total;
        println!(
            "{:<24}{total:>9.1} {:>10.2} {:>9.1} {ratio:>8.2}",
            crowd.contestant.name,
            total / AT_ONCE as f64,
            median(&crowd.each),
        );
    }
    Ok(())
}

/// All launches of one, from the start of the first to the end of the last.
fn round(bench: &Bench, crowd: &mut Crowd<'_>, streams: &Streams) -> Result<()> {
    let name = crowd.contestant.name;
    bench.enter(crowd.contestant.without_unified).map_err(|e| format!("setns: {e}"))?;
    let mut started = BTreeMap::new();
    let begin = Instant::now();
    for launch in &crowd.launches {
        let pid = launch.spawn(streams).map_err(|e| format!("{name}: {e}"))?;
        started.insert(pid, Instant::now());
    }
    let mut bad = None;
    while !started.is_empty() {
        let mut status = 0;
        // SAFETY: `status` outlives the call. All children of this process are these.
        let pid = unsafe { libc::waitpid(-1, &mut status, 0) };
        let Some(start) = started.remove(&pid) else {
            if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted {
                continue;
            }
            return Err(format!("{name}: a launch can't be waited for"));
        };
        crowd.each.push(start.elapsed().as_secs_f64() * 1e3);
        if !libc::WIFEXITED(status) || libc::WEXITSTATUS(status) != 0 {
            bad = Some(status);
        }
    }
    crowd.totals.push(begin.elapsed().as_secs_f64() * 1e3);
    interruption()?;
    match bad {
        None => Ok(()),
        Some(status) => Err(format!("{name}: one of {AT_ONCE} at once ended with status {status:#x}")),
    }
}

/// The argument vector of one of many: with a name of its own.
fn line(bench: &Bench, contestant: &Contestant, number: usize) -> Result<Vec<OsString>> {
    let mut line = (contestant.line)(Job::True);
    match contestant.name {
        "tinydocker release" | "tinydocker plain" => {
            line.extend(words(["--name".to_owned(), format!("bench-{number}")]));
        }
        "crun" | "runc" => {
            // The bundle names the group.
            let bundle = bench.folder.join(format!("crowd-{}-{number}", contestant.name));
            let group = format!("/{}/{}-{number}", bench.name, contestant.name);
            let config = oci_config(&bench.rootfs, Job::True, Some(group));
            let written = fs::create_dir_all(&bundle)
                .and_then(|()| fs::write(bundle.join("config.json"), config.to_string()));
            written.map_err(|e| format!("{}: {e}", bundle.display()))?;
            let program = find(contestant.name).ok_or("it was there before")?;
            let state = bench.run.join(contestant.name);
            line = words([program.as_os_str(), "--root".as_ref(), state.as_os_str()]);
            if contestant.name == "crun" {
                line.extend(words(["--cgroup-manager", "cgroupfs"]));
            }
            line.extend(words(["run".as_ref(), "--bundle".as_ref(), bundle.as_os_str()]));
            line.push(format!("{}-{number}", bench.name).into());
        }
        _ => {}
    }
    Ok(line)
}

/// Leaves this process, and so its children, two of its cores at most; gives what it had.
fn two_cores() -> io::Result<libc::cpu_set_t> {
    // SAFETY: sets are plain bits, for which zero is valid, and of the size that is given.
    unsafe {
        let mut had: libc::cpu_set_t = std::mem::zeroed();
        checked(libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &mut had))?;
        let mut two: libc::cpu_set_t = std::mem::zeroed();
        let cores = (0..libc::CPU_SETSIZE as usize).filter(|&core| libc::CPU_ISSET(core, &had));
        cores.take(2).for_each(|core| libc::CPU_SET(core, &mut two));
        set_cores(&two)?;
        Ok(had)
    }
}

fn set_cores(cores: &libc::cpu_set_t) -> io::Result<()> {
    // SAFETY: a set of the size that is given.
    checked(unsafe { libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), cores) })
}
