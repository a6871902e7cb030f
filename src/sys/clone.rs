//! clone3(2) with the child's whole life up to execveat(2).

use super::{Call, Errno, Error, Result, raw};
use serde::{Deserialize, Serialize};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// A kind of namespace, namespaces(7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Namespace {
    /// `CLONE_NEWNS`
    Mount,
    /// `CLONE_NEWPID`
    Pid,
    /// `CLONE_NEWIPC`
    Ipc,
    /// `CLONE_NEWUTS`
    Uts,
    /// `CLONE_NEWNET`
    Net,
    /// `CLONE_NEWCGROUP`; only on pure v2 is it made by the clone.
    Cgroup,
}

/// What the child does before it becomes another program.
#[derive(Debug)]
pub struct Spawn<'a> {
    /// Namespaces to make.
    pub namespaces: &'a [Namespace],
    /// A cgroup v2 folder to be born in.
    pub into_group: Option<BorrowedFd<'a>>,
    /// Namespaces to enter, but no pid namespace: one is born there.
    pub enters: &'a [(BorrowedFd<'a>, Namespace)],
    /// Descriptors that survive the exec.
    pub inherit: &'a [BorrowedFd<'a>],
    /// The program to execute.
    pub program: BorrowedFd<'a>,
    /// Its argument list; the environment is empty, since PID 1's can be read inside.
    pub arguments: &'a [&'a std::ffi::CStr],
}

/// A child process held by a pidfd.
#[derive(Debug)]
pub struct Child {
    /// The handle.
    pub pidfd: OwnedFd,
    /// Its number in this process's pid namespace.
    pub pid: i32,
    /// The child's stack and instructions, kept until it has executed or died: it
    /// runs on this very memory.
    memory: Box<Memory>,
}

/// Ample for a function that calls nothing.
pub(super) const STACK: usize = 4 * 1024;

#[repr(C, align(16))]
pub(super) struct Stack([u8; STACK]);

struct Memory {
    stack: Box<std::mem::MaybeUninit<Stack>>,
    /// See [`Word`].
    words: Vec<usize>,
    /// The arguments, which the child reads as late as at its exec.
    _texts: Vec<std::ffi::CString>,
    /// Pointers to them, with the null at the end, which is the environment too.
    _arguments: Vec<usize>,
    /// Which call of the child failed and how: `errno << 16 | index << 8 | call`, 0 until then.
    failure: Box<usize>,
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Memory").finish_non_exhaustive()
    }
}

/// Positions in the words that the child reads; after them come the descriptors to
/// enter, each with its flag, and those to inherit.
mod word {
    pub(super) const FAILURE: usize = 0;
    pub(super) const PROGRAM: usize = 1;
    pub(super) const EMPTY: usize = 2;
    pub(super) const ARGUMENTS: usize = 3;
    pub(super) const ENVIRONMENT: usize = 4;
    pub(super) const ENTERS: usize = 5;
    pub(super) const INHERITS: usize = 6;
    pub(super) const LENGTH: usize = 7;
}

impl Child {
    /// The call that failed between clone and exec, with the index of the `enters` or
    /// `inherit` descriptor concerned. Ask after the child has died.
    pub fn failure(&self) -> Option<(Error, usize)> {
        // SAFETY: the box is alive and the child, its only other user, writes it once before dying.
        let failure = unsafe { std::ptr::read_volatile(&raw const *self.memory.failure) };
        let call = Call::from_number((failure & 0xff) as u8).filter(|_| failure != 0)?;
        Some((Error::new(call, Errno((failure >> 16) as i32)), (failure >> 8) & 0xff))
    }
}

impl Namespace {
    /// Its flag for clone(2) and unshare(2).
    pub fn flag(self) -> i32 {
        match self {
            Self::Mount => libc::CLONE_NEWNS,
            Self::Pid => libc::CLONE_NEWPID,
            Self::Ipc => libc::CLONE_NEWIPC,
            Self::Uts => libc::CLONE_NEWUTS,
            Self::Net => libc::CLONE_NEWNET,
            Self::Cgroup => libc::CLONE_NEWCGROUP,
        }
    }
}

