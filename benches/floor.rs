//! The floor of the launch benchmark: a program without libc, allocation, TOML or plan that makes
//! the system calls a launch needs, in the launcher's order, and nothing between them. What
//! `tinydocker up` takes beyond this is its own cost; the aim is 1.25 times the floor.
//!
//! ```text
//! floor MODE LAYOUT RUN ROOTFS TRACKING MEMORY PIDS COMMAND [ARGUMENT]...
//! ```
//! - MODE: `clone` runs init's calls right in the cloned child. `filter` does the same and loads the
//!   launcher's own filter of system calls before the command, as the launcher does; the program of
//!   the filter is compiled in (`FLOOR_FILTER` names its file). `reexec` first enters the program
//!   again, as the launcher does for safety's sake (its memory must not be PID 1's): a read-only
//!   detached clone of the executable, descriptors moved to fixed numbers, `execveat`, and the
//!   clone closed. **The floor that the aim speaks of is `filter`**, which does
//!   all that is asked for; `clone` says what the filter costs: re-execution is a price of the
//!   launcher's design, not of the container, so it counts as overhead; `reexec` stands beside
//!   it in the table to say how much of the overhead that is.
//! - LAYOUT: `hybrid` (limits in v1 hierarchies, tracking group in the cgroup2 tree), `v1`
//!   (tracking in freezer) or `v2` (one group for everything; MEMORY and PIDS are ignored).
//! - RUN: an existing folder for the record. ROOTFS: an absolute path.
//! - TRACKING, MEMORY, PIDS: existing parent groups, absolute paths; `c-floor` is made in each and
//!   removed. Making the parents is not counted: the next container finds them too.
//!
//! Not done: /etc/hosts and the like, a cgroup mount, hooks, ttys, user mounts. The launcher's limits, paths and capabilities are
//! constants here.
//!
//! Needs Linux 6.15 (overlay layers given as detached mounts, by descriptor).
//!
//! Exit codes: the command's (128 + signal when killed), or the number of the step that failed (the
//! constants below), in the launcher 10 to 39, in init 40 to 89; standard error has step and errno.
#![no_std]
#![no_main]

#[path = "bare.rs"]
mod bare;

use core::ffi::CStr;
use core::mem::size_of;

use bare::{Args, Text, exit, sys};

/// Room for a path below a temporary folder.
type Path = Text<256>;

const AT_FDCWD: i32 = -100;
const AT_EMPTY_PATH: usize = 0x1000;
const AT_REMOVEDIR: usize = 0x200;
const AT_RECURSIVE: usize = 0x8000;
const O_WRONLY: usize = 0o1;
const O_RDWR: usize = 0o2;
const O_CREAT: usize = 0o100;
const O_EXCL: usize = 0o200;
const O_CLOEXEC: usize = 0o2_000_000;
const O_PATH: usize = 0o10_000_000;
#[cfg(target_arch = "x86_64")]
const O_DIRECTORY: usize = 0o200_000;
#[cfg(target_arch = "aarch64")]
const O_DIRECTORY: usize = 0o40_000;
const OPEN_TREE_CLONE: usize = 1;
const MOVE_MOUNT_BOTH_EMPTY: usize = 0x4 | 0x40;
const FSCONFIG_SET_STRING: usize = 1;
const FSCONFIG_SET_FD: usize = 5;
const FSCONFIG_CMD_CREATE: usize = 6;
const MOUNT_ATTR_RDONLY: u64 = 1;
const MOUNT_ATTR_NOSUID: u64 = 2;
const MOUNT_ATTR_NODEV: u64 = 4;
const MOUNT_ATTR_NOEXEC: u64 = 8;
const MS_PRIVATE: u64 = 1 << 18;
const MS_SLAVE: u64 = 1 << 19;
const MNT_DETACH: usize = 2;
const CLONE_VM: u64 = 0x100;
const CLONE_PIDFD: u64 = 0x1000;
const CLONE_NEWNS: u64 = 0x2_0000;
const CLONE_NEWCGROUP: u64 = 0x200_0000;
const CLONE_NEWUTS: u64 = 0x400_0000;
const CLONE_NEWIPC: u64 = 0x800_0000;
const CLONE_NEWPID: u64 = 0x2000_0000;
const CLONE_NEWNET: u64 = 0x4000_0000;
const CLONE_CLEAR_SIGHAND: u64 = 1 << 32;
const CLONE_INTO_CGROUP: u64 = 1 << 33;
const SIGKILL: usize = 9;
const SIGCHLD: usize = 17;
const SIGSTOP: usize = 19;

