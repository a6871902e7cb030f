//! The operations that a plan is made of, by phase.
//!
//! Each phase has a type of its own, so that an operation can't stand in the wrong
//! one. All are plain data: they name what they make and need by [`Slot`].

use crate::plan::{Id, Origin, Secret};
use crate::seccomp::Filter;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub use crate::profile::{IdMap, Propagation};
pub use crate::sys::clone::Namespace;

/// Name of a kernel object that one operation makes and others use, such as
/// `rootfs`, `init`, `group:memory` or `source:/srv`. Only the engine's slot
/// table knows the descriptor behind it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Slot(pub String);

impl Slot {
    /// The slot of init, as a program in memory.
    pub fn init() -> Self {
        Self("init".into())
    }
    /// The slot of the tree that becomes the root or the overlay's lower layer.
    pub fn rootfs() -> Self {
        Self("rootfs".into())
    }
    /// The slot of the folder that keeps a container's changes.
    pub fn changes() -> Self {
        Self("changes".into())
    }
    /// The slot of a cgroup, by controllers (`memory`, `cpu,cpuacct`) or `tracking`.
    pub fn group(name: &str) -> Self {
        Self(format!("group:{name}"))
    }
    /// The slot of a file system of the host below `/`, by its mount point.
    pub fn layer(point: &str) -> Self {
        Self(format!("layer:{point}"))
    }
    /// The slot of a namespace that others live in.
    pub fn namespace(namespace: Namespace) -> Self {
        Self(format!("namespace:{}", namespace.name()))
    }
    /// The slot of a socket in the network that was made.
    pub fn network_socket() -> Self {
        Self("socket:net".into())
    }
    /// The slot of the source of a bind mount, by its target.
    pub fn source(target: &str) -> Self {
        Self(format!("source:{target}"))
    }
}

/// An operation and the key that asked for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step<O> {
    /// What to do.
    pub operation: O,
    /// Why, and where that is written.
    pub origin: Origin,
}

/// On the host: before there is a child, or while init begins ([`Connect::Prepare`]). What
/// leaves something behind has an undo, run in reverse order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prepare {
    /// Makes the container's folder, locks it and writes the plan into it, so that
    /// whatever follows can be undone by another process.
    WriteRecord {
        /// The container's name; one folder, one lock, one container.
        name: String,
    },
    /// Opens a namespace that others live in, and makes sure that it is one of this kind.
    /// What is entered is what was opened, whatever the path leads to later.
    OpenNamespace {
        /// Filled with the descriptor.
        slot: Slot,
        /// The kind.
        namespace: Namespace,
        /// Whose it is.
        of: Joined,
    },
    /// Makes a network namespace, which takes longer than any other one: init makes mounts
    /// meanwhile. Not undone: it is gone once nobody is in it.
    MakeNetwork {
        /// Filled with the namespace.
        slot: Slot,
        /// Filled with a socket in it.
        socket: Slot,
    },
    /// Makes a cgroup. With `join` init moves itself into it through the group's `tasks`
    /// file (v1, [`Enter::JoinGroup`]); otherwise the clone puts it there (v2).
    MakeGroup {
        /// Filled with the means to join.
        slot: Slot,
        /// Controllers that the hierarchy carries; empty for the tracking group.
        controllers: Vec<String>,
        /// The group's folder.
        path: String,
        /// How PID 1 gets into the group.
        join: Join,
        /// The groups above it that `cgroup.parent` names, the outermost first. Those
        /// that are missing are made, and marked by the sticky bit; an undo removes the
        /// marked ones that are empty.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        parents: Vec<String>,
    },
    /// Gives v1 cpuset groups that have no cores and memory nodes yet those of the group
    /// above: nothing can join a group without. Not undone: of groups that stay, others
    /// may rely on it.
    InheritCpuset {
        /// The group.
        group: Slot,
        /// The folders, the outermost first, the group's own last.
        paths: Vec<String>,
    },
    /// Moves the launcher out of its own cgroup v2 group, which was handed to it, into a
    /// leaf of that: a group with processes can't limit those below it. An error if others
    /// are in it, which stay where they are. Not undone: the leaf goes with the group.
    LeaveGroup {
        /// The launcher's own group.
        group: String,
        /// The leaf, made if it is missing.
        leaf: String,
    },
    /// Makes controllers available in the children of a cgroup v2 folder, which must have
    /// no processes of its own unless it is the hierarchy's root. Not
    /// undone: other groups may rely on it.
    EnableControllers {
        /// The parent folder whose `cgroup.subtree_control` is written.
        path: String,
        /// Controllers to add.
        controllers: Vec<String>,
    },
    /// Writes one limit, reads it back and compares.
    SetLimit {
        /// The group.
        group: Slot,
        /// Path of the file.
        file: String,
        /// What is written.
        value: String,
        /// What the kernel must answer, after trimming white space.
        expect: String,
        /// The first word of the line that is compared, in files that have one for each
        /// disk; else the whole file is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        line: Option<String>,
    },
    /// Says in a group's files which devices its processes may use, and reads it back
    /// (cgroup v1).
    AllowDevices {
        /// The group.
        group: Slot,
        /// The group's folder.
        path: String,
        /// Every device that may be used.
        rules: Vec<DeviceRule>,
    },
    /// Says it by a program of the kernel's, and asks for it (cgroup v2, which has no file
    /// for it).
    FilterDevices {
        /// The group.
        group: Slot,
        /// The group's folder.
        path: String,
        /// Every device that may be used.
        rules: Vec<DeviceRule>,
    },
    /// Copies init, a program of its own that this one carries along, into a sealed file in
    /// memory.
    MakeInit {
        /// Filled with the descriptor.
        slot: Slot,
    },
    /// Clones a file or folder of the host as a detached, private mount.
    OpenTree {
        /// Filled with the descriptor.
        slot: Slot,
        /// Absolute path on the host.
        source: String,
        /// With the mounts below it.
        recursive: bool,
        /// The part of the source that is meant; it can't lead out of the source.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subpath: Option<String>,
        /// What crosses the border between the clone and the host.
        #[serde(default, skip_serializing_if = "is_default")]
        propagation: Propagation,
        /// A missing source leaves the slot empty.
        #[serde(default, skip_serializing_if = "is_default")]
        optional: bool,
        /// Who owners of files are inside.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        idmap: Vec<IdMap>,
    },
    /// Opens the folder that keeps the changes of a container, by its name, and makes it
    /// where it is missing. Not undone: what is in it is meant to stay.
    OpenChanges {
        /// Filled with the descriptor.
        slot: Slot,
        /// The container's name.
        name: String,
    },
    /// Makes the source of a bind where it is missing. Not undone: what the container
    /// writes there is meant to stay.
    MakeSource {
        /// Absolute path on the host.
        path: String,
        /// A folder, else an empty file.
        folder: bool,
    },
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Whose namespace is joined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Joined {
    /// The one behind this file of the host, an absolute path.
    Path(String),
    /// The one of the container of this name, which must be running.
    Container(String),
}