/// Starts the child. The parent does not wait for the exec (no CLONE_VFORK).
///
/// # Errors
/// clone3's own errno; what the child fails at is in [`Child::failure`].
pub fn spawn(spawn: &Spawn<'_>) -> Result<Child> {
    let texts: Vec<std::ffi::CString> = spawn.arguments.iter().map(|&text| text.to_owned()).collect();
    let mut arguments: Vec<usize> = texts.iter().map(|text| text.as_ptr() as usize).collect();
    arguments.push(0);
    let mut memory = Box::new(Memory {
        stack: Box::new_uninit(),
        words: Vec::with_capacity(word::LENGTH + 2 * spawn.enters.len() + spawn.inherit.len()),
        _texts: texts,
        _arguments: Vec::new(),
        failure: Box::new(0),
    });
    memory.words.resize(word::LENGTH, 0);
    memory.words[word::FAILURE] = (&raw mut *memory.failure) as usize;
    memory.words[word::PROGRAM] = descriptor(spawn.program);
    memory.words[word::EMPTY] = c"".as_ptr() as usize;
    memory.words[word::ARGUMENTS] = arguments.as_ptr() as usize;
    memory.words[word::ENVIRONMENT] = &raw const arguments[arguments.len() - 1] as usize;
    memory.words[word::ENTERS] = spawn.enters.len();
    memory.words[word::INHERITS] = spawn.inherit.len();
    let entered = |(fd, namespace): &(BorrowedFd<'_>, Namespace)| {
        [descriptor(*fd), namespace.flag().cast_unsigned() as usize]
    };
    memory.words.extend(spawn.enters.iter().flat_map(entered));
    memory.words.extend(spawn.inherit.iter().map(|fd| descriptor(*fd)));
    memory._arguments = arguments;

    let mut pidfd: i32 = -1;
    let mut args = libc::clone_args {
        flags: spawn.namespaces.iter().map(|n| u64::from(n.flag().cast_unsigned())).sum::<u64>()
            | u64::from(libc::CLONE_VM.cast_unsigned())
            | u64::from(libc::CLONE_PIDFD.cast_unsigned())
            | CLONE_CLEAR_SIGHAND,
        pidfd: (&raw mut pidfd) as u64,
        child_tid: 0,
        parent_tid: 0,
        exit_signal: u64::from(libc::SIGCHLD.cast_unsigned()),
        stack: memory.stack.as_ptr() as u64,
        stack_size: STACK as u64,
        tls: 0,
        set_tid: 0,
        set_tid_size: 0,
        cgroup: 0,
    };
    if let Some(group) = spawn.into_group {
        args.flags |= CLONE_INTO_CGROUP;
        args.cgroup = descriptor(group) as u64;
    }
    // SAFETY: `args` is filled in; the stack and the words live as long as the child
    // runs on them, since `Child` owns them; the child never returns.
    let result = unsafe {
        clone3(&raw const args, size_of::<libc::clone_args>(), child, memory.words.as_ptr() as usize)
    };
    if result < 0 {
        return Err(Error::new(Call::Clone3, Errno(-result as i32)));
    }
    // SAFETY: clone3 has just made this descriptor for us.
    let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd) };
    Ok(Child { pidfd, pid: result as i32, memory })
}

// 33-bit flags of linux/sched.h that libc's 32-bit constants can't hold.
pub(super) const CLONE_CLEAR_SIGHAND: u64 = 0x1_0000_0000;
pub(super) const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;

fn descriptor(fd: BorrowedFd<'_>) -> usize {
    fd.as_raw_fd().cast_unsigned() as usize
}

/// clone3 that continues in `child(words)` on the child's own stack.
///
/// # Safety
/// `args.stack` must be 16-byte aligned at its top and outlive the child; `child`
/// must not return.
#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
pub(super) unsafe extern "C" fn clone3(
    args: *const libc::clone_args,
    size: usize,
    child: unsafe extern "C" fn(usize) -> !,
    words: usize,
) -> isize {
    std::arch::naked_asm!(
        "mov r8, rdx", // the kernel keeps r8 and r9, not rcx
        "mov r9, rcx",
        "mov eax, 435",
        "syscall",
        "test rax, rax",
        "jz 2f",
        "ret",
        "2:",
        "xor ebp, ebp",
        "mov rdi, r9",
        "call r8",
        "ud2",
    )
}