/// The profile's `memory = "256m"` and `pids = 64`.
const MEMORY: &[u8] = b"268435456";
const PIDS: &[u8] = b"64";
const NAME: &[u8] = b"/c-floor";
/// CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE SYS_CHROOT SETFCAP
const CAPABILITIES: u64 =
    1 | 1 << 1 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 8 | 1 << 10 | 1 << 18 | 1 << 31;
const LAST_CAPABILITY: usize = 40;

/// Masked: with an empty read-only folder, or with the container's own /dev/null.
const MASKED_FOLDERS: [&CStr; 5] =
    [c"proc/acpi", c"proc/asound", c"proc/scsi", c"sys/firmware", c"sys/devices/virtual/powercap"];
const MASKED_FILES: [&CStr; 7] = [
    c"proc/kcore",
    c"proc/keys",
    c"proc/latency_stats",
    c"proc/timer_list",
    c"proc/timer_stats",
    c"proc/sched_debug",
    c"proc/interrupts",
];
const READ_ONLY: [&CStr; 5] = [c"proc/bus", c"proc/fs", c"proc/irq", c"proc/sys", c"proc/sysrq-trigger"];
/// Name, major and minor number.
const NODES: [(&CStr, usize, usize); 6] = [
    (c"null", 1, 3),
    (c"zero", 1, 5),
    (c"full", 1, 7),
    (c"random", 1, 8),
    (c"urandom", 1, 9),
    (c"tty", 5, 0),
];
const LINKS: [(&CStr, &CStr); 6] = [
    (c"fd", c"/proc/self/fd"),
    (c"stdin", c"/proc/self/fd/0"),
    (c"stdout", c"/proc/self/fd/1"),
    (c"stderr", c"/proc/self/fd/2"),
    (c"core", c"/proc/kcore"),
    (c"ptmx", c"pts/ptmx"),
];

/// The steps, which are the exit codes too.
mod step {
    pub const USAGE: i32 = 10;
    pub const FOLDER: i32 = 11;
    pub const LOCK: i32 = 12;
    pub const RECORD: i32 = 13;
    pub const RENAME: i32 = 14;
    pub const GROUP: i32 = 15;
    pub const LIMIT: i32 = 16;
    pub const READ_BACK: i32 = 17;
    pub const TASKS: i32 = 18;
    pub const EXECUTABLE: i32 = 19;
    pub const ROOTFS: i32 = 20;
    pub const SOCKET: i32 = 21;
    pub const SIGCHLD: i32 = 22;
    pub const CLONE: i32 = 23;
    pub const WAIT: i32 = 24;
    pub const DIED: i32 = 25;
    pub const CLEAN: i32 = 26;
    pub const JOIN: i32 = 40;
    pub const REEXEC: i32 = 41;
    pub const CGROUP_NAMESPACE: i32 = 42;
    pub const LOOPBACK: i32 = 43;
    pub const SLAVE: i32 = 44;
    pub const UPPER: i32 = 45;
    pub const OVERLAY: i32 = 46;
    pub const PROC: i32 = 47;
    pub const SYS: i32 = 48;
    pub const DEV: i32 = 49;
    pub const NODE: i32 = 50;
    pub const PTS: i32 = 51;
    pub const SHM: i32 = 52;
    pub const MQUEUE: i32 = 53;
    pub const HOSTNAME: i32 = 54;
    pub const MASK: i32 = 55;
    pub const READ_ONLY: i32 = 56;
    pub const PIVOT: i32 = 57;
    pub const SESSION: i32 = 58;
    pub const STDIN: i32 = 59;
    pub const USER: i32 = 60;
    pub const CAPABILITIES: i32 = 61;
    pub const DEATH: i32 = 62;
    pub const NO_NEW_PRIVILEGES: i32 = 63;
    pub const EXEC: i32 = 64;
    pub const FILTER: i32 = 65;
}

/// How many arguments stand before the command; the re-executed init has its own, shorter line.
const OPTIONS: usize = 8;
const INIT_OPTIONS: usize = 2;

/// What the cloned child needs; it lives in the launcher's frame, whose memory the child shares.
struct Init {
    /// v1 `tasks` files, opened by the launcher; -1 for none.
    tasks: [i32; 3],
    /// The program itself, or -1 in mode `clone`.
    exe: i32,
    socket: i32,
    rootfs: i32,
    /// Whether the cgroup namespace is still to be made (v1 and hybrid: after the joins).
    cgroup_namespace: bool,
    /// Whether the filter is loaded.
    filter: bool,
    command: *const *const u8,
}

