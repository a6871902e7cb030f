//! Which system call failed, and how.

/// Makes the enum, its names and the way back from a number, from one list.
macro_rules! calls {
    ($($variant:ident = $name:literal,)*) => {
        /// A system call (for ioctls and commands: which one) that this program makes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Call {
            $(#[doc = $name] $variant,)*
        }

        impl Call {
            const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name as the man pages write it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

calls! {
    Access = "faccessat",
    Affinity = "sched_getaffinity",
    BpfAttach = "bpf(BPF_PROG_ATTACH)",
    BpfLoad = "bpf(BPF_PROG_LOAD)",
    BpfQuery = "bpf(BPF_PROG_QUERY)",
    Brk = "brk",
    Capget = "capget",
    Capset = "capset",
    CapbsetDrop = "prctl(PR_CAPBSET_DROP)",
    CapAmbientRaise = "prctl(PR_CAP_AMBIENT_RAISE)",
    CapAmbientClear = "prctl(PR_CAP_AMBIENT_CLEAR_ALL)",
    Chdir = "fchdir",
    Clone3 = "clone3",
    CloseRange = "close_range",
    Dumpable = "prctl(PR_SET_DUMPABLE)",
    Dup = "dup3",
    Execve = "execve",
    Execveat = "execveat",
    Fchown = "fchown",
    Fchmod = "fchmodat",
    Fcntl = "fcntl",
    Fork = "fork",
    Fsconfig = "fsconfig",
    Fsmount = "fsmount",
    Fstatfs = "fstatfs",
    Fsopen = "fsopen",
    FindGroup = "lookup in /etc/group",
    FindUser = "lookup in /etc/passwd",
    Fstat = "fstat",
    Fstatvfs = "fstatvfs",
    Getpriority = "getpriority",
    Injected = "(injected fault)",
    JoinGroup = "write to the group's tasks",
    Lock = "fcntl(F_SETLK)",
    MemfdCreate = "memfd_create",
    Keyctl = "keyctl(KEYCTL_JOIN_SESSION_KEYRING)",
    NetworkOfSocket = "ioctl(SIOCGSKNS)",
    LoopbackUp = "ioctl(SIOCSIFFLAGS)",
    Mkdir = "mkdirat",
    Mknod = "mknodat",
    Mount = "mount",
    NamespaceKind = "ioctl(NS_GET_NSTYPE)",
    MountIdmap = "mount_setattr(MOUNT_ATTR_IDMAP)",
    MountSetattr = "mount_setattr",
    MoveMount = "move_mount",
    NoNewPrivs = "prctl(PR_SET_NO_NEW_PRIVS)",
    Open = "openat",
    OpenInRoot = "openat2",
    OpenTree = "open_tree",
    Pdeathsig = "prctl(PR_SET_PDEATHSIG)",
    PidfdOpen = "pidfd_open",
    PidfdSendSignal = "pidfd_send_signal",
    PivotRoot = "pivot_root",
    Prlimit = "prlimit64",
    Poll = "poll",
    Read = "read",
    Recvmsg = "recvmsg",
    Rename = "renameat2",
    Rmdir = "unlinkat(AT_REMOVEDIR)",
    Seccomp = "seccomp",
    Sendmsg = "sendmsg",
    SetAffinity = "sched_setaffinity",
    Setdomainname = "setdomainname",
    Setgroups = "setgroups",
    Sethostname = "sethostname",
    Setns = "setns",
    Setkeepcaps = "prctl(PR_SET_KEEPCAPS)",
    Setpriority = "setpriority",
    Setresgid = "setresgid",
    Setresuid = "setresuid",
    Setsid = "setsid",
    Setsockopt = "setsockopt",
    Seal = "fcntl(F_ADD_SEALS)",
    Setxattr = "fsetxattr",
    Sigaction = "rt_sigaction",
    Signalfd = "signalfd4",
    Sigprocmask = "rt_sigprocmask",
    Socket = "socket",
    Socketpair = "socketpair",
    Subreaper = "prctl(PR_SET_CHILD_SUBREAPER)",
    Symlink = "symlinkat",
    TcGetAttr = "ioctl(TCGETS)",
    TcSetAttr = "ioctl(TCSETS)",
    TerminalControl = "ioctl(TIOCSCTTY)",
    TerminalPeer = "ioctl(TIOCGPTPEER)",
    TerminalSize = "ioctl(TIOCSWINSZ)",
    TerminalUnlock = "ioctl(TIOCSPTLCK)",
    Umount = "umount2",
    Uname = "uname",
    Unlink = "unlinkat",
    Thread = "clone(CLONE_THREAD)",
    Unshare = "unshare",
    Waitid = "waitid",
    Write = "write",
}

impl Call {
    /// The call with this number, as a child reports it that has no other words.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

/// An error number, errno(3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Errno(pub i32);

#[allow(missing_docs)]
impl Errno {
    pub const EPERM: Self = Self(1);
    pub const ENOENT: Self = Self(2);
    pub const ESRCH: Self = Self(3);
    pub const EINTR: Self = Self(4);
    pub const EIO: Self = Self(5);
    pub const E2BIG: Self = Self(7);
    pub const ENOEXEC: Self = Self(8);
    pub const EBADF: Self = Self(9);
    pub const EAGAIN: Self = Self(11);
    pub const ENOMEM: Self = Self(12);
    pub const EACCES: Self = Self(13);
    pub const EBUSY: Self = Self(16);
    pub const EEXIST: Self = Self(17);
    pub const EXDEV: Self = Self(18);
    pub const ENODEV: Self = Self(19);
    pub const ENOTDIR: Self = Self(20);
    pub const EISDIR: Self = Self(21);
    pub const EINVAL: Self = Self(22);
    pub const ENFILE: Self = Self(23);
    pub const EMFILE: Self = Self(24);
    pub const ETXTBSY: Self = Self(26);
    pub const EFBIG: Self = Self(27);
    pub const ENOSPC: Self = Self(28);
    pub const EROFS: Self = Self(30);
    pub const EPIPE: Self = Self(32);
    pub const ERANGE: Self = Self(34);
    pub const ENAMETOOLONG: Self = Self(36);
    pub const ENOSYS: Self = Self(38);
    pub const ENOTEMPTY: Self = Self(39);
    pub const ELOOP: Self = Self(40);
    pub const EPROTO: Self = Self(71);
    pub const ELIBBAD: Self = Self(80);
    pub const EUSERS: Self = Self(87);
    pub const EOPNOTSUPP: Self = Self(95);
    pub const ECONNRESET: Self = Self(104);
}

/// A system call that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Error {
    /// Which one.
    pub call: Call,
    /// How.
    pub errno: Errno,
}

impl Error {
    /// An error made by the caller, such as a value that was read back different.
    pub const fn new(call: Call, errno: Errno) -> Self {
        Self { call, errno }
    }
}

/// The result of a system call.
pub type Result<T> = core::result::Result<T, Error>;

/// What the kernel has answered, with −errno on failure, → [`Result`].
pub fn check(call: Call, answer: isize) -> Result<usize> {
    match usize::try_from(answer) {
        Ok(value) => Ok(value),
        Err(_) => Err(Error::new(call, Errno(answer.wrapping_neg() as i32))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lead_back_to_their_calls() {
        for (number, &call) in Call::ALL.iter().enumerate() {
            assert_eq!(call as usize, number);
            assert_eq!(Call::from_number(u8::try_from(number).unwrap()), Some(call));
        }
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = Call::ALL.iter().map(|call| call.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Call::ALL.len());
    }
}
