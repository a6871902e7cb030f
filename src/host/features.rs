//! What a kernel may lack, what of the language needs it, and how it is tried out.
//!
//! Nothing is concluded from a version: what is missing from a new kernel's build, closed
//! by a filter around this process, or brought to an old kernel, shows in the answer.

use crate::sys::clone::Namespace;
use crate::sys::probe::{self, in_child};
use crate::sys::{self, Call, Errno, Error, bpf, file, machine, memfd, mount, process, user_namespace};
use serde::{Deserialize, Serialize};
use std::ffi::CString;
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;

/// Something of the kernel or the system that profiles may need.
#[derive(Debug)]
pub struct Feature {
    /// Its name in the report. Stable: tools may rely on it.
    pub name: &'static str,
    /// What it is, for people.
    pub what: &'static str,
    /// Keys whose effect rests on it.
    pub keys: &'static [&'static str],
    /// When nothing can be launched without it.
    pub required: Required,
    /// What it means that it is not there: what is refused, and what to write or to do.
    pub without: &'static str,
    try_it: fn(&Context<'_>) -> Answer,
}

/// Which launches need something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Required {
    /// None but those whose profile asks for it.
    No,
    /// All.
    Always,
    /// All, on hosts with a cgroup2 tree.
    WithUnified,
}

/// Whether something is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It was tried and works.
    Ok,
    /// This host does not have it.
    Missing,
    /// It is there and closed to the caller.
    Refused,
    /// It could not be tried, or failed in a way that says neither.
    Unknown,
}

/// What was found of a [`Feature`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// [`Feature::name`].
    pub name: String,
    /// Whether it is there.
    pub state: State,
    /// The system call and its errno, or where it was found.
    pub detail: Option<String>,
}

/// What a feature needs to know in order to be tried.
pub(super) struct Context<'a> {
    /// A folder of the cgroup2 tree that groups are made in, if there is a tree.
    pub(super) unified: Option<&'a str>,
    /// The folder of the v1 memory controller.
    pub(super) memory: Option<&'a str>,
    /// The folder of the v1 cpu controller.
    pub(super) cpu: Option<&'a str>,
    /// What weighs block I/O.
    pub(super) weighing: super::Weighing,
}

type Answer = (State, Option<String>);

const EVERYTHING: &str = "nothing can be launched";

const fn feature(
    name: &'static str,
    what: &'static str,
    keys: &'static [&'static str],
    required: Required,
    without: &'static str,
    try_it: fn(&Context<'_>) -> Answer,
) -> Feature {
    Feature { name, what, keys, required, without, try_it }
}