/// The launcher's filter: eight bytes an instruction.
static FILTER: &[u8] = include_bytes!(env!("FLOOR_FILTER"));

/// The kernel's `struct sock_fprog`.
#[repr(C)]
struct Program {
    length: u16,
    instructions: *const u8,
}

/// Called by `_start` with its stack pointer.
extern "C" fn main(stack: *const usize) -> ! {
    // SAFETY: `_start` hands on what the kernel gave it.
    let args = unsafe { Args::new(stack) };
    if args.bytes(0) == b"floor-init" {
        init(&Init {
            tasks: [-1; 3],
            exe: -1,
            socket: 3,
            rootfs: 4,
            cgroup_namespace: args.bytes(1) != b"v2",
            filter: false,
            command: args.from(INIT_OPTIONS),
        });
    }
    if args.len <= OPTIONS {
        exit(step::USAGE);
    }
    launch(&args)
}

// ---- the launcher ----

/// What is to be taken away again, filled as it is made, so that a failure cleans up as the end does.
struct Made {
    folder: Path,
    record: Path,
    groups: [Path; 3],
}

impl Made {
    /// Removes what is named here, groups first, all of it whatever fails; gives a failure, if any.
    fn remove(&self) -> isize {
        let [memory, pids, tracking] = &self.groups;
        let mut worst = 0;
        for path in [memory, pids, tracking, &self.record, &self.folder] {
            if !path.is_empty() {
                let flags = if core::ptr::eq(path, &self.record) { 0 } else { AT_REMOVEDIR };
                worst = worst.min(sys!(UNLINKAT, AT_FDCWD, path.as_ptr(), flags));
            }
        }
        worst
    }

    /// The result, or the end: what was made is removed and the step is the exit code.
    fn check(&self, step: i32, result: isize) -> i32 {
        if result < 0 {
            self.remove();
            complain(step, result);
        }
        result as i32
    }
}

/// Says what failed on standard error and exits with the step's number.
fn complain(step: i32, result: isize) -> ! {
    let mut text = Text::<80>::new();
    text.put(b"floor: step ").number(step as usize).put(b", errno ").number(result.unsigned_abs());
    text.put(b"\n").write(2);
    exit(step)
}

