//! A thread that makes a network namespace while the launcher goes on.
//!
//! It is a bare one: it has no storage of its own and makes raw system calls only, as the
//! child of [`super::clone`] does. The C library's threads take longer to begin than all that
//! this one does besides the namespace.

use super::clone::{STACK, Stack, clone3};
use super::{Call, Errno, Error, Result, raw};
use std::mem::MaybeUninit;
use std::os::fd::{FromRawFd, OwnedFd};
use std::ptr;

/// A network namespace in the making.
#[derive(Debug)]
pub struct Network {
    /// None once the thread has been waited for.
    memory: Option<Box<Memory>>,
}

/// What the thread works with. It is there until the thread has ended.
struct Memory {
    stack: Box<MaybeUninit<Stack>>,
    words: [usize; word::LENGTH],
    request: libc::ifreq,
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Memory").finish_non_exhaustive()
    }
}

/// Positions in the words.
mod word {
    /// Not 0 as long as the thread runs, which the kernel changes when it has ended.
    pub(super) const RUNNING: usize = 0;
    /// `errno << 16 | call`, 0 for none.
    pub(super) const FAILURE: usize = 1;
    /// The namespace.
    pub(super) const NAMESPACE: usize = 2;
    pub(super) const REQUEST: usize = 3;
    pub(super) const PATH: usize = 4;
    pub(super) const LENGTH: usize = 5;
}

impl Network {
    /// Begins to make a network namespace whose `lo` is up.
    ///
    /// # Errors
    /// EAGAIN: there can be no further thread.
    pub fn begin() -> Result<Self> {
        // SAFETY: `ifreq` is plain data, for which zero is valid.
        let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
        for (to, from) in request.ifr_name.iter_mut().zip(c"lo".to_bytes_with_nul()) {
            *to = *from as libc::c_char;
        }
        // A new namespace's loopback has no flag but IFF_LOOPBACK, which can't be set.
        request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as i16;
        let mut memory = Box::new(Memory { stack: Box::new_uninit(), words: [0; word::LENGTH], request });
        memory.words[word::RUNNING] = 1;
        memory.words[word::REQUEST] = (&raw const memory.request) as usize;
        memory.words[word::PATH] = c"/proc/thread-self/ns/net".as_ptr() as usize;
        let flags = libc::CLONE_VM
            | libc::CLONE_FS
            | libc::CLONE_FILES
            | libc::CLONE_SIGHAND
            | libc::CLONE_THREAD
            | libc::CLONE_SYSVSEM
            | libc::CLONE_CHILD_CLEARTID;
        let words = memory.words.as_mut_ptr();
        let args = libc::clone_args {
            flags: u64::from(flags.cast_unsigned()),
            pidfd: 0,
            child_tid: words as u64,
            parent_tid: 0,
            exit_signal: 0,
            stack: memory.stack.as_ptr() as u64,
            stack_size: STACK as u64,
            tls: 0,
            set_tid: 0,
            set_tid_size: 0,
            cgroup: 0,
        };
        // SAFETY: `args` is filled in; the thread's memory is there until it has ended, since
        // `drop` waits for that.
        let thread = unsafe {
            clone3(&raw const args, size_of::<libc::clone_args>(), tinydocker_network, words as usize)
        };
        if thread < 0 {
            return Err(Error::new(Call::Thread, Errno(-thread as i32)));
        }
        Ok(Self { memory: Some(memory) })
    }

    /// Waits until it is made.
    ///
    /// # Errors
    /// It could not be. ENOSPC from unshare(2): there are
    /// /proc/sys/user/max_net_namespaces already.
    pub fn end(mut self) -> Result<OwnedFd> {
        self.wait()
    }

