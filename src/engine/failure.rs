//! What went wrong → a diagnostic on the line that asked for it.

use super::group::MemoryEvents;
use super::namespaces::{PATIENCE, Refusal};
use super::undo::UndoFailure;
use crate::diagnostic::{Diagnostic, Failure};
use crate::plan::Origin;
use crate::store::NotRunning;
use crate::sys::process::Status;
use crate::sys::{self, Call, Errno, signal};

/// Why there is no running container, and what could not be undone.
#[derive(Debug)]
pub struct LaunchError {
    /// What failed first.
    pub cause: Cause,
    /// What is left in spite of all: normally nothing.
    pub undo: Vec<UndoFailure>,
}

/// What failed.
#[derive(Debug)]
pub enum Cause {
    /// An operation of the plan, the launcher's or init's.
    Operation(OperationError),
    /// A limit that the kernel took and answered differently.
    ReadBack {
        /// Which.
        operation: OperationError,
        /// What was written.
        wrote: String,
        /// What should have been read.
        expected: String,
        /// What was read.
        answer: String,
    },
    /// A namespace that can't be joined.
    Namespace {
        /// Which operation found that.
        operation: OperationError,
        /// Why.
        why: Refusal,
    },
    /// A cgroup v2 group that should limit others below it has processes of its own.
    Occupied {
        /// Which operation found that.
        operation: OperationError,
        /// The processes, by name and number.
        by: Vec<String>,
    },
    /// A container of this name runs.
    Busy {
        /// The key `name`.
        origin: Origin,
        /// Its launcher.
        pid: Option<u32>,
    },
    /// A container of this name was killed, and what it left can't be removed.
    Repair {
        /// The key `name`.
        origin: Origin,
        /// What is left.
        failures: Vec<UndoFailure>,
    },
    /// Init ended without a word.
    InitDied {
        /// How.
        status: Status,
        /// Whether memory was why.
        memory: Option<MemoryEvents>,
    },
    /// A signal before the payload had started.
    Interrupted(i32),
    /// A call that belongs to no operation.
    Launcher(sys::Error),
}

/// An operation that failed.
#[derive(Debug)]
pub struct OperationError {
    /// Its number in the plan, from 1.
    pub number: usize,
    /// Its name in the plan.
    pub name: String,
    /// The key that asked for it.
    pub origin: Origin,
    /// The system call.
    pub error: sys::Error,
    /// The path concerned.
    pub path: Option<String>,
}

impl OperationError {
    fn is_exec(&self) -> bool {
        self.name == "exec"
    }

    fn failure(&self) -> Failure {
        Failure {
            operation: self.name.clone(),
            syscall: self.error.call.name().to_owned(),
            errno: self.error.errno.name(),
            path: self.path.clone(),
        }
    }

    /// What is wrong with a namespace that was to be joined.
    fn refused(&self, why: &Refusal) -> Diagnostic {
        let path = self.path.as_deref().unwrap_or_default();
        let (code, message, label, help) = match why {
            Refusal::NotANamespace => (
                "tinydocker::engine::not_a_namespace",
                format!("`{path}` is no namespace"),
                "another kind of file",
                "a namespace is a file such as /proc/123/ns/net, or a bind of one, such as /run/netns/blue"
                    .to_owned(),
            ),
            Refusal::Another { found, wanted } => (
                "tinydocker::engine::another_namespace",
                format!("`{path}` is a namespace of another kind: {found}, not {}", wanted.name()),
                "of another kind",
                format!(
                    "write the file of the {0} namespace, such as \"path:/proc/123/ns/{0}\"",
                    wanted.name()
                ),
            ),
            Refusal::Container(why) => {
                let code = "tinydocker::engine::container_not_running";
                let (what, label, help) = match why {
                    NotRunning::Unknown { near, running } => {
                        let help = match (near, running.as_slice()) {
                            (Some(near), _) => format!("did you mean \"container:{near}\"?"),
                            (None, []) => "no container runs; start it first".to_owned(),
                            (None, running) => format!("these run: {}", some(running)),
                        };
                        (format!("no container `{path}` runs"), "no running container", help)
                    }
                    NotRunning::Starting => (
                        format!("the container `{path}` has not started yet"),
                        "not yet",
                        format!(
                            "it was waited for, for {} s: see what its own launcher waits for, and start this one again",
                            PATIENCE.as_secs()
                        ),
                    ),
                    NotRunning::Ended => (
                        format!("the container `{path}` has ended"),
                        "not running any more",
                        "start it first; its namespaces end with it".to_owned(),
                    ),
                    NotRunning::Unreadable(reason) => (
                        format!("the record of the container `{path}` can't be read: {reason}"),
                        "who it is can't be told",
                        "another version of tinydocker may have started it: end it, and start it with this one"
                            .to_owned(),
                    ),
                };
                (code, what, label, help)
            }
        };
        let mut diagnostic = self.origin.blame(Diagnostic::error(code, message), label);
        diagnostic.failure = Some(self.failure());
        diagnostic.with_help(help)
    }