/// The launcher's side, from record to clean.
fn launch(args: &Args) -> ! {
    let (run, rootfs) = (args.bytes(3), args.get(4));
    let (reexec, v1, v2) = (args.bytes(1) == b"reexec", args.bytes(2) == b"v1", args.bytes(2) == b"v2");
    const NONE: Path = Path::new();
    let mut made = Made { folder: NONE, record: NONE, groups: [NONE; 3] };

    // 1. The record: made under a temporary name, the folder locked, then renamed.
    let mut renamed = Path::new();
    renamed.put(run).put(NAME);
    made.folder.put(run).put(b"/.new-floor");
    made.check(step::FOLDER, sys!(MKDIRAT, AT_FDCWD, made.folder.as_ptr(), 0o700));
    let folder = sys!(OPENAT, AT_FDCWD, made.folder.as_ptr(), O_DIRECTORY | O_CLOEXEC);
    let folder = made.check(step::FOLDER, folder);
    made.check(step::LOCK, sys!(FLOCK, folder, 2 | 4)); // LOCK_EX | LOCK_NB
    made.record.put(run).put(b"/.new-floor/record");
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
    let record = made.check(step::RECORD, sys!(OPENAT, folder, c"record".as_ptr(), flags, 0o600));
    static RECORD: [u8; 4096] = [b'r'; 4096]; // about what a plan takes
    made.check(step::RECORD, sys!(WRITE, record, RECORD.as_ptr(), RECORD.len()));
    sys!(CLOSE, record);
    let rename = sys!(RENAMEAT2, AT_FDCWD, made.folder.as_ptr(), AT_FDCWD, renamed.as_ptr(), 1); // NOREPLACE
    made.check(step::RENAME, rename);
    made.folder = renamed;
    made.record = Path::new();
    made.record.put(run).put(NAME).put(b"/record");

    //    Groups and limits, each read back; v1 groups are joined by the child, through `tasks`.
    let mut tasks = [-1; 3];
    let memory_file = if v2 { c"memory.max" } else { c"memory.limit_in_bytes" };
    for (i, (parent, file, value)) in
        [(6, memory_file, MEMORY), (7, c"pids.max", PIDS)].into_iter().enumerate()
    {
        // v2 has both limits in the tracking group, which the first of them makes.
        let (slot, parent) = if v2 { (2, 5) } else { (i, parent) };
        if !v2 || i == 0 {
            made.groups[slot].put(args.bytes(parent)).put(NAME);
            made.check(step::GROUP, sys!(MKDIRAT, AT_FDCWD, made.groups[slot].as_ptr(), 0o755));
        }
        let mut path = Path::new();
        path.put(args.bytes(parent)).put(NAME).put(b"/").put(file.to_bytes());
        let limit = made.check(step::LIMIT, sys!(OPENAT, AT_FDCWD, path.as_ptr(), O_RDWR | O_CLOEXEC));
        made.check(step::LIMIT, sys!(WRITE, limit, value.as_ptr(), value.len()));
        let mut back = [0u8; 32];
        let len = sys!(PREAD64, limit, back.as_mut_ptr(), back.len(), 0);
        if made.check(step::READ_BACK, len) as usize != value.len() + 1 || !back.starts_with(value) {
            made.check(step::READ_BACK, -34); // ERANGE: the kernel keeps another value
        }
        sys!(CLOSE, limit);
        if !v2 {
            tasks[i] = open_tasks(&made, args.bytes(parent));
        }
    }
    if !v2 {
        made.groups[2].put(args.bytes(5)).put(NAME);
        made.check(step::GROUP, sys!(MKDIRAT, AT_FDCWD, made.groups[2].as_ptr(), 0o755));
    }
    let mut tracking = -1;
    if v1 {
        tasks[2] = open_tasks(&made, args.bytes(5));
    } else {
        let flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
        tracking = made.check(step::GROUP, sys!(OPENAT, AT_FDCWD, made.groups[2].as_ptr(), flags));
    }

    // 2. What init takes with it: its own program (only when it is entered again) and the rootfs.
    let mut exe = -1;
    if reexec {
        let flags = OPEN_TREE_CLONE | O_CLOEXEC;
        let tree = sys!(OPEN_TREE, AT_FDCWD, c"/proc/self/exe".as_ptr(), flags);
        exe = made.check(step::EXECUTABLE, tree);
        let read_only = attributes(exe, 0, MountAttr { set: MOUNT_ATTR_RDONLY, ..MountAttr::NONE });
        made.check(step::EXECUTABLE, read_only);
    }
    let tree = sys!(OPEN_TREE, AT_FDCWD, rootfs, OPEN_TREE_CLONE | O_CLOEXEC | AT_RECURSIVE);
    let rootfs = made.check(step::ROOTFS, tree);
    let private = MountAttr { propagation: MS_PRIVATE, ..MountAttr::NONE };
    made.check(step::ROOTFS, attributes(rootfs, AT_RECURSIVE, private));
    let mut pair = [0i32; 2];
    // AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC
    made.check(step::SOCKET, sys!(SOCKETPAIR, 1, 5 | O_CLOEXEC, 0, pair.as_mut_ptr()));

    // 3. The child, in its namespaces and its tracking group at once.
    let default = [0usize; 4];
    made.check(step::SIGCHLD, sys!(RT_SIGACTION, SIGCHLD, default.as_ptr(), 0, 8));
    let init = Init {
        tasks,
        exe,
        socket: pair[1],
        rootfs,
        cgroup_namespace: !v2,
        filter: args.bytes(1) == b"filter",
        command: args.from(OPTIONS),
    };
    let mut pidfd = -1i32;
    let mut flags = CLONE_VM | CLONE_CLEAR_SIGHAND | CLONE_PIDFD;
    flags |= CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET;
    if v2 {
        flags |= CLONE_NEWCGROUP;
    }
    if !v1 {
        flags |= CLONE_INTO_CGROUP;
    }
    made.check(step::CLONE, clone3(flags, &mut pidfd, tracking, &init));
    for descriptor in tasks.into_iter().chain([exe, tracking, rootfs, pair[1]]) {
        if descriptor >= 0 {
            sys!(CLOSE, descriptor);
        }
    }

    // The answer: `exec` and end of file, or the step that failed; then the exit status.
    let (mut answer, mut executed) = ([0i32; 2], false);
    loop {
        let len = sys!(READ, pair[0], answer.as_mut_ptr(), size_of::<[i32; 2]>());
        if len <= 0 {
            break;
        }
        executed = answer[0] == 0;
    }
    let mut info = [0i32; 32]; // siginfo_t: si_code at 2, si_status at 6
    // P_PIDFD, WEXITED
    let waited = sys!(WAITID, 3, pidfd, info.as_mut_ptr(), 4, 0);
    let cleaned = made.remove();
    if waited < 0 {
        complain(step::WAIT, waited);
    }
    if !executed {
        complain(if answer[0] == 0 { step::DIED } else { answer[0] }, answer[1] as isize);
    }
    if cleaned < 0 {
        complain(step::CLEAN, cleaned);
    }
    exit(if info[2] == 1 { info[6] } else { 128 + info[6] }) // CLD_EXITED
}