/// All of them, in the order of the report.
pub static FEATURES: [Feature; 29] = [
    feature(
        "openat2",
        "paths of a rootfs are resolved inside of it",
        &["rootfs"],
        Required::Always,
        EVERYTHING,
        |_| answer(file::open_path(c"/").and_then(|root| file::open_in_root(root.as_fd(), c"/").map(drop))),
    ),
    feature("clone3", "makes the container's first process", &[], Required::Always, EVERYTHING, |_| {
        answer(probe::clone3())
    }),
    feature(
        "memfd_exec",
        "init is executed from a sealed file in memory; vm.memfd_noexec = 2 forbids that",
        &[],
        Required::Always,
        EVERYTHING,
        |_| answer(memfd::sealed_program(c"probe", b"").map(drop)),
    ),
    feature(
        "clone3_into_cgroup",
        "the first process begins in its group of the cgroup2 tree",
        &["cgroup"],
        Required::WithUnified,
        "nothing can be launched where there is a cgroup2 tree",
        |_| answer(probe::clone3_into_group()),
    ),
    feature(
        "mount_namespace",
        "the container's own mounts",
        &["mounts"],
        Required::Always,
        EVERYTHING,
        |_| answer(in_child(|| process::unshare(Namespace::Mount))),
    ),
    feature(
        "mount_api",
        "fsopen, fsmount, open_tree, mount_setattr and move_mount: mounts by descriptors",
        &["mounts"],
        Required::Always,
        EVERYTHING,
        |_| answer(in_child(mounts)),
    ),
    feature(
        "pid_namespace",
        "the container's own process numbers",
        &["namespaces.pid"],
        Required::No,
        "only profiles with namespaces.pid = \"host\" can be launched",
        |_| answer(in_child(|| process::unshare(Namespace::Pid))),
    ),
    feature(
        "ipc_namespace",
        "System V IPC and message queues of its own",
        &["namespaces.ipc"],
        Required::No,
        "only profiles with namespaces.ipc = \"host\" can be launched",
        |_| answer(in_child(|| process::unshare(Namespace::Ipc))),
    ),
    feature(
        "uts_namespace",
        "a host name of its own",
        &["namespaces.uts", "hostname", "domainname"],
        Required::No,
        "only profiles with namespaces.uts = \"host\" can be launched",
        |_| answer(in_child(|| process::unshare(Namespace::Uts))),
    ),
    feature(
        "cgroup_namespace",
        "a view of its own groups only",
        &["namespaces.cgroup"],
        Required::No,
        "only profiles with namespaces.cgroup = \"host\" can be launched",
        |_| answer(in_child(|| process::unshare(Namespace::Cgroup))),
    ),
    feature(
        "network_namespace",
        "a network of its own",
        &["network"],
        Required::No,
        "only profiles with network = \"host\" can be launched",
        |_| answer(in_child(|| process::unshare(Namespace::Net))),
    ),
    feature(
        "overlay",
        "changes lie above a root file system that stays as it is",
        &["rootfs.mode", "mounts.*.type"],
        Required::No,
        "rootfs.mode = \"overlay\" (the default) and \"persistent\" and mounts of type \"overlay\" fail; \
         write rootfs.mode = \"read-only\" or \"read-write\"",
        |_| answer(in_child(overlay)),
    ),
    feature(
        "devpts",
        "terminals of its own",
        &["tty"],
        Required::No,
        "profiles fail that do not write mounts.\"/dev/pts\" = false",
        |_| answer(in_child(|| mount::new_filesystem(c"devpts", &[], mount::Flags::NONE).map(drop))),
    ),
    feature(
        "mqueue",
        "POSIX message queues of its own on /dev/mqueue",
        &["mounts"],
        Required::No,
        "profiles fail that do not write mounts.\"/dev/mqueue\" = false",
        |_| answer(in_child(|| mount::new_filesystem(c"mqueue", &[], mount::Flags::NONE).map(drop))),
    ),
    feature(
        "seccomp_filter",
        "filters of system calls",
        &["security.seccomp"],
        Required::No,
        "security.seccomp is refused, and the default filter is left out",
        |_| match machine::has_seccomp_filters() {
            true => (State::Ok, None),
            false => (State::Missing, Some("seccomp(SECCOMP_GET_ACTION_AVAIL) is refused".to_owned())),
        },
    ),
    feature(
        "device_filter",
        "eBPF programs say which devices a group of the cgroup2 tree may use",
        &["devices"],
        Required::No,
        "`devices` fails where the v1 controller devices is not mounted either",
        |context| match context.unified {
            None => (State::Unknown, Some("there is no cgroup2 tree to ask".to_owned())),
            Some(path) => answer(c_text(path).and_then(|path| {
                let group = file::open_folder(&path)?;
                bpf::try_filter(group.as_fd())
            })),
        },
    ),
    feature(
        "user_namespaces",
        "maps of user numbers",
        &["rootfs.idmap", "mounts.*.idmap"],
        Required::No,
        "`idmap` is refused by the kernel; see sysctls",
        |_| answer(in_child(user_namespace::enter_own)),
    ),
    feature(
        "idmapped_mounts",
        "owners of files are mapped in a mount; tried on /",
        &["rootfs.idmap", "mounts.*.idmap"],
        Required::No,
        "`idmap` fails on file systems like that of /; leave it out",
        |_| answer(idmap(mount::open_tree(None, c"/", false))),
    ),
    feature(
        "idmapped_tmpfs",
        "the same on a file system in memory",
        &["rootfs.idmap", "mounts.*.idmap"],
        Required::No,
        "`idmap` fails on tmpfs; bind from a disk, or leave it out",
        |_| answer(idmap(mount::new_filesystem(c"tmpfs", &[], mount::Flags::NONE))),
    ),
    feature(
        "keyrings",
        "a session keyring of its own",
        &[],
        Required::No,
        "nothing is refused: there are no keys to hide",
        |_| answer(in_child(process::join_new_keyring)),
    ),
    feature(
        "cpu_bandwidth",
        "bounds of CPU time (CONFIG_CFS_BANDWIDTH)",
        &["cgroup.cpus", "cgroup.cpu_quota", "cgroup.cpu_period"],
        Required::No,
        "cgroup.cpus, cpu_quota and cpu_period fail",
        |context| group_file(context.cpu, "cpu.cfs_quota_us", context.unified, "cpu.max"),
    ),
    feature(
        "swap_accounting",
        "bounds of swap (CONFIG_SWAP; swapaccount=1 on old kernels)",
        &["cgroup.swap"],
        Required::No,
        "cgroup.swap fails",
        |context| {
            group_file(context.memory, "memory.memsw.limit_in_bytes", context.unified, "memory.swap.max")
        },
    ),
    feature(
        "io_weight",
        "a disk's scheduler is bfq, or its io.cost.qos is on: weights act",
        &["cgroup.io_weight"],
        Required::No,
        "cgroup.io_weight is refused",
        |context| match (context.weighing.bfq, context.weighing.cost) {
            (true, _) => (State::Ok, Some("bfq".to_owned())),
            (_, true) => (State::Ok, Some("io.cost.qos".to_owned())),
            _ => (State::Missing, Some("no disk has either".to_owned())),
        },
    ),
    feature(
        "tun",
        "/dev/net/tun, for VPNs in containers",
        &["devices"],
        Required::No,
        "devices.\"/dev/net/tun\" is refused, or can't be opened inside; `modprobe tun` may bring it",
        |_| device("/dev/net/tun"),
    ),
    feature(
        "fuse",
        "/dev/fuse, for file systems of programs",
        &["devices"],
        Required::No,
        "devices.\"/dev/fuse\" is refused, or can't be opened inside; `modprobe fuse` may bring it",
        |_| device("/dev/fuse"),
    ),
    feature("newuidmap", "maps of users for who is not root", &[], Required::No, NO_USE_YET, |_| {
        program("newuidmap")
    }),
    feature("newgidmap", "maps of groups for who is not root", &[], Required::No, NO_USE_YET, |_| {
        program("newgidmap")
    }),
    feature("pasta", "a network for who is not root", &[], Required::No, NO_USE_YET, |_| program("pasta")),
    feature(
        "kernel_log",
        "tells which system call a filter has killed a command for",
        &["security.seccomp"],
        Required::No,
        "the report of such an end does not name the call",
        |_| answer(file::read_kernel_log().map(drop)),
    ),
];