    fn diagnostic(&self) -> Diagnostic {
        let sys::Error { call, errno } = self.error;
        let path = self.path.as_deref().unwrap_or_default();
        let about = if path.is_empty() { String::new() } else { format!(" `{path}`") };
        let (code, message, label) = match errno {
            Errno::ENOENT if self.is_exec() => (
                "tinydocker::engine::command_not_found",
                format!("command `{path}` not found"),
                "not in the container".to_owned(),
            ),
            Errno::ELIBBAD if self.is_exec() => (
                "tinydocker::engine::interpreter_not_found",
                format!("`{path}` is there, but what should run it is not"),
                "its interpreter or loader is missing in the container".to_owned(),
            ),
            _ if self.is_exec() && call != Call::Injected => (
                "tinydocker::engine::command_not_executable",
                format!("command `{path}` can't be executed: {}", errno.text()),
                format!("{} says {}", call.name(), errno.name()),
            ),
            _ if call == Call::FindUser => (
                "tinydocker::engine::user_missing",
                format!("the user `{path}` is not in the container's /etc/passwd"),
                "no user of the root file system".to_owned(),
            ),
            _ if call == Call::FindGroup => (
                "tinydocker::engine::group_missing",
                format!("the group `{path}` is not in the container's /etc/group"),
                "no group of the root file system".to_owned(),
            ),
            _ => (
                "tinydocker::engine::operation_failed",
                format!("{}{about} failed: {}", self.name.replace('_', " "), errno.text()),
                format!("{} says {}", call.name(), errno.name()),
            ),
        };
        let mut diagnostic = self.origin.blame(Diagnostic::error(code, message), label);
        let mut help = hint(&self.name, call, errno, path).unwrap_or_default();
        if diagnostic.labels.is_empty() {
            let layer =
                format!("operation {} is there because of the built-in `{}`", self.number, self.origin.key);
            help = if help.is_empty() { layer } else { format!("{help}\n{layer}") };
        }
        diagnostic.help = (!help.is_empty()).then_some(help);
        diagnostic.failure = Some(self.failure());
        diagnostic
    }
}