/// Opens the `tasks` file of our group below `parent`.
fn open_tasks(made: &Made, parent: &[u8]) -> i32 {
    let mut path = Path::new();
    path.put(parent).put(NAME).put(b"/tasks");
    made.check(step::TASKS, sys!(OPENAT, AT_FDCWD, path.as_ptr(), O_WRONLY | O_CLOEXEC))
}

/// The kernel's `struct mount_attr`.
#[repr(C)]
struct MountAttr {
    set: u64,
    clear: u64,
    propagation: u64,
    user_namespace: u64,
}

impl MountAttr {
    const NONE: MountAttr = MountAttr { set: 0, clear: 0, propagation: 0, user_namespace: 0 };
}

/// `mount_setattr` on the mount that `descriptor` is.
fn attributes(descriptor: i32, flags: usize, change: MountAttr) -> isize {
    let (empty, size) = (c"".as_ptr(), size_of::<MountAttr>());
    sys!(MOUNT_SETATTR, descriptor, empty, AT_EMPTY_PATH | flags, &raw const change, size)
}

/// The child's stack: it shares the launcher's memory, but must not share its frames.
#[repr(C, align(16))]
struct Stack([u8; 16384]);
static mut STACK: Stack = Stack([0; 16384]);

/// Clones the child, which runs [`child`] on a stack of its own and never returns; gives its pid.
fn clone3(flags: u64, pidfd: &mut i32, group: i32, init: &Init) -> isize {
    // The kernel's `struct clone_args`, up to `cgroup`.
    let arguments: [u64; 11] = [
        flags,
        &raw mut *pidfd as u64,
        0,
        0,
        SIGCHLD as u64,
        &raw mut STACK as u64,
        size_of::<Stack>() as u64,
        0,
        0,
        0,
        if group >= 0 { group as u64 } else { 0 },
    ];
    let result: isize;
    // SAFETY: the child starts with the same registers on an empty stack and calls `child`, which
    // does not return; `init` outlives it, because the launcher waits for its exec or end.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        core::arch::asm!("syscall", "test rax, rax", "jnz 2f", "xor ebp, ebp", "mov rdi, r13",
            "call r12", "ud2", "2:", inlateout("rax") bare::nr::CLONE3 => result,
            in("rdi") arguments.as_ptr(), in("rsi") size_of::<[u64; 11]>(), in("r12") child,
            in("r13") init, lateout("rcx") _, lateout("r11") _);
        #[cfg(target_arch = "aarch64")]
        core::arch::asm!("svc 0", "cbnz x0, 2f", "mov x29, #0", "mov x0, x21", "blr x20", "brk #1",
            "2:", in("x8") bare::nr::CLONE3, inlateout("x0") arguments.as_ptr() => result,
            in("x1") size_of::<[u64; 11]>(), in("x20") child, in("x21") init);
    }
    result
}

// ---- the child ----

/// Step 4: joins the v1 groups (a thread that moves itself skips the slow lock of `cgroup.procs`) and
/// becomes init, in place or by entering the program again.
extern "C" fn child(state: &Init) -> ! {
    for tasks in state.tasks {
        if tasks >= 0 {
            state.check(step::JOIN, sys!(WRITE, tasks, b"0".as_ptr(), 1));
        }
    }
    if state.exe < 0 {
        init(state);
    }
    // Sources out of the way first, then to their fixed numbers, which are not closed by the exec.
    // F_DUPFD_CLOEXEC
    let away = |descriptor: i32| state.check(step::REEXEC, sys!(FCNTL, descriptor, 1030, 64));
    let (exe, socket, rootfs) = (away(state.exe), away(state.socket), away(state.rootfs));
    state.check(step::REEXEC, sys!(DUP3, socket, 3, 0));
    state.check(step::REEXEC, sys!(DUP3, rootfs, 4, 0));
    let mut line = [core::ptr::null(); 16];
    line[0] = c"floor-init".as_ptr().cast();
    line[1] = if state.cgroup_namespace { c"v1".as_ptr() } else { c"v2".as_ptr() }.cast();
    for (i, word) in line[INIT_OPTIONS..15].iter_mut().enumerate() {
        // SAFETY: the argument array ends with a null pointer, where this stops.
        *word = unsafe { *state.command.add(i) };
        if word.is_null() {
            break;
        }
    }
    let nothing = [core::ptr::null::<u8>()];
    let failed = sys!(EXECVEAT, exe, c"".as_ptr(), line.as_ptr(), nothing.as_ptr(), AT_EMPTY_PATH);
    state.check(step::REEXEC, failed);
    exit(step::REEXEC)
}

