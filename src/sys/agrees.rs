//! The numbers of [`super::bare::abi`] are libc's, for every processor and C library that this
//! is compiled for: where one is not, it does not compile.

use super::bare::abi::{self, nr};
use std::mem::offset_of;

macro_rules! numbers {
    ($($ours:ident $theirs:ident)*) => { $(
        const _: () = assert!(nr::$ours == libc::$theirs as usize, stringify!($ours));
    )* };
}

numbers! {
    READ SYS_read  WRITE SYS_write  CLOSE SYS_close  FSTAT SYS_fstat
    BRK SYS_brk  RT_SIGACTION SYS_rt_sigaction  RT_SIGPROCMASK SYS_rt_sigprocmask  IOCTL SYS_ioctl
    SENDTO SYS_sendto  SENDMSG SYS_sendmsg  RECVMSG SYS_recvmsg  SOCKETPAIR SYS_socketpair
    CLONE SYS_clone  EXECVE SYS_execve  WAIT4 SYS_wait4  KILL SYS_kill
    FCNTL SYS_fcntl  CHDIR SYS_chdir  FCHDIR SYS_fchdir  FCHMOD SYS_fchmod  FCHOWN SYS_fchown
    UMASK SYS_umask  SETSID SYS_setsid  SETGROUPS SYS_setgroups  SETRESUID SYS_setresuid
    SETRESGID SYS_setresgid  CAPSET SYS_capset  RT_SIGTIMEDWAIT SYS_rt_sigtimedwait
    FSTATFS SYS_fstatfs  SETPRIORITY SYS_setpriority  PIVOT_ROOT SYS_pivot_root
    PRCTL SYS_prctl  UMOUNT2 SYS_umount2  SETHOSTNAME SYS_sethostname
    SETDOMAINNAME SYS_setdomainname  FSETXATTR SYS_fsetxattr
    SCHED_SETAFFINITY SYS_sched_setaffinity  SCHED_GETAFFINITY SYS_sched_getaffinity
    CLOCK_GETTIME SYS_clock_gettime  EXIT_GROUP SYS_exit_group  KEYCTL SYS_keyctl
    OPENAT SYS_openat  MKDIRAT SYS_mkdirat  MKNODAT SYS_mknodat  FCHOWNAT SYS_fchownat
    UNLINKAT SYS_unlinkat  SYMLINKAT SYS_symlinkat  FCHMODAT SYS_fchmodat  FACCESSAT SYS_faccessat
    UNSHARE SYS_unshare  DUP3 SYS_dup3  PRLIMIT64 SYS_prlimit64  SETNS SYS_setns
    SECCOMP SYS_seccomp  EXECVEAT SYS_execveat  OPEN_TREE SYS_open_tree  MOVE_MOUNT SYS_move_mount
    FSOPEN SYS_fsopen  FSCONFIG SYS_fsconfig  FSMOUNT SYS_fsmount  CLOSE_RANGE SYS_close_range
    OPENAT2 SYS_openat2  MOUNT_SETATTR SYS_mount_setattr
}

macro_rules! constants {
    ($($name:ident)*) => { $(
        const _: () = assert!(abi::$name as u32 == libc::$name as u32, stringify!($name));
    )* };
}

constants! {
    O_RDONLY O_WRONLY O_RDWR O_CREAT O_EXCL O_NOCTTY O_NONBLOCK O_CLOEXEC O_PATH O_DIRECTORY O_NOFOLLOW
    F_SETFD FD_CLOEXEC AT_SYMLINK_NOFOLLOW AT_EMPTY_PATH AT_RECURSIVE
    S_IFMT S_IFREG S_IFDIR S_IFCHR S_IFBLK
    RESOLVE_NO_MAGICLINKS RESOLVE_NO_SYMLINKS RESOLVE_BENEATH RESOLVE_IN_ROOT CLOSE_RANGE_CLOEXEC
    OPEN_TREE_CLONE OPEN_TREE_CLOEXEC MOVE_MOUNT_F_EMPTY_PATH MOVE_MOUNT_T_EMPTY_PATH
    FSOPEN_CLOEXEC FSMOUNT_CLOEXEC
    MOUNT_ATTR_RDONLY MOUNT_ATTR_NOSUID MOUNT_ATTR_NODEV MOUNT_ATTR_NOEXEC MOUNT_ATTR__ATIME
    MOUNT_ATTR_RELATIME MOUNT_ATTR_NOATIME MOUNT_ATTR_STRICTATIME MOUNT_ATTR_NODIRATIME
    MOUNT_ATTR_IDMAP MOUNT_ATTR_NOSYMFOLLOW MNT_DETACH MS_UNBINDABLE MS_PRIVATE MS_SLAVE MS_SHARED
    CLONE_NEWNS CLONE_NEWNET SIGKILL SIGCHLD SIGSTOP SIG_SETMASK WNOHANG __WALL
    PR_SET_PDEATHSIG PR_SET_DUMPABLE PR_SET_KEEPCAPS PR_SET_NAME PR_CAPBSET_DROP
    PR_SET_CHILD_SUBREAPER PR_SET_NO_NEW_PRIVS PR_CAP_AMBIENT PR_CAP_AMBIENT_RAISE
    PR_CAP_AMBIENT_CLEAR_ALL AF_UNIX SOCK_STREAM SOCK_CLOEXEC SOL_SOCKET SCM_RIGHTS MSG_NOSIGNAL
    MSG_CMSG_CLOEXEC TIOCSCTTY TIOCSPTLCK TIOCGPTPEER PRIO_PROCESS CLOCK_MONOTONIC AT_FDCWD
}

macro_rules! layouts {
    ($($ours:ident $theirs:ident { $($field:ident)* })*) => { $(
        const _: () = assert!(size_of::<abi::$ours>() == size_of::<libc::$theirs>(), stringify!($ours));
        $(const _: () = assert!(offset_of!(abi::$ours, $field) == offset_of!(libc::$theirs, $field));)*
    )* };
}

layouts! {
    OpenHow open_how { flags mode resolve }
    MountAttr mount_attr { attr_set attr_clr propagation userns_fd }
    Stat stat { st_dev st_ino st_nlink st_mode st_uid st_gid st_rdev st_size }
    Statfs statfs { f_type }
    Iovec iovec { iov_base iov_len }
    Msghdr msghdr { msg_name msg_namelen msg_iov msg_iovlen msg_control msg_controllen msg_flags }
    Rlimit rlimit64 { rlim_cur rlim_max }
    SockFprog sock_fprog { len filter }
    Timespec timespec { tv_sec tv_nsec }
}

macro_rules! errors {
    ($($name:ident)*) => { $(
        const _: () = assert!(super::Errno::$name.0 == libc::$name, stringify!($name));
    )* };
}

errors! {
    EPERM ENOENT EINTR EIO ENOEXEC EBADF EAGAIN ENOMEM EACCES EBUSY EOPNOTSUPP EEXIST EXDEV ENODEV
    ENOTDIR EFBIG EISDIR EINVAL EMFILE ENFILE ENOSPC ERANGE EROFS EPIPE ENAMETOOLONG ENOSYS ELOOP
    ENOTEMPTY ESRCH ELIBBAD E2BIG ETXTBSY EUSERS ECONNRESET EPROTO
}