/// clone3 that continues in `child(words)` on the child's own stack.
///
/// # Safety
/// `args.stack` must be 16-byte aligned at its top and outlive the child; `child`
/// must not return.
#[cfg(target_arch = "aarch64")]
#[unsafe(naked)]
pub(super) unsafe extern "C" fn clone3(
    args: *const libc::clone_args,
    size: usize,
    child: unsafe extern "C" fn(usize) -> !,
    words: usize,
) -> isize {
    std::arch::naked_asm!(
        "mov x8, #435",
        "svc #0",
        "cbz x0, 2f",
        "ret",
        "2:",
        "mov x29, xzr",
        "mov x30, xzr",
        "mov x0, x3",
        "blr x2",
        "brk #1",
    )
}

/// The child: enters others' namespaces, keeps the inherited descriptors open, executes.
///
/// It runs on the launcher's memory while the launcher goes on, so it makes raw
/// system calls only, calls nothing, allocates nothing and cannot panic; a test reads
/// its machine code.
///
/// # Safety
/// `words` must be the address of words laid out as [`word`] says.
#[unsafe(no_mangle)]
unsafe extern "C" fn tinydocker_child(words: usize) -> ! {
    const WORD: usize = size_of::<usize>();
    // SAFETY: the words are laid out by `spawn`; every address in them is alive until
    // the exec, and only the failure word is written.
    unsafe {
        let failure = raw::load(words.wrapping_add(word::FAILURE.wrapping_mul(WORD)));
        let enters = raw::load(words.wrapping_add(word::ENTERS.wrapping_mul(WORD)));
        let inherits = raw::load(words.wrapping_add(word::INHERITS.wrapping_mul(WORD)));
        let mut next = words.wrapping_add(word::LENGTH.wrapping_mul(WORD));
        let mut index = 0;
        let mut call = Call::Setns as usize;
        let mut result = 0;
        while index < enters && result >= 0 {
            let flag = raw::load(next.wrapping_add(WORD));
            result = raw::syscall(libc::SYS_setns as usize, raw::load(next), flag, 0, 0, 0);
            next = next.wrapping_add(WORD.wrapping_mul(2));
            index = index.wrapping_add(1);
        }
        if result >= 0 {
            index = 0;
            call = Call::Fcntl as usize;
            while index < inherits && result >= 0 {
                result =
                    raw::syscall(libc::SYS_fcntl as usize, raw::load(next), libc::F_SETFD as usize, 0, 0, 0);
                next = next.wrapping_add(WORD);
                index = index.wrapping_add(1);
            }
        }
        if result >= 0 {
            index = 1;
            call = Call::Execveat as usize;
            result = raw::syscall(
                libc::SYS_execveat as usize,
                raw::load(words.wrapping_add(word::PROGRAM.wrapping_mul(WORD))),
                raw::load(words.wrapping_add(word::EMPTY.wrapping_mul(WORD))),
                raw::load(words.wrapping_add(word::ARGUMENTS.wrapping_mul(WORD))),
                raw::load(words.wrapping_add(word::ENVIRONMENT.wrapping_mul(WORD))),
                libc::AT_EMPTY_PATH as usize,
            );
        }
        let errno = result.wrapping_neg().cast_unsigned();
        raw::store(failure, (errno << 16) | ((index.wrapping_sub(1) & 0xff) << 8) | call);
        loop {
            raw::syscall(libc::SYS_exit_group as usize, 1, 0, 0, 0, 0);
        }
    }
}

use tinydocker_child as child;

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::os::fd::AsFd;

    #[test]
    fn a_namespace_that_can_not_be_entered_is_told_by_its_place() {
        let program = File::open("/proc/self/exe").unwrap();
        let uts = File::open("/proc/self/ns/uts").unwrap();
        let enters = [(uts.as_fd(), Namespace::Uts), (uts.as_fd(), Namespace::Ipc)];
        let child = spawn(&Spawn {
            namespaces: &[],
            into_group: None,
            enters: &enters,
            inherit: &[],
            program: program.as_fd(),
            arguments: &[c"none"],
        });
        let child = child.unwrap();
        assert_eq!(
            super::super::process::wait(child.pidfd.as_fd()),
            Ok(super::super::process::Status::Exited(1))
        );
        let (error, place) = child.failure().unwrap();
        assert_eq!(error.call, Call::Setns);
        // Without privileges the first one fails already.
        assert!([(Errno::EINVAL, 1), (Errno::EPERM, 0)].contains(&(error.errno, place)), "{error} {place}");
    }
}