impl Init {
    /// The result, or the end: step and errno go to the launcher.
    fn check(&self, step: i32, result: isize) -> i32 {
        if result < 0 {
            let answer = [step, -result as i32];
            sys!(WRITE, self.socket, answer.as_ptr(), size_of::<[i32; 2]>());
            exit(step);
        }
        result as i32
    }

    /// A new file system with its options, as a detached mount.
    fn file_system(&self, step: i32, name: &CStr, options: &[(&CStr, &CStr)], attributes: u64) -> i32 {
        let context = self.check(step, sys!(FSOPEN, name.as_ptr(), 1)); // CLOEXEC
        for (key, value) in options {
            let set = sys!(FSCONFIG, context, FSCONFIG_SET_STRING, key.as_ptr(), value.as_ptr(), 0);
            self.check(step, set);
        }
        self.create(step, context, attributes)
    }

    /// The configured file system as a detached mount.
    fn create(&self, step: i32, context: i32, attributes: u64) -> i32 {
        self.check(step, sys!(FSCONFIG, context, FSCONFIG_CMD_CREATE, 0, 0, 0));
        let mount = self.check(step, sys!(FSMOUNT, context, 1, attributes)); // CLOEXEC
        sys!(CLOSE, context);
        mount
    }

    /// Where `path` leads below `root`, links and all kept inside; negative when it is not there.
    fn find(&self, root: i32, path: &CStr) -> isize {
        // RESOLVE_NO_MAGICLINKS | RESOLVE_IN_ROOT
        let how = [(O_PATH | O_CLOEXEC) as u64, 0, 0x2 | 0x10];
        sys!(OPENAT2, root, path.as_ptr(), how.as_ptr(), size_of::<[u64; 3]>())
    }

    /// Attaches the detached `mount` where `target` is, and closes `target`.
    fn attach(&self, step: i32, mount: i32, target: i32) {
        let empty = c"".as_ptr();
        self.check(step, sys!(MOVE_MOUNT, mount, empty, target, empty, MOVE_MOUNT_BOTH_EMPTY));
        sys!(CLOSE, target);
    }

    /// The same with a path; the mount's descriptor stays open.
    fn attach_at(&self, step: i32, mount: i32, root: i32, path: &CStr) {
        self.attach(step, mount, self.check(step, self.find(root, path)));
    }
}