/// A device that may be used, or many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceRule {
    /// A block device, else a character device.
    pub block: bool,
    /// Major number; none for all.
    pub major: Option<u32>,
    /// Minor number; none for all.
    pub minor: Option<u32>,
    /// Some of `rwm`, in this order.
    pub access: String,
}

impl std::fmt::Display for DeviceRule {
    /// As devices.allow of cgroup v1 takes it: `c 1:3 rwm`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let number = |number: Option<u32>| number.map_or("*".to_owned(), |number| number.to_string());
        let kind = if self.block { 'b' } else { 'c' };
        write!(f, "{kind} {}:{} {}", number(self.major), number(self.minor), self.access)
    }
}

/// How PID 1 gets into a cgroup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Join {
    /// Init writes `0` into the v1 `tasks` file.
    Tasks,
    /// `CLONE_INTO_CGROUP` of clone3(2), cgroup v2.
    Clone,
}

/// The one operation between prepare and connect: clone3(2), then init by
/// execveat(2) of the program's descriptor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spawn {
    /// Namespaces that the clone makes, in the order of [`Namespace`].
    pub namespaces: Vec<Namespace>,
    /// v2 group to be born in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub into_group: Option<Slot>,
    /// Namespaces of others that the child enters.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub enters: BTreeMap<Namespace, Slot>,
    /// Init.
    pub program: Slot,
    /// What init gets together with its orders: what it begins with.
    pub inherit: Vec<Slot>,
}

/// On the host, while init begins or waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Connect {
    /// Brings up `lo` of the network that was made, beside what init does in it: that takes
    /// almost as long as to make it.
    BringUpLoopback {
        /// A socket in that network.
        socket: Slot,
    },
    /// Receives the terminal that init opened in the container's devpts, gives it
    /// the size of the caller's terminal and, with `raw`, turns that one raw. Undone
    /// by restoring the caller's terminal.
    AttachTerminal {
        /// The caller types into the container.
        raw: bool,
    },
    /// What init does not begin with: done while it is executed and makes its first mounts,
    /// and handed over where it waits for it ([`Enter::Receive`]). These come first.
    #[serde(untagged)]
    Prepare(Prepare),
}