const NO_USE_YET: &str = "nothing is refused: only root launches so far";

/// The feature of this name.
pub fn feature_of(name: &str) -> Option<&'static Feature> {
    FEATURES.iter().find(|feature| feature.name == name)
}

/// Tries all of them.
pub(super) fn look(context: &Context<'_>) -> Vec<Finding> {
    FEATURES
        .iter()
        .map(|feature| {
            let (state, detail) = (feature.try_it)(context);
            Finding { name: feature.name.to_owned(), state, detail }
        })
        .collect()
}

fn answer(result: sys::Result<()>) -> Answer {
    let Err(error) = result else { return (State::Ok, None) };
    let state = match error.errno {
        Errno::ENOSYS | Errno::ENODEV | Errno::EINVAL | Errno::ENOENT | Errno::E2BIG | Errno::EOPNOTSUPP => {
            State::Missing
        }
        Errno::EPERM | Errno::EACCES | Errno::EUSERS | Errno::ENOSPC | Errno::EROFS => State::Refused,
        _ => State::Unknown,
    };
    (state, Some(error.to_string()))
}

fn c_text(text: &str) -> sys::Result<CString> {
    CString::new(text).map_err(|_| Error::new(Call::Open, Errno::EINVAL))
}

/// A mount of each kind that every launch makes, in a mount namespace of this process's own.
fn mounts() -> sys::Result<()> {
    process::unshare(Namespace::Mount)?;
    mount::make_all_slave()?;
    let tree = mount::open_tree(None, c"/", false)?;
    mount::set_private(tree.as_fd(), false, mount::Flags::READ_ONLY)?;
    let memory = mount::new_filesystem(c"tmpfs", &[], mount::Flags::NOSUID)?;
    mount::attach_aside(memory.as_fd())
}

