//! System calls and memory accesses without libc, for the child between clone3 and
//! execveat: it shares the launcher's memory and thread-local errno, so that a libc
//! wrapper that fails in the child would spoil the launcher's errno.
//!
//! Loads and stores are assembly too: an ordinary pointer access brings, in debug
//! builds, checks that can panic.

use std::arch::asm;

/// Makes a system call with up to five arguments; −errno on failure.
///
/// # Safety
/// The arguments must be what the call expects.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(super) unsafe fn syscall(number: usize, a: usize, b: usize, c: usize, d: usize, e: usize) -> isize {
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
pub(super) unsafe fn syscall(number: usize, a: usize, b: usize, c: usize, d: usize, e: usize) -> isize {
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
pub(super) unsafe fn load(address: usize) -> usize {
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
pub(super) unsafe fn store(address: usize, value: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        asm!("mov [{}], {}", in(reg) address, in(reg) value, options(nostack, preserves_flags));
        #[cfg(target_arch = "aarch64")]
        asm!("str {1}, [{0}]", in(reg) address, in(reg) value, options(nostack, preserves_flags));
    }
}