/// What a folder of the host's tree shows in a `"host"` rootfs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hide {
    /// The folder is there and empty (an opaque folder in the upper layer).
    Contents,
    /// The file is gone (a whiteout in the upper layer).
    File,
}

/// Inside, done by init in this order; the last one is always `Exec`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Enter {
    /// PR_SET_PDEATHSIG: SIGKILL when the launcher dies. Stands twice, since
    /// changing the user clears it.
    DieWithLauncher,
    /// PR_SET_DUMPABLE off: where others live in the same pid namespace they could look into
    /// init once it has no more capabilities than they, at what it holds of the host. The
    /// exec of the command ends it.
    HideInit,
    /// Waits for what the launcher has prepared meanwhile.
    Receive {
        /// What is handed over; an optional source may be missing.
        slots: Vec<Slot>,
    },
    /// Writes `0` to the group's `tasks` file, which the launcher opened: 100 × cheaper than
    /// `cgroup.procs`, since a thread that moves itself takes no global lock (v1).
    JoinGroup {
        /// The group.
        group: Slot,
        /// The group's folder on the host.
        path: String,
    },
    /// unshare(2): namespaces that need not be made by the clone, which the launcher waits for.
    /// That of cgroups comes after the joins (v1 and hybrid): its root is the group of who makes
    /// it.
    Unshare {
        /// Which.
        namespaces: Vec<Namespace>,
    },
    /// setns(2) into the network namespace that was made for this container.
    EnterNetwork {
        /// The namespace.
        network: Slot,
    },
    /// fork(2): this process stays PID 1, as init executed anew, so that nothing of
    /// what the launcher said is left in its memory; it reaps orphans and passes
    /// signals on. The new process does all that follows.
    StayInit {
        /// Init, which is executed again.
        program: Slot,
        /// Keep CAP_KILL, for signals to a command of another user.
        kill: bool,
        /// The command's namespace has another PID 1: take over orphans all the same,
        /// PR_SET_CHILD_SUBREAPER.
        adopt: bool,
    },
    /// Waits until that init is ready, without privileges and without descriptors.
    AwaitInit,
    /// Makes every mount a slave of the host's, so that nothing shows there.
    IsolateMounts,
    /// The root of the mount namespace, which is not the container's own, is the command's.
    TakeRoot,
    /// An overlay with the source below and a bounded tmpfs above becomes the root.
    MountOverlay {
        /// The lower layer.
        lower: Slot,
        /// The folder on disk that keeps the changes; none for a tmpfs.
        changes: Option<Slot>,
        /// Bound of the tmpfs in bytes.
        size: u64,
        /// What the upper layer hides, by path below the root; missing ones are skipped.
        hide: BTreeMap<String, Hide>,
    },
    /// An overlay on a folder of the container: its changes lie with the root's, or in a
    /// tmpfs of their own.
    OverlayFolder {
        /// The lower layer.
        lower: Slot,
        /// Absolute path in the container.
        target: String,
        /// Bound in bytes of a tmpfs of its own.
        size: Option<u64>,
        /// What is hidden, by path below the lower layer.
        hide: BTreeMap<String, Hide>,
        /// Mount attributes.
        attributes: Attributes,
    },
    /// The source itself becomes the root.
    MountTree {
        /// The tree.
        tree: Slot,
        /// Nothing in it can be written.
        read_only: bool,
    },
    /// Mounts a kernel file system.
    MountKernel {
        /// proc, sysfs or mqueue.
        filesystem: KernelFilesystem,
        /// Absolute path in the container.
        target: String,
        /// Mount attributes.
        attributes: Attributes,
    },
    /// Mounts a tmpfs.
    MountTmpfs {
        /// Absolute path in the container.
        target: String,
        /// Bound in bytes; none leaves the kernel's (half of the memory).
        #[serde(default)]
        size: Option<u64>,
        /// Mode of the mount's root.
        mode: u32,
        /// Owner and group of the mount's root.
        owner: (u32, u32),
        /// Mount attributes.
        attributes: Attributes,
    },
    /// Makes a file in memory and mounts it.
    MountFile {
        /// Absolute path in the container.
        target: String,
        /// What is in it.
        content: Secret,
        /// Its mode.
        mode: u32,
        /// Owner and group.
        owner: (u32, u32),
        /// Mount attributes.
        attributes: Attributes,
    },
    /// Puts a file of ours in place, where the root has room for it: it is a default, and
    /// what a root can't take is left out.
    ProvideFile {
        /// Absolute path in the container.
        target: String,
        /// What is in it.
        content: Provided,
        /// Mount attributes.
        attributes: Attributes,
        /// Make a missing target, in place of a link that leads nowhere too.
        make_target: bool,
    },
    /// Mounts the hierarchies that the container has groups in, for it to read.
    MountCgroups {
        /// Absolute path in the container.
        target: String,
        /// The v1 controllers, or none for cgroup2, by the folder below the target; an
        /// empty name is the target itself.
        hierarchies: BTreeMap<String, Vec<String>>,
        /// Mount attributes.
        attributes: Attributes,
    },
    /// Mounts a new instance of devpts; on /dev/pts it links /dev/ptmx as well.
    MountDevpts {
        /// Absolute path in the container.
        target: String,
        /// Mount attributes.
        attributes: Attributes,
    },
    /// Sets what crosses the border of the new root, once it is one.
    SetRootPropagation {
        /// Shared with the namespaces that the container makes, or unbindable.
        propagation: Propagation,
    },
    /// Makes the character devices of the OCI runtime specification
    /// (config-linux.md, "Default Devices").
    MakeDevices {
        /// By absolute path: major and minor number.
        devices: BTreeMap<String, (u32, u32)>,
    },
    /// Makes the node of a device of the host's.
    MakeNode {
        /// Absolute path in the container.
        path: String,
        /// A block device, else a character device.
        block: bool,
        /// Major and minor number.
        numbers: (u32, u32),
        /// Permission bits, the host's.
        mode: u32,
        /// Owner and group, the host's.
        owner: (u32, u32),
    },
    /// Makes symbolic links, such as /dev/fd.
    MakeLinks {
        /// By absolute path: what the link says.
        links: BTreeMap<String, String>,
    },
    /// Attaches a tree of the host.
    AttachTree {
        /// The tree.
        tree: Slot,
        /// Absolute path in the container.
        target: String,
        /// Mount attributes.
        attributes: Attributes,
        /// Apply them to the mounts below as well.
        recursive: bool,
        /// Make a missing target, folder or file like the source.
        make_target: bool,
        /// Do nothing if the source was missing.
        optional: bool,
        /// The mount can't be bound again, MS_UNBINDABLE.
        unbindable: bool,
    },
    /// Opens a new terminal in the devpts of the root and sends its master to the launcher.
    OpenTerminal {
        /// Binds it on /dev/console.
        console: bool,
    },
    /// sethostname(2).
    SetHostname {
        /// The name.
        name: String,
    },
    /// setdomainname(2).
    SetDomainname {
        /// The name.
        name: String,
    },
    /// Writes a kernel parameter of one of the container's own namespaces.
    SetSysctl {
        /// Absolute path in the container, below /proc/sys.
        path: String,
        /// What is written.
        value: String,
    },
    /// Writes /proc/self/oom_score_adj.
    SetOomScore {
        /// −1000…1000
        value: i32,
    },
    /// sched_setaffinity(2); what the kernel makes of it is read back.
    SetAffinity {
        /// Processors, sorted, each once.
        cpus: Vec<u32>,
    },
    /// setpriority(2).
    SetNice {
        /// −20…19
        value: i32,
    },
    /// prlimit(2) for the command.
    SetRlimit {
        /// The resource, such as `nofile`.
        name: String,
        /// The limit in force; none is no limit.
        soft: Option<u64>,
        /// How far it may be raised; none is no limit.
        hard: Option<u64>,
    },
    /// umask(2), in place of the one that comes with the user.
    SetUmask {
        /// At most 0777.
        mask: u32,
    },
    /// Waits until the launcher has done the connect phase. As late as it can be.
    AwaitConnect,
    /// Covers paths: files with /dev/null, folders with an empty read-only tmpfs.
    MaskPaths {
        /// Absolute paths in the container.
        paths: Vec<String>,
        /// Skip those that are missing.
        skip_missing: bool,
    },
    /// Remounts paths read-only.
    ProtectPaths {
        /// Absolute paths in the container.
        paths: Vec<String>,
        /// Skip those that are missing.
        skip_missing: bool,
    },
    /// Turns the root read-only, after everything in it has been made.
    ProtectRoot,
    /// pivot_root(2) into the new root; the old one is detached.
    PivotRoot,
    /// setsid(2), always; with `terminal` standard input (if `input`), output and
    /// error become the container's terminal, which becomes the controlling one.
    NewSession {
        /// A terminal was opened.
        terminal: bool,
        /// Standard input is the terminal, or the caller's; else /dev/null.
        input: bool,
    },
    /// A session keyring of its own: the caller's keys can't be read.
    NewKeyring,
    /// Sets the working directory, resolved inside the root only.
    ChangeDirectory {
        /// Absolute path in the container.
        path: String,
    },
    /// Drops every capability that is not kept from the bounding set.
    LimitCapabilities {
        /// Names such as `CAP_CHOWN`.
        keep: Vec<String>,
    },
    /// setgroups(2): these supplementary groups and none of the caller's. Names are
    /// looked up in the new root's /etc/group.
    SetGroups {
        /// The groups.
        groups: Vec<Id>,
    },
    /// Keeps the permitted set over the change, then setresgid, setresuid and umask.
    /// Names are looked up in the new root's /etc/passwd and /etc/group.
    SetUser {
        /// User id.
        uid: Id,
        /// Group id; none for the one in the user's entry.
        gid: Option<Id>,
        /// umask(2).
        umask: u32,
        /// HOME of the command becomes the home in the user's entry.
        home: bool,
    },
    /// Sets all sets of the process but the bounding one.
    SetCapabilities {
        /// Effective and permitted, names such as `CAP_CHOWN`. For another user than 0
        /// those of `ambient`: exec would clear the others anyway.
        keep: Vec<String>,
        /// Only `ambient` if the user, who has a name, turned out not to be 0.
        if_root: bool,
        /// Inheritable and ambient: what another user than 0 keeps over an exec.
        ambient: Vec<String>,
        /// CAP_SYS_ADMIN as well, for loading a filter without no_new_privileges. The
        /// exec takes it away: it is neither in the bounding set nor ambient.
        until_exec: bool,
    },
    /// Every signal disposition to its default, nothing blocked.
    ResetSignals,
    /// PR_SET_NO_NEW_PRIVS.
    NoNewPrivileges,
    /// seccomp(2). In force right before the execve, so that it need not allow what init
    /// does until then.
    LoadFilter {
        /// The filter.
        filter: Filter,
    },
    /// execve(2), a bare command name through PATH of `env`.
    Exec {
        /// The command and its arguments.
        command: Vec<String>,
        /// The whole environment.
        env: BTreeMap<String, Secret>,
    },
}