/// An overlay of folders in memory, in a mount namespace of this process's own.
fn overlay() -> sys::Result<()> {
    process::unshare(Namespace::Mount)?;
    mount::make_all_slave()?;
    let memory = mount::new_filesystem(c"tmpfs", &[], mount::Flags::NONE)?;
    mount::attach_aside(memory.as_fd())?;
    for name in [c"lower", c"upper", c"work"] {
        file::make_folder(memory.as_fd(), name, 0o755)?;
    }
    file::change_folder(memory.as_fd())?;
    let options = [(c"lowerdir", c"lower"), (c"upperdir", c"upper"), (c"workdir", c"work")];
    mount::new_filesystem(c"overlay", &options, mount::Flags::NONE).map(drop)
}

/// Maps the owners of a detached mount that nobody else has.
fn idmap(tree: sys::Result<std::os::fd::OwnedFd>) -> sys::Result<()> {
    let tree = tree?;
    let namespace = user_namespace::with_map("0 100000 1\n")?;
    mount::set_idmap(tree.as_fd(), false, namespace.as_fd())
}

/// Whether groups have a file. v1's roots have those that are asked for here, v2's has not:
/// there any group will do.
fn group_file(v1: Option<&str>, v1_name: &str, v2: Option<&str>, v2_name: &str) -> Answer {
    if let Some(folder) = v1 {
        let path = format!("{folder}/{v1_name}");
        let there = std::path::Path::new(&path).exists();
        return (if there { State::Ok } else { State::Missing }, Some(path));
    }
    let Some(base) = v2 else { return (State::Unknown, Some("its controller is not mounted".to_owned())) };
    let controller = v2_name.split('.').next().unwrap_or_default();
    let listed = std::fs::read_to_string(format!("{base}/cgroup.controllers")).unwrap_or_default();
    if !listed.split_ascii_whitespace().any(|name| name == controller) {
        return (State::Unknown, Some("its controller is not mounted".to_owned()));
    }
    let folders = std::fs::read_dir(base).into_iter().flatten().flatten().map(|entry| entry.path());
    // A group whose parent hands the controller down has its files.
    let file = |name: &str| format!("{controller}.{name}");
    let probe = if controller == "cpu" { "weight" } else { "max" };
    let mut handed = folders.filter(|folder| folder.join(file(probe)).exists());
    match handed.next() {
        Some(folder) if folder.join(v2_name).exists() => {
            (State::Ok, Some(folder.join(v2_name).display().to_string()))
        }
        Some(folder) => (State::Missing, Some(folder.join(v2_name).display().to_string())),
        None => (State::Unknown, Some("no group here has the controller, so none has its files".to_owned())),
    }
}

fn device(path: &str) -> Answer {
    let opened = c_text(path).and_then(|path| file::open_read_write(&path).map(drop));
    match opened {
        // The node is there, and nothing is behind it.
        Err(error) if error.errno == Errno(6) => (State::Missing, Some(error.to_string())),
        result => answer(result),
    }
}

fn program(name: &str) -> Answer {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| {
        file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
    });
    match found {
        Some(file) => (State::Ok, Some(file.display().to_string())),
        None => (State::Missing, Some("not in PATH".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_have_names_of_their_own_and_keys_that_exist() {
        for (index, feature) in FEATURES.iter().enumerate() {
            assert_eq!(FEATURES.iter().position(|other| other.name == feature.name), Some(index));
            for key in feature.keys {
                let key = key.replace(".*.", ".\"/x\".");
                assert!(crate::profile::is_key(&key), "{key}");
            }
        }
    }

    #[test]
    fn errors_are_told_apart() {
        let of = |errno| answer(Err(Error::new(Call::Fsopen, errno))).0;
        assert_eq!(of(Errno::ENODEV), State::Missing);
        assert_eq!(of(Errno::EPERM), State::Refused);
        assert_eq!(of(Errno::ENOMEM), State::Unknown);
        assert_eq!(answer(Ok(())).0, State::Ok);
    }
}
