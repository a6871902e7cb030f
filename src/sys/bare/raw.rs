//! System calls and memory accesses without libc: for init, which has none, and for what runs
//! on the launcher's memory beside it, where a wrapper of libc's that fails would spoil the
//! launcher's errno.
//!
//! Loads and stores are assembly too: an ordinary pointer access brings, in debug
//! builds, checks that can panic.

use super::fd::{AsRawFd, BorrowedFd};
use core::arch::asm;
use core::ffi::CStr;

/// What can be an argument of a system call.
pub trait Word {
    /// As it stands in a register.
    fn word(self) -> usize;
}

macro_rules! words {
    ($($type:ty)*) => { $(
        impl Word for $type {
            #[inline(always)]
            fn word(self) -> usize {
                self as usize
            }
        }
    )* };
}

// Of numbers below 0 the kernel sees the same ones: they are extended by their sign.
words! { i32 u32 u64 usize }

impl<T> Word for *const T {
    #[inline(always)]
    fn word(self) -> usize {
        self as usize
    }
}

impl<T> Word for *mut T {
    #[inline(always)]
    fn word(self) -> usize {
        self as usize
    }
}

impl Word for &CStr {
    #[inline(always)]
    fn word(self) -> usize {
        self.as_ptr() as usize
    }
}

impl Word for BorrowedFd<'_> {
    #[inline(always)]
    fn word(self) -> usize {
        self.as_raw_fd() as usize
    }
}

/// A system call by its name in [`super::abi::nr`], with up to five arguments; −errno on failure.
/// What they point to must be what the call expects.
macro_rules! call {
    ($name:ident $(, $argument:expr)* $(,)?) => {
        $crate::sys::bare::raw::make(
            $crate::sys::bare::abi::nr::$name,
            [$($crate::sys::bare::raw::Word::word($argument)),*],
        )
    };
}
pub(crate) use call;

/// See `call!`.
///
/// # Safety
/// The arguments must be what the call expects.
#[inline(always)]
pub unsafe fn make<const N: usize>(number: usize, arguments: [usize; N]) -> isize {
    const { assert!(N <= 5) };
    let argument = |at: usize| if at < N { arguments[at] } else { 0 };
    // SAFETY: the caller's promise.
    unsafe { syscall(number, argument(0), argument(1), argument(2), argument(3), argument(4)) }
}

/// Makes a system call with up to five arguments; −errno on failure.
///
/// # Safety
/// The arguments must be what the call expects.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) unsafe fn syscall(number: usize, a: usize, b: usize, c: usize, d: usize, e: usize) -> isize {
    let result: isize;
    // SAFETY: the kernel clobbers rcx and r11 only; memory effects are the caller's promise.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number => result,
            in("rdi") a, in("rsi") b, in("rdx") c, in("r10") d, in("r8") e,
            lateout("rcx") _, lateout("r11") _,
            options(nostack),
        );
    }
    result
}

/// Makes a system call with up to five arguments; −errno on failure.
///
/// # Safety
/// The arguments must be what the call expects.
#[cfg(target_arch = "aarch64")]
#[inline(always)]
pub(crate) unsafe fn syscall(number: usize, a: usize, b: usize, c: usize, d: usize, e: usize) -> isize {
    let result: isize;
    // SAFETY: the kernel preserves all registers but x0; memory effects are the caller's promise.
    unsafe {
        asm!(
            "svc 0",
            in("x8") number,
            inlateout("x0") a => result,
            in("x1") b, in("x2") c, in("x3") d, in("x4") e,
            options(nostack),
        );
    }
    result
}

/// Reads a machine word.
///
/// # Safety
/// `address` must be that of a readable, aligned `usize`.
#[inline(always)]
pub(crate) unsafe fn load(address: usize) -> usize {
    let value: usize;
    // SAFETY: the caller's promise.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        asm!("mov {}, [{}]", out(reg) value, in(reg) address, options(nostack, readonly, preserves_flags));
        #[cfg(target_arch = "aarch64")]
        asm!("ldr {}, [{}]", out(reg) value, in(reg) address, options(nostack, readonly, preserves_flags));
    }
    value
}

/// Writes a machine word.
///
/// # Safety
/// `address` must be that of a writable, aligned `usize` that nobody reads at the same time.
#[inline(always)]
pub(crate) unsafe fn store(address: usize, value: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        asm!("mov [{}], {}", in(reg) address, in(reg) value, options(nostack, preserves_flags));
        #[cfg(target_arch = "aarch64")]
        asm!("str {1}, [{0}]", in(reg) address, in(reg) value, options(nostack, preserves_flags));
    }
}