/// What is in a file that tinydocker provides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provided {
    /// This text, in memory.
    Text(String),
    /// A file of the host.
    Tree(Slot),
}

/// File systems of the kernel that are mounted without a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KernelFilesystem {
    /// proc(5)
    Proc,
    /// sysfs(5)
    Sysfs,
    /// mq_overview(7)
    Mqueue,
}

impl KernelFilesystem {
    /// The name that fsopen(2) takes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Proc => "proc",
            Self::Sysfs => "sysfs",
            Self::Mqueue => "mqueue",
        }
    }
}

/// Attributes of a mount, mount_setattr(2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attributes {
    /// MOUNT_ATTR_RDONLY
    pub read_only: bool,
    /// MOUNT_ATTR_NOSUID
    pub nosuid: bool,
    /// MOUNT_ATTR_NODEV
    pub nodev: bool,
    /// MOUNT_ATTR_NOEXEC
    pub noexec: bool,
    /// MOUNT_ATTR_NODIRATIME
    pub nodiratime: bool,
    /// MOUNT_ATTR_NOSYMFOLLOW
    pub nosymfollow: bool,
    /// How access times are kept; none leaves the kernel's or the source's way.
    pub atime: Option<Atime>,
    /// What a source brings along and its bind does not keep.
    pub clear: Clear,
}

/// Attributes of a source that its bind does not keep.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clear {
    /// `suid` is written.
    pub nosuid: bool,
    /// `exec` is written.
    pub noexec: bool,
}

/// How access times are kept, MOUNT_ATTR__ATIME.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Atime {
    /// MOUNT_ATTR_NOATIME
    Noatime,
    /// MOUNT_ATTR_RELATIME
    Relatime,
    /// MOUNT_ATTR_STRICTATIME
    Strictatime,
}

/// After the payload has started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Started {
    /// Notes what the command gets when the launcher is told to stop (SIGTERM).
    StopWith {
        /// The signal's number.
        signal: i32,
        /// Milliseconds that the command then has before SIGKILL.
        patience: u64,
    },
    /// Stops the command after so long, counted from its start.
    EndAfter {
        /// By the clock that stands still while the machine sleeps.
        milliseconds: u64,
    },
    /// Undoes what launchers that were killed have left.
    Sweep,
}