/// Steps 5 to 15: from the namespaces to the command.
fn init(state: &Init) -> ! {
    let prctl = |option: usize, value: usize| sys!(PRCTL, option, value, 0, 0, 0);
    state.check(step::DEATH, prctl(1, SIGKILL)); // PR_SET_PDEATHSIG
    prctl(15, c"floor-init".as_ptr() as usize); // PR_SET_NAME
    if state.cgroup_namespace {
        state.check(step::CGROUP_NAMESPACE, sys!(UNSHARE, CLONE_NEWCGROUP));
    }

    // The network namespace's own lo, up.
    let socket = state.check(step::LOOPBACK, sys!(SOCKET, 2, 2 | O_CLOEXEC, 0));
    let mut request = [0u8; 40];
    request[..2].copy_from_slice(b"lo");
    request[16] = 1; // IFF_UP
    state.check(step::LOOPBACK, sys!(IOCTL, socket, 0x8914, request.as_ptr())); // SIOCSIFFLAGS
    sys!(CLOSE, socket);

    // 6. Mounts. Nothing goes back to the host; modes are as written.
    let slave = MountAttr { propagation: MS_SLAVE, ..MountAttr::NONE };
    let (path, size) = (c"/".as_ptr(), size_of::<MountAttr>());
    let slaved = sys!(MOUNT_SETATTR, AT_FDCWD, path, AT_RECURSIVE, &raw const slave, size);
    state.check(step::SLAVE, slaved);
    sys!(UMASK, 0);
    let root = overlay(state);
    let plain = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
    let proc = state.file_system(step::PROC, c"proc", &[], plain);
    state.attach_at(step::PROC, proc, root, c"proc");
    let sys = state.file_system(step::SYS, c"sysfs", &[], plain | MOUNT_ATTR_RDONLY);
    state.attach_at(step::SYS, sys, root, c"sys");
    let dev = devices(state, root);

    // 8. The name; then masks, once everything that needs the paths is done.
    state.check(step::HOSTNAME, sys!(SETHOSTNAME, c"bench".as_ptr(), 5));
    masks(state, root, dev);

    // 9. The overlay becomes the root; the old one goes, and with it every mount of the host.
    state.check(step::PIVOT, sys!(FCHDIR, root));
    state.check(step::PIVOT, sys!(PIVOT_ROOT, c".".as_ptr(), c".".as_ptr()));
    state.check(step::PIVOT, sys!(UMOUNT2, c".".as_ptr(), MNT_DETACH));
    state.check(step::PIVOT, sys!(CHDIR, c"/".as_ptr()));

    // 10. A session, a keyring, standard input, nothing else open past the exec.
    state.check(step::SESSION, sys!(SETSID));
    state.check(step::SESSION, sys!(KEYCTL, 1, 0)); // KEYCTL_JOIN_SESSION_KEYRING
    let null = state.check(step::STDIN, sys!(OPENAT, AT_FDCWD, c"/dev/null".as_ptr(), O_CLOEXEC));
    state.check(step::STDIN, sys!(DUP3, null, 0, 0));

    // 12. and 13. Privileges.
    for capability in 0..=LAST_CAPABILITY {
        if CAPABILITIES >> capability & 1 == 0 {
            state.check(step::CAPABILITIES, prctl(24, capability)); // PR_CAPBSET_DROP
        }
    }
    state.check(step::USER, sys!(SETGROUPS, 0, 0));
    state.check(step::USER, sys!(SETRESGID, 0, 0, 0));
    state.check(step::USER, sys!(SETRESUID, 0, 0, 0));
    sys!(UMASK, 0o022);
    let (low, high) = (CAPABILITIES as u32, (CAPABILITIES >> 32) as u32);
    let (header, data) = ([0x2008_0522u32, 0], [low, low, 0, high, high, 0]);
    state.check(step::CAPABILITIES, sys!(CAPSET, header.as_ptr(), data.as_ptr()));
    state.check(step::CAPABILITIES, prctl(47, 4)); // PR_CAP_AMBIENT, CLEAR_ALL

    // 14. and 15. The command.
    state.check(step::DEATH, prctl(1, SIGKILL));
    let default = [0usize; 4];
    for signal in (1..=64).filter(|&signal| signal != SIGKILL && signal != SIGSTOP) {
        sys!(RT_SIGACTION, signal, default.as_ptr(), 0, 8);
    }
    sys!(RT_SIGPROCMASK, 2, default.as_ptr(), 0, 8); // SIG_SETMASK
    state.check(step::NO_NEW_PRIVILEGES, prctl(38, 1));
    let answer = [0i32; 2];
    // Nobody reads any more: the launcher is dead, and so must this be. MSG_NOSIGNAL
    let sent = sys!(SENDTO, state.socket, answer.as_ptr(), size_of::<[i32; 2]>(), 0x4000, 0, 0);
    state.check(step::EXEC, sent);
    sys!(CLOSE_RANGE, 3, u32::MAX, 4); // CLOSE_RANGE_CLOEXEC
    let environment = [
        c"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".as_ptr(),
        c"HOME=/root".as_ptr(),
        c"container=floor".as_ptr(),
        core::ptr::null(),
    ];
    // SAFETY: `command` is the argument array's end part, which has at least the command.
    let program = unsafe { *state.command };
    if state.filter {
        let filter = Program { length: (FILTER.len() / 8) as u16, instructions: FILTER.as_ptr() };
        state.check(step::FILTER, sys!(SECCOMP, 1, 0, &raw const filter)); // SET_MODE_FILTER
    }
    let failed = sys!(EXECVE, program, state.command, environment.as_ptr());
    state.check(step::EXEC, failed);
    exit(step::EXEC)
}

