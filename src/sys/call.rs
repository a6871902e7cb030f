//! Which system call failed, and how.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Makes the enum, its names and the way back from a number, from one list.
macro_rules! calls {
    ($($variant:ident = $name:literal,)*) => {
        /// A system call (for ioctls and commands: which one) that this program makes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
    Keyctl = "keyctl(KEYCTL_JOIN_SESSION_KEYRING)",
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
    /// The call with this number, as [`crate::sys::clone`]'s child reports it.
    pub(super) fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

/// An error number, errno(3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Errno(pub i32);

#[allow(missing_docs)]
impl Errno {
    pub const EPERM: Self = Self(libc::EPERM);
    pub const ENOENT: Self = Self(libc::ENOENT);
    pub const EINTR: Self = Self(libc::EINTR);
    pub const EIO: Self = Self(libc::EIO);
    pub const ENOEXEC: Self = Self(libc::ENOEXEC);
    pub const EBADF: Self = Self(libc::EBADF);
    pub const EAGAIN: Self = Self(libc::EAGAIN);
    pub const ENOMEM: Self = Self(libc::ENOMEM);
    pub const EACCES: Self = Self(libc::EACCES);
    pub const EBUSY: Self = Self(libc::EBUSY);
    pub const EOPNOTSUPP: Self = Self(libc::EOPNOTSUPP);
    pub const EEXIST: Self = Self(libc::EEXIST);
    pub const EXDEV: Self = Self(libc::EXDEV);
    pub const ENODEV: Self = Self(libc::ENODEV);
    pub const ENOTDIR: Self = Self(libc::ENOTDIR);
    pub const EFBIG: Self = Self(libc::EFBIG);
    pub const EISDIR: Self = Self(libc::EISDIR);
    pub const EINVAL: Self = Self(libc::EINVAL);
    pub const EMFILE: Self = Self(libc::EMFILE);
    pub const ENFILE: Self = Self(libc::ENFILE);
    pub const ENOSPC: Self = Self(libc::ENOSPC);
    pub const ERANGE: Self = Self(libc::ERANGE);
    pub const EROFS: Self = Self(libc::EROFS);
    pub const EPIPE: Self = Self(libc::EPIPE);
    pub const ENAMETOOLONG: Self = Self(libc::ENAMETOOLONG);
    pub const ENOSYS: Self = Self(libc::ENOSYS);
    pub const ELOOP: Self = Self(libc::ELOOP);
    pub const ENOTEMPTY: Self = Self(libc::ENOTEMPTY);
    pub const ESRCH: Self = Self(libc::ESRCH);
    pub const ELIBBAD: Self = Self(libc::ELIBBAD);
    pub const E2BIG: Self = Self(libc::E2BIG);
    pub const ETXTBSY: Self = Self(libc::ETXTBSY);
    pub const EUSERS: Self = Self(libc::EUSERS);

    /// The calling thread's errno.
    pub(super) fn last() -> Self {
        Self(nix::errno::Errno::last_raw())
    }

    /// `EACCES` and so on.
    pub fn name(self) -> String {
        format!("{:?}", nix::errno::Errno::from_raw(self.0))
    }

    /// `permission denied` and so on, in lower case.
    pub fn text(self) -> String {
        let text = nix::errno::Errno::from_raw(self.0).desc();
        let mut chars = text.chars();
        chars.next().map_or_else(String::new, |c| c.to_lowercase().chain(chars).collect())
    }
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
    /// The error of a call that has just returned −1.
    pub(super) fn last(call: Call) -> Self {
        Self { call, errno: Errno::last() }
    }

    /// An error made by the caller, such as a value that was read back different.
    pub fn new(call: Call, errno: Errno) -> Self {
        Self { call, errno }
    }

    /// What std's file functions returned.
    pub fn from_io(call: Call, error: &std::io::Error) -> Self {
        Self { call, errno: Errno(error.raw_os_error().unwrap_or(libc::EIO)) }
    }

    pub(super) fn from_nix(call: Call) -> impl FnOnce(nix::errno::Errno) -> Self {
        move |errno| Self { call, errno: Errno(errno as i32) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.call.name(), self.errno.text(), self.errno.name())
    }
}

impl std::error::Error for Error {}

/// The result of a system call.
pub type Result<T> = std::result::Result<T, Error>;

/// −1 with errno, as libc's wrappers return it, → [`Result`].
pub(super) fn check(call: Call, result: impl Into<i64>) -> Result<i64> {
    match result.into() {
        -1 => Err(Error::last(call)),
        value => Ok(value),
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

    #[test]
    fn errors_read_well() {
        let error = Error::new(Call::MountSetattr, Errno::EACCES);
        assert_eq!(error.to_string(), "mount_setattr: permission denied (EACCES)");
    }
}
