//! The kernel's numbers and structures, as its own headers have them: init has no C library.
//! `sys::agrees` compares each with libc's while the library is compiled.

/// Numbers of system calls.
pub mod nr {
    macro_rules! numbers {
        ($($name:ident $x86_64:literal $aarch64:literal)*) => { $(
            #[cfg(target_arch = "x86_64")]
            #[allow(missing_docs)]
            pub const $name: usize = $x86_64;
            #[cfg(target_arch = "aarch64")]
            #[allow(missing_docs)]
            pub const $name: usize = $aarch64;
        )* };
    }
    numbers! {
        READ 0 63  WRITE 1 64  CLOSE 3 57  FSTAT 5 80
        BRK 12 214  RT_SIGACTION 13 134  RT_SIGPROCMASK 14 135  IOCTL 16 29
        SENDTO 44 206  SENDMSG 46 211  RECVMSG 47 212  SOCKETPAIR 53 199
        CLONE 56 220  EXECVE 59 221  WAIT4 61 260  KILL 62 129
        FCNTL 72 25  CHDIR 80 49  FCHDIR 81 50  FCHMOD 91 52  FCHOWN 93 55  UMASK 95 166
        SETSID 112 157  SETGROUPS 116 159  SETRESUID 117 147  SETRESGID 119 149  CAPSET 126 91
        RT_SIGTIMEDWAIT 128 137  FSTATFS 138 44  SETPRIORITY 141 140  PIVOT_ROOT 155 41
        PRCTL 157 167  UMOUNT2 166 39  SETHOSTNAME 170 161  SETDOMAINNAME 171 162
        FSETXATTR 190 7  SCHED_SETAFFINITY 203 122  SCHED_GETAFFINITY 204 123
        CLOCK_GETTIME 228 113  EXIT_GROUP 231 94  KEYCTL 250 219
        OPENAT 257 56  MKDIRAT 258 34  MKNODAT 259 33  FCHOWNAT 260 54  UNLINKAT 263 35
        SYMLINKAT 266 36  FCHMODAT 268 53  FACCESSAT 269 48  UNSHARE 272 97
        DUP3 292 24  PRLIMIT64 302 261  SETNS 308 268  SECCOMP 317 277  EXECVEAT 322 281
        OPEN_TREE 428 428  MOVE_MOUNT 429 429  FSOPEN 430 430  FSCONFIG 431 431  FSMOUNT 432 432
        CLOSE_RANGE 436 436  OPENAT2 437 437  MOUNT_SETATTR 442 442
    }
}

macro_rules! constants {
    ($($name:ident = $value:expr;)*) => { $(
        #[allow(missing_docs)]
        pub const $name: u32 = $value;
    )* };
}

constants! {
    // fcntl.h
    O_RDONLY = 0;
    O_WRONLY = 0o1;
    O_RDWR = 0o2;
    O_CREAT = 0o100;
    O_EXCL = 0o200;
    O_NOCTTY = 0o400;
    O_NONBLOCK = 0o4000;
    O_CLOEXEC = 0o2_000_000;
    O_PATH = 0o10_000_000;
    F_SETFD = 2;
    FD_CLOEXEC = 1;
    AT_SYMLINK_NOFOLLOW = 0x100;
    AT_EMPTY_PATH = 0x1000;
    AT_RECURSIVE = 0x8000;
    // stat.h
    S_IFMT = 0o170_000;
    S_IFREG = 0o100_000;
    S_IFDIR = 0o040_000;
    S_IFCHR = 0o020_000;
    S_IFBLK = 0o060_000;
    // openat2.h
    RESOLVE_NO_MAGICLINKS = 0x02;
    RESOLVE_NO_SYMLINKS = 0x04;
    RESOLVE_BENEATH = 0x08;
    RESOLVE_IN_ROOT = 0x10;
    // close_range.h
    CLOSE_RANGE_CLOEXEC = 1 << 2;
    // mount.h
    OPEN_TREE_CLONE = 1;
    OPEN_TREE_CLOEXEC = O_CLOEXEC;
    MOVE_MOUNT_F_EMPTY_PATH = 0x04;
    MOVE_MOUNT_T_EMPTY_PATH = 0x40;
    FSOPEN_CLOEXEC = 1;
    FSMOUNT_CLOEXEC = 1;
    MOUNT_ATTR_RDONLY = 0x01;
    MOUNT_ATTR_NOSUID = 0x02;
    MOUNT_ATTR_NODEV = 0x04;
    MOUNT_ATTR_NOEXEC = 0x08;
    MOUNT_ATTR__ATIME = 0x70;
    MOUNT_ATTR_RELATIME = 0;
    MOUNT_ATTR_NOATIME = 0x10;
    MOUNT_ATTR_STRICTATIME = 0x20;
    MOUNT_ATTR_NODIRATIME = 0x80;
    MOUNT_ATTR_IDMAP = 0x10_0000;
    MOUNT_ATTR_NOSYMFOLLOW = 0x20_0000;
    MNT_DETACH = 2;
    MS_UNBINDABLE = 1 << 17;
    MS_PRIVATE = 1 << 18;
    MS_SLAVE = 1 << 19;
    MS_SHARED = 1 << 20;
    // sched.h
    CLONE_NEWNS = 0x0002_0000;
    CLONE_NEWNET = 0x4000_0000;
    // signal.h
    SIGKILL = 9;
    SIGCHLD = 17;
    SIGSTOP = 19;
    SIG_SETMASK = 2;
    // wait.h
    WNOHANG = 1;
    __WALL = 0x4000_0000;
    // prctl.h
    PR_SET_PDEATHSIG = 1;
    PR_SET_DUMPABLE = 4;
    PR_SET_KEEPCAPS = 8;
    PR_SET_NAME = 15;
    PR_CAPBSET_DROP = 24;
    PR_SET_CHILD_SUBREAPER = 36;
    PR_SET_NO_NEW_PRIVS = 38;
    PR_CAP_AMBIENT = 47;
    PR_CAP_AMBIENT_RAISE = 2;
    PR_CAP_AMBIENT_CLEAR_ALL = 4;
    // socket.h
    AF_UNIX = 1;
    SOCK_STREAM = 1;
    SOCK_CLOEXEC = O_CLOEXEC;
    SOL_SOCKET = 1;
    SCM_RIGHTS = 1;
    MSG_NOSIGNAL = 0x4000;
    MSG_CMSG_CLOEXEC = 0x4000_0000;
    // asm-generic/ioctls.h
    TIOCSCTTY = 0x540e;
    TIOCSPTLCK = 0x4004_5431;
    TIOCGPTPEER = 0x5441;
    // resource.h, time.h
    PRIO_PROCESS = 0;
    CLOCK_MONOTONIC = 1;
}