/// What an errno means for an operation, where the kernel's word alone would mislead
/// or leave the reader without a next step.
fn hint(operation: &str, call: Call, errno: Errno, path: &str) -> Option<String> {
    let hint = match (operation, call, errno) {
        (_, Call::Injected, _) => "this fault was asked for by TINYDOCKER_FAULT",
        ("exec", _, Errno::ENOENT) => {
            "`tinydocker check` tells where it looked; PATH is the container's, not yours"
        }
        ("exec", _, Errno::ELIBBAD) => {
            "a script's first line names its interpreter; a program's loader, such as /lib64/ld-linux-x86-64.so.2, comes with the C library of the rootfs"
        }
        ("exec", _, Errno::EACCES) => {
            "the file, and every folder above it, must be executable for `user`, and not on a noexec mount"
        }
        ("exec", _, Errno::ENOEXEC) => {
            "it is neither a program for this machine's processor nor a script that starts with `#!`"
        }
        ("exec", _, Errno::E2BIG) => "the command and its environment are too long together, see execve(2)",
        ("make_group", _, Errno::EEXIST) => {
            "another tinydocker, with another --root, has a container of this name: choose another `name`"
        }
        ("join_group", Call::JoinGroup, Errno::EAGAIN | Errno::ENOSPC) => {
            "the group's limit leaves no room for the command itself"
        }
        ("set_limit", Call::Write, Errno::EACCES | Errno::EINVAL) if path.contains("/cpuset.") => {
            "a group above allows fewer cores or memory nodes: see cpuset.cpus and cpuset.mems there"
        }
        ("make_group" | "set_limit", _, Errno::EROFS | Errno::EACCES | Errno::EPERM) => {
            "the cgroup file system is read-only or not ours: inside a container, or without root?"
        }
        ("set_limit", Call::Write, Errno::EBUSY) => "the group already uses more than this limit",
        ("set_limit", Call::Write, Errno::EINVAL) => {
            "the kernel does not take this value, or a parent group allows less"
        }
        ("set_limit", Call::Open, Errno::ENOENT)
            if path.ends_with("memory.memsw.limit_in_bytes") || path.ends_with("memory.swap.max") =>
        {
            "this kernel does not count swap: boot it with swapaccount=1, or remove `swap`"
        }
        ("set_limit", Call::Open, Errno::ENOENT) if path.ends_with("bfq.weight") => {
            "this kernel has BFQ without groups: remove `io_weight`, or bound the rates with `io`"
        }
        ("enable_controllers", Call::Write, Errno::EBUSY) => {
            "the group has processes of its own, and only groups without can limit those below: choose another `cgroup.parent`, or move them to a group of their own"
        }
        ("leave_group", Call::Write, Errno::EBUSY) => {
            "the group was handed to tinydocker, and others are in it as well; only a group without processes can limit those below: start tinydocker alone in it (systemd-run --scope -p Delegate=yes tinydocker …), or move them to a group of their own"
        }
        (_, Call::Clone3, Errno::EOPNOTSUPP) => {
            "the container's group can hold no processes, since the one above it is a group of threads: choose another `cgroup.parent`, see cgroup.type there"
        }
        (_, Call::Clone3, Errno::EBUSY) => {
            "somebody has let groups below the container's own use controllers, so that it can hold no processes itself"
        }
        ("enable_controllers", Call::Write, Errno::ENOENT) => {
            "the group above does not hand this controller down: see its cgroup.controllers"
        }
        ("set_limit", Call::Open, Errno::ENOENT) => "this kernel has no such limit in its controller",
        ("open_namespace", Call::Open, Errno::ENOENT | Errno::ESRCH) if path.starts_with("/proc/") => {
            "no process has this number: it has ended, or it is a number of another pid namespace"
        }
        ("open_namespace", Call::Open, Errno::ENOENT) => {
            "nothing is there; `ls /run/netns` lists the networks that have a name, `lsns` all namespaces"
        }
        ("open_namespace", Call::Setns, Errno::EINVAL) => {
            "a pid namespace can be joined if it is this launcher's own or lies below that"
        }
        ("open_namespace", _, Errno::EPERM | Errno::EACCES) => {
            "to enter a namespace takes CAP_SYS_ADMIN in the user namespace that owns it, and to open a process's CAP_SYS_PTRACE"
        }
        ("spawn", Call::Clone3, Errno::ENOMEM) => {
            "out of memory; or the PID 1 of the pid namespace that is joined has ended, and nobody is born there any more"
        }
        ("open_tree", _, Errno::ENOENT) => {
            "nothing is there; create = \"dir\" makes a missing source, optional = true leaves the bind out"
        }
        ("open_tree", Call::Fstat, Errno::ENODEV) => {
            "a device node can't be opened through a bind, which is nodev: write it under `devices`, such as devices.\"/dev/fuse\" = \"rwm\""
        }
        ("open_tree", Call::OpenInRoot, Errno::EXDEV) => {
            "a link on the way of `subpath` leads out of `source`, which is refused"
        }
        ("open_tree", Call::MountSetattr, Errno::EINVAL) => {
            "the source lies in a mount that shares no events, so nothing could be passed on: `mount --make-rshared` it on the host, or leave `propagation` out"
        }
        ("open_tree", Call::MountIdmap, Errno::EPERM) => {
            "to map owners takes CAP_SYS_ADMIN in the user namespace of the file system"
        }
        ("make_init", Call::MemfdCreate, Errno::EACCES) => {
            "this host executes no files in memory: `sysctl vm.memfd_noexec=1` allows those that ask for it"
        }
        ("open_tree", _, Errno::EPERM) => {
            "open_tree(2) needs CAP_SYS_ADMIN in the mount namespace's user namespace: are you root?"
        }
        (_, Call::Clone3 | Call::Unshare, Errno::EPERM) => {
            "making namespaces needs CAP_SYS_ADMIN: are you root?"
        }
        (_, Call::Clone3 | Call::Unshare, Errno::ENOSPC | Errno::EUSERS) => {
            "a limit of namespaces is reached: see /proc/sys/user/max_*_namespaces"
        }
        ("open_terminal", Call::OpenInRoot, Errno::EACCES) => {
            "the devpts there is mounted `nodev`, so that no terminal of it can be opened"
        }
        ("open_terminal", Call::OpenInRoot, Errno::ENODEV | Errno::ENOENT) => {
            "there is no devpts on /dev/pts of that root, which terminals come from: leave `tty` out"
        }
        ("new_session", Call::OpenInRoot, _) if path == "/dev/null" => {
            "what the command reads is /dev/null, which must be there and take what is written: remove what is mounted on it, or write `interactive = true`"
        }
        ("stay_init", Call::Fork, Errno::EAGAIN) => {
            "`init` is a process more: `cgroup.pids` or a limit of processes leaves no room for it"
        }
        ("stay_init" | "await_init", Call::Recvmsg | Call::Execveat, _) => {
            "the init above the command ended before the command began: is there memory for it?"
        }
        (_, Call::Clone3, Errno::EAGAIN) => "the limit of processes is reached, here or in the group above",
        (_, Call::MoveMount | Call::Fsmount | Call::OpenTree, Errno::ENOSPC) => {
            "the namespace has too many mounts: see /proc/sys/fs/mount-max"
        }
        (_, _, Errno::ENOSPC) => "no space is left on the device",
        ("open_tree", Call::MountIdmap, Errno::EINVAL) => {
            "a file system there can't map owners on this kernel: disks mostly can, tmpfs from Linux 6.3, networks seldom; leave `idmap` out, or bind with recursive = false"
        }
        ("filter_devices", Call::BpfLoad | Call::BpfAttach, Errno::EINVAL | Errno::ENOSYS) => {
            "this kernel was built without CONFIG_CGROUP_BPF, so that no cgroup v2 can bound devices"
        }
        ("filter_devices", Call::BpfLoad | Call::BpfAttach, Errno::EPERM) => {
            "bpf(2) needs CAP_SYS_ADMIN, and that no group above has a program that stands alone"
        }
        ("filter_devices", Call::BpfQuery, _) => {
            "another program answers in this group: who else writes to it?"
        }
        ("allow_devices", Call::Write, Errno::EPERM) => {
            "the group above does not allow this device itself: see its devices.list"
        }
        ("make_node", Call::Mknod, Errno::EPERM) => {
            "to make nodes of devices takes CAP_MKNOD, in the host's user namespace"
        }
        ("make_node", Call::Mknod, Errno::EEXIST) => {
            "something else lies at this path in /dev: write another"
        }
        (_, Call::Fsopen, Errno::ENODEV) => "this kernel lacks that file system (is its module loaded?)",
        ("mount_kernel", Call::Fsmount | Call::Fsconfig, Errno::EPERM) => {
            "the host's own mount of it is partly covered, as inside a container; a full one may not be made then"
        }
        (
            "attach_tree" | "mount_tmpfs" | "mount_file" | "mount_kernel" | "provide_file",
            Call::OpenInRoot,
            Errno::ENOENT,
        ) => {
            "the target is missing and the root can't be written to: make it in the rootfs, or use mode \"overlay\""
        }
        ("attach_tree" | "mount_tmpfs" | "mount_file", Call::MoveMount, Errno::ENOTDIR | Errno::EINVAL) => {
            "a folder can be mounted on a folder only, a file on a file only"
        }
        (_, Call::OpenInRoot | Call::Mkdir, Errno::ENOTDIR) => {
            "something above that path is a file, in the rootfs or by another mount"
        }
        (_, Call::OpenInRoot, Errno::ELOOP) => {
            "symbolic links in the rootfs lead in a circle, or through /proc, which is refused"
        }
        (_, Call::Mkdir, Errno::EEXIST) => "a symbolic link in the rootfs that leads nowhere is in the way",
        (_, Call::Mkdir | Call::OpenInRoot, Errno::EROFS) => {
            "the target is missing and the root is read-only: make it in the rootfs"
        }
        ("mount_overlay" | "overlay_folder", Call::Fsconfig, Errno::EINVAL) => {
            "the kernel refuses this rootfs as an overlay's lower layer: is it an overlay of overlays, or case-folded? `dmesg` says more"
        }
        ("change_directory", _, Errno::ENOENT) => {
            "working_dir is never made: make it in the rootfs or mount it"
        }
        ("change_directory", _, Errno::ENOTDIR) => "working_dir must be a folder",
        ("mask_paths" | "protect_paths", Call::OpenInRoot, Errno::ENOENT) => {
            "a path that is written must be in the container; those of the built-in lists need not be"
        }
        ("set_sysctl", Call::OpenInRoot, Errno::ENOENT) => {
            "this kernel has no such parameter in a namespace of the container's own; is its module loaded?"
        }
        ("set_sysctl", Call::OpenInRoot, Errno::EACCES) => {
            "the kernel has it for reading only in a container"
        }
        ("set_sysctl", Call::Write, Errno::EINVAL | Errno::ERANGE) => {
            "the kernel takes no such value for it: see its documentation in Documentation/admin-guide/sysctl"
        }
        ("set_sysctl" | "set_oom_score", Call::OpenInRoot, Errno::EXDEV) => {
            "a mount of yours has taken the place of the container's /proc"
        }
        ("set_rlimit", _, Errno::EPERM) => {
            "a hard limit is raised with CAP_SYS_RESOURCE only, and `nofile` never above /proc/sys/fs/nr_open"
        }
        ("set_affinity", Call::SetAffinity, Errno::EINVAL) => {
            "the cpuset of the container's group lacks some of these processors, or they are offline"
        }
        ("load_filter", _, Errno::EACCES) => {
            "without no_new_privileges a filter takes CAP_SYS_ADMIN: write security.no_new_privileges = true"
        }
        ("load_filter", _, Errno::EINVAL) => {
            "this kernel does not take the program or one of its flags; `tinydocker plan --format json` has it"
        }
        ("load_filter", _, Errno::ENOMEM) => {
            "too many filters are in force already, of whoever started tinydocker: together at most 32768 instructions"
        }
        ("exec", _, Errno::EAGAIN) => "the user has more processes already than `rlimits.nproc` allows",
        ("pivot_root", _, Errno::EINVAL) => {
            "the host runs from an initramfs, which can't be pivoted away: switch_root first"
        }
        ("write_record", _, Errno::EROFS | Errno::EACCES | Errno::EPERM) => {
            "the state folder can't be written: choose another with --root or TINYDOCKER_ROOT"
        }
        (_, Call::FindUser | Call::FindGroup, _) => {
            "`tinydocker check` names the nearest one; a number needs no entry"
        }
        ("set_user" | "set_groups", Call::OpenInRoot, Errno::ENOENT) => {
            "a name is looked up there, and the root file system has no such file: write the number"
        }
        ("set_user" | "set_groups", Call::Fstat | Call::OpenInRoot, _) => {
            "a name is looked up there, which must be a regular file: write the number"
        }
        ("set_user" | "set_groups", Call::Read, Errno::EFBIG) => {
            "a name is looked up there; more than 8 MiB are not read: write the number"
        }
        ("set_user", _, Errno::EAGAIN) => "that user has reached its limit of processes",
        _ if path.is_empty() => return None,
        (_, _, Errno::EMFILE | Errno::ENFILE) => "too many open files: raise `ulimit -n`",
        (_, _, Errno::ENOMEM) => "out of kernel memory",
        _ => return None,
    };
    Some(hint.to_owned())
}