/// The root: an overlay over the rootfs with its changes on a tmpfs, attached on `/`.
fn overlay(state: &Init) -> i32 {
    let options = [(c"size", c"134217728"), (c"mode", c"0755")];
    let tmpfs = state.file_system(step::UPPER, c"tmpfs", &options, 0);
    let context = state.check(step::OVERLAY, sys!(FSOPEN, c"overlay".as_ptr(), 1));
    let layer = |key: &CStr, descriptor: i32| {
        let set = sys!(FSCONFIG, context, FSCONFIG_SET_FD, key.as_ptr(), 0, descriptor);
        state.check(step::OVERLAY, set);
    };
    layer(c"lowerdir+", state.rootfs);
    for (key, name) in [(c"upperdir", c"upper"), (c"workdir", c"work")] {
        state.check(step::UPPER, sys!(MKDIRAT, tmpfs, name.as_ptr(), 0o755));
        let flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
        let folder = state.check(step::UPPER, sys!(OPENAT, tmpfs, name.as_ptr(), flags));
        layer(key, folder);
        sys!(CLOSE, folder);
    }
    let root = state.create(step::OVERLAY, context, 0);
    let (empty, slash) = (c"".as_ptr(), c"/".as_ptr());
    state.check(step::OVERLAY, sys!(MOVE_MOUNT, root, empty, AT_FDCWD, slash, 0x4));
    sys!(CLOSE, tmpfs);
    root
}

/// `/dev`: a tmpfs with nodes and links, and the file systems that live in it; gives the tmpfs.
fn devices(state: &Init, root: i32) -> i32 {
    let no_program = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
    let options = [(c"size", c"65536k"), (c"mode", c"0755")];
    let dev = state.file_system(step::DEV, c"tmpfs", &options, no_program);
    for (name, major, minor) in NODES {
        // S_IFCHR | 0666
        state.check(step::NODE, sys!(MKNODAT, dev, name.as_ptr(), 0o020_666, major << 8 | minor));
    }
    for (name, target) in LINKS {
        state.check(step::NODE, sys!(SYMLINKAT, target.as_ptr(), dev, name.as_ptr()));
    }
    for name in [c"pts", c"shm", c"mqueue"] {
        state.check(step::NODE, sys!(MKDIRAT, dev, name.as_ptr(), 0o755));
    }
    state.attach_at(step::DEV, dev, root, c"dev");
    let options = [(c"ptmxmode", c"0666"), (c"mode", c"0620"), (c"gid", c"5")];
    let pts = state.file_system(step::PTS, c"devpts", &options, no_program);
    state.attach_at(step::PTS, pts, dev, c"pts");
    let options = [(c"size", c"67108864"), (c"mode", c"1777")];
    let shm = state.file_system(step::SHM, c"tmpfs", &options, no_program | MOUNT_ATTR_NODEV);
    state.attach_at(step::SHM, shm, dev, c"shm");
    let mqueue = state.file_system(step::MQUEUE, c"mqueue", &[], no_program | MOUNT_ATTR_NODEV);
    state.attach_at(step::MQUEUE, mqueue, dev, c"mqueue");
    for mount in [pts, shm, mqueue] {
        sys!(CLOSE, mount);
    }
    dev
}

/// Masked and read-only paths; those that this kernel does not have are passed over.
fn masks(state: &Init, root: i32, dev: i32) {
    let clone = |directory: i32, path: &CStr, flags: usize| {
        let flags = OPEN_TREE_CLONE | O_CLOEXEC | AT_EMPTY_PATH | flags;
        state.check(step::MASK, sys!(OPEN_TREE, directory, path.as_ptr(), flags))
    };
    let mut empty = -1;
    for path in MASKED_FOLDERS {
        let target = state.find(root, path) as i32;
        if target < 0 {
            continue;
        }
        // One empty tmpfs serves all of them.
        let mount = if empty < 0 {
            empty = state.file_system(step::MASK, c"tmpfs", &[], MOUNT_ATTR_RDONLY);
            empty
        } else {
            clone(empty, c"", 0)
        };
        state.attach(step::MASK, mount, target);
        if mount != empty {
            sys!(CLOSE, mount);
        }
    }
    if empty >= 0 {
        sys!(CLOSE, empty);
    }
    for path in MASKED_FILES {
        let target = state.find(root, path) as i32;
        if target >= 0 {
            let mount = clone(dev, c"null", 0);
            state.attach(step::MASK, mount, target);
            sys!(CLOSE, mount);
        }
    }
    for path in READ_ONLY {
        let target = state.find(root, path) as i32;
        if target >= 0 {
            let mount = clone(target, c"", AT_RECURSIVE);
            let change = MountAttr { set: MOUNT_ATTR_RDONLY, ..MountAttr::NONE };
            state.check(step::READ_ONLY, attributes(mount, AT_RECURSIVE, change));
            state.attach(step::READ_ONLY, mount, target);
            sys!(CLOSE, mount);
        }
    }
}