    fn wait(&mut self) -> Result<OwnedFd> {
        let Some(mut memory) = self.memory.take() else {
            return Err(Error::new(Call::Thread, Errno::EINVAL));
        };
        let running = (&raw mut memory.words[word::RUNNING]).cast::<u32>();
        loop {
            // SAFETY: the word is ours; the kernel writes its lower half when the thread has
            // ended, which comes first on both processors that we know.
            let state = unsafe { running.read_volatile() };
            if state == 0 {
                break;
            }
            // SAFETY: the word is alive. That the call was interrupted, or came too late, is seen
            // above.
            unsafe { libc::syscall(libc::SYS_futex, running, libc::FUTEX_WAIT, state, ptr::null::<u8>()) };
        }
        // The thread has ended, and with it whoever else writes here.
        let failure = memory.words[word::FAILURE];
        match Call::from_number((failure & 0xff) as u8).filter(|_| failure != 0) {
            Some(call) => Err(Error::new(call, Errno((failure >> 16) as i32))),
            // SAFETY: the thread has opened it for us, and it is taken once.
            None => Ok(unsafe { OwnedFd::from_raw_fd(memory.words[word::NAMESPACE] as i32) }),
        }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        if self.memory.is_some() {
            // Nobody wants it any more.
            drop(self.wait());
        }
    }
}

/// The thread: makes the namespace, brings up its loopback device, opens it.
///
/// # Safety
/// `words` must be the address of words laid out as [`word`] says.
#[unsafe(no_mangle)]
unsafe extern "C" fn tinydocker_network(words: usize) -> ! {
    const WORD: usize = size_of::<usize>();
    // SAFETY: the words are laid out by `begin`; every address in them is alive until the thread
    // has ended, and only the two words of the result are written.
    unsafe {
        let request = raw::load(words.wrapping_add(word::REQUEST.wrapping_mul(WORD)));
        let path = raw::load(words.wrapping_add(word::PATH.wrapping_mul(WORD)));
        let mut call = Call::Unshare as usize;
        let mut result = raw::syscall(libc::SYS_unshare as usize, libc::CLONE_NEWNET as usize, 0, 0, 0, 0);
        if result >= 0 {
            call = Call::Socket as usize;
            let kind = (libc::SOCK_DGRAM | libc::SOCK_CLOEXEC) as usize;
            result = raw::syscall(libc::SYS_socket as usize, libc::AF_INET as usize, kind, 0, 0, 0);
        }
        if result >= 0 {
            let socket = result.cast_unsigned();
            call = Call::LoopbackUp as usize;
            let up = libc::SIOCSIFFLAGS as usize;
            result = raw::syscall(libc::SYS_ioctl as usize, socket, up, request, 0, 0);
            raw::syscall(libc::SYS_close as usize, socket, 0, 0, 0, 0);
        }
        if result >= 0 {
            call = Call::Open as usize;
            let here = libc::AT_FDCWD as usize;
            let flags = (libc::O_RDONLY | libc::O_CLOEXEC) as usize;
            result = raw::syscall(libc::SYS_openat as usize, here, path, flags, 0, 0);
        }
        if result < 0 {
            let failure = (result.wrapping_neg().cast_unsigned() << 16) | call;
            raw::store(words.wrapping_add(word::FAILURE.wrapping_mul(WORD)), failure);
        } else {
            let namespace = result.cast_unsigned();
            raw::store(words.wrapping_add(word::NAMESPACE.wrapping_mul(WORD)), namespace);
        }
        loop {
            raw::syscall(libc::SYS_exit as usize, 0, 0, 0, 0, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsRawFd;

    #[test]
    fn a_network_is_made_or_it_is_said_why_not() {
        let own = std::fs::read_link("/proc/self/ns/net").unwrap();
        match Network::begin().unwrap().end() {
            Ok(made) => {
                let link = format!("/proc/self/fd/{}", made.as_raw_fd());
                let other = std::fs::read_link(link).unwrap();
                assert!(other.to_string_lossy().starts_with("net:["), "{other:?}");
                assert_ne!(other, own);
            }
            Err(error) => assert_eq!(error, Error::new(Call::Unshare, Errno::EPERM)),
        }
        // This thread has stayed where it was.
        assert_eq!(std::fs::read_link("/proc/self/ns/net").unwrap(), own);
        drop(Network::begin().unwrap());
    }
}