// Of those used here, the two that differ.
#[cfg(target_arch = "x86_64")]
constants! {
    O_DIRECTORY = 0o200_000;
    O_NOFOLLOW = 0o400_000;
}
#[cfg(target_arch = "aarch64")]
constants! {
    O_DIRECTORY = 0o40_000;
    O_NOFOLLOW = 0o100_000;
}

/// What stands for the working folder in place of a descriptor, fcntl.h.
pub const AT_FDCWD: i32 = -100;

// Not in libc: linux/mount.h (enum fsconfig_command), seccomp.h, keyctl.h, capability.h, magic.h.
constants! {
    FSCONFIG_SET_FLAG = 0;
    FSCONFIG_SET_STRING = 1;
    FSCONFIG_CMD_CREATE = 6;
    SECCOMP_SET_MODE_FILTER = 1;
    KEYCTL_JOIN_SESSION_KEYRING = 1;
    LINUX_CAPABILITY_VERSION_3 = 0x2008_0522;
    PROC_SUPER_MAGIC = 0x9fa0;
    DEVPTS_SUPER_MAGIC = 0x1cd1;
}

/// struct open_how, openat2(2).
#[repr(C)]
#[derive(Debug)]
#[allow(missing_docs)]
pub struct OpenHow {
    pub flags: u64,
    pub mode: u64,
    pub resolve: u64,
}

/// struct mount_attr, mount_setattr(2).
#[repr(C)]
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct MountAttr {
    pub attr_set: u64,
    pub attr_clr: u64,
    pub propagation: u64,
    pub userns_fd: u64,
}

/// struct stat, stat(2).
#[cfg(target_arch = "x86_64")]
#[repr(C)]
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Stat {
    pub st_dev: u64,
    pub st_ino: u64,
    pub st_nlink: u64,
    pub st_mode: u32,
    pub st_uid: u32,
    pub st_gid: u32,
    pub pad: u32,
    pub st_rdev: u64,
    pub st_size: i64,
    pub rest: [i64; 11],
}

/// struct stat, stat(2).
#[cfg(target_arch = "aarch64")]
#[repr(C)]
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Stat {
    pub st_dev: u64,
    pub st_ino: u64,
    pub st_mode: u32,
    pub st_nlink: u32,
    pub st_uid: u32,
    pub st_gid: u32,
    pub st_rdev: u64,
    pub pad: u64,
    pub st_size: i64,
    pub rest: [i64; 9],
}

/// struct statfs, statfs(2), as far as it is read here.
#[repr(C)]
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Statfs {
    pub f_type: i64,
    pub rest: [i64; 14],
}

/// struct iovec, readv(2).
#[repr(C)]
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Iovec {
    pub iov_base: *const u8,
    pub iov_len: usize,
}

/// struct msghdr, sendmsg(2).
#[repr(C)]
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Msghdr {
    pub msg_name: *const u8,
    pub msg_namelen: u32,
    pub msg_iov: *const Iovec,
    pub msg_iovlen: usize,
    pub msg_control: *const u8,
    pub msg_controllen: usize,
    pub msg_flags: u32,
}

/// struct cmsghdr, cmsg(3). What it announces follows it.
#[repr(C)]
#[derive(Debug, Default, Clone, Copy)]
#[allow(missing_docs)]
pub struct Cmsghdr {
    pub cmsg_len: usize,
    pub cmsg_level: u32,
    pub cmsg_type: u32,
}

/// struct rlimit64, prlimit(2).
#[repr(C)]
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Rlimit {
    pub rlim_cur: u64,
    pub rlim_max: u64,
}

/// struct sock_fprog, seccomp(2).
#[repr(C)]
#[derive(Debug)]
#[allow(missing_docs)]
pub struct SockFprog {
    pub len: u16,
    pub filter: *const u8,
}

/// struct __user_cap_header_struct, capset(2).
#[repr(C)]
#[derive(Debug)]
#[allow(missing_docs)]
pub struct CapHeader {
    pub version: u32,
    pub pid: i32,
}

/// struct __user_cap_data_struct, capset(2).
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
#[allow(missing_docs)]
pub struct CapData {
    pub effective: u32,
    pub permitted: u32,
    pub inheritable: u32,
}

/// struct timespec, clock_gettime(2).
#[repr(C)]
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Timespec {
    pub tv_sec: i64,
    pub tv_nsec: i64,
}