impl LaunchError {
    /// The report, the cause first.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        let first = match &self.cause {
            Cause::Operation(operation) => operation.diagnostic(),
            Cause::ReadBack { operation, wrote, expected, answer } => {
                let mut diagnostic = operation.origin.blame(
                    Diagnostic::error(
                        "tinydocker::engine::limit_not_applied",
                        format!(
                            "the kernel did not apply the limit in {}",
                            operation.path.as_deref().unwrap_or("")
                        ),
                    ),
                    format!("wrote {wrote}, expected to read {expected}, read {answer}"),
                );
                diagnostic.failure = Some(operation.failure());
                diagnostic.with_help(
                    "a group above may be limited further, or the value is out of the kernel's range",
                )
            }
            Cause::Namespace { operation, why } => operation.refused(why),
            Cause::Occupied { operation, by } => {
                let mut diagnostic = operation.diagnostic();
                let inside = format!("in it: {}", some(by));
                let help = diagnostic.help.take();
                diagnostic.with_help(help.map_or(inside.clone(), |help| format!("{help}\n{inside}")))
            }
            Cause::Busy { origin, pid } => {
                let by = pid.map_or_else(String::new, |pid| format!(" (pid {pid})"));
                origin
                    .blame(
                        Diagnostic::error(
                            "tinydocker::engine::name_in_use",
                            format!("a container with this name is running{by}"),
                        ),
                        "in use",
                    )
                    .with_help("end it first, or choose another name with `--name`")
            }
            Cause::Repair { origin, failures } => origin.blame(
                Diagnostic::error(
                    "tinydocker::engine::repair_failed",
                    format!("a killed container of this name left what can't be removed: {}", list(failures)),
                ),
                "still in use",
            ),
            Cause::InitDied { status, memory } => {
                let how = match status {
                    Status::Exited(code) => format!("exited with {code}"),
                    Status::Signaled(number) => format!("was ended by {}", signal::name(*number)),
                };
                let diagnostic = Diagnostic::error(
                    "tinydocker::engine::init_died",
                    format!("init {how} before the command had started"),
                );
                match memory {
                    Some(events) if events.oom_kills > 0 => {
                        diagnostic.with_help("it ran out of memory: raise `cgroup.memory`")
                    }
                    _ => diagnostic
                        .with_help("somebody killed it, or the machine is out of memory (see dmesg)"),
                }
            }
            Cause::Interrupted(number) => Diagnostic::error(
                "tinydocker::engine::interrupted",
                format!("{} before the command had started", signal::name(*number)),
            ),
            Cause::Launcher(error) => {
                Diagnostic::error("tinydocker::engine::launcher_failed", error.to_string())
            }
        };
        let mut all = vec![first];
        all.extend(undo_diagnostic(&self.undo));
        all
    }

    /// Whether execve(2) found no command, or could not execute the one it found.
    pub fn exec_errno(&self) -> Option<Errno> {
        match &self.cause {
            Cause::Operation(operation) if operation.is_exec() => Some(operation.error.errno),
            _ => None,
        }
    }
}

/// The first few, and how many more there are.
fn some(names: &[String]) -> String {
    const MOST: usize = 8;
    let first = names[..names.len().min(MOST)].join(", ");
    if names.len() > MOST { format!("{first} and {} more", names.len() - MOST) } else { first }
}

fn list(failures: &[UndoFailure]) -> String {
    let each: Vec<_> = failures.iter().map(|f| format!("{} ({})", f.path, f.reason)).collect();
    each.join(", ")
}

/// What could not be removed, as a problem of its own.
pub fn undo_diagnostic(failures: &[UndoFailure]) -> Option<Diagnostic> {
    (!failures.is_empty()).then(|| {
        Diagnostic::error("tinydocker::engine::not_undone", format!("could not clean up {}", list(failures)))
            .with_help("the record is kept; the next `tinydocker` command tries again")
    })
}
